//! What a run says about a board with a script.

use super::{ScriptView, code, trouble};
use crate::payload::shown;
use crate::run::Run;
use crate::story::Position;
use crate::text::{self, Language};
use device::Effect;
use device::Remark;
use device::script::Ended;
use sim::{Cursor, NodeId, Note, Record, RecordKind};

/// So many lines of a console are shown.
const CONSOLE_MAX_LINES: usize = 300;
/// A longer line is cut.
const LINE_MAX_CHARS: usize = 400;

/// What a line of the console is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleKind {
    /// The script has printed it.
    Printed,
    /// The page says what becomes of the script.
    Said,
}

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLine {
    /// Counts the lines of the run: two with the same number are the same line.
    pub number: usize,
    /// When, in words.
    pub at: String,
    /// What.
    pub text: String,
    /// Who says it.
    pub kind: ConsoleKind,
}

/// What a record of a board says about its script.
enum Said<'a> {
    Line(u32),
    Printed(&'a str),
    Ended(&'a Ended),
}

fn said(record: &Record) -> Option<Said<'_>> {
    match &record.kind {
        RecordKind::Note(Note::Device(remark)) => match remark.as_ref() {
            Remark::AtLine { line } => Some(Said::Line(*line)),
            Remark::Printed { line } => Some(Said::Printed(line)),
            _ => None,
        },
        RecordKind::Effect(Effect::ScriptEnded { how }) => Some(Said::Ended(how)),
        _ => None,
    }
}

impl Run {
    /// The lanes of the boards that run scripts.
    pub(crate) fn script_lanes(&self) -> Vec<usize> {
        let nodes = &self.work().scenario.nodes;
        let lanes = self.story().lanes.iter().enumerate();
        lanes
            .filter(|(_, lane)| {
                let script = nodes.get(lane.node).and_then(|node| node.kind.script());
                script.is_some()
            })
            .map(|(lane, _)| lane)
            .collect()
    }

    /// What is shown of the board that was chosen, or that the selected step is about, or of the first.
    pub(crate) fn script(
        &self,
        language: Language,
        position: Position,
        selected: usize,
        chosen: Option<usize>,
    ) -> ScriptView {
        let story = self.story();
        let lanes = self.script_lanes();
        let ends = story.flight_of(selected).map(|(_, it)| [it.from, it.to]);
        let talked_about = ends.and_then(|ends| lanes.iter().position(|lane| ends.contains(lane)));
        let board = chosen
            .or(talked_about)
            .unwrap_or(0)
            .min(lanes.len().saturating_sub(1));
        let Some(lane) = lanes.get(board).and_then(|lane| story.lanes.get(*lane)) else {
            return ScriptView::default();
        };
        let mut view = ScriptView {
            boards: lanes
                .iter()
                .map(|lane| story.name(*lane).to_owned())
                .collect(),
            board,
            ..ScriptView::default()
        };
        let Ok(node) = u16::try_from(lane.node).map(NodeId) else {
            return view;
        };
        let seen = self.with_world(position, |world| {
            let script = world.node(node)?.device()?.script()?;
            let state = (script.is_running, script.is_at_prompt);
            Some((script.source.to_owned(), script.line, state))
        });
        let Some((source, line, (is_running, is_at_prompt))) = seen else {
            return view;
        };
        view.is_at_prompt = is_at_prompt;
        view.can_interrupt = is_running;
        view.now = usize::try_from(line).unwrap_or(0);
        view.lines = code(&source);
        view.source = source;
        let ended = self.console(language, node, position, &mut view);
        (view.by, view.by_words) = self.line_of(language, node, selected);
        view.is_fault = ended.as_ref().is_some_and(is_fault);
        let printed = view
            .console
            .iter()
            .filter(|it| it.kind == ConsoleKind::Printed);
        view.trouble = match &ended {
            Some(Ended::Raised | Ended::OutOfMemory) => trouble(printed.map(|it| it.text.as_str())),
            _ => None,
        };
        view.status = match (is_running, &ended) {
            (true, _) => text::script_runs(language, view.now),
            (false, Some(how)) => text::script_ended(language, how),
            (false, None) if is_at_prompt => text::SCRIPT_AT_PROMPT.to(language).to_owned(),
            (false, None) => text::SCRIPT_OFF.to(language).to_owned(),
        };
        if is_running {
            view.is_fault = false;
            view.trouble = None;
        }
        view
    }

    /// Fills in the console as it is at a position; how the script has ended, if it has.
    fn console(
        &self,
        language: Language,
        node: NodeId,
        position: Position,
        view: &mut ScriptView,
    ) -> Option<Ended> {
        let until = Cursor(u32::try_from(position.shown).unwrap_or(u32::MAX));
        let records = self.log().records_between(Cursor::START, until);
        let mut ended = None;
        let mut number = 0;
        let own = records.iter().filter(|record| record.node == Some(node));
        for record in own {
            let (text, kind) = match said(record) {
                Some(Said::Printed(line)) => {
                    // Who prints runs.
                    ended = None;
                    (line.to_owned(), ConsoleKind::Printed)
                }
                Some(Said::Ended(how)) => {
                    ended = Some(how.clone());
                    (text::script_ended(language, how), ConsoleKind::Said)
                }
                Some(Said::Line(_)) => {
                    ended = None;
                    continue;
                }
                None => continue,
            };
            number += 1;
            view.console.push(ConsoleLine {
                number,
                at: text::clock(language, record.at.as_micros()),
                text: shown(&text, LINE_MAX_CHARS),
                kind,
            });
        }
        let too_many = view.console.len().saturating_sub(CONSOLE_MAX_LINES);
        view.console.drain(..too_many);
        view.console_left_out = too_many;
        ended
    }

    /// The line that did what a step shows, if a board's script did it.
    fn line_of(&self, language: Language, node: NodeId, step: usize) -> (usize, Option<String>) {
        let record = self.story().step(step).map(|it| it.mark.record);
        let Some(cursor) = record.and_then(|it| u32::try_from(it).ok()).map(Cursor) else {
            return (0, None);
        };
        let is_own = self
            .log()
            .record(sim::RecordId(cursor.0))
            .is_some_and(|it| {
                let is_doing = matches!(it.kind, RecordKind::Sent(_) | RecordKind::Effect(_));
                it.node == Some(node) && is_doing
            });
        if !is_own {
            return (0, None);
        }
        let before = self.log().records_between(Cursor::START, cursor);
        let line = before
            .iter()
            .rev()
            .filter(|it| it.node == Some(node))
            .find_map(|it| match said(it) {
                Some(Said::Line(line)) => Some(line),
                _ => None,
            });
        let line = line.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        let words = (line > 0).then(|| text::script_line_of_step(language, step, line));
        (line, words)
    }
}

const fn is_fault(how: &Ended) -> bool {
    !matches!(
        how,
        Ended::Done | Ended::Typed | Ended::Reset | Ended::SoftReset | Ended::Asleep { .. }
    )
}
