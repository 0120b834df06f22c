//! What can be seen of a device: its own state at a moment, not what its messages say.

use device::{Device, Sense};

/// What can be seen of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What it tells of itself, with what it is a number of; empty if its kind tells nothing.
    pub reading: String,
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
        }
    }
}

fn reading(device: &Device) -> String {
    let it = device.reading();
    match device.blueprint().sense {
        // Where it stands is on the ruler.
        Sense::Nothing | Sense::Position => String::new(),
        Sense::Temperature => format!("{it} °C"),
        Sense::Presses => format!("pressed {it}×"),
        Sense::Lamp => format!("lamp {it}"),
        Sense::Window => it,
    }
}

fn battery(device: &Device) -> Option<u8> {
    let battery = device.battery();
    let (left, capacity) = (battery.left()?.0, battery.capacity()?.0);
    let percent = u128::from(left) * 100 / u128::from(capacity.max(1));
    u8::try_from(percent.min(100)).ok()
}
