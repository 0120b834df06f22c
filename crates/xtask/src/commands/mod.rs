//! One module per command.

pub(crate) mod bench;
pub(crate) mod build;
mod clients;
pub(crate) mod coverage;
pub(crate) mod finish;
pub(crate) mod firmware;
pub(crate) mod later;
mod parts;
pub(crate) mod peers;
mod precache;
pub(crate) mod probe;
pub(crate) mod scenario;
mod scripts;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod size;
pub(crate) mod soak;
mod styles;
pub(crate) mod test;
pub(crate) mod tidy;
