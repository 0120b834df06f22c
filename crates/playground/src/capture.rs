//! A run as a capture that Wireshark reads: every packet of the log in a synthetic TCP connection, with what the page says of it.

use crate::story::Story;
use crate::text::{self, Voice};
use ::capture::{Connection, Happening, Host, What};
use sim::record::{Closing, Down, Record};
use sim::{LinkId, Log, NodeId, RecordId, RecordKind};
use std::collections::HashMap;

/// The port of MQTT.
const MQTT_PORT: u16 = 1883;
/// The first of the ports that clients dial from.
const CLIENT_PORT: u16 = 49_152;

/// A pcapng file of a log's first `shown` records.
///
/// What bears a packet has the times of the log. What TCP says for itself is not in the log, and its times are made from the
/// link's latency without jitter: SYN and its answer come a round trip and a trip before the client's end opens, and the
/// acknowledgement of the last FIN comes a trip after it (behind the bytes that were sent before it). That acknowledgement is
/// left out where the link fails or the end loses power before, where the link was in trouble, and where it would come after
/// what is shown.
///
/// # Errors
/// What the writer says.
pub(crate) fn pcapng(
    voice: Voice<'_>,
    log: &Log,
    story: &Story,
    shown: usize,
) -> Result<Vec<u8>, String> {
    let mut traffic = Traffic::default();
    let records = log.records(log.end());
    for record in records.iter().take(shown) {
        traffic.take(voice, log, story, record);
    }
    if let Some(last) = records.get(..shown).and_then(<[Record]>::last)
        && shown < records.len()
    {
        let now = last.at.as_micros();
        traffic.awaited.retain(|it| it.happening.at <= now);
    }
    let Traffic {
        connections,
        mut happenings,
        awaited,
        ..
    } = traffic;
    happenings.extend(awaited.into_iter().map(|it| it.happening));
    // Stable: what happens in a connection at one time stays in its order.
    happenings.sort_by_key(|it| it.at);
    ::capture::write(&connections, &happenings)
}

/// What is known of a connection while the log is read.
struct Ends {
    number: usize,
    link: LinkId,
    client: NodeId,
    server: NodeId,
    /// One way over its link, in microseconds.
    trip: u64,
    /// When the FIN of the client and of the server come to the other end, once they are sent.
    finished: [Option<u64>; 2],
    /// When the bytes that the client and the server sent so far will have arrived.
    arrived: [u64; 2],
}

/// An acknowledgement of a FIN that is still to come.
struct Awaited {
    link: LinkId,
    by: NodeId,
    happening: Happening,
}

/// The log's connections, as far as it is read.
#[derive(Default)]
struct Traffic {
    connections: Vec<Connection>,
    happenings: Vec<Happening>,
    /// By the record of its opening.
    opened: HashMap<RecordId, Ends>,
    /// By flight: its connection, direction and place in it.
    flights: HashMap<RecordId, (usize, bool, usize)>,
    sent: HashMap<(usize, bool), usize>,
    awaited: Vec<Awaited>,
    /// Links on which a FIN may not come through.
    troubled: Vec<LinkId>,
}

impl Traffic {
    fn happens(&mut self, at: u64, connection: usize, what: What) {
        self.happenings.push(Happening {
            at,
            connection,
            what,
        });
    }

    fn take(&mut self, voice: Voice<'_>, log: &Log, story: &Story, record: &Record) {
        let at = record.at.as_micros();
        match &record.kind {
            RecordKind::ConnectionOpened {
                link,
                client,
                server,
            } => {
                let number = self.connections.len();
                let offset = u16::try_from(number % 16_000).unwrap_or(0);
                self.connections.push(Connection {
                    client: host(*client, CLIENT_PORT + offset),
                    server: host(*server, MQTT_PORT),
                });
                let trip = log.link(*link).map_or(0, |it| it.latency.as_micros());
                let ends = Ends {
                    number,
                    link: *link,
                    client: *client,
                    server: *server,
                    trip,
                    finished: [None; 2],
                    arrived: [0; 2],
                };
                self.opened.insert(record.id, ends);
                self.happens(
                    at.saturating_sub(trip.saturating_mul(2)),
                    number,
                    What::Dial,
                );
                self.happens(at.saturating_sub(trip), number, What::Answer);
                self.happens(at, number, What::Open);
            }
            RecordKind::Sent(flight) => {
                let Some(ends) = self.opened.get_mut(&flight.connection) else {
                    return;
                };
                let (connection, by_client) = (ends.number, flight.from == ends.client);
                let [client, server] = &mut ends.arrived;
                let arrived = if by_client { client } else { server };
                *arrived = flight.arrives_at.as_micros().max(*arrived);
                let place = self.sent.entry((connection, by_client)).or_default();
                self.flights
                    .insert(record.id, (connection, by_client, *place));
                *place += 1;
                let what = What::Sent {
                    by_client,
                    bytes: flight.bytes.to_vec(),
                    comment: comment(voice, story, record.id),
                };
                self.happens(at, connection, what);
            }
            RecordKind::Arrived { flight } => {
                if let Some(&(connection, by_client, sent)) = self.flights.get(&flight.0) {
                    self.happens(at, connection, What::Arrived { by_client, sent });
                }
            }
            RecordKind::ConnectionClosed {
                opened,
                why,
                client,
                ..
            } => {
                let by_client = record.node == Some(*client);
                let cause = record.cause.and_then(|it| log.record(it));
                self.closes(*opened, by_client, at, *why, cause);
            }
            RecordKind::LinkCut { link }
            | RecordKind::LinkSilent { link, .. }
            | RecordKind::PacketsHeld { link, .. }
            | RecordKind::ReaderStalled { link, .. } => {
                self.troubled.push(*link);
                self.awaited
                    .retain(|it| it.link != *link || it.happening.at <= at);
            }
            RecordKind::LinkRestored { link } | RecordKind::PacketsReleased { link } => {
                self.troubled.retain(|it| it != link);
            }
            RecordKind::NodeDown {
                why: Down::PowerLost,
            } => self
                .awaited
                .retain(|it| Some(it.by) != record.node || it.happening.at <= at),
            _ => {}
        }
    }

    /// An end of a connection closes, and says so if it can.
    fn closes(
        &mut self,
        opened: RecordId,
        by_client: bool,
        at: u64,
        why: Closing,
        cause: Option<&Record>,
    ) {
        let Some(ends) = self.opened.get_mut(&opened) else {
            return;
        };
        let number = ends.number;
        let has_heard = why == Closing::ByPeer;
        match (why, cause.map(|it| (&it.kind, it.at))) {
            // Over a cut link nothing comes.
            (Closing::LinkCut, _) => return,
            // Its computer closes what a crashed program leaves open.
            (
                Closing::NodeDown,
                Some((
                    RecordKind::NodeDown {
                        why: Down::Crashed, ..
                    },
                    _,
                )),
            ) => {}
            // No power, or the radio is off.
            (Closing::NodeDown, _) => return,
            // Bytes came to a computer that has started anew and does not know the connection.
            (Closing::ByPeer, Some((RecordKind::Lost { .. }, since))) => {
                let what = What::Reset {
                    by_client: !by_client,
                    comment: String::new(),
                };
                return self.happens(since.as_micros(), number, what);
            }
            (Closing::ByNode | Closing::ByPeer, _) => {}
        }
        let [of_client, of_server] = ends.finished;
        let [client_arrived, server_arrived] = ends.arrived;
        let (own_node, other_node, other, arrived) = if by_client {
            (ends.client, ends.server, of_server, client_arrived)
        } else {
            (ends.server, ends.client, of_client, server_arrived)
        };
        let due = at.saturating_add(ends.trip).max(arrived);
        let [of_client, of_server] = &mut ends.finished;
        *(if by_client { of_client } else { of_server }) = Some(due);
        let link = ends.link;
        self.happens(
            at,
            number,
            What::Finish {
                by_client,
                has_heard,
            },
        );
        let Some(other_due) = other.filter(|_| !self.troubled.contains(&link)) else {
            return;
        };
        let mut heard = |by: NodeId, by_client: bool, at: u64| {
            self.awaited.push(Awaited {
                link,
                by,
                happening: Happening {
                    at,
                    connection: number,
                    what: What::Heard { by_client },
                },
            });
        };
        heard(other_node, !by_client, due);
        // Both closed before either knew.
        if !has_heard {
            heard(own_node, by_client, other_due.max(at));
        }
    }
}

fn host(node: NodeId, port: u16) -> Host {
    // More nodes than a network of this kind has share addresses: their ports tell them apart.
    let number = u8::try_from(node.0 % 250).unwrap_or(0) + 1;
    Host { number, port }
}

/// The step's line and the rules at work.
fn comment(voice: Voice<'_>, story: &Story, record: RecordId) -> String {
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
    let line = text::list_line(voice.language, story, number);
    let mut comment = text::captured_step(voice.language, number, &line);
    for rule in &step.rules {
        comment.push_str(&format!(
            "\n{}: {}",
            rule.label(voice.language),
            voice.data(&rule.gist)
        ));
    }
    comment
}
