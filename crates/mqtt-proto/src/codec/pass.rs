//! The two passes of the encoder over a packet.

use super::encode::EncodeError;
use crate::types::FIELD_MAX_BYTES;
use alloc::vec::Vec;
use bytes::BytesMut;

#[cfg(not(feature = "small"))]
pub(super) use quick::{Count, Write};
#[cfg(feature = "small")]
pub(super) use small::{Both as Write, Count};

/// What packets are written to.
pub(super) trait Output {
    fn reserve(&mut self, more: usize);
    fn extend_from_slice(&mut self, bytes: &[u8]);
}

impl Output for BytesMut {
    #[inline(always)]
    fn reserve(&mut self, more: usize) {
        self.reserve(more);
    }

    #[inline(always)]
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Output for Vec<u8> {
    fn reserve(&mut self, more: usize) {
        self.reserve(more);
    }

    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A packet is put down twice: first to check it and to count its bytes, then to write them.
pub(super) trait Pass {
    /// Whether it may be a packet that only servers send.
    const FROM_SERVERS: bool;

    /// Whether this is the first pass.
    fn checks(&self) -> bool;
    /// The packet has no form, because of this or what was found before.
    fn refuse(&mut self, why: EncodeError);
    fn bytes(&mut self, bytes: &[u8]);

    #[cfg_attr(feature = "small", inline(never))]
    fn u8(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    /// A variable byte integer below 2^28 in its shortest form.
    #[inline]
    fn varint(&mut self, mut value: u32) {
        while value > 0x7F {
            self.u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    /// A field with its length in front.
    #[cfg_attr(feature = "small", inline(never))]
    fn field(&mut self, bytes: &[u8]) {
        if bytes.len() > FIELD_MAX_BYTES {
            self.refuse(EncodeError::TooLong);
        }
        self.u16(bytes.len() as u16);
        self.bytes(bytes);
    }
}

/// A type for each pass: all is compiled twice, and each time without what the other needs.
#[cfg(not(feature = "small"))]
mod quick {
    use super::{EncodeError, Output, Pass};

    #[derive(Default)]
    pub(in crate::codec) struct Count<const FROM_SERVERS: bool> {
        len: usize,
        refused: Option<EncodeError>,
    }

    impl<const FROM_SERVERS: bool> Count<FROM_SERVERS> {
        pub(in crate::codec) fn checked_len(&self) -> Result<usize, EncodeError> {
            self.refused.map_or(Ok(self.len), Err)
        }
    }

    impl<const FROM_SERVERS: bool> Pass for Count<FROM_SERVERS> {
        const FROM_SERVERS: bool = FROM_SERVERS;

        #[inline(always)]
        fn checks(&self) -> bool {
            true
        }

        #[cold]
        fn refuse(&mut self, why: EncodeError) {
            self.refused.get_or_insert(why);
        }

        #[inline(always)]
        fn bytes(&mut self, bytes: &[u8]) {
            self.len += bytes.len();
        }
    }

    pub(in crate::codec) struct Write<'a, O, const FROM_SERVERS: bool> {
        out: &'a mut O,
    }

    impl<'a, O, const FROM_SERVERS: bool> Write<'a, O, FROM_SERVERS> {
        pub(in crate::codec) fn new(out: &'a mut O) -> Self {
            Self { out }
        }
    }

    impl<O: Output, const FROM_SERVERS: bool> Pass for Write<'_, O, FROM_SERVERS> {
        const FROM_SERVERS: bool = FROM_SERVERS;

        #[inline(always)]
        fn checks(&self) -> bool {
            false
        }

        #[inline(always)]
        fn refuse(&mut self, _: EncodeError) {}

        #[inline(always)]
        fn bytes(&mut self, bytes: &[u8]) {
            self.out.extend_from_slice(bytes);
        }
    }
}

/// One type for both passes: all is compiled once for a program that writes to lists.
#[cfg(feature = "small")]
mod small {
    use super::{EncodeError, Output, Pass};
    use alloc::vec::Vec;

    pub(in crate::codec) struct Both<'a, O, const FROM_SERVERS: bool> {
        len: usize,
        out: Option<&'a mut O>,
        refused: Option<EncodeError>,
    }

    pub(in crate::codec) type Count<const FROM_SERVERS: bool> =
        Both<'static, Vec<u8>, FROM_SERVERS>;

    impl<const FROM_SERVERS: bool> Default for Count<FROM_SERVERS> {
        fn default() -> Self {
            Self {
                len: 0,
                out: None,
                refused: None,
            }
        }
    }

    impl<'a, O, const FROM_SERVERS: bool> Both<'a, O, FROM_SERVERS> {
        pub(in crate::codec) fn new(out: &'a mut O) -> Self {
            Self {
                len: 0,
                out: Some(out),
                refused: None,
            }
        }

        pub(in crate::codec) fn checked_len(&self) -> Result<usize, EncodeError> {
            self.refused.map_or(Ok(self.len), Err)
        }
    }

    impl<O: Output, const FROM_SERVERS: bool> Pass for Both<'_, O, FROM_SERVERS> {
        const FROM_SERVERS: bool = FROM_SERVERS;

        fn checks(&self) -> bool {
            self.out.is_none()
        }

        #[inline(never)]
        fn refuse(&mut self, why: EncodeError) {
            self.refused.get_or_insert(why);
        }

        #[inline(never)]
        fn bytes(&mut self, bytes: &[u8]) {
            self.len += bytes.len();
            if let Some(out) = &mut self.out {
                out.extend_from_slice(bytes);
            }
        }
    }
}
