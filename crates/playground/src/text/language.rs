//! The languages that the page speaks.
//!
//! Each text has its languages side by side, so that none can be forgotten: a [`Phrase`], or a function of the
//! language that ends in a `match` for sentences with something in them. Texts that are data (lessons, the gists of rules)
//! are in a [`Dictionary`].
//!
//! # German
//!
//! Nobody is addressed, neither as *Sie* nor as *du*: what is to be done stands in the infinitive, what can be done in the passive
//! (`tests/language.rs` looks for it). Numbers in sentences have a decimal comma. What the standard names stays as
//! it is named there: packet types, fields, flags, *Topic*, *Client*, *Broker*, QoS, Keep Alive, Clean Session, Session
//! Present, the names of reason codes. Names of devices stay as the scenario writes them. The other words:
//!
//! | English | German |
//! |---|---|
//! | packet, message, payload | Paket, Nachricht, Nutzdaten |
//! | link, connection, session | Leitung, Verbindung, Sitzung |
//! | to publish, to subscribe, a subscription | veröffentlichen, abonnieren, das Abonnement |
//! | sent, arrived, delivered, acknowledged | gesendet, angekommen, zugestellt, bestätigt |
//! | kept, queue, in flight | aufbewahrt, Warteschlange, unterwegs |
//! | retained message | zurückbehaltene Nachricht (retained) |
//! | will | letzter Wille (Will) |
//! | packet id | Paket-ID |
//! | cut, silent, held, restored | gekappt, stumm, angehalten, wiederhergestellt |
//! | outage, crash, loss of power | Ausfall, Absturz, Stromausfall |
//! | step, run, future | Schritt, Lauf, Variante |
//! | ladder, map, packet, state, explain | Ablauf, Karte, Paket, Zustand, Erklären |
//! | lessons, a lesson, task, goal, prediction | Kurs, Lektion, Aufgabe, Ziel, Vorhersage |
//! | rule, topic filter | Regel, Topic-Filter |

use crate::payload::shown_lines;
use std::collections::HashMap;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// All of them.
pub const LANGUAGES: [Language; 2] = [Language::English, Language::German];

impl Language {
    /// Its tag as in BCP 47: `en`, `de`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a BCP 47 tag such as `de-AT`; none if the page does not speak it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        LANGUAGES
            .into_iter()
            .find(|it| it.tag().eq_ignore_ascii_case(language))
    }
}

/// A text without anything in it that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// In English.
    pub en: &'static str,
    /// In German.
    pub de: &'static str,
}

impl Phrase {
    /// In this language.
    #[must_use]
    pub const fn to(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::German => self.de,
        }
    }
}

/// Nobody reads more at once.
const SAID_MAX_CHARS: usize = 1000;

/// A text that is said once and stays on the page, in all languages: it follows when the language is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    en: String,
    de: String,
}

impl Words {
    /// What `say` says in each language.
    #[must_use]
    pub fn of(say: impl Fn(Language) -> String) -> Self {
        Self {
            en: said(&say(Language::English)),
            de: said(&say(Language::German)),
        }
    }

    /// In this language.
    #[must_use]
    pub fn to(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::German => &self.de,
        }
    }
}

/// What is said may quote what somebody else wrote.
fn said(text: &str) -> String {
    shown_lines(text, SAID_MAX_CHARS)
}

impl From<Phrase> for Words {
    fn from(phrase: Phrase) -> Self {
        Self::of(|language| phrase.to(language).to_owned())
    }
}

/// Texts that are data, from English. The English text is the key: when it is changed, its translation is missing, and a
/// test says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary(HashMap<String, String>);

impl Dictionary {
    /// Of pairs: the English text and the other one.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The other text, or the English one as long as there is none.
    #[must_use]
    pub fn to<'a>(&'a self, english: &'a str) -> &'a str {
        self.0.get(english).map_or(english, String::as_str)
    }

    /// Whether it has nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A language together with what it has of texts that are data.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// The language.
    pub language: Language,
    dictionary: &'a Dictionary,
}

impl<'a> Voice<'a> {
    /// Speaks `language`, with a dictionary of that language; English needs none.
    #[must_use]
    pub const fn new(language: Language, dictionary: &'a Dictionary) -> Self {
        Self {
            language,
            dictionary,
        }
    }

    /// A text that is data, from English.
    #[must_use]
    pub fn data<'t>(self, english: &'t str) -> &'t str
    where
        'a: 't,
    {
        match self.language {
            Language::English => english,
            Language::German => self.dictionary.to(english),
        }
    }
}

/// A word for things that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    /// For one.
    pub one: Phrase,
    /// For none or many. The German one is the nominative, which is the accusative, too.
    pub many: Phrase,
}

/// Constants of [`Phrase`]: name, English, German.
macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $de:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: $crate::text::Phrase = $crate::text::Phrase { en: $en, de: $de };
        )*
    };
}
pub(super) use phrases;

macro_rules! nouns {
    ($($(#[$doc:meta])* $name:ident: $one_en:literal $many_en:literal, $one_de:literal $many_de:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Noun = Noun {
                one: Phrase { en: $one_en, de: $one_de },
                many: Phrase { en: $many_en, de: $many_de },
            };
        )*
    };
}

nouns! {
    /// A thing to count.
    PACKETS: "packet" "packets", "Paket" "Pakete";
    /// A thing to count.
    MESSAGES: "message" "messages", "Nachricht" "Nachrichten";
    /// A thing to count.
    ORDERS: "order" "orders", "Auftrag" "Aufträge";
    /// A thing to count.
    BYTES: "byte" "bytes", "Byte" "Byte";
    /// A thing to count.
    RAW_BYTES: "raw byte" "raw bytes", "rohes Byte" "rohe Byte";
    /// A thing to count.
    WILLS: "will" "wills", "letzter Wille" "letzte Willen";
    /// A thing to count.
    DELIVERIES: "delivery" "deliveries", "Zustellung" "Zustellungen";
    /// A thing to count.
    FILTERS: "filter" "filters", "Filter" "Filter";
}

/// `1 packet`, `2 packets`.
#[must_use]
pub fn count(language: Language, number: usize, noun: Noun) -> String {
    let word = if number == 1 { noun.one } else { noun.many };
    format!("{number} {}", word.to(language))
}

/// A number written with a decimal point, as the language writes it.
#[must_use]
pub fn decimal(language: Language, number: &str) -> String {
    match language {
        Language::English => number.to_owned(),
        Language::German => number.replace('.', ","),
    }
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn and(language: Language, parts: &[String]) -> String {
    let and = match language {
        Language::English => " and ",
        Language::German => " und ",
    };
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{}{and}{last}", all.join(", ")),
    }
}

/// In the quotation marks of the language.
#[must_use]
pub fn quoted(language: Language, text: &str) -> String {
    match language {
        Language::English => format!("“{text}”"),
        Language::German => format!("„{text}“"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_its_first_part() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("EN_us", Some(Language::English)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
