//! What is said about filters.

use super::{Language, Phrase};
use crate::filter::{Expected, Fault, Kind};

/// The name of the field that the filter is typed into.
pub const FILTER: Phrase = Phrase {
    en: "Filter",
    de: "Filter",
};
/// What it shows while it is empty.
pub const FILTER_HINT: Phrase = Phrase {
    en: "Filter, e.g. mqtt.qos == 1",
    de: "Filter, z. B. mqtt.qos == 1",
};
/// The list of ways to go on.
pub const FILTER_OFFERS: Phrase = Phrase {
    en: "Ways to go on",
    de: "Möglichkeiten, weiterzuschreiben",
};
/// A button that empties the field.
pub const FILTER_CLEAR: Phrase = Phrase {
    en: "Clear the filter",
    de: "Filter leeren",
};
/// A button: whether the ladder hides what does not match, or draws it faint.
pub const FILTER_HIDE: Phrase = Phrase {
    en: "Hide what does not match",
    de: "Ausblenden, was nicht passt",
};
/// The ways to join two tests.
pub const FILTER_JOINS: [(&str, Phrase); 2] = [
    (
        "and",
        Phrase {
            en: "both",
            de: "beides",
        },
    ),
    (
        "or",
        Phrase {
            en: "one of the two",
            de: "eines von beiden",
        },
    ),
];

const EQUAL: (&str, Phrase) = (
    "==",
    Phrase {
        en: "is",
        de: "ist",
    },
);
const UNEQUAL: (&str, Phrase) = (
    "!=",
    Phrase {
        en: "is not",
        de: "ist nicht",
    },
);
const PARTS: (&str, Phrase) = (
    "contains",
    Phrase {
        en: "has in it",
        de: "enthält",
    },
);
const ORDER: [(&str, Phrase); 4] = [
    (
        ">=",
        Phrase {
            en: "at least",
            de: "mindestens",
        },
    ),
    (
        "<=",
        Phrase {
            en: "at most",
            de: "höchstens",
        },
    ),
    (
        ">",
        Phrase {
            en: "more than",
            de: "mehr als",
        },
    ),
    (
        "<",
        Phrase {
            en: "less than",
            de: "weniger als",
        },
    ),
];

/// The operators for a kind of field, those used most first.
#[must_use]
pub fn filter_operators(kind: Kind) -> &'static [(&'static str, Phrase)] {
    const FLAG: &[(&str, Phrase)] = &[EQUAL, UNEQUAL];
    const NUMBER: &[(&str, Phrase)] = &[EQUAL, UNEQUAL, ORDER[0], ORDER[1], ORDER[2], ORDER[3]];
    const TEXT: &[(&str, Phrase)] = &[EQUAL, PARTS, UNEQUAL];
    match kind {
        Kind::Flag => FLAG,
        Kind::Text | Kind::Data => TEXT,
        Kind::Number(_) | Kind::PacketType | Kind::Reason => NUMBER,
    }
}

/// What is counted behind the field.
pub const FILTER_STEPS: Phrase = Phrase {
    en: " steps match",
    de: " Schritten passen",
};

/// Behind the fault of a text that is no filter, while the one before it is in force.
pub const FILTER_STILL: Phrase = Phrase {
    en: "The filter before it is still in force.",
    de: "Der Filter davor gilt noch.",
};

/// How many steps match, of how many that have happened.
#[must_use]
pub fn filter_count(language: Language, matching: usize, of: usize) -> String {
    match language {
        Language::English => format!("{matching} of {of}"),
        Language::German => format!("{matching} von {of}"),
    }
}

/// How many ways to go on there are, for those who do not see the list.
#[must_use]
pub fn filter_offered(language: Language, count: usize) -> String {
    match (language, count) {
        (Language::English, 1) => "1 way to go on".to_owned(),
        (Language::English, _) => format!("{count} ways to go on"),
        (Language::German, 1) => "1 Möglichkeit".to_owned(),
        (Language::German, _) => format!("{count} Möglichkeiten"),
    }
}

/// Why an expression cannot be read: where, what stands there, and what could.
#[must_use]
pub fn filter_fault(language: Language, typed: &str, fault: &Fault) -> String {
    let column = typed
        .get(..fault.at)
        .map_or(0, |before| before.chars().count())
        + 1;
    let mut could: Vec<String> = fault
        .expected
        .iter()
        .filter_map(|it| expected(language, *it))
        .collect();
    could.dedup();
    let could = could.join(if language == Language::English {
        " or "
    } else {
        " oder "
    });
    let is_end = fault.at >= typed.trim_end().len();
    let found = &fault.found;
    let mut text = match (language, is_end, found.is_empty()) {
        (Language::English, true, _) => format!("At the end, {could} is missing."),
        (Language::English, false, true) => format!("Character {column}: {could} was expected."),
        (Language::English, false, false) => {
            format!("Character {column}: `{found}` is not {could}.")
        }
        (Language::German, true, _) => format!("Am Ende fehlt {could}."),
        (Language::German, false, true) => format!("Zeichen {column}: Erwartet wird {could}."),
        (Language::German, false, false) => {
            format!("Zeichen {column}: `{found}` ist nicht {could}.")
        }
    };
    if let Some(meant) = &fault.meant {
        text.push_str(&match language {
            Language::English => format!(" Is `{meant}` meant?"),
            Language::German => format!(" Ist `{meant}` gemeint?"),
        });
    }
    text
}

fn expected(language: Language, expected: Expected) -> Option<String> {
    let is_english = language == Language::English;
    let phrase = |en: &str, de: &str| {
        if is_english {
            en.to_owned()
        } else {
            de.to_owned()
        }
    };
    Some(match expected {
        Expected::Field => phrase("a field such as `mqtt.topic`", "ein Feld wie `mqtt.topic`"),
        Expected::Operator(kind) => {
            let mut signs: Vec<&str> = filter_operators(kind)
                .iter()
                .map(|(sign, _)| *sign)
                .collect();
            signs.push("in {…}");
            let signs = signs.join("`, `");
            phrase(
                &format!("one of `{signs}`"),
                &format!("eines von `{signs}`"),
            )
        }
        Expected::Value(Kind::Number(most)) if most < u64::MAX => phrase(
            &format!("a number up to {most}"),
            &format!("eine Zahl bis {most}"),
        ),
        Expected::Value(Kind::Number(_)) => phrase("a number", "eine Zahl"),
        Expected::Value(Kind::PacketType) => phrase(
            "a packet type, by its number or as `PUBLISH`",
            "ein Pakettyp, als Zahl oder als `PUBLISH`",
        ),
        Expected::Value(Kind::Reason) => phrase(
            "a reason code, by its number or as `\"Not authorized\"`",
            "ein Reason Code, als Zahl oder als `\"Not authorized\"`",
        ),
        Expected::Value(Kind::Flag) => phrase("0 or 1", "0 oder 1"),
        Expected::Value(Kind::Text) => phrase("a text in quotes", "ein Text in Anführungszeichen"),
        Expected::Value(Kind::Data) => phrase(
            "a text in quotes or bytes as `1a:2b`",
            "ein Text in Anführungszeichen oder Bytes wie `1a:2b`",
        ),
        Expected::Join => phrase("`and` or `or`", "`and` oder `or`"),
        Expected::Close => phrase("`)`", "`)`"),
        Expected::CloseSet => phrase("`,` or `}`", "`,` oder `}`"),
        Expected::End => return None,
    })
}
