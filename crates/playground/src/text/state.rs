//! What the broker keeps, in words.

use super::language::phrases;
use super::{DELIVERIES, Language, MESSAGES, ORDERS, WILLS, count};

phrases! {
    /// Heading.
    BROKER_STATE: "Broker state", "Im Broker";
    /// The choice of a client.
    SESSION_OF: "Session of", "Sitzung von";
    /// A column.
    COLUMN_ID: "id", "ID";
    /// A column.
    COLUMN_WAITS: "waits for", "wartet auf";
    /// A column.
    COLUMN_SENT: "sent", "gesendet";
    /// Copies have gone out at more than one quality of service.
    PROMISES_DIFFER: "Each hop has its own promise.", "Jede Teilstrecke hat ihr eigenes Versprechen.";
    /// The table is empty.
    NOTHING_UNACKNOWLEDGED: "nothing unacknowledged", "nichts unbestätigt";
    /// Label.
    SESSION: "Session", "Sitzung";
    /// Label.
    SUBSCRIPTION: "Subscription", "Abonnement";
    /// Label.
    QUEUE: "Queue", "Warteschlange";
    /// Label.
    RETAINED: "Retained", "Retained";
    /// There is none.
    NONE: "none", "keine";
    /// Nothing is in it.
    EMPTY: "empty", "leer";
    /// A session that is not kept.
    SESSION_ENDS: "ends with the connection", "endet mit der Verbindung";
    /// A message that waits for its turn or for a connection.
    WAITS_TO_BE_SENT: "its turn", "die Reihe";
}

/// The table in words.
#[must_use]
pub fn unacknowledged_with(language: Language, client: &str) -> String {
    match language {
        Language::English => format!("Unacknowledged messages between the broker and {client}"),
        Language::German => format!("Unbestätigte Nachrichten zwischen dem Broker und {client}"),
    }
}

/// A session that is kept.
#[must_use]
pub fn kept_since(language: Language, step: usize) -> String {
    match language {
        Language::English => format!("kept since step {step}"),
        Language::German => format!("seit Schritt {step}"),
    }
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
pub fn only_id(language: Language, is_incoming: bool) -> String {
    match (language, is_incoming) {
        (Language::English, true) => "id remembered, message passed on",
        (Language::English, false) => "id kept, message dropped",
        (Language::German, true) => "ID gemerkt, Nachricht weitergegeben",
        (Language::German, false) => "ID aufbewahrt, Nachricht verworfen",
    }
    .to_owned()
}

/// What clients have published. A robot takes orders; other devices take messages.
#[must_use]
pub fn sent(language: Language, messages: usize, are_orders: bool) -> String {
    count(
        language,
        messages,
        if are_orders { ORDERS } else { MESSAGES },
    )
}

/// Messages, wills and deliveries so far.
#[must_use]
pub fn tally(language: Language, sent: &str, wills: usize, deliveries: usize) -> String {
    let wills = match wills {
        0 => String::new(),
        some => format!(", {}", count(language, some, WILLS)),
    };
    match language {
        Language::English => {
            let deliveries = match deliveries {
                0 => "no delivery".to_owned(),
                some => count(language, some, DELIVERIES),
            };
            format!("{sent}{wills}, {deliveries} so far.")
        }
        Language::German => {
            let deliveries = match deliveries {
                0 => "keine Zustellung".to_owned(),
                some => count(language, some, DELIVERIES),
            };
            format!("Bisher {sent}{wills}, {deliveries}.")
        }
    }
}

/// What a quality of service promises for one message.
#[must_use]
pub fn promise(language: Language, qos: u8) -> String {
    match (language, qos) {
        (Language::English, 0) => "QoS 0 promises at most one for each subscriber.",
        (Language::English, 1) => "QoS 1 promises at least one for each subscriber.",
        (Language::English, _) => "QoS 2 promises exactly one for each subscriber.",
        (Language::German, 0) => "QoS 0 verspricht höchstens eine je Abonnent.",
        (Language::German, 1) => "QoS 1 verspricht mindestens eine je Abonnent.",
        (Language::German, _) => "QoS 2 verspricht genau eine je Abonnent.",
    }
    .to_owned()
}
