//! The config partition: the second sector of the machine's flash, which is of the kind that Intel's common flash interface describes. Two chips
//! of 16 bits stand side by side, so each command is said twice in a word.
//!
//! A machine with a flash starts there: the first sector holds a jump to where QEMU has put the program.

use board::BLOB_MAX_BYTES;

const FLASH: usize = 0x2000_0000 + SECTOR_BYTES;
const SECTOR_BYTES: usize = 256 * 1024;

const ERASE: u32 = 0x0020_0020;
const CONFIRM: u32 = 0x00d0_00d0;
const PROGRAM: u32 = 0x0040_0040;
const READ_STATUS: u32 = 0x0070_0070;
const READ: u32 = 0x00ff_00ff;
const READY: u32 = 0x0080_0080;
const FAILED: u32 = 0x0030_0030;

/// What it holds.
pub(crate) fn contents() -> &'static [u8] {
    // SAFETY: this machine has a flash there, much larger than that, and nothing writes to it while the node is being
    // made; after that nobody reads this slice.
    unsafe { core::slice::from_raw_parts(FLASH as *const u8, BLOB_MAX_BYTES) }
}

/// Replaces what it holds.
pub(crate) fn write(blob: &[u8]) -> Result<(), &'static str> {
    command(0, ERASE);
    finish(0, CONFIRM)?;
    for (index, bytes) in blob.chunks(4).enumerate() {
        let mut word = [0xff; 4];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        command(index, PROGRAM);
        finish(index, u32::from_le_bytes(word))?;
    }
    command(0, READ);
    Ok(())
}

fn command(index: usize, word: u32) {
    // SAFETY: within the flash of this machine.
    unsafe { (FLASH as *mut u32).add(index).write_volatile(word) }
}

/// Writes the second word of a command, and waits until it is carried out.
fn finish(index: usize, word: u32) -> Result<(), &'static str> {
    command(index, word);
    loop {
        command(0, READ_STATUS);
        // SAFETY: within the flash of this machine.
        let status = unsafe { (FLASH as *const u32).read_volatile() };
        if status & FAILED != 0 {
            command(0, READ);
            return Err("the flash refuses to be written: was the machine started with one?");
        }
        if status & READY == READY {
            return Ok(());
        }
    }
}
