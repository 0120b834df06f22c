//! Which filters match which topics.

use super::{TopicFilter, TopicName};
use crate::rules::both;
use core::fmt;
use mqtt_spec::{Rule, Version};

/// Why a filter does not match a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mismatch {
    /// The topic begins with `$` and the filter with a wildcard.
    Dollar,
    /// The level with this number, counted from 0, is another one.
    Level(usize),
    /// The filter ends, and the topic goes on below it: after this many levels.
    TopicIsDeeper(usize),
    /// The topic ends, and the filter asks for more levels: after this many.
    TopicIsShorter(usize),
}

impl Mismatch {
    /// What makes it so; `None` where it follows from what the wildcards mean (section 4.7.1 of both versions).
    #[must_use]
    pub const fn rule(self) -> Option<Rule> {
        match self {
            Self::Dollar => Some(both!("MQTT-4.7.2-1", "MQTT-4.7.2-1")),
            Self::Level(_) => Some(both!("MQTT-4.7.3-4", "MQTT-4.7.3-4")),
            Self::TopicIsDeeper(_) | Self::TopicIsShorter(_) => None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dollar => f.write_str("a wildcard at the beginning does not match `$`"),
            Self::Level(at) => write!(f, "level {} is another one", at + 1),
            Self::TopicIsDeeper(levels) => write!(f, "the topic has more than {levels} levels"),
            Self::TopicIsShorter(levels) => write!(f, "the topic has only {levels} levels"),
        }
    }
}

impl TopicFilter {
    /// Whether a message for `topic` matches. The filter behind `$share/{name}/` counts, and a
    /// filter that begins with a wildcard never matches a topic that begins with `$`
    /// (3.1.1 MQTT-4.7.2-1, 5.0 MQTT-4.7.2-1).
    #[must_use]
    pub fn matches(&self, topic: &TopicName) -> bool {
        self.mismatch(topic).is_none()
    }

    /// Why a message for `topic` does not match; `None` if it does. See [`TopicFilter::matches`].
    #[must_use]
    pub fn mismatch(&self, topic: &TopicName) -> Option<Mismatch> {
        self.mismatch_in(Version::V5, topic)
    }

    /// Why a message for `topic` does not match the filter of a client of this version; `None` if it does. To 3.1.1, which knows
    /// no shared subscriptions, `$share` is a level like any other.
    #[must_use]
    pub fn mismatch_in(&self, version: Version, topic: &TopicName) -> Option<Mismatch> {
        let filter = match (version, self.share()) {
            (Version::V5, Ok(Some((_, filter)))) => filter,
            _ => self.as_str(),
        };
        let topic = topic.as_str();
        if topic.starts_with('$') && filter.starts_with(['+', '#']) {
            return Some(Mismatch::Dollar);
        }
        let mut levels = topic.split('/');
        let mut agreed = 0;
        for wanted in filter.split('/') {
            if wanted == "#" {
                return None;
            }
            match levels.next() {
                Some(level) if wanted == "+" || wanted == level => agreed += 1,
                Some(_) => return Some(Mismatch::Level(agreed)),
                None => return Some(Mismatch::TopicIsShorter(agreed)),
            }
        }
        levels.next().map(|_| Mismatch::TopicIsDeeper(agreed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    /// filter | topic | why not; nothing if it matches
    const TABLE: &str = "
        a/b           | a/b     |
        a/#           | a       |
        #             | a/b     |
        $share/g/a/+  | a/b     |
        a/+           | a       | the topic has only 1 levels
        a/b/#         | a       | the topic has only 1 levels
        +             | a/b     | the topic has more than 1 levels
        a/c           | a/b     | level 2 is another one
        A/b           | a/b     | level 1 is another one
        #             | $SYS/x  | a wildcard at the beginning does not match `$`
        +/x           | $SYS/x  | a wildcard at the beginning does not match `$`
        $SYS/+        | $SYS/x  |
        $share/g/#    | $SYS/x  | a wildcard at the beginning does not match `$`";

    #[test]
    fn to_3_1_1_a_share_is_a_level() {
        let filter = TopicFilter::try_from("$share/g/a/b").unwrap();
        for (topic, v5, v311) in [
            ("a/b", None, Some(Mismatch::Level(0))),
            ("a/c", Some(Mismatch::Level(1)), Some(Mismatch::Level(0))),
            ("$share/g/a/b", Some(Mismatch::Level(0)), None),
        ] {
            let topic = TopicName::try_from(topic).unwrap();
            assert_eq!(filter.mismatch_in(Version::V5, &topic), v5);
            assert_eq!(filter.mismatch_in(Version::V311, &topic), v311);
        }
    }

    #[test]
    fn a_filter_says_why_it_does_not_match() {
        for row in TABLE.lines().filter(|row| !row.trim().is_empty()) {
            let mut columns = row.split('|').map(str::trim);
            let mut next = || columns.next().unwrap();
            let filter = TopicFilter::try_from(next()).unwrap();
            let topic = TopicName::try_from(next()).unwrap();
            let why = filter.mismatch(&topic);
            assert_eq!(
                why.map_or_else(Default::default, |it| it.to_string()),
                next(),
                "{row}"
            );
            assert_eq!(filter.matches(&topic), why.is_none(), "{row}");
        }
    }
}
