//! What holds for every packet and for every input.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use bytes::{Bytes, BytesMut};
use common::examine::{assert_covers, examine};
use common::vectors::vectors;
use mqtt_proto::anatomy::{Outcome, dissect};
use mqtt_proto::codec::{Decoder, Framing, encode, encoded_len};
use mqtt_proto::packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Packet, Properties, Property, Publish, ReasonCodes,
    RetainHandling, SubAck, Subscribe, SubscribeFilters, SubscriptionOptions, Unsubscribe,
    UnsubscribeFilters, Will,
};
use mqtt_proto::{
    Delivery, PacketId, Qos, ReasonCode, Sender, Text, TopicFilter, TopicName, Version,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        8 => "[a-z0-9/ $_.-]{0,40}",
        2 => "[^\\x00]{0,12}",
        1 => "[a-zé€😀]{200,300}",
    ]
    .prop_map(|text| Text::try_from(text.as_str()).unwrap())
}

fn topic() -> impl Strategy<Value = TopicName> {
    prop_oneof!["[a-z0-9/ $é]{1,40}", "[^\\x00+#]{1,12}"]
        .prop_map(|text| TopicName::try_from(text.as_str()).unwrap())
}

fn filter() -> impl Strategy<Value = TopicFilter> {
    let level = prop_oneof![3 => "[a-z$ é]{0,6}", 1 => Just(String::from("+"))];
    (vec(level, 1..5), any::<bool>(), any::<bool>()).prop_map(|(mut levels, rest, shared)| {
        if rest {
            levels.push(String::from("#"));
        }
        let filter = levels.join("/");
        let filter = if filter.is_empty() {
            String::from("x")
        } else {
            filter
        };
        let filter = if filter.starts_with("$share") {
            format!("/{filter}")
        } else {
            filter
        };
        let filter = if shared {
            format!("$share/group/{filter}")
        } else {
            filter
        };
        TopicFilter::try_from(filter.as_str()).unwrap()
    })
}

fn binary() -> impl Strategy<Value = Bytes> {
    prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 200..300)].prop_map(Bytes::from)
}

fn id() -> impl Strategy<Value = PacketId> {
    (1..=u16::MAX).prop_map(|id| PacketId::new(id).unwrap())
}

fn qos() -> impl Strategy<Value = Qos> {
    select(vec![Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce])
}

/// One property with this identifier.
fn property(id: u8) -> BoxedStrategy<Property> {
    use Property as P;
    match id {
        0x01 => any::<bool>().prop_map(P::PayloadFormatIndicator).boxed(),
        0x02 => any::<u32>().prop_map(P::MessageExpiryInterval).boxed(),
        0x03 => text().prop_map(P::ContentType).boxed(),
        0x08 => topic()
            .prop_map(|topic| P::ResponseTopic(topic.text().clone()))
            .boxed(),
        0x09 => binary().prop_map(P::CorrelationData).boxed(),
        0x0B => (1..=268_435_455_u32)
            .prop_map(P::SubscriptionIdentifier)
            .boxed(),
        0x11 => any::<u32>().prop_map(P::SessionExpiryInterval).boxed(),
        0x12 => text().prop_map(P::AssignedClientIdentifier).boxed(),
        0x13 => any::<u16>().prop_map(P::ServerKeepAlive).boxed(),
        0x15 => text().prop_map(P::AuthenticationMethod).boxed(),
        0x16 => binary().prop_map(P::AuthenticationData).boxed(),
        0x17 => any::<bool>().prop_map(P::RequestProblemInformation).boxed(),
        0x18 => any::<u32>().prop_map(P::WillDelayInterval).boxed(),
        0x19 => any::<bool>()
            .prop_map(P::RequestResponseInformation)
            .boxed(),
        0x1A => text().prop_map(P::ResponseInformation).boxed(),
        0x1C => text().prop_map(P::ServerReference).boxed(),
        0x1F => text().prop_map(P::ReasonString).boxed(),
        0x21 => (1..=u16::MAX).prop_map(P::ReceiveMaximum).boxed(),
        0x22 => any::<u16>().prop_map(P::TopicAliasMaximum).boxed(),
        0x23 => (1..=u16::MAX).prop_map(P::TopicAlias).boxed(),
        0x24 => any::<bool>().prop_map(P::MaximumQos).boxed(),
        0x25 => any::<bool>().prop_map(P::RetainAvailable).boxed(),
        0x26 => (text(), text())
            .prop_map(|(name, value)| P::UserProperty(name, value))
            .boxed(),
        0x27 => (1..=u32::MAX).prop_map(P::MaximumPacketSize).boxed(),
        0x28 => any::<bool>()
            .prop_map(P::WildcardSubscriptionAvailable)
            .boxed(),
        0x29 => any::<bool>()
            .prop_map(P::SubscriptionIdentifierAvailable)
            .boxed(),
        0x2A => any::<bool>()
            .prop_map(P::SharedSubscriptionAvailable)
            .boxed(),
        _ => panic!("no property {id:#x}"),
    }
}

/// Some of these properties, in any order; `0x26` up to four times.
fn properties(version: Version, ids: &[u8]) -> BoxedStrategy<Properties> {
    if version == Version::V311 {
        return Just(Properties::EMPTY).boxed();
    }
    let mut ids = ids.to_vec();
    ids.extend([0x26; 3]);
    let len = ids.len();
    subsequence(ids, 0..=len.min(6))
        .prop_shuffle()
        .prop_flat_map(|ids| ids.into_iter().map(property).collect::<Vec<_>>())
        .prop_map(|properties| properties.into_iter().collect())
        .boxed()
}

const MESSAGE: [u8; 6] = [0x01, 0x02, 0x03, 0x08, 0x09, 0x26];

fn connect(version: Version) -> BoxedStrategy<Packet> {
    let will = (
        topic(),
        binary(),
        qos(),
        any::<bool>(),
        properties(version, &[&MESSAGE[..], &[0x18]].concat()),
    )
        .prop_map(|(topic, payload, qos, retain, properties)| Will {
            topic,
            payload,
            qos,
            retain,
            properties,
        });
    (
        any::<bool>(),
        any::<u16>(),
        text(),
        proptest::option::of(will),
        proptest::option::of(text()),
        proptest::option::of(binary()),
        properties(version, &[0x11, 0x15, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]),
    )
        .prop_map(
            move |(
                clean_start,
                keep_alive_secs,
                client_id,
                will,
                user_name,
                password,
                properties,
            )| {
                let password = match version {
                    Version::V311 if user_name.is_none() => None,
                    _ => password,
                };
                Packet::Connect(Box::new(Connect {
                    version,
                    clean_start,
                    keep_alive_secs,
                    client_id,
                    will,
                    user_name,
                    password,
                    properties,
                }))
            },
        )
        .boxed()
}

fn connack(version: Version) -> BoxedStrategy<Packet> {
    use ReasonCode as R;
    let mut reasons = vec![
        R::Success,
        R::UnsupportedProtocolVersion,
        R::ClientIdentifierNotValid,
        R::ServerUnavailable,
        R::BadUserNameOrPassword,
        R::NotAuthorized,
    ];
    if version == Version::V5 {
        reasons.extend([R::UnspecifiedError, R::Banned, R::ConnectionRateExceeded]);
    }
    let all = [
        0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28,
        0x29, 0x2A,
    ];
    (any::<bool>(), select(reasons), properties(version, &all))
        .prop_map(|(session_present, reason, properties)| {
            Packet::ConnAck(ConnAck {
                session_present: session_present && reason == R::Success,
                reason,
                properties,
            })
        })
        .boxed()
}

fn publish(version: Version, sender: Sender) -> BoxedStrategy<Packet> {
    let mut ids = MESSAGE.to_vec();
    ids.push(0x23);
    if sender == Sender::Server {
        ids.extend([0x0B, 0x0B]);
    }
    let delivery = (qos(), id(), any::<bool>()).prop_map(|(qos, id, dup)| match qos {
        Qos::AtMostOnce => Delivery::AtMostOnce,
        Qos::AtLeastOnce => Delivery::AtLeastOnce { id, dup },
        Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
    });
    (
        delivery,
        any::<bool>(),
        topic(),
        any::<bool>(),
        binary(),
        properties(version, &ids),
    )
        .prop_map(|(delivery, retain, topic, by_alias, payload, properties)| {
            let has_alias = properties
                .iter()
                .any(|property| matches!(property, Property::TopicAlias(_)));
            Packet::Publish(Publish {
                delivery,
                retain,
                topic: (!(by_alias && has_alias)).then_some(topic),
                payload,
                properties,
            })
        })
        .boxed()
}

fn acks(version: Version) -> BoxedStrategy<Packet> {
    use ReasonCode as R;
    let v5 = version == Version::V5;
    let ack = move |failures: Vec<ReasonCode>| {
        let mut reasons = vec![R::Success];
        if v5 {
            reasons.extend(failures);
        }
        (id(), select(reasons), properties(version, &[0x1F, 0x26])).prop_map(
            |(id, reason, properties)| Ack {
                id,
                reason,
                properties,
            },
        )
    };
    let refused = vec![R::QuotaExceeded, R::NotAuthorized, R::PayloadFormatInvalid];
    let unknown = vec![R::PacketIdentifierNotFound];
    prop_oneof![
        ack(refused.clone()).prop_map(Packet::PubAck),
        ack(refused).prop_map(Packet::PubRec),
        ack(unknown.clone()).prop_map(Packet::PubRel),
        ack(unknown).prop_map(Packet::PubComp),
    ]
    .boxed()
}

fn subscribe(version: Version) -> BoxedStrategy<Packet> {
    let handling = select(vec![
        RetainHandling::Send,
        RetainHandling::SendIfNew,
        RetainHandling::DoNotSend,
    ]);
    let entry = (filter(), qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        move |(filter, qos, no_local, retain_as_published, retain_handling)| {
            let options = match version {
                Version::V311 => SubscriptionOptions::at(qos),
                Version::V5 => SubscriptionOptions {
                    qos,
                    no_local: no_local && !filter.as_str().starts_with("$share/"),
                    retain_as_published,
                    retain_handling,
                },
            };
            (filter, options)
        },
    );
    (id(), vec(entry, 1..6), properties(version, &[0x0B, 0x26]))
        .prop_map(|(id, entries, properties)| {
            Packet::Subscribe(Subscribe {
                id,
                filters: entries.into_iter().collect::<SubscribeFilters>(),
                properties,
            })
        })
        .boxed()
}

fn unsubscribe(version: Version) -> BoxedStrategy<Packet> {
    (id(), vec(filter(), 1..6), properties(version, &[0x26]))
        .prop_map(|(id, filters, properties)| {
            Packet::Unsubscribe(Unsubscribe {
                id,
                filters: filters.into_iter().collect::<UnsubscribeFilters>(),
                properties,
            })
        })
        .boxed()
}

fn suback(version: Version) -> BoxedStrategy<Packet> {
    use ReasonCode as R;
    let mut granted = vec![
        R::Success,
        R::GrantedQos1,
        R::GrantedQos2,
        R::UnspecifiedError,
    ];
    let removed = vec![R::Success, R::NoSubscriptionExisted, R::NotAuthorized];
    let removed = match version {
        Version::V311 => vec(select(removed), 0..1).boxed(),
        Version::V5 => vec(select(removed), 1..6).boxed(),
    };
    if version == Version::V5 {
        granted.extend([R::NotAuthorized, R::TopicFilterInvalid, R::QuotaExceeded]);
    }
    let ack = |(id, reasons, properties): (PacketId, Vec<ReasonCode>, Properties)| SubAck {
        id,
        reasons: reasons.into_iter().collect::<ReasonCodes>(),
        properties,
    };
    let extra = || properties(version, &[0x1F, 0x26]);
    prop_oneof![
        (id(), vec(select(granted), 1..6), extra())
            .prop_map(move |parts| Packet::SubAck(ack(parts))),
        (id(), removed, extra()).prop_map(move |parts| Packet::UnsubAck(ack(parts))),
    ]
    .boxed()
}

fn disconnect(version: Version, sender: Sender) -> BoxedStrategy<Packet> {
    use ReasonCode as R;
    let mut reasons = vec![R::Success];
    let mut ids = vec![0x1F, 0x26];
    if version == Version::V5 {
        reasons.extend([R::MalformedPacket, R::ProtocolError]);
        match sender {
            Sender::Client => {
                reasons.push(R::DisconnectWithWill);
                ids.push(0x11);
            }
            Sender::Server => {
                reasons.extend([R::SessionTakenOver, R::KeepAliveTimeout]);
                ids.push(0x1C);
            }
        }
    }
    (select(reasons), properties(version, &ids))
        .prop_map(|(reason, properties)| Packet::Disconnect(Disconnect { reason, properties }))
        .boxed()
}

fn auth(sender: Sender) -> BoxedStrategy<Packet> {
    use ReasonCode as R;
    let other = match sender {
        Sender::Client => R::ReAuthenticate,
        Sender::Server => R::Success,
    };
    let rest = properties(Version::V5, &[0x16, 0x1F, 0x26]);
    (select(vec![R::ContinueAuthentication, other]), text(), rest)
        .prop_map(|(reason, method, rest)| {
            Packet::Auth(Auth {
                reason,
                properties: rest.with(&Property::AuthenticationMethod(method)),
            })
        })
        .boxed()
}

/// Any packet of the version that this end may send.
fn packet(version: Version, sender: Sender) -> BoxedStrategy<Packet> {
    let mut kinds = vec![
        publish(version, sender),
        publish(version, sender),
        acks(version),
    ];
    match sender {
        Sender::Client => kinds.extend([
            connect(version),
            subscribe(version),
            unsubscribe(version),
            Just(Packet::PingReq).boxed(),
            disconnect(version, sender),
        ]),
        Sender::Server => kinds.extend([
            connack(version),
            suback(version),
            Just(Packet::PingResp).boxed(),
        ]),
    }
    if version == Version::V5 {
        kinds.extend([disconnect(version, sender), auth(sender)]);
    }
    proptest::strategy::Union::new(kinds).boxed()
}

fn end() -> impl Strategy<Value = (Version, Sender)> {
    (
        select(vec![Version::V311, Version::V5]),
        select(vec![Sender::Client, Sender::Server]),
    )
}

/// Packets that one end may send on one connection.
fn conversation() -> impl Strategy<Value = (Framing, Vec<Packet>)> {
    end().prop_flat_map(|(version, sender)| {
        let framing = Framing {
            version: Some(version),
            ..Framing::new(sender)
        };
        (Just(framing), vec(packet(version, sender), 1..8))
    })
}

fn written(framing: &Framing, packets: &[Packet]) -> BytesMut {
    let version = framing.version.unwrap();
    let mut out = BytesMut::new();
    for packet in packets {
        let before = out.len();
        encode(packet, version, &mut out).unwrap();
        assert_eq!(encoded_len(packet, version), Ok(out.len() - before));
    }
    out
}

/// A vector's bytes, with some of them changed, cut, doubled or added.
fn damaged() -> impl Strategy<Value = (Framing, Bytes)> {
    let vectors: Vec<_> = vectors()
        .into_iter()
        .map(|vector| (vector.framing, vector.bytes))
        .collect();
    let damage = (0..5_u8, any::<Index>(), any::<u8>());
    (select(vectors), vec(damage, 0..4)).prop_map(|((framing, bytes), damages)| {
        let mut bytes = bytes.to_vec();
        for (kind, place, byte) in damages {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, byte),
                3 => {
                    bytes.remove(at);
                }
                _ => bytes.extend_from_within(at..),
            }
        }
        (framing, Bytes::from(bytes))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_written_is_read((framing, packets) in conversation()) {
        let mut decoder = Decoder::new(framing);
        decoder.push(&written(&framing, &packets));
        for packet in packets {
            prop_assert_eq!(decoder.decode(), Ok(Some(packet)));
        }
        prop_assert_eq!(decoder.decode(), Ok(None));
    }

    #[test]
    fn chunks_of_any_size_give_the_same(
        (framing, packets) in conversation(),
        sizes in vec(1..60_usize, 1..40),
    ) {
        let bytes = written(&framing, &packets).freeze();
        for shared in [false, true] {
            let mut decoder = Decoder::new(framing);
            let mut found = Vec::new();
            let mut rest = bytes.clone();
            let mut sizes = sizes.iter().cycle();
            while !rest.is_empty() {
                let chunk = rest.split_to((*sizes.next().unwrap()).min(rest.len()));
                match shared {
                    true => decoder.push_shared(chunk),
                    false => decoder.push(&chunk),
                }
                while let Some(packet) = decoder.decode().unwrap() {
                    found.push(packet);
                }
                prop_assert!(decoder.pending_bytes() < bytes.len());
            }
            prop_assert_eq!(&found, &packets);
        }
    }

    #[test]
    fn anatomy_covers_packets((framing, packets) in conversation()) {
        for packet in packets {
            let bytes = written(&framing, std::slice::from_ref(&packet)).freeze();
            let anatomy = dissect(&bytes, framing.version, framing.sender);
            assert_covers(&anatomy, bytes.len(), "written");
            prop_assert_eq!(anatomy.outcome, Outcome::Whole(packet));
        }
    }

    #[test]
    fn damaged_packets_are_examined((framing, bytes) in damaged()) {
        examine(framing, &bytes);
    }

    #[test]
    fn noise_is_examined((version, sender) in end(), bytes in vec(any::<u8>(), 0..64)) {
        let framing = Framing { version: Some(version), ..Framing::new(sender) };
        examine(framing, &Bytes::from(bytes));
    }
}
