//! What `umqtt.simple2` waits for, and the queues of `umqtt.robust2`.

use super::{Exception, Place};
use alloc::vec::Vec;
use mqtt_proto::{Instant, Message, Qos, TopicFilter, TopicName};

/// `MSG_QUEUE_MAX` of umqtt.robust2.
pub(super) const MSG_QUEUE_MAX: usize = 5;
/// `CONFIRM_QUEUE_MAX` of umqtt.robust2.
const CONFIRM_QUEUE_MAX: usize = 10;

/// A message or a subscription that waits for its answers, and under which identifiers it was sent.
#[derive(Clone, Debug)]
struct Unconfirmed<T> {
    data: T,
    pids: Vec<u16>,
}

/// A topic and a QoS.
pub(super) type Subscription = (TopicFilter, Qos);

/// What became of a message that could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Queued {
    /// It waits.
    Waits,
    /// The same message waits already.
    Merged,
    /// It waits, and this one is forgotten for it.
    InPlaceOf(Message),
}

/// What is kept between calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues {
    /// `rcv_pids`: what PUBACK or SUBACK is waited for, and until when.
    pub(super) awaited: Vec<(u16, Instant)>,
    /// `msg_to_send`.
    pub(super) messages: Vec<Message>,
    /// `msg_to_confirm`.
    unconfirmed: Vec<Unconfirmed<Message>>,
    /// `sub_to_send`.
    pub(super) subscriptions: Vec<Subscription>,
    /// `sub_to_confirm`.
    unconfirmed_subscriptions: Vec<Unconfirmed<Subscription>>,
    /// `subs`: what `resubscribe()` repeats.
    pub(super) known: Vec<Subscription>,
    /// `conn_issue`.
    pub(super) issue: Option<(Exception, Place)>,
}

fn add<T: PartialEq>(list: &mut Vec<Unconfirmed<T>>, data: T, pid: u16) -> usize {
    match list.iter_mut().find(|one| one.data == data) {
        Some(known) => {
            known.pids.push(pid);
            known.pids.len()
        }
        None => {
            let pids = [pid].into();
            list.push(Unconfirmed { data, pids });
            1
        }
    }
}

/// Takes out an identifier, and what it was for if `whole` or if it was the last. A copy of what it was for.
fn settle<T: Clone>(list: &mut Vec<Unconfirmed<T>>, pid: u16, whole: bool) -> Option<T> {
    let at = list.iter().position(|one| one.pids.contains(&pid))?;
    let one = list.get_mut(at)?;
    let data = one.data.clone();
    one.pids.retain(|known| *known != pid);
    if whole || one.pids.is_empty() {
        list.remove(at);
    }
    Some(data)
}

impl Queues {
    /// `things_to_do()`.
    pub(super) fn things_to_do(&self) -> usize {
        let unconfirmed = self.unconfirmed.iter().map(|one| one.pids.len());
        let subscriptions = self.unconfirmed_subscriptions.iter();
        self.messages.len()
            + self.subscriptions.len()
            + unconfirmed.sum::<usize>()
            + subscriptions.map(|one| one.pids.len()).sum::<usize>()
    }

    /// `connect(clean_session=True)` forgets messages, and no subscriptions.
    pub(super) fn forget_messages(&mut self) {
        self.messages.clear();
        self.unconfirmed.clear();
    }

    /// A QoS 1 message has been sent. More than ten identifiers for one message are a mistake in the library.
    pub(super) fn sent(&mut self, message: Message, pid: u16) -> Result<(), Exception> {
        match add(&mut self.unconfirmed, message, pid) > CONFIRM_QUEUE_MAX {
            true => Err(Exception::Key),
            false => Ok(()),
        }
    }

    pub(super) fn subscribed(&mut self, subscription: Subscription, pid: u16) {
        add(&mut self.unconfirmed_subscriptions, subscription, pid);
    }

    /// The answer has come: the message is confirmed under all its identifiers.
    pub(super) fn confirm(&mut self, pid: u16) {
        if settle(&mut self.unconfirmed, pid, true).is_none() {
            settle(&mut self.unconfirmed_subscriptions, pid, false);
        }
    }

    /// No answer has come: it goes to the front of what is to be sent.
    pub(super) fn time_out(&mut self, pid: u16) {
        if let Some(message) = settle(&mut self.unconfirmed, pid, false) {
            self.messages.insert(0, message);
        } else if let Some(subscription) = settle(&mut self.unconfirmed_subscriptions, pid, false) {
            self.subscriptions.push(subscription);
        }
    }

    /// Of the retained messages of a topic only the newest is worth sending.
    pub(super) fn forget_retained(&mut self, topic: &TopicName) {
        self.messages
            .retain(|one| !(one.retain && one.topic == *topic));
    }

    /// Queues a message that could not be sent.
    pub(super) fn queue(&mut self, message: Message) -> Queued {
        if self.messages.contains(&message) {
            return Queued::Merged;
        }
        self.messages.push(message);
        let unconfirmed: usize = self.unconfirmed.iter().map(|one| one.pids.len()).sum();
        if self.messages.len() + unconfirmed <= MSG_QUEUE_MAX {
            return Queued::Waits;
        }
        let oldest = self.unconfirmed.first().and_then(|one| one.pids.first());
        match oldest.copied() {
            // It may have arrived or not: nobody will know.
            Some(pid) => {
                let forgotten = settle(&mut self.unconfirmed, pid, false);
                forgotten.map_or(Queued::Waits, Queued::InPlaceOf)
            }
            None => Queued::InPlaceOf(self.messages.remove(0)),
        }
    }
}
