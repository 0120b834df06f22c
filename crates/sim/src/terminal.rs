//! What a board prints, as a terminal shows it.

use crate::record::{Note, RecordKind};
use alloc::string::String;
use alloc::vec::Vec;
use device::{Effect, Remark};

/// Puts what one board prints into lines: it is given the records of that board, in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    is_in_line: bool,
}

impl Terminal {
    /// What a record prints, and whether that goes on with the line before; `None` if it prints nothing.
    pub fn take<'a>(&mut self, kind: &'a RecordKind) -> Option<(&'a str, bool)> {
        let goes_on = self.is_in_line;
        let (text, stays) = match kind {
            RecordKind::Note(Note::Device(remark)) => match remark.as_ref() {
                Remark::Printed { line } => (line, false),
                Remark::PrintedPiece { text } => (text, true),
                _ => return None,
            },
            // Whoever prints after that begins.
            RecordKind::NodeDown { .. }
            | RecordKind::NodeUp
            | RecordKind::Effect(Effect::ScriptEnded { .. }) => {
                self.is_in_line = false;
                return None;
            }
            _ => return None,
        };
        self.is_in_line = stays;
        Some((text, goes_on))
    }
}

/// A line as it looks when all of it is printed: behind a carriage return it is written over from its beginning.
#[must_use]
pub fn overwritten(line: &str) -> String {
    let mut shown: Vec<char> = Vec::new();
    for pass in line.split('\r') {
        for (at, letter) in pass.chars().enumerate() {
            match shown.get_mut(at) {
                Some(place) => *place = letter,
                None => shown.push(letter),
            }
        }
    }
    shown.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use device::script::Ended;

    #[test]
    fn pieces_are_one_line_until_it_ends_or_its_program_does() {
        let said = |remark: Remark| RecordKind::Note(Note::Device(Box::new(remark)));
        let piece = |text: &str| said(Remark::PrintedPiece { text: text.into() });
        let line = |line: &str| said(Remark::Printed { line: line.into() });
        let how = Ended::Done;
        let records = [
            line("one"),
            piece("."),
            said(Remark::Unjoined),
            piece("."),
            line("two"),
            line("three"),
            piece("."),
            RecordKind::Effect(Effect::ScriptEnded { how }),
            line("four"),
            piece("."),
            RecordKind::NodeUp,
            piece("five"),
        ];
        let mut terminal = Terminal::default();
        let mut text = String::new();
        for (text_of, goes_on) in records.iter().filter_map(|it| terminal.take(it)) {
            if !goes_on {
                text.push('|');
            }
            text.push_str(text_of);
        }
        assert_eq!(text, "|one|..two|three|.|four|.|five");
    }

    #[test]
    fn a_carriage_return_writes_over_the_line() {
        for (line, shown) in [
            ("50 %\r100 %", "100 %"),
            ("100 %\r99", "990 %"),
            ("done\r", "done"),
            ("", ""),
            ("ä\rö", "ö"),
        ] {
            assert_eq!(overwritten(line), shown);
        }
    }
}
