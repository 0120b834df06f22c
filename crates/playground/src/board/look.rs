//! What can be seen of a board: its own program is outside, so that only what it says of itself is known.

use super::world::twins;
use crate::look::{Look, Reading};
use crate::payload::name;
use device::{Act, Destination, Sense};
use mqtt_proto::{Packet, TopicName};
use sim::scenario::NodeKind;
use sim::{Cursor, Log, NodeId, RecordKind, Scenario, World};

/// So far back is looked for what a board has said last.
const LOOKED_AT_MAX: usize = 5_000;
/// What a rule publishes to tell of the device itself.
const READING: &[u8] = b"{reading}";

/// A board, by what it has published as its reading last; nothing if it has not, or if nobody knows where it does so. Its twin
/// knows: they are told to do the same.
pub(crate) fn of_board(
    log: &Log,
    cursor: Cursor,
    scenario: &Scenario,
    world: &World,
    board: NodeId,
) -> Option<Look> {
    let name = log.name(board);
    let (_, twin) = twins(scenario).find(|(it, _)| it.name == name)?;
    let NodeKind::Device(spec) = &twin.kind else {
        return None;
    };
    let topics = spec.rules.iter().filter_map(|rule| match &rule.act {
        Act::Publish(it) if *it.payload == *READING => match &it.to {
            Destination::Topic(topic) => Some(topic),
            Destination::Reply => None,
        },
        _ => None,
    });
    let topics: Vec<&TopicName> = topics.collect();
    let said = said_last(log, cursor, board, &topics)?;
    let place = scenario.nodes.iter().position(|it| it.name == twin.name)?;
    let node = world.node(NodeId(u16::try_from(place).ok()?))?;
    Some(seen(node.device()?.blueprint().sense, said))
}

fn said_last(log: &Log, cursor: Cursor, from: NodeId, topics: &[&TopicName]) -> Option<String> {
    let records = log.records(cursor).iter().rev().take(LOOKED_AT_MAX);
    let mut flights = records.filter_map(|record| match &record.kind {
        RecordKind::Sent(flight) if flight.from == from => flight.packet(),
        _ => None,
    });
    flights.find_map(|packet| match packet {
        Packet::Publish(it) if it.topic.as_ref().is_some_and(|it| topics.contains(&it)) => {
            String::from_utf8(it.payload.into()).ok()
        }
        _ => None,
    })
}

fn seen(sense: Sense, said: String) -> Look {
    let mut look = Look::default();
    look.reading = match sense {
        Sense::Nothing | Sense::Position => Reading::Nothing,
        Sense::Temperature => {
            let millidegrees = said.parse().map(|it: f64| (it * 1000.0) as i32);
            look.millidegrees = millidegrees.unwrap_or_default();
            Reading::Degrees(name(&said))
        }
        Sense::Presses => Reading::Presses(name(&said)),
        Sense::Lamp => {
            look.is_lit = said == "on";
            let is_on = look.is_lit;
            Reading::Lamp { is_on }
        }
        Sense::Window => {
            look.is_broken = said == "broken";
            let is_broken = look.is_broken;
            Reading::Window { is_broken }
        }
    };
    look
}
