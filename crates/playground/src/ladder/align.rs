//! Two ladders side by side: the same time stands at the same height in both.

use super::Layout;

/// A time at which something stands in one of the two: from where to where in the first, in the second, and in both together.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    ends: [(f64, f64); 2],
    common: (f64, f64),
}

/// Moves what stands in both layouts down, never up, so that the same time has the same height.
pub fn align(layouts: &mut [Layout; 2]) {
    let levels = levels(layouts);
    for (side, layout) in layouts.iter_mut().enumerate() {
        let points: Vec<(f64, f64)> = levels
            .iter()
            .flat_map(|level| {
                let own = level.ends.get(side).copied().unwrap_or_default();
                let (from, to) = level.common;
                // What has less at this time ends before the next: only its start is bound.
                [(own.0, from), (own.1, from + own.1 - own.0), (own.1, to)]
            })
            .collect();
        layout.map_heights(&|y| moved(&points, y));
    }
}

fn levels(layouts: &[Layout; 2]) -> Vec<Level> {
    let mut times: Vec<u64> = layouts.iter().flat_map(Layout::times).collect();
    times.sort_unstable();
    times.dedup();
    let mut last = Level::default();
    times
        .into_iter()
        .map(|at| {
            let ends = layouts.each_ref().map(|layout| layout.extent(at));
            let [step, height] = ends
                .iter()
                .zip(last.ends)
                .fold([0.0, 0.0], |most, (own, old)| {
                    let [step, height] = most;
                    [
                        f64::max(step, own.0 - old.1),
                        f64::max(height, own.1 - own.0),
                    ]
                });
            let from = last.common.1 + step;
            last = Level {
                ends,
                common: (from, from + height),
            };
            last
        })
        .collect()
}

/// Where `y` stands now: between the points in proportion, below the last one as far from it as before.
fn moved(points: &[(f64, f64)], y: f64) -> f64 {
    let after = points.partition_point(|(own, _)| *own < y);
    let before = after.checked_sub(1).and_then(|index| points.get(index));
    match (before, points.get(after)) {
        // Several points at one height: what stands there belongs to the first of them.
        (_, Some((own, common))) if *own <= y => *common,
        (Some((y0, c0)), Some((y1, c1))) => c0 + (c1 - c0) * (y - y0) / (y1 - y0),
        (Some((y0, c0)), None) => c0 + y - y0,
        (None, Some((y1, c1))) => (c1 - y1 + y).max(0.0),
        (None, None) => y,
    }
}
