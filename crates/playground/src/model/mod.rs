//! The page's state. Actions come in, commands come out; views are functions of the state.

mod time;
mod views;

pub use views::{FrameView, ListView, PacketList, PacketRow};

use crate::action::{Action, Command, Tab, Theme};
use crate::measure::Measure;
use crate::packet::{self, Focus};
use crate::run::{self, Run};
use crate::story::{Position, Story};
use crate::text;
use crate::timeline::{self, SPEEDS};
use sim::Scenario;
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

/// The page's state.
pub struct Playground {
    scenarios: Vec<(String, Rc<Scenario>)>,
    /// Which of them is open: its place, and what came of it.
    scenario: usize,
    run: Option<Run>,
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
    projector: bool,
    blank: bool,
    pane: Pane,
    measure: Box<dyn Measure>,
    memos: views::Memos,
}

impl Playground {
    /// The page with the first of the built-in scenarios open. `measure` tells how wide texts are on the screen.
    #[must_use]
    pub fn new(measure: Box<dyn Measure>, theme: Theme) -> Self {
        let scenarios = run::built_in();
        let run = scenarios.first().and_then(|(_, it)| Run::of(it));
        let story = run.as_ref().map(Run::story).unwrap_or_default();
        Self {
            scenarios,
            scenario: 0,
            run,
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
            projector: false,
            blank: false,
            pane: Pane {
                width: 712.0,
                height: 400.0,
                top: 0.0,
                scale: 1.0,
            },
            measure,
            memos: views::Memos::default(),
        }
    }

    /// Does what the action says, and tells what the page has to do for it.
    pub fn update(&mut self, action: Action) -> Vec<Command> {
        let mut commands = Vec::new();
        let before = self.position;
        match action {
            Action::Open(scenario) => self.open(scenario, &mut commands),
            Action::StepForward => self.step_to(self.position.step + 1, &mut commands),
            Action::StepBack => self.step_to(self.position.step.saturating_sub(1), &mut commands),
            Action::Restart => self.step_to(0, &mut commands),
            Action::GoToEnd => self.step_to(self.story.last_step(), &mut commands),
            Action::GoTo(step) => self.step_to(step, &mut commands),
            Action::TogglePlay => self.toggle_play(&mut commands),
            Action::SetSpeed(speed) => self.speed = speed.min(SPEEDS.len() - 1),
            Action::Tick(elapsed) => self.tick(elapsed, &mut commands),
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
            Action::ShowList(is_list) => self.is_list = is_list,
            Action::ShowTab(tab) => self.tab = tab,
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
                commands.push(self.appear());
            }
            Action::ToggleBlank => self.blank = self.projector && !self.blank,
            Action::StepInExchange(by) => self.step_in_exchange(by, &mut commands),
            Action::Faster(by) => {
                self.speed = self.speed.saturating_add_signed(by).min(SPEEDS.len() - 1)
            }
            Action::Resized {
                width,
                height,
                scale,
            } => self.resize(width, height, scale),
            Action::Scrolled(top) => self.pane.top = top / self.pane.scale,
            Action::ReduceMotion(reduce) => self.reduce_motion = reduce,
        }
        if self.position != before {
            self.follow(&mut commands);
        }
        commands
    }

    /// How the page looks.
    #[must_use]
    pub const fn appear(&self) -> Command {
        Command::Appear {
            theme: self.theme,
            projector: self.projector,
        }
    }

    fn open(&mut self, scenario: usize, commands: &mut Vec<Command>) {
        let Some(run) = self.scenarios.get(scenario).and_then(|(_, it)| Run::of(it)) else {
            return;
        };
        commands.push(Command::SetTitle(text::page_title(run.title())));
        self.story = run.story();
        self.scenario = scenario;
        self.run = Some(run);
        self.client = None;
        self.unfolded = false;
        self.step_to(0, commands);
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
