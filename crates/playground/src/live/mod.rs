//! A run with somebody outside that goes on by the wall's clock; and the real broker that it may be: then its devices are the
//! page's, and its broker is behind a WebSocket. Real devices are in `guests`.
//!
//! Nothing here opens a socket: what a session wants of the browser are commands, what came over the wire are actions. What
//! the user typed as a password stays in the form and in `Wire`; the run never sees it.

pub mod address;
mod round;
mod script;
mod session;
pub mod view;
mod wire;

pub(crate) use script::{FILE, alone, broker, twin};
pub(crate) use session::{Far, Session};
use wire::Unsent;
pub(crate) use wire::{Incoming, Wire};

use crate::bridge::BridgeAction;
use crate::guests::{GuestsAction, HubCommand};
use crate::probe::ProbeAction;
use crate::run::Run;
use address::{Address, AddressFault, Reach};
use bytes::Bytes;
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::{Properties, Property};
use mqtt_proto::{Instant, Packet, ReasonCode, Sender, Version};
use round::Questions;
use sim::remote::{Handout, What};
use sim::scenario::{Action as Act, NodeAction, Outside};
use sim::{Cursor, LinkId, Log, Note, RecordKind};
use std::collections::BTreeMap;

/// What the user and the browser do to the link to a real broker.
#[derive(Clone, PartialEq, Eq)]
pub enum LiveAction {
    /// Fills in a field of the form.
    Fill(LinkField, String),
    /// Ticks a box, or takes the tick off.
    Tick(LinkFlag, bool),
    /// Chooses what runs against the broker: a client alone (0), or a scenario of the list.
    Choose(usize),
    /// Dials.
    Connect,
    /// Says goodbye, and stops trying.
    Disconnect,
    /// Ends the session: what happened stays as a run like any other.
    End,
    /// Shows the run with the broker at the main screen.
    Show,
    /// Shows the run with the broker and the same run with the simulated one side by side.
    Beside,
    /// Holds what comes next in a direction, or lets everything go.
    Gate(Way, bool),
    /// Lets one packet pass.
    Pass(Way),
    /// Cuts the link.
    Cut,
    /// Lets the link carry bytes again.
    Resume,
    /// Dials the same host at another port.
    TryPort(u16),
    /// Puts the report of what went wrong into a file.
    Report,
    /// Something that nobody else has: for client ids and prefixes.
    Drawn(u64),
    /// The time on the wall, in microseconds since anything. Comes before every other action while a session lives.
    Clock(u64),
    /// A WebSocket is open: its number, and the subprotocol that the other end has chosen.
    Opened(u32, String),
    /// Bytes came over it.
    Received(u32, Bytes),
    /// A text frame came over it, which no MQTT comes in: its words.
    Text(u32, String),
    /// It is closed, or did not open: the code, the reason in the other end's words.
    Closed(u32, u16, String),
    /// The browser refuses to dial this address at all.
    Forbidden(u32),
    /// What is about real devices in this page's broker.
    Guests(GuestsAction),
    /// What a broker supports.
    Probe(ProbeAction),
    /// What is about the bridge between this page's broker and a real one.
    Bridge(BridgeAction),
}

/// A field of the form may hold a password: nothing is written down.
impl std::fmt::Debug for LiveAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LiveAction")
    }
}

/// What a session wants of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveCommand {
    /// Draw a number, and call back with [`LiveAction::Drawn`].
    Draw,
    /// Open a WebSocket with the subprotocol `mqtt`: its number and address.
    Open(u32, String),
    /// The same with another subprotocol.
    OpenAs(u32, String, &'static str),
    /// Send bytes over it.
    Send(u32, Bytes),
    /// Close it.
    Close(u32),
    /// Call back with [`LiveAction::Clock`] after this many milliseconds.
    Wake(u32),
    /// What is about the hub that real devices come by.
    Hub(HubCommand),
}

/// A direction of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the broker.
    Out,
    /// From the broker.
    In,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkField {
    /// The address.
    Url,
    /// The client id.
    ClientId,
    /// The user name.
    User,
    /// The password.
    Password,
    /// What stands before every topic.
    Prefix,
    /// Seconds.
    KeepAlive,
    /// The topic of the will; empty is no will.
    WillTopic,
    /// What the will says.
    WillPayload,
}

/// A box of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFlag {
    /// Speaks 5.0.
    V5,
    /// Starts with a new session.
    Clean,
    /// RETAIN may leave the page.
    Retain,
    /// Dials again by itself.
    Reconnect,
    /// The will is retained.
    WillRetain,
}

/// What the user has typed.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkForm {
    /// The address.
    pub url: String,
    /// Speaks 5.0.
    pub is_v5: bool,
    /// The client id.
    pub client_id: String,
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
    /// What stands before every topic, where the user has said so.
    pub prefix: Option<String>,
    /// Seconds.
    pub keep_alive: String,
    /// Starts with a new session.
    pub is_clean: bool,
    /// Whether RETAIN may leave the page, where the user has said so.
    pub retain: Option<bool>,
    /// Dials again by itself.
    pub reconnects: bool,
    /// The topic of the will.
    pub will_topic: String,
    /// What the will says.
    pub will_payload: String,
    /// The will is retained.
    pub will_retain: bool,
    /// What runs against the broker: a client alone (0), or a scenario of the list.
    pub world: usize,
    /// What is this page's own, in hexadecimal.
    pub tag: String,
}

impl Default for LinkForm {
    fn default() -> Self {
        Self {
            url: "ws://localhost:9001".to_owned(),
            is_v5: false,
            client_id: String::new(),
            user: String::new(),
            password: String::new(),
            prefix: None,
            keep_alive: "30".to_owned(),
            is_clean: true,
            retain: None,
            reconnects: true,
            will_topic: String::new(),
            will_payload: String::new(),
            will_retain: false,
            world: 0,
            tag: String::new(),
        }
    }
}

impl LinkForm {
    /// The address, taken apart.
    pub(crate) fn address(&self) -> Result<Address, AddressFault> {
        Address::parse(&self.url)
    }

    /// Whether strangers may listen there.
    pub(crate) fn is_public(&self) -> bool {
        self.address().is_ok_and(|it| it.reach() == Reach::Far)
    }

    /// What stands before every topic: of the user's choice, else of the page's own where strangers may listen.
    #[must_use]
    pub fn prefix(&self) -> String {
        match &self.prefix {
            Some(prefix) => prefix.clone(),
            None if self.is_public() => format!("pg-{}/", self.tag),
            None => String::new(),
        }
    }

    /// What changes on the way to the broker.
    pub(crate) fn wire(&self, ids: String) -> Wire {
        Wire {
            user: self.user.clone(),
            password: self.password.clone(),
            prefix: self.prefix(),
            ids,
            retain: self.retain(),
        }
    }

    /// What stands before the client id of a client that is alone: it is the user's choice, or the page's own already.
    pub(crate) fn ids(&self) -> String {
        match self.prefix() {
            prefix if prefix.is_empty() => prefix,
            prefix => format!("{}-", prefix.trim_end_matches('/')),
        }
    }

    /// What stands before the client ids of a scenario: many pages run the same one at the same broker, and those of the same
    /// name throw each other out.
    #[must_use]
    pub fn scenario_ids(&self) -> String {
        format!("pg-{}-", self.tag)
    }

    /// Whether there is a password and nobody whose it is: CONNECT of 3.1.1 has no place for that.
    pub(crate) fn has_password_alone(&self) -> bool {
        self.user.is_empty() && !self.password.is_empty()
    }

    /// Whether RETAIN may leave the page: of the user's choice, else where no strangers listen.
    #[must_use]
    pub fn retain(&self) -> bool {
        self.retain.unwrap_or_else(|| !self.is_public())
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> String {
        match self.client_id.is_empty() {
            true => format!("pg-{}", self.tag),
            false => self.client_id.clone(),
        }
    }

    pub(crate) const fn version(&self) -> Version {
        match self.is_v5 {
            true => Version::V5,
            false => Version::V311,
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The address cannot be dialled.
    Address(AddressFault),
    /// The browser refuses: a page that came by https may not open `ws://`.
    Forbidden,
    /// The WebSocket did not open.
    NotOpened,
    /// The prefix is no beginning of a topic.
    Prefix,
    /// There is a password without a user name, and somebody speaks 3.1.1.
    PasswordAlone,
    /// A packet could not leave with the prefix before its names, and did not leave without.
    Unsent,
    /// Nothing came back for ten seconds.
    Silence,
    /// The WebSocket is open, but no CONNACK came: the first of what came instead.
    NoConnAck(Bytes),
    /// CONNACK said no.
    Refused(Reason),
    /// What came is no MQTT: in the decoder's words.
    Garbage(String),
    /// A text frame came: it begins with these words.
    Text(String),
    /// The broker said goodbye (5.0).
    Goodbye(Reason),
    /// The other end closed: code and reason.
    Closed(u16, String),
}

/// A broker's reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: ReasonCode,
    /// The Reason String (5.0), as it came.
    pub words: Option<String>,
    /// The Server Reference (5.0), as it came.
    pub elsewhere: Option<String>,
}

impl Reason {
    fn new(code: ReasonCode, properties: &Properties) -> Self {
        Self {
            code,
            words: properties.find(|it| match it {
                Property::ReasonString(text) => Some(text.as_str().to_owned()),
                _ => None,
            }),
            elsewhere: properties.find(|it| match it {
                Property::ServerReference(text) => Some(text.as_str().to_owned()),
                _ => None,
            }),
        }
    }
}

/// A WebSocket, under the number of its connection in the run.
struct Socket {
    is_open: bool,
    subprotocol: String,
    /// What its CONNECT says; nothing, before there was one.
    version: Option<Version>,
    has_said_goodbye: bool,
    incoming: Incoming,
}

/// A real broker that the run's devices dial.
pub(crate) struct Dialled {
    /// Where the broker is.
    pub(crate) address: Address,
    url: String,
    wire: Wire,
    /// What the newest connection speaks.
    pub(crate) version: Version,
    broker: String,
    /// What has been handed to the browser.
    handed: Cursor,
    /// What has been looked at.
    seen: Cursor,
    sockets: BTreeMap<u32, Socket>,
    /// The first bytes that came over the newest connection.
    first: Bytes,
    /// When the newest CONNACK said yes, by the connection's record.
    pub(crate) connected: Option<Instant>,
    /// What the newest CONNACK said beside yes.
    pub(crate) offer: Option<mqtt_proto::packet::ConnAck>,
    pub(crate) trouble: Option<Trouble>,
    /// How often it was dialled without success since the last success.
    pub(crate) tries: u32,
    pub(crate) sent: usize,
    pub(crate) received: usize,
    /// What waits for its answer, and since when; how long the last one took.
    asked: Questions,
    pub(crate) round_trip: Option<u64>,
}

impl Dialled {
    pub(crate) fn new(
        address: Address,
        url: String,
        wire: Wire,
        version: Version,
        broker: String,
    ) -> Self {
        Self {
            address,
            url,
            wire,
            version,
            broker,
            handed: Cursor::START,
            seen: Cursor::START,
            sockets: BTreeMap::new(),
            first: Bytes::new(),
            connected: None,
            offer: None,
            trouble: None,
            tries: 0,
            sent: 0,
            received: 0,
            asked: Questions::default(),
            round_trip: None,
        }
    }

    /// One that knows nothing of what happened before.
    pub(crate) const fn from(mut self, cursor: Cursor) -> Self {
        self.handed = cursor;
        self.seen = cursor;
        self
    }

    /// The first bytes that came over the newest connection: they were no CONNACK.
    pub(crate) fn no_connack(&mut self) {
        self.trouble = Some(Trouble::NoConnAck(self.first.clone()));
    }

    /// Whether a link leads to this broker.
    fn is_at(&self, log: &Log, link: LinkId) -> bool {
        log.link(link)
            .is_some_and(|it| log.name(it.b) == self.broker)
    }

    /// Whether it is this broker that something has reached, or that was dialled.
    fn is_meant(&self, log: &Log, it: &Handout) -> bool {
        let record = log.record(it.record);
        match (&it.what, record.map(|it| (&it.kind, it.node))) {
            (What::Dial { link, .. }, _) => self.is_at(log, *link),
            (_, Some((RecordKind::DialGivenUp { link, .. }, _))) => self.is_at(log, *link),
            (_, Some((_, node))) => node.is_some_and(|it| log.name(it) == self.broker),
            (_, None) => false,
        }
    }

    /// The subprotocol of a WebSocket that is open.
    pub(crate) fn subprotocol(&self) -> Option<&str> {
        let open = self.sockets.values().find(|it| it.is_open);
        open.map(|it| it.subprotocol.as_str())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What came over a wire, as what the outside did; `None` if nobody waits for it any more.
    pub(crate) fn came(&mut self, what: LiveAction) -> Option<Act> {
        let outside = match what {
            LiveAction::Opened(connection, subprotocol) => {
                let socket = self.sockets.get_mut(&connection)?;
                socket.is_open = true;
                socket.subprotocol = subprotocol;
                Outside::Opened { connection }
            }
            LiveAction::Received(connection, bytes) => {
                let socket = self.sockets.get_mut(&connection)?;
                if self.first.is_empty() {
                    /// So much of what is no CONNACK tells what it may be.
                    const FIRST_MAX_BYTES: usize = 40;
                    self.first = bytes.slice(..bytes.len().min(FIRST_MAX_BYTES));
                }
                let bytes = self.wire.come(&mut socket.incoming, bytes);
                if bytes.is_empty() {
                    return None;
                }
                Outside::Received { connection, bytes }
            }
            LiveAction::Text(connection, words) => {
                self.sockets.remove(&connection)?;
                if self.connected.is_none() {
                    self.tries += 1;
                }
                self.trouble = Some(Trouble::Text(words));
                let why = "a text frame came".to_owned();
                Outside::Closed { connection, why }
            }
            LiveAction::Closed(connection, code, reason) => {
                /// So much of what the other end says of itself is kept.
                const REASON_MAX_CHARS: usize = 120;
                let socket = self.sockets.remove(&connection)?;
                let reason: String = reason.chars().take(REASON_MAX_CHARS).collect();
                let why = format!("WebSocket {code} {reason}").trim_end().to_owned();
                // What is known already says more.
                let is_told = matches!(
                    self.trouble,
                    Some(Trouble::Refused(_) | Trouble::Garbage(_) | Trouble::Goodbye(_))
                );
                if !socket.is_open {
                    self.tries += 1;
                    self.trouble = Some(Trouble::NotOpened);
                } else if !is_told {
                    self.trouble = Some(Trouble::Closed(code, reason));
                }
                Outside::Closed { connection, why }
            }
            LiveAction::Forbidden(connection) => {
                self.sockets.remove(&connection)?;
                self.tries += 1;
                self.trouble = Some(Trouble::Forbidden);
                let why = "refused by the browser".to_owned();
                Outside::Closed { connection, why }
            }
            _ => return None,
        };
        Some(Act::Node {
            node: self.broker.clone(),
            act: NodeAction::Outside(outside),
        })
    }

    /// Reads off the run what the browser has to do, and what there is to tell.
    pub(crate) fn look(&mut self, run: &Run, commands: &mut Vec<LiveCommand>) {
        let handouts = run.handouts(self.handed);
        self.handed = run.log().end();
        for it in handouts {
            if !self.is_meant(run.log(), &it) {
                continue;
            }
            let number = it.connection;
            match it.what {
                What::Dial { .. } => {
                    let socket = Socket {
                        is_open: false,
                        subprotocol: String::new(),
                        version: None,
                        has_said_goodbye: false,
                        incoming: Incoming::new(self.version),
                    };
                    self.sockets.insert(number, socket);
                    self.first = Bytes::new();
                    commands.push(LiveCommand::Open(number, self.url.clone()));
                }
                // It does not dial.
                What::Opened => {}
                What::Bytes(bytes) => {
                    self.sent += 1;
                    let flight = match run.log().record(it.record).map(|it| &it.kind) {
                        Some(RecordKind::Arrived { flight }) => run.log().flight(*flight),
                        _ => None,
                    };
                    if let (Some(flight), Some(socket)) = (flight, self.sockets.get_mut(&number)) {
                        match flight.packet() {
                            // Each client of a scenario has its own version.
                            Some(Packet::Connect(_)) if socket.version.is_none() => {
                                self.version = flight.version;
                                socket.version = Some(flight.version);
                                socket.incoming = Incoming::new(flight.version);
                            }
                            Some(Packet::Disconnect(_)) => socket.has_said_goodbye = true,
                            _ => {}
                        }
                    }
                    let spoken = self.sockets.get(&number).and_then(|it| it.version);
                    match self.wire.out(&bytes, spoken.unwrap_or(self.version)) {
                        Ok(bytes) => commands.push(LiveCommand::Send(number, bytes)),
                        Err(Unsent) => {
                            self.trouble = Some(Trouble::Unsent);
                            commands.push(LiveCommand::Close(number));
                        }
                    }
                }
                What::Close => {
                    self.sockets.remove(&number);
                    commands.push(LiveCommand::Close(number));
                }
            }
        }
        self.notice(run);
    }

    fn notice(&mut self, run: &Run) {
        let log = run.log();
        let from = self.seen;
        self.seen = log.end();
        for record in log.records_between(from, log.end()) {
            match &record.kind {
                RecordKind::Sent(flight) if log.name(flight.from) == self.broker => {
                    self.received += 1;
                    let packet = flight.packet();
                    let asked = packet.as_ref();
                    let asked = asked.and_then(|it| self.asked.answered(flight.connection, it));
                    if let Some(asked) = asked {
                        self.round_trip = Some(record.at.since(asked).as_micros());
                    }
                    match packet {
                        Some(Packet::ConnAck(ack)) if ack.reason.is_failure() => {
                            self.tries += 1;
                            let reason = Reason::new(ack.reason, &ack.properties);
                            self.trouble = Some(Trouble::Refused(reason));
                        }
                        Some(Packet::ConnAck(ack)) => {
                            self.tries = 0;
                            self.trouble = None;
                            self.connected = Some(record.at);
                            self.offer = Some(ack);
                        }
                        Some(Packet::Disconnect(bye)) => {
                            let reason = Reason::new(bye.reason, &bye.properties);
                            self.trouble = Some(Trouble::Goodbye(reason));
                        }
                        _ => {}
                    }
                }
                // It leaves the page.
                RecordKind::Arrived { flight } => {
                    let flight = log.flight(*flight);
                    let flight = flight.filter(|it| log.name(it.to) == self.broker);
                    if let Some((flight, packet)) = flight.and_then(|it| Some((it, it.packet()?))) {
                        self.asked.ask(flight.connection, &packet, record.at);
                    }
                }
                RecordKind::Note(Note::NoPacket(fault))
                    if record.node.is_some_and(|it| log.name(it) == self.broker) =>
                {
                    self.tries += 1;
                    self.trouble = Some(match self.is_version_refused() {
                        true => Trouble::Refused(Reason::new(
                            ReasonCode::UnsupportedProtocolVersion,
                            &Properties::EMPTY,
                        )),
                        false => Trouble::Garbage(fault.to_string()),
                    });
                }
                RecordKind::DialGivenUp { link, .. }
                    if self.is_at(log, *link) && self.trouble != Some(Trouble::Forbidden) =>
                {
                    self.tries += 1;
                    self.trouble = Some(Trouble::Silence);
                }
                RecordKind::Note(Note::Closing(mqtt_proto::CloseReason::Violation(
                    mqtt_proto::Violation::NoConnAck,
                ))) => {
                    self.tries += 1;
                    self.no_connack();
                }
                RecordKind::ConnectionClosed { opened, link, .. } if self.is_at(log, *link) => {
                    self.asked.forget(*opened);
                    let mut open = run.head().remote_connections();
                    if !open.any(|it| it.is_open && self.is_at(log, it.link)) {
                        self.connected = None;
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether a CONNECT of 5.0 was answered by somebody who knows 3.1.1 only, and says so in that version.
    fn is_version_refused(&self) -> bool {
        let mut decoder = Decoder::new(Framing {
            version: Some(Version::V311),
            ..Framing::new(Sender::Server)
        });
        decoder.push(&self.first);
        let refusal = ReasonCode::UnsupportedProtocolVersion;
        let said = decoder.decode();
        self.version == Version::V5
            && matches!(said, Ok(Some(Packet::ConnAck(ack))) if ack.reason == refusal)
    }

    /// Says goodbye to the broker, which would speak the wills otherwise, and closes everything.
    ///
    /// What still waits at a gate or on a link stays there: the goodbye goes by the wire.
    pub(crate) fn hang_up(&mut self, commands: &mut Vec<LiveCommand>) {
        for (number, socket) in std::mem::take(&mut self.sockets) {
            let is_missed = socket.is_open && !socket.has_said_goodbye;
            let goodbye = socket.version.filter(|_| is_missed).and_then(wire::goodbye);
            commands.extend(goodbye.map(|bytes| LiveCommand::Send(number, bytes)));
            commands.push(LiveCommand::Close(number));
        }
    }
}
