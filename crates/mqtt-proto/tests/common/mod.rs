//! What several tests share.
#![allow(
    unused_imports,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

pub mod examine;
pub mod vectors;

pub use vectors::{Expected, Vector, vectors};
