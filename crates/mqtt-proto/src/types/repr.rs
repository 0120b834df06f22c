//! How the bytes of a [`Text`](super::Text) are kept.

#[cfg(feature = "small")]
pub(super) use small::Repr;

#[cfg(not(feature = "small"))]
pub(super) use quick::Repr;

#[cfg(not(feature = "small"))]
mod quick {
    use crate::codec::Span;
    use bytes::Bytes;
    use bytestring::ByteString;

    /// Strings up to this length are kept in place. More than most topics have, and as much as stands
    /// beside a tag and a length in five machine words, one more than shared bytes need.
    const INLINE_BYTES: usize = 5 * size_of::<usize>() - 2;

    #[derive(Clone)]
    pub(in crate::types) enum Repr {
        /// Counting references to the receive buffer takes longer than this copy.
        Inline {
            len: u8,
            /// Whatever stood there behind the first `len` bytes.
            bytes: [u8; INLINE_BYTES],
        },
        Shared(ByteString),
    }

    impl Repr {
        pub(in crate::types) const EMPTY: Self = Self::Inline {
            len: 0,
            bytes: [0; INLINE_BYTES],
        };

        #[inline(always)]
        pub(in crate::types) fn from_checked(shared: &Bytes, place: Span) -> Self {
            match Self::inline(shared, place) {
                Some(inline) => inline,
                None if place.is_empty() => Self::EMPTY,
                // Checks again what cannot fail, for want of a way to promise it.
                None => Self::Shared(ByteString::try_from(place.of(shared)).unwrap_or_default()),
            }
        }

        /// A string of one byte or more that is short enough.
        #[inline(always)]
        pub(in crate::types) fn inline(shared: &Bytes, place: Span) -> Option<Self> {
            if place.is_empty() || place.len > INLINE_BYTES {
                return None;
            }
            // At most INLINE_BYTES.
            let len = place.len as u8;
            let rest = shared.get(place.start..).unwrap_or_default();
            let bytes = match rest.first_chunk() {
                // A copy of fixed length is quick. What it copies too much, nobody sees.
                Some(bytes) => *bytes,
                None => {
                    let mut bytes = [0; INLINE_BYTES];
                    bytes
                        .iter_mut()
                        .zip(rest)
                        .for_each(|(byte, from)| *byte = *from);
                    bytes
                }
            };
            Some(Self::Inline { len, bytes })
        }

        pub(in crate::types) fn as_str(&self) -> &str {
            match self {
                // Was checked when it was made.
                Self::Inline { .. } => core::str::from_utf8(self.as_bytes()).unwrap_or_default(),
                Self::Shared(text) => text,
            }
        }

        #[inline]
        pub(in crate::types) fn as_bytes(&self) -> &[u8] {
            match self {
                Self::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
                Self::Shared(text) => text.as_bytes(),
            }
        }
    }
}

#[cfg(feature = "small")]
mod small {
    use crate::codec::Span;
    use bytes::Bytes;

    pub(in crate::types) struct Repr(Bytes);

    impl Clone for Repr {
        #[inline(never)]
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    impl Repr {
        pub(in crate::types) const EMPTY: Self = Self(Bytes::new());

        pub(in crate::types) fn from_checked(shared: &Bytes, place: Span) -> Self {
            Self(place.of(shared))
        }

        pub(in crate::types) fn as_str(&self) -> &str {
            // Was checked when it was made.
            core::str::from_utf8(&self.0).unwrap_or_default()
        }

        pub(in crate::types) fn as_bytes(&self) -> &[u8] {
            &self.0
        }
    }
}
