//! What the broker keeps, in words.

use super::count;

/// Label.
pub const SESSION: &str = "Session";
/// Label.
pub const SUBSCRIPTION: &str = "Subscription";
/// Label.
pub const QUEUE: &str = "Queue";
/// Label.
pub const RETAINED: &str = "Retained";
/// There is none.
pub const NONE: &str = "none";
/// Nothing is in it.
pub const EMPTY: &str = "empty";
/// A session that is not kept.
pub const SESSION_ENDS: &str = "ends with the connection";
/// A message that waits for its turn or for a connection.
pub const WAITS_TO_BE_SENT: &str = "its turn";

/// A session that is kept.
#[must_use]
pub fn kept_since(step: usize) -> String {
    format!("kept since step {step}")
}

/// A subscription.
#[must_use]
pub fn subscription(filter: &str, qos: u8) -> String {
    format!("{filter} QoS {qos}")
}

/// How many there are, or a word for none.
#[must_use]
pub fn how_many(number: usize, none: &str) -> String {
    if number == 0 {
        none.to_owned()
    } else {
        number.to_string()
    }
}

/// A message that is kept until it is acknowledged.
#[must_use]
pub fn kept_message(topic: &str, qos: u8) -> String {
    format!("{topic}, QoS {qos}")
}

/// An exchange of which only the identifier is left.
#[must_use]
pub fn only_id(is_incoming: bool) -> String {
    if is_incoming {
        "id remembered, message passed on"
    } else {
        "id kept, message dropped"
    }
    .to_owned()
}

/// What clients have published. A robot takes orders; other devices take messages.
#[must_use]
pub fn sent(messages: usize, are_orders: bool) -> String {
    count(messages, if are_orders { "order" } else { "message" })
}

/// Messages, wills and deliveries so far.
#[must_use]
pub fn tally(sent: &str, wills: usize, deliveries: usize) -> String {
    let wills = match wills {
        0 => String::new(),
        some => format!(", {}", count(some, "will")),
    };
    let deliveries = match deliveries {
        0 => "no delivery".to_owned(),
        1 => "1 delivery".to_owned(),
        more => format!("{more} deliveries"),
    };
    format!("{sent}{wills}, {deliveries} so far.")
}

/// What a quality of service promises for one message.
#[must_use]
pub fn promise(qos: u8) -> String {
    match qos {
        0 => "QoS 0 promises at most one.",
        1 => "QoS 1 promises at least one.",
        _ => "QoS 2 promises exactly one.",
    }
    .to_owned()
}
