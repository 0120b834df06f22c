//! The hub with Mosquitto's own clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::{Hub, PATIENCE, mosquitto};

fn client(name: &str, hub: &Hub, options: &[&str]) -> Child {
    mosquitto(name, hub.mqtt.port(), options)
}

fn run(name: &str, hub: &Hub, options: &[&str]) -> String {
    let output = client(name, hub, options).wait_with_output().unwrap();
    assert!(output.status.success(), "{name} {options:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until the subscriber's subscription is there: a retained message comes through it, which
/// [`signal`] has left.
fn subscriber(hub: &Hub, options: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = client("mosquitto_sub", hub, options);
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    (child, lines)
}

/// For [`subscriber`].
fn signal(hub: &Hub) {
    run("mosquitto_pub", hub, &["-t", "ready", "-m", "ready", "-r"]);
}

fn thousand_at_qos_2(version: &str) {
    const COUNT: usize = 1_000;
    let hub = Hub::start(&[]);
    signal(&hub);
    let wait = PATIENCE.as_secs().to_string();
    let count = (COUNT + 1).to_string();
    let (mut child, lines) = subscriber(
        &hub,
        &[
            "-V", version, "-q", "2", "-t", "t/+", "-t", "ready", "-C", &count, "-W", &wait,
        ],
    );
    let mut publisher = client(
        "mosquitto_pub",
        &hub,
        &["-V", version, "-q", "2", "-t", "t/x", "-l"],
    );
    let mut input = publisher.stdin.take().unwrap();
    for number in 0..COUNT {
        writeln!(input, "{number}").unwrap();
    }
    drop(input);
    assert!(publisher.wait().unwrap().success());
    let received: Vec<usize> = lines.map(|line| line.parse().unwrap()).collect();
    child.wait().unwrap();
    // In order, so none is lost and none comes twice.
    assert_eq!(received, (0..COUNT).collect::<Vec<_>>());
}

#[test]
fn a_thousand_messages_at_qos_2_with_3_1_1() {
    thousand_at_qos_2("mqttv311");
}

#[test]
fn a_thousand_messages_at_qos_2_with_5_0() {
    thousand_at_qos_2("mqttv5");
}

#[test]
fn retained_messages_and_wills() {
    for version in ["mqttv311", "mqttv5"] {
        let hub = Hub::start(&[]);
        signal(&hub);
        run(
            "mosquitto_pub",
            &hub,
            &["-V", version, "-t", "r", "-m", "kept", "-r", "-q", "1"],
        );
        let wait = PATIENCE.as_secs().to_string();
        let got = run(
            "mosquitto_sub",
            &hub,
            &["-V", version, "-t", "r", "-C", "1", "-W", &wait, "-v"],
        );
        assert_eq!(got, "r kept\n", "{version}");

        let (mut child, mut lines) = subscriber(
            &hub,
            &["-V", version, "-t", "will", "-t", "ready", "-W", &wait],
        );
        let (mut victim, _) = subscriber(
            &hub,
            &[
                "-V",
                version,
                "-t",
                "ready",
                "--will-topic",
                "will",
                "--will-payload",
                "gone",
            ],
        );
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert_eq!(lines.next().as_deref(), Some("gone"), "{version}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_session_keeps_messages_while_its_client_is_away() {
    for (version, session) in [("mqttv311", ["-c", "-c"]), ("mqttv5", ["-x", "3600"])] {
        let hub = Hub::start(&[]);
        signal(&hub);
        let wait = PATIENCE.as_secs().to_string();
        let options = |filters: &[&'static str]| {
            let mut options = vec![
                "-V", version, "-i", "away", "-q", "2", "-W", &wait, "-C", "2",
            ];
            options.extend(filters.iter().flat_map(|filter| ["-t", filter]));
            options.extend(session);
            options.push("-c");
            options
        };
        let (mut first, _) = subscriber(&hub, &options(&["a/#", "ready"]));
        run(
            "mosquitto_pub",
            &hub,
            &["-V", version, "-t", "a/0", "-m", "0", "-q", "2"],
        );
        assert!(first.wait().unwrap().success(), "{version}");
        for qos in ["1", "2"] {
            run(
                "mosquitto_pub",
                &hub,
                &["-V", version, "-t", "a/b", "-m", qos, "-q", qos],
            );
        }
        let got = run("mosquitto_sub", &hub, &options(&["a/#"]));
        assert_eq!(got, "1\n2\n", "{version}");
    }
}

/// Publishers and subscribers of both versions at once: everything arrives once, in the order of its publisher.
#[test]
fn many_at_once() {
    const EACH: usize = 200;
    const PUBLISHERS: usize = 4;
    let hub = Hub::start(&[]);
    signal(&hub);
    let wait = (2 * PATIENCE.as_secs()).to_string();
    let count = (PUBLISHERS * EACH + 1).to_string();
    let subscribers: Vec<_> = ["m/#", "m/+/x", "+/+/x"]
        .into_iter()
        .flat_map(|filter| [(filter, "mqttv311"), (filter, "mqttv5")])
        .map(|(filter, version)| {
            subscriber(
                &hub,
                &[
                    "-V", version, "-q", "2", "-t", filter, "-t", "ready", "-C", &count, "-W",
                    &wait,
                ],
            )
        })
        .collect();
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|number| {
            let (topic, qos) = (
                format!("m/{number}/x"),
                if number % 2 == 0 { "1" } else { "2" },
            );
            let mut child = client("mosquitto_pub", &hub, &["-q", qos, "-t", &topic, "-l"]);
            let mut input = child.stdin.take().unwrap();
            for message in 0..EACH {
                writeln!(input, "{number} {message}").unwrap();
            }
            child
        })
        .collect();
    for mut publisher in publishers {
        assert!(publisher.wait().unwrap().success());
    }
    for (mut child, lines) in subscribers {
        let mut counts = BTreeMap::new();
        for line in lines {
            let (publisher, message) = line.split_once(' ').unwrap();
            let next = counts.entry(publisher.to_owned()).or_insert(0);
            assert_eq!(message, next.to_string(), "from {publisher}");
            *next += 1;
        }
        child.wait().unwrap();
        assert_eq!(counts.values().collect::<Vec<_>>(), [&EACH; PUBLISHERS]);
    }
}

#[test]
fn the_broker_tells_about_itself() {
    let hub = Hub::start(&[]);
    let wait = PATIENCE.as_secs().to_string();
    let options = [
        "-t",
        "$SYS/broker/clients/+",
        "-t",
        "$SYS/broker/version",
        "-C",
        "4",
        "-W",
        &wait,
        "-v",
    ];
    let mut lines: Vec<_> = run("mosquitto_sub", &hub, &options)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    let version = concat!(
        "$SYS/broker/version mqtt-broker ",
        env!("CARGO_PKG_VERSION")
    );
    let names: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let expected =
        ["connected", "disconnected", "total"].map(|name| format!("$SYS/broker/clients/{name}"));
    assert_eq!(names[..3], expected);
    assert_eq!(lines[3], version);
}

#[test]
fn the_log_shows_packets_if_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let hub = Hub::start_with_log(&["--log", "packets"], std::fs::File::create(&log).unwrap());
    let options = ["-i", "sensor", "-t", "t", "-m", "x", "-q", "1"];
    run("mosquitto_pub", &hub, &options);
    // The client is gone before the hub has read its last packet.
    let end = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&log).unwrap().contains(": closed") && Instant::now() < end {
        sleep(Duration::from_millis(10));
    }
    assert_eq!(hub.stop("-TERM"), Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    let places: Vec<_> = [
        "> CONNECT ",
        ": connected",
        "< CONNACK",
        "> PUBLISH \"t\" QoS 1 id 1 \"x\"",
        "routed to nobody",
        "< PUBACK id 1",
        "> DISCONNECT",
        ": closed",
    ]
    .into_iter()
    .map(|line| {
        text.find(line)
            .unwrap_or_else(|| panic!("no {line} in {text}"))
    })
    .collect();
    assert!(places.is_sorted(), "{text}");
    // Every line says whose it is.
    let nameless = text
        .lines()
        .find(|line| !line.contains("127.0.0.1:") && !line.contains("shutting down"));
    assert_eq!(nameless, None);
    assert!(text.contains("\"sensor\" (127.0.0.1:"), "{text}");
}
