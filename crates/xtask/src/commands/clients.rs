//! The step `clients` of `cargo xtask test`: clients that others wrote talk to the hub.
//!
//! Mosquitto's are in the hub's own tests and MQTT.js in the browser's. Those here would bring a lock file, or another
//! language, where it does not belong: rumqttc is built in bench/, and paho-mqtt lives in the tool cache.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::bench::run_program;
use crate::page;
use crate::python::Package;
use crate::shell;
use crate::workspace::{Profile, Workspace};

pub(super) const PAHO: Package = Package {
    name: "paho-mqtt",
    version: "2.1.0",
    module: "paho.mqtt.client",
    why: "a client that we did not write talks to the hub in the tests",
};

/// Runs each of them against a hub of its own.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let python = PAHO.ensure()?.join("python");
    let script = workspace.root.join("crates/hub/tests/clients/with_paho.py");
    let hub = Hub::start(workspace)?;
    shell::run(Command::new(&python).arg(script).arg(&hub.port))?;
    drop(hub);
    // The same through the hub into a page, which is one without a browser.
    let test = ["test", "--package", "hub", "--test", "page_broker"];
    let only = ["--", "--ignored", "paho"];
    shell::run(
        shell::cargo()
            .args(test)
            .args(only)
            .env("PAHO_PYTHON", &python),
    )?;
    let hub = Hub::start(workspace)?;
    run_program("clients-rumqttc", &[hub.port.clone().into()])
}

/// A running hub; ends when dropped.
struct Hub {
    child: Child,
    port: String,
}

impl Hub {
    fn start(workspace: &Workspace) -> Result<Self> {
        let mut child = Command::new(workspace.built_program(page::HUB, Profile::Dev))
            .args(["--mqtt", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the hub could not be started")?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let port = line
            .trim()
            .rsplit_once(':')
            .map(|(_, port)| port.to_owned());
        let mut hub = Self {
            child,
            port: String::new(),
        };
        match port {
            Some(port) => hub.port = port,
            None => bail!("the hub did not say where it listens"),
        }
        Ok(hub)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
