//! A run that goes on by the clock on the wall.

use super::Dialled;
use crate::guests::Guests;
use crate::run::Run;
use mqtt_proto::Instant;

/// A run that goes on, and who is outside of it.
pub(crate) struct Session {
    /// The run, while another one is shown.
    pub(crate) aside: Option<Run>,
    /// Whether its run is the one that is shown.
    pub(crate) is_shown: bool,
    /// Whether the page stands at its newest moment and goes along.
    pub(crate) follows: bool,
    /// The time on the wall at which the run began; it moves along while time stands still.
    start: Option<u64>,
    /// The time on the wall.
    wall: u64,
    /// Whether time stands still.
    pub(crate) is_paused: bool,
    /// The time in the run.
    pub(crate) now: Instant,
    pub(crate) far: Far,
}

/// Who is outside.
pub(crate) enum Far {
    /// A real broker.
    Broker(Box<Dialled>),
    /// Real devices.
    Guests(Box<Guests>),
}

impl Session {
    pub(crate) const fn new(far: Far) -> Self {
        Self {
            aside: None,
            is_shown: true,
            follows: true,
            start: None,
            wall: 0,
            is_paused: false,
            now: Instant::ZERO,
            far,
        }
    }

    /// The time on the wall has gone on.
    pub(crate) fn clock(&mut self, wall: u64) {
        let start = self.start.get_or_insert(wall);
        if self.is_paused {
            *start = start.saturating_add(wall.saturating_sub(self.wall));
        }
        self.wall = self.wall.max(wall);
        let now = Instant::from_micros(wall.saturating_sub(*start));
        self.now = self.now.max(now);
    }

    /// The real broker, if it is one.
    pub(crate) fn dialled(&self) -> Option<&Dialled> {
        match &self.far {
            Far::Broker(dialled) => Some(dialled),
            Far::Guests(_) => None,
        }
    }

    /// The real devices, if it is they.
    pub(crate) fn guests(&self) -> Option<&Guests> {
        match &self.far {
            Far::Guests(guests) => Some(guests),
            Far::Broker(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::address::Address;

    #[test]
    fn while_it_is_paused_no_time_passes() {
        let dialled = Dialled::new(
            Address::parse("ws://localhost:9001").unwrap(),
            String::new(),
            crate::live::Wire::default(),
            mqtt_proto::Version::V5,
            String::new(),
        );
        let mut session = Session::new(Far::Broker(Box::new(dialled)));
        let mut at = |wall: u64, is_paused: bool| {
            session.clock(wall);
            session.is_paused = is_paused;
            session.now.as_micros()
        };
        assert_eq!(at(1_000, false), 0);
        assert_eq!(at(1_500, true), 500);
        assert_eq!(at(2_500, true), 500);
        assert_eq!(at(9_500, false), 500);
        assert_eq!(at(9_600, false), 600);
    }
}
