//! The command line.

use clap::{Parser, ValueEnum};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// The playground's MQTT broker on real sockets, and the server of its page.
///
/// Without --mqtt, --ws and --http it listens at 127.0.0.1 on ports 1883, 9001 and 8080; with any
/// of them, only there.
#[derive(Debug, Parser)]
#[command(name = "mqtt-hub", version)]
pub(crate) struct Args {
    /// Where the broker runs.
    #[arg(long, value_enum, default_value_t = BrokerPlace::Native)]
    pub(crate) broker: BrokerPlace,
    /// Listen for MQTT over TCP. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) mqtt: Option<SocketAddr>,
    /// Listen for MQTT over WebSocket, at path /mqtt.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) ws: Option<SocketAddr>,
    /// Serve the page, and MQTT over WebSocket at path /mqtt.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) http: Option<SocketAddr>,
    /// The built page.
    #[arg(long, value_name = "DIR")]
    pub(crate) page: Option<PathBuf>,
    /// A host name, besides localhost and IP addresses, under which browsers may reach this hub.
    /// Can be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// How much to write to standard error.
    #[arg(long, value_enum, default_value_t = LogLevel::Info)]
    pub(crate) log: LogLevel,
}

/// Where the broker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BrokerPlace {
    /// In this process.
    Native,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Connections, and what went wrong.
    Info,
    /// Also what the broker decides, with the rule.
    Debug,
    /// Also every packet.
    Packets,
}

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

impl Args {
    /// Reads the command line.
    ///
    /// # Errors
    /// The text to print and the exit code: 0 for `--help` and `--version`, else 2 and one line.
    pub(crate) fn read() -> Result<Self, (String, i32)> {
        let mut args = Self::try_parse().map_err(|error| {
            let text = error.render().to_string();
            match error.exit_code() {
                0 => (text, 0),
                code => {
                    let line = text.lines().next().unwrap_or_default();
                    let line = line.strip_prefix("error: ").unwrap_or(line);
                    (format!("mqtt-hub: {line} (see mqtt-hub --help)"), code)
                }
            }
        })?;
        if args.mqtt.is_none() && args.ws.is_none() && args.http.is_none() {
            let at = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
            (args.mqtt, args.ws, args.http) = (at(1883), at(9001), at(8080));
        }
        Ok(args)
    }
}
