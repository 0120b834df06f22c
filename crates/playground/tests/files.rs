//! Saving, opening, exporting, stops and markers, as a user does them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod support;

use playground::action::Start;
use playground::commands::{Group, key};
use playground::export::Export;
use playground::menu::Target;
use playground::sandbox::{Edit, SandboxAction};
use playground::step::Unit;
use playground::text::Language;
use playground::{
    Action, Command, CoverView, FilesAction, FilterAction, PaletteAction, PaletteView, Playground,
    StopsAction,
};

fn page(works: &str) -> Playground {
    support::page(Start {
        works: works.to_owned(),
        fragment: "#/play/qos1-puback-lost".to_owned(),
        ..Start::default()
    })
}

/// What was given to the browser to save.
fn download(commands: Vec<Command>) -> (String, String) {
    let found = commands.into_iter().find_map(|command| match command {
        Command::Download { name, bytes } => Some((name, String::from_utf8(bytes).unwrap())),
        _ => None,
    });
    found.expect("there is a file")
}

fn kept(commands: Vec<Command>) -> Option<String> {
    commands
        .into_iter()
        .rev()
        .find_map(|command| match command {
            Command::KeepWorks(works) => Some(works),
            _ => None,
        })
}

fn stops(page: &mut Playground, action: StopsAction) -> Vec<Command> {
    page.update(Action::Stops(action))
}

#[test]
fn a_saved_work_is_the_same_moment_in_another_browser() {
    let mut page_ = page("");
    page_.update(Action::GoTo(9));
    stops(&mut page_, StopsAction::Mark);
    stops(
        &mut page_,
        StopsAction::Name(0, "the\ncopy; DUP".to_owned()),
    );
    let (name, text) = download(page_.update(Action::Files(FilesAction::Save)));
    assert_eq!(
        name,
        "qos-1-the-robot-and-the-lost-acknowledgement.mqttplay"
    );
    for text in [
        text.clone(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        let mut other = page("");
        support::open_file(&mut other, &name, text.as_bytes());
        assert_eq!(other.position(), page_.position());
        let markers = other.stops().markers;
        assert_eq!(markers.len(), 1);
        assert_eq!(
            (markers[0].step, markers[0].name.as_str()),
            (9, "thecopy; DUP")
        );
        assert!(other.notice().is_some_and(|it| !it.is_fault));
    }
}

#[test]
fn what_is_no_work_is_refused_and_changes_nothing() {
    for bytes in [
        b"".to_vec(),
        b"hello".to_vec(),
        vec![0xff; 10],
        b"mqtt-playground 1\nscenario nowhere 0\nat 0 0 0\n\n".to_vec(),
        b"mqtt-playground 99\n\n".to_vec(),
        vec![b'a'; 3_000_000],
    ] {
        let mut page = page("");
        page.update(Action::GoTo(3));
        let before = page.position();
        support::open_file(&mut page, "x", &bytes);
        assert!(page.notice().is_some_and(|it| it.is_fault));
        assert_eq!(page.position(), before);
    }
}

#[test]
fn a_file_that_is_nothing_known_is_named_with_what_can_be_opened() {
    for (name, bytes) in [
        ("empty.pcapng", &b""[..]),
        ("notes.pcapng", b"just a text"),
        ("picture.svg", b"<svg/>"),
        ("picture.jpg", &[0xff, 0xd8, 0xff]),
    ] {
        let mut page = page("");
        support::open_file(&mut page, name, bytes);
        let notice = page.notice().expect("it is said");
        assert!(notice.is_fault);
        for part in [name, ".mqttplay", ".mqtt)", ".pcapng"] {
            assert!(
                notice.text.to(Language::English).contains(part),
                "{}",
                notice.text.to(Language::English)
            );
        }
    }
}

#[test]
fn a_world_with_a_mistake_is_opened_as_text_with_its_line() {
    let world = "# mine\nscenario \"x\"\nuntil 5 s\nnode a broker\nnod b phone\n";
    for (name, text) in [
        ("x.mqtt", world),
        ("x.txt", world),
        ("x.MQTT", "nod b phone\n"),
    ] {
        let mut page = page("");
        support::open_file(&mut page, name, text.as_bytes());
        let line = text.lines().count();
        let notice = page.notice().expect("it is said");
        assert!(
            notice
                .text
                .to(Language::English)
                .contains(&format!("line {line}.")),
            "{}",
            notice.text.to(Language::English)
        );
        let sandbox = page.sandbox();
        let editor = sandbox.editor.as_ref().expect("it is open");
        assert_eq!(editor.text.as_deref(), Some(text));
        let at = editor
            .fault
            .as_ref()
            .map(|(line, column, _)| (*line, *column));
        assert_eq!(at, Some((line, 1)));
        // Mended, it is a world like any other.
        let mended = format!("scenario \"x\"\nuntil 5 s\n{}", "node b broker\n");
        page.update(Action::Sandbox(SandboxAction::Edit(Edit::Text(mended))));
        assert!(
            page.sandbox()
                .editor
                .as_ref()
                .is_some_and(|it| it.fault.is_none())
        );
    }
}

#[test]
fn what_cannot_be_read_stays_kept_and_can_be_saved() {
    let works = "mqtt-playground 1\nscenario qos1-puback-lost 00000000\nat 4 22 10\n\n----\nnot ours at all\n";
    let mut page = page(works);
    assert!(page.notice().is_some_and(|it| it.is_fault), "it says so");
    // What was done to another edition was not shown, and a step does not overwrite it.
    let works = kept(page.update(Action::GoTo(2))).expect("it is kept");
    assert!(
        works.contains("00000000") && works.contains("not ours at all"),
        "{works}"
    );
    let offered = |page: &mut Playground| {
        page.update(Action::Palette(PaletteAction::Open(None)));
        page.update(Action::Palette(PaletteAction::Type(
            "could not be read".to_owned(),
        )));
        let entries = palette(page).expect("it is open").entries;
        entries
            .iter()
            .any(|it| it.name == "Save what could not be read")
    };
    assert!(offered(&mut page));
    assert!(!offered(&mut self::page("")), "there is nothing to save");
    let (_, text) = download(page.update(Action::Files(FilesAction::SaveAside)));
    assert!(text.contains("00000000") && text.contains("not ours at all"));
}

#[test]
fn works_to_which_nothing_was_done_are_kept_beside_others() {
    let mut first = page("");
    first.update(Action::GoTo(3));
    first.update(Action::Navigated("#/play/qos1".to_owned()));
    let works = kept(first.update(Action::GoTo(2))).expect("they are kept");
    let again = page(&works);
    assert_eq!(again.position().step, 3);
    assert!(again.notice().is_none(), "{:?}", again.notice());
}

#[test]
fn a_full_storage_is_said_once() {
    let mut page = page("");
    page.update(Action::Files(FilesAction::Kept(false)));
    assert!(page.notice().is_some_and(|it| {
        it.is_fault
            && it
                .text
                .to(playground::text::Language::English)
                .contains("Ctrl+S")
    }));
    page.update(Action::CloseNotice);
    page.update(Action::Files(FilesAction::Kept(false)));
    assert!(page.notice().is_none());
}

#[test]
fn the_ladder_leaves_the_page_in_four_forms() {
    let mut page = page("");
    page.update(Action::GoToEnd);
    let mut export = |kind| page.update(Action::Files(FilesAction::Export(kind)));
    let (name, text) = download(export(Export::Text));
    assert!(name.ends_with(".txt") && text.contains("PUBLISH"), "{text}");
    let (name, text) = download(export(Export::Mermaid));
    assert!(name.ends_with(".mmd") && text.contains("sequenceDiagram"));
    let commands = export(Export::Svg);
    assert!(commands.iter().any(
        |it| matches!(it, Command::Print { is_picture: false, name } if name.ends_with(".svg"))
    ));
    let (still, _) = page.print().expect("it is drawn");
    let arrows = page.story().flights.len();
    assert_eq!(
        still.arrows.len(),
        arrows,
        "all of it, not only what is on the screen"
    );
    page.update(Action::Files(FilesAction::Printed(true)));
    assert!(page.print().is_none());
}

#[test]
fn an_export_says_how_much_of_the_run_it_holds() {
    let mut page = page("");
    let all = page.story().steps.len();
    for (step, words) in [
        (8, format!("8 of {all} steps")),
        (all, format!("whole run: {all} steps")),
        (page.story().last_step(), format!("whole run: {all} steps")),
    ] {
        page.update(Action::GoTo(step));
        for kind in [Export::Text, Export::Mermaid, Export::Pcapng, Export::Png] {
            page.update(Action::CloseNotice);
            page.update(Action::Files(FilesAction::Export(kind)));
            if kind == Export::Png {
                assert!(page.notice().is_none(), "the picture is not there yet");
                page.update(Action::Files(FilesAction::Printed(true)));
            }
            let notice = page.notice().expect("it is said");
            let said = notice.text.to(Language::English);
            assert!(!notice.is_fault && said.contains(&words), "{said}");
        }
    }
}

#[test]
fn playing_stops_where_a_condition_holds() {
    let mut page = page("");
    for (condition, works) in [("mqtt.qos ==", false), ("mqtt.dupflag == 1", true)] {
        stops(&mut page, StopsAction::Type(condition.to_owned()));
        stops(&mut page, StopsAction::Add);
        assert_eq!(page.stops().fault.is_none(), works);
    }
    let dup = page
        .story()
        .flights
        .iter()
        .find(|it| it.face.dup)
        .map(|it| it.step);
    stops(&mut page, StopsAction::Run(1));
    assert_eq!(Some(page.position().step), dup);
    assert_eq!(page.stops().stops[0].hits, "1×");
    stops(&mut page, StopsAction::Run(1));
    assert!(page.notice().is_some(), "there is no other");
    page.update(Action::Restart);
    page.update(Action::TogglePlay);
    for _ in 0..20_000 {
        page.update(Action::Tick(100_000));
        // Questions stop it, too.
        if page.clock().contains("paused") && Some(page.position().step) != dup {
            page.update(Action::TogglePlay);
        }
        if Some(page.position().step) == dup {
            break;
        }
    }
    assert_eq!(Some(page.position().step), dup);
    assert_eq!(page.stops().stops[0].hits, "2×");
    // Switched off, it stops nothing.
    stops(&mut page, StopsAction::Switch(0));
    page.update(Action::Restart);
    stops(&mut page, StopsAction::Run(1));
    assert_eq!(page.position().step, 0);
}

#[test]
fn markers_are_jumped_between_and_kept() {
    let mut page_ = page("");
    for step in [9, 3, 6] {
        page_.update(Action::GoTo(step));
        stops(&mut page_, StopsAction::Mark);
    }
    let steps: Vec<usize> = page_.stops().markers.iter().map(|it| it.step).collect();
    assert_eq!(steps, [3, 6, 9]);
    stops(&mut page_, StopsAction::GoMark(1));
    assert_eq!(page_.position().step, 9);
    stops(&mut page_, StopsAction::GoMark(-1));
    stops(&mut page_, StopsAction::Mark);
    let works = kept(page_.update(Action::GoTo(4))).expect("it is kept");
    let again = page(&works);
    let steps: Vec<usize> = again.stops().markers.iter().map(|it| it.step).collect();
    assert_eq!(steps, [3, 9]);
}

fn palette(page: &Playground) -> Option<PaletteView> {
    match page.cover()? {
        CoverView::Palette(view) => Some(view),
        CoverView::Help | CoverView::More => None,
    }
}

#[test]
fn one_thing_at_most_covers_the_page() {
    let mut page = page("");
    let palette_opens = Action::Palette(PaletteAction::Open(None));
    let covers = [Action::ToggleMore, Action::ToggleHelp, palette_opens];
    for first in &covers {
        for second in covers.iter().filter(|it| *it != first) {
            page.update(first.clone());
            page.update(second.clone());
            let mut alone = self::page("");
            alone.update(second.clone());
            assert_eq!(page.cover(), alone.cover());
            page.update(Action::Escape);
            assert_eq!(page.cover(), None, "{first:?}, {second:?}");
        }
    }
}

#[test]
fn a_list_stays_open_while_a_menu_is_used_behind_a_cover() {
    let mut page = page("");
    page.update(Action::Stops(StopsAction::Toggle));
    page.update(Action::OpenMenu(Target::Node(0)));
    page.update(Action::ToggleHelp);
    let open = |page: &Playground| {
        let menu = page.menu().is_some();
        (page.cover().is_some(), page.stops().is_open, menu)
    };
    assert_eq!(open(&page), (true, true, true));
    for left in [
        (false, true, true),
        (false, false, true),
        (false, false, false),
    ] {
        page.update(Action::Escape);
        assert_eq!(open(&page), left);
    }
}

#[test]
fn keys_do_not_reach_what_is_covered() {
    let mut page = page("");
    let press = |page: &mut Playground, name: &str, ctrl: bool| {
        let does = key(name, ctrl, false, false).expect("a key");
        page.update(Action::Key(Box::new(does)))
    };
    page.update(Action::GoTo(2));
    let before = page.position();
    for cover in [Action::ToggleHelp, Action::ToggleMore] {
        page.update(cover);
        for (name, ctrl) in [
            ("ArrowRight", false),
            ("End", false),
            ("z", true),
            ("m", false),
        ] {
            assert_eq!(press(&mut page, name, ctrl), []);
        }
        assert_eq!(page.position(), before);
        assert_eq!(page.stops().markers, []);
        press(&mut page, "Escape", false);
        assert_eq!(page.cover(), None);
    }
    press(&mut page, "ArrowRight", false);
    assert_eq!(page.position().step, before.step + 1);

    // On a dark screen nobody sees what covers it.
    page.update(Action::ToggleProjector);
    press(&mut page, "b", false);
    assert!(page.frame().blank);
    page.update(Action::ToggleHelp);
    press(&mut page, "b", false);
    assert!(!page.frame().blank);
}

#[test]
fn a_new_version_is_told_of_until_it_is_used_or_put_away() {
    let mut page = page("");
    let offered = |page: &mut Playground| {
        page.update(Action::Palette(PaletteAction::Open(None)));
        let words = "new version".to_owned();
        page.update(Action::Palette(PaletteAction::Type(words)));
        let entries = palette(page).expect("it is open").entries;
        entries.iter().any(|it| it.name.contains("new version"))
    };
    assert!(!offered(&mut page));
    page.update(Action::Escape);
    page.update(Action::NewVersion);
    let waits = |page: &Playground| page.notice().is_some_and(|it| it.can_reload);
    assert!(waits(&page));
    page.update(Action::StepForward);
    assert!(waits(&page));
    // Something else is said, and is put away.
    page.update(Action::ShareFailed);
    assert!(!waits(&page));
    page.update(Action::CloseNotice);
    assert!(waits(&page));
    page.update(Action::CloseNotice);
    assert_eq!(page.notice(), None);
    assert!(offered(&mut page));
    let commands = page.update(Action::Palette(PaletteAction::Run(None)));
    assert!(commands.contains(&Command::UseNewVersion));
}

#[test]
fn the_palette_finds_commands_lessons_and_files() {
    let mut page = page("");
    for action in [
        PaletteAction::Open(None),
        PaletteAction::Type("to the end".to_owned()),
        PaletteAction::Run(None),
    ] {
        page.update(Action::Palette(action));
    }
    assert!(palette(&page).is_none());
    assert!(page.position().step > page.story().steps.len());
    page.update(Action::Palette(PaletteAction::Open(None)));
    page.update(Action::Palette(PaletteAction::Type(
        "many talkers".to_owned(),
    )));
    page.update(Action::Palette(PaletteAction::Run(None)));
    assert_eq!(page.frame().scenario, 0);
    page.update(Action::Palette(PaletteAction::Open(Some(Group::Files))));
    let files = palette(&page).expect("it is open").entries;
    assert!(files.len() >= 6 && files.iter().all(|it| it.group == "Files"));
    page.update(Action::Palette(PaletteAction::Type("qqqq".to_owned())));
    page.update(Action::Palette(PaletteAction::Move(1)));
    page.update(Action::Palette(PaletteAction::Run(None)));
    assert!(palette(&page).is_some_and(|it| it.entries.is_empty()));
    page.update(Action::Escape);
    assert!(palette(&page).is_none());
}

#[test]
fn what_the_palette_does_is_done_once() {
    for (words, action) in [
        ("to the end", Action::GoToEnd),
        ("play or pause", Action::TogglePlay),
    ] {
        let mut page = page("");
        page.update(Action::Palette(PaletteAction::Open(None)));
        page.update(Action::Palette(PaletteAction::Type(words.to_owned())));
        let mut told = page.update(Action::Palette(PaletteAction::Run(None)));
        let back = Command::Focus(page.frame().place.main_id().to_owned());
        assert_eq!(told.remove(0), back);
        let directly = self::page("").update(action);
        assert_eq!(told, directly, "{words}");
    }
}

#[test]
fn a_filter_leaves_lists_short_and_counts() {
    let mut page = page("");
    page.update(Action::GoToEnd);
    let all = page.list().lines().count();
    page.update(Action::Filter(FilterAction::Type(
        "mqtt.msgtype == 3".to_owned(),
    )));
    let some = page.list().lines().count();
    assert!(some > 0 && some < all);
    assert_eq!(
        page.filter().count.as_deref(),
        Some(format!("{some} of {all}").as_str())
    );
    // While it cannot be read, the last one that could goes on.
    page.update(Action::Filter(FilterAction::Type(
        "mqtt.msgtype == 3 and".to_owned(),
    )));
    assert_eq!(page.list().lines().count(), some);
    // A plain word is no filter: its count is none, and what it may be meant for is offered.
    page.update(Action::Filter(FilterAction::Type("robot/move".to_owned())));
    let view = page.filter();
    assert_eq!((view.count, view.fault), (None, None));
    let offered = view.offers.first().expect("a test").text.clone();
    assert_eq!(offered.trim(), "mqtt.topic contains \"robot/move\"");
    page.update(Action::Filter(FilterAction::Leave));
    let fault = page.filter().fault.expect("it is no filter");
    assert!(
        fault.contains(offered.trim()) && fault.ends_with("still in force."),
        "{fault}"
    );
    assert_eq!(page.list().lines().count(), some);
    page.update(Action::Filter(FilterAction::Type(offered)));
    assert!(page.filter().fault.is_none() && page.filter().count.is_some());
    page.update(Action::Filter(FilterAction::Clear));
    assert_eq!(page.list().lines().count(), all);
}

#[test]
fn units_step_over_what_is_in_between() {
    let mut page = page("");
    page.update(Action::StepBy(Unit::Packet, 1));
    assert!(page.story().flight_of(page.position().step).is_some());
    page.update(Action::GoToEnd);
    page.update(Action::StepBy(Unit::Packet, -1));
    assert!(page.story().flight_of(page.position().step).is_some());
}
