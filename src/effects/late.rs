//! The part of the page that is fetched after the first step (crates/splitter).

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Fetches the late part while everything waits, and puts it to the exports of this one: in www/start.js.
    #[wasm_bindgen(js_name = loadLate)]
    fn load_late(first: JsValue);
}

/// Called by what stands in for late code, when it is needed before it is there.
///
/// The build puts the calls in; nothing in the source calls it.
#[expect(
    unreachable_pub,
    reason = "it is called from outside of the module that is built"
)]
#[wasm_bindgen(js_name = needLate)]
pub fn need_late() {
    load_late(wasm_bindgen::exports());
}
