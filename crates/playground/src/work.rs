//! What a user has made: a scenario and what was done to it, as text that outlives the page.
//!
//! The same text is kept between visits and stands in shared links. A run is not in it: it follows from this.

use crate::import::Captured;
use crate::library::BuiltIn;
use crate::model::stops::{MARKERS_MAX, Marker, clean_name};
use mqtt_proto::{Duration, Instant};
use sim::scenario::{Planned, When};
use sim::{Scenario, Stimulus};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

/// The first line, without the version of the form.
const HEADING: &str = "mqtt-playground";
/// The newest version that this page writes and reads.
pub(crate) const FORM: u32 = 2;
/// The version of works that build on a scenario of the page: a page that knows no other can read them.
const FORM_OF_BUILT_IN: u32 = 1;
/// A user can do this many things to one run.
pub(crate) const ACTS_MAX: usize = 200;
/// A text can tell of this many, with what came from outside among them.
const STIMULI_MAX: usize = 10_000;
/// A longer text is refused.
pub(crate) const TEXT_MAX_BYTES: usize = sim::scenario::limits::FILE_MAX_BYTES;
/// A scenario of the user's own may be this long: many of them are kept, and each fits into a link.
pub(crate) const OWN_MAX_BYTES: usize = 48 * 1024;
/// After the last act a run goes on for this long at least, so that its consequences can be seen.
const AFTERMATH: Duration = Duration::from_secs(20);

/// A scenario and what a user did to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Work {
    /// The scenario's name in addresses: that of its file, or of its place among the user's own.
    pub(crate) file: Rc<str>,
    /// The scenario as it is written.
    pub(crate) scenario: Rc<Scenario>,
    /// The scenario's text, if it is the user's own: nobody else has it.
    pub(crate) own: Option<Rc<str>>,
    /// What the user did, oldest first.
    pub(crate) acts: Rc<[Stimulus]>,
    /// What was captured, if it is no scenario but real traffic. Nothing can be done to it, and it is not written.
    pub(crate) captured: Option<Rc<Captured>>,
    /// The scenario's edition, once it was asked for.
    pub(crate) edition: Edition,
}

/// The edition of the scenario that it was asked for last: to work it out takes the whole scenario as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edition(Rc<RefCell<Option<Known>>>);

/// A scenario and its edition.
type Known = (Rc<Scenario>, u32);

impl Edition {
    fn of(&self, scenario: &Rc<Scenario>) -> u32 {
        let mut known = self.0.borrow_mut();
        match &*known {
            Some((of, edition)) if Rc::ptr_eq(of, scenario) => *edition,
            _ => {
                let edition = edition(scenario);
                *known = Some((Rc::clone(scenario), edition));
                edition
            }
        }
    }
}

/// It follows from the scenario.
impl PartialEq for Edition {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A place in a work: where the user stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// The step.
    pub step: usize,
    /// Of how many.
    pub of: usize,
    /// The time in microseconds.
    pub now: u64,
}

/// How far a user has come in a work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Where the user stood.
    pub(crate) bookmark: Bookmark,
    /// The answers of the lesson that were committed to: question and answer, by their places.
    pub(crate) answers: Vec<(usize, usize)>,
    /// Whether there was nothing left to do once.
    pub(crate) is_done: bool,
    /// The moments that the user has named, in the order of the run.
    pub(crate) markers: Vec<Marker>,
}

/// Where a work comes from that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A link that was shared.
    Link,
    /// A file.
    File,
}

/// Why a text is no work that this page can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not begin as one.
    NotOurs,
    /// It is in a form that a newer page wrote.
    Newer,
    /// It builds on a scenario that this page does not have.
    UnknownScenario(String),
    /// It builds on a scenario that has changed since.
    Changed(String),
    /// It says something that cannot be read, or that the scenario does not have.
    Damaged,
    /// The world in it cannot be read: where, and what could have stood there.
    World(String),
    /// It is too long.
    TooLong,
    /// There is no place for another world of the user's own.
    TooMany,
}

impl Work {
    /// A scenario to which nobody has done anything.
    pub(crate) fn untouched(built_in: &BuiltIn) -> Self {
        Self {
            file: Rc::clone(&built_in.file),
            scenario: Rc::clone(&built_in.scenario),
            own: built_in.own.clone(),
            acts: Rc::from([]),
            captured: built_in.captured.clone(),
            edition: Edition::default(),
        }
    }

    /// A world of the user's own, to which nobody has done anything.
    ///
    /// # Errors
    /// Why its text is no world.
    pub(crate) fn own(file: Rc<str>, text: &str) -> Result<Self, Refusal> {
        if text.len() > OWN_MAX_BYTES {
            return Err(Refusal::TooLong);
        }
        let scenario = Scenario::parse(text).map_err(|it| Refusal::World(it.to_string()))?;
        // Lines follow it where it is kept.
        let end = if text.ends_with('\n') { "" } else { "\n" };
        Ok(Self {
            file,
            scenario: Rc::new(scenario),
            own: Some(format!("{text}{end}").into()),
            acts: Rc::from([]),
            captured: None,
            edition: Edition::default(),
        })
    }

    /// The version of the form that it is written in.
    pub(crate) const fn form(&self) -> u32 {
        match self.own {
            Some(_) => FORM,
            None => FORM_OF_BUILT_IN,
        }
    }

    /// The same with one more act. What was done after it belongs to the future that it replaces.
    pub(crate) fn with(&self, act: Stimulus) -> Self {
        let before = self
            .acts
            .iter()
            .filter(|it| it.after_events < act.after_events);
        Self {
            acts: before.cloned().chain([act.clone()]).collect(),
            ..self.clone()
        }
    }

    /// The scenario that is run: it goes on for long enough to see what came of the last act.
    pub(crate) fn playable(&self) -> Rc<Scenario> {
        let until = self.acts.last().map(|act| act.at + AFTERMATH);
        match until {
            Some(until) if until > self.scenario.until => {
                let mut longer = Scenario::clone(&self.scenario);
                longer.until = until;
                Rc::new(longer)
            }
            _ => Rc::clone(&self.scenario),
        }
    }

    /// As text.
    pub(crate) fn write(&self, progress: &Progress) -> String {
        // A page that knows no markers does not read what has some.
        let form = if progress.markers.is_empty() {
            self.form()
        } else {
            FORM
        };
        let mut text = format!("{HEADING} {form}\n");
        let mark = self.edition.of(&self.scenario);
        let Bookmark { step, of, now } = progress.bookmark;
        // Writing to a string does not fail.
        let _ = writeln!(text, "scenario {} {mark:08x}", self.file);
        let _ = writeln!(text, "at {step} {of} {now}");
        if self.own.is_some() {
            let _ = writeln!(text, "own");
        }
        if progress.is_done {
            let _ = writeln!(text, "done");
        }
        for (ask, answer) in &progress.answers {
            let _ = writeln!(text, "answer {ask} {answer}");
        }
        for Marker { step, name } in &progress.markers {
            let _ = writeln!(text, "mark {step} {}", clean_name(name));
        }
        for act in self.acts.iter() {
            let _ = writeln!(text, "after {}", act.after_events);
        }
        let _ = writeln!(text);
        text.push_str(&self.acts_as_lines());
        text.push_str(self.own.as_deref().unwrap_or_default());
        text
    }

    /// What was done, as a scenario says it.
    pub(crate) fn acts_as_lines(&self) -> String {
        let lines = self.acts.iter().map(|act| {
            let planned = Planned {
                when: When::At(act.at),
                action: act.action.clone(),
            };
            format!("{planned}\n")
        });
        lines.collect()
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Why it is no work that this page can show.
    pub(crate) fn read(text: &str, scenarios: &[BuiltIn]) -> Result<(Self, Progress), Refusal> {
        let header = Header::read(text)?;
        let mut work = match header.own {
            Some(text) => Self::own(header.file.into(), text)?,
            None => {
                let built_in = scenarios
                    .iter()
                    .find(|it| it.own.is_none() && *it.file == *header.file)
                    .ok_or_else(|| Refusal::UnknownScenario(header.file.to_owned()))?;
                if edition(&built_in.scenario) != header.edition {
                    return Err(Refusal::Changed(built_in.scenario.title.clone()));
                }
                Self::untouched(built_in)
            }
        };
        work.acts = acts(&work.scenario, &header).ok_or(Refusal::Damaged)?;
        let progress = Progress {
            bookmark: header.bookmark,
            answers: header.answers,
            is_done: header.is_done,
            markers: header.markers,
        };
        Ok((work, progress))
    }
}

/// What stands before the acts.
pub(crate) struct Header<'a> {
    /// The scenario's file.
    pub(crate) file: &'a str,
    edition: u32,
    /// Where the user stood.
    pub(crate) bookmark: Bookmark,
    /// Whether there was nothing left to do once.
    pub(crate) is_done: bool,
    markers: Vec<Marker>,
    answers: Vec<(usize, usize)>,
    after: Vec<u64>,
    acts: &'a str,
    /// The text of the scenario, if it is the user's own.
    pub(crate) own: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// How many acts there are.
    pub(crate) const fn acts(&self) -> usize {
        self.after.len()
    }

    /// Reads as much of a text as is needed to name it.
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(Refusal::TooLong);
        }
        let (head, acts) = text.split_once("\n\n").ok_or(Refusal::NotOurs)?;
        let mut lines = head.lines();
        let form = lines
            .next()
            .and_then(|line| line.strip_prefix(HEADING))
            .and_then(|form| form.trim().parse::<u32>().ok())
            .ok_or(Refusal::NotOurs)?;
        if form > FORM {
            return Err(Refusal::Newer);
        }
        let mut scenario = words(lines.next(), "scenario").ok_or(Refusal::Damaged)?;
        let file = scenario.next().ok_or(Refusal::Damaged)?;
        let edition = scenario
            .next()
            .and_then(|it| u32::from_str_radix(it, 16).ok());
        let mut at = words(lines.next(), "at").ok_or(Refusal::Damaged)?;
        let mut number = || at.next()?.parse::<u64>().ok();
        let (step, of, now) = (number(), number(), number());
        let place = |it: Option<u64>| it.and_then(|it| usize::try_from(it).ok());
        let (mut is_done, mut is_own) = (false, false);
        let (mut answers, mut after, mut markers) = (Vec::new(), Vec::new(), Vec::new());
        for line in lines {
            let mut words = line.split(' ');
            match words.next() {
                Some("done") => is_done = true,
                Some("own") => is_own = true,
                Some("answer") => {
                    let mut number = || words.next()?.parse::<usize>().ok();
                    let answer = number().zip(number());
                    answers.push(answer.ok_or(Refusal::Damaged)?);
                }
                Some("mark") if markers.len() < MARKERS_MAX => {
                    let step = words.next().and_then(|it| it.parse().ok());
                    let name: Vec<&str> = words.collect();
                    markers.push(Marker {
                        step: step.ok_or(Refusal::Damaged)?,
                        name: clean_name(&name.join(" ")),
                    });
                }
                Some("after") => {
                    let events = words.next().and_then(|it| it.parse().ok());
                    after.push(events.ok_or(Refusal::Damaged)?);
                }
                _ => return Err(Refusal::Damaged),
            }
        }
        let (acts, own) = if is_own {
            let lines = acts.match_indices('\n').map(|(at, _)| at + 1);
            let end = [0].into_iter().chain(lines).nth(after.len());
            let (acts, own) = acts
                .split_at_checked(end.unwrap_or(acts.len()))
                .ok_or(Refusal::Damaged)?;
            (acts, Some(own))
        } else {
            (acts, None)
        };
        Ok(Self {
            file,
            edition: edition.ok_or(Refusal::Damaged)?,
            bookmark: Bookmark {
                step: place(step).ok_or(Refusal::Damaged)?,
                of: place(of).ok_or(Refusal::Damaged)?,
                now: now.ok_or(Refusal::Damaged)?,
            },
            is_done,
            markers,
            answers,
            after,
            acts,
            own,
        })
    }
}

fn words<'a>(line: Option<&'a str>, name: &str) -> Option<impl Iterator<Item = &'a str>> {
    let mut words = line?.split(' ');
    (words.next() == Some(name)).then_some(words)
}

/// The acts of a text. They are written as a scenario's events, and read by the reader of scenarios.
fn acts(scenario: &Scenario, header: &Header<'_>) -> Option<Rc<[Stimulus]>> {
    if header.after.len() > STIMULI_MAX || !header.after.is_sorted() {
        return None;
    }
    let whole = Scenario::parse(&format!("{scenario}\n{}", header.acts)).ok()?;
    let events = whole.events.get(scenario.events.len()..)?;
    if events.len() != header.after.len() {
        return None;
    }
    let acts = header.after.iter().zip(events).map(|(&after_events, it)| {
        let When::At(at) = it.when else { return None };
        Some(Stimulus {
            after_events,
            at: at.min(Instant::from_micros(sim::scenario::limits::TIME_MAX_MICROS)),
            action: it.action.clone(),
        })
    });
    acts.collect()
}

/// Tells editions of a scenario apart: what was done to one may mean something else in another (FNV-1a).
fn edition(scenario: &Scenario) -> u32 {
    let text = scenario.to_string();
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::library;
    use sim::scenario::{Action, NodeAction};

    fn work() -> Work {
        let scenarios = library::built_in();
        let base = scenarios.iter().find(|it| *it.file == *"qos1").unwrap();
        with_acts(&Work::untouched(base))
    }

    fn with_acts(work: &Work) -> Work {
        let act = |after_events, micros, action| Stimulus {
            after_events,
            at: Instant::from_micros(micros),
            action,
        };
        let cut = Action::Cut {
            a: "phone-1".to_owned(),
            b: "broker".to_owned(),
            after_bytes: 3,
            span: Some(Duration::from_millis(2060)),
        };
        let raw = Action::Node {
            node: "robot-1".to_owned(),
            act: NodeAction::SendRaw(b"\x00\"\n\\\xff".as_slice().into()),
        };
        work.with(act(9, 1_000_001, cut))
            .with(act(12, 1_500_000, raw))
    }

    #[test]
    fn a_text_gives_back_what_it_was_made_from() {
        let bookmark = Bookmark {
            step: 7,
            of: 12,
            now: 1_023_456,
        };
        let progress = Progress {
            bookmark,
            answers: vec![(0, 2), (1, 0)],
            is_done: true,
            markers: vec![Marker {
                step: 7,
                name: "the second copy, DUP = 1".to_owned(),
            }],
        };
        let scenarios = library::built_in();
        let own = |text: &str| Work::own("my-1".into(), text).unwrap();
        let world = work().scenario.to_string();
        for work in [
            work(),
            with_acts(&own(&world)),
            // Comments and empty lines stay, and so does what looks like the line between two works.
            own(&format!("\n\n# ----\n{world}#\n\n")),
            own("scenario \"without an end of the line\""),
        ] {
            let text = work.write(&progress);
            let read = Work::read(&text, &scenarios);
            assert_eq!(read, Ok((work, progress.clone())), "{text}");
        }
    }

    #[test]
    fn an_act_in_the_past_replaces_what_came_after_it() {
        let work = work();
        let first = work.acts[0].clone();
        assert_eq!(work.with(first.clone()).acts.as_ref(), [first]);
    }

    #[test]
    fn what_is_no_work_is_refused_and_says_why() {
        let good = work().write(&Progress::default());
        let scenarios = library::built_in();
        let cases = [
            (String::new(), Refusal::NotOurs),
            ("scenario \"x\"\n\n".to_owned(), Refusal::NotOurs),
            (good.replacen("ground 1", "ground 3", 1), Refusal::Newer),
            (
                good.replacen("scenario qos1 ", "scenario kitchen ", 1),
                Refusal::UnknownScenario("kitchen".to_owned()),
            ),
            (
                good.replacen(&format!("{:08x}", edition(&work().scenario)), "00000000", 1),
                Refusal::Changed("QoS 1: at least once".to_owned()),
            ),
            (good.replacen("after 9", "after -9", 1), Refusal::Damaged),
            (good.replacen("after 9", "after 99", 1), Refusal::Damaged),
            (good.replacen("after 9\n", "", 1), Refusal::Damaged),
            (good.replacen("cut phone-1", "cut me", 1), Refusal::Damaged),
            (
                format!("{good}{}", " ".repeat(TEXT_MAX_BYTES)),
                Refusal::TooLong,
            ),
        ];
        let own = Work::own("my-1".into(), "scenario \"x\"").unwrap();
        let own = own.write(&Progress::default());
        let faulty = "line 1, column 10: expected a text in double quotes, found `x`".to_owned();
        let of_own = [
            (
                own.replacen("\"x\"", "x", 1),
                Refusal::World(faulty.clone()),
            ),
            (
                format!("{own}{}", "#".repeat(OWN_MAX_BYTES)),
                Refusal::TooLong,
            ),
        ];
        for (text, refusal) in cases.into_iter().chain(of_own) {
            assert_eq!(Work::read(&text, &scenarios), Err(refusal), "{text:.80}");
        }
        // However it is cut off or changed: no panic.
        for end in 0..good.len() {
            let _ = Work::read(&good[..end], &scenarios);
        }
    }
}
