//! What can be cut out of a function, and what the cut takes.

use std::ops::Range;

use wasmparser::{FuncType, Operator, ValType};

use crate::flow::{Flow, Place};
use crate::live::{Live, Locals};

/// What is cut out takes so many locals at most, and gives back so many.
const LOCALS_MAX: usize = 24;
/// How many bytes shorter the function has to become at least, by estimate.
const GAIN_MIN_BYTES: usize = 12;

/// Where a piece of code goes on after its end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Exit {
    /// Behind it, at the end of its sequence.
    Through,
    /// At a label, counted from the sequence that it is in.
    Label(u32),
    /// Nowhere: the function returns.
    Return,
}

/// What is cut out of a function, and what stands in its place.
pub(crate) struct Cut<'f> {
    pub(crate) place: &'f Place,
    /// The locals that it reads.
    pub(crate) takes: Vec<u32>,
    /// The locals that are read after it.
    pub(crate) gives: Vec<u32>,
    /// The ways it is left: labels, the end of the function, its own end, in this order.
    pub(crate) exits: Vec<Exit>,
}

impl Exit {
    pub(crate) fn label(&self) -> Option<u32> {
        match self {
            Self::Label(label) => Some(*label),
            _ => None,
        }
    }
}

impl Cut<'_> {
    /// The exit that a label is.
    pub(crate) fn exit(&self, label: u32) -> Exit {
        let at_label = Exit::Label(label);
        if self.exits.contains(&at_label) {
            at_label
        } else {
            Exit::Through
        }
    }
}

/// Whether a piece of code never comes to its own end.
pub(crate) fn ends(flow: &Flow<'_>, range: &Range<usize>) -> bool {
    let last = range
        .end
        .checked_sub(1)
        .and_then(|at| flow.operators.get(at));
    matches!(
        last,
        Some(
            Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Unreachable
        )
    )
}

/// The locals that a piece of code reads or writes.
pub(crate) fn used(flow: &Flow<'_>, range: &Range<usize>) -> Locals {
    let mut used = Locals::default();
    for operator in flow.operators.get(range.clone()).unwrap_or_default() {
        if let Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } = operator
        {
            used.insert(*local_index);
        }
    }
    used
}

/// How a place is to be cut out; none if it cannot be, or if it would not be worth it.
pub(crate) fn cut<'f>(
    flow: &Flow<'_>,
    live: &Live,
    place: &'f Place,
    of: &FuncType,
) -> Option<Cut<'f>> {
    if !place.is_clear {
        return None;
    }
    // The sequences around, the innermost first: what opens them.
    let mut around = Vec::new();
    let mut opener = place.opener;
    while let Some(at) = opener {
        around.push(at);
        opener = flow.around(at);
    }
    let is_empty = |opener: usize| match flow.operators.get(opener) {
        Some(
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty },
        ) => *blockty == wasmparser::BlockType::Empty,
        _ => false,
    };
    let mut exits: Vec<Exit> = Vec::new();
    let mut after = Locals::default();
    let mut is_known = true;
    let mut leave = |exit: Exit, live: Option<&Locals>| {
        if let Some(live) = live {
            after.add(live);
        }
        if !exits.contains(&exit) {
            exits.push(exit);
        }
    };
    let is_loop = |opener: usize| matches!(flow.operators.get(opener), Some(Operator::Loop { .. }));
    let mut depth = 0_u32;
    let mut written = Locals::default();
    let mut read = Locals::default();
    for operator in flow.operators.get(place.range.clone())? {
        let mut jump = |to: u32| {
            let Some(label) = to.checked_sub(depth) else {
                return;
            };
            match around.get(label as usize) {
                Some(opener) if is_empty(*opener) => {
                    let exit = if label == 0 && !is_loop(*opener) {
                        Exit::Through
                    } else {
                        Exit::Label(label)
                    };
                    leave(exit, live.label(*opener));
                }
                // To the end of the function, or with values.
                _ => is_known = false,
            }
        };
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::End => depth = depth.checked_sub(1)?,
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                jump(*relative_depth);
            }
            Operator::BrTable { targets } => {
                jump(targets.default());
                for to in targets.targets() {
                    jump(to.ok()?);
                }
            }
            Operator::Return => leave(Exit::Return, None),
            Operator::LocalGet { local_index } => read.insert(*local_index),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                written.insert(*local_index);
            }
            _ => {}
        }
    }
    if !ends(flow, &place.range) {
        match place.opener {
            Some(opener) if is_empty(opener) => leave(Exit::Through, live.behind(opener)),
            Some(_) => return None,
            None => leave(Exit::Return, None),
        }
    }
    if !is_known {
        return None;
    }
    // Going on through is what is left when it was nothing else.
    exits.sort_by_key(|exit| match exit {
        Exit::Label(label) => (0, *label),
        Exit::Return => (1, 0),
        Exit::Through => (2, 0),
    });
    let gives: Vec<u32> = after.iter().filter(|it| written.has(*it)).collect();
    let before = live.before(place.range.start)?;
    let takes: Vec<u32> = before
        .iter()
        .filter(|it| read.has(*it) || gives.contains(it))
        .collect();
    let is_narrow = takes.len() <= LOCALS_MAX && gives.len() <= LOCALS_MAX;
    let has_values = exits.contains(&Exit::Return) && !of.results().is_empty();
    let is_writable = !has_values || of.results().iter().all(is_number);
    let taken = 2 * takes.len() + 2 * gives.len() + 3 * exits.len() + 11;
    let is_worth_it = flow.bytes(&place.range) >= taken + GAIN_MIN_BYTES;
    (is_narrow && is_writable && is_worth_it).then_some(Cut {
        place,
        takes,
        gives,
        exits,
    })
}

fn is_number(of: &ValType) -> bool {
    matches!(
        of,
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64
    )
}
