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

/// Sentences that begin with a word that addresses the reader elsewhere, and mean somebody who has just been spoken of.
const THIRD_PERSON: &[&str] = &[
    "Ihr Client hebt",
    "Ihr PUBACK ging",
    "Ihr Programm endet ohne",
    "Ihr Rechner läuft noch",
    "Ihr Strom fällt aus",
    "Ihr letzter Wille geht",
    "Ihr letztes Lebenszeichen",
    "Ihre Batterie wird leer",
    "Ihre Boards können keine Skripte",
    "Ihre Leitung bricht",
    "Ihre Prüfsumme ist",
    "Ihre alte Verbindung ist",
    "Ihre beiden Verbindungen stehen",
    "Sie ersetzen alle Einstellungen",
    "Sie haben mit QoS 1",
    "Sie hören einander",
    "Sie hören room/light/set",
    "Sie kommen nach einem",
    "Sie lassen sich als Datei",
    "Sie müssen sich nicht einig",
    "Sie sagen nichts über",
    "Sie sind",
    "Sie stehen in keinem Link",
    "Sie treffen sich an",
    "Sie warten auf alle",
    "Sie werfen einander",
];

/// Places in a German text that address the reader, or may: from the word on.
///
/// *Sie* and *Ihr* in the middle of a sentence are no pronouns of the third person, which have a small letter there. At the beginning
/// of one they may be; with a verb in the singular, *Sie* is.
fn addresses(german: &str) -> Vec<&str> {
    const FAMILIAR: [&str; 4] = ["du", "dich", "dir", "euch"];
    const ENDINGS: [&str; 6] = ["", "e", "em", "en", "er", "es"];
    let is_one_of = |word: &str, stem: &str| {
        let rest = word.strip_prefix(stem);
        rest.is_some_and(|rest| ENDINGS.contains(&rest))
    };
    let mut found = Vec::new();
    let mut at = 0;
    for word in german.split(|it: char| !it.is_alphanumeric()) {
        let here = at;
        // What parts words has one character each.
        at += word.len();
        at += german[at..].chars().next().map_or(0, char::len_utf8);
        let before = german[..here].trim_end().chars().next_back();
        let is_first =
            before.is_none_or(|it| matches!(it, '.' | '!' | '?' | ':' | '„' | '“' | '…' | '\n'));
        let after = german[here + word.len()..].trim_start();
        let verb = after.split(|it: char| !it.is_alphanumeric()).next();
        let is_plural = verb.is_some_and(|it| it.ends_with("en") || it == "sind" || it == "tun");
        let small = word.to_lowercase();
        // In capitals it is the name of a direction.
        let is_word = word.chars().skip(1).all(char::is_lowercase);
        let is_address = (is_word && FAMILIAR.contains(&small.as_str()))
            || is_one_of(&small, "dein")
            || word == "Ihnen"
            || is_one_of(word, "Ihr")
            || (word == "Sie" && (!is_first || is_plural));
        if is_address {
            found.push(&german[here..]);
        }
    }
    found
}

/// The texts between quotes in Rust, without what stands in comments.
fn literals(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = source.chars().peekable();
    let mut before = ' ';
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|it| *it == '\n');
            }
            // A quote as a character is no beginning of a text.
            '"' if before != '\'' && before != '\\' => {
                let mut text = String::new();
                while let Some(next) = rest.next().filter(|it| *it != '"') {
                    match next {
                        '\\' => match rest.next() {
                            Some('n') => text.push('\n'),
                            Some('\n') => while rest.next_if(|it| it.is_whitespace()).is_some() {},
                            Some(other) => text.push(other),
                            None => {}
                        },
                        other => text.push(other),
                    }
                }
                texts.push(text);
            }
            _ => {}
        }
        before = next;
    }
    texts
}

fn sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            self::sources(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push(fs::read_to_string(&path).expect("it is text"));
        }
    }
}

#[test]
fn german_addresses_nobody() {
    let mut code = Vec::new();
    sources(&folder("crates/playground/src"), &mut code);
    sources(&folder("src"), &mut code);
    let mut texts: Vec<String> = code.iter().flat_map(|it| literals(it)).collect();
    assert!(texts.iter().any(|it| it.contains("Paket für Paket")));
    texts.extend(dictionary().into_values());
    let found: BTreeSet<&str> = texts.iter().flat_map(|it| addresses(it)).collect();
    let is_known = |place: &&str| THIRD_PERSON.iter().any(|it| place.starts_with(it));
    let addressed: Vec<_> = found.iter().filter(|it| !is_known(it)).collect();
    assert!(
        addressed.is_empty(),
        "infinitives and the passive need no address: {addressed:#?}"
    );
    let idle: Vec<_> = THIRD_PERSON
        .iter()
        .filter(|known| !found.iter().any(|it| it.starts_with(*known)))
        .collect();
    assert!(idle.is_empty(), "nobody says this any more: {idle:#?}");
}

#[test]
fn an_address_is_found_where_it_is_one() {
    for (text, expected) in [
        ("Öffnen Sie die Seite.", &["Sie die Seite."][..]),
        ("Sie können gehen.", &["Sie können gehen."]),
        ("Noch nicht: Sie sind dran", &["Sie sind dran"]),
        ("Ihre Arbeit ist da", &["Ihre Arbeit ist da"]),
        (
            "Es gehört Ihnen, in Ihrem Netz",
            &["Ihnen, in Ihrem Netz", "Ihrem Netz"],
        ),
        (
            "Dies sagt dir dein Broker",
            &["dir dein Broker", "dein Broker"],
        ),
        ("Du bist dran", &["Du bist dran"]),
        (
            "Die Seite wartet. Sie hört zu, und sie sagt ihren Namen ihrem Broker.",
            &[],
        ),
        (
            "Sie geht als Paket 2 hinaus; ihr Gerät ist direkt daneben, indirekt auch",
            &[],
        ),
    ] {
        assert_eq!(addresses(text), expected, "{text}");
    }
    let code = "a(\"one \\\"du\\\" \\\n   two\"); // \"Sie\"\nlet b = ['\"', '\\'']; c(\"x\")";
    assert_eq!(literals(code), ["one \"du\" two", "x"]);
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
