//! What a user does to the world, takes back, keeps, and finds again.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::Start;
use playground::lesson::AskState;
use playground::level::Level;
use playground::menu::{Field, Target};
use playground::story::{Figure, StepKind};
use playground::text::{self, Language};
use playground::{Action, Command, Playground, map};

fn page_at(fragment: &str, works: &str) -> Playground {
    support::page(Start {
        level: Some(Level::Lab),
        works: works.to_owned(),
        fragment: fragment.to_owned(),
        ..Start::default()
    })
}

fn lines(page: &Playground) -> Vec<String> {
    let steps = page.story().steps.iter();
    steps.map(|step| step.line.clone()).collect()
}

fn lane(page: &Playground, figure: Figure) -> usize {
    let lanes = &page.story().lanes;
    lanes
        .iter()
        .position(|lane| lane.figure == figure)
        .expect("it is there")
}

/// Chooses an entry of the menu of `target` by its label; gives back what the page is asked to do.
fn choose(page: &mut Playground, target: Target, label: &str) -> Vec<Command> {
    page.update(Action::OpenMenu(target));
    let menu = page.menu().expect("a menu");
    let entry = menu.items.iter().position(|item| item.label.en == label);
    let labels: Vec<_> = menu.items.iter().map(|item| item.label).collect();
    let entry = entry.unwrap_or_else(|| panic!("no {label} among {labels:?}"));
    page.update(Action::ChooseEntry(entry))
}

/// What is kept last.
fn kept(commands: &[Command]) -> Option<String> {
    commands.iter().rev().find_map(|it| match it {
        Command::KeepWorks(works) => Some(works.clone()),
        _ => None,
    })
}

/// Steps to the first packet that the test wants.
fn step_to_packet(page: &mut Playground, name: &str) -> usize {
    let flights = &page.story().flights;
    let step = flights.iter().find(|it| it.face.name == name);
    let step = step.expect("it is sent").step;
    page.update(Action::GoTo(step));
    step
}

#[test]
fn the_menu_of_a_packet_goes_with_it() {
    let mut page = page_at("#/play/qos1", "");
    let step = step_to_packet(&mut page, "PUBLISH");
    page.update(Action::OpenMenu(Target::Packet(step)));
    assert!(page.menu().is_some_and(|menu| !menu.items.is_empty()));
    page.update(Action::GoToEnd);
    assert!(page.menu().is_none());
}

#[test]
fn a_cut_takes_the_packet_with_it_and_can_be_undone_and_redone() {
    let mut page = page_at("#/play/qos1", "");
    let planned = lines(&page);
    let step = step_to_packet(&mut page, "PUBLISH");
    let before = page.position();
    choose(&mut page, Target::Packet(step), "Cut the link now");

    let after = page.position();
    assert_eq!(after.step, step + 1, "the page stands at the cut");
    assert!(matches!(
        page.story().step(after.step).expect("a step").kind,
        StepKind::Cut(_)
    ));
    assert_eq!(after.now, before.now, "the cut is at the moment shown");
    let cut = lines(&page);
    assert_eq!(cut[..step], planned[..step], "the past stays");
    assert_ne!(cut, planned);
    let notice = page.notice().expect("it says what was done");
    assert!(
        notice.can_undo && notice.text.to(Language::English).contains("cut for 2.00 s"),
        "{notice:?}"
    );
    assert_eq!(page.frame().futures.len(), 2);

    page.update(Action::Undo);
    assert_eq!(lines(&page), planned);
    assert_eq!(page.position(), before);
    assert!(page.frame().undo.is_none() && page.frame().redo.is_some());
    page.update(Action::Redo);
    assert_eq!(lines(&page), cut);
    assert_eq!(page.position(), after);

    page.update(Action::ShowFuture(0));
    assert_eq!(lines(&page), planned);
    page.update(Action::ShowFuture(1));
    assert_eq!(lines(&page), cut);
}

#[test]
fn a_silent_link_holds_a_packet_until_it_is_released() {
    let mut page = page_at("#/play/qos1", "");
    let step = step_to_packet(&mut page, "PUBLISH");
    choose(&mut page, Target::Packet(step), "Hold it");
    let story = page.story();
    let (_, held) = story.flight_of(step).expect("a packet");
    assert!(
        held.ended().is_none_or(|end| end.at > held.due),
        "it does not arrive in time"
    );
    choose(&mut page, Target::Packet(step), "Release");
    let (_, released) = page.story().flight_of(step).expect("a packet");
    assert!(matches!(released.fate, playground::story::Fate::Arrived(_)));
}

#[test]
fn a_form_publishes_what_is_filled_in_and_says_what_is_wrong() {
    let mut page = page_at("#/play/qos1", "");
    page.update(Action::GoToEnd);
    let phone = Target::Node(lane(&page, Figure::Phone));
    choose(&mut page, phone, "Publish…");
    let (_, draft) = page.menu().and_then(|menu| menu.form).expect("a form");
    assert_eq!(draft.topic, "robot/move", "the scenario's own topic");

    page.update(Action::Fill(Field::Topic, "robot/#".to_owned()));
    page.update(Action::Fill(Field::Payload, "back 1 m".to_owned()));
    page.update(Action::FillQos(2));
    page.update(Action::Submit);
    let (_, draft) = page.menu().and_then(|menu| menu.form).expect("still open");
    let fault = draft.fault.expect("a wildcard is no topic name");
    let fault = fault.to(Language::English);
    assert!(fault.contains("Example"), "{fault}");

    page.update(Action::Fill(Field::Topic, "robot/move".to_owned()));
    page.update(Action::Submit);
    assert!(page.menu().is_none());
    assert_eq!(
        page.packet().title,
        "PUBLISH 2",
        "it stands at what was sent"
    );
    page.update(Action::GoToEnd);
    assert!(
        page.map_still()
            .nodes
            .iter()
            .any(|node| node.facts.iter().any(|it| it == "driven 0 m")),
        "the robot has driven back"
    );
}

#[test]
fn a_device_without_power_can_only_be_switched_on() {
    let mut page = page_at("#/play/qos1", "");
    step_to_packet(&mut page, "PUBLISH");
    let robot = Target::Node(lane(&page, Figure::Robot));
    choose(&mut page, robot, "Pull the battery");
    page.update(Action::OpenMenu(robot));
    let labels: Vec<_> = page
        .menu()
        .expect("a menu")
        .items
        .iter()
        .map(|it| it.label)
        .collect();
    assert_eq!(labels, [text::SWITCH_ON]);
    let commands = page.update(Action::CloseMenu);
    assert!(
        commands.contains(&Command::Focus(robot.id())),
        "the focus goes back"
    );
}

/// Everything that any menu offers, at places all over every scenario: it happens at the moment shown, the past stays
/// as it was, undo gives back the run before it, and what is kept gives the same run again.
#[test]
fn every_act_keeps_the_past_and_outlives_the_page() {
    for moves in [true, false] {
        try_every_act(moves);
    }
}

/// What is done while a packet moves is done at the moment that is shown.
fn try_every_act(moves: bool) {
    let scenarios = page_at("", "").frame().scenarios.len();
    let mut acts = 0;
    // A different place in each scenario: all of them in all would take minutes.
    for scenario in 0..scenarios {
        let mut page = page_at("", "");
        page.update(Action::ReduceMotion(!moves));
        page.update(Action::Open(scenario));
        let planned = lines(&page);
        if planned.len() > 40 {
            continue;
        }
        for step in (scenario % 7..=planned.len() + 1).step_by(61) {
            page.update(Action::GoTo(step));
            let position = page.position();
            for target in map::targets(page.story(), position) {
                page.update(Action::OpenMenu(target));
                let items = page.menu().map_or(0, |menu| menu.items.len());
                page.update(Action::CloseMenu);
                // What a menu belongs to stands still.
                let position = page.position();
                for entry in 0..items {
                    page.update(Action::OpenMenu(target));
                    let mut commands = page.update(Action::ChooseEntry(entry));
                    if page.menu().is_some() {
                        page.update(Action::Fill(Field::Topic, "robot/move".to_owned()));
                        commands = page.update(Action::Submit);
                    }
                    assert!(page.menu().is_none(), "{:?}", page.menu());
                    let past = position.step.min(planned.len());
                    assert_eq!(lines(&page)[..past], planned[..past]);
                    assert!(page.position().now >= position.now);
                    let works = kept(&commands).expect("it is kept");
                    if acts % 7 == 0 {
                        let again = page_at("#/play", &works);
                        assert_eq!(lines(&again), lines(&page));
                        // Where the page stands is kept when it has come to rest.
                        let works = kept(&support::rest(&mut page)).unwrap_or(works);
                        let again = page_at("#/play", &works);
                        assert_eq!(again.position(), page.position());
                    }
                    page.update(Action::Undo);
                    assert_eq!(lines(&page), planned);
                    assert_eq!(page.position(), position);
                    acts += 1;
                }
            }
        }
    }
    assert!(acts > 50, "only {acts} acts were tried");
}

/// Whoever acts and leaves while the page moves finds the act again.
#[test]
fn an_act_is_kept_before_the_page_has_come_to_rest() {
    for then in [
        Action::TogglePlay,
        Action::Open(1),
        Action::Navigated("#/lessons".to_owned()),
    ] {
        let mut page = page_at("#/play/qos1", "");
        let step = step_to_packet(&mut page, "PUBLISH");
        let mut commands = choose(&mut page, Target::Packet(step), "Cut the link now");
        commands.extend(page.update(then.clone()));
        let works = kept(&commands).expect("it is kept");
        let again = page_at("#/play/qos1", &works);
        let is_cut = |it: &String| it.contains("cut");
        assert!(lines(&again).iter().any(is_cut), "{then:?}");
    }
}

#[test]
fn what_cannot_be_resumed_is_said_and_the_scenario_starts_anew() {
    let works = "mqtt-playground 1\nscenario qos1 00000000\nat 3 9 1000\n\n";
    let page = page_at("#/play/qos1", works);
    assert_eq!(page.position().step, 0);
    let notice = page.notice().expect("it says so");
    assert!(
        notice.is_fault
            && notice
                .text
                .to(Language::English)
                .contains("another edition"),
        "{notice:?}"
    );
}

/// The text that a shared link holds.
/// A page of an earlier version, still open or still in a cache, must not take away what it cannot read.
#[test]
fn what_a_newer_page_has_written_is_kept() {
    let newer = "mqtt-playground 999\nscenario qos1 00000000\nat 3 9 1000\n\nin a new form\n";
    let own = "mqtt-playground 1\nscenario qos1 00000000\nat 3 9 1000\n\n";
    // What was done to another edition of a scenario is kept aside.
    for (works, count) in [(newer.to_owned(), 2), (format!("{own}----\n{newer}"), 3)] {
        let mut page = page_at("#/play/qos1", &works);
        page.update(Action::StepForward);
        let works = kept(&support::rest(&mut page)).expect("it is kept");
        let kept: Vec<&str> = works.split("----\n").collect();
        assert_eq!(kept.len(), count, "{kept:?}");
        assert_eq!(kept[1], newer);
        assert_eq!(kept.get(2), (count > 2).then_some(&own));
    }
}

fn shared(page: &mut Playground) -> String {
    let commands = page.update(Action::Share);
    match commands.as_slice() {
        [Command::Share { form: 1, text }] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_shared_moment_opens_beside_ones_own_work() {
    let mut theirs = page_at("#/play/qos1", "");
    let step = step_to_packet(&mut theirs, "PUBLISH");
    choose(&mut theirs, Target::Packet(step), "Cut the link now");
    let text = shared(&mut theirs);

    let mut fresh = page_at("", "");
    let commands = fresh.update(Action::Navigated("#/w/1/abc".to_owned()));
    assert!(commands.contains(&Command::Unpack("abc".to_owned())));
    fresh.update(Action::Unpacked(Some(text.clone())));
    assert_eq!(lines(&fresh), lines(&theirs));
    assert_eq!(fresh.position(), theirs.position());

    let mut own = page_at("#/play/qos1", "");
    let phone = Target::Node(lane(&own, Figure::Phone));
    own.update(Action::GoTo(3));
    choose(&mut own, phone, "Pull the battery");
    let mine = (lines(&own), own.position());
    own.update(Action::Unpacked(Some(text)));
    assert_eq!(lines(&own), lines(&theirs));
    own.update(Action::Undo);
    assert_eq!((lines(&own), own.position()), mine);
}

const OWN: &str = "mqtt-playground 2\nscenario my-1 0\nat 0 0 0\nown\nafter 2\n\nat 2 s: phone-1 power-off\n# ----\n\n\
    scenario \"A world of my own\"\nnode broker broker\nnode phone-1 phone\nlink phone-1 to broker\nat 1 s: phone-1 connect";

#[test]
fn a_world_of_ones_own_is_shared_kept_and_found_again() {
    let mut page = page_at("", "");
    page.update(Action::Unpacked(Some(OWN.to_owned())));
    assert_eq!(page.lobby().chapters.first().expect("mine").name, "Mine");
    let own = lines(&page);
    assert!(own.iter().any(|line| line.contains("CONNECT")), "{own:?}");
    page.update(Action::Unpacked(Some(OWN.to_owned())));
    let mine = page.lobby().chapters.remove(0).entries;
    assert_eq!(mine.len(), 1, "the same world is not kept twice");
    // Another world under the same name gets a name of its own.
    let other = OWN.replace("A world", "Another");
    page.update(Action::Unpacked(Some(other)));
    page.update(Action::StepForward);
    let works = kept(&support::rest(&mut page)).expect("it is kept");
    let again = page_at("#/play/my-1", &works);
    assert_eq!(lines(&again), own);
    let mine = again.lobby().chapters.remove(0).entries;
    let titles: Vec<_> = mine.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["Another of my own", "A world of my own"]);
    page.update(Action::Unpacked(Some(
        OWN.replace("phone-1 phone", "phone-1 telephone"),
    )));
    let notice = page.notice().expect("it says why");
    assert!(
        notice.is_fault
            && notice
                .text
                .to(Language::English)
                .contains("line 5, column 14: expected `broker`"),
        "{notice:?}"
    );
}

#[test]
fn a_broken_link_is_refused_and_the_own_work_stays() {
    let mut page = page_at("#/play/qos1", "");
    page.update(Action::GoTo(3));
    let mine = (lines(&page), page.position());
    let good = shared(&mut page);
    let broken = [
        None,
        Some(String::new()),
        Some(good.replace("scenario qos1", "scenario nothing")),
        Some(good.replace("at 3", "at x")),
        Some(format!("{good}at 1 s: nobody connect\n")),
    ];
    for text in broken {
        page.update(Action::Unpacked(text));
        assert_eq!((lines(&page), page.position()), mine);
        let notice = page.notice().expect("it says so");
        assert!(
            notice.is_fault && notice.text.to(Language::English).contains("not opened"),
            "{notice:?}"
        );
    }
    page.update(Action::Navigated("#/w/9/abc".to_owned()));
    assert!(
        page.notice()
            .is_some_and(|it| it.text.to(Language::English).contains("newer version"))
    );
    assert_eq!((lines(&page), page.position()), mine);
}

#[test]
fn the_address_is_a_place_and_a_place_has_an_address() {
    let mut page = page_at("#/play/qos2", "");
    assert_eq!(page.frame().place.word(), "play");
    let commands = page.update(Action::Open(0));
    let Some(Command::SetFragment {
        fragment,
        replace: false,
    }) = commands
        .iter()
        .find(|it| matches!(it, Command::SetFragment { .. }))
    else {
        panic!("opening a scenario is a place to come back to: {commands:?}");
    };
    assert!(fragment.starts_with("#/play/"));
    page.update(Action::Navigated("#/play/qos2".to_owned()));
    assert!(page.story().lanes.len() == 3 && page.frame().scenario != 0);
    page.update(Action::Navigated("#/nowhere".to_owned()));
    assert_eq!(page.frame().place.word(), "lessons");
    assert!(
        page.notice()
            .is_some_and(|it| it.text.to(Language::English).contains("nowhere"))
    );
}

#[test]
fn the_start_page_says_where_one_was() {
    let mut page = page_at("#/play/qos2", "");
    page.update(Action::GoTo(3));
    let resume = page.lobby().resume.expect("something was open");
    assert_eq!(resume.fragment, "#/play/qos2");
    assert!(
        resume.place.starts_with("Paused at step 3 of"),
        "{}",
        resume.place
    );
    let entries: Vec<_> = page
        .lobby()
        .chapters
        .into_iter()
        .flat_map(|it| it.entries)
        .collect();
    let current = entries
        .iter()
        .find(|it| it.is_current)
        .expect("it is marked");
    assert!(
        current.fragment == "#/play/qos2"
            || current.parts.iter().any(|it| it.fragment == "#/play/qos2")
    );
}

/// Every lesson, as a learner goes through it: each question waits, is answered by key, and is revealed; what was
/// answered outlives the page; at the end there is the task, or nothing left to do.
#[test]
fn who_has_begun_nothing_is_led_to_the_first_lesson() {
    let lobby = page_at("", "").lobby();
    let resume = lobby.resume.expect("there are lessons");
    let lessons = lobby.chapters.iter().flat_map(|it| &it.entries);
    let lessons: Vec<_> = lessons.filter(|it| !it.number.is_empty()).collect();
    assert!(resume.is_new);
    assert_eq!(
        (&resume.title, &resume.fragment),
        (&lessons[0].title, &lessons[0].fragment)
    );
    // The parts of a lesson do not say again what it is about.
    for entry in lessons {
        let subject = entry.title.split_once(':').map_or("", |it| it.0);
        for part in entry.parts.iter().filter(|_| !subject.is_empty()) {
            assert!(
                !part.name.contains(&format!(": {subject}: ")),
                "{}",
                part.name
            );
        }
    }
}

#[test]
fn every_lesson_is_asked_answered_and_kept() {
    let fragments: Vec<String> = page_at("", "")
        .lobby()
        .chapters
        .into_iter()
        .flat_map(|chapter| chapter.entries)
        .filter(|entry| !entry.number.is_empty())
        .flat_map(|entry| match entry.parts.as_slice() {
            [] => vec![entry.fragment],
            parts => parts.iter().map(|part| part.fragment.clone()).collect(),
        })
        .collect();
    assert!(fragments.len() > 20, "{fragments:?}");
    for fragment in fragments {
        let mut page = page_at(&fragment, "");
        let mut asked = 0;
        let mut works = String::new();
        for _ in 0..=page.story().last_step() {
            let open = page.lesson().and_then(|pane| pane.lesson.ask.clone());
            if let Some(ask) = open.filter(|ask| ask.state == AskState::Open) {
                asked += 1;
                page.update(Action::Letter('z'));
                page.update(Action::Commit);
                page.update(Action::Letter('a'));
                let commands = page.update(Action::Commit);
                let state = page
                    .lesson()
                    .and_then(|pane| Some(pane.lesson.ask.clone()?.state));
                assert_eq!(
                    state,
                    Some(AskState::Locked),
                    "{fragment}: {}",
                    ask.question
                );
                works = kept(&commands).expect("an answer is kept");
            }
            page.update(Action::StepForward);
        }
        let pane = page.lesson().expect("a lesson");
        assert_eq!(pane.lesson.answered, (asked, asked), "{fragment}");
        if asked > 0 {
            let mut again = page_at(&fragment, &works);
            again.update(Action::GoToEnd);
            let there = again.lesson().expect("a lesson");
            assert_eq!(there.lesson.answered, pane.lesson.answered);
            assert_eq!(there.lesson.right, pane.lesson.right);
        }
    }
}
