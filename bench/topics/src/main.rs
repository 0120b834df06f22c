//! Finding the subscribers of a topic among 100,000 and 1,000,000 subscriptions, beside rmqtt's
//! `TopicTree`: time per publish and bytes per subscription.

use mqtt_broker::topics::{Matched, SessionKey, Subscriber, SubscriptionTree};
use mqtt_proto::Qos;
use mqtt_proto::packet::SubscriptionOptions;
use rmqtt::topic::Topic;
use rmqtt::trie::TopicTree;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: Live = Live;

/// Counts the bytes that are in use.
struct Live;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Live {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.store(LIVE.load(Relaxed).wrapping_add(layout.size()), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.store(LIVE.load(Relaxed).wrapping_sub(layout.size()), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

/// A filter per subscription: nine in ten exact, the others with `+` or `#`; as devices of many sites would.
fn filter(number: usize) -> String {
    let (site, device) = (number % 1_000, number / 1_000);
    match number % 20 {
        18 => format!("site/{site}/+/{device}/state"),
        19 => format!("site/{site}/device/{device}/#"),
        _ => format!("site/{site}/device/{device}/state"),
    }
}

fn topic(number: usize) -> String {
    format!("site/{}/device/{}/state", number % 1_000, number / 1_000)
}

/// Numbers in an order that no cache foresees; the same for all.
fn shuffled(count: usize, of: usize) -> Vec<usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % of as u64) as usize
        })
        .collect()
}

struct Figures {
    nanos: f64,
    bytes: f64,
    matches: usize,
}

fn ours(count: usize, topics: &[String]) -> Figures {
    let before = LIVE.load(Relaxed);
    let mut tree = SubscriptionTree::new(1);
    for number in 0..count {
        let subscriber = Subscriber {
            session: SessionKey(number as u32),
            options: SubscriptionOptions::at(Qos::AtLeastOnce),
            identifier: None,
        };
        tree.insert(&filter(number), None, subscriber).unwrap();
    }
    let bytes = LIVE.load(Relaxed) - before;
    let mut found: Vec<Matched> = Vec::new();
    let mut matches = 0;
    let nanos = best_of(5, topics.len(), || {
        matches = 0;
        for topic in topics {
            found.clear();
            tree.matches(black_box(topic), &mut found);
            matches += found.len();
        }
    });
    Figures {
        nanos,
        bytes: bytes as f64 / count as f64,
        matches,
    }
}

fn theirs(count: usize, topics: &[String]) -> Figures {
    let before = LIVE.load(Relaxed);
    let mut tree: TopicTree<u32> = TopicTree::default();
    for number in 0..count {
        tree.insert(&Topic::from_str(&filter(number)).unwrap(), number as u32);
    }
    let bytes = LIVE.load(Relaxed) - before;
    let mut matches = 0;
    let nanos = best_of(5, topics.len(), || {
        matches = 0;
        for topic in topics {
            // A broker gets the topic as text.
            let topic = Topic::from_str(black_box(topic)).unwrap();
            for (_, values) in tree.matches(&topic).iter() {
                matches += values.len();
            }
        }
    });
    Figures {
        nanos,
        bytes: bytes as f64 / count as f64,
        matches,
    }
}

fn best_of(rounds: usize, per_round: usize, mut round: impl FnMut()) -> f64 {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_nanos() as f64 / per_round as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() -> ExitCode {
    const PUBLISHES: usize = 200_000;
    let mut met = true;
    println!(
        "subscriptions | ns per publish: ours, rmqtt | bytes per subscription: ours, rmqtt | matches"
    );
    for count in [100_000, 1_000_000] {
        let topics: Vec<String> = shuffled(PUBLISHES, count).into_iter().map(topic).collect();
        let ours = ours(count, &topics);
        let theirs = theirs(count, &topics);
        assert_eq!(ours.matches, theirs.matches, "the trees disagree");
        println!(
            "{count:>13} | {:>7.0} {:>7.0} ({:.2}) | {:>7.0} {:>7.0} ({:.2}) | {}",
            ours.nanos,
            theirs.nanos,
            ours.nanos / theirs.nanos,
            ours.bytes,
            theirs.bytes,
            ours.bytes / theirs.bytes,
            ours.matches,
        );
        met &= ours.nanos <= theirs.nanos / 2.0 && ours.bytes <= 0.6 * theirs.bytes;
    }
    println!(
        "goals (half the time, 0.6 of the bytes): {}",
        if met { "met" } else { "missed" }
    );
    if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
