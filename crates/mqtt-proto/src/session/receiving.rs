//! The receiver's side: QoS 2 identifiers that wait for PUBREL.

use super::outlet::Outlet;
use super::{ReceiverAction, ReceiverInput, ReceiverState, Session};
use crate::note::Note;
use crate::packet::{Ack, Packet, PacketType};
use crate::reason::ReasonCode;
use crate::taken::Taken;
use crate::types::{PacketId, Qos};
use mqtt_spec::Rule;

impl Session {
    /// A QoS 1 or QoS 2 PUBLISH from the peer: what to do about it, and by which row. Changes nothing yet.
    pub(crate) fn on_publish(&self, id: PacketId, qos: Qos) -> (ReceiverAction, Taken) {
        let input = match qos {
            Qos::ExactlyOnce => ReceiverInput::PublishQos2,
            _ => ReceiverInput::PublishQos1,
        };
        let state = self.receiver(id);
        (state.on(input).action, Taken::Receiver(id, state, input))
    }

    /// The rule by which a QoS 1 or QoS 2 PUBLISH is answered that is new, or else is not.
    pub(crate) fn answer_rule(qos: Qos, is_new: bool) -> Option<Rule> {
        let input = match qos {
            Qos::ExactlyOnce => ReceiverInput::PublishQos2,
            _ => ReceiverInput::PublishQos1,
        };
        let state = match is_new {
            true => ReceiverState::Free,
            false => ReceiverState::AwaitPubRel,
        };
        state.rule(input)
    }

    /// The state of an incoming identifier.
    fn receiver(&self, id: PacketId) -> ReceiverState {
        match self.received.contains(id) {
            true => ReceiverState::AwaitPubRel,
            false => ReceiverState::Free,
        }
    }

    /// A new QoS 2 message has come: its repeats are known from here on.
    pub(crate) fn remember(&mut self, id: PacketId, outlet: &mut impl Outlet) {
        if self.receiver(id) == ReceiverState::Free {
            self.received.insert(id);
            outlet.note(Note::IdRemembered { id });
        }
    }

    /// The application does not take the QoS 2 message, or its sender has lost it: the identifier is
    /// free again.
    pub(crate) fn refuse(&mut self, id: PacketId, outlet: &mut impl Outlet) {
        self.forget(id, ReceiverInput::Refuse, outlet);
    }

    /// PUBREL from the peer.
    pub(crate) fn handle_pub_rel(&mut self, id: PacketId, outlet: &mut impl Outlet) {
        let rule = self.receiver(id).rule(ReceiverInput::PubRel);
        let reason = match self.forget(id, ReceiverInput::PubRel, outlet) {
            ReceiverAction::SendPubComp => {
                outlet.note(Note::IdForgotten { id });
                ReasonCode::Success
            }
            _ => {
                let packet = PacketType::PubRel;
                outlet.note(Note::UnknownId { id, packet });
                ReasonCode::PacketIdentifierNotFound
            }
        };
        outlet.follow(rule);
        let _ = outlet.send(Packet::PubComp(Ack::with_reason(id, reason)));
    }

    fn forget(
        &mut self,
        id: PacketId,
        input: ReceiverInput,
        outlet: &mut impl Outlet,
    ) -> ReceiverAction {
        let state = self.receiver(id);
        outlet.note(Note::Took(Taken::Receiver(id, state, input)));
        let step = state.on(input);
        if state != step.next {
            self.received.remove(id);
        }
        step.action
    }
}
