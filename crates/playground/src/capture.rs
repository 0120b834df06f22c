//! A run as a capture that Wireshark reads: every packet of the log in a synthetic TCP connection, with what the page says of it.

use crate::story::Story;
use crate::text::Language;
use ::capture::{Connection, Happening, Host, What};
use sim::record::Closing;
use sim::{Log, RecordId, RecordKind};
use std::collections::HashMap;

/// The port of MQTT.
const MQTT_PORT: u16 = 1883;
/// The first of the ports that clients dial from.
const CLIENT_PORT: u16 = 49_152;

/// A pcapng file of a log's first `shown` records.
///
/// # Errors
/// What the writer says.
pub(crate) fn pcapng(log: &Log, story: &Story, shown: usize) -> Result<Vec<u8>, String> {
    let mut connections: Vec<Connection> = Vec::new();
    let mut happenings: Vec<Happening> = Vec::new();
    // By the record of its opening: the connection; by flight: its connection, direction and place in it.
    let mut opened: HashMap<RecordId, (usize, sim::NodeId)> = HashMap::new();
    let mut flights: HashMap<RecordId, (usize, bool, usize)> = HashMap::new();
    let mut sent: HashMap<(usize, bool), usize> = HashMap::new();
    for record in log.records(log.end()).iter().take(shown) {
        let at = record.at.as_micros();
        let mut happens = |connection: usize, what: What| {
            happenings.push(Happening {
                at,
                connection,
                what,
            });
        };
        match &record.kind {
            RecordKind::ConnectionOpened { client, server, .. } => {
                let number = connections.len();
                let offset = u16::try_from(number % 16_000).unwrap_or(0);
                connections.push(Connection {
                    client: host(*client, CLIENT_PORT + offset),
                    server: host(*server, MQTT_PORT),
                });
                opened.insert(record.id, (number, *client));
                happens(number, What::Open);
            }
            RecordKind::Sent(flight) => {
                let Some(&(connection, client)) = opened.get(&flight.connection) else {
                    continue;
                };
                let by_client = flight.from == client;
                let place = sent.entry((connection, by_client)).or_default();
                flights.insert(record.id, (connection, by_client, *place));
                *place += 1;
                happens(
                    connection,
                    What::Sent {
                        by_client,
                        bytes: flight.bytes.to_vec(),
                        comment: comment(story, record.id),
                    },
                );
            }
            RecordKind::Arrived { flight } => {
                if let Some(&(connection, by_client, sent)) = flights.get(&flight.0) {
                    happens(connection, What::Arrived { by_client, sent });
                }
            }
            RecordKind::ConnectionClosed {
                opened: of, why, ..
            } => {
                let Some(&(connection, client)) = opened.get(of) else {
                    continue;
                };
                let by_client = record.node == Some(client);
                happens(
                    connection,
                    match why {
                        Closing::ByNode | Closing::ByPeer => What::Finish { by_client },
                        Closing::LinkCut | Closing::NodeDown => What::Reset {
                            by_client,
                            comment: String::new(),
                        },
                    },
                );
            }
            _ => {}
        }
    }
    ::capture::write(&connections, &happenings)
}

fn host(node: sim::NodeId, port: u16) -> Host {
    // More nodes than a network of this kind has share addresses: their ports tell them apart.
    let number = u8::try_from(node.0 % 250).unwrap_or(0) + 1;
    Host { number, port }
}

/// The step's line and the rules at work.
fn comment(story: &Story, record: RecordId) -> String {
    let record = usize::try_from(record.0).unwrap_or(usize::MAX);
    let place = story
        .steps
        .binary_search_by_key(&record, |it| it.mark.record);
    let Some((number, step)) = place
        .ok()
        .and_then(|at| Some((at + 1, story.steps.get(at)?)))
    else {
        return String::new();
    };
    let mut comment = format!("Step {number}: {}", step.line);
    for rule in &step.rules {
        comment.push_str(&format!(
            "\n{}: {}",
            rule.label(Language::English),
            rule.gist
        ));
    }
    comment
}
