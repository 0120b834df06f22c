//! The page as a program that is kept and renewed.

use super::Phrase;

/// A newer version waits.
pub const NEW_VERSION: Phrase = Phrase {
    en: "A new version of the playground is here. What you did is kept.",
    de: "Eine neue Version des Playgrounds ist da. Was getan wurde, bleibt erhalten.",
};
/// The button that loads it.
pub const RELOAD: Phrase = Phrase {
    en: "Reload",
    de: "Neu laden",
};
