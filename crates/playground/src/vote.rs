//! The class votes: raised hands for the answers to a prediction, as the teacher counts them.
//!
//! They stay on this page: they are not kept, not shared and sent nowhere.

use std::collections::BTreeMap;

/// More hands are not counted for one answer.
pub const HANDS_MAX: u16 = 999;

/// What the teacher does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteAction {
    /// Begins to count, or puts the count away.
    Toggle,
    /// So many more or fewer hands for an answer.
    Raise(usize, i16),
    /// So many hands for an answer.
    Set(usize, u16),
}

/// The hands of all questions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Votes {
    is_open: bool,
    hands: BTreeMap<usize, Vec<u16>>,
}

/// The hands of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoteView {
    /// For each answer.
    pub hands: Vec<u16>,
    /// The votes of pages for each answer; empty if none were asked.
    pub pages: Vec<u32>,
    /// All of both.
    pub total: u32,
}

impl Votes {
    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Counts.
    pub(crate) fn count(&mut self, ask: usize, options: usize, action: VoteAction) {
        let hands = self.hands.entry(ask).or_default();
        hands.resize(options, 0);
        match action {
            VoteAction::Toggle => self.is_open = !self.is_open,
            VoteAction::Raise(option, by) => {
                if let Some(hands) = hands.get_mut(option) {
                    *hands = hands.saturating_add_signed(by).min(HANDS_MAX);
                }
            }
            VoteAction::Set(option, count) => {
                if let Some(hands) = hands.get_mut(option) {
                    *hands = count.min(HANDS_MAX);
                }
            }
        }
    }

    /// The hands of a question, if they are counted.
    pub(crate) fn view(&self, ask: usize, options: usize) -> Option<VoteView> {
        let mut hands = self.hands.get(&ask).cloned().unwrap_or_default();
        hands.resize(options, 0);
        let total = hands.iter().map(|it| u32::from(*it)).sum();
        (self.is_open || total > 0).then_some(VoteView {
            hands,
            pages: Vec::new(),
            total,
        })
    }
}

impl VoteView {
    /// The hands for an answer.
    #[must_use]
    pub fn hands(&self, option: usize) -> u16 {
        self.hands.get(option).copied().unwrap_or(0)
    }

    /// The hands and pages for an answer, and how many of a hundred that is.
    #[must_use]
    pub fn share(&self, option: usize) -> (u32, u32) {
        let pages = self.pages.get(option).copied().unwrap_or(0);
        let votes = pages.saturating_add(self.hands(option).into());
        let part = (u64::from(votes) * 100).checked_div(self.total.into());
        let part = part.and_then(|it| u32::try_from(it).ok());
        (votes, part.unwrap_or(0))
    }

    /// The answer that most are for, if anybody is for one.
    #[must_use]
    pub fn most(&self) -> Option<usize> {
        let votes = (0..self.hands.len()).map(|option| self.share(option).0);
        let most = votes.clone().max().filter(|most| *most > 0)?;
        votes.into_iter().position(|it| it == most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_are_counted_and_the_answer_with_most_is_the_class_s() {
        let mut votes = Votes::default();
        assert_eq!(votes.view(0, 3), None);
        let cases = [
            (VoteAction::Toggle, None, [0, 0, 0]),
            (VoteAction::Raise(1, 1), Some(1), [0, 1, 0]),
            (VoteAction::Set(2, 12), Some(2), [0, 1, 12]),
            (VoteAction::Raise(0, -1), Some(2), [0, 1, 12]),
            (VoteAction::Raise(7, 1), Some(2), [0, 1, 12]),
            (VoteAction::Set(2, u16::MAX), Some(2), [0, 1, HANDS_MAX]),
            (VoteAction::Set(2, 1), Some(1), [0, 1, 1]),
        ];
        for (action, class, hands) in cases {
            votes.count(0, 3, action);
            let view = votes.view(0, 3);
            assert_eq!(view.as_ref().and_then(VoteView::most), class, "{action:?}");
            assert_eq!(view.map(|it| it.hands), Some(hands.to_vec()), "{action:?}");
        }
        assert_eq!(votes.view(0, 3).map(|it| it.share(1)), Some((1, 50)));
        // Another question has hands of its own.
        assert_eq!(
            votes.view(1, 2).map(|it| (it.total, it.share(0))),
            Some((0, (0, 0)))
        );
    }
}
