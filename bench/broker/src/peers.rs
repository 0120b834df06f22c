//! Starting brokers, each on the core that is theirs.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The brokers' core.
const BROKER_CORE: &str = "0";
/// The generator's.
const GENERATOR_CORE: &str = "1";
/// How long a broker may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hub,
    Mosquitto,
    Rumqttd,
    Aedes,
    Relay,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Hub,
        Self::Mosquitto,
        Self::Rumqttd,
        Self::Aedes,
        Self::Relay,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Hub => "mqtt-hub",
            Self::Mosquitto => "Mosquitto",
            Self::Rumqttd => "rumqttd",
            Self::Aedes => "aedes",
            Self::Relay => "null relay",
        })
    }
}

/// Where the programs are; what is missing is not measured.
pub(crate) struct Paths {
    pub(crate) hub: Option<PathBuf>,
    pub(crate) mosquitto: Option<PathBuf>,
    pub(crate) rumqttd: Option<PathBuf>,
    pub(crate) aedes: Option<PathBuf>,
}

impl Paths {
    pub(crate) fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Hub => self.hub.is_some(),
            Kind::Mosquitto => self.mosquitto.is_some(),
            Kind::Rumqttd => self.rumqttd.is_some(),
            Kind::Aedes => self.aedes.is_some(),
            Kind::Relay => true,
        }
    }
}

/// A broker that listens; ended when dropped.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    child: Child,
    config: Option<PathBuf>,
}

impl Running {
    pub(crate) fn start(kind: Kind, paths: &Paths) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("taskset");
        command.args(["-c", BROKER_CORE]);
        let mut config = None;
        let path = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
        match kind {
            Kind::Hub => {
                let address = format!("127.0.0.1:{port}");
                command.arg(path(&paths.hub)).args(["--mqtt", &address]);
            }
            Kind::Mosquitto => {
                // Its defaults, but for the windows that all brokers here have, and no waiting for small packets.
                let file = std::env::temp_dir().join(format!("bench-mosquitto-{port}.conf"));
                let text = format!(
                    "listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\n\
                     max_queued_messages 10000\nset_tcp_nodelay true\nlog_dest none\n"
                );
                std::fs::write(&file, text)?;
                command.arg(path(&paths.mosquitto)).arg("-c").arg(&file);
                config = Some(file);
            }
            Kind::Rumqttd => {
                command.arg(path(&paths.rumqttd)).arg(port.to_string());
            }
            Kind::Aedes => {
                command.arg("node").arg(path(&paths.aedes));
                command.arg(port.to_string());
            }
            Kind::Relay => {
                command.arg(std::env::current_exe()?);
                command.args(["relay", &port.to_string()]);
            }
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{kind} could not be started (with taskset)"))?;
        let mut running = Self {
            kind,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            child,
            config,
        };
        running.await_listening()?;
        Ok(running)
    }

    fn await_listening(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status})", self.kind);
            }
            // It listens once it says something to a CONNECT, not merely once the port is open.
            if let Ok(mut stream) = TcpStream::connect(self.address) {
                let _ = stream.write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01?\xe0\x00");
                std::thread::sleep(Duration::from_millis(100));
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{} does not listen", self.kind)
    }

    /// Processor time of all its threads so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Memory of its own, in bytes: without what is only mapped from files.
    pub(crate) fn memory(&self) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find(|line| line.starts_with("RssAnon:"));
        let kib = line
            .and_then(|line| line.split_whitespace().nth(1))
            .and_then(|number| number.parse::<u64>().ok())
            .context("RssAnon")?;
        Ok(kib * 1024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(file) = &self.config {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Processor time of all threads of a program so far.
pub(crate) fn cpu_of(pid: u32) -> Result<Duration> {
    let mut nanos = 0_u64;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = text.split(' ').next().unwrap_or_default();
        nanos += first.parse::<u64>().context("schedstat")?;
    }
    Ok(Duration::from_nanos(nanos))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Moves this program to its core.
pub(crate) fn pin_this_program() -> Result<()> {
    let status = Command::new("taskset")
        .args(["-cp", GENERATOR_CORE, &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()
        .context("taskset (of util-linux) is not there")?;
    if !status.success() {
        bail!("this needs a machine with two cores: taskset says {status}");
    }
    Ok(())
}
