//! What follows from what was heard, and only as far as it follows.

use super::finding::{Finding, Limits};
use super::{Heard, Verdict};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use mqtt_proto::packet::{Properties, Property, Publish, property_id};
use mqtt_proto::{Qos, ReasonCode, TopicName};

pub(super) const fn yes(finding: Finding) -> (Verdict, Finding) {
    (Verdict::Yes, finding)
}

pub(super) const fn no(finding: Finding) -> (Verdict, Finding) {
    (Verdict::No, finding)
}

/// What stands in the way, when what was asked for did not come.
pub(super) fn nothing(heard: &[Heard]) -> (Verdict, Finding) {
    for heard in heard {
        return match heard {
            Heard::Refused { reason, .. } => no(Finding::ConnectionRefused(*reason)),
            Heard::NotOpened => (Verdict::NotSeen, Finding::NotOpened),
            Heard::NotSaid(why) => no(Finding::NotSaid(why.clone())),
            Heard::NoAnswer => (Verdict::NotSeen, Finding::NoAnswer),
            Heard::Closed { why: Some(why), .. } => no(Finding::ConnectionClosed(*why)),
            Heard::Closed { why: None, .. } => no(Finding::ClosedSilently),
            Heard::Subscribed { reasons, .. }
                if reasons.iter().any(|reason| reason.is_failure()) =>
            {
                no(Finding::SubscriptionRefused(reasons.clone()))
            }
            Heard::Acknowledged { reason } if reason.is_failure() => {
                no(Finding::MessageRefused(*reason))
            }
            _ => continue,
        };
    }
    absent(heard, Finding::Nothing)
}

/// That something did not come says no only if what was sent behind it came.
fn absent(heard: &[Heard], finding: Finding) -> (Verdict, Finding) {
    let is_lost = |it: &Heard| matches!(it, Heard::NoFence { .. } | Heard::NoAnswer);
    match heard.iter().any(is_lost) {
        true => (Verdict::NotSeen, finding),
        false => no(finding),
    }
}

fn ended(heard: &[Heard]) -> bool {
    heard.iter().any(|heard| {
        matches!(
            heard,
            Heard::Closed { .. } | Heard::NoAnswer | Heard::NotOpened
        )
    })
}

/// Whether each subscription of a client was granted, and it has asked for some.
fn is_granted(heard: &[Heard], wanted: usize) -> bool {
    let mut answers = heard.iter().filter_map(|heard| match heard {
        Heard::Subscribed { client, reasons } if *client == wanted => Some(reasons),
        _ => None,
    });
    let is_good = |reasons: &Vec<ReasonCode>| reasons.iter().all(|reason| !reason.is_failure());
    answers.next().is_some_and(is_good) && answers.all(is_good)
}

/// Whether what a client has sent to itself last has come.
fn is_fenced(heard: &[Heard], wanted: usize) -> bool {
    !heard
        .iter()
        .any(|it| matches!(it, Heard::NoFence { client } if *client == wanted))
}

/// Whether a message was acknowledged with success.
pub(super) fn is_acknowledged(heard: &[Heard]) -> bool {
    heard.iter().any(|heard| match heard {
        Heard::Acknowledged { reason } => !reason.is_failure(),
        _ => false,
    })
}

pub(super) fn messages(heard: &[Heard]) -> impl Iterator<Item = &Publish> {
    heard.iter().filter_map(|heard| match heard {
        Heard::Message { publish, .. } => Some(publish),
        _ => None,
    })
}

fn messages_of(heard: &[Heard], wanted: usize) -> impl Iterator<Item = &Publish> {
    heard.iter().filter_map(move |heard| match heard {
        Heard::Message { client, publish } if *client == wanted => Some(publish),
        _ => None,
    })
}

pub(super) fn connects(heard: &[Heard]) -> (Verdict, Finding) {
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

pub(super) fn limits(heard: &[Heard]) -> (Verdict, Finding) {
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

pub(super) fn assigned(heard: &[Heard]) -> (Verdict, Finding) {
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

pub(super) fn quality(heard: &[Heard], wanted: Qos) -> (Verdict, Finding) {
    let granted = heard.iter().find_map(|heard| match heard {
        Heard::Subscribed { reasons, .. } => reasons.first().copied(),
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
        _ if wanted > Qos::AtMostOnce && !acknowledged => {
            (Verdict::NotSeen, Finding::Unacknowledged)
        }
        Some(granted) if found < wanted => (Verdict::Partly, Finding::Downgraded(granted, found)),
        _ => (Verdict::Yes, Finding::Once(found)),
    }
}

/// The server has no time by which it publishes a will: that it did not come so soon proves nothing.
pub(super) fn will(heard: &[Heard]) -> (Verdict, Finding) {
    match one_copy(heard, Finding::WillCame, Finding::NoWill) {
        (_, Finding::NoWill) => (Verdict::NotSeen, Finding::NoWill),
        other => other,
    }
}

pub(super) fn one_copy(heard: &[Heard], some: Finding, none: Finding) -> (Verdict, Finding) {
    match messages(heard).count() {
        0 if ended(heard) || !is_granted(heard, 0) => nothing(heard),
        0 => absent(heard, none),
        1 => yes(some),
        count => (Verdict::Partly, Finding::Times(Box::new(some), count)),
    }
}

pub(super) fn retained(heard: &[Heard]) -> (Verdict, Finding) {
    let of = |wanted: usize| messages_of(heard, wanted);
    let Some(first) = of(0).next() else {
        return nothing(heard);
    };
    match (first.retain, of(1).next()) {
        (false, _) => no(Finding::RetainedUnmarked),
        (true, Some(_)) => (Verdict::Partly, Finding::RetainedForEver),
        (true, None) if is_granted(heard, 1) && is_fenced(heard, 1) => yes(Finding::Retained),
        (true, None) => (Verdict::NotSeen, Finding::RetainedAtLeast),
    }
}

/// What a message says that is published to the name of a share itself.
pub(super) const NAMED: &str = "named";

pub(super) fn shared(heard: &[Heard]) -> (Verdict, Finding) {
    const PAYLOADS: [&[u8]; 4] = [b"1", b"2", b"3", b"4"];
    let copies = |at: usize, payload: &[u8]| {
        let is_it = |it: &&Publish| *it.payload == *payload;
        messages_of(heard, at).filter(is_it).count()
    };
    let each = PAYLOADS.map(|payload| (copies(0, payload), copies(1, payload)));
    let sum = |of: fn(&(usize, usize)) -> usize| each.iter().map(of).sum::<usize>();
    let (one, other) = (sum(|it| it.0), sum(|it| it.1));
    let came = each.iter().filter(|it| it.0 + it.1 > 0).count();
    match came {
        0 => nothing(heard),
        _ if each.iter().all(|it| it.0 + it.1 == 1) => yes(Finding::Shared(one, other)),
        _ if each.iter().all(|it| it.0 > 0 && it.1 > 0) => no(Finding::NotShared(one, other)),
        4 => (Verdict::Partly, Finding::SharedSome(came, one, other)),
        _ => (Verdict::NotSeen, Finding::SharedSome(came, one, other)),
    }
}

/// Nothing in 3.1.1 says what the name means.
pub(super) fn share_under_311(heard: &[Heard]) -> (Verdict, Finding) {
    let is_named = messages(heard).any(|it| *it.payload == *NAMED.as_bytes());
    let finding = match shared(heard).1 {
        Finding::Nothing if is_named => Finding::ShareIsATopic,
        finding => finding,
    };
    (Verdict::Told, finding)
}

pub(super) fn no_local(heard: &[Heard]) -> (Verdict, Finding) {
    match messages(heard).count() {
        0 if !is_granted(heard, 0) || !is_acknowledged(heard) => nothing(heard),
        0 if is_fenced(heard, 0) => yes(Finding::NoEcho),
        0 => (Verdict::NotSeen, Finding::NoEcho),
        _ => no(Finding::Echo),
    }
}

pub(super) fn from_sys(heard: &[Heard]) -> (Verdict, Finding) {
    let count = messages(heard).count();
    let finding = match is_granted(heard, 0) {
        false => nothing(heard).1,
        true => Finding::FromSys(count),
    };
    (Verdict::Told, finding)
}

/// Client 1 asks for some, client 0 for everything.
pub(super) fn leaves_out_dollar(heard: &[Heard]) -> (Verdict, Finding) {
    let dollar = |at: usize| {
        let mut topics = messages_of(heard, at).filter_map(|it| it.topic.as_ref());
        topics.find(|topic| topic.as_str().starts_with('$'))
    };
    match dollar(0).map(TopicName::as_str) {
        Some(topic) => no(Finding::DollarMatched(topic.to_string())),
        None if !is_granted(heard, 0) => nothing(heard),
        None if dollar(1).is_some() && is_fenced(heard, 0) => yes(Finding::DollarNotMatched),
        None => (Verdict::NotSeen, Finding::NoDollar),
    }
}

pub(super) fn overlap(heard: &[Heard]) -> (Verdict, Finding) {
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

pub(super) fn persistent(heard: &[Heard]) -> (Verdict, Finding) {
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
        (Some(true), 0) if is_fenced(heard, 0) && is_acknowledged(heard) => {
            (Verdict::Partly, Finding::SessionWithoutMessages)
        }
        (Some(true), 0) => (Verdict::NotSeen, Finding::SessionWithoutMessages),
        (Some(true), count) => (Verdict::Partly, Finding::SessionWithCopies(count)),
        (Some(false), 0) => no(Finding::SessionGone),
        (Some(false), _) => (Verdict::Partly, Finding::SessionDenied),
        (None, _) => nothing(heard),
    }
}
