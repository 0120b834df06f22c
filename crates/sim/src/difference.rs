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

/// Two runs that have the same past: where they part, and how they differ at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The last place at which both logs are the same.
    pub fork: Cursor,
    /// The first record of each run that the other has not got; `None` where a run has nothing more.
    pub parts_with: [Option<RecordId>; 2],
    /// Steps of each run after that, as the ladder writes them.
    pub steps: [Vec<String>; 2],
    /// What is not the same at the ends of both, by topic.
    pub ends: Vec<Differs>,
}

/// Something that is not the same at the ends of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// What kind of thing.
    pub about: About,
    /// Which one, in words.
    pub what: String,
    /// What it is at the end of each run; empty where there is no such thing.
    pub is: [String; 2],
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

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.is.each_ref().map(|is| match is.as_str() {
            "" => "nothing",
            is => is,
        });
        write!(f, "{}: {first} | {second}", self.what)
    }
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
        let mut keys: Vec<&(About, String)> = first.keys().chain(second.keys()).collect();
        keys.sort();
        keys.dedup();
        let differs = keys.into_iter().filter_map(|key| {
            let is = [&first, &second].map(|ends| ends.get(key).cloned().unwrap_or_default());
            let [mine, theirs] = &is;
            (mine != theirs).then(|| Differs {
                about: key.0,
                what: key.1.clone(),
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

fn steps_after(log: &Log, fork: Cursor) -> Vec<String> {
    let behind = log.records_between(fork, log.end());
    let lines = behind.iter().filter_map(|record| log.ladder_line(record));
    lines.map(|line| line.to_string()).collect()
}

/// Everything that can differ at the end of a run, in words.
fn ends(run: &Recording) -> BTreeMap<(About, String), String> {
    let log = run.log();
    let ledger = Ledger::at(log, log.end());
    let mut ends = BTreeMap::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for (number, message) in (0_u32..).zip(ledger.messages()) {
        let topic = message.topic.as_ref().map_or("", |topic| topic.as_str());
        // Records after the fork have other numbers: a message is told by what it says, and which of its like it is.
        let name = format!("{} on {topic}", Quoted(&message.payload));
        let nth = seen.entry(name.clone()).or_default();
        *nth += 1;
        let name = match nth {
            1 => name,
            nth => format!("{name}, number {nth}"),
        };
        let id = crate::ledger::MessageId(number);
        for node in nodes(log) {
            let times = ledger.delivered(id, node);
            if times > 0 {
                let what = format!("{name}, delivered to {}", log.name(node));
                ends.insert((About::Deliveries, what), count(times, "time"));
            }
        }
        for (_, copy) in ledger.copies_of(id).filter(|(_, copy)| copy.end.is_none()) {
            let (from, to) = (log.name(copy.from), log.name(copy.to));
            let what = format!("{name}, from {from} to {to}");
            ends.insert((About::Ledger, what), held(copy));
        }
    }
    let mut outputs: BTreeMap<NodeId, Vec<String>> = BTreeMap::new();
    for record in log.records(log.end()) {
        if let (RecordKind::Effect(effect), Some(node)) = (&record.kind, record.node) {
            outputs.entry(node).or_default().push(effect.to_string());
        }
    }
    for (node, effects) in outputs {
        const SHOWN_MAX: usize = 8;
        let mut text = effects
            .iter()
            .take(SHOWN_MAX)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        if effects.len() > SHOWN_MAX {
            text = format!("{text}, … ({})", count(effects.len(), "effect"));
        }
        ends.insert((About::Outputs, log.name(node).to_string()), text);
    }
    let world = run.head();
    for broker in nodes(log).filter_map(|node| world.node(node)?.broker()) {
        for retained in broker.retained(world.now()) {
            let what = format!("retained on {}", retained.topic.as_str());
            let is = Quoted(retained.payload).to_string();
            ends.insert((About::Retained, what), is);
        }
        for session in broker.sessions() {
            let is = format!(
                "{}, {}, {} waiting",
                if session.connection().is_some() {
                    "connected"
                } else {
                    "away"
                },
                count(session.subscriptions().len(), "subscription"),
                count(session.queued(), "message")
            );
            let what = format!("session of {}", session.client_id());
            ends.insert((About::Sessions, what), is);
        }
    }
    ends
}

fn nodes(log: &Log) -> impl Iterator<Item = NodeId> {
    (0_u16..).zip(log.nodes()).map(|(id, _)| NodeId(id))
}

fn held(copy: &MessageCopy) -> String {
    match (copy.flights.len(), copy.released) {
        (0, _) => "waits".to_string(),
        (_, Some(_)) => "released, its identifier in use".to_string(),
        (times, None) => format!("sent {}, not acknowledged", count(times, "time")),
    }
}

fn count(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}
