//! Who gets in: codes, brokers that are dialled, TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use relay::dial_closes::{CODE_WANTED, NOT_ALLOWED, NOT_REACHED, TRY_LATER};
use relay::{FromHub, Opened, Refusal, Role, Transport};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use support::page::{Page, hello, with_code};
use support::{Hub, PATIENCE, run};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

const CODES: [&str; 4] = ["--join-code", "JOIN1234", "--lead-code", "LEAD5678"];

#[test]
fn pages_say_the_code_that_their_place_asks_for() {
    let hub = Hub::start(&[&["--broker", "page"], &CODES[..]].concat());
    for (hello, refusal) in [
        (hello(Role::Student), Refusal::CodeMissing),
        (with_code(Role::Watcher, "JOIN4321"), Refusal::CodeWrong),
        (with_code(Role::Broker, "JOIN1234"), Refusal::CodeWrong),
    ] {
        assert_eq!(Page::refusal(hub.http, hello.clone()), refusal, "{hello:?}");
    }
    let _broker = Page::welcome(hub.http, with_code(Role::Broker, "LEAD5678"));
    let _student = Page::welcome(hub.http, with_code(Role::Student, "join-1234"));
    for _ in 0..8 {
        assert_eq!(
            Page::refusal(hub.http, with_code(Role::Student, "guess")),
            Refusal::CodeWrong
        );
    }
    let right = with_code(Role::Student, "JOIN1234");
    assert_eq!(Page::refusal(hub.http, right), Refusal::TooManyAttempts);
}

/// Whoever opens WebSockets and says nothing fills up the hub's memory no further than that.
#[test]
fn not_many_keep_the_hub_waiting_for_who_they_are() {
    let hub = Hub::start(&[]);
    let silent: Vec<Page> = (0..200).map(|_| Page::silent(hub.http)).collect();
    let watcher = || hello(Role::Watcher);
    assert_eq!(Page::refusal(hub.http, watcher()), Refusal::TooManyPages);
    drop(silent);
    // The hub finds that out one after the other.
    while !matches!(
        Page::open(hub.http, watcher()).hear(),
        Some(FromHub::Welcome(_))
    ) {}
}

/// A WebSocket to `path`, or the HTTP status that came instead.
fn mqtt_at(hub: SocketAddr, path: &str, origin: Option<&str>) -> Result<WebSocket<TcpStream>, u16> {
    let mut request = format!("ws://{hub}{path}").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", "mqtt".parse().unwrap());
    if let Some(origin) = origin {
        headers.insert("Origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(hub).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
            Err(response.status().as_u16())
        }
        Err(other) => panic!("{other}"),
    }
}

fn close_of(socket: &mut WebSocket<TcpStream>) -> (u16, String) {
    loop {
        if let Message::Close(Some(frame)) = socket.read().unwrap() {
            return (frame.code.into(), frame.reason.to_string());
        }
    }
}

#[test]
fn only_named_brokers_are_dialled() {
    let broker = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = broker.local_addr().unwrap().to_string();
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let hub = Hub::start(&["--allow-broker", &name, "--allow-broker", &gone]);

    let mut socket = mqtt_at(hub.http, &format!("/broker/{name}"), None).unwrap();
    let (mut stream, _) = broker.accept().unwrap();
    socket
        .send(Message::binary(b"to the broker".to_vec()))
        .unwrap();
    let mut got = [0; 13];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"to the broker");
    let answer: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    let sent = answer.clone();
    let writer = std::thread::spawn(move || stream.write_all(&sent).unwrap());
    let mut got = Vec::new();
    while got.len() < answer.len() {
        got.extend_from_slice(&socket.read().unwrap().into_data());
    }
    assert!(got == answer);
    writer.join().unwrap();
    assert_eq!(
        close_of(&mut socket),
        (1000, "the broker has closed it".into())
    );

    let mut socket = mqtt_at(hub.http, "/broker/127.0.0.1:22", None).unwrap();
    let (code, why) = close_of(&mut socket);
    assert_eq!(code, NOT_ALLOWED);
    assert!(why.contains("--allow-broker 127.0.0.1:22"), "{why}");
    let mut socket = mqtt_at(hub.http, &format!("/broker/{gone}"), None).unwrap();
    let (code, why) = close_of(&mut socket);
    assert_eq!(code, NOT_REACHED);
    assert!(why.contains("refused"), "{why}");

    let elsewhere = Some("http://evil.example");
    for path in [
        format!("/broker/{name}"),
        relay::PATH.to_owned(),
        "/mqtt".to_owned(),
    ] {
        assert_eq!(
            mqtt_at(hub.http, &path, elsewhere).err(),
            Some(403),
            "{path}"
        );
    }
}

/// A browser tells a page nothing of an answer in HTTP: the WebSocket opens, and its close says why it gets nowhere.
#[test]
fn a_hub_with_codes_dials_only_for_who_knows_one() {
    let broker = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = broker.local_addr().unwrap().to_string();
    let codes = ["--join-code", "klas se/ü&1", "--lead-code", "LEAD5678"];
    let hub = Hub::start(&[&["--allow-broker", &name], &codes[..]].concat());
    let path = format!("/broker/{name}");
    for (query, words) in [
        ("", "a code is asked for"),
        ("?code=nope", "the code is another one"),
        ("?x=code", "a code is asked for"),
        ("?code=%", "the code is another one"),
    ] {
        let mut socket = mqtt_at(hub.ws, &format!("{path}{query}"), None).unwrap();
        let (code, why) = close_of(&mut socket);
        assert_eq!(code, CODE_WANTED, "{query}");
        assert!(why.contains(words), "{query}: {why}");
    }
    for query in [
        "?code=klas%20se%2f%C3%BC%261",
        "?x=y&code=klasse/%c3%bc%261",
    ] {
        let _socket = mqtt_at(hub.ws, &format!("{path}{query}"), None).unwrap();
        broker.accept().unwrap();
    }
    // Who guesses has to wait.
    for _ in 0..8 {
        let mut socket = mqtt_at(hub.ws, &format!("{path}?code=guess"), None).unwrap();
        assert_eq!(close_of(&mut socket).0, CODE_WANTED);
    }
    let mut socket = mqtt_at(hub.ws, &format!("{path}?code=guess"), None).unwrap();
    assert_eq!(close_of(&mut socket).0, TRY_LATER);
}

/// A certificate for this machine, in files, and what trusts it.
fn certificate(folder: &Path) -> (String, String, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    (text(&certificate), text(&key), roots)
}

#[test]
fn tls_covers_every_door() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, roots) = certificate(folder.path());
    let hub = Hub::start(&[
        "--broker",
        "page",
        "--tls-cert",
        &certificate,
        "--tls-key",
        &key,
    ]);
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let dial = |address: SocketAddr| {
        let client = ClientConnection::new(Arc::clone(&config), address.ip().into()).unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        StreamOwned::new(client, stream)
    };
    let mut request = format!("wss://{}{}", hub.http, relay::PATH)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert(
        "Sec-WebSocket-Protocol",
        relay::SUBPROTOCOL.parse().unwrap(),
    );
    let (mut page, _) = tungstenite::client(request, dial(hub.http)).unwrap();
    let frames = relay::write_frame(&[relay::FromPage::Hello(hello(Role::Broker))]);
    page.send(Message::binary(frames.concat())).unwrap();
    // A device that takes its time with the handshake keeps nobody waiting.
    let _slow = TcpStream::connect(hub.mqtt).unwrap();
    let mut over_tcp = dial(hub.mqtt);
    over_tcp.write_all(b"\x10\0").unwrap();
    let opened = loop {
        let messages = relay::read_frame::<FromHub>(page.read().unwrap().into_data()).unwrap();
        let opened = messages.into_iter().find_map(|message| match message {
            FromHub::Opened(opened) => Some(opened),
            _ => None,
        });
        if let Some(opened) = opened {
            break opened;
        }
    };
    let Opened { transport, tls, .. } = opened;
    assert_eq!((transport, tls), (Transport::Tcp, true));
    // Without TLS there is nothing to be had.
    let mut plain = TcpStream::connect(hub.mqtt).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain
        .write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01t")
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert_ne!(answer.first(), Some(&0x20));
}

#[test]
fn what_is_wrong_with_certificates_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, _) = certificate(folder.path());
    for (options, part) in [
        (vec!["--tls-cert", &certificate], "belong together"),
        (
            vec!["--tls-cert", "no-such.pem", "--tls-key", &key],
            "cannot use no-such.pem",
        ),
        (
            vec!["--tls-cert", &key, "--tls-key", &key],
            "no certificate in it",
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &certificate],
            "--tls-key",
        ),
        (vec!["--allow-broker", "example.org"], "host and a port"),
        (vec!["--join-code", "abc"], "6 to 64"),
        (vec!["--lead-code=- - - - -"], "6 to 64"),
        (
            vec!["--join-code", "one-code", "--lead-code", "ONECODE"],
            "the same",
        ),
        (
            vec!["--broker", "page", "--persist", "x"],
            "--persist is for",
        ),
    ] {
        let output = run(&[&["--check", "--mqtt", "127.0.0.1:0"], &options[..]].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}: {error}");
        assert!(error.contains(part), "{options:?}: {error}");
    }
}
