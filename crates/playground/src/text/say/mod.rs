//! What happens and why, in sentences.

use super::*;
use crate::story::{Again, Effect, Keeps, Mark, Will, Wish};
use mqtt_proto::Version;

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

/// A connection that is there lives on: what was sent waited for the link. Else there has to be a new one.
fn say_restored(language: Language, story: &Story, wire: usize, then: Position) -> String {
    let Some(wire) = story.wires.get(wire) else {
        return String::new();
    };
    let name = story.name(wire.client);
    if !story.is_online(wire.client, then) {
        return marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "Nothing is sent again yet",
                ": first there has to be a connection."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Noch wird nichts erneut gesendet",
                ": Zuerst muss es eine Verbindung geben."
            ],
        );
    }
    let ends = [wire.client, wire.broker];
    let mut waiting = story.flying(then);
    if waiting.any(|(_, it)| ends.contains(&it.from) && ends.contains(&it.to)) {
        marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "What waited on it arrives now",
                ": the connection has lived on, and MQTT has nothing to repair."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Was darauf wartete, kommt jetzt an",
                ": Die Verbindung hat weitergelebt, und MQTT hat nichts zu reparieren."
            ],
        )
    } else {
        marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "The connection has lived on",
                ", and MQTT has nothing to repair."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Die Verbindung hat weitergelebt",
                ", und MQTT hat nichts zu reparieren."
            ],
        )
    }
}

/// A run is over and goes on to be quiet, until this time in microseconds.
#[must_use]
pub fn quiet_until(language: Language, until: u64) -> String {
    let minutes = until / 60_000_000;
    tr!(
        language,
        en: format!(" Nothing happens any more until the run ends, after {minutes} min."),
        de: format!(" Bis der Lauf nach {minutes} min endet, geschieht nichts mehr."),
    )
}

fn end(language: Language, story: &Story) -> String {
    let on_the_way = story
        .flights
        .iter()
        .filter(|flight| flight.fate == Fate::Open)
        .count();
    let mut sentence = match on_the_way {
        0 => tr!(
            language,
            en: "Nothing is on its way any more.".to_owned(),
            de: "Nichts ist mehr unterwegs.".to_owned(),
        ),
        many => {
            let packets = count(language, many, PACKETS);
            tr!(
                language,
                en: format!("The scenario ends here, with {packets} on the way."),
                de: format!("Das Szenario endet hier; unterwegs: {packets}."),
            )
        }
    };
    if !story.has_robot() {
        sentence.push_str(&heard(language, story));
    }
    let end = story.position(story.last_step());
    let sent = published(language, story.published(end), story.has_only_orders(end));
    for (lane, robot) in story.lanes.iter().enumerate() {
        if robot.figure != Figure::Robot {
            continue;
        }
        let effects: Vec<&Effect> = story.effects.iter().filter(|it| it.lane == lane).collect();
        let sum: i64 = effects.iter().map(|it| it.millimetres).sum();
        let (name, metres) = (&robot.name, metres(language, sum));
        sentence.push_str(&marked!(
            language,
            en: [
                format!(
                    " {sent}; {name} {} and stands at ",
                    match effects.len() {
                        0 => "did not move".to_owned(),
                        1 => "moved once".to_owned(),
                        2 => "moved twice".to_owned(),
                        more => format!("moved {more} times"),
                    }
                ),
                metres,
                "."
            ],
            de: [
                format!(
                    " {sent}; {name} ist {} und steht bei ",
                    match effects.len() {
                        0 => "nicht gefahren".to_owned(),
                        1 => "einmal gefahren".to_owned(),
                        2 => "zweimal gefahren".to_owned(),
                        more => format!("{more}-mal gefahren"),
                    }
                ),
                metres,
                "."
            ],
        ));
    }
    sentence
}

/// How many messages the clients have published, which are orders if all of them go to those who drive.
fn published(language: Language, messages: usize, are_orders: bool) -> String {
    match (language, messages, are_orders) {
        (Language::English, 1, true) => "One order was sent".to_owned(),
        (Language::English, more, true) => format!("{more} orders were sent"),
        (Language::English, 1, false) => "One message was published".to_owned(),
        (Language::English, more, false) => format!("{more} messages were published"),
        (Language::German, 1, true) => "Ein Auftrag wurde gesendet".to_owned(),
        (Language::German, more, true) => format!("{more} Aufträge wurden gesendet"),
        (Language::German, 1, false) => "Eine Nachricht wurde veröffentlicht".to_owned(),
        (Language::German, more, false) => format!("{more} Nachrichten wurden veröffentlicht"),
    }
}

/// What is left of the messages where nobody drives: what each device heard last, and who is off.
fn heard(language: Language, story: &Story) -> String {
    let end = story.position(story.last_step());
    let mut sentence = String::new();
    for (lane, it) in story.lanes.iter().enumerate() {
        let name = &it.name;
        let heard = story.deliveries.iter().filter(|(to, _)| *to == lane);
        let heard = heard.count();
        let last = story
            .flights
            .iter()
            .filter(|flight| flight.to == lane && matches!(flight.fate, Fate::Arrived(_)))
            .filter_map(|flight| match &flight.facts {
                Facts::Publish {
                    topic,
                    payload: Some(payload),
                    ..
                } => Some((topic, payload)),
                _ => None,
            })
            .next_back();
        if let (1.., Some((topic, payload))) = (heard, last) {
            let messages = count(language, heard, MESSAGES);
            if payload.is_empty() {
                sentence.push_str(&tr!(
                    language,
                    en: format!(" {name} got {messages}; the last one, on {topic}, is empty."),
                    de: format!(" {name} bekam {messages}; die letzte, auf {topic}, ist leer."),
                ));
            } else {
                sentence.push_str(&marked!(
                    language,
                    en: [
                        format!(" {name} got {messages}; the last one, on {topic}: "),
                        payload,
                        "."
                    ],
                    de: [
                        format!(" {name} bekam {messages}; die letzte, auf {topic}: "),
                        payload,
                        "."
                    ],
                ));
            }
        }
        if story.is_off(lane, end) {
            sentence.push_str(&tr!(
                language,
                en: format!(" {name} is off."),
                de: format!(" {name} ist aus."),
            ));
        }
    }
    sentence
}

fn say_cut(
    language: Language,
    story: &Story,
    wire: usize,
    cut: Mark,
    position: Position,
) -> String {
    let ends = story.wires.get(wire).map_or_else(String::new, |it| {
        let ends = [it.client, it.broker].map(|lane| story.name(lane).to_owned());
        and(language, &ends)
    });
    let lost: Vec<String> = lost_at(story, cut, position)
        .map(|flight| flight.face.title())
        .collect();
    let client = story.wires.get(wire).map(|it| it.client);
    let before = Position {
        shown: cut.record,
        ..position
    };
    match lost.as_slice() {
        [] if client.is_some_and(|it| !story.is_online(it, before)) => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                "There was no connection on it",
                "."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                "Es gab darauf keine Verbindung",
                "."
            ],
        ),
        [] => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                "No packet was on it",
                ", but the connection is gone."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                "Kein Paket war darauf",
                ", aber die Verbindung ist fort."
            ],
        ),
        [one] => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                format!("{one} was on it and is gone for good"),
                ": neither end can know what the other one got."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                format!("{one} war darauf und ist endgültig fort"),
                ": Kein Ende kann wissen, was das andere bekommen hat."
            ],
        ),
        many => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                format!("{} were on it and are gone for good", many.join(", ")),
                ": neither end can know what the other one got."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                format!("{} waren darauf und sind endgültig fort", many.join(", ")),
                ": Kein Ende kann wissen, was das andere bekommen hat."
            ],
        ),
    }
}

fn lost_at(story: &Story, cut: Mark, position: Position) -> impl Iterator<Item = &Flight> {
    story
        .flights
        .iter()
        .filter(move |flight| match flight.fate {
            Fate::Lost(mark) => mark.at == cut.at && mark.record > cut.record && position.has(mark),
            Fate::Arrived(_) | Fate::Open => false,
        })
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

fn say_packet(language: Language, story: &Story, flight: &Flight, position: Position) -> String {
    let (from, to) = (
        Actor(language, story, flight.from),
        Actor(language, story, flight.to),
    );
    let who = from.at_start();
    let id = flight.face.id.map_or_else(String::new, |id| id.to_string());
    let is_lost = matches!(flight.fate, Fate::Lost(mark) if position.has(mark));
    let mut sentence = match (&flight.facts, flight.face.name) {
        (
            Facts::Connect {
                is_clean,
                flag,
                ends_at_close,
                ..
            },
            _,
        ) => {
            let flag = format!("{flag} {}", u8::from(*is_clean));
            say_connect(language, story, flight, &flag, *is_clean, *ends_at_close)
        }
        (
            Facts::ConnAck {
                is_accepted: false, ..
            },
            _,
        ) => marked!(
            language,
            en: [format!("{who} "), "refuses", format!(" the connection of {}.", to.owner())],
            de: [
                format!("{who} "),
                "lehnt",
                format!(" die Verbindung von {} ab.", to.owner())
            ],
        ),
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => marked!(
            language,
            en: [
                format!("{who} accepts and says that "),
                "the session is still there",
                format!(": the subscriptions of {} go on, if it had any.", to.owner())
            ],
            de: [
                format!("{who} nimmt an und sagt, "),
                "dass die Sitzung noch da ist",
                format!(": Die Abonnements von {} gelten noch, falls es welche gab.", to.owner())
            ],
        ),
        (Facts::ConnAck { .. }, _) => marked!(
            language,
            en: [
                format!("{who} accepts. "),
                format!("The session of {} is new", to.owner()),
                ": nothing is left of an earlier one."
            ],
            de: [
                format!("{who} nimmt an. "),
                format!("Die Sitzung von {} ist neu", to.owner()),
                ": Von einer früheren ist nichts übrig."
            ],
        ),
        (Facts::Subscribe { filters }, _) => {
            let is_plain = |it: &Wish| it.share.is_none() && !it.no_local;
            let wishes = filters.iter();
            if filters.iter().all(is_plain) {
                let wishes =
                    wishes.map(|it| format!("{}, {}", it.filter, at_most(language, it.qos)));
                let wishes = wishes.collect::<Vec<_>>().join("; ");
                marked!(
                    language,
                    en: [format!("{who} asks for every message on "), wishes, "."],
                    de: [format!("{who} verlangt jede Nachricht auf "), wishes, "."],
                )
            } else {
                let wishes: Vec<String> = wishes.map(|it| wish(language, it)).collect();
                let wishes = and(language, &wishes);
                marked!(
                    language,
                    en: [format!("{who} asks for "), wishes, "."],
                    de: [format!("{who} verlangt "), wishes, "."],
                )
            }
        }
        (Facts::SubAck { granted }, _) => {
            let codes = granted.iter().map(|it| {
                it.map_or_else(
                    || tr!(language, en: "a refusal".to_owned(), de: "nichts".to_owned()),
                    |qos| format!("QoS {qos}"),
                )
            });
            let codes = codes.collect::<Vec<_>>().join(", ");
            marked!(
                language,
                en: [format!("{who} answers subscription {id}: it grants "), codes, "."],
                de: [
                    format!("{who} beantwortet das Abonnement {id} und gewährt "),
                    codes,
                    "."
                ],
            )
        }
        (Facts::Publish { .. }, _) => say_publish(language, story, flight, &id),
        (
            Facts::Reason {
                text,
                is_failure: true,
            },
            name @ ("PUBACK" | "PUBREC" | "PUBREL" | "PUBCOMP"),
        ) => marked!(
            language,
            en: [format!("{who} answers {name} {id}: "), text, "."],
            de: [format!("{who} antwortet mit {name} {id}: "), text, "."],
        ),
        (_, "PUBACK") => marked!(
            language,
            en: [
                format!("{who} acknowledges packet {id}. "),
                format!("When this arrives, {} may forget the message", to.subject()),
                "."
            ],
            de: [
                format!("{who} bestätigt Paket {id}. "),
                format!("Wenn das ankommt, darf {} die Nachricht vergessen", to.subject()),
                "."
            ],
        ),
        (_, "PUBREC") => marked!(
            language,
            en: [
                format!("{who} has taken packet {id} and "),
                "remembers the id",
                ": it would recognise a copy and not deliver it again."
            ],
            de: [
                format!("{who} hat Paket {id} angenommen und "),
                "merkt sich die ID",
                ": Eine Kopie würde erkannt und nicht noch einmal zugestellt."
            ],
        ),
        (_, "PUBREL") if flight.repeats => marked!(
            language,
            en: [
                format!("{who} takes up the exchange where it stopped: "),
                format!("PUBREL for id {id} is sent again"),
                ", the message itself is not sent again."
            ],
            de: [
                format!("{who} setzt den Austausch fort, wo er stehen blieb: "),
                format!("PUBREL für ID {id} wird noch einmal gesendet"),
                ", die Nachricht selbst wird nicht noch einmal gesendet."
            ],
        ),
        (_, "PUBREL") => marked!(
            language,
            en: [
                format!("{who} has dropped the message, and PUBREL says that "),
                format!("{} may forget id {id}", to.subject()),
                ": it is free once PUBCOMP is back."
            ],
            de: [
                format!("{who} hat die Nachricht verworfen, und PUBREL sagt: "),
                format!("{} darf ID {id} vergessen", to.subject()),
                ". Frei ist sie, wenn PUBCOMP zurück ist."
            ],
        ),
        (_, "PUBCOMP") => marked!(
            language,
            en: [
                format!("{who} has forgotten id {id}. When this arrives, "),
                "the exchange is complete",
                format!(" and {} may use the id anew.", to.subject())
            ],
            de: [
                format!("{who} hat ID {id} vergessen. Wenn das ankommt, "),
                "ist der Austausch vollständig",
                format!(", und {} darf die ID neu verwenden.", to.subject())
            ],
        ),
        (_, "PINGREQ") if !was_quiet(story, flight) => marked!(
            language,
            en: [format!("{who} "), "shows that it is there", "."],
            de: [format!("{who} "), "gibt ein Lebenszeichen", "."],
        ),
        (_, "PINGREQ") => marked!(
            language,
            en: [
                format!("{who} has had nothing to say for a while and "),
                "shows that it is there",
                "."
            ],
            de: [
                format!("{who} hatte eine Weile nichts zu sagen und "),
                "gibt ein Lebenszeichen",
                "."
            ],
        ),
        (_, "PINGRESP") => marked!(
            language,
            en: [format!("{who} "), "is there too", "."],
            de: [format!("{who} "), "ist auch da", "."],
        ),
        (_, "DISCONNECT") if story.is_broker(flight.from) => marked!(
            language,
            en: [format!("{who} "), "ends the connection", "."],
            de: [format!("{who} "), "beendet die Verbindung", "."],
        ),
        (Facts::Goodbye { deletes_will }, _) if position.has(*deletes_will) => marked!(
            language,
            en: [
                format!("{who} "),
                "takes leave",
                ": the broker deletes its will unpublished."
            ],
            de: [
                format!("{who} "),
                "verabschiedet sich",
                ": Der Broker löscht den letzten Willen, ohne ihn zu veröffentlichen."
            ],
        ),
        (_, "DISCONNECT") => marked!(
            language,
            en: [
                format!("{who} "),
                "takes leave",
                ": the connection ends in good order."
            ],
            de: [
                format!("{who} "),
                "verabschiedet sich",
                ": Die Verbindung endet ordentlich."
            ],
        ),
        (_, name) => tr!(
            language,
            en: format!("{who} sends {name} to {}.", to.object()),
            de: format!("{who} sendet {name} an {}.", to.object()),
        ),
    };
    if let Facts::Reason { text, is_failure } = &flight.facts
        && (!is_failure || flight.face.kind == Some(PacketType::Disconnect))
    {
        sentence.push_str(&tr!(
            language,
            en: format!(" The reason: {text}."),
            de: format!(" Der Grund: {text}."),
        ));
    }
    if is_lost && flight.exchange.is_some_and(|it| it < story.exchanges.len()) {
        sentence.push_str(tr!(
            language,
            en: " It was lost on the way.",
            de: " Das Paket ging unterwegs verloren.",
        ));
    }
    sentence
}

fn at_most(language: Language, qos: u8) -> String {
    tr!(
        language,
        en: format!("delivered at QoS {qos} at most"),
        de: format!("zugestellt mit höchstens QoS {qos}"),
    )
}

/// What a subscription asks for: of a shared one each member gets a part.
fn wish(language: Language, wish: &Wish) -> String {
    let Wish { filter, .. } = wish;
    let at_most = at_most(language, wish.qos);
    let mut text = match &wish.share {
        Some(group) => tr!(
            language,
            en: format!("its share of the messages on {filter}, as one of the group {group}, {at_most}"),
            de: format!("einen Anteil der Nachrichten auf {filter}, als Mitglied der Gruppe {group}, {at_most}"),
        ),
        None => tr!(
            language,
            en: format!("every message on {filter}, {at_most}"),
            de: format!("jede Nachricht auf {filter}, {at_most}"),
        ),
    };
    if wish.no_local {
        text.push_str(tr!(
            language,
            en: ", but not its own (No Local)",
            de: ", außer den eigenen (No Local)",
        ));
    }
    text
}

/// What a client asked for when it connected last, before a packet was sent.
fn last_connect<'a>(story: &'a Story, lane: usize, flight: &Flight) -> Option<&'a Facts> {
    let before = story.flights.partition_point(|it| it.sent < flight.sent);
    let before = story.flights.get(..before).unwrap_or_default();
    let mut connects = before.iter().rev().filter(|it| it.from == lane);
    connects
        .find(|it| matches!(it.facts, Facts::Connect { .. }))
        .map(|it| &it.facts)
}

/// Whether a client has sent nothing for about as long as its keep alive allows.
fn was_quiet(story: &Story, flight: &Flight) -> bool {
    let Some(Facts::Connect { keep_alive, .. }) = last_connect(story, flight.from, flight) else {
        return false;
    };
    let before = story.flights.partition_point(|it| it.sent < flight.sent);
    let before = story.flights.get(..before).unwrap_or_default();
    let last = before.iter().rfind(|it| it.from == flight.from);
    let quiet = last.map_or(flight.sent.at, |it| flight.sent.at - it.sent.at);
    quiet >= u64::from(*keep_alive) * 500_000
}

fn say_connect(
    language: Language,
    story: &Story,
    flight: &Flight,
    flag: &str,
    is_clean: bool,
    ends_at_close: bool,
) -> String {
    let who = Actor(language, story, flight.from).at_start();
    let mut earlier = story.flights.iter().take_while(|it| it.sent < flight.sent);
    let was_here = earlier.any(|it| it.from == flight.from && it.face.kind == flight.face.kind);
    match (was_here, is_clean, ends_at_close) {
        (true, false, _) => marked!(
            language,
            en: [
                format!("{who} is back and asks to go on with "),
                "its earlier session",
                format!(" ({flag}).")
            ],
            de: [
                format!("{who} ist zurück und will mit "),
                "der früheren Sitzung",
                format!(" weitermachen ({flag}).")
            ],
        ),
        (true, true, _) => marked!(
            language,
            en: [
                format!("{who} is back and asks for "),
                "a fresh start",
                format!(" ({flag}).")
            ],
            de: [
                format!("{who} ist zurück und verlangt "),
                "einen neuen Anfang",
                format!(" ({flag}).")
            ],
        ),
        (false, _, false) => marked!(
            language,
            en: [
                format!("{who} asks for a connection, and that "),
                "its session be kept",
                format!(" while it is away ({flag}).")
            ],
            de: [
                format!("{who} verlangt eine Verbindung, und dass "),
                "die Sitzung aufbewahrt",
                format!(" wird, auch wenn die Verbindung endet ({flag}).")
            ],
        ),
        (false, _, true) => marked!(
            language,
            en: [
                format!("{who} asks for a connection with "),
                "a session that ends with it",
                format!(" ({flag}).")
            ],
            de: [
                format!("{who} verlangt eine Verbindung mit "),
                "einer Sitzung, die mit ihr endet",
                format!(" ({flag}).")
            ],
        ),
    }
}

fn say_publish(language: Language, story: &Story, flight: &Flight, id: &str) -> String {
    let Facts::Publish {
        qos, topic, source, ..
    } = &flight.facts
    else {
        return String::new();
    };
    let who = Actor(language, story, flight.from).at_start();
    let to = Actor(language, story, flight.to);
    let answer = if *qos == 2 { "PUBREC" } else { "PUBACK" };
    if flight.face.dup && is_kept_unsent(story, flight) {
        return marked!(
            language,
            en: [
                format!("{who} sends "),
                "what it had kept, with DUP 1",
                format!(
                    ": it cannot know whether packet {id} went out before, and no {answer} has come."
                )
            ],
            de: [
                format!("{who} sendet, "),
                "was aufbewahrt war, mit DUP 1",
                format!(
                    ": Ob Paket {id} schon hinausging, ist nicht zu wissen, und ein {answer} ist nicht gekommen."
                )
            ],
        );
    }
    if flight.face.dup {
        return marked!(
            language,
            en: [
                format!("{who} sends "),
                "the same message again",
                format!(
                    ": it never got the {answer} for packet {id}, so it cannot know that the message arrived."
                )
            ],
            de: [
                format!("{who} sendet "),
                "dieselbe Nachricht noch einmal",
                format!(
                    ": Das {answer} für Paket {id} ist nie gekommen, also ist nicht zu wissen, ob die Nachricht angekommen ist."
                )
            ],
        );
    }
    if *qos == 0 {
        return say_at_most_once(language, story, flight, topic, *source);
    }
    let what = match source {
        _ if !story.is_broker(flight.from) => tr!(
            language,
            en: format!("{who} sends the message on {topic} to {} as packet {id} and ", to.object()),
            de: format!("{who} sendet die Nachricht auf {topic} als Paket {id} an {} und ", to.object()),
        ),
        Source::Client => tr!(
            language,
            en: format!("{who} passes the message on to {} as its own packet {id} and ", to.object()),
            de: format!("{who} gibt die Nachricht als eigenes Paket {id} an {} weiter und ", to.object()),
        ),
        Source::Retained => tr!(
            language,
            en: format!(
                "{who} had retained a message on {topic}. It goes to {} as packet {id}, and the broker ",
                to.object()
            ),
            de: format!(
                "{who} hatte eine Nachricht auf {topic} zurückbehalten. Sie geht als Paket {id} an {}, und der Broker ",
                to.object()
            ),
        ),
        Source::Queue => {
            let (of, until) = (to.owner(), made_room(language, story, flight));
            tr!(
                language,
                en: format!(
                    "{who} had a message on {topic} waiting in the session of {of}{until}. It goes out as packet {id}, and the broker "
                ),
                de: format!(
                    "{who} hatte eine Nachricht auf {topic}, die in der Sitzung von {of} wartete{until}. Sie geht als Paket {id} hinaus, und der Broker "
                ),
            )
        }
        Source::Will(whose) => {
            let (why, to) = (end_of_will(language, story, *whose), to.object());
            tr!(
                language,
                en: format!(
                    "{who} publishes a will: {why}. It goes to {to} on {topic} as packet {id}, and the broker "
                ),
                de: format!(
                    "{who} veröffentlicht einen letzten Willen: {why}. Er geht auf {topic} als Paket {id} an {to}, und der Broker "
                ),
            )
        }
    };
    match keeps(story, flight.from) {
        Keeps::Copies => marked!(
            language,
            en: [what, "keeps a copy", format!(" until {answer} {id} arrives.")],
            de: [what, "bewahrt eine Kopie auf", format!(", bis {answer} {id} ankommt.")],
        ),
        Keeps::Nothing => marked!(
            language,
            en: [
                what,
                "keeps no copy",
                ": its library could not send this packet again."
            ],
            de: [
                what,
                "bewahrt keine Kopie auf",
                ": Diese Bibliothek könnte das Paket nicht noch einmal senden."
            ],
        ),
        Keeps::Unseen => marked!(
            language,
            en: [
                what,
                format!("waits for {answer} {id}"),
                "; what its script keeps cannot be seen from here."
            ],
            de: [
                what,
                format!("wartet auf {answer} {id}"),
                "; was sein Skript aufbewahrt, ist hier nicht zu sehen."
            ],
        ),
    }
}

/// Whether a machine sends what it kept and of which no packet has gone out: it was to be sent when the sender went down or
/// its connection ended.
pub(super) fn is_kept_unsent(story: &Story, flight: &Flight) -> bool {
    let exchange = flight.exchange.and_then(|it| story.exchanges.get(it));
    let first = exchange.and_then(|it| it.flights.first());
    let first = first.and_then(|it| story.flights.get(*it));
    let is_first = first.is_some_and(|it| it.step == flight.step);
    is_first && keeps(story, flight.from) == Keeps::Copies
}

/// At QoS 0 a copy goes out once, whatever else the broker keeps.
fn say_at_most_once(
    language: Language,
    story: &Story,
    flight: &Flight,
    topic: &str,
    source: Source,
) -> String {
    let who = Actor(language, story, flight.from).at_start();
    let to = Actor(language, story, flight.to).object();
    match source {
        _ if !story.is_broker(flight.from) => marked!(
            language,
            en: [
                format!("{who} sends the message on {topic} to {to} "),
                "once and keeps nothing",
                ": QoS 0 has no acknowledgement."
            ],
            de: [
                format!("{who} sendet die Nachricht auf {topic} an {to}, "),
                "einmal, und bewahrt nichts auf",
                ": QoS 0 hat keine Bestätigung."
            ],
        ),
        Source::Client | Source::Queue => marked!(
            language,
            en: [
                format!("{who} sends the message on {topic} to {to} "),
                "once and keeps no copy for it",
                ": QoS 0 has no acknowledgement."
            ],
            de: [
                format!("{who} sendet die Nachricht auf {topic} an {to}, "),
                "einmal, und bewahrt dafür keine Kopie auf",
                ": QoS 0 hat keine Bestätigung."
            ],
        ),
        Source::Retained => marked!(
            language,
            en: [
                format!("{who} had retained a message on {topic} and sends it to {to}, "),
                "once, at QoS 0",
                "; it stays retained."
            ],
            de: [
                format!("{who} hatte eine Nachricht auf {topic} zurückbehalten und sendet sie "),
                format!("einmal an {to}, mit QoS 0"),
                "; sie bleibt zurückbehalten."
            ],
        ),
        Source::Will(whose) => {
            let why = end_of_will(language, story, whose);
            marked!(
                language,
                en: [
                    format!("{who} publishes a will: {why}. It goes to {to} on {topic}, "),
                    "once",
                    ": QoS 0 has no acknowledgement."
                ],
                de: [
                    format!("{who} veröffentlicht einen letzten Willen: {why}. Er geht auf {topic} an {to}, "),
                    "einmal",
                    ": QoS 0 hat keine Bestätigung."
                ],
            )
        }
    }
}

/// What made a will due. Its client may long be back: it is the connection that is over.
fn end_of_will(language: Language, story: &Story, Will { of, is_unannounced }: Will) -> String {
    let name = story.name(of);
    match is_unannounced {
        true => tr!(
            language,
            en: format!("the connection of {name} that brought it ended without a goodbye"),
            de: format!("Die Verbindung von {name}, die ihn mitbrachte, endete ohne Abschied"),
        ),
        false => tr!(
            language,
            en: format!("the connection of {name} that brought it has ended"),
            de: format!("Die Verbindung von {name}, die ihn mitbrachte, ist beendet"),
        ),
    }
}

/// What made room for a message that waited: the acknowledgement of an earlier one, if it was that.
fn made_room(language: Language, story: &Story, flight: &Flight) -> String {
    let cause = story.step(flight.step).and_then(|step| step.cause);
    let ack = cause.and_then(|step| story.flight_of(step));
    let ack = ack.map(|(_, ack)| ack).filter(|ack| {
        ack.from == flight.to && matches!(ack.face.name, "PUBACK" | "PUBREC" | "PUBCOMP")
    });
    let Some(ack) = ack else {
        return String::new();
    };
    let limit = match last_connect(story, flight.to, flight) {
        Some(Facts::Connect {
            version: Version::V5,
            ..
        }) => " (Receive Maximum)",
        _ => "",
    };
    let name = ack.face.name;
    tr!(
        language,
        en: format!(" until {name} made room{limit}"),
        de: format!(", bis {name} Platz machte{limit}"),
    )
}

/// A link of the chain of causes in a few words, for the sake of step `of`.
#[must_use]
pub fn because(language: Language, story: &Story, step: usize, of: usize) -> String {
    let is_last = step == of;
    match story.step(step).map(|it| it.kind) {
        Some(StepKind::Packet(flight)) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| {
                because_packet(language, story, flight, is_last)
            }),
        Some(StepKind::Vanished(flight)) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                let title = it.face.title();
                tr!(
                    language,
                    en: format!("{title} vanished on the way."),
                    de: format!("{title} verschwand unterwegs."),
                )
            })
        }
        Some(StepKind::Cut(_)) => {
            let mark = story.step(step).map(|it| it.mark);
            let everything = story.position(of.max(step));
            let lost: Vec<&Flight> = mark
                .map(|mark| lost_at(story, mark, everything).collect())
                .unwrap_or_default();
            match lost.as_slice() {
                [] => tr!(
                    language,
                    en: "The link was cut.".to_owned(),
                    de: "Die Leitung wurde gekappt.".to_owned(),
                ),
                [one] => {
                    let title = one.face.title();
                    let bytes = count(language, one.bytes.len(), BYTES);
                    tr!(
                        language,
                        en: format!("The cut took {title} with it: {bytes} on the wire, gone for good."),
                        de: format!("Mit der Leitung ging {title} verloren: {bytes} unterwegs, endgültig fort."),
                    )
                }
                many => {
                    let packets = count(language, many.len(), PACKETS);
                    tr!(
                        language,
                        en: format!("The cut took {packets} with it."),
                        de: format!("Mit der Leitung gingen {packets} verloren."),
                    )
                }
            }
        }
        Some(StepKind::Restored(_)) => tr!(
            language,
            en: "The link works again.".to_owned(),
            de: "Die Leitung geht wieder.".to_owned(),
        ),
        Some(StepKind::Silent(_)) => tr!(
            language,
            en: "The link fell silent; nobody was told.".to_owned(),
            de: "Die Leitung wurde stumm; niemand erfuhr es.".to_owned(),
        ),
        Some(StepKind::Held(_)) => tr!(
            language,
            en: "What was on the link was held.".to_owned(),
            de: "Was auf der Leitung war, wurde angehalten.".to_owned(),
        ),
        Some(StepKind::Released(_)) => tr!(
            language,
            en: "What was held on the link was released.".to_owned(),
            de: "Was auf der Leitung angehalten war, wurde freigegeben.".to_owned(),
        ),
        Some(StepKind::Stalled(_)) => tr!(
            language,
            en: "An end of the link hardly reads any more.".to_owned(),
            de: "Ein Ende der Leitung liest kaum noch.".to_owned(),
        ),
        Some(StepKind::Down { lane, crashed }) => {
            let who = Actor(language, story, lane).at_start();
            format!("{who} {}.", goes_down(language, crashed))
        }
        Some(StepKind::Up(lane)) => {
            let who = Actor(language, story, lane).at_start();
            format!("{who} {}.", STARTS_AGAIN.to(language))
        }
        Some(StepKind::Refused(lane)) => {
            let name = story.name(lane);
            tr!(
                language,
                en: format!("{name} dialled in vain."),
                de: format!("{name} wählte vergeblich."),
            )
        }
        Some(StepKind::Effect(index)) => story.effects.get(index).map_or_else(String::new, |it| {
            let who = Actor(language, story, it.lane).at_start();
            let what = effect(language, &it.what);
            tr!(
                language,
                en: format!("{who} {what}."),
                de: format!("{who}: {what}."),
            )
        }),
        None => String::new(),
    }
}

fn because_packet(language: Language, story: &Story, flight: &Flight, is_last: bool) -> String {
    let from = Actor(language, story, flight.from);
    let who = from.at_start();
    let id = flight
        .face
        .id
        .map_or_else(String::new, |id| format!(" {id}"));
    let (en, de) = match (&flight.facts, flight.face.name) {
        (Facts::Publish { .. }, _) if flight.face.dup && flight.repeats => (
            "So the copy goes out again. No timer did this; the reconnect did.".to_owned(),
            "Also geht die Kopie noch einmal hinaus. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup && is_kept_unsent(story, flight) => (
            "So the kept copy goes out. No timer did this; the reconnect did.".to_owned(),
            "Also geht die aufbewahrte Kopie hinaus. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup && keeps(story, flight.from) != Keeps::Copies => (
            format!("{who} sends the message with DUP 1."),
            format!("{who} sendet die Nachricht mit DUP 1."),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup => (
            "So the copy goes out again. A timer did this; the connection never went.".to_owned(),
            "Also geht die Kopie noch einmal hinaus. Das war ein Zeitgeber; die Verbindung war immer da.".to_owned(),
        ),
        (
            Facts::Publish {
                source:
                    Source::Will(Will {
                        is_unannounced: true,
                        ..
                    }),
                ..
            },
            _,
        ) => (
            format!("{who} publishes the will of a connection that ended without a goodbye."),
            format!("{who} veröffentlicht den letzten Willen einer Verbindung, die ohne Abschied endete."),
        ),
        (
            Facts::Publish {
                source: Source::Will(_),
                ..
            },
            _,
        ) => (
            format!("{who} publishes the will of a connection that ended."),
            format!("{who} veröffentlicht den letzten Willen einer Verbindung, die endete."),
        ),
        (
            Facts::Publish {
                source: Source::Retained,
                ..
            },
            _,
        ) => (
            format!("{who} sends what it had retained."),
            format!("{who} sendet die zurückbehaltene Nachricht."),
        ),
        (
            Facts::Publish {
                source: Source::Queue,
                ..
            },
            _,
        ) => (
            format!("{who} sends what waited in the session."),
            format!("{who} sendet, was in der Sitzung wartete."),
        ),
        (Facts::Publish { qos: 0, .. }, _) if story.is_broker(flight.from) => (
            format!("{who} sends the message and keeps no copy for it."),
            format!("{who} sendet die Nachricht und bewahrt dafür keine Kopie auf."),
        ),
        (Facts::Publish { qos: 0, .. }, _) => (
            format!("{who} sends the message and keeps nothing."),
            format!("{who} sendet die Nachricht und bewahrt nichts auf."),
        ),
        (Facts::Publish { .. }, _) => match keeps(story, flight.from) {
            Keeps::Nothing => (
                format!("{who} sends the message and keeps no copy."),
                format!("{who} sendet die Nachricht und bewahrt keine Kopie auf."),
            ),
            Keeps::Copies => (
                format!("{who} sends the message and keeps a copy."),
                format!("{who} sendet die Nachricht und bewahrt eine Kopie auf."),
            ),
            Keeps::Unseen => (
                format!("{who} sends the message."),
                format!("{who} sendet die Nachricht."),
            ),
        },
        (Facts::Connect { is_clean, flag, .. }, _) => {
            let clean = u8::from(*is_clean);
            (
                format!("{who} connects with {flag} {clean}."),
                format!("{who} verbindet sich mit {flag} {clean}."),
            )
        }
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => {
            let to = story.name(flight.to);
            (
                format!("{who} still has the session of {to}."),
                format!("{who} hat die Sitzung von {to} noch."),
            )
        }
        (
            Facts::ConnAck {
                is_accepted: false, ..
            },
            _,
        ) => (
            format!("{who} refuses the connection."),
            format!("{who} lehnt die Verbindung ab."),
        ),
        (Facts::ConnAck { .. }, _) => (
            format!("{who} accepts the connection."),
            format!("{who} nimmt die Verbindung an."),
        ),
        (Facts::Subscribe { .. }, _) => {
            (format!("{who} subscribes."), format!("{who} abonniert."))
        }
        (Facts::SubAck { granted }, _) if granted.iter().all(Option::is_none) => (
            format!("{who} refuses the subscription."),
            format!("{who} lehnt das Abonnement ab."),
        ),
        (Facts::SubAck { .. }, _) => (
            format!("{who} confirms the subscription."),
            format!("{who} bestätigt das Abonnement."),
        ),
        (_, "UNSUBSCRIBE") => (
            format!("{who} ends its subscription."),
            format!("{who} beendet das Abonnement."),
        ),
        (_, "PUBREL") if flight.repeats => (
            "So the exchange goes on where it stopped. No timer did this; the reconnect did.".to_owned(),
            "Also geht der Austausch weiter, wo er stehen blieb. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (_, "PINGREQ") => (
            format!("{who} shows that it is there."),
            format!("{who} gibt ein Lebenszeichen."),
        ),
        (_, "PINGRESP") => (
            format!("{who} is there, too."),
            format!("{who} ist auch da."),
        ),
        (_, "DISCONNECT") if story.is_broker(flight.from) => (
            format!("{who} ends the connection."),
            format!("{who} beendet die Verbindung."),
        ),
        (_, "DISCONNECT") => (
            format!("{who} takes leave."),
            format!("{who} verabschiedet sich."),
        ),
        (_, "bytes") => (
            format!("{who} sends raw bytes."),
            format!("{who} sendet rohe Bytes."),
        ),
        (_, name @ "AUTH") => (
            format!("{who} sends {name}."),
            format!("{who} sendet {name}."),
        ),
        (_, name) if is_last => (
            format!("So {} answers with {name}{id}.", from.subject()),
            format!("Also antwortet {} mit {name}{id}.", from.subject()),
        ),
        (_, name) => (
            format!("{who} answers with {name}{id}."),
            format!("{who} antwortet mit {name}{id}."),
        ),
    };
    tr!(language, en: en, de: de)
}
