//! The seam between the decoder and whoever wants to know what each byte is.

use super::field::FieldName;
use super::malformed::Malformed;
use mqtt_spec::Version;

/// Told by the decoder what it reads, in the order of the bytes.
///
/// Every byte is in exactly one `leaf`, or in a group whose `bits` cover it. Decoding uses
/// [`Outcome`], whose empty methods compile to nothing; there is no second parser for inspection.
pub(crate) trait Recorder {
    /// What comes until the matching `close` is part of this field, which begins at byte `at`.
    fn open(&mut self, name: FieldName, at: usize);
    /// The innermost open field ends before byte `at`.
    fn close(&mut self, at: usize);
    /// Bytes `start..end` are this field.
    fn leaf(&mut self, name: FieldName, start: usize, end: usize);
    /// Bits `high` down to `low` (7 to 0) of byte `at` are this field.
    fn bits(&mut self, name: FieldName, at: usize, high: u8, low: u8);
    /// CONNECT names this version.
    fn version(&mut self, version: Version);
    /// Reading ends here, because of this fault in the body of a packet.
    fn fault(&mut self, fault: Malformed);
    /// The last of these faults.
    fn last_fault(&self) -> Option<Malformed>;
}

/// Records only what the decoder has to know when it has given away a packet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) version: Option<Version>,
    pub(crate) fault: Option<Malformed>,
}

impl Recorder for Outcome {
    #[inline(always)]
    fn open(&mut self, _: FieldName, _: usize) {}
    #[inline(always)]
    fn close(&mut self, _: usize) {}
    #[inline(always)]
    fn leaf(&mut self, _: FieldName, _: usize, _: usize) {}
    #[inline(always)]
    fn bits(&mut self, _: FieldName, _: usize, _: u8, _: u8) {}
    #[inline(always)]
    fn version(&mut self, version: Version) {
        self.version = Some(version);
    }
    fn fault(&mut self, fault: Malformed) {
        self.fault = Some(fault);
    }
    fn last_fault(&self) -> Option<Malformed> {
        self.fault
    }
}
