//! The place for futures: the cut-point map, made frame by frame, and two futures side by side.

use super::running::Pace;
use super::views::TITLE_MAX_CHARS;
use super::{Pane, Playground};
use crate::action::{Command, FuturesAction};
use crate::futures::{
    Choice, CutMap, CutMapView, Look, Pair, PairView, RowView, Side, SideView, Subject, align,
    row_view,
};
use crate::ladder::{Layout, Window};
use crate::memo::{Memo, Shared};
use crate::payload::shown;
use crate::route::Place;
use crate::run::Run;
use crate::text::{self, Language, Phrase};
use crate::work::Work;
use mqtt_proto::Instant;
use sim::cuts::{Cell, listeners, never_comes_back};
use std::rc::Rc;

/// What is drawn around the place that the ladders are scrolled to, in drawing units: more than any screen shows.
const WINDOW: f64 = 2_000.0;

/// What is known of futures, and what the user looks at.
pub(super) struct Futures {
    map: Option<CutMap>,
    /// Which map it is: counts the maps that were begun.
    maps: usize,
    device: usize,
    is_coarse: bool,
    /// The bar that Tab reaches: row and cell.
    focus: (usize, usize),
    /// What the user has chosen.
    chosen: [Option<Choice>; 2],
    pair: Option<Pair>,
    /// The next pair, as long as one of its runs is being made.
    pairing: Option<Pairing>,
    /// What the pair was made of, and how many pairs there were.
    pair_of: Option<(usize, usize, usize)>,
    /// Of a run that goes on: how far it was when the pair was made, in records and in seconds.
    pair_at: (u32, u64),
    pairs: usize,
    /// The pane of one of the two.
    pane: Pane,
    /// A selected step: the side and the step.
    selected: Option<(usize, usize)>,
    is_unfolded: bool,
    shown: Option<Side>,
    map_memo: Memo<MapKey, CutMapView>,
    layouts: Memo<(usize, u64, usize, Language), [Layout; 2]>,
    pair_memo: Memo<PairKey, PairView>,
}

/// Two runs that are being made.
struct Pairing {
    choices: [Choice; 2],
    runs: [Run; 2],
    pace: Pace,
}

impl Pairing {
    /// Goes on with the first that is not over.
    fn go_on(&mut self, elapsed_micros: u64) {
        let records = self.pace.share(elapsed_micros);
        if let Some(run) = self.runs.iter_mut().find(|run| !run.is_over()) {
            run.go_on(records);
        }
    }

    fn is_over(&self) -> bool {
        self.runs.iter().all(Run::is_over)
    }
}

type MapKey = (
    usize,
    (usize, usize),
    (usize, usize),
    Option<[Choice; 2]>,
    Language,
);
type PairKey = (
    (usize, usize, usize),
    (u64, u64, u64),
    (Option<(usize, usize)>, usize, Option<Side>),
    Language,
);

impl Default for Futures {
    fn default() -> Self {
        Self {
            map: None,
            maps: 0,
            device: 0,
            is_coarse: false,
            focus: (0, 0),
            chosen: [None; 2],
            pair: None,
            pairing: None,
            pair_of: None,
            pair_at: (0, 0),
            pairs: 0,
            pane: Pane {
                width: 560.0,
                height: WINDOW,
                top: 0.0,
                scale: 1.0,
            },
            selected: None,
            is_unfolded: false,
            shown: None,
            map_memo: Memo::default(),
            layouts: Memo::default(),
            pair_memo: Memo::default(),
        }
    }
}

impl Playground {
    pub(super) fn futures_action(&mut self, action: FuturesAction, commands: &mut Vec<Command>) {
        let known = &mut self.futures_place;
        match action {
            FuturesAction::ChooseDevice(device) => {
                known.device = device;
                known.forget_cells();
            }
            FuturesAction::EveryByte(every) => {
                known.is_coarse = !every;
                known.forget_cells();
            }
            FuturesAction::MoveBar(rows, cells) => {
                if let Some((row, cell)) = known.moved(rows, cells) {
                    known.focus = (row, cell);
                    commands.push(Command::Focus(text::cut_cell_id(row, cell)));
                }
            }
            FuturesAction::OpenBar(row, cell) => {
                known.focus = (row, cell);
                known.chosen = [Some(Choice::Cell(row, cell)), Some(Choice::Whole(row))];
                known.selected = None;
                commands.push(Command::Focus(text::PAIR_ID.to_owned()));
            }
            FuturesAction::Choose(side, choice) => {
                let choices = self.choices();
                let now = self.wanted_pair();
                let known = &mut self.futures_place;
                // The other side stays what it is.
                if let Some(now) = now {
                    known.chosen = now.map(Some);
                }
                if let (Some(slot), Some((choice, _))) =
                    (known.chosen.get_mut(side.index()), choices.get(choice))
                {
                    *slot = Some(*choice);
                }
                known.selected = None;
            }
            FuturesAction::Select(side, step) => {
                let this = Some((side.index(), step));
                known.selected = if known.selected == this { None } else { this };
            }
            FuturesAction::ToggleFold => known.is_unfolded = !known.is_unfolded,
            FuturesAction::ShowSide(side) => known.shown = side,
            FuturesAction::Resized(width, scale) => {
                if width > 0.0 && scale > 0.0 {
                    known.pane.width = width / scale;
                    known.pane.scale = scale;
                }
            }
            FuturesAction::Scrolled(top) => known.pane.top = top / known.pane.scale,
            FuturesAction::Play(side) => {
                let pair = self.wanted_pair();
                let choice = pair.as_ref().and_then(|pair| pair.get(side.index()));
                if let Some(&Choice::Made(future)) = choice {
                    self.show_future(future, commands);
                    self.enter(Place::Play, commands);
                }
            }
        }
    }

    /// Whoever is at the place for futures gets the map of the scenario that is open, a little with every frame.
    pub(super) fn foresee(&mut self, frame: Option<u64>, commands: &mut Vec<Command>) {
        if self.place == Place::Futures {
            self.foresee_there(frame, commands);
        }
    }

    // By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn foresee_there(&mut self, frame: Option<u64>, commands: &mut Vec<Command>) {
        let subject = self.cut_subject();
        let known = &mut self.futures_place;
        if known.map.as_ref().map(|map| &map.subject) != subject.as_ref() {
            known.map = subject.and_then(CutMap::new);
            known.maps += 1;
            known.focus = (0, 0);
            known.forget_cells();
        }
        if let Some(map) = known.map.as_mut().filter(|it| !it.runs.is_done()) {
            if frame.is_some() {
                map.advance();
            }
            if !map.runs.is_done() {
                commands.push(Command::RequestFrame);
            }
        }
        self.pair_up(frame, commands);
    }

    fn cut_subject(&self) -> Option<Subject> {
        // A map is thousands of runs, of variants that a script does not have.
        if self.has_scripts() {
            return None;
        }
        let scenario = Rc::clone(&self.run.as_ref()?.work().scenario);
        let devices = listeners(&scenario);
        let device = devices
            .get(self.futures_place.device)
            .or_else(|| devices.first())?;
        Some(Subject {
            device: device.clone(),
            scenario,
            every_byte: !self.futures_place.is_coarse,
        })
    }

    /// The two that are to be shown: what was chosen, else what there is to compare.
    fn wanted_pair(&self) -> Option<[Choice; 2]> {
        let known = &self.futures_place;
        let [first, second] = known.chosen;
        let has_real = self.real_run().is_some();
        let is_twin = |it: &Option<Choice>| matches!(it, Some(Choice::Real | Choice::Simulated));
        if has_real && known.chosen.iter().all(is_twin) {
            return Some([Choice::Real, Choice::Simulated]);
        }
        // Each of the two stands beside the other, and beside nothing else.
        let [first, second] = [first, second].map(|it| it.filter(|_| !is_twin(&it)));
        let own = (self.futures.len() > 1).then(|| {
            let shown = self.future();
            Choice::Made(if shown > 0 {
                shown
            } else {
                self.futures.len() - 1
            })
        });
        let first = first.or(own).or_else(|| known.notable_cell())?;
        let second = second.unwrap_or(match first {
            Choice::Cell(row, _) => Choice::Whole(row),
            _ => Choice::Made(0),
        });
        Some([first, second])
    }

    /// Makes the runs of the two, if they are not the ones that are there: a little with every frame if they are long.
    fn pair_up(&mut self, frame: Option<u64>, commands: &mut Vec<Command>) {
        let wanted = self.wanted_pair();
        let of = (self.run_number, self.futures.len(), self.futures_place.maps);
        if wanted.is_some_and(|it| it.contains(&Choice::Real) || it.contains(&Choice::Simulated)) {
            return self.pair_twins(of);
        }
        let known = &self.futures_place;
        let there = known.pair.as_ref().map(|it| it.choices);
        let there = there.or(known.pairing.as_ref().map(|it| it.choices));
        let is_same = there == wanted && (there.is_none() || known.pair_of == Some(of));
        if !is_same {
            let pairing = wanted.and_then(|choices| {
                let [first, second] = choices.map(|choice| self.future_run(choice));
                Some(Pairing {
                    choices,
                    runs: [first?, second?],
                    pace: Pace::default(),
                })
            });
            let known = &mut self.futures_place;
            known.pair = None;
            known.pairing = pairing;
            known.pair_of = Some(of);
            known.pairs += 1;
        }
        let known = &mut self.futures_place;
        let Some(mut pairing) = known.pairing.take() else {
            return;
        };
        if let Some(elapsed) = frame.filter(|_| is_same) {
            pairing.go_on(elapsed);
            known.pairs += 1;
        }
        if pairing.is_over() {
            known.pair = Some(Pair::new(pairing.choices, pairing.runs));
        } else {
            known.pairing = Some(pairing);
            commands.push(Command::RequestFrame);
        }
    }

    /// The run that has a real broker: the one that goes on, or the one that is shown; and what time it is there.
    fn real_run(&self) -> Option<(&Run, Instant)> {
        let live = self.live_run().zip(self.link.session.as_ref());
        let live = live.map(|(run, session)| (run, session.going.now));
        let shown = self.run.as_ref().map(|run| {
            let end = run.log().time(run.log().end());
            (run, end + super::board::LATE)
        });
        let mut runs = live.into_iter().chain(shown);
        runs.find(|(run, _)| {
            let scenario = &run.work().scenario;
            crate::live::broker(scenario).is_some() && crate::bridge::names(scenario).is_none()
        })
    }

    /// Makes the two of a run with a real broker: again only when it has gone on, and not with every frame.
    fn pair_twins(&mut self, of: (usize, usize, usize)) {
        /// So much later what was missing has been called so, and nothing changes any more: seconds.
        const SETTLED: u64 = 4;
        let seconds = |at: Instant| at.as_micros() / 1_000_000;
        let at = self.real_run().map(|(run, now)| {
            let last = run.log().time(run.log().end());
            ((run.log().end().0, seconds(now)), seconds(last))
        });
        let known = &self.futures_place;
        let (records, made) = known.pair_at;
        let (at, last) = at.unwrap_or((known.pair_at, made));
        let may_differ = at.0 != records || made < last + SETTLED;
        let is_old = known.pair_of != Some(of) || (may_differ && at.1 != made);
        if known.pair.as_ref().is_some_and(Pair::are_twins) && !is_old {
            return;
        }
        let made = self
            .real_run()
            .and_then(|(run, now)| run.and_simulated(now));
        let known = &mut self.futures_place;
        known.pair = made.map(|(runs, compared)| Pair::twins(runs, compared));
        known.pairing = None;
        known.pair_of = Some(of);
        known.pair_at = at;
        known.pairs += 1;
    }

    /// Shows a run with a real broker and the same with the simulated one.
    pub(super) fn show_beside(&mut self, commands: &mut Vec<Command>) {
        self.futures_place.chosen = [Some(Choice::Real), Some(Choice::Simulated)];
        self.futures_place.selected = None;
        self.enter(Place::Futures, commands);
        commands.push(Command::Focus(text::PAIR_ID.to_owned()));
    }

    fn future_run(&self, choice: Choice) -> Option<Run> {
        let map = self.futures_place.map.as_ref();
        let scenario = match choice {
            Choice::Made(future) => {
                let work = self.futures.get(future)?.clone();
                return Run::begin(work, &self.scripts.interpreter);
            }
            Choice::Cell(row, cell) => map?.runs.scenario(row, Some(cell)),
            Choice::Whole(row) => map?.runs.scenario(row, None),
            Choice::Real | Choice::Simulated => return None,
        };
        let work = Work {
            scenario: scenario?,
            acts: Rc::from([]),
            ..self.futures.first()?.clone()
        };
        Run::begin(work, &self.scripts.interpreter)
    }

    /// What a side can show: the futures that were made, the cells that were chosen, and their rows without a cut.
    fn choices(&self) -> Vec<(Choice, String)> {
        let made = (0..).zip(&self.futures).map(|(number, work)| {
            let name = text::future(self.language, number, work);
            let name = name.split_once(": ").map_or(name.as_str(), |it| it.1);
            (Choice::Made(number), shown(name, TITLE_MAX_CHARS))
        });
        let mut choices: Vec<(Choice, String)> = made.collect();
        if self.wanted_pair() == Some([Choice::Real, Choice::Simulated]) {
            let name = |phrase: text::Phrase| phrase.to(self.language).to_owned();
            choices = vec![
                (Choice::Real, name(text::LINK_REAL)),
                (Choice::Simulated, name(text::LINK_SIMULATED)),
            ];
        }
        for choice in self.wanted_pair().into_iter().flatten() {
            let row = match choice {
                Choice::Made(_) | Choice::Real | Choice::Simulated => continue,
                Choice::Cell(row, _) | Choice::Whole(row) => row,
            };
            for choice in [choice, Choice::Whole(row)] {
                if choices.iter().all(|(known, _)| *known != choice) {
                    let name = self.futures_place.name_of(choice, self.language);
                    choices.push((choice, name.unwrap_or_default()));
                }
            }
        }
        choices
    }

    /// The cut-point map, as far as it is known; none if no device listens.
    #[must_use]
    pub fn cut_map(&self) -> Option<Shared<CutMapView>> {
        let known = &self.futures_place;
        let map = known.map.as_ref()?;
        let here = known.pair.as_ref().map(|pair| pair.choices);
        let key = (
            known.maps,
            map.runs.progress(),
            known.focus,
            here,
            self.language,
        );
        Some(
            known
                .map_memo
                .get(key, || known.map_view(map, self.language)),
        )
    }

    /// Why there is no map of cuts, where there is none.
    #[must_use]
    pub fn why_no_cut_map(&self) -> Phrase {
        if self.shows_capture() {
            text::CAPTURE_NO_FUTURES
        } else if self.has_scripts() {
            text::CUT_SCRIPTS
        } else {
            text::CUT_NOTHING
        }
    }

    /// Two futures.
    #[must_use]
    pub fn pair(&self) -> Shared<PairView> {
        let known = &self.futures_place;
        let folded = known.folded();
        let window = known.window();
        let key = (
            (known.pairs, self.edition, self.futures.len()),
            (
                known.pane.width.to_bits(),
                window.top.to_bits(),
                window.height.to_bits(),
            ),
            (known.selected, folded, known.shown),
            self.language,
        );
        known.pair_memo.get(key, || self.pair_view(window, folded))
    }

    fn pair_view(&self, window: Window, folded: usize) -> PairView {
        let known = &self.futures_place;
        let choices = self.choices();
        let Some(pair) = &known.pair else {
            let runs = known.pairing.iter().flat_map(|it| &it.runs);
            let run = runs.into_iter().find(|run| !run.is_over());
            return PairView {
                choices,
                making: run.map(|run| {
                    let (now, until) = run.progress();
                    text::running(self.language, now, until)
                }),
                ..PairView::default()
            };
        };
        let width = known.pane.width;
        let layouts = known.layouts.get(
            (known.pairs, width.to_bits(), folded, self.language),
            || pair.layouts(self.language, width, folded, self.measure.as_ref()),
        );
        let look = Look {
            language: self.language,
            selected: known.selected,
            folded,
            foldable: pair.foldable(),
            window,
            measure: self.measure.as_ref(),
        };
        let side = |side: usize| -> Option<SideView> {
            let view = pair.side(side, &layouts, &look)?;
            let choice = choices
                .iter()
                .position(|(it, _)| Some(it) == pair.choices.get(side));
            Some(SideView {
                title: choice
                    .and_then(|choice| choices.get(choice))
                    .map_or_else(String::new, |(_, name)| name.clone()),
                choice,
                can_play: matches!(pair.choices.get(side), Some(Choice::Made(_))),
                ..view
            })
        };
        PairView {
            sides: side(0).zip(side(1)).map(Into::into),
            differs: pair.differs(self.language),
            same_until: pair.same_until(self.language),
            shown: known.shown,
            choices,
            are_twins: pair.are_twins(),
            making: None,
        }
    }
}

impl Futures {
    /// The cells are others now: what was chosen among them is not there any more.
    fn forget_cells(&mut self) {
        let is_cell = |choice: &Choice| matches!(choice, Choice::Cell(..) | Choice::Whole(_));
        if self.chosen.iter().flatten().any(is_cell) {
            self.chosen = [None; 2];
        }
        self.selected = None;
    }

    /// The first cell, beginning with the scenario as it is written, in which something goes wrong.
    fn notable_cell(&self) -> Option<Choice> {
        let map = self.map.as_ref().filter(|it| it.runs.is_done())?;
        let rows = (0..).zip(map.runs.rows());
        let written = rows.clone().filter(|(_, row)| row.is_written);
        written.chain(rows).find_map(|(number, row)| {
            let more = |it: &Cell| it.deliveries > row.plain;
            let less = |it: &Cell| it.deliveries < row.plain;
            let cell = row
                .cells
                .iter()
                .position(more)
                .or_else(|| row.cells.iter().position(less))?;
            Some(Choice::Cell(number, cell))
        })
    }

    fn name_of(&self, choice: Choice, language: Language) -> Option<String> {
        let map = self.map.as_ref()?;
        let (row, cell) = match choice {
            Choice::Made(_) | Choice::Real | Choice::Simulated => return None,
            Choice::Cell(row, cell) => (row, Some(cell)),
            Choice::Whole(row) => (row, None),
        };
        let row = map.runs.rows().get(row)?;
        let name = text::cut_row(language, row.kind);
        let Some(cell) = cell else {
            return Some(text::cut_whole(language, &name));
        };
        let cell = row.cells.get(cell)?;
        Some(text::cut_future(
            language,
            &name,
            cell.place,
            cell.arrived_bytes,
        ))
    }

    /// The bar that an arrow key leads to. Rows have different lengths: up and down keep the share of the way.
    fn moved(&self, rows: isize, cells: isize) -> Option<(usize, usize)> {
        let map = self.map.as_ref()?;
        let (row, cell) = self.focus;
        let there = row
            .saturating_add_signed(rows)
            .min(map.runs.rows().len().saturating_sub(1));
        let length = |row: usize| map.runs.rows().get(row).map_or(0, |row| row.cells.len());
        let last = length(there).checked_sub(1)?;
        if there != row {
            let own_last = length(row).saturating_sub(1).max(1);
            return Some((there, (cell * last + own_last / 2) / own_last));
        }
        Some((row, cell.saturating_add_signed(cells).min(last)))
    }

    fn map_view(&self, map: &CutMap, language: Language) -> CutMapView {
        let devices = listeners(&map.subject.scenario);
        let device = devices.iter().position(|it| *it == map.subject.device);
        let progress = map.runs.progress();
        let here = self.pair.as_ref().map(|pair| pair.choices);
        let is_here =
            |row: usize, cell: usize| here.is_some_and(|it| it.contains(&Choice::Cell(row, cell)));
        let rows = (0..).zip(map.runs.rows()).map(|(number, row)| {
            let focus = (number == self.focus.0).then_some(self.focus.1);
            row_view(
                language,
                row,
                &map.subject.device,
                &|cell| is_here(number, cell),
                focus,
            )
        });
        let mut rows: Vec<RowView> = rows.collect();
        CutMapView {
            columns: align(language, &mut rows),
            title: text::cut_title(language, &map.subject.device),
            note: {
                let (scenario, device) = (&map.subject.scenario, &map.subject.device);
                let note = text::cut_note(language, progress.1, scenario.seed, progress);
                match never_comes_back(scenario, device) {
                    true => format!("{} {note}", text::never_comes_back(language, device)),
                    false => note,
                }
            },
            device: device.unwrap_or(0),
            devices,
            every_byte: map.subject.every_byte,
            progress: (!map.runs.is_done()).then_some(progress),
            rows,
        }
    }

    fn folded(&self) -> usize {
        let foldable = self.pair.as_ref().map_or(0, Pair::foldable);
        if self.is_unfolded || foldable < 2 {
            0
        } else {
            foldable
        }
    }

    /// The window moves in steps of half its height, so that scrolling redraws little.
    fn window(&self) -> Window {
        let half = (self.pane.height / 2.0).max(1.0);
        Window {
            top: (self.pane.top / half).floor() * half,
            height: self.pane.height,
        }
    }
}
