//! What happens and why, in sentences.

pub use because::because;
pub use end::quiet_until;

use super::*;
use crate::story::{Again, Effect, Keeps};
use end::end;
use outage::{say_cut, say_restored};
use packet::say_packet;

/// Opens a marked piece of a sentence.
pub const MARK_OPEN: char = '\u{2}';
/// Closes a marked piece of a sentence.
pub const MARK_CLOSE: char = '\u{3}';

/// The text of the language.
macro_rules! tr {
    ($language:expr, en: $en:expr, de: $de:expr $(,)?) => {
        match $language {
            Language::English => $en,
            Language::German => $de,
        }
    };
}

/// In each language three pieces of a sentence, of which the second is marked.
macro_rules! marked {
    (
        $language:expr,
        en: [$before:expr, $marked:expr, $after:expr],
        de: [$vor:expr, $markiert:expr, $nach:expr] $(,)?
    ) => {
        match $language {
            Language::English => format!("{}{MARK_OPEN}{}{MARK_CLOSE}{}", $before, $marked, $after),
            Language::German => format!("{}{MARK_OPEN}{}{MARK_CLOSE}{}", $vor, $markiert, $nach),
        }
    };
}

// Behind the macros, which they use.
mod because;
mod connect;
mod end;
mod outage;
mod packet;
mod publish;

/// Two lines of the projector hold so many characters.
const CAPTION_MAX_CHARS: usize = 240;

/// The line under the drawings on the projector and on telephones. What to do at the start stands there if it has room.
#[must_use]
pub fn caption(language: Language, story: &Story, step: usize, sentence: &str) -> String {
    if story.step(step).is_some() {
        format!("{}: {sentence}", super::step(language, step))
    } else if let Some(hint) = hint(language, step)
        && sentence.chars().count() + hint.chars().count() < CAPTION_MAX_CHARS
    {
        format!("{sentence} {hint}").trim_start().to_owned()
    } else {
        sentence.to_owned()
    }
}

/// What to do at the start.
#[must_use]
pub const fn hint(language: Language, step: usize) -> Option<&'static str> {
    if step == 0 {
        Some(START.to(language))
    } else {
        None
    }
}

phrases! {
    /// Said before the first step.
    START: "Nothing has been sent yet: step forward, or press Play.",
        "Noch wurde nichts gesendet: einen Schritt vor, oder Abspielen drücken.";
}

/// What happens at step `selected`, as far as it is known at `position`.
#[must_use]
pub fn say(
    language: Language,
    story: &Story,
    about: &str,
    position: Position,
    selected: usize,
) -> String {
    let Some(step) = story.step(selected) else {
        return if selected == 0 {
            about.to_owned()
        } else {
            end(language, story)
        };
    };
    let client = |wire: usize| {
        let wire = story.wires.get(wire);
        wire.map_or("", |wire| story.name(wire.client))
    };
    match step.kind {
        StepKind::Packet(flight) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| {
                say_packet(language, story, flight, position)
            }),
        StepKind::Vanished(flight) => story.flights.get(flight).map_or_else(String::new, |it| {
            let title = it.face.title();
            marked!(
                language,
                en: [
                    format!("{title} vanishes on the way, and "),
                    "the connection goes on",
                    ": drawings show this, but TCP never does it."
                ],
                de: [
                    format!("{title} verschwindet unterwegs, und "),
                    "die Verbindung geht weiter",
                    ": Zeichnungen zeigen das, aber TCP tut es nie."
                ],
            )
        }),
        StepKind::Cut(wire) => say_cut(language, story, wire, step.mark, position),
        StepKind::Restored(wire) => say_restored(language, story, wire, story.position(selected)),
        StepKind::Silent(wire) => marked!(
            language,
            en: [
                format!("Nothing arrives over the link of {} any more, and ", client(wire)),
                "nobody is told",
                ": both ends go on as if the connection were there."
            ],
            de: [
                format!("Über die Leitung von {} kommt nichts mehr an, und ", client(wire)),
                "niemand erfährt es",
                ": Beide Enden machen weiter, als gäbe es die Verbindung noch."
            ],
        ),
        StepKind::Held(wire) => marked!(
            language,
            en: [
                format!("What is on the link of {} ", client(wire)),
                "waits where it is",
                ", until it is released."
            ],
            de: [
                format!("Was auf der Leitung von {} ist, ", client(wire)),
                "wartet, wo es ist",
                ", bis es freigegeben wird."
            ],
        ),
        StepKind::Released(wire) => marked!(
            language,
            en: [
                format!("What was held on the link of {} ", client(wire)),
                "goes on",
                ", and what waited behind it."
            ],
            de: [
                format!("Was auf der Leitung von {} angehalten war, ", client(wire)),
                "geht weiter",
                ", und was dahinter wartete."
            ],
        ),
        StepKind::Stalled(wire) => marked!(
            language,
            en: [
                format!("An end of the link of {} hardly reads any more. ", client(wire)),
                "What is sent to it waits",
                ": first where it is to be read, then, when there is no room left, where it comes from."
            ],
            de: [
                format!("Ein Ende der Leitung von {} liest kaum noch. ", client(wire)),
                "Was dorthin gesendet wird, wartet",
                ": zuerst dort, wo es gelesen werden soll, dann, wenn kein Platz mehr ist, dort, wo es herkommt."
            ],
        ),
        StepKind::Down {
            lane,
            crashed: true,
        } => marked!(
            language,
            en: [
                format!("{} crashes. ", Actor(language, story, lane).at_start()),
                "Its connections are closed for it",
                ": the other ends learn it at once."
            ],
            de: [
                format!("{} stürzt ab. ", Actor(language, story, lane).at_start()),
                "Das Betriebssystem schließt die Verbindungen",
                ": Die anderen Enden erfahren es sofort."
            ],
        ),
        StepKind::Down {
            lane,
            crashed: false,
        } => marked!(
            language,
            en: [
                format!("{} loses power. ", Actor(language, story, lane).at_start()),
                "It can say nothing any more",
                ": the other ends notice only when they miss it."
            ],
            de: [
                format!("{} verliert den Strom. ", Actor(language, story, lane).at_start()),
                "Nichts kann mehr gesagt werden",
                ": Die anderen Enden merken es erst, wenn ihnen etwas fehlt."
            ],
        ),
        StepKind::Up(lane) => marked!(
            language,
            en: [
                format!("{} starts again and knows ", Actor(language, story, lane).at_start()),
                "only what it had saved",
                ", if anything."
            ],
            de: [
                format!("{} startet wieder und weiß ", Actor(language, story, lane).at_start()),
                "nur, was gespeichert war",
                ", falls überhaupt etwas."
            ],
        ),
        StepKind::Refused(lane) => marked!(
            language,
            en: [
                format!("{} dials, but ", story.name(lane)),
                "there is no connection",
                "."
            ],
            de: [
                format!("{} wählt, aber ", story.name(lane)),
                "es gibt keine Verbindung",
                "."
            ],
        ),
        StepKind::Effect(effect) => story
            .effects
            .get(effect)
            .map_or_else(String::new, |it| say_effect(language, story, it)),
    }
}

fn say_effect(language: Language, story: &Story, happened: &Effect) -> String {
    let who = story.name(happened.lane);
    let what = effect(language, &happened.what);
    if let Some(why) = effect_why(language, happened) {
        marked!(
            language,
            en: [format!("{who}: "), what, format!(". {why}")],
            de: [format!("{who}: "), what, format!(". {why}")],
        )
    } else if let Some(again) = happened.again {
        let why = again_because(language, again);
        marked!(
            language,
            en: [format!("{who} "), format!("{what} once more"), why],
            de: [format!("{who}: "), format!("noch einmal „{what}“"), why],
        )
    } else {
        marked!(
            language,
            en: [format!("The order has arrived: {who} "), what, "."],
            de: [format!("Der Auftrag ist angekommen: {who} "), what, "."],
        )
    }
}

fn again_because(language: Language, again: Again) -> String {
    match (again, language) {
        (Again::SameHop, Language::English) => {
            ": it cannot tell the copy from a new order. QoS 1 promises at least once, not once.".to_owned()
        }
        (Again::SameHop, Language::German) => {
            ": Die Kopie ist von einem neuen Auftrag nicht zu unterscheiden. QoS 1 verspricht mindestens einmal, nicht einmal.".to_owned()
        }
        (Again::Forgotten, Language::English) => {
            ": it had lost its memory of the packet id, and without that QoS 2 cannot know the copy.".to_owned()
        }
        (Again::Forgotten, Language::German) => {
            ": Die gemerkte Paket-ID war verloren, und ohne sie kann QoS 2 die Kopie nicht erkennen.".to_owned()
        }
        (Again::Doubled, Language::English) => {
            ": the link doubled the packet, which no TCP connection does.".to_owned()
        }
        (Again::Doubled, Language::German) => {
            ": Die Leitung hat das Paket verdoppelt, was keine TCP-Verbindung tut.".to_owned()
        }
        (Again::EarlierHop { qos }, Language::English) => format!(
            ": the broker itself got the message twice, at QoS {qos}, and passed both on as messages of their own."
        ),
        (Again::EarlierHop { qos }, Language::German) => format!(
            ": Der Broker selbst bekam die Nachricht zweimal, mit QoS {qos}, und gab beide als eigene Nachrichten weiter."
        ),
        (Again::TwoSubscriptions, Language::English) => {
            ": two of its subscriptions match, a shared one and another, and each brought a copy.".to_owned()
        }
        (Again::TwoSubscriptions, Language::German) => {
            ": Zwei seiner Abonnements passen, ein geteiltes und ein anderes, und jedes brachte eine Kopie.".to_owned()
        }
        (Again::Stored, Language::English) => {
            ": the broker had retained the message, and the new subscription brought it once more.".to_owned()
        }
        (Again::Stored, Language::German) => {
            ": Der Broker hatte die Nachricht zurückbehalten, und das neue Abonnement brachte sie noch einmal.".to_owned()
        }
    }
}

/// That a packet is sent, and nothing of what comes of it; none where the step is no packet.
#[must_use]
pub fn say_plainly(language: Language, story: &Story, selected: usize) -> Option<String> {
    let (_, flight) = story.flight_of(selected)?;
    let title = flight.face.title();
    let from = Actor(language, story, flight.from).at_start();
    let to = Actor(language, story, flight.to).object();
    Some(marked!(
        language,
        en: [format!("{from} sends "), title, format!(" to {to}.")],
        de: [format!("{from} sendet "), title, format!(" an {to}.")],
    ))
}

/// Who acts, with an article where it needs one.
struct Actor<'a>(Language, &'a Story, usize);

impl Actor<'_> {
    fn with(&self, the_broker: &'static str) -> String {
        if self.1.is_broker(self.2) {
            the_broker.to_owned()
        } else {
            self.1.name(self.2).to_owned()
        }
    }

    /// As the subject of a sentence, but not its beginning.
    fn subject(&self) -> String {
        self.with(tr!(self.0, en: "the broker", de: "der Broker"))
    }

    /// As the beginning of a sentence.
    fn at_start(&self) -> String {
        self.with(tr!(self.0, en: "The broker", de: "Der Broker"))
    }

    /// As whom something goes to: the German accusative.
    fn object(&self) -> String {
        self.with(tr!(self.0, en: "the broker", de: "den Broker"))
    }

    /// As whose something is: the German dative.
    fn owner(&self) -> String {
        self.with(tr!(self.0, en: "the broker", de: "dem Broker"))
    }
}

fn keeps(story: &Story, lane: usize) -> Keeps {
    story.lanes.get(lane).map_or(Keeps::Copies, |it| it.keeps)
}
