//! Boards that run scripts, with a machine of this test in the place of the interpreter: what the page asks for, and shows.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use device::script::{BoardSpec, Deed, Doings, Ended, Event, Interpreter, Turn, Vm};
use mqtt_proto::Duration;
use playground::action::Start;
use playground::sandbox::{Edit, SandboxAction, Section};
use playground::script::{BoardFile, FILE_NAME_ID, LIBRARY, ScriptAction, ScriptCommand, Trouble};
use playground::study::{StudyAction, StudyTab};
use playground::text::Language;
use playground::{Action, Command, Playground};

/// The traceback of a name that nobody has.
fn not_found(deeds: &mut Vec<Deed>) -> Option<Ended> {
    let traceback = [
        "Traceback (most recent call last):",
        "  File \"main.py\", line 3, in <module>",
        "  File \"/lib/umqtt/simple.py\", line 57, in connect",
        "OSError: -202",
    ];
    deeds.extend(traceback.map(|line| Deed::Print { line: line.into() }));
    Some(Ended::Raised)
}

/// Connects at line 1, says what it was told at line 2, and raises at line 3 as soon as the broker has accepted it.
struct Program {
    source: String,
}

impl Vm for Program {
    fn reset(&mut self, spec: &BoardSpec) {
        self.source = spec.source.to_string();
    }

    fn turn(&mut self, turn: &Turn) -> Doings {
        let mut doings = Doings::default();
        for event in &turn.events {
            match event {
                Event::Start if self.source.starts_with("unjoined") => {
                    doings.deeds.push(Deed::Unjoined);
                    doings.ended = not_found(&mut doings.deeds);
                }
                // It has caught that, and asks again later.
                Event::Start if self.source.starts_with("later") => {
                    doings.deeds.push(Deed::Unjoined);
                    doings.until = Some(turn.now + Duration::from_secs(1));
                }
                Event::Start => doings.deeds.extend([
                    Deed::At { line: 1.into() },
                    Deed::Print {
                        line: self.source.lines().next().unwrap_or_default().to_owned(),
                    },
                    Deed::Dial {
                        socket: 3,
                        host: "broker".into(),
                        port: 1883,
                    },
                ]),
                Event::Opened { .. } => doings.deeds.extend([
                    Deed::At { line: 2.into() },
                    Deed::Send {
                        socket: 3,
                        bytes: Bytes::from_static(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"),
                    },
                ]),
                Event::Received { .. } => {
                    let traceback = [
                        "Traceback (most recent call last):",
                        "  File \"main.py\", line 3, in <module>",
                        "  File \"/lib/umqtt/simple.py\", line 142, in publish",
                        "AssertionError:",
                    ];
                    doings.deeds.push(Deed::At { line: 3.into() });
                    doings
                        .deeds
                        .extend(traceback.map(|line| Deed::Print { line: line.into() }));
                    doings.ended = Some(Ended::Raised);
                }
                Event::Typed { text } => {
                    doings.deeds.push(Deed::Print {
                        line: format!(">>> {text}"),
                    });
                    doings.ended = Some(Ended::Typed);
                }
                _ => {}
            }
        }
        if turn.events.is_empty() && self.source.starts_with("later") {
            doings.ended = not_found(&mut doings.deeds);
        }
        doings.line = 3.into();
        if self.source.starts_with("away") {
            doings.line.file = 1;
        }
        doings
    }
}

const WORLD: &str = "scenario \"a board\"
until 20 s

node broker broker

node esp-1 lamp
  script
  | one
  | two
  | three

link esp-1 to broker

at 1 s: esp-1 connect
";

fn load(commands: &[Command]) -> Option<(Interpreter, usize)> {
    commands.iter().find_map(|it| match it {
        Command::Script(ScriptCommand::Load {
            interpreter,
            machines,
        }) => Some((interpreter.clone(), *machines)),
        _ => None,
    })
}

/// A page with a world of one's own, which asks for machines.
fn page() -> (Playground, Vec<Command>) {
    page_with(WORLD)
}

fn page_with(world: &str) -> (Playground, Vec<Command>) {
    let mut page = support::page(Start {
        fragment: "#/sandbox".to_owned(),
        ..Start::default()
    });
    page.update(Action::Sandbox(SandboxAction::New(0)));
    page.update(Action::Sandbox(SandboxAction::Show(Section::Text)));
    let commands = page.update(Action::Sandbox(SandboxAction::Edit(Edit::Text(
        world.to_owned(),
    ))));
    (page, commands)
}

/// Gives machines, and lets the run be made.
fn ready(page: &mut Playground, commands: &[Command]) {
    let (interpreter, machines) = load(commands).expect("machines are asked for");
    assert_eq!(machines, 1);
    interpreter.add(vec![Box::new(Program {
        source: String::new(),
    })]);
    page.update(Action::Script(ScriptAction::Loaded(Ok(()))));
    make(page);
}

fn make(page: &mut Playground) -> Vec<Command> {
    let mut commands = Vec::new();
    for _ in 0..1_000 {
        if page.running().is_none() {
            return commands;
        }
        commands.extend(page.update(Action::Tick(16_000)));
    }
    panic!("the run is never made");
}

/// What is kept last.
fn works(commands: &[Command]) -> Option<String> {
    commands.iter().rev().find_map(|it| match it {
        Command::KeepWorks(works) => Some(works.clone()),
        _ => None,
    })
}

fn steps(page: &Playground) -> Vec<String> {
    page.story()
        .steps
        .iter()
        .map(|it| it.line.clone())
        .collect()
}

#[test]
fn a_world_with_a_script_waits_for_the_interpreter_and_says_so() {
    let (mut page, commands) = page();
    let running = page.running().expect("it waits");
    assert!(running.is_waiting && !running.is_stuck, "{running:?}");
    assert!(
        !commands.contains(&Command::RequestFrame),
        "nothing moves meanwhile"
    );
    // It is asked for once.
    assert_eq!(load(&page.update(Action::Tick(1))), None);
    page.update(Action::Script(ScriptAction::Loaded(Err(
        "no network".into()
    ))));
    let running = page.running().expect("it waits still");
    assert!(
        running.is_stuck && running.text.contains("no network"),
        "{running:?}"
    );
    assert_eq!(steps(&page), Vec::<String>::new());
    // The page goes on: everything else can be done meanwhile.
    page.update(Action::StepForward);
    page.update(Action::GoToEnd);
    let commands = page.update(Action::Script(ScriptAction::Retry));
    ready(&mut page, &commands);
    assert_eq!(
        steps(&page),
        [
            "1.020  esp-1 -> broker  CONNECT clean 1",
            "1.030  broker -> esp-1  CONNACK session 0",
            "1.040  esp-1  script ends with an exception",
        ]
    );
}

#[test]
fn the_line_of_a_step_the_console_and_the_meaning_of_a_traceback_follow_the_moment() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    page.update(Action::Study(StudyAction::Show(StudyTab::Script)));
    assert_eq!(page.study_tab(), StudyTab::Script);
    page.update(Action::Restart);
    let view = page.script();
    assert_eq!(
        (view.boards.as_slice(), view.now, view.by),
        (["esp-1".to_owned()].as_slice(), 0, 0)
    );
    // Behind the end of the last line there is one in which one can write.
    assert_eq!(view.lines.len(), 4);
    assert!(view.console.is_empty() && view.trouble.is_none());
    page.update(Action::StepForward);
    let view = page.script();
    assert_eq!((view.now, view.by), (3, 2), "{:?}", view.by_words);
    assert_eq!(view.console.len(), 1);
    assert_eq!(view.console.first().map(|it| it.text.as_str()), Some("one"));
    let after_one = view;
    page.update(Action::GoTo(3));
    let view = page.script();
    assert_eq!(
        (view.by, view.trouble, view.is_fault),
        (3, Some(Trouble::SentQos2), true)
    );
    assert_eq!(view.console.len(), 6);
    page.update(Action::GoTo(1));
    assert_eq!(*page.script(), *after_one);
}

#[test]
fn who_has_not_joined_a_network_is_told_so_and_not_that_the_name_is_wrong() {
    for (source, trouble) in [("unjoined", Trouble::Unjoined), ("later", Trouble::NoName)] {
        let (mut page, commands) = page();
        ready(&mut page, &commands);
        page.update(Action::Script(ScriptAction::Type(source.into())));
        page.update(Action::Script(ScriptAction::Run));
        make(&mut page);
        page.update(Action::GoToEnd);
        assert_eq!(page.script().trouble, Some(trouble), "{source}");
        let words = playground::text::script_trouble(trouble).expect("it is explained");
        assert_eq!(words.en.contains("isconnected()"), source == "unjoined");
        assert_eq!(words.de.contains("isconnected()"), source == "unjoined");
    }
}

#[test]
fn what_was_typed_and_not_run_is_not_lost() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    // Longer than a world may be.
    let typed = "# long\n".repeat(8_000);
    page.update(Action::Script(ScriptAction::Type(typed.clone())));
    let other = match page.language() {
        Language::English => Language::German,
        Language::German => Language::English,
    };
    page.update(Action::SetLanguage(other));
    assert_eq!(page.script().source, typed);
    page.update(Action::Script(ScriptAction::Run));
    assert_eq!(page.script().source, typed);
    assert!(page.script().is_waiting);
}

#[test]
fn a_program_is_changed_run_and_taken_back() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    page.update(Action::GoToEnd);
    assert!(page.script().can_edit);
    let typed = "print(\"other\")\n\n    # esp-1 to broker\n";
    page.update(Action::Script(ScriptAction::Type(typed.to_owned())));
    assert!(page.script().is_waiting);
    assert_eq!(page.script().source, typed);
    page.update(Action::Script(ScriptAction::Run));
    make(&mut page);
    let view = page.script();
    assert!(!view.is_waiting);
    assert_eq!(view.source, typed);
    assert_eq!(
        view.console.first().map(|it| it.text.as_str()),
        Some("print(\"other\")")
    );
    // A new name of the device leaves the script alone.
    page.update(Action::Sandbox(SandboxAction::ShowPart(2)));
    let editor = page.sandbox().editor.clone().expect("a world is open");
    assert!(editor.has_script);
    let shown = editor
        .groups
        .iter()
        .flat_map(|it| &it.lines)
        .filter_map(|it| it.raw.as_deref());
    assert_eq!(shown.filter(|it| it.starts_with('|')).count(), 0);
    let node = editor.node.expect("a node is shown");
    page.update(Action::Sandbox(SandboxAction::Edit(Edit::Slot(
        node,
        0,
        "board".to_owned(),
    ))));
    make(&mut page);
    assert_eq!(page.script().boards, ["board"]);
    assert_eq!(page.script().source, typed);
    page.update(Action::Undo);
    page.update(Action::Undo);
    make(&mut page);
    assert_eq!(page.script().source, "one\ntwo\nthree\n");
}

#[test]
fn a_board_is_stopped_and_reset_where_the_page_stands() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    page.update(Action::GoTo(1));
    page.update(Action::Script(ScriptAction::Reset));
    make(&mut page);
    let lines = steps(&page).join("\n");
    assert_eq!(lines.matches("CONNECT clean").count(), 2, "{lines}");
    page.update(Action::Script(ScriptAction::Stop));
    make(&mut page);
    assert!(steps(&page).join("\n").contains("loses power"));
}

#[test]
fn a_library_is_fetched_to_be_read() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    let commands = page.update(Action::Script(ScriptAction::ShowFile(BoardFile::Library(
        0,
    ))));
    assert!(commands.contains(&Command::Script(ScriptCommand::Read(0))));
    assert!(page.script().file_note.is_some());
    page.update(Action::Script(ScriptAction::Read(
        0,
        Some("class MQTTClient:\n    pass".into()),
    )));
    let view = page.script();
    assert_eq!(
        (view.lines.len(), view.file_note, view.file),
        (2, None, BoardFile::Library(0))
    );
    // It is there now.
    page.update(Action::Script(ScriptAction::ShowFile(BoardFile::default())));
    let commands = page.update(Action::Script(ScriptAction::ShowFile(BoardFile::Library(
        0,
    ))));
    assert!(!commands.iter().any(|it| matches!(it, Command::Script(_))));
    assert!(LIBRARY.iter().all(|it| it.path.starts_with("umqtt/")));
}

#[test]
fn what_is_typed_at_the_prompt_is_an_act_of_the_run() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    page.update(Action::GoTo(2));
    let view = page.script();
    assert!(view.can_interrupt && !view.is_at_prompt, "it runs");
    page.update(Action::GoToEnd);
    assert!(page.script().is_at_prompt);
    // A block goes on until a line is empty.
    let enter = |page: &mut Playground, text: &str| {
        page.update(Action::Script(ScriptAction::Prompt(text.to_owned())));
        page.update(Action::Script(ScriptAction::Enter));
        make(page);
    };
    enter(&mut page, "if led:");
    assert_eq!(page.script().typed, "if led:\n");
    enter(&mut page, "led.on()");
    let typed = |page: &Playground| {
        let last = page.script().console.last().cloned();
        last.map(|it| it.text)
    };
    assert_eq!(typed(&page).as_deref(), Some(">>> led.on()"));
    assert!(page.script().typed.is_empty() && page.script().trouble.is_none());
    // The moment before is as it was, and the one after comes again.
    let after = page.script();
    page.update(Action::GoTo(1));
    assert!(!page.script().is_at_prompt);
    page.update(Action::GoToEnd);
    assert_eq!(page.script().console, after.console);
    page.update(Action::Script(ScriptAction::Recall(-1)));
    assert_eq!(page.script().typed, "led.on()");
    page.update(Action::Script(ScriptAction::Recall(1)));
    assert_eq!(page.script().typed, "");
    page.update(Action::Undo);
    make(&mut page);
    page.update(Action::GoToEnd);
    assert_eq!(
        typed(&page).as_deref(),
        Some("script ends with an exception")
    );
}

/// The files of the board that is shown, each with a mark if it waits to be run.
fn files(page: &Playground) -> Vec<String> {
    let view = page.script();
    let own = view.own.iter();
    own.map(|it| format!("{}{}", it.name, if it.is_waiting { " *" } else { "" }))
        .collect()
}

#[test]
fn files_are_added_named_written_deleted_and_brought_back() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    let act = |page: &mut Playground, action: ScriptAction| {
        let commands = page.update(Action::Script(action));
        make(page);
        commands
    };
    assert_eq!(files(&page), ["main.py"]);
    // The script itself keeps its name and its place.
    act(&mut page, ScriptAction::RenameFile("other.py".into()));
    act(&mut page, ScriptAction::RemoveFile);
    assert_eq!(files(&page), ["main.py"]);
    let commands = act(&mut page, ScriptAction::AddFile);
    assert!(commands.contains(&Command::Focus(FILE_NAME_ID.to_owned())));
    assert_eq!(files(&page), ["main.py", "boot.py"]);
    act(&mut page, ScriptAction::AddFile);
    act(&mut page, ScriptAction::AddFile);
    let names = ["main.py", "boot.py", "module.py", "module2.py"];
    assert_eq!(files(&page), names);
    assert_eq!(page.script().file, BoardFile::Own(3));
    for bad in [
        "",
        "boot.py",
        "main.py",
        "a b.py",
        "../up.py",
        "/x.py",
        &"x".repeat(65),
    ] {
        act(&mut page, ScriptAction::RenameFile(bad.into()));
        assert_eq!(files(&page), names, "{bad}");
    }
    act(
        &mut page,
        ScriptAction::RenameFile(" lib/config.py ".into()),
    );
    let names = ["main.py", "boot.py", "module.py", "lib/config.py"];
    assert_eq!(files(&page), names);

    // What is typed into several files is run at once, and taken back at once.
    let typed = "WIFI = \"school\"\n\n# script file \"boot.py\"\n";
    act(&mut page, ScriptAction::Type(typed.into()));
    act(&mut page, ScriptAction::ShowFile(BoardFile::Own(0)));
    assert_eq!(page.script().source, "one\ntwo\nthree\n");
    act(&mut page, ScriptAction::Type("import config\n".into()));
    assert_eq!(
        files(&page),
        ["main.py *", "boot.py", "module.py", "lib/config.py *"]
    );
    act(&mut page, ScriptAction::Run);
    assert_eq!(files(&page), names);
    assert_eq!(page.script().source, "import config\n");
    act(&mut page, ScriptAction::ShowFile(BoardFile::Own(3)));
    assert_eq!(page.script().source, typed);
    page.update(Action::Undo);
    make(&mut page);
    assert_eq!(page.script().source, "");
    page.update(Action::Redo);
    make(&mut page);

    // What was typed and not run is not lost with its file.
    act(&mut page, ScriptAction::Type("x = 1\n".into()));
    act(&mut page, ScriptAction::RemoveFile);
    assert_eq!(files(&page), ["main.py", "boot.py", "module.py"]);
    page.update(Action::Undo);
    make(&mut page);
    assert_eq!(files(&page), names);
    act(&mut page, ScriptAction::ShowFile(BoardFile::Own(3)));
    assert_eq!(page.script().source, "x = 1\n");

    // A board has so many files, and the forms show none of them as lines of the world.
    for _ in 0..20 {
        act(&mut page, ScriptAction::AddFile);
    }
    assert_eq!(files(&page).len(), 17);
    page.update(Action::Sandbox(SandboxAction::ShowPart(2)));
    let editor = page.sandbox().editor.clone().expect("a world is open");
    let lines = editor.groups.iter().flat_map(|it| &it.lines);
    let raw: Vec<_> = lines.filter_map(|it| it.raw.as_deref()).collect();
    assert!(raw.iter().all(|it| !it.contains("file")), "{raw:?}");
}

#[test]
fn what_was_typed_and_not_run_is_there_again_at_the_next_visit() {
    let (mut page, commands) = page();
    ready(&mut page, &commands);
    page.update(Action::Script(ScriptAction::AddFile));
    make(&mut page);
    page.update(Action::Script(ScriptAction::Type("import net\n".into())));
    page.update(Action::Script(ScriptAction::ShowFile(BoardFile::Own(0))));
    let commands = page.update(Action::Script(ScriptAction::Type("----\nhalf".into())));
    let works = works(&commands).expect("it is kept");

    let again = |works: String| {
        let mut page = support::page(Start {
            fragment: "#/sandbox/my-1".to_owned(),
            works,
            ..Start::default()
        });
        let asked = page.update(Action::Script(ScriptAction::Retry));
        ready(&mut page, &asked);
        page
    };
    let mut page = again(works);
    let view = page.script();
    assert_eq!(files(&page), ["main.py *", "boot.py *"]);
    assert!(view.is_waiting && view.is_from_before);
    assert_eq!(view.source, "----\nhalf\n");
    // Whoever types on knows.
    page.update(Action::Script(ScriptAction::Type("whole\n".into())));
    page.update(Action::Script(ScriptAction::ShowFile(BoardFile::Own(1))));
    assert_eq!(page.script().source, "import net\n");
    let mut commands = page.update(Action::Script(ScriptAction::Run));
    commands.extend(make(&mut page));
    let kept = commands.iter().rev().find_map(|it| match it {
        Command::KeepWorks(works) => Some(works.clone()),
        _ => None,
    });
    assert_eq!(files(&page), ["main.py", "boot.py"]);
    assert!(!page.script().is_waiting);
    let page = again(kept.expect("it is kept"));
    assert_eq!(files(&page), ["main.py", "boot.py"]);
    assert_eq!(page.script().source, "whole\n");
}

#[test]
fn a_file_in_which_somebody_types_is_not_left_by_itself() {
    let away = WORLD.replace("  | one\n", "  | away\n");
    let away = away.replace("  | three\n", "  | three\n  file \"boot.py\"\n  | boot\n");
    let at_start = || {
        let (mut page, commands) = page_with(&away);
        ready(&mut page, &commands);
        page.update(Action::Restart);
        assert_eq!(page.script().file, BoardFile::Own(0));
        page
    };
    // A run that goes on shows the file in which something is done,
    let mut page = at_start();
    page.update(Action::GoTo(2));
    assert_eq!(page.script().file, BoardFile::Own(1));
    // but not to whoever has typed something,
    let mut page = at_start();
    page.update(Action::Script(ScriptAction::Type("mine\n".into())));
    page.update(Action::GoTo(2));
    assert_eq!(page.script().source, "mine\n");
    page.update(Action::Script(ScriptAction::Type("mine, too\n".into())));
    assert_eq!(files(&page), ["main.py *", "boot.py"]);
    page.update(Action::Script(ScriptAction::Run));
    make(&mut page);
    page.update(Action::GoToEnd);
    assert_eq!(page.script().source, "mine, too\n");
    // or is about to.
    let mut page = at_start();
    page.update(Action::Script(ScriptAction::Hold(0, BoardFile::Own(0))));
    page.update(Action::GoTo(2));
    assert_eq!(page.script().file, BoardFile::Own(0));
}

#[test]
fn a_world_whose_interpreter_cannot_be_had_is_kept_all_the_same() {
    let (mut page, _) = page();
    let failed = Err("not there".to_owned());
    page.update(Action::Script(ScriptAction::Loaded(failed)));
    let typed = "print('without MicroPython')\n";
    let commands = page.update(Action::Script(ScriptAction::Type(typed.into())));
    assert!(works(&commands).is_some_and(|it| it.contains("without MicroPython")));
    let commands = page.update(Action::Script(ScriptAction::Run));
    let works = works(&commands).expect("it is kept");
    let mut again = support::page(Start {
        fragment: "#/sandbox/my-1".to_owned(),
        works,
        ..Start::default()
    });
    again.update(Action::Sandbox(SandboxAction::ShowPart(2)));
    assert_eq!(again.script().source, typed);
}
