//! What a small MQTT device does, as a pure state machine.
//!
//! A device is a client with a body: inputs that somebody works, outputs that somebody sees, a [`Blueprint`] that
//! says what its kind has, [`Rule`]s that say what it does by itself, a [`Strategy`] for outages, and a [`Battery`].
//! All of these are data. Instead of a standard client it may run a program: calls of an imitated `umqtt` ([`umqtt`]), or a
//! MicroPython script, by an interpreter of the host ([`script`]).
//!
//! This crate opens no socket, reads no clock and touches no pin: hosts pass bytes, the time and inputs in, and
//! carry out the effects that come out. It has no fractions in floating point: lengths are millimetres, temperatures
//! thousandths of a degree, charges picocoulombs.
#![no_std]

extern crate alloc;

mod blueprint;
mod body;
mod device;
mod effect;
pub mod energy;
mod input;
mod remark;
pub mod rng;
mod rule;
pub mod script;
mod sleep;
mod strategy;
pub mod umqtt;

pub use blueprint::{Blueprint, BlueprintRule, Pattern, Response, Sense, Setting};
pub use body::{Body, SHOWN_MAX_TOPICS, Shown};
pub use device::{
    Device, DeviceConfig, DeviceEvent, ProgramView, REDIAL_PAUSE, Reconnect, ScriptView, Tally,
    Wanted,
};
pub use effect::{Celsius, Degrees, Effect, Metres};
pub use energy::{Battery, Charge};
pub use input::{Input, InputKind};
pub use remark::Remark;
pub use rule::{Act, Destination, PAYLOAD_MAX_BYTES, RULES_MAX, Rule, Template, Trigger};
pub use sleep::Sleep;
pub use strategy::{Queue, Strategy};
