//! Machines, topics and messages of the moment in view.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use mqtt_proto::session::{RECEIVER, ReceiverInput, SENDER, SenderInput};
use mqtt_spec::Version;
use playground::action::Start;
use playground::level::Level;
use playground::study::machines::MachinesView;
use playground::study::messages::{MessagesView, Outcome};
use playground::study::topics::TopicsView;
use playground::study::{StudyAction, StudyTab, StudyView, Walk};
use playground::text::Language;
use playground::{Action, Playground};

fn page(scenario: &str, tab: StudyTab) -> Playground {
    let mut page = support::still_page(Start {
        level: Some(Level::Lab),
        fragment: format!("#/play/{scenario}"),
        ..Start::default()
    });
    page.update(Action::Study(StudyAction::Show(tab)));
    page
}

fn machines(page: &Playground) -> MachinesView {
    match &*page.study() {
        StudyView::Machines(view) => view.clone(),
        other => panic!("{other:?}"),
    }
}

fn topics(page: &Playground) -> TopicsView {
    match &*page.study() {
        StudyView::Topics(view) => view.clone(),
        other => panic!("{other:?}"),
    }
}

fn messages(page: &Playground) -> MessagesView {
    match &*page.study() {
        StudyView::Messages(view) => view.clone(),
        other => panic!("{other:?}"),
    }
}

fn look(page: &mut Playground, action: StudyAction) {
    page.update(Action::Study(action));
}

/// What the two machines of an exchange follow, step by step: input, and the state after it.
fn followed(page: &mut Playground) -> [Vec<(&'static str, &'static str)>; 2] {
    let mut followed = [Vec::new(), Vec::new()];
    for step in 0..=page.story().last_step() {
        page.update(Action::GoTo(step));
        for (place, machine) in machines(page).machines.iter().enumerate() {
            let Some(last) = machine.last.filter(|it| it.is_now) else {
                continue;
            };
            let row = &machine.rows[last.row];
            assert_eq!(machine.here, Some(row.to), "step {step}: {}", machine.told);
            followed[place].push((row.input, machine.states[row.to]));
        }
    }
    // One event can be two steps.
    followed.iter_mut().for_each(Vec::dedup);
    followed
}

#[test]
fn the_machines_of_an_exchange_follow_their_tables() {
    let mut page = page("qos2", StudyTab::Machines);
    look(&mut page, StudyAction::ShowConnection(false));
    // The first client sends, the broker receives.
    page.update(Action::ShowClient(0));
    assert_eq!(
        followed(&mut page),
        [
            vec![
                ("publish QoS 2", "await PUBREC"),
                ("PUBREC", "await PUBCOMP"),
                ("PUBCOMP", "free"),
            ],
            vec![("PUBLISH QoS 2", "await PUBREL"), ("PUBREL", "free")],
        ]
    );
    let view = machines(&page);
    // 3.1.1 has no acknowledgements that refuse.
    let sender = SENDER.iter().filter(|row| {
        !matches!(
            row.input,
            SenderInput::PubAckError | SenderInput::PubRecError
        )
    });
    let receiver = RECEIVER
        .iter()
        .filter(|row| row.input != ReceiverInput::Refuse);
    let rows = [sender.clone().count(), receiver.count()];
    for (machine, rows) in view.machines.iter().zip(rows) {
        assert_eq!(machine.rows.len(), rows);
        assert_eq!(machine.drawing.boxes.len(), machine.states.len());
    }
    let version = Version::V311;
    let rules = sender.map(|row| row.rule.and_then(|it| it.id_in(version)));
    let ids: Vec<Option<&str>> = rules.map(|it| it.map(|it| it.id_str())).collect();
    let shown: Vec<Option<&str>> = view.machines[0]
        .rows
        .iter()
        .map(|row| row.rule.as_ref().map(|it| it.id))
        .collect();
    assert_eq!(shown, ids);
}

/// A page with a scenario of a test.
fn page_of(scenario: &str, tab: StudyTab) -> Playground {
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        ..Start::default()
    });
    support::open_file(&mut page, "a.mqtt", scenario.as_bytes());
    page.update(Action::Study(StudyAction::Show(tab)));
    page
}

/// Everything that the machines of a view say.
fn words(view: &MachinesView) -> Vec<String> {
    let machines = view.machines.iter();
    let words = machines.flat_map(|it| {
        let states = it.states.iter().map(|it| (*it).to_owned());
        let rows = it.rows.iter();
        let rows = rows.flat_map(|row| [row.input.to_owned(), row.action.to_owned()]);
        let labels = it.drawing.labels.iter().map(|it| it.text.clone());
        states
            .chain(rows)
            .chain(labels)
            .chain([it.told.clone()])
            .collect::<Vec<_>>()
    });
    words.collect()
}

#[test]
fn the_machines_of_3_1_1_have_nothing_of_5_0() {
    for language in [Language::English, Language::German] {
        for scenario in ["qos2", "qos1-puback-lost"] {
            let mut page = page(scenario, StudyTab::Machines);
            page.update(Action::SetLanguage(language));
            page.update(Action::ShowClient(0));
            for is_connection in [true, false] {
                look(&mut page, StudyAction::ShowConnection(is_connection));
                for step in 0..=page.story().last_step() {
                    page.update(Action::GoTo(step));
                    let words = words(&machines(&page));
                    let is_of_v5 = |it: &String| {
                        ["0x9", "0x80", "AUTH", "5.0"]
                            .iter()
                            .any(|v5| it.contains(v5))
                    };
                    let found: Vec<_> = words.iter().filter(|it| is_of_v5(it)).collect();
                    assert!(found.is_empty(), "{scenario}, step {step}: {found:?}");
                }
            }
        }
    }
    // A CONNECT that is wrong is not answered there, unless its level is what is wrong.
    let mut page = page("qos2", StudyTab::Machines);
    page.update(Action::GoToEnd);
    let view = machines(&page);
    let fault = view.machines[1].rows.iter();
    let mut fault = fault.filter(|it| it.input == "fault or silence");
    let fault = fault.next().expect("a row");
    assert_eq!(fault.action, "close; CONNACK 1 only for a wrong level");
    // 5.0 says why.
    let mut page = self::page("v5-reasons", StudyTab::Machines);
    page.update(Action::GoToEnd);
    let words = words(&machines(&page));
    for word in ["send CONNACK 0x80+, close", "await AUTH"] {
        assert!(words.iter().any(|it| it == word), "{word}: {words:?}");
    }
}

#[test]
fn sending_again_on_a_timer_is_a_violation_in_5_0_only() {
    let text = |version: &str| {
        format!(
            "scenario \"a\"\nversion {version}\nuntil 10 s\nnode broker broker\nnode phone-1 phone\n  \
             retry 1 s\nlink phone-1 to broker\n  latency 10 ms\nat 0 s: phone-1 connect\n\
             at 1 s: phone-1 publish \"a\" \"b\" qos 1\n"
        )
    };
    for (version, is_violation) in [("3.1.1", false), ("5.0", true)] {
        let mut page = page_of(&text(version), StudyTab::Machines);
        look(&mut page, StudyAction::ShowConnection(false));
        page.update(Action::GoToEnd);
        let view = machines(&page);
        let sender = &view.machines[0];
        let rows = sender.rows.iter();
        let again: Vec<_> = rows
            .filter(|it| it.input == "retry timer" && it.from != 0)
            .collect();
        assert_eq!(again.len(), 3);
        for row in again {
            assert_eq!(row.is_violation, is_violation, "{version}: {row:?}");
            assert_eq!(row.is_drawn, !is_violation, "{version}: {row:?}");
        }
        assert!(
            sender
                .rows
                .iter()
                .all(|it| !it.is_violation || it.input == "retry timer")
        );
    }
}

#[test]
fn to_3_1_1_a_share_is_a_level_like_any_other() {
    for (version, missed) in [("3.1.1", "$share"), ("5.0", "room")] {
        let text = format!(
            "scenario \"a\"\nversion {version}\nuntil 10 s\nnode broker broker\nnode phone-1 phone\n  \
             subscribe \"$share/g/room/#\"\nlink phone-1 to broker\n  latency 10 ms\nat 0 s: phone-1 connect\n"
        );
        let mut page = page_of(&text, StudyTab::Topics);
        page.update(Action::GoToEnd);
        look(&mut page, StudyAction::TypeTopic("hall/1".to_owned()));
        let detail = topics(&page).detail.expect("a topic is in view");
        let [miss] = detail.misses.as_slice() else {
            panic!("{version}: {detail:?}")
        };
        let quotes = |it: &str| miss.text.contains(it);
        assert!(quotes(missed) && quotes("hall"), "{version}: {miss:?}");
        let rule = miss.rule.as_ref().map(|it| it.id);
        assert_eq!(rule, Some("MQTT-4.7.3-4"), "{version}");
        // To 3.1.1 it does not match even what stands behind the group.
        look(&mut page, StudyAction::TypeTopic("room/1".to_owned()));
        let detail = topics(&page).detail.expect("a topic is in view");
        let misses = detail.misses.iter().map(|it| it.text.contains("$share"));
        let expected = if version == "5.0" { vec![] } else { vec![true] };
        assert_eq!(misses.collect::<Vec<_>>(), expected, "{version}");
    }
}

#[test]
fn what_nobody_promised_is_not_lost() {
    let text = "scenario \"a\"\nversion 3.1.1\nuntil 10 s\nnode broker broker\n  access \"topic readwrite room\"\n  \
                access \"topic write safe\"\nnode phone-1 phone\nnode robot-1 robot\n  session kept\n  \
                subscribe \"#\" qos 1\nlink phone-1 to broker\n  latency 10 ms\nlink robot-1 to broker\n  \
                latency 10 ms\nat 0 s: phone-1 connect\nat 0 s: robot-1 connect\nat 1 s: phone-1 publish \"room\" \"a\" qos 1\n\
                at 1.5 s: phone-1 publish \"safe\" \"a\" qos 1\nat 2 s: robot-1 disconnect\n\
                at 4 s: phone-1 publish \"room\" \"b\"\n";
    let mut page = page_of(text, StudyTab::Messages);
    page.update(Action::GoToEnd);
    let view = messages(&page);
    let outcomes: Vec<_> = view.rows.iter().map(|it| it.outcome).collect();
    let expected = [Outcome::Delivered, Outcome::Refused, Outcome::Away];
    assert_eq!(outcomes, expected, "{view:?}");
    assert!(view.rows[1..].iter().all(|it| !it.told.is_empty()));
}

#[test]
fn a_connection_has_a_machine_at_each_end_and_seeking_back_lights_the_same_states() {
    for scenario in [
        "qos1-puback-lost",
        "will-power-lost",
        "v5-reasons",
        "half-open",
    ] {
        let mut page = page(scenario, StudyTab::Machines);
        page.update(Action::ShowClient(0));
        let last = page.story().last_step();
        let mut states = |steps: &mut dyn Iterator<Item = usize>| -> Vec<_> {
            steps
                .map(|step| {
                    page.update(Action::GoTo(step));
                    let view = machines(&page);
                    let ends = view.machines.iter().map(|it| (it.here, it.last));
                    ends.collect::<Vec<_>>()
                })
                .collect()
        };
        let forward = states(&mut (0..=last));
        let mut back = states(&mut (0..=last).rev());
        back.reverse();
        assert_eq!(forward, back, "{scenario}");
        let client: Vec<_> = forward.iter().map(|ends| ends[0].0).collect();
        let server: Vec<_> = forward.iter().map(|ends| ends[1].0).collect();
        // Closed first, then it waits for CONNACK, then it is connected.
        assert_eq!(client[0], Some(0), "{scenario}");
        assert!(
            client.contains(&Some(1)) && client.contains(&Some(2)),
            "{scenario}"
        );
        // At the broker there is nothing before CONNECT has come.
        assert_eq!(server[0], None, "{scenario}");
        let view = machines(&page);
        let mut states = view.machines[1].states.iter();
        let connected = states.position(|it| *it == "connected");
        assert!(server.contains(&connected), "{scenario}");
    }
}

#[test]
fn a_topic_says_whom_a_message_would_reach_and_why_not_others() {
    let mut page = page("topics", StudyTab::Topics);
    page.update(Action::GoToEnd);
    let view = topics(&page);
    assert!(view.detail.is_none() && !view.rows.is_empty());
    // Parents come before what lies below them.
    for (place, row) in view.rows.iter().enumerate() {
        if row.level > 1 {
            let above = view.rows[..place]
                .iter()
                .rev()
                .find(|it| it.level < row.level);
            let above = above.expect("a parent");
            assert!(
                row.topic.starts_with(&format!("{}/", above.topic)),
                "{row:?}"
            );
        }
    }
    // What the tree says is what came of the messages: whoever has it had a subscription.
    for row in view.rows.iter().filter(|row| row.messages > 0) {
        look(&mut page, StudyAction::TypeTopic(row.topic.clone()));
        let detail = topics(&page).detail.expect("a topic is in view");
        assert_eq!(detail.topic, row.topic);
        let mut clients: Vec<&str> = detail.reaches.iter().map(|it| it.client.as_str()).collect();
        clients.dedup();
        assert_eq!(clients.len(), row.subscribers, "{row:?}");
        for miss in &detail.misses {
            assert!(!detail.reaches.contains(miss));
            assert!(miss.text.ends_with('.'), "{miss:?}");
        }
    }
    look(&mut page, StudyAction::TypeTopic("$SYS/up".to_owned()));
    let detail = topics(&page).detail.expect("a topic is in view");
    let wild = detail.misses.iter().find(|it| it.filter.starts_with('#'));
    if let Some(wild) = wild {
        assert_eq!(wild.rule.as_ref().map(|it| it.id), Some("MQTT-4.7.2-1"));
    }
    look(&mut page, StudyAction::TypeTopic("home/+/light".to_owned()));
    let detail = topics(&page).detail.expect("a topic is in view");
    let (_, rule) = detail.fault.expect("that is a filter");
    assert_eq!(rule.expect("a rule says so").id, "MQTT-4.7.1-1");
}

/// Whose a subscription is says the connection on which it was made, and not what a device is to call itself.
#[test]
fn a_subscription_is_the_device_that_has_the_session() {
    let world = "scenario \"two\"\nversion 3.1.1\nseed 1\nuntil 4 s\nnode broker broker\n\
        node one phone\n  client-id \"same\"\n  subscribe \"a\"\nnode two phone\n  client-id \"same\"\n  subscribe \"a\"\n\
        link one to broker\nlink two to broker\nat 0 s: one connect\nat 1 s: two connect\n";
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        ..Start::default()
    });
    let shared = format!("mqtt-playground 2\nscenario own 00000000\nat 0 0 0\nown\n\n{world}");
    page.update(Action::Unpacked(Some(shared)));
    while page.running().is_some() {
        page.update(Action::Tick(0));
    }
    look(&mut page, StudyAction::Show(StudyTab::Topics));
    look(&mut page, StudyAction::TypeTopic("a".to_owned()));
    let whose = |page: &mut Playground, seconds: u64| {
        let steps = &page.story().steps;
        let step = steps.partition_point(|step| step.mark.at < seconds * 1_000_000);
        page.update(Action::GoTo(step));
        let detail = topics(page).detail.expect("a topic is in view");
        let clients: Vec<_> = detail.reaches.iter().map(|it| it.client.clone()).collect();
        clients.join(" ")
    };
    assert_eq!(whose(&mut page, 1), "one");
    assert_eq!(whose(&mut page, 4), "two");
}

#[test]
fn a_wildcard_does_not_match_the_brokers_own_topics() {
    let mut page = page("echo-storm", StudyTab::Topics);
    page.update(Action::GoToEnd);
    look(
        &mut page,
        StudyAction::TypeTopic("no/such/topic".to_owned()),
    );
    let detail = topics(&page).detail.expect("a topic is in view");
    assert!(detail.reaches.is_empty());
    assert!(!detail.misses.is_empty());
    assert!(
        detail
            .misses
            .iter()
            .all(|it| it.rule.is_some() || it.text.contains("level"))
    );
}

#[test]
fn what_is_retained_is_shown_at_its_moment_only() {
    let mut page = page("retained-deleted", StudyTab::Topics);
    let last = page.story().last_step();
    let mut kept: Vec<bool> = Vec::new();
    for step in 0..=last {
        page.update(Action::GoTo(step));
        kept.push(topics(&page).rows.iter().any(|it| it.retained.is_some()));
    }
    assert!(!kept[0] && kept.contains(&true), "{kept:?}");
    assert_eq!(kept.last(), Some(&false), "it was deleted");
    // And back again.
    let there = kept.iter().position(|it| *it).expect("it was kept");
    page.update(Action::GoTo(there));
    let view = topics(&page);
    let row = view.rows.iter().position(|it| it.retained.is_some());
    let row = row.expect("it is kept there");
    look(&mut page, StudyAction::ChooseTopic(row));
    let detail = topics(&page).detail.expect("a topic is in view");
    let retained = detail.retained.expect("it is kept there");
    assert_eq!(Some(retained.payload.shown), view.rows[row].retained);
}

#[test]
fn the_tree_is_walked_by_keys() {
    let mut page = page("topics", StudyTab::Topics);
    page.update(Action::GoToEnd);
    let all = topics(&page).rows.len();
    look(&mut page, StudyAction::WalkTopics(Walk::First));
    let first = topics(&page).rows[0].clone();
    assert!(first.is_selected && first.is_focus && first.is_open == Some(true));
    look(&mut page, StudyAction::WalkTopics(Walk::Out));
    let closed = topics(&page);
    assert!(closed.rows.len() < all && closed.rows[0].is_open == Some(false));
    look(&mut page, StudyAction::WalkTopics(Walk::In));
    look(&mut page, StudyAction::WalkTopics(Walk::In));
    let view = topics(&page);
    assert_eq!(view.rows.len(), all);
    assert!(view.rows[1].is_selected && view.rows[1].level == 2);
    look(&mut page, StudyAction::WalkTopics(Walk::Last));
    assert!(topics(&page).rows.last().expect("a row").is_selected);
    look(&mut page, StudyAction::WalkTopics(Walk::Out));
    assert!(
        topics(&page)
            .rows
            .iter()
            .any(|it| it.is_selected && it.level < 3)
    );
}

#[test]
fn every_message_says_what_became_of_it() {
    for (scenario, outcome, got) in [
        ("qos1-puback-lost", Outcome::Again, "robot-1 2×"),
        ("qos1", Outcome::Delivered, "robot-1"),
        ("qos0-publish-lost", Outcome::Lost, ""),
        ("qos2-pubrec-lost", Outcome::Delivered, "robot-1"),
    ] {
        let mut page = page(scenario, StudyTab::Messages);
        assert!(
            messages(&page).rows.is_empty(),
            "{scenario}: nothing has happened yet"
        );
        page.update(Action::GoToEnd);
        let view = messages(&page);
        let (_, all) = view.counts[0];
        let kinds: usize = view.counts[1..].iter().map(|it| it.1).sum();
        assert_eq!((view.rows.len(), kinds), (all, all), "{scenario}");
        let row = view.rows.iter().find(|it| it.outcome == outcome);
        let row = row.unwrap_or_else(|| panic!("{scenario}: {:?}", view.rows));
        assert_eq!(row.delivered.join(", "), got, "{scenario}");
        look(&mut page, StudyAction::FilterMessages(Some(outcome)));
        assert!(messages(&page).rows.iter().all(|it| it.outcome == outcome));
        // A row leads to its step, and there is a way back.
        let step = row.step.expect("it begins with a step");
        look(&mut page, StudyAction::Follow(step));
        assert_eq!(page.position().step, step, "{scenario}");
        assert!(page.why().can_return);
    }
}

#[test]
fn a_message_under_way_is_open_and_says_who_keeps_it() {
    let mut page = page("qos1-puback-lost", StudyTab::Messages);
    let copy = page.story().flights.iter().find(|it| it.repeats);
    let copy = copy.expect("a copy").step;
    page.update(Action::GoTo(copy));
    let view = messages(&page);
    let row = &view.rows[0];
    assert!(row.is_selected && row.outcome == Outcome::Open, "{row:?}");
    assert_eq!(
        row.told.first().map(String::as_str),
        Some("Kept by broker.")
    );
}
