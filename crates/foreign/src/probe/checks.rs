//! The rows of the report: what is done.

use super::finding::Finding;
use super::judge::*;
use super::{Heard, V5, V311, Verdict};
use mqtt_proto::packet::SubscriptionOptions;
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

#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// The client sends something to itself, and waits until it comes, and then until nothing more does.
    Fence(usize),
    /// The second half of that: the client is subscribed.
    SayFence(usize),
    /// The transport goes without a word.
    Cut(usize),
}

pub(super) const fn connect(at: usize, version: Version) -> Step {
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

pub(super) const fn retain(at: usize, topic: &'static str, payload: &'static str) -> Step {
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
            Step::Fence(0),
        ],
        judge: |heard| quality(heard, Q0),
    },
    Check {
        name: "QoS 1",
        steps: &[
            connect(0, V311),
            subscribe(0, "t", Q1),
            publish(0, "t", Q1, "m"),
            Step::Fence(0),
        ],
        judge: |heard| quality(heard, Q1),
    },
    Check {
        name: "QoS 2",
        steps: &[
            connect(0, V311),
            subscribe(0, "t", Q2),
            publish(0, "t", Q2, "m"),
            Step::Fence(0),
        ],
        judge: |heard| quality(heard, Q2),
    },
    Check {
        name: "QoS 2 under 5.0",
        steps: &[
            connect(0, V5),
            subscribe(0, "t", Q2),
            publish(0, "t", Q2, "m"),
            Step::Fence(0),
        ],
        judge: |heard| quality(heard, Q2),
    },
    Check {
        name: "retained messages",
        steps: &[
            connect(0, V311),
            retain(0, "t", "kept"),
            subscribe(0, "t", Q1),
            Step::Fence(0),
            retain(0, "t", ""),
            connect(1, V311),
            subscribe(1, "t", Q1),
            Step::Fence(1),
        ],
        judge: retained,
    },
    Check {
        name: "wildcard +",
        steps: &[
            connect(0, V311),
            subscribe(0, "a/+/c", Q0),
            publish(0, "a/b/c", Q0, "m"),
            Step::Fence(0),
        ],
        judge: |heard| one_copy(heard, Finding::Came, Finding::Nothing),
    },
    Check {
        name: "wildcard # matches its parent",
        steps: &[
            connect(0, V311),
            subscribe(0, "a/#", Q0),
            publish(0, "a", Q0, "m"),
            Step::Fence(0),
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
            Step::Fence(0),
            Step::Fence(1),
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
            Step::Fence(0),
            Step::Fence(1),
            // Whether it is a name like any other shows only if somebody says it.
            publish(0, "$share/g/s", Q1, NAMED),
            Step::Fence(0),
        ],
        judge: share_under_311,
    },
    Check {
        name: "overlapping subscriptions (3.1.1)",
        steps: &[
            connect(0, V311),
            subscribe(0, "o/#", Q1),
            subscribe(0, "o/+", Q2),
            publish(0, "o/x", Q2, "m"),
            Step::Fence(0),
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
            Step::Fence(0),
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
            Step::Fence(0),
        ],
        judge: no_local,
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
            Step::Fence(0),
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
            Step::Fence(0),
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
            Step::Fence(0),
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
        judge: will,
    },
    Check {
        name: "$SYS topics",
        steps: &[
            connect(0, V311),
            subscribe(0, "$SYS/#", Q0),
            Step::Fence(0),
            Step::Quiet,
        ],
        judge: from_sys,
    },
    Check {
        name: "# leaves out $-topics",
        steps: &[
            // That none comes by # says something where there are some.
            connect(1, V311),
            subscribe(1, "$SYS/#", Q0),
            subscribe(1, "$probe", Q0),
            connect(0, V311),
            subscribe(0, "#", Q0),
            publish(1, "$probe", Q1, "m"),
            Step::Fence(1),
            Step::Fence(0),
        ],
        judge: leaves_out_dollar,
    },
    Check {
        name: "publishing to $-topics (3.1.1)",
        steps: &[connect(0, V311), publish(0, "$probe", Q1, "m")],
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
