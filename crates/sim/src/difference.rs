//! Two futures: where two runs with the same past part, and what differs at the end.

use crate::id::{Cursor, NodeId, RecordId};
use crate::ledger::{Ledger, MessageCopy};
use crate::log::Log;
use crate::record::RecordKind;
use crate::recording::Recording;
use crate::scenario::Quoted;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use device::Effect;

/// Two runs that have the same past: where they part, and how they differ at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The last place at which both logs are the same.
    pub fork: Cursor,
    /// The first record of each run that the other has not got; `None` where a run has nothing more.
    pub parts_with: [Option<RecordId>; 2],
    /// The steps of each run after that.
    pub steps: [Vec<RecordId>; 2],
    /// What is not the same at the ends of both, by topic.
    pub ends: Vec<Differs>,
}

/// Something that is not the same at the ends of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// What.
    pub what: Subject,
    /// What it is at the end of each run; `None` where there is no such thing.
    pub is: [Option<Fact>; 2],
}

/// Something that can differ. A message is told by what it says, and which of its like it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// How often an application got a message.
    Delivered {
        /// What it says, and its topic.
        message: Quote,
        /// Whose application.
        to: String,
    },
    /// What a device has done that one can see.
    Done {
        /// Which.
        device: String,
    },
    /// What the broker retains on a topic.
    Retained {
        /// The topic.
        topic: String,
    },
    /// What the broker keeps for a client.
    Session {
        /// Its client identifier.
        client_id: String,
    },
    /// A copy of a message that somebody still holds.
    Held {
        /// What it says, and its topic.
        message: Quote,
        /// Who holds it.
        from: String,
        /// Whom it is for.
        to: String,
    },
}

/// A message in a few words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quote {
    /// What it says, in quotation marks, or its bytes.
    pub payload: String,
    /// Its topic.
    pub topic: String,
    /// Which of those that say the same on the same topic, from 1.
    pub nth: u32,
}

/// What something is at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// So often.
    Times(usize),
    /// What a message says, in quotation marks, or its bytes.
    Words(String),
    /// All that a device has done, in its order.
    Done(Vec<Effect>),
    /// A session.
    Session {
        /// Whether its client is connected.
        is_connected: bool,
        /// How many subscriptions it has.
        subscriptions: usize,
        /// How many messages wait in it.
        waiting: usize,
    },
    /// A copy waits for its first sending.
    Waits,
    /// A copy was sent so often, and is not acknowledged.
    Sent(usize),
    /// The message is not kept any more, its identifier is.
    Released,
}

impl Subject {
    /// What kind of thing it is.
    #[must_use]
    pub const fn about(&self) -> About {
        match self {
            Self::Delivered { .. } => About::Deliveries,
            Self::Done { .. } => About::Outputs,
            Self::Retained { .. } => About::Retained,
            Self::Session { .. } => About::Sessions,
            Self::Held { .. } => About::Ledger,
        }
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.payload, self.topic)?;
        match self.nth {
            1 => Ok(()),
            nth => write!(f, ", number {nth}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered { message, to } => write!(f, "{message}, delivered to {to}"),
            Self::Done { device } => f.write_str(device),
            Self::Retained { topic } => write!(f, "retained on {topic}"),
            Self::Session { client_id } => write!(f, "session of {client_id}"),
            Self::Held { message, from, to } => write!(f, "{message}, from {from} to {to}"),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => f.write_str(&count(*times, "time")),
            Self::Words(words) => f.write_str(words),
            Self::Done(effects) => write_done(f, effects, 0),
            Self::Session {
                is_connected,
                subscriptions,
                waiting,
            } => write!(
                f,
                "{}, {}, {} waiting",
                if *is_connected { "connected" } else { "away" },
                count(*subscriptions, "subscription"),
                count(*waiting, "message")
            ),
            Self::Waits => f.write_str("waits"),
            Self::Sent(times) => write!(f, "sent {}, not acknowledged", count(*times, "time")),
            Self::Released => f.write_str("released, its identifier in use"),
        }
    }
}

/// A kind of thing that can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// How often an application got a message.
    Deliveries,
    /// What a device has done that one can see.
    Outputs,
    /// What the broker retains.
    Retained,
    /// What the broker keeps for a client.
    Sessions,
    /// A copy of a message that somebody still holds.
    Ledger,
}

/// So much of what a device has done is told.
pub const TOLD_EFFECTS_MAX: usize = 8;

impl Differs {
    /// How many of the first things that a device did need not be told: where it did more than are told, those that are
    /// the same at both ends, but for the last of them.
    #[must_use]
    pub fn untold_effects(&self) -> usize {
        let [Some(Fact::Done(first)), Some(Fact::Done(second))] = &self.is else {
            return 0;
        };
        if first.len().max(second.len()) <= TOLD_EFFECTS_MAX {
            return 0;
        }
        let same = first.iter().zip(second).take_while(|(it, of)| it == of);
        same.count().saturating_sub(1)
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.what)?;
        for (number, is) in self.is.iter().enumerate() {
            if number > 0 {
                f.write_str(" | ")?;
            }
            match is {
                None => f.write_str("nothing")?,
                Some(Fact::Done(effects)) => write_done(f, effects, self.untold_effects())?,
                Some(fact) => write!(f, "{fact}")?,
            }
        }
        Ok(())
    }
}

/// What a device has done but for its first, as far as it is told, and how much it was.
fn write_done(f: &mut fmt::Formatter<'_>, effects: &[Effect], untold: usize) -> fmt::Result {
    let mut separator = if untold > 0 { "…, " } else { "" };
    for effect in effects.iter().skip(untold).take(TOLD_EFFECTS_MAX) {
        write!(f, "{separator}{effect}")?;
        separator = ", ";
    }
    if effects.len() > untold.saturating_add(TOLD_EFFECTS_MAX) {
        write!(f, ", …")?;
    }
    if untold > 0 || effects.len() > TOLD_EFFECTS_MAX {
        write!(f, " ({})", count(effects.len(), "effect"))?;
    }
    Ok(())
}

impl Recording {
    /// Where this run and another part, and what differs at their ends. Both are taken as they are: let them run to their
    /// ends first.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Difference {
        let (mine, theirs) = (self.log(), other.log());
        let same = mine
            .records(mine.end())
            .iter()
            .zip(theirs.records(theirs.end()))
            .take_while(|(mine, theirs)| mine == theirs)
            .count();
        let fork = Cursor(u32::try_from(same).unwrap_or(u32::MAX));
        let (first, second) = (ends(self), ends(other));
        let mut keys: Vec<&Subject> = first.keys().chain(second.keys()).collect();
        keys.sort();
        keys.dedup();
        let differs = keys.into_iter().filter_map(|key| {
            let is = [&first, &second].map(|ends| ends.get(key).cloned());
            let [mine, theirs] = &is;
            (mine != theirs).then(|| Differs {
                what: key.clone(),
                is,
            })
        });
        Difference {
            fork,
            parts_with: [mine, theirs].map(|log| (log.end() > fork).then_some(RecordId(fork.0))),
            steps: [mine, theirs].map(|log| steps_after(log, fork)),
            ends: differs.collect(),
        }
    }
}

fn steps_after(log: &Log, fork: Cursor) -> Vec<RecordId> {
    let behind = log.records_between(fork, log.end()).iter();
    let steps = behind.filter(|record| record.kind.is_step());
    steps.map(|record| record.id).collect()
}

/// Everything that can differ at the end of a run.
fn ends(run: &Recording) -> BTreeMap<Subject, Fact> {
    let log = run.log();
    let ledger = Ledger::at(log, log.end());
    let mut ends = BTreeMap::new();
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (number, message) in (0_u32..).zip(ledger.messages()) {
        let topic = message.topic.as_ref().map_or("", |topic| topic.as_str());
        // Records after the fork have other numbers: a message is told by what it says, and which of its like it is.
        let payload = Quoted(&message.payload).to_string();
        let nth = seen
            .entry((payload.clone(), topic.to_string()))
            .or_default();
        *nth += 1;
        let quote = Quote {
            payload,
            topic: topic.to_string(),
            nth: *nth,
        };
        let id = crate::ledger::MessageId(number);
        for node in nodes(log) {
            let times = ledger.delivered(id, node);
            if times > 0 {
                let (message, to) = (quote.clone(), log.name(node).to_string());
                ends.insert(Subject::Delivered { message, to }, Fact::Times(times));
            }
        }
        for (_, copy) in ledger.copies_of(id).filter(|(_, copy)| copy.end.is_none()) {
            let what = Subject::Held {
                message: quote.clone(),
                from: log.name(copy.from).to_string(),
                to: log.name(copy.to).to_string(),
            };
            ends.insert(what, held(copy));
        }
    }
    for record in log.records(log.end()) {
        let (RecordKind::Effect(effect), Some(node)) = (&record.kind, record.node) else {
            continue;
        };
        let device = log.name(node).to_string();
        let done = ends.entry(Subject::Done { device });
        if let Fact::Done(effects) = done.or_insert_with(|| Fact::Done(Vec::new())) {
            effects.push(effect.clone());
        }
    }
    let world = run.head();
    for broker in nodes(log).filter_map(|node| world.node(node)?.broker()) {
        for retained in broker.retained(world.now()) {
            let topic = retained.topic.as_str().to_string();
            let is = Quoted(retained.payload).to_string();
            ends.insert(Subject::Retained { topic }, Fact::Words(is));
        }
        for session in broker.sessions() {
            let client_id = session.client_id().to_string();
            let is = Fact::Session {
                is_connected: session.connection().is_some(),
                subscriptions: session.subscriptions().len(),
                waiting: session.queued(),
            };
            ends.insert(Subject::Session { client_id }, is);
        }
    }
    ends
}

fn nodes(log: &Log) -> impl Iterator<Item = NodeId> {
    (0_u16..).zip(log.nodes()).map(|(id, _)| NodeId(id))
}

const fn held(copy: &MessageCopy) -> Fact {
    match (copy.flights.len(), copy.released) {
        (0, _) => Fact::Waits,
        (_, Some(_)) => Fact::Released,
        (times, None) => Fact::Sent(times),
    }
}

fn count(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}
