//! Blueprints: what a kind of device does with messages, as data.

use bytes::Bytes;

/// A kind of device.
#[derive(Debug, PartialEq, Eq)]
pub struct Blueprint {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does with messages. The first rule that matches counts.
    pub rules: &'static [BlueprintRule],
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
}

/// What a device does.
#[derive(Debug, PartialEq, Eq)]
pub enum Response {
    /// Drives by the length that the pattern found.
    Drive {
        /// The other way.
        backwards: bool,
    },
}

/// The kinds that come with the playground.
const BLUEPRINTS: &[Blueprint] = &[
    Blueprint {
        name: "phone",
        rules: &[],
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
    },
];

impl Blueprint {
    /// The blueprint of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        BLUEPRINTS.iter().find(|blueprint| blueprint.name == name)
    }
}

impl Pattern {
    /// The length in millimetres in a payload that matches.
    #[must_use]
    pub fn millimetres(&self, payload: &Bytes) -> Option<i64> {
        let Self::Length { word } = self;
        let text = core::str::from_utf8(payload).ok()?;
        let length = text
            .strip_prefix(word)?
            .strip_prefix(' ')?
            .strip_suffix(" m")?;
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
}
