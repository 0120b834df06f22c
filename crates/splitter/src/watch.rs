//! A module that tells which of its functions have run.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction,
    ValType,
};
use wasmparser::Parser;

use crate::Error;
use crate::module::Module;

/// What the exports begin with that say whether a function has run: globals, with the function's number and name behind.
pub const WATCH: &str = "watch/";

/// The same module, with a global for each of its functions that is 1 once the function has run.
///
/// # Errors
/// When the module cannot be read.
pub fn watch(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let module = Module::read(bytes)?;
    let first = module.globals.len() as u32;
    let mut watched = Watched(RoundtripReencoder, &module, first, 0);
    let mut out = wasm_encoder::Module::new();
    watched.parse_core_module(&mut out, Parser::new(0), bytes)?;
    Ok(out.finish())
}

/// The module, the first of the new globals, and how many bodies were written.
struct Watched<'a>(RoundtripReencoder, &'a Module<'a>, u32, u32);

impl Reencode for Watched<'_> {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        self.0.parse_global_section(globals, section)?;
        for _ in self.1.defined() {
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
        self.0.parse_export_section(exports, section)?;
        for (global, function) in (self.2..).zip(self.1.defined()) {
            let name = format!("{WATCH}{function}/{}", self.1.name(function));
            exports.export(&name, ExportKind::Global, global);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        let mut function = self.0.new_function_with_parsed_locals(&body)?;
        function.instruction(&Instruction::I32Const(1));
        function.instruction(&Instruction::GlobalSet(self.2 + self.3));
        self.3 += 1;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&self.0.parse_instruction(&mut operators)?);
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
