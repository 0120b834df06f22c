//! `cargo xtask bench …`: speed beside other people's code, in one run.
//!
//! The programs are in bench/, a workspace with a lock file of its own: none of what they compare with is a dependency
//! of the product. The first run downloads it.

use std::ffi::OsString;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::shell::{cargo, run};
use crate::workspace::Workspace;

/// Measures beside other implementations.
#[derive(Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Decoding and encoding: ns per packet and allocations
    Codec {
        /// Passed on: --rounds N, --case PART-OF-NAME
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Finding the subscribers of a topic among up to a million subscriptions: ns per publish and bytes each
    Topics,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        let (package, args) = match &self.what {
            What::Codec { args } => ("bench-codec", args.as_slice()),
            What::Topics => ("bench-topics", [].as_slice()),
        };
        run_program(package, args)
    }
}

/// Runs a program of the bench/ workspace.
pub(super) fn run_program(package: &str, args: &[OsString]) -> Result<()> {
    let workspace = Workspace::load()?;
    run(cargo()
        .current_dir(workspace.root.join("bench"))
        .args(["run", "--locked", "--release", "--quiet", "--package"])
        .args([package, "--"])
        .args(args))
}
