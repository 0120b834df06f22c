//! The rows of the report: what is done, and what follows from what is heard.

use super::finding::{Finding, Limits};
use super::{Heard, V5, V311, Verdict};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use mqtt_proto::packet::{Properties, Property, Publish, SubscriptionOptions, property_id};
use mqtt_proto::{Qos, ReasonCode, Version};

/// A row: a name, what is done, and what follows.
#[derive(Debug)]
pub struct Check {
    pub(super) name: &'static str,
    pub(super) steps: &'static [Step],
    pub(super) judge: fn(&[Heard]) -> (Verdict, Finding),
}

impl Check {
    /// Whether it leaves something retained, for a moment.
    pub(super) fn retains(&self) -> bool {
        let retained = |step: &Step| matches!(step, Step::Publish { retain: true, .. });
        self.steps.iter().any(retained)
    }
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
        judge: |heard| one_copy(heard, Finding::Came, Finding::Nothing),
    },
    Check {
        name: "wildcard # matches its parent",
        steps: &[
            connect(0, V311),
            subscribe(0, "a/#", Q0),
            publish(0, "a", Q0, "m"),
            Step::Quiet,
        ],
        judge: |heard| one_copy(heard, Finding::ParentMatched, Finding::ParentNotMatched),
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
                (Verdict::Told, Finding::ShareIsATopic)
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
            0 if is_granted(heard) && is_acknowledged(heard) => yes(Finding::NoEcho),
            0 => nothing(heard),
            _ => no(Finding::Echo),
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
            Some(message) if message.retain => yes(Finding::RetainKept),
            Some(_) => no(Finding::RetainGone),
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
        judge: |heard| one_copy(heard, Finding::WillCame, Finding::NoWill),
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
            (Verdict::Told, Finding::FromSys(topics))
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
                    Finding::DollarMatched(topic.as_str().to_string()),
                ),
                None if is_granted(heard) => yes(Finding::DollarNotMatched),
                None => nothing(heard),
            }
        },
    },
    Check {
        name: "publishing to $-topics (3.1.1)",
        steps: &[connect(0, V311), publish(0, "$probe", Q1, "m"), Step::Quiet],
        judge: |heard| match is_acknowledged(heard) {
            true => (Verdict::Told, Finding::Acknowledged),
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
                Some([ReasonCode::NoSubscriptionExisted]) => yes(Finding::NoSubscription),
                Some(codes) => (Verdict::Partly, Finding::Unsubscribed(codes.to_vec())),
                None => nothing(heard),
            }
        },
    },
];

const fn yes(finding: Finding) -> (Verdict, Finding) {
    (Verdict::Yes, finding)
}

const fn no(finding: Finding) -> (Verdict, Finding) {
    (Verdict::No, finding)
}

/// What stands in the way, when what was asked for did not come.
fn nothing(heard: &[Heard]) -> (Verdict, Finding) {
    let mut finding = Finding::Nothing;
    for heard in heard {
        finding = match heard {
            Heard::Refused { reason, .. } => Finding::ConnectionRefused(*reason),
            Heard::NotSaid(why) => Finding::NotSaid(why.clone()),
            Heard::NoAnswer => Finding::NoAnswer,
            Heard::Closed { why: Some(why), .. } => Finding::ConnectionClosed(*why),
            Heard::Closed { why: None, .. } => Finding::ClosedSilently,
            Heard::Subscribed { reasons } if reasons.iter().any(|reason| reason.is_failure()) => {
                Finding::SubscriptionRefused(reasons.clone())
            }
            Heard::Acknowledged { reason } if reason.is_failure() => {
                Finding::MessageRefused(*reason)
            }
            _ => continue,
        };
        break;
    }
    (Verdict::No, finding)
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

fn connects(heard: &[Heard]) -> (Verdict, Finding) {
    match heard.first() {
        Some(Heard::Connected { .. }) => yes(Finding::Accepted),
        _ => nothing(heard),
    }
}

fn properties(heard: &[Heard]) -> Option<&Properties> {
    heard.iter().find_map(|heard| match heard {
        Heard::Connected { properties, .. } => Some(properties),
        _ => None,
    })
}

fn limits(heard: &[Heard]) -> (Verdict, Finding) {
    let Some(properties) = properties(heard) else {
        return nothing(heard);
    };
    let available = |id| properties.number(id) != Some(0);
    let limits = Limits {
        maximum_qos: properties.number(property_id::MAXIMUM_QOS),
        receive_maximum: properties.number(property_id::RECEIVE_MAXIMUM),
        maximum_packet_size: properties.number(property_id::MAXIMUM_PACKET_SIZE),
        topic_alias_maximum: properties.number(property_id::TOPIC_ALIAS_MAXIMUM),
        server_keep_alive: properties.number(property_id::SERVER_KEEP_ALIVE),
        retain: available(property_id::RETAIN_AVAILABLE),
        wildcards: available(property_id::WILDCARD_SUBSCRIPTION_AVAILABLE),
        identifiers: available(property_id::SUBSCRIPTION_IDENTIFIER_AVAILABLE),
        shared: available(property_id::SHARED_SUBSCRIPTION_AVAILABLE),
    };
    (Verdict::Told, Finding::Limits(limits))
}

fn assigned(heard: &[Heard]) -> (Verdict, Finding) {
    let Some(properties) = properties(heard) else {
        return nothing(heard);
    };
    let id = properties.find(|property| match property {
        Property::AssignedClientIdentifier(id) => Some(id.as_str().to_string()),
        _ => None,
    });
    match id {
        Some(id) => yes(Finding::Chosen(id)),
        None => no(Finding::NotChosen),
    }
}

fn quality(heard: &[Heard], wanted: Qos) -> (Verdict, Finding) {
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
        _ if more > 0 => (Verdict::Partly, Finding::Copies(more + 1)),
        _ if wanted > Qos::AtMostOnce && !acknowledged => no(Finding::Unacknowledged),
        Some(granted) if found < wanted => (Verdict::Partly, Finding::Downgraded(granted, found)),
        _ => (Verdict::Yes, Finding::Once(found)),
    }
}

fn one_copy(heard: &[Heard], some: Finding, none: Finding) -> (Verdict, Finding) {
    match messages(heard).count() {
        0 if ended(heard) => nothing(heard),
        0 => no(none),
        1 => yes(some),
        count => (Verdict::Partly, Finding::Times(Box::new(some), count)),
    }
}

fn retained(heard: &[Heard]) -> (Verdict, Finding) {
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
        (true, None) => yes(Finding::Retained),
        (false, _) => no(Finding::RetainedUnmarked),
        (true, Some(_)) => (Verdict::Partly, Finding::RetainedForEver),
    }
}

fn shared(heard: &[Heard]) -> (Verdict, Finding) {
    let count = |wanted: usize| {
        heard
            .iter()
            .filter(|heard| matches!(heard, Heard::Message { client, .. } if *client == wanted))
            .count()
    };
    match (count(0), count(1)) {
        (0, 0) => nothing(heard),
        (one, other) if one + other == 4 => (Verdict::Yes, Finding::Shared(one, other)),
        (one, other) => (Verdict::No, Finding::NotShared(one, other)),
    }
}

fn overlap(heard: &[Heard]) -> (Verdict, Finding) {
    let copies: Vec<(Qos, Vec<u32>)> = messages(heard)
        .map(|message| {
            let ids = message.properties.iter().filter_map(|it| match it {
                Property::SubscriptionIdentifier(id) => Some(id),
                _ => None,
            });
            (message.delivery.qos(), ids.collect())
        })
        .collect();
    match copies.is_empty() {
        true => nothing(heard),
        false => (Verdict::Told, Finding::Overlap(copies)),
    }
}

fn persistent(heard: &[Heard]) -> (Verdict, Finding) {
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
        (Some(true), 1) => yes(Finding::SessionKept),
        (Some(true), 0) => (Verdict::Partly, Finding::SessionWithoutMessages),
        (Some(true), count) => (Verdict::Partly, Finding::SessionWithCopies(count)),
        (Some(false), 0) => no(Finding::SessionGone),
        (Some(false), _) => (Verdict::Partly, Finding::SessionDenied),
        (None, _) => nothing(heard),
    }
}
