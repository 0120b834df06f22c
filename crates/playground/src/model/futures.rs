//! The place for futures: the cut-point map, made frame by frame, and two futures side by side.

use super::views::TITLE_MAX_CHARS;
use super::{Pane, Playground};
use crate::action::{Command, FuturesAction};
use crate::futures::{
    Choice, CutMap, CutMapView, Look, Pair, PairView, Side, SideView, Subject, row_view,
};
use crate::ladder::{Layout, Window};
use crate::memo::{Memo, Shared};
use crate::payload::shown;
use crate::route::Place;
use crate::run::Run;
use crate::text::{self, Language};
use crate::work::Work;
use sim::cuts::{Cell, listeners};
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
    /// What the pair was made of, and how many pairs there were.
    pair_of: Option<(usize, usize, usize)>,
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
            pair_of: None,
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
    pub(super) fn foresee(&mut self, is_frame: bool, commands: &mut Vec<Command>) {
        if self.place == Place::Futures {
            self.foresee_there(is_frame, commands);
        }
    }

    // By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn foresee_there(&mut self, is_frame: bool, commands: &mut Vec<Command>) {
        let subject = self.cut_subject();
        let known = &mut self.futures_place;
        if known.map.as_ref().map(|map| &map.subject) != subject.as_ref() {
            known.map = subject.and_then(CutMap::new);
            known.maps += 1;
            known.focus = (0, 0);
            known.forget_cells();
        }
        if let Some(map) = known.map.as_mut().filter(|it| !it.runs.is_done()) {
            if is_frame {
                map.advance();
            }
            if !map.runs.is_done() {
                commands.push(Command::RequestFrame);
            }
        }
        self.pair_up();
    }

    fn cut_subject(&self) -> Option<Subject> {
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

    /// Makes the runs of the two, if they are not the ones that are there.
    fn pair_up(&mut self) {
        let wanted = self.wanted_pair();
        let of = (self.run_number, self.futures.len(), self.futures_place.maps);
        let known = &self.futures_place;
        let is_same = known.pair.as_ref().map(|pair| pair.choices) == wanted
            && (known.pair.is_none() || known.pair_of == Some(of));
        if is_same {
            return;
        }
        let pair = wanted.and_then(|choices| {
            let [first, second] = choices.map(|choice| self.future_run(choice));
            Some(Pair::new(choices, [first?, second?]))
        });
        let known = &mut self.futures_place;
        known.pair = pair;
        known.pair_of = Some(of);
        known.pairs += 1;
    }

    fn future_run(&self, choice: Choice) -> Option<Run> {
        let map = self.futures_place.map.as_ref();
        let scenario = match choice {
            Choice::Made(future) => return Run::of(self.futures.get(future)?.clone()),
            Choice::Cell(row, cell) => map?.runs.scenario(row, Some(cell)),
            Choice::Whole(row) => map?.runs.scenario(row, None),
        };
        Run::of(Work {
            scenario: scenario?,
            acts: Rc::from([]),
            ..self.futures.first()?.clone()
        })
    }

    /// What a side can show: the futures that were made, the cells that were chosen, and their rows without a cut.
    fn choices(&self) -> Vec<(Choice, String)> {
        let made = (0..).zip(&self.futures).map(|(number, work)| {
            let name = text::future(self.language, number, work);
            let name = name.split_once(": ").map_or(name.as_str(), |it| it.1);
            (Choice::Made(number), shown(name, TITLE_MAX_CHARS))
        });
        let mut choices: Vec<(Choice, String)> = made.collect();
        for choice in self.wanted_pair().into_iter().flatten() {
            let row = match choice {
                Choice::Made(_) => continue,
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
            return PairView {
                choices,
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
        }
    }
}

impl Futures {
    /// The cells are others now: what was chosen among them is not there any more.
    fn forget_cells(&mut self) {
        let is_cell = |choice: &Choice| !matches!(choice, Choice::Made(_));
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
            Choice::Made(_) => return None,
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
        CutMapView {
            title: text::cut_title(language, &map.subject.device),
            note: text::cut_note(language, progress.1, map.subject.scenario.seed, progress),
            device: device.unwrap_or(0),
            devices,
            every_byte: map.subject.every_byte,
            progress: (!map.runs.is_done()).then_some(progress),
            rows: rows.collect(),
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
