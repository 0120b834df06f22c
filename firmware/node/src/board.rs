//! What a node asks of the hardware around it.

use crate::Effect;
use alloc::vec::Vec;
use core::fmt;

/// The hardware around a node.
pub trait Board {
    /// Something that a bystander sees: a lamp that goes on, for example.
    fn show(&mut self, effect: &Effect);

    /// Prints a line on the console. Lines never hold a password.
    fn log(&mut self, line: fmt::Arguments<'_>);

    /// Keeps the settings for the next start. What it is given comes from [`Settings::to_blob`](::board::Settings::to_blob).
    ///
    /// # Errors
    /// Why they could not be kept; whether the old ones are still there depends on the board's flash.
    fn keep(&mut self, blob: &[u8]) -> Result<(), &'static str>;

    /// Starts again, soon: what has been said is to go out first.
    fn restart(&mut self);

    /// Bytes that could be had for asking, if the board can tell.
    fn heap_free(&self) -> Option<usize> {
        None
    }

    /// Puts bytes on the serial line that carries MQTT beside the log, if there is one.
    fn serial(&mut self, _frame: Vec<u8>) {}
}
