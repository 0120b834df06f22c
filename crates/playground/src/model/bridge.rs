//! The bridge between this page's broker and a real one: what the user does about it, and what the screen shows.

use super::Playground;
use crate::action::Command;
use crate::bridge::view::{BridgeView, EndView};
use crate::bridge::{BridgeAction, BridgeForm, Bridged, FILE, FormFault, ROWS_MAX, RowForm};
use crate::bridge::{names, nodes};
use crate::live::address::AddressFault;
use crate::live::view::LinkState;
use crate::live::{Dialled, Far, Trouble, Wire};
use crate::run::Run;
use crate::text;
use crate::work::Work;
use foreign::bridge::{EndState, Side};
use mqtt_proto::{Instant, Version};
use sim::LinkId;
use sim::scenario::Action as Act;

/// Why it cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BridgeFault {
    /// The form.
    Form(FormFault),
    /// The way to the real broker, before anybody dialled, or where dialling again is of no use.
    Trouble(Trouble),
}

/// The form, and why it could not begin.
#[derive(Default)]
pub(super) struct BridgePart {
    pub(super) form: BridgeForm,
    pub(super) fault: Option<BridgeFault>,
    /// Whether the form is shown.
    is_open: bool,
}

impl Playground {
    pub(super) fn bridge_action(&mut self, action: BridgeAction, commands: &mut Vec<Command>) {
        let form = &mut self.link.bridge.form;
        match action {
            BridgeAction::Open => {
                self.link.bridge.is_open = true;
                commands.push(Command::Focus(text::BRIDGE_ADDRESS_ID.to_owned()));
            }
            BridgeAction::Fill(field, text) => form.link.fill(field, text),
            BridgeAction::Tick(flag, is_on) => form.link.tick(flag, is_on),
            BridgeAction::Row(row, field) => form.fill(row, field),
            BridgeAction::Add if form.rows.len() < ROWS_MAX => form.rows.push(RowForm::default()),
            BridgeAction::Add => {}
            BridgeAction::Remove(row) => {
                if row < form.rows.len() {
                    form.rows.remove(row);
                }
            }
            BridgeAction::Conf(text) => form.conf = text,
            BridgeAction::Import => {
                let result = form.import();
                self.link.bridge.fault = result.err().map(BridgeFault::Form);
            }
            BridgeAction::Choose(world) => form.world = Some(world),
            BridgeAction::Start => self.bridge_start(commands),
            BridgeAction::Stop => self.bridge_stop(commands),
            BridgeAction::Cut(side, is_cut) => self.bridge_cut(side, is_cut, commands),
            BridgeAction::TryPort(port) => {
                if let Ok(address) = form.link.address() {
                    form.link.url = address.at_port(port);
                    self.bridge_start(commands);
                }
            }
        }
    }

    fn bridge_cut(&mut self, side: Side, is_cut: bool, commands: &mut Vec<Command>) {
        let Some((a, b)) = self.bridged().map(|it| it.link(side)) else {
            return;
        };
        let (a, b) = (a.to_owned(), b.to_owned());
        let act = match is_cut {
            true => Act::Cut {
                a,
                b,
                after_bytes: 0,
                span: None,
            },
            false => Act::Restore { a, b },
        };
        self.live_on(Some(act), commands);
    }

    fn bridge_start(&mut self, commands: &mut Vec<Command>) {
        self.bridge_stop(commands);
        self.link.bridge.fault = self.bridge_begin(commands).err();
    }

    fn bridge_begin(&mut self, commands: &mut Vec<Command>) -> Result<(), BridgeFault> {
        let form = &self.link.bridge.form;
        let address = form.link.address();
        let address = address.map_err(|it| BridgeFault::Trouble(Trouble::Address(it)))?;
        if !Wire::is_prefix(&form.link.prefix()) {
            return Err(BridgeFault::Trouble(Trouble::Prefix));
        }
        let config = form.config().map_err(BridgeFault::Form)?;
        if form.link.has_password_alone() && config.remote.version == Version::V311 {
            return Err(BridgeFault::Trouble(Trouble::PasswordAlone));
        }
        let wire = form.link.wire(form.link.ids());
        if self.guests_here().is_some_and(|it| it.is_watching) {
            return Err(BridgeFault::Form(FormFault::Watching));
        }
        let is_there = self
            .link
            .session
            .as_ref()
            .is_some_and(|it| matches!(it.far, Far::Guests(_) | Far::Bridge));
        if !is_there {
            let (world, _) = self.bridge_worlds();
            let run = self
                .bridge_world()
                .ok_or(BridgeFault::Form(FormFault::NoWorld))?;
            // From now on another one is shown.
            self.link.bridge.form.world = Some(world);
            self.live_start(Far::Bridge, run, commands);
        }
        let mut has_begun = false;
        self.live_through(commands, |session, run| {
            let has_grown = names(&run.work().scenario).is_some() || grow(run);
            let names = names(&run.work().scenario).filter(|_| has_grown);
            if let Some(names) = names {
                let (url, version) = (config.address.clone(), config.remote.version);
                let [_, _, remote] = &names;
                let dialled = Dialled::new(address, url, wire, version, remote.clone());
                let now = session.going.now;
                if let Some(guests) = session.guests() {
                    guests.shut_all(run, now);
                }
                let bridged = Bridged::new(&config, names, dialled, run, now);
                session.bridge = Some(Box::new(bridged));
                has_begun = true;
            }
            Vec::new()
        });
        match has_begun {
            true => Ok(()),
            false => Err(BridgeFault::Form(FormFault::NoRoom)),
        }
    }

    /// The run of simulated devices that was chosen, with the nodes of a bridge.
    fn bridge_world(&self) -> Option<Run> {
        let (world, _) = self.bridge_worlds();
        let (_, scenario) = self.live_worlds().nth(world)?;
        let mut scenario = sim::Scenario::clone(&scenario);
        let title = self.voice().data(&scenario.title).to_owned();
        scenario.title = text::bridge_title(self.language, &title);
        // What it teaches and expects is about a world without a bridge.
        scenario.lesson = None;
        scenario.expectations.clear();
        let broker = page_broker(&scenario)?;
        let (more, links) = nodes(&scenario, &broker);
        scenario.nodes.extend(more);
        scenario.links.extend(links);
        let work = Work::own(FILE.into(), &scenario.to_string()).ok()?;
        Run::live(work, &self.scripts.interpreter)
    }

    /// Which of the worlds it is, and what they are called: the one that is chosen, or the one that is shown.
    fn bridge_worlds(&self) -> (usize, Vec<String>) {
        let file = self.run.as_ref().map(|run| run.work().file.clone());
        let mut titles = Vec::new();
        let mut shown = 0;
        for (index, (title, _, name)) in self.live_worlds_named().enumerate() {
            if file.as_ref() == Some(&name) {
                shown = index;
            }
            titles.push(title);
        }
        let chosen = self.link.bridge.form.world.filter(|it| *it < titles.len());
        (chosen.unwrap_or(shown), titles)
    }

    /// Says goodbye to both brokers; the run goes on.
    pub(super) fn bridge_stop(&mut self, commands: &mut Vec<Command>) {
        if self.bridged().is_none() {
            return;
        }
        self.live_through(commands, |session, run| {
            let mut wanted = Vec::new();
            if let Some(mut bridge) = session.bridge.take() {
                bridge.stop(run, session.going.now, &mut wanted);
            }
            wanted
        });
    }

    pub(super) fn bridged(&self) -> Option<&Bridged> {
        self.link.session.as_ref()?.bridge.as_deref()
    }

    // What is shown.

    /// What the bridge's end at the real broker is like, for the strip.
    pub(super) fn bridge_state(&self) -> LinkState {
        self.bridged()
            .map_or(LinkState::Off, |it| mark(it.state(Side::Remote)))
    }

    /// The links that the gates of a session are about: with simulated devices, that to the real broker.
    pub(super) fn gated(&self, run: &Run) -> Vec<LinkId> {
        let links = &run.work().scenario.links;
        let is_bridge = self
            .link
            .session
            .as_ref()
            .is_some_and(|it| matches!(it.far, Far::Bridge));
        let names = names(&run.work().scenario).filter(|_| is_bridge);
        let links = (0_u16..).map(LinkId).zip(links.iter());
        let links = links.filter(|(_, link)| {
            names
                .as_ref()
                .is_none_or(|[bridge, _, remote]| link.a == *bridge && link.b == *remote)
        });
        links.map(|(id, _)| id).collect()
    }

    /// The part of the screen about the bridge.
    #[must_use]
    pub fn bridge(&self) -> BridgeView {
        let language = self.language;
        let part = &self.link.bridge;
        let form = &part.form;
        let bridged = self.bridged();
        let now = self.link.session.as_ref().map(|it| it.going.now);
        let guests = self.guests_here();
        let (world, worlds) = self.bridge_worlds();
        let is_other = guests.is_none();
        let faults = form.rows.iter().map(BridgeForm::fault_of);
        let trouble = match (bridged, &part.fault) {
            (Some(it), _) => it.dialled.trouble.as_ref(),
            (None, Some(BridgeFault::Trouble(it))) => Some(it),
            _ => None,
        };
        let trouble = trouble.map(|it| {
            let next = bridged
                .zip(now)
                .and_then(|(it, now)| next(it.state(Side::Remote), now));
            let dialled = bridged.map(|it| &it.dialled);
            self.trouble(it, dialled, &form.link, next)
        });
        let fault = match &part.fault {
            Some(BridgeFault::Form(it)) => Some(text::bridge_fault(language, it)),
            _ => None,
        };
        BridgeView {
            is_open: part.is_open || bridged.is_some(),
            faults: faults
                .map(|it| it.map(|it| text::bridge_row_fault(language, &it)))
                .collect(),
            has_room: form.rows.len() < ROWS_MAX,
            client_id: form.client_id(),
            prefix: form.link.prefix(),
            retain: form.link.retain(),
            address: match form.link.address() {
                Err(AddressFault::Empty) | Ok(_) => None,
                Err(fault) => Some(text::address_fault(language, fault)),
            },
            warning: form
                .link
                .is_public()
                .then(|| text::LINK_PUBLIC.to(language).to_owned()),
            here: match guests {
                Some(it) if it.is_watching => text::BRIDGE_WATCHING,
                Some(_) => text::BRIDGE_OF_GUESTS,
                None => text::BRIDGE_OF_WORLD,
            }
            .to(language)
            .to_owned(),
            worlds: if is_other { worlds } else { Vec::new() },
            world,
            is_on: bridged.is_some(),
            ends: bridged
                .zip(now)
                .map_or_else(Vec::new, |(it, now)| self.bridge_ends(it, now)),
            problems: bridged.map_or_else(Vec::new, |it| text::bridge_problems(language, it)),
            fault,
            trouble,
            form: form.clone(),
        }
    }

    fn bridge_ends(&self, bridged: &Bridged, now: Instant) -> Vec<EndView> {
        let is_cut = |side| {
            let (a, b) = bridged.link(side);
            let run = self.live_run();
            run.is_some_and(|run| {
                let mut links = run.work().scenario.links.iter();
                let place = links.position(|it| it.a == a && it.b == b);
                let link = place.and_then(|it| u16::try_from(it).ok());
                link.is_some_and(|it| run.head().is_cut(LinkId(it)))
            })
        };
        let ends = Side::BOTH.into_iter().map(|side| {
            let state = bridged.state(side);
            EndView {
                side,
                is_cut: is_cut(side),
                name: text::bridge_end(self.language, side, &bridged.dialled.address.host),
                mark: mark(state),
                state: text::bridge_state(self.language, state, bridged.is_full(side)),
                next: next(state, now).map(text::in_seconds),
                stats: text::bridge_stats(
                    self.language,
                    bridged.counts(side),
                    bridged.waiting(side),
                ),
            }
        });
        ends.collect()
    }
}

/// The nodes of a bridge come to a run.
fn grow(run: &mut Run) -> bool {
    let Some(broker) = page_broker(&run.work().scenario) else {
        return false;
    };
    let (more, links) = nodes(&run.work().scenario, &broker);
    run.grow(more.into(), links.into())
}

/// The broker in the page.
fn page_broker(scenario: &sim::Scenario) -> Option<String> {
    let mut nodes = scenario.nodes.iter();
    let broker = nodes.find(|node| node.kind == sim::scenario::NodeKind::Broker)?;
    Some(broker.name.clone())
}

const fn mark(state: EndState) -> LinkState {
    match state {
        EndState::Waiting(_) => LinkState::Waiting,
        EndState::Opening => LinkState::Dialling,
        EndState::Asking => LinkState::Asking,
        EndState::Connected => LinkState::Connected,
        EndState::Closed => LinkState::Off,
    }
}

/// Seconds until an end is opened again.
fn next(state: EndState, now: Instant) -> Option<u64> {
    match state {
        EndState::Waiting(at) => Some(at.since(now).as_micros().div_ceil(1_000_000)),
        _ => None,
    }
}
