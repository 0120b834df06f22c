//! The page's end of the relayed connections.

use crate::flow::{Meter, Window};
use crate::message::{FromHub, FromPage, Line, Opened};
use crate::wire::{Chunk, Text};
use crate::{WAITING_MAX_BYTES, WINDOW_BYTES, WORDS_MAX_BYTES};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use bytes::Bytes;

/// The connections that are relayed to a page, with their flow control.
///
/// It does not know what the bytes mean: [`DeskEvent`]s go to a broker, and what the broker sends comes to
/// [`Desk::send`]. Messages for the hub gather until [`Desk::take_messages`].
#[derive(Clone, Debug, Default)]
pub struct Desk {
    lines: BTreeMap<Line, DeskLine>,
    messages: Vec<FromPage>,
    window_bytes: Option<u32>,
}

#[derive(Clone, Debug)]
struct DeskLine {
    window: Window,
    meter: Meter,
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    closing: Option<Text<WORDS_MAX_BYTES>>,
}

/// What has happened to a relayed connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskEvent {
    /// A device has connected.
    Opened(Opened),
    /// It has sent. Once this is dealt with, say [`Desk::done`]; until then no more than a window comes.
    Received(Line, Bytes),
    /// Everything that was sent to it so far is on its way.
    Drained(Line),
    /// It is gone.
    Closed(Line, Text<WORDS_MAX_BYTES>),
}

impl Desk {
    /// Takes a message from the hub; what it means for the connections, if anything.
    pub fn handle(&mut self, message: FromHub) -> Option<DeskEvent> {
        match message {
            FromHub::Welcome(welcome) => {
                self.window_bytes = Some(welcome.window_bytes);
                None
            }
            FromHub::Opened(opened) => {
                let window_bytes = self.window_bytes.unwrap_or(WINDOW_BYTES);
                let line = DeskLine {
                    window: Window::new(window_bytes),
                    meter: Meter::new(window_bytes),
                    waiting: VecDeque::new(),
                    waiting_bytes: 0,
                    closing: None,
                };
                self.lines.insert(opened.line, line);
                Some(DeskEvent::Opened(opened))
            }
            FromHub::Bytes { line, bytes } => {
                let state = self.lines.get_mut(&line)?;
                if state.closing.is_some() {
                    return None;
                }
                if state.meter.received(bytes.len()).is_err() {
                    self.lines.remove(&line);
                    let why = Text::cut("the hub sent more than there was room for");
                    self.messages.push(FromPage::Close {
                        line,
                        why: why.clone(),
                    });
                    return Some(DeskEvent::Closed(line, why));
                }
                Some(DeskEvent::Received(line, bytes.into_bytes()))
            }
            FromHub::Closed { line, why } => {
                let state = self.lines.remove(&line)?;
                // What this end has closed is known to be gone.
                state
                    .closing
                    .is_none()
                    .then_some(DeskEvent::Closed(line, why))
            }
            FromHub::Credit { line, bytes } => {
                let state = self.lines.get_mut(&line)?;
                // Credit for nothing would be the hub's fault, and does no harm.
                let _ = state.window.credit(bytes);
                let had_some = state.waiting_bytes > 0;
                self.pump(line);
                let is_empty = self
                    .lines
                    .get(&line)
                    .is_some_and(|state| state.waiting_bytes == 0);
                (had_some && is_empty).then_some(DeskEvent::Drained(line))
            }
            // What is for the watcher or the class.
            _ => None,
        }
    }

    /// The broker sends. What there is no credit for waits; more than [`WAITING_MAX_BYTES`] close the connection, which
    /// the answer `false` says: then no [`DeskEvent::Closed`] comes.
    #[must_use]
    pub fn send(&mut self, line: Line, bytes: Bytes) -> bool {
        let Some(state) = self.lines.get_mut(&line) else {
            return false;
        };
        if state.closing.is_some() {
            return false;
        }
        if state.waiting_bytes + bytes.len() > WAITING_MAX_BYTES {
            self.lines.remove(&line);
            let why = Text::cut("the device does not take what the broker sends");
            self.messages.push(FromPage::Close { line, why });
            return false;
        }
        state.waiting_bytes += bytes.len();
        state.waiting.push_back(bytes);
        self.pump(line);
        true
    }

    /// The broker closes a connection; what it has sent before still goes out, as far as the device takes it in the time that
    /// the hub gives it then. Its end is not told as an event.
    pub fn close(&mut self, line: Line, why: &str) {
        if let Some(state) = self.lines.get_mut(&line)
            && state.closing.is_none()
        {
            state.closing = Some(Text::cut(why));
            self.pump(line);
            if self.lines.contains_key(&line) {
                self.messages.push(FromPage::Ending { line });
            }
        }
    }

    /// Bytes of a [`DeskEvent::Received`] are dealt with.
    pub fn done(&mut self, line: Line, bytes: usize) {
        let credit = self
            .lines
            .get_mut(&line)
            .and_then(|state| state.meter.done(bytes));
        if let Some(bytes) = credit {
            self.messages.push(FromPage::Credit { line, bytes });
        }
    }

    /// How many bytes wait for credit on a connection: 0 when all is on its way, or it is gone.
    #[must_use]
    pub fn waiting_bytes(&self, line: Line) -> usize {
        self.lines.get(&line).map_or(0, |state| state.waiting_bytes)
    }

    /// The connections that are open.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.lines.keys().copied()
    }

    /// What to send to the hub now, in this order.
    #[must_use]
    pub fn take_messages(&mut self) -> Vec<FromPage> {
        core::mem::take(&mut self.messages)
    }

    /// The WebSocket is gone, and all connections with it.
    pub fn clear(&mut self) -> Vec<Line> {
        self.messages.clear();
        core::mem::take(&mut self.lines).into_keys().collect()
    }

    fn pump(&mut self, line: Line) {
        let Some(state) = self.lines.get_mut(&line) else {
            return;
        };
        while let Some(front) = state.waiting.front_mut() {
            let Some(chunk) = Chunk::take(front, state.window.left()) else {
                if front.is_empty() {
                    state.waiting.pop_front();
                    continue;
                }
                return;
            };
            state.window.sent(chunk.len());
            state.waiting_bytes -= chunk.len();
            self.messages.push(FromPage::Bytes { line, bytes: chunk });
        }
        if let Some(why) = state.closing.take() {
            self.lines.remove(&line);
            self.messages.push(FromPage::Close { line, why });
        }
    }
}
