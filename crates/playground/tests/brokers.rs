//! Two brokers in one world: what is said of one is not said of the other.

#![allow(clippy::expect_used)]

mod support;

use playground::action::Start;
use playground::level::Level;
use playground::story::SpanKind;
use playground::study::{StudyAction, StudyTab, StudyView};
use playground::{Action, Playground, text};

const WORLD: &str = "scenario \"two\"
version 3.1.1
until 5 s

node north broker
node south broker
node phone-1 phone
node robot-1 robot
  session kept
  subscribe \"robot/move\" qos 1

link phone-1 to north
link robot-1 to south

at 0 s: phone-1 connect
at 0.2 s: robot-1 connect
at 1 s: phone-1 publish \"robot/move\" \"forward 1 m\" qos 1 retain
at 2 s: north crash for 1 s
";

fn page() -> Playground {
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        ..Start::default()
    });
    support::open_file(&mut page, "a.mqtt", WORLD.as_bytes());
    page.update(Action::GoToEnd);
    page
}

#[test]
fn what_is_kept_for_a_client_is_at_its_own_broker() {
    let mut page = page();
    let state = page.state();
    let client = state.clients.get(state.client).map(String::as_str);
    assert_eq!(client, Some("robot-1"));
    let facts: Vec<&str> = state
        .facts
        .iter()
        .filter(|fact| fact.0 == text::SUBSCRIPTION)
        .map(|fact| fact.1.as_str())
        .collect();
    assert_eq!(facts, ["robot/move QoS 1"]);
    // Beside it, the topics are the same broker's.
    page.update(Action::Study(StudyAction::Show(StudyTab::Topics)));
    let study = page.study();
    let StudyView::Topics(topics) = &*study else {
        unreachable!("topics are shown")
    };
    assert_eq!(topics.broker, "south");
}

#[test]
fn a_broker_that_stops_ends_its_own_line() {
    let page = page();
    let story = page.story();
    let spans = |name: &str, kind: SpanKind| -> Vec<(u64, Option<u64>)> {
        let lane = story.lanes.iter().position(|lane| lane.name == name);
        let own = story.spans.iter();
        let own = own.filter(|span| Some(span.lane) == lane && span.kind == kind);
        own.map(|span| (span.interval.from.at, span.interval.until.map(|it| it.at)))
            .collect()
    };
    let up = SpanKind::Connection;
    assert_eq!(
        spans("north", up),
        [(0, Some(2_000_000)), (3_000_000, None)]
    );
    assert_eq!(spans("south", up), [(0, None)]);
    assert!(spans("north", SpanKind::Session).is_empty());
    assert_eq!(spans("south", SpanKind::Session).len(), 1);
}
