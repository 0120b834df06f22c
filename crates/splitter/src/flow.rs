//! What can run after what in a function: the places from which a piece of it can be left out.
//!
//! The code of a function is sequences in sequences: what a block, a loop or a branch of an `if` holds. Where something of
//! a sequence can be passed over, behind a conditional branch or behind the end of a block, a [`Place`] begins. What
//! stands from there to the end of the sequence runs only if the place is passed.

use std::collections::HashMap;
use std::ops::Range;

use wasmparser::{
    BlockType, FrameKind, FuncType, FunctionBody, ModuleArity, Operator, RefType, SubType,
};

use crate::Error;
use crate::module::Module;

/// Places with less code behind them, in bytes, are none: a call would take as much.
const PLACE_MIN_BYTES: usize = 28;

/// Where a function may go on or not.
pub(crate) struct Place {
    /// The operators from here to the end of the sequence, without the operator that ends it.
    pub(crate) range: Range<usize>,
    /// The operator that opens the sequence; none in a function's own.
    pub(crate) opener: Option<usize>,
    /// Whether nothing lies on the stack that belongs to the sequence.
    pub(crate) is_clear: bool,
    /// What the place is known by as long as the code behind it stays what it is.
    pub(crate) key: u32,
}

/// The operators of a function and how they nest.
pub(crate) struct Flow<'a> {
    pub(crate) operators: Vec<Operator<'a>>,
    /// Where each operator begins, in bytes; and the end of the last one.
    pub(crate) offsets: Vec<usize>,
    /// The operator that opens the sequence which each `end` ends.
    pub(crate) openers: HashMap<usize, usize>,
    /// The operator that opens the sequence around each one that opens one; none around a function's own.
    around: HashMap<usize, Option<usize>>,
    /// The `else` of each `if` that has one.
    pub(crate) elses: HashMap<usize, usize>,
    /// Outer ones before the ones behind them.
    pub(crate) places: Vec<Place>,
}

/// Names of functions as numbers.
pub(crate) struct Names(Vec<u64>);

impl Names {
    pub(crate) fn of(module: &Module<'_>) -> Self {
        let all = 0..module.functions.len() as u32;
        Self(
            all.map(|function| {
                let mut mix = Mix::default();
                mix.bytes(module.name(function).as_bytes());
                mix.0
            })
            .collect(),
        )
    }

    fn get(&self, function: u32) -> u64 {
        self.0.get(function as usize).copied().unwrap_or_default()
    }
}

/// FNV-1a, which gives the same on every machine.
struct Mix(u64);

impl Default for Mix {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Mix {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// A sequence that is not at its end.
struct Frame {
    opener: Option<usize>,
    of: BlockType,
    kind: FrameKind,
    /// Values on the stack that are not the sequence's.
    below: usize,
    /// Places in it that are still to get their end.
    open: Vec<usize>,
}

struct Frames<'a, 'b> {
    module: &'a Module<'b>,
    frames: Vec<Frame>,
}

impl ModuleArity for Frames<'_, '_> {
    fn sub_type_at(&self, of: u32) -> Option<&SubType> {
        self.module.types.get(of as usize)
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, function: u32) -> Option<u32> {
        self.module.functions.get(function as usize).copied()
    }

    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        self.frames.len() as u32
    }

    fn label_block(&self, depth: u32) -> Option<(BlockType, FrameKind)> {
        let at = self.frames.len().checked_sub(depth as usize + 1)?;
        self.frames.get(at).map(|frame| (frame.of, frame.kind))
    }
}

impl<'a> Flow<'a> {
    /// Reads a function; none if it has operators in it that this does not know how to follow.
    pub(crate) fn of(
        module: &Module<'a>,
        function: u32,
        names: &Names,
    ) -> Result<Option<Self>, Error> {
        let (Some(body), Some(of)) = (
            module.body(function),
            module.functions.get(function as usize),
        ) else {
            return Ok(None);
        };
        let mut flow = Flow {
            operators: Vec::new(),
            offsets: Vec::new(),
            openers: HashMap::new(),
            around: HashMap::new(),
            elses: HashMap::new(),
            places: Vec::new(),
        };
        let bytes = read(body, &mut flow)?;
        let mut frames = Frames {
            module,
            frames: vec![Frame {
                opener: None,
                of: BlockType::FuncType(*of),
                kind: FrameKind::Block,
                below: 0,
                open: Vec::new(),
            }],
        };
        // How many values are on the stack; none where nothing can come.
        let mut height = Some(0_usize);
        for at in 0..flow.operators.len() {
            let Some(operator) = flow.operators.get(at) else {
                break;
            };
            let Some((takes, gives)) = operator.operator_arity(&frames) else {
                return Ok(None);
            };
            let after =
                height.map(|height| (height + gives as usize).saturating_sub(takes as usize));
            let mut opens = None;
            let mut passes = false;
            match *operator {
                Operator::Block { blockty } => opens = Some((blockty, FrameKind::Block)),
                Operator::Loop { blockty } => opens = Some((blockty, FrameKind::Loop)),
                Operator::If { blockty } => {
                    opens = Some((blockty, FrameKind::If));
                    passes = true;
                }
                Operator::Else => {
                    let Some(frame) = frames.frames.last_mut() else {
                        return Ok(None);
                    };
                    flow.close(frame, at);
                    if let Some(opener) = frame.opener {
                        flow.elses.insert(opener, at);
                    }
                    frame.kind = FrameKind::Else;
                    height = Some(frame.below);
                    passes = true;
                }
                Operator::End => {
                    let Some(mut frame) = frames.frames.pop() else {
                        return Ok(None);
                    };
                    flow.close(&mut frame, at);
                    let Some((_, results)) = frames.block_type_arity(frame.of) else {
                        return Ok(None);
                    };
                    height = Some(frame.below + results as usize);
                    if let Some(opener) = frame.opener {
                        flow.openers.insert(at, opener);
                        passes = true;
                    }
                }
                Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Unreachable => height = None,
                Operator::BrIf { .. } => {
                    height = after;
                    passes = height.is_some();
                }
                // What jumps in another way than those, LLVM does not write.
                Operator::ReturnCall { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::ReturnCallRef { .. }
                | Operator::BrOnNull { .. }
                | Operator::BrOnNonNull { .. }
                | Operator::BrOnCast { .. }
                | Operator::BrOnCastFail { .. }
                | Operator::TryTable { .. }
                | Operator::Try { .. }
                | Operator::Throw { .. }
                | Operator::ThrowRef
                | Operator::Rethrow { .. } => return Ok(None),
                _ => height = after,
            }
            if let Some((of, kind)) = opens {
                let Some((parameters, _)) = frames.block_type_arity(of) else {
                    return Ok(None);
                };
                let below = after
                    .unwrap_or_default()
                    .saturating_sub(parameters as usize);
                flow.around
                    .insert(at, frames.frames.last().and_then(|it| it.opener));
                frames.frames.push(Frame {
                    opener: Some(at),
                    of,
                    kind,
                    below,
                    open: Vec::new(),
                });
                height = after;
            }
            if passes && let Some(frame) = frames.frames.last_mut() {
                frame.open.push(flow.places.len());
                flow.places.push(Place {
                    range: at + 1..at + 1,
                    opener: frame.opener,
                    is_clear: height == Some(frame.below),
                    key: 0,
                });
            }
        }
        flow.keep_large();
        flow.name(bytes, names.get(function), names);
        Ok(Some(flow))
    }

    /// How many bytes a range of operators takes.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> usize {
        let at = |operator: usize| self.offsets.get(operator).copied().unwrap_or_default();
        at(range.end).saturating_sub(at(range.start))
    }

    /// The operator that opens the sequence around the one that this operator opens.
    pub(crate) fn around(&self, opener: usize) -> Option<usize> {
        self.around.get(&opener).copied().flatten()
    }

    fn close(&mut self, frame: &mut Frame, at: usize) {
        for place in frame.open.drain(..) {
            if let Some(place) = self.places.get_mut(place) {
                place.range.end = at;
            }
        }
    }

    /// Leaves the places that are worth it.
    fn keep_large(&mut self) {
        let offsets = std::mem::take(&mut self.offsets);
        let at = |operator: usize| offsets.get(operator).copied().unwrap_or_default();
        self.places
            .retain(|it| at(it.range.end).saturating_sub(at(it.range.start)) >= PLACE_MIN_BYTES);
        self.offsets = offsets;
    }

    /// Keys are made of the kinds of operators and the names of functions, and not of what changes with other code: addresses and
    /// numbers of locals.
    fn name(&mut self, bytes: &[u8], of: u64, names: &Names) {
        let offset = self.offsets.first().copied().unwrap_or_default();
        let mut seen: HashMap<u64, u32> = HashMap::new();
        for place in &mut self.places {
            let mut mix = Mix::default();
            mix.bytes(&of.to_le_bytes());
            for at in place.range.clone() {
                let from = self.offsets.get(at).map(|at| at - offset);
                let opcode = from.and_then(|from| bytes.get(from)).copied();
                mix.bytes(&[opcode.unwrap_or_default()]);
                if let Some(Operator::Call { function_index }) = self.operators.get(at) {
                    mix.bytes(&names.get(*function_index).to_le_bytes());
                }
            }
            let turn = seen.entry(mix.0).or_default();
            mix.bytes(&turn.to_le_bytes());
            *turn += 1;
            place.key = (mix.0 ^ (mix.0 >> 32)) as u32;
        }
    }
}

/// Reads the operators; their bytes.
fn read<'a>(body: &FunctionBody<'a>, flow: &mut Flow<'a>) -> Result<&'a [u8], Error> {
    let mut reader = body.get_operators_reader()?;
    let begin = reader.original_position();
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        flow.operators.push(operator);
        flow.offsets.push(offset);
    }
    flow.offsets.push(reader.original_position());
    let skipped = begin - body.range().start;
    Ok(body.as_bytes().get(skipped..).unwrap_or_default())
}
