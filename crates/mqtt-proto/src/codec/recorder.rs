//! The seam between the decoder and whoever wants to know what each byte is.

use super::field::FieldName;
use super::malformed::Malformed;
use mqtt_spec::Version;

/// Told by the decoder what it reads, in the order of the bytes.
///
/// Every byte is in exactly one `leaf`, or in a group whose `bits` cover it. Decoding uses
/// [`Outcome`], for which most of this compiles to nothing; there is no second parser for inspection.
pub(crate) trait Recorder {
    /// Whether it wants to know faults. If not, a fault only ends the reading, and the bytes are read
    /// again, with [`WhichFault`], to say what and where it is.
    const KEEPS_FAULTS: bool = true;

    /// What comes until the matching `close` is part of this field, which begins at byte `at`.
    #[inline(always)]
    fn open(&mut self, _name: FieldName, _at: usize) {}
    /// The innermost open field ends before byte `at`.
    #[inline(always)]
    fn close(&mut self, _at: usize) {}
    /// Bytes `start..end` are this field.
    #[inline(always)]
    fn leaf(&mut self, _name: FieldName, _start: usize, _end: usize) {}
    /// Bits `high` down to `low` (7 to 0) of byte `at` are this field.
    #[inline(always)]
    fn bits(&mut self, _name: FieldName, _at: usize, _high: u8, _low: u8) {}
    /// CONNECT names this version.
    #[inline(always)]
    fn version(&mut self, _version: Version) {}
    /// Reading ends here, because of this fault.
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
    // To be able to say what is wrong and where costs a good part of the time to read a packet with
    // which nothing is. Where size counts, nothing is compiled twice.
    const KEEPS_FAULTS: bool = cfg!(feature = "small");

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

/// Records the fault only.
#[derive(Default)]
pub(crate) struct WhichFault(Option<Malformed>);

impl Recorder for WhichFault {
    fn fault(&mut self, fault: Malformed) {
        self.0 = Some(fault);
    }
    fn last_fault(&self) -> Option<Malformed> {
        self.0
    }
}
