//! From a board on a cable to a device on the map.

use super::use_language;
use playground::text;
use yew::prelude::*;

/// The screen.
#[component]
pub(crate) fn Board() -> Html {
    let language = use_language();
    html! {
        <main class="lobby" id="board" tabindex="-1"><div class="wrap">
            <h2 class="h1">{ text::BOARD_TITLE.to(language) }</h2>
            <p class="lead">{ text::BOARD_LEAD.to(language) }</p>
            <div class="wiz"></div>
        </div></main>
    }
}
