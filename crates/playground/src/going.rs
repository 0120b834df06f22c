//! Where a run that goes on by the clock on the wall is, and what time it is in it.

use crate::run::Run;
use mqtt_proto::Instant;

/// A run with somebody outside goes on, whether it is shown or not.
pub(crate) struct Going {
    /// The run, while another one is shown.
    pub(crate) aside: Option<Run>,
    /// Whether its run is the one that is shown.
    pub(crate) is_shown: bool,
    /// Whether the page stands at its newest moment and goes along.
    pub(crate) follows: bool,
    /// The time on the wall at which the run began, in microseconds; it moves along while time stands still.
    start: Option<u64>,
    /// The time on the wall, in microseconds.
    wall: u64,
    /// So much later it is in the run than the wall says, in microseconds: others' clocks have said so.
    ahead: u64,
    /// Whether time stands still.
    pub(crate) is_paused: bool,
    /// The time in the run.
    pub(crate) now: Instant,
}

impl Default for Going {
    fn default() -> Self {
        Self {
            aside: None,
            is_shown: false,
            follows: true,
            start: None,
            wall: 0,
            ahead: 0,
            is_paused: false,
            now: Instant::ZERO,
        }
    }
}

impl Going {
    /// The time on the wall has gone on: microseconds since anything.
    pub(crate) fn clock(&mut self, wall: u64) {
        let start = self.start.get_or_insert(wall);
        if self.is_paused {
            *start = start.saturating_add(wall.saturating_sub(self.wall));
        }
        self.wall = self.wall.max(wall);
        let passed = wall.saturating_sub(*start).saturating_add(self.ahead);
        self.now = self.now.max(Instant::from_micros(passed));
    }

    /// It is at least this late in the run: something has happened there then.
    pub(crate) fn reach(&mut self, at: Instant) {
        self.ahead += at.since(self.now).as_micros();
        self.now = self.now.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_happened_later_takes_the_time_along() {
        let mut going = Going::default();
        going.clock(1_000);
        for (at, now) in [(5_000, 5_000), (3_000, 5_000), (6_000, 6_000)] {
            going.reach(Instant::from_micros(at));
            assert_eq!(going.now.as_micros(), now);
        }
        going.clock(1_400);
        assert_eq!(going.now.as_micros(), 6_400);
    }

    #[test]
    fn while_it_is_paused_no_time_passes() {
        let mut going = Going::default();
        let mut at = |wall: u64, is_paused: bool| {
            going.clock(wall);
            going.is_paused = is_paused;
            going.now.as_micros()
        };
        assert_eq!(at(1_000, false), 0);
        assert_eq!(at(1_500, true), 500);
        assert_eq!(at(2_500, true), 500);
        assert_eq!(at(9_500, false), 500);
        assert_eq!(at(9_600, false), 600);
    }
}
