//! Under which headings lines are offered where there are many of them: those that beginners look for come first.

use crate::sandbox::sheet::Set;
use crate::text::Phrase;

/// A heading, and the words by which the lines under it are known.
pub(in crate::sandbox) struct Shelf {
    pub(in crate::sandbox) name: Phrase,
    words: &'static [&'static str],
}

const fn shelf(en: &'static str, de: &'static str, words: &'static [&'static str]) -> Shelf {
    Shelf {
        name: Phrase { en, de },
        words,
    }
}

/// What only MQTT 5.0 has.
const V5: Shelf = shelf(
    "MQTT 5.0",
    "MQTT 5.0",
    &[
        "receive-maximum",
        "topic-alias-maximum",
        "max-packet",
        "user",
        "topic-aliases",
    ],
);

const REST: Shelf = shelf("Other", "Sonstiges", &["place", "work", "retry"]);

const DEVICE: &[Shelf] = &[
    shelf("What it does", "Was es tut", &["subscribe", "on", "every"]),
    shelf(
        "Connection and session",
        "Verbindung und Sitzung",
        &[
            "session",
            "keep-alive",
            "will",
            "reconnect",
            "client-id",
            "user-name",
            "password",
            "version",
        ],
    ),
    shelf(
        "Outages and power",
        "Ausfälle und Strom",
        &["queue", "deadline", "storage", "battery", "sleep"],
    ),
    shelf(
        "A program on it",
        "Ein Programm darauf",
        &["script", "client", "loop", "call"],
    ),
    V5,
    REST,
];

const BROKER: &[Shelf] = &[
    shelf(
        "What it keeps and allows",
        "Was er bewahrt und erlaubt",
        &["access", "session-queue", "backlog", "storage"],
    ),
    V5,
    REST,
];

const SCRIPT: &[Shelf] = &[
    shelf(
        "What a device says",
        "Was ein Gerät sagt",
        &[
            "connect",
            "publish",
            "subscribe",
            "unsubscribe",
            "disconnect",
            "send-raw",
        ],
    ),
    shelf(
        "What happens around a device",
        "Was um ein Gerät herum geschieht",
        &[
            "press",
            "heat",
            "switch",
            "break",
            "mend",
            "type",
            "interrupt",
        ],
    ),
    shelf("Power", "Strom", &["power-off", "power-on", "crash"]),
    shelf(
        "What happens on a link",
        "Was auf einer Leitung geschieht",
        &[
            "cut", "restore", "silence", "stall", "hold", "release", "lose", "double",
        ],
    ),
];

/// The headings of what can stand in a place; none where that is little.
pub(in crate::sandbox) const fn shelves(set: Set) -> &'static [Shelf] {
    match set {
        Set::Device => DEVICE,
        Set::Broker => BROKER,
        Set::Script => SCRIPT,
        _ => &[],
    }
}

impl Shelf {
    /// Whether a kind of line belongs here. Its first word that is no slot says so.
    pub(in crate::sandbox) fn holds(&self, pattern: &str) -> bool {
        let is_word = |it: &&str| it.starts_with(|it: char| it.is_ascii_lowercase());
        let word = pattern.split(' ').find(is_word);
        word.is_some_and(|it| self.words.contains(&it))
    }

    /// Whether 3.1.1 has nothing of it.
    pub(in crate::sandbox) fn needs_v5(&self) -> bool {
        self.name == V5.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::table::{Adds, families};

    /// What stands under no heading could not be added.
    #[test]
    fn every_line_that_can_be_added_has_one_heading() {
        for set in [Set::Device, Set::Broker, Set::Script] {
            for family in families(set) {
                let rows: Vec<_> = match family.adds {
                    Adds::Heads => family.heads.iter().collect(),
                    _ => family.bodies().collect(),
                };
                for row in rows {
                    let count = shelves(set).iter().filter(|it| it.holds(row.pattern));
                    assert_eq!(count.count(), 1, "{}", row.pattern);
                }
            }
        }
    }
}
