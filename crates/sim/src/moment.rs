//! Where the moments that a scenario speaks of lie in a run.

use crate::id::{Cursor, FlightId, RecordId};
use crate::link::PacketHead;
use crate::record::{Flight, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{Moment, PacketPattern, Phase, When};
use mqtt_proto::Instant;

/// A place in a run, between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What has happened by then.
    pub cursor: Cursor,
    /// The time, which may lie between two records.
    pub at: Instant,
}

impl Recording {
    /// Where a moment lies in what has happened so far; `None` if it has not come.
    ///
    /// What is planned for the very same time happens after it, but for what an arrival does at once.
    #[must_use]
    pub fn place(&self, moment: &Moment) -> Option<Place> {
        let log = self.log();
        let end = Place {
            cursor: log.end(),
            at: log.time(log.end()),
        };
        match moment {
            Moment::End => Some(end),
            Moment::When(When::At(at)) => Some(self.before(*at)),
            Moment::When(When::Packet {
                pattern,
                nth,
                phase,
                delay,
            }) => {
                let mut flights = self
                    .flights(Cursor::START)
                    .filter(|(_, flight)| self.is_meant(pattern, flight));
                let place = match phase {
                    Phase::Sent => {
                        let (record, _) = flights.nth(nth_index(*nth))?;
                        after(record)
                    }
                    Phase::OnTheWire => {
                        let (record, flight) = flights.nth(nth_index(*nth))?;
                        let half = flight.arrives_at.since(record.at).scaled(1, 2);
                        let before = self.before(record.at + half);
                        Place {
                            cursor: before.cursor.max(after(record).cursor),
                            ..before
                        }
                    }
                    Phase::Arrived => {
                        let arrivals = flights.filter_map(|(record, _)| {
                            log.fate(FlightId(record.id), log.end())
                                .filter(|fate| fate.arrived)
                        });
                        let mut arrivals: alloc::vec::Vec<RecordId> =
                            arrivals.map(|fate| fate.record).collect();
                        arrivals.sort_unstable();
                        let arrival = log.record(*arrivals.get(nth_index(*nth))?)?;
                        Place {
                            cursor: self.event_end(arrival.id),
                            at: arrival.at,
                        }
                    }
                };
                if delay.as_micros() == 0 {
                    return Some(place);
                }
                let later = self.before(place.at + *delay);
                (later.at <= end.at).then_some(Place {
                    cursor: later.cursor.max(place.cursor),
                    ..later
                })
            }
        }
    }

    /// The packets that were sent from a cursor on, with their records.
    pub(crate) fn flights(&self, from: Cursor) -> impl Iterator<Item = (&Record, &Flight)> {
        self.log()
            .records_between(from, self.log().end())
            .iter()
            .filter_map(|record| match &record.kind {
                RecordKind::Sent(flight) => Some((record, flight)),
                _ => None,
            })
    }

    /// Whether a pattern means this flight.
    pub(crate) fn is_meant(&self, pattern: &PacketPattern, flight: &Flight) -> bool {
        self.has_ends(pattern, flight)
            && flight
                .packet()
                .is_some_and(|packet| PacketHead::of(&packet).is(pattern))
    }

    /// Whether a flight goes where a pattern says, whatever it is.
    pub(crate) fn has_ends(&self, pattern: &PacketPattern, flight: &Flight) -> bool {
        let is = |name: &Option<_>, node| {
            name.as_deref()
                .is_none_or(|name: &str| self.log().name(node) == name)
        };
        is(&pattern.from, flight.from) && is(&pattern.to, flight.to)
    }

    /// The place just before a time.
    fn before(&self, at: Instant) -> Place {
        let records = self.log().records(self.log().end());
        let count = records.partition_point(|record| record.at < at);
        Place {
            cursor: Cursor(u32::try_from(count).unwrap_or(u32::MAX)),
            at,
        }
    }
}

fn nth_index(nth: u32) -> usize {
    usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn after(record: &Record) -> Place {
    Place {
        cursor: Cursor(record.id.0.saturating_add(1)),
        at: record.at,
    }
}
