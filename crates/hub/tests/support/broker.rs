//! Mosquitto, for every test and measurement that needs somebody else's broker.

use std::io::{BufRead, BufReader, Lines};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::spawn;
use tempfile::TempDir;

/// It cannot choose a port itself, and one that was free a moment ago can be somebody's now.
const TRIES: usize = 10;

/// Mosquitto on loopback for everybody, which queues without an end; ends with the test.
pub(crate) struct Mosquitto {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    child: Child,
}

impl Mosquitto {
    /// With these lines of configuration besides.
    pub(crate) fn start(more: &str) -> Self {
        Self::new(|_| more.to_owned())
    }

    /// One that keeps its sessions in a file, for [`Mosquitto::restart`].
    pub(crate) fn that_keeps() -> Self {
        Self::new(|folder| {
            let folder = folder.path().display();
            format!("persistence true\npersistence_location {folder}/\nuser root\n")
        })
    }

    fn new(more: impl Fn(&TempDir) -> String) -> Self {
        for _ in 0..TRIES {
            let folder = tempfile::tempdir().unwrap();
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let more = more(&folder);
            let port = address.port();
            let config = format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n{more}"
            );
            std::fs::write(file(&folder), config).unwrap();
            if let Some(child) = up(&folder) {
                return Self {
                    address,
                    folder,
                    child,
                };
            }
        }
        panic!("mosquitto ends at once, at each of {TRIES} ports");
    }

    /// As a service manager does it: it writes its file first.
    pub(crate) fn restart(&mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
        let again = (0..TRIES).find_map(|_| up(&self.folder));
        self.child = again.expect("mosquitto does not start again");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("mosquitto.conf")
}

/// It listens; `None` if it has ended, as when the port is taken.
fn up(folder: &TempDir) -> Option<Child> {
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
    let mut child = Command::new("mosquitto")
        .arg("-c")
        .arg(file(folder))
        .stderr(Stdio::piped())
        .env("PATH", path)
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "mosquitto does not start ({error}); install it with `apt-get install mosquitto`"
            )
        });
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    match says_that_it_runs(&mut log) {
        true => {
            // It is not to wait for who reads.
            spawn(move || log.map_while(Result::ok).for_each(drop));
            Some(child)
        }
        false => {
            let _ = child.wait();
            None
        }
    }
}

fn says_that_it_runs(log: &mut Lines<BufReader<ChildStderr>>) -> bool {
    log.map_while(Result::ok)
        .any(|line| line.ends_with(" running"))
}
