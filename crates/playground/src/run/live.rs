//! A run that goes on by the clock on the wall, with what is outside of it.

use super::Run;
use crate::read::Reader;
use crate::why::Ledgers;
use crate::work::Work;
use device::script::Interpreter;
use mqtt_proto::{Duration, Instant};
use sim::scenario::{LinkSpec, NodeAction, NodeKind, NodeSpec, Outside};
use sim::twin::Beside;
use sim::{Cursor, LinkId, Recording, World};
use std::cell::RefCell;
use std::rc::Rc;

/// A live run is woken at least every second: after so long a time the page has slept.
const OVERSLEPT: Duration = Duration::from_secs(3);

impl Run {
    /// A work with somebody outside who does things as the clock on the wall goes on: it does not go on by itself, and has no end.
    pub(crate) fn live(work: Work, interpreter: &Interpreter) -> Option<Self> {
        let mut endless = sim::Scenario::clone(&work.scenario);
        endless.until = Instant::from_micros(sim::scenario::limits::TIME_MAX_MICROS);
        let run = Self::new(work, interpreter)?;
        let seed = run.work.scenario.seed;
        let recording =
            Recording::with_interpreter(Rc::new(endless), seed, &run.interpreter).ok()?;
        Some(Self {
            recording,
            is_over: true,
            ..run
        })
    }

    /// What is due happens, and then this, if there is something. Whether it could be done.
    pub(crate) fn live_on(&mut self, now: Instant, act: Option<sim::scenario::Action>) -> bool {
        self.wake(now);
        self.recording.run_until(now);
        act.is_none_or(|act| self.act_now(now, act))
    }

    /// It is this late where the run is watched: the page has not slept, it was told so.
    pub(crate) fn told_until(&mut self, now: Instant) {
        self.woken = self.woken.max(now);
        self.recording.run_until(now);
    }

    /// The page may have slept: in a tab that nobody sees, or with its computer. What has come in the meantime waits outside, and
    /// must be taken before a timer says that it has not come.
    fn wake(&mut self, now: Instant) {
        let slept = now.since(self.woken);
        self.woken = self.woken.max(now);
        if slept < OVERSLEPT {
            return;
        }
        self.catching_up = now + sim::remote::CATCHING_UP;
        let is_late = self.head().next_at().is_some_and(|next| next <= now);
        let nodes = &self.work.scenario.nodes;
        let remote = nodes
            .iter()
            .find(|node| matches!(node.kind, NodeKind::Remote(_)));
        if let Some(node) = remote.filter(|_| is_late) {
            let act = sim::scenario::Action::Node {
                node: node.name.clone(),
                act: NodeAction::Outside(Outside::Late),
            };
            self.act_now(now, act);
        }
    }

    /// Until when what has come while the page slept is taken, and nobody's patience has an end; `None` if that is over.
    pub(crate) fn catches_up(&self, now: Instant) -> Option<Instant> {
        Some(self.catching_up).filter(|until| now < *until)
    }

    /// This happens before anything else that is due. Whether it could be done.
    pub(crate) fn act_now(&mut self, now: Instant, act: sim::scenario::Action) -> bool {
        !self.is_full() && self.recording.act_here(now, act).is_ok()
    }

    /// Nodes whose programs are outside come, with their links, as if they had always been there. Whether there was room.
    pub(crate) fn grow(&mut self, nodes: Vec<NodeSpec>, links: Vec<LinkSpec>) -> bool {
        let mut scenario = sim::Scenario::clone(&self.work.scenario);
        scenario.nodes.extend(nodes.iter().cloned());
        scenario.links.extend(links.iter().cloned());
        let work = Work::own(Rc::clone(&self.work.file), &scenario.to_string());
        let Ok(work) = work else {
            return false;
        };
        if self.recording.grow(nodes, links).is_err() {
            return false;
        }
        self.work = Work {
            acts: Rc::clone(&self.work.acts),
            ..work
        };
        let log = self.recording.log();
        let nodes = &self.work.scenario.nodes;
        self.reader = Reader::new(log).place(|node| nodes.get(node)?.place);
        self.ledgers = Ledgers::default();
        self.world = RefCell::new(None);
        self.wills = RefCell::default();
        self.beside = RefCell::default();
        true
    }

    /// What has reached the outside since a cursor.
    pub(crate) fn handouts(&self, from: Cursor) -> Vec<sim::remote::Handout> {
        self.recording.handouts(from).collect()
    }

    /// The world after the newest event.
    pub(crate) const fn head(&self) -> &World {
        self.recording.head()
    }

    /// Reads what has happened since. The story must not be held by anybody.
    pub(crate) fn read_on(&mut self) {
        let log = self.recording.log();
        self.reader.take(log, log.end());
    }

    /// How this run with a broker outside compares with the same run with the simulated one.
    pub(crate) fn beside_twin(&self, now: Instant) -> Option<(Recording, sim::twin::Comparison)> {
        let twin = self.recording.twin(now).ok()?;
        let compared = self.recording.compare_with(&twin, now);
        Some((twin, compared))
    }

    /// This run as it is, and the same one with the simulated broker, both over; and how they compare. The run's own work has what
    /// was done in both.
    pub(crate) fn and_simulated(&self, now: Instant) -> Option<([Self; 2], sim::twin::Comparison)> {
        let (twin, compared) = self.beside_twin(now)?;
        let runs = [self.recording.clone(), twin].map(|it| self.over(it));
        Some((runs, compared))
    }

    /// A run that is over: one of this run's scenario, or of its like.
    fn over(&self, recording: Recording) -> Self {
        let nodes = &self.work.scenario.nodes;
        let log = recording.log();
        let mut reader = Reader::new(log).place(|node| nodes.get(node)?.place);
        reader.take(log, log.end());
        Self {
            acts: self.acts,
            is_over: true,
            ..Self::recorded(
                self.work.clone(),
                recording,
                self.interpreter.clone(),
                reader,
            )
        }
    }

    /// How the first board of this run and its twin beside it compare, as far as it has come at a time; nothing if there are
    /// none.
    pub(crate) fn boards_compared(&self, now: Instant) -> Option<sim::twin::Comparison> {
        let (board, twin) = crate::board::twins(&self.work.scenario).next()?;
        let links = &self.work.scenario.links;
        let link = |name: &str| {
            let place = links.iter().position(|it| it.a == name)?;
            u16::try_from(place).ok().map(LinkId)
        };
        let (board, twin) = (link(&board.name)?, link(&twin.name)?);
        let mut known = self.beside.borrow_mut();
        if known.as_ref().is_none_or(|it| it.links() != [board, twin]) {
            *known = None;
        }
        let beside = known.get_or_insert_with(|| Beside::new(board, twin));
        beside.take(self.log());
        Some(beside.at(now))
    }

    /// The work with all that was done in this run, as it can be run again.
    pub(crate) fn settled(&self) -> Work {
        Work {
            acts: self.recording.stimuli().into(),
            ..self.work.clone()
        }
    }

    /// Takes up what was done since in its work.
    pub(crate) fn settle(&mut self) {
        self.work = self.settled();
        self.acts = self.work.acts.len();
    }
}
