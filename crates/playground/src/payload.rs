//! A payload as text, as bytes, and as JSON. Nothing in it is hidden: what has no shape of its own is written out.

use crate::text::{self, Language};
use serde::de::IgnoredAny;
use std::fmt::Write;

/// So many bytes of a payload are shown.
const SHOWN_MAX_BYTES: usize = 4096;
/// Bytes on a line.
const LINE_BYTES: usize = 16;
/// A JSON text is set in by so many spaces for each level, up to a depth.
const INDENT: usize = 2;
const DEPTH_MAX: usize = 32;

/// How a payload is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As characters.
    #[default]
    Text,
    /// As bytes.
    Hex,
    /// As JSON, set in.
    Json,
}

/// The forms, in the order of their buttons.
pub const FORMS: [Form; 3] = [Form::Text, Form::Hex, Form::Json];

/// A payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadView {
    /// How it is written.
    pub form: Form,
    /// Written so.
    pub shown: String,
    /// What else there is to say: it is cut, it is not JSON.
    pub note: Option<String>,
}

impl PayloadView {
    /// A payload in a form.
    #[must_use]
    pub fn new(language: Language, payload: &[u8], form: Form) -> Self {
        let start = payload.get(..payload.len().min(SHOWN_MAX_BYTES));
        let start = start.unwrap_or_default();
        let left_out = payload.len() - start.len();
        let cut = (left_out > 0).then(|| text::left_out(language, left_out));
        let (shown, note) = match form {
            Form::Text => (as_text(start), cut),
            Form::Hex => (as_hex(start), cut),
            Form::Json if left_out > 0 => (
                as_text(start),
                Some(text::JSON_TOO_LONG.to(language).to_owned()),
            ),
            Form::Json => match set_in(start) {
                Some(json) => (json, None),
                None => (as_text(start), Some(text::NOT_JSON.to(language).to_owned())),
            },
        };
        Self { form, shown, note }
    }
}

/// Whether a character has no shape of its own, or changes the order of others.
#[must_use]
pub fn is_invisible(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Text in which nothing is hidden: such characters are written as their numbers.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for it in text.chars() {
        if is_invisible(it) {
            // Writing to a string does not fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(it));
        } else {
            shown.push(it);
        }
    }
    shown
}

/// A text of somebody else as it can stand among the page's own: no longer than `most` characters, nothing hidden in it, and
/// what is written from right to left kept together, so that it turns round nothing beside it. What this gives is not to be
/// given to it again.
#[must_use]
pub fn shown(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(most).map_or(text.len(), |it| it.0);
    let mut cut = visible(text.get(..end).unwrap_or_default());
    if end < text.len() {
        cut.push('…');
    }
    if_isolated(cut)
}

/// So much of a topic, a filter or a client identifier stands among the page's own words.
pub(crate) const NAME_MAX_CHARS: usize = 120;

/// A topic, a filter, a client identifier or a node's name as it can stand among the page's own words.
pub(crate) fn name(text: &str) -> String {
    shown(text, NAME_MAX_CHARS)
}

/// The start of a payload as it can stand in a line of the page's own words.
pub(crate) fn one_line(payload: &[u8], most: usize) -> String {
    // A character has four bytes at most.
    let start = payload.get(..payload.len().min(most.saturating_mul(4)));
    let line = as_text(start.unwrap_or_default()).replace('\n', "⏎");
    let end = line.char_indices().nth(most).map_or(line.len(), |it| it.0);
    let mut cut = line.get(..end).unwrap_or_default().to_owned();
    if end < line.len() || start.is_none_or(|start| start.len() < payload.len()) {
        cut.push('…');
    }
    if_isolated(cut)
}

/// [`shown`] for texts of some lines.
#[must_use]
pub fn shown_lines(text: &str, most: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| shown(line, most)).collect();
    lines.join("\n")
}

/// Whether a letter is written from right to left.
const fn is_right_to_left(it: char) -> bool {
    matches!(it, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A text without anything hidden in it that turns round nothing beside it.
fn if_isolated(text: String) -> String {
    if text.chars().any(is_right_to_left) {
        isolated(&text)
    } else {
        text
    }
}

/// Words from right to left that stand together become one piece: FIRST STRONG ISOLATE before it, POP DIRECTIONAL ISOLATE
/// behind it.
fn isolated(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    // The space behind the last such word: it is inside only if another one follows.
    let (mut is_inside, mut space) = (false, "");
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        let turns = word.chars().any(is_right_to_left);
        if is_inside && !turns {
            shown.push('\u{2069}');
        }
        shown.push_str(space);
        if turns && !is_inside {
            shown.push('\u{2068}');
        }
        is_inside = turns;
        shown.push_str(word);
        space = piece.get(word.len()..).unwrap_or_default();
    }
    if is_inside {
        shown.push('\u{2069}');
    }
    shown.push_str(space);
    shown
}

/// Characters; line breaks break lines, and bytes that are no characters are written as such.
fn as_text(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for (number, line) in chunk.valid().split('\n').enumerate() {
            if number > 0 {
                shown.push('\n');
            }
            shown.push_str(&visible(line));
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "⟨{byte:02X}⟩");
        }
    }
    shown
}

fn as_hex(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len() * 4);
    for (number, line) in bytes.chunks(LINE_BYTES).enumerate() {
        let _ = write!(shown, "{:04X} ", number * LINE_BYTES);
        for byte in line {
            let _ = write!(shown, " {byte:02X}");
        }
        shown.push('\n');
    }
    shown
}

/// A JSON text with a line for each value, every value written as it was; none if it is no JSON.
fn set_in(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
    let json = std::str::from_utf8(bytes).ok()?;
    let mut shown = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    let line = |shown: &mut String, depth: usize| {
        shown.push('\n');
        shown.extend(std::iter::repeat_n(' ', INDENT * depth.min(DEPTH_MAX)));
    };
    let mut rest = json.chars().filter(|it| !it.is_control()).peekable();
    while let Some(it) = rest.next() {
        if in_string {
            in_string = it != '"' || is_escaped;
            is_escaped = it == '\\' && !is_escaped;
            shown.push_str(&visible(it.encode_utf8(&mut [0; 4])));
            continue;
        }
        match it {
            ' ' => {}
            '"' => {
                in_string = true;
                shown.push(it);
            }
            '{' | '[' => {
                shown.push(it);
                while rest.next_if_eq(&' ').is_some() {}
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    shown.push(close);
                } else {
                    depth += 1;
                    line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut shown, depth);
                shown.push(it);
            }
            ',' => {
                shown.push(it);
                line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            other => shown.push(other),
        }
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(payload: &[u8], form: Form) -> String {
        PayloadView::new(Language::English, payload, form).shown
    }

    #[test]
    fn nothing_is_hidden_in_a_text() {
        for (payload, expected) in [
            (&b"on\nline"[..], "on\nline"),
            ("a\u{200b}b\u{202e}c".as_bytes(), "a⟨U+200B⟩b⟨U+202E⟩c"),
            (b"\x00\xff\xfeok", "⟨U+0000⟩⟨FF⟩⟨FE⟩ok"),
            ("\u{e0041}ü".as_bytes(), "⟨U+E0041⟩ü"),
            (b"", ""),
        ] {
            assert_eq!(written(payload, Form::Text), expected);
        }
        assert_eq!(written(b"\x00on", Form::Hex), "0000  00 6F 6E\n");
    }

    #[test]
    fn what_others_wrote_hides_and_turns_nothing() {
        for (text, expected) in [
            ("lab/temperature", "lab/temperature"),
            (
                "<img src=x onerror=alert(1)>",
                "<img src=x onerror=alert(1)>",
            ),
            ("a\u{202e}b\u{2066}c\u{200d}", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200D⟩"),
            ("on\r\n\u{7}", "on⟨U+000D⟩⟨U+000A⟩⟨U+0007⟩"),
            (
                "1  a -> b  PUBLISH 1 שלום/עולם QoS 1",
                "1  a -> b  PUBLISH 1 \u{2068}שלום/עולם\u{2069} QoS 1",
            ),
            (
                "\"שלום עולם\" x مرحبا",
                "\u{2068}\"שלום עולם\"\u{2069} x \u{2068}مرحبا\u{2069}",
            ),
            ("ש", "\u{2068}ש\u{2069}"),
            ("ש ", "\u{2068}ש\u{2069} "),
            ("🤖e\u{301}", "🤖e\u{301}"),
            ("0123456789abc", "0123456789abc"),
            ("", ""),
        ] {
            assert_eq!(shown(text, 40), expected);
            assert_eq!(
                shown_lines(&format!("{text}\nx"), 40).lines().last(),
                Some("x")
            );
        }
        assert_eq!(shown("0123456789abc", 4), "0123…");
        assert_eq!(shown(&"\u{202e}".repeat(9), 1), "⟨U+202E⟩…");
        // Every isolate is closed, whatever stands in the text.
        for text in ["ש ש a ש", " ש", "a ש\u{2069}\u{2068} b"] {
            let count = |it: char| shown(text, 100).chars().filter(|of| *of == it).count();
            assert_eq!(count('\u{2068}'), count('\u{2069}'), "{text}");
        }
    }

    #[test]
    fn a_payload_in_a_line_hides_and_turns_nothing() {
        for (payload, expected) in [
            (&b"on\noff"[..], "on⏎off"),
            (b"123456789", "12345678…"),
            (b"\xff on", "⟨FF⟩ on"),
            ("a\u{202e}".as_bytes(), "a⟨U+202E…"),
            ("x שלום y".as_bytes(), "x \u{2068}שלום\u{2069} y"),
            (&[b'a'; 5000], "aaaaaaaa…"),
        ] {
            assert_eq!(one_line(payload, 8), expected);
        }
    }

    #[test]
    fn json_is_set_in_and_its_values_are_as_they_were() {
        let json = br#"{"b":1.50,"a":[true,{}, [ ] ,"x,\"{y\u200b"], "n":12345678901234567890}"#;
        let expected = "{\n  \"b\": 1.50,\n  \"a\": [\n    true,\n    {},\n    [],\n    \"x,\\\"{y\\u200b\"\n  ],\n  \"n\": 12345678901234567890\n}";
        assert_eq!(written(json, Form::Json), expected);
        let no = PayloadView::new(Language::English, b"{on", Form::Json);
        assert_eq!((no.shown.as_str(), no.note.is_some()), ("{on", true));
        // Depth is the reader's problem, not ours.
        let deep = "[".repeat(4000);
        assert!(
            PayloadView::new(Language::German, deep.as_bytes(), Form::Json)
                .note
                .is_some()
        );
    }

    #[test]
    fn a_long_payload_is_cut_and_says_so() {
        for form in FORMS {
            let view = PayloadView::new(Language::English, &[b'a'; 100_000], form);
            assert!(view.note.is_some() && view.shown.len() < 30_000);
        }
    }
}
