//! Opening a file, piece by piece: a work, a scenario, or a capture of real traffic. What it is, its first bytes say.

use super::running::Pace;
use super::{Notice, Playground};
use crate::action::Command;
use crate::import::{Build, Captured, Fault, Import};
use crate::library::BuiltIn;
use crate::route::Place;
use crate::text::{self, Words};
use crate::work::{Refusal, TEXT_MAX_BYTES};
use ::capture::read::{FILE_MAX_BYTES, is_capture};
use std::rc::Rc;

/// A piece of a file has so many bytes: what comes of it must not hold up the page.
const PIECE_BYTES: u64 = 64 * 1024;
/// So many small steps are made in the first frame.
const STEPS_FIRST: u32 = 600;
/// How far it is is said in so many steps.
const TELL_IN_PERCENT: usize = 10;
/// The name in addresses of the capture that is open.
pub(super) const CAPTURE: &str = "capture";

/// A file that is being opened.
pub(super) struct Opening {
    /// Which of those that were chosen.
    file: u64,
    name: String,
    bytes: u64,
    read: u64,
    inside: Inside,
    pace: Pace,
    told: usize,
}

enum Inside {
    Unread,
    Text(Vec<u8>),
    Capture(Box<Import>),
    Log(Box<Build>),
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("name", &self.name).finish()
    }
}

impl Opening {
    fn next(&self) -> Command {
        Command::ReadFile {
            file: self.file,
            from: self.read,
            until: self.bytes.min(self.read.saturating_add(PIECE_BYTES)),
        }
    }

    /// How much of it is done, in percent. What is read is a half.
    fn percent(&self) -> usize {
        let part = |done: u64, all: u64| {
            usize::try_from(done.saturating_mul(50) / all.max(1)).unwrap_or(0)
        };
        let wide = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        match &self.inside {
            Inside::Log(build) => {
                let (done, all) = build.progress();
                50 + part(wide(done), wide(all)).min(50)
            }
            _ => part(self.read, self.bytes),
        }
    }
}

impl Playground {
    /// A file was chosen: begins to read it.
    pub(super) fn choose_file(
        &mut self,
        file: u64,
        name: String,
        bytes: u64,
        commands: &mut Vec<Command>,
    ) {
        self.rest();
        let opening = Opening {
            file,
            name,
            bytes,
            read: 0,
            inside: Inside::Unread,
            pace: Pace::new(STEPS_FIRST),
            told: 0,
        };
        commands.push(opening.next());
        self.files.opening = Some(opening);
    }

    /// A piece of it is there; none if the browser could not read it.
    pub(super) fn take_piece(
        &mut self,
        (file, from): (u64, u64),
        piece: Option<&[u8]>,
        commands: &mut Vec<Command>,
    ) {
        let Some(mut opening) = self.files.opening.take() else {
            return;
        };
        if (opening.file, opening.read) != (file, from) {
            self.files.opening = Some(opening);
            return;
        }
        let Some(piece) = piece else {
            return self.say(Notice::fault(text::FILE_NOT_READ));
        };
        if matches!(opening.inside, Inside::Unread) {
            opening.inside = if is_capture(piece) {
                Inside::Capture(Box::new(Import::new(opening.name.clone())))
            } else {
                Inside::Text(Vec::new())
            };
            let (most, is_text) = match opening.inside {
                Inside::Text(_) => (TEXT_MAX_BYTES, true),
                _ => (FILE_MAX_BYTES, false),
            };
            if usize::try_from(opening.bytes).is_ok_and(|it| it <= most) {
                // It is short enough.
            } else if is_text {
                return self.refuse_file(&Refusal::TooLong);
            } else {
                return self.refuse_capture(Fault::File(::capture::read::ReadError::TooLarge));
            }
        }
        opening.read = opening
            .read
            .saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        // A file that has become shorter ends where it ends.
        let mut is_whole = opening.read >= opening.bytes || piece.is_empty();
        match &mut opening.inside {
            Inside::Text(text) => {
                text.extend_from_slice(piece);
                if is_whole {
                    let text = std::mem::take(text);
                    return self.open_text(&opening.name, text, commands);
                }
            }
            Inside::Capture(import) => {
                if let Err(why) = import.take(piece) {
                    return self.refuse_capture(why);
                }
                is_whole |= import.is_full();
            }
            Inside::Unread | Inside::Log(_) => return,
        }
        if !is_whole {
            commands.push(opening.next());
        } else if let Inside::Capture(import) = opening.inside {
            match import.finish() {
                Ok(build) => opening.inside = Inside::Log(Box::new(build)),
                Err(why) => return self.refuse_capture(why),
            }
            commands.push(Command::RequestFrame);
        }
        self.tell_progress(&mut opening);
        self.files.opening = Some(opening);
    }

    /// Goes on with what is being opened, a little with every frame, which has come so long after the last one.
    pub(super) fn go_on_opening(&mut self, frame: Option<u64>, commands: &mut Vec<Command>) {
        let Some(Opening {
            inside: Inside::Log(build),
            pace,
            ..
        }) = &mut self.files.opening
        else {
            return;
        };
        if frame.is_some_and(|elapsed| build.advance(pace.share(elapsed))) {
            if let Some(Opening {
                inside: Inside::Log(build),
                ..
            }) = self.files.opening.take()
            {
                self.show_capture(build.done(), commands);
            }
            return;
        }
        commands.push(Command::RequestFrame);
        if let Some(mut opening) = self.files.opening.take() {
            self.tell_progress(&mut opening);
            self.files.opening = Some(opening);
        }
    }

    fn tell_progress(&mut self, opening: &mut Opening) {
        if opening.bytes <= PIECE_BYTES {
            return;
        }
        let step = opening.percent() / TELL_IN_PERCENT + 1;
        if step > opening.told {
            opening.told = step;
            let percent = (step - 1) * TELL_IN_PERCENT;
            let name = opening.name.clone();
            self.say(Notice::news(Words::of(|language| {
                text::reading_file(language, &name, percent)
            })));
        }
    }

    /// Whether a file is being opened, and puts it away.
    pub(super) fn stop_opening(&mut self) -> bool {
        let is_opening = self.files.opening.take().is_some();
        if is_opening {
            self.say(Notice::news(text::FILE_STOPPED));
        }
        is_opening
    }

    fn refuse_capture(&mut self, why: Fault) {
        self.say(Notice::fault(Words::of(|language| {
            text::file_not_opened(language, &text::no_capture(language, why))
        })));
    }

    fn show_capture(&mut self, captured: Captured, commands: &mut Vec<Command>) {
        let captured = Rc::new(captured);
        let entry = BuiltIn {
            file: CAPTURE.into(),
            scenario: Rc::new(captured.scenario()),
            own: None,
            captured: Some(Rc::clone(&captured)),
        };
        let place = self.place_of(CAPTURE).unwrap_or(self.scenarios.len());
        match self.scenarios.get_mut(place) {
            Some(old) => *old = entry,
            None => self.scenarios.push(entry),
        }
        self.place = Place::Play;
        self.open(place, commands);
        self.say(Notice::news(Words::of(|language| {
            text::capture_opened(language, &captured.findings)
        })));
        commands.push(self.title());
        self.address(false, commands);
    }

    /// Whether what is shown is a capture; says why nothing can be done to it if so.
    pub(super) fn is_captured(&mut self) -> bool {
        let is_captured = self.shows_capture();
        if is_captured {
            self.say(Notice::fault(text::CAPTURE_IS_PAST));
        }
        is_captured
    }

    /// Whether what is shown is a capture.
    #[must_use]
    pub fn shows_capture(&self) -> bool {
        self.run
            .as_ref()
            .is_some_and(|run| run.work().captured.is_some())
    }
}
