//! Programs and libraries from Python's package index, each in a folder of its own in the tool cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::{self, say};
use crate::system;
use crate::tools::cache_dir;

/// A package of Python's index, with what it needs.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// What can be imported when it is there.
    pub(crate) module: &'static str,
    pub(crate) why: &'static str,
}

impl Package {
    /// The folder with its programs, `python` among them.
    ///
    /// # Errors
    /// When it cannot be installed, most often for want of a network.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let Self {
            name,
            version,
            module,
            why,
        } = self;
        let cache = cache_dir()?;
        let home = cache.join(format!("{name}-{version}"));
        let bin = home.join("bin");
        let works = || {
            let import = format!("import {module}");
            let output = Command::new(bin.join("python"))
                .args(["-c", &import])
                .output();
            output.is_ok_and(|output| output.status.success())
        };
        if works() {
            return Ok(bin);
        }
        let _lock = shell::lock(&cache, name)?;
        if works() {
            return Ok(bin);
        }
        system::ensure_python_venv()?;
        say(format_args!(
            "Installing {name} {version} into {}: {why}",
            home.display()
        ));
        shell::run(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )?;
        let package = format!("{name}=={version}");
        shell::run(
            Command::new(bin.join("python")).args(["-m", "pip", "install", "--quiet", &package]),
        )
        .with_context(|| format!("{name} could not be installed: is there a network?"))?;
        Ok(bin)
    }
}
