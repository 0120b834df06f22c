//! A table of transitions as a drawing: a box for each state, in it what leads on from there, and for each state one line that
//! all transitions to it share.

use super::machines::{LastRow, Transition};
use crate::measure::{Face, Measure};

/// The narrowest and the widest box.
const WIDTH: (f64, f64) = (168.0, 236.0);
/// From the edge of a box to its text.
const PAD: f64 = 10.0;
/// The height of a state's name.
const TITLE: f64 = 27.0;
/// The height of a line of text.
const LINE: f64 = 18.0;
/// Under the last line.
const FOOT: f64 = 6.0;
/// Between two boxes.
const GAP: f64 = 12.0;
/// From the boxes to the first line, and from line to line.
const TRACK: (f64, f64) = (18.0, 13.0);
/// Room for the stroke.
const EDGE: f64 = 3.0;
/// What stands for a transition that leads nowhere else.
const LOOP: &str = "↺ ";

/// A state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateBox {
    /// Left, top, width, height.
    pub place: (f64, f64, f64, f64),
    /// Its name.
    pub name: &'static str,
    /// Whether the machine is in it.
    pub is_here: bool,
}

/// What leads on from a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The end of the text on the right, and its base line.
    pub at: (f64, f64),
    /// What happens.
    pub text: String,
    /// Whether the machine followed this last; and if so, whether in the step in view.
    pub taken: Option<bool>,
}

/// A line from a box to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it begins: at the box.
    pub from: (f64, f64),
    /// How far out it goes.
    pub out: f64,
    /// Where it ends: at the other box.
    pub to: (f64, f64),
    /// Whether the machine followed this last; and if so, whether in the step in view.
    pub taken: Option<bool>,
}

/// A drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// In drawing units.
    pub width: f64,
    /// In drawing units.
    pub height: f64,
    /// The states.
    pub boxes: Vec<StateBox>,
    /// What leads on from them.
    pub labels: Vec<Label>,
    /// Where it leads; those that were followed last come last, on top.
    pub lines: Vec<Line>,
}

/// Transitions from one state to another, or to itself: their inputs, broken into lines.
struct Bundle {
    to: usize,
    lines: Vec<String>,
    taken: Option<bool>,
}

pub(super) fn draw(
    states: &[&'static str],
    rows: &[Transition],
    here: Option<usize>,
    last: Option<LastRow>,
    measure: &dyn Measure,
) -> Drawing {
    let text_max = WIDTH.1 - 2.0 * PAD;
    let bundles: Vec<Vec<Bundle>> = (0..states.len())
        .map(|from| bundles(from, rows, last, text_max, measure))
        .collect();
    let lines = bundles.iter().flatten().flat_map(|it| &it.lines);
    let texts = lines
        .map(|it| measure.width(it, Face::Plain))
        .chain(states.iter().map(|it| measure.width(it, Face::Strong)));
    let width = texts.fold(0.0, f64::max) + 2.0 * PAD;
    let width = width.clamp(WIDTH.0, WIDTH.1);
    // Every state that is reached from another one has a line of its own.
    let mut reached: Vec<usize> = Vec::new();
    for (from, bundles) in bundles.iter().enumerate() {
        for bundle in bundles {
            if bundle.to != from && !reached.contains(&bundle.to) {
                reached.push(bundle.to);
            }
        }
    }
    let mut tops = Vec::with_capacity(states.len());
    let mut y = EDGE;
    for bundles in &bundles {
        tops.push(y);
        let lines: usize = bundles.iter().map(|it| it.lines.len()).sum();
        let text = if lines > 0 {
            lines as f64 * LINE + FOOT
        } else {
            0.0
        };
        y += TITLE + text + GAP;
    }
    let height = y - GAP + EDGE;
    let right = EDGE + width;
    let mut drawing = Drawing {
        width: right + TRACK.0 + TRACK.1 * reached.len().saturating_sub(1) as f64 + EDGE,
        height,
        ..Drawing::default()
    };
    for (from, ((name, top), bundles)) in states.iter().zip(&tops).zip(&bundles).enumerate() {
        let bottom = tops.get(from + 1).map_or(height - EDGE, |next| next - GAP);
        drawing.boxes.push(StateBox {
            place: (EDGE, *top, width, bottom - top),
            name,
            is_here: here == Some(from),
        });
        let mut base = top + TITLE + LINE - 5.0;
        for bundle in bundles {
            let first = base;
            for text in &bundle.lines {
                drawing.labels.push(Label {
                    at: (right - PAD, base),
                    text: text.clone(),
                    taken: bundle.taken,
                });
                base += LINE;
            }
            let track = reached.iter().position(|it| *it == bundle.to);
            let to = tops.get(bundle.to).zip(track).filter(|_| bundle.to != from);
            if let Some((to, track)) = to {
                drawing.lines.push(Line {
                    from: (right, first - 4.5),
                    out: right + TRACK.0 + TRACK.1 * track as f64,
                    to: (right, to + TITLE / 2.0),
                    taken: bundle.taken,
                });
            }
        }
    }
    drawing.lines.sort_by_key(|line| line.taken);
    drawing
}

fn bundles(
    from: usize,
    rows: &[Transition],
    last: Option<LastRow>,
    width: f64,
    measure: &dyn Measure,
) -> Vec<Bundle> {
    let mut bundles: Vec<(usize, Option<bool>, Vec<String>)> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let taken = last.filter(|it| it.row == place).map(|it| it.is_now);
        if row.from != from || !(row.is_drawn || taken.is_some()) {
            continue;
        }
        let word = if row.to == from {
            format!("{LOOP}{}", row.input)
        } else {
            row.input.to_owned()
        };
        // The row that was followed stands by itself: it is marked.
        let same = bundles
            .iter_mut()
            .find(|it| it.0 == row.to && it.1.is_none() && taken.is_none());
        match same {
            Some(same) => same.2.push(row.input.to_owned()),
            None => bundles.push((row.to, taken, vec![word])),
        }
    }
    let wrapped = bundles.into_iter().map(|(to, taken, inputs)| Bundle {
        to,
        taken,
        lines: wrap(&inputs, width, measure),
    });
    wrapped.collect()
}

/// The inputs, with commas between them, in lines that fit.
fn wrap(inputs: &[String], width: f64, measure: &dyn Measure) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let comma = if place + 1 < inputs.len() { "," } else { "" };
        let word = format!("{input}{comma}");
        match lines.last_mut() {
            Some(line) if measure.width(&format!("{line} {word}"), Face::Plain) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::AverageWidths;

    fn row(from: usize, to: usize, input: &'static str, is_drawn: bool) -> Transition {
        Transition {
            from,
            to,
            input,
            action: "does something",
            rule: None,
            is_drawn,
            is_violation: false,
        }
    }

    #[test]
    fn every_transition_stands_in_its_box_and_leads_to_its_state() {
        let rows = [
            row(0, 1, "publish QoS 1", true),
            row(0, 2, "publish QoS 2", true),
            row(0, 0, "PUBACK", false),
            row(1, 0, "PUBACK", true),
            row(1, 0, "PUBACK 0x80+", true),
            row(1, 1, "resume", true),
            row(2, 0, "a long input that fills a line", true),
            row(2, 0, "another one", true),
        ];
        let last = Some(LastRow {
            row: 3,
            is_now: true,
        });
        let drawing = draw(
            &["free", "one", "two"],
            &rows,
            Some(0),
            last,
            &AverageWidths,
        );
        let texts: Vec<&str> = drawing.labels.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "publish QoS 1",
                "publish QoS 2",
                "PUBACK",
                "PUBACK 0x80+",
                "↺ resume",
                "a long input that fills a line,",
                "another one",
            ]
        );
        // Boxes do not overlap, and hold their labels.
        for pair in drawing.boxes.windows(2) {
            let [above, below] = pair else { panic!() };
            assert!(above.place.1 + above.place.3 < below.place.1);
        }
        let inside = |label: &Label| {
            let mut boxes = drawing.boxes.iter();
            boxes.any(|it| label.at.1 > it.place.1 && label.at.1 < it.place.1 + it.place.3)
        };
        assert!(drawing.labels.iter().all(inside));
        assert_eq!(
            drawing
                .boxes
                .last()
                .map(|it| it.place.1 + it.place.3 + EDGE),
            Some(drawing.height)
        );
        // What was followed lies on top, and leads to the state that is lit.
        let top = drawing.lines.last().expect("a line");
        assert_eq!(top.taken, Some(true));
        let lit = drawing.boxes.iter().find(|it| it.is_here).expect("one");
        assert_eq!(top.to.1, lit.place.1 + TITLE / 2.0);
        let taken = drawing.labels.iter().filter(|it| it.taken.is_some());
        assert_eq!(
            taken.map(|it| it.text.as_str()).collect::<Vec<_>>(),
            ["PUBACK"]
        );
        assert_eq!(drawing.lines.len(), 5, "{:?}", drawing.lines);
        assert!(drawing.lines.iter().all(|it| it.out < drawing.width));
    }
}
