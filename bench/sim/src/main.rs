//! The simulator beside nexosim, madsim and turmoil: ns per event and per message, bytes per record, time to seek.
//!
//! Programs take turns, and medians are compared: figures of one run compare with each other only.

mod peers;

use bench_sim_ours as ours;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Live = Live;

/// Counts the bytes that are in use, while this thread alone runs: a locked addition would cost as much as an allocation.
struct Live;

static LIVE: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: usize, sign: isize) {
    LIVE.store(LIVE.load(Relaxed) + sign * bytes as isize, Relaxed);
}

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Live {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, 1);
        count(layout.size(), -1);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        unsafe { System.dealloc(at, layout) }
    }
}

const ROUNDS: usize = 9;
const EVENTS: u32 = 200_000;
const MESSAGES: u32 = 5_000;
const RECORDS: u32 = 100_000;

/// What is measured: a name, and a call that answers how many it did in which time.
type Contender = (&'static str, fn() -> (u64, Duration));

/// Processor time of this program so far, of all its threads: what else the machine does is not counted.
fn processor_time() -> Duration {
    #[repr(C)]
    struct Time {
        secs: i64,
        nanos: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    const OF_THE_PROCESS: i32 = 2;
    let mut time = Time { secs: 0, nanos: 0 };
    // SAFETY: it writes one such value, as Linux has it on 64 bits.
    let answer = unsafe { clock_gettime(OF_THE_PROCESS, &mut time) };
    assert_eq!(answer, 0);
    Duration::new(time.secs as u64, time.nanos as u32)
}

fn timed(work: impl FnOnce() -> u64) -> (u64, Duration) {
    let begun = processor_time();
    let count = work();
    (count, processor_time() - begun)
}

const CONTENDERS: &[Contender] = &[
    ("link: ours", || timed(|| ours::ping_pong(EVENTS, 1))),
    ("link: nexosim", || timed(|| peers::nexosim(EVENTS))),
    ("message: ours, QoS 0", || broker(0)),
    ("message: ours, QoS 1", || broker(1)),
    ("message: ours, QoS 2", || broker(2)),
    ("message: madsim, bare TCP", || {
        timed(|| peers::madsim(20_000))
    }),
    ("message: turmoil, bare TCP", || {
        timed(|| peers::turmoil(5_000))
    }),
];

/// ns for each packet that crosses a link, through real clients, broker and codec, with the log and the kept states.
fn broker(qos: u8) -> (u64, Duration) {
    let mut run = ours::messages(MESSAGES, qos);
    let begun = processor_time();
    run.run_to_end();
    let took = processor_time() - begun;
    (ours::packets(&run), took)
}

/// Keeps freed memory in the program: else page faults in fresh logs cost more than what is measured.
/// Only glibc has the switch.
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            safe fn mallopt(parameter: i32, value: i32) -> i32;
        }
        const M_TRIM_THRESHOLD: i32 = -1;
        const M_MMAP_THRESHOLD: i32 = -3;
        assert_eq!(mallopt(M_TRIM_THRESHOLD, 1 << 30), 1);
        // glibc takes at most 32 MiB here.
        assert_eq!(mallopt(M_MMAP_THRESHOLD, 32 << 20), 1);
    }
}

fn main() {
    keep_freed_memory();
    let only =
        std::env::args().find_map(|argument| argument.strip_prefix("--only=").map(str::to_owned));
    let contenders: Vec<&Contender> = CONTENDERS
        .iter()
        .filter(|(name, _)| {
            only.as_ref()
                .is_none_or(|only| name.contains(only.as_str()))
        })
        .collect();
    let mut figures: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, work), figures) in contenders.iter().zip(&mut figures) {
            let (count, took) = work();
            figures.push(took.as_nanos() as f64 / count as f64);
        }
    }
    println!("ns of processor time each, median of {ROUNDS} rounds (lowest)");
    let mut medians = Vec::new();
    for ((name, _), figures) in contenders.iter().zip(&mut figures) {
        figures.sort_by(f64::total_cmp);
        let median = figures[figures.len() / 2];
        medians.push(median);
        println!("{name:<28} {median:>9.0}  ({:.0})", figures[0]);
    }
    if medians.len() < CONTENDERS.len() {
        return;
    }
    let [link, nexosim, qos0, qos1, qos2, madsim, turmoil] = medians[..] else {
        unreachable!("a median for each contender")
    };
    let slowest = qos0.max(qos1).max(qos2);
    println!();
    let browser = in_browser();
    for (name, native) in [
        ("link", link),
        ("qos0", qos0),
        ("qos1", qos1),
        ("qos2", qos2),
    ] {
        if let Some(wasm) = browser.get(name) {
            println!("{name}: {wasm:.0} ns in wasm, in Chromium");
            goal("  wasm / native rate", native / wasm, -0.4, "");
        }
    }
    goal("link: ours / nexosim", link / nexosim, 0.6, "");
    goal("message: ours / madsim", slowest / madsim, 1.0, "");
    goal("message: ours / turmoil", slowest / turmoil, 0.2, "");

    let before = LIVE.load(Relaxed);
    let run = ours::long_run(RECORDS);
    let whole = LIVE.load(Relaxed) - before;
    let before = LIVE.load(Relaxed);
    let log = run.log().clone();
    let of_log = LIVE.load(Relaxed) - before;
    let records = f64::from(log.end().0);
    // A clone shares the packets' bytes: they are counted by themselves.
    let bytes: usize = log
        .records(log.end())
        .iter()
        .map(|record| match &record.kind {
            sim::RecordKind::Sent(flight) => flight.bytes.len(),
            sim::RecordKind::Delivered(message) => message.payload.len(),
            _ => 0,
        })
        .sum();
    goal(
        "bytes per record, the log",
        (of_log + bytes as isize) as f64 / records,
        200.0,
        " bytes",
    );
    println!(
        "{:<34} {:>8.1} bytes",
        "  with all kept states",
        whole as f64 / records
    );

    let mut seeks: Vec<f64> = (0..400_u32)
        .map(|number| {
            let cursor = sim::Cursor((number.wrapping_mul(2_654_435_761)) % log.end().0);
            let begun = processor_time();
            black_box(run.world_at(black_box(cursor)));
            (processor_time() - begun).as_secs_f64() * 1e3
        })
        .collect();
    seeks.sort_by(f64::total_cmp);
    println!("{:<34} {:>8.2} ms", "seek, median of 400", seeks[200]);
    goal("seek, slowest of 400", seeks[399], 16.0, " ms");
    if let Some(worst) = browser.get("seek_worst") {
        goal(
            "seek, slowest of 400, in Chromium",
            worst / 1e6,
            16.0,
            " ms",
        );
    }
}

/// What the same work took in wasm, as `name=ns` arguments.
fn in_browser() -> std::collections::BTreeMap<String, f64> {
    let figures = std::env::args().skip(1).filter_map(|argument| {
        let (name, figure) = argument.split_once('=')?;
        Some((name.to_owned(), figure.parse().ok()?))
    });
    figures.collect()
}

/// A goal is the most that is allowed; below zero, the least without its sign.
fn goal(name: &str, found: f64, goal: f64, unit: &str) {
    let (met, word) = if goal < 0.0 {
        (found >= -goal, "at least")
    } else {
        (found <= goal, "at most")
    };
    let mark = if met { "met" } else { "MISSED" };
    println!(
        "{name:<34} {found:>8.2}{unit}  goal {word} {}{unit}: {mark}",
        goal.abs()
    );
}
