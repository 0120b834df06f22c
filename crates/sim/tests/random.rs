//! Random worlds break no promise, and the checkers are not blind.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

use sim::scenario::{Action, NodeAction};
use sim::{Breach, Check, RecordKind, Recording, Sabotage, Scenario, random};
use std::rc::Rc;

fn breaches(scenario: &Scenario) -> Vec<Breach> {
    let recording =
        Recording::run(Rc::new(scenario.clone()), scenario.seed).expect("its names are known");
    recording.breaches()
}

#[test]
fn random_worlds_break_no_promise() {
    // As many as a continuous build has time for; `cargo xtask simulate` runs more.
    const WORLDS: u64 = 2_000;
    const THREADS: u64 = 4;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for seed in (thread..WORLDS).step_by(THREADS as usize) {
                    assert_eq!(breaches(&random::scenario(seed)), [], "seed {seed}");
                }
            });
        }
    });
}

#[test]
fn a_random_world_is_a_scenario_file() {
    for seed in 0..50 {
        let scenario = random::scenario(seed);
        let again = Scenario::parse(&scenario.to_string());
        assert_eq!(again.as_ref(), Ok(&scenario), "{scenario}");
    }
}

/// So that the promises are tested and not only never in question.
#[test]
fn random_worlds_have_all_kinds_of_trouble() {
    let (mut lost, mut dups, mut delivered, mut wills, mut down) = (0, 0, 0, 0, 0);
    for seed in 0..200 {
        let scenario = random::scenario(seed);
        let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
        let log = recording.log();
        for record in log.records(log.end()) {
            match &record.kind {
                RecordKind::Lost { .. } => lost += 1,
                RecordKind::NodeDown { .. } => down += 1,
                RecordKind::Delivered(message) => {
                    delivered += 1;
                    dups += u32::from(message.delivery.dup());
                    wills += u32::from(message.topic.as_str().starts_with("will/"));
                }
                _ => {}
            }
        }
    }
    for count in [lost, dups, delivered, wills, down] {
        assert!(count > 50, "{:?}", [lost, dups, delivered, wills, down]);
    }
}

/// A device that is said to keep its session and does not: what a lost session looks like.
fn amnesia(seed: u64) -> Scenario {
    let mut scenario = random::scenario(seed);
    for node in &mut scenario.nodes {
        node.storage = sim::scenario::Storage::Forgets;
    }
    scenario
}

#[test]
fn what_amnesia_breaks_is_excused_and_not_found() {
    for seed in 0..200 {
        assert_eq!(breaches(&amnesia(seed)), [], "seed {seed}");
    }
}

#[test]
fn shrinking_leaves_only_what_it_takes() {
    // "Fails" if some message is published at all.
    let publishes = |scenario: &Scenario| {
        scenario.events.iter().any(|planned| {
            matches!(
                planned.action,
                Action::Node {
                    act: NodeAction::Publish { .. },
                    ..
                }
            )
        })
    };
    let scenario = (0..)
        .map(random::scenario)
        .find(publishes)
        .expect("some seed publishes");
    let small = random::shrink(&scenario, publishes);
    assert_eq!(small.events.len(), 1);
    assert!(publishes(&small));
    assert_eq!(small.nodes.len(), 1, "{small}");
}

/// How many worlds it takes to find a planted bug, and which promise it breaks first.
#[test]
fn every_planted_bug_is_found() {
    for bug in Sabotage::ALL {
        let found = (0..1_000).find_map(|seed| {
            let scenario = Rc::new(random::scenario(seed));
            let recording =
                Recording::run_sabotaged(scenario, seed, bug).expect("its names are known");
            Some((seed, recording.breaches().first()?.check))
        });
        let (seed, check) = found.expect("a thousand worlds are enough");
        println!("{bug:?}: seed {seed}, {check}");
        let expected: &[Check] = match bug {
            Sabotage::NoDeduplication => &[Check::NeverTwice],
            Sabotage::IdFreedEarly => &[Check::IdsUnique, Check::Settled],
            Sabotage::WillTwice => &[Check::WillOnce],
            Sabotage::RetainedLost => &[Check::RetainedIsLast],
        };
        assert!(expected.contains(&check), "{bug:?} shows as {check:?}");
    }
}

/// World 86,877 of an earlier generator: a broker that takes its time sends the old session's packet after the new session
/// has begun. Identifiers are unique in a session, so nothing is wrong.
const OLD_SESSIONS_PACKET: &str = r##"scenario "random world 86877"
version 3.1.1
seed 86877
until 2 min

node broker broker
  work 5 ms
  storage forgets

node watcher phone
  storage keeps
  session kept
  reconnect every 1 s
  subscribe "#" qos 2

node d0 phone
  work 1 ms
  version 5.0
  keep-alive 2 s
  will "will/d0" "d0 is gone" retain
  reconnect when-link-is-up
  subscribe "#" qos 2

node d1 phone
  work 2 ms
  storage keeps
  session kept
  reconnect when-link-is-up

link watcher to broker
  latency 25 ms
  bandwidth 1000 B/s

link d0 to broker
  latency 30 ms
  jitter 48 ms
  bandwidth 50000 B/s

link d1 to broker
  latency 40 ms
  jitter 6 ms

at 0 s: watcher connect
at 1.621811 s: d0 connect
at 137.835 ms: d1 connect
at 2.859275 s: d1 publish "t/2" "m1" qos 2 retain
at 1.753239 s: d1 publish "t/3/d1/2" "m10" qos 2 retain
when 2nd PUBREL has arrived: d0 power-off for 892 ms
"##;

/// World 4,410: a broker that has accepted a connection with a will and crashes before CONNACK leaves. The will is due.
const CRASHED_BEFORE_CONNACK: &str = r##"scenario "random world 4410"
version 3.1.1
seed 4410
until 2 min

node broker broker
  work 10 ms

node watcher phone
  version 5.0
  session kept
  reconnect every 1 s
  subscribe "#" qos 2

node d0 phone
  work 1 ms
  storage keeps
  version 5.0
  session kept
  keep-alive 30 s
  will "will/d0" "d0 is gone" qos 2
  reconnect when-link-is-up
  subscribe "t/0" qos 2

link watcher to broker
  latency 69 ms

link d0 to broker
  latency 63 ms

at 0 s: watcher connect
at 482.134 ms: d0 connect
at 7.484954 s: broker crash after-saving for 2.522 s
at 4.024227 s: broker crash after-saving for 3.189 s
at 1.78605 s: broker crash for 2.289 s
"##;

#[test]
fn a_will_is_due_though_no_connack_has_left() {
    let scenario = Scenario::parse(CRASHED_BEFORE_CONNACK).expect("it is one");
    assert_eq!(breaches(&scenario), []);
}

#[test]
fn what_leaves_late_belongs_to_the_session_that_is_gone() {
    let scenario = Scenario::parse(OLD_SESSIONS_PACKET).expect("it is one");
    assert_eq!(breaches(&scenario), []);
}
