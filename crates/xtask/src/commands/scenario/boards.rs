//! What `scenario check` looks at beyond the log where boards run scripts: their consoles, and whether they do the same again.

use anyhow::{Result, bail};
use device::Remark;
use device::script::Interpreter;
use sim::{Note, RecordKind, Recording, Stop};
use std::fmt::Write as _;

/// What the boards of a run printed, a line each; `None` if none runs a script.
pub(super) fn console(recording: &Recording) -> Option<String> {
    let mut nodes = recording.scenario().nodes.iter();
    nodes.find(|node| node.kind.script().is_some())?;
    let log = recording.log();
    let mut text = String::new();
    for record in log.records(log.end()) {
        if let RecordKind::Note(Note::Device(remark)) = &record.kind
            && let Remark::Printed { line } = remark.as_ref()
            && let Some(node) = record.node
        {
            let micros = record.at.as_micros();
            let (seconds, millis) = (micros / 1_000_000, micros / 1_000 % 1_000);
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{seconds}.{millis:03}  {}  {line}", log.name(node));
        }
    }
    Some(text)
}

/// Forks a run in its middle and runs it on: its boards are run again from their beginnings, and nothing is another.
///
/// # Errors
/// Something is.
pub(super) fn run_on_from_the_middle(
    recording: &Recording,
    interpreter: &Interpreter,
) -> Result<()> {
    interpreter.forget();
    let hashes = recording.log_hashes();
    let middle = u64::try_from(hashes.len() / 2)?;
    let mut fork = recording.fork(recording.cursor_after(middle));
    if fork.run_to_end() == Stop::LogFull {
        bail!("the log of the fork is full");
    }
    let (now, then) = (fork.log_hashes(), fork.state_hashes());
    if now != hashes {
        let parted = now
            .iter()
            .zip(&hashes)
            .position(|(now, before)| now != before);
        bail!("a fork after event {middle} does not do the same again, from event {parted:?} on");
    }
    if then != recording.state_hashes() {
        bail!("a fork after event {middle} comes to another state");
    }
    Ok(())
}
