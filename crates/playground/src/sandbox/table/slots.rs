//! What can be filled in in a line.

use super::{Kind, List, Slot, UNFILLED, blueprints, slot};
use sim::scenario::Misconception;
use sim::{Check, predict};

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
pub(in crate::sandbox) fn slot_of(name: &str) -> Option<&'static Slot> {
    SLOTS.iter().find(|slot| slot.name == name)
}

/// Whether only MQTT 5.0 has what this slot says, or this word that is there or not.
pub(in crate::sandbox) fn needs_v5(slot: &Slot, flag: Option<&str>) -> bool {
    match flag {
        Some(word) => matches!(word, "no-local" | "retain-as-published"),
        None => matches!(slot.name, "DELAY" | "EXPIRY" | "RETAINED" | "SUBID"),
    }
}

fn beliefs() -> Vec<&'static str> {
    Misconception::ALL.map(Misconception::word).to_vec()
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
