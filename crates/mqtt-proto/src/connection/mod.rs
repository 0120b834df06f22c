//! What dies with a connection: decoding, limits, quota, aliases, timers. Both roles share it;
//! [`ServerConnection`] adds the server's handshake, [`Client`](crate::Client) the client's.
//!
//! The protocol version is read here, at the edge, and nowhere further in.

mod aliases;
pub(crate) mod authentication;
mod duties;
pub(crate) mod limits;
mod server;
mod table;

pub(crate) use limits::{Announced, keep_alive, own_text};
pub use limits::{Limits, Offer, longest_silence};
pub use server::{Acceptance, ServerConfig, ServerConnection, ServerEvent};
pub use table::{
    CLIENT, ClientAction, ClientInput, ClientState, SERVER, ServerAction, ServerInput, ServerState,
};

use crate::codec::{Decoder, EncodeError, Framing, is_v5};
use crate::effect::Effect;
use crate::error::Violation;
use crate::note::Note;
use crate::packet::{Ack, Packet, PacketType, Properties, Publish, ReasonCodes, property_id as id};
use crate::reason::ReasonCode;
use crate::session::{IdSet, Outlet, ReceiverAction, Session, Unsendable};
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos, Sender, TopicName};
use aliases::Aliases;
pub(crate) use authentication::{Authentication, Turn};
use core::fmt;
use mqtt_spec::{Rule, Version};

/// When an unanswered packet is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Retry {
    /// When the session is resumed over a new connection, and never else: a living connection loses
    /// nothing (3.1.1 section 4.4, 5.0 MQTT-4.4.0-1).
    #[default]
    OnResumeOnly,
    /// Also when no answer came for this long, as old clients and most drawings of the handshake
    /// have it. 3.1.1 allows it. 5.0 does not: each such packet is noted as the violation it is.
    AfterTimeout(Duration),
}

impl Retry {
    /// How long a living connection waits for an answer; [`Duration::MAX`]: for ever.
    const fn after(self) -> Duration {
        match self {
            Self::OnResumeOnly => Duration::MAX,
            Self::AfterTimeout(timeout) => timeout,
        }
    }
}

/// How many bytes a packet has. Whoever makes a connection says it, so that a client does not hold the code
/// for what servers send.
#[derive(Clone, Copy)]
pub(crate) struct Measure(pub(crate) fn(&Packet, Version) -> Result<usize, EncodeError>);

/// Its address is no part of a connection's state: it differs from start to start.
impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measure")
    }
}

/// What both ends of a connection need.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) version: Version,
    pub(crate) decoder: Decoder,
    /// Who we are.
    role: Sender,
    /// How many bytes our packets have.
    measure: Measure,
    /// What the peer lets us do.
    pub(crate) peer: Limits,
    /// What the peer offers: as a client, what CONNACK has said.
    pub(crate) offer: Offer,
    /// What we let the peer do.
    own: Limits,
    /// How many aliases we want to use of those that the peer allows.
    aliases_wanted: u16,
    pub(crate) authentication: Authentication,
    /// Whether the server's answers may explain themselves to the client.
    pub(crate) explain: bool,
    aliases_in: Aliases,
    aliases_out: Aliases,
    /// QoS 1 messages passed on and not acknowledged yet.
    unanswered: u16,
    /// QoS 2 messages that came on this connection and wait for PUBREL. The session's own
    /// set is longer if an earlier connection has left some: those have no part in the quota, which
    /// begins anew with each connection (5.0 section 4.9). Empty under 3.1.1, which has no quota.
    unreleased: IdSet,
    /// What has no answer after this time is sent again; [`Duration::MAX`]: nothing is.
    pub(crate) retry_after: Duration,
    pub(crate) sent_at: Instant,
}

/// A connection at work: where its packets and notes go.
pub(crate) struct Line<'a> {
    pub(crate) connection: &'a mut Connection,
    pub(crate) now: Instant,
    pub(crate) sink: &'a mut dyn Sink<Effect>,
    /// Behind the packet that is sent next, if not the duty of its type.
    rule: Option<Rule>,
}

impl Connection {
    pub(crate) fn new(
        version: Version,
        role: Sender,
        measure: Measure,
        own: Limits,
        aliases_wanted: u16,
        retry: Retry,
        now: Instant,
    ) -> Self {
        let sender = match role {
            Sender::Client => Sender::Server,
            Sender::Server => Sender::Client,
        };
        let framing = Framing {
            // A server learns it from CONNECT.
            version: (role == Sender::Client).then_some(version),
            sender,
            max_packet_size: own.max_packet_size,
        };
        Self {
            version,
            decoder: Decoder::new(framing),
            role,
            measure,
            peer: Limits::UNLIMITED,
            offer: Offer::EVERYTHING,
            own: own.in_version(version),
            aliases_wanted,
            authentication: Authentication::NONE,
            explain: true,
            aliases_in: Aliases::default(),
            aliases_out: Aliases::default(),
            unanswered: 0,
            unreleased: IdSet::new(),
            retry_after: retry.after(),
            sent_at: now,
        }
    }

    pub(crate) const fn is_v5(&self) -> bool {
        is_v5(self.version)
    }

    /// CONNECT has named the version.
    fn set_version(&mut self, version: Version, own: Limits) {
        self.version = version;
        self.own = own.in_version(version);
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn line<'a>(&'a mut self, now: Instant, sink: &'a mut dyn Sink<Effect>) -> Line<'a> {
        Line {
            connection: self,
            now,
            sink,
            rule: None,
        }
    }

    const fn peer_role(&self) -> Sender {
        match self.role {
            Sender::Client => Sender::Server,
            Sender::Server => Sender::Client,
        }
    }

    /// Takes one more QoS 1 or QoS 2 message into the peer's quota, unless it is in there already.
    fn count(&mut self, id: PacketId, qos: Qos) -> Result<(), Violation> {
        if !self.is_v5() || self.unreleased.contains(id) {
            return Ok(());
        }
        let open = self.unreleased.len() + usize::from(self.unanswered);
        if open >= usize::from(self.own.receive_maximum) {
            let by = self.peer_role();
            return Err(Violation::ReceiveMaximumExceeded { by });
        }
        match qos {
            Qos::ExactlyOnce => self.unreleased.insert(id),
            _ => self.unanswered += 1,
        }
        Ok(())
    }

    /// The peer has released the QoS 2 message, or must not: that one is out of its quota.
    fn release(&mut self, id: PacketId) {
        self.unreleased.remove(id);
    }

    /// How many aliases may be used towards the peer.
    fn aliases_max(&self) -> u16 {
        self.peer.topic_alias_maximum.min(self.aliases_wanted)
    }

    /// Whether [`Line::send`] would send this PUBLISH just as it is; if so it counts as sent.
    fn sends_as_is(&mut self, now: Instant, publish: &Publish, packet: &Packet) -> bool {
        let fits = self.aliases_max() == 0
            && (self.is_v5() || publish.properties.is_empty())
            && self.check_offer(publish).is_ok()
            && self.check_size(packet).is_ok();
        if fits {
            self.sent_at = now;
        }
        fits
    }

    /// Whether the peer offers what the message needs: one that has waited, or was sent on an earlier
    /// connection, may need more.
    fn check_offer(&self, publish: &Publish) -> Result<(), Unsendable> {
        if publish.delivery.qos() > self.offer.maximum_qos {
            return Err(Unsendable::QosNotSupported);
        }
        if publish.retain && !self.offer.retain {
            return Err(Unsendable::RetainNotSupported);
        }
        Ok(())
    }

    /// Whether the peer takes a packet of this size.
    fn check_size(&self, packet: &Packet) -> Result<(), Unsendable> {
        let maximum = self.peer.max_packet_size;
        if maximum == u32::MAX && packet.packet_type() == PacketType::Publish {
            // Whoever makes messages has checked that they can be written.
            return Ok(());
        }
        let len = (self.measure.0)(packet, self.version).map_err(Unsendable::Unencodable)?;
        if len > maximum as usize {
            return Err(Unsendable::TooLarge);
        }
        Ok(())
    }

    /// Whether this version knows the rule: without a statement it is no violation.
    #[cfg_attr(feature = "small", inline(always))]
    pub(crate) fn check(&self, violation: Violation) -> Result<(), Violation> {
        match violation.statement(self.version) {
            Some(_) => Err(violation),
            None => Ok(()),
        }
    }
}

impl Line<'_> {
    /// PUBLISH from the peer: alias resolved, quota checked, repeats answered. Whether it is a new
    /// message, and not one that needs nothing more.
    pub(crate) fn handle_publish(
        &mut self,
        publish: &mut Publish,
        session: &mut Session,
    ) -> Result<bool, Violation> {
        let connection = &mut *self.connection;
        let (maximum, by) = (connection.own.topic_alias_maximum, connection.peer_role());
        if let Some(alias) = connection.aliases_in.resolve(publish, maximum, by)? {
            self.note(Note::AliasSet { alias });
        }
        let Some(id) = publish.delivery.id() else {
            return Ok(true);
        };
        let qos = publish.delivery.qos();
        let (action, taken) = session.on_publish(id, qos);
        if action != ReceiverAction::RefuseIdInUse {
            self.connection.count(id, qos)?;
        }
        self.note(Note::Took(taken));
        match action {
            ReceiverAction::DeliverThenPubRec => session.remember(id, self),
            ReceiverAction::RepeatPubRec => {
                self.note(Note::DuplicateSuppressed { id });
                self.follow(Session::answer_rule(qos, false));
                self.transmit(Packet::PubRec(Ack::success(id)));
                return Ok(false);
            }
            ReceiverAction::RefuseIdInUse if self.connection.is_v5() => {
                let reason = ReasonCode::PacketIdentifierInUse;
                self.follow(Session::answer_rule(qos, false));
                self.transmit(Packet::PubAck(Ack::with_reason(id, reason)));
                return Ok(false);
            }
            ReceiverAction::RefuseIdInUse => {
                session.refuse(id, self);
                self.note(Note::IdForgotten { id });
            }
            // Nothing else comes of a PUBLISH.
            _ => {}
        }
        Ok(true)
    }

    /// Answers a new PUBLISH by its QoS. A failure refuses it; 3.1.1 cannot say so and acknowledges
    /// as usual (3.1.1 MQTT-3.3.5-2).
    ///
    /// # Errors
    /// The reason or the properties are none of the acknowledgement's; nothing has changed.
    pub(crate) fn answer(
        &mut self,
        delivery: Delivery,
        reason: ReasonCode,
        properties: Properties,
        session: &mut Session,
    ) -> Result<(), Unsendable> {
        let ack = |id| Ack {
            id,
            reason,
            properties,
        };
        self.follow(Session::answer_rule(delivery.qos(), true));
        match delivery {
            Delivery::AtMostOnce => {}
            Delivery::AtLeastOnce { id, .. } => {
                self.send(Packet::PubAck(ack(id)))?;
                let connection = &mut *self.connection;
                connection.unanswered = connection.unanswered.saturating_sub(1);
            }
            Delivery::ExactlyOnce { id, .. } => {
                self.send(Packet::PubRec(ack(id)))?;
                if reason.is_failure() && self.connection.is_v5() {
                    self.connection.release(id);
                    session.refuse(id, self);
                }
            }
        }
        Ok(())
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP from the peer.
    pub(crate) fn handle_ack(
        &mut self,
        packet: PacketType,
        ack: &Ack,
        session: &mut Session,
    ) -> Result<(), Violation> {
        if packet == PacketType::PubRel {
            self.connection.release(ack.id);
            session.handle_pub_rel(ack.id, self);
            return Ok(());
        }
        session.handle_ack(packet, ack, self)
    }

    /// Sends what cannot be too large: it has no part that the caller chose.
    pub(crate) fn transmit(&mut self, packet: Packet) {
        let _ = self.send(packet);
    }

    /// Makes a PUBLISH what the peer takes; the name for which it sets an alias.
    fn fit_publish(&mut self, packet: &mut Packet) -> Result<Option<TopicName>, Unsendable> {
        let Packet::Publish(publish) = packet else {
            return Ok(None);
        };
        if let Err(why) = self.connection.check_offer(publish) {
            self.note(match why {
                Unsendable::RetainNotSupported => Note::DroppedRetainNotSupported,
                _ => Note::DroppedQosNotSupported,
            });
            return Err(why);
        }
        let connection = &*self.connection;
        let maximum = connection.aliases_max();
        let aliased = if !connection.is_v5() {
            publish.properties = Properties::EMPTY;
            None
        } else if maximum > 0 {
            connection.aliases_out.apply(publish, maximum)
        } else {
            None
        };
        let mut fits = self.connection.check_size(packet);
        let mut new_alias = None;
        if let (Some(aliased), Packet::Publish(publish)) = (aliased, &mut *packet) {
            // An alias can cost more bytes than it saves: not if it makes the packet too large.
            if fits.is_err() {
                aliased.undo(publish);
                fits = self.connection.check_size(packet);
            } else if aliased.is_new() {
                new_alias.clone_from(&publish.topic);
            }
        }
        if fits == Err(Unsendable::TooLarge) {
            let by = self.connection.role;
            self.note(Note::DroppedTooLarge { by });
        }
        fits.map(|()| new_alias)
    }

    /// Makes any other packet what the peer takes.
    fn fit(&mut self, packet: &mut Packet) -> Result<(), Unsendable> {
        if !self.connection.is_v5() {
            make_bare(packet);
            return self.connection.check_size(packet);
        }
        let fits = self.connection.check_size(packet);
        let kind = packet.packet_type();
        let wanted = self.connection.explain
            || self.connection.role == Sender::Client
            || matches!(kind, PacketType::ConnAck | PacketType::Disconnect);
        let too_large = fits == Err(Unsendable::TooLarge);
        if (wanted && !too_large) || !leave_out_explanation(packet) {
            return fits;
        }
        self.note(Note::ProblemInformationLeftOut {
            packet: kind,
            too_large,
        });
        self.connection.check_size(packet)
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn put(&mut self, packet: Packet) {
        self.connection.sent_at = self.now;
        if cfg!(feature = "notes") {
            let rule = self.rule.take();
            for rule in duties::of(&packet, rule).into_iter().flatten() {
                self.note(Note::Duty(rule));
            }
        }
        self.sink.emit(Effect::Send(packet));
    }
}

impl Outlet for Line<'_> {
    fn role(&self) -> Sender {
        self.connection.role
    }

    fn follow(&mut self, rule: Option<Rule>) {
        self.rule = rule;
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn window(&self) -> u16 {
        self.connection.peer.receive_maximum
    }

    fn retry_after(&self) -> Duration {
        self.connection.retry_after
    }

    fn send(&mut self, mut packet: Packet) -> Result<(), Unsendable> {
        let new_alias = match packet {
            Packet::Publish(_) => self.fit_publish(&mut packet)?,
            _ => {
                self.fit(&mut packet)?;
                None
            }
        };
        self.put(packet);
        if let Some(name) = new_alias {
            let alias = self.connection.aliases_out.confirm(name);
            self.note(Note::AliasSet { alias });
        }
        Ok(())
    }
}

impl Sink<Effect> for Line<'_> {
    fn emit(&mut self, effect: Effect) {
        self.sink.emit(effect);
    }
}

/// Leaves only what 3.1.1 can write: no properties, and no reasons but CONNACK's and SUBACK's.
fn make_bare(packet: &mut Packet) {
    if let Some(properties) = packet.properties_mut() {
        *properties = Properties::EMPTY;
    }
    match packet {
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            ack.reason = ReasonCode::Success;
        }
        Packet::Disconnect(disconnect) => disconnect.reason = ReasonCode::Success,
        Packet::UnsubAck(ack) => ack.reasons = ReasonCodes::default(),
        _ => {}
    }
}

/// Takes reason string and user properties out of an answer, where they are optional (5.0 section
/// 3.1.2.11.7, and Reason String and User Property of each packet). Says whether there were any.
fn leave_out_explanation(packet: &mut Packet) -> bool {
    if is_question(packet.packet_type()) {
        return false;
    }
    let Some(properties) = packet.properties_mut() else {
        return false;
    };
    let found = properties.explain();
    if found {
        *properties = properties.without(&EXPLANATION);
    }
    found
}

/// A packet whose user properties are its sender's own.
const fn is_question(packet: PacketType) -> bool {
    matches!(
        packet,
        PacketType::Connect | PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe
    )
}

/// Reason String and User Property.
const EXPLANATION: [u8; 2] = [id::REASON_STRING, id::USER_PROPERTY];

impl Properties {
    /// Whether a reason string or a user property is among them.
    pub(crate) fn explain(&self) -> bool {
        self.raw().any(|(id, _)| EXPLANATION.contains(&id))
    }
}
