//! How much charge a device takes from its battery, by what its radio and its processor do.
//!
//! The figures are those of the ESP32 Series Datasheet, tables "Current Consumption Depending on RF Modes" and
//! "Current Consumption Depending on Work Modes", typical values at 3.3 V. What the datasheet cannot know is assumed:
//! how long the radio listens after a packet ([`LISTENS_AFTER`]), how long it takes to join a network ([`JOIN`]), and
//! that packets go out at the slowest rate. Sensors, lamps, motors and voltage regulators take nothing here; what is
//! computed compares strategies, it does not predict the life of a board.
//!
//! All is counted in whole picocoulombs (microamperes times microseconds), so a run adds up to the same on every
//! machine.

use core::fmt;
use mqtt_proto::{Duration, Instant};

/// Sending with 802.11b at 1 Mbit/s and 19.5 dBm: 240 mA.
pub const TRANSMIT: Current = Current(240_000);
/// The receiver is on: 95 to 100 mA.
pub const LISTEN: Current = Current(100_000);
/// Joined to a network, processor at 80 MHz, the radio on for beacons only: 20 to 31 mA.
pub const MODEM_SLEEP: Current = Current(20_000);
/// No network, the processor stopped until something happens: 0.8 mA.
pub const LIGHT_SLEEP: Current = Current(800);
/// Only the timer and its memory are on: 10 µA.
pub const DEEP_SLEEP: Current = Current(10);

/// Assumed: after each packet the receiver stays on for one beacon interval, rounded.
pub const LISTENS_AFTER: Duration = Duration::from_millis(100);
/// Assumed: to look for a network and to join it takes so long, with the receiver on. Espressif names 0.3 s to 1 s for
/// the older ESP8266.
pub const JOIN: Duration = Duration::from_secs(1);
/// Assumed: what is on the air with each packet beside its own bytes, in bytes: 802.11, IP and TCP headers.
pub const FRAME_OVERHEAD_BYTES: u64 = 76;
/// One byte at 1 Mbit/s.
const BYTE_AIRTIME: Duration = Duration::from_micros(8);
/// The long preamble of 802.11b.
const PREAMBLE: Duration = Duration::from_micros(192);

/// Electric current in microamperes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Current(pub u32);

/// Electric charge in picocoulombs: microamperes times microseconds. 64 bits are five million ampere-hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Charge(pub u64);

impl Charge {
    /// One mAh is 3.6 coulombs.
    const PICOCOULOMBS_EACH_MAH: u64 = 3_600_000_000_000;

    /// So many thousandths of a milliampere-hour.
    #[must_use]
    pub const fn from_micro_amp_hours(amount: u64) -> Self {
        Self(amount.saturating_mul(Self::PICOCOULOMBS_EACH_MAH / 1_000))
    }

    /// Whole thousandths of a milliampere-hour.
    #[must_use]
    pub const fn micro_amp_hours(self) -> u64 {
        self.0 / (Self::PICOCOULOMBS_EACH_MAH / 1_000)
    }

    const fn of(current: Current, time: Duration) -> Self {
        Self((current.0 as u64).saturating_mul(time.as_micros()))
    }

    const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// In mAh with up to three decimals, rounded down: `0.25 mAh`.
impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = crate::effect::Thousandths(self.micro_amp_hours());
        write!(f, "{amount} mAh")
    }
}

/// What a device does as far as its battery feels it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Draw {
    /// Deep sleep.
    DeepSleep,
    /// Awake, without a network.
    LightSleep,
    /// Joined to a network, or a program that does not let its processor rest.
    ModemSleep,
    /// The receiver is on.
    Listening,
}

impl Draw {
    const fn current(self) -> Current {
        match self {
            Self::DeepSleep => DEEP_SLEEP,
            Self::LightSleep => LIGHT_SLEEP,
            Self::ModemSleep => MODEM_SLEEP,
            Self::Listening => LISTEN,
        }
    }
}

/// What a device has taken from its battery, by what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Used {
    /// Packets on the air.
    pub transmit: Charge,
    /// The receiver on, joining a network included.
    pub listen: Charge,
    /// Joined and idle.
    pub modem_sleep: Charge,
    /// Without a network and idle.
    pub light_sleep: Charge,
    /// Deep sleep.
    pub deep_sleep: Charge,
}

impl Used {
    /// All of it.
    #[must_use]
    pub const fn total(&self) -> Charge {
        self.transmit
            .plus(self.listen)
            .plus(self.modem_sleep)
            .plus(self.light_sleep)
            .plus(self.deep_sleep)
    }
}

/// A battery with its meter. Without a capacity it is the mains: it is metered and never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Battery {
    capacity: Option<Charge>,
    used: Used,
    /// What had been used when the present battery was put in.
    used_before: Charge,
    settled_at: Instant,
    listens_until: Instant,
    draw: Draw,
}

impl Battery {
    pub(crate) fn new(capacity: Option<Charge>) -> Self {
        Self {
            capacity,
            used: Used::default(),
            used_before: Charge::default(),
            settled_at: Instant::ZERO,
            listens_until: Instant::ZERO,
            draw: Draw::LightSleep,
        }
    }

    /// What has been used since the beginning, over all batteries.
    #[must_use]
    pub const fn used(&self) -> &Used {
        &self.used
    }

    /// What it can give in all; `None` is the mains.
    #[must_use]
    pub const fn capacity(&self) -> Option<Charge> {
        self.capacity
    }

    /// What is left in it; `None` is the mains.
    #[must_use]
    pub fn left(&self) -> Option<Charge> {
        let gone = self.used.total().0.saturating_sub(self.used_before.0);
        Some(Charge(self.capacity?.0.saturating_sub(gone)))
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left() == Some(Charge(0))
    }

    /// Counts what has been used up to now.
    pub(crate) fn settle(&mut self, now: Instant) {
        let from = self.settled_at;
        if now <= from {
            return;
        }
        self.settled_at = now;
        let listened = self.listens_until.min(now).since(from);
        self.take(Draw::Listening, listened);
        self.take(self.draw, now.since(from.max(self.listens_until)));
    }

    fn take(&mut self, draw: Draw, time: Duration) {
        let charge = Charge::of(draw.current(), time);
        let used = match draw {
            Draw::DeepSleep => &mut self.used.deep_sleep,
            Draw::LightSleep => &mut self.used.light_sleep,
            Draw::ModemSleep => &mut self.used.modem_sleep,
            Draw::Listening => &mut self.used.listen,
        };
        *used = used.plus(charge);
    }

    /// From now on it does this. Settle first.
    pub(crate) fn set_draw(&mut self, draw: Draw) {
        self.draw = draw;
        if draw == Draw::DeepSleep {
            self.listens_until = self.settled_at;
        }
    }

    /// A packet goes out.
    pub(crate) fn transmit(&mut self, now: Instant, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let bytes = bytes.saturating_add(FRAME_OVERHEAD_BYTES);
        let airtime = PREAMBLE + BYTE_AIRTIME.scaled(bytes, 1);
        self.used.transmit = self.used.transmit.plus(Charge::of(TRANSMIT, airtime));
        self.listen(now);
    }

    /// A packet has gone out or come in: there may be more.
    pub(crate) fn listen(&mut self, now: Instant) {
        self.listens_until = self.listens_until.max(now + LISTENS_AFTER);
    }

    /// It looks for its network.
    pub(crate) fn join(&mut self) {
        self.take(Draw::Listening, JOIN);
    }

    /// Without power nothing was used. An empty battery has been replaced.
    pub(crate) fn restart(&mut self, now: Instant) {
        if self.is_empty() {
            self.used_before = self.used.total();
        }
        self.settled_at = self.settled_at.max(now);
    }

    /// When it is empty if nothing happens before. Settle first.
    pub(crate) fn empty_at(&self) -> Option<Instant> {
        let left = self.left()?.0;
        let from = self.settled_at;
        let listening = self.listens_until.since(from);
        let to_listen = Charge::of(LISTEN, listening).0;
        // Rounded up: at that time it is empty, not nearly.
        let lasts = |charge: u64, current: Current| {
            Duration::from_micros(charge.div_ceil(u64::from(current.0)))
        };
        Some(if to_listen >= left {
            from + lasts(left, LISTEN)
        } else {
            from + listening + lasts(left - to_listen, self.draw.current())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn secs(secs: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(secs)
    }

    #[test]
    fn a_day_of_each_mode_by_hand() {
        for (draw, expected) in [
            (Draw::DeepSleep, "0.24 mAh"),
            (Draw::LightSleep, "19.2 mAh"),
            (Draw::ModemSleep, "480 mAh"),
            (Draw::Listening, "2400 mAh"),
        ] {
            let mut battery = Battery::new(None);
            battery.set_draw(draw);
            battery.settle(secs(86_400));
            assert_eq!(battery.used().total().to_string(), expected);
        }
    }

    #[test]
    fn a_packet_costs_its_airtime_and_the_listening_after_it() {
        let mut battery = Battery::new(None);
        battery.transmit(Instant::ZERO, 24);
        // 192 µs and 100 bytes of 8 µs at 240 mA.
        assert_eq!(battery.used().transmit, Charge(240_000 * 992));
        battery.settle(secs(1));
        assert_eq!(battery.used().listen, Charge(100_000 * 100_000));
        assert_eq!(battery.used().light_sleep, Charge(800 * 900_000));
    }

    #[test]
    fn it_is_empty_when_it_says_it_will_be() {
        let mut battery = Battery::new(Some(Charge::from_micro_amp_hours(1_000)));
        battery.set_draw(Draw::ModemSleep);
        battery.listen(Instant::ZERO);
        let end = battery.empty_at();
        // 1 mAh: 0.1 s at 100 mA, the rest at 20 mA.
        assert_eq!(end, Some(Instant::from_micros(179_600_000)));
        battery.settle(Instant::from_micros(179_599_999));
        assert!(!battery.is_empty());
        battery.settle(Instant::from_micros(179_600_000));
        assert!(battery.is_empty());
        // A new one lasts as long without the listening.
        battery.restart(secs(200));
        assert_eq!(battery.empty_at(), Some(secs(380)));
    }
}
