//! What is said of captures of real traffic.

use super::Language;
use super::language::phrases;
use crate::import::{Fault, Findings};
use ::capture::read::{FILE_MAX_BYTES, ReadError};

phrases! {
    /// The browser could not give the file.
    FILE_NOT_READ: "The file was not opened: the browser could not read it.", "Die Datei wurde nicht geöffnet: Der Browser konnte sie nicht lesen.";
    /// The user did not want to wait.
    FILE_STOPPED: "The file was not opened.", "Die Datei wurde nicht geöffnet.";
    /// Why nothing can be done to a capture.
    CAPTURE_IS_PAST: "This is a capture: what happened has happened. Act in a simulated world, from the chooser or the sandbox.",
        "Das ist ein Mitschnitt: Was geschehen ist, ist geschehen. Eingreifen lässt sich in einer simulierten Welt, aus der Auswahl oder in der Sandbox.";
    /// Instead of the broker's state.
    CAPTURE_NO_STATE: "A capture shows what was on the wire. What the broker kept for its clients is not in it.",
        "Ein Mitschnitt zeigt, was auf der Leitung war. Was der Broker für seine Clients aufbewahrte, steht nicht darin.";
    /// Beside the chain of causes.
    CAPTURE_NO_WHY: "From a capture follows which packet answers which. Why a program sent something, or did not, is not in it.",
        "Aus einem Mitschnitt folgt, welches Paket welches beantwortet. Warum ein Programm etwas gesendet hat oder nicht, steht nicht darin.";
    /// Instead of a link or a saved work.
    CAPTURE_NOT_KEPT: "A capture is not kept or shared by this page: its file is what you keep. It can be exported again as pcapng.",
        "Einen Mitschnitt bewahrt die Seite nicht auf und teilt ihn nicht: Aufzuheben ist seine Datei. Als pcapng lässt er sich wieder exportieren.";
    /// Instead of the map of cuts.
    CAPTURE_NO_FUTURES: "A capture has one future: the one that came. Cuts are tried in simulated worlds.",
        "Ein Mitschnitt hat nur eine Zukunft: die eingetretene. Kappen lässt sich die Leitung in simulierten Welten.";
    /// The address leads to a capture, which is gone after a reload.
    CAPTURE_GONE: "A capture is never kept: after loading the page, open its file again, with “Open a file…” on this page.", "Ein Mitschnitt wird nie gespeichert: Nach dem Laden der Seite die Datei noch einmal öffnen, mit „Datei öffnen…“ auf dieser Seite.";
    /// The heading over captures in the chooser.
    CAPTURES: "Captures", "Mitschnitte";
    /// What stands before a capture's title.
    CAPTURE_CRUMB: "Capture", "Mitschnitt";
}

/// The comment of a packet in a capture that was exported.
#[must_use]
pub fn captured_step(language: Language, number: usize, line: &str) -> String {
    match language {
        Language::English => format!("Step {number}: {line}"),
        Language::German => format!("Schritt {number}: {line}"),
    }
}

/// While a file is read.
#[must_use]
pub fn reading_file(language: Language, name: &str, percent: usize) -> String {
    match language {
        Language::English => format!("Reading {name}: {percent} % (Escape stops)"),
        Language::German => format!("{name} wird gelesen: {percent} % (Escape bricht ab)"),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

/// Why a capture cannot be shown. It follows "The file was not opened: ".
#[must_use]
pub fn no_capture(language: Language, why: Fault) -> String {
    let mebibytes = FILE_MAX_BYTES / (1024 * 1024);
    let english = language == Language::English;
    let said = |en: &str, de: &str| if english { en } else { de }.to_owned();
    match why {
        Fault::File(ReadError::TooLarge) if english => {
            format!(
                "captures of more than {mebibytes} MiB are not read; Wireshark can save a part of it"
            )
        }
        Fault::File(ReadError::TooLarge) => {
            format!(
                "Mitschnitte über {mebibytes} MiB werden nicht gelesen; Wireshark kann einen Teil davon speichern"
            )
        }
        Fault::File(ReadError::NotACapture) => said("it is no capture", "Sie ist kein Mitschnitt"),
        Fault::File(ReadError::Damaged) => said(
            "it begins as a capture, but its first blocks are damaged",
            "Sie beginnt wie ein Mitschnitt, aber ihre ersten Blöcke sind beschädigt",
        ),
        Fault::File(ReadError::NoTcp) => said(
            "there is no TCP in this capture that can be read",
            "In diesem Mitschnitt steht kein lesbares TCP",
        ),
        Fault::NoMqtt {
            connections,
            encrypted,
        } => {
            let hidden = encrypted > 0;
            match language {
                Language::English => {
                    let all = count(connections, "connection", "connections");
                    let more = if hidden {
                        format!(
                            "; {encrypted} of them encrypted (TLS), which a capture alone cannot open"
                        )
                    } else {
                        String::new()
                    };
                    format!("no connection in this capture speaks MQTT ({all}{more})")
                }
                Language::German => {
                    let all = count(connections, "Verbindung", "Verbindungen");
                    let more = if hidden {
                        format!(
                            "; {encrypted} davon verschlüsselt (TLS), was ein Mitschnitt allein nicht öffnet"
                        )
                    } else {
                        String::new()
                    };
                    format!("Keine Verbindung in diesem Mitschnitt spricht MQTT ({all}{more})")
                }
            }
        }
    }
}

/// What a capture is, and what of it could not be read.
#[must_use]
pub fn capture_opened(language: Language, findings: &Findings) -> String {
    let Findings {
        connections,
        without_start,
        without_connect,
        encrypted,
        others,
        other_frames,
        faults,
        cut,
        gaps,
        is_cut_short,
        has_more,
        is_own,
    } = *findings;
    let mut said = Vec::new();
    let english = language == Language::English;
    let mut say = |number: usize, en: [&str; 2], de: [&str; 2]| {
        if number > 0 {
            let [one, many] = if english { en } else { de };
            said.push(count(number, one, many));
        }
    };
    say(
        without_start,
        ["began before it", "began before it"],
        ["begann davor", "begannen davor"],
    );
    say(
        without_connect,
        [
            "begins with no CONNECT that can be read",
            "begin with no CONNECT that can be read",
        ],
        [
            "beginnt mit keinem lesbaren CONNECT",
            "beginnen mit keinem lesbaren CONNECT",
        ],
    );
    say(
        without_start + without_connect,
        [
            "has a version that is guessed from its packets",
            "have a version that is guessed from their packets",
        ],
        [
            "hat eine Version, die aus den Paketen erraten ist",
            "haben eine Version, die aus den Paketen erraten ist",
        ],
    );
    say(
        gaps,
        [
            "has gaps behind which nothing can be read",
            "have gaps behind which nothing can be read",
        ],
        [
            "hat Lücken, hinter denen nichts lesbar ist",
            "haben Lücken, hinter denen nichts lesbar ist",
        ],
    );
    say(
        cut,
        [
            "packet is only there in part",
            "packets are only there in part",
        ],
        ["Paket ist nur zum Teil da", "Pakete sind nur zum Teil da"],
    );
    say(
        faults,
        [
            "packet is not as the standard says",
            "packets are not as the standard says",
        ],
        [
            "Paket ist nicht, wie es die Norm verlangt",
            "Pakete sind nicht, wie es die Norm verlangt",
        ],
    );
    say(
        encrypted,
        [
            "connection is encrypted (TLS)",
            "connections are encrypted (TLS)",
        ],
        [
            "Verbindung ist verschlüsselt (TLS)",
            "Verbindungen sind verschlüsselt (TLS)",
        ],
    );
    say(
        others,
        [
            "other connection is left out",
            "other connections are left out",
        ],
        [
            "andere Verbindung ist weggelassen",
            "andere Verbindungen sind weggelassen",
        ],
    );
    say(
        other_frames,
        ["frame is no TCP", "frames are no TCP"],
        ["Rahmen ist kein TCP", "Rahmen sind kein TCP"],
    );
    if is_cut_short {
        said.push(
            if english {
                "the file ends in the middle"
            } else {
                "die Datei endet mittendrin"
            }
            .to_owned(),
        );
    }
    if has_more {
        said.push(
            if english {
                "there is more in it than is shown"
            } else {
                "es steht mehr darin, als gezeigt wird"
            }
            .to_owned(),
        );
    }
    let spoken = match language {
        Language::English => count(connections, "connection", "connections"),
        Language::German => count(connections, "Verbindung", "Verbindungen"),
    };
    let what = match (language, is_own) {
        (Language::English, false) => format!("A capture of real traffic: {spoken} with MQTT."),
        (Language::German, false) => format!("Ein Mitschnitt echten Verkehrs: {spoken} mit MQTT."),
        (Language::English, true) => format!(
            "A capture that MQTT Playground has written itself: {spoken} with MQTT, in TCP frames that it has made."
        ),
        (Language::German, true) => format!(
            "Ein Mitschnitt, den MQTT Playground selbst geschrieben hat: {spoken} mit MQTT, in selbst erzeugten TCP-Rahmen."
        ),
    };
    if said.is_empty() {
        what
    } else {
        format!("{what} {}.", upper(&said.join("; ")))
    }
}

/// With a capital letter, as sentences begin.
fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_said() {
        let whole = Findings {
            connections: 1,
            ..Findings::default()
        };
        let said = capture_opened(Language::English, &whole);
        assert_eq!(said, "A capture of real traffic: 1 connection with MQTT.");
        let partly = Findings {
            connections: 3,
            without_start: 1,
            cut: 2,
            is_cut_short: true,
            ..whole
        };
        let said = capture_opened(Language::German, &partly);
        assert_eq!(
            said,
            "Ein Mitschnitt echten Verkehrs: 3 Verbindungen mit MQTT. 1 begann davor; 1 hat eine Version, die aus den Paketen erraten ist; 2 Pakete sind nur zum Teil da; die Datei \
             endet mittendrin."
        );
        let none = Fault::NoMqtt {
            connections: 2,
            encrypted: 1,
        };
        let said = no_capture(Language::English, none);
        assert!(
            said.contains("2 connections; 1 of them encrypted"),
            "{said}"
        );
    }
}
