//! The world of a board at this page's broker: the broker is in it, the board is outside, and beside it stands its twin.
//!
//! The twin is what the board says it is, simulated: the same blueprint, session, rules and will, under another client id,
//! because a broker knows each only once. What happens to the board's line happens to the twin's, so that what differs is what
//! they do.

use crate::work::Work;
use mqtt_proto::{Duration, Instant, Text, Version};
use sim::Scenario;
use sim::scenario::{
    Action, DeviceSpec, LinkSpec, NodeAction, NodeKind, NodeSpec, Planned, RemoteRole, When, limits,
};

/// The name of the run in addresses.
pub(crate) const FILE: &str = "board";
/// What stands behind the name of a board in its twin's.
const TWIN: &str = "-twin";
/// The page's own client, from which messages can be sent. It hears everything.
const PAGE: &str = "page";
const BROKER: &str = "broker";
/// A board that does not say what it is.
const UNKNOWN: &str = "board";

/// A world, and who is who in it.
pub(super) struct World {
    /// What happens in it is added while it goes on.
    pub(super) work: Work,
    /// The board.
    pub(super) board: String,
    pub(super) broker: String,
    /// Its twin, if the board has said what it is.
    pub(super) twin: Option<String>,
}

impl World {
    /// Of a board that says of itself what it is, or nothing.
    pub(super) fn of(text: Option<&str>) -> Option<Self> {
        let spec = text.and_then(device);
        let board = spec.as_ref().map_or(UNKNOWN, |it| &it.name).to_owned();
        // Its script would need an interpreter of its own.
        let twin =
            spec.filter(|it| matches!(&it.kind, NodeKind::Device(it) if it.script.is_none()));
        let version = twin.as_ref().map_or(Version::V311, version);
        let twin = twin.and_then(as_twin);
        let mut taken = vec![board.clone()];
        taken.extend(twin.as_ref().map(|it| it.name.clone()));
        let mut free = |name: &str| {
            let mut free = name.to_owned();
            while taken.contains(&free) {
                free.push('-');
            }
            taken.push(free.clone());
            free
        };
        let (broker, page) = (free(BROKER), free(PAGE));
        let spoken = match version {
            Version::V311 => "3.1.1",
            Version::V5 => "5.0",
        };
        let text = format!(
            "scenario \"A board\"\nversion {spoken}\nuntil 20 s\nnode {broker} broker\nnode {page} phone\n  \
             subscribe \"#\" qos 1\n  reconnect back-off 1 s to 30 s\n"
        );
        let mut scenario = Scenario::parse(&text).ok()?;
        scenario.title = format!("Board: {board}");
        let remote = NodeKind::Remote(RemoteRole::Device);
        scenario
            .nodes
            .insert(0, NodeSpec::new(board.clone(), remote));
        let twin_name = twin.as_ref().map(|it| it.name.clone());
        // Side by side, in drawings too.
        scenario.nodes.splice(1..1, twin);
        for name in [Some(&board), Some(&page), twin_name.as_ref()]
            .into_iter()
            .flatten()
        {
            // The cable takes no time that the page could tell.
            let latency = Duration::ZERO;
            let link = LinkSpec::new(name.clone(), broker.clone());
            scenario.links.push(LinkSpec { latency, ..link });
        }
        for name in [Some(page), twin_name.clone()].into_iter().flatten() {
            let action = Action::Node {
                node: name,
                act: NodeAction::Connect,
            };
            let when = When::At(Instant::ZERO);
            scenario.events.push(Planned { when, action });
        }
        let work = Work::own(FILE.into(), &scenario.to_string()).ok()?;
        Some(Self {
            work,
            board,
            broker,
            twin: twin_name,
        })
    }
}

/// The first device of a scenario file: what a board is.
fn device(text: &str) -> Option<NodeSpec> {
    let scenario = Scenario::parse(text).ok()?;
    let mut nodes = scenario.nodes.into_iter();
    nodes.find(|node| matches!(node.kind, NodeKind::Device(_)))
}

fn version(node: &NodeSpec) -> Version {
    match &node.kind {
        NodeKind::Device(spec) => spec.version,
        _ => Version::V311,
    }
}

fn as_twin(node: NodeSpec) -> Option<NodeSpec> {
    let NodeKind::Device(spec) = node.kind else {
        return None;
    };
    let name = format!("{}{TWIN}", node.name);
    let client_id = Text::try_from(format!("{}{TWIN}", spec.client_id.as_str()).as_str()).ok()?;
    let spec = DeviceSpec { client_id, ..*spec };
    (name.len() <= limits::NAME_MAX_BYTES).then(|| NodeSpec {
        name,
        kind: NodeKind::Device(Box::new(spec)),
        place: None,
        ..node
    })
}

/// The devices of a scenario that boards can be, by name, and each as a scenario of its own. A script is left to boards that run
/// MicroPython.
pub(crate) fn devices(scenario: &Scenario) -> impl Iterator<Item = (String, String)> {
    let devices = scenario.nodes.iter().filter(|node| match &node.kind {
        NodeKind::Device(spec) => spec.script.is_none(),
        _ => false,
    });
    devices.map(|device| {
        let broker = if device.name == BROKER {
            "broker-1"
        } else {
            BROKER
        };
        let mut alone = Scenario::empty(device.name.clone());
        alone.version = version(device);
        alone.until = Instant::from_micros(20_000_000);
        let broker = NodeSpec::new(broker.to_owned(), NodeKind::Broker);
        let link = LinkSpec::new(device.name.clone(), broker.name.clone());
        alone.nodes = vec![broker, device.clone()];
        alone.links = vec![link];
        (device.name.clone(), alone.to_string())
    })
}

/// The boards of a scenario and their twins, by name. A run that is looked at again knows them by this.
pub(crate) fn twins(scenario: &Scenario) -> impl Iterator<Item = (&NodeSpec, &NodeSpec)> {
    let nodes = || scenario.nodes.iter();
    let boards = nodes().filter(|it| it.kind == NodeKind::Remote(RemoteRole::Device));
    boards.filter_map(move |board| {
        let is_twin = |it: &&NodeSpec| it.name.strip_suffix(TWIN) == Some(&board.name);
        Some((board, nodes().find(is_twin)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_a_board_stands_what_it_says_it_is() {
        let text = "scenario \"x\"\nversion 5.0\nnode b broker\nnode page lamp\n  subscribe \"a/set\" qos 2\n  \
                    will \"a\" \"gone\" qos 1\nlink page to b\n";
        let world = World::of(Some(text)).unwrap();
        assert_eq!((&*world.board, &*world.broker), ("page", "broker"));
        assert_eq!(world.twin.as_deref(), Some("page-twin"));
        let scenario = &world.work.scenario;
        let names: Vec<&str> = scenario.nodes.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["page", "page-twin", "broker", "page-"]);
        let (_, twin) = twins(scenario).next().unwrap();
        let NodeKind::Device(spec) = &twin.kind else {
            panic!("{twin:?}");
        };
        assert_eq!((&*spec.blueprint, spec.version), ("lamp", Version::V5));
        assert!(spec.will.is_some() && spec.subscriptions.len() == 1);
    }

    #[test]
    fn every_device_of_the_page_can_be_a_board() {
        let mut count = 0;
        for world in crate::library::built_in() {
            for (name, text) in devices(&world.scenario) {
                let settings = board::Settings {
                    device: text,
                    ..board::Settings::default()
                };
                let config = settings.device_config(0);
                assert!(config.is_ok(), "{}: {name}", world.file);
                count += 1;
            }
        }
        assert!(count > 20);
    }

    #[test]
    fn who_does_not_say_what_it_is_stands_alone() {
        for text in [
            None,
            Some("scenario"),
            Some("scenario \"x\"\nnode b broker\n"),
        ] {
            let world = World::of(text).unwrap();
            assert_eq!((&*world.board, world.twin), ("board", None));
            assert_eq!(twins(&world.work.scenario).count(), 0);
        }
    }
}
