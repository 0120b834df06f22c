//! What can be done anywhere on the page: one table for keys, help and the command palette.

use crate::action::{Action, WhyAction};
use crate::export::Export;
use crate::level::Level;
use crate::model::{FilesAction, FilterAction, PaletteAction, StopsAction};
use crate::step::Unit;
use crate::study::{StudyAction, StudyTab};
use crate::text::{Language, Phrase};

/// What belongs together in the help and in the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Going through a run.
    Go,
    /// Where the run stops, and what is marked in it.
    Stops,
    /// What is looked at.
    Look,
    /// What the user has made.
    Work,
    /// Files.
    Files,
}

/// All groups, in their order.
pub const GROUPS: [(Group, Phrase); 5] = [
    (
        Group::Go,
        Phrase {
            en: "Go",
            de: "Gehen",
        },
    ),
    (
        Group::Stops,
        Phrase {
            en: "Stops and markers",
            de: "Haltepunkte und Marken",
        },
    ),
    (
        Group::Look,
        Phrase {
            en: "Look",
            de: "Ansehen",
        },
    ),
    (
        Group::Work,
        Phrase {
            en: "Your work",
            de: "Eigene Arbeit",
        },
    ),
    (
        Group::Files,
        Phrase {
            en: "Files",
            de: "Dateien",
        },
    ),
];

/// A key, with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As the browser names it: `ArrowRight`, `m`. Letters are in small.
    pub name: &'static str,
    /// Whether Ctrl is held.
    pub ctrl: bool,
    /// Whether Alt is held.
    pub alt: bool,
    /// Whether Shift is held; none for signs, which need it on some keyboards.
    pub shift: Option<bool>,
}

impl Key {
    const fn plain(name: &'static str) -> Self {
        Self {
            name,
            ctrl: false,
            alt: false,
            shift: Some(false),
        }
    }

    const fn sign(name: &'static str) -> Self {
        Self {
            shift: None,
            ..Self::plain(name)
        }
    }

    const fn shift(name: &'static str) -> Self {
        Self {
            shift: Some(true),
            ..Self::plain(name)
        }
    }

    const fn ctrl(name: &'static str) -> Self {
        Self {
            ctrl: true,
            ..Self::plain(name)
        }
    }

    /// Whether this is the key that was pressed.
    fn is(self, name: &str, ctrl: bool, shift: bool, alt: bool) -> bool {
        let is_letter = name.len() == 1;
        let is_named = if is_letter {
            name.eq_ignore_ascii_case(self.name)
        } else {
            name == self.name
        };
        is_named && ctrl == self.ctrl && alt == self.alt && self.shift.is_none_or(|it| it == shift)
    }

    /// As it is written on a keyboard: `Ctrl+K`, `→`.
    #[must_use]
    pub fn label(self, language: Language) -> String {
        let german = language == Language::German;
        let mut label = String::new();
        if self.ctrl {
            label.push_str(if german { "Strg+" } else { "Ctrl+" });
        }
        if self.alt {
            label.push_str("Alt+");
        }
        if self.shift == Some(true) {
            label.push_str(if german { "Umschalt+" } else { "Shift+" });
        }
        label.push_str(match self.name {
            "ArrowRight" => "→",
            "ArrowLeft" => "←",
            "PageDown" if german => "Bild ↓",
            "PageDown" => "Page ↓",
            "PageUp" if german => "Bild ↑",
            "PageUp" => "Page ↑",
            " " if german => "Leertaste",
            " " => "Space",
            "Home" if german => "Pos1",
            "End" if german => "Ende",
            "Escape" => "Esc",
            name if name.len() == 1 => return label + &name.to_uppercase(),
            name => name,
        });
        label
    }
}

/// Something that can be done.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// What it belongs to.
    pub group: Group,
    /// What it is called.
    pub name: Phrase,
    /// The keys that do it.
    pub keys: &'static [Key],
    /// Whether it needs a run to be in view.
    pub needs_run: bool,
    /// What is to be done.
    pub does: fn() -> Action,
}

macro_rules! deeds {
    ($($group:ident $en:literal, $de:literal, [$($key:expr),*], $needs_run:literal, $action:expr;)*) => {
        /// Everything that can be done, in the order of help and palette.
        pub const DEEDS: &[Deed] = &[$(Deed {
            group: Group::$group,
            name: Phrase { en: $en, de: $de },
            keys: &[$($key),*],
            needs_run: $needs_run,
            does: || $action,
        },)*];
    };
}

deeds! {
    Go "Step forward", "Schritt vor", [Key::plain("ArrowRight"), Key::plain("PageDown")], true, Action::StepForward;
    Go "Step back", "Schritt zurück", [Key::plain("ArrowLeft"), Key::plain("PageUp")], true, Action::StepBack;
    Go "Play or pause", "Abspielen oder anhalten", [Key::plain(" "), Key::plain(".")], true, Action::TogglePlay;
    Go "To the start", "Zum Anfang", [Key::plain("Home")], true, Action::Restart;
    Go "To the end", "Zum Ende", [Key::plain("End")], true, Action::GoToEnd;
    Go "Next packet", "Nächstes Paket", [Key::shift("ArrowRight")], true, Action::StepBy(Unit::Packet, 1);
    Go "Previous packet", "Voriges Paket", [Key::shift("ArrowLeft")], true, Action::StepBy(Unit::Packet, -1);
    Go "Next packet of the same message", "Nächstes Paket derselben Nachricht", [Key::ctrl(".")], true, Action::StepInExchange(1);
    Go "Previous packet of the same message", "Voriges Paket derselben Nachricht", [Key::ctrl(",")], true, Action::StepInExchange(-1);
    Go "Next step of the same device", "Nächster Schritt desselben Geräts", [Key::ctrl("ArrowRight")], true, Action::StepBy(Unit::Device, 1);
    Go "Previous step of the same device", "Voriger Schritt desselben Geräts", [Key::ctrl("ArrowLeft")], true, Action::StepBy(Unit::Device, -1);
    Go "Play faster", "Schneller abspielen", [Key::sign("]")], true, Action::Faster(1);
    Go "Play slower", "Langsamer abspielen", [Key::sign("[")], true, Action::Faster(-1);
    Go "Back to where a link was followed", "Zurück, von wo ein Link wegführte", [Key { alt: true, ..Key::plain("ArrowLeft") }], true, Action::Why(WhyAction::Return);
    Stops "Stops and markers …", "Haltepunkte und Marken …", [Key::plain("s")], true, Action::Stops(StopsAction::Toggle);
    Stops "Run to the next stop", "Bis zum nächsten Haltepunkt", [Key::sign("}")], true, Action::Stops(StopsAction::Run(1));
    Stops "Back to the previous stop", "Zurück zum vorigen Haltepunkt", [Key::sign("{")], true, Action::Stops(StopsAction::Run(-1));
    Stops "Set a marker here, or take it away", "Marke hier setzen oder wegnehmen", [Key::plain("m")], true, Action::Stops(StopsAction::Mark);
    Stops "Next marker", "Nächste Marke", [Key::sign(">")], true, Action::Stops(StopsAction::GoMark(1));
    Stops "Previous marker", "Vorige Marke", [Key::sign("<")], true, Action::Stops(StopsAction::GoMark(-1));
    Look "Filter", "Filter", [Key::sign("/")], true, Action::Filter(FilterAction::Focus);
    Look "Show as a ladder", "Als Ablauf zeigen", [], true, Action::ShowList(false);
    Look "Show as a list", "Als Liste zeigen", [], true, Action::ShowList(true);
    Look "What the broker keeps", "Was der Broker bewahrt", [], true, Action::Study(StudyAction::Show(StudyTab::Kept));
    Look "State machines", "Zustandsautomaten", [], true, Action::Study(StudyAction::Show(StudyTab::Machines));
    Look "Topic tree", "Topic-Baum", [], true, Action::Study(StudyAction::Show(StudyTab::Topics));
    Look "Messages: where each is now", "Nachrichten: wo jede jetzt ist", [], true, Action::Study(StudyAction::Show(StudyTab::Messages));
    Look "The board's script", "Das Skript des Boards", [], true, Action::Study(StudyAction::Show(StudyTab::Script));
    Look "Light or dark", "Hell oder dunkel", [], false, Action::ToggleTheme;
    Look "Show the basics: map, ladder and one sentence", "Grundlagen zeigen: Karte, Ablauf und ein Satz", [], true, Action::SetLevel(Level::Start);
    Look "Show to study: packets, the broker's state and the rules too", "Zum Studium zeigen: auch Pakete, Zustand des Brokers und Regeln", [], true, Action::SetLevel(Level::Study);
    Look "Show the lab: all of it, and bytes can be changed and sent", "Labor zeigen: alles, und Bytes lassen sich ändern und senden", [], true, Action::SetLevel(Level::Lab);
    Look "Projector mode", "Beamer-Modus", [], false, Action::ToggleProjector;
    Look "Dark screen, in projector mode", "Dunkler Bildschirm, im Beamer-Modus", [Key::shift("b")], false, Action::ToggleBlank;
    Look "Commands …", "Befehle …", [Key::ctrl("k")], false, Action::Palette(PaletteAction::Open(None));
    Look "Keys and help", "Tasten und Hilfe", [Key::sign("?")], false, Action::ToggleHelp;
    Look "Use the new version of the page", "Neue Version der Seite verwenden", [], false, Action::UseNewVersion;
    Look "Put away what is open", "Schließen, was offen ist", [Key::plain("Escape")], false, Action::Escape;
    Work "Undo", "Rückgängig", [Key::ctrl("z")], true, Action::Undo;
    Work "Redo", "Wiederholen", [Key { shift: Some(true), ..Key::ctrl("z") }, Key::ctrl("y")], true, Action::Redo;
    Work "Commit to the answer", "Antwort festlegen", [Key::plain("Enter")], true, Action::Commit;
    Work "Copy a link to this moment", "Link zu diesem Moment kopieren", [], true, Action::Share;
    Files "Save the work as a file", "Arbeit als Datei speichern", [Key::ctrl("s")], true, Action::Files(FilesAction::Save);
    Files "Open a file …", "Datei öffnen …", [Key::ctrl("o")], false, Action::Files(FilesAction::Ask);
    Files "Save what could not be read", "Unlesbares als Datei speichern", [], false, Action::Files(FilesAction::SaveAside);
    Files "Export the ladder as text", "Ablauf als Text exportieren", [], true, Action::Files(FilesAction::Export(Export::Text));
    Files "Export the ladder as a Mermaid sequence diagram", "Ablauf als Mermaid-Sequenzdiagramm exportieren", [], true, Action::Files(FilesAction::Export(Export::Mermaid));
    Files "Export the ladder as SVG", "Ablauf als SVG exportieren", [], true, Action::Files(FilesAction::Export(Export::Svg));
    Files "Export the packets as pcapng for Wireshark", "Pakete als pcapng für Wireshark exportieren", [], true, Action::Files(FilesAction::Export(Export::Pcapng));
    Files "Export the ladder as PNG", "Ablauf als PNG exportieren", [], true, Action::Files(FilesAction::Export(Export::Png));
}

/// What a key does anywhere on the page, if it is not typed into a control.
#[must_use]
pub fn key(name: &str, ctrl: bool, shift: bool, alt: bool) -> Option<Action> {
    let deed = DEEDS.iter().find(|deed| {
        let mut keys = deed.keys.iter();
        keys.any(|key| key.is(name, ctrl, shift, alt))
    });
    if let Some(deed) = deed {
        return Some((deed.does)());
    }
    if ctrl || alt {
        return None;
    }
    let mut letters = name.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    let is_alone = letters.next().is_none();
    is_alone.then(|| Action::Letter(letter.to_ascii_lowercase()))
}

/// Whether a key that does this is for what is in view, and so for nothing while that is covered.
#[must_use]
pub fn is_for_view(action: &Action) -> bool {
    let is_it = |deed: &Deed| deed.needs_run && (deed.does)() == *action;
    matches!(action, Action::Letter(_)) || DEEDS.iter().any(is_it)
}

/// How well what was typed fits a name: none if its letters do not stand in it in this order. Less is better.
#[must_use]
pub fn fit(typed: &str, name: &str) -> Option<usize> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut from = 0;
    let mut cost = 0;
    let mut last = None;
    for letter in typed
        .to_lowercase()
        .chars()
        .filter(|it| !it.is_whitespace())
    {
        let here = |at: usize| name.get(at) == Some(&letter);
        let starts_word =
            |at: usize| at == 0 || name.get(at - 1).is_some_and(|it| !it.is_alphanumeric());
        let places = || (from..name.len()).filter(|at| here(*at));
        // Right behind the last one, else at the start of a word, else anywhere.
        let goes_on = last.map(|last: usize| last + 1).filter(|at| here(*at));
        let place = goes_on
            .or_else(|| places().find(|at| starts_word(*at)))
            .or_else(|| places().next())?;
        cost += match last {
            Some(last) if place == last + 1 => 0,
            None if place == 0 => 0,
            _ if starts_word(place) => 2,
            _ => 6 + (place - from).min(10),
        };
        last = Some(place);
        from = place + 1;
    }
    Some(cost * 8 + name.len().min(63) / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_does_one_thing() {
        let keys: Vec<Key> = DEEDS.iter().flat_map(|deed| deed.keys).copied().collect();
        for (index, key) in keys.iter().enumerate() {
            let same = |other: &Key| {
                other.name == key.name
                    && other.ctrl == key.ctrl
                    && other.alt == key.alt
                    && (other.shift.is_none() || key.shift.is_none() || other.shift == key.shift)
            };
            assert!(!keys.iter().skip(index + 1).any(same), "{key:?}");
        }
    }

    #[test]
    fn keys_do_what_the_table_says() {
        for (name, (ctrl, shift, alt), action) in [
            (
                "ArrowRight",
                (false, false, false),
                Some(Action::StepForward),
            ),
            (
                "ArrowRight",
                (false, true, false),
                Some(Action::StepBy(Unit::Packet, 1)),
            ),
            (
                "ArrowRight",
                (true, false, false),
                Some(Action::StepBy(Unit::Device, 1)),
            ),
            (
                "ArrowLeft",
                (false, false, true),
                Some(Action::Why(WhyAction::Return)),
            ),
            ("z", (true, false, false), Some(Action::Undo)),
            ("Z", (true, true, false), Some(Action::Redo)),
            ("y", (true, false, false), Some(Action::Redo)),
            ("y", (false, false, false), Some(Action::Letter('y'))),
            ("A", (false, true, false), Some(Action::Letter('a'))),
            ("?", (false, true, false), Some(Action::ToggleHelp)),
            (
                "/",
                (false, true, false),
                Some(Action::Filter(FilterAction::Focus)),
            ),
            ("a", (true, false, false), None),
            ("F5", (false, false, false), None),
            ("ü", (false, false, false), None),
        ] {
            assert_eq!(key(name, ctrl, shift, alt), action, "{name}");
        }
    }

    #[test]
    fn what_is_typed_finds_what_is_meant() {
        for (typed, best) in [
            ("svg", "Export the ladder as SVG"),
            ("next marker", "Next marker"),
            ("proj", "Projector mode"),
            ("save", "Save the work as a file"),
            ("pl", "Play or pause"),
            ("mermaid", "Export the ladder as a Mermaid sequence diagram"),
        ] {
            let fits = DEEDS
                .iter()
                .filter_map(|it| Some((fit(typed, it.name.en)?, it.name.en)));
            assert_eq!(
                fits.min_by_key(|it| it.0).map(|it| it.1),
                Some(best),
                "{typed}"
            );
        }
        assert_eq!(fit("xyz", "Play"), None);
    }
}
