//! The serial port: console, log, and MQTT frames.

use core::cell::RefCell;
use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use critical_section::Mutex;

const UART: usize = 0x1000_0000;
const DATA: *mut u8 = UART as *mut u8;
const INTERRUPTS: *mut u8 = (UART + 1) as *mut u8;
const STATUS: *const u8 = (UART + 5) as *const u8;
const HAS_DATA: u8 = 1;
const CAN_SEND: u8 = 1 << 5;

/// Its interrupt.
pub(crate) const INTERRUPT: u32 = 10;

static WAITING: Mutex<RefCell<Option<Waker>>> = Mutex::new(RefCell::new(None));

/// Writes lines.
pub(crate) struct Uart;

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}

/// Writes bytes, and waits until they are out.
pub(crate) fn write(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: registers of a device of this machine.
        unsafe {
            while STATUS.read_volatile() & CAN_SEND == 0 {}
            DATA.write_volatile(*byte);
        }
    }
}

/// Something has come.
pub(crate) fn wake() {
    // The interrupt stays on until all is read: it is switched off here, and on again when somebody waits.
    // SAFETY: a register of a device of this machine.
    unsafe { INTERRUPTS.write_volatile(0) };
    if let Some(waker) = critical_section::with(|cs| WAITING.borrow_ref_mut(cs).take()) {
        waker.wake();
    }
}

/// The next byte.
pub(crate) async fn read() -> u8 {
    poll_fn(|context| {
        // SAFETY: registers of a device of this machine.
        unsafe {
            if STATUS.read_volatile() & HAS_DATA != 0 {
                return Poll::Ready(DATA.read_volatile());
            }
            critical_section::with(|cs| {
                *WAITING.borrow_ref_mut(cs) = Some(context.waker().clone())
            });
            crate::machine::listen_to(INTERRUPT as usize);
            INTERRUPTS.write_volatile(1);
        }
        Poll::Pending
    })
    .await
}
