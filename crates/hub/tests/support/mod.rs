//! A running hub.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod broker;
pub(crate) mod page;

#[allow(unused_imports, reason = "not every file of tests waits for silence")]
pub(crate) use page::{PATIENCE, is_silence};

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program under test.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mqtt-hub"))
}

/// One of Mosquitto's clients, at a broker on this port.
pub(crate) fn mosquitto(name: &str, port: u16, options: &[&str]) -> Child {
    Command::new(name)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{name} does not start ({error}); install it with `apt-get install mosquitto-clients`")
        })
}

/// A hub on free ports; ends with the test.
pub(crate) struct Hub {
    child: Child,
    pub(crate) mqtt: SocketAddr,
    pub(crate) ws: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl Hub {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_with_log(options, Stdio::null())
    }

    pub(crate) fn start_with_log(options: &[&str], log: impl Into<Stdio>) -> Self {
        let mut child = program()
            .args([
                "--mqtt",
                "127.0.0.1:0",
                "--ws",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
            ])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |name: &str| {
            let line = lines.next().expect("the hub did not start").unwrap();
            let rest = line.strip_prefix(name).expect(&line);
            rest.trim().parse().unwrap()
        };
        let (mqtt, ws, http) = (address("mqtt "), address("ws "), address("http "));
        Self {
            child,
            mqtt,
            ws,
            http,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as Ctrl-C or a service manager does, and gives its exit code.
    pub(crate) fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the hub does not stop");
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the hub to its end, which must come soon.
pub(crate) fn run(options: &[&str]) -> Output {
    let mut child = program()
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            let _ = child.kill();
            let mut log = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut log);
            panic!("the hub goes on: {log}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}
