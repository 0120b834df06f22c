//! What the page that leads a class tells of its run, and the questions that it asks.

use super::tell;
use crate::action::Command;
use crate::class::{AT_END, Asked, Stage, Told, Unshown, frames};
use crate::lesson::{AskState, AskView};
use crate::model::Playground;
use crate::work::Progress;
use relay::{ANSWERS_MAX, FromPage, Prediction, Question, Text};

impl Playground {
    /// Tells what is shown and where it stands, as far as that has changed.
    pub(super) fn show_class(&mut self, commands: &mut Vec<Command>) {
        let run = self.run_number;
        let records = self.class_records();
        let work = self.class_work();
        let Some(lead) = self.attendance.class.lead_mut() else {
            return;
        };
        let mut said = Vec::new();
        let is_told = lead.told.as_ref().is_some_and(|it| {
            it.run == run
                && (it.records.is_some() || it.work.is_err())
                && it.work.is_ok() == work.is_ok()
        });
        if !is_told {
            // After an outage it is the same one, by the same number.
            let old = lead.told.take().filter(|it| it.run == run);
            let old = old.and_then(|it| it.work.ok());
            let work = work.map(|text| match old {
                Some(old) if old.text == text => old,
                _ => relay::Work {
                    number: lead.next_number(),
                    text,
                },
            });
            if let Ok(work) = &work {
                said.push(FromPage::Work(work.clone()));
                let open = lead.asked.as_ref().filter(|it| it.stage == Stage::Open);
                let open =
                    open.filter(|it| it.question.of.is_some_and(|it| it.work == work.number));
                said.extend(open.map(|it| FromPage::Ask(it.question.clone())));
            }
            lead.told = Some(Told {
                run,
                work,
                records: None,
            });
        }
        if let Some(Told {
            work: Ok(work),
            records: told,
            ..
        }) = &mut lead.told
            && *told != Some(records)
        {
            *told = Some(records);
            let work = work.number;
            // The place comes before the question, which is asked there.
            let at = said.len().min(1);
            said.insert(at, FromPage::Cursor(relay::Cursor { work, records }));
        }
        if !said.is_empty() {
            tell(frames(&said), commands);
        }
    }

    /// What the class can be shown of the run.
    fn class_work(&self) -> Result<Text<{ relay::WORK_MAX_BYTES }>, Unshown> {
        if self.is_live_shown() || self.is_board_shown() {
            return Err(Unshown::Live);
        }
        let run = self.run.as_ref().filter(|_| !self.shows_capture());
        let run = run.ok_or(Unshown::Captured)?;
        // What was answered stays with who answered.
        let told = self.attendance.class.lead().and_then(|it| it.told.as_ref());
        if let Some(Told {
            run,
            work: Ok(work),
            ..
        }) = told
            && *run == self.run_number
        {
            return Ok(work.text.clone());
        }
        let text = run.work().write(&Progress::default());
        text.try_into().map_err(|_| Unshown::TooLong)
    }

    /// How many records lie before the step at which the page stands.
    fn class_records(&self) -> u32 {
        if !self.is_running() && self.position.step >= self.story.last_step() {
            return AT_END;
        }
        let step = self.story.step(self.position.step);
        let records = step.map_or(0, |step| step.mark.record + 1);
        u32::try_from(records).unwrap_or(AT_END)
    }

    pub(super) fn ask_class(&mut self, commands: &mut Vec<Command>) {
        let ask = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let Some(ask) = ask.filter(|it| self.can_ask(it)) else {
            return;
        };
        let run = self.run_number;
        let Some(lead) = self.attendance.class.lead_mut() else {
            return;
        };
        let (Some(work), Ok(place), Ok(answers)) = (
            lead.work(),
            u32::try_from(ask.index),
            u8::try_from(ask.options.len()),
        ) else {
            return;
        };
        let lines = std::iter::once(&ask.question).chain(ask.options.iter().map(|it| &it.text));
        let lines: Vec<String> = lines.map(|it| it.replace('\n', " ")).collect();
        let question = Question {
            number: lead.next_number(),
            answers,
            of: Some(Prediction { work, place }),
            text: Text::cut(&lines.join("\n")),
        };
        lead.asked = Some(Asked {
            question: question.clone(),
            run,
            stage: Stage::Open,
        });
        self.attendance.class.tally = None;
        tell(frames(&[FromPage::Ask(question)]), commands);
    }

    pub(super) fn can_ask(&self, ask: &AskView) -> bool {
        let class = &self.attendance.class;
        let has_asked = |it: &Asked| {
            let place = it.question.of.map(|it| it.place as usize);
            it.stage == Stage::Open && it.run == self.run_number && place == Some(ask.index)
        };
        ask.state.is_open()
            && class.is_in()
            && (2..=ANSWERS_MAX).contains(&ask.options.len())
            && class.lead().is_some_and(|lead| {
                lead.work().is_some() && !lead.asked.as_ref().is_some_and(has_asked)
            })
    }

    /// The vote ends when the one who leads commits to an answer or goes elsewhere. Which answer is right the class is told
    /// when the run has shown it.
    pub(super) fn end_vote(&mut self, commands: &mut Vec<Command>) {
        let run = self.run_number;
        let (course, position) = (self.course.as_ref(), self.position);
        let lead = self.attendance.class.lead_mut();
        let Some(asked) = lead.and_then(|it| it.asked.as_mut()) else {
            return;
        };
        let place = asked.question.of.map(|it| it.place as usize);
        let stand = course.zip(place).filter(|_| asked.run == run);
        let stand = stand.and_then(|(course, place)| course.stand(place, position));
        let (stage, right) = match (asked.stage, stand) {
            (Stage::Open, _) if asked.run != run => (Stage::Over, None),
            (Stage::Open | Stage::Over, Some(it)) if it.state == AskState::Revealed => {
                (Stage::Told, it.right)
            }
            (Stage::Open, Some(it)) if matches!(it.state, AskState::Locked | AskState::Passed) => {
                (Stage::Over, None)
            }
            _ => return,
        };
        asked.stage = stage;
        let reveal = FromPage::Reveal {
            question: asked.question.number,
            right: right.and_then(|it| u8::try_from(it).ok()),
        };
        tell(frames(&[reveal]), commands);
        self.answers += 1;
    }
}
