//! `mqtt-hub probe`: asks a broker what it supports, and prints the report.

use crate::Advice;
use bytes::Bytes;
use clap::Args;
use foreign::probe::{Left, Probe, ProbeConfig, ProbeEvent, Proof, Row, Verdict};
use mqtt_proto::{Instant, Text};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

/// How long the broker may take to be connected to.
const DIAL_WITHIN: Duration = Duration::from_secs(10);
/// What one read takes at most.
const READ_BYTES: usize = 16 * 1024;

/// Asks a broker what it supports, and prints a report: versions, QoS, retained messages, wildcards, shared
/// subscriptions, limits, $-topics, overlapping subscriptions. It publishes a few messages under a
/// random topic and takes back what it leaves, also when it is stopped by Ctrl-C; what stays nevertheless it names.
/// Takes some seconds.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// The broker, over TCP.
    #[arg(value_name = "HOST:PORT")]
    broker: String,
    /// A user name for the broker.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A file whose first line is the password: on the command line others could read it.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Also the packets that prove each row.
    #[arg(long)]
    packets: bool,
}

/// What comes from a connection's task.
struct News {
    /// Of which connection: numbers within a row are used again.
    made: u64,
    /// Empty: it is gone.
    bytes: Vec<u8>,
}

struct Line {
    made: u64,
    writer: OwnedWriteHalf,
}

/// Runs the probe and prints the report.
pub(crate) async fn run(args: ProbeArgs) -> Result<(), Advice> {
    let config = config(&args)?;
    let started = std::time::Instant::now();
    let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
    let mut probe = Probe::new(config);
    let (news, mut inbox) = mpsc::channel::<News>(64);
    let mut lines: Vec<Option<Line>> = Vec::new();
    let mut made = 0;
    let mut events = Vec::new();
    let mut waiting = VecDeque::new();
    let mut is_stopped = false;
    let mut interrupted = signal(SignalKind::interrupt())
        .map_err(|error| format!("the system gives no signals: {error}"))?;
    probe.handle_timeout(now(), &mut events);
    loop {
        waiting.extend(events.drain(..));
        while let Some(event) = waiting.pop_front() {
            match event {
                ProbeEvent::Open(at) => {
                    let dial = timeout(DIAL_WITHIN, TcpStream::connect(&args.broker));
                    let broker = &args.broker;
                    let fault = match dial.await {
                        Ok(Ok(stream)) => Ok(stream),
                        Ok(Err(error)) => Err(format!(
                            "cannot connect to {broker}: {error}; is a broker there?"
                        )),
                        Err(_) => Err(format!("{broker} does not answer; is the port right?")),
                    };
                    let stream = match fault {
                        Ok(stream) => stream,
                        Err(advice) if made == 0 => return Err(advice),
                        // What is left there may still be taken back.
                        Err(advice) => {
                            eprintln!("mqtt-hub: {advice}");
                            probe.handle_close(now(), at, &mut events);
                            waiting.extend(events.drain(..));
                            continue;
                        }
                    };
                    let _ = stream.set_nodelay(true);
                    let (reader, writer) = stream.into_split();
                    made += 1;
                    if lines.len() <= at {
                        lines.resize_with(at + 1, || None);
                    }
                    if let Some(line) = lines.get_mut(at) {
                        *line = Some(Line { made, writer });
                    }
                    tokio::spawn(read(reader, made, news.clone()));
                    probe.handle_open(now(), at, &mut events);
                }
                ProbeEvent::Send(at, bytes) => {
                    if let Some(Some(line)) = lines.get_mut(at) {
                        // If it fails, the reader finds the end.
                        let _ = line.writer.write_all(&bytes).await;
                    }
                }
                ProbeEvent::Close(at) => {
                    if let Some(line) = lines.get_mut(at) {
                        *line = None;
                    }
                }
                ProbeEvent::Row(row) => print(&row, args.packets),
                ProbeEvent::Done => return finished(&probe, is_stopped),
            }
            waiting.extend(events.drain(..));
        }
        let due = probe
            .poll_timeout()
            .map(|at| started + Duration::from_micros(at.as_micros()));
        let timer = async {
            match due {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupted.recv() => {
                if std::mem::replace(&mut is_stopped, true) {
                    return finished(&probe, true);
                }
                eprintln!("mqtt-hub: stopping; what the probe has left is taken back (Ctrl-C again: at once)");
                probe.stop(now(), &mut events);
            }
            Some(News { made, bytes }) = inbox.recv() => {
                let at = lines.iter().position(|line| line.as_ref().is_some_and(|line| line.made == made));
                match at {
                    Some(at) if bytes.is_empty() => {
                        if let Some(line) = lines.get_mut(at) {
                            *line = None;
                        }
                        probe.handle_close(now(), at, &mut events);
                    }
                    Some(at) => probe.handle_input(now(), at, &bytes, &mut events),
                    // Of one that the probe has closed.
                    None => {}
                }
            }
            () = timer => probe.handle_timeout(now(), &mut events),
        }
    }
}

/// What stays at the broker is said.
fn finished(probe: &Probe, is_stopped: bool) -> Result<(), Advice> {
    for left in probe.left_behind() {
        match left {
            Left::Retained(topic) => {
                eprintln!("mqtt-hub: this stays at the broker: a retained message at {topic}");
            }
            Left::Session(id) => {
                eprintln!("mqtt-hub: this stays at the broker: the session of {id}");
            }
        }
    }
    match is_stopped {
        true => Err("stopped before the report was complete".to_owned()),
        false => Ok(()),
    }
}

fn config(args: &ProbeArgs) -> Result<ProbeConfig, Advice> {
    let text = |text: &str| Text::try_from(text).map_err(|fault| format!("--user: {fault}"));
    let password = match &args.password_file {
        None => None,
        Some(path) => {
            let file = std::fs::read_to_string(path).map_err(|error| {
                format!(
                    "cannot read {}: {error}; give --password-file a text file",
                    path.display()
                )
            })?;
            Some(Bytes::from(
                file.lines().next().unwrap_or_default().to_owned(),
            ))
        }
    };
    let mut random = [0; 6];
    getrandom::fill(&mut random)
        .map_err(|error| format!("the system gives no random numbers: {error}"))?;
    let prefix = random
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    Ok(ProbeConfig {
        prefix: format!("probe-{prefix}"),
        user_name: args.user.as_deref().map(text).transpose()?,
        password,
        retains: true,
    })
}

async fn read(mut reader: OwnedReadHalf, made: u64, news: mpsc::Sender<News>) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let len = reader.read(&mut buffer).await.unwrap_or(0);
        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
        if news.send(News { made, bytes }).await.is_err() || len == 0 {
            return;
        }
    }
}

fn print(row: &Row, packets: bool) {
    let verdict = match row.verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Partly => "partly",
        Verdict::Told => "-",
        Verdict::NotSeen => "?",
    };
    println!("{verdict:7} {}: {}", row.name, row.finding);
    if packets {
        for proof in &row.packets {
            println!("        {}", shown(proof));
        }
    }
}

/// A packet in words, and its bytes.
fn shown(proof: &Proof) -> String {
    let arrow = if proof.is_ours { ">" } else { "<" };
    format!(
        "{} {arrow} {}  [{}]",
        proof.connection,
        proof.words().join(", "),
        proof.hex()
    )
}
