//! What went wrong on the way to a real broker: what is known, what browsers hide, what to try.

use super::broker::address_fault;
use super::language::phrases;
use super::{Language, Phrase};
use crate::live::address::{Address, Reach};
use crate::live::{Reason, Trouble};
use crate::payload::{one_line, shown};
use mqtt_proto::ReasonCode;
use relay::dial_closes;

/// The lines that give Mosquitto a WebSocket.
const MOSQUITTO: &str =
    "listener 9001\nprotocol websockets\nallow_anonymous true     # only inside your own network";

/// In a few words, what is known and hidden, what to try.
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
                    "Hat der Broker ein Zertifikat, geht wss://.",
                ),
                step(
                    "Or open this page from http://localhost: the hub of this project serves it there.",
                    "Oder diese Seite von http://localhost öffnen: Der Hub dieses Projekts liefert sie dort aus.",
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
                        "Ein Zertifikat, dem der Browser nicht traut, endet genauso. Dieselbe Adresse als Webseite öffnen: Dort sagt der Browser, was er vom Zertifikat hält.",
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
                "Richtig ist ein Präfix wie class-7/ oder gar keines.",
            )],
        ),
        Trouble::PasswordAlone => (
            say(
                "A password needs a user name.",
                "Ein Passwort braucht einen Benutzernamen.",
            ),
            say(
                "CONNECT of MQTT 3.1.1 has no password without a user name (MQTT-3.1.2-22). 5.0 allows it. Nothing was sent.",
                "CONNECT von MQTT 3.1.1 hat kein Passwort ohne Benutzernamen (MQTT-3.1.2-22). 5.0 erlaubt es. Nichts wurde gesendet.",
            ),
            vec![step(
                "Fill in a user name, or speak 5.0, or leave the password empty.",
                "Einen Benutzernamen angeben, 5.0 sprechen oder das Passwort leer lassen.",
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
                "Ein kürzeres Präfix oder ein kürzeres Topic wählen.",
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
        Trouble::NoConnAck(first) => (
            say(
                "The WebSocket is open, but no CONNACK came.",
                "Der WebSocket ist offen, aber kein CONNACK kam.",
            ),
            no_conn_ack(language, first),
            vec![
                step(
                    "Is the path right? A web server may take a WebSocket and do something else with it.",
                    "Stimmt der Pfad? Ein Webserver kann einen WebSocket annehmen und etwas anderes damit tun.",
                ),
                step(
                    "Look into the log of the broker: does CONNECT arrive there?",
                    "Ins Log des Brokers sehen: Kommt CONNECT dort an?",
                ),
            ],
        ),
        Trouble::Refused(reason) => refused(language, reason),
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
                    "Das Paket im Ablauf wählen: Ist es Text, etwa die Fehlerseite eines Webservers?",
                ),
                step(
                    "Check port and path: this is something else than a broker.",
                    "Port und Pfad prüfen: Das ist etwas anderes als ein Broker.",
                ),
            ],
        ),
        Trouble::Text(words) => text_came(language, words),
        Trouble::Goodbye(reason) => goodbye(language, reason),
        Trouble::Closed(code, reason) => {
            let broker = address.and_then(Address::through_hub);
            if let Some(told) = broker.and_then(|it| hub_refuses(language, *code, reason, it)) {
                return told;
            }
            let said = match reason.is_empty() {
                true => String::new(),
                false => format!(" “{}”", shown(reason, SAID_MAX_CHARS)),
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

/// What came is text.
fn text_came(language: Language, words: &str) -> Told {
    let words = one_line(words.as_bytes(), FIRST_MAX_CHARS);
    let known = match language {
        Language::English => format!(
            "In a WebSocket, MQTT comes in binary frames. This one was a text frame, whatever its bytes mean, so this page has closed the connection, as the standard wants (MQTT-6.0.0-1). It begins with “{words}”."
        ),
        Language::German => format!(
            "In einem WebSocket kommt MQTT in binären Frames. Dies war ein Text-Frame, was immer seine Bytes bedeuten. Darum hat diese Seite die Verbindung geschlossen, wie es die Norm will (MQTT-6.0.0-1). Er beginnt mit „{words}“."
        ),
    };
    let steps = [TEXT_PATH, TEXT_BETWEEN].map(|it| (it.to(language).to_owned(), None));
    (TEXT_CAME.to(language).to_owned(), known, steps.to_vec())
}

/// What answers with something else than CONNACK, or with nothing.
fn no_conn_ack(language: Language, first: &[u8]) -> String {
    let known = match language {
        Language::English => {
            "What answers there speaks WebSocket, but not MQTT, or it is stuck. The client has given up waiting, as it should."
        }
        Language::German => {
            "Was dort antwortet, spricht WebSocket, aber kein MQTT, oder es hängt. Der Client hat das Warten aufgegeben, wie er sollte."
        }
    };
    if first.is_empty() {
        return known.to_owned();
    }
    let came = one_line(first, FIRST_MAX_CHARS);
    match language {
        Language::English => format!("{known} What came begins with “{came}”."),
        Language::German => format!("{known} Was kam, beginnt mit „{came}“."),
    }
}

/// What a hub says that does not dial a broker for the page, by the code of its close.
fn hub_refuses(language: Language, code: u16, reason: &str, broker: &str) -> Option<Told> {
    let broker = one_line(broker.as_bytes(), SAID_MAX_CHARS);
    let (title, steps): (Phrase, &[Phrase]) = match code {
        dial_closes::CODE_WANTED => (HUB_WANTS_CODE, &[HUB_ADD_CODE, HUB_ESCAPE]),
        dial_closes::NOT_ALLOWED => (HUB_MAY_NOT, &[HUB_ALLOW]),
        dial_closes::TRY_LATER => (HUB_LATER, &[HUB_WAIT]),
        dial_closes::NOT_REACHED => (HUB_CANNOT, &[HUB_IS_IT_THERE]),
        _ => return None,
    };
    let said = shown(reason, SAID_MAX_CHARS);
    let known = match language {
        Language::English => format!(
            "The hub has closed the WebSocket with code {code}: “{said}”. It has not reached {broker} for this page."
        ),
        Language::German => format!(
            "Der Hub hat den WebSocket mit Code {code} geschlossen: „{said}“. Er hat {broker} für diese Seite nicht erreicht."
        ),
    };
    let steps = steps.iter().map(|it| {
        let step = it.to(language).replace("HOST:PORT", &broker);
        (step, None)
    });
    Some((title.to(language).to_owned(), known, steps.collect()))
}

phrases! {
    /// A title.
    TEXT_CAME: "The other end sends text.", "Die Gegenseite sendet Text.";
    /// What to try.
    TEXT_PATH: "Check port and path: this may be something else than a broker, such as a chat.", "Port und Pfad prüfen: Das ist vielleicht etwas anderes als ein Broker, etwa ein Chat.";
    /// What to try.
    TEXT_BETWEEN: "If it is a broker, look at what is between it and this page: a proxy must pass binary frames on as they are.", "Wenn es ein Broker ist, nachsehen, was zwischen ihm und dieser Seite steht: Ein Proxy muss binäre Frames weitergeben, wie sie sind.";
    /// A title.
    HUB_WANTS_CODE: "The hub asks for a code.", "Der Hub fragt nach einem Code.";
    /// What to try.
    HUB_ADD_CODE: "Write the code behind the address: …/broker/HOST:PORT?code=CODE. The hub has printed it at its start (join-code).", "Den Code hinter die Adresse schreiben: …/broker/HOST:PORT?code=CODE. Der Hub hat ihn beim Start hingeschrieben (join-code).";
    /// What to try.
    HUB_ESCAPE: "If the code has other characters than letters and digits, write them as in any URL: %26 for &.", "Hat der Code andere Zeichen als Buchstaben und Ziffern, werden sie geschrieben wie in jeder URL: %26 für &.";
    /// A title.
    HUB_MAY_NOT: "The hub may not dial this broker.", "Der Hub darf diesen Broker nicht wählen.";
    /// What to try.
    HUB_ALLOW: "Start the hub with --allow-broker HOST:PORT.", "Den Hub mit --allow-broker HOST:PORT starten.";
    /// A title.
    HUB_LATER: "The hub does not dial now.", "Der Hub wählt jetzt nicht.";
    /// What to try.
    HUB_WAIT: "Wait a minute, then try again.", "Eine Minute warten und es dann noch einmal versuchen.";
    /// A title.
    HUB_CANNOT: "The hub does not reach the broker.", "Der Hub erreicht den Broker nicht.";
    /// What to try.
    HUB_IS_IT_THERE: "Is HOST:PORT right, and does the broker run? The hub dials from where it runs, by TCP and without TLS.", "Stimmt HOST:PORT, und läuft der Broker? Der Hub wählt von dort, wo er läuft, über TCP und ohne TLS.";
}

/// So much of what is no CONNACK is shown.
const FIRST_MAX_CHARS: usize = 40;
/// So much of what a broker says in its own words is shown.
const SAID_MAX_CHARS: usize = 200;

/// What the broker adds in its own words, as sentences behind another one.
fn in_its_words(language: Language, reason: &Reason) -> String {
    let mut said = String::new();
    if let Some(words) = &reason.words {
        let words = shown(words, SAID_MAX_CHARS);
        said.push_str(&match language {
            Language::English => format!(" It adds: “{words}”."),
            Language::German => format!(" Er fügt hinzu: „{words}“."),
        });
    }
    if let Some(there) = &reason.elsewhere {
        let there = shown(there, SAID_MAX_CHARS);
        said.push_str(&match language {
            Language::English => format!(" It names another server: “{there}”."),
            Language::German => format!(" Er nennt einen anderen Server: „{there}“."),
        });
    }
    said
}

/// CONNACK said no.
fn refused(language: Language, reason: &Reason) -> Told {
    let code = reason.code;
    let (title, known) = match language {
        Language::English => (
            format!("The broker has refused: {code}."),
            "Its CONNACK says so; the packet is on the ladder. The way there works.",
        ),
        Language::German => (
            format!("Der Broker hat abgelehnt: {code}."),
            "So steht es in seinem CONNACK; das Paket steht im Ablauf. Der Weg dorthin funktioniert.",
        ),
    };
    let known = format!("{known}{}", in_its_words(language, reason));
    (title, known, vec![(what_to_try(language, code), None)])
}

/// The broker said goodbye.
fn goodbye(language: Language, reason: &Reason) -> Told {
    let code = reason.code;
    let (title, known) = match language {
        Language::English => (
            format!("The broker said goodbye: {code}."),
            "It sent DISCONNECT with this reason before it closed; the packet is on the ladder. Only MQTT 5.0 has that, and here the browser hides nothing.",
        ),
        Language::German => (
            format!("Der Broker hat sich verabschiedet: {code}."),
            "Er hat vor dem Schließen DISCONNECT mit diesem Grund gesendet; das Paket steht im Ablauf. Das gibt es nur in MQTT 5.0, und hier verbirgt der Browser nichts.",
        ),
    };
    let known = format!("{known}{}", in_its_words(language, reason));
    (title, known, vec![(what_to_try(language, code), None)])
}

/// What helps when a broker gives this reason.
fn what_to_try(language: Language, code: ReasonCode) -> String {
    use ReasonCode as Code;
    let (english, german) = match code {
        Code::BadUserNameOrPassword | Code::NotAuthorized => (
            "Check user name and password. A broker that allows no guests wants both; and it may allow some topics only.",
            "Benutzername und Passwort prüfen. Ein Broker ohne Gäste will beides, und vielleicht erlaubt er nur manche Topics.",
        ),
        Code::BadAuthenticationMethod => (
            "This broker wants a way to log in that this page has not: only user name and password.",
            "Dieser Broker will eine Art der Anmeldung, die diese Seite nicht hat: nur Benutzername und Passwort.",
        ),
        Code::ClientIdentifierNotValid => (
            "Choose another client id: some brokers take only certain characters or lengths, or only known ids.",
            "Eine andere Client-Id wählen: Manche Broker nehmen nur bestimmte Zeichen oder Längen oder nur bekannte Ids.",
        ),
        Code::UnsupportedProtocolVersion => (
            "Choose the other version of MQTT.",
            "Die andere Version von MQTT wählen.",
        ),
        Code::ServerUnavailable | Code::ServerBusy | Code::ServerShuttingDown => (
            "Wait a little: the broker is stopping, not ready, or has too much to do. Dialling again later may work.",
            "Etwas warten: Der Broker hört gerade auf, ist nicht bereit oder hat zu viel zu tun. Später wieder zu wählen kann gelingen.",
        ),
        Code::SessionTakenOver => (
            "Somebody else uses this client id: choose another one.",
            "Jemand anders benutzt diese Client-Id: eine andere wählen.",
        ),
        Code::KeepAliveTimeout => (
            "It has heard nothing for one and a half times the keep alive. Was the link held or this tab asleep? Else choose a longer keep alive.",
            "Er hat das Anderthalbfache des Keep Alive lang nichts gehört. War die Leitung angehalten oder dieser Tab im Schlaf? Sonst ein längeres Keep Alive wählen.",
        ),
        Code::UseAnotherServer | Code::ServerMoved => (
            "Ask whoever runs it for the address that is right now, and dial that.",
            "Den Betreiber nach der Adresse fragen, die jetzt gilt, und diese wählen.",
        ),
        Code::MessageRateTooHigh | Code::QuotaExceeded | Code::ConnectionRateExceeded => (
            "Send less, or less often, and dial less often: this is a limit of this broker.",
            "Weniger oder seltener senden, und seltener wählen: Das ist eine Grenze dieses Brokers.",
        ),
        Code::PacketTooLarge => (
            "Send smaller messages: a broker says in its CONNACK how large a packet may be.",
            "Kleinere Nachrichten senden: Wie groß ein Paket sein darf, sagt ein Broker in seinem CONNACK.",
        ),
        Code::ReceiveMaximumExceeded
        | Code::MalformedPacket
        | Code::ProtocolError
        | Code::TopicAliasInvalid
        | Code::PayloadFormatInvalid
        | Code::TopicNameInvalid
        | Code::TopicFilterInvalid => (
            "It says that a packet of this client broke a rule: look at the last one before it on the ladder, its fields and rules. If it is right, the broker errs.",
            "Er sagt, ein Paket dieses Clients habe eine Regel verletzt: Das letzte davor im Ablauf ist anzusehen, seine Felder und Regeln. Ist es richtig, irrt der Broker.",
        ),
        Code::RetainNotSupported
        | Code::QosNotSupported
        | Code::SharedSubscriptionsNotSupported
        | Code::SubscriptionIdentifiersNotSupported
        | Code::WildcardSubscriptionsNotSupported => (
            "This broker cannot do what the last packet asked for, and its CONNACK says so: do without it here.",
            "Dieser Broker kann nicht, was das letzte Paket verlangt, und sein CONNACK sagt es: Hier geht es nur ohne.",
        ),
        Code::AdministrativeAction | Code::Banned | Code::MaximumConnectTime => (
            "Somebody has decided so, or a rule of this broker: ask whoever runs it.",
            "Jemand hat das so entschieden, oder eine Regel dieses Brokers: den Betreiber fragen.",
        ),
        _ => (
            "The log of the broker knows more.",
            "Das Log des Brokers weiß mehr.",
        ),
    };
    match language {
        Language::English => english,
        Language::German => german,
    }
    .to_owned()
}
