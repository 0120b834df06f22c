//! Programs that cargo has to compile: Trunk and wasm-bindgen. They go to a cache outside the checkout, so that a
//! second clone does not pay for them again.
//!
//! Layout: `<cache>/<package>-<version>/bin/<program>`. That folder appears by one rename after everything in it is
//! built, so a half-done install is never used; a build that was stopped goes on where it was.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::shell::{self, Took, cargo, say};
use crate::workspace::Workspace;

/// Trunk 0.22 needs a newer Rust than the one this project pins.
const TRUNK_VERSION: &str = "0.21.14";

/// A program to build from the package registry.
pub(crate) struct Tool {
    package: &'static str,
    /// The program whose `--version` proves that the install works.
    program: &'static str,
    version: String,
    why: &'static str,
    arguments: &'static [&'static str],
    /// Whether current versions of its dependencies will do where the registry lacks one that its lock file names.
    unlocked_will_do: bool,
    /// The cheapest that is still quick to run: built once, run for a moment at each build.
    opt_level: &'static str,
}

impl Tool {
    /// Builds the page from www/index.html.
    pub(crate) fn trunk() -> Self {
        Self {
            package: "trunk",
            program: "trunk",
            version: TRUNK_VERSION.to_owned(),
            why: "it builds the page; about 2 minutes, once",
            arguments: &["--no-default-features", "--features", "rustls"],
            unlocked_will_do: false,
            opt_level: "0",
        }
    }

    /// Makes the JavaScript side of the page's wasm, and runs wasm tests. Its version has to be that of the library.
    ///
    /// # Errors
    /// When Cargo.lock does not name the library.
    pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: workspace.locked_version("wasm-bindgen")?,
            why: "it joins the page's wasm to JavaScript; about 2 minutes, once",
            arguments: &[],
            // The lock file of 0.2.130 names webpki-roots 1.0.11, which cannot be had everywhere.
            unlocked_will_do: true,
            opt_level: "1",
        })
    }

    /// Makes sure that the tool is there, builds it otherwise, and returns the folder of its programs.
    ///
    /// # Errors
    /// When the build failed; says what to do about it.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let cache = cache_dir()?;
        let home = cache.join(format!("{}-{}", self.package, self.version));
        let bin = home.join("bin");
        if self.works_in(&bin) {
            return Ok(bin);
        }

        let _lock = shell::lock(&cache, self.package)?;
        // Another run may have built it while this one waited for the lock.
        if self.works_in(&bin) {
            return Ok(bin);
        }
        self.install(&home)?;
        if !self.works_in(&bin) {
            bail!(
                "{} was built but `{} --version` does not say {}",
                self.package,
                self.program,
                self.version
            );
        }
        Ok(bin)
    }

    /// The name and version, as `cargo install` writes them.
    fn works_in(&self, bin: &Path) -> bool {
        let version = Command::new(bin.join(self.program))
            .arg("--version")
            .stderr(Stdio::null())
            .output();
        version.is_ok_and(|output| {
            let said = String::from_utf8_lossy(&output.stdout);
            output.status.success() && said.split_whitespace().any(|word| word == self.version)
        })
    }

    fn install(&self, home: &Path) -> Result<()> {
        say(format_args!(
            "Building {} {} into {}: {}",
            self.package,
            self.version,
            home.display(),
            self.why
        ));
        let started = Instant::now();
        let staging = beside(home, ".new");
        let target = beside(home, ".build");
        remove_dir(&staging)?;

        let mut built = shell::run(&mut self.cargo_install(&staging, &target, true));
        if built.is_err() && self.unlocked_will_do {
            println!(
                "    That was with the package's own lock file: trying with current versions."
            );
            built = shell::run(&mut self.cargo_install(&staging, &target, false));
        }
        built.with_context(|| {
            format!(
                "{} {} could not be built (is there a network? without one, copy the folder {} from a machine of the same kind that has it)",
                self.package,
                self.version,
                home.display()
            )
        })?;

        remove_dir(home)?;
        fs::rename(&staging, home)
            .with_context(|| format!("cannot move the built tool to {}", home.display()))?;
        remove_dir(&target)?;
        println!(
            "    {} {} is ready after {}.",
            self.package,
            self.version,
            Took(started.elapsed())
        );
        Ok(())
    }

    fn cargo_install(&self, root: &Path, target: &Path, locked: bool) -> Command {
        let mut command = cargo();
        command.args([
            "install",
            self.package,
            "--version",
            &format!("={}", self.version),
        ]);
        command.args(self.arguments);
        if locked {
            command.arg("--locked");
        }
        command
            .arg("--root")
            .arg(root)
            .arg("--target-dir")
            .arg(target);
        command.env_remove("CARGO_BUILD_TARGET");
        // Cargo would advise to put the staging folder on the search path: it is gone a moment later.
        command.env("PATH", search_path(&[root.join("bin")]));
        for (setting, value) in [
            ("LTO", "off"),
            ("CODEGEN_UNITS", "16"),
            ("DEBUG", "0"),
            ("STRIP", "debuginfo"),
            ("OPT_LEVEL", self.opt_level),
        ] {
            command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        command
    }
}

/// `$MQTT_PLAYGROUND_CACHE`, else `$XDG_CACHE_HOME/mqtt-playground`, else `~/.cache/mqtt-playground`.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    cache_dir_from(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
}

fn cache_dir_from(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    if let Some(cache) = variable("MQTT_PLAYGROUND_CACHE") {
        return std::path::absolute(cache).context("MQTT_PLAYGROUND_CACHE is not a path");
    }
    // The XDG specification tells to ignore a relative path.
    if let Some(base) = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
    {
        return Ok(base.join("mqtt-playground"));
    }
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let home = home.context(
        "neither HOME nor MQTT_PLAYGROUND_CACHE is set: set one, tools are cached there",
    )?;
    Ok(PathBuf::from(home).join(".cache").join("mqtt-playground"))
}

/// The search path with these folders first.
pub(crate) fn search_path(first: &[PathBuf]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().cloned().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}

fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove_dir(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_cache(variables: &[(&str, &str)], expected: Option<&str>) {
        let found = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        };
        assert_eq!(
            cache_dir_from(found).ok(),
            expected.map(PathBuf::from),
            "{variables:?}"
        );
    }

    #[test]
    fn the_cache_is_where_the_environment_says() {
        check_cache(
            &[
                ("MQTT_PLAYGROUND_CACHE", "/c"),
                ("XDG_CACHE_HOME", "/x"),
                ("HOME", "/h"),
            ],
            Some("/c"),
        );
        check_cache(
            &[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")],
            Some("/x/mqtt-playground"),
        );
        check_cache(
            &[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")],
            Some("/h/.cache/mqtt-playground"),
        );
        check_cache(&[], None);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_program_of_the_very_version_works() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("trunk");
        let mut tool = Tool::trunk();
        assert!(!tool.works_in(folder.path()), "nothing is there");

        // Written under another name: a file that was open for writing a moment ago cannot always be run.
        let script = "#!/bin/sh\necho trunk 0.21.14\n";
        assert!(
            Command::new("sh")
                .arg("-c")
                .arg(format!("printf '%s' '{script}' > {}", program.display()))
                .status()
                .is_ok()
        );
        assert!(!tool.works_in(folder.path()), "not executable: half done");

        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(tool.works_in(folder.path()));

        tool.version = "0.21.1".to_owned();
        assert!(!tool.works_in(folder.path()), "0.21.14 is not 0.21.1");
    }
}
