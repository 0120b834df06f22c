//! A run that can be walked in both directions.

use crate::hash;
use crate::id::{Cursor, RecordId};
use crate::log::{LinkInfo, Log, NodeInfo};
use crate::record::Record;
use crate::sabotage::Sabotage;
use crate::scenario::{Action, Scenario};
use crate::trace::Traced;
use crate::world::{RunEnd, World, WorldError};
use alloc::rc::Rc;
use alloc::vec::Vec;
use device::script::Interpreter;
use mqtt_proto::{Instant, Sink};

/// A state is kept after this many events at first; twice as many each time that there are too many kept states.
///
/// A copy of a small world takes as long as some dozens of events, and an event about two microseconds: this keeps copies a
/// small part of a run, and a seek within a few milliseconds.
const KEYFRAME_EVERY_EVENTS: u64 = 512;
/// This many states are kept at most.
const KEYFRAMES_MAX: usize = 256;
/// Room is made for so much ahead: a message that is published makes about three events and seven records.
const RECORDS_PER_LINE: usize = 8;
const EVENTS_PER_LINE: usize = 4;
/// But for no more lines than this.
const ROOM_MAX_LINES: usize = 10_000;
/// Rows are traced for this many events at most: a few milliseconds.
const TRACED_MAX_EVENTS: u64 = 4_096;
/// A log has at most this many records. A run that would write more stops and says so.
pub const LOG_MAX_RECORDS: u32 = 1_000_000;

/// What a user did during a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stimulus {
    /// How many events had happened before.
    pub after_events: u64,
    /// When.
    pub at: Instant,
    /// What.
    pub action: Action,
}

impl Stimulus {
    /// Whether nobody in the run did it.
    #[must_use]
    pub const fn is_outside(&self) -> bool {
        matches!(
            self.action,
            Action::Node {
                act: crate::scenario::NodeAction::Outside(_),
                ..
            }
        )
    }
}

/// A run: its truth, its log, and states kept along the way.
///
/// Truth is scenario, seed and stimuli; everything else is a cache.
#[derive(Clone, Debug)]
pub struct Recording {
    scenario: Rc<Scenario>,
    seed: u64,
    stimuli: Vec<Stimulus>,
    log: Log,
    /// For every event: the cursor after it.
    event_ends: Vec<Cursor>,
    /// The world after the newest event.
    head: World,
    /// Some worlds on the way, oldest first; the first has seen no event.
    keyframes: Vec<World>,
    keyframe_every: u64,
    /// Who runs the scripts of its devices.
    interpreter: Interpreter,
}

/// Why a recording goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The run is over.
    End(RunEnd),
    /// The log has [`LOG_MAX_RECORDS`] records.
    LogFull,
}

impl Recording {
    /// A run that has not begun.
    ///
    /// # Errors
    /// The scenario names what it does not have.
    pub fn new(scenario: Rc<Scenario>, seed: u64) -> Result<Self, WorldError> {
        Self::with_interpreter(scenario, seed, &Interpreter::default())
    }

    /// As [`Recording::new`], with somebody to run the scripts of its devices.
    ///
    /// # Errors
    /// The scenario names what it does not have.
    pub fn with_interpreter(
        scenario: Rc<Scenario>,
        seed: u64,
        interpreter: &Interpreter,
    ) -> Result<Self, WorldError> {
        let head = World::with_interpreter(Rc::clone(&scenario), seed, interpreter)?;
        let mut log = head.empty_log();
        let lines = scenario.events.len().min(ROOM_MAX_LINES);
        log.reserve(lines * RECORDS_PER_LINE);
        Ok(Self {
            scenario,
            seed,
            stimuli: Vec::new(),
            log,
            event_ends: Vec::with_capacity(lines * EVENTS_PER_LINE),
            keyframes: [head.clone()].into(),
            keyframe_every: KEYFRAME_EVERY_EVENTS,
            head,
            interpreter: interpreter.clone(),
        })
    }

    /// Who runs the scripts of its devices: other runs that are compared with this one have the same.
    #[must_use]
    pub const fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// A run from beginning to end.
    ///
    /// # Errors
    /// The scenario names what it does not have.
    pub fn run(scenario: Rc<Scenario>, seed: u64) -> Result<Self, WorldError> {
        let mut recording = Self::new(scenario, seed)?;
        recording.run_to_end();
        Ok(recording)
    }

    /// A run from beginning to end in which a machine behaves as if it had a bug.
    ///
    /// # Errors
    /// The scenario names what it does not have.
    pub fn run_sabotaged(
        scenario: Rc<Scenario>,
        seed: u64,
        bug: Sabotage,
    ) -> Result<Self, WorldError> {
        let mut recording = Self::new(scenario, seed)?;
        recording.head.sabotage(bug);
        for keyframe in &mut recording.keyframes {
            keyframe.sabotage(bug);
        }
        recording.run_to_end();
        Ok(recording)
    }

    /// Lets the next event happen.
    ///
    /// # Errors
    /// Why there is none.
    pub fn advance(&mut self) -> Result<(), Stop> {
        if self.log.end().0 >= LOG_MAX_RECORDS {
            return Err(Stop::LogFull);
        }
        if self.head.step(&mut Writer(&mut self.log)) {
            self.note_event();
            return Ok(());
        }
        Err(Stop::End(self.head.end().unwrap_or(RunEnd::Quiet)))
    }

    /// Lets events happen until there are no more.
    pub fn run_to_end(&mut self) -> Stop {
        loop {
            if let Err(stop) = self.advance() {
                return stop;
            }
        }
    }

    /// Lets all events happen that are due at a time.
    pub fn run_until(&mut self, until: Instant) {
        loop {
            // A timer that nobody waits for any more is due before the next thing that happens.
            self.head.drop_stale();
            let is_due = self.head.next_at().is_some_and(|next| next <= until);
            if !is_due || self.advance().is_err() {
                return;
            }
        }
    }

    /// Lets the user do something at the end of what has happened so far, at a time not before it.
    ///
    /// To do something in the past, [`fork`](Self::fork) there: the old future stays as it is.
    ///
    /// # Errors
    /// The action names what this world does not have; nothing has happened then.
    pub fn act(&mut self, at: Instant, action: Action) -> Result<(), WorldError> {
        self.run_until(at);
        self.act_here(at, action)
    }

    /// Lets the user do something right after the newest event, whatever else is due at the same time.
    ///
    /// A time before that event counts as its time. What was due before the act and had not happened, such as a timer that
    /// nobody waits for any more, comes after it.
    ///
    /// # Errors
    /// The action names what this world does not have; nothing has happened then.
    pub fn act_here(&mut self, at: Instant, action: Action) -> Result<(), WorldError> {
        let after_events = self.head.events();
        let at = at.max(self.head.now());
        self.head.act(at, &action, &mut Writer(&mut self.log))?;
        self.stimuli.push(Stimulus {
            after_events,
            at,
            action,
        });
        self.note_event();
        Ok(())
    }

    /// The scenario has more nodes and links now.
    pub(crate) fn grown(
        &mut self,
        scenario: &Rc<Scenario>,
        nodes: Vec<NodeInfo>,
        links: Vec<LinkInfo>,
        grow: impl Fn(&mut World),
    ) {
        self.scenario = Rc::clone(scenario);
        self.log.grow(nodes, links);
        grow(&mut self.head);
        self.keyframes.iter_mut().for_each(grow);
    }

    fn note_event(&mut self) {
        self.event_ends.push(self.log.end());
        if !self.head.events().is_multiple_of(self.keyframe_every) {
            return;
        }
        self.keyframes.push(self.head.clone());
        if self.keyframes.len() > KEYFRAMES_MAX {
            self.keyframe_every *= 2;
            let every = self.keyframe_every;
            self.keyframes
                .retain(|world| world.events().is_multiple_of(every));
        }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// What the user has done, oldest first.
    #[must_use]
    pub fn stimuli(&self) -> &[Stimulus] {
        &self.stimuli
    }

    /// The log so far.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The world after the newest event.
    #[must_use]
    pub const fn head(&self) -> &World {
        &self.head
    }

    /// How many events have happened at a cursor: up to the one that wrote its last record.
    #[must_use]
    pub fn events_at(&self, cursor: Cursor) -> u64 {
        if cursor == Cursor::START {
            return 0;
        }
        let before = self.event_ends.partition_point(|end| *end < cursor);
        let events = (before + 1).min(self.event_ends.len());
        u64::try_from(events).unwrap_or(u64::MAX)
    }

    /// The cursor after the event that wrote a record.
    pub(crate) fn event_end(&self, record: RecordId) -> Cursor {
        let before = self.event_ends.partition_point(|end| end.0 <= record.0);
        self.event_ends
            .get(before)
            .copied()
            .unwrap_or_else(|| self.log.end())
    }

    /// The cursor after so many events, or after the newest one.
    #[must_use]
    pub fn cursor_after(&self, events: u64) -> Cursor {
        let index = usize::try_from(events).unwrap_or(usize::MAX);
        let end = match index.checked_sub(1) {
            None => return Cursor::START,
            Some(last) => self.event_ends.get(last).or(self.event_ends.last()),
        };
        end.copied().unwrap_or(Cursor::START)
    }

    /// The world at a cursor: after the event that wrote its last record.
    #[must_use]
    pub fn world_at(&self, cursor: Cursor) -> World {
        let events = self.events_at(cursor);
        if events == self.head.events() {
            return self.head.clone();
        }
        let kept = self
            .keyframes
            .partition_point(|world| world.events() <= events)
            .checked_sub(1)
            .and_then(|index| self.keyframes.get(index));
        // The first kept world has seen no event, so there always is one.
        let mut world = kept.unwrap_or(&self.head).clone();
        while world.events() < events && self.replay(&mut world, &mut Nothing) {}
        world
    }

    /// The world at a cursor, as [`world_at`](Self::world_at) gives it, out of one that this recording gave before: if that
    /// one is not far behind it goes on, which takes the events between the two instead of a copy and the events from the
    /// last one that was kept.
    #[must_use]
    pub fn world_from(&self, mut world: World, cursor: Cursor) -> World {
        let events = self.events_at(cursor);
        let is_near = events
            .checked_sub(world.events())
            .is_some_and(|behind| behind < self.keyframe_every);
        if !is_near {
            return self.world_at(cursor);
        }
        while world.events() < events && self.replay(&mut world, &mut Nothing) {}
        world
    }

    /// The rows that machines followed between two cursors, oldest first: what happened there happens again in a world of
    /// its own. No more than the newest few thousand, and none that lie further back than as many events.
    #[must_use]
    pub fn transitions(&self, from: Cursor, to: Cursor) -> Vec<Traced> {
        let until = self.events_at(to);
        let from = self
            .events_at(from)
            .max(until.saturating_sub(TRACED_MAX_EVENTS));
        let mut world = self.world_at(self.cursor_after(from));
        world.begin_trace();
        while world.events() < until && self.replay(&mut world, &mut Nothing) {}
        world.end_trace().into_rows().collect()
    }

    /// Lets the next event or stimulus of this recording happen in a world that is on its way to the head.
    fn replay(&self, world: &mut World, log: &mut dyn Sink<Record>) -> bool {
        let events = world.events();
        let next = self
            .stimuli
            .partition_point(|stimulus| stimulus.after_events < events);
        match self.stimuli.get(next) {
            Some(stimulus) if stimulus.after_events == events => {
                world.act(stimulus.at, &stimulus.action, log).is_ok()
            }
            _ => world.step(log),
        }
    }

    /// A second future: a recording with the same past up to the end of the event at a cursor, and nothing after it.
    #[must_use]
    pub fn fork(&self, cursor: Cursor) -> Self {
        let head = self.world_at(cursor);
        let events = head.events();
        let kept = usize::try_from(events).unwrap_or(usize::MAX);
        let mut fork = Self {
            scenario: Rc::clone(&self.scenario),
            seed: self.seed,
            stimuli: self
                .stimuli
                .iter()
                .filter(|stimulus| stimulus.after_events < events)
                .cloned()
                .collect(),
            log: self.log.clone(),
            event_ends: self.event_ends.iter().take(kept).copied().collect(),
            keyframes: self
                .keyframes
                .iter()
                .filter(|world| world.events() <= events)
                .cloned()
                .collect(),
            keyframe_every: self.keyframe_every,
            head,
            interpreter: self.interpreter.clone(),
        };
        let end = fork.event_ends.last().copied().unwrap_or(Cursor::START);
        fork.log.truncate(end);
        fork
    }

    /// A hash of the log after every event. The first stands for the log before any event, and each covers the one
    /// before it, so the last covers everything.
    #[must_use]
    pub fn log_hashes(&self) -> Vec<u64> {
        let mut from = Cursor::START;
        let mut chain = hash::of_debug(&from);
        let mut hashes: Vec<u64> = [chain].into();
        for end in &self.event_ends {
            chain = hash::of_debug(&(chain, self.log.records_between(from, *end)));
            hashes.push(chain);
            from = *end;
        }
        hashes
    }

    /// The hash of the world's state after every event, computed anew from the truth alone. The first stands for the
    /// world before any event.
    #[must_use]
    pub fn state_hashes(&self) -> Vec<u64> {
        let Some(mut world) = self.keyframes.first().cloned() else {
            return Vec::new();
        };
        let mut hashes: Vec<u64> = [world.state_hash()].into();
        while world.events() < self.head.events() && self.replay(&mut world, &mut Nothing) {
            hashes.push(world.state_hash());
        }
        hashes
    }
}

/// Writes records into a log.
struct Writer<'a>(&'a mut Log);

impl Sink<Record> for Writer<'_> {
    fn emit(&mut self, record: Record) {
        self.0.push(record);
    }
}

/// Takes records that are known already.
struct Nothing;

impl Sink<Record> for Nothing {
    fn emit(&mut self, _: Record) {}
}
