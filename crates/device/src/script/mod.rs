//! A device that runs a MicroPython script: its socket, pins, Wi-Fi and clock are those of the simulated world, and the
//! libraries that it imports are the published ones. Nothing here knows Python or `umqtt`: the host's [`Interpreter`] runs
//! the program, turn by turn.
//!
//! Not here: a second connection at the same time (the first is closed, and its socket is told), UDP, servers, TLS.

mod interpreter;
mod turn;
pub mod wire;

pub use interpreter::{Interpreter, Place, TURNS_MAX, Vm};
pub use turn::{
    BoardSpec, Cause, Deed, Doings, Ended, Event, FILE_NAME_MAX_BYTES, Files, Line, ScriptFile,
    Stored, Turn, not_a_file_name,
};

use crate::device::DeviceEvent;
use crate::effect::Effect;
use crate::input::Input;
use crate::remark::Remark;
use crate::umqtt::Exception;
use crate::umqtt::machine::Around;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use bytes::{Buf, Bytes, BytesMut};
use core::fmt;
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{Duration, Instant, Packet, Sender, Version};

/// The pin of the lamp that a board has.
pub const LAMP_PIN: u8 = 2;
/// The pin of the button that a board has. Pressed is low.
pub const BUTTON_PIN: u8 = 0;
/// A press lasts so long.
const PRESS: Duration = Duration::from_millis(100);
/// A board is up again so long after a reset.
const BOOT: Duration = Duration::from_millis(300);
/// Somebody listens there; on other ports nobody does.
const MQTT_PORT: u16 = 1883;
/// Assumed: who does not listen on a port says so after this long.
const REFUSAL: Duration = Duration::from_millis(2);
/// A segment that is refused later than this was answered by nobody.
const SLOW: Duration = Duration::from_secs(1);

/// So much is kept of what the board is to hear of its sockets.
const NEWS_MAX: usize = 64;
/// So much is kept of what is typed while the program runs.
const TYPED_MAX: usize = 16;

/// The socket of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    number: u32,
    is_open: bool,
    dialled_at: Instant,
}

/// Why a board does not run, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Off,
    Running,
    /// Its program has ended, and it runs what is typed.
    Prompt,
    /// It starts at this time.
    Starting(Instant, Cause),
    Ended,
}

/// A board with its program.
#[derive(Clone)]
pub(crate) struct Script {
    spec: BoardSpec,
    interpreter: Interpreter,
    place: Option<Place>,
    /// What it was told, in a number: places depend on what else has been run.
    digest: u64,
    state: State,
    until: Option<Instant>,
    line: Line,
    /// The line at which what comes next is done, and the one that was told last.
    doing: Line,
    told: Line,
    socket: Option<Socket>,
    /// Connections that the program has closed and that have not been reported closed.
    closing: u32,
    /// The socket that is read from, open or not; and what has come there and is not read as far as a packet's end.
    reads_from: u32,
    unread: BytesMut,
    /// How many bytes of that the program has read.
    read: usize,
    /// What is written and not yet a packet.
    unsent: BytesMut,
    release_at: Option<Instant>,
    /// What the board hears of its sockets, and when, in order.
    news: VecDeque<(Instant, Event)>,
    /// Its program has ended: what runs, if anything does, was typed.
    is_over: bool,
    /// What was typed while the program runs: it is read when there is a prompt.
    typed: VecDeque<Rc<str>>,
    /// What its senses were told before it started.
    millidegrees: i32,
    network: bool,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            spec,
            digest,
            state,
            until,
            line,
            socket,
            closing,
            reads_from,
            unread,
            read,
            unsent,
            release_at,
            news,
            typed,
            ..
        } = self;
        write!(
            f,
            "{spec:?}{digest}{state:?}{until:?}{line}{socket:?}{closing}{reads_from}{unread:?}{read}{unsent:?}{release_at:?}{news:?}"
        )?;
        match typed.is_empty() {
            true => Ok(()),
            false => write!(f, "{typed:?}"),
        }
    }
}

impl Script {
    pub(crate) fn new(mut spec: BoardSpec, interpreter: Interpreter) -> Self {
        if !spec.modules.is_empty() {
            let files = Rc::make_mut(&mut spec.files);
            for module in spec.modules.iter() {
                let text = Bytes::copy_from_slice(module.text.as_bytes());
                files.insert(module.path(), Stored::File(text));
            }
        }
        Self {
            spec,
            interpreter,
            place: None,
            digest: 0,
            state: State::Off,
            until: None,
            line: Line::default(),
            doing: Line::default(),
            told: Line::default(),
            socket: None,
            closing: 0,
            reads_from: 0,
            unread: BytesMut::new(),
            read: 0,
            unsent: BytesMut::new(),
            release_at: None,
            news: VecDeque::new(),
            is_over: false,
            typed: VecDeque::new(),
            millidegrees: crate::body::Body::default().millidegrees,
            network: true,
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    /// Whether its program is over, and it runs what is typed.
    pub(crate) const fn is_at_prompt(&self) -> bool {
        self.is_over
    }

    pub(crate) const fn is_dialling(&self) -> bool {
        matches!(self.socket, Some(Socket { is_open: false, .. }))
    }

    pub(crate) const fn is_asleep(&self) -> bool {
        matches!(self.state, State::Starting(_, Cause::Sleep))
    }

    /// The line that it is in.
    pub(crate) const fn line(&self) -> Line {
        self.line
    }

    /// The text of its program.
    pub(crate) fn source(&self) -> &str {
        &self.spec.source
    }

    /// The files that it comes with beside it.
    pub(crate) fn modules(&self) -> &[ScriptFile] {
        &self.spec.modules
    }

    /// It gets power.
    pub(crate) fn start(&mut self, around: &mut Around<'_>) {
        if matches!(self.state, State::Off | State::Ended | State::Prompt) {
            self.boot(Cause::Power, around);
        }
    }

    fn boot(&mut self, cause: Cause, around: &mut Around<'_>) {
        self.spec.cause = cause;
        self.place = None;
        self.digest = 0;
        self.line = Line::default();
        self.doing = Line::default();
        self.told = Line::default();
        self.state = State::Running;
        self.is_over = false;
        self.network = around.network;
        self.tell(
            vec![
                Event::Network { up: self.network },
                Event::Heat {
                    millidegrees: self.millidegrees,
                },
                Event::Pin {
                    pin: BUTTON_PIN,
                    high: true,
                },
                Event::Start,
            ],
            around,
        );
    }

    /// Its power is gone, and with it all that it knew.
    pub(crate) fn reset(&mut self) {
        self.state = State::Off;
        self.is_over = false;
        self.until = None;
        self.line = Line::default();
        self.doing = Line::default();
        self.told = Line::default();
        self.socket = None;
        self.closing = 0;
        self.unread.clear();
        self.read = 0;
        self.unsent.clear();
        self.release_at = None;
        self.news.clear();
        self.typed.clear();
    }

    /// Somebody types at its console.
    pub(crate) fn type_in(&mut self, text: Rc<str>, around: &mut Around<'_>) {
        match self.state {
            State::Prompt => {
                self.state = State::Running;
                self.tell(vec![Event::Typed { text }], around);
            }
            State::Running if self.typed.len() < TYPED_MAX => self.typed.push_back(text),
            _ => {}
        }
    }

    /// Somebody types Ctrl-C.
    pub(crate) fn interrupt(&mut self, around: &mut Around<'_>) {
        if self.is_running() {
            self.tell(vec![Event::Interrupt], around);
        }
    }

    pub(crate) fn handle_open(&mut self, around: &mut Around<'_>) {
        if let Some(socket) = &mut self.socket {
            socket.is_open = true;
            let socket = socket.number;
            self.tell(vec![Event::Opened { socket }], around);
        }
    }

    pub(crate) fn handle_input(&mut self, bytes: &[u8], around: &mut Around<'_>) {
        if let Some(socket) = self.socket.filter(|it| it.is_open) {
            self.unread.extend_from_slice(bytes);
            let event = Event::Received {
                socket: socket.number,
                bytes: Bytes::copy_from_slice(bytes),
            };
            self.tell(vec![event], around);
        }
    }

    /// The connection is closed, or could not be opened.
    pub(crate) fn handle_close(&mut self, around: &mut Around<'_>) {
        if self.closing > 0 {
            self.closing -= 1;
            return;
        }
        let Some(socket) = self.socket.take() else {
            return;
        };
        let event = if socket.is_open {
            let gone = match around.network {
                true => Exception::RESET,
                false => Exception::ABORTED,
            };
            Event::Closed {
                socket: socket.number,
                read: if around.network { 0 } else { errno(gone) },
                write: errno(gone),
                loses: around.network,
            }
        } else {
            let slow = around.now.since(socket.dialled_at) >= SLOW;
            Event::Refused {
                socket: socket.number,
                errno: errno(match (around.network, slow) {
                    (false, _) => Exception::UNREACHABLE,
                    (true, true) => Exception::ABORTED,
                    (true, false) => Exception::RESET,
                }),
            }
        };
        self.tell(vec![event], around);
    }

    /// Somebody does something to it.
    pub(crate) fn input(&mut self, input: Input, around: &mut Around<'_>) {
        match input {
            Input::Press => {
                self.release_at = Some(around.now + PRESS);
                self.tell(vec![button(false)], around);
            }
            Input::Heat { millidegrees } => {
                self.millidegrees = millidegrees;
                self.tell(vec![Event::Heat { millidegrees }], around);
            }
            Input::Break | Input::Mend | Input::Switch { .. } => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, around: &mut Around<'_>) {
        if let State::Starting(at, cause) = self.state
            && at <= around.now
        {
            self.boot(cause, around);
        }
        let mut events = Vec::new();
        if self.release_at.is_some_and(|at| at <= around.now) {
            self.release_at = None;
            events.push(button(true));
        }
        while let Some((_, event)) = self.news.pop_front_if(|(at, _)| *at <= around.now) {
            events.push(event);
        }
        if around.network != self.network {
            self.network = around.network;
            events.push(Event::Network { up: self.network });
        }
        if !events.is_empty() || self.until.is_some_and(|at| at <= around.now) {
            self.tell(events, around);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Starting(at, _) => Some(at),
            State::Running | State::Prompt => {
                let news = self.news.front().map(|(at, _)| *at);
                let times = [self.until, self.release_at, news];
                times.into_iter().flatten().min()
            }
            State::Off | State::Ended => None,
        }
    }

    /// Tells the board what happens, and does what it wants done.
    fn tell(&mut self, events: Vec<Event>, around: &mut Around<'_>) {
        if !matches!(self.state, State::Running | State::Prompt) {
            return;
        }
        let turn = Turn {
            now: around.now,
            events,
        };
        self.digest = digest(self.digest, &turn);
        let (place, did) = self.interpreter.turn(&self.spec, self.place.take(), turn);
        self.place = place;
        self.until = did.until;
        self.line = did.line;
        for deed in &did.deeds {
            self.carry_out(deed, around);
        }
        self.flush(!did.is_busy, around);
        if let Some(ended) = &did.ended {
            self.end(ended, around);
        }
    }

    fn carry_out(&mut self, deed: &Deed, around: &mut Around<'_>) {
        match deed {
            Deed::At { line } => self.doing = *line,
            // A broker of this world listens on one port, without TLS.
            Deed::Dial { socket, port, .. } if *port != MQTT_PORT => {
                let (socket, errno) = (*socket, errno(Exception::RESET));
                self.hears(Event::Refused { socket, errno }, around);
            }
            Deed::Dial { socket, .. } => {
                if let Some(before) = self.socket {
                    self.flush(true, around);
                    self.hang_up(around);
                    let gone = errno(Exception::ABORTED);
                    let (socket, loses) = (before.number, false);
                    let (read, write) = (gone, gone);
                    self.hears(
                        Event::Closed {
                            socket,
                            read,
                            write,
                            loses,
                        },
                        around,
                    );
                    around.out.push(DeviceEvent::Remark(Remark::OneConnection));
                }
                (self.reads_from, self.read) = (*socket, 0);
                self.unread.clear();
                self.socket = Some(Socket {
                    number: *socket,
                    is_open: false,
                    dialled_at: around.now,
                });
                around.out.push(DeviceEvent::Dial);
            }
            Deed::Send { socket, bytes } => {
                if self.socket.is_some_and(|it| it.number == *socket) {
                    self.unsent.extend_from_slice(bytes);
                }
            }
            Deed::Read { socket, count } => {
                if self.reads_from == *socket {
                    self.read += usize::try_from(*count).unwrap_or(usize::MAX);
                    self.tell_read(around);
                }
            }
            Deed::Lost { bytes } => around.out.push(DeviceEvent::Remark(Remark::BytesLost {
                count: bytes.len(),
            })),
            Deed::Close { socket } => {
                if self.socket.is_some_and(|it| it.number == *socket) {
                    self.flush(true, around);
                    self.hang_up(around);
                }
            }
            Deed::Vanish { socket } => {
                if self.socket.is_some_and(|it| it.number == *socket) {
                    self.unsent.clear();
                    self.vanish(around);
                }
            }
            Deed::Print { line } => {
                self.tell_line(around);
                let line = line.as_str().into();
                around
                    .out
                    .push(DeviceEvent::Remark(Remark::Printed { line }));
            }
            Deed::PrintPiece { text } => {
                self.tell_line(around);
                let text = text.as_str().into();
                around
                    .out
                    .push(DeviceEvent::Remark(Remark::PrintedPiece { text }));
            }
            Deed::Unjoined => {
                self.tell_line(around);
                around.out.push(DeviceEvent::Remark(Remark::Unjoined));
            }
            Deed::Store { path, stored } => {
                let files = Rc::make_mut(&mut self.spec.files);
                match stored {
                    Some(stored) => files.insert(path.clone(), stored.clone()),
                    None => files.remove(path),
                };
            }
            Deed::Pin { pin, high } => {
                self.tell_line(around);
                let (pin, high) = (*pin, *high);
                around.out.push(DeviceEvent::Effect(match pin {
                    LAMP_PIN => Effect::Lamp { on: high },
                    pin => Effect::Pin { pin, high },
                }));
            }
        }
    }

    /// Has the board hear of a socket in a moment.
    fn hears(&mut self, event: Event, around: &Around<'_>) {
        if self.news.len() < NEWS_MAX {
            self.news.push_back((around.now + REFUSAL, event));
        }
    }

    /// Says which messages the program has read, to their last bytes.
    fn tell_read(&mut self, around: &mut Around<'_>) {
        loop {
            let mut decoder = Decoder::new(Framing {
                version: Some(Version::V311),
                ..Framing::new(Sender::Server)
            });
            decoder.push(&self.unread);
            let Ok(Some(packet)) = decoder.decode() else {
                return;
            };
            let len = self.unread.len() - decoder.pending_bytes();
            if len == 0 || self.read < len {
                return;
            }
            self.unread.advance(len);
            self.read -= len;
            if let Packet::Publish(publish) = packet {
                around.out.push(DeviceEvent::Delivered(publish));
            }
        }
    }

    /// Puts what is written on the wire: packets as packets, the rest as the bytes that it is. A program writes a packet in
    /// pieces; a beginning without its end goes out when the program waits for something, as `is_final` says.
    fn flush(&mut self, is_final: bool, around: &mut Around<'_>) {
        while !self.unsent.is_empty() {
            let mut decoder = Decoder::new(Framing {
                version: Some(Version::V311),
                ..Framing::new(Sender::Client)
            });
            decoder.push(&self.unsent);
            let taken = match decoder.decode() {
                Ok(Some(_)) => self.unsent.len() - decoder.pending_bytes(),
                Ok(None) if !is_final => return,
                Ok(None) | Err(_) => self.unsent.len(),
            };
            let bytes = self
                .unsent
                .copy_to_bytes(taken.max(1).min(self.unsent.len()));
            self.tell_line(around);
            around.out.push(DeviceEvent::Write(bytes));
        }
    }

    /// Says which line does what comes next, if that was not said before.
    fn tell_line(&mut self, around: &mut Around<'_>) {
        if self.doing != self.told {
            self.told = self.doing;
            let line = self.doing;
            around
                .out
                .push(DeviceEvent::Remark(Remark::AtLine { line }));
        }
    }

    fn hang_up(&mut self, around: &mut Around<'_>) {
        if self.socket.take().is_some() {
            self.closing += 1;
            around.out.push(DeviceEvent::HangUp);
        }
    }

    fn end(&mut self, ended: &Ended, around: &mut Around<'_>) {
        if *ended != Ended::Typed {
            around.out.push(DeviceEvent::Effect(Effect::ScriptEnded {
                how: ended.clone(),
            }));
        }
        self.state = match ended {
            Ended::Reset => {
                self.stop(around);
                State::Starting(around.now + BOOT, Cause::Reset)
            }
            Ended::Watchdog => {
                self.stop(around);
                State::Starting(around.now + BOOT, Cause::Watchdog)
            }
            Ended::SoftReset => State::Starting(around.now + BOOT, Cause::Soft),
            Ended::Asleep { span } => {
                self.stop(around);
                match span {
                    Some(span) => State::Starting(around.now + *span + BOOT, Cause::Sleep),
                    None => State::Ended,
                }
            }
            Ended::Done | Ended::Raised | Ended::OutOfMemory | Ended::Typed => State::Prompt,
            Ended::Endless
            | Ended::TooLong
            | Ended::Diverged
            | Ended::TooMany
            | Ended::Failed(_)
            | Ended::NoInterpreter => State::Ended,
        };
        self.is_over = self.state == State::Prompt;
        // At the prompt, timers and the watchdog go on.
        if !self.is_over {
            self.until = None;
        }
        if self.is_over
            && let Some(text) = self.typed.pop_front()
        {
            self.type_in(text, around);
        }
    }

    /// The processor stops: nobody closes the connection, and no pin holds its level.
    fn stop(&mut self, around: &mut Around<'_>) {
        around
            .out
            .push(DeviceEvent::Effect(Effect::Lamp { on: false }));
        self.unsent.clear();
        self.vanish(around);
    }

    fn vanish(&mut self, around: &mut Around<'_>) {
        if self.socket.take().is_some() {
            self.closing += 1;
            around.out.push(DeviceEvent::RadioOff);
        }
    }
}

/// The number of an `OSError`.
const fn errno(exception: Exception) -> i16 {
    match exception {
        Exception::Os(number) => number,
        _ => 0,
    }
}

fn button(high: bool) -> Event {
    Event::Pin {
        pin: BUTTON_PIN,
        high,
    }
}

/// Mixes a turn into a number (FNV-1a).
fn digest(before: u64, turn: &Turn) -> u64 {
    struct Mix(u64);
    impl fmt::Write for Mix {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for byte in text.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut mix = Mix(before ^ 0xcbf2_9ce4_8422_2325);
    // Writing into a number cannot fail.
    let _ = fmt::write(&mut mix, format_args!("{turn:?}"));
    mix.0
}

impl Ended {
    /// What it means, in a sentence or two.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::Done => {
                "Its last line was run. A connection that it has not closed stays open until the board is switched off, or the broker's patience ends."
            }
            Self::Raised => {
                "Nothing in the script catches it: the console shows the traceback. Its socket stays as it is."
            }
            Self::OutOfMemory => "The board has no memory left for what the script wants to keep.",
            Self::Typed => "What was typed has been run. The board waits for more.",
            Self::Reset => {
                "The script has asked for it. The network stack dies too: nobody closes the connection."
            }
            Self::SoftReset => {
                "The script has asked for it: the interpreter begins anew. Its sockets are closed without DISCONNECT."
            }
            Self::Watchdog => "The script has not fed it in time.",
            Self::Asleep { .. } => {
                "Radio, processor and memory are off, and only a clock runs. Nobody closes the connection."
            }
            Self::Endless => {
                "Something inside of the interpreter goes on and on, as max(range(10**9)) does. A real board would stand still there; this one is stopped, so that the page does not stand still with it."
            }
            Self::Diverged => {
                "The board was run again up to this moment and did something else than the first time. That is a mistake of this page, not of the script."
            }
            Self::TooLong => {
                "The board has gone on for more turns than are kept. Let the run end sooner, or let the script sleep in its loop."
            }
            Self::TooMany => "The page has no room for so many boards with scripts at once.",
            Self::Failed(_) => "The interpreter cannot go on with it.",
            Self::NoInterpreter => {
                "Scripts run on the page, where MicroPython is loaded with the first of them."
            }
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("script ends"),
            Self::Raised => f.write_str("script ends with an exception"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Typed => f.write_str("waits at its prompt"),
            Self::Reset => f.write_str("resets itself"),
            Self::SoftReset => f.write_str("starts its script anew"),
            Self::Watchdog => f.write_str("watchdog resets it"),
            Self::Asleep { .. } => f.write_str("deep sleep"),
            Self::Endless => f.write_str("stopped in an endless calculation"),
            Self::Diverged => f.write_str("does not do the same again"),
            Self::TooLong => f.write_str("this run is too long for a script"),
            Self::TooMany => f.write_str("too many boards run scripts"),
            Self::Failed(why) => f.write_str(&why.to_string()),
            Self::NoInterpreter => f.write_str("no interpreter"),
        }
    }
}
