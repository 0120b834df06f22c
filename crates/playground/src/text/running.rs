//! What is said about a run that is being made.

use super::language::phrases;
use super::{Language, seconds_short};

phrases! {
    /// A button: the run ends where it is.
    STOP_RUNNING: "Stop here", "Hier aufhören";
    /// What the bar beside it shows.
    RUN_PROGRESS: "Progress of the run", "Fortschritt des Laufs";
}

/// How far it is, in the run's own time, in microseconds.
#[must_use]
pub fn running(language: Language, now: u64, until: u64) -> String {
    let [now, until] = [now, until].map(|it| seconds_short(language, it));
    match language {
        Language::English => format!("Running … {now} of {until}"),
        Language::German => format!("Läuft … {now} von {until}"),
    }
}

/// The run has ended before its time: it is as long as the page takes.
#[must_use]
pub fn run_is_full(language: Language, records: usize, end: u64) -> String {
    let end = seconds_short(language, end);
    match language {
        Language::English => format!(
            "The run ends here, after {end}: its log has {records} records, and the page takes no longer ones. To see what comes later, let less happen before."
        ),
        Language::German => format!(
            "Der Lauf endet hier, nach {end}: Sein Protokoll hat {records} Einträge, und längere nimmt die Seite nicht. Was später kommt, ist zu sehen, wenn vorher weniger geschieht."
        ),
    }
}

/// The user has stopped it.
#[must_use]
pub fn run_was_stopped(language: Language, end: u64) -> String {
    let end = seconds_short(language, end);
    match language {
        Language::English => {
            format!("The run was stopped after {end}. Open it again to run all of it.")
        }
        Language::German => {
            format!("Der Lauf wurde nach {end} angehalten. Neu geöffnet, läuft er ganz.")
        }
    }
}
