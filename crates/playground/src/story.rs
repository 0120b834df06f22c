//! A run as the drawings need it: who, what was sent when, what was lost, which intervals hold.
//!
//! A story is read from the log once, in order, and only grows: a view of an earlier moment hides what came later, so that
//! nothing of the future can leak into a picture. It knows no geometry and no words for learners.

use crate::text::{self, Language};
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Expiry, Version};
use std::borrow::Cow;
use std::rc::Rc;

/// A place in the log: the number of a record and its time.
///
/// Two records can have the same time, so a time alone does not say what has happened already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The record's number in the log, from 0.
    pub record: usize,
    /// Its time in microseconds since the start of the run.
    pub at: u64,
}

/// Where the page stands in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Steps taken: 0 before the first, `steps + 1` at the end.
    pub step: usize,
    /// How many records of the log have happened.
    pub shown: usize,
    /// The time in microseconds, which may lie between two records.
    pub now: u64,
}

impl Position {
    /// Whether the record at `mark` has happened.
    #[must_use]
    pub const fn has(self, mark: Mark) -> bool {
        mark.record < self.shown
    }
}

/// What a node is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The broker.
    Broker,
    /// A telephone.
    Phone,
    /// A robot on wheels, which stands on a ruler.
    Robot,
    /// A thermometer.
    Thermometer,
    /// A button to press.
    Button,
    /// A lamp, lit or not.
    Lamp,
    /// A window, whole or broken.
    Window,
    /// A screen that shows what comes.
    Dashboard,
    /// A battery node with a clock that wakes it.
    Sleeper,
    /// Any other client.
    Client,
}

/// What a node keeps of a message above QoS 0 until that is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// A copy, to send again.
    Copies,
    /// Nothing: its library cannot send it again.
    Nothing,
    /// What its script keeps is not known here.
    Unseen,
}

/// A node of the network: a lane of the ladder, a figure on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its place among the nodes of the scenario.
    pub node: usize,
    /// The name, as the scenario writes it.
    pub name: String,
    /// The name, as it is shown.
    pub shown: String,
    /// The figure.
    pub figure: Figure,
    /// What it keeps of a message above QoS 0 until that is acknowledged.
    pub keeps: Keeps,
    /// Where it stands on the map, if the scenario says so.
    pub place: Option<(u16, u16)>,
}

/// A link between two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The lane of the client.
    pub client: usize,
    /// The lane of the broker.
    pub broker: usize,
    /// Time that a packet travels, in microseconds.
    pub latency: u64,
}

/// The five roles that have a colour. There is no sixth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// PUBLISH.
    Publish,
    /// PUBACK, PUBREC, PUBREL, PUBCOMP.
    Acknowledge,
    /// CONNECT, CONNACK, DISCONNECT, PINGREQ, PINGRESP, AUTH.
    Control,
    /// SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK.
    Subscribe,
    /// A cut, a crash, a loss.
    Fault,
}

/// What a packet shows on its pill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The role, which gives the colour and the second code.
    pub role: Role,
    /// The packet type; none if these bytes are no packet.
    pub kind: Option<PacketType>,
    /// The standard's name of the packet type.
    pub name: &'static str,
    /// A shorter name for narrow lanes.
    pub short: &'static str,
    /// The packet identifier, if the packet has one.
    pub id: Option<u16>,
    /// The one detail at the right.
    pub detail: Detail,
    /// Whether DUP is 1.
    pub dup: bool,
}

/// The one detail at the right of a pill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// Whether CONNECT asks for a clean session: `clean 0`.
    Clean(bool),
    /// CONNACK says no.
    Refused,
    /// Whether CONNACK says that there is a session: `session 1`.
    Session(bool),
    /// `DUP 1`.
    Dup,
    /// The quality of service: `QoS 1`.
    Qos(u8),
    /// Which packet of how many in an exchange: `2/4`.
    Part(u8, u8),
    /// How many topic filters, if they are not one.
    Filters(usize),
}

impl Face {
    /// Name and identifier.
    #[must_use]
    pub fn title(&self) -> String {
        self.id
            .map_or_else(|| self.name.to_owned(), |id| format!("{} {id}", self.name))
    }

    /// Short name, identifier and DUP, for narrow lanes and the map.
    #[must_use]
    pub fn short_title(&self) -> String {
        let mut text = self.id.map_or_else(
            || self.short.to_owned(),
            |id| format!("{} {id}", self.short),
        );
        if self.dup {
            text.push_str(" DUP");
        }
        text
    }
}

/// What a packet says, as far as sentences speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// CONNECT.
    Connect {
        /// Clean Session or Clean Start.
        is_clean: bool,
        /// Which of the two: 3.1.1's name or 5.0's.
        flag: &'static str,
        /// How long the session is to outlive the connection.
        expiry: Expiry,
        /// What it speaks.
        version: Version,
        /// The longest silence that it promises, in seconds; 0 is any.
        keep_alive: u16,
    },
    /// CONNACK.
    ConnAck {
        /// Whether the server has a session.
        session_present: bool,
        /// Whether the connection is accepted.
        is_accepted: bool,
    },
    /// PUBLISH.
    Publish {
        /// The topic name.
        topic: String,
        /// The quality of service, 0 to 2.
        qos: u8,
        /// The payload, if it is short text.
        payload: Option<String>,
        /// Where it comes from.
        source: Source,
    },
    /// SUBSCRIBE.
    Subscribe {
        /// What it asks for.
        filters: Vec<Wish>,
    },
    /// SUBACK.
    SubAck {
        /// The quality of service granted; none where refused.
        granted: Vec<Option<u8>>,
    },
    /// DISCONNECT that made the broker delete a will.
    Goodbye {
        /// When it did.
        deletes_will: Mark,
    },
    /// An answer or a goodbye of 5.0 with a reason that is not plain success.
    Reason {
        /// Its code and its name.
        text: String,
        /// Whether it is a failure: 0x80 or above.
        is_failure: bool,
    },
    /// Nothing that its name and identifier do not say.
    Plain,
}

/// A subscription that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The topic filter; of a shared subscription what stands behind the name of its group.
    pub filter: String,
    /// The name of the group, if the subscription is shared.
    pub share: Option<String>,
    /// The quality of service, 0 to 2.
    pub qos: u8,
    /// Whether the client's own messages are not wanted.
    pub no_local: bool,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A client publishes it, or the broker passes on what a client has published.
    Client,
    /// The broker had retained it for later subscribers.
    Retained,
    /// It waited in the session: the client was away, its quota used up, or its link slow.
    Queue,
    /// The broker speaks for a client whose connection is over.
    Will(Will),
}

/// A will that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will {
    /// The lane of its client.
    pub of: usize,
    /// Whether the connection is known to have ended without DISCONNECT.
    pub is_unannounced: bool,
}

/// How a flight ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All bytes reach the other end.
    Arrived(Mark),
    /// The connection ended under it.
    Lost(Mark),
    /// The log ends while it is on its way.
    Open,
}

/// A packet on its way over a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// The step that sends it.
    pub step: usize,
    /// The lane that it leaves.
    pub from: usize,
    /// The lane that it goes to.
    pub to: usize,
    /// When it was sent.
    pub sent: Mark,
    /// When it arrives if nothing happens, in microseconds.
    pub due: u64,
    /// What became of it.
    pub fate: Fate,
    /// If it was held on its way: from when on, and until when. What is sent while its link is held waits from the beginning.
    pub held: Option<Interval>,
    /// What its pill shows.
    pub face: Face,
    /// What else a sentence about it needs to know.
    pub facts: Facts,
    /// Whether it takes an exchange up again that an outage interrupted.
    pub repeats: bool,
    /// Its bytes.
    pub bytes: Rc<[u8]>,
    /// The exchange that it belongs to: its place in [`Story::exchanges`].
    pub exchange: Option<usize>,
}

impl Flight {
    /// How much of its way the packet has made at `now`, 0 to 1.
    #[must_use]
    pub fn progress(&self, now: u64) -> f64 {
        let gate = self.gate();
        match self.held.and_then(|held| held.until) {
            // From there on it is as far as its arrival says.
            Some(until) if until.at < now => {
                let way = self.due.saturating_sub(self.sent.at);
                let end = self.ended().map_or(until.at + way, |it| it.at);
                let way = end.saturating_sub(until.at).max(1) as f64;
                (gate + (1.0 - gate) * (now - until.at) as f64 / way).min(1.0)
            }
            _ => self.unheld(now).min(gate),
        }
    }

    /// The same if nothing had held it.
    fn unheld(&self, now: u64) -> f64 {
        let way = self.due.saturating_sub(self.sent.at).max(1) as f64;
        (now.saturating_sub(self.sent.at) as f64 / way).clamp(0.0, 1.0)
    }

    /// How far it comes before it is held: as far as it was then, or to a gate near its sender.
    fn gate(&self) -> f64 {
        match self.held {
            Some(held) if held.from.record > self.sent.record => self.unheld(held.from.at),
            Some(_) => GATE,
            None => 1.0,
        }
    }

    /// Whether it is held at `position`, and does not go on.
    #[must_use]
    pub fn is_held(&self, position: Position) -> bool {
        self.held.is_some_and(|held| held.holds(position))
            && self.is_flying(position)
            && self.unheld(position.now) >= self.gate()
    }

    /// The mark at which it stopped flying, if the log has one.
    #[must_use]
    pub const fn ended(&self) -> Option<Mark> {
        match self.fate {
            Fate::Arrived(mark) | Fate::Lost(mark) => Some(mark),
            Fate::Open => None,
        }
    }

    /// Whether it is on its way at `position`.
    #[must_use]
    pub fn is_flying(&self, position: Position) -> bool {
        position.has(self.sent) && !self.ended().is_some_and(|end| position.has(end))
    }
}

/// What a step of the ladder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A packet was sent: its place in [`Story::flights`].
    Packet(usize),
    /// A packet vanished from a link that goes on, as only drawn networks let it: its place in [`Story::flights`].
    Vanished(usize),
    /// A link was cut: its place in [`Story::wires`].
    Cut(usize),
    /// A link works again.
    Restored(usize),
    /// Nothing arrives over a link any more, and nobody is told.
    Silent(usize),
    /// An end of a link reads slowly, or not at all.
    Stalled(usize),
    /// Packets on a link wait where they are.
    Held(usize),
    /// What was held on a link goes on.
    Released(usize),
    /// A node has stopped: its lane. The computer of one that crashed closes its connections; without power nobody does.
    Down {
        /// The lane.
        lane: usize,
        /// Whether only its program stopped.
        crashed: bool,
    },
    /// A node has started again: its lane.
    Up(usize),
    /// A client dialled in vain: its lane.
    Refused(usize),
    /// A device did something: its place in [`Story::effects`].
    Effect(usize),
}

/// A step: a record that has a row of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The record.
    pub mark: Mark,
    /// What it is.
    pub kind: StepKind,
    /// The simulator's line of text for it, word for word.
    pub line: String,
    /// The step that caused it, by the log: its number.
    pub cause: Option<usize>,
    /// The rules that the machines named for it and for what followed from it.
    pub rules: Vec<Rule>,
}

/// A normative statement that was at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The standard's id, or a section reference where the standard has none.
    pub id: &'static str,
    /// The version of the standard that the id belongs to: `MQTT 3.1.1`.
    pub version: &'static str,
    /// The section.
    pub section: &'static str,
    /// What it says, in our words.
    pub gist: Cow<'static, str>,
    /// Where the standard says it.
    pub url: String,
    /// The record that names it.
    pub mark: Mark,
    /// The step that it was named for, from 1.
    pub step: usize,
}

impl Rule {
    /// What to write on it: its number, or its section where it has none.
    #[must_use]
    pub fn label(&self, language: Language) -> String {
        if self.id.starts_with("MQTT-") {
            self.id.to_owned()
        } else {
            text::section(language, self.section)
        }
    }
}

/// From one mark to another, or until further notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first moment.
    pub from: Mark,
    /// The moment after the last; none while it lasts.
    pub until: Option<Mark>,
}

impl Interval {
    /// Whether the interval holds at `position`.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        position.has(self.from) && !self.until.is_some_and(|until| position.has(until))
    }
}

/// What a lifeline shows over an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// A session that outlives its connection.
    Session,
    /// A connection.
    Connection,
}

/// An interval of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The lane.
    pub lane: usize,
    /// What holds.
    pub kind: SpanKind,
    /// When.
    pub interval: Interval,
}

/// No connection over a link, from the cut to the next connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The link: its place in [`Story::wires`].
    pub wire: usize,
    /// From the cut until the connection is back.
    pub interval: Interval,
}

/// A message with QoS 1 or 2 on one hop, from its first PUBLISH to the last acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The lane of the sender, whose session keeps the message.
    pub sender: usize,
    /// The lane of the receiver.
    pub receiver: usize,
    /// The packet identifier.
    pub id: u16,
    /// From the first PUBLISH to the moment at which the sender frees the identifier.
    pub interval: Interval,
    /// Its flights: places in [`Story::flights`].
    pub flights: Vec<usize>,
    /// Outages that it lived through: the marks at which they ended.
    pub survived: Vec<Mark>,
    /// What the device did because of it: places in [`Story::effects`].
    pub effects: Vec<usize>,
    /// How it ended, if it has.
    pub over: Option<Over>,
}

/// How a message with QoS 1 or 2 ends on a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// PUBACK or PUBCOMP has arrived, or a PUBREC that refuses.
    Acknowledged,
    /// Its sender gave it up, or lost it.
    GivenUp,
    /// The connection ended, and its sender's program does not go on with it in the next one.
    CutOff,
}

/// Something that a device did to its small world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The lane of the device.
    pub lane: usize,
    /// When.
    pub mark: Mark,
    /// The step whose packet caused it.
    pub because_of: Option<usize>,
    /// Way driven, in millimetres.
    pub millimetres: i64,
    /// What it did.
    pub what: device::Effect,
    /// Whether no message made it do it, though one could have.
    pub is_untold: bool,
    /// How it comes that the same message had caused an effect before; none if it had not.
    pub again: Option<Again>,
}

/// How it comes that a message reaches an application once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Its copy was sent again on the last hop, at QoS 1: the receiver remembers no identifiers.
    SameHop,
    /// Its copy was sent again on the last hop, at QoS 2, and the receiver had lost its memory of it.
    Forgotten,
    /// The link doubled the packet.
    Doubled,
    /// The broker had got it more than once itself, at this QoS, and passed each on.
    EarlierHop {
        /// The QoS of the hop to the broker.
        qos: u8,
    },
    /// More than one of its subscriptions matches, and each brought a copy: a shared one does so by itself.
    TwoSubscriptions,
    /// It was retained, and a new subscription brought it once more.
    Stored,
}

/// A run, ready to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// The nodes, left to right.
    pub lanes: Vec<Lane>,
    /// The links.
    pub wires: Vec<Wire>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The packets, in the order of their sending.
    pub flights: Vec<Flight>,
    /// The outages.
    pub outages: Vec<Outage>,
    /// Sessions and connections.
    pub spans: Vec<Span>,
    /// The messages with QoS 1 and 2.
    pub exchanges: Vec<Exchange>,
    /// What devices did.
    pub effects: Vec<Effect>,
    /// Messages that reached an application: the lane, and when.
    pub deliveries: Vec<(usize, Mark)>,
    /// The rules that were named when another step had come after theirs: by which record, the step, and the place among its rules.
    pub late_rules: Vec<(usize, usize, usize)>,
    /// The time of every record of the log, in microseconds; it never decreases.
    pub times: Vec<u64>,
    /// Where to look in it.
    pub(crate) index: crate::index::Lazy,
}

impl Story {
    /// The rules to show at a step, as known at `position`: its own, and those of steps before it that were named since it began.
    /// Who goes forward step by step would not meet these otherwise.
    pub fn rules_at(&self, step: usize, position: Position) -> impl Iterator<Item = &Rule> {
        let this = self.step(step);
        let own = this.into_iter().flat_map(|it| &it.rules);
        let from = this.map_or(usize::MAX, |it| it.mark.record);
        let next = self.step(step + 1).map_or(usize::MAX, |it| it.mark.record);
        let since = self.late_rules.partition_point(|(by, ..)| *by < from);
        let late = self.late_rules.iter().skip(since);
        let late = late.take_while(move |(by, ..)| *by < next);
        let late = late.filter(move |(_, of, _)| *of < step);
        let late = late.filter_map(|(_, of, place)| self.step(*of)?.rules.get(*place));
        own.chain(late).filter(move |rule| position.has(rule.mark))
    }

    /// How many records the log has.
    #[must_use]
    pub fn records(&self) -> usize {
        self.times.len()
    }

    /// The time of the last record in microseconds.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.times.last().copied().unwrap_or(0)
    }

    /// How many positions there are after the start: every step, and the end, when the last packet is no longer in mid-flight.
    #[must_use]
    pub fn last_step(&self) -> usize {
        self.steps.len() + 1
    }

    /// The step with number `step`, counted from 1; none at the start and at the end.
    #[must_use]
    pub fn step(&self, step: usize) -> Option<&Step> {
        self.steps.get(step.checked_sub(1)?)
    }

    /// The flight that step number `step` sends.
    #[must_use]
    pub fn flight_of(&self, step: usize) -> Option<(usize, &Flight)> {
        match self.step(step)?.kind {
            StepKind::Packet(flight) => Some((flight, self.flights.get(flight)?)),
            _ => None,
        }
    }

    /// The step that sent the packet to show beside step number `step`: the one that it is about, else the last one before it. 0 before
    /// all packets.
    #[must_use]
    pub fn packet_beside(&self, step: usize, position: Position) -> usize {
        self.packet_about(step, position).unwrap_or_else(|| {
            let mut before = (1..=step.min(self.steps.len())).rev();
            before
                .find(|&step| self.flight_of(step).is_some())
                .unwrap_or(0)
        })
    }

    /// The step that sent the packet that step number `step` is about: its own, or the first that was lost by what happened then.
    #[must_use]
    pub fn packet_about(&self, step: usize, position: Position) -> Option<usize> {
        let this = self.step(step)?;
        match this.kind {
            StepKind::Packet(_) => Some(step),
            StepKind::Vanished(flight) => self.flights.get(flight).map(|it| it.step),
            StepKind::Cut(_) | StepKind::Down { .. } => {
                let before = Position {
                    shown: this.mark.record,
                    ..position
                };
                let next = self.step(step + 1).map(|it| it.mark.record);
                let is_lost = |flight: &Flight| {
                    let Fate::Lost(mark) = flight.fate else {
                        return false;
                    };
                    mark.at == this.mark.at
                        && next.is_none_or(|next| mark.record < next)
                        && position.has(mark)
                };
                let mut flying = self.flying(before);
                flying.find_map(|(_, it)| is_lost(it).then_some(it.step))
            }
            _ => None,
        }
    }

    /// Where the page stands on step number `step`: at a sent packet in mid-flight, never past the next step.
    #[must_use]
    pub fn position(&self, step: usize) -> Position {
        if step == 0 {
            return Position::default();
        }
        let Some(current) = self.step(step) else {
            return Position {
                step: self.last_step(),
                shown: self.records(),
                now: self.end(),
            };
        };
        let mut now = match self.flight_of(step) {
            Some((_, flight)) => MID_FLIGHT.of(current.mark.at, flight.due),
            None => current.mark.at,
        };
        let next = self.step(step + 1).map(|next| next.mark);
        if let Some(next) = next {
            now = now.min(next.at);
        }
        self.at(step, now)
    }

    /// The position on `step` at time `now`: what has happened by then, but nothing from the next step on.
    #[must_use]
    pub fn at(&self, step: usize, now: u64) -> Position {
        let limit = self
            .step(step + 1)
            .map_or(self.records(), |next| next.mark.record);
        let first = self.step(step).map_or(0, |current| current.mark.record + 1);
        let by_now = self.times.partition_point(|&at| at <= now);
        let shown = if step >= self.last_step() {
            self.records()
        } else {
            by_now.max(first).min(limit)
        };
        Position { step, shown, now }
    }

    /// Whether a lane is the broker's.
    #[must_use]
    pub fn is_broker(&self, lane: usize) -> bool {
        self.lanes
            .get(lane)
            .is_some_and(|lane| lane.figure == Figure::Broker)
    }

    /// A lane's name.
    #[must_use]
    pub fn name(&self, lane: usize) -> &str {
        self.lanes.get(lane).map_or("", |lane| lane.shown.as_str())
    }

    /// Whether somebody drives: then messages are orders.
    #[must_use]
    pub fn has_robot(&self) -> bool {
        self.lanes.iter().any(|it| it.figure == Figure::Robot)
    }

    /// The time after `elapsed` microseconds on the wall at `speed`, from `now`.
    ///
    /// A silence in which nothing is on its way plays in `silence` microseconds, or faster if the speed says so.
    #[must_use]
    pub fn play(
        &self,
        now: u64,
        elapsed: u64,
        (numerator, denominator): (u64, u64),
        silence: u64,
    ) -> u64 {
        let mut now = now;
        let mut left = elapsed;
        while left > 0 {
            let next = self.times.partition_point(|&at| at <= now);
            let Some(&until) = self.times.get(next) else {
                return now + left;
            };
            let from = next
                .checked_sub(1)
                .and_then(|index| self.times.get(index))
                .copied()
                .unwrap_or(0);
            let length = until - from;
            let position = Position {
                step: 0,
                shown: next,
                now,
            };
            let is_silent = length > IDLE_MICROS && self.flying(position).next().is_none();
            let by_speed = length.saturating_mul(denominator.max(1)) / numerator.max(1);
            let takes = if is_silent {
                by_speed.min(silence)
            } else {
                by_speed
            }
            .max(1);
            // Wall time from here to the next record.
            let wall = u64::try_from(
                u128::from(until - now) * u128::from(takes) / u128::from(length.max(1)),
            )
            .unwrap_or(u64::MAX);
            if wall >= left {
                let way = u128::from(left) * u128::from(length) / u128::from(takes);
                return now
                    + u64::try_from(way)
                        .unwrap_or(u64::MAX)
                        .max(1)
                        .min(until - now);
            }
            left -= wall.max(1);
            now = until;
        }
        now
    }

    /// The last step that has begun by `now`.
    #[must_use]
    pub fn step_at(&self, now: u64) -> usize {
        self.steps.partition_point(|step| step.mark.at <= now)
    }
}

/// What is sent while its link is held comes so far: to be seen as what has not arrived.
const GATE: f64 = 0.25;

/// Longer silences are shortened in drawings and while playing, in microseconds.
pub const IDLE_MICROS: u64 = 200_000;

/// A place on a flight, as a fraction.
struct Fraction {
    numerator: u64,
    denominator: u64,
}

impl Fraction {
    fn of(&self, from: u64, to: u64) -> u64 {
        let way = to.saturating_sub(from);
        from + way / self.denominator * self.numerator
            + way % self.denominator * self.numerator / self.denominator
    }
}

/// Where a packet stands when the page steps to it: past the sender, its way still before it.
const MID_FLIGHT: Fraction = Fraction {
    numerator: 5,
    denominator: 12,
};
