//! Boards with scripts, in words.

use super::language::phrases;
use super::sandbox::phrase;
use super::{Language, Phrase};
use crate::sandbox::MAIN;
use crate::script::Trouble;
use device::script::Ended;
use device::script::wire::NOT_BUILT;

phrases! {
    /// A view of the broker's pane, and the head of the same in the sandbox.
    STUDY_SCRIPT: "Script", "Skript";
    /// MicroPython is being fetched.
    SCRIPT_LOADING: "Fetching MicroPython for the scripts of this world …", "MicroPython für die Skripte dieser Welt wird geholt …";
    /// There is none to fetch.
    SCRIPT_NOT_BUILT: "This page was built without MicroPython, so its boards cannot run scripts. Whoever builds it needs Node.js and the npm packages.", "Diese Seite wurde ohne MicroPython gebaut: Ihre Boards können keine Skripte ausführen. Wer sie baut, braucht Node.js und die npm-Pakete.";
    /// A live session with a world whose boards wait for it.
    SCRIPT_LIVE_WAITS: "MicroPython for the boards of this world is being fetched. Connect again in a moment.", "MicroPython für die Boards dieser Welt wird geholt. Gleich noch einmal verbinden.";
    /// A button: fetches it again.
    SCRIPT_RETRY: "Try again", "Erneut versuchen";
    /// A board that has not started.
    SCRIPT_OFF: "The board is off.", "Das Board ist aus.";
    /// A board whose program is over and that waits for more.
    SCRIPT_AT_PROMPT: "The board waits at its prompt.", "Das Board wartet an seiner Eingabe.";
    /// The field behind the prompt.
    SCRIPT_PROMPT: "Type Python at the prompt", "Python an der Eingabe tippen";
    /// What can be done there.
    SCRIPT_PROMPT_HINT: "Enter runs it on the board at the moment that is shown; the future that was there is kept. Shift+Enter begins another line, Up brings back what was entered before.", "Enter lässt es zum gezeigten Zeitpunkt auf dem Board laufen; die Zukunft, die dort war, bleibt erhalten. Umschalt+Enter beginnt eine weitere Zeile, Pfeil nach oben holt frühere Eingaben zurück.";
    /// A button: what Enter does.
    SCRIPT_ENTER: "Enter", "Eingeben";
    /// A button.
    SCRIPT_INTERRUPT: "Ctrl-C", "Strg-C";
    /// What it does.
    SCRIPT_INTERRUPT_HINT: "Ends the program at the moment that is shown with KeyboardInterrupt; then the board waits at its prompt", "Beendet das Programm zum gezeigten Zeitpunkt mit KeyboardInterrupt; danach wartet das Board an seiner Eingabe";
    /// The choice of a board.
    SCRIPT_BOARD: "Board", "Board";
    /// The choice of a file.
    SCRIPT_FILES: "Files on the board", "Dateien auf dem Board";
    /// The program, as a landmark and as the name of the editor.
    SCRIPT_SOURCE: "Program of the board", "Programm des Boards";
    /// What was printed.
    SCRIPT_CONSOLE: "Console", "Konsole";
    /// Nothing was printed.
    SCRIPT_SILENT: "Nothing printed so far.", "Bisher keine Ausgabe.";
    /// A button.
    SCRIPT_RUN: "Run", "Starten";
    /// What it does.
    SCRIPT_RUN_HINT: "Runs the world from its beginning with this program (Ctrl+Enter)", "Lässt die Welt mit diesem Programm von vorn laufen (Strg+Enter)";
    /// A button.
    SCRIPT_STOP: "Stop", "Stopp";
    /// What it does.
    SCRIPT_STOP_HINT: "Takes the board's power away at the moment that is shown", "Nimmt dem Board zum gezeigten Zeitpunkt den Strom";
    /// A button.
    SCRIPT_RESET: "Reset", "Reset";
    /// What it does.
    SCRIPT_RESET_HINT: "Starts the board again at the moment that is shown, as its EN button does", "Startet das Board zum gezeigten Zeitpunkt neu, wie seine Taste EN";
    /// What was typed is not run.
    SCRIPT_WAITING: "Changed, and not run yet.", "Geändert und noch nicht gestartet.";
    /// What was typed on an earlier visit is not run.
    SCRIPT_WAITING_BACK: "This was typed on an earlier visit, and has not been run yet.", "Das wurde bei einem früheren Besuch getippt und ist noch nicht gelaufen.";
    /// Beside a file.
    SCRIPT_FILE_WAITS: "changed, not run yet", "geändert, noch nicht gestartet";
    /// The files of the board's own.
    SCRIPT_OWN: "The board's own files", "Eigene Dateien des Boards";
    /// The libraries, which can be read.
    SCRIPT_LIBRARIES: "Libraries, to read", "Bibliotheken zum Lesen";
    /// A button.
    SCRIPT_FILE_ADD: "New file", "Neue Datei";
    /// What it does.
    SCRIPT_FILE_ADD_HINT: "Puts another file on the board: boot.py runs before main.py, any other can be imported", "Legt eine weitere Datei auf das Board: boot.py läuft vor main.py, jede andere lässt sich importieren";
    /// The name of a file, in a field.
    SCRIPT_FILE_NAME: "Name of the file", "Name der Datei";
    /// A button.
    SCRIPT_FILE_REMOVE: "Delete", "Löschen";
    /// What it does.
    SCRIPT_FILE_REMOVE_HINT: "Takes the file off the board; Undo brings it back", "Nimmt die Datei vom Board; „Rückgängig“ bringt sie zurück";
    /// What was entered is no name of a file, or another file has it.
    SCRIPT_FILE_NAME_BAD: "A file needs a name that no other file of the board has: up to 64 letters, digits, _, - and ., with / behind a folder.", "Eine Datei braucht einen Namen, den keine andere Datei des Boards hat: bis zu 64 Buchstaben, Ziffern, _, - und ., mit / hinter einem Ordner.";
    /// There are as many files as there can be.
    SCRIPT_FILES_FULL: "A board has 16 files beside main.py at most.", "Ein Board hat neben main.py höchstens 16 Dateien.";
    /// What boot.py is.
    SCRIPT_BOOT_NOTE: "boot.py runs before main.py, and main.py knows its names. If it fails, main.py is not run, as on an ESP32.", "boot.py läuft vor main.py, und main.py kennt seine Namen. Scheitert es, läuft main.py nicht, wie auf einem ESP32.";
    /// The program cannot be changed here.
    SCRIPT_READ_ONLY: "A script is changed in the sandbox: take this world there first.", "Ein Skript wird in der Sandbox geändert: Diese Welt zuerst dorthin übernehmen.";
    /// A file is being fetched.
    SCRIPT_FILE_LOADING: "Fetching the file …", "Die Datei wird geholt …";
    /// A file could not be fetched.
    SCRIPT_FILE_NOT_READ: "The file could not be fetched. Connect to the network and choose it again.", "Die Datei ließ sich nicht holen. Die Netzverbindung herstellen und sie noch einmal wählen.";
    /// What a mark beside a line says.
    SCRIPT_NOW: "here now", "jetzt hier";
    /// The edition of a library.
    SCRIPT_SIMPLE: "umqtt.simple 1.3.4, as published on PyPI, unchanged, MIT licence. This edition has neither unsubscribe() nor a time-out for connect(); the one in newer firmware has both.", "umqtt.simple 1.3.4, wie auf PyPI veröffentlicht, unverändert, MIT-Lizenz. Diese Ausgabe hat weder unsubscribe() noch eine Frist für connect(); die in neuerer Firmware hat beides.";
    /// The edition of a library.
    SCRIPT_ROBUST: "umqtt.robust 1.0, as published on PyPI, unchanged, MIT licence. It connects again by itself, and does not subscribe again.", "umqtt.robust 1.0, wie auf PyPI veröffentlicht, unverändert, MIT-Lizenz. Sie verbindet sich selbst neu und abonniert dabei nicht neu.";
    /// The edition of a library.
    SCRIPT_SIMPLE2: "umqtt.simple2 2.2.0 by fizista, as published on PyPI, unchanged, MIT licence.", "umqtt.simple2 2.2.0 von fizista, wie auf PyPI veröffentlicht, unverändert, MIT-Lizenz.";
    /// The edition of a library.
    SCRIPT_ROBUST2: "umqtt.robust2 2.2.0 by fizista, as published on PyPI, unchanged, MIT licence.", "umqtt.robust2 2.2.0 von fizista, wie auf PyPI veröffentlicht, unverändert, MIT-Lizenz.";
    /// A kind of node, and a world to begin with.
    SCRIPT_NODE: "ESP32 with a script", "ESP32 mit einem Skript";
    /// A way to that from where boards are brought in.
    SCRIPT_INSTEAD: "No board at hand? Run your MicroPython script on a virtual ESP32", "Kein Board zur Hand? Das MicroPython-Skript auf einem virtuellen ESP32 laufen lassen";
    /// The script of a device, among its settings.
    SCRIPT_SETTING: "MicroPython script", "MicroPython-Skript";
}

/// The interpreter could not be fetched.
#[must_use]
pub fn script_not_loaded(language: Language, why: &str) -> String {
    if why == NOT_BUILT {
        return SCRIPT_NOT_BUILT.to(language).to_owned();
    }
    match language {
        Language::English => format!(
            "MicroPython could not be fetched ({why}). It is needed once: connect to the network and try again. From then on it is kept for the time without one."
        ),
        Language::German => format!(
            "MicroPython ließ sich nicht holen ({why}). Es wird einmal gebraucht: Die Netzverbindung herstellen und es erneut versuchen. Von da an bleibt es für die Zeit ohne Netz aufgehoben."
        ),
    }
}

/// The heading of what is shown of a board.
#[must_use]
pub fn script_board(language: Language, name: &str) -> String {
    match language {
        Language::English | Language::German => format!("Board {name}"),
    }
}

/// A script runs, and is in a line, or in none that can be told.
#[must_use]
pub fn script_runs(language: Language, line: u32, file: &str) -> String {
    match (language, line) {
        (Language::English, 0) => "Runs".to_owned(),
        (Language::German, 0) => "Läuft".to_owned(),
        (Language::English, _) => format!("Runs, in line {line}{}", of_file(language, file)),
        (Language::German, _) => format!("Läuft, in Zeile {line}{}", of_file(language, file)),
    }
}

/// Which file a line stands in, if that is not the script itself.
fn of_file(language: Language, file: &str) -> String {
    match language {
        _ if file == MAIN => String::new(),
        Language::English => format!(" of {file}"),
        Language::German => format!(" von {file}"),
    }
}

/// How a script has ended.
#[must_use]
pub fn script_ended(language: Language, how: &Ended) -> String {
    let effect = device::Effect::ScriptEnded { how: how.clone() };
    super::effect(language, &effect)
}

/// Which line did what a step shows.
#[must_use]
pub fn script_line_of_step(language: Language, step: usize, line: u32, file: &str) -> String {
    let of_file = of_file(language, file);
    match language {
        Language::English => format!("Line {line}{of_file} does what step {step} shows."),
        Language::German => format!("Zeile {line}{of_file} tut, was Schritt {step} zeigt."),
    }
}

/// How many lines of the console are left out.
#[must_use]
pub fn script_left_out(language: Language, lines: usize) -> String {
    match language {
        Language::English => format!("{lines} earlier lines are left out."),
        Language::German => format!("{lines} frühere Zeilen sind ausgelassen."),
    }
}

/// What an exception means for whoever wrote the script.
#[must_use]
pub const fn script_trouble(trouble: Trouble) -> Option<Phrase> {
    Some(match trouble {
        Trouble::SentQos2 => phrase(
            "umqtt.simple has no QoS 2. publish() sends the packet all the same, then stops at its own “assert 0”: so the broker has the message and answers with PUBREC, which nobody reads. A real ESP32 does the same. Use qos=1.",
            "umqtt.simple hat kein QoS 2. publish() sendet das Paket trotzdem und hält dann an seinem eigenen „assert 0“ an: Der Broker hat also die Nachricht und antwortet mit PUBREC, das niemand liest. Ein echter ESP32 tut dasselbe. Es geht mit qos=1.",
        ),
        Trouble::RefusesQos2 => phrase(
            "umqtt.simple2 has no QoS 2: publish() refuses it before anything is sent. A real ESP32 does the same. Use qos=1.",
            "umqtt.simple2 hat kein QoS 2: publish() lehnt es ab, bevor etwas gesendet wird. Ein echter ESP32 tut dasselbe. Es geht mit qos=1.",
        ),
        Trouble::GotQos2 => phrase(
            "A message came at QoS 2. The library calls the callback, then gives up: it cannot send PUBREC. Subscribe with qos=1, then the broker sends no QoS 2.",
            "Eine Nachricht kam mit QoS 2. Die Bibliothek ruft den Callback auf und gibt dann auf: PUBREC kann sie nicht senden. Wird mit qos=1 abonniert, sendet der Broker kein QoS 2.",
        ),
        Trouble::NoCallback => phrase(
            "subscribe() wants to know first what to call when a message comes: set_callback() goes before it.",
            "subscribe() will vorher wissen, was bei einer Nachricht aufzurufen ist: set_callback() gehört davor.",
        ),
        Trouble::RefusesToSubscribeQos2 => phrase(
            "umqtt.simple2 subscribes at QoS 0 or 1 only, and refuses QoS 2 before anything is sent. Use qos=1.",
            "umqtt.simple2 abonniert nur mit QoS 0 oder 1 und lehnt QoS 2 ab, bevor etwas gesendet wird. Es geht mit qos=1.",
        ),
        Trouble::BadWill => phrase(
            "A will needs a topic that is not empty, and a QoS of 0, 1 or 2.",
            "Ein Will braucht ein Topic, das nicht leer ist, und QoS 0, 1 oder 2.",
        ),
        Trouble::LongKeepAlive => phrase(
            "keepalive is in seconds and at most 65535: CONNECT has two bytes for it.",
            "keepalive zählt in Sekunden und ist höchstens 65535: CONNECT hat zwei Bytes dafür.",
        ),
        Trouble::TooLarge => phrase(
            "The text or the message is longer than the library can send.",
            "Der Text oder die Nachricht ist länger, als die Bibliothek senden kann.",
        ),
        Trouble::NotTheAnswer => phrase(
            "The library waited for one packet, and another came or only part of one: it does not go on after that.",
            "Die Bibliothek hat auf ein Paket gewartet, und ein anderes kam oder nur ein Teil: Danach macht sie nicht weiter.",
        ),
        Trouble::ClosedUnanswered => phrase(
            "The other end has closed the connection where the library waited for an answer. umqtt.simple does not look whether anything came: that is the IndexError. A broker does so with a CONNECT that it does not accept.",
            "Das andere Ende hat die Verbindung geschlossen, als die Bibliothek auf eine Antwort wartete. umqtt.simple sieht nicht nach, ob etwas kam: Das ist der IndexError. Ein Broker tut das bei einem CONNECT, den er nicht annimmt.",
        ),
        Trouble::NotConnected => phrase(
            "The library has no connection: connect() goes first, and again after the connection was lost.",
            "Die Bibliothek hat keine Verbindung: Zuerst kommt connect(), und noch einmal, wenn die Verbindung verloren ging.",
        ),
        Trouble::Silent => phrase(
            "For longer than the keep alive nothing has come from the broker. ping() in time brings a PINGRESP.",
            "Länger als das Keep Alive ist nichts vom Broker gekommen. ping() zur rechten Zeit bringt ein PINGRESP.",
        ),
        Trouble::ClosedByItself => phrase(
            "The script has closed this socket itself, with disconnect() or close(), and uses it again. connect() opens a new one.",
            "Das Skript hat diesen Socket selbst geschlossen, mit disconnect() oder close(), und benutzt ihn wieder. connect() öffnet einen neuen.",
        ),
        Trouble::Refused(5) => phrase(
            "The broker refuses: not authorized. The number is the return code of CONNACK.",
            "Der Broker lehnt ab: nicht berechtigt. Die Zahl ist der Return Code im CONNACK.",
        ),
        Trouble::Refused(4) => phrase(
            "The broker refuses: user name or password is wrong. The number is the return code of CONNACK.",
            "Der Broker lehnt ab: Benutzername oder Passwort stimmt nicht. Die Zahl ist der Return Code im CONNACK.",
        ),
        Trouble::Refused(128) => phrase(
            "The broker refuses the subscription: SUBACK says 0x80.",
            "Der Broker lehnt das Abonnement ab: SUBACK sagt 0x80.",
        ),
        Trouble::Refused(1) => phrase(
            "The broker refuses: it does not speak this version of MQTT. The library speaks 3.1.1 only.",
            "Der Broker lehnt ab: Diese Version von MQTT spricht er nicht. Die Bibliothek spricht nur 3.1.1.",
        ),
        Trouble::Refused(2) => phrase(
            "The broker refuses the client id, which is the first argument of MQTTClient.",
            "Der Broker lehnt die Client-ID ab, das erste Argument von MQTTClient.",
        ),
        Trouble::Refused(_) => phrase(
            "The broker refuses: the service is not available. Try again later.",
            "Der Broker lehnt ab: Der Dienst ist nicht verfügbar. Es später noch einmal versuchen.",
        ),
        Trouble::NoName => phrase(
            "No server in this network has that name. Look at the second argument of MQTTClient: it must be the name of the broker that the board's link leads to, or an address. Here each address and each name with a dot stands for that broker.",
            "Kein Server in diesem Netz hat diesen Namen. Zu prüfen ist das zweite Argument von MQTTClient: Es muss der Name des Brokers sein, zu dem die Leitung des Boards führt, oder eine Adresse. Hier steht jede Adresse und jeder Name mit einem Punkt für diesen Broker.",
        ),
        Trouble::Unjoined => phrase(
            "The board has not joined a Wi-Fi, so it can ask nobody for this name. First comes wlan = network.WLAN(network.STA_IF), wlan.active(True), wlan.connect(\"name\", \"password\") with any name and password, and a loop that waits until wlan.isconnected() says True. A real ESP32 raises the same.",
            "Das Board ist in keinem WLAN und kann also niemanden nach diesem Namen fragen. Zuerst kommt wlan = network.WLAN(network.STA_IF), wlan.active(True), wlan.connect(\"name\", \"passwort\") mit beliebigem Namen und Passwort, und eine Schleife, die wartet, bis wlan.isconnected() True sagt. Ein echter ESP32 meldet dasselbe.",
        ),
        Trouble::NobodyListens => phrase(
            "Nobody listens there: the broker is off, the port is another one (MQTT without TLS has 1883), or it is localhost, which is the board itself.",
            "Dort hört niemand zu: Der Broker ist aus, der Port ist ein anderer (MQTT ohne TLS hat 1883), oder es ist localhost, und das ist das Board selbst.",
        ),
        Trouble::NobodyAnswers => phrase(
            "Nobody answers there: the packets get lost on the way, or no machine has this address.",
            "Dort antwortet niemand: Die Pakete gehen unterwegs verloren, oder kein Gerät hat diese Adresse.",
        ),
        Trouble::NotMadeOrGone => phrase(
            "There is no connection. Either none was made, because nobody listens there: the broker is off, the port is another one (MQTT without TLS has 1883), or it is localhost, which is the board itself. Or there was one, and the other end has closed it or does not know it any more. The ladder tells which: a connection that was made carries packets.",
            "Es gibt keine Verbindung. Entweder kam keine zustande, weil dort niemand zuhört: Der Broker ist aus, der Port ist ein anderer (MQTT ohne TLS hat 1883), oder es ist localhost, und das ist das Board selbst. Oder es gab eine, und das andere Ende hat sie geschlossen oder kennt sie nicht mehr. Der Ablauf sagt, was davon: Auf einer Verbindung, die zustande kam, laufen Pakete.",
        ),
        Trouble::NobodyAnswersOrLost => phrase(
            "Nobody answers: the packets get lost on the way, no machine has this address, or the Wi-Fi is gone and every connection with it.",
            "Niemand antwortet: Die Pakete gehen unterwegs verloren, kein Gerät hat diese Adresse, oder das WLAN ist weg und mit ihm jede Verbindung.",
        ),
        Trouble::RadioOff => phrase(
            "The radio of the board is off: wlan.active(True) comes before wlan.connect(). A real ESP32 stops here, too; its words differ from one firmware to the next.",
            "Das Funkteil des Boards ist aus: wlan.active(True) kommt vor wlan.connect(). Ein echter ESP32 hält hier auch an; die Worte sind je nach Firmware andere.",
        ),
        Trouble::NotHere => phrase(
            "The program is right: a real ESP32 has this. The virtual one has sockets, Wi-Fi, pins, ADC, timers, DHT sensors, files and the umqtt libraries, and nothing that other hardware, the internet or asyncio would need.",
            "Das Programm ist richtig: Ein echter ESP32 hat das. Der virtuelle hat Sockets, WLAN, Pins, ADC, Timer, DHT-Sensoren, Dateien und die Bibliotheken umqtt, und nichts, wofür andere Hardware, das Internet oder asyncio nötig wären.",
        ),
        Trouble::NoNetwork => phrase(
            "The board has not joined its Wi-Fi, or has lost it. Wait in a loop until wlan.isconnected() says True.",
            "Das Board ist nicht im WLAN oder hat es verloren. In einer Schleife warten, bis wlan.isconnected() True sagt.",
        ),
        Trouble::LostNetwork => phrase(
            "The Wi-Fi is gone, and the connection with it. The broker hears nothing of that until the keep alive is over.",
            "Das WLAN ist weg und mit ihm die Verbindung. Der Broker merkt davon nichts, bis das Keep Alive abläuft.",
        ),
        Trouble::NoTls => phrase(
            "This board speaks no TLS, and the brokers of these worlds do not either: leave out ssl=True and use port 1883.",
            "Dieses Board spricht kein TLS, und die Broker dieser Welten auch nicht: ssl=True weglassen und Port 1883 nehmen.",
        ),
        Trouble::NoFile => phrase(
            "There is no such file on the board. os.listdir() says which there are; what the script writes stays over a reset.",
            "Diese Datei gibt es auf dem Board nicht. os.listdir() sagt, welche es gibt; was das Skript schreibt, bleibt über einen Reset hinweg.",
        ),
        Trouble::FlashFull => phrase(
            "The flash of this board is full: its own files have 128 KiB here.",
            "Der Flash-Speicher dieses Boards ist voll: Eigene Dateien haben hier 128 KiB.",
        ),
        Trouble::NotInModule => phrase(
            "The module is there, and has nothing of that name. Look at the spelling, upper and lower case too; the library can be read under “Files on the board”.",
            "Das Modul ist da, aber nichts darin heißt so. Zu prüfen ist die Schreibweise, auch Groß- und Kleinschreibung; die Bibliothek lässt sich unter „Dateien auf dem Board“ lesen.",
        ),
        Trouble::Gone => phrase(
            "The connection is gone: the other end has closed it, or does not know it any more. umqtt.simple and simple2 leave it to the script to connect again.",
            "Die Verbindung ist weg: Das andere Ende hat sie geschlossen oder kennt sie nicht mehr. umqtt.simple und simple2 überlassen es dem Skript, sich neu zu verbinden.",
        ),
        Trouble::TimedOut => phrase(
            "Nothing came in the time that the script allows: the packets get lost on the way, or the broker is off.",
            "In der Zeit, die das Skript zulässt, kam nichts: Die Pakete gehen unterwegs verloren, oder der Broker ist aus.",
        ),
        Trouble::Memory => phrase(
            "Out of memory: the script keeps more than the board can hold, or makes more at once. This board has about one megabyte, and so has every other of this world: an ESP32 without extra memory has far less. What one call such as sum(range(100000)) leaves behind is collected here only when it returns, and fills this memory where a real board goes on: a loop of statements does not.",
            "Speicher voll: Das Skript behält mehr, als das Board fasst, oder macht mehr auf einmal. Dieses Board hat etwa ein Megabyte, jedes andere dieser Welt ebenso: Ein ESP32 ohne Zusatzspeicher hat viel weniger. Was ein einzelner Aufruf wie sum(range(100000)) übrig lässt, wird hier erst eingesammelt, wenn er zurückkehrt, und füllt den Speicher, wo ein echtes Board weitermacht: Eine Schleife aus Anweisungen tut das nicht.",
        ),
        Trouble::Recursion => phrase(
            "A function calls itself too deeply: each call takes room on the stack, and that is small on a board.",
            "Eine Funktion ruft sich zu tief selbst auf: Jeder Aufruf braucht Platz auf dem Stack, und der ist auf einem Board klein.",
        ),
        Trouble::Syntax => phrase(
            "The program is not Python: nothing of it was run. The line is the one at which the reader gave up; the mistake can stand just before it.",
            "Das Programm ist kein Python: Nichts davon ist gelaufen. Die Zeile ist die, bei der der Leser aufgab; der Fehler kann kurz davor stehen.",
        ),
        Trouble::NoModule => phrase(
            "The board has no module of this name. It has socket, select, time, network, machine, dht, json, os, binascii and the umqtt libraries.",
            "Das Board hat kein Modul mit diesem Namen. Es hat socket, select, time, network, machine, dht, json, os, binascii und die Bibliotheken umqtt.",
        ),
        Trouble::Interrupted => phrase(
            "Ctrl-C has ended the program. What it knows is still there: type at the prompt to look at it.",
            "Strg-C hat das Programm beendet. Was es kennt, ist noch da und lässt sich an der Eingabe ansehen.",
        ),
        Trouble::Other => return None,
    })
}
