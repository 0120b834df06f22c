//! What can be seen of a run at a moment: the nodes on the map, and what the broker keeps.

use super::Run;
use crate::board::look_of_board;
use crate::look::{Connected, Look};
use crate::payload::shown;
use crate::read;
use crate::state::{InFlight, StateView};
use crate::story::{Mark, Position, SpanKind};
use crate::text::{self, Language};
use mqtt_broker::{Broker, SessionView};
use mqtt_proto::packet::PacketType;
use mqtt_proto::session::{Awaits, Direction};
use mqtt_proto::{CloseReason, Expiry, Instant};
use sim::ledger::Origin;
use sim::{Cursor, Ledger, Log, NodeId, Note, RecordId, RecordKind, World};
use std::cell::Ref;

/// A longer topic is cut.
const TOPIC_MAX_CHARS: usize = 120;

impl Run {
    /// What can be seen of the devices at `position`, lane by lane; nothing of a broker.
    pub(crate) fn looks(&self, position: Position) -> Vec<Option<Look>> {
        self.with_world(position, |world| {
            let looks = self.story().lanes.iter().map(|lane| {
                let node = NodeId(u16::try_from(lane.node).ok()?);
                let state = world.node(node)?;
                // What is outside can only be heard.
                if state.remote().is_some() {
                    let cursor = Cursor(u32::try_from(position.shown).ok()?);
                    let scenario = &self.work.scenario;
                    return look_of_board(self.log(), cursor, scenario, world, node);
                }
                if let Some(broker) = state.broker() {
                    let connected = Some(self.connected(world, node, broker, position));
                    return Some(Look {
                        connected,
                        ..Look::default()
                    });
                }
                state.device().map(Look::of)
            });
            looks.collect()
        })
    }

    /// The connections that a broker has at `position`, and those whose client is gone. While CONNACK is on its way, a client
    /// is neither there nor gone.
    fn connected(
        &self,
        world: &World,
        node: NodeId,
        broker: &Broker,
        position: Position,
    ) -> Connected {
        let story = self.story();
        let connected = || {
            let sessions = broker.sessions();
            sessions.filter(|it| it.connection().is_some())
        };
        let all = connected().count();
        // A device without power still has its end of a connection, and cannot say so.
        let is_there =
            |lane: &usize| story.is_online(*lane, position) && !story.is_off(*lane, position);
        // Most of the time all are there, and nobody has to be looked for.
        let clients = (0..story.lanes.len()).filter(|lane| !story.is_broker(*lane));
        if all <= clients.filter(is_there).count() {
            return Connected { all, half_open: 0 };
        }
        let is_gone = |lane: usize| {
            let mut flying = story.flying(position);
            !is_there(&lane)
                && !flying.any(|(_, it)| it.to == lane && it.face.kind == Some(PacketType::ConnAck))
        };
        let gone = connected().filter(|session| {
            let client = world.client_of(node, session.client_id());
            let mut lanes = story.lanes.iter();
            let lane = client.and_then(|it| lanes.position(|lane| lane.node == usize::from(it.0)));
            lane.is_some_and(is_gone)
        });
        let half_open = gone.count();
        Connected { all, half_open }
    }

    /// What the broker keeps at `position`, for the client that is asked for or that the selected step is about.
    pub(crate) fn state(
        &self,
        language: Language,
        position: Position,
        selected: usize,
        client: Option<usize>,
    ) -> StateView {
        let story = self.story();
        let (devices, client) = self.client_in_view(selected, client);
        let Some(&lane) = devices.get(client) else {
            return StateView::default();
        };
        let mut view = StateView {
            clients: devices
                .iter()
                .map(|lane| story.name(*lane).to_owned())
                .collect(),
            client,
            tally: self.tally(language, position),
            ..StateView::default()
        };
        if self.work.captured.is_some() {
            view.note = Some(text::CAPTURE_NO_STATE);
            // What reached an application is not known.
            view.tally = None;
            return view;
        }
        let node = self.broker_of(self.node_of(lane));
        self.with_world(position, |world| {
            let broker_id = node;
            let node = node.and_then(|node| world.node(node));
            if let Some(broker) = node.and_then(|node| node.broker()) {
                let client = self.node_of(lane);
                let session = client.and_then(|client| world.session_of(broker_id?, client));
                self.look(language, session, lane, position, selected, &mut view);
                let retained = broker.retained(Instant::from_micros(position.now)).count();
                view.facts.push((
                    text::RETAINED,
                    text::how_many(retained, text::NONE.to(language)),
                    false,
                ));
            }
            if node.is_some_and(|node| node.remote().is_some()) {
                view.note = Some(text::OUTSIDE_KEEPS_UNKNOWN);
            }
        });
        view
    }

    /// The lanes of the clients, and which of them is in view: the one that is asked for, or that the selected step is about.
    pub(crate) fn client_in_view(
        &self,
        selected: usize,
        client: Option<usize>,
    ) -> (Vec<usize>, usize) {
        let story = self.story();
        let devices: Vec<usize> = (0..story.lanes.len())
            .filter(|lane| !story.is_broker(*lane))
            .collect();
        let talked_about = story.flight_of(selected).map(|(_, it)| {
            if story.is_broker(it.from) {
                it.to
            } else {
                it.from
            }
        });
        let client = client
            .or_else(|| talked_about.and_then(|lane| devices.iter().position(|it| *it == lane)));
        let client = client.unwrap_or(devices.len().saturating_sub(1));
        (devices, client)
    }

    pub(super) fn look(
        &self,
        language: Language,
        session: Option<SessionView<'_>>,
        lane: usize,
        position: Position,
        selected: usize,
        view: &mut StateView,
    ) {
        if let Some(session) = session {
            view.rows = self.rows(language, &session, lane, selected);
            view.facts.push((
                text::SESSION,
                self.session(language, &session, lane, position),
                false,
            ));
            for subscription in session.subscriptions() {
                let value = text::subscription(
                    &shown(&subscription.filter, TOPIC_MAX_CHARS),
                    subscription.options.qos.bits(),
                );
                view.facts.push((text::SUBSCRIPTION, value, true));
            }
            view.facts.push((
                text::QUEUE,
                text::how_many(session.queued(), text::EMPTY.to(language)),
                false,
            ));
        } else {
            view.facts
                .push((text::SESSION, text::NONE.to(language).to_owned(), false));
        }
    }

    fn session(
        &self,
        language: Language,
        session: &SessionView<'_>,
        lane: usize,
        position: Position,
    ) -> String {
        if session.expiry() == Expiry::AT_CLOSE {
            return text::SESSION_ENDS.to(language).to_owned();
        }
        let spans = self
            .story()
            .spans
            .iter()
            .filter(|span| span.lane == lane && span.kind == SpanKind::Session);
        let mut since = spans
            .filter(|span| span.interval.holds(position))
            .map(|span| span.interval.from)
            .next_back();
        // Another client may have had it before.
        for span in self.story().spans.iter().rev() {
            if span.kind == SpanKind::Session && since.is_some() && span.interval.until == since {
                since = Some(span.interval.from);
            }
        }
        let step = since.map_or(0, |mark| {
            self.story()
                .steps
                .partition_point(|step| step.mark.record < mark.record)
        });
        text::kept_since(language, step)
    }

    fn rows(
        &self,
        language: Language,
        session: &SessionView<'_>,
        lane: usize,
        selected: usize,
    ) -> Vec<InFlight> {
        let flight = self
            .story()
            .flight_of(selected)
            .and_then(|(_, flight)| flight.exchange);
        let exchange = flight.and_then(|index| self.story().exchanges.get(index));
        let rows = session.in_flight().filter_map(|row| {
            let id = row.id?.get();
            let is_incoming = row.direction == Direction::Incoming;
            let waits_for = match row.awaits {
                Awaits::Sending => text::WAITS_TO_BE_SENT.to(language),
                Awaits::PubAck => "PUBACK",
                Awaits::PubRec => "PUBREC",
                Awaits::PubComp => "PUBCOMP",
                Awaits::PubRel => "PUBREL",
            };
            let message = match row.message {
                Some(message) => text::kept_message(
                    &shown(message.topic.as_str(), TOPIC_MAX_CHARS),
                    message.qos.bits(),
                ),
                None => text::only_id(language, is_incoming),
            };
            let end = |it: usize| it == lane;
            let is_selected = exchange.is_some_and(|it| {
                it.id == id
                    && if is_incoming {
                        end(it.sender)
                    } else {
                        end(it.receiver)
                    }
            });
            Some(InFlight {
                id,
                waits_for,
                message,
                sent: usize::from(row.sends),
                is_selected,
            })
        });
        rows.collect()
    }

    /// When wills went out for the first time.
    pub(super) fn wills(&self) -> Ref<'_, Vec<Mark>> {
        let (log, ledger, flights) = (self.log(), self.ledger(), self.story().flights.len());
        let mut known = self.wills.borrow_mut();
        if known.0 != flights {
            let wills = ledger.messages().iter();
            let wills = wills.filter(|message| message.origin == Origin::Will);
            let sent = wills.filter_map(|will| {
                let copies = will.copies.iter().filter_map(|copy| ledger.copy(*copy));
                let first = copies.filter_map(|copy| copy.flights.first()).min()?;
                Some(read::mark(log.record(first.0)?))
            });
            *known = (flights, sent.collect());
        }
        drop(known);
        Ref::map(self.wills.borrow(), |known| &known.1)
    }

    /// What was ordered and what was delivered, as far as it is known.
    fn tally(&self, language: Language, position: Position) -> Option<(String, String)> {
        let story = self.story();
        let orders = story.published(position);
        if orders == 0 {
            return None;
        }
        let deliveries = story.delivered(position);
        let mut promised = story.promised(position);
        let promise = match (promised.next(), promised.next()) {
            (None, _) => String::new(),
            (Some(qos), None) => text::promise(language, qos),
            (Some(_), Some(_)) => text::PROMISES_DIFFER.to(language).to_owned(),
        };
        let wills = self.wills();
        let wills = wills.iter().filter(|sent| position.has(**sent));
        let sent = text::sent(language, orders, story.has_only_orders(position));
        Some((
            text::tally(language, &sent, wills.count(), deliveries),
            promise,
        ))
    }
}

/// What a log says of something without its time, and the step that it is; 0 if it is none.
pub(crate) fn told(log: &Log, record: Option<RecordId>) -> Option<(usize, String)> {
    let record = record?;
    let line = log.line(record);
    let what = line.split_once("  ").map_or(&*line, |(_, what)| what);
    let place = log.steps().binary_search(&record);
    Some((place.map_or(0, |it| it + 1), what.trim().to_owned()))
}

/// For a message that reaches an application: for the how manieth time it reaches this one.
pub(super) fn times_delivered(log: &Log, ledger: &Ledger, record: &sim::Record) -> Option<u64> {
    if !matches!(record.kind, RecordKind::Delivered(_)) {
        return None;
    }
    let message = ledger.message(ledger.about(log, record.id)?)?;
    let deliveries = message.deliveries.iter();
    let times = deliveries.filter(|it| Some(it.node) == record.node && it.record <= record.id);
    u64::try_from(times.count()).ok()
}

/// Whether a machine says that the other end breaks a rule.
pub(super) fn tells_of_a_broken_rule(record: &sim::Record) -> bool {
    match &record.kind {
        RecordKind::Note(Note::Closing(CloseReason::Violation(violation))) => {
            !violation.is_silence()
        }
        RecordKind::Note(Note::Closing(CloseReason::Malformed(_))) => true,
        _ => false,
    }
}
