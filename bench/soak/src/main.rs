//! A hub under bad weather: clients that are cut off, that read slowly, and that send garbage, for as long as one likes.
//!
//! Afterwards everybody is well again, and the book is read: what the hub has acknowledged has to have arrived, at QoS 2
//! once only. The hub's memory is printed all along.

mod book;
mod client;

use anyhow::{Context, Result, bail};
use book::Book;
use clap::Parser;
use client::Member;
use mio::{Events, Poll};
use mqtt_proto::{Instant, Qos};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Runs a hub and its clients.
#[derive(Parser)]
struct Cli {
    /// The hub.
    #[arg(long, value_name = "PROGRAM")]
    hub: PathBuf,
    /// How many clients, each with a session of its own.
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Messages per second, of all clients together.
    #[arg(long, default_value_t = 2_000)]
    rate: u64,
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Cuts per second, in a thousand clients; the other troubles likewise.
const CUTS: u64 = 20;
const SLOW: u64 = 5;
const GARBAGE: u64 = 10;
/// How long the last messages may take.
const PATIENCE: u64 = 60_000_000;
/// Memory may grow by this part between the second fifth of the time and the last.
const GROWTH_MAX: f64 = 0.2;

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

struct Hub(Child);

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Hub {
    fn start(cli: &Cli) -> Result<(Self, SocketAddr)> {
        let mut child = Command::new(&cli.hub)
            // As many as may gather for one client that is away: what a full queue drops is a policy and no loss.
            .args(["--mqtt", "127.0.0.1:0", "--max-queued", "1000000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", cli.hub.display()))?;
        let mut line = String::new();
        let out = child.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().strip_prefix("mqtt ").context("no address")?;
        Ok((Self(child), address.parse()?))
    }

    /// Its own memory, in KiB.
    fn memory(&self) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = text.lines().find(|line| line.starts_with("RssAnon:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .context("RssAnon")
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let (hub, address) = Hub::start(&cli)?;
    let started = std::time::Instant::now();
    let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
    let mut rng = Rng(cli.seed);
    let mut book = Book::default();
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1_024);
    let mut scratch = vec![0; 64 * 1024];
    let mut members = (0..cli.clients)
        .map(Member::new)
        .collect::<Result<Vec<_>>>()?;
    let span = (cli.minutes * 60e6) as u64;
    let per_client = |rate: u64| (rate * cli.clients as u64 / 1_000).max(1);
    // What is due by now, counted from the moment when everybody has subscribed.
    let mut weather_from = None;
    let (mut published, mut cuts, mut slow, mut garbage) = (0, 0, 0, 0);
    let mut memory: Vec<(u64, u64)> = Vec::new();
    let mut next_print = 0;
    println!(
        "{} clients, {} minutes, seed {}",
        cli.clients, cli.minutes, cli.seed
    );
    println!("   s  published  acknowledged   arrived  repeated  cuts  slow  garbage  hub KiB");
    let verdict = loop {
        poll.poll(&mut events, Some(Duration::from_millis(5)))
            .or_else(|error| match error.kind() {
                std::io::ErrorKind::Interrupted => Ok(()),
                _ => Err(error),
            })?;
        let at = now();
        for event in &events {
            let member = &mut members[event.token().0];
            member.flush(at, &mut book)?;
            member.read(at, &mut scratch, &mut book)?;
        }
        let micros = at.as_micros();
        let since = weather_from.map_or(0, |from| micros - from);
        let is_over = since > span;
        for member in &mut members {
            if !member.is_open() && (member.away_until <= micros || is_over) {
                member.connect(at, address, poll.registry(), &mut book)?;
            }
            if member.slow_until > 0 && (member.slow_until <= micros || is_over) {
                member.slow_until = 0;
                member.read(at, &mut scratch, &mut book)?;
            }
            member.timeout(at, &mut book)?;
        }
        if weather_from.is_none() {
            if members.iter().all(|member| member.is_subscribed) {
                weather_from = Some(micros);
            } else if micros > PATIENCE {
                bail!("not all clients have subscribed");
            }
            continue;
        }
        if micros >= next_print {
            next_print = micros + (span / 20).clamp(1_000_000, 30_000_000);
            let kib = hub.memory()?;
            memory.push((since, kib));
            println!(
                "{:>4} {:>10} {:>13} {:>9} {:>9} {:>5} {:>5} {:>8} {:>8}",
                since / 1_000_000,
                book.published(),
                book.acknowledged,
                book.arrived,
                book.repeated,
                cuts,
                slow,
                garbage,
                kib
            );
        }
        if is_over {
            let is_done = book.missing() == 0 && members.iter().all(Member::is_idle);
            if is_done || since > span + PATIENCE {
                break book.judge();
            }
            continue;
        }
        let due = |rate: u64| since * rate / 1_000_000;
        while published < due(cli.rate) {
            published += 1;
            let from = rng.below(cli.clients as u64) as usize;
            let to = rng.below(cli.clients as u64) as usize;
            let qos = match rng.below(2) {
                0 => Qos::AtLeastOnce,
                _ => Qos::ExactlyOnce,
            };
            members[from].publish(at, to, qos, &mut book)?;
        }
        while cuts < due(per_client(CUTS)) {
            cuts += 1;
            let member = &mut members[rng.below(cli.clients as u64) as usize];
            member.cut(at, &mut book)?;
            member.away_until = micros + rng.below(3_000_000);
        }
        while slow < due(per_client(SLOW)) {
            slow += 1;
            let member = &mut members[rng.below(cli.clients as u64) as usize];
            member.slow_until = micros + 1_000_000 + rng.below(9_000_000);
        }
        while garbage < due(per_client(GARBAGE)) {
            garbage += 1;
            send_garbage(address, &mut rng)?;
        }
    };
    println!(
        "{} published, {} acknowledged: {} lost, {} doubled at QoS 2, {} repeated at QoS 1 (which may be)",
        book.published(),
        book.acknowledged,
        verdict.lost,
        verdict.doubled,
        book.repeated - verdict.doubled
    );
    let growth = growth(&memory, span);
    println!(
        "memory: {:+.1} % from the second fifth of the time to the last",
        growth * 100.0
    );
    if verdict.lost > 0 || verdict.doubled > 0 {
        bail!("the hub has broken its promises");
    }
    if growth > GROWTH_MAX {
        bail!("the hub's memory grows");
    }
    Ok(())
}

/// Opens a connection of its own, sends what is no MQTT, at times behind a good CONNECT, and leaves.
fn send_garbage(address: SocketAddr, rng: &mut Rng) -> Result<()> {
    let mut bytes = Vec::new();
    if rng.below(2) == 0 {
        bytes.extend_from_slice(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01g");
    }
    for _ in 0..rng.below(400) {
        bytes.push(rng.next() as u8);
    }
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nonblocking(true)?;
    // The hub may close before it has all of it.
    let _ = stream.write_all(&bytes);
    let _ = stream.read(&mut [0; 64]);
    Ok(())
}

/// How much the mean of the last fifth is above that of the second.
fn growth(memory: &[(u64, u64)], span: u64) -> f64 {
    let mean = |from: u64, to: u64| {
        let of_part: Vec<f64> = memory
            .iter()
            .filter(|(at, _)| (span * from / 5..span * to / 5).contains(at))
            .map(|(_, kib)| *kib as f64)
            .collect();
        of_part.iter().sum::<f64>() / of_part.len() as f64
    };
    let growth = mean(4, 5) / mean(1, 2) - 1.0;
    if growth.is_finite() { growth } else { 0.0 }
}
