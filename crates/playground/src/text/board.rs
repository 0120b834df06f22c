//! The screen of a board.

use super::Language;
use super::decimal;
use super::language::phrases;
use crate::board::{Chip, Fault, FormFault, KINDS, PartState, Port, Step, Way};
use crate::look::{Look, Reading};
use board::Led;

phrases! {
    /// Over the screen.
    BOARD_TITLE: "Flash a board", "Ein Board flashen";
    /// Under it.
    BOARD_LEAD: "The firmware is written over the USB cable. Settings on the board stay as they are.",
        "Die Firmware wird über das USB-Kabel geschrieben. Die Einstellungen auf dem Board bleiben, wie sie sind.";
    /// The list of steps.
    BOARD_STEPS: "Steps", "Schritte";
    /// The browser can do it.
    BOARD_HAS_SERIAL: "Web Serial is available", "Web Serial ist vorhanden";
    /// Nobody has asked the browser yet.
    BOARD_LOOKING: "Looking what this browser can do.", "Es wird nachgesehen, was dieser Browser kann.";
    /// No board is there yet.
    BOARD_NO_BOARD_YET: "ESP32-C3 or ESP32-C6, on a USB cable", "ESP32-C3 oder ESP32-C6, an einem USB-Kabel";
    /// Under the step of the settings.
    BOARD_OR_CABLE: "or stay on USB", "oder am USB-Kabel bleiben";
    /// Under the last step.
    BOARD_TO_THE_MAP: "the board runs and speaks", "das Board läuft und meldet sich";
    /// Over the pane, as the step is.
    BOARD_CONNECT_TITLE: "Connect a board", "Ein Board anschließen";
    /// Under it.
    BOARD_CONNECT_LEAD: "Plug the board in with a USB cable and choose its port. Its bootloader says which chip it is; nothing is written yet.",
        "Das Board mit einem USB-Kabel anschließen und seinen Anschluss wählen. Sein Bootloader sagt, welcher Chip es ist; geschrieben wird noch nichts.";
    /// A button.
    BOARD_CONNECT: "Choose the port", "Anschluss wählen";
    /// While the board is asked.
    BOARD_CONNECTING: "Asking the board what it is …", "Das Board wird gefragt, was es ist …";
    /// Over the pane.
    BOARD_WRITE_TITLE: "Write the program", "Das Programm schreiben";
    /// Over the pane, while it is done.
    BOARD_WRITING_TITLE: "Writing the program", "Das Programm wird geschrieben";
    /// Under it.
    BOARD_WRITE_LEAD: "Keep the cable plugged in. If it comes loose, start this step again; nothing is lost.",
        "Das Kabel muss stecken bleiben. Löst es sich, beginnt dieser Schritt von vorn; verloren geht nichts.";
    /// Under it, if everything is erased before.
    BOARD_ERASE_LEAD: "Keep the cable plugged in. If it comes loose, start this step again. Everything on the board is erased first, its settings too.",
        "Das Kabel muss stecken bleiben. Löst es sich, beginnt dieser Schritt von vorn. Zuerst wird auf dem Board alles gelöscht, auch seine Einstellungen.";
    /// On a cable over which the program will not be heard.
    BOARD_MUTE: "This cable leads to a USB chip beside the ESP32.", "Dieses Kabel führt zu einem USB-Chip neben dem ESP32.";
    /// What comes of it, and what to do.
    BOARD_MUTE_HINT: "The program can be written this way, but it speaks only over the ESP32's own USB port: on this cable its console stays empty, and it cannot join over it. Use the board's other USB socket, if it has one, or let it join over Wi-Fi.",
        "Das Programm lässt sich so schreiben, aber es spricht nur über den eigenen USB-Anschluss des ESP32: An diesem Kabel bleibt seine Konsole leer, und mitmachen kann es darüber nicht. Es hilft die andere USB-Buchse des Boards, falls es eine hat, oder das Mitmachen über WLAN.";
    /// A button.
    BOARD_WRITE: "Write", "Schreiben";
    /// A button.
    BOARD_SKIP: "It has its program", "Es hat sein Programm schon";
    /// A button.
    BOARD_STOP: "Stop", "Anhalten";
    /// While it stops.
    BOARD_STOPPING: "Stopping …", "Wird angehalten …";
    /// What the bar shows.
    BOARD_METER: "Writing", "Schreiben";
    /// Over the map of the flash.
    BOARD_FLASH: "Flash memory", "Flash-Speicher";
    /// A box to tick.
    BOARD_ERASE: "Erase everything first", "Zuerst alles löschen";
    /// What comes of it.
    BOARD_ERASE_HINT: "Only if the board does not start. Also deletes its settings and its Wi-Fi password.",
        "Nur wenn das Board nicht startet. Löscht auch seine Einstellungen und sein WLAN-Passwort.";
    /// A part of the flash.
    BOARD_PART_SETTINGS: "settings and Wi-Fi", "Einstellungen und WLAN";
    /// What can be folded out.
    BOARD_HELP: "The board is not found?", "Das Board wird nicht gefunden?";
    /// The first thing to try.
    BOARD_HELP_CABLE: "Try another cable: many only charge.", "Ein anderes Kabel versuchen: Viele laden nur.";
    /// The second.
    BOARD_HELP_BOOT: "Hold BOOT, press RESET, release BOOT.", "BOOT gedrückt halten, RESET drücken, BOOT loslassen.";
    /// The third.
    BOARD_HELP_DRIVER: "Boards with a chip of their own for USB need the CH340 or CP210x driver.",
        "Boards mit einem eigenen USB-Chip brauchen den Treiber für CH340 oder CP210x.";
    /// Over the pane.
    BOARD_SETTINGS_TITLE: "Wi-Fi and broker", "WLAN und Broker";
    /// Under it.
    BOARD_SETTINGS_LEAD: "Settings go to the board only: they are in no link and not kept in this browser. They replace all settings on the board.",
        "Die Einstellungen gehen nur an das Board: Sie stehen in keinem Link und werden in diesem Browser nicht aufbewahrt. Sie ersetzen alle Einstellungen auf dem Board.";
    /// A choice.
    BOARD_WAY: "Its broker is", "Sein Broker ist";
    /// A choice.
    BOARD_KIND: "The board is a", "Das Board ist";
    /// A choice.
    BOARD_LED: "Its lamp (GPIO 8) is", "Seine Lampe (GPIO 8) ist";
    /// A field.
    BOARD_NAME: "Name", "Name";
    /// What it is for.
    BOARD_NAME_HINT: "It is the client id, and its topics begin with it.", "Er ist die Client-ID, und die Topics beginnen damit.";
    /// A field.
    BOARD_SSID: "Network (2.4 GHz)", "Netz (2,4 GHz)";
    /// A field.
    BOARD_WIFI_PASSWORD: "Password of the network", "Passwort des Netzes";
    /// What it is for.
    BOARD_WIFI_PASSWORD_HINT: "Leave it empty for an open network. Networks of WPA3 alone, and those with a login for each user, do not work.",
        "Für ein offenes Netz leer lassen. Netze nur mit WPA3 und solche mit eigenem Login für jeden funktionieren nicht.";
    /// A field.
    BOARD_HOST: "Address of the broker", "Adresse des Brokers";
    /// A field.
    BOARD_PORT: "Port", "Port";
    /// A field.
    BOARD_USER: "User name, if it wants one", "Benutzername, falls er einen will";
    /// A field.
    BOARD_PASSWORD: "Password", "Passwort";
    /// A button.
    BOARD_WRITE_SETTINGS: "Write settings", "Einstellungen schreiben";
    /// A button.
    BOARD_KEEP_SETTINGS: "Keep those on the board", "Die auf dem Board behalten";
    /// Over the pane.
    BOARD_JOIN_TITLE: "The board runs", "Das Board läuft";
    /// Under it, while it starts.
    BOARD_STARTING: "The board starts again …", "Das Board startet neu …";
    /// Under it.
    BOARD_JOIN_LEAD: "The console shows what it says. Type help to see what it understands; press works its button, switch on its lamp.",
        "Die Konsole zeigt, was es sagt. Auf help sagt es, was es versteht; press drückt seine Taste, switch on schaltet seine Lampe.";
    /// Under it, on a cable over which it is not heard.
    BOARD_JOIN_MUTE: "It is not heard on this cable. It joins over Wi-Fi; its address is in the list of your router, or on its console, which is on its own USB socket.",
        "An diesem Kabel ist es nicht zu hören. Es macht über WLAN mit; seine Adresse steht in der Liste des Routers oder auf seiner Konsole, die an seiner eigenen USB-Buchse liegt.";
    /// A button.
    BOARD_SHOW: "See it on the map", "Auf der Karte ansehen";
    /// A button: the run with the board is over.
    BOARD_END: "End its run", "Seinen Lauf beenden";
    /// Over what a board has to do with this page's broker.
    BOARD_JOINED: "At this page's broker", "Am Broker dieser Seite";
    /// Over the field.
    BOARD_NETWORK: "A board in your network", "Ein Board im eigenen Netz";
    /// Under it.
    BOARD_NETWORK_LEAD: "A board whose broker is set to this page over Wi-Fi waits for it at its address, which its console shows.",
        "Ein Board, das als Broker diese Seite über WLAN eingestellt hat, wartet auf sie unter seiner Adresse. Seine Konsole zeigt sie.";
    /// A field.
    BOARD_ADDRESS: "Address of the board", "Adresse des Boards";
    /// What is wrong with it.
    BOARD_ADDRESS_WRONG: "An address is a name or a number such as 192.168.1.7, with a port if it is not 80.",
        "Eine Adresse ist ein Name oder eine Nummer wie 192.168.1.7, mit Port, falls der nicht 80 ist.";
    /// A button.
    BOARD_DIAL: "Be its broker", "Sein Broker sein";
    /// The strip at the main screen, by what it is about.
    BOARD_STRIP: "Real board", "Echtes Board";
    /// In the strip.
    BOARD_CONNECTED: "connected", "verbunden";
    /// In the strip.
    BOARD_AWAY: "not connected", "nicht verbunden";
    /// A button: where a board and its twin differ first.
    BOARD_DIFFERENCE: "Show where", "Zeigen, wo";
    /// A button: to the newest moment.
    BOARD_BACK: "Back to now", "Zurück zum Jetzt";
    /// A button.
    BOARD_ANOTHER: "Done: let the port go", "Fertig: Anschluss freigeben";
    /// A button.
    BOARD_AGAIN: "Start it again", "Neu starten";
    /// Over the console.
    BOARD_CONSOLE: "Serial console", "Serielle Konsole";
    /// The field.
    BOARD_TYPE: "Send a line to the board", "Eine Zeile an das Board senden";
    /// In the field, as long as nothing can be sent.
    BOARD_TYPE_LATER: "console opens after flashing", "die Konsole öffnet nach dem Flashen";
    /// A button.
    BOARD_SEND: "Send", "Senden";
    /// A button.
    BOARD_SAVE_LOG: "Save log", "Protokoll speichern";
    /// A button.
    BOARD_CLEAR: "Clear", "Leeren";
    /// A box to tick.
    BOARD_STAMPS: "Time stamps", "Zeitstempel";
    /// In the console.
    BOARD_WRITING_SETTINGS: "writing the settings", "die Einstellungen werden geschrieben";
    /// In the console.
    BOARD_WRITTEN: "everything is written and checked", "alles ist geschrieben und geprüft";
    /// In the console.
    BOARD_STARTED: "the board was started, the console is open", "das Board wurde gestartet, die Konsole ist offen";
}

/// The file that the console is saved as.
pub const BOARD_LOG_FILE: &str = "board.log";

/// The name of a step.
#[must_use]
pub const fn board_step(language: Language, step: Step) -> &'static str {
    match (language, step) {
        (_, Step::Browser) => "Browser",
        (_, Step::Board) => "Board",
        (_, Step::Firmware) => "Firmware",
        (Language::English, Step::Flash) => "Flash",
        (Language::German, Step::Flash) => "Flashen",
        (language, Step::Settings) => BOARD_SETTINGS_TITLE.to(language),
        (Language::English, Step::Join) => "Join",
        (Language::German, Step::Join) => "Mitmachen",
    }
}

/// What the port is doing.
#[must_use]
pub const fn board_port(language: Language, port: Port) -> &'static str {
    match (language, port) {
        (Language::English, Port::Closed) => "closed",
        (Language::English, Port::Flash) => "flash mode",
        (Language::English, Port::Open) => "open",
        (Language::German, Port::Closed) => "geschlossen",
        (Language::German, Port::Flash) => "Flash-Modus",
        (Language::German, Port::Open) => "offen",
    }
}

/// What went wrong, and what to do about it.
#[must_use]
pub fn board_fault(language: Language, fault: &Fault) -> (String, String) {
    let (what, advice): (String, String) = match language {
        Language::English => match fault {
            Fault::NoSerial => ("This browser has no serial ports.".into(), "Open this page in Chrome, Edge or another Chromium browser, on a computer or on Android.".into()),
            Fault::NotSecure => ("Browsers allow serial ports to pages from https or from this very machine only.".into(), "Open the page by https, or as http://localhost.".into()),
            Fault::NoFirmware => ("There is no firmware beside this page.".into(), "Whoever serves it builds it with cargo xtask firmware. A board that has its firmware already can be listened to.".into()),
            Fault::NoPort => ("No port was chosen.".into(), "Choose one from the list that the browser shows.".into()),
            Fault::NoPermission => ("The browser did not allow the port.".into(), "Allow serial ports for this page in the browser's settings.".into()),
            Fault::Busy => ("The port could not be opened: another program has it, or another tab.".into(), "Close the other one, such as a serial monitor, and try again. On Linux your user has to be in the group dialout.".into()),
            Fault::Silent => ("The board does not answer.".into(), "Hold BOOT, press RESET, release BOOT, and choose the port again. Many cables only charge.".into()),
            Fault::Loose => ("The connection to the board is gone: the cable came loose, or the board was switched off.".into(), "Plug it in and choose the port again. Nothing is broken: its bootloader cannot be overwritten.".into()),
            Fault::WrongChip { found, known } => (format!("This board has the chip {found}, and there is no firmware for it."), format!("There is firmware for {}. Nothing was written.", known.join(", "))),
            Fault::SmallFlash { found, needs } => (format!("This board has {found} of flash, and its firmware needs {}.", megabytes(*needs)), "Take a board with more flash. Nothing was written.".into()),
            Fault::NotFetched(file) => (format!("The file {file} could not be fetched."), "Look whether the network is there, and try again. The board waits.".into()),
            Fault::Damaged(file) => (format!("The file {file} is not the one that the manifest speaks of: its check sum is another."), "Load the page again; if it stays so, build the firmware again. It was not written.".into()),
            Fault::Mismatch => ("What is in the flash is not what was written: the check sums differ.".into(), "Write again. If it stays so, try another cable, or erase everything first.".into()),
            Fault::Stopped => ("Stopped.".into(), "The board does not start as it is now: write again. Its settings are kept.".into()),
            Fault::StoppedBlank => ("Stopped.".into(), "The board does not start as it is now: write again. Its settings are erased.".into()),
            Fault::Other(words) => (format!("It did not work: {words}"), "Choose the port again.".into()),
        },
        Language::German => match fault {
            Fault::NoSerial => ("Dieser Browser hat keine seriellen Anschlüsse.".into(), "Diese Seite in Chrome, Edge oder einem anderen Chromium-Browser öffnen, auf einem Computer oder unter Android.".into()),
            Fault::NotSecure => ("Browser erlauben serielle Anschlüsse nur Seiten, die über https oder von diesem Rechner selbst kommen.".into(), "Die Seite über https oder als http://localhost öffnen.".into()),
            Fault::NoFirmware => ("Neben dieser Seite liegt keine Firmware.".into(), "Wer sie bereitstellt, baut sie mit cargo xtask firmware. Einem Board, das seine Firmware schon hat, kann man zuhören.".into()),
            Fault::NoPort => ("Es wurde kein Anschluss gewählt.".into(), "Der Browser zeigt eine Liste, aus der einer zu wählen ist.".into()),
            Fault::NoPermission => ("Der Browser hat den Anschluss nicht erlaubt.".into(), "In den Einstellungen des Browsers dieser Seite serielle Anschlüsse erlauben.".into()),
            Fault::Busy => ("Der Anschluss ließ sich nicht öffnen: Ein anderes Programm hat ihn, oder ein anderer Tab.".into(), "Das andere schließen, etwa einen seriellen Monitor, und es noch einmal versuchen. Unter Linux muss der Benutzer in der Gruppe dialout sein.".into()),
            Fault::Silent => ("Das Board antwortet nicht.".into(), "BOOT gedrückt halten, RESET drücken, BOOT loslassen und den Anschluss noch einmal wählen. Viele Kabel laden nur.".into()),
            Fault::Loose => ("Die Verbindung zum Board ist weg: Das Kabel hat sich gelöst, oder das Board wurde ausgeschaltet.".into(), "Es einstecken und den Anschluss noch einmal wählen. Kaputt ist nichts: Sein Bootloader lässt sich nicht überschreiben.".into()),
            Fault::WrongChip { found, known } => (format!("Dieses Board hat den Chip {found}, und für ihn gibt es keine Firmware."), format!("Firmware gibt es für {}. Es wurde nichts geschrieben.", known.join(", "))),
            Fault::SmallFlash { found, needs } => (format!("Dieses Board hat {found} Flash, und seine Firmware braucht {}.", megabytes(*needs)), "Hier hilft nur ein Board mit mehr Flash. Es wurde nichts geschrieben.".into()),
            Fault::NotFetched(file) => (format!("Die Datei {file} ließ sich nicht laden."), "Nachsehen, ob das Netz da ist, und es noch einmal versuchen. Das Board wartet.".into()),
            Fault::Damaged(file) => (format!("Die Datei {file} ist nicht die, von der das Verzeichnis spricht: Ihre Prüfsumme ist eine andere."), "Die Seite neu laden; bleibt es so, die Firmware neu bauen. Geschrieben wurde sie nicht.".into()),
            Fault::Mismatch => ("Im Flash steht nicht, was geschrieben wurde: Die Prüfsummen sind verschieden.".into(), "Noch einmal schreiben. Bleibt es so, ein anderes Kabel versuchen oder zuerst alles löschen.".into()),
            Fault::Stopped => ("Angehalten.".into(), "So startet das Board nicht: noch einmal schreiben. Seine Einstellungen bleiben.".into()),
            Fault::StoppedBlank => ("Angehalten.".into(), "So startet das Board nicht: noch einmal schreiben. Seine Einstellungen sind gelöscht.".into()),
            Fault::Other(words) => (format!("Es hat nicht geklappt: {words}"), "Den Anschluss noch einmal wählen.".into()),
        },
    };
    (what, advice)
}

/// A size of flash, in the words of its makers.
fn megabytes(bytes: u32) -> String {
    format!("{}MB", bytes.div_ceil(1 << 20))
}

/// In the console: a port is open.
#[must_use]
pub fn board_opened(language: Language, usb: Option<(u16, u16)>) -> String {
    let words = match language {
        Language::English => "port opened",
        Language::German => "Anschluss geöffnet",
    };
    match usb {
        Some((vendor, product)) => format!("{words}, USB {vendor:04x}:{product:04x}"),
        None => words.to_owned(),
    }
}

/// A chip in a few words.
#[must_use]
pub fn board_chip(language: Language, chip: &Chip) -> String {
    let Chip { family, flash, .. } = chip;
    match language {
        _ if flash.is_empty() => family.clone(),
        Language::English => format!("{family}, {flash} flash"),
        Language::German => format!("{family}, {flash} Flash"),
    }
}

/// What a board has to do with this page's broker: whether it is connected, how often it was, frames from it and to it.
#[must_use]
pub fn board_joined(
    language: Language,
    is_open: bool,
    times: usize,
    counts: (usize, usize),
) -> String {
    let (from, to) = counts;
    match (language, is_open) {
        (Language::English, true) => format!(
            "Connected to this page's broker (connection {times}): {from} frames from the board, {to} to it."
        ),
        (Language::English, false) => format!(
            "Not connected to this page's broker now. {from} frames came from the board, {to} went to it."
        ),
        (Language::German, true) => format!(
            "Mit dem Broker dieser Seite verbunden (Verbindung {times}): {from} Rahmen vom Board, {to} zum Board."
        ),
        (Language::German, false) => format!(
            "Jetzt nicht mit dem Broker dieser Seite verbunden. {from} Rahmen kamen vom Board, {to} gingen zum Board."
        ),
    }
}

/// A board in the network that is not connected: how often it did not answer, or that the browser refuses to dial it.
#[must_use]
pub fn board_dialling(language: Language, host: &str, is_forbidden: bool, tries: u32) -> String {
    match (language, is_forbidden, tries) {
        (Language::English, true, _) => format!(
            "The browser refuses to open ws://{host}: a page that came by https may not. Open the page from this machine, as http://localhost."
        ),
        (Language::German, true, _) => format!(
            "Der Browser öffnet ws://{host} nicht: Eine Seite, die über https kam, darf das nicht. Von diesem Rechner geht es, als http://localhost."
        ),
        (Language::English, false, 0) => format!("Asking the board at {host} …"),
        (Language::German, false, 0) => format!("Das Board unter {host} wird gefragt …"),
        (Language::English, false, _) => format!(
            "The board at {host} does not answer, has another broker, or refuses this page because it comes from outside of its network. Tries: {tries}; it is tried again every few seconds."
        ),
        (Language::German, false, _) => format!(
            "Das Board unter {host} antwortet nicht, hat einen anderen Broker oder lehnt diese Seite ab, weil sie von außerhalb seines Netzes kommt. Versuche: {tries}; alle paar Sekunden kommt ein neuer."
        ),
    }
}

/// A device of the world that is open, in the list of what a board can be.
#[must_use]
pub fn board_device(language: Language, name: &str) -> String {
    match language {
        Language::English => format!("{name}, from the world that is open"),
        Language::German => format!("{name}, aus der offenen Welt"),
    }
}

/// What a board has told of itself last.
#[must_use]
pub fn board_reading(language: Language, look: &Look) -> Option<String> {
    Some(match (language, &look.reading) {
        (_, Reading::Nothing) => return None,
        (Language::English, Reading::Lamp { is_on: true }) => "its lamp is on".to_owned(),
        (Language::English, Reading::Lamp { is_on: false }) => "its lamp is off".to_owned(),
        (Language::German, Reading::Lamp { is_on: true }) => "seine Lampe ist an".to_owned(),
        (Language::German, Reading::Lamp { is_on: false }) => "seine Lampe ist aus".to_owned(),
        (Language::English, Reading::Window { is_broken: true }) => {
            "its window is broken".to_owned()
        }
        (Language::English, Reading::Window { is_broken: false }) => {
            "its window is closed".to_owned()
        }
        (Language::German, Reading::Window { is_broken: true }) => {
            "sein Fenster ist zerbrochen".to_owned()
        }
        (Language::German, Reading::Window { is_broken: false }) => {
            "sein Fenster ist geschlossen".to_owned()
        }
        (Language::English, Reading::Degrees(degrees)) => format!("it measures {degrees} °C"),
        (Language::German, Reading::Degrees(degrees)) => {
            format!("es misst {} °C", decimal(language, degrees))
        }
        (Language::English, Reading::Presses(presses)) => format!("pressed {presses} times"),
        (Language::German, Reading::Presses(presses)) => format!("{presses}-mal gedrückt"),
    })
}

/// How a board and its twin compare: so many packets are the same, and the first that are not, each with its step.
#[must_use]
pub fn board_twin(
    language: Language,
    same: usize,
    first: Option<[Option<(usize, &str)>; 2]>,
) -> String {
    let Some(pair) = first else {
        return match language {
            Language::English => format!("Like its twin so far: {same} packets are the same."),
            Language::German => {
                format!("Bis jetzt wie sein Zwilling: {same} Pakete sind gleich.")
            }
        };
    };
    let [real, twin] = pair.map(|it| match (language, it) {
        (Language::English, Some((step, what))) => format!("{what} (step {step})"),
        (Language::German, Some((step, what))) => format!("{what} (Schritt {step})"),
        (Language::English, None) => "nothing".to_owned(),
        (Language::German, None) => "nichts".to_owned(),
    });
    match language {
        Language::English => format!(
            "First difference, after {same} packets that are the same: on the board's line {real}, on its twin's {twin}."
        ),
        Language::German => format!(
            "Erster Unterschied, nach {same} gleichen Paketen: auf der Leitung des Boards {real}, auf der seines Zwillings {twin}."
        ),
    }
}

/// The version of the firmware.
#[must_use]
pub fn board_version(_: Language, version: &str) -> String {
    format!("MQTT Playground {version}")
}

/// How far it is.
#[must_use]
pub fn board_progress(language: Language, percent: u32, seconds_left: Option<u64>) -> String {
    match (language, seconds_left) {
        (_, None) => format!("{percent} %"),
        (Language::English, Some(seconds)) => format!("{percent} %, about {seconds} s left"),
        (Language::German, Some(seconds)) => format!("{percent} %, noch etwa {seconds} s"),
    }
}

/// Bytes on the line.
#[must_use]
pub fn board_amount(language: Language, done: u32, total: u32) -> String {
    let (done, total) = (done / 1000, total / 1000);
    match language {
        Language::English => format!("{done} of {total} kB, compressed"),
        Language::German => format!("{done} von {total} kB, gepackt"),
    }
}

/// A part of the flash.
#[must_use]
pub fn board_part(language: Language, name: &str) -> &'static str {
    match (language, name) {
        (Language::English, "bootloader") => "start program",
        (Language::German, "bootloader") => "Startprogramm",
        (Language::English, "partitions") => "partition table",
        (Language::German, "partitions") => "Partitionstabelle",
        (Language::English, _) => "application",
        (Language::German, _) => "Anwendung",
    }
}

/// What becomes of a part.
#[must_use]
pub fn board_part_state(
    language: Language,
    state: PartState,
    is_writing: bool,
    is_erased: bool,
) -> String {
    let words = match (language, state) {
        (Language::English, PartState::Kept) => "kept",
        (Language::German, PartState::Kept) => "bleibt",
        (Language::English, PartState::Empty) => "empty",
        (Language::German, PartState::Empty) => "leer",
        (Language::English, PartState::Written(100)) => "written, checked",
        (Language::German, PartState::Written(100)) => "geschrieben, geprüft",
        (Language::English, PartState::Written(0)) if is_writing && is_erased => "erased",
        (Language::German, PartState::Written(0)) if is_writing && is_erased => "gelöscht",
        (Language::English, PartState::Written(0)) if is_erased => "will be erased",
        (Language::German, PartState::Written(0)) if is_erased => "wird gelöscht",
        (Language::English, PartState::Written(0)) => "will be written",
        (Language::German, PartState::Written(0)) => "wird geschrieben",
        (Language::English, PartState::Written(percent)) => return format!("writing, {percent} %"),
        (Language::German, PartState::Written(percent)) => {
            return format!("wird geschrieben, {percent} %");
        }
    };
    words.to_owned()
}

/// Where the broker is.
#[must_use]
pub const fn board_way(language: Language, way: Way) -> &'static str {
    match (language, way) {
        (Language::English, Way::Cable) => "this page, over the cable",
        (Language::German, Way::Cable) => "diese Seite, über das Kabel",
        (Language::English, Way::Page) => "this page, over Wi-Fi",
        (Language::German, Way::Page) => "diese Seite, über WLAN",
        (Language::English, Way::Address) => "at an address, over Wi-Fi",
        (Language::German, Way::Address) => "an einer Adresse, über WLAN",
    }
}

/// What a board can be: its place in [`KINDS`].
#[must_use]
pub fn board_kind(language: Language, kind: usize) -> &'static str {
    match (language, KINDS.get(kind).copied()) {
        (Language::English, Some("button")) => "button (BOOT)",
        (Language::German, Some("button")) => "eine Taste (BOOT)",
        (Language::English, Some("thermometer")) => "thermometer (inside the chip)",
        (Language::German, Some("thermometer")) => "ein Thermometer (im Chip)",
        (Language::English, Some("window-sensor")) => "window sensor (BOOT breaks it)",
        (Language::German, Some("window-sensor")) => "ein Fenstersensor (BOOT zerbricht es)",
        (Language::English, _) => "lamp",
        (Language::German, _) => "eine Lampe",
    }
}

/// How the lamp of a board is wired.
#[must_use]
pub const fn board_led(language: Language, led: Led) -> &'static str {
    match (language, led) {
        (Language::English, Led::Rgb) => "coloured (WS2812)",
        (Language::German, Led::Rgb) => "farbig (WS2812)",
        (Language::English, Led::High) => "plain, lit by a high level",
        (Language::German, Led::High) => "einfach, leuchtet bei hohem Pegel",
        (Language::English, Led::Low) => "plain, lit by a low level",
        (Language::German, Led::Low) => "einfach, leuchtet bei niedrigem Pegel",
    }
}

/// What is wrong with a field.
#[must_use]
pub const fn board_form_fault(language: Language, fault: FormFault) -> &'static str {
    match (language, fault) {
        (Language::English, FormFault::Ssid) => "A network has a name of 1 to 32 bytes.",
        (Language::German, FormFault::Ssid) => "Ein Netz hat einen Namen von 1 bis 32 Bytes.",
        (Language::English, FormFault::WifiPassword) => {
            "A network's password has 8 to 63 characters."
        }
        (Language::German, FormFault::WifiPassword) => {
            "Das Passwort eines Netzes hat 8 bis 63 Zeichen."
        }
        (Language::English, FormFault::Host) => "The broker needs an address, such as 192.168.1.2.",
        (Language::German, FormFault::Host) => "Der Broker braucht eine Adresse, etwa 192.168.1.2.",
        (Language::English, FormFault::Port) => "A port is a number from 1 to 65535.",
        (Language::German, FormFault::Port) => "Ein Port ist eine Zahl von 1 bis 65535.",
        (Language::English, FormFault::Name) => "A name has 1 to 32 letters, digits, hyphens.",
        (Language::German, FormFault::Name) => {
            "Ein Name hat 1 bis 32 Buchstaben, Ziffern, Bindestriche."
        }
        (Language::English, FormFault::TooLong) => "All of it together is too long for the board.",
        (Language::German, FormFault::TooLong) => "Alles zusammen ist zu lang für das Board.",
    }
}
