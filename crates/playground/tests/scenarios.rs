//! The page over the scenarios of the folder: actions in, views out, as the app uses them.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use device::Blueprint;
use playground::action::{Tab, Theme};
use playground::ladder::{CROSS, PILL_HEIGHT, Rect};
use playground::lesson::AskState;
use playground::measure::AverageWidths;
use playground::step::Unit;
use playground::story::Figure;
use playground::text::Language;
use playground::timeline::Glyph;
use playground::{Action, Command, Playground, text};
use sim::scenario::BeatKind;
use sim::{Recording, Scenario};
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn page() -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::ReduceMotion(true));
    page.update(Action::Resized {
        width: 720.0,
        height: 400.0,
        scale: 1.0,
    });
    page
}

/// Steps forward, past a question too.
fn forward(page: &mut Playground) {
    let before = page.position();
    page.update(Action::StepForward);
    if page.position() == before && !page.timeline().is_end {
        page.update(Action::StepForward);
    }
}

fn open(title_part: &str) -> Playground {
    let mut page = page();
    let titles = page.frame().scenarios.clone();
    let index = titles
        .iter()
        .position(|title| title.contains(title_part))
        .expect("the scenario is there");
    page.update(Action::Open(index));
    page
}

/// The scenarios of the folder, run natively: title and ladder.
fn native() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|it| it.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "mqtt"));
    let runs = files.iter().map(|file| {
        let scenario = Scenario::parse(&fs::read_to_string(file).expect("it can be read"))
            .expect("a scenario");
        let (title, seed) = (scenario.title.clone(), scenario.seed);
        let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
        let log = recording.log();
        (
            title,
            log.ladder_text(log.end())
                .lines()
                .map(str::to_owned)
                .collect(),
        )
    });
    runs.collect()
}

#[test]
fn the_caption_begins_with_what_the_lesson_says() {
    let mut page = open("lost acknowledgement");
    assert_eq!(
        page.explain().caption,
        "A phone tells a robot to drive 1 m, at QoS 1. The robot keeps its session. This time a packet will be lost. \
        Nothing has been sent yet: step forward, or press Play."
    );
    page.update(Action::StepForward);
    assert!(page.explain().caption.starts_with("Step 1: "));
    page.update(Action::StepBack);
    assert!(page.explain().caption.starts_with("A phone tells"));
    // Where a lesson says nothing before the first step, it is what the scenario is about.
    let page = open("The program exits");
    let caption = page.explain().caption.clone();
    assert!(caption.starts_with("A lamp says 1"), "{caption}");
}

#[test]
fn what_opens_a_lesson_gives_no_answer_away() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut told = 0;
    for file in fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "mqtt") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it can be read");
        let scenario = Scenario::parse(&text).expect("a scenario");
        let Some(lesson) = scenario.lesson else {
            continue;
        };
        let before = [
            &scenario.title,
            &scenario.about,
            &lesson.title,
            &lesson.question,
        ]
        .map(|it| it.to_lowercase());
        let asked = lesson.beats.iter().filter_map(|beat| match &beat.kind {
            BeatKind::Ask(ask) => Some(&ask.answers),
            _ => None,
        });
        for answer in asked.flatten().filter(|it| it.is_right) {
            let words = answer.text.split([':', ',']).next().unwrap_or_default();
            // Short ones are in many words, and the name of a packet that is lost tells nothing yet.
            if words.len() < 5 || words == words.to_uppercase() {
                continue;
            }
            told += 1;
            assert!(
                !before.iter().any(|it| it.contains(&words.to_lowercase())),
                "{}: “{words}” is said before it is asked for: {before:?}",
                path.display()
            );
        }
    }
    assert!(told > 20, "only {told} answers were looked at");
}

fn lines(page: &Playground) -> Vec<String> {
    page.list()
        .lines()
        .map(|(_, line, _)| line.to_owned())
        .collect()
}

/// The page has these lines, or of a long ladder the last three hundred.
#[track_caller]
fn same(seen: &[String], ladder: &[String], title: &str) {
    let step = ladder.len();
    let from = step.saturating_sub(seen.len());
    assert!(from == 0 || seen.len() >= 300, "{title}, step {step}");
    assert_eq!(seen, &ladder[from..], "{title}, step {step}");
}

#[test]
fn every_scenario_of_the_folder_is_offered_and_steps_as_the_simulator_does() {
    let native = native();
    assert_eq!(page().frame().scenarios.len(), native.len());
    for (title, ladder) in native {
        let mut page = open(&title);
        assert!(lines(&page).is_empty(), "{title} begins before everything");
        for step in 1..=ladder.len() {
            forward(&mut page);
            same(&lines(&page), &ladder[..step], &title);
        }
        assert!(
            !page.timeline().is_end,
            "{title}: the last packet is still on its way or has just acted"
        );
        forward(&mut page);
        assert!(page.timeline().is_end);
        same(&lines(&page), &ladder, &title);
        forward(&mut page);
        same(&lines(&page), &ladder, &title);
    }
}

#[test]
fn going_back_shows_what_going_forward_showed() {
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        let look = |page: &mut Playground| {
            // Where the ladder is scrolled to is not part of the moment.
            page.update(Action::Scrolled(0.0));
            let ladder = (page.ladder_still(), page.ladder_moving(), lines(page));
            let others = (
                page.map_still(),
                page.map_moving(),
                page.explain(),
                page.state(),
                page.packet(),
                page.timeline(),
            );
            format!("{ladder:?} {others:?}")
        };
        let mut seen = vec![look(&mut page)];
        while !page.timeline().is_end {
            forward(&mut page);
            seen.push(look(&mut page));
        }
        for (step, view) in seen.iter().enumerate().rev() {
            assert!(
                look(&mut page) == *view,
                "scenario {index} looks different at step {step} on the way back"
            );
            page.update(Action::StepBack);
        }
        assert!(page.timeline().is_start);
        for (step, view) in seen.iter().enumerate() {
            page.update(Action::GoTo(step));
            assert!(
                look(&mut page) == *view,
                "scenario {index} looks different at step {step} after a jump"
            );
        }
    }
}

#[test]
fn the_robot_stands_where_the_promise_puts_it() {
    for (title, metres) in [
        ("QoS 0: at most once", "1 m"),
        ("QoS 1: at least once", "1 m"),
        ("QoS 2: exactly once", "1 m"),
        ("QoS 1: the robot and the lost acknowledgement", "2 m"),
        ("QoS 2: PUBREC lost", "1 m"),
    ] {
        let mut page = open(title);
        let place = |page: &Playground| {
            let map = page.map_still();
            let ruler = map.ruler.as_ref().expect("a robot needs a ruler");
            ruler
                .ticks
                .iter()
                .find(|(_, _, here)| *here)
                .map(|(_, text, _)| text.clone())
        };
        assert_eq!(place(&page).as_deref(), Some("0 m"), "{title}");
        page.update(Action::GoToEnd);
        assert_eq!(place(&page).as_deref(), Some(metres), "{title}");
        let said: String = page
            .explain()
            .say
            .iter()
            .map(|run| run.text.as_str())
            .collect();
        assert!(
            said.ends_with(&format!("stands at {metres}.")),
            "{title}: {said}"
        );
    }
}

/// Commits to an answer where a question waits: while it is open, nothing is explained that could answer it.
fn answer(page: &mut Playground) {
    page.update(Action::Answer(0));
    page.update(Action::Commit);
}

/// A scenario at the step at which its copy goes out.
fn at_the_copy(title_part: &str) -> Playground {
    let mut page = open(title_part);
    while !page
        .packet()
        .badges
        .iter()
        .any(|(text, _)| text == "DUP = 1")
    {
        assert!(!page.timeline().is_end, "there is a copy");
        forward(&mut page);
        answer(&mut page);
    }
    page
}

#[test]
fn the_copy_is_explained_from_the_first_send_to_the_reconnect() {
    let page = at_the_copy("lost acknowledgement");
    let explain = page.explain();
    let marked: Vec<&str> = explain
        .say
        .iter()
        .filter(|run| run.is_marked)
        .map(|run| run.text.as_str())
        .collect();
    assert_eq!(marked, ["the same message again"]);
    let why = page.why();
    let chain: Vec<&str> = why.chain.iter().map(|cause| cause.text.as_str()).collect();
    assert_eq!(
        chain,
        [
            "The broker sends the message and keeps a copy.",
            "The cut took PUBACK 1 with it: 4 bytes on the wire, gone for good.",
            "The broker still has the session of robot-1.",
            "So the copy goes out again. No timer did this; the reconnect did.",
        ]
    );
    assert!(why.chain.last().is_some_and(|cause| cause.is_current));
    let rules: Vec<&str> = explain.rules.iter().map(|rule| rule.id).collect();
    assert!(
        rules.contains(&"MQTT-4.4.0-1") && rules.contains(&"MQTT-3.3.1-1"),
        "{rules:?}"
    );
    assert!(
        explain
            .rules
            .iter()
            .all(|rule| rule.url.starts_with("https://docs.oasis-open.org/"))
    );
}

#[test]
fn the_reasons_of_5_0_are_said() {
    let mut page = open("The broker says why");
    let mut said = String::new();
    while !page.timeline().is_end {
        forward(&mut page);
        answer(&mut page);
        said.extend(page.explain().say.iter().map(|run| run.text.as_str()));
        said.push('\n');
    }
    for reason in [
        "0x10 No matching subscribers",
        "0x11 No subscription existed",
        "0x8E Session taken over",
    ] {
        assert!(said.contains(reason), "{reason}\n{said}");
    }
}

#[test]
fn a_library_without_memory_is_not_said_to_keep_copies() {
    for (title_part, expected) in [
        ("an answer is missing", "keeps no copy"),
        ("robust2: a queue", "keeps a copy"),
        ("QoS 1: at least once", "keeps a copy"),
    ] {
        let mut page = open(title_part);
        let sends = |page: &Playground| {
            let say = &page.explain().say;
            say.iter()
                .any(|run| run.text.contains("sends the message on"))
        };
        while !sends(&page) {
            assert!(!page.timeline().is_end, "{title_part}: something is sent");
            forward(&mut page);
        }
        let say = &page.explain().say;
        let marked = say.iter().find(|run| run.is_marked);
        assert_eq!(
            marked.map(|run| run.text.as_str()),
            Some(expected),
            "{title_part}"
        );
    }
}

#[test]
fn a_copy_that_a_timer_sends_is_not_put_down_to_a_reconnect() {
    let page = at_the_copy("What the tutorials draw");
    assert_eq!(
        page.why().chain.last().map(|cause| cause.text.as_str()),
        Some("So the copy goes out again. A timer did this; the connection never went.")
    );
}

#[test]
fn the_broker_keeps_the_message_until_its_acknowledgement_arrives() {
    let mut page = at_the_copy("lost acknowledgement");
    let state = page.state();
    let [row] = &state.rows[..] else {
        panic!("{:?}", state.rows)
    };
    assert_eq!(
        (row.id, row.waits_for, row.sent, row.is_selected),
        (1, "PUBACK", 2, true)
    );
    assert_eq!(row.message, "robot/move, QoS 1");
    assert_eq!(
        state.tally.as_ref().map(|(count, _)| count.as_str()),
        Some("1 order, 1 delivery so far.")
    );
    page.update(Action::GoToEnd);
    let state = page.state();
    assert!(state.rows.is_empty());
    assert_eq!(
        state.tally.as_ref().map(|(count, _)| count.as_str()),
        Some("1 order, 2 deliveries so far.")
    );
}

#[test]
fn a_field_and_its_bytes_and_bits_are_lit_together() {
    let mut page = at_the_copy("lost acknowledgement");
    let packet = page.packet();
    let selected: Vec<&str> = packet
        .fields
        .iter()
        .filter(|row| row.is_selected)
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        selected,
        ["DUP"],
        "the field for which this packet is in the story"
    );
    let bits = packet.bits.as_ref().expect("bits");
    assert_eq!(
        bits.cells.map(|(_, is_lit)| is_lit),
        [false, false, false, false, true, false, false, false]
    );
    assert_eq!(
        bits.sentence,
        "Byte 0 is hex 3A. type 3: 0011, DUP: 1, QoS 1: 01, RET: 0"
    );

    // From the bytes to the tree: a press in the middle of the topic.
    page.update(Action::SelectByte(7));
    let packet = page.packet();
    let topic = packet
        .fields
        .iter()
        .find(|row| row.is_selected)
        .expect("a field");
    assert_eq!(
        (
            topic.name.as_str(),
            topic.value.as_str(),
            topic.extent.as_str()
        ),
        ("Topic Name", "robot/move", "2 + 10")
    );
    let lit: Vec<usize> = packet
        .bytes
        .iter()
        .filter(|byte| byte.is_lit)
        .map(|byte| byte.index)
        .collect();
    assert_eq!(lit, (2..14).collect::<Vec<_>>());

    // And from the tree to the bytes.
    let id = packet
        .fields
        .iter()
        .find(|row| row.name == "Packet Identifier")
        .expect("an id")
        .part;
    page.update(Action::SelectField(id));
    let lit: Vec<usize> = page
        .packet()
        .bytes
        .iter()
        .filter(|byte| byte.is_lit)
        .map(|byte| byte.index)
        .collect();
    assert_eq!(lit, [14, 15]);
    assert_eq!(page.update(Action::MoveByte(1)), [Command::FocusByte(15)]);
    assert_eq!(
        page.update(Action::MoveByte(100)),
        [Command::FocusByte(26)],
        "the last byte"
    );

    let segments = page.packet();
    let segments: Vec<(&str, &str)> = segments
        .segments
        .iter()
        .map(|it| (it.name.as_str(), it.value.as_str()))
        .collect();
    assert_eq!(
        segments,
        [
            ("header", ""),
            ("topic", "robot/move"),
            ("id", "1"),
            ("payload", "forward 1 m")
        ]
    );
}

#[test]
fn playing_comes_to_the_same_end_and_shortens_silences() {
    let mut page = open("lost acknowledgement");
    page.update(Action::ReduceMotion(false));
    page.update(Action::TogglePlay);
    let mut wall = 0;
    let mut steps = vec![0];
    let mut questions = 0;
    while page.timeline().is_playing {
        page.update(Action::Tick(16_000));
        wall += 16_000_u64;
        // Playing stops at a question, until it is answered.
        let stops = !page.timeline().is_playing && !page.timeline().is_end;
        if stops {
            questions += 1;
            page.update(Action::Answer(0));
            page.update(Action::Commit);
            page.update(Action::TogglePlay);
        }
        if steps.last() != Some(&page.position().step) {
            steps.push(page.position().step);
        }
        assert!(wall < 120_000_000, "it does not come to an end");
    }
    assert!(page.timeline().is_end);
    assert!(questions > 0, "the lesson asks something");
    assert!(steps.is_sorted(), "{steps:?}");
    // The run has 3.5 s, of which 2.9 are silent: at a twentieth of real time they alone would take a minute.
    assert!(wall < 30_000_000, "{wall} µs");
    // Playing again begins again.
    page.update(Action::TogglePlay);
    assert!(page.timeline().is_playing && page.timeline().is_start);
}

#[test]
fn a_step_forward_moves_its_packet_and_a_step_back_does_not() {
    let mut page = open("at least once");
    page.update(Action::ReduceMotion(false));
    assert!(
        page.update(Action::StepForward)
            .contains(&Command::RequestFrame)
    );
    let sent = page.position().now;
    page.update(Action::Tick(100_000));
    let moving = page.position().now;
    assert!(moving > sent);
    for _ in 0..100 {
        page.update(Action::Tick(100_000));
    }
    let there = page.position();
    assert_eq!(there, page.story().position(1), "it stops in mid-flight");
    forward(&mut page);
    assert!(
        !page
            .update(Action::StepBack)
            .contains(&Command::RequestFrame)
    );
    assert_eq!(page.position(), there);
}

#[test]
fn selecting_does_not_move_time_and_a_step_takes_the_selection_along() {
    let mut page = at_the_copy("lost acknowledgement");
    let now = page.position();
    page.update(Action::Select(8));
    assert_eq!(page.position(), now);
    assert_eq!(page.packet().step, 8);
    assert!(
        page.timeline()
            .marks
            .iter()
            .any(|mark| mark.step == 8 && mark.is_selected)
    );
    page.update(Action::Select(now.step + 1));
    assert_eq!(
        page.selected_step(),
        8,
        "what has not happened cannot be selected"
    );
    forward(&mut page);
    assert_eq!(page.selected_step(), now.step + 1);
}

#[test]
fn the_timeline_hides_what_is_to_come() {
    let page = at_the_copy("lost acknowledgement");
    let timeline = page.timeline();
    for mark in &timeline.marks {
        assert_eq!(
            mark.glyph.is_some(),
            mark.step <= page.position().step,
            "{mark:?}"
        );
    }
    let future = timeline
        .marks
        .iter()
        .find(|mark| mark.glyph.is_none())
        .expect("a future");
    assert_eq!(
        future.sentence,
        format!("Step {}: not played yet", page.position().step + 1)
    );
    let phases: Vec<&str> = timeline.phases.iter().map(|phase| phase.name.en).collect();
    assert_eq!(
        phases,
        [
            "connect ·\u{a0}subscribe",
            "publish ·\u{a0}deliver",
            "cut ·\u{a0}return",
            "again",
            "not yet played"
        ]
    );
    assert_eq!(
        timeline.marks[0].glyph,
        Some(Glyph::Packet(playground::story::Role::Control))
    );
}

#[test]
fn views_are_shared_until_something_changes() {
    let mut page = at_the_copy("lost acknowledgement");
    let (still, packet, state) = (page.ladder_still(), page.packet(), page.state());
    assert!(page.ladder_still() == still && page.packet() == packet);
    page.update(Action::ShowTab(Tab::Packet));
    assert!(
        page.ladder_still() == still && page.packet() == packet && page.state() == state,
        "a tab changes nothing else"
    );
    forward(&mut page);
    assert!(
        page.ladder_still() != still
            && page.packet().title == packet.title
            && packet.of_before.is_none()
            && page.packet().of_before.is_some(),
        "the robot acts: the packet that made it is shown, and is said to be from before"
    );
}

#[test]
fn commands_tell_the_page_what_only_it_can_do() {
    let mut page = page();
    let commands = page.update(Action::ToggleTheme);
    assert_eq!(
        commands,
        [
            Command::KeepTheme(Theme::Dark),
            Command::Appear {
                theme: Theme::Dark,
                projector: false
            }
        ]
    );
    assert_eq!(
        page.update(Action::ToggleProjector),
        [Command::Appear {
            theme: Theme::Dark,
            projector: true
        }]
    );
    page.update(Action::ToggleBlank);
    assert!(page.frame().blank);
    assert_eq!(
        page.update(Action::ToggleProjector),
        [Command::Appear {
            theme: Theme::Dark,
            projector: false
        }]
    );
    page.update(Action::ToggleBlank);
    assert!(!page.frame().blank, "only a projector can be blanked");
    // B is the key for it, but not where it is an answer: then it is one, and Shift+B makes the screen dark.
    page.update(Action::ToggleProjector);
    page.update(Action::Letter('b'));
    assert!(page.frame().blank);
    page.update(Action::Letter('a'));
    assert!(page.frame().blank, "whoever sees nothing chooses nothing");
    page.update(Action::Letter('b'));
    assert!(!page.frame().blank);
    page.update(Action::Navigated("#/play/qos1-puback-lost".to_owned()));
    let asks = |page: &Playground| page.lesson().and_then(|it| it.lesson.ask.clone());
    for _ in 0..200 {
        if asks(&page).is_some_and(|it| it.state == AskState::Open) {
            break;
        }
        forward(&mut page);
    }
    page.update(Action::Letter('b'));
    let chosen = asks(&page).expect("a question").options;
    assert!(!page.frame().blank && chosen.get(1).is_some_and(|it| it.is_chosen));
    page.update(Action::ToggleBlank);
    page.update(Action::Escape);
    assert!(!page.frame().blank);
}

#[test]
fn a_step_past_an_open_question_is_asked_for_twice() {
    for goes_on in [
        Action::StepForward,
        Action::TogglePlay,
        Action::StepBy(Unit::Packet, 1),
    ] {
        let mut page = open("lost acknowledgement");
        let ask = |page: &Playground| page.lesson().and_then(|it| it.lesson.ask.clone());
        while ask(&page).is_none() {
            page.update(Action::StepForward);
        }
        page.update(Action::ReduceMotion(true));
        let asked = page.position();
        let commands = page.update(goes_on.clone());
        assert!(commands.contains(&Command::Focus(text::QUESTION_ID.to_owned())));
        assert_eq!(page.position(), asked, "{goes_on:?}");
        assert_ne!(
            text::outcome(Language::English, &ask(&page).expect("it is asked")),
            ""
        );
        page.update(goes_on.clone());
        for _ in 0..20 {
            page.update(Action::Tick(100_000));
        }
        assert!(page.position().step > asked.step, "{goes_on:?}");
        let state = ask(&page).expect("it was asked").state;
        assert!(
            matches!(state, AskState::Passed | AskState::Revealed),
            "{goes_on:?}: {state:?}"
        );
        page.update(Action::Letter('a'));
        page.update(Action::Commit);
        page.update(Action::GoTo(asked.step));
        let again = ask(&page).expect("it is asked again");
        assert_eq!(again.state, AskState::Open, "{goes_on:?}");
        assert!(!again.is_held);
    }
}

#[test]
fn the_present_stays_in_the_pane() {
    let mut page = open("lost acknowledgement");
    page.update(Action::Resized {
        width: 720.0,
        height: 200.0,
        scale: 1.0,
    });
    let mut top = 0.0;
    while !page.timeline().is_end {
        for command in page.update(Action::StepForward) {
            if let Command::ScrollLadder(to) = command {
                top = to;
                page.update(Action::Scrolled(to));
            }
        }
        let now_y = page.ladder_moving().now_y;
        assert!(
            now_y >= top - 1.0 && now_y <= top + 200.0,
            "step {}: {now_y} in {top}",
            page.position().step
        );
    }
}

#[test]
fn the_present_stays_in_a_pane_that_becomes_smaller() {
    let mut page = open("lost acknowledgement");
    page.update(Action::GoToEnd);
    let resized = |page: &mut Playground, height| {
        let commands = page.update(Action::Resized {
            width: 720.0,
            height,
            scale: 1.0,
        });
        commands.into_iter().find_map(|command| match command {
            Command::ScrollLadder(to) => Some(to),
            _ => None,
        })
    };
    let now_y = page.ladder_moving().now_y;
    let top = resized(&mut page, 120.0).expect("it goes along");
    page.update(Action::Scrolled(top));
    assert!((top..=top + 120.0).contains(&now_y), "{now_y} in {top}");
    // Whoever looks at what was before is left there.
    page.update(Action::Scrolled(0.0));
    assert_eq!(resized(&mut page, 100.0), None);
}

#[test]
fn every_step_is_said_and_named() {
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        while !page.timeline().is_end {
            forward(&mut page);
            let step = page.position().step;
            let explain = page.explain();
            let said: String = explain.say.iter().map(|run| run.text.as_str()).collect();
            assert!(
                said.ends_with('.') && said.len() > 20,
                "scenario {index}, step {step}: {said:?}"
            );
            assert!(
                !said.contains("  ") && !said.contains(" ."),
                "scenario {index}, step {step}: {said:?}"
            );
            assert!(
                page.why()
                    .chain
                    .iter()
                    .all(|cause| cause.text.ends_with('.')),
                "scenario {index}: {:?}",
                page.why().chain
            );
            assert!(
                page.timeline()
                    .marks
                    .iter()
                    .all(|mark| mark.sentence.len() > 5)
            );
        }
    }
}

#[test]
fn a_will_is_told_from_a_message_that_is_passed_on() {
    let mut page = open("obituary");
    while !page.timeline().is_end {
        forward(&mut page);
        let said: String = page
            .explain()
            .say
            .iter()
            .map(|run| run.text.as_str())
            .collect();
        if said.contains("publishes a will: the connection of lamp-1") {
            assert_eq!(
                page.packet()
                    .segments
                    .last()
                    .map(|it| it.value.clone())
                    .as_deref(),
                Some("0")
            );
            return;
        }
    }
    panic!("the will was not told");
}

#[test]
fn no_pill_covers_another_in_any_scenario_at_any_width() {
    for index in 0..page().frame().scenarios.len() {
        for width in [366.0, 480.0, 600.0, 704.0, 784.0, 1200.0] {
            let mut page = page();
            page.update(Action::Resized {
                width,
                height: 100_000.0,
                scale: 1.0,
            });
            page.update(Action::Open(index));
            page.update(Action::GoToEnd);
            page.update(Action::ToggleFold);
            let still = page.ladder_still();
            let pills = still.arrows.iter().map(|it| {
                (
                    it.step,
                    Rect::around(it.pill.x, it.pill.y, it.pill.width, PILL_HEIGHT),
                )
            });
            let pills: Vec<(usize, Rect)> = pills.collect();
            for (at, (step, pill)) in pills.iter().enumerate() {
                let other = pills[at + 1..].iter().find(|(_, other)| pill.meets(other));
                assert!(
                    other.is_none(),
                    "scenario {index} in {width} px: step {step} and {other:?}"
                );
            }
        }
    }
}

#[test]
fn a_client_whose_new_connection_ends_its_old_one_is_online() {
    let mut page = open("early comeback");
    page.update(Action::GoToEnd);
    let map = page.map_still();
    let lamp = map
        .nodes
        .iter()
        .find(|node| node.name == "lamp-1")
        .expect("the lamp is on the map");
    assert!(lamp.is_online, "{lamp:?}");
}

#[test]
fn the_cross_of_a_lost_packet_leaves_its_text_alone() {
    for width in [360.0, 390.0, 720.0, 1100.0] {
        let mut crosses = 0;
        for index in 0..page().frame().scenarios.len() {
            let mut page = page();
            page.update(Action::Resized {
                width,
                height: 4000.0,
                scale: 1.0,
            });
            page.update(Action::Open(index));
            page.update(Action::GoToEnd);
            let still = page.ladder_still();
            for arrow in still.arrows.iter().filter(|arrow| arrow.is_lost) {
                let (x, y) = arrow.reach.expect("a lost packet stops somewhere");
                let cross = Rect::around(x, y, CROSS * 2.0, CROSS * 2.0);
                let pill = &arrow.pill;
                let pill = Rect::around(pill.x, pill.y, pill.width, PILL_HEIGHT);
                assert!(
                    !cross.meets(&pill),
                    "scenario {index}, {width} px, step {}: {cross:?} is on {pill:?}",
                    arrow.step
                );
                crosses += 1;
            }
        }
        assert!(crosses >= 5, "{width} px: {crosses}");
    }
}

#[test]
fn an_end_with_an_empty_message_says_that_it_is_empty() {
    let mut page = open("An empty message");
    page.update(Action::GoToEnd);
    let explain = page.explain();
    let said: String = explain.say.iter().map(|run| run.text.as_str()).collect();
    assert!(
        said.contains("phone-1 got 2 messages; the last one, on room/light, is empty."),
        "{said}"
    );
}

#[test]
fn the_chooser_has_lessons_in_order() {
    let frame = page().frame();
    let counts: usize = frame.chapters.iter().map(|(_, count)| count).sum();
    assert_eq!(counts, frame.scenarios.len());
    assert!(frame.chapters.len() >= 4, "{:?}", frame.chapters);
    assert!(
        frame.chapters.iter().all(|(_, count)| *count < 10),
        "{:?}",
        frame.chapters
    );
    let first: Vec<_> = frame.chapters.iter().take(3).collect();
    assert_eq!(
        first
            .iter()
            .map(|(lesson, _)| lesson.as_str())
            .collect::<Vec<_>>(),
        [
            "1. Many talkers, many listeners",
            "2. QoS 0: at most once",
            "3. QoS 1: the robot and the lost acknowledgement"
        ]
    );
}

#[test]
fn an_end_without_a_robot_says_what_was_heard() {
    let mut page = open("without a keep alive");
    page.update(Action::GoToEnd);
    let explain = page.explain();
    let said: String = explain.say.iter().map(|run| run.text.as_str()).collect();
    assert_eq!(
        said,
        "Nothing is on its way any more. lamp-1 is off. viewer-1 got 1 message; the last one, on state/lamp-1: 1. \
        Nothing happens any more until the run ends, after 60 min."
    );
}

#[test]
fn a_packet_that_vanishes_is_lost_and_no_link_is_cut() {
    let mut page = open("What the tutorials draw");
    page.update(Action::GoToEnd);
    let timeline = page.timeline();
    let phases: Vec<&str> = timeline.phases.iter().map(|phase| phase.name.en).collect();
    assert!(phases.contains(&"lost"), "{phases:?}");
    assert!(
        !phases.iter().any(|phase| phase.contains("cut")),
        "{phases:?}"
    );
}

#[test]
fn no_label_covers_the_number_of_a_step() {
    let mut labels = 0;
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Resized {
            width: 366.0,
            height: 100_000.0,
            scale: 1.0,
        });
        page.update(Action::Open(index));
        page.update(Action::GoToEnd);
        let still = page.ladder_still();
        for note in &still.notes {
            assert!(
                note.rect.x > still.gutter.0,
                "scenario {index}: {note:?} is left of {}",
                still.gutter.0
            );
            labels += 1;
        }
    }
    assert!(labels >= 5, "{labels}");
}

#[test]
fn every_kind_of_device_has_a_figure_of_its_own() {
    let mut figures: Vec<(String, Figure)> = Vec::new();
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        for node in &page.map_still().nodes {
            if !figures.iter().any(|(_, it)| *it == node.figure) {
                figures.push((node.name.clone(), node.figure));
            }
        }
    }
    assert!(
        !figures.iter().any(|(_, it)| *it == Figure::Client),
        "a kind of the scenarios has no figure: {figures:?}"
    );
    // The broker, and each blueprint.
    assert_eq!(figures.len(), 1 + Blueprint::all().len(), "{figures:?}");
}

#[test]
fn the_map_shows_what_devices_are_like_at_each_step() {
    // A lamp is lit from the step that says so, and not before.
    let mut page = open("Many talkers");
    let lamp = |page: &Playground| {
        let map = page.map_still();
        let node = map.nodes.iter().find(|it| it.figure == Figure::Lamp);
        node.map(|it| (it.look.is_lit, it.facts.clone()))
            .expect("a lamp")
    };
    assert!(!lamp(&page).0);
    page.update(Action::GoToEnd);
    assert_eq!(
        lamp(&page),
        (true, vec!["online".to_owned(), "lamp on".to_owned()])
    );

    // A sleeper sleeps and wakes.
    let mut page = open("Asleep, with a session");
    let mut asleep = Vec::new();
    loop {
        let map = page.map_still();
        let node = map.nodes.iter().find(|it| it.figure == Figure::Sleeper);
        let node = node.expect("a sleeper");
        assert_eq!(node.look.is_asleep, node.facts[0] == "asleep", "{node:?}");
        if asleep.last() != Some(&node.look.is_asleep) {
            asleep.push(node.look.is_asleep);
        }
        if page.timeline().is_end {
            break;
        }
        forward(&mut page);
    }
    assert!(
        asleep.starts_with(&[false, true, false, true]),
        "{asleep:?}"
    );
}

/// A broker that has not noticed counts a connection whose other end is dead; and an hour of quiet is said.
#[test]
fn a_connection_with_a_dead_end_is_counted_and_said() {
    let mut page = open("A lamp without a keep alive");
    let broker = |page: &Playground| {
        let map = page.map_still();
        let mut nodes = map.nodes.iter();
        let broker = nodes.find(|it| it.figure == Figure::Broker);
        broker.expect("a broker").facts.clone()
    };
    page.update(Action::GoToEnd);
    assert_eq!(broker(&page), ["2 connected", "1 is gone", "0 on the wire"]);
    let said: String = page
        .explain()
        .say
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    assert!(
        said.ends_with("until the run ends, after 60 min."),
        "{said}"
    );
    for step in 0..page.story().last_step() {
        page.update(Action::GoTo(step));
        let facts = broker(&page);
        let is_off = facts.len() == 3;
        assert_eq!(
            is_off,
            page.position().now >= 12_000_000,
            "{step}: {facts:?}"
        );
    }
    // Where the broker has noticed, nothing is left over.
    let mut page = open("The program exits");
    page.update(Action::GoToEnd);
    assert_eq!(broker(&page), ["1 connected", "0 on the wire"]);
}
