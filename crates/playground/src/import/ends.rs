//! What the first bytes of a connection say: whether it speaks MQTT, in which version, and who the client is.

use super::websocket::WebSocket;
use capture::read::Stream;
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::Property;
use mqtt_proto::{Packet, Sender, Version};

/// The port of MQTT.
const MQTT_PORT: u16 = 1883;
/// So many bytes at the start of a direction are looked at.
const START_MAX_BYTES: usize = 64 * 1024;

/// What a connection carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has not said anything yet.
    #[default]
    Unknown,
    Mqtt,
    /// HTTP that asks for a WebSocket.
    WebSocket,
    Encrypted,
    Other,
}

/// The start of a connection.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) kind: Kind,
    client: Vec<u8>,
    server: Vec<u8>,
}

/// What the start of a connection says.
pub(super) struct Said {
    pub(super) version: Version,
    /// Whether that is known from CONNECT.
    pub(super) has_connect: bool,
    /// The client id, if one was chosen by either end.
    pub(super) client_id: Option<String>,
}

impl Start {
    /// Takes bytes of a direction. The first of them decide.
    pub(super) fn take(&mut self, by_client: bool, bytes: &[u8], stream: &Stream) {
        let known = if by_client {
            &mut self.client
        } else {
            &mut self.server
        };
        let room = START_MAX_BYTES.saturating_sub(known.len());
        known.extend(bytes.iter().take(room));
        if self.kind != Kind::Unknown {
            return;
        }
        self.kind = match (self.client.as_slice(), self.server.as_slice()) {
            // 0x16: a handshake of TLS.
            ([0x16, 3, ..], _) | (_, [0x16, 3, ..]) => Kind::Encrypted,
            // A capture that began later.
            (_, [_, ..]) | ([_, ..], _) if stream.server.1 == MQTT_PORT => Kind::Mqtt,
            // CONNECT has this type, and no flags.
            ([0x10, ..], _) => match first(&self.client, Sender::Client, None) {
                Err(()) => Kind::Other,
                Ok(_) => Kind::Mqtt,
            },
            ([b'G', ..], _) if b"GET ".starts_with(self.client.get(..4).unwrap_or(b"GET ")) => {
                Kind::WebSocket
            }
            ([], []) => Kind::Unknown,
            _ => Kind::Other,
        };
    }

    /// What it says of the client; none if it is no MQTT after all.
    pub(super) fn said(&self) -> Option<Said> {
        let [client, server] = match self.kind {
            Kind::Mqtt => [self.client.clone(), self.server.clone()],
            Kind::WebSocket => [&self.client, &self.server].map(|bytes| {
                let inside = WebSocket::default().take(bytes);
                inside.unwrap_or_default()
            }),
            _ => return None,
        };
        let Ok(Some(Packet::Connect(connect))) = first(&client, Sender::Client, None) else {
            // Without a CONNECT only its port says that it is MQTT.
            return (self.kind == Kind::Mqtt).then(|| Said {
                version: version_without_connect(&client, &server),
                has_connect: false,
                client_id: None,
            });
        };
        let version = connect.version;
        let assigned = match first(&server, Sender::Server, Some(version)) {
            Ok(Some(Packet::ConnAck(ack))) => ack.properties.find(|property| match property {
                Property::AssignedClientIdentifier(id) => Some(id),
                _ => None,
            }),
            _ => None,
        };
        let own = Some(connect.client_id.as_str()).filter(|it| !it.is_empty());
        let assigned = assigned.as_ref().map(|it| it.as_str());
        Some(Said {
            version,
            has_connect: true,
            client_id: own.or(assigned).map(str::to_owned),
        })
    }

    /// Lets go of the bytes.
    pub(super) fn forget(&mut self) {
        self.client = Vec::new();
        self.server = Vec::new();
    }
}

/// The first packet; none if it is not whole.
fn first(bytes: &[u8], sender: Sender, version: Option<Version>) -> Result<Option<Packet>, ()> {
    let mut decoder = Decoder::new(Framing {
        version,
        ..Framing::new(sender)
    });
    decoder.push(bytes);
    decoder.decode().map_err(|_| ())
}

/// The version of a connection whose CONNECT was before the capture: the one in which more of its packets can be read. What can
/// be read as both is 3.1.1, for 5.0 has more to be wrong.
fn version_without_connect(client: &[u8], server: &[u8]) -> Version {
    let readable = |version: Version| {
        let mut packets = 0_usize;
        for (bytes, sender) in [(client, Sender::Client), (server, Sender::Server)] {
            let mut decoder = Decoder::new(Framing {
                version: Some(version),
                ..Framing::new(sender)
            });
            decoder.push(bytes);
            while let Ok(Some(_)) = decoder.decode() {
                packets += 1;
            }
        }
        packets
    };
    if readable(Version::V5) > readable(Version::V311) {
        Version::V5
    } else {
        Version::V311
    }
}
