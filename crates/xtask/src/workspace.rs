//! Where things are: the checkout, cargo's target folder, the members, the locked versions.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// How a program is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run.
    Release,
}

impl Profile {
    /// What tells cargo so.
    pub(crate) const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The checkout as cargo sees it.
pub(crate) struct Workspace {
    /// The folder with the root Cargo.toml.
    pub(crate) root: PathBuf,
    metadata: Metadata,
    /// Cargo's home for it, if it is not this machine's: then nothing is fetched.
    pub(crate) cargo_home: Option<PathBuf>,
}

impl Workspace {
    /// Reads the workspace. Needs no network: only the members are read, not what they depend on.
    ///
    /// # Errors
    /// When cargo cannot read a member's Cargo.toml.
    pub(crate) fn load() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("crates/xtask is not two folders below the root of the checkout")?
            .to_path_buf();
        Self::read(root, &mut MetadataCommand::new())
    }

    /// A checkout with a target folder of its own, and a home for cargo from which nothing is fetched.
    ///
    /// # Errors
    /// When cargo cannot read a member's Cargo.toml.
    pub(crate) fn at(root: PathBuf, target: &Path, cargo_home: PathBuf) -> Result<Self> {
        let mut command = MetadataCommand::new();
        let workspace = Self::read(root, command.env("CARGO_TARGET_DIR", target))?;
        Ok(Self {
            cargo_home: Some(cargo_home),
            ..workspace
        })
    }

    fn read(root: PathBuf, command: &mut MetadataCommand) -> Result<Self> {
        let metadata = command
            .current_dir(&root)
            .no_deps()
            .exec()
            .context("cargo could not read the workspace")?;
        Ok(Self {
            root,
            metadata,
            cargo_home: None,
        })
    }

    /// Every package of the workspace.
    pub(crate) fn members(&self) -> Vec<&Package> {
        self.metadata.workspace_packages()
    }

    /// The member of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn member(&self, name: &str) -> Result<&Package> {
        self.members()
            .into_iter()
            .find(|package| package.name == name)
            .with_context(|| format!("the workspace has no package `{name}`"))
    }

    /// The members' crates, as names of functions have them.
    pub(crate) fn crates(&self) -> Vec<String> {
        let members = self.members().into_iter();
        members
            .map(|member| member.name.replace('-', "_"))
            .collect()
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// A program that `cargo build` puts into the target folder.
    pub(crate) fn built_program(&self, name: &str, profile: Profile) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.metadata
            .target_directory
            .join(profile.folder())
            .join(file)
            .into_std_path_buf()
    }

    /// An example that `cargo build` puts into the target folder.
    pub(crate) fn built_example(&self, name: &str) -> PathBuf {
        self.built_program(&format!("examples/{name}"), Profile::Dev)
    }

    /// A folder for what is built beside, such as workspaces of their own.
    pub(crate) fn folder_for(&self, what: &str) -> PathBuf {
        self.metadata
            .target_directory
            .join(what)
            .into_std_path_buf()
    }

    /// The one version of a dependency in Cargo.lock.
    ///
    /// # Errors
    /// When Cargo.lock cannot be read or does not have the package.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        version_in_lock(&lock, package)
            .with_context(|| format!("Cargo.lock has no package `{package}`"))
    }
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.1\"\n";
        assert_eq!(version_in_lock(lock, "a").as_deref(), Some("2.0.1"));
        assert_eq!(version_in_lock(lock, "b"), None);
    }

    #[test]
    fn the_workspace_knows_itself() {
        let workspace = Workspace::load().unwrap();
        assert!(workspace.member("xtask").is_ok());
        assert!(workspace.member("no-such-package").is_err());
        assert!(workspace.locked_version("wasm-bindgen").is_ok());
    }
}
