//! The command line, and the file of settings behind it.

use crate::pages::Codes;
use crate::probe::ProbeArgs;
use crate::{Advice, door};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use mqtt_broker::BrokerConfig;
use mqtt_broker::policy::{AccessList, Passwords};
use mqtt_proto::session::Expiry;
use mqtt_proto::{Duration, Limits, ServerConfig, SessionConfig};
use relay::CODE_MAX_BYTES;
use serde::Deserialize;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use tokio_rustls::TlsAcceptor;

/// The playground's MQTT broker on real sockets, and the server of its page.
///
/// Without --mqtt, --ws and --http it listens at 127.0.0.1 on ports 1883, 9001 and 8080; with any
/// of them, only there. It is made for desks and classes; in production use Mosquitto or a
/// clustered broker.
#[derive(Debug, Parser)]
#[command(name = "mqtt-hub", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    /// Read settings from this TOML file; its names are the options below. The command line goes
    /// before the file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only check whether the hub could start so: options, files, addresses.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What else it can do.
#[derive(Debug, Subcommand)]
enum Command {
    Probe(ProbeArgs),
}

/// What was asked for.
pub(crate) enum Order {
    /// To run.
    Serve(Box<Settings>),
    /// Only to look whether it could.
    Check(Box<Settings>),
    /// To ask a broker what it supports.
    Probe(ProbeArgs),
}

/// Everything that can be set, on the command line or in the file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Where the broker runs [default: native].
    #[arg(long, value_enum)]
    pub(crate) broker: Option<BrokerPlace>,
    /// Listen for MQTT over TCP. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub(crate) mqtt: Option<SocketAddr>,
    /// Listen for MQTT over WebSocket, at path /mqtt or none.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub(crate) ws: Option<SocketAddr>,
    /// Serve the page, and MQTT over WebSocket at path /mqtt.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub(crate) http: Option<SocketAddr>,
    /// The built page.
    #[arg(long, value_name = "DIR")]
    pub(crate) page: Option<PathBuf>,
    /// A host name, besides localhost and IP addresses, under which browsers may reach this hub.
    /// Can be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// The most connections at a time [default: 10000].
    #[arg(long, value_name = "N")]
    pub(crate) max_connections: Option<usize>,
    /// The longest keep alive granted to MQTT 5.0 clients, in seconds; they get it for longer wishes
    /// and for none [default: no bound].
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_keep_alive: Option<u16>,
    /// The longest session expiry granted, in seconds [default: no bound].
    #[arg(long, value_name = "S")]
    pub(crate) max_session_expiry: Option<u32>,
    /// The most QoS 1 and 2 messages that a client may have open towards the broker
    /// [default: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) receive_maximum: Option<u16>,
    /// The most topic aliases that a client may use, and that are used towards it [default: 10].
    #[arg(long, value_name = "N")]
    pub(crate) topic_alias_maximum: Option<u16>,
    /// The largest packet that is taken, in bytes [default: 1048576].
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u32).range(64..))]
    pub(crate) max_packet_size: Option<u32>,
    /// The most QoS 1 and 2 messages in flight to a client [default: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_in_flight: Option<u16>,
    /// The most messages that wait for a client; later ones are dropped [default: 10000].
    #[arg(long, value_name = "N")]
    pub(crate) max_queued: Option<u32>,
    /// The most bytes of messages in flight and waiting for one client [default: 67108864].
    #[arg(long, value_name = "B")]
    pub(crate) max_queued_bytes: Option<usize>,
    /// The most bytes of messages in flight and waiting for all clients together
    /// [default: 1073741824].
    #[arg(long, value_name = "B")]
    pub(crate) max_held_bytes: Option<usize>,
    /// The most sessions, connected or not [default: 100000].
    #[arg(long, value_name = "N")]
    pub(crate) max_sessions: Option<usize>,
    /// The most bytes of client ids, user names and wills [default: 268435456].
    #[arg(long, value_name = "B")]
    pub(crate) max_session_bytes: Option<usize>,
    /// The most subscriptions of a client [default: 10000].
    #[arg(long, value_name = "N")]
    pub(crate) max_subscriptions: Option<usize>,
    /// The most bytes of all subscriptions together, roughly [default: 536870912].
    #[arg(long, value_name = "B")]
    pub(crate) max_subscription_bytes: Option<usize>,
    /// The most retained messages [default: 100000].
    #[arg(long, value_name = "N")]
    pub(crate) max_retained: Option<usize>,
    /// The most bytes of retained messages [default: 268435456].
    #[arg(long, value_name = "B")]
    pub(crate) max_retained_bytes: Option<usize>,
    /// Users and passwords, as mosquitto_passwd writes them, or as PostgreSQL writes SCRAM-SHA-256
    /// behind `user:`. Without it anybody may connect. Clients whose passwords are being hashed wait for
    /// each other, and nobody else does.
    #[arg(long, value_name = "FILE")]
    pub(crate) passwords: Option<PathBuf>,
    /// Let clients without a user name in although there are passwords.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) allow_anonymous: Option<bool>,
    /// Keep sessions and retained messages in this file: read at the start, written now and then
    /// while something happens, and at the end.
    #[arg(long, value_name = "FILE")]
    pub(crate) persist: Option<PathBuf>,
    /// The seconds between two such writes [default: 10].
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) persist_interval: Option<u32>,
    /// Whether to say in a Reason String what was wrong [default: true].
    #[arg(long, value_name = "BOOL")]
    pub(crate) explain: Option<bool>,
    /// Seconds between what the broker publishes about itself under $SYS/broker; 0 is never
    /// [default: 10].
    #[arg(long, value_name = "S")]
    pub(crate) sys_interval: Option<u32>,
    /// Who may publish and receive what, in the syntax of Mosquitto's acl_file.
    #[arg(long, value_name = "FILE")]
    pub(crate) acl: Option<PathBuf>,
    /// A broker that this hub dials for its pages, which cannot speak TCP: bytes are carried between a
    /// WebSocket at path /broker/HOST:PORT and that broker. Can be given several times; no other is
    /// dialled. If codes are asked for, ?code=CODE with the one to join has to stand behind that path.
    #[arg(long, value_name = "HOST:PORT", value_parser = broker_name)]
    pub(crate) allow_broker: Vec<String>,
    /// Bridges to other brokers: connection, address and topic lines as in mosquitto.conf(5). Can be
    /// given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) bridge: Vec<PathBuf>,
    /// Speak TLS at all addresses, with this chain of certificates (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of the first of these certificates (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// What pages have to say to watch, to follow as a class, and to reach --allow-broker [default: a
    /// new code at each start, printed, if other machines can reach the hub; otherwise none].
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub(crate) join_code: Option<String>,
    /// What a page has to say to be the broker or to lead a class [default: as with --join-code].
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub(crate) lead_code: Option<String>,
    /// The client ids that the broker chooses for clients without one [default: secret].
    #[arg(long, value_enum)]
    pub(crate) client_ids: Option<ClientIds>,
    /// How much to write to standard error [default: info].
    #[arg(long, value_enum)]
    pub(crate) log: Option<LogLevel>,
}

/// How the broker chooses client ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClientIds {
    /// Who has seen one cannot guess the next, and take its session over.
    #[default]
    Secret,
    /// `auto-1`, `auto-2` and so on: easy to read, and to guess.
    Counted,
}

/// Where the broker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BrokerPlace {
    /// In this process.
    Native,
    /// In a page that is open: what devices send is carried there, byte for byte, and what it answers
    /// is carried back. Options of the broker then have no effect.
    Page,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogLevel {
    /// Connections, and what went wrong.
    #[default]
    Info,
    /// Also what the broker decides, with the rule.
    Debug,
    /// Also every packet.
    Packets,
}

/// The shortest code that somebody may choose.
const CODE_MIN_BYTES: usize = 6;

/// The most bytes that wait for one connection to take them.
const BACKLOG_MAX_BYTES: usize = 1 << 20;

fn address(text: &str) -> Result<SocketAddr, String> {
    let advice = "write an address and a port, such as 127.0.0.1:1883 or [::1]:1883";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // Only localhost: an address to listen at is not worth asking a name server for.
    match text.rsplit_once(':') {
        Some(("localhost", _)) => text
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next())
            .ok_or_else(|| advice.to_owned()),
        _ => Err(advice.to_owned()),
    }
}

fn broker_name(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) =>
        {
            Ok(text.to_owned())
        }
        _ => {
            Err("write a host and a port, such as test.mosquitto.org:1883 or [::1]:1883".to_owned())
        }
    }
}

/// A code short enough for a relay message, and long enough to be one.
fn code(text: &str) -> Result<String, String> {
    // What does not count when somebody says it does not count here.
    let counts = |byte: &u8| !matches!(byte, b' ' | b'-');
    match text.bytes().filter(counts).count() {
        CODE_MIN_BYTES.. if text.len() <= CODE_MAX_BYTES => Ok(text.to_owned()),
        _ => Err(format!(
            "write {CODE_MIN_BYTES} to {CODE_MAX_BYTES} letters and digits"
        )),
    }
}

fn address_in_file<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    address(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Why the command line leads to no hub.
pub(crate) enum Stop {
    /// Print this: `--help` or `--version` was asked for.
    Print(String),
    /// Something has to be changed.
    Advice(Advice),
}

impl Settings {
    /// Reads the command line, and the file that it names.
    pub(crate) fn read() -> Result<Order, Stop> {
        let command_line = CommandLine::try_parse().map_err(|error| {
            let text = error.render().to_string();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Print(text),
                _ => {
                    let line = text.lines().next().unwrap_or_default();
                    let line = line.strip_prefix("error: ").unwrap_or(line);
                    Stop::Advice(format!("{line}; see mqtt-hub --help"))
                }
            }
        })?;
        if let Some(Command::Probe(args)) = command_line.command {
            return Ok(Order::Probe(args));
        }
        let mut settings = command_line.settings;
        if let Some(path) = &command_line.config {
            let text = read_file(path, "--config").map_err(Stop::Advice)?;
            let file = toml::from_str(&text).map_err(|error: toml::de::Error| {
                let line = error
                    .span()
                    .and_then(|span| text.get(..span.start))
                    .map_or(1, |before| before.matches('\n').count() + 1);
                let fault = error.message();
                let path = path.display();
                Stop::Advice(format!("{path}, line {line}: {fault}; see mqtt-hub --help"))
            })?;
            settings = settings.or(file);
        }
        if settings.mqtt.is_none() && settings.ws.is_none() && settings.http.is_none() {
            let at = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
            (settings.mqtt, settings.ws, settings.http) = (at(1883), at(9001), at(8080));
        }
        let settings = Box::new(settings);
        Ok(match command_line.check {
            true => Order::Check(settings),
            false => Order::Serve(settings),
        })
    }

    /// These settings, and those of `file` that are not among them.
    fn or(self, file: Self) -> Self {
        Self {
            broker: self.broker.or(file.broker),
            mqtt: self.mqtt.or(file.mqtt),
            ws: self.ws.or(file.ws),
            http: self.http.or(file.http),
            page: self.page.or(file.page),
            allow_host: [self.allow_host, file.allow_host].concat(),
            max_connections: self.max_connections.or(file.max_connections),
            max_keep_alive: self.max_keep_alive.or(file.max_keep_alive),
            max_session_expiry: self.max_session_expiry.or(file.max_session_expiry),
            receive_maximum: self.receive_maximum.or(file.receive_maximum),
            topic_alias_maximum: self.topic_alias_maximum.or(file.topic_alias_maximum),
            max_packet_size: self.max_packet_size.or(file.max_packet_size),
            max_in_flight: self.max_in_flight.or(file.max_in_flight),
            max_queued: self.max_queued.or(file.max_queued),
            max_queued_bytes: self.max_queued_bytes.or(file.max_queued_bytes),
            max_held_bytes: self.max_held_bytes.or(file.max_held_bytes),
            max_sessions: self.max_sessions.or(file.max_sessions),
            max_session_bytes: self.max_session_bytes.or(file.max_session_bytes),
            max_subscriptions: self.max_subscriptions.or(file.max_subscriptions),
            max_subscription_bytes: self.max_subscription_bytes.or(file.max_subscription_bytes),
            max_retained: self.max_retained.or(file.max_retained),
            max_retained_bytes: self.max_retained_bytes.or(file.max_retained_bytes),
            passwords: self.passwords.or(file.passwords),
            allow_anonymous: self.allow_anonymous.or(file.allow_anonymous),
            persist: self.persist.or(file.persist),
            persist_interval: self.persist_interval.or(file.persist_interval),
            explain: self.explain.or(file.explain),
            sys_interval: self.sys_interval.or(file.sys_interval),
            acl: self.acl.or(file.acl),
            allow_broker: [self.allow_broker, file.allow_broker].concat(),
            bridge: [self.bridge, file.bridge].concat(),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            join_code: self.join_code.or(file.join_code),
            lead_code: self.lead_code.or(file.lead_code),
            client_ids: self.client_ids.or(file.client_ids),
            log: self.log.or(file.log),
        }
    }

    /// The codes that pages have to say, if any; `is_reachable`: other machines can reach the hub.
    pub(crate) fn codes(&self, is_reachable: bool) -> Result<Option<Codes>, Advice> {
        let asked = self.join_code.is_some() || self.lead_code.is_some();
        if !is_reachable && !asked {
            return Ok(None);
        }
        let new =
            Codes::new().map_err(|error| format!("the system gives no random numbers: {error}"))?;
        let codes = Codes {
            join: self.join_code.clone().unwrap_or(new.join),
            lead: self.lead_code.clone().unwrap_or(new.lead),
        };
        match codes.are_one() {
            true => {
                Err("--join-code and --lead-code are the same: whoever joins could lead".to_owned())
            }
            false => Ok(Some(codes)),
        }
    }

    /// What TLS needs, if it is to be spoken.
    pub(crate) fn tls(&self) -> Result<Option<TlsAcceptor>, Advice> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificates), Some(key)) => door::tls(certificates, key).map(Some),
            (None, None) => Ok(None),
            _ => Err("--tls-cert and --tls-key belong together: give both".to_owned()),
        }
    }

    /// The broker's part of the settings.
    pub(crate) fn broker_config(&self) -> Result<BrokerConfig, Advice> {
        let defaults = BrokerConfig::default();
        let server = defaults.server;
        let aliases = self
            .topic_alias_maximum
            .unwrap_or(server.limits.topic_alias_maximum);
        let limits = Limits {
            receive_maximum: self
                .receive_maximum
                .unwrap_or(server.limits.receive_maximum),
            max_packet_size: self
                .max_packet_size
                .unwrap_or(server.limits.max_packet_size),
            topic_alias_maximum: aliases,
        };
        Ok(BrokerConfig {
            server: ServerConfig {
                limits,
                aliases_wanted: aliases,
                explain: self.explain.unwrap_or(server.explain),
                ..server
            },
            session: SessionConfig {
                in_flight_max: self.max_in_flight.unwrap_or(defaults.session.in_flight_max),
                queue_max: self.max_queued.unwrap_or(10_000),
                bytes_max: self.max_queued_bytes.unwrap_or(defaults.session.bytes_max),
                ..defaults.session
            },
            held_bytes_max: self.max_held_bytes.unwrap_or(defaults.held_bytes_max),
            sessions_max: self.max_sessions.unwrap_or(defaults.sessions_max),
            session_bytes_max: self.max_session_bytes.unwrap_or(defaults.session_bytes_max),
            subscriptions_max: self.max_subscriptions.unwrap_or(defaults.subscriptions_max),
            subscription_bytes_max: self
                .max_subscription_bytes
                .unwrap_or(defaults.subscription_bytes_max),
            retained_max: self.max_retained.unwrap_or(defaults.retained_max),
            retained_bytes_max: self
                .max_retained_bytes
                .unwrap_or(defaults.retained_bytes_max),
            session_expiry_max: self
                .max_session_expiry
                .map_or(defaults.session_expiry_max, Expiry::from_secs),
            keep_alive_max_secs: self.max_keep_alive,
            backlog_max_bytes: Some(BACKLOG_MAX_BYTES),
            passwords: policy(self.passwords.as_deref(), "--passwords", Passwords::parse)?,
            allow_anonymous: self.allow_anonymous.unwrap_or(false),
            access: policy(self.acl.as_deref(), "--acl", AccessList::parse)?,
            sys_interval: match self.sys_interval.unwrap_or(10) {
                0 => None,
                secs => Some(Duration::from_secs(u64::from(secs))),
            },
            notes: self.log.unwrap_or_default() != LogLevel::Info,
            seed: u64::from_be_bytes(random()?),
            nonce_key: random()?,
            client_id_key: match self.client_ids.unwrap_or_default() {
                ClientIds::Secret => Some(random()?),
                ClientIds::Counted => None,
            },
            ..defaults
        })
    }
}

fn policy<T, E: std::fmt::Display>(
    path: Option<&Path>,
    flag: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Advice> {
    let Some(path) = path else {
        return Ok(None);
    };
    let text = read_file(path, flag)?;
    parse(&text)
        .map(Some)
        .map_err(|fault| format!("{}, {fault}", path.display()))
}

fn read_file(path: &Path, flag: &str) -> Result<String, Advice> {
    std::fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        format!("cannot read {path}: {error}; give {flag} the name of a text file")
    })
}

/// From the system's random source.
fn random<const N: usize>() -> Result<[u8; N], Advice> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| format!("the system gives no random numbers: {error}"))?;
    Ok(bytes)
}
