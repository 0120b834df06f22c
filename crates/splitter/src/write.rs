//! Writes the two modules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemorySection, RefType, StartSection, TableSection, TableType, TypeSection,
    ValType,
};
use wasmparser::{CompositeInnerType, ExternalKind, FunctionBody, Operator, TableInit};

use crate::links::Links;
use crate::module::Module;
use crate::reach::{Reach, called};
use crate::{Error, FIRST, Parts};

/// Late data that is shorter than this leaves zeros in the first module: a segment more would take as much.
const HOLE_MIN_BYTES: u32 = 48;

/// New indices for the ones of the whole module; what is not in a map must not be referred to.
#[derive(Default)]
struct Indices {
    functions: HashMap<u32, u32>,
    globals: HashMap<u32, u32>,
    tables: HashMap<u32, u32>,
}

impl Indices {
    fn find(
        map: &HashMap<u32, u32>,
        index: u32,
        what: &str,
    ) -> Result<u32, reencode::Error<Error>> {
        let found = map.get(&index).copied();
        found.ok_or_else(|| {
            reencode::Error::UserError(Error::Unfit(format!(
                "the {what} {index} is in the other part"
            )))
        })
    }
}

impl Reencode for Indices {
    type Error = Error;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<Error>> {
        Self::find(&self.functions, index, "function")
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error<Error>> {
        Self::find(&self.globals, index, "global")
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error<Error>> {
        Self::find(&self.tables, index, "table")
    }
}

/// What the two parts have to agree on.
struct Plan<'a> {
    module: &'a Module<'a>,
    links: &'a Links,
    reach: &'a Reach,
    /// Functions of the first part, in the order they are written in.
    first: Vec<u32>,
    /// Functions of the late part, in the order they are written in.
    late: Vec<u32>,
    /// What the late part imports: functions of the first one or of the page, globals, tables.
    shared: Shared,
    /// The type of a function that takes a number and gives one.
    number_type: u32,
    /// The type of a function that takes and gives nothing.
    plain_type: u32,
}

#[derive(Default)]
struct Shared {
    functions: BTreeSet<u32>,
    globals: BTreeSet<u32>,
    tables: BTreeSet<u32>,
}

pub(crate) fn write(
    module: &Module<'_>,
    links: &Links,
    reach: &Reach,
    ask: u32,
) -> Result<Parts, Error> {
    let (mut first, mut late): (Vec<u32>, Vec<u32>) = module
        .defined()
        .partition(|it| reach.functions.contains(it));
    // Like beside like: that is what packing lives on.
    first.sort_by_cached_key(|it| {
        (
            module.functions.get(*it as usize).copied(),
            module.name(*it),
        )
    });
    late.sort_by_cached_key(|it| {
        (
            module.functions.get(*it as usize).copied(),
            module.name(*it),
        )
    });
    let mut shared = Shared::default();
    for function in &late {
        if let Some(body) = module.body(*function) {
            shared.functions.extend(
                called(body)?
                    .into_iter()
                    .filter(|it| reach.functions.contains(it) || *it < module.imported),
            );
            shared.gather(body)?;
        }
    }
    shared.tables.insert(module.table);
    let mut types = module.types.len() as u32;
    let mut type_of = |parameters: &[wasmparser::ValType], results: &[wasmparser::ValType]| {
        let is_it = |of: &wasmparser::SubType| match &of.composite_type.inner {
            CompositeInnerType::Func(of) => of.params() == parameters && of.results() == results,
            _ => false,
        };
        module.types.iter().position(is_it).map_or_else(
            || {
                types += 1;
                types - 1
            },
            |at| at as u32,
        )
    };
    let i32 = wasmparser::ValType::I32;
    let number_type = type_of(&[i32], &[i32]);
    let plain_type = type_of(&[], &[]);
    let plan = Plan {
        module,
        links,
        reach,
        first,
        late,
        shared,
        number_type,
        plain_type,
    };
    Ok(Parts {
        first: plan.first_part(ask)?,
        late: plan.late_part()?,
        stubs: reach.stubs.len(),
    })
}

impl Shared {
    /// Globals and tables that a function uses.
    fn gather(&mut self, body: &FunctionBody<'_>) -> Result<(), Error> {
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                    self.globals.insert(global_index);
                }
                Operator::CallIndirect { table_index, .. }
                | Operator::ReturnCallIndirect { table_index, .. } => {
                    self.tables.insert(table_index);
                }
                Operator::TableGet { table }
                | Operator::TableSet { table }
                | Operator::TableGrow { table }
                | Operator::TableSize { table }
                | Operator::TableFill { table } => {
                    self.tables.insert(table);
                }
                Operator::TableCopy {
                    dst_table,
                    src_table,
                } => {
                    self.tables.extend([dst_table, src_table]);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// All that is shared, with the short names it is exported under.
    fn named(&self) -> impl Iterator<Item = (String, ExternalKind, u32)> + '_ {
        let functions = self.functions.iter().map(|it| (ExternalKind::Func, *it));
        let globals = self.globals.iter().map(|it| (ExternalKind::Global, *it));
        let tables = self.tables.iter().map(|it| (ExternalKind::Table, *it));
        let all = functions.chain(globals).chain(tables);
        all.enumerate()
            .map(|(number, (kind, index))| (number.to_string(), kind, index))
    }
}

/// The names under which the first part exports what only splitting needs.
const TABLE: &str = "late/table";
const IS_LOADED: &str = "late/loaded";
const MEMORY: &str = "late/memory";

impl Plan<'_> {
    fn first_part(&self, ask: u32) -> Result<Vec<u8>, Error> {
        let Self { module, reach, .. } = *self;
        let mut indices = Indices::default();
        let kept = (0..module.imported).chain(self.first.iter().copied());
        indices.functions = kept.chain(reach.stubs.iter().copied()).zip(0..).collect();
        let need = indices.functions.len() as u32;
        indices.globals = (0..module.globals.len() as u32)
            .map(|it| (it, it))
            .collect();
        indices.tables = (0..module.tables.len() as u32).map(|it| (it, it)).collect();
        let is_loaded = module.globals.len() as u32;
        let table = module.tables.len() as u32;

        let mut imports = ImportSection::new();
        for import in &module.imports {
            imports.import(import.module, import.name, entity(&mut indices, import.ty)?);
        }
        let mut functions = FunctionSection::new();
        for function in self.first.iter().chain(&reach.stubs) {
            functions.function(self.type_of(*function)?);
        }
        functions.function(self.number_type);
        let mut tables = TableSection::new();
        for table in &module.tables {
            if !matches!(table.init, TableInit::RefNull) {
                return Err(Error::Unknown("a table with a first value".to_owned()));
            }
            tables.table(utils::table_type(&mut indices, table.ty).map_err(unwrapped)?);
        }
        tables.table(self.late_table());
        let mut memories = MemorySection::new();
        for memory in &module.memories {
            memories.memory(utils::memory_type(&mut indices, *memory));
        }
        let mut globals = GlobalSection::new();
        for global in &module.globals {
            let of = utils::global_type(&mut indices, global.ty).map_err(unwrapped)?;
            globals.global(
                of,
                &utils::const_expr(&mut indices, global.init_expr.clone()).map_err(unwrapped)?,
            );
        }
        globals.global(loaded_type(), &ConstExpr::i32_const(0));
        let mut exports = ExportSection::new();
        for export in &module.exports {
            let index = indices
                .external_index(export.kind, export.index)
                .map_err(unwrapped)?;
            exports.export(export.name, export_kind(export.kind)?, index);
        }
        for (name, kind, index) in self.shared.named() {
            let index = indices.external_index(kind, index).map_err(unwrapped)?;
            exports.export(&name, export_kind(kind)?, index);
        }
        exports.export(TABLE, ExportKind::Table, table);
        exports.export(IS_LOADED, ExportKind::Global, is_loaded);
        exports.export(MEMORY, ExportKind::Memory, 0);
        // A slot that only late code knows holds anything until that code is there.
        let slots = module.slots.iter().map(|(slot, function)| {
            let is_known = reach.functions.contains(function) || reach.slots.contains(slot);
            let function = indices.functions.get(function).filter(|_| is_known);
            (*slot, function.copied().unwrap_or(need))
        });
        let mut elements = ElementSection::new();
        write_elements(&mut elements, module.table, slots);
        let mut code = CodeSection::new();
        for function in &self.first {
            self.write_body(&mut indices, &mut code, *function)?;
        }
        for (slot, function) in reach.stubs.iter().enumerate() {
            let of = self.type_of(*function)?;
            let mut stub = Function::new([]);
            for parameter in 0..self.parameters(of)? {
                stub.instruction(&Instruction::LocalGet(parameter));
            }
            stub.instruction(&Instruction::I32Const(slot as i32));
            stub.instruction(&Instruction::Call(need));
            stub.instruction(&Instruction::CallIndirect {
                type_index: of,
                table_index: table,
            });
            stub.instruction(&Instruction::End);
            code.function(&stub);
        }
        let mut needs = Function::new([]);
        needs.instruction(&Instruction::GlobalGet(is_loaded));
        needs.instruction(&Instruction::I32Eqz);
        needs.instruction(&Instruction::If(BlockType::Empty));
        needs.instruction(&Instruction::Call(
            indices.function_index(ask).map_err(unwrapped)?,
        ));
        needs.instruction(&Instruction::End);
        needs.instruction(&Instruction::LocalGet(0));
        needs.instruction(&Instruction::End);
        code.function(&needs);

        let mut out = wasm_encoder::Module::new();
        out.section(&self.types(&mut indices)?)
            .section(&imports)
            .section(&functions)
            .section(&tables);
        out.section(&memories).section(&globals).section(&exports);
        if let Some(start) = module.start {
            let function_index = indices.function_index(start).map_err(unwrapped)?;
            out.section(&StartSection { function_index });
        }
        out.section(&elements)
            .section(&code)
            .section(&self.first_data());
        Ok(out.finish())
    }

    fn late_part(&self) -> Result<Vec<u8>, Error> {
        let Self { module, reach, .. } = *self;
        let mut indices = Indices::default();
        let mut imports = ImportSection::new();
        for (name, kind, index) in self.shared.named() {
            let (map, of) = match kind {
                ExternalKind::Global => {
                    let global = module
                        .globals
                        .get(index as usize)
                        .ok_or_else(|| missing("global"))?;
                    let of = utils::global_type(&mut indices, global.ty).map_err(unwrapped)?;
                    (&mut indices.globals, EntityType::Global(of))
                }
                ExternalKind::Table => {
                    let table = module
                        .tables
                        .get(index as usize)
                        .ok_or_else(|| missing("table"))?;
                    let of = utils::table_type(&mut indices, table.ty).map_err(unwrapped)?;
                    (&mut indices.tables, EntityType::Table(of))
                }
                _ => (
                    &mut indices.functions,
                    EntityType::Function(self.type_of(index)?),
                ),
            };
            map.insert(index, map.len() as u32);
            imports.import(FIRST, &name, of);
        }
        let (table, is_loaded) = (indices.tables.len() as u32, indices.globals.len() as u32);
        imports.import(FIRST, TABLE, EntityType::Table(self.late_table()));
        imports.import(FIRST, IS_LOADED, EntityType::Global(loaded_type()));
        for memory in &module.memories {
            let of = utils::memory_type(&mut indices, *memory);
            imports.import(FIRST, MEMORY, EntityType::Memory(of));
        }
        let mut functions = FunctionSection::new();
        for function in &self.late {
            indices
                .functions
                .insert(*function, indices.functions.len() as u32);
            functions.function(self.type_of(*function)?);
        }
        let says_loaded = indices.functions.len() as u32;
        functions.function(self.plain_type);

        let mut elements = ElementSection::new();
        let of_all = module
            .slots
            .iter()
            .filter(|(_, function)| !reach.functions.contains(function));
        let slots =
            of_all.filter_map(|(slot, function)| Some((*slot, *indices.functions.get(function)?)));
        let function_table = indices
            .tables
            .get(&module.table)
            .copied()
            .ok_or_else(|| missing("table"))?;
        write_elements(&mut elements, function_table, slots);
        let stubbed = reach
            .stubs
            .iter()
            .filter_map(|function| indices.functions.get(function).copied());
        write_elements(&mut elements, table, (0..).zip(stubbed));
        let mut code = CodeSection::new();
        for function in &self.late {
            self.write_body(&mut indices, &mut code, *function)?;
        }
        let mut says = Function::new([]);
        says.instruction(&Instruction::I32Const(1));
        says.instruction(&Instruction::GlobalSet(is_loaded));
        says.instruction(&Instruction::End);
        code.function(&says);

        let mut out = wasm_encoder::Module::new();
        out.section(&self.types(&mut indices)?)
            .section(&imports)
            .section(&functions);
        out.section(&StartSection {
            function_index: says_loaded,
        });
        out.section(&elements)
            .section(&code)
            .section(&self.late_data());
        Ok(out.finish())
    }

    fn types(&self, indices: &mut Indices) -> Result<TypeSection, Error> {
        let mut types = TypeSection::new();
        for of in &self.module.types {
            types
                .ty()
                .subtype(&utils::sub_type(indices, of.clone()).map_err(unwrapped)?);
        }
        let known = self.module.types.len() as u32;
        let mut added: Vec<u32> = [self.number_type, self.plain_type]
            .into_iter()
            .filter(|it| *it >= known)
            .collect();
        added.sort_unstable();
        for of in added {
            if of == self.number_type {
                types.ty().function([ValType::I32], [ValType::I32]);
            } else {
                types.ty().function([], []);
            }
        }
        Ok(types)
    }

    fn type_of(&self, function: u32) -> Result<u32, Error> {
        self.module
            .functions
            .get(function as usize)
            .copied()
            .ok_or_else(|| missing("function"))
    }

    fn parameters(&self, of: u32) -> Result<u32, Error> {
        match self
            .module
            .types
            .get(of as usize)
            .map(|of| &of.composite_type.inner)
        {
            Some(CompositeInnerType::Func(of)) => Ok(of.params().len() as u32),
            _ => Err(missing("type")),
        }
    }

    fn late_table(&self) -> TableType {
        let size = self.reach.stubs.len() as u64;
        TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        }
    }

    fn write_body(
        &self,
        indices: &mut Indices,
        code: &mut CodeSection,
        function: u32,
    ) -> Result<(), Error> {
        let body = self.module.body(function).ok_or_else(|| missing("body"))?;
        utils::parse_function_body(indices, code, body.clone()).map_err(unwrapped)
    }

    /// Late data, by address; what lies between two of them and belongs to nothing goes with them.
    fn late_places(&self) -> Vec<Range<u32>> {
        let mut places: Vec<Range<u32>> = Vec::new();
        let mut is_after_late = false;
        for (number, datum) in self.links.data.iter().enumerate() {
            let is_late = !self.reach.data.contains(&number);
            match places.last_mut() {
                Some(last)
                    if is_late
                        && is_after_late
                        && self.is_one_segment(last.start, datum.place.end) =>
                {
                    last.end = datum.place.end;
                }
                _ if is_late => places.push(datum.place.clone()),
                _ => {}
            }
            is_after_late = is_late;
        }
        places
    }

    fn is_one_segment(&self, from: u32, to: u32) -> bool {
        let is_in = |it: &crate::module::Data<'_>| {
            it.address <= from && to <= it.address + it.bytes.len() as u32
        };
        self.module.data.iter().any(is_in)
    }

    fn first_data(&self) -> DataSection {
        let places = self.late_places();
        let mut data = DataSection::new();
        for segment in &self.module.data {
            let mut bytes = segment.bytes.to_vec();
            let end = segment.address + bytes.len() as u32;
            let mut from = segment.address;
            for place in places
                .iter()
                .filter(|it| segment.address <= it.start && it.end <= end)
            {
                let at = |address: u32| (address - segment.address) as usize;
                if let Some(bytes) = bytes.get_mut(at(place.start)..at(place.end)) {
                    bytes.fill(0);
                }
                if place.end - place.start >= HOLE_MIN_BYTES {
                    write_data(&mut data, from, bytes.get(at(from)..at(place.start)));
                    from = place.end;
                }
            }
            write_data(
                &mut data,
                from,
                bytes.get((from - segment.address) as usize..),
            );
        }
        data
    }

    fn late_data(&self) -> DataSection {
        let places = self.late_places();
        let mut data = DataSection::new();
        for segment in &self.module.data {
            let end = segment.address + segment.bytes.len() as u32;
            for place in places
                .iter()
                .filter(|it| segment.address <= it.start && it.end <= end)
            {
                let at = |address: u32| (address - segment.address) as usize;
                write_data(
                    &mut data,
                    place.start,
                    segment.bytes.get(at(place.start)..at(place.end)),
                );
            }
        }
        data
    }
}

fn write_data(data: &mut DataSection, address: u32, bytes: Option<&[u8]>) {
    if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
        data.active(
            0,
            &ConstExpr::i32_const(address as i32),
            bytes.iter().copied(),
        );
    }
}

/// Neighbouring slots make a segment.
fn write_elements(
    elements: &mut ElementSection,
    table: u32,
    slots: impl Iterator<Item = (u32, u32)>,
) {
    let slots: BTreeMap<u32, u32> = slots.collect();
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (slot, function) in slots {
        match runs.last_mut() {
            Some((from, run)) if *from + run.len() as u32 == slot => run.push(function),
            _ => runs.push((slot, vec![function])),
        }
    }
    for (from, run) in runs {
        let table = (table != 0).then_some(table);
        elements.active(
            table,
            &ConstExpr::i32_const(from as i32),
            Elements::Functions(run.into()),
        );
    }
}

fn entity(indices: &mut Indices, of: wasmparser::TypeRef) -> Result<EntityType, Error> {
    utils::entity_type(indices, of).map_err(unwrapped)
}

fn export_kind(kind: ExternalKind) -> Result<ExportKind, Error> {
    match kind {
        ExternalKind::Func => Ok(ExportKind::Func),
        ExternalKind::Table => Ok(ExportKind::Table),
        ExternalKind::Memory => Ok(ExportKind::Memory),
        ExternalKind::Global => Ok(ExportKind::Global),
        other => Err(Error::Unknown(format!("an export of kind {other:?}"))),
    }
}

fn loaded_type() -> GlobalType {
    GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    }
}

fn missing(what: &str) -> Error {
    Error::Unfit(format!(
        "the module refers to a {what} that it does not have"
    ))
}

/// The error of the encoder as this crate's.
fn unwrapped(error: reencode::Error<Error>) -> Error {
    match error {
        reencode::Error::UserError(error) => error,
        other => Error::Unfit(other.to_string()),
    }
}
