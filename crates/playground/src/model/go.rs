//! Where the user is on the page, and what is open.

use super::keep::Shelf;
use super::open::CAPTURE;
use super::over::Kind;
use super::running::Goal;
use super::sandbox::own_title;
use super::views::{ABOUT_MAX_CHARS, TITLE_MAX_CHARS};
use super::{Notice, Playground};
use crate::action::{Command, Start};
use crate::lanes::Lanes;
use crate::lesson::{self, Control, LessonCard};
use crate::library::BuiltIn;
use crate::lobby::{Chapter, Entry, LobbyView, PartLink, Resume};
use crate::payload::shown;
use crate::route::{Place, Route, Screen};
use crate::run::Run;
use crate::story::Position;
use crate::text::{self, Words};
use crate::vote::Votes;
use crate::work::{Bookmark, FORM, Origin, Progress, Refusal, Work};

impl Playground {
    /// The page has loaded: takes up what is kept, and goes where the address says.
    pub(super) fn begin(&mut self, start: Start, commands: &mut Vec<Command>) {
        self.level = start.level.unwrap_or_default();
        self.speak(start.language.unwrap_or_default(), commands);
        self.resume_sizes(&start.sizes, commands);
        let shelf = Shelf::read(&start.works);
        for kept in &shelf.kept {
            if let Ok((work, _)) = Work::read(&kept.text, &[]) {
                self.put_own(&work);
            }
        }
        self.kept = shelf.kept;
        self.files.drafts = shelf.drafts;
        self.newer = shelf.newer;
        for text in &shelf.aside {
            self.set_aside(text);
        }
        let last = self.kept.first().map(|kept| kept.file.clone());
        let last = last.and_then(|file| self.place_of(&file));
        self.open(last.unwrap_or(0), commands);
        self.go(&Route::parse(&start.fragment), commands);
        self.address(true, commands);
        // What is said of the scenario that is open matters more.
        let aside = self.files.aside.len();
        if aside > 0 && self.notice.is_none() {
            self.say(Notice::fault(Words::of(|language| {
                text::kept_aside(language, aside)
            })));
        }
    }

    /// The address has changed: by a link, by Back, or because the page has said so.
    pub(super) fn navigated(&mut self, fragment: &str, commands: &mut Vec<Command>) {
        let route = Route::parse(fragment);
        if route != self.route() {
            self.go(&route, commands);
            self.address(true, commands);
        }
    }

    fn go(&mut self, route: &Route, commands: &mut Vec<Command>) {
        self.keep_before_leaving(commands);
        self.over.close(Kind::Menu);
        self.over.close(Kind::More);
        match route {
            Route::Place(place) => self.place = *place,
            Route::Scenario(file) => match self.place_of(file) {
                Some(scenario) => {
                    self.place = Place::Play;
                    if scenario != self.scenario {
                        self.open(scenario, commands);
                    } else {
                        self.walk_through(commands);
                    }
                }
                None => {
                    self.place = Place::Lessons;
                    self.say(Notice::fault(if file == CAPTURE {
                        Words::from(text::CAPTURE_GONE)
                    } else {
                        Words::of(|language| text::no_scenario(language, file))
                    }));
                }
            },
            Route::World(file) => match self.place_of(file) {
                Some(world) if self.scenarios.get(world).is_some_and(|it| it.own.is_some()) => {
                    self.place = Place::Sandbox;
                    self.bench.is_listing = false;
                    if world != self.scenario {
                        self.open(world, commands);
                        self.stand_at_end(commands);
                    } else if self.position == Position::default() {
                        self.stand_at_end(commands);
                    }
                }
                _ => {
                    self.place = Place::Sandbox;
                    self.bench.is_listing = true;
                    self.say(Notice::fault(Words::of(|language| {
                        text::no_world(language, file)
                    })));
                }
            },
            Route::Class(code) => self.invited(code, commands),
            Route::Shared(form, code) if *form <= FORM => {
                commands.push(Command::Unpack(code.clone()));
            }
            Route::Shared(..) => self.say(not_opened(&Refusal::Newer)),
            Route::Unknown(fragment) => {
                self.place = Place::Lessons;
                self.say(Notice::fault(Words::of(|language| {
                    text::no_place(language, fragment)
                })));
            }
        }
        if self.place == Place::Futures && self.shows_capture() {
            self.say(Notice::fault(text::CAPTURE_NO_FUTURES));
        }
        commands.push(self.title());
    }

    /// Opens a scenario from the chooser.
    pub(super) fn visit(&mut self, scenario: usize, commands: &mut Vec<Command>) {
        self.keep_before_leaving(commands);
        self.place = Place::Play;
        self.open(scenario, commands);
        commands.push(self.title());
        self.address(false, commands);
    }

    /// Goes to a place, as a link to it would.
    pub(super) fn enter(&mut self, place: Place, commands: &mut Vec<Command>) {
        self.place = place;
        commands.push(self.title());
        self.address(false, commands);
    }

    /// What is drawn at the place where the user is.
    pub(super) fn screen(&self) -> Screen {
        match self.place {
            Place::Lessons => Screen::Lessons,
            Place::Play => Screen::Play,
            Place::Futures => Screen::Futures,
            Place::Sandbox if self.is_building() => Screen::Builder,
            Place::Sandbox => Screen::Worlds,
            Place::Broker => Screen::Broker,
            Place::Board => Screen::Board,
            Place::Class => Screen::Class,
        }
    }

    pub(super) fn place_of(&self, file: &str) -> Option<usize> {
        self.scenarios.iter().position(|it| *it.file == *file)
    }

    /// What the address is to be.
    fn route(&self) -> Route {
        match (self.place, self.scenarios.get(self.scenario)) {
            (Place::Sandbox, Some(world)) if self.is_building() => {
                Route::World(world.file.to_string())
            }
            (Place::Play, Some(scenario)) => Route::Scenario(scenario.file.to_string()),
            (place, _) => Route::Place(place),
        }
    }

    /// The address that leads to a place.
    pub(super) fn way_to(&self, place: Place) -> String {
        match (place, self.scenarios.get(self.scenario)) {
            (Place::Play, Some(it)) => Route::Scenario(it.file.to_string()).fragment(),
            (Place::Sandbox, Some(it)) if it.own.is_some() && !self.bench.is_listing => {
                Route::World(it.file.to_string()).fragment()
            }
            _ => place.fragment(),
        }
    }

    pub(super) fn address(&self, replace: bool, commands: &mut Vec<Command>) {
        commands.push(Command::SetFragment {
            fragment: self.route().fragment(),
            replace,
        });
    }

    pub(super) fn title(&self) -> Command {
        let what = match (self.place, &self.run) {
            (Place::Play, Some(run)) => self.voice().data(run.title()),
            (Place::Sandbox, Some(run)) if self.is_building() => run.title(),
            (place, _) => text::place_name(self.language, place),
        };
        Command::SetTitle(text::page_title(&shown(what, TITLE_MAX_CHARS)))
    }

    /// Puts away what is about the world that is open: in another one it would mean something else.
    pub(super) fn leave_world(&mut self) {
        self.undo.clear();
        self.redo.clear();
        self.over.close(Kind::Menu);
        self.map_focus = None;
        self.arrangement.lanes = Lanes::default();
        self.bench = self.bench.cleared();
        self.votes = Votes::default();
        self.attendance.leave_world();
        self.forget_board();
        self.client = None;
        self.unfolded = false;
        self.notice = None;
        self.course = None;
        self.stops.markers.clear();
    }

    /// Opens a scenario as it was left.
    pub(super) fn open(&mut self, scenario: usize, commands: &mut Vec<Command>) {
        let Some(built_in) = self.scenarios.get(scenario) else {
            return;
        };
        let untouched = Work::untouched(built_in);
        let kept = self.kept.iter().find(|kept| *kept.file == *built_in.file);
        let mut refused = None;
        let resumed = kept.and_then(|kept| match Work::read(&kept.text, &self.scenarios) {
            Ok(resumed) => Some(resumed),
            Err(why) => {
                let words = Words::of(|language| text::not_resumed(language, &why));
                refused = Some((words, kept.text.clone()));
                None
            }
        });
        let (work, progress) = resumed.unwrap_or_else(|| (untouched.clone(), Progress::default()));
        let bookmark = progress.bookmark;
        let Some(run) = self.begun(&work).or_else(|| self.begun(&untouched)) else {
            return;
        };
        self.scenario = scenario;
        self.futures = vec![untouched];
        if run.work() == &work && !self.futures.contains(&work) {
            self.futures.push(work);
        }
        self.leave_world();
        self.show(run);
        self.note_kept(scenario);
        self.take_up_draft();
        self.recommit(&progress.answers);
        self.stops.markers = progress.markers.clone();
        if let Some((why, text)) = refused {
            // What is done here from now on takes its place.
            self.set_aside(&text);
            self.say(Notice::fault(why));
        }
        self.settle();
        self.open_rule = Some(0);
        let before = self.position;
        self.head_for(Goal::Bookmark(bookmark), commands);
        // Whoever was at the end has seen the task.
        if progress.is_done {
            self.note_seen_end();
        }
        if self.position != before {
            self.follow(commands);
        }
    }

    /// Where a bookmark is in the run that is shown.
    pub(super) fn resumed_at(&self, bookmark: Bookmark) -> Position {
        let Bookmark { step, now, .. } = bookmark;
        if bookmark == Bookmark::default() {
            return Position::default();
        }
        let step = step.min(self.story.last_step());
        let time_of = |step: usize| self.story.step(step).map(|step| step.mark.at);
        let from = time_of(step).unwrap_or(0);
        let until = time_of(step + 1).unwrap_or(self.story.end()).max(from);
        self.story.at(step, now.clamp(from, until))
    }

    /// Makes a link to the moment that is shown. What was answered stays with who answered.
    pub(super) fn share(&mut self, commands: &mut Vec<Command>) {
        self.rest();
        if self.shows_capture() {
            self.say(Notice::fault(text::CAPTURE_NOT_KEPT));
        } else if let Some(run) = &self.run {
            let work = run.work().clone();
            if !self.may_go_out() {
                return;
            }
            let progress = Progress {
                bookmark: self.bookmark_for_others(),
                ..Progress::default()
            };
            commands.push(Command::Share {
                form: work.form(),
                text: work.write(&progress),
            });
        }
    }

    pub(super) fn shared(&mut self, link: Option<String>) {
        self.say(Notice::news(link.map_or_else(
            || Words::from(text::LINK_COPIED),
            |link| Words::of(|language| text::link_by_hand(language, &link)),
        )));
    }

    /// A shared link was unpacked, or a file was read: shows its moment, beside what the user has made of the same scenario.
    pub(super) fn unpacked(
        &mut self,
        text: Option<String>,
        from: Origin,
        commands: &mut Vec<Command>,
    ) {
        let read = text.map_or(Err(Refusal::Damaged), |text| {
            Work::read(&text, &self.scenarios)
        });
        let opened = read.and_then(|(work, progress)| {
            let work = self.adopt(work)?;
            let scenario = self.place_of(&work.file).ok_or(Refusal::Damaged)?;
            let run = self.begun(&work).ok_or(Refusal::Damaged)?;
            Ok((scenario, work, run, progress))
        });
        match opened {
            Ok((
                scenario,
                work,
                run,
                Progress {
                    bookmark, markers, ..
                },
            )) => {
                self.place = Place::Play;
                if scenario != self.scenario {
                    self.open(scenario, commands);
                }
                let is_own = work.own.is_some();
                let mut had_acts = false;
                if let Some(own) = self.run.as_ref().map(|run| run.work().clone())
                    && own != work
                {
                    had_acts = !own.acts.is_empty();
                    self.remember(own, text::SHARED_LINK.into());
                }
                self.keep_future(work);
                self.settle();
                self.show(run);
                self.stops.markers = markers;
                self.head_for(Goal::Bookmark(bookmark), commands);
                self.say(Notice::news(text::opened(from, is_own, had_acts)));
                commands.push(self.title());
                self.address(true, commands);
            }
            Err(why) => self.say(not_opened(&why)),
        }
    }

    /// Where the user stands, for those who come back.
    pub(super) fn bookmark(&self) -> Bookmark {
        let is_built = self.is_building() && self.bench.stands_at_end;
        if self.position == Position::default() || is_built {
            return Bookmark::default();
        }
        Bookmark {
            step: self.position.step,
            of: self.story.steps.len(),
            now: self.position.now,
        }
    }

    /// Where others begin who are given what is open: what is built, they walk through from its beginning.
    pub(super) fn bookmark_for_others(&self) -> Bookmark {
        if self.is_building() {
            Bookmark::default()
        } else {
            self.bookmark()
        }
    }

    /// How far the user has come.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            bookmark: self.bookmark(),
            answers: self.committed(),
            is_done: self.is_done(),
            markers: self.stops.markers.clone(),
        }
    }

    /// The start page: the lessons, and what is no lesson.
    #[must_use]
    pub fn lobby(&self) -> LobbyView {
        let last = self.kept.first();
        let resume = last.and_then(|kept| {
            let scenario = self.scenarios.get(self.place_of(&kept.file)?)?;
            let Bookmark { step, of, .. } = kept.bookmark;
            let title = match scenario.own {
                Some(_) => own_title(&scenario.scenario),
                None => &scenario.scenario.title,
            };
            Some(Resume {
                title: shown(self.voice().data(title), TITLE_MAX_CHARS),
                place: text::paused_at(self.language, step, of, kept.acts),
                fragment: Route::Scenario(kept.file.clone()).fragment(),
                is_new: false,
            })
        });
        let voice = self.voice();
        let is_ours = |it: &&BuiltIn| it.own.is_none() && it.captured.is_none();
        let built_in = self.scenarios.iter().filter(is_ours);
        let scenarios = || built_in.clone().map(|it| it.scenario.as_ref());
        let lessons = lesson::shelf(scenarios());
        // Who has begun nothing begins here.
        let resume = resume.or_else(|| {
            let first = self.lesson_entry(lessons.first()?);
            Some(Resume {
                title: first.title,
                place: [first.about, first.minutes].join(" · "),
                fragment: first.fragment,
                is_new: true,
            })
        });
        let mut chapters: Vec<Chapter> = lessons
            .chunk_by(|one, next| one.chapter == next.chapter)
            .filter_map(|those| {
                Some(Chapter {
                    name: voice.data(&those.first()?.chapter).to_owned(),
                    entries: those.iter().map(|card| self.lesson_entry(card)).collect(),
                })
            })
            .collect();
        let others = (0..).zip(scenarios()).filter(|(_, it)| it.lesson.is_none());
        let entries: Vec<Entry> = others
            .map(|(place, it)| {
                let [title, about] = [&it.title, &it.about].map(|it| voice.data(it).to_owned());
                let part = self.part(place, title.clone());
                self.entry(String::new(), (title, about), 0, vec![part])
            })
            .collect();
        if !entries.is_empty() {
            chapters.push(Chapter {
                name: text::MORE_SCENARIOS.to(self.language).to_owned(),
                entries,
            });
        }
        // What is the user's own is what the user comes back for.
        let chapters = self.own_chapter().into_iter().chain(chapters);
        let cuts = |it: &&BuiltIn| {
            let task = it.scenario.lesson.as_ref().and_then(|it| it.task.as_ref());
            task.is_some_and(|it| it.controls.contains(&Control::Cut))
        };
        let breaking = self.scenarios.iter().filter(is_ours).find(cuts);
        LobbyView {
            breaking: breaking.map(|it| Route::Scenario(it.file.to_string()).fragment()),
            resume,
            chapters: chapters.collect(),
        }
    }

    fn lesson_entry(&self, card: &LessonCard) -> Entry {
        let [title, question] = [&card.title, &card.question].map(|it| self.voice().data(it));
        let subject = title.split_once(": ").map_or("", |(subject, _)| subject);
        let parts = card.parts.iter().map(|part| {
            let title = self.voice().data(&part.title);
            // What all parts are about stands above them.
            let own = title.strip_prefix(subject);
            let own = own.and_then(|it| it.strip_prefix(": ")).unwrap_or(title);
            let name = match part.letter {
                Some(letter) => format!("{letter}: {own}"),
                None => title.to_owned(),
            };
            self.part(part.scenario, name)
        });
        let words = (title.to_owned(), question.to_owned());
        self.entry(
            card.number.to_string(),
            words,
            card.minutes,
            parts.collect(),
        )
    }

    /// The names in addresses of all that is kept or can be opened.
    pub(super) fn kept_files(&self) -> impl Iterator<Item = &str> {
        let listed = self.scenarios.iter().map(|it| &*it.file);
        self.kept.iter().map(|it| it.file.as_str()).chain(listed)
    }

    pub(super) fn part(&self, scenario: usize, name: String) -> PartLink {
        let file = self.scenarios.get(scenario).map_or("", |it| &*it.file);
        let kept = self.kept.iter().find(|kept| kept.file == file);
        let is_last = self.kept.first().is_some_and(|last| last.file == file);
        let bookmark = kept.map(|kept| kept.bookmark).unwrap_or_default();
        PartLink {
            name: shown(&name, TITLE_MAX_CHARS),
            fragment: Route::Scenario(file.to_owned()).fragment(),
            is_done: kept.is_some_and(|kept| kept.is_done),
            is_current: is_last,
            seen: (bookmark.step > 0)
                .then(|| text::seen_to(self.language, bookmark.step, bookmark.of)),
        }
    }

    /// An entry leads to the part that was open last and is not done, else to the first that is not done.
    pub(super) fn entry(
        &self,
        number: String,
        (title, about): (String, String),
        minutes: u16,
        parts: Vec<PartLink>,
    ) -> Entry {
        let is_done = parts.iter().all(|part| part.is_done);
        let done = parts.iter().filter(|part| part.is_done).count();
        let next = parts
            .iter()
            .find(|part| part.is_current && !part.is_done)
            .or_else(|| parts.iter().find(|part| !part.is_done))
            .or_else(|| parts.iter().find(|part| part.is_current))
            .or_else(|| parts.first());
        let seen = next.and_then(|part| part.seen.clone());
        Entry {
            number,
            title: shown(&title, TITLE_MAX_CHARS),
            about: shown(&about, ABOUT_MAX_CHARS),
            minutes: text::minutes(minutes),
            fragment: next.map_or_else(String::new, |part| part.fragment.clone()),
            seen: match seen {
                _ if is_done => text::SEEN.to(self.language).to_owned(),
                Some(seen) => seen,
                None if done > 0 => text::parts_done(self.language, done, parts.len()),
                None => text::NEW.to(self.language).to_owned(),
            },
            is_done,
            is_current: parts.iter().any(|part| part.is_current),
            parts: if parts.len() > 1 { parts } else { Vec::new() },
        }
    }

    /// Shows a run instead of the one that was shown.
    pub(super) fn show(&mut self, run: Run) {
        self.put_live_aside();
        self.edition += 1;
        self.run_number += 1;
        self.story = run.shared_story();
        self.put_own(run.work());
        let is_same = self.course.is_some();
        self.run = Some(run);
        self.set_off();
        self.set_out(is_same);
    }
}

fn not_opened(why: &Refusal) -> Notice {
    Notice::fault(Words::of(|language| text::not_opened(language, why)))
}
