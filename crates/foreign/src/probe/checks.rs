//! The rows of the report: what is done, and what follows from what is heard.

use super::{Heard, V5, V311, Verdict};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use mqtt_proto::packet::{Properties, Property, Publish, SubscriptionOptions, property_id};
use mqtt_proto::{Qos, ReasonCode, Version};

/// A row: a name, what is done, and what follows.
#[derive(Debug)]
pub struct Check {
    pub(super) name: &'static str,
    pub(super) steps: &'static [Step],
    pub(super) judge: fn(&[Heard]) -> (Verdict, String),
}

#[derive(Debug)]
pub(super) enum Step {
    /// Opens a connection and waits for CONNACK.
    Connect {
        at: usize,
        version: Version,
        keeps: bool,
        id: bool,
        will: Option<&'static str>,
    },
    Subscribe {
        at: usize,
        filter: &'static str,
        options: SubscriptionOptions,
        id: Option<u32>,
    },
    Unsubscribe {
        at: usize,
        filter: &'static str,
    },
    Publish {
        at: usize,
        topic: &'static str,
        qos: Qos,
        retain: bool,
        payload: &'static str,
    },
    /// Waits until nothing more comes.
    Quiet,
    /// The transport goes without a word.
    Cut(usize),
}

const fn connect(at: usize, version: Version) -> Step {
    Step::Connect {
        at,
        version,
        keeps: false,
        id: true,
        will: None,
    }
}

const fn returns(at: usize, version: Version) -> Step {
    Step::Connect {
        at,
        version,
        keeps: true,
        id: true,
        will: None,
    }
}

const fn subscribe(at: usize, filter: &'static str, qos: Qos) -> Step {
    Step::Subscribe {
        at,
        filter,
        options: SubscriptionOptions::at(qos),
        id: None,
    }
}

const fn publish(at: usize, topic: &'static str, qos: Qos, payload: &'static str) -> Step {
    Step::Publish {
        at,
        topic,
        qos,
        retain: false,
        payload,
    }
}

const fn retain(at: usize, topic: &'static str, payload: &'static str) -> Step {
    Step::Publish {
        at,
        topic,
        qos: Qos::AtLeastOnce,
        retain: true,
        payload,
    }
}

const Q0: Qos = Qos::AtMostOnce;
const Q1: Qos = Qos::AtLeastOnce;
const Q2: Qos = Qos::ExactlyOnce;

const NO_LOCAL: SubscriptionOptions = SubscriptionOptions {
    no_local: true,
    ..SubscriptionOptions::at(Q1)
};
const AS_PUBLISHED: SubscriptionOptions = SubscriptionOptions {
    retain_as_published: true,
    ..SubscriptionOptions::at(Q1)
};

/// All rows, in their order.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "MQTT 3.1.1",
        steps: &[connect(0, V311)],
        judge: connects,
    },
    Check {
        name: "MQTT 5.0",
        steps: &[connect(0, V5)],
        judge: connects,
    },
    Check {
        name: "limits (5.0)",
        steps: &[connect(0, V5)],
        judge: limits,
    },
    Check {
        name: "empty client id (5.0)",
        steps: &[Step::Connect {
            at: 0,
            version: V5,
            keeps: false,
            id: false,
            will: None,
        }],
        judge: assigned,
    },
    Check {
        name: "QoS 0",
        steps: &[
            connect(0, V311),
            subscribe(0, "t", Q0),
            publish(0, "t", Q0, "m"),
            Step::Quiet,
        ],
        judge: |heard| quality(heard, Q0),
    },
    Check {
        name: "QoS 1",
        steps: &[
            connect(0, V311),
            subscribe(0, "t", Q1),
            publish(0, "t", Q1, "m"),
            Step::Quiet,
        ],
        judge: |heard| quality(heard, Q1),
    },
    Check {
        name: "QoS 2",
        steps: &[
            connect(0, V311),
            subscribe(0, "t", Q2),
            publish(0, "t", Q2, "m"),
            Step::Quiet,
        ],
        judge: |heard| quality(heard, Q2),
    },
    Check {
        name: "QoS 2 under 5.0",
        steps: &[
            connect(0, V5),
            subscribe(0, "t", Q2),
            publish(0, "t", Q2, "m"),
            Step::Quiet,
        ],
        judge: |heard| quality(heard, Q2),
    },
    Check {
        name: "retained messages",
        steps: &[
            connect(0, V311),
            retain(0, "t", "kept"),
            subscribe(0, "t", Q1),
            Step::Quiet,
            retain(0, "t", ""),
            Step::Quiet,
            connect(1, V311),
            subscribe(1, "t", Q1),
            Step::Quiet,
        ],
        judge: retained,
    },
    Check {
        name: "wildcard +",
        steps: &[
            connect(0, V311),
            subscribe(0, "a/+/c", Q0),
            publish(0, "a/b/c", Q0, "m"),
            Step::Quiet,
        ],
        judge: |heard| one_copy(heard, "the message came", "nothing came"),
    },
    Check {
        name: "wildcard # matches its parent",
        steps: &[
            connect(0, V311),
            subscribe(0, "a/#", Q0),
            publish(0, "a", Q0, "m"),
            Step::Quiet,
        ],
        judge: |heard| {
            one_copy(
                heard,
                "a/# has matched a",
                "a/# has not matched a (3.1.1 section 4.7.1.2)",
            )
        },
    },
    Check {
        name: "shared subscriptions (5.0)",
        steps: &[
            connect(0, V5),
            connect(1, V5),
            subscribe(0, "$share/g/s", Q1),
            subscribe(1, "$share/g/s", Q1),
            publish(0, "s", Q1, "1"),
            publish(0, "s", Q1, "2"),
            publish(0, "s", Q1, "3"),
            publish(0, "s", Q1, "4"),
            Step::Quiet,
        ],
        judge: shared,
    },
    Check {
        name: "shared subscriptions under 3.1.1",
        steps: &[
            connect(0, V311),
            connect(1, V311),
            subscribe(0, "$share/g/s", Q1),
            subscribe(1, "$share/g/s", Q1),
            publish(0, "s", Q1, "1"),
            publish(0, "s", Q1, "2"),
            publish(0, "s", Q1, "3"),
            publish(0, "s", Q1, "4"),
            Step::Quiet,
        ],
        judge: |heard| match shared(heard) {
            (Verdict::Yes, finding) => (Verdict::Told, finding),
            _ if is_granted(heard) && is_acknowledged(heard) && !ended(heard) => {
                (Verdict::Told, "$share is a topic like any other".into())
            }
            _ => (Verdict::Told, nothing(heard).1),
        },
    },
    Check {
        name: "overlapping subscriptions (3.1.1)",
        steps: &[
            connect(0, V311),
            subscribe(0, "o/#", Q1),
            subscribe(0, "o/+", Q2),
            publish(0, "o/x", Q2, "m"),
            Step::Quiet,
        ],
        judge: overlap,
    },
    Check {
        name: "overlapping subscriptions (5.0), with identifiers",
        steps: &[
            connect(0, V5),
            Step::Subscribe {
                at: 0,
                filter: "o/#",
                options: SubscriptionOptions::at(Q1),
                id: Some(1),
            },
            Step::Subscribe {
                at: 0,
                filter: "o/+",
                options: SubscriptionOptions::at(Q2),
                id: Some(2),
            },
            publish(0, "o/x", Q2, "m"),
            Step::Quiet,
        ],
        judge: overlap,
    },
    Check {
        name: "No Local (5.0)",
        steps: &[
            connect(0, V5),
            Step::Subscribe {
                at: 0,
                filter: "t",
                options: NO_LOCAL,
                id: None,
            },
            publish(0, "t", Q1, "m"),
            Step::Quiet,
        ],
        judge: |heard| match messages(heard).count() {
            0 if is_granted(heard) && is_acknowledged(heard) => {
                yes("what the client has published does not come back")
            }
            0 => nothing(heard),
            _ => no("what the client has published comes back"),
        },
    },
    Check {
        name: "Retain As Published (5.0)",
        steps: &[
            connect(0, V5),
            Step::Subscribe {
                at: 0,
                filter: "t",
                options: AS_PUBLISHED,
                id: None,
            },
            retain(0, "t", "m"),
            Step::Quiet,
            retain(0, "t", ""),
        ],
        judge: |heard| match messages(heard).next() {
            Some(message) if message.retain => yes("RETAIN stays as it was published"),
            Some(_) => no("RETAIN is gone"),
            None => nothing(heard),
        },
    },
    Check {
        name: "persistent session (3.1.1)",
        steps: &[
            returns(0, V311),
            subscribe(0, "t", Q1),
            Step::Cut(0),
            connect(1, V311),
            publish(1, "t", Q1, "while away"),
            returns(0, V311),
            Step::Quiet,
            // Nothing is to be left there.
            Step::Cut(0),
            connect(0, V311),
        ],
        judge: persistent,
    },
    Check {
        name: "persistent session (5.0)",
        steps: &[
            returns(0, V5),
            subscribe(0, "t", Q1),
            Step::Cut(0),
            connect(1, V5),
            publish(1, "t", Q1, "while away"),
            returns(0, V5),
            Step::Quiet,
            Step::Cut(0),
            connect(0, V5),
        ],
        judge: persistent,
    },
    Check {
        name: "will after a cut",
        steps: &[
            connect(0, V311),
            subscribe(0, "will", Q1),
            Step::Connect {
                at: 1,
                version: V311,
                keeps: false,
                id: true,
                will: Some("will"),
            },
            Step::Cut(1),
            Step::Quiet,
            Step::Quiet,
        ],
        judge: |heard| {
            one_copy(
                heard,
                "the will was published",
                "no will came within a second",
            )
        },
    },
    Check {
        name: "$SYS topics",
        steps: &[
            connect(0, V311),
            subscribe(0, "$SYS/#", Q0),
            Step::Quiet,
            Step::Quiet,
        ],
        judge: |heard| {
            let topics = messages(heard)
                .filter_map(|message| message.topic.as_ref())
                .count();
            match topics {
                0 => (Verdict::Told, "nothing came from $SYS/# in a moment".into()),
                count => (
                    Verdict::Told,
                    format!("{count} messages came from $SYS/# at once"),
                ),
            }
        },
    },
    Check {
        name: "# leaves out $-topics",
        steps: &[
            connect(0, V311),
            subscribe(0, "#", Q0),
            Step::Quiet,
            Step::Quiet,
        ],
        judge: |heard| {
            let mut topics = messages(heard).filter_map(|message| message.topic.as_ref());
            match topics.find(|topic| topic.as_str().starts_with('$')) {
                Some(topic) => (
                    Verdict::No,
                    format!("# has matched {} (MQTT-4.7.2-1)", topic.as_str()),
                ),
                None if is_granted(heard) => yes("no topic with $ has come by #"),
                None => nothing(heard),
            }
        },
    },
    Check {
        name: "publishing to $-topics (3.1.1)",
        steps: &[connect(0, V311), publish(0, "$probe", Q1, "m"), Step::Quiet],
        judge: |heard| match is_acknowledged(heard) {
            true => (Verdict::Told, "it is acknowledged".into()),
            false => (Verdict::Told, nothing(heard).1),
        },
    },
    Check {
        name: "UNSUBSCRIBE of what is not there (5.0)",
        steps: &[connect(0, V5), Step::Unsubscribe { at: 0, filter: "t" }],
        judge: |heard| {
            let codes = heard.iter().find_map(|heard| match heard {
                Heard::Unsubscribed { reasons } => Some(reasons.as_slice()),
                _ => None,
            });
            match codes {
                Some([ReasonCode::NoSubscriptionExisted]) => {
                    yes("UNSUBACK says 0x11, no subscription existed")
                }
                Some(codes) => (Verdict::Partly, format!("UNSUBACK says {}", said(codes))),
                None => nothing(heard),
            }
        },
    },
];

fn yes(finding: &str) -> (Verdict, String) {
    (Verdict::Yes, finding.to_string())
}

fn no(finding: &str) -> (Verdict, String) {
    (Verdict::No, finding.to_string())
}

/// What stands in the way, when what was asked for did not come.
fn nothing(heard: &[Heard]) -> (Verdict, String) {
    let mut finding = String::from("nothing came");
    for heard in heard {
        finding = match heard {
            Heard::Refused { reason, .. } => format!("the connection is refused: {reason}"),
            Heard::NotSaid(why) => format!("the broker says that it has none: {why}"),
            Heard::NoAnswer => "the broker does not answer".into(),
            Heard::Closed { why: Some(why), .. } => format!("the connection is closed: {why}"),
            Heard::Closed { why: None, .. } => {
                "the broker closes the connection without a word".into()
            }
            Heard::Subscribed { reasons } if reasons.iter().any(|reason| reason.is_failure()) => {
                format!("the subscription is refused: {}", said(reasons))
            }
            Heard::Acknowledged { reason } if reason.is_failure() => {
                format!("the message is refused: {reason}")
            }
            _ => continue,
        };
        break;
    }
    (Verdict::No, finding)
}

fn said(codes: &[ReasonCode]) -> String {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    codes.join(", ")
}

fn ended(heard: &[Heard]) -> bool {
    heard
        .iter()
        .any(|heard| matches!(heard, Heard::Closed { .. } | Heard::NoAnswer))
}

/// Whether a subscription was granted.
fn is_granted(heard: &[Heard]) -> bool {
    heard.iter().any(|heard| match heard {
        Heard::Subscribed { reasons } => reasons.iter().all(|reason| !reason.is_failure()),
        _ => false,
    })
}

/// Whether a message was acknowledged with success.
fn is_acknowledged(heard: &[Heard]) -> bool {
    heard.iter().any(|heard| match heard {
        Heard::Acknowledged { reason } => !reason.is_failure(),
        _ => false,
    })
}

fn messages(heard: &[Heard]) -> impl Iterator<Item = &Publish> {
    heard.iter().filter_map(|heard| match heard {
        Heard::Message { publish, .. } => Some(publish),
        _ => None,
    })
}

fn connects(heard: &[Heard]) -> (Verdict, String) {
    match heard.first() {
        Some(Heard::Connected { .. }) => yes("CONNACK says yes"),
        _ => nothing(heard),
    }
}

fn properties(heard: &[Heard]) -> Option<&Properties> {
    heard.iter().find_map(|heard| match heard {
        Heard::Connected { properties, .. } => Some(properties),
        _ => None,
    })
}

fn limits(heard: &[Heard]) -> (Verdict, String) {
    let Some(properties) = properties(heard) else {
        return nothing(heard);
    };
    let number = |id, otherwise: &str| match properties.number(id) {
        Some(value) => value.to_string(),
        None => otherwise.to_string(),
    };
    let available = |id| {
        if properties.number(id) == Some(0) {
            "no"
        } else {
            "yes"
        }
    };
    let finding = format!(
        "Maximum QoS {}, Receive Maximum {}, Maximum Packet Size {}, Topic Alias Maximum {}, Server Keep Alive {}, retained {}, \
         wildcards {}, subscription identifiers {}, shared {}",
        number(property_id::MAXIMUM_QOS, "2"),
        number(property_id::RECEIVE_MAXIMUM, "65535"),
        number(property_id::MAXIMUM_PACKET_SIZE, "without bound"),
        number(property_id::TOPIC_ALIAS_MAXIMUM, "0"),
        number(property_id::SERVER_KEEP_ALIVE, "as asked"),
        available(property_id::RETAIN_AVAILABLE),
        available(property_id::WILDCARD_SUBSCRIPTION_AVAILABLE),
        available(property_id::SUBSCRIPTION_IDENTIFIER_AVAILABLE),
        available(property_id::SHARED_SUBSCRIPTION_AVAILABLE),
    );
    (Verdict::Told, finding)
}

fn assigned(heard: &[Heard]) -> (Verdict, String) {
    let Some(properties) = properties(heard) else {
        return nothing(heard);
    };
    let id = properties.find(|property| match property {
        Property::AssignedClientIdentifier(id) => Some(id.as_str().to_string()),
        _ => None,
    });
    match id {
        Some(id) => (Verdict::Yes, format!("the broker has chosen {id:?}")),
        None => no("the broker does not say which one it has chosen (MQTT-3.1.3-7)"),
    }
}

fn quality(heard: &[Heard], wanted: Qos) -> (Verdict, String) {
    let granted = heard.iter().find_map(|heard| match heard {
        Heard::Subscribed { reasons } => reasons.first().copied(),
        _ => None,
    });
    let mut copies = messages(heard);
    let Some(first) = copies.next() else {
        return nothing(heard);
    };
    let (found, more) = (first.delivery.qos(), copies.count());
    let acknowledged = heard
        .iter()
        .any(|heard| matches!(heard, Heard::Acknowledged { .. }));
    match granted {
        _ if more > 0 => (
            Verdict::Partly,
            format!("the message came {} times", more + 1),
        ),
        _ if wanted > Qos::AtMostOnce && !acknowledged => {
            no("the message came, and was not acknowledged")
        }
        Some(granted) if found < wanted => (
            Verdict::Partly,
            format!(
                "SUBACK says {granted}, and the message came at QoS {}",
                found.bits()
            ),
        ),
        _ => (
            Verdict::Yes,
            format!("the message came once, at QoS {}", found.bits()),
        ),
    }
}

fn one_copy(heard: &[Heard], some: &str, none: &str) -> (Verdict, String) {
    match messages(heard).count() {
        0 if ended(heard) => nothing(heard),
        0 => no(none),
        1 => yes(some),
        count => (Verdict::Partly, format!("{some}, {count} times")),
    }
}

fn retained(heard: &[Heard]) -> (Verdict, String) {
    let of = |wanted: usize| {
        heard.iter().filter_map(move |heard| match heard {
            Heard::Message { client, publish } if *client == wanted => Some(publish),
            _ => None,
        })
    };
    let Some(first) = of(0).next() else {
        return nothing(heard);
    };
    match (first.retain, of(1).next()) {
        (true, None) => yes("a later subscription gets it with RETAIN, and an empty one clears it"),
        (false, _) => no("a later subscription gets it without RETAIN (MQTT-3.3.1-8)"),
        (true, Some(_)) => (
            Verdict::Partly,
            "an empty one does not clear it (MQTT-3.3.1-10)".into(),
        ),
    }
}

fn shared(heard: &[Heard]) -> (Verdict, String) {
    let count = |wanted: usize| {
        heard
            .iter()
            .filter(|heard| matches!(heard, Heard::Message { client, .. } if *client == wanted))
            .count()
    };
    match (count(0), count(1)) {
        (0, 0) => nothing(heard),
        (one, other) if one + other == 4 => (
            Verdict::Yes,
            format!("of 4 messages {one} went to one member and {other} to the other"),
        ),
        (one, other) => (
            Verdict::No,
            format!("of 4 messages {one} and {other} copies came: the group is none"),
        ),
    }
}

fn overlap(heard: &[Heard]) -> (Verdict, String) {
    let copies: Vec<String> = messages(heard)
        .map(|message| {
            let ids: Vec<String> = message
                .properties
                .iter()
                .filter_map(|property| match property {
                    Property::SubscriptionIdentifier(id) => Some(id.to_string()),
                    _ => None,
                })
                .collect();
            let ids = if ids.is_empty() {
                String::new()
            } else {
                format!(" (identifiers {})", ids.join(", "))
            };
            format!("QoS {}{ids}", message.delivery.qos().bits())
        })
        .collect();
    match copies.len() {
        0 => nothing(heard),
        1 => (Verdict::Told, format!("one copy: {}", copies.concat())),
        count => (
            Verdict::Told,
            format!("{count} copies: {}", copies.join("; ")),
        ),
    }
}

fn persistent(heard: &[Heard]) -> (Verdict, String) {
    let present = heard
        .iter()
        .filter_map(|heard| match heard {
            Heard::Connected {
                client: 0,
                session_present,
                ..
            } => Some(*session_present),
            _ => None,
        })
        .nth(1);
    let came = messages(heard).count();
    match (present, came) {
        (Some(true), 1) => yes("the session goes on, and what was published meanwhile comes"),
        (Some(true), 0) => (
            Verdict::Partly,
            "the session goes on, without what was published meanwhile".into(),
        ),
        (Some(true), count) => (
            Verdict::Partly,
            format!("what was published meanwhile comes {count} times"),
        ),
        (Some(false), 0) => no("the session is gone"),
        (Some(false), _) => (
            Verdict::Partly,
            "CONNACK says that the session is new, and what was published meanwhile comes".into(),
        ),
        (None, _) => nothing(heard),
    }
}
