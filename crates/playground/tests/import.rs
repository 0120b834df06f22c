//! Captures of real traffic in the page, as a user walks through them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod support;

use playground::action::{Start, WhyAction};
use playground::export::Export;
use playground::level::Level;
use playground::menu::Target;
use playground::route::Place;
use playground::sandbox::SandboxAction;
use playground::text::Language;
use playground::{Action, Command, FilesAction, FilterAction, Playground};

const MOSQUITTO: &[u8] = include_bytes!("../../capture/tests/mosquitto.pcapng");

fn page() -> Playground {
    support::page(Start {
        fragment: "#/play/qos1-puback-lost".to_owned(),
        ..Start::default()
    })
}

fn with_capture() -> Playground {
    let mut page = page();
    support::open_file(&mut page, "lab \u{202e}7.pcapng", MOSQUITTO);
    page
}

fn said(page: &Playground) -> (bool, String) {
    let notice = page.notice().expect("something is said");
    (
        notice.is_fault,
        notice.text.to(Language::English).to_owned(),
    )
}

#[test]
fn a_capture_is_walked_through_like_a_run() {
    let mut page = with_capture();
    let (is_fault, text) = said(&page);
    assert!(
        !is_fault && text.contains("4 connections with MQTT"),
        "{text}"
    );
    assert_eq!(page.frame().crumb, "Capture");
    let frame = page.frame();
    // Nothing in a name is hidden.
    assert_eq!(
        frame.scenarios.get(frame.scenario).map(String::as_str),
        Some("lab ⟨U+202E⟩7.pcapng")
    );
    assert_eq!(page.story().steps.len(), 28);
    assert!(
        page.explain()
            .say
            .iter()
            .any(|it| it.text.contains("real traffic"))
    );
    page.update(Action::GoToEnd);
    assert_eq!(page.list().lines().count(), 28);
    page.update(Action::HasRoomForPackets(true));
    assert_eq!(page.packets().rows.len(), 28);
    assert!(page.print().is_none());
    // A QoS 2 message on the second hop: its packet, its fields, its cause.
    let publish = page
        .story()
        .steps
        .iter()
        .position(|it| it.line.contains("PUBLISH 2 QoS 2"));
    let publish = publish.unwrap() + 1;
    page.update(Action::GoTo(publish));
    assert!(
        page.packet()
            .fields
            .iter()
            .any(|it| it.value.contains("robot/move"))
    );
    page.update(Action::StepInExchange(1));
    assert!(
        page.story()
            .step(page.position().step)
            .unwrap()
            .line
            .contains("PUBREC 2")
    );
    assert!(page.why().chain.len() >= 2, "{:?}", page.why());
    // Filter, list and timeline.
    page.update(Action::GoToEnd);
    page.update(Action::Filter(FilterAction::Type(
        "mqtt.msgtype == 3".to_owned(),
    )));
    assert_eq!(page.list().lines().count(), 6);
    // The same identifier is taken again by other messages: each is an exchange of its own.
    let of = |id: u16| {
        page.story()
            .exchanges
            .iter()
            .filter(|it| it.id == id)
            .count()
    };
    assert_eq!((of(1), of(2)), (3, 1));
    assert!(
        page.story()
            .exchanges
            .iter()
            .all(|it| it.interval.until.is_some())
    );
}

#[test]
fn a_capture_leaves_the_page_in_all_forms() {
    let mut page = with_capture();
    page.update(Action::GoToEnd);
    for kind in [Export::Text, Export::Mermaid, Export::Pcapng] {
        let commands = page.update(Action::Files(FilesAction::Export(kind)));
        let file = commands.into_iter().find_map(|it| match it {
            Command::Download { bytes, .. } => Some(bytes),
            _ => None,
        });
        let file = file.expect("there is a file");
        if kind == Export::Pcapng {
            let steps: Vec<String> = page
                .story()
                .steps
                .iter()
                .map(|it| it.line.clone())
                .collect();
            support::open_file(&mut page, "again.pcapng", &file);
            let what = |line: &String| line.split_once("  ").unwrap().1.to_owned();
            let again = page.story().steps.iter().map(|it| what(&it.line));
            assert!(again.eq(steps.iter().map(what)));
            // That what was exported had been real traffic does not make the export real traffic.
            let (_, text) = said(&page);
            assert!(!text.contains("real traffic"), "{text}");
        } else {
            assert!(String::from_utf8(file).unwrap().contains("PUBREL"));
        }
    }
}

#[test]
fn an_export_of_the_page_is_not_taken_for_real_traffic() {
    let mut page = page();
    page.update(Action::GoToEnd);
    let commands = page.update(Action::Files(FilesAction::Export(Export::Pcapng)));
    let file = commands.into_iter().find_map(|it| match it {
        Command::Download { bytes, .. } => Some(bytes),
        _ => None,
    });
    support::open_file(&mut page, "mine.pcapng", &file.expect("there is a file"));
    let notice = page.notice().expect("something is said").text.clone();
    assert_eq!(
        notice.to(Language::English),
        "A capture that MQTT Playground has written itself: 3 connections with MQTT, in TCP frames that it has made."
    );
    assert_eq!(
        notice.to(Language::German),
        "Ein Mitschnitt, den MQTT Playground selbst geschrieben hat: 3 Verbindungen mit MQTT, in selbst erzeugten TCP-Rahmen."
    );
    // The same stands where a scenario has what it is about.
    let explained = page.explain();
    let about = explained.say.iter().map(|it| it.text.as_str());
    assert!(about.collect::<String>().contains("written itself"));
}

#[test]
fn what_only_a_simulated_world_has_says_so() {
    let mut page = with_capture();
    page.update(Action::GoTo(9));
    let state = page.state();
    assert!(state.note.is_some() && state.rows.is_empty() && state.facts.is_empty());
    assert!(
        page.why()
            .not_subscribed
            .as_deref()
            .is_some_and(|it| it.contains("capture"))
    );
    assert!(page.shows_capture(), "nothing invites to act on it");
    let why = page.why_no_cut_map();
    assert!(why.to(Language::English).contains("A capture"));
    page.update(Action::SetLevel(Level::Lab));
    let packet = page.packet();
    assert!(!packet.can_edit && packet.no_edit.is_some_and(|it| it.contains("has happened")));
    page.update(Action::Why(WhyAction::ToggleFull));
    assert!(page.why().questions.is_empty() && page.why().not_delivered.is_empty());
    let before = page.position();
    let deeds: [(Action, &str); 6] = [
        (Action::OpenMenu(Target::Node(0)), "has happened"),
        (Action::Sandbox(SandboxAction::FromOpen), "has happened"),
        (Action::Share, "its file"),
        (Action::Files(FilesAction::Save), "its file"),
        (Action::Visit("#/futures".to_owned()), "one future"),
        (Action::Navigated("#/futures".to_owned()), "one future"),
    ];
    for (action, expected) in deeds {
        page.update(Action::CloseNotice);
        let commands = page.update(action.clone());
        let kept = commands.iter().any(|it| {
            matches!(
                it,
                Command::KeepWorks(_) | Command::Share { .. } | Command::Download { .. }
            )
        });
        assert!(!kept, "{action:?}");
        // A link is followed by the browser.
        if let Action::Visit(_) = action {
            continue;
        }
        let (_, text) = said(&page);
        assert!(text.contains(expected), "{action:?}: {text}");
    }
    assert_eq!(page.position(), before);
    assert!(page.menu().is_none());
}

#[test]
fn the_users_own_work_is_there_again_behind_a_capture() {
    let mut page = page();
    page.update(Action::GoTo(5));
    support::open_file(&mut page, "lab.pcapng", MOSQUITTO);
    page.update(Action::GoTo(7));
    // Another capture takes its place.
    support::open_file(&mut page, "lab2.pcapng", MOSQUITTO);
    let captures = page
        .frame()
        .scenarios
        .iter()
        .filter(|it| it.ends_with(".pcapng"))
        .count();
    assert_eq!((captures, page.position().step), (1, 0));
    page.update(Action::Navigated("#/play/qos1-puback-lost".to_owned()));
    assert_eq!(page.position().step, 5);
    page.update(Action::Navigated("#/play/capture".to_owned()));
    assert_eq!(page.story().steps.len(), 28);
    // After a reload it is gone, and the page says what to do.
    let again = support::page(Start {
        fragment: "#/play/capture".to_owned(),
        ..Start::default()
    });
    assert!(said(&again).1.contains("open its file again"));
    assert_eq!(again.frame().place, Place::Lessons);
}

#[test]
fn what_cannot_be_read_is_told_and_changes_nothing() {
    let head = MOSQUITTO.get(..200).unwrap();
    let cases: [(&[u8], &str); 3] = [
        (head, "no TCP"),
        (&[0x0a, 0x0d, 0x0d, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8], "damaged"),
        (&[0xd4, 0xc3, 0xb2, 0xa1], "damaged"),
    ];
    for (bytes, expected) in cases {
        let mut page = page();
        page.update(Action::GoTo(5));
        support::open_file(&mut page, "x.pcapng", bytes);
        let (is_fault, text) = said(&page);
        assert!(is_fault && text.contains(expected), "{text}");
        assert_eq!(page.position().step, 5);
    }
    // However it is cut, what is there is shown, or a sentence says why nothing is.
    for end in (0..MOSQUITTO.len()).step_by(331) {
        let mut page = page();
        support::open_file(&mut page, "x.pcapng", MOSQUITTO.get(..end).unwrap());
        said(&page);
    }
    // Too large: it is not even read further.
    let mut page = page();
    let file = |bytes| FilesAction::Chosen {
        file: 4,
        name: "big.pcap".to_owned(),
        bytes,
    };
    page.update(Action::Files(file(1 << 40)));
    let commands = page.update(Action::Files(FilesAction::Piece(
        4,
        0,
        MOSQUITTO.get(..100).map(<[u8]>::to_vec),
    )));
    assert!(
        !commands
            .iter()
            .any(|it| matches!(it, Command::ReadFile { .. }))
    );
    assert!(said(&page).1.contains("256 MiB"));
    // The browser cannot read it, or the user does not want to wait.
    page.update(Action::Files(file(1000)));
    page.update(Action::Files(FilesAction::Piece(4, 0, None)));
    assert!(said(&page).1.contains("could not read it"));
    page.update(Action::Files(file(1 << 20)));
    page.update(Action::Escape);
    let late = page.update(Action::Files(FilesAction::Piece(
        4,
        0,
        MOSQUITTO.get(..100).map(<[u8]>::to_vec),
    )));
    assert!(late.is_empty(), "{late:?}");
}
