//! `cargo xtask peers`: the page with brokers of others, those too that are too heavy for every test.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use super::bench;
use crate::page;
use crate::shell::run;
use crate::system;
use crate::workspace::{Profile, Workspace};

/// Runs the page against Mosquitto, aedes, RabbitMQ (also as a cluster of two nodes) and rumqttd, and prints what the probe
/// finds out about each. Needs the page: `cargo xtask build`
#[derive(Args)]
pub(crate) struct Peers {
    /// Only these: Mosquitto, aedes, RabbitMQ, cluster, rumqttd
    #[arg(value_name = "BROKER", value_delimiter = ',')]
    only: Vec<String>,
}

/// All of them.
const PEERS: [&str; 5] = ["Mosquitto", "aedes", "RabbitMQ", "cluster", "rumqttd"];

impl Peers {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        let only = match self.only.as_slice() {
            [] => PEERS.map(str::to_owned).to_vec(),
            some => some.to_vec(),
        };
        let is_wanted = |name: &str| only.iter().any(|it| it == name);
        system::ensure_node()?;
        let www = workspace.root.join("www");
        system::ensure_npm_packages(&www, "the page is driven in Chromium with them")?;
        system::ensure_mosquitto_clients()?;
        page::build_hub(&workspace, Profile::Dev)?;
        let mut node = Command::new("node");
        if is_wanted("rumqttd") {
            node.env("RUMQTTD", bench::rumqttd(&workspace)?);
        }
        if is_wanted("RabbitMQ") || is_wanted("cluster") {
            system::ensure_rabbitmq()?;
        }
        let mosquitto = system::ensure_mosquitto()?;
        node.args(["--test", "--test-reporter=spec", "tests/peers.test.mjs"])
            .current_dir(&www)
            .env("CHROMIUM", system::ensure_chromium()?)
            .env("MOSQUITTO", mosquitto)
            .env("MQTT_HUB", workspace.built_program(page::HUB, Profile::Dev))
            .env("PEERS", only.join(","))
            .env("PROBE", "yes");
        run(&mut node).context("the page is the one of dist/: `cargo xtask build` makes it")
    }
}
