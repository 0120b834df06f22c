//! Boards with scripts: who runs them, which is looked at, and what is typed into one.

use super::{Notice, Playground};
use crate::action::Command;
use crate::memo::Shared;
use crate::run::Run;
use crate::sandbox::{BoardEdit, Edit, MAIN, SandboxAction};
use crate::script::{
    BOARDS_MAX, BoardFile, BoardSeen, FILE_NAME_ID, LIBRARY, ScriptAction, ScriptCommand,
    ScriptView, TYPED_MAX_BYTES, boards, code, is_unfinished,
};
use crate::text::{self, Language, Words};
use crate::work::Work;
use device::script::wire::NOT_BUILT;
use device::script::{Interpreter, not_a_file_name};
use mqtt_proto::Duration;
use sim::scenario::{Action as Act, NodeAction, limits};
use std::collections::BTreeMap;

/// A board that is reset is off for so long.
const RESET: Duration = Duration::from_millis(100);

/// So much of what was entered at prompts is kept.
const ENTERED_MAX: usize = 100;

/// A draft that is longer is not kept for the next visit: no board has room for it.
const DRAFT_MAX_BYTES: usize = 2 * limits::SCRIPT_MAX_BYTES;

/// What was typed into a file and has not been run.
#[derive(Clone, Debug)]
struct Typed {
    text: String,
    /// On an earlier visit.
    is_from_before: bool,
}

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
    /// The file that was chosen, and the step that was looked at then.
    file: Option<(BoardFile, usize)>,
    /// The libraries that have come, or could not.
    libraries: BTreeMap<usize, Option<String>>,
    /// What was typed and has not been run, by the board and the file of the world that is open.
    drafts: BTreeMap<(String, String), Typed>,
    /// Counts the changes of those.
    typings: usize,
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
                self.show_file(file);
                if let BoardFile::Library(file) = file
                    && file < LIBRARY.len()
                    && !matches!(self.scripts.libraries.get(&file), Some(Some(_)))
                {
                    commands.push(Command::Script(ScriptCommand::Read(file)));
                }
            }
            ScriptAction::Hold(board, file) => {
                if self.script().can_edit {
                    self.scripts.board = Some(board);
                    self.show_file(file);
                }
            }
            ScriptAction::AddFile => self.add_file(commands),
            ScriptAction::RenameFile(name) => self.rename_file(&name, commands),
            ScriptAction::RemoveFile => self.remove_file(commands),
            ScriptAction::Read(file, text) => {
                self.scripts.libraries.insert(file, text);
            }
            ScriptAction::Type(text) => self.type_program(text),
            ScriptAction::Run => {
                self.run_drafts(commands);
            }
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

    fn show_file(&mut self, file: BoardFile) {
        self.scripts.file = Some((file, self.selected_step()));
    }

    /// The files of a board as the world has them: their names and texts, its script first.
    fn files_of(&self, board: &str) -> Vec<(String, String)> {
        let nodes = self.run.iter().flat_map(|run| &run.work().scenario.nodes);
        let mut nodes = nodes.filter(|node| node.name == board);
        let Some((script, kind)) = nodes.find_map(|it| Some((it.kind.script()?, &it.kind))) else {
            return Vec::new();
        };
        let main = (MAIN.to_owned(), script.to_owned());
        let files = kind.script_files().iter();
        let files = files.map(|it| (it.name.clone(), it.text.clone()));
        [main].into_iter().chain(files).collect()
    }

    /// The first file with something that was typed and not run, of the board that was chosen or of the first that has one.
    fn typed_file(&self) -> Option<(usize, BoardFile)> {
        let lanes = self.run.as_ref()?.script_lanes();
        let name = |lane: &usize| Some(self.story.lanes.get(*lane)?.name.as_str());
        let typed = self.scripts.drafts.keys().filter_map(|(of, file)| {
            let board = lanes.iter().position(|lane| name(lane) == Some(of))?;
            let is_shown = self.scripts.board.is_none_or(|it| it == board);
            let files = self.files_of(of);
            let place = files.iter().position(|(name, _)| name == file)?;
            is_shown.then_some((board, place))
        });
        let (board, place) = typed.min()?;
        Some((board, BoardFile::Own(place)))
    }

    /// The board that is shown, and the file of its own.
    fn file_in_hand(&self) -> Option<(String, String)> {
        let name = self.script().own_name()?.to_owned();
        Some((self.board_name()?, name))
    }

    fn type_program(&mut self, text: String) {
        let Some(key) = self.file_in_hand() else {
            return;
        };
        // What follows is typed into the same file, wherever the run goes meanwhile.
        let view = self.script();
        self.scripts.board = Some(view.board);
        self.show_file(view.file);
        let is_from_before = false;
        self.scripts.typings += 1;
        self.scripts.drafts.insert(
            key,
            Typed {
                text,
                is_from_before,
            },
        );
    }

    /// Changes the files of the board that is shown. Whether that is done.
    fn edit_board(&mut self, board: String, edit: BoardEdit, commands: &mut Vec<Command>) -> bool {
        let was = self.own_text();
        if was.is_none() {
            self.say(Notice::fault(Words::from(text::SCRIPT_READ_ONLY)));
            return false;
        }
        let edit = SandboxAction::Edit(Edit::Board(board, edit));
        self.sandbox_action(edit, commands);
        self.own_text() != was
    }

    /// Puts what was typed into the world, which runs from its beginning. Whether nothing is left to be put there.
    fn run_drafts(&mut self, commands: &mut Vec<Command>) -> bool {
        let Some(board) = self.board_name() else {
            return false;
        };
        let drafts = self.scripts.drafts.iter();
        let of_board = drafts.filter(|((of, _), _)| *of == board);
        let texts: Vec<(String, String)> = of_board
            .map(|((_, file), typed)| (file.clone(), typed.text.clone()))
            .collect();
        if texts.is_empty() {
            return true;
        }
        self.edit_board(board.clone(), BoardEdit::Texts(texts), commands);
        // What could not be put into the world stays in the editor.
        let files = self.files_of(&board);
        let is_there = |file: &str, typed: &Typed| {
            let lines = |text: &str| -> Vec<String> {
                let lines = text.lines().map(|line| line.trim_end().to_owned());
                lines.collect()
            };
            let mut files = files.iter();
            files.any(|(name, text)| name == file && lines(text) == lines(&typed.text))
        };
        self.scripts.typings += 1;
        let drafts = &mut self.scripts.drafts;
        drafts.retain(|(of, file), typed| *of != board || !is_there(file, typed));
        !drafts.keys().any(|(of, _)| *of == board)
    }

    fn add_file(&mut self, commands: &mut Vec<Command>) {
        let Some(board) = self.board_name().filter(|_| self.run_drafts(commands)) else {
            return;
        };
        let files = self.files_of(&board);
        if files.len() > limits::SCRIPT_FILES_MAX {
            self.say(Notice::fault(Words::from(text::SCRIPT_FILES_FULL)));
            return;
        }
        let others = (2..).map(|number| format!("module{number}.py"));
        let names = ["boot.py", "module.py"].map(str::to_owned);
        let is_free = |name: &String| files.iter().all(|(it, _)| it != name);
        let name = names.into_iter().chain(others).find(is_free);
        if self.edit_board(board, BoardEdit::Add(name.unwrap_or_default()), commands) {
            self.show_file(BoardFile::Own(files.len()));
            commands.push(Command::Focus(FILE_NAME_ID.to_owned()));
        }
    }

    fn rename_file(&mut self, name: &str, commands: &mut Vec<Command>) {
        let name = name.trim();
        let Some((board, old)) = self.file_in_hand().filter(|(_, old)| old != name) else {
            return;
        };
        let shown = self.script().file;
        let is_taken = self.files_of(&board).iter().any(|(it, _)| it == name);
        if old == MAIN || is_taken || not_a_file_name(name).is_some() {
            self.say(Notice::fault(Words::from(text::SCRIPT_FILE_NAME_BAD)));
        } else if self.run_drafts(commands) {
            self.edit_board(board, BoardEdit::Rename(old, name.to_owned()), commands);
            self.show_file(shown);
        }
    }

    fn remove_file(&mut self, commands: &mut Vec<Command>) {
        // With what was typed, so that it can be brought back.
        if let Some((board, file)) = self.file_in_hand().filter(|(_, file)| file != MAIN)
            && self.run_drafts(commands)
            && self.edit_board(board, BoardEdit::Remove(file), commands)
        {
            self.show_file(BoardFile::Own(0));
        }
    }

    /// What was typed into the boards of the world that is open and has not been run: a name to keep it by, and the text.
    pub(super) fn typed_drafts(&self, world: &str) -> Vec<(String, String)> {
        let drafts = self.scripts.drafts.iter();
        let drafts = drafts.filter(|(_, typed)| typed.text.len() <= DRAFT_MAX_BYTES);
        drafts
            .map(|((board, file), typed)| (format!("{world} {board}/{file}"), typed.text.clone()))
            .collect()
    }

    /// Takes up again what was typed on an earlier visit, as far as the world still has the files for it.
    pub(super) fn take_up_typed(&mut self, world: &str) {
        for (of, text) in &self.files.drafts {
            let key = of.strip_prefix(world).and_then(|it| it.strip_prefix(' '));
            let Some((board, file)) = key.and_then(|it| it.split_once('/')) else {
                continue;
            };
            if !self.files_of(board).iter().any(|(name, _)| name == file) {
                continue;
            }
            let typed = Typed {
                text: text.clone(),
                is_from_before: true,
            };
            let key = (board.to_owned(), file.to_owned());
            self.scripts.drafts.insert(key, typed);
            self.scripts.changes += 1;
        }
    }

    /// Counts what is typed.
    pub(super) const fn typings(&self) -> usize {
        self.scripts.typings
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
        self.scripts.drafts.clear();
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
        let selected = self.selected_step();
        let can_edit = self.own_text().is_some() && self.is_building();
        // Whoever walks through a run sees the file in which something is done.
        let stays = |(file, step): &(BoardFile, usize)| {
            can_edit || *step == selected || matches!(file, BoardFile::Library(_))
        };
        let file = scripts.file.filter(stays).map(|it| it.0);
        // Nor is a file left by itself into which something was typed, on an earlier visit.
        let typed = if can_edit && file.is_none() {
            self.typed_file()
        } else {
            None
        };
        let chosen = match typed {
            Some((board, typed)) => (Some(board), Some(typed)),
            None => (scripts.board, file),
        };
        let BoardSeen { mut view, texts } =
            run.script(self.language, self.position, selected, chosen);
        view.can_edit = can_edit;
        view.typed.clone_from(&scripts.typed);
        let board = view.boards.get(view.board).cloned().unwrap_or_default();
        let lane = run.script_lanes().get(view.board).copied();
        let name = lane.and_then(|lane| Some(self.story.lanes.get(lane)?.name.clone()));
        let name = name.unwrap_or(board);
        let draft = |file: &str| scripts.drafts.get(&(name.clone(), file.to_owned()));
        for file in &mut view.own {
            let typed = draft(&file.name);
            file.is_waiting = typed.is_some();
            view.is_waiting |= typed.is_some();
            view.is_from_before |= typed.is_some_and(|it| it.is_from_before);
        }
        match view.file {
            BoardFile::Own(file) => {
                let Some((file, text)) = texts.get(file).or(texts.first()) else {
                    return view;
                };
                let typed = draft(file).map(|it| it.text.as_str());
                if typed.is_some() {
                    (view.now, view.by, view.by_words) = (0, 0, None);
                }
                view.source = typed.unwrap_or(text).to_owned();
                view.lines = code(&view.source);
            }
            BoardFile::Library(file) => match scripts.libraries.get(&file) {
                Some(Some(text)) => view.lines = code(text),
                Some(None) => view.file_note = Some(text::SCRIPT_FILE_NOT_READ),
                None => view.file_note = Some(text::SCRIPT_FILE_LOADING),
            },
        }
        view
    }
}
