//! A broker outside of the page: the form that leads to it, and what the link does.

use super::use_language;
use playground::text;
use yew::prelude::*;

/// The screen.
#[component]
pub(crate) fn Broker() -> Html {
    let language = use_language();
    html! {
        <main class="lobby" id="broker" tabindex="-1"><div class="wrap">
            <div class="linkup">
                <section class="card stack" aria-labelledby="h-link">
                    <h2 class="h2" id="h-link">{ text::BROKER_FORM.to(language) }</h2>
                </section>
                <div class="stack"></div>
            </div>
        </div></main>
    }
}
