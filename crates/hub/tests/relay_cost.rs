//! What it costs to have the broker in a page: `cargo xtask bench relay`.
//!
//! The page is one without a browser, so that what is measured is the way there and back and not the tab. Beside it stand a
//! direct connection, Mosquitto, and Mosquitto's own bridge between two of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use relay::Role;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::spawn;
use std::time::{Duration, Instant};
use support::broker::Mosquitto;
use support::page::{BrokerPage, hello};
use support::{Hub, PATIENCE};

/// As the hub has it.
const NO_DELAY: &str = "set_tcp_nodelay true\n";
/// Messages of which each waits for the one before it.
const ROUNDS: usize = 3_000;
/// Messages that follow each other at once.
const BURST: usize = 20_000;

/// A client with a name of one letter.
fn client(broker: SocketAddr, name: u8) -> TcpStream {
    let mut stream = TcpStream::connect(broker).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01".to_vec();
    connect.push(name);
    stream.write_all(&connect).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    stream
}

/// PUBLISH at QoS 0 to topic `t` with 16 bytes.
const MESSAGE: &[u8; 21] = b"\x30\x13\x00\x01t0123456789abcdef";

/// Publishes at one broker and receives at another, or the same: latencies in order, and messages per second.
fn measure(at: SocketAddr, to: SocketAddr) -> (Vec<Duration>, f64) {
    let (mut publisher, mut subscriber) = (client(at, b'p'), client(to, b's'));
    subscriber
        .write_all(b"\x82\x06\x00\x01\x00\x01t\x00")
        .unwrap();
    subscriber.read_exact(&mut [0; 5]).unwrap();
    let mut buffer = [0; MESSAGE.len()];
    // The way may still have to be made.
    subscriber
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        publisher.write_all(MESSAGE).unwrap();
        if subscriber.read_exact(&mut buffer).is_ok() {
            break;
        }
        assert!(Instant::now() < end, "nothing comes");
    }
    subscriber.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut latencies: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            publisher.write_all(MESSAGE).unwrap();
            subscriber.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, MESSAGE);
            start.elapsed()
        })
        .collect();
    latencies.sort();
    let start = Instant::now();
    let writer = spawn(move || {
        for _ in 0..BURST / 100 {
            publisher.write_all(&MESSAGE.repeat(100)).unwrap();
        }
        publisher
    });
    for _ in 0..BURST {
        subscriber.read_exact(&mut buffer).unwrap();
    }
    let rate = BURST as f64 / start.elapsed().as_secs_f64();
    writer.join().unwrap();
    (latencies, rate)
}

#[test]
#[ignore = "a measurement: cargo xtask bench relay"]
fn relay_cost() {
    let native = Hub::start(&[]);
    let paged = Hub::start(&["--broker", "page"]);
    let _page = BrokerPage::open(paged.http, hello(Role::Broker));
    let there = Mosquitto::start(NO_DELAY);
    let here = Mosquitto::start(&format!(
        "{NO_DELAY}connection b\naddress {}\ntopic t out 0\nnotifications false\n",
        there.address
    ));
    let alone = Mosquitto::start(NO_DELAY);
    let mut first = None;
    println!(
        "one message of 16 bytes at QoS 0, {ROUNDS} in turn, then {BURST} in a burst; ratios to the first line"
    );
    for (name, at, to) in [
        ("hub, broker in the hub", native.mqtt, native.mqtt),
        ("hub, broker in a page", paged.mqtt, paged.mqtt),
        ("Mosquitto", alone.address, alone.address),
        ("Mosquitto, bridged to another", here.address, there.address),
    ] {
        let (latencies, rate) = measure(at, to);
        let micros = |part: usize| latencies[latencies.len() * part / 100].as_secs_f64() * 1e6;
        let (p50, p99) = (micros(50), micros(99));
        let (p50_first, p99_first, rate_first) = *first.get_or_insert((p50, p99, rate));
        println!(
            "{name:30} p50 {p50:7.0} us ({:4.1}x, {:+.0})  p99 {p99:7.0} us ({:4.1}x, {:+.0})  {rate:9.0} msg/s ({:.2}x)",
            p50 / p50_first,
            p50 - p50_first,
            p99 / p99_first,
            p99 - p99_first,
            rate / rate_first
        );
    }
}
