//! The serial console: what a board says, what the flasher does, what somebody types.

use super::cable::Fault;
use crate::text::{self, Language, Words};
use board::serial::{Frame, Heard, Reader};

/// So many lines are kept; older ones go.
const LINES_MAX: usize = 1000;
/// A line shows so many characters.
const LINE_MAX_CHARS: usize = 400;
/// A line that is typed is no longer than this.
pub(super) const TYPED_MAX_CHARS: usize = 200;

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLine {
    /// When, in milliseconds since the first line.
    pub at_ms: u64,
    /// What.
    pub text: String,
    /// Whether it tells of something that went wrong.
    pub is_fault: bool,
}

#[derive(Debug)]
struct Line {
    at_ms: u64,
    text: Words,
    is_fault: bool,
}

/// Lines, and what is on its way.
#[derive(Default)]
pub(super) struct Console {
    lines: Vec<Line>,
    began_ms: Option<u64>,
    reader: Reader,
    pub(super) typed: String,
    pub(super) has_stamps: bool,
    /// Counts the changes.
    pub(super) edition: usize,
}

impl Console {
    pub(super) fn new() -> Self {
        Self {
            has_stamps: true,
            ..Self::default()
        }
    }

    /// Adds a line.
    pub(super) fn say(&mut self, now_ms: u64, text: impl Into<Words>) {
        self.add(now_ms, text.into(), false);
    }

    /// Adds a line as the board or the flasher wrote it.
    pub(super) fn quote(&mut self, now_ms: u64, text: &str) {
        let shown: String = text
            .chars()
            .filter(|it| !it.is_control())
            .take(LINE_MAX_CHARS)
            .collect();
        self.say(now_ms, Words::of(|_| shown.clone()));
    }

    pub(super) fn fault(&mut self, now_ms: u64, fault: &Fault) {
        let words = Words::of(|language| text::board_fault(language, fault).0);
        self.add(now_ms, words, true);
    }

    fn add(&mut self, now_ms: u64, text: Words, is_fault: bool) {
        let began = *self.began_ms.get_or_insert(now_ms);
        if self.lines.len() >= LINES_MAX {
            self.lines.drain(..LINES_MAX / 10);
        }
        self.lines.push(Line {
            at_ms: now_ms.saturating_sub(began),
            text,
            is_fault,
        });
        self.edition += 1;
    }

    /// Takes what came over the line; frames with MQTT are given back.
    pub(super) fn hear(&mut self, now_ms: u64, bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for byte in bytes {
            match self.reader.push(*byte) {
                // What a board says to programs that bring it into a network; it says it in a line of its log too.
                Some(Heard::Improv(_)) => {}
                Some(Heard::Line(line)) => self.quote(now_ms, &String::from_utf8_lossy(&line)),
                Some(Heard::Frame(frame)) => frames.push(frame),
                None => {}
            }
        }
        frames
    }

    /// The port is another one, or the same one again: half a line is nobody's.
    pub(super) fn begin(&mut self) {
        self.reader = Reader::default();
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.edition += 1;
    }

    pub(super) fn lines(&self, language: Language) -> Vec<ConsoleLine> {
        let shown = |line: &Line| ConsoleLine {
            at_ms: line.at_ms,
            text: line.text.to(language).to_owned(),
            is_fault: line.is_fault,
        };
        self.lines.iter().map(shown).collect()
    }

    /// As a file.
    pub(super) fn saved(&self, language: Language) -> String {
        let lines = self.lines(language);
        let line = |line: &ConsoleLine| format!("{} {}\n", stamp(line.at_ms), line.text);
        lines.iter().map(line).collect()
    }
}

/// A time of the console: seconds and hundredths.
#[must_use]
pub fn stamp(at_ms: u64) -> String {
    format!("{:02}.{:02}", at_ms / 1000, at_ms % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_frames_come_apart() {
        let mut console = Console::default();
        let mut bytes = b"[1] boot\r\n".to_vec();
        bytes.extend(Frame::Open.to_bytes());
        bytes.extend(b"half a ");
        assert_eq!(console.hear(500, &bytes), [Frame::Open]);
        assert_eq!(console.hear(1740, b"line\n\x1b[31mred\n"), []);
        let lines = console.lines(Language::English);
        let texts: Vec<&str> = lines.iter().map(|it| &*it.text).collect();
        assert_eq!(texts, ["[1] boot", "half a line", "[31mred"]);
        assert_eq!(
            console.saved(Language::English),
            "00.00 [1] boot\n01.24 half a line\n01.24 [31mred\n"
        );
    }

    #[test]
    fn a_board_that_never_stops_fills_no_memory() {
        let mut console = Console::default();
        for _ in 0..5000 {
            console.hear(0, &[b'x'; 600]);
            console.hear(0, b"\n");
        }
        assert!(console.lines.len() <= LINES_MAX);
        let longest = console.lines(Language::English);
        assert!(longest.iter().all(|it| it.text.len() <= LINE_MAX_CHARS));
    }
}
