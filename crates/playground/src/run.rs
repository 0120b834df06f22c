//! A scenario and what came of it.

use crate::anatomy;
use crate::board::look_of_board;
use crate::filter::{Filter, Subject};
use crate::lesson::{Course, verdicts as verdicts_on};
use crate::look::{Connected, Look};
use crate::packet::Part;
use crate::payload::shown;
use crate::read::{self, Reader, version_name};
use crate::sandbox::{NoteView, Notes};
use crate::script::BOARDS_MAX;
use crate::state::{InFlight, StateView};
use crate::story::{Mark, Position, SpanKind, Story};
use crate::text::{self, Language};
use crate::why::Ledgers;
use crate::work::Work;
use bytes::Bytes;
use device::script::Interpreter;
use mqtt_broker::{Broker, SessionView};
use mqtt_proto::packet::PacketType;
use mqtt_proto::session::{Awaits, Direction};
use mqtt_proto::{CloseReason, Duration, Expiry, Instant};
use sim::ledger::Origin;
use sim::scenario::{BeatKind, LinkSpec, NodeAction, NodeKind, NodeSpec, Outside};
use sim::twin::Beside;
use sim::{
    Cursor, FlightId, Ledger, LinkId, Log, NodeId, Note, RecordId, RecordKind, Recording, Stimulus,
    Verdict, World,
};
use std::cell::{Ref, RefCell};
use std::rc::Rc;

/// A run stops when its log has this many records: the page has to stay quick.
const RECORDS_MAX: u32 = 120_000;
/// One with somebody outside has no end of its own, and ends when it has so many.
const REMOTE_RECORDS_MAX: u32 = 400_000;

/// A longer topic is cut.
const TOPIC_MAX_CHARS: usize = 120;
/// So many records are made before anything is shown: whole lessons are shorter.
const FIRST_RECORDS: u32 = 3_000;
/// A live run is woken at least every second: after so long a time the page has slept.
const OVERSLEPT: Duration = Duration::from_secs(3);

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
        is_possible.then_some(Self {
            boards: crate::script::boards(&work.scenario),
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
        })
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

    /// Whether nothing more is written.
    pub(crate) fn is_full(&self) -> bool {
        let most = match self.work.scenario.has_remote() {
            true => REMOTE_RECORDS_MAX,
            false => RECORDS_MAX,
        };
        self.log().end().0 >= most
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
            work: self.work.clone(),
            recording,
            interpreter: self.interpreter.clone(),
            boards: 0,
            reader,
            acts: self.acts,
            is_over: true,
            ledgers: Ledgers::default(),
            world: RefCell::new(None),
            wills: RefCell::default(),
            beside: RefCell::default(),
            woken: Instant::ZERO,
            catching_up: Instant::ZERO,
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

    /// What can be seen of the devices at `position`, lane by lane; nothing of a broker.
    pub(crate) fn looks(&self, position: Position) -> Vec<Option<Look>> {
        self.with_world(position, |world| {
            let looks = self.story().lanes.iter().map(|lane| {
                let node = NodeId(u16::try_from(lane.node).ok()?);
                let state = world.node(node)?;
                // What is outside can only be heard.
                if state.remote().is_some() {
                    let cursor = Cursor(u32::try_from(position.shown).ok()?);
                    let scenario = &self.work.scenario;
                    return look_of_board(self.log(), cursor, scenario, world, node);
                }
                if let Some(broker) = state.broker() {
                    let connected = Some(self.connected(world, node, broker, position));
                    return Some(Look {
                        connected,
                        ..Look::default()
                    });
                }
                state.device().map(Look::of)
            });
            looks.collect()
        })
    }

    /// The connections that a broker has at `position`, and those whose client is gone. While CONNACK is on its way, a client
    /// is neither there nor gone.
    fn connected(
        &self,
        world: &World,
        node: NodeId,
        broker: &Broker,
        position: Position,
    ) -> Connected {
        let story = self.story();
        let connected = || {
            let sessions = broker.sessions();
            sessions.filter(|it| it.connection().is_some())
        };
        let all = connected().count();
        // A device without power still has its end of a connection, and cannot say so.
        let is_there =
            |lane: &usize| story.is_online(*lane, position) && !story.is_off(*lane, position);
        // Most of the time all are there, and nobody has to be looked for.
        let clients = (0..story.lanes.len()).filter(|lane| !story.is_broker(*lane));
        if all <= clients.filter(is_there).count() {
            return Connected { all, half_open: 0 };
        }
        let is_gone = |lane: usize| {
            let mut flying = story.flying(position);
            !is_there(&lane)
                && !flying.any(|(_, it)| it.to == lane && it.face.kind == Some(PacketType::ConnAck))
        };
        let gone = connected().filter(|session| {
            let client = world.client_of(node, session.client_id());
            let mut lanes = story.lanes.iter();
            let lane = client.and_then(|it| lanes.position(|lane| lane.node == usize::from(it.0)));
            lane.is_some_and(is_gone)
        });
        let half_open = gone.count();
        Connected { all, half_open }
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

    /// What the broker keeps at `position`, for the client that is asked for or that the selected step is about.
    pub(crate) fn state(
        &self,
        language: Language,
        position: Position,
        selected: usize,
        client: Option<usize>,
    ) -> StateView {
        let story = self.story();
        let (devices, client) = self.client_in_view(selected, client);
        let Some(&lane) = devices.get(client) else {
            return StateView::default();
        };
        let mut view = StateView {
            clients: devices
                .iter()
                .map(|lane| story.name(*lane).to_owned())
                .collect(),
            client,
            tally: self.tally(language, position),
            ..StateView::default()
        };
        if self.work.captured.is_some() {
            view.note = Some(text::CAPTURE_NO_STATE);
            // What reached an application is not known.
            view.tally = None;
            return view;
        }
        let node = self.broker_of(self.node_of(lane));
        self.with_world(position, |world| {
            let broker_id = node;
            let node = node.and_then(|node| world.node(node));
            if let Some(broker) = node.and_then(|node| node.broker()) {
                let client = self.node_of(lane);
                let session = client.and_then(|client| world.session_of(broker_id?, client));
                self.look(language, session, lane, position, selected, &mut view);
                let retained = broker.retained(Instant::from_micros(position.now)).count();
                view.facts.push((
                    text::RETAINED,
                    text::how_many(retained, text::NONE.to(language)),
                    false,
                ));
            }
            if node.is_some_and(|node| node.remote().is_some()) {
                view.note = Some(text::OUTSIDE_KEEPS_UNKNOWN);
            }
        });
        view
    }

    /// The lanes of the clients, and which of them is in view: the one that is asked for, or that the selected step is about.
    pub(crate) fn client_in_view(
        &self,
        selected: usize,
        client: Option<usize>,
    ) -> (Vec<usize>, usize) {
        let story = self.story();
        let devices: Vec<usize> = (0..story.lanes.len())
            .filter(|lane| !story.is_broker(*lane))
            .collect();
        let talked_about = story.flight_of(selected).map(|(_, it)| {
            if story.is_broker(it.from) {
                it.to
            } else {
                it.from
            }
        });
        let client = client
            .or_else(|| talked_about.and_then(|lane| devices.iter().position(|it| *it == lane)));
        let client = client.unwrap_or(devices.len().saturating_sub(1));
        (devices, client)
    }

    fn look(
        &self,
        language: Language,
        session: Option<SessionView<'_>>,
        lane: usize,
        position: Position,
        selected: usize,
        view: &mut StateView,
    ) {
        if let Some(session) = session {
            view.rows = self.rows(language, &session, lane, selected);
            view.facts.push((
                text::SESSION,
                self.session(language, &session, lane, position),
                false,
            ));
            for subscription in session.subscriptions() {
                let value = text::subscription(
                    &shown(&subscription.filter, TOPIC_MAX_CHARS),
                    subscription.options.qos.bits(),
                );
                view.facts.push((text::SUBSCRIPTION, value, true));
            }
            view.facts.push((
                text::QUEUE,
                text::how_many(session.queued(), text::EMPTY.to(language)),
                false,
            ));
        } else {
            view.facts
                .push((text::SESSION, text::NONE.to(language).to_owned(), false));
        }
    }

    fn session(
        &self,
        language: Language,
        session: &SessionView<'_>,
        lane: usize,
        position: Position,
    ) -> String {
        if session.expiry() == Expiry::AT_CLOSE {
            return text::SESSION_ENDS.to(language).to_owned();
        }
        let spans = self
            .story()
            .spans
            .iter()
            .filter(|span| span.lane == lane && span.kind == SpanKind::Session);
        let mut since = spans
            .filter(|span| span.interval.holds(position))
            .map(|span| span.interval.from)
            .next_back();
        // Another client may have had it before.
        for span in self.story().spans.iter().rev() {
            if span.kind == SpanKind::Session && since.is_some() && span.interval.until == since {
                since = Some(span.interval.from);
            }
        }
        let step = since.map_or(0, |mark| {
            self.story()
                .steps
                .partition_point(|step| step.mark.record < mark.record)
        });
        text::kept_since(language, step)
    }

    fn rows(
        &self,
        language: Language,
        session: &SessionView<'_>,
        lane: usize,
        selected: usize,
    ) -> Vec<InFlight> {
        let flight = self
            .story()
            .flight_of(selected)
            .and_then(|(_, flight)| flight.exchange);
        let exchange = flight.and_then(|index| self.story().exchanges.get(index));
        let rows = session.in_flight().filter_map(|row| {
            let id = row.id?.get();
            let is_incoming = row.direction == Direction::Incoming;
            let waits_for = match row.awaits {
                Awaits::Sending => text::WAITS_TO_BE_SENT.to(language),
                Awaits::PubAck => "PUBACK",
                Awaits::PubRec => "PUBREC",
                Awaits::PubComp => "PUBCOMP",
                Awaits::PubRel => "PUBREL",
            };
            let message = match row.message {
                Some(message) => text::kept_message(
                    &shown(message.topic.as_str(), TOPIC_MAX_CHARS),
                    message.qos.bits(),
                ),
                None => text::only_id(language, is_incoming),
            };
            let end = |it: usize| it == lane;
            let is_selected = exchange.is_some_and(|it| {
                it.id == id
                    && if is_incoming {
                        end(it.sender)
                    } else {
                        end(it.receiver)
                    }
            });
            Some(InFlight {
                id,
                waits_for,
                message,
                sent: usize::from(row.sends),
                is_selected,
            })
        });
        rows.collect()
    }

    /// When wills went out for the first time.
    fn wills(&self) -> Ref<'_, Vec<Mark>> {
        let (log, ledger, flights) = (self.log(), self.ledger(), self.story().flights.len());
        let mut known = self.wills.borrow_mut();
        if known.0 != flights {
            let wills = ledger.messages().iter();
            let wills = wills.filter(|message| message.origin == Origin::Will);
            let sent = wills.filter_map(|will| {
                let copies = will.copies.iter().filter_map(|copy| ledger.copy(*copy));
                let first = copies.filter_map(|copy| copy.flights.first()).min()?;
                Some(read::mark(log.record(first.0)?))
            });
            *known = (flights, sent.collect());
        }
        drop(known);
        Ref::map(self.wills.borrow(), |known| &known.1)
    }

    /// What was ordered and what was delivered, as far as it is known.
    fn tally(&self, language: Language, position: Position) -> Option<(String, String)> {
        let story = self.story();
        let orders = story.published(position);
        if orders == 0 {
            return None;
        }
        let deliveries = story.delivered(position);
        let mut promised = story.promised(position);
        let promise = match (promised.next(), promised.next()) {
            (None, _) => String::new(),
            (Some(qos), None) => text::promise(language, qos),
            (Some(_), Some(_)) => text::PROMISES_DIFFER.to(language).to_owned(),
        };
        let wills = self.wills();
        let wills = wills.iter().filter(|sent| position.has(**sent));
        let sent = text::sent(language, orders, story.has_only_orders(position));
        Some((
            text::tally(language, &sent, wills.count(), deliveries),
            promise,
        ))
    }
}

/// What a log says of something without its time, and the step that it is; 0 if it is none.
pub(crate) fn told(log: &Log, record: Option<RecordId>) -> Option<(usize, String)> {
    let record = record?;
    let line = log.line(record);
    let what = line.split_once("  ").map_or(&*line, |(_, what)| what);
    let place = log.steps().binary_search(&record);
    Some((place.map_or(0, |it| it + 1), what.trim().to_owned()))
}

/// For a message that reaches an application: for the how manieth time it reaches this one.
fn times_delivered(log: &Log, ledger: &Ledger, record: &sim::Record) -> Option<u64> {
    if !matches!(record.kind, RecordKind::Delivered(_)) {
        return None;
    }
    let message = ledger.message(ledger.about(log, record.id)?)?;
    let deliveries = message.deliveries.iter();
    let times = deliveries.filter(|it| Some(it.node) == record.node && it.record <= record.id);
    u64::try_from(times.count()).ok()
}

/// Whether a machine says that the other end breaks a rule.
fn tells_of_a_broken_rule(record: &sim::Record) -> bool {
    match &record.kind {
        RecordKind::Note(Note::Closing(CloseReason::Violation(violation))) => {
            !violation.is_silence()
        }
        RecordKind::Note(Note::Closing(CloseReason::Malformed(_))) => true,
        _ => false,
    }
}
