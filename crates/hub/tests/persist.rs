//! What the hub keeps in its file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use support::{Hub, PATIENCE, run};

/// CleanSession 0, client id `s`.
const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x3c\x00\x01s";
const NEW: &[u8] = b"\x20\x02\x00\x00";
const RESUMED: &[u8] = b"\x20\x02\x01\x00";

fn open(hub: &Hub, bytes: &[u8], answer: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(hub.mqtt).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    exchange(&mut stream, bytes, answer);
    stream
}

fn exchange(stream: &mut TcpStream, bytes: &[u8], answer: &[u8]) {
    stream.write_all(bytes).unwrap();
    let mut found = vec![0; answer.len()];
    stream.read_exact(&mut found).unwrap();
    assert_eq!(found, answer);
}

#[test]
fn sessions_and_retained_messages_outlive_the_hub() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let options = ["--persist", file.to_str().unwrap()];
    let hub = Hub::start(&options);
    let mut stream = open(&hub, CONNECT, NEW);
    exchange(
        &mut stream,
        b"\x82\x06\x00\x01\x00\x01t\x01",
        b"\x90\x03\x00\x01\x01",
    );
    // Gone without a word; the hub has noticed once it closes its side too.
    stream.shutdown(Shutdown::Write).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    // Client id `p`; one retained message at QoS 1, which the session keeps.
    let mut publisher = open(&hub, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01p", NEW);
    exchange(
        &mut publisher,
        b"\x33\x07\x00\x01t\x00\x01hi",
        b"\x40\x02\x00\x01",
    );
    assert_eq!(hub.stop("-TERM"), Some(0));

    let hub = Hub::start(&options);
    let mut stream = open(&hub, CONNECT, RESUMED);
    exchange(&mut stream, b"", b"\x32\x07\x00\x01t\x00\x01hi");
    exchange(
        &mut stream,
        b"\x40\x02\x00\x01\x82\x06\x00\x02\x00\x01t\x00",
        b"\x90\x03\x00\x02\x00\x31\x05\x00\x01thi",
    );
    assert_eq!(hub.stop("-INT"), Some(0));
    assert!(!folder.path().join("state.new").exists());
}

/// However often the hub is killed, and whenever: the file is one that loads.
#[test]
fn a_kill_never_leaves_a_file_that_does_not_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let options = ["--persist", file.to_str().unwrap()];
    for round in 0..10_u64 {
        let hub = Hub::start(&options);
        let _stream = open(&hub, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01p", NEW);
        std::thread::sleep(Duration::from_millis(3 * round));
        // Dropping it kills it.
    }
    assert!(file.exists());
}

#[test]
fn a_file_that_is_no_state_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "dear diary").unwrap();
    let path = file.to_str().unwrap();
    let output = run(&["--mqtt", "127.0.0.1:0", "--persist", path]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("this is not a broker's saved state"),
        "{text}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"dear diary");

    let output = run(&[
        "--mqtt",
        "127.0.0.1:0",
        "--persist",
        "/no/such/folder/state",
    ]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("cannot write /no/such/folder/state"),
        "{text}"
    );
}

/// A file too large to be written at once, and a kill as soon as its draft is there: the draft is a
/// part at most, and what was saved before it loads.
#[test]
fn a_kill_in_the_middle_of_a_save_leaves_the_file_before() {
    const TOPICS: usize = 100;
    const PAYLOAD: usize = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let (file, draft) = (folder.path().join("state"), folder.path().join("state.new"));
    let file = file.to_str().unwrap();
    let options = ["--persist", file, "--persist-interval", "1"];
    let mut interrupted = 0;
    let mut saved = 0;
    for round in 0..40_u8 {
        if interrupted >= 2 {
            break;
        }
        let hub = Hub::start(&options);
        // What an earlier round has saved is all there.
        if saved > 0 {
            let mut reader = open(&hub, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01r", NEW);
            for topic in 0..TOPICS {
                let name = format!("t/{topic:03}");
                let mut subscribe = b"\x82\x0a\x00\x01\x00\x05".to_vec();
                subscribe.extend(name.as_bytes());
                subscribe.push(0);
                exchange(&mut reader, &subscribe, b"\x90\x03\x00\x01\x00");
                let mut message = vec![0; 4 + 2 + name.len() + PAYLOAD];
                reader.read_exact(&mut message).unwrap();
                assert_eq!(&message[6..11], name.as_bytes());
            }
        }
        let mut publisher = open(&hub, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01p", NEW);
        for topic in 0..TOPICS {
            // Three digits, so that all packets are of one length: fixed header of 4 bytes.
            let name = format!("t/{topic:03}");
            let body = 2 + name.len() + PAYLOAD;
            let [low, middle, high] = [
                body as u8 | 0x80,
                (body >> 7) as u8 | 0x80,
                (body >> 14) as u8,
            ];
            let mut packet = vec![0x31, low, middle, high];
            packet.extend([0, name.len() as u8]);
            packet.extend(name.as_bytes());
            packet.resize(packet.len() + PAYLOAD, round);
            publisher.write_all(&packet).unwrap();
        }
        exchange(&mut publisher, b"\xc0\x00", b"\xd0\x00");
        let end = std::time::Instant::now() + PATIENCE;
        // A save can be over before anybody looks: something has to happen for another one.
        let mut busy = std::time::Instant::now();
        let mut nudge = || {
            assert!(std::time::Instant::now() < end, "nothing is saved");
            if busy.elapsed() > Duration::from_millis(300) {
                busy = std::time::Instant::now();
                let nanos = busy.duration_since(end - PATIENCE).subsec_nanos();
                publisher.write_all(b"\x31\x07\x00\x01x").unwrap();
                publisher.write_all(&nanos.to_be_bytes()).unwrap();
            }
        };
        if round % 2 == 0 {
            // Let one save be done.
            let before = std::fs::metadata(file).unwrap().modified().unwrap();
            while std::fs::metadata(file).unwrap().modified().unwrap() == before {
                nudge();
                std::thread::sleep(Duration::from_millis(5));
            }
            saved += 1;
            continue;
        }
        while !draft.exists() {
            nudge();
        }
        drop(hub);
        interrupted += usize::from(draft.exists());
    }
    assert!(interrupted > 0, "no save was hit");
    assert_eq!(Hub::start(&options).stop("-TERM"), Some(0));
}
