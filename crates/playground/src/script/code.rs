//! A Python program in lines, with what each piece of them is. This is no parser: it knows strings, comments, words and numbers.

use crate::payload::shown;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Anything else.
    Plain,
    /// A word of the language.
    Keyword,
    /// A text.
    Text,
    /// A number or constant.
    Number,
    /// A remark.
    Comment,
    /// What is defined here.
    Name,
}

impl Ink {
    /// Its name in the style sheet; none is needed for what is plain.
    #[must_use]
    pub const fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Keyword => Some("py-k"),
            Self::Text => Some("py-s"),
            Self::Number => Some("py-n"),
            Self::Comment => Some("py-c"),
            Self::Name => Some("py-d"),
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLine {
    /// Its pieces, from left to right: together they are the line, with nothing hidden in it. None turns round those beside it.
    pub pieces: Vec<(Ink, String)>,
}

const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The lines of a program.
#[must_use]
pub fn read(source: &str) -> Vec<CodeLine> {
    let mut quote: Option<&'static str> = None;
    source
        .split('\n')
        .map(|line| CodeLine {
            pieces: line_pieces(line.trim_end_matches('\r'), &mut quote)
                .into_iter()
                .map(|(ink, text)| (ink, as_shown(&text)))
                .collect(),
        })
        .collect()
}

/// A piece as it can stand in the listing. Tabs are what they are in a program.
fn as_shown(piece: &str) -> String {
    let parts: Vec<String> = piece.split('\t').map(|it| shown(it, usize::MAX)).collect();
    parts.join("\t")
}

/// Whether what was typed at a prompt is the beginning of a block: an empty line ends it.
pub(crate) fn is_unfinished(typed: &str) -> bool {
    let last = typed.rsplit('\n').next().unwrap_or_default();
    let is_inside = typed.contains('\n') && last.starts_with([' ', '\t']);
    last.trim_end().ends_with(':') || is_inside && !last.trim().is_empty()
}

/// The pieces of a line. `open` is the quote of a text of several lines that it begins or ends in.
fn line_pieces(line: &str, open: &mut Option<&'static str>) -> Vec<(Ink, String)> {
    let mut pieces: Vec<(Ink, String)> = Vec::new();
    let mut put = |ink: Ink, text: &str| match pieces.last_mut() {
        Some((last, before)) if *last == ink => before.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push((ink, text.to_owned())),
    };
    let mut rest = line;
    let mut is_name = false;
    if let Some(quote) = *open {
        let (inside, after, is_closed) = text_end(rest, quote);
        put(Ink::Text, inside);
        rest = after;
        if is_closed {
            *open = None;
        }
    }
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            put(Ink::Comment, rest);
            break;
        }
        let word_end = rest.find(|it: char| !is_word(it)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word_end);
        let is_prefix = word.len() <= 2 && word.chars().all(|it| "rbufRBUF".contains(it));
        let quote = is_prefix.then(|| quote_of(behind)).flatten();
        if let Some(quote) = quote {
            let begins = word.len() + quote.len();
            let (before, inside) = rest.split_at(begins);
            put(Ink::Text, before);
            let (inside, after, is_closed) = text_end(inside, quote);
            put(Ink::Text, inside);
            rest = after;
            if !is_closed && quote.len() == 3 {
                *open = Some(quote);
            }
            continue;
        }
        if word.is_empty() {
            let (one, after) = rest.split_at(first.len_utf8());
            put(Ink::Plain, one);
            rest = after;
            continue;
        }
        let ink = if first.is_ascii_digit() || matches!(word, "True" | "False" | "None") {
            Ink::Number
        } else if KEYWORDS.contains(&word) {
            Ink::Keyword
        } else if is_name {
            Ink::Name
        } else {
            Ink::Plain
        };
        is_name = matches!(word, "def" | "class");
        put(ink, word);
        // A space between `def` and what is defined changes nothing.
        rest = behind;
    }
    pieces
}

const fn is_word(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii()
}

fn quote_of(text: &str) -> Option<&'static str> {
    ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| text.starts_with(quote))
}

/// A text up to its end, what comes behind, and whether it ends here.
fn text_end<'a>(text: &'a str, quote: &str) -> (&'a str, &'a str, bool) {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if letter == '\\' {
            is_escaped = true;
        } else if text.get(at..).is_some_and(|it| it.starts_with(quote)) {
            let (inside, after) = text.split_at(at + quote.len());
            return (inside, after, true);
        }
    }
    (text, "", false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inks(source: &str) -> String {
        let lines = read(source);
        let line = |line: &CodeLine| {
            let pieces = line.pieces.iter();
            let letter = |ink: Ink| ink.class().map_or("", |it| &it[3..]);
            pieces
                .map(|(ink, text)| format!("{}<{text}>", letter(*ink)))
                .collect::<String>()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_block_at_the_prompt_ends_with_an_empty_line() {
        for (typed, expected) in [
            ("led.on()", false),
            ("for n in range(3):", true),
            ("for n in range(3):\n  print(n)", true),
            ("for n in range(3):\n  print(n)\n", false),
            ("for n in range(3):\n  print(n)\n  ", false),
            ("a = 1\nb = 2", false),
            ("  a = 1", false),
            ("", false),
        ] {
            assert_eq!(is_unfinished(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn pieces_are_told_apart_and_nothing_is_lost() {
        for (source, expected) in [
            ("import time", "k<import>< time>"),
            (
                "def on_msg(t, m): # x",
                "k<def>< >d<on_msg><(t, m): >c<# x>",
            ),
            ("a = b'x\\'#' + 12", "<a = >s<b'x\\'#'>< + >n<12>"),
            ("\tif x:", "<\t>k<if>< x:>"),
            (
                "x = \"\"\"one\ntwo # no\n\"\"\" + y",
                "<x = >s<\"\"\"one>\ns<two # no>\ns<\"\"\">< + y>",
            ),
            ("rb = 'open\nnext", "<rb = >s<'open>\n<next>"),
            ("größe = None", "<größe = >n<None>"),
            ("", ""),
            ("\"\\", "s<\"\\>"),
        ] {
            assert_eq!(inks(source), expected, "{source}");
            let whole: Vec<String> = read(source)
                .iter()
                .map(|it| it.pieces.iter().map(|(_, text)| text.as_str()).collect())
                .collect();
            assert_eq!(whole.join("\n"), source);
        }
    }

    #[test]
    fn nothing_in_a_line_is_hidden_or_turns_round_what_is_beside_it() {
        for (source, expected) in [
            // Read as it would be drawn, this says that only an admin may.
            (
                "if level != \"user\u{202e} \u{2066}\": # only\u{200b}",
                "k<if>< level != >s<\"user⟨U+202E⟩ ⟨U+2066⟩\"><: >c<# only⟨U+200B⟩>",
            ),
            (
                "a(\"\u{5d0}\", \"\u{5d1}\")",
                "<a(>s<\u{2068}\"\u{5d0}\"\u{2069}><, >s<\u{2068}\"\u{5d1}\"\u{2069}><)>",
            ),
        ] {
            assert_eq!(inks(source), expected, "{source:?}");
        }
    }
}
