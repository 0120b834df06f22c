//! `cargo xtask serve`: builds what is missing, then becomes the hub.

use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;

use super::build::Build;
use crate::page::{self, HUB};
use crate::shell::{self, say};
use crate::workspace::{Profile, Workspace};

/// Builds what is missing and serves the playground.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    build: Build,
    /// Which broker answers: `native` runs ours in the hub, `page` waits for a page that becomes it
    #[arg(long, default_value = "native")]
    broker: String,
    /// Where to listen for MQTT over TCP
    #[arg(long, default_value = "127.0.0.1:1883")]
    mqtt: String,
    /// Where to listen for MQTT over WebSocket (path /mqtt or none)
    #[arg(long, default_value = "127.0.0.1:9001")]
    ws: String,
    /// Where to serve the page
    #[arg(long, default_value = "127.0.0.1:8080")]
    http: String,
    /// More options for mqtt-hub, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

/// Options of the hub with which it says something and ends.
const ASKS: [&str; 4] = ["--help", "-h", "--version", "-V"];

impl Serve {
    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        if self.more.iter().any(|option| ASKS.contains(&&**option)) {
            page::build_hub(&workspace, Profile::Dev)?;
            return become_program(&mut self.hub(&workspace));
        }
        self.build.build(&workspace, |workspace| {
            // What keeps the hub from starting is said now, and not after the page is built.
            if shell::succeeds(self.hub(workspace).arg("--check"))? {
                return Ok(());
            }
            bail!("{HUB} cannot start with these options: see the line above")
        })?;
        say(format_args!(
            "Starting {HUB}: the page is at http://{}/, Ctrl-C ends it",
            said(&self.more, "--http").unwrap_or(&self.http)
        ));
        let page = workspace.root.join("dist");
        become_program(self.hub(&workspace).arg("--page").arg(page))
    }

    fn hub(&self, workspace: &Workspace) -> Command {
        let mut hub = Command::new(workspace.built_program(HUB, Profile::Dev));
        let ours = [
            ("--broker", &self.broker),
            ("--mqtt", &self.mqtt),
            ("--ws", &self.ws),
            ("--http", &self.http),
        ];
        // The hub takes each of them once.
        let ours = ours
            .into_iter()
            .filter(|(name, _)| said(&self.more, name).is_none());
        hub.args(ours.flat_map(|(name, value)| [name, value.as_str()]));
        hub.args(&self.more);
        hub
    }
}

/// What the options give for `name`, as `--name VALUE` or `--name=VALUE`.
fn said<'a>(options: &'a [String], name: &str) -> Option<&'a str> {
    let place = options.iter().position(|option| {
        option
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    match options.get(place)?.split_once('=') {
        Some((_, value)) => Some(value),
        None => options.get(place + 1).map(String::as_str),
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

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn an_option_behind_the_dashes_goes_before_ours() {
        let more = ["--broker", "page", "--http=[::1]:80", "--wsx", "1"].map(String::from);
        let table = [
            ("--broker", Some("page")),
            ("--http", Some("[::1]:80")),
            ("--ws", None),
            ("--mqtt", None),
        ];
        for (name, value) in table {
            assert_eq!(said(&more, name), value, "{name}");
        }
    }
}
