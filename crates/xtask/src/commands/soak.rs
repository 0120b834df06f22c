//! `cargo xtask soak`: the hub under bad weather, for minutes or hours.
//!
//! The program is in bench/: it is run for as long as one likes, and so is no test.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use super::bench::run_program;
use crate::page;
use crate::workspace::{Profile, Workspace};

/// Runs clients that are cut off, read slowly and send garbage; what was acknowledged must arrive.
#[derive(Args)]
pub(crate) struct Soak {
    /// Passed on: --clients N (1000), --minutes M (10), --rate MESSAGES-PER-SECOND (2000), --seed N
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

impl Soak {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        page::build_hub(&workspace, Profile::Release)?;
        let hub = workspace.built_program(page::HUB, Profile::Release);
        let mut args: Vec<OsString> = vec!["--hub".into(), hub.into()];
        args.extend(self.args.iter().cloned());
        run_program("bench-soak", &args)
    }
}
