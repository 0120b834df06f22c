//! What the user says of a bridge, by hand or as the text of a mosquitto.conf.

use super::{RowField, RowForm};
use crate::live::LinkForm;
use foreign::bridge::{BridgeConfig, BridgeFault, Direction, EndConfig, Side, Topic, parse};
use mqtt_proto::{Qos, Text, Version};

/// So many patterns a bridge may have.
pub(crate) const ROWS_MAX: usize = 32;
/// A longer text is not read.
const CONF_MAX_BYTES: usize = 64 * 1024;
/// For ever is more than a broker should keep for a page: seconds.
const EXPIRY_SECS: u32 = 3_600;
/// What stands before `topic` lines that come alone, on one line each.
const HEAD: &str = "connection page\naddress page\n";
const HEAD_LINES: usize = 2;

/// The form.
#[derive(Clone, PartialEq, Eq)]
pub struct BridgeForm {
    /// Where the real broker is, and as whom to come: as in the form of a link.
    pub link: LinkForm,
    /// The patterns.
    pub rows: Vec<RowForm>,
    /// The text of a mosquitto.conf that is to be taken over.
    pub conf: String,
    /// The scenario of the list that runs with the page's broker, where it is not the broker of real devices.
    pub world: Option<usize>,
}

impl Default for BridgeForm {
    fn default() -> Self {
        Self {
            link: LinkForm {
                is_v5: true,
                is_clean: false,
                ..LinkForm::default()
            },
            rows: vec![RowForm::default()],
            conf: String::new(),
            world: None,
        }
    }
}

/// What is wrong with the form, beside its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormFault {
    /// There is no pattern.
    NoRow,
    /// A pattern, from 1.
    Row(usize, BridgeFault),
    /// The client id cannot be said.
    ClientId,
    /// Keep alive is no number of seconds.
    KeepAlive,
    /// A line of the text, from 1.
    Line(usize, BridgeFault),
    /// The text is too long, or has too many patterns.
    TooLong,
    /// This page only watches: its broker is elsewhere.
    Watching,
    /// There is no world with a broker in the page.
    NoWorld,
    /// Another page is the broker.
    NoRoom,
}

impl RowForm {
    fn topic(&self) -> Result<Topic, BridgeFault> {
        let qos = Qos::from_bits(self.qos).unwrap_or(Qos::AtMostOnce);
        Topic::new(
            &self.pattern,
            self.direction,
            qos,
            &self.local,
            &self.remote,
        )
    }

    fn of(topic: &Topic) -> Self {
        Self {
            pattern: topic.pattern().to_owned(),
            direction: topic.direction(),
            qos: topic.qos().bits(),
            local: topic.prefix(Side::Local).to_owned(),
            remote: topic.prefix(Side::Remote).to_owned(),
        }
    }
}

impl BridgeForm {
    /// The number that is this page's own has been drawn.
    pub(crate) fn draw(&mut self, tag: &str) {
        self.link.tag = tag.to_owned();
    }

    /// The client id at the real broker.
    #[must_use]
    pub fn client_id(&self) -> String {
        match self.link.client_id.is_empty() {
            true => format!("bridge-{}", self.link.tag),
            false => self.link.client_id.clone(),
        }
    }

    pub(crate) fn fill(&mut self, row: usize, field: RowField) {
        let Some(row) = self.rows.get_mut(row) else {
            return;
        };
        match field {
            RowField::Pattern(text) => row.pattern = text,
            RowField::Direction(direction) => row.direction = direction,
            RowField::Qos(qos) => row.qos = qos,
            RowField::Local(text) => row.local = text,
            RowField::Remote(text) => row.remote = text,
        }
    }

    /// What is wrong with a pattern.
    pub(crate) fn fault_of(row: &RowForm) -> Option<BridgeFault> {
        row.topic().err()
    }

    /// The bridge. User names and passwords are not in it: they are put in on the way out, behind the run.
    pub(crate) fn config(&self) -> Result<BridgeConfig, FormFault> {
        let rows = self.rows.iter().zip(1..);
        let topics = rows.map(|(row, number)| row.topic().map_err(|it| FormFault::Row(number, it)));
        let topics: Vec<Topic> = topics.collect::<Result<_, _>>()?;
        if topics.is_empty() {
            return Err(FormFault::NoRow);
        }
        let keep_alive_secs = self.link.keep_alive.trim().parse();
        let keep_alive_secs = keep_alive_secs.map_err(|_| FormFault::KeepAlive)?;
        let end = |client_id: &str, version| {
            let client_id = Text::try_from(client_id).map_err(|_| FormFault::ClientId)?;
            Ok(EndConfig {
                version,
                client_id,
                clean_start: self.link.is_clean,
                session_expiry_secs: Some(EXPIRY_SECS),
                keep_alive_secs,
                user_name: None,
                password: None,
            })
        };
        let id = self.client_id();
        Ok(BridgeConfig {
            name: id.clone(),
            address: self.link.url.trim().to_owned(),
            topics,
            // No Local keeps what comes from the bridge from coming back to it.
            local: end(&id, Version::V5)?,
            remote: end(&id, self.link.version())?,
        })
    }

    /// Takes over what the text says: `topic` lines, or a whole connection. The address stays, because that of a
    /// mosquitto.conf is one for TCP.
    pub(crate) fn import(&mut self) -> Result<(), FormFault> {
        if self.conf.len() > CONF_MAX_BYTES {
            return Err(FormFault::TooLong);
        }
        let mut lines = self.conf.lines();
        let is_whole = lines.any(|line| line.split_whitespace().next() == Some("connection"));
        let (text, before) = match is_whole {
            true => (self.conf.clone(), 0),
            false => (format!("{HEAD}{}", self.conf), HEAD_LINES),
        };
        let bridges = parse(&text);
        let bridges = bridges
            .map_err(|(line, fault)| FormFault::Line(line.saturating_sub(before).max(1), fault))?;
        let Some(first) = bridges.into_iter().next() else {
            return Err(FormFault::NoRow);
        };
        if first.topics.len() > ROWS_MAX {
            return Err(FormFault::TooLong);
        }
        self.rows = first.topics.iter().map(RowForm::of).collect();
        if is_whole {
            self.take(&first.remote);
        }
        Ok(())
    }

    fn take(&mut self, remote: &EndConfig) {
        let link = &mut self.link;
        link.is_v5 = remote.version == Version::V5;
        link.is_clean = remote.clean_start;
        link.keep_alive = remote.keep_alive_secs.to_string();
        link.client_id = remote.client_id.as_str().to_owned();
        if let Some(user) = &remote.user_name {
            link.user = user.as_str().to_owned();
        }
        if let Some(password) = &remote.password {
            link.password = String::from_utf8_lossy(password).into_owned();
        }
    }

    /// The patterns as lines of a mosquitto.conf.
    #[must_use]
    pub fn lines(&self) -> String {
        let word = |text: &str| match text.is_empty() {
            true => "\"\"".to_owned(),
            false => text.to_owned(),
        };
        let lines = self.rows.iter().map(|row| {
            let direction = match row.direction {
                Direction::Out => "out",
                Direction::In => "in",
                Direction::Both => "both",
            };
            let [pattern, local, remote] =
                [&row.pattern, &row.local, &row.remote].map(|it| word(it));
            format!("topic {pattern} {direction} {} {local} {remote}\n", row.qos)
        });
        lines.collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn imported(conf: &str) -> Result<BridgeForm, FormFault> {
        let mut form = BridgeForm {
            conf: conf.to_owned(),
            ..BridgeForm::default()
        };
        form.import().map(|()| form)
    }

    #[test]
    fn what_mosquitto_reads_is_taken_over_and_said_again() {
        let lines =
            "topic room/# both 2 home/ far/\ntopic \"\" in 1 here there\ntopic + out 0 \"\" \"\"\n";
        let form = imported(lines).unwrap();
        assert_eq!(form.lines(), lines);
        assert!(form.config().is_ok());
        let whole = "connection c\naddress example.org:8883\nbridge_protocol_version mqttv311\ncleansession true\n\
                     remote_username ann\nremote_password secret\nkeepalive_interval 7\ntopic # in\n";
        let form = imported(whole).unwrap();
        assert_eq!(form.lines(), "topic # in 0 \"\" \"\"\n");
        let link = &form.link;
        assert_eq!((link.is_v5, link.is_clean), (false, true));
        assert_eq!(
            (link.user.as_str(), link.password.as_str()),
            ("ann", "secret")
        );
        assert_eq!(link.keep_alive, "7");
        assert_eq!(
            link.url,
            LinkForm::default().url,
            "that of a mosquitto.conf is for TCP"
        );
        let config = form.config().unwrap();
        assert_eq!(config.remote.user_name, None, "no secret is in a run");
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        for (conf, line) in [
            ("topic a both 3", 1),
            ("topic a\n\ntopic b up 1", 3),
            ("connection x\naddress h\nwhat 1", 3),
            ("", 2),
        ] {
            let fault = imported(conf).err();
            assert!(
                matches!(&fault, Some(FormFault::Line(at, _)) if *at == line || conf.is_empty()),
                "{conf}: {fault:?}"
            );
        }
        let mut form = BridgeForm::default();
        form.fill(0, RowField::Pattern("a/#/b".to_owned()));
        assert!(matches!(form.config(), Err(FormFault::Row(1, _))));
        form.rows.clear();
        assert_eq!(form.config().err(), Some(FormFault::NoRow));
    }
}
