//! The lines that forms can fill in, as data: what they are called, and how they are written.
//!
//! This is no second grammar: a line that no row here fits is shown as it is, and whether a line is right says the reader
//! of scenarios. Words that the simulator has in tables of its own are taken from there.

mod lines;
mod shelves;
mod slots;

pub(super) use lines::families;
pub(super) use shelves::shelves;
pub(super) use slots::{needs_v5, slot_of};

use crate::text::Phrase;

/// What can stand in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A word; completed from a list.
    Word(List),
    /// A text in quotes; completed from a list.
    Quoted(List),
    /// A longer text in quotes.
    Long,
    /// `40 ms`.
    Time,
    /// `2nd`.
    Ordinal,
    /// `2`, `at least 2`.
    Count,
    /// `phone-1 to broker`.
    Link,
    /// One of these.
    Choice(&'static [&'static str]),
    /// One of those that the simulator knows.
    Known(fn() -> Vec<&'static str>),
    /// All that follows.
    Rest,
}

/// What completes a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Nothing.
    Nothing,
    /// The names of all nodes.
    Nodes,
    /// The names of devices.
    Devices,
    /// The names of brokers.
    Brokers,
    /// The links.
    Links,
    /// Topics and filters of this world.
    Topics,
}

/// What a new line has where a text is to be written.
pub(super) const UNFILLED: &str = "…";

/// A slot.
#[derive(Debug)]
pub(super) struct Slot {
    /// As patterns call it.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What stands over it.
    pub(super) label: Phrase,
    /// What a new line has there, if the world has no better.
    pub(super) default: &'static str,
}

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Slot {}

const fn slot(
    name: &'static str,
    kind: Kind,
    en: &'static str,
    de: &'static str,
    default: &'static str,
) -> Slot {
    Slot {
        name,
        kind,
        label: Phrase { en, de },
        default,
    }
}

/// A word that is there or not. Its label is the word.
pub(super) static FLAG: Slot = slot("", Kind::Choice(&[]), "", "", "");

/// The kinds of devices.
pub(super) fn blueprints() -> Vec<&'static str> {
    device::Blueprint::all().iter().map(|it| it.name).collect()
}

/// A kind of line.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) pattern: &'static str,
    pub(super) label: Phrase,
}

const fn row(pattern: &'static str, en: &'static str, de: &'static str) -> Row {
    Row {
        pattern,
        label: Phrase { en, de },
    }
}

/// Lines that are made of a beginning and an end, each of which can be chosen.
pub(super) struct Family {
    /// The beginnings; none if the line has no such part.
    pub(super) heads: &'static [Row],
    /// The ends.
    pub(super) bodies: &'static [&'static [Row]],
    pub(super) adds: Adds,
}

/// What is offered to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    /// Each end that no line of this place begins like.
    Missing,
    /// Each end.
    Bodies,
    /// Each beginning.
    Heads,
    /// Nothing.
    Nothing,
}

impl Family {
    /// The end at this place in the list.
    pub(super) fn body(&self, index: usize) -> Option<&'static Row> {
        self.bodies().nth(index)
    }

    /// All ends.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &'static Row> {
        self.bodies.iter().copied().flatten()
    }
}

const fn plain(bodies: &'static [&'static [Row]], adds: Adds) -> Family {
    Family {
        heads: &[],
        bodies,
        adds,
    }
}

const fn pairs(heads: &'static [Row], bodies: &'static [&'static [Row]], adds: Adds) -> Family {
    Family {
        heads,
        bodies,
        adds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::pattern;
    use crate::sandbox::sheet::Set;

    /// Every row can be written with what its slots begin with, and what was written is read as that row.
    #[test]
    fn a_line_is_read_as_the_row_that_it_was_written_by() {
        let sets = [
            Set::World,
            Set::Node,
            Set::Broker,
            Set::Device,
            Set::LinkHead,
            Set::Link,
            Set::Script,
            Set::Check,
            Set::LessonHead,
            Set::Lesson,
            Set::Beat,
            Set::Ask,
            Set::Answer,
            Set::TaskHead,
            Set::Task,
            Set::Goal,
        ];
        let mut rows = 0;
        for family in sets.into_iter().flat_map(families) {
            let heads = family.heads.iter().map(|it| it.pattern);
            let heads = if family.heads.is_empty() {
                vec![""]
            } else {
                heads.collect()
            };
            for head in heads {
                for body in family.bodies() {
                    let line =
                        pattern::write(head, body.pattern, |slot, is_optional| match slot.kind {
                            Kind::Link => "a to b".to_owned(),
                            Kind::Ordinal => "2nd".to_owned(),
                            Kind::Time => "1 s".to_owned(),
                            Kind::Choice(&[]) => "yes".to_owned(),
                            Kind::Choice(all) => (*all.first().unwrap_or(&"")).to_owned(),
                            _ if is_optional => "1".to_owned(),
                            _ => slot.default.to_owned(),
                        });
                    let found = family
                        .bodies()
                        .find(|it| pattern::read(head, it.pattern, &line).is_some());
                    let found = found.map(|it| it.pattern);
                    assert_eq!(found, Some(body.pattern), "{line}");
                    rows += 1;
                }
            }
        }
        assert!(rows > 150, "{rows}");
    }
}
