//! `cargo xtask bench …`: speed beside other people's code, in one run.
//!
//! The programs are in bench/, a workspace with a lock file of its own: none of what they compare with is a dependency
//! of the product. The first run downloads it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use clap::{Args, Subcommand};

use crate::page;
use crate::shell::{cargo, output, run};
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
    /// The hub beside Mosquitto, rumqttd and aedes over TCP, then our broker in process, native and as wasm, beside
    /// aedes: messages/s, processor time, latency, memory. About 9 minutes
    Broker {
        /// Passed on to the part over TCP, which then is the only one: --rounds N, --seconds S, --case PART-OF-NAME
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// The simulator beside nexosim, madsim and turmoil, natively and in Chromium: ns per event, bytes per record, seeks
    Sim,
    /// The page as it ships, in Chromium: bytes, time to the first step, frames with 200 nodes and 2,000 packets, a step
    /// with 100,000 records, memory. About 10 minutes
    Page {
        /// Passed on: --minutes N of play instead of 60, --only bytes (firstStep, frames, longLog, memory)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// What it costs to have the broker in a page: latency and throughput beside a direct connection, Mosquitto and its
    /// bridge
    Relay,
    /// Finding the subscribers of a topic among up to a million subscriptions: ns per publish and bytes each
    Topics,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        let (package, args) = match &self.what {
            What::Codec { args } => ("bench-codec", args.as_slice()),
            What::Topics => ("bench-topics", [].as_slice()),
            What::Broker { args } => return broker(args),
            What::Sim => return simulator(),
            What::Page { args } => return the_page(args),
            What::Relay => return relay(),
        };
        run_program(package, args)
    }
}

/// The measurement is among the hub's tests, because its page without a browser is theirs.
fn relay() -> Result<()> {
    system::ensure_mosquitto()?;
    let test = [
        "test",
        "--release",
        "--package",
        "hub",
        "--test",
        "relay_cost",
    ];
    run(cargo().args(test).args(["--", "--ignored", "--nocapture"]))
}

/// Builds the page and the hub, and measures the page in Chromium.
fn the_page(args: &[OsString]) -> Result<()> {
    let workspace = Workspace::load()?;
    system::ensure_node()?;
    let chromium = system::ensure_chromium()?;
    let www = workspace.root.join("www");
    system::ensure_npm_packages(&www, "the page is measured in Chromium")?;
    page::build_hub(&workspace, Profile::Dev)?;
    page::build(&workspace, page::Optimise::Fully)?;
    run(Command::new("node")
        .arg(workspace.root.join("bench/page/page.mjs"))
        .args(args)
        .env("CHROMIUM", chromium)
        .env("MQTT_HUB", workspace.built_program(page::HUB, Profile::Dev)))
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
    run_program("bench-broker", &all)?;
    if args.is_empty() {
        in_process(&workspace)?;
    }
    Ok(())
}

/// The broker without sockets, beside aedes without sockets.
fn in_process(workspace: &Workspace) -> Result<()> {
    page::ensure_wasm_target()?;
    let script = aedes(workspace)?.with_file_name("inprocess.mjs");
    let target = Some(page::WASM_TARGET);
    let wasm = build(workspace, "bench-inprocess-wasm", target)?.join("bench_inprocess_wasm.wasm");
    run_program("bench-inprocess", &[script.into(), wasm.into()])
}

/// Builds rumqttd; where it is.
pub(super) fn rumqttd(workspace: &Workspace) -> Result<PathBuf> {
    let file = format!("bench-rumqttd{}", std::env::consts::EXE_SUFFIX);
    Ok(build(workspace, "bench-rumqttd", None)?.join(file))
}

/// Builds a package of the bench/ workspace; the folder with what came of it.
fn build(workspace: &Workspace, package: &str, target: Option<&str>) -> Result<PathBuf> {
    let folder = workspace.root.join("bench");
    let mut build = cargo();
    build
        .current_dir(&folder)
        .args(["build", "--locked", "--release", "--package", package]);
    if let Some(target) = target {
        build.args(["--target", target]);
    }
    run(&mut build)?;
    let built = MetadataCommand::new()
        .current_dir(&folder)
        .no_deps()
        .exec()
        .context("cargo could not read the workspace bench/")?
        .target_directory;
    let built = built.join(target.unwrap_or_default()).join("release");
    Ok(built.into_std_path_buf())
}

fn aedes(workspace: &Workspace) -> Result<PathBuf> {
    system::ensure_node()?;
    let folder = workspace.root.join("bench/broker/node");
    system::ensure_npm_packages(&folder, "the hub is measured beside aedes")?;
    Ok(folder.join("server.mjs"))
}

/// The simulator: in wasm first, so that the native program can compare.
fn simulator() -> Result<()> {
    let workspace = Workspace::load()?;
    let folder = workspace.root.join("bench/sim");
    system::ensure_node()?;
    let chromium = system::ensure_chromium()?;
    let www = workspace.root.join("www");
    system::ensure_npm_packages(&www, "the simulator is measured in Chromium")?;
    run(cargo().current_dir(&folder).args([
        "build",
        "--locked",
        "--release",
        "--quiet",
        "--package",
        "bench-sim-ours",
        "--target",
        "wasm32-unknown-unknown",
    ]))?;
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => target.into(),
        None => folder.join("target"),
    };
    let figures = output(
        Command::new("node")
            .arg(folder.join("browser.mjs"))
            .arg(target.join("wasm32-unknown-unknown/release/bench_sim_ours.wasm"))
            .env("CHROMIUM", chromium)
            .env("WWW", www),
    )?;
    run(cargo()
        .current_dir(&folder)
        .args(["run", "--locked", "--release", "--quiet", "--package"])
        .args(["bench-sim", "--"])
        .args(figures.split_whitespace()))
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
