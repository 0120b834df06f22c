//! A client of minimq (5.0 only): connects, subscribes and publishes at every QoS, and takes messages.
#![no_std]
#![no_main]

use embassy_time_driver::{Driver, time_driver_impl};
use minimq::{Buffers, ConfigBuilder, Publication, QoS, Session, SubscriptionOptions, TopicFilter};
use size_rt::{forever, input, micros, output};

/// What a session keeps: itself and the buffers of its own example.
const BUFFERS_BYTES: usize = 256 + 768;
size_rt::ram!(size_of::<Session<'_>>() + BUFFERS_BYTES);

struct Clock;
time_driver_impl!(static CLOCK: Clock = Clock);

impl Driver for Clock {
    fn now(&self) -> u64 {
        micros()
    }
    fn schedule_wake(&self, _: u64, _: &core::task::Waker) {}
}

#[path = "../../wire.rs"]
mod wire;

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
    let rx = &mut [0; 256];
    let tx = &mut [0; 768];
    let config = ConfigBuilder::new(Buffers::new(rx, tx))
        .client_id("device")
        .ok()?;
    let mut session = forever(Session::new(config));
    let mut connection = session.connect(wire::Wire).await.ok()?;
    let filters = [0, 1, 2].map(|bits| {
        TopicFilter::new("device/+/in")
            .options(SubscriptionOptions::default().maximum_qos(qos(bits)))
    });
    connection.subscribe(&filters, &[]).await.ok()?;
    loop {
        if let Some(message) = connection.poll().await.ok()? {
            output(message.payload());
        }
        let wanted = input();
        if wanted != 0 {
            let payload = [wanted];
            let message = Publication::bytes("device/1/out", &payload).qos(qos(wanted & 3));
            connection.publish(message).await.ok()?;
        }
    }
}
