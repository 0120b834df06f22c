//! What the user does to the world, and taking it back.

use super::over::{Kind, Layer};
use super::running::Goal;
use super::{Moment, Notice, OpenMenu, Playground};
use crate::action::Command;
use crate::map;
use crate::menu::{self, Does, Field, FormKind, MenuView, Target};
use crate::run::Run;
use crate::text::{self, Words};
use crate::work::{ACTS_MAX, Work};
use sim::scenario::Action as Act;

/// So many acts can be taken back.
const UNDO_MAX: usize = 200;
/// So many futures are kept beside the one as planned.
const FUTURES_MAX: usize = 12;

impl Playground {
    // Menus.

    pub(super) fn open_menu(&mut self, target: Target, commands: &mut Vec<Command>) {
        // The moment that the user wants to act in must not run away.
        self.rest();
        self.map_focus = Some(target);
        if let Target::Node(lane) = target {
            self.show_node(lane);
        }
        if let Target::Packet(step) = target {
            self.select(step);
        }
        if self.is_captured() {
            return;
        }
        self.draft.fault = None;
        self.lay_over(Layer::Menu(OpenMenu { target, form: None }), commands);
    }

    /// The menu of a packet that has arrived has nothing to offer. The keyboard stays where it is: it may be somewhere else.
    pub(super) fn leave_what_is_gone(&mut self) {
        if let Some(Target::Packet(step)) = self.over.menu().map(|menu| menu.target)
            && !self
                .story
                .flying(self.position)
                .any(|(_, it)| it.step == step)
        {
            self.over.close(Kind::Menu);
        }
    }

    pub(super) fn choose(&mut self, entry: usize, commands: &mut Vec<Command>) {
        let Some(menu) = self.over.menu() else {
            return;
        };
        let Some(item) = self.menu_items(menu.target).into_iter().nth(entry) else {
            return;
        };
        match item.does {
            Does::Act(act) => {
                self.put_away(Kind::Menu, commands);
                self.act(act, commands);
            }
            Does::Fill(form) => {
                if self.draft.topic.is_empty()
                    && let Some(run) = &self.run
                {
                    self.draft.topic = menu::usual_topic(&run.work().scenario);
                }
                let form = Some(form);
                self.lay_over(Layer::Menu(OpenMenu { form, ..menu }), commands);
            }
        }
    }

    pub(super) fn fill(&mut self, field: Field, value: String) {
        match field {
            Field::Topic => self.draft.topic = value,
            Field::Payload => self.draft.payload = value,
        }
        self.draft.fault = None;
    }

    /// Does what the form asks for, or says in the form why not.
    pub(super) fn submit(&mut self, commands: &mut Vec<Command>) {
        let Some(OpenMenu {
            target: Target::Node(lane),
            form: Some(form),
        }) = self.over.menu()
        else {
            return;
        };
        match menu::filled(form, &self.draft) {
            Ok(act) => {
                let node = self.story.lanes.get(lane).map(|lane| lane.name.clone());
                self.put_away(Kind::Menu, commands);
                if let Some(node) = node {
                    self.act(Act::Node { node, act }, commands);
                }
            }
            Err(fault) => {
                self.draft.fault = Some(fault);
                commands.push(Command::Focus(text::FORM_TOPIC_ID.to_owned()));
            }
        }
    }

    fn menu_items(&self, target: Target) -> Vec<menu::Item> {
        self.run.as_ref().map_or_else(Vec::new, |run| {
            let scenario = &run.work().scenario;
            menu::items(scenario, &self.story, self.position, target, self.level)
        })
    }

    /// The menu or form that is open on the map.
    #[must_use]
    pub fn menu(&self) -> Option<MenuView> {
        let menu = self.over.menu()?;
        let (title, state) = {
            let map = self.map_still();
            text::target(
                self.language,
                &self.story,
                menu.target,
                self.position,
                &map.nodes,
            )
        };
        let form = menu.form.map(|form| (form, self.draft.clone()));
        Some(MenuView {
            target: menu.target,
            title,
            state,
            is_above: map::is_above(&self.story, menu.target, self.position),
            items: self.menu_items(menu.target),
            form,
        })
    }

    /// Moves the keyboard's place on the map.
    pub(super) fn walk_map(&mut self, by: isize, commands: &mut Vec<Command>) {
        let targets = map::targets(&self.story, self.position);
        let here = targets
            .iter()
            .position(|it| *it == self.map_focus())
            .unwrap_or(0);
        let last = targets.len().saturating_sub(1);
        let there = here.saturating_add_signed(by).min(last);
        if let Some(&target) = targets.get(there) {
            self.map_focus = Some(target);
            commands.push(Command::Focus(target.id()));
        }
    }

    /// The thing on the map that Tab reaches.
    pub(super) fn map_focus(&self) -> Target {
        let targets = map::targets(&self.story, self.position);
        self.map_focus
            .filter(|focus| targets.contains(focus))
            .or_else(|| targets.first().copied())
            .unwrap_or(Target::Node(0))
    }

    // Acts.

    /// Does something to the world at the moment that is shown. The future that was there is kept.
    pub(super) fn act(&mut self, act: Act, commands: &mut Vec<Command>) {
        if self.is_captured() || self.live_act(&act, commands) {
            return;
        }
        let Some(run) = &self.run else { return };
        let own = run.work().acts.iter().filter(|it| !it.is_outside());
        if own.count() >= ACTS_MAX {
            self.say(Notice::fault(text::TOO_MANY_ACTS));
            return;
        }
        let what = Words::of(|language| text::done(language, &act));
        let node = match &act {
            Act::Node { node, .. } => Some(node.clone()),
            _ => None,
        };
        let (work, before) = run.with(self.position, act);
        let was = run.work().clone();
        let Some(next) = self.begun(&work) else {
            self.say(Notice::fault(text::CANNOT_ACT));
            return;
        };
        self.remember(was, what.clone());
        self.keep_future(work);
        self.settle();
        self.show(next);
        self.head_for(Goal::After(before, self.position.now), commands);
        let is_silent = self
            .run
            .as_ref()
            .is_some_and(|run| run.work().scenario.has_remote());
        self.say(Notice {
            can_undo: true,
            ..Notice::news(Words::of(|language| match is_silent {
                true => text::acted_alone(language, what.to(language), node.as_deref()),
                false => text::acted(language, what.to(language), node.as_deref()),
            }))
        });
    }

    /// Goes to what an act has caused, or stays at its moment if that was nothing that can be seen.
    pub(super) fn stand_after(&mut self, before: usize, now: u64, commands: &mut Vec<Command>) {
        let step = self
            .story
            .steps
            .partition_point(|step| step.mark.record < before);
        let is_caused = self
            .story
            .step(step + 1)
            .is_some_and(|next| next.mark.at <= now);
        self.position = self.story.at(step, now);
        if is_caused {
            self.step_to(step + 1, commands);
        }
    }

    /// Makes the present state one that undo comes back to.
    pub(super) fn remember(&mut self, work: Work, what: Words) {
        self.undo.push(Moment {
            work,
            position: self.position,
            what,
        });
        let too_many = self.undo.len().saturating_sub(UNDO_MAX);
        self.undo.drain(..too_many);
        self.redo.clear();
    }

    pub(super) fn keep_future(&mut self, work: Work) {
        if self.futures.contains(&work) {
            return;
        }
        if self.futures.len() > FUTURES_MAX {
            self.futures.remove(1);
        }
        self.futures.push(work);
    }

    pub(super) fn undo(&mut self, commands: &mut Vec<Command>) {
        if self.drop_draft() {
            return;
        }
        if let Some(moment) = self.undo.pop() {
            let said = &moment.what;
            let what = Words::of(|language| text::undone(language, said.to(language)));
            if let Some(now) = self.go_back_to(moment, commands) {
                self.redo.push(now);
            }
            self.say(Notice::news(what));
        }
    }

    pub(super) fn redo(&mut self, commands: &mut Vec<Command>) {
        if let Some(moment) = self.redo.pop() {
            let said = &moment.what;
            let what = Words::of(|language| text::redone(language, said.to(language)));
            if let Some(now) = self.go_back_to(moment, commands) {
                self.undo.push(now);
            }
            self.say(Notice::news(what));
        }
    }

    /// Shows a moment again; gives back the one that was shown.
    fn go_back_to(&mut self, moment: Moment, commands: &mut Vec<Command>) -> Option<Moment> {
        let now = Moment {
            work: self.run.as_ref()?.work().clone(),
            position: self.position,
            what: moment.what,
        };
        let run = self.begun(&moment.work)?;
        self.drop_draft();
        self.put_away(Kind::Menu, commands);
        self.settle();
        self.show(run);
        self.head_for(Goal::Exactly(moment.position), commands);
        Some(now)
    }

    /// Shows another future of the same scenario, at the same time.
    pub(super) fn show_future(&mut self, future: usize, commands: &mut Vec<Command>) {
        let (Some(run), Some(work)) = (&self.run, self.futures.get(future)) else {
            return;
        };
        if run.work() == work {
            return;
        }
        let was = run.work().clone();
        let what = Words::of(|language| text::future(language, future, work));
        let Some(next) = self.begun(work) else {
            return;
        };
        self.put_away(Kind::Menu, commands);
        self.remember(was, what);
        self.settle();
        self.show(next);
        self.head_for(Goal::Time(self.position.now), commands);
    }

    /// Which of the futures is shown.
    pub(super) fn future(&self) -> usize {
        let work = self.run.as_ref().map(Run::work);
        let place = self.futures.iter().position(|it| Some(it) == work);
        place.unwrap_or(0)
    }

    /// Says something to the user.
    pub(super) fn say(&mut self, notice: Notice) {
        self.notices += 1;
        self.notice = Some(Notice {
            number: self.notices,
            ..notice
        });
    }
}

impl FormKind {
    /// Whether it asks for what a message says.
    #[must_use]
    pub const fn has_payload(self) -> bool {
        matches!(self, Self::Publish)
    }

    /// Whether it asks for a quality of service.
    #[must_use]
    pub const fn has_qos(self) -> bool {
        !matches!(self, Self::Unsubscribe)
    }
}
