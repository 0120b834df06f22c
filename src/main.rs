//! The Yew app: renders the playground's views and dispatches its actions.
use yew::prelude::*;

#[function_component]
fn App() -> Html {
    html! { <main><h1>{ "MQTT Playground" }</h1></main> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
