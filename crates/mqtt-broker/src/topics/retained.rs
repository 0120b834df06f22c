//! Messages by topic name, found by topic filter.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::cmp::Ordering;
use core::ops::Bound;
use mqtt_proto::{Text, TopicName};

/// One value per topic name, in the order of the names' levels.
///
/// A lookup with wildcards seeks from child to child, so that it costs the levels and the topics
/// that the filter's own branches hold, not the size of the store.
#[derive(Clone, Debug)]
pub(crate) struct RetainedMap<V> {
    by_topic: BTreeMap<ByLevels, V>,
}

/// Orders names so that a topic is followed by all that lies below it: `/` is the lowest
/// character (U+0000 cannot occur).
#[derive(Clone, Debug, PartialEq, Eq)]
struct ByLevels(Text);

impl Ord for ByLevels {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
        self.0
            .as_bytes()
            .iter()
            .map(rank)
            .cmp(other.0.as_bytes().iter().map(rank))
    }
}

impl PartialOrd for ByLevels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<V> Default for RetainedMap<V> {
    fn default() -> Self {
        Self {
            by_topic: BTreeMap::new(),
        }
    }
}

impl<V> RetainedMap<V> {
    /// How many topics have a value.
    pub(crate) fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Sets the value of a topic; gives the one before.
    pub(crate) fn insert(&mut self, topic: &TopicName, value: V) -> Option<V> {
        self.by_topic.insert(ByLevels(topic.text().clone()), value)
    }

    /// Takes the value of a topic away.
    pub(crate) fn remove(&mut self, topic: &TopicName) -> Option<V> {
        self.by_topic.remove(&ByLevels(topic.text().clone()))
    }

    /// The value of a topic.
    pub(crate) fn get(&self, topic: &TopicName) -> Option<&V> {
        self.by_topic.get(&ByLevels(topic.text().clone()))
    }

    /// All values, each topic before those below it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.by_topic
            .iter()
            .map(|(topic, value)| (topic.0.as_str(), value))
    }

    /// Keeps what `keep` says.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &mut V) -> bool) {
        self.by_topic
            .retain(|topic, value| keep(topic.0.as_str(), value));
    }

    /// Visits the values whose topics match a filter, in order. What stands behind `$share` is the
    /// caller's to find: to 3.1.1 it is a level like any other.
    pub(crate) fn matches<'a>(&'a self, filter: &str, mut visit: impl FnMut(&'a V)) {
        let mut from = Bound::Unbounded;
        while let Some((topic, value)) = self.by_topic.range((from, Bound::Unbounded)).next() {
            let seek = match compare(filter, topic.0.as_str()) {
                Step::Fits => {
                    visit(value);
                    None
                }
                Step::Next => None,
                Step::Seek(target) => Text::try_from(target.as_str()).ok(),
                Step::End => return,
            };
            // A target longer than any name has nothing between the topic and itself to skip.
            from = match seek {
                Some(target) => Bound::Included(ByLevels(target)),
                None => Bound::Excluded(topic.clone()),
            };
        }
    }
}

/// How a lookup goes on from a topic.
enum Step {
    /// It matches.
    Fits,
    /// Look at the topic behind it.
    Next,
    /// Nothing before this name matches.
    Seek(String),
    /// Nothing behind it matches.
    End,
}

/// Where to look after `topic`. Needs no memory that grows with the levels, of which there can be
/// 65,535.
fn compare(filter: &str, topic: &str) -> Step {
    // The lowest name behind `branch` and all that lies below it.
    let behind = |branch: &str| {
        let mut target = String::with_capacity(branch.len() + 1);
        target.push_str(branch);
        target.push('\u{1}');
        Step::Seek(target)
    };
    let mut levels = topic.split('/');
    // Up to where the topic agrees with the filter; before a `/`, or at the end.
    let mut agreed = None::<&str>;
    for wanted in filter.split('/') {
        let level = levels.next();
        if agreed.is_none()
            && matches!(wanted, "+" | "#")
            && let Some(level) = level
            && level.starts_with('$')
        {
            return behind(level);
        }
        if wanted == "#" {
            return Step::Fits;
        }
        let Some(level) = level else {
            return Step::Next;
        };
        if wanted != "+" {
            match level.cmp(wanted) {
                Ordering::Equal => {}
                Ordering::Less => {
                    let mut target = agreed.map_or_else(String::new, |agreed| {
                        let mut parent = String::from(agreed);
                        parent.push('/');
                        parent
                    });
                    target.push_str(wanted);
                    return Step::Seek(target);
                }
                Ordering::Greater => return agreed.map_or(Step::End, behind),
            }
        }
        let end = agreed.map_or(0, |agreed| agreed.len() + 1) + level.len();
        agreed = topic.get(..end);
    }
    match (levels.next(), agreed) {
        (Some(_), Some(agreed)) => behind(agreed),
        _ => Step::Fits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use mqtt_proto::TopicFilter;
    use proptest::prelude::*;

    fn found(map: &RetainedMap<String>, filter: &str) -> Vec<String> {
        let mut found = Vec::new();
        map.matches(filter, |value| {
            found.push(value.clone());
        });
        found
    }

    fn store<'a>(topics: impl IntoIterator<Item = &'a str>) -> RetainedMap<String> {
        let mut map = RetainedMap::default();
        for topic in topics {
            map.insert(&TopicName::try_from(topic).unwrap(), String::from(topic));
        }
        map
    }

    /// filter | topics found, in order, with commas between them
    const LOOKUPS: &str = "
        a       | a
        a/#     | a,a/,a//b,a/b,a/b/c,a/b-,a/c
        a/+     | a/,a/b,a/b-,a/c
        a/+/c   | a/b/c
        +       | a,a-,b
        +/b     | /b,a/b
        #       | /b,a,a/,a//b,a/b,a/b/c,a/b-,a/c,a-,b
        $SYS/#  | $SYS,$SYS/up,$SYS/x/y
        $SYS/+  | $SYS/up
        +/up    |
        +/+/b   | a//b
        x       |
        a/a/+   |
        $share/g/a/+/c |";

    #[test]
    fn filters_find_topics_in_order() {
        let map = store([
            "$SYS", "$SYS/up", "$SYS/x/y", "/b", "a", "a-", "a/", "a//b", "a/b", "a/b-", "a/b/c",
            "a/c", "b",
        ]);
        for row in LOOKUPS.lines().filter(|row| !row.trim().is_empty()) {
            let (filter, expected) = row.split_once('|').unwrap();
            assert_eq!(
                found(&map, filter.trim()).join(","),
                expected.trim(),
                "{row}"
            );
        }
    }

    #[test]
    fn the_longest_topics_are_no_trouble() {
        let long = "/".repeat(65_535);
        let text = "x".repeat(65_535);
        let map = store([long.as_str(), text.as_str(), "y"]);
        let plus = alloc::format!("+{}", "/+".repeat(32_766));
        assert_eq!(found(&map, &plus), Vec::<String>::new());
        assert_eq!(found(&map, "+"), [text.as_str(), "y"]);
        assert_eq!(found(&map, "#").len(), 3);
    }

    proptest! {
        #[test]
        fn lookups_agree_with_matching_one_by_one(
            topics in proptest::collection::btree_set("[$ab-][b/]{0,5}", 0..40),
            filter in "([$ab-]|\\+)(/(a|b|\\+|)){0,4}(/#)?",
        ) {
            let map = store(topics.iter().map(String::as_str));
            let filter = TopicFilter::try_from(filter.as_str()).unwrap();
            let expected: std::collections::BTreeSet<String> = topics
                .into_iter()
                .filter(|topic| filter.matches(&TopicName::try_from(topic.as_str()).unwrap()))
                .collect();
            let found = found(&map, filter.as_str());
            prop_assert_eq!(found.len(), expected.len());
            let found: std::collections::BTreeSet<String> = found.into_iter().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
