//! The views: functions of the state, computed once for each state that they depend on.

use super::layout::{EDGES, EdgeView};
use super::{LessonPane, Motion, Notice, Playground};
use crate::action::{Tab, Theme};
use crate::explain::{self, ExplainView};
use crate::ladder::{self, Layout, Scene, Window};
use crate::level::Level;
use crate::map;
use crate::memo::{Memo, Shared};
use crate::menu::Target;
use crate::packet::{self, Focus, PacketView, Part};
use crate::payload::{shown, shown_lines};
use crate::route::{PLACES, Place, Screen};
use crate::sandbox::SandboxView;
use crate::state::StateView;
use crate::story::Position;
use crate::text::{self, Language};
use crate::timeline::{self, Glyph, SPEEDS, TimelineView};
use crate::why::WhyView;

/// Faster than this, sentences are not read out.
const READABLE_TO: (u64, u64) = (1, 5);
/// A longer title is cut.
pub(super) const TITLE_MAX_CHARS: usize = 120;
/// A longer line of what a scenario is about is cut.
pub(super) const ABOUT_MAX_CHARS: usize = 2000;
/// The packet list begins this many steps before the selected one.
const PACKET_ROWS_MAX: usize = 200;
/// The list of steps holds so many of them.
const LIST_ROWS_MAX: usize = 1000;

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
    /// Which view is the page's main landmark: one that can be seen wherever there is room for only one.
    pub main: Tab,
    /// Whether the steps are shown as a list.
    pub is_list: bool,
    /// The theme.
    pub theme: Theme,
    /// Whether in projector mode.
    pub projector: bool,
    /// Whether the screen is dark, so that the class looks at the teacher.
    pub blank: bool,
    /// Where the user is.
    pub place: Place,
    /// What is drawn there.
    pub screen: Screen,
    /// The places of the rail, each with the fragment that leads there.
    pub rail: Vec<(Place, String)>,
    /// What stands before the title: the lesson.
    pub crumb: String,
    /// How much is shown.
    pub level: Level,
    /// What undo takes back, if there is something.
    pub undo: Option<String>,
    /// What redo does again, if there is something.
    pub redo: Option<String>,
    /// The futures that were made; the first is as planned.
    pub futures: Vec<String>,
    /// Which of them is shown.
    pub future: usize,
    /// Whether the keys are shown.
    pub is_help: bool,
    /// Whether what is behind "More" is shown.
    pub is_more: bool,
    /// The splitters.
    pub edges: [EdgeView; EDGES.len()],
    /// What the page speaks.
    pub language: Language,
}

/// What the frame depends on.
#[derive(PartialEq)]
struct FrameKey {
    edition: usize,
    place: Place,
    level: Level,
    tab: Tab,
    is_list: bool,
    theme: Theme,
    projector: (bool, bool),
    is_help: bool,
    arrangement: (bool, [Option<i32>; EDGES.len()]),
    language: Language,
    is_building: bool,
    changes: (usize, usize, usize),
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

/// The last views.
#[derive(Default)]
pub(super) struct Memos {
    frame: Memo<FrameKey, FrameView>,
    /// Folded and unfolded.
    layouts: [Memo<LayoutKey, Layout>; 2],
    ladder_still: Memo<(Position2, DrawingKey), ladder::Still>,
    ladder_moving: Memo<(Position, DrawingKey), ladder::Moving>,
    map_still: Memo<(usize, Position2, Target, u32), map::Still>,
    map_moving: Memo<(usize, Position, usize, Target), map::Moving>,
    parts: Memo<(usize, usize, Option<bytes::Bytes>), Vec<Part>>,
    packet: Memo<(usize, usize, Focus, super::edit::Changes), PacketView>,
    state: Memo<(usize, Position2, usize, Option<usize>), StateView>,
    pub(super) study: Memo<super::study::StudyKey, crate::study::StudyView>,
    pub(super) why: Memo<(super::why::WhyKey, Language), WhyView>,
    explain: Memo<(usize, Position2, usize, Option<usize>), ExplainView>,
    timeline: Memo<(usize, usize, usize, bool, usize), TimelineView>,
    pub(super) lesson: Memo<(usize, usize, usize), LessonPane>,
    list: Memo<(usize, usize, usize, usize), ListView>,
    packets: Memo<(usize, Position2, usize, usize), PacketList>,
    pub(super) matching: Memo<(usize, usize), Vec<bool>>,
    pub(super) stopping: Memo<(usize, usize), Vec<Option<usize>>>,
    pub(super) sandbox: Memo<(usize, usize, Language), SandboxView>,
}

/// What the places in the ladder depend on: run and lanes, how much is folded, the width as bits, to be compared.
type LayoutKey = ((usize, usize), usize, u64);
/// A position without its time: what has happened.
type Position2 = (usize, usize);
/// What the ladder looks like but for the moment: scenario, selection, fold; width and window as bits, to be compared.
type DrawingKey = ((usize, usize, usize), (u64, u64, u64), usize);

impl Playground {
    /// The flight that the packet pane shows: the selected one, or the last one before it.
    pub(super) fn packet_step(&self) -> usize {
        let selected = self.selected_step();
        (1..=selected.min(self.story.steps.len()))
            .rev()
            .find(|&step| self.story.flight_of(step).is_some())
            .unwrap_or(0)
    }

    pub(super) fn parts(&self) -> Shared<Vec<Part>> {
        let step = self.packet_step();
        let edited = self.edited_bytes();
        let key = (self.edition, step, edited.clone());
        self.memos.parts.get(key, || {
            let flight = self.story.flight_of(step).map(|(flight, _)| flight);
            flight
                .and_then(|flight| Some(self.run.as_ref()?.parts(flight, edited.as_ref())))
                .unwrap_or_default()
        })
    }

    pub(super) fn focus(&self) -> Focus {
        self.focus.unwrap_or_else(|| {
            let flight = self.story.flight_of(self.packet_step());
            flight.map_or_else(Focus::default, |(_, flight)| {
                packet::notable(flight, &self.parts())
            })
        })
    }

    fn foldable(&self) -> usize {
        crate::futures::foldable(&self.story)
    }

    fn folded(&self) -> usize {
        let foldable = self.foldable();
        if self.unfolded || foldable < 2 || self.selected_step() <= foldable {
            0
        } else {
            foldable
        }
    }

    pub(super) fn layout(&self) -> Shared<Layout> {
        let folded = self.folded();
        let key = (
            (self.edition, self.arrangement.lanes.edition()),
            folded,
            self.pane.width.to_bits(),
        );
        let [whole, with_fold] = &self.memos.layouts;
        let layouts = if folded == 0 { whole } else { with_fold };
        layouts.get(key, || {
            Layout::new(
                self.language,
                &self.story,
                &self.arrangement.lanes,
                self.pane.width,
                folded,
                self.measure.as_ref(),
            )
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

    pub(super) fn with_scene<T>(&self, look: impl FnOnce(&Scene<'_>) -> T) -> T {
        let layout = self.layout();
        look(&Scene {
            language: self.language,
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
        let lanes = self.arrangement.lanes.edition();
        (
            (self.edition, self.selected_step(), self.folded()),
            sizes,
            lanes,
        )
    }

    const fn happened(&self) -> Position2 {
        (self.position.step, self.position.shown)
    }

    /// The frame of the page.
    #[must_use]
    pub fn frame(&self) -> Shared<FrameView> {
        self.memos.frame.get(
            FrameKey {
                edition: self.edition,
                place: self.place,
                level: self.level,
                tab: self.tab,
                is_list: self.is_list,
                theme: self.theme,
                projector: (self.projector, self.blank),
                is_help: self.is_help,
                arrangement: (self.arrangement.is_more, self.arrangement.sizes),
                language: self.language,
                is_building: self.is_building(),
                changes: (self.undo.len(), self.redo.len(), self.futures.len()),
            },
            || FrameView {
                scenarios: self
                    .scenarios
                    .iter()
                    .map(|it| shown(self.voice().data(&it.scenario.title), TITLE_MAX_CHARS))
                    .collect(),
                chapters: self
                    .scenarios
                    .chunk_by(|one, next| one.shelf() == next.shelf())
                    .filter_map(|those| Some((those.first()?.chapter(self.voice()), those.len())))
                    .collect(),
                scenario: self.scenario,
                version: self.run.as_ref().map_or("", |run| run.version()),
                tab: self.tab,
                main: if self.projector {
                    Tab::Ladder
                } else {
                    self.tab
                },
                is_list: self.is_list,
                theme: self.theme,
                projector: self.projector,
                blank: self.blank,
                place: self.place,
                screen: self.screen(),
                rail: PLACES.map(|place| (place, self.way_to(place))).to_vec(),
                crumb: match self.lesson() {
                    _ if self.shows_capture() => text::CAPTURE_CRUMB.to(self.language).to_owned(),
                    _ if self.own_text().is_some() => text::own_crumb(self.language),
                    None => text::BRAND_CRUMB.to_owned(),
                    Some(pane) => text::lesson_crumb(self.language, &pane.lesson.label),
                },
                level: self.level,
                undo: self
                    .undo
                    .last()
                    .map(|it| it.what.to(self.language).to_owned()),
                redo: self
                    .redo
                    .last()
                    .map(|it| it.what.to(self.language).to_owned()),
                futures: (0..)
                    .zip(&self.futures)
                    .map(|(number, work)| text::future(self.language, number, work))
                    .collect(),
                future: self.future(),
                is_help: self.is_help,
                is_more: self.arrangement.is_more,
                edges: EDGES.map(|edge| self.edge(edge)),
                language: self.language,
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
        let focus = self.map_focus();
        self.memos.map_still.get(
            (self.edition, self.happened(), focus, self.bench.zoom),
            || {
                let run = self.run.as_ref();
                let looks = run.map_or_else(Vec::new, |run| run.looks(self.position));
                let measure = self.measure.as_ref();
                map::still(
                    self.language,
                    &self.story,
                    self.position,
                    looks,
                    measure,
                    focus,
                )
                .zoomed(self.bench.zoom)
            },
        )
    }

    /// What moves on the map.
    #[must_use]
    pub fn map_moving(&self) -> Shared<map::Moving> {
        let focus = self.map_focus();
        let key = (self.edition, self.position, self.selected_step(), focus);
        self.memos.map_moving.get(key, || {
            map::moving(
                self.language,
                &self.story,
                self.position,
                self.selected_step(),
                focus,
            )
        })
    }

    /// The selected packet.
    #[must_use]
    pub fn packet(&self) -> Shared<PacketView> {
        let (step, focus) = (self.packet_step(), self.focus());
        let key = (self.edition, step, focus, self.changes());
        self.memos.packet.get(key, || {
            let flight = self.story.flight_of(step);
            flight.map_or_else(PacketView::default, |(_, flight)| {
                self.packet_view(flight, focus)
            })
        })
    }

    /// What the broker keeps.
    #[must_use]
    pub fn state(&self) -> Shared<StateView> {
        let key = (
            self.edition,
            self.happened(),
            self.selected_step(),
            self.client,
        );
        self.memos.state.get(key, || {
            let run = self.run.as_ref();
            run.map_or_else(StateView::default, |run| {
                run.state(
                    self.language,
                    self.position,
                    self.selected_step(),
                    self.client,
                )
            })
        })
    }

    /// What happens now, and why.
    #[must_use]
    pub fn explain(&self) -> Shared<ExplainView> {
        self.memos.explain.get(
            (
                self.edition,
                self.happened(),
                self.selected_step(),
                self.open_rule,
            ),
            || {
                let voice = self.voice();
                let about = self.run.as_ref();
                let about = about.map_or_else(String::new, |run| run.about(self.language));
                let mut view = explain::view(
                    self.language,
                    &self.story,
                    &shown_lines(voice.data(&about), ABOUT_MAX_CHARS),
                    self.position,
                    self.selected_step(),
                    self.open_rule,
                );
                for rule in &mut view.rules {
                    rule.gist = voice.data(&rule.gist).to_owned().into();
                }
                view
            },
        )
    }

    /// The timeline.
    #[must_use]
    pub fn timeline(&self) -> Shared<TimelineView> {
        let is_playing = self.motion == Motion::Playing;
        let key = (
            self.edition,
            self.position.step,
            self.selected_step(),
            is_playing,
            self.speed,
        );
        self.memos.timeline.get(key, || {
            timeline::view(
                self.language,
                &self.story,
                self.position,
                self.selected_step(),
                is_playing,
                self.speed,
            )
        })
    }

    /// What the page says to the user, if it does.
    #[must_use]
    pub const fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// The time, as written under the place: it changes with every frame, so it is not part of the timeline.
    #[must_use]
    pub fn clock(&self) -> String {
        text::clock_line(
            self.language,
            self.position.now,
            self.motion == Motion::Playing,
        )
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
        let filter = self.filter_edition();
        let key = (self.edition, self.position.step, selected, filter);
        self.memos.list.get(key, || {
            let matching = self.matching();
            let shown: Vec<usize> = (1..=self.position.step.min(self.story.steps.len()))
                .filter(|step| !Self::is_left_out(matching.as_ref(), *step))
                .collect();
            // Around what is selected: selecting the first or the last of these leads on to what is left out.
            let behind = shown.partition_point(|step| *step <= selected) + LIST_ROWS_MAX / 2;
            let behind = behind.min(shown.len());
            let first = behind.saturating_sub(LIST_ROWS_MAX);
            let lines = shown.get(first..behind).unwrap_or_default();
            let line = |step| text::list_line(self.language, &self.story, step);
            ListView {
                lines: lines
                    .iter()
                    .map(|&step| (step, line(step), step == selected))
                    .collect(),
            }
        })
    }

    /// The packets as a table.
    #[must_use]
    pub fn packets(&self) -> Shared<PacketList> {
        let selected = self.selected_step();
        let filter = self.filter_edition();
        let key = (self.edition, self.happened(), selected, filter);
        self.memos.packets.get(key, || {
            let first = (selected + 1).saturating_sub(PACKET_ROWS_MAX).max(1);
            let steps = first..=self.position.step.min(self.story.steps.len());
            let matching = self.matching();
            PacketList {
                rows: steps
                    .filter(|step| !Self::is_left_out(matching.as_ref(), *step))
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
            time: text::clock(self.language, step.mark.at),
            ends: text::row_ends(self.language, story, step, flight),
            glyph: timeline::glyph(story, number),
            title: text::row_title(self.language, story, step, flight, self.position),
            bytes: flight.map(|flight| flight.bytes.len()),
            is_selected: number == selected,
        })
    }
}
