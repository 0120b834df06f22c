//! The two passes of the encoder over a packet.

use super::encode::EncodeError;
use crate::types::FIELD_MAX_BYTES;

#[cfg(not(feature = "small"))]
pub(super) use quick::{Count, Write};
#[cfg(feature = "small")]
pub(super) use small::{Both as Count, Both as Write};

/// A packet is put down twice: first to check it and to count its bytes, then to write them.
pub(super) trait Pass {
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
    use super::{EncodeError, Pass};
    use bytes::BytesMut;

    #[derive(Default)]
    pub(in crate::codec) struct Count {
        len: usize,
        refused: Option<EncodeError>,
    }

    impl Count {
        pub(in crate::codec) fn checked_len(&self) -> Result<usize, EncodeError> {
            self.refused.map_or(Ok(self.len), Err)
        }
    }

    impl Pass for Count {
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

    pub(in crate::codec) struct Write<'a> {
        out: &'a mut BytesMut,
    }

    impl<'a> Write<'a> {
        pub(in crate::codec) fn new(out: &'a mut BytesMut) -> Self {
            Self { out }
        }
    }

    impl Pass for Write<'_> {
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

/// One type for both passes: all is compiled once.
#[cfg(feature = "small")]
mod small {
    use super::{EncodeError, Pass};
    use bytes::BytesMut;

    #[derive(Default)]
    pub(in crate::codec) struct Both<'a> {
        len: usize,
        out: Option<&'a mut BytesMut>,
        refused: Option<EncodeError>,
    }

    impl<'a> Both<'a> {
        pub(in crate::codec) fn new(out: &'a mut BytesMut) -> Self {
            Self {
                out: Some(out),
                ..Self::default()
            }
        }

        pub(in crate::codec) fn checked_len(&self) -> Result<usize, EncodeError> {
            self.refused.map_or(Ok(self.len), Err)
        }
    }

    impl Pass for Both<'_> {
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
