//! The page's state. Actions come in, commands come out; views are functions of the state.

use crate::action::{Action, Command, Tab, Theme};
use crate::explain::{self, ExplainView};
use crate::ladder::{self, Layout, Scene, Window};
use crate::map;
use crate::measure::Measure;
use crate::memo::{Memo, Shared};
use crate::packet::{self, Focus, PacketView, Part};
use crate::run::{self, Run};
use crate::state::StateView;
use crate::story::{Position, Role, StepKind, Story};
use crate::text;
use crate::timeline::{self, Glyph, SPEEDS, TimelineView};
use sim::Scenario;
use std::rc::Rc;

/// A silence plays in this time, however long it was.
const SILENCE_PLAYS_MICROS: u64 = 900_000;
/// Going on by one step moves a packet for at most this long.
const GLIDE_MOST_MICROS: u64 = 600_000;
/// With less motion, playing stays this long on a step.
const DWELL_MICROS: u64 = 1_200_000;
/// A page that was hidden has not been looked at: a longer frame counts as this.
const FRAME_MOST_MICROS: u64 = 100_000;
/// The present stays this far from the edges of the ladder's pane, in drawing units.
const FOLLOW_MARGIN: f64 = 72.0;

/// Faster than this, sentences are not read out.
const READABLE_TO: (u64, u64) = (1, 5);
/// The packet list begins this many steps before the selected one.
const PACKET_ROWS_MAX: usize = 200;

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

/// What is drawn besides the views: the frame of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameView {
    /// The scenarios to choose from.
    pub scenarios: Vec<String>,
    /// What stands over them, in this order: the lesson, and how many parts it has.
    pub chapters: Vec<(String, usize)>,
    /// Which of them is open.
    pub scenario: usize,
    /// The version of the standard that is spoken.
    pub version: &'static str,
    /// Which view is shown where only one has room.
    pub tab: Tab,
    /// Whether the steps are shown as a list.
    pub is_list: bool,
    /// The theme.
    pub theme: Theme,
    /// Whether in projector mode.
    pub projector: bool,
    /// Whether the screen is dark, so that the class looks at the teacher.
    pub blank: bool,
}

/// The steps as text, as the simulator prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListView {
    /// Number, line, whether it is selected.
    pub lines: Vec<(usize, String, bool)>,
}

/// A row of the packet list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketRow {
    /// The step.
    pub step: usize,
    /// The time in seconds.
    pub time: String,
    /// From whom, to whom.
    pub ends: String,
    /// What it is.
    pub glyph: Glyph,
    /// The packet, or what else happened.
    pub title: String,
    /// How many bytes, if it is a packet.
    pub bytes: Option<usize>,
    /// Whether it is selected.
    pub is_selected: bool,
}

/// The packets that were sent, newest last; long lists begin later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketList {
    /// The rows.
    pub rows: Vec<PacketRow>,
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
    memos: Memos,
}

#[derive(Default)]
struct Memos {
    frame: Memo<(usize, Tab, bool, Theme, bool, bool), FrameView>,
    layout: Memo<(usize, usize, u64), Layout>,
    ladder_still: Memo<(Position2, DrawingKey), ladder::Still>,
    ladder_moving: Memo<(Position, DrawingKey), ladder::Moving>,
    map_still: Memo<(usize, Position2), map::Still>,
    map_moving: Memo<(usize, Position, usize), map::Moving>,
    parts: Memo<(usize, usize), Vec<Part>>,
    packet: Memo<(usize, usize, Focus), PacketView>,
    state: Memo<(usize, Position2, usize, Option<usize>), StateView>,
    explain: Memo<(usize, Position2, usize, Option<usize>), ExplainView>,
    timeline: Memo<(usize, usize, usize, bool, usize), TimelineView>,
    list: Memo<(usize, usize, usize), ListView>,
    packets: Memo<(usize, Position2, usize), PacketList>,
}

/// A position without its time: what has happened.
type Position2 = (usize, usize);
/// What the ladder looks like but for the moment: scenario, selection, fold; width and window as bits, to be compared.
type DrawingKey = ((usize, usize, usize), (u64, u64, u64));

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
            memos: Memos::default(),
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
            Action::Tick(elapsed) => self.tick(elapsed.min(FRAME_MOST_MICROS), &mut commands),
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

    /// Stands on a step. Going on by one lets its packet move there; everything else is at once.
    fn step_to(&mut self, step: usize, commands: &mut Vec<Command>) {
        let step = step.min(self.story.last_step());
        let goal = self.story.position(step);
        let is_next = step == self.position.step + 1;
        self.settle();
        self.position = goal;
        self.open_rule = Some(0);
        if let Some(current) = self
            .story
            .step(step)
            .filter(|_| is_next && !self.reduce_motion)
            && current.mark.at < goal.now
        {
            self.position = self.story.at(step, current.mark.at);
            self.motion = Motion::Gliding { until: goal.now };
            commands.push(Command::RequestFrame);
        }
    }

    /// Goes to the next or the last packet of the selected packet's exchange.
    fn step_in_exchange(&mut self, by: isize, commands: &mut Vec<Command>) {
        let flight = self
            .story
            .flight_of(self.selected_step())
            .map(|(_, flight)| flight);
        let Some(exchange) = flight
            .and_then(|it| it.exchange)
            .and_then(|it| self.story.exchanges.get(it))
        else {
            return;
        };
        let own = self.selected_step();
        let mut steps = exchange
            .flights
            .iter()
            .filter_map(|it| self.story.flights.get(*it))
            .map(|flight| flight.step);
        let goal = if by > 0 {
            steps.find(|step| *step > own)
        } else {
            steps.rfind(|step| *step < own)
        };
        if let Some(goal) = goal {
            self.step_to(goal, commands);
        }
    }

    /// Ends every motion and every selection that is not the step's own.
    fn settle(&mut self) {
        self.motion = Motion::Still;
        self.selected = None;
        self.focus = None;
        self.dwell = 0;
    }

    fn toggle_play(&mut self, commands: &mut Vec<Command>) {
        if self.motion == Motion::Playing {
            self.motion = Motion::Still;
            return;
        }
        if self.position.step >= self.story.last_step() {
            self.position = Position::default();
        }
        self.settle();
        self.motion = Motion::Playing;
        commands.push(Command::RequestFrame);
    }

    fn tick(&mut self, elapsed: u64, commands: &mut Vec<Command>) {
        match self.motion {
            Motion::Still => return,
            Motion::Gliding { until } => self.glide(elapsed, until),
            Motion::Playing if self.reduce_motion => self.dwell(elapsed),
            Motion::Playing => self.play(elapsed),
        }
        if self.motion != Motion::Still {
            commands.push(Command::RequestFrame);
        }
    }

    fn glide(&mut self, elapsed: u64, until: u64) {
        let start = self
            .story
            .step(self.position.step)
            .map_or(until, |step| step.mark.at);
        let (numerator, denominator) = SPEEDS[timeline::SPEED_AT_START];
        let by_speed = elapsed * numerator / denominator;
        let by_length = elapsed * until.saturating_sub(start) / GLIDE_MOST_MICROS;
        let now = (self.position.now + by_speed.max(by_length).max(1)).min(until);
        self.position = self.story.at(self.position.step, now);
        if now >= until {
            self.motion = Motion::Still;
        }
    }

    fn dwell(&mut self, elapsed: u64) {
        self.dwell += elapsed;
        if self.dwell >= DWELL_MICROS {
            self.dwell = 0;
            self.position = self.story.position(self.position.step + 1);
            if self.position.step >= self.story.last_step() {
                self.motion = Motion::Still;
            }
        }
    }

    /// Plays for `elapsed` microseconds of wall time. Silences are shortened, as they are in the drawing.
    fn play(&mut self, elapsed: u64) {
        let speed = SPEEDS.get(self.speed).copied().unwrap_or((1, 1));
        let now = self
            .story
            .play(self.position.now, elapsed, speed, SILENCE_PLAYS_MICROS);
        if now >= self.story.end() {
            self.position = self.story.position(self.story.last_step());
            self.motion = Motion::Still;
            return;
        }
        let step = self.story.step_at(now);
        if step != self.position.step {
            self.open_rule = Some(0);
            self.selected = None;
            self.focus = None;
        }
        self.position = self.story.at(step, now);
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

    fn resize(&mut self, width: f64, height: f64, scale: f64) {
        if width > 0.0 && height > 0.0 && scale > 0.0 {
            self.pane = Pane {
                width: width / scale,
                height: height / scale,
                top: self.pane.top,
                scale,
            };
        }
    }

    /// Keeps the present in the ladder's pane.
    fn follow(&mut self, commands: &mut Vec<Command>) {
        let now_y = self.with_scene(|scene| scene.now_y());
        let Pane { height, top, .. } = self.pane;
        let goal = if now_y < top + FOLLOW_MARGIN {
            now_y - height / 2.0
        } else if now_y > top + height - FOLLOW_MARGIN {
            now_y - height + FOLLOW_MARGIN
        } else {
            return;
        };
        let goal = goal.max(0.0);
        if (goal - top).abs() > 0.5 {
            self.pane.top = goal;
            commands.push(Command::ScrollLadder(goal * self.pane.scale));
        }
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

    /// The flight that the packet pane shows: the selected one, or the last one before it.
    fn packet_step(&self) -> usize {
        let selected = self.selected_step();
        (1..=selected.min(self.story.steps.len()))
            .rev()
            .find(|&step| self.story.flight_of(step).is_some())
            .unwrap_or(0)
    }

    fn parts(&self) -> Shared<Vec<Part>> {
        let step = self.packet_step();
        self.memos.parts.get((self.scenario, step), || {
            let flight = self.story.flight_of(step).map(|(flight, _)| flight);
            flight
                .and_then(|flight| Some(self.run.as_ref()?.parts(flight)))
                .unwrap_or_default()
        })
    }

    fn focus(&self) -> Focus {
        self.focus.unwrap_or_else(|| {
            let flight = self.story.flight_of(self.packet_step());
            flight.map_or_else(Focus::default, |(_, flight)| {
                packet::notable(flight, &self.parts())
            })
        })
    }

    /// How many steps only set the stage: connections and subscriptions before the first message.
    fn foldable(&self) -> usize {
        let steps = self.story.steps.iter();
        let stage = steps.take_while(|step| match step.kind {
            StepKind::Packet(flight) => self
                .story
                .flights
                .get(flight)
                .is_some_and(|it| matches!(it.face.role, Role::Control | Role::Subscribe)),
            _ => false,
        });
        stage.count()
    }

    fn folded(&self) -> usize {
        let foldable = self.foldable();
        if self.unfolded || foldable < 2 || self.selected_step() <= foldable {
            0
        } else {
            foldable
        }
    }

    fn layout(&self) -> Shared<Layout> {
        let folded = self.folded();
        let key = (self.scenario, folded, self.pane.width.to_bits());
        self.memos.layout.get(key, || {
            Layout::new(&self.story, self.pane.width, folded, self.measure.as_ref())
        })
    }

    /// The window moves in steps of half its height, so that scrolling redraws little.
    fn window(&self) -> Window {
        let half = (self.pane.height / 2.0).max(1.0);
        Window {
            top: (self.pane.top / half).floor() * half,
            height: self.pane.height,
        }
    }

    fn with_scene<T>(&self, look: impl FnOnce(&Scene<'_>) -> T) -> T {
        let layout = self.layout();
        look(&Scene {
            story: &self.story,
            layout: &layout,
            position: self.position,
            selected: self.selected_step(),
            folded: self.folded(),
            foldable: self.foldable(),
            window: self.window(),
            measure: self.measure.as_ref(),
        })
    }

    fn drawing_key(&self) -> DrawingKey {
        let window = self.window();
        let sizes = (
            self.pane.width.to_bits(),
            window.top.to_bits(),
            window.height.to_bits(),
        );
        ((self.scenario, self.selected_step(), self.folded()), sizes)
    }

    const fn happened(&self) -> Position2 {
        (self.position.step, self.position.shown)
    }

    /// The frame of the page.
    #[must_use]
    pub fn frame(&self) -> Shared<FrameView> {
        self.memos.frame.get(
            (
                self.scenario,
                self.tab,
                self.is_list,
                self.theme,
                self.projector,
                self.blank,
            ),
            || FrameView {
                scenarios: self
                    .scenarios
                    .iter()
                    .map(|(_, it)| it.title.clone())
                    .collect(),
                chapters: self
                    .scenarios
                    .chunk_by(|(one, _), (next, _)| one == next)
                    .filter_map(|those| Some((those.first()?.0.clone(), those.len())))
                    .collect(),
                scenario: self.scenario,
                version: self.run.as_ref().map_or("", |run| run.version()),
                tab: self.tab,
                is_list: self.is_list,
                theme: self.theme,
                projector: self.projector,
                blank: self.blank,
            },
        )
    }

    /// What stands still in the ladder.
    #[must_use]
    pub fn ladder_still(&self) -> Shared<ladder::Still> {
        let key = (self.happened(), self.drawing_key());
        self.memos
            .ladder_still
            .get(key, || self.with_scene(|scene| scene.still()))
    }

    /// What moves in the ladder.
    #[must_use]
    pub fn ladder_moving(&self) -> Shared<ladder::Moving> {
        let key = (self.position, self.drawing_key());
        self.memos
            .ladder_moving
            .get(key, || self.with_scene(|scene| scene.moving()))
    }

    /// What stands still on the map.
    #[must_use]
    pub fn map_still(&self) -> Shared<map::Still> {
        self.memos
            .map_still
            .get((self.scenario, self.happened()), || {
                map::still(&self.story, self.position, self.measure.as_ref())
            })
    }

    /// What moves on the map.
    #[must_use]
    pub fn map_moving(&self) -> Shared<map::Moving> {
        let key = (self.scenario, self.position, self.selected_step());
        self.memos.map_moving.get(key, || {
            map::moving(&self.story, self.position, self.selected_step())
        })
    }

    /// The selected packet.
    #[must_use]
    pub fn packet(&self) -> Shared<PacketView> {
        let (step, focus) = (self.packet_step(), self.focus());
        self.memos.packet.get((self.scenario, step, focus), || {
            let flight = self.story.flight_of(step);
            flight.map_or_else(PacketView::default, |(_, flight)| {
                packet::view(flight, &self.parts(), focus)
            })
        })
    }

    /// What the broker keeps.
    #[must_use]
    pub fn state(&self) -> Shared<StateView> {
        let key = (
            self.scenario,
            self.happened(),
            self.selected_step(),
            self.client,
        );
        self.memos.state.get(key, || {
            let run = self.run.as_ref();
            run.map_or_else(StateView::default, |run| {
                run.state(self.position, self.selected_step(), self.client)
            })
        })
    }

    /// What happens now, and why.
    #[must_use]
    pub fn explain(&self) -> Shared<ExplainView> {
        self.memos.explain.get(
            (
                self.scenario,
                self.happened(),
                self.selected_step(),
                self.open_rule,
            ),
            || {
                let about = self.run.as_ref().map_or("", |run| run.about());
                explain::view(
                    &self.story,
                    about,
                    self.position,
                    self.selected_step(),
                    self.open_rule,
                )
            },
        )
    }

    /// The timeline.
    #[must_use]
    pub fn timeline(&self) -> Shared<TimelineView> {
        let is_playing = self.motion == Motion::Playing;
        let key = (
            self.scenario,
            self.position.step,
            self.selected_step(),
            is_playing,
            self.speed,
        );
        self.memos.timeline.get(key, || {
            timeline::view(
                &self.story,
                self.position,
                self.selected_step(),
                is_playing,
                self.speed,
            )
        })
    }

    /// The time, as written under the place: it changes with every frame, so it is not part of the timeline.
    #[must_use]
    pub fn clock(&self) -> String {
        text::clock_line(self.position.now, self.motion == Motion::Playing)
    }

    /// Whether the sentence changes too fast to be read out.
    #[must_use]
    pub fn is_too_fast_to_read(&self) -> bool {
        let (numerator, denominator) = SPEEDS.get(self.speed).copied().unwrap_or((1, 1));
        self.motion == Motion::Playing && numerator * READABLE_TO.1 > denominator * READABLE_TO.0
    }

    /// The steps as text.
    #[must_use]
    pub fn list(&self) -> Shared<ListView> {
        let selected = self.selected_step();
        self.memos
            .list
            .get((self.scenario, self.position.step, selected), || {
                let steps = self.story.steps.iter().zip(1..).take(self.position.step);
                ListView {
                    lines: steps
                        .map(|(step, number)| (number, step.line.clone(), number == selected))
                        .collect(),
                }
            })
    }

    /// The packets as a table.
    #[must_use]
    pub fn packets(&self) -> Shared<PacketList> {
        let selected = self.selected_step();
        self.memos
            .packets
            .get((self.scenario, self.happened(), selected), || {
                let first = (selected + 1).saturating_sub(PACKET_ROWS_MAX).max(1);
                let steps = first..=self.position.step.min(self.story.steps.len());
                PacketList {
                    rows: steps
                        .filter_map(|step| self.packet_row(step, selected))
                        .collect(),
                }
            })
    }

    fn packet_row(&self, number: usize, selected: usize) -> Option<PacketRow> {
        let story = &self.story;
        let step = story.step(number)?;
        let flight = story.flight_of(number).map(|(_, flight)| flight);
        Some(PacketRow {
            step: number,
            time: text::clock(step.mark.at),
            ends: text::row_ends(story, step, flight),
            glyph: timeline::glyph(story, number),
            title: text::row_title(story, step, flight, self.position),
            bytes: flight.map(|flight| flight.bytes.len()),
            is_selected: number == selected,
        })
    }
}
