//! The broker in one process with its host, beside aedes in Node.js: wire bytes in and out, no sockets.
//!
//! `bench-inprocess SCRIPT WASM [ROUNDS]`: SCRIPT runs aedes, and the broker as wasm, in Node.js.

use anyhow::{Context, Result};
use bench_inprocess::{BATCH, Stage, batch};
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_millis(1_500);
/// Subscribers, and what native and wasm are to be times aedes.
const CASES: [usize; 2] = [1, 50];
const NATIVE_GOAL: f64 = 20.0;
const WASM_GOAL: f64 = 8.0;

/// Messages delivered per second, and nanoseconds of processor time for each.
type Sample = [f64; 2];

fn native(subscribers: usize) -> Result<Sample> {
    let mut stage = Stage::new(subscribers);
    let batch = batch();
    let (begun, cpu) = (Instant::now(), cpu()?);
    let mut delivered = 0_usize;
    while begun.elapsed() < SPAN {
        for _ in 0..10 {
            stage.input[..batch.len()].copy_from_slice(&batch);
            stage.feed(batch.len());
            for subscriber in 0..subscribers {
                let bytes = black_box(stage.output(subscriber).to_vec());
                assert_eq!(bytes.len(), batch.len());
                stage.clear(subscriber);
            }
            delivered += BATCH * subscribers;
        }
    }
    let nanos = (self::cpu()? - cpu) as f64;
    Ok([
        delivered as f64 / begun.elapsed().as_secs_f64(),
        nanos / delivered as f64,
    ])
}

fn cpu() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().context("schedstat")
}

fn in_node(arguments: &[&str], subscribers: usize) -> Result<Sample> {
    let output = Command::new("node")
        .args(arguments)
        .args([subscribers.to_string(), SPAN.as_millis().to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(rate)), Some(Ok(nanos))) => Ok([rate, nanos]),
        _ => anyhow::bail!("node: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let script = arguments.next().context("the script?")?;
    let wasm = arguments.next().context("the wasm?")?;
    let rounds = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    for subscribers in CASES {
        let mut samples: [Vec<Sample>; 3] = Default::default();
        for _ in 0..rounds {
            samples[0].push(native(subscribers)?);
            samples[1].push(in_node(&[&script, "wasm", &wasm], subscribers)?);
            samples[2].push(in_node(&[&script, "aedes"], subscribers)?);
        }
        println!("\n1 to {subscribers:<12} messages/s  CPU ns each   by aedes");
        for (name, of_one, goal) in [
            ("native", &samples[0], Some(NATIVE_GOAL)),
            ("wasm in node", &samples[1], Some(WASM_GOAL)),
            ("aedes in node", &samples[2], None),
        ] {
            let pick = |at: usize| median(of_one.iter().map(|sample| sample[at]).collect());
            print!("  {name:<14} {:>12.0} {:>12.0}", pick(0), pick(1));
            if let Some(goal) = goal {
                let ratios = |at: usize| {
                    let pairs = of_one.iter().zip(&samples[2]);
                    median(pairs.map(|(ours, theirs)| ours[at] / theirs[at]).collect())
                };
                let (ratio, by_cpu) = (ratios(0), 1.0 / ratios(1));
                let met = if ratio >= goal { "met" } else { "NOT met" };
                print!("   {ratio:.1} (by CPU {by_cpu:.1}); goal {goal}: {met}");
            }
            println!();
        }
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "\nload average: {}",
        load.split(' ').take(3).collect::<Vec<_>>().join(" ")
    );
    Ok(())
}
