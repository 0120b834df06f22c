//! A scenario and what came of it.

mod live;
mod look;

pub(crate) use look::told;

use crate::anatomy;
use crate::filter::{Filter, Subject};
use crate::lesson::{Course, verdicts as verdicts_on};
use crate::packet::Part;
use crate::read::{Reader, version_name};
use crate::sandbox::{NoteView, Notes};
use crate::script::BOARDS_MAX;
use crate::story::{Mark, Position, Story};
use crate::text::{self, Language};
use crate::why::Ledgers;
use crate::work::Work;
use bytes::Bytes;
use device::script::Interpreter;
use look::{tells_of_a_broken_rule, times_delivered};
use mqtt_proto::Instant;
use sim::scenario::{BeatKind, Planned};
use sim::twin::Beside;
use sim::{Cursor, FlightId, Ledger, Log, RecordId, Recording, Stimulus, Verdict, World};
use std::cell::RefCell;
use std::rc::Rc;

/// A run stops when its log has this many records: the page has to stay quick.
const RECORDS_MAX: u32 = 120_000;
/// One with somebody outside has no end of its own, and ends when it has so many.
const REMOTE_RECORDS_MAX: u32 = 400_000;

/// So many records are made before anything is shown: whole lessons are shorter.
const FIRST_RECORDS: u32 = 3_000;

/// A work and what came of it, as far as it was run.
///
/// A captured log stands in the place of one that is made by running: beside it there is an empty world, in which nothing is
/// known and nothing can be done.
pub(crate) struct Run {
    work: Work,
    recording: Recording,
    /// Who runs the scripts of its boards, and how many boards that are.
    interpreter: Interpreter,
    boards: usize,
    reader: Reader,
    /// How many of the work's acts were done.
    acts: usize,
    is_over: bool,
    ledgers: Ledgers,
    /// The world as it was looked at last: the next look is most often a step further.
    world: RefCell<Option<World>>,
    /// The wills that were sent, as of so many flights.
    wills: RefCell<(usize, Vec<Mark>)>,
    /// A board and its twin, as far as they were compared.
    beside: RefCell<Option<Beside>>,
    /// When a live run was last woken.
    woken: Instant,
    catching_up: Instant,
}

impl Run {
    /// A work of which nothing has happened; none if it names what its scenario does not have.
    pub(crate) fn new(work: Work, interpreter: &Interpreter) -> Option<Self> {
        let interpreter = interpreter.clone();
        let recording =
            Recording::with_interpreter(work.playable(), work.scenario.seed, &interpreter).ok()?;
        let head = recording.head();
        let is_possible = work.acts.iter().all(|act| head.check(&act.action).is_ok());
        let nodes = &recording.scenario().nodes;
        let reader = match &work.captured {
            Some(captured) => Reader::done(&captured.log, Rc::clone(&captured.story)),
            None => Reader::new(recording.log()).place(|node| nodes.get(node)?.place),
        };
        is_possible.then(|| Self {
            boards: crate::script::boards(&work.scenario),
            ..Self::recorded(work, recording, interpreter, reader)
        })
    }

    /// A run without boards whose acts are still to come, at the end of what is recorded.
    fn recorded(
        work: Work,
        recording: Recording,
        interpreter: Interpreter,
        reader: Reader,
    ) -> Self {
        Self {
            boards: 0,
            work,
            recording,
            interpreter,
            reader,
            acts: 0,
            is_over: false,
            ledgers: Ledgers::default(),
            world: RefCell::new(None),
            wills: RefCell::default(),
            beside: RefCell::default(),
            woken: Instant::ZERO,
            catching_up: Instant::ZERO,
        }
    }

    /// The beginning of a run, which is all of it if it is short; none if the work names what its scenario does not have.
    pub(crate) fn begin(work: Work, interpreter: &Interpreter) -> Option<Self> {
        let mut run = Self::new(work, interpreter)?;
        // A script takes longer than a rule.
        if run.boards == 0 {
            run.go_on(FIRST_RECORDS);
        }
        Some(run)
    }

    /// Runs a work to its end; none if it names what its scenario does not have, or if nobody is there to run its scripts.
    #[cfg(test)]
    pub(crate) fn of(work: Work, interpreter: &Interpreter) -> Option<Self> {
        let mut run = Self::new(work, interpreter)?;
        if run.lacks_machines() > 0 {
            return None;
        }
        while !run.is_over() {
            run.go_on(u32::MAX);
        }
        Some(run)
    }

    /// Goes on for so many records, or to the end of the event that wrote the last of them.
    pub(crate) fn go_on(&mut self, records: u32) {
        if self.lacks_machines() > 0 {
            return;
        }
        let limit = self.log().end().0.saturating_add(records);
        // A script that loops makes events that write nothing.
        let mut events = records;
        while !self.is_over && self.log().end().0 < limit && events > 0 {
            events -= 1;
            let act = self.work.acts.get(self.acts);
            let is_due = act.is_some_and(|it| it.after_events <= self.recording.head().events());
            let has_room = !self.is_full();
            if !is_due && has_room && self.recording.advance().is_ok() {
                continue;
            }
            // What was done after the last event happens after it.
            match act {
                Some(act) => {
                    // What it names was looked up before the first event.
                    let _ = self.recording.act_here(act.at, act.action.clone());
                    self.acts += 1;
                }
                None => self.is_over = true,
            }
        }
        let log = self.recording.log();
        self.reader.take(log, log.end());
    }

    /// Whether nothing more is written.
    pub(crate) fn is_full(&self) -> bool {
        let most = match self.work.scenario.has_remote() {
            true => REMOTE_RECORDS_MAX,
            false => RECORDS_MAX,
        };
        self.log().end().0 >= most
    }

    /// How many boards with scripts it has for which the page has no machine yet: it waits for them.
    pub(crate) fn lacks_machines(&self) -> usize {
        let wanted = self.boards.min(BOARDS_MAX);
        wanted.saturating_sub(match wanted {
            0 => 0,
            _ => self.interpreter.machines(),
        })
    }

    /// How many boards with scripts it has.
    pub(crate) const fn boards(&self) -> usize {
        self.boards
    }

    /// Whether nothing more happens in it.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Ends it where it is.
    pub(crate) const fn stop(&mut self) {
        self.is_over = true;
    }

    /// Whether it has ended because its log is full.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.is_over && self.is_full()
    }

    /// How far it is and how far it goes at most, in microseconds.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let until = self.recording.scenario().until.as_micros();
        (self.story().end().min(until), until)
    }

    /// The work with something done at `position`, and how many records stand before what comes of it.
    pub(crate) fn with(&self, position: Position, action: sim::scenario::Action) -> (Work, usize) {
        let cursor = Cursor(u32::try_from(position.shown).unwrap_or(u32::MAX));
        let after_events = self.recording.events_at(cursor);
        let work = self.work.with(Stimulus {
            after_events,
            at: Instant::from_micros(position.now),
            action,
        });
        let before = self.recording.cursor_after(after_events).0;
        (work, usize::try_from(before).unwrap_or(usize::MAX))
    }

    /// The lesson on this run, with the answers that were given on another; none if the scenario is no lesson.
    pub(crate) fn course(&self, old: Option<&Course>) -> Option<Course> {
        match old {
            Some(old) => old.on(&self.recording, self.reader.story()),
            None => Course::new(&self.recording, self.reader.story()),
        }
    }

    pub(crate) const fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(crate) fn log(&self) -> &Log {
        match &self.work.captured {
            Some(captured) => &captured.log,
            None => self.recording.log(),
        }
    }

    /// Where this run and another part, and what differs at their ends.
    pub(crate) fn difference(&self, other: &Self) -> sim::difference::Difference {
        self.recording.difference(&other.recording)
    }

    /// The messages of the whole run.
    pub(crate) fn ledger(&self) -> &Ledger {
        self.reader.ledger()
    }

    /// The messages as they are known at a moment.
    pub(crate) fn with_ledger_at<T>(&self, cursor: Cursor, look: impl FnOnce(&Ledger) -> T) -> T {
        self.ledgers.at(self.log(), cursor, look)
    }

    /// What this run says about the checks, answers and goals of its world.
    pub(crate) fn notes(&self, language: Language) -> Notes {
        let recording = &self.recording;
        let end = recording.log().end();
        let note = |verdict: &Verdict, is_met| NoteView {
            text: text::run_says(language, is_met, &text::found_so(language, &verdict.found)),
            is_met,
        };
        let verdicts = recording.verdicts();
        let checks = verdicts.iter().map(|it| note(it, it.met));
        let mut notes = Notes {
            checks: checks.collect(),
            ..Notes::default()
        };
        if self.is_over() {
            let never: Vec<&Planned> = recording.never_happened().collect();
            let events = recording.scenario().events.iter();
            notes.missed = events.map(|it| never.contains(&it)).collect();
        }
        let Some(lesson) = recording.scenario().lesson.as_deref() else {
            return notes;
        };
        for beat in &lesson.beats {
            let place = recording.place(&beat.when);
            notes.beats.push(place.is_some());
            if let BeatKind::Ask(ask) = &beat.kind {
                let verdicts = place.map(|place| verdicts_on(recording, ask, place));
                let mut verdicts = verdicts.into_iter().flatten();
                for answer in &ask.answers {
                    notes.answers.push(verdicts.next().map_or_else(
                        || NoteView {
                            text: text::NEVER_COMES.to(language).to_owned(),
                            is_met: false,
                        },
                        |it| note(&it, it.met == answer.is_right),
                    ));
                }
            }
        }
        for goal in lesson.task.iter().flat_map(|task| &task.goals) {
            let verdict = recording.verdict(&goal.claim, Cursor::START, end);
            notes.goals.push(note(&verdict, verdict.met));
        }
        notes
    }

    pub(crate) const fn work(&self) -> &Work {
        &self.work
    }

    pub(crate) fn title(&self) -> &str {
        &self.recording.scenario().title
    }

    /// What it is about. That of a scenario is data, in English.
    pub(crate) fn about(&self, language: Language) -> String {
        match &self.work.captured {
            Some(captured) => text::capture_opened(language, &captured.findings),
            None => self.recording.scenario().about.clone(),
        }
    }

    /// The version of the standard that is spoken; empty where each device speaks its own.
    pub(crate) fn version(&self) -> &'static str {
        if *self.work.file == *crate::guests::FILE {
            return "";
        }
        version_name(self.recording.scenario().version)
    }

    pub(crate) fn story(&self) -> &Story {
        self.reader.story()
    }

    /// The story, for whoever shows it while the run goes its way.
    pub(crate) fn shared_story(&self) -> Rc<Story> {
        self.reader.shared()
    }

    /// The fields of a flight, or of other bytes in its place.
    pub(crate) fn parts(&self, flight: usize, other: Option<&Bytes>) -> Vec<Part> {
        self.sim_flight(flight).map_or_else(Vec::new, |it| {
            anatomy::parts(other.unwrap_or(&it.bytes), it.version, it.sender)
        })
    }

    /// Why other bytes in the place of a flight are no packet.
    pub(crate) fn fault(&self, flight: usize, bytes: &Bytes) -> Option<anatomy::Fault> {
        let flight = self.sim_flight(flight)?;
        anatomy::fault(bytes, flight.version, flight.sender)
    }

    fn sim_flight(&self, flight: usize) -> Option<&sim::Flight> {
        let sent = self
            .story()
            .flights
            .get(flight)
            .map(|flight| flight.sent.record);
        let id = sent
            .and_then(|record| u32::try_from(record).ok())
            .map(RecordId);
        id.and_then(|id| self.log().flight(FlightId(id)))
    }

    /// Which steps a filter matches, in their order.
    pub(crate) fn matching(&self, filter: &Filter) -> Vec<bool> {
        let mut held = Vec::with_capacity(self.story().steps.len());
        self.each_subject(usize::MAX, &mut |subject| {
            held.push(filter.matches(subject));
            true
        });
        held
    }

    /// Shows the first `steps` steps, one after the other, until `look` has seen enough.
    pub(crate) fn each_subject(&self, steps: usize, look: &mut dyn FnMut(&Subject<'_>) -> bool) {
        let log = self.log();
        let story = self.story();
        let mut ledger = Ledger::default();
        for (step, number) in story.steps.iter().zip(1..).take(steps) {
            let id = |record: usize| u32::try_from(record).unwrap_or(u32::MAX);
            let packet = log
                .flight(FlightId(RecordId(id(step.mark.record))))
                .and_then(|flight| Some((flight.packet()?, flight.version)));
            // What happened from this step on, before the next.
            let next = story
                .step(number + 1)
                .map_or(story.records(), |it| it.mark.record);
            let (from, to) = (Cursor(id(step.mark.record)), Cursor(id(next)));
            ledger.advance(log, to);
            let since = log.records_between(from, to);
            let deliveries: Vec<u64> = since
                .iter()
                .filter_map(|record| times_delivered(log, &ledger, record))
                .collect();
            let goes_on = look(&Subject {
                story,
                number,
                step,
                packet: packet.as_ref().map(|(packet, version)| (packet, *version)),
                deliveries: &deliveries,
                is_broken: since.iter().any(tells_of_a_broken_rule),
            });
            if !goes_on {
                break;
            }
        }
    }

    /// Looks at the world as it is at `position`.
    pub(crate) fn with_world<T>(&self, position: Position, look: impl FnOnce(&World) -> T) -> T {
        let cursor = Cursor(u32::try_from(position.shown).unwrap_or(u32::MAX));
        let mut slot = self.world.borrow_mut();
        let world = match slot.take() {
            Some(world) => self.recording.world_from(world, cursor),
            None => self.recording.world_at(cursor),
        };
        look(slot.insert(world))
    }
}
