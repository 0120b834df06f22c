//! A bridge between the hub and Mosquitto, which is restarted and cut off meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use support::broker::Mosquitto;
use support::{Hub, PATIENCE, mosquitto};

/// Carries bytes to a port, and cuts whatever goes through when it is told to.
struct Cutter {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cutter {
    fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let all = Arc::clone(&open);
        spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                let mut all = all.lock().unwrap();
                all.push(client.try_clone().unwrap());
                all.push(server.try_clone().unwrap());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    spawn(move || {
                        let mut buffer = [0; 4096];
                        while let Ok(len @ 1..) = from.read(&mut buffer) {
                            if to.write_all(buffer.get(..len).unwrap()).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { address, open }
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn publish(port: u16, topic: &str, qos: &str, payloads: impl Iterator<Item = String>) {
    let mut child = mosquitto(
        "mosquitto_pub",
        port,
        &["-V", "5", "-t", topic, "-q", qos, "-l"],
    );
    let mut input = child.stdin.take().unwrap();
    for payload in payloads {
        writeln!(input, "{payload}").unwrap();
    }
    drop(input);
    assert!(child.wait().unwrap().success(), "{topic} at QoS {qos}");
}

/// A client that ends with the test, however that ends: it would hold the pipe that somebody reads its output from.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A subscriber whose session goes on, and what it receives.
fn subscriber(port: u16, id: &str) -> (Client, Receiver<String>) {
    let options = [
        "-V", "mqttv311", "-i", id, "-c", "-q", "2", "-t", "bridge/#", "-t", "ready",
    ];
    let mut child = mosquitto("mosquitto_sub", port, &options);
    let (found, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    spawn(move || {
        for line in out.lines() {
            if line.is_ok_and(|line| found.send(line).is_err()) {
                return;
            }
        }
    });
    (Client(child), lines)
}

/// One that is there.
fn subscribed(port: u16, id: &str) -> (Client, Receiver<String>) {
    let (child, lines) = subscriber(port, id);
    let end = Instant::now() + PATIENCE;
    loop {
        publish(port, "ready", "0", std::iter::once("ready".to_owned()));
        if lines.recv_timeout(Duration::from_millis(300)).is_ok() {
            return (child, lines);
        }
        assert!(Instant::now() < end, "no subscriber");
    }
}

/// How often each payload came, once nothing comes any more.
fn count(lines: &Receiver<String>, expected: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut wait = PATIENCE;
    while let Ok(line) = lines.recv_timeout(wait) {
        if line != "ready" && !line.starts_with("begin") {
            *counts.entry(line).or_insert(0) += 1;
        }
        // What comes too often comes soon after.
        if counts.len() >= expected {
            wait = Duration::from_secs(2);
        }
    }
    counts
}

fn across(version: &str, per_side: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::that_keeps();
    let cutter = Cutter::before(mosquitto.address.port());
    let file = folder.path().join("bridge.conf");
    let config = format!(
        "connection test\naddress {}\nbridge_protocol_version {version}\ntopic bridge/# both 2\n",
        cutter.address
    );
    std::fs::write(&file, config).unwrap();
    let hub = Hub::start(&[
        "--max-queued",
        "1000000",
        "--bridge",
        file.to_str().unwrap(),
    ]);
    let (_at_hub, hub_lines) = subscribed(hub.mqtt.port(), "at-hub");
    let (at_mosquitto, mosquitto_lines) = subscribed(mosquitto.address.port(), "at-mosquitto");
    // Both of the bridge's sessions have to be there before anything can be kept for them.
    let end = Instant::now() + PATIENCE;
    for (from, lines, mark) in [
        (hub.mqtt.port(), &mosquitto_lines, "h"),
        (mosquitto.address.port(), &hub_lines, "m"),
    ] {
        loop {
            publish(
                from,
                "bridge/begin",
                "1",
                std::iter::once(format!("begin {mark}")),
            );
            if lines
                .recv_timeout(Duration::from_millis(300))
                .is_ok_and(|line| line == format!("begin {mark}"))
            {
                break;
            }
            assert!(Instant::now() < end, "the bridge is not there");
        }
    }
    // What comes at Mosquitto waits in a session there: a restart ends its clients.
    drop(at_mosquitto);
    let is_over = Arc::new(AtomicBool::new(false));
    let cuts = spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(700));
                cutter.cut();
                count += 1;
            }
            count
        }
    });
    let hub_port = hub.mqtt.port();
    let half = per_side / 2;
    let from_hub = spawn(move || {
        publish(
            hub_port,
            "bridge/h",
            "1",
            (0..half).map(|number| format!("h1 {number}")),
        );
        publish(
            hub_port,
            "bridge/h",
            "2",
            (0..half).map(|number| format!("h2 {number}")),
        );
    });
    let batch = half / 4;
    for round in 0..4 {
        let numbers = || round * batch..(round + 1) * batch;
        publish(
            mosquitto.address.port(),
            "bridge/m",
            "1",
            numbers().map(|number| format!("m1 {number}")),
        );
        publish(
            mosquitto.address.port(),
            "bridge/m",
            "2",
            numbers().map(|number| format!("m2 {number}")),
        );
        if round < 3 {
            // In the middle of it.
            mosquitto.restart();
        }
    }
    from_hub.join().unwrap();
    sleep(Duration::from_secs(1));
    is_over.store(true, Ordering::Relaxed);
    let cuts = cuts.join().unwrap();
    let (_at_mosquitto, mosquitto_lines) = subscriber(mosquitto.address.port(), "at-mosquitto");
    assert!(cuts >= 2, "{cuts} cuts");
    for (name, lines) in [("hub", hub_lines), ("mosquitto", mosquitto_lines)] {
        let expected: Vec<String> = ["h1", "h2", "m1", "m2"]
            .iter()
            .flat_map(|kind| (0..half).map(move |number| format!("{kind} {number}")))
            .collect();
        let counts = count(&lines, expected.len());
        let missing: Vec<&String> = expected
            .iter()
            .filter(|payload| !counts.contains_key(*payload))
            .take(5)
            .collect();
        assert!(missing.is_empty(), "at {name} {missing:?} did not come");
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for (payload, count) in &counts {
            *kinds.entry(payload.split(' ').next().unwrap()).or_insert(0) += count - 1;
        }
        println!(
            "{name}: {} messages came, {cuts} cuts, 3 restarts; more copies: {kinds:?}",
            counts.len()
        );
        // The hub is never cut off from its subscriber: what was said here comes back from nowhere.
        if name == "hub" {
            assert_eq!(kinds["h2"], 0, "a loop");
            assert!(kinds["h1"] == 0 || version == "mqttv311", "a loop");
        }
        // A cut and a restart may send again what was on its way, and a loop would go on for ever.
        let most = counts.values().copied().max().unwrap_or(0);
        assert!(most <= 2 + cuts + 3, "at {name} one came {most} times");
    }
}

#[test]
fn ten_thousand_messages_cross_both_ways_under_5_0() {
    across("mqttv50", 10_000);
}

#[test]
fn messages_cross_both_ways_under_3_1_1() {
    across("mqttv311", 2_000);
}
