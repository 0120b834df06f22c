//! The places of the page.

use super::{icon, place_icon, use_language};
use playground::{FrameView, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct RailProps {
    pub(crate) view: Shared<FrameView>,
}

/// The rail: links, so that Back, a new tab and a bookmark work as they do everywhere.
#[component]
pub(crate) fn Rail(RailProps { view }: &RailProps) -> Html {
    let language = use_language();
    let places = view.rail.iter().map(|(place, fragment)| {
        html! {
            <a href={fragment.clone()} aria-current={(*place == view.place).then_some("page")}>
                { icon(place_icon(*place)) }<span>{ text::place_name(language, *place) }</span>
            </a>
        }
    });
    html! { <nav class="rail" aria-label={text::PLACES.to(language)}>{ for places }</nav> }
}
