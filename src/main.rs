//! The Yew app: renders the playground's views and dispatches its actions. It decides nothing.

mod app;
mod effects;
mod parts;

fn main() {
    effects::mount::<app::App>();
}
