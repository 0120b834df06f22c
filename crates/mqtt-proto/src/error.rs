//! Errors by blame: the peer broke a rule ([`Violation`]), policy says no ([`Refused`]), the caller
//! asked for what cannot be ([`Misuse`]). Bytes that are no packet are the codec's.

use crate::codec::{EncodeError, Malformed};
use crate::packet::PacketType;
use crate::reason::ReasonCode;
use crate::rules::{both, only_v5, only_v311};
use crate::session::Unsendable;
use crate::types::Sender;
use core::fmt;
use mqtt_spec::{Rule, StatementId, Version};

/// A rule that the peer broke: a packet may be right in itself and still be wrong here and now.
///
/// What one packet shows by itself is the codec's to find. A violation that has no statement in the
/// version in force ([`Violation::statement`] is `None`) is none under that version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// The server has waited too long for CONNECT.
    NoConnect,
    /// CONNECT on a connection that has had one.
    SecondConnect,
    /// The client has waited too long for CONNACK.
    NoConnAck,
    /// The server sent this packet before CONNACK.
    BeforeConnAck(PacketType),
    /// CONNACK on a connection that has had one.
    SecondConnAck,
    /// Session Present, but this client holds no session state.
    UnexpectedSessionPresent,
    /// The client left its id empty, and CONNACK names none.
    AssignedClientIdMissing,
    /// The client was silent for more than one and a half times its keep alive.
    KeepAliveTimeout,
    /// PINGREQ was not answered in time.
    NoPingResp,
    /// More QoS 1 and QoS 2 messages are open than the receiver allows.
    ReceiveMaximumExceeded {
        /// Who sent too many.
        by: Sender,
    },
    /// A topic alias above the receiver's maximum.
    TopicAliasTooLarge {
        /// Who sent it.
        by: Sender,
        /// The alias.
        alias: u16,
    },
    /// A topic alias in place of the name, but this connection has not set it.
    TopicAliasUnknown {
        /// The alias.
        alias: u16,
    },
    /// A message above the QoS that the server has announced as its maximum.
    QosNotSupported,
    /// RETAIN, though the server has announced that it keeps nothing.
    RetainNotSupported,
    /// A filter with a wildcard, though the server has announced that it takes none.
    WildcardsNotSupported,
    /// A subscription identifier, though the server has announced that it takes none.
    SubscriptionIdsNotSupported,
    /// A `$share` filter, though the server has announced that it takes none.
    SharedNotSupported,
    /// An acknowledgement of another kind than the message's QoS calls for.
    WrongAcknowledgement(PacketType),
    /// SUBACK or UNSUBACK with another number of codes than the request had filters.
    ReasonCount(PacketType),
    /// A reason string or user property, which the client has asked not to be sent.
    UnwantedProblemInformation(PacketType),
    /// DISCONNECT gives a session an expiry that began with none.
    ExpiryFromZero,
    /// AUTH or an authentication method, though CONNECT had no method.
    AuthWithoutMethod {
        /// Who sent it.
        by: Sender,
    },
    /// Another authentication method than CONNECT's, or none where it must be repeated.
    AuthMethodChanged {
        /// Who sent it.
        by: Sender,
    },
    /// Another authentication method for a re-authentication than CONNECT's.
    ReauthMethodChanged,
    /// The server has waited too long for AUTH.
    NoAuth,
    /// AUTH with a code that has no place at this moment.
    AuthOutOfPlace {
        /// Who sent it.
        by: Sender,
    },
    /// A packet other than AUTH and DISCONNECT before an authentication is complete.
    DuringAuthentication(PacketType),
}

impl Violation {
    /// Whether it is only silence, which faults make: every other violation somebody did.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(
            self,
            Self::KeepAliveTimeout | Self::NoConnAck | Self::NoPingResp | Self::NoConnect
        )
    }

    /// The rule that is broken, or the one that commands the reaction, and the code that says so
    /// (in CONNACK before the connection is accepted, else in DISCONNECT; 3.1.1 says nothing).
    #[must_use]
    #[cfg_attr(feature = "small", inline(always))]
    pub const fn verdict(self) -> (Rule, ReasonCode) {
        use ReasonCode as R;
        use Sender::{Client, Server};
        match self {
            Self::NoConnect => (both!("MQTT-3.1.0-1", "MQTT-3.1.0-1"), R::ProtocolError),
            Self::SecondConnect => (both!("MQTT-3.1.0-2", "MQTT-3.1.0-2"), R::ProtocolError),
            Self::NoConnAck => (both!("MQTT-3.1.4-4", "MQTT-3.1.4-5"), R::UnspecifiedError),
            Self::BeforeConnAck(PacketType::Disconnect) => {
                (both!("MQTT-3.2.0-1", "MQTT-3.14.0-1"), R::ProtocolError)
            }
            Self::BeforeConnAck(_) => (both!("MQTT-3.2.0-1", "MQTT-3.2.0-1"), R::ProtocolError),
            Self::SecondConnAck => (both!("MQTT-4.8.0-1", "MQTT-3.2.0-2"), R::ProtocolError),
            Self::UnexpectedSessionPresent => (only_v5!("MQTT-3.2.2-4"), R::ProtocolError),
            Self::AssignedClientIdMissing => (only_v5!("MQTT-3.2.2-16"), R::ProtocolError),
            Self::KeepAliveTimeout => {
                (both!("MQTT-3.1.2-24", "MQTT-3.1.2-22"), R::KeepAliveTimeout)
            }
            Self::NoPingResp => (both!("MQTT-3.12.4-1", "MQTT-3.12.4-1"), R::UnspecifiedError),
            Self::ReceiveMaximumExceeded { by: Client } => {
                (only_v5!("MQTT-3.3.4-7"), R::ReceiveMaximumExceeded)
            }
            Self::ReceiveMaximumExceeded { by: Server } => {
                (only_v5!("MQTT-3.3.4-9"), R::ReceiveMaximumExceeded)
            }
            Self::TopicAliasTooLarge { by: Client, .. } => {
                (only_v5!("MQTT-3.3.2-9"), R::TopicAliasInvalid)
            }
            Self::TopicAliasTooLarge { by: Server, .. } => {
                (only_v5!("MQTT-3.3.2-11"), R::TopicAliasInvalid)
            }
            Self::TopicAliasUnknown { .. } => {
                (only_v5!("SECT-3.3.4-unknown-alias"), R::ProtocolError)
            }
            Self::QosNotSupported => (only_v5!("MQTT-3.2.2-11"), R::QosNotSupported),
            Self::RetainNotSupported => (only_v5!("MQTT-3.2.2-14"), R::RetainNotSupported),
            Self::WildcardsNotSupported => (
                only_v5!("SECT-3.2.2.3.11-use"),
                R::WildcardSubscriptionsNotSupported,
            ),
            Self::SubscriptionIdsNotSupported => (
                only_v5!("SECT-3.2.2.3.12-use"),
                R::SubscriptionIdentifiersNotSupported,
            ),
            Self::SharedNotSupported => (
                only_v5!("SECT-3.2.2.3.13-use"),
                R::SharedSubscriptionsNotSupported,
            ),
            Self::WrongAcknowledgement(_) => {
                (both!("MQTT-3.3.4-1", "MQTT-3.3.4-1"), R::ProtocolError)
            }
            Self::ReasonCount(PacketType::UnsubAck) => {
                (only_v5!("MQTT-3.11.3-2"), R::ProtocolError)
            }
            Self::ReasonCount(_) => (both!("MQTT-3.8.4-5", "MQTT-3.8.4-6"), R::ProtocolError),
            Self::UnwantedProblemInformation(_) => (only_v5!("MQTT-3.1.2-29"), R::ProtocolError),
            Self::ExpiryFromZero => (only_v5!("SECT-3.14.2.2.2-from-zero"), R::ProtocolError),
            Self::AuthWithoutMethod { by: Client } => (only_v5!("MQTT-4.12.0-7"), R::ProtocolError),
            Self::AuthWithoutMethod { by: Server } => (only_v5!("MQTT-4.12.0-6"), R::ProtocolError),
            Self::AuthMethodChanged { .. } => (only_v5!("MQTT-4.12.0-5"), R::ProtocolError),
            Self::ReauthMethodChanged => (only_v5!("MQTT-4.12.1-1"), R::ProtocolError),
            Self::NoAuth => (only_v5!("MQTT-4.12.0-3"), R::NotAuthorized),
            Self::AuthOutOfPlace { by: Client } => (only_v5!("MQTT-4.12.0-3"), R::ProtocolError),
            Self::AuthOutOfPlace { by: Server } => (only_v5!("MQTT-4.12.0-2"), R::ProtocolError),
            Self::DuringAuthentication(_) => (only_v5!("MQTT-3.1.2-30"), R::ProtocolError),
        }
    }

    /// The rule of [`Violation::verdict`].
    #[must_use]
    #[cfg_attr(feature = "small", inline(always))]
    pub const fn rule(self) -> Rule {
        self.verdict().0
    }

    /// The code of [`Violation::verdict`].
    #[must_use]
    #[cfg_attr(feature = "small", inline(always))]
    pub const fn reason(self) -> ReasonCode {
        self.verdict().1
    }

    /// The statement that is broken in that version; `None` if the version has no such rule.
    #[must_use]
    #[cfg_attr(feature = "small", inline(always))]
    pub const fn statement(self, version: Version) -> Option<StatementId> {
        self.rule().id_in(version)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnect => f.write_str("no CONNECT in time"),
            Self::SecondConnect => f.write_str("a second CONNECT"),
            Self::NoConnAck => f.write_str("no CONNACK in time"),
            Self::BeforeConnAck(packet) => write!(f, "{} before CONNACK", packet.name()),
            Self::SecondConnAck => f.write_str("a second CONNACK"),
            Self::UnexpectedSessionPresent => {
                f.write_str("Session Present for a client without session state")
            }
            Self::AssignedClientIdMissing => {
                f.write_str("no Assigned Client Identifier for an empty client id")
            }
            Self::KeepAliveTimeout => f.write_str("silence beyond 1.5 times the keep alive"),
            Self::NoPingResp => f.write_str("no PINGRESP in time"),
            Self::ReceiveMaximumExceeded { .. } => {
                f.write_str("more open messages than the Receive Maximum")
            }
            Self::TopicAliasTooLarge { alias, .. } => {
                write!(f, "topic alias {alias} is above the maximum")
            }
            Self::TopicAliasUnknown { alias } => write!(f, "topic alias {alias} is not set"),
            Self::QosNotSupported => f.write_str("a QoS above the announced maximum"),
            Self::RetainNotSupported => f.write_str("RETAIN where it is not available"),
            Self::WildcardsNotSupported => {
                f.write_str("a wildcard in a filter, where none is available")
            }
            Self::SubscriptionIdsNotSupported => {
                f.write_str("a subscription identifier, where none is available")
            }
            Self::SharedNotSupported => {
                f.write_str("a shared subscription, where none is available")
            }
            Self::WrongAcknowledgement(packet) => {
                write!(f, "{} does not fit the message's QoS", packet.name())
            }
            Self::ReasonCount(packet) => {
                write!(f, "{} has not one code per filter", packet.name())
            }
            Self::UnwantedProblemInformation(packet) => {
                write!(f, "{} explains itself unasked", packet.name())
            }
            Self::ExpiryFromZero => f.write_str("DISCONNECT sets an expiry where CONNECT had none"),
            Self::AuthWithoutMethod { .. } => {
                f.write_str("authentication without a method in CONNECT")
            }
            Self::AuthMethodChanged { .. } | Self::ReauthMethodChanged => {
                f.write_str("another authentication method than CONNECT's")
            }
            Self::NoAuth => f.write_str("no AUTH in time"),
            Self::AuthOutOfPlace { .. } => f.write_str("AUTH out of place"),
            Self::DuringAuthentication(packet) => {
                write!(f, "{} during authentication", packet.name())
            }
        }
    }
}

impl core::error::Error for Violation {}

/// Why a server does not take a client: nobody broke a rule, policy says no.
///
/// The codes of CONNACK that a policy can choose (5.0 table 3-1). The codes for a broken CONNECT
/// come from the codec or from a [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum Refused {
    Unspecified,
    ImplementationSpecific,
    UnsupportedProtocolVersion,
    ClientIdentifier,
    BadUserNameOrPassword,
    NotAuthorized,
    ServerUnavailable,
    ServerBusy,
    Banned,
    BadAuthenticationMethod,
    WillTopic,
    PacketTooLarge,
    QuotaExceeded,
    WillPayloadFormat,
    WillRetain,
    WillQos,
    UseAnotherServer,
    ServerMoved,
    ConnectionRate,
}

impl Refused {
    /// The rule that lets or makes the server refuse, and the code of its CONNACK.
    #[must_use]
    pub const fn verdict(self) -> (Rule, ReasonCode) {
        use ReasonCode as R;
        const FAILED_CHECK: Rule = both!("SECT-3.1.4-failed-check", "MQTT-3.1.4-2");
        const NO_CODE: Rule = both!("MQTT-3.2.2-6", "MQTT-3.1.4-2");
        match self {
            Self::Unspecified => (NO_CODE, R::UnspecifiedError),
            Self::ImplementationSpecific => (NO_CODE, R::ImplementationSpecificError),
            Self::UnsupportedProtocolVersion => (
                both!("MQTT-3.1.2-2", "MQTT-3.1.2-2"),
                R::UnsupportedProtocolVersion,
            ),
            Self::ClientIdentifier => (
                both!("MQTT-3.1.3-9", "MQTT-3.1.3-8"),
                R::ClientIdentifierNotValid,
            ),
            Self::BadUserNameOrPassword => (FAILED_CHECK, R::BadUserNameOrPassword),
            Self::NotAuthorized => (FAILED_CHECK, R::NotAuthorized),
            Self::ServerUnavailable => (FAILED_CHECK, R::ServerUnavailable),
            Self::ServerBusy => (NO_CODE, R::ServerBusy),
            Self::Banned => (NO_CODE, R::Banned),
            Self::BadAuthenticationMethod => (
                both!("MQTT-3.2.2-6", "MQTT-4.12.0-1"),
                R::BadAuthenticationMethod,
            ),
            Self::WillTopic => (NO_CODE, R::TopicNameInvalid),
            Self::PacketTooLarge => (NO_CODE, R::PacketTooLarge),
            Self::QuotaExceeded => (NO_CODE, R::QuotaExceeded),
            Self::WillPayloadFormat => (NO_CODE, R::PayloadFormatInvalid),
            Self::WillRetain => (
                both!("MQTT-3.2.2-6", "MQTT-3.2.2-13"),
                R::RetainNotSupported,
            ),
            Self::WillQos => (both!("MQTT-3.2.2-6", "MQTT-3.2.2-12"), R::QosNotSupported),
            Self::UseAnotherServer => (NO_CODE, R::UseAnotherServer),
            Self::ServerMoved => (NO_CODE, R::ServerMoved),
            Self::ConnectionRate => (NO_CODE, R::ConnectionRateExceeded),
        }
    }

    /// The code of [`Refused::verdict`].
    #[must_use]
    pub const fn reason(self) -> ReasonCode {
        self.verdict().1
    }

    /// The rule of [`Refused::verdict`].
    #[must_use]
    pub const fn rule(self) -> Rule {
        self.verdict().0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.reason().name())
    }
}

impl core::error::Error for Refused {}

/// What a caller asked for cannot be done. Nothing was sent and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// There is no connection, or it is not accepted yet, or it is being closed.
    NotConnected,
    /// `handle_open` on a connection that is open.
    AlreadyOpen,
    /// The session's queue is full, and its policy is to keep what is there.
    QueueFull,
    /// Every packet identifier is in use.
    NoFreePacketId,
    /// The packet would be larger than the peer takes.
    PacketTooLarge,
    /// What was asked for has no form in this version, or none at all.
    Unencodable(EncodeError),
    /// The server has announced a lower maximum.
    QosNotSupported,
    /// The server has announced that it keeps nothing.
    RetainNotSupported,
    /// The server has announced that it takes no filter with wildcards.
    WildcardsNotSupported,
    /// The server has announced that it takes no `$share` filter.
    SharedNotSupported,
    /// The server has announced that it takes no subscription identifier.
    SubscriptionIdsNotSupported,
    /// This packet, SUBSCRIBE or UNSUBSCRIBE, needs a filter.
    NoFilters(PacketType),
    /// A `$share` filter that is malformed, or asks for No Local.
    InvalidShare,
    /// 3.1.1 takes an empty client id only from a clean session.
    EmptyClientId,
    /// 3.1.1 takes a password only beside a user name.
    PasswordWithoutUserName,
    /// DISCONNECT cannot give a session an expiry that began with none.
    ExpiryFromZero,
    /// CONNECT had no authentication method, as always under 3.1.1, or no authentication is going on.
    NoAuthentication,
    /// The peer's AUTH is due first.
    AuthOutOfTurn,
    /// A reason code that this packet does not have.
    WrongReason,
    /// Topic aliases are given by the connection, not by its user.
    TopicAlias,
    /// Payload Format Indicator says text, but the payload is not UTF-8.
    PayloadNotText,
}

impl Misuse {
    /// The rule that the request would have broken, if it is one of the standard.
    #[must_use]
    pub const fn rule(self) -> Option<Rule> {
        Some(match self {
            Self::NotConnected
            | Self::AlreadyOpen
            | Self::QueueFull
            | Self::Unencodable(_)
            | Self::TopicAlias => {
                return None;
            }
            Self::NoFreePacketId => both!("MQTT-2.3.1-2", "MQTT-2.2.1-3"),
            Self::PacketTooLarge => only_v5!("MQTT-3.2.2-15"),
            Self::QosNotSupported => only_v5!("MQTT-3.2.2-11"),
            Self::RetainNotSupported => only_v5!("MQTT-3.2.2-14"),
            Self::WildcardsNotSupported => only_v5!("SECT-3.2.2.3.11-use"),
            Self::SharedNotSupported => only_v5!("SECT-3.2.2.3.13-use"),
            Self::SubscriptionIdsNotSupported => only_v5!("SECT-3.2.2.3.12-use"),
            Self::NoFilters(PacketType::Unsubscribe) => both!("MQTT-3.10.3-2", "MQTT-3.10.3-2"),
            Self::NoFilters(_) => both!("MQTT-3.8.3-3", "MQTT-3.8.3-2"),
            Self::InvalidShare => only_v5!("MQTT-4.8.2-2"),
            Self::EmptyClientId => only_v311!("MQTT-3.1.3-7"),
            Self::PasswordWithoutUserName => only_v311!("MQTT-3.1.2-22"),
            Self::ExpiryFromZero => only_v5!("SECT-3.14.2.2.2-from-zero"),
            Self::NoAuthentication => only_v5!("MQTT-4.12.0-7"),
            Self::AuthOutOfTurn => only_v5!("MQTT-4.12.0-3"),
            Self::WrongReason => only_v5!("MQTT-3.14.2-1"),
            Self::PayloadNotText => only_v5!("SECT-3.3.2.3.2-utf8"),
        })
    }
}

impl From<Unsendable> for Misuse {
    fn from(why: Unsendable) -> Self {
        match why {
            Unsendable::TooLarge => Self::PacketTooLarge,
            Unsendable::Unencodable(why) => Self::Unencodable(why),
            Unsendable::QosNotSupported => Self::QosNotSupported,
            Unsendable::RetainNotSupported => Self::RetainNotSupported,
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected",
            Self::AlreadyOpen => "already open",
            Self::QueueFull => "the queue is full",
            Self::NoFreePacketId => "every packet identifier is in use",
            Self::PacketTooLarge => "larger than the peer's Maximum Packet Size",
            Self::Unencodable(why) => return why.fmt(f),
            Self::QosNotSupported => "above the server's Maximum QoS",
            Self::RetainNotSupported => "the server keeps no retained messages",
            Self::WildcardsNotSupported => "the server takes no wildcards",
            Self::SharedNotSupported => "the server takes no shared subscriptions",
            Self::SubscriptionIdsNotSupported => "the server takes no subscription identifiers",
            Self::NoFilters(_) => "no topic filter",
            Self::InvalidShare => "not a valid shared subscription",
            Self::EmptyClientId => "an empty client id needs a clean session",
            Self::PasswordWithoutUserName => "a password needs a user name",
            Self::ExpiryFromZero => "a session without expiry cannot be given one",
            Self::NoAuthentication => "no authentication to go on with",
            Self::AuthOutOfTurn => "the other end's AUTH is due first",
            Self::WrongReason => "not a reason code of this packet",
            Self::PayloadNotText => "the payload is not the text that it is said to be",
            Self::TopicAlias => "topic aliases are given by the connection",
        })
    }
}

impl core::error::Error for Misuse {}

/// Why a machine wants its transport closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer's bytes are no packet that it may send.
    Malformed(Malformed),
    /// The peer broke a rule.
    Violation(Violation),
    /// This server does not take the client.
    Refused(Refused),
    /// The server's CONNACK said no.
    RefusedByServer(ReasonCode),
    /// The peer sent DISCONNECT.
    PeerDisconnected(ReasonCode),
    /// The caller asked for it. DISCONNECT with this code is out, if the version has it and the
    /// handshake is over.
    Disconnected(ReasonCode),
}

impl CloseReason {
    /// The code that says it: to the peer, or from it.
    #[must_use]
    pub const fn reason(&self) -> ReasonCode {
        match self {
            Self::Malformed(malformed) => malformed.reason(),
            Self::Violation(violation) => violation.reason(),
            Self::Refused(refused) => refused.reason(),
            Self::RefusedByServer(reason)
            | Self::PeerDisconnected(reason)
            | Self::Disconnected(reason) => *reason,
        }
    }

    /// The rule behind it, if the peer broke one or the refusal has one.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::Malformed(malformed) => Some(malformed.rule()),
            Self::Violation(violation) => Some(violation.rule()),
            Self::Refused(refused) => Some(refused.rule()),
            Self::RefusedByServer(_) => Some(both!("MQTT-3.2.2-5", "MQTT-3.2.2-7")),
            Self::PeerDisconnected(_) => None,
            // The only DISCONNECT that 3.1.1 has.
            Self::Disconnected(ReasonCode::Success) => {
                Some(both!("MQTT-3.14.4-1", "MQTT-3.14.4-2"))
            }
            Self::Disconnected(_) => Some(only_v5!("MQTT-3.14.4-2")),
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Violation(violation) => violation.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
            Self::RefusedByServer(reason) => write!(f, "CONNACK {reason}"),
            Self::PeerDisconnected(reason) => write!(f, "the peer's DISCONNECT {reason}"),
            Self::Disconnected(reason) => write!(f, "ended by this end: {reason}"),
        }
    }
}
