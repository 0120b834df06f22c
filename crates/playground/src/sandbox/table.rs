//! The lines that forms can fill in, as data: what they are called, and how they are written.
//!
//! This is no second grammar: a line that no row here fits is shown as it is, and whether a line is right says the reader
//! of scenarios. Words that the simulator has in tables of its own are taken from there.

use super::sheet::Set;
use crate::text::Phrase;
use sim::Check;
use sim::predict;
use sim::scenario::Misconception;

/// What can stand in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A word; completed from a list.
    Word(List),
    /// A text in quotes; completed from a list.
    Quoted(List),
    /// A longer text in quotes.
    Long,
    /// `40 ms`.
    Time,
    /// `2nd`.
    Ordinal,
    /// `2`, `at least 2`.
    Count,
    /// `phone-1 to broker`.
    Link,
    /// One of these.
    Choice(&'static [&'static str]),
    /// One of those that the simulator knows.
    Known(fn() -> Vec<&'static str>),
    /// All that follows.
    Rest,
}

/// What completes a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Nothing.
    Nothing,
    /// The names of all nodes.
    Nodes,
    /// The names of devices.
    Devices,
    /// The names of brokers.
    Brokers,
    /// The links.
    Links,
    /// Topics and filters of this world.
    Topics,
}

/// What a new line has where a text is to be written.
pub(super) const UNFILLED: &str = "…";

/// A slot.
#[derive(Debug)]
pub(super) struct Slot {
    /// As patterns call it.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What stands over it.
    pub(super) label: Phrase,
    /// What a new line has there, if the world has no better.
    pub(super) default: &'static str,
}

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Slot {}

const fn slot(
    name: &'static str,
    kind: Kind,
    en: &'static str,
    de: &'static str,
    default: &'static str,
) -> Slot {
    Slot {
        name,
        kind,
        label: Phrase { en, de },
        default,
    }
}

/// A word that is there or not. Its label is the word.
pub(super) static FLAG: Slot = slot("", Kind::Choice(&[]), "", "", "");

static SLOTS: &[Slot] = &[
    slot(
        "ACROSS",
        Kind::Word(List::Nothing),
        "From the left",
        "Von links",
        "144",
    ),
    slot(
        "BELIEF",
        Kind::Known(beliefs),
        "Misconception",
        "Irrtum",
        "resent-on-timer",
    ),
    slot("BIT", Kind::Choice(&["0", "1"]), "Retain", "Retain", ""),
    slot(
        "BLUEPRINT",
        Kind::Known(blueprints),
        "What it is",
        "Was es ist",
        "phone",
    ),
    slot(
        "BROKER",
        Kind::Word(List::Brokers),
        "Broker",
        "Broker",
        "broker",
    ),
    slot(
        "CONTROLS",
        Kind::Rest,
        "Controls",
        "Bedienung",
        "cut publish",
    ),
    slot("COUNT", Kind::Count, "How often", "Wie oft", "1"),
    slot("DEVICE", Kind::Word(List::Devices), "Device", "Gerät", "?"),
    slot(
        "DELAY",
        Kind::Time,
        "Goes out so much later (5.0)",
        "Geht so viel später hinaus (5.0)",
        "",
    ),
    slot(
        "DOWN",
        Kind::Word(List::Nothing),
        "From the top",
        "Von oben",
        "48",
    ),
    slot(
        "DROP",
        Kind::Choice(&["drop-oldest", "drop-newest"]),
        "When full",
        "Wenn sie voll ist",
        "drop-oldest",
    ),
    slot(
        "EVENT",
        Kind::Choice(&[
            "connect", "change", "press", "heat", "break", "mend", "switch",
        ]),
        "Event",
        "Ereignis",
        "change",
    ),
    slot(
        "EXPIRY",
        Kind::Time,
        "For how long (5.0)",
        "Wie lange (5.0)",
        "",
    ),
    slot(
        "FILTER",
        Kind::Quoted(List::Topics),
        "Topic filter",
        "Topic-Filter",
        "room/temperature",
    ),
    slot("FROM", Kind::Word(List::Nodes), "From", "Von", ""),
    slot(
        "KEPT",
        Kind::Choice(&["kept", "broken"]),
        "The promise is",
        "Das Versprechen wird",
        "kept",
    ),
    slot(
        "KIND",
        Kind::Known(questions),
        "Question",
        "Frage",
        "next-packet",
    ),
    slot(
        "LAMP",
        Kind::Choice(&["on", "off", "toggle"]),
        "The lamp goes",
        "Die Lampe geht",
        "toggle",
    ),
    slot(
        "LEAST",
        Kind::Choice(&["at most", "at least"]),
        "Bound",
        "Grenze",
        "at most",
    ),
    slot("LETTER", Kind::Word(List::Nothing), "Part", "Teil", ""),
    slot(
        "LIBRARY",
        Kind::Choice(&[
            "umqtt.simple",
            "umqtt.robust",
            "umqtt.simple2",
            "umqtt.robust2",
        ]),
        "Library",
        "Bibliothek",
        "umqtt.simple",
    ),
    slot(
        "LINE",
        Kind::Quoted(List::Nothing),
        "Line as in Mosquitto's acl_file",
        "Zeile wie in Mosquittos acl_file",
        "topic readwrite #",
    ),
    slot("LINK", Kind::Link, "Link", "Leitung", "?"),
    slot("LONG", Kind::Long, "Text", "Text", UNFILLED),
    slot(
        "MODE",
        Kind::Choice(&["stream", "datagram"]),
        "Mode",
        "Art",
        "datagram",
    ),
    slot("NAME", Kind::Word(List::Nothing), "Name", "Name", "node"),
    slot("NODE", Kind::Word(List::Nodes), "Node", "Knoten", "?"),
    slot(
        "NTH",
        Kind::Ordinal,
        "Which one (2nd, 3rd, …)",
        "Das wievielte (2nd, 3rd, …)",
        "",
    ),
    slot("NUMBER", Kind::Word(List::Nothing), "Number", "Zahl", "1"),
    slot("ONOFF", Kind::Choice(&["on", "off"]), "To", "Auf", "on"),
    slot("PACKET", Kind::Known(packets), "Packet", "Paket", "PUBLISH"),
    slot(
        "PACKETID",
        Kind::Word(List::Nothing),
        "Packet id",
        "Paket-ID",
        "",
    ),
    slot(
        "PAYLOAD",
        Kind::Quoted(List::Nothing),
        "Message",
        "Nachricht",
        "hello",
    ),
    slot("PERIOD", Kind::Time, "In every", "In je", "1 min"),
    slot(
        "PHASE",
        Kind::Choice(&["is sent", "is on the wire", "has arrived"]),
        "Where it is",
        "Wo es ist",
        "is on the wire",
    ),
    slot(
        "PLUS",
        Kind::Time,
        "And so much later",
        "Und so viel später",
        "",
    ),
    slot(
        "PROMISE",
        Kind::Known(promises),
        "Promise",
        "Versprechen",
        "at-least-once",
    ),
    slot("QOS", Kind::Choice(&["0", "1", "2"]), "QoS", "QoS", ""),
    slot(
        "RATIO",
        Kind::Word(List::Nothing),
        "Share",
        "Anteil",
        "1/10",
    ),
    slot("REST", Kind::Rest, "Words", "Wörter", "?"),
    slot(
        "RETAINED",
        Kind::Choice(&["if-new", "never"]),
        "Sends retained messages (5.0)",
        "Sendet zurückbehaltene Nachrichten (5.0)",
        "",
    ),
    slot(
        "SAVING",
        Kind::Choice(&["before-saving", "after-saving"]),
        "Moment",
        "Zeitpunkt",
        "",
    ),
    slot(
        "SCORE",
        Kind::Choice(&["made", "delivered", "late", "doubled", "lost"]),
        "Its messages",
        "Seine Nachrichten",
        "delivered",
    ),
    slot("SPAN", Kind::Time, "For how long", "Wie lange", ""),
    slot(
        "STATE",
        Kind::Choice(&["connected", "gone"]),
        "Is",
        "Ist",
        "connected",
    ),
    slot(
        "STORAGE",
        Kind::Choice(&["keeps", "forgets"]),
        "Its storage",
        "Sein Speicher",
        "forgets",
    ),
    slot(
        "SUBID",
        Kind::Word(List::Nothing),
        "Subscription Identifier (5.0)",
        "Subscription Identifier (5.0)",
        "",
    ),
    slot(
        "TEXT",
        Kind::Quoted(List::Nothing),
        "Text",
        "Text",
        UNFILLED,
    ),
    slot("TIME", Kind::Time, "Time", "Zeit", "1 s"),
    slot(
        "TITLE",
        Kind::Quoted(List::Nothing),
        "Title",
        "Titel",
        UNFILLED,
    ),
    slot("TO", Kind::Word(List::Nodes), "To", "An", ""),
    slot(
        "TOPIC",
        Kind::Quoted(List::Topics),
        "Topic",
        "Topic",
        "room/temperature",
    ),
    slot(
        "TOWARD",
        Kind::Word(List::Nodes),
        "Only toward",
        "Nur in Richtung",
        "",
    ),
    slot(
        "VALUE",
        Kind::Quoted(List::Nothing),
        "Value",
        "Wert",
        UNFILLED,
    ),
    slot(
        "VERSION",
        Kind::Choice(&["3.1.1", "5.0"]),
        "Version",
        "Version",
        "5.0",
    ),
];

/// The slot of this name.
pub(super) fn slot_of(name: &str) -> Option<&'static Slot> {
    SLOTS.iter().find(|slot| slot.name == name)
}

/// Whether only MQTT 5.0 has what this slot says, or this word that is there or not.
pub(super) fn needs_v5(slot: &Slot, flag: Option<&str>) -> bool {
    match flag {
        Some(word) => matches!(word, "no-local" | "retain-as-published"),
        None => matches!(slot.name, "DELAY" | "EXPIRY" | "RETAINED" | "SUBID"),
    }
}

fn beliefs() -> Vec<&'static str> {
    Misconception::ALL.map(Misconception::word).to_vec()
}

/// The kinds of devices.
pub(super) fn blueprints() -> Vec<&'static str> {
    device::Blueprint::all().iter().map(|it| it.name).collect()
}

fn questions() -> Vec<&'static str> {
    predict::Kind::ALL.map(predict::Kind::word).to_vec()
}

fn promises() -> Vec<&'static str> {
    Check::ALL.map(Check::word).to_vec()
}

fn packets() -> Vec<&'static str> {
    (1..=15)
        .filter_map(mqtt_proto::packet::PacketType::from_bits)
        .map(mqtt_proto::packet::PacketType::name)
        .collect()
}

/// A kind of line.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) pattern: &'static str,
    pub(super) label: Phrase,
}

const fn row(pattern: &'static str, en: &'static str, de: &'static str) -> Row {
    Row {
        pattern,
        label: Phrase { en, de },
    }
}

/// Lines that are made of a beginning and an end, each of which can be chosen.
pub(super) struct Family {
    /// The beginnings; none if the line has no such part.
    pub(super) heads: &'static [Row],
    /// The ends.
    pub(super) bodies: &'static [&'static [Row]],
    pub(super) adds: Adds,
}

/// What is offered to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    /// Each end that no line of this place begins like.
    Missing,
    /// Each end.
    Bodies,
    /// Each beginning.
    Heads,
    /// Nothing.
    Nothing,
}

impl Family {
    /// The end at this place in the list.
    pub(super) fn body(&self, index: usize) -> Option<&'static Row> {
        self.bodies().nth(index)
    }

    /// All ends.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &'static Row> {
        self.bodies.iter().copied().flatten()
    }
}

const fn plain(bodies: &'static [&'static [Row]], adds: Adds) -> Family {
    Family {
        heads: &[],
        bodies,
        adds,
    }
}

const fn pairs(heads: &'static [Row], bodies: &'static [&'static [Row]], adds: Adds) -> Family {
    Family {
        heads,
        bodies,
        adds,
    }
}

/// The kinds of lines that can stand in a place.
pub(super) fn families(set: Set) -> &'static [Family] {
    match set {
        Set::World => const { &[plain(&[WORLD], Adds::Missing)] },
        Set::Node => const { &[plain(&[NODE_HEAD], Adds::Nothing)] },
        Set::Broker => {
            const {
                &[
                    plain(&[BROKER, NODE], Adds::Missing),
                    plain(&[BROKER_MANY], Adds::Bodies),
                ]
            }
        }
        Set::Device => {
            const {
                &[
                    plain(&[DEVICE, NODE], Adds::Missing),
                    plain(&[DEVICE_MANY], Adds::Bodies),
                    pairs(TRIGGERS, &[ACTS], Adds::Heads),
                ]
            }
        }
        Set::LinkHead => const { &[plain(&[LINK_HEAD], Adds::Nothing)] },
        Set::Link => const { &[plain(&[LINK], Adds::Missing)] },
        Set::Script => const { &[pairs(WHEN, &[ACTIONS], Adds::Bodies)] },
        Set::Check => const { &[pairs(EXPECT, &[CLAIMS], Adds::Bodies)] },
        Set::LessonHead => const { &[plain(&[LESSON_HEAD], Adds::Bodies)] },
        Set::Lesson => const { &[plain(&[LESSON], Adds::Missing)] },
        Set::Beat => const { &[pairs(MOMENTS, &[BEATS], Adds::Bodies)] },
        Set::Ask => {
            const {
                &[
                    pairs(ANSWERS, &[CLAIMS, NEXT], Adds::Heads),
                    plain(&[REVEALS], Adds::Missing),
                ]
            }
        }
        Set::Answer => const { &[plain(&[ANSWER], Adds::Missing)] },
        Set::TaskHead => const { &[plain(&[TASK_HEAD], Adds::Bodies)] },
        Set::Task => {
            const {
                &[
                    pairs(GOALS, &[CLAIMS], Adds::Heads),
                    plain(&[TASK], Adds::Missing),
                ]
            }
        }
        Set::Goal => const { &[plain(&[GOAL], Adds::Missing)] },
    }
}

const WORLD: &[Row] = &[
    row("scenario TITLE", "Title", "Titel"),
    row("about LONG", "What it is about", "Worum es geht"),
    row("version VERSION", "Version of MQTT", "Version von MQTT"),
    row("until TIME", "Ends after", "Endet nach"),
    row("seed NUMBER", "Seed of chance", "Startwert des Zufalls"),
];
const NODE_HEAD: &[Row] = &[row("node NAME BLUEPRINT", "Node", "Knoten")];
const NODE: &[Row] = &[
    row(
        "place ACROSS DOWN",
        "Place on the map",
        "Platz auf der Karte",
    ),
    row(
        "work TIME",
        "Works on each packet for",
        "Arbeitet an jedem Paket",
    ),
    row(
        "storage STORAGE",
        "What a crash leaves",
        "Was ein Absturz übrig lässt",
    ),
    row(
        "retry TIME",
        "Sends again on a timer (textbook)",
        "Sendet nach Zeit erneut (Lehrbuch)",
    ),
    row(
        "receive-maximum NUMBER",
        "Receive Maximum (5.0)",
        "Receive Maximum (5.0)",
    ),
    row(
        "topic-alias-maximum NUMBER",
        "Topic Alias Maximum (5.0)",
        "Topic Alias Maximum (5.0)",
    ),
    row(
        "max-packet NUMBER B",
        "Largest packet in bytes (5.0)",
        "Größtes Paket in Byte (5.0)",
    ),
];
const BROKER: &[Row] = &[
    row(
        "session-queue NUMBER",
        "Messages that wait in a session",
        "Nachrichten, die in einer Sitzung warten",
    ),
    row(
        "backlog NUMBER B",
        "Bytes that wait for a connection",
        "Bytes, die auf eine Verbindung warten",
    ),
];
const BROKER_MANY: &[Row] = &[row(
    "access LINE",
    "Line of the access list",
    "Zeile der Zugriffsliste",
)];
const DEVICE: &[Row] = &[
    row("script", "MicroPython script", "MicroPython-Skript"),
    row(
        "session kept [for EXPIRY]",
        "Kept session",
        "Behaltene Sitzung",
    ),
    row("session clean", "Clean session", "Neue Sitzung"),
    row("keep-alive TIME", "Keep alive", "Keep Alive"),
    row(
        "will TOPIC PAYLOAD [qos QOS] [retain] [delay DELAY]",
        "Will",
        "Will (letzter Wille)",
    ),
    row(
        "reconnect when-link-is-up",
        "Reconnects when the link is up",
        "Verbindet sich, sobald die Leitung geht",
    ),
    row(
        "reconnect every TIME",
        "Reconnects every so often",
        "Verbindet sich immer wieder",
    ),
    row(
        "reconnect back-off TIME to PERIOD [jitter NUMBER %]",
        "Reconnects ever more rarely",
        "Verbindet sich immer seltener",
    ),
    row(
        "reconnect never",
        "Never reconnects",
        "Verbindet sich nie wieder",
    ),
    row(
        "queue NUMBER DROP",
        "Queue for outages",
        "Warteschlange für Ausfälle",
    ),
    row(
        "deadline TIME",
        "Drops messages older than",
        "Verwirft Nachrichten älter als",
    ),
    row("version VERSION", "Version of MQTT", "Version von MQTT"),
    row("user-name TEXT", "User name", "Benutzername"),
    row("password TEXT", "Password", "Passwort"),
    row("client-id TEXT", "Client id", "Client-ID"),
    row(
        "client LIBRARY",
        "Runs a MicroPython library",
        "Nutzt eine MicroPython-Bibliothek",
    ),
    row("battery NUMBER mAh", "Battery in mAh", "Batterie in mAh"),
    row(
        "sleep TIME every PERIOD [without-disconnect]",
        "Sleeps",
        "Schläft",
    ),
    row("sleep never", "Never sleeps", "Schläft nie"),
    row(
        "topic-aliases NUMBER",
        "Topic aliases that it uses (5.0)",
        "Benutzte Topic-Aliase (5.0)",
    ),
    row(
        "loop",
        "The program repeats what follows",
        "Das Programm wiederholt, was folgt",
    ),
];
const DEVICE_MANY: &[Row] = &[
    row(
        "subscribe FILTER [qos QOS] [no-local] [retain-as-published] [retained RETAINED] [id SUBID]",
        "Subscription",
        "Abonnement",
    ),
    row(
        "user TEXT VALUE",
        "User Property of CONNECT (5.0)",
        "User Property im CONNECT (5.0)",
    ),
    row("call REST", "Line of the program", "Zeile des Programms"),
];
const TRIGGERS: &[Row] = &[
    row(
        "on message FILTER [saying PAYLOAD] [not-retained] :",
        "Rule: when a message comes",
        "Regel: wenn eine Nachricht kommt",
    ),
    row(
        "every TIME :",
        "Rule: every so often",
        "Regel: immer wieder",
    ),
    row(
        "on EVENT :",
        "Rule: when something happens",
        "Regel: wenn etwas geschieht",
    ),
];
const ACTS: &[Row] = &[
    row(
        "publish TOPIC PAYLOAD [qos QOS] [retain]",
        "publish",
        "veröffentlicht",
    ),
    row(
        "publish reply PAYLOAD [qos QOS] [retain]",
        "publish a reply (5.0)",
        "veröffentlicht eine Antwort (5.0)",
    ),
    row("lamp LAMP", "switch its lamp", "schaltet seine Lampe"),
];
const LINK_HEAD: &[Row] = &[row("link DEVICE to BROKER", "Link", "Leitung")];
const LINK: &[Row] = &[
    row("latency TIME", "Latency", "Laufzeit"),
    row("jitter TIME", "Jitter", "Schwankung der Laufzeit"),
    row(
        "bandwidth NUMBER B/s",
        "Bandwidth in bytes each second",
        "Bandbreite in Byte je Sekunde",
    ),
    row(
        "window NUMBER B",
        "Bytes under way at most",
        "Höchstens unterwegs, in Byte",
    ),
    row("mode MODE", "Stream or textbook", "Strom oder Lehrbuch"),
    row("loss RATIO", "Loss (textbook)", "Verlust (Lehrbuch)"),
    row(
        "duplicate RATIO",
        "Doubled (textbook)",
        "Verdoppelt (Lehrbuch)",
    ),
    row(
        "reorder RATIO",
        "Overtaken (textbook)",
        "Überholt (Lehrbuch)",
    ),
];
const AT_END: Row = row("at end :", "at the end", "am Ende");
const AT: Row = row("at TIME :", "at a time", "zu einer Zeit");
const AT_PACKET: Row = row(
    "when [NTH] PACKET [id PACKETID] [dup] [qos QOS] [retain BIT] [from FROM] [to TO] PHASE [plus PLUS] :",
    "at a packet",
    "bei einem Paket",
);
const WHEN: &[Row] = &[AT, AT_PACKET];
const MOMENTS: &[Row] = &[AT_END, AT, AT_PACKET];
const ACTIONS: &[Row] = &[
    row("DEVICE connect", "Connect", "Verbinden"),
    row(
        "DEVICE publish TOPIC PAYLOAD [qos QOS] [retain]",
        "Publish",
        "Veröffentlichen",
    ),
    row(
        "DEVICE subscribe FILTER [qos QOS]",
        "Subscribe",
        "Abonnieren",
    ),
    row(
        "DEVICE unsubscribe FILTER",
        "Unsubscribe",
        "Abonnement kündigen",
    ),
    row("DEVICE disconnect", "Disconnect", "Abmelden"),
    row("DEVICE press", "Press a button", "Taster drücken"),
    row(
        "DEVICE heat NUMBER C",
        "Set the temperature",
        "Temperatur setzen",
    ),
    row("DEVICE switch ONOFF", "Switch a lamp", "Lampe schalten"),
    row(
        "DEVICE type TEXT",
        "Type at a script's prompt",
        "An der Eingabe eines Skripts tippen",
    ),
    row(
        "DEVICE interrupt",
        "Interrupt a script (Ctrl-C)",
        "Ein Skript unterbrechen (Strg+C)",
    ),
    row("DEVICE break", "Break a window", "Fenster einschlagen"),
    row("DEVICE mend", "Mend a window", "Fenster reparieren"),
    row(
        "NODE power-off [for SPAN]",
        "Power off, or asleep without a word",
        "Strom weg, oder wortlos im Schlaf",
    ),
    row("NODE power-on", "Power on", "Strom an"),
    row("NODE crash [SAVING] [for SPAN]", "Crash", "Absturz"),
    row(
        "cut LINK [after NUMBER B] [for SPAN]",
        "Cut a link",
        "Leitung trennen",
    ),
    row(
        "silence LINK [toward TOWARD] [for SPAN]",
        "Silence a link",
        "Leitung verstummen lassen",
    ),
    row(
        "stall LINK [toward TOWARD] [at NUMBER B/s] [for SPAN]",
        "Read slowly or not at all",
        "Langsam oder gar nicht lesen",
    ),
    row(
        "hold LINK [toward TOWARD] [for SPAN]",
        "Hold packets",
        "Pakete anhalten",
    ),
    row("release LINK", "Release packets", "Pakete loslassen"),
    row("restore LINK", "Restore a link", "Leitung wiederherstellen"),
    row(
        "lose LINK",
        "Lose packets (textbook)",
        "Pakete verlieren (Lehrbuch)",
    ),
    row(
        "double LINK",
        "Double packets (textbook)",
        "Pakete verdoppeln (Lehrbuch)",
    ),
    row(
        "DEVICE send-raw PAYLOAD",
        "Send raw bytes",
        "Rohe Bytes senden",
    ),
];
const EXPECT: &[Row] = &[row("expect", "in the end", "am Ende")];
const CLAIMS: &[Row] = &[
    row(
        "DEVICE received FILTER [PAYLOAD] [qos QOS] [retain BIT] COUNT times",
        "got messages so often",
        "bekam so oft Nachrichten",
    ),
    row(
        "DEVICE heard FILTER REST",
        "got these messages in this order",
        "bekam diese Nachrichten in dieser Folge",
    ),
    row(
        "COUNT PACKET [dup] [qos QOS] [retain BIT] [from FROM] [to TO]",
        "so many packets were sent",
        "so viele Pakete wurden gesendet",
    ),
    row(
        "DEVICE reads PAYLOAD",
        "the device says of itself",
        "das Gerät sagt von sich",
    ),
    row(
        "DEVICE shows TOPIC PAYLOAD",
        "the display shows",
        "die Anzeige zeigt",
    ),
    row(
        "DEVICE position NUMBER m",
        "the robot stands at, in metres",
        "der Roboter steht bei, in Metern",
    ),
    row(
        "DEVICE SCORE COUNT times",
        "its messages came to this",
        "das wurde aus seinen Nachrichten",
    ),
    row(
        "DEVICE used LEAST NUMBER mAh",
        "the charge that it took",
        "die verbrauchte Ladung",
    ),
    row(
        "DEVICE remembers COUNT ids",
        "QoS 2 ids that it remembers",
        "QoS-2-IDs, die es sich merkt",
    ),
    row(
        "BROKER retains TOPIC nothing",
        "the broker retains nothing",
        "der Broker hat nichts retained",
    ),
    row(
        "BROKER retains TOPIC PAYLOAD",
        "the broker retains",
        "der Broker hat retained",
    ),
    row(
        "BROKER keeps COUNT for DEVICE",
        "the broker keeps messages for",
        "der Broker behält Nachrichten für",
    ),
    row(
        "BROKER believes DEVICE STATE",
        "the broker believes",
        "der Broker glaubt",
    ),
    row(
        "promise PROMISE KEPT",
        "a promise of MQTT",
        "ein Versprechen von MQTT",
    ),
];
const NEXT: &[Row] = &[row(
    "next PACKET [dup] [qos QOS] [retain BIT] [from FROM] [to TO]",
    "the next packet is",
    "das nächste Paket ist",
)];
const LESSON_HEAD: &[Row] = &[row(
    "lesson NUMBER [part LETTER] TITLE",
    "Lesson",
    "Lektion",
)];
const LESSON: &[Row] = &[
    row(
        "question TEXT",
        "What one can answer afterwards",
        "Was man danach beantworten kann",
    ),
    row(
        "takes NUMBER min",
        "Takes so many minutes",
        "Dauert so viele Minuten",
    ),
    row("chapter TEXT", "Chapter", "Kapitel"),
];
const BEATS: &[Row] = &[
    row("say LONG", "Say", "Sagen"),
    row(
        "ask LONG",
        "Ask for a prediction",
        "Nach einer Vorhersage fragen",
    ),
    row(
        "ask generated KIND",
        "Ask what the run can tell",
        "Fragen, was der Lauf beantwortet",
    ),
];
const ANSWERS: &[Row] = &[
    row("right TEXT :", "Right answer", "Richtige Antwort"),
    row("wrong TEXT :", "Wrong answer", "Falsche Antwort"),
];
const REVEALS: &[Row] = &[
    row(
        "reveal at end",
        "Show the answer at the end",
        "Antwort am Ende zeigen",
    ),
    row(
        "reveal at TIME",
        "Show the answer at a time",
        "Antwort zu einer Zeit zeigen",
    ),
    row(
        "reveal when [NTH] PACKET [id PACKETID] [dup] [qos QOS] [retain BIT] [from FROM] [to TO] PHASE [plus PLUS]",
        "Show the answer at a packet",
        "Antwort bei einem Paket zeigen",
    ),
];
const ANSWER: &[Row] = &[
    row("because LONG", "Because", "Weil"),
    row(
        "belief BELIEF",
        "Misconception behind it",
        "Irrtum dahinter",
    ),
];
const TASK_HEAD: &[Row] = &[row("task LONG", "Task", "Aufgabe")];
const GOALS: &[Row] = &[
    row("goal", "Goal", "Ziel"),
    row("keep", "Must stay so", "Muss so bleiben"),
];
const TASK: &[Row] = &[
    row(
        "enable REST",
        "Controls that it needs",
        "Bedienung, die man braucht",
    ),
    row(
        "solution REST",
        "A solution, as a line",
        "Eine Lösung, als Zeile",
    ),
];
const GOAL: &[Row] = &[row("hint LONG", "Hint", "Hinweis")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::pattern;

    /// Every row can be written with what its slots begin with, and what was written is read as that row.
    #[test]
    fn a_line_is_read_as_the_row_that_it_was_written_by() {
        let sets = [
            Set::World,
            Set::Node,
            Set::Broker,
            Set::Device,
            Set::LinkHead,
            Set::Link,
            Set::Script,
            Set::Check,
            Set::LessonHead,
            Set::Lesson,
            Set::Beat,
            Set::Ask,
            Set::Answer,
            Set::TaskHead,
            Set::Task,
            Set::Goal,
        ];
        let mut rows = 0;
        for family in sets.into_iter().flat_map(families) {
            let heads = family.heads.iter().map(|it| it.pattern);
            let heads = if family.heads.is_empty() {
                vec![""]
            } else {
                heads.collect()
            };
            for head in heads {
                for body in family.bodies() {
                    let line =
                        pattern::write(head, body.pattern, |slot, is_optional| match slot.kind {
                            Kind::Link => "a to b".to_owned(),
                            Kind::Ordinal => "2nd".to_owned(),
                            Kind::Time => "1 s".to_owned(),
                            Kind::Choice(&[]) => "yes".to_owned(),
                            Kind::Choice(all) => (*all.first().unwrap_or(&"")).to_owned(),
                            _ if is_optional => "1".to_owned(),
                            _ => slot.default.to_owned(),
                        });
                    let found = family
                        .bodies()
                        .find(|it| pattern::read(head, it.pattern, &line).is_some());
                    let found = found.map(|it| it.pattern);
                    assert_eq!(found, Some(body.pattern), "{line}");
                    rows += 1;
                }
            }
        }
        assert!(rows > 150, "{rows}");
    }
}
