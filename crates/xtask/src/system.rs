//! What the machine has to provide: rustup targets, Node.js, and programs of the operating system.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{self, say};

/// Oldest Node.js that the browser tests run on: its test runner, and what playwright-core asks for.
const NODE_MAJOR_MIN: u32 = 20;

/// Makes sure that Rust can build for `target`.
///
/// # Errors
/// When the target is missing and rustup cannot add it.
pub(crate) fn ensure_rust_target(target: &str, why: &str) -> Result<()> {
    let folder = shell::output(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    say(format_args!("Adding the Rust target {target}: {why}"));
    shell::run(Command::new("rustup").args(["target", "add", target])).with_context(|| {
        format!(
            "the Rust target {target} is missing. With a network, `rustup target add {target}` adds it; without rustup, \
             install the package of your system that has it"
        )
    })
}

/// Makes sure that Node.js and npm are there and new enough. They are not installed: where they should come from is
/// for the user to say.
///
/// # Errors
/// When they are missing or too old; says from where to get them.
pub(crate) fn ensure_node() -> Result<()> {
    let advice = || {
        format!(
            "the browser parts need Node.js {NODE_MAJOR_MIN} or newer with npm: https://nodejs.org/en/download"
        )
    };
    let version = shell::output(Command::new("node").arg("--version")).with_context(advice)?;
    check_node_version(&version).with_context(advice)?;
    shell::output(Command::new("npm").arg("--version")).with_context(advice)?;
    Ok(())
}

fn check_node_version(version: &str) -> Result<()> {
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        Some(_) => bail!("Node.js {} is too old", version.trim()),
        None => bail!("`node --version` said {version:?}"),
    }
}

/// Installs the npm packages of a folder when they are missing or older than the lock file.
///
/// # Errors
/// When npm fails, most often for want of a network.
pub(crate) fn ensure_npm_packages(folder: &Path, why: &str) -> Result<()> {
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let lock = changed(&folder.join("package-lock.json"));
    // npm writes this file last.
    let installed = changed(&folder.join("node_modules").join(".package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    say(format_args!(
        "Installing the npm packages of {}: {why}",
        folder.display()
    ));
    shell::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )
    .with_context(|| {
        format!(
            "the npm packages could not be installed. With a network, `npm ci` in {} installs them",
            folder.display()
        )
    })
}

/// The browser that the tests drive: `$CHROMIUM`, or one that is installed; on Debian as root it is installed.
///
/// # Errors
/// When there is none; says how to get it.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        bail!("CHROMIUM names {}, which is not a file", path.display());
    }
    if let Some(path) = find_chromium() {
        return Ok(path);
    }
    install_packages(
        "Chromium",
        "the browser tests run in it",
        &["chromium", "fonts-dejavu-core"],
    )
    .context("another Chromium or Chrome can be named in the environment variable CHROMIUM")?;
    find_chromium().context("Chromium was installed but is not on the search path")
}

/// A Firefox as it is installed: `$FIREFOX`, or one on the search path; on Debian as root it is installed.
///
/// # Errors
/// When there is none; says how to get it.
pub(crate) fn ensure_firefox() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("FIREFOX") {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        bail!("FIREFOX names {}, which is not a file", path.display());
    }
    let find = || {
        ["firefox-esr", "firefox"]
            .into_iter()
            .find_map(find_program)
    };
    if let Some(path) = find() {
        return Ok(path);
    }
    install_packages("Firefox", "the main path is tested in it", &["firefox-esr"])
        .context("a Firefox elsewhere can be named in the environment variable FIREFOX")?;
    find().context("Firefox was installed but is not on the search path")
}

fn find_chromium() -> Option<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    ];
    let on_mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    names
        .into_iter()
        .find_map(find_program)
        .or_else(|| Some(on_mac).filter(|path| path.is_file()))
}

/// Makes sure that `mosquitto_pub` and `mosquitto_sub` are there.
///
/// # Errors
/// When they are missing and cannot be installed; says how to get them.
pub(crate) fn ensure_mosquitto_clients() -> Result<()> {
    if find_program("mosquitto_pub").is_some() && find_program("mosquitto_sub").is_some() {
        return Ok(());
    }
    install_packages(
        "mosquitto_pub and mosquitto_sub",
        "clients that we did not write talk to the hub in the tests",
        &["mosquitto-clients"],
    )
}

/// Makes sure that `tshark` is there.
///
/// # Errors
/// When it is missing and cannot be installed; says how to get it.
pub(crate) fn ensure_tshark() -> Result<()> {
    if find_program("tshark").is_some() {
        return Ok(());
    }
    install_packages(
        "tshark",
        "it reads the captures that the page exports",
        &["tshark"],
    )
}

/// Makes sure that `python3 -m venv` works, pip included.
///
/// # Errors
/// When it does not and cannot be installed; says how to get it.
pub(crate) fn ensure_python_venv() -> Result<()> {
    let has_it =
        || shell::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok();
    if has_it() {
        return Ok(());
    }
    install_packages(
        "Python 3 with venv",
        "paho-mqtt talks to the hub in the tests",
        &["python3", "python3-venv"],
    )
}

/// Mosquitto itself, to measure beside.
///
/// # Errors
/// When it is missing and cannot be installed; says how to get it.
pub(crate) fn ensure_mosquitto() -> Result<PathBuf> {
    let find = || {
        // Debian keeps it where only root's search path goes.
        let aside = PathBuf::from("/usr/sbin/mosquitto");
        find_program("mosquitto").or_else(|| Some(aside).filter(|path| path.is_file()))
    };
    if let Some(path) = find() {
        return Ok(path);
    }
    install_packages(
        "Mosquitto",
        "the hub is measured beside it, and the page talks to it in the tests",
        &["mosquitto"],
    )?;
    find().context("Mosquitto was installed but is not on the search path")
}

/// RabbitMQ, which Debian keeps aside from the search path.
///
/// # Errors
/// When it is missing and cannot be installed; says how to get it.
pub(crate) fn ensure_rabbitmq() -> Result<()> {
    if Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").is_file() {
        return Ok(());
    }
    install_packages(
        "RabbitMQ",
        "the page talks to it, and to a cluster of it",
        &["rabbitmq-server"],
    )
}

/// The emulator that the firmware runs on in the tests.
///
/// # Errors
/// When it is missing and cannot be installed; says how to get it.
pub(crate) fn ensure_qemu() -> Result<PathBuf> {
    const QEMU: &str = "qemu-system-riscv32";
    if let Some(path) = find_program(QEMU) {
        return Ok(path);
    }
    install_packages(QEMU, "the firmware runs in it", &["qemu-system-misc"])?;
    find_program(QEMU).context("QEMU was installed but is not on the search path")
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|program| program.is_file())
}

/// Installs Debian packages as root; otherwise says the command that does.
fn install_packages(what: &str, why: &str, packages: &[&str]) -> Result<()> {
    let command = format!(
        "apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    if find_program("apt-get").is_none() {
        bail!(
            "missing: {what} ({why}). Install it with your system's package manager, then run this again"
        );
    }
    let is_root = shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root {
        bail!("missing: {what} ({why}). Run `sudo {command}`, then run this again");
    }
    say(format_args!("Installing {what}: {why}"));
    let advice =
        || format!("{what} could not be installed. With a network, `{command}` installs it");
    let apt = |arguments: &[&str]| {
        shell::run(
            Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update", "-q"]).with_context(advice)?;
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    apt(&[install.as_slice(), packages].concat()).with_context(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_has_to_be_new_enough() {
        assert!(check_node_version("v20.0.0\n").is_ok());
        assert!(check_node_version("v22.3.1").is_ok());
        assert_eq!(
            check_node_version("v18.20.4\n").unwrap_err().to_string(),
            "Node.js v18.20.4 is too old"
        );
        assert!(check_node_version("?").is_err());
    }

    #[test]
    fn programs_are_found_on_the_search_path_only() {
        assert!(find_program("cargo").is_some());
        assert!(find_program("no-such-program").is_none());
    }
}
