//! `umqtt.simple2` and `umqtt.robust2`: nothing waits but `connect()`, and answers are looked for in `check_msg()`.

use super::machine::{Around, Called, Doing, Machine, Op, Progress, Then, Wait};
use super::queues::Queued;
use super::simple::publish;
use super::socket::{Head, State};
use super::{Exception, Library, Place, Status};
use crate::device::DeviceEvent;
use crate::effect::Effect;
use crate::remark::Remark;
use mqtt_proto::packet::{
    Ack, Disconnect, Properties, Subscribe, SubscribeFilters, SubscriptionOptions,
};
use mqtt_proto::{Delivery, Duration, Instant, Message, Packet, Qos, ReasonCode, TopicFilter};

/// `socket_timeout`.
pub(super) const SOCKET_TIMEOUT: Duration = Duration::from_secs(5);
/// `message_timeout`.
pub(super) const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// 28: it is not connected.
const NOT_CONNECTED: Exception = Exception::Mqtt(28);

impl Machine {
    /// A call of umqtt.simple2.
    pub(super) fn call_second(&mut self, doing: Doing, around: &mut Around<'_>) -> Called {
        match doing {
            Doing::Connect(clean) => self.connect_second(clean, Then::Return, around),
            Doing::Reconnect => self.connect_second(false, Then::Reconnect, around),
            Doing::Disconnect => {
                self.write_second(bye(), around)?;
                self.hang_up(around);
                Ok(Progress::Done)
            }
            Doing::Ping => {
                self.write_second(Packet::PingReq, around)?;
                Ok(Progress::Done)
            }
            Doing::Publish(message) => {
                self.publish_second(&message, around)?;
                Ok(Progress::Done)
            }
            Doing::Subscribe(filter, qos) => {
                self.subscribe_second(filter, qos, around)?;
                Ok(Progress::Done)
            }
            Doing::CheckMsg => {
                self.check_second(around)?;
                Ok(Progress::Done)
            }
            Doing::WaitMsg => {
                self.op = Op::Waiting(Wait::Message);
                self.wait_second(around)
            }
            Doing::Unsubscribe(_) | Doing::Resubscribe | Doing::SendQueue | Doing::Sleep(_) => {
                Ok(Progress::Done)
            }
        }
    }

    /// A call of umqtt.robust2: what its second half raises becomes a connection issue.
    pub(super) fn call_guarded(&mut self, doing: Doing, around: &mut Around<'_>) -> Called {
        let place = match doing {
            Doing::Connect(clean) => {
                if clean {
                    self.queues.forget_messages();
                }
                Place::Connect
            }
            Doing::Reconnect => Place::Reconnect,
            Doing::Disconnect => Place::Disconnect,
            Doing::Publish(message) => return self.publish_guarded(message, around),
            Doing::Subscribe(filter, qos) => {
                let known = &mut self.queues.known;
                if !known.iter().any(|(topic, _)| *topic == filter) {
                    known.push((filter.clone(), qos));
                }
                return self.subscribe_guarded(filter, qos, around);
            }
            Doing::Resubscribe => {
                for (filter, qos) in self.queues.known.clone() {
                    self.subscribe_guarded(filter, qos, around)?;
                }
                return Ok(Progress::Done);
            }
            Doing::SendQueue => return self.send_queue(around),
            Doing::Ping => {
                if !self.is_alive(around) {
                    return Ok(Progress::Done);
                }
                Place::Ping
            }
            Doing::CheckMsg => {
                self.is_alive(around);
                Place::CheckMsg
            }
            Doing::WaitMsg => {
                self.is_alive(around);
                Place::WaitMsg
            }
            Doing::Unsubscribe(_) | Doing::Sleep(_) => return Ok(Progress::Done),
        };
        let called = self.call_second(doing, around);
        self.guard(called, place, around)
    }

    /// Turns what `umqtt.robust2` catches into its `conn_issue`.
    pub(super) fn guard(
        &mut self,
        called: Called,
        place: Place,
        around: &mut Around<'_>,
    ) -> Called {
        match called {
            Err(exception @ (Exception::Os(_) | Exception::Mqtt(_))) => {
                self.set_issue(exception, place, around);
                Ok(Progress::Done)
            }
            other => other,
        }
    }

    fn set_issue(&mut self, exception: Exception, place: Place, around: &mut Around<'_>) {
        let before = self.queues.issue.replace((exception, place));
        if before != Some((exception, place)) {
            around
                .out
                .push(DeviceEvent::Remark(Remark::Issue { exception, place }));
        }
        if before.is_none() {
            around
                .out
                .push(DeviceEvent::Effect(Effect::Issue { exception }));
        }
    }

    /// `is_keepalive()`.
    fn is_alive(&mut self, around: &mut Around<'_>) -> bool {
        let silent = around.now.since(self.heard_at).as_secs();
        let late = self.keep_alive_secs > 0 && silent > u64::from(self.keep_alive_secs);
        if late {
            self.set_issue(Exception::Mqtt(7), Place::KeepAlive, around);
        }
        !late
    }

    /// `is_conn_issue()`; the other libraries have none.
    pub(super) fn is_conn_issue(&mut self, around: &mut Around<'_>) -> bool {
        if self.library() != Library::Robust2 {
            return false;
        }
        self.is_alive(around);
        self.queues.issue.is_some()
    }

    /// `connect()`: says goodbye on the old socket if there is one.
    fn connect_second(&mut self, clean: bool, then: Then, around: &mut Around<'_>) -> Called {
        if self.socket.state == State::Open {
            self.write_second(bye(), around)?;
            self.hang_up(around);
        }
        if clean {
            self.queues.awaited.clear();
        }
        self.dial(clean, then, around)
    }

    /// Reads CONNACK, and not for ever. `None`: not yet.
    pub(super) fn conn_ack_second(
        &mut self,
        deadline: Option<Instant>,
        now: Instant,
    ) -> Result<Option<bool>, Exception> {
        let Some([kind, len, flags, code]) = self.socket.four() else {
            return match (self.socket.state, self.socket.read_error()) {
                (_, None) if deadline.is_some_and(|deadline| deadline <= now) => {
                    Err(Exception::Mqtt(30))
                }
                (_, None) => Ok(None),
                (State::HungUp, _) => Err(Exception::Mqtt(1)),
                (_, Some(exception)) => Err(exception),
            };
        };
        self.socket.skip(4);
        match (kind, len, code) {
            (0x20, 0x02, 0) => Ok(Some(flags & 1 == 1)),
            (0x20, 0x02, 1..=5) => Err(Exception::Mqtt(20 + i16::from(code))),
            (0x20, 0x02, _) => Err(Exception::Mqtt(20)),
            _ => Err(Exception::Mqtt(29)),
        }
    }

    fn write_second(&mut self, packet: Packet, around: &mut Around<'_>) -> Result<(), Exception> {
        match self.socket.state {
            State::Missing | State::Closed => Err(NOT_CONNECTED),
            _ => self.write(packet, around),
        }
    }

    /// `publish()`: the identifier under which it went out. QoS 2 is refused before anything is sent.
    fn publish_second(
        &mut self,
        message: &Message,
        around: &mut Around<'_>,
    ) -> Result<Option<u16>, Exception> {
        if message.qos == Qos::ExactlyOnce {
            return Err(Exception::Assertion);
        }
        let before = self.pid;
        let id = match message.qos {
            Qos::AtLeastOnce => Some(self.next_id()),
            _ => None,
        };
        if let Err(exception) = self.write_second(publish(message, id), around) {
            self.pid = before;
            return Err(exception);
        }
        let id = id.map(|id| id.get());
        if let Some(id) = id {
            let deadline = around.now + MESSAGE_TIMEOUT;
            self.queues.awaited.push((id, deadline));
        }
        Ok(id)
    }

    /// `subscribe()`: the identifier under which it went out.
    fn subscribe_second(
        &mut self,
        filter: TopicFilter,
        qos: Qos,
        around: &mut Around<'_>,
    ) -> Result<u16, Exception> {
        if qos == Qos::ExactlyOnce {
            return Err(Exception::Assertion);
        }
        let id = self.next_id();
        self.write_second(
            Packet::Subscribe(Subscribe {
                id,
                filters: SubscribeFilters::one(filter, SubscriptionOptions::at(qos)),
                properties: Properties::EMPTY,
            }),
            around,
        )?;
        let deadline = around.now + MESSAGE_TIMEOUT;
        self.queues.awaited.push((id.get(), deadline));
        Ok(id.get())
    }

    /// `wait_msg()`: `check_msg()` without an end.
    pub(super) fn wait_second(&mut self, around: &mut Around<'_>) -> Called {
        let called = match self.check_second(around) {
            Ok(true) => Ok(Progress::Done),
            Ok(false) => Ok(Progress::Blocked),
            Err(exception) => Err(exception),
        };
        match self.library() {
            Library::Robust2 => self.guard(called, Place::WaitMsg, around),
            _ => called,
        }
    }

    /// `check_msg()`: one packet, if there is one, then what has waited too long. Whether there was one.
    fn check_second(&mut self, around: &mut Around<'_>) -> Result<bool, Exception> {
        if self.socket.len() == 0 {
            match self.socket.state {
                State::Open => {}
                State::HungUp => return Err(Exception::Mqtt(1)),
                State::Missing | State::Closed => return Err(NOT_CONNECTED),
                State::Reset => return Err(Exception::RESET),
                State::Aborted => return Err(Exception::ABORTED),
            }
        }
        let came = match self.socket.head() {
            Head::Incomplete => false,
            Head::Garbage => return Err(Exception::Mqtt(-1)),
            Head::Packet(packet, len) => {
                self.socket.skip(len);
                self.take_second(packet, around)?;
                true
            }
        };
        let now = around.now;
        while let Some(at) = self
            .queues
            .awaited
            .iter()
            .position(|(_, deadline)| *deadline <= now)
        {
            let (pid, _) = self.queues.awaited.remove(at);
            self.status(pid, Status::TimedOut, around);
        }
        Ok(came)
    }

    fn take_second(&mut self, packet: Packet, around: &mut Around<'_>) -> Result<(), Exception> {
        match packet {
            Packet::PingResp => self.heard_at = around.now,
            Packet::PubAck(ack) => {
                let pid = ack.id.get();
                let status = match self.settle(pid) {
                    true => {
                        self.heard_at = around.now;
                        Status::Answered
                    }
                    false => Status::Unknown,
                };
                self.status(pid, status, around);
            }
            Packet::SubAck(ack) => {
                if ack.reasons.iter().any(ReasonCode::is_failure) {
                    return Err(Exception::Mqtt(44));
                }
                let pid = ack.id.get();
                if !self.settle(pid) {
                    return Err(Exception::Mqtt(5));
                }
                self.heard_at = around.now;
                self.status(pid, Status::Answered, around);
            }
            Packet::Publish(publish) => {
                let delivery = publish.delivery;
                around.out.push(DeviceEvent::Delivered(publish));
                self.heard_at = around.now;
                match delivery {
                    Delivery::AtMostOnce => {}
                    Delivery::AtLeastOnce { id, .. } => {
                        self.write_second(Packet::PubAck(Ack::success(id)), around)?;
                    }
                    Delivery::ExactlyOnce { .. } => return Err(Exception::NotImplemented),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether an identifier was waited for; it is not any more.
    fn settle(&mut self, pid: u16) -> bool {
        let before = self.queues.awaited.len();
        self.queues.awaited.retain(|(known, _)| *known != pid);
        self.queues.awaited.len() < before
    }

    /// The status callback; umqtt.robust2 keeps its queues by it.
    fn status(&mut self, pid: u16, status: Status, around: &mut Around<'_>) {
        around
            .out
            .push(DeviceEvent::Remark(Remark::Status { pid, status }));
        if self.library() == Library::Robust2 {
            match status {
                Status::TimedOut => self.queues.time_out(pid),
                Status::Answered | Status::Unknown => self.queues.confirm(pid),
            }
        }
    }

    // The queues of umqtt.robust2.

    fn publish_guarded(&mut self, message: Message, around: &mut Around<'_>) -> Called {
        if message.retain {
            self.queues.forget_retained(&message.topic);
        }
        match self.publish_second(&message, around) {
            Ok(None) => Ok(Progress::Done),
            Ok(Some(pid)) => {
                self.queues.sent(message, pid)?;
                Ok(Progress::Done)
            }
            Err(exception @ (Exception::Os(_) | Exception::Mqtt(_))) => {
                self.set_issue(exception, Place::Publish, around);
                let remark = match self.queues.queue(message) {
                    Queued::Waits => None,
                    Queued::Merged => Some(Remark::Merged),
                    Queued::InPlaceOf(message) => Some(Remark::Forgotten {
                        topic: message.topic,
                        payload: message.payload,
                    }),
                };
                around.out.extend(remark.map(DeviceEvent::Remark));
                Ok(Progress::Done)
            }
            Err(exception) => Err(exception),
        }
    }

    fn subscribe_guarded(
        &mut self,
        filter: TopicFilter,
        qos: Qos,
        around: &mut Around<'_>,
    ) -> Called {
        self.queues
            .subscriptions
            .retain(|(topic, _)| *topic != filter);
        match self.subscribe_second(filter.clone(), qos, around) {
            Ok(pid) => {
                self.queues.subscribed((filter, qos), pid);
                Ok(Progress::Done)
            }
            Err(exception @ (Exception::Os(_) | Exception::Mqtt(_))) => {
                self.set_issue(exception, Place::Subscribe, around);
                self.queues.subscriptions.push((filter, qos));
                Ok(Progress::Done)
            }
            Err(exception) => Err(exception),
        }
    }

    /// `send_queue()`: messages, then subscriptions. At the first error all stays queued, also what has just been sent.
    fn send_queue(&mut self, around: &mut Around<'_>) -> Called {
        let messages = self.queues.messages.clone();
        for message in &messages {
            match self.publish_second(message, around) {
                Ok(Some(pid)) => self.queues.sent(message.clone(), pid)?,
                Ok(None) => {}
                Err(exception) => return self.guard(Err(exception), Place::SendQueue, around),
            }
        }
        self.queues.messages.retain(|one| !messages.contains(one));
        let subscriptions = self.queues.subscriptions.clone();
        for (filter, qos) in &subscriptions {
            match self.subscribe_second(filter.clone(), *qos, around) {
                Ok(pid) => self.queues.subscribed((filter.clone(), *qos), pid),
                Err(exception) => return self.guard(Err(exception), Place::SendQueue, around),
            }
        }
        self.queues
            .subscriptions
            .retain(|one| !subscriptions.contains(one));
        Ok(Progress::Done)
    }
}

fn bye() -> Packet {
    Packet::Disconnect(Disconnect::with_reason(ReasonCode::Success))
}
