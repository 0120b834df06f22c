//! `cargo xtask bench …`: speed beside other people's code, in one run.
//!
//! The programs are in bench/, a workspace with a lock file of its own: none of what they compare with is a dependency
//! of the product. The first run downloads it.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use clap::{Args, Subcommand};

use crate::page;
use crate::shell::{cargo, run};
use crate::system;
use crate::workspace::{Profile, Workspace};

/// Measures beside other implementations.
#[derive(Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Decoding and encoding: ns per packet and allocations
    Codec {
        /// Passed on: --rounds N, --case PART-OF-NAME
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// The hub beside Mosquitto, rumqttd and aedes over TCP: messages/s, processor time, latency, memory
    Broker {
        /// Passed on: --rounds N, --seconds S, --case PART-OF-NAME
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Finding the subscribers of a topic among up to a million subscriptions: ns per publish and bytes each
    Topics,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        let (package, args) = match &self.what {
            What::Codec { args } => ("bench-codec", args.as_slice()),
            What::Topics => ("bench-topics", [].as_slice()),
            What::Broker { args } => return broker(args),
        };
        run_program(package, args)
    }
}

/// Builds or installs the brokers and measures them. One that cannot be had is named and left out.
fn broker(args: &[OsString]) -> Result<()> {
    let workspace = Workspace::load()?;
    page::build_hub(&workspace, Profile::Release)?;
    let mut all: Vec<OsString> = vec![
        "--hub".into(),
        workspace.built_program(page::HUB, Profile::Release).into(),
    ];
    let mut peer = |name: &str, found: Result<PathBuf>| match found {
        Ok(path) => all.extend([format!("--{name}").into(), path.into()]),
        Err(error) => eprintln!("{name} is not measured: {error:#}"),
    };
    peer("mosquitto", system::ensure_mosquitto());
    peer("rumqttd", rumqttd(&workspace));
    peer("aedes", aedes(&workspace));
    all.extend(args.iter().cloned());
    run_program("bench-broker", &all)
}

fn rumqttd(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root.join("bench");
    let arguments = [
        "build",
        "--locked",
        "--release",
        "--package",
        "bench-rumqttd",
    ];
    run(cargo().current_dir(&folder).args(arguments))?;
    let target = MetadataCommand::new()
        .current_dir(&folder)
        .no_deps()
        .exec()
        .context("cargo could not read the workspace bench/")?
        .target_directory;
    let file = format!("bench-rumqttd{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("release").join(file).into_std_path_buf())
}

fn aedes(workspace: &Workspace) -> Result<PathBuf> {
    system::ensure_node()?;
    let folder = workspace.root.join("bench/broker/node");
    system::ensure_npm_packages(&folder, "the hub is measured beside aedes")?;
    Ok(folder.join("server.mjs"))
}

/// Runs a program of the bench/ workspace.
pub(super) fn run_program(package: &str, args: &[OsString]) -> Result<()> {
    let workspace = Workspace::load()?;
    run(cargo()
        .current_dir(workspace.root.join("bench"))
        .args(["run", "--locked", "--release", "--quiet", "--package"])
        .args([package, "--"])
        .args(args))
}
