//! The same broker for a JavaScript host, which copies bytes into and out of its memory.

use bench_inprocess::{Stage, batch};
use std::cell::RefCell;

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

fn with<T: Default>(f: impl FnOnce(&mut Stage) -> T) -> T {
    STAGE.with_borrow_mut(|stage| stage.as_mut().map(f).unwrap_or_default())
}

/// Sets the stage, and leaves a batch in the input; its length.
#[unsafe(no_mangle)]
pub extern "C" fn start(subscribers: u32) -> u32 {
    let mut stage = Stage::new(subscribers as usize);
    let batch = batch();
    stage.input[..batch.len()].copy_from_slice(&batch);
    STAGE.set(Some(stage));
    batch.len() as u32
}

/// Where the input is.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    STAGE.with_borrow_mut(|stage| {
        stage
            .as_mut()
            .map_or(std::ptr::null_mut(), |stage| stage.input.as_mut_ptr())
    })
}

/// Takes that many bytes of the input.
#[unsafe(no_mangle)]
pub extern "C" fn feed(len: u32) {
    with(|stage| stage.feed(len as usize));
}

/// Where a subscriber's bytes are.
#[unsafe(no_mangle)]
pub extern "C" fn output(subscriber: u32) -> *const u8 {
    STAGE.with_borrow(|stage| {
        stage.as_ref().map_or(std::ptr::null(), |stage| {
            stage.output(subscriber as usize).as_ptr()
        })
    })
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn output_len(subscriber: u32) -> u32 {
    with(|stage| stage.output(subscriber as usize).len() as u32)
}

/// They are taken.
#[unsafe(no_mangle)]
pub extern "C" fn clear(subscriber: u32) {
    with(|stage| stage.clear(subscriber as usize));
}
