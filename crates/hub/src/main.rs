//! `mqtt-hub`: the playground's broker on real sockets, and the server of its page.
//!
//! It dials nobody: it only listens, and only at the addresses on its command line.

mod args;
mod guard;
mod native;
mod persist;
mod socket;
mod web;

use args::{BrokerPlace, LogLevel, Settings, Stop};
use guard::AllowedHosts;
use native::Native;
use persist::Saver;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Connections at a time, if nobody says otherwise.
const CONNECTIONS_MAX: usize = 10_000;
/// How often the state is saved while something happens, if nobody says otherwise.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// How long clients have to take their last bytes at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// How long to wait after an accept that failed, for example because files ran out.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Something the user has to change: one sentence that says what.
type Advice = String;

fn main() -> ExitCode {
    let (settings, only_check) = match Settings::read() {
        Ok(read) => read,
        Err(Stop::Print(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Stop::Advice(advice)) => return stop(&advice),
    };
    start_log(settings.log.unwrap_or_default());
    raise_file_limit();
    // One thread: the broker is one state machine, and everything else waits for sockets.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(settings, only_check)),
        Err(error) => Err(format!("the system gives no event loop: {error}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(advice) => stop(&advice),
    }
}

/// As many open files as the system allows at all: each connection is one, and what a shell starts
/// with is often 1,024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::warn!("connections are limited to the open files that were allowed: {error}");
    }
}

fn stop(advice: &str) -> ExitCode {
    eprintln!("mqtt-hub: {advice}");
    ExitCode::from(2)
}

fn start_log(level: LogLevel) {
    let level = match level {
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Packets => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

async fn run(settings: Settings, only_check: bool) -> Result<(), Advice> {
    if let Some(page) = &settings.page {
        check_page(page)?;
    }
    let config = settings.broker_config()?;
    let BrokerPlace::Native = settings.broker.unwrap_or(BrokerPlace::Native);
    let mqtt = listen("MQTT", "--mqtt", settings.mqtt).await?;
    let ws = listen("WebSocket", "--ws", settings.ws).await?;
    let http = listen("HTTP", "--http", settings.http).await?;
    let saver = settings
        .persist
        .clone()
        .map(|path| Arc::new(Saver::new(path)));
    let mut saved = None;
    if let Some(saver) = &saver {
        saved = persist::load(saver.path())?;
        if saved.is_none() && !only_check {
            // Whether it can be written shows now, and not at the end.
            let nothing = mqtt_broker::Durable::default();
            saver
                .save(|| Some(nothing))
                .map_err(|error| not_written(saver, &error, "give --persist another file"))?;
        }
    }
    if only_check {
        return Ok(());
    }
    let interval = settings.persist_interval.map(u64::from);
    let interval = interval.map_or(SAVE_EVERY, Duration::from_secs);
    let native = Arc::new(Native::new(
        config,
        saved,
        settings.max_connections.unwrap_or(CONNECTIONS_MAX),
        settings.log == Some(LogLevel::Packets),
    ));
    let allowed: AllowedHosts = settings.allow_host.into();

    // Before anybody is told that the hub is up: from then on they may end it.
    let on = |kind| signal(kind).map_err(|error| format!("the system gives no signals: {error}"));
    let (mut interrupted, mut terminated) =
        (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
    for (name, listener) in [("mqtt", &mqtt), ("ws", &ws), ("http", &http)] {
        if let Some((_, address)) = listener {
            announce(&format!("{name} {address}"));
        }
    }
    if let Some((listener, _)) = mqtt {
        tokio::spawn(accept(Arc::clone(&native), listener));
    }
    if let Some((listener, _)) = ws {
        let routes = web::websocket_routes(&native, &allowed);
        tokio::spawn(web::serve(listener, routes));
    }
    if let Some((listener, _)) = http {
        let routes = web::page_routes(&native, &allowed, settings.page.as_deref());
        tokio::spawn(web::serve(listener, routes));
    }
    if let Some(saver) = &saver {
        tokio::spawn(save_now_and_then(
            Arc::clone(&native),
            Arc::clone(saver),
            interval,
        ));
    }
    tokio::select! {
        () = native.keep_time() => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    tracing::info!("shutting down");
    native.shut_down();
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, native.drained()).await;
    if let Some(saver) = &saver {
        saver
            .save(|| native.changed())
            .map_err(|error| not_written(saver, &error, "what was not saved before is lost"))?;
    }
    Ok(())
}

fn not_written(saver: &Saver, error: &std::io::Error, what_now: &str) -> Advice {
    format!(
        "cannot write {}: {error}; {what_now}",
        saver.path().display()
    )
}

/// Saves the state while something happens. Never returns.
async fn save_now_and_then(native: Arc<Native>, saver: Arc<Saver>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let (native, saver) = (Arc::clone(&native), Arc::clone(&saver));
        // Disks are slow; the sockets go on meanwhile.
        let saved = tokio::task::spawn_blocking(move || {
            saver
                .save(|| native.changed())
                .map_err(|error| not_written(&saver, &error, "it is tried again"))
        });
        if let Ok(Err(advice)) = saved.await {
            tracing::error!("{advice}");
        }
    }
}

/// Whoever started the hub reads the addresses line by line; should nobody, that is no trouble.
fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn check_page(page: &Path) -> Result<(), Advice> {
    if page.join("index.html").is_file() {
        return Ok(());
    }
    Err(format!(
        "there is no page at {} (no index.html): build it with `cargo xtask build`, or start without --page",
        page.display()
    ))
}

async fn listen(
    what: &str,
    flag: &str,
    address: Option<SocketAddr>,
) -> Result<Option<(TcpListener, SocketAddr)>, Advice> {
    let Some(address) = address else {
        return Ok(None);
    };
    let bound = TcpListener::bind(address).await.and_then(|listener| {
        let address = listener.local_addr()?;
        Ok(Some((listener, address)))
    });
    bound.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!(
            "cannot listen for {what} at {address}: another program uses that port; stop it, or choose another port with \
             {flag} ADDR"
        ),
        ErrorKind::AddrNotAvailable => format!(
            "cannot listen for {what} at {address}: this machine does not have that address; choose another with {flag} ADDR"
        ),
        ErrorKind::PermissionDenied => format!(
            "cannot listen for {what} at {address}: this user may not use that port; choose one from 1024 on with {flag} ADDR"
        ),
        _ => format!("cannot listen for {what} at {address}: {error}; choose another address with {flag} ADDR"),
    })
}

async fn accept(native: Arc<Native>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                tokio::spawn(socket::serve_tcp(Arc::clone(&native), stream, address));
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}
