//! Random worlds: scenarios that nobody would write, for finding what nobody thought of.

use crate::rng::Rng;
use crate::scenario::{
    Action, CrashMoment, DeviceSpec, LinkSpec, NodeAction, NodeKind, NodeSpec, PacketPattern,
    Phase, Planned, Reconnect, Scenario, SessionSpec, Storage, SubscriptionSpec, When, WillSpec,
};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::{PacketType, Properties, SubscriptionOptions};
use mqtt_proto::{Duration, Instant, Qos, Text, TopicFilter, TopicName, Version};

/// Faults and messages come before this; then everything is mended.
const TROUBLE_ENDS: Instant = Instant::from_micros(20_000_000);
/// How long the mended world gets to settle. Longer than a client waits for an answer, 10 s, and than 1.5 times the longest
/// keep alive, one after the other.
const SETTLING: Duration = Duration::from_secs(100);

/// The random world of a seed. The same seed gives the same scenario, everywhere and always.
///
/// A watcher subscribes to everything. Nothing happens to it or its link; everybody else has a hard time until 20 s. Then
/// links and nodes are mended, connections that are only half open come to light, and all devices connect.
#[must_use]
pub fn scenario(seed: u64) -> Scenario {
    let mut world = Builder {
        rng: Rng::stream(seed, u64::MAX),
        scenario: Scenario::empty(format!("random world {seed}")),
        devices: Vec::new(),
    };
    world.scenario.seed = seed;
    world.scenario.until = TROUBLE_ENDS + SETTLING;
    world.nodes();
    world.messages();
    world.faults();
    world.mend();
    world.scenario
}

struct Builder {
    rng: Rng,
    scenario: Scenario,
    /// All devices but the watcher, by name.
    devices: Vec<String>,
}

const BROKER: &str = "broker";
const WATCHER: &str = "watcher";

impl Builder {
    fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let index = self.rng.below(from.len() as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| from.get(index))
            .copied()
            .unwrap_or(otherwise)
    }

    fn qos(&mut self) -> Qos {
        let all = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];
        self.pick(&all, Qos::ExactlyOnce)
    }

    fn version(&mut self) -> Version {
        self.pick(&Version::ALL, Version::V311)
    }

    fn time_of_trouble(&mut self) -> Instant {
        Instant::from_micros(self.rng.below(TROUBLE_ENDS.as_micros()))
    }

    fn short_time(&mut self) -> Duration {
        Duration::from_millis(self.rng.below(4_000) + 1)
    }

    fn device(&mut self) -> String {
        let index = self.rng.below(self.devices.len() as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| self.devices.get(index))
            .cloned()
            .unwrap_or_default()
    }

    fn nodes(&mut self) {
        let work = Duration::from_millis(self.rng.below(3) * 5);
        self.node(BROKER.to_string(), NodeKind::Broker, work);
        if self.rng.happens(1, 3)
            && let Some(broker) = self.scenario.nodes.last_mut()
        {
            broker.bounds.backlog_bytes = Some(40);
        }
        let watcher = DeviceSpec {
            subscriptions: subscription("#", Qos::ExactlyOnce).into_iter().collect(),
            session: SessionSpec::Kept,
            ..plain(self.version(), WATCHER)
        };
        self.node(
            WATCHER.to_string(),
            NodeKind::Device(Box::new(watcher)),
            Duration::ZERO,
        );
        self.link(WATCHER);
        self.at(Instant::ZERO, act(WATCHER, NodeAction::Connect));
        for index in 0..=self.rng.below(4) {
            self.random_device(index);
        }
    }

    fn random_device(&mut self, index: u64) {
        let name = format!("d{index}");
        let mut device = plain(self.version(), &name);
        if self.rng.happens(2, 3) {
            device.session = SessionSpec::Kept;
        }
        device.keep_alive_secs = self.pick(&[0, 2, 5, 30], 0);
        device.reconnect = if self.rng.happens(1, 2) {
            Reconnect::WhenLinkIsUp
        } else {
            Reconnect::Every(self.short_time())
        };
        if self.rng.happens(3, 4) {
            let filter = self.pick(&["#", "t/#", "t/+", "t/0", "t/1"], "#");
            device.subscriptions = subscription(filter, self.qos()).into_iter().collect();
        }
        if self.rng.happens(1, 3) {
            device.will = topic(&format!("will/{name}")).map(|topic| WillSpec {
                topic,
                payload: Bytes::from(format!("{name} is gone")),
                qos: self.qos(),
                retain: self.rng.happens(1, 2),
                properties: Properties::EMPTY,
            });
        }
        let work = Duration::from_millis(self.rng.below(3));
        self.node(name.clone(), NodeKind::Device(Box::new(device)), work);
        self.link(&name);
        let at = Instant::from_micros(self.rng.below(2_000_000));
        self.at(at, act(&name, NodeAction::Connect));
        self.devices.push(name);
    }

    fn node(&mut self, name: String, kind: NodeKind, work: Duration) {
        let storage = if self.rng.happens(3, 4) {
            Storage::Keeps
        } else {
            Storage::Forgets
        };
        self.scenario.nodes.push(NodeSpec {
            work,
            storage,
            ..NodeSpec::new(name, kind)
        });
    }

    fn link(&mut self, name: &str) {
        let mut link = LinkSpec::new(name.to_string(), BROKER.to_string());
        link.latency = Duration::from_millis(self.rng.below(80));
        if self.rng.happens(1, 3) {
            link.jitter = Duration::from_millis(self.rng.below(50));
        }
        if self.rng.happens(1, 4) {
            link.bytes_per_second = Some(self.pick(&[100, 1_000, 50_000], 1_000));
        }
        if self.rng.happens(1, 4) {
            link.window_bytes = 40;
        }
        self.scenario.links.push(link);
    }

    fn at(&mut self, at: Instant, action: Action) {
        self.scenario.events.push(Planned {
            when: When::At(at),
            action,
        });
    }

    /// Every message says something else, so that copies can be told apart.
    fn messages(&mut self) {
        for number in 0..self.rng.below(16) {
            let by = self.device();
            // One QoS for each topic, or the order of its messages would be nobody's promise.
            let topic_number = self.rng.below(4);
            let level = self.qos();
            let name = format!("t/{topic_number}/{by}/{}", level.bits());
            let short = format!("t/{topic_number}");
            let name = if self.rng.happens(1, 2) { name } else { short };
            let Some(topic) = topic(&name) else { continue };
            let retain = self.rng.happens(1, 3);
            let payload = Bytes::from(format!("m{number}"));
            let publish = NodeAction::Publish {
                topic,
                payload,
                qos: level,
                retain,
                properties: Properties::EMPTY,
            };
            let at = self.time_of_trouble();
            self.at(at, act(&by, publish));
        }
    }

    fn faults(&mut self) {
        for _ in 0..self.rng.below(8) {
            let when = if self.rng.happens(1, 2) {
                When::At(self.time_of_trouble())
            } else {
                self.moment()
            };
            let action = self.fault();
            self.scenario.events.push(Planned { when, action });
        }
    }

    /// A moment of some packet's life: where handshakes are most vulnerable.
    fn moment(&mut self) -> When {
        let types = [
            PacketType::Connect,
            PacketType::ConnAck,
            PacketType::Publish,
            PacketType::PubAck,
            PacketType::PubRec,
            PacketType::PubRel,
            PacketType::PubComp,
            PacketType::Subscribe,
            PacketType::SubAck,
        ];
        let pattern = PacketPattern::any(self.pick(&types, PacketType::Publish));
        When::Packet {
            pattern: PacketPattern {
                dup: self.rng.happens(1, 8),
                ..pattern
            },
            nth: u32::try_from(self.rng.below(6)).unwrap_or(0) + 1,
            phase: self.pick(
                &[Phase::Sent, Phase::OnTheWire, Phase::Arrived],
                Phase::OnTheWire,
            ),
            delay: Duration::ZERO,
        }
    }

    fn fault(&mut self) -> Action {
        let name = self.device();
        let span = Some(self.short_time());
        match self.rng.below(12) {
            11 => Action::Stall {
                toward: self.rng.happens(1, 3).then(|| BROKER.to_string()),
                bytes_per_second: self.rng.happens(1, 2).then_some(20),
                a: name,
                b: BROKER.to_string(),
                span,
            },
            10 => Action::Hold {
                toward: None,
                a: name,
                b: BROKER.to_string(),
                span,
            },
            0..4 => Action::Cut {
                a: name,
                b: BROKER.to_string(),
                after_bytes: self.pick(&[0, 0, 1, 2, 3, 4, 10, 1_000], 0),
                span,
            },
            4..6 => Action::Silence {
                toward: match self.rng.below(3) {
                    0 => None,
                    1 => Some(name.clone()),
                    _ => Some(BROKER.to_string()),
                },
                a: name,
                b: BROKER.to_string(),
                span,
            },
            6 => act(&name, NodeAction::PowerOff { span }),
            7 => act(BROKER, NodeAction::PowerOff { span }),
            other => {
                let moments = [
                    CrashMoment::Now,
                    CrashMoment::BeforeSaving,
                    CrashMoment::AfterSaving,
                ];
                let moment = self.pick(&moments, CrashMoment::Now);
                let crash = NodeAction::Crash { moment, span };
                act(if other == 8 { &name } else { BROKER }, crash)
            }
        }
    }

    fn mend(&mut self) {
        let mut names = self.devices.clone();
        names.push(WATCHER.to_string());
        self.at(TROUBLE_ENDS, act(BROKER, NodeAction::PowerOn));
        for name in names {
            // A cut tells both ends of connections that are only half open by now.
            let cut = Action::Cut {
                a: name.clone(),
                b: BROKER.to_string(),
                after_bytes: 0,
                span: Some(Duration::from_secs(1)),
            };
            self.at(TROUBLE_ENDS, cut);
            self.at(TROUBLE_ENDS, act(&name, NodeAction::PowerOn));
            self.at(TROUBLE_ENDS, act(&name, NodeAction::Connect));
        }
    }
}

fn act(node: &str, act: NodeAction) -> Action {
    Action::Node {
        node: node.to_string(),
        act,
    }
}

fn plain(version: Version, name: &str) -> DeviceSpec {
    let id = Text::try_from(name).unwrap_or_default();
    DeviceSpec {
        reconnect: Reconnect::Every(Duration::from_secs(1)),
        ..DeviceSpec::new("phone".to_string(), id, version)
    }
}

fn topic(name: &str) -> Option<TopicName> {
    TopicName::new(Text::try_from(name).ok()?).ok()
}

fn subscription(filter: &str, qos: Qos) -> Option<SubscriptionSpec> {
    let filter = TopicFilter::new(Text::try_from(filter).ok()?).ok()?;
    Some(SubscriptionSpec::new(filter, SubscriptionOptions::at(qos)))
}

/// Leaves out events, then nodes with all that names them, as long as `fails` still holds. The answer is a scenario from
/// which nothing more can be left out.
pub fn shrink(scenario: &Scenario, mut fails: impl FnMut(&Scenario) -> bool) -> Scenario {
    let mut small = scenario.clone();
    loop {
        let before = size(&small);
        let mut index = 0;
        while index < small.events.len() {
            let mut smaller = small.clone();
            smaller.events.remove(index);
            if fails(&smaller) {
                small = smaller;
            } else {
                index += 1;
            }
        }
        let names: Vec<String> = small.nodes.iter().map(|node| node.name.clone()).collect();
        for name in names {
            let smaller = without_node(&small, &name);
            if fails(&smaller) {
                small = smaller;
            }
        }
        if size(&small) == before {
            return small;
        }
    }
}

fn size(scenario: &Scenario) -> (usize, usize) {
    (scenario.events.len(), scenario.nodes.len())
}

fn without_node(scenario: &Scenario, name: &str) -> Scenario {
    let mut smaller = scenario.clone();
    smaller.nodes.retain(|node| node.name != name);
    smaller
        .links
        .retain(|link| link.a != name && link.b != name);
    smaller.events.retain(|planned| {
        let named = match &planned.action {
            Action::Node { node, .. } => node == name,
            Action::Cut { a, b, .. }
            | Action::Silence { a, b, .. }
            | Action::Stall { a, b, .. }
            | Action::Hold { a, b, .. }
            | Action::Gate { a, b, .. }
            | Action::Pass { a, b, .. }
            | Action::Release { a, b, .. }
            | Action::Double { a, b }
            | Action::Lose { a, b }
            | Action::Restore { a, b } => a == name || b == name,
        };
        let waits_for = match &planned.when {
            When::At(_) => false,
            When::Packet { pattern, .. } => [&pattern.from, &pattern.to]
                .map(Option::as_deref)
                .contains(&Some(name)),
        };
        !named && !waits_for
    });
    smaller
}
