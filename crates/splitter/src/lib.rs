//! Splits the wasm of the page into two modules: the first, which the way from opening to the first step needs, and the
//! late one, which is fetched when the page can be used already.
//!
//! A function of the late module that the first one refers to has a stub there, which asks for the late module if it is
//! not there yet and then calls the function through a table. So what is late is a matter of speed and never of
//! correctness: any choice works, and a wrong one costs a wait.
//!
//! The choice is a table of paths ([`Later`]): what they name is late, and so is what only late code refers to, functions
//! and data alike. What refers to what is read from the linker's relocations, which is why the module before wasm-bindgen
//! is needed beside the one after it.
//!
//! Most functions of the first module do more than the first step asks of them. What is behind a place that a second table names
//! ([`Rare`]) is cut out of its function, and becomes a late one of its own.
//!
//! [`watch()`] makes a module that tells what has run, for making the tables.

mod cut;
mod flow;
mod links;
mod live;
mod module;
mod outline;
mod paths;
mod rare;
mod reach;
mod watch;
mod write;

pub use paths::{Later, path};
pub use rare::Rare;
pub use watch::{WATCH, functions, watch};

use links::Links;
use module::Module;
use reach::{Pieces, Reach};

/// Why a module could not be split.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no module, or one of a later standard.
    #[error("this is no module that can be read: {0}")]
    Unreadable(#[from] wasmparser::BinaryReaderError),
    /// The module has something that this crate does not carry over.
    #[error("the module has {0}, which the splitter does not know")]
    Unknown(String),
    /// The two modules do not belong together, or one was not made as it has to be.
    #[error("{0}")]
    Unfit(String),
}

impl From<wasm_encoder::reencode::Error> for Error {
    fn from(error: wasm_encoder::reencode::Error) -> Self {
        Self::Unfit(error.to_string())
    }
}

/// The two modules.
pub struct Parts {
    /// What the page starts with; its imports and exports are those of the whole, and more for the late one.
    pub first: Vec<u8>,
    /// The rest. It imports from the module [`FIRST`] what the first one exports, and is complete once it is instantiated.
    pub late: Vec<u8>,
    /// How many functions of the late module the first one may have to ask for.
    pub stubs: usize,
}

/// The module that the late one imports everything from: the first one's exports.
pub const FIRST: &str = "first";

/// Splits a module by its two tables. `linked` is what the linker wrote (with `--emit-relocs`), `bound` what wasm-bindgen made of it, and
/// `ask` the export that fetches the late module.
///
/// # Errors
/// When the modules cannot be read, do not belong together, or have something in them that is not known here.
pub fn split(
    linked: &[u8],
    bound: &[u8],
    ask: &str,
    later: &Later,
    rare: &Rare,
) -> Result<Parts, Error> {
    let links = Links::read(linked)?;
    let whole = Module::read(bound)?;
    let no_export = || Error::Unfit(format!("the module does not export `{ask}`"));
    let ask = whole.exported(ask).ok_or_else(no_export)?;
    let reach = Reach::of(&whole, &links, ask, later, &Pieces::default())?;
    // What asks for the late module cannot be in pieces.
    let always = reach::always(&whole, ask)?;
    let first = whole.defined();
    let first = first.filter(|it| reach.functions.contains(it) && !always.contains(it));
    let outlined = outline::outline(bound, &whole, first, rare)?;

    let mut module = Module::read(&outlined.bytes)?;
    module.names.clone_from(&whole.names);
    let new = whole.functions.len() as u32;
    for (number, origin) in (new..).zip(&outlined.origins) {
        let name = whole.names.get(origin).copied().unwrap_or_default();
        module.names.insert(number, name);
    }
    let pieces = Pieces {
        cut: outlined.origins.iter().copied().collect(),
        new: Some(new),
    };
    let reach = Reach::of(&module, &links, ask, later, &pieces)?;
    write::write(&module, &links, &reach, ask)
}

/// Whether wasm-bindgen made `bound` from `linked`: it passes on the linker's table of symbols as it was.
///
/// # Errors
/// When one of them is no module.
pub fn belong_together(linked: &[u8], bound: &[u8]) -> Result<bool, Error> {
    let symbols = module::custom(linked, "linking")?;
    Ok(symbols.is_some() && symbols == module::custom(bound, "linking")?)
}

#[cfg(test)]
mod tests;
