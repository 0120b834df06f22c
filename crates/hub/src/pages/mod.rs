//! The pages that are connected to the hub, and what they are told: one is the broker, one leads a class, others watch or
//! follow.
//!
//! With `--broker page` the devices' connections end here and go on in that page ([`device`]). With `--broker native`
//! the broker tells this what goes over its connections, and is never asked for anything: a page cannot slow it down.

mod class;
mod device;
mod gate;
mod history;
mod page;
mod veil;

use crate::count::Places;
use bytes::Bytes;
use class::{Class, Stale};
use device::Devices;
pub(crate) use device::{Device, Place as DevicePlace};
pub(crate) use gate::{Codes, Gate};
use history::{History, is_about_broker, without_address};
pub(crate) use page::serve as serve_page;
use relay::{
    CHUNK_MAX_BYTES, Chunk, FRAME_MAX_BYTES, FromHub, FromPage, Hello, Invitation, Line, Message,
    Record, Refusal, Role, Text, WINDOW_BYTES, Welcome,
};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// The most pages at a time.
const PAGES_MAX: usize = 500;
/// The most WebSockets at a time that have not said yet who they are: a page does so at once.
const HELLOS_MAX: usize = 128;
/// The most bytes of records that wait for a watcher; it is told how many it missed.
const WATCHER_MAX_BYTES: usize = 4 << 20;
/// With more than this waiting for the page that is the broker, no device is read.
const BROKER_FULL_BYTES: usize = 4 << 20;
/// A page with more than this waiting does not read any more.
const TOO_SLOW_BYTES: usize = 64 << 20;
/// Messages are gathered in frames of about this size.
const FRAME_BYTES: usize = 256 * 1024;

const _: () = assert!(
    FRAME_BYTES + relay::WORK_MAX_BYTES + relay::QUESTION_MAX_BYTES + 1024 <= FRAME_MAX_BYTES
);

/// A page's connection. No number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageId(u64);

/// Pages, the devices that are relayed to one of them, and the class.
#[derive(Debug)]
pub(crate) struct Relay {
    state: Mutex<State>,
    started: Instant,
    /// Where devices connect by TCP (0: nowhere), and whether by TLS.
    mqtt: (u16, bool),
    /// Where pages are, for who leads to tell others.
    pages_at: String,
    /// Of WebSockets that have not said yet who they are.
    hellos: Places,
    /// A device or a page is gone.
    gone: Notify,
}

#[derive(Debug)]
struct State {
    broker_is_page: bool,
    gate: Gate,
    pages: BTreeMap<PageId, Page>,
    pages_made: u64,
    /// The page that is the broker.
    broker: Option<PageId>,
    /// The page that leads the class.
    lead: Option<PageId>,
    devices: Devices,
    /// Kept where pages can come.
    history: Option<History>,
    class: Class,
    is_shutting_down: bool,
}

#[derive(Debug)]
struct Page {
    role: Role,
    address: SocketAddr,
    frames: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    stale: Stale,
    /// Records that were left out, not told yet.
    missed: u64,
    /// It is to be told so and left.
    sent_away: Option<Refusal>,
    wake: Arc<Notify>,
}

/// A page that was taken in; its place is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    relay: Arc<Relay>,
    id: PageId,
    wake: Arc<Notify>,
}

/// What to do with a page's socket.
#[derive(Debug)]
enum Due {
    Frame(Vec<u8>),
    Nothing,
    /// Tell it why and leave it.
    Away(Refusal),
}

impl Page {
    fn push(&mut self, message: &FromHub) {
        if self
            .frames
            .back()
            .is_none_or(|frame| frame.len() > FRAME_BYTES)
        {
            self.frames.push_back(Vec::new());
        }
        if let Some(frame) = self.frames.back_mut() {
            let before = frame.len();
            message.write(frame);
            self.waiting_bytes += frame.len() - before;
        }
        self.wake.notify_one();
        if self.waiting_bytes > TOO_SLOW_BYTES {
            self.send_away(Refusal::TooSlow);
        }
    }

    fn record(&mut self, at_micros: u64, record: &Record) {
        // That the broker comes or goes is no traffic: it is told however much waits.
        if self.waiting_bytes > WATCHER_MAX_BYTES && !is_about_broker(record) {
            self.missed += 1;
            return;
        }
        self.tell_missed(at_micros);
        self.push(&FromHub::Record {
            at_micros,
            record: record.clone(),
        });
    }

    /// As soon as there is room, and not with the next record: after a flood there may be none.
    fn tell_missed(&mut self, at_micros: u64) {
        let records = std::mem::take(&mut self.missed);
        if records > 0 {
            self.push(&FromHub::Record {
                at_micros,
                record: Record::Missed { records },
            });
        }
    }

    fn send_away(&mut self, why: Refusal) {
        if self.sent_away.is_none() {
            self.sent_away = Some(why);
            self.wake.notify_one();
        }
    }
}

impl Relay {
    /// Without pages. `broker_is_page`: devices are relayed to one; `keeps_records`: for watchers that come later. `mqtt`:
    /// where devices connect by TCP (0: nowhere), and whether by TLS; `pages_at`: where pages are.
    pub(crate) fn new(
        broker_is_page: bool,
        keeps_records: bool,
        devices_max: usize,
        gate: Gate,
        mqtt: (u16, bool),
        pages_at: String,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                broker_is_page,
                gate,
                pages: BTreeMap::new(),
                pages_made: 0,
                broker: None,
                lead: None,
                devices: Devices::new(devices_max),
                history: keeps_records.then(History::default),
                class: Class::default(),
                is_shutting_down: false,
            }),
            started: Instant::now(),
            mqtt,
            pages_at,
            hellos: Places::new(HELLOS_MAX),
            gone: Notify::new(),
        }
    }

    /// A panic while the lock was held would have to be a bug; everybody else goes on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_micros(&self) -> u64 {
        // 64 bits of microseconds outlast the machine.
        self.started.elapsed().as_micros() as u64
    }

    /// Whether an address outside may use what needs a code to join.
    pub(crate) fn may_join(&self, from: IpAddr, code: Option<&str>) -> Result<(), Refusal> {
        self.lock()
            .gate
            .check(Instant::now(), from, Role::Watcher, code)
    }

    /// Takes a page in, or says why not.
    pub(crate) fn admit(
        self: &Arc<Self>,
        hello: &Hello,
        address: SocketAddr,
    ) -> Result<Seat, Refusal> {
        let mut state = self.lock();
        let state = &mut *state;
        let Hello {
            role,
            take_over,
            code,
        } = hello;
        if state.is_shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        state
            .gate
            .check(Instant::now(), address.ip(), *role, code.as_deref())?;
        match role {
            Role::Broker if !state.broker_is_page => return Err(Refusal::BrokerIsNative),
            _ => {}
        }
        if state.pages.len() >= PAGES_MAX {
            return Err(Refusal::TooManyPages);
        }
        let old = match role {
            Role::Broker => state.broker,
            Role::Teacher => state.lead,
            Role::Watcher | Role::Student => None,
        };
        if old.is_some() && !take_over {
            return Err(Refusal::Taken);
        }
        if let Some(old) = old {
            self.end_place(state, old, "another page has become the broker");
            if let Some(page) = state.pages.get_mut(&old) {
                page.send_away(Refusal::TakenOver);
            }
        }
        state.pages_made += 1;
        let id = PageId(state.pages_made);
        let wake = Arc::new(Notify::new());
        let mut page = Page {
            role: *role,
            address,
            frames: VecDeque::new(),
            waiting_bytes: 0,
            stale: Stale::ALL,
            missed: 0,
            sent_away: None,
            wake: Arc::clone(&wake),
        };
        let broker_is_page = state.broker_is_page;
        page.push(&FromHub::Welcome(Welcome {
            role: *role,
            broker_is_page,
            window_bytes: WINDOW_BYTES,
            mqtt_port: self.mqtt.0,
            tls: self.mqtt.1,
        }));
        if *role == Role::Watcher {
            let now = self.now_micros();
            if let Some(history) = &state.history {
                for (at_micros, record) in history.tell(now, state.devices.opened()) {
                    page.push(&FromHub::Record { at_micros, record });
                }
            }
        }
        if *role == Role::Teacher {
            page.push(&FromHub::Invitation(Invitation {
                code: state.gate.join_code().map(Text::cut),
                address: Text::cut(&self.pages_at),
            }));
            state.lead = Some(id);
        }
        state.pages.insert(id, page);
        if *role == Role::Broker {
            state.broker = Some(id);
            let took_over = old.is_some();
            self.record(state, Record::BrokerCame { took_over });
        }
        state.tell_class(Stale {
            counts: true,
            ..Stale::NONE
        });
        tracing::info!("{address}: a page is here as {}", name(*role));
        Ok(Seat {
            relay: Arc::clone(self),
            id,
            wake,
        })
    }

    /// A page is no longer the broker: what was relayed to it ends. Or it no longer leads: what it has shown is over.
    fn end_place(&self, state: &mut State, page: PageId, why: &str) {
        if state.lead == Some(page) {
            state.lead = None;
            state.class.end();
        }
        if state.broker == Some(page) {
            state.broker = None;
            state.devices.end_all(why);
            self.record(
                state,
                Record::BrokerLeft {
                    why: Text::cut(why),
                },
            );
        }
    }

    fn record(&self, state: &mut State, record: Record) {
        let at_micros = self.now_micros();
        for page in state.pages.values_mut() {
            if page.role == Role::Watcher {
                page.record(at_micros, &record);
            }
        }
        if let Some(history) = &mut state.history {
            history.push(at_micros, record);
        }
    }

    /// Tells watchers what a device has sent, without its password.
    fn record_from_device(&self, state: &mut State, line: Line, bytes: &[u8]) {
        // Even if nobody watches: somebody who comes later is not to begin within CONNECT.
        let shown = state.devices.shown(line, bytes);
        self.record_bytes(state, &shown, |bytes| Record::FromDevice { line, bytes });
    }

    /// Tells watchers of bytes, in pieces as long as a message may be.
    fn record_bytes(&self, state: &mut State, bytes: &[u8], record: impl Fn(Chunk) -> Record) {
        if !state.is_watched() {
            return;
        }
        let mut bytes = Bytes::copy_from_slice(bytes);
        while let Some(chunk) = Chunk::take(&mut bytes, CHUNK_MAX_BYTES) {
            self.record(state, record(chunk));
        }
    }

    /// A device of the native broker has connected; gives its number.
    pub(crate) fn native_opened(&self, device: Device) -> Line {
        let mut state = self.lock();
        let opened = state.devices.name(device);
        self.record(&mut state, Record::Opened(without_address(&opened)));
        let line = opened.line;
        state.devices.watch(opened);
        line
    }

    /// A device of the native broker has sent.
    pub(crate) fn native_received(&self, line: Line, bytes: &[u8]) {
        self.record_from_device(&mut self.lock(), line, bytes);
    }

    /// The native broker sends.
    pub(crate) fn native_sent(&self, line: Line, bytes: &[u8]) {
        self.record_bytes(&mut self.lock(), bytes, |bytes| Record::ToDevice {
            line,
            bytes,
        });
    }

    /// A device of the native broker is gone.
    pub(crate) fn native_closed(&self, line: Line, why: &str) {
        let mut state = self.lock();
        state.devices.forget(line);
        self.record(
            &mut state,
            Record::Closed {
                line,
                why: Text::cut(why),
            },
        );
    }

    /// Ends everything, and tells everybody.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        state.is_shutting_down = true;
        state.devices.end_all("the hub stops");
        for page in state.pages.values_mut() {
            page.send_away(Refusal::ShuttingDown);
        }
    }

    /// Returns once no page and no relayed device is left.
    pub(crate) async fn drained(&self) {
        loop {
            let gone = self.gone.notified();
            {
                let state = self.lock();
                if state.pages.is_empty() && (!state.broker_is_page || state.devices.is_empty()) {
                    return;
                }
            }
            gone.await;
        }
    }
}

impl State {
    /// Whether records are of any use.
    fn is_watched(&self) -> bool {
        self.history.is_some() || self.pages.values().any(|page| page.role == Role::Watcher)
    }

    fn tell_class(&mut self, stale: Stale) {
        if stale == Stale::NONE {
            return;
        }
        for page in self.pages.values_mut() {
            page.stale.add(stale);
            page.wake.notify_one();
        }
    }

    /// The page that is the broker.
    fn broker(&mut self) -> Option<&mut Page> {
        self.pages.get_mut(&self.broker?)
    }

    fn counts(&self) -> FromHub {
        let count = |role| self.pages.values().filter(|page| page.role == role).count() as u32;
        FromHub::Class {
            students: count(Role::Student),
            watchers: count(Role::Watcher),
            is_led: self.lead.is_some(),
        }
    }
}

impl Seat {
    /// Takes what the page says. An error ends its WebSocket.
    fn handle(&self, message: FromPage) -> Result<(), Refusal> {
        let mut state = self.relay.lock();
        let state = &mut *state;
        let leads = state.lead == Some(self.id);
        let is_broker = state.broker == Some(self.id);
        let Some(role) = state.pages.get(&self.id).map(|page| page.role) else {
            return Ok(());
        };
        let stale = match message {
            FromPage::Bytes { line, bytes } if is_broker => {
                state.devices.send(line, &bytes);
                Stale::NONE
            }
            FromPage::Close { line, why } if is_broker => {
                state.devices.end(line, &why);
                Stale::NONE
            }
            FromPage::Ending { line } if is_broker => {
                state.devices.ending(line);
                Stale::NONE
            }
            FromPage::Credit { line, bytes } if is_broker => {
                state
                    .devices
                    .credit(line, bytes)
                    .map_err(|_| Refusal::Protocol)?;
                Stale::NONE
            }
            FromPage::Work(work) if leads => state.class.show(work),
            FromPage::Cursor(cursor) if leads => state.class.stand(cursor),
            FromPage::Ask(question) if leads => state.class.ask(question),
            FromPage::Reveal { question, right } if leads => state.class.reveal(question, right),
            FromPage::Vote(answer) if role == Role::Student => state.class.vote(self.id, answer),
            // It has just been taken over from, and does not know yet.
            _ if role == Role::Broker && !is_broker || role == Role::Teacher && !leads => {
                Stale::NONE
            }
            _ => return Err(Refusal::Protocol),
        };
        state.tell_class(stale);
        Ok(())
    }

    /// What to send now.
    fn due(&self) -> Due {
        let now_micros = self.relay.now_micros();
        let mut state = self.relay.lock();
        let counts = state
            .pages
            .get(&self.id)
            .filter(|page| page.stale.counts)
            .map(|_| state.counts());
        let State {
            pages,
            class,
            devices,
            ..
        } = &mut *state;
        let Some(page) = pages.get_mut(&self.id) else {
            return Due::Nothing;
        };
        if let Some(why) = page.sent_away {
            return Due::Away(why);
        }
        let stale = std::mem::replace(&mut page.stale, Stale::NONE);
        if stale != Stale::NONE {
            let messages: Vec<_> = class
                .tell(stale, page.role == Role::Teacher)
                .chain(counts)
                .collect();
            for message in &messages {
                page.push(message);
            }
        }
        let Some(frame) = page.frames.pop_front() else {
            return Due::Nothing;
        };
        let was_full = page.waiting_bytes > BROKER_FULL_BYTES;
        page.waiting_bytes -= frame.len();
        if page.waiting_bytes <= WATCHER_MAX_BYTES {
            page.tell_missed(now_micros);
        }
        if was_full && page.waiting_bytes <= BROKER_FULL_BYTES {
            devices.resume_reading();
        }
        Due::Frame(frame)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.relay.lock();
        let state = &mut *state;
        let gone = state.pages.remove(&self.id);
        if let Some(page) = gone {
            tracing::info!(
                "{}: the page that was here as {} is gone",
                page.address,
                name(page.role)
            );
        }
        self.relay
            .end_place(state, self.id, "the page that was the broker is gone");
        let mut stale = state.class.leave(self.id);
        stale.add(Stale {
            counts: true,
            ..Stale::NONE
        });
        state.tell_class(stale);
        self.relay.gone.notify_waiters();
    }
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Broker => "the broker",
        Role::Teacher => "the teacher",
        Role::Watcher => "a watcher",
        Role::Student => "a student",
    }
}
