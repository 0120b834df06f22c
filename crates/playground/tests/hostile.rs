//! What others wrote, wherever a page quotes it: nothing hides, and nothing turns round what stands beside it.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::{FuturesAction, Start};
use playground::futures::Side;
use playground::level::Level;
use playground::menu::{Field, Target};
use playground::route::Place;
use playground::study::{StudyAction, StudyTab, StudyView};
use playground::text::{LANGUAGES, Language};
use playground::{Action, Command, Playground};

/// What somebody may write.
const TEXTS: [&str; 4] = [
    "a\u{202e}gpj.exe\u{202c}\u{2066}b\u{2069}",
    "סלון/טמפרטורה מרכזית",
    "zero\u{200b}width\u{200d}\u{ad}\u{feff}",
    concat!(
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "end"
    ),
];

/// A world with a text in all places that take it.
fn world(text: &str) -> String {
    format!(
        "scenario \"{text}\"
version 5.0
until 3 s

node broker broker
node device-1 phone
  client-id \"{text}\"
  session kept
  subscribe \"t/{text}\" qos 1

link device-1 to broker
  latency 40 ms

at 0 s: device-1 connect
at 1 s: device-1 publish \"t/{text}\" \"{text}\" qos 1 retain
"
    )
}

fn page(language: Language, text: &str) -> Playground {
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        language: Some(language),
        ..Start::default()
    });
    support::open_file(&mut page, "a.mqtt", world(text).as_bytes());
    assert!(page.story().flights.len() > 5, "the world is open");
    page
}

/// Whether a text can stand among the page's own words.
#[track_caller]
fn is_fit(what: &str, text: &str) {
    assert!(
        text.chars().count() < 600,
        "{what}: {} characters",
        text.len()
    );
    let mut depth = 0_u32;
    for it in text.chars() {
        match it {
            '\u{2068}' => depth += 1,
            '\u{2069}' => depth = depth.checked_sub(1).expect("an isolate is open"),
            '\u{590}'..='\u{5ff}' => assert!(depth > 0, "{what} turns round: {text}"),
            it => assert!(
                !playground::payload::is_invisible(it),
                "{what} hides: {text:?}"
            ),
        }
    }
    assert_eq!(depth, 0, "{what} leaves open: {text:?}");
}

fn with_map(page: &mut Playground) {
    page.update(Action::Futures(FuturesAction::EveryByte(false)));
    let mut commands = page.update(Action::Navigated("#/futures".to_owned()));
    while commands.contains(&Command::RequestFrame) {
        commands = page.update(Action::Tick(16_000));
    }
    assert_eq!(page.frame().place, Place::Futures);
}

#[test]
fn futures_show_what_others_wrote_as_the_ladder_does() {
    for (text, language) in TEXTS.iter().flat_map(|text| LANGUAGES.map(|it| (text, it))) {
        let mut page = page(language, text);
        // A future whose name quotes the topic.
        page.update(Action::GoTo(page.story().steps.len()));
        let mut lanes = page.story().lanes.iter();
        let device = lanes.position(|it| it.name == "device-1");
        page.update(Action::OpenMenu(Target::Node(device.expect("there"))));
        let menu = page.menu().expect("open");
        let mut items = menu.items.iter();
        let publish = items.position(|it| it.label.en == "Publish…");
        page.update(Action::ChooseEntry(publish.expect("a device can")));
        page.update(Action::Fill(Field::Topic, format!("t/{text}")));
        page.update(Action::Submit);
        assert_eq!(page.frame().futures.len(), 2, "{:?}", page.menu());
        for future in &page.frame().futures {
            is_fit("a future's name", future);
        }
        with_map(&mut page);
        let map = page.cut_map().expect("a device listens");
        is_fit("the map", &map.title);
        for group in map.rows.iter().flat_map(|row| &row.groups) {
            is_fit("a group", &group.name);
        }
        let check = |page: &Playground| {
            let pair = page.pair();
            assert!(!pair.differs.is_empty());
            for row in &pair.differs {
                is_fit("a fact", &row.fact);
                is_fit("a fact", &row.is[0]);
                is_fit("a fact", &row.is[1]);
            }
            for (_, name) in &pair.choices {
                is_fit("a choice", name);
            }
            for side in pair.sides.iter().flatten() {
                is_fit("a title", &side.title);
                for step in &side.steps {
                    is_fit("a step", step);
                    // The simulator's own lines are English.
                    assert!(
                        language == Language::English || !step.contains("connects"),
                        "{step}"
                    );
                    let dot = step.split_once("  ").map_or("", |it| it.0).contains('.');
                    assert_eq!(dot, language == Language::English, "{step}");
                }
            }
            assert!(
                pair.sides
                    .iter()
                    .flatten()
                    .any(|side| !side.steps.is_empty())
            );
        };
        check(&page);
        // Nothing of the message arrives: it is kept.
        page.update(Action::Futures(FuturesAction::OpenBar(2, 0)));
        check(&page);
        page.update(Action::Futures(FuturesAction::Select(Side::A, 3)));
        let sides = page.pair().sides.clone().expect("two");
        is_fit(
            "a caption",
            sides[0].caption.as_ref().expect("a step is selected"),
        );
    }
}

#[test]
fn studies_show_what_others_wrote_as_the_ladder_does() {
    for (text, language) in TEXTS.iter().flat_map(|text| LANGUAGES.map(|it| (text, it))) {
        let mut page = page(language, text);
        page.update(Action::GoToEnd);
        page.update(Action::Study(StudyAction::Show(StudyTab::Topics)));
        for typed in [format!("t/{text}"), "t/other".to_owned()] {
            page.update(Action::Study(StudyAction::TypeTopic(typed)));
            let view = page.study();
            let StudyView::Topics(view) = &*view else {
                panic!("topics are shown")
            };
            assert!(!view.rows.is_empty());
            for row in &view.rows {
                is_fit("a label", &row.label);
                is_fit("a row", &row.sentence);
                is_fit("a value", row.retained.as_deref().unwrap_or_default());
            }
            let detail = view.detail.as_ref().expect("a topic is typed");
            is_fit("the topic", &detail.topic);
            for note in &detail.notes {
                is_fit("a note", note);
            }
            if let Some(retained) = &detail.retained {
                is_fit("who retained it", &retained.told);
            }
            assert_eq!(detail.reaches.len() + detail.misses.len(), 1);
            for row in detail.reaches.iter().chain(&detail.misses) {
                is_fit("a client", &row.client);
                is_fit("a filter", &row.filter);
                is_fit("why", &row.text);
            }
        }
        page.update(Action::Study(StudyAction::Show(StudyTab::Messages)));
        let view = page.study();
        let StudyView::Messages(view) = &*view else {
            panic!("messages are shown")
        };
        assert!(!view.rows.is_empty());
        for row in &view.rows {
            is_fit("a topic", &row.topic);
            is_fit("a payload", &row.payload);
            for told in row.told.iter().chain(&row.delivered) {
                is_fit("what came of it", told);
            }
        }
    }
}
