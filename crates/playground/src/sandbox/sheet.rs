//! The text of a world as lines that belong to something: a setting to its node, an answer to its question.
//!
//! What a line means is known by its first words, and what it belongs to by what stands above it, as the reader of
//! scenarios has it. Lines that nobody knows belong to nothing and stay as they are.

use super::pattern::words;

/// What kinds of lines can stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Of the world as a whole.
    World,
    /// The first line of a node.
    Node,
    /// A broker's settings.
    Broker,
    /// A device's settings and rules.
    Device,
    /// The first line of a link.
    LinkHead,
    /// A link's settings.
    Link,
    /// What happens, and when.
    Script,
    /// What must hold in the end.
    Check,
    /// The first line of a lesson.
    LessonHead,
    /// A lesson's settings.
    Lesson,
    /// What is said and asked.
    Beat,
    /// A question's answers.
    Ask,
    /// What stands below an answer.
    Answer,
    /// The first line of a task.
    TaskHead,
    /// A task's goals.
    Task,
    /// What stands below a goal.
    Goal,
}

/// Where a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) set: Set,
    /// The line that it belongs to.
    pub(super) owner: Option<usize>,
}

/// A world's lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) lines: Vec<String>,
    pub(super) spots: Vec<Option<Spot>>,
}

impl Sheet {
    pub(super) fn read(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut spots = Vec::with_capacity(lines.len());
        let mut lesson = None;
        // What settings belong to, and what stands below an answer or a goal.
        let (mut open, mut inner): (Option<Spot>, Option<usize>) = (None, None);
        for (index, line) in lines.iter().enumerate() {
            let words = words(line);
            let word = |at: usize| words.get(at).copied().unwrap_or_default();
            let top = |set| Some(Spot { set, owner: None });
            let settings = |set| {
                Some(Spot {
                    set,
                    owner: Some(index),
                })
            };
            let is_device = open.is_some_and(|it| it.set == Set::Device);
            spots.push(match word(0) {
                "" => None,
                "scenario" | "about" | "seed" | "until" => top(Set::World),
                "version" if !is_device => top(Set::World),
                "node" => {
                    let is_broker = word(2) == "broker";
                    open = settings(if is_broker { Set::Broker } else { Set::Device });
                    top(Set::Node)
                }
                "link" => {
                    open = settings(Set::Link);
                    top(Set::LinkHead)
                }
                "lesson" => {
                    open = settings(Set::Lesson);
                    lesson = open;
                    top(Set::LessonHead)
                }
                "task" => {
                    open = settings(Set::Task);
                    top(Set::TaskHead)
                }
                "expect" => top(Set::Check),
                "at" | "when" => {
                    let behind = words.iter().position(|it| *it == ":");
                    match word(behind.map_or(0, |at| at + 1)) {
                        "ask" if is_question(line) => {
                            open = settings(Set::Ask);
                            top(Set::Beat)
                        }
                        "say" | "ask" => {
                            open = lesson;
                            top(Set::Beat)
                        }
                        _ => top(Set::Script),
                    }
                }
                "because" | "belief" | "hint" => Some(Spot {
                    set: if word(0) == "hint" {
                        Set::Goal
                    } else {
                        Set::Answer
                    },
                    owner: inner,
                }),
                first => {
                    if matches!(first, "right" | "wrong" | "goal" | "keep") {
                        inner = Some(index);
                    }
                    open
                }
            });
        }
        Self { lines, spots }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    pub(super) fn set(&self, line: usize) -> Option<Set> {
        Some((*self.spots.get(line)?)?.set)
    }

    pub(super) fn line(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", String::as_str)
    }

    /// The first word of a line.
    pub(super) fn first(&self, line: usize) -> &str {
        self.line(line)
            .split_whitespace()
            .next()
            .unwrap_or_default()
    }

    /// Whether a line is one of a script, or the first of a file beside it.
    pub(super) fn is_of_script(&self, line: usize) -> bool {
        let is_file = self.first(line) == "file" && self.set(line) == Some(Set::Device);
        is_file || self.line(line).trim_start().starts_with('|')
    }

    /// The word at a place of a line.
    pub(super) fn word(&self, line: usize, at: usize) -> &str {
        words(self.line(line)).get(at).copied().unwrap_or_default()
    }

    /// The lines of a kind, from top to bottom.
    pub(super) fn of(&self, set: Set) -> impl Iterator<Item = usize> {
        let spots = self.spots.iter().enumerate();
        spots.filter_map(move |(line, spot)| (spot.as_ref()?.set == set).then_some(line))
    }

    /// The lines that belong to a line, from top to bottom.
    pub(super) fn below(&self, owner: usize) -> impl Iterator<Item = usize> {
        let spots = self.spots.iter().enumerate();
        spots.filter_map(move |(line, spot)| (spot.as_ref()?.owner == Some(owner)).then_some(line))
    }

    /// The line after all that belongs to a line, directly or not.
    pub(super) fn end(&self, line: usize) -> usize {
        let last = self.below(line).last();
        last.map_or(line, |last| {
            let inner = self.below(last).last();
            inner.unwrap_or(last).max(last)
        }) + 1
    }

    /// The nodes: name, what it is, and the first line.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.of(Set::Node)
            .map(|line| (self.word(line, 1), self.word(line, 2), line))
    }

    /// The names of devices, or of brokers.
    pub(super) fn names(&self, is_broker: bool) -> Vec<String> {
        let those = self
            .nodes()
            .filter(|(_, kind, _)| (*kind == "broker") == is_broker);
        those.map(|(name, ..)| name.to_owned()).collect()
    }

    /// The links: the device, the broker, and the first line.
    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.of(Set::LinkHead)
            .map(|line| (self.word(line, 1), self.word(line, 3), line))
    }

    /// The link of a device: its first line.
    pub(super) fn link_of(&self, name: &str) -> Option<usize> {
        self.links()
            .find(|(device, ..)| *device == name)
            .map(|it| it.2)
    }

    /// Where a line of a kind is to be put that belongs to `owner`.
    pub(super) fn place_for(&self, set: Set, owner: Option<usize>, first_word: &str) -> usize {
        let after = |sets: &[Set]| {
            let lines = sets.iter().flat_map(|set| self.of(*set));
            lines.map(|line| self.end(line)).max()
        };
        let first = self.of(Set::Node).next().unwrap_or(self.lines.len());
        let end = self.lines.len();
        match (set, owner) {
            // Others depend on these.
            (_, Some(owner)) if matches!(first_word, "version" | "client" | "mode") => owner + 1,
            (_, Some(owner)) => self.end(owner),
            (Set::World, None) => {
                let above = self.of(Set::World).take_while(|line| *line < first);
                above.last().map_or(0, |line| line + 1)
            }
            (Set::Node, None) => after(&[Set::Node])
                .or_else(|| after(&[Set::World]))
                .unwrap_or(end),
            (Set::LinkHead, None) => after(&[Set::LinkHead])
                .max(after(&[Set::Node]))
                .unwrap_or(end),
            (Set::Script, None) => after(&[Set::Script])
                .or_else(|| after(&[Set::Node, Set::LinkHead, Set::World]))
                .unwrap_or(end),
            (Set::Check, None) => after(&[Set::Check])
                .or_else(|| after(&[Set::Script, Set::Node, Set::LinkHead, Set::World]))
                .unwrap_or(end),
            (Set::Beat, None) => after(&[Set::Beat])
                .or_else(|| after(&[Set::LessonHead]))
                .unwrap_or(end),
            _ => end,
        }
    }

    /// Puts lines in, an empty one before them if they begin a block.
    pub(super) fn insert(&mut self, at: usize, lines: impl IntoIterator<Item = String>) {
        let at = at.min(self.lines.len());
        let mut lines: Vec<String> = lines.into_iter().collect();
        let is_block = lines.first().is_some_and(|it| begins_block(it));
        let follows_text = at > 0 && !self.line(at - 1).trim().is_empty();
        if is_block && follows_text {
            lines.insert(0, String::new());
        }
        self.lines.splice(at..at, lines);
        *self = Self::read(&self.text());
    }

    /// Takes a line away, with all that belongs to it and an empty line before it.
    pub(super) fn remove(&mut self, line: usize) {
        let mut gone: Vec<usize> = vec![line];
        let mut next = 0;
        while let Some(&owner) = gone.get(next) {
            gone.extend(self.below(owner));
            next += 1;
        }
        let is_empty = |line: usize| self.line(line).trim().is_empty();
        let before = line.checked_sub(1).filter(|it| is_empty(*it));
        if gone.iter().max().is_none_or(|last| is_empty(last + 1)) {
            gone.extend(before);
        }
        gone.sort_unstable();
        gone.dedup();
        for line in gone.into_iter().rev() {
            if line < self.lines.len() {
                self.lines.remove(line);
            }
        }
        *self = Self::read(&self.text());
    }
}

/// Whether a line is the first of several.
fn begins_block(line: &str) -> bool {
    let words = words(line);
    matches!(words.first(), Some(&("node" | "link" | "lesson" | "task"))) || is_question(line)
}

/// Whether a line asks something that has answers of its own below it.
pub(super) fn is_question(line: &str) -> bool {
    let words = words(line);
    let mut threes = words.windows(3);
    threes.any(|it| matches!(it, [":", "ask", text] if text.starts_with('"')))
}
