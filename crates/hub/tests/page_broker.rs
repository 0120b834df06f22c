//! `--broker page`: devices talk to a broker in a page, which here is a page without a browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use relay::{FromHub, FromPage, Line, Record, Refusal, Role, WINDOW_BYTES};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::process::Command;
use std::time::Duration;
use support::mosquitto;
use support::page::{BrokerPage, Page, hello};
use support::{Hub, PATIENCE, is_silence};

const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01t";
const CONNACK: &[u8] = &[0x20, 2, 0, 0];

fn hub() -> Hub {
    Hub::start(&["--broker", "page"])
}

fn device(hub: &Hub) -> TcpStream {
    let stream = TcpStream::connect(hub.mqtt).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Whether the hub has closed the connection in good order.
fn is_at_end(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 16]).is_ok_and(|len| len == 0)
}

fn thousand_at_qos_2(version: &str) {
    const COUNT: usize = 1_000;
    let hub = hub();
    let page = BrokerPage::open(hub.http, hello(Role::Broker));
    let common = ["-V", version, "-q", "2"];
    let ready = [&common[..], &["-t", "ready", "-m", "ready", "-r"]].concat();
    assert!(
        mosquitto("mosquitto_pub", hub.mqtt.port(), &ready)
            .wait()
            .unwrap()
            .success()
    );
    let count = (COUNT + 1).to_string();
    let options = [
        &common[..],
        &["-t", "t/+", "-t", "ready", "-C", &count, "-W", "60"],
    ]
    .concat();
    let mut subscriber = mosquitto("mosquitto_sub", hub.mqtt.port(), &options);
    let mut lines = BufReader::new(subscriber.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    let options = [&common[..], &["-t", "t/x", "-l"]].concat();
    let mut publisher = mosquitto("mosquitto_pub", hub.mqtt.port(), &options);
    let mut input = publisher.stdin.take().unwrap();
    for number in 0..COUNT {
        writeln!(input, "{number}").unwrap();
    }
    drop(input);
    assert!(publisher.wait().unwrap().success());
    let received: Vec<usize> = lines.map(|line| line.parse().unwrap()).collect();
    subscriber.wait().unwrap();
    // In order, so none is lost and none comes twice.
    assert_eq!(received, (0..COUNT).collect::<Vec<_>>());
    page.close();
}

#[test]
fn a_thousand_messages_at_qos_2_come_once_with_3_1_1() {
    thousand_at_qos_2("mqttv311");
}

#[test]
fn a_thousand_messages_at_qos_2_come_once_with_5_0() {
    thousand_at_qos_2("mqttv5");
}

#[test]
fn without_a_page_devices_are_refused_and_the_log_says_why() {
    let mut log = tempfile::tempfile().unwrap();
    let hub = Hub::start_with_log(&["--broker", "page"], log.try_clone().unwrap());
    let mut stream = device(&hub);
    let _ = stream.write_all(CONNECT);
    match stream.read(&mut [0; 16]) {
        Ok(0) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        Ok(len) => panic!("{len} bytes"),
    }
    assert_eq!(hub.stop("-TERM"), Some(0));
    let mut text = String::new();
    std::io::Seek::rewind(&mut log).unwrap();
    log.read_to_string(&mut text).unwrap();
    assert!(
        text.contains("refused: no page is open as the broker"),
        "{text}"
    );
}

#[test]
fn one_page_is_the_broker_and_another_takes_over_when_it_says_so() {
    let hub = hub();
    // Who leads a class is somebody else.
    let _teacher = Page::welcome(hub.http, hello(Role::Teacher));
    let mut first = Page::welcome(hub.http, hello(Role::Broker));
    assert_eq!(Page::refusal(hub.http, hello(Role::Broker)), Refusal::Taken);
    let mut stream = device(&hub);
    stream.write_all(CONNECT).unwrap();
    let line = first.hear_until(|message| match message {
        FromHub::Bytes { line, bytes } => (bytes.into_bytes() == CONNECT).then_some(line),
        _ => None,
    });
    let mut take_over = hello(Role::Broker);
    take_over.take_over = true;
    let mut second = Page::welcome(hub.ws, take_over);
    first.hear_until(|message| (message == FromHub::Refused(Refusal::TakenOver)).then_some(()));
    assert_eq!(first.hear(), None);
    // The session was in the first page: the device is to begin anew.
    assert!(is_at_end(&mut stream));
    let mut stream = device(&hub);
    stream.write_all(b"x").unwrap();
    let later = second.hear_until(|message| match message {
        FromHub::Opened(opened) => Some(opened.line),
        _ => None,
    });
    assert_ne!(line, later);
}

#[test]
fn a_closed_tab_ends_connections_and_watchers_are_told() {
    let hub = hub();
    let mut watcher = Page::welcome(hub.http, hello(Role::Watcher));
    let page = BrokerPage::open(hub.http, hello(Role::Broker));
    let mut stream = device(&hub);
    stream.write_all(CONNECT).unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).unwrap();
    assert_eq!(connack, CONNACK);
    // Somebody who comes later is told from the beginning.
    let mut late = Page::welcome(hub.http, hello(Role::Watcher));
    page.close();
    assert!(is_at_end(&mut stream));
    for watcher in [&mut watcher, &mut late] {
        let mut seen = Vec::new();
        loop {
            let FromHub::Record { record, .. } = watcher.hear().unwrap() else {
                continue;
            };
            match record {
                Record::BrokerCame { took_over: false } => seen.push("broker"),
                Record::Opened(opened) => {
                    assert_eq!(&*opened.peer, "", "addresses are not for watchers");
                    seen.push("opened");
                }
                Record::FromDevice { bytes, .. } => {
                    assert_eq!(&*bytes, CONNECT);
                    seen.push("connect");
                }
                Record::ToDevice { bytes, .. } => {
                    assert_eq!(&*bytes, CONNACK);
                    seen.push("connack");
                }
                Record::BrokerLeft { .. } => seen.push("left"),
                Record::Closed { why, .. } => {
                    assert_eq!(&*why, "the page that was the broker is gone");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, ["broker", "opened", "connect", "connack", "left"]);
    }
    // And a new page serves the same devices again.
    let _page = BrokerPage::open(hub.http, hello(Role::Broker));
    let mut stream = device(&hub);
    stream.write_all(CONNECT).unwrap();
    stream.read_exact(&mut connack).unwrap();
}

/// A page that is paused stops its devices after a window, and gets everything when it goes on.
#[test]
fn a_paused_page_holds_its_devices_by_tcp() {
    let hub = hub();
    let mut page = Page::welcome(hub.http, hello(Role::Broker));
    let mut stream = device(&hub);
    stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let line = page.hear_until(|message| match message {
        FromHub::Opened(opened) => Some(opened.line),
        _ => None,
    });
    // More than all buffers of the system between the two.
    let piece: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let mut written = 0;
    let blocked = loop {
        match stream.write(&piece) {
            Ok(len) if len == piece.len() => written += len,
            Ok(len) => break written + len,
            Err(error) if is_silence(&error) => break written,
            Err(error) => panic!("{error}"),
        }
        assert!(written < 64 << 20, "nothing holds the device");
    };
    let next = |page: &mut Page| {
        page.hear_until(|message| match message {
            FromHub::Bytes { bytes, .. } => Some(bytes.len()),
            _ => None,
        })
    };
    let mut got = 0;
    while got < WINDOW_BYTES as usize {
        got += next(&mut page);
    }
    assert_eq!(got, WINDOW_BYTES as usize, "without credit no more comes");
    let mut owed = got;
    while got < blocked {
        let bytes = NonZeroU32::new(owed as u32).unwrap();
        page.say(&[FromPage::Credit { line, bytes }]);
        owed = next(&mut page);
        got += owed;
    }
    assert_eq!(got, blocked);
}

/// What the page has sent last would wait for its credit for ever.
#[test]
fn a_device_that_takes_nothing_is_left_when_the_page_ends_its_connection() {
    let hub = hub();
    let mut page = Page::welcome(hub.http, hello(Role::Broker));
    let _stream = device(&hub);
    let line = page.hear_until(|message| match message {
        FromHub::Opened(opened) => Some(opened.line),
        _ => None,
    });
    page.say(&[FromPage::Ending { line }]);
    page.hear_until(|message| match message {
        FromHub::Closed { line: gone, .. } => (gone == line).then_some(()),
        _ => None,
    });
}

/// Those that are there, and those that come later.
#[test]
fn watchers_see_no_password() {
    let connect: &[u8] = b"\x10\x1a\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01t\x00\x03ann\x00\x06secret";
    let shown = [&connect[..connect.len() - 6], b"******"].concat();
    for is_page in [true, false] {
        let options: &[&str] = if is_page { &["--broker", "page"] } else { &[] };
        let hub = Hub::start(options);
        let mut broker = is_page.then(|| Page::welcome(hub.http, hello(Role::Broker)));
        let mut watcher = Page::welcome(hub.http, hello(Role::Watcher));
        let mut stream = device(&hub);
        for piece in [&connect[..20], &connect[20..]] {
            stream.write_all(piece).unwrap();
        }
        if let Some(broker) = &mut broker {
            let mut got = Vec::new();
            while got.len() < connect.len() {
                let bytes = broker.hear_until(|message| match message {
                    FromHub::Bytes { bytes, .. } => Some(bytes),
                    _ => None,
                });
                got.extend_from_slice(&bytes);
            }
            assert_eq!(got, connect, "who is the broker has to check it");
        }
        let seen = |watcher: &mut Page| {
            watcher.hear_until(|message| match message {
                FromHub::Record {
                    record: Record::FromDevice { bytes, .. },
                    ..
                } => Some(bytes.to_vec()),
                _ => None,
            })
        };
        assert_eq!(seen(&mut watcher), shown);
        let mut late = Page::welcome(hub.http, hello(Role::Watcher));
        assert_eq!(seen(&mut late), shown);
    }
}

#[test]
fn a_page_that_breaks_the_rules_is_left() {
    let hub = hub();
    let credit = |line| FromPage::Credit {
        line,
        bytes: NonZeroU32::MAX,
    };
    // Garbage; a second hello; a device's bytes from a watcher; text.
    let mut garbage = Page::welcome(hub.http, hello(Role::Watcher));
    garbage.say_bytes(vec![0xff; 40]);
    let mut twice = Page::welcome(hub.http, hello(Role::Watcher));
    twice.say(&[FromPage::Hello(hello(Role::Watcher))]);
    let mut watcher = Page::welcome(hub.http, hello(Role::Watcher));
    watcher.say(&[credit(Line(1))]);
    for page in [&mut garbage, &mut twice, &mut watcher] {
        page.hear_until(|message| (message == FromHub::Refused(Refusal::Protocol)).then_some(()));
        assert_eq!(page.hear(), None);
    }
    // Credit for what never came.
    let mut broker = Page::welcome(hub.http, hello(Role::Broker));
    let _stream = device(&hub);
    let line = broker.hear_until(|message| match message {
        FromHub::Opened(opened) => Some(opened.line),
        _ => None,
    });
    broker.say(&[credit(line)]);
    broker.hear_until(|message| (message == FromHub::Refused(Refusal::Protocol)).then_some(()));
}

#[test]
fn the_native_broker_can_be_watched_and_not_be_led_astray() {
    let hub = Hub::start(&[]);
    assert_eq!(
        Page::refusal(hub.http, hello(Role::Broker)),
        Refusal::BrokerIsNative
    );
    let mut stream = device(&hub);
    stream.write_all(CONNECT).unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).unwrap();
    let mut watcher = Page::welcome(hub.http, hello(Role::Watcher));
    drop(stream);
    let mut bytes = (Vec::new(), Vec::new());
    loop {
        if let FromHub::Record { record, .. } = watcher.hear().unwrap() {
            match record {
                Record::FromDevice { bytes: chunk, .. } => bytes.0.extend_from_slice(&chunk),
                Record::ToDevice { bytes: chunk, .. } => bytes.1.extend_from_slice(&chunk),
                Record::Closed { .. } => break,
                _ => {}
            }
        }
    }
    assert_eq!((&*bytes.0, &*bytes.1), (CONNECT, CONNACK));
}

#[test]
fn the_hub_stops_and_tells_its_pages() {
    let hub = hub();
    let mut page = Page::welcome(hub.http, hello(Role::Broker));
    let mut stream = device(&hub);
    page.hear_until(|message| matches!(message, FromHub::Opened(_)).then_some(()));
    assert_eq!(hub.stop("-TERM"), Some(0));
    page.hear_until(|message| (message == FromHub::Refused(Refusal::ShuttingDown)).then_some(()));
    assert!(is_at_end(&mut stream));
}

/// The script that the native broker is tried with, too.
#[test]
#[ignore = "paho-mqtt is brought by `cargo xtask test --only clients`, in PAHO_PYTHON"]
fn paho_finds_a_broker_in_the_page() {
    let hub = hub();
    let _page = BrokerPage::open(hub.http, hello(Role::Broker));
    let python = std::env::var("PAHO_PYTHON").expect("PAHO_PYTHON is a Python that has paho-mqtt");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/with_paho.py");
    let status = Command::new(python)
        .arg(script)
        .arg(hub.mqtt.port().to_string())
        .status();
    assert!(status.unwrap().success());
}
