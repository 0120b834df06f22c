//! The languages that the page speaks.
//!
//! Each text has its languages side by side, so that none can be forgotten: a [`Phrase`], or a function of the
//! language that ends in a `match` for sentences with something in them.

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// All of them.
pub const LANGUAGES: [Language; 2] = [Language::English, Language::German];

impl Language {
    /// Its tag as in BCP 47: `en`, `de`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a BCP 47 tag such as `de-AT`; none if the page does not speak it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        LANGUAGES
            .into_iter()
            .find(|it| it.tag().eq_ignore_ascii_case(language))
    }
}

/// A text without anything in it that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// In English.
    pub en: &'static str,
    /// In German.
    pub de: &'static str,
}

impl Phrase {
    /// In this language.
    #[must_use]
    pub const fn to(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::German => self.de,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_its_first_part() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("EN_us", Some(Language::English)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
