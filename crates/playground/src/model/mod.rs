//! The page's state. Actions come in, commands come out; views are functions of the state.

mod acts;
mod board;
mod bridge;
mod class;
mod edit;
mod files;
mod filter;
mod futures;
mod go;
mod guests;
mod keep;
mod layout;
mod learn;
mod live;
mod open;
mod over;
mod palette;
mod probe;
mod running;
mod sandbox;
mod script;
pub(crate) mod stops;
mod study;
mod time;
mod tongue;
mod turn;
mod views;
mod why;

pub use files::FilesAction;
pub use filter::{FILTER_ID, FILTER_OFFER_ID, FilterAction, FilterView};
pub use layout::{EDGES, Edge, EdgeView, LanesView, LayoutAction};
pub use learn::{LessonPane, Onward};
pub use over::CoverView;
pub use palette::{PALETTE_ENTRY_ID, PALETTE_ID, PaletteAction, PaletteEntry, PaletteView};
pub use running::RunningView;
pub use stops::{Marker, STOP_ID, StopRow, StopsAction, StopsView};
pub use turn::Turn;
pub use views::{FrameView, LIST_ROW, ListBlock, ListView, PacketList, PacketRow};

use crate::action::{Action, Command, EditAction, Tab, Theme, WhyAction};
use crate::commands::is_for_view;
use crate::lesson::Course;
use crate::level::Level;
use crate::library::{self, BuiltIn};
use crate::measure::Measure;
use crate::menu::{Draft, FormKind, Target};
use crate::packet::{self, Focus};
use crate::route::Place;
use crate::run::Run;
use crate::step::step_by;
use crate::story::{Position, Story};
use crate::text::{self, Dictionary, Language, Words};
use crate::timeline::{self, SPEEDS};
use crate::vote::Votes;
use crate::work::{Origin, Work};
use device::script::Interpreter;
use over::{Cover, Kind, Layer};
use running::Goal;
use std::rc::Rc;

/// The ladder's pane, in drawing units.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pane {
    width: f64,
    height: f64,
    top: f64,
    scale: f64,
}

/// What moves without the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motion {
    /// Nothing.
    Still,
    /// The run plays.
    Playing,
    /// A packet moves to where its step shows it.
    Gliding {
        /// The time at which it stops.
        until: u64,
    },
}

/// A menu or a form that is open on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenMenu {
    target: Target,
    form: Option<FormKind>,
}

/// A state that undo or redo comes back to.
#[derive(Clone, Debug)]
struct Moment {
    work: Work,
    position: Position,
    /// What was done there.
    what: Words,
}

/// Something that the page says to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Counts what was said.
    pub number: usize,
    /// What.
    pub text: Words,
    /// Whether something went wrong.
    pub is_fault: bool,
    /// Whether it tells of something that undo takes back.
    pub can_undo: bool,
    /// Whether it tells of a newer version of the page.
    pub can_reload: bool,
}

impl Notice {
    fn news(text: impl Into<Words>) -> Self {
        Self {
            number: 0,
            text: text.into(),
            is_fault: false,
            can_undo: false,
            can_reload: false,
        }
    }

    fn fault(text: impl Into<Words>) -> Self {
        Self {
            is_fault: true,
            ..Self::news(text)
        }
    }
}

/// The page's state.
pub struct Playground {
    place: Place,
    level: Level,
    scenarios: Vec<BuiltIn>,
    /// Which of them is open: its place, and what came of it.
    scenario: usize,
    run: Option<Run>,
    making: running::Making,
    /// Counts whatever makes all views of the run anew: another run, more of it, another language.
    edition: usize,
    /// Counts the runs that were shown: what the user has in hand belongs to one of them.
    run_number: usize,
    /// What was made of the scenario: as planned first, then with each act.
    futures: Vec<Work>,
    undo: Vec<Moment>,
    redo: Vec<Moment>,
    /// What lies over the page; not what `blank` says: the dark screen comes before all of it, and leaves it as it is.
    over: over::Over,
    /// What was filled in in the forms of menus.
    draft: Draft,
    map_focus: Option<Target>,
    notice: Option<Notice>,
    notices: usize,
    /// That a newer version of the page waits is said whenever nothing else is, until it is put away.
    new_version: Option<Notice>,
    has_new_version: bool,
    /// The lesson that is open, on the run that is shown.
    course: Option<Course>,
    /// Counts what was answered: views depend on it.
    answers: usize,
    /// The hands of the class.
    votes: Votes,
    /// What is edited, and how it is shown.
    bench: sandbox::Bench,
    kept: Vec<keep::Kept>,
    /// The work that is open, as this tab and what is kept last agreed on it.
    same: Option<keep::Same>,
    /// The same, before what was asked to be kept last.
    same_before: Option<Option<keep::Same>>,
    /// What this tab has forgotten.
    forgotten: Vec<String>,
    /// What a newer page has kept, as it wrote it: kept for that page.
    newer: Vec<String>,
    /// Edition, step and draft that were kept last.
    kept_state: Option<(usize, usize, usize)>,
    /// What was looked at last to be kept, also while the page moves.
    kept_made: Option<keep::Made>,
    story: Rc<Story>,
    position: Position,
    motion: Motion,
    dwell: u64,
    reduce_motion: bool,
    speed: usize,
    /// The selected step, if it is not the one at which the page stands.
    selected: Option<usize>,
    focus: Option<Focus>,
    open_rule: Option<usize>,
    client: Option<usize>,
    unfolded: bool,
    is_list: bool,
    tab: Tab,
    theme: Theme,
    language: Language,
    /// What German has of texts that are data; empty until it was needed.
    dictionary: Dictionary,
    projector: bool,
    blank: bool,
    pane: Pane,
    arrangement: layout::Arrangement,
    asking: why::Asking,
    editing: edit::Editing,
    filtering: filter::Filtering,
    futures_place: futures::Futures,
    stops: stops::Stops,
    studying: study::Studying,
    files: files::Files,
    link: live::Link,
    board: board::Board,
    attendance: class::Attendance,
    scripts: script::Scripts,
    measure: Box<dyn Measure>,
    memos: views::Memos,
}

impl Playground {
    /// The page with the first of the built-in scenarios open. `measure` tells how wide texts are on the screen.
    #[must_use]
    pub fn new(measure: Box<dyn Measure>, theme: Theme) -> Self {
        let scenarios = library::built_in();
        let work = scenarios.first().map(Work::untouched);
        let run = work
            .clone()
            .and_then(|work| Run::begin(work, &Interpreter::default()));
        let story = run.as_ref().map(Run::shared_story).unwrap_or_default();
        Self {
            place: Place::default(),
            level: Level::default(),
            scenarios,
            scenario: 0,
            run,
            making: running::Making::default(),
            edition: 0,
            run_number: 0,
            futures: work.into_iter().collect(),
            undo: Vec::new(),
            redo: Vec::new(),
            over: over::Over::default(),
            draft: Draft::default(),
            map_focus: None,
            notice: None,
            notices: 0,
            new_version: None,
            has_new_version: false,
            course: None,
            answers: 0,
            votes: Votes::default(),
            bench: sandbox::Bench::default(),
            kept: Vec::new(),
            same: None,
            same_before: None,
            forgotten: Vec::new(),
            newer: Vec::new(),
            kept_state: None,
            kept_made: None,
            story,
            position: Position::default(),
            motion: Motion::Still,
            dwell: 0,
            reduce_motion: false,
            speed: timeline::SPEED_AT_START,
            selected: None,
            focus: None,
            open_rule: Some(0),
            client: None,
            unfolded: false,
            is_list: false,
            tab: Tab::default(),
            theme,
            language: Language::default(),
            dictionary: Dictionary::default(),
            projector: false,
            blank: false,
            pane: Pane {
                width: 712.0,
                height: 400.0,
                top: 0.0,
                scale: 1.0,
            },
            arrangement: layout::Arrangement::default(),
            asking: why::Asking::default(),
            editing: edit::Editing::default(),
            filtering: filter::Filtering::default(),
            futures_place: futures::Futures::default(),
            stops: stops::Stops::default(),
            studying: study::Studying::default(),
            files: files::Files::default(),
            link: live::Link::default(),
            board: board::Board::default(),
            attendance: class::Attendance::default(),
            scripts: script::Scripts::default(),
            measure,
            memos: views::Memos::default(),
        }
    }

    /// Does what the action says, and tells what the page has to do for it. Where time goes on, [`Playground::at`] tells the time first.
    pub fn update(&mut self, action: Action) -> Vec<Command> {
        let mut commands = Vec::new();
        let Some(action) = self.meant(action, &mut commands) else {
            return commands;
        };
        let before = self.position;
        let frame = match action {
            Action::Tick(elapsed) => Some(elapsed),
            _ => None,
        };
        let is_walk = !matches!(action, Action::Live(_) | Action::Tick(_));
        let walker = self.walker(&action);
        let had_run = self.screen().has_run();
        self.live_begin(&action);
        match action {
            action if self.waits_for_answer(&action, &mut commands) => {}
            Action::Begin(start) => self.begin(start, &mut commands),
            Action::Navigated(fragment) => self.navigated(&fragment, &mut commands),
            Action::Open(scenario) => self.visit(scenario, &mut commands),
            Action::SetLevel(level) => self.set_level(level, &mut commands),
            Action::SetLanguage(language) => {
                self.speak(language, &mut commands);
                commands.push(Command::KeepLanguage(language));
            }
            Action::Translated(language, words) => self.translated(language, words, &mut commands),
            Action::Vote(action) => self.vote(action),
            Action::Sandbox(action) => self.sandbox_action(action, &mut commands),
            Action::OpenMenu(target) => self.open_menu(target, &mut commands),
            Action::ChooseEntry(entry) => self.choose(entry, &mut commands),
            Action::FocusEntry(entry) => commands.push(Command::Focus(text::menu_item_id(entry))),
            Action::CloseMenu => {
                self.put_away(Kind::Menu, &mut commands);
            }
            Action::Fill(field, value) => self.fill(field, value),
            Action::FillQos(qos) => self.draft.qos = qos,
            Action::FillRetain(retain) => self.draft.retain = retain,
            Action::Submit => self.submit(&mut commands),
            Action::WalkMap(by) => self.walk_map(by, &mut commands),
            Action::Undo if self.has_changed_bytes() => {
                self.edit_action(EditAction::TakeBack, &mut commands);
            }
            Action::Undo => self.undo(&mut commands),
            Action::Redo => self.redo(&mut commands),
            Action::ShowFuture(future) => self.show_future(future, &mut commands),
            Action::CloseNotice => self.close_notice(),
            Action::ToggleHelp => self.toggle(Layer::Cover(Cover::Help), &mut commands),
            Action::ToggleMore => self.toggle(Layer::Cover(Cover::More), &mut commands),
            Action::Escape => self.escape(&mut commands),
            Action::Share => self.share(&mut commands),
            Action::Shared(link) => self.shared(link),
            Action::ShareFailed => self.say(Notice::fault(text::CANNOT_SHARE)),
            Action::Unpacked(text) => self.unpacked(text, Origin::Link, &mut commands),
            Action::SkipToMain => commands.push(Command::Focus(self.place.main_id().to_owned())),
            Action::StepForward => {
                self.read_answer();
                self.step_to(self.position.step + 1, &mut commands);
            }
            Action::StepBack => self.step_to(self.position.step.saturating_sub(1), &mut commands),
            Action::Restart => self.step_to(0, &mut commands),
            Action::GoToEnd => {
                self.step_to(self.newest_step(), &mut commands);
                self.head_for(Goal::End, &mut commands);
            }
            Action::StopRun => self.stop_making(&mut commands),
            Action::GoTo(step) => self.step_to(step, &mut commands),
            Action::TogglePlay => self.toggle_play(&mut commands),
            Action::SetSpeed(speed) => self.speed = speed.min(SPEEDS.len() - 1),
            Action::Tick(elapsed) => {
                self.make(elapsed, &mut commands);
                self.tick(elapsed, &mut commands);
            }
            Action::Select(step) => self.select(step),
            Action::SelectField(part) => self.select_field(part),
            Action::SelectByte(byte) => self.select_byte(byte),
            Action::MoveByte(by) => self.move_byte(by, &mut commands),
            Action::MoveField(by) => self.move_field(by, &mut commands),
            Action::ToggleRule(rule) => {
                self.open_rule = if self.open_rule == Some(rule) {
                    None
                } else {
                    Some(rule)
                }
            }
            Action::ToggleFold => self.unfolded = !self.unfolded,
            Action::ShowList(is_list) => {
                self.is_list = is_list;
                self.follow(&mut commands);
            }
            Action::ShowTab(tab) => self.tab = tab,
            Action::ShowQuestion => {
                self.tab = Tab::Explain;
                commands.push(Command::Focus(text::QUESTION_ID.to_owned()));
            }
            Action::ShowClient(client) => self.client = Some(client),
            Action::ToggleTheme => {
                self.theme = if self.theme == Theme::Light {
                    Theme::Dark
                } else {
                    Theme::Light
                };
                commands.push(Command::KeepTheme(self.theme));
                commands.push(self.appear());
            }
            Action::ToggleProjector => {
                self.projector = !self.projector;
                self.blank = false;
                // A class has hands.
                self.answers += 1;
                commands.push(self.appear());
            }
            Action::ToggleBlank => self.blank = self.projector && !self.blank,
            // What the key does has taken its place.
            Action::Key(_) => {}
            Action::Letter(letter) => {
                // In projector mode, B makes the page dark, unless it is an answer; and whoever sees nothing answers nothing.
                let is_dark = self.blank;
                if is_dark || letter == 'b' && self.projector && !self.offers(letter) {
                    self.blank = !is_dark || letter != 'b';
                } else if letter == 'y' && self.place == Place::Play {
                    self.why_action(WhyAction::ToggleFull, &mut commands);
                } else {
                    self.letter(letter);
                }
            }
            Action::Answer(option) => self.answer(option),
            Action::Commit => self.commit(&mut commands),
            Action::StepInExchange(by) => self.step_in_exchange(by, &mut commands),
            Action::Faster(by) => {
                self.speed = self.speed.saturating_add_signed(by).min(SPEEDS.len() - 1)
            }
            Action::Filter(action) => self.filter_action(action, &mut commands),
            Action::Palette(action) => self.palette_action(action, &mut commands),
            Action::Stops(action) => self.stops_action(action, &mut commands),
            Action::Files(action) => self.files_action(action, &mut commands),
            Action::Layout(action) => self.layout_action(action, &mut commands),
            Action::StepBy(unit, by) => {
                let goal = step_by(&self.story, unit, self.selected_step(), by);
                if let Some(step) = goal {
                    self.step_to(step, &mut commands);
                }
            }
            Action::Visit(fragment) => commands.push(Command::SetFragment {
                fragment,
                replace: false,
            }),
            Action::Resized {
                width,
                height,
                scale,
            } => {
                let was_shown = self.shows_now();
                self.resize(width, height, scale);
                if was_shown {
                    self.follow(&mut commands);
                }
            }
            Action::Scrolled(top) => self.pane.top = top / self.pane.scale,
            Action::HasRoomForPackets(has) => self.arrangement.has_room_for_packets = has,
            Action::ReduceMotion(reduce) => self.reduce_motion = reduce,
            Action::Why(action) => self.why_action(action, &mut commands),
            Action::NewVersion => {
                self.has_new_version = true;
                self.notices += 1;
                self.new_version = Some(Notice {
                    number: self.notices,
                    can_reload: true,
                    ..Notice::news(text::NEW_VERSION)
                });
            }
            Action::UseNewVersion => commands.push(Command::UseNewVersion),
            Action::Edit(action) => self.edit_action(action, &mut commands),
            Action::Study(action) => self.study_action(action, &mut commands),
            Action::Futures(action) => self.futures_action(action, &mut commands),
            Action::Live(action) => self.live_action(action, &mut commands),
            Action::Board(action) => self.board_action(action, &mut commands),
            Action::Script(action) => self.script_action(action, &mut commands),
            Action::Class(action) => self.class_action(action, &mut commands),
        }
        self.attend(walker, &mut commands);
        self.live_follow(is_walk && self.position.step != before.step, &mut commands);
        // The ladder of a run that goes on is long, and looked at only where it is.
        let is_looked_at = !self.is_live() || self.screen().has_run();
        if is_looked_at && (self.position != before || self.is_live() && !had_run) {
            self.follow(&mut commands);
        }
        if self.position != before {
            self.leave_what_is_gone();
        }
        // Whoever builds the lesson does not learn it.
        let is_learning = self.position != before && !self.is_building();
        if let Some(course) = self.course.as_mut().filter(|_| is_learning) {
            course.visit(self.position);
        }
        self.go_on_opening(frame, &mut commands);
        self.look_for_boards(&mut commands);
        self.foresee(frame, &mut commands);
        if self.is_running() && !self.waits_for_machines(&mut commands) {
            commands.push(Command::RequestFrame);
        }
        self.keep(&mut commands);
        commands
    }

    /// What is to be done, if anything is.
    fn meant(&mut self, action: Action, commands: &mut Vec<Command>) -> Option<Action> {
        let action = match action {
            // On a dark screen nothing else is seen either: its key brings all back.
            Action::Key(does) if self.over.is_covered() && !self.blank && is_for_view(&does) => {
                return None;
            }
            Action::Key(does) => *does,
            action => action,
        };
        Some(self.chosen_in_palette(action, commands))
    }

    /// How the page looks.
    #[must_use]
    pub const fn appear(&self) -> Command {
        Command::Appear {
            theme: self.theme,
            projector: self.projector,
        }
    }

    /// Puts away what lies on top.
    fn escape(&mut self, commands: &mut Vec<Command>) {
        if self.blank {
            self.blank = false;
        } else if self.put_away_top(commands) || self.stop_opening() {
            // That was on top, or it was being read.
        } else if self.is_editing() {
            self.edit_action(EditAction::Stop, commands);
        } else {
            self.close_notice();
        }
    }

    fn close_notice(&mut self) {
        if self.notice.take().is_none() {
            self.new_version = None;
        }
    }

    fn set_level(&mut self, level: Level, commands: &mut Vec<Command>) {
        self.level = level;
        if !level.shows(self.tab) {
            self.tab = Tab::Ladder;
        }
        commands.push(Command::KeepLevel(level));
    }

    fn select(&mut self, step: usize) {
        if step <= self.position.step {
            self.selected = (step != self.position.step).then_some(step);
            self.focus = None;
            self.open_rule = Some(0);
        }
    }

    fn select_field(&mut self, part: usize) {
        let byte = self.parts().get(part).map(|part| part.bytes.start);
        self.focus = Some(Focus {
            part: Some(part),
            byte,
        });
    }

    fn select_byte(&mut self, byte: usize) {
        self.focus = Some(packet::focus_on_byte(&self.parts(), byte));
    }

    fn move_byte(&mut self, by: isize, commands: &mut Vec<Command>) {
        let Some((_, flight)) = self.story.flight_of(self.selected_step()) else {
            return;
        };
        let length = flight.bytes.len();
        let byte = packet::next_byte(length, self.focus().byte.unwrap_or(0), by);
        self.select_byte(byte);
        commands.push(Command::FocusByte(byte));
    }

    fn move_field(&mut self, by: isize, commands: &mut Vec<Command>) {
        let last = self.parts().len().saturating_sub(1);
        let part = self
            .focus()
            .part
            .unwrap_or(0)
            .saturating_add_signed(by)
            .min(last);
        self.select_field(part);
        commands.push(Command::FocusField(part));
    }

    /// The step that is selected: the one at which the page stands, or another that has happened.
    #[must_use]
    pub fn selected_step(&self) -> usize {
        self.selected.unwrap_or(self.position.step)
    }

    /// Where the page stands.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The run that is open.
    #[must_use]
    pub fn story(&self) -> &Story {
        &self.story
    }
}
