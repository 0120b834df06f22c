//! A device outside and its twin at one broker, side by side.

#![allow(clippy::expect_used)]

use mqtt_proto::Instant;
use sim::scenario::{Action, NodeAction, Outside};
use sim::twin::Beside;
use sim::{LinkId, Recording, Scenario};
use std::rc::Rc;

const WORLD: &str = r#"scenario "A board and its twin"
until 60 s
node broker broker
remote device real
node twin lamp
  subscribe "set" qos 1
  on change: publish "state" "{reading}"
link real to broker
  latency 0 s
link twin to broker
  latency 0 s
at 0 s: twin connect
"#;

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1_000)
}

fn node(node: &str, act: NodeAction) -> Action {
    Action::Node {
        node: node.to_owned(),
        act,
    }
}

#[test]
fn what_two_links_of_one_run_carry_is_compared() {
    let scenario = Scenario::parse(WORLD).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("its names are known");
    run.run_until(at(5));
    let connection = run.head().next_connection();
    let outside = |run: &mut Recording, millis, what| {
        run.run_until(at(millis));
        run.act(at(millis), node("real", NodeAction::Outside(what)))
            .expect("it is outside");
        run.run_until(at(millis));
    };
    let says = |run: &mut Recording, millis, bytes: &'static [u8]| {
        let bytes = bytes.into();
        outside(run, millis, Outside::Received { connection, bytes });
    };
    // What was compared before is not looked at again, and comes to the same.
    let mut beside = Beside::new(LinkId(0), LinkId(1));
    let mut compare = |run: &mut Recording, millis| {
        run.run_until(at(millis));
        beside.take(run.log());
        let compared = run.compare_links(LinkId(0), LinkId(1), at(millis));
        assert_eq!(beside.at(at(millis)), compared);
        compared
    };
    outside(&mut run, 10, Outside::Opened { connection });
    says(
        &mut run,
        20,
        b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04real",
    );
    says(&mut run, 30, b"\x82\x08\x00\x01\x00\x03set\x01");
    let compared = compare(&mut run, 10_000);
    assert_eq!((compared.same, compared.first), (4, None));
    // Somebody switches the real one on: it says so, and its twin does not.
    says(&mut run, 11_000, b"\x30\x09\x00\x05stateon");
    assert_eq!(compare(&mut run, 12_000).first, None, "it may be under way");
    let first = compare(&mut run, 14_000).first.expect("they differ");
    assert_eq!((first.nth, first.simulated), (1, None));
    let line = run.log().line(first.real.expect("it was sent"));
    assert!(line.contains("PUBLISH"), "{line}");
    // The twin is switched on, too: now both have said the same.
    let on = NodeAction::Input(device::Input::Switch { on: true });
    run.act(at(15_000), node("twin", on)).expect("it is inside");
    let compared = compare(&mut run, 20_000);
    assert_eq!((compared.same, compared.first), (5, None));
    // From here on they say different things: what comes later does not make it good.
    says(&mut run, 21_000, b"\x30\x09\x00\x05stateon");
    let off = NodeAction::Input(device::Input::Switch { on: false });
    run.act(at(21_500), node("twin", off))
        .expect("it is inside");
    let first = compare(&mut run, 22_000).first.expect("they differ");
    assert_eq!(first.nth, 2);
    assert!(first.real.is_some() && first.simulated.is_some());
    says(&mut run, 23_000, b"\x30\x0a\x00\x05stateoff");
    let later = compare(&mut run, 30_000);
    assert_eq!((later.same, later.first), (5, Some(first)));
}
