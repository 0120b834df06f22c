//! Brokers that are not ours: a [`bridge`] to them, and a [`probe`] of what they support.
//!
//! Both are machines without sockets and clocks, as the clients within them are: a host opens the connections that they
//! ask for, and passes bytes and the time in. They keep no files and read no names of hosts: what a host dials is its
//! own affair.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bridge;
pub mod probe;
