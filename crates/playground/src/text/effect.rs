//! What devices do and show, in words.

use super::{Language, decimal};
use crate::look::Reading;
use crate::story::Effect as Happened;
use device::script::Ended;
use device::umqtt::Exception;
use device::{Celsius, Effect, Metres};

/// What a device did: `drives 1 m`.
#[must_use]
pub fn effect(language: Language, effect: &Effect) -> String {
    if language == Language::English {
        return effect.to_string();
    }
    match effect {
        Effect::Drove { millimetres } => {
            let length = decimal(language, &Metres(millimetres.unsigned_abs()).to_string());
            let back = if *millimetres < 0 { " zurück" } else { "" };
            format!("fährt {length}{back}")
        }
        Effect::Lamp { on: true } => "Lampe an".to_owned(),
        Effect::Lamp { on: false } => "Lampe aus".to_owned(),
        Effect::Pressed => "Taster gedrückt".to_owned(),
        Effect::Heated { millidegrees } => {
            let degrees = decimal(language, &Celsius(*millidegrees).to_string());
            format!("misst {degrees}")
        }
        Effect::Window { broken: true } => "Fenster zerbrochen".to_owned(),
        Effect::Window { broken: false } => "Fenster repariert".to_owned(),
        Effect::FellAsleep => "schläft ein".to_owned(),
        Effect::WokeUp => "wacht auf".to_owned(),
        Effect::BatteryEmpty => "Batterie leer".to_owned(),
        Effect::Raised { exception, call } => format!("{call}() löst {exception} aus"),
        Effect::Issue { exception } => format!("Verbindungsproblem: {exception}"),
        Effect::ProgramEnded { exception } => format!("Programm endet: {exception}"),
        Effect::Pin { pin, high: true } => format!("Pin {pin} high"),
        Effect::Pin { pin, high: false } => format!("Pin {pin} low"),
        Effect::ScriptEnded { how } => script_ended(how).0.to_owned(),
        // A kind that is newer than this text.
        other => other.to_string(),
    }
}

/// Why a device did what no message made it do; none where one did.
#[must_use]
pub fn effect_why(language: Language, happened: &Happened) -> Option<String> {
    let effect = &happened.what;
    let why = match language {
        Language::English => effect.explanation(),
        Language::German => explanation(effect),
    };
    why.or_else(|| {
        happened.is_untold.then(|| {
            match language {
                Language::English => {
                    "No message told it to: that was by hand, or by a rule of its own."
                }
                Language::German => {
                    "Keine Nachricht hat es dazu gebracht: Das war von Hand oder nach einer eigenen Regel."
                }
            }
            .to_owned()
        })
    })
}

fn explanation(effect: &Effect) -> Option<String> {
    let text = match effect {
        Effect::Drove { .. } | Effect::Lamp { .. } => return None,
        Effect::Pin { .. } => "Das Skript hat ihn gesetzt.",
        Effect::ScriptEnded { how } => script_ended(how).1,
        Effect::Pressed => "Das hat jemand getan.",
        Effect::Heated { .. } => "Was es misst, hat sich geändert.",
        Effect::Window { broken: true } => "Jemand hat es eingeschlagen.",
        Effect::Window { broken: false } => "Jemand hat ein neues eingesetzt.",
        Effect::FellAsleep => "Tiefschlaf: Funk und Programm sind aus, nur eine Uhr läuft.",
        Effect::WokeUp => "Die eigene Uhr hat es geweckt, oder jemand.",
        Effect::BatteryEmpty => "Ein Stromausfall: Niemand erfährt es.",
        Effect::Raised { exception, .. } => {
            return Some(format!(
                "Das heißt: {}. Das Programm fängt es ab und macht weiter.",
                exception_meaning(*exception)
            ));
        }
        Effect::Issue { exception } => {
            return Some(format!(
                "Das heißt: {}. Diese Bibliothek löst nichts aus; ein Programm muss is_conn_issue() fragen.",
                exception_meaning(*exception)
            ));
        }
        Effect::ProgramEnded { exception } => {
            return Some(format!(
                "Das heißt: {}. Nichts im Programm fängt es ab. Der Socket bleibt, wie er ist.",
                exception_meaning(*exception)
            ));
        }
        other => return other.explanation(),
    };
    Some(text.to_owned())
}

/// How a script ended, and what that means.
const fn script_ended(how: &Ended) -> (&'static str, &'static str) {
    match how {
        Ended::Done => (
            "Skript zu Ende",
            "Die letzte Zeile ist gelaufen. Eine Verbindung, die es nicht geschlossen hat, bleibt offen, bis das Board ausgeschaltet wird oder der Broker die Geduld verliert.",
        ),
        Ended::Raised => (
            "Skript endet mit einer Ausnahme",
            "Nichts im Skript fängt sie ab: Die Konsole zeigt den Traceback. Der Socket bleibt, wie er ist.",
        ),
        Ended::OutOfMemory => (
            "Speicher voll",
            "Das Board hat keinen Platz mehr für das, was das Skript behalten will.",
        ),
        Ended::Typed => (
            "wartet an seiner Eingabe",
            "Das Eingetippte ist gelaufen. Das Board wartet auf mehr.",
        ),
        Ended::Reset => (
            "startet sich neu",
            "Das Skript hat darum gebeten. Auch der Netzwerkteil ist weg: Niemand schließt die Verbindung.",
        ),
        Ended::SoftReset => (
            "beginnt sein Skript von vorn",
            "Das Skript hat darum gebeten: Der Interpreter fängt neu an. Seine Sockets werden ohne DISCONNECT geschlossen.",
        ),
        Ended::Watchdog => (
            "Watchdog startet es neu",
            "Das Skript hat ihn nicht rechtzeitig gefüttert.",
        ),
        Ended::Asleep { .. } => (
            "Tiefschlaf",
            "Funk, Prozessor und Speicher sind aus, nur eine Uhr läuft. Niemand schließt die Verbindung.",
        ),
        Ended::Endless => (
            "in einer endlosen Rechnung angehalten",
            "Etwas im Inneren des Interpreters läuft immer weiter, wie bei max(range(10**9)). Ein echtes Board stünde dort still; dieses wird angehalten, damit die Seite nicht mit ihm stillsteht.",
        ),
        Ended::Diverged => (
            "tut nicht noch einmal dasselbe",
            "Das Board ist bis zu diesem Zeitpunkt noch einmal gelaufen und hat etwas anderes getan als beim ersten Mal. Das ist ein Fehler dieser Seite, nicht des Skripts.",
        ),
        Ended::TooLong => (
            "Lauf zu lang für ein Skript",
            "Das Board hat mehr Schritte getan, als aufgehoben werden. Es hilft, den Lauf früher enden oder das Skript in seiner Schleife schlafen zu lassen.",
        ),
        Ended::TooMany => (
            "zu viele Boards mit Skript",
            "Die Seite hat nicht für so viele Boards mit Skript zugleich Platz.",
        ),
        Ended::Failed(_) => (
            "Interpreter am Ende",
            "Der Interpreter kann damit nicht weitermachen.",
        ),
        Ended::NoInterpreter => (
            "kein Interpreter",
            "Skripte laufen auf der Seite: Dort wird MicroPython mit dem ersten davon geladen.",
        ),
    }
}

fn exception_meaning(exception: Exception) -> &'static str {
    match exception {
        Exception::Assertion => "die Bibliothek kann das nicht",
        Exception::Os(-1) => "das andere Ende hat die Verbindung geschlossen",
        Exception::Os(9) => "der Socket ist geschlossen",
        Exception::Os(104) => {
            "das andere Ende kennt diese Verbindung nicht mehr, oder dort nimmt niemand an"
        }
        Exception::Os(113) => "das Netz ist weg, oder dort antwortet niemand",
        Exception::Os(118) => "es gibt kein Netz",
        Exception::Os(_) => "der Socket hat versagt",
        Exception::Mqtt(1) => {
            "umqtt.simple: der Server spricht diese Version nicht; simple2: das andere Ende hat die Verbindung geschlossen"
        }
        Exception::Mqtt(-1) => "ein Paket, das die Bibliothek nicht kennt",
        Exception::Mqtt(5) => {
            "eine Antwort auf ein Abonnement, das sie nicht kennt, oder Zugriff verweigert"
        }
        Exception::Mqtt(7) => "länger als das Keep Alive war nichts zu hören",
        Exception::Mqtt(21..=25) => "der Server hat die Verbindung abgelehnt",
        Exception::Mqtt(28) => "sie ist nicht verbunden",
        Exception::Mqtt(29) => "die Antwort auf CONNECT ist keine",
        Exception::Mqtt(30) => "es kam rechtzeitig keine Antwort",
        Exception::Mqtt(44 | 128) => "der Server hat das Abonnement abgelehnt",
        Exception::Mqtt(_) => "der Server hat abgelehnt",
        Exception::NotImplemented => "die Bibliothek kann das nicht",
        Exception::Attribute => "es gibt noch keinen Socket",
        Exception::Key | Exception::Index => "ein Fehler in der Bibliothek",
    }
}

/// What a device tells of itself, with what it is a number of; empty if its kind tells nothing.
#[must_use]
pub fn reading(language: Language, reading: &Reading) -> String {
    match (reading, language) {
        (Reading::Nothing, _) => String::new(),
        (Reading::Degrees(degrees), _) => format!("{} °C", decimal(language, degrees)),
        (Reading::Presses(times), Language::English) => format!("pressed {times}×"),
        (Reading::Presses(times), Language::German) => format!("{times}× gedrückt"),
        (Reading::Lamp { is_on: true }, Language::English) => "lamp on".to_owned(),
        (Reading::Lamp { is_on: false }, Language::English) => "lamp off".to_owned(),
        (Reading::Lamp { is_on: true }, Language::German) => "Lampe an".to_owned(),
        (Reading::Lamp { is_on: false }, Language::German) => "Lampe aus".to_owned(),
        (Reading::Window { is_broken: true }, Language::English) => "broken".to_owned(),
        (Reading::Window { is_broken: false }, Language::English) => "closed".to_owned(),
        (Reading::Window { is_broken: true }, Language::German) => "zerbrochen".to_owned(),
        (Reading::Window { is_broken: false }, Language::German) => "geschlossen".to_owned(),
    }
}
