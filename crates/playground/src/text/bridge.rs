//! The bridge between this page's broker and a real one.

use super::Language;
use super::language::phrases;
use crate::bridge::{Bridged, FormFault, Problem};
use crate::payload::shown;
use foreign::bridge::{BridgeFault, Counts, EndState, Loss, Side};

/// A longer topic is cut.
const TOPIC_MAX_CHARS: usize = 60;

phrases! {
    /// Over the form.
    BRIDGE_TITLE: "Bridge to a real broker", "Brücke zu einem echten Broker";
    /// Below it.
    BRIDGE_ABOUT: "A bridge is a client at two brokers: what it hears at one it says at the other. Here one of the two is the broker in this page. Both of its connections are on the map and the ladder.", "Eine Brücke ist ein Client an zwei Brokern: Was sie beim einen hört, sagt sie dem anderen. Hier ist einer der beiden der Broker in dieser Seite. Ihre beiden Verbindungen stehen auf der Karte und im Ablauf.";
    /// Which broker it is.
    BRIDGE_OF_GUESTS: "This page is a hub’s broker: its real devices are bridged.", "Diese Seite ist der Broker eines Hubs: Seine echten Geräte werden verbunden.";
    /// Which broker it is.
    BRIDGE_OF_WORLD: "A world of this page runs with its simulated broker, by the clock on the wall: not faster, not slower, without pause, because the real broker waits for nobody. It ends after 400,000 lines of its log. What a lesson asks and checks is left out.", "Eine Welt dieser Seite läuft mit ihrem simulierten Broker nach der Wanduhr: nicht schneller, nicht langsamer, ohne Pause, denn der echte Broker wartet auf niemanden. Sie endet nach 400.000 Zeilen ihres Protokolls. Was eine Lektion fragt und prüft, entfällt.";
    /// Which broker it is not.
    BRIDGE_WATCHING: "This page only watches a hub: its broker is elsewhere, so there is nothing to bridge here. Use mqtt-hub --bridge for the hub’s own broker.", "Diese Seite sieht einem Hub nur zu: Dessen Broker ist anderswo, hier gibt es nichts zu verbinden. Für den Broker des Hubs gibt es mqtt-hub --bridge.";
    /// A field.
    BRIDGE_WORLD: "World with the page’s broker", "Welt mit dem Broker der Seite";
    /// Over the patterns.
    BRIDGE_TOPICS: "What goes across", "Was hinübergeht";
    /// Below it.
    BRIDGE_TOPICS_HINT: "As topic lines of a mosquitto.conf: local is this page’s broker, remote the real one. The first pattern that matches a message says where it goes.", "Wie topic-Zeilen einer mosquitto.conf: lokal ist der Broker dieser Seite, entfernt der echte. Das erste passende Muster sagt, wohin eine Nachricht geht.";
    /// A column.
    BRIDGE_PATTERN: "Pattern", "Muster";
    /// A column.
    BRIDGE_DIRECTION: "Direction", "Richtung";
    /// A column.
    BRIDGE_QOS: "QoS", "QoS";
    /// A column.
    BRIDGE_LOCAL: "Local prefix", "Präfix lokal";
    /// A column.
    BRIDGE_REMOTE: "Remote prefix", "Präfix entfernt";
    /// A direction.
    BRIDGE_OUT: "out", "hinaus (out)";
    /// A direction.
    BRIDGE_IN: "in", "herein (in)";
    /// A direction.
    BRIDGE_BOTH: "both", "beide (both)";
    /// A button.
    BRIDGE_ADD: "Add a pattern", "Muster hinzufügen";
    /// A button.
    BRIDGE_REMOVE: "Remove pattern", "Muster entfernen";
    /// Opens a field.
    BRIDGE_CONF: "From or for a mosquitto.conf", "Aus oder für eine mosquitto.conf";
    /// The field.
    BRIDGE_CONF_FIELD: "topic lines, or a whole connection section", "topic-Zeilen oder ein ganzer connection-Abschnitt";
    /// A button.
    BRIDGE_IMPORT: "Take over", "Übernehmen";
    /// Before the patterns as text.
    BRIDGE_LINES: "The patterns above, as Mosquitto has them:", "Die Muster oben, wie Mosquitto sie schreibt:";
    /// A box.
    BRIDGE_CLEAN: "Clean session", "Neue Sitzung (Clean Session)";
    /// Below it.
    BRIDGE_CLEAN_HINT: "Begins anew with each connection: what happens meanwhile is missed. Without it nothing of QoS 1 and 2 is lost while brokers and connections come and go.", "Beginnt mit jeder Verbindung neu: Was inzwischen geschieht, entgeht ihr. Ohne das geht nichts mit QoS 1 und 2 verloren, während Broker und Verbindungen kommen und gehen.";
    /// Loops.
    BRIDGE_LOOPS: "Under 5.0 No Local keeps messages from going round. Under 3.1.1 the real broker sends back what the bridge publishes; the bridge knows it by its content and drops it.", "Unter 5.0 hält No Local Nachrichten davon ab, im Kreis zu gehen. Unter 3.1.1 schickt der echte Broker zurück, was die Brücke veröffentlicht; sie erkennt es am Inhalt und lässt es fallen.";
    /// Opens more fields.
    BRIDGE_MORE: "Client id, prefix, retained, session", "Client-ID, Präfix, Retained, Sitzung";
    /// Both ends.
    BRIDGE_ENDS: "Both ends of the bridge", "Beide Enden der Brücke";
    /// A button.
    BRIDGE_OPEN: "Set up a bridge", "Brücke einrichten";
    /// A button.
    BRIDGE_START: "Start the bridge", "Brücke starten";
    /// A button.
    BRIDGE_RESTART: "Start anew with this", "So neu starten";
    /// A button.
    BRIDGE_STOP: "Stop the bridge", "Brücke beenden";
    /// Over the list.
    BRIDGE_PROBLEMS: "What did not go across", "Was nicht hinüberging";
}

/// The field of the address.
pub const BRIDGE_ADDRESS_ID: &str = "bridge-0";

/// The title of a run with a bridge.
#[must_use]
pub fn bridge_title(language: Language, world: &str) -> String {
    match language {
        Language::English => format!("Bridge: {world}"),
        Language::German => format!("Brücke: {world}"),
    }
}

/// An end.
#[must_use]
pub fn bridge_end(language: Language, side: Side, host: &str) -> String {
    match (side, language) {
        (Side::Local, Language::English) => "This page’s broker".to_owned(),
        (Side::Local, Language::German) => "Broker dieser Seite".to_owned(),
        (Side::Remote, Language::English) => format!("Real broker, {host}"),
        (Side::Remote, Language::German) => format!("Echter Broker, {host}"),
    }
}

/// When an end is opened again; both languages say it alike.
#[must_use]
pub fn in_seconds(seconds: u64) -> String {
    format!("in {seconds} s")
}

/// What an end is like, and whether as much waits for it as may.
#[must_use]
pub fn bridge_state(language: Language, state: EndState, is_full: bool) -> String {
    let state = match (state, language) {
        (EndState::Waiting(_), Language::English) => "waiting to retry".to_owned(),
        (EndState::Waiting(_), Language::German) => "wartet auf den nächsten Versuch".to_owned(),
        (EndState::Opening, Language::English) => "connecting: the connection opens".to_owned(),
        (EndState::Opening, Language::German) => "verbindet: die Verbindung öffnet sich".to_owned(),
        (EndState::Asking, Language::English) => "connecting: waiting for CONNACK".to_owned(),
        (EndState::Asking, Language::German) => "verbindet: wartet auf CONNACK".to_owned(),
        (EndState::Connected, Language::English) => "up".to_owned(),
        (EndState::Connected, Language::German) => "steht".to_owned(),
        (EndState::Closed, Language::English) => "closed".to_owned(),
        (EndState::Closed, Language::German) => "geschlossen".to_owned(),
    };
    match (is_full, language) {
        (false, _) => state,
        (true, Language::English) => {
            format!("{state} · full: what comes from the other side waits there")
        }
        (true, Language::German) => {
            format!("{state} · voll: was von der anderen Seite kommt, wartet dort")
        }
    }
}

/// What an end has done: names and figures.
#[must_use]
pub fn bridge_stats(language: Language, counts: Counts, waiting: usize) -> Vec<(String, String)> {
    let names = match language {
        Language::English => [
            "from it",
            "to it",
            "on their way to it",
            "lost",
            "echoes dropped",
        ],
        Language::German => [
            "von ihm",
            "an ihn",
            "unterwegs zu ihm",
            "verloren",
            "Echos verworfen",
        ],
    };
    let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
    let values = [
        counts.taken,
        counts.given,
        waiting,
        counts.lost,
        counts.echoes,
    ];
    let stats = names.into_iter().zip(values);
    stats
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect()
}

/// Why a bridge cannot begin.
#[must_use]
pub fn bridge_fault(language: Language, fault: &FormFault) -> String {
    let (en, de) = match fault {
        FormFault::NoRow => (
            "Nothing goes across: add a pattern.",
            "Nichts geht hinüber: ein Muster hinzufügen.",
        ),
        FormFault::Row(number, fault) => {
            let fault = bridge_row_fault(language, fault);
            return match language {
                Language::English => format!("Pattern {number}: {fault}"),
                Language::German => format!("Muster {number}: {fault}"),
            };
        }
        FormFault::Line(number, fault) => {
            let fault = bridge_row_fault(language, fault);
            return match language {
                Language::English => format!("Line {number}: {fault} Nothing was taken over."),
                Language::German => format!("Zeile {number}: {fault} Nichts wurde übernommen."),
            };
        }
        FormFault::ClientId => (
            "The client id is longer than 65,535 bytes, or has a character that MQTT does not allow.",
            "Die Client-ID ist länger als 65.535 Byte oder hat ein Zeichen, das MQTT nicht erlaubt.",
        ),
        FormFault::KeepAlive => (
            "Keep alive is a number of seconds, 0 to 65535.",
            "Keep Alive ist eine Zahl von Sekunden, 0 bis 65535.",
        ),
        FormFault::TooLong => (
            "This text is too long: a bridge has at most 32 patterns here, and the text 64 KB.",
            "Dieser Text ist zu lang: Eine Brücke hat hier höchstens 32 Muster, und der Text 64 KB.",
        ),
        FormFault::Watching => return super::BRIDGE_WATCHING.to(language).to_owned(),
        FormFault::NoWorld => (
            "There is no world with one broker to run: choose another one.",
            "Es gibt keine Welt mit genau einem Broker: eine andere wählen.",
        ),
        FormFault::NoRoom => (
            "The run has no room for a bridge. End it and start anew.",
            "Der Lauf hat keinen Platz für eine Brücke. Ihn beenden und neu beginnen.",
        ),
    };
    match language {
        Language::English => en,
        Language::German => de,
    }
    .to_owned()
}

/// What is wrong with a pattern, or with a line of a mosquitto.conf.
#[must_use]
pub fn bridge_row_fault(language: Language, fault: &BridgeFault) -> String {
    match (fault, language) {
        (BridgeFault::BadPattern(text), Language::English) => {
            let text = shown(text, TOPIC_MAX_CHARS);
            format!(
                "“{text}” is no topic filter: # stands alone at the end, + fills a level, a prefix has neither."
            )
        }
        (BridgeFault::BadPattern(text), Language::German) => {
            let text = shown(text, TOPIC_MAX_CHARS);
            format!(
                "„{text}“ ist kein Topic-Filter: # steht allein am Ende, + füllt eine Ebene, ein Präfix hat keines von beiden."
            )
        }
        (BridgeFault::UnknownWord(word), Language::English) => {
            let word = shown(word, TOPIC_MAX_CHARS);
            format!(
                "“{word}” is not known here: topic, and of a connection its address, version, session, keep alive, client id, user name and password are."
            )
        }
        (BridgeFault::UnknownWord(word), Language::German) => {
            let word = shown(word, TOPIC_MAX_CHARS);
            format!(
                "„{word}“ ist hier nicht bekannt: topic ist es, und von einer connection Adresse, Version, Sitzung, Keep Alive, Client-ID, Benutzername und Passwort."
            )
        }
        (BridgeFault::BadValue(takes), Language::English) => format!("write {takes}."),
        (BridgeFault::BadValue(takes), Language::German) => format!("richtig ist {takes}."),
        (BridgeFault::NoConnection, Language::English) => {
            "a whole section begins with “connection NAME”.".to_owned()
        }
        (BridgeFault::NoConnection, Language::German) => {
            "Ein ganzer Abschnitt beginnt mit „connection NAME“.".to_owned()
        }
        (BridgeFault::Missing(word), Language::English) => {
            format!("there is no “{word}” line before this.")
        }
        (BridgeFault::Missing(word), Language::German) => {
            format!("Davor fehlt eine Zeile „{word}“.")
        }
    }
}

/// What did not go across, the last ones; how many more there were.
pub(crate) fn bridge_problems(language: Language, bridged: &Bridged) -> Vec<String> {
    let (kept, count) = &bridged.problems;
    let more = count.saturating_sub(u64::try_from(kept.len()).unwrap_or(0));
    let more = (more > 0).then(|| match language {
        Language::English => format!("{more} earlier ones"),
        Language::German => format!("{more} frühere"),
    });
    let host = &bridged.dialled.address.host;
    let lines = kept.iter().map(|it| problem(language, it, host));
    more.into_iter().chain(lines).collect()
}

fn problem(language: Language, problem: &Problem, host: &str) -> String {
    match (problem, language) {
        (Problem::NotSubscribed(side, filter, reason), Language::English) => {
            let (end, filter) = (
                bridge_end(language, *side, host),
                shown(filter, TOPIC_MAX_CHARS),
            );
            format!("{end} refuses the subscription “{filter}”: {reason}. Nothing comes by it.")
        }
        (Problem::NotSubscribed(side, filter, reason), Language::German) => {
            let (end, filter) = (
                bridge_end(language, *side, host),
                shown(filter, TOPIC_MAX_CHARS),
            );
            format!("{end} lehnt das Abonnement „{filter}“ ab: {reason}. Darüber kommt nichts.")
        }
        (Problem::Lost(side, loss), Language::English) => {
            let end = bridge_end(language, *side, host);
            format!(
                "{end}: a message did not get there: {}",
                lost(language, loss)
            )
        }
        (Problem::Lost(side, loss), Language::German) => {
            let end = bridge_end(language, *side, host);
            format!(
                "{end}: Eine Nachricht kam nicht hin: {}",
                lost(language, loss)
            )
        }
    }
}

fn lost(language: Language, loss: &Loss) -> String {
    match (loss, language) {
        (Loss::Refused(reason), Language::English) => format!("refused, {reason}"),
        (Loss::Refused(reason), Language::German) => format!("abgelehnt, {reason}"),
        (Loss::BadTopic(topic), Language::English) => {
            format!(
                "with its prefix “{}” is no topic",
                shown(topic, TOPIC_MAX_CHARS)
            )
        }
        (Loss::BadTopic(topic), Language::German) => {
            format!(
                "mit seinem Präfix ist „{}“ kein Topic",
                shown(topic, TOPIC_MAX_CHARS)
            )
        }
        (Loss::Dropped(_), Language::English) => format!("dropped: {loss}"),
        (Loss::Dropped(_), Language::German) => format!("verworfen: {loss}"),
        (Loss::Unsendable(_), Language::English) => format!("it cannot be sent: {loss}"),
        (Loss::Unsendable(_), Language::German) => format!("sie lässt sich nicht senden: {loss}"),
    }
}
