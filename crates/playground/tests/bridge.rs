//! A bridge between the broker in the page and a real one. A broker in a second world stands for that.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/wire.rs"]
mod wire;

use bytes::Bytes;
use playground::Action;
use playground::bridge::view::BridgeView;
use playground::bridge::{BridgeAction, RowField};
use playground::live::view::LinkState;
use playground::live::{LinkField, LinkFlag, LiveAction, Way};
use sim::scenario::Outside;
use wire::Rig;

fn bridge(rig: &mut Rig, action: BridgeAction) {
    rig.live(LiveAction::Bridge(action));
}

/// A client of the real broker, who hears everything and says this.
struct Stranger {
    name: &'static str,
    connection: u32,
}

impl Stranger {
    fn new(rig: &mut Rig, name: &'static str) -> Self {
        let connection = rig.broker.head().next_connection();
        let it = Self { name, connection };
        rig.tell(name, Outside::Opened { connection });
        it.say(rig, b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03out");
        it.say(rig, b"\x82\x06\x00\x01\x00\x01#\x02");
        it
    }

    fn say(&self, rig: &mut Rig, bytes: &[u8]) {
        let (connection, bytes) = (self.connection, Bytes::copy_from_slice(bytes));
        rig.tell(self.name, Outside::Received { connection, bytes });
    }

    fn publish(&self, rig: &mut Rig, topic: &str, payload: &str) {
        let len = |it: &str| u8::try_from(it.len()).unwrap();
        let mut bytes = vec![0x32, 4 + len(topic) + len(payload), 0, len(topic)];
        bytes.extend_from_slice(topic.as_bytes());
        bytes.extend_from_slice(&[0, 7]);
        bytes.extend_from_slice(payload.as_bytes());
        self.say(rig, &bytes);
    }
}

/// A page with a bridge for this pattern, up.
fn begun(version: LinkFlag, is_on: bool, rows: &[RowField]) -> Rig {
    let mut rig = Rig::new();
    rig.act(Action::Navigated("#/play/qos1".to_owned()));
    rig.act(Action::Navigated("#/broker".to_owned()));
    bridge(&mut rig, BridgeAction::Tick(version, is_on));
    for row in rows {
        bridge(&mut rig, BridgeAction::Row(0, row.clone()));
    }
    let url = "ws://localhost:9001".to_owned();
    bridge(&mut rig, BridgeAction::Fill(LinkField::Url, url));
    bridge(&mut rig, BridgeAction::Start);
    rig.pass(300);
    rig
}

fn states(view: &BridgeView) -> Vec<&str> {
    view.ends.iter().map(|it| it.state.as_str()).collect()
}

fn count(rig: &mut Rig, pattern: &[&str]) -> usize {
    let steps = rig.steps();
    let is_meant = |it: &&String| pattern.iter().all(|part| it.contains(part));
    steps.iter().filter(is_meant).count()
}

#[test]
fn what_is_published_at_one_broker_reaches_the_other_once() {
    for is_v5 in [false, true] {
        let rows = [RowField::Remote("far/".to_owned())];
        let mut rig = begun(LinkFlag::V5, is_v5, &rows);
        let view = rig.page.bridge();
        assert_eq!(states(&view), ["up", "up"], "{:?}", view.trouble);
        let stranger = Stranger::new(&mut rig, "c15");
        rig.pass(200);
        stranger.publish(&mut rig, "far/lab", "hello");
        rig.pass(8_000);
        rig.live(LiveAction::Show);
        assert_eq!(
            count(&mut rig, &["remote -> bridge  PUBLISH", "far/lab"]),
            1
        );
        assert_eq!(count(&mut rig, &["bridge -> broker  PUBLISH", "lab"]), 1);
        // What the world's devices say goes out, and what goes out does not come back in.
        let out = count(&mut rig, &["broker -> bridge  PUBLISH"]);
        assert!(out > 0, "{:?}", rig.steps());
        assert_eq!(count(&mut rig, &["bridge -> remote  PUBLISH", "far/"]), out);
        assert_eq!(count(&mut rig, &["bridge -> broker  PUBLISH"]), 1);
        let back = count(&mut rig, &["remote -> bridge  PUBLISH"]) - 1;
        assert_eq!(
            back,
            if is_v5 { 0 } else { out },
            "3.1.1 sends back, 5.0 does not"
        );
        assert_eq!(rig.page.guests().devices.len(), 0);
    }
}

#[test]
fn a_bridge_waits_while_it_is_cut_and_goes_on() {
    let mut rig = begun(LinkFlag::V5, true, &[]);
    let stranger = Stranger::new(&mut rig, "c15");
    rig.pass(100);
    rig.live(LiveAction::Show);
    rig.live(LiveAction::Cut);
    rig.pass(1_500);
    let view = rig.page.bridge();
    assert_eq!(view.ends[0].state, "up");
    // What counts seconds is apart from what is read out.
    assert_eq!(view.ends[1].state, "waiting to retry");
    assert_eq!(view.ends[0].next, None);
    let next = view.ends[1].next.as_deref();
    assert!(next.is_some_and(|it| it.starts_with("in ")), "{next:?}");
    stranger.publish(&mut rig, "while/away", "kept");
    rig.live(LiveAction::Resume);
    rig.pass(6_000);
    assert_eq!(states(&rig.page.bridge()), ["up", "up"]);
    assert_eq!(
        count(&mut rig, &["remote -> bridge  CONNACK", "session 1"]),
        1
    );
    assert_eq!(
        count(&mut rig, &["bridge -> broker  PUBLISH", "while/away"]),
        1
    );
    // The gates are those of the way to the real broker, and hold what comes.
    rig.live(LiveAction::Gate(Way::In, true));
    stranger.publish(&mut rig, "held", "x");
    rig.pass(500);
    let strip = rig.page.live_strip().unwrap();
    assert_eq!(strip.state, LinkState::Connected);
    assert_eq!(strip.gates.unwrap().next.1.as_deref(), Some("PUBLISH"));
    assert_eq!(count(&mut rig, &["bridge -> broker  PUBLISH", "held"]), 0);
    rig.live(LiveAction::Pass(Way::In));
    rig.pass(500);
    assert_eq!(count(&mut rig, &["bridge -> broker  PUBLISH", "held"]), 1);
    rig.live(LiveAction::Gate(Way::In, false));
    bridge(&mut rig, BridgeAction::Stop);
    rig.pass(200);
    assert!(!rig.page.bridge().is_on);
    assert_eq!(count(&mut rig, &["bridge -> remote  DISCONNECT"]), 1);
    // It begins again, and with new sessions: of the old ones it knows nothing.
    bridge(&mut rig, BridgeAction::Start);
    rig.pass(3_000);
    assert_eq!(states(&rig.page.bridge()), ["up", "up"]);
    assert_eq!(count(&mut rig, &["-> bridge  CONNACK", "session 0"]), 4);
    let kept = rig.steps();
    rig.live(LiveAction::End);
    rig.pass(20);
    let again = rig.steps();
    assert_eq!(again[..kept.len()], kept[..], "the run plays again");
}

#[test]
fn nobody_there_and_a_wrong_form_are_told_in_words() {
    let mut rig = Rig::new();
    bridge(
        &mut rig,
        BridgeAction::Row(0, RowField::Pattern("a#".to_owned())),
    );
    bridge(&mut rig, BridgeAction::Start);
    let view = rig.page.bridge();
    assert!(!view.is_on && !rig.page.is_live());
    assert!(view.fault.unwrap().starts_with("Pattern 1: “a#”"));
    assert!(view.faults[0].is_some());
    bridge(&mut rig, BridgeAction::Conf("topic # both 1".to_owned()));
    bridge(&mut rig, BridgeAction::Import);
    bridge(
        &mut rig,
        BridgeAction::Fill(LinkField::Url, "mqtt://host".to_owned()),
    );
    bridge(&mut rig, BridgeAction::Start);
    let view = rig.page.bridge();
    assert!(view.fault.is_none() && view.trouble.is_some());
    rig.answers = false;
    let url = "ws://localhost:9001".to_owned();
    bridge(&mut rig, BridgeAction::Fill(LinkField::Url, url));
    bridge(
        &mut rig,
        BridgeAction::Fill(LinkField::User, "ann".to_owned()),
    );
    bridge(
        &mut rig,
        BridgeAction::Fill(LinkField::Password, "open-sesame".to_owned()),
    );
    bridge(&mut rig, BridgeAction::Start);
    rig.pass(200);
    let view = rig.page.bridge();
    let trouble = view.trouble.unwrap();
    assert!(trouble.known.contains("Browsers hide"), "{trouble:?}");
    assert!(trouble.tries.contains("next automatic try"), "{trouble:?}");
    assert_eq!(view.ends[0].state, "up");
    rig.answers = true;
    rig.pass(3_000);
    let view = rig.page.bridge();
    assert_eq!(states(&view), ["up", "up"]);
    assert_eq!(view.trouble, None);
    // What is secret goes over the wire, and nowhere else.
    let holds = |bytes: &[u8]| bytes.windows(11).any(|it| it == b"open-sesame");
    assert!(holds(&rig.sent));
    rig.live(LiveAction::Show);
    rig.act(Action::Share);
    rig.live(LiveAction::End);
    assert!(!rig.files.is_empty());
    assert!(!rig.files.iter().any(|it| holds(it)));
}
