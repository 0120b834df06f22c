//! The subscriptions as a tree of levels.
//!
//! Finding the subscribers of a topic costs its levels and the matches, not the number of
//! subscriptions: every node on the way has at most three children that can match (the level
//! itself, `+` and `#`), and each is found by hash.

use super::grow_gently;
use super::levels::{Levels, Symbol};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::num::NonZeroU32;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use mqtt_proto::packet::SubscriptionOptions;

/// Names a session inside the broker, for as long as the session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub u32);

/// Names a filter (with its share name) that somebody subscribes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilterKey {
    node: u32,
    share: Option<Symbol>,
}

impl FilterKey {
    /// Whether the filter stands behind `$share` and a share name.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.share.is_some()
    }
}

/// One session's subscription to one filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose it is.
    pub session: SessionKey,
    /// What was asked for; the QoS is the one granted.
    pub options: SubscriptionOptions,
    /// 5.0 Subscription Identifier.
    pub identifier: Option<NonZeroU32>,
}

/// A match of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    /// This session gets the message.
    Session(Subscriber),
    /// One member of this group gets it.
    Group(FilterKey),
}

/// All subscriptions of all sessions.
#[derive(Clone, Debug)]
pub struct SubscriptionTree {
    levels: Levels,
    nodes: Vec<Node>,
    free: Vec<u32>,
    /// Nodes but the root, by parent and level.
    children: HashTable<u32>,
    hasher: FixedState,
    len: usize,
    changes: u64,
    /// Scratch of `matches`, kept for its memory.
    topic: Vec<Option<Symbol>>,
    /// Scratch of `matches`: nodes to visit, and how many levels of the topic led there. A stack
    /// of its own because a topic can have 65,535 levels.
    visit: Vec<(u32, u32)>,
}

#[derive(Clone, Debug)]
struct Node {
    parent: u32,
    level: Symbol,
    children: u32,
    has_plus: bool,
    has_hash: bool,
    subscribers: Subscribers,
}

/// Nearly all filters have one subscriber, so that one stands in the node.
#[derive(Clone, Debug)]
enum Subscribers {
    None,
    One(Subscriber),
    Many(Box<Many>),
}

#[derive(Clone, Debug, Default)]
struct Many {
    /// Sorted by session.
    plain: Vec<Subscriber>,
    groups: Vec<Group>,
}

/// The sessions that share a subscription (5.0 section 4.8.2).
#[derive(Clone, Debug)]
struct Group {
    share: Symbol,
    /// Sorted by session.
    members: Vec<Subscriber>,
    /// Whose turn it is.
    next: usize,
}

const ROOT: u32 = 0;

impl SubscriptionTree {
    /// An empty tree. The seed only decides where things lie in memory.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        let mut tree = Self {
            levels: Levels::new(hasher.clone()),
            nodes: Vec::new(),
            free: Vec::new(),
            children: HashTable::new(),
            hasher,
            len: 0,
            changes: 0,
            topic: Vec::new(),
            visit: Vec::new(),
        };
        tree.nodes.push(Node {
            parent: ROOT,
            level: Symbol::HASH,
            children: 0,
            has_plus: false,
            has_hash: false,
            subscribers: Subscribers::None,
        });
        tree
    }

    /// How many subscriptions there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody subscribes to anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory held, without the lists of filters with several subscribers.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.levels.memory_bytes()
            + self.nodes.capacity() * size_of::<Node>()
            + self.free.capacity() * size_of::<u32>()
            + self.children.allocation_size()
    }

    /// Adds or replaces a subscription; gives the one that it replaces. `None`: no room is left.
    pub fn insert(
        &mut self,
        filter: &str,
        share: Option<&str>,
        subscriber: Subscriber,
    ) -> Option<(FilterKey, Option<Subscriber>)> {
        let mut at = ROOT;
        for level in filter.split('/') {
            let Some(child) = self.child_or_insert(at, level) else {
                self.prune(at);
                return None;
            };
            at = child;
        }
        let share = match share {
            None => None,
            Some(name) => {
                // The group keeps one use of its name.
                let Some(symbol) = self.levels.acquire(name) else {
                    self.prune(at);
                    return None;
                };
                Some(symbol)
            }
        };
        let node = self.nodes.get_mut(at as usize)?;
        let (before, name_in_use) = node.subscribers.insert(share, subscriber);
        if let (Some(symbol), true) = (share, name_in_use) {
            self.levels.release(symbol);
        }
        self.changes += 1;
        if before.is_none() {
            self.len += 1;
        }
        Some((FilterKey { node: at, share }, before))
    }

    /// The key of a filter that somebody subscribes to.
    #[must_use]
    pub fn find(&self, filter: &str, share: Option<&str>) -> Option<FilterKey> {
        let mut node = ROOT;
        for level in filter.split('/') {
            node = self.child(node, self.levels.find(level)?)?;
        }
        let share = match share {
            None => None,
            Some(name) => Some(self.levels.find(name)?),
        };
        Some(FilterKey { node, share })
    }

    /// A session's subscription to that filter.
    #[must_use]
    pub fn get(&self, key: FilterKey, session: SessionKey) -> Option<&Subscriber> {
        let members = match &self.nodes.get(key.node as usize)?.subscribers {
            Subscribers::One(one) if key.share.is_none() => core::slice::from_ref(one),
            Subscribers::Many(many) => match key.share {
                None => many.plain.as_slice(),
                Some(share) => &many.groups.iter().find(|g| g.share == share)?.members,
            },
            _ => return None,
        };
        members.get(place(members, session).ok()?)
    }

    /// Takes a session's subscription away.
    pub fn remove(&mut self, key: FilterKey, session: SessionKey) -> Option<Subscriber> {
        let node = self.nodes.get_mut(key.node as usize)?;
        let (removed, group_ended) = node.subscribers.remove(key.share, session)?;
        self.len -= 1;
        self.changes += 1;
        if let (Some(share), true) = (key.share, group_ended) {
            self.levels.release(share);
        }
        self.prune(key.node);
        Some(removed)
    }

    /// The filter as the client wrote it, `$share` and the share name included.
    #[must_use]
    pub fn filter(&self, key: FilterKey) -> String {
        let mut path = Vec::new();
        let mut at = key.node;
        while at != ROOT {
            let Some(node) = self.nodes.get(at as usize) else {
                break;
            };
            path.push(node.level);
            at = node.parent;
        }
        let mut text = String::new();
        if let Some(share) = key.share {
            text.push_str("$share/");
            text.push_str(self.levels.text(share));
            text.push('/');
        }
        for (index, symbol) in path.iter().rev().enumerate() {
            if index > 0 {
                text.push('/');
            }
            text.push_str(self.levels.text(*symbol));
        }
        text
    }

    /// Appends every match of a topic to `found`, one per filter and session, and one per group.
    ///
    /// Filters that begin with a wildcard do not match topics that begin with `$` (MQTT-4.7.2-1).
    pub fn matches(&mut self, topic: &str, found: &mut Vec<Matched>) {
        let mut levels = core::mem::take(&mut self.topic);
        let mut visit = core::mem::take(&mut self.visit);
        self.walk(topic, &mut levels, &mut visit, |at| self.collect(at, found));
        self.topic = levels;
        self.visit = visit;
    }

    /// Every subscription that matches a topic, with its filter; of a group all members, and whether it is their turn. For
    /// whoever looks on: it takes memory of its own.
    #[must_use]
    pub fn matching(&self, topic: &str) -> Vec<(FilterKey, Subscriber, bool)> {
        let mut found = Vec::new();
        self.walk(topic, &mut Vec::new(), &mut Vec::new(), |at| {
            let key = |share| FilterKey { node: at, share };
            match self.nodes.get(at as usize).map(|node| &node.subscribers) {
                Some(Subscribers::One(one)) => found.push((key(None), *one, false)),
                Some(Subscribers::Many(many)) => {
                    found.extend(many.plain.iter().map(|one| (key(None), *one, false)));
                    for group in &many.groups {
                        let members = group.members.iter().enumerate();
                        found.extend(
                            members.map(|(at, it)| (key(Some(group.share)), *it, at == group.next)),
                        );
                    }
                }
                Some(Subscribers::None) | None => {}
            }
        });
        found
    }

    /// Visits the nodes whose filters match a topic.
    fn walk(
        &self,
        topic: &str,
        levels: &mut Vec<Option<Symbol>>,
        visit: &mut Vec<(u32, u32)>,
        mut found: impl FnMut(u32),
    ) {
        levels.clear();
        levels.extend(topic.split('/').map(|level| self.levels.find(level)));
        visit.push((ROOT, 0));
        while let Some((at, depth)) = visit.pop() {
            let Some(node) = self.nodes.get(at as usize) else {
                continue;
            };
            let wildcards = at != ROOT || !topic.starts_with('$');
            if node.has_hash
                && wildcards
                && let Some(child) = self.child(at, Symbol::HASH)
            {
                found(child);
            }
            let Some(level) = levels.get(depth as usize) else {
                found(at);
                continue;
            };
            if node.has_plus
                && wildcards
                && let Some(child) = self.child(at, Symbol::PLUS)
            {
                visit.push((child, depth + 1));
            }
            if let Some(symbol) = level
                && node.children > 0
                && let Some(child) = self.child(at, *symbol)
            {
                visit.push((child, depth + 1));
            }
        }
    }

    /// A number that is another one after every change: as long as it is the same, so are the
    /// matches of a topic.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Members of a group in the order in which they are to be asked; the turn moves on by one.
    pub fn take_turn(&mut self, key: FilterKey, members: &mut Vec<Subscriber>) {
        let Some(Subscribers::Many(many)) = self
            .nodes
            .get_mut(key.node as usize)
            .map(|node| &mut node.subscribers)
        else {
            return;
        };
        let Some(group) = many.groups.iter_mut().find(|g| Some(g.share) == key.share) else {
            return;
        };
        let (before, after) = group.members.split_at(group.next.min(group.members.len()));
        members.extend_from_slice(after);
        members.extend_from_slice(before);
        group.next += 1;
        if group.next >= group.members.len() {
            group.next = 0;
        }
    }

    fn collect(&self, at: u32, found: &mut Vec<Matched>) {
        match self.nodes.get(at as usize).map(|node| &node.subscribers) {
            Some(Subscribers::One(one)) => found.push(Matched::Session(*one)),
            Some(Subscribers::Many(many)) => {
                found.extend(many.plain.iter().copied().map(Matched::Session));
                found.extend(many.groups.iter().map(|group| {
                    Matched::Group(FilterKey {
                        node: at,
                        share: Some(group.share),
                    })
                }));
            }
            Some(Subscribers::None) | None => {}
        }
    }

    fn hash(hasher: &FixedState, parent: u32, level: Symbol) -> u64 {
        hasher.hash_one(u64::from(parent) << 32 | u64::from(level.number()))
    }

    fn child(&self, parent: u32, level: Symbol) -> Option<u32> {
        self.children
            .find(Self::hash(&self.hasher, parent, level), |child| {
                self.nodes
                    .get(*child as usize)
                    .is_some_and(|node| node.parent == parent && node.level == level)
            })
            .copied()
    }

    fn child_or_insert(&mut self, parent: u32, level: &str) -> Option<u32> {
        if let Some(symbol) = self.levels.find(level)
            && let Some(child) = self.child(parent, symbol)
        {
            return Some(child);
        }
        let symbol = self.levels.acquire(level)?;
        let node = Node {
            parent,
            level: symbol,
            children: 0,
            has_plus: false,
            has_hash: false,
            subscribers: Subscribers::None,
        };
        let child = match self.free.pop() {
            Some(child) => {
                *self.nodes.get_mut(child as usize)? = node;
                child
            }
            None => {
                let child = u32::try_from(self.nodes.len()).ok()?;
                grow_gently(&mut self.nodes);
                self.nodes.push(node);
                child
            }
        };
        let (hasher, nodes) = (&self.hasher, &self.nodes);
        self.children
            .insert_unique(Self::hash(hasher, parent, symbol), child, |child| {
                nodes
                    .get(*child as usize)
                    .map_or(0, |node| Self::hash(hasher, node.parent, node.level))
            });
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children += 1;
            parent.has_plus |= symbol == Symbol::PLUS;
            parent.has_hash |= symbol == Symbol::HASH;
        }
        Some(child)
    }

    /// Removes a node and then its ancestors, as long as they lead nowhere.
    fn prune(&mut self, mut at: u32) {
        while at != ROOT {
            let Some(node) = self.nodes.get(at as usize) else {
                return;
            };
            if node.children > 0 || !matches!(node.subscribers, Subscribers::None) {
                return;
            }
            let (parent, level) = (node.parent, node.level);
            let hash = Self::hash(&self.hasher, parent, level);
            if let Ok(entry) = self.children.find_entry(hash, |child| *child == at) {
                entry.remove();
            }
            self.free.push(at);
            self.levels.release(level);
            if let Some(parent) = self.nodes.get_mut(parent as usize) {
                parent.children -= 1;
                parent.has_plus &= level != Symbol::PLUS;
                parent.has_hash &= level != Symbol::HASH;
            }
            at = parent;
        }
    }
}

/// Where a session stands in a sorted list, or where it would.
fn place(list: &[Subscriber], session: SessionKey) -> Result<usize, usize> {
    list.binary_search_by_key(&session, |subscriber| subscriber.session)
}

/// Puts a subscriber in its place; gives the one that it replaces.
fn put(list: &mut Vec<Subscriber>, subscriber: Subscriber) -> Option<Subscriber> {
    match place(list, subscriber.session) {
        Ok(at) => list
            .get_mut(at)
            .map(|before| core::mem::replace(before, subscriber)),
        Err(at) => {
            list.insert(at, subscriber);
            None
        }
    }
}

impl Subscribers {
    /// Gives the subscriber that was replaced, and whether a group of that name was there already.
    fn insert(
        &mut self,
        share: Option<Symbol>,
        subscriber: Subscriber,
    ) -> (Option<Subscriber>, bool) {
        match (&mut *self, share) {
            (Self::None, None) => {
                *self = Self::One(subscriber);
                return (None, false);
            }
            (Self::One(one), None) if one.session == subscriber.session => {
                return (Some(core::mem::replace(one, subscriber)), false);
            }
            _ => {}
        }
        let many = self.many();
        let Some(share) = share else {
            return (put(&mut many.plain, subscriber), false);
        };
        if let Some(group) = many.groups.iter_mut().find(|group| group.share == share) {
            return (put(&mut group.members, subscriber), true);
        }
        many.groups.push(Group {
            share,
            members: alloc::vec![subscriber],
            next: 0,
        });
        (None, false)
    }

    fn many(&mut self) -> &mut Many {
        if let Self::One(one) = *self {
            *self = Self::Many(Box::new(Many {
                plain: alloc::vec![one],
                groups: Vec::new(),
            }));
        } else if matches!(self, Self::None) {
            *self = Self::Many(Box::default());
        }
        match self {
            Self::Many(many) => many,
            Self::None | Self::One(_) => unreachable!("made Many above"),
        }
    }

    /// Gives the subscriber that was removed, and whether it was the last of its group.
    fn remove(&mut self, share: Option<Symbol>, session: SessionKey) -> Option<(Subscriber, bool)> {
        let result = match (&mut *self, share) {
            (Self::One(one), None) if one.session == session => {
                let removed = *one;
                *self = Self::None;
                return Some((removed, false));
            }
            (Self::Many(many), None) => {
                let at = place(&many.plain, session).ok()?;
                (many.plain.remove(at), false)
            }
            (Self::Many(many), Some(share)) => {
                let index = many.groups.iter().position(|group| group.share == share)?;
                let group = many.groups.get_mut(index)?;
                let at = place(&group.members, session).ok()?;
                let removed = group.members.remove(at);
                // The turn stays with whom it was.
                if at < group.next {
                    group.next -= 1;
                }
                if group.next >= group.members.len() {
                    group.next = 0;
                }
                let ended = group.members.is_empty();
                if ended {
                    many.groups.remove(index);
                }
                (removed, ended)
            }
            _ => return None,
        };
        if let Self::Many(many) = self
            && many.groups.is_empty()
        {
            match many.plain.as_slice() {
                [] => *self = Self::None,
                [one] => *self = Self::One(*one),
                _ => {}
            }
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use mqtt_proto::{Qos, TopicFilter, TopicName};
    use proptest::prelude::*;

    fn subscriber(session: u32) -> Subscriber {
        Subscriber {
            session: SessionKey(session),
            options: SubscriptionOptions::at(Qos::AtLeastOnce),
            identifier: None,
        }
    }

    fn found(tree: &mut SubscriptionTree, topic: &str) -> Vec<u32> {
        let mut matched = Vec::new();
        tree.matches(topic, &mut matched);
        let mut sessions: Vec<u32> = matched
            .iter()
            .map(|matched| match matched {
                Matched::Session(subscriber) => subscriber.session.0,
                Matched::Group(key) => panic!("group {}", tree.filter(*key)),
            })
            .collect();
        sessions.sort_unstable();
        // Whoever looks on is told the same, with the filters.
        let shown = tree.matching(topic);
        let mut same: Vec<u32> = shown.iter().map(|(_, it, _)| it.session.0).collect();
        same.sort_unstable();
        assert_eq!(same, sessions, "{topic}");
        for (key, it, is_next) in shown {
            assert_eq!(tree.get(key, it.session), Some(&it));
            assert!(!is_next);
            let filter = TopicFilter::try_from(tree.filter(key).as_str()).unwrap();
            assert!(filter.matches(&TopicName::try_from(topic).unwrap()));
        }
        sessions
    }

    /// topic | numbers of the filters below that match
    const FILTERS: &[&str] = &[
        "a", "a/b", "a/#", "a/+", "+", "#", "+/b", "/", "/+", "+/+", "$SYS/#", "$SYS/+", "a//b",
        "a/+/b", "+/+/#", "$SYS/x",
    ];
    const MATCHES: &str = "
        a       | 0 2 4 5
        a/b     | 1 2 3 5 6 9 14
        a/      | 2 3 5 9 14
        /       | 5 7 8 9 14
        /b      | 5 6 8 9 14
        a//b    | 2 5 12 13 14
        a/x/b   | 2 5 13 14
        b       | 4 5
        $SYS    | 10
        $SYS/x  | 10 11 15
        $SYS/x/ | 10
        $x      |";

    #[test]
    fn topics_find_the_filters_that_section_4_7_says() {
        let mut tree = SubscriptionTree::new(7);
        for (number, filter) in FILTERS.iter().enumerate() {
            tree.insert(filter, None, subscriber(number as u32))
                .unwrap();
        }
        for row in MATCHES.lines().filter(|row| !row.trim().is_empty()) {
            let (topic, expected) = row.split_once('|').unwrap();
            let expected: Vec<u32> = expected
                .split_whitespace()
                .map(|number| number.parse().unwrap())
                .collect();
            assert_eq!(found(&mut tree, topic.trim()), expected, "{row}");
        }
    }

    #[test]
    fn removing_everything_leaves_nothing_behind() {
        let mut tree = SubscriptionTree::new(7);
        let mut keys = Vec::new();
        for (number, filter) in FILTERS.iter().enumerate() {
            for share in [None, Some("g")] {
                let session = subscriber(number as u32);
                let (key, before) = tree.insert(filter, share, session).unwrap();
                assert_eq!(before, None);
                let full = share.map_or_else(
                    || (*filter).to_string(),
                    |share| format!("$share/{share}/{filter}"),
                );
                assert_eq!(tree.filter(key), full);
                assert_eq!(tree.find(filter, share), Some(key));
                keys.push((key, session.session));
            }
        }
        assert_eq!(tree.len(), 2 * FILTERS.len());
        for (key, session) in keys {
            assert!(tree.get(key, session).is_some());
            assert!(tree.remove(key, session).is_some());
            assert!(tree.remove(key, session).is_none());
        }
        assert_eq!(tree.len(), 0);
        assert_eq!(tree.children.len(), 0);
        assert_eq!(tree.nodes.first().map(|root| root.children), Some(0));
        assert_eq!(tree.levels.find("$SYS"), None);
        assert_eq!(tree.levels.find("g"), None);
    }

    #[test]
    fn a_group_takes_turns_and_a_leaver_does_not_skip_anybody() {
        let mut tree = SubscriptionTree::new(7);
        for session in 0..3 {
            tree.insert("a/+", Some("g"), subscriber(session)).unwrap();
        }
        let mut matched = Vec::new();
        tree.matches("a/b", &mut matched);
        let [Matched::Group(key)] = *matched.as_slice() else {
            panic!("{matched:?}");
        };
        let mut first = || {
            let mut members = Vec::new();
            tree.take_turn(key, &mut members);
            assert_eq!(members.len(), 3);
            members[0].session.0
        };
        assert_eq!([first(), first(), first(), first()], [0, 1, 2, 0]);
        tree.remove(key, SessionKey(0)).unwrap();
        let mut members = Vec::new();
        tree.take_turn(key, &mut members);
        assert_eq!(members[0].session.0, 1);
    }

    #[test]
    fn the_longest_topic_is_no_trouble() {
        let mut tree = SubscriptionTree::new(7);
        let filter = format!("+{}", "/+".repeat(32_767));
        tree.insert(&filter, None, subscriber(1)).unwrap();
        assert_eq!(found(&mut tree, &"/".repeat(32_767)), [1]);
        assert_eq!(found(&mut tree, &"/".repeat(65_535)), []);
    }

    #[test]
    fn a_node_stays_small() {
        assert!(size_of::<Node>() <= 32, "{}", size_of::<Node>());
    }

    fn filter() -> impl Strategy<Value = String> {
        let level = prop_oneof![Just("a"), Just("b"), Just(""), Just("$x"), Just("+")];
        (proptest::collection::vec(level, 1..5), any::<bool>()).prop_filter_map(
            "empty",
            |(levels, hash)| {
                let mut text = levels.join("/");
                if hash {
                    text.push_str("/#");
                }
                (!text.is_empty()).then_some(text)
            },
        )
    }

    fn topic() -> impl Strategy<Value = String> {
        let level = prop_oneof![Just("a"), Just("b"), Just(""), Just("$x"), Just("c")];
        proptest::collection::vec(level, 1..6)
            .prop_map(|levels| levels.join("/"))
            .prop_filter("empty", |text| !text.is_empty())
    }

    proptest! {
        /// Whatever is subscribed and unsubscribed, a topic finds exactly those filters that
        /// `TopicFilter::matches` says.
        #[test]
        fn the_tree_agrees_with_matching_one_by_one(
            steps in proptest::collection::vec((any::<bool>(), 0..4u32, filter()), 1..60),
            topics in proptest::collection::vec(topic(), 1..20),
        ) {
            let mut tree = SubscriptionTree::new(7);
            let mut model = std::collections::BTreeSet::new();
            for (add, session, filter) in steps {
                if add {
                    let (_, before) = tree.insert(&filter, None, subscriber(session)).unwrap();
                    prop_assert_eq!(before.is_none(), model.insert((session, filter)));
                } else {
                    let removed = tree
                        .find(&filter, None)
                        .and_then(|key| tree.remove(key, SessionKey(session)));
                    prop_assert_eq!(removed.is_some(), model.remove(&(session, filter)));
                }
            }
            prop_assert_eq!(tree.len(), model.len());
            for topic in topics {
                let name = TopicName::try_from(topic.as_str()).unwrap();
                let mut expected: Vec<u32> = model
                    .iter()
                    .filter(|(_, filter)| {
                        TopicFilter::try_from(filter.as_str()).unwrap().matches(&name)
                    })
                    .map(|(session, _)| *session)
                    .collect();
                expected.sort_unstable();
                prop_assert_eq!(found(&mut tree, &topic), expected);
            }
        }
    }
}
