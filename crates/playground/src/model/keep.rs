//! What is kept between visits, also when several tabs of the page keep it at the same time.
//!
//! All tabs keep the same text. Each one writes it as a whole, with what the others have written since: a tab takes up what another
//! one keeps ([`Playground::kept_elsewhere`]) before it writes, and changes nothing in it but the world that it has open. If that
//! one was changed in two tabs, both versions stay.

use super::running::Goal;
use super::{Notice, Playground, sandbox};
use crate::action::Command;
use crate::run::Run;
use crate::text;
use crate::work::{Bookmark, Header, Progress, Refusal, Work};

/// The line between the works in what is kept. No line of a work is like this.
const SEPARATOR: &str = "----\n";
/// So many works are kept.
const KEPT_MAX: usize = 64;
/// So many texts are read at most, of works and all else.
const TEXTS_MAX: usize = 4 * KEPT_MAX;
/// The first line of a version of a lesson that was set aside: with it, it is no work that stands for its lesson.
const OTHER_TAB: &str = "mqtt-playground, another tab:";

/// A work of this or an earlier visit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) file: String,
    pub(super) bookmark: Bookmark,
    pub(super) acts: usize,
    /// Whether there was nothing left to do once.
    pub(super) is_done: bool,
    pub(super) text: String,
}

impl Kept {
    fn read(text: &str) -> Result<Self, Refusal> {
        let header = Header::read(text)?;
        Ok(Self {
            file: header.file.to_owned(),
            bookmark: header.bookmark,
            acts: header.acts(),
            is_done: header.is_done,
            text: text.to_owned(),
        })
    }
}

/// What is kept, read.
#[derive(Default)]
pub(super) struct Shelf {
    /// The works, newest first.
    pub(super) kept: Vec<Kept>,
    /// Texts of worlds that were not run: the world's name in addresses, and the text.
    pub(super) drafts: Vec<(String, String)>,
    /// What a newer page has kept.
    pub(super) newer: Vec<String>,
    /// What cannot be read.
    pub(super) aside: Vec<String>,
}

impl Shelf {
    pub(super) fn read(works: &str) -> Self {
        let mut shelf = Self::default();
        let separator = format!("\n{SEPARATOR}");
        let count = works.split(&separator).count().min(TEXTS_MAX);
        // Beside the works there are drafts.
        for (text, number) in works.split(&separator).zip(1..).take(TEXTS_MAX) {
            // The separator begins with the end of the line before it.
            let end = if number < count { "\n" } else { "" };
            let text = format!("{text}{end}");
            if let Some(draft) = sandbox::kept_draft(&text) {
                shelf.drafts.push(draft);
                continue;
            }
            match Kept::read(&text) {
                Ok(kept) => shelf.kept.push(kept),
                Err(Refusal::Newer) => shelf.newer.push(text),
                Err(_) => shelf.aside.push(text),
            }
        }
        shelf
    }
}

/// The work that is open, as it was when this tab and what is kept were last the same.
#[derive(Debug)]
pub(super) struct Same {
    work: Work,
    /// The text that is kept of it, if one is.
    text: Option<String>,
    /// Whether it was said that another tab has gone on with it.
    is_told: bool,
}

/// What the user makes, in numbers that change with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    run: usize,
    typed: usize,
    /// What was committed to.
    answers: usize,
}

/// What to do about a work that another tab has kept since.
enum Meeting {
    /// It is the same, or older: this tab's is kept.
    Over,
    /// It has gone on, and this tab's has not.
    Leave,
    /// Both have gone on: both are kept.
    Both(Box<Work>, Progress),
}

impl Playground {
    /// Keeps what is open for the next visit, if it has changed.
    pub(super) fn keep(&mut self, commands: &mut Vec<Command>) {
        // A capture is its file.
        if self.run.is_none()
            || self.shows_capture()
            || self.is_live_shown()
            || self.is_board_shown()
            || self.shows_class()
            || !self.screen().has_run()
        {
            return;
        }
        let made = self.made();
        let is_settled = self.is_still() && !self.has_goal();
        if is_settled {
            let state = (self.edition, self.position.step, self.draft_mark());
            if self.kept_state == Some(state) {
                return;
            }
            self.kept_state = Some(state);
        } else if self.kept_made == Some(made) {
            // The place is kept when the page has come to rest: with every frame it would be another one.
            return;
        }
        let made_before = self.kept_made.replace(made);
        if !is_settled && !self.has_made(made_before) {
            return;
        }
        self.keep_draft();
        let Some(run) = &self.run else { return };
        let bookmark = self.bookmark_to_keep();
        let work = &run.work().clone();
        if !self.meet(work) {
            return;
        }
        let before = self.kept.iter().find(|kept| *kept.file == *work.file);
        let progress = Progress {
            bookmark,
            is_done: before.is_some_and(|kept| kept.is_done) || is_settled && self.is_done(),
            ..self.progress()
        };
        let kept = Kept {
            file: work.file.to_string(),
            bookmark,
            acts: work.acts.len(),
            is_done: progress.is_done,
            text: work.write(&progress),
        };
        self.same_before = Some(self.same.replace(Same {
            work: work.clone(),
            text: Some(kept.text.clone()),
            is_told: false,
        }));
        self.forgotten.retain(|it| *it != kept.file);
        self.kept.retain(|it| it.file != kept.file);
        self.kept.insert(0, kept);
        self.forget_oldest();
        self.keep_all(commands);
    }

    /// What counts what the user makes.
    fn made(&self) -> Made {
        Made {
            run: self.run_number,
            typed: self.draft_mark(),
            answers: self.committed().len(),
        }
    }

    /// Whether the user has made something of what is open since what was made by then was kept.
    fn has_made(&self, before: Option<Made>) -> bool {
        let made = self.made();
        let is_more = before.is_some_and(|it| it.run == made.run && it != made);
        let work = self.run.as_ref().map(Run::work);
        is_more || self.same.as_ref().map(|it| &it.work) != work
    }

    /// Where the next visit begins. While the page is on its way to a place, that is where it goes, and if that is not known, where
    /// it stood.
    fn bookmark_to_keep(&self) -> Bookmark {
        match self.goal() {
            None => self.bookmark(),
            Some(Goal::Bookmark(bookmark)) => bookmark,
            Some(_) => {
                let file = self.run.as_ref().map(|run| &*run.work().file);
                let mut kept = self.kept.iter();
                let kept = kept.find(|kept| Some(kept.file.as_str()) == file);
                kept.map_or_else(Bookmark::default, |kept| kept.bookmark)
            }
        }
    }

    /// Keeps where the user stood before going elsewhere.
    pub(super) fn keep_before_leaving(&mut self, commands: &mut Vec<Command>) {
        self.rest();
        // What is open when the page begins is nobody's yet.
        if self.kept_made.is_some() {
            self.keep(commands);
        }
    }

    /// Forgets what is kept under a name.
    pub(super) fn forget_kept(&mut self, file: &str, commands: &mut Vec<Command>) {
        self.kept.retain(|it| it.file != file);
        self.files
            .drafts
            .retain(|(of, _)| sandbox::world_of(of) != file);
        self.forgotten.push(file.to_owned());
        self.keep_all(commands);
    }

    /// Keeps what was done alone in a class, where nothing else is kept of it.
    pub(super) fn keep_alone(&mut self, work: Work, commands: &mut Vec<Command>) {
        let progress = self.progress();
        let work = match self.adopt(work.clone()) {
            Ok(work) => work,
            Err(_) => return self.set_aside(&work.write(&progress)),
        };
        let text = work.write(&progress);
        let is_kept = self.kept.iter().any(|it| it.file == *work.file);
        match Kept::read(&text) {
            Ok(kept) if !is_kept => self.kept.insert(0, kept),
            _ => self.set_aside(&text),
        }
        self.forget_oldest();
        self.keep_all(commands);
    }

    fn keep_all(&self, commands: &mut Vec<Command>) {
        let texts = self.kept.iter().map(|kept| kept.text.as_str());
        let drafts = self.files.drafts.iter();
        let drafts: Vec<String> = drafts
            .map(|(file, text)| sandbox::written(file, text))
            .collect();
        let others = self.newer.iter().chain(&self.files.aside).chain(&drafts);
        let texts: Vec<&str> = texts.chain(others.map(String::as_str)).collect();
        commands.push(Command::KeepWorks(texts.join(SEPARATOR)));
    }

    /// Keeps no more than is kept. What is the user's own goes last: nobody else has it.
    fn forget_oldest(&mut self) {
        while self.kept.len() > KEPT_MAX {
            let is_own = |kept: &Kept| Header::read(&kept.text).is_ok_and(|it| it.own.is_some());
            let oldest = self.kept.iter().rposition(|kept| !is_own(kept));
            self.kept.remove(oldest.unwrap_or(self.kept.len() - 1));
        }
    }

    /// Notes what is kept of a scenario that has been opened just now.
    pub(super) fn note_kept(&mut self, scenario: usize) {
        let file = self.scenarios.get(scenario).map(|it| &it.file);
        let text = file.and_then(|file| self.kept.iter().find(|kept| *kept.file == **file));
        let text = text.map(|kept| kept.text.clone());
        let work = self.run.as_ref().map(|run| run.work().clone());
        // A world of which nothing is kept yet is new.
        let work = work.filter(|work| work.own.is_none() || text.is_some());
        self.same = work.map(|work| Same {
            work,
            text,
            is_told: false,
        });
    }

    /// Sees to what another tab has kept of the work that is open. Whether this tab's is to be kept.
    fn meet(&mut self, work: &Work) -> bool {
        let stored = self.kept.iter().find(|kept| *kept.file == *work.file);
        let Some(stored) = stored else {
            return true;
        };
        // Of a world that got its name just now, nothing was kept here: whatever has that name is another tab's.
        let same = self.same.as_ref().filter(|it| it.work.file == work.file);
        if same.is_some_and(|it| it.text.as_ref() == Some(&stored.text)) {
            return true;
        }
        let is_same = |one: &Work, other: &Work| one.acts == other.acts && one.own == other.own;
        let meeting = match Work::read(&stored.text, &self.scenarios) {
            Ok((theirs, _)) if is_same(&theirs, work) => Meeting::Over,
            Ok((theirs, _)) if same.is_some_and(|it| is_same(&theirs, &it.work)) => Meeting::Over,
            Ok(_) if same.is_some_and(|it| is_same(&it.work, work)) => Meeting::Leave,
            Ok((theirs, progress)) => Meeting::Both(Box::new(theirs), progress),
            // What cannot be read is kept aside.
            Err(_) => {
                let text = stored.text.clone();
                self.set_aside(&text);
                Meeting::Over
            }
        };
        match meeting {
            Meeting::Over => true,
            Meeting::Leave => {
                let is_told = self
                    .same
                    .as_mut()
                    .is_some_and(|same| std::mem::replace(&mut same.is_told, true));
                if !is_told {
                    self.say(Notice::fault(text::GOES_ON_ELSEWHERE));
                }
                false
            }
            Meeting::Both(theirs, progress) => {
                self.keep_other(*theirs, &progress);
                true
            }
        }
    }

    /// Keeps another tab's version of the work that is open: of a world beside this tab's, of a lesson aside.
    fn keep_other(&mut self, mut theirs: Work, progress: &Progress) {
        if theirs.own.is_some() && self.own().count() < sandbox::OWN_MAX {
            let is_known = self
                .own()
                .any(|(_, it)| it.own == theirs.own && *it.file != *theirs.file);
            if is_known && theirs.acts.is_empty() {
                return;
            }
            theirs.file = self.new_file();
            self.put_own(&theirs);
            if let Ok(kept) = Kept::read(&theirs.write(progress)) {
                self.kept.push(kept);
            }
            self.say(Notice::fault(text::OTHER_TAB_BESIDE));
        } else {
            let text = theirs.write(&Progress::default());
            self.set_aside(&format!("{OTHER_TAB}\n{text}"));
            self.say(Notice::fault(text::OTHER_TAB_ASIDE));
        }
    }

    /// Another tab of the page has kept all this. If this tab wanted to keep something that was not written for it, `again` asks for it.
    pub(super) fn kept_elsewhere(&mut self, works: &str, again: bool, commands: &mut Vec<Command>) {
        let mut shelf = Shelf::read(works);
        if again {
            // What was to be the same by then is not.
            if let Some(before) = self.same_before.take() {
                self.same = before;
            }
            let forgotten = &self.forgotten;
            shelf.kept.retain(|it| !forgotten.contains(&it.file));
            let is_forgotten = |of: &str| forgotten.iter().any(|it| it == sandbox::world_of(of));
            shelf.drafts.retain(|(of, _)| !is_forgotten(of));
        }
        let open = self.run.as_ref().map(|run| run.work().file.to_string());
        let is_open = |file: &str| open.as_deref() == Some(file);
        let was_there = |file: &str| self.kept.iter().any(|it| it.file == file);
        // Worlds that another tab has forgotten; one that was not kept yet is nobody else's.
        let gone: Vec<usize> = self
            .own()
            .filter(|(_, it)| {
                let is_there = shelf.kept.iter().any(|kept| *kept.file == *it.file);
                !is_there && !is_open(&it.file) && was_there(&it.file)
            })
            .map(|(place, _)| place)
            .collect();
        for place in gone.iter().rev() {
            self.scenarios.remove(*place);
            if *place < self.scenario {
                self.scenario -= 1;
            }
        }
        let mut is_changed = !gone.is_empty();
        for kept in shelf.kept.iter().filter(|kept| !is_open(&kept.file)) {
            let own = Header::read(&kept.text).ok().and_then(|header| header.own);
            let is_known = self
                .own()
                .any(|(_, it)| *it.file == *kept.file && it.own.as_deref() == own);
            if own.is_none() || is_known {
                continue;
            }
            if let Ok((work, _)) = Work::read(&kept.text, &[]) {
                self.put_own(&work);
                is_changed = true;
            }
        }
        self.kept = shelf.kept;
        self.newer = shelf.newer;
        // The drafts of the world that is open here are this tab's; another one's are kept aside.
        let mine = std::mem::replace(&mut self.files.drafts, shelf.drafts);
        for (file, mine) in mine {
            let mut theirs = self.files.drafts.iter().filter(|(of, _)| *of == file);
            let theirs = theirs.next().map(|(_, theirs)| theirs.clone());
            if let Some(theirs) =
                theirs.filter(|it| is_open(sandbox::world_of(&file)) && *it != mine)
            {
                self.set_aside(&format!("{OTHER_TAB}\n{theirs}"));
                self.files.drafts.retain(|(of, _)| *of != file);
                self.files.drafts.push((file, mine));
            }
        }
        for text in &shelf.aside {
            self.set_aside(text);
        }
        if is_changed {
            self.edition += 1;
        }
        if again {
            self.kept_state = None;
            self.keep_all(commands);
        }
    }
}
