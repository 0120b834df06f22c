//! A module as wasm-bindgen leaves it, read as far as splitting needs.

use std::collections::{BTreeMap, HashMap};

use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, Export, ExternalKind, FunctionBody, Global,
    Import, KnownCustom, MemoryType, Name, Operator, Parser, Payload, SubType, Table, TypeRef,
};

use crate::Error;
use crate::paths::plain;

/// One active segment of data.
pub(crate) struct Data<'a> {
    pub(crate) address: u32,
    pub(crate) bytes: &'a [u8],
}

#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) types: Vec<SubType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// The type of each function, imported ones first.
    pub(crate) functions: Vec<u32>,
    /// How many of the functions are imported; the same of tables, memories, globals is none.
    pub(crate) imported: u32,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) tables: Vec<Table<'a>>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) start: Option<u32>,
    /// The table of functions that are called by address.
    pub(crate) table: u32,
    /// The functions in it.
    pub(crate) slots: BTreeMap<u32, u32>,
    pub(crate) data: Vec<Data<'a>>,
    pub(crate) names: HashMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut module = Self::default();
        let mut table = None;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(reader) => {
                    for group in reader {
                        module.types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let import = import?;
                        let TypeRef::Func(of) = import.ty else {
                            return Err(Error::Unknown(format!(
                                "an import `{}` that is no function",
                                import.name
                            )));
                        };
                        module.functions.push(of);
                        module.imported += 1;
                        module.imports.push(import);
                    }
                }
                Payload::FunctionSection(reader) => {
                    for of in reader {
                        module.functions.push(of?);
                    }
                }
                Payload::TableSection(reader) => {
                    module.tables = reader.into_iter().collect::<Result<_, _>>()?
                }
                Payload::MemorySection(reader) => {
                    module.memories = reader.into_iter().collect::<Result<_, _>>()?
                }
                Payload::GlobalSection(reader) => {
                    module.globals = reader.into_iter().collect::<Result<_, _>>()?
                }
                Payload::ExportSection(reader) => {
                    module.exports = reader.into_iter().collect::<Result<_, _>>()?
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(reader) => {
                    for element in reader {
                        let element = element?;
                        let (
                            ElementKind::Active {
                                table_index,
                                offset_expr,
                            },
                            ElementItems::Functions(functions),
                        ) = (element.kind, element.items)
                        else {
                            return Err(Error::Unknown(
                                "elements that are no list of functions".to_owned(),
                            ));
                        };
                        let its = table_index.unwrap_or(0);
                        if *table.get_or_insert(its) != its {
                            return Err(Error::Unknown("two tables of functions".to_owned()));
                        }
                        for (slot, function) in (constant(&offset_expr)?..).zip(functions) {
                            module.slots.insert(slot, function?);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::DataSection(reader) => {
                    for data in reader {
                        let data = data?;
                        let DataKind::Active {
                            memory_index: 0,
                            offset_expr,
                        } = data.kind
                        else {
                            return Err(Error::Unknown(
                                "data that is not put into its memory at the start".to_owned(),
                            ));
                        };
                        let address = constant(&offset_expr)?;
                        module.data.push(Data {
                            address,
                            bytes: data.data,
                        });
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names {
                            if let Name::Function(functions) = name? {
                                for naming in functions {
                                    let naming = naming?;
                                    module.names.insert(naming.index, naming.name);
                                }
                            }
                        }
                    }
                }
                Payload::TagSection(_) => return Err(Error::Unknown("tags".to_owned())),
                _ => {}
            }
        }
        module.table = table.unwrap_or(0);
        Ok(module)
    }

    /// The body of a function; none of an imported one.
    pub(crate) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies
            .get(function.checked_sub(self.imported)? as usize)
    }

    /// The functions that have bodies.
    pub(crate) fn defined(&self) -> std::ops::Range<u32> {
        self.imported..self.functions.len() as u32
    }

    /// The function with this export.
    pub(crate) fn exported(&self, name: &str) -> Option<u32> {
        let export = self
            .exports
            .iter()
            .find(|it| it.name == name && it.kind == ExternalKind::Func);
        export.map(|export| export.index)
    }

    /// The demangled name of a function without hashes, or an empty one. Several functions can have one name.
    pub(crate) fn name(&self, function: u32) -> String {
        let name = self.names.get(&function).copied().unwrap_or_default();
        plain(&rustc_demangle::demangle(name).to_string())
    }
}

/// The value of an offset.
pub(crate) fn constant(expression: &ConstExpr<'_>) -> Result<u32, Error> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value as u32),
        other => Err(Error::Unknown(format!("an offset {other:?}"))),
    }
}

/// The contents of a custom section.
pub(crate) fn custom<'a>(bytes: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, Error> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == name
        {
            return Ok(Some(section.data()));
        }
    }
    Ok(None)
}
