//! A ping-pong over a link without machines at its ends: what link, queue and records cost by themselves.
//!
//! For `cargo xtask bench sim`; nothing else needs it.

use crate::id::{FlightId, LinkId, NodeId, RecordId};
use crate::link::{Cargo, Link, Lot, Towards};
use crate::queue::Queue;
use crate::record::{Flight, Loss, Record, RecordKind, Rules};
use crate::rng::Rng;
use crate::scenario::{Datagram, LinkMode, LinkSpec, Ratio};
use bytes::Bytes;
use mqtt_proto::{Duration, Instant, Sender, Version};

/// What is lost is sent again after this long.
const AGAIN: Duration = Duration::from_millis(100);

enum Event {
    Arrive { towards: Towards, serial: u32 },
    Again(Towards),
}

struct Players {
    link: Link,
    queue: Queue<Event>,
    now: Instant,
    next_record: u32,
    ball: Bytes,
}

/// Lets 32 bytes go to and fro until so many events have happened: arrivals, losses, and what is sent again. The link takes
/// 10 ms, up to 5 ms more, and loses one in twenty. The answer is the number of events.
#[must_use]
pub fn ping_pong(events: u32, seed: u64) -> u64 {
    let mut spec = LinkSpec::new("a".into(), "b".into());
    spec.jitter = Duration::from_millis(5);
    spec.mode = LinkMode::Datagram(Datagram {
        loss: Ratio {
            numerator: 1,
            denominator: 20,
        },
        ..Datagram::default()
    });
    let mut players = Players {
        link: Link::new(&spec, NodeId(0), NodeId(1), Rng::stream(seed, 0)),
        queue: Queue::default(),
        now: Instant::ZERO,
        next_record: 0,
        ball: Bytes::from_static(&[7; 32]),
    };
    players.serve(Towards::B);
    let mut done = 0;
    while done < u64::from(events) && players.step() {
        done += 1;
    }
    done
}

impl Players {
    fn record(&mut self, kind: RecordKind) -> RecordId {
        let id = RecordId(self.next_record);
        self.next_record = self.next_record.wrapping_add(1);
        // Whoever keeps it pays for that: here it is made and let go.
        drop(core::hint::black_box(Record {
            id,
            at: self.now,
            cause: None,
            node: None,
            rules: Rules::NONE,
            kind,
        }));
        id
    }

    fn serve(&mut self, towards: Towards) {
        let lot = self.link.draw();
        let at = self.link.arrival(self.now, towards, self.ball.len());
        let (from, to) = match towards {
            Towards::A => (NodeId(1), NodeId(0)),
            Towards::B => (NodeId(0), NodeId(1)),
        };
        let flight = self.record(RecordKind::Sent(Flight {
            link: LinkId(0),
            connection: RecordId(0),
            from,
            to,
            sender: Sender::Client,
            version: Version::V311,
            arrives_at: at,
            bytes: self.ball.clone(),
        }));
        let cargo = Cargo::Packet {
            flight,
            vanishes: lot == Lot::Vanishes,
            bytes: self.ball.clone(),
            head: None,
        };
        let serial = self.link.put(towards, 0, cargo, at);
        self.queue.push(at, Event::Arrive { towards, serial });
    }

    fn step(&mut self) -> bool {
        let Some((at, event)) = self.queue.pop() else {
            return false;
        };
        self.now = at;
        match event {
            Event::Again(towards) => self.serve(towards),
            Event::Arrive { towards, serial } => {
                let Some(transit) = self.link.take(towards, serial) else {
                    return true;
                };
                let Cargo::Packet {
                    flight, vanishes, ..
                } = transit.cargo
                else {
                    return true;
                };
                let flight = FlightId(flight);
                if vanishes {
                    let why = Loss::Vanished;
                    self.record(RecordKind::Lost { flight, why });
                    self.queue.push(at + AGAIN, Event::Again(towards));
                } else {
                    self.record(RecordKind::Arrived { flight });
                    self.serve(match towards {
                        Towards::A => Towards::B,
                        Towards::B => Towards::A,
                    });
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ball_goes_on_through_every_loss() {
        assert_eq!(ping_pong(1_000, 1), 1_000);
    }
}
