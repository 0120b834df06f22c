use super::*;
use relay::{Invitation, Prediction, Text, Welcome, write_frame};

fn hears(class: &mut Class, messages: &[FromHub]) -> Outcome {
    let mut out = Outcome::default();
    for frame in write_frame(messages) {
        let next = class.handle(ClassAction::Frame(frame.into()));
        out.commands.extend(next.commands);
        out.has_work |= next.has_work;
    }
    out
}

fn welcome(role: Role) -> FromHub {
    FromHub::Welcome(Welcome {
        role,
        broker_is_page: false,
        window_bytes: 1,
        mqtt_port: 0,
        tls: false,
    })
}

fn led(is_led: bool) -> FromHub {
    FromHub::Class {
        students: 3,
        watchers: 0,
        is_led,
    }
}

fn question(number: u32, text: &str) -> Question {
    Question {
        number,
        answers: 3,
        of: Some(Prediction { work: 1, place: 0 }),
        text: Text::cut(text),
    }
}

/// What the page has said to the hub.
fn said(out: &Outcome) -> Vec<FromPage> {
    let frames = out.commands.iter().filter_map(|it| match it {
        ClassCommand::Hub(HubCommand::Send(frame)) => Some(frame.clone()),
        _ => None,
    });
    frames
        .flat_map(|frame| relay::read_frame::<FromPage>(frame).unwrap())
        .collect()
}

fn student() -> Class {
    let mut class = Class::default();
    class.handle(ClassAction::Origin("http://127.0.0.1:8080".to_owned()));
    class.handle(ClassAction::Join);
    class.handle(ClassAction::Opened(relay::SUBPROTOCOL.to_owned(), 0));
    hears(&mut class, &[welcome(Role::Student), led(true)]);
    assert!(class.is_in());
    class
}

#[test]
fn what_happens_leads_to_a_state_and_to_a_wait_only_where_one_is_worth_it() {
    type Step = (ClassAction, HubState, bool);
    let closed = |code| ClassAction::Closed(code, String::new(), 0);
    let opened = || ClassAction::Opened(relay::SUBPROTOCOL.to_owned(), 0);
    let frame = |message: FromHub| {
        let frames = write_frame(&[message]);
        ClassAction::Frame(frames.into_iter().next().unwrap().into())
    };
    let refused = |why| frame(FromHub::Refused(why));
    let is_in = || {
        let FromHub::Welcome(welcome) = welcome(Role::Student) else {
            unreachable!()
        };
        HubState::In(welcome)
    };
    let cases: [(&str, Vec<Step>); 7] = [
        ("no hub", vec![(closed(1006), HubState::NotOpened, false)]),
        (
            "an old hub",
            vec![
                (
                    ClassAction::Opened(relay::EARLIER[0].to_owned(), 0),
                    HubState::TooOld,
                    false,
                ),
                (closed(1006), HubState::TooOld, false),
            ],
        ),
        (
            "a wrong code",
            vec![
                (opened(), HubState::Asking, false),
                (
                    refused(Refusal::CodeWrong),
                    HubState::Refused(Refusal::CodeWrong),
                    false,
                ),
                (closed(1008), HubState::Refused(Refusal::CodeWrong), false),
            ],
        ),
        (
            "a full class",
            vec![
                (opened(), HubState::Asking, false),
                (
                    refused(Refusal::TooManyPages),
                    HubState::Refused(Refusal::TooManyPages),
                    false,
                ),
            ],
        ),
        (
            "a hub that goes, and comes back",
            vec![
                (opened(), HubState::Asking, false),
                (frame(welcome(Role::Student)), is_in(), false),
                (closed(1006), HubState::Closed(1006, String::new()), true),
                (
                    ClassAction::Second(1),
                    HubState::Closed(1006, String::new()),
                    true,
                ),
                // The wait was two seconds.
                (ClassAction::Second(1), HubState::Dialling, false),
                (closed(1006), HubState::NotOpened, true),
                // An old wait is over for good.
                (ClassAction::Second(1), HubState::NotOpened, true),
                (ClassAction::Retry, HubState::Dialling, false),
                (opened(), HubState::Asking, false),
                (frame(welcome(Role::Student)), is_in(), false),
            ],
        ),
        (
            "a hub that stops",
            vec![
                (opened(), HubState::Asking, false),
                (frame(welcome(Role::Student)), is_in(), false),
                (
                    refused(Refusal::ShuttingDown),
                    HubState::Refused(Refusal::ShuttingDown),
                    false,
                ),
                (closed(1008), HubState::Refused(Refusal::ShuttingDown), true),
                (ClassAction::Leave, HubState::Idle, false),
            ],
        ),
        (
            "no hub at all, though something answers",
            vec![
                (opened(), HubState::Asking, false),
                (
                    ClassAction::Frame(Bytes::from_static(&[99])),
                    HubState::Garbage(relay::Fault::Unknown(99)),
                    false,
                ),
            ],
        ),
    ];
    for (what, steps) in cases {
        let mut class = Class::default();
        class.handle(ClassAction::Origin("http://127.0.0.1:8080".to_owned()));
        class.handle(ClassAction::Join);
        assert_eq!(class.hub.state, HubState::Dialling, "{what}");
        for (action, state, waits) in steps {
            class.handle(action.clone());
            assert_eq!(
                (&class.hub.state, class.wait.is_some()),
                (&state, waits),
                "{what}: {action:?}"
            );
        }
    }
}

#[test]
fn waits_grow_to_a_bound_and_differ() {
    let mut class = student();
    let mut waits = Vec::new();
    for chance in [0, 0, 0, 0, 0, 0, u32::MAX] {
        class.handle(ClassAction::Closed(1006, String::new(), chance));
        waits.push(class.wait.unwrap().left_secs);
        class.handle(ClassAction::Retry);
    }
    assert_eq!(waits[..6], [2, 4, 8, 16, 30, 30]);
    assert!((15..30).contains(&waits[6]), "{waits:?}");
}

#[test]
fn a_vote_is_sent_once_and_again_to_a_hub_that_was_away() {
    let mut class = student();
    let vote = |question, answer| FromPage::Vote(Answer { question, answer });
    let votes = |class: &mut Class, answer| said(&class.handle(ClassAction::Vote(answer)));
    assert_eq!(votes(&mut class, 0), [], "nothing is asked");
    hears(&mut class, &[FromHub::Ask(question(7, "how many?"))]);
    for (answer, expected) in [
        (1, vec![vote(7, 1)]),
        (1, vec![]),
        (2, vec![vote(7, 2)]),
        (3, vec![]),
        (usize::MAX, vec![]),
    ] {
        assert_eq!(votes(&mut class, answer), expected, "{answer}");
    }
    class.handle(ClassAction::Closed(1006, String::new(), 0));
    assert_eq!(votes(&mut class, 0), [], "nobody hears it");
    class.handle(ClassAction::Retry);
    class.handle(ClassAction::Opened(relay::SUBPROTOCOL.to_owned(), 0));
    let again = FromHub::Ask(question(7, "how many?"));
    let out = hears(&mut class, &[welcome(Role::Student), led(true), again]);
    assert_eq!(said(&out), [vote(7, 2)]);
    // Another question, though by the same number: another page leads.
    let out = hears(&mut class, &[FromHub::Ask(question(7, "which?"))]);
    assert_eq!(said(&out), []);
    assert_eq!(class.follower().unwrap().vote, None);
    let tally = |question, is_over| {
        FromHub::Tally(Tally {
            question,
            counts: vec![1, 0, 4],
            is_over,
            right: None,
        })
    };
    hears(&mut class, &[tally(6, true)]);
    assert!(class.open_question().is_some(), "of an earlier question");
    hears(&mut class, &[tally(7, true)]);
    assert_eq!(class.open_question(), None);
    assert_eq!(votes(&mut class, 0), [], "it is over");
    assert_eq!(
        class.votes(0, Some(1), 0).map(|it| it.counts.as_slice()),
        Some(&[1, 0, 4][..])
    );
    assert_eq!(class.votes(0, Some(2), 0), None, "of another work");
    hears(&mut class, &[led(false)]);
    assert!(class.follower().unwrap().was_led);
}

#[test]
fn the_address_for_others_is_one_that_they_reach() {
    let invitation = |address: &str| Invitation {
        code: None,
        address: Text::cut(address),
    };
    for (typed, hubs, address, is_far) in [
        (
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8080",
            false,
        ),
        (
            "http://localhost:8080/",
            "http://192.168.1.7:8080",
            "http://192.168.1.7:8080",
            true,
        ),
        (
            "http://192.168.1.9:80",
            "http://10.0.0.1:80",
            "http://192.168.1.9:80",
            true,
        ),
        (
            "wss://school.example:8443",
            "https://10.0.0.1:8443",
            "https://school.example:8443",
            true,
        ),
        ("127.0.0.1:8080", "", "http://127.0.0.1:8080", false),
    ] {
        assert_eq!(
            address_for_others(typed, &invitation(hubs)),
            (address.to_owned(), is_far),
            "{typed} {hubs}"
        );
    }
}
