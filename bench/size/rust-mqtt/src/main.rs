//! A client of rust-mqtt (5.0 only): connects, subscribes and publishes at every QoS, and takes messages.
#![no_std]
#![no_main]

extern crate alloc;

use rust_mqtt::Bytes;
use rust_mqtt::buffer::AllocBuffer;
use rust_mqtt::client::event::Event;
use rust_mqtt::client::options::{
    ConnectOptions, PublicationOptions, SubscriptionOptions, TopicReference,
};
use rust_mqtt::types::{MqttString, QoS, TopicFilter, TopicName};
use size_rt::{forever, input, output};

#[path = "../../wire.rs"]
mod wire;

/// As much in flight as its example allows, but for eight messages each way.
type Client<'c> = rust_mqtt::client::Client<'c, 'c, wire::Wire, AllocBuffer, 4, 8, 8, 1, 1, 0, 0>;

size_rt::ram!(size_of::<Client<'_>>());

#[unsafe(no_mangle)]
fn program() -> ! {
    let _ = size_rt::block_on(run());
    loop {}
}

fn qos(bits: u8) -> QoS {
    match bits {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

async fn run() -> Option<()> {
    let mut buffer = AllocBuffer;
    let mut client = forever(Client::new(&mut buffer));
    let id = MqttString::try_from("device").ok()?;
    client
        .connect(wire::Wire, &ConnectOptions::new().clean_start(), Some(id))
        .await
        .ok()?;
    for bits in 0..3 {
        let filter = TopicFilter::new(MqttString::try_from("device/+/in").ok()?)?;
        let options = SubscriptionOptions::new().qos(qos(bits));
        client.subscribe(filter, &options).await.ok()?;
    }
    loop {
        if let Event::Publish(publish) = client.poll().await.ok()? {
            output(&publish.message);
        }
        let wanted = input();
        if wanted != 0 {
            let topic = TopicName::new(MqttString::try_from("device/1/out").ok()?)?;
            let options = PublicationOptions::new(TopicReference::Name(topic)).qos(qos(wanted & 3));
            client
                .publish(&options, Bytes::from(&[wanted][..]))
                .await
                .ok()?;
        }
        if wanted == 255 {
            client.ping().await.ok()?;
        }
    }
}
