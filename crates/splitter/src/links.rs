//! What the linker knows of a module: which functions and data refer to which data and to which functions by address.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use wasmparser::{KnownCustom, Linking, Parser, Payload, RelocationType, SymbolInfo};

use crate::Error;
use crate::module::Module;

/// What something refers to.
#[derive(Default)]
pub(crate) struct Refers {
    /// The numbers that stand in a function for what it refers to.
    pub(crate) values: Vec<(u32, To)>,
    /// Places in [`Links::data`].
    pub(crate) data: BTreeSet<usize>,
    /// Functions by address: their slots in the table.
    pub(crate) slots: BTreeSet<u32>,
}

/// Data that stays together.
pub(crate) struct Datum {
    pub(crate) place: Range<u32>,
    pub(crate) refers: Refers,
}

/// What refers to what.
pub(crate) struct Links {
    /// By the demangled names of functions; those that share a name share what they refer to.
    pub(crate) functions: HashMap<String, Refers>,
    /// By address, without overlaps.
    pub(crate) data: Vec<Datum>,
}

/// What a symbol is.
enum Symbol {
    /// Data at this address.
    Data(u32),
    Function(u32),
    Other,
}

impl Links {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let module = Module::read(bytes)?;
        let unfit = |what: &str| {
            Error::Unfit(format!(
                "the linked module {what}; it needs the linker's `--emit-relocs`"
            ))
        };
        let (mut code, mut data) = (None, None);
        let mut symbols = Vec::new();
        let mut relocations = Vec::new();
        // The number of sections counts the custom ones.
        let (mut code_section, mut data_section) = (None, None);
        let mut data_at = Vec::new();
        for (section, payload) in sections(bytes)? {
            match payload {
                Payload::CodeSectionStart { range, .. } => {
                    code = Some(range.start);
                    code_section = Some(section);
                }
                Payload::DataSection(reader) => {
                    data = Some(reader.range().start);
                    data_section = Some(section);
                    for datum in reader {
                        let datum = datum?;
                        data_at.push(datum.range.end - datum.data.len());
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            if let Linking::SymbolTable(table) = part? {
                                symbols = table.into_iter().collect::<Result<Vec<_>, _>>()?;
                            }
                        }
                    }
                    KnownCustom::Reloc(reader) => {
                        relocations.push((reader.section_index(), reader.entries()));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        let (code, data) = (
            code.ok_or_else(|| unfit("has no code"))?,
            data.ok_or_else(|| unfit("has no data"))?,
        );
        if symbols.is_empty() || relocations.is_empty() {
            return Err(unfit("does not tell what refers to what"));
        }

        let address = |segment: u32| module.data.get(segment as usize).map(|data| data.address);
        let mut places: Vec<Range<u32>> = Vec::new();
        let symbols: Vec<Symbol> = symbols
            .iter()
            .map(|symbol| match *symbol {
                SymbolInfo::Func { index, .. } => Symbol::Function(index),
                SymbolInfo::Data {
                    symbol: Some(symbol),
                    ..
                } => match address(symbol.index) {
                    Some(address) => {
                        let from = address + symbol.offset;
                        places.push(from..from + symbol.size);
                        Symbol::Data(from)
                    }
                    None => Symbol::Other,
                },
                _ => Symbol::Other,
            })
            .collect();
        // A function that refers to nothing is known, too.
        let names = module
            .defined()
            .map(|function| (module.name(function), Refers::default()));
        let mut links = Self {
            functions: names.collect(),
            data: joined(places),
        };

        let slots: HashMap<u32, u32> = module
            .slots
            .iter()
            .map(|(slot, function)| (*function, *slot))
            .collect();
        // Bodies and segments as ranges of the file, in the file's order.
        let bodies: Vec<Range<usize>> = module.bodies.iter().map(|body| body.range()).collect();
        for (section, entries) in relocations {
            let (is_code, base) = match Some(section) {
                it if it == code_section => (true, code),
                it if it == data_section => (false, data),
                _ => continue,
            };
            for entry in entries {
                let entry = entry?;
                use RelocationType as Kind;
                let is_address = matches!(
                    entry.ty,
                    Kind::MemoryAddrLeb | Kind::MemoryAddrSleb | Kind::MemoryAddrI32
                );
                let is_slot = matches!(entry.ty, Kind::TableIndexSleb | Kind::TableIndexI32);
                let is_harmless = matches!(
                    entry.ty,
                    Kind::FunctionIndexLeb
                        | Kind::TypeIndexLeb
                        | Kind::GlobalIndexLeb
                        | Kind::TableNumberLeb
                );
                if is_harmless {
                    continue;
                }
                if !is_address && !is_slot {
                    return Err(Error::Unknown(format!("a relocation {:?}", entry.ty)));
                }
                let at = base + entry.offset as usize;
                let to = match symbols.get(entry.index as usize) {
                    Some(Symbol::Data(address)) if is_address => {
                        let value = (i64::from(*address) + entry.addend) as u32;
                        let datum = links.datum(*address);
                        datum.map(|datum| (value, To::Data(datum)))
                    }
                    Some(Symbol::Function(function)) if is_slot => {
                        let slot = slots.get(function).copied();
                        slot.map(|slot| (slot, To::Slot(slot)))
                    }
                    _ => None,
                };
                let Some((value, to)) = to else { continue };
                let from = if is_code {
                    let body = bodies.partition_point(|body| body.end <= at);
                    if !bodies.get(body).is_some_and(|body| body.contains(&at)) {
                        return Err(unfit("has a relocation outside of its functions"));
                    }
                    links
                        .functions
                        .entry(module.name(module.imported + body as u32))
                        .or_default()
                } else {
                    let segment = data_at.partition_point(|start| *start <= at).checked_sub(1);
                    let segment =
                        segment.and_then(|it| Some((data_at.get(it)?, module.data.get(it)?)));
                    let address = segment.map(|(start, data)| data.address + (at - start) as u32);
                    let datum = address.and_then(|address| links.datum(address));
                    match datum.and_then(|datum| links.data.get_mut(datum)) {
                        Some(datum) => &mut datum.refers,
                        None => return Err(unfit("has a relocation outside of its data")),
                    }
                };
                if is_code {
                    from.values.push((value, to));
                }
                match to {
                    To::Data(datum) => from.data.insert(datum),
                    To::Slot(slot) => from.slots.insert(slot),
                };
            }
        }
        Ok(links)
    }

    /// The data that an address is in.
    pub(crate) fn datum(&self, address: u32) -> Option<usize> {
        let datum = self
            .data
            .partition_point(|datum| datum.place.end <= address);
        let is_in = self
            .data
            .get(datum)
            .is_some_and(|it| it.place.contains(&address));
        is_in.then_some(datum)
    }
}

/// Something that is referred to.
#[derive(Clone, Copy)]
pub(crate) enum To {
    Data(usize),
    Slot(u32),
}

/// The sections with their numbers.
fn sections(bytes: &[u8]) -> Result<Vec<(u32, Payload<'_>)>, Error> {
    let mut sections = Vec::new();
    let mut number = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if matches!(payload, Payload::CodeSectionEntry(_)) || payload.as_section().is_none() {
            continue;
        }
        sections.push((number, payload));
        number += 1;
    }
    Ok(sections)
}

/// Ranges by address, those that overlap as one.
fn joined(mut places: Vec<Range<u32>>) -> Vec<Datum> {
    places.retain(|place| !place.is_empty());
    places.sort_by_key(|place| place.start);
    let mut data: Vec<Datum> = Vec::new();
    for place in places {
        match data.last_mut() {
            Some(last) if place.start < last.place.end => {
                last.place.end = last.place.end.max(place.end)
            }
            _ => data.push(Datum {
                place,
                refers: Refers::default(),
            }),
        }
    }
    data
}
