//! Each change and the text that comes of it.

use super::edit::{additions, read};
use super::sheet::{Set, Sheet};
use super::{Edit, SCRIPT_NODE, TEMPLATES, apply, from_template, with_acts};
use sim::Scenario;

const WORLD: &str = "\
# A comment stays.
scenario \"W\"
until 20 s

node broker broker

node phone-1 phone  # mine
  session kept
  subscribe \"a/#\" qos 1

node lamp lamp
  on message \"a/b\": lamp toggle

link phone-1 to broker

link lamp to broker
  latency 20 ms

at 0 s: phone-1 connect
at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1
when PUBLISH from broker to lamp is on the wire: cut lamp to broker

expect lamp reads \"off\"
expect phone-1 received \"a/#\" 1 times

lesson 1 \"L\"
  takes 3 min

at 0 s: say \"One.\"

at 1 s: ask \"Two?\"
  right \"Yes\": lamp reads \"off\"
    because \"It is.\"
  wrong \"No\": lamp reads \"on\"

task \"Do it.\"
  goal lamp reads \"on\"
    hint \"Press.\"
";

/// The place of the line that holds a text.
fn at(text: &str, part: &str) -> usize {
    text.lines()
        .position(|line| line.contains(part))
        .expect(part)
}

/// The lines that are gone and the lines that are new, in their order.
fn difference(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let backwards = old.iter().rev().zip(new.iter().rev());
    let tail = backwards.take_while(|(a, b)| a == b).count().min(rest);
    let lines = |all: &[&str], sign: &str| {
        let those = all.iter().take(all.len() - tail).skip(head);
        those
            .map(|line| format!("{sign}{line}\n"))
            .collect::<String>()
    };
    lines(&old, "-") + &lines(&new, "+")
}

/// Makes the change; the text that comes of it is a world.
fn check(edit: &Edit, expected: &str) {
    let after = apply(WORLD, edit);
    assert_eq!(difference(WORLD, &after), expected, "{edit:?}");
    Scenario::parse(&after).expect("a world");
}

/// The kind of line with this name.
fn kind(text: &str, set: Set, owner: Option<usize>, label: &str) -> Edit {
    let sheet = Sheet::read(text);
    let all = additions(&sheet, set, owner);
    let found = all.iter().find(|(_, row)| row.label.en == label);
    let labels: Vec<_> = all.iter().map(|(_, row)| row.label.en).collect();
    let (choice, _) = found.unwrap_or_else(|| panic!("no {label} in {labels:?}"));
    Edit::Add(set, owner, *choice)
}

#[test]
fn every_change_changes_the_lines_that_it_is_about() {
    let slot = |part: &str, slot, value: &str| Edit::Slot(at(WORLD, part), slot, value.to_owned());
    let (phone, link) = (at(WORLD, "node phone-1"), at(WORLD, "link lamp"));
    let (ask, lesson) = (at(WORLD, "Two?"), at(WORLD, "lesson 1"));
    let cases = [
        // Slots: words, texts with quotes in them, what may be missing, flags.
        (slot("until", 0, "5 min"), "-until 20 s\n+until 5 min\n"),
        (
            slot("scenario", 0, "a \"b\""),
            "-scenario \"W\"\n+scenario \"a \\\"b\\\"\"\n",
        ),
        (slot("session kept", 0, ""), ""),
        (
            slot("subscribe", 1, ""),
            "-  subscribe \"a/#\" qos 1\n+  subscribe \"a/#\"\n",
        ),
        (
            slot("publish", 5, "yes"),
            "-at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1\n\
             +at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1 retain\n",
        ),
        (
            slot("expect phone-1", 5, "at least 2"),
            "-expect phone-1 received \"a/#\" 1 times\n+expect phone-1 received \"a/#\" at least 2 times\n",
        ),
        // A name changes wherever it is meant, and only there.
        (
            slot("node lamp", 0, "my lamp"),
            "-node lamp lamp\n-  on message \"a/b\": lamp toggle\n-\n-link phone-1 to broker\n-\n-link lamp to broker\n\
             -  latency 20 ms\n-\n-at 0 s: phone-1 connect\n-at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1\n\
             -when PUBLISH from broker to lamp is on the wire: cut lamp to broker\n-\n-expect lamp reads \"off\"\n\
             -expect phone-1 received \"a/#\" 1 times\n-\n-lesson 1 \"L\"\n-  takes 3 min\n-\n-at 0 s: say \"One.\"\n-\n\
             -at 1 s: ask \"Two?\"\n-  right \"Yes\": lamp reads \"off\"\n-    because \"It is.\"\n\
             -  wrong \"No\": lamp reads \"on\"\n-\n-task \"Do it.\"\n-  goal lamp reads \"on\"\n\
             +node my-lamp lamp\n+  on message \"a/b\": lamp toggle\n+\n+link phone-1 to broker\n+\n+link my-lamp to broker\n\
             +  latency 20 ms\n+\n+at 0 s: phone-1 connect\n+at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1\n\
             +when PUBLISH from broker to my-lamp is on the wire: cut my-lamp to broker\n+\n+expect my-lamp reads \"off\"\n\
             +expect phone-1 received \"a/#\" 1 times\n+\n+lesson 1 \"L\"\n+  takes 3 min\n+\n+at 0 s: say \"One.\"\n+\n\
             +at 1 s: ask \"Two?\"\n+  right \"Yes\": my-lamp reads \"off\"\n+    because \"It is.\"\n\
             +  wrong \"No\": my-lamp reads \"on\"\n+\n+task \"Do it.\"\n+  goal my-lamp reads \"on\"\n",
        ),
        (
            slot("node lamp", 1, "robot"),
            "-node lamp lamp\n+node lamp robot\n",
        ),
        // Lines as text.
        (
            Edit::Line(at(WORLD, "until"), "until 3 h".to_owned()),
            "-until 20 s\n+until 3 h\n",
        ),
        // New lines stand with their like.
        (kind(WORLD, Set::World, None, "Seed of chance"), "+seed 1\n"),
        (
            kind(WORLD, Set::Device, Some(phone), "Keep alive"),
            "+  keep-alive 1 s\n",
        ),
        (
            kind(WORLD, Set::Device, Some(phone), "Version of MQTT"),
            "+  version 5.0\n",
        ),
        (
            kind(WORLD, Set::Device, Some(phone), "Rule: every so often"),
            "+  every 1 s: publish \"a/#\" \"hello\"\n",
        ),
        (
            kind(WORLD, Set::Link, Some(link), "Jitter"),
            "+  jitter 1 s\n",
        ),
        (
            kind(WORLD, Set::Script, None, "Cut a link"),
            "+at 2 s: cut phone-1 to broker\n",
        ),
        (
            kind(WORLD, Set::Check, None, "a promise of MQTT"),
            "+expect promise at-least-once kept\n",
        ),
        (
            kind(WORLD, Set::Lesson, Some(lesson), "Chapter"),
            "+  chapter \"…\"\n",
        ),
        (
            kind(WORLD, Set::Ask, Some(ask), "Wrong answer"),
            "+  wrong \"…\": phone-1 received \"a/#\" 1 times\n+    because \"…\"\n",
        ),
        (
            kind(WORLD, Set::Answer, Some(at(WORLD, "wrong")), "Because"),
            "+    because \"…\"\n",
        ),
        (kind(WORLD, Set::Beat, None, "Say"), "+at 2 s: say \"…\"\n"),
        // What belongs to a line goes with it, and what speaks of a node that goes.
        (
            Edit::Remove(ask),
            "-at 1 s: ask \"Two?\"\n-  right \"Yes\": lamp reads \"off\"\n-    because \"It is.\"\n\
             -  wrong \"No\": lamp reads \"on\"\n-\n",
        ),
        (Edit::Remove(at(WORLD, "session")), "-  session kept\n"),
        (
            Edit::Remove(link),
            "-link lamp to broker\n-  latency 20 ms\n-\n-at 0 s: phone-1 connect\n\
             -at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1\n\
             -when PUBLISH from broker to lamp is on the wire: cut lamp to broker\n\
             +at 0 s: phone-1 connect\n+at 1 s: phone-1 publish \"a/b\" \"lamp on\" qos 1\n",
        ),
        (Edit::Place("lamp".to_owned(), 8, 400), "+  place 8 400\n"),
    ];
    for (edit, expected) in &cases {
        // A rule that publishes to a filter is for the reader to refuse: the form shows it at its slot.
        if expected.contains("publish \"a/#\"") {
            assert_eq!(difference(WORLD, &apply(WORLD, edit)), *expected);
        } else {
            check(edit, expected);
        }
    }
}

#[test]
fn a_node_that_goes_takes_along_what_speaks_of_it() {
    let after = apply(WORLD, &Edit::Remove(at(WORLD, "node lamp")));
    let scenario = Scenario::parse(&after).expect("a world");
    assert!(
        !after.contains("lamp reads") && !after.contains("to lamp"),
        "{after}"
    );
    assert!(
        after.contains("\"lamp on\""),
        "a text that looks like it stays"
    );
    assert_eq!((scenario.nodes.len(), scenario.events.len()), (2, 2));
    let nothing = apply(&after, &Edit::Remove(at(&after, "node broker")));
    Scenario::parse(&nothing).expect("a world without a broker");
    let lesson = apply(WORLD, &Edit::Remove(at(WORLD, "lesson 1")));
    assert_eq!(Scenario::parse(&lesson).expect("a world").lesson, None);
}

#[test]
fn from_nothing_to_a_sensor_and_a_lamp() {
    let empty = from_template(TEMPLATES.first().expect("one"), "T");
    let add = |text: &str, node: &str| apply(text, &Edit::AddNode(node.to_owned()));
    let world = add(&add(&add(&empty, "thermometer"), "broker"), "lamp");
    let expected = "\
scenario \"T\"
until 20 s

node thermometer-1 thermometer

node broker broker

node lamp-1 lamp

link thermometer-1 to broker

link lamp-1 to broker

at 0 s: thermometer-1 connect
at 100 ms: lamp-1 connect
";
    assert_eq!(world, expected);
    // A board that runs a script has one that it can run.
    let board = add(&add(&world, SCRIPT_NODE), SCRIPT_NODE);
    let scenario = Scenario::parse(&board).expect("a world");
    let scripts = scenario.nodes.iter().filter_map(|it| it.kind.script());
    let scripts: Vec<&str> = scripts.collect();
    assert_eq!(scripts.len(), 2);
    assert!(
        scripts
            .iter()
            .zip(["esp-1", "esp-2"])
            .all(|(script, name)| {
                script.contains(&format!("MQTTClient(\"{name}\", \"broker\""))
                    && script.ends_with("print(\"done\")\n")
            })
    );
    assert!(board.contains("link esp-2 to broker\n"), "{board}");
    // Linked to another broker, with what speaks of the link.
    let two = add(&world, "broker");
    let cut = with_acts(&two, "at 1 s: cut lamp-1 to broker\n");
    let moved = apply(
        &cut,
        &Edit::Link("lamp-1".to_owned(), "broker-2".to_owned()),
    );
    assert!(moved.contains("\nlink lamp-1 to broker-2\n"), "{moved}");
    assert!(
        moved.ends_with("at 1 s: cut lamp-1 to broker-2\n"),
        "{moved}"
    );
    Scenario::parse(&moved).expect("a world");
}

#[test]
fn every_template_is_a_world_that_does_as_it_says() {
    for template in TEMPLATES {
        let text = from_template(template, "A \"title\"");
        let scenario = Scenario::parse(&text).expect("a world");
        // Nobody is here to run scripts: `scenario check` runs those templates, which are its files.
        let has_script = crate::script::boards(&scenario) > 0;
        let mut run = sim::Recording::new(scenario.into(), 1).expect("it runs");
        if has_script {
            continue;
        }
        while run.advance().is_ok() {}
        assert!(
            run.verdicts().iter().all(|it| it.met),
            "{}",
            template.name.en
        );
    }
}

/// Every line of every scenario of the page that is no comment: most have a form, and a form that is filled in with what
/// it shows changes nothing of its meaning.
#[test]
fn what_a_form_shows_is_what_the_line_says() {
    let (mut lines, mut forms) = (0, 0);
    for built_in in crate::library::built_in() {
        let text = built_in.scenario.to_string();
        let sheet = Sheet::read(&text);
        for line in 0..sheet.lines.len() {
            let Some(set) = sheet.set(line) else { continue };
            lines += 1;
            let Some((_, values)) = read(&sheet, line) else {
                continue;
            };
            forms += 1;
            if let Some(first) = values.first().filter(|_| set != Set::Node) {
                let same = apply(&text, &Edit::Slot(line, 0, first.text.clone()));
                let scenario = Scenario::parse(&same).expect("a world");
                assert!(scenario == *built_in.scenario, "{}", sheet.line(line));
            }
        }
    }
    assert!(
        forms * 100 >= lines * 90,
        "{forms} of {lines} lines have a form"
    );
}

#[test]
fn no_change_of_no_text_panics() {
    let texts = [
        "",
        "\n\n",
        "node",
        "link\nlink a\n  mode",
        "at:\nwhen:\n : ask \"",
        "right\nbecause\nhint\n?",
        "scenario \"x\"\nnode ? ?",
        "task\ngoal\nkeep ?",
        "\u{feff}scenario\u{202e}\"x",
        WORLD,
    ];
    for text in texts {
        let mut edits = vec![
            Edit::AddNode("<b>".to_owned()),
            Edit::AddNode("broker".to_owned()),
            Edit::Link("?".to_owned(), "broker".to_owned()),
            Edit::Place("node".to_owned(), 1, 1),
        ];
        for line in 0..=text.lines().count() {
            edits.push(Edit::Remove(line));
            edits.push(Edit::Line(line, "a\nb".to_owned()));
            edits.extend((0..3).map(|slot| Edit::Slot(line, slot, "\u{202e}\"\\#\n".to_owned())));
            for set in [Set::Device, Set::Ask, Set::Script, Set::Goal] {
                let sheet = Sheet::read(text);
                for (choice, _) in additions(&sheet, set, Some(line)) {
                    edits.push(Edit::Add(set, Some(line), choice));
                    edits.push(Edit::Kind(line, choice));
                }
            }
        }
        for edit in edits {
            let _ = apply(&apply(text, &edit), &edit);
        }
    }
}
