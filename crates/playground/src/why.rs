//! Why something happened and why something did not: the simulator's chains of facts, ready to be said.

use crate::run::Run;
use crate::story::{Position, StepKind, Story};
use crate::text::{self, Language};
use crate::timeline::{Glyph, glyph};
use sim::cuts::never_comes_back;
use sim::why::{Link, Part, Reason, State, set_by, why, why_not};
use sim::{Cursor, FlightId, Ledger, Log, NodeId, NodeRole, Record, RecordId, RecordKind};

/// The short chain has at most this many links.
pub const SHORT_MAX: usize = 4;
/// The full chain shows this many links at most: the newest.
pub const FULL_MAX: usize = 80;
/// So many questions are offered at most.
const QUESTIONS_MAX: usize = 12;
/// So many of the newest messages, and of what devices did, are looked at for questions.
const MESSAGES_MAX: usize = 64;
/// In a longer log, who has not got a message is looked for only when somebody asks.
const EAGER_MAX_RECORDS: usize = 20_000;

/// A link of the chain of causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The step to go to.
    pub step: usize,
    /// What it is.
    pub glyph: Glyph,
    /// In a few words.
    pub text: String,
    /// Whether it is what is asked about.
    pub is_current: bool,
    /// Whether it is missing: had it not been lost, what is asked about would not have happened.
    pub is_missing: bool,
}

/// Somebody who has not got the message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotDelivered {
    /// Who.
    pub name: String,
    /// Why.
    pub text: String,
    /// The steps behind it.
    pub steps: Vec<usize>,
}

/// The answers to "why?" and "why not?" at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhyView {
    /// What is asked, if it is not the step in view.
    pub question: Option<String>,
    /// The chain, oldest first.
    pub chain: Vec<Cause>,
    /// How many links are left out.
    pub left_out: usize,
    /// Whether the chain is the full one.
    pub is_full: bool,
    /// What there is to say about what is asked beside the chain.
    pub note: Option<String>,
    /// What else can be asked at this moment.
    pub questions: Vec<String>,
    /// Who has not got the message of the step in view.
    pub not_delivered: Vec<NotDelivered>,
    /// Who never asked for it, in words.
    pub not_subscribed: Option<String>,
    /// Whether a link was followed, so that there is a way back.
    pub can_return: bool,
}

/// Something that can be asked.
pub(crate) struct Question {
    /// In words.
    pub(crate) asked: String,
    /// The answer's end.
    pub(crate) record: RecordId,
    /// What no record says.
    pub(crate) note: Option<String>,
}

impl Run {
    /// The chain behind a record: the short one, or the full one; and how many links are left out.
    pub(crate) fn chain(
        &self,
        language: Language,
        record: RecordId,
        full: bool,
    ) -> (Vec<Cause>, usize) {
        let (log, story) = (self.log(), self.story());
        let links = why(log, self.ledger(), record);
        let newest = || links.iter().filter_map(|it| own_step(log, it.record)).max();
        let of = own_step(log, record).or_else(newest);
        let Some(of) = of.or_else(|| step_of(log, record)) else {
            return Default::default();
        };
        if full {
            let left_out = links.len().saturating_sub(FULL_MAX);
            let told = links.iter().skip(left_out).filter_map(|link| {
                let step = step_of(log, link.record)?;
                let text = text::cause(language, log, story, link.record, (step, of))?;
                Some(Cause {
                    step,
                    glyph: glyph(story, step),
                    text,
                    is_current: link.part == Part::Itself,
                    is_missing: link.part == Part::Missing,
                })
            });
            return (told.collect(), left_out);
        }
        let mut steps = short(log, &links, of);
        let own = links.iter().filter_map(|it| own_step(log, it.record));
        let all: std::collections::BTreeSet<usize> = own.chain([of]).collect();
        let left_out = all.len().saturating_sub(steps.len());
        steps.sort_unstable_by_key(|(step, _)| *step);
        let chain = steps.into_iter().map(|(step, part)| Cause {
            step,
            glyph: glyph(story, step),
            text: text::because(language, story, step, of),
            is_current: step == of,
            is_missing: part == Part::Missing,
        });
        (chain.collect(), left_out)
    }

    /// What can be asked at a moment besides why the step in view happened.
    pub(crate) fn questions(
        &self,
        language: Language,
        position: Position,
        step: usize,
    ) -> Vec<Question> {
        let mut questions = Vec::new();
        if self.work().captured.is_some() {
            return questions;
        }
        let (log, story, ledger) = (self.log(), self.story(), self.ledger());
        let cursor = cursor(position);
        // Duplicates first: they are what people wonder about.
        let begun = ledger
            .messages()
            .partition_point(|message| cursor.includes(message.record));
        let newest = ledger.messages().iter().take(begun).rev();
        for message in newest.take(MESSAGES_MAX) {
            let mut known = message.deliveries.iter();
            let last = known.rfind(|it| cursor.includes(it.record));
            let Some(last) = last else { continue };
            let own = known.filter(|it| it.node == last.node).count() + 1;
            if own > 1 {
                let who = log.name(last.node);
                let asked = text::why_again(language, who, &message.payload, own);
                questions.push(Question {
                    asked,
                    record: last.record,
                    note: None,
                });
            }
        }
        let mut told: Vec<usize> = Vec::new();
        let happened = story
            .effects
            .partition_point(|effect| position.has(effect.mark));
        for effect in story.effects.iter().take(happened).rev().take(MESSAGES_MAX) {
            let node = node_of(story, effect.lane);
            let Some(node) = node.filter(|_| !told.contains(&effect.lane)) else {
                continue;
            };
            told.push(effect.lane);
            if let Some(record) = set_by(log, ledger, &State::Output(node), cursor) {
                let done = text::effect(language, &effect.what);
                let asked = text::why_output(language, log.name(node), &done);
                questions.push(Question {
                    asked,
                    record,
                    note: None,
                });
            }
            if told.len() >= SHORT_MAX {
                break;
            }
        }
        // Whoever has a connection was not cut off: nothing to look for in a long log.
        let cut_off = ends(story, step)
            .into_iter()
            .filter(|lane| !story.is_online(*lane, position));
        for node in cut_off.filter_map(|lane| node_of(story, lane)) {
            if let Some(record) = set_by(log, ledger, &State::Connection(node), cursor)
                && let Some(RecordKind::ConnectionClosed { .. }) =
                    log.record(record).map(|record| &record.kind)
            {
                let name = log.name(node);
                let stays = never_comes_back(&self.work().scenario, name);
                questions.push(Question {
                    asked: text::why_offline(language, name),
                    record,
                    note: stays.then(|| text::stays_away(language, name)),
                });
            }
            if questions.len() >= QUESTIONS_MAX {
                break;
            }
        }
        questions.truncate(QUESTIONS_MAX);
        questions
    }

    /// Who has not got the message of a step by a moment; and who never asked for it.
    pub(crate) fn not_delivered(
        &self,
        language: Language,
        position: Position,
        step: usize,
        full: bool,
    ) -> (Vec<NotDelivered>, Option<String>) {
        if self.work().captured.is_some() {
            let why = text::CAPTURE_NO_WHY.to(language).to_owned();
            return (Vec::new(), Some(why));
        }
        let (log, story) = (self.log(), self.story());
        if !full && position.shown > EAGER_MAX_RECORDS {
            return Default::default();
        }
        let Some(record) = message_record(log, story, step) else {
            return Default::default();
        };
        self.with_ledger_at(cursor(position), |ledger| {
            let Some(message) = ledger.about(log, record) else {
                return Default::default();
            };
            let by = ledger.message(message).map(|it| it.by);
            let (mut rows, mut strangers) = (Vec::new(), Vec::new());
            for node in devices(log) {
                let Some(answer) = why_not(log, ledger, message, node) else {
                    continue;
                };
                match answer.reason {
                    Reason::NotSubscribed if Some(node) != by => strangers.push(log.name(node)),
                    Reason::NotSubscribed => {}
                    Reason::UnderWay if !full => {}
                    _ => rows.push(NotDelivered {
                        name: log.name(node).to_owned(),
                        text: text::why_not(language, log, &answer, by, node),
                        steps: steps_of(log, &answer.because),
                    }),
                }
            }
            let strangers =
                (full && !strangers.is_empty()).then(|| text::not_subscribed(language, &strangers));
            (rows, strangers)
        })
    }
}

pub(crate) fn cursor(position: Position) -> Cursor {
    Cursor(u32::try_from(position.shown).unwrap_or(u32::MAX))
}

fn devices(log: &Log) -> impl Iterator<Item = NodeId> + '_ {
    let nodes = (0_u16..).zip(log.nodes());
    nodes
        .filter(|(_, node)| matches!(node.role, NodeRole::Device { .. }))
        .map(|(id, _)| NodeId(id))
}

fn node_of(story: &Story, lane: usize) -> Option<NodeId> {
    let node = story.lanes.get(lane)?.node;
    u16::try_from(node).ok().map(NodeId)
}

/// The clients that a step has to do with, by their lanes.
fn ends(story: &Story, step: usize) -> Vec<usize> {
    let lanes = match story.step(step).map(|step| step.kind) {
        Some(StepKind::Packet(flight) | StepKind::Vanished(flight)) => story
            .flights
            .get(flight)
            .map_or_else(Vec::new, |it| vec![it.from, it.to]),
        Some(
            StepKind::Cut(wire)
            | StepKind::Restored(wire)
            | StepKind::Silent(wire)
            | StepKind::Stalled(wire)
            | StepKind::Held(wire)
            | StepKind::Released(wire),
        ) => story
            .wires
            .get(wire)
            .map_or_else(Vec::new, |wire| vec![wire.client]),
        Some(StepKind::Down { lane, .. } | StepKind::Up(lane) | StepKind::Refused(lane)) => {
            vec![lane]
        }
        // At the end, how all of them have come out.
        None if step >= story.last_step() => (0..story.lanes.len()).collect(),
        _ => Vec::new(),
    };
    let clients = lanes.into_iter().filter(|lane| !story.is_broker(*lane));
    clients.collect()
}

/// The step at which a record is seen, counted from 1.
pub(crate) fn step_of(log: &Log, id: RecordId) -> Option<usize> {
    let seen = || match &log.record(id)?.kind {
        // What somebody does is seen in what comes of it.
        RecordKind::Stimulus(_) => Some((before(log, id) + 1).min(log.steps().len())),
        _ => Some(before(log, id)),
    };
    own_step(log, id).or_else(seen).filter(|step| *step > 0)
}

/// How many steps there are up to a record.
fn before(log: &Log, id: RecordId) -> usize {
    log.steps().partition_point(|step| *step <= id)
}

/// The step that a record is, that it is about, or that its node took with it. What happens between two steps has none: the one
/// before it can be anybody's.
fn own_step(log: &Log, id: RecordId) -> Option<usize> {
    let before = |id: RecordId| before(log, id);
    let record = log.record(id)?;
    let step = match &record.kind {
        kind if kind.is_step() => before(id),
        RecordKind::Arrived { flight } => before(flight.0),
        RecordKind::Lost { flight, .. } => {
            let cut = record.cause.filter(|cause| {
                log.record(*cause)
                    .is_some_and(|cause| cause.kind.is_step() && cause.at == record.at)
            });
            before(cut.unwrap_or(flight.0))
        }
        RecordKind::Delivered(_) => {
            let arrived = log.record(record.cause?)?;
            match &arrived.kind {
                RecordKind::Arrived { flight } => before(flight.0),
                _ => return None,
            }
        }
        // What somebody does is the step that it makes at once, and a connection the CONNECT on it.
        RecordKind::Stimulus(_) | RecordKind::ConnectionOpened { .. } => {
            let next = log.steps().get(before(id)).and_then(|it| log.record(*it));
            next.filter(|it| it.cause == Some(id))?;
            before(id) + 1
        }
        _ => {
            let step = before(id).checked_sub(1)?;
            let step = log.steps().get(step).and_then(|it| log.record(*it));
            let with = |it: &Record| (it.node, it.cause, it.at);
            step.filter(|it| it.cause.is_some() && with(it) == with(record))?;
            before(id)
        }
    };
    Some(step).filter(|step| *step > 0)
}

fn steps_of(log: &Log, records: &[RecordId]) -> Vec<usize> {
    let mut steps: Vec<usize> = records
        .iter()
        .filter_map(|record| step_of(log, *record))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The steps of the short chain: what is asked about, the newest cause, what is missing, the first time, then older causes.
fn short(log: &Log, links: &[Link], of: usize) -> Vec<(usize, Part)> {
    let newest = |wanted: Part| {
        let links = links.iter().rev().filter(move |link| link.part == wanted);
        links.filter_map(|link| Some((own_step(log, link.record)?, link.part)))
    };
    let mut steps: Vec<(usize, Part)> = Vec::new();
    let mut add = |found: (usize, Part)| {
        let is_new = steps.iter().all(|(step, _)| *step != found.0);
        if is_new && steps.len() < SHORT_MAX {
            steps.push(found);
        }
        is_new
    };
    add((of, Part::Itself));
    let _ = newest(Part::Cause).any(&mut add);
    for part in [Part::Missing, Part::Before, Part::Cause] {
        newest(part).for_each(|it| {
            add(it);
        });
    }
    steps
}

/// The record that carries the message that a step is about: of an acknowledgement its PUBLISH, of a cut what it took.
fn message_record(log: &Log, story: &Story, step: usize) -> Option<RecordId> {
    let record = |mark: crate::story::Mark| u32::try_from(mark.record).ok().map(RecordId);
    match story.step(step)?.kind {
        StepKind::Packet(flight) => {
            let flight = story.flights.get(flight)?;
            let exchange = flight.exchange.and_then(|it| story.exchanges.get(it));
            let first = exchange.and_then(|it| story.flights.get(*it.flights.first()?));
            record(first.unwrap_or(flight).sent)
        }
        StepKind::Vanished(flight) => record(story.flights.get(flight)?.sent),
        _ => {
            let id = record(story.step(step)?.mark)?;
            let behind = log.records_between(Cursor::after(id), log.end());
            let at = log.record(id)?.at;
            let mut same = behind.iter().take_while(|it| it.at == at);
            same.find_map(|it| match it.kind {
                RecordKind::Lost { flight, .. } if it.cause == Some(id) => carries(log, flight),
                _ => None,
            })
        }
    }
}

fn carries(log: &Log, flight: FlightId) -> Option<RecordId> {
    let is_publish = matches!(
        log.flight(flight)?.packet(),
        Some(mqtt_proto::Packet::Publish(_))
    );
    is_publish.then_some(flight.0)
}

/// The ledger of a run at the moment that was asked about last.
#[derive(Default)]
pub(crate) struct Ledgers {
    now: std::cell::RefCell<Ledger>,
}

impl Ledgers {
    pub(crate) fn at<T>(&self, log: &Log, cursor: Cursor, look: impl FnOnce(&Ledger) -> T) -> T {
        let mut now = self.now.borrow_mut();
        if now.cursor() > cursor {
            *now = Ledger::default();
        }
        now.advance(log, cursor);
        look(&now)
    }
}
