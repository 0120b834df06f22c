//! The statements of a lesson, and the claims that questions, goals and `expect` lines make.

use super::words::{
    Input, Parsed, colon, count, expecting, keyword, known_broker, known_device, known_node,
    packet_type, payload, qos, small, string, topic_filter, topic_name,
};
use super::{action, packet_moment};
use crate::check::Check;
use crate::predict::Kind;
use crate::scenario::{
    Answer, Ask, Beat, BeatKind, Control, Expectation, Goal, Lesson, MessagePattern, Misconception,
    Moment, PacketPattern, Planned, Task, When, limits,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use mqtt_proto::{Instant, ReasonCode};
use winnow::Parser;
use winnow::combinator::{alt, opt, preceded, repeat};
use winnow::token::take_while;

/// A statement of a lesson.
pub(super) enum Part {
    Lesson(u8, Option<char>, String),
    Chapter(String),
    Question(String),
    Minutes(u8),
    Say(Moment, String),
    Ask(Moment, String),
    Predict(Moment, Kind),
    Reveal(Moment),
    Answer(bool, String, Expectation),
    Belief(Misconception),
    Because(String),
    Task(String),
    Enable(Vec<Control>),
    Goal(bool, Expectation),
    Hint(String),
    Solution(Planned),
}

/// The first line of a lesson, and the task: they stand by themselves.
pub(super) fn opening(input: &mut Input<'_>) -> Parsed<Part> {
    let title = (
        expecting(
            "a number from 1 to 99",
            small("").verify(|number: &u8| (1..=99).contains(number)),
        ),
        opt(preceded(keyword("part", "`part`"), letter)),
        string,
    );
    alt((
        preceded(keyword("lesson", "`lesson`"), title)
            .map(|(number, part, title)| Part::Lesson(number, part, title)),
        preceded(keyword("task", "`task`"), string).map(Part::Task),
    ))
    .parse_next(input)
}

fn letter(input: &mut Input<'_>) -> Parsed<char> {
    expecting(
        "a letter from `a` to `z`",
        super::words::word.verify_map(|word: &str| {
            let mut letters = word.chars();
            match (letters.next(), letters.next()) {
                (Some(letter @ 'a'..='z'), None) => Some(letter),
                _ => None,
            }
        }),
    )
    .parse_next(input)
}

pub(super) fn of_lesson(input: &mut Input<'_>) -> Parsed<Part> {
    alt((
        preceded(keyword("chapter", "`chapter`"), string).map(Part::Chapter),
        preceded(keyword("question", "`question`"), string).map(Part::Question),
        preceded(
            keyword("takes", "`takes`"),
            (
                small("a number of minutes up to 255"),
                keyword("min", "`min`"),
            ),
        )
        .map(|(minutes, ())| Part::Minutes(minutes)),
    ))
    .parse_next(input)
}

pub(super) fn of_ask(input: &mut Input<'_>) -> Parsed<Part> {
    let answer = |input: &mut Input<'_>| (string, colon, claim_or_next).parse_next(input);
    alt((
        preceded(keyword("right", "`right`"), answer)
            .map(|(text, (), claim)| Part::Answer(true, text, claim)),
        preceded(keyword("wrong", "`wrong`"), answer)
            .map(|(text, (), claim)| Part::Answer(false, text, claim)),
        preceded(keyword("reveal", "`reveal`"), moment).map(Part::Reveal),
        preceded(keyword("belief", "`belief`"), belief).map(Part::Belief),
        preceded(keyword("because", "`because`"), string).map(Part::Because),
    ))
    .parse_next(input)
}

pub(super) fn of_task(input: &mut Input<'_>) -> Parsed<Part> {
    let act = |input: &mut Input<'_>| (when, colon, action).parse_next(input);
    alt((
        preceded(keyword("enable", "`enable`"), repeat(1.., control)).map(Part::Enable),
        preceded(keyword("goal", "`goal`"), claim).map(|claim| Part::Goal(false, claim)),
        preceded(keyword("keep", "`keep`"), claim).map(|claim| Part::Goal(true, claim)),
        preceded(keyword("hint", "`hint`"), string).map(Part::Hint),
        preceded(keyword("solution", "`solution`"), act)
            .map(|(when, (), action)| Part::Solution(Planned { when, action })),
    ))
    .parse_next(input)
}

/// What stands behind a moment and a colon instead of an act.
pub(super) fn beat(moment: &Moment, input: &mut Input<'_>) -> Parsed<Part> {
    alt((
        preceded(keyword("say", "`say`"), string).map(|text| Part::Say(moment.clone(), text)),
        preceded(
            keyword("ask", "`ask`"),
            alt((
                preceded(keyword("generated", "`generated`"), kind)
                    .map(|kind| Part::Predict(moment.clone(), kind)),
                string.map(|text| Part::Ask(moment.clone(), text)),
            )),
        ),
    ))
    .parse_next(input)
}

fn kind(input: &mut Input<'_>) -> Parsed<Kind> {
    expecting(
        "a question that can be generated, such as `next-packet`: scenarios/README.md lists them",
        super::words::word
            .verify_map(|word: &str| Kind::ALL.into_iter().find(|it| it.word() == word)),
    )
    .parse_next(input)
}

fn control(input: &mut Input<'_>) -> Parsed<Control> {
    expecting(
        "`cut`, `silence`, `lose`, `power`, `crash`, `connect`, `publish`, `subscribe`, `send-raw` or `touch`",
        super::words::word
            .verify_map(|word: &str| Control::ALL.into_iter().find(|it| it.word() == word)),
    )
    .parse_next(input)
}

fn belief(input: &mut Input<'_>) -> Parsed<Misconception> {
    expecting(
        "a misconception such as `resent-on-timer`: scenarios/README.md lists them",
        super::words::word
            .verify_map(|word: &str| Misconception::ALL.into_iter().find(|it| it.word() == word)),
    )
    .parse_next(input)
}

fn when(input: &mut Input<'_>) -> Parsed<When> {
    alt((
        preceded(keyword("at", "`at`"), super::words::duration)
            .map(|at| When::At(Instant::ZERO + at)),
        preceded(keyword("when", "`when`"), packet_moment),
    ))
    .parse_next(input)
}

pub(super) fn moment(input: &mut Input<'_>) -> Parsed<Moment> {
    alt((
        (keyword("at", ""), keyword("end", "`end`")).value(Moment::End),
        when.map(Moment::When),
    ))
    .parse_next(input)
}

/// A claim, or one about what comes next: only a question has a place from which next counts.
fn claim_or_next(input: &mut Input<'_>) -> Parsed<Expectation> {
    alt((
        preceded(keyword("next", "`next`"), pattern).map(|pattern| Expectation::Next { pattern }),
        claim,
    ))
    .parse_next(input)
}

/// A packet of some kind.
pub(super) fn pattern(input: &mut Input<'_>) -> Parsed<PacketPattern> {
    Ok(PacketPattern {
        packet_type: packet_type(input)?,
        id: opt(preceded(
            keyword("id", "`id`"),
            small("a number up to 65535"),
        ))
        .parse_next(input)?,
        dup: opt(keyword("dup", "`dup`")).parse_next(input)?.is_some(),
        qos: opt(preceded(keyword("qos", "`qos`"), qos)).parse_next(input)?,
        retain: opt(preceded(keyword("retain", "`retain`"), bit)).parse_next(input)?,
        reason: opt(preceded(keyword("reason", "`reason`"), reason)).parse_next(input)?,
        from: opt(preceded(keyword("from", "`from`"), known_node)).parse_next(input)?,
        to: opt(preceded(keyword("to", "`to`"), known_node)).parse_next(input)?,
    })
}

fn bit(input: &mut Input<'_>) -> Parsed<bool> {
    expecting(
        "`0` or `1`",
        super::words::word.verify_map(|word: &str| match word {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }),
    )
    .parse_next(input)
}

fn reason(input: &mut Input<'_>) -> Parsed<ReasonCode> {
    expecting(
        "a reason code such as `0x87`",
        preceded("0x", take_while(2..=2, |c: char| c.is_ascii_hexdigit()))
            .verify_map(|digits: &str| ReasonCode::from_u8(u8::from_str_radix(digits, 16).ok()?)),
    )
    .parse_next(input)
}

/// What must hold: one thing, or several joined by `and`.
pub(super) fn claim(input: &mut Input<'_>) -> Parsed<Expectation> {
    let more = repeat(
        0..limits::CLAIMS_MAX,
        preceded(keyword("and", "`and`"), one_claim),
    );
    (one_claim, more)
        .map(|(first, mut more): (_, Vec<_>)| {
            if more.is_empty() {
                return first;
            }
            more.insert(0, first);
            Expectation::All(more)
        })
        .parse_next(input)
}

fn one_claim(input: &mut Input<'_>) -> Parsed<Expectation> {
    alt((
        preceded(keyword("promise", "`promise`"), promise),
        (count, pattern).map(|(count, pattern)| Expectation::Sent { pattern, count }),
        of_broker,
        of_device,
    ))
    .parse_next(input)
}

fn promise(input: &mut Input<'_>) -> Parsed<Expectation> {
    let check = expecting(
        "a promise such as `never-twice`: scenarios/README.md lists them",
        super::words::word
            .verify_map(|word: &str| Check::ALL.into_iter().find(|it| it.word() == word)),
    );
    let kept = alt((
        keyword("kept", "`kept`").value(true),
        keyword("broken", "`broken`").value(false),
    ));
    (check, kept)
        .map(|(check, is_kept)| Expectation::Promise { check, is_kept })
        .parse_next(input)
}

fn of_broker(input: &mut Input<'_>) -> Parsed<Expectation> {
    let broker = known_broker(input)?;
    let state = alt((
        keyword("connected", "`connected`").value(true),
        keyword("gone", "`gone`").value(false),
    ));
    let nothing = keyword("nothing", "`nothing`").value(None);
    alt((
        preceded(
            keyword("retains", "`retains`"),
            (topic_name, alt((payload.map(Some), nothing))),
        )
        .map(|(topic, payload)| Expectation::Retains {
            broker: broker.clone(),
            topic,
            payload,
        }),
        preceded(
            keyword("keeps", "`keeps`"),
            (count, keyword("for", "`for`"), known_device),
        )
        .map(|(count, (), node)| Expectation::Keeps {
            broker: broker.clone(),
            node,
            count,
        }),
        preceded(keyword("believes", "`believes`"), (known_device, state)).map(
            |(node, is_connected)| Expectation::Believes {
                broker: broker.clone(),
                node,
                is_connected,
            },
        ),
    ))
    .parse_next(input)
}

fn of_device(input: &mut Input<'_>) -> Parsed<Expectation> {
    let node = known_device(input)?;
    alt((
        super::device::claim.map(|claim| Expectation::Device {
            node: node.clone(),
            claim,
        }),
        preceded(
            keyword("received", "`received`"),
            (messages, count, keyword("times", "`times`")),
        )
        .map(|(messages, count, ())| Expectation::Received {
            node: node.clone(),
            messages,
            count,
        }),
        preceded(
            keyword("heard", "`heard`"),
            (topic_filter, repeat(1.., payload)),
        )
        .verify(|(_, payloads): &(_, Vec<_>)| payloads.len() <= limits::PAYLOADS_MAX)
        .map(|(filter, payloads)| Expectation::Heard {
            node: node.clone(),
            filter,
            payloads,
        }),
        preceded(
            keyword("remembers", "`remembers`"),
            (count, keyword("ids", "`ids`")),
        )
        .map(|(count, ())| Expectation::Remembers {
            node: node.clone(),
            count,
        }),
    ))
    .parse_next(input)
}

fn messages(input: &mut Input<'_>) -> Parsed<MessagePattern> {
    Ok(MessagePattern {
        filter: topic_filter(input)?,
        payload: opt(payload).parse_next(input)?,
        qos: opt(preceded(keyword("qos", "`qos`"), qos)).parse_next(input)?,
        retain: opt(preceded(keyword("retain", "`retain`"), bit)).parse_next(input)?,
    })
}

/// What the lines that follow belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenPart {
    Lesson,
    Ask,
    Task,
}

/// Puts a statement in its place, and says what the lines that follow belong to.
pub(super) fn add(lesson: &mut Option<Box<Lesson>>, part: Part) -> Result<OpenPart, &'static str> {
    if let Part::Lesson(number, letter, title) = part {
        if lesson.is_some() {
            return Err("one `lesson` line only");
        }
        *lesson = Some(Box::new(Lesson {
            number,
            part: letter,
            title,
            ..Lesson::default()
        }));
        return Ok(OpenPart::Lesson);
    }
    let lesson = lesson.as_mut().ok_or("`lesson` above this")?;
    match part {
        Part::Lesson(..) => {}
        Part::Chapter(text) => lesson.chapter = text,
        Part::Question(text) => lesson.question = text,
        Part::Minutes(minutes) => lesson.minutes = minutes,
        Part::Say(when, text) => return add_beat(lesson, when, BeatKind::Say(text)),
        Part::Ask(when, question) => {
            let ask = Ask {
                question,
                reveal: None,
                answers: Vec::new(),
            };
            return add_beat(lesson, when, BeatKind::Ask(ask));
        }
        Part::Predict(when, kind) => return add_beat(lesson, when, BeatKind::Predict(kind)),
        Part::Task(_) | Part::Enable(_) | Part::Goal(..) | Part::Hint(_) | Part::Solution(_) => {
            return add_to_task(lesson, part);
        }
        Part::Reveal(_) | Part::Answer(..) | Part::Belief(_) | Part::Because(_) => {
            return add_to_ask(lesson, part);
        }
    }
    Ok(OpenPart::Lesson)
}

fn add_beat(lesson: &mut Lesson, when: Moment, kind: BeatKind) -> Result<OpenPart, &'static str> {
    if lesson.beats.len() >= limits::BEATS_MAX {
        return Err("at most 256 `say` and `ask` lines");
    }
    let open = match &kind {
        BeatKind::Say(_) | BeatKind::Predict(_) => OpenPart::Lesson,
        BeatKind::Ask(_) => OpenPart::Ask,
    };
    lesson.beats.push(Beat { when, kind });
    Ok(open)
}

fn add_to_ask(lesson: &mut Lesson, part: Part) -> Result<OpenPart, &'static str> {
    let ask = lesson.last_ask().ok_or("`ask` above this")?;
    let last = ask.answers.last_mut();
    match (part, last) {
        (Part::Reveal(reveal), _) => ask.reveal = Some(reveal),
        (Part::Answer(is_right, text, claim), _) => {
            if ask.answers.len() >= limits::ANSWERS_MAX {
                return Err("at most 8 answers to one question");
            }
            ask.answers.push(Answer {
                is_right,
                text,
                claim,
                belief: None,
                because: String::new(),
            });
        }
        (Part::Belief(belief), Some(answer)) if !answer.is_right => answer.belief = Some(belief),
        (Part::Belief(_), _) => return Err("`belief` below a `wrong` answer"),
        (Part::Because(text), Some(answer)) => answer.because = text,
        (Part::Because(_), None) => return Err("`because` below an answer"),
        _ => {}
    }
    Ok(OpenPart::Ask)
}

fn add_to_task(lesson: &mut Lesson, part: Part) -> Result<OpenPart, &'static str> {
    if let Part::Task(text) = part {
        if lesson.task.is_some() {
            return Err("one `task` line only");
        }
        lesson.task = Some(Task {
            text,
            ..Task::default()
        });
        return Ok(OpenPart::Task);
    }
    let task = lesson.task.as_mut().ok_or("`task` above this")?;
    match part {
        Part::Enable(controls) => {
            task.controls = Control::ALL
                .into_iter()
                .filter(|control| controls.contains(control))
                .collect();
        }
        Part::Goal(is_kept, claim) => {
            if task.goals.len() >= limits::GOALS_MAX {
                return Err("at most 16 goals");
            }
            task.goals.push(Goal {
                is_kept,
                claim,
                hint: String::new(),
            });
        }
        Part::Hint(hint) => {
            task.goals
                .last_mut()
                .ok_or("`hint` below a `goal` or a `keep`")?
                .hint = hint;
        }
        Part::Solution(planned) => {
            if task.solution.len() >= limits::SOLUTION_MAX {
                return Err("at most 64 `solution` lines");
            }
            task.solution.push(planned);
        }
        _ => {}
    }
    Ok(OpenPart::Task)
}
