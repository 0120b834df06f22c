//! The config partition: a slot each in the second and the third sector of the machine's flash, which is of the kind that
//! Intel's common flash interface describes. Two chips of 16 bits stand side by side, so each command is said twice in a word.
//!
//! A machine with a flash starts there: the first sector holds a jump to where QEMU has put the program.

use board::{SLOT_BYTES, Slot};

const FLASH: usize = 0x2000_0000;
const SECTOR_BYTES: usize = 256 * 1024;

const ERASE: u32 = 0x0020_0020;
const CONFIRM: u32 = 0x00d0_00d0;
const PROGRAM: u32 = 0x0040_0040;
const READ_STATUS: u32 = 0x0070_0070;
const READ: u32 = 0x00ff_00ff;
const READY: u32 = 0x0080_0080;
const FAILED: u32 = 0x0030_0030;

const fn address(slot: Slot) -> usize {
    match slot {
        Slot::First => FLASH + SECTOR_BYTES,
        Slot::Second => FLASH + 2 * SECTOR_BYTES,
    }
}

/// What a slot holds.
pub(crate) fn contents(slot: Slot) -> &'static [u8] {
    // SAFETY: this machine has a flash there, much larger than that, and nothing writes to it while the node is being
    // made; after that nobody reads this slice.
    unsafe { core::slice::from_raw_parts(address(slot) as *const u8, SLOT_BYTES) }
}

/// Replaces what a slot holds.
pub(crate) fn write(slot: Slot, blob: &[u8]) -> Result<(), &'static str> {
    let chip = address(slot) as *mut u32;
    command(chip, ERASE);
    finish(chip, CONFIRM)?;
    for (index, bytes) in blob.chunks(4).enumerate() {
        let mut word = [0xff; 4];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        // SAFETY: within the slot, which is no longer than its sector.
        let at = unsafe { chip.add(index) };
        command(at, PROGRAM);
        finish(at, u32::from_le_bytes(word))?;
    }
    command(chip, READ);
    Ok(())
}

fn command(at: *mut u32, word: u32) {
    // SAFETY: within the flash of this machine.
    unsafe { at.write_volatile(word) }
}

/// Writes the second word of a command, and waits until it is carried out.
fn finish(at: *mut u32, word: u32) -> Result<(), &'static str> {
    command(at, word);
    loop {
        command(at, READ_STATUS);
        // SAFETY: within the flash of this machine.
        let status = unsafe { at.read_volatile() };
        if status & FAILED != 0 {
            command(at, READ);
            return Err("the flash refuses to be written: was the machine started with one?");
        }
        if status & READY == READY {
            return Ok(());
        }
    }
}
