//! What `scenario check` looks at beyond the log where boards run scripts: their consoles, and whether they do the same again.

use anyhow::{Result, bail};
use device::script::Interpreter;
use sim::{NodeId, Recording, Stop, Terminal, overwritten};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the boards of a run printed, a line each; `None` if none runs a script.
pub(super) fn console(recording: &Recording) -> Option<String> {
    let mut nodes = recording.scenario().nodes.iter();
    nodes.find(|node| node.kind.script().is_some())?;
    let log = recording.log();
    let mut terminals: BTreeMap<NodeId, Terminal> = BTreeMap::new();
    let mut open: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut lines: Vec<(String, String)> = Vec::new();
    for record in log.records(log.end()) {
        let Some(node) = record.node else { continue };
        let Some((piece, goes_on)) = terminals.entry(node).or_default().take(&record.kind) else {
            continue;
        };
        let last = open.get(&node).filter(|_| goes_on);
        if let Some((_, line)) = last.and_then(|at| lines.get_mut(*at)) {
            line.push_str(piece);
            continue;
        }
        let micros = record.at.as_micros();
        let (seconds, millis) = (micros / 1_000_000, micros / 1_000 % 1_000);
        let head = format!("{seconds}.{millis:03}  {}", log.name(node));
        open.insert(node, lines.len());
        lines.push((head, piece.to_owned()));
    }
    let mut text = String::new();
    for (head, line) in lines {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{head}  {}", overwritten(&line));
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
