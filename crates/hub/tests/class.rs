//! A class: one page leads, others follow and vote.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use relay::{
    Answer, Cursor, FromHub, FromPage, Prediction, Question, Refusal, Role, Tally, Text, Work,
};
use support::Hub;
use support::page::{Page, hello, with_code};

fn work(number: u32, text: &str) -> Work {
    Work {
        number,
        text: Text::cut(text),
    }
}

fn until_tally(page: &mut Page, pick: impl Fn(&Tally) -> bool) -> Tally {
    page.hear_until(|message| match message {
        FromHub::Tally(tally) if pick(&tally) => Some(tally),
        _ => None,
    })
}

#[test]
fn students_follow_and_vote() {
    let hub = Hub::start(&[]);
    let mut early = Page::welcome(hub.http, hello(Role::Student));
    let mut teacher = Page::welcome(hub.http, hello(Role::Teacher));
    assert_eq!(
        Page::refusal(hub.http, hello(Role::Teacher)),
        Refusal::Taken
    );
    let cursor = Cursor {
        work: 1,
        records: 17,
    };
    let question = Question {
        number: 5,
        answers: 2,
        of: Some(Prediction { work: 1, place: 0 }),
        text: Text::cut("Once or twice?"),
    };
    teacher.say(&[
        FromPage::Work(work(1, "scenario")),
        FromPage::Cursor(cursor),
        FromPage::Ask(question.clone()),
    ]);
    early.hear_until(|message| (message == FromHub::Ask(question.clone())).then_some(()));
    // Who comes late is where the others are.
    let mut late = Page::welcome(hub.ws, hello(Role::Student));
    let mut told = Vec::new();
    while told.len() < 3 {
        match late.hear().unwrap() {
            FromHub::Class { .. } => {}
            other => told.push(other),
        }
    }
    assert_eq!(
        told,
        [
            FromHub::Work(work(1, "scenario")),
            FromHub::Cursor(cursor),
            FromHub::Ask(question)
        ]
    );
    let vote = |answer| {
        FromPage::Vote(Answer {
            question: 5,
            answer,
        })
    };
    early.say(&[vote(0), vote(1)]);
    late.say(&[vote(1)]);
    until_tally(&mut teacher, |tally| tally.counts == [0, 2]);
    // Who leaves takes the vote along.
    drop(late);
    until_tally(&mut teacher, |tally| tally.counts == [0, 1]);
    teacher.say(&[FromPage::Reveal {
        question: 5,
        right: Some(1),
    }]);
    let end = until_tally(&mut early, |tally| tally.is_over);
    assert_eq!((end.counts, end.right), (vec![0, 1], Some(1)));
    // A student does not lead, and the teacher does not vote.
    early.say(&[FromPage::Cursor(cursor)]);
    early.hear_until(|message| (message == FromHub::Refused(Refusal::Protocol)).then_some(()));
    teacher.hear_until(|message| match message {
        FromHub::Class {
            students: 0,
            is_led: true,
            ..
        } => Some(()),
        _ => None,
    });
}

/// However fast the teacher moves, a page that does not listen costs no more than the newest of everything.
#[test]
fn a_student_who_does_not_listen_costs_nothing() {
    let hub = Hub::start(&[]);
    let mut teacher = Page::welcome(hub.http, hello(Role::Teacher));
    let mut student = Page::welcome(hub.http, hello(Role::Student));
    let text = "x".repeat(relay::WORK_MAX_BYTES);
    for number in 0..200 {
        // 100 MB in all.
        teacher.say(&[
            FromPage::Work(work(number, &text)),
            FromPage::Cursor(Cursor {
                work: number,
                records: number,
            }),
        ]);
    }
    // It hears of some, in order, and of the last.
    let mut last = None;
    while last != Some(199) {
        let FromHub::Cursor(cursor) = student.hear().unwrap() else {
            continue;
        };
        assert!(last < Some(cursor.work));
        last = Some(cursor.work);
    }
}

#[test]
fn who_leads_is_told_how_others_get_in() {
    let hub = Hub::start(&["--join-code", "JOIN1234", "--lead-code", "LEAD5678"]);
    let mut teacher = Page::welcome(hub.http, with_code(Role::Teacher, "LEAD5678"));
    let invitation = teacher.hear_until(|message| match message {
        FromHub::Invitation(invitation) => Some(invitation),
        _ => None,
    });
    assert_eq!(invitation.code.as_deref(), Some("JOIN1234"));
    assert_eq!(*invitation.address, format!("http://{}", hub.http));
    assert_eq!(
        Page::refusal(hub.http, with_code(Role::Teacher, "JOIN1234")),
        Refusal::CodeWrong
    );
    let mut student = Page::welcome(hub.http, with_code(Role::Student, "join-1234"));
    teacher.say(&[
        FromPage::Work(work(1, "scenario")),
        FromPage::Ask(Question {
            number: 1,
            answers: 2,
            of: None,
            text: Text::cut("?"),
        }),
    ]);
    student.hear_until(|message| match message {
        FromHub::Invitation(_) => panic!("a student is told who may join"),
        FromHub::Ask(_) => Some(()),
        _ => None,
    });
    // What a class was shown goes with who has shown it.
    drop(teacher);
    student.hear_until(|message| match message {
        FromHub::Class { is_led: false, .. } => Some(()),
        _ => None,
    });
    let mut late = Page::welcome(hub.http, with_code(Role::Student, "JOIN1234"));
    assert!(matches!(
        late.hear(),
        Some(FromHub::Class { students: 2, .. })
    ));
}
