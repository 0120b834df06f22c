//! Blueprints: what a kind of device has and what it does with messages, as data.

use crate::input::InputKind;
use crate::sleep::Sleep;
use bytes::Bytes;
use mqtt_proto::Duration;

/// A kind of device.
#[derive(Debug, PartialEq, Eq)]
pub struct Blueprint {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does with messages. The first rule that matches counts.
    pub rules: &'static [BlueprintRule],
    /// What somebody can do to it.
    pub inputs: &'static [InputKind],
    /// What it can tell of itself.
    pub sense: Sense,
    /// Whether it shows the last message of each topic.
    pub has_display: bool,
    /// How it sleeps unless it is told otherwise.
    pub sleep: Option<Sleep>,
}

/// What a device can tell of itself: what `{reading}` in a message stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sense {
    /// Nothing.
    Nothing,
    /// The temperature: `21.5`.
    Temperature,
    /// How often its button was pressed: `3`.
    Presses,
    /// Its lamp: `on` or `off`.
    Lamp,
    /// Its window: `closed` or `broken`.
    Window,
    /// Where it stands: `1.5 m`.
    Position,
}

/// What a device does when a message comes.
#[derive(Debug, PartialEq, Eq)]
pub struct BlueprintRule {
    /// What the payload must look like.
    pub payload: Pattern,
    /// What happens.
    pub response: Response,
}

/// What a payload must look like.
#[derive(Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A word, one space, a length in metres: `forward 1.5 m`.
    Length {
        /// The word.
        word: &'static str,
    },
    /// This word and nothing else.
    Word {
        /// The word.
        word: &'static str,
    },
}

/// What a device does.
#[derive(Debug, PartialEq, Eq)]
pub enum Response {
    /// Drives by the length that the pattern found.
    Drive {
        /// The other way.
        backwards: bool,
    },
    /// Sets its lamp.
    Lamp(Setting),
}

/// What becomes of something that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// It is on then.
    On,
    /// It is off then.
    Off,
    /// What it was not.
    Toggle,
}

impl Setting {
    /// What it is then.
    #[must_use]
    pub const fn applied(self, before: bool) -> bool {
        match self {
            Self::On => true,
            Self::Off => false,
            Self::Toggle => !before,
        }
    }
}

/// Has nothing and does nothing but what its scenario says.
const PLAIN: Blueprint = Blueprint {
    name: "",
    rules: &[],
    inputs: &[],
    sense: Sense::Nothing,
    has_display: false,
    sleep: None,
};

/// The kinds that come with the playground.
const BLUEPRINTS: &[Blueprint] = &[
    Blueprint {
        name: "phone",
        has_display: true,
        ..PLAIN
    },
    Blueprint {
        name: "robot",
        rules: &[
            BlueprintRule {
                payload: Pattern::Length { word: "forward" },
                response: Response::Drive { backwards: false },
            },
            BlueprintRule {
                payload: Pattern::Length { word: "back" },
                response: Response::Drive { backwards: true },
            },
        ],
        sense: Sense::Position,
        ..PLAIN
    },
    Blueprint {
        name: "thermometer",
        inputs: &[InputKind::Heat],
        sense: Sense::Temperature,
        ..PLAIN
    },
    Blueprint {
        name: "button",
        inputs: &[InputKind::Press],
        sense: Sense::Presses,
        ..PLAIN
    },
    Blueprint {
        name: "lamp",
        rules: &[
            BlueprintRule {
                payload: Pattern::Word { word: "on" },
                response: Response::Lamp(Setting::On),
            },
            BlueprintRule {
                payload: Pattern::Word { word: "off" },
                response: Response::Lamp(Setting::Off),
            },
            BlueprintRule {
                payload: Pattern::Word { word: "toggle" },
                response: Response::Lamp(Setting::Toggle),
            },
        ],
        inputs: &[InputKind::Switch],
        sense: Sense::Lamp,
        ..PLAIN
    },
    Blueprint {
        name: "window-sensor",
        inputs: &[InputKind::Break, InputKind::Mend],
        sense: Sense::Window,
        ..PLAIN
    },
    Blueprint {
        name: "dashboard",
        has_display: true,
        ..PLAIN
    },
    Blueprint {
        name: "sleeper",
        inputs: &[InputKind::Heat],
        sense: Sense::Temperature,
        has_display: true,
        sleep: Some(Sleep {
            asleep: Duration::from_secs(59),
            period: Duration::from_secs(60),
            says_goodbye: true,
        }),
        ..PLAIN
    },
];

impl Blueprint {
    /// All kinds, in the order in which a list shows them.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        BLUEPRINTS
    }

    /// The blueprint of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        BLUEPRINTS.iter().find(|blueprint| blueprint.name == name)
    }

    /// What it does about a payload, with the length that stands there in millimetres.
    pub(crate) fn response(&self, payload: &Bytes) -> Option<(&Response, i64)> {
        self.rules.iter().find_map(|rule| {
            let millimetres = rule.payload.millimetres(payload)?;
            Some((&rule.response, millimetres))
        })
    }
}

impl Pattern {
    /// The length in millimetres in a payload that matches; 0 where the pattern has no length.
    #[must_use]
    pub fn millimetres(&self, payload: &Bytes) -> Option<i64> {
        let text = core::str::from_utf8(payload).ok()?;
        let length = match self {
            Self::Word { word } => return (text == *word).then_some(0),
            Self::Length { word } => text
                .strip_prefix(word)?
                .strip_prefix(' ')?
                .strip_suffix(" m")?,
        };
        let (whole, part) = length.split_once('.').unwrap_or((length, "0"));
        if part.len() > 3 || ![whole, part].iter().all(|digits| is_number(digits)) {
            return None;
        }
        let missing = 3 - u32::try_from(part.len()).ok()?;
        let part = part.parse::<i64>().ok()?.checked_mul(10_i64.pow(missing))?;
        whole
            .parse::<i64>()
            .ok()?
            .checked_mul(1_000)?
            .checked_add(part)
    }
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_from_a_payload() {
        let pattern = Pattern::Length { word: "forward" };
        for (payload, expected) in [
            ("forward 1 m", Some(1_000)),
            ("forward 0.25 m", Some(250)),
            ("forward 12.005 m", Some(12_005)),
            ("forward 1.0005 m", None),
            ("forward 1. m", None),
            ("forward -1 m", None),
            ("forward +1 m", None),
            ("forward 99999999999999999999 m", None),
            ("forward 1", None),
            ("backward 1 m", None),
            ("", None),
        ] {
            let payload = Bytes::from_static(payload.as_bytes());
            assert_eq!(pattern.millimetres(&payload), expected, "{payload:?}");
        }
    }

    #[test]
    fn a_word_is_the_whole_payload() {
        let pattern = Pattern::Word { word: "on" };
        for (payload, expected) in [("on", Some(0)), ("on ", None), ("off", None), ("", None)] {
            let payload = Bytes::from_static(payload.as_bytes());
            assert_eq!(pattern.millimetres(&payload), expected, "{payload:?}");
        }
    }
}
