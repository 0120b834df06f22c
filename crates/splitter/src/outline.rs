//! Makes functions of their own out of what has not run in the functions of the first module.
//!
//! A function of the first module is whole there, and most of them have branches that the first step does not take. What
//! such a branch does moves into a new function, which is late: it gets the locals that it reads, and gives back those that
//! are read after it and where to go on.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, Instruction, TypeSection, ValType,
};
use wasmparser::{CompositeInnerType, FuncType, Operator, Parser};

use crate::Error;
use crate::cut::{Cut, Exit, cut, ends, used};
use crate::flow::{Flow, Names};
use crate::live::Live;
use crate::module::Module;
use crate::rare::Rare;

/// A module with functions more.
pub(crate) struct Outlined {
    pub(crate) bytes: Vec<u8>,
    /// The functions that the new ones were in, in the order of the new ones, which are behind all others.
    pub(crate) origins: Vec<u32>,
}

/// A new function.
struct New {
    of: u32,
    body: Function,
}

struct Writer<'a, 'b> {
    module: &'a Module<'b>,
    names: Names,
    /// Types that the module does not have, with their numbers.
    types: Vec<FuncType>,
    new: Vec<New>,
    origins: Vec<u32>,
    changed: HashMap<u32, Function>,
}

/// Moves what is rare out of `functions`.
pub(crate) fn outline(
    bytes: &[u8],
    module: &Module<'_>,
    functions: impl Iterator<Item = u32>,
    rare: &Rare,
) -> Result<Outlined, Error> {
    let mut writer = Writer {
        module,
        names: Names::of(module),
        types: Vec::new(),
        new: Vec::new(),
        origins: Vec::new(),
        changed: HashMap::new(),
    };
    for function in functions {
        writer.function(function, rare)?;
    }
    let origins = std::mem::take(&mut writer.origins);
    let mut out = wasm_encoder::Module::new();
    let mut rewriter = Rewriter {
        writer,
        next: module.imported,
    };
    rewriter.parse_core_module(&mut out, Parser::new(0), bytes)?;
    Ok(Outlined {
        bytes: out.finish(),
        origins,
    })
}

impl Writer<'_, '_> {
    fn function(&mut self, function: u32, rare: &Rare) -> Result<(), Error> {
        let Some(flow) = Flow::of(self.module, function, &self.names)? else {
            return Ok(());
        };
        let is_any = flow.places.iter().any(|place| rare.has(place.key));
        let Some(body) = self.module.body(function).filter(|_| is_any) else {
            return Ok(());
        };
        let of = &self.func_type(function)?.clone();
        let locals = Types::of(of, body)?;
        let live = Live::of(&flow);
        let mut cuts: Vec<Cut<'_>> = Vec::new();
        let (mut rare_until, mut cut_until) = (0, 0);
        for place in &flow.places {
            if rare.has(place.key) {
                rare_until = rare_until.max(place.range.end);
            }
            let is_rare = place.range.start < rare_until;
            if !is_rare || place.range.start < cut_until {
                continue;
            }
            if let Some(cut) = cut(&flow, &live, place, of) {
                cut_until = place.range.end;
                cuts.push(cut);
            }
        }
        if cuts.is_empty() {
            return Ok(());
        }
        let mut whole = Whole::new(&locals)?;
        let mut pieces = Vec::new();
        let mut at = 0;
        for cut in &cuts {
            pieces.push((at..cut.place.range.start, Some(cut)));
            at = cut.place.range.end;
        }
        pieces.push((at..flow.operators.len(), None));
        for (range, cut) in pieces {
            for operator in flow.operators.get(range).unwrap_or_default() {
                whole.push(RoundtripReencoder.instruction(operator.clone())?);
            }
            if let Some(cut) = cut {
                let new = self.new_function(&flow, cut, of, &locals)?;
                Self::call(new, cut, of, &mut whole)?;
                self.origins.push(function);
            }
        }
        self.changed.insert(function, whole.finish());
        Ok(())
    }

    fn func_type(&self, function: u32) -> Result<&'_ FuncType, Error> {
        let of = self.module.functions.get(function as usize);
        let of = of.and_then(|of| self.module.types.get(*of as usize));
        match of.map(|of| &of.composite_type.inner) {
            Some(CompositeInnerType::Func(of)) => Ok(of),
            _ => Err(Error::Unfit("a function has no type".to_owned())),
        }
    }

    /// The number of a type of functions.
    fn type_of(&mut self, of: &FuncType) -> u32 {
        let is_it = |it: &wasmparser::SubType| match &it.composite_type.inner {
            CompositeInnerType::Func(it) => it == of,
            _ => false,
        };
        if let Some(at) = self.module.types.iter().position(is_it) {
            return at as u32;
        }
        let at = self.types.iter().position(|it| it == of);
        let at = at.unwrap_or_else(|| {
            self.types.push(of.clone());
            self.types.len() - 1
        });
        (self.module.types.len() + at) as u32
    }

    /// Writes what is cut out as a function; its number.
    fn new_function(
        &mut self,
        flow: &Flow<'_>,
        cut: &Cut<'_>,
        of: &FuncType,
        locals: &Types,
    ) -> Result<u32, Error> {
        let number = (self.module.functions.len() + self.new.len()) as u32;
        let shape = Shape::of(cut, of);
        let takes: Vec<wasmparser::ValType> =
            cut.takes.iter().map(|local| locals.get(*local)).collect();
        let mut results = Vec::new();
        if shape.has_values {
            results.extend_from_slice(of.results());
        }
        if shape.has_code {
            results.push(wasmparser::ValType::I32);
        }
        results.extend(cut.gives.iter().map(|local| locals.get(*local)));

        // Its own numbers for the locals: those that it takes, and behind them the others, by type.
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        for (number, local) in (0..).zip(&cut.takes) {
            numbers.insert(*local, number);
        }
        let used = used(flow, &cut.place.range);
        let others: Vec<u32> = used
            .iter()
            .filter(|local| !numbers.contains_key(local))
            .collect();
        let mut by_type: Vec<(wasmparser::ValType, Vec<u32>)> = Vec::new();
        for local in others {
            let its = locals.get(local);
            match by_type.iter_mut().find(|(of, _)| *of == its) {
                Some((_, locals)) => locals.push(local),
                None => by_type.push((its, vec![local])),
            }
        }
        let mut declared = Vec::new();
        let mut next = cut.takes.len() as u32;
        for (its, locals) in by_type {
            declared.push((locals.len() as u32, encoded(its)?));
            for local in locals {
                numbers.insert(local, next);
                next += 1;
            }
        }
        let mut body = Function::new(declared);
        // What leaves the piece goes behind the end of a block of its own, where it is said how it was left.
        let leaves: Vec<Exit> = cut
            .exits
            .iter()
            .copied()
            .filter(|it| *it != Exit::Return)
            .collect();
        for _ in &leaves {
            body.instruction(&Instruction::Block(BlockType::Empty));
        }
        let give = |body: &mut Function, code: usize| {
            if shape.has_code {
                body.instruction(&Instruction::I32Const(code as i32));
            }
            for local in &cut.gives {
                let local = numbers.get(local).copied().unwrap_or_default();
                body.instruction(&Instruction::LocalGet(local));
            }
        };
        let code_of = |exit: Exit| cut.exits.iter().position(|it| *it == exit).unwrap_or(0);
        let place_of = |exit: Exit| leaves.iter().position(|it| *it == exit).unwrap_or(0) as u32;
        let mut depth = 0_u32;
        let target = |depth: u32, to: u32| match to.checked_sub(depth) {
            Some(label) => depth + place_of(cut.exit(label)),
            None => to,
        };
        for operator in flow
            .operators
            .get(cut.place.range.clone())
            .unwrap_or_default()
        {
            let local = |local: &u32| numbers.get(local).copied().unwrap_or_default();
            let instruction = match operator {
                Operator::LocalGet { local_index } => Instruction::LocalGet(local(local_index)),
                Operator::LocalSet { local_index } => Instruction::LocalSet(local(local_index)),
                Operator::LocalTee { local_index } => Instruction::LocalTee(local(local_index)),
                Operator::Br { relative_depth } => Instruction::Br(target(depth, *relative_depth)),
                Operator::BrIf { relative_depth } => {
                    Instruction::BrIf(target(depth, *relative_depth))
                }
                Operator::BrTable { targets } => {
                    let mut others = Vec::new();
                    for to in targets.targets() {
                        others.push(target(depth, to?));
                    }
                    Instruction::BrTable(others.into(), target(depth, targets.default()))
                }
                Operator::Return => {
                    give(&mut body, code_of(Exit::Return));
                    Instruction::Return
                }
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    depth += 1;
                    RoundtripReencoder.instruction(operator.clone())?
                }
                Operator::End => {
                    depth = depth.saturating_sub(1);
                    Instruction::End
                }
                other => RoundtripReencoder.instruction(other.clone())?,
            };
            body.instruction(&instruction);
        }
        if !ends(flow, &cut.place.range) {
            if cut.place.opener.is_none() {
                // The end of the function, with its results on the stack.
                give(&mut body, code_of(Exit::Return));
            } else {
                body.instruction(&Instruction::Br(place_of(Exit::Through)));
            }
        }
        for (at, exit) in leaves.iter().enumerate() {
            body.instruction(&Instruction::End);
            if shape.has_values {
                for result in of.results() {
                    body.instruction(&zero(*result)?);
                }
            }
            give(&mut body, code_of(*exit));
            if at + 1 < leaves.len() {
                body.instruction(&Instruction::Return);
            }
        }
        body.instruction(&Instruction::End);
        let of = self.type_of(&FuncType::new(takes, results));
        self.new.push(New { of, body });
        Ok(number)
    }

    /// Writes what stands in the place of what was cut out.
    fn call(new: u32, cut: &Cut<'_>, of: &FuncType, whole: &mut Whole<'_>) -> Result<(), Error> {
        let shape = Shape::of(cut, of);
        for local in &cut.takes {
            whole.push(Instruction::LocalGet(*local));
        }
        whole.push(Instruction::Call(new));
        for local in cut.gives.iter().rev() {
            whole.push(Instruction::LocalSet(*local));
        }
        let Some((last, others)) = cut.exits.split_last() else {
            whole.push(Instruction::Unreachable);
            return Ok(());
        };
        let labels: Option<Vec<u32>> = cut.exits.iter().map(Exit::label).collect();
        match (others, labels) {
            ([], _) => {}
            // The number of the first exit is 0.
            ([Exit::Label(label)], _) => {
                whole.push(Instruction::I32Eqz);
                whole.push(Instruction::BrIf(*label));
            }
            ([Exit::Return], _) if !shape.has_values => {
                whole.push(Instruction::I32Eqz);
                whole.push(Instruction::If(BlockType::Empty));
                whole.push(Instruction::Return);
                whole.push(Instruction::End);
            }
            (_, Some(mut labels)) => {
                let last = labels.pop().unwrap_or_default();
                whole.push(Instruction::BrTable(labels.into(), last));
                return Ok(());
            }
            _ => {
                let code = whole.spare(Spare::Exit, ValType::I32);
                whole.push(Instruction::LocalSet(code));
                let mut values = Vec::new();
                if shape.has_values && *last == Exit::Through {
                    for (turn, result) in of.results().iter().enumerate().rev() {
                        let value = whole.spare(Spare::Result(turn), encoded(*result)?);
                        whole.push(Instruction::LocalSet(value));
                        values.insert(0, value);
                    }
                }
                for (number, exit) in others.iter().enumerate() {
                    whole.push(Instruction::LocalGet(code));
                    whole.push(Instruction::I32Const(number as i32));
                    whole.push(Instruction::I32Eq);
                    if let Exit::Label(label) = exit {
                        whole.push(Instruction::BrIf(*label));
                        continue;
                    }
                    whole.push(Instruction::If(BlockType::Empty));
                    for value in &values {
                        whole.push(Instruction::LocalGet(*value));
                    }
                    whole.push(Instruction::Return);
                    whole.push(Instruction::End);
                }
            }
        }
        match last {
            Exit::Through => {}
            Exit::Label(label) => whole.push(Instruction::Br(*label)),
            Exit::Return => whole.push(Instruction::Return),
        }
        Ok(())
    }
}

/// What a new function gives back.
struct Shape {
    /// What the function that it was in returns, first.
    has_values: bool,
    /// Which way it was left.
    has_code: bool,
}

impl Shape {
    fn of(cut: &Cut<'_>, of: &FuncType) -> Self {
        Self {
            has_values: !of.results().is_empty() && cut.exits.contains(&Exit::Return),
            has_code: cut.exits.len() > 1,
        }
    }
}

/// The types of a function's locals.
struct Types {
    all: Vec<wasmparser::ValType>,
    parameters: usize,
}

impl Types {
    fn of(of: &FuncType, body: &wasmparser::FunctionBody<'_>) -> Result<Self, Error> {
        let mut all = of.params().to_vec();
        let parameters = all.len();
        for locals in body.get_locals_reader()? {
            let (count, of) = locals?;
            all.extend(std::iter::repeat_n(of, count as usize));
        }
        Ok(Self { all, parameters })
    }

    fn get(&self, local: u32) -> wasmparser::ValType {
        let of = self.all.get(local as usize).copied();
        of.unwrap_or(wasmparser::ValType::I32)
    }
}

/// What a new local is for.
#[derive(Clone, Copy, PartialEq)]
enum Spare {
    /// The number of the exit that a piece was left by.
    Exit,
    /// What the function returns if a piece says so.
    Result(usize),
}

/// A function that pieces were cut out of.
struct Whole<'a> {
    /// The types of its locals behind the parameters.
    locals: Vec<ValType>,
    parameters: usize,
    /// Locals that it has more than before, and what they are for.
    spares: Vec<(Spare, ValType, u32)>,
    instructions: Vec<Instruction<'a>>,
}

impl<'a> Whole<'a> {
    fn new(types: &Types) -> Result<Self, Error> {
        let own = types.all.iter().skip(types.parameters);
        Ok(Self {
            locals: own.map(|of| encoded(*of)).collect::<Result<_, _>>()?,
            parameters: types.parameters,
            spares: Vec::new(),
            instructions: Vec::new(),
        })
    }

    fn push(&mut self, instruction: Instruction<'a>) {
        self.instructions.push(instruction);
    }

    /// A local that holds something only for as long as it takes to say how to go on.
    fn spare(&mut self, purpose: Spare, of: ValType) -> u32 {
        let is_it = |it: &&(Spare, ValType, u32)| (it.0, it.1) == (purpose, of);
        if let Some((_, _, local)) = self.spares.iter().find(is_it) {
            return *local;
        }
        let local = (self.parameters + self.locals.len()) as u32;
        self.locals.push(of);
        self.spares.push((purpose, of, local));
        local
    }

    fn finish(self) -> Function {
        let mut function = Function::new_with_locals_types(self.locals);
        for instruction in &self.instructions {
            function.instruction(instruction);
        }
        function
    }
}

/// The module with what has changed and what is new.
struct Rewriter<'a, 'b> {
    writer: Writer<'a, 'b>,
    /// The function whose body comes next.
    next: u32,
}

impl Reencode for Rewriter<'_, '_> {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        RoundtripReencoder.parse_type_section(types, section)?;
        for of in &self.writer.types {
            let of = RoundtripReencoder.func_type(of.clone())?;
            types.ty().func_type(&of);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        RoundtripReencoder.parse_function_section(functions, section)?;
        for new in &self.writer.new {
            functions.function(new.of);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for body in section {
            let body = body?;
            match self.writer.changed.get(&self.next) {
                Some(function) => code.function(function),
                None => code.raw(body.as_bytes()),
            };
            self.next += 1;
        }
        for new in &self.writer.new {
            code.function(&new.body);
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        Ok(())
    }
}

fn encoded(of: wasmparser::ValType) -> Result<ValType, Error> {
    Ok(RoundtripReencoder.val_type(of)?)
}

/// What stands for a result that nobody looks at.
fn zero(of: wasmparser::ValType) -> Result<Instruction<'static>, Error> {
    match of {
        wasmparser::ValType::I32 => Ok(Instruction::I32Const(0)),
        wasmparser::ValType::I64 => Ok(Instruction::I64Const(0)),
        wasmparser::ValType::F32 => Ok(Instruction::F32Const(0.0.into())),
        wasmparser::ValType::F64 => Ok(Instruction::F64Const(0.0.into())),
        other => Err(Error::Unknown(format!("a result {other}"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
