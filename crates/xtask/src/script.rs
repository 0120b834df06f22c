//! Boards that run MicroPython scripts, for runs outside of the page: the page's own JavaScript in a process of Node.js.

use crate::shell::{self, say};
use crate::{system, workspace::Workspace};
use anyhow::{Context, Result, bail};
use device::script::{BoardSpec, Doings, Ended, Interpreter, Turn, Vm, wire};
use sha2::{Digest, Sha256};
use sim::Scenario;
use sim::scenario::NodeKind;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

/// An interpreter for the boards of a scenario that run scripts; one that has no machine if none does.
///
/// # Errors
/// When Node.js or the npm packages are missing, or the interpreter cannot be built.
pub(crate) fn interpreter(scenario: &Scenario) -> Result<Interpreter> {
    let runs_script = |node: &&sim::scenario::NodeSpec| matches!(&node.kind, NodeKind::Device(device) if device.script.is_some());
    let count = scenario.nodes.iter().filter(runs_script).count();
    if count == 0 {
        return Ok(Interpreter::default());
    }
    let workspace = Workspace::load()?;
    let built = build(&workspace)?;
    let process = Process::start(&workspace.root.join("www/script/serve.mjs"), &built, count)?;
    let process = Rc::new(RefCell::new(process));
    let machines = (0..count).map(|number| {
        let process = Rc::clone(&process);
        Box::new(Machine { number, process }) as Box<dyn Vm>
    });
    Ok(Interpreter::new(machines.collect()))
}

/// The page's own scripts for boards, in `www/script`.
const HOST: [&str; 8] = [
    "page.mjs",
    "binary.mjs",
    "board.mjs",
    "files.mjs",
    "interpreter.mjs",
    "load.mjs",
    "marks.mjs",
    "wire.mjs",
];

/// Puts MicroPython into a page that is being made. Without Node.js or its packages there is none: the page works, and says so
/// when somebody opens a world with a script.
///
/// # Errors
/// When a file cannot be copied.
pub(crate) fn add_to(page: &Path, source: &Path) -> Result<()> {
    let built = match Workspace::load().and_then(|workspace| build(&workspace)) {
        Ok(built) => built,
        Err(error) => {
            println!("    This page cannot run MicroPython scripts: {error:#}");
            return without(&page.join("script"));
        }
    };
    let (from, to) = (source.join("script"), page.join("script"));
    for name in HOST {
        copy(&from.join(name), &to.join(name))?;
    }
    for name in ["micropython.mjs", "micropython.wasm"] {
        copy(&built.join(name), &to.join(name))?;
    }
    for folder in ["lib", "umqtt"] {
        for file in fs::read_dir(from.join(folder))? {
            let file = file?;
            copy(&file.path(), &to.join(folder).join(file.file_name()))?;
        }
    }
    copy(&from.join("LICENSES.md"), &to.join("LICENSES.md"))
}

/// Stands in the place of the boards where there are none, and says so.
fn without(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let say = format!("throw new Error({:?});", wire::NOT_BUILT);
    let text = format!(
        "export async function boards() {{ {say} }}\nexport async function read() {{ {say} }}\n"
    );
    fs::write(folder.join("page.mjs"), text).context("writing script/page.mjs")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

/// The folder with the interpreter that can be left and entered again. It is built once for each version of its parts.
///
/// # Errors
/// When Node.js or the npm packages are missing, or Binaryen fails.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    system::ensure_node()?;
    let www = workspace.root.join("www");
    system::ensure_npm_packages(
        &www,
        "MicroPython for boards that run scripts comes with them",
    )?;
    let program = www.join("script/build.mjs");
    let mut hash = Sha256::new();
    hash.update(fs::read(www.join("package-lock.json"))?);
    hash.update(fs::read(&program)?);
    hash.update(fs::read(www.join("script/binary.mjs"))?);
    let mut name = String::new();
    for byte in hash.finalize().iter().take(8) {
        write!(name, "{byte:02x}")?;
    }
    let folder = workspace.folder_for("script").join(name);
    if !folder.join("micropython.wasm").is_file() {
        let _lock = shell::lock(&workspace.folder_for("script"), "build")?;
        if !folder.join("micropython.wasm").is_file() {
            say(format_args!(
                "Making MicroPython one that can wait (Binaryen's asyncify): some 20 s, once"
            ));
            shell::run(Command::new("node").arg(&program).arg(&folder))?;
        }
    }
    Ok(folder)
}

/// Node.js with boards.
struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &Path, built: &Path, count: usize) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(program)
            .arg(built.join("micropython.mjs"))
            .arg(built.join("micropython.wasm"))
            .arg(count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Node.js does not start")?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("Node.js has no pipes");
        };
        let mut process = Self {
            child,
            to,
            from: BufReader::new(from),
        };
        match process.line()?.as_str() {
            "ready" => Ok(process),
            other => bail!("the boards are not ready: {other}"),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            bail!("Node.js has ended");
        }
        Ok(line.trim_end_matches('\n').to_owned())
    }

    fn ask(&mut self, board: usize, text: &str) -> Result<String> {
        writeln!(self.to, "{board} {}", text.replace('\n', "\t"))?;
        self.to.flush()?;
        Ok(self.line()?.replace('\t', "\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to lose, and may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Machine {
    number: usize,
    process: Rc<RefCell<Process>>,
}

impl Machine {
    fn ask(&self, text: &str) -> Result<String> {
        self.process.borrow_mut().ask(self.number, text)
    }
}

impl Vm for Machine {
    fn reset(&mut self, spec: &BoardSpec) {
        if let Err(error) = self.ask(&wire::write_spec(spec)) {
            eprintln!("warning: a board does not begin: {error:#}");
        }
    }

    fn turn(&mut self, turn: &Turn) -> Doings {
        match self.ask(&wire::write_turn(turn)) {
            Ok(answer) => wire::read_doings(&answer),
            Err(error) => Doings {
                ended: Some(Ended::Failed(format!("{error:#}"))),
                ..Doings::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_libraries_are_those_that_were_published() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/script/umqtt");
        let list = fs::read_to_string(folder.join("README.md")).unwrap();
        // `| `NAME.py` | `SHA256` |`
        let listed = list.lines().filter_map(|line| {
            let mut cells = line.split('|').map(|it| it.trim().trim_matches('`'));
            let (_, name, sum) = (cells.next()?, cells.next()?, cells.next()?);
            let is_one =
                Path::new(name).extension().is_some_and(|it| it == "py") && sum.len() == 64;
            is_one.then_some((name, sum))
        });
        let listed: Vec<_> = listed.collect();
        for (name, sum) in &listed {
            let mut found = String::new();
            for byte in Sha256::digest(fs::read(folder.join(name)).unwrap()) {
                write!(found, "{byte:02x}").unwrap();
            }
            assert_eq!(found, *sum, "{name}");
        }
        let files = fs::read_dir(&folder).unwrap().filter(|file| {
            let path = file.as_ref().unwrap().path();
            path.extension().is_some_and(|it| it == "py")
        });
        assert_eq!(files.count(), listed.len());
    }
}
