//! `cargo xtask scenario …`: runs scenario files and compares runs with what was written down about them.
//!
//! Beside each `NAME.mqtt` stand `NAME.ladder` (the steps of its run as text) and `NAME.hashes` (a hash of the log after
//! every event, for comparing runs on different machines), and where boards run scripts `NAME.console` (what they printed).

mod boards;
mod cuts;
mod differ;
mod why;

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::script;
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use device::script::Interpreter;
use mqtt_proto::{Text, TopicFilter};
use sim::scenario::NodeKind;
use sim::{Recording, Scenario, Stop};

/// Runs scenario files.
#[derive(Args)]
pub(crate) struct ScenarioCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Runs one scenario and says whether its expectations hold
    Run(Run),
    /// Cuts a scenario's link at every place of its run, and counts deliveries
    Cuts(cuts::Cuts),
    /// Says what is behind a record of a run, or why a message did not come
    Why(why::Why),
    /// Says where two runs part, and what differs at their ends
    Differ(differ::Differ),
    /// Runs all scenarios of a folder and compares them with their ladders and hashes
    Check(Check),
}

#[derive(Args)]
struct Run {
    /// The scenario
    file: PathBuf,
    /// Takes this seed instead of the scenario's own
    #[arg(long)]
    seed: Option<u64>,
    /// Prints the ladder, a line for each step
    #[arg(long)]
    ladder: bool,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    /// The folder; `*.mqtt` in it are scenarios
    #[arg(default_value = "scenarios")]
    folder: PathBuf,
    /// Writes down what the runs do now, instead of comparing
    #[arg(long)]
    bless: bool,
}

impl ScenarioCommand {
    pub(crate) fn run(&self) -> Result<()> {
        match &self.action {
            Action::Run(run) => run.run(),
            Action::Cuts(cuts) => cuts.run(),
            Action::Why(why) => why.run(),
            Action::Differ(differ) => differ.run(),
            Action::Check(check) => check.run(),
        }
    }
}

fn read(file: &Path) -> Result<Rc<Scenario>> {
    parse(file, &read_text(file)?)
}

fn parse(file: &Path, text: &str) -> Result<Rc<Scenario>> {
    let scenario = Scenario::parse(text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    Ok(Rc::new(scenario))
}

fn topic_filter(word: &str) -> Result<TopicFilter> {
    Text::try_from(word)
        .and_then(TopicFilter::new)
        .map_err(|fault| anyhow!("`{word}` is no topic filter: {fault:?}"))
}

fn read_text(file: &Path) -> Result<String> {
    let name = file.display();
    if file.is_dir() {
        bail!(
            "{name} is a folder; name one file of it, or run them all with `scenario check {name}`"
        );
    }
    let size = match fs::metadata(file) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no file {name}; `ls scenarios` shows those that come with the project")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
    };
    // What is too large is not even read.
    if size > sim::scenario::limits::FILE_MAX_BYTES as u64 {
        bail!("{name} has {size} bytes; a scenario has at most 256 KiB");
    }
    let bytes = fs::read(file).with_context(|| format!("cannot read {name}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow!("{name} is no text: byte {at} is not UTF-8; a payload says such bytes as \\xHH")
    })
}

fn record(scenario: Rc<Scenario>, seed: u64) -> Result<Recording> {
    let interpreter = script::interpreter(&scenario)?;
    record_with(scenario, seed, &interpreter)
}

fn record_with(scenario: Rc<Scenario>, seed: u64, interpreter: &Interpreter) -> Result<Recording> {
    let mut recording = Recording::with_interpreter(scenario, seed, interpreter)?;
    if recording.run_to_end() == Stop::LogFull {
        bail!(
            "the run was stopped: its log has {} records, as many as it may",
            sim::LOG_MAX_RECORDS
        );
    }
    Ok(recording)
}

impl Run {
    fn run(&self) -> Result<()> {
        let scenario = read(&self.file)?;
        let seed = self.seed.unwrap_or(scenario.seed);
        let recording = record(Rc::clone(&scenario), seed)?;
        if self.json {
            println!("{}", json(&recording)?);
        } else {
            if self.ladder {
                print!("{}", ladder(&recording));
            }
            if scenario.expectations.is_empty() && !self.ladder {
                println!("nothing is expected of this run; `--ladder` prints its steps");
            }
            print!("{}", idle(&recording));
            for verdict in recording.verdicts() {
                let mark = if verdict.met { "ok  " } else { "FAIL" };
                println!("{mark} expect {}: {}", verdict.expectation, verdict.found);
            }
        }
        match failures(&recording) {
            0 => Ok(()),
            failed => bail!("{failed} expectations of {} fail", self.file.display()),
        }
    }
}

/// The acts of which nothing came, a line each.
fn idle(recording: &Recording) -> String {
    let idle = recording.acts_without_effect().into_iter();
    let idle = idle.map(|act| format!("no effect: {}\n", recording.log().line(act)));
    let never = recording.never_happened();
    idle.chain(never.map(|planned| format!("never happened: {planned}\n")))
        .collect()
}

fn ladder(recording: &Recording) -> String {
    recording.log().ladder_text(recording.log().end())
}

fn failures(recording: &Recording) -> usize {
    recording
        .verdicts()
        .iter()
        .filter(|verdict| !verdict.met)
        .count()
}

fn json(recording: &Recording) -> Result<String> {
    let log = recording.log();
    let records: Vec<_> = log
        .records(log.end())
        .iter()
        .map(|record| {
            serde_json::json!({
                "id": record.id.0,
                "at_us": record.at.as_micros(),
                "cause": record.cause.map(|cause| cause.0),
                "node": record.node.map(|node| log.name(node)),
                "rules": record.rules.iter().map(|rule| rule.id_str()).collect::<Vec<_>>(),
                "step": log.ladder_line(record),
                "kind": format!("{:?}", record.kind),
            })
        })
        .collect();
    let verdicts: Vec<_> = recording
        .verdicts()
        .iter()
        .map(|verdict| {
            serde_json::json!({
                "expectation": verdict.expectation.to_string(),
                "met": verdict.met,
                "found": verdict.found.to_string(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&serde_json::json!({
        "title": recording.scenario().title,
        "seed": recording.seed(),
        "records": records,
        "verdicts": verdicts,
    }))?)
}

impl Check {
    /// Compares the scenarios of a folder with what stands beside them.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            bless: false,
        }
    }

    pub(crate) fn run(&self) -> Result<()> {
        let files = scenarios_in(&self.folder)?;
        let mut failed = 0;
        for file in &files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            match self.check(file) {
                Ok(steps) => println!("ok   {name}: {steps} steps"),
                Err(error) => {
                    failed += 1;
                    println!("FAIL {name}: {error:#}");
                }
            }
        }
        println!("{} passed, {failed} failed", files.len() - failed);
        match failed {
            0 => Ok(()),
            _ => bail!("{failed} of {} scenarios fail", files.len()),
        }
    }

    fn check(&self, file: &Path) -> Result<usize> {
        let scenario = read(file)?;
        let interpreter = script::interpreter(&scenario)?;
        let untrue = sim::prove_with(&scenario, &interpreter)?;
        if !untrue.is_empty() {
            bail!("its lesson is not true: {}", untrue.join("; "));
        }
        let seed = scenario.seed;
        let recording = record_with(scenario, seed, &interpreter)?;
        let console = boards::console(&recording);
        if console.is_some() {
            boards::run_on_from_the_middle(&recording, &interpreter)?;
        }
        let written = [
            ("ladder", Some(ladder(&recording))),
            ("hashes", Some(hashes_text(&recording))),
            ("console", console),
        ];
        for (ending, now) in written {
            let Some(now) = now else { continue };
            let beside = file.with_extension(ending);
            if self.bless {
                fs::write(&beside, now)
                    .with_context(|| format!("cannot write {}", beside.display()))?;
                continue;
            }
            let before = fs::read_to_string(&beside).map_err(|error| match error.kind() {
                ErrorKind::NotFound => anyhow!(
                    "{} is not there; `--bless` writes it down",
                    beside.display()
                ),
                _ => anyhow!("cannot read {}: {error}", beside.display()),
            })?;
            compare(&before, &now).with_context(|| {
                format!(
                    "{} differs (`--bless` writes down what the run does now)",
                    beside.display()
                )
            })?;
        }
        let missed: Vec<String> = recording
            .verdicts()
            .into_iter()
            .filter(|verdict| !verdict.met)
            .map(|verdict| format!("expected {}, {}", verdict.expectation, verdict.found))
            .collect();
        if !missed.is_empty() {
            bail!("{}", missed.join("; "));
        }
        if let Some(script) = imitates(file) {
            let original = read(&script)?;
            let seed = original.seed;
            compare(&wire(&record(original, seed)?), &wire(&recording))
                .with_context(|| format!("other bytes than with {}", script.display()))?;
        }
        Ok(recording.log().steps().len())
    }
}

/// The scenario in which a script does what this one does with an imitated library: `NAME.mqtt` for `NAME.imitation.mqtt`.
fn imitates(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_str()?.strip_suffix(".imitation")?;
    Some(file.with_file_name(format!("{stem}.mqtt")))
}

/// What the boards of a run and their broker sent each other, without the times: a line for each packet, with its bytes.
fn wire(recording: &Recording) -> String {
    let log = recording.log();
    let runs_program = |node: sim::NodeId| {
        recording.scenario().nodes.iter().any(|spec| {
            spec.name == log.name(node)
                && matches!(&spec.kind, NodeKind::Device(device) if device.script.is_some() || device.program.is_some())
        })
    };
    let mut text = String::new();
    for record in log.records(log.end()) {
        if let sim::RecordKind::Sent(flight) = &record.kind
            && (runs_program(flight.from) || runs_program(flight.to))
        {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{} {:02x?}", log.name(flight.from), &flight.bytes[..]);
        }
    }
    text
}

/// One hash a line, the first before any event.
fn hashes_text(recording: &Recording) -> String {
    recording
        .log_hashes()
        .iter()
        .fold(String::new(), |mut text, hash| {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{hash:016x}");
            text
        })
}

/// What `SCENARIO_STATE_HASHES` has to be for `crates/sim/tests/wasm.rs`: the state hashes of every scenario of a folder,
/// by name.
///
/// # Errors
/// A scenario cannot be read or run.
pub(crate) fn state_hashes(folder: &Path) -> Result<String> {
    let lines = scenarios_in(folder)?
        .iter()
        .map(|file| {
            let scenario = read(file)?;
            let seed = scenario.seed;
            let hashes = record(scenario, seed)?.state_hashes();
            let hashes: Vec<String> = hashes.iter().map(|hash| format!("{hash:016x}")).collect();
            Ok(hashes.join(","))
        })
        .collect::<Result<Vec<String>>>()?;
    Ok(lines.join(";"))
}

fn compare(before: &str, now: &str) -> Result<()> {
    let mut lines = (1..).zip(before.lines().map(Some).chain(std::iter::repeat(None)));
    for (now, (number, before)) in now.lines().map(Some).chain([None]).zip(lines.by_ref()) {
        if now != before {
            bail!(
                "line {number} was `{}` and is `{}`",
                before.unwrap_or("the end"),
                now.unwrap_or("the end")
            );
        }
    }
    Ok(())
}

fn scenarios_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let name = folder.display();
    if folder.is_file() {
        bail!("{name} is a file; `scenario check` takes a folder, `scenario run {name}` this one");
    }
    if !folder.exists() {
        bail!("there is no folder {name}");
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {name}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "mqtt") {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("{} has no scenario (*.mqtt)", folder.display());
    }
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{idle, parse, record};
    use std::path::{Path, PathBuf};

    #[test]
    fn acts_without_effect_are_told() {
        let text = "scenario \"t\"\nuntil 10 s\nnode broker broker\nnode b phone\nlink b to broker\n\
            at 0 s: b connect\nat 1 s: restore b to broker\nat 1 s: hold b to broker\nat 1 s: b power-on\n\
            at 2 s: b subscribe \"t\"\nat 2 s: b crash before-saving\nat 3 s: b connect\n\
            when 2nd SUBSCRIBE is sent: cut b to broker\nat 4 s: cut b to broker\nat 4 s: silence b to broker\nat 11 s: b power-off";
        let run = record(parse(Path::new("t"), text).unwrap(), 1).unwrap();
        assert_eq!(
            idle(&run),
            "no effect: 1.000  done: restore b to broker\n\
             no effect: 1.000  done: hold b to broker\n\
             no effect: 1.000  done: b power-on\n\
             no effect: 3.000  done: b connect\n\
             no effect: 4.000  done: silence b to broker\n\
             never happened: when 2nd SUBSCRIBE is sent: cut b to broker\n\
             never happened: at 11 s: b power-off\n"
        );
    }

    /// A scenario that comes with the project.
    pub(super) fn shipped(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../scenarios")
            .join(name)
    }
}
