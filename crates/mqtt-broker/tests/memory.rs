//! What a connection costs while nothing happens on it, and what clients can make the broker keep.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::{Instant, SinkFn};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NOW: Instant = Instant::from_micros(1_000_000);
const CLIENTS: u64 = 1_000;

/// Bytes in use.
fn live() -> usize {
    let stats = MEMORY.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn varint(len: usize) -> Vec<u8> {
    match len {
        0..128 => vec![len as u8],
        _ => vec![len as u8 | 0x80, (len >> 7) as u8],
    }
}

fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[first][..], &varint(body.len()), &body].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

fn connect(client: u64) -> Vec<u8> {
    let id = text(&format!("client-{client:06}"));
    packet(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3c\x00", &id])
}

fn subscribe(client: u64) -> Vec<u8> {
    let filter = text(&format!("device/{client:06}/command"));
    packet(0x82, &[b"\x00\x01\x00", &filter, b"\x01"])
}

fn publish(payload_bytes: usize) -> Vec<u8> {
    packet(
        0x30,
        &[&text("nobody/listens"), b"\x00", &vec![0; payload_bytes]],
    )
}

/// Bytes per connection of clients that have connected, done `then` and fallen silent.
fn idle_bytes(then: impl Fn(u64) -> Vec<Vec<u8>>) -> usize {
    let mut broker = Broker::new(BrokerConfig::default());
    let sink = &mut SinkFn(|_: BrokerEvent| {});
    let before = live();
    for client in 0..CLIENTS {
        let id = ConnectionId(client);
        broker.handle_open(NOW, id, sink);
        for input in then(client) {
            broker.handle_input(NOW, id, &input, sink);
        }
    }
    let bytes = (live() - before) / CLIENTS as usize;
    assert_eq!(broker.connections().len(), CLIENTS as usize);
    bytes
}

#[test]
fn an_idle_connection_is_small() {
    let opened = idle_bytes(|_| Vec::new());
    let connected = idle_bytes(|client| vec![connect(client)]);
    let subscribed = idle_bytes(|client| vec![connect(client), subscribe(client)]);
    // Everything came in one read, with a lot behind it.
    let burst = idle_bytes(|client| {
        vec![
            [
                connect(client),
                subscribe(client),
                publish(16_000).repeat(4),
            ]
            .concat(),
        ]
    });
    println!(
        "opened {opened} B, connected {connected} B, subscribed {subscribed} B, after a burst {burst} B"
    );
    assert!(opened <= 1_024, "{opened}");
    assert!(connected <= 2_048, "{connected}");
    assert!(subscribed <= 3_072, "{subscribed}");
    assert!(burst <= 3_072, "{burst}");
}
