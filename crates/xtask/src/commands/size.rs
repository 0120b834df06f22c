//! `cargo xtask size`: how much flash a client takes on a small chip, beside other clients.
//!
//! The programs are in bench/, like those of `cargo xtask bench`.

use anyhow::Result;
use clap::Args;

use super::bench::run_program;

/// Measures the flash of a client.
#[derive(Args)]
pub(crate) struct Size {}

impl Size {
    #[expect(clippy::unused_self, reason = "commands are run alike")]
    pub(crate) fn run(&self) -> Result<()> {
        run_program("bench-size", &[])
    }
}
