//! What changes on the way between the page and a broker outside: what is nobody's business, and what keeps strangers apart.
//!
//! Credentials are put into CONNECT here, behind everything that is recorded, so that no log, no link and no file has them. A
//! prefix goes to the topics and client ids that leave the page and is taken off those that come; retained messages are let
//! out only if the user says so. Where nothing of this is wanted, bytes go through as they are.

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::{Decoder, Framing, encode};
use mqtt_proto::packet::property_id::RESPONSE_TOPIC;
use mqtt_proto::packet::{Disconnect, Properties, Property, Publish, Will};
use mqtt_proto::{Packet, ReasonCode, Sender, Text, TopicFilter, TopicName, Version};

/// A packet from outside that is longer is not looked into.
const PACKET_MAX_BYTES: u32 = 1024 * 1024;
/// The longest packet that there can be (section 2.2.3 of 3.1.1, 2.1.4 of 5.0): each one that leaves is looked into.
const PACKET_LIMIT_BYTES: u32 = 268_435_460;
/// The beginning of a shared subscription's filter.
const SHARED: &str = "$share/";

/// A packet must not leave as it is, and cannot be changed: with the prefix a name would be longer than 65,535 bytes, or is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsent;

/// What is added and left out.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    /// Who the page says it is; empty is nobody.
    pub(crate) user: String,
    /// Beside a user name.
    pub(crate) password: String,
    /// Before every topic; empty is nothing.
    pub(crate) prefix: String,
    /// Before every client id; empty is nothing.
    pub(crate) ids: String,
    /// Whether RETAIN may leave the page.
    pub(crate) retain: bool,
}

impl Wire {
    fn is_clear(&self) -> bool {
        self.user.is_empty()
            && self.password.is_empty()
            && self.prefix.is_empty()
            && self.ids.is_empty()
            && self.retain
    }

    /// Whether topics behind this prefix are topics: it has no wildcard and is not too long.
    pub(crate) fn is_prefix(prefix: &str) -> bool {
        TopicName::try_from(format!("{prefix}x").as_str()).is_ok()
    }

    /// What leaves the page in the place of a packet. Bytes that are no packet leave as they are: somebody wants that.
    ///
    /// # Errors
    /// When what the user wants kept apart would leave with the packet.
    pub(crate) fn out(&self, bytes: &Bytes, version: Version) -> Result<Bytes, Unsent> {
        if self.is_clear() {
            return Ok(bytes.clone());
        }
        let mut decoder = decoder(Sender::Client, version, PACKET_LIMIT_BYTES);
        decoder.push(bytes);
        let packet = match decoder.decode() {
            Ok(Some(packet)) if decoder.pending_bytes() == 0 => packet,
            _ => return Ok(bytes.clone()),
        };
        let version = match &packet {
            Packet::Connect(connect) => connect.version,
            _ => version,
        };
        self.outgoing(packet)
            .and_then(|changed| written(&changed, version))
            .ok_or(Unsent)
    }

    /// The packet as it leaves; `None` if a name would become too long.
    fn outgoing(&self, packet: Packet) -> Option<Packet> {
        Some(match packet {
            Packet::Connect(mut connect) => {
                if !self.user.is_empty() {
                    connect.user_name = Some(Text::try_from(self.user.as_str()).ok()?);
                }
                if !self.password.is_empty() {
                    // Alone it is one of 5.0 only (MQTT-3.1.2-22 of 3.1.1).
                    let is_alone = connect.user_name.is_none();
                    if is_alone && connect.version == Version::V311 {
                        return None;
                    }
                    connect.password = Some(Bytes::copy_from_slice(self.password.as_bytes()));
                }
                if !self.ids.is_empty() && !connect.client_id.is_empty() {
                    let id = format!("{}{}", self.ids, connect.client_id.as_str());
                    connect.client_id = Text::try_from(id.as_str()).ok()?;
                }
                if let Some(will) = connect.will.take() {
                    connect.will = Some(Will {
                        topic: self.name(&will.topic)?,
                        retain: will.retain && self.retain,
                        properties: self.properties(&will.properties)?,
                        ..will
                    });
                }
                Packet::Connect(connect)
            }
            Packet::Publish(publish) => {
                let topic = match &publish.topic {
                    Some(topic) => Some(self.name(topic)?),
                    None => None,
                };
                Packet::Publish(Publish {
                    topic,
                    retain: publish.retain && self.retain,
                    properties: self.properties(&publish.properties)?,
                    ..publish
                })
            }
            Packet::Subscribe(mut subscribe) => {
                let filters = subscribe.filters.iter();
                let filters =
                    filters.map(|(filter, options)| Some((self.filter(&filter)?, options)));
                subscribe.filters = filters.collect::<Option<_>>()?;
                Packet::Subscribe(subscribe)
            }
            Packet::Unsubscribe(mut unsubscribe) => {
                let filters = unsubscribe.filters.iter();
                let filters = filters.map(|filter| self.filter(&filter));
                unsubscribe.filters = filters.collect::<Option<_>>()?;
                Packet::Unsubscribe(unsubscribe)
            }
            other => other,
        })
    }

    fn name(&self, topic: &TopicName) -> Option<TopicName> {
        TopicName::try_from(format!("{}{}", self.prefix, topic.as_str()).as_str()).ok()
    }

    /// A Response Topic is a topic, too: whoever answers there answers behind the prefix.
    fn properties(&self, properties: &Properties) -> Option<Properties> {
        replies(properties, |topic| {
            Text::try_from(format!("{}{topic}", self.prefix).as_str()).ok()
        })
    }

    fn filter(&self, filter: &TopicFilter) -> Option<TopicFilter> {
        let text = filter.as_str();
        // The group's name is no topic.
        let shared = text
            .strip_prefix(SHARED)
            .and_then(|rest| rest.split_once('/'));
        let there = match shared {
            Some((group, filter)) => format!("{SHARED}{group}/{}{filter}", self.prefix),
            // What the broker says of itself has its own place.
            None if text.starts_with("$SYS") => text.to_owned(),
            None => format!("{}{text}", self.prefix),
        };
        TopicFilter::try_from(there.as_str()).ok()
    }

    /// What comes in the place of bytes from outside: the prefix is taken off.
    pub(crate) fn come(&self, from: &mut Incoming, bytes: Bytes) -> Bytes {
        if self.prefix.is_empty() {
            return bytes;
        }
        from.raw.extend_from_slice(&bytes);
        from.decoder.push(&bytes);
        let mut come = BytesMut::new();
        while let Ok(Some(packet)) = from.decoder.decode() {
            let used = from.raw.len() - from.decoder.pending_bytes().min(from.raw.len());
            let raw = from.raw.split_to(used);
            let changed = match packet {
                Packet::Publish(mut publish) => {
                    let topic = publish.topic.as_ref().map(|topic| topic.as_str());
                    let here = topic.and_then(|topic| topic.strip_prefix(self.prefix.as_str()));
                    let here = here.and_then(|here| TopicName::try_from(here).ok());
                    let properties = replies(&publish.properties, |topic| {
                        let here = topic.strip_prefix(self.prefix.as_str()).unwrap_or(topic);
                        Text::try_from(here).ok()
                    });
                    let properties = properties.filter(|it| *it != publish.properties);
                    let is_other = here.is_some() || properties.is_some();
                    publish.topic = here.or(publish.topic);
                    publish.properties = properties.unwrap_or(publish.properties);
                    is_other
                        .then(|| written(&Packet::Publish(publish), from.version))
                        .flatten()
                }
                _ => None,
            };
            come.extend_from_slice(changed.as_deref().unwrap_or(&raw));
        }
        if from.decoder.fault().is_some() {
            come.extend_from_slice(&core::mem::take(&mut from.raw));
        }
        come.freeze()
    }
}

/// Properties with another Response Topic; `None` if there can be none.
fn replies(properties: &Properties, there: impl Fn(&str) -> Option<Text>) -> Option<Properties> {
    if !properties.has(RESPONSE_TOPIC) {
        return Some(properties.clone());
    }
    let properties = properties.iter().map(|property| match property {
        Property::ResponseTopic(topic) => there(topic.as_str()).map(Property::ResponseTopic),
        other => Some(other),
    });
    properties.collect()
}

/// What comes over one connection.
pub(crate) struct Incoming {
    decoder: Decoder,
    raw: BytesMut,
    version: Version,
}

impl Incoming {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            decoder: decoder(Sender::Server, version, PACKET_MAX_BYTES),
            raw: BytesMut::new(),
            version,
        }
    }
}

fn decoder(sender: Sender, version: Version, max_packet_size: u32) -> Decoder {
    Decoder::new(Framing {
        version: Some(version),
        sender,
        max_packet_size,
    })
}

/// A DISCONNECT without a reason to give.
pub(super) fn goodbye(version: Version) -> Option<Bytes> {
    written(
        &Packet::Disconnect(Disconnect::with_reason(ReasonCode::Success)),
        version,
    )
}

fn written(packet: &Packet, version: Version) -> Option<Bytes> {
    let mut bytes = BytesMut::new();
    encode(packet, version, &mut bytes).ok()?;
    Some(bytes.freeze())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use mqtt_proto::Delivery;
    use mqtt_proto::packet::{Connect, Subscribe, SubscribeFilters, SubscriptionOptions};

    fn wire() -> Wire {
        Wire {
            user: "ann".to_owned(),
            password: "secret".to_owned(),
            prefix: "pg-7f3a/".to_owned(),
            ids: "pg-7f3a-".to_owned(),
            retain: false,
        }
    }

    fn bytes(packet: &Packet) -> Bytes {
        written(packet, Version::V5).unwrap()
    }

    fn packet(bytes: &Bytes, sender: Sender) -> Packet {
        let mut decoder = decoder(sender, Version::V5, PACKET_MAX_BYTES);
        decoder.push(bytes);
        decoder.decode().unwrap().unwrap()
    }

    fn left(wire: &Wire, bytes: &Bytes) -> Bytes {
        wire.out(bytes, Version::V5).unwrap()
    }

    fn publish(topic: &str, retain: bool) -> Packet {
        Packet::Publish(Publish {
            delivery: Delivery::AtMostOnce,
            retain,
            topic: Some(topic.try_into().unwrap()),
            properties: Properties::EMPTY,
            payload: Bytes::from_static(b"x"),
        })
    }

    #[test]
    fn what_leaves_has_prefix_and_credentials_and_nothing_that_stays() {
        let connect = Packet::Connect(Box::new(Connect {
            version: Version::V5,
            clean_start: true,
            keep_alive_secs: 30,
            client_id: "page".try_into().unwrap(),
            will: None,
            user_name: None,
            password: None,
            properties: Properties::EMPTY,
        }));
        let Packet::Connect(out) = packet(&left(&wire(), &bytes(&connect)), Sender::Client) else {
            panic!("a CONNECT")
        };
        assert_eq!(out.client_id.as_str(), "pg-7f3a-page");
        assert_eq!(out.user_name.unwrap().as_str(), "ann");
        assert_eq!(out.password.unwrap(), "secret");
        let out = left(&wire(), &bytes(&publish("room/1", true)));
        assert_eq!(
            packet(&out, Sender::Client),
            publish("pg-7f3a/room/1", false)
        );
        for (here, there) in [
            ("room/+", "pg-7f3a/room/+"),
            ("#", "pg-7f3a/#"),
            ("$share/g/room/#", "$share/g/pg-7f3a/room/#"),
            ("$SYS/#", "$SYS/#"),
        ] {
            let subscribe = |filter: &str| {
                Packet::Subscribe(Subscribe {
                    id: mqtt_proto::PacketId::FIRST,
                    filters: SubscribeFilters::one(
                        filter.try_into().unwrap(),
                        SubscriptionOptions::default(),
                    ),
                    properties: Properties::EMPTY,
                })
            };
            let out = left(&wire(), &bytes(&subscribe(here)));
            assert_eq!(packet(&out, Sender::Client), subscribe(there));
        }
        // Nothing to do, nothing touched: not even a packet that is none.
        let clear = Wire {
            retain: true,
            ..Wire::default()
        };
        let raw = Bytes::from_static(b"\x30\x03\x00\x05");
        assert_eq!(left(&clear, &raw), raw);
        assert_eq!(left(&wire(), &raw), raw);
    }

    #[test]
    fn what_cannot_be_changed_does_not_leave() {
        let long = "t".repeat(65_530);
        let large = Packet::Publish(Publish {
            payload: Bytes::from(vec![0; 2 * 1024 * 1024]),
            ..match publish("room/1", true) {
                Packet::Publish(publish) => publish,
                _ => panic!("a PUBLISH"),
            }
        });
        assert_eq!(
            wire().out(&bytes(&publish(&long, true)), Version::V5),
            Err(Unsent)
        );
        let bad = Wire {
            prefix: "a/#/".to_owned(),
            ..wire()
        };
        assert_eq!(
            bad.out(&bytes(&publish("t", true)), Version::V5),
            Err(Unsent)
        );
        let out = left(&wire(), &bytes(&large));
        assert!(out.windows(9).take(40).any(|it| it == b"pg-7f3a/r"));
        assert_eq!(out[0], 0x30, "RETAIN is taken off");
        for (prefix, is_one) in [("", true), ("pg-1/", true), ("a+", false), ("#/", false)] {
            assert_eq!(Wire::is_prefix(prefix), is_one, "{prefix}");
        }
    }

    #[test]
    fn a_response_topic_has_the_prefix_outside_and_not_here() {
        let asks = |topic: &str, reply: &str| {
            let Packet::Publish(publish) = publish(topic, false) else {
                panic!("a PUBLISH")
            };
            let reply = Property::ResponseTopic(Text::try_from(reply).unwrap());
            let other = Property::ContentType(Text::try_from("room/2").unwrap());
            let properties = Properties::EMPTY.with(&other).with(&reply);
            Publish {
                properties,
                ..publish
            }
        };
        let here = Packet::Publish(asks("room/1", "room/2"));
        let there = Packet::Publish(asks("pg-7f3a/room/1", "pg-7f3a/room/2"));
        let out = left(&wire(), &bytes(&here));
        assert_eq!(packet(&out, Sender::Client), there);
        let come = |packet: &Packet| wire().come(&mut Incoming::new(Version::V5), bytes(packet));
        assert_eq!(come(&there), bytes(&here));
        // Each for itself.
        let half = Packet::Publish(asks("elsewhere", "pg-7f3a/room/2"));
        let half_here = Packet::Publish(asks("elsewhere", "room/2"));
        assert_eq!(come(&half), bytes(&half_here));
        let strange = Packet::Publish(asks("elsewhere", "room/2"));
        assert_eq!(come(&strange), bytes(&strange));
        let connect = |topic: &str, reply: &str| {
            let publish = asks(topic, reply);
            Packet::Connect(Box::new(Connect {
                version: Version::V5,
                clean_start: true,
                keep_alive_secs: 30,
                client_id: "".try_into().unwrap(),
                will: Some(Will {
                    topic: publish.topic.unwrap(),
                    payload: publish.payload,
                    qos: mqtt_proto::Qos::AtMostOnce,
                    retain: false,
                    properties: publish.properties,
                }),
                user_name: Some("ann".try_into().unwrap()),
                password: Some(Bytes::from_static(b"secret")),
                properties: Properties::EMPTY,
            }))
        };
        let out = left(&wire(), &bytes(&connect("room/1", "room/2")));
        let there = connect("pg-7f3a/room/1", "pg-7f3a/room/2");
        assert_eq!(packet(&out, Sender::Client), there);
    }

    #[test]
    fn what_comes_loses_the_prefix_wherever_the_wire_cuts() {
        let whole = [
            bytes(&publish("pg-7f3a/room/1", false)),
            bytes(&publish("elsewhere", false)),
            bytes(&Packet::PingResp),
        ]
        .concat();
        let expected = [
            bytes(&publish("room/1", false)),
            bytes(&publish("elsewhere", false)),
            bytes(&Packet::PingResp),
        ]
        .concat();
        for cut in 0..whole.len() {
            let (first, second) = whole.split_at(cut);
            let mut from = Incoming::new(Version::V5);
            let come = [first, second]
                .map(|part| wire().come(&mut from, Bytes::copy_from_slice(part)))
                .concat();
            assert_eq!(come, expected, "cut at {cut}");
        }
        let garbage = Bytes::from_static(b"HTTP/1.1 400 Bad Request");
        let mut from = Incoming::new(Version::V5);
        assert_eq!(wire().come(&mut from, garbage.clone()), garbage);
    }
}
