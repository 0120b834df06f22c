//! Real traffic: mosquitto_sub (3.1.1, QoS 2) and three mosquitto_pub (5.0, QoS 0 to 2) with Mosquitto, captured on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use capture::read::{Reader, What};

#[test]
fn the_streams_of_a_real_broker_are_whole() {
    let mut reader = Reader::new();
    reader.push(include_bytes!("mosquitto.pcapng")).unwrap();
    let events: Vec<_> = reader.events().collect();
    let summary = reader.finish().unwrap();
    assert_eq!((reader.streams().len(), summary.skipped), (4, 0));
    assert!(!summary.is_cut_short && !summary.is_own());
    let mut publishers = 0;
    for (stream, number) in reader.streams().iter().zip(0..) {
        assert_eq!(stream.server.1, 28883);
        assert!(!reader.has_gap(number));
        let own = || events.iter().filter(move |it| it.stream == number);
        assert!(matches!(own().next().unwrap().what, What::Opened { .. }));
        let ends = own().filter(|it| it.what == What::Finished);
        assert_eq!(ends.count(), 2);
        let of = |by_client: bool| {
            let bytes = own().filter_map(move |it| match &it.what {
                What::Bytes(bytes) if it.by_client == by_client => Some(bytes.clone()),
                What::Missing(_) | What::Reset => panic!("{it:?}"),
                _ => None,
            });
            bytes.collect::<Vec<_>>().concat()
        };
        // CONNECT and CONNACK come first, and each packet's length leads to the next.
        let (from_client, from_server) = (of(true), of(false));
        assert_eq!((from_client[0], from_server[0]), (0x10, 0x20));
        publishers += usize::from(from_client[8] == 5);
        for (bytes, by_client) in [(from_client, true), (from_server, false)] {
            let heard = own().filter_map(|it| match it.what {
                What::Acknowledged { until } if it.by_client == by_client => Some(until),
                _ => None,
            });
            assert_eq!(heard.max(), u64::try_from(bytes.len()).ok());
            let mut rest = bytes.as_slice();
            while let [_, length, ..] = rest {
                assert!(*length < 0x80, "all of them are short");
                rest = &rest[usize::from(*length) + 2..];
            }
            assert!(rest.is_empty());
        }
    }
    assert_eq!(publishers, 3);
}
