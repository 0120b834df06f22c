//! Counts what the codecs ask of the allocator, and says where large buffers lie.
//!
//! Where they lie decides more than the codecs do: a copy whose target lies a few bytes behind its source, modulo 4 KiB, takes 1.4
//! times as long, and the system's allocator gives one codec that place in all rounds and another in none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Buffers from this size on lie where [`place_large`] says.
const LARGE_BYTES: usize = 32 * 1024;
const PAGE_BYTES: usize = 4096;

/// Where in a page large buffers begin.
static PLACE: AtomicUsize = AtomicUsize::new(0);

/// From now on large buffers begin so far into a page; a multiple of 16, below 4096.
pub fn place_large(at: usize) {
    PLACE.store(at, Relaxed);
}

/// The memory of a large buffer, with a page before it: the word before the buffer says where it begins.
fn large(layout: Layout) -> Option<Layout> {
    let is_large = layout.size() >= LARGE_BYTES && layout.align() <= 16;
    is_large
        .then(|| Layout::from_size_align(layout.size() + 2 * PAGE_BYTES, PAGE_BYTES))?
        .ok()
}

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system's allocator with two counters. The program has one thread, so a load and a store do:
/// an atomic add would cost as much as some of the codecs.
pub struct Counting;

fn count(bytes: usize) {
    CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
    BYTES.store(BYTES.load(Relaxed) + bytes as u64, Relaxed);
}

/// As [`GlobalAlloc::alloc`].
unsafe fn allocate(layout: Layout) -> *mut u8 {
    let Some(whole) = large(layout) else {
        return unsafe { System.alloc(layout) };
    };
    let begin = unsafe { System.alloc(whole) };
    if begin.is_null() {
        return begin;
    }
    // At least a page before the buffer, at most one and what is left of the next: room for the word, and for the end.
    unsafe {
        let at = begin.add(PAGE_BYTES + PLACE.load(Relaxed));
        at.cast::<usize>().sub(1).write(begin.addr());
        at
    }
}

/// As [`GlobalAlloc::dealloc`].
unsafe fn free(at: *mut u8, layout: Layout) {
    match large(layout) {
        None => unsafe { System.dealloc(at, layout) },
        Some(whole) => unsafe {
            let begin = at.cast::<usize>().sub(1).read();
            System.dealloc(at.with_addr(begin), whole);
        },
    }
}

// SAFETY: every call goes to `System`; a large buffer lies within what `System` gave, and is given back by what stands
// before it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { allocate(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        if large(layout).is_none() {
            return unsafe { System.alloc_zeroed(layout) };
        }
        let at = unsafe { allocate(layout) };
        if !at.is_null() {
            unsafe { at.write_bytes(0, layout.size()) };
        }
        at
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return std::ptr::null_mut();
        };
        if large(layout).is_none() && large(wanted).is_none() {
            return unsafe { System.realloc(at, layout, size) };
        }
        let new = unsafe { allocate(wanted) };
        if !new.is_null() {
            unsafe {
                new.copy_from_nonoverlapping(at, size.min(layout.size()));
                free(at, layout);
            }
        }
        new
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { free(at, layout) }
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
