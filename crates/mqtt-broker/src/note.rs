//! What a log wants to say beside the packets, and the rule behind each such line.

use core::fmt;
use mqtt_proto::{DropReason, Duration, Qos, ReasonCode, Tag, Text, TopicName};
use mqtt_spec::{Rule, both, only_v5, only_v311};

/// One thing that the broker did or decided. Notes change nothing: a host may drop them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What the connection or its session says.
    Protocol(mqtt_proto::Note),
    /// A client is in.
    Accepted {
        /// Who.
        client_id: Text,
        /// An earlier session goes on.
        session_present: bool,
    },
    /// The same client id connected again: the older connection has to go.
    TakenOver {
        /// Who.
        client_id: Text,
    },
    /// The session outlives its connection.
    SessionKept {
        /// Whose.
        client_id: Text,
        /// For how long; `None` without end.
        expires_in: Option<Duration>,
    },
    /// The session is gone, with its subscriptions and queue.
    SessionEnded {
        /// Whose.
        client_id: Text,
        /// Why.
        why: SessionEnd,
    },
    /// A subscription was made or replaced.
    Subscribed {
        /// As the client wrote it.
        filter: Text,
        /// The QoS granted.
        qos: Qos,
        /// Whether it replaced one.
        replaced: bool,
    },
    /// A subscription was refused.
    SubscriptionRefused {
        /// As the client wrote it.
        filter: Text,
        /// The code in SUBACK.
        reason: ReasonCode,
    },
    /// A subscription is gone.
    Unsubscribed {
        /// As the client wrote it.
        filter: Text,
    },
    /// A message goes to its subscribers.
    Routed {
        /// Its number: [`MessageKept`](mqtt_proto::Note::MessageKept) and
        /// [`MessageQueued`](mqtt_proto::Note::MessageQueued) have it as their mark, [`Note::CopyWaits`] and
        /// [`Note::NoCopy`] name it too. Numbers are given in order, from 0.
        message: Tag,
        /// Where it was published.
        topic: TopicName,
        /// How many sessions get a copy, connected or not.
        copies: u32,
    },
    /// A message that the publisher may not publish was acknowledged or refused, and not passed on.
    PublishRefused {
        /// Where it was published.
        topic: TopicName,
        /// The code that 5.0 puts in the acknowledgement.
        reason: ReasonCode,
    },
    /// A copy goes out at a lower QoS than the message was published with: what was granted.
    Downgraded {
        /// As published.
        from: Qos,
        /// As sent.
        to: Qos,
    },
    /// The message is kept for future subscribers of its topic.
    RetainedKept {
        /// The topic.
        topic: TopicName,
        /// Whether it takes the place of an earlier one.
        replaced: bool,
        /// Whether it is a will.
        is_will: bool,
    },
    /// An empty retained message: the topic's retained message is gone.
    RetainedCleared {
        /// The topic.
        topic: TopicName,
    },
    /// The retained message of the topic has expired.
    RetainedExpired {
        /// The topic.
        topic: TopicName,
    },
    /// The broker keeps as many retained messages as it may: this one was not kept.
    RetainedFull {
        /// The topic.
        topic: TopicName,
    },
    /// Retained messages go to a new subscription.
    RetainedSent {
        /// The subscription's filter.
        filter: Text,
        /// How many.
        count: u32,
        /// Only because it is a new one: Retain Handling 1.
        if_new: bool,
    },
    /// The will is published.
    WillPublished {
        /// Whose.
        client_id: Text,
        /// Where.
        topic: TopicName,
        /// What made it due.
        why: WillCause,
    },
    /// The will waits for its delay, or for the session's end.
    WillDelayed {
        /// Whose.
        client_id: Text,
        /// Where it would go.
        topic: TopicName,
        /// For so long at most.
        delay: Duration,
    },
    /// The will is deleted unpublished.
    WillDiscarded {
        /// Whose.
        client_id: Text,
        /// Where it would have gone.
        topic: TopicName,
        /// Whether the client is back in time; else it said goodbye.
        returned: bool,
    },
    /// A copy for this session cannot go out yet.
    CopyWaits {
        /// Whose copy.
        client_id: Text,
        /// Of which message.
        message: Tag,
        /// For what.
        what: Wait,
    },
    /// This session gets no copy, though it subscribes to the topic.
    NoCopy {
        /// Who gets none.
        client_id: Text,
        /// Of which message.
        message: Tag,
        /// Why.
        why: NoCopy,
    },
}

/// What a copy waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// The client, which is away.
    Client,
    /// The connection, which does not take its bytes as fast as they come.
    SlowConnection,
}

/// Why a subscriber gets no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoCopy {
    /// The copy would have QoS 0, and the client is away: nothing is kept for it.
    Offline,
    /// The copy would have QoS 0, and the connection does not take its bytes as fast as they come.
    Slow,
    /// As much waits for this session as may.
    QueueFull,
    /// The subscriber published it and asked for No Local.
    NoLocal,
    /// The access list does not let it read the topic.
    NotAllowed,
    /// It was kept for the session, and given up before it could go out or be acknowledged.
    GivenUp(DropReason),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnd {
    /// It was to live as long as its connection.
    ConnectionClosed,
    /// Its expiry interval passed.
    Expired,
    /// The client began anew.
    CleanStart,
}

/// What made a will due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WillCause {
    /// The transport was gone without DISCONNECT.
    ConnectionLost,
    /// The client was silent for more than one and a half times its keep alive.
    KeepAliveTimeout,
    /// The broker closed the connection because the client broke a rule.
    ProtocolError,
    /// The same client id connected again.
    TakenOver,
    /// DISCONNECT with this code, which is not 0x00.
    Disconnected(ReasonCode),
    /// The broker is shutting down, or closed the connection for a reason of its own.
    ServerClosed,
    /// Its delay passed.
    DelayOver,
    /// The session ended before the delay was over.
    SessionEnded,
}

impl Note {
    /// The rule that was applied; `None` where the broker chose.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        Some(match self {
            Self::Protocol(note) => return note.rule(),
            Self::Accepted { .. } => both!("MQTT-3.1.4-4", "MQTT-3.1.4-5"),
            Self::TakenOver { .. } => both!("MQTT-3.1.4-2", "MQTT-3.1.4-3"),
            Self::SessionKept { .. } => both!("MQTT-3.1.2-4", "MQTT-3.1.2-23"),
            Self::SessionEnded {
                why: SessionEnd::CleanStart,
                ..
            } => both!("MQTT-3.1.2-6", "MQTT-3.1.2-4"),
            Self::SessionEnded { .. } => both!("MQTT-3.1.2-6", "MQTT-4.1.0-2"),
            Self::Subscribed { replaced: true, .. } => both!("MQTT-3.8.4-3", "MQTT-3.8.4-3"),
            Self::Subscribed { .. } => both!("MQTT-3.8.4-1", "MQTT-3.8.4-1"),
            Self::SubscriptionRefused { .. } => both!("MQTT-3.8.4-5", "MQTT-3.8.4-7"),
            Self::Unsubscribed { .. } => both!("MQTT-3.10.4-1", "MQTT-3.10.4-1"),
            Self::Routed { .. } => both!("MQTT-4.5.0-1", "MQTT-4.5.0-1"),
            Self::PublishRefused { .. } => only_v311!("MQTT-3.3.5-2"),
            Self::Downgraded { .. } => both!("MQTT-3.8.4-6", "MQTT-3.8.4-8"),
            Self::RetainedKept { is_will: true, .. } => both!("MQTT-3.1.2-17", "MQTT-3.1.2-15"),
            Self::RetainedKept { .. } => both!("MQTT-3.3.1-5", "MQTT-3.3.1-5"),
            Self::RetainedCleared { .. } => both!("MQTT-3.3.1-10", "MQTT-3.3.1-6"),
            Self::RetainedSent { if_new: true, .. } => only_v5!("MQTT-3.3.1-10"),
            Self::RetainedSent { .. } => both!("MQTT-3.3.1-6", "MQTT-3.3.1-9"),
            Self::RetainedExpired { .. } => only_v5!("MQTT-3.3.2-5"),
            Self::WillPublished { .. } => both!("MQTT-3.1.2-8", "MQTT-3.1.2-8"),
            Self::WillDelayed { .. } => only_v5!("MQTT-3.1.3-9"),
            Self::WillDiscarded { returned: true, .. } => only_v5!("MQTT-3.1.3-9"),
            Self::WillDiscarded { .. } => both!("MQTT-3.14.4-3", "MQTT-3.14.4-3"),
            Self::NoCopy {
                why: NoCopy::NoLocal,
                ..
            } => only_v5!("MQTT-3.8.3-3"),
            Self::NoCopy {
                why: NoCopy::GivenUp(DropReason::Expired),
                ..
            } => only_v5!("MQTT-3.3.2-5"),
            // Of 5.0 it is the session's own rule, as for all that it keeps.
            Self::CopyWaits {
                what: Wait::Client, ..
            } => only_v311!("MQTT-3.1.2-5"),
            Self::RetainedFull { .. } | Self::CopyWaits { .. } | Self::NoCopy { .. } => {
                return None;
            }
        })
    }
}

impl fmt::Display for WillCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionLost => "the connection was lost without DISCONNECT",
            Self::KeepAliveTimeout => "nothing came for one and a half times the keep alive",
            Self::ProtocolError => "the client broke a rule and was cut off",
            Self::TakenOver => "the client id connected again",
            Self::Disconnected(reason) => return write!(f, "DISCONNECT said {reason}"),
            Self::ServerClosed => "the broker closed the connection",
            Self::DelayOver => "its delay is over",
            Self::SessionEnded => "the session ended",
        })
    }
}

impl fmt::Display for SessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionClosed => "its connection closed",
            Self::Expired => "it expired",
            Self::CleanStart => "the client began anew",
        })
    }
}

impl fmt::Display for NoCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offline => "QoS 0, and not connected",
            Self::Slow => "QoS 0, and the connection is too slow",
            Self::QueueFull => "its queue is full",
            Self::NoLocal => "it published the message itself and asked for No Local",
            Self::NotAllowed => "the access list does not let it read the topic",
            Self::GivenUp(why) => return write!(f, "given up, {why}"),
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(note) => note.fmt(f),
            Self::Accepted {
                client_id,
                session_present,
            } => {
                let session = if *session_present {
                    "its earlier"
                } else {
                    "a new"
                };
                write!(f, "client {client_id} is in, with {session} session")
            }
            Self::TakenOver { client_id } => {
                write!(
                    f,
                    "client {client_id} connected again: its older connection is closed"
                )
            }
            Self::SessionKept {
                client_id,
                expires_in: None,
            } => write!(f, "session of {client_id} kept"),
            Self::SessionKept {
                client_id,
                expires_in: Some(span),
            } => write!(f, "session of {client_id} kept for {} s", span.as_secs()),
            Self::SessionEnded { client_id, why } => {
                write!(f, "session of {client_id} ended: {why}")
            }
            Self::Subscribed {
                filter,
                qos,
                replaced,
            } => {
                let verb = if *replaced { "replaced" } else { "made" };
                write!(f, "subscription to {filter} {verb}, QoS {}", qos.bits())
            }
            Self::SubscriptionRefused { filter, reason } => {
                write!(f, "subscription to {filter} refused: {reason}")
            }
            Self::Unsubscribed { filter } => write!(f, "subscription to {filter} ended"),
            Self::Routed {
                topic, copies: 0, ..
            } => write!(f, "{topic}: routed to nobody"),
            Self::Routed {
                topic, copies: 1, ..
            } => write!(f, "{topic}: routed to 1 subscriber"),
            Self::Routed { topic, copies, .. } => {
                write!(f, "{topic}: routed to {copies} subscribers")
            }
            Self::PublishRefused { topic, reason } => {
                write!(f, "{topic}: not passed on, {reason}")
            }
            Self::Downgraded { from, to } => write!(
                f,
                "QoS {} becomes {}, the QoS granted",
                from.bits(),
                to.bits()
            ),
            Self::RetainedKept {
                topic, replaced, ..
            } => {
                let verb = if *replaced {
                    "replaces the one before"
                } else {
                    "kept"
                };
                write!(f, "{topic}: retained message {verb}")
            }
            Self::RetainedCleared { topic } => write!(f, "{topic}: retained message deleted"),
            Self::RetainedExpired { topic } => write!(f, "{topic}: retained message expired"),
            Self::RetainedFull { topic } => {
                write!(f, "{topic}: not retained, as many are kept as may be")
            }
            Self::RetainedSent { filter, count, .. } => {
                write!(f, "{count} retained for the subscription to {filter}")
            }
            Self::WillPublished { topic, why, .. } => {
                write!(f, "will to {topic} published because {why}")
            }
            Self::WillDelayed { topic, delay, .. } => {
                write!(f, "will to {topic} due in {} s", delay.as_secs())
            }
            Self::WillDiscarded {
                topic,
                returned: true,
                ..
            } => write!(f, "will to {topic} deleted: the client is back"),
            Self::WillDiscarded { topic, .. } => {
                write!(f, "will to {topic} deleted: the client said goodbye")
            }
            Self::CopyWaits {
                client_id, what, ..
            } => match what {
                Wait::Client => write!(f, "copy for {client_id} waits: not connected"),
                Wait::SlowConnection => {
                    write!(f, "copy for {client_id} held back: the connection is slow")
                }
            },
            Self::NoCopy { client_id, why, .. } => write!(f, "no copy for {client_id}: {why}"),
        }
    }
}

impl From<mqtt_proto::Note> for Note {
    fn from(note: mqtt_proto::Note) -> Self {
        Self::Protocol(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_proto::Version;

    #[test]
    fn retained_messages_for_a_new_subscription_have_a_statement_of_their_own() {
        let sent = |if_new| {
            let filter = Text::default();
            Note::RetainedSent {
                filter,
                count: 1,
                if_new,
            }
            .rule()
        };
        let statement = |if_new, version| {
            sent(if_new)
                .and_then(|rule| rule.id_in(version))
                .map(|id| id.id_str())
        };
        assert_eq!(statement(false, Version::V311), Some("MQTT-3.3.1-6"));
        assert_eq!(statement(false, Version::V5), Some("MQTT-3.3.1-9"));
        assert_eq!(statement(true, Version::V5), Some("MQTT-3.3.1-10"));
    }
}
