//! What the forms show.

use super::Section;
use super::edit::{self, Choice, Kinds, SCRIPT_NODE};
use super::pattern::Value;
use super::sheet::{Set, Sheet};
use super::table::{self, Kind, List, Row};
use crate::text::{self, Language, Phrase, Voice};
use sim::scenario::ScenarioError;

/// So many lines of a list are shown at once.
const PAGE_LINES: usize = 40;
/// So many lines of a text are warned about at once.
const WARNINGS_MAX: usize = 8;
/// A list completes words with so many at most.
const LIST_MAX: usize = 256;

/// What the reader of scenarios or the run says about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteView {
    /// In words.
    pub text: String,
    /// Whether it is as the line says.
    pub is_met: bool,
}

/// What the run says about lines: the k-th check, the answers of the k-th question, the k-th goal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) checks: Vec<NoteView>,
    pub(crate) answers: Vec<NoteView>,
    pub(crate) goals: Vec<NoteView>,
    /// Whether the moment of the k-th text or question comes.
    pub(crate) beats: Vec<bool>,
    /// Whether the k-th line of the schedule never happens; empty as long as the run is not over.
    pub(crate) missed: Vec<bool>,
}

/// How a slot is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A word, completed from a list.
    Word(List),
    /// A longer text.
    Long,
    /// One of these, with what it is called; what stands in the slot is among them.
    Choice(Vec<(String, String)>),
    /// There or not.
    Flag,
}

/// A slot of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its place in the line: what a change of it names.
    pub slot: usize,
    /// What stands over it.
    pub label: String,
    /// What it holds.
    pub value: String,
    /// What it means if it holds nothing.
    pub unsaid: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// Whether this is what is wrong.
    pub is_wrong: bool,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// Its place in the text, from 0.
    pub line: usize,
    /// What it is.
    pub name: String,
    /// How far it is set in.
    pub depth: usize,
    /// Other beginnings and other ends that it could have, and which it has.
    pub kinds: Vec<(Vec<(String, Choice)>, usize)>,
    /// Its slots.
    pub fields: Vec<Field>,
    /// As it is written, if that is how it is shown.
    pub raw: Option<String>,
    /// Whether it can be shown as a form.
    pub has_form: bool,
    /// Why it cannot stand.
    pub fault: Option<String>,
    /// What the run says about it.
    pub note: Option<NoteView>,
    /// What can be added below it: the kind of lines, and the lines.
    pub adds: Vec<(String, Choice)>,
    /// The place of what is added.
    pub(crate) add_set: Option<Set>,
    /// Whether it can be removed.
    pub can_go: bool,
}

impl LineView {
    /// Adds a line below this one.
    #[must_use]
    pub fn add(&self, choice: Choice) -> Option<super::Edit> {
        Some(super::Edit::Add(self.add_set?, Some(self.line), choice))
    }
}

/// Lines that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// What they are.
    pub title: String,
    /// The lines that are shown.
    pub lines: Vec<LineView>,
    /// If there are more: the first that is shown, the last, and how many there are, from 1.
    pub page: Option<(usize, usize, usize)>,
    /// What can be added.
    pub adds: Vec<(String, Choice)>,
    /// The headings over that, in its order, each with how many it stands over; none where it is little.
    pub shelves: Vec<(&'static str, usize)>,
    set: Set,
    owner: Option<usize>,
}

impl GroupView {
    /// Adds a line to this group.
    #[must_use]
    pub const fn add(&self, choice: Choice) -> super::Edit {
        super::Edit::Add(self.set, self.owner, choice)
    }
}

/// What a device is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// The device.
    pub device: String,
    /// All brokers.
    pub brokers: Vec<String>,
    /// Which of them it is linked to, and the line that says so.
    pub current: Option<(usize, usize)>,
}

/// A world that is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorView {
    /// Which part is shown.
    pub section: Section,
    /// The world as a whole, then its nodes.
    pub parts: Vec<String>,
    /// Which of them is shown.
    pub part: usize,
    /// The first line of the node that is shown, if one is.
    pub node: Option<usize>,
    /// The lines.
    pub groups: Vec<GroupView>,
    /// What the device that is shown is linked to.
    pub link: Option<LinkView>,
    /// What completes words.
    pub lists: Vec<(List, Vec<String>)>,
    /// What kinds of nodes there are: the word for each, and what it is called.
    pub blueprints: Vec<(String, String)>,
    /// Whether there is no node yet.
    pub is_empty: bool,
    /// The whole text, where it is shown.
    pub text: Option<String>,
    /// What is amiss with lines of the text that is shown, though it is a world: the line from 1, and what.
    pub warnings: Vec<(usize, &'static str)>,
    /// Why the text is no world: line and column from 1, and what could have stood there.
    pub fault: Option<(usize, usize, String)>,
    /// The fragment at which the world can be walked through.
    pub walk: String,
    /// Whether the node that is shown runs a script.
    pub has_script: bool,
    /// Whether it is a lesson.
    pub is_lesson: bool,
    /// Whether the user has asked once to forget the world.
    pub is_leaving: bool,
    /// Whether what is typed has not been run yet.
    pub is_waiting: bool,
}

/// The sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxView {
    /// The user's worlds: title, and the fragment that leads there.
    pub worlds: Vec<(String, String)>,
    /// What a new world can begin with.
    pub templates: Vec<&'static str>,
    /// The scenario that is open and whose world can be taken.
    pub open: Option<String>,
    /// The world that is edited, if one is.
    pub editor: Option<EditorView>,
}

/// What the editor shows, and how.
pub(crate) struct Showing<'a> {
    pub(crate) text: &'a str,
    pub(crate) fault: Option<&'a ScenarioError>,
    pub(crate) notes: &'a Notes,
    pub(crate) section: Section,
    pub(crate) part: usize,
    pub(crate) page: usize,
    pub(crate) raw: Option<usize>,
    pub(crate) voice: Voice<'a>,
}

/// The editor of a text.
pub(crate) fn editor(showing: &Showing<'_>) -> EditorView {
    let sheet = Sheet::read(showing.text);
    let form = Form {
        showing,
        sheet: &sheet,
    };
    let language = showing.voice.language;
    let mut parts = vec![text::SANDBOX_WHOLE.to(language).to_owned()];
    parts.extend(
        sheet
            .nodes()
            .map(|(name, kind, _)| format!("{name} ({})", text::node_kind(language, kind))),
    );
    let part = showing.part.min(parts.len() - 1);
    let node = part
        .checked_sub(1)
        .and_then(|it| sheet.of(Set::Node).nth(it));
    let (mut groups, mut link) = (Vec::new(), None);
    match (showing.section, node) {
        (Section::World, None) => groups.push(form.group(Set::World, None)),
        (Section::World, Some(node)) => (groups, link) = form.node(node),
        (Section::Script, _) => groups.push(form.group(Set::Script, None)),
        (Section::Checks, _) => groups.push(form.group(Set::Check, None)),
        (Section::Lesson, _) => {
            let has_lesson = sheet.of(Set::LessonHead).next().is_some();
            groups.push(form.group(Set::LessonHead, None));
            if has_lesson {
                groups.push(form.group(Set::Beat, None));
                groups.push(form.group(Set::TaskHead, None));
            }
        }
        (Section::Text, _) => {}
    }
    let mut topics = edit::topics(&sheet);
    topics.truncate(LIST_MAX);
    let (devices, brokers) = (sheet.names(false), sheet.names(true));
    let links = sheet.links().map(|(a, b, _)| format!("{a} to {b}"));
    EditorView {
        section: showing.section,
        parts,
        part,
        node,
        groups,
        link,
        lists: vec![
            (
                List::Nodes,
                devices.iter().chain(&brokers).cloned().collect(),
            ),
            (List::Links, links.collect()),
            (List::Devices, devices),
            (List::Brokers, brokers),
            (List::Topics, topics),
        ],
        blueprints: ["broker", SCRIPT_NODE]
            .into_iter()
            .chain(table::blueprints())
            .map(|it| (it.to_owned(), text::node_kind(language, it)))
            .collect(),
        text: (showing.section == Section::Text).then(|| showing.text.to_owned()),
        warnings: if showing.section == Section::Text {
            form.warnings()
        } else {
            Vec::new()
        },
        fault: showing.fault.map(|fault| {
            let why = text::fault(showing.voice, fault);
            (fault.line, fault.column, why)
        }),
        is_empty: sheet.of(Set::Node).next().is_none(),
        walk: String::new(),
        has_script: showing.section == Section::World
            && node.is_some_and(|node| sheet.below(node).any(|it| sheet.first(it) == "script")),
        is_lesson: sheet.of(Set::LessonHead).next().is_some(),
        is_leaving: false,
        is_waiting: false,
    }
}

struct Form<'a> {
    showing: &'a Showing<'a>,
    sheet: &'a Sheet,
}

impl Form<'_> {
    /// A node: its own lines, and those of its link.
    fn node(&self, node: usize) -> (Vec<GroupView>, Option<LinkView>) {
        let sheet = self.sheet;
        let (name, kind) = (sheet.word(node, 1), sheet.word(node, 2));
        let is_broker = kind == "broker";
        let set = if is_broker { Set::Broker } else { Set::Device };
        let mut own = self.group(set, Some(node));
        own.title = name.to_owned();
        let mut head = self.line(node, 0);
        head.can_go = false;
        if is_broker {
            head.fields.truncate(1);
        }
        own.lines.insert(0, head);
        let mut groups = vec![own];
        if is_broker {
            return (groups, None);
        }
        let line = sheet.link_of(name);
        groups.extend(line.map(|line| self.group(Set::Link, Some(line))));
        let brokers = sheet.names(true);
        let broker = line.map(|line| sheet.word(line, 3));
        let current = brokers.iter().position(|it| Some(it.as_str()) == broker);
        let link = LinkView {
            device: name.to_owned(),
            current: current.zip(line),
            brokers,
        };
        (groups, Some(link))
    }

    fn group(&self, set: Set, owner: Option<usize>) -> GroupView {
        let sheet = self.sheet;
        let all: Vec<usize> = match owner {
            // A script has an editor of its own.
            Some(owner) => sheet
                .below(owner)
                .filter(|it| !sheet.is_of_script(*it))
                .collect(),
            None => sheet.of(set).collect(),
        };
        let pages = all.len().div_ceil(PAGE_LINES);
        let from = PAGE_LINES * self.showing.page.min(pages.saturating_sub(1));
        let to = (from + PAGE_LINES).min(all.len());
        let mut lines = Vec::new();
        for &line in all.get(from..to).unwrap_or_default() {
            self.with_below(line, 0, &mut lines);
        }
        let adds = match set {
            // There is one of each.
            Set::LessonHead | Set::TaskHead if !all.is_empty() => Vec::new(),
            _ => edit::additions(sheet, set, owner),
        };
        let (adds, shelves) = self.sorted(set, adds);
        GroupView {
            title: text::group(self.showing.voice.language, set).to_owned(),
            lines,
            page: (pages > 1).then_some((from + 1, to, all.len())),
            adds: self.named(adds),
            shelves,
            set,
            owner,
        }
    }

    fn with_below(&self, line: usize, depth: usize, lines: &mut Vec<LineView>) {
        lines.push(self.line(line, depth));
        for below in self.sheet.below(line) {
            self.with_below(below, depth + 1, lines);
        }
    }

    /// What can be added, under its headings. What 3.1.1 does not have is not offered in a world without 5.0.
    fn sorted(&self, set: Set, rows: Kinds) -> (Kinds, Vec<(&'static str, usize)>) {
        let shelves = table::shelves(set);
        if shelves.is_empty() {
            return (rows, Vec::new());
        }
        let sheet = self.sheet;
        let mut lines = 0..sheet.lines.len();
        let has_v5 = lines.any(|it| sheet.first(it) == "version" && sheet.word(it, 1) != "3.1.1");
        let (mut sorted, mut heads) = (Kinds::new(), Vec::new());
        for shelf in shelves.iter().filter(|it| has_v5 || !it.needs_v5()) {
            let before = sorted.len();
            sorted.extend(rows.iter().filter(|(_, row)| shelf.holds(row.pattern)));
            if sorted.len() > before {
                let name = shelf.name.to(self.showing.voice.language);
                heads.push((name, sorted.len() - before));
            }
        }
        (sorted, heads)
    }

    fn named(&self, rows: Kinds) -> Vec<(String, Choice)> {
        let name = |(choice, row): (Choice, &'static Row)| {
            (row.label.to(self.showing.voice.language).to_owned(), choice)
        };
        rows.into_iter().map(name).collect()
    }

    fn line(&self, line: usize, depth: usize) -> LineView {
        let (sheet, language) = (self.sheet, self.showing.voice.language);
        let set = sheet.set(line);
        let read = edit::read(sheet, line);
        let fault = self.showing.fault.filter(|it| it.line == line + 1);
        let column = fault.map(|it| it.column);
        let (kinds, name) = match (set, &read) {
            (Some(set), Some((choice, _))) => {
                let (heads, bodies) = edit::alternatives(set, *choice);
                let chosen = |rows: &[(Choice, &'static Row)]| {
                    let at = rows.iter().find(|(it, _)| it == choice);
                    at.map_or("", |(_, row)| row.label.to(language)).to_owned()
                };
                let name = [chosen(&heads), chosen(&bodies)];
                let place = |rows: &[(Choice, &'static Row)]| {
                    rows.iter().position(|(it, _)| it == choice).unwrap_or(0)
                };
                let kinds = [heads, bodies].into_iter().filter(|it| it.len() > 1);
                let kinds = kinds.map(|rows| {
                    let place = place(&rows);
                    (self.named(rows), place)
                });
                let words: Vec<String> = name.into_iter().filter(|it| !it.is_empty()).collect();
                (kinds.collect(), words.join(", "))
            }
            _ => (Vec::new(), text::SANDBOX_LINE.to(language).to_owned()),
        };
        let raw = self.showing.raw == Some(line) || read.is_none();
        let add_set = self.inner_set(line, set);
        let adds = add_set.map_or_else(Vec::new, |inner| {
            self.named(edit::additions(sheet, inner, Some(line)))
        });
        LineView {
            line,
            name,
            depth,
            kinds,
            has_form: read.is_some(),
            fields: match &read {
                Some((choice, values)) if !raw => self.fields(line, *choice, values, column),
                _ => Vec::new(),
            },
            raw: raw.then(|| sheet.line(line).trim().to_owned()),
            fault: fault.map(|it| text::fault(self.showing.voice, it)),
            note: match self.warning(line) {
                Some(warning) => Some(NoteView {
                    text: warning.to(language).to_owned(),
                    is_met: false,
                }),
                None => set.and_then(|set| self.note(set, line)),
            },
            adds,
            add_set,
            can_go: !(set == Some(Set::World) && sheet.word(line, 0) == "scenario"),
        }
    }

    /// What stands below a line.
    fn inner_set(&self, line: usize, set: Option<Set>) -> Option<Set> {
        match (set?, self.sheet.word(line, 0)) {
            (Set::LessonHead, _) => Some(Set::Lesson),
            (Set::TaskHead, _) => Some(Set::Task),
            (Set::Ask, "right" | "wrong") => Some(Set::Answer),
            (Set::Task, "goal" | "keep") => Some(Set::Goal),
            (Set::Beat, _) if super::sheet::is_question(self.sheet.line(line)) => Some(Set::Ask),
            _ => None,
        }
    }

    /// Whether MQTT 5.0 is spoken where a line stands: by its device, or else by the world.
    fn speaks_v5(&self, line: usize) -> bool {
        let sheet = self.sheet;
        let owner = sheet.spots.get(line).copied().flatten();
        let of_device = owner.and_then(|it| it.owner).and_then(|owner| {
            let mut below = sheet.below(owner);
            below.find(|it| sheet.first(*it) == "version")
        });
        let of_world = || {
            sheet
                .of(Set::World)
                .find(|it| sheet.first(*it) == "version")
        };
        let version = of_device.or_else(of_world).map(|it| sheet.word(it, 1));
        version.is_some_and(|it| it != "3.1.1")
    }

    fn fields(
        &self,
        line: usize,
        choice: Choice,
        values: &[Value],
        column: Option<usize>,
    ) -> Vec<Field> {
        let language = self.showing.voice.language;
        let is_v5 = self.speaks_v5(line);
        let set = self.sheet.set(line);
        let is_pattern = set.is_some_and(|set| edit::is_pattern(set, choice));
        // What is wrong is the last slot that begins where the reader stopped, or before.
        let wrong = column.and_then(|column| {
            let begins = |value: &Value| value.columns.start < column && !value.text.is_empty();
            let missing = |value: &Value| value.columns.start + 1 == column;
            let before = values.iter().rposition(|it| begins(it) || missing(it));
            before.or(Some(0))
        });
        // What 3.1.1 does not have stands in its way.
        let is_needless = |value: &Value| {
            !is_v5 && value.text.is_empty() && table::needs_v5(value.slot, value.flag)
        };
        let fields = values.iter().enumerate();
        let fields = fields.filter(|(_, value)| !is_needless(value));
        let fields = fields.map(|(index, value)| Field {
            slot: index,
            unsaid: if value.is_optional {
                text::unsaid(language, value.slot.name, is_pattern)
            } else {
                ""
            },
            label: match value.flag {
                Some(word) => text::flag(language, word),
                None => value.slot.label.to(language),
            }
            .to_owned(),
            value: value.text.clone(),
            input: match (value.flag, value.slot.kind) {
                (Some(_), _) => Input::Flag,
                (_, Kind::Choice(all)) => choices(language, all.iter().copied(), value),
                (_, Kind::Known(all)) => choices(language, all().into_iter(), value),
                (_, Kind::Long) => Input::Long,
                (_, Kind::Word(list) | Kind::Quoted(list)) => Input::Word(list),
                (_, Kind::Link) => Input::Word(List::Links),
                (_, Kind::Time | Kind::Ordinal | Kind::Count | Kind::Rest) => {
                    Input::Word(List::Nothing)
                }
            },
            is_wrong: wrong == Some(index),
        });
        fields.collect()
    }

    /// What is amiss with the lines of a world, from the first.
    fn warnings(&self) -> Vec<(usize, &'static str)> {
        if self.showing.fault.is_some() {
            return Vec::new();
        }
        let lines = 0..self.sheet.lines.len();
        let language = self.showing.voice.language;
        let warned = lines.filter_map(|line| Some((line + 1, self.warning(line)?.to(language))));
        warned.take(WARNINGS_MAX).collect()
    }

    /// What is amiss with a line, though it is right.
    fn warning(&self, line: usize) -> Option<Phrase> {
        if edit::has_unfilled(self.sheet, line) {
            return Some(text::SANDBOX_UNFILLED);
        }
        match self.sheet.set(line) {
            Some(Set::Script) => return self.missed(line),
            Some(Set::Device) if !edit::can_be_heard(self.sheet, line) => {
                return Some(text::RULE_IS_DEAF);
            }
            _ => {}
        }
        let is_will = self.sheet.set(line) == Some(Set::Device) && self.sheet.first(line) == "will";
        (is_will && !self.has_keep_alive(line)).then_some(text::WILL_IS_SILENT)
    }

    /// Why a line of the schedule never happens, if it does not.
    fn missed(&self, line: usize) -> Option<Phrase> {
        if self.showing.fault.is_some() {
            return None;
        }
        let place = self.sheet.of(Set::Script).position(|it| it == line)?;
        let is_missed = *self.showing.notes.missed.get(place)?;
        let is_timed = self.sheet.first(line) == "at";
        let why = if is_timed {
            text::ENDS_BEFORE
        } else {
            text::NO_SUCH_PACKET
        };
        is_missed.then_some(why)
    }

    /// Whether the device of this line has a Keep Alive.
    fn has_keep_alive(&self, line: usize) -> bool {
        let sheet = self.sheet;
        let owner = sheet.spots.get(line).copied().flatten();
        let below = owner.and_then(|it| it.owner).map(|it| sheet.below(it));
        let mut all = below.into_iter().flatten();
        all.any(|it| {
            let amount = sheet.word(it, 1).trim_start_matches(['0', '.']);
            sheet.first(it) == "keep-alive" && amount.starts_with(|it: char| it.is_ascii_digit())
        })
    }

    fn note(&self, set: Set, line: usize) -> Option<NoteView> {
        if self.showing.fault.is_some() {
            return None;
        }
        let notes = self.showing.notes;
        let all_beats = || self.sheet.of(Set::Beat).take_while(|it| *it < line).count();
        let is_same = |other: &usize| {
            let word = |line| self.sheet.first(line);
            match word(line) {
                "right" | "wrong" => matches!(word(*other), "right" | "wrong"),
                "goal" | "keep" => matches!(word(*other), "goal" | "keep"),
                first => first == word(*other),
            }
        };
        let place = self
            .sheet
            .of(set)
            .filter(is_same)
            .position(|it| it == line)?;
        let list = match (set, self.sheet.first(line)) {
            (Set::Check, _) => &notes.checks,
            (Set::Beat, _) => {
                return (!notes.beats.get(all_beats())?).then(|| NoteView {
                    text: text::NEVER_COMES.to(self.showing.voice.language).to_owned(),
                    is_met: false,
                });
            }
            (Set::Ask, "right" | "wrong") => &notes.answers,
            (Set::Task, "goal" | "keep") => &notes.goals,
            _ => return None,
        };
        list.get(place).cloned()
    }
}

/// What can be chosen, with what is there, and nothing if nothing may be there.
fn choices<'a>(language: Language, all: impl Iterator<Item = &'a str>, value: &'a Value) -> Input {
    let mut choices: Vec<&str> = all.collect();
    if !choices.contains(&value.text.as_str()) && !value.text.is_empty() {
        choices.push(&value.text);
    }
    if value.is_optional || value.text.is_empty() {
        choices.insert(0, "");
    }
    let named = choices.into_iter().map(|word| {
        let name = text::choice(language, value.slot.name, word);
        (word.to_owned(), name)
    });
    Input::Choice(named.collect())
}
