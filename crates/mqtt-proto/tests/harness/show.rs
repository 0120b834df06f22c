//! What a script's run writes down beside its packets.

use super::World;
use mqtt_proto::session::{Awaits, Direction};
use mqtt_proto::{Client, CloseReason, Misuse, Note};
use std::fmt::Write;

impl World {
    pub(super) fn show_timeout(&mut self) {
        let client = self.client.as_ref().and_then(Client::poll_timeout);
        let server = self.server.as_ref().and_then(|server| {
            let connection = server.connection.as_ref()?;
            connection.poll_timeout(server.session.as_ref())
        });
        for (who, at) in [("C", client), ("S", server)] {
            if let Some(at) = at {
                let micros = at.as_micros();
                writeln!(
                    self.out,
                    "  {who} next at {}.{:06} s",
                    micros / 1_000_000,
                    micros % 1_000_000
                )
                .unwrap();
            }
        }
    }

    pub(super) fn show_session(&mut self) {
        let client = self.client.as_ref().map(Client::session);
        let server = self
            .server
            .as_ref()
            .and_then(|server| server.session.as_ref());
        for (who, session) in [("C", client), ("S", server)] {
            let Some(session) = session else { continue };
            let mut rows = 0;
            for row in session.in_flight() {
                rows += 1;
                let id = row.id.map_or("-".to_owned(), |id| id.to_string());
                let arrow = match row.direction {
                    Direction::Outgoing => "out",
                    Direction::Incoming => "in",
                };
                let awaits = match row.awaits {
                    Awaits::Sending => "sending",
                    Awaits::PubAck => "PUBACK",
                    Awaits::PubRec => "PUBREC",
                    Awaits::PubComp => "PUBCOMP",
                    Awaits::PubRel => "PUBREL",
                };
                let message = row.message.map_or(String::new(), |message| {
                    format!(" {:?}", message.topic.as_str())
                });
                writeln!(
                    self.out,
                    "  {who} session: {arrow} {id} awaits {awaits}, sent {}{message}",
                    row.sends
                )
                .unwrap();
            }
            if rows == 0 {
                writeln!(self.out, "  {who} session: empty").unwrap();
            }
        }
    }

    pub(super) fn show_misuse(&mut self, result: Result<(), Misuse>) {
        if let Err(misuse) = result {
            let rule = misuse.rule().and_then(|rule| rule.id_in(self.version));
            let id = rule.map_or(String::new(), |id| format!(" [{id}]"));
            writeln!(self.out, "  misuse: {misuse}{id}").unwrap();
        }
    }

    pub(super) fn show_note(&mut self, who: &str, note: Note) {
        // One before every packet: the tables have snapshots of their own.
        if let Note::Duty(_) | Note::Took(_) = note {
            return;
        }
        let rule = note.rule().and_then(|rule| rule.id_in(self.version));
        let id = rule.map_or(String::new(), |id| format!(" [{id}]"));
        writeln!(self.out, "  {who} note: {note}{id}").unwrap();
    }

    pub(super) fn show_close(&mut self, who: &str, why: &CloseReason) {
        let rule = why.rule().and_then(|rule| rule.id_in(self.version));
        // Malformed packets name their statement themselves.
        let id = match why {
            CloseReason::Malformed(_) => String::new(),
            _ => rule.map_or(String::new(), |id| format!(" [{id}]")),
        };
        writeln!(self.out, "  {who} close: {why}{id}").unwrap();
    }
}
