//! A line of a world as a form sees it: words that stand fast, and slots to fill in.
//!
//! A pattern is written like a line: `DEVICE publish TOPIC PAYLOAD [qos QOS] [retain]`. Words in capitals are slots, what
//! stands in brackets may be missing. Whether a line is right is not decided here, but by the reader of scenarios: a
//! pattern takes anything that stands where a slot is, so that a form can show what is wrong as it was filled in.

use super::table::{self, Kind, Slot};
use std::ops::Range;

/// Stands where a word is missing that the line cannot do without.
const MISSING: &str = "?";
/// The units of times. A number and its unit are one time, also with a space between them.
const UNITS: [&str; 5] = ["us", "ms", "s", "min", "h"];

/// A word, a text in quotes or a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// In characters, from 0.
    pub(super) column: usize,
    /// In bytes, from 0.
    pub(super) at: usize,
}

impl Token<'_> {
    pub(super) fn is_quoted(&self) -> bool {
        self.text.starts_with('"')
    }

    fn is_word(&self) -> bool {
        !self.is_quoted() && self.text != ":"
    }

    fn end(&self) -> usize {
        self.column + self.text.chars().count()
    }
}

/// The words of a line, and the comment behind them.
pub(super) fn tokens(line: &str) -> (Vec<Token<'_>>, &str) {
    let mut tokens = Vec::new();
    let mut rest = line.char_indices().zip(0..).peekable();
    while let Some(((at, first), column)) = rest.next() {
        let end = match first {
            _ if first.is_whitespace() => continue,
            '#' => return (tokens, line.get(at..).unwrap_or_default()),
            ':' => at + 1,
            '"' => {
                let mut is_escaped = false;
                loop {
                    match rest.next() {
                        None => break line.len(),
                        Some(((at, '"'), _)) if !is_escaped => break at + 1,
                        Some(((_, it), _)) => is_escaped = it == '\\' && !is_escaped,
                    }
                }
            }
            _ => loop {
                match rest.peek() {
                    Some(&((at, it), _)) if it.is_whitespace() || matches!(it, ':' | '"') => {
                        break at;
                    }
                    Some(_) => drop(rest.next()),
                    None => break line.len(),
                }
            },
        };
        let text = line.get(at..end).unwrap_or_default();
        tokens.push(Token { text, column, at });
    }
    (tokens, "")
}

/// The texts of a line's words.
pub(super) fn words(line: &str) -> Vec<&str> {
    tokens(line).0.into_iter().map(|it| it.text).collect()
}

/// What a slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) slot: &'static Slot,
    /// As the form shows it; empty if there is nothing.
    pub(super) text: String,
    /// Whether the line can do without.
    pub(super) is_optional: bool,
    /// A word that is there or not, and no slot.
    pub(super) flag: Option<&'static str>,
    /// Where it stands in the line, in characters from 0.
    pub(super) columns: Range<usize>,
}

enum Part {
    Literal(&'static str),
    Slot(&'static Slot),
}

/// The parts of a pattern; those of one bracket together, with whether they may be missing.
fn parts(pattern: &'static str) -> Vec<(bool, Vec<Part>)> {
    let mut parts: Vec<(bool, Vec<Part>)> = Vec::new();
    let mut is_inside = false;
    for word in pattern.split(' ') {
        let begins = word.starts_with('[');
        let bare = word.trim_start_matches('[').trim_end_matches(']');
        let part = table::slot_of(bare).map_or(Part::Literal(bare), Part::Slot);
        match parts.last_mut() {
            Some((true, inside)) if is_inside => inside.push(part),
            _ => parts.push((begins, vec![part])),
        }
        is_inside = (begins || is_inside) && !word.ends_with(']');
    }
    parts
}

/// How many words the slot takes; none if nothing stands there that could be meant for it.
fn take(kind: Kind, tokens: &[Token<'_>]) -> Option<usize> {
    let first = tokens.first()?;
    let text = |index: usize| tokens.get(index).map_or("", |it| it.text);
    let is_missing = first.text == MISSING;
    match kind {
        Kind::Quoted(_) | Kind::Long => first.is_quoted().then_some(1),
        Kind::Rest => Some(tokens.len()),
        Kind::Time if UNITS.contains(&text(1)) => first.is_word().then_some(2),
        Kind::Word(_) | Kind::Known(_) | Kind::Time => first.is_word().then_some(1),
        Kind::Ordinal => {
            let is_number = first.text.starts_with(|it: char| it.is_ascii_digit());
            let ending = ["st", "nd", "rd", "th"];
            (is_number && ending.iter().any(|it| first.text.ends_with(it))).then_some(1)
        }
        Kind::Count if text(0) == "at" && matches!(text(1), "least" | "most") => {
            Some(tokens.len().min(3))
        }
        Kind::Count => {
            let is_number = first.text.starts_with(|it: char| it.is_ascii_digit());
            (is_number || is_missing).then_some(1)
        }
        Kind::Link if text(1) == "to" => Some(tokens.len().min(3)),
        Kind::Link => is_missing.then_some(1),
        Kind::Choice(choices) => {
            let of = |choice: &&&str| {
                let words = choice.split(' ').enumerate();
                words.clone().all(|(index, word)| text(index) == word)
            };
            let found = choices.iter().find(of);
            found
                .map(|choice| choice.split(' ').count())
                .or_else(|| is_missing.then_some(1))
        }
    }
}

/// Reads the beginning of a line by a pattern: what its slots hold, and how many words that took.
fn fit(pattern: &'static str, line: &[Token<'_>]) -> Option<(Vec<Value>, usize)> {
    let mut values = Vec::new();
    let mut at = 0;
    let column = |at: usize| {
        let here = line.get(at).map(|it| it.column);
        here.or_else(|| line.last().map(Token::end)).unwrap_or(0)
    };
    for (is_optional, parts) in parts(pattern) {
        let begin = at;
        let mut is_there = true;
        let has_slot = parts.iter().any(|part| matches!(part, Part::Slot(_)));
        let mut flag = None;
        for part in &parts {
            let rest = line.get(at..).unwrap_or_default();
            match part {
                Part::Literal(word) => {
                    is_there = is_there && rest.first().is_some_and(|it| it.text == *word);
                    flag = Some(*word).filter(|_| is_optional && !has_slot);
                    at += usize::from(is_there);
                }
                Part::Slot(slot) => {
                    let count = take(slot.kind, rest).filter(|_| is_there);
                    is_there = count.is_some();
                    let taken = rest.get(..count.unwrap_or(0)).unwrap_or_default();
                    at += taken.len();
                    let shown = shown(slot.kind, taken);
                    if is_optional && is_there && shown.is_empty() {
                        // A form could not tell a text without letters from none.
                        return None;
                    }
                    let end = taken.last().map_or(column(at), Token::end);
                    let start = taken.first().map_or(column(at), |it| it.column);
                    values.push(Value {
                        slot,
                        text: shown,
                        is_optional,
                        flag: None,
                        columns: start..end,
                    });
                }
            }
        }
        if let Some(word) = flag {
            values.push(Value {
                slot: &table::FLAG,
                text: if is_there { word } else { "" }.to_owned(),
                is_optional,
                flag,
                columns: column(begin)..column(at),
            });
        }
        match (is_there, is_optional) {
            (true, _) => {}
            (false, true) if at == begin => {}
            (false, _) => return None,
        }
    }
    Some((values, at))
}

/// Reads a whole line by two patterns, one behind the other; the first may be empty.
pub(super) fn read(head: &'static str, body: &'static str, line: &str) -> Option<Vec<Value>> {
    let (tokens, _) = tokens(line);
    let (mut values, at) = if head.is_empty() {
        (Vec::new(), 0)
    } else {
        fit(head, &tokens)?
    };
    let rest = tokens.get(at..)?;
    if rest.is_empty() {
        return None;
    }
    let (more, taken) = fit(body, rest)?;
    values.extend(more);
    (taken == rest.len()).then_some(values)
}

/// Writes a line by two patterns, one behind the other. `value` is asked for each slot and each flag, in their order.
pub(super) fn write(
    head: &'static str,
    body: &'static str,
    mut value: impl FnMut(&'static Slot, bool) -> String,
) -> String {
    let mut line = String::new();
    let mut push = |text: &str| {
        if !line.is_empty() && text != ":" {
            line.push(' ');
        }
        line.push_str(text);
    };
    let patterns = [head, body].into_iter().filter(|it| !it.is_empty());
    for (is_optional, parts) in patterns.flat_map(parts) {
        let has_slot = parts.iter().any(|part| matches!(part, Part::Slot(_)));
        let filled: Vec<String> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Slot(slot) => Some(written(slot, &value(slot, is_optional), is_optional)),
                Part::Literal(_) => None,
            })
            .collect();
        let is_there = match (is_optional, has_slot) {
            (false, _) => true,
            (true, true) => filled.iter().all(|it| !it.is_empty()),
            (true, false) => !value(&table::FLAG, true).is_empty(),
        };
        if !is_there {
            continue;
        }
        let mut filled = filled.iter();
        for part in &parts {
            match part {
                Part::Literal(word) => push(word),
                Part::Slot(_) => push(filled.next().map_or("", String::as_str)),
            }
        }
    }
    line
}

/// What a slot's words look like in a form.
fn shown(kind: Kind, taken: &[Token<'_>]) -> String {
    let text = |it: &Token<'_>| it.text.to_owned();
    match (kind, taken) {
        (Kind::Quoted(_) | Kind::Long, [quoted]) => unquoted(quoted.text),
        (_, [missing]) if missing.text == MISSING => String::new(),
        _ => taken.iter().map(text).collect::<Vec<_>>().join(" "),
    }
}

/// What a form holds as the words of a line; empty if the line can do without.
fn written(slot: &Slot, value: &str, is_optional: bool) -> String {
    let is_empty = value.trim().is_empty();
    match slot.kind {
        _ if is_empty && is_optional => String::new(),
        Kind::Quoted(_) | Kind::Long => quoted(value),
        _ if is_empty => MISSING.to_owned(),
        _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// A text in quotes as people read it. Escapes but that of the quotes stay: what a form shows, it reads again as the same.
pub(super) fn unquoted(text: &str) -> String {
    let inside = text.strip_prefix('"').unwrap_or(text);
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    let mut shown = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('"') => shown.push('"'),
                Some(other) => shown.extend(['\\', other]),
                None => shown.push('\\'),
            },
            (other, _) => shown.push(other),
        }
    }
    shown
}

/// A text that somebody has typed, in quotes. What looks like an escape is one: `\n`, `\xff`.
pub(super) fn quoted(text: &str) -> String {
    let mut line = String::from('"');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => {
                let rest: String = letters.clone().take(3).collect();
                let is_hex = rest.starts_with('x')
                    && rest.len() == 3
                    && rest.chars().skip(1).all(|it| it.is_ascii_hexdigit());
                if is_hex || rest.starts_with(['\\', 'n', 't']) {
                    line.push('\\');
                    line.extend(letters.next());
                } else {
                    line.push_str("\\\\");
                }
            }
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            '\r' => {}
            control if control.is_ascii_control() => {
                line.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            plain => line.push(plain),
        }
    }
    line.push('"');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_shows_is_read_again_as_the_same() {
        for (typed, line) in [
            ("21.5", r#""21.5""#),
            ("say \"a\"", r#""say \"a\"""#),
            ("a\\b", r#""a\\b""#),
            ("\\xff\\n", r#""\xff\n""#),
            ("one\ntwo", r#""one\ntwo""#),
            ("\u{202e}<b>", "\"\u{202e}<b>\""),
            ("\u{0}", r#""\x00""#),
        ] {
            assert_eq!(quoted(typed), line);
            assert_eq!(quoted(&unquoted(line)), line);
        }
    }

    #[test]
    fn words_are_told_from_texts_and_comments() {
        let (tokens, comment) = tokens("  at 1 s: a publish \"x # \\\" y\" \"ü\" # why");
        let texts: Vec<_> = tokens.iter().map(|it| (it.column, it.text)).collect();
        let expected = [
            (2, "at"),
            (5, "1"),
            (7, "s"),
            (8, ":"),
            (10, "a"),
            (12, "publish"),
            (20, "\"x # \\\" y\""),
            (31, "\"ü\""),
        ];
        assert_eq!(texts, expected);
        assert_eq!(comment, "# why");
        for hostile in ["\"", "\"\\", ":::", "#", "\u{feff}\"x", "?"] {
            let _ = self::tokens(hostile);
        }
    }
}
