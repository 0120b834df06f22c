//! The config partition.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use board::{Kept, PARTITION_BYTES, SLOT_BYTES, Slot};
use esp_bootloader_esp_idf::partitions::{
    Error, FlashStorage, PARTITION_TABLE_MAX_LEN, PartitionEntry, read_partition_table,
};
use esp_hal::peripherals::FLASH;

/// What the partition is called in the table.
const LABEL: &str = "settings";

/// The chip's flash, and where its settings are.
pub(crate) struct Config {
    flash: FlashStorage<'static>,
    partition: Option<PartitionEntry>,
}

impl Config {
    /// Looks for the partition.
    pub(crate) fn find(flash: FLASH<'static>) -> Self {
        let mut flash = FlashStorage::new(flash);
        let mut table = vec![0; PARTITION_TABLE_MAX_LEN];
        let table = read_partition_table(&mut flash, &mut table);
        let partition = table.ok().and_then(|table| {
            table.iter().find(|it| {
                let length = usize::try_from(it.len()).unwrap_or_default();
                it.label_as_str() == LABEL && length >= PARTITION_BYTES
            })
        });
        Self { flash, partition }
    }

    /// The settings.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn read(&mut self) -> Result<Kept, String> {
        let mut slots = vec![0; PARTITION_BYTES];
        let partition = self.partition.ok_or(NO_PARTITION)?;
        partition
            .as_flash_region(&mut self.flash)
            .read(0, &mut slots)
            .map_err(|error| format!("the flash cannot be read: {error:?}"))?;
        let (first, second) = slots.split_at(SLOT_BYTES);
        Kept::read(first, second).map_err(|fault| fault.to_string())
    }

    /// Replaces what a slot holds.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn write(&mut self, slot: Slot, blob: &[u8]) -> Result<(), &'static str> {
        let partition = self.partition.ok_or(NO_PARTITION)?;
        self.replace(partition, slot, blob)
            .map_err(|_| "the flash refuses to be written")
    }

    fn replace(&mut self, partition: PartitionEntry, slot: Slot, blob: &[u8]) -> Result<(), Error> {
        let from = u32::try_from(slot.offset()).map_err(|_| Error::OutOfBounds)?;
        let length = u32::try_from(SLOT_BYTES).map_err(|_| Error::OutOfBounds)?;
        let mut region = partition.as_flash_region(&mut self.flash);
        region.erase(from, from + length)?;
        // Flash is written in whole words.
        let mut words = blob.to_vec();
        words.resize(blob.len().next_multiple_of(4), 0xff);
        region.write(from, &words)
    }
}

const NO_PARTITION: &str = "the flash has no partition for settings: write the whole image to it";
