//! The images of the chips: what the page writes to a board's flash.
//!
//! Same input, same bytes: no time and no path goes into an image. The time is the one of the first second; of paths see [`super::compiler`].

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::compiler;
use crate::shell::{self, cargo, say};
use crate::system;
use crate::workspace::Workspace;

/// A chip that there is firmware for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chip {
    /// One RISC-V core, 400 KB of memory
    Esp32c3,
    /// One RISC-V core with atomics, 512 KB of memory
    Esp32c6,
}

impl Chip {
    pub(crate) const ALL: [Self; 2] = [Self::Esp32c3, Self::Esp32c6];

    /// As cargo's features and espflash call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Esp32c3 => "esp32c3",
            Self::Esp32c6 => "esp32c6",
        }
    }

    /// As its maker calls it, and as the flasher does.
    const fn family(self) -> &'static str {
        match self {
            Self::Esp32c3 => "ESP32-C3",
            Self::Esp32c6 => "ESP32-C6",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::Esp32c3 => "riscv32imc-unknown-none-elf",
            Self::Esp32c6 => "riscv32imac-unknown-none-elf",
        }
    }

    /// How much memory a program has for its variables, its heap and its stack.
    const fn memory_bytes(self) -> u64 {
        match self {
            Self::Esp32c3 => 400 * 1024,
            Self::Esp32c6 => 512 * 1024,
        }
    }
}

/// The folder below `dist/`, and the file in it that says what the others are.
const FOLDER: &str = "firmware";
const MANIFEST: &str = "manifest.json";

/// Builds the images of these chips and puts them where the page finds them.
///
/// # Errors
/// When something does not build, or does not fit.
pub(crate) fn build(workspace: &Workspace, chips: &[Chip]) -> Result<()> {
    make_with(&build_tool(workspace)?, workspace, chips)?;
    bundle(workspace)
}

/// Builds the images of these chips with the tool that was built for it, and writes the manifest, in which the images of other chips
/// stay; what it says of those that were built, with their check sums.
pub(super) fn make_with(tool: &Path, workspace: &Workspace, chips: &[Chip]) -> Result<Value> {
    let images = folder(workspace);
    fs::create_dir_all(&images)?;
    let path = images.join(MANIFEST);
    let version = version(workspace)?;
    let mut builds = Vec::new();
    let mut built = Vec::new();
    for chip in Chip::ALL {
        if chips.contains(&chip) {
            let program = build_program(workspace, chip)?;
            let build = make(workspace, tool, chip, &program)?;
            built.push(build.clone());
            builds.push(build);
        } else if let Some(kept) = kept(&images, &version, chip) {
            println!(
                "    The images of {} stay as they were built before.",
                chip.family()
            );
            builds.push(kept);
        }
    }
    let manifest = json!({ "name": "MQTT Playground", "version": version, "builds": builds });
    fs::write(&path, format!("{manifest:#}\n"))
        .with_context(|| format!("writing {}", path.display()))?;
    Ok(json!({ "builds": built }))
}

/// What the manifest says of a chip that is not built now, if it is of this version and its files are still the ones.
fn kept(images: &Path, version: &str, chip: Chip) -> Option<Value> {
    let manifest = fs::read(images.join(MANIFEST)).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let text = |value: &Value, name| value.get(name)?.as_str().map(str::to_owned);
    if text(&manifest, "version")? != version {
        return None;
    }
    let mut builds = list(&manifest, "builds");
    let build = builds.find(|it| text(it, "chip").as_deref() == Some(chip.family()))?;
    let is_there = |part: &Value| {
        let bytes = fs::read(images.join(text(part, "file")?)).ok()?;
        (text(part, "sha256")? == check_sum(&bytes)).then_some(())
    };
    list(build, "parts")
        .all(|part| is_there(part).is_some())
        .then(|| build.clone())
}

fn check_sum(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies the images that were built beside the page, if there is one; the page's own build clears its folder.
///
/// # Errors
/// When they cannot be copied.
pub(crate) fn bundle(workspace: &Workspace) -> Result<()> {
    let images = folder(workspace);
    let page = workspace.root.join("dist");
    if !page.is_dir() {
        println!(
            "    The images are in {}; `cargo xtask serve` puts them beside the page.",
            images.display()
        );
        return Ok(());
    }
    let beside = page.join(FOLDER);
    fs::create_dir_all(&beside)?;
    let Ok(manifest) = fs::read_to_string(images.join(MANIFEST)) else {
        // The page asks for it, and what is not there is an error in the browser's console.
        fs::write(beside.join(MANIFEST), "{\"version\":\"\",\"builds\":[]}\n")?;
        println!(
            "    No firmware for boards is beside it; `cargo xtask firmware` builds it, which takes some minutes."
        );
        return Ok(());
    };
    let manifest: Value = serde_json::from_str(&manifest)?;
    let files = list(&manifest, "builds").flat_map(|build| list(build, "parts"));
    let names = files.filter_map(|part| part.get("file")?.as_str());
    for name in names.chain([MANIFEST]) {
        fs::copy(images.join(name), beside.join(name))
            .with_context(|| format!("copying {name}"))?;
    }
    println!("    The images of the boards are in dist/{FOLDER}/.");
    Ok(())
}

/// Lets a reader that we did not write look at the programs of the images.
///
/// # Errors
/// When it says that one is not valid, or is for another chip.
pub(super) fn check(workspace: &Workspace, esptool: &Path) -> Result<()> {
    for chip in Chip::ALL {
        for part in ["bootloader", "application"] {
            let file = format!("{}-{part}.bin", chip.name());
            let said = shell::output(
                std::process::Command::new(esptool)
                    .arg("image-info")
                    .arg(folder(workspace).join(&file)),
            )?;
            let is_valid = said.matches("(valid)").count() == 2 && !said.contains("(invalid");
            if !is_valid || !said.contains(&format!("({})", chip.family())) {
                bail!("esptool finds {file} no valid image:\n{said}");
            }
            println!("    esptool: {file} is valid");
        }
    }
    Ok(())
}

/// Where images are kept until they are bundled.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.folder_for(FOLDER).join("images")
}

/// Where the chips' programs are built: a folder of their own, because cargo takes what another build of the same crates has left, with the
/// paths that are in it.
fn programs(workspace: &Workspace) -> PathBuf {
    workspace.folder_for(FOLDER).join("chips")
}

/// The program that makes images out of programs.
pub(super) fn build_tool(workspace: &Workspace) -> Result<PathBuf> {
    let target_dir = workspace.folder_for(FOLDER);
    shell::run(
        cargo()
            .args(["build", "--locked", "--package", "image"])
            .arg("--target-dir")
            .arg(&target_dir)
            .current_dir(workspace.root.join(FOLDER)),
    )?;
    let file = format!("image{}", env::consts::EXE_SUFFIX);
    Ok(target_dir.join("debug").join(file))
}

/// Cargo, with whatever makes a program of a chip.
pub(super) fn cargo_for(
    workspace: &Workspace,
    command: &str,
    chip: Chip,
) -> Result<std::process::Command> {
    system::ensure_rust_target(chip.target(), "the firmware is built for it")?;
    let mut cargo = cargo();
    let target_dir = programs(workspace);
    cargo
        .args([command, "--locked", "--release", "--target", chip.target()])
        .args(["--features", chip.name()])
        .arg("--target-dir")
        .arg(&target_dir)
        .current_dir(workspace.root.join(FOLDER).join("esp"))
        .env("SOURCE_DATE_EPOCH", "0");
    if let Some(home) = &workspace.cargo_home {
        cargo
            .env("CARGO_HOME", home)
            .env("CARGO_NET_OFFLINE", "true");
    }
    compiler::stand_between(&mut cargo, workspace, &target_dir, &home_of(workspace)?)?;
    Ok(cargo)
}

/// Builds a chip's program.
fn build_program(workspace: &Workspace, chip: Chip) -> Result<PathBuf> {
    say(format_args!("Building the firmware of {}", chip.family()));
    shell::run(&mut cargo_for(workspace, "build", chip)?)?;
    let target = programs(workspace).join(chip.target());
    Ok(target.join("release").join("esp"))
}

/// The folder where cargo keeps what it fetched.
pub(super) fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::home_dir().context("this machine knows no home folder for cargo")?;
    Ok(home.join(".cargo"))
}

fn home_of(workspace: &Workspace) -> Result<PathBuf> {
    workspace.cargo_home.clone().map_or_else(cargo_home, Ok)
}

/// Makes the parts of a chip's flash out of its program; what the manifest says of them.
fn make(workspace: &Workspace, tool: &Path, chip: Chip, program: &Path) -> Result<Value> {
    let images = folder(workspace);
    let partitions = workspace.root.join(FOLDER).join("image/partitions.csv");
    let said = shell::output(
        std::process::Command::new(tool)
            .arg(chip.name())
            .arg(program)
            .arg(partitions)
            .arg(&images),
    )?;
    let said: Value = serde_json::from_str(&said).context("reading what `image` says")?;
    let mut parts = Vec::new();
    let mut total = 0;
    for part in list(&said, "parts") {
        let file = part.get("file").and_then(Value::as_str).unwrap_or_default();
        let bytes = fs::read(images.join(file)).with_context(|| format!("reading {file}"))?;
        if let Some(path) = leaked(workspace, &bytes)? {
            bail!("{file} holds the path {path}: it would not be the same on another machine");
        }
        let sum = check_sum(&bytes);
        println!("    {:>9} bytes  {sum}  {file}", bytes.len());
        total += bytes.len();
        let mut part = part.clone();
        if let Value::Object(part) = &mut part {
            part.insert("bytes".into(), json!(bytes.len()));
            part.insert("sha256".into(), json!(sum));
        }
        parts.push(part);
    }
    println!("    {total:>9} bytes  in all");
    print_budget(chip, said.get("memory").unwrap_or(&Value::Null));
    Ok(json!({
        "chip": chip.family(),
        "parts": parts,
        "settings": said.get("settings"),
        "flash": said.get("flash"),
    }))
}

/// A path of this machine that an image holds.
fn leaked(workspace: &Workspace, bytes: &[u8]) -> Result<Option<String>> {
    let home = home_of(workspace)?;
    let target = workspace.target().to_owned();
    for path in [workspace.root.clone(), target, home] {
        let path = path.display().to_string();
        if bytes.windows(path.len()).any(|it| it == path.as_bytes()) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Says what becomes of a chip's memory, and how much of its program is MQTT.
fn print_budget(chip: Chip, memory: &Value) {
    let sections = memory.get("sections");
    let section = |name: &str| {
        sections
            .and_then(|it| it.get(name)?.as_u64())
            .unwrap_or_default()
    };
    let code = section(".text");
    let constants = section(".rodata") + section(".rodata_wifi") + section(".flash.appdesc");
    let in_memory: u64 = sections
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            [".data", ".bss", ".noinit", ".rwtext", ".trap"]
                .iter()
                .any(|start| name.starts_with(start))
        })
        .filter_map(|(_, bytes)| bytes.as_u64())
        .sum();
    println!("    flash: {code} bytes of code, {constants} of constants");
    println!(
        "    memory: {in_memory} of {} bytes are variables, fixed code and the heap; {} are left for the stack",
        chip.memory_bytes(),
        section(".stack")
    );
    let shares = memory.get("shares").and_then(Value::as_object);
    let shares = shares.into_iter().flatten();
    let shares: Vec<String> = shares
        .map(|(name, bytes)| format!("{name} {bytes}"))
        .collect();
    println!(
        "    of it, by the names of functions: {}",
        shares.join(", ")
    );
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The version of the playground.
fn version(workspace: &Workspace) -> Result<String> {
    Ok(workspace.member("xtask")?.version.to_string())
}
