//! What is kept between visits. Where the browser gives no storage (private windows, frames of other sites), nothing is.

use gloo::utils::window;
use web_sys::Storage;

/// What was kept under this name.
pub(super) fn get(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps a text under this name; whether it is kept. It can fail: storage can be forbidden, or full.
pub(super) fn set(name: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(name, text).is_ok())
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
