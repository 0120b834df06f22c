//! Looking closer: at machines, topics and messages.

use super::Playground;
use crate::action::{Command, Tab, WhyAction};
use crate::level::Level;
use crate::memo::Shared;
use crate::study::machines::Pick;
use crate::study::messages::Outcome;
use crate::study::topics::TYPED_MAX_BYTES;
use crate::study::{Look, StudyAction, StudyTab, StudyView, Walk};
use crate::text;
use std::collections::BTreeSet;

/// So many topics can be closed.
const CLOSED_MAX: usize = 1_000;

/// What is looked at.
#[derive(Default)]
pub(super) struct Studying {
    tab: StudyTab,
    /// The machines of an exchange, and not those of the connection.
    is_exchange: bool,
    pick: Option<Pick>,
    /// The topic in view, as it was typed or chosen.
    topic: String,
    /// The topics of which nothing below is shown.
    closed: BTreeSet<String>,
    filter: Option<Outcome>,
    /// Counts the changes: the view depends on it.
    changes: usize,
}

/// What the view depends on.
pub(super) type StudyKey = (
    (usize, usize, usize, usize),
    (Option<usize>, usize, super::edit::Changes),
);

impl Playground {
    pub(super) fn study_action(&mut self, action: StudyAction, commands: &mut Vec<Command>) {
        match action {
            StudyAction::Show(tab) => {
                if !self.level.shows_details() {
                    self.set_level(Level::Study, commands);
                }
                self.studying.tab = tab;
                self.tab = Tab::State;
                commands.push(Command::Focus(tab.id()));
            }
            StudyAction::ShowConnection(is_connection) => {
                self.studying.is_exchange = !is_connection;
            }
            StudyAction::ChooseExchange(place) => {
                self.studying.pick = self.picks().get(place).copied();
            }
            StudyAction::TypeTopic(topic) => self.choose_topic(&topic),
            StudyAction::ChooseTopic(row) => {
                let topic = self.topic_at(row);
                topic.iter().for_each(|it| self.choose_topic(it));
            }
            StudyAction::ToggleTopic(row) => {
                if let Some(topic) = self.topic_at(row) {
                    self.toggle_topic(topic);
                }
            }
            StudyAction::WalkTopics(walk) => self.walk_topics(walk, commands),
            StudyAction::FilterMessages(filter) => self.studying.filter = filter,
            StudyAction::Follow(step) => self.why_action(WhyAction::Follow(step), commands),
        }
        // Last, because some of these look at the view as it was.
        self.studying.changes += 1;
    }

    fn choose_topic(&mut self, topic: &str) {
        let end = topic.floor_char_boundary(TYPED_MAX_BYTES);
        topic
            .get(..end)
            .unwrap_or_default()
            .clone_into(&mut self.studying.topic);
    }

    fn toggle_topic(&mut self, topic: String) {
        let closed = &mut self.studying.closed;
        if !closed.remove(&topic) && closed.len() < CLOSED_MAX {
            closed.insert(topic);
        }
    }

    fn topic_at(&self, row: usize) -> Option<String> {
        match &*self.study() {
            StudyView::Topics(view) => view.rows.get(row).map(|row| row.topic.clone()),
            _ => None,
        }
    }

    fn walk_topics(&mut self, walk: Walk, commands: &mut Vec<Command>) {
        let study = self.study();
        let StudyView::Topics(view) = &*study else {
            return;
        };
        let rows = &view.rows;
        let here = rows.iter().position(|row| row.is_focus).unwrap_or(0);
        let Some(row) = rows.get(here) else { return };
        let last = rows.len().saturating_sub(1);
        let goal = match walk {
            Walk::By(by) => here.saturating_add_signed(by).min(last),
            Walk::First => 0,
            Walk::Last => last,
            Walk::In | Walk::Out if row.is_open == Some(walk == Walk::Out) => {
                self.toggle_topic(row.topic.clone());
                here
            }
            Walk::In if row.is_open.is_some() => here + 1,
            Walk::In => here,
            Walk::Out => {
                let above = rows.iter().take(here);
                let mut above = above.enumerate().rev();
                let parent = above.find(|(_, it)| it.level < row.level);
                parent.map_or(here, |(place, _)| place)
            }
        };
        if let Some(row) = rows.get(goal) {
            self.choose_topic(&row.topic);
            commands.push(Command::Focus(text::topic_id(goal)));
        }
    }

    /// What the broker's pane shows.
    #[must_use]
    pub fn study_tab(&self) -> StudyTab {
        match self.studying.tab {
            StudyTab::Script if !self.has_scripts() => StudyTab::Kept,
            tab => tab,
        }
    }

    const fn look(&self) -> Look<'_> {
        Look {
            voice: self.voice(),
            position: self.position,
            selected: match self.selected {
                Some(step) => step,
                None => self.position.step,
            },
            client: self.client,
        }
    }

    /// The exchanges that can be chosen.
    fn picks(&self) -> Vec<Pick> {
        let studying = &self.studying;
        let measure = self.measure.as_ref();
        let run = self.run.as_ref();
        run.map_or_else(Vec::new, |run| {
            run.machines(&self.look(), !studying.is_exchange, studying.pick, measure)
                .1
        })
    }

    /// Machines, topics or messages at the moment in view.
    #[must_use]
    pub fn study(&self) -> Shared<StudyView> {
        let studying = &self.studying;
        let key = (
            (
                self.edition,
                self.position.step,
                self.position.shown,
                self.selected_step(),
            ),
            (self.client, studying.changes, self.changes()),
        );
        self.memos.study.get(key, || {
            let Some(run) = &self.run else {
                return StudyView::Kept;
            };
            let look = self.look();
            match self.study_tab() {
                StudyTab::Kept => StudyView::Kept,
                StudyTab::Script => StudyView::Script,
                StudyTab::Machines => {
                    let is_connection = !studying.is_exchange;
                    let measure = self.measure.as_ref();
                    let (view, _) = run.machines(&look, is_connection, studying.pick, measure);
                    StudyView::Machines(view)
                }
                StudyTab::Topics => {
                    let form = self.payload_form();
                    let (topic, closed) = (&studying.topic, &studying.closed);
                    StudyView::Topics(run.topics(&look, topic, closed, form))
                }
                StudyTab::Messages => StudyView::Messages(run.messages(&look, studying.filter)),
            }
        })
    }
}
