//! Authentication methods that the host knows: what it is asked, and what its answers do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod wire;

use bytes::Bytes;
use mqtt_broker::policy::Passwords;
use mqtt_broker::{AuthOutcome, Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::{Instant, Misuse, Text};

const NOW: Instant = Instant::from_micros(1_000_000);
const CLIENT: ConnectionId = ConnectionId(1);
const CONNECT: &[u8] =
    b"\x10\x16\x00\x04MQTT\x05\x02\x00\x00\x09\x15\x00\x01m\x16\x00\x02hi\x00\x00";
const PING: &[u8] = b"\xc0\x00";
const PONG: &[u8] = b"\xd0\x00";
const AUTH: &[u8] = b"\xf0\x0b\x18\x09\x15\x00\x01m\x16\x00\x02so";
const AUTH_AGAIN: &[u8] = b"\xf0\x0b\x19\x09\x15\x00\x01m\x16\x00\x02hi";

struct Host {
    broker: Broker,
    /// What the broker has asked, and not been answered.
    asked: Vec<(String, Vec<u8>, bool)>,
    sent: Vec<u8>,
    closed: bool,
}

impl Host {
    fn new() -> Self {
        Self::with(BrokerConfig {
            host_methods: vec![Text::try_from("m").unwrap()],
            ..BrokerConfig::default()
        })
    }

    fn with(mut config: BrokerConfig) -> Self {
        config.server.explain = false;
        let mut broker = Broker::new(config);
        broker.handle_open(NOW, CLIENT, &mut Vec::new());
        Self {
            broker,
            asked: Vec::new(),
            sent: Vec::new(),
            closed: false,
        }
    }

    fn take(&mut self, events: Vec<BrokerEvent>) {
        for event in events {
            if let Some((_, bytes)) = wire::sent(&event) {
                self.sent.extend(bytes);
            }
            match event {
                BrokerEvent::Close { .. } => self.closed = true,
                BrokerEvent::Authenticate {
                    connection,
                    method,
                    data,
                    is_again,
                } => {
                    assert_eq!(connection, CLIENT);
                    self.asked
                        .push((method.as_str().to_owned(), data.to_vec(), is_again));
                }
                BrokerEvent::CheckPassword { user, password, .. } => {
                    self.asked
                        .push((user.as_str().to_owned(), password.to_vec(), false))
                }
                BrokerEvent::Send { .. } | BrokerEvent::Note { .. } => {}
            }
        }
    }

    fn input(&mut self, bytes: &[u8]) {
        let mut events = Vec::new();
        self.broker.handle_input(NOW, CLIENT, bytes, &mut events);
        self.take(events);
    }

    fn answer(&mut self, outcome: AuthOutcome) -> Result<(), Misuse> {
        let mut events = Vec::new();
        let result = self.broker.authenticate(NOW, CLIENT, outcome, &mut events);
        self.take(events);
        result
    }

    /// What has been sent since the last time.
    fn sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent)
    }

    /// The only question since the last time.
    fn question(&mut self) -> (String, Vec<u8>, bool) {
        assert_eq!(self.asked.len(), 1, "{:?}", self.asked);
        self.asked.pop().unwrap()
    }
}

fn accept(user: Option<&str>) -> AuthOutcome {
    AuthOutcome::Accept {
        user_name: user.map(|user| Text::try_from(user).unwrap()),
        data: Some(Bytes::from_static(b"ok")),
    }
}

fn go_on() -> AuthOutcome {
    let data = Some(Bytes::from_static(b"so?"));
    AuthOutcome::Continue { data }
}

/// A host whose client `u` is in.
fn accepted() -> Host {
    let mut host = Host::new();
    host.input(CONNECT);
    assert_eq!(host.question(), ("m".into(), b"hi".to_vec(), false));
    host.answer(accept(Some("u"))).unwrap();
    let conn_ack = host.sent();
    assert_eq!(conn_ack[0], 0x20);
    assert!(
        conn_ack
            .windows(9)
            .any(|part| part == b"\x15\x00\x01m\x16\x00\x02ok")
    );
    let view = host.broker.connection(CLIENT).unwrap();
    assert_eq!(view.user_name(), Some("u"));
    host
}

#[test]
fn the_host_leads_the_exchange_and_what_the_client_has_sent_meanwhile_waits() {
    let mut host = Host::new();
    host.input(CONNECT);
    host.question();
    assert_eq!(host.sent(), b"");
    assert_eq!(host.broker.sessions().len(), 0);
    host.answer(go_on()).unwrap();
    assert_eq!(host.sent(), b"\xf0\x0c\x18\x0a\x15\x00\x01m\x16\x00\x03so?");
    host.input(&[AUTH, PING].concat());
    assert_eq!(host.question(), ("m".into(), b"so".to_vec(), false));
    assert_eq!(host.sent(), b"");
    host.answer(accept(Some("u"))).unwrap();
    let sent = host.sent();
    assert_eq!(sent[0], 0x20);
    assert!(sent.ends_with(PONG));
    assert_eq!(host.broker.sessions().len(), 1);
}

#[test]
fn the_host_may_refuse_at_every_step() {
    let mut host = Host::new();
    host.input(CONNECT);
    host.answer(AuthOutcome::Refuse).unwrap();
    assert_eq!(host.sent(), b"\x20\x03\x00\x87\x00");
    assert!(host.closed);
    assert_eq!(host.answer(accept(None)), Err(Misuse::NoAuthentication));

    let mut host = accepted();
    host.input(AUTH_AGAIN);
    assert_eq!(host.question(), ("m".into(), b"hi".to_vec(), true));
    host.answer(AuthOutcome::Refuse).unwrap();
    assert_eq!(host.sent(), b"\xe0\x01\x87");
    assert!(host.closed);
}

#[test]
fn a_client_that_is_in_goes_on_while_it_authenticates_anew() {
    let mut host = accepted();
    host.input(&[AUTH_AGAIN, PING].concat());
    host.question();
    assert_eq!(host.sent(), PONG);
    host.answer(go_on()).unwrap();
    host.sent();
    host.input(AUTH);
    assert_eq!(host.question(), ("m".into(), b"so".to_vec(), true));
    host.answer(accept(Some("u"))).unwrap();
    assert_eq!(host.sent(), b"\xf0\x0b\x00\x09\x15\x00\x01m\x16\x00\x02ok");
    assert!(!host.closed);
}

#[test]
fn a_client_that_is_in_cannot_become_another_user() {
    let mut host = accepted();
    host.input(AUTH_AGAIN);
    host.answer(accept(Some("v"))).unwrap();
    assert_eq!(host.sent(), b"\xe0\x01\x87");
    assert!(host.closed);
}

#[test]
fn an_auth_that_nobody_has_asked_for_ends_the_connection() {
    let mut host = accepted();
    host.input(&[AUTH_AGAIN, AUTH].concat());
    assert_eq!(host.sent(), b"\xe0\x01\x82");
    assert!(host.closed);
    // The host's answer comes too late.
    assert_eq!(host.answer(accept(None)), Err(Misuse::NoAuthentication));
    assert_eq!(host.sent(), b"");
}

#[test]
fn an_answer_to_no_question_is_an_error_and_changes_nothing() {
    let mut host = Host::new();
    assert_eq!(host.answer(accept(None)), Err(Misuse::NoAuthentication));
    let mut host = accepted();
    assert_eq!(host.answer(go_on()), Err(Misuse::NoAuthentication));
    host.input(PING);
    assert_eq!(host.sent(), PONG);
    // The client has gone before the answer.
    let mut host = Host::new();
    host.input(CONNECT);
    host.broker.handle_close(NOW, CLIENT, &mut Vec::new());
    assert_eq!(host.answer(accept(None)), Err(Misuse::NoAuthentication));
    assert_eq!(host.broker.sessions().len(), 0);
}

/// CONNECT of user `u` with password `pw`, 3.1.1.
const CONNECT_WITH_PASSWORD: &[u8] =
    b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x00\x00\x01c\x00\x01u\x00\x02pw";

fn host_with_passwords() -> Host {
    let line = Passwords::scram_line("u", b"other", b"salt", 1);
    Host::with(BrokerConfig {
        passwords: Some(Passwords::parse(&line).unwrap()),
        host_checks_passwords: true,
        ..BrokerConfig::default()
    })
}

#[test]
fn the_host_looks_passwords_up_while_the_client_waits() {
    for (outcome, answer) in [
        (accept(None), &b"\x20\x02\x00\x00\xd0\x00"[..]),
        (AuthOutcome::Refuse, b"\x20\x02\x00\x04"),
    ] {
        let mut host = host_with_passwords();
        host.input(&[CONNECT_WITH_PASSWORD, PING].concat());
        assert_eq!(host.question(), ("u".into(), b"pw".to_vec(), false));
        assert_eq!(host.sent(), b"");
        assert_eq!(host.answer(go_on()), Err(Misuse::NoAuthentication));
        host.answer(outcome.clone()).unwrap();
        assert_eq!(host.sent(), answer);
        assert_eq!(host.closed, outcome == AuthOutcome::Refuse);
        assert_eq!(host.answer(outcome), Err(Misuse::NoAuthentication));
    }
}

#[test]
fn who_is_gone_needs_no_answer_about_a_password() {
    let mut host = host_with_passwords();
    host.input(CONNECT_WITH_PASSWORD);
    host.broker.handle_close(NOW, CLIENT, &mut Vec::new());
    assert_eq!(host.answer(accept(None)), Err(Misuse::NoAuthentication));
    // And who has no user name is nobody's question.
    let mut host = host_with_passwords();
    host.input(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c");
    assert_eq!(host.sent(), b"\x20\x02\x00\x05");
}

/// Who has seen one client id that the broker chose must not know the next one: with it a session can be taken over.
#[test]
fn chosen_client_ids_cannot_be_guessed_with_a_key() {
    let id = |key| {
        let mut host = Host::with(BrokerConfig {
            client_id_key: key,
            ..BrokerConfig::default()
        });
        host.input(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00");
        host.broker
            .sessions()
            .next()
            .unwrap()
            .client_id()
            .to_owned()
    };
    assert_eq!(id(None), "auto-1");
    let one = id(Some([1; 32]));
    assert_eq!(one.len(), "auto-".len() + 36, "{one}");
    assert_eq!(one, id(Some([1; 32])));
    assert_ne!(one, id(Some([2; 32])));
}
