//! What a packet shows on its pill, and what sentences about it need to know.

use crate::payload::shown;
use crate::story::{Detail, Face, Facts, Role, Source, Wish};
use mqtt_proto::packet::{Connect, PacketType, Property, Publish};
use mqtt_proto::{Expiry, Lifetime, Packet, ReasonCode, Version};

/// A longer topic or filter is cut where it is said.
const SHOWN_MAX_CHARS: usize = 120;
/// A payload with more characters is not quoted in sentences.
const QUOTED_MAX_CHARS: usize = 40;

/// The name of a version.
pub(crate) const fn version_name(version: Version) -> &'static str {
    match version {
        Version::V311 => "MQTT 3.1.1",
        Version::V5 => "MQTT 5.0",
    }
}

pub(super) fn raw_face() -> Face {
    Face {
        role: Role::Fault,
        kind: None,
        name: "bytes",
        short: "bytes",
        id: None,
        detail: Detail::None,
        dup: false,
    }
}

pub(super) fn face(packet: &Packet, is_exactly_once: bool) -> Face {
    let kind = packet.packet_type();
    let role = match kind {
        PacketType::Publish => Role::Publish,
        PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => {
            Role::Acknowledge
        }
        PacketType::Subscribe
        | PacketType::SubAck
        | PacketType::Unsubscribe
        | PacketType::UnsubAck => Role::Subscribe,
        PacketType::Connect
        | PacketType::ConnAck
        | PacketType::PingReq
        | PacketType::PingResp
        | PacketType::Disconnect
        | PacketType::Auth => Role::Control,
    };
    let short = match kind {
        PacketType::Publish => "PUB",
        PacketType::Subscribe => "SUB",
        PacketType::Unsubscribe => "UNSUB",
        PacketType::Disconnect => "DISCON",
        _ => kind.name(),
    };
    let detail = match packet {
        Packet::Connect(connect) => Detail::Clean(connect.clean_start),
        Packet::ConnAck(ack) if ack.reason.is_failure() => Detail::Refused,
        Packet::ConnAck(ack) => Detail::Session(ack.session_present),
        Packet::Publish(publish) if publish.delivery.dup() => Detail::Dup,
        Packet::Publish(publish) => Detail::Qos(publish.delivery.qos().bits()),
        Packet::PubAck(_) => Detail::Part(2, 2),
        Packet::PubRec(_) if is_exactly_once => Detail::Part(2, 4),
        Packet::PubRel(_) if is_exactly_once => Detail::Part(3, 4),
        Packet::PubComp(_) if is_exactly_once => Detail::Part(4, 4),
        Packet::Subscribe(subscribe) => match subscribe.filters.iter().count() {
            1 => subscribe
                .filters
                .iter()
                .next()
                .map_or(Detail::None, |(_, it)| Detail::Qos(it.qos.bits())),
            many => Detail::Filters(many),
        },
        _ => Detail::None,
    };
    let dup = matches!(packet, Packet::Publish(publish) if publish.delivery.dup());
    Face {
        role,
        kind: Some(kind),
        name: kind.name(),
        short,
        id: packet.id().map(mqtt_proto::PacketId::get),
        detail,
        dup,
    }
}

/// Whether the session that CONNECT asks for ends with the connection.
pub(super) fn expiry(connect: &Connect) -> Expiry {
    Lifetime::of(connect).expiry
}

pub(super) fn facts(packet: &Packet, version: Version, source: Source) -> Facts {
    match packet {
        Packet::Connect(connect) => Facts::Connect {
            is_clean: connect.clean_start,
            flag: match connect.version {
                Version::V311 => "Clean Session",
                Version::V5 => "Clean Start",
            },
            expiry: expiry(connect),
            version: connect.version,
            keep_alive: connect.keep_alive_secs,
        },
        Packet::ConnAck(ack) => Facts::ConnAck {
            session_present: ack.session_present,
            is_accepted: !ack.reason.is_failure(),
        },
        Packet::Publish(publish) => {
            let text = std::str::from_utf8(&publish.payload).ok();
            Facts::Publish {
                topic: shown(&topic(publish), SHOWN_MAX_CHARS),
                qos: publish.delivery.qos().bits(),
                payload: text
                    .filter(|it| it.chars().count() <= QUOTED_MAX_CHARS)
                    .map(|it| shown(it, QUOTED_MAX_CHARS)),
                source,
            }
        }
        Packet::Subscribe(subscribe) => {
            let filters = subscribe.filters.iter().map(|(filter, options)| {
                // To 3.1.1 it is a filter like any other.
                let share = match (version, filter.share()) {
                    (Version::V5, Ok(share)) => share,
                    _ => None,
                };
                let text = |text| shown(text, SHOWN_MAX_CHARS);
                Wish {
                    filter: text(share.map_or(filter.as_str(), |(_, filter)| filter)),
                    share: share.map(|(group, _)| text(group)),
                    qos: options.qos.bits(),
                    no_local: options.no_local,
                }
            });
            Facts::Subscribe {
                filters: filters.collect(),
            }
        }
        Packet::SubAck(ack) => {
            let granted = ack
                .reasons
                .iter()
                .map(|reason| (!reason.is_failure()).then_some(reason.as_u8()));
            Facts::SubAck {
                granted: granted.collect(),
            }
        }
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            reason(ack.reason)
        }
        Packet::Disconnect(disconnect) => reason(disconnect.reason),
        Packet::UnsubAck(ack) => {
            let mut reasons = ack.reasons.iter();
            let first = reasons.find(|it| *it != ReasonCode::Success);
            first.map_or(Facts::Plain, reason)
        }
        _ => Facts::Plain,
    }
}

fn reason(reason: ReasonCode) -> Facts {
    match reason {
        ReasonCode::Success => Facts::Plain,
        reason => Facts::Reason {
            text: reason.to_string(),
            is_failure: reason.is_failure(),
        },
    }
}

/// What stands in the packet for its topic: the name, or the number that this connection has for it.
fn topic(publish: &Publish) -> String {
    let alias = || {
        publish.properties.find(|property| match property {
            Property::TopicAlias(alias) => Some(format!("Topic Alias {alias}")),
            _ => None,
        })
    };
    match &publish.topic {
        Some(topic) => topic.as_str().to_owned(),
        None => alias().unwrap_or_default(),
    }
}
