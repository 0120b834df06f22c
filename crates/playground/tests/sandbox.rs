//! A user builds a world: forms, text, map, undo, and what outlives the page.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use playground::action::Start;
use playground::menu::Target;
use playground::sandbox::{Edit, EditorView, Field, SandboxAction, Section};
use playground::text::Language;
use playground::{Action, Command, FilesAction, Playground};

fn page_at(fragment: &str, works: &str) -> Playground {
    support::page(Start {
        works: works.to_owned(),
        fragment: fragment.to_owned(),
        ..Start::default()
    })
}

fn act(page: &mut Playground, action: SandboxAction) -> Vec<Command> {
    page.update(Action::Sandbox(action))
}

fn edit(page: &mut Playground, edit: Edit) -> Vec<Command> {
    act(page, SandboxAction::Edit(edit))
}

fn editor(page: &Playground) -> EditorView {
    page.sandbox().editor.clone().expect("a world is open")
}

fn text(page: &mut Playground) -> String {
    act(page, SandboxAction::Show(Section::Text));
    editor(page).text.expect("the text is shown")
}

fn lines(page: &Playground) -> Vec<String> {
    let steps = page.story().steps.iter();
    steps.map(|step| step.line.clone()).collect()
}

fn kept(commands: &[Command]) -> String {
    let works = commands.iter().find_map(|it| match it {
        Command::KeepWorks(works) => Some(works.clone()),
        _ => None,
    });
    works.expect("it is kept")
}

#[test]
fn a_world_is_built_run_undone_and_kept() {
    let mut page = page_at("#/sandbox", "");
    assert!(
        !page.frame().screen.has_run(),
        "there is a list of worlds first"
    );
    act(&mut page, SandboxAction::New(2));
    let run = lines(&page);
    assert!(run.iter().any(|it| it.contains("PUBLISH")), "{run:?}");
    assert_eq!(
        page.position().step,
        page.story().last_step(),
        "what a change does is seen at the end"
    );

    let before = text(&mut page);
    let commands = edit(&mut page, Edit::AddNode("phone".to_owned()));
    let world = text(&mut page);
    assert!(
        world.contains("node phone-1 phone\n") && world.contains("link phone-1 to broker\n"),
        "{world}"
    );
    assert_ne!(lines(&page), run);
    let again = page_at("#/sandbox/my-1", &kept(&commands));
    assert_eq!(lines(&again), lines(&page), "a reload shows the same");

    page.update(Action::Undo);
    assert_eq!((text(&mut page), lines(&page)), (before.clone(), run));
    page.update(Action::Redo);
    assert_eq!(text(&mut page), world);

    // A second world, beside the first.
    act(&mut page, SandboxAction::Leave);
    act(&mut page, SandboxAction::New(0));
    assert_eq!(page.story().lanes.len(), 0, "an empty world is shown, too");
    assert_eq!(page.sandbox().worlds.len(), 2);
    page.update(Action::Navigated("#/sandbox/my-1".to_owned()));
    assert_eq!(text(&mut page), world);
    act(&mut page, SandboxAction::Forget);
    assert_eq!(page.sandbox().worlds.len(), 2, "it asks first");
    let commands = act(&mut page, SandboxAction::Forget);
    assert_eq!(page.sandbox().worlds.len(), 1);
    assert!(!kept(&commands).contains("Sensor and lamp"));
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_the_last_good_run_stays() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(2));
    let good = (text(&mut page), lines(&page));
    let until = good
        .0
        .lines()
        .position(|it| it.starts_with("until"))
        .expect("until");
    edit(&mut page, Edit::Slot(until, 0, "soon".to_owned()));
    assert_eq!(lines(&page), good.1);
    act(&mut page, SandboxAction::ShowPart(0));
    let view = editor(&page);
    let line = view
        .groups
        .iter()
        .flat_map(|it| &it.lines)
        .find(|it| it.fault.is_some());
    let line = line.expect("it is said at the line");
    let field = line.fields.first().expect("a field");
    assert!(field.is_wrong && field.value == "soon", "{line:?}");
    assert!(
        line.fault
            .as_deref()
            .is_some_and(|it| it.starts_with("Expected a time"))
    );
    // Other changes go on, and undo takes the draft back.
    edit(&mut page, Edit::AddNode("lamp".to_owned()));
    assert_eq!(lines(&page), good.1);
    page.update(Action::Undo);
    assert_eq!((text(&mut page), lines(&page)), good);
}

#[test]
fn a_form_says_of_a_word_only_what_was_typed() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(1));
    let world = text(&mut page);
    let line = world.lines().position(|it| it.starts_with("at 1 s:"));
    edit(
        &mut page,
        Edit::Slot(line.expect("one"), 0, "abc".to_owned()),
    );
    let (_, _, why) = editor(&page).fault.expect("it is no time");
    assert!(why.ends_with("found “abc”."), "{why}");
}

#[test]
fn a_text_that_is_no_world_is_there_again_after_a_reload() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(2));
    let good = (text(&mut page), lines(&page));
    let until = good.0.lines().position(|it| it.starts_with("until"));
    let until = until.expect("until");
    let mut works = None;
    // A line like the one that stands between what is kept does no harm.
    for edit in [
        Edit::Line(until, "----".to_owned()),
        Edit::AddNode("lamp".to_owned()),
    ] {
        let commands = act(&mut page, SandboxAction::Edit(edit));
        works = commands.into_iter().rev().find_map(|it| match it {
            Command::KeepWorks(works) => Some(works),
            _ => None,
        });
    }
    let works = works.expect("it is kept");
    let mut again = page_at("#/sandbox/my-1", &works);
    assert_eq!(lines(&again), good.1, "the last good run is beside it");
    assert_eq!(text(&mut again), text(&mut page));
    assert!(text(&mut again).contains("\n----\n"));
    again.update(Action::Undo);
    assert_eq!((text(&mut again), lines(&again)), good);
    assert_eq!(again.frame().scenarios.len(), page.frame().scenarios.len());
}

#[test]
fn what_is_done_on_the_map_becomes_part_of_the_script() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(2));
    let button = page
        .story()
        .lanes
        .iter()
        .position(|it| it.name == "button-1")
        .expect("it is there");
    page.update(Action::OpenMenu(Target::Node(button)));
    assert_eq!(
        editor(&page)
            .parts
            .get(editor(&page).part)
            .map(String::as_str),
        Some("button-1 (button)")
    );
    let off = page.menu().expect("a menu").items;
    let off = off
        .iter()
        .position(|it| it.label.en == "Pull the battery")
        .expect("an entry");
    page.update(Action::ChooseEntry(off));
    let acted = lines(&page);
    act(&mut page, SandboxAction::Drag(button, 401.0, 47.0));
    let world = text(&mut page);
    assert!(world.contains("  place 400 48\n"), "{world}");
    assert!(world.contains(": button-1 power-off\n"), "{world}");
    assert_eq!(lines(&page), acted);
    let node = page
        .map_still()
        .nodes
        .iter()
        .find(|it| it.name == "button-1")
        .map(|it| (it.x, it.y));
    assert_eq!(node, Some((400.0, 48.0)));
}

#[test]
fn any_scenario_of_the_page_can_be_begun_with() {
    let mut page = page_at("", "");
    for scenario in 0..page.frame().scenarios.len() {
        page.update(Action::Open(scenario));
        let run = lines(&page);
        act(&mut page, SandboxAction::FromOpen);
        assert_eq!(lines(&page), run);
        assert!(page.frame().screen.has_run(), "{:?}", page.notice());
        for section in playground::sandbox::SECTIONS {
            act(&mut page, SandboxAction::Show(section));
            let view = editor(&page);
            assert!(view.fault.is_none());
            let notes = view
                .groups
                .iter()
                .flat_map(|it| &it.lines)
                .filter_map(|it| it.note.as_ref());
            if section != Section::Lesson {
                assert!(notes.clone().all(|it| it.is_met), "scenario {scenario}");
            }
        }
        act(&mut page, SandboxAction::Forget);
        act(&mut page, SandboxAction::Forget);
    }
}

#[test]
fn hostile_worlds_are_bounded() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(0));
    let good = text(&mut page);
    // More nodes than a world may have, more text, numbers and letters that nobody means well.
    let many: String = (0..10_000)
        .map(|it| format!("node n{it} phone\n"))
        .collect();
    for hostile in [
        format!("{good}{many}"),
        format!("{good}#{}", "x".repeat(100_000)),
        format!("{good}until 99999999999999999999 h\n"),
        format!("{good}node \u{202e}<b> phone\n"),
    ] {
        act(&mut page, SandboxAction::Type(hostile.clone()));
        edit(&mut page, Edit::Text(hostile));
        for section in playground::sandbox::SECTIONS {
            act(&mut page, SandboxAction::Show(section));
            let shown: usize = editor(&page).groups.iter().map(|it| it.lines.len()).sum();
            assert!(shown <= 60, "{shown} lines");
        }
        page.update(Action::Undo);
        assert_eq!(text(&mut page), good);
    }
    let most: String = (0..255)
        .map(|it| format!("node n{it} phone\nlink n{it} to b\nat 0 s: n{it} connect\n"))
        .collect();
    let title = "scenario \"\u{202e}<img src=x onerror=alert(1)>\u{200b}\"\n";
    edit(
        &mut page,
        Edit::Text(format!("{title}node b broker\n{most}")),
    );
    assert_eq!(page.story().lanes.len(), 256);
    act(&mut page, SandboxAction::Show(Section::Script));
    let group = editor(&page).groups.into_iter().next().expect("a group");
    assert_eq!(group.page, Some((1, 40, 255)));
}

/// Makes the world that is open a lesson with this title.
fn make_lesson(page: &mut Playground, title: &str) {
    let world = text(page);
    let lesson = format!("{world}\nlesson 1 \"{title}\"\n  question \"Why?\"\n");
    edit(page, Edit::Text(lesson));
}

fn shared(page: &mut Playground) -> Option<String> {
    let commands = page.update(Action::Share);
    commands.into_iter().find_map(|it| match it {
        Command::Share { text, .. } => Some(text),
        _ => None,
    })
}

fn said(page: &Playground) -> String {
    let notice = page.notice().expect("something is said");
    notice.text.to(Language::English).to_owned()
}

#[test]
fn a_world_that_is_shared_or_walked_through_begins_at_its_beginning() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(2));
    make_lesson(&mut page, "Light");
    let end = page.story().last_step();
    assert_eq!(page.position().step, end, "building stands at the end");
    let link = shared(&mut page).expect("a link");

    let mut fresh = page_at("", "");
    fresh.update(Action::Unpacked(Some(link.clone())));
    assert_eq!(fresh.position().step, 0);
    assert!(fresh.lesson().expect("a lesson").lesson.task.is_none());
    assert!(!said(&fresh).contains("Undo"), "{}", said(&fresh));
    assert_eq!(fresh.frame().undo, None, "nothing of one's own was there");
    // Whoever has made something of it comes back to it.
    fresh.update(Action::StepForward);
    fresh.update(Action::Navigated("#/sandbox/my-1".to_owned()));
    edit(&mut fresh, Edit::AddNode("phone".to_owned()));
    let mine = text(&mut fresh);
    fresh.update(Action::Unpacked(Some(link)));
    assert_eq!(fresh.sandbox().worlds.len(), 2, "{mine}");

    // Play's own links are about its moment.
    page.update(Action::Navigated("#/play/my-1".to_owned()));
    assert_eq!(page.position().step, 0, "a walk begins at the beginning");
    page.update(Action::GoTo(2));
    let link = shared(&mut page).expect("a link");
    let mut other = page_at("", "");
    other.update(Action::Unpacked(Some(link)));
    assert_eq!(other.position().step, 2);
}

#[test]
fn what_is_not_filled_in_is_said_before_it_goes_out() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(2));
    act(&mut page, SandboxAction::Show(Section::Lesson));
    let add = |page: &mut Playground, group: usize, name: &str| {
        let group = editor(page).groups.into_iter().nth(group).expect("a group");
        let choice = group.adds.iter().find(|(it, _)| it == name);
        let choice = choice.expect("it can be added").1;
        edit(page, group.add(choice));
    };
    add(&mut page, 0, "Lesson");
    add(&mut page, 1, "Ask for a prediction");
    let notes = |page: &Playground| {
        let groups = editor(page).groups;
        let lines = groups.iter().flat_map(|it| &it.lines);
        lines
            .filter_map(|it| it.note.clone())
            .filter(|it| it.text.contains('…'))
            .count()
    };
    assert_eq!(notes(&page), 6, "title, question, two answers, two reasons");
    assert_eq!(shared(&mut page), None);
    assert!(said(&page).contains("6 texts"), "{}", said(&page));
    assert!(shared(&mut page).is_some(), "whoever insists has a link");
    // So it is with a file, and after a change it is asked anew.
    let lesson = text(&mut page)
        .lines()
        .position(|it| it.starts_with("lesson"));
    edit(
        &mut page,
        Edit::Slot(lesson.expect("a lesson"), 2, "Light".to_owned()),
    );
    let saves = |commands: &[Command]| {
        let is_file = |it: &Command| matches!(it, Command::Download { .. });
        commands.iter().any(is_file)
    };
    assert!(!saves(&page.update(Action::Files(FilesAction::Save))));
    assert!(said(&page).contains("5 texts"), "{}", said(&page));
    assert!(saves(&page.update(Action::Files(FilesAction::Save))));
}

#[test]
fn the_start_page_has_ones_own_lessons_first_by_their_own_titles() {
    let mut page = page_at("", "");
    let mine = |page: &Playground| page.lobby().chapters.first().expect("a chapter").clone();
    assert_ne!(mine(&page).name, "Mine", "there is nothing yet");
    act(&mut page, SandboxAction::New(2));
    make_lesson(&mut page, "Who switches the light?");
    let entry = mine(&page).entries.first().expect("one").clone();
    assert_eq!(
        (mine(&page).name.as_str(), entry.title.as_str()),
        ("Mine", "Who switches the light?")
    );
    assert_eq!(entry.about, "Why?");
    assert!(!entry.is_done, "nobody has gone through it yet");
    // A world without a lesson, too, is done when somebody has walked through it.
    act(&mut page, SandboxAction::New(2));
    let own = |page: &Playground| {
        let entries = mine(page).entries;
        entries
            .into_iter()
            .find(|it| it.title == "Sensor and lamp")
            .expect("it is listed")
    };
    assert!(
        !own(&page).is_done && own(&page).seen == "new",
        "{:?}",
        own(&page)
    );
    page.update(Action::Navigated("#/play/my-2".to_owned()));
    page.update(Action::StepForward);
    assert!(!own(&page).is_done);
    page.update(Action::GoToEnd);
    assert!(own(&page).is_done);
    // What was built is not gone through, whichever way leads to it.
    act(&mut page, SandboxAction::New(2));
    page.update(Action::Navigated("#/lessons".to_owned()));
    page.update(Action::Navigated("#/play/my-3".to_owned()));
    assert_eq!(page.position().step, 0);
}

/// The fields of the line with this name, by their labels.
fn fields(page: &Playground, line: &str) -> Vec<Field> {
    let groups = editor(page).groups;
    let mut lines = groups.into_iter().flat_map(|it| it.lines);
    lines.find(|it| it.name == line).expect(line).fields
}

#[test]
fn forms_ask_for_what_the_version_has_and_say_what_no_answer_means() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(3));
    let labels = |page: &Playground, line: &str| -> Vec<String> {
        fields(page, line).into_iter().map(|it| it.label).collect()
    };
    let dashboard = editor(&page)
        .parts
        .iter()
        .position(|it| it.starts_with("dashboard"));
    act(
        &mut page,
        SandboxAction::ShowPart(dashboard.expect("it is there")),
    );
    assert_eq!(labels(&page, "Subscription"), ["Topic filter", "QoS"]);
    let qos = fields(&page, "Subscription").pop().expect("QoS");
    assert_eq!((qos.slot, qos.unsaid), (1, "0 (if not said)"));
    // In a world of 5.0 all is there, and a change of the last one is a change of that one.
    let world = text(&mut page).replacen("until", "version 5.0\nuntil", 1);
    edit(&mut page, Edit::Text(world));
    act(&mut page, SandboxAction::Show(Section::World));
    let all = fields(&page, "Subscription");
    assert_eq!(all.len(), 6, "{all:?}");
    let line = text(&mut page)
        .lines()
        .position(|it| it.contains("subscribe"));
    let last = all.last().expect("one").slot;
    edit(
        &mut page,
        Edit::Slot(line.expect("a line"), last, "7".to_owned()),
    );
    assert!(text(&mut page).contains("subscribe \"home/#\" qos 1 id 7\n"));
    // What is in 3.1.1 though only 5.0 has it is shown, for it is wrong.
    let world = text(&mut page).replacen("version 5.0", "version 3.1.1", 1);
    edit(&mut page, Edit::Text(world));
    act(&mut page, SandboxAction::Show(Section::World));
    assert_eq!(labels(&page, "Subscription").len(), 3);
}

#[test]
fn a_will_that_nobody_would_hear_of_is_warned_about() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(3));
    let warned = |page: &mut Playground| {
        let window = editor(page)
            .parts
            .iter()
            .position(|it| it.starts_with("window-1"));
        act(page, SandboxAction::ShowPart(window.expect("it is there")));
        let groups = editor(page).groups;
        let will = groups
            .iter()
            .flat_map(|it| &it.lines)
            .find(|it| it.name == "Will");
        let note = will.and_then(|it| it.note.clone());
        note.is_some_and(|it| !it.is_met && it.text.contains("Keep Alive"))
    };
    assert!(!warned(&mut page));
    let world = text(&mut page);
    for worse in ["", "  keep-alive 0 s\n"] {
        edit(
            &mut page,
            Edit::Text(world.replacen("  keep-alive 10 s\n", worse, 1)),
        );
        assert!(warned(&mut page), "{worse}");
    }
}

#[test]
fn what_never_happens_is_said_at_its_line() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(1));
    let world = text(&mut page);
    assert_eq!(editor(&page).warnings, []);
    let rules = "subscribe \"hello\" qos 1\n  on message \"hello/+\": publish \"a\" \"b\"\n  on message \"+\": publish \"c\" \"d\"";
    let world = world.replacen("subscribe \"hello\" qos 1", rules, 1)
        + "at 25 s: phone-1 publish \"hello\" \"late\"\nwhen PUBREC is sent: cut phone-1 to broker\nat 3 s: phone-1 publish \"hello\" \"x\"\n";
    edit(&mut page, Edit::Text(world.clone()));
    let view = editor(&page);
    assert_eq!(view.fault, None);
    let place = |part: &str| world.lines().position(|it| it.contains(part)).expect(part);
    let warned: Vec<(usize, &str)> = view.warnings.clone();
    let wanted = [
        ("hello/+", "subscribes to nothing"),
        ("late", "The run ends before"),
        ("PUBREC", "No such packet"),
    ];
    assert_eq!(warned.len(), wanted.len(), "{warned:?}");
    for ((part, why), (line, said)) in wanted.into_iter().zip(&warned) {
        assert_eq!(*line, place(part) + 1);
        assert!(said.contains(why), "{said}");
    }
    // The form says it at the line.
    act(&mut page, SandboxAction::Show(Section::Script));
    let groups = editor(&page).groups;
    let noted = groups.iter().flat_map(|it| &it.lines);
    let noted = noted.filter(|it| it.note.as_ref().is_some_and(|it| !it.is_met));
    let noted: Vec<usize> = noted.map(|it| it.line).collect();
    assert_eq!(noted, [place("late"), place("PUBREC")]);
}

#[test]
fn a_rule_that_is_added_hears_something_and_does_not_answer_itself() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(0));
    for kind in ["broker", "lamp"] {
        edit(&mut page, Edit::AddNode(kind.to_owned()));
    }
    for _ in 0..2 {
        let group = editor(&page).groups.into_iter().next().expect("a group");
        let rule = |it: &&(String, _)| it.0.contains("when a message comes");
        let choice = group.adds.iter().find(rule).expect("a rule").1;
        edit(&mut page, group.add(choice));
    }
    let world = text(&mut page);
    let count = |part: &str| world.lines().filter(|it| it.contains(part)).count();
    assert_eq!(count("  subscribe \"room/temperature\""), 1, "{world}");
    assert_eq!(
        count("on message \"room/temperature\": publish \"room/temperature/answer\""),
        2,
        "{world}"
    );
    assert_eq!(editor(&page).warnings, []);
    // A message that comes is answered once by each rule, and no more.
    let world = world + "at 2 s: lamp-1 publish \"room/temperature\" \"20\"\n";
    edit(&mut page, Edit::Text(world));
    let answers = lines(&page);
    let answers = answers
        .iter()
        .filter(|it| it.contains("room/temperature/answer"));
    assert_eq!(answers.count(), 2);
}

#[test]
fn what_is_added_happens_after_what_is_there() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(1));
    act(&mut page, SandboxAction::Show(Section::Script));
    for (name, at) in [
        ("Publish", "2 s"),
        ("Power off, or asleep without a word", "3 s"),
    ] {
        act(&mut page, SandboxAction::Show(Section::Script));
        let group = editor(&page).groups.into_iter().next().expect("a group");
        let choice = group.adds.iter().find(|(it, _)| it == name).expect(name).1;
        edit(&mut page, group.add(choice));
        let world = text(&mut page);
        assert!(
            world
                .lines()
                .last()
                .is_some_and(|it| it.starts_with(&format!("at {at}: "))),
            "{world}"
        );
    }
    // Nothing happens after the end of the run.
    let world = text(&mut page).replacen("until 20 s", "until 3500 ms", 1);
    edit(&mut page, Edit::Text(world));
    act(&mut page, SandboxAction::Show(Section::Script));
    let group = editor(&page).groups.into_iter().next().expect("a group");
    let choice = group.adds.first().expect("one").1;
    edit(&mut page, group.add(choice));
    assert!(
        text(&mut page)
            .lines()
            .last()
            .is_some_and(|it| it.starts_with("at 3 s: "))
    );
}

#[test]
fn what_can_be_added_is_sorted_under_headings_with_the_common_first() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(1));
    let mut shelves = |part: usize, section| {
        act(&mut page, SandboxAction::ShowPart(part));
        act(&mut page, SandboxAction::Show(section));
        let group = editor(&page).groups.into_iter().next().expect("a group");
        let mut names = group.adds.iter().map(|(name, _)| name.clone());
        let shelves = group.shelves.iter().map(|(head, count)| {
            let names: Vec<String> = names.by_ref().take(*count).collect();
            (*head, names)
        });
        let shelves: Vec<_> = shelves.collect();
        assert_eq!(names.next(), None, "all of it is under a heading");
        shelves
    };
    let device = shelves(2, Section::World);
    let (first, names) = device.first().expect("one");
    assert_eq!(*first, "What it does");
    assert!(names.iter().any(|it| it == "Subscription"), "{names:?}");
    let has_will = |(head, names): &(&str, Vec<String>)| {
        *head == "Connection and session" && names.iter().any(|it| it == "Will")
    };
    assert!(device.iter().any(has_will), "{device:?}");
    let schedule = shelves(0, Section::Script);
    let all: usize = schedule.iter().map(|(_, names)| names.len()).sum();
    assert!(schedule.len() == 4 && all > 20, "{schedule:?}");
    // What 3.1.1 does not have is offered where 5.0 is spoken.
    let has_v5 = |shelves: &[(&str, Vec<String>)]| shelves.iter().any(|it| it.0 == "MQTT 5.0");
    let broker = shelves(1, Section::World);
    assert!(!has_v5(&device) && !has_v5(&broker), "{broker:?}");
    let world = text(&mut page).replacen("until", "version 5.0\nuntil", 1);
    edit(&mut page, Edit::Text(world));
    act(&mut page, SandboxAction::ShowPart(2));
    let shelves = editor(&page)
        .groups
        .into_iter()
        .next()
        .expect("a group")
        .shelves;
    assert!(shelves.iter().any(|it| it.0 == "MQTT 5.0"), "{shelves:?}");
}

#[test]
fn an_empty_world_says_how_to_begin() {
    let mut page = page_at("#/sandbox", "");
    act(&mut page, SandboxAction::New(0));
    assert!(editor(&page).is_empty);
    assert!(text(&mut page).starts_with("scenario \"My world\""));
    edit(&mut page, Edit::AddNode("broker".to_owned()));
    assert!(!editor(&page).is_empty);
}
