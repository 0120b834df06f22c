//! Builds the size-* programs for a chip without an operating system and says how large they are.

use object::{Object, ObjectSection};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TARGET: &str = "riscv32imc-unknown-none-elf";

/// What flash may take with both versions, and with one it has to be less.
const FLASH_GOAL_BYTES: u64 = 30 * 1024;

struct Program {
    package: &'static str,
    features: &'static str,
    what: &'static str,
}

/// Ours first: both versions, then one at a time.
const PROGRAMS: [Program; 6] = [
    Program {
        package: "size-mqtt-proto",
        features: "v311,v5",
        what: "3.1.1 and 5.0",
    },
    Program {
        package: "size-mqtt-proto",
        features: "v311",
        what: "3.1.1",
    },
    Program {
        package: "size-mqtt-proto",
        features: "v5",
        what: "5.0",
    },
    Program {
        package: "size-minimq",
        features: "",
        what: "5.0",
    },
    Program {
        package: "size-rust-mqtt",
        features: "",
        what: "5.0",
    },
    Program {
        package: "size-mqtt-protocol-core",
        features: "",
        what: "3.1.1 and 5.0",
    },
];

struct Size {
    text: u64,
    rodata: u64,
    data: u64,
    client: u64,
}

impl Size {
    fn flash(&self) -> u64 {
        self.text + self.rodata + self.data
    }
}

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or("bench/size/report is not two folders below the workspace")?;
    println!(
        "A client that connects, subscribes and publishes at QoS 0 to 2, for {TARGET}, opt-level s, LTO.\n\
         Flash is .text + .rodata + .data; RAM is what a client takes for itself without the heap, in bytes.\n"
    );
    println!(
        "{:<20}{:<15}{:>8}{:>9}{:>7}{:>8}{:>7}",
        "", "version", ".text", ".rodata", ".data", "flash", "RAM"
    );
    let mut sizes = Vec::new();
    for program in &PROGRAMS {
        let size = build_and_measure(workspace, program)?;
        println!(
            "{:<20}{:<15}{:>8}{:>9}{:>7}{:>8}{:>7}",
            program.package.trim_start_matches("size-"),
            program.what,
            size.text,
            size.rodata,
            size.data,
            size.flash(),
            size.client
        );
        sizes.push(size.flash());
    }
    println!();
    if let [both, v311, v5, ..] = *sizes {
        let met = |met| if met { "met" } else { "NOT MET" };
        println!(
            "goal: both versions at most {FLASH_GOAL_BYTES}: {both}  {}",
            met(both <= FLASH_GOAL_BYTES)
        );
        println!(
            "goal: less with one version off: {v311}, {v5}  {}",
            met(v311 < both && v5 < both)
        );
    }
    Ok(())
}

fn build_and_measure(workspace: &Path, program: &Program) -> Result<Size, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(workspace)
        .args(["build", "--locked", "--quiet", "--profile", "size"])
        .args(["--target", TARGET, "--package", program.package])
        .args(["--features", program.features])
        .status()?;
    if !status.success() {
        return Err(format!("{} does not build", program.package).into());
    }
    measure(
        &target_dir(workspace)
            .join(TARGET)
            .join("size")
            .join(program.package),
    )
}

fn target_dir(workspace: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => workspace.join(dir),
        None => workspace.join("target"),
    }
}

fn measure(path: &Path) -> Result<Size, Error> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let elf = object::File::parse(&*bytes)?;
    let mut size = Size {
        text: 0,
        rodata: 0,
        data: 0,
        client: 0,
    };
    for section in elf.sections() {
        let name = section.name()?;
        let sum = match name.split('.').nth(1) {
            Some("text") => &mut size.text,
            Some("rodata" | "srodata") => &mut size.rodata,
            Some("data" | "sdata") => &mut size.data,
            Some("ram_of_client") => {
                let bytes = section.data()?.try_into()?;
                size.client = u32::from_le_bytes(bytes).into();
                continue;
            }
            _ => continue,
        };
        *sum += section.size();
    }
    Ok(size)
}
