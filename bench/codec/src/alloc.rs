//! Counts what the codecs ask of the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system's allocator with two counters. The program has one thread, so a load and a store do:
/// an atomic add would cost as much as some of the codecs.
pub struct Counting;

fn count(bytes: usize) {
    CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
    BYTES.store(BYTES.load(Relaxed) + bytes as u64, Relaxed);
}

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

/// Keeps freed memory in the program: else page faults in fresh buffers cost more than the codecs.
/// Only glibc has the switch; elsewhere the figures of large packets are higher.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            safe fn mallopt(parameter: i32, value: i32) -> i32;
        }
        const M_TRIM_THRESHOLD: i32 = -1;
        const M_MMAP_THRESHOLD: i32 = -3;
        const GIB: i32 = 1 << 30;
        assert_eq!(mallopt(M_TRIM_THRESHOLD, GIB), 1);
        // glibc takes at most 32 MiB here.
        assert_eq!(mallopt(M_MMAP_THRESHOLD, 32 << 20), 1);
    }
}

/// How often memory was asked for, and how many bytes of it, since the start.
pub fn counts() -> (u64, u64) {
    (CALLS.load(Relaxed), BYTES.load(Relaxed))
}
