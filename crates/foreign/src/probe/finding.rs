//! What a row of the report has found out, as data: hosts say it in the languages that they have.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use mqtt_proto::{CloseReason, Qos, ReasonCode};

/// A finding. Its [`Display`](fmt::Display) is English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing came.
    Nothing,
    /// CONNACK said no.
    ConnectionRefused(ReasonCode),
    /// The client would not ask this broker, which has said that it does not have it: in the client's words.
    NotSaid(String),
    /// No connection could be opened.
    NotOpened,
    /// Nothing for as long as an answer may take.
    NoAnswer,
    /// The connection was closed for this.
    ConnectionClosed(CloseReason),
    /// The broker closed without a packet that says why.
    ClosedSilently,
    /// SUBACK said no.
    SubscriptionRefused(Vec<ReasonCode>),
    /// The acknowledgement said no.
    MessageRefused(ReasonCode),
    /// CONNACK said yes.
    Accepted,
    /// What CONNACK says of the broker (5.0).
    Limits(Limits),
    /// The client id that the broker has chosen.
    Chosen(String),
    /// It has chosen one and does not say which.
    NotChosen,
    /// A message came so many times.
    Copies(usize),
    /// A message came and its sender was told nothing.
    Unacknowledged,
    /// What SUBACK granted, and at which QoS the message came.
    Downgraded(ReasonCode, Qos),
    /// A message came once.
    Once(Qos),
    /// A later subscription gets what is retained, until it is cleared.
    Retained,
    /// It gets it; whether it is cleared did not show.
    RetainedAtLeast,
    /// It comes without RETAIN.
    RetainedUnmarked,
    /// An empty payload does not clear it.
    RetainedForEver,
    /// A message came by a filter.
    Came,
    /// `a/#` matches `a`.
    ParentMatched,
    /// It does not.
    ParentNotMatched,
    /// How 4 messages were shared by two.
    Shared(usize, usize),
    /// Each of 4 messages came to both, in so many copies.
    NotShared(usize, usize),
    /// So many of 4 messages came, in so many copies to each of the two.
    SharedSome(usize, usize, usize),
    /// What is published to the very name of a share comes to who has subscribed to it.
    ShareIsATopic,
    /// The copies of a message for overlapping subscriptions: the QoS and the identifiers of each.
    Overlap(Vec<(Qos, Vec<u32>)>),
    /// No Local keeps back what the client has published.
    NoEcho,
    /// It does not.
    Echo,
    /// RETAIN stays.
    RetainKept,
    /// RETAIN is gone.
    RetainGone,
    /// The session goes on, with its messages.
    SessionKept,
    /// The session goes on, without them.
    SessionWithoutMessages,
    /// The session goes on, and they come more than once.
    SessionWithCopies(usize),
    /// The session is gone.
    SessionGone,
    /// CONNACK says that it is new, and its messages come.
    SessionDenied,
    /// The will was published.
    WillCame,
    /// It was not, within a second.
    NoWill,
    /// So many messages from `$SYS/#` in a moment.
    FromSys(usize),
    /// `#` matched a topic with `$`.
    DollarMatched(String),
    /// It did not.
    DollarNotMatched,
    /// It did not, and there was none.
    NoDollar,
    /// It was acknowledged.
    Acknowledged,
    /// UNSUBACK names what there was not.
    NoSubscription,
    /// UNSUBACK says something else.
    Unsubscribed(Vec<ReasonCode>),
    /// Something, more than once.
    Times(Box<Finding>, usize),
}

/// What a CONNACK of 5.0 says of the broker; `None` is what the standard says of it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum QoS, 2 without a word.
    pub maximum_qos: Option<u32>,
    /// Receive Maximum, 65,535 without a word.
    pub receive_maximum: Option<u32>,
    /// Maximum Packet Size in bytes, without bound otherwise.
    pub maximum_packet_size: Option<u32>,
    /// Topic Alias Maximum, 0 without a word.
    pub topic_alias_maximum: Option<u32>,
    /// Server Keep Alive in seconds, otherwise as asked for.
    pub server_keep_alive: Option<u32>,
    /// Whether it keeps retained messages.
    pub retain: bool,
    /// Whether it takes wildcards.
    pub wildcards: bool,
    /// Whether it takes subscription identifiers.
    pub identifiers: bool,
    /// Whether it takes shared subscriptions.
    pub shared: bool,
}

/// Reason codes in a row.
#[must_use]
pub fn said(codes: &[ReasonCode]) -> String {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    codes.join(", ")
}

fn number(value: Option<u32>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_string(), |value| value.to_string())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing came"),
            Self::ConnectionRefused(reason) => write!(f, "the connection is refused: {reason}"),
            Self::NotSaid(why) => write!(f, "the broker says that it has none: {why}"),
            Self::NotOpened => f.write_str("no connection could be opened"),
            Self::NoAnswer => f.write_str("the broker does not answer"),
            Self::ConnectionClosed(why) => write!(f, "the connection is closed: {why}"),
            Self::ClosedSilently => f.write_str("the broker closes the connection without a word"),
            Self::SubscriptionRefused(codes) => {
                write!(f, "the subscription is refused: {}", said(codes))
            }
            Self::MessageRefused(reason) => write!(f, "the message is refused: {reason}"),
            Self::Accepted => f.write_str("CONNACK says yes"),
            Self::Limits(limits) => {
                let has = |it| if it { "yes" } else { "no" };
                write!(
                    f,
                    "Maximum QoS {}, Receive Maximum {}, Maximum Packet Size {}, Topic Alias Maximum {}, Server Keep Alive {}, \
                     retained {}, wildcards {}, subscription identifiers {}, shared {}",
                    number(limits.maximum_qos, "2"),
                    number(limits.receive_maximum, "65535"),
                    number(limits.maximum_packet_size, "without bound"),
                    number(limits.topic_alias_maximum, "0"),
                    number(limits.server_keep_alive, "as asked"),
                    has(limits.retain),
                    has(limits.wildcards),
                    has(limits.identifiers),
                    has(limits.shared),
                )
            }
            Self::Chosen(id) => write!(f, "the broker has chosen {id:?}"),
            Self::NotChosen => {
                f.write_str("the broker does not say which one it has chosen (MQTT-3.1.3-7)")
            }
            Self::Copies(count) => write!(f, "the message came {count} times"),
            Self::Unacknowledged => f.write_str("the message came, and was not acknowledged"),
            Self::Downgraded(granted, came) => write!(
                f,
                "SUBACK says {granted}, and the message came at QoS {}",
                came.bits()
            ),
            Self::Once(qos) => write!(f, "the message came once, at QoS {}", qos.bits()),
            Self::Retained => {
                f.write_str("a later subscription gets it with RETAIN, and an empty one clears it")
            }
            Self::RetainedAtLeast => f.write_str(
                "a later subscription gets it with RETAIN; whether an empty one clears it did not show",
            ),
            Self::RetainedUnmarked => {
                f.write_str("a later subscription gets it without RETAIN (MQTT-3.3.1-8)")
            }
            Self::RetainedForEver => f.write_str("an empty one does not clear it (MQTT-3.3.1-10)"),
            Self::Came => f.write_str("the message came"),
            Self::ParentMatched => f.write_str("a/# has matched a"),
            Self::ParentNotMatched => f.write_str("a/# has not matched a (3.1.1 section 4.7.1.2)"),
            Self::Shared(one, other) => write!(
                f,
                "of 4 messages {one} went to one member and {other} to the other"
            ),
            Self::NotShared(one, other) => write!(
                f,
                "each of 4 messages came to both members, {one} and {other} copies: the group is none"
            ),
            Self::SharedSome(came, one, other) => write!(
                f,
                "of 4 messages {came} came, {one} copies to one member and {other} to the other"
            ),
            Self::ShareIsATopic => f.write_str("$share is a topic like any other"),
            Self::Overlap(copies) => {
                match copies.len() {
                    1 => f.write_str("one copy: ")?,
                    count => write!(f, "{count} copies: ")?,
                }
                for (at, (qos, ids)) in copies.iter().enumerate() {
                    let before = if at == 0 { "" } else { "; " };
                    write!(f, "{before}QoS {}", qos.bits())?;
                    if !ids.is_empty() {
                        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                        write!(f, " (identifiers {})", ids.join(", "))?;
                    }
                }
                Ok(())
            }
            Self::NoEcho => f.write_str("what the client has published does not come back"),
            Self::Echo => f.write_str("what the client has published comes back"),
            Self::RetainKept => f.write_str("RETAIN stays as it was published"),
            Self::RetainGone => f.write_str("RETAIN is gone"),
            Self::SessionKept => {
                f.write_str("the session goes on, and what was published meanwhile comes")
            }
            Self::SessionWithoutMessages => {
                f.write_str("the session goes on, without what was published meanwhile")
            }
            Self::SessionWithCopies(count) => {
                write!(f, "what was published meanwhile comes {count} times")
            }
            Self::SessionGone => f.write_str("the session is gone"),
            Self::SessionDenied => f.write_str(
                "CONNACK says that the session is new, and what was published meanwhile comes",
            ),
            Self::WillCame => f.write_str("the will was published"),
            Self::NoWill => f.write_str("no will came within a second"),
            Self::FromSys(0) => f.write_str("nothing came from $SYS/# in a moment"),
            Self::FromSys(count) => write!(f, "{count} messages came from $SYS/# at once"),
            Self::DollarMatched(topic) => write!(f, "# has matched {topic} (MQTT-4.7.2-1)"),
            Self::DollarNotMatched => f.write_str("no topic with $ has come by #"),
            Self::NoDollar => f.write_str(
                "no topic with $ has come by #, and none by its own name: perhaps there is none",
            ),
            Self::Acknowledged => f.write_str("it is acknowledged"),
            Self::NoSubscription => f.write_str("UNSUBACK says 0x11, no subscription existed"),
            Self::Unsubscribed(codes) => write!(f, "UNSUBACK says {}", said(codes)),
            Self::Times(what, count) => write!(f, "{what}, {count} times"),
        }
    }
}
