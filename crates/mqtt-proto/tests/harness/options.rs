//! What the words of a command stand for, beside packets.

use super::notation;
use super::notation::{Line, qos};
use mqtt_proto::session::WhenFull;
use mqtt_proto::{Duration, Limits, Message, Retry, SessionConfig, TopicName};

pub(super) fn duration(span: &str) -> Duration {
    if let Some(millis) = span.strip_suffix("ms") {
        Duration::from_millis(millis.parse().unwrap())
    } else if let Some(micros) = span.strip_suffix("us") {
        Duration::from_micros(micros.parse().unwrap())
    } else {
        Duration::from_secs(span.strip_suffix('s').unwrap().parse().unwrap())
    }
}

pub(super) fn limits(line: &Line<'_>) -> Limits {
    Limits {
        receive_maximum: line.number("receive").unwrap_or(u16::MAX),
        max_packet_size: line.number("size").unwrap_or(u32::MAX),
        topic_alias_maximum: line.number("takes").unwrap_or(0),
    }
}

pub(super) fn session_config(line: &Line<'_>) -> SessionConfig {
    SessionConfig {
        in_flight_max: line.number("inflight").unwrap_or(100),
        queue_max: line.number("queue").unwrap_or(1_000),
        bytes_max: SessionConfig::DEFAULT.bytes_max,
        when_full: if line.has("oldest") {
            WhenFull::DropOldest
        } else {
            WhenFull::DropNewest
        },
    }
}

pub(super) fn retry(line: &Line<'_>) -> Retry {
    match line.value("retry") {
        Some(timeout) => Retry::AfterTimeout(duration(timeout)),
        None => Retry::OnResumeOnly,
    }
}

/// `publish 1 topic payload retain`
pub(super) fn message(line: &Line<'_>) -> Message {
    Message {
        qos: qos(line.words[1]),
        topic: TopicName::try_from(line.words[2]).unwrap(),
        payload: notation::payload(
            line.words
                .get(3)
                .filter(|word| **word != "retain")
                .copied()
                .unwrap_or_default(),
        ),
        retain: line.has("retain"),
        properties: line.properties.clone(),
    }
}
