//! German is complete: the texts that are data, and everything that the views say.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use mqtt_spec::{StatementId, Version};
use playground::action::{FuturesAction, Start};
use playground::level::Level;
use playground::map;
use playground::menu::Target;
use playground::study::{STUDY_TABS, StudyAction};
use playground::text::{LANGUAGES, Language};
use playground::{Action, Command, Playground};
use sim::Scenario;
use sim::scenario::BeatKind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

/// Of each scenario at most so many steps are looked at.
const STEPS_MAX: usize = 60;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

/// The scenarios: name and text.
fn scenarios() -> Vec<(String, String)> {
    let files = fs::read_dir(folder("scenarios")).expect("the folder is there");
    let files = files
        .collect::<io::Result<Vec<_>>>()
        .expect("it can be read");
    let mut scenarios: Vec<(String, String)> = files
        .iter()
        .map(fs::DirEntry::path)
        .filter(|path| path.extension().is_some_and(|it| it == "mqtt"))
        .map(|path| {
            let name = path.file_stem().expect("it has a name").to_string_lossy();
            (
                name.into_owned(),
                fs::read_to_string(&path).expect("a text"),
            )
        })
        .collect();
    scenarios.sort();
    scenarios
}

fn dictionary() -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder("www/lang/de.json")).expect("the file is there");
    serde_json::from_str(&text).expect("it is JSON: pairs of texts")
}

/// The texts of a scenario that people read. Names, topics and payloads are not among them.
fn texts(scenario: &Scenario) -> Vec<String> {
    let mut texts = vec![scenario.title.clone(), scenario.about.clone()];
    let Some(lesson) = scenario.lesson.as_deref() else {
        return texts;
    };
    texts.extend([&lesson.title, &lesson.chapter, &lesson.question].map(String::clone));
    for beat in &lesson.beats {
        match &beat.kind {
            BeatKind::Say(text) => texts.push(text.clone()),
            BeatKind::Ask(ask) => {
                texts.push(ask.question.clone());
                for answer in &ask.answers {
                    texts.extend([answer.text.clone(), answer.because.clone()]);
                }
            }
            BeatKind::Predict(_) => {}
        }
    }
    if let Some(task) = &lesson.task {
        texts.push(task.text.clone());
        texts.extend(task.goals.iter().map(|goal| goal.hint.clone()));
    }
    texts
}

#[test]
fn every_text_that_is_data_has_german() {
    let dictionary = dictionary();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for (name, text) in scenarios() {
        let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        wanted.extend(texts(&scenario));
    }
    for version in [Version::V311, Version::V5] {
        let statements = StatementId::all(version).map(|id| id.statement());
        wanted.extend(statements.map(|it| it.summary.to_owned()));
    }
    wanted.extend(readers_words());
    wanted.extend(foreign::probe::rows().map(str::to_owned));
    wanted.remove("");
    let missing: Vec<_> = wanted
        .iter()
        .filter(|text| {
            dictionary
                .get(*text)
                .is_none_or(|german| german.trim().is_empty())
        })
        .collect();
    assert!(
        missing.is_empty(),
        "no German in www/lang/de.json: {missing:#?}"
    );
    let idle: Vec<_> = dictionary
        .keys()
        .filter(|text| !wanted.contains(*text))
        .collect();
    assert!(idle.is_empty(), "nobody says this any more: {idle:#?}");
}

/// What the reader of scenarios says could have stood where a text is wrong: the sentences in its source.
fn readers_words() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sim/src/scenario/parse");
    let files = std::fs::read_dir(folder).expect("the reader is there");
    let mut words = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(file.expect("a file").path()).expect("it is text");
        let code = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            // What is between quotes, with a space in it: names of the format have none.
            let quoted = line.split('"').skip(1).step_by(2);
            let said = quoted.filter(|it| it.contains(' ') && !it.contains(['{', '\\']));
            words.extend(
                said.filter(|it| it.starts_with(|first: char| first.is_ascii_lowercase()))
                    .map(str::to_owned),
            );
        }
    }
    assert!(words.len() > 50, "{words:?}");
    words
}

/// The numbers in a text, with a decimal point.
fn numbers(text: &str) -> Vec<String> {
    let plain = text
        .replace(',', ".")
        .to_lowercase()
        .replace("non-zero", "0");
    let digits = plain.split(|it: char| !it.is_ascii_digit() && it != '.');
    let mut numbers: Vec<_> = digits
        .map(|it| it.trim_matches('.').to_owned())
        .filter(|it| !it.is_empty())
        .collect();
    numbers.sort();
    numbers
}

/// The words of the standard in a text: those in capital letters.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    let names = words.map(|it| it.trim_end_matches('s'));
    let is_name = |it: &&str| it.len() > 3 && it.chars().all(|it| it.is_ascii_uppercase());
    names.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn german_keeps_names_and_numbers() {
    let mut faults = Vec::new();
    for (english, german) in dictionary() {
        if numbers(&english) != numbers(&german) {
            faults.push(format!("other numbers: {english} | {german}"));
        }
        let (told, mut kept) = (names(&english), names(&german));
        // The flag stands for its adjective.
        if english.to_lowercase().contains("retain") && !told.contains("RETAIN") {
            kept.remove("RETAIN");
        }
        if told != kept {
            faults.push(format!("other names: {english} | {german}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn page(file: &str, language: Language) -> Playground {
    let mut page = support::page(Start {
        level: Some(Level::Lab),
        language: Some(language),
        fragment: format!("#/play/{file}"),
        ..Start::default()
    });
    if language == Language::German {
        let words = dictionary().into_iter().collect();
        page.update(Action::Translated(language, Some(words)));
    }
    page
}

/// Everything that the views say at this moment.
fn said(page: &mut Playground) -> BTreeSet<String> {
    let mut views = vec![
        format!("{:?}", page.frame()),
        format!("{:?}", page.lobby()),
        format!("{:?}", page.ladder_still()),
        format!("{:?}", page.ladder_moving()),
        format!("{:?}", page.map_still()),
        format!("{:?}", page.map_moving()),
        format!("{:?}", page.packet()),
        format!("{:?}", page.state()),
        format!("{:?}", page.explain()),
        format!("{:?}", page.timeline()),
        format!("{:?}", page.lesson()),
        format!("{:?}", page.why()),
        format!("{:?}", page.clock()),
    ];
    for tab in STUDY_TABS {
        page.update(Action::Study(StudyAction::Show(tab)));
        page.update(Action::Study(StudyAction::ShowConnection(true)));
        views.push(format!("{:?}", page.study()));
        page.update(Action::Study(StudyAction::ShowConnection(false)));
        page.update(Action::Study(StudyAction::ChooseTopic(0)));
        views.push(format!("{:?}", page.study()));
    }
    page.update(Action::Study(StudyAction::TypeTopic(String::new())));
    page.update(Action::HasRoomForPackets(true));
    let packets = page.packets();
    views.extend(packets.rows.last().map(|row| format!("{row:?}")));
    let list = page.list();
    views.extend(list.lines().last().map(|line| format!("{line:?}")));
    for target in map::targets(page.story(), page.position()) {
        page.update(Action::OpenMenu(target));
        if let Some(menu) = page.menu() {
            let language = page.language();
            let items = menu.items.iter().flat_map(|it| [it.label, it.note]);
            views.extend(items.map(|it| format!("{:?}", it.to(language))));
            views.push(format!("{:?} {:?}", menu.title, menu.state));
        }
        page.update(Action::CloseMenu);
    }
    views.iter().flat_map(|view| quoted(view)).collect()
}

/// Everything that the place for futures says, with one run opened.
fn futures_said(page: &mut Playground) -> BTreeSet<String> {
    page.update(Action::Navigated("#/futures".to_owned()));
    for _ in 0..40 {
        page.update(Action::Tick(16_000));
    }
    page.update(Action::Futures(FuturesAction::OpenBar(0, 1)));
    let views = [
        format!("{:?}", page.cut_map()),
        format!("{:?}", page.pair()),
        format!("{:?}", page.frame()),
    ];
    views.iter().flat_map(|view| quoted(view)).collect()
}

/// The texts in what `Debug` writes, but for those that a view has in all languages.
fn quoted(view: &str) -> Vec<String> {
    let mut texts = Vec::new();
    // A quotation mark as a character is no end of a text.
    let view = view.replace("'\"'", "");
    let mut rest = view.as_str();
    while let Some((before, after)) = rest.split_once('"') {
        let mut escaped = false;
        let end = after.char_indices().find(|(_, it)| {
            let is_end = *it == '"' && !escaped;
            escaped = *it == '\\' && !escaped;
            is_end
        });
        let Some((end, _)) = end else { break };
        if !before.ends_with("en: ") && !before.ends_with("de: ") {
            texts.push(after[..end].replace("\\\"", "\""));
        }
        rest = &after[end + 1..];
    }
    texts
}

/// Words that are the same in both languages: names of the standard, of this page and of its parts, units, abbreviations,
/// and words that German took over.
const SAME: &str = "mqtt playground qos dup retain ret retained topic alias name client broker online offline clean session \
    start id will filter user pass keep alive sp aus s ms m min h mah b bit byte bytes header level connect connack publish puback \
    pubrec pubrel pubcomp subscribe suback unsubscribe unsuback pingreq pingresp disconnect auth pub sub unsub discon \
    fixed variable packet identifier type flags remaining length protocol version payload flag properties property \
    reason code return present acknowledge maximum requested options handling as published no local application message \
    username password response content correlation data expiry interval delay receive assigned server string available \
    subscription shared wildcard information request problem reference format indicator authentication method size value \
    reserved tcp umqtt simple robust micropython esp32 success granted normal disconnection taken over matching \
    subscribers existed lab w";

/// What of a text is a word that German should have changed.
fn english_words<'a>(text: &'a str, names: &BTreeSet<String>) -> Vec<&'a str> {
    if text.starts_with("#/") || text.starts_with("https://") {
        return Vec::new();
    }
    let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
    words
        .filter(|word| word.chars().filter(|it| it.is_alphabetic()).count() > 1)
        .filter(|word| {
            !word
                .trim_start_matches("0x")
                .chars()
                .all(|it| it.is_ascii_hexdigit())
        })
        .filter(|word| !names.contains(&word.to_lowercase()))
        .collect()
}

/// The names that a scenario gives: of its nodes, in its topics, filters and payloads, and of itself in addresses.
fn names_of(name: &str, text: &str, names: &mut BTreeSet<String>) {
    let script = text.lines().filter(|line| {
        let line = line.trim_start();
        ![
            "scenario ",
            "about ",
            "lesson ",
            "chapter ",
            "question ",
            "because ",
            "hint ",
            "task ",
            "right ",
            "wrong ",
            "#",
        ]
        .iter()
        .any(|it| line.starts_with(it))
            && !line.contains(": say ")
            && !line.contains(": ask ")
    });
    for line in script {
        let is_node = line.starts_with("node ");
        let told: Vec<&str> = if is_node {
            line.split(' ').skip(1).take(1).collect()
        } else {
            line.split('"').skip(1).step_by(2).collect()
        };
        for word in told
            .iter()
            .flat_map(|it| it.split(|it: char| !it.is_alphanumeric() && it != '_'))
        {
            names.insert(word.to_lowercase());
        }
    }
    names.extend(name.split('-').map(str::to_owned));
    // What a window publishes by itself.
    names.insert("broken".to_owned());
}

#[test]
fn nothing_that_the_views_say_is_left_in_english() {
    let none = BTreeSet::new();
    assert_eq!(english_words("0x3A 1.2 s, link up", &none), ["link", "up"]);
    let scenarios = scenarios();
    let mut names: BTreeSet<String> = SAME.split_whitespace().map(str::to_owned).collect();
    for (name, text) in &scenarios {
        names_of(name, text, &mut names);
    }
    let mut left: BTreeSet<String> = BTreeSet::new();
    for (name, _) in &scenarios {
        let mut pages = LANGUAGES.map(|language| page(name, language));
        let last = pages[0].story().last_step();
        let steps = (0..last.min(STEPS_MAX)).chain([last]);
        let mut seen = [BTreeSet::new(), BTreeSet::new()];
        for step in steps {
            for (page, seen) in pages.iter_mut().zip(&mut seen) {
                page.update(Action::GoTo(step));
                // A question in view is answered, so that its answer is said.
                page.update(Action::Answer(0));
                page.update(Action::Commit);
                seen.extend(said(page));
            }
        }
        if name == "qos1-puback-lost" {
            for (page, seen) in pages.iter_mut().zip(&mut seen) {
                seen.extend(futures_said(page));
            }
        }
        let [english, german] = &seen;
        for text in german.intersection(english) {
            if !english_words(text, &names).is_empty() {
                left.insert(text.clone());
            }
        }
    }
    assert!(left.is_empty(), "the same in both languages: {left:#?}");
}

#[test]
fn a_switch_keeps_everything_but_the_words() {
    let mut page = page("qos1-puback-lost", Language::English);
    for _ in 0..6 {
        page.update(Action::StepForward);
    }
    let target = Target::Wire(1);
    page.update(Action::OpenMenu(target));
    page.update(Action::ChooseEntry(0));
    let before = (
        page.position(),
        page.selected_step(),
        page.frame().futures.len(),
    );
    let told = page.notice().expect("an act is told").text.clone();
    let commands = page.update(Action::SetLanguage(Language::German));
    assert!(commands.contains(&Command::Speak(Language::German)));
    assert!(commands.contains(&Command::FetchWords(Language::German)));
    assert!(commands.contains(&Command::KeepLanguage(Language::German)));
    let words = dictionary().into_iter().collect();
    let commands = page.update(Action::Translated(Language::German, Some(words)));
    let title = "QoS 1: der Roboter und die verlorene Bestätigung · MQTT Playground".to_owned();
    assert!(commands.contains(&Command::SetTitle(title)));
    assert_eq!(
        before,
        (
            page.position(),
            page.selected_step(),
            page.frame().futures.len()
        )
    );
    let notice = page.notice().expect("the notice stays");
    assert_eq!(notice.text, told);
    assert!(
        notice.text.to(Language::German).contains("gekappt"),
        "{told:?}"
    );
    assert!(
        page.frame()
            .undo
            .as_deref()
            .is_some_and(|it| it.contains("gekappt"))
    );

    let commands = page.update(Action::SetLanguage(Language::English));
    assert!(
        !commands
            .iter()
            .any(|it| matches!(it, Command::FetchWords(_)))
    );
    assert!(
        page.frame()
            .undo
            .as_deref()
            .is_some_and(|it| it.contains("cut"))
    );
    // Back again: the words are here already.
    let commands = page.update(Action::SetLanguage(Language::German));
    assert!(
        !commands
            .iter()
            .any(|it| matches!(it, Command::FetchWords(_)))
    );
}

#[test]
fn without_the_words_the_page_speaks_german_and_says_what_is_missing() {
    let mut page = page("qos1", Language::English);
    page.update(Action::SetLanguage(Language::German));
    page.update(Action::Translated(Language::German, None));
    let notice = page.notice().expect("it says so");
    assert!(notice.is_fault && notice.text.to(Language::German).contains("nicht geladen"));
    assert_eq!(page.timeline().place, "Anfang");
    assert_eq!(page.frame().crumb, "Lektion 3a /");
    // Choosing the language again tries again.
    let commands = page.update(Action::SetLanguage(Language::German));
    assert!(commands.contains(&Command::FetchWords(Language::German)));
}
