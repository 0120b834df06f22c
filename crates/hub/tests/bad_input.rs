//! What the hub does about everything that is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use support::{Hub, PATIENCE, is_silence, run};

const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
const CONNACK: &[u8] = b"\x20\x02\x00\x00";
const PINGREQ: &[u8] = b"\xc0\x00";
const PINGRESP: &[u8] = b"\xd0\x00";

fn open(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

fn expect(stream: &mut TcpStream, bytes: &[u8]) {
    let mut found = vec![0; bytes.len()];
    stream.read_exact(&mut found).unwrap();
    assert_eq!(found, bytes);
}

/// Whatever still comes, the end must be the end of the connection.
fn expect_end(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("still open: {error}"),
    }
    rest
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let hub = Hub::start(&[]);
    let mut bystander = open(hub.mqtt, CONNECT);
    expect(&mut bystander, CONNACK);
    let mut garbage: Vec<Vec<u8>> = vec![
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        vec![0xFF; 1_000],
        vec![0x00; 1_000],
        vec![0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        PINGREQ.to_vec(),
    ];
    // After a good CONNECT: each packet type with a body that is not its own, and a length beyond
    // every limit.
    for packet_type in 0..=15_u8 {
        for flags in 0..=15_u8 {
            let mut bytes = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01b".to_vec();
            bytes.extend([packet_type << 4 | flags, 3, 0xFF, 0xFF, 0x00]);
            // What is fine in itself (a QoS 0 PUBLISH would wait for more) is followed by garbage.
            bytes.extend([0xF0; 8]);
            garbage.push(bytes);
        }
    }
    garbage.push([CONNECT, &[0x30, 0xFF, 0xFF, 0xFF, 0x7F]].concat());
    for bytes in garbage {
        // `a` must not be taken over.
        let bytes = if bytes.starts_with(CONNECT) {
            [&bytes[..CONNECT.len() - 1], b"c", &bytes[CONNECT.len()..]].concat()
        } else {
            bytes
        };
        expect_end(open(hub.mqtt, &bytes));
        bystander.write_all(PINGREQ).unwrap();
        expect(&mut bystander, PINGRESP);
    }
}

#[test]
fn a_truncated_packet_waits_and_then_counts_for_nothing() {
    let hub = Hub::start(&[]);
    let mut bystander = open(hub.mqtt, CONNECT);
    expect(&mut bystander, CONNACK);
    for length in 1..CONNECT.len() {
        let mut stream = open(hub.mqtt, &CONNECT[..length]);
        stream
            .set_read_timeout(Some(Duration::from_millis(5)))
            .unwrap();
        let mut byte = [0];
        let error = stream.read(&mut byte).expect_err("nothing may come");
        assert!(is_silence(&error), "{length} bytes: {error}");
    }
    bystander.write_all(PINGREQ).unwrap();
    expect(&mut bystander, PINGRESP);
}

/// A subscriber that reads nothing does not slow others down, nor does the hub grow for it.
#[test]
fn a_stuck_subscriber_costs_only_itself() {
    const MESSAGES: usize = 40;
    let hub = Hub::start(&["--max-queued", "100"]);
    let subscribe = b"\x82\x06\x00\x01\x00\x01t\x00";
    let mut stuck = open(hub.mqtt, &[CONNECT, subscribe].concat());
    expect(&mut stuck, CONNACK);
    expect(&mut stuck, b"\x90\x03\x00\x01\x00");
    let connect = |id: u8| {
        let mut bytes = CONNECT.to_vec();
        *bytes.last_mut().unwrap() = id;
        bytes
    };
    let mut lively = open(hub.mqtt, &[connect(b'l').as_slice(), subscribe].concat());
    expect(&mut lively, CONNACK);
    expect(&mut lively, b"\x90\x03\x00\x01\x00");
    let mut publisher = open(hub.mqtt, &connect(b'p'));
    expect(&mut publisher, CONNACK);
    let payload = vec![b'x'; 1_000_000];
    let mut publish = vec![0x30];
    let mut length = payload.len() + 3;
    while length > 0 {
        let more = if length > 0x7F { 0x80 } else { 0 };
        publish.push((length & 0x7F) as u8 | more);
        length >>= 7;
    }
    publish.extend(b"\x00\x01t");
    publish.extend(&payload);
    let memory_before = memory_kib(hub.pid());
    let start = Instant::now();
    for _ in 0..MESSAGES {
        publisher.write_all(&publish).unwrap();
        expect(&mut lively, &publish);
    }
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    let grown = memory_kib(hub.pid()).saturating_sub(memory_before);
    assert!(
        grown < 16 * 1024,
        "{grown} KiB for {MESSAGES} messages of 1 MB"
    );
    drop(stuck);
}

fn memory_kib(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn advice(options: &[&str], expected: &str) {
    let output = run(options);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(expected), "{text}");
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
}

#[test]
fn a_second_hub_on_the_port_says_what_to_do() {
    let hub = Hub::start(&[]);
    for (flag, address) in [("--mqtt", hub.mqtt), ("--ws", hub.ws), ("--http", hub.http)] {
        let address = address.to_string();
        advice(&[flag, &address], "another program uses that port");
    }
}

#[test]
fn bad_options_are_answered_by_a_sentence() {
    advice(&["--mqtt", "nowhere"], "write an address and a port");
    advice(
        &["--mqtt", "127.0.0.1:0", "--page", "no/such/folder"],
        "there is no page at no/such/folder",
    );
    advice(&["--no-such-option"], "--no-such-option");
    advice(&["--receive-maximum", "0"], "--receive-maximum");
    advice(
        &["--mqtt", "127.0.0.1:0", "--passwords", "no/such/file"],
        "cannot read no/such/file",
    );
    // An address of the documentation range, which no machine has.
    advice(
        &["--mqtt", "192.0.2.1:0"],
        "this machine does not have that address",
    );
}

#[test]
fn bad_files_are_answered_by_a_sentence_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let free = ["--mqtt", "127.0.0.1:0"];
    let config = write("a.toml", "mqtt = \"127.0.0.1:0\"\nmax-quued = 3\n");
    advice(&["--config", &config], "line 2: unknown field `max-quued`");
    let config = write("b.toml", "mqtt = \"nowhere\"\n");
    advice(
        &["--config", &config],
        "line 1: write an address and a port",
    );
    let acl = write("acl", "topic read a\ntopics b\n");
    advice(
        &[&free[..], &["--acl", &acl]].concat(),
        "line 2: `topics` is not known",
    );
    let passwords = write("passwords", "alice:secret\n");
    advice(
        &[&free[..], &["--passwords", &passwords]].concat(),
        "line 1: the password of `alice` is in plain text",
    );
}

#[test]
fn it_stops_when_asked_to() {
    for signal in ["-INT", "-TERM"] {
        let hub = Hub::start(&[]);
        // One client for each version.
        let mut old = open(hub.mqtt, CONNECT);
        expect(&mut old, CONNACK);
        let mut new = open(
            hub.mqtt,
            b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01b",
        );
        let mut header = [0; 2];
        new.read_exact(&mut header).unwrap();
        assert_eq!(header[0], 0x20);
        expect_exactly(&mut new, usize::from(header[1]));
        assert_eq!(hub.stop(signal), Some(0), "{signal}");
        assert_eq!(expect_end(old), []);
        // DISCONNECT 0x8B, server shutting down.
        assert!(expect_end(new).starts_with(&[0xE0, 0x01, 0x8B]));
    }
}

fn expect_exactly(stream: &mut TcpStream, bytes: usize) {
    let mut body = vec![0; bytes];
    stream.read_exact(&mut body).unwrap();
}

fn get(address: SocketAddr, head: &str) -> String {
    let mut stream = open(
        address,
        format!("{head}\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_page_is_served_with_its_types_and_to_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("app-0123456789abcdef_bg.wasm"), b"\0asm").unwrap();
    let hub = Hub::start(&["--page", folder.path().to_str().unwrap()]);
    let host = format!("Host: {}", hub.http);

    let page = get(hub.http, &format!("GET / HTTP/1.1\r\n{host}"));
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("content-type: text/html"), "{page}");
    assert!(page.contains("cache-control: no-cache"), "{page}");
    assert!(page.contains("x-content-type-options: nosniff"), "{page}");
    let wasm = get(
        hub.http,
        &format!("GET /app-0123456789abcdef_bg.wasm HTTP/1.1\r\n{host}"),
    );
    assert!(wasm.contains("content-type: application/wasm"), "{wasm}");
    assert!(wasm.contains("immutable"), "{wasm}");
    for path in ["/nothing", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        let answer = get(hub.http, &format!("GET {path} HTTP/1.1\r\n{host}"));
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
            "{answer}"
        );
    }

    let refused = get(hub.http, "GET / HTTP/1.1\r\nHost: evil.example");
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt";
    for address in [hub.ws, hub.http] {
        let head = |origin: &str| {
            format!(
                "GET /mqtt HTTP/1.1\r\nHost: {address}\r\nOrigin: {origin}\r\n{upgrade}\r\n\r\n"
            )
        };
        let mut stream = open(address, head("http://127.0.0.1:1").as_bytes());
        expect(&mut stream, b"HTTP/1.1 101");
        let mut stream = open(address, head("http://evil.example").as_bytes());
        expect(&mut stream, b"HTTP/1.1 403");
    }
}

#[test]
fn whether_it_could_start_can_be_asked() {
    let hub = Hub::start(&[]);
    let taken = hub.mqtt.to_string();
    for (options, found) in [
        (&["--mqtt", "127.0.0.1:0"][..], None),
        (&["--mqtt", &taken], Some("another program uses that port")),
        (
            &["--mqtt", "127.0.0.1:0", "--no-such-option"],
            Some("'--no-such-option'"),
        ),
        (
            &["--mqtt", "127.0.0.1:0", "--passwords", "/no/such/file"],
            Some("cannot read /no/such/file"),
        ),
    ] {
        let output = run(&[&["--check"], options].concat());
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.success(),
            found.is_none(),
            "{options:?}: {text}"
        );
        assert!(
            text.contains(found.unwrap_or_default()),
            "{options:?}: {text}"
        );
    }
}

#[test]
fn the_shell_does_not_limit_the_connections() {
    let program = support::program();
    let script = "ulimit -Sn 40 && exec \"$0\" --mqtt 127.0.0.1:0";
    let mut child = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(program.get_program())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    let address = line.trim().strip_prefix("mqtt ").unwrap().parse().unwrap();
    let streams: Vec<_> = (0..100)
        .map(|number| {
            let name = format!("{number:03}");
            let connect = [
                b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03",
                name.as_bytes(),
            ];
            let mut stream = open(address, &connect.concat());
            expect(&mut stream, CONNACK);
            stream
        })
        .collect();
    assert_eq!(streams.len(), 100);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// While a password is being looked up, nobody else waits.
#[test]
fn a_slow_password_stops_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    // Many rounds, a salt of 3 bytes, and a hash of 64 zeros, which no password has.
    let line = format!("u:$7$50000$AAAA${}==\n", "A".repeat(86));
    std::fs::write(&file, line).unwrap();
    let hub = Hub::start(&["--passwords", file.to_str().unwrap(), "--allow-anonymous"]);
    let mut other = open(hub.mqtt, CONNECT);
    expect(&mut other, CONNACK);
    let mut slow = open(
        hub.mqtt,
        b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x00\x00\x01c\x00\x01u\x00\x02pw",
    );
    // It may send on, and is not read meanwhile.
    slow.write_all(&PINGREQ.repeat(100)).unwrap();
    other.write_all(PINGREQ).unwrap();
    expect(&mut other, PINGRESP);
    slow.set_nonblocking(true).unwrap();
    let early = slow.read(&mut [0; 4]);
    assert!(
        early.is_err_and(|error| is_silence(&error)),
        "the hash was done first"
    );
    slow.set_nonblocking(false).unwrap();
    expect(&mut slow, b"\x20\x02\x00\x04");
}
