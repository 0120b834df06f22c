//! `umqtt.simple` and `umqtt.robust`: one byte at a time, and wait.

use super::machine::{Around, Called, Doing, Machine, Op, Progress, Resume, Then, Wait};
use super::socket::{Head, State};
use super::{Exception, Library};
use crate::device::DeviceEvent;
use crate::remark::Remark;
use mqtt_proto::packet::{
    Ack, Disconnect, Properties, Publish, Subscribe, SubscribeFilters, SubscriptionOptions,
    Unsubscribe,
};
use mqtt_proto::{Delivery, Duration, Message, Packet, PacketId, Qos, ReasonCode};

/// `DELAY` of umqtt.robust.
pub(super) const DELAY: Duration = Duration::from_secs(2);
/// What the libraries can frame with the three bytes that they have for it.
const PUBLISH_MAX_BYTES: usize = 2_097_152;

/// What one `wait_msg()` of umqtt.simple comes to.
enum Read {
    /// Nothing is there.
    Nothing,
    /// A packet has begun: the socket is switched back to blocking after its first byte.
    Begun,
    /// It returns something that is not waited for here.
    Returned,
}

impl Machine {
    pub(super) fn call_first(&mut self, doing: Doing, around: &mut Around<'_>) -> Called {
        match doing {
            Doing::Connect(clean) => self.dial(clean, Then::Return, around),
            Doing::Disconnect => {
                let disconnect = Disconnect::with_reason(ReasonCode::Success);
                self.write(Packet::Disconnect(disconnect), around)?;
                self.hang_up(around);
                Ok(Progress::Done)
            }
            Doing::Ping => {
                self.write(Packet::PingReq, around)?;
                Ok(Progress::Done)
            }
            Doing::Publish(message) => self.publish_first(message, around),
            Doing::Subscribe(filter, qos) => {
                let id = self.next_id();
                self.write(
                    Packet::Subscribe(Subscribe {
                        id,
                        filters: SubscribeFilters::one(filter, SubscriptionOptions::at(qos)),
                        properties: Properties::EMPTY,
                    }),
                    around,
                )?;
                self.begin(Wait::SubAck(id.get()), around)
            }
            Doing::Unsubscribe(filter) => {
                let id = self.next_id();
                self.write(
                    Packet::Unsubscribe(Unsubscribe {
                        id,
                        filters: core::iter::once(filter).collect(),
                        properties: Properties::EMPTY,
                    }),
                    around,
                )?;
                self.begin(Wait::UnsubAck(id.get()), around)
            }
            Doing::CheckMsg => self.check_first(2, around),
            Doing::WaitMsg => self.begin(Wait::Message, around),
            Doing::Reconnect | Doing::Resubscribe | Doing::SendQueue | Doing::Sleep(_) => {
                Ok(Progress::Done)
            }
        }
    }

    fn begin(&mut self, wait: Wait, around: &mut Around<'_>) -> Called {
        self.op = Op::Waiting(wait);
        self.wait_first(wait, around)
    }

    /// `publish()`. QoS 2 goes out before the assertion, and nobody reads its PUBREC.
    fn publish_first(&mut self, message: Message, around: &mut Around<'_>) -> Called {
        let extra = if message.qos == Qos::AtMostOnce { 2 } else { 4 };
        if message.topic.as_str().len() + message.payload.len() + extra >= PUBLISH_MAX_BYTES {
            return Err(Exception::Assertion);
        }
        // The first bytes are written before the identifier is taken.
        let before = self.pid;
        let id = match message.qos {
            Qos::AtMostOnce => None,
            _ => Some(self.next_id()),
        };
        match self.write(publish(&message, id), around) {
            Err(Exception::Os(_)) if self.library() == Library::Robust => {
                self.pid = before;
                return self.dial(false, Then::Resume(Resume::Publish(message)), around);
            }
            Err(exception) => {
                self.pid = before;
                return Err(exception);
            }
            Ok(()) => {}
        }
        match (message.qos, id) {
            (Qos::AtLeastOnce, Some(id)) => self.begin(Wait::PubAck(id.get()), around),
            (Qos::ExactlyOnce, _) => Err(Exception::Assertion),
            _ => Ok(Progress::Done),
        }
    }

    /// `check_msg()`; umqtt.robust has so many attempts.
    fn check_first(&mut self, attempts: u8, around: &mut Around<'_>) -> Called {
        match self.read_one(around) {
            Ok(Read::Begun) => {
                self.op = Op::Waiting(Wait::Message);
                Ok(Progress::Blocked)
            }
            Ok(Read::Nothing | Read::Returned) => Ok(Progress::Done),
            Err(Exception::Os(_)) if self.library() == Library::Robust => {
                let resume = Resume::Check(attempts.saturating_sub(1));
                self.dial(false, Then::Resume(resume), around)
            }
            Err(exception) => Err(exception),
        }
    }

    pub(super) fn resume(&mut self, resume: Resume, around: &mut Around<'_>) -> Called {
        match resume {
            Resume::Wait(wait) => self.begin(wait, around),
            Resume::Publish(message) => self.publish_first(message, around),
            Resume::Check(0) => Ok(Progress::Done),
            Resume::Check(attempts) => self.check_first(attempts, around),
        }
    }

    /// Waits for an answer; callbacks run meanwhile. `wait_msg()` of umqtt.robust reconnects and waits on: an answer that
    /// was lost with the old connection never comes, and the message is not sent again.
    pub(super) fn wait_first(&mut self, wait: Wait, around: &mut Around<'_>) -> Called {
        loop {
            let read = match self.read_answer(wait)? {
                Some(progress) => return Ok(progress),
                None => self.read_one(around),
            };
            match read {
                Ok(Read::Nothing | Read::Begun) => return Ok(Progress::Blocked),
                Ok(Read::Returned) if wait == Wait::Message => return Ok(Progress::Done),
                Ok(Read::Returned) => {}
                Err(Exception::Os(_)) if self.library() == Library::Robust => {
                    return self.dial(false, Then::Resume(Resume::Wait(wait)), around);
                }
                Err(exception) => return Err(exception),
            }
        }
    }

    /// Reads the answer that is waited for, if it stands first. Other PUBACKs are skipped.
    fn read_answer(&mut self, wait: Wait) -> Result<Option<Progress>, Exception> {
        let expected = match wait {
            Wait::PubAck(_) => 0x40,
            Wait::SubAck(_) => 0x90,
            Wait::UnsubAck(_) => 0xB0,
            Wait::Message => return Ok(None),
        };
        while self.socket.first() == Some(expected) {
            let (packet, len) = match self.socket.head() {
                Head::Packet(packet, len) => (packet, len),
                Head::Incomplete => return Ok(Some(Progress::Blocked)),
                Head::Garbage => return Err(Exception::Assertion),
            };
            self.socket.skip(len);
            match (wait, packet) {
                (Wait::PubAck(pid), Packet::PubAck(ack)) => {
                    if ack.id.get() == pid {
                        return Ok(Some(Progress::Done));
                    }
                }
                (Wait::SubAck(pid), Packet::SubAck(ack)) => {
                    if ack.id.get() != pid {
                        return Err(Exception::Assertion);
                    }
                    let refused = ack.reasons.iter().any(ReasonCode::is_failure);
                    return match refused {
                        true => Err(Exception::Mqtt(128)),
                        false => Ok(Some(Progress::Done)),
                    };
                }
                (Wait::UnsubAck(pid), Packet::UnsubAck(ack)) => {
                    return match ack.id.get() == pid {
                        true => Ok(Some(Progress::Done)),
                        false => Err(Exception::Assertion),
                    };
                }
                _ => return Err(Exception::Assertion),
            }
        }
        Ok(None)
    }

    /// `wait_msg()` of umqtt.simple. What it does not know it returns by its first byte, and leaves the rest unread.
    fn read_one(&mut self, around: &mut Around<'_>) -> Result<Read, Exception> {
        let Some(first) = self.socket.first() else {
            return match self.socket.read_error() {
                None => Ok(Read::Nothing),
                Some(exception) => Err(exception),
            };
        };
        if first != 0xD0 && first & 0xF0 != 0x30 {
            self.socket.skip(1);
            around
                .out
                .push(DeviceEvent::Remark(Remark::LeftUnread { first }));
            return Ok(Read::Returned);
        }
        match self.socket.head() {
            Head::Packet(packet, len) => {
                self.socket.skip(len);
                self.take(packet, around)?;
                Ok(Read::Returned)
            }
            // Out of step, it takes a length for what is none, and waits for the rest of it.
            Head::Incomplete | Head::Garbage => match self.socket.read_error() {
                None => Ok(Read::Begun),
                Some(exception) => Err(exception),
            },
        }
    }

    /// A PINGRESP, or a message: the callback runs, then PUBACK goes out. After a QoS 2 message comes the assertion.
    fn take(&mut self, packet: Packet, around: &mut Around<'_>) -> Result<(), Exception> {
        let Packet::Publish(publish) = packet else {
            return Ok(());
        };
        let delivery = publish.delivery;
        around.out.push(DeviceEvent::Delivered(publish));
        match delivery {
            Delivery::AtMostOnce => Ok(()),
            Delivery::AtLeastOnce { id, .. } => {
                self.write(Packet::PubAck(Ack::success(id)), around)
            }
            Delivery::ExactlyOnce { .. } => Err(Exception::Assertion),
        }
    }

    /// Reads four bytes after CONNECT. `None`: not yet.
    pub(super) fn conn_ack_first(&mut self) -> Result<Option<bool>, Exception> {
        let Some([kind, len, flags, code]) = self.socket.four() else {
            return match (self.socket.state, self.socket.read_error()) {
                (_, None) => Ok(None),
                // It looks at bytes that are not there.
                (State::HungUp, _) => Err(Exception::Index),
                (_, Some(exception)) => Err(exception),
            };
        };
        self.socket.skip(4);
        match (kind, len, code) {
            (0x20, 0x02, 0) => Ok(Some(flags & 1 == 1)),
            (0x20, 0x02, code) => Err(Exception::Mqtt(i16::from(code))),
            _ => Err(Exception::Assertion),
        }
    }
}

/// A PUBLISH; no library here ever sets DUP by itself.
pub(super) fn publish(message: &Message, id: Option<PacketId>) -> Packet {
    let delivery = match (message.qos, id) {
        (Qos::AtLeastOnce, Some(id)) => Delivery::AtLeastOnce { id, dup: false },
        (Qos::ExactlyOnce, Some(id)) => Delivery::ExactlyOnce { id, dup: false },
        _ => Delivery::AtMostOnce,
    };
    Packet::Publish(Publish {
        delivery,
        retain: message.retain,
        topic: Some(message.topic.clone()),
        payload: message.payload.clone(),
        properties: Properties::EMPTY,
    })
}
