//! A class: what the one who leads shows and asks, and how many chose what.
//!
//! Nothing is kept about anybody: a vote belongs to an open page, and goes with it.

use super::PageId;
use relay::{Answer, Cursor, FromHub, Question, Tally, Work};
use std::collections::BTreeMap;

/// What everybody in a class is to know.
#[derive(Debug, Default)]
pub(super) struct Class {
    work: Option<Work>,
    cursor: Option<Cursor>,
    vote: Option<Vote>,
}

#[derive(Debug)]
struct Vote {
    question: Question,
    answers: BTreeMap<PageId, u8>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
struct End {
    right: Option<u8>,
}

/// What of the class a page has not been told. Only the newest of each is told, when the page takes it: a slow page
/// skips what is outdated, and no queue grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stale {
    pub(super) work: bool,
    pub(super) cursor: bool,
    pub(super) question: bool,
    pub(super) tally: bool,
    pub(super) counts: bool,
}

impl Stale {
    pub(super) const ALL: Self = Self {
        work: true,
        cursor: true,
        question: true,
        tally: true,
        counts: true,
    };
    pub(super) const NONE: Self = Self {
        work: false,
        cursor: false,
        question: false,
        tally: false,
        counts: false,
    };

    pub(super) fn add(&mut self, other: Self) {
        self.work |= other.work;
        self.cursor |= other.cursor;
        self.question |= other.question;
        self.tally |= other.tally;
        self.counts |= other.counts;
    }
}

impl Class {
    /// Nobody leads any more, or somebody else: who comes from now on finds nothing of it.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// Who leads shows a work. An earlier place is none in this one.
    pub(super) fn show(&mut self, work: Work) -> Stale {
        self.cursor = self.cursor.filter(|cursor| cursor.work == work.number);
        self.work = Some(work);
        Stale {
            work: true,
            cursor: true,
            ..Stale::NONE
        }
    }

    /// Who leads stands here. A place in another work than the one shown is nothing to tell.
    pub(super) fn stand(&mut self, cursor: Cursor) -> Stale {
        if self
            .work
            .as_ref()
            .is_none_or(|work| work.number != cursor.work)
        {
            return Stale::NONE;
        }
        self.cursor = Some(cursor);
        Stale {
            cursor: true,
            ..Stale::NONE
        }
    }

    /// Who leads asks. Earlier votes are forgotten.
    pub(super) fn ask(&mut self, question: Question) -> Stale {
        self.vote = Some(Vote {
            question,
            answers: BTreeMap::new(),
            end: None,
        });
        Stale {
            question: true,
            tally: true,
            ..Stale::NONE
        }
    }

    /// Who leads ends the vote.
    pub(super) fn reveal(&mut self, question: u32, right: Option<u8>) -> Stale {
        let Some(vote) = self
            .vote
            .as_mut()
            .filter(|vote| vote.question.number == question)
        else {
            return Stale::NONE;
        };
        vote.end = Some(End { right });
        Stale {
            tally: true,
            ..Stale::NONE
        }
    }

    /// A student votes; again, and the earlier vote is gone. What is no answer to the open question is nothing.
    pub(super) fn vote(&mut self, page: PageId, answer: Answer) -> Stale {
        match &mut self.vote {
            Some(Vote {
                question,
                answers,
                end: None,
            }) if question.number == answer.question && answer.answer < question.answers => {
                answers.insert(page, answer.answer);
                Stale {
                    tally: true,
                    ..Stale::NONE
                }
            }
            _ => Stale::NONE,
        }
    }

    /// A page is gone, and its vote with it, unless the vote has ended.
    pub(super) fn leave(&mut self, page: PageId) -> Stale {
        let vote = self.vote.as_mut().filter(|vote| vote.end.is_none());
        match vote.and_then(|vote| vote.answers.remove(&page)) {
            Some(_) => Stale {
                tally: true,
                ..Stale::NONE
            },
            None => Stale::NONE,
        }
    }

    /// The messages behind what is stale. How the votes stand before the end only who leads is told: who sees what the
    /// others say thinks less.
    pub(super) fn tell(&self, stale: Stale, leads: bool) -> impl Iterator<Item = FromHub> {
        let work = self
            .work
            .clone()
            .filter(|_| stale.work && !leads)
            .map(FromHub::Work);
        let cursor = self
            .cursor
            .filter(|_| stale.cursor && !leads)
            .map(FromHub::Cursor);
        let vote = self.vote.as_ref();
        let question = vote
            .filter(|_| stale.question && !leads)
            .map(|vote| FromHub::Ask(vote.question.clone()));
        let tally = vote
            .filter(|vote| stale.tally && (leads || vote.end.is_some()))
            .map(tally);
        [work, cursor, question, tally.map(FromHub::Tally)]
            .into_iter()
            .flatten()
    }
}

fn tally(vote: &Vote) -> Tally {
    let mut counts = vec![0; usize::from(vote.question.answers)];
    for answer in vote.answers.values() {
        if let Some(count) = counts.get_mut(usize::from(*answer)) {
            *count += 1;
        }
    }
    Tally {
        question: vote.question.number,
        counts,
        is_over: vote.end.is_some(),
        right: vote.end.and_then(|end| end.right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use relay::Text;

    fn told(class: &Class, leads: bool) -> Vec<FromHub> {
        class.tell(Stale::ALL, leads).collect()
    }

    #[test]
    fn votes_are_counted_once_each_and_shown_at_the_end() {
        let mut class = Class::default();
        let vote = |class: &mut Class, page, question, answer| {
            class.vote(PageId(page), Answer { question, answer }) != Stale::NONE
        };
        assert!(!vote(&mut class, 1, 7, 0), "nothing is asked");
        class.ask(Question {
            number: 7,
            answers: 3,
            of: None,
            text: Text::cut("How many?"),
        });
        assert!(vote(&mut class, 1, 7, 0));
        assert!(vote(&mut class, 1, 7, 2), "another thought");
        assert!(vote(&mut class, 2, 7, 2));
        assert!(vote(&mut class, 3, 7, 1));
        assert!(!vote(&mut class, 4, 6, 1), "an earlier question");
        assert!(!vote(&mut class, 4, 7, 3), "no such answer");
        class.leave(PageId(3));
        let stand = Tally {
            question: 7,
            counts: vec![0, 0, 2],
            is_over: false,
            right: None,
        };
        assert_eq!(told(&class, true), [FromHub::Tally(stand.clone())]);
        assert_eq!(told(&class, false).len(), 1, "only the question");
        assert_eq!(class.reveal(6, None), Stale::NONE);
        class.reveal(7, Some(2));
        assert!(!vote(&mut class, 4, 7, 1), "it is over");
        class.leave(PageId(1));
        let end = Tally {
            is_over: true,
            right: Some(2),
            ..stand
        };
        assert_eq!(told(&class, false).last(), Some(&FromHub::Tally(end)));
    }

    #[test]
    fn a_place_belongs_to_the_work_that_is_shown() {
        let mut class = Class::default();
        let at = |work| Cursor { work, records: 5 };
        assert_eq!(class.stand(at(1)), Stale::NONE);
        class.show(Work {
            number: 1,
            text: Text::cut("one"),
        });
        assert!(class.stand(at(1)).cursor);
        assert_eq!(told(&class, false).len(), 2);
        class.show(Work {
            number: 2,
            text: Text::cut("two"),
        });
        assert_eq!(
            told(&class, false).len(),
            1,
            "the place was in the first one"
        );
        assert_eq!(told(&class, true), [], "who leads knows");
    }
}
