//! The cut-point map equals what the standard promises.

#![allow(clippy::expect_used)]

use mqtt_proto::{Duration, Qos, Text, TopicFilter};
use sim::Scenario;
use sim::cuts::{CutQuestion, cut_map, variant};
use sim::scenario::{Phase, SessionSpec};

/// One line a cell: packet, direction, phase, deliveries.
fn map(qos: Qos, session: SessionSpec) -> String {
    let text = include_str!("../../../scenarios/qos1-puback-lost.mqtt");
    let mut scenario = Scenario::parse(text).expect("it is one");
    // The story without its own cut.
    scenario
        .events
        .retain(|planned| !planned.action.to_string().starts_with("cut"));
    let scenario = variant(&scenario, "robot-1", qos, session);
    let question = CutQuestion {
        device: "robot-1".to_owned(),
        filter: TopicFilter::new(Text::try_from("robot/move").expect("short")).expect("plain"),
        span: Duration::from_secs(2),
    };
    let cells = cut_map(&scenario, &question).expect("its names are known");
    cells
        .iter()
        .map(|cell| {
            let arrow = if cell.from_device { "->" } else { "<-" };
            let place = match cell.phase {
                Phase::OnTheWire => "lost",
                _ => "came",
            };
            format!(
                "robot-1 {arrow} {} {place} {}\n",
                cell.packet.name(),
                cell.deliveries
            )
        })
        .collect()
}

#[test]
fn qos_0_is_delivered_at_most_once() {
    let expected = "robot-1 <- PUBLISH lost 0\nrobot-1 <- PUBLISH came 1\n";
    assert_eq!(map(Qos::AtMostOnce, SessionSpec::Kept), expected);
    assert_eq!(map(Qos::AtMostOnce, SessionSpec::Clean), expected);
}

#[test]
fn qos_1_is_delivered_at_least_once_if_the_session_is_kept() {
    assert_eq!(
        map(Qos::AtLeastOnce, SessionSpec::Kept),
        "robot-1 <- PUBLISH lost 1\n\
         robot-1 <- PUBLISH came 2\n\
         robot-1 -> PUBACK lost 2\n\
         robot-1 -> PUBACK came 1\n"
    );
}

#[test]
fn qos_2_is_delivered_exactly_once_if_the_session_is_kept() {
    assert_eq!(
        map(Qos::ExactlyOnce, SessionSpec::Kept),
        "robot-1 <- PUBLISH lost 1\n\
         robot-1 <- PUBLISH came 1\n\
         robot-1 -> PUBREC lost 1\n\
         robot-1 -> PUBREC came 1\n\
         robot-1 <- PUBREL lost 1\n\
         robot-1 <- PUBREL came 1\n\
         robot-1 -> PUBCOMP lost 1\n\
         robot-1 -> PUBCOMP came 1\n"
    );
}

#[test]
fn a_clean_session_forgets_what_was_on_its_way() {
    assert_eq!(
        map(Qos::AtLeastOnce, SessionSpec::Clean),
        "robot-1 <- PUBLISH lost 0\n\
         robot-1 <- PUBLISH came 1\n\
         robot-1 -> PUBACK lost 1\n\
         robot-1 -> PUBACK came 1\n"
    );
    let qos2 = map(Qos::ExactlyOnce, SessionSpec::Clean);
    let mut deliveries = qos2.lines().map(|line| line.chars().last());
    assert_eq!(deliveries.next(), Some(Some('0')));
    assert!(deliveries.all(|times| times == Some('1')), "{qos2}");
}
