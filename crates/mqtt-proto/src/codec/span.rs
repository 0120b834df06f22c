//! Places in a receive buffer.

#[cfg(not(feature = "small"))]
use bytes::Buf;
use bytes::Bytes;

/// Where something is in a receive buffer that has been checked.
///
/// Not a range, whose length takes more than a look when both of its ends are unknown.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

impl Span {
    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// What is there, sharing its memory.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(crate) fn of(self, shared: &Bytes) -> Bytes {
        if self.is_empty() {
            return Bytes::new();
        }
        // Quicker than `slice`, which writes down what it would say in a panic.
        let mut part = shared.clone();
        if self.start <= part.len() {
            part.advance(self.start);
        }
        part.truncate(self.len);
        part
    }

    #[cfg(feature = "small")]
    #[inline(never)]
    pub(crate) fn of(self, shared: &Bytes) -> Bytes {
        shared.slice(self.start..self.start + self.len)
    }
}
