//! The panes of packet and broker.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/scenarios.rs"]
mod scenarios;

use playground::{Action, Command};
use scenarios::at_the_copy;

#[test]
fn the_broker_keeps_the_message_until_its_acknowledgement_arrives() {
    let mut page = at_the_copy("lost acknowledgement");
    let state = page.state();
    let [row] = &state.rows[..] else {
        panic!("{:?}", state.rows)
    };
    assert_eq!(
        (row.id, row.waits_for, row.sent, row.is_selected),
        (1, "PUBACK", 2, true)
    );
    assert_eq!(row.message, "robot/move, QoS 1");
    assert_eq!(
        state.tally.as_ref().map(|(count, _)| count.as_str()),
        Some("1 order, 1 delivery so far.")
    );
    page.update(Action::GoToEnd);
    let state = page.state();
    assert!(state.rows.is_empty());
    assert_eq!(
        state.tally.as_ref().map(|(count, _)| count.as_str()),
        Some("1 order, 2 deliveries so far.")
    );
}

#[test]
fn a_field_and_its_bytes_and_bits_are_lit_together() {
    let mut page = at_the_copy("lost acknowledgement");
    let packet = page.packet();
    let selected: Vec<&str> = packet
        .fields
        .iter()
        .filter(|row| row.is_selected)
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        selected,
        ["DUP"],
        "the field for which this packet is in the story"
    );
    let bits = packet.bits.as_ref().expect("bits");
    assert_eq!(
        bits.cells.map(|(_, is_lit)| is_lit),
        [false, false, false, false, true, false, false, false]
    );
    assert_eq!(
        bits.sentence,
        "Byte 0 is hex 3A. type 3: 0011, DUP: 1, QoS 1: 01, RET: 0"
    );

    // From the bytes to the tree: a press in the middle of the topic.
    page.update(Action::SelectByte(7));
    let packet = page.packet();
    let topic = packet
        .fields
        .iter()
        .find(|row| row.is_selected)
        .expect("a field");
    assert_eq!(
        (
            topic.name.as_str(),
            topic.value.as_str(),
            topic.extent.as_str()
        ),
        ("Topic Name", "robot/move", "2 + 10")
    );
    let lit: Vec<usize> = packet
        .bytes
        .iter()
        .filter(|byte| byte.is_lit)
        .map(|byte| byte.index)
        .collect();
    assert_eq!(lit, (2..14).collect::<Vec<_>>());

    // And from the tree to the bytes.
    let id = packet
        .fields
        .iter()
        .find(|row| row.name == "Packet Identifier")
        .expect("an id")
        .part;
    page.update(Action::SelectField(id));
    let lit: Vec<usize> = page
        .packet()
        .bytes
        .iter()
        .filter(|byte| byte.is_lit)
        .map(|byte| byte.index)
        .collect();
    assert_eq!(lit, [14, 15]);
    assert_eq!(page.update(Action::MoveByte(1)), [Command::FocusByte(15)]);
    assert_eq!(
        page.update(Action::MoveByte(100)),
        [Command::FocusByte(26)],
        "the last byte"
    );

    let segments = page.packet();
    let segments: Vec<(&str, &str)> = segments
        .segments
        .iter()
        .map(|it| (it.name.as_str(), it.value.as_str()))
        .collect();
    assert_eq!(
        segments,
        [
            ("header", ""),
            ("topic", "robot/move"),
            ("id", "1"),
            ("payload", "forward 1 m")
        ]
    );
}
