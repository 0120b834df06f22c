//! Who is there, before anything happens.

use crate::payload::shown;
use crate::story::{Figure, Keeps, Lane, Story, Wire};
use device::umqtt::Library;
use sim::{Log, NodeId, NodeRole};

/// A longer name is cut where it is shown.
const NAME_MAX_CHARS: usize = 40;

/// The nodes of a log, and where each has its lane.
pub(super) struct Stage {
    /// By node: its lane.
    lanes: Vec<usize>,
    /// The lanes whose programs send nothing again in a new connection.
    begin_anew: Vec<usize>,
}

impl Stage {
    /// The nodes in their order, but the broker in the middle, where arrows are short.
    pub(super) fn of(log: &Log) -> (Self, Story) {
        let mut nodes: Vec<usize> = (0..log.nodes().len()).collect();
        if let Some(broker) = log
            .nodes()
            .iter()
            .position(|node| node.role == NodeRole::Broker)
        {
            nodes.remove(broker);
            nodes.insert(nodes.len().div_ceil(2), broker);
        }
        let lanes = nodes.iter().filter_map(|&node| {
            let info = log.nodes().get(node)?;
            Some(Lane {
                node,
                name: info.name.clone(),
                shown: shown(&info.name, NAME_MAX_CHARS),
                figure: figure(&info.role),
                keeps: keeps(&info.role),
                // The log of a run knows nothing of places.
                place: None,
            })
        });
        let lanes: Vec<Lane> = lanes.collect();
        let mut stage = Self {
            lanes: vec![0; lanes.len()],
            begin_anew: Vec::new(),
        };
        for (lane, it) in lanes.iter().enumerate() {
            if let Some(slot) = stage.lanes.get_mut(it.node) {
                *slot = lane;
            }
            let role = log.nodes().get(it.node).map(|info| &info.role);
            if role.is_some_and(begins_anew) {
                stage.begin_anew.push(lane);
            }
        }
        // Every node has a lane, so every link has both ends, and a link's number is its wire's.
        let wires = log.links().iter().filter_map(|link| {
            Some(Wire {
                client: stage.lane(link.a)?,
                broker: stage.lane(link.b)?,
                latency: link.latency.as_micros(),
            })
        });
        let wires = wires.collect();
        let story = Story {
            lanes,
            wires,
            ..Story::default()
        };
        (stage, story)
    }

    /// Whether a lane's program has a library of its own, which sends no packet again in a new connection.
    pub(super) fn begins_anew(&self, lane: usize) -> bool {
        self.begin_anew.contains(&lane)
    }

    /// The lane of a node; `None` for a node that the log does not have.
    pub(super) fn lane(&self, node: NodeId) -> Option<usize> {
        self.lanes.get(usize::from(node.0)).copied()
    }
}

/// Whether a client sends no packet again in a new connection. No library of MicroPython does; umqtt.robust2 makes new packets.
const fn begins_anew(role: &NodeRole) -> bool {
    match role {
        NodeRole::Broker => false,
        NodeRole::Device {
            library,
            runs_script,
            ..
        } => library.is_some() || *runs_script,
    }
}

fn figure(role: &NodeRole) -> Figure {
    match role {
        NodeRole::Broker => Figure::Broker,
        NodeRole::Device { blueprint, .. } => match blueprint.as_str() {
            "phone" => Figure::Phone,
            "robot" => Figure::Robot,
            "thermometer" => Figure::Thermometer,
            "button" => Figure::Button,
            "lamp" => Figure::Lamp,
            "window-sensor" => Figure::Window,
            "dashboard" => Figure::Dashboard,
            "sleeper" => Figure::Sleeper,
            _ => Figure::Client,
        },
    }
}

/// What a client keeps that is not acknowledged: of MicroPython's libraries only umqtt.robust2 keeps anything.
const fn keeps(role: &NodeRole) -> Keeps {
    match role {
        NodeRole::Device {
            runs_script: true, ..
        } => Keeps::Unseen,
        NodeRole::Broker
        | NodeRole::Device {
            library: None | Some(Library::Robust2),
            ..
        } => Keeps::Copies,
        NodeRole::Device { .. } => Keeps::Nothing,
    }
}
