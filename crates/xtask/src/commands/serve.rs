//! `cargo xtask serve`: builds what is missing, then becomes the hub.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use super::build::Build;
use crate::page::HUB;
use crate::shell::say;
use crate::workspace::{Profile, Workspace};

/// Builds what is missing and serves the playground.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    build: Build,
    /// Which broker answers: `native` runs ours in the hub
    #[arg(long, default_value = "native")]
    broker: String,
    /// Where to listen for MQTT over TCP
    #[arg(long, default_value = "127.0.0.1:1883")]
    mqtt: String,
    /// Where to listen for MQTT over WebSocket (path /mqtt)
    #[arg(long, default_value = "127.0.0.1:9001")]
    ws: String,
    /// Where to serve the page
    #[arg(long, default_value = "127.0.0.1:8080")]
    http: String,
    /// More options for mqtt-hub, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        self.build.build(&workspace)?;
        say(format_args!(
            "Starting {HUB}: the page is at http://{}/, Ctrl-C ends it",
            self.http
        ));
        become_program(&mut self.hub(&workspace))
    }

    fn hub(&self, workspace: &Workspace) -> Command {
        let mut hub = Command::new(workspace.built_program(HUB, Profile::Dev));
        hub.args([
            "--broker",
            &self.broker,
            "--mqtt",
            &self.mqtt,
            "--ws",
            &self.ws,
            "--http",
            &self.http,
        ]);
        hub.arg("--page")
            .arg(workspace.root.join("dist"))
            .args(&self.more);
        hub
    }
}

/// Replaces this program, so that signals and the exit code are the hub's own.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use anyhow::Context as _;
    use std::os::unix::process::CommandExt as _;

    Err(command.exec()).with_context(|| format!("{HUB} could not be started"))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    crate::shell::run(command)
}
