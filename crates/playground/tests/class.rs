//! A class: one page leads, others follow, walk alone and vote. This file stands for the hub between them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use playground::action::{Start, Theme};
use playground::class::view::{GuestsMark, PartView};
use playground::class::{ClassAction, ClassCommand};
use playground::guests::HubCommand;
use playground::lesson::AskState;
use playground::measure::AverageWidths;
use playground::sandbox::SandboxAction;
use playground::text::Language;
use playground::{Action, Command, Playground};
use relay::{
    Answer, FromHub, FromPage, Invitation, Refusal, Role, Tally, Text, Welcome, Work, read_frame,
    write_frame,
};
use std::collections::BTreeMap;

/// The file of a lesson that asks.
const LESSON: &str = "qos1-puback-lost";

/// Pages and what they said; the first one leads.
struct Room {
    pages: Vec<Playground>,
    roles: Vec<Option<Role>>,
    votes: BTreeMap<usize, u8>,
    question: Option<relay::Question>,
    works: Vec<Work>,
    cursors: Vec<relay::Cursor>,
    kept: Vec<Vec<String>>,
    is_over: bool,
}

impl Room {
    fn new(pages: usize) -> Self {
        let mut room = Self {
            pages: Vec::new(),
            roles: vec![None; pages],
            votes: BTreeMap::new(),
            question: None,
            works: Vec::new(),
            cursors: Vec::new(),
            kept: vec![Vec::new(); pages],
            is_over: false,
        };
        for page in 0..pages {
            room.pages
                .push(Playground::new(Box::new(AverageWidths), Theme::Light));
            room.act(
                page,
                Action::Begin(Start {
                    fragment: "#/class".to_owned(),
                    ..Start::default()
                }),
            );
        }
        room
    }

    /// Does something, and lets all follow that comes of it.
    fn act(&mut self, page: usize, action: Action) {
        let mut due = vec![(page, action)];
        let mut frames = 0;
        while !due.is_empty() {
            let (page, action) = due.remove(0);
            let commands = self.pages[page].update(action);
            for command in commands {
                match command {
                    Command::RequestFrame => {
                        frames += 1;
                        assert!(frames < 100_000, "no end");
                        due.push((page, Action::Tick(16_000)));
                    }
                    Command::KeepWorks(works) => self.kept[page].push(works),
                    Command::Class(ClassCommand::Hub(command)) => {
                        self.hub(page, command, &mut due);
                    }
                    _ => {}
                }
            }
        }
    }

    fn class(&mut self, page: usize, action: ClassAction) {
        self.act(page, Action::Class(action));
    }

    fn hub(&mut self, page: usize, command: HubCommand, due: &mut Vec<(usize, Action)>) {
        let class = |action| Action::Class(action);
        match command {
            HubCommand::AskOrigin => {
                let origin = "http://127.0.0.1:8080".to_owned();
                due.push((page, class(ClassAction::Origin(origin))));
            }
            HubCommand::Open(url) => {
                assert_eq!(url, "ws://127.0.0.1:8080/relay");
                let protocol = relay::SUBPROTOCOL.to_owned();
                due.push((page, class(ClassAction::Opened(protocol, 41))));
            }
            HubCommand::Close => {
                self.roles[page] = None;
                due.extend(self.tell_counts());
            }
            HubCommand::Send(frame) => {
                for message in read_frame::<FromPage>(frame).unwrap() {
                    due.extend(self.hear(page, message));
                }
            }
        }
    }

    fn to(&self, role: Role, message: &FromHub) -> Vec<(usize, Action)> {
        let pages = (0..self.pages.len()).filter(|page| self.roles[*page] == Some(role));
        pages.map(|page| (page, frame(message))).collect()
    }

    fn tell_counts(&self) -> Vec<(usize, Action)> {
        let count = |role| self.roles.iter().filter(|it| **it == Some(role)).count();
        let counts = FromHub::Class {
            students: u32::try_from(count(Role::Student)).unwrap(),
            watchers: 0,
            is_led: count(Role::Teacher) > 0,
        };
        let mut all = self.to(Role::Teacher, &counts);
        all.extend(self.to(Role::Student, &counts));
        all
    }

    fn tally(&self, right: Option<u8>) -> FromHub {
        let question = self.question.as_ref().unwrap();
        let mut counts = vec![0; usize::from(question.answers)];
        for answer in self.votes.values() {
            counts[usize::from(*answer)] += 1;
        }
        FromHub::Tally(Tally {
            question: question.number,
            counts,
            is_over: self.is_over,
            right,
        })
    }

    fn hear(&mut self, page: usize, message: FromPage) -> Vec<(usize, Action)> {
        match message {
            FromPage::Hello(hello) => {
                self.roles[page] = Some(hello.role);
                let welcome = FromHub::Welcome(Welcome {
                    role: hello.role,
                    broker_is_page: false,
                    window_bytes: 1,
                    mqtt_port: 0,
                    tls: false,
                });
                let mut all = vec![(page, frame(&welcome))];
                if hello.role == Role::Teacher {
                    let invitation = FromHub::Invitation(Invitation {
                        code: Some(Text::cut("A23B45C6")),
                        address: Text::cut("http://192.168.1.7:8080"),
                    });
                    all.push((page, frame(&invitation)));
                } else if let (Some(work), Some(cursor)) = (self.works.last(), self.cursors.last())
                {
                    all.push((page, frame(&FromHub::Work(work.clone()))));
                    all.push((page, frame(&FromHub::Cursor(*cursor))));
                }
                all.extend(self.tell_counts());
                all
            }
            FromPage::Work(work) => {
                self.works.push(work.clone());
                self.to(Role::Student, &FromHub::Work(work))
            }
            FromPage::Cursor(cursor) => {
                assert_eq!(Some(cursor.work), self.works.last().map(|it| it.number));
                self.cursors.push(cursor);
                self.to(Role::Student, &FromHub::Cursor(cursor))
            }
            FromPage::Ask(question) => {
                self.votes.clear();
                self.is_over = false;
                self.question = Some(question.clone());
                self.to(Role::Student, &FromHub::Ask(question))
            }
            FromPage::Vote(Answer { question, answer }) => {
                assert_eq!(self.roles[page], Some(Role::Student));
                assert_eq!(Some(question), self.question.as_ref().map(|it| it.number));
                self.votes.insert(page, answer);
                self.to(Role::Teacher, &self.tally(None))
            }
            FromPage::Reveal { question, right } => {
                assert_eq!(Some(question), self.question.as_ref().map(|it| it.number));
                self.is_over = true;
                let tally = self.tally(right);
                let mut all = self.to(Role::Teacher, &tally);
                all.extend(self.to(Role::Student, &tally));
                all
            }
            other => panic!("{other:?}"),
        }
    }

    fn step(&self, page: usize) -> usize {
        self.pages[page].position().step
    }

    fn part(&self, page: usize) -> PartView {
        self.pages[page].class().part
    }

    /// Opens the lesson at the page that leads, and goes to its first question.
    fn reach_question(&mut self) -> usize {
        self.act(0, Action::Navigated(format!("#/play/{LESSON}")));
        while self.ask(0).is_none() {
            self.act(0, Action::StepForward);
        }
        self.step(0)
    }

    fn ask(&self, page: usize) -> Option<playground::lesson::AskView> {
        self.pages[page].lesson()?.lesson.ask.clone()
    }

    fn votes(&self, page: usize) -> Option<Vec<u32>> {
        let votes = self.pages[page].lesson()?.votes.clone()?;
        Some((0..votes.hands.len()).map(|it| votes.share(it).0).collect())
    }
}

fn frame(message: &FromHub) -> Action {
    let frames = write_frame(std::slice::from_ref(message));
    Action::Class(ClassAction::Frame(
        frames.into_iter().next().unwrap().into(),
    ))
}

#[test]
fn students_follow_forward_and_back_and_walk_alone() {
    let mut room = Room::new(3);
    room.class(0, ClassAction::Lead(false));
    let invitation = room.pages[0].class().invitation.unwrap();
    assert_eq!(invitation.code.as_deref(), Some("A23B 45C6"));
    assert_eq!(invitation.link, "http://192.168.1.7:8080/#/class/A23B45C6");
    room.act(0, Action::Navigated(format!("#/play/{LESSON}")));
    for _ in 0..5 {
        room.act(0, Action::StepForward);
    }
    // Who comes later is where the others are.
    room.class(1, ClassAction::Join);
    room.class(2, ClassAction::Join);
    let scenario = room.pages[0].frame().scenario;
    for page in [1, 2] {
        assert_eq!(room.step(page), 5);
        assert_eq!(room.pages[page].frame().scenario, scenario);
    }
    assert_eq!(
        room.pages[0].class().count.as_deref(),
        Some("2 pages in the class")
    );
    for (action, step) in [
        (Action::StepForward, 6),
        (Action::StepBack, 5),
        (Action::GoTo(9), 9),
        (Action::Restart, 0),
        (Action::GoToEnd, usize::MAX),
        (Action::GoTo(4), 4),
    ] {
        room.act(0, action.clone());
        assert!(step == usize::MAX || room.step(0) == step);
        assert_eq!(
            (room.step(1), room.step(2)),
            (room.step(0), room.step(0)),
            "{action:?}"
        );
    }
    // One goes alone: the others do not mind, and it does not move them.
    room.act(1, Action::StepForward);
    assert_eq!(room.part(1), PartView::Alone);
    room.act(0, Action::GoTo(7));
    assert_eq!((room.step(0), room.step(1), room.step(2)), (7, 5, 7));
    room.class(1, ClassAction::Follow);
    assert_eq!((room.part(1), room.step(1)), (PartView::Follows, 7));
    room.class(1, ClassAction::Alone);
    room.act(0, Action::GoTo(2));
    assert_eq!((room.step(1), room.step(2)), (7, 2));
    // A world that comes of an act is shown, too.
    room.class(1, ClassAction::Follow);
    let works = room.works.len();
    room.act(0, Action::Navigated("#/play/topics".to_owned()));
    assert_eq!(room.works.len(), works + 1);
    assert_eq!(
        room.pages[1].frame().scenario,
        room.pages[0].frame().scenario
    );
    assert_eq!(room.step(1), room.step(0));
    assert_eq!(room.pages[1].class().way_to_run, "#/play/topics");
}

#[test]
fn a_student_s_own_work_comes_back() {
    let mut room = Room::new(2);
    // A student in the middle of a lesson, with an act and an undo.
    room.act(1, Action::Navigated("#/play/outage".to_owned()));
    room.act(1, Action::GoTo(8));
    let before = (room.step(1), room.pages[1].frame().scenario);
    let title = |room: &Room| room.pages[1].lobby().resume.map(|it| (it.title, it.place));
    let resumed = title(&room);
    let kept = room.kept[1].len();
    room.class(0, ClassAction::Lead(false));
    room.act(0, Action::Navigated(format!("#/play/{LESSON}")));
    room.class(1, ClassAction::Join);
    room.act(0, Action::GoTo(6));
    assert_eq!(room.step(1), 6);
    assert_eq!(room.kept[1].len(), kept, "what the class sees is not kept");
    room.class(1, ClassAction::Leave);
    assert_eq!((room.step(1), room.pages[1].frame().scenario), before);
    assert_eq!(title(&room), resumed);
    assert_eq!(room.part(1), PartView::None);
    // Without the class the teacher moves alone.
    room.act(0, Action::GoTo(3));
    assert_eq!(room.step(1), before.0);
    // What a student opens alone is the student's, and stays.
    room.class(1, ClassAction::Join);
    room.act(1, Action::Navigated("#/play/topics".to_owned()));
    assert_eq!(room.part(1), PartView::Alone);
    room.act(1, Action::GoTo(3));
    let topics = room.pages[1].frame().scenario;
    room.class(1, ClassAction::Follow);
    assert_ne!(room.pages[1].frame().scenario, topics);
    room.class(1, ClassAction::Leave);
    assert_eq!((room.pages[1].frame().scenario, room.step(1)), (topics, 3));
}

#[test]
fn the_class_votes_in_its_own_languages_and_sees_the_result_at_the_end() {
    let mut room = Room::new(4);
    room.class(0, ClassAction::Lead(false));
    for page in 1..4 {
        room.class(page, ClassAction::Join);
    }
    room.act(2, Action::SetLanguage(Language::German));
    let step = room.reach_question();
    assert!(
        room.pages[0]
            .lesson()
            .unwrap()
            .class
            .as_ref()
            .unwrap()
            .can_ask
    );
    assert_eq!(room.pages[1].lesson().unwrap().class, None);
    room.class(0, ClassAction::Ask);
    let question = room.question.clone().unwrap();
    let english = room.ask(1).unwrap();
    assert_eq!(
        question.text.lines().next(),
        Some(english.question.as_str())
    );
    assert_eq!(question.text.lines().count(), 1 + english.options.len());
    // It is in view, so it does not stand there twice.
    let strip =
        |room: &Room, page: usize| room.pages[page].class_strip().unwrap().question.unwrap();
    assert!(strip(&room, 1).is_in_lesson);
    room.act(1, Action::Answer(0));
    room.act(2, Action::Letter('c'));
    room.act(3, Action::Answer(1));
    room.act(3, Action::Answer(2));
    assert_eq!(room.votes, BTreeMap::from([(1, 0), (2, 2), (3, 2)]));
    assert_eq!(room.votes(0), Some(vec![1, 0, 2]));
    assert!(
        room.ask(0).unwrap().options[2].is_chosen,
        "the answer of most"
    );
    assert_eq!(room.votes(1), None, "who sees what others say thinks less");
    // One who walks alone is asked, too.
    room.act(3, Action::StepBack);
    let asked = strip(&room, 3);
    assert!(!asked.is_in_lesson);
    assert_eq!(
        asked.answers.iter().map(|it| it.1).collect::<Vec<_>>(),
        [false, false, true]
    );
    room.class(3, ClassAction::Vote(1));
    assert_eq!(room.votes(0), Some(vec![1, 1, 1]));
    // Hands of those without a page count beside them.
    room.act(0, Action::Vote(playground::vote::VoteAction::Raise(1, 2)));
    assert_eq!(room.votes(0), Some(vec![1, 3, 1]));
    room.act(0, Action::Commit);
    assert_eq!(room.votes(1), Some(vec![1, 1, 1]));
    assert_eq!(room.ask(1).unwrap().state, AskState::Locked);
    room.act(1, Action::Answer(2));
    assert_eq!(room.votes.get(&1), Some(&0), "it is over");
    let reveal = room.ask(0).unwrap().reveal_step;
    assert!(reveal > step);
    room.act(0, Action::GoTo(reveal));
    assert_eq!(room.ask(1).unwrap().state, AskState::Revealed);
    assert_eq!(room.votes(1), Some(vec![1, 1, 1]));
    // Also those who have seen the end, and have a task: it comes with the next step.
    let is_ask_first = |room: &Room, page: usize| room.pages[page].lesson().unwrap().is_ask_first;
    assert!(is_ask_first(&room, 0));
    room.act(0, Action::GoToEnd);
    room.act(0, Action::GoTo(reveal));
    assert!(is_ask_first(&room, 1));
    room.act(0, Action::StepForward);
    assert!(!is_ask_first(&room, 1));
    assert!(room.pages[1].lesson().unwrap().lesson.task.is_some());
    assert_eq!(room.votes(1), Some(vec![1, 1, 1]));
    let right = room
        .ask(1)
        .unwrap()
        .options
        .iter()
        .position(|it| it.is_right == Some(true));
    assert!(right.is_some());
}

#[test]
fn a_teacher_who_goes_leaves_students_where_they_are() {
    let mut room = Room::new(2);
    room.class(0, ClassAction::Lead(false));
    room.class(1, ClassAction::Join);
    room.act(0, Action::Navigated(format!("#/play/{LESSON}")));
    room.act(0, Action::GoTo(6));
    room.class(0, ClassAction::Leave);
    let strip = room.pages[1].class_strip().unwrap();
    assert!(
        strip.state.contains("The teacher’s page is gone"),
        "{}",
        strip.state
    );
    assert_eq!(strip.mark, GuestsMark::Busy);
    assert_eq!(room.step(1), 6);
    // Another one leads, with numbers of its own: it is followed.
    room.class(0, ClassAction::Lead(false));
    room.act(0, Action::GoTo(3));
    assert_eq!(room.step(1), 3);
}

#[test]
fn what_others_send_is_data() {
    let mut room = Room::new(1);
    room.class(0, ClassAction::Join);
    room.act(
        0,
        frame(&FromHub::Class {
            students: 1,
            watchers: 0,
            is_led: true,
        }),
    );
    let work = |number, text: &str| {
        FromHub::Work(Work {
            number,
            text: Text::cut(text),
        })
    };
    let step = room.step(0);
    for (number, text) in [
        (1, ""),
        (2, "<script>alert(1)</script>"),
        (3, "mqtt-playground 9\n\n"),
        (
            4,
            "mqtt-playground 1\nscenario qos1-puback-lost 00000000\nat 0 0 0\n\n",
        ),
        (
            5,
            "mqtt-playground 2\nscenario x 0\nat 0 0 0\nown\n\nno scenario\n",
        ),
    ] {
        room.act(0, frame(&work(number, text)));
        room.act(
            0,
            frame(&FromHub::Cursor(relay::Cursor {
                work: number,
                records: 7,
            })),
        );
        let view = room.pages[0].class();
        assert_eq!(view.state.0, GuestsMark::Bad, "{text}");
        assert!(
            view.shows
                .unwrap()
                .starts_with("What the class sees cannot be shown here"),
            "{text}"
        );
        assert_eq!(room.step(0), step);
    }
    // A question about nothing that is here is shown as it was written.
    room.act(
        0,
        frame(&FromHub::Ask(relay::Question {
            number: 1,
            answers: 3,
            of: None,
            text: Text::cut("Once\u{202e} or twice?\none\n"),
        })),
    );
    let question = room.pages[0].class().question.unwrap();
    assert!(!question.text.contains('\u{202e}'), "{}", question.text);
    let answers: Vec<&str> = question.answers.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(answers, ["one", "B", "C"]);
    // The class goes on with what can be read.
    let mut other = Room::new(1);
    other.class(0, ClassAction::Lead(false));
    other.act(0, Action::Navigated(format!("#/play/{LESSON}")));
    let good = other.works.last().unwrap().clone();
    room.act(0, frame(&FromHub::Work(Work { number: 6, ..good })));
    room.act(
        0,
        frame(&FromHub::Cursor(relay::Cursor {
            work: 6,
            records: 7,
        })),
    );
    assert_eq!(room.pages[0].class().state.0, GuestsMark::Good);
    assert!(room.step(0) > 0);
    room.act(0, frame(&FromHub::Refused(Refusal::TooManyPages)));
    assert!(
        room.pages[0]
            .class()
            .state
            .1
            .starts_with("The class is full")
    );
}

#[test]
fn what_was_typed_and_not_run_outlives_a_class() {
    let mut room = Room::new(2);
    let typed = "scenario \"half of a world\"\nnode broken";
    room.act(1, Action::Sandbox(SandboxAction::New(0)));
    room.act(1, Action::Sandbox(SandboxAction::Type(typed.to_owned())));
    room.class(0, ClassAction::Lead(false));
    room.act(0, Action::Navigated(format!("#/play/{LESSON}")));
    room.class(1, ClassAction::Join);
    room.act(0, Action::GoTo(6));
    room.class(1, ClassAction::Leave);
    room.act(1, Action::Navigated("#/sandbox/my-1".to_owned()));
    room.act(1, Action::StepBack);
    assert!(room.kept[1].last().unwrap().contains("half of a world"));
    room.act(1, Action::Undo);
    assert!(!room.kept[1].last().unwrap().contains("half of a world"));
}
