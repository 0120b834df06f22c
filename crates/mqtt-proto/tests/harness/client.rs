//! The client of a script.

use super::notation::{Line, text};
use super::options::{duration, limits, message, retry, session_config};
use super::{World, notation};
use bytes::Bytes;
use mqtt_proto::packet::ConnAck;
use mqtt_proto::{ClientConfig, ClientEvent, Expiry, Packet, ReasonCode, Tag};
use std::fmt::Write;

impl World {
    pub(super) fn client_config(&mut self, line: &Line<'_>) -> ClientConfig {
        let version = self.version_of(line);
        let mut config = ClientConfig::new(version, text(line.value("id").unwrap_or("c")));
        config.clean_start = !line.has("keep");
        if line.has("keep") {
            config.session_expiry = Expiry::NEVER;
        }
        if let Some(secs) = line.number("expiry") {
            config.session_expiry = Expiry::from_secs(secs);
        }
        config.keep_alive_secs = line.number("ka").unwrap_or(0);
        config.limits = limits(line);
        config.aliases_wanted = line.number("aliases").unwrap_or(0);
        config.user_name = line.value("user").map(text);
        config.password = line
            .value("pass")
            .map(|pass| Bytes::copy_from_slice(pass.as_bytes()));
        config.will = notation::will(line);
        config.request_problem_information = !line.has("noproblem");
        config.request_response_information = line.has("wantresponse");
        config.authentication = line.value("auth").map(|method| (text(method), None));
        config.properties = line.properties.clone();
        config.session = session_config(line);
        config.retry = retry(line);
        if let Some(timeout) = line.value("timeout") {
            config.response_timeout = duration(timeout);
        }
        config
    }

    pub(super) fn client_call(&mut self, line: &Line<'_>) {
        let now = self.now;
        let mut events = Vec::new();
        let client = self.client.as_mut().expect("a client");
        let properties = line.properties.clone();
        let result = match line.words[0] {
            "publish" => {
                self.tag += 1;
                let message = message(line);
                let taken = (message.qos, message.payload.clone());
                let result = client.publish(now, message, Tag(self.tag), &mut events);
                if result.is_ok() {
                    self.taken_from_client.push(taken);
                }
                result
            }
            "subscribe" => {
                let filters = notation::filters(line.words.iter().skip(1).copied());
                client
                    .subscribe(now, filters, properties, &mut events)
                    .map(drop)
            }
            "unsubscribe" => {
                let filters = notation::unsubscribe_filters(line.words.iter().skip(1).copied());
                client
                    .unsubscribe(now, filters, properties, &mut events)
                    .map(drop)
            }
            "auth" => client.authenticate(now, properties, &mut events),
            "disconnect" => {
                let reason = line
                    .words
                    .get(1)
                    .map_or(ReasonCode::Success, |word| notation::reason(word));
                client.disconnect(now, reason, properties, &mut events)
            }
            other => panic!("command {other:?}"),
        };
        self.client_events(events);
        self.show_misuse(result);
    }

    pub fn client_input(&mut self, bytes: &[u8]) {
        let mut events = Vec::new();
        let client = self.client.as_mut().unwrap();
        client.handle_input(self.now, bytes, &mut events);
        self.client_events(events);
    }

    pub(super) fn client_events(&mut self, events: Vec<ClientEvent>) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => {
                    writeln!(self.out, "  C -> {packet}").unwrap();
                    self.put(&packet, true);
                }
                ClientEvent::Message(publish) => {
                    self.delivered_to_client.push(publish.payload.clone());
                    let packet = Packet::Publish(publish);
                    writeln!(self.out, "  C message {}", &packet.to_string()[8..]).unwrap();
                }
                ClientEvent::Connected {
                    session_present,
                    properties,
                } => {
                    let ack = Packet::ConnAck(ConnAck {
                        session_present,
                        reason: ReasonCode::Success,
                        properties,
                    });
                    writeln!(self.out, "  C connected {}", &ack.to_string()[8..]).unwrap();
                }
                ClientEvent::Refused { reason, .. } => {
                    writeln!(self.out, "  C refused {reason}").unwrap();
                }
                ClientEvent::Acknowledged { tag, id, reason } => {
                    writeln!(self.out, "  C done: message {} (id {id}) {reason}", tag.0).unwrap();
                }
                ClientEvent::Dropped { tag, why } => {
                    writeln!(self.out, "  C dropped: message {} {why:?}", tag.0).unwrap();
                }
                ClientEvent::Subscribed(ack) => {
                    writeln!(self.out, "  C answered {}", Packet::SubAck(ack)).unwrap();
                }
                ClientEvent::Unsubscribed(ack) => {
                    writeln!(self.out, "  C answered {}", Packet::UnsubAck(ack)).unwrap();
                }
                ClientEvent::Auth(auth) => {
                    writeln!(self.out, "  C asked {}", Packet::Auth(auth)).unwrap();
                }
                ClientEvent::Disconnected(disconnect) => {
                    writeln!(self.out, "  C told {}", Packet::Disconnect(disconnect)).unwrap();
                }
                ClientEvent::Close(why) => self.show_close("C", &why),
                ClientEvent::Note(note) => self.show_note("C", note),
            }
        }
    }
}
