//! `cargo xtask build`: the page and the hub, built but not started.

use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::page::{self, Optimise};
use crate::shell::{Took, say};
use crate::workspace::{Profile, Workspace};

/// Builds the page into dist/ and the hub.
#[derive(Args)]
pub(crate) struct Build {
    /// Builds the page unoptimised: quicker to build, larger and slower to run
    #[arg(long)]
    pub(crate) dev: bool,
}

impl Build {
    pub(crate) fn run(&self) -> Result<()> {
        self.build(&Workspace::load()?, |_| Ok(()))
    }

    /// Builds the hub, then the page, which takes longer; `check` is called between.
    pub(crate) fn build(
        &self,
        workspace: &Workspace,
        check: impl FnOnce(&Workspace) -> Result<()>,
    ) -> Result<()> {
        let started = Instant::now();
        page::build_hub(workspace, Profile::Dev)?;
        check(workspace)?;
        page::build(
            workspace,
            if self.dev {
                Optimise::No
            } else {
                Optimise::Fully
            },
        )?;
        say(format_args!(
            "Everything is built after {}",
            Took(started.elapsed())
        ));
        Ok(())
    }
}
