//! Every message of the run so far: by whom, delivered to whom how often, and where it is now or why it ended.

use super::Look;
use crate::payload::{name, one_line};
use crate::run::Run;
use crate::text;
use crate::why::{cursor, step_of};
use mqtt_broker::NoCopy;
use sim::ledger::{Ending, Ledger, Message, MessageId};
use sim::why::why_not;
use sim::{NodeId, NodeRole};
use std::collections::BTreeSet;

/// Of more messages than this, only the newest are looked at.
const MESSAGES_MAX: usize = 5_000;
/// So many rows are shown: the newest.
const ROWS_MAX: usize = 100;
/// Of so many clients it is told what a message is to them.
const CLIENTS_MAX: usize = 12;
/// So many characters of a payload are shown.
const PAYLOAD_MAX_CHARS: usize = 48;

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Somebody keeps it for somebody, or it is on its way.
    Open,
    /// All who were to get it have it, once.
    Delivered,
    /// Somebody has got it more than once.
    Again,
    /// Somebody who was to get it never will.
    Lost,
    /// Somebody was away, and QoS 0 keeps nothing for those.
    Away,
    /// Nobody had asked for it.
    Nobody,
    /// It did not leave its publisher, or its broker did not pass it on.
    Refused,
}

/// All of them, in the order of the filter.
pub const OUTCOMES: [Outcome; 7] = [
    Outcome::Open,
    Outcome::Delivered,
    Outcome::Again,
    Outcome::Lost,
    Outcome::Away,
    Outcome::Nobody,
    Outcome::Refused,
];

impl Outcome {
    /// Whether it is worth a second look.
    #[must_use]
    pub const fn is_notable(self) -> bool {
        matches!(self, Self::Again | Self::Lost | Self::Refused)
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number, from 1.
    pub number: usize,
    /// The step that it begins with.
    pub step: Option<usize>,
    /// By whom, and how it came to be.
    pub by: String,
    /// The topic, if it is known.
    pub topic: String,
    /// The payload, shortened.
    pub payload: String,
    /// Its QoS, and whether it is to be retained.
    pub how: String,
    /// What has become of it.
    pub outcome: Outcome,
    /// Who has got it, and how often.
    pub delivered: Vec<String>,
    /// Where it is now, and why somebody has not got it.
    pub told: Vec<String>,
    /// Whether the selected step is about it.
    pub is_selected: bool,
}

/// The messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagesView {
    /// How many there are, of all kinds and of each.
    pub counts: Vec<(Option<Outcome>, usize)>,
    /// Which are shown.
    pub filter: Option<Outcome>,
    /// The newest of them, oldest first.
    pub rows: Vec<MessageRow>,
    /// How many were left out, in words.
    pub left_out: Option<String>,
}

impl Run {
    /// The messages at a moment.
    pub(crate) fn messages(&self, look: &Look<'_>, filter: Option<Outcome>) -> MessagesView {
        let story = self.story();
        let own = story.step(look.selected).map(|step| step.mark.record);
        let own = own.and_then(|record| u32::try_from(record).ok());
        self.with_ledger_at(cursor(look.position), |ledger| {
            let own = own.and_then(|record| ledger.about(self.log(), sim::RecordId(record)));
            let known = ledger.messages().len();
            let first = known.saturating_sub(MESSAGES_MAX);
            let all: Vec<(MessageId, Outcome)> = (first..known)
                .filter_map(|index| {
                    let id = MessageId(u32::try_from(index).ok()?);
                    Some((id, self.outcome(ledger, id)?))
                })
                .collect();
            let count = |wanted: Option<Outcome>| {
                let these = all.iter();
                these
                    .filter(|it| wanted.is_none_or(|wanted| wanted == it.1))
                    .count()
            };
            let kinds = OUTCOMES.map(Some);
            let counts = std::iter::once(None)
                .chain(kinds)
                .map(|it| (it, count(it)))
                .filter(|(kind, count)| kind.is_none() || *count > 0 || *kind == filter)
                .collect();
            let chosen = all
                .iter()
                .filter(|it| filter.is_none_or(|filter| filter == it.1));
            let skipped = count(filter).saturating_sub(ROWS_MAX);
            let left_out = skipped + first;
            let rows = chosen.skip(skipped).filter_map(|(id, outcome)| {
                let message = ledger.message(*id)?;
                let mut row = self.message_row(look, ledger, *id, message, *outcome);
                row.is_selected = own == Some(*id);
                Some(row)
            });
            MessagesView {
                counts,
                filter,
                rows: rows.collect(),
                left_out: (left_out > 0)
                    .then(|| text::messages_left_out(look.language(), left_out)),
            }
        })
    }

    fn is_device(&self, node: NodeId) -> bool {
        let node = self.log().nodes().get(usize::from(node.0));
        node.is_some_and(|it| matches!(it.role, NodeRole::Device { .. }))
    }

    /// What has become of a message, by the facts of the ledger.
    fn outcome(&self, ledger: &Ledger, id: MessageId) -> Option<Outcome> {
        let message = ledger.message(id)?;
        let got: BTreeSet<NodeId> = message.deliveries.iter().map(|it| it.node).collect();
        if message.deliveries.len() > got.len() {
            return Some(Outcome::Again);
        }
        if ledger.copies_of(id).any(|(_, copy)| copy.end.is_none()) {
            return Some(Outcome::Open);
        }
        let is_lost = ledger.copies_of(id).any(|(_, copy)| {
            let is_through = matches!(
                copy.end.map(|it| it.how),
                Some(Ending::Arrived | Ending::Settled)
            );
            let has_it =
                got.contains(&copy.to) || !self.is_device(copy.to) && !message.routed.is_empty();
            !is_through && !has_it
        });
        let has_withheld = |is_it: fn(NoCopy) -> bool| {
            let mut withheld = message.withheld.iter();
            withheld.any(|it| is_it(it.why) && !got.contains(&it.node))
        };
        // It came, and the program there has not read it.
        let is_unread = ledger
            .copies_of(id)
            .any(|(_, copy)| self.is_device(copy.to) && !got.contains(&copy.to));
        // What a subscription or the access list does not want has not gone astray.
        let is_withheld = has_withheld(|why| {
            !matches!(why, NoCopy::NoLocal | NoCopy::NotAllowed | NoCopy::Offline)
        });
        Some(
            if message.refused.is_some() || message.not_passed_on.is_some() {
                Outcome::Refused
            } else if is_lost || is_withheld {
                Outcome::Lost
            } else if has_withheld(|why| why == NoCopy::Offline) {
                Outcome::Away
            } else if is_unread {
                Outcome::Open
            } else if !got.is_empty() {
                Outcome::Delivered
            } else if has_withheld(|why| why == NoCopy::NotAllowed) {
                Outcome::Refused
            } else if message.routed.is_empty() {
                // Nobody ever sent it, or it is being decided about.
                match message.copies.is_empty() {
                    true => Outcome::Refused,
                    false => Outcome::Open,
                }
            } else {
                Outcome::Nobody
            },
        )
    }

    fn message_row(
        &self,
        look: &Look<'_>,
        ledger: &Ledger,
        id: MessageId,
        message: &Message,
        outcome: Outcome,
    ) -> MessageRow {
        let (language, log) = (look.language(), self.log());
        let topic = message.topic.as_ref();
        let mut delivered: Vec<(NodeId, usize)> = Vec::new();
        for delivery in &message.deliveries {
            match delivered.iter_mut().find(|it| it.0 == delivery.node) {
                Some(row) => row.1 += 1,
                None => delivered.push((delivery.node, 1)),
            }
        }
        let owners: BTreeSet<NodeId> = ledger.owners(id).collect();
        let mut told: Vec<String> = Vec::new();
        if !owners.is_empty() {
            let names: Vec<&str> = owners.iter().map(|it| log.name(*it)).collect();
            told.push(text::kept_by(language, &names));
        }
        for node in self
            .concerned(ledger, id, message)
            .into_iter()
            .take(CLIENTS_MAX)
        {
            if let Some(answer) = why_not(log, ledger, id, node) {
                let why = text::why_not(language, log, &answer, Some(message.by), node);
                told.push(match message.routed.is_empty() {
                    true => why,
                    false => format!("{}: {why}", log.name(node)),
                });
            }
        }
        MessageRow {
            number: usize::try_from(id.0)
                .unwrap_or(usize::MAX)
                .saturating_add(1),
            step: step_of(log, message.record),
            by: text::message_by(language, log.name(message.by), message.origin),
            topic: topic.map_or_else(String::new, |it| name(it.as_str())),
            payload: one_line(&message.payload, PAYLOAD_MAX_CHARS),
            how: text::message_how(message.qos.bits(), message.retain),
            outcome,
            delivered: delivered
                .into_iter()
                .map(|(node, times)| text::delivered_to(log.name(node), times))
                .collect(),
            told,
            is_selected: false,
        }
    }

    /// The clients that a message was for and that have not got it. As long as no broker has decided, or when one would not,
    /// it is the same for all: one of them stands for all.
    fn concerned(&self, ledger: &Ledger, id: MessageId, message: &Message) -> Vec<NodeId> {
        let has_it = |node: NodeId| message.deliveries.iter().any(|it| it.node == node);
        if message.routed.is_empty() {
            let nodes = (0_u16..).map(NodeId).zip(self.log().nodes());
            let mut others = nodes.map(|(node, _)| node).filter(|it| self.is_device(*it));
            let other = others.clone().find(|it| *it != message.by);
            return other.or_else(|| others.next()).into_iter().collect();
        }
        let copies = ledger.copies_of(id).map(|(_, copy)| copy.to);
        let withheld = message.withheld.iter();
        let withheld = withheld
            .filter(|it| it.why != NoCopy::NoLocal)
            .map(|it| it.node);
        let nodes: BTreeSet<NodeId> = copies
            .chain(withheld)
            .filter(|it| self.is_device(*it) && !has_it(*it))
            .collect();
        nodes.into_iter().collect()
    }
}
