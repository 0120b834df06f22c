//! What a small MQTT device does, as a pure state machine.
//!
//! A device is a client with a body: inputs that somebody works, outputs that somebody sees, and a blueprint that
//! says which message does what. Blueprints are data.
//!
//! This crate opens no socket, reads no clock and touches no pin: hosts pass bytes, the time and inputs in, and
//! carry out the effects that come out. It has no fractions in floating point: lengths are millimetres.
#![no_std]

extern crate alloc;

mod blueprint;
mod device;
mod effect;
pub mod rng;

pub use blueprint::{Blueprint, BlueprintRule, Pattern, Response};
pub use device::{Device, DeviceConfig, DeviceEvent, REDIAL_PAUSE, Reconnect};
pub use effect::{Effect, Metres};
