//! The frame of the page and its start page.

use super::language::phrases;
use super::{Language, Phrase};
use crate::action::Tab;
use crate::level::Level;
use crate::route::Place;

phrases! {
    /// The heading of the start page.
    WELCOME: "See every packet. Break every promise.", "Jedes Paket sehen. Jedes Versprechen brechen.";
    /// What this is.
    WELCOME_MORE: "A broker, devices and a network inside this page. Nothing to install, no account, and no network once it has loaded.",
        "Ein Broker, Geräte und ein Netz in dieser Seite. Nichts zu installieren, kein Konto, und kein Netz mehr nötig, sobald sie geladen ist.";
    /// The button that takes the last work up again.
    CONTINUE: "Continue", "Weitermachen";
    /// The link to the first lesson.
    BEGIN: "Start", "Beginnen";
    /// A scenario that nobody has opened yet.
    NEW: "new", "neu";
    /// A scenario that was seen to its end.
    SEEN: "done", "fertig";
    /// Over the scenarios that are no lesson.
    MORE_SCENARIOS: "More scenarios", "Weitere Szenarien";
    /// A card.
    TEACH: "Teach with it", "Damit unterrichten";
    /// What it offers.
    TEACH_MORE: "Projector mode shows ladder, map and one sentence, half as large again. Shift+B makes the screen dark. A class follows on pages of its own, and votes.",
        "Der Beamer-Modus zeigt Ablauf, Karte und einen Satz, um die Hälfte größer. Umschalt+B macht den Bildschirm dunkel. Eine Klasse folgt auf eigenen Seiten und stimmt ab.";
    /// A card.
    BREAK: "Break something", "Etwas kaputt machen";
    /// What it offers.
    BREAK_MORE: "On the map, open the menu of a device, a link or a packet: cut, hold, pull the battery, publish. Every act can be undone.",
        "Auf der Karte das Menü eines Geräts, einer Leitung oder eines Pakets öffnen: kappen, anhalten, Batterie herausziehen, veröffentlichen. Jeder Eingriff lässt sich rückgängig machen.";

    /// Its link: a lesson in which something is to be broken.
    BREAK_GO: "Cut a link yourself", "Selbst eine Leitung kappen";
    /// A card.
    LOBBY_FILE: "Open a file", "Eine Datei öffnen";
    /// What it says.
    LOBBY_FILE_MORE: "A saved work, a world as text, or real traffic as a pcapng or pcap file from Wireshark or tcpdump. It stays in this browser.",
        "Eine gespeicherte Arbeit, eine Welt als Text oder echter Verkehr als pcapng- oder pcap-Datei von Wireshark oder tcpdump. Sie bleibt in diesem Browser.";
    /// Its button.
    LOBBY_FILE_GO: "Open a file…", "Datei öffnen…";

    /// A button.
    PROJECTOR: "Projector mode", "Beamer-Modus";
    /// On the dark screen.
    BLANK_BACK: "The screen is dark. B, Esc or a click brings the page back.", "Der Bildschirm ist dunkel. B, Esc oder ein Klick bringt die Seite zurück.";
    /// A button.
    DARK: "Dark theme", "Dunkle Darstellung";
    /// Its tooltip.
    LIGHT_OR_DARK: "Light or dark", "Hell oder dunkel";
    /// The chooser of scenarios.
    SCENARIO: "Scenario", "Szenario";
    /// What the rail is.
    PLACES: "Places", "Orte";
    /// The group of the views' names.
    VIEWS: "Views", "Ansichten";
    /// The choice of a view.
    VIEW: "View", "Ansicht";
    /// What the brand leads to.
    TO_THE_START: "MQTT Playground, start page", "MQTT Playground, Startseite";
    /// What the levels are about.
    LEVEL: "How much to show", "Wie viel gezeigt wird";
    /// A link to what the place is for.
    SKIP_TO_MAIN: "Skip to the content", "Zum Inhalt springen";
    /// A button.
    CLOSE: "Close", "Schließen";
    /// A button.
    UNDO: "Undo", "Rückgängig";
    /// Its keys.
    UNDO_KEYS: "Ctrl+Z", "Strg+Z";
    /// A button.
    REDO: "Redo", "Wiederholen";
    /// Its keys.
    REDO_KEYS: "Ctrl+Shift+Z", "Strg+Umschalt+Z";
    /// The chooser of futures.
    FUTURE: "Future", "Variante";
    /// A button, and the heading of what it opens.
    HELP: "Keys and help", "Tasten und Hilfe";
    /// Its tooltip.
    HELP_TITLE: "Keys and help (?)", "Tasten und Hilfe (?)";
    /// What the help says besides the keys.
    HELP_MORE: "A step of the run is a packet or a fault. What you do on the map happens at the moment that is shown; the run as it was is kept as another future. After a reload you are where you were, with all that you did and answered; other futures are gone.",
        "Ein Schritt des Laufs ist ein Paket oder ein Fehler. Ein Eingriff auf der Karte geschieht in dem Moment, der gezeigt wird; der Lauf, wie er war, bleibt als andere Variante erhalten. Nach einem Neuladen ist alles an derselben Stelle, mit allen Eingriffen und Antworten; andere Varianten sind fort.";
    /// The heading of the keys that do something only where the keyboard is.
    KEYS_HERE_TITLE: "Where the keyboard is", "Wo die Tastatur ist";
    /// The texts of the lessons cannot be got in the language.
    NO_WORDS: "The German texts of the lessons could not be loaded; they are in English for now. Choose the language again to try once more.",
        "Die deutschen Texte der Lektionen konnten nicht geladen werden; sie bleiben vorerst englisch. Die Sprache noch einmal zu wählen ist ein neuer Versuch.";
}

/// The element that closes the help.
pub const HELP_CLOSE_ID: &str = "help-close";

/// A row of the help: what to press, and what it does.
pub type Key = (&'static [&'static str], Phrase);

macro_rules! keys {
    ($($caps:expr => $en:literal, $de:literal;)*) => { &[$((&$caps, Phrase { en: $en, de: $de })),*] };
}

/// Keys that do something only where the keyboard is.
pub const KEYS_HERE: &[Key] = keys! {
    ["Tab"] => "to the next part of the page", "zum nächsten Teil der Seite";
    ["↓", "↑"] => "on the map: from node to link to node", "auf der Karte: vom Knoten zur Leitung zum Knoten";
    ["Enter"] => "on the map: open the menu", "auf der Karte: das Menü öffnen";
    ["Alt+←", "Alt+→"] => "on the head of a lane: move it; Enter hides it", "auf dem Kopf einer Spalte: verschieben; Enter blendet sie aus";
    ["←", "→", "↓", "↑"] => "on an edge between panes: move it", "auf einer Kante zwischen zwei Bereichen: verschieben";
    ["←", "→", "↓", "↑"] => "in the packet: from field to field, from byte to byte", "im Paket: von Feld zu Feld, von Byte zu Byte";
    ["Y"] => "why: the full chain of causes, or the short one", "warum: die ganze Kette der Ursachen oder die kurze";
    ["A", "B", "C"] => "choose an answer", "eine Antwort wählen";
    ["B"] => "in projector mode: dark screen, while B is no answer", "im Beamer-Modus: dunkler Bildschirm, solange B keine Antwort ist";
};

/// The keys beside the explanation.
pub const KEYS_SHORT: &[Key] = keys! {
    ["←", "→"] => "one step", "ein Schritt";
    ["Space"] => "play, pause", "abspielen, anhalten";
    ["Home", "End"] => "to the ends", "an die Enden";
    ["[", "]"] => "speed", "Tempo";
};

/// What is written on a key, or several that are pressed together.
#[must_use]
pub fn cap(language: Language, cap: &str) -> String {
    match language {
        Language::English => cap.to_owned(),
        Language::German => cap
            .split('+')
            .map(|key| match key {
                "Ctrl" => "Strg",
                "Shift" => "Umschalt",
                "Space" => "Leertaste",
                "Home" => "Pos1",
                "End" => "Ende",
                "Left" => "Links",
                "Right" => "Rechts",
                key => key,
            })
            .collect::<Vec<_>>()
            .join("+"),
    }
}

/// The name of a place.
#[must_use]
pub const fn place_name(language: Language, place: Place) -> &'static str {
    let name = match place {
        Place::Lessons => Phrase {
            en: "Lessons",
            de: "Kurs",
        },
        Place::Play => Phrase {
            en: "Play",
            de: "Spielen",
        },
        Place::Futures => super::FUTURES,
        Place::Sandbox => Phrase {
            en: "Sandbox",
            de: "Sandbox",
        },
        Place::Broker => Phrase {
            en: "Broker",
            de: "Broker",
        },
        Place::Board => Phrase {
            en: "ESP32",
            de: "ESP32",
        },
        Place::Class => Phrase {
            en: "Class",
            de: "Klasse",
        },
    };
    name.to(language)
}

/// The name of a level.
#[must_use]
pub const fn level_name(language: Language, level: Level) -> &'static str {
    let name = match level {
        Level::Start => Phrase {
            en: "Basics",
            de: "Grundlagen",
        },
        Level::Study => Phrase {
            en: "Study",
            de: "Studium",
        },
        Level::Lab => Phrase {
            en: "Lab",
            de: "Labor",
        },
    };
    name.to(language)
}

/// What a level shows.
#[must_use]
pub const fn level_shows(language: Language, level: Level) -> &'static str {
    let what = match level {
        Level::Start => Phrase {
            en: "Basics: map, ladder and one sentence",
            de: "Grundlagen: Karte, Ablauf und ein Satz",
        },
        Level::Study => Phrase {
            en: "Study: also each packet's fields and bytes, the broker's state and the rules",
            de: "Studium: auch Felder und Bytes jedes Pakets, der Zustand des Brokers und die Regeln",
        },
        Level::Lab => Phrase {
            en: "Lab: all of it, and the bytes of packets can be changed and sent",
            de: "Labor: alles, und die Bytes von Paketen lassen sich ändern und senden",
        },
    };
    what.to(language)
}

/// The name of a view.
#[must_use]
pub const fn tab_name(language: Language, tab: Tab) -> &'static str {
    let name = match tab {
        Tab::Ladder => Phrase {
            en: "Ladder",
            de: "Ablauf",
        },
        Tab::Map => Phrase {
            en: "Map",
            de: "Karte",
        },
        Tab::Packet => super::PACKET,
        Tab::State => Phrase {
            en: "State",
            de: "Zustand",
        },
        Tab::Explain => Phrase {
            en: "Explain",
            de: "Erklären",
        },
    };
    name.to(language)
}

/// How far a scenario was seen that is not done: after its last step only its task is left.
#[must_use]
pub fn seen_to(language: Language, step: usize, of: usize) -> String {
    match language {
        Language::English if step > of => "task open".to_owned(),
        Language::German if step > of => "Aufgabe offen".to_owned(),
        Language::English => format!("step {step} of {of}"),
        Language::German => format!("Schritt {step} von {of}"),
    }
}

/// How many parts of a lesson are done, where no other has been begun.
#[must_use]
pub fn parts_done(language: Language, done: usize, of: usize) -> String {
    match language {
        Language::English => format!("{done} of {of} parts done"),
        Language::German => format!("{done} von {of} Teilen fertig"),
    }
}

/// What is said about the work that can be taken up again.
#[must_use]
pub fn paused_at(language: Language, step: usize, of: usize, acts: usize) -> String {
    match language {
        Language::English => {
            let place = match step {
                0 => "Not begun yet".to_owned(),
                _ if step > of => "Seen to its end".to_owned(),
                _ => format!("Paused at step {step} of {of}"),
            };
            match acts {
                0 => format!("{place}."),
                1 => format!("{place}, with 1 act of yours."),
                many => format!("{place}, with {many} acts of yours."),
            }
        }
        Language::German => {
            let place = match step {
                0 => "Noch nicht begonnen".to_owned(),
                _ if step > of => "Bis zum Ende gesehen".to_owned(),
                _ => format!("Angehalten bei Schritt {step} von {of}"),
            };
            match acts {
                0 => format!("{place}."),
                1 => format!("{place}, mit 1 eigenen Eingriff."),
                many => format!("{place}, mit {many} eigenen Eingriffen."),
            }
        }
    }
}

/// The address leads nowhere.
#[must_use]
pub fn no_place(language: Language, fragment: &str) -> String {
    let fragment = super::quoted(language, fragment);
    match language {
        Language::English => {
            format!("This page has no place called {fragment}. You are at the lessons.")
        }
        Language::German => {
            format!("Diese Seite hat keinen Ort {fragment}. Das hier ist der Kurs.")
        }
    }
}

/// The address names a scenario that is not there.
#[must_use]
pub fn no_scenario(language: Language, file: &str) -> String {
    let file = super::act::short_quoted(language, file);
    match language {
        Language::English => {
            format!("This page has no scenario called {file}. Choose one of these.")
        }
        Language::German => {
            format!("Diese Seite hat kein Szenario {file}. Zur Wahl stehen diese.")
        }
    }
}
