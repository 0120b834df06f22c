//! The language of the page.

use super::{Notice, Playground};
use crate::action::Command;
use crate::text::{self, Dictionary, Language, Voice};

impl Playground {
    /// What the page speaks.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The language with its dictionary, for texts that are data.
    #[must_use]
    pub const fn voice(&self) -> Voice<'_> {
        Voice::new(self.language, &self.dictionary)
    }

    /// Speaks another language from now on. Everything that is shown follows; nothing else changes.
    pub(super) fn speak(&mut self, language: Language, commands: &mut Vec<Command>) {
        self.language = language;
        // Views are made anew, not the run.
        self.edition += 1;
        commands.push(Command::Speak(language));
        commands.push(self.title());
        if language != Language::English && self.dictionary.is_empty() {
            commands.push(Command::FetchWords(language));
        }
    }

    /// The texts that were fetched have come.
    pub(super) fn translated(
        &mut self,
        language: Language,
        words: Option<Vec<(String, String)>>,
        commands: &mut Vec<Command>,
    ) {
        match words {
            Some(words) => {
                self.dictionary = Dictionary::new(words);
                self.edition += 1;
                commands.push(self.title());
            }
            None if language == self.language => self.say(Notice::fault(text::NO_WORDS)),
            None => {}
        }
    }
}
