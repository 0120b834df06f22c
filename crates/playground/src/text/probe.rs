//! What a broker supports: the report of a probe in words.

use super::Language;
use super::language::phrases;
use foreign::probe::{Finding, Left, Limits, Verdict, said};
use mqtt_proto::Qos;

phrases! {
    /// Over the report.
    PROBE_TITLE: "What this broker really does", "Was dieser Broker wirklich tut";
    /// Below it.
    PROBE_HINT: "Small conversations on connections of their own, each with the packets that prove it. It publishes a few messages under a random topic and takes back what it leaves, also when you stop it; if this page is closed or the connection lost meanwhile, a retained message or a session can stay. It takes some seconds.", "Kleine Gespräche auf eigenen Verbindungen, jedes mit den Paketen, die es belegen. Dabei gehen einige Nachrichten an ein zufälliges Topic, und was zurückbleibt, wird gelöscht, auch beim Abbrechen; wird diese Seite währenddessen geschlossen oder die Verbindung verloren, kann eine Retained-Nachricht oder eine Sitzung bleiben. Es dauert einige Sekunden.";
    /// Why rows are missing.
    PROBE_NOT_RETAINED: "Nothing about retained messages is asked here, because this page may not leave any (“Allow retained messages”).", "Nach Retained-Nachrichten wird hier nicht gefragt, weil diese Seite keine hinterlassen darf („Retained-Nachrichten erlauben“).";
    /// A button.
    PROBE_BEGIN: "Ask the broker", "Broker befragen";
    /// A button.
    PROBE_END: "Stop asking", "Nicht weiter fragen";
    /// A button.
    PROBE_SAVE: "Save the report with its packets", "Bericht mit den Paketen speichern";
    /// Over the packets of a row.
    PROBE_PACKETS: "Packets", "Pakete";
    /// Who sends a packet.
    PROBE_OURS: "page → broker", "Seite → Broker";
    /// Who sends a packet.
    PROBE_THEIRS: "broker → page", "Broker → Seite";
}

/// How far the report is.
#[must_use]
pub fn probe_progress(language: Language, done: usize, all: usize) -> String {
    match language {
        Language::English => format!("{done} of {all} questions"),
        Language::German => format!("{done} von {all} Fragen"),
    }
}

/// How far it is after “Stop asking”.
#[must_use]
pub fn probe_stopped(language: Language, is_running: bool, left: &[&Left]) -> String {
    let stays: Vec<String> = left.iter().map(|it| probe_left(language, it)).collect();
    let stays = stays.join("; ");
    match (language, is_running, left.is_empty()) {
        (Language::English, true, _) => "taking back what it has left".to_owned(),
        (Language::German, true, _) => "löscht, was zurückbleibt".to_owned(),
        (_, false, true) => String::new(),
        (Language::English, false, false) => format!("this stays at the broker: {stays}"),
        (Language::German, false, false) => format!("das bleibt beim Broker: {stays}"),
    }
}

fn probe_left(language: Language, left: &Left) -> String {
    match (language, left) {
        (Language::English, Left::Retained(topic)) => format!("a retained message at {topic}"),
        (Language::German, Left::Retained(topic)) => format!("eine Retained-Nachricht bei {topic}"),
        (Language::English, Left::Session(id)) => format!("the session of {id}"),
        (Language::German, Left::Session(id)) => format!("die Sitzung von {id}"),
    }
}

/// Which of two connections of a row it was.
#[must_use]
pub fn probe_connection(language: Language, number: usize) -> String {
    match language {
        Language::English => format!("connection {number}"),
        Language::German => format!("Verbindung {number}"),
    }
}

/// A verdict in a word.
#[must_use]
pub const fn probe_verdict(language: Language, verdict: Verdict) -> &'static str {
    match (verdict, language) {
        (Verdict::Yes, Language::English) => "yes",
        (Verdict::Yes, Language::German) => "ja",
        (Verdict::No, Language::English) => "no",
        (Verdict::No, Language::German) => "nein",
        (Verdict::Partly, Language::English) => "partly",
        (Verdict::Partly, Language::German) => "teils",
        (Verdict::Told, Language::English) => "told",
        (Verdict::Told, Language::German) => "Auskunft",
        (Verdict::NotSeen, Language::English) => "not seen",
        (Verdict::NotSeen, Language::German) => "nicht gesehen",
    }
}

/// What was found out.
#[must_use]
pub fn probe_finding(language: Language, finding: &Finding) -> String {
    match language {
        Language::English => finding.to_string(),
        Language::German => german(finding),
    }
}

fn german(finding: &Finding) -> String {
    match finding {
        Finding::Nothing => "nichts kam".to_owned(),
        Finding::ConnectionRefused(reason) => format!("die Verbindung wird abgelehnt: {reason}"),
        Finding::NotSaid(why) => format!("der Broker sagt, dass er das nicht hat: {why}"),
        Finding::NotOpened => "keine Verbindung ließ sich öffnen".to_owned(),
        Finding::NoAnswer => "der Broker antwortet nicht".to_owned(),
        Finding::ConnectionClosed(why) => format!("die Verbindung wird geschlossen: {why}"),
        Finding::ClosedSilently => "der Broker schließt die Verbindung ohne ein Wort".to_owned(),
        Finding::SubscriptionRefused(codes) => {
            format!("das Abonnement wird abgelehnt: {}", said(codes))
        }
        Finding::MessageRefused(reason) => format!("die Nachricht wird abgelehnt: {reason}"),
        Finding::Accepted => "CONNACK sagt ja".to_owned(),
        Finding::Limits(limits) => german_limits(limits),
        Finding::Chosen(id) => format!("der Broker hat {id:?} gewählt"),
        Finding::NotChosen => {
            "der Broker sagt nicht, welche er gewählt hat (MQTT-3.1.3-7)".to_owned()
        }
        Finding::Copies(count) => format!("die Nachricht kam {count}-mal"),
        Finding::Unacknowledged => "die Nachricht kam und wurde nicht bestätigt".to_owned(),
        Finding::Downgraded(granted, came) => format!(
            "SUBACK sagt {granted}, und die Nachricht kam mit QoS {}",
            came.bits()
        ),
        Finding::Once(qos) => format!("die Nachricht kam einmal, mit QoS {}", qos.bits()),
        Finding::Retained => {
            "ein späteres Abonnement bekommt sie mit RETAIN, und eine leere löscht sie".to_owned()
        }
        Finding::RetainedAtLeast => {
            "ein späteres Abonnement bekommt sie mit RETAIN; ob eine leere sie löscht, zeigte sich nicht".to_owned()
        }
        Finding::RetainedUnmarked => {
            "ein späteres Abonnement bekommt sie ohne RETAIN (MQTT-3.3.1-8)".to_owned()
        }
        Finding::RetainedForEver => "eine leere löscht sie nicht (MQTT-3.3.1-10)".to_owned(),
        Finding::Came => "die Nachricht kam".to_owned(),
        Finding::ParentMatched => "a/# passt auf a".to_owned(),
        Finding::ParentNotMatched => "a/# passt nicht auf a (3.1.1, Abschnitt 4.7.1.2)".to_owned(),
        Finding::Shared(one, other) => {
            format!("von 4 Nachrichten gingen {one} an ein Mitglied und {other} an das andere")
        }
        Finding::NotShared(one, other) => {
            format!(
                "jede von 4 Nachrichten kam zu beiden Mitgliedern, {one} und {other} Kopien: die Gruppe ist keine"
            )
        }
        Finding::SharedSome(came, one, other) => format!(
            "von 4 Nachrichten kamen {came}, {one} Kopien zu einem Mitglied und {other} zum anderen"
        ),
        Finding::ShareIsATopic => "$share ist ein Topic wie jedes andere".to_owned(),
        Finding::Overlap(copies) => german_overlap(copies),
        Finding::NoEcho => "was der Client sendet, kommt nicht zu ihm zurück".to_owned(),
        Finding::Echo => "was der Client sendet, kommt zu ihm zurück".to_owned(),
        Finding::RetainKept => "RETAIN bleibt, wie es gesendet wurde".to_owned(),
        Finding::RetainGone => "RETAIN ist weg".to_owned(),
        Finding::SessionKept => {
            "die Sitzung geht weiter, und was inzwischen gesendet wurde, kommt".to_owned()
        }
        Finding::SessionWithoutMessages => {
            "die Sitzung geht weiter, ohne das, was inzwischen gesendet wurde".to_owned()
        }
        Finding::SessionWithCopies(count) => {
            format!("was inzwischen gesendet wurde, kommt {count}-mal")
        }
        Finding::SessionGone => "die Sitzung ist weg".to_owned(),
        Finding::SessionDenied => {
            "CONNACK sagt, die Sitzung sei neu, und was inzwischen gesendet wurde, kommt".to_owned()
        }
        Finding::WillCame => "der Will wurde gesendet".to_owned(),
        Finding::NoWill => "binnen einer Sekunde kam kein Will".to_owned(),
        Finding::FromSys(0) => "von $SYS/# kam so bald nichts".to_owned(),
        Finding::FromSys(count) => format!("von $SYS/# kamen sofort {count} Nachrichten"),
        Finding::DollarMatched(topic) => format!("# passt auf {topic} (MQTT-4.7.2-1)"),
        Finding::DollarNotMatched => "über # kam kein Topic mit $".to_owned(),
        Finding::NoDollar => {
            "über # kam kein Topic mit $, und auch keines unter seinem Namen: vielleicht gibt es keine".to_owned()
        }
        Finding::Acknowledged => "wird bestätigt".to_owned(),
        Finding::NoSubscription => "UNSUBACK sagt 0x11, es gab kein Abonnement".to_owned(),
        Finding::Unsubscribed(codes) => format!("UNSUBACK sagt {}", said(codes)),
        Finding::Times(what, count) => format!("{}, {count}-mal", german(what)),
    }
}

fn german_limits(limits: &Limits) -> String {
    let number = |value: Option<u32>, otherwise: &str| {
        value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
    };
    let has = |it| if it { "ja" } else { "nein" };
    format!(
        "Maximum QoS {}, Receive Maximum {}, Maximum Packet Size {}, Topic Alias Maximum {}, Server Keep Alive {}, retained {}, \
         Wildcards {}, Subscription Identifiers {}, geteilte Abonnements {}",
        number(limits.maximum_qos, "2"),
        number(limits.receive_maximum, "65535"),
        number(limits.maximum_packet_size, "ohne Grenze"),
        number(limits.topic_alias_maximum, "0"),
        number(limits.server_keep_alive, "wie gewünscht"),
        has(limits.retain),
        has(limits.wildcards),
        has(limits.identifiers),
        has(limits.shared),
    )
}

fn german_overlap(copies: &[(Qos, Vec<u32>)]) -> String {
    let shown: Vec<String> = copies
        .iter()
        .map(|(qos, ids)| {
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            match ids.is_empty() {
                true => format!("QoS {}", qos.bits()),
                false => format!("QoS {} (Identifier {})", qos.bits(), ids.join(", ")),
            }
        })
        .collect();
    match copies.len() {
        1 => format!("eine Kopie: {}", shown.concat()),
        count => format!("{count} Kopien: {}", shown.join("; ")),
    }
}
