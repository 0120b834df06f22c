//! The topics of a broker at the moment in view: what is retained there, and whom a message would reach.

use super::{Look, RuleLink};
use crate::payload::{Form, PayloadView, name, one_line, shown};
use crate::run::Run;
use crate::text;
use crate::why::cursor;
use mqtt_broker::{Broker, MatchView, SubscriptionView};
use mqtt_proto::types::{Mismatch, TextFault};
use mqtt_proto::{Instant, Qos, TopicFilter, TopicName};
use mqtt_spec::{Rule, Version};
use sim::scenario::NodeKind;
use sim::{NodeId, World};
use std::collections::{BTreeMap, BTreeSet};

/// So many topics are shown.
const TOPICS_MAX: usize = 400;
/// Of more messages than this, only the newest count.
const MESSAGES_MAX: usize = 20_000;
/// So many subscriptions are listed that match, and as many that do not.
const LISTED_MAX: usize = 60;
/// So many characters of a retained value stand in the tree.
const VALUE_MAX_CHARS: usize = 40;
/// A topic that is typed is looked at up to here.
pub(crate) const TYPED_MAX_BYTES: usize = 1_024;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRow {
    /// The whole topic.
    pub topic: String,
    /// Its last level.
    pub label: String,
    /// Its depth, from 1.
    pub level: usize,
    /// Whether something lies below it; and if so, whether it is shown.
    pub is_open: Option<bool>,
    /// How many messages were published to it so far.
    pub messages: usize,
    /// What is retained there, in a few words.
    pub retained: Option<String>,
    /// How many clients have a subscription that matches.
    pub subscribers: usize,
    /// All of it in a sentence.
    pub sentence: String,
    /// Whether it is the topic in view.
    pub is_selected: bool,
    /// Whether Tab reaches it.
    pub is_focus: bool,
}

/// A subscription, and what it means for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Whose.
    pub client: String,
    /// As it was written.
    pub filter: String,
    /// What would come of it, or why nothing would.
    pub text: String,
    /// What makes it so.
    pub rule: Option<RuleLink>,
}

/// What a topic retains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedRow {
    /// From whom, at which QoS, since when.
    pub told: String,
    /// The value.
    pub payload: PayloadView,
}

/// The topic in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDetail {
    /// The topic.
    pub topic: String,
    /// Why it is none, and the rule that says so.
    pub fault: Option<(String, Option<RuleLink>)>,
    /// What is retained there.
    pub retained: Option<RetainedRow>,
    /// Whom a message would reach.
    pub reaches: Vec<SubscriptionRow>,
    /// Whom it would not reach.
    pub misses: Vec<SubscriptionRow>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// The topics of a broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicsView {
    /// Its name.
    pub broker: String,
    /// What is typed.
    pub typed: String,
    /// The rows of the tree that are shown.
    pub rows: Vec<TopicRow>,
    /// How many topics were left out, in words.
    pub left_out: Option<String>,
    /// The topic in view.
    pub detail: Option<Box<TopicDetail>>,
}

/// What is known about a topic.
#[derive(Clone, Debug, Default)]
struct Known {
    messages: usize,
    retained: Option<String>,
}

impl Run {
    /// The topics of the broker in view. `closed` are those of which nothing below is shown.
    pub(crate) fn topics(
        &self,
        look: &Look<'_>,
        typed: &str,
        closed: &BTreeSet<String>,
        form: Form,
    ) -> TopicsView {
        if self.work().captured.is_some() {
            return TopicsView {
                left_out: Some(text::STUDY_CAPTURED.to(look.language()).to_owned()),
                ..TopicsView::default()
            };
        }
        let (devices, client) = self.client_in_view(look.selected, look.client);
        let device = devices.get(client).and_then(|lane| self.node_of(*lane));
        let Some(node) = self.broker_of(device) else {
            return TopicsView::default();
        };
        let mut known = self.published(look, node);
        let now = Instant::from_micros(look.position.now);
        self.with_world(look.position, |world| {
            let Some(broker) = world.node(node).and_then(|it| it.broker()) else {
                return TopicsView::default();
            };
            for kept in broker.retained(now) {
                let topic = kept.topic.as_str().to_owned();
                known.entry(topic).or_default().retained =
                    Some(one_line(kept.payload, VALUE_MAX_CHARS));
            }
            let left_out = known.len().saturating_sub(TOPICS_MAX);
            let known: BTreeMap<String, Known> = known.into_iter().take(TOPICS_MAX).collect();
            let detail = (!typed.is_empty()).then(|| {
                let at = At {
                    run: self,
                    look,
                    world,
                    node,
                    broker,
                };
                Box::new(at.detail(typed, form))
            });
            TopicsView {
                broker: name(self.log().name(node)),
                typed: typed.to_owned(),
                rows: rows(look, broker, &known, closed, typed),
                left_out: (left_out > 0).then(|| text::topics_left_out(look.language(), left_out)),
                detail,
            }
        })
    }

    /// How many messages each topic of a broker has had by now.
    fn published(&self, look: &Look<'_>, broker: NodeId) -> BTreeMap<String, Known> {
        let log = self.log();
        self.with_ledger_at(cursor(look.position), |ledger| {
            let mut known: BTreeMap<String, Known> = BTreeMap::new();
            for message in ledger.messages().iter().rev().take(MESSAGES_MAX) {
                let Some(topic) = message
                    .topic
                    .as_ref()
                    .filter(|_| !message.routed.is_empty())
                else {
                    continue;
                };
                let records = message.routed.iter();
                let own = records.filter_map(|record| log.record(*record));
                if own.clone().any(|record| record.node == Some(broker)) {
                    known.entry(topic.as_str().to_owned()).or_default().messages += 1;
                }
            }
            known
        })
    }
}

/// A broker at the moment in view.
struct At<'a> {
    run: &'a Run,
    look: &'a Look<'a>,
    world: &'a World,
    node: NodeId,
    broker: &'a Broker,
}

impl At<'_> {
    fn detail(&self, typed: &str, form: Form) -> TopicDetail {
        let Self { look, broker, .. } = self;
        let language = look.language();
        let mut detail = TopicDetail {
            topic: shown(typed, TYPED_MAX_BYTES),
            fault: None,
            retained: None,
            reaches: Vec::new(),
            misses: Vec::new(),
            notes: Vec::new(),
        };
        let topic = match TopicName::try_from(typed) {
            Ok(topic) => topic,
            Err(fault) => {
                let rule = RuleLink::new(
                    look.voice,
                    rule_of(&fault),
                    self.run.work().scenario.version,
                );
                detail.fault = Some((text::no_topic(language, &fault), rule));
                return detail;
            }
        };
        let now = Instant::from_micros(look.position.now);
        let mut retained = broker.retained(now);
        detail.retained = retained
            .find(|it| it.topic == &topic)
            .map(|it| RetainedRow {
                told: text::retained_told(
                    language,
                    it.publisher.map(|id| self.client_name(id)).as_deref(),
                    it.qos.bits(),
                    it.since.as_micros(),
                    it.expires_at.map(Instant::as_micros),
                ),
                payload: PayloadView::new(language, it.payload, form),
            });
        let matching = broker.matching(&topic);
        for found in matching.iter().take(LISTED_MAX) {
            detail.reaches.push(self.reached(found));
        }
        detail.notes.extend(self.overlaps(&matching));
        let misses = broker.subscriptions().filter(|it| {
            let is_same = |found: &MatchView<'_>| found.subscription == *it;
            !matching.iter().any(is_same)
        });
        for missed in misses.take(LISTED_MAX) {
            detail.misses.push(self.missed(&missed, &topic));
        }
        let listed = detail.reaches.len() + detail.misses.len();
        let more = broker.subscription_count().saturating_sub(listed);
        if more > 0 {
            detail.notes.push(text::more_subscriptions(language, more));
        }
        let idle: Vec<String> = broker
            .sessions()
            .filter(|session| session.subscriptions().is_empty())
            .map(|session| self.client_name(session.client_id()))
            .take(LISTED_MAX)
            .collect();
        if !idle.is_empty() {
            detail.notes.push(text::no_subscriptions(language, &idle));
        }
        detail
    }

    /// The name of the device whose session has this id, or the id itself, as the page can show it.
    fn client_name(&self, client_id: &str) -> String {
        let client = self.world.client_of(self.node, client_id);
        name(client.map_or(client_id, |client| self.run.log().name(client)))
    }

    /// The version that the device speaks whose session has this id.
    fn version_of(&self, client_id: &str) -> Version {
        let client = self.world.client_of(self.node, client_id);
        let node = client.and_then(|client| {
            let nodes = &self.run.work().scenario.nodes;
            nodes.get(usize::from(client.0))
        });
        match node.map(|node| &node.kind) {
            Some(NodeKind::Device(device)) => device.version,
            _ => Version::V5,
        }
    }

    fn reached(&self, found: &MatchView<'_>) -> SubscriptionRow {
        let Self { look, broker, .. } = self;
        let language = look.language();
        let own = &found.subscription;
        let session = broker.session(own.client_id);
        let is_connected = session.and_then(|it| it.connection()).is_some();
        let share = TopicFilter::try_from(own.filter.as_str()).ok();
        let share = share.as_ref().and_then(|it| it.share().ok().flatten());
        let share = share
            .map(|(share, _)| name(share))
            .filter(|_| found.is_shared);
        let facts = text::Reached {
            qos: own.options.qos.bits(),
            share: share.as_deref(),
            is_next: found.is_next,
            no_local: own.options.no_local,
            as_published: own.options.retain_as_published,
            identifier: own.identifier.map(|it| it.get()),
            is_allowed: found.is_allowed,
            is_connected,
            is_kept: own.options.qos > Qos::AtMostOnce,
        };
        let rule = if own.options.no_local {
            Some(Rule::only_v5("MQTT-3.8.3-3"))
        } else {
            None
        };
        SubscriptionRow {
            client: self.client_name(own.client_id),
            filter: name(&own.filter),
            text: text::reached(language, &facts),
            rule: RuleLink::new(look.voice, rule, self.version_of(own.client_id)),
        }
    }

    /// Clients of which several subscriptions match: they get one copy.
    fn overlaps(&self, matching: &[MatchView<'_>]) -> Vec<String> {
        let plain = || matching.iter().filter(|it| !it.is_shared);
        let clients: BTreeSet<&str> = plain().map(|it| it.subscription.client_id).collect();
        let several = clients.into_iter().filter_map(|client| {
            let own = plain().filter(|it| it.subscription.client_id == client);
            let qos = own.clone().map(|it| it.subscription.options.qos).max()?;
            (own.count() > 1).then(|| {
                let client = self.client_name(client);
                text::one_copy(self.look.language(), &client, qos.bits())
            })
        });
        several.collect()
    }

    fn missed(&self, own: &SubscriptionView<'_>, topic: &TopicName) -> SubscriptionRow {
        let Self { look, .. } = self;
        let language = look.language();
        let filter = TopicFilter::try_from(own.filter.as_str()).ok();
        let version = self.version_of(own.client_id);
        let why = filter.and_then(|it| it.mismatch_in(version, topic));
        let why = why.unwrap_or(Mismatch::Level(0));
        let behind = own.filter.as_str();
        let behind = match behind
            .strip_prefix("$share/")
            .and_then(|it| it.split_once('/'))
        {
            Some((_, filter)) if version == Version::V5 => filter,
            _ => behind,
        };
        let level = |text: &str, at: usize| text.split('/').nth(at).map(name).unwrap_or_default();
        let levels = match why {
            Mismatch::Level(at) => (level(behind, at), level(topic.as_str(), at)),
            _ => Default::default(),
        };
        SubscriptionRow {
            client: self.client_name(own.client_id),
            filter: name(&own.filter),
            text: text::missed(language, why, (&levels.0, &levels.1)),
            rule: RuleLink::new(look.voice, why.rule(), version),
        }
    }
}

/// The rule that a text breaks that is no topic name.
const fn rule_of(fault: &TextFault) -> Option<Rule> {
    match fault {
        TextFault::Wildcard { .. } => Some(Rule::both("MQTT-4.7.1-1", "MQTT-4.7.0-1")),
        TextFault::Empty => Some(Rule::both("MQTT-4.7.3-1", "MQTT-4.7.3-1")),
        TextFault::Nul { .. } => Some(Rule::both("MQTT-4.7.3-2", "MQTT-4.7.3-2")),
        TextFault::TooLong => Some(Rule::both("MQTT-4.7.3-3", "MQTT-4.7.3-3")),
        _ => None,
    }
}

/// The rows of the tree: each topic and all above it, each before those below.
fn rows(
    look: &Look<'_>,
    broker: &Broker,
    known: &BTreeMap<String, Known>,
    closed: &BTreeSet<String>,
    typed: &str,
) -> Vec<TopicRow> {
    let mut tree: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
    for topic in known.keys() {
        let levels: Vec<&str> = topic.split('/').collect();
        let mut end = 0;
        for (depth, level) in levels.iter().enumerate() {
            end += level.len() + usize::from(depth > 0);
            let path = levels.get(..=depth).unwrap_or_default().to_vec();
            tree.entry(path)
                .or_insert_with(|| topic.get(..end).unwrap_or(topic));
        }
    }
    let none = Known::default();
    let mut rows: Vec<TopicRow> = Vec::new();
    let mut hidden: Option<usize> = None;
    let mut nodes = tree.iter().peekable();
    while let Some((path, topic)) = nodes.next() {
        let level = path.len();
        let has_below = nodes.peek().is_some_and(|(next, _)| next.starts_with(path));
        if hidden.is_some_and(|depth| level > depth) {
            continue;
        }
        let is_open = has_below.then(|| !closed.contains(*topic));
        hidden = (is_open == Some(false)).then_some(level);
        let own = known.get(*topic).unwrap_or(&none);
        let matching = TopicName::try_from(*topic).map(|it| broker.matching(&it));
        let matching = matching.unwrap_or_default();
        let clients: BTreeSet<&str> = matching
            .iter()
            .map(|it| it.subscription.client_id)
            .collect();
        rows.push(TopicRow {
            topic: (*topic).to_owned(),
            label: name(path.last().copied().unwrap_or_default()),
            level,
            is_open,
            messages: own.messages,
            retained: own.retained.clone(),
            subscribers: clients.len(),
            sentence: text::topic_row(
                look.language(),
                &name(topic),
                own.messages,
                own.retained.as_deref(),
                clients.len(),
            ),
            is_selected: *topic == typed,
            is_focus: false,
        });
    }
    let focus = rows.iter().position(|row| row.is_selected).unwrap_or(0);
    if let Some(row) = rows.get_mut(focus) {
        row.is_focus = true;
    }
    rows
}
