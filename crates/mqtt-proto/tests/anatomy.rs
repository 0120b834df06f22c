//! What a person sees of whole, faulty and incomplete packets.

#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use expect_test::{Expect, expect};
use mqtt_proto::anatomy::dissect;
use mqtt_proto::codec::FieldName;
use mqtt_proto::{Sender, Version};

fn check(version: Option<Version>, sender: Sender, bytes: &'static [u8], expected: &Expect) {
    expected.assert_eq(&dissect(&Bytes::from_static(bytes), version, sender).to_string());
}

#[test]
fn connect_with_a_will() {
    check(
        None,
        Sender::Client,
        b"\x10\x26\0\x04MQTT\x05\xEE\0\x3C\x05\x11\0\0\x0E\x10\0\x01c\x05\x18\0\0\0\x05\0\x01w\0\x02\x01\x02\0\x01u\0\x01p",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 1 (CONNECT)
            0 :3-0      Flags: 0 (always 0)
            1         Remaining Length: 38 (bytes follow)
            2-17    Variable Header
            2-7       Protocol Name
            2-3         Length: 4 (bytes follow)
            4-7         Characters: "MQTT"
            8         Protocol Version: 5 (MQTT 5.0)
            9         Connect Flags
            9 :7        User Name Flag: 1 (present)
            9 :6        Password Flag: 1 (present)
            9 :5        Will Retain: 1 (published as a retained message)
            9 :4-3      Will QoS: 1 (at least once)
            9 :2        Will Flag: 1 (present)
            9 :1        Clean Start: 1 (drop any session)
            9 :0        Reserved: 0 (always 0)
            10-11     Keep Alive: 60 (seconds)
            12-17     Properties
            12          Property Length: 5 (bytes follow)
            13-17       Session Expiry Interval
            13            Property Identifier: 17 (Session Expiry Interval)
            14-17         Session Expiry Interval: 3600 (seconds)
            18-39   Payload
            18-20     Client Identifier
            18-19       Length: 1 (bytes follow)
            20          Characters: "c"
            21-26     Will Properties
            21          Property Length: 5 (bytes follow)
            22-26       Will Delay Interval
            22            Property Identifier: 24 (Will Delay Interval)
            23-26         Will Delay Interval: 5 (seconds)
            27-29     Will Topic
            27-28       Length: 1 (bytes follow)
            29          Characters: "w"
            30-33     Will Payload
            30-31       Length: 2 (bytes follow)
            32-33       Data: 01 02
            34-36     User Name
            34-35       Length: 1 (bytes follow)
            36          Characters: "u"
            37-39     Password
            37-38       Length: 1 (bytes follow)
            39          Data: 70
        "#]],
    );
}

#[test]
fn publish_from_the_server() {
    check(
        Some(Version::V5),
        Sender::Server,
        b"\x3B\x18\0\x03a/b\0\x0A\x0D\x23\0\x05\x26\0\x01k\0\x01v\x0B\x81\x01hi!",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 3 (PUBLISH)
            0 :3        DUP: 1 (may have been sent before)
            0 :2-1      QoS: 1 (at least once)
            0 :0        RETAIN: 1 (kept, or published so)
            1         Remaining Length: 24 (bytes follow)
            2-22    Variable Header
            2-6       Topic Name
            2-3         Length: 3 (bytes follow)
            4-6         Characters: "a/b"
            7-8       Packet Identifier: 10
            9-22      Properties
            9           Property Length: 13 (bytes follow)
            10-12       Topic Alias
            10            Property Identifier: 35 (Topic Alias)
            11-12         Topic Alias: 5
            13-19       User Property
            13            Property Identifier: 38 (User Property)
            14-16         Name
            14-15           Length: 1 (bytes follow)
            16              Characters: "k"
            17-19         Value
            17-18           Length: 1 (bytes follow)
            19              Characters: "v"
            20-22       Subscription Identifier
            20            Property Identifier: 11 (Subscription Identifier)
            21-22         Subscription Identifier: 129
            23-25   Payload
            23-25     Application Message: 68 69 21
        "#]],
    );
}

#[test]
fn subscribe_in_each_version() {
    check(
        Some(Version::V311),
        Sender::Client,
        b"\x82\x0A\0\x01\0\x01a\x01\0\x01#\x02",
        &expect![[r##"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 8 (SUBSCRIBE)
            0 :3-0      Flags: 2 (always 2)
            1         Remaining Length: 10 (bytes follow)
            2-3     Variable Header
            2-3       Packet Identifier: 1
            4-11    Payload
            4-7       Subscription
            4-6         Topic Filter
            4-5           Length: 1 (bytes follow)
            6             Characters: "a"
            7           Requested QoS
            7 :7-2        Reserved: 0 (always 0)
            7 :1-0        QoS: 1 (at least once)
            8-11      Subscription
            8-10        Topic Filter
            8-9           Length: 1 (bytes follow)
            10            Characters: "#"
            11          Requested QoS
            11 :7-2       Reserved: 0 (always 0)
            11 :1-0       QoS: 2 (exactly once)
        "##]],
    );
    check(
        Some(Version::V5),
        Sender::Client,
        b"\x82\x0B\0\x01\0\0\x05$SYS#\x2D",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 8 (SUBSCRIBE)
            0 :3-0      Flags: 2 (always 2)
            1         Remaining Length: 11 (bytes follow)
            2-4     Variable Header
            2-3       Packet Identifier: 1
            4         Properties
            4           Property Length: 0 (bytes follow)
            5-12    Payload
            5-12      Subscription
            5-11        Topic Filter  <-- # fills the last level by itself, or is not there [MQTT-4.7.1-1]
            5-6           Length: 5 (bytes follow)
            7-11          Characters: "$SYS#"
            12          Not Read: 2d
        "#]],
    );
}

#[test]
fn connack_of_3_1_1() {
    check(
        Some(Version::V311),
        Sender::Server,
        b"\x20\x02\x00\x05",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 2 (CONNACK)
            0 :3-0      Flags: 0 (always 0)
            1         Remaining Length: 2 (bytes follow)
            2-3     Variable Header
            2         Connect Acknowledge Flags
            2 :7-1      Reserved: 0 (always 0)
            2 :0        Session Present: 0 (no session from before)
            3         Return Code: 5 (Not authorized)
        "#]],
    );
}

#[test]
fn a_string_that_is_not_utf8() {
    check(
        Some(Version::V311),
        Sender::Client,
        b"\x32\x0A\0\x04ab\xFFd\0\x01hi",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 3 (PUBLISH)
            0 :3        DUP: 0 (sent for the first time)
            0 :2-1      QoS: 1 (at least once)
            0 :0        RETAIN: 0 (not to be retained)
            1         Remaining Length: 10 (bytes follow)
            2-11    Variable Header
            2-7       Topic Name  <-- not UTF-8 [MQTT-3.3.2-1]
            2-3         Length: 4 (bytes follow)
            4-7         Characters: "ab�d"
            8-11      Not Read: 00 01 68 69
        "#]],
    );
}

#[test]
fn a_field_that_runs_past_the_end() {
    check(
        None,
        Sender::Client,
        b"\x10\x10\0\x04MQTT\x04\x82\0\0\0\x01c\0\x09u",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 1 (CONNECT)
            0 :3-0      Flags: 0 (always 0)
            1         Remaining Length: 16 (bytes follow)
            2-11    Variable Header
            2-7       Protocol Name
            2-3         Length: 4 (bytes follow)
            4-7         Characters: "MQTT"
            8         Protocol Level: 4 (MQTT 3.1.1)
            9         Connect Flags
            9 :7        User Name Flag: 1 (present)
            9 :6        Password Flag: 0 (absent)
            9 :5        Will Retain: 0 (not retained)
            9 :4-3      Will QoS: 0 (at most once)
            9 :2        Will Flag: 0 (absent)
            9 :1        Clean Session: 1 (no session before or after)
            9 :0        Reserved: 0 (always 0)
            10-11     Keep Alive: 0 (off)
            12-17   Payload
            12-14     Client Identifier
            12-13       Length: 1 (bytes follow)
            14          Characters: "c"
            15-17     User Name  <-- there are too few bytes for it [MQTT-3.1.2-19]
            15-16       Length: 9 (bytes follow)
            17          Not Read: 75
        "#]],
    );
}

#[test]
fn half_a_packet() {
    check(
        Some(Version::V5),
        Sender::Client,
        b"\x82\x20\0\x01\0\0\x03a/b\x01\0\x09lon",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 8 (SUBSCRIBE)
            0 :3-0      Flags: 2 (always 2)
            1         Remaining Length: 32 (bytes follow)
            2-4     Variable Header
            2-3       Packet Identifier: 1
            4         Properties
            4           Property Length: 0 (bytes follow)
            5-15    Payload
            5-10      Subscription
            5-9         Topic Filter
            5-6           Length: 3 (bytes follow)
            7-9           Characters: "a/b"
            10          Subscription Options
            10 :7-6       Reserved: 0 (always 0)
            10 :5-4       Retain Handling: 0 (send retained messages)
            10 :3         Retain As Published: 0 (RETAIN is cleared)
            10 :2         No Local: 0 (own messages too)
            10 :1-0       Maximum QoS: 1 (at least once)
            11-15     Subscription
            11-15       Topic Filter
            11-12         Length: 9 (bytes follow)
            13-15         Not Read: 6c 6f 6e
            18 bytes are missing
        "#]],
    );
    check(
        Some(Version::V5),
        Sender::Client,
        b"\x30\xFF",
        &expect![[r#"
        0-1     Fixed Header
        0         Type and Flags
        0 :7-4      Packet Type: 3 (PUBLISH)
        0 :3        DUP: 0 (sent for the first time)
        0 :2-1      QoS: 0 (at most once)
        0 :0        RETAIN: 0 (not to be retained)
        1         Not Read: ff
        the length is missing
    "#]],
    );
}

#[test]
fn no_packet_at_all() {
    check(
        Some(Version::V311),
        Sender::Client,
        b"\xF0\x00abc",
        &expect![[r#"
            0-4     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 15 (reserved)  <-- this packet type is reserved [SECT-2.2.1-packet-type]
            0 :3-0      Flags: 0 (always 0)
            1-4       Not Read: 00 61 62 63
        "#]],
    );
}

#[test]
fn a_property_out_of_range() {
    check(
        Some(Version::V5),
        Sender::Client,
        b"\x30\x0A\0\x01a\x02\x01\x02text",
        &expect![[r#"
            0-1     Fixed Header
            0         Type and Flags
            0 :7-4      Packet Type: 3 (PUBLISH)
            0 :3        DUP: 0 (sent for the first time)
            0 :2-1      QoS: 0 (at most once)
            0 :0        RETAIN: 0 (not to be retained)
            1         Remaining Length: 10 (bytes follow)
            2-11    Variable Header
            2-4       Topic Name
            2-3         Length: 1 (bytes follow)
            4           Characters: "a"
            5-11      Properties
            5           Property Length: 2 (bytes follow)
            6-7         Payload Format Indicator  <-- Payload Format Indicator (0x01) is out of range [SECT-3.3.2.3.2-range]
            6             Property Identifier: 1 (Payload Format Indicator)
            7             Payload Format Indicator: 2
            8-11        Not Read: 74 65 78 74
        "#]],
    );
}

/// What the flag RETAIN of a PUBLISH says, and which statement speaks of it.
fn retain(
    version: Version,
    sender: Sender,
    bytes: &'static [u8],
) -> (String, Option<&'static str>) {
    let anatomy = dissect(&Bytes::from_static(bytes), Some(version), sender);
    let field = anatomy
        .fields
        .iter()
        .find(|it| it.name == FieldName::Retain);
    let field = field.unwrap();
    let statement = field.statement.map(|it| it.id_str());
    (field.meaning.to_string(), statement)
}

#[test]
fn the_retain_flag_of_a_server_is_about_the_copy() {
    for (version, bytes, meaning, statement) in [
        (
            Version::V311,
            &b"\x30\x04\0\x01ax"[..],
            "passed on live",
            Some("MQTT-3.3.1-9"),
        ),
        (
            Version::V5,
            b"\x30\x05\0\x01a\0x",
            "passed on live",
            Some("MQTT-3.3.1-12"),
        ),
        (
            Version::V311,
            b"\x31\x04\0\x01ax",
            "kept from before the subscription",
            Some("MQTT-3.3.1-8"),
        ),
        (
            Version::V5,
            b"\x31\x05\0\x01a\0x",
            "kept, or published so",
            None,
        ),
    ] {
        let found = retain(version, Sender::Server, bytes);
        assert_eq!(found, (meaning.to_owned(), statement), "{bytes:02X?}");
    }
}

#[test]
fn an_empty_retained_message_deletes_what_is_kept() {
    let keeps = "the server keeps it for later subscribers";
    let deletes = "the server deletes what it keeps for the topic";
    for (version, bytes, meaning, statement) in [
        (
            Version::V311,
            &b"\x31\x04\0\x01ax"[..],
            keeps,
            "MQTT-3.3.1-5",
        ),
        (Version::V311, b"\x31\x03\0\x01a", deletes, "MQTT-3.3.1-10"),
        (Version::V5, b"\x31\x05\0\x01a\0x", keeps, "MQTT-3.3.1-5"),
        (Version::V5, b"\x31\x04\0\x01a\0", deletes, "MQTT-3.3.1-6"),
        // More is to come: it is not known.
        (Version::V311, b"\x31\x04\0\x01a", keeps, "MQTT-3.3.1-5"),
    ] {
        let found = retain(version, Sender::Client, bytes);
        assert_eq!(found, (meaning.to_owned(), Some(statement)), "{bytes:02X?}");
    }
}
