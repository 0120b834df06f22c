//! Asking why, following the answer, and coming back.

use super::Playground;
use crate::action::{Command, WhyAction};
use crate::memo::Shared;
use crate::story::Position;
use crate::why::WhyView;
use sim::RecordId;

/// So many ways back are kept.
const TRAIL_MAX: usize = 64;

/// What was asked, and where from links were followed.
#[derive(Default)]
pub(super) struct Asking {
    is_full: bool,
    /// A question that is not about the step in view, and when it was asked: the number of the run, and the step.
    asked: Option<(usize, usize, usize)>,
    /// Where the user stood before following a link, with the number of the run.
    trail: Vec<(usize, Position)>,
}

/// What the answers depend on.
pub(super) type WhyKey = ((usize, usize), (usize, usize), (bool, Option<usize>, bool));

impl Playground {
    pub(super) fn why_action(&mut self, action: WhyAction, commands: &mut Vec<Command>) {
        match action {
            WhyAction::ToggleFull => {
                let why = self.why();
                // Where nothing stands that could be asked about, at the end, the first other question is meant.
                if why.chain.is_empty() && !why.questions.is_empty() {
                    self.asking.is_full = true;
                    return self.why_action(WhyAction::Ask(0), commands);
                }
                self.asking.is_full = !self.asking.is_full;
            }
            WhyAction::Ask(question) => {
                self.rest();
                self.asking.asked = Some((self.run_number, self.position.step, question));
                commands.push(Command::Focus(crate::text::WHY_ID.to_owned()));
            }
            WhyAction::AskStep => self.asking.asked = None,
            WhyAction::Follow(step) => {
                self.rest();
                let here = (self.run_number, self.position);
                let trail = &mut self.asking.trail;
                trail.retain(|(run, _)| *run == here.0);
                trail.push(here);
                let too_many = trail.len().saturating_sub(TRAIL_MAX);
                trail.drain(..too_many);
                self.step_to(step, commands);
            }
            WhyAction::Return => match self.asking.trail.pop() {
                Some((run, position)) if run == self.run_number => {
                    self.settle();
                    self.position = position;
                    self.open_rule = Some(0);
                }
                _ => commands.push(Command::GoBack),
            },
        }
    }

    fn asked(&self) -> Option<usize> {
        let (run, step, question) = self.asking.asked?;
        (run == self.run_number && step == self.position.step).then_some(question)
    }

    /// The answers to "why?" and "why not?".
    #[must_use]
    pub fn why(&self) -> Shared<WhyView> {
        let (is_full, asked) = (self.asking.is_full, self.asked());
        let step = self.selected_step();
        let newest = self.asking.trail.last();
        let can_return = newest.is_some_and(|(run, _)| *run == self.run_number);
        let key = (
            (self.edition, step),
            (self.position.step, self.position.shown),
            (is_full, asked, can_return),
        );
        self.memos.why.get((key, self.language), || {
            self.why_view(step, asked, can_return)
        })
    }

    fn why_view(&self, step: usize, asked: Option<usize>, can_return: bool) -> WhyView {
        let Some(run) = &self.run else {
            return WhyView::default();
        };
        let (language, is_full) = (self.language, self.asking.is_full);
        let questions = run.questions(language, self.position, step);
        let asked = asked.and_then(|asked| questions.get(asked));
        let own = self
            .story
            .step(step)
            .and_then(|step| u32::try_from(step.mark.record).ok());
        let record = asked.map_or(own.map(RecordId), |it| Some(it.record));
        let (chain, left_out) = record.map_or_else(Default::default, |record| {
            run.chain(language, record, is_full)
        });
        let (not_delivered, not_subscribed) =
            run.not_delivered(language, self.position, step, is_full);
        WhyView {
            question: asked.map(|it| it.asked.clone()),
            note: asked.and_then(|it| it.note.clone()),
            chain,
            left_out,
            is_full,
            questions: questions.into_iter().map(|it| it.asked).collect(),
            not_delivered,
            not_subscribed,
            can_return,
        }
    }
}
