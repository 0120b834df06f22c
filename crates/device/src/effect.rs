//! What a device does to the world around it.

use crate::script::Ended;
use crate::umqtt::Exception;
use alloc::format;
use alloc::string::String;
use core::fmt;

/// Something that a bystander sees at a device. Shown in the device's own words by `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It drove.
    Drove {
        /// How far; negative is backwards.
        millimetres: i64,
    },
    /// Its lamp has gone on or off.
    Lamp {
        /// On.
        on: bool,
    },
    /// Its button was pressed.
    Pressed,
    /// It has become warmer or colder.
    Heated {
        /// Thousandths of a degree Celsius.
        millidegrees: i32,
    },
    /// Its window is broken, or whole again.
    Window {
        /// Broken.
        broken: bool,
    },
    /// It sleeps deeply: no radio, no program.
    FellAsleep,
    /// It is awake again.
    WokeUp,
    /// Its battery is empty: it has no power any more.
    BatteryEmpty,
    /// A call of its program has raised something, and the program goes on. What is raised again and again while nothing
    /// else happens is seen once.
    Raised {
        /// What.
        exception: Exception,
        /// Which call.
        call: &'static str,
    },
    /// `umqtt.robust2` has a connection problem, and had none before.
    Issue {
        /// What it caught.
        exception: Exception,
    },
    /// Its program has ended because of something that it did not catch.
    ProgramEnded {
        /// What.
        exception: Exception,
    },
    /// Its script has set a pin that has no lamp.
    Pin {
        /// Its number.
        pin: u8,
        /// High, or low.
        high: bool,
    },
    /// Its script has come to an end.
    ScriptEnded {
        /// Which.
        how: Ended,
    },
}

impl Effect {
    /// Why, and what it means, in a sentence or two; `None` for what a message made it do.
    #[must_use]
    pub fn explanation(&self) -> Option<String> {
        let text = match self {
            Self::Drove { .. } | Self::Lamp { .. } => return None,
            Self::Pin { .. } => "The script has set it.",
            Self::ScriptEnded { how } => how.meaning(),
            Self::Pressed => "Somebody has done that.",
            Self::Heated { .. } => "What it measures has changed.",
            Self::Window { broken: true } => "Somebody has broken it.",
            Self::Window { broken: false } => "Somebody has put a new one in.",
            Self::FellAsleep => "Deep sleep: radio and program are off, and only a clock runs.",
            Self::WokeUp => "Its clock has woken it, or somebody.",
            Self::BatteryEmpty => "A loss of power: nobody is told.",
            Self::Raised { exception, .. } => {
                return Some(format!(
                    "That is: {}. The program catches it and goes on.",
                    exception.meaning()
                ));
            }
            Self::Issue { exception } => {
                return Some(format!(
                    "That is: {}. This library raises nothing; a program has to ask is_conn_issue().",
                    exception.meaning()
                ));
            }
            Self::ProgramEnded { exception } => {
                return Some(format!(
                    "That is: {}. Nothing in the program catches it. Its socket stays as it is.",
                    exception.meaning()
                ));
            }
        };
        Some(text.into())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drove { millimetres } if *millimetres < 0 => {
                write!(f, "drives back {}", Metres(millimetres.unsigned_abs()))
            }
            Self::Drove { millimetres } => {
                write!(f, "drives {}", Metres(millimetres.unsigned_abs()))
            }
            Self::Lamp { on: true } => f.write_str("lamp on"),
            Self::Lamp { on: false } => f.write_str("lamp off"),
            Self::Pressed => f.write_str("button pressed"),
            Self::Heated { millidegrees } => write!(f, "measures {}", Celsius(*millidegrees)),
            Self::Window { broken: true } => f.write_str("window broken"),
            Self::Window { broken: false } => f.write_str("window mended"),
            Self::FellAsleep => f.write_str("falls asleep"),
            Self::WokeUp => f.write_str("wakes up"),
            Self::BatteryEmpty => f.write_str("battery empty"),
            Self::Raised { exception, call } => write!(f, "{call}() raises {exception}"),
            Self::Issue { exception } => write!(f, "connection issue: {exception}"),
            Self::ProgramEnded { exception } => write!(f, "program ends: {exception}"),
            Self::Pin { pin, high: true } => write!(f, "pin {pin} high"),
            Self::Pin { pin, high: false } => write!(f, "pin {pin} low"),
            Self::ScriptEnded { how } => how.fmt(f),
        }
    }
}

/// A length in millimetres, written in metres without trailing zeros: `1 m`, `0.25 m`.
#[derive(Clone, Copy, Debug)]
pub struct Metres(pub u64);

impl fmt::Display for Metres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} m", Thousandths(self.0))
    }
}

/// A temperature in thousandths of a degree, written in degrees without trailing zeros: `21.5 °C`.
#[derive(Clone, Copy, Debug)]
pub struct Celsius(pub i32);

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} °C", Degrees(self.0))
    }
}

/// As [`Celsius`], without the unit: `-0.5`.
#[derive(Clone, Copy, Debug)]
pub struct Degrees(pub i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minus = if self.0 < 0 { "-" } else { "" };
        write!(f, "{minus}{}", Thousandths(self.0.unsigned_abs().into()))
    }
}

/// A thousandth of what is counted, without trailing zeros: 1,500 is `1.5`.
pub(crate) struct Thousandths(pub(crate) u64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut rest) = (self.0 / 1_000, self.0 % 1_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let mut digits = 3;
        while rest.is_multiple_of(10) {
            rest /= 10;
            digits -= 1;
        }
        write!(f, "{whole}.{rest:0digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn amounts_are_written_without_trailing_zeros() {
        for (effect, expected) in [
            (Effect::Drove { millimetres: 1_000 }, "drives 1 m"),
            (Effect::Drove { millimetres: 1_500 }, "drives 1.5 m"),
            (Effect::Drove { millimetres: 1_050 }, "drives 1.05 m"),
            (Effect::Drove { millimetres: 7 }, "drives 0.007 m"),
            (Effect::Drove { millimetres: -250 }, "drives back 0.25 m"),
            (
                Effect::Heated {
                    millidegrees: 21_500,
                },
                "measures 21.5 °C",
            ),
            (
                Effect::Heated {
                    millidegrees: -40_000,
                },
                "measures -40 °C",
            ),
            (Effect::Heated { millidegrees: -1 }, "measures -0.001 °C"),
        ] {
            assert_eq!(effect.to_string(), expected);
        }
    }
}
