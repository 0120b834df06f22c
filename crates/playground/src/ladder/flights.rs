//! The arrows of packets, and what they cause.

use super::heads::shortened;
use super::{Arrow, ArrowMark, EffectMark, Label, Note, Pill, Scene, build, detail, layout, notes};
use crate::measure::Face as Type;
use crate::story::{Flight, Position};
use crate::text;

/// Between the pill of what is held and the gate before it.
const GATE_AIR: f64 = 7.0;

impl Scene<'_> {
    pub(super) fn arrow(&self, flight: usize) -> Option<&Arrow> {
        self.layout.arrows.get(flight)?.as_ref()
    }

    pub(super) fn arrows(&self, flying: bool) -> Vec<ArrowMark> {
        let rows = self.layout.rows_within(self.window);
        rows.iter()
            .filter_map(|row| self.story.flight_of(row.step))
            .take_while(|(_, flight)| self.position.has(flight.sent))
            .filter(|(_, flight)| flight.is_flying(self.position) == flying)
            .filter_map(|(number, flight)| self.arrow_mark(number, flight, flying))
            .collect()
    }

    fn arrow_mark(&self, number: usize, flight: &Flight, is_flying: bool) -> Option<ArrowMark> {
        let arrow = self
            .arrow(number)
            .filter(|arrow| self.window.shows(arrow.y1, arrow.y2))
            .filter(|arrow| self.is_in_pane(arrow.x1.min(arrow.x2)))?;
        let is_lost = !is_flying && arrow.stop.is_some();
        let part = if is_flying {
            arrow.pill_part(flight.progress(self.position.now))
        } else {
            arrow.rest
        };
        let reach = if is_flying { Some(part) } else { arrow.stop };
        let (x, y) = arrow.point(part);
        let face = &flight.face;
        let detail = detail(self.language, flight, is_lost);
        let (label, width) = if is_flying {
            arrow.flying
        } else {
            (arrow.label, arrow.pill)
        };
        let detail = (label == Label::Full && !detail.is_empty()).then_some(detail);
        let title = if label == Label::Short {
            face.short_title()
        } else {
            face.title()
        };
        let lit = self.story.packet_about(self.selected, self.position);
        let is_selected = lit == Some(flight.step);
        let beside = self.story.packet_beside(self.selected, self.position);
        let length = (arrow.x2 - arrow.x1).abs();
        let is_held = flight.is_held(self.position);
        let (detail, width) = if is_held {
            build::held(self.language, &title, length, self.measure)
        } else {
            (detail, width)
        };
        let gate = is_held.then(|| arrow.point(part + (width / 2.0 + GATE_AIR) / length.max(1.0)));
        // What is heard begins with what is seen.
        let seen = detail
            .as_ref()
            .map_or_else(|| title.clone(), |detail| format!("{title} {detail}"));
        let sentence = format!(
            "{seen}: {}",
            text::pill(
                self.language,
                self.story,
                flight,
                self.position,
                is_selected
            )
        );
        let pill = Pill {
            x,
            y,
            width,
            title,
            detail,
            is_repeated: face.dup,
            is_selected,
            is_stop: beside == flight.step,
            sentence,
        };
        Some(ArrowMark {
            flight: number,
            step: flight.step,
            role: face.role,
            x1: arrow.x1,
            y1: arrow.y1,
            x2: arrow.x2,
            y2: arrow.y2,
            reach: reach.map(|part| arrow.point(part)),
            is_lost,
            gate,
            sight: self.window.sight(),
            pill,
            beyond: arrow.stub.map(|stub| {
                let name = self.story.name(stub.lane);
                let name = shortened(name, stub.rect.width + 1.0, self.measure);
                let middle = stub.rect.x + stub.rect.width / 2.0;
                (middle, stub.rect.y + 12.0, name)
            }),
        })
    }

    pub(super) fn effects(&self) -> Vec<EffectMark> {
        let mut marks = Vec::new();
        let rows = self.rows_in_sight();
        let record = |row: Option<&layout::Row>| {
            let step = row.and_then(|row| self.story.step(row.step));
            step.map(|step| step.mark.record)
        };
        let (Some(first), Some(last)) = (record(rows.first()), record(rows.last())) else {
            return marks;
        };
        let effects = self.story.effects.iter().enumerate();
        let begun = self
            .story
            .effects
            .partition_point(|it| it.mark.record < first);
        let seen = effects
            .skip(begun)
            .take_while(|(_, it)| it.mark.record <= last && self.position.has(it.mark));
        for (index, effect) in seen {
            let Some(Some(placed)) = self.layout.effects.get(index) else {
                continue;
            };
            if !self.window.shows(placed.rect.y, placed.rect.bottom()) {
                continue;
            }
            let then = Position {
                shown: effect.mark.record + 1,
                ..self.position
            };
            let total = effect.again.map(|_| {
                let text = text::in_total(self.language, self.story.driven(effect.lane, then));
                let inset = if placed.stem.is_some() { 12.0 } else { 0.0 };
                // Where the words are longer than the box they stay in the pane.
                let most = self.layout.width - self.measure.width(&text, Type::Strong) - 4.0;
                ((placed.rect.x + inset).min(most), text)
            });
            marks.push(EffectMark {
                rect: placed.rect,
                stem: placed.stem,
                text: text::effect(self.language, &effect.what),
                again: effect.again.is_some(),
                total,
            });
        }
        marks
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let rows = self.rows_in_sight().iter();
        let steps = rows.filter_map(|row| Some((self.story.step(row.step)?, row)));
        for (step, row) in steps.take_while(|(step, _)| self.position.has(step.mark)) {
            let label = notes::label(
                self.language,
                self.story,
                self.layout,
                step.kind,
                self.measure,
            );
            notes.extend(label.map(|label| Note {
                rect: label.at(self.layout, row.y),
                text: label.text,
                is_fault: label.is_fault,
            }));
        }
        notes
    }
}
