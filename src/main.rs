//! The Yew app: renders the playground's views and dispatches its actions.
fn main() {}
