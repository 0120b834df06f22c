//! A board on a cable at the page's broker, beside its twin, while time goes on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/cable.rs"]
mod cable;

use board::serial::Frame;
use cable::{CONNECT, LAMP, ON, Rig};
use playground::board::{BoardAction, CableEvent};
use playground::live::{LiveAction, LiveCommand};
use playground::{Action, Command};

#[test]
fn a_board_and_its_twin_are_compared_while_time_goes_on() {
    let mut rig = Rig::new();
    assert!(rig.page.board_strip().is_none() && rig.page.is_live());
    assert_eq!(rig.heard, [Frame::Ask, Frame::Open]);
    rig.joins();
    assert!(rig.page.board().joined.as_ref().unwrap().has_run);
    rig.board(BoardAction::Show);
    rig.waits(3_000);
    let strip = rig.strip();
    assert!(
        strip.is_open && strip.follows && !strip.differs,
        "{strip:?}"
    );
    assert_eq!(
        strip.twin.unwrap(),
        "Like its twin so far: 4 packets are the same."
    );
    assert_eq!(rig.page.ladder_still().differs, []);
    let looks = rig.page.map_still();
    let names: Vec<&str> = looks.nodes.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["abc", "abc-twin", "broker", "page"]);
    // Somebody switches the real lamp on.
    rig.says_bytes(ON);
    assert_eq!(rig.strip().reading.as_deref(), Some("its lamp is on"));
    rig.waits(3_000);
    let strip = rig.strip();
    assert!(strip.differs, "{strip:?}");
    assert_eq!(rig.page.ladder_still().differs.len(), 1);
    // The way there, and back to now.
    rig.board(BoardAction::ShowDifference);
    assert!(!rig.strip().follows);
    rig.board(BoardAction::Show);
    assert!(rig.strip().follows);
}

#[test]
fn a_board_in_the_network_says_in_text_what_it_is() {
    let mut rig = Rig::new();
    rig.board(BoardAction::Address("192.168.1.7".to_owned()));
    let mut dial = |action: Action| {
        let mut dialled = rig.page.at(rig.wall, action).commands.into_iter();
        dialled.find_map(|it| match it {
            Command::Live(LiveCommand::Open(number, url) | LiveCommand::OpenAs(number, url, _)) => {
                Some((number, url))
            }
            _ => None,
        })
    };
    let (question, url) = dial(Action::Board(BoardAction::Dial)).unwrap();
    assert_eq!(url, "ws://192.168.1.7/device");
    let opened = LiveAction::Opened(question, "mqtt-playground.device".to_owned());
    assert_eq!(dial(Action::Live(opened)), None);
    let about = LiveAction::Text(question, LAMP.to_owned());
    let (_, url) = dial(Action::Live(about)).unwrap();
    assert_eq!(url, "ws://192.168.1.7/mqtt");
}

#[test]
fn a_run_with_a_board_goes_on_aside_and_ends_as_a_run() {
    let mut rig = Rig::new();
    rig.joins();
    rig.board(BoardAction::Show);
    rig.act(Action::Open(0));
    let strip = rig.strip();
    assert!(
        strip.is_open && !strip.follows && strip.twin.is_none(),
        "{strip:?}"
    );
    // The cable comes loose while another world is shown, and the board comes back to its session.
    rig.cable(CableEvent::Failed(playground::board::Fault::Loose));
    assert!(!rig.strip().is_open);
    rig.waits(1_000);
    rig.cable(CableEvent::Running);
    rig.says(&Frame::Open);
    let answers = rig.says_bytes(CONNECT);
    assert!(
        matches!(&answers[..], [Frame::Data(it)] if it[2] == 1),
        "session present: {answers:?}"
    );
    rig.board(BoardAction::Show);
    rig.heard.clear();
    rig.board(BoardAction::End);
    assert_eq!(rig.heard, [Frame::Close]);
    assert!(rig.page.board_strip().is_none() && !rig.page.is_live());
    // What happened is still there, as a run like any other.
    assert!(rig.page.ladder_still().rows.len() > 3);
}
