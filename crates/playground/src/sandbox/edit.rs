//! Changes to the text of a world. What comes of one may be no world: the reader of scenarios says so, and where.

use super::board::{self, BoardEdit, MAIN};
use super::pattern::{self, Token, Value, tokens};
use super::sheet::{Set, Sheet};
use super::table::{self, Adds, Family, Row, Slot};
use super::template::first_script;
use crate::text::Language;
use mqtt_proto::{Duration, Instant};
use sim::Scenario;
use sim::scenario::{Moment, When};

/// A kind of line: which family of its place, which beginning, which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub(super) family: usize,
    pub(super) head: usize,
    pub(super) body: usize,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The whole text.
    Text(String),
    /// A line as it is written.
    Line(usize, String),
    /// What a slot of a line holds: the line, the slot, what.
    Slot(usize, usize, String),
    /// A line becomes one of another kind.
    Kind(usize, Choice),
    /// A line goes, with what belongs to it and what speaks of it.
    Remove(usize),
    /// A new line, below the line that it belongs to.
    Add(Set, Option<usize>, Choice),
    /// A new node: a broker, or a device with this blueprint.
    AddNode(String),
    /// A device is linked to a broker instead of the one that it was linked to.
    Link(String, String),
    /// A node stands here on the map.
    Place(String, u16, u16),
    /// The board of the node with this name has other files.
    Board(String, BoardEdit),
}

/// The kind of a node that is a board with a script.
pub const SCRIPT_NODE: &str = "script";

/// From one broker to the next on the map.
const BROKERS_APART: usize = 304;
/// So many lines are mended one by one after a node is renamed or removed.
const REPAIRS_MAX: usize = 200;
/// Topics are looked for in so many lines.
const TOPIC_LINES_MAX: usize = 500;
/// A topic or a filter follows these words.
const SPEAK_OF_TOPICS: [&str; 9] = [
    "publish",
    "subscribe",
    "unsubscribe",
    "will",
    "message",
    "received",
    "heard",
    "retains",
    "shows",
];
/// New devices connect one after the other, so many milliseconds apart.
const CONNECT_EVERY_MILLIS: usize = 100;

/// The text after a change.
pub(crate) fn apply(text: &str, edit: &Edit) -> String {
    let mut sheet = Sheet::read(text);
    match edit {
        Edit::Text(text) => return text.clone(),
        Edit::Line(line, text) => {
            let text = text.replace(['\n', '\r'], " ");
            replace(&mut sheet, *line, text);
        }
        Edit::Slot(line, slot, value) => {
            if sheet.set(*line) == Some(Set::Node) && *slot == 0 {
                return rename(&sheet, *line, value);
            }
            if let Some((choice, values)) = read(&sheet, *line) {
                let at = |index: usize| values.get(index).map_or("", |it| it.text.as_str());
                let mut index = 0;
                let next = |_: &'static Slot, _: bool| {
                    index += 1;
                    let is_this = index - 1 == *slot;
                    if is_this { value } else { at(index - 1) }.to_owned()
                };
                rewrite(&mut sheet, *line, choice, next);
            }
        }
        Edit::Kind(line, choice) => {
            let old = read(&sheet, *line).map_or_else(Vec::new, |(_, values)| values);
            let world = World::of(&sheet);
            let mut old: Vec<Option<Value>> = old.into_iter().map(Some).collect();
            let carried = |slot: &'static Slot, is_optional: bool| {
                let same = |it: &&mut Option<Value>| it.as_ref().is_some_and(|it| it.slot == slot);
                let same = old.iter_mut().find(same).and_then(Option::take);
                let same = same.filter(|it| it.flag.is_none()).map(|it| it.text);
                same.unwrap_or_else(|| world.default(slot, is_optional))
            };
            rewrite(&mut sheet, *line, *choice, carried);
        }
        Edit::Remove(line) => return remove(sheet, *line),
        Edit::Add(set, owner, choice) => add(&mut sheet, *set, *owner, *choice),
        Edit::AddNode(blueprint) => add_node(&mut sheet, blueprint),
        Edit::Link(device, broker) => link(&mut sheet, device, broker),
        Edit::Place(name, x, y) => place(&mut sheet, name, *x, *y),
        Edit::Board(name, edit) => board::apply(&mut sheet, name, edit),
    }
    sheet.text()
}

/// Puts what was done into the script of a world.
pub(crate) fn with_acts(text: &str, acts: &str) -> String {
    if acts.is_empty() {
        return text.to_owned();
    }
    let mut sheet = Sheet::read(text);
    for act in acts.lines() {
        let at = sheet.place_for(Set::Script, None, "");
        sheet.insert(at, [act.to_owned()]);
    }
    sheet.text()
}

/// Whether a text that is no world was written as one: by the name of its file, or by the word that it begins with.
pub(crate) fn is_meant_as_world(name: &str, text: &str) -> bool {
    let mut lines = text.lines().map(|line| tokens(line).0);
    let first = lines.find(|it| !it.is_empty());
    let first = first.and_then(|it| Some(it.first()?.text.to_owned()));
    let is_named = name.to_ascii_lowercase().ends_with(".mqtt");
    first.is_some_and(|it| is_named || it == "scenario")
}

/// Whether a text is what a new line has in its place.
pub(crate) fn is_unfilled(text: &str) -> bool {
    text == table::UNFILLED
}

/// The texts of a world that nobody has filled in yet: what each of their lines is called.
pub(crate) fn unfilled(text: &str, language: Language) -> Vec<&'static str> {
    let sheet = Sheet::read(text);
    let lines = 0..sheet.lines.len();
    let lines = lines.filter(|line| has_unfilled(&sheet, *line));
    let name = |line| {
        let choice = read(&sheet, line).map(|(choice, _)| choice);
        let found = choice
            .zip(sheet.set(line))
            .and_then(|(choice, set)| rows(set, choice));
        found.map_or("", |(head, body)| {
            // Of an answer and of a moment, the one and the other part says what it is.
            let is_moment = head.is_some_and(|it| it.pattern.ends_with("TIME :"))
                || head.is_some_and(|it| it.pattern.starts_with("when "));
            let row = head.filter(|_| !is_moment).unwrap_or(body);
            row.label.to(language)
        })
    };
    lines.map(name).collect()
}

/// Whether a kind of line says which packets or messages are meant, and does not make one.
pub(super) fn is_pattern(set: Set, choice: Choice) -> bool {
    let all = rows(set, choice);
    all.is_some_and(|(head, body)| {
        let mut patterns = head.into_iter().chain([body]).map(|it| it.pattern);
        patterns.any(|it| it.contains("PACKET ") || it.contains("received "))
    })
}

/// Whether messages can come for which a rule waits; true for all lines that are no such rule.
pub(super) fn can_be_heard(sheet: &Sheet, line: usize) -> bool {
    let words = pattern::words(sheet.line(line));
    let ["on", "message", wanted, ..] = words.as_slice() else {
        return true;
    };
    let spot = sheet.spots.get(line).copied().flatten();
    let Some(owner) = spot.and_then(|it| it.owner) else {
        return true;
    };
    subscriptions(sheet, owner).any(|filter| share_topics(&filter, &pattern::unquoted(wanted)))
}

/// The filters that a device subscribes to, by itself or because the schedule has it do so.
fn subscriptions(sheet: &Sheet, device: usize) -> impl Iterator<Item = String> {
    let name = sheet.word(device, 1);
    let told = sheet.of(Set::Script).filter(move |line| {
        let words = pattern::words(sheet.line(*line));
        words.windows(2).any(|it| it == [name, "subscribe"])
    });
    let lines = sheet.below(device).chain(told);
    lines.flat_map(|line| {
        let words = pattern::words(sheet.line(line));
        let filters = words
            .windows(2)
            .filter(|it| it.first() == Some(&"subscribe"));
        let filters = filters.filter_map(|it| it.get(1).map(|it| pattern::unquoted(it)));
        filters.collect::<Vec<_>>()
    })
}

/// The filter behind the name of the group that shares it.
fn without_share(filter: &str) -> &str {
    let shared = filter.strip_prefix("$share/");
    let shared = shared.and_then(|it| it.split_once('/'));
    shared.map_or(filter, |it| it.1)
}

/// Whether there is a topic that both filters match.
fn share_topics(one: &str, other: &str) -> bool {
    let levels = |filter| without_share(filter).split('/');
    let (mut one, mut other) = (levels(one), levels(other));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some(a), Some(b)) if a == "+" || b == "+" || a == b => {}
            _ => return false,
        }
    }
}

/// Whether a line has a text that nobody has filled in yet.
pub(super) fn has_unfilled(sheet: &Sheet, line: usize) -> bool {
    let Some(set) = sheet.set(line) else {
        return false;
    };
    // The value of a User Property can be anything.
    let is_text = set != Set::Device && !sheet.is_of_script(line);
    is_text
        && tokens(sheet.line(line))
            .0
            .iter()
            .any(|it| it.is_quoted() && is_unfilled(&pattern::unquoted(it.text)))
}

/// The patterns of a kind of line.
fn rows(set: Set, choice: Choice) -> Option<(Option<&'static Row>, &'static Row)> {
    let family = table::families(set).get(choice.family)?;
    Some((family.heads.get(choice.head), family.body(choice.body)?))
}

/// Which kind of line it is, and what its slots hold; none if no row fits.
pub(super) fn read(sheet: &Sheet, line: usize) -> Option<(Choice, Vec<Value>)> {
    let text = sheet.line(line);
    let families = table::families(sheet.set(line)?).iter().enumerate();
    let found = families.flat_map(|(family, it)| kinds(it).map(move |kind| (family, it, kind)));
    found
        .filter_map(|(family, it, (head, body))| {
            let first = it.heads.get(head).map_or("", |row| row.pattern);
            let values = pattern::read(first, it.body(body)?.pattern, text)?;
            Some((Choice { family, head, body }, values))
        })
        .next()
}

/// All pairs of a beginning and an end.
fn kinds(family: &'static Family) -> impl Iterator<Item = (usize, usize)> {
    let heads = 0..family.heads.len().max(1);
    heads.flat_map(|head| (0..family.bodies().count()).map(move |body| (head, body)))
}

/// What can be added below a line, or to the world.
pub(super) fn additions(sheet: &Sheet, set: Set, owner: Option<usize>) -> Kinds {
    let present: Vec<&str> = match owner {
        Some(owner) => sheet.below(owner).map(|line| sheet.word(line, 0)).collect(),
        None => sheet.of(set).map(|line| sheet.word(line, 0)).collect(),
    };
    let is_missing = |row: &Row| {
        let first = row.pattern.split(' ').next().unwrap_or_default();
        !present.contains(&first)
    };
    let families = table::families(set).iter().enumerate();
    let all = families.flat_map(|(family, it)| {
        let choice = move |head, body| Choice { family, head, body };
        let heads = it.heads.iter().enumerate();
        let bodies = it.bodies().enumerate();
        let those: Kinds = match it.adds {
            Adds::Nothing => Vec::new(),
            Adds::Heads => heads.map(|(head, row)| (choice(head, 0), row)).collect(),
            Adds::Bodies => {
                // What comes at the end is the exception.
                let head = usize::from(it.heads.len() > 2);
                bodies
                    .map(|(body, row)| (choice(head, body), row))
                    .collect()
            }
            Adds::Missing => bodies
                .filter(|(_, row)| is_missing(row))
                .map(|(body, row)| (choice(0, body), row))
                .collect(),
        };
        those
    });
    all.collect()
}

/// Kinds of lines, and what they are called.
pub(super) type Kinds = Vec<(Choice, &'static Row)>;

/// The kinds that a line can be changed into: other beginnings, and other ends.
pub(super) fn alternatives(set: Set, now: Choice) -> (Kinds, Kinds) {
    let Some(family) = table::families(set).get(now.family) else {
        return Default::default();
    };
    let heads = family.heads.iter().enumerate();
    let heads = heads.map(|(head, row)| (Choice { head, ..now }, row));
    let first = |row: &Row| row.pattern.split(' ').next();
    let own = family.body(now.body).and_then(first);
    let bodies = family.bodies().enumerate();
    let bodies = bodies
        .filter(|(_, row)| !family.heads.is_empty() || first(row) == own)
        .map(|(body, row)| (Choice { body, ..now }, row));
    (heads.collect(), bodies.collect())
}

/// Writes a line anew, with its indentation and its comment.
fn rewrite(
    sheet: &mut Sheet,
    line: usize,
    choice: Choice,
    value: impl FnMut(&'static Slot, bool) -> String,
) {
    let Some((head, body)) = sheet.set(line).and_then(|set| rows(set, choice)) else {
        return;
    };
    let written = pattern::write(head.map_or("", |it| it.pattern), body.pattern, value);
    let old = sheet.line(line);
    let indent: String = old.chars().take_while(|it| it.is_whitespace()).collect();
    let (_, comment) = tokens(old);
    let gap = if comment.is_empty() { "" } else { "  " };
    let new = format!("{indent}{written}{gap}{comment}");
    replace(sheet, line, new);
}

fn replace(sheet: &mut Sheet, line: usize, text: String) {
    if let Some(it) = sheet.lines.get_mut(line) {
        *it = text;
    }
}

/// What a world has that new lines can speak of.
struct World {
    devices: Vec<String>,
    brokers: Vec<String>,
    link: Option<String>,
    topic: Option<String>,
}

impl World {
    fn of(sheet: &Sheet) -> Self {
        let link = sheet.links().next();
        Self {
            devices: sheet.names(false),
            brokers: sheet.names(true),
            link: link.map(|(device, broker, _)| format!("{device} to {broker}")),
            topic: topics(sheet).into_iter().next(),
        }
    }

    fn default(&self, slot: &'static Slot, is_optional: bool) -> String {
        let first = |names: &[String]| names.first().cloned();
        let known = match slot.name {
            _ if is_optional => Some(String::new()),
            "DEVICE" => first(&self.devices),
            "BROKER" => first(&self.brokers),
            "NODE" => first(&self.devices).or_else(|| first(&self.brokers)),
            "LINK" => self.link.clone(),
            "TOPIC" | "FILTER" => self.topic.clone(),
            _ => None,
        };
        known.unwrap_or_else(|| slot.default.to_owned())
    }
}

/// What a new rule for messages listens to.
struct Heard {
    filter: String,
    /// Whether its device has a subscription. Without one a rule is of no use.
    is_subscribed: bool,
}

impl Heard {
    fn by(sheet: &Sheet, device: usize, world: &World) -> Self {
        let own = subscriptions(sheet, device).next();
        let is_subscribed = own.is_some();
        let default = || {
            table::slot_of("FILTER")
                .map_or("", |it| it.default)
                .to_owned()
        };
        let filter = own.or_else(|| world.topic.clone()).unwrap_or_else(default);
        Self {
            filter: without_share(&filter).to_owned(),
            is_subscribed,
        }
    }

    /// A topic that the rule does not listen to: it would answer itself for ever.
    fn answer(&self) -> String {
        if self.filter.contains(['+', '#']) {
            "answer".to_owned()
        } else {
            format!("{}/answer", self.filter)
        }
    }
}

/// The topics and filters that a world speaks of, each once and not all if there are many.
pub(super) fn topics(sheet: &Sheet) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    for line in sheet.lines.iter().take(TOPIC_LINES_MAX) {
        for two in pattern::words(line).windows(2) {
            if let [verb, quoted] = two
                && SPEAK_OF_TOPICS.contains(verb)
                && quoted.starts_with('"')
            {
                let topic = pattern::unquoted(quoted);
                if !topic.is_empty() && !topics.contains(&topic) {
                    topics.push(topic);
                }
            }
        }
    }
    topics
}

fn add(sheet: &mut Sheet, set: Set, owner: Option<usize>, choice: Choice) {
    let Some((head, body)) = rows(set, choice) else {
        return;
    };
    let world = World::of(sheet);
    let time = matches!(set, Set::Script | Set::Beat)
        .then(|| next_time(sheet, set))
        .flatten();
    let is_rule = head.is_some_and(|it| it.pattern.starts_with("on message"));
    let heard = owner.filter(|_| is_rule);
    let heard = heard.map(|device| Heard::by(sheet, device, &world));
    let write = |head: &'static str, body: &'static str| {
        pattern::write(head, body, |slot, is_optional| {
            let known = match (slot.name, &heard) {
                ("TIME", _) => time.clone(),
                ("FILTER", Some(heard)) => Some(heard.filter.clone()),
                ("TOPIC", Some(heard)) => Some(heard.answer()),
                _ => None,
            };
            known.unwrap_or_else(|| world.default(slot, is_optional))
        })
    };
    let depth = match set {
        _ if owner.is_none() => 0,
        Set::Answer | Set::Goal => 2,
        _ => 1,
    };
    let indent = "  ".repeat(depth);
    let head = head.map_or("", |it| it.pattern);
    let first = format!("{indent}{}", write(head, body.pattern));
    let at = sheet.place_for(set, owner, pattern::words(&first).first().unwrap_or(&""));
    let mut lines = vec![first];
    if let Some(heard) = heard.as_ref().filter(|it| !it.is_subscribed) {
        let filter = pattern::quoted(&heard.filter);
        lines.insert(0, format!("{indent}subscribe {filter}"));
    }
    // A question needs answers, and an answer wants a reason.
    if body.pattern == "ask LONG" {
        let claim = write(
            "",
            "COUNT PACKET [dup] [qos QOS] [retain BIT] [from FROM] [to TO]",
        );
        for answer in ["right", "wrong"] {
            lines.push(format!("  {answer} \"…\": {claim}"));
            lines.push("    because \"…\"".to_owned());
        }
    }
    if set == Set::Ask && owner.is_some() && choice.family == 0 {
        lines.push("    because \"…\"".to_owned());
    }
    sheet.insert(at, lines);
}

/// When the next thing can happen: a second after the last one, or a little more so that it is a whole one, if the run goes on for so
/// long. `None`: nothing happens yet.
fn next_time(sheet: &Sheet, set: Set) -> Option<String> {
    let scenario = Scenario::parse(&sheet.text()).ok()?;
    let time = |when: &When| match when {
        When::At(at) => Some(*at),
        When::Packet { .. } => None,
    };
    let beats = scenario.lesson.iter().flat_map(|it| &it.beats);
    let beats = beats.filter_map(|beat| match &beat.when {
        Moment::When(when) => time(when),
        Moment::End => None,
    });
    let last = match set {
        Set::Beat => beats.max(),
        _ => scenario.events.iter().filter_map(|it| time(&it.when)).max(),
    }?;
    let next = Instant::ZERO + Duration::from_secs(last.as_micros().div_ceil(1_000_000) + 1);
    let next = if next < scenario.until { next } else { last };
    let millis = next.as_micros().div_ceil(1000);
    Some(match millis % 1000 {
        0 => format!("{} s", millis / 1000),
        _ => format!("{millis} ms"),
    })
}

/// A name that no node has.
fn new_name(sheet: &Sheet, stem: &str, numbers_first: bool) -> String {
    let is_free = |name: &String| sheet.nodes().all(|(it, ..)| it != name);
    let plain = Some(stem.to_owned()).filter(|_| !numbers_first);
    let from = if numbers_first { 1 } else { 2 };
    let numbered = (from..).map(|number: u32| format!("{stem}-{number}"));
    let mut names = plain.into_iter().chain(numbered);
    names.find(is_free).unwrap_or_else(|| stem.to_owned())
}

fn add_node(sheet: &mut Sheet, blueprint: &str) {
    let is_broker = blueprint == "broker";
    let is_board = blueprint == SCRIPT_NODE;
    // A board has the lamp and the button of a lamp.
    let (stem, blueprint) = if is_board {
        ("esp", "lamp")
    } else {
        (blueprint, blueprint)
    };
    let name = new_name(sheet, stem, !is_broker);
    let at = sheet.place_for(Set::Node, None, "");
    let mut lines = vec![format!("node {name} {blueprint}")];
    let brokers = sheet.names(true).len();
    if is_broker && brokers > 0 {
        // Brokers have one place that the map knows by itself: the others stand beside it.
        lines.push(format!("  place {} 176", 152 + BROKERS_APART * brokers));
    }
    sheet.insert(at, lines);
    let broker = sheet.names(true).into_iter().next();
    if is_board {
        let script = first_script(&name, broker.as_deref().unwrap_or("broker"));
        let texts = BoardEdit::Texts(vec![(MAIN.to_owned(), script)]);
        board::apply(sheet, &name, &texts);
    }
    let Some(broker) = broker else { return };
    // A device that nobody has linked yet is of no use, and neither is one that never connects.
    let unlinked = sheet.names(false).into_iter();
    let unlinked: Vec<String> = unlinked.filter(|it| sheet.link_of(it).is_none()).collect();
    for device in unlinked.iter().filter(|it| is_broker || **it == name) {
        link(sheet, device, &broker);
    }
}

/// Links a device to a broker. One that was never linked also connects.
fn link(sheet: &mut Sheet, device: &str, broker: &str) {
    if let Some(line) = sheet.link_of(device) {
        let old = sheet.word(line, 3).to_owned();
        for line in &mut sheet.lines {
            *line = swapped(line, broker, |tokens, place| {
                let before = place
                    .checked_sub(2)
                    .and_then(|from| tokens.get(from..=place));
                let words = before.unwrap_or_default().iter().map(|it| it.text);
                words.eq([device, "to", &old])
            });
        }
        return;
    }
    let head = format!("link {device} to {broker}");
    let number = sheet.links().count();
    let at = sheet.place_for(Set::LinkHead, None, "");
    sheet.insert(at, [head]);
    let connects = |line: usize| {
        let words = pattern::words(sheet.line(line));
        words.ends_with(&[":", device, "connect"])
    };
    if sheet.of(Set::Script).any(connects) {
        return;
    }
    let millis = number * CONNECT_EVERY_MILLIS;
    let time = match millis {
        0 => "0 s".to_owned(),
        _ => format!("{millis} ms"),
    };
    let at = sheet.place_for(Set::Script, None, "");
    let is_first = sheet.of(Set::Script).next().is_none();
    let connect = format!("at {time}: {device} connect");
    let lines = is_first.then(String::new).into_iter().chain([connect]);
    sheet.insert(at, lines);
}

fn place(sheet: &mut Sheet, name: &str, x: u16, y: u16) {
    let node = sheet.nodes().find(|(it, ..)| *it == name);
    let Some((.., node)) = node else { return };
    let line = format!("  place {x} {y}");
    let old = sheet
        .below(node)
        .find(|line| sheet.word(*line, 0) == "place");
    match old {
        Some(old) => replace(sheet, old, line),
        None => sheet.insert(node + 1, [line]),
    }
}

/// Takes a line away, and what speaks of a node that goes with it.
fn remove(mut sheet: Sheet, line: usize) -> String {
    let gone = match sheet.set(line) {
        Some(Set::Node) => Some(sheet.word(line, 1).to_owned()),
        Some(Set::LinkHead) => Some(String::new()),
        Some(Set::LessonHead) => {
            let of_lesson = [Set::Beat, Set::TaskHead];
            while let Some(part) = of_lesson.iter().find_map(|set| sheet.of(*set).last()) {
                sheet.remove(part);
            }
            None
        }
        _ => None,
    };
    let was_world = Scenario::parse(&sheet.text()).is_ok();
    let link = gone.as_ref().and_then(|name| sheet.link_of(name));
    // From the last to the first: taking one away moves those below it.
    let from_below = [link.max(Some(line)), link.map(|link| link.min(line))];
    for line in from_below.into_iter().flatten() {
        sheet.remove(line);
    }
    // Which of the other lines cannot do without it, the reader of scenarios knows.
    if gone.is_some() && was_world {
        for _ in 0..REPAIRS_MAX {
            match Scenario::parse(&sheet.text()) {
                Err(fault) if sheet.set(fault.line - 1).is_some() => sheet.remove(fault.line - 1),
                _ => break,
            }
        }
    }
    sheet.text()
}

/// Gives a node another name, in every line that speaks of it.
///
/// A name can look like a word of the language, so the reader of scenarios is asked which is which: a word that it does
/// not take as a name becomes what it was.
fn rename(sheet: &Sheet, line: usize, wanted: &str) -> String {
    let old = sheet.word(line, 1).to_owned();
    let name = fitting_name(sheet, &old, wanted);
    if name == old {
        return sheet.text();
    }
    let was_world = Scenario::parse(&sheet.text()).is_ok();
    // Where the words are that may be the name: line, and place among those of the line.
    let mut kept: Vec<(usize, usize)> = Vec::new();
    let mut text = String::new();
    for _ in 0..REPAIRS_MAX {
        let lines = sheet.lines.iter().enumerate().map(|(index, line)| {
            let is_head = sheet.set(index) == Some(Set::Node);
            swapped(line, &name, |tokens, place| {
                let is_it = tokens.get(place).is_some_and(|it| it.text == old);
                is_it && !kept.contains(&(index, place)) && (place == 1 || !is_head)
            })
        });
        text = lines.collect::<Vec<_>>().join("\n") + "\n";
        let Err(fault) = Scenario::parse(&text) else {
            break;
        };
        let index = fault.line - 1;
        let (after, _) = text
            .lines()
            .nth(index)
            .map_or_else(Default::default, tokens);
        let at = after
            .iter()
            .position(|it| it.column + 1 >= fault.column && it.text == name);
        match at {
            Some(place) if was_world && !kept.contains(&(index, place)) => {
                kept.push((index, place));
            }
            _ => break,
        }
    }
    text
}

/// A line in which those words are another that `is_meant`, by their places among its words.
fn swapped(line: &str, new: &str, is_meant: impl Fn(&[Token<'_>], usize) -> bool) -> String {
    if line.trim_start().starts_with('|') {
        // A script has names of its own.
        return line.to_owned();
    }
    let (tokens, _) = tokens(line);
    let mut swapped = String::new();
    let mut done = 0;
    for (place, token) in tokens.iter().enumerate() {
        if is_meant(&tokens, place) {
            swapped.push_str(line.get(done..token.at).unwrap_or_default());
            swapped.push_str(new);
            done = token.at + token.text.len();
        }
    }
    swapped.push_str(line.get(done..).unwrap_or_default());
    swapped
}

/// A name like the one that is wanted, as the language allows it.
fn fitting_name(sheet: &Sheet, old: &str, wanted: &str) -> String {
    let wanted = wanted.trim();
    let letters = wanted.chars().map(|it| match it {
        it if it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.') => it,
        _ => '-',
    });
    let name: String = letters
        .take(sim::scenario::limits::NAME_MAX_BYTES - 6)
        .collect();
    let name = match name.chars().next() {
        None => return old.to_owned(),
        Some(first) if first.is_ascii_alphabetic() => name,
        Some(_) => format!("n{name}"),
    };
    let is_taken = name != old && sheet.nodes().any(|(it, ..)| it == name);
    if is_taken {
        new_name(sheet, &name, false)
    } else {
        name
    }
}
