//! The worlds that run against a real broker.

use super::LinkForm;
use crate::work::Work;
use device::{Reconnect, Strategy};
use mqtt_proto::packet::Properties;
use mqtt_proto::{Duration, Instant, Qos, Text, TopicName};
use sim::Scenario;
use sim::scenario::{
    Action, DeviceSpec, LinkSpec, NodeAction, NodeKind, NodeSpec, Planned, RemoteRole, SessionSpec,
    When, WillSpec,
};

/// The name of the work in addresses.
pub(crate) const FILE: &str = "live";
/// The broker's name.
const BROKER: &str = "broker";
/// The client's name.
const CLIENT: &str = "page";
/// The first pause before it is dialled again, and the longest.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
const JITTER_PERCENT: u8 = 20;

/// A client alone with the broker.
pub(crate) fn alone(form: &LinkForm, host: &str) -> Option<Work> {
    let mut scenario = Scenario::empty(format!("Live: {host}"));
    scenario.about =
        "A client of this page and a real broker. What the broker did is in the run.".to_owned();
    scenario.version = form.version();
    scenario.seed = u64::from_str_radix(&form.tag, 16).unwrap_or(1);
    scenario.until = Instant::from_micros(20_000_000);
    let broker = NodeSpec::new(BROKER.to_owned(), NodeKind::Remote(RemoteRole::Broker));
    let client_id = Text::try_from(form.client_id().as_str()).ok()?;
    let mut client = DeviceSpec::new("phone".to_owned(), client_id, form.version());
    client.keep_alive_secs = form.keep_alive.trim().parse().ok()?;
    client.session = match form.is_clean {
        true => SessionSpec::Clean,
        false => SessionSpec::Kept,
    };
    // For ever is more than a broker should keep for a page.
    client.session_expiry_secs = (form.is_v5 && !form.is_clean).then_some(3_600);
    client.strategy = Strategy::default();
    if form.reconnects {
        let (first, cap) = BACK_OFF;
        client.reconnect = Reconnect::BackOff {
            first,
            cap,
            jitter_percent: JITTER_PERCENT,
        };
    }
    if !form.will_topic.is_empty() {
        client.will = Some(WillSpec {
            topic: TopicName::try_from(form.will_topic.as_str()).ok()?,
            payload: form.will_payload.clone().into_bytes().into(),
            qos: Qos::AtLeastOnce,
            retain: form.will_retain,
            properties: Properties::EMPTY,
        });
    }
    let client = NodeSpec::new(CLIENT.to_owned(), NodeKind::Device(Box::new(client)));
    scenario.nodes = vec![broker, client];
    scenario.links = vec![LinkSpec::new(CLIENT.to_owned(), BROKER.to_owned())];
    scenario.events = vec![Planned {
        when: When::At(Instant::ZERO),
        action: Action::Node {
            node: CLIENT.to_owned(),
            act: NodeAction::Connect,
        },
    }];
    Work::own(FILE.into(), &scenario.to_string()).ok()
}

/// A scenario with its broker outside; none if it has no broker, or more than one.
pub(crate) fn twin(scenario: &Scenario) -> Option<Work> {
    let (mut twin, _) = scenario.with_broker_outside();
    twin.title = format!("Live: {}", scenario.title);
    broker(&twin)?;
    Work::own(FILE.into(), &twin.to_string()).ok()
}

/// The name of the broker that is outside.
pub(crate) fn broker(scenario: &Scenario) -> Option<String> {
    let mut brokers = scenario
        .nodes
        .iter()
        .filter(|node| node.kind == NodeKind::Remote(RemoteRole::Broker));
    let broker = brokers.next()?;
    brokers.next().is_none().then(|| broker.name.clone())
}
