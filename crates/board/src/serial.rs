//! MQTT on a serial line that carries a log as well.
//!
//! A log is UTF-8, and the byte C0 never occurs in UTF-8: it opens and closes a frame, as in SLIP (RFC 1055), whose two
//! escapes are used inside. What stands outside of frames is log. A frame is a letter that says what it is, then bytes:
//!
//! | letter | from the board | to the board |
//! | --- | --- | --- |
//! | `O` | it wants a connection | the page is its broker from now on |
//! | `D` | MQTT | MQTT |
//! | `C` | the connection is closed | the same |

use alloc::vec::Vec;

const END: u8 = 0xc0;
const ESCAPE: u8 = 0xdb;
const ESCAPED_END: u8 = 0xdc;
const ESCAPED_ESCAPE: u8 = 0xdd;

/// A frame's contents are no longer than this; longer ones are dropped whole.
pub const FRAME_MAX_BYTES: usize = 2048;
/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A connection is wanted, or given.
    Open,
    /// Bytes of MQTT.
    Data(Vec<u8>),
    /// The connection is closed.
    Close,
}

/// Something that came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame.
    Frame(Frame),
    /// A line of text, without its end.
    Line(Vec<u8>),
}

impl Frame {
    /// As it goes over the line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (letter, data): (u8, &[u8]) = match self {
            Self::Open => (b'O', &[]),
            Self::Data(data) => (b'D', data),
            Self::Close => (b'C', &[]),
        };
        let mut bytes = Vec::with_capacity(data.len() + 8);
        bytes.push(END);
        bytes.push(letter);
        for byte in data {
            match *byte {
                END => bytes.extend_from_slice(&[ESCAPE, ESCAPED_END]),
                ESCAPE => bytes.extend_from_slice(&[ESCAPE, ESCAPED_ESCAPE]),
                byte => bytes.push(byte),
            }
        }
        bytes.push(END);
        bytes
    }

    fn read(contents: &[u8]) -> Option<Self> {
        match contents.split_first()? {
            (b'O', []) => Some(Self::Open),
            (b'D', data) => Some(Self::Data(data.to_vec())),
            (b'C', []) => Some(Self::Close),
            _ => None,
        }
    }
}

/// Takes a serial line apart, byte by byte.
#[derive(Debug, Default)]
pub struct Reader {
    contents: Vec<u8>,
    in_frame: bool,
    escaped: bool,
    too_long: bool,
}

impl Reader {
    /// Takes the next byte. What is damaged or longer than [`FRAME_MAX_BYTES`] is dropped.
    pub fn push(&mut self, byte: u8) -> Option<Heard> {
        if byte == END {
            return self.turn();
        }
        if !self.in_frame && matches!(byte, b'\n' | b'\r') {
            let line = self.take();
            return (!line.is_empty()).then_some(Heard::Line(line));
        }
        let byte = match (self.in_frame, self.escaped, byte) {
            (true, false, ESCAPE) => {
                self.escaped = true;
                return None;
            }
            (true, true, ESCAPED_END) => END,
            (true, true, ESCAPED_ESCAPE) => ESCAPE,
            (true, true, _) => {
                self.too_long = true;
                byte
            }
            _ => byte,
        };
        self.escaped = false;
        if self.contents.len() < FRAME_MAX_BYTES {
            self.contents.push(byte);
        } else {
            self.too_long = true;
        }
        None
    }

    /// A frame begins or ends. Two marks in a row are one: so a reader that came late finds its place.
    fn turn(&mut self) -> Option<Heard> {
        let was_in_frame = self.in_frame;
        let contents = self.take();
        if was_in_frame && !contents.is_empty() {
            self.in_frame = false;
            return Frame::read(&contents).map(Heard::Frame);
        }
        self.in_frame = true;
        None
    }

    fn take(&mut self) -> Vec<u8> {
        self.escaped = false;
        let contents = core::mem::take(&mut self.contents);
        if core::mem::take(&mut self.too_long) {
            return Vec::new();
        }
        contents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn hear(bytes: &[u8]) -> Vec<Heard> {
        let mut reader = Reader::default();
        bytes.iter().filter_map(|byte| reader.push(*byte)).collect()
    }

    fn line(text: &str) -> Heard {
        Heard::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn frames_stand_between_lines() {
        let all: Vec<u8> = (0..=255).collect();
        let mut bytes = b"boot\r\n".to_vec();
        bytes.extend(Frame::Open.to_bytes());
        bytes.extend(b"wifi: up\n");
        bytes.extend(Frame::Data(all.clone()).to_bytes());
        bytes.extend(Frame::Close.to_bytes());
        bytes.extend("t = 21 °C\n".as_bytes());
        assert_eq!(
            hear(&bytes),
            [
                line("boot"),
                Heard::Frame(Frame::Open),
                line("wifi: up"),
                Heard::Frame(Frame::Data(all)),
                Heard::Frame(Frame::Close),
                line("t = 21 °C"),
            ]
        );
    }

    #[test]
    fn what_is_damaged_is_dropped_and_the_next_frame_is_found() {
        for damage in [
            vec![END],
            vec![END, b'D'],
            vec![END, b'X', b'Y', END],
            vec![END, b'O', b'!', END],
            vec![END, b'D', ESCAPE, b'!', END],
            [vec![END, b'D'], vec![0; FRAME_MAX_BYTES + 1], vec![END]].concat(),
        ] {
            let mut bytes = damage.clone();
            bytes.extend(Frame::Close.to_bytes());
            bytes.extend(Frame::Close.to_bytes());
            assert_eq!(
                hear(&bytes).last(),
                Some(&Heard::Frame(Frame::Close)),
                "{damage:02x?}"
            );
        }
    }
}
