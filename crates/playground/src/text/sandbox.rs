//! The sandbox.

use super::language::{Language, Phrase, Voice};
use crate::sandbox::{BoardEdit, Edit, Section, Set};
use crate::work::Refusal;
use sim::scenario::ScenarioError;

pub(super) const fn phrase(en: &'static str, de: &'static str) -> Phrase {
    Phrase { en, de }
}

/// The chapter of the user's own worlds.
pub const MINE: Phrase = phrase("Mine", "Meine");
/// What stands before the title of one of them.
#[must_use]
pub fn own_crumb(language: Language) -> String {
    format!("{} /", MINE.to(language))
}

/// The settings of no node in particular.
pub const SANDBOX_WHOLE: Phrase = phrase("The whole world", "Die ganze Welt");
/// A line that no form fits.
pub const SANDBOX_LINE: Phrase = phrase("A line as text", "Eine Zeile als Text");
/// The heading of the list of worlds.
pub const SANDBOX_TITLE: Phrase = phrase("Build a world", "Eine Welt bauen");
/// What it is for.
pub const SANDBOX_LEAD: Phrase = phrase(
    "Devices, links, what happens and when: it runs beside the form while you build. Make a lesson of it, and share it as a link.",
    "Geräte, Leitungen, was wann geschieht: Es läuft neben dem Formular, während gebaut wird. Daraus lässt sich eine Lektion machen und als Link teilen.",
);
/// The heading over the templates.
pub const SANDBOX_NEW: Phrase = phrase("Begin with", "Beginnen mit");
/// The heading over the worlds.
pub const SANDBOX_WORLDS: Phrase = phrase("Your worlds", "Eigene Welten");
/// Its tab, where only one view has room.
pub const SANDBOX_TAB: Phrase = phrase("Build", "Bauen");
/// A link.
pub const SANDBOX_WALK: Phrase = phrase("Walk through", "Durchgehen");
/// A button.
pub const SANDBOX_LEAVE: Phrase = phrase("All worlds", "Alle Welten");
/// A button.
pub const SANDBOX_FORGET: Phrase = phrase("Remove this world", "Diese Welt entfernen");
/// The same, pressed once.
pub const SANDBOX_FORGET_REALLY: Phrase = phrase(
    "Really remove it? This cannot be undone",
    "Wirklich entfernen? Das bleibt so",
);
/// A chooser.
pub const SANDBOX_PART: Phrase = phrase("Settings of", "Einstellungen von");
/// The parts of the editor, as a group of buttons.
pub const SANDBOX_SECTIONS: Phrase = phrase("What to edit", "Was bearbeitet wird");
/// A chooser.
pub const SANDBOX_ADD_NODE: Phrase = phrase("Add a node…", "Knoten hinzufügen…");
/// A chooser.
pub const SANDBOX_ADD: Phrase = phrase("Add…", "Hinzufügen…");
/// A chooser.
pub const SANDBOX_ADD_BELOW: Phrase = phrase("Add below this…", "Darunter hinzufügen…");
/// A button.
pub const SANDBOX_REMOVE: Phrase = phrase("Remove", "Entfernen");
/// A button.
pub const SANDBOX_REMOVE_NODE: Phrase = phrase("Remove this node", "Diesen Knoten entfernen");
/// A button.
pub const SANDBOX_AS_TEXT: Phrase = phrase("As text", "Als Text");
/// A button.
pub const SANDBOX_AS_FORM: Phrase = phrase("As a form", "Als Formular");
/// A chooser.
pub const SANDBOX_KIND: Phrase = phrase("Kind", "Art");
/// A chooser.
pub const SANDBOX_MOMENT: Phrase = phrase("When, or how", "Wann, oder wie");
/// A chooser.
pub const SANDBOX_LINKED_TO: Phrase = phrase("Linked to", "Verbunden mit");
/// A choice.
pub const SANDBOX_NOT_LINKED: Phrase = phrase("nothing", "nichts");
/// A choice: the line can do without.
pub const SANDBOX_NOT_SAID: Phrase = phrase("not said", "keine Angabe");
/// A line as it is written.
pub const SANDBOX_RAW: Phrase = phrase("Line", "Zeile");
/// The whole world as text.
pub const SANDBOX_TEXT: Phrase = phrase("The world as text", "Die Welt als Text");
/// What a world is called that was begun empty.
pub const SANDBOX_OWN_TITLE: Phrase = phrase("My world", "Meine Welt");
/// What the text says, if nothing is wrong with it.
pub const SANDBOX_TEXT_GOOD: Phrase = phrase(
    "A world without a fault, and this is its run.",
    "Eine Welt ohne Fehler, und dies ist ihr Lauf.",
);
/// The same, if it has not been run.
pub const SANDBOX_TEXT_WAITS: Phrase = phrase(
    "No fault. Ctrl+Enter, or leaving the text, runs it.",
    "Kein Fehler. Strg+Eingabe oder ein Klick woandershin lässt es laufen.",
);
/// What is said while a draft is no world.
pub const SANDBOX_LAST_GOOD: Phrase = phrase(
    "The run shown is the last good one.",
    "Der gezeigte Lauf ist der letzte gute.",
);
/// A button.
pub const SANDBOX_EARLIER: Phrase = phrase("Earlier lines", "Frühere Zeilen");
/// A button.
pub const SANDBOX_LATER: Phrase = phrase("Later lines", "Spätere Zeilen");
/// What can be done with the mouse on the map, and with keys.
pub const SANDBOX_MAP: Phrase = phrase(
    "On the map: drag a device, or move it with Shift and the arrow keys. Drag from its port to a broker to link it. + − F zoom.",
    "Auf der Karte: Gerät ziehen, oder mit Umschalt und Pfeiltasten bewegen. Vom Anschluss zu einem Broker ziehen verbindet. + − F zoomt.",
);
/// A moment of a lesson is not in the run.
pub const NEVER_COMES: Phrase = phrase(
    "This moment does not come in the run.",
    "Dieser Moment kommt im Lauf nicht vor.",
);
/// At a text that nobody has written yet.
pub const SANDBOX_UNFILLED: Phrase = phrase(
    "“…” still has to be filled in.",
    "„…“ ist noch auszufüllen.",
);

/// What is said before texts that nobody has written go out.
#[must_use]
pub(crate) fn not_filled_in(language: Language, places: &[&str]) -> String {
    let mut named: Vec<&str> = Vec::new();
    for place in places.iter().filter(|it| !it.is_empty()) {
        if !named.contains(place) {
            named.push(place);
        }
    }
    let (named, count) = (named.join(", "), places.len());
    match language {
        Language::English => {
            let (texts, are) = if count == 1 {
                ("text", "is")
            } else {
                ("texts", "are")
            };
            format!(
                "{count} {texts} {are} still “…”: {named}. Fill them in under “Lesson”, or do it once more to send it as it is."
            )
        }
        Language::German => {
            let (texts, are) = if count == 1 {
                ("Text ist", "Er ist")
            } else {
                ("Texte sind", "Sie sind")
            };
            format!(
                "{count} {texts} noch „…“: {named}. {are} unter „Lektion“ auszufüllen; beim nächsten Mal geht sonst alles so hinaus."
            )
        }
    }
}

/// A world that cannot begin.
pub const CANNOT_RUN: Phrase = phrase(
    "This world cannot be run. The change was not made.",
    "Diese Welt kann nicht laufen. Die Änderung wurde nicht gemacht.",
);

/// The name of a part of the editor.
#[must_use]
pub const fn sandbox_section(section: Section) -> Phrase {
    match section {
        Section::World => phrase("World", "Welt"),
        Section::Script => phrase("Schedule", "Zeitplan"),
        Section::Checks => phrase("Checks", "Prüfungen"),
        Section::Lesson => phrase("Lesson", "Lektion"),
        Section::Text => phrase("Text", "Text"),
    }
}

/// A button that takes the scenario that is open.
#[must_use]
pub fn from_open(language: Language, title: &str) -> String {
    match language {
        Language::English => format!("The world of “{title}”"),
        Language::German => format!("Die Welt von „{title}“"),
    }
}

/// Which lines of a list are shown.
#[must_use]
pub fn lines_shown(language: Language, (from, to, of): (usize, usize, usize)) -> String {
    match language {
        Language::English => format!("Lines {from} to {to} of {of}"),
        Language::German => format!("Zeilen {from} bis {to} von {of}"),
    }
}

/// The heading of a group of lines.
pub(crate) const fn group(language: Language, set: Set) -> &'static str {
    let name = match set {
        Set::World => phrase("The whole world", "Die ganze Welt"),
        Set::Link => phrase("Its link", "Seine Leitung"),
        Set::Script => phrase("What happens, and when", "Was geschieht, und wann"),
        Set::Check => phrase("What must hold in the end", "Was am Ende gelten muss"),
        Set::LessonHead => phrase("The lesson", "Die Lektion"),
        Set::Beat => phrase("What is said and asked", "Was gesagt und gefragt wird"),
        Set::TaskHead => phrase("The task at the end", "Die Aufgabe am Ende"),
        _ => phrase("Settings", "Einstellungen"),
    };
    name.to(language)
}

/// What the run says about a line.
#[must_use]
pub fn run_says(language: Language, is_met: bool, found: &str) -> String {
    match (language, is_met) {
        (Language::English, true) => format!("The run agrees: {found}"),
        (Language::English, false) => format!("The run says otherwise: {found}"),
        (Language::German, true) => format!("Der Lauf bestätigt es: {found}"),
        (Language::German, false) => format!("Der Lauf sagt etwas anderes: {found}"),
    }
}

/// What could have stood where a text is wrong. What could have is said by the reader of scenarios, in its own words.
#[must_use]
pub fn fault(voice: Voice<'_>, fault: &ScenarioError) -> String {
    let (expected, or, found, end) = match voice.language {
        Language::English => ("Expected", "or", "found", "the end of the line"),
        Language::German => ("Erwartet:", "oder", "gefunden:", "das Ende der Zeile"),
    };
    let could: Vec<&str> = fault.expected.iter().map(|it| voice.data(it)).collect();
    let all = match could.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} {or} {last}", most.join(", ")),
    };
    // The colon behind a moment is the line's, and not part of the word before it.
    let there = match fault.found.strip_suffix(':') {
        Some(word) if !word.is_empty() => word,
        _ => &fault.found,
    };
    if there.is_empty() {
        format!("{expected} {all}, {found} {end}.")
    } else {
        format!("{expected} {all}, {found} “{there}”.")
    }
}

/// Where it is wrong.
#[must_use]
pub fn fault_place(language: Language, line: usize, column: usize) -> String {
    match language {
        Language::English => format!("Line {line}, column {column}:"),
        Language::German => format!("Zeile {line}, Spalte {column}:"),
    }
}

/// Of which line something is said.
#[must_use]
pub fn line_place(language: Language, line: usize) -> String {
    match language {
        Language::English => format!("Line {line}:"),
        Language::German => format!("Zeile {line}:"),
    }
}

/// What a change was, for undo.
#[must_use]
pub const fn edited(edit: &Edit) -> Phrase {
    match edit {
        Edit::Text(_) => phrase("the text", "der Text"),
        Edit::Line(..) | Edit::Slot(..) | Edit::Kind(..) => {
            phrase("a changed line", "eine geänderte Zeile")
        }
        Edit::Remove(_) => phrase("what was removed", "was entfernt wurde"),
        Edit::Add(..) => phrase("a new line", "eine neue Zeile"),
        Edit::AddNode(_) => phrase("a new node", "ein neuer Knoten"),
        Edit::Link(..) => phrase("a link", "eine Leitung"),
        Edit::Board(_, BoardEdit::Texts(_)) => phrase("the script", "das Skript"),
        Edit::Board(_, BoardEdit::Add(_)) => phrase("a new file", "eine neue Datei"),
        Edit::Board(_, BoardEdit::Rename(..)) => phrase("a file's name", "der Name einer Datei"),
        Edit::Board(_, BoardEdit::Remove(_)) => phrase("a deleted file", "eine gelöschte Datei"),
        Edit::Place(..) => phrase("a place on the map", "ein Platz auf der Karte"),
    }
}

/// The address leads to a world that is not here.
#[must_use]
pub fn no_world(language: Language, file: &str) -> String {
    let file: String = file.chars().take(40).collect();
    match language {
        Language::English => {
            format!("There is no world called “{file}” here. Make one, or open one of yours.")
        }
        Language::German => {
            format!(
                "Hier gibt es keine Welt namens „{file}“. Eine machen oder eine der eigenen öffnen."
            )
        }
    }
}

/// A world cannot be made or changed.
#[must_use]
pub fn not_made(language: Language, why: &Refusal) -> String {
    let why = super::refusal(language, why);
    match language {
        Language::English => format!("This world was not made: {why}."),
        Language::German => format!("Diese Welt wurde nicht gemacht: {why}."),
    }
}

/// A button: the class votes.
pub const VOTE: Phrase = phrase("Count raised hands", "Hände zählen");
/// A button.
pub const VOTE_MORE: Phrase = phrase("One hand more", "Eine Hand mehr");
/// A button.
pub const VOTE_LESS: Phrase = phrase("One hand less", "Eine Hand weniger");

/// What is counted.
#[must_use]
pub fn hands_for(language: Language, letter: char) -> String {
    match language {
        Language::English => format!("Hands for {letter}"),
        Language::German => format!("Hände für {letter}"),
    }
}

/// How many hands were raised for an answer.
#[must_use]
pub fn hands(language: Language, hands: u32, total: u32) -> String {
    match language {
        Language::English => format!("{hands} of {total} hands"),
        Language::German => format!("{hands} von {total} Händen"),
    }
}
