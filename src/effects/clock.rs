//! A timer that is in time in a tab that nobody sees, too: a broker outside does not wait for the page to be looked at.

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::document;
use wasm_bindgen::JsValue;
use web_sys::Worker;

/// Beside the page.
const WORKER: &str = "clock.js";

/// One timer, which calls back once.
#[derive(Default)]
pub(super) struct Clock {
    timer: Option<Timer>,
    /// Fetched when the page is hidden for the first time; `None` if this browser has none for this page.
    worker: Option<Option<Worker>>,
}

enum Timer {
    Own { _timeout: Timeout },
    Worker { _listener: EventListener },
}

impl Clock {
    /// Calls back after so many milliseconds, and not when it was to before.
    pub(super) fn set(&mut self, millis: u32, call: impl Fn() + 'static) {
        let worker = match document().hidden() {
            true => self.worker.get_or_insert_with(|| Worker::new(WORKER).ok()),
            false => &None,
        };
        self.timer = Some(match worker {
            Some(worker) => {
                let listener = EventListener::once(worker, "message", move |_| call());
                // The number is one that can be sent.
                let _ = worker.post_message(&JsValue::from_f64(f64::from(millis)));
                Timer::Worker {
                    _listener: listener,
                }
            }
            None => Timer::Own {
                _timeout: Timeout::new(millis, call),
            },
        });
    }
}
