//! The rows that machines say they have followed: one behind the other as the tables have it, and each machine stands where
//! its last row leads.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use mqtt_proto::session::{Awaits, Direction, InFlight, ReceiverState, SenderState};
use mqtt_proto::{ClientState, PacketId, ServerState, Taken};
use sim::scenario::NodeKind;
use sim::{Cursor, NodeId, Recording, Scenario, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// A run is followed up to here.
const RECORDS_MAX: u32 = 3_000;

/// Where a machine stands, by what it has followed.
#[derive(Default)]
struct Stands {
    clients: BTreeMap<NodeId, ClientState>,
    servers: BTreeMap<NodeId, ServerState>,
    senders: BTreeMap<(NodeId, NodeId, PacketId), SenderState>,
    receivers: BTreeMap<(NodeId, NodeId, PacketId), ReceiverState>,
    kinds: BTreeSet<String>,
}

impl Stands {
    fn take(&mut self, at: NodeId, client: NodeId, taken: Taken) {
        self.kinds.insert(
            format!("{taken:?}")
                .chars()
                .take_while(|it| *it != '(')
                .collect(),
        );
        match taken {
            Taken::Client(state, input) => {
                let before = self.clients.insert(client, state.on(input).next);
                assert_eq!(
                    before.unwrap_or(ClientState::Closed),
                    state,
                    "{client:?} {taken}"
                );
            }
            Taken::Server(state, input) => {
                let before = self.servers.insert(client, state.on(input).next);
                // A new connection begins anew.
                let is_new = state == ServerState::AwaitConnect;
                assert!(
                    before == Some(state) || is_new,
                    "{client:?} {before:?} {taken}"
                );
            }
            Taken::Sender(id, state, input) => {
                self.senders.insert((at, client, id), state.on(input).next);
            }
            Taken::Receiver(id, state, input) => {
                self.receivers
                    .insert((at, client, id), state.on(input).next);
            }
        }
    }

    fn check_session<'a>(
        &self,
        at: NodeId,
        client: NodeId,
        rows: impl Iterator<Item = InFlight<'a>>,
    ) {
        for row in rows {
            let Some(id) = row.id else { continue };
            let key = (at, client, id);
            let sender = match row.awaits {
                Awaits::PubAck => SenderState::AwaitPubAck,
                Awaits::PubRec => SenderState::AwaitPubRec,
                Awaits::PubComp => SenderState::AwaitPubComp,
                Awaits::Sending | Awaits::PubRel => SenderState::Free,
            };
            match row.direction {
                Direction::Outgoing => assert_eq!(self.senders.get(&key), Some(&sender), "{key:?}"),
                Direction::Incoming => {
                    let remembered = Some(&ReceiverState::AwaitPubRel);
                    assert_eq!(self.receivers.get(&key), remembered, "{key:?}");
                }
            }
        }
    }

    fn check(&self, world: &World, devices: &[(NodeId, String)], broker: NodeId) {
        let broker_state = world
            .node(broker)
            .and_then(|it| it.broker())
            .expect("a broker");
        for (node, client_id) in devices {
            let device = world
                .node(*node)
                .and_then(|it| it.device())
                .expect("a device");
            let client = device.client();
            let stands = self
                .clients
                .get(node)
                .copied()
                .unwrap_or(ClientState::Closed);
            assert_eq!(client.state(), stands, "{client_id}");
            self.check_session(*node, *node, client.in_flight());
            let Some(session) = broker_state.session(client_id) else {
                continue;
            };
            self.check_session(broker, *node, session.in_flight());
            if let Some(connection) = session
                .connection()
                .and_then(|it| broker_state.connection(it))
            {
                assert_eq!(
                    self.servers.get(node),
                    Some(&connection.state()),
                    "{client_id}"
                );
            }
        }
    }
}

#[test]
fn machines_stand_where_the_rows_lead_that_they_followed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut kinds = BTreeSet::new();
    let mut followed = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let file = entry.expect("it can be read").path();
        if file.extension().is_none_or(|it| it != "mqtt") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("it can be read");
        let scenario = Scenario::parse(&text).expect("it is one");
        let nodes = || (0_u16..).map(NodeId).zip(&scenario.nodes);
        let devices: Vec<(NodeId, String)> = nodes()
            .filter_map(|(id, node)| match &node.kind {
                NodeKind::Device(device) => Some((id, device.client_id.as_str().to_owned())),
                NodeKind::Broker | NodeKind::Remote(_) => None,
            })
            .collect();
        let ids: BTreeSet<&String> = devices.iter().map(|(_, id)| id).collect();
        let brokers: Vec<NodeId> = nodes()
            .filter(|(_, node)| matches!(node.kind, NodeKind::Broker))
            .map(|(id, _)| id)
            .collect();
        // Whose session it is follows from the client id here; and one that forgets does not follow a row.
        let forgets = text.contains("forget") || text.contains("crash") || text.contains("power");
        if ids.len() < devices.len() || brokers.len() != 1 || forgets {
            continue;
        }
        let seed = scenario.seed;
        let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
        let log = recording.log();
        let mut stands = Stands::default();
        let mut from = Cursor::START;
        for step in log.steps() {
            let to = Cursor::after(*step);
            if to.0 > RECORDS_MAX {
                break;
            }
            for traced in recording.transitions(from, to) {
                let client = traced.client.expect("its connection has two ends");
                stands.take(traced.node, client, traced.taken);
            }
            stands.check(&recording.world_at(to), &devices, brokers[0]);
            from = to;
        }
        followed += 1;
        kinds.extend(stands.kinds);
    }
    assert!(followed > 20, "{followed}");
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}

#[test]
fn a_log_is_the_same_whether_rows_are_traced() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/qos2.mqtt");
    let scenario =
        Scenario::parse(&fs::read_to_string(file).expect("it can be read")).expect("it is one");
    let seed = scenario.seed;
    let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
    let end = recording.log().end();
    let all = recording.transitions(Cursor::START, end);
    assert!(all.len() > 10);
    // In pieces it is the same.
    let mut pieces = Vec::new();
    let mut from = Cursor::START;
    for step in recording.log().steps() {
        pieces.extend(recording.transitions(from, Cursor::after(*step)));
        from = Cursor::after(*step);
    }
    pieces.extend(recording.transitions(from, end));
    assert_eq!(pieces, all);
}
