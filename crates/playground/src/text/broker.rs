//! The screen of a broker outside of the page.

use super::language::phrases;

phrases! {
    /// The title of the screen.
    BROKER_TITLE: "Real broker", "Echter Broker";
    /// Over the form.
    BROKER_FORM: "Connect to a broker", "Mit einem Broker verbinden";
}
