//! The state machines of a client and its broker: the tables that drive them, where each stands at the moment in view, and
//! the row that it has followed there.

use super::drawing::{self, Drawing};
use super::{Look, RuleLink};
use crate::measure::Measure;
use crate::run::Run;
use crate::story::{Position, Story};
use crate::text::{self, Language};
use crate::why::cursor;
use mqtt_proto::connection::{
    CLIENT, ClientAction, ClientState, SERVER, ServerAction, ServerState,
};
use mqtt_proto::session::{
    Awaits, Direction, InFlight, RECEIVER, ReceiverAction, ReceiverState, SENDER, SenderAction,
    SenderState,
};
use mqtt_proto::{PacketId, Taken};
use mqtt_spec::Version;
use sim::{Cursor, NodeId, Traced};

/// The row that was followed last is looked for in so many steps.
const STEPS_BACK: usize = 24;
/// So many exchanges are offered.
const EXCHANGES_MAX: usize = 12;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The place of the state before.
    pub from: usize,
    /// The place of the state after.
    pub to: usize,
    /// What happens.
    pub input: &'static str,
    /// What is done about it.
    pub action: &'static str,
    /// What makes it so.
    pub rule: Option<RuleLink>,
    /// Whether something comes of it: these are drawn.
    pub is_drawn: bool,
    /// Whether the version forbids it.
    pub is_violation: bool,
}

/// The row that a machine followed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRow {
    /// Its place.
    pub row: usize,
    /// Whether that was in the step in view.
    pub is_now: bool,
}

/// A machine.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineView {
    /// Names its elements.
    pub key: usize,
    /// At which end it is, and what it is.
    pub title: String,
    /// Its states.
    pub states: Vec<&'static str>,
    /// The state that it is in; `None` if it is not there at this moment.
    pub here: Option<usize>,
    /// Its rows.
    pub rows: Vec<Transition>,
    /// The row that it followed last.
    pub last: Option<LastRow>,
    /// Where it stands and what it did, in a sentence.
    pub told: String,
    /// As a drawing.
    pub drawing: Drawing,
}

/// The machines at both ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachinesView {
    /// Those of the connection, or else those of an exchange.
    pub is_connection: bool,
    /// The exchanges that can be chosen.
    pub exchanges: Vec<String>,
    /// Which of them is shown.
    pub exchange: usize,
    /// The machine of the client, or of the sender, and the one at the other end.
    pub machines: Vec<MachineView>,
    /// Why there is none, or not that of the client.
    pub note: Option<String>,
}

/// An exchange between a client and its broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Whether the client is the sender.
    pub(crate) from_client: bool,
    pub(crate) id: PacketId,
}

/// Where the machines of a client stand.
struct Places {
    /// `None` if its program has a library of its own, without such machines.
    client: Option<ClientState>,
    /// `None` if there is no connection.
    server: Option<ServerState>,
    /// Everything in flight at the client, as far as its machines know, and at the broker if that has a session.
    at_client: Vec<Waiting>,
    at_broker: Option<Vec<Waiting>>,
}

/// An exchange that is in flight at one end.
#[derive(Clone, Copy)]
struct Waiting {
    id: PacketId,
    is_outgoing: bool,
    awaits: Awaits,
}

fn waiting<'a>(rows: impl Iterator<Item = InFlight<'a>>) -> Vec<Waiting> {
    rows.filter_map(|row| {
        Some(Waiting {
            id: row.id?,
            is_outgoing: row.direction == Direction::Outgoing,
            awaits: row.awaits,
        })
    })
    .collect()
}

fn sender_state(rows: &[Waiting], id: PacketId) -> SenderState {
    let found = rows.iter().find(|it| it.is_outgoing && it.id == id);
    match found.map(|it| it.awaits) {
        Some(Awaits::PubAck) => SenderState::AwaitPubAck,
        Some(Awaits::PubRec) => SenderState::AwaitPubRec,
        Some(Awaits::PubComp) => SenderState::AwaitPubComp,
        Some(Awaits::Sending | Awaits::PubRel) | None => SenderState::Free,
    }
}

fn receiver_state(rows: &[Waiting], id: PacketId) -> ReceiverState {
    match rows.iter().any(|it| !it.is_outgoing && it.id == id) {
        true => ReceiverState::AwaitPubRel,
        false => ReceiverState::Free,
    }
}

/// A table as a version has it.
struct Table {
    /// The names of the states that it has.
    states: Vec<&'static str>,
    rows: Vec<Transition>,
    /// By row: its place in the table of both versions.
    kept: Vec<usize>,
}

impl Table {
    /// The place of the row that stands for one of the table of both versions.
    fn find<T>(&self, all: &[T], is_it: impl Fn(&T) -> bool) -> Option<usize> {
        let row = |it: &usize| all.get(*it).is_some_and(&is_it);
        self.kept.iter().position(row)
    }
}

/// The states of a version, and the rows of a table as they are shown. `$quiet` are the actions of which nothing comes.
macro_rules! table {
    ($shown:expr, $State:ident, $TABLE:ident, $quiet:pat) => {{
        let (language, version) = ($shown.language(), $shown.version);
        let all = $TABLE.iter().enumerate();
        let kept = all.filter(|(_, row)| row.is_in(version));
        let kept: Vec<usize> = kept.map(|(place, _)| place).collect();
        let rows: Vec<_> = kept.iter().filter_map(|it| $TABLE.get(*it)).collect();
        let all = $State::ALL.iter().copied();
        let all: Vec<$State> = all
            .filter(|state| rows.iter().any(|row| row.state == *state))
            .collect();
        let word = |word: &'static str| text::machine_word(language, word);
        let rows = rows.into_iter().map(|row| {
            let (next, is_violation) = (row.next_in(version), row.is_violation(version));
            let is_busy = row.state != next || !matches!(row.action, $quiet);
            Transition {
                from: place(&all, row.state),
                to: place(&all, next),
                input: word(row.input.text_in(version)),
                action: word(row.action.text_in(version)),
                rule: RuleLink::new($shown.look.voice, row.rule, version),
                is_drawn: is_busy && !is_violation,
                is_violation,
            }
        });
        let table = Table {
            states: all.iter().map(|it| word(it.text_in(version))).collect(),
            rows: rows.collect(),
            kept,
        };
        (all, table)
    }};
}

fn place<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|it| *it == one).unwrap_or(0)
}

impl Run {
    /// The machines of a client and its broker at a moment.
    pub(crate) fn machines(
        &self,
        look: &Look<'_>,
        is_connection: bool,
        pick: Option<Pick>,
        measure: &dyn Measure,
    ) -> (MachinesView, Vec<Pick>) {
        let language = look.language();
        let story = self.story();
        let none = |note: &str| MachinesView {
            is_connection,
            note: Some(note.to_owned()),
            ..MachinesView::default()
        };
        if self.work().captured.is_some() {
            return (none(text::STUDY_CAPTURED.to(language)), Vec::new());
        }
        let (devices, client) = self.client_in_view(look.selected, look.client);
        let lane = devices.get(client).copied();
        let Some((lane, node)) = lane.and_then(|lane| Some((lane, self.node_of(lane)?))) else {
            return (none(text::MACHINE_NONE.to(language)), Vec::new());
        };
        let Some((places, broker, version)) = self.places(look.position, lane, node) else {
            return (none(text::MACHINE_NONE.to(language)), Vec::new());
        };
        let names = (
            story.name(lane).to_owned(),
            self.log().name(broker).to_owned(),
        );
        let exchanges = self.exchanges(look, lane, &places, pick);
        let pick = pick
            .filter(|it| exchanges.contains(it))
            .or(exchanges.first().copied());
        let followed = self.followed(look.position, story);
        let shown = Shown {
            look,
            version,
            measure,
            followed: &followed,
        };
        let machines = if is_connection {
            let client = places.client.map(|it| shown.client(&names.0, node, it));
            let server = shown.server(&names, (broker, node), places.server);
            client.into_iter().chain([server]).collect()
        } else if let Some(pick) = pick {
            let nodes = [node, broker];
            let rows = [
                Some(places.at_client.as_slice()),
                places.at_broker.as_deref(),
            ];
            let (sender, receiver) = if pick.from_client { (0, 1) } else { (1, 0) };
            let name = |end: usize| if end == 0 { &names.0 } else { &names.1 };
            let at = |end: usize| (nodes.get(end).copied().unwrap_or(node), node);
            let kept = |end: usize| rows.get(end).copied().flatten();
            let is_shown = |end: usize| end != 0 || places.client.is_some();
            let sends = is_shown(sender)
                .then(|| shown.sender(name(sender), at(sender), pick.id, kept(sender)));
            let receives = is_shown(receiver)
                .then(|| shown.receiver(name(receiver), at(receiver), pick.id, kept(receiver)));
            sends.into_iter().chain(receives).collect()
        } else {
            return (none(text::MACHINE_NO_EXCHANGE.to(language)), Vec::new());
        };
        let told = exchanges
            .iter()
            .map(|it| text::machine_exchange(language, it.id.get(), it.from_client, &names));
        let view = MachinesView {
            is_connection,
            exchange: pick
                .and_then(|it| exchanges.iter().position(|other| *other == it))
                .unwrap_or(0),
            exchanges: told.collect(),
            machines,
            note: (places.client.is_none())
                .then(|| text::MACHINE_OF_LIBRARY.to(language).to_owned()),
        };
        (view, exchanges)
    }

    fn places(
        &self,
        position: Position,
        lane: usize,
        node: NodeId,
    ) -> Option<(Places, NodeId, Version)> {
        let nodes = &self.work().scenario.nodes;
        let node_spec = nodes.get(self.story().lanes.get(lane)?.node)?;
        let sim::scenario::NodeKind::Device(spec) = &node_spec.kind else {
            return None;
        };
        let broker = self.broker_of(Some(node))?;
        let places = self.with_world(position, |world| {
            let client = world.node(node)?.device()?.client();
            let runs_own = spec.program.is_some() || spec.script.is_some();
            let driven = Some(client).filter(|_| !runs_own);
            let session = world.session_of(broker, node);
            let broker = world.node(broker)?.broker()?;
            let connection = session.and_then(|it| broker.connection(it.connection()?));
            Some(Places {
                client: driven.map(|it| it.state()),
                server: connection.map(|it| it.state()),
                at_client: driven.map_or_else(Vec::new, |it| waiting(it.in_flight())),
                at_broker: session.map(|it| waiting(it.in_flight())),
            })
        })?;
        Some((places, broker, spec.version))
    }

    /// The exchanges that can be looked at: that of the selected step, those in flight, and the last one before.
    fn exchanges(
        &self,
        look: &Look<'_>,
        lane: usize,
        places: &Places,
        pick: Option<Pick>,
    ) -> Vec<Pick> {
        let story = self.story();
        let mut found: Vec<Pick> = Vec::new();
        let mut add = |pick: Pick| {
            if found.len() < EXCHANGES_MAX && !found.contains(&pick) {
                found.push(pick);
            }
        };
        let of_story = |exchange: &crate::story::Exchange| {
            let from_client = exchange.sender == lane;
            let is_own = from_client || exchange.receiver == lane;
            let id = PacketId::new(exchange.id).filter(|_| is_own)?;
            Some(Pick { from_client, id })
        };
        let flight = story.flight_of(look.selected).map(|(_, flight)| flight);
        let own = flight.and_then(|it| story.exchanges.get(it.exchange?));
        own.and_then(of_story).into_iter().for_each(&mut add);
        for row in &places.at_client {
            add(Pick {
                from_client: row.is_outgoing,
                id: row.id,
            });
        }
        for row in places.at_broker.iter().flatten() {
            add(Pick {
                from_client: !row.is_outgoing,
                id: row.id,
            });
        }
        let begun = story
            .exchanges
            .partition_point(|it| look.position.has(it.interval.from));
        let before = story.exchanges.iter().take(begun).rev();
        before.filter_map(of_story).take(1).for_each(&mut add);
        // What was chosen stays, though it is over.
        pick.into_iter().for_each(&mut add);
        found
    }

    /// The rows that were followed in the last steps, and those of the step in view: of the event that it shows.
    fn followed(&self, position: Position, story: &Story) -> (Vec<Traced>, Vec<Traced>) {
        let Some(before) = position.step.checked_sub(1) else {
            return Default::default();
        };
        let recording = self.recording();
        let event = story.step(position.step).and_then(|step| {
            let record = u32::try_from(step.mark.record).ok()?;
            let events = recording.events_at(Cursor(record.saturating_add(1)));
            Some(recording.cursor_after(events.saturating_sub(1)))
        });
        let shown = cursor(story.position(before));
        let begins = event.unwrap_or(shown).min(shown);
        let from = cursor(story.position(before.saturating_sub(STEPS_BACK)));
        (
            recording.transitions(from, begins),
            recording.transitions(begins, cursor(position)),
        )
    }
}

/// What all machines of a view have in common.
struct Shown<'a> {
    look: &'a Look<'a>,
    version: Version,
    measure: &'a dyn Measure,
    followed: &'a (Vec<Traced>, Vec<Traced>),
}

impl Shown<'_> {
    const fn language(&self) -> Language {
        self.look.language()
    }

    /// The last row that was followed at a node about a client.
    fn last(
        &self,
        (node, client): (NodeId, NodeId),
        row: impl Fn(Taken) -> Option<usize>,
    ) -> Option<LastRow> {
        let newest = |list: &[Traced], is_now: bool| {
            let own = list.iter().rev();
            let mut own = own.filter(|it| it.node == node && it.client == Some(client));
            let row = own.find_map(|it| row(it.taken))?;
            Some(LastRow { row, is_now })
        };
        newest(&self.followed.1, true).or_else(|| newest(&self.followed.0, false))
    }

    fn client(&self, name: &str, node: NodeId, state: ClientState) -> MachineView {
        let (states, table) = table!(
            self,
            ClientState,
            CLIENT,
            ClientAction::Ignore | ClientAction::RefuseCaller
        );
        let last = self.last((node, node), |taken| match taken {
            Taken::Client(state, input) => {
                table.find(&CLIENT, |row| (row.state, row.input) == (state, input))
            }
            _ => None,
        });
        let title = text::machine_of_client(self.language(), name);
        let here = Some(place(&states, state));
        self.machine(0, title, table, here, last)
    }

    fn server(
        &self,
        (client, broker): &(String, String),
        at: (NodeId, NodeId),
        state: Option<ServerState>,
    ) -> MachineView {
        let (states, table) = table!(
            self,
            ServerState,
            SERVER,
            ServerAction::Ignore | ServerAction::RefuseCaller | ServerAction::Suspend
        );
        let last = self.last(at, |taken| match taken {
            Taken::Server(state, input) => {
                table.find(&SERVER, |row| (row.state, row.input) == (state, input))
            }
            _ => None,
        });
        let title = text::machine_of_server(self.language(), broker, client);
        let here = state.map(|it| place(&states, it));
        self.machine(1, title, table, here, last)
    }

    fn sender(
        &self,
        name: &str,
        at: (NodeId, NodeId),
        id: PacketId,
        rows: Option<&[Waiting]>,
    ) -> MachineView {
        let (states, table) = table!(
            self,
            SenderState,
            SENDER,
            SenderAction::Ignore | SenderAction::Close
        );
        let last = self.last(at, |taken| match taken {
            Taken::Sender(of, state, input) if of == id => {
                table.find(&SENDER, |row| (row.state, row.input) == (state, input))
            }
            _ => None,
        });
        let title = text::machine_of_sender(self.language(), name, id.get());
        let here = rows.map(|it| place(&states, sender_state(it, id)));
        self.machine(0, title, table, here, last)
    }

    fn receiver(
        &self,
        name: &str,
        at: (NodeId, NodeId),
        id: PacketId,
        rows: Option<&[Waiting]>,
    ) -> MachineView {
        let (states, table) = table!(self, ReceiverState, RECEIVER, ReceiverAction::Ignore);
        let last = self.last(at, |taken| match taken {
            Taken::Receiver(of, state, input) if of == id => {
                table.find(&RECEIVER, |row| (row.state, row.input) == (state, input))
            }
            _ => None,
        });
        let title = text::machine_of_receiver(self.language(), name, id.get());
        let here = rows.map(|it| place(&states, receiver_state(it, id)));
        self.machine(1, title, table, here, last)
    }

    fn machine(
        &self,
        key: usize,
        title: String,
        table: Table,
        here: Option<usize>,
        last: Option<LastRow>,
    ) -> MachineView {
        let Table { states, rows, .. } = table;
        let taken = last.and_then(|it| Some((rows.get(it.row)?, it.is_now)));
        let name = |place: usize| states.get(place).copied().unwrap_or_default();
        let mut told = text::machine_told(
            self.language(),
            here.map(name),
            taken.map(|(row, is_now)| (row.input, row.action, name(row.to), is_now)),
        );
        if taken.is_some_and(|(row, _)| row.is_violation) {
            told.push(' ');
            told.push_str(text::MACHINE_FORBIDDEN.to(self.language()));
        }
        MachineView {
            key,
            title,
            drawing: drawing::draw(&states, &rows, here, last, self.measure),
            states,
            here,
            rows,
            last,
            told,
        }
    }
}
