//! The one thread that runs a program.

use super::program::{Call, Guard, Program};
use super::queues::Queues;
use super::socket::{Socket, State};
use super::{Exception, Library, Place};
use crate::device::DeviceEvent;
use crate::effect::Effect;
use crate::remark::Remark;
use crate::rule::Filling;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::{Connect, Properties, Will};
use mqtt_proto::{
    ClientConfig, Duration, Instant, Message, Packet, PacketId, Qos, Text, TopicFilter, Version,
};

/// Assumed: a call takes so long, and so does a round of a loop.
const CALL_TAKES: Duration = Duration::from_millis(1);
/// A first segment that is refused is refused sooner; one that nobody answers takes longer.
const SLOW: Duration = Duration::from_secs(1);
/// What somebody else wants called waits for the program; of more than this the newest is forgotten.
const ASKED_MAX: usize = 100;

/// What happens around a call.
pub(crate) struct Around<'a> {
    pub(crate) now: Instant,
    /// What the device tells of itself.
    pub(crate) reading: &'a str,
    /// Whether its network is there.
    pub(crate) network: bool,
    pub(crate) out: &'a mut Vec<DeviceEvent>,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    PubAck(u16),
    SubAck(u16),
    UnsubAck(u16),
    /// Any message.
    Message,
}

/// What `umqtt.robust` does once it is connected again.
#[derive(Clone, Debug)]
pub(super) enum Resume {
    /// Waits on, for what will perhaps never come.
    Wait(Wait),
    /// Publishes again.
    Publish(Message),
    /// `check_msg()` with so many attempts left.
    Check(u8),
}

/// Who wanted a connection.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// The program, by `connect()`.
    Return,
    /// `umqtt.robust` by itself.
    Resume(Resume),
    /// The program, by `reconnect()` of `umqtt.robust2`.
    Reconnect,
}

/// What the thread does.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// It can go on.
    Ready,
    Sleeping(Instant),
    /// A connection is being opened.
    Opening(Then),
    /// CONNECT is out. The second libraries do not wait for ever.
    AwaitConnAck(Then, Option<Instant>),
    /// `umqtt.robust` pauses before it tries again.
    Delay(Instant, Resume),
    Waiting(Wait),
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    /// It waits.
    Blocked,
}

pub(super) type Called = Result<Progress, Exception>;

/// What is being called.
#[derive(Clone, Debug)]
pub(super) enum Doing {
    Connect(bool),
    Disconnect,
    Ping,
    Publish(Message),
    Subscribe(TopicFilter, Qos),
    Unsubscribe(TopicFilter),
    CheckMsg,
    WaitMsg,
    Reconnect,
    Resubscribe,
    SendQueue,
    Sleep(Duration),
}

/// Whether the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    NotStarted,
    Running,
    Ended,
}

/// A program with everything that it knows.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    program: Program,
    client_id: Text,
    pub(super) keep_alive_secs: u16,
    user_name: Option<Text>,
    password: Option<Bytes>,
    will: Option<Will>,
    run: Run,
    next: usize,
    /// For each line, when it counted last, and how often.
    counted: Vec<(Option<Instant>, u32)>,
    pub(super) op: Op,
    /// The call that is going on, and whether what it raises is caught.
    current: (&'static str, bool),
    /// It has been said that the call waits.
    said_waits: bool,
    /// What was raised last on the present connection.
    raised: Option<Exception>,
    asked: VecDeque<(Doing, &'static str)>,
    pub(super) socket: Socket,
    /// Connections that the program has closed and that have not been reported closed.
    closing: u32,
    dialled_at: Instant,
    pub(super) clean: bool,
    /// The newest connection has found no session, and no line has been run since.
    new_session: bool,
    pub(super) pid: u16,
    pub(super) queues: Queues,
    /// `last_cpacket`: when the second libraries last heard something that they count.
    pub(super) heard_at: Instant,
}

impl Machine {
    pub(crate) fn new(program: Program, config: &ClientConfig) -> Self {
        let counted = vec![(None, 0); program.statements.len()];
        let user_name = config.user_name.clone();
        let password = match &user_name {
            // It writes both or none, and falls over a password that is not there: this stands for `password=""`.
            Some(_) if !program.library.is_second() => {
                Some(config.password.clone().unwrap_or_default())
            }
            _ => config.password.clone(),
        };
        Self {
            program,
            client_id: config.client_id.clone(),
            keep_alive_secs: config.keep_alive_secs,
            user_name,
            password,
            will: config.will.clone(),
            run: Run::NotStarted,
            next: 0,
            counted,
            op: Op::Ready,
            current: ("", false),
            said_waits: false,
            raised: None,
            asked: VecDeque::new(),
            socket: Socket::new(State::Missing),
            closing: 0,
            dialled_at: Instant::ZERO,
            clean: true,
            new_session: false,
            pid: 0,
            queues: Queues::default(),
            heard_at: Instant::ZERO,
        }
    }

    pub(crate) const fn library(&self) -> Library {
        self.program.library
    }

    /// The call that keeps the program from doing anything else.
    pub(crate) const fn blocked_in(&self) -> Option<&'static str> {
        match self.op {
            Op::Ready | Op::Sleeping(_) => None,
            _ => Some(self.current.0),
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.run, Run::Running)
    }

    pub(crate) const fn is_dialling(&self) -> bool {
        matches!(self.op, Op::Opening(_) | Op::AwaitConnAck(..))
    }

    pub(crate) const fn issue(&self) -> Option<(Exception, Place)> {
        self.queues.issue
    }

    /// How many messages and subscriptions wait to be sent or confirmed.
    pub(crate) fn things_to_do(&self) -> usize {
        self.queues.things_to_do()
    }

    /// The program starts, if it does not run.
    ///
    /// Where there are no lines, somebody sits at the prompt and calls `connect()`.
    pub(crate) fn start(&mut self, clean: bool, around: &mut Around<'_>) {
        if self.run == Run::NotStarted {
            self.run = Run::Running;
            self.heard_at = around.now;
            self.go_on(around);
        }
        if self.program.statements.is_empty() {
            self.ask(Doing::Connect(clean), "connect", around);
        }
    }

    /// All that was in memory is gone.
    pub(crate) fn reset(&mut self) {
        self.run = Run::NotStarted;
        self.next = 0;
        self.counted.fill((None, 0));
        self.op = Op::Ready;
        self.said_waits = false;
        self.raised = None;
        self.asked.clear();
        self.socket = Socket::new(State::Missing);
        self.closing = 0;
        self.new_session = false;
        self.pid = 0;
        self.queues = Queues::default();
    }

    /// Somebody wants something called: it is, between two calls of the program.
    fn ask(&mut self, doing: Doing, name: &'static str, around: &mut Around<'_>) {
        if self.run != Run::Running || self.asked.len() >= ASKED_MAX {
            around
                .out
                .push(DeviceEvent::Remark(Remark::NotCalled { call: name }));
            return;
        }
        self.asked.push_back((doing, name));
        self.go_on(around);
    }

    pub(crate) fn publish(&mut self, message: Message, around: &mut Around<'_>) {
        self.ask(Doing::Publish(message), "publish", around);
    }

    pub(crate) fn disconnect(&mut self, around: &mut Around<'_>) {
        self.ask(Doing::Disconnect, "disconnect", around);
    }

    pub(crate) fn subscribe(&mut self, filter: TopicFilter, qos: Qos, around: &mut Around<'_>) {
        self.ask(Doing::Subscribe(filter, qos), "subscribe", around);
    }

    pub(crate) fn unsubscribe(&mut self, filter: TopicFilter, around: &mut Around<'_>) {
        if self.library().is_second() {
            // There is no such call.
            around.out.push(DeviceEvent::Remark(Remark::NotCalled {
                call: "unsubscribe",
            }));
        } else {
            self.ask(Doing::Unsubscribe(filter), "unsubscribe", around);
        }
    }

    pub(crate) fn handle_open(&mut self, around: &mut Around<'_>) {
        let Op::Opening(then) = core::mem::replace(&mut self.op, Op::Ready) else {
            return;
        };
        self.socket = Socket::new(State::Open);
        let connect = Packet::Connect(Box::new(Connect {
            version: Version::V311,
            clean_start: self.clean,
            keep_alive_secs: self.keep_alive_secs,
            client_id: self.client_id.clone(),
            will: self.will.clone(),
            user_name: self.user_name.clone(),
            password: self.password.clone(),
            properties: Properties::EMPTY,
        }));
        around.out.push(DeviceEvent::Send(connect));
        let deadline = self
            .library()
            .is_second()
            .then(|| around.now + super::simple2::SOCKET_TIMEOUT);
        self.op = Op::AwaitConnAck(then, deadline);
    }

    pub(crate) fn handle_input(&mut self, bytes: &[u8], around: &mut Around<'_>) {
        self.socket.receive(bytes);
        self.go_on(around);
    }

    /// The connection is closed, or could not be opened.
    pub(crate) fn handle_close(&mut self, around: &mut Around<'_>) {
        if self.closing > 0 {
            self.closing -= 1;
            return;
        }
        if matches!(self.op, Op::Opening(_)) {
            let slow = around.now.since(self.dialled_at) >= SLOW;
            let why = match (around.network, slow) {
                (false, _) => Exception::UNREACHABLE,
                (true, true) => Exception::ABORTED,
                (true, false) => Exception::RESET,
            };
            if let Op::Opening(then) = core::mem::replace(&mut self.op, Op::Ready) {
                self.socket = Socket::new(State::Closed);
                let called = self.connect_failed(why, then, around);
                self.finish(called, around);
            }
        } else if self.socket.state == State::Open {
            self.socket.state = match around.network {
                true => State::HungUp,
                false => State::Aborted,
            };
        }
        self.go_on(around);
    }

    pub(crate) fn handle_timeout(&mut self, around: &mut Around<'_>) {
        self.go_on(around);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.op {
            _ if self.run != Run::Running => None,
            Op::Sleeping(until) | Op::Delay(until, _) => Some(*until),
            Op::AwaitConnAck(_, deadline) => *deadline,
            Op::Ready | Op::Opening(_) | Op::Waiting(_) => None,
        }
    }

    // The thread.

    /// Runs until something has to be waited for.
    fn go_on(&mut self, around: &mut Around<'_>) {
        while self.run == Run::Running {
            let called = match self.op.clone() {
                Op::Sleeping(until) | Op::Delay(until, _) if until > around.now => return,
                Op::Sleeping(_) => {
                    self.op = Op::Ready;
                    continue;
                }
                Op::Delay(_, resume) => self.dial(false, Then::Resume(resume), around),
                Op::Opening(_) => return,
                Op::AwaitConnAck(then, deadline) => self.read_conn_ack(then, deadline, around),
                Op::Waiting(wait) => self.wait(wait, around),
                Op::Ready if self.is_at_prompt() => return,
                Op::Ready => match self.next_call(around) {
                    Some((doing, name, catches)) => {
                        self.current = (name, catches);
                        self.said_waits = false;
                        self.call(doing, around)
                    }
                    None => continue,
                },
            };
            if called == Ok(Progress::Blocked) {
                let waits = matches!(self.op, Op::Waiting(_) | Op::Delay(..));
                if waits && !core::mem::replace(&mut self.said_waits, true) {
                    let call = self.current.0;
                    around.out.push(DeviceEvent::Remark(Remark::Waits { call }));
                }
                if !matches!(self.op, Op::Ready) {
                    return;
                }
            }
            self.finish(called, around);
        }
    }

    /// A call is over, or has raised something.
    fn finish(&mut self, called: Called, around: &mut Around<'_>) {
        match called {
            Ok(Progress::Blocked) => return,
            Ok(Progress::Done) => {}
            Err(exception) => {
                let (call, caught) = self.current;
                around.out.push(DeviceEvent::Remark(Remark::Raised {
                    exception,
                    call,
                    caught,
                }));
                let is_new = self.raised.replace(exception) != Some(exception);
                if !caught {
                    self.run = Run::Ended;
                    around
                        .out
                        .push(DeviceEvent::Effect(Effect::ProgramEnded { exception }));
                } else if is_new {
                    around
                        .out
                        .push(DeviceEvent::Effect(Effect::Raised { exception, call }));
                }
            }
        }
        if !matches!(self.op, Op::Sleeping(_)) {
            self.op = Op::Sleeping(around.now + CALL_TAKES);
        }
    }

    /// Whether the program has come to its end, and nobody asks for anything.
    fn is_at_prompt(&self) -> bool {
        let count = self.program.statements.len();
        let loops = self.program.loop_from.is_some_and(|from| from < count);
        self.next >= count && !loops && self.asked.is_empty()
    }

    /// The next call, if the line is one that counts.
    fn next_call(&mut self, around: &mut Around<'_>) -> Option<(Doing, &'static str, bool)> {
        if let Some((doing, name)) = self.asked.pop_front() {
            return Some((doing, name, false));
        }
        let index = self.next;
        let Some(statement) = self.program.statements.get(index).cloned() else {
            self.next = self.program.loop_from.unwrap_or(index);
            self.op = Op::Sleeping(around.now + CALL_TAKES);
            return None;
        };
        self.next += 1;
        let counted = self.counted.get(index).copied().unwrap_or((None, 0));
        let counts = match statement.guard {
            Guard::Always => true,
            Guard::Every(period) => counted.0.is_none_or(|last| last + period <= around.now),
            Guard::NewSession => self.new_session,
            Guard::Issue => self.is_conn_issue(around),
        };
        if !counts {
            return None;
        }
        if statement.guard != Guard::NewSession {
            self.new_session = false;
        }
        let times = counted.1.saturating_add(1);
        if let Some(counted) = self.counted.get_mut(index) {
            *counted = (Some(around.now), times);
        }
        let name = statement.call.name();
        let doing = doing(&statement.call, times, around)?;
        Some((doing, name, statement.catches))
    }

    fn call(&mut self, doing: Doing, around: &mut Around<'_>) -> Called {
        if let Doing::Sleep(span) = doing {
            self.op = Op::Sleeping(around.now + span);
            return Ok(Progress::Done);
        }
        match self.library() {
            Library::Simple | Library::Robust => self.call_first(doing, around),
            Library::Simple2 => self.call_second(doing, around),
            Library::Robust2 => self.call_guarded(doing, around),
        }
    }

    fn wait(&mut self, wait: Wait, around: &mut Around<'_>) -> Called {
        match self.library() {
            Library::Simple | Library::Robust => self.wait_first(wait, around),
            Library::Simple2 | Library::Robust2 => self.wait_second(around),
        }
    }

    fn read_conn_ack(
        &mut self,
        then: Then,
        deadline: Option<Instant>,
        around: &mut Around<'_>,
    ) -> Called {
        let read = match self.library().is_second() {
            true => self.conn_ack_second(deadline, around.now),
            false => self.conn_ack_first(),
        };
        match read {
            Ok(None) => Ok(Progress::Blocked),
            Ok(Some(session_present)) => {
                self.heard_at = around.now;
                self.new_session = !session_present;
                self.queues.issue = None;
                self.raised = None;
                match then {
                    Then::Return | Then::Reconnect => Ok(Progress::Done),
                    Then::Resume(resume) => self.resume(resume, around),
                }
            }
            Err(why) => self.connect_failed(why, then, around),
        }
    }

    fn connect_failed(&mut self, why: Exception, then: Then, around: &mut Around<'_>) -> Called {
        match (then, why) {
            (Then::Resume(resume), Exception::Os(_)) => {
                self.op = Op::Delay(around.now + super::simple::DELAY, resume);
                around
                    .out
                    .push(DeviceEvent::Remark(Remark::TriesAgain { exception: why }));
                Ok(Progress::Blocked)
            }
            (then, why) if self.library() == Library::Robust2 => {
                let place = match then {
                    Then::Reconnect => Place::Reconnect,
                    _ => Place::Connect,
                };
                if self.socket.state == State::Open {
                    self.hang_up(around);
                }
                self.guard(Err(why), place, around)
            }
            (_, why) => Err(why),
        }
    }

    /// Opens a connection. An old one is closed, without a word.
    pub(super) fn dial(&mut self, clean: bool, then: Then, around: &mut Around<'_>) -> Called {
        if self.socket.state == State::Open {
            self.hang_up(around);
        }
        self.clean = clean;
        self.socket = Socket::new(State::Closed);
        self.dialled_at = around.now;
        self.op = Op::Opening(then);
        around.out.push(DeviceEvent::Dial);
        Ok(Progress::Blocked)
    }

    /// Closes the socket.
    pub(super) fn hang_up(&mut self, around: &mut Around<'_>) {
        if self.socket.state == State::Open {
            self.closing += 1;
            around.out.push(DeviceEvent::HangUp);
        }
        self.socket = Socket::new(State::Closed);
    }

    /// Puts a packet on the wire, or loses it without a word.
    pub(super) fn write(
        &mut self,
        packet: Packet,
        around: &mut Around<'_>,
    ) -> Result<(), Exception> {
        let kind = packet.packet_type();
        around.out.push(match self.socket.write()? {
            true => DeviceEvent::Send(packet),
            false => DeviceEvent::Remark(Remark::WrittenToNobody { kind }),
        });
        Ok(())
    }

    /// The next packet identifier.
    pub(super) fn next_id(&mut self) -> PacketId {
        self.pid = match self.pid {
            u16::MAX => 1,
            pid => pid + 1,
        };
        PacketId::new(self.pid).unwrap_or(PacketId::FIRST)
    }
}

/// A line with its gaps filled; `None` if it has nothing to say.
fn doing(call: &Call, times: u32, around: &mut Around<'_>) -> Option<Doing> {
    Some(match call {
        Call::Connect { clean } => Doing::Connect(*clean),
        Call::Disconnect => Doing::Disconnect,
        Call::Ping => Doing::Ping,
        Call::Publish(template) => {
            let number = times.to_string();
            let message = template.fill(&Filling {
                reading: around.reading.as_bytes(),
                number: number.as_bytes(),
                heard: None,
            })?;
            around.out.push(DeviceEvent::Remark(Remark::Made {
                topic: message.topic.clone(),
                payload: message.payload.clone(),
            }));
            Doing::Publish(message)
        }
        Call::Subscribe(filter, qos) => Doing::Subscribe(filter.clone(), *qos),
        Call::Unsubscribe(filter) => Doing::Unsubscribe(filter.clone()),
        Call::CheckMsg => Doing::CheckMsg,
        Call::WaitMsg => Doing::WaitMsg,
        Call::Reconnect => Doing::Reconnect,
        Call::Resubscribe => Doing::Resubscribe,
        Call::SendQueue => Doing::SendQueue,
        Call::Sleep(span) => Doing::Sleep(*span),
    })
}
