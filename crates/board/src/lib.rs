//! What a page and a board have agreed on: the [`Settings`] in a board's config partition, and the frames in which MQTT
//! goes over a serial line ([`serial`]), the words of its [`console`]. And with everybody: how a board is brought into a network ([`improv`]), and
//! which pages it listens to ([`near`]).
//!
//! The firmware reads what a page, or `cargo xtask firmware flash`, writes, with this crate at both ends. It knows no chip, opens no port and keeps
//! nothing.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod console;
pub mod improv;
pub mod near;
mod partition;
pub mod serial;
mod settings;

pub use partition::{Kept, PARTITION_BYTES, SLOT_BYTES, Slot, partition};
pub use settings::{BLOB_MAX_BYTES, Broker, Fault, Led, Settings, Wifi};
