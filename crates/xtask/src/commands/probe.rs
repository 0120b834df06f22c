//! `cargo xtask probe`: asks a broker what it supports.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::page;
use crate::shell::run;
use crate::workspace::{Profile, Workspace};

/// Asks a broker what it supports and prints a report.
#[derive(Args)]
pub(crate) struct Probe {
    /// HOST:PORT and options of `mqtt-hub probe`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    args: Vec<OsString>,
}

impl Probe {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        page::build_hub(&workspace, Profile::Dev)?;
        let hub = workspace.built_program(page::HUB, Profile::Dev);
        run(Command::new(hub).arg("probe").args(&self.args))
    }
}
