//! Flow control of one connection in one direction: [`Window`] at the sender, [`Meter`] at the receiver.

use core::num::NonZeroU32;

/// What the sender may still send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    left: u32,
    max: u32,
}

/// More came than was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun;

impl Window {
    /// A window of so many bytes ([`Welcome::window_bytes`](crate::Welcome::window_bytes)).
    #[must_use]
    pub const fn new(bytes: u32) -> Self {
        Self {
            left: bytes,
            max: bytes,
        }
    }

    /// How many bytes may be sent now.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left as usize
    }

    /// Bytes were sent.
    pub fn sent(&mut self, bytes: usize) {
        self.left = self
            .left
            .saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// The receiver has dealt with bytes.
    ///
    /// # Errors
    /// When it gives back more than it has got; the window stays as it was.
    pub fn credit(&mut self, bytes: NonZeroU32) -> Result<(), Overrun> {
        match self.left.checked_add(bytes.get()) {
            Some(left) if left <= self.max => {
                self.left = left;
                Ok(())
            }
            _ => Err(Overrun),
        }
    }
}

/// What the receiver has got and what it has dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What the sender may send at most before it has to wait.
    open: u32,
    /// Dealt with and not told yet.
    done: u32,
    max: u32,
}

impl Meter {
    /// For a window of so many bytes.
    #[must_use]
    pub const fn new(bytes: u32) -> Self {
        Self {
            open: bytes,
            done: 0,
            max: bytes,
        }
    }

    /// Bytes have come.
    ///
    /// # Errors
    /// When the sender had no right to send so many: the connection is to be closed.
    pub fn received(&mut self, bytes: usize) -> Result<(), Overrun> {
        let bytes = u32::try_from(bytes).map_err(|_| Overrun)?;
        self.open = self.open.checked_sub(bytes).ok_or(Overrun)?;
        Ok(())
    }

    /// Bytes are dealt with; gives the credit to tell the sender, if it is time to: each half a window, so that credit
    /// costs little and the sender never stands still for want of it.
    pub fn done(&mut self, bytes: usize) -> Option<NonZeroU32> {
        let unsettled = self.max.saturating_sub(self.open).saturating_sub(self.done);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(unsettled);
        self.done = self.done.saturating_add(bytes);
        if self.done < self.max.div_ceil(2) {
            return None;
        }
        let credit = core::mem::take(&mut self.done);
        self.open = self.open.saturating_add(credit);
        NonZeroU32::new(credit)
    }
}
