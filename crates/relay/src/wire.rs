//! How messages stand in a frame.

use crate::{CHUNK_MAX_BYTES, FRAME_MAX_BYTES};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::{Buf, BufMut, Bytes};
use core::fmt;
use core::ops::Deref;

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It ends within a message.
    CutOff,
    /// A text, a list or a run of bytes is longer than its bound, or the frame is.
    TooLong,
    /// No message or value has this number in this version.
    Unknown(u8),
    /// A text is not UTF-8.
    NotText,
    /// Bytes of a connection, or credit for it, that are none.
    Empty,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("a relay message that is cut off"),
            Self::TooLong => f.write_str("a relay message over its bound"),
            Self::Unknown(tag) => write!(f, "a relay message with the unknown number {tag}"),
            Self::NotText => f.write_str("a relay message whose text is not UTF-8"),
            Self::Empty => f.write_str("a relay message about nothing"),
        }
    }
}

impl core::error::Error for Fault {}

/// A message of one of the two directions.
pub trait Message: Sized {
    /// Appends the message.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes one message from the front.
    ///
    /// # Errors
    /// What is wrong with it. What was read of it is lost.
    fn read(frame: &mut Bytes) -> Result<Self, Fault>;
}

/// Reads all messages of a frame.
///
/// # Errors
/// What is wrong with the first one that is wrong; nothing after it can be found.
pub fn read_frame<M: Message>(mut frame: Bytes) -> Result<Vec<M>, Fault> {
    if frame.len() > FRAME_MAX_BYTES {
        return Err(Fault::TooLong);
    }
    let mut messages = Vec::new();
    while !frame.is_empty() {
        messages.push(M::read(&mut frame)?);
    }
    Ok(messages)
}

/// Writes messages into as few frames as their size allows. No frame is empty.
pub fn write_frame<'m, M: Message + 'm>(messages: impl IntoIterator<Item = &'m M>) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut frame = Vec::new();
    for message in messages {
        let before = frame.len();
        message.write(&mut frame);
        // No single message comes near the bound of a frame.
        if frame.len() > FRAME_MAX_BYTES && before > 0 {
            let next = frame.split_off(before);
            frames.push(core::mem::replace(&mut frame, next));
        }
    }
    if !frame.is_empty() {
        frames.push(frame);
    }
    frames
}

/// A text of at most `MAX` bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<const MAX: usize>(String);

/// A text is longer than its place allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// What it may have, in bytes.
    pub max_bytes: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "longer than {} bytes", self.max_bytes)
    }
}

impl core::error::Error for TooLong {}

impl<const MAX: usize> Text<MAX> {
    /// The text, without its end if it is too long.
    #[must_use]
    pub fn cut(text: &str) -> Self {
        Self(
            text.get(..text.floor_char_boundary(MAX))
                .unwrap_or_default()
                .into(),
        )
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = TooLong;

    fn try_from(text: String) -> Result<Self, TooLong> {
        if text.len() > MAX {
            return Err(TooLong { max_bytes: MAX });
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes of a connection: at least one, at most [`CHUNK_MAX_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk(Bytes);

impl Chunk {
    /// Takes the next chunk of at most `max` bytes from the front; `None` if there is none or `max` is 0.
    pub fn take(bytes: &mut Bytes, max: usize) -> Option<Self> {
        let len = bytes.len().min(max).min(CHUNK_MAX_BYTES);
        (len > 0).then(|| Self(bytes.split_to(len)))
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Something that stands in a message.
pub(crate) trait Field: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(frame: &mut Bytes) -> Result<Self, Fault>;
}

macro_rules! integers {
    ($($int:ident: $put:ident, $get:ident;)*) => {$(
        impl Field for $int {
            fn put(&self, out: &mut Vec<u8>) {
                out.$put(*self);
            }

            fn get(frame: &mut Bytes) -> Result<Self, Fault> {
                frame.$get().map_err(|_| Fault::CutOff)
            }
        }
    )*};
}

integers! {
    u8: put_u8, try_get_u8;
    u16: put_u16, try_get_u16;
    u32: put_u32, try_get_u32;
    u64: put_u64, try_get_u64;
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.put_u8(u8::from(*self));
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        match u8::get(frame)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Fault::Unknown(other)),
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(field) = self {
            field.put(out);
        }
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        bool::get(frame)?.then(|| T::get(frame)).transpose()
    }
}

fn get_bytes(frame: &mut Bytes, max: usize) -> Result<Bytes, Fault> {
    let len = u32::get(frame)? as usize;
    if len > max {
        return Err(Fault::TooLong);
    }
    if len > frame.len() {
        return Err(Fault::CutOff);
    }
    Ok(frame.split_to(len))
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // Every bound is far below 2^32.
    out.put_u32(bytes.len() as u32);
    out.put_slice(bytes);
}

impl<const MAX: usize> Field for Text<MAX> {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.0.as_bytes(), out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        let bytes = get_bytes(frame, MAX)?;
        let text = core::str::from_utf8(&bytes).map_err(|_| Fault::NotText)?;
        Ok(Self(text.into()))
    }
}

impl Field for Chunk {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(&self.0, out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        let bytes = get_bytes(frame, CHUNK_MAX_BYTES)?;
        if bytes.is_empty() {
            return Err(Fault::Empty);
        }
        Ok(Self(bytes))
    }
}

/// A closed set whose members have numbers on the wire.
macro_rules! numbered {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$case_doc:meta])* $case:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $vis enum $name {
            $($(#[$case_doc])* $case = $number,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$case,)*];
        }

        impl crate::wire::Field for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                out.push(*self as u8);
            }

            fn get(frame: &mut bytes::Bytes) -> Result<Self, crate::wire::Fault> {
                match u8::get(frame)? {
                    $($number => Ok(Self::$case),)*
                    other => Err(crate::wire::Fault::Unknown(other)),
                }
            }
        }
    };
}

/// A structure whose fields stand one after the other.
macro_rules! fields {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl crate::wire::Field for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                $(self.$field.put(out);)*
            }

            fn get(frame: &mut bytes::Bytes) -> Result<Self, crate::wire::Fault> {
                Ok(Self { $($field: crate::wire::Field::get(frame)?,)* })
            }
        }
    };
}

/// The messages of one direction: a number, then the fields.
macro_rules! messages {
    ($(#[$doc:meta])* $vis:vis enum $name:ident {
        $($(#[$case_doc:meta])* $case:ident $(($inner:ty))? $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })? = $number:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$case_doc])* $case $(($inner))? $({ $($(#[$field_doc])* $field: $type,)* })?,)*
        }

        impl crate::wire::Field for $name {
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                match self {
                    $(messages!(@pattern $name $case inner $(($inner))? $({ $($field,)* })?) => {
                        out.push($number);
                        messages!(@put out inner $(($inner))? $({ $($field,)* })?);
                    })*
                }
            }

            fn get(frame: &mut bytes::Bytes) -> Result<Self, crate::wire::Fault> {
                match u8::get(frame)? {
                    $($number => Ok(messages!(@get $name $case frame $(($inner))? $({ $($field,)* })?)),)*
                    other => Err(crate::wire::Fault::Unknown(other)),
                }
            }
        }
    };
    (@pattern $name:ident $case:ident $inner:ident ($type:ty)) => { $name::$case($inner) };
    (@pattern $name:ident $case:ident $inner:ident { $($field:ident,)* }) => { $name::$case { $($field,)* } };
    (@put $out:ident $inner:ident ($type:ty)) => { $inner.put($out); };
    (@put $out:ident $inner:ident { $($field:ident,)* }) => { $($field.put($out);)* };
    (@get $name:ident $case:ident $frame:ident ($type:ty)) => { $name::$case(crate::wire::Field::get($frame)?) };
    (@get $name:ident $case:ident $frame:ident { $($field:ident,)* }) => {
        $name::$case { $($field: crate::wire::Field::get($frame)?,)* }
    };
}

pub(crate) use {fields, messages, numbered};
