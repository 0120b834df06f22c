//! A client of mqtt-proto: connects, subscribes and publishes at every QoS, and takes messages.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use mqtt_proto::packet::{Properties, SubscriptionOptions};
use mqtt_proto::types::share;
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, Instant, Message, Qos, Tag, Text, TopicFilter, TopicName,
    Version,
};
use size_rt::{forever, input, micros, output, receive, send};

size_rt::ram!(size_of::<Client>());

#[unsafe(no_mangle)]
fn program() -> ! {
    let _ = run();
    loop {}
}

/// The one that is built in, or the one that the input chooses.
fn version() -> Version {
    match (cfg!(feature = "v311"), cfg!(feature = "v5")) {
        (true, false) => Version::V311,
        (false, true) => Version::V5,
        _ if input() == 4 => Version::V311,
        _ => Version::V5,
    }
}

fn qos(bits: u8) -> Qos {
    Qos::from_bits(bits).unwrap_or(Qos::ExactlyOnce)
}

fn now() -> Instant {
    Instant::from_micros(micros())
}

fn run() -> Option<()> {
    let version = version();
    let client_id = Text::try_from("device").ok()?;
    let mut client = forever(Client::new(ClientConfig::new(version, client_id)));
    let mut events = forever(Vec::new());
    let mut buffer = [0; 256];
    let mut out = forever(Vec::new());
    client.handle_open(now(), &mut *events).ok()?;
    loop {
        for event in core::mem::take(&mut *events) {
            match event {
                ClientEvent::Send(packet) => client.encode(&packet, &mut out).ok()?,
                ClientEvent::Connected { .. } => {
                    let filter = TopicFilter::try_from("device/+/in").ok()?;
                    let filters =
                        (0..3).map(|bits| (filter.clone(), SubscriptionOptions::at(qos(bits))));
                    let properties = Properties::EMPTY;
                    client
                        .subscribe(now(), filters.collect(), properties, &mut *events)
                        .ok()?;
                }
                ClientEvent::Message(publish) => output(&publish.payload),
                ClientEvent::Close(_) => return None,
                _ => {}
            }
        }
        send(&out);
        out.clear();
        let len = receive(&mut buffer);
        client.handle_input(now(), &buffer[..len], &mut *events);
        let wanted = input();
        if wanted != 0 {
            let topic = TopicName::try_from("device/1/out").ok()?;
            let payload = share(&[wanted]);
            let message = Message::new(topic, payload, qos(wanted & 3));
            client.publish(now(), message, Tag(0), &mut *events).ok()?;
        }
        if client.poll_timeout().is_some_and(|at| at <= now()) {
            client.handle_timeout(now(), &mut *events);
        }
    }
}
