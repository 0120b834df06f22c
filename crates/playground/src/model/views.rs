//! The views: functions of the state, computed once for each state that they depend on.

use super::layout::{EDGES, EdgeView};
use super::over::Kind;
use super::{LessonPane, Motion, Notice, Playground};
use crate::action::{Tab, Theme};
use crate::explain::{self, ExplainView};
use crate::ladder::{self, Layout, Scene, Window};
use crate::level::Level;
use crate::map;
use crate::memo::{Memo, Shared, share_all};
use crate::menu::Target;
use crate::packet::{self, Focus, PacketView, Part};
use crate::payload::{shown, shown_lines};
use crate::route::{PLACES, Place, Screen};
use crate::sandbox::SandboxView;
use crate::state::StateView;
use crate::story::{Fate, Interval, Position, SpanKind};
use crate::text::{self, Language};
use crate::timeline::{self, Glyph, SPEEDS, TimelineView};
use crate::why::WhyView;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Faster than this, sentences are not read out.
const READABLE_TO: (u64, u64) = (1, 5);
/// A longer title is cut.
pub(super) const TITLE_MAX_CHARS: usize = 120;
/// A longer line of what a scenario is about is cut.
pub(super) const ABOUT_MAX_CHARS: usize = 2000;
/// The packet list begins this many steps before the selected one.
const PACKET_ROWS_MAX: usize = 200;
/// Behind the present so many steps are laid out at least, and always a multiple of so many.
const LAID_OUT_AHEAD: usize = 512;
const LAID_OUT_EACH: usize = 4096;
/// The list of steps holds about so many of them, in blocks of so many, while it is there for screen readers only: each line is laid
/// out anew when one is added.
const LIST_ROWS_MAX: usize = 300;
const LIST_BLOCK: usize = 16;
/// So long must nothing happen at the end of a run to be worth a word.
const LONG_QUIET_MICROS: u64 = 60_000_000;
/// A line of the list is so high, in drawing units, as the style sheet has it.
pub const LIST_ROW: f64 = 24.0;

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
    arrangement: (bool, [Option<i32>; EDGES.len()]),
    language: Language,
    is_building: bool,
    changes: (usize, usize, usize),
}

/// The steps as text, as the simulator prints them: those around what is looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListView {
    /// So many lines above them are left out, with the room that they would take.
    pub above: usize,
    /// The lines.
    pub blocks: Vec<ListBlock>,
    /// So many lines below them are left out.
    pub below: usize,
}

impl ListView {
    /// The lines: number, text, whether it is selected.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        self.blocks.iter().flat_map(|block| {
            let lines = block.lines.iter();
            lines.map(|(step, line)| (*step, line.as_str(), block.selected == Some(*step)))
        })
    }
}

/// Some lines that follow each other; most blocks stay as they are when a step is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ListBlock {
    /// Which, from 0.
    pub number: usize,
    /// Number and text of each step.
    pub lines: Shared<Vec<(usize, String)>>,
    /// Which of them is selected, if one is.
    pub selected: Option<usize>,
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PacketList {
    /// The rows.
    pub rows: Vec<Shared<PacketRow>>,
}

/// The last views.
#[derive(Default)]
pub(super) struct Memos {
    frame: Memo<FrameKey, FrameView>,
    /// Folded and unfolded.
    layouts: [Memo<LayoutKey, Layout>; 2],
    /// Edition and steps, and how many of those can be folded.
    foldable: Cell<Option<((usize, usize), usize)>>,
    growing: [RefCell<(GrowingKey, ladder::Growing)>; 2],
    ladder_still: Memo<(Position2, DrawingKey), ladder::Still>,
    ladder_moving: Memo<(Position, DrawingKey), ladder::Moving>,
    map_still: Memo<(usize, Position2, Target, (u32, bool)), map::Still>,
    map_moving: Memo<(usize, Position, usize, Target), map::Moving>,
    parts: Memo<(usize, usize, Option<bytes::Bytes>), Vec<Part>>,
    packet: Memo<(usize, PacketOf, Focus, super::edit::Changes), PacketView>,
    state: Memo<(usize, Position2, usize, Option<usize>), StateView>,
    pub(super) study: Memo<super::study::StudyKey, crate::study::StudyView>,
    pub(super) why: Memo<(super::why::WhyKey, Language), WhyView>,
    explain: Memo<ExplainKey, ExplainView>,
    timeline: Memo<TimelineKey, TimelineView>,
    pub(super) lesson: Memo<(usize, usize, usize), LessonPane>,
    list: Memo<ListKey, ListView>,
    blocks: RefCell<(ListOf, Blocks)>,
    packets: Memo<((usize, bool), Position2, usize, usize), PacketList>,
    pub(super) matching: Memo<(usize, usize), Vec<bool>>,
    pub(super) matching_steps: Memo<(usize, usize, bool), Vec<usize>>,
    pub(super) stopping: Memo<(usize, usize), Vec<Option<usize>>>,
    pub(super) sandbox: Memo<(usize, usize, Language), SandboxView>,
    pub(super) script: Memo<super::script::ScriptKey, crate::script::ScriptView>,
}

/// What the places in the ladder depend on: run and lanes, how much is folded, the width as bits, to be compared.
type LayoutKey = ((usize, usize), usize, u64, LaidOut);
/// What a layout goes on with: run, lanes, width as bits.
type GrowingKey = (usize, usize, u64);
/// Run and answers; position; the selected step and the rule that is open.
type ExplainKey = ((usize, usize, bool), Position2, (usize, Option<usize>));
/// Run and slice of its making; step and selected step; whether it plays, and how fast.
type TimelineKey = ((usize, usize), (usize, usize), (bool, usize));
/// What the list is of; the selected step, how many are shown, whether as a list; the blocks.
type ListKey = (ListOf, (usize, usize, bool), Range<usize>);
/// What the lines of the list are of: run, filter, language.
type ListOf = (usize, usize, Language);
type Blocks = BTreeMap<usize, Shared<Vec<(usize, String)>>>;
/// The step of a packet, whether what is selected is about it, and whether it is lost.
type PacketOf = (usize, bool, bool);
/// A position without its time: what has happened.
type Position2 = (usize, usize);
/// How many steps are laid out, and in which slice of the making of a run.
type LaidOut = (usize, usize);
/// What the ladder looks like but for the moment: scenario, selection, fold; width and window as bits, to be compared; where
/// a board and its twin differ.
type DrawingKey = (
    (usize, usize, usize),
    (u64, u64, u64),
    (usize, LaidOut),
    [usize; 2],
);

impl Playground {
    /// The step of the packet that the selected step is about, if it is about one: only that packet is lit.
    fn lit_step(&self) -> Option<usize> {
        self.story.packet_about(self.selected_step(), self.position)
    }

    /// The flight that the packet pane shows: the one that the selected step is about, or the last one before it.
    pub(super) fn packet_step(&self) -> usize {
        self.story
            .packet_beside(self.selected_step(), self.position)
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
            let lit = self.lit_step();
            let flight = lit.and_then(|step| self.story.flight_of(step));
            flight.map_or_else(Focus::default, |(_, flight)| {
                packet::notable(flight, &self.parts())
            })
        })
    }

    /// Asked for many times for each step, and the same for as long as the run is.
    fn foldable(&self) -> usize {
        let key = (self.edition, self.story.steps.len());
        let known = self.memos.foldable.get();
        if let Some((_, foldable)) = known.filter(|(of, _)| *of == key) {
            return foldable;
        }
        let foldable = crate::futures::foldable(&self.story);
        self.memos.foldable.set(Some((key, foldable)));
        foldable
    }

    fn folded(&self) -> usize {
        let foldable = self.foldable();
        if self.unfolded || foldable < 2 || self.selected_step() <= foldable {
            0
        } else {
            foldable
        }
    }

    /// How many steps are laid out: those up to the present, those that what is on its way meets, and some more. Of a run
    /// that is being made, the slice, as long as what becomes of packets is open.
    fn laid_out(&self) -> LaidOut {
        let story = &self.story;
        let newest = story.steps.len();
        let due = story.flying(self.position).map(|(_, it)| it.due).max();
        let met = due.map_or(0, |due| story.step_at(due));
        let steps = met.max(self.position.step) + LAID_OUT_AHEAD;
        let steps = steps.next_multiple_of(LAID_OUT_EACH);
        let is_open = self.is_running()
            && story
                .first_open()
                .is_some_and(|flight| flight.step <= steps);
        let steps = if steps < newest { steps } else { usize::MAX };
        let grows = is_open || self.is_running() && steps >= newest;
        (steps, if grows { self.making.slices } else { 0 })
    }

    pub(super) fn layout(&self) -> Shared<Layout> {
        let folded = self.folded();
        let (steps, slice) = self.laid_out();
        let key = (
            (self.edition, self.arrangement.lanes.edition()),
            folded,
            self.pane.width.to_bits(),
            (steps, slice),
        );
        let is_whole = folded == 0;
        let [whole, with_fold] = &self.memos.layouts;
        let layouts = if is_whole { whole } else { with_fold };
        layouts.get(key, || {
            let [whole, with_fold] = &self.memos.growing;
            let growing = if is_whole { whole } else { with_fold };
            let mut growing = growing.borrow_mut();
            let key = (
                self.run_number,
                self.arrangement.lanes.edition(),
                self.pane.width.to_bits(),
            );
            if growing.0 != key {
                *growing = (key, ladder::Growing::default());
            }
            growing.1.layout(
                self.language,
                &self.story,
                &self.arrangement.lanes,
                self.pane.width,
                (folded, steps),
                self.measure.as_ref(),
            )
        })
    }

    /// The window moves in steps of half its height, so that scrolling redraws little.
    fn window(&self) -> Window {
        self.window_at(self.pane.top)
    }

    fn window_at(&self, top: f64) -> Window {
        let half = (self.pane.height / 2.0).max(1.0);
        Window {
            top: (top / half).floor() * half,
            height: self.pane.height,
        }
    }

    /// Whether all that is drawn stays as it is when the ladder is scrolled to a height, in CSS pixels.
    pub(super) fn scrolls_within(&self, top: f64) -> bool {
        self.window_at(top / self.pane.scale) == self.window()
    }

    pub(super) fn with_scene<T>(&self, look: impl FnOnce(&Scene<'_>) -> T) -> T {
        let layout = self.layout();
        look(&Scene {
            language: self.language,
            story: &self.story,
            layout: &layout,
            position: self.position,
            selected: self.selected_step(),
            differs: self.differs(),
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
            (lanes, self.laid_out()),
            self.differs(),
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
                arrangement: (self.over.has(Kind::More), self.arrangement.sizes),
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
                    .map(|name| shown(&name, TITLE_MAX_CHARS))
                    .collect(),
                future: self.future(),
                is_more: self.over.has(Kind::More),
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
        self.memos.map_still.get_from(
            (
                self.edition,
                self.happened(),
                focus,
                (self.bench.zoom, self.projector),
            ),
            |old| {
                let run = self.run.as_ref();
                let looks = run.map_or_else(Vec::new, |run| run.looks(self.position));
                let measure = self.measure.as_ref();
                map::still(
                    self.language,
                    &self.story,
                    self.position,
                    looks,
                    measure,
                    (focus, self.projector),
                    old,
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
        let flight = self.story.flight_of(step).map(|(_, flight)| flight);
        let fate = flight.map(|it| it.fate);
        let is_lost = matches!(fate, Some(Fate::Lost(mark)) if self.position.has(mark));
        let of = (step, self.lit_step().is_some(), is_lost);
        let key = (self.edition, of, focus, self.changes());
        self.memos.packet.get(key, || {
            let view = flight.map(|flight| self.packet_view(flight, focus));
            let mut view = view.unwrap_or_default();
            view.is_lost = is_lost;
            if is_lost {
                let lost = text::LOST.to(self.language).to_owned();
                view.badges.insert(0, (lost, false));
            }
            if step > 0 && !of.1 {
                view.of_before = Some(text::last_packet(self.language, step));
            }
            view
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
        self.memos.state.get_from(key, |old| {
            let run = self.run.as_ref();
            let mut view = run.map_or_else(StateView::default, |run| {
                run.state(
                    self.language,
                    self.position,
                    self.selected_step(),
                    self.client,
                )
            });
            // The names are the same from step to step: their list need not be drawn again.
            if let Some(old) = old.filter(|old| old.clients == view.clients) {
                view.clients = Rc::clone(&old.clients);
            }
            view
        })
    }

    /// What happens now, and why.
    #[must_use]
    pub fn explain(&self) -> Shared<ExplainView> {
        self.memos.explain.get(
            (
                (self.edition, self.answers, self.is_building()),
                self.happened(),
                (self.selected_step(), self.open_rule),
            ),
            || {
                let voice = self.voice();
                let course = self.learning();
                let is_asked =
                    course.is_some_and(|it| it.asks_about(self.position, self.selected_step()));
                let about = self.run.as_ref();
                let about = about.map_or_else(String::new, |run| run.about(self.language));
                let mut view = explain::view(
                    self.language,
                    &self.story,
                    &shown_lines(voice.data(&about), ABOUT_MAX_CHARS),
                    self.position,
                    self.selected_step(),
                    self.open_rule,
                    is_asked,
                );
                let quiet = self.quiet_until();
                let quiet = quiet.map(|until| text::quiet_until(self.language, until));
                let more = quiet.or_else(|| self.unreadable()).filter(|_| !is_asked);
                view.say.extend(more.map(|text| explain::Run {
                    text,
                    is_marked: false,
                }));
                // A class in front of a projector does not see the pane in which the lesson speaks.
                if let Some(opening) = self.opening() {
                    view.caption = text::caption(self.language, &self.story, 0, &opening);
                }
                for rule in &mut view.rules {
                    rule.gist = voice.data(&rule.gist).to_owned().into();
                }
                view
            },
        )
    }

    /// What the lesson says before its first step, while that is where the page stands.
    fn opening(&self) -> Option<String> {
        let is_start = self.position.step == 0 && self.selected_step() == 0;
        let lesson = self.lesson().filter(|_| is_start)?;
        lesson.lesson.say.clone()
    }

    /// What comes of the bytes of the step in view, if they are no packet.
    fn unreadable(&self) -> Option<String> {
        let (number, flight) = self.story.flight_of(self.selected_step())?;
        if flight.face.kind.is_some() {
            return None;
        }
        let run = self.run.as_ref()?;
        let fault = run.fault(number, &bytes::Bytes::copy_from_slice(&flight.bytes))?;
        // The connection on which they were sent, and not one that came later.
        let mut spans = self.story.spans.iter();
        let is_closed = spans.any(|span| {
            let Interval { from, until } = span.interval;
            let is_own = (span.lane, span.kind) == (flight.from, SpanKind::Connection);
            let ended = until.filter(|it| it.record > flight.sent.record);
            is_own
                && from.record < flight.sent.record
                && ended.is_some_and(|it| self.position.has(it))
        });
        let fault = self.fault_told(fault);
        Some(text::unreadable(self.language, &fault, is_closed))
    }

    /// Until when nothing happens any more, at the end of a run that goes on for long after its last event.
    fn quiet_until(&self) -> Option<u64> {
        let run = self.run.as_ref()?;
        let is_over = self.position.step >= self.story.last_step() && !self.is_running();
        let (_, until) = Some(run.progress()).filter(|_| is_over && !self.is_live())?;
        (until >= self.story.end() + LONG_QUIET_MICROS).then_some(until)
    }

    /// The timeline.
    #[must_use]
    pub fn timeline(&self) -> Shared<TimelineView> {
        let is_playing = self.motion == Motion::Playing;
        let key = (
            (self.edition, self.making.slices),
            (self.position.step, self.selected_step()),
            (is_playing, self.speed),
        );
        self.memos.timeline.get_from(key, |old| {
            timeline::view(
                self.language,
                &self.story,
                self.position,
                self.selected_step(),
                is_playing,
                self.speed,
                old,
            )
        })
    }

    /// What the page says to the user, if it does.
    #[must_use]
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref().or(self.new_version.as_ref())
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
        let until = self.position.step.min(self.story.steps.len());
        // Without a filter, what stands at a place is the step with that number.
        let matching = self.matching_steps();
        let place_of = |step: usize| match &matching {
            Some(steps) => steps.partition_point(|it| *it <= step),
            None => step,
        };
        let shown = place_of(until);
        let (first, behind) = if self.is_list {
            let row = |y: f64| (y / LIST_ROW).max(0.0) as usize;
            let Window { top, height } = self.window();
            (row(top - height), row(top + height * 3.0))
        } else {
            let middle = place_of(selected);
            let behind = (middle + LIST_ROWS_MAX / 2).min(shown);
            (behind.saturating_sub(LIST_ROWS_MAX), behind)
        };
        let blocks =
            (first / LIST_BLOCK).min(shown / LIST_BLOCK)..behind.min(shown).div_ceil(LIST_BLOCK);
        let key = (
            (self.edition, filter, self.language),
            (selected, shown, self.is_list),
            blocks.clone(),
        );
        self.memos.list.get(key, || {
            let mut known = self.memos.blocks.borrow_mut();
            if known.0 != (self.edition, filter, self.language) {
                *known = Default::default();
                known.0 = (self.edition, filter, self.language);
            }
            known.1.retain(|number, _| blocks.contains(number));
            let blocks_shown = blocks.clone().map(|number| {
                let places = number * LIST_BLOCK..((number + 1) * LIST_BLOCK).min(shown);
                let length = places.len();
                let step_at = |place: usize| match &matching {
                    Some(steps) => steps.get(place).copied(),
                    None => Some(place + 1),
                };
                let line = |step| (step, text::list_line(self.language, &self.story, step));
                let fresh = || Shared::new(places.clone().filter_map(step_at).map(line).collect());
                let lines = known.1.entry(number).or_insert_with(fresh);
                if lines.len() != length {
                    *lines = fresh();
                }
                let is_here = lines.iter().any(|(step, _)| *step == selected);
                ListBlock {
                    number,
                    lines: lines.clone(),
                    selected: is_here.then_some(selected),
                }
            });
            let rows = |blocks: usize| {
                if self.is_list {
                    (blocks * LIST_BLOCK).min(shown)
                } else {
                    0
                }
            };
            ListView {
                above: rows(blocks.start),
                blocks: blocks_shown.collect(),
                below: if self.is_list {
                    shown - rows(blocks.end)
                } else {
                    0
                },
            }
        })
    }

    /// The height at which the present stands in the list.
    pub(super) fn list_y(&self) -> f64 {
        let step = self.position.step.min(self.story.steps.len());
        let place = match self.matching_steps() {
            Some(steps) => steps.partition_point(|it| *it <= step),
            None => step,
        };
        place as f64 * LIST_ROW
    }

    /// The packets as a table; without rows where there is no room for it, because hundreds of rows that nobody sees cost a step
    /// as much as those that are seen.
    #[must_use]
    pub fn packets(&self) -> Shared<PacketList> {
        let selected = self.selected_step();
        let filter = self.filter_edition();
        let has_room = self.arrangement.has_room_for_packets;
        let key = ((self.edition, has_room), self.happened(), selected, filter);
        self.memos.packets.get_from(key, |old| {
            if !has_room {
                return PacketList::default();
            }
            let first = (selected + 1).saturating_sub(PACKET_ROWS_MAX).max(1);
            let steps = first..=self.position.step.min(self.story.steps.len());
            let matching = self.matching();
            let rows = steps
                .filter(|step| !Self::is_left_out(matching.as_ref(), *step))
                .filter_map(|step| self.packet_row(step, selected));
            let rows: Vec<PacketRow> = rows.collect();
            // A step further, the rows are the same ones, one place up.
            let before = old.map_or(&[][..], |old| &old.rows);
            let moved = rows.first().and_then(|first| {
                let same = before.iter().position(|row| row.step == first.step)?;
                before.get(same..)
            });
            PacketList {
                rows: share_all(rows, moved.unwrap_or_default()),
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
