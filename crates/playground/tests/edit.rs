//! Changing the bytes of a packet and sending them.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::{EditAction, Start};
use playground::level::Level;
use playground::payload::Form;
use playground::text::{LANGUAGES, Language};
use playground::{Action, Playground};

fn page(level: Level, language: Language) -> Playground {
    let mut page = support::page(Start {
        level: Some(level),
        language: Some(language),
        fragment: "#/play/qos1".to_owned(),
        ..Start::default()
    });
    let publish = page
        .story()
        .flights
        .iter()
        .find(|it| it.face.name == "PUBLISH");
    let step = publish.expect("one").step;
    page.update(Action::GoTo(step));
    page
}

fn edit(page: &mut Playground, action: EditAction) {
    page.update(Action::Edit(action));
}

fn hex(page: &Playground) -> String {
    let packet = page.packet();
    packet
        .bytes
        .iter()
        .take(4)
        .map(|byte| byte.hex.as_str())
        .collect()
}

#[test]
fn a_byte_is_changed_digit_by_digit_and_the_decode_follows() {
    for (language, words) in [
        (Language::English, "Malformed: "),
        (Language::German, "Fehlerhaft: "),
    ] {
        let mut page = page(Level::Lab, language);
        assert!(page.packet().can_edit && page.packet().edit.is_none());
        edit(&mut page, EditAction::Start);
        page.update(Action::SelectByte(0));
        let before = hex(&page);
        assert!(before.starts_with("32"), "{before}");
        // 0x3A is the same with DUP.
        edit(&mut page, EditAction::Digit(3));
        edit(&mut page, EditAction::Digit(0xa));
        assert!(hex(&page).starts_with("3A"));
        let packet = page.packet();
        let dup = packet
            .fields
            .iter()
            .find(|row| row.name == "DUP")
            .expect("a flag");
        assert!(dup.value.starts_with('1'), "{dup:?}");
        let view = packet.edit.as_ref().expect("being changed");
        assert_eq!((view.changed, view.fault.as_ref()), (1, None));
        assert!(packet.bytes[1].is_focus, "the next byte is in hand");
        // What is in hand stays there when the page speaks otherwise.
        let other = LANGUAGES.into_iter().find(|it| *it != language);
        page.update(Action::SetLanguage(other.expect("it speaks two")));
        assert!(page.packet().edit.is_some() && hex(&page).starts_with("3A"));
        page.update(Action::SetLanguage(language));

        // QoS 3 is malformed, and the field and the rule are named.
        page.update(Action::SelectByte(0));
        edit(&mut page, EditAction::Flip(2));
        let packet = page.packet();
        let fault = packet
            .edit
            .as_ref()
            .and_then(|it| it.fault.clone())
            .expect("it is none");
        assert!(
            fault.starts_with(words) && fault.contains("MQTT-3.3.1-4"),
            "{fault}"
        );
        assert!(
            packet.fields.iter().any(|row| row.is_faulty),
            "{:?}",
            packet.fields
        );

        // Undo takes back one change after the other, and then no act.
        page.update(Action::Undo);
        page.update(Action::Undo);
        page.update(Action::Undo);
        assert_eq!(hex(&page), before);
        assert!(!page.packet().edit.as_ref().expect("still").can_take_back);
        page.update(Action::Escape);
        assert!(page.packet().edit.is_none());
    }
}

#[test]
fn changed_bytes_are_sent_and_the_broker_reacts_by_its_rule() {
    let mut page = page(Level::Lab, Language::English);
    let planned: Vec<String> = page
        .story()
        .steps
        .iter()
        .map(|it| it.line.clone())
        .collect();
    edit(&mut page, EditAction::Start);
    page.update(Action::SelectByte(0));
    edit(&mut page, EditAction::Flip(2));
    edit(&mut page, EditAction::Send);
    assert!(page.packet().edit.is_none());
    let notice = page.notice().expect("it says what was done");
    assert!(notice.can_undo, "{notice:?}");
    // The page stands on the bytes; the broker closes the connection, and the device is back.
    let step = page.position().step;
    let sent = page.story().flight_of(step).expect("bytes").1;
    assert_eq!(sent.bytes[0], 0x36, "QoS 3");
    // Going on meets the rule by which the broker reacts once the bytes have arrived, at another step, and says to which it belongs.
    let mut met = Vec::new();
    while !page.timeline().is_end {
        let explain = page.explain();
        met.extend(
            explain
                .rules
                .iter()
                .map(|it| (it.id, it.step, explain.step)),
        );
        page.update(Action::Answer(0));
        page.update(Action::Commit);
        page.update(Action::StepForward);
        support::rest(&mut page);
    }
    let reaction = met.iter().find(|(id, ..)| *id == "MQTT-3.3.1-4");
    let (_, of, at) = reaction.unwrap_or_else(|| panic!("{met:?}"));
    assert!(*of == step && *at > step, "{met:?}");
    assert_ne!(
        planned,
        page.story()
            .steps
            .iter()
            .map(|it| it.line.clone())
            .collect::<Vec<_>>()
    );
    page.update(Action::Undo);
    assert_eq!(
        planned,
        page.story()
            .steps
            .iter()
            .map(|it| it.line.clone())
            .collect::<Vec<_>>()
    );
}

#[test]
fn bytes_are_changed_in_the_lab_and_only_those_of_devices() {
    let mut page = page(Level::Study, Language::English);
    assert!(!page.packet().can_edit);
    edit(&mut page, EditAction::Start);
    assert!(page.packet().edit.is_none());
    page.update(Action::SetLevel(Level::Lab));
    assert!(page.packet().can_edit);
    let story = page.story();
    let mut answers = story.flights.iter().filter(|it| story.is_broker(it.from));
    let answer = answers.next().expect("one").step;
    page.update(Action::GoTo(answer));
    assert!(!page.packet().can_edit);
}

#[test]
fn a_payload_is_shown_in_the_form_that_was_chosen() {
    let mut page = page(Level::Study, Language::German);
    let payload = page.packet().payload.clone().expect("a message");
    assert_eq!(payload.form, Form::Text);
    edit(&mut page, EditAction::WritePayload(Form::Json));
    let json = page.packet().payload.clone().expect("a message");
    assert_eq!(
        (json.shown == payload.shown, json.note.is_some()),
        (true, true)
    );
    edit(&mut page, EditAction::WritePayload(Form::Hex));
    assert!(
        page.packet()
            .payload
            .clone()
            .expect("a message")
            .shown
            .starts_with("0000  ")
    );
}

/// Whoever sends what is no packet is told what comes of it, by which rule, and that it has come.
#[test]
fn bytes_that_are_no_packet_are_explained_by_what_the_broker_does() {
    for (language, first, then) in [
        (
            Language::English,
            "Whoever reads them has to close the connection.",
            "The broker could not read them and has closed the connection.",
        ),
        (
            Language::German,
            "Wer sie liest, muss die Verbindung schließen.",
            "Der Broker konnte sie nicht lesen und hat die Verbindung geschlossen.",
        ),
    ] {
        let mut page = page(Level::Lab, language);
        edit(&mut page, EditAction::Start);
        page.update(Action::SelectByte(0));
        edit(&mut page, EditAction::Flip(2));
        edit(&mut page, EditAction::Send);
        let said = |page: &Playground| -> String {
            let explain = page.explain();
            explain.say.iter().map(|it| it.text.as_str()).collect()
        };
        let mut flights = page.story().flights.iter();
        let raw = flights.find(|it| it.face.kind.is_none());
        let step = raw.expect("the bytes are sent").step;
        page.update(Action::GoTo(step));
        assert!(said(&page).contains(first), "{}", said(&page));
        assert!(said(&page).contains("MQTT-3.3.1-4"), "{}", said(&page));
        page.update(Action::GoToEnd);
        page.update(Action::Select(step));
        assert!(said(&page).contains(then), "{}", said(&page));
    }
}

#[test]
fn a_step_without_a_packet_shows_the_lost_one_or_the_last_one_and_says_so() {
    let at = |world: &str, line: &str| {
        let mut page = support::page(Start {
            level: Some(Level::Study),
            fragment: format!("#/play/{world}"),
            ..Start::default()
        });
        let steps = &page.story().steps;
        let step = steps.iter().position(|it| it.line.contains(line));
        let step = step.expect("such a step") + 1;
        page.update(Action::GoTo(step));
        (step, page.packet())
    };
    let is_lit = |packet: &playground::packet::PacketView| {
        packet.bytes.iter().any(|it| it.is_lit)
            || packet.fields.iter().any(|it| it.is_selected || it.is_lit)
    };
    let (_, packet) = at("qos2-pubrec-lost", "link cut");
    assert_eq!(packet.title, "PUBREC 1");
    assert_eq!(packet.badges[0].0, "lost");
    assert!(packet.is_lost && is_lit(&packet));
    assert_eq!(packet.of_before, None);
    let (step, packet) = at("outage", "link cut");
    assert!(packet.step < step && !packet.is_lost);
    let before = packet.of_before.clone();
    assert_eq!(before, Some(format!("last packet, step {}", packet.step)));
    assert!(!is_lit(&packet), "nothing of it is meant");
    assert!(
        packet
            .bits
            .iter()
            .all(|it| it.cells.iter().all(|(_, lit)| !lit))
    );
    let (step, packet) = at("qos1", "PUBACK");
    assert_eq!((packet.step, packet.of_before.as_deref()), (step, None));
    assert!(is_lit(&packet));
}

#[test]
fn the_lab_says_why_a_packet_of_the_broker_cannot_be_changed() {
    for (language, word) in [
        (Language::English, "devices"),
        (Language::German, "Geräten"),
    ] {
        let mut page = page(Level::Lab, language);
        assert_eq!(page.packet().no_edit, None);
        let of_broker = |page: &Playground| {
            let story = page.story();
            let mut flights = story.flights.iter();
            let found = flights.find(|it| story.is_broker(it.from));
            found.expect("it answers").step
        };
        let step = of_broker(&page);
        page.update(Action::GoTo(step));
        let packet = page.packet();
        assert!(!packet.can_edit);
        assert!(packet.no_edit.is_some_and(|why| why.contains(word)));
        // Where no bytes can be changed at all, there is nothing to explain.
        page.update(Action::SetLevel(Level::Study));
        assert_eq!(page.packet().no_edit, None);
    }
}
