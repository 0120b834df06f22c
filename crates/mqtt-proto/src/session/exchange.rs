//! One outgoing message.

use super::outlet::{Outlet, Unsendable};
use super::{Awaits, SenderState};
use crate::message::{Message, Tag};
use crate::packet::property_id::MESSAGE_EXPIRY_INTERVAL;
use crate::packet::{Ack, Packet, PacketType, Properties, PropertyWriter};
use crate::reason::ReasonCode;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos};

/// One outgoing message, from the moment it comes until the peer is done with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    pub(super) awaits: Awaits,
    /// `None` while it waits to be sent.
    pub(super) id: Option<PacketId>,
    /// `None` once PUBREC has come.
    pub(super) message: Option<Message>,
    pub(super) tag: Tag,
    /// What PUBREC said: the receiver's answer to the message. PUBCOMP's own code says at most that
    /// the receiver had forgotten the identifier.
    pub(super) reason: ReasonCode,
    /// When the message came, for its expiry.
    pub(super) since: Instant,
    pub(super) sent_at: Instant,
    /// How often the packet that waits was sent.
    pub(super) sends: u16,
    /// Sent on the present connection, so it counts against the quota.
    pub(super) open: bool,
}

impl Exchange {
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn state(&self) -> SenderState {
        match self.awaits {
            Awaits::PubAck => SenderState::AwaitPubAck,
            Awaits::PubRec => SenderState::AwaitPubRec,
            Awaits::PubComp => SenderState::AwaitPubComp,
            Awaits::Sending | Awaits::PubRel => SenderState::Free,
        }
    }

    /// Sends PUBLISH, or once PUBREC has come PUBREL.
    pub(super) fn send(&mut self, outlet: &mut impl Outlet) -> Result<(), Unsendable> {
        let Some(id) = self.id else { return Ok(()) };
        let now = outlet.now();
        let packet = match &self.message {
            Some(message) => {
                let dup = self.sends > 0;
                let delivery = match message.qos {
                    Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
                    _ => Delivery::AtLeastOnce { id, dup },
                };
                let mut publish = message.to_publish(delivery);
                age(&mut publish.properties, now.since(self.since));
                Packet::Publish(publish)
            }
            None => Packet::PubRel(Ack::success(id)),
        };
        self.sent_at = now;
        outlet.send(packet)?;
        self.sends = self.sends.saturating_add(1);
        Ok(())
    }

    pub(super) fn packet_type(&self) -> PacketType {
        match self.message {
            Some(_) => PacketType::Publish,
            None => PacketType::PubRel,
        }
    }

    /// [`Instant::NEVER`] without a message that can expire.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn expires_at(&self) -> Instant {
        match &self.message {
            Some(message) => expiry_of(message, self.since),
            None => Instant::NEVER,
        }
    }
}

/// When a message expires that has come at `since`; [`Instant::NEVER`] if it does not.
pub(super) fn expiry_of(message: &Message, since: Instant) -> Instant {
    match message.properties.number(MESSAGE_EXPIRY_INTERVAL) {
        Some(secs) => since + Duration::from_secs(u64::from(secs)),
        None => Instant::NEVER,
    }
}

/// Takes the time that a message has waited off its Message Expiry Interval.
fn age(properties: &mut Properties, waited: Duration) {
    let Some(secs) = properties.number(MESSAGE_EXPIRY_INTERVAL) else {
        return;
    };
    let waited = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
    if waited > 0 {
        let mut list = PropertyWriter::default();
        list.extend(&properties.without(&[MESSAGE_EXPIRY_INTERVAL]));
        list.u32(MESSAGE_EXPIRY_INTERVAL, secs.saturating_sub(waited));
        *properties = list.finish();
    }
}
