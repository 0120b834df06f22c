//! Saving, opening and exporting.

use super::{Notice, Playground};
use crate::action::Command;
use crate::capture;
use crate::export::{self, Export};
use crate::ladder::{Layout, Moving, Scene, Still, Window};
use crate::memo::Shared;
use crate::sandbox;
use crate::text::{self, Words};
use crate::work::{Origin, Progress, Refusal, Work};
use sim::Scenario;

/// The ending of works that were saved.
const ENDING: &str = "mqttplay";
/// What a drawing holds at most: more is a picture that nobody can open.
const DRAWN_MAX_STEPS: usize = 2000;
/// A drawing is at least this wide, wherever it was asked for.
const DRAWN_MIN_WIDTH: f64 = 760.0;
/// So many texts that could not be read are kept aside.
const ASIDE_MAX: usize = 128;

/// What the user does with files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesAction {
    /// Saves the work.
    Save,
    /// Asks for a file to open.
    Ask,
    /// A file was chosen or dropped.
    Chosen {
        /// Counts the files that were.
        file: u64,
        /// Its name.
        name: String,
        /// How many bytes it has.
        bytes: u64,
    },
    /// A piece of it is there: its number, the place of the first byte, and the bytes; none if they cannot be read.
    Piece(u64, u64, Option<Vec<u8>>),
    /// Exports the ladder.
    Export(Export),
    /// The drawing is out, or, if not, could not be made.
    Printed(bool),
    /// What was to be kept could not be kept, or can be again.
    Kept(bool),
    /// Saves what could not be read.
    SaveAside,
    /// Another tab has kept this.
    KeptElsewhere {
        /// All that is kept now.
        works: String,
        /// Whether what this tab wanted to keep was not written for it.
        again: bool,
    },
}

/// What is on its way out of the page, and what could not come in.
#[derive(Debug, Default)]
pub(super) struct Files {
    printing: bool,
    pub(super) opening: Option<super::open::Opening>,
    /// Kept texts that this page cannot read: they stay kept.
    pub(super) aside: Vec<String>,
    /// What was made of worlds' texts and is no world: the world's name in addresses, and the text.
    pub(super) drafts: Vec<(String, String)>,
    is_full: bool,
}

impl Playground {
    pub(super) fn files_action(&mut self, action: FilesAction, commands: &mut Vec<Command>) {
        match action {
            FilesAction::Save => {
                self.rest();
                if self.shows_capture() {
                    self.say(Notice::fault(text::CAPTURE_NOT_KEPT));
                } else if let Some(work) = self.run.as_ref().map(|run| run.work().clone())
                    && self.may_go_out()
                {
                    let text = work.write(&Progress {
                        bookmark: self.bookmark_for_others(),
                        ..self.progress()
                    });
                    commands.push(self.download(ENDING, text.into_bytes()));
                }
            }
            FilesAction::Ask => commands.push(Command::AskForFile),
            FilesAction::Chosen { file, name, bytes } => {
                self.choose_file(file, name, bytes, commands);
            }
            FilesAction::Piece(file, from, bytes) => {
                self.take_piece((file, from), bytes.as_deref(), commands);
            }
            FilesAction::Export(kind) => self.export(kind, commands),
            FilesAction::Printed(is_done) => {
                self.files.printing = false;
                if is_done {
                    self.say_exported();
                } else {
                    self.say(Notice::fault(text::NOT_DRAWN));
                }
            }
            FilesAction::Kept(is_kept) => {
                if !is_kept && !self.files.is_full {
                    self.say(Notice::fault(text::STORAGE_FULL));
                }
                self.files.is_full = !is_kept;
            }
            FilesAction::KeptElsewhere { works, again } => {
                self.kept_elsewhere(&works, again, commands);
            }
            FilesAction::SaveAside => {
                let text = self.files.aside.join("\n");
                if !text.is_empty() {
                    commands.push(Command::Download {
                        name: "mqtt-playground-unread.txt".to_owned(),
                        bytes: text.into_bytes(),
                    });
                }
            }
        }
    }

    fn download(&self, ending: &str, bytes: Vec<u8>) -> Command {
        Command::Download {
            name: self.file_name(ending),
            bytes,
        }
    }

    fn file_name(&self, ending: &str) -> String {
        let title = self.run.as_ref().map_or("", |run| run.title());
        format!("{}.{ending}", export::file_name(title))
    }

    #[inline(never)]
    fn export(&mut self, kind: Export, commands: &mut Vec<Command>) {
        self.rest();
        let Some(run) = &self.run else { return };
        let title = self.voice().data(run.title());
        let (story, position) = (&self.story, self.position);
        match kind {
            Export::Text => {
                let text = export::text(self.language, title, story, position);
                commands.push(self.download(kind.ending(), text.into_bytes()));
                self.say_exported();
            }
            Export::Mermaid => {
                let text = export::mermaid(self.language, title, story, position);
                commands.push(self.download(kind.ending(), text.into_bytes()));
                self.say_exported();
            }
            Export::Pcapng => match capture::pcapng(self.voice(), run.log(), story, position.shown)
            {
                Ok(file) => {
                    commands.push(self.download(kind.ending(), file));
                    self.say_exported();
                }
                Err(_) => self.say(Notice::fault(text::NOT_CAPTURED)),
            },
            Export::Svg | Export::Png if position.step > DRAWN_MAX_STEPS => {
                self.say(Notice::fault(text::TOO_MANY_STEPS));
            }
            Export::Svg | Export::Png => {
                self.files.printing = true;
                commands.push(Command::Print {
                    name: self.file_name(kind.ending()),
                    is_picture: kind == Export::Png,
                });
            }
        }
    }

    /// Says how much of the run an export holds: no more than was walked through.
    fn say_exported(&mut self) {
        let all = self.story.steps.len();
        let step = self.position.step.min(all);
        let is_whole = step == all && !self.is_running();
        self.say(Notice::news(Words::of(|language| {
            text::exported(language, step, all, is_whole)
        })));
    }

    /// The whole ladder up to now, for a drawing that leaves the page; none while none is asked for.
    #[must_use]
    pub fn print(&self) -> Option<(Shared<Still>, Shared<Moving>)> {
        if !self.files.printing {
            return None;
        }
        let width = self.pane.width.max(DRAWN_MIN_WIDTH);
        let layout = Layout::new(
            self.language,
            &self.story,
            &self.arrangement.lanes,
            width,
            0,
            self.measure.as_ref(),
        );
        let scene = |height: f64| Scene {
            language: self.language,
            story: &self.story,
            layout: &layout,
            position: self.position,
            selected: self.selected_step(),
            differs: self.differs(),
            folded: 0,
            foldable: 0,
            window: Window { top: 0.0, height },
            measure: self.measure.as_ref(),
        };
        let now = scene(0.0).now_y();
        let whole = scene(now + 1.0);
        Some((Shared::new(whole.still()), Shared::new(whole.moving())))
    }

    /// A file that is no capture is there as a whole.
    pub(super) fn open_text(&mut self, name: &str, bytes: Vec<u8>, commands: &mut Vec<Command>) {
        let Ok(text) = String::from_utf8(bytes) else {
            return self.refuse_unknown(name);
        };
        // Editors and mail change the ends of lines.
        let text = text.replace("\r\n", "\n");
        let text = text.trim_start_matches('\u{feff}');
        match Work::read(text, &self.scenarios) {
            Ok(_) => {
                self.unpacked(Some(text.to_owned()), Origin::File, commands);
            }
            // A world that was written elsewhere.
            Err(Refusal::NotOurs) => match Scenario::parse(text) {
                Ok(_) => self.make_world(text, commands),
                Err(fault) if sandbox::is_meant_as_world(name, text) => {
                    self.make_world_of_draft(name, text, &fault, commands);
                }
                Err(_) => self.refuse_unknown(name),
            },
            Err(why) => self.refuse_file(&why),
        }
    }

    /// A file that is none of those that can be opened.
    fn refuse_unknown(&mut self, name: &str) {
        let name = name.to_owned();
        self.say(Notice::fault(Words::of(|language| {
            text::file_unknown(language, &name)
        })));
    }

    #[inline(never)]
    pub(super) fn refuse_file(&mut self, why: &Refusal) {
        self.say(Notice::fault(Words::of(|language| {
            text::file_not_opened(language, &text::refusal(language, why))
        })));
    }

    /// Keeps a text that cannot be read, and says so.
    pub(super) fn set_aside(&mut self, text: &str) {
        let is_new = !text.trim().is_empty() && !self.files.aside.iter().any(|it| it == text);
        if is_new && self.files.aside.len() < ASIDE_MAX {
            self.files.aside.push(text.to_owned());
        } else if is_new {
            self.say(Notice::fault(text::ASIDE_FULL));
        }
    }
}
