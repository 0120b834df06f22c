//! What a bridge is told: the part of `mosquitto.conf` that is about bridges.

use super::Side;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use mqtt_proto::{Qos, Text, TopicFilter, TopicName, Version};

/// A bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct BridgeConfig {
    /// Its name, for the log and in client ids.
    pub name: String,
    /// The remote broker, `HOST:PORT`, for the host.
    pub address: String,
    /// What goes across.
    pub topics: Vec<Topic>,
    /// How it presents itself to the local broker.
    pub local: EndConfig,
    /// How it presents itself to the remote broker.
    pub remote: EndConfig,
}

/// How a bridge presents itself to a broker.
#[derive(Clone, Debug, PartialEq)]
pub struct EndConfig {
    /// The version to speak.
    pub version: Version,
    /// Names the session.
    pub client_id: Text,
    /// Begin each connection with a new session: what happens while there is none is missed.
    pub clean_start: bool,
    /// Seconds after which a broker of 5.0 may forget the session, once nobody is connected; `None` is never.
    pub session_expiry_secs: Option<u32>,
    /// Seconds; 0 is never.
    pub keep_alive_secs: u16,
    /// For the broker's policy.
    pub user_name: Option<Text>,
    /// For the broker's policy.
    pub password: Option<Bytes>,
}

/// Which way messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the local broker to the remote one.
    Out,
    /// From the remote broker to the local one.
    In,
    /// Both.
    Both,
}

impl Direction {
    const fn goes_from(self, side: Side) -> bool {
        match self {
            Self::Out => matches!(side, Side::Local),
            Self::In => matches!(side, Side::Remote),
            Self::Both => true,
        }
    }
}

/// A `topic` line. If several match a message, the first one says where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    direction: Direction,
    qos: Qos,
    local: (String, TopicFilter),
    remote: (String, TopicFilter),
}

impl Topic {
    /// A pattern, with what stands before it at either end.
    ///
    /// # Errors
    /// When a prefix and the pattern make no topic filter.
    pub fn new(
        pattern: &str,
        direction: Direction,
        qos: Qos,
        local_prefix: &str,
        remote_prefix: &str,
    ) -> Result<Self, BridgeFault> {
        let end = |prefix: &str| {
            let text = format!("{prefix}{pattern}");
            match TopicFilter::try_from(text.as_str()) {
                Ok(filter) if !prefix.contains(['+', '#']) && !text.starts_with("$share/") => {
                    Ok((prefix.to_owned(), filter))
                }
                _ => Err(BridgeFault::BadPattern(text)),
            }
        };
        Ok(Self {
            direction,
            qos,
            local: end(local_prefix)?,
            remote: end(remote_prefix)?,
        })
    }

    /// The pattern.
    #[must_use]
    pub fn pattern(&self) -> &str {
        let (prefix, filter) = &self.local;
        filter.as_str().strip_prefix(prefix.as_str()).unwrap_or("")
    }

    /// Which way.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// The most that a message has on its way.
    #[must_use]
    pub const fn qos(&self) -> Qos {
        self.qos
    }

    /// What stands before the pattern at an end.
    #[must_use]
    pub fn prefix(&self, side: Side) -> &str {
        &self.end(side).0
    }

    const fn end(&self, side: Side) -> &(String, TopicFilter) {
        match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        }
    }

    /// What to subscribe to at this end, if messages come from there.
    pub(super) fn subscription(&self, side: Side) -> Option<(TopicFilter, Qos)> {
        self.direction
            .goes_from(side)
            .then(|| (self.end(side).1.clone(), self.qos))
    }

    /// The topic at the other end, and the QoS, of a message that came from `side`; `None` if this line is not about it.
    pub(super) fn map(&self, side: Side, topic: &TopicName, qos: Qos) -> Option<(String, Qos)> {
        let (prefix, filter) = self.end(side);
        if !self.direction.goes_from(side) || !filter.matches(topic) {
            return None;
        }
        let rest = topic.as_str().strip_prefix(prefix.as_str())?;
        let (other, _) = self.end(side.other());
        Some((format!("{other}{rest}"), qos.min(self.qos)))
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeFault {
    /// `connection NAME` comes first.
    NoConnection,
    /// A word that is none of this.
    UnknownWord(String),
    /// A value that the word does not take; what it takes.
    BadValue(&'static str),
    /// A prefix and a pattern make no topic filter.
    BadPattern(String),
    /// A connection has no such line.
    Missing(&'static str),
}

impl fmt::Display for BridgeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection => f.write_str("begin with `connection NAME`"),
            Self::UnknownWord(word) => write!(
                f,
                "`{word}` is not known here; these are: connection, address, topic, bridge_protocol_version, cleansession, \
                 keepalive_interval, local_clientid, local_username, local_password, remote_clientid, remote_username, \
                 remote_password"
            ),
            Self::BadValue(takes) => write!(f, "write {takes}"),
            Self::BadPattern(text) => write!(f, "{text:?} is not a topic filter"),
            Self::Missing(word) => write!(f, "the connection before this line has no `{word}`"),
        }
    }
}

impl core::error::Error for BridgeFault {}

/// What was read of a connection so far.
struct Draft {
    config: BridgeConfig,
}

impl Draft {
    fn new(name: &str) -> Result<Self, BridgeFault> {
        let end = |side: &str| {
            Ok(EndConfig {
                version: Version::V5,
                client_id: text(&format!("{name}-{side}"))?,
                clean_start: false,
                session_expiry_secs: None,
                keep_alive_secs: 60,
                user_name: None,
                password: None,
            })
        };
        let config = BridgeConfig {
            name: name.to_owned(),
            address: String::new(),
            topics: Vec::new(),
            local: end("local")?,
            remote: end("remote")?,
        };
        Ok(Self { config })
    }

    fn finish(self) -> Result<BridgeConfig, BridgeFault> {
        match () {
            () if self.config.address.is_empty() => Err(BridgeFault::Missing("address")),
            () if self.config.topics.is_empty() => Err(BridgeFault::Missing("topic")),
            () => Ok(self.config),
        }
    }

    fn take(&mut self, word: &str, value: &str) -> Result<(), BridgeFault> {
        let config = &mut self.config;
        match word {
            "address" | "addresses" => config.address = address(value)?,
            "topic" => config.topics.push(topic(value)?),
            "bridge_protocol_version" => {
                let version = match value {
                    "mqttv311" => Version::V311,
                    "mqttv50" => Version::V5,
                    _ => return Err(BridgeFault::BadValue("mqttv311 or mqttv50")),
                };
                config.remote.version = version;
            }
            "cleansession" => {
                let is_clean = match value {
                    "true" => true,
                    "false" => false,
                    _ => return Err(BridgeFault::BadValue("true or false")),
                };
                (config.local.clean_start, config.remote.clean_start) = (is_clean, is_clean);
            }
            "keepalive_interval" => {
                let secs = value
                    .parse()
                    .map_err(|_| BridgeFault::BadValue("seconds, 0 to 65535"))?;
                (config.local.keep_alive_secs, config.remote.keep_alive_secs) = (secs, secs);
            }
            "local_clientid" => config.local.client_id = text(value)?,
            "local_username" => config.local.user_name = Some(text(value)?),
            "local_password" => {
                config.local.password = Some(Bytes::copy_from_slice(value.as_bytes()))
            }
            "remote_clientid" | "clientid" => config.remote.client_id = text(value)?,
            "remote_username" | "username" => config.remote.user_name = Some(text(value)?),
            "remote_password" | "password" => {
                config.remote.password = Some(Bytes::copy_from_slice(value.as_bytes()));
            }
            other => return Err(BridgeFault::UnknownWord(other.to_owned())),
        }
        Ok(())
    }
}

fn text(value: &str) -> Result<Text, BridgeFault> {
    Text::try_from(value).map_err(|_| BridgeFault::BadValue("a text of at most 65535 bytes"))
}

/// A port that is left out is 1883.
fn address(value: &str) -> Result<String, BridgeFault> {
    let takes = BridgeFault::BadValue("HOST:PORT");
    let host = value.split_whitespace().next().unwrap_or("");
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(host.to_owned())
        }
        None if !host.is_empty() => Ok(format!("{host}:1883")),
        _ => Err(takes),
    }
}

/// `pattern [[out|in|both] qos [local-prefix remote-prefix]]`, as mosquitto.conf(5) has it; `""` is no prefix.
fn topic(value: &str) -> Result<Topic, BridgeFault> {
    const TAKES: &str = "PATTERN [[out|in|both] QOS [LOCAL-PREFIX REMOTE-PREFIX]]";
    let mut words = value.split_whitespace();
    let plain = |word: &'static str| move || BridgeFault::BadValue(word);
    let pattern = words.next().ok_or_else(plain(TAKES))?;
    let direction = match words.next() {
        None | Some("out") => Direction::Out,
        Some("in") => Direction::In,
        Some("both") => Direction::Both,
        Some(_) => return Err(BridgeFault::BadValue(TAKES)),
    };
    let qos = match words.next() {
        None => Qos::AtMostOnce,
        Some(word) => word
            .parse()
            .ok()
            .and_then(Qos::from_bits)
            .ok_or_else(plain(TAKES))?,
    };
    let mut prefix = || words.next().filter(|word| *word != "\"\"").unwrap_or("");
    let (local, remote) = (prefix(), prefix());
    // With prefixes the pattern may be left out too.
    let pattern = if pattern == "\"\"" { "" } else { pattern };
    match words.next() {
        None => Topic::new(pattern, direction, qos, local, remote),
        Some(_) => Err(BridgeFault::BadValue(TAKES)),
    }
}

/// Reads the bridges of a file.
///
/// # Errors
/// The first line that is wrong, from 1, and what is wrong with it.
pub fn parse(file: &str) -> Result<Vec<BridgeConfig>, (usize, BridgeFault)> {
    let mut bridges = Vec::new();
    let mut draft: Option<Draft> = None;
    let mut last = 1;
    for (index, line) in file.lines().enumerate() {
        last = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let result = match (word, &mut draft) {
            ("connection", _) => Draft::new(value.trim()).and_then(|next| {
                if let Some(done) = draft.replace(next) {
                    bridges.push(done.finish()?);
                }
                Ok(())
            }),
            (_, Some(draft)) => draft.take(word, value.trim()),
            (_, None) => Err(BridgeFault::NoConnection),
        };
        result.map_err(|fault| (last, fault))?;
    }
    let done = draft.ok_or((last, BridgeFault::NoConnection))?;
    bridges.push(done.finish().map_err(|fault| (last, fault))?);
    Ok(bridges)
}
