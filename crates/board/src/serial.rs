//! MQTT on a serial line that carries a log as well.
//!
//! A log is UTF-8, and the byte C0 never occurs in UTF-8: it opens and closes a frame, as in SLIP (RFC 1055), whose two
//! escapes are used inside. What stands outside of frames is log. Two such bytes open a frame, because one alone could be the end of
//! a frame that was cut off, and what follows would be taken for log. A frame is a letter that says what it is, then bytes:
//!
//! | letter | from the board | to the board |
//! | --- | --- | --- |
//! | `O` | it wants a connection | the page is its broker from now on |
//! | `D` | MQTT | MQTT |
//! | `C` | the connection is closed | the same |
//! | `W` | a piece of what it is: a scenario file | says what it is, please |
//!
//! A piece begins with where it stands in the text and how long the text is in all, both in two bytes, the higher first.
//!
//! Packets of [`improv`] stand where lines do.

use crate::improv;
use alloc::vec::Vec;

const END: u8 = 0xc0;
const ESCAPE: u8 = 0xdb;
const ESCAPED_END: u8 = 0xdc;
const ESCAPED_ESCAPE: u8 = 0xdd;

/// What frames begin with.
const LETTERS: &[u8] = b"ODCW";

/// A frame's contents are no longer than this; longer ones are dropped whole.
pub const FRAME_MAX_BYTES: usize = 2048;
/// So many bytes of a text go into one frame.
const PIECE_BYTES: usize = 512;

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A connection is wanted, or given.
    Open,
    /// Bytes of MQTT.
    Data(Vec<u8>),
    /// The connection is closed.
    Close,
    /// The board is to say what it is.
    Ask,
    /// A piece of what the board is, without passwords: a scenario file.
    Device {
        /// Where it stands in the text, in bytes.
        at: u16,
        /// How long the text is in all.
        of: u16,
        /// The piece.
        piece: Vec<u8>,
    },
}

/// Something that came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame.
    Frame(Frame),
    /// A line of text, without its end.
    Line(Vec<u8>),
    /// A packet of Improv: a request, or why it is none.
    Improv(Result<improv::Request, improv::Refusal>),
}

impl Frame {
    /// As it goes over the line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (letter, place, data): (u8, Option<(u16, u16)>, &[u8]) = match self {
            Self::Open => (b'O', None, &[]),
            Self::Data(data) => (b'D', None, data),
            Self::Close => (b'C', None, &[]),
            Self::Ask => (b'W', None, &[]),
            Self::Device { at, of, piece } => (b'W', Some((*at, *of)), piece),
        };
        let place = place.map(|(at, of)| [at.to_be_bytes(), of.to_be_bytes()]);
        let mut bytes = Vec::with_capacity(data.len() + 12);
        bytes.extend_from_slice(&[END, END, letter]);
        for byte in place.iter().flatten().flatten().chain(data) {
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
            (b'W', []) => Some(Self::Ask),
            (b'W', data) => {
                let (at, rest) = data.split_first_chunk()?;
                let (of, piece) = rest.split_first_chunk()?;
                Some(Self::Device {
                    at: u16::from_be_bytes(*at),
                    of: u16::from_be_bytes(*of),
                    piece: piece.to_vec(),
                })
            }
            _ => None,
        }
    }

    /// A text about a board, in frames. One of more than 65,535 bytes is not said: settings are shorter.
    pub fn pieces(text: &str) -> impl Iterator<Item = Self> {
        let of = u16::try_from(text.len());
        let pieces = text.as_bytes().chunks(PIECE_BYTES).enumerate();
        pieces.filter_map(move |(index, piece)| {
            Some(Self::Device {
                at: u16::try_from(index * PIECE_BYTES).ok()?,
                of: of.ok()?,
                piece: piece.to_vec(),
            })
        })
    }
}

/// Puts the pieces of a text together again.
#[derive(Debug, Default)]
pub struct Pieces {
    text: Vec<u8>,
}

impl Pieces {
    /// Takes a piece; the text, once it is whole. A first piece begins anew, and one that does not follow is dropped with all
    /// before it.
    pub fn take(&mut self, at: u16, of: u16, piece: &[u8]) -> Option<Vec<u8>> {
        if at == 0 {
            self.text.clear();
        }
        if usize::from(at) != self.text.len() {
            self.text.clear();
            return None;
        }
        self.text.extend_from_slice(piece);
        (self.text.len() == usize::from(of)).then(|| core::mem::take(&mut self.text))
    }
}

/// Takes a serial line apart, byte by byte.
///
/// What is damaged is dropped, and costs no frame after it: whatever came before, a whole frame is read. The exception is half a packet of
/// Improv, which takes what follows for its rest: at most 265 bytes.
#[derive(Debug, Default)]
pub struct Reader {
    contents: Vec<u8>,
    in_frame: bool,
    escaped: bool,
    damaged: bool,
}

impl Reader {
    /// Takes the next byte. Lines, too, are dropped if they are longer than [`FRAME_MAX_BYTES`].
    pub fn push(&mut self, byte: u8) -> Option<Heard> {
        // Nobody types the byte that ends its mark.
        if !self.in_frame && self.contents.starts_with(improv::MARK) {
            return self.packet(byte);
        }
        if byte == END {
            return self.turn();
        }
        if self.in_frame && self.contents.is_empty() && !LETTERS.contains(&byte) {
            // The mark was noise: a console must not fall silent for it.
            self.in_frame = false;
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
                self.damaged = true;
                byte
            }
            _ => byte,
        };
        self.escaped = false;
        if self.contents.len() < FRAME_MAX_BYTES {
            self.contents.push(byte);
        } else {
            self.damaged = true;
            // What is too long for a frame is none; what follows is read as lines again.
            self.in_frame = false;
        }
        None
    }

    /// The next byte of a packet of Improv, which is read by its length. An end of line may be missing.
    fn packet(&mut self, byte: u8) -> Option<Heard> {
        self.contents.push(byte);
        let is_whole =
            improv::length(&self.contents).is_some_and(|it| self.contents.len() + 1 >= it);
        is_whole.then(|| Heard::Improv(improv::read(&self.take())))
    }

    /// A frame begins or ends. It begins where there is none to end: two marks in a row are one, and contents that are no frame were not
    /// between the marks of one.
    fn turn(&mut self) -> Option<Heard> {
        let was_in_frame = core::mem::replace(&mut self.in_frame, true);
        self.damaged |= self.escaped;
        let contents = self.take();
        let frame = Frame::read(&contents).filter(|_| was_in_frame)?;
        self.in_frame = false;
        Some(Heard::Frame(frame))
    }

    fn take(&mut self) -> Vec<u8> {
        self.escaped = false;
        let contents = core::mem::take(&mut self.contents);
        if core::mem::take(&mut self.damaged) {
            return Vec::new();
        }
        contents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use std::string::String;
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
    fn a_text_comes_in_pieces() {
        let text = "zwölf \n".repeat(300);
        let mut bytes = Frame::Ask.to_bytes();
        let mut frames: Vec<Frame> = Frame::pieces(&text).collect();
        assert!(frames.len() > 2);
        // Begun once, and again from the start.
        frames.insert(0, frames[1].clone());
        frames.insert(0, frames[1].clone());
        bytes.extend(frames.iter().flat_map(Frame::to_bytes));
        let mut heard = hear(&bytes).into_iter();
        assert_eq!(heard.next(), Some(Heard::Frame(Frame::Ask)));
        let mut pieces = Pieces::default();
        let texts: Vec<Vec<u8>> = heard
            .filter_map(|it| match it {
                Heard::Frame(Frame::Device { at, of, piece }) => pieces.take(at, of, &piece),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(texts, [text.into_bytes()]);
    }

    #[test]
    fn what_is_damaged_is_dropped_and_the_next_frame_is_found() {
        for damage in [
            vec![END],
            vec![END, b'D'],
            vec![END, END, b'D', b'1', ESCAPE],
            vec![b'C', END],
            vec![END, b'X', b'Y', END],
            vec![END, b'O', b'!', END],
            vec![END, b'W', 0, 0, 1, END],
            vec![END, b'D', ESCAPE, b'!', END],
            [vec![END, b'D'], vec![0; FRAME_MAX_BYTES + 1], vec![END]].concat(),
        ] {
            let mut bytes = damage.clone();
            bytes.extend(Frame::Close.to_bytes());
            assert_eq!(
                hear(&bytes).last(),
                Some(&Heard::Frame(Frame::Close)),
                "{damage:02x?}"
            );
        }
    }

    #[test]
    fn a_mark_too_many_costs_no_frame_and_no_line() {
        let close = [END, b'C', END];
        let mut bytes = vec![END];
        bytes.extend(close);
        bytes.extend(b"log\n");
        bytes.extend(close);
        let closed = Heard::Frame(Frame::Close);
        assert_eq!(hear(&bytes), [closed.clone(), line("log"), closed.clone()]);
        // A board of an earlier version opens frames with one mark, and may have been cut off in the middle of one.
        let mut bytes = vec![END, b'W', 0];
        for _ in 0..2 {
            bytes.extend(close);
            bytes.extend(b"log\n");
        }
        let heard = [closed.clone(), line("log"), closed, line("log")];
        assert_eq!(hear(&bytes), heard);
        // Nothing of a frame that never ends is a line, but what is behind it.
        let mut bytes = vec![END, b'D'];
        bytes.extend([b'x'; FRAME_MAX_BYTES + 9]);
        bytes.extend(b"\nlog\n");
        assert_eq!(hear(&bytes), [line("log")]);
    }

    fn frames() -> impl Strategy<Value = Frame> {
        let data = || vec_of(any::<u8>(), 0..40);
        prop_oneof![
            Just(Frame::Open),
            Just(Frame::Close),
            Just(Frame::Ask),
            data().prop_map(Frame::Data),
            (any::<u16>(), any::<u16>(), data()).prop_map(|(at, of, piece)| Frame::Device {
                at,
                of,
                piece
            }),
        ]
    }

    /// What can stand on a line before a frame: the begin or the end of another one, text, anything.
    fn garbage() -> impl Strategy<Value = Vec<u8>> {
        let cut = |frame: Frame, at: Index, is_begin: bool| {
            let bytes = frame.to_bytes();
            let (begin, end) = bytes.split_at(at.index(bytes.len()));
            if is_begin { begin } else { end }.to_vec()
        };
        let bits = prop_oneof![
            (frames(), any::<Index>(), any::<bool>()).prop_map(move |(f, at, it)| cut(f, at, it)),
            vec_of(any::<u8>(), 0..40),
            vec_of(
                prop_oneof![Just(END), Just(ESCAPE), Just(b'D'), Just(b'\n')],
                0..6
            ),
            "[ -~]{0,9}\n?".prop_map(String::into_bytes),
        ];
        vec_of(bits, 0..6).prop_map(|bits| bits.concat())
    }

    proptest! {
        #[test]
        fn whatever_was_before_it_a_whole_frame_is_read(before in garbage(), frame in frames()) {
            prop_assume!(!before.windows(improv::MARK.len()).any(|it| it == improv::MARK));
            let mut bytes = before;
            bytes.extend(frame.to_bytes());
            bytes.extend(b"log\n");
            let heard = hear(&bytes);
            prop_assert_eq!(&heard[heard.len().saturating_sub(2)..], [Heard::Frame(frame), line("log")]);
        }
    }
}
