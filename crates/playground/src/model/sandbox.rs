//! The user's own worlds: they stand behind the scenarios of the page, in one list with them, and can be edited.

use super::over::Kind;
use super::running::Goal;
use super::views::TITLE_MAX_CHARS;
use super::{Notice, Playground};
use crate::action::Command;
use crate::library::BuiltIn;
use crate::lobby::Chapter;
use crate::memo::Shared;
use crate::payload::shown;
use crate::route::{Place, Route};
use crate::sandbox::{
    self, Edit, Notes, SandboxAction, SandboxView, Section, Showing, TEMPLATES, from_template,
};
use crate::text::{self, Words};
use crate::work::{OWN_MAX_BYTES, Refusal, Work};
use sim::Scenario;
use sim::scenario::ScenarioError;
use std::rc::Rc;

/// So many worlds of one's own are kept.
pub(super) const OWN_MAX: usize = 24;
/// Their names in addresses begin like this.
const OWN: &str = "my-";

/// The map can be drawn so many times larger, in steps.
const ZOOM_MAX: u32 = 6;
/// Places on the map are multiples of this.
const SNAP: f64 = 8.0;

/// What is edited, and how it is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Bench {
    /// What the user has made of the world's text that has not been run.
    draft: Option<Draft>,
    section: Section,
    part: usize,
    page: usize,
    raw: Option<usize>,
    is_leaving: bool,
    /// Whether the list of worlds is shown, though one is open.
    pub(super) is_listing: bool,
    /// Whether the page stands at the end because of what was built, and nobody has gone there.
    pub(super) stands_at_end: bool,
    /// The edition of which was said that texts are missing: the user may give it away anyway.
    insists_on: Option<usize>,
    /// How many steps larger than it fits the map is drawn.
    pub(super) zoom: u32,
    /// Counts what was done: views depend on it.
    changes: usize,
}

impl Bench {
    /// For another world.
    pub(super) fn cleared(&self) -> Self {
        Self {
            is_listing: self.is_listing,
            changes: self.changes + 1,
            ..Self::default()
        }
    }
}

/// A draft of a world, or of a file of one of its boards, has so many bytes at most where it is kept.
const DRAFT_MAX_BYTES: usize = 256 * 1024;

/// The first line of a draft where it is kept, before the world's name in addresses. Each line of its text is set in, so that
/// none is like what stands between the works.
const DRAFT: &str = "mqtt-playground-draft 1 ";

/// A draft as it is kept.
pub(super) fn written(file: &str, draft: &str) -> String {
    let mut text = format!("{DRAFT}{file}\n");
    for line in draft.lines() {
        text.push(' ');
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A draft that was kept: the world's name in addresses, and its text.
pub(super) fn kept_draft(text: &str) -> Option<(String, String)> {
    let (file, lines) = text.strip_prefix(DRAFT)?.split_once('\n')?;
    let mut draft = String::with_capacity(lines.len());
    for line in lines.lines() {
        draft.push_str(line.strip_prefix(' ')?);
        draft.push('\n');
    }
    (draft.len() <= DRAFT_MAX_BYTES).then(|| (file.to_owned(), draft))
}

/// The world that a draft is one of: what is of a board in it has a space behind the name.
pub(super) fn world_of(draft: &str) -> &str {
    draft.split_once(' ').map_or(draft, |it| it.0)
}

/// A text that is no world, or has not been run yet.
#[derive(Clone, Debug)]
struct Draft {
    text: String,
    fault: Option<ScenarioError>,
    /// Whether what was done on the map stands in it.
    has_acts: bool,
}

/// What a world of the user's own is called where one learns: the lesson's title, if it is one and has one.
pub(super) fn own_title(scenario: &Scenario) -> &str {
    let lesson = scenario.lesson.as_ref().map(|it| it.title.as_str());
    lesson
        .filter(|it| !it.is_empty() && !sandbox::is_unfilled(it))
        .unwrap_or(&scenario.title)
}

impl Playground {
    /// Whether a world is open to be edited.
    pub(super) fn is_building(&self) -> bool {
        let is_own = self.own_text().is_some();
        self.place == Place::Sandbox && is_own && !self.bench.is_listing
    }

    pub(super) fn own_text(&self) -> Option<Rc<str>> {
        self.run.as_ref()?.work().own.clone()
    }

    pub(super) fn sandbox_action(&mut self, action: SandboxAction, commands: &mut Vec<Command>) {
        self.bench.changes += 1;
        let was_leaving = std::mem::take(&mut self.bench.is_leaving);
        match action {
            SandboxAction::New(template) => {
                if let Some(template) = TEMPLATES.get(template) {
                    // What has no node yet will not stay empty.
                    let title = match template.is_empty() {
                        true => text::SANDBOX_OWN_TITLE,
                        false => template.name,
                    };
                    let title = title.to(self.language);
                    self.make_world(&from_template(template, title), commands);
                    self.show_first_board();
                }
            }
            SandboxAction::FromOpen => {
                if self.is_captured() {
                    return;
                }
                if let Some(run) = &self.run {
                    let work = run.work();
                    let text = match &work.own {
                        Some(text) => text.to_string(),
                        None => work.scenario.to_string(),
                    };
                    let text = sandbox::with_acts(&text, &work.acts_as_lines());
                    self.make_world(&text, commands);
                }
            }
            SandboxAction::Leave => {
                self.rest();
                self.over.close(Kind::Menu);
                self.bench.is_listing = true;
                self.arrive(commands);
            }
            SandboxAction::Forget if was_leaving => self.forget(commands),
            SandboxAction::Forget => self.bench.is_leaving = true,
            SandboxAction::Show(section) => {
                self.bench.section = section;
                self.bench.page = 0;
                self.bench.raw = None;
            }
            SandboxAction::ShowPart(part) => self.show_part(part),
            SandboxAction::Page(by) => {
                self.bench.page = self.bench.page.saturating_add_signed(by);
            }
            SandboxAction::ToggleRaw(line) => {
                self.bench.raw = (self.bench.raw != Some(line)).then_some(line);
            }
            SandboxAction::Edit(edit) => self.edit(&edit, commands),
            SandboxAction::Type(text) => {
                let fault = Scenario::parse(&text).err();
                let has_acts = self.bench.draft.as_ref().is_some_and(|it| it.has_acts);
                self.bench.draft = Some(Draft {
                    text,
                    fault,
                    has_acts,
                });
            }
            SandboxAction::Drag(lane, x, y) => {
                let most = f64::from(sim::scenario::limits::PLACE_MAX);
                let snapped = |it: f64| ((it / SNAP).round() * SNAP).clamp(0.0, most) as u16;
                let lane = self.story.lanes.get(lane);
                if let Some(name) = lane.map(|lane| lane.name.clone()) {
                    self.edit(&Edit::Place(name, snapped(x), snapped(y)), commands);
                }
            }
            SandboxAction::Connect(device, broker) => {
                let name = |lane: usize| Some(self.story.lanes.get(lane)?.name.clone());
                if let Some((device, broker)) = name(device).zip(name(broker)) {
                    self.edit(&Edit::Link(device, broker), commands);
                }
            }
            SandboxAction::Zoom(0) => self.bench.zoom = 0,
            SandboxAction::Zoom(by) => {
                let by = if by > 0 { 1 } else { -1 };
                self.bench.zoom = self.bench.zoom.saturating_add_signed(by).min(ZOOM_MAX);
            }
        }
    }

    /// Opens a new world of the user's own.
    pub(super) fn make_world(&mut self, text: &str, commands: &mut Vec<Command>) {
        let work = Work::own("".into(), text).and_then(|mut work| {
            if self.own().count() >= OWN_MAX {
                return Err(Refusal::TooMany);
            }
            work.file = self.new_file();
            self.put_own(&work);
            Ok(work)
        });
        match work {
            Ok(work) => {
                self.bench.is_listing = false;
                if let Some(world) = self.place_of(&work.file) {
                    self.open(world, commands);
                    self.stand_at_end(commands);
                    self.kept_state = None;
                }
                self.arrive(commands);
            }
            Err(why) => self.say(Notice::fault(Words::of(|language| {
                text::not_made(language, &why)
            }))),
        }
    }

    /// A text that is meant as a world becomes the draft of a new one, where its mistake is said at its place.
    pub(super) fn make_world_of_draft(
        &mut self,
        name: &str,
        text: &str,
        fault: &ScenarioError,
        commands: &mut Vec<Command>,
    ) {
        if text.len() > OWN_MAX_BYTES {
            return self.refuse_file(&Refusal::TooLong);
        }
        let own = self.own().count();
        let empty = TEMPLATES.first().map(|it| from_template(it, name));
        self.make_world(&empty.unwrap_or_default(), commands);
        if self.own().count() == own {
            return;
        }
        self.sandbox_action(SandboxAction::Show(Section::Text), commands);
        self.sandbox_action(SandboxAction::Type(text.to_owned()), commands);
        self.say(Notice::fault(Words::of(|language| {
            text::draft_opened(language, name, fault.line)
        })));
    }

    /// The user is in the sandbox now.
    fn arrive(&mut self, commands: &mut Vec<Command>) {
        self.place = Place::Sandbox;
        commands.push(self.title());
        self.address(false, commands);
        commands.push(Command::Focus(self.place.main_id().to_owned()));
    }

    /// Who walks through what was built begins at its beginning.
    pub(super) fn walk_through(&mut self, commands: &mut Vec<Command>) {
        if std::mem::take(&mut self.bench.stands_at_end) {
            self.step_to(0, commands);
        }
    }

    /// Whether what is open can be given to others. Of texts that were never filled in the user is told once.
    pub(super) fn may_go_out(&mut self) -> bool {
        let own = self.own_text().unwrap_or_default();
        let places = sandbox::unfilled(&own, self.language);
        if places.is_empty() || self.bench.insists_on == Some(self.edition) {
            return true;
        }
        self.bench.insists_on = Some(self.edition);
        self.say(Notice::fault(Words::of(|language| {
            text::not_filled_in(language, &sandbox::unfilled(&own, language))
        })));
        false
    }

    /// Forgets the world that is open.
    fn forget(&mut self, commands: &mut Vec<Command>) {
        let Some(world) = self.scenarios.get(self.scenario) else {
            return;
        };
        if world.own.is_none() {
            return;
        }
        let file = Rc::clone(&world.file);
        self.scenarios.remove(self.scenario);
        self.forget_kept(&file, commands);
        self.open(0, commands);
        self.bench.is_listing = true;
        self.arrive(commands);
    }

    /// What happens last is what a change shows first.
    pub(super) fn stand_at_end(&mut self, commands: &mut Vec<Command>) {
        self.bench.stands_at_end = true;
        self.head_for(Goal::End, commands);
    }

    pub(super) fn show_part(&mut self, part: usize) {
        self.bench.section = Section::World;
        self.bench.part = part;
        self.show_board_of(part);
        self.bench.page = 0;
        self.bench.raw = None;
    }

    /// Shows the settings of a node that was pressed on the map.
    pub(super) fn show_node(&mut self, lane: usize) {
        if self.is_building()
            && let Some(lane) = self.story.lanes.get(lane)
        {
            let part = lane.node + 1;
            self.bench.changes += 1;
            self.show_part(part);
        }
    }

    /// Takes the draft of the world that is open up again, if one was kept.
    pub(super) fn take_up_draft(&mut self) {
        let file = self.run.as_ref().map(|run| Rc::clone(&run.work().file));
        let kept = self.files.drafts.iter();
        let kept = kept.filter(|(of, _)| Some(of.as_str()) == file.as_deref());
        let mut draft = kept.map(|(_, text)| Draft {
            text: text.clone(),
            fault: Scenario::parse(text).err(),
            has_acts: true,
        });
        if let Some(draft) = draft.next_back().filter(|_| self.own_text().is_some()) {
            self.bench.draft = Some(draft);
        }
        if let Some(file) = file.filter(|_| self.own_text().is_some()) {
            self.take_up_typed(&file);
        }
    }

    /// Keeps the draft of the world that is open, or forgets it when there is none.
    pub(super) fn keep_draft(&mut self) {
        let Some(file) = self.run.as_ref().map(|run| Rc::clone(&run.work().file)) else {
            return;
        };
        self.files.drafts.retain(|(of, _)| world_of(of) != &*file);
        if let Some(draft) = &self.bench.draft {
            let kept = (file.to_string(), draft.text.clone());
            self.files.drafts.push(kept);
        }
        let typed = self.typed_drafts(&file);
        self.files.drafts.extend(typed);
    }

    /// Counts the changes of the drafts.
    pub(super) fn draft_mark(&self) -> usize {
        let bench = self.bench.draft.as_ref().map_or(0, |_| self.bench.changes);
        bench + self.typings()
    }

    /// Puts away what was not run. Whether there was something.
    pub(super) fn drop_draft(&mut self) -> bool {
        self.bench.changes += 1;
        self.bench.draft.take().is_some()
    }

    /// Changes the world and runs it; or keeps the draft, and the run that was.
    fn edit(&mut self, edit: &Edit, commands: &mut Vec<Command>) {
        let Some((was, own)) = self
            .run
            .as_ref()
            .map(|run| run.work().clone())
            .and_then(|work| {
                let own = work.own.clone()?;
                Some((work, own))
            })
        else {
            return;
        };
        self.rest();
        let draft = self.bench.draft.as_ref();
        let text = sandbox::apply(draft.map_or(&*own, |it| &it.text), edit);
        // What was done on the map is part of the world from now on.
        let text = if draft.is_some_and(|it| it.has_acts) {
            text
        } else {
            sandbox::with_acts(&text, &was.acts_as_lines())
        };
        if text.len() > OWN_MAX_BYTES {
            self.say(Notice::fault(Words::of(|language| {
                text::not_made(language, &Refusal::TooLong)
            })));
            return;
        }
        let nodes = |text: &str| text.lines().filter(|it| it.starts_with("node ")).count();
        let next = match Scenario::parse(&text) {
            Ok(_) => Work::own(Rc::clone(&was.file), &text).ok(),
            Err(fault) => {
                self.bench.draft = Some(Draft {
                    text,
                    fault: Some(fault),
                    has_acts: true,
                });
                return;
            }
        };
        let Some(run) = next.as_ref().and_then(|work| self.begun(work)) else {
            self.say(Notice::fault(text::CANNOT_RUN));
            return;
        };
        self.bench.draft = None;
        if next.as_ref() == Some(&was) {
            return;
        }
        let is_at_end = self.has_goal() || self.position.step >= self.story.last_step();
        self.remember(was, text::edited(edit).into());
        self.put_away(Kind::Menu, commands);
        self.settle();
        self.futures = next.into_iter().collect();
        self.show(run);
        commands.push(self.title());
        if is_at_end {
            self.stand_at_end(commands);
        } else {
            self.head_for(Goal::Time(self.position.now), commands);
        }
        match edit {
            Edit::AddNode(_) => {
                let added = nodes(&self.own_text().unwrap_or_default());
                self.show_part(added);
            }
            Edit::Remove(_) if nodes(&own) != nodes(&self.own_text().unwrap_or_default()) => {
                self.show_part(0);
            }
            _ => {}
        }
    }

    /// The sandbox.
    #[must_use]
    pub fn sandbox(&self) -> Shared<SandboxView> {
        let key = (self.edition, self.bench.changes, self.language);
        self.memos.sandbox.get(key, || {
            let worlds = self.own().map(|(_, it)| {
                let fragment = Route::World(it.file.to_string()).fragment();
                let title = self.voice().data(&it.scenario.title);
                (shown(title, TITLE_MAX_CHARS), fragment)
            });
            SandboxView {
                worlds: worlds.collect(),
                templates: TEMPLATES
                    .iter()
                    .map(|it| it.name.to(self.language))
                    .collect(),
                open: self
                    .run
                    .as_ref()
                    .map(|run| shown(self.voice().data(run.title()), TITLE_MAX_CHARS)),
                editor: self.own_text().map(|own| self.editor(&own)),
            }
        })
    }

    fn editor(&self, own: &str) -> sandbox::EditorView {
        let bench = &self.bench;
        let draft = bench.draft.as_ref();
        let is_faultless = draft.is_none_or(|it| it.fault.is_none());
        let run = self.run.as_ref().filter(|_| is_faultless);
        let notes = run.map_or_else(Notes::default, |run| run.notes(self.language));
        let mut view = sandbox::editor(&Showing {
            text: draft.map_or(own, |it| &it.text),
            fault: draft.and_then(|it| it.fault.as_ref()),
            notes: &notes,
            section: bench.section,
            part: bench.part,
            page: bench.page,
            raw: bench.raw,
            voice: self.voice(),
        });
        view.is_leaving = bench.is_leaving;
        view.is_waiting = draft.is_some() && is_faultless;
        if let Some(world) = self.scenarios.get(self.scenario) {
            view.walk = Route::Scenario(world.file.to_string()).fragment();
        }
        view
    }

    /// The user's own worlds with their places in the list.
    pub(super) fn own(&self) -> impl Iterator<Item = (usize, &BuiltIn)> {
        (0..)
            .zip(&self.scenarios)
            .filter(|(_, it)| it.own.is_some())
    }

    /// Puts the world of a work into the list as it is now, if it is the user's own.
    pub(super) fn put_own(&mut self, work: &Work) {
        if work.own.is_none() {
            return;
        }
        let world = BuiltIn {
            file: Rc::clone(&work.file),
            scenario: Rc::clone(&work.scenario),
            own: work.own.clone(),
            captured: None,
        };
        let has_room = self.own().count() < OWN_MAX;
        match self.scenarios.iter_mut().find(|it| it.file == work.file) {
            Some(old) if old.own.is_some() => *old = world,
            // A name that a scenario of the page has is not taken from it.
            Some(_) => {}
            None if has_room => self.scenarios.push(world),
            None => {}
        }
    }

    /// Gives a world that comes from elsewhere a place of its own, unless it is here already.
    pub(super) fn adopt(&mut self, mut work: Work) -> Result<Work, Refusal> {
        if work.own.is_none() {
            return Ok(work);
        }
        let same = self.own().find(|(_, it)| it.own == work.own);
        let same = same.map(|(_, it)| Rc::clone(&it.file));
        work.file = match same {
            Some(file) => file,
            None if self.own().count() >= OWN_MAX => return Err(Refusal::TooMany),
            None => self.new_file(),
        };
        self.put_own(&work);
        Ok(work)
    }

    /// A name that no world has had.
    pub(super) fn new_file(&self) -> Rc<str> {
        let numbers = self.kept_files().filter_map(|file| {
            let number = file.strip_prefix(OWN)?;
            number.parse::<u32>().ok()
        });
        let last = numbers.max().unwrap_or(0);
        format!("{OWN}{}", last.saturating_add(1)).into()
    }

    /// The user's own worlds on the start page.
    pub(super) fn own_chapter(&self) -> Option<Chapter> {
        let entries = self.own().map(|(place, it)| {
            let title = self.voice().data(own_title(&it.scenario)).to_owned();
            let lesson = it.scenario.lesson.as_ref();
            let question = lesson.map(|it| &it.question).filter(|it| !it.is_empty());
            let words = (
                title.clone(),
                question.unwrap_or(&it.scenario.about).clone(),
            );
            let minutes = lesson.map_or(0, |it| it.minutes);
            let part = self.part(place, title);
            self.entry(String::new(), words, minutes.into(), vec![part])
        });
        let entries: Vec<_> = entries.collect();
        (!entries.is_empty()).then(|| Chapter {
            name: text::MINE.to(self.language).to_owned(),
            entries,
        })
    }
}
