//! What is left of a panic: its message stays in memory that a restart does not clear.

use core::fmt::{self, Write};
use esp_hal::ram;

const BYTES: usize = 256;

/// Memory holds these words if there is a message: what is there after power on is not by chance the same.
const MARK: [u32; 2] = [0x5041_4e49, 0x4321_1234];

#[ram(unstable(rtc_fast, persistent))]
static mut MESSAGE: [u8; BYTES] = [0; BYTES];
#[ram(unstable(rtc_fast, persistent))]
static mut LENGTH: u32 = 0;
#[ram(unstable(rtc_fast, persistent))]
static mut MARKED: [u32; 2] = [0; 2];

/// The message of the last run's panic, once.
pub(crate) fn take() -> Option<&'static str> {
    // SAFETY: called once, at the start, by the only thread that there is; the panic handler never returns.
    unsafe {
        let marked = (&raw const MARKED).read();
        (&raw mut MARKED).write([0; 2]);
        if marked != MARK {
            return None;
        }
        let length = usize::try_from((&raw const LENGTH).read()).ok()?;
        let bytes: &'static [u8; BYTES] = (&raw const MESSAGE).as_ref()?;
        let bytes = bytes.get(..length)?;
        // A character may have been cut in two.
        Some(match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => core::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
        })
    }
}

struct Writer(usize);

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.0 < BYTES {
                // SAFETY: within the array; nothing runs beside the panic handler.
                unsafe { (&raw mut MESSAGE).cast::<u8>().add(self.0).write(byte) };
                self.0 += 1;
            }
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut writer = Writer(0);
    let _ = write!(writer, "{info}");
    // SAFETY: nothing runs beside the panic handler.
    unsafe {
        (&raw mut LENGTH).write(u32::try_from(writer.0).unwrap_or_default());
        (&raw mut MARKED).write(MARK);
    }
    esp_hal::system::software_reset()
}
