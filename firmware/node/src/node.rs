//! A node that several tasks share: the one that carries bytes, the clock, the console, the web server.

use crate::board::Board;
use crate::host::Host;
use ::board::{Broker, Fault, Kept, Settings};
use alloc::string::{String, ToString};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::net::Ipv4Addr;
use device::Input;
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Timer;
use mqtt_proto::{ClientState, Instant};
use serde::Serialize;

type Bell = Signal<NoopRawMutex, ()>;

/// A device on a network. All its tasks run on one executor.
pub struct Node<B> {
    host: RefCell<Host<B>>,
    kept: Kept,
    code: u32,
    /// Where it is in its network.
    address: Cell<Option<Ipv4Addr>>,
    /// It waits for a network before it dials for the first time.
    waits: Cell<bool>,
    /// So many wrong codes came.
    guesses: Cell<u8>,
    /// Somebody carries the device's bytes, or waits for it to dial.
    claimed: Cell<bool>,
    /// Something has changed that the clock, the one who carries bytes, and the one who dials want to know.
    clock: Bell,
    link: Bell,
    dial: Bell,
}

/// After so many wrong codes none is right until the board starts again: six digits could be tried out.
const GUESSES_MAX: u8 = 10;

/// Why settings are not kept.
#[derive(Debug)]
pub enum NotKept {
    /// They do not fit.
    Settings(Fault),
    /// The board could not write them.
    Board(&'static str),
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(fault) => fault.fmt(f),
            Self::Board(why) => write!(f, "not kept: {why}"),
        }
    }
}

/// What a node tells of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Its kind.
    pub blueprint: &'static str,
    /// What its client is called.
    pub client_id: String,
    /// The version of MQTT that it speaks.
    pub version: &'static str,
    /// Where its broker is: `tcp`, `page` or `serial`.
    pub broker: &'static str,
    /// Whether a broker has accepted its connection.
    pub connected: bool,
    /// What it tells of itself; empty if its kind tells nothing.
    pub reading: String,
    /// Messages that it wanted to publish.
    pub made: u32,
    /// Those that a server has taken, at QoS 1 and 2.
    pub acknowledged: u32,
    /// Those that it gave up.
    pub given_up: u32,
    /// Messages that it got.
    pub delivered: u32,
    /// Since it was started.
    pub uptime_ms: u64,
    /// Bytes of memory that are free, if its board can tell.
    pub heap_free: Option<usize>,
}

/// The node's time: microseconds since the board's start.
fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros())
}

impl<B: Board> Node<B> {
    /// A node that has not begun. `seed` is for what has to be random: the jitter of reconnecting, and the code that a
    /// change of the settings over the network asks for.
    ///
    /// # Errors
    /// Why the settings make no device.
    pub fn new(kept: Kept, board: B, seed: u64) -> Result<Self, Fault> {
        let config = kept.settings().device_config(seed)?;
        let mut rng = device::rng::Rng::new(!seed);
        Ok(Self {
            host: RefCell::new(Host::new(config, board)),
            kept,
            code: u32::try_from(rng.below(1_000_000)).unwrap_or_default(),
            address: Cell::new(None),
            waits: Cell::new(false),
            guesses: Cell::new(0),
            claimed: Cell::new(false),
            clock: Bell::new(),
            link: Bell::new(),
            dial: Bell::new(),
        })
    }

    /// Tells the device to connect, and says so on the console. A broker at an address is dialled when there is a network
    /// ([`Node::network`]): a device that tries but once would have tried without.
    pub fn start(&self) {
        let status = self.status();
        let code = self.code;
        let waits = matches!(self.broker(), Broker::Tcp { .. });
        self.waits.set(waits);
        self.with(|host, now| {
            host.board_mut().log(format_args!(
                "node: {} \"{}\" speaks MQTT {}, its broker is by {}",
                status.blueprint, status.client_id, status.version, status.broker
            ));
            host.board_mut().log(format_args!(
                "node: code for changes over the network: {code:06}"
            ));
            if !waits {
                host.start(now);
            }
        });
    }

    /// Where its broker is.
    pub const fn broker(&self) -> &Broker {
        &self.kept.settings().broker
    }

    /// What it was made from.
    pub const fn settings(&self) -> &Settings {
        self.kept.settings()
    }

    /// What it is, as a scenario file, without passwords.
    #[must_use]
    pub fn device_text(&self) -> String {
        self.settings().without_secrets().device
    }

    /// Whether this is the code that the board has printed on its console; after [`GUESSES_MAX`] wrong ones none is.
    #[must_use]
    pub fn is_code(&self, said: &str) -> bool {
        if self.guesses.get() >= GUESSES_MAX {
            return false;
        }
        let is_right = said.len() == 6 && said.parse() == Ok(self.code);
        if !is_right && !said.is_empty() {
            self.guesses.set(self.guesses.get().saturating_add(1));
        }
        is_right
    }

    /// Keeps other settings and starts again with them.
    ///
    /// # Errors
    /// Why they are not kept; everything goes on as before.
    pub fn change(&self, settings: Settings) -> Result<(), NotKept> {
        let settings = settings.with_secrets_of(self.settings());
        let (slot, blob) = self
            .kept
            .replaced_by(&settings)
            .map_err(NotKept::Settings)?;
        self.board(|board| board.keep(slot, &blob))
            .map_err(NotKept::Board)?;
        self.board(Board::restart);
        Ok(())
    }

    /// Somebody presses the one button of the board: what that means depends on what the board is.
    pub fn press(&self) {
        let input = self.look(|host| {
            let device = host.device();
            let body = device.body();
            let does = |input: &Input| device.blueprint().inputs.contains(&input.kind());
            [
                Input::Press,
                Input::Switch { on: !body.lamp },
                if body.broken {
                    Input::Mend
                } else {
                    Input::Break
                },
            ]
            .into_iter()
            .find(does)
        });
        if let Some(input) = input {
            self.input(input);
        }
    }

    /// The board has measured its temperature, in thousandths of a degree Celsius.
    pub fn measured(&self, millidegrees: i32) {
        let input = Input::Heat { millidegrees };
        if self.look(|host| host.device().blueprint().inputs.contains(&input.kind())) {
            self.input(input);
        }
    }

    /// Does something to the device, as somebody who stands beside it.
    pub fn input(&self, input: Input) {
        self.with(|host, now| host.work(now, input));
    }

    /// The network is there, or gone.
    pub fn network(&self, up: bool) {
        let begins = up && self.waits.take();
        self.with(|host, now| {
            if begins {
                host.start(now);
            }
            host.network(now, up);
        });
    }

    /// It has an address in a network now, or none any more.
    pub fn is_at(&self, address: Option<Ipv4Addr>) {
        self.address.set(address);
    }

    pub(crate) const fn address(&self) -> Option<Ipv4Addr> {
        self.address.get()
    }

    /// Prints a line on the console.
    pub fn log(&self, line: core::fmt::Arguments<'_>) {
        self.host.borrow_mut().board_mut().log(line);
    }

    /// Works on the board.
    pub fn board<R>(&self, work: impl FnOnce(&mut B) -> R) -> R {
        work(self.host.borrow_mut().board_mut())
    }

    /// What it tells of itself.
    pub fn status(&self) -> Status {
        let host = self.host.borrow();
        let device = host.device();
        let tally = device.tally();
        Status {
            blueprint: device.blueprint().name,
            client_id: device.client().config().client_id.as_str().to_string(),
            version: match device.version() {
                mqtt_proto::Version::V311 => "3.1.1",
                mqtt_proto::Version::V5 => "5.0",
            },
            broker: match self.broker() {
                Broker::Tcp { .. } => "tcp",
                Broker::Page => "page",
                Broker::Serial => "serial",
            },
            connected: device.client().state() == ClientState::Connected,
            reading: device.reading(),
            made: tally.made,
            acknowledged: tally.acknowledged,
            given_up: tally.given_up,
            delivered: host.delivered(),
            uptime_ms: now().as_micros() / 1000,
            heap_free: host.board().heap_free(),
        }
    }

    /// Changes the node, and wakes whoever wants to know.
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut Host<B>, Instant) -> R) -> R {
        let result = change(&mut self.host.borrow_mut(), now());
        self.clock.signal(());
        self.link.signal(());
        self.dial.signal(());
        result
    }

    /// Takes something that nobody has to be woken for.
    pub(crate) fn take<R>(&self, take: impl FnOnce(&mut Host<B>) -> R) -> R {
        take(&mut self.host.borrow_mut())
    }

    pub(crate) fn look<R>(&self, look: impl FnOnce(&Host<B>) -> R) -> R {
        look(&self.host.borrow())
    }

    /// The right to carry the device's bytes, until it is dropped; none while somebody else has it.
    pub(crate) fn claim(&self) -> Option<Claim<'_>> {
        (!self.claimed.replace(true)).then_some(Claim(&self.claimed))
    }

    /// Waits until something has changed. For the one who carries bytes.
    pub(crate) async fn changed(&self) {
        self.link.wait().await;
    }

    /// Waits until the device wants a connection. For the one who dials.
    pub(crate) async fn dialled(&self) {
        while !self.look(Host::is_dialling) {
            self.dial.wait().await;
        }
    }
}

/// See [`Node::claim`].
pub(crate) struct Claim<'a>(&'a Cell<bool>);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Keeps the node's time: a task of its own.
pub async fn clock<B: Board>(node: &Node<B>) -> ! {
    loop {
        match node.look(Host::poll_timeout) {
            None => node.clock.wait().await,
            Some(at) if at <= now() => node.with(|host, now| host.timeout(now)),
            Some(at) => {
                let at = embassy_time::Instant::from_micros(at.as_micros());
                select(Timer::at(at), node.clock.wait()).await;
            }
        }
    }
}
