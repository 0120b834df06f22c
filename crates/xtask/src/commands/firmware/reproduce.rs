//! Whether the images are the same bytes wherever and however often they are built.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::images::{self, Chip};
use crate::shell::{self, say};
use crate::workspace::Workspace;

/// Builds the images three times: as always, again from nothing in a target folder of its own, and from nothing in a copy of the
/// checkout at another path, with cargo's home at another path. The last two cannot fetch anything.
///
/// # Errors
/// When they do not build, or one is not the same each time: says which, and leaves what was built.
pub(super) fn check(workspace: &Workspace, chips: &[Chip]) -> Result<()> {
    let tool = images::build_tool(workspace)?;
    let here = images::make_with(&tool, workspace, chips)?;
    let place = env::temp_dir().join(format!("playground-{}", std::process::id()));
    let again = || {
        Workspace::at(
            workspace.root.clone(),
            &place.join("again"),
            images::cargo_home()?,
        )
    };
    let elsewhere = || {
        let checkout = place.join("elsewhere").join("checkout");
        copy_checkout(&workspace.root, &checkout)?;
        let home = place.join("cargo");
        link_cargo_home(&images::cargo_home()?, &home)?;
        Workspace::at(checkout, &place.join("built"), home)
    };
    let mut differing = Vec::new();
    for other in [again()?, elsewhere()?] {
        let at = other.root.display();
        say(format_args!(
            "Building the same from nothing in {at}, without network"
        ));
        let manifest = images::make_with(&tool, &other, chips)?;
        let folder = images::folder(&other);
        differing.extend(compare(
            (&images::folder(workspace), &here),
            (&folder, &manifest),
        )?);
    }
    if !differing.is_empty() {
        let said: Vec<String> = differing.iter().map(ToString::to_string).collect();
        bail!(
            "the images are not the same each time; what was built is in {}\n{}",
            place.display(),
            said.join("\n")
        );
    }
    println!("    The images are the same bytes, wherever they are built.");
    // What was built there is of no use to anybody.
    let _ = fs::remove_dir_all(&place);
    Ok(())
}

/// A file that is not the same at both places.
#[derive(Debug, PartialEq, Eq)]
struct Differing {
    files: [PathBuf; 2],
    bytes: [usize; 2],
    /// Where they part.
    first: usize,
    /// How many bytes of those that both have are others.
    others: usize,
}

impl Differing {
    fn between(files: [PathBuf; 2], [one, other]: [&[u8]; 2]) -> Option<Self> {
        if one == other {
            return None;
        }
        let parts = || one.iter().zip(other).map(|(left, right)| left != right);
        let common = one.len().min(other.len());
        Some(Self {
            files,
            bytes: [one.len(), other.len()],
            first: parts().position(|differs| differs).unwrap_or(common),
            others: parts().filter(|differs| *differs).count(),
        })
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files: [one, other],
            bytes: [left, right],
            first,
            others,
        } = self;
        write!(
            f,
            "  {} ({left} bytes) and {} ({right} bytes) part at byte {first:#x}; {others} of the bytes that both have are others",
            one.display(),
            other.display()
        )
    }
}

/// The files of two manifests that are not the same.
///
/// # Errors
/// When a file cannot be read, or the manifests speak of different files, or differ in what no file shows.
fn compare(one: (&Path, &Value), other: (&Path, &Value)) -> Result<Vec<Differing>> {
    let names = |manifest| {
        let builds = images::list(manifest, "builds");
        let parts = builds.flat_map(|build| images::list(build, "parts"));
        parts
            .filter_map(|part| Some(part.get("file")?.as_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    let files = names(one.1);
    if files.is_empty() || files != names(other.1) {
        bail!("the manifests do not speak of the same files");
    }
    let mut differing = Vec::new();
    for file in files {
        let paths = [one.0.join(&file), other.0.join(&file)];
        let read =
            |path: &PathBuf| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let [left, right] = &paths;
        let (left, right) = (read(left)?, read(right)?);
        differing.extend(Differing::between(paths, [&left, &right]));
    }
    if differing.is_empty() && one.1 != other.1 {
        bail!("the images are the same, and what the manifests say of them is not");
    }
    Ok(differing)
}

/// Copies what git knows or would take up.
fn copy_checkout(root: &Path, to: &Path) -> Result<()> {
    let known = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let files = shell::output(Command::new("git").args(known).current_dir(root))?;
    for file in files.split_terminator('\0') {
        let (from, to) = (root.join(file), to.join(file));
        // One that was removed and is not committed yet.
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&from, &to).with_context(|| format!("copying {file}"))?;
    }
    Ok(())
}

/// Gives cargo's home another path: what was fetched is not fetched again.
#[cfg(unix)]
fn link_cargo_home(home: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for name in ["registry", "git", "config.toml"] {
        let from = home.join(name);
        if from.exists() {
            std::os::unix::fs::symlink(&from, to.join(name))
                .with_context(|| format!("linking {}", from.display()))?;
        }
    }
    Ok(())
}

/// Without links there is no other path to the same.
#[cfg(not(unix))]
fn link_cargo_home(_: &Path, _: &Path) -> Result<()> {
    bail!("this check needs symbolic links, as on Linux and macOS")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn built(folder: &Path, application: &[u8]) -> Value {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("table.bin"), [7; 4]).unwrap();
        fs::write(folder.join("application.bin"), application).unwrap();
        json!({ "builds": [{ "parts": [{ "file": "table.bin" }, { "file": "application.bin" }] }] })
    }

    #[test]
    fn a_difference_names_its_file_and_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let (one, other) = (built(&a, &[1, 2, 3, 4]), built(&b, &[1, 9, 3, 8, 5]));
        let found = compare((&a, &one), (&b, &other)).unwrap();
        let expected = Differing {
            files: [a.join("application.bin"), b.join("application.bin")],
            bytes: [4, 5],
            first: 1,
            others: 2,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn one_that_only_goes_on_differs_where_the_other_ends() {
        let files = [PathBuf::new(), PathBuf::new()];
        let found = Differing::between(files, [&[1, 2], &[1, 2, 3]]).unwrap();
        assert_eq!((found.first, found.others), (2, 0));
    }

    #[test]
    fn the_same_is_the_same_and_nothing_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let (one, other) = (built(&a, &[1]), built(&b, &[1]));
        assert_eq!(compare((&a, &one), (&b, &other)).unwrap(), []);
        assert!(compare((&a, &json!({})), (&b, &json!({}))).is_err());
        assert!(compare((&a, &one), (&b, &json!({}))).is_err());
    }
}
