//! A deterministic world of MQTT nodes and links in virtual time.
//!
//! Truth is a scenario, a seed and the stimuli of a user. The log of a run and the kept states along it are caches
//! that can be made again: the same truth gives the same log on every machine.
//!
//! This crate has no clock, no threads, no hash maps and no floating point, so that nothing in it can differ from
//! one run to the next. It does not pretend: on a [`Stream`](scenario::LinkMode::Stream) link no packet ever
//! vanishes while the connection lives.
#![no_std]

extern crate alloc;

mod check;
pub mod cuts;
pub mod difference;
mod hash;
mod id;
mod idle;
mod ladder;
pub mod ledger;
mod link;
mod log;
pub mod measure;
mod moment;
mod node;
mod outs;
pub mod predict;
mod proof;
mod queue;
pub mod random;
pub mod record;
mod recording;
pub mod remote;
mod rules;
mod sabotage;
pub mod scenario;
mod score;
mod terminal;
mod trace;
pub mod twin;
mod verdict;
pub mod why;
mod world;

pub use check::{Breach, Check};
pub use device::rng;
pub use hash::StateHasher;
pub use id::{Cursor, FlightId, LinkId, NodeId, RecordId};
pub use ledger::Ledger;
pub use log::{Fate, LinkInfo, Log, NodeInfo, NodeRole, Span};
pub use moment::Place;
pub use node::NodeState;
pub use proof::{control_of, prove, prove_with};
pub use record::{Flight, Note, Record, RecordKind, Rules};
pub use recording::{LOG_MAX_RECORDS, Recording, Stimulus, Stop};
pub use sabotage::Sabotage;
pub use scenario::Scenario;
pub use score::Score;
pub use terminal::{Terminal, overwritten};
pub use trace::Traced;
pub use verdict::{Found, Verdict};
pub use world::{RemoteConnection, RunEnd, World, WorldError};
