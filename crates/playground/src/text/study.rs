//! Machines, topics and messages, in words.

use super::language::phrases;
use super::{Language, Noun, Phrase, clock, count};
use crate::study::messages::Outcome;
use mqtt_proto::types::{Mismatch, TextFault};
use sim::ledger::Origin;

phrases! {
    /// The choice of what the pane shows.
    STUDY_VIEWS: "Views of the broker", "Ansichten des Brokers";
    /// What the broker keeps.
    STUDY_KEPT: "Kept", "Bewahrt";
    /// The state machines.
    STUDY_MACHINES: "Machines", "Automaten";
    /// The topics.
    STUDY_TOPICS: "Topics", "Topics";
    /// The messages.
    STUDY_MESSAGES: "Messages", "Nachrichten";
    /// Real traffic: what its machines held is not in it.
    STUDY_CAPTURED: "A capture shows packets only: what its broker and clients held is not in it.", "Ein Mitschnitt enthält nur Pakete: Was Broker und Clients im Gedächtnis hatten, steht nicht darin.";
    /// The choice of machines.
    MACHINE_CHOICE: "Machines of", "Automaten von";
    /// A choice.
    MACHINE_CONNECTION: "Connection", "Verbindung";
    /// A choice.
    MACHINE_EXCHANGE: "Exchange", "Austausch";
    /// The choice of an exchange.
    MACHINE_EXCHANGES: "Exchange", "Austausch";
    /// The head of a column.
    MACHINE_IN: "state", "Zustand";
    /// The head of a column.
    MACHINE_ON: "on", "bei";
    /// The head of a column.
    MACHINE_DOES: "does", "tut";
    /// The head of a column.
    MACHINE_NEXT: "then", "danach";
    /// The head of a column.
    MACHINE_RULE: "rule", "Regel";
    /// The row that was followed in the step in view.
    MACHINE_NOW: "just now", "eben";
    /// The row that was followed last.
    MACHINE_LAST: "last", "zuletzt";
    /// The state that it is in.
    MACHINE_HERE: "here", "hier";
    /// The version forbids it.
    MACHINE_VIOLATION: "violation", "Verstoß";
    /// The same, of the row that was followed.
    MACHINE_FORBIDDEN: "MQTT 5.0 forbids that.", "MQTT 5.0 verbietet das.";
    /// Opens the whole table.
    MACHINE_TABLE: "All transitions", "Alle Übergänge";
    /// No broker, or no client, is there.
    MACHINE_NONE: "There is no client and broker to look at.", "Hier gibt es keinen Client mit Broker.";
    /// No exchange is in view.
    MACHINE_NO_EXCHANGE: "No message at QoS 1 or 2 has been under way between this client and its broker so far.", "Zwischen diesem Client und seinem Broker war bisher keine Nachricht mit QoS 1 oder 2 unterwegs.";
    /// There is nothing to show of a client whose program has a library of its own.
    MACHINE_OF_LIBRARY: "This device runs a library of its own, which has no such machine; only the broker's is shown.", "Dieses Gerät führt eine eigene Bibliothek aus, die keinen solchen Automaten hat; gezeigt ist nur der des Brokers.";
    /// The field for a topic.
    TOPIC_FIELD: "Topic", "Topic";
    /// What to write in it.
    TOPIC_HINT: "home/room1/light", "haus/zimmer1/licht";
    /// The tree.
    TOPIC_TREE: "Topics of the broker", "Topics des Brokers";
    /// Nothing is there yet.
    TOPIC_NONE: "No topic has had a message yet.", "Noch kein Topic hatte eine Nachricht.";
    /// What to do.
    TOPIC_CHOOSE: "Choose a topic, or type one: who would get a message there, and who not?", "Ein Topic wählen oder tippen: Wer bekäme dort eine Nachricht, und wer nicht?";
    /// Heading.
    TOPIC_RETAINED: "Retained there", "Dort zurückbehalten";
    /// Nothing is retained.
    TOPIC_NOTHING_RETAINED: "Nothing: who subscribes now gets no message at once.", "Nichts: Wer jetzt abonniert, bekommt nicht sofort eine Nachricht.";
    /// Heading.
    TOPIC_REACHES: "A message there would go to", "Eine Nachricht dort ginge an";
    /// Nobody.
    TOPIC_NOBODY: "Nobody: no subscription matches.", "Niemanden: Kein Abonnement passt.";
    /// Heading.
    TOPIC_MISSES: "And not to", "Und nicht an";
    /// The filter of the messages.
    MESSAGE_FILTER: "Messages by what became of them", "Nachrichten nach dem, was aus ihnen wurde";
    /// All messages.
    MESSAGE_ALL: "All", "Alle";
    /// There is none.
    MESSAGE_NONE: "There is no such message at this moment.", "In diesem Moment gibt es keine solche Nachricht.";
    /// The table.
    MESSAGE_TABLE: "Messages so far", "Nachrichten bisher";
    /// The head of a column.
    MESSAGE_STEP: "step", "Schritt";
    /// The head of a column.
    MESSAGE_WHAT: "message", "Nachricht";
    /// The head of a column.
    MESSAGE_BY: "published by", "veröffentlicht von";
    /// The head of a column.
    MESSAGE_GOT: "delivered to", "zugestellt an";
    /// The head of a column.
    MESSAGE_NOW: "now", "jetzt";
    /// Nobody has it.
    MESSAGE_NOBODY: "nobody", "niemanden";
}

/// A topic.
const TOPICS: Noun = Noun {
    one: Phrase {
        en: "topic",
        de: "Topic",
    },
    many: Phrase {
        en: "topics",
        de: "Topics",
    },
};

/// The words of the state machines' tables in German; what is not here is a name of the standard.
const MACHINE_WORDS: &[(&str, &str)] = &[
    // States.
    ("free", "frei"),
    ("await PUBACK", "wartet auf PUBACK"),
    ("await PUBREC", "wartet auf PUBREC"),
    ("await PUBCOMP", "wartet auf PUBCOMP"),
    ("await PUBREL", "wartet auf PUBREL"),
    ("await CONNACK", "wartet auf CONNACK"),
    ("await CONNECT", "wartet auf CONNECT"),
    ("await decision", "wartet auf Entscheidung"),
    ("await AUTH", "wartet auf AUTH"),
    ("closed", "geschlossen"),
    ("connected", "verbunden"),
    ("closing", "schließt"),
    // What happens.
    ("publish QoS 1", "QoS 1 veröffentlichen"),
    ("publish QoS 2", "QoS 2 veröffentlichen"),
    ("PUBACK 0x80+", "PUBACK ab 0x80"),
    ("PUBREC 0x80+", "PUBREC ab 0x80"),
    ("resume", "Sitzung geht weiter"),
    ("retry timer", "Timer läuft ab"),
    ("PUBLISH QoS 1", "PUBLISH mit QoS 1"),
    ("PUBLISH QoS 2", "PUBLISH mit QoS 2"),
    ("refuse QoS 2", "QoS 2 ablehnen"),
    ("transport up", "Transport steht"),
    ("CONNACK 0x00", "CONNACK mit 0x00"),
    ("CONNACK refuses", "CONNACK lehnt ab"),
    ("fault or silence", "Fehler oder Stille"),
    ("leave", "abmelden"),
    ("transport gone", "Transport weg"),
    ("accept", "annehmen"),
    ("refuse", "ablehnen"),
    ("send AUTH", "AUTH senden"),
    ("end", "beenden"),
    // What is done.
    ("send PUBLISH, keep", "PUBLISH senden, aufbewahren"),
    ("send PUBLISH DUP", "PUBLISH mit DUP senden"),
    (
        "send PUBREL, drop message",
        "PUBREL senden, Nachricht verwerfen",
    ),
    ("send PUBREL", "PUBREL senden"),
    ("free id", "ID freigeben"),
    ("send PUBREL 0x92", "PUBREL mit 0x92 senden"),
    ("ignore", "übergehen"),
    ("close", "schließen"),
    ("deliver, send PUBACK", "zustellen, PUBACK senden"),
    (
        "remember id, deliver, send PUBREC",
        "ID merken, zustellen, PUBREC senden",
    ),
    ("send PUBREC", "PUBREC senden"),
    ("send PUBACK 0x91", "PUBACK mit 0x91 senden"),
    ("send PUBREC 0x80+", "PUBREC ab 0x80 senden"),
    ("forget id, send PUBCOMP", "ID vergessen, PUBCOMP senden"),
    ("send PUBCOMP 0x92", "PUBCOMP mit 0x92 senden"),
    ("send PUBCOMP", "PUBCOMP senden"),
    (
        "forget id, deliver, send PUBACK",
        "ID vergessen, zustellen, PUBACK senden",
    ),
    ("send CONNECT", "CONNECT senden"),
    (
        "resume or begin session",
        "Sitzung fortsetzen oder beginnen",
    ),
    ("go on", "weitermachen"),
    ("send DISCONNECT, close", "DISCONNECT senden, schließen"),
    (
        "keep or forget session",
        "Sitzung aufbewahren oder vergessen",
    ),
    ("refuse the caller", "Aufrufer abweisen"),
    ("ask the server", "den Server fragen"),
    (
        "send CONNACK, resume or begin",
        "CONNACK senden, fortsetzen oder beginnen",
    ),
    (
        "send CONNACK 0x80+, close",
        "CONNACK ab 0x80 senden, schließen",
    ),
    (
        "send CONNACK 1 to 5, close",
        "CONNACK 1 bis 5 senden, schließen",
    ),
    (
        "close; CONNACK 1 only for a wrong level",
        "schließen; CONNACK 1 nur bei falschem Level",
    ),
    ("suspend session", "Sitzung ruht"),
];

/// A word of a state machine's table.
#[must_use]
pub fn machine_word(language: Language, word: &'static str) -> &'static str {
    match language {
        Language::English => word,
        Language::German => MACHINE_WORDS
            .iter()
            .find(|(english, _)| *english == word)
            .map_or(word, |(_, german)| german),
    }
}

/// The title of a machine.
#[must_use]
pub fn machine_of_client(language: Language, client: &str) -> String {
    match language {
        Language::English => format!("Connection, at {client}"),
        Language::German => format!("Verbindung, bei {client}"),
    }
}

/// The title of a machine.
#[must_use]
pub fn machine_of_server(language: Language, broker: &str, client: &str) -> String {
    match language {
        Language::English => format!("Connection of {client}, at {broker}"),
        Language::German => format!("Verbindung von {client}, bei {broker}"),
    }
}

/// The title of a machine.
#[must_use]
pub fn machine_of_sender(language: Language, node: &str, id: u16) -> String {
    match language {
        Language::English => format!("Sender of id {id}, at {node}"),
        Language::German => format!("Absender von ID {id}, bei {node}"),
    }
}

/// The title of a machine.
#[must_use]
pub fn machine_of_receiver(language: Language, node: &str, id: u16) -> String {
    match language {
        Language::English => format!("Receiver of id {id}, at {node}"),
        Language::German => format!("Empfänger von ID {id}, bei {node}"),
    }
}

/// An exchange that can be chosen.
#[must_use]
pub fn machine_exchange(
    language: Language,
    id: u16,
    from_client: bool,
    (client, broker): &(String, String),
) -> String {
    let (from, to) = if from_client {
        (client, broker)
    } else {
        (broker, client)
    };
    match language {
        Language::English => format!("id {id}: {from} to {to}"),
        Language::German => format!("ID {id}: {from} an {to}"),
    }
}

/// Where a machine stands, and which row it followed last: input, action, the state after it, and whether just now.
#[must_use]
pub fn machine_told(
    language: Language,
    state: Option<&str>,
    last: Option<(&str, &str, &str, bool)>,
) -> String {
    let here = match (language, state) {
        (Language::English, Some(state)) => format!("Now: {state}."),
        (Language::German, Some(state)) => format!("Jetzt: {state}."),
        (Language::English, None) => "It is not there at this moment.".to_owned(),
        (Language::German, None) => "Diesen Automaten gibt es in diesem Moment nicht.".to_owned(),
    };
    let Some((input, action, next, is_now)) = last else {
        return here;
    };
    let when = match (language, is_now) {
        (Language::English, true) => "In this step",
        (Language::English, false) => "Last",
        (Language::German, true) => "In diesem Schritt",
        (Language::German, false) => "Zuletzt",
    };
    match language {
        Language::English => format!("{here} {when}: on {input}, {action}; then {next}."),
        Language::German => format!("{here} {when}: bei {input} {action}; danach {next}."),
    }
}

/// A topic of the tree, in a sentence.
#[must_use]
pub fn topic_row(
    language: Language,
    topic: &str,
    messages: usize,
    retained: Option<&str>,
    subscribers: usize,
) -> String {
    let mut parts = vec![topic.to_owned()];
    match language {
        Language::English => {
            if messages > 0 {
                parts.push(count(language, messages, super::MESSAGES));
            }
            if let Some(value) = retained {
                parts.push(format!("retains {value}"));
            }
            parts.push(match subscribers {
                0 => "nobody subscribes".to_owned(),
                1 => "1 subscriber".to_owned(),
                some => format!("{some} subscribers"),
            });
        }
        Language::German => {
            if messages > 0 {
                parts.push(count(language, messages, super::MESSAGES));
            }
            if let Some(value) = retained {
                parts.push(format!("behält {value} zurück"));
            }
            parts.push(match subscribers {
                0 => "niemand abonniert".to_owned(),
                1 => "1 Abonnent".to_owned(),
                some => format!("{some} Abonnenten"),
            });
        }
    }
    parts.join(", ")
}

/// The element of a row of the tree.
#[must_use]
pub fn topic_id(row: usize) -> String {
    format!("topic-{row}")
}

/// What stands at the edge of a topic: how many subscribe.
#[must_use]
pub fn subscribers(language: Language, number: usize) -> String {
    match (language, number) {
        (Language::English, 1) => "1 subscriber".to_owned(),
        (Language::English, some) => format!("{some} subscribers"),
        (Language::German, 1) => "1 Abonnent".to_owned(),
        (Language::German, some) => format!("{some} Abonnenten"),
    }
}

/// Topics that are not in the tree.
#[must_use]
pub fn topics_left_out(language: Language, number: usize) -> String {
    let topics = count(language, number, TOPICS);
    match language {
        Language::English => format!("{topics} more are not shown."),
        Language::German => format!("{topics} mehr werden nicht gezeigt."),
    }
}

/// Why what is typed is no topic of a message.
#[must_use]
pub fn no_topic(language: Language, fault: &TextFault) -> String {
    match (language, fault) {
        (Language::English, TextFault::Wildcard { .. }) => {
            "That is a filter: a message goes to one topic, without wildcards."
        }
        (Language::German, TextFault::Wildcard { .. }) => {
            "Das ist ein Filter: Eine Nachricht geht an ein Topic, ohne Platzhalter."
        }
        (Language::English, _) => "No message can have this topic.",
        (Language::German, _) => "Keine Nachricht kann dieses Topic haben.",
    }
    .to_owned()
}

/// A retained value: from whom, at which QoS, since when, until when.
#[must_use]
pub fn retained_told(
    language: Language,
    by: Option<&str>,
    qos: u8,
    since: u64,
    until: Option<u64>,
) -> String {
    let since = clock(language, since);
    let until = until.map(|it| clock(language, it));
    match language {
        Language::English => {
            let by = by.unwrap_or("the broker itself");
            let until = until.map_or_else(String::new, |it| format!(", until {it} s"));
            format!("From {by}, QoS {qos}, since {since} s{until}.")
        }
        Language::German => {
            let by = by.unwrap_or("dem Broker selbst");
            let until = until.map_or_else(String::new, |it| format!(", bis {it} s"));
            format!("Von {by}, QoS {qos}, seit {since} s{until}.")
        }
    }
}

/// What a subscription that matches means for a message.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a> {
    /// As granted.
    pub qos: u8,
    /// The name of its group.
    pub share: Option<&'a str>,
    /// Whether it is the turn of this member.
    pub is_next: bool,
    /// Whether its own messages are not meant.
    pub no_local: bool,
    /// Whether RETAIN stays as it was published.
    pub as_published: bool,
    /// The subscription identifier.
    pub identifier: Option<u32>,
    /// Whether the access list lets it.
    pub is_allowed: bool,
    /// Whether the client is there.
    pub is_connected: bool,
    /// Whether messages wait for a client that is not there.
    pub is_kept: bool,
}

/// What a subscription that matches means for a message.
#[must_use]
pub fn reached(language: Language, it: &Reached<'_>) -> String {
    let german = language == Language::German;
    let mut parts = vec![match (it.qos, german) {
        (0, false) => "at QoS 0".to_owned(),
        (0, true) => "mit QoS 0".to_owned(),
        (qos, false) => format!("at QoS {qos} or less"),
        (qos, true) => format!("mit höchstens QoS {qos}"),
    }];
    if !it.is_allowed {
        parts.push(
            if german {
                "aber die Zugriffsliste verbietet es"
            } else {
                "but the access list forbids it"
            }
            .to_owned(),
        );
    }
    if let Some(share) = it.share {
        parts.push(match (german, it.is_next) {
            (false, true) => format!("one of the group {share}, and its turn"),
            (false, false) => format!("one of the group {share}, not its turn"),
            (true, true) => format!("eines der Gruppe {share}, und an der Reihe"),
            (true, false) => format!("eines der Gruppe {share}, nicht an der Reihe"),
        });
    }
    if it.no_local {
        parts.push(
            if german {
                "nicht, was es selbst veröffentlicht (No Local)"
            } else {
                "not what it publishes itself (No Local)"
            }
            .to_owned(),
        );
    }
    if it.as_published {
        parts.push(
            if german {
                "RETAIN wie veröffentlicht"
            } else {
                "RETAIN as published"
            }
            .to_owned(),
        );
    }
    if let Some(identifier) = it.identifier {
        parts.push(if german {
            format!("Abonnement-ID {identifier}")
        } else {
            format!("subscription id {identifier}")
        });
    }
    if !it.is_connected {
        parts.push(
            match (german, it.is_kept) {
                (false, true) => "not connected: it would wait in the session, unless it has QoS 0",
                (false, false) => "not connected: it would not wait",
                (true, true) => "nicht verbunden: sie würde in der Sitzung warten, außer mit QoS 0",
                (true, false) => "nicht verbunden: sie würde nicht warten",
            }
            .to_owned(),
        );
    }
    parts.join("; ")
}

/// Why a subscription does not match: the level of the filter, and of the topic.
#[must_use]
pub fn missed(language: Language, why: Mismatch, (wanted, found): (&str, &str)) -> String {
    match (language, why) {
        (Language::English, Mismatch::Dollar) => {
            "A wildcard at the beginning does not match a topic that begins with $.".to_owned()
        }
        (Language::German, Mismatch::Dollar) => {
            "Ein Platzhalter am Anfang passt nicht auf ein Topic, das mit $ beginnt.".to_owned()
        }
        (Language::English, Mismatch::Level(at)) => {
            format!("Level {} is “{found}”, and not “{wanted}”.", at + 1)
        }
        (Language::German, Mismatch::Level(at)) => {
            format!("Ebene {} ist „{found}“ und nicht „{wanted}“.", at + 1)
        }
        (Language::English, Mismatch::TopicIsDeeper(levels)) => {
            format!("The topic goes on behind level {levels}, and the filter has no # at its end.")
        }
        (Language::German, Mismatch::TopicIsDeeper(levels)) => format!(
            "Das Topic geht hinter Ebene {levels} weiter, und der Filter endet nicht auf #."
        ),
        (Language::English, Mismatch::TopicIsShorter(levels)) => {
            format!("The topic ends behind level {levels}, and the filter wants more.")
        }
        (Language::German, Mismatch::TopicIsShorter(levels)) => {
            format!("Das Topic endet hinter Ebene {levels}, und der Filter verlangt mehr.")
        }
    }
}

/// Several subscriptions of a client match.
#[must_use]
pub fn one_copy(language: Language, client: &str, qos: u8) -> String {
    match language {
        Language::English => {
            format!(
                "Several subscriptions of {client} match: it gets one copy, at QoS {qos} or less."
            )
        }
        Language::German => format!(
            "Mehrere Abonnements von {client} passen: Es bekommt eine Kopie, mit höchstens QoS {qos}."
        ),
    }
}

/// Subscriptions that are not listed.
#[must_use]
pub fn more_subscriptions(language: Language, number: usize) -> String {
    match language {
        Language::English => format!("{number} more subscriptions are not listed."),
        Language::German => format!("{number} weitere Abonnements stehen nicht in der Liste."),
    }
}

/// Clients with a session and no subscription.
#[must_use]
pub fn no_subscriptions(language: Language, clients: &[String]) -> String {
    let clients = clients.join(", ");
    match language {
        Language::English => format!("No subscription at all: {clients}."),
        Language::German => format!("Gar kein Abonnement: {clients}."),
    }
}

/// What has become of a message, in a word.
#[must_use]
pub const fn message_outcome(outcome: Outcome) -> Phrase {
    match outcome {
        Outcome::Open => Phrase {
            en: "open",
            de: "offen",
        },
        Outcome::Delivered => Phrase {
            en: "delivered",
            de: "zugestellt",
        },
        Outcome::Again => Phrase {
            en: "more than once",
            de: "mehrmals",
        },
        Outcome::Lost => Phrase {
            en: "lost",
            de: "verloren",
        },
        Outcome::Away => Phrase {
            en: "not kept (QoS 0, away)",
            de: "nicht aufbewahrt (QoS 0, weg)",
        },
        Outcome::Nobody => Phrase {
            en: "no subscriber",
            de: "kein Abonnent",
        },
        Outcome::Refused => Phrase {
            en: "not passed on",
            de: "nicht weitergegeben",
        },
    }
}

/// Whose a message is, and how it came to be.
#[must_use]
pub fn message_by(language: Language, by: &str, origin: Origin) -> String {
    match (language, origin) {
        (_, Origin::Published | Origin::Own) => by.to_owned(),
        (Language::English, Origin::Will) => format!("{by} (will)"),
        (Language::German, Origin::Will) => format!("{by} (letzter Wille)"),
        (Language::English, Origin::Raw) => format!("{by} (edited bytes)"),
        (Language::German, Origin::Raw) => format!("{by} (geänderte Bytes)"),
    }
}

/// A message's QoS, and whether it is to be retained.
#[must_use]
pub fn message_how(qos: u8, retain: bool) -> String {
    if retain {
        format!("QoS {qos}, RETAIN")
    } else {
        format!("QoS {qos}")
    }
}

/// Who has got a message, and how often.
#[must_use]
pub fn delivered_to(name: &str, times: usize) -> String {
    if times > 1 {
        format!("{name} {times}×")
    } else {
        name.to_owned()
    }
}

/// Who keeps a message.
#[must_use]
pub fn kept_by(language: Language, names: &[&str]) -> String {
    let names = names.join(", ");
    match language {
        Language::English => format!("Kept by {names}."),
        Language::German => format!("Aufbewahrt von {names}."),
    }
}

/// Messages that are not in the table.
#[must_use]
pub fn messages_left_out(language: Language, number: usize) -> String {
    match language {
        Language::English => format!("{number} older ones are not shown."),
        Language::German => format!("{number} ältere werden nicht gezeigt."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_proto::connection::{
        ClientAction, ClientInput, ClientState, ServerAction, ServerInput, ServerState,
    };
    use mqtt_proto::session::{
        ReceiverAction, ReceiverInput, ReceiverState, SenderAction, SenderInput, SenderState,
    };
    use mqtt_spec::Version;

    #[test]
    fn every_word_of_the_tables_is_there_in_german() {
        let mut shown: Vec<&str> = Vec::new();
        macro_rules! take {
            ($($Set:ident)*) => { $(for version in [Version::V311, Version::V5] {
                shown.extend($Set::ALL.iter().map(|it| it.text_in(version)));
            })* };
        }
        take!(ClientState ClientInput ClientAction ServerState ServerInput ServerAction);
        take!(SenderState SenderInput SenderAction ReceiverState ReceiverInput ReceiverAction);
        for word in &shown {
            let is_name = word.chars().all(|it| it.is_ascii_uppercase());
            assert!(
                is_name || machine_word(Language::German, word) != *word,
                "{word} has no German"
            );
        }
        for (english, _) in MACHINE_WORDS {
            assert!(shown.contains(english), "nobody says {english}");
        }
    }
}
