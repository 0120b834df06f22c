//! What a user can do to the world: menus on devices, links and packets in flight, and the forms that some acts need.

use crate::level::Level;
use crate::story::{Figure, Flight, Position, StepKind, Story, Wire};
use crate::text::{self, Phrase, Words};
use bytes::Bytes;
use device::{Blueprint, Input, InputKind};
use mqtt_proto::packet::{Properties, SubscriptionOptions};
use mqtt_proto::{Duration, Qos, TopicFilter, TopicName};
use sim::Scenario;
use sim::scenario::{
    Action, CrashMoment, LinkMode, NodeAction, NodeKind, NodeSpec, SubscriptionSpec,
};

/// A link that is cut for a while is cut for this long.
const SHORT_CUT: Duration = Duration::from_secs(2);
/// A program that is restarted is gone for this long.
const RESTART: Duration = Duration::from_secs(1);

/// Something on the map that can be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A node: its lane.
    Node(usize),
    /// A link: its place in [`Story::wires`].
    Wire(usize),
    /// A packet on its way: the step that sent it.
    Packet(usize),
}

impl Target {
    /// The name of its element on the map.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Node(lane) => format!("node-{lane}"),
            Self::Wire(wire) => format!("wire-{wire}"),
            Self::Packet(step) => format!("packet-{step}"),
        }
    }
}

/// What an entry of a menu does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    /// This, at once.
    Act(Action),
    /// Opens a form.
    Fill(FormKind),
}

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    /// Topic, payload, QoS, retain.
    Publish,
    /// Filter, QoS.
    Subscribe,
    /// Filter.
    Unsubscribe,
}

/// An entry of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it does, in a word or two.
    pub label: Phrase,
    /// What that means.
    pub note: Phrase,
    pub(crate) does: Does,
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A topic name, or a filter.
    Topic,
    /// What a message says.
    Payload,
}

/// What a user has filled in. It stays from one form to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Topic or filter.
    pub topic: String,
    /// What the message says.
    pub payload: String,
    /// 0 to 2.
    pub qos: u8,
    /// Whether the broker is to keep it.
    pub retain: bool,
    /// Why it cannot be sent as it is.
    pub fault: Option<Words>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            topic: String::new(),
            payload: String::new(),
            qos: 1,
            retain: false,
            fault: None,
        }
    }
}

/// A menu or a form, open on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuView {
    /// What it is about.
    pub target: Target,
    /// Its name.
    pub title: String,
    /// How it is.
    pub state: String,
    /// Whether it stands in the upper half of the map: then the menu hangs in the lower one.
    pub is_above: bool,
    /// The entries.
    pub items: Vec<Item>,
    /// The form that takes the entries' place, with what is filled in.
    pub form: Option<(FormKind, Draft)>,
}

/// What can be done to `target` at `position`, with little at the lowest level.
pub(crate) fn items(
    scenario: &Scenario,
    story: &Story,
    position: Position,
    target: Target,
    level: Level,
) -> Vec<Item> {
    let items = match target {
        Target::Node(lane) => node_items(scenario, story, position, lane, level),
        Target::Wire(wire) => wire_items(scenario, story, position, wire, level),
        Target::Packet(step) => packet_items(scenario, story, position, step),
    };
    items.unwrap_or_default()
}

fn item(label: Phrase, note: Phrase, action: Action) -> Item {
    Item {
        label,
        note,
        does: Does::Act(action),
    }
}

fn node_items(
    scenario: &Scenario,
    story: &Story,
    position: Position,
    lane: usize,
    level: Level,
) -> Option<Vec<Item>> {
    let lane_of = story.lanes.get(lane)?;
    let node = scenario.nodes.get(lane_of.node)?;
    // What is outside is worked by hand. What happens to its link happens here.
    if matches!(node.kind, NodeKind::Remote(_)) {
        let ends = |wire: &Wire| wire.client == lane || wire.broker == lane;
        let mut wires = (0..).zip(&story.wires).filter(|(_, it)| ends(it));
        // Which of several is meant only their own menus know.
        let (Some((wire, _)), None) = (wires.next(), wires.next()) else {
            return None;
        };
        return wire_items(scenario, story, position, wire, level);
    }
    let name = &node.name;
    let does = |act: NodeAction| Action::Node {
        node: name.clone(),
        act,
    };
    if story.is_off(lane, position) {
        let on = does(NodeAction::PowerOn);
        return Some(vec![item(text::SWITCH_ON, text::SWITCH_ON_NOTE, on)]);
    }
    let mut items = Vec::new();
    if lane_of.figure != Figure::Broker {
        let fill = |label, note, form| Item {
            label,
            note,
            does: Does::Fill(form),
        };
        items.push(fill(text::PUBLISH, text::PUBLISH_NOTE, FormKind::Publish));
        items.push(fill(
            text::SUBSCRIBE,
            text::SUBSCRIBE_NOTE,
            FormKind::Subscribe,
        ));
        if level.shows_details() {
            items.push(fill(
                text::UNSUBSCRIBE,
                text::UNSUBSCRIBE_NOTE,
                FormKind::Unsubscribe,
            ));
        }
        items.push(if story.is_online(lane, position) {
            let leave = does(NodeAction::Disconnect);
            item(text::DISCONNECT, text::DISCONNECT_NOTE, leave)
        } else {
            let connect = does(NodeAction::Connect);
            item(text::CONNECT, text::CONNECT_NOTE, connect)
        });
    }
    items.extend(hand_items(scenario, node));
    let is_broker = lane_of.figure == Figure::Broker;
    let off = does(NodeAction::PowerOff { span: None });
    items.push(if is_broker {
        item(text::POWER_OFF, text::POWER_OFF_NOTE, off)
    } else {
        item(text::PULL_BATTERY, text::POWER_OFF_NOTE, off)
    });
    if level.shows_details() {
        let moment = CrashMoment::Now;
        let span = Some(RESTART);
        let crash = does(NodeAction::Crash { moment, span });
        items.push(item(text::RESTART, text::RESTART_NOTE, crash));
    }
    Some(items)
}

/// What somebody can do to the twin of a board, as others do it to the board.
fn hand_items(scenario: &Scenario, node: &NodeSpec) -> Vec<Item> {
    let is_twin = crate::board::twins(scenario).any(|(_, twin)| twin.name == node.name);
    let inputs = match &node.kind {
        NodeKind::Device(spec) if is_twin => Blueprint::named(&spec.blueprint),
        _ => None,
    };
    let has = |kind| inputs.is_some_and(|it| it.inputs.contains(&kind));
    [
        (InputKind::Press, text::PRESS_BUTTON, Input::Press),
        (InputKind::Switch, text::LAMP_ON, Input::Switch { on: true }),
        (
            InputKind::Switch,
            text::LAMP_OFF,
            Input::Switch { on: false },
        ),
        (InputKind::Break, text::BREAK_WINDOW, Input::Break),
        (InputKind::Mend, text::MEND_WINDOW, Input::Mend),
    ]
    .into_iter()
    .filter(|(kind, ..)| has(*kind))
    .map(|(_, label, input)| {
        let act = Action::Node {
            node: node.name.clone(),
            act: NodeAction::Input(input),
        };
        item(label, text::BY_HAND_NOTE, act)
    })
    .collect()
}

/// The names of a link's ends, as acts call them.
fn ends<'a>(scenario: &'a Scenario, story: &Story, wire: usize) -> Option<(&'a str, &'a str)> {
    let wire = story.wires.get(wire)?;
    let name = |lane: usize| {
        let node = scenario.nodes.get(story.lanes.get(lane)?.node)?;
        Some(node.name.as_str())
    };
    Some((name(wire.client)?, name(wire.broker)?))
}

fn wire_items(
    scenario: &Scenario,
    story: &Story,
    position: Position,
    wire: usize,
    level: Level,
) -> Option<Vec<Item>> {
    let (a, b) = ends(scenario, story, wire)?;
    let (a, b) = (a.to_owned(), b.to_owned());
    if is_faulty(story, wire, position) {
        let restore = Action::Restore { a, b };
        return Some(vec![item(text::RESTORE, text::RESTORE_NOTE, restore)]);
    }
    let cut = |span| Action::Cut {
        a: a.clone(),
        b: b.clone(),
        after_bytes: 0,
        span,
    };
    let mut items = vec![
        item(text::CUT_SHORT, text::CUT_SHORT_NOTE, cut(Some(SHORT_CUT))),
        item(text::CUT, text::CUT_NOTE, cut(None)),
    ];
    if level.shows_details() {
        let silence = Action::Silence {
            a: a.clone(),
            b: b.clone(),
            toward: None,
            span: None,
        };
        items.push(item(text::SILENCE, text::SILENCE_NOTE, silence));
        if is_datagram(scenario, &a, &b) {
            items.extend(only_drawn(a, b));
        }
    }
    Some(items)
}

fn packet_items(
    scenario: &Scenario,
    story: &Story,
    position: Position,
    step: usize,
) -> Option<Vec<Item>> {
    let (_, flight) = story.flight_of(step)?;
    if !flight.is_flying(position) {
        return None;
    }
    let wire = wire_of(story, flight)?;
    let (a, b) = ends(scenario, story, wire)?;
    let (a, b) = (a.to_owned(), b.to_owned());
    if is_faulty(story, wire, position) {
        let restore = Action::Restore { a, b };
        return Some(vec![item(text::RELEASE, text::RELEASE_NOTE, restore)]);
    }
    let to = scenario.nodes.get(story.lanes.get(flight.to)?.node)?;
    let cut = Action::Cut {
        a: a.clone(),
        b: b.clone(),
        after_bytes: 0,
        span: Some(SHORT_CUT),
    };
    let hold = Action::Silence {
        a: a.clone(),
        b: b.clone(),
        toward: Some(to.name.clone()),
        span: None,
    };
    let mut items = vec![
        item(text::CUT_UNDER, text::CUT_UNDER_NOTE, cut),
        item(text::HOLD, text::HOLD_NOTE, hold),
    ];
    if is_datagram(scenario, &a, &b) {
        items.extend(only_drawn(a, b));
    }
    Some(items)
}

/// What happens to packets only on links as drawings have them.
fn only_drawn(a: String, b: String) -> [Item; 2] {
    let lose = Action::Lose {
        a: a.clone(),
        b: b.clone(),
    };
    [
        item(text::LOSE, text::LOSE_NOTE, lose),
        item(text::DOUBLE, text::DOUBLE_NOTE, Action::Double { a, b }),
    ]
}

fn is_datagram(scenario: &Scenario, a: &str, b: &str) -> bool {
    let link = scenario
        .links
        .iter()
        .find(|link| link.a == a && link.b == b);
    link.is_some_and(|link| matches!(link.mode, LinkMode::Datagram(_)))
}

/// The link that a packet is on.
pub(crate) fn wire_of(story: &Story, flight: &Flight) -> Option<usize> {
    story.wires.iter().position(|wire| {
        (wire.client, wire.broker) == (flight.from, flight.to)
            || (wire.broker, wire.client) == (flight.from, flight.to)
    })
}

/// Whether a link is cut or silent.
fn is_faulty(story: &Story, wire: usize, position: Position) -> bool {
    matches!(
        story.last_change(wire, position),
        Some(StepKind::Cut(_) | StepKind::Silent(_) | StepKind::Stalled(_))
    )
}

/// What a form asks for.
///
/// # Errors
/// Why it cannot be done, for the user.
pub(crate) fn filled(kind: FormKind, draft: &Draft) -> Result<NodeAction, Words> {
    let qos = Qos::from_bits(draft.qos).unwrap_or(Qos::AtMostOnce);
    let filter = || {
        TopicFilter::try_from(draft.topic.as_str())
            .map_err(|fault| Words::of(|language| text::bad_filter(language, fault)))
    };
    match kind {
        FormKind::Publish => {
            let topic = TopicName::try_from(draft.topic.as_str())
                .map_err(|fault| Words::of(|language| text::bad_topic(language, fault)))?;
            Ok(NodeAction::Publish {
                topic,
                payload: Bytes::from(draft.payload.clone()),
                qos,
                retain: draft.retain,
                properties: Properties::EMPTY,
            })
        }
        FormKind::Subscribe => Ok(NodeAction::Subscribe(SubscriptionSpec {
            filter: filter()?,
            options: SubscriptionOptions::at(qos),
            id: None,
        })),
        FormKind::Unsubscribe => Ok(NodeAction::Unsubscribe { filter: filter()? }),
    }
}

/// A topic that the scenario publishes to, or a filter that somebody subscribes to: what a user is most likely to want.
pub(crate) fn usual_topic(scenario: &Scenario) -> String {
    let published = scenario.events.iter().find_map(|it| match &it.action {
        Action::Node {
            act: NodeAction::Publish { topic, .. },
            ..
        } => Some(topic.as_str().to_owned()),
        _ => None,
    });
    let subscribed = || {
        scenario.nodes.iter().find_map(|node| match &node.kind {
            NodeKind::Device(device) => {
                let first = device.subscriptions.first()?;
                Some(first.filter.as_str().to_owned())
            }
            NodeKind::Broker | NodeKind::Remote(_) => None,
        })
    };
    published.or_else(subscribed).unwrap_or_default()
}
