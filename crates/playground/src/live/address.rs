//! What can be told of an address before anybody dials it.

use std::net::IpAddr;

/// An address of a broker, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether the connection is encrypted.
    pub is_secure: bool,
    /// The host, without brackets.
    pub host: String,
    /// The port: the one that is written, or the scheme's.
    pub port: u16,
    /// What is behind it, from the first slash on.
    pub path: String,
}

/// Where a host is, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// This computer.
    Here,
    /// A network of one's own.
    Near,
    /// Anywhere, and perhaps anybody's.
    Far,
}

/// Why an address cannot be dialled from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// There is none.
    Empty,
    /// It begins with `mqtt:` or `mqtts:`, which no browser speaks.
    PlainMqtt,
    /// It does not begin with `ws://` or `wss://`.
    NoWebSocket,
    /// It has no host, or one that cannot be.
    NoHost,
    /// Its port is no number from 1 to 65535.
    NoPort,
    /// It has a user or a password in it, which would be shown and kept.
    HasCredentials,
}

impl Address {
    /// Takes an address apart.
    ///
    /// # Errors
    /// Why a page cannot dial it.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        let (scheme, rest) = text.split_once("://").ok_or(AddressFault::NoWebSocket)?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "wss" => true,
            "ws" => false,
            "mqtt" | "mqtts" | "tcp" | "ssl" => return Err(AddressFault::PlainMqtt),
            _ => return Err(AddressFault::NoWebSocket),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(AddressFault::NoHost)?;
        if authority.contains('@') {
            return Err(AddressFault::HasCredentials);
        }
        let (host, port) = split(authority)?;
        let is_host = |it: char| it.is_alphanumeric() || matches!(it, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(AddressFault::NoHost);
        }
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0),
            None if is_secure => Some(443),
            None => Some(80),
        };
        Ok(Self {
            is_secure,
            host: host.to_ascii_lowercase(),
            port: port.ok_or(AddressFault::NoPort)?,
            path: path.to_owned(),
        })
    }

    /// How far away it is, by its name. A hub that dials a broker for the page is as far away as that broker.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let own = reach(&self.host);
        let broker = self.through_hub().and_then(|it| split(it).ok());
        broker.map_or(own, |(host, _)| own.max(reach(&host.to_ascii_lowercase())))
    }

    /// The address without its query, which can hold a code that is nobody else's.
    #[must_use]
    pub fn without_query(mut self) -> Self {
        self.path.truncate(without_query(&self.path).len());
        self
    }

    /// Which broker a hub is asked to dial, if this is such an address: its host and port.
    #[must_use]
    pub fn through_hub(&self) -> Option<&str> {
        let broker = without_query(&self.path).strip_prefix(relay::DIAL_PATH)?;
        (!broker.is_empty()).then_some(broker)
    }

    /// Whether this is a port at which brokers usually speak MQTT without WebSocket.
    #[must_use]
    pub const fn is_plain_mqtt_port(&self) -> bool {
        matches!(self.port, 1883 | 8883)
    }

    /// The port at which the same broker is likely to speak MQTT over WebSocket.
    #[must_use]
    pub const fn likely_port(&self) -> u16 {
        match self.is_secure {
            true => 8884,
            false => 9001,
        }
    }

    /// The address with another port.
    #[must_use]
    pub fn at_port(&self, port: u16) -> String {
        let scheme = if self.is_secure { "wss" } else { "ws" };
        let host = &self.host;
        match host.contains(':') {
            true => format!("{scheme}://[{host}]:{port}{}", self.path),
            false => format!("{scheme}://{host}:{port}{}", self.path),
        }
    }
}

/// A URL up to its query, which can hold a code: what is shown to others goes without.
#[must_use]
pub fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// A host without its brackets, and a port if there is one.
fn split(authority: &str) -> Result<(&str, Option<&str>), AddressFault> {
    Ok(match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']').ok_or(AddressFault::NoHost)?;
            (host, behind.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    })
}

/// How far away a host is, by its name or number.
fn reach(host: &str) -> Reach {
    if let Ok(number) = host.parse::<IpAddr>() {
        return match number {
            it if it.is_loopback() => Reach::Here,
            IpAddr::V4(it) if it.is_private() || it.is_link_local() => Reach::Near,
            IpAddr::V6(it) if it.is_unique_local() || it.is_unicast_link_local() => Reach::Near,
            _ => Reach::Far,
        };
    }
    if host == "localhost" || host.ends_with(".localhost") {
        return Reach::Here;
    }
    let is_near = [".local", ".lan", ".home.arpa"]
        .iter()
        .any(|it| host.ends_with(it))
        || !host.contains(['.', ':', '%']);
    if is_near { Reach::Near } else { Reach::Far }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_on_the_way_is_known_and_its_code_shown_to_nobody() {
        for (text, shown, broker) in [
            (
                "ws://hub:8080/broker/test.mosquitto.org:1883?code=JOIN",
                "ws://hub:8080/broker/test.mosquitto.org:1883",
                Some("test.mosquitto.org:1883"),
            ),
            ("ws://host/mqtt?token=x#y", "ws://host/mqtt", None),
            ("ws://host/broker/", "ws://host/broker/", None),
            ("ws://host?x=/broker/y", "ws://host", None),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(without_query(text), shown);
            assert_eq!(address.through_hub(), broker, "{text}");
            assert!(!address.without_query().path.contains('?'), "{text}");
        }
    }

    #[test]
    fn addresses_are_taken_apart_and_wrong_ones_named() {
        for (text, secure, host, port, reach) in [
            ("ws://localhost:9001", false, "localhost", 9001, Reach::Here),
            ("ws://127.0.0.1/mqtt", false, "127.0.0.1", 80, Reach::Here),
            ("ws://[::1]:9001/", false, "::1", 9001, Reach::Here),
            (
                "wss://test.mosquitto.org:8081/mqtt",
                true,
                "test.mosquitto.org",
                8081,
                Reach::Far,
            ),
            (
                "wss://Broker.Example",
                true,
                "broker.example",
                443,
                Reach::Far,
            ),
            (
                "ws://192.168.1.20:1883",
                false,
                "192.168.1.20",
                1883,
                Reach::Near,
            ),
            ("ws://172.20.0.1", false, "172.20.0.1", 80, Reach::Near),
            ("ws://172.40.0.1", false, "172.40.0.1", 80, Reach::Far),
            ("ws://pi.local:9001", false, "pi.local", 9001, Reach::Near),
            (
                "ws://raspberrypi:9001",
                false,
                "raspberrypi",
                9001,
                Reach::Near,
            ),
            (
                "ws://localhost:8080/broker/test.mosquitto.org:1883",
                false,
                "localhost",
                8080,
                Reach::Far,
            ),
            (
                "ws://127.0.0.1:8080/broker/[::1]:1883?code=x",
                false,
                "127.0.0.1",
                8080,
                Reach::Here,
            ),
            (
                "ws://127.0.0.1:8080/broker/Pi.LOCAL:1883",
                false,
                "127.0.0.1",
                8080,
                Reach::Near,
            ),
            (
                "wss://hub.example/broker/localhost:1883",
                true,
                "hub.example",
                443,
                Reach::Far,
            ),
            (
                "ws://127.evil.example",
                false,
                "127.evil.example",
                80,
                Reach::Far,
            ),
            (
                "ws://localhost/broker/far%2Eexample%3A1883",
                false,
                "localhost",
                80,
                Reach::Far,
            ),
            (
                "ws://10.0.0.1.example",
                false,
                "10.0.0.1.example",
                80,
                Reach::Far,
            ),
            ("ws://[fd00::7]", false, "fd00::7", 80, Reach::Near),
            ("ws://[2001:db8::7]", false, "2001:db8::7", 80, Reach::Far),
            (
                "ws://fd.example.org",
                false,
                "fd.example.org",
                80,
                Reach::Far,
            ),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (
                    address.is_secure,
                    address.host.as_str(),
                    address.port,
                    address.reach()
                ),
                (secure, host, port, reach),
                "{text}"
            );
        }
        for (text, fault) in [
            ("", AddressFault::Empty),
            ("mqtt://broker:1883", AddressFault::PlainMqtt),
            ("http://broker", AddressFault::NoWebSocket),
            ("broker:9001", AddressFault::NoWebSocket),
            ("ws://", AddressFault::NoHost),
            ("ws://a b", AddressFault::NoHost),
            ("ws://host:0", AddressFault::NoPort),
            ("ws://host:99999", AddressFault::NoPort),
            ("wss://ann:secret@host", AddressFault::HasCredentials),
        ] {
            assert_eq!(Address::parse(text), Err(fault), "{text}");
        }
    }
}
