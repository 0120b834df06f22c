//! A timer that is in time in a tab that nobody sees, too: a broker outside does not wait for the page to be looked at.

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::document;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::Worker;

/// Beside the page.
const WORKER: &str = "clock.js";

/// One timer, which calls back once.
#[derive(Default)]
pub(super) struct Clock {
    own: Option<Timeout>,
    /// The same from the worker, while nobody sees the page.
    message: Option<EventListener>,
    /// Fetched when the page is hidden for the first time; `None` if this browser has none for this page.
    worker: Option<Option<Worker>>,
}

impl Clock {
    /// Calls back after so many milliseconds, and not when it was to before.
    pub(super) fn set(&mut self, millis: u32, call: impl FnOnce() + 'static) {
        // Whichever of the two comes first has it. A worker whose file cannot be had says nothing, and the page's own timer is
        // late in a hidden tab, and comes.
        let call = Rc::new(Cell::new(Some(call)));
        let worker = match document().hidden() {
            true => self.worker.get_or_insert_with(|| Worker::new(WORKER).ok()),
            false => &None,
        };
        self.message = worker.as_ref().map(|worker| {
            let call = Rc::clone(&call);
            let listener = EventListener::once(worker, "message", move |_| once(&call));
            // The number is one that can be sent.
            let _ = worker.post_message(&JsValue::from_f64(f64::from(millis)));
            listener
        });
        self.own = Some(Timeout::new(millis, move || once(&call)));
    }
}

fn once(call: &Cell<Option<impl FnOnce()>>) {
    if let Some(call) = call.take() {
        call();
    }
}
