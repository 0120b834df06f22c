//! `cargo xtask tidy`: the rules that the compiler does not know. ARCHITECTURE.md gives their reasons.

mod arrows;
mod source;
mod text;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;
use clap::Args;

use crate::shell;
use crate::workspace::Workspace;

/// Crates that run in the page, on a chip and natively alike: no clock, no threads, no I/O can be compiled in.
const CORE_CRATES: &[&str] = &[
    "mqtt-spec",
    "mqtt-proto",
    "mqtt-broker",
    "device",
    "sim",
    "board",
    "relay",
    "foreign",
];

/// A file of more lines than this is named, for somebody to look whether it is two things.
const LONG_FILE_LINES: usize = 800;

/// Checks the rules that the compiler does not know.
#[derive(Args)]
pub(crate) struct Tidy {}

impl Tidy {
    #[expect(clippy::unused_self, reason = "commands are run alike")]
    pub(crate) fn run(&self) -> Result<()> {
        check(&Workspace::load()?)
    }
}

/// Core crates of the workspace.
pub(crate) fn core_crates(workspace: &Workspace) -> impl Iterator<Item = &Package> {
    workspace
        .members()
        .into_iter()
        .filter(|package| CORE_CRATES.contains(&package.name.as_str()))
}

/// Runs every check and prints what it found.
///
/// # Errors
/// When anything but a hint was found.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut problems = arrows::check(&arrows::members(workspace));
    for package in core_crates(workspace) {
        let lib = package.targets.iter().find(|target| target.is_lib());
        let lib = lib.with_context(|| format!("{} has no library", package.name))?;
        problems.extend(source::without_no_std(
            &read(lib.src_path.as_std_path())?,
            lib.src_path.as_str(),
        ));
    }
    problems.extend(tool_version(workspace)?);

    let forbidden = text::Forbidden::on_this_machine(&workspace.root);
    let files = tracked_files(&workspace.root)?;
    for path in &files {
        // Not text (a picture), or deleted but still tracked: nothing to read.
        let Ok(content) = std::fs::read_to_string(workspace.root.join(path)) else {
            continue;
        };
        problems.extend(forbidden.find(path, &content));
        if path.starts_with("crates/sim/src/") && path.ends_with(".rs") {
            problems.extend(source::floats(path, &content)?);
        }
        let is_component = path.starts_with("src/") && !path.starts_with("src/effects");
        if is_component && path.ends_with(".rs") {
            problems.extend(source::web_crates(path, &content)?);
        }
        let lines = content.lines().count();
        if lines > LONG_FILE_LINES && path.ends_with(".rs") {
            println!(
                "    hint: {path} has {lines} lines: would a reader find their way, or is it two things?"
            );
        }
    }

    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if !problems.is_empty() {
        bail!("{} problems, listed above", problems.len());
    }
    println!(
        "    tidy: {} members, {} files: nothing to say.",
        workspace.members().len(),
        files.len()
    );
    Ok(())
}

/// Trunk.toml names the version of the wasm-bindgen program, Cargo.lock that of the library: they have to be the same.
fn tool_version(workspace: &Workspace) -> Result<Option<String>> {
    let locked = workspace.locked_version("wasm-bindgen")?;
    let wanted = format!("wasm_bindgen = \"{locked}\"");
    let trunk = read(&workspace.root.join("Trunk.toml"))?;
    let same = trunk.lines().any(|line| line.trim() == wanted);
    Ok((!same).then(|| format!("Trunk.toml: has to say `{wanted}`, the version in Cargo.lock")))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn tracked_files(root: &Path) -> Result<Vec<String>> {
    // Also those that git does not know yet but would take: they are about to be tracked.
    let list = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let listed = shell::output(Command::new("git").args(list).current_dir(root))
        .context("tidy reads the files that git tracks: run it in a git checkout")?;
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_without_what_git_ignores() {
        let workspace = Workspace::load().unwrap();
        let files = tracked_files(&workspace.root).unwrap();
        assert!(files.iter().any(|path| path == "crates/xtask/src/main.rs"));
        assert!(
            !files
                .iter()
                .any(|path| path.starts_with("target/") || path.starts_with("dist/"))
        );
    }
}
