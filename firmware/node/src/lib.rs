//! A device on a network: the playground's device and MQTT client on real sockets.
//!
//! A [`Node`] drives a [`device::Device`] over whatever carries its bytes: TCP to a broker ([`tcp`]), a WebSocket that a
//! page opens ([`web`]), or a serial line ([`serial`]). What MQTT says and when, reconnecting included, is the device's
//! business, and the very code that the page simulates.
//!
//! This crate knows no chip: pins, flash and the console are the [`Board`]'s. It has no `unsafe`, and it never waits
//! without something else going on: each `async fn` is one task.
#![no_std]
#![forbid(unsafe_code)]
// A router is a type as deep as it has routes.
#![recursion_limit = "256"]

extern crate alloc;

mod board;
mod console;
mod host;
mod improv;
mod link;
mod node;
pub mod serial;
pub mod tcp;
pub mod web;
mod websocket;

pub use board::Board;
pub use device::{Effect, Input};
pub use node::{Node, NotKept, clock};
