//! What a run says about a board with a script.

use super::{BoardFile, OwnFile, ScriptView, Trouble, trouble};
use crate::payload::shown;
use crate::run::Run;
use crate::sandbox::MAIN;
use crate::story::Position;
use crate::text::{self, Language};
use device::Effect;
use device::Remark;
use device::script::{Ended, Line};
use sim::{Cursor, NodeId, Note, Record, RecordKind};
use sim::{Terminal, overwritten};

/// So many lines of a console are shown.
const CONSOLE_MAX_LINES: usize = 300;
/// A longer line is cut.
const LINE_MAX_CHARS: usize = 400;
/// Of a line that is printed piece by piece, so much is kept.
const LINE_MAX_BYTES: usize = 8 * 1024;

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
    Line(Line),
    /// Looks for the address of a name before it has joined a network.
    Unjoined,
    Ended(&'a Ended),
}

fn said(record: &Record) -> Option<Said<'_>> {
    match &record.kind {
        RecordKind::Note(Note::Device(remark)) => match remark.as_ref() {
            Remark::AtLine { line } => Some(Said::Line(*line)),
            Remark::Unjoined => Some(Said::Unjoined),
            _ => None,
        },
        RecordKind::Effect(Effect::ScriptEnded { how }) => Some(Said::Ended(how)),
        _ => None,
    }
}

/// A board as a run shows it, with the texts of its files by name.
#[derive(Default)]
pub(crate) struct BoardSeen {
    pub(crate) view: ScriptView,
    pub(crate) texts: Vec<(String, String)>,
}

impl BoardSeen {
    fn of(view: ScriptView) -> Self {
        Self {
            view,
            texts: Vec::new(),
        }
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
        (chosen, file): (Option<usize>, Option<BoardFile>),
    ) -> BoardSeen {
        let story = self.story();
        let lanes = self.script_lanes();
        let ends = story.flight_of(selected).map(|(_, it)| [it.from, it.to]);
        let talked_about = ends.and_then(|ends| lanes.iter().position(|lane| ends.contains(lane)));
        let board = chosen
            .or(talked_about)
            .unwrap_or(0)
            .min(lanes.len().saturating_sub(1));
        let Some(lane) = lanes.get(board).and_then(|lane| story.lanes.get(*lane)) else {
            return BoardSeen::default();
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
            return BoardSeen::of(view);
        };
        let seen = self.with_world(position, |world| {
            let script = world.node(node)?.device()?.script()?;
            let state = (script.is_running, script.is_at_prompt);
            let main = (MAIN.to_owned(), script.source.to_owned());
            let modules = script.modules.iter();
            let modules = modules.map(|it| (it.name.clone(), it.text.clone()));
            let texts: Vec<(String, String)> = [main].into_iter().chain(modules).collect();
            Some((texts, script.line, state))
        });
        let Some((texts, line, (is_running, is_at_prompt))) = seen else {
            return BoardSeen::of(view);
        };
        view.is_at_prompt = is_at_prompt;
        view.can_interrupt = is_running;
        let name = |line: Line| {
            texts
                .get(usize::from(line.file))
                .map_or("", |it| it.0.as_str())
        };
        let ended = self.console(language, node, position, &mut view);
        let by = self.line_of(node, selected);
        view.by_words =
            by.map(|by| text::script_line_of_step(language, selected, by.number, name(by)));
        // Whoever has not chosen a file sees the one in which something is done.
        let busy = by.or((line.number > 0).then_some(line)).unwrap_or_default();
        view.file = match file {
            Some(BoardFile::Own(file)) => BoardFile::Own(file.min(texts.len().saturating_sub(1))),
            Some(library) => library,
            None => BoardFile::Own(usize::from(busy.file)),
        };
        let of_shown = |line: Line| {
            let is_shown = view.file == BoardFile::Own(usize::from(line.file));
            usize::try_from(line.number)
                .ok()
                .filter(|_| is_shown)
                .unwrap_or(0)
        };
        [view.now, view.by] = [line, by.unwrap_or_default()].map(of_shown);
        view.own = texts
            .iter()
            .map(|(name, _)| OwnFile {
                name: name.clone(),
                is_waiting: false,
            })
            .collect();
        view.is_fault = ended.as_ref().is_some_and(is_fault);
        let printed = view
            .console
            .iter()
            .filter(|it| it.kind == ConsoleKind::Printed);
        view.trouble = match &ended {
            Some(Ended::Raised | Ended::OutOfMemory) => {
                let trouble = trouble(printed.map(|it| it.text.as_str()));
                // Nobody could be asked for the name.
                match trouble {
                    Some(Trouble::NoName) if view.is_unjoined => Some(Trouble::Unjoined),
                    trouble => trouble,
                }
            }
            _ => None,
        };
        view.status = match (is_running, &ended) {
            (true, _) => text::script_runs(language, line.number, name(line)),
            (false, Some(how)) => text::script_ended(language, how),
            (false, None) if is_at_prompt => text::SCRIPT_AT_PROMPT.to(language).to_owned(),
            (false, None) => text::SCRIPT_OFF.to(language).to_owned(),
        };
        if is_running {
            view.is_fault = false;
            view.trouble = None;
        }
        BoardSeen { view, texts }
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
        let mut terminal = Terminal::default();
        let mut unjoined = None;
        for record in own {
            let printed = terminal.take(&record.kind);
            let (text, kind) = match (printed, said(record)) {
                (Some((piece, goes_on)), _) => {
                    // Who prints runs.
                    ended = None;
                    if let Some(last) = view.console.last_mut().filter(|_| goes_on) {
                        if last.text.len() < LINE_MAX_BYTES {
                            last.text.push_str(piece);
                        }
                        continue;
                    }
                    (piece.to_owned(), ConsoleKind::Printed)
                }
                (None, Some(Said::Ended(how))) => {
                    ended = Some(how.clone());
                    view.is_unjoined = unjoined == Some(record.at);
                    (text::script_ended(language, how), ConsoleKind::Said)
                }
                (None, Some(Said::Line(_))) => {
                    ended = None;
                    continue;
                }
                (None, Some(Said::Unjoined)) => {
                    unjoined = Some(record.at);
                    continue;
                }
                (None, None) => continue,
            };
            number += 1;
            view.console.push(ConsoleLine {
                number,
                at: text::clock(language, record.at.as_micros()),
                text,
                kind,
            });
        }
        let too_many = view.console.len().saturating_sub(CONSOLE_MAX_LINES);
        view.console.drain(..too_many);
        for line in &mut view.console {
            line.text = shown(&overwritten(&line.text), LINE_MAX_CHARS);
        }
        view.console_left_out = too_many;
        ended
    }

    /// The line that did what a step shows, if a board's script did it.
    fn line_of(&self, node: NodeId, step: usize) -> Option<Line> {
        let record = self.story().step(step).map(|it| it.mark.record);
        let cursor = Cursor(u32::try_from(record?).ok()?);
        let is_own = self
            .log()
            .record(sim::RecordId(cursor.0))
            .is_some_and(|it| {
                let is_doing = matches!(it.kind, RecordKind::Sent(_) | RecordKind::Effect(_));
                it.node == Some(node) && is_doing
            });
        if !is_own {
            return None;
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
        line.filter(|it| it.number > 0)
    }
}

const fn is_fault(how: &Ended) -> bool {
    !matches!(
        how,
        Ended::Done | Ended::Typed | Ended::Reset | Ended::SoftReset | Ended::Asleep { .. }
    )
}
