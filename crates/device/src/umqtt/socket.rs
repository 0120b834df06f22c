//! A socket as MicroPython's programs see it.

use super::Exception;
use bytes::{Buf, BytesMut};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{Packet, Sender, Version};

/// What can be done with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// There is none yet.
    Missing,
    /// It works, or nobody knows better: a half-open connection looks like this.
    Open,
    /// The other end has closed it. What is written is lost without a word, once.
    HungUp,
    /// The other end has answered that it does not know it.
    Reset,
    /// The network has gone away under it.
    Aborted,
    /// The program has closed it.
    Closed,
}

/// A socket with what has come in and is not read.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub(super) state: State,
    unread: BytesMut,
}

/// What stands at the beginning of the unread bytes.
#[derive(Debug)]
pub(super) enum Head {
    /// Not all of it is there.
    Incomplete,
    /// A packet of so many bytes.
    Packet(Packet, usize),
    /// No packet: the program is out of step with the stream.
    Garbage,
}

impl Socket {
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            unread: BytesMut::new(),
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        if self.state == State::Open {
            self.unread.extend_from_slice(bytes);
        }
    }

    pub(super) fn first(&self) -> Option<u8> {
        self.unread.first().copied()
    }

    /// The first four bytes, if they are there.
    pub(super) fn four(&self) -> Option<[u8; 4]> {
        self.unread.first_chunk::<4>().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.unread.len()
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.unread.advance(bytes.min(self.unread.len()));
    }

    /// What is written now goes out. `Ok(false)`: it is lost, and nobody says so.
    pub(super) fn write(&mut self) -> Result<bool, Exception> {
        match self.state {
            State::Open => Ok(true),
            State::HungUp => {
                self.state = State::Reset;
                Ok(false)
            }
            State::Missing => Err(Exception::Attribute),
            State::Reset => Err(Exception::RESET),
            State::Aborted => Err(Exception::ABORTED),
            State::Closed => Err(Exception::BAD_SOCKET),
        }
    }

    /// Why nothing can be read; `None` if something may come yet.
    pub(super) const fn read_error(&self) -> Option<Exception> {
        match self.state {
            State::Open => None,
            State::HungUp => Some(Exception::CLOSED),
            State::Missing => Some(Exception::Attribute),
            State::Reset => Some(Exception::RESET),
            State::Aborted => Some(Exception::ABORTED),
            State::Closed => Some(Exception::BAD_SOCKET),
        }
    }

    /// The packet that stands first. The bytes stay.
    pub(super) fn head(&self) -> Head {
        let mut decoder = Decoder::new(Framing {
            version: Some(Version::V311),
            ..Framing::new(Sender::Server)
        });
        decoder.push(&self.unread);
        match decoder.decode() {
            Ok(Some(packet)) => Head::Packet(packet, self.unread.len() - decoder.pending_bytes()),
            Ok(None) => Head::Incomplete,
            Err(_) => Head::Garbage,
        }
    }
}
