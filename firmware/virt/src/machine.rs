//! The machine's addresses, and how it sleeps and ends.

use crate::{clock, nic, uart};
use core::sync::atomic::Ordering;
use portable_atomic::{AtomicBool, AtomicU32};

/// SiFive's test device: ends QEMU.
const TEST: *mut u32 = 0x10_0000 as *mut u32;
/// The interrupt controller.
const PLIC: usize = 0x0c00_0000;
const PLIC_ENABLE: *mut u32 = (PLIC + 0x2000) as *mut u32;
const PLIC_THRESHOLD: *mut u32 = (PLIC + 0x20_0000) as *mut u32;
const PLIC_CLAIM: *mut u32 = (PLIC + 0x20_0004) as *mut u32;

/// The status to end with, plus one, as soon as there is nothing to do.
static ENDING: AtomicU32 = AtomicU32::new(0);

/// Ends QEMU with this status.
pub(crate) fn exit(status: u16) -> ! {
    let word = match status {
        0 => 0x5555,
        status => 0x3333 | u32::from(status) << 16,
    };
    // SAFETY: the address of a device of this machine.
    unsafe { TEST.write_volatile(word) };
    loop {
        riscv::asm::wfi();
    }
}

/// Ends QEMU with this status after a moment: answers that are under way go out first.
pub(crate) fn exit_soon(status: u16) {
    ENDING.store(u32::from(status) + 1, Ordering::Relaxed);
    clock::wake_in(END_AFTER_MICROS);
}

const END_AFTER_MICROS: u64 = 1_000_000;

/// Lets a device interrupt the hart's sleep.
pub(crate) fn listen_to(interrupt: usize) {
    // SAFETY: addresses of the interrupt controller of this machine; nothing else writes to them.
    unsafe {
        ((PLIC + interrupt * 4) as *mut u32).write_volatile(1);
        let enabled = PLIC_ENABLE.read_volatile();
        PLIC_ENABLE.write_volatile(enabled | 1 << interrupt);
        PLIC_THRESHOLD.write_volatile(0);
    }
}

/// Wakes what is due, then sleeps until something happens. There are no interrupt handlers: `wfi` also returns for an
/// interrupt that is enabled but not taken.
pub(crate) fn idle(work: &AtomicBool) {
    clock::arm();
    if clock::is_over(&ENDING) {
        let status = ENDING.load(Ordering::Relaxed).saturating_sub(1);
        exit(u16::try_from(status).unwrap_or(1));
    }
    // Arming the clock wakes tasks that are due: look after it, not before.
    if work.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: enables interrupts that are never taken, because the hart's global switch stays off.
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::register::mie::set_mext();
    }
    riscv::asm::wfi();
    // SAFETY: claims and completes an interrupt.
    unsafe {
        let interrupt = PLIC_CLAIM.read_volatile();
        if interrupt != 0 {
            if interrupt == uart::INTERRUPT {
                uart::wake();
            } else {
                nic::wake();
            }
            PLIC_CLAIM.write_volatile(interrupt);
        }
    }
}
