//! What comes over a WebSocket (RFC 6455): bytes of MQTT, and what is about the connection.
//!
//! MQTT is a stream: a message of a WebSocket may hold a part of a packet or several (MQTT-6.0.0-2), so that pieces of messages are passed on
//! as they come, and no message is too long. A frame can be: it has to fit into memory. Whether clients mask what they send is not
//! asked: the server below does not tell.

use core::fmt;
use embassy_futures::select::Either;
use picoserve::futures::Either as Found;
use picoserve::io::Read;
use picoserve::response::ws::{Control, Data, Frame, Opcode, ReadFrameError, SocketRx};

/// A frame has no more bytes than this: a page sends longer messages in pieces.
pub(crate) const FRAME_MAX_BYTES: usize = 2048;
/// One about the connection has no more than this (section 5.5).
const CONTROL_MAX_BYTES: usize = 125;

/// Why a connection is closed: a code of section 7.4.1, if it has one, and words.
#[derive(Clone, Copy)]
pub(crate) struct End(Option<u16>, &'static str);

impl End {
    pub(crate) const DONE: Self = Self(Some(1000), "the board has closed the connection");
    const NO_FRAME: Self = Self(Some(1002), "that was no frame of a WebSocket");
    const TEXT: Self = Self(Some(1003), "MQTT goes in binary messages");
    pub(crate) const TOO_EARLY: Self = Self(Some(1008), "a broker waits for CONNECT");
    pub(crate) const ANOTHER_BROKER: Self = Self(Some(1008), "this board is set to another broker");
    const TOO_LONG: Self = Self(Some(1009), "a frame has at most 2048 bytes: send pieces");
    pub(crate) const ANOTHER_PAGE: Self = Self(Some(1013), "another page is this board's broker");

    /// The other end has closed the connection, and is told its own code again if it may stand in a frame.
    fn closed(contents: &[u8]) -> Self {
        let code = contents.first_chunk().map(|it| u16::from_be_bytes(*it));
        let code = code.filter(|it| matches!(it, 1000..=1003 | 1007..=1014 | 3000..=4999));
        Self(code, "the page has closed the connection")
    }

    /// What is said to the other end.
    pub(crate) fn reason(self) -> Option<(u16, &'static str)> {
        Some((self.0?, self.1))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

/// Something that came.
pub(crate) enum Piece<'a> {
    /// A message, or a part of one.
    Data(&'a [u8]),
    /// To be answered with the same bytes.
    Ping(&'a [u8]),
    /// Nothing that has to be answered.
    Nothing,
    /// The connection is to be closed.
    End(End),
    /// It is closed.
    Gone,
}

/// The one end of a WebSocket from which bytes come.
pub(crate) struct Inbound<R: Read> {
    from: SocketRx<R>,
    buffer: [u8; FRAME_MAX_BYTES],
    /// A message has begun and not ended.
    in_message: bool,
}

impl<R: Read> Inbound<R> {
    pub(crate) const fn new(from: SocketRx<R>) -> Self {
        Self {
            from,
            buffer: [0; FRAME_MAX_BYTES],
            in_message: false,
        }
    }

    /// Waits for the next piece, or until `other` happens before one begins.
    pub(crate) async fn next<S: Future>(
        &mut self,
        other: S,
    ) -> Result<Either<Piece<'_>, S::Output>, R::Error> {
        let piece = match self.from.next_frame(&mut self.buffer, other).await? {
            Found::Second(other) => return Ok(Either::Second(other)),
            Found::First(Ok(frame)) => {
                let bytes = self.buffer.get(..frame.length).unwrap_or_default();
                sorted(&frame, bytes, &mut self.in_message)
            }
            Found::First(Err(ReadFrameError::UnexpectedEof)) => Piece::Gone,
            Found::First(Err(ReadFrameError::OutOfSpace | ReadFrameError::MessageIsTooLong(_))) => {
                Piece::End(End::TOO_LONG)
            }
        };
        Ok(Either::First(piece))
    }
}

/// What a frame is. Those about the connection may stand between the parts of a message, and are whole (sections 5.4 and 5.5).
fn sorted<'a>(frame: &Frame, bytes: &'a [u8], in_message: &mut bool) -> Piece<'a> {
    match &frame.opcode {
        Opcode::Control(_) if !frame.is_final || bytes.len() > CONTROL_MAX_BYTES => {
            Piece::End(End::NO_FRAME)
        }
        Opcode::Control(Control::Ping) => Piece::Ping(bytes),
        Opcode::Control(Control::Pong) => Piece::Nothing,
        Opcode::Control(Control::Close) => Piece::End(End::closed(bytes)),
        // MQTT-6.0.0-1.
        Opcode::Data(Data::Text) if !*in_message => Piece::End(End::TEXT),
        Opcode::Data(Data::Binary) if !*in_message => {
            *in_message = !frame.is_final;
            Piece::Data(bytes)
        }
        Opcode::Data(Data::Continue) if *in_message => {
            *in_message = !frame.is_final;
            Piece::Data(bytes)
        }
        Opcode::Data(_) | Opcode::Control(Control::Reserved(_)) => Piece::End(End::NO_FRAME),
    }
}
