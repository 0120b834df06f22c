//! What a real broker supports, asked from this page: `foreign`'s probe over WebSockets of its own.
//!
//! It is apart from every run: nothing of it is on a ladder, and its report has the packets that prove each row. Credentials are
//! put into CONNECT behind the report, as those of a session are, so that no report has them.

pub mod view;

use crate::live::{LiveCommand, Wire};
use bytes::Bytes;
use foreign::probe::{Left, Probe, ProbeConfig, ProbeEvent, Row};
use mqtt_proto::{Instant, Version};
use std::collections::{BTreeMap, VecDeque};

/// Numbers of its sockets begin here; below are those of sessions.
const FIRST: u32 = 1 << 30;
/// The clock is looked at this often: milliseconds.
const WAKE_MILLIS: u32 = 100;

/// Whether a WebSocket of this number is a probe's. Those of boards have higher numbers.
pub(crate) const fn is_probes(number: u32) -> bool {
    number >= FIRST && !crate::board::is_boards(number)
}

/// What the user does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAction {
    /// Asks the broker whose address is in the form.
    Begin,
    /// Stops asking; what was found out stays.
    End,
    /// Puts the report with its packets into a file.
    Save,
}

/// What a WebSocket of the probe has to say.
pub(crate) enum Heard {
    Opened,
    Bytes(Bytes),
    Closed(u16, String),
}

/// How it ended, before it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No WebSocket opened.
    NotOpened,
    /// None opened, and none failed to.
    Silence,
    /// Before anything came, the first was closed with a code and a reason: by a hub on the way, or by who serves WebSockets for the
    /// broker.
    Closed(u16, String),
}

/// A WebSocket, under the probe's number for it.
struct Line {
    number: u32,
    is_open: bool,
    /// CONNECT is out.
    has_spoken: bool,
}

/// A report that is made.
pub(crate) struct Probing {
    probe: Probe,
    pub(crate) url: String,
    wire: Wire,
    lines: BTreeMap<usize, Line>,
    /// The number of the next WebSocket.
    next: u32,
    has_opened: bool,
    /// Something has come over one of them.
    has_heard: bool,
    pub(crate) rows: Vec<Row>,
    pub(crate) is_running: bool,
    /// Somebody has asked it to end.
    pub(crate) is_stopped: bool,
    pub(crate) failure: Option<Failure>,
}

impl Probing {
    /// Topics and client ids begin with the prefix; `first` is how many WebSockets there were before.
    pub(crate) fn new(url: String, wire: Wire, prefix: String, retains: bool, first: u32) -> Self {
        let config = ProbeConfig {
            prefix,
            user_name: None,
            password: None,
            retains,
        };
        Self {
            probe: Probe::new(config),
            url,
            wire,
            lines: BTreeMap::new(),
            next: first.max(FIRST),
            has_opened: false,
            has_heard: false,
            rows: Vec::new(),
            is_running: true,
            is_stopped: false,
            failure: None,
        }
    }

    /// The number that the next probe's WebSockets begin with: what comes late for this one is nothing to that.
    pub(crate) const fn next(&self) -> u32 {
        self.next
    }

    /// How many rows there will be.
    pub(crate) fn all(&self) -> usize {
        self.rows.len() + self.probe.left()
    }

    /// Time has come.
    pub(crate) fn clock(&mut self, now: Instant, commands: &mut Vec<LiveCommand>) {
        if !self.is_running {
            return;
        }
        let mut events = Vec::new();
        self.probe.handle_timeout(now, &mut events);
        self.take(now, events, commands);
        if self.is_running {
            commands.push(LiveCommand::Wake(WAKE_MILLIS));
        }
    }

    /// Something came over one of its WebSockets.
    pub(crate) fn hear(
        &mut self,
        now: Instant,
        number: u32,
        heard: Heard,
        commands: &mut Vec<LiveCommand>,
    ) {
        let line = self.lines.iter_mut().find(|(_, it)| it.number == number);
        let (Some((&at, line)), true) = (line, self.is_running) else {
            return;
        };
        let mut events = Vec::new();
        match heard {
            Heard::Opened => {
                line.is_open = true;
                self.has_opened = true;
                self.probe.handle_open(now, at, &mut events);
            }
            Heard::Bytes(bytes) => {
                self.has_heard = true;
                self.probe.handle_input(now, at, &bytes, &mut events);
            }
            Heard::Closed(..) if !self.has_opened => {
                self.lines.remove(&at);
                return self.fail(Failure::NotOpened, commands);
            }
            Heard::Closed(code, reason) if !self.has_heard && !reason.is_empty() => {
                self.lines.remove(&at);
                return self.fail(Failure::Closed(code, reason), commands);
            }
            Heard::Closed(..) => {
                self.lines.remove(&at);
                self.probe.handle_close(now, at, &mut events);
            }
        }
        self.take(now, events, commands);
    }

    /// Nothing more is asked; what it has left at the broker is taken back first. Asked a second time, it ends at once.
    pub(crate) fn stop(&mut self, now: Instant, commands: &mut Vec<LiveCommand>) {
        if !self.is_running || std::mem::replace(&mut self.is_stopped, true) {
            return self.end(commands);
        }
        let mut events = Vec::new();
        self.probe.stop(now, &mut events);
        self.take(now, events, commands);
    }

    /// What it has left at the broker, as far as that is known.
    pub(crate) fn left(&self) -> Vec<&Left> {
        self.probe.left_behind().collect()
    }

    /// Nothing is done any more.
    pub(crate) fn end(&mut self, commands: &mut Vec<LiveCommand>) {
        self.is_running = false;
        for line in std::mem::take(&mut self.lines).into_values() {
            commands.push(LiveCommand::Close(line.number));
        }
    }

    fn fail(&mut self, failure: Failure, commands: &mut Vec<LiveCommand>) {
        self.failure = Some(failure);
        self.rows.clear();
        self.end(commands);
    }

    fn take(&mut self, now: Instant, events: Vec<ProbeEvent>, commands: &mut Vec<LiveCommand>) {
        let mut waiting = VecDeque::from(events);
        while let Some(event) = waiting.pop_front() {
            match event {
                ProbeEvent::Open(at) => {
                    let number = self.next;
                    self.next += 1;
                    let line = Line {
                        number,
                        is_open: false,
                        has_spoken: false,
                    };
                    self.lines.insert(at, line);
                    commands.push(LiveCommand::Open(number, self.url.clone()));
                }
                ProbeEvent::Send(at, bytes) => {
                    let Some(line) = self.lines.get_mut(&at).filter(|it| it.is_open) else {
                        continue;
                    };
                    let bytes = Bytes::from(bytes);
                    // Only CONNECT has credentials, and it says its version itself.
                    let sent = match std::mem::replace(&mut line.has_spoken, true) {
                        true => Ok(bytes),
                        false => self.wire.out(&bytes, Version::V311),
                    };
                    if let Ok(bytes) = sent {
                        commands.push(LiveCommand::Send(line.number, bytes));
                    }
                }
                ProbeEvent::Close(at) => {
                    if let Some(line) = self.lines.remove(&at) {
                        commands.push(LiveCommand::Close(line.number));
                    }
                }
                ProbeEvent::Row(row) => {
                    if !self.has_opened {
                        return self.fail(Failure::Silence, commands);
                    }
                    self.rows.push(row);
                }
                ProbeEvent::Done => self.is_running = false,
            }
        }
        let _ = now;
    }
}
