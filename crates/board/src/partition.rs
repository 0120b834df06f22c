//! The config partition: two slots, so that new settings are whole before the old ones go.
//!
//! A slot is a [blob](Settings::to_blob) with erased flash behind it. Settings are kept by writing them to the slot that does
//! not hold the ones in use, with the next number. Whatever cuts the power between, one of the slots is whole.

use crate::settings::{Fault, Settings, blob_number};
use alloc::vec::Vec;

/// What a slot takes.
pub const SLOT_BYTES: usize = 16 * 1024;
/// What a config partition takes.
pub const PARTITION_BYTES: usize = 2 * SLOT_BYTES;

/// Erased flash reads like that.
const ERASED: u8 = 0xff;

/// A half of the config partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The lower one.
    First,
    /// The upper one.
    Second,
}

impl Slot {
    /// Where it begins, in bytes from the start of the partition.
    #[must_use]
    pub const fn offset(self) -> usize {
        match self {
            Self::First => 0,
            Self::Second => SLOT_BYTES,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Settings, and where they are kept.
pub struct Kept {
    settings: Settings,
    slot: Slot,
    number: u32,
}

impl Default for Kept {
    /// [`Settings::default`], which are nowhere yet.
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            slot: Slot::Second,
            number: 0,
        }
    }
}

impl Kept {
    /// Reads the settings that were written last, of the two slots in their order; if those cannot be read, the ones before.
    ///
    /// # Errors
    /// Why there are none.
    pub fn read(first: &[u8], second: &[u8]) -> Result<Self, Fault> {
        let in_slot = |slot, blob: &[u8]| {
            let number = blob_number(blob)?;
            Settings::from_blob(blob).map(|settings| Self {
                settings,
                slot,
                number,
            })
        };
        let newer = match (blob_number(first), blob_number(second)) {
            (Ok(first), Ok(second)) if is_after(second, first) => Slot::Second,
            (Err(_), Ok(_)) => Slot::Second,
            // The second slot of a board that was never changed is erased: what is wrong with the first one counts.
            (Ok(_), _) | (Err(_), Err(Fault::Empty)) => Slot::First,
            (Err(Fault::Empty), Err(_)) => Slot::Second,
            (Err(_), Err(_)) => Slot::First,
        };
        let read = |slot| match slot {
            Slot::First => in_slot(slot, first),
            Slot::Second => in_slot(slot, second),
        };
        read(newer).or_else(|fault| read(newer.other()).map_err(|_| fault))
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is to be written for other settings, and where: never over the ones in use.
    ///
    /// # Errors
    /// [`Fault::TooLong`].
    pub fn replaced_by(&self, settings: &Settings) -> Result<(Slot, Vec<u8>), Fault> {
        let blob = settings.to_blob(self.number.wrapping_add(1))?;
        Ok((self.slot.other(), blob))
    }
}

/// A whole config partition with these settings.
///
/// # Errors
/// [`Fault::TooLong`].
pub fn partition(settings: &Settings) -> Result<Vec<u8>, Fault> {
    let (slot, blob) = Kept::default().replaced_by(settings)?;
    let mut bytes = Vec::with_capacity(PARTITION_BYTES);
    bytes.resize(slot.offset(), ERASED);
    bytes.extend_from_slice(&blob);
    bytes.resize(PARTITION_BYTES, ERASED);
    Ok(bytes)
}

/// Whether a number comes after another one; they go round.
const fn is_after(number: u32, other: u32) -> bool {
    let ahead = number.wrapping_sub(other);
    ahead != 0 && ahead <= u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wifi;
    use alloc::string::ToString;
    use std::vec;

    fn named(ssid: &str) -> Settings {
        Settings {
            wifi: Some(Wifi {
                ssid: ssid.into(),
                password: None,
            }),
            ..Settings::default()
        }
    }

    fn read(flash: &[u8]) -> Result<Kept, Fault> {
        let (first, second) = flash.split_at(SLOT_BYTES);
        Kept::read(first, second)
    }

    fn ssid(flash: &[u8]) -> alloc::string::String {
        let kept = read(flash).unwrap();
        kept.settings().wifi.as_ref().unwrap().ssid.clone()
    }

    /// Writes to flash as a chip does: the slot is erased, then its bytes go in from the front. Power goes after `steps`.
    fn write(flash: &mut [u8], slot: Slot, blob: &[u8], steps: usize) {
        let place = &mut flash[slot.offset()..][..SLOT_BYTES];
        if steps > 0 {
            place.fill(ERASED);
        }
        let written = blob.len().min(steps.saturating_sub(1));
        place[..written].copy_from_slice(&blob[..written]);
    }

    #[test]
    fn the_power_may_go_at_any_moment() {
        let old = partition(&named("old")).unwrap();
        let (slot, blob) = read(&old).unwrap().replaced_by(&named("new")).unwrap();
        for steps in 0..=blob.len() {
            let mut flash = old.clone();
            write(&mut flash, slot, &blob, steps);
            assert_eq!(ssid(&flash), "old", "after {steps} steps");
        }
        let mut flash = old;
        write(&mut flash, slot, &blob, usize::MAX);
        assert_eq!(ssid(&flash), "new");
    }

    #[test]
    fn the_last_ones_count_however_often_they_change() {
        let mut flash = partition(&named("0")).unwrap();
        for turn in 1..6 {
            let name = turn.to_string();
            let (slot, blob) = read(&flash).unwrap().replaced_by(&named(&name)).unwrap();
            write(&mut flash, slot, &blob, usize::MAX);
            assert_eq!(ssid(&flash), name);
        }
        // Numbers go round.
        let mut flash = vec![ERASED; PARTITION_BYTES];
        let last = named("last").to_blob(u32::MAX).unwrap();
        write(&mut flash, Slot::Second, &last, usize::MAX);
        let next = named("next").to_blob(0).unwrap();
        write(&mut flash, Slot::First, &next, usize::MAX);
        assert_eq!(ssid(&flash), "next");
    }

    #[test]
    fn what_is_wrong_is_said_of_the_slot_that_is_in_use() {
        let says = |flash: &[u8]| read(flash).err().unwrap().to_string();
        let mut flash = vec![ERASED; PARTITION_BYTES];
        assert!(says(&flash).contains("empty"));
        flash[SLOT_BYTES] = 0;
        assert!(says(&flash).contains("something else"));
        let mut flash = partition(&named("x")).unwrap();
        flash[30] ^= 1;
        assert!(says(&flash).contains("damaged"));
    }
}
