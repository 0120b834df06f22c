//! `cargo xtask later`: which functions the way from opening to the first step needs, learned from doing it.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::parts::LATER;
use crate::page;
use crate::shell::{output, say};
use crate::system;
use crate::workspace::{Profile, Workspace};

/// What stands at the head of the table.
const HEAD: &str = "\
# What the page does without until the first step is made: paths of modules, types and functions.
# `cargo xtask later` writes this file: it opens lessons in Chromium and notes what has run. Lines can be added by hand, too.
# What is not named here is in the first part of the page's wasm, unless only late functions refer to it.
";

/// Learns in Chromium which functions the first step needs, and writes www/later.txt
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
        let functions: Vec<(&str, bool)> = seen
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(has_run, name)| (name, has_run == "1"))
            .collect();
        let run = functions.iter().filter(|(_, has_run)| *has_run).count();
        ensure!(run > 0, "no function has run: the page tells nothing");
        let later = splitter::Later::learn(functions.iter().copied(), &workspace.crates());
        let path = www.join(LATER);
        fs::write(&path, format!("{HEAD}{later}"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!(
            "    {run} of {} functions have run; {} paths are late.",
            functions.len(),
            later.len()
        );
        Ok(())
    }
}
