//! The wasm of the page in two parts: what the first step needs, and what is fetched after it.
//!
//! Which functions are late stands in www/later.txt, and what of the others in www/rare.txt. If they are out of date, the page
//! works as well: its first part is larger then, or it waits for the late one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use splitter::{Later, Rare};

use crate::page::WASM_TARGET;
use crate::workspace::Workspace;

/// What of the page's functions is late, in the folder of index.html.
pub(super) const LATER: &str = "later.txt";
/// What of the other functions is late, beside it.
pub(super) const RARE: &str = "rare.txt";
/// The export that fetches the late part (src/effects/late.rs).
const ASK: &str = "needLate";
/// Where index.html names the late part; empty if there is none.
const PLACE: &str = "data-late=\"\"";
/// The ending of the file that wasm-bindgen writes.
const BOUND: &str = "_bg.wasm";

/// What the linker wrote for the page as it ships; it need not be there.
fn linked(workspace: &Workspace) -> PathBuf {
    let folder = workspace.target().join(WASM_TARGET).join("page");
    folder.join("mqtt-playground.wasm")
}

/// Splits the wasm of the page. A page for development stays whole: it is not built from `linked`.
///
/// # Errors
/// When a file cannot be read or written, or the wasm is not as it has to be.
pub(super) fn split(page: &Path, source: &Path, workspace: &Workspace) -> Result<()> {
    let (path, name) = bound(page)?;
    let bound = read(&path)?;
    let linked = match fs::read(linked(workspace)) {
        Ok(linked) if splitter::belong_together(&linked, &bound)? => linked,
        _ => return Ok(()),
    };
    let table = |name: &str| {
        let path = source.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let later = Later::read(&table(LATER)?, &workspace.crates());
    let rare = Rare::read(&table(RARE)?);
    let parts = splitter::split(&linked, &bound, ASK, &later, &rare)
        .context("the page's wasm cannot be split")?;

    let index = page.join("index.html");
    let text =
        fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    ensure!(
        text.contains(PLACE),
        "index.html has no {PLACE}: see pattern_script in Trunk.toml"
    );
    let base = name.split('-').next_back().unwrap_or_default();
    let stem = name.strip_suffix(base).unwrap_or(&name);
    let first = format!("{stem}{}{BOUND}", hash(&parts.first));
    let late = format!("{stem}{}_late.wasm", hash(&parts.late));
    let text = text.replace(&name, &first);
    let text = text.replace(PLACE, &format!("data-late=\"./{late}\""));
    write(&page.join(&first), &parts.first)?;
    write(&page.join(&late), &parts.late)?;
    write(&index, text.as_bytes())?;
    if first != name {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    println!(
        "    The first part of the page's wasm has {} kB, the late one {} kB behind {} stubs.",
        parts.first.len() / 1000,
        parts.late.len() / 1000,
        parts.stubs
    );
    Ok(())
}

/// Makes the page's wasm tell what of it has run.
///
/// # Errors
/// When it cannot be read or written.
pub(super) fn watch(page: &Path) -> Result<()> {
    let (path, _) = bound(page)?;
    write(&path, &splitter::watch(&read(&path)?)?)
}

/// The file that wasm-bindgen has written, and its name.
fn bound(page: &Path) -> Result<(PathBuf, String)> {
    let files = fs::read_dir(page).with_context(|| format!("cannot read {}", page.display()))?;
    let mut found = files.filter_map(|file| {
        let file = file.ok()?;
        let name = file.file_name().into_string().ok()?;
        name.ends_with(BOUND).then(|| (file.path(), name))
    });
    found
        .next()
        .with_context(|| format!("there is no file …{BOUND} in {}", page.display()))
}

/// The beginning of a hash of contents, for a file's name.
pub(super) fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
