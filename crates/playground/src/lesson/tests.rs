//! A lesson on the run of the robot that moves twice.

use super::*;
use crate::read::Reader;
use crate::story::{Position, Story};
use crate::text::{Dictionary, Language, Voice};
use sim::scenario::{Action, NodeAction};
use sim::{Recording, Scenario};
use std::rc::Rc;
use std::sync::LazyLock;

const LESSON: &str = r#"scenario "The robot that moved twice"
until 6 s
node broker broker
  work 5 ms
node phone-1 phone
node robot-1 robot
  session kept
  reconnect when-link-is-up
  subscribe "robot/move" qos 1
link phone-1 to broker
link robot-1 to broker
  latency 60 ms
at 0 s: phone-1 connect
at 0.2 s: robot-1 connect
at 1 s: phone-1 publish "robot/move" "forward 1 m" qos 1
when PUBACK from robot-1 is on the wire: cut robot-1 to broker for 2 s

lesson 3 part b "At least once"
at 0 s: say "First."
when PUBACK from robot-1 is on the wire: say "The PUBACK is lost."
when PUBACK from robot-1 is on the wire: ask "Which packet does the broker send to the robot next?"
  wrong "PUBREL": next PUBREL from broker to robot-1
    belief once-on-the-wire
    because "That is QoS 2."
  right "CONNACK": next CONNACK from broker to robot-1
    because "First the robot has to come back."
when 2nd CONNACK to robot-1 has arrived: ask "Where is the robot at the end?"
  right "2 m": robot-1 position 2 m
  wrong "1 m": robot-1 position 1 m
    belief dup-means-duplicate
    because "DUP says only that it was sent before."
at 100 min: say "Never."
task "Make it 3 m."
  enable publish
  goal robot-1 position 3 m
    hint "Say it once more."
  keep robot-1 received "robot/move" at least 2 times
"#;

fn voice() -> Voice<'static> {
    static NOTHING: LazyLock<Dictionary> = LazyLock::new(Dictionary::default);
    Voice::new(Language::English, &NOTHING)
}

fn story_of(log: &sim::Log) -> Story {
    let mut reader = Reader::new(log);
    reader.take(log, log.end());
    reader.story().clone()
}

fn run() -> (Recording, Story) {
    let scenario = Scenario::parse(LESSON).expect("it is a scenario");
    let recording = Recording::run(Rc::new(scenario), 1).expect("its names are known");
    let story = story_of(recording.log());
    (recording, story)
}

/// The steps on which a packet of this name is sent.
fn steps(story: &Story, name: &str) -> Vec<usize> {
    let flights = story.flights.iter();
    flights
        .filter(|flight| flight.face.name == name && story.name(flight.from) != "phone-1")
        .filter(|flight| story.name(flight.to) != "phone-1")
        .map(|flight| flight.step)
        .collect()
}

#[test]
fn texts_and_questions_stand_at_their_steps() {
    let (recording, story) = run();
    let course = Course::new(&recording, &story).expect("it is a lesson");
    let puback = steps(&story, "PUBACK")[0];
    let connacks = steps(&story, "CONNACK");
    let view = |step| course.view(voice(), story.position(step));
    assert_eq!(view(0).label, "3b");
    assert_eq!(view(0).say.as_deref(), Some("First."));
    assert_eq!(view(0).ask, None);
    assert_eq!(view(puback - 1).say.as_deref(), Some("First."));
    assert_eq!(view(puback).say.as_deref(), Some("The PUBACK is lost."));
    let ask = view(puback).ask.expect("it is asked");
    assert_eq!(
        (ask.index, ask.step, ask.reveal_step),
        (0, puback, connacks[1])
    );
    assert_eq!(view(story.last_step()).ask.map(|ask| ask.index), Some(1));
    // What was said before a question may be one of its answers, or look like one.
    let before = view(connacks[1]).say;
    assert_eq!(before.as_deref(), Some("The PUBACK is lost."));
    assert_eq!(view(connacks[1] + 1).say, None);
    assert_eq!(course.stop_before(0), Some(puback));
    assert_eq!(course.stop_before(puback), Some(connacks[1] + 1));
}

#[test]
fn nothing_of_an_answer_shows_before_the_run_has_shown_it() {
    let (recording, story) = run();
    let mut course = Course::new(&recording, &story).expect("it is a lesson");
    let asked = story.position(steps(&story, "PUBACK")[0]);
    let revealed = story.position(steps(&story, "CONNACK")[1]);
    let ask = |course: &Course, position: Position| {
        course.view(voice(), position).ask.expect("it is asked")
    };
    let neutral = |ask: &AskView| {
        ask.options.iter().all(|option| {
            option.is_right.is_none() && option.because.is_none() && option.belief.is_none()
        })
    };
    assert_eq!(ask(&course, asked).state, AskState::Open);
    course.lock(0);
    assert_eq!(ask(&course, asked).state, AskState::Open);
    course.choose(0, 7);
    course.choose(7, 0);
    assert_eq!(ask(&course, asked).state, AskState::Open);
    course.choose(0, 0);
    assert_eq!(ask(&course, asked).state, AskState::Chosen);
    assert!(neutral(&ask(&course, asked)));
    course.lock(0);
    assert_eq!(ask(&course, asked).state, AskState::Locked);
    assert!(neutral(&ask(&course, asked)));
    course.choose(0, 1);
    let shown = ask(&course, revealed);
    assert_eq!(shown.state, AskState::Revealed);
    let (wrong, right) = (&shown.options[0], &shown.options[1]);
    assert!(wrong.is_chosen && !right.is_chosen);
    assert_eq!((wrong.is_right, right.is_right), (Some(false), Some(true)));
    assert_eq!(wrong.because.as_deref(), Some("That is QoS 2."));
    assert!(wrong.belief.is_some() && right.belief.is_none());
    assert_eq!(course.view(voice(), revealed).answered, (1, 2));
    assert_eq!(course.view(voice(), revealed).right, 0);
    // Back in time the answer hides again.
    assert!(neutral(&ask(&course, asked)));
}

#[test]
fn a_question_that_is_passed_takes_no_answer() {
    let (recording, story) = run();
    let mut course = Course::new(&recording, &story).expect("it is a lesson");
    let asked = steps(&story, "PUBACK")[0];
    let state = |course: &Course, step| {
        let ask = course.view(voice(), story.position(step)).ask;
        ask.map(|ask| (ask.state, ask.is_held))
    };
    assert!(!course.holds_back(story.position(asked - 1)));
    assert!(course.holds_back(story.position(asked)));
    assert_eq!(state(&course, asked), Some((AskState::Open, true)));
    assert!(!course.holds_back(story.position(asked)));
    let next = story.position(asked + 1);
    course.visit(next);
    assert_eq!(state(&course, asked + 1), Some((AskState::Passed, false)));
    assert_eq!(course.open_ask(next), None);
    assert_eq!(course.committed().count(), 0);
    // Back at its step it is asked again; what was chosen there is locked in by going on.
    course.visit(story.position(asked));
    assert!(course.holds_back(story.position(asked)));
    course.choose(0, 1);
    assert!(!course.holds_back(story.position(asked)));
    assert_eq!(course.committed().collect::<Vec<_>>(), [(0, 1)]);
    assert!(!course.holds_back(story.position(asked)));
}

#[test]
fn the_run_says_which_answer_is_right() {
    let (recording, _) = run();
    // The same lesson on a run in which the robot is switched off before the message comes again.
    let mut other = recording.fork(sim::Cursor(0));
    let off = Action::Node {
        node: "robot-1".to_owned(),
        act: NodeAction::PowerOff { span: None },
    };
    let at = mqtt_proto::Instant::from_micros(2_000_000);
    other.act(at, off).expect("it can be switched off");
    other.run_to_end();
    let story = story_of(other.log());
    let course = Course::new(&other, &story).expect("it is a lesson");
    let mut view = course.view(voice(), story.position(story.last_step()));
    assert_eq!((view.ask.take(), view.answered), (None, (0, 0)));
}

#[test]
fn a_goal_is_judged_by_the_end_of_the_run() {
    let (recording, story) = run();
    let mut course = Course::new(&recording, &story).expect("it is a lesson");
    assert_eq!(course.view(voice(), Position::default()).task, None);
    let end = story.position(story.last_step());
    course.choose(0, 1);
    course.lock(0);
    course.visit(end);
    let task = course
        .view(voice(), Position::default())
        .task
        .expect("it was reached");
    assert!(!task.is_done);
    let goals: Vec<_> = task.goals.iter().map(|goal| goal.is_met).collect();
    assert_eq!(goals, [false, true]);
    assert_eq!(task.goals[0].text, "robot-1 stands at 3 m");
    assert_eq!(task.goals[0].found, "position 2 m");
    assert_eq!(task.goals[0].hint.as_deref(), Some("Say it once more."));

    let again = recording.scenario().events[2].action.clone();
    let at = mqtt_proto::Instant::from_micros(5_000_000);
    let mut other = recording.clone();
    other.act(at, again).expect("it can be done");
    other.run_to_end();

    let story = story_of(other.log());
    let course = course.on(&other, &story).expect("it is a lesson");
    let view = course.view(voice(), Position::default());
    assert!(view.task.is_some_and(|task| task.is_done));
    // It stands at 3 m, of which no answer to the second question speaks.
    assert_eq!(view.answered, (1, 1));
}

#[test]
fn a_question_can_be_made_from_the_run() {
    let (world, _) = LESSON.split_once("lesson 3").expect("it is a lesson");
    let text = format!(
        "{world}lesson 3 \"t\"\nwhen PUBLISH from phone-1 is on the wire: ask generated how-often"
    );
    let scenario = Scenario::parse(&text).expect("it is a scenario");
    let recording = Recording::run(Rc::new(scenario), 1).expect("its names are known");
    let story = story_of(recording.log());
    let mut course = Course::new(&recording, &story).expect("it is a lesson");
    let asked = story
        .flights
        .iter()
        .find(|flight| flight.face.name == "PUBLISH")
        .expect("it is published")
        .step;
    let ask = course
        .view(voice(), story.position(asked))
        .ask
        .expect("it is asked");
    let twice = ask.options.iter().position(|option| option.text == "Twice");
    let twice = twice.expect("it is an answer");
    let wrong = usize::from(twice == 0);
    course.choose(0, wrong);
    course.lock(0);
    assert!(ask.reveal_step > asked);
    let shown = course.view(voice(), story.position(ask.reveal_step)).ask;
    let options = shown.expect("it is revealed").options;
    for (place, option) in options.iter().enumerate() {
        assert_eq!(option.is_right, Some(place == twice));
        assert_eq!(option.because.is_some(), place == wrong);
        assert_eq!(option.belief.is_some(), place == wrong);
    }
}

#[test]
fn the_shelf_has_each_lesson_once() {
    let lesson = Scenario::parse(LESSON).expect("it is a scenario");
    let first = Scenario::parse(
        "scenario \"One\"\nlesson 3 part a \"All\"\nchapter \"C\"\nquestion \"Q\"\ntakes 4 min",
    )
    .expect("it is a scenario");
    let none = Scenario::parse("scenario \"No lesson\"").expect("it is a scenario");
    let cards = shelf([&lesson, &none, &first]);
    assert_eq!(cards.len(), 1);
    let card = &cards[0];
    assert_eq!(
        (card.number, card.title.as_str(), card.minutes),
        (3, "All", 4)
    );
    assert_eq!((card.chapter.as_str(), card.question.as_str()), ("C", "Q"));
    let parts: Vec<_> = card
        .parts
        .iter()
        .map(|part| (part.letter, part.scenario))
        .collect();
    assert_eq!(parts, [(Some('a'), 2), (Some('b'), 0)]);
}

/// What a learner would miss of the lesson on this run.
fn missed(recording: &Recording, missed: &mut Vec<String>) {
    let title = &recording.scenario().title;
    let story = story_of(recording.log());
    let Some(course) = Course::new(recording, &story) else {
        missed.push(format!("{title} is no lesson"));
        return;
    };
    let views: Vec<LessonView> = (0..=story.last_step())
        .map(|step| course.view(voice(), story.position(step)))
        .collect();
    let mut answered_at = 0;
    for index in 0..views.first().map_or(0, |view| view.answered.1) {
        let asked = views.iter().filter_map(|view| view.ask.as_ref());
        let Some(ask) = asked.into_iter().find(|ask| ask.index == index) else {
            missed.push(format!("{title}: question {index} is never seen"));
            continue;
        };
        if ask.step < answered_at {
            missed.push(format!(
                "{title}: question {index} comes at step {}, the last one is answered at {answered_at}",
                ask.step
            ));
        }
        if ask.reveal_step <= ask.step {
            missed.push(format!(
                "{title}: question {index} is answered where it is asked"
            ));
        }
        answered_at = ask.reveal_step;
    }
    let lesson = recording.scenario().lesson.iter();
    for (moment, text) in lesson.flat_map(|lesson| lesson.says()) {
        if !views.iter().any(|view| view.say.as_deref() == Some(text)) {
            missed.push(format!("{title}: {moment}: {text}"));
        }
    }
}

#[test]
fn nothing_of_a_lesson_that_comes_with_the_page_is_missed() {
    let mut all = Vec::new();
    for scenario in crate::library::built_in().into_iter().map(|it| it.scenario) {
        let recording = Recording::run(Rc::clone(&scenario), scenario.seed).expect("it runs");
        missed(&recording, &mut all);
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_curriculum_is_whole() {
    let scenarios = crate::library::built_in();
    let cards = shelf(scenarios.iter().map(|it| &*it.scenario));
    let numbers: Vec<u8> = cards.iter().map(|card| card.number).collect();
    assert_eq!(numbers, (1..=18).collect::<Vec<u8>>());
    let mut chapters: Vec<&str> = cards.iter().map(|card| card.chapter.as_str()).collect();
    chapters.dedup();
    let count = chapters.len();
    chapters.sort_unstable();
    chapters.dedup();
    assert_eq!(chapters.len(), count, "a chapter stands in two places");
    for card in &cards {
        let number = card.number;
        assert!(
            !card.question.is_empty() && card.minutes > 0,
            "lesson {number}"
        );
        let letters: Vec<_> = card.parts.iter().map(|part| part.letter).collect();
        let expected: Vec<_> = match letters.len() {
            1 => vec![None],
            parts => ('a'..='z').take(parts).map(Some).collect(),
        };
        assert_eq!(letters, expected, "lesson {number}");
        let lessons = card.parts.iter().filter_map(|part| {
            let built_in = scenarios.get(part.scenario)?;
            built_in.scenario.lesson.as_deref()
        });
        let lessons: Vec<_> = lessons.collect();
        assert!(
            lessons.iter().any(|lesson| lesson.task.is_some()),
            "lesson {number} has nothing to build or break"
        );
        let asks = lessons.iter().flat_map(|lesson| &lesson.beats);
        let asks = asks.filter(|beat| !matches!(beat.kind, sim::scenario::BeatKind::Say(_)));
        assert!(asks.count() > 0, "lesson {number} asks nothing");
        assert!(
            lessons.iter().all(|lesson| lesson.title == card.title),
            "lesson {number} has two titles"
        );
    }
}

/// The lesson's last text is about its own run: one that the user has given another end says what is not so.
#[test]
fn the_last_text_is_said_only_where_it_is_so() {
    let text = LESSON.replace(
        "lesson 3 part b",
        "expect robot-1 received \"robot/move\" 2 times\n\nlesson 3 part b",
    );
    let text = text.replace(
        "at 100 min: say \"Never.\"",
        "at end: say \"It drove twice.\"",
    );
    let last = |text: &str| {
        let scenario = Scenario::parse(text).expect("it is a scenario");
        let recording = Recording::run(Rc::new(scenario), 1).expect("its names are known");
        let story = story_of(recording.log());
        let course = Course::new(&recording, &story).expect("it is a lesson");
        let end = story.position(story.last_step());
        course.view(voice(), end).say
    };
    assert_eq!(last(&text).as_deref(), Some("It drove twice."));
    let calm = text.replace(
        "when PUBACK from robot-1 is on the wire: cut robot-1 to broker for 2 s\n",
        "",
    );
    assert_eq!(
        last(&calm).as_deref(),
        Some(
            "This run has another end than the lesson's. There, robot-1 gets messages on robot/move twice. Here: received 1 times."
        )
    );
}

/// In a run that the user has led elsewhere no answer may hold: nobody is asked then, and who has answered is told so.
#[test]
fn a_question_without_a_right_answer_is_not_asked() {
    let (recording, story) = run();
    let mut course = Course::new(&recording, &story).expect("it is a lesson");
    course.choose(1, 0);
    let more = LESSON.replace(
        "\nlesson 3",
        "at 5 s: phone-1 publish \"robot/move\" \"forward 1 m\" qos 1\n\nlesson 3",
    );
    let scenario = Scenario::parse(&more).expect("it is a scenario");
    let led = Recording::run(Rc::new(scenario), 1).expect("its names are known");
    let elsewhere = story_of(led.log());
    let end = elsewhere.position(elsewhere.last_step());
    let open = course.on(&led, &elsewhere).expect("it is a lesson");
    let view = open.view(voice(), end);
    assert_eq!(view.ask.map(|ask| ask.index), Some(0));
    assert_eq!(view.answered, (0, 1));
    let asked = open.stop_before(0).expect("the first is asked");
    assert_eq!(open.stop_before(asked), None);

    course.lock(1);
    let told = course.on(&led, &elsewhere).expect("it is a lesson");
    let ask = told.view(voice(), end).ask.expect("it was answered");
    assert_eq!((ask.index, ask.state), (1, AskState::Revealed));
    let neutral = |it: &OptionView| (it.is_right, &it.because, &it.belief) == (None, &None, &None);
    assert!(ask.options.iter().all(neutral));
    assert_eq!(
        crate::text::outcome(Language::English, &ask),
        "What was done has led this run elsewhere: none of these answers holds in it."
    );
    // Back in the lesson's own run the answer is still given, and right.
    let back = told.on(&recording, &story).expect("it is a lesson");
    let view = back.view(voice(), story.position(story.last_step()));
    assert_eq!((view.answered, view.right), ((1, 2), 1));
}
