//! Where bytes wait until their packet is whole.

#[cfg(not(feature = "small"))]
pub(super) use quick::{Buffer, cut_off, to_fill};
#[cfg(feature = "small")]
pub(super) use small::{Buffer, cut_off, to_fill};

/// Packets are slices of the memory that they came in.
#[cfg(not(feature = "small"))]
mod quick {
    use bytes::{Bytes, BytesMut};

    pub(in crate::codec) type Buffer = BytesMut;

    /// For a host that appends to it.
    pub(in crate::codec) const fn to_fill(buffer: &mut Buffer) -> &mut BytesMut {
        buffer
    }

    /// Takes all, the first packet and what is behind it: what that is shows when it is read.
    pub(in crate::codec) fn cut_off(buffer: &mut Buffer, _: usize) -> Bytes {
        buffer.split().freeze()
    }
}

/// Each packet is a copy: a chip then keeps no more memory than the packet takes, and not the code
/// that shares a buffer.
#[cfg(feature = "small")]
mod small {
    use crate::types::share;
    use alloc::vec::Vec;
    use bytes::Bytes;
    use core::ops::Deref;

    #[derive(Clone, Debug)]
    pub(in crate::codec) struct Buffer {
        bytes: Vec<u8>,
        /// How many of them have been cut off.
        gone: usize,
    }

    impl Buffer {
        pub(in crate::codec) const fn new() -> Self {
            Self {
                bytes: Vec::new(),
                gone: 0,
            }
        }

        pub(in crate::codec) fn extend_from_slice(&mut self, bytes: &[u8]) {
            to_fill(self).extend_from_slice(bytes);
        }

        pub(in crate::codec) fn reserve(&mut self, more: usize) {
            self.bytes.reserve(more);
        }
    }

    impl Deref for Buffer {
        type Target = [u8];

        fn deref(&self) -> &[u8] {
            self.bytes.get(self.gone..).unwrap_or_default()
        }
    }

    /// For a host that appends to it.
    pub(in crate::codec) fn to_fill(buffer: &mut Buffer) -> &mut Vec<u8> {
        if buffer.gone > 0 {
            buffer.bytes = buffer.to_vec();
            buffer.gone = 0;
        }
        &mut buffer.bytes
    }

    /// Takes the first packet, of `first` bytes, off the start of a buffer.
    pub(in crate::codec) fn cut_off(buffer: &mut Buffer, first: usize) -> Bytes {
        let packet = share(buffer.get(..first).unwrap_or_default());
        buffer.gone += packet.len();
        if buffer.is_empty() {
            *buffer = Buffer::new();
        }
        packet
    }
}
