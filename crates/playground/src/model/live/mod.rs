//! The link to a real broker: the form, the session that goes on, and what the screen shows of it.

mod form;
mod view;

use super::bridge::BridgeFault;
use super::over::Kind;
use super::running::Goal;
use super::{Notice, Playground};
use crate::action::Command;
use crate::going::Going;
use crate::guests::{GuestsAction, HubCommand};
use crate::live::{
    Dialled, Far, LinkForm, LiveAction, LiveCommand, Session, Trouble, Way, Wire, alone, twin,
};
use crate::route::Place;
use crate::run::Run;
use crate::text;
use crate::work::Work;
use mqtt_proto::Version;
use relay::dial_closes::CODE_WANTED;
use sim::Cursor;
use sim::scenario::{Action as Act, NodeAction, NodeKind};

/// The page looks at the clock this often while it has something to show: milliseconds.
const LOOK_EVERY_MILLIS: u64 = 1_000;
/// An arrow moves in steps of this: milliseconds.
const FRAME_MILLIS: u64 = 33;

/// The form and the session.
#[derive(Default)]
pub(super) struct Link {
    pub(super) form: LinkForm,
    pub(super) hub: crate::guests::Hub,
    pub(super) session: Option<Session>,
    /// What could not even be dialled.
    pub(super) fault: Option<Trouble>,
    /// What a broker supports, as far as it has been asked.
    pub(super) probing: Option<crate::probe::Probing>,
    pub(super) bridge: super::bridge::BridgePart,
    /// The time on the wall, in microseconds since anything.
    pub(super) wall: u64,
    is_drawn: bool,
    /// Whether the story is behind what has happened.
    is_behind: bool,
    /// Whether what happens now can wait to be read.
    is_quick: bool,
    /// Whether the last action changed nothing that is shown before the next frame.
    pub(super) is_unseen: bool,
    /// What was said of the run and its simulated twin, and when.
    twin: std::cell::RefCell<Option<(TwinKey, Option<String>)>>,
}

/// What a comparison with the twin depends on.
type TwinKey = (Cursor, text::Language);

impl Playground {
    /// Whether a run with a real broker or a real board goes on, so that the page needs the time on the wall.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.has_link() || self.has_board() || self.is_probing()
    }

    /// Whether a run with a real broker goes on.
    pub(super) const fn has_link(&self) -> bool {
        self.link.session.is_some()
    }

    pub(super) fn live_action(&mut self, action: LiveAction, commands: &mut Vec<Command>) {
        match action {
            LiveAction::Fill(field, text) => self.link.form.fill(field, text),
            LiveAction::Tick(flag, is_on) => self.link.form.tick(flag, is_on),
            LiveAction::Choose(world) => self.link.form.world = world,
            LiveAction::Drawn(number) => {
                self.link.form.tag = format!("{:05x}", number & 0xf_ffff);
                self.link.bridge.form.draw(&self.link.form.tag);
            }
            LiveAction::Connect => {
                self.live_connect(commands);
                commands.push(Command::Focus(text::LINK_STATE_ID.to_owned()));
            }
            LiveAction::TryPort(port) => {
                if let Ok(address) = self.link.form.address() {
                    self.link.form.url = address.at_port(port);
                    self.live_end(commands);
                    self.live_connect(commands);
                }
            }
            LiveAction::Disconnect => self.live_all(&NodeAction::Disconnect, commands),
            LiveAction::End => self.live_end(commands),
            LiveAction::Show => {
                self.live_show();
                self.place = Place::Play;
                commands.push(self.title());
                self.address(false, commands);
            }
            LiveAction::Gate(..) | LiveAction::Pass(_) if self.has_guests() => {
                self.guests_gate(&action, commands);
            }
            LiveAction::Guests(action) => self.guests_action(action, commands),
            LiveAction::Gate(way, true) => {
                self.live_links(commands, |a, b| Act::Gate {
                    toward: Some(way.end(&a, &b)),
                    a,
                    b,
                });
            }
            LiveAction::Gate(way, false) => {
                self.live_links(commands, |a, b| Act::Release {
                    toward: Some(way.end(&a, &b)),
                    a,
                    b,
                });
            }
            LiveAction::Pass(way) => {
                self.live_links(commands, |a, b| Act::Pass {
                    toward: Some(way.end(&a, &b)),
                    a,
                    b,
                });
            }
            LiveAction::Cut => self.live_links(commands, |a, b| Act::Cut {
                a,
                b,
                after_bytes: 0,
                span: None,
            }),
            LiveAction::Resume => self.live_links(commands, |a, b| Act::Restore { a, b }),
            LiveAction::Report => {
                if let Some(text) = self.live_report() {
                    commands.push(Command::Download {
                        name: "mqtt-playground-report.txt".to_owned(),
                        bytes: text.into_bytes(),
                    });
                }
            }
            LiveAction::Clock(wall) => {
                if let Some(session) = &mut self.link.session {
                    session.going.clock(wall);
                }
                self.live_on(None, commands);
                self.board_clock(wall, commands);
                self.probe_clock(wall, commands);
            }
            LiveAction::Beside => self.show_beside(commands),
            LiveAction::Probe(action) => self.probe_action(action, commands),
            LiveAction::Bridge(action) => self.bridge_action(action, commands),
            LiveAction::Opened(number, _)
            | LiveAction::Received(number, _)
            | LiveAction::Closed(number, ..)
            | LiveAction::Forbidden(number)
                if crate::probe::is_probes(number) =>
            {
                self.probe_heard(action, commands);
            }
            LiveAction::Opened(number, _)
            | LiveAction::Received(number, _)
            | LiveAction::Closed(number, ..)
            | LiveAction::Forbidden(number)
                if crate::board::is_boards(number) =>
            {
                self.board_socket(action, commands);
            }
            LiveAction::Text(number, words) => self.live_text(number, &words, commands),
            LiveAction::Opened(..)
            | LiveAction::Received(..)
            | LiveAction::Closed(..)
            | LiveAction::Forbidden(..) => self.live_came(action, commands),
        }
    }

    /// Something came over a session's WebSocket.
    fn live_came(&mut self, action: LiveAction, commands: &mut Vec<Command>) {
        let session = self.link.session.as_mut();
        let act = session.and_then(|it| match (&mut it.far, &mut it.bridge) {
            (Far::Broker(dialled), _) => dialled.came(action),
            (_, Some(bridge)) => bridge.dialled.came(action),
            (Far::Guests(_) | Far::Bridge, None) => None,
        });
        if act.is_some() {
            self.live_on(act, commands);
        }
        self.live_give_up(commands);
    }

    /// Where a hub wants another code, each try with this one leads to the same, and soon it takes none from here at all.
    fn live_give_up(&mut self, commands: &mut Vec<Command>) {
        let refused = |it: &Dialled| {
            let trouble = it.trouble.as_ref();
            let is_over = |it: &&Trouble| matches!(it, Trouble::Closed(CODE_WANTED, _));
            trouble.filter(is_over).cloned()
        };
        if let Some(trouble) = self.dialled().and_then(refused) {
            self.live_end(commands);
            self.link.fault = Some(trouble);
        } else if let Some(trouble) = self.bridged().and_then(|it| refused(&it.dialled)) {
            self.bridge_stop(commands);
            self.link.bridge.fault = Some(BridgeFault::Trouble(trouble));
        } else {
            return;
        }
        self.say(Notice::fault(text::LINK_CODE_WANTED));
    }

    /// Whoever gets MQTT in a text frame closes the connection (MQTT-6.0.0-1). A board says in text what it is, before MQTT.
    fn live_text(&mut self, number: u32, words: &str, commands: &mut Vec<Command>) {
        /// So much of it tells what it may be.
        const WORDS_MAX_CHARS: usize = 40;
        /// “Unsupported data” (RFC 6455, section 7.4.1).
        const UNSUPPORTED: u16 = 1003;
        if crate::board::is_boards(number) {
            let said = words.as_bytes().to_vec().into();
            return self.live_action(LiveAction::Received(number, said), commands);
        }
        commands.push(Command::Live(LiveCommand::Close(number)));
        let words: String = words.chars().take(WORDS_MAX_CHARS).collect();
        let action = match crate::probe::is_probes(number) {
            true => LiveAction::Closed(number, UNSUPPORTED, words),
            false => LiveAction::Text(number, words),
        };
        match action {
            LiveAction::Text(..) => self.live_came(action, commands),
            closed => self.live_action(closed, commands),
        }
    }

    fn live_connect(&mut self, commands: &mut Vec<Command>) {
        self.link.fault = None;
        if self.dialled().is_some() {
            return self.live_all(&NodeAction::Connect, commands);
        }
        let form = &self.link.form;
        let address = match form.address() {
            Ok(address) => address,
            Err(fault) => {
                self.link.fault = Some(Trouble::Address(fault));
                return;
            }
        };
        if !Wire::is_prefix(&form.prefix()) {
            self.link.fault = Some(Trouble::Prefix);
            return;
        }
        let world = form.world.checked_sub(1);
        let work = match world.and_then(|world| self.live_worlds().nth(world)) {
            Some((_, scenario)) => twin(&scenario),
            None => alone(form, &address.host),
        };
        if let Some(work) = &work
            && self.live_lacks_machines(&work.scenario, commands)
        {
            return;
        }
        let form = &self.link.form;
        let started = work.and_then(|work| {
            let broker = crate::live::broker(&work.scenario)?;
            Some((Run::live(work, &self.scripts.interpreter)?, broker))
        });
        let Some((run, broker)) = started else {
            self.say(Notice::fault(text::LINK_NOT_STARTED));
            return;
        };
        if form.has_password_alone() && speaks_311(&run.work().scenario) {
            self.link.fault = Some(Trouble::PasswordAlone);
            return;
        }
        let wire = form.wire(match world {
            Some(_) => form.scenario_ids(),
            None => form.ids(),
        });
        let version = run.work().scenario.version;
        let url = form.url.trim().to_owned();
        let dialled = Dialled::new(address, url, wire, version, broker);
        self.live_start(Far::Broker(Box::new(dialled)), run, commands);
    }

    /// Another session begins, at the main screen.
    pub(super) fn live_start(&mut self, far: Far, run: Run, commands: &mut Vec<Command>) {
        self.live_end(commands);
        let work = run.work().clone();
        self.leave_world();
        self.show(run);
        self.scenario = self.place_of(&work.file).unwrap_or(self.scenario);
        self.futures = vec![work];
        self.settle();
        self.position = self.story.at(0, 0);
        self.link.session = Some(Session::new(far));
        commands.push(Command::Live(LiveCommand::Wake(0)));
    }

    /// The scenarios that can run against a broker, by title.
    pub(super) fn live_worlds(&self) -> impl Iterator<Item = (String, std::rc::Rc<sim::Scenario>)> {
        self.live_worlds_named()
            .map(|(title, scenario, _)| (title, scenario))
    }

    /// The same, and their names in addresses.
    pub(super) fn live_worlds_named(
        &self,
    ) -> impl Iterator<Item = (String, std::rc::Rc<sim::Scenario>, std::rc::Rc<str>)> {
        let worlds = self.scenarios.iter().filter(|it| {
            let mut brokers = it.scenario.nodes.iter();
            *it.file != *crate::live::FILE
                && !it.scenario.has_remote()
                && brokers.any(|node| node.kind == NodeKind::Broker)
        });
        worlds.map(|it| {
            let title = self.voice().data(&it.scenario.title);
            let title = crate::payload::shown(title, super::views::TITLE_MAX_CHARS);
            let part = it.scenario.lesson.as_deref();
            let title = part.map_or_else(
                || title.clone(),
                |lesson| {
                    let letter = lesson.part.map_or_else(String::new, |it| it.to_string());
                    format!("{}{letter}. {title}", lesson.number)
                },
            );
            let scenario = std::rc::Rc::clone(&it.scenario);
            (title, scenario, std::rc::Rc::clone(&it.file))
        })
    }

    /// The real broker that the page's devices dial.
    fn dialled(&self) -> Option<&Dialled> {
        self.link.session.as_ref()?.dialled()
    }

    /// The run with somebody outside, wherever it is.
    pub(super) fn live_run(&self) -> Option<&Run> {
        let session = self.link.session.as_ref()?;
        match session.going.is_shown {
            true => self.run.as_ref(),
            false => session.going.aside.as_ref(),
        }
    }

    pub(super) fn is_live_shown(&self) -> bool {
        self.link
            .session
            .as_ref()
            .is_some_and(|it| it.going.is_shown)
    }

    /// What is due happens, then this, and the browser does what comes of it.
    pub(super) fn live_on(&mut self, act: Option<Act>, commands: &mut Vec<Command>) {
        self.live_through(commands, |session, run| {
            run.live_on(session.going.now, act);
            Vec::new()
        });
    }

    /// Something happens in the run with somebody outside; then the browser does what comes of it.
    pub(super) fn live_through(
        &mut self,
        commands: &mut Vec<Command>,
        happen: impl FnOnce(&mut Session, &mut Run) -> Vec<LiveCommand>,
    ) {
        let Some(session) = &mut self.link.session else {
            return;
        };
        let mut run = match session.going.is_shown {
            true => self.run.take(),
            false => session.going.aside.take(),
        };
        let mut wanted = Vec::new();
        let mut wait = LOOK_EVERY_MILLIS;
        let (mut has_grown, mut is_full) = (false, false);
        if let Some(run) = &mut run {
            let (before, nodes) = (run.log().end(), run.log().nodes().len());
            wanted = happen(session, run);
            let now = session.going.now;
            // What the bridge brings goes to the devices, and what they say to the bridge.
            loop {
                let end = run.log().end();
                if let Some(bridge) = &mut session.bridge {
                    bridge.go_on(run, now, &mut wanted);
                }
                match &mut session.far {
                    Far::Broker(dialled) => dialled.look(run, &mut wanted),
                    Far::Guests(guests) => {
                        let said = guests.look(run, now);
                        wanted.extend(said.into_iter().map(LiveCommand::Hub));
                    }
                    Far::Bridge => {}
                }
                if session.bridge.is_none() || run.log().end() == end {
                    break;
                }
            }
            has_grown = run.log().nodes().len() > nodes;
            self.link.is_behind |= run.log().end() > before || has_grown;
            if !session.going.is_paused {
                if session.going.is_shown && run.head().is_anything_under_way() {
                    wait = FRAME_MILLIS;
                }
                let until_next =
                    |it: mqtt_proto::Instant| it.since(session.going.now).as_micros() / 1000 + 1;
                let bridge = session.bridge.as_ref().and_then(|it| it.due());
                let bridge = bridge.map(|at| run.catches_up(now).map_or(at, |until| at.max(until)));
                let next = run.head().next_at().into_iter().chain(bridge).min();
                wait = wait.min(next.map_or(wait, until_next));
            }
            is_full = run.is_full();
        }
        match session.going.is_shown {
            true => self.run = run,
            false => session.going.aside = run,
        }
        let wait = u32::try_from(wait).unwrap_or(0);
        commands.extend(wanted.into_iter().map(Command::Live));
        commands.push(Command::Live(LiveCommand::Wake(wait)));
        // The wire is quicker than the screen: what it brings is read for the next frame.
        if has_grown || !self.link.is_quick {
            self.live_read();
        } else if self.link.is_behind {
            commands.push(Command::RequestFrame);
        }
        if has_grown {
            self.live_grown();
        }
        if is_full {
            self.say(Notice::fault(text::LIVE_FULL));
            self.live_end(commands);
        }
    }

    /// What comes next comes over the wire of many devices, or is the clock: it changes nothing that is shown before the next
    /// frame.
    pub(super) fn live_begin(&mut self, action: &super::Action) {
        let action = match action {
            super::Action::Live(action) => Some(action),
            _ => None,
        };
        let is_wire = match action {
            Some(LiveAction::Clock(_) | LiveAction::Guests(GuestsAction::Frame(_))) => true,
            Some(LiveAction::Received(..)) => self.bridged().is_some(),
            _ => false,
        };
        self.link.is_quick = is_wire && (self.has_guests() || self.bridged().is_some());
        if !self.link.is_quick {
            self.live_read();
        }
        self.link.is_unseen = self.link.is_quick && !matches!(action, Some(LiveAction::Clock(_)));
    }

    /// Reads what has happened since.
    fn live_read(&mut self) {
        if !std::mem::take(&mut self.link.is_behind) {
            return;
        }
        let Some(session) = &mut self.link.session else {
            return;
        };
        if !session.going.is_shown {
            if let Some(run) = &mut session.going.aside {
                run.read_on();
            }
            return;
        }
        // Whoever holds the story makes it dear to read on.
        self.story = std::rc::Rc::default();
        if let Some(run) = &mut self.run {
            run.read_on();
            self.story = run.shared_story();
            self.edition += 1;
        }
    }

    /// There are more lanes than before, and some are elsewhere.
    fn live_grown(&mut self) {
        let Some(work) = self.live_run().map(|run| run.work().clone()) else {
            return;
        };
        self.put_own(&work);
        if self.is_live_shown() {
            self.over.close(Kind::Menu);
            self.map_focus = None;
            self.client = None;
            self.arrangement.lanes = crate::lanes::Lanes::default();
            self.futures = vec![work];
        }
    }

    /// Stays at the newest moment, or notes that the user has gone elsewhere. Asks for what the screen needs.
    pub(super) fn live_follow(&mut self, has_walked: bool, commands: &mut Vec<Command>) {
        if self.place == Place::Broker && !std::mem::replace(&mut self.link.is_drawn, true) {
            commands.push(Command::Live(LiveCommand::Draw));
            commands.push(Command::Live(LiveCommand::Hub(HubCommand::AskOrigin)));
        }
        let last = self.story.steps.len();
        let step = self.position.step;
        let session = self.link.session.as_mut().filter(|it| it.going.is_shown);
        let session = session.map(|it| (&mut it.going.follows, it.going.now));
        let Some((follows, now)) = session.or_else(|| self.board.going()) else {
            return;
        };
        if has_walked {
            *follows = step >= last;
        }
        if *follows {
            let now = now.as_micros();
            let step = self.story.step_at(now).min(last);
            let position = self.story.at(step, now);
            if step != self.position.step {
                self.selected = None;
                self.focus = None;
            }
            self.motion = super::Motion::Still;
            self.position = position;
        }
    }

    /// What the user does to the world at the newest moment of a run with a broker happens now, and really. Whether it was
    /// that.
    pub(super) fn live_act(&mut self, act: &Act, commands: &mut Vec<Command>) -> bool {
        let Some(session) = self.link.session.as_ref().filter(|it| it.going.is_shown) else {
            return self.board_act(act, commands);
        };
        if !session.going.follows {
            // The past is another future: the run as it was really is kept beside it.
            if let Some(run) = &mut self.run {
                run.settle();
            }
            return false;
        }
        if session.guests().is_some_and(|it| it.is_watching) {
            self.say(Notice::fault(text::GUESTS_ONLY_WATCHED));
            return true;
        }
        self.live_on(Some(act.clone()), commands);
        true
    }

    fn live_all(&mut self, act: &NodeAction, commands: &mut Vec<Command>) {
        let Some(run) = self.live_run() else { return };
        let nodes = run.work().scenario.nodes.iter();
        let devices = nodes.filter(|node| matches!(node.kind, NodeKind::Device(_)));
        let names: Vec<String> = devices.map(|node| node.name.clone()).collect();
        for node in names {
            let act = act.clone();
            self.live_on(Some(Act::Node { node, act }), commands);
        }
    }

    fn live_links(&mut self, commands: &mut Vec<Command>, act: impl Fn(String, String) -> Act) {
        let Some(run) = self.live_run() else { return };
        let links = &run.work().scenario.links;
        let gated = self.gated(run).into_iter();
        let gated = gated.filter_map(|link| links.get(usize::from(link.0)));
        let ends: Vec<_> = gated.map(|link| (link.a.clone(), link.b.clone())).collect();
        for (a, b) in ends {
            self.live_on(Some(act(a, b)), commands);
        }
    }

    /// Another run is about to be shown.
    pub(super) fn put_live_aside(&mut self) {
        self.put_board_aside();
        if let Some(session) = self.link.session.as_mut().filter(|it| it.going.is_shown) {
            session.going.aside = self.run.take();
            session.going.is_shown = false;
            if let Some(run) = &mut session.going.aside {
                run.settle();
            }
        }
    }

    pub(super) fn live_show(&mut self) {
        let Some(session) = self.link.session.as_mut() else {
            return;
        };
        session.going.follows = true;
        let Some(run) = session.going.aside.take() else {
            return;
        };
        let work = run.work().clone();
        self.leave_world();
        self.show(run);
        if let Some(session) = &mut self.link.session {
            session.going.is_shown = true;
        }
        self.scenario = self.place_of(&work.file).unwrap_or(self.scenario);
        self.futures = vec![work];
        self.settle();
    }

    /// The session is over.
    pub(super) fn live_end(&mut self, commands: &mut Vec<Command>) {
        self.bridge_stop(commands);
        // A run that is full ends the session, and takes no goodbye any more: it goes by the wire.
        let has_room = self.live_run().is_some_and(|run| !run.is_full());
        if has_room && self.dialled().is_some() {
            self.live_all(&NodeAction::Disconnect, commands);
        }
        let Some(mut session) = self.link.session.take() else {
            return;
        };
        let mut wanted = Vec::new();
        match &mut session.far {
            Far::Broker(dialled) => dialled.hang_up(&mut wanted),
            Far::Guests(_) => wanted.extend(self.leave_hub().map(LiveCommand::Hub)),
            Far::Bridge => {}
        }
        commands.extend(wanted.into_iter().map(Command::Live));
        self.outside_ends(session.going, commands);
    }

    /// A run with somebody outside is over: what happened is a run like any other.
    pub(in crate::model) fn outside_ends(&mut self, going: Going, commands: &mut Vec<Command>) {
        if !going.is_shown {
            if let Some(run) = going.aside {
                self.put_own(&run.settled());
            }
            return;
        }
        let Some(work) = self.run.as_ref().map(Run::settled) else {
            return;
        };
        let position = self.position;
        if let Some(run) = Run::begin(work.clone(), &self.scripts.interpreter) {
            self.futures = vec![Work {
                acts: std::rc::Rc::from([]),
                ..work.clone()
            }];
            self.keep_future(work);
            self.show(run);
            self.head_for(Goal::Time(position.now), commands);
        }
    }
}

/// Whether a device speaks 3.1.1.
fn speaks_311(scenario: &sim::Scenario) -> bool {
    scenario.nodes.iter().any(|node| match &node.kind {
        NodeKind::Device(device) => device.version == Version::V311,
        _ => false,
    })
}

impl Way {
    /// The end of a link that it leads to.
    fn end(self, client: &str, broker: &str) -> String {
        match self {
            Self::Out => broker.to_owned(),
            Self::In => client.to_owned(),
        }
    }
}
