//! A packet's parts, in words.

use super::language::phrases;
use super::{BYTES, Language, Phrase, count};
use crate::packet::Part;
use crate::payload::Form;
use crate::story::{Detail, Facts, Flight};
use mqtt_proto::codec::FieldName;

phrases! {
    /// Name of the fixed header under the bytes.
    HEADER: "header", "Header";
    /// Name of the variable header under the bytes.
    VARIABLE_HEADER: "variable header, field by field", "variabler Header, Feld für Feld";
    /// Name of the payload under the bytes.
    PAYLOAD: "payload", "Nutzdaten";
    /// Heading of the pane as long as no packet is in it.
    PACKET: "Packet", "Paket";
    /// What it says then.
    NO_PACKET: "No packet has been sent yet.", "Noch wurde kein Paket gesendet.";
    /// The table of packets.
    PACKET_LIST: "Packet list", "Liste der Pakete";
    /// A column.
    COLUMN_TIME: "time", "Zeit";
    /// A column.
    COLUMN_ENDS: "from, to", "von, an";
    /// A column.
    COLUMN_PACKET: "packet", "Paket";
    /// A column.
    COLUMN_BYTES: "bytes", "Byte";
    /// The tree.
    FIELDS: "Fields", "Felder";
    /// The bytes.
    BYTES_LABEL: "Bytes", "Bytes";
}

/// The detail of a pill.
#[must_use]
pub fn detail(language: Language, detail: &Detail) -> String {
    match detail {
        Detail::None => String::new(),
        Detail::Clean(is_clean) => format!("clean {}", u8::from(*is_clean)),
        Detail::Refused => match language {
            Language::English => "refused".to_owned(),
            Language::German => "abgelehnt".to_owned(),
        },
        Detail::Session(is_present) => format!("session {}", u8::from(*is_present)),
        Detail::Dup => "DUP 1".to_owned(),
        Detail::Qos(qos) => format!("QoS {qos}"),
        Detail::Part(part, of) => format!("{part}/{of}"),
        Detail::Filters(filters) => count(language, *filters, super::FILTERS),
    }
}

/// Short facts about a packet; the notable one is true.
#[must_use]
pub fn badges(language: Language, flight: &Flight) -> Vec<(String, bool)> {
    let mut badges = Vec::new();
    if flight.face.dup {
        badges.push(("DUP = 1".to_owned(), true));
    }
    match &flight.facts {
        Facts::Publish { qos, .. } => badges.push((format!("QoS {qos}"), false)),
        Facts::Connect { is_clean, .. } => {
            badges.push((detail(language, &Detail::Clean(*is_clean)), false))
        }
        Facts::ConnAck {
            session_present, ..
        } => badges.push((detail(language, &Detail::Session(*session_present)), false)),
        _ => {}
    }
    badges.push((count(language, flight.bytes.len(), BYTES), false));
    badges
}

/// A packet that is shown beside a step that is about none.
#[must_use]
pub fn last_packet(language: Language, step: usize) -> String {
    match language {
        Language::English => format!("last packet, step {step}"),
        Language::German => format!("letztes Paket, Schritt {step}"),
    }
}

/// Bytes that are not drawn.
#[must_use]
pub fn left_out(language: Language, bytes: usize) -> String {
    let bytes = count(language, bytes, BYTES);
    match language {
        Language::English => format!("and {bytes} more"),
        Language::German => format!("und noch {bytes}"),
    }
}

/// Which bits, or how many bytes, a part has.
#[must_use]
pub fn extent(language: Language, part: &Part) -> String {
    match (part.bits, language) {
        (Some((high, low)), Language::English) if high == low => format!("bit {high}"),
        (Some((high, low)), Language::German) if high == low => format!("Bit {high}"),
        (Some((high, low)), Language::English) => format!("bits {high}–{low}"),
        (Some((high, low)), Language::German) => format!("Bits {high}–{low}"),
        (None, _) if part.prefix > 0 => format!(
            "{} + {}",
            part.prefix,
            part.bytes.len() - part.prefix.min(part.bytes.len())
        ),
        (None, _) => count(language, part.bytes.len(), BYTES),
    }
}

/// The name of a piece of the bytes.
#[must_use]
pub fn segment(language: Language, part: &Part) -> String {
    match (part.field, language) {
        (FieldName::FixedHeader, _) => HEADER.to(language).to_owned(),
        (FieldName::Payload, _) => PAYLOAD.to(language).to_owned(),
        (FieldName::TopicName, Language::English) => "topic".to_owned(),
        (FieldName::TopicName, Language::German) => "Topic".to_owned(),
        (FieldName::PacketIdentifier, Language::English) => "id".to_owned(),
        (FieldName::PacketIdentifier, Language::German) => "ID".to_owned(),
        (_, Language::English) => part.name.to_lowercase().replace("qos", "QoS"),
        // The standard's names are nouns: German writes them as the standard does.
        (_, Language::German) => part.name.to_owned(),
    }
}

/// A byte in words.
#[must_use]
pub fn byte(language: Language, index: usize, hex: &str, part: &str) -> String {
    match language {
        Language::English => format!("byte {index}, {hex}, {part}"),
        Language::German => format!("Byte {index}, {hex}, {part}"),
    }
}

/// What stands before the bits of a byte.
#[must_use]
pub fn byte_number(language: Language, index: usize) -> String {
    match language {
        Language::English => format!("byte {index}"),
        Language::German => format!("Byte {index}"),
    }
}

/// What stands under the bits of a part.
#[must_use]
pub fn bit_caption(language: Language, part: &Part) -> String {
    match (part.field, language) {
        (FieldName::PacketType, Language::English) => format!("type {}", part.value),
        (FieldName::PacketType, Language::German) => format!("Typ {}", part.value),
        (FieldName::Qos | FieldName::MaximumQos, _) => format!("QoS {}", part.value),
        (FieldName::Retain, _) => "RET".to_owned(),
        (FieldName::Reserved, _) => "–".to_owned(),
        (FieldName::UserNameFlag, _) => "user".to_owned(),
        (FieldName::PasswordFlag, _) => "pass".to_owned(),
        (FieldName::WillRetain, _) => "w.ret".to_owned(),
        (FieldName::WillQos, _) => "w.QoS".to_owned(),
        (FieldName::WillFlag, _) => "will".to_owned(),
        (FieldName::CleanStart, _) => "clean".to_owned(),
        (FieldName::SessionPresent, _) => "SP".to_owned(),
        _ => part.name.to_owned(),
    }
}

/// What stands under a byte that has no parts.
#[must_use]
pub fn part_of(language: Language, part: &Part, index: usize) -> String {
    if part.bytes.len() == 1 {
        return part.name.to_owned();
    }
    let (name, place, length) = (part.name, index - part.bytes.start + 1, part.bytes.len());
    match language {
        Language::English => format!("{name}, byte {place} of {length}"),
        Language::German => format!("{name}, Byte {place} von {length}"),
    }
}

/// Eight bits in words.
#[must_use]
pub fn bits(
    language: Language,
    index: usize,
    byte: u8,
    captions: &[(u8, Option<usize>, String, bool)],
) -> String {
    let mut shift = 8;
    let mut words = Vec::new();
    for (width, _, name, _) in captions {
        shift -= width;
        if !name.is_empty() {
            let value = u16::from(byte) >> shift & ((1 << width) - 1);
            words.push(format!(
                "{name}: {value:0width$b}",
                width = usize::from(*width)
            ));
        }
    }
    let words = words.join(", ");
    match language {
        Language::English => format!("Byte {index} is hex {byte:02X}. {words}"),
        Language::German => format!("Byte {index} ist hexadezimal {byte:02X}. {words}"),
    }
}

/// What a value means, from mqtt-proto's English. Names of packet types, reason codes and properties are the standard's.
#[must_use]
pub fn meaning(language: Language, meaning: &str) -> String {
    if language == Language::English {
        return meaning.to_owned();
    }
    if let Some(most) = meaning.strip_prefix("aliases 1 to ") {
        return format!("Aliase 1 bis {most}");
    }
    match meaning {
        "reserved" => "reserviert",
        "always 0" => "immer 0",
        "always 2" => "immer 2",
        "sent for the first time" => "zum ersten Mal gesendet",
        "may have been sent before" => "vielleicht schon einmal gesendet",
        "at most once" => "höchstens einmal",
        "at least once" => "mindestens einmal",
        "exactly once" => "genau einmal",
        "no such QoS" => "kein solches QoS",
        "not retained" => "nicht zurückbehalten",
        "not to be retained" => "nicht zurückzubehalten",
        "passed on live" => "frisch weitergegeben",
        "the server keeps it for later subscribers" => {
            "der Server behält sie für spätere Abonnenten zurück"
        }
        "the server deletes what it keeps for the topic" => {
            "der Server löscht, was er für das Topic aufbewahrt"
        }
        "kept, or published so" => "zurückbehalten oder so veröffentlicht",
        "kept from before the subscription" => "zurückbehalten von vor dem Abonnement",
        "bytes follow" => "Byte folgen",
        "not known here" => "hier nicht bekannt",
        "absent" => "fehlt",
        "present" => "vorhanden",
        "published as a retained message" => "als zurückbehaltene Nachricht veröffentlicht",
        "resume a session" => "eine Sitzung wieder aufnehmen",
        "drop any session" => "jede Sitzung verwerfen",
        "resume a session and keep it" => "eine Sitzung wieder aufnehmen und aufbewahren",
        "no session before or after" => "keine Sitzung davor oder danach",
        "off" => "aus",
        "seconds" => "Sekunden",
        "no session from before" => "keine Sitzung von vorher",
        "the session goes on" => "die Sitzung geht weiter",
        "send retained messages" => "zurückbehaltene Nachrichten senden",
        "send retained messages if the subscription is new" => {
            "zurückbehaltene Nachrichten senden, wenn das Abonnement neu ist"
        }
        "send no retained messages" => "keine zurückbehaltenen Nachrichten senden",
        "no such value" => "kein solcher Wert",
        "RETAIN is cleared" => "RETAIN wird gelöscht",
        "RETAIN as published" => "RETAIN wie veröffentlicht",
        "own messages too" => "auch eigene Nachrichten",
        "not the client's own messages" => "nicht die eigenen Nachrichten des Clients",
        "no such code" => "kein solcher Code",
        "no such property" => "keine solche Property",
        "bytes" => "Bytes",
        "UTF-8 text" => "UTF-8-Text",
        "never expires" => "läuft nie ab",
        "ends with the connection" => "endet mit der Verbindung",
        "not wanted" => "nicht gewünscht",
        "wanted" => "gewünscht",
        "messages above QoS 0 at a time" => "Nachrichten über QoS 0 gleichzeitig",
        "no topic aliases" => "keine Topic-Aliase",
        "not available" => "nicht verfügbar",
        "available" => "verfügbar",
        "bytes at most" => "Byte höchstens",
        name => name,
    }
    .to_owned()
}

/// A button.
pub const EDIT: Phrase = Phrase {
    en: "Edit a byte",
    de: "Byte ändern",
};
/// The button that starts a change; it takes the keyboard when the change is left.
pub const EDIT_ID: &str = "edit-start";
/// What to do.
pub const EDIT_HOW: Phrase = Phrase {
    en: "Type hex digits on a byte, or turn a bit over. What you send goes out in addition: the packet itself is on its way already.",
    de: "Hexziffern auf ein Byte tippen oder ein Bit umdrehen. Das Gesendete geht zusätzlich hinaus: Das Paket selbst ist schon unterwegs.",
};
/// A button.
pub const EDIT_STOP: Phrase = Phrase {
    en: "Discard",
    de: "Verwerfen",
};
/// A button.
pub const EDIT_BACK: Phrase = Phrase {
    en: "Undo",
    de: "Rückgängig",
};
/// Why the bytes of this packet cannot be changed.
pub const EDIT_NOT_THE_BROKERS: Phrase = Phrase {
    en: "This packet comes from the broker. Bytes can be changed in packets of devices: the broker says only what it means.",
    de: "Dieses Paket kommt vom Broker. Ändern lassen sich Bytes in Paketen von Geräten: Der Broker sagt nur, was er meint.",
};
/// Why changed bytes cannot be sent now.
pub const EDIT_OFFLINE: Phrase = Phrase {
    en: "It has no connection at this moment: step to one at which it has.",
    de: "In diesem Moment hat es keine Verbindung: zu einem Moment mit Verbindung gehen.",
};
/// Bytes that are a packet.
pub const EDIT_WHOLE: Phrase = Phrase {
    en: "Exactly one packet.",
    de: "Genau ein Paket.",
};
/// The forms of a payload.
pub const PAYLOAD_AS: Phrase = Phrase {
    en: "Payload as",
    de: "Payload als",
};
/// A payload that is no JSON.
pub const NOT_JSON: Phrase = Phrase {
    en: "This is no JSON.",
    de: "Das ist kein JSON.",
};
/// A payload of which only the start is shown.
pub const JSON_TOO_LONG: Phrase = Phrase {
    en: "Too long to be shown as JSON: only its first 4096 bytes are shown.",
    de: "Zu lang für die Anzeige als JSON: Gezeigt sind die ersten 4096 Bytes.",
};

/// A form of a payload.
#[must_use]
pub const fn payload_form(form: Form) -> &'static str {
    match form {
        Form::Text => "Text",
        Form::Hex => "Hex",
        Form::Json => "JSON",
    }
}

/// The button that sends changed bytes.
#[must_use]
pub fn edit_send(language: Language, from: &str) -> String {
    match language {
        Language::English => format!("Send it from {from}"),
        Language::German => format!("Von {from} senden"),
    }
}

/// How many bytes were changed.
#[must_use]
pub fn edit_changed(language: Language, changed: usize) -> String {
    let bytes = count(language, changed, BYTES);
    match language {
        Language::English => format!("{bytes} changed."),
        Language::German => format!("{bytes} geändert."),
    }
}

/// Why changed bytes are no packet: where, what, and the rule with its gist.
#[must_use]
pub fn edit_fault(
    language: Language,
    place: Option<(&str, u32)>,
    what: &str,
    rule: Option<(&str, String)>,
) -> String {
    let rule = rule.map_or_else(String::new, |(id, gist)| format!(" {id}: {gist}"));
    let Some((field, at)) = place else {
        let more = what.trim_start_matches(['+', '-']);
        return match (language, what.chars().next()) {
            (Language::English, Some('+')) => format!("A packet, and {more} bytes behind it."),
            (Language::German, Some('+')) => format!("Ein Paket, und {more} Bytes dahinter."),
            (Language::English, Some('-')) => {
                format!("Only the start of a packet: {more} bytes are missing.")
            }
            (Language::German, Some('-')) => {
                format!("Nur der Anfang eines Pakets: {more} Bytes fehlen.")
            }
            (Language::English, _) => "Only the start of a packet.".to_owned(),
            (Language::German, _) => "Nur der Anfang eines Pakets.".to_owned(),
        };
    };
    match language {
        Language::English => format!("Malformed: {field}, byte {at}: {what}.{rule}"),
        Language::German if rule.is_empty() => format!("Fehlerhaft: {field}, Byte {at}: {what}."),
        Language::German => format!("Fehlerhaft: {field}, Byte {at}.{rule}"),
    }
}

/// What comes of bytes that are no packet, with the fault of [`edit_fault`]; whether it has come already.
#[must_use]
pub fn unreadable(language: Language, fault: &str, is_closed: bool) -> String {
    match (language, is_closed) {
        (Language::English, false) => {
            format!(" Whoever reads them has to close the connection. {fault}")
        }
        (Language::English, true) => {
            format!(" The broker could not read them and has closed the connection. {fault}")
        }
        (Language::German, false) => {
            format!(" Wer sie liest, muss die Verbindung schließen. {fault}")
        }
        (Language::German, true) => format!(
            " Der Broker konnte sie nicht lesen und hat die Verbindung geschlossen. {fault}"
        ),
    }
}

/// A bit that can be turned over.
#[must_use]
pub fn bit_button(bit: usize, is_set: bool) -> String {
    format!("bit {bit}: {}", u8::from(is_set))
}
