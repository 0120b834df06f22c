//! Running other programs, and telling the user what is being done and why.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Says in one line what is about to be done and why.
pub(crate) fn say(text: impl fmt::Display) {
    if std::io::stdout().is_terminal() {
        println!("\x1b[1;36m==>\x1b[0m \x1b[1m{text}\x1b[0m");
    } else {
        println!("==> {text}");
    }
}

/// Runs a program to its end with its output passed through.
///
/// # Errors
/// Names the whole command when it could not be started or did not exit with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("    $ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| explain_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status})", shown(command));
}

/// Runs a program to its end with its output passed through; whether it exited with 0.
///
/// # Errors
/// When it could not be started.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .map_err(|error| explain_start(command, &error))?;
    Ok(status.success())
}

/// Runs a program quietly and returns what it printed.
///
/// # Errors
/// As [`run`], with what the program said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|error| explain_start(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({}): {}",
            shown(command),
            output.status,
            said.trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something else than text", shown(command)))
}

fn explain_start(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound {
        anyhow::anyhow!(
            "the program `{program}` is not installed, or not on the search path (PATH)"
        )
    } else {
        anyhow::anyhow!("`{program}` could not be started: {error}")
    }
}

/// Cargo, the one that runs this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Waits until no other run of these commands builds `what`, and keeps others waiting until dropped.
///
/// # Errors
/// When the lock file `<folder>/<what>.lock` cannot be made.
pub(crate) fn lock(folder: &Path, what: &str) -> Result<File> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{what}.lock"));
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    if file.try_lock().is_err() {
        println!("    Another run is building {what}: waiting for it.");
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

/// The command as one would type it, without the folders of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A duration for people: `48.2 s`, `3 min 05 s`.
pub(crate) struct Took(pub(crate) Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds < 60 {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        } else {
            write!(f, "{} min {:02} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_failing_program_is_named_with_its_exit_code() {
        let error = run(Command::new("sh").args(["-c", "exit 3"]))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_missing_program_is_a_sentence() {
        let error = run(&mut Command::new("no-such-program"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "the program `no-such-program` is not installed, or not on the search path (PATH)"
        );
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(Took(Duration::from_millis(48_240)).to_string(), "48.2 s");
        assert_eq!(Took(Duration::from_secs(185)).to_string(), "3 min 05 s");
    }

    #[test]
    fn a_lock_is_held_until_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path(), "a").unwrap();
        let second = File::create(folder.path().join("a.lock")).unwrap();
        assert!(second.try_lock().is_err());
        drop(held);
        assert!(second.try_lock().is_ok());
    }
}
