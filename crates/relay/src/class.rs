//! What a class shares: the work that is shown, the place in it, questions and votes.
//!
//! There are no names: a vote belongs to a page that is open, and is gone with it.

use crate::wire::{Fault, Field, Text, fields};
use crate::{ANSWERS_MAX, CODE_MAX_BYTES, QUESTION_MAX_BYTES, WORDS_MAX_BYTES, WORK_MAX_BYTES};
use alloc::vec::Vec;
use bytes::Bytes;

/// A scenario and what was done in it, as the page writes a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Cursors name it.
    pub number: u32,
    /// The text.
    pub text: Text<WORK_MAX_BYTES>,
}

fields!(Work { number, text });

/// A place in a work's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Of which [`Work`].
    pub work: u32,
    /// How many records of the run's log lie before it.
    pub records: u32,
}

fields!(Cursor { work, records });

/// How others get in: told to who leads, and to nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The code to join with, where one is asked for.
    pub code: Option<Text<CODE_MAX_BYTES>>,
    /// Where the hub's pages are, `http://HOST:PORT`, as far as the hub knows its own address.
    pub address: Text<WORDS_MAX_BYTES>,
}

fields!(Invitation { code, address });

/// A prediction of a work's lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Of which [`Work`].
    pub work: u32,
    /// Its place among those of the lesson, from 0 on.
    pub place: u32,
}

fields!(Prediction { work, place });

/// A question to the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Votes name it.
    pub number: u32,
    /// How many answers there are, from 0 on; 2 to [`ANSWERS_MAX`].
    pub answers: u8,
    /// What it is in the work that is shown: pages that have the work can ask it in their own language.
    pub of: Option<Prediction>,
    /// The question and the answers, one a line, in the language of who asks.
    pub text: Text<QUESTION_MAX_BYTES>,
}

impl Field for Question {
    fn put(&self, out: &mut Vec<u8>) {
        self.number.put(out);
        self.answers.put(out);
        self.of.put(out);
        self.text.put(out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        let (number, answers) = (u32::get(frame)?, u8::get(frame)?);
        if !(2..=ANSWERS_MAX).contains(&usize::from(answers)) {
            return Err(Fault::Unknown(answers));
        }
        let (of, text) = (Field::get(frame)?, Field::get(frame)?);
        Ok(Self {
            number,
            answers,
            of,
            text,
        })
    }
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question's number.
    pub question: u32,
    /// The answer, from 0 on.
    pub answer: u8,
}

fields!(Answer { question, answer });

/// How the votes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The question's number.
    pub question: u32,
    /// How many chose each answer; at most [`ANSWERS_MAX`].
    pub counts: Vec<u32>,
    /// Whether the vote has ended.
    pub is_over: bool,
    /// The right answer, once it was said.
    pub right: Option<u8>,
}

impl Field for Tally {
    fn put(&self, out: &mut Vec<u8>) {
        self.question.put(out);
        let counts = self.counts.get(..ANSWERS_MAX).unwrap_or(&self.counts);
        (counts.len() as u8).put(out);
        for count in counts {
            count.put(out);
        }
        self.is_over.put(out);
        self.right.put(out);
    }

    fn get(frame: &mut Bytes) -> Result<Self, Fault> {
        let question = u32::get(frame)?;
        let len = u8::get(frame)?;
        if usize::from(len) > ANSWERS_MAX {
            return Err(Fault::TooLong);
        }
        let counts = (0..len)
            .map(|_| u32::get(frame))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            question,
            counts,
            is_over: bool::get(frame)?,
            right: Field::get(frame)?,
        })
    }
}
