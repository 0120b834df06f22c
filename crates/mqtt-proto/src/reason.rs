//! Reason codes (5.0 section 2.4). 3.1.1's return codes are mapped to them in the codec.

use crate::packet::PacketType;
use crate::types::Sender;
use core::fmt;

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        /// A reason code. Codes from 0x80 on are failures.
        ///
        /// 0x00 has one name here, [`ReasonCode::Success`], though 5.0 prints it as "Normal
        /// disconnection" in DISCONNECT and as "Granted QoS 0" in SUBACK.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $($(#[$doc])* #[doc = concat!("`", stringify!($value), "`: ", $text, ".")] $name = $value,)*
        }

        impl ReasonCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code of this value, if there is one.
            #[must_use]
            pub const fn from_u8(value: u8) -> Option<Self> {
                match value {
                    $($value => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The name that the standard gives it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reason_codes! {
    Success = 0x00, "Success";
    GrantedQos1 = 0x01, "Granted QoS 1";
    GrantedQos2 = 0x02, "Granted QoS 2";
    DisconnectWithWill = 0x04, "Disconnect with Will Message";
    NoMatchingSubscribers = 0x10, "No matching subscribers";
    NoSubscriptionExisted = 0x11, "No subscription existed";
    ContinueAuthentication = 0x18, "Continue authentication";
    ReAuthenticate = 0x19, "Re-authenticate";
    UnspecifiedError = 0x80, "Unspecified error";
    MalformedPacket = 0x81, "Malformed Packet";
    ProtocolError = 0x82, "Protocol Error";
    ImplementationSpecificError = 0x83, "Implementation specific error";
    UnsupportedProtocolVersion = 0x84, "Unsupported Protocol Version";
    ClientIdentifierNotValid = 0x85, "Client Identifier not valid";
    BadUserNameOrPassword = 0x86, "Bad User Name or Password";
    NotAuthorized = 0x87, "Not authorized";
    ServerUnavailable = 0x88, "Server unavailable";
    ServerBusy = 0x89, "Server busy";
    Banned = 0x8A, "Banned";
    ServerShuttingDown = 0x8B, "Server shutting down";
    BadAuthenticationMethod = 0x8C, "Bad authentication method";
    KeepAliveTimeout = 0x8D, "Keep Alive timeout";
    SessionTakenOver = 0x8E, "Session taken over";
    TopicFilterInvalid = 0x8F, "Topic Filter invalid";
    TopicNameInvalid = 0x90, "Topic Name invalid";
    PacketIdentifierInUse = 0x91, "Packet Identifier in use";
    PacketIdentifierNotFound = 0x92, "Packet Identifier not found";
    ReceiveMaximumExceeded = 0x93, "Receive Maximum exceeded";
    TopicAliasInvalid = 0x94, "Topic Alias invalid";
    PacketTooLarge = 0x95, "Packet too large";
    MessageRateTooHigh = 0x96, "Message rate too high";
    QuotaExceeded = 0x97, "Quota exceeded";
    AdministrativeAction = 0x98, "Administrative action";
    PayloadFormatInvalid = 0x99, "Payload format invalid";
    RetainNotSupported = 0x9A, "Retain not supported";
    QosNotSupported = 0x9B, "QoS not supported";
    UseAnotherServer = 0x9C, "Use another server";
    ServerMoved = 0x9D, "Server moved";
    SharedSubscriptionsNotSupported = 0x9E, "Shared Subscriptions not supported";
    ConnectionRateExceeded = 0x9F, "Connection rate exceeded";
    MaximumConnectTime = 0xA0, "Maximum connect time";
    SubscriptionIdentifiersNotSupported = 0xA1, "Subscription Identifiers not supported";
    WildcardSubscriptionsNotSupported = 0xA2, "Wildcard Subscriptions not supported";
}

impl ReasonCode {
    /// The byte on the wire.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    /// Whether it is 0x80 or above.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        self.as_u8() >= 0x80
    }
}

/// Whether a 5.0 packet of this type from this end carries the code (tables 3-1 and 3-4 to 3-11).
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn stands_in(reason: ReasonCode, packet: PacketType, sender: Sender) -> bool {
    let [client, server] = CARRIED
        .get(usize::from(place(reason)))
        .copied()
        .unwrap_or_default();
    let packets = match sender {
        Sender::Client => client,
        Sender::Server => server,
    };
    packets >> packet as u8 & 1 != 0
}

/// For each code in its [`place`], and for client and server, a bit for each packet type.
#[expect(
    clippy::indexing_slicing,
    reason = "at compile time, where a wrong index is an error"
)]
static CARRIED: [[u16; 2]; PLACES] = {
    let mut carried = [[0; 2]; PLACES];
    let mut at = 0;
    while at < ReasonCode::ALL.len() {
        let reason = ReasonCode::ALL[at];
        carried[place(reason) as usize] = [
            packets_with(reason, Sender::Client),
            packets_with(reason, Sender::Server),
        ];
        at += 1;
    }
    carried
};

const fn packets_with(reason: ReasonCode, sender: Sender) -> u16 {
    let mut packets = 0;
    let mut bits = 1;
    while let Some(packet) = PacketType::from_bits(bits) {
        packets |= (carries(packet, reason, sender) as u16) << bits;
        bits += 1;
    }
    packets
}

/// The successes up to 0x19, then the failures.
const fn place(reason: ReasonCode) -> u8 {
    match reason.as_u8() {
        code @ 0x80.. => code - 0x80 + 0x1A,
        code => code,
    }
}

const PLACES: usize = place(ReasonCode::WildcardSubscriptionsNotSupported) as usize + 1;

/// One code goes beyond the tables: a client's DISCONNECT may say [`ReasonCode::QosNotSupported`],
/// which section 3.3.4 has it send although table 3-10 gives that code to servers only.
const fn carries(packet: PacketType, reason: ReasonCode, sender: Sender) -> bool {
    let code = reason.as_u8();
    let server = matches!(sender, Sender::Server);
    match packet {
        PacketType::ConnAck => matches!(
            code,
            0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F
        ),
        PacketType::PubAck | PacketType::PubRec => {
            matches!(code, 0x00 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
                || (code == 0x10 && server)
        }
        PacketType::PubRel | PacketType::PubComp => matches!(code, 0x00 | 0x92),
        PacketType::SubAck => matches!(
            code,
            0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2
        ),
        PacketType::UnsubAck => matches!(code, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91),
        PacketType::Disconnect => match code {
            0x00 | 0x80..=0x83 | 0x90 | 0x93..=0x99 | 0x9B => true,
            0x04 => !server,
            0x87 | 0x89 | 0x8B | 0x8D..=0x8F | 0x9A | 0x9C..=0xA2 => server,
            _ => false,
        },
        PacketType::Auth => match code {
            0x00 => server,
            0x18 => true,
            0x19 => !server,
            _ => false,
        },
        _ => false,
    }
}

/// The reason code that means the same as a 3.1.1 CONNACK return code.
pub(crate) const fn from_return_code(code: u8) -> Option<ReasonCode> {
    Some(match code {
        0 => ReasonCode::Success,
        1 => ReasonCode::UnsupportedProtocolVersion,
        2 => ReasonCode::ClientIdentifierNotValid,
        3 => ReasonCode::ServerUnavailable,
        4 => ReasonCode::BadUserNameOrPassword,
        5 => ReasonCode::NotAuthorized,
        _ => return None,
    })
}

/// The 3.1.1 CONNACK return code that means the same; most reasons have none.
pub(crate) const fn to_return_code(reason: ReasonCode) -> Option<u8> {
    Some(match reason {
        ReasonCode::Success => 0,
        ReasonCode::UnsupportedProtocolVersion => 1,
        ReasonCode::ClientIdentifierNotValid => 2,
        ReasonCode::ServerUnavailable => 3,
        ReasonCode::BadUserNameOrPassword => 4,
        ReasonCode::NotAuthorized => 5,
        _ => return None,
    })
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02X} {}", self.as_u8(), self.name())
    }
}
