//! Questions about what comes next: right by what does come, wrong by known misconceptions, never two the same.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use sim::predict::{Kind, Question, questions};
use sim::scenario::Misconception;
use sim::{Cursor, RecordKind, Recording, Scenario, random};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn run(text: &str) -> Recording {
    let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let seed = scenario.seed;
    Recording::run(Rc::new(scenario), seed).expect("its names are known")
}

fn scenario(name: &str) -> Recording {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    run(&fs::read_to_string(folder.join(name).with_extension("mqtt")).expect("it is there"))
}

/// At every step of a run.
fn all(run: &Recording) -> Vec<Question> {
    let steps = run.log().steps().iter();
    steps
        .flat_map(|step| questions(run, Cursor::after(*step), 7))
        .collect()
}

fn check(name: &str, run: &Recording, question: &Question) {
    let texts: BTreeSet<String> = question
        .options
        .iter()
        .map(|it| it.told.to_string())
        .collect();
    assert_eq!(texts.len(), question.options.len(), "{name}: {question:?}");
    assert!(question.options.len() >= 2, "{name}: {question:?}");
    for (place, option) in question.options.iter().enumerate() {
        let is_right = option.belief.is_none();
        assert_eq!(is_right, place == question.right, "{name}: {question:?}");
    }
    assert!(question.at < question.shows_at, "{name}: {question:?}");
    if question.kind == Kind::NextPacket {
        let log = run.log();
        let behind = log.records_between(question.at, log.end());
        let next = behind.iter().find_map(|record| match &record.kind {
            RecordKind::Sent(flight) => Some(flight),
            _ => None,
        });
        let expected = next.map_or_else(
            || "No packet any more".to_owned(),
            |flight| {
                let packet = flight.packet().expect("no raw bytes here");
                let (from, to) = (log.name(flight.from), log.name(flight.to));
                format!("{} from {from} to {to}", packet.packet_type().name())
            },
        );
        let right = question.options[question.right].told.to_string();
        assert_eq!(right, expected, "{name}");
    }
}

#[test]
fn options_differ_and_one_is_right() {
    let mut kinds = BTreeSet::new();
    let mut misconceptions = BTreeSet::new();
    let mut look = |name: &str, run: &Recording| {
        for question in all(run) {
            check(name, run, &question);
            kinds.insert(question.kind);
            misconceptions.extend(question.options.iter().filter_map(|it| it.belief));
        }
    };
    let names = [
        "qos0",
        "qos1-puback-lost",
        "qos2",
        "qos2-pubrel-lost",
        "will-late",
        "will-never",
        "will-power-lost",
        "device-forgets",
    ];
    for name in names {
        look(name, &scenario(name));
    }
    look("retained", &run(RETAINED));
    for seed in 0..2 {
        let scenario = Rc::new(random::scenario(seed));
        let run = Recording::run(scenario, seed).expect("its names are known");
        look(&format!("seed {seed}"), &run);
    }
    let every = [
        Kind::NextPacket,
        Kind::HowOften,
        Kind::WhichQos,
        Kind::WhoReceives,
        Kind::WillFires,
        Kind::SentAgain,
        Kind::HowManyRetained,
        Kind::RetainFlag,
    ];
    assert_eq!(kinds, BTreeSet::from(every));
    assert!(misconceptions.len() >= 9, "{misconceptions:?}");
}

/// The broker publishes the will a microsecond after one and a half times the keep alive: that is no other answer.
#[test]
fn times_of_a_will_are_told_apart() {
    for name in [
        "will-power-lost",
        "will-keep-alive",
        "real-esp32",
        "will-crash",
    ] {
        let run = scenario(name);
        let asked = all(&run);
        let wills = asked.iter().filter(|it| it.kind == Kind::WillFires);
        for question in wills {
            let times: Vec<f64> = question
                .options
                .iter()
                .filter_map(|it| {
                    it.told
                        .to_string()
                        .strip_prefix("At ")?
                        .strip_suffix(" s")?
                        .parse()
                        .ok()
                })
                .collect();
            for (place, time) in times.iter().enumerate() {
                let others = &times[place + 1..];
                let apart = others.iter().all(|other| (other - time).abs() >= 0.5);
                assert!(apart, "{name}: {question:#?}");
            }
        }
    }
}

const RETAINED: &str = r#"scenario "A light and who asks about it"

node broker broker

node bulb phone

node early phone
  session kept
  subscribe "light" qos 2

node late phone
  subscribe "light"

link bulb to broker

link early to broker

link late to broker

at 0 s: bulb connect
at 0 s: early connect
at 1 s: bulb publish "light" "on" qos 1 retain
at 2 s: bulb publish "light" "off" qos 1 retain
at 3 s: late connect
at 4 s: cut early to broker
at 5 s: bulb publish "light" "on" qos 1 retain
"#;

/// By kind, and by the time before which the question is asked: the right answer, and a wrong one with what is behind it.
#[test]
fn the_right_answer_is_what_happens() {
    let cases = [
        (
            "qos1-puback-lost",
            Kind::HowOften,
            "PUBACK 1",
            "Twice",
            ("Once", Misconception::DupMeansDuplicate),
        ),
        (
            "qos1-puback-lost",
            Kind::SentAgain,
            "broker -> robot-1  PUBLISH 1 QoS 1",
            "Yes, when the session goes on over a new connection",
            (
                "Yes, after a while, over the same connection",
                Misconception::ResentOnTimer,
            ),
        ),
        (
            "retained",
            Kind::HowManyRetained,
            "late -> broker  SUBSCRIBE",
            "1",
            ("2", Misconception::RetainedIsHistory),
        ),
        (
            "retained",
            Kind::WhichQos,
            "bulb -> broker  PUBLISH 1",
            "QoS 1",
            ("QoS 2", Misconception::SubscribingSetsQos),
        ),
        (
            "retained",
            Kind::RetainFlag,
            "bulb -> broker  PUBLISH 1",
            "RETAIN 0",
            ("RETAIN 1", Misconception::RetainSaysStored),
        ),
        (
            "will-power-lost",
            Kind::WillFires,
            "loses power",
            "At 25.7 s",
            ("At 12 s", Misconception::WillOnAnyEnd),
        ),
    ];
    for (name, kind, step, right, (wrong, misconception)) in cases {
        let run = match name {
            "retained" => run(RETAINED),
            name => scenario(name),
        };
        let log = run.log();
        let found = log.steps().iter().find(|id| {
            let line = log.record(**id).and_then(|record| log.ladder_line(record));
            line.is_some_and(|line| line.to_string().contains(step))
        });
        let Some(found) = found else {
            panic!("{name} has no {step}:\n{}", log.ladder_text(log.end()))
        };
        let asked = questions(&run, Cursor::after(*found), 7);
        let Some(question) = asked.iter().find(|question| question.kind == kind) else {
            panic!("{name}: no {kind:?} among {asked:#?}")
        };
        if !right.is_empty() {
            let told = question.options[question.right].told.to_string();
            assert_eq!(told, right, "{name}");
        }
        let option = question.options.iter().find(|option| {
            option.belief == Some(misconception) && option.told.to_string().contains(wrong)
        });
        assert!(option.is_some(), "{name}: {question:#?}");
    }
}

#[test]
fn the_same_place_and_seed_give_the_same_questions() {
    let run = scenario("qos2");
    let at = Cursor::after(run.log().steps()[8]);
    assert_eq!(questions(&run, at, 1), questions(&run, at, 1));
    let orders: BTreeSet<usize> = (0..20)
        .flat_map(|seed| questions(&run, at, seed))
        .filter(|question| question.kind == Kind::NextPacket)
        .map(|question| question.right)
        .collect();
    assert!(orders.len() > 1, "the right one has no place of its own");
}

#[test]
fn every_misconception_has_one_sentence_that_corrects_it() {
    let corrections: BTreeSet<&str> = Misconception::ALL
        .iter()
        .map(|it| it.correction())
        .collect();
    assert_eq!(corrections.len(), Misconception::ALL.len());
    for correction in corrections {
        assert!(correction.ends_with('.') && !correction.trim_end_matches('.').contains(". "));
    }
}
