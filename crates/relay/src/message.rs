//! The two directions.

use crate::class::{Answer, Cursor, Invitation, Question, Tally, Work};
use crate::record::Record;
use crate::wire::{Chunk, Fault, Field, Message, Text, fields, messages, numbered};
use crate::{CODE_MAX_BYTES, WORDS_MAX_BYTES};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::num::NonZeroU32;

/// A device's connection to the hub, by its number. No number comes twice while the hub runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub u64);

impl Field for Line {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        u64::get(frame).map(Self)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}", self.0)
    }
}

impl Field for NonZeroU32 {
    fn put(&self, out: &mut Vec<u8>) {
        self.get().put(out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        Self::new(u32::get(frame)?).ok_or(Fault::Empty)
    }
}

messages! {
    /// What a page says to the hub.
    pub enum FromPage {
        /// The first message, and only the first.
        Hello(Hello) = 1,
        /// The broker in the page sends. No more than there is credit for: see [`Window`](crate::Window).
        Bytes {
            /// To whom.
            line: Line,
            /// What.
            bytes: Chunk,
        } = 2,
        /// The broker in the page closes a connection, after everything it has sent.
        Close {
            /// Which.
            line: Line,
            /// Why, for the hub's log.
            why: Text<WORDS_MAX_BYTES>,
        } = 3,
        /// The broker in the page has dealt with bytes: so many more may come.
        Credit {
            /// Of whom.
            line: Line,
            /// How many.
            bytes: NonZeroU32,
        } = 4,
        /// Who leads shows this work from now on.
        Work(Work) = 5,
        /// Who leads stands here now.
        Cursor(Cursor) = 6,
        /// Who leads asks the class. Earlier votes are forgotten.
        Ask(Question) = 7,
        /// Who leads ends the vote, and may say which answer was right.
        Reveal {
            /// The question's number.
            question: u32,
            /// The answer that the run gives, if it gives one.
            right: Option<u8>,
        } = 8,
        /// A student's answer; a later one takes its place.
        Vote(Answer) = 9,
        /// The broker in the page closes a connection, and what it has sent before waits for credit. [`FromPage::Close`] follows
        /// behind that; for a device that takes nothing the hub need not wait.
        Ending {
            /// Which.
            line: Line,
        } = 10,
    }
}

messages! {
    /// What the hub says to a page.
    pub enum FromHub {
        /// The page is taken in.
        Welcome(Welcome) = 1,
        /// The page is not taken in, or no longer; the hub closes the WebSocket behind it.
        Refused(Refusal) = 2,
        /// A device has connected; this page is its broker.
        Opened(Opened) = 3,
        /// The device has sent.
        Bytes {
            /// Who.
            line: Line,
            /// What.
            bytes: Chunk,
        } = 4,
        /// The connection is gone, whoever closed it. Nothing comes after that.
        Closed {
            /// Which.
            line: Line,
            /// Why, as far as the hub knows.
            why: Text<WORDS_MAX_BYTES>,
        } = 5,
        /// The device has taken bytes: so many more may be sent.
        Credit {
            /// Of whom.
            line: Line,
            /// How many.
            bytes: NonZeroU32,
        } = 6,
        /// Watchers are told what happens on the hub's connections.
        Record {
            /// When, in microseconds since the hub's start.
            at_micros: u64,
            /// What.
            record: Record,
        } = 7,
        /// Who leads shows this work.
        Work(Work) = 8,
        /// Who leads stands here.
        Cursor(Cursor) = 9,
        /// Who leads asks the class.
        Ask(Question) = 10,
        /// How the votes stand; after the end of the vote, for everybody.
        Tally(Tally) = 11,
        /// How many are here.
        Class {
            /// Students.
            students: u32,
            /// Watchers.
            watchers: u32,
            /// Whether somebody leads.
            is_led: bool,
        } = 12,
        /// How others get in, for who leads.
        Invitation(Invitation) = 13,
    }
}

macro_rules! message {
    ($($name:ident)*) => {$(
        impl Message for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.put(out);
            }

            fn read(frame: &mut Bytes) -> Result<Self, Fault> {
                Self::get(frame)
            }
        }
    )*};
}

message!(FromPage FromHub);

/// Who a page wants to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// As what it comes.
    pub role: Role,
    /// Whether to take the place of the page that is the broker, or leads, now.
    pub take_over: bool,
    /// The code, where one is asked for.
    pub code: Option<Text<CODE_MAX_BYTES>>,
}

fields!(Hello {
    role,
    take_over,
    code,
});

numbered! {
    /// As what a page comes.
    pub enum Role {
        /// It is the broker (`mqtt-hub --broker page`). One page at a time.
        Broker = 1,
        /// It leads the class. One page at a time.
        Teacher = 2,
        /// It is told what happens on the connections, and what the class is told.
        Watcher = 3,
        /// It is told what the class is told, and votes.
        Student = 4,
    }
}

/// A page is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// As what.
    pub role: Role,
    /// Whether a page is the broker here, and not the hub.
    pub broker_is_page: bool,
    /// What [`Window`](crate::Window) and [`Meter`](crate::Meter) begin with, for every connection.
    pub window_bytes: u32,
    /// Where devices connect by TCP; 0: nowhere.
    pub mqtt_port: u16,
    /// Whether they have to speak TLS there.
    pub tls: bool,
}

fields!(Welcome {
    role,
    broker_is_page,
    window_bytes,
    mqtt_port,
    tls,
});

numbered! {
    /// Why a page is not taken in, or is sent away.
    pub enum Refusal {
        /// The hub asks for a code.
        CodeMissing = 1,
        /// That is not the code.
        CodeWrong = 2,
        /// Too many wrong codes came; for a while none is looked at.
        TooManyAttempts = 3,
        /// Another page is the broker or leads. It can be taken over from.
        Taken = 4,
        /// The broker is in the hub: come as anything else.
        BrokerIsNative = 5,
        /// So many pages are taken in and no more.
        TooManyPages = 6,
        /// Another page has taken over.
        TakenOver = 7,
        /// The page has broken the rules of this protocol.
        Protocol = 8,
        /// The page does not take what it is sent.
        TooSlow = 9,
        /// The hub stops.
        ShuttingDown = 10,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeMissing => "a code is asked for; the hub has printed it at its start",
            Self::CodeWrong => "the code is another one; the hub has printed it at its start",
            Self::TooManyAttempts => "too many wrong codes; try again in a minute",
            Self::Taken => "another page has this place; it can be taken over",
            Self::BrokerIsNative => {
                "the broker is in the hub; a page can be one with mqtt-hub --broker page"
            }
            Self::TooManyPages => "as many pages as the hub takes in are there already",
            Self::TakenOver => "another page has taken over",
            Self::Protocol => "the page has sent what it must not send",
            Self::TooSlow => "the page does not take what it is sent",
            Self::ShuttingDown => "the hub stops",
        })
    }
}

/// A device has connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its number from now on.
    pub line: Line,
    /// From which address; empty for those who need not know it.
    pub peer: Text<WORDS_MAX_BYTES>,
    /// How.
    pub transport: Transport,
    /// Whether it is encrypted up to the hub.
    pub tls: bool,
}

fields!(Opened {
    line,
    peer,
    transport,
    tls,
});

numbered! {
    /// How a device is connected to the hub.
    pub enum Transport {
        /// TCP.
        Tcp = 1,
        /// A WebSocket with subprotocol `mqtt`.
        WebSocket = 2,
    }
}
