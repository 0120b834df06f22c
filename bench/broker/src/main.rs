//! Our hub beside other brokers, over loopback TCP.
//!
//! Each broker is pinned to one core and this program, which makes all the traffic, to another. The brokers take turns
//! within each round, so that whatever else the machine does meets all of them alike; medians of the rounds are printed,
//! and ratios are medians of the ratios within a round.

mod cases;
mod generator;
mod peers;
mod relay;
mod report;

use anyhow::Result;
use cases::{CASES, Case};
use clap::{Parser, Subcommand};
use peers::{Kind, Paths, Running};
use report::Table;
use std::path::PathBuf;

/// Measures brokers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    relay: Option<Relay>,
    /// The hub to measure.
    #[arg(long, value_name = "PROGRAM")]
    hub: Option<PathBuf>,
    /// Mosquitto.
    #[arg(long, value_name = "PROGRAM")]
    mosquitto: Option<PathBuf>,
    /// The program bench-rumqttd.
    #[arg(long, value_name = "PROGRAM")]
    rumqttd: Option<PathBuf>,
    /// The script that starts aedes.
    #[arg(long, value_name = "SCRIPT")]
    aedes: Option<PathBuf>,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one measurement of throughput takes, in seconds.
    #[arg(long, default_value_t = 1.2)]
    seconds: f64,
    /// Only cases whose name holds this.
    #[arg(long, value_name = "PART")]
    case: Option<String>,
}

#[derive(Subcommand)]
enum Relay {
    /// Passes bytes on without looking at them: the most that this generator can measure.
    Relay {
        /// Where to listen.
        port: u16,
    },
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if let Some(Relay::Relay { port }) = cli.relay {
        return relay::run(port);
    }
    let paths = Paths {
        hub: cli.hub,
        mosquitto: cli.mosquitto,
        rumqttd: cli.rumqttd,
        aedes: cli.aedes,
    };
    peers::pin_this_program()?;
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| paths.has(*kind))
        .collect();
    let cases: Vec<&Case> = CASES
        .iter()
        .filter(|case| {
            cli.case
                .as_ref()
                .is_none_or(|part| case.name.contains(part))
        })
        .collect();
    let mut table = Table::default();
    println!("load average at the start: {}", report::load());
    for round in 0..cli.rounds {
        for case in &cases {
            if case.once() && round > 0 {
                continue;
            }
            for kind in &kinds {
                // A fresh one each time: what an earlier case has left in memory is no part of this one.
                let broker = Running::start(*kind, &paths)?;
                match case.run(&broker, cli.seconds) {
                    Ok(sample) => table.add(case, *kind, round, sample),
                    Err(error) => eprintln!("{} with {kind}: {error:#}", case.name),
                }
            }
        }
        eprintln!(
            "round {} of {}: load {}",
            round + 1,
            cli.rounds,
            report::load()
        );
    }
    table.print(&cases, &kinds);
    println!("load average at the end: {}", report::load());
    Ok(())
}
