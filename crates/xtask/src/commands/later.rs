//! `cargo xtask later`: what the way from opening to the first step needs, learned from doing it.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::parts::{LATER, RARE};
use crate::page;
use crate::shell::{output, say};
use crate::system;
use crate::workspace::{Profile, Workspace};

/// What stands at the head of the table of functions.
const LATER_HEAD: &str = "\
# What the page does without until the first step is made: paths of modules, types and functions.
# `cargo xtask later` writes this file: it opens lessons in Chromium and notes what has run. Lines can be added by hand, too.
# What is not named here is in the first part of the page's wasm, unless only late functions refer to it.
";

/// What stands at the head of the table of pieces of functions.
const RARE_HEAD: &str = "\
# What of the other functions the page does without until the first step is made: pieces of their code, by keys, below the
# paths of the functions. `cargo xtask later` writes this file. A key that fits no code does nothing.
";

/// Learns in Chromium what the first step needs, and writes www/later.txt and www/rare.txt
#[derive(Args)]
pub(crate) struct Later;

impl Later {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        system::ensure_node()?;
        let chromium = system::ensure_chromium()?;
        let www = workspace.root.join("www");
        system::ensure_npm_packages(&www, "the page is watched in Chromium")?;
        page::build_hub(&workspace, Profile::Dev)?;
        page::build(&workspace, page::Optimise::Watched)?;
        say("Opening lessons and making their first steps");
        let seen = output(
            Command::new("node")
                .arg(workspace.root.join("bench/page/later.mjs"))
                .env("CHROMIUM", chromium)
                .env("MQTT_HUB", workspace.built_program(page::HUB, Profile::Dev)),
        )?;
        let seen: Vec<(&str, bool)> = seen
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(has_run, name)| (name, has_run == "1"))
            .collect();
        let crates = workspace.crates();
        let later = splitter::Later::learn(splitter::functions(seen.iter().copied()), &crates);
        let rare = splitter::Rare::learn(seen.iter().copied(), &crates);
        ensure!(
            !rare.is_empty(),
            "nothing has run in part: the page tells nothing"
        );
        let write = |name: &str, text: String| {
            let path = www.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(LATER, format!("{LATER_HEAD}{later}"))?;
        write(RARE, format!("{RARE_HEAD}{rare}"))?;
        println!(
            "    {} paths and {} pieces of other functions are late.",
            later.len(),
            rare.len()
        );
        Ok(())
    }
}
