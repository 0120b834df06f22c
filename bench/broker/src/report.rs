//! Medians, ratios, and whether the goals are met.

use crate::cases::{Case, Sample, What};
use crate::peers::Kind;

/// The most memory that an idle connection of ours may take.
const IDLE_MAX_BYTES: f64 = 8.0 * 1024.0;

/// All measurements.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<(&'static str, Kind, usize, Sample)>,
}

impl Table {
    pub(crate) fn add(&mut self, case: &Case, kind: Kind, round: usize, sample: Sample) {
        self.rows.push((case.name, kind, round, sample));
    }

    fn of(&self, case: &str, kind: Kind, pick: fn(&Sample) -> f64) -> Vec<(usize, f64)> {
        self.rows
            .iter()
            .filter(|row| row.0 == case && row.1 == kind)
            .map(|row| (row.2, pick(&row.3)))
            .collect()
    }

    fn median(&self, case: &str, kind: Kind, pick: fn(&Sample) -> f64) -> Option<f64> {
        median(
            self.of(case, kind, pick)
                .into_iter()
                .map(|(_, value)| value),
        )
    }

    /// The median over the rounds of `kind`'s figure by `than`'s.
    fn ratio(&self, case: &str, kind: Kind, than: Kind, pick: fn(&Sample) -> f64) -> Option<f64> {
        let theirs = self.of(case, than, pick);
        let pairs = self.of(case, kind, pick).into_iter();
        median(pairs.filter_map(|(round, ours)| {
            let (_, theirs) = theirs.iter().find(|(other, _)| *other == round)?;
            Some(ours / theirs)
        }))
    }

    pub(crate) fn print(&self, cases: &[&Case], kinds: &[Kind]) {
        let value: fn(&Sample) -> f64 = |sample| sample.value;
        let second: fn(&Sample) -> f64 = |sample| sample.second;
        for case in cases {
            let name = case.name;
            let (first_unit, second_unit) = match case.what {
                What::Flood { .. } => ("messages/s", "CPU ns each"),
                What::Latency => ("p50 us", "p99 us"),
                What::Memory => ("bytes each", ""),
                What::Connects => ("CPU us each", ""),
            };
            let third_unit = match case.what {
                What::Flood { .. } => "generator ns",
                _ => "",
            };
            println!(
                "\n{name:<18} {first_unit:>12} {second_unit:>12} {third_unit:>12}   ours by theirs"
            );
            for kind in kinds {
                let Some(median) = self.median(name, *kind, value) else {
                    println!("  {kind:<16} no figure");
                    continue;
                };
                let mut line = format!("  {kind:<16} {median:>12.0}");
                if !second_unit.is_empty() {
                    let median = self.median(name, *kind, second).unwrap_or_default();
                    line += &format!(" {median:>12.0}");
                }
                if !third_unit.is_empty() {
                    let median = self.median(name, *kind, |sample| sample.ours);
                    line += &format!(" {:>12.0}", median.unwrap_or_default());
                }
                if *kind != Kind::Hub
                    && let Some(ratio) = self.ratio(name, Kind::Hub, *kind, value)
                {
                    line += &format!("   {ratio:.2}");
                    if !second_unit.is_empty()
                        && let Some(ratio) = self.ratio(name, Kind::Hub, *kind, second)
                    {
                        line += &format!(" ({ratio:.2})");
                    }
                }
                let lost: u64 = self
                    .rows
                    .iter()
                    .filter(|row| row.0 == name && row.1 == *kind)
                    .map(|row| row.3.lost)
                    .sum();
                if lost > 0 {
                    line += &format!("   {lost} lost");
                }
                println!("{line}");
            }
            for goal in case.goals {
                let (Some(ratio), than) =
                    (self.ratio(name, Kind::Hub, goal.than, value), goal.than)
                else {
                    continue;
                };
                let wanted = goal.ratio;
                if matches!(case.what, What::Latency) {
                    let p99 = self
                        .ratio(name, Kind::Hub, than, second)
                        .unwrap_or(f64::NAN);
                    println!(
                        "  goal: at most {wanted} of {than}: p50 {}, p99 {}",
                        verdict(ratio, ratio <= wanted),
                        verdict(p99, p99 <= wanted)
                    );
                } else {
                    let by_cpu = self
                        .ratio(name, Kind::Hub, than, second)
                        .map(|ratio| 1.0 / ratio);
                    println!(
                        "  goal: at least {wanted} times {than}: {}; by processor time {}",
                        verdict(ratio, ratio >= wanted),
                        by_cpu.map_or_else(String::new, |ratio| verdict(ratio, ratio >= wanted)),
                    );
                }
            }
            if let (What::Memory, Some(bytes)) = (case.what, self.median(name, Kind::Hub, value)) {
                let met = bytes <= IDLE_MAX_BYTES;
                println!(
                    "  goal: at most {IDLE_MAX_BYTES} bytes: {}",
                    verdict(bytes, met)
                );
            }
        }
        println!(
            "\nTimes of the processor count only the broker's own work. What else this machine does changes them little, but \
             messages/s and latencies as it likes, and in favour of brokers with several threads: above a load average of \
             about 1 at the start, judge by processor time. Ratios in parentheses are of the second column."
        );
    }
}

fn verdict(found: f64, met: bool) -> String {
    format!("{found:.2}, {}", if met { "met" } else { "NOT met" })
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) && middle > 0 {
        Some((values[middle - 1] + values[middle]) / 2.0)
    } else {
        values.get(middle).copied()
    }
}

/// The machine's load averages.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
