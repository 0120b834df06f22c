//! Real devices in this page's broker: they come over a hub (`mqtt-hub --broker page`), one WebSocket for all of them.
//!
//! Each device is a node outside of the run; it comes to the scenario when it connects. What devices send are stimuli, what
//! the broker in the run sends them is read off the log. Nothing here opens a socket.

mod names;
pub mod view;

use crate::run::Run;
use crate::work::Work;
use bytes::Bytes;
use mqtt_proto::{Duration, Instant, Text};
pub(crate) use names::name;
use names::{Who, who};
use relay::{
    CODE_MAX_BYTES, Desk, DeskEvent, Fault, FromHub, FromPage, Hello, Line, Opened, Record,
    Refusal, Role, Welcome, read_frame, write_frame,
};
use sim::remote::What;
use sim::scenario::limits::TIME_MAX_MICROS;
use sim::scenario::{Action as Act, LinkSpec, NodeAction, NodeKind, NodeSpec, Outside, RemoteRole};
use sim::{Cursor, LinkId, NodeId};
use std::collections::BTreeMap;

/// The subprotocols to offer for the WebSocket to a hub: the one that is spoken, and those of hubs that are too old.
pub const HUB_SUBPROTOCOLS: [&str; 2] = {
    let [earlier] = relay::EARLIER;
    [relay::SUBPROTOCOL, earlier]
};
/// The name of the run in addresses.
pub(crate) const FILE: &str = "devices";
/// The broker is here, or is watched from here.
const NODES: [&str; 2] = ["node broker broker\n", "remote broker broker\n"];
const WORLD: &str = "scenario \"Real devices\"\nabout \"Devices outside of the page, and the broker in it. What the devices sent is in the run.\"\nuntil 20 s\n";
const BROKER: &str = "broker";
/// So many devices are there at a time.
const LINES_MAX: usize = 64;
/// So many different ones have a place of their own in a run.
const NODES_MAX: usize = 96;
/// A device that says nothing is shown after this time.
const SILENCE: Duration = Duration::from_secs(3);
/// With more than so many packets at a gate no more of the device are asked for.
const HELD_MAX: usize = 64;

/// What the user and the browser do about real devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestsAction {
    /// Fills in a field of the form.
    Fill(GuestsField, String),
    /// Becomes the broker of a hub; whether to take the place of a page that is it now.
    Join(bool),
    /// Watches what goes on at a hub, and does nothing there.
    Watch,
    /// Leaves the hub.
    Leave,
    /// Stops time and holds every packet, or goes on.
    Pause(bool),
    /// Lets the oldest packet that is held pass.
    Step,
    /// Cuts the link of a device, by its place in the list; or mends it.
    Cut(usize, bool),
    /// Where the page comes from.
    Origin(String),
    /// The WebSocket to the hub is open, with this subprotocol.
    Opened(String),
    /// Something came over it.
    Frame(Bytes),
    /// It is closed, or did not open: the code, the reason in the hub's words.
    Closed(u16, String),
    /// The browser refuses to dial the hub at all.
    Forbidden,
}

/// What is wanted of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubCommand {
    /// Call back with [`GuestsAction::Origin`].
    AskOrigin,
    /// Open a WebSocket with one of [`HUB_SUBPROTOCOLS`] to this address; an older one is closed, silently.
    Open(String),
    /// Send this.
    Send(Bytes),
    /// Close it, silently.
    Close,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestsField {
    /// The hub's address.
    Hub,
    /// The code that it has printed.
    Code,
}

/// How this page stands with the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HubState {
    /// Nobody has dialled.
    #[default]
    Idle,
    /// The address is none.
    NoAddress,
    /// The WebSocket opens.
    Dialling,
    /// Hello waits for an answer.
    Asking,
    /// The page is the broker.
    In(Welcome),
    /// The hub has sent the page away.
    Refused(Refusal),
    /// The browser refuses: a page that came by https may not open `ws://`.
    Forbidden,
    /// The WebSocket did not open.
    NotOpened,
    /// The hub speaks an earlier version of what the two say to each other.
    TooOld,
    /// It is closed: code and reason.
    Closed(u16, String),
    /// What came is not what hubs say.
    Garbage(Fault),
}

/// The link to the hub.
#[derive(Default)]
pub(crate) struct Hub {
    pub(crate) address: String,
    pub(crate) code: String,
    pub(crate) state: HubState,
    /// As what the page comes; the broker, if nobody has said so.
    role: Option<Role>,
    take_over: bool,
    /// Students and watchers.
    pub(crate) others: (u32, u32),
    /// Whether a page is the broker, as a watcher is told; why it is none, if that is known.
    pub(crate) broker: Option<Result<(), String>>,
}

impl Hub {
    /// Where the hub's WebSocket for pages is; `None` if that is no address.
    pub(crate) fn url(&self) -> Option<String> {
        let text = self.address.trim();
        let text = match text.split_once("://") {
            Some(("http", rest)) => format!("ws://{rest}"),
            Some(("https", rest)) => format!("wss://{rest}"),
            Some(_) => text.to_owned(),
            None => format!("ws://{text}"),
        };
        let address = crate::live::address::Address::parse(&text).ok()?;
        let scheme = if address.is_secure { "wss" } else { "ws" };
        let host = match address.host.contains(':') {
            true => format!("[{}]", address.host),
            false => address.host,
        };
        Some(format!("{scheme}://{host}:{}{}", address.port, relay::PATH))
    }

    /// The host of the address, for devices.
    pub(crate) fn host(&self) -> String {
        let url = self.url().unwrap_or_default();
        let address = crate::live::address::Address::parse(&url);
        address.map_or_else(|_| String::new(), |it| it.host)
    }

    /// As what the page has come.
    pub(crate) const fn role(&self) -> Option<Role> {
        self.role
    }

    pub(crate) fn dial(&mut self, role: Role, take_over: bool) -> Option<HubCommand> {
        self.role = Some(role);
        self.take_over = take_over;
        self.broker = None;
        match self.url() {
            Some(url) => {
                self.state = HubState::Dialling;
                Some(HubCommand::Open(url))
            }
            None => {
                self.state = HubState::NoAddress;
                None
            }
        }
    }

    /// The WebSocket is open: says hello, unless the hub would not understand.
    pub(crate) fn opened(&mut self, subprotocol: &str) -> Vec<HubCommand> {
        if subprotocol != relay::SUBPROTOCOL {
            self.state = HubState::TooOld;
            return vec![HubCommand::Close];
        }
        self.state = HubState::Asking;
        let code = self.code.trim();
        let hello = FromPage::Hello(Hello {
            role: self.role.unwrap_or(Role::Broker),
            take_over: self.take_over,
            code: (!code.is_empty()).then(|| relay::Text::<CODE_MAX_BYTES>::cut(code)),
        });
        frames(&[hello])
    }

    pub(crate) fn closed(&mut self, code: u16, reason: &str) {
        /// So much of what the other end says of itself is kept.
        const REASON_MAX_CHARS: usize = 120;
        self.others = (0, 0);
        self.state = match self.state {
            // What is known already says more.
            HubState::Refused(_)
            | HubState::Garbage(_)
            | HubState::Forbidden
            | HubState::TooOld => return,
            HubState::Dialling => HubState::NotOpened,
            _ => HubState::Closed(code, reason.chars().take(REASON_MAX_CHARS).collect()),
        };
    }

    /// What a frame says.
    pub(crate) fn read(&mut self, frame: Bytes) -> Vec<FromHub> {
        let messages = read_frame(frame).unwrap_or_else(|fault| {
            self.state = HubState::Garbage(fault);
            Vec::new()
        });
        for message in &messages {
            match message {
                FromHub::Welcome(welcome) => self.state = HubState::In(*welcome),
                FromHub::Refused(why) => self.state = HubState::Refused(*why),
                FromHub::Class {
                    students, watchers, ..
                } => self.others = (*students, *watchers),
                FromHub::Record { record, .. } => match record {
                    Record::BrokerCame { .. } => self.broker = Some(Ok(())),
                    Record::BrokerLeft { why } => self.broker = Some(Err(why.to_string())),
                    _ => {}
                },
                _ => {}
            }
        }
        messages
    }

    /// Whether the page has its place at the hub, or is about to.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(
            self.state,
            HubState::Dialling | HubState::Asking | HubState::In(_)
        )
    }
}

fn frames(messages: &[FromPage]) -> Vec<HubCommand> {
    let frames = write_frame(messages).into_iter();
    frames.map(|it| HubCommand::Send(it.into())).collect()
}

/// A device's connection.
pub(crate) struct Guest {
    pub(crate) opened: Opened,
    since: Instant,
    /// What came before it was known who it is.
    first: Vec<u8>,
    /// Its place among the nodes, and the connection's number in the run.
    place: Option<(usize, u32)>,
    /// Came, and is not dealt with.
    owed: usize,
    /// Bytes that came, and that went.
    pub(crate) bytes: (usize, usize),
}

/// A device that has been here.
pub(crate) struct Place {
    pub(crate) name: String,
    /// What it calls itself; `None` for whoever has no name.
    pub(crate) client_id: Option<Text>,
    /// Whether it was another one's, whose name it has.
    pub(crate) is_taken: bool,
    pub(crate) line: Option<Line>,
    /// Its link in the run.
    pub(crate) link: LinkId,
}

/// The devices of a run.
pub(crate) struct Guests {
    /// The broker is elsewhere, and nothing can be done from here.
    pub(crate) is_watching: bool,
    desk: Desk,
    lines: BTreeMap<Line, Guest>,
    connections: BTreeMap<u32, Line>,
    /// In the order in which they came.
    pub(crate) places: Vec<Place>,
    /// What has been handed to the hub.
    handed: Cursor,
    /// Whether packets are held by hand: those to the broker, and those from it.
    holds: (bool, bool),
    is_paused: bool,
    /// The hub's time of the first record that this watcher was told, and the run's: the others are as much later.
    first: Option<(u64, Instant)>,
}

impl Guests {
    /// A run without devices.
    pub(crate) fn start(is_watching: bool) -> Option<(Self, Run)> {
        let node = NODES.get(usize::from(is_watching))?;
        let run = Run::live(
            Work::own(FILE.into(), &format!("{WORLD}{node}")).ok()?,
            &device::script::Interpreter::default(),
        )?;
        let guests = Self {
            is_watching,
            desk: Desk::default(),
            lines: BTreeMap::new(),
            connections: BTreeMap::new(),
            places: Vec::new(),
            handed: Cursor::START,
            holds: (false, false),
            is_paused: false,
            first: None,
        };
        Some((guests, run))
    }

    /// When it was in the run that the hub has seen something, in microseconds since its start; `now` is the time in the run. What
    /// happened before this watcher came was told all at once.
    pub(crate) fn seen_at(&mut self, at_micros: u64, now: Instant) -> Instant {
        /// A run is not to come to the end of what times can be written.
        const LATER_MAX_MICROS: u64 = TIME_MAX_MICROS / 2;
        let (first, began) = *self.first.get_or_insert((at_micros, now));
        let later = at_micros.saturating_sub(first).min(LATER_MAX_MICROS);
        began + Duration::from_micros(later)
    }

    /// The connections that are open, by their places; who has not said anything yet has none.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Option<usize>, &Guest)> {
        let lines = self.lines.values();
        lines.map(|it| (it.place.map(|(place, _)| place), it))
    }

    /// The connection of a device.
    pub(crate) fn guest(&self, place: &Place) -> Option<&Guest> {
        self.lines.get(&place.line?)
    }

    /// The hub says something.
    pub(crate) fn hear(&mut self, message: FromHub, run: &mut Run, now: Instant) {
        if let FromHub::Record { record, .. } = message {
            return self.watch(record, run, now);
        }
        match self.desk.handle(message) {
            Some(DeskEvent::Opened(opened)) if self.lines.len() >= LINES_MAX => {
                self.desk.close(
                    opened.line,
                    "the page has as many devices as it can show at a time",
                );
            }
            Some(DeskEvent::Opened(opened)) => self.opened(opened, now),
            Some(DeskEvent::Received(line, bytes)) => self.received(line, bytes, run, now),
            Some(DeskEvent::Closed(line, why)) => self.gone(line, &why, run, now),
            // What waits for credit is the desk's: the run has it as sent.
            Some(DeskEvent::Drained(_)) | None => {}
        }
    }

    fn opened(&mut self, opened: Opened, now: Instant) {
        let line = opened.line;
        let guest = Guest {
            opened,
            since: now,
            first: Vec::new(),
            place: None,
            owed: 0,
            bytes: (0, 0),
        };
        self.lines.insert(line, guest);
    }

    /// Something has happened at a broker elsewhere.
    fn watch(&mut self, record: Record, run: &mut Run, now: Instant) {
        match record {
            Record::Opened(opened) if self.lines.len() < LINES_MAX => self.opened(opened, now),
            Record::FromDevice { line, bytes } => {
                self.received(line, bytes.into_bytes(), run, now);
                run.live_on(now, None);
            }
            Record::ToDevice { line, bytes } => {
                let Some(guest) = self.lines.get_mut(&line) else {
                    return;
                };
                guest.bytes.1 += bytes.len();
                let Some((_, connection)) = guest.place else {
                    return;
                };
                let bytes = bytes.into_bytes();
                let act = Act::Node {
                    node: BROKER.to_owned(),
                    act: NodeAction::Outside(Outside::Received { connection, bytes }),
                };
                run.live_on(now, Some(act));
                run.live_on(now, None);
            }
            Record::Closed { line, why } => self.gone(line, &why, run, now),
            // What follows of the connections may begin within a packet: they are left alone.
            Record::Missed { .. } => {
                for line in self.lines.keys().copied().collect::<Vec<_>>() {
                    self.gone(line, "this watcher was too slow", run, now);
                }
            }
            // What was said before this watcher came is not known, so what comes cannot be read.
            Record::Opened(_)
            | Record::Joined(_)
            | Record::Refused { .. }
            | Record::BrokerCame { .. }
            | Record::BrokerLeft { .. } => {}
        }
    }

    fn received(&mut self, line: Line, bytes: Bytes, run: &mut Run, now: Instant) {
        let Some(guest) = self.lines.get_mut(&line) else {
            return;
        };
        guest.owed += bytes.len();
        guest.bytes.0 += bytes.len();
        match guest.place {
            Some((_, connection)) => {
                self.tell(line, Outside::Received { connection, bytes }, run, now);
            }
            None => {
                guest.first.extend_from_slice(&bytes);
                if let Some(who) = who(&guest.first) {
                    self.meet(line, &who, run, now);
                }
            }
        }
    }

    /// It is known who it is: gives it its place in the run.
    fn meet(&mut self, line: Line, who: &Who, run: &mut Run, now: Instant) {
        let place = self.place_for(who, run, now);
        let Some(place) = place else {
            let why = "the run has no room for another device";
            self.desk.close(line, why);
            self.lines.remove(&line);
            return;
        };
        let connection = run.head().next_connection();
        if let Some(it) = self.places.get_mut(place) {
            it.line = Some(line);
        }
        self.connections.insert(connection, line);
        let first = match self.lines.get_mut(&line) {
            Some(guest) => {
                guest.place = Some((place, connection));
                std::mem::take(&mut guest.first)
            }
            None => return,
        };
        self.tell(line, Outside::Opened { connection }, run, now);
        if !first.is_empty() {
            let bytes = first.into();
            self.tell(line, Outside::Received { connection, bytes }, run, now);
        }
    }

    /// The place of a device: the one that it had the last time, or a new one.
    fn place_for(&mut self, who: &Who, run: &mut Run, now: Instant) -> Option<usize> {
        let client_id = match who {
            Who::Named(client_id) => Some(client_id.clone()),
            Who::Nameless => None,
        };
        let mut idle = self.places.iter();
        let same = idle.position(|it| it.line.is_none() && it.client_id == client_id);
        if same.is_some() {
            return same;
        }
        if self.places.len() >= NODES_MAX {
            return self.forsaken(client_id, run);
        }
        let wanted = client_id.as_ref().map_or("guest-1", |it| it.as_str());
        let name = name(wanted, |it| {
            let mut nodes = run.work().scenario.nodes.iter();
            nodes.any(|node| node.name == it)
        });
        let node = NodeSpec::new(name.clone(), NodeKind::Remote(RemoteRole::Device));
        let link = LinkSpec {
            latency: Duration::ZERO,
            window_bytes: relay::WINDOW_BYTES,
            ..LinkSpec::new(name.clone(), BROKER.to_owned())
        };
        let id = u16::try_from(run.work().scenario.links.len()).map(LinkId);
        if !run.grow(vec![node], vec![link.clone()]) {
            return None;
        }
        self.places.push(Place {
            name,
            client_id,
            is_taken: false,
            line: None,
            link: id.ok()?,
        });
        self.shut(&link, run, now);
        Some(self.places.len() - 1)
    }

    /// Whether what goes to an end of a link is to be held.
    fn shuts<'a>(&self, link: &'a LinkSpec) -> [(bool, &'a String); 2] {
        [
            (self.holds.0 || self.is_paused, &link.b),
            (self.holds.1 || self.is_paused, &link.a),
        ]
    }

    /// The place of a device that is gone, and of which the broker keeps nothing: another one takes it. Clients that choose a new
    /// client id each time would fill the run with their former selves.
    fn forsaken(&mut self, client_id: Option<Text>, run: &Run) -> Option<usize> {
        let nodes = &run.work().scenario.nodes;
        let id = |name: &str| {
            let place = nodes.iter().position(|node| node.name == name)?;
            u16::try_from(place).ok().map(NodeId)
        };
        let broker = id(BROKER)?;
        let keeps = |it: &Place| {
            id(&it.name).is_none_or(|node| run.head().session_of(broker, node).is_some())
        };
        let mut places = self.places.iter();
        let free = places.position(|it| it.line.is_none() && !keeps(it))?;
        let place = self.places.get_mut(free)?;
        place.client_id = client_id;
        place.is_taken = true;
        Some(free)
    }

    /// Holds on a link what is to be held on all.
    fn shut(&self, link: &LinkSpec, run: &mut Run, now: Instant) {
        for (_, toward) in self.shuts(link).into_iter().filter(|(it, _)| *it) {
            let act = Act::Gate {
                a: link.a.clone(),
                b: link.b.clone(),
                toward: Some(toward.clone()),
            };
            run.act_now(now, act);
        }
    }

    /// A connection is gone; the hub knows.
    fn gone(&mut self, line: Line, why: &str, run: &mut Run, now: Instant) {
        if let Some((_, connection)) = self.lines.get(&line).and_then(|it| it.place) {
            let why = why.to_owned();
            self.tell(line, Outside::Closed { connection, why }, run, now);
        }
        self.forget(line);
    }

    fn forget(&mut self, line: Line) {
        let guest = self.lines.remove(&line);
        if let Some((place, connection)) = guest.and_then(|it| it.place) {
            self.connections.remove(&connection);
            let place = self.places.get_mut(place);
            if let Some(place) = place.filter(|it| it.line == Some(line)) {
                place.line = None;
            }
        }
    }

    fn tell(&self, line: Line, what: Outside, run: &mut Run, now: Instant) {
        let place = self.lines.get(&line).and_then(|it| it.place);
        let Some(place) = place.and_then(|(place, _)| self.places.get(place)) else {
            return;
        };
        let act = Act::Node {
            node: place.name.clone(),
            act: NodeAction::Outside(what),
        };
        run.live_on(now, Some(act));
    }

    /// What is due happens; what comes of it goes to the hub.
    pub(crate) fn look(&mut self, run: &mut Run, now: Instant) -> Vec<HubCommand> {
        let silent: Vec<Line> = self
            .lines
            .iter()
            .filter(|(_, it)| it.place.is_none() && now.since(it.since) >= SILENCE)
            .map(|(line, _)| *line)
            .collect();
        run.live_on(now, None);
        if run.catches_up(now).is_none() {
            for line in silent {
                self.meet(line, &Who::Nameless, run, now);
            }
        }
        if self.is_watching {
            return Vec::new();
        }
        loop {
            let handouts = run.handouts(self.handed);
            self.handed = run.log().end();
            if handouts.is_empty() {
                break;
            }
            for handout in handouts {
                let Some(line) = self.connections.get(&handout.connection).copied() else {
                    continue;
                };
                match handout.what {
                    What::Bytes(bytes) => {
                        if let Some(guest) = self.lines.get_mut(&line) {
                            guest.bytes.1 += bytes.len();
                        }
                        if !self.desk.send(line, bytes) {
                            self.gone(line, "the device does not take what it is sent", run, now);
                        }
                    }
                    What::Close => {
                        self.desk.close(line, "closed by the broker in the page");
                        self.forget(line);
                    }
                    What::Dial { .. } | What::Opened => {}
                }
            }
            run.live_on(now, None);
        }
        for (line, guest) in &mut self.lines {
            let place = guest.place.and_then(|(place, _)| self.places.get(place));
            let held = place.map_or(0, |it| run.head().held_packets(it.link).1);
            if guest.owed > 0 && held < HELD_MAX {
                self.desk.done(*line, std::mem::take(&mut guest.owed));
            }
        }
        frames(&self.desk.take_messages())
    }

    /// The hub is gone, and all connections with it.
    pub(crate) fn lost(&mut self, why: &str, run: &mut Run, now: Instant) {
        self.desk.clear();
        for line in self.lines.keys().copied().collect::<Vec<_>>() {
            self.gone(line, why, run, now);
        }
        run.live_on(now, None);
    }

    /// Holds every packet, or lets go what nobody holds by hand.
    pub(crate) fn pause(&mut self, is_paused: bool, run: &mut Run, now: Instant) {
        if self.is_paused == is_paused {
            return;
        }
        self.is_paused = is_paused;
        self.gate(run, now);
    }

    /// Holds what goes to the broker, or what comes from it, or no longer.
    pub(crate) fn hold(&mut self, is_out: bool, is_shut: bool, run: &mut Run, now: Instant) {
        match is_out {
            true => self.holds.0 = is_shut,
            false => self.holds.1 = is_shut,
        }
        self.gate(run, now);
    }

    pub(crate) const fn holds(&self) -> (bool, bool) {
        self.holds
    }

    /// Holds what is to be held on links that have come.
    pub(crate) fn shut_all(&self, run: &mut Run, now: Instant) {
        for link in &run.work().scenario.links.clone() {
            self.shut(link, run, now);
        }
    }

    fn gate(&self, run: &mut Run, now: Instant) {
        run.live_on(now, None);
        for link in &run.work().scenario.links.clone() {
            // What is held stays where it is to stay.
            for (_, toward) in self.shuts(link).into_iter().filter(|(it, _)| !it) {
                let release = Act::Release {
                    a: link.a.clone(),
                    b: link.b.clone(),
                    toward: Some(toward.clone()),
                };
                run.act_now(now, release);
            }
            self.shut(link, run, now);
        }
    }

    /// Lets the oldest packet that is held pass, of all or of one direction.
    pub(crate) fn pass(&self, is_out: Option<bool>, run: &mut Run, now: Instant) {
        let act = oldest(run, is_out).map(|(link, goes_out)| Act::Pass {
            a: link.a.clone(),
            b: link.b.clone(),
            toward: Some(if goes_out { link.b } else { link.a }),
        });
        if act.is_some() {
            run.live_on(now, act);
        }
    }

    /// Cuts the link of a device, or mends it.
    pub(crate) fn cut(&self, place: usize, is_cut: bool, run: &mut Run, now: Instant) {
        let Some(Place { name, .. }) = self.places.get(place) else {
            return;
        };
        let (a, b) = (name.clone(), BROKER.to_owned());
        let act = match is_cut {
            true => Act::Cut {
                a,
                b,
                after_bytes: 0,
                span: None,
            },
            false => Act::Restore { a, b },
        };
        run.live_on(now, Some(act));
    }
}

/// The link of the oldest packet that is held, and whether it goes to a broker.
fn oldest(run: &Run, is_out: Option<bool>) -> Option<(LinkSpec, bool)> {
    let (link, goes_out) = oldest_on(run, is_out)?;
    let links = &run.work().scenario.links;
    Some((links.get(usize::from(link.0))?.clone(), goes_out))
}

fn oldest_on(run: &Run, is_out: Option<bool>) -> Option<(LinkId, bool)> {
    let links = 0..u16::try_from(run.work().scenario.links.len()).unwrap_or(u16::MAX);
    let held = |link| run.head().held_packets(link);
    if links.map(LinkId).all(|link| held(link) == (0, 0)) {
        return None;
    }
    let log = run.log();
    log.in_flight(log.end()).find_map(|(_, _, flight)| {
        let goes_out = flight.sender == mqtt_proto::Sender::Client;
        let (into, out) = held(flight.link);
        let is_held = if goes_out { out } else { into } > 0;
        let is_meant = is_out.is_none_or(|it| it == goes_out);
        (is_held && is_meant).then_some((flight.link, goes_out))
    })
}

/// What the oldest packet that is held is, by name and by device.
pub(crate) fn next_held(run: &Run) -> Option<String> {
    let (link, goes_out) = oldest_on(run, None)?;
    let log = run.log();
    let mut flights = log.in_flight(log.end());
    let (_, _, flight) = flights.find(|(_, _, it)| {
        let is_out = it.sender == mqtt_proto::Sender::Client;
        is_out == goes_out && it.link == link
    })?;
    let packet = flight.packet()?;
    let name = packet.packet_type().name();
    Some(format!(
        "{name} {} → {}",
        log.name(flight.from),
        log.name(flight.to)
    ))
}
