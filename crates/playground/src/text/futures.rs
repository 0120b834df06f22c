//! The cut-point map and two futures side by side, in words.

use super::{Language, Phrase, clock};
use crate::payload::name;
use mqtt_proto::Qos;
use sim::cuts::{CutPlace, RowKind};
use sim::difference::{Fact, Quote, Subject};
use sim::scenario::SessionSpec;

/// The name of the place.
pub const FUTURES: Phrase = Phrase {
    en: "Futures",
    de: "Varianten",
};
/// The chooser of the device that the map is about.
pub const CUT_DEVICE: Phrase = Phrase {
    en: "Whose link",
    de: "Wessen Leitung",
};
/// A choice.
pub const CUT_EVERY_BYTE: Phrase = Phrase {
    en: "cut after every single byte",
    de: "nach jedem einzelnen Byte kappen",
};
/// The head of the table's first column.
pub const CUT_POSITION: Phrase = Phrase {
    en: "how it is sent",
    de: "wie gesendet wird",
};
/// The head of the table's second column.
pub const CUT_WHERE: Phrase = Phrase {
    en: "where the link is cut, in the order of the run",
    de: "wo die Leitung gekappt wird, in der Reihenfolge des Laufs",
};
/// Where other rows have an acknowledgement.
pub const CUT_NO_PUBACK: Phrase = Phrase {
    en: "QoS 0 has no PUBACK to lose",
    de: "QoS 0 hat kein PUBACK, das verloren gehen kann",
};
/// Beside the row that is the scenario as it is written.
pub const CUT_WRITTEN: Phrase = Phrase {
    en: "as written",
    de: "wie im Szenario",
};
/// A scenario has more packets than the map shows.
pub const CUT_SHORTENED: Phrase = Phrase {
    en: "The first 12 packets with messages or acknowledgements; later ones are left out.",
    de: "Die ersten 12 Pakete mit Nachrichten oder Bestätigungen; spätere fehlen.",
};
/// Why worlds with scripts have no map: up to 12 packets of 48 bytes and five rows, a run each.
pub const CUT_SCRIPTS: Phrase = Phrase {
    en: "A map of cuts runs the world up to some thousand times: cut at every byte, with other QoS and sessions. A script chooses those itself, and MicroPython would take too long for so many runs, so boards with scripts have no map. Cut the link on the map of the world instead, and compare the two futures here.",
    de: "Eine Schnittkarte lässt die Welt bis zu einige tausend Mal laufen: an jedem Byte gekappt, mit anderem QoS und anderen Sitzungen. Die wählt ein Skript selbst, und für so viele Läufe bräuchte MicroPython zu lange: Für Boards mit Skripten gibt es deshalb keine. Auf der Karte der Welt lässt sich die Leitung kappen, und hier lassen sich die beiden Varianten vergleichen.",
};
/// There is nothing to cut.
pub const CUT_NOTHING: Phrase = Phrase {
    en: "No device of this scenario listens to anything: there is nothing to deliver, and so nothing to lose.",
    de: "Kein Gerät dieses Szenarios hat etwas abonniert: Es gibt nichts zuzustellen und also nichts zu verlieren.",
};
/// The chooser of the left future.
pub const FUTURE_CHOOSE: Phrase = Phrase {
    en: "Future",
    de: "Variante",
};
/// The heading of both.
pub const FUTURES_BOTH: Phrase = Phrase {
    en: "Two futures of one past",
    de: "Zwei Varianten einer Vergangenheit",
};
/// What to do when there is only one.
pub const FUTURES_NONE: Phrase = Phrase {
    en: "Press a bar above to see its run beside the one without a cut. What you do on the map makes futures, too.",
    de: "Oben einen Balken drücken: Sein Lauf steht dann neben dem ohne Kappen. Auch Eingriffe auf der Karte ergeben Varianten.",
};
/// What is common to both.
pub const SAME_PAST: Phrase = Phrase {
    en: "same past",
    de: "gleiche Vergangenheit",
};
/// The heading of what differs.
pub const DIFFERS: Phrase = Phrase {
    en: "What differs at the end",
    de: "Was am Ende verschieden ist",
};
/// The head of a column.
pub const DIFFERS_FACT: Phrase = Phrase {
    en: "fact",
    de: "Tatsache",
};
/// Nothing does.
pub const DIFFERS_NOTHING: Phrase = Phrase {
    en: "Nothing: both end the same.",
    de: "Nichts: Beide enden gleich.",
};
/// A button.
pub const FUTURE_OPEN: Phrase = Phrase {
    en: "Open in Play",
    de: "In „Spielen“ öffnen",
};
/// The switch of narrow screens.
pub const FUTURE_SWITCH: Phrase = Phrase {
    en: "Show",
    de: "Zeigen",
};
/// Both of them.
pub const FUTURE_BOTH: Phrase = Phrase {
    en: "A and B",
    de: "A und B",
};
/// The ladder of a future.
pub const FUTURE_LADDER: Phrase = Phrase {
    en: "Ladder of future",
    de: "Ablauf der Variante",
};

/// The heading of the two futures; it takes the keyboard when a bar is opened.
pub const PAIR_ID: &str = "h-pair";

/// The element of a bar.
#[must_use]
pub fn cut_cell_id(row: usize, cell: usize) -> String {
    format!("cut-{row}-{cell}")
}

/// What the map asks.
#[must_use]
pub fn cut_title(language: Language, device: &str) -> String {
    match language {
        Language::English => {
            format!("Cut the link of {device} anywhere: how often is the message delivered?")
        }
        Language::German => {
            format!("Die Leitung von {device} irgendwo kappen: Wie oft wird zugestellt?")
        }
    }
}

/// How many runs, from which seed, and what to do with them.
#[must_use]
pub fn cut_note(language: Language, runs: usize, seed: u64, (done, all): (usize, usize)) -> String {
    match (language, done < all) {
        (Language::English, true) => format!("{done} of {all} runs"),
        (Language::German, true) => format!("{done} von {all} Läufen"),
        (Language::English, false) => {
            format!(
                "{runs} runs, same seed {seed}, cut for 2 s; what the scenario itself does to links is left out. Press a bar to open its run."
            )
        }
        (Language::German, false) => format!(
            "{runs} Läufe, gleicher Seed {seed}, 2 s gekappt; was das Szenario selbst mit Leitungen macht, fehlt. Ein Balken öffnet seinen Lauf."
        ),
    }
}

/// Why a device gets so little after a cut.
#[must_use]
pub fn never_comes_back(language: Language, device: &str) -> String {
    match language {
        Language::English => format!(
            "{device} never connects again after a cut, so at no QoS can anything be sent again: give it a reconnect strategy to see the difference."
        ),
        Language::German => format!(
            "{device} verbindet sich nach dem Kappen nie wieder, also kann bei keiner QoS etwas noch einmal gesendet werden: Erst mit einer Strategie zum Wiederverbinden zeigt sich der Unterschied."
        ),
    }
}

/// What a row of the map is told with.
#[must_use]
pub fn cut_row(language: Language, kind: RowKind) -> String {
    match (kind, language) {
        (RowKind::Written, Language::English) => "as the scenario has it".to_owned(),
        (RowKind::Written, Language::German) => "wie im Szenario".to_owned(),
        (RowKind::Variant(Qos::AtMostOnce, _), _) => "QoS 0".to_owned(),
        (RowKind::Variant(qos, session), _) => {
            let session = match (session, language) {
                (SessionSpec::Clean, Language::English) => "clean session",
                (SessionSpec::Clean, Language::German) => "ohne Sitzung (clean)",
                (SessionSpec::Kept, Language::English) => "session kept",
                (SessionSpec::Kept, Language::German) => "Sitzung bleibt",
            };
            format!("QoS {}, {session}", qos.bits())
        }
    }
}

/// A packet of a row: its type, and which of its like it is if it is not the first.
fn packet(language: Language, place: CutPlace) -> String {
    let name = place.packet.name();
    match (place.nth, language) {
        (1, _) => name.to_owned(),
        (nth, Language::English) => format!("{name} no. {nth}"),
        (nth, Language::German) => format!("{name} Nr. {nth}"),
    }
}

/// A packet that is on the wire.
#[must_use]
pub(crate) fn cut_on_the_wire(language: Language, place: CutPlace) -> String {
    match language {
        Language::English => format!("{} on the wire", packet(language, place)),
        Language::German => format!("{} auf der Leitung", packet(language, place)),
    }
}

/// After one packet and before another.
#[must_use]
pub(crate) fn cut_between(
    language: Language,
    after: Option<&CutPlace>,
    before: Option<&CutPlace>,
    device: &str,
) -> String {
    match (after, before, language) {
        (None, Some(before), Language::English) => format!("before {}", packet(language, *before)),
        (None, Some(before), Language::German) => format!("vor {}", packet(language, *before)),
        (Some(after), None, Language::English) => format!("after {}", packet(language, *after)),
        (Some(after), None, Language::German) => format!("nach {}", packet(language, *after)),
        (Some(after), Some(_), Language::English) if !after.from_device => {
            format!("{device} has it")
        }
        (Some(after), Some(_), Language::German) if !after.from_device => {
            format!("{device} hat es")
        }
        (Some(_), Some(_), Language::English) => "broker has it".to_owned(),
        (Some(_), Some(_), Language::German) => "Broker hat es".to_owned(),
        (None, None, _) => String::new(),
    }
}

/// A bar for those who do not see it.
#[must_use]
pub(crate) fn cut_cell(
    language: Language,
    row: &str,
    place: CutPlace,
    arrived: u32,
    deliveries: Option<u32>,
) -> String {
    let name = packet(language, place);
    let (en, de) = if arrived == 0 {
        (
            format!("{name} sent, nothing of it arrives"),
            format!("{name} gesendet, nichts davon kommt an"),
        )
    } else if arrived >= place.len_bytes {
        (format!("{name} has arrived"), format!("{name} angekommen"))
    } else {
        (
            format!(
                "{name} on the wire, cut after {arrived} of {} bytes",
                place.len_bytes
            ),
            format!(
                "{name} auf der Leitung, gekappt nach {arrived} von {} Bytes",
                place.len_bytes
            ),
        )
    };
    match (language, deliveries) {
        (Language::English, None) => format!("{row}, {en}: not known yet"),
        (Language::German, None) => format!("{row}, {de}: noch nicht bekannt"),
        (Language::English, Some(1)) => format!("{row}, {en}: delivered 1 time"),
        (Language::English, Some(times)) => format!("{row}, {en}: delivered {times} times"),
        (Language::German, Some(times)) => format!("{row}, {de}: {times}-mal zugestellt"),
    }
}

/// A cell as the name of a future.
#[must_use]
pub(crate) fn cut_future(language: Language, row: &str, place: CutPlace, arrived: u32) -> String {
    let told = cut_cell(language, row, place, arrived, Some(0));
    told.rsplit_once(": ")
        .map_or(told.clone(), |it| it.0.to_owned())
}

/// A row without a cut as the name of a future.
#[must_use]
pub fn cut_whole(language: Language, row: &str) -> String {
    match language {
        Language::English => format!("{row}, no cut"),
        Language::German => format!("{row}, ohne Kappen"),
    }
}

fn times(language: Language, times: u32) -> String {
    match (language, times) {
        (Language::English, 0) => "never".to_owned(),
        (Language::English, 1) => "once".to_owned(),
        (Language::English, 2) => "twice".to_owned(),
        (Language::English, more) => format!("{more} times"),
        (Language::German, 0) => "nie".to_owned(),
        (Language::German, 1) => "einmal".to_owned(),
        (Language::German, 2) => "zweimal".to_owned(),
        (Language::German, more) => format!("{more}-mal"),
    }
}

/// What comes of neighbouring cuts.
#[must_use]
pub fn how_often(language: Language, results: &[u32]) -> String {
    let words: Vec<String> = results.iter().map(|it| times(language, *it)).collect();
    words.join(match language {
        Language::English => " or ",
        Language::German => " oder ",
    })
}

/// A row in which nothing is ever delivered.
#[must_use]
pub fn nothing_delivered(language: Language, device: &str) -> String {
    match language {
        Language::English => format!("Even without a cut nothing is delivered to {device}."),
        Language::German => format!("Auch ohne Kappen wird {device} nichts zugestellt."),
    }
}

/// How often messages were delivered in a future.
#[must_use]
pub fn delivered_times(language: Language, deliveries: usize) -> String {
    let deliveries = u32::try_from(deliveries).unwrap_or(u32::MAX);
    match language {
        Language::English => format!("delivered {}", times(language, deliveries)),
        Language::German => format!("{} zugestellt", times(language, deliveries)),
    }
}

/// Until when two futures are the same.
#[must_use]
pub fn same_until(language: Language, at: Option<u64>, is_same: bool) -> String {
    match (language, at) {
        (Language::English, _) if is_same => "Both are the same.".to_owned(),
        (Language::German, _) if is_same => "Beide sind gleich.".to_owned(),
        (Language::English, Some(at)) => format!("The same until {} s.", clock(language, at)),
        (Language::German, Some(at)) => format!("Gleich bis {} s.", clock(language, at)),
        (Language::English, None) => "Different from the start.".to_owned(),
        (Language::German, None) => "Von Anfang an verschieden.".to_owned(),
    }
}

/// Something that is not the same at the ends of two futures. Names, topics and payloads are what others wrote.
#[must_use]
pub(crate) fn differs(language: Language, what: &Subject) -> String {
    match (language, what) {
        (Language::English, Subject::Done { device }) => format!("What {} did", name(device)),
        (Language::German, Subject::Done { device }) => format!("Was {} getan hat", name(device)),
        (Language::English, Subject::Delivered { message, to }) => {
            format!("{}, delivered to {}", quote(language, message), name(to))
        }
        (Language::German, Subject::Delivered { message, to }) => {
            format!("{}, {} zugestellt", quote(language, message), name(to))
        }
        (Language::English, Subject::Retained { topic }) => {
            format!("Retained on {}", name(topic))
        }
        (Language::German, Subject::Retained { topic }) => {
            format!("Zurückbehalten (retained) auf {}", name(topic))
        }
        (Language::English, Subject::Session { client_id }) => {
            format!("Session of {}", name(client_id))
        }
        (Language::German, Subject::Session { client_id }) => {
            format!("Sitzung von {}", name(client_id))
        }
        (Language::English, Subject::Held { message, from, to }) => format!(
            "{}, kept by {} for {}",
            quote(language, message),
            name(from),
            name(to)
        ),
        (Language::German, Subject::Held { message, from, to }) => format!(
            "{}, von {} für {} aufbewahrt",
            quote(language, message),
            name(from),
            name(to)
        ),
    }
}

fn quote(language: Language, message: &Quote) -> String {
    let (payload, topic) = (name(&message.payload), name(&message.topic));
    match (language, message.nth) {
        (Language::English, 1) => format!("{payload} on {topic}"),
        (Language::English, nth) => format!("{payload} on {topic}, number {nth}"),
        (Language::German, 1) => format!("{payload} auf {topic}"),
        (Language::German, nth) => format!("{payload} auf {topic}, Nr. {nth}"),
    }
}

/// What a device did, as far as it is told, what of it came before and is not told, and how much it was.
#[must_use]
pub fn done_so(told: &[String], untold: usize, many: usize) -> String {
    let before = if untold > 0 { "…, " } else { "" };
    let behind = if many > untold + told.len() {
        ", …"
    } else {
        ""
    };
    let how_many = if many > told.len() {
        format!(" ({many})")
    } else {
        String::new()
    };
    format!("{before}{}{behind}{how_many}", told.join(", "))
}

/// What it is at one of the ends.
#[must_use]
pub(crate) fn differs_fact(language: Language, fact: Option<&Fact>) -> String {
    match (language, fact) {
        (Language::English, None) => "nothing".to_owned(),
        (Language::German, None) => "nichts".to_owned(),
        (_, Some(Fact::Words(words))) => name(words),
        (_, Some(Fact::Done(effects))) => effects.len().to_string(),
        (Language::English, Some(fact)) => fact.to_string(),
        (Language::German, Some(Fact::Times(times))) => format!("{times}-mal"),
        (
            Language::German,
            Some(Fact::Session {
                is_connected,
                subscriptions,
                waiting,
            }),
        ) => format!(
            "{}, Abonnements: {subscriptions}, wartende Nachrichten: {waiting}",
            if *is_connected { "verbunden" } else { "weg" }
        ),
        (Language::German, Some(Fact::Waits)) => "wartet".to_owned(),
        (Language::German, Some(Fact::Sent(times))) => {
            format!("{times}-mal gesendet, nicht bestätigt")
        }
        (Language::German, Some(Fact::Released)) => "freigegeben, ID noch belegt".to_owned(),
    }
}
