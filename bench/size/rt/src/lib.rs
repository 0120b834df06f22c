//! What all the programs whose size is measured share, so that it adds the same to each: a start, an
//! allocator that never frees, a panic handler that says nothing, and a wire, a clock and an
//! application behind volatile memory, so that nothing can be computed at compile time.
//!
//! The programs are linked and measured, never run.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{read_volatile, write_volatile};

core::arch::global_asm!(
    ".section .text._start, \"ax\"",
    ".global _start",
    "_start: la sp, {stack} + 16384",
    "call {main}",
    "1: j 1b",
    stack = sym STACK,
    main = sym start,
);

#[repr(align(16))]
struct Memory<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: there is one thread.
unsafe impl<const N: usize> Sync for Memory<N> {}

static STACK: Memory<16_384> = Memory(UnsafeCell::new([0; 16_384]));
static HEAP: Memory<32_768> = Memory(UnsafeCell::new([0; 32_768]));

unsafe extern "Rust" {
    safe fn program() -> !;
}

extern "C" fn start() -> ! {
    program()
}

struct Bump;

#[global_allocator]
static ALLOCATOR: Bump = Bump;

static USED: Memory<4> = Memory(UnsafeCell::new([0; 4]));

// SAFETY: every block lies behind the one before it, in a heap that nothing else uses; there is one
// thread.
unsafe impl GlobalAlloc for Bump {
    // As any real one: not copied into each place that asks for memory.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.0.get().cast::<usize>();
        unsafe {
            let start = (used.read() + layout.align() - 1) & !(layout.align() - 1);
            if start + layout.size() > 32_768 {
                return core::ptr::null_mut();
            }
            used.write(start + layout.size());
            HEAP.0.get().cast::<u8>().add(start)
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

struct OneCore;
critical_section::set_impl!(OneCore);

// SAFETY: one core, no interrupts.
unsafe impl critical_section::Impl for OneCore {
    unsafe fn acquire() -> bool {
        false
    }
    unsafe fn release(_: bool) {}
}

const WIRE: *mut u8 = 0x1000_0000 as *mut u8;
const OUTPUT: *mut u8 = 0x1000_0100 as *mut u8;
const CLOCK: *mut u32 = 0x1000_0200 as *mut u32;
const INPUT: *mut u8 = 0x1000_0300 as *mut u8;

/// What has come over the wire.
pub fn receive(buffer: &mut [u8]) -> usize {
    // SAFETY: a register of a machine that does not exist.
    let len = usize::from(unsafe { read_volatile(WIRE) }).min(buffer.len());
    for byte in buffer.iter_mut().take(len) {
        *byte = unsafe { read_volatile(WIRE) };
    }
    len
}

/// Puts bytes on the wire.
pub fn send(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: as above.
        unsafe { write_volatile(WIRE, *byte) };
    }
}

/// Microseconds since the start.
pub fn micros() -> u64 {
    // SAFETY: as above.
    u64::from(unsafe { read_volatile(CLOCK) })
}

/// The application's input: a message to publish, or a choice that only the running program knows.
pub fn input() -> u8 {
    // SAFETY: as above.
    unsafe { read_volatile(INPUT) }
}

/// What the application does with a message.
pub fn output(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: as above.
        unsafe { write_volatile(OUTPUT, *byte) };
    }
}

/// What lives as long as the chip has power: no program here drops its client, or the lists that it fills over and over.
pub fn forever<T>(value: T) -> core::mem::ManuallyDrop<T> {
    core::mem::ManuallyDrop::new(value)
}

/// Names the bytes of RAM that a client takes for itself, where the report finds them.
#[macro_export]
macro_rules! ram {
    ($bytes:expr) => {
        #[used]
        #[unsafe(link_section = ".ram_of_client")]
        static RAM_OF_CLIENT: u32 = $bytes as u32;
    };
}

/// Runs a future that waits for the wire by asking again.
pub fn block_on<F: core::future::Future>(future: F) -> F::Output {
    use core::task::{Context, Poll, Waker};
    let mut future = core::pin::pin!(future);
    loop {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
