//! The work that is measured, natively and in a browser.

use sim::{Cursor, Recording, Scenario};
use std::fmt::Write as _;
use std::rc::Rc;

/// Packets of a ping-pong over a link that loses one in twenty: how many events it took.
pub fn ping_pong(events: u32, seed: u64) -> u64 {
    sim::measure::ping_pong(events, seed)
}

/// A phone publishes to a robot, through the broker, so many times.
pub fn messages(count: u32, qos: u8) -> Recording {
    let mut text = String::from(
        "scenario \"messages\"\nuntil 100 h\n\nnode broker broker\n\nnode a phone\n\nnode b phone\n  subscribe \"t\" qos 2\n\n\
         link a to broker\n\nlink b to broker\n\nat 0 s: a connect\nat 0 s: b connect\n",
    );
    for number in 0..count {
        let at = 1_000 + u64::from(number);
        writeln!(text, "at {at} ms: a publish \"t\" \"12345678\" qos {qos}")
            .expect("a string takes everything");
    }
    let scenario = Scenario::parse(&text).expect("it is one");
    Recording::new(Rc::new(scenario), 1).expect("its names are known")
}

/// A run with at least so many records: it is told to go on publishing.
pub fn long_run(records: u32) -> Recording {
    let mut run = messages(5_000, 2);
    while run.log().end() < Cursor(records) {
        if run.advance().is_err() {
            break;
        }
    }
    run
}

/// Packets on the wire of a whole run.
pub fn packets(run: &Recording) -> u64 {
    let log = run.log();
    let sent = log.records(log.end()).iter();
    sent.filter(|record| matches!(record.kind, sim::RecordKind::Sent(_)))
        .count() as u64
}

// For the browser: no imports, numbers only.

#[unsafe(no_mangle)]
pub extern "C" fn run_ping_pong(events: u32) -> u32 {
    ping_pong(events, 1) as u32
}

/// Lets a run of messages go to its end; the answer is how many packets were sent.
#[unsafe(no_mangle)]
pub extern "C" fn run_messages(run: *mut Recording) -> u32 {
    // SAFETY: what `new_messages` has given, once.
    let mut run = unsafe { Box::from_raw(run) };
    run.run_to_end();
    packets(&run) as u32
}

#[unsafe(no_mangle)]
pub extern "C" fn new_messages(count: u32, qos: u32) -> *mut Recording {
    Box::into_raw(Box::new(messages(count, qos as u8)))
}

#[unsafe(no_mangle)]
pub extern "C" fn new_long_run(records: u32) -> *mut Recording {
    Box::into_raw(Box::new(long_run(records)))
}

/// Finds the world at a cursor; the answer is how many events had happened.
#[unsafe(no_mangle)]
pub extern "C" fn seek(run: *const Recording, cursor: u32) -> u32 {
    // SAFETY: what `new_long_run` has given.
    let run = unsafe { &*run };
    run.world_at(Cursor(cursor)).events() as u32
}

#[unsafe(no_mangle)]
pub extern "C" fn records(run: *const Recording) -> u32 {
    // SAFETY: what `new_long_run` has given.
    let run = unsafe { &*run };
    run.log().end().0
}
