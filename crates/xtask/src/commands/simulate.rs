//! `cargo xtask simulate`: random worlds with the checkers on.

use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use sim::{Breach, Recording, Sabotage, Scenario, random};

/// Runs random worlds and reports promises that they break.
#[derive(Args)]
pub(crate) struct Simulate {
    /// How many worlds
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The seed of the first world
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plants a bug, to see that it is found: 0 no deduplication, 1 id freed early, 2 will twice, 3 retained lost
    #[arg(long, value_name = "BUG")]
    plant: Option<usize>,
    /// Where the shrunk scenarios of failing worlds go
    #[arg(long, default_value = "target/simulate")]
    reports: PathBuf,
}

/// So many failing worlds are reported; then it stops.
const REPORTS_MAX: usize = 5;

impl Simulate {
    pub(crate) fn run(&self) -> Result<()> {
        let bug = match self.plant {
            Some(number) => Some(*Sabotage::ALL.get(number).context("there is no such bug")?),
            None => None,
        };
        let begun = Instant::now();
        let next = AtomicU64::new(self.from);
        let end = self.from.saturating_add(self.seeds);
        let events = AtomicU64::new(0);
        let failed: Mutex<Vec<u64>> = Mutex::new(Vec::new());
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= end {
                            return;
                        }
                        let (breaches, count) = judge(&random::scenario(seed), bug);
                        events.fetch_add(count, Ordering::Relaxed);
                        if !breaches.is_empty() {
                            let mut failed = match failed.lock() {
                                Ok(failed) => failed,
                                // Another thread panicked and takes this one down as well.
                                Err(_) => return,
                            };
                            failed.push(seed);
                            if failed.len() >= REPORTS_MAX {
                                next.store(end, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        let mut failed = failed.into_inner().unwrap_or_default();
        failed.sort_unstable();
        for seed in &failed {
            self.report(*seed, bug)?;
        }
        println!(
            "{} worlds, {} events, {:.1} s: {} passed, {} failed",
            self.seeds,
            events.into_inner(),
            begun.elapsed().as_secs_f64(),
            self.seeds - failed.len() as u64,
            failed.len()
        );
        match failed.len() {
            0 => Ok(()),
            _ => bail!("random worlds break promises"),
        }
    }

    /// Shrinks a failing world and writes it down.
    fn report(&self, seed: u64, bug: Option<Sabotage>) -> Result<()> {
        let scenario = random::scenario(seed);
        let (breaches, _) = judge(&scenario, bug);
        let Some(first) = breaches.first() else {
            return Ok(());
        };
        let small = random::shrink(&scenario, |smaller| {
            let (breaches, _) = judge(smaller, bug);
            breaches.iter().any(|breach| breach.check == first.check)
        });
        fs::create_dir_all(&self.reports)
            .with_context(|| format!("cannot make {}", self.reports.display()))?;
        let file = self.reports.join(format!("seed-{seed}.mqtt"));
        fs::write(&file, small.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("seed {seed}: {first}");
        let (breaches, _) = judge(&small, bug);
        if let Some(breach) = breaches.iter().find(|breach| breach.check == first.check) {
            println!("    shrunk to {}: {breach}", file.display());
        }
        Ok(())
    }
}

/// What a world breaks, and how many events it had. A scenario that cannot be run breaks nothing.
fn judge(scenario: &Scenario, bug: Option<Sabotage>) -> (Vec<Breach>, u64) {
    let (truth, seed) = (Rc::new(scenario.clone()), scenario.seed);
    let run = match bug {
        Some(bug) => Recording::run_sabotaged(truth, seed, bug),
        None => Recording::run(truth, seed),
    };
    match run {
        Ok(recording) => (recording.breaches(), recording.head().events()),
        Err(_) => (Vec::new(), 0),
    }
}
