//! What can be seen of a device: its own state at a moment, not what its messages say.

use device::{Device, Sense};

/// What a device tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Its kind tells nothing.
    #[default]
    Nothing,
    /// Degrees Celsius.
    Degrees(String),
    /// How often it was pressed.
    Presses(String),
    /// A lamp.
    Lamp {
        /// On.
        is_on: bool,
    },
    /// A window.
    Window {
        /// Broken.
        is_broken: bool,
    },
}

/// The connections that a broker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// All of them.
    pub all: usize,
    /// Those whose client is gone, which the broker does not know.
    pub half_open: usize,
}

/// What can be seen of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What it tells of itself.
    pub reading: Reading,
    /// Around it, in thousandths of a degree Celsius.
    pub millidegrees: i32,
    /// Whether its lamp is on.
    pub is_lit: bool,
    /// Whether its window is broken.
    pub is_broken: bool,
    /// Whether it sleeps: no radio, no program.
    pub is_asleep: bool,
    /// How full its battery is, in percent, rounded down; none on the mains.
    pub battery: Option<u8>,
    /// Of a broker: its connections, if they are known.
    pub connected: Option<Connected>,
}

impl Look {
    /// Of a device at its moment.
    #[must_use]
    pub(crate) fn of(device: &Device) -> Self {
        let body = device.body();
        Self {
            reading: reading(device),
            millidegrees: body.millidegrees,
            is_lit: body.lamp,
            is_broken: body.broken,
            is_asleep: device.is_asleep(),
            battery: battery(device),
            connected: None,
        }
    }
}

fn reading(device: &Device) -> Reading {
    let body = device.body();
    match device.blueprint().sense {
        // Where it stands is on the ruler.
        Sense::Nothing | Sense::Position => Reading::Nothing,
        Sense::Temperature => Reading::Degrees(device.reading()),
        Sense::Presses => Reading::Presses(device.reading()),
        Sense::Lamp => Reading::Lamp { is_on: body.lamp },
        Sense::Window => Reading::Window {
            is_broken: body.broken,
        },
    }
}

fn battery(device: &Device) -> Option<u8> {
    let battery = device.battery();
    let (left, capacity) = (battery.left()?.0, battery.capacity()?.0);
    let percent = u128::from(left) * 100 / u128::from(capacity.max(1));
    u8::try_from(percent.min(100)).ok()
}
