//! A module that tells which of its functions have run, and what in them.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    Instruction, ValType,
};
use wasmparser::Parser;

use crate::Error;
use crate::flow::{Flow, Names, Place};
use crate::module::Module;

/// What the exports begin with that say whether something has run: globals. Behind it stand the function's number and its
/// name, or `#` with the key of a place in it.
pub const WATCH: &str = "watch/";

/// The same module, with a global for each of its functions, and for each place in one, that is 1 once it has run.
///
/// # Errors
/// When the module cannot be read.
pub fn watch(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let module = Module::read(bytes)?;
    let first = module.globals.len() as u32;
    let names = Names::of(&module);
    let mut probes = Vec::new();
    for function in module.defined() {
        let places = Flow::of(&module, function, &names)?.map(|flow| flow.places);
        probes.push(places.unwrap_or_default());
    }
    let mut watched = Watched {
        module: &module,
        probes,
        first,
        bodies: 0,
        places: first + module.bodies.len() as u32,
    };
    let mut out = wasm_encoder::Module::new();
    watched.parse_core_module(&mut out, Parser::new(0), bytes)?;
    Ok(out.finish())
}

/// The names of functions and whether they have run, among what [`watch()`] exports: names without [`WATCH`], and values.
pub fn functions<'a>(
    exports: impl Iterator<Item = (&'a str, bool)>,
) -> impl Iterator<Item = (&'a str, bool)> {
    exports.filter_map(|(export, has_run)| {
        let (_, name) = export.split_once('/')?;
        (!name.starts_with('#')).then_some((name, has_run))
    })
}

struct Watched<'a> {
    module: &'a Module<'a>,
    /// The places of each function.
    probes: Vec<Vec<Place>>,
    /// The first of the new globals; behind those of functions are those of places.
    first: u32,
    /// How many bodies were written.
    bodies: u32,
    /// The global of the next place.
    places: u32,
}

impl Reencode for Watched<'_> {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        RoundtripReencoder.parse_global_section(globals, section)?;
        let places: usize = self.probes.iter().map(Vec::len).sum();
        for _ in 0..self.module.bodies.len() + places {
            let of = GlobalType {
                val_type: ValType::I32,
                mutable: true,
                shared: false,
            };
            globals.global(of, &ConstExpr::i32_const(0));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        RoundtripReencoder.parse_export_section(exports, section)?;
        for (global, function) in (self.first..).zip(self.module.defined()) {
            let name = format!("{WATCH}{function}/{}", self.module.name(function));
            exports.export(&name, ExportKind::Global, global);
        }
        let mut global = self.places;
        for (function, places) in self.module.defined().zip(&self.probes) {
            for place in places {
                let name = format!("{WATCH}{function}/#{:08x}", place.key);
                exports.export(&name, ExportKind::Global, global);
                global += 1;
            }
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        let mut function = RoundtripReencoder.new_function_with_parsed_locals(&body)?;
        let note = |function: &mut Function, global: u32| {
            function.instruction(&Instruction::I32Const(1));
            function.instruction(&Instruction::GlobalSet(global));
        };
        note(&mut function, self.first + self.bodies);
        let places = self.probes.get(self.bodies as usize);
        let mut places = places.map_or(&[][..], Vec::as_slice).iter().peekable();
        self.bodies += 1;
        for (at, operator) in body.get_operators_reader()?.into_iter().enumerate() {
            if places.next_if(|place| place.range.start == at).is_some() {
                note(&mut function, self.places);
                self.places += 1;
            }
            function.instruction(&RoundtripReencoder.instruction(operator?)?);
        }
        code.function(&function);
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        Ok(())
    }
}
