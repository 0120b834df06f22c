//! What a node asks of the hardware around it.

use crate::Effect;
use ::board::Slot;
use core::fmt;

/// The hardware around a node.
pub trait Board {
    /// What its chip is called.
    const CHIP: &'static str;

    /// Something that a bystander sees: a lamp that goes on, for example.
    fn show(&mut self, effect: &Effect);

    /// Prints a line on the console. Lines never hold a password.
    fn log(&mut self, line: fmt::Arguments<'_>);

    /// Writes settings for the next start to a slot of the config partition, which is not the one in use. What it is
    /// given comes from [`Kept::replaced_by`](::board::Kept::replaced_by).
    ///
    /// # Errors
    /// Why they could not be kept; the old ones are still there.
    fn keep(&mut self, slot: Slot, blob: &[u8]) -> Result<(), &'static str>;

    /// Starts again, soon: what has been said is to go out first.
    fn restart(&mut self);

    /// Bytes that could be had for asking, if the board can tell.
    fn heap_free(&self) -> Option<usize> {
        None
    }
}
