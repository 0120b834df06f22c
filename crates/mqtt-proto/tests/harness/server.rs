//! The server of a script, which knows one client.

use super::World;
use super::notation::{Line, qos, text};
use super::options::{limits, message, retry, session_config};
use bytes::Bytes;
use mqtt_proto::packet::{Properties, Property, ReasonCodes};
use mqtt_proto::{
    Acceptance, Duration, Effect, Expiry, Instant, Lifetime, Offer, Packet, ReasonCode, Refused,
    ServerConfig, ServerConnection, ServerEvent, Session, SessionConfig, Tag,
};
use std::fmt::Write;

/// What the test's server does with a CONNECT.
#[derive(Clone)]
pub(super) enum Policy {
    Accept,
    Refuse(Refused, Properties),
    /// Asks for more with AUTH this many times, then accepts.
    Authenticate(u32),
    /// Decides nothing.
    Hold,
}

/// A server that knows one client.
pub(super) struct Server {
    pub(super) config: ServerConfig,
    pub(super) session_config: SessionConfig,
    pub(super) policy: Policy,
    pub(super) acceptance: Acceptance,
    /// The answer to every QoS 1 and 2 PUBLISH.
    pub(super) answer: (ReasonCode, Properties),
    /// What SUBSCRIBE is answered with beside the codes.
    pub(super) sub_ack_properties: Properties,
    pub(super) connection: Option<ServerConnection>,
    pub(super) session: Option<Session>,
    pub(super) asked: u32,
    /// What AUTH says beside its data.
    pub(super) challenge: Properties,
    /// The connection carries the session.
    pub(super) accepted: bool,
}

impl World {
    pub(super) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("a server")
    }

    pub(super) fn set_server(&mut self, line: &Line<'_>) {
        self.version_of(line);
        let mut config = ServerConfig {
            limits: limits(line),
            offer: Offer::EVERYTHING,
            aliases_wanted: line.number("aliases").unwrap_or(0),
            connect_timeout: Duration::from_secs(10),
            retry: retry(line),
            explain: false,
        };
        if let Some(maximum) = line.value("maxqos") {
            config.offer.maximum_qos = qos(maximum);
        }
        config.offer.retain = !line.has("noretain");
        config.offer.wildcards = !line.has("nowildcards");
        config.offer.shared = !line.has("noshared");
        config.offer.subscription_ids = !line.has("nosubids");
        self.server = Some(Server {
            config,
            session_config: session_config(line),
            policy: Policy::Accept,
            acceptance: Acceptance::default(),
            answer: (ReasonCode::Success, Properties::EMPTY),
            sub_ack_properties: Properties::EMPTY,
            connection: None,
            session: None,
            asked: 0,
            challenge: Properties::EMPTY,
            accepted: false,
        });
        if self.client.is_none() {
            // A script that plays the client itself starts with an open transport.
            self.server().connection = Some(ServerConnection::new(Instant::ZERO, config));
        }
    }

    pub fn server_input(&mut self, bytes: &[u8]) {
        let Some(server) = &mut self.server else {
            return;
        };
        let Some(connection) = &mut server.connection else {
            return;
        };
        connection.handle_input(bytes);
        self.server_events();
    }

    pub(super) fn server_events(&mut self) {
        loop {
            let now = self.now;
            let mut effects = Vec::new();
            let server = self.server.as_mut().unwrap();
            let Some(connection) = &mut server.connection else {
                return;
            };
            let event = connection.next_event(now, server.session.as_mut(), &mut effects);
            self.server_effects(effects);
            let Some(event) = event else { return };
            self.server_event(event);
        }
    }

    pub(super) fn server_event(&mut self, event: ServerEvent) {
        let now = self.now;
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let connection = server.connection.as_mut().unwrap();
        let result = match event {
            ServerEvent::Connect(connect) => {
                let lifetime = Lifetime::of(&connect);
                if lifetime.clean_start {
                    server.session = None;
                }
                writeln!(self.out, "  S asked {}", Packet::Connect(connect)).unwrap();
                self.decide();
                Ok(())
            }
            ServerEvent::Auth(auth) => {
                writeln!(self.out, "  S asked {}", Packet::Auth(auth)).unwrap();
                let is_again = connection.state() == mqtt_proto::ServerState::Connected;
                if let (true, Policy::Refuse(refused, properties)) = (is_again, &server.policy) {
                    let (reason, properties) = (refused.reason(), properties.clone());
                    connection.disconnect(now, reason, properties, &mut effects)
                } else if is_again && matches!(server.policy, Policy::Hold) {
                    Ok(())
                } else if is_again {
                    connection.authenticate(
                        now,
                        ReasonCode::Success,
                        Properties::EMPTY,
                        &mut effects,
                    )
                } else {
                    self.decide();
                    Ok(())
                }
            }
            ServerEvent::Publish(publish) => {
                self.delivered_to_server.push(publish.payload.clone());
                let delivery = publish.delivery;
                writeln!(
                    self.out,
                    "  S message {}",
                    &Packet::Publish(publish).to_string()[8..]
                )
                .unwrap();
                let (reason, properties) = server.answer.clone();
                let session = server.session.as_mut().unwrap();
                connection.acknowledge(now, delivery, reason, properties, session, &mut effects)
            }
            ServerEvent::Subscribe(subscribe) => {
                let codes: ReasonCodes = subscribe
                    .filters
                    .iter()
                    .map(|(_, options)| ReasonCode::from_u8(options.qos.bits()).unwrap())
                    .collect();
                let properties = server.sub_ack_properties.clone();
                connection.sub_ack(now, subscribe.id, codes, properties, &mut effects)
            }
            ServerEvent::Unsubscribe(unsubscribe) => {
                let codes = unsubscribe
                    .filters
                    .iter()
                    .map(|_| ReasonCode::Success)
                    .collect();
                connection.unsub_ack(
                    now,
                    unsubscribe.id,
                    codes,
                    server.sub_ack_properties.clone(),
                    &mut effects,
                )
            }
            ServerEvent::Disconnect(disconnect) => {
                writeln!(
                    self.out,
                    "  S told {}, session expiry {}",
                    Packet::Disconnect(disconnect),
                    connection.session_expiry().as_secs()
                )
                .unwrap();
                Ok(())
            }
        };
        self.server_effects(effects);
        self.show_misuse(result);
    }

    pub(super) fn decide(&mut self) {
        let now = self.now;
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let connection = server.connection.as_mut().unwrap();
        match server.policy.clone() {
            Policy::Hold => {}
            Policy::Refuse(refused, properties) => {
                let result = connection.refuse(now, refused, properties, &mut effects);
                self.show_misuse(result);
            }
            Policy::Authenticate(steps) if server.asked < steps => {
                server.asked += 1;
                let data = Property::AuthenticationData(Bytes::from_static(b"challenge"));
                let properties = std::iter::once(data)
                    .chain(server.challenge.iter())
                    .collect();
                let result = connection.authenticate(
                    now,
                    ReasonCode::ContinueAuthentication,
                    properties,
                    &mut effects,
                );
                self.show_misuse(result);
            }
            Policy::Accept | Policy::Authenticate(_) => {
                let mut acceptance = server.acceptance.clone();
                acceptance.session_present = server.session.is_some();
                let session = server
                    .session
                    .get_or_insert_with(|| Session::new(server.session_config));
                let result = connection.accept(now, acceptance, session, &mut effects);
                server.accepted = result.is_ok();
                self.show_misuse(result);
            }
        }
        self.server_effects(effects);
    }

    pub(super) fn deliver(&mut self, line: &Line<'_>) {
        let now = self.now;
        self.tag += 1;
        let tag = Tag(self.tag);
        let message = message(line);
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let config = server.session_config;
        let session = server.session.get_or_insert_with(|| Session::new(config));
        let taken = (message.qos, message.payload.clone());
        let result = match &mut server.connection {
            Some(connection) => connection.deliver(now, message, tag, session, &mut effects),
            None => session.enqueue(now, message, tag, &mut effects),
        };
        if result.is_ok() {
            self.taken_from_server.push(taken);
        }
        self.server_effects(effects);
        self.show_misuse(result);
    }

    pub(super) fn server_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(packet) => {
                    writeln!(self.out, "  S -> {packet}").unwrap();
                    self.put(&packet, false);
                }
                Effect::Acknowledged { tag, id, reason } => {
                    writeln!(self.out, "  S done: message {} (id {id}) {reason}", tag.0).unwrap();
                }
                Effect::Dropped { tag, why } => {
                    writeln!(self.out, "  S dropped: message {} {why:?}", tag.0).unwrap();
                }
                Effect::Close(why) => self.show_close("S", &why),
                Effect::Note(note) => self.show_note("S", note),
            }
        }
    }
}

pub(super) fn acceptance(line: &Line<'_>) -> Acceptance {
    Acceptance {
        session_present: false,
        assigned_client_id: line.value("id").map(text),
        server_keep_alive_secs: line.number("ka"),
        session_expiry: line.number("expiry").map(Expiry::from_secs),
        properties: line.properties.clone(),
    }
}

pub(super) fn refused(word: &str) -> Refused {
    match word {
        "banned" => Refused::Banned,
        "password" => Refused::BadUserNameOrPassword,
        "identifier" => Refused::ClientIdentifier,
        "method" => Refused::BadAuthenticationMethod,
        "authorization" => Refused::NotAuthorized,
        "moved" => Refused::ServerMoved,
        other => panic!("refusal {other:?}"),
    }
}
