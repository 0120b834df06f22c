//! Real traffic: mosquitto_sub (3.1.1, QoS 2) and three mosquitto_pub (5.0, QoS 0 to 2) with Mosquitto, captured on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use capture::{End, read};

#[test]
fn the_streams_of_a_real_broker_are_whole() {
    let file = include_bytes!("mosquitto.pcapng");
    let capture = read(file).unwrap();
    assert_eq!((capture.streams.len(), capture.skipped), (4, 0));
    for stream in &capture.streams {
        assert_eq!(stream.server.1, 28883);
        assert!(!stream.has_gap);
        assert!(
            matches!(stream.ended, Some((_, End::Finished))),
            "{:?}",
            stream.ended
        );
        let of = |by_client: bool| {
            let chunks = stream
                .chunks
                .iter()
                .filter(move |it| it.by_client == by_client);
            chunks.flat_map(|it| it.bytes.clone()).collect::<Vec<u8>>()
        };
        // CONNECT and CONNACK come first, and each packet's length leads to the next.
        let (from_client, from_server) = (of(true), of(false));
        assert_eq!((from_client[0], from_server[0]), (0x10, 0x20));
        for bytes in [from_client, from_server] {
            let mut rest = bytes.as_slice();
            while let [_, length, ..] = rest {
                assert!(*length < 0x80, "all of them are short");
                rest = &rest[usize::from(*length) + 2..];
            }
            assert!(rest.is_empty());
        }
    }
    let publishers = capture
        .streams
        .iter()
        .filter(|it| it.chunks[0].bytes[8] == 5);
    assert_eq!(publishers.count(), 3);
}
