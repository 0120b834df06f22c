//! Packets written by hand, for scripts: `publish 1 #7 dup retain topic payload [Topic Alias=1]`.

use bytes::Bytes;
use mqtt_proto::packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Properties, Property, Publish, RetainHandling, SubAck,
    Subscribe, SubscribeFilters, SubscriptionOptions, Unsubscribe, UnsubscribeFilters, Will,
};
use mqtt_proto::{
    Delivery, Packet, PacketId, Qos, ReasonCode, Text, TopicFilter, TopicName, Version,
};

/// The words of a line, and the properties in brackets behind them.
pub struct Line<'a> {
    pub words: Vec<&'a str>,
    pub properties: Properties,
}

pub fn split(line: &str) -> Line<'_> {
    let (words, properties) = match line.split_once('[') {
        Some((words, rest)) => (
            words,
            properties(rest.trim_end().strip_suffix(']').unwrap()),
        ),
        None => (line, Properties::EMPTY),
    };
    Line {
        words: words.split_whitespace().collect(),
        properties,
    }
}

impl<'a> Line<'a> {
    /// Whether a word stands there.
    pub fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The value of `key=value`.
    pub fn value(&self, key: &str) -> Option<&'a str> {
        self.words.iter().find_map(|word| {
            let (found, value) = word.split_once('=')?;
            (found == key).then_some(value)
        })
    }

    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.value(key).map(|value| {
            value
                .parse()
                .unwrap_or_else(|_| panic!("{key}={value} is no number"))
        })
    }

    /// Words that are neither flags nor `key=value`, from the second on.
    fn plain(&self) -> impl Iterator<Item = &'a str> + '_ {
        const FLAGS: &[&str] = &["dup", "retain", "clean", "present"];
        self.words
            .iter()
            .skip(1)
            .copied()
            .filter(|word| !FLAGS.contains(word) && !word.starts_with('#') && !word.contains('='))
    }

    fn id(&self) -> PacketId {
        let word = self.words.iter().find_map(|word| word.strip_prefix('#'));
        PacketId::new(word.expect("#id").parse().unwrap()).unwrap()
    }

    fn reason(&self) -> ReasonCode {
        self.plain().next().map_or(ReasonCode::Success, reason)
    }
}

pub fn reason(word: &str) -> ReasonCode {
    let code = word
        .strip_prefix("0x")
        .unwrap_or_else(|| panic!("reason {word:?}"));
    ReasonCode::from_u8(u8::from_str_radix(code, 16).unwrap()).unwrap()
}

pub fn text(value: &str) -> Text {
    Text::try_from(value).unwrap()
}

pub fn qos(word: &str) -> Qos {
    Qos::from_bits(word.parse().unwrap()).unwrap()
}

fn bytes(value: &str) -> Bytes {
    Bytes::copy_from_slice(value.as_bytes())
}

/// Text, or `0x` and hexadecimal.
pub fn payload(word: &str) -> Bytes {
    let Some(hex) = word.strip_prefix("0x") else {
        return bytes(word);
    };
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

pub fn properties(list: &str) -> Properties {
    list.split(", ").map(property).collect()
}

fn property(item: &str) -> Property {
    let (name, value) = item
        .split_once('=')
        .unwrap_or_else(|| panic!("property {item:?}"));
    let flag = || value == "1";
    let u16 = || value.parse().unwrap();
    let u32 = || value.parse().unwrap();
    match name {
        "Payload Format Indicator" => Property::PayloadFormatIndicator(flag()),
        "Message Expiry Interval" => Property::MessageExpiryInterval(u32()),
        "Content Type" => Property::ContentType(text(value)),
        "Response Topic" => Property::ResponseTopic(text(value)),
        "Correlation Data" => Property::CorrelationData(bytes(value)),
        "Subscription Identifier" => Property::SubscriptionIdentifier(u32()),
        "Session Expiry Interval" => Property::SessionExpiryInterval(u32()),
        "Assigned Client Identifier" => Property::AssignedClientIdentifier(text(value)),
        "Server Keep Alive" => Property::ServerKeepAlive(u16()),
        "Authentication Method" => Property::AuthenticationMethod(text(value)),
        "Authentication Data" => Property::AuthenticationData(bytes(value)),
        "Request Problem Information" => Property::RequestProblemInformation(flag()),
        "Request Response Information" => Property::RequestResponseInformation(flag()),
        "Will Delay Interval" => Property::WillDelayInterval(u32()),
        "Response Information" => Property::ResponseInformation(text(value)),
        "Server Reference" => Property::ServerReference(text(value)),
        "Reason String" => Property::ReasonString(text(value)),
        "Receive Maximum" => Property::ReceiveMaximum(u16()),
        "Topic Alias Maximum" => Property::TopicAliasMaximum(u16()),
        "Topic Alias" => Property::TopicAlias(u16()),
        "Maximum QoS" => Property::MaximumQos(flag()),
        "Retain Available" => Property::RetainAvailable(flag()),
        "User Property" => {
            let (name, value) = value.split_once(':').unwrap();
            Property::UserProperty(text(name), text(value))
        }
        "Maximum Packet Size" => Property::MaximumPacketSize(u32()),
        "Wildcard Subscription Available" => Property::WildcardSubscriptionAvailable(flag()),
        "Subscription Identifier Available" => Property::SubscriptionIdentifierAvailable(flag()),
        "Shared Subscription Available" => Property::SharedSubscriptionAvailable(flag()),
        _ => panic!("property {name:?}"),
    }
}

/// `filter:qos`, `filter:qos:nl`.
pub fn filters<'a>(words: impl Iterator<Item = &'a str>) -> SubscribeFilters {
    words
        .map(|word| {
            let mut parts = word.split(':');
            let filter = TopicFilter::try_from(parts.next().unwrap()).unwrap();
            let options = SubscriptionOptions {
                qos: qos(parts.next().unwrap_or("0")),
                no_local: parts.next() == Some("nl"),
                retain_as_published: false,
                retain_handling: RetainHandling::Send,
            };
            (filter, options)
        })
        .collect()
}

pub fn unsubscribe_filters<'a>(words: impl Iterator<Item = &'a str>) -> UnsubscribeFilters {
    words
        .map(|word| TopicFilter::try_from(word).unwrap())
        .collect()
}

/// `will=topic:payload:qos`, with `retain` somewhere.
pub fn will(line: &Line<'_>) -> Option<Will> {
    let mut parts = line.value("will")?.split(':');
    Some(Will {
        topic: TopicName::try_from(parts.next().unwrap()).unwrap(),
        payload: payload(parts.next().unwrap_or_default()),
        qos: qos(parts.next().unwrap_or("0")),
        retain: line.has("retain"),
        properties: match line.has("text") {
            true => std::iter::once(Property::PayloadFormatIndicator(true)).collect(),
            false => Properties::EMPTY,
        },
    })
}

/// The packet that a line of a script writes.
pub fn packet(line: &str, version: Version) -> Packet {
    let line = split(line);
    let properties = line.properties.clone();
    let ack = |line: &Line<'_>| Ack {
        id: line.id(),
        reason: line.reason(),
        properties: properties.clone(),
    };
    let codes = |line: &Line<'_>| SubAck {
        id: line.id(),
        reasons: line.plain().map(reason).collect(),
        properties: properties.clone(),
    };
    match line.words.first().copied().unwrap() {
        "connect" => Packet::Connect(Box::new(Connect {
            version,
            clean_start: line.has("clean"),
            keep_alive_secs: line.number("ka").unwrap_or(0),
            client_id: text(line.value("id").unwrap_or("c")),
            will: will(&line),
            user_name: line.value("user").map(text),
            password: line.value("pass").map(bytes),
            properties,
        })),
        "connack" => Packet::ConnAck(ConnAck {
            session_present: line.has("present"),
            reason: line.reason(),
            properties,
        }),
        "publish" => {
            let plain: Vec<_> = line.plain().collect();
            let dup = line.has("dup");
            let delivery = match qos(plain[0]) {
                Qos::AtMostOnce => Delivery::AtMostOnce,
                Qos::AtLeastOnce => Delivery::AtLeastOnce { id: line.id(), dup },
                Qos::ExactlyOnce => Delivery::ExactlyOnce { id: line.id(), dup },
            };
            Packet::Publish(Publish {
                delivery,
                retain: line.has("retain"),
                topic: (plain[1] != "-").then(|| TopicName::try_from(plain[1]).unwrap()),
                payload: bytes(plain.get(2).copied().unwrap_or_default()),
                properties,
            })
        }
        "puback" => Packet::PubAck(ack(&line)),
        "pubrec" => Packet::PubRec(ack(&line)),
        "pubrel" => Packet::PubRel(ack(&line)),
        "pubcomp" => Packet::PubComp(ack(&line)),
        "subscribe" => Packet::Subscribe(Subscribe {
            id: line.id(),
            filters: filters(line.plain()),
            properties,
        }),
        "suback" => Packet::SubAck(codes(&line)),
        "unsubscribe" => Packet::Unsubscribe(Unsubscribe {
            id: line.id(),
            filters: unsubscribe_filters(line.plain()),
            properties,
        }),
        "unsuback" => Packet::UnsubAck(codes(&line)),
        "pingreq" => Packet::PingReq,
        "pingresp" => Packet::PingResp,
        "disconnect" => Packet::Disconnect(Disconnect {
            reason: line.reason(),
            properties,
        }),
        "auth" => Packet::Auth(Auth {
            reason: line.reason(),
            properties,
        }),
        other => panic!("packet {other:?}"),
    }
}
