//! Devices whose broker is a page: their bytes go there and back, unread, as far as there is room at the other end.

use super::history::without_address;
use super::veil::Veil;
use super::{BROKER_FULL_BYTES, Relay, State};
use crate::place::{READ_BYTES, Read, Signals, Written};
use bytes::{Bytes, BytesMut};
use relay::{
    CHUNK_MAX_BYTES, Chunk, FromHub, Line, Meter, Opened, Overrun, Record, Text, Transport,
    WINDOW_BYTES, Window,
};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};

/// A client's connection, as the hub accepts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
    pub(crate) tls: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Devices {
    relayed: BTreeMap<Line, Relayed>,
    /// Those of the native broker.
    watched: BTreeMap<Line, Opened>,
    /// What watchers are shown of what each one sends.
    veils: BTreeMap<Line, Veil>,
    made: u64,
    max: usize,
    /// One for all: it is only used while the lock is held.
    scratch: Box<[u8]>,
}

#[derive(Debug)]
struct Relayed {
    opened: Opened,
    signals: Arc<Signals>,
    /// To the page.
    window: Window,
    /// Read from a WebSocket, and more than there was room for.
    unsent: Bytes,
    reader: Option<Waker>,
    /// From the page.
    meter: Meter,
    outgoing: BytesMut,
    /// What the last [`Place::to_write`] gave.
    being_written: usize,
    /// Why the connection is to be closed.
    closing: Option<Box<str>>,
    /// How it has ended.
    end: Option<Box<str>>,
}

/// A device's connection that is relayed; its end is told when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    relay: Arc<Relay>,
    line: Line,
    signals: Arc<Signals>,
}

impl Devices {
    pub(super) fn new(max: usize) -> Self {
        Self {
            relayed: BTreeMap::new(),
            watched: BTreeMap::new(),
            veils: BTreeMap::new(),
            made: 0,
            max,
            scratch: vec![0; READ_BYTES.min(CHUNK_MAX_BYTES)].into_boxed_slice(),
        }
    }

    /// Gives a device its number.
    pub(super) fn name(&mut self, device: Device) -> Opened {
        self.made += 1;
        self.veils.insert(Line(self.made), Veil::default());
        Opened {
            line: Line(self.made),
            peer: Text::cut(&device.address.to_string()),
            transport: device.transport,
            tls: device.tls,
        }
    }

    /// Remembers a device of the native broker.
    pub(super) fn watch(&mut self, opened: Opened) {
        self.watched.insert(opened.line, opened);
    }

    /// A device is gone.
    pub(super) fn forget(&mut self, line: Line) {
        self.watched.remove(&line);
        self.veils.remove(&line);
    }

    /// What watchers are shown of what a device has sent.
    pub(super) fn shown(&mut self, line: Line, bytes: &[u8]) -> Bytes {
        match self.veils.get_mut(&line) {
            Some(veil) => veil.take(bytes),
            None => Bytes::new(),
        }
    }

    /// Those that are connected.
    pub(super) fn opened(&self) -> impl Iterator<Item = &Opened> {
        self.relayed
            .values()
            .map(|relayed| &relayed.opened)
            .chain(self.watched.values())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.relayed.is_empty()
    }

    /// The page sends.
    pub(super) fn send(&mut self, line: Line, bytes: &[u8]) {
        let Some(relayed) = self.relayed.get_mut(&line) else {
            return;
        };
        if relayed.closing.is_some() {
            return;
        }
        match relayed.meter.received(bytes.len()) {
            Ok(()) => {
                relayed.outgoing.extend_from_slice(bytes);
                relayed.signals.wake.notify_one();
            }
            Err(Overrun) => relayed.end("the page sent more than there was room for"),
        }
    }

    /// The page closes a connection.
    pub(super) fn end(&mut self, line: Line, why: &str) {
        if let Some(relayed) = self.relayed.get_mut(&line) {
            relayed.end(why);
        }
    }

    /// The page closes a connection as soon as the device has taken what is on its way, or has had the time to.
    pub(super) fn ending(&mut self, line: Line) {
        if let Some(relayed) = self.relayed.get_mut(&line) {
            relayed.signals.closing.notify_one();
        }
    }

    /// The page is gone, or the hub stops.
    pub(super) fn end_all(&mut self, why: &str) {
        for relayed in self.relayed.values_mut() {
            relayed.end(why);
        }
    }

    /// The page has dealt with bytes.
    pub(super) fn credit(&mut self, line: Line, bytes: NonZeroU32) -> Result<(), Overrun> {
        // It may be gone meanwhile.
        let Some(relayed) = self.relayed.get_mut(&line) else {
            return Ok(());
        };
        relayed.window.credit(bytes)?;
        relayed.wake_reader();
        Ok(())
    }

    /// The page takes what is sent to it again.
    pub(super) fn resume_reading(&mut self) {
        for relayed in self.relayed.values_mut() {
            relayed.wake_reader();
        }
    }
}

impl Relayed {
    fn end(&mut self, why: &str) {
        if self.closing.is_none() {
            self.closing = Some(why.into());
            self.signals.closing.notify_one();
            self.signals.wake.notify_one();
            self.wake_reader();
        }
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl State {
    /// How many bytes of a device the page takes now; `None` if it is not there.
    fn room(&mut self, line: Line) -> Option<usize> {
        let is_full = self
            .broker()
            .is_none_or(|page| page.waiting_bytes > BROKER_FULL_BYTES);
        let relayed = self.devices.relayed.get(&line)?;
        match is_full || relayed.closing.is_some() {
            true => Some(0),
            false => Some(relayed.window.left().min(CHUNK_MAX_BYTES)),
        }
    }
}

impl Relay {
    /// Takes a device in, for the page that is the broker; says why not.
    pub(crate) fn open(self: &Arc<Self>, device: Device) -> Result<Place, &'static str> {
        let mut state = self.lock();
        let state = &mut *state;
        let refusal = if state.broker().is_none() {
            Some("no page is open as the broker; open the page of this hub")
        } else if state.devices.relayed.len() >= state.devices.max {
            Some("there are too many connections")
        } else {
            None
        };
        if let Some(why) = refusal {
            self.record(
                state,
                Record::Refused {
                    why: Text::cut(why),
                },
            );
            return Err(why);
        }
        let opened = state.devices.name(device);
        let (line, signals) = (opened.line, Arc::new(Signals::default()));
        tracing::info!(
            "{}: connected, relayed to the page as {line}",
            device.address
        );
        if let Some(page) = state.broker() {
            page.push(&FromHub::Opened(opened.clone()));
        }
        self.record(state, Record::Opened(without_address(&opened)));
        let relayed = Relayed {
            opened,
            signals: Arc::clone(&signals),
            window: Window::new(WINDOW_BYTES),
            unsent: Bytes::new(),
            reader: None,
            meter: Meter::new(WINDOW_BYTES),
            outgoing: BytesMut::new(),
            being_written: 0,
            closing: None,
            end: None,
        };
        state.devices.relayed.insert(line, relayed);
        Ok(Place {
            relay: Arc::clone(self),
            line,
            signals,
        })
    }

    fn forward(&self, state: &mut State, line: Line, bytes: Chunk) {
        if let Some(relayed) = state.devices.relayed.get_mut(&line) {
            relayed.window.sent(bytes.len());
        }
        if let Some(page) = state.broker() {
            page.push(&FromHub::Bytes {
                line,
                bytes: bytes.clone(),
            });
        }
        self.record_from_device(state, line, &bytes);
    }
}

impl Place {
    /// Reads once, as soon as there is something and room for it.
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        reader: Pin<&mut impl AsyncRead>,
    ) -> Poll<io::Result<Read>> {
        let mut state = self.relay.lock();
        let state = &mut *state;
        let room = state.room(self.line).unwrap_or(0);
        let Some(relayed) = state.devices.relayed.get_mut(&self.line) else {
            return Poll::Ready(Ok(Read::End));
        };
        if room == 0 {
            relayed.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut scratch = std::mem::take(&mut state.devices.scratch);
        let len = room.min(scratch.len());
        let mut buffer = ReadBuf::new(scratch.get_mut(..len).unwrap_or_default());
        let result = reader.poll_read(cx, &mut buffer);
        let mut bytes = Bytes::copy_from_slice(buffer.filled());
        state.devices.scratch = scratch;
        let read = match bytes.len() {
            0 => Read::End,
            filled if filled == len => Read::Full,
            _ => Read::All,
        };
        if let Some(chunk) = Chunk::take(&mut bytes, len) {
            self.relay.forward(state, self.line, chunk);
        }
        result.map_ok(|()| read)
    }

    /// Takes what came in one WebSocket message; [`Place::poll_taken`] says when the next one may come.
    pub(crate) fn input(&self, bytes: Bytes) {
        if let Some(relayed) = self.relay.lock().devices.relayed.get_mut(&self.line) {
            relayed.unsent = bytes;
        }
    }

    /// Ready once all of the last input is on its way to the page.
    pub(crate) fn poll_taken(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.relay.lock();
        let state = &mut *state;
        loop {
            let room = state.room(self.line).unwrap_or(0);
            let Some(relayed) = state.devices.relayed.get_mut(&self.line) else {
                return Poll::Ready(());
            };
            if relayed.unsent.is_empty() || relayed.closing.is_some() {
                return Poll::Ready(());
            }
            let Some(chunk) = Chunk::take(&mut relayed.unsent, room) else {
                relayed.reader = Some(cx.waker().clone());
                return Poll::Pending;
            };
            self.relay.forward(state, self.line, chunk);
        }
    }

    /// How the connection has ended, for the log and for the page.
    pub(crate) fn log_end(&self, result: &io::Result<()>) {
        if let Some(relayed) = self.relay.lock().devices.relayed.get_mut(&self.line) {
            let end = match (result, &relayed.closing) {
                (Err(error), _) => error.to_string().into(),
                (Ok(()), Some(why)) => why.clone(),
                (Ok(()), None) => "the device has closed it".into(),
            };
            tracing::info!("{}: {} closed: {end}", &*relayed.opened.peer, self.line);
            relayed.end = Some(end);
        }
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// What to write now. `is_done`: what the last call gave is written.
    pub(crate) fn to_write(&self, is_done: bool) -> Written {
        let mut state = self.relay.lock();
        let state = &mut *state;
        let line = self.line;
        let Some(relayed) = state.devices.relayed.get_mut(&line) else {
            return Written::Close;
        };
        if is_done {
            let done = std::mem::take(&mut relayed.being_written);
            if let Some(bytes) = relayed.meter.done(done)
                && let Some(page) = state.broker()
            {
                page.push(&FromHub::Credit { line, bytes });
            }
        }
        let Some(relayed) = state.devices.relayed.get_mut(&line) else {
            return Written::Close;
        };
        if !relayed.outgoing.is_empty() {
            let bytes = std::mem::take(&mut relayed.outgoing);
            relayed.being_written = bytes.len();
            self.relay
                .record_bytes(state, &bytes, |bytes| Record::ToDevice { line, bytes });
            return Written::Bytes(bytes);
        }
        match relayed.closing {
            Some(_) => Written::Close,
            None => Written::Idle,
        }
    }

    /// Whether the connection is to be closed.
    pub(crate) fn is_closing(&self) -> bool {
        let state = self.relay.lock();
        state
            .devices
            .relayed
            .get(&self.line)
            .is_none_or(|relayed| relayed.closing.is_some())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.relay.lock();
        let state = &mut *state;
        let line = self.line;
        if let Some(relayed) = state.devices.relayed.remove(&line) {
            state.devices.forget(line);
            let why = Text::cut(relayed.end.as_deref().unwrap_or("it ended"));
            if let Some(page) = state.broker() {
                page.push(&FromHub::Closed {
                    line,
                    why: why.clone(),
                });
            }
            self.relay.record(state, Record::Closed { line, why });
        }
        self.relay.gone.notify_waiters();
    }
}
