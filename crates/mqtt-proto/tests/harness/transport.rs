//! The transport between both ends: what is on its way, and what gets lost.

use super::World;
use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::encode;
use mqtt_proto::{Packet, ServerConnection};
use std::fmt::Write;

impl World {
    pub(super) fn open(&mut self) {
        let now = self.now;
        self.up = true;
        if let Some(server) = &mut self.server {
            server.asked = 0;
            server.accepted = false;
            server.connection = Some(ServerConnection::new(now, server.config));
        }
        if let Some(client) = &mut self.client {
            let mut events = Vec::new();
            let result = client.handle_open(now, &mut events);
            self.client_events(events);
            self.show_misuse(result);
        }
    }

    pub(super) fn close(&mut self) {
        self.up = false;
        self.to_client.clear();
        self.to_server.clear();
        let now = self.now;
        if let Some(client) = &mut self.client {
            let mut events = Vec::new();
            client.handle_close(now, &mut events);
            self.client_events(events);
        }
        if let Some(server) = &mut self.server
            && let Some(mut connection) = server.connection.take()
        {
            let ends = server.accepted && connection.session_expiry().is_at_close();
            connection.handle_close(server.session.as_mut(), &mut Vec::new());
            if ends {
                server.session = None;
            }
        }
    }

    /// The transport breaks, and what is on its way is lost.
    pub(super) fn cut(&mut self) {
        let lost: Vec<(&str, Bytes)> = self
            .to_server
            .drain(..)
            .map(|bytes| ("C", bytes))
            .chain(self.to_client.drain(..).map(|bytes| ("S", bytes)))
            .collect();
        for (from, bytes) in lost {
            self.show_lost(from, &bytes);
        }
        self.close();
    }

    /// Every packet that is on its way arrives; then those that follow.
    pub fn run(&mut self) {
        for _ in 0..10_000 {
            if self.to_server.is_empty() && self.to_client.is_empty() {
                return;
            }
            self.step();
        }
        panic!("never quiet");
    }

    /// One packet arrives: the client's first.
    pub fn step(&mut self) {
        self.arrive(!self.to_server.is_empty(), usize::MAX);
    }

    /// The next packet of one direction arrives, or its first bytes.
    pub(super) fn arrive(&mut self, up: bool, most: usize) {
        let (queue, to, from) = match up {
            true => (&mut self.to_server, "S", "C"),
            false => (&mut self.to_client, "C", "S"),
        };
        let Some(mut bytes) = queue.pop_front() else {
            return;
        };
        if most < bytes.len() {
            queue.push_front(bytes.split_off(most));
        }
        match self.decode_one(from, &bytes) {
            Some(packet) => writeln!(self.out, "  {to} <- {packet}").unwrap(),
            None => writeln!(self.out, "  {to} <- {} bytes", bytes.len()).unwrap(),
        }
        match up {
            true => self.server_input(&bytes),
            false => self.client_input(&bytes),
        }
    }

    /// A datagram is lost; no stream does that.
    pub(super) fn lose(&mut self, up: bool) {
        let (queue, from) = match up {
            true => (&mut self.to_server, "C"),
            false => (&mut self.to_client, "S"),
        };
        if let Some(bytes) = queue.pop_front() {
            self.show_lost(from, &bytes);
        }
    }

    pub(super) fn show_lost(&mut self, from: &str, bytes: &Bytes) {
        match self.decode_one(from, bytes) {
            Some(packet) => writeln!(self.out, "  {from} lost {packet}").unwrap(),
            None => writeln!(self.out, "  {from} lost {} bytes", bytes.len()).unwrap(),
        }
    }

    /// The packet, if these bytes are a whole one.
    pub(super) fn decode_one(&self, from: &str, bytes: &Bytes) -> Option<Packet> {
        let sender = match from {
            "C" => mqtt_proto::Sender::Client,
            _ => mqtt_proto::Sender::Server,
        };
        let mut decoder = mqtt_proto::codec::Decoder::new(mqtt_proto::codec::Framing {
            version: Some(self.version),
            ..mqtt_proto::codec::Framing::new(sender)
        });
        decoder.push(bytes);
        decoder.decode().ok().flatten()
    }

    pub(super) fn put(&mut self, packet: &Packet, from_client: bool) {
        let mut bytes = BytesMut::new();
        encode(packet, self.version, &mut bytes).unwrap();
        if self.paired && self.up {
            if from_client {
                self.to_server.push_back(bytes.freeze());
            } else {
                self.to_client.push_back(bytes.freeze());
            }
        }
    }
}
