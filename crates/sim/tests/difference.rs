//! Two futures of one past, and what differs at their ends.

#![allow(clippy::expect_used)]

use sim::difference::About;
use sim::{Cursor, Recording, Scenario};
use std::rc::Rc;

fn robot() -> Recording {
    let text = include_str!("../../../scenarios/qos1.mqtt");
    let scenario = Scenario::parse(text).expect("it is one");
    let seed = scenario.seed;
    Recording::run(Rc::new(scenario), seed).expect("its names are known")
}

fn action(text: &str) -> sim::scenario::Action {
    let text = format!(
        "scenario \"t\"\nnode broker broker\nnode robot-1 robot\nlink robot-1 to broker\nat 0 s: {text}\n"
    );
    let scenario = Scenario::parse(&text).expect("it is one");
    scenario.events.into_iter().next().expect("one act").action
}

/// A robot that is told so often to drive 1 m, and then something else.
fn driven(times: u32, last: &str) -> Recording {
    let mut text = String::from(
        "scenario \"t\"\nuntil 60 s\nnode broker broker\nnode phone-1 phone\nnode robot-1 robot\n  \
         subscribe \"robot/move\" qos 1\nlink phone-1 to broker\nlink robot-1 to broker\n\
         at 0 s: phone-1 connect\nat 0 s: robot-1 connect\n",
    );
    for time in 1..=times {
        text += &format!("at {time} s: phone-1 publish \"robot/move\" \"forward 1 m\"\n");
    }
    text += &format!("at 50 s: phone-1 publish \"robot/move\" \"{last}\"\n");
    let scenario = Scenario::parse(&text).expect("it is one");
    let seed = scenario.seed;
    Recording::run(Rc::new(scenario), seed).expect("its names are known")
}

/// The run, forked right after a step whose line holds some words, with something done to it there.
fn other_future(run: &Recording, step: &str, act: &str) -> Recording {
    let log = run.log();
    let found = log.steps().iter().find(|id| {
        let line = log.record(**id).and_then(|record| log.ladder_line(record));
        line.is_some_and(|line| line.to_string().contains(step))
    });
    let cursor = Cursor::after(*found.expect("the step is there"));
    let mut fork = run.fork(cursor);
    let now = fork.head().now();
    fork.act(now, action(act)).expect("its names are known");
    fork.run_to_end();
    fork
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let run = robot();
    let mut again = run.fork(Cursor(run.log().end().0 / 2));
    again.run_to_end();
    let difference = run.difference(&again);
    assert_eq!(difference.ends, []);
    assert_eq!(difference.parts_with, [None, None]);
    assert_eq!(difference.fork, run.log().end());
}

#[test]
fn the_difference_is_named() {
    let run = robot();
    let cut = other_future(
        &run,
        "robot-1 -> broker  PUBACK",
        "cut robot-1 to broker for 2 s",
    );
    let difference = run.difference(&cut);
    let log = cut.log();
    let parts = difference.parts_with.map(|id| id.expect("both go on"));
    let first = log.record(parts[1]).expect("it is there");
    assert!(
        matches!(first.kind, sim::RecordKind::Stimulus(_)),
        "{first:?}"
    );
    let lines: Vec<String> = difference.ends.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "session of robot-1: connected, 1 subscription, 0 messages waiting | away, 1 subscription, 0 messages waiting",
            "\"forward 1 m\" on robot/move, from broker to robot-1: nothing | sent 1 time, not acknowledged",
        ]
    );

    // A fork of the fork: for good, so that what was kept has nowhere to go.
    let gone = other_future(&cut, "CONNECT", "robot-1 power-off");
    let difference = run.difference(&gone);
    let about = |wanted| {
        let mut ends = difference.ends.iter();
        ends.any(|it| it.what.about() == wanted)
    };
    let lines: Vec<String> = difference.ends.iter().map(ToString::to_string).collect();
    assert!(about(About::Deliveries), "{lines:#?}");
    assert!(about(About::Outputs), "{lines:#?}");
    assert!(about(About::Sessions), "{lines:#?}");
    // All three are still there.
    assert_ne!(run.log(), cut.log());
    assert_ne!(cut.log(), gone.log());
}

#[test]
fn all_that_a_device_did_is_compared_and_what_differs_is_told() {
    for (times, expected) in [
        (
            3,
            "robot-1: drives 1 m, drives 1 m, drives 1 m, drives 2 m | drives 1 m, drives 1 m, drives 1 m, drives 3 m",
        ),
        // Much more than is told, as often, and the first of it the same.
        (
            12,
            "robot-1: …, drives 1 m, drives 2 m (13 effects) | …, drives 1 m, drives 3 m (13 effects)",
        ),
    ] {
        let difference = driven(times, "forward 2 m").difference(&driven(times, "forward 3 m"));
        let mut ends = difference.ends.iter();
        let done = ends.find(|it| it.what.about() == About::Outputs);
        assert_eq!(done.expect("it differs").to_string(), expected);
    }
}

#[test]
fn the_steps_after_the_fork_are_named_by_their_records() {
    let run = robot();
    let act = "cut robot-1 to broker for 2 s";
    let cut = other_future(&run, "broker -> robot-1  PUBLISH", act);
    let difference = run.difference(&cut);
    for (run, steps) in [&run, &cut].into_iter().zip(&difference.steps) {
        let all = run.log().steps().iter();
        let behind: Vec<_> = all
            .filter(|id| !difference.fork.includes(**id))
            .copied()
            .collect();
        assert_eq!(*steps, behind);
    }
    assert_ne!(difference.steps[0], []);
}
