//! Who may connect, publish and receive: the files that people bring from Mosquitto.

mod acl;
#[cfg(not(feature = "passwords"))]
mod no_passwords;
#[cfg(feature = "passwords")]
mod passwords;
#[cfg(feature = "passwords")]
pub mod scram;

pub use acl::{AccessList, AccessListFault};
#[cfg(not(feature = "passwords"))]
pub use no_passwords::{Passwords, ScramExchange, ScramSuccess, scram};
#[cfg(feature = "passwords")]
pub use passwords::{PasswordFault, Passwords};
#[cfg(feature = "passwords")]
pub use scram::{ScramExchange, ScramFault, ScramSuccess};

use alloc::string::String;
use core::fmt;

/// A line of a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault<F> {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: F,
}

impl<F: fmt::Display> fmt::Display for LineFault<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl<F: fmt::Debug + fmt::Display> core::error::Error for LineFault<F> {}

/// Who a client is, as far as policy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// As in CONNECT, or as the broker assigned it.
    pub client_id: &'a str,
    /// `None`: anonymous.
    pub user_name: Option<&'a str>,
}

/// A line cut short, for a message.
fn shortened(line: &str) -> String {
    const SHOWN_CHARS: usize = 40;
    let mut short: String = line.chars().take(SHOWN_CHARS).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}
