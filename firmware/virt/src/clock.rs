//! The machine's clock, for embassy.

use core::cell::RefCell;
use core::sync::atomic::Ordering;
use core::task::Waker;
use critical_section::Mutex;
use embassy_time_queue_utils::Queue;
use portable_atomic::{AtomicU32, AtomicU64};

/// Counts with 10 MHz.
const MTIME: usize = 0x0200_bff8;
const MTIMECMP: usize = 0x0200_4000;
const TICKS_PER_MICRO: u64 = 10;

/// When [`wake_in`] is over.
static WAKE_AT: AtomicU64 = AtomicU64::new(u64::MAX);

struct Clock(Mutex<RefCell<Queue>>);

impl embassy_time_driver::Driver for Clock {
    fn now(&self) -> u64 {
        ticks() / TICKS_PER_MICRO
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| self.0.borrow_ref_mut(cs).schedule_wake(at, waker));
    }
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock(Mutex::new(RefCell::new(Queue::new()))));

/// Ticks since the machine's start.
pub(crate) fn ticks() -> u64 {
    loop {
        // SAFETY: a register of this machine, in two halves.
        let (high, low, again) = unsafe {
            let upper = (MTIME + 4) as *const u32;
            (
                upper.read_volatile(),
                (MTIME as *const u32).read_volatile(),
                upper.read_volatile(),
            )
        };
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// Wakes the machine after so long, whatever else there is.
pub(crate) fn wake_in(micros: u64) {
    WAKE_AT.store(ticks() / TICKS_PER_MICRO + micros, Ordering::Relaxed);
}

/// Whether something is to end, and its time has come.
pub(crate) fn is_over(ending: &AtomicU32) -> bool {
    ending.load(Ordering::Relaxed) != 0
        && WAKE_AT.load(Ordering::Relaxed) <= ticks() / TICKS_PER_MICRO
}

/// Wakes the tasks that are due, and arms the interrupt for the next.
pub(crate) fn arm() {
    let now = ticks() / TICKS_PER_MICRO;
    let next = critical_section::with(|cs| CLOCK.0.borrow_ref_mut(cs).next_expiration(now));
    let at = next
        .min(WAKE_AT.load(Ordering::Relaxed))
        .saturating_mul(TICKS_PER_MICRO);
    // SAFETY: a register of this machine, in two halves; it is far in the future while it is half written.
    unsafe {
        ((MTIMECMP + 4) as *mut u32).write_volatile(u32::MAX);
        (MTIMECMP as *mut u32).write_volatile(at as u32);
        ((MTIMECMP + 4) as *mut u32).write_volatile((at >> 32) as u32);
    }
}
