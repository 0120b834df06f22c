//! The words of the sandbox's forms: what the words of the scenario language are called, and what it means to say nothing.

use super::claim::promise_name;
use super::language::{Language, Phrase};
use super::{misconception, sandbox::phrase};
use crate::sandbox::SCRIPT_NODE;
use sim::scenario::Misconception;
use sim::{Check, predict};

/// What a kind of node is called.
#[must_use]
pub fn node_kind(language: Language, blueprint: &str) -> String {
    let name = match blueprint {
        "broker" => phrase("broker", "Broker"),
        SCRIPT_NODE => super::SCRIPT_NODE,
        "phone" => phrase("phone", "Telefon"),
        "robot" => phrase("robot", "Roboter"),
        "thermometer" => phrase("thermometer", "Thermometer"),
        "button" => phrase("button", "Taster"),
        "lamp" => phrase("lamp", "Lampe"),
        "window-sensor" => phrase("window sensor", "Fenstersensor"),
        "dashboard" => phrase("dashboard", "Anzeige"),
        "sleeper" => phrase("sleeping sensor", "Sensor, der schläft"),
        other => return other.to_owned(),
    };
    name.to(language).to_owned()
}

/// What a question is called whose answers the run finds.
const fn question(kind: predict::Kind) -> Phrase {
    use predict::Kind;
    match kind {
        Kind::NextPacket => phrase(
            "Which packet is sent next?",
            "Welches Paket wird als Nächstes gesendet?",
        ),
        Kind::HowOften => phrase(
            "How often does a subscriber get the message?",
            "Wie oft bekommt ein Abonnent die Nachricht?",
        ),
        Kind::WhichQos => phrase(
            "With which QoS does the message arrive?",
            "Mit welchem QoS kommt die Nachricht an?",
        ),
        Kind::WhoReceives => phrase("Who gets the message?", "Wer bekommt die Nachricht?"),
        Kind::WillFires => phrase(
            "When does the will go out?",
            "Wann geht der letzte Wille hinaus?",
        ),
        Kind::SentAgain => phrase("Is it sent again?", "Wird noch einmal gesendet?"),
        Kind::HowManyRetained => phrase(
            "How many retained messages come at once?",
            "Wie viele zurückbehaltene Nachrichten kommen sofort?",
        ),
        Kind::RetainFlag => phrase(
            "Which RETAIN flag does a subscriber see?",
            "Welches RETAIN-Flag sieht ein Abonnent?",
        ),
    }
}

/// What a word is called that can be chosen in a slot. Words that say what they mean stay.
pub(crate) fn choice(language: Language, slot: &str, word: &str) -> String {
    let name = match (slot, word) {
        ("BLUEPRINT", kind) => return node_kind(language, kind),
        ("KIND", word) => match predict::Kind::ALL.iter().find(|it| it.word() == word) {
            Some(kind) => question(*kind),
            None => return word.to_owned(),
        },
        ("PROMISE", word) => {
            let check = Check::ALL.into_iter().find(|it| it.word() == word);
            let name = check.map_or(word, |it| promise_name(language, it));
            return name.to_owned();
        }
        ("BELIEF", word) => {
            let all = Misconception::ALL.into_iter();
            let belief = all.into_iter().find(|it| it.word() == word);
            return belief.map_or_else(|| word.to_owned(), |it| misconception(language, it));
        }
        ("DROP", "drop-oldest") => phrase("drops the oldest", "wirft die älteste weg"),
        ("DROP", "drop-newest") => phrase("drops the newest", "wirft die neueste weg"),
        ("EVENT", "connect") => phrase("it connects", "es verbindet sich"),
        ("EVENT", "change") => phrase("its reading changes", "sein Wert ändert sich"),
        ("EVENT", "press") => phrase("its button is pressed", "sein Taster wird gedrückt"),
        ("EVENT", "heat") => phrase("the temperature changes", "die Temperatur ändert sich"),
        ("EVENT", "break") => phrase("the window breaks", "das Fenster bricht"),
        ("EVENT", "mend") => phrase("the window is mended", "das Fenster wird repariert"),
        ("EVENT", "switch") => phrase("it is switched by hand", "es wird von Hand geschaltet"),
        ("KEPT", "kept") => phrase("kept", "gehalten"),
        ("KEPT", "broken") => phrase("broken", "gebrochen"),
        ("LAMP" | "ONOFF", "on") => phrase("on", "an"),
        ("LAMP" | "ONOFF", "off") => phrase("off", "aus"),
        ("LAMP", "toggle") => phrase("the other way", "um"),
        ("LEAST", "at most") => phrase("at most", "höchstens"),
        ("LEAST", "at least") => phrase("at least", "mindestens"),
        ("MODE", "stream") => phrase("stream, like TCP", "Strom, wie TCP"),
        ("MODE", "datagram") => phrase("packets (textbook)", "Pakete (Lehrbuch)"),
        ("PHASE", "is sent") => phrase("is sent", "wird gesendet"),
        ("PHASE", "is on the wire") => phrase("is on the wire", "ist auf der Leitung"),
        ("PHASE", "has arrived") => phrase("has arrived", "ist angekommen"),
        ("RETAINED", "if-new") => phrase("if it is new", "wenn es neu ist"),
        ("RETAINED", "never") => phrase("never", "nie"),
        ("SAVING", "before-saving") => phrase(
            "at the next packet, unread",
            "beim nächsten Paket, ungelesen",
        ),
        ("SAVING", "after-saving") => phrase(
            "at the next packet, saved",
            "beim nächsten Paket, gespeichert",
        ),
        ("SCORE", "made") => phrase("made", "erzeugt"),
        ("SCORE", "delivered") => phrase("delivered", "zugestellt"),
        ("SCORE", "late") => phrase("delivered late", "verspätet zugestellt"),
        ("SCORE", "doubled") => phrase("delivered twice", "doppelt zugestellt"),
        ("SCORE", "lost") => phrase("not delivered", "nicht zugestellt"),
        ("STATE", "connected") => phrase("connected", "verbunden"),
        ("STATE", "gone") => phrase("gone", "weg"),
        ("STORAGE", "keeps") => phrase("keeps its state", "behält den Zustand"),
        ("STORAGE", "forgets") => phrase("forgets its state", "vergisst den Zustand"),
        _ => return word.to_owned(),
    };
    name.to(language).to_owned()
}

/// What it means to say nothing in a slot that a line can do without; `is_pattern`: the line says which packets or messages are
/// meant, and does not make one.
pub(crate) fn unsaid(language: Language, slot: &str, is_pattern: bool) -> &'static str {
    let phrase = match slot {
        "QOS" | "BIT" | "FROM" | "TO" | "PACKETID" | "PAYLOAD" if is_pattern => {
            phrase("any", "beliebig")
        }
        "QOS" => phrase("0 (if not said)", "0 (ohne Angabe)"),
        "RETAINED" => phrase("always", "immer"),
        "SAVING" => phrase("at once", "sofort"),
        "NTH" => phrase("the first", "das erste"),
        "PLUS" => phrase("at once", "sofort"),
        "DELAY" => phrase("at once", "sofort"),
        "EXPIRY" => phrase("for ever", "für immer"),
        "SPAN" => phrase("until changed", "bis es sich ändert"),
        "TOWARD" => phrase("both ways", "beide Richtungen"),
        _ => super::SANDBOX_NOT_SAID,
    };
    phrase.to(language)
}

/// What a word is called that is there or not.
pub(crate) const fn flag(language: Language, word: &'static str) -> &'static str {
    let phrase = match word.as_bytes() {
        b"no-local" => phrase("No Local (5.0)", "No Local (5.0)"),
        b"retain-as-published" => phrase("Retain As Published (5.0)", "Retain As Published (5.0)"),
        b"not-retained" => phrase("not a retained one", "keine zurückbehaltene"),
        b"without-disconnect" => phrase("without DISCONNECT", "ohne DISCONNECT"),
        b"dup" => phrase("DUP", "DUP"),
        b"retain" => phrase("retain", "retain"),
        _ => return word,
    };
    phrase.to(language)
}

/// At a will of which the broker would not learn that it is due.
pub(crate) const WILL_IS_SILENT: Phrase = phrase(
    "Without a Keep Alive the broker does not notice a device that loses its power or whose link falls silent: this will would never go out. Add “Keep alive”.",
    "Ohne Keep Alive merkt der Broker nicht, dass ein Gerät den Strom verliert oder seine Leitung verstummt: Dieser letzte Wille ginge nie hinaus. „Keep Alive“ hinzufügen behebt das.",
);

/// At a rule for messages that the broker never sends to this device.
pub(crate) const RULE_IS_DEAF: Phrase = phrase(
    "This device subscribes to nothing that matches: no such message comes, and the rule does nothing. Add “Subscription”.",
    "Dieses Gerät abonniert nichts Passendes: Es kommt keine solche Nachricht, und die Regel tut nichts. „Abonnement“ hinzufügen behebt das.",
);

/// At something that would happen after the run is over.
pub(crate) const ENDS_BEFORE: Phrase = phrase(
    "The run ends before this: it never happens. “Ends after” is in the settings of the world.",
    "Der Lauf endet vorher: Das geschieht nie. „Endet nach“ steht bei den Einstellungen der Welt.",
);

/// At something that waits for a packet in vain.
pub(crate) const NO_SUCH_PACKET: Phrase = phrase(
    "No such packet comes in the run: this never happens.",
    "Ein solches Paket kommt im Lauf nicht vor: Das geschieht nie.",
);

/// What is said while there is no node.
pub const SANDBOX_EMPTY: Phrase = phrase(
    "Nothing is here yet. Begin with “Add a node…”: a broker first, then devices. Each one is linked and connects by itself.",
    "Hier ist noch nichts. Der Anfang ist „Knoten hinzufügen…“: erst ein Broker, dann Geräte. Jedes wird verbunden und meldet sich von selbst an.",
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Identifiers of the scenario language are no words for people.
    #[test]
    fn no_question_promise_or_kind_of_node_is_called_by_its_identifier() {
        let kinds = device::Blueprint::all().iter().map(|it| it.name);
        let all = kinds
            .map(|it| ("BLUEPRINT", it))
            .chain(predict::Kind::ALL.map(|it| ("KIND", it.word())))
            .chain(Check::ALL.map(|it| ("PROMISE", it.word())))
            .chain(Misconception::ALL.map(|it| ("BELIEF", it.word())));
        for (slot, word) in all {
            for language in crate::text::LANGUAGES {
                let name = choice(language, slot, word);
                assert!(name != word || !word.contains('-'), "{name}");
            }
        }
    }
}
