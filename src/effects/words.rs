//! The language that the browser asks for, and the texts of a language that are data.

use gloo::utils::window;
use js_sys::{Array, Object};
use playground::text::Language;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// The first of the languages that the user has told the browser, and that the page speaks.
pub(super) fn preferred() -> Option<Language> {
    let tags = window().navigator().languages();
    tags.iter()
        .find_map(|tag| Language::of_tag(&tag.as_string()?))
}

/// Gets the texts of a language from beside the page: pairs of the English text and the other one.
pub(super) async fn fetch(language: Language) -> Option<Vec<(String, String)>> {
    let address = format!("lang/{}.json", language.tag());
    let response: Response = JsFuture::from(window().fetch_with_str(&address))
        .await
        .ok()?
        .dyn_into()
        .ok()?;
    if !response.ok() {
        return None;
    }
    let words: Object = JsFuture::from(response.json().ok()?)
        .await
        .ok()?
        .dyn_into()
        .ok()?;
    let entries = Object::entries(&words);
    let pairs = entries.iter().filter_map(|pair| {
        let pair: Array = pair.dyn_into().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    Some(pairs.collect())
}
