//! How much memory a client of mqtt-proto takes, its session included: run for a target of 32 bits,
//! as in ../../README.md, it is what a chip needs.

use bytes::BytesMut;
use mqtt_proto::codec::encode;
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, Instant, Message, Qos, Tag, Text, TopicName, Version,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

/// Messages in flight each way.
const WINDOW: u16 = 8;
const TOPIC: &str = "device/1/sensor0";
const PAYLOAD: [u8; 16] = [b'x'; 16];
const NOW: Instant = Instant::ZERO;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    println!(
        "Words of {} bits. A message has a topic of {} bytes and a payload of {}. Bytes:\n",
        usize::BITS,
        TOPIC.len(),
        PAYLOAD.len()
    );
    for version in [Version::V311, Version::V5] {
        measure(version)?;
    }
    Ok(())
}

fn measure(version: Version) -> Result<(), Error> {
    let before = LIVE.load(Relaxed);
    let heap = || LIVE.load(Relaxed) - before;
    let mut client = Client::new(ClientConfig::new(version, Text::try_from("device")?));
    let print = |what: &str| println!("{:<12}{what:<52}{:>7}", format!("{version:?}"), heap());
    println!(
        "{:<12}{:<52}{:>7}",
        format!("{version:?}"),
        "the client itself",
        size_of::<Client>()
    );
    print("heap, before the first connection");

    let mut events = Vec::new();
    client.handle_open(NOW, &mut events)?;
    let connack: &[u8] = match version {
        Version::V311 => &[0x20, 2, 0, 0],
        Version::V5 => &[0x20, 3, 0, 0, 0],
    };
    client.handle_input(NOW, connack, &mut events);
    drop(events);
    print("heap, connected");

    for _ in 0..WINDOW {
        let mut events = Vec::new();
        let payload = bytes::Bytes::copy_from_slice(&PAYLOAD);
        let message = Message::new(TopicName::try_from(TOPIC)?, payload, Qos::ExactlyOnce);
        client.publish(NOW, message, Tag(0), &mut events)?;
    }
    print(&format!("heap, {WINDOW} of its QoS 2 messages in flight"));

    // One read from the transport each, as small packets come.
    for id in 1..=WINDOW {
        let mut packet = BytesMut::new();
        encode(&incoming(id)?, version, &mut packet)?;
        let mut events: Vec<ClientEvent> = Vec::new();
        client.handle_input(NOW, &packet, &mut events);
    }
    print(&format!(
        "heap, and {WINDOW} received ones not released yet"
    ));
    Ok(())
}

fn incoming(id: u16) -> Result<mqtt_proto::Packet, Error> {
    use mqtt_proto::packet::{Packet, Properties, Publish};
    Ok(Packet::Publish(Publish {
        delivery: mqtt_proto::Delivery::ExactlyOnce {
            id: mqtt_proto::PacketId::new(id).ok_or("0 is no identifier")?,
            dup: false,
        },
        retain: false,
        topic: Some(TopicName::try_from(TOPIC)?),
        payload: bytes::Bytes::copy_from_slice(&PAYLOAD),
        properties: Properties::EMPTY,
    }))
}
