//! A class: leading it, following it, voting.

use super::guests::hub_refusal;
use super::language::phrases;
use super::{Language, refusal};
use crate::class::Unshown;
use crate::class::view::PartView;
use crate::guests::HubState;
use crate::work;
use relay::Refusal;

phrases! {
    /// The heading of the screen.
    CLASS_TITLE: "A class", "Eine Klasse";
    /// Over a form.
    CLASS_JOIN_TITLE: "Join a class", "Einer Klasse beitreten";
    /// Below it.
    CLASS_JOIN_ABOUT: "You see what the teacher’s page shows, where it stands, and you vote on what happens next. You can walk alone at any time. What you have open now comes back when you leave.", "Hier ist dann zu sehen, was die Seite der Lehrkraft zeigt und wo sie steht; abgestimmt wird, was als Nächstes geschieht. Allein weiterzugehen ist jederzeit möglich. Was jetzt offen ist, kommt mit dem Verlassen der Klasse zurück.";
    /// A button.
    CLASS_JOIN: "Join", "Beitreten";
    /// Over a form.
    CLASS_LEAD_TITLE: "Lead a class", "Eine Klasse leiten";
    /// Below it.
    CLASS_LEAD_ABOUT: "Other pages see the run that is shown here and where it stands, and vote on its predictions. They meet at a hub: start one, and open the page that it serves.", "Andere Seiten sehen den Lauf, der hier gezeigt wird, und wo er steht, und stimmen über seine Vorhersagen ab. Sie treffen sich an einem Hub: Einen starten und die Seite öffnen, die er ausliefert.";
    /// A button.
    CLASS_LEAD: "Open the class", "Klasse öffnen";
    /// A field.
    CLASS_HUB: "Address of the hub", "Adresse des Hubs";
    /// Below it.
    CLASS_HUB_HINT: "Where the page comes from, as a rule.", "In der Regel die Adresse, von der diese Seite kommt.";
    /// A field.
    CLASS_CODE: "Code, if one is shown", "Code, falls einer gezeigt wird";
    /// Below it.
    CLASS_CODE_HINT: "The teacher shows it. On the teacher’s own computer there is none.", "Die Lehrkraft zeigt ihn. Auf dem Rechner der Lehrkraft gibt es keinen.";
    /// A field.
    CLASS_LEAD_CODE: "Code to lead, if the hub has printed one", "Code zum Leiten, falls der Hub einen hingeschrieben hat";
    /// Below it.
    CLASS_LEAD_CODE_HINT: "The hub has printed it at its start (lead-code), if other machines can reach it.", "Der Hub hat ihn beim Start hingeschrieben (lead-code), wenn andere Rechner ihn erreichen.";
    /// What is known of those in a class.
    CLASS_PRIVACY: "No names: the hub knows how many pages are open and counts their votes. A vote belongs to an open page and is gone with it; nothing is stored.", "Keine Namen: Der Hub weiß, wie viele Seiten offen sind, und zählt ihre Stimmen. Eine Stimme gehört zu einer offenen Seite und ist mit ihr weg; nichts wird gespeichert.";
    /// What the class sees of who leads.
    CLASS_LEAD_PRIVACY: "The class sees the scenario, what was done in it and the place in it. Live sessions, captures and your own answers stay here.", "Die Klasse sieht das Szenario, was darin getan wurde, und die Stelle. Live-Sitzungen, Mitschnitte und die eigenen Antworten bleiben hier.";
    /// A button.
    CLASS_CLOSE: "Close the class", "Klasse schließen";
    /// A button.
    CLASS_LEAVE: "Leave the class", "Klasse verlassen";
    /// A button.
    CLASS_TAKE_OVER: "Take over", "Übernehmen";
    /// A button.
    CLASS_RETRY: "Try now", "Jetzt versuchen";
    /// A button.
    CLASS_ALONE: "Walk alone", "Allein weitergehen";
    /// A button.
    CLASS_FOLLOW: "Follow again", "Wieder folgen";
    /// A button.
    CLASS_ASK: "Ask the class", "Klasse fragen";
    /// A button.
    CLASS_TO_RUN: "Back to the run", "Zurück zum Lauf";
    /// The name of a card.
    CLASS_QUESTION: "The class is asked", "Die Klasse wird gefragt";
    /// Over the address.
    CLASS_OPEN_THIS: "Open in a browser", "Im Browser öffnen";
    /// Over the code.
    CLASS_THE_CODE: "then Class, and the code", "dann Klasse, und der Code";
    /// There is no code.
    CLASS_NO_CODE: "then Class, Join. No code is asked for.", "dann Klasse, Beitreten. Nach einem Code wird nicht gefragt.";
    /// The name of the drawing.
    CLASS_DRAWING: "QR code of the link that joins the class", "QR-Code des Links, der der Klasse beitritt";
    /// Below it.
    CLASS_LINK: "The link that does both", "Der Link, der beides tut";
    /// Others do not reach the hub.
    CLASS_ONLY_HERE: "Only this computer reaches that address. For a class on other devices, start the hub with --http 0.0.0.0:8080 (or the address of this computer in your network); it then prints a code to lead and one to join.", "Diese Adresse erreicht nur dieser Rechner. Für eine Klasse an anderen Geräten den Hub mit --http 0.0.0.0:8080 starten (oder der Adresse dieses Rechners im eigenen Netz); er schreibt dann einen Code zum Leiten und einen zum Beitreten hin.";
    /// The name of what is at hand at the main screen.
    CLASS_STRIP: "Class", "Klasse";
    /// A student has gone elsewhere.
    CLASS_WALKS_ALONE: "You walk alone now. “Follow again” goes back to the class.", "Diese Seite geht jetzt allein. „Wieder folgen“ führt zurück zur Klasse.";
    /// A student has left.
    CLASS_OWN_IS_BACK: "You have left the class; what you had open is back.", "Die Klasse ist verlassen; was vorher offen war, ist wieder da.";
}

/// How the page stands with the class.
#[must_use]
pub fn class_state(
    language: Language,
    state: &HubState,
    part: PartView,
    led: Option<(bool, bool)>,
) -> String {
    let english = language == Language::English;
    let (en, de) = match (state, part, led) {
        (HubState::Idle, ..) => (
            "This page is in no class.",
            "Diese Seite ist in keiner Klasse.",
        ),
        (HubState::NoAddress, ..) => (
            "That is no address of a hub.",
            "Das ist keine Adresse eines Hubs.",
        ),
        (HubState::Dialling | HubState::Asking, ..) => {
            ("The hub is asked …", "Der Hub wird gefragt …")
        }
        (HubState::In(_), PartView::Leads, _) => ("The class is open.", "Die Klasse ist offen."),
        (HubState::In(_), _, Some((false, false))) => (
            "You are in. Nobody leads yet: it begins by itself.",
            "Diese Seite ist dabei. Noch leitet niemand: Es beginnt von selbst.",
        ),
        (HubState::In(_), _, Some((false, true))) => (
            "The teacher’s page is gone. You can go on alone; if it comes back, you follow again by yourself.",
            "Die Seite der Lehrkraft ist weg. Allein geht es hier weiter; kommt sie zurück, folgt diese Seite von selbst wieder.",
        ),
        (HubState::In(_), PartView::Alone, _) => (
            "You walk alone. The class goes on; you can follow again at any time.",
            "Diese Seite geht allein. Die Klasse macht weiter; wieder zu folgen ist jederzeit möglich.",
        ),
        (HubState::In(_), ..) => ("You follow the class.", "Diese Seite folgt der Klasse."),
        (HubState::Refused(Refusal::Taken), ..) => (
            "Another page leads the class of this hub.",
            "Die Klasse dieses Hubs leitet eine andere Seite.",
        ),
        (HubState::Refused(Refusal::TakenOver), ..) => (
            "Another page has taken over: it leads the class now.",
            "Eine andere Seite hat übernommen: Sie leitet jetzt die Klasse.",
        ),
        (HubState::Refused(Refusal::TooManyPages), ..) => (
            "The class is full: the hub takes no more pages in.",
            "Die Klasse ist voll: Der Hub nimmt keine Seiten mehr auf.",
        ),
        (HubState::Refused(why), ..) => return hub_refusal(language, *why),
        (HubState::Forbidden, ..) => (
            "The browser does not let this page dial the hub.",
            "Der Browser lässt diese Seite den Hub nicht anwählen.",
        ),
        (HubState::NotOpened, ..) => (
            "No hub answers at this address.",
            "Unter dieser Adresse antwortet kein Hub.",
        ),
        (HubState::TooOld, ..) => (
            "This hub is older than this page, and the two do not understand each other.",
            "Dieser Hub ist älter als diese Seite, und die beiden verstehen sich nicht.",
        ),
        (HubState::Closed(..), ..) => (
            "The hub is gone. What is open here stays, and you can go on alone.",
            "Der Hub ist weg. Was hier offen ist, bleibt, und allein geht es weiter.",
        ),
        (HubState::Garbage(fault), ..) => {
            let end = match english {
                true => "What came is not what this page’s hub says",
                false => "Was kam, sagt der Hub dieser Seite nicht",
            };
            return format!("{end}: {fault}.");
        }
    };
    if english { en } else { de }.to_owned()
}

/// The same in a few words.
#[must_use]
pub fn class_state_short(
    language: Language,
    state: &HubState,
    part: PartView,
    led: Option<(bool, bool)>,
) -> String {
    let (en, de) = match (state, part, led) {
        (HubState::In(_), PartView::Leads, _) => ("leads", "leitet"),
        (HubState::In(_), PartView::Follows, Some((true, _))) => ("follows", "folgt"),
        (HubState::In(_), PartView::Alone, Some((true, _))) => ("walks alone", "geht allein"),
        (HubState::Dialling | HubState::Asking, ..) => ("joins …", "tritt bei …"),
        _ => return class_state(language, state, part, led),
    };
    match language {
        Language::English => en,
        Language::German => de,
    }
    .to_owned()
}

/// What to do about it; `is_at_home`: the address is the one that the page comes from.
#[must_use]
pub fn class_advice(language: Language, state: &HubState, is_at_home: bool) -> Option<String> {
    let (en, de) = match state {
        HubState::NoAddress => (
            "Write it as the teacher shows it, for example http://192.168.1.20:8080.",
            "Sie gehört so hierher, wie die Lehrkraft sie zeigt, zum Beispiel http://192.168.1.20:8080.",
        ),
        HubState::Forbidden => (
            "A page that came by https may open wss:// only. Open the page that the hub itself serves.",
            "Eine Seite, die über https kam, darf nur wss:// öffnen. Es hilft, die Seite zu öffnen, die der Hub selbst ausliefert.",
        ),
        HubState::NotOpened if is_at_home => (
            "This page comes from a plain web server, or its hub has stopped. Join: open the address that the teacher shows. Lead: start cargo xtask serve or mqtt-hub, and open the page that it serves.",
            "Diese Seite kommt von einem gewöhnlichen Webserver, oder ihr Hub läuft nicht mehr. Beitreten: die Adresse öffnen, die die Lehrkraft zeigt. Leiten: cargo xtask serve oder mqtt-hub starten und die Seite öffnen, die er ausliefert.",
        ),
        HubState::NotOpened => (
            "Is it the address that the teacher shows, and are you in the same network? A hub lets only its own pages in: best open the page that it serves. It may also be newer than this page; then load the page again.",
            "Ist es die Adresse, die die Lehrkraft zeigt, und ist dieses Gerät im selben Netz? Ein Hub lässt nur eigene Seiten ein: Am besten die Seite öffnen, die er ausliefert. Er kann auch neuer sein als diese Seite; dann die Seite neu laden.",
        ),
        HubState::TooOld => (
            "Open the page that the hub itself serves, or start a hub of this page’s version.",
            "Die Seite öffnen, die der Hub selbst ausliefert, oder einen Hub von der Version dieser Seite starten.",
        ),
        HubState::Refused(Refusal::CodeMissing | Refusal::CodeWrong) => (
            "Students need the code that the teacher shows; who leads needs the other one, which the hub has printed at its start (lead-code). Both are new when the hub starts anew.",
            "Wer beitritt, braucht den Code, den die Lehrkraft zeigt; wer leitet, den anderen, den der Hub beim Start hingeschrieben hat (lead-code). Beide sind neu, wenn der Hub neu startet.",
        ),
        HubState::Refused(Refusal::Taken) => (
            "If that page is gone for good, or is yours: take over. The class then sees this page.",
            "Ist jene Seite endgültig weg, oder ist es die eigene: dann übernehmen. Die Klasse sieht dann diese Seite.",
        ),
        HubState::Refused(Refusal::TooManyPages) => (
            "Share a screen, or close a page that nobody looks at.",
            "Einen Bildschirm teilen oder eine Seite schließen, auf die niemand sieht.",
        ),
        _ => return None,
    };
    let advice = match language {
        Language::English => en,
        Language::German => de,
    };
    Some(advice.to_owned())
}

/// The hub is dialled again.
#[must_use]
pub fn class_wait(language: Language, left_secs: u32, tries: u32) -> String {
    match language {
        Language::English => format!("Tries again in {left_secs} s (attempt {tries})"),
        Language::German => format!("Neuer Versuch in {left_secs} s (der {tries}.)"),
    }
}

/// How many pages follow.
#[must_use]
pub fn class_count(language: Language, students: u32) -> String {
    match (language, students) {
        (Language::English, 1) => "1 page in the class".to_owned(),
        (Language::English, _) => format!("{students} pages in the class"),
        (Language::German, 1) => "1 Seite in der Klasse".to_owned(),
        (Language::German, _) => format!("{students} Seiten in der Klasse"),
    }
}

/// What the class sees of this page, or why it sees nothing of it.
#[must_use]
pub(crate) fn class_shows(language: Language, why: Option<Unshown>, title: &str) -> String {
    let english = language == Language::English;
    let (en, de) = match why {
        None if english => return format!("The class sees “{title}” and where you stand in it."),
        None => {
            return format!("Die Klasse sieht „{title}“ und die Stelle, die hier gezeigt wird.");
        }
        Some(Unshown::Live) => (
            "The class does not see this: what goes on outside of the page stays here.",
            "Das sieht die Klasse nicht: Was außerhalb der Seite vorgeht, bleibt hier.",
        ),
        Some(Unshown::Captured) => (
            "The class does not see this: captures stay here.",
            "Das sieht die Klasse nicht: Mitschnitte bleiben hier.",
        ),
        Some(Unshown::TooLong) => (
            "The class does not see this: it is too long to be sent.",
            "Das sieht die Klasse nicht: Es ist zu lang, um gesendet zu werden.",
        ),
    };
    if english { en } else { de }.to_owned()
}

/// What the teacher shows cannot be shown here.
#[must_use]
pub fn class_refused(language: Language, why: &work::Refusal) -> String {
    let why = refusal(language, why);
    match language {
        Language::English => format!("What the class sees cannot be shown here: {why}."),
        Language::German => format!("Was die Klasse sieht, lässt sich hier nicht zeigen: {why}."),
    }
}

/// How many have voted.
#[must_use]
pub fn class_voted(language: Language, votes: u32, students: u32, is_over: bool) -> String {
    match (language, is_over) {
        (Language::English, false) => format!("The class votes: {votes} of {students} have."),
        (Language::English, true) => format!("The class has voted: {votes} votes."),
        (Language::German, false) => {
            format!("Die Klasse stimmt ab: {votes} von {students} haben gestimmt.")
        }
        (Language::German, true) => format!("Die Klasse hat abgestimmt: {votes} Stimmen."),
    }
}

/// What an answer means while the class votes.
#[must_use]
pub const fn class_votes(language: Language, has_voted: bool) -> &'static str {
    match (language, has_voted) {
        (Language::English, false) => "The class votes: choose an answer.",
        (Language::English, true) => "Your vote counts. You can change it until the vote ends.",
        (Language::German, false) => "Die Klasse stimmt ab: eine Antwort wählen.",
        (Language::German, true) => {
            "Die Stimme zählt. Bis zum Ende der Abstimmung lässt sie sich ändern."
        }
    }
}

/// How many votes an answer has.
#[must_use]
pub fn votes(language: Language, votes: u32, total: u32) -> String {
    match language {
        Language::English => format!("{votes} of {total} votes"),
        Language::German => format!("{votes} von {total} Stimmen"),
    }
}
