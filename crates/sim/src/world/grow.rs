//! Nodes that come while a run goes on.
//!
//! They are part of the scenario from then on, as if they had always been there and had done nothing: random numbers are
//! drawn from a stream for each node and link, so nothing that has happened is another for them.

use super::{DEVICE_STREAMS, World, WorldError};
use crate::link::Link;
use crate::log::{LinkInfo, NodeInfo, NodeRole};
use crate::node::Node;
use crate::recording::Recording;
use crate::rng::Rng;
use crate::scenario::{LinkSpec, NodeKind, NodeSpec, RemoteRole, Scenario};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// The nodes and links that came.
pub(crate) struct Growth {
    scenario: Rc<Scenario>,
    nodes: Vec<Node>,
    links: Vec<Link>,
}

impl Growth {
    /// What comes to a scenario with these.
    fn new(
        old: &Scenario,
        seed: u64,
        nodes: Vec<NodeSpec>,
        links: Vec<LinkSpec>,
    ) -> Result<Self, WorldError> {
        let mut scenario = old.clone();
        scenario.nodes.extend(nodes);
        scenario.links.extend(links);
        let nodes = (DEVICE_STREAMS..)
            .zip(&scenario.nodes)
            .skip(old.nodes.len())
            .map(|(stream, spec)| match spec.kind {
                NodeKind::Remote(_) => Node::new(spec, Rng::stream(seed, stream), None),
                // What begins at the first event cannot come later.
                NodeKind::Broker | NodeKind::Device(_) => {
                    Err(WorldError::IsInside(spec.name.clone()))
                }
            })
            .collect::<Result<_, _>>()?;
        let named = |name: &String| {
            let mut nodes = (0..).zip(&scenario.nodes);
            let found = nodes.find(|(_, spec)| spec.name == *name);
            found
                .map(|(id, _)| crate::id::NodeId(id))
                .ok_or_else(|| WorldError::UnknownNode(name.clone()))
        };
        let links = (0_u64..)
            .zip(&scenario.links)
            .skip(old.links.len())
            .map(|(index, spec)| {
                let (a, b) = (named(&spec.a)?, named(&spec.b)?);
                Ok(Link::new(spec, a, b, Rng::stream(seed, index)))
            })
            .collect::<Result<_, WorldError>>()?;
        Ok(Self {
            scenario: Rc::new(scenario),
            nodes,
            links,
        })
    }
}

impl World {
    fn grow(&mut self, growth: &Growth) {
        self.scenario = Rc::clone(&growth.scenario);
        self.nodes.extend(growth.nodes.iter().cloned());
        self.links.extend(growth.links.iter().cloned());
    }
}

impl Recording {
    /// Nodes whose programs are outside come, with their links: behind the others, and as if they had always been there. A
    /// run of the scenario with them, and with what was done in this one, is the same.
    ///
    /// # Errors
    /// A link names a node that is not there, or the program of a node is not outside. Nothing has come then.
    pub fn grow(&mut self, nodes: Vec<NodeSpec>, links: Vec<LinkSpec>) -> Result<(), WorldError> {
        let growth = Growth::new(self.scenario(), self.seed(), nodes, links)?;
        let old = self.scenario().nodes.len();
        let nodes = growth.scenario.nodes.iter().skip(old).map(node_info);
        let links = growth.links.iter().map(link_info);
        let (nodes, links) = (nodes.collect(), links.collect());
        self.grown(&growth.scenario, nodes, links, |world| world.grow(&growth));
        Ok(())
    }
}

/// What a log says of a node.
pub(super) fn node_info(spec: &NodeSpec) -> NodeInfo {
    NodeInfo {
        name: spec.name.clone(),
        role: match &spec.kind {
            NodeKind::Broker | NodeKind::Remote(RemoteRole::Broker) => NodeRole::Broker,
            NodeKind::Device(device) => NodeRole::Device {
                blueprint: device.blueprint.clone(),
                library: device.program.as_ref().map(|program| program.library),
                runs_script: device.script.is_some(),
            },
            // Which blueprint it would be is not known.
            NodeKind::Remote(RemoteRole::Device) => NodeRole::Device {
                blueprint: String::new(),
                library: None,
                runs_script: false,
            },
        },
        is_remote: matches!(spec.kind, NodeKind::Remote(_)),
    }
}

/// What a log says of a link.
pub(super) fn link_info(link: &Link) -> LinkInfo {
    LinkInfo {
        a: link.a,
        b: link.b,
        latency: link.latency(),
    }
}
