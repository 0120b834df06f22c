//! The screen of a broker outside of the page.

use super::Language;
use super::language::phrases;
use crate::live::address::AddressFault;
use crate::live::view::FactMark;
use mqtt_proto::Version;
use mqtt_proto::packet::{ConnAck, Property};

phrases! {
    /// The title of the screen.
    BROKER_TITLE: "Real broker", "Echter Broker";
    /// Over the form.
    BROKER_FORM: "Connect to a broker", "Mit einem Broker verbinden";
    /// A field.
    LINK_ADDRESS: "Address", "Adresse";
    /// Below it.
    LINK_ADDRESS_HINT: "A browser speaks MQTT over WebSocket only: wss://, or ws:// on this computer.", "Ein Browser spricht MQTT nur über WebSocket: wss:// oder, auf diesem Rechner, ws://.";
    /// A field.
    LINK_VERSION: "Version", "Version";
    /// A field.
    LINK_CLIENT_ID: "Client id", "Client-Id";
    /// Below it.
    LINK_CLIENT_ID_HINT: "New for every page, so two classrooms cannot throw each other out.", "Für jede Seite neu, damit sich zwei Klassen nicht gegenseitig hinauswerfen.";
    /// A field.
    LINK_USER: "User name", "Benutzername";
    /// A field.
    LINK_PASSWORD: "Password", "Passwort";
    /// Below both.
    LINK_SECRETS_HINT: "Sent to the broker and kept nowhere: no run, link or file has them.", "Gehen an den Broker und bleiben nirgends: Kein Lauf, kein Link und keine Datei enthält sie.";
    /// In an empty field.
    LINK_NOTHING: "none", "keiner";
    /// A field.
    LINK_PREFIX: "Topic prefix", "Topic-Präfix";
    /// Below it.
    LINK_PREFIX_HINT: "Added to the topics, Response Topics and client ids that leave this page, but not to $SYS, and taken off those that come. The ladder shows topics without it.", "Steht vor Topics, Response Topics und Client-Ids, die diese Seite verlassen, aber nicht vor $SYS, und fehlt bei denen, die kommen. Der Ablauf zeigt Topics ohne es.";
    /// A box.
    LINK_RETAIN: "Allow retained messages", "Retained-Nachrichten erlauben";
    /// Behind it.
    LINK_RETAIN_HINT: "Leave it off at a public broker, which would keep them for strangers: then RETAIN is taken off on the way, and the ladder still shows it.", "Bei einem öffentlichen Broker auslassen, denn er würde sie für Fremde aufheben: RETAIN wird dann unterwegs gelöscht, der Ablauf zeigt es noch.";
    /// A box.
    LINK_CLEAN: "Clean session", "Saubere Sitzung";
    /// Behind it.
    LINK_CLEAN_HINT: "Off: the broker keeps the session while the page is away.", "Aus: Der Broker behält die Sitzung, solange die Seite weg ist.";
    /// A box.
    LINK_RECONNECT: "Dial again by itself", "Von selbst wieder wählen";
    /// Behind it.
    LINK_RECONNECT_HINT: "After 1 s, then each pause twice as long, up to 30 s, each shorter by chance.", "Nach 1 s, dann jede Pause doppelt so lang, bis 30 s, jede um einen zufälligen Teil kürzer.";
    /// A field.
    LINK_KEEP_ALIVE: "Keep alive in seconds", "Keep Alive in Sekunden";
    /// Over fields that few need.
    LINK_MORE: "Keep alive, session, will", "Keep Alive, Sitzung, Will";
    /// A field.
    LINK_WILL_TOPIC: "Will: topic", "Will: Topic";
    /// A field.
    LINK_WILL_PAYLOAD: "Will: payload", "Will: Inhalt";
    /// A box.
    LINK_WILL_RETAIN: "Retained will", "Will retained";
    /// A field.
    LINK_WORLD: "What runs against it", "Was gegen ihn läuft";
    /// Its first choice.
    LINK_ALONE: "A client alone, by hand", "Ein Client allein, von Hand";
    /// Strangers may be there.
    LINK_PUBLIC: "This broker is out on the internet. If it is a public one, everybody can read what you send there: nothing private, no names of pupils.", "Dieser Broker steht im Internet. Ist er öffentlich, kann jeder lesen, was dorthin geht: nichts Privates, keine Namen von Schülern.";
    /// A button.
    LINK_CONNECT: "Connect", "Verbinden";
    /// A button.
    LINK_RECONNECT_NOW: "Reconnect", "Neu verbinden";
    /// A button.
    LINK_DISCONNECT: "Disconnect", "Trennen";
    /// A button.
    LINK_STOP: "Stop trying", "Nicht weiter versuchen";
    /// A button.
    LINK_END: "End the session", "Sitzung beenden";
    /// A link to the main screen.
    LINK_WATCH: "Watch on the ladder", "Im Ablauf ansehen";
    /// The hub that dials for the page has sent it away for good.
    LINK_CODE_WANTED: "The hub asks for another code: nothing more is dialled. Write its code behind the address, on the page Broker, and connect again.", "Der Hub verlangt einen anderen Code: Gewählt wird nicht mehr. Seinen Code auf der Seite „Broker“ hinter die Adresse schreiben und neu verbinden.";
    /// The settings in the form cannot be used.
    LINK_NOT_STARTED: "The session cannot start: look at the client id, the keep alive in seconds and the will's topic.", "Die Sitzung kann nicht beginnen: Zu prüfen sind Client-Id, Keep Alive in Sekunden und das Topic des Wills.";
    /// The state of the link.
    LINK_IDLE: "Not connected yet", "Noch nicht verbunden";
    /// The state of the link.
    LINK_DIALLING: "The WebSocket opens …", "Der WebSocket öffnet sich …";
    /// The state of the link.
    LINK_ASKING: "CONNECT waits for CONNACK …", "CONNECT wartet auf CONNACK …";
    /// The state of the link.
    LINK_CONNECTED: "Connected", "Verbunden";
    /// The state of the link.
    LINK_WAITING: "Not connected, will dial again", "Nicht verbunden, wählt wieder";
    /// The state of the link.
    LINK_OFF: "Not connected", "Nicht verbunden";
    /// What is shown before anybody has dialled.
    LINK_IDLE_TEXT: "What this page sends and what the broker answers then appear on the ladder, packet by packet, as in a simulated run: with bytes, fields, rules and reasons. You can hold packets, let them pass one by one, and cut the link.", "Was diese Seite sendet und der Broker antwortet, erscheint dann Paket für Paket im Ablauf, wie in einem simulierten Lauf: mit Bytes, Feldern, Regeln und Gründen. Pakete lassen sich anhalten und einzeln durchlassen, und die Leitung lässt sich kappen.";
    /// Over what the broker says of itself.
    LINK_FACTS: "What this broker says it can do", "Was dieser Broker nach eigener Angabe kann";
    /// Over the gates.
    LINK_GATES: "Gate", "Schranke";
    /// A switch.
    LINK_GATE_OUT: "Hold what leaves", "Ausgehendes anhalten";
    /// A switch.
    LINK_GATE_IN: "Hold what comes", "Ankommendes anhalten";
    /// A button.
    LINK_PASS: "Let one pass", "Eines durchlassen";
    /// A button.
    LINK_CUT_NOW: "Cut the link", "Leitung kappen";
    /// A button.
    LINK_RESUME: "Mend the link", "Leitung flicken";
    /// A button.
    LINK_REPORT: "Save the report", "Bericht speichern";
    /// Why the state of a broker outside is not shown.
    OUTSIDE_KEEPS_UNKNOWN: "This broker is outside of the page: what it keeps it tells nobody. Only its packets can be seen.", "Dieser Broker steht außerhalb der Seite: Was er aufbewahrt, sagt er niemandem. Zu sehen sind nur seine Pakete.";
    /// A button: both as ladders.
    LINK_BESIDE: "Side by side", "Nebeneinander";
    /// A run with the real broker, as one of two.
    LINK_REAL: "With the real broker", "Mit dem echten Broker";
    /// A run with the simulated broker, as the other.
    LINK_SIMULATED: "The same, simulated", "Dasselbe, simuliert";
    /// Over the two.
    LINK_BESIDE_TITLE: "Real and simulated", "Echt und simuliert";
    /// Before what browsers hide.
    LINK_LIVE: "Live", "Live";
    /// A button: back to the newest moment of the session.
    LINK_BACK: "Back to live", "Zurück zu live";
}

/// What the clients of a scenario are called at the broker.
#[must_use]
pub fn link_ids(language: Language, ids: &str) -> String {
    match language {
        Language::English => format!(
            "At the broker {ids} stands before the client id of each device: robot is {ids}robot there. So many pages can run the same scenario at one broker and do not throw each other out."
        ),
        Language::German => format!(
            "Beim Broker steht {ids} vor der Client-Id jedes Geräts: robot heißt dort {ids}robot. So können viele Seiten dasselbe Szenario an einem Broker ausführen und werfen sich nicht gegenseitig hinaus."
        ),
    }
}

/// What a gate holds: how many, and which is next.
#[must_use]
pub fn link_held(language: Language, count: usize, next: Option<&str>) -> String {
    match (count, next, language) {
        (0, _, Language::English) => "nothing waits".to_owned(),
        (0, _, Language::German) => "nichts wartet".to_owned(),
        (_, Some(next), Language::English) => format!("{count} waiting, next {next}"),
        (_, Some(next), Language::German) => format!("{count} warten, als nächstes {next}"),
        (_, None, Language::English) => format!("{count} waiting"),
        (_, None, Language::German) => format!("{count} warten"),
    }
}

/// Tries another port.
#[must_use]
pub fn link_try_port(language: Language, port: u16) -> String {
    match language {
        Language::English => format!("Try port {port}"),
        Language::German => format!("Port {port} versuchen"),
    }
}

/// Since when there is a connection, and with whom.
#[must_use]
pub fn link_since(language: Language, host: &str, seconds: u64) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match (minutes, language) {
        (0, _) => format!("{host} · {seconds} s"),
        (_, Language::English | Language::German) => format!("{host} · {minutes} min {seconds} s"),
    }
}

/// Whether the connection is encrypted, and with which subprotocol.
#[must_use]
pub fn link_secrecy(language: Language, is_secure: bool, subprotocol: &str) -> String {
    let secrecy = match (is_secure, language) {
        (true, Language::English) => {
            "Encrypted (TLS): the browser has checked the certificate; it does not show it to a page."
        }
        (true, Language::German) => {
            "Verschlüsselt (TLS): Der Browser hat das Zertifikat geprüft; einer Seite zeigt er es nicht."
        }
        (false, Language::English) => {
            "Not encrypted: whoever is on the way can read along, passwords too."
        }
        (false, Language::German) => {
            "Nicht verschlüsselt: Wer auf dem Weg sitzt, liest mit, auch Passwörter."
        }
    };
    let protocol = match (subprotocol, language) {
        ("", Language::English) => "The broker has named no subprotocol.".to_owned(),
        ("", Language::German) => "Der Broker hat kein Subprotokoll genannt.".to_owned(),
        (name, Language::English) => format!("Subprotocol {name}."),
        (name, Language::German) => format!("Subprotokoll {name}."),
    };
    format!("{secrecy} {protocol}")
}

/// Names and figures of a link.
#[must_use]
pub fn link_stats(
    language: Language,
    round_trip: Option<u64>,
    (sent, received): (usize, usize),
    next: Option<u64>,
    is_connected: bool,
) -> Vec<(String, String)> {
    let english = language == Language::English;
    let name = |en: &str, de: &str| if english { en } else { de }.to_owned();
    let mut stats = vec![
        (
            name("round trip", "Hin und zurück"),
            round_trip.map_or_else(|| "–".to_owned(), |it| format!("{} ms", it.div_ceil(1000))),
        ),
        (name("packets sent", "gesendet"), sent.to_string()),
        (name("received", "empfangen"), received.to_string()),
    ];
    if let Some(next) = next {
        let what = match is_connected {
            true => name("sign of life due in", "Lebenszeichen fällig in"),
            false => name("dials again in", "wählt wieder in"),
        };
        stats.push((what, format!("{next} s")));
    }
    stats
}

/// What a CONNACK says that the broker can do.
#[must_use]
pub fn link_facts(language: Language, ack: &ConnAck, version: Version) -> Vec<(FactMark, String)> {
    let say = |en: &str, de: &str| match language {
        Language::English => en.to_owned(),
        Language::German => de.to_owned(),
    };
    let session = match ack.session_present {
        true => (
            FactMark::Yes,
            say("it has kept the session", "es hat die Sitzung behalten"),
        ),
        false => (FactMark::Note, say("a new session", "eine neue Sitzung")),
    };
    if version == Version::V311 {
        let silence = say(
            "3.1.1 has no way to say more: try it",
            "3.1.1 kann nicht mehr sagen: ausprobieren",
        );
        return vec![session, (FactMark::Note, silence)];
    }
    let (mut qos, mut retain, mut wildcards, mut shared, mut ids) = (2, true, true, true, true);
    let mut more = Vec::new();
    for property in ack.properties.iter() {
        match property {
            Property::MaximumQos(it) => qos = u8::from(it),
            Property::RetainAvailable(it) => retain = it,
            Property::WildcardSubscriptionAvailable(it) => wildcards = it,
            Property::SharedSubscriptionAvailable(it) => shared = it,
            Property::SubscriptionIdentifierAvailable(it) => ids = it,
            Property::MaximumPacketSize(bytes) => more.push(say(
                &format!("packets of at most {bytes} bytes"),
                &format!("Pakete bis {bytes} Byte"),
            )),
            Property::ReceiveMaximum(most) => more.push(say(
                &format!("{most} unacknowledged at a time"),
                &format!("{most} Unbestätigte zugleich"),
            )),
            Property::TopicAliasMaximum(most) => more.push(say(
                &format!("{most} topic aliases"),
                &format!("{most} Topic-Aliase"),
            )),
            Property::ServerKeepAlive(0) => {
                more.push(say("wants no sign of life", "will kein Lebenszeichen"));
            }
            Property::ServerKeepAlive(secs) => more.push(say(
                &format!("wants a sign of life every {secs} s"),
                &format!("will alle {secs} s ein Lebenszeichen"),
            )),
            Property::AssignedClientIdentifier(id) => more.push(say(
                &format!("calls this client {}", id.as_str()),
                &format!("nennt diesen Client {}", id.as_str()),
            )),
            _ => {}
        }
    }
    let mark = |is_so| if is_so { FactMark::Yes } else { FactMark::No };
    let mut facts = vec![
        (
            mark(qos == 2),
            match qos {
                2 => say("QoS 0, 1 and 2", "QoS 0, 1 und 2"),
                1 => say("no QoS 2", "kein QoS 2"),
                _ => say("only QoS 0", "nur QoS 0"),
            },
        ),
        (
            mark(retain),
            say("retained messages", "Retained-Nachrichten"),
        ),
        (mark(wildcards), say("wildcards", "Wildcards")),
        (
            mark(shared),
            say("shared subscriptions", "geteilte Abonnements"),
        ),
        (mark(ids), say("subscription ids", "Subscription-Ids")),
        session,
    ];
    facts.extend(more.into_iter().map(|it| (FactMark::Note, it)));
    facts
}

/// Why an address cannot be dialled from a page.
#[must_use]
pub fn address_fault(language: Language, fault: AddressFault) -> String {
    match (fault, language) {
        (AddressFault::Empty, Language::English) => "There is no address yet.",
        (AddressFault::Empty, Language::German) => "Es gibt noch keine Adresse.",
        (AddressFault::PlainMqtt, Language::English) => {
            "mqtt:// is MQTT on bare TCP: no browser lets a page speak it. Brokers that also speak WebSocket have another port for it, and its address begins with ws:// or wss://."
        }
        (AddressFault::PlainMqtt, Language::German) => {
            "mqtt:// ist MQTT direkt über TCP: Kein Browser lässt eine Seite das sprechen. Broker, die auch WebSocket sprechen, haben dafür einen anderen Port, und die Adresse beginnt mit ws:// oder wss://."
        }
        (AddressFault::NoWebSocket, Language::English) => {
            "The address has to begin with wss:// (encrypted) or ws://."
        }
        (AddressFault::NoWebSocket, Language::German) => {
            "Die Adresse muss mit wss:// (verschlüsselt) oder ws:// beginnen."
        }
        (AddressFault::NoHost, Language::English) => {
            "Between :// and the port stands the name of the computer, such as localhost."
        }
        (AddressFault::NoHost, Language::German) => {
            "Zwischen :// und dem Port steht der Name des Rechners, etwa localhost."
        }
        (AddressFault::NoPort, Language::English) => "The port is a number from 1 to 65535.",
        (AddressFault::NoPort, Language::German) => "Der Port ist eine Zahl von 1 bis 65535.",
        (AddressFault::HasCredentials, Language::English) => {
            "User name and password do not go into the address, where everybody can read them: there are fields for them."
        }
        (AddressFault::HasCredentials, Language::German) => {
            "Benutzername und Passwort gehören nicht in die Adresse, wo jeder sie lesen kann: Dafür gibt es Felder."
        }
    }
    .to_owned()
}

/// How often it was tried, and when it is tried next.
#[must_use]
pub fn link_tries(language: Language, tries: u32, next: Option<u64>) -> String {
    let tried = match (tries, language) {
        (0, _) => String::new(),
        (1, Language::English) => "tried once".to_owned(),
        (1, Language::German) => "einmal versucht".to_owned(),
        (_, Language::English) => format!("tried {tries} times"),
        (_, Language::German) => format!("{tries}-mal versucht"),
    };
    let next = match (next, language) {
        (None, _) => String::new(),
        (Some(next), Language::English) => format!("next automatic try in {next} s"),
        (Some(next), Language::German) => format!("nächster Versuch von selbst in {next} s"),
    };
    [tried, next]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What stands there.
pub const LINK_RESULT: super::Phrase = super::Phrase {
    en: "How the connection is",
    de: "Wie es um die Verbindung steht",
};
/// The element that says how the link is: whoever has pressed Connect is taken there.
pub const LINK_STATE_ID: &str = "link-state";
