//! Where the run with a board is, and what time it is in it.

use crate::run::Run;
use mqtt_proto::Instant;

/// A run that goes on by the clock on the wall, whether it is shown or not.
pub(crate) struct Going {
    /// The run, while another one is shown.
    pub(crate) aside: Option<Run>,
    /// Whether its run is the one that is shown.
    pub(crate) is_shown: bool,
    /// Whether the page stands at its newest moment and goes along.
    pub(crate) follows: bool,
    /// The time on the wall at which the run began.
    start: Option<u64>,
    pub(crate) now: Instant,
}

impl Default for Going {
    fn default() -> Self {
        Self {
            aside: None,
            is_shown: false,
            follows: true,
            start: None,
            now: Instant::ZERO,
        }
    }
}

impl Going {
    /// The time on the wall has gone on: microseconds since anything.
    pub(crate) fn clock(&mut self, wall: u64) {
        let start = *self.start.get_or_insert(wall);
        let now = Instant::from_micros(wall.saturating_sub(start));
        self.now = self.now.max(now);
    }
}
