//! What a user can step by, besides the single step.

use crate::story::{StepKind, Story};

/// What is stepped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// To a step that sends a packet.
    Packet,
    /// To a step of the same device.
    Device,
}

/// The step that follows `from` (1) or comes before it (-1), counted in this unit; none if there is none.
#[must_use]
pub fn step_by(story: &Story, unit: Unit, from: usize, by: isize) -> Option<usize> {
    let device = device_of(story, from);
    let is_one = |step: &usize| match unit {
        Unit::Packet => story.flight_of(*step).is_some(),
        Unit::Device => device.is_none() || device_of(story, *step) == device,
    };
    if by > 0 {
        (from + 1..=story.steps.len()).find(is_one)
    } else {
        (1..from.min(story.steps.len() + 1)).rev().find(is_one)
    }
}

/// The lane of the device that a step is about: of a packet, the end that is not the broker.
fn device_of(story: &Story, step: usize) -> Option<usize> {
    let wire = |wire: usize| story.wires.get(wire).map(|it| it.client);
    match story.step(step)?.kind {
        StepKind::Packet(flight) | StepKind::Vanished(flight) => {
            let flight = story.flights.get(flight)?;
            let is_from_broker = story.is_broker(flight.from);
            Some(if is_from_broker {
                flight.to
            } else {
                flight.from
            })
        }
        StepKind::Cut(it)
        | StepKind::Restored(it)
        | StepKind::Silent(it)
        | StepKind::Stalled(it)
        | StepKind::Held(it)
        | StepKind::Released(it) => wire(it),
        StepKind::Down { lane, .. } | StepKind::Up(lane) | StepKind::Refused(lane) => Some(lane),
        StepKind::Effect(effect) => story.effects.get(effect).map(|it| it.lane),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_unit_goes_both_ways_and_stops_at_the_ends() {
        let story = fixture::robot_twice();
        let last = story.steps.len();
        let walk = |unit, from: usize, by| {
            let mut steps = vec![from];
            while let Some(next) = step_by(&story, unit, *steps.last().unwrap(), by) {
                steps.push(next);
            }
            steps
        };
        for unit in [Unit::Packet, Unit::Device] {
            let there = walk(unit, 1, 1);
            let mut back = walk(unit, *there.last().unwrap(), -1);
            back.reverse();
            assert_eq!(there, back);
            assert!(
                there.len() > 3 && *there.last().unwrap() <= last,
                "{there:?}"
            );
        }
        let packets = walk(Unit::Packet, 1, 1);
        assert!(packets.iter().all(|it| story.flight_of(*it).is_some()));
        let device = device_of(&story, 1);
        assert!(
            walk(Unit::Device, 1, 1)
                .iter()
                .all(|it| device_of(&story, *it) == device)
        );
    }
}
