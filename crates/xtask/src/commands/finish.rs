//! `cargo xtask finish`: Trunk calls it at the end of each build. What is left to do is in `parts` and `precache`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{parts, precache, scripts, styles};
use crate::script;
use crate::workspace::Workspace;

/// Splits the wasm of a page that Trunk has just built, and lists its files (Trunk calls this)
#[derive(Args)]
pub(crate) struct Finish {
    /// The folder of the built page; Trunk names it in the environment
    #[arg(long, env = "TRUNK_STAGING_DIR")]
    page: PathBuf,
    /// The folder of index.html; Trunk names it in the environment
    #[arg(long, env = "TRUNK_SOURCE_DIR")]
    source: PathBuf,
    /// Makes a page that tells which functions have run, instead of splitting it; `cargo xtask later` asks for it
    #[arg(long, env = "MQTT_PLAYGROUND_WATCH")]
    watch: bool,
}

impl Finish {
    pub(crate) fn run(&self) -> Result<()> {
        if self.watch {
            parts::watch(&self.page)?;
        } else {
            parts::split(&self.page, &self.source, &Workspace::load()?)?;
        }
        styles::join(&self.page)?;
        scripts::shorten(&self.page)?;
        script::add_to(&self.page, &self.source)?;
        precache::write(&self.page, &self.source)
    }
}
