//! Real devices in this page's broker.

use super::Language;
use super::language::phrases;
use crate::guests::HubState;
use crate::live::address::Address;
use relay::{Opened, Refusal, Role, Transport};

phrases! {
    /// Over the form.
    GUESTS_TITLE: "Real devices join this page’s broker", "Echte Geräte am Broker dieser Seite";
    /// Below it.
    GUESTS_ABOUT: "A tab cannot be dialled. mqtt-hub takes the connections of devices and carries their bytes, unread, to the broker in this page and back. Each device becomes a node on the map and the ladder.", "Einen Tab kann niemand anwählen. mqtt-hub nimmt die Verbindungen der Geräte an und trägt ihre Bytes ungelesen zum Broker in dieser Seite und zurück. Jedes Gerät wird ein Knoten auf der Karte und im Ablauf.";
    /// A field.
    GUESTS_HUB: "Hub", "Hub";
    /// Below it.
    GUESTS_HUB_HINT: "The address at which a computer in your network serves this page: start “mqtt-hub --broker page” there, and it prints one such as http://192.168.1.20:8080.", "Die Adresse, unter der ein Rechner im eigenen Netz diese Seite anbietet: Dort „mqtt-hub --broker page“ starten, dann zeigt er eine wie http://192.168.1.20:8080.";
    /// A field.
    GUESTS_CODE: "Code", "Code";
    /// Below it.
    GUESTS_CODE_HINT: "The hub prints two at its start, if other machines can reach it: the broker needs the one to lead, who watches either.", "Der Hub schreibt zwei beim Start hin, wenn andere Rechner ihn erreichen: Der Broker braucht den zum Leiten, wer zusieht, einen von beiden.";
    /// A button.
    GUESTS_JOIN: "Become the broker", "Broker werden";
    /// A button.
    GUESTS_WATCH: "Watch", "Zusehen";
    /// A button.
    GUESTS_TAKE_OVER: "Take over", "Übernehmen";
    /// A button.
    GUESTS_LEAVE: "Leave the hub", "Hub verlassen";
    /// What else to know.
    GUESTS_SECRETS: "What devices say is in the run, passwords too: think of it before you share or save it. When this tab closes, their connections end.", "Was Geräte sagen, steht im Lauf, auch Passwörter: Vor dem Teilen oder Speichern daran denken. Schließt sich dieser Tab, enden ihre Verbindungen.";
    /// Over what to type.
    GUESTS_TYPE: "What to type on a device", "Was man auf einem Gerät eingibt";
    /// Over the list.
    GUESTS_DEVICES: "Devices", "Geräte";
    /// The list is empty.
    GUESTS_NONE: "Nobody has connected yet.", "Noch hat sich niemand verbunden.";
    /// A device.
    GUEST_GONE: "not connected", "nicht verbunden";
    /// A device that has not said who it is.
    GUEST_SILENT: "(has not said who it is)", "(hat noch nicht gesagt, wer es ist)";
    /// A button for one device; its name follows.
    GUEST_CUT: "Cut", "Kappen";
    /// A button for one device; its name follows.
    GUEST_MEND: "Mend", "Flicken";
    /// A button.
    GUESTS_PAUSE: "Pause", "Pause";
    /// It opens what follows.
    GUESTS_PAUSED_MORE: "What stands still", "Was stillsteht";
    /// Below it, while time stands still.
    GUESTS_PAUSED: "Time stands still in this page, not in the devices: one whose CONNECT or PINGREQ waits too long for its answer hangs up by itself, after some seconds or its keep alive, and dials again.", "Die Zeit steht in dieser Seite still, nicht in den Geräten: Ein Gerät, dessen CONNECT oder PINGREQ zu lange auf Antwort wartet, legt nach einigen Sekunden oder seinem Keep Alive von selbst auf und wählt wieder.";
    /// A button.
    GUESTS_GO_ON: "Go on", "Weiter";
    /// A button.
    GUESTS_STEP: "One packet", "Ein Paket";
    /// A box.
    GUESTS_GATE_OUT: "Hold what devices send", "Anhalten, was Geräte senden";
    /// A box.
    GUESTS_GATE_IN: "Hold what the broker sends", "Anhalten, was der Broker sendet";
    /// A button.
    GUESTS_CUT: "Cut all links", "Alle Leitungen kappen";
    /// A button.
    GUESTS_MEND: "Mend all links", "Alle Leitungen flicken";
    /// The link to the screen, at the main screen.
    GUESTS_LIVE: "Devices", "Geräte";
    /// Something was to be done in a run that is only watched.
    GUESTS_ONLY_WATCHED: "This page only watches: what happens here happens elsewhere. End the session, and the run is yours.", "Diese Seite sieht nur zu: Was hier geschieht, geschieht anderswo. Ist die Live-Sitzung beendet, gehört der Lauf dieser Seite.";
    /// A run with somebody outside has reached its bound.
    LIVE_FULL: "The session has ended: as many things have happened in it as a run can hold. It stays as a run; begin another session to go on.", "Die Live-Sitzung ist zu Ende: In ihr ist so viel geschehen, wie ein Lauf fassen kann. Sie bleibt als Lauf; weiter geht es mit einer neuen.";
}

/// How the page stands with the hub.
#[must_use]
pub fn hub_state(
    language: Language,
    state: &HubState,
    has_run: bool,
    broker: Option<&Result<(), String>>,
) -> String {
    let english = language == Language::English;
    let plain = |en: &str, de: &str| if english { en } else { de }.to_owned();
    match state {
        HubState::Idle if has_run => plain(
            "This page has left the hub; its broker keeps its sessions.",
            "Diese Seite hat den Hub verlassen; ihr Broker behält die Sitzungen.",
        ),
        HubState::Idle => plain(
            "This page is not the broker of a hub.",
            "Diese Seite ist nicht der Broker eines Hubs.",
        ),
        HubState::NoAddress => plain(
            "That is no address of a hub.",
            "Das ist keine Adresse eines Hubs.",
        ),
        HubState::Dialling => plain("The WebSocket opens …", "Der WebSocket öffnet sich …"),
        HubState::Asking => plain(
            "The hub is asked to let this page in …",
            "Der Hub wird gebeten, diese Seite einzulassen …",
        ),
        HubState::In(welcome) if welcome.role == Role::Watcher => match broker {
            Some(Err(why)) => {
                let end = plain(
                    "The broker is gone, and all connections with it",
                    "Der Broker ist weg und mit ihm alle Verbindungen",
                );
                format!("{end}: {why}.")
            }
            Some(Ok(())) => plain(
                "This page watches: another one is the broker.",
                "Diese Seite sieht zu: Der Broker ist eine andere.",
            ),
            None if welcome.broker_is_page => plain(
                "This page watches. Nothing has happened yet.",
                "Diese Seite sieht zu. Noch ist nichts geschehen.",
            ),
            None => plain(
                "This page watches: the hub itself is the broker.",
                "Diese Seite sieht zu: Der Broker ist der Hub selbst.",
            ),
        },
        HubState::In(_) => plain(
            "This page is the hub’s broker.",
            "Diese Seite ist der Broker des Hubs.",
        ),
        HubState::Refused(why) => hub_refusal(language, *why),
        HubState::Forbidden => plain(
            "The browser does not let this page dial the hub.",
            "Der Browser lässt diese Seite den Hub nicht anwählen.",
        ),
        HubState::NotOpened => plain(
            "The hub does not answer at this address.",
            "Unter dieser Adresse antwortet kein Hub.",
        ),
        HubState::TooOld => plain(
            "This hub is older than this page, and the two do not understand each other.",
            "Dieser Hub ist älter als diese Seite, und die beiden verstehen sich nicht.",
        ),
        HubState::Closed(code, reason) => {
            let end = plain(
                "The connection with the hub is gone",
                "Die Verbindung zum Hub ist weg",
            );
            format!("{end} (WebSocket {code} {reason}")
                .trim_end()
                .to_owned()
                + ")."
        }
        HubState::Garbage(fault) => {
            let end = plain(
                "What came is not what this page’s hub says",
                "Was kam, sagt der Hub dieser Seite nicht",
            );
            format!("{end}: {fault}.")
        }
    }
}

pub(super) fn hub_refusal(language: Language, why: Refusal) -> String {
    let (en, de) = match why {
        Refusal::CodeMissing => ("The hub asks for a code.", "Der Hub fragt nach einem Code."),
        Refusal::CodeWrong => (
            "The hub has another code.",
            "Der Hub hat einen anderen Code.",
        ),
        Refusal::TooManyAttempts => (
            "Too many wrong codes came from here; try again in a minute.",
            "Von hier kamen zu viele falsche Codes; in einer Minute geht es wieder.",
        ),
        Refusal::Taken => (
            "Another page is the broker of this hub.",
            "Eine andere Seite ist der Broker dieses Hubs.",
        ),
        Refusal::BrokerIsNative => (
            "This hub is the broker itself.",
            "Dieser Hub ist selbst der Broker.",
        ),
        Refusal::TooManyPages => (
            "As many pages as the hub takes in are there already.",
            "Der Hub hat schon so viele Seiten, wie er aufnimmt.",
        ),
        Refusal::TakenOver => (
            "Another page has taken over: it is the broker now, and its sessions are new.",
            "Eine andere Seite hat übernommen: Sie ist jetzt der Broker, mit neuen Sitzungen.",
        ),
        Refusal::Protocol => (
            "The hub has sent this page away: the page has said hello too late, or what no hub of its version takes.",
            "Der Hub hat diese Seite weggeschickt: Sie hat sich zu spät gemeldet, oder sie hat gesagt, was kein Hub ihrer Version annimmt.",
        ),
        Refusal::TooSlow => (
            "The hub has sent this page away: it did not keep up.",
            "Der Hub hat diese Seite weggeschickt: Sie kam nicht nach.",
        ),
        Refusal::ShuttingDown => ("The hub stops.", "Der Hub hält an."),
    };
    match language {
        Language::English => en,
        Language::German => de,
    }
    .to_owned()
}

/// What to do about it.
#[must_use]
pub fn hub_advice(
    language: Language,
    state: &HubState,
    address: &str,
    is_watching: bool,
) -> Option<String> {
    let (en, de) = match state {
        HubState::NoAddress => (
            "Write it as the hub prints it, for example http://127.0.0.1:8080.",
            "Sie gehört so hierher, wie der Hub sie nennt, zum Beispiel http://127.0.0.1:8080.",
        ),
        HubState::Forbidden => (
            "A page that came by https may open wss:// only. Start the hub with --tls-cert and --tls-key, or open the page that the hub itself serves.",
            "Eine Seite, die über https kam, darf nur wss:// öffnen. Den Hub mit --tls-cert und --tls-key starten oder die Seite öffnen, die der Hub selbst ausliefert.",
        ),
        HubState::NotOpened if is_elsewhere(address) => (
            "Is mqtt-hub running there with --broker page? It lets only its own pages in: open the page that the hub itself serves, or name this page’s host with --allow-host.",
            "Läuft dort mqtt-hub mit --broker page? Er lässt nur eigene Seiten ein: die Seite öffnen, die der Hub selbst ausliefert, oder den Host dieser Seite mit --allow-host nennen.",
        ),
        HubState::NotOpened => (
            "Is mqtt-hub running with --broker page? It prints its addresses at its start; the one behind “http” is meant.",
            "Läuft mqtt-hub mit --broker page? Er schreibt beim Start seine Adressen hin; gemeint ist die hinter „http“.",
        ),
        HubState::TooOld => (
            "Start a hub of this page’s version, or open the page that the hub itself serves.",
            "Einen Hub von der Version dieser Seite starten oder die Seite öffnen, die der Hub selbst ausliefert.",
        ),
        HubState::Refused(Refusal::CodeMissing | Refusal::CodeWrong) => (
            "To be the broker, this page needs the hub’s code to lead (lead-code); to watch, either. The hub has printed both at its start, and makes new ones when it starts anew.",
            "Um der Broker zu sein, braucht diese Seite den Code zum Leiten (lead-code), zum Zusehen einen von beiden. Der Hub hat sie beim Start hingeschrieben und macht neue, wenn er neu startet.",
        ),
        HubState::Refused(Refusal::Taken) => (
            "If you take over, all connections of devices end and begin anew here.",
            "Mit dem Übernehmen enden alle Verbindungen der Geräte und beginnen hier neu.",
        ),
        HubState::Refused(Refusal::BrokerIsNative) => (
            "Start it as mqtt-hub --broker page.",
            "Er ist als mqtt-hub --broker page zu starten.",
        ),
        HubState::Refused(Refusal::Protocol) => (
            "Try again: a page that was asleep is late. If it comes again, open the page that the hub itself serves.",
            "Es noch einmal versuchen: Eine Seite, die geschlafen hat, ist zu spät. Kommt es wieder, die Seite öffnen, die der Hub selbst ausliefert.",
        ),
        HubState::Closed(..) | HubState::Refused(Refusal::ShuttingDown) if is_watching => (
            "What was seen stays. Watch again when the hub is back.",
            "Was zu sehen war, bleibt. Ist der Hub zurück, geht das Zusehen weiter.",
        ),
        HubState::Closed(..) | HubState::Refused(Refusal::ShuttingDown) => (
            "The broker in this page keeps its sessions. Become the broker again when the hub is back: devices that kept theirs go on.",
            "Der Broker dieser Seite behält seine Sitzungen. Ist der Hub zurück, kann sie wieder Broker werden: Geräte, die ihre behalten haben, machen weiter.",
        ),
        _ => return None,
    };
    let advice = match language {
        Language::English => en,
        Language::German => de,
    };
    Some(advice.to_owned())
}

/// Whether an address is not this computer's.
fn is_elsewhere(address: &str) -> bool {
    let plain = address.trim();
    let rest = plain.split_once("://").map_or(plain, |(_, rest)| rest);
    let address = Address::parse(&format!("ws://{rest}"));
    address.is_ok_and(|it| it.reach() != crate::live::address::Reach::Here)
}

/// What to type where a device is.
#[must_use]
pub fn hub_lines(host: &str, port: u16, tls: bool) -> String {
    let tls = if tls { " --tls-use-os-certs" } else { "" };
    let at = format!("-h {host} -p {port}{tls}");
    format!("mosquitto_sub {at} -v -q 2 -t 'hello/#'\nmosquitto_pub {at} -q 2 -t hello/world -m hi")
}

/// Who else looks on.
#[must_use]
pub fn hub_others(language: Language, (students, watchers): (u32, u32)) -> Option<String> {
    if students + watchers == 0 {
        return None;
    }
    Some(match language {
        Language::English => format!("{watchers} watching, {students} in the class"),
        Language::German => format!("{watchers} sehen zu, {students} in der Klasse"),
    })
}

/// From where and how a device is connected.
#[must_use]
pub fn guest_how(opened: &Opened) -> String {
    // Watchers are not told the address.
    let peer = &*opened.peer;
    let between = if peer.is_empty() { "" } else { " · " };
    let transport = match opened.transport {
        Transport::Tcp => "TCP",
        Transport::WebSocket => "WebSocket",
    };
    let secrecy = if opened.tls { " · TLS" } else { "" };
    format!("{peer}{between}{transport}{secrecy}")
}

/// How much a device has sent and received.
#[must_use]
pub fn guest_bytes(language: Language, (came, went): (usize, usize)) -> String {
    match language {
        Language::English => format!("{came} bytes sent, {went} received"),
        Language::German => format!("{came} Bytes gesendet, {went} empfangen"),
    }
}
