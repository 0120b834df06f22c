//! The sandbox.

use super::language::Phrase;

/// The chapter of the user's own worlds.
pub const MINE: Phrase = Phrase {
    en: "Mine",
    de: "Meine",
};
