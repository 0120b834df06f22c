//! Boards with scripts: who runs them, which is looked at, and what is typed into one.

use super::{Notice, Playground};
use crate::action::Command;
use crate::memo::Shared;
use crate::run::Run;
use crate::sandbox::{Edit, SandboxAction};
use crate::script::{
    BOARDS_MAX, LIBRARY, ScriptAction, ScriptCommand, ScriptView, TYPED_MAX_BYTES, boards, code,
    is_unfinished,
};
use crate::text::{self, Language, Words};
use crate::work::Work;
use device::script::Interpreter;
use device::script::wire::NOT_BUILT;
use mqtt_proto::Duration;
use sim::scenario::{Action as Act, NodeAction};
use std::collections::BTreeMap;

/// A board that is reset is off for so long.
const RESET: Duration = Duration::from_millis(100);

/// So much of what was entered at prompts is kept.
const ENTERED_MAX: usize = 100;

/// What the view depends on.
pub(super) type ScriptKey = ((usize, usize), (usize, usize, usize), (usize, Language));

/// How far the fetching of the interpreter is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Rest,
    Loading,
    Failed(String),
}

/// Who runs scripts, and what is looked at of them.
#[derive(Default)]
pub(super) struct Scripts {
    pub(super) interpreter: Interpreter,
    phase: Phase,
    board: Option<usize>,
    file: Option<usize>,
    /// The files that have come, or could not.
    files: BTreeMap<usize, Option<String>>,
    /// What is in the editor and has not been run: of the board with this name in the world that is open.
    draft: Option<(String, String)>,
    /// What stands at the prompt, what was entered there before, and which of that was brought back: all if none was.
    typed: String,
    entered: Vec<String>,
    recalled: usize,
    changes: usize,
}

impl Playground {
    /// The beginning of a run of a work.
    pub(super) fn begun(&self, work: &Work) -> Option<Run> {
        Run::begin(work.clone(), &self.scripts.interpreter)
    }

    /// Whether the run that is shown waits for the interpreter, which is asked for the first time.
    pub(super) fn waits_for_machines(&mut self, commands: &mut Vec<Command>) -> bool {
        let machines = self.run.as_ref().map_or(0, Run::lacks_machines);
        self.ask_for_machines(machines, commands);
        machines > 0
    }

    fn ask_for_machines(&mut self, machines: usize, commands: &mut Vec<Command>) {
        if machines > 0 && self.scripts.phase == Phase::Rest {
            self.scripts.phase = Phase::Loading;
            commands.push(Command::Script(ScriptCommand::Load {
                interpreter: self.scripts.interpreter.clone(),
                machines,
            }));
        }
    }

    /// Whether the boards of a world that goes on with the clock on the wall have no machines yet: they are asked for.
    pub(super) fn live_lacks_machines(
        &mut self,
        scenario: &sim::Scenario,
        commands: &mut Vec<Command>,
    ) -> bool {
        let wanted = boards(scenario).min(BOARDS_MAX);
        let machines = wanted.saturating_sub(self.scripts.interpreter.machines());
        if machines == 0 {
            return false;
        }
        // Whoever connects again tries again.
        if matches!(self.scripts.phase, Phase::Failed(_)) {
            self.scripts.phase = Phase::Rest;
        }
        self.ask_for_machines(machines, commands);
        self.say(Notice::fault(text::SCRIPT_LIVE_WAITS));
        true
    }

    /// What is said about a run that waits for the interpreter: how it stands, and whether the user can try again.
    pub(super) fn machines_words(&self) -> Option<(String, bool)> {
        self.run.as_ref().filter(|run| run.lacks_machines() > 0)?;
        Some(match &self.scripts.phase {
            Phase::Failed(why) => {
                let can_come = why != NOT_BUILT;
                (text::script_not_loaded(self.language, why), can_come)
            }
            Phase::Rest | Phase::Loading => {
                (text::SCRIPT_LOADING.to(self.language).to_owned(), false)
            }
        })
    }

    // By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    pub(super) fn script_action(&mut self, action: ScriptAction, commands: &mut Vec<Command>) {
        match action {
            ScriptAction::Loaded(Ok(())) => self.scripts.phase = Phase::Rest,
            ScriptAction::Loaded(Err(why)) => self.scripts.phase = Phase::Failed(why),
            ScriptAction::Retry => self.scripts.phase = Phase::Rest,
            ScriptAction::ShowBoard(board) => {
                self.scripts.board = Some(board);
                self.scripts.file = None;
            }
            ScriptAction::ShowFile(file) => {
                self.scripts.file = file.filter(|it| *it < LIBRARY.len());
                if let Some(file) = self.scripts.file
                    && !matches!(self.scripts.files.get(&file), Some(Some(_)))
                {
                    commands.push(Command::Script(ScriptCommand::Read(file)));
                }
            }
            ScriptAction::Read(file, text) => {
                self.scripts.files.insert(file, text);
            }
            ScriptAction::Type(text) => {
                if let Some(name) = self.board_name() {
                    self.scripts.draft = Some((name, text));
                }
            }
            ScriptAction::Run => self.run_draft(commands),
            ScriptAction::Prompt(text) => {
                if text.len() <= TYPED_MAX_BYTES {
                    self.scripts.typed = text;
                }
            }
            ScriptAction::Enter => self.enter_typed(commands),
            ScriptAction::Recall(by) => self.recall(by),
            ScriptAction::Interrupt => self.act_on_board(NodeAction::Interrupt, commands),
            ScriptAction::Stop => self.act_on_board(NodeAction::PowerOff { span: None }, commands),
            ScriptAction::Reset => {
                let span = Some(RESET);
                self.act_on_board(NodeAction::PowerOff { span }, commands);
            }
        }
        // Last, because some of these look at the view as it was.
        self.scripts.changes += 1;
    }

    /// The name of the board that is shown, as acts call it.
    fn board_name(&self) -> Option<String> {
        let lanes = self.run.as_ref()?.script_lanes();
        let lane = lanes.get(self.script().board)?;
        Some(self.story.lanes.get(*lane)?.name.clone())
    }

    fn act_on_board(&mut self, act: NodeAction, commands: &mut Vec<Command>) {
        if let Some(node) = self.board_name() {
            self.act(Act::Node { node, act }, commands);
        }
    }

    /// Has the board run what stands at its prompt.
    fn enter_typed(&mut self, commands: &mut Vec<Command>) {
        let scripts = &mut self.scripts;
        if is_unfinished(&scripts.typed) {
            scripts.typed.push('\n');
            return;
        }
        let text = core::mem::take(&mut scripts.typed);
        let text = text.trim_end().to_owned();
        if text.is_empty() {
            return;
        }
        if scripts.entered.last() != Some(&text) {
            scripts.entered.push(text.clone());
        }
        let too_many = scripts.entered.len().saturating_sub(ENTERED_MAX);
        scripts.entered.drain(..too_many);
        scripts.recalled = scripts.entered.len();
        self.act_on_board(NodeAction::Type { text }, commands);
    }

    /// Brings back what was entered before or after what was brought back last.
    fn recall(&mut self, by: isize) {
        let scripts = &mut self.scripts;
        let there = scripts.recalled.saturating_add_signed(by);
        scripts.recalled = there.min(scripts.entered.len());
        let text = scripts.entered.get(scripts.recalled);
        scripts.typed = text.cloned().unwrap_or_default();
    }

    /// Puts what was typed into the world, which runs from its beginning.
    fn run_draft(&mut self, commands: &mut Vec<Command>) {
        let Some((name, text)) = self.scripts.draft.clone() else {
            return;
        };
        if self.own_text().is_none() {
            self.say(Notice::fault(Words::from(text::SCRIPT_READ_ONLY)));
            return;
        }
        let was = self.own_text();
        let edit = SandboxAction::Edit(Edit::Script(name, text));
        self.sandbox_action(edit, commands);
        // What could not be put into the world stays in the editor.
        if self.own_text() != was {
            self.scripts.draft = None;
        }
    }

    /// Shows the board of a node that is edited, by its place among the parts of the world.
    pub(super) fn show_board_of(&mut self, part: usize) {
        let Some(run) = &self.run else { return };
        let is_it = |lane: &usize| {
            self.story
                .lanes
                .get(*lane)
                .is_some_and(|it| it.node + 1 == part)
        };
        let board = run.script_lanes().iter().position(is_it);
        if board.is_some() {
            self.scripts.board = board;
            self.scripts.file = None;
            self.scripts.changes += 1;
        }
    }

    /// Shows the first board with a script to who has just made its world.
    pub(super) fn show_first_board(&mut self) {
        let lanes = self.run.as_ref().map(Run::script_lanes);
        let first = lanes.and_then(|it| self.story.lanes.get(*it.first()?));
        if let Some(part) = first.map(|lane| lane.node + 1) {
            self.show_part(part);
        }
    }

    /// The page forgets what was looked at in another run.
    pub(super) fn forget_board(&mut self) {
        self.scripts.board = None;
        self.scripts.file = None;
        self.scripts.draft = None;
        self.scripts.changes += 1;
    }

    /// Whether a board of the open world runs a script.
    #[must_use]
    pub fn has_scripts(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.boards() > 0)
    }

    /// The boards with scripts at the moment in view.
    #[must_use]
    pub fn script(&self) -> Shared<ScriptView> {
        let scripts = &self.scripts;
        let key = (
            (self.edition, self.making.slices),
            (
                self.position.step,
                self.position.shown,
                self.selected_step(),
            ),
            (scripts.changes, self.language),
        );
        self.memos.script.get(key, || {
            if self.has_scripts() {
                self.script_now()
            } else {
                ScriptView::default()
            }
        })
    }

    // By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn script_now(&self) -> ScriptView {
        let scripts = &self.scripts;
        let Some(run) = &self.run else {
            return ScriptView::default();
        };
        let chosen = scripts.board;
        let selected = self.selected_step();
        let mut view = run.script(self.language, self.position, selected, chosen);
        view.can_edit = self.own_text().is_some() && self.is_building();
        let lane = run.script_lanes().get(view.board).copied();
        let name = lane.and_then(|lane| Some(&self.story.lanes.get(lane)?.name));
        if let Some((board, draft)) = &scripts.draft
            && Some(board) == name
        {
            view.lines = code(draft);
            view.source.clone_from(draft);
            view.is_waiting = true;
            (view.now, view.by, view.by_words) = (0, 0, None);
        }
        view.typed.clone_from(&scripts.typed);
        view.file = scripts.file;
        if let Some(file) = scripts.file {
            (view.now, view.by, view.by_words) = (0, 0, None);
            match scripts.files.get(&file) {
                Some(Some(text)) => view.lines = code(text),
                Some(None) => {
                    view.lines.clear();
                    view.file_note = Some(text::SCRIPT_FILE_NOT_READ);
                }
                None => {
                    view.lines.clear();
                    view.file_note = Some(text::SCRIPT_FILE_LOADING);
                }
            }
        }
        view
    }
}
