//! What the page says of a step, against what the standard says of it.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::Start;
use playground::level::Level;
use playground::story::{Keeps, SpanKind};
use playground::study::machines::MachinesView;
use playground::study::{StudyAction, StudyTab, StudyView};
use playground::text::{self, LANGUAGES, Language};
use playground::{Action, Playground};

/// A scenario of the page, by its file's name, or else the text of another.
fn page(scenario: &str, language: Language) -> Playground {
    let is_text = scenario.contains('\n');
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        language: Some(language),
        fragment: match is_text {
            true => String::new(),
            false => format!("#/play/{scenario}"),
        },
        ..Start::default()
    });
    if is_text {
        support::open_file(&mut page, "a.mqtt", scenario.as_bytes());
    }
    page.update(Action::GoToEnd);
    page
}

/// Everything that is said step by step, and at the end.
fn said(scenario: &str, language: Language) -> Vec<String> {
    let page = page(scenario, language);
    let story = page.story();
    let steps = 1..=story.last_step();
    let said = steps.map(|step| {
        let said = text::say(language, story, "", story.position(step), step);
        said.replace([text::MARK_OPEN, text::MARK_CLOSE], "")
    });
    said.collect()
}

/// Everything that is said of the steps as causes of themselves.
fn chains(scenario: &str, language: Language) -> Vec<String> {
    let page = page(scenario, language);
    let story = page.story();
    let steps = 1..=story.steps.len();
    let said = steps.map(|step| text::because(language, story, step, step));
    said.collect()
}

/// Two clients of this version and a broker, and what they do.
fn world(version: &str, publisher: &str, subscriber: &str, acts: &str) -> String {
    let lines = |text: &str| text.replace("; ", "\n");
    format!(
        "scenario \"t\"\nversion {version}\nuntil 20 s\nnode broker broker\nnode p phone\n{}\nnode r robot\n{}\n\
         link p to broker\nlink r to broker\nat 0 s: p connect\nat 1 s: r connect\n{}\n",
        lines(publisher),
        lines(subscriber),
        lines(acts)
    )
}

/// What must be said, somewhere, in each language; and what must not.
struct Case {
    scenario: String,
    en: &'static str,
    de: &'static str,
    never: &'static str,
}

fn case(
    scenario: impl Into<String>,
    en: &'static str,
    de: &'static str,
    never: &'static str,
) -> Case {
    Case {
        scenario: scenario.into(),
        en,
        de,
        never,
    }
}

fn check(cases: &[Case], all: impl Fn(&str, Language) -> Vec<String>) {
    let mut wrong = Vec::new();
    for case in cases {
        for language in LANGUAGES {
            let expected = match language {
                Language::English => case.en,
                Language::German => case.de,
            };
            let said = all(&case.scenario, language);
            if !said.iter().any(|it| it.contains(expected)) {
                wrong.push(format!(
                    "“{expected}” is not said: {}\n{said:#?}",
                    case.scenario
                ));
            }
            let is_english = language == Language::English && !case.never.is_empty();
            if is_english && said.iter().any(|it| it.contains(case.never)) {
                wrong.push(format!(
                    "“{}” is said: {}\n{said:#?}",
                    case.never, case.scenario
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_said_of_a_step_is_so() {
    let cut = "subscribe \"t\"; reconnect when-link-is-up";
    check(
        &[
            case(
                "half-open",
                "What waited on it arrives now: the connection has lived on, and MQTT has nothing to repair.",
                "Was darauf wartete, kommt jetzt an: Die Verbindung hat weitergelebt",
                "Nothing is sent again yet",
            ),
            case(
                "honest-link",
                "What waited on it arrives now",
                "Was darauf wartete, kommt jetzt an",
                "Nothing is sent again yet",
            ),
            case(
                "qos1-puback-lost",
                "Nothing is sent again yet: first there has to be a connection.",
                "Noch wird nichts erneut gesendet",
                "lived on",
            ),
            case(
                "v5-receive-maximum",
                "in the session of robot-1 until PUBACK made room (Receive Maximum). It goes out as packet",
                "die in der Sitzung von robot-1 wartete, bis PUBACK Platz machte (Receive Maximum). Sie geht",
                "was away",
            ),
            case(
                "sleeper-kept",
                "waiting in the session of ",
                "die in der Sitzung von ",
                "made room",
            ),
            case(
                "umqtt-robust",
                "The broker acknowledges packet 2. When this arrives, esp-1 knows that it has got there.",
                "Wenn das ankommt, weiß esp-1, dass es angekommen ist.",
                "esp-1 may forget the message",
            ),
            case(
                "v5-session-expiry",
                "robot-1 asks for a connection, and that its session be kept while it is away (Session Expiry Interval 10 s).",
                "auch wenn die Verbindung endet (Session Expiry Interval 10 s).",
                "away (Clean Start",
            ),
            case(
                "v5-session-expiry",
                "phone-1 asks for a connection with a session that ends with it (Session Expiry Interval 0).",
                "mit einer Sitzung, die mit ihr endet (Session Expiry Interval 0).",
                "ends with it (Clean Start",
            ),
            case(
                "v5-shared",
                "worker-1 asks for its share of the messages on jobs, as one of the group team, delivered at QoS 1 at most.",
                "einen Anteil der Nachrichten auf jobs, als Mitglied der Gruppe team, zugestellt mit höchstens QoS 1.",
                "every message on $share",
            ),
            case(
                "echo-no-local",
                "delivered at QoS 0 at most, but not its own (No Local).",
                ", außer den eigenen (No Local).",
                "",
            ),
            case(
                "echo-retained",
                "4 messages were published; gate-1 moved twice",
                "4 Nachrichten wurden veröffentlicht; gate-1 ist zweimal gefahren",
                "orders were sent",
            ),
            case(
                "qos1-puback-lost",
                "One order was sent; robot-1 moved twice",
                "Ein Auftrag wurde gesendet; robot-1 ist zweimal gefahren",
                "published;",
            ),
            case(
                world(
                    "3.1.1",
                    "will \"t\" \"gone\"",
                    "subscribe \"t\"",
                    "at 3 s: p power-off; at 4 s: cut p to broker",
                ),
                "The broker publishes a will: the connection of p that brought it ended without a goodbye. It goes to r on t, once: QoS 0 has no acknowledgement.",
                "Der Broker veröffentlicht einen letzten Willen: Die Verbindung von p, die ihn mitbrachte, endete ohne Abschied. Er geht auf t an r, einmal: QoS 0 hat keine Bestätigung.",
                "keeps nothing",
            ),
            case(
                world(
                    "3.1.1",
                    "",
                    "",
                    "at 2 s: p publish \"t\" \"m\" retain; at 3 s: r subscribe \"t\"",
                ),
                "The broker had retained a message on t and sends it to r, once, at QoS 0; it stays retained.",
                "sendet sie einmal an r, mit QoS 0; sie bleibt zurückbehalten.",
                "broker sends the message",
            ),
            case(
                world(
                    "3.1.1",
                    "",
                    "subscribe \"t\"",
                    "at 3 s: p publish \"t\" \"m\" retain",
                ),
                "The broker sends the message on t to r once and keeps no copy for it",
                "einmal, und bewahrt dafür keine Kopie auf",
                "broker sends the message on t to r once and keeps nothing",
            ),
            case(
                world(
                    "3.1.1",
                    "",
                    cut,
                    "at 3 s: cut r to broker; at 4 s: restore r to broker",
                ),
                "No packet was on it, but the connection is gone.",
                "aber die Verbindung ist fort.",
                "There was no connection",
            ),
            case(
                world(
                    "3.1.1",
                    "",
                    cut,
                    "at 3 s: r disconnect; at 4 s: cut r to broker",
                ),
                "There was no connection on it.",
                "Es gab darauf keine Verbindung.",
                "but the connection is gone",
            ),
            case(
                world(
                    "5.0",
                    "",
                    "subscribe \"t\" qos 1; subscribe \"$share/g/t\" qos 1",
                    "at 3 s: p publish \"t\" \"forward 1 m\" qos 1",
                ),
                "two of its subscriptions match, a shared one and another, and each brought a copy.",
                "Zwei seiner Abonnements passen, ein geteiltes und ein anderes, und jedes brachte eine Kopie.",
                "the broker itself got the message twice",
            ),
            case(
                world(
                    "3.1.1",
                    "keep-alive 10 s",
                    "",
                    "at 1 s: p send-raw \"\\xc0\\x00\"",
                ),
                "p shows that it is there.",
                "p gibt ein Lebenszeichen.",
                "",
            ),
            case(
                world("3.1.1", "keep-alive 4 s", "subscribe \"t\"", ""),
                "p has had nothing to say for a while and shows that it is there.",
                "p hatte eine Weile nichts zu sagen und gibt ein Lebenszeichen.",
                "",
            ),
        ],
        said,
    );
}

/// Of a script only its packets are known.
#[test]
fn what_a_script_keeps_is_not_made_up() {
    let script = "scenario \"t\"\nnode broker broker\nnode esp-1 lamp\n  script\n  | import time\nlink esp-1 to broker\n";
    let of_script = page(script, Language::English);
    let mut lanes = of_script.story().lanes.iter();
    let lane = lanes.find(|it| it.name == "esp-1").expect("it is there");
    assert_eq!(lane.keeps, Keeps::Unseen);
    let standard = page("qos1", Language::English);
    let mut story = standard.story().clone();
    let sent = story.flights.iter().find(|it| it.face.name == "PUBLISH");
    let (step, from) = sent.map(|it| (it.step, it.from)).expect("it publishes");
    story.lanes[from].keeps = Keeps::Unseen;
    for (language, expected) in [
        (
            Language::English,
            "; what its script keeps cannot be seen from here.",
        ),
        (
            Language::German,
            "; was sein Skript aufbewahrt, ist hier nicht zu sehen.",
        ),
    ] {
        let said = text::say(language, &story, "", story.position(step), step);
        assert!(said.ends_with(expected), "{said}");
    }
}

#[test]
fn a_link_of_the_chain_calls_a_packet_what_it_is() {
    let full = world("3.1.1", "", "client-id \"\"", "");
    let refused = full.replace(
        "node broker broker",
        "node broker broker\n  access \"topic write t\"",
    );
    let refused = refused.replace("client-id \"\"", "subscribe \"t\"");
    check(
        &[
            case(
                "v5-reasons",
                "phone-1 asks to end a subscription.",
                "phone-1 will ein Abonnement beenden.",
                "ends its subscription",
            ),
            case(
                refused,
                "The broker refuses the subscription.",
                "Der Broker lehnt das Abonnement ab.",
                "confirms the subscription",
            ),
            case(
                world("3.1.1", "", "", "at 3 s: p send-raw \"\\xf0\\x00\""),
                "p sends raw bytes.",
                "p sendet rohe Bytes.",
                "answers with bytes",
            ),
        ],
        chains,
    );
}

/// DUP alone says nothing about timers: the packet before it can have been on this connection, on an earlier one, or nowhere.
#[test]
fn a_timer_is_named_where_there_is_one() {
    check(
        &[case(
            "broker-crash",
            "The broker sends what it had kept, with DUP 1: it cannot know whether packet 1 went out before, and no PUBACK has come.",
            "Der Broker sendet, was aufbewahrt war, mit DUP 1: Ob Paket 1 schon hinausging, ist nicht zu wissen, und ein PUBACK ist nicht gekommen.",
            "The broker sends the same message again",
        )],
        said,
    );
    check(
        &[
            case(
                "broker-crash",
                "So the kept copy goes out. No timer did this; the reconnect did.",
                "Also geht die aufbewahrte Kopie hinaus. Das war kein Zeitgeber, sondern die neue Verbindung.",
                "A timer did this",
            ),
            case(
                "qos1-puback-lost",
                "So the copy goes out again. No timer did this; the reconnect did.",
                "Also geht die Kopie noch einmal hinaus. Das war kein Zeitgeber",
                "A timer did this",
            ),
            case(
                "textbook",
                "So the copy goes out again. A timer did this; the connection never went.",
                "Also geht die Kopie noch einmal hinaus. Das war ein Zeitgeber",
                "",
            ),
        ],
        chains,
    );
}

/// What the store of retained messages gives is no live copy, however long the broker works between two packets.
#[test]
fn a_retained_message_is_told_as_one() {
    let at_once = include_str!("../../../scenarios/retained.mqtt").replace("  work 5 ms\n", "");
    let at_once = at_once.split("lesson 7").next().expect("a beginning");
    for scenario in ["retained", at_once] {
        check(
            &[case(
                scenario,
                "The broker had retained a message on room/light. It goes to phone-2 as packet 1",
                "Der Broker hatte eine Nachricht auf room/light zurückbehalten. Sie geht als Paket 1 an phone-2",
                "passes the message on to phone-2",
            )],
            said,
        );
    }
    check(
        &[case(
            "will-viewer-restarts",
            "The broker had retained a message on state/lamp-1. It goes to viewer-1 as packet 1",
            "Der Broker hatte eine Nachricht auf state/lamp-1 zurückbehalten. Sie geht als Paket 1 an viewer-1",
            "",
        )],
        said,
    );
    let said = said("will-viewer-restarts", Language::English);
    let wills = said.iter().filter(|it| it.contains("publishes a will"));
    assert_eq!(wills.count(), 1, "a will is published once: {said:#?}");
}

/// The rules that are named beside a step once everything has happened.
fn rules(page: &Playground, step: usize) -> Vec<&'static str> {
    let story = page.story();
    let step = story.step(step).expect("there is such a step");
    step.rules.iter().map(|rule| rule.id).collect()
}

/// The step on this line of the ladder.
fn at_line(page: &Playground, line: &str) -> usize {
    let steps = page.story().steps.iter();
    let mut lines = steps.zip(1..).filter(|(step, _)| step.line.ends_with(line));
    lines
        .next()
        .unwrap_or_else(|| panic!("no {line}: {:#?}", page.story().steps))
        .1
}

#[test]
fn a_step_has_the_rules_that_explain_it_and_no_others() {
    // A scenario, the first step with this line, what it must name, what belongs to others.
    let rows: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "qos-per-hop",
            "robot-1 -> broker  PUBACK 1",
            &["MQTT-4.3.2-2"],
            &["MQTT-4.3.3-2"],
        ),
        (
            "qos-per-hop",
            "broker -> robot-1  PUBLISH 1 QoS 1 robot/move \"forward 1 m\"",
            &["MQTT-3.8.4-6", "MQTT-4.3.2-1"],
            &["MQTT-4.3.3-1"],
        ),
        (
            "qos-per-hop",
            "broker -> display-1  PUBLISH QoS 0 robot/move \"forward 1 m\"",
            &["MQTT-3.8.4-6", "MQTT-4.3.1-1"],
            &[],
        ),
        (
            "qos-per-hop",
            "broker -> robot-2  PUBREL 1",
            &["MQTT-4.3.3-1"],
            &["MQTT-2.3.1-3"],
        ),
        (
            "will-late",
            "viewer-1 -> broker  PUBACK 2",
            &["MQTT-4.3.2-2"],
            &["MQTT-3.3.1-5"],
        ),
        (
            "will-late",
            "lamp-1 -> broker  PUBLISH 1 QoS 1 RETAIN state/lamp-1 \"1\"",
            &["MQTT-3.3.1-5"],
            &[],
        ),
        (
            "will-crash",
            "broker -> viewer-1  PUBLISH 2 QoS 1 state/lamp-1 \"0\"",
            &["MQTT-3.1.2-8"],
            &["MQTT-3.1.2-24"],
        ),
        (
            "will-keep-alive",
            "broker -> viewer-1  PUBLISH 2 QoS 1 state/lamp-1 \"0\"",
            &["MQTT-3.1.2-8", "MQTT-3.1.2-24"],
            &[],
        ),
        (
            "will-keep-alive",
            "lamp-1  loses power",
            &[],
            &["MQTT-3.1.2-24"],
        ),
        (
            "retained",
            "broker -> phone-2  PUBLISH 1 QoS 1 RETAIN room/light \"on\"",
            &["MQTT-3.3.1-6", "MQTT-3.3.1-8"],
            &["MQTT-3.3.1-9"],
        ),
        (
            "retained",
            "broker -> phone-1  PUBLISH 1 QoS 1 room/light \"on\"",
            &["MQTT-3.3.1-9"],
            &["MQTT-3.3.1-5"],
        ),
        (
            "retained",
            "phone-2 -> broker  SUBSCRIBE 1 room/light QoS 1",
            &["MQTT-3.8.4-1"],
            &["MQTT-3.1.4-3"],
        ),
        (
            "retained",
            "broker -> phone-2  CONNACK session 0",
            &["MQTT-3.1.4-3", "MQTT-3.1.4-4", "MQTT-3.2.2-1"],
            &["MQTT-3.2.2-2", "MQTT-3.2.2-3"],
        ),
        (
            "qos-per-hop",
            "broker -> robot-1  CONNACK session 0",
            &["MQTT-3.2.2-3"],
            &["MQTT-3.2.2-1"],
        ),
        (
            "broker-crash",
            "broker -> robot-1  CONNACK session 1",
            &["MQTT-3.2.2-2"],
            &["MQTT-3.2.2-3"],
        ),
        (
            "v5-session-expiry",
            "robot-1 -> broker  CONNECT clean 1",
            &["MQTT-3.1.4-5"],
            &[],
        ),
        (
            "v5-session-expiry",
            "broker -> robot-1  CONNACK session 1",
            &["MQTT-3.2.2-3"],
            &["MQTT-3.2.2-2"],
        ),
        (
            "v5-session-expiry",
            "broker -> phone-1  PUBACK 2",
            &["MQTT-4.3.2-4"],
            &["MQTT-3.1.2-6", "MQTT-4.1.0-2"],
        ),
        // What waits, waits by a rule: for a client that is away, and for room with one that is there.
        (
            "sleeper-kept",
            "phone-1 -> broker  PUBLISH 1 QoS 1 cmd/node-1 \"one\"",
            &["MQTT-3.1.2-5"],
            &[],
        ),
        (
            "sleeper-clean",
            "phone-1 -> broker  PUBLISH 1 QoS 1 cmd/node-1 \"one\"",
            &[],
            &["MQTT-3.1.2-5"],
        ),
        (
            "v5-receive-maximum",
            "phone-1 -> broker  PUBLISH 1 QoS 1 robot/move \"forward 1 m\"",
            &[],
            &["MQTT-4.9.0-2"],
        ),
        (
            "v5-receive-maximum",
            "phone-1 -> broker  PUBLISH 2 QoS 1 robot/move \"forward 2 m\"",
            &["MQTT-4.9.0-2"],
            &[],
        ),
        // No client publishes a will that is retained.
        (
            "will-crash",
            "lamp-1  crashes",
            &["MQTT-3.1.2-8", "MQTT-3.1.2-17"],
            &["MQTT-3.3.1-5"],
        ),
        (
            "v5-will-delay",
            "lamp-1 -> broker  PUBLISH 1 QoS 1 RETAIN state/lamp-1 \"1\"",
            &["MQTT-3.3.1-5"],
            &["MQTT-3.1.2-15"],
        ),
        (
            "v5-shared",
            "broker -> worker-1  PUBLISH 1 QoS 1 jobs \"1\"",
            &["MQTT-4.8.2-3"],
            &[],
        ),
        (
            "v5-shared",
            "broker -> watcher-1  PUBLISH 1 QoS 1 jobs \"1\"",
            &["MQTT-4.3.2-2"],
            &["MQTT-4.8.2-3"],
        ),
    ];
    let mut wrong = Vec::new();
    for (scenario, line, wanted, foreign) in rows {
        let page = page(scenario, Language::English);
        let named = rules(&page, at_line(&page, line));
        let is_right = wanted.iter().all(|it| named.contains(it))
            && !foreign.iter().any(|it| named.contains(it));
        if !is_right {
            wrong.push(format!("{scenario}: {line}: {named:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table's last row of a step: what of the exchanges is known then.
fn facts(page: &Playground) -> Vec<Vec<(&'static str, String)>> {
    let story = page.story();
    let end = story.position(story.last_step());
    let all = story.exchanges.iter();
    let facts = all.map(|it| text::exchange_facts(Language::English, story, it, end, false));
    facts.collect()
}

#[test]
fn only_an_acknowledgement_acknowledges() {
    let first = |facts: &[(&'static str, String)]| (facts[0].0, facts[2].1.clone());
    // The session ends with the connection, and the message with it: PUBACK was lost.
    let clean =
        include_str!("../../../scenarios/qos1-puback-lost.mqtt").replace("  session kept\n", "");
    let clean = clean
        .split("lesson 3")
        .next()
        .expect("a beginning")
        .to_owned();
    let lost = facts(&page(&clean, Language::English));
    assert!(
        lost.iter()
            .any(|it| first(it) == ("given up", "no".to_owned())),
        "{lost:?}"
    );
    // An imitated library says nothing of what it keeps: its packets do.
    for (file, cut_off) in [
        ("umqtt-simple", 0),
        ("umqtt-robust", 0),
        ("umqtt-robust2", 0),
    ] {
        let page = page(file, Language::English);
        let story = page.story();
        let own = story
            .exchanges
            .iter()
            .filter(|it| story.name(it.sender) == "esp-1");
        let open = own.clone().filter(|it| it.over.is_none()).count();
        assert_eq!(open, cut_off, "{file}: {:?}", facts(&page));
        let arrived = own.filter(|it| it.over == Some(playground::story::Over::Acknowledged));
        assert!(arrived.count() >= 3, "{file}");
    }
}

#[test]
fn the_promise_is_that_of_the_copies() {
    for (file, promise) in [
        ("qos-per-hop", "Each hop has its own promise."),
        (
            "qos1-puback-lost",
            "QoS 1 promises at least one for each subscriber.",
        ),
    ] {
        let page = page(file, Language::English);
        let tally = page.state().tally.clone().expect("something was sent");
        assert_eq!(tally.1, promise, "{file}");
    }
}

#[test]
fn a_library_of_its_own_has_no_machine_to_show() {
    for (scenario, is_connection) in [("umqtt-waits", true), ("umqtt-waits", false)] {
        let mut page = page(scenario, Language::English);
        page.update(Action::Study(StudyAction::Show(StudyTab::Machines)));
        page.update(Action::Study(StudyAction::ShowConnection(is_connection)));
        let story = page.story();
        let sent = story.flights.iter();
        let sent = sent.filter(|it| it.face.name == "PUBLISH" && story.name(it.from) == "esp-1");
        let step = sent.map(|it| it.step).next_back().expect("it publishes");
        page.update(Action::GoTo(step));
        let StudyView::Machines(view) = &*page.study() else {
            panic!("machines are shown");
        };
        let MachinesView { machines, note, .. } = view;
        assert_eq!(machines.len(), 1, "{machines:?}");
        assert!(
            machines[0].title.contains("broker"),
            "{}",
            machines[0].title
        );
        assert_eq!(note.as_deref(), Some(text::MACHINE_OF_LIBRARY.en));
    }
}

#[test]
fn a_kept_session_is_where_its_client_is() {
    let world = world(
        "3.1.1",
        "client-id \"same\"; session kept",
        "client-id \"same\"; session kept; subscribe \"t\" qos 1",
        "",
    );
    let page = page(&world, Language::English);
    let story = page.story();
    let spans = story.spans.iter();
    let of = |name: &'static str| {
        let own = spans.clone().filter(move |it| story.name(it.lane) == name);
        own.filter(|it| it.kind == SpanKind::Session)
            .map(|it| it.interval.until.is_none())
            .collect::<Vec<_>>()
    };
    assert_eq!((of("p"), of("r")), (vec![false], vec![true]));
}
