//! `cargo xtask test`: every test, as a list of named steps.
//!
//! A step says what it needs from the machine, so that `--only` installs no more than that. All steps run even when
//! one fails (but for those that build on it), and the table at the end says which.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::coverage::Coverage;
use super::{scenario, tidy};
use crate::page::{self, Optimise};
use crate::shell::{self, Took, cargo, say};
use crate::system;
use crate::tools::Tool;
use crate::workspace::{Profile, Workspace};

/// The chip of the smallest board, and what stands for all machines without an operating system.
pub(super) const BARE_TARGET: &str = "riscv32imc-unknown-none-elf";

/// Runs every test.
#[derive(Args)]
pub(crate) struct Test {
    /// Runs only these steps (and those they build on); may be given more than once
    #[arg(long, value_name = "STEP", value_delimiter = ',', value_parser = step_names())]
    only: Vec<String>,
    /// Names the steps and ends
    #[arg(long)]
    list: bool,
}

/// One named part of the tests.
struct Step {
    name: &'static str,
    what: &'static str,
    /// Steps that must have passed before.
    after: &'static [&'static str],
    run: fn(&Workspace) -> Result<()>,
}

/// Cheap ones first: what fails soon is known soon.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        what: "every Rust file is formatted",
        after: &[],
        run: format,
    },
    Step {
        name: "tidy",
        what: "the rules that the compiler does not know",
        after: &[],
        run: tidy,
    },
    Step {
        name: "coverage",
        what: "every statement of the standard is shown or an exception",
        after: &[],
        run: coverage,
    },
    Step {
        name: "lint",
        what: "clippy has nothing to say",
        after: &[],
        run: lint,
    },
    Step {
        name: "rust",
        what: "unit and integration tests of all crates, natively",
        after: &[],
        run: rust,
    },
    Step {
        name: "scenarios",
        what: "every scenario ends as it expects, by the steps written down beside it",
        after: &[],
        run: scenarios,
    },
    Step {
        name: "no-std",
        what: "the core crates build for a chip without an operating system",
        after: &[],
        run: no_std,
    },
    Step {
        name: "apart",
        what: "the workspaces with lock files of their own, for fuzzing and measuring, compile",
        after: &[],
        run: apart,
    },
    Step {
        name: "wasm",
        what: "the tests that have to give the same in wasm",
        after: &[],
        run: wasm,
    },
    Step {
        name: "docs",
        what: "the documentation builds without a warning",
        after: &[],
        run: docs,
    },
    Step {
        name: "page",
        what: "the page builds",
        after: &[],
        run: build_page,
    },
    Step {
        name: "hub",
        what: "the hub builds",
        after: &[],
        run: |workspace| page::build_hub(workspace, Profile::Dev),
    },
    Step {
        name: "clients",
        what: "paho-mqtt and rumqttc with the hub, in both versions",
        after: &["hub"],
        run: |workspace| once_more("The foreign clients", || super::clients::check(workspace)),
    },
    Step {
        name: "firmware",
        what: "the firmware on an emulated chip, with the hub: over TCP, WebSocket and its serial line",
        after: &["page", "hub"],
        run: |workspace| once_more("The firmware", || super::firmware::check(workspace)),
    },
    Step {
        name: "browser",
        what: "the page in Chromium and Firefox, MQTT.js over WebSocket, both through the hub",
        after: &["page", "hub"],
        run: browser,
    },
];

/// For what speaks with programs that we did not write, on a machine that others use too: what fails is tried once more, and a
/// second try that passes is told as what it is, a test that wants mending.
pub(super) fn once_more(
    what: impl std::fmt::Display,
    mut attempt: impl FnMut() -> Result<()>,
) -> Result<()> {
    let Err(first) = attempt() else {
        return Ok(());
    };
    say(format_args!("{what} did not pass ({first:#}): once more"));
    attempt()?;
    eprintln!(
        "warning: {what} passed at the second try only. A test in it is not reliable: mend it."
    );
    Ok(())
}

fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

enum Outcome {
    Passed,
    Failed(anyhow::Error),
    /// The step that has to pass first did not.
    Skipped(&'static str),
}

impl Test {
    pub(crate) fn run(&self) -> Result<()> {
        if self.list {
            for step in STEPS {
                println!("{:<9}  {}", step.name, step.what);
            }
            return Ok(());
        }
        let workspace = Workspace::load()?;
        let started = Instant::now();
        let mut rows: Vec<(&Step, Outcome, Duration)> = Vec::new();
        for step in chosen(&self.only) {
            let begun = Instant::now();
            let missing = step.after.iter().copied().find(|name| {
                !rows.iter().any(|(step, outcome, _)| {
                    step.name == *name && matches!(outcome, Outcome::Passed)
                })
            });
            let outcome = match missing {
                Some(name) => Outcome::Skipped(name),
                None => {
                    say(format_args!("Test step `{}`: {}", step.name, step.what));
                    (step.run)(&workspace).map_or_else(Outcome::Failed, |()| Outcome::Passed)
                }
            };
            if let Outcome::Failed(error) = &outcome {
                eprintln!("error: step `{}`: {error:#}", step.name);
            }
            rows.push((step, outcome, begun.elapsed()));
        }
        report(&rows, started.elapsed())
    }
}

/// The steps to run, in order: all, or the named ones with those that they build on.
fn chosen(only: &[String]) -> Vec<&'static Step> {
    let named = |name: &str| only.iter().any(|wanted| wanted == name);
    let needed = |name: &str| {
        STEPS
            .iter()
            .any(|step| named(step.name) && step.after.contains(&name))
    };
    STEPS
        .iter()
        .filter(|step| only.is_empty() || named(step.name) || needed(step.name))
        .collect()
}

fn report(rows: &[(&Step, Outcome, Duration)], total: Duration) -> Result<()> {
    println!("\n{:<9}  {:<8}  {:>12}  what", "step", "result", "time");
    for (step, outcome, took) in rows {
        let (result, why) = match outcome {
            Outcome::Passed => ("ok", String::new()),
            Outcome::Failed(error) => ("FAILED", format!(": {error}")),
            Outcome::Skipped(name) => ("skipped", format!(": `{name}` has to pass first")),
        };
        println!(
            "{:<9}  {result:<8}  {:>12}  {}{why}",
            step.name,
            Took(*took).to_string(),
            step.what
        );
    }
    println!(
        "{:<9}  {:<8}  {:>12}\n",
        "total",
        "",
        Took(total).to_string()
    );
    let bad = rows
        .iter()
        .filter(|(_, outcome, _)| !matches!(outcome, Outcome::Passed))
        .count();
    if bad > 0 {
        bail!("{bad} of {} test steps did not pass", rows.len());
    }
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    shell::run(
        cargo()
            .args(["fmt", "--all", "--check"])
            .current_dir(&workspace.root),
    )
    .context("`cargo fmt` formats the files")
}

fn coverage(_: &Workspace) -> Result<()> {
    Coverage::CHECK.run()
}

fn tidy(workspace: &Workspace) -> Result<()> {
    tidy::check(workspace)
}

fn lint(workspace: &Workspace) -> Result<()> {
    let clippy = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    shell::run(cargo().args(clippy).current_dir(&workspace.root))
}

fn rust(workspace: &Workspace) -> Result<()> {
    system::ensure_mosquitto_clients()?;
    // The bridge is tried with it.
    system::ensure_mosquitto()?;
    system::ensure_tshark()?;
    let test = |which: &[&str]| {
        let mut test = cargo();
        test.args(["test", "--locked", "--no-fail-fast"]);
        shell::run(test.args(which).current_dir(&workspace.root))
    };
    test(&["--workspace", "--exclude", page::HUB_PACKAGE])?;
    // Sockets, other programs and the clock: the rest gives the same each time.
    once_more("The hub", || test(&["--package", page::HUB_PACKAGE]))?;
    // What these features exchange, the tests of the workspace do not see.
    let small = [
        "test",
        "--package",
        "mqtt-proto",
        "--features",
        "small",
        "--tests",
    ];
    let no_passwords = ["check", "--package", "mqtt-broker", "--no-default-features"];
    for apart in [small.as_slice(), &no_passwords] {
        let (what, more) = apart.split_at(1);
        shell::run(
            cargo()
                .args(what)
                .arg("--locked")
                .args(more)
                .current_dir(&workspace.root),
        )?;
    }
    Ok(())
}

fn scenarios(workspace: &Workspace) -> Result<()> {
    scenario::Check::of(workspace.root.join("scenarios")).run()?;
    // With the real interpreter, in Node.js.
    scenario::Check::of(workspace.root.join("scenarios/scripts")).run()
}

fn no_std(workspace: &Workspace) -> Result<()> {
    system::ensure_rust_target(
        BARE_TARGET,
        "the core crates are built for it to prove that they need no system",
    )?;
    let mut build = cargo();
    build.args(["build", "--locked", "--lib", "--target", BARE_TARGET]);
    for package in tidy::core_crates(workspace) {
        build.args(["--package", &package.name]);
        // This chip has no compare-and-swap: reference counts need a critical section there.
        if package.features.contains_key("critical-section") {
            build.args(["--features", &format!("{}/critical-section", package.name)]);
        }
    }
    shell::run(build.current_dir(&workspace.root))
}

/// Only what is ours: to compile all that bench/ compares with takes longer than most steps. A lock file that does not
/// fit is found even so.
fn apart(workspace: &Workspace) -> Result<()> {
    system::ensure_rust_target(
        BARE_TARGET,
        "the client whose size is measured is built for it",
    )?;
    let size = [
        "size-mqtt-proto",
        "--features",
        "v311,v5",
        "--target",
        BARE_TARGET,
    ];
    let bench = workspace.root.join("bench");
    for ours in [
        size.as_slice(),
        &["size-session"],
        &["bench-codec", "--no-default-features"],
    ] {
        shell::run(
            cargo()
                .args(["check", "--locked", "--package"])
                .args(ours)
                .current_dir(&bench),
        )?;
    }
    // Only fuzzing itself needs the nightly toolchain.
    shell::run(
        cargo()
            .args(["check", "--locked", "--bins"])
            .current_dir(workspace.root.join("crates/mqtt-proto/fuzz")),
    )
}

/// Runs every integration test named `wasm` (tests/wasm.rs) in Node.js, which has the same WebAssembly engine as
/// Chromium and needs no driver.
fn wasm(workspace: &Workspace) -> Result<()> {
    system::ensure_node()?;
    page::ensure_wasm_target()?;
    let tests = workspace.members().into_iter().filter(|package| {
        package
            .targets
            .iter()
            .any(|target| target.is_test() && target.name == "wasm")
    });
    let mut test = cargo();
    test.args([
        "test",
        "--locked",
        "--target",
        page::WASM_TARGET,
        "--test",
        "wasm",
    ]);
    let mut found = false;
    for package in tests {
        test.args(["--package", &package.name]);
        found = true;
    }
    if !found {
        println!("    No crate has tests/wasm.rs.");
        return Ok(());
    }
    let runner = Tool::wasm_bindgen(workspace)?
        .ensure()?
        .join("wasm-bindgen-test-runner");
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    // The simulator's test compares its states in wasm with these.
    let states = scenario::state_hashes(&workspace.root.join("scenarios"))?;
    test.env("SCENARIO_STATE_HASHES", states);
    shell::run(test.current_dir(&workspace.root))
}

fn docs(workspace: &Workspace) -> Result<()> {
    let doc = ["doc", "--locked", "--workspace", "--no-deps"];
    shell::run(
        cargo()
            .args(doc)
            .env("RUSTDOCFLAGS", "-D warnings")
            .current_dir(&workspace.root),
    )
}

fn build_page(workspace: &Workspace) -> Result<()> {
    page::build(workspace, Optimise::Fully)
}

fn browser(workspace: &Workspace) -> Result<()> {
    system::ensure_node()?;
    let chromium = system::ensure_chromium()?;
    let www = workspace.root.join("www");
    system::ensure_npm_packages(&www, "the browser tests drive Chromium with them")?;
    let files = test_files(&www.join("tests"))?;
    let firefox = system::ensure_firefox()?;
    system::ensure_mosquitto_clients()?;
    let mosquitto = system::ensure_mosquitto()?;
    let paho = super::clients::PAHO.ensure()?.join("python");
    let xtask = std::env::current_exe().context("this program does not know its own path")?;
    let mut failed = Vec::new();
    // One file at a time: every one of them starts a browser, and the machine may have two cores.
    for file in files {
        let name = file.strip_prefix(&www).unwrap_or(&file).display();
        let mut node = Command::new("node");
        // The time is that of a file: a test that waits for what never comes is a failure, not a hang.
        node.args(["--test", "--test-timeout=900000", "--test-reporter=spec"]);
        node.arg(&file).current_dir(&www);
        node.env("CHROMIUM", &chromium);
        node.env("FIREFOX", &firefox);
        node.env("MOSQUITTO", &mosquitto);
        node.env("PAHO_PYTHON", &paho);
        node.env("MQTT_HUB", workspace.built_program(page::HUB, Profile::Dev));
        node.env("XTASK", &xtask);
        if once_more(&name, || shell::run(&mut node)).is_err() {
            failed.push(format!("{name}"));
        }
    }
    if !failed.is_empty() {
        bail!("{} failed twice", failed.join(", "));
    }
    Ok(())
}

/// The browser tests: `www/tests/*.test.mjs`, sorted.
fn test_files(folder: &std::path::Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("{} has no file that ends in .test.mjs", folder.display());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_step_brings_what_it_builds_on() {
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
            chosen(&only)
                .iter()
                .map(|step| step.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&["browser"]), ["page", "hub", "browser"]);
        assert_eq!(names(&["tidy", "format"]), ["format", "tidy"]);
        assert_eq!(names(&[]).len(), STEPS.len());
    }

    #[test]
    fn steps_come_after_those_that_they_build_on() {
        for (index, step) in STEPS.iter().enumerate() {
            for name in step.after {
                assert!(
                    STEPS
                        .iter()
                        .take(index)
                        .any(|earlier| earlier.name == *name),
                    "{} before {name}",
                    step.name
                );
            }
        }
    }

    #[test]
    fn one_bad_step_fails_the_run() {
        let row = |outcome| (&STEPS[0], outcome, Duration::ZERO);
        assert!(report(&[row(Outcome::Passed)], Duration::ZERO).is_ok());
        let error = report(
            &[row(Outcome::Passed), row(Outcome::Skipped("page"))],
            Duration::ZERO,
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "1 of 2 test steps did not pass");
    }
}
