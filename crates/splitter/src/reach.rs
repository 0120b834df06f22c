//! What the first module has to have: what can be reached from its start without going through what is late.

use std::collections::{BTreeSet, HashSet};

use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{ExternalKind, FunctionBody, Operator};

use crate::links::{Links, To};
use crate::module::Module;
use crate::{Error, Later};

/// What belongs to the first module.
#[derive(Default)]
pub(crate) struct Reach {
    /// Functions, imported ones too.
    pub(crate) functions: HashSet<u32>,
    /// Late functions that the first module refers to.
    pub(crate) stubs: BTreeSet<u32>,
    /// Data, as places in [`Links::data`].
    pub(crate) data: HashSet<usize>,
    /// Slots of the table.
    pub(crate) slots: HashSet<u32>,
}

enum Visit {
    Function(u32),
    Datum(usize),
    Slot(u32),
}

impl Reach {
    pub(crate) fn of(
        module: &Module<'_>,
        links: &Links,
        ask: u32,
        later: &Later,
        pieces: &Pieces,
    ) -> Result<Self, Error> {
        let mut reach = Self::default();
        let always = always(module, ask)?;
        let mut visits: Vec<Visit> = Vec::new();
        visits.extend(module.start.map(Visit::Function));
        let exports = module
            .exports
            .iter()
            .filter(|export| export.kind == ExternalKind::Func);
        visits.extend(exports.map(|export| Visit::Function(export.index)));
        // What wasm-bindgen has put into the table stands in no relocation.
        let from_functions = links.functions.values();
        let known = from_functions.chain(links.data.iter().map(|datum| &datum.refers));
        let known: HashSet<u32> = known
            .flat_map(|refers| refers.slots.iter().copied())
            .collect();
        visits.extend(
            module
                .slots
                .keys()
                .filter(|slot| !known.contains(slot))
                .map(|slot| Visit::Slot(*slot)),
        );

        while let Some(visit) = visits.pop() {
            let refers = match visit {
                Visit::Datum(datum) if reach.data.insert(datum) => {
                    links.data.get(datum).map(|datum| &datum.refers)
                }
                Visit::Slot(slot) if reach.slots.insert(slot) => {
                    visits.extend(
                        module
                            .slots
                            .get(&slot)
                            .map(|function| Visit::Function(*function)),
                    );
                    None
                }
                Visit::Function(function) if !reach.functions.contains(&function) => {
                    let name = module.name(function);
                    if module.body(function).is_some()
                        && (later.has(&name) || pieces.is_new(function))
                        && !always.contains(&function)
                    {
                        reach.stubs.insert(function);
                        continue;
                    }
                    reach.functions.insert(function);
                    let Some(body) = module.body(function) else {
                        continue;
                    };
                    visits.extend(called(body)?.into_iter().map(Visit::Function));
                    let refers = links.functions.get(&name);
                    if refers.is_none() {
                        // wasm-bindgen's own functions call others; what stands at an address they do not know.
                        check_knows_no_data(body, links, &name)?;
                    }
                    if let Some(refers) = refers.filter(|_| pieces.is_cut(function)) {
                        let numbers = numbers(body)?;
                        let named = refers.values.iter().filter(|(it, _)| numbers.contains(it));
                        visits.extend(named.map(|(_, to)| match to {
                            To::Data(datum) => Visit::Datum(*datum),
                            To::Slot(slot) => Visit::Slot(*slot),
                        }));
                        continue;
                    }
                    refers
                }
                _ => None,
            };
            if let Some(refers) = refers {
                visits.extend(refers.data.iter().map(|datum| Visit::Datum(*datum)));
                visits.extend(refers.slots.iter().map(|slot| Visit::Slot(*slot)));
            }
        }
        Ok(reach)
    }
}

/// Which functions are only pieces of what the linker wrote.
#[derive(Default)]
pub(crate) struct Pieces {
    /// Those that others were cut out of.
    pub(crate) cut: HashSet<u32>,
    /// The first of those that were cut out, which are behind all others and late.
    pub(crate) new: Option<u32>,
}

impl Pieces {
    fn is_new(&self, function: u32) -> bool {
        self.new.is_some_and(|new| new <= function)
    }

    fn is_cut(&self, function: u32) -> bool {
        self.cut.contains(&function) || self.is_new(function)
    }
}

/// The numbers in a function that addresses and slots can be.
fn numbers(body: &FunctionBody<'_>) -> Result<HashSet<u32>, Error> {
    let mut numbers = Numbers::default();
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        if let Operator::I32Const { value } = operator {
            numbers.0.insert(value as u32);
        } else {
            numbers.instruction(operator)?;
        }
    }
    Ok(numbers.0)
}

#[derive(Default)]
struct Numbers(HashSet<u32>);

impl Reencode for Numbers {
    type Error = std::convert::Infallible;

    fn mem_arg(
        &mut self,
        argument: wasmparser::MemArg,
    ) -> Result<wasm_encoder::MemArg, reencode::Error> {
        self.0.insert(argument.offset as u32);
        reencode::utils::mem_arg(self, argument)
    }
}

/// What asking for the late module takes.
pub(crate) fn always(module: &Module<'_>, ask: u32) -> Result<HashSet<u32>, Error> {
    let mut always = HashSet::new();
    let mut visits = vec![ask];
    while let Some(function) = visits.pop() {
        if let Some(body) = module.body(function)
            && always.insert(function)
        {
            visits.extend(called(body)?);
        }
    }
    Ok(always)
}

/// The functions that a function names.
pub(crate) fn called(body: &FunctionBody<'_>) -> Result<BTreeSet<u32>, Error> {
    let mut called = BTreeSet::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => {
                called.insert(function_index);
            }
            _ => {}
        }
    }
    Ok(called)
}

fn check_knows_no_data(body: &FunctionBody<'_>, links: &Links, name: &str) -> Result<(), Error> {
    for operator in body.get_operators_reader()? {
        if let Operator::I32Const { value } = operator?
            && links.datum(value as u32).is_some()
        {
            return Err(Error::Unfit(format!(
                "the function `{name}` is not in the linked module, but may refer to its data"
            )));
        }
    }
    Ok(())
}
