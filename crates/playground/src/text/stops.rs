//! What is said about stops, markers, the palette and files.

use super::Language;
use super::language::{phrases, quoted};
use crate::payload::shown;

phrases! {
    /// The list of stops and markers.
    STOPS: "Stops and markers", "Haltepunkte und Marken";
    /// What to type.
    STOP_WHEN: "Stop when", "Anhalten, wenn";
    /// A button.
    STOP_ADD: "Add", "Hinzufügen";
    /// A button; the stop follows.
    STOP_REMOVE: "Remove", "Entfernen";
    /// There are no stops.
    STOPS_NONE: "Playing stops at no packet. Type a condition in the words of the filter.", "Das Abspielen hält bei keinem Paket an. Eine Bedingung wird in den Worten des Filters eingegeben.";
    /// The list of markers.
    MARKERS: "Markers", "Marken";
    /// There are no markers.
    MARKERS_NONE: "M marks the moment that is shown.", "M markiert den gezeigten Moment.";
    /// The field for a marker's name; the step follows.
    MARKER_NAME: "Name of the marker at step", "Name der Marke bei Schritt";
    /// No step matches.
    NO_STOP: "No stop matches any step in this direction.", "In dieser Richtung passt kein Haltepunkt auf einen Schritt.";
    /// The command palette.
    PALETTE: "Commands", "Befehle";
    /// What to type into it.
    PALETTE_HINT: "Type what you want to do, or a lesson", "Was ist zu tun, oder welche Lektion?";
    /// Nothing fits.
    PALETTE_NONE: "Nothing fits.", "Nichts passt.";
    /// The group of the places.
    PALETTE_PLACES: "Places", "Orte";
    /// A button.
    FILES: "Save, open, export", "Speichern, öffnen, exportieren";
    /// What undo takes back after a file was opened.
    FILE_OPENING: "opening the file", "Öffnen der Datei";
    /// Another tab has changed what is open in this one.
    GOES_ON_ELSEWHERE: "Another tab of this page has gone on with this and keeps its own. What you look at here is kept when you change it; load the page again to see the other tab's.", "Ein anderer Tab dieser Seite hat hieran weitergearbeitet und speichert seinen Stand. Was hier steht, wird gespeichert, sobald es geändert wird; den Stand des anderen Tabs zeigt die Seite nach dem Neuladen.";
    /// A world was changed in two tabs.
    OTHER_TAB_BESIDE: "This world was changed in another tab too. Both versions are kept: the other one stands beside this one in the sandbox.", "Diese Welt wurde auch in einem anderen Tab geändert. Beide Fassungen sind gespeichert: Die andere steht in der Sandbox neben dieser.";
    /// A lesson was changed in two tabs.
    OTHER_TAB_ASIDE: "Another tab has done something else with this lesson. Nothing is lost: Ctrl+K, “Save what could not be read”.", "Ein anderer Tab hat mit dieser Lektion etwas anderes gemacht. Nichts davon ist verloren: Strg+K, „Unlesbares als Datei speichern“.";
    /// No more is kept aside.
    ASIDE_FULL: "A text that cannot be read has no place beside the many that are kept aside. Save those as a file (Ctrl+K, “Save what could not be read”).", "Ein unlesbarer Text hat neben den vielen zurückgelegten keinen Platz mehr. Sie lassen sich als Datei speichern (Strg+K, „Unlesbares als Datei speichern“).";
    /// The browser has no room.
    STORAGE_FULL: "This browser keeps nothing more: its storage is full or switched off. Save your work as a file (Ctrl+S), or free storage and take another step.", "Dieser Browser speichert nichts mehr: Sein Speicher ist voll oder abgeschaltet. Die Arbeit als Datei speichern (Strg+S), oder Platz schaffen und einen Schritt weitergehen.";
    /// A drawing would be too large.
    TOO_MANY_STEPS: "The drawing would be too large: go to a step up to 2,000, or export as text or Mermaid.", "Die Zeichnung würde zu groß: Zu einem Schritt bis 2.000 gehen oder als Text oder Mermaid exportieren.";
    /// The browser could not draw it.
    NOT_DRAWN: "This browser could not make the picture. SVG holds the same drawing.", "Dieser Browser konnte das Bild nicht erzeugen. SVG enthält dieselbe Zeichnung.";
    /// The run does not fit into a capture.
    NOT_CAPTURED: "The capture could not be written: the run is too long for one. Go to an earlier step.", "Die Aufzeichnung konnte nicht geschrieben werden: Der Ablauf ist zu lang dafür. Zu einem früheren Schritt gehen.";
}

/// The name of a new marker.
#[must_use]
pub fn marker_name(language: Language, number: usize) -> String {
    match language {
        Language::English => format!("Marker {number}"),
        Language::German => format!("Marke {number}"),
    }
}

/// How often the run has stopped somewhere.
#[must_use]
pub fn hits(language: Language, hits: usize) -> String {
    match (language, hits) {
        (Language::English, 0) => "not yet".to_owned(),
        (Language::English, _) => format!("{hits}×"),
        (Language::German, 0) => "noch nie".to_owned(),
        (Language::German, _) => format!("{hits}×"),
    }
}

/// Works that could not be read are kept aside.
#[must_use]
pub fn kept_aside(language: Language, count: usize) -> String {
    match language {
        Language::English => format!(
            "{count} of the works that this browser kept cannot be read. Nothing is lost: Ctrl+K, “Save what could not be read”."
        ),
        Language::German if count == 1 => "Eine Arbeit, die dieser Browser gespeichert hat, ist nicht lesbar. Nichts davon ist verloren: Strg+K, „Unlesbares als Datei speichern“.".to_owned(),
        Language::German => format!(
            "{count} Arbeiten, die dieser Browser gespeichert hat, sind nicht lesbar. Nichts davon ist verloren: Strg+K, „Unlesbares als Datei speichern“."
        ),
    }
}

/// Why a file was not opened.
#[must_use]
pub fn file_not_opened(language: Language, why: &str) -> String {
    match language {
        Language::English => format!("The file was not opened: {why}. Your own work is as it was."),
        Language::German => {
            format!("Die Datei wurde nicht geöffnet: {why}. Die eigene Arbeit ist, wie sie war.")
        }
    }
}

/// This much of a file's name is repeated.
const FILE_NAME_MAX_CHARS: usize = 60;

/// A file is nothing that this page knows.
#[must_use]
pub fn file_unknown(language: Language, name: &str) -> String {
    let name = quoted(language, &shown(name, FILE_NAME_MAX_CHARS));
    match language {
        Language::English => format!(
            "{name} was not opened. What can be opened: a work saved by this page (.mqttplay), a world as text (.mqtt), a capture (.pcapng, .pcap)."
        ),
        Language::German => format!(
            "{name} wurde nicht geöffnet. Öffnen lassen sich: eine Arbeit, die diese Seite gespeichert hat (.mqttplay), eine Welt als Text (.mqtt), ein Mitschnitt (.pcapng, .pcap)."
        ),
    }
}

/// A file with a world in which there is a mistake was opened as text.
#[must_use]
pub fn draft_opened(language: Language, name: &str, line: usize) -> String {
    let name = quoted(language, &shown(name, FILE_NAME_MAX_CHARS));
    match language {
        Language::English => {
            format!(
                "{name} has a mistake in line {line}. It is open as text: once it is mended, it runs."
            )
        }
        Language::German => format!(
            "{name} hat einen Fehler in Zeile {line}. Die Datei ist als Text offen: Ist er behoben, läuft die Welt."
        ),
    }
}

/// How much of a run an export holds.
#[must_use]
pub fn exported(language: Language, step: usize, last: usize, is_whole: bool) -> String {
    match language {
        Language::English if is_whole => format!("The file holds the whole run: {last} steps."),
        Language::German if is_whole => {
            format!("Die Datei enthält den ganzen Lauf: {last} Schritte.")
        }
        Language::English => format!(
            "The file holds what is shown: {step} of {last} steps. For the whole run go to the end (End key) and export again."
        ),
        Language::German => format!(
            "Die Datei enthält, was zu sehen ist: {step} von {last} Schritten. Für den ganzen Lauf ans Ende gehen (Taste Ende) und noch einmal exportieren."
        ),
    }
}
