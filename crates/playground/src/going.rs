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
        let now = Instant::from_micros(wall.saturating_sub(*start));
        self.now = self.now.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
