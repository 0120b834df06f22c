//! `cargo xtask …`: the project's own commands, so that a machine with only rustup (and Node.js for the browser
//! parts) needs nothing typed but them.
//!
//! What it does not do: it decides nothing about MQTT and it changes nothing outside the checkout, the tool cache and,
//! for `test` as root on Debian, the system packages that it names before it installs them.

mod commands;
mod page;
mod python;
mod script;
mod shell;
mod system;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The commands of MQTT Playground.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds what is missing and serves the playground
    Serve(commands::serve::Serve),
    /// Builds the page into dist/ and the hub, without starting them
    Build(commands::build::Build),
    /// Splits the wasm of a page that Trunk has just built, and lists its files (Trunk calls this)
    Finish(commands::finish::Finish),
    /// Learns in Chromium which functions the first step needs, and writes www/later.txt and www/rare.txt
    Later(commands::later::Later),
    /// Builds the firmware
    Firmware(commands::firmware::Firmware),
    /// Measures the flash that a client takes on a small chip
    Size(commands::size::Size),
    /// Runs every test
    Test(commands::test::Test),
    /// Says which statements of the standard the tests show
    Coverage(commands::coverage::Coverage),
    /// Measures speed beside other implementations
    Bench(commands::bench::Bench),
    /// Runs scenario files
    Scenario(commands::scenario::ScenarioCommand),
    /// Runs random worlds with the checkers on
    Simulate(commands::simulate::Simulate),
    /// Runs the page against real brokers
    Peers(commands::peers::Peers),
    /// Asks a broker what it supports
    Probe(commands::probe::Probe),
    /// Runs the hub with clients that are cut off, read slowly and send garbage
    Soak(commands::soak::Soak),
    /// Checks the rules that the compiler does not know
    Tidy(commands::tidy::Tidy),
}

fn main() -> ExitCode {
    if let Some(ended) = commands::firmware::compiler::stood_in() {
        return ended;
    }
    let outcome = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Build(command) => command.run(),
        Command::Finish(command) => command.run(),
        Command::Later(command) => command.run(),
        Command::Firmware(command) => command.run(),
        Command::Size(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Coverage(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Scenario(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Peers(command) => command.run(),
        Command::Probe(command) => command.run(),
        Command::Soak(command) => command.run(),
        Command::Tidy(command) => command.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
