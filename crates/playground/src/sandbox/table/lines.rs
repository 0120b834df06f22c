//! The lines of all kinds.

use super::{Adds, Family, Row, pairs, plain, row};
use crate::sandbox::sheet::Set;

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
        "Pause between packets that it sends at once",
        "Pause zwischen Paketen, die auf einmal hinausgehen",
    ),
    row(
        "storage STORAGE",
        "Sessions after a crash",
        "Sitzungen nach einem Absturz",
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
    row(
        "mode MODE",
        "Carries TCP, or single packets (textbook)",
        "Trägt TCP oder einzelne Pakete (Lehrbuch)",
    ),
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
        "Send bytes that need be no packet",
        "Bytes senden, die kein Paket sein müssen",
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

/// The kinds of lines that can stand in a place.
pub(in crate::sandbox) fn families(set: Set) -> &'static [Family] {
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
