//! The screen of a broker outside of the page.

use super::Language;
use super::language::phrases;
use crate::live::Trouble;
use crate::live::address::{Address, AddressFault, Reach};
use crate::live::view::FactMark;
use mqtt_proto::packet::{ConnAck, Property};
use mqtt_proto::{ReasonCode, Version};

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
    LINK_PREFIX_HINT: "Added to topics and client ids that leave this page, but not to $SYS and Response Topic, and taken off the topics that come. The ladder shows topics without it.", "Steht vor Topics und Client-Ids, die diese Seite verlassen, aber nicht vor $SYS und Response Topic, und fehlt bei den Topics, die kommen. Der Ablauf zeigt Topics ohne ihn.";
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
    LINK_PUBLIC: "This broker is out on the internet. If it is a public one, everybody can read what you send there: nothing private, no names of pupils.", "Dieser Broker steht im Internet. Ist er öffentlich, kann jeder lesen, was Sie dorthin senden: nichts Privates, keine Namen von Schülern.";
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
    /// The settings in the form cannot be used.
    LINK_NOT_STARTED: "The session cannot start: look at the client id, the keep alive in seconds and the will's topic.", "Die Sitzung kann nicht beginnen: Prüfen Sie Client-Id, Keep Alive in Sekunden und das Topic des Wills.";
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
    LINK_IDLE_TEXT: "What this page sends and what the broker answers then appear on the ladder, packet by packet, as in a simulated run: with bytes, fields, rules and reasons. You can hold packets, let them pass one by one, and cut the link.", "Was diese Seite sendet und der Broker antwortet, erscheint dann Paket für Paket im Ablauf, wie in einem simulierten Lauf: mit Bytes, Feldern, Regeln und Gründen. Sie können Pakete anhalten, einzeln durchlassen und die Leitung kappen.";
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
    /// Before what browsers hide.
    LINK_LIVE: "Live", "Live";
    /// A button: back to the newest moment of the session.
    LINK_BACK: "Back to live", "Zurück zu live";
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

/// How a run with a real broker compares with its simulated twin: how many packets are the same, and the first that is not,
/// as the real broker's run has it and as the simulated one has it.
#[must_use]
pub fn link_twin(
    language: Language,
    same: usize,
    first: Option<(Option<String>, Option<String>)>,
) -> String {
    let Some((real, simulated)) = first else {
        return match language {
            Language::English => {
                format!("Real and simulated: {same} packets, the same so far apart from times.")
            }
            Language::German => {
                format!("Echt und simuliert: {same} Pakete, bis auf die Zeiten bisher gleich.")
            }
        };
    };
    let missing = match language {
        Language::English => "nothing",
        Language::German => "nichts",
    };
    let [real, simulated] = [real, simulated].map(|it| it.unwrap_or_else(|| missing.to_owned()));
    match language {
        Language::English => format!(
            "Real and simulated: {same} packets are the same. The first difference: really {real}; simulated {simulated}. A broker may choose here, or one of the two has seen something else before."
        ),
        Language::German => format!(
            "Echt und simuliert: {same} Pakete sind gleich. Der erste Unterschied: in Wirklichkeit {real}; simuliert {simulated}. Ein Broker hat hier die Wahl, oder einer der beiden hat zuvor etwas anderes erlebt."
        ),
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

/// The lines that give Mosquitto a WebSocket.
const MOSQUITTO: &str =
    "listener 9001\nprotocol websockets\nallow_anonymous true     # only inside your own network";

type Told = (String, String, Vec<(String, Option<String>)>);

/// What went wrong: in a few words, what is known and what the browser hides, and what to try.
#[must_use]
pub fn link_trouble(
    language: Language,
    trouble: &Trouble,
    address: Option<&Address>,
    url: &str,
) -> Told {
    let say = |en: &str, de: &str| match language {
        Language::English => en.to_owned(),
        Language::German => de.to_owned(),
    };
    let step = |en: &str, de: &str| (say(en, de), None);
    let is_secure = address.is_some_and(|it| it.is_secure);
    let reach = address.map(Address::reach);
    let port = address.map_or(0, |it| it.port);
    match trouble {
        Trouble::Address(fault) => (
            say(
                "This address cannot be dialled.",
                "Diese Adresse kann nicht gewählt werden.",
            ),
            address_fault(language, *fault),
            Vec::new(),
        ),
        Trouble::Forbidden => (
            say(
                "The browser refuses to dial.",
                "Der Browser weigert sich zu wählen.",
            ),
            say(
                "This page came by https, and such a page may not open an unencrypted ws:// connection (mixed content). The browser tells the page nothing else.",
                "Diese Seite kam über https, und eine solche Seite darf keine unverschlüsselte ws://-Verbindung öffnen (Mixed Content). Mehr sagt der Browser der Seite nicht.",
            ),
            vec![
                step(
                    "Use wss://, if the broker has a certificate.",
                    "Nehmen Sie wss://, wenn der Broker ein Zertifikat hat.",
                ),
                step(
                    "Or open this page from http://localhost: the hub of this project serves it there.",
                    "Oder öffnen Sie diese Seite von http://localhost: Der Hub dieses Projekts liefert sie dort aus.",
                ),
            ],
        ),
        Trouble::NotOpened | Trouble::Silence
            if address.is_some_and(Address::is_plain_mqtt_port) =>
        {
            (
                say(
                    &format!("No WebSocket behind port {port}."),
                    &format!("Kein WebSocket hinter Port {port}."),
                ),
                say(
                    &format!(
                        "{port} is the usual port of plain MQTT, which a browser cannot speak. (Browsers hide the exact reason from a page, so this is the likely one.)"
                    ),
                    &format!(
                        "{port} ist der übliche Port von MQTT ohne WebSocket, das ein Browser nicht sprechen kann. (Browser verbergen den genauen Grund vor einer Seite; dies ist der wahrscheinliche.)"
                    ),
                ),
                mosquitto_steps(language, address),
            )
        }
        Trouble::NotOpened => {
            let mut steps = vec![step(
                "Is the broker running, and are host and port right?",
                "Läuft der Broker, und stimmen Rechner und Port?",
            )];
            if is_secure {
                let page = url.replacen("wss://", "https://", 1);
                steps.push((
                    say(
                        "A certificate that the browser does not trust ends it just like this. Open the same address as a web page: there the browser says what it thinks of the certificate.",
                        "Ein Zertifikat, dem der Browser nicht traut, endet genauso. Öffnen Sie dieselbe Adresse als Webseite: Dort sagt der Browser, was er vom Zertifikat hält.",
                    ),
                    Some(page),
                ));
            }
            steps.push(step(
                "Brokers differ in the path: /mqtt and / are common, Mosquitto takes any, EMQX and HiveMQ want /mqtt, RabbitMQ /ws.",
                "Broker unterscheiden sich im Pfad: /mqtt und / sind üblich, Mosquitto nimmt jeden, EMQX und HiveMQ wollen /mqtt, RabbitMQ /ws.",
            ));
            if reach != Some(Reach::Far) {
                steps.extend(mosquitto_steps(language, address));
            }
            (
                say(
                    "The WebSocket did not open.",
                    "Der WebSocket hat sich nicht geöffnet.",
                ),
                say(
                    "Nobody listens there, or what answers is no WebSocket, refuses the subprotocol mqtt or has a certificate that the browser does not trust. Browsers hide from a page which of these it was: pages could search networks otherwise.",
                    "Dort horcht niemand, oder was antwortet, ist kein WebSocket, lehnt das Subprotokoll mqtt ab oder hat ein Zertifikat, dem der Browser nicht traut. Was davon es war, verbergen Browser vor einer Seite: Seiten könnten sonst Netze absuchen.",
                ),
                steps,
            )
        }
        Trouble::Prefix => (
            say(
                "This prefix cannot stand before a topic.",
                "Dieses Präfix kann nicht vor einem Topic stehen.",
            ),
            say(
                "Topics have no + and no #: those are wildcards of subscriptions. Nothing was sent.",
                "Topics enthalten kein + und kein #: Das sind Platzhalter von Abonnements. Nichts wurde gesendet.",
            ),
            vec![step(
                "Write a prefix such as class-7/, or leave it empty.",
                "Schreiben Sie ein Präfix wie class-7/, oder lassen Sie es leer.",
            )],
        ),
        Trouble::Unsent => (
            say(
                "A packet was not sent, and the link was closed.",
                "Ein Paket wurde nicht gesendet, und die Leitung wurde geschlossen.",
            ),
            say(
                "With the prefix before it, a topic, filter or client id would be longer than the 65,535 bytes that MQTT allows. Without the prefix nothing leaves this page.",
                "Mit dem Präfix davor wäre ein Topic, ein Filter oder eine Client-Id länger als die 65.535 Bytes, die MQTT erlaubt. Ohne das Präfix verlässt nichts diese Seite.",
            ),
            vec![step(
                "Choose a shorter prefix or a shorter topic.",
                "Wählen Sie ein kürzeres Präfix oder ein kürzeres Topic.",
            )],
        ),
        Trouble::Silence => (
            say("Nothing answers.", "Nichts antwortet."),
            say(
                "For ten seconds nothing came back: the computer is off, a firewall swallows the packets, or the program there takes connections and does not speak.",
                "Zehn Sekunden lang kam nichts zurück: Der Rechner ist aus, eine Firewall verschluckt die Pakete, oder das Programm dort nimmt Verbindungen an und spricht nicht.",
            ),
            vec![
                step(
                    "Are host and port right, and is the computer on and in the same network?",
                    "Stimmen Rechner und Port, ist der Rechner an und im selben Netz?",
                ),
                step(
                    "Does its firewall let this port through?",
                    "Lässt seine Firewall diesen Port durch?",
                ),
            ],
        ),
        Trouble::NoConnAck => (
            say(
                "The WebSocket is open, but no CONNACK came.",
                "Der WebSocket ist offen, aber kein CONNACK kam.",
            ),
            say(
                "What answers there speaks WebSocket, but not MQTT, or it is stuck. The client has given up waiting, as it should.",
                "Was dort antwortet, spricht WebSocket, aber kein MQTT, oder es hängt. Der Client hat das Warten aufgegeben, wie er sollte.",
            ),
            vec![
                step(
                    "Is the path right? A web server may take a WebSocket and do something else with it.",
                    "Stimmt der Pfad? Ein Webserver kann einen WebSocket annehmen und etwas anderes damit tun.",
                ),
                step(
                    "Look into the log of the broker: does CONNECT arrive there?",
                    "Sehen Sie ins Log des Brokers: Kommt CONNECT dort an?",
                ),
            ],
        ),
        Trouble::Refused(code) => refused(language, *code),
        Trouble::Garbage(fault) => (
            say(
                "What came back is no MQTT.",
                "Was zurückkam, ist kein MQTT.",
            ),
            say(
                &format!("The bytes are in the run, as they came. The decoder says: {fault}."),
                &format!("Die Bytes stehen im Lauf, wie sie kamen. Der Decoder sagt: {fault}."),
            ),
            vec![
                step(
                    "Select the packet on the ladder: is it text, such as an error page of a web server?",
                    "Wählen Sie das Paket im Ablauf: Ist es Text, etwa die Fehlerseite eines Webservers?",
                ),
                step(
                    "Check port and path: this is something else than a broker.",
                    "Prüfen Sie Port und Pfad: Das ist etwas anderes als ein Broker.",
                ),
            ],
        ),
        Trouble::Goodbye(code) => (
            say(
                &format!("The broker said goodbye: {code}."),
                &format!("Der Broker hat sich verabschiedet: {code}."),
            ),
            say(
                "It sent DISCONNECT with this reason before it closed; the packet is on the ladder.",
                "Er hat vor dem Schließen DISCONNECT mit diesem Grund gesendet; das Paket steht im Ablauf.",
            ),
            match *code {
                ReasonCode::SessionTakenOver => vec![step(
                    "Somebody else uses this client id: choose another one.",
                    "Jemand anders benutzt diese Client-Id: Wählen Sie eine andere.",
                )],
                _ => Vec::new(),
            },
        ),
        Trouble::Closed(code, reason) => {
            let said = match reason.is_empty() {
                true => String::new(),
                false => format!(" “{reason}”"),
            };
            (
                say(
                    "The other end has closed the connection.",
                    "Die Gegenseite hat die Verbindung geschlossen.",
                ),
                say(
                    &format!(
                        "WebSocket code {code}{said}. MQTT 3.1.1 brokers cannot say why; 5.0 brokers can send DISCONNECT with a reason, and none came. 1006 means that the connection broke without a goodbye."
                    ),
                    &format!(
                        "WebSocket-Code {code}{said}. Broker mit MQTT 3.1.1 können nicht sagen, warum; Broker mit 5.0 können DISCONNECT mit einem Grund senden, und keines kam. 1006 heißt, dass die Verbindung ohne Abschied abbrach."
                    ),
                ),
                vec![
                    step(
                        "What did this client send last? A packet that breaks a rule makes a broker close.",
                        "Was hat dieser Client zuletzt gesendet? Bei einem Paket, das eine Regel bricht, schließt ein Broker.",
                    ),
                    step(
                        "Does another client use the same client id? Then they throw each other out.",
                        "Benutzt ein anderer Client dieselbe Client-Id? Dann werfen sie sich gegenseitig hinaus.",
                    ),
                    step(
                        "The log of the broker knows.",
                        "Das Log des Brokers weiß es.",
                    ),
                ],
            )
        }
    }
}

fn mosquitto_steps(language: Language, address: Option<&Address>) -> Vec<(String, Option<String>)> {
    let there = address.map(|it| it.at_port(it.likely_port()));
    let there = there.unwrap_or_default();
    match language {
        Language::English => vec![
            (
                "With Mosquitto, add to mosquitto.conf and restart it:".to_owned(),
                Some(MOSQUITTO.to_owned()),
            ),
            (format!("Then use {there} as the address."), None),
        ],
        Language::German => vec![
            (
                "Bei Mosquitto: in mosquitto.conf ergänzen und neu starten:".to_owned(),
                Some(MOSQUITTO.to_owned()),
            ),
            (format!("Dann ist {there} die Adresse."), None),
        ],
    }
}

/// CONNACK said no.
fn refused(language: Language, code: ReasonCode) -> Told {
    let say = |en: &str, de: &str| match language {
        Language::English => en.to_owned(),
        Language::German => de.to_owned(),
    };
    let title = say(
        &format!("The broker has refused: {code}."),
        &format!("Der Broker hat abgelehnt: {code}."),
    );
    let known = say(
        "Its CONNACK says so; the packet is on the ladder. The way there works.",
        "So steht es in seinem CONNACK; das Paket steht im Ablauf. Der Weg dorthin funktioniert.",
    );
    let step = match code {
        ReasonCode::BadUserNameOrPassword | ReasonCode::NotAuthorized => say(
            "Check user name and password. A broker that allows no guests wants both.",
            "Prüfen Sie Benutzername und Passwort. Ein Broker ohne Gäste will beides.",
        ),
        ReasonCode::ClientIdentifierNotValid => say(
            "Choose another client id: some brokers take only certain characters or lengths, or only known ids.",
            "Wählen Sie eine andere Client-Id: Manche Broker nehmen nur bestimmte Zeichen oder Längen oder nur bekannte Ids.",
        ),
        ReasonCode::UnsupportedProtocolVersion => say(
            "Choose the other version of MQTT.",
            "Wählen Sie die andere Version von MQTT.",
        ),
        ReasonCode::ServerUnavailable | ReasonCode::ServerBusy => say(
            "Wait a little: the broker is not ready or has too much to do.",
            "Warten Sie etwas: Der Broker ist nicht bereit oder hat zu viel zu tun.",
        ),
        _ => say(
            "The log of the broker knows more.",
            "Das Log des Brokers weiß mehr.",
        ),
    };
    (title, known, vec![(step, None)])
}
