//! The decoder as a stream: pieces, limits, versions, and what it keeps of a fault.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use bytes::{BufMut, Bytes, BytesMut};
use mqtt_proto::codec::{
    Decoder, EncodeError, Fault, Framing, PropertyMisuse, encode, remaining_length,
};
use mqtt_proto::packet::{
    Ack, ConnAck, Connect, Disconnect, Packet, Properties, Property, Publish, Subscribe,
    SubscribeFilters, SubscriptionOptions,
};
use mqtt_proto::{
    Client, ClientConfig, Delivery, PacketId, Qos, ReasonCode, Sender, Text, TopicName, Version,
};

fn id(value: u16) -> PacketId {
    PacketId::new(value).unwrap()
}

fn connect(version: Version) -> Packet {
    Packet::Connect(Box::new(Connect {
        version,
        clean_start: true,
        keep_alive_secs: 60,
        client_id: Text::try_from("c").unwrap(),
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }))
}

fn publish(topic: &str, payload: &'static [u8]) -> Packet {
    Packet::Publish(Publish {
        delivery: Delivery::AtLeastOnce {
            id: id(7),
            dup: false,
        },
        retain: true,
        topic: Some(TopicName::try_from(topic).unwrap()),
        payload: Bytes::from_static(payload),
        properties: Properties::EMPTY,
    })
}

fn encoded(packet: &Packet, version: Version) -> BytesMut {
    let mut out = BytesMut::new();
    encode(packet, version, &mut out).unwrap();
    out
}

fn speaking(version: Version, sender: Sender) -> Decoder {
    Decoder::new(Framing {
        version: Some(version),
        ..Framing::new(sender)
    })
}

#[test]
fn a_server_learns_the_version_from_connect() {
    for version in Version::ALL {
        let mut decoder = Decoder::new(Framing::new(Sender::Client));
        decoder.push(&encoded(&connect(version), version));
        decoder.push(&encoded(&publish("a/b", b"x"), version));
        assert_eq!(decoder.decode(), Ok(Some(connect(version))));
        assert_eq!(decoder.framing().version, Some(version));
        assert_eq!(decoder.decode(), Ok(Some(publish("a/b", b"x"))));
        assert_eq!(decoder.decode(), Ok(None));
    }
}

#[test]
fn too_large_is_said_before_the_body_is_there() {
    let mut decoder = speaking(Version::V5, Sender::Client);
    decoder.set_max_packet_size(128);
    decoder.push(&[0x30, 0x7E]);
    assert_eq!(decoder.decode(), Ok(None), "128 bytes are taken");
    let mut decoder = speaking(Version::V5, Sender::Client);
    decoder.set_max_packet_size(128);
    decoder.push(&[0x30, 0x7F]);
    let fault = decoder.decode().unwrap_err();
    assert_eq!(fault.fault, Fault::TooLarge);
    assert_eq!(fault.reason(), ReasonCode::PacketTooLarge);
    assert_eq!(fault.statement().unwrap().id_str(), "MQTT-3.2.2-15");
}

#[test]
fn a_fault_ends_the_stream_and_keeps_its_bytes() {
    let mut decoder = speaking(Version::V311, Sender::Client);
    decoder.push(&[0xC0, 0x00, 0x82, 0x02, 0x00, 0x00, 0xC0, 0x00]);
    assert_eq!(decoder.decode(), Ok(Some(Packet::PingReq)));
    let fault = decoder.decode().unwrap_err();
    assert_eq!((fault.fault, fault.at), (Fault::ZeroPacketId, 2));
    assert_eq!(
        decoder.faulty_bytes().unwrap().as_ref(),
        [0x82, 0x02, 0x00, 0x00]
    );
    decoder.push(&[0xC0, 0x00]);
    assert_eq!(decoder.decode(), Err(fault));
}

#[test]
fn a_foreign_level_is_answered_in_a_version_that_the_client_may_know() {
    for (level, version) in [(3, Version::V311), (6, Version::V5)] {
        let mut bytes = encoded(&connect(Version::V311), Version::V311);
        bytes[8] = level;
        let mut decoder = Decoder::new(Framing::new(Sender::Client));
        decoder.push(&bytes);
        let fault = decoder.decode().unwrap_err();
        assert_eq!(fault.fault, Fault::ProtocolLevel(level));
        assert_eq!(fault.version, version);
        assert_eq!(fault.reason(), ReasonCode::UnsupportedProtocolVersion);
    }
}

#[cfg_attr(feature = "small", ignore = "copies each packet")]
#[test]
fn decoded_packets_share_the_receive_buffer() {
    // Short topics are copied.
    let topic = "building/7/floor/3/room/12/window/2/contact";
    let mut decoder = speaking(Version::V5, Sender::Client);
    decoder
        .buffer_mut()
        .put_slice(&encoded(&publish(topic, b"payload"), Version::V5));
    let buffer = decoder.buffer_mut().as_ref().as_ptr_range();
    let Some(Packet::Publish(publish)) = decoder.decode().unwrap() else {
        panic!("a PUBLISH was sent")
    };
    assert!(buffer.contains(&publish.payload.as_ptr()));
    assert!(buffer.contains(&publish.topic.unwrap().text().as_bytes().as_ptr()));
}

#[cfg_attr(feature = "small", ignore = "copies each packet")]
#[test]
fn what_the_host_shares_is_not_copied() {
    let bytes = encoded(&publish("t", b"payload"), Version::V5).freeze();
    let mut decoder = speaking(Version::V5, Sender::Client);
    for _ in 0..2 {
        decoder.push_shared(bytes.clone());
        let Some(Packet::Publish(publish)) = decoder.decode().unwrap() else {
            panic!("a PUBLISH was sent")
        };
        assert!(bytes.as_ptr_range().contains(&publish.payload.as_ptr()));
        assert_eq!(decoder.decode(), Ok(None));
    }
}

/// Behind whole packets stands the start of one, whose end comes later.
#[test]
fn the_start_of_a_packet_waits_for_its_end() {
    let all = [("a", 1), ("b", 2), ("c", 300)].map(|(topic, len)| {
        let payload: &'static [u8] = &[7; 300][..len];
        publish(topic, payload)
    });
    let bytes: Vec<u8> = all
        .iter()
        .flat_map(|packet| encoded(packet, Version::V311))
        .collect();
    for hold in [true, false] {
        // Read between two packets, or when all that is there has been taken.
        for takes_all in [true, false] {
            for cut in 0..bytes.len() {
                let mut decoder = speaking(Version::V311, Sender::Client);
                let (mut taken, mut held) = (0, Vec::new());
                let mut take = |decoder: &mut Decoder, most| {
                    for _ in 0..most {
                        let Some(packet) = decoder.decode().unwrap() else {
                            return;
                        };
                        assert_eq!(packet, all[taken]);
                        taken += 1;
                        if hold {
                            held.push(packet);
                        }
                    }
                };
                decoder.push(&bytes[..cut]);
                take(&mut decoder, if takes_all { 3 } else { 1 });
                decoder.push(&bytes[cut..]);
                take(&mut decoder, 3);
                assert_eq!(decoder.pending_bytes(), 0);
                assert_eq!(taken, 3, "cut at {cut}");
                assert!(!hold || held == all);
            }
        }
    }
}

#[test]
fn a_packet_that_cannot_be_written_leaves_the_output_alone() {
    let refused = |packet: Packet, version, error| {
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(encode(&packet, version, &mut out), Err(error));
        assert_eq!(out.as_ref(), b"before");
    };
    let ack = |reason| Packet::PubRec(Ack::with_reason(id(1), reason));
    refused(
        ack(ReasonCode::QuotaExceeded),
        Version::V311,
        EncodeError::NotInVersion,
    );
    refused(
        ack(ReasonCode::ServerBusy),
        Version::V5,
        EncodeError::ReasonCode(ReasonCode::ServerBusy),
    );
    refused(
        Packet::Disconnect(Disconnect::with_reason(ReasonCode::ServerBusy)),
        Version::V311,
        EncodeError::NotInVersion,
    );
    refused(
        Packet::ConnAck(ConnAck {
            session_present: true,
            reason: ReasonCode::NotAuthorized,
            properties: Properties::EMPTY,
        }),
        Version::V5,
        EncodeError::SessionPresentInRefusal,
    );
    let subscribe = |filters| {
        Packet::Subscribe(Subscribe {
            id: id(1),
            filters,
            properties: Properties::EMPTY,
        })
    };
    refused(
        subscribe(SubscribeFilters::default()),
        Version::V5,
        EncodeError::EmptyList,
    );
    let options = SubscriptionOptions {
        no_local: true,
        ..SubscriptionOptions::at(Qos::AtMostOnce)
    };
    let filter = |text| mqtt_proto::TopicFilter::try_from(text).unwrap();
    refused(
        subscribe(SubscribeFilters::one(filter("a"), options)),
        Version::V311,
        EncodeError::NotInVersion,
    );
    refused(
        subscribe(SubscribeFilters::one(filter("$share/g/a"), options)),
        Version::V5,
        EncodeError::BadShare,
    );
    let with = |properties: Vec<Property>| {
        let Packet::Publish(mut publish) = publish("a", b"") else {
            panic!("made as a PUBLISH")
        };
        publish.properties = properties.into_iter().collect();
        Packet::Publish(publish)
    };
    for (properties, id, misuse) in [
        (
            vec![Property::ServerKeepAlive(1)],
            0x13,
            PropertyMisuse::Misplaced,
        ),
        (
            vec![Property::TopicAlias(1), Property::TopicAlias(1)],
            0x23,
            PropertyMisuse::Repeated,
        ),
        (vec![Property::TopicAlias(0)], 0x23, PropertyMisuse::Value),
        (
            vec![Property::CorrelationData(Bytes::from(vec![0; 65_536]))],
            0,
            PropertyMisuse::Value,
        ),
        (
            vec![Property::SubscriptionIdentifier(268_435_456)],
            0,
            PropertyMisuse::Value,
        ),
        (
            vec![Property::ResponseTopic(Text::try_from("a/#").unwrap())],
            0x08,
            PropertyMisuse::Value,
        ),
    ] {
        refused(
            with(properties),
            Version::V5,
            EncodeError::Property(id, misuse),
        );
    }
}

/// A chip without a server does not hold the code for these.
#[test]
fn a_client_does_not_write_what_only_servers_send() {
    let client = Client::new(ClientConfig::new(Version::V5, Text::try_from("c").unwrap()));
    let mut out = Vec::new();
    assert_eq!(
        client.encode(&Packet::PingResp, &mut out),
        Err(EncodeError::NotFromClient)
    );
    assert!(out.is_empty());
    assert_eq!(client.encode(&Packet::PingReq, &mut out), Ok(()));
    assert_eq!(out, b"\xC0\0");
}

#[test]
fn a_packet_says_how_many_bytes_follow_its_length() {
    for (packet, expected) in [
        (&[0xC0, 0][..], Some(0)),
        (&[0x30, 0x7F], Some(127)),
        (&[0x30, 0x80, 0x01, 0xAA], Some(128)),
        (&[0x30, 0xFF, 0xFF, 0xFF, 0x7F], Some(268_435_455)),
        (&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], None),
        (&[0x30, 0x80], None),
        (&[0x30], None),
        (&[], None),
    ] {
        assert_eq!(remaining_length(packet), expected, "{packet:02X?}");
    }
}
