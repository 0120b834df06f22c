//! Deep sleep: away most of the time, by the clock.

use mqtt_proto::{Duration, Instant};

/// How a device sleeps: awake at the beginning of each period, asleep for the rest of it.
///
/// The first period begins when the device is first told to connect, and every time it starts again. Its session is
/// in the memory that stays on (ESP32: RTC memory), so deep sleep loses nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sleep {
    /// How long of each period. Less than the period.
    pub asleep: Duration,
    /// How long a period is.
    pub period: Duration,
    /// Sends DISCONNECT first. Otherwise the radio goes off and nobody is told: the connection is half open.
    pub says_goodbye: bool,
}

impl Sleep {
    /// When the period that holds a moment began, in the rhythm that began at `start`.
    fn period_start(self, start: Instant, now: Instant) -> Instant {
        let period = self.period.as_micros().max(1);
        let whole = now.since(start).as_micros() / period;
        start + Duration::from_micros(whole.saturating_mul(period))
    }

    /// When it falls asleep next, if it wakes at `now`.
    #[must_use]
    pub fn falls_asleep(self, start: Instant, now: Instant) -> Instant {
        let from = self.period_start(start, now);
        let at = from + (self.period - self.asleep);
        // Woken in the middle of its sleep it takes as long as ever.
        if at > now {
            at
        } else {
            now + (self.period - self.asleep)
        }
    }

    /// When it wakes, if it falls asleep at `now`.
    #[must_use]
    pub fn wakes(self, start: Instant, now: Instant) -> Instant {
        self.period_start(start, now) + self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rhythm_is_that_of_the_first_period() {
        let sleep = Sleep {
            asleep: Duration::from_secs(59),
            period: Duration::from_secs(60),
            says_goodbye: true,
        };
        let at = |secs| Instant::ZERO + Duration::from_secs(secs);
        assert_eq!(sleep.falls_asleep(at(5), at(5)), at(6));
        assert_eq!(sleep.wakes(at(5), at(6)), at(65));
        assert_eq!(sleep.falls_asleep(at(5), at(65)), at(66));
        // Woken by somebody at 80 s.
        assert_eq!(sleep.falls_asleep(at(5), at(80)), at(81));
        assert_eq!(sleep.wakes(at(5), at(81)), at(125));
    }
}
