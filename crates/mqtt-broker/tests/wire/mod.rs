//! What the broker sends, as bytes.
#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use mqtt_broker::{BrokerEvent, ConnectionId};
use mqtt_proto::codec::encode;

/// The bytes that an event puts on a wire, if it does.
pub(crate) fn sent(event: &BrokerEvent) -> Option<(ConnectionId, Vec<u8>)> {
    let BrokerEvent::Send {
        connection,
        version,
        packet,
    } = event
    else {
        return None;
    };
    let mut bytes = BytesMut::new();
    encode(packet, *version, &mut bytes).unwrap();
    Some((*connection, bytes.to_vec()))
}
