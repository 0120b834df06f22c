//! A lesson that says what is not so is found out.

#![allow(clippy::expect_used)]

use sim::Scenario;
use std::rc::Rc;

/// One message at QoS 1: the robot ends at 1 m.
const WORLD: &str = r#"scenario "t"
until 10 s
node broker broker
node phone-1 phone
node robot-1 robot
  session kept
  subscribe "robot/move" qos 1
link phone-1 to broker
link robot-1 to broker
at 0 s: phone-1 connect
at 0 s: robot-1 connect
at 1 s: phone-1 publish "robot/move" "forward 1 m" qos 1
lesson 1 "t"
"#;

/// What is wrong with this lesson, one fault a line.
fn check(lesson: &str, expected: &str) {
    let text = format!("{WORLD}{lesson}");
    let scenario = Scenario::parse(&text).expect("it is a scenario");
    let faults = sim::prove(&Rc::new(scenario)).expect("its names are known");
    assert_eq!(faults.join("\n"), expected, "{lesson}");
}

const QUESTION: &str = r#"when PUBLISH from broker is on the wire: ask "Where?"
  right "1 m": robot-1 position 1 m
    because "Once."
  wrong "2 m": robot-1 position 2 m
    belief resent-on-timer
    because "No."
"#;

#[test]
fn a_true_question_has_no_fault() {
    check(QUESTION, "");
    // Before the packet has arrived it is not true yet.
    check(
        &QUESTION.replace(
            "  right",
            "  reveal when PUBLISH to robot-1 is on the wire plus 1 ms\n  right",
        ),
        "question \"Where?\": the answer \"1 m\" is to be right, but `robot-1 position 1 m` does not hold: position 0 m",
    );
}

#[test]
fn an_answer_must_be_what_it_is_said_to_be() {
    check(
        &QUESTION.replace("position 1 m", "position 3 m"),
        "question \"Where?\": the answer \"1 m\" is to be right, but `robot-1 position 3 m` does not hold: position 1 m",
    );
    check(
        &QUESTION.replace("position 2 m", "received \"#\" at least 1 times"),
        "question \"Where?\": the answer \"2 m\" is to be wrong, but `robot-1 received \"#\" at least 1 times` holds: \
         received 1 times",
    );
    // Not every wrong answer has a belief behind it that many hold.
    check(&QUESTION.replace("    belief resent-on-timer\n", ""), "");
    check(
        &QUESTION.replace("    because \"No.\"\n", ""),
        "question \"Where?\": the answer \"2 m\" has no `because`",
    );
    check(
        &QUESTION
            .replace("wrong", "right")
            .replace("    belief resent-on-timer\n", ""),
        "question \"Where?\": has no wrong answer\n\
         question \"Where?\": has not one right answer\n\
         question \"Where?\": the answer \"2 m\" is to be right, but `robot-1 position 2 m` does not hold: position 1 m",
    );
}

#[test]
fn what_comes_next_counts_from_the_question() {
    let next = |packet: &str| {
        QUESTION.replace(
            "robot-1 position 1 m",
            &format!("next {packet} from robot-1"),
        )
    };
    check(&next("PUBACK"), "");
    check(
        &next("SUBSCRIBE"),
        "question \"Where?\": the answer \"1 m\" is to be right, but `next SUBSCRIBE from robot-1` does not hold: \
         1.020  robot-1 -> broker  PUBACK 1",
    );
}

#[test]
fn moments_must_come() {
    check(
        "when PUBREL is sent: say \"x\"",
        "`when PUBREL is sent` never comes",
    );
    check(
        "when 2nd CONNACK has arrived plus 1 h: say \"x\"",
        "`when 2nd CONNACK has arrived plus 1 h` never comes",
    );
    check(
        &QUESTION.replace("  right", "  reveal at 0.5 s\n  right"),
        "question \"Where?\": `at 500 ms` is not after `when PUBLISH from broker is on the wire`",
    );
}

#[test]
fn a_generated_question_must_be_there_to_ask() {
    check(
        "when PUBLISH from phone-1 is on the wire: ask generated how-often",
        "",
    );
    check(
        "when PUBLISH from phone-1 is on the wire: ask generated will-fires",
        "`when PUBLISH from phone-1 is on the wire`: there is no `will-fires` to ask",
    );
}

const TASK: &str = r#"task "Make it 2 m."
  enable publish
  goal robot-1 position 2 m
    hint "Again."
  keep promise never-twice kept
    hint "Once each."
  solution at 5 s: phone-1 publish "robot/move" "forward 1 m" qos 1
"#;

#[test]
fn a_task_is_undone_without_its_solution_and_done_with_it() {
    check(TASK, "");
    check(
        &TASK.replace("position 2 m", "position 1 m"),
        "task of lesson 1: `robot-1 position 1 m` holds without any act\n\
         task of lesson 1: `robot-1 position 1 m` does not hold with the solution: position 2 m",
    );
    check(
        &TASK.replace("never-twice kept", "never-twice broken"),
        "task of lesson 1: `promise never-twice broken` is to be kept and does not hold: kept\n\
         task of lesson 1: `promise never-twice broken` does not hold with the solution: kept",
    );
    check(
        &TASK.replace("enable publish", "enable cut"),
        "task of lesson 1: `at 5 s: phone-1 publish \"robot/move\" \"forward 1 m\" qos 1` needs `enable publish`",
    );
    check(
        &TASK.replace("    hint \"Again.\"\n", ""),
        "task of lesson 1: `robot-1 position 2 m` has no `hint`",
    );
    check(
        &TASK.replace(
            "goal robot-1 position 2 m",
            "keep robot-1 received \"robot/move\" at least 1 times",
        ),
        "task of lesson 1: has no goal",
    );
}
