//! Building what is served: the page (with Trunk, into dist/) and the hub.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::commands::firmware::images;
use crate::shell::{self, Took, cargo, say};
use crate::system;
use crate::tools::{self, Tool};
use crate::workspace::{Profile, Workspace};

/// What the page is built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The program that serves the page.
pub(crate) const HUB: &str = "mqtt-hub";
/// The package it is in.
pub(crate) const HUB_PACKAGE: &str = "hub";

/// How much the page is optimised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Optimise {
    /// Cargo profile `page`: small and fast, what users get.
    Fully,
    /// The same, but whole, and telling which of its functions have run.
    Watched,
    /// Cargo profile `dev`: quick to build, for work on the page.
    No,
}

/// Builds the page into dist/, with everything that takes.
///
/// # Errors
/// Says which part could not be had and what to do about it.
pub(crate) fn build(workspace: &Workspace, optimise: Optimise) -> Result<()> {
    let started = Instant::now();
    ensure_wasm_target()?;
    let bins = [
        Tool::trunk().ensure()?,
        Tool::wasm_bindgen(workspace)?.ensure()?,
    ];
    fetch(workspace)?;

    // Two of them would write the same files.
    let _lock = shell::lock(&workspace.root.join("target"), "dist")?;
    say("Building the page into dist/ with Trunk");
    let profile = match optimise {
        Optimise::Fully | Optimise::Watched => "page",
        Optimise::No => "dev",
    };
    let mut trunk = std::process::Command::new("trunk");
    trunk
        .args(["build", "--cargo-profile", profile])
        .current_dir(&workspace.root);
    trunk.env("PATH", tools::search_path(&bins));
    if optimise == Optimise::Watched {
        trunk.env("MQTT_PLAYGROUND_WATCH", "true");
    }
    // Trunk takes only `true` and `false` where the convention is that any value counts.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    shell::run(&mut trunk).context(
        "the page could not be built: the first line above that begins with \"error\" says why",
    )?;
    add_flasher(workspace)?;
    images::bundle(workspace)?;
    println!(
        "    The page is in dist/ after {}.",
        Took(started.elapsed())
    );
    Ok(())
}

/// What the page writes boards with, out of npm packages: fetched by the page only when a board is there, and not kept for
/// the time without a network.
const FLASHER: [&str; 5] = [
    "esptool-js/bundle.js",
    "@noble/hashes/legacy.js",
    "@noble/hashes/_md.js",
    "@noble/hashes/_u64.js",
    "@noble/hashes/utils.js",
];

/// Puts the flasher beside the page. Without Node.js or a network there is none: the page works, and says so when somebody
/// wants to write a board.
fn add_flasher(workspace: &Workspace) -> Result<()> {
    let www = workspace.root.join("www");
    let packages = system::ensure_node().and_then(|()| {
        system::ensure_npm_packages(&www, "the page writes boards with one of them")
    });
    if let Err(error) = packages {
        println!("    This page cannot write boards: {error:#}");
        return Ok(());
    }
    let folder = workspace.root.join("dist").join("flash");
    for file in FLASHER {
        let from = www.join("node_modules").join(file);
        let name = match from.file_name() {
            Some(name) if name == "bundle.js" => "esptool.js".into(),
            Some(name) => name.to_owned(),
            None => continue,
        };
        fs::copy(&from, folder.join(name))
            .with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}

/// Builds the hub.
///
/// # Errors
/// When it does not build.
pub(crate) fn build_hub(workspace: &Workspace, profile: Profile) -> Result<()> {
    say(format_args!(
        "Building {HUB}: it serves the page and speaks MQTT over TCP and WebSocket"
    ));
    let started = Instant::now();
    let package = &workspace.member(HUB_PACKAGE)?.name;
    shell::run(
        cargo()
            .args(["build", "--locked", "--package", package, "--bin", HUB])
            .args(profile.options())
            .current_dir(&workspace.root),
    )?;
    println!("    {HUB} is built after {}.", Took(started.elapsed()));
    Ok(())
}

/// The target that the page and the wasm tests are built for.
///
/// # Errors
/// When it is missing and cannot be added.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    system::ensure_rust_target(WASM_TARGET, "the page is built for it")
}

/// Downloads the crates of Cargo.lock that are not there yet: Trunk builds offline.
fn fetch(workspace: &Workspace) -> Result<()> {
    shell::run(cargo().args(["fetch", "--locked"]).current_dir(&workspace.root)).context(
        "the crates that the page is made of could not be downloaded: is there a network? Once they are there, no \
         network is needed",
    )
}
