//! The service worker beside the page, which `cargo xtask finish` writes.
//!
//! The service worker in `www/sw.js` keeps the page for the time without a network. What it keeps is known only when
//! everything is built: the files of this very build, each with the hash of its contents.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

/// The service worker, in both folders.
const WORKER: &str = "sw.js";

/// Writes the service worker of `source` into the page, with the list of the files that are there.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn write(page: &Path, source: &Path) -> Result<()> {
    let template = source.join(WORKER);
    let template = fs::read_to_string(&template)
        .with_context(|| format!("cannot read {}", template.display()))?;
    let mut files = BTreeMap::new();
    collect(page, "", &mut files)?;
    let written = page.join(WORKER);
    fs::write(&written, filled(&template, &files)?)
        .with_context(|| format!("cannot write {}", written.display()))
}

/// Every file below `folder` with its integrity, by its path as an address has it.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    let read = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(read)? {
        let entry = entry.with_context(read)?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(read)?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if path != WORKER {
            let contents = fs::read(entry.path()).with_context(read)?;
            let hash = BASE64.encode(Sha256::digest(contents));
            files.insert(path, format!("sha256-{hash}"));
        }
    }
    Ok(())
}

/// The service worker with its two constants filled in.
fn filled(template: &str, files: &BTreeMap<String, String>) -> Result<String> {
    let list = serde_json::to_string(&files.iter().collect::<Vec<_>>())?;
    let version = BASE64.encode(Sha256::digest(&list));
    let version = version.get(..16).unwrap_or(&version);
    let mut filled = template.to_owned();
    for (constant, value) in [
        ("const VERSION = ", serde_json::to_string(version)?),
        ("const FILES = ", list),
    ] {
        let place = [format!("{constant}'';"), format!("{constant}[];")];
        let place = place.iter().find(|place| filled.contains(place.as_str()));
        ensure!(
            place.is_some(),
            "www/{WORKER} has no line `{constant}…` to fill in"
        );
        if let Some(place) = place {
            filled = filled.replacen(place, &format!("{constant}{value};"), 1);
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_kept_but_the_worker_itself() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("icons")).unwrap();
        for file in ["index.html", "icons/a.svg", WORKER] {
            fs::write(folder.path().join(file), "abc").unwrap();
        }
        let mut files = BTreeMap::new();
        collect(folder.path(), "", &mut files).unwrap();
        let abc = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        let expected = ["icons/a.svg", "index.html"].map(|name| (name.to_owned(), abc.to_owned()));
        assert_eq!(files, BTreeMap::from(expected));
    }

    #[test]
    fn the_version_follows_from_the_contents() {
        let template = "const VERSION = '';\nconst FILES = [];\n";
        let one = |hash: &str| filled(template, &BTreeMap::from([("a".into(), hash.into())]));
        let first = one("sha256-1").unwrap();
        assert!(
            first.ends_with("const FILES = [[\"a\",\"sha256-1\"]];\n"),
            "{first}"
        );
        assert_eq!(first, one("sha256-1").unwrap());
        let version = |text: &str| text.lines().next().map(str::to_owned);
        assert_ne!(version(&first), version(&one("sha256-2").unwrap()));
        assert!(filled("nothing to fill in", &BTreeMap::new()).is_err());
    }
}
