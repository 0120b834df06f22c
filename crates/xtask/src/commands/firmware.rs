//! `cargo xtask firmware`: builds the firmware, and makes what a board's flash holds.

pub(crate) mod compiler;
pub(crate) mod images;
mod reproduce;

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use board::{Kept, Settings};
use clap::{Args, Subcommand, ValueEnum};

use self::images::Chip;
use super::test::BARE_TARGET;
use crate::python::Package;
use crate::shell::{self, cargo};
use crate::system;
use crate::workspace::Workspace;

/// The node on QEMU's machine.
const VIRT: &str = "virt";

/// A broker in a page without a browser, from the hub's tests.
const BROKER_PAGE: &str = "broker_page";

/// The machine's flash has this size, whatever is in it.
const FLASH_BYTES: u64 = 32 * 1024 * 1024;
/// The config partition is its second sector.
const CONFIG_AT: u64 = 256 * 1024;
/// A machine with a flash starts there: `lui t0, 0x80000` and `jr t0` lead to the program.
const JUMP: [u32; 2] = [0x8000_02b7, 0x0002_8067];

/// Builds the firmware.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Firmware {
    #[command(subcommand)]
    what: Option<What>,
    /// Builds the image of this chip only
    #[arg(long, default_value = "all")]
    chip: Chips,
    /// Builds the images twice more, from nothing and without network, here and at another place, and compares them
    #[arg(long)]
    check_reproducible: bool,
}

/// Whose images are built.
#[derive(Clone, Copy, ValueEnum)]
enum Chips {
    /// ESP32-C3
    Esp32c3,
    /// ESP32-C6
    Esp32c6,
    /// All that there is firmware for
    All,
}

#[derive(Subcommand)]
enum What {
    /// Builds the node for the machine in QEMU, and prints where it is
    Virt,
    /// Makes a flash for the machine in QEMU
    Flash {
        /// A JSON file as firmware/README.md describes it
        #[arg(long, value_name = "FILE")]
        settings: PathBuf,
        /// Where the flash goes
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl Firmware {
    pub(crate) fn run(self) -> Result<()> {
        match self.what {
            Some(What::Flash { settings, out }) => make_flash(&settings, &out),
            Some(What::Virt) => {
                let program = build_virt(&Workspace::load()?)?;
                println!("{}", program.display());
                Ok(())
            }
            None => {
                let chips: &[Chip] = match self.chip {
                    Chips::Esp32c3 => &[Chip::Esp32c3],
                    Chips::Esp32c6 => &[Chip::Esp32c6],
                    Chips::All => &Chip::ALL,
                };
                let workspace = Workspace::load()?;
                match self.check_reproducible {
                    true => reproduce::check(&workspace, chips),
                    false => images::build(&workspace, chips),
                }
            }
        }
    }
}

fn make_flash(settings: &Path, out: &Path) -> Result<()> {
    let json = fs::read(settings).with_context(|| format!("reading {}", settings.display()))?;
    let (_, blob) = Settings::from_json(&json)
        .and_then(|settings| Kept::default().replaced_by(&settings))
        .map_err(|fault| anyhow::anyhow!("{}: {fault}", settings.display()))?;
    let write = || {
        let mut file = File::create(out)?;
        for word in JUMP {
            file.write_all(&word.to_le_bytes())?;
        }
        file.seek(SeekFrom::Start(CONFIG_AT))?;
        file.write_all(&blob)?;
        file.set_len(FLASH_BYTES)
    };
    write().with_context(|| format!("writing {}", out.display()))
}

/// Builds the node for QEMU's machine, and says where it is.
fn build_virt(workspace: &Workspace) -> Result<PathBuf> {
    system::ensure_rust_target(BARE_TARGET, "the firmware is built for it")?;
    let folder = workspace.root.join("firmware");
    let build = [
        "build",
        "--locked",
        "--release",
        "--target",
        BARE_TARGET,
        "--package",
        VIRT,
    ];
    let target_dir = workspace.folder_for("firmware");
    shell::run(
        cargo()
            .args(build)
            .arg("--target-dir")
            .arg(&target_dir)
            .current_dir(folder),
    )?;
    Ok(target_dir.join(BARE_TARGET).join("release").join(VIRT))
}

/// Reads images of chips, and plays a chip that images are written to.
const FLASHER: Package = Package {
    name: "esp32-mock-bootloader",
    version: "0.3.0",
    module: "esptool",
    why: "it plays the board that the page writes to in the tests, and its esptool reads the images",
};

/// The step `firmware` of `cargo xtask test`: the node on QEMU's machine, with the hub; images of the chips, and the page
/// that writes them.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let firmware = workspace.root.join("firmware");
    shell::run(
        cargo()
            .args(["fmt", "--all", "--check"])
            .current_dir(&firmware),
    )?;
    let esp = firmware.join("esp");
    shell::run(cargo().args(["fmt", "--check"]).current_dir(&esp))?;
    let program = build_virt(workspace)?;
    let lint = [
        "clippy",
        "--locked",
        "--release",
        "--target",
        BARE_TARGET,
        "--workspace",
        "--exclude",
        "image",
    ];
    let target_dir = workspace.folder_for("firmware");
    shell::run(
        cargo()
            .args(lint)
            .arg("--target-dir")
            .arg(target_dir)
            .args(["--", "--deny", "warnings"])
            .current_dir(&firmware),
    )?;
    // The chips differ in nothing that a lint sees.
    let mut lint = images::cargo_for(workspace, "clippy", Chip::Esp32c3)?;
    shell::run(lint.args(["--", "--deny", "warnings"]))?;
    images::build(workspace, &Chip::ALL)?;
    let flasher = FLASHER.ensure()?;
    images::check(workspace, &flasher.join("esptool"))?;
    let qemu = system::ensure_qemu()?;
    system::ensure_mosquitto()?;
    let page = [
        "build",
        "--locked",
        "--package",
        crate::page::HUB_PACKAGE,
        "--example",
        BROKER_PAGE,
    ];
    shell::run(cargo().args(page).current_dir(&workspace.root))?;
    let www = workspace.root.join("www");
    system::ensure_npm_packages(&www, "the firmware is tested with MQTT.js")?;
    shell::run(
        Command::new("node")
            .args(["--test", "--test-concurrency=1"])
            .args([
                "tests/firmware/board.test.mjs",
                "tests/firmware/improv.test.mjs",
                "tests/firmware/join.test.mjs",
                "tests/firmware/robot.test.mjs",
                "tests/firmware/flasher.test.mjs",
            ])
            .current_dir(www)
            .env("FIRMWARE", program)
            .env("QEMU", qemu)
            .env("BROKER_PAGE", workspace.built_example(BROKER_PAGE))
            .env("CHROMIUM", system::ensure_chromium()?)
            .env("FLASHER", flasher)
            .env("XTASK", std::env::current_exe()?)
            .env(
                "MQTT_HUB",
                workspace.built_program(crate::page::HUB, crate::workspace::Profile::Dev),
            ),
    )
}
