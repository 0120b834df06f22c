//! Which locals of a function are still read, and where.

use std::collections::HashMap;

use wasmparser::Operator;

use crate::flow::Flow;

/// A set of locals.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Locals(Vec<u64>);

impl Locals {
    pub(crate) fn has(&self, local: u32) -> bool {
        self.0
            .get(local as usize / 64)
            .is_some_and(|word| word >> (local % 64) & 1 != 0)
    }

    pub(crate) fn insert(&mut self, local: u32) {
        let word = local as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (local % 64);
        }
    }

    fn remove(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word &= !(1 << (local % 64));
        }
    }

    pub(crate) fn add(&mut self, others: &Self) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.0.len() as u32 * 64).filter(|local| self.has(*local))
    }
}

/// What is live at the points that matter.
#[derive(Default)]
pub(crate) struct Live {
    /// Before each operator.
    before: Vec<Locals>,
    /// Where a branch to the sequence goes that this operator opens; to a function's own sequence, it leaves the function.
    labels: HashMap<usize, Locals>,
    /// Behind the end of the sequence that this operator opens.
    behind: HashMap<usize, Locals>,
}

impl Live {
    pub(crate) fn of(flow: &Flow<'_>) -> Self {
        let mut live = Self {
            before: vec![Locals::default(); flow.operators.len() + 1],
            ..Self::default()
        };
        live.sequence(
            flow,
            0,
            flow.operators.len(),
            Locals::default(),
            &mut vec![Locals::default()],
        );
        live
    }

    pub(crate) fn before(&self, operator: usize) -> Option<&Locals> {
        self.before.get(operator)
    }

    pub(crate) fn label(&self, opener: usize) -> Option<&Locals> {
        self.labels.get(&opener)
    }

    pub(crate) fn behind(&self, opener: usize) -> Option<&Locals> {
        self.behind.get(&opener)
    }

    /// Goes back from the end of a sequence to its begin. `labels` are those of the sequences around, the innermost last.
    fn sequence(
        &mut self,
        flow: &Flow<'_>,
        from: usize,
        to: usize,
        after: Locals,
        labels: &mut Vec<Locals>,
    ) -> Locals {
        let mut now = after;
        let mut at = to;
        while at > from {
            at -= 1;
            let Some(operator) = flow.operators.get(at) else {
                continue;
            };
            match operator {
                Operator::LocalGet { local_index } => now.insert(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    now.remove(*local_index);
                }
                Operator::Return | Operator::Unreachable => now = Locals::default(),
                Operator::Br { relative_depth } => now = label(labels, *relative_depth),
                Operator::BrIf { relative_depth } => now.add(&label(labels, *relative_depth)),
                Operator::BrTable { targets } => {
                    now = label(labels, targets.default());
                    for target in targets.targets().flatten() {
                        now.add(&label(labels, target));
                    }
                }
                Operator::End => {
                    if let Some(opener) = flow.openers.get(&at).copied() {
                        now = self.nested(flow, opener, at, now, labels);
                        at = opener;
                    }
                }
                _ => {}
            }
            if let Some(before) = self.before.get_mut(at) {
                before.clone_from(&now);
            }
        }
        now
    }

    /// From behind the end of a nested sequence to before the operator that opens it.
    fn nested(
        &mut self,
        flow: &Flow<'_>,
        opener: usize,
        end: usize,
        after: Locals,
        labels: &mut Vec<Locals>,
    ) -> Locals {
        self.behind.insert(opener, after.clone());
        let begin = opener + 1;
        match flow.operators.get(opener) {
            Some(Operator::Loop { .. }) => {
                // What is live at its head grows until going round adds nothing.
                let mut head = Locals::default();
                loop {
                    labels.push(head.clone());
                    let mut around = self.sequence(flow, begin, end, after.clone(), labels);
                    labels.pop();
                    around.add(&head);
                    if around == head {
                        break;
                    }
                    head = around;
                }
                self.labels.insert(opener, head.clone());
                head
            }
            Some(Operator::If { .. }) => {
                self.labels.insert(opener, after.clone());
                labels.push(after.clone());
                let before = match flow.elses.get(&opener) {
                    Some(&middle) => {
                        let mut before =
                            self.sequence(flow, middle + 1, end, after.clone(), labels);
                        before.add(&self.sequence(flow, begin, middle, after, labels));
                        before
                    }
                    None => {
                        let mut before = self.sequence(flow, begin, end, after.clone(), labels);
                        before.add(&after);
                        before
                    }
                };
                labels.pop();
                before
            }
            _ => {
                self.labels.insert(opener, after.clone());
                labels.push(after.clone());
                let before = self.sequence(flow, begin, end, after, labels);
                labels.pop();
                before
            }
        }
    }
}

fn label(labels: &[Locals], depth: u32) -> Locals {
    let at = labels.len().checked_sub(depth as usize + 1);
    at.and_then(|at| labels.get(at))
        .cloned()
        .unwrap_or_default()
}
