//! What the tests of the page's model begin with.

use playground::action::{Start, Theme};
use playground::measure::AverageWidths;
use playground::{Action, Playground};

/// A page without motion that has begun like this.
pub(crate) fn page(start: Start) -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::ReduceMotion(true));
    page.update(Action::Begin(start));
    page
}
