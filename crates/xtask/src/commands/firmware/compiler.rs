//! What stands between cargo and the compiler when a chip's program is built: it takes the machine's folders out of what the
//! compiler is told.
//!
//! Cargo gives each crate a number (`-C metadata`) that decides the names of its functions, and with them their order in an image. For
//! a crate outside of the workspace that is built, the number is made of the whole path of its folder: two checkouts give two images
//! (rust-lang/cargo#7645, #13586). Ours get one of what they are instead. Crates of a registry have one that is the same everywhere.
//!
//! Paths are replaced here, not by `RUSTFLAGS`: those are part of the names of cargo's files, and these decide the order in which the
//! linker takes two versions of one crate.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;

/// Says that this program is called as the compiler, and where the checkout is.
const CHECKOUT: &str = "PLAYGROUND_COMPILES_FROM";
/// Where what is built goes.
const TARGET: &str = "PLAYGROUND_COMPILES_TO";
/// Where cargo keeps what it fetched, which may be inside of the checkout.
const FETCHED: &str = "PLAYGROUND_COMPILES_FETCHED";

const METADATA: &str = "metadata=";

/// Lets cargo call the compiler through this program.
///
/// # Errors
/// When this program does not know where it is.
pub(super) fn stand_between(
    cargo: &mut Command,
    workspace: &Workspace,
    target: &Path,
    cargo_home: &Path,
) -> Result<()> {
    let itself = env::current_exe().context("this program does not know its own path")?;
    // What the machine says about profiles and about the configuration of the chips' crates is not said here.
    let settings = env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| is_setting(&name.to_string_lossy())) {
        cargo.env_remove(name);
    }
    cargo
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC_WRAPPER", itself)
        .env(CHECKOUT, &workspace.root)
        .env(TARGET, target)
        .env(FETCHED, cargo_home)
        // None of the machine's either.
        .env("CARGO_ENCODED_RUSTFLAGS", "");
    Ok(())
}

fn is_setting(name: &str) -> bool {
    ["CARGO_PROFILE_", "CARGO_BUILD_", "ESP_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Whether cargo called this program as the compiler: then it was that, and nothing else is to be done.
pub(crate) fn stood_in() -> Option<ExitCode> {
    let checkout = PathBuf::from(env::var_os(CHECKOUT)?);
    let mut words = env::args_os().skip(1);
    let compiler = words.next()?;
    let asked: Vec<OsString> = words.collect();
    let compiled = Compiled {
        checkout,
        target: env::var_os(TARGET).map(PathBuf::from),
        fetched: env::var_os(FETCHED).map(PathBuf::from),
        folder: env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
        made: env::var_os("OUT_DIR").map(PathBuf::from),
        name: env::var("CARGO_PKG_NAME").unwrap_or_default(),
        version: env::var("CARGO_PKG_VERSION").unwrap_or_default(),
    };
    let mut rustc = Command::new(&compiler);
    rustc.args(compiled.told(&asked));
    let ended = rustc.status();
    Some(match ended {
        Ok(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: {} did not start: {error}", compiler.display());
            ExitCode::FAILURE
        }
    })
}

/// What is compiled: a crate of a package, or nothing when cargo asks the compiler for its version.
struct Compiled {
    checkout: PathBuf,
    target: Option<PathBuf>,
    fetched: Option<PathBuf>,
    /// Where the package is.
    folder: Option<PathBuf>,
    /// Where its build script put files.
    made: Option<PathBuf>,
    name: String,
    version: String,
}

impl Compiled {
    /// What the compiler is told instead of what cargo says.
    fn told(&self, asked: &[OsString]) -> Vec<OsString> {
        let Some(folder) = &self.folder else {
            return asked.to_vec();
        };
        let is_fetched = self
            .fetched
            .as_ref()
            .is_some_and(|it| folder.starts_with(it));
        let is_ours = folder.starts_with(&self.checkout) && !is_fetched;
        let mut told: Vec<OsString> = asked
            .iter()
            .map(|word| match word.to_str() {
                Some(text) if is_ours && text.starts_with(METADATA) => {
                    format!("{METADATA}{}", self.number(asked)).into()
                }
                _ => word.clone(),
            })
            .collect();
        let package = format!("{}-{}", self.name, self.version);
        let made = format!("{package}/out");
        // The last one that fits is taken.
        let names = [
            (Some(&self.checkout), "playground"),
            (self.target.as_ref(), "target"),
            (Some(folder).filter(|_| !is_ours), package.as_str()),
            (self.made.as_ref(), made.as_str()),
        ];
        for (path, name) in names {
            let Some(path) = path else { continue };
            // The compiler's own folder is said without the links on the way to it.
            let real = path.canonicalize().ok().filter(|real| real != path);
            for path in [Some(path), real.as_ref()].into_iter().flatten() {
                told.push(format!("--remap-path-prefix={}={name}", path.display()).into());
            }
        }
        told
    }

    /// A number for a crate of ours: of what it is, not of where it is.
    fn number(&self, asked: &[OsString]) -> String {
        let mut parts = BTreeSet::new();
        for pair in asked.windows(2) {
            if let [option, value] = pair
                && ["--crate-name", "--crate-type", "--cfg", "--target"]
                    .iter()
                    .any(|it| option == it)
            {
                parts.insert(value.to_string_lossy());
            }
        }
        let mut hash = Sha256::new();
        for part in [self.name.as_str(), self.version.as_str()]
            .into_iter()
            .chain(parts.iter().map(AsRef::as_ref))
        {
            hash.update(part);
            hash.update([0]);
        }
        let number = hash.finalize();
        number
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(checkout: &str, folder: &str) -> Compiled {
        Compiled {
            checkout: checkout.into(),
            target: None,
            fetched: Some("/a/.cargo".into()),
            folder: Some(folder.into()),
            made: None,
            name: "device".to_owned(),
            version: "0.1.0".to_owned(),
        }
    }

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn metadata(told: &[OsString]) -> Vec<&str> {
        let words = told.iter().filter_map(|word| word.to_str());
        words.filter(|word| word.starts_with(METADATA)).collect()
    }

    #[test]
    fn a_crate_of_ours_has_the_same_number_in_every_checkout() {
        let asked = words("--crate-name device -C metadata=1234 -C extra-filename=-1");
        let other = words("--crate-name device -C metadata=9876 -C extra-filename=-2");
        let here = at("/a", "/a/crates/device").told(&asked);
        let there = at("/b/c", "/b/c/crates/device").told(&other);
        assert_eq!(metadata(&here), metadata(&there));
        assert_ne!(metadata(&here), ["metadata=1234"]);
    }

    #[test]
    fn what_is_compiled_differently_has_another_number() {
        let place = at("/a", "/a/crates/device");
        let numbers: BTreeSet<String> = [
            "--crate-name device -C metadata=1",
            "--crate-name build_script_build -C metadata=1",
            "--crate-name device --cfg feature=\"small\" -C metadata=1",
            "--crate-name device --target riscv -C metadata=1",
        ]
        .map(|asked| place.number(&words(asked)))
        .into();
        assert_eq!(numbers.len(), 4);
    }

    #[test]
    fn a_crate_of_a_registry_keeps_its_number_and_loses_its_path() {
        let asked = words("--crate-name bytes -C metadata=1234");
        for folder in ["/home/.cargo/device-0.1.0", "/a/.cargo/device-0.1.0"] {
            let told = at("/a", folder).told(&asked);
            assert_eq!(metadata(&told), ["metadata=1234"]);
            let remapped = format!("--remap-path-prefix={folder}=device-0.1.0");
            assert!(told.contains(&OsString::from(remapped)));
        }
    }

    #[test]
    fn a_question_about_the_compiler_stays_as_it_is() {
        let place = Compiled {
            folder: None,
            ..at("/a", "/a")
        };
        assert_eq!(place.told(&words("-vV")), words("-vV"));
    }
}
