//! `mqtt-hub`: the playground's broker on real sockets, and the server of its page.
//!
//! It listens only at the addresses on its command line, and dials only the brokers that are named there.

mod args;
mod bridge;
mod count;
mod dial;
mod door;
mod guard;
mod native;
mod pages;
mod persist;
mod place;
mod probe;
mod reach;
mod socket;
mod web;

use args::{BrokerPlace, LogLevel, Order, Settings, Stop};
use axum::serve::Listener;
use dial::Dials;
use door::Door;
use native::Native;
use pages::{Gate, Relay};
use persist::Saver;
use place::Broker;
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
/// At each address so many more: pages, what they fetch and the brokers that are dialled for them, and who is refused.
const OTHERS_MAX: usize = 1024;
/// How often the state is saved while something happens, if nobody says otherwise.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// How long clients have to take their last bytes at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Something the user has to change: one sentence that says what.
type Advice = String;

fn main() -> ExitCode {
    let order = match Settings::read() {
        Ok(order) => order,
        Err(Stop::Print(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Stop::Advice(advice)) => return stop(&advice),
    };
    if let Order::Serve(settings) | Order::Check(settings) = &order {
        start_log(settings.log.unwrap_or_default());
        raise_file_limit();
    }
    // One thread: the broker is one state machine, and everything else waits for sockets.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match order {
                Order::Serve(settings) => run(*settings, false).await,
                Order::Check(settings) => run(*settings, true).await,
                Order::Probe(args) => probe::run(args).await,
            }
        }),
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
    let place = settings.broker.unwrap_or(BrokerPlace::Native);
    if place == BrokerPlace::Page && settings.persist.is_some() {
        return Err(
            "--persist is for --broker native: what a page's broker keeps, the page saves"
                .to_owned(),
        );
    }
    let tls = settings.tls()?;
    let mut bridges = Vec::new();
    for path in &settings.bridge {
        bridges.extend(bridge::read(path)?);
    }
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
    settings.codes(false)?;
    if only_check {
        return Ok(());
    }
    let interval = settings.persist_interval.map(u64::from);
    let interval = interval.map_or(SAVE_EVERY, Duration::from_secs);
    let connections_max = settings.max_connections.unwrap_or(CONNECTIONS_MAX);
    let pages = [&ws, &http].into_iter().flatten();
    let is_reachable = pages
        .clone()
        .any(|(_, address)| !address.ip().is_loopback());
    let codes = settings.codes(is_reachable)?;
    let relay = Arc::new(Relay::new(
        place == BrokerPlace::Page,
        // Only they can be asked for records.
        pages.count() > 0,
        connections_max,
        Gate::new(codes.clone()),
        (
            mqtt.as_ref().map_or(0, |(_, address)| address.port()),
            tls.is_some(),
        ),
        http.as_ref()
            .or(ws.as_ref())
            .map_or_else(String::new, |(_, address)| {
                reach::pages_at(*address, tls.is_some())
            }),
    ));
    let native = (place == BrokerPlace::Native).then(|| {
        Arc::new(Native::new(
            config,
            saved,
            connections_max,
            settings.log == Some(LogLevel::Packets),
            (ws.is_some() || http.is_some()).then(|| Arc::clone(&relay)),
        ))
    });
    let broker = match &native {
        Some(native) => Broker::Native(Arc::clone(native)),
        None => Broker::Page(Arc::clone(&relay)),
    };
    let hub = web::Hub {
        broker: broker.clone(),
        relay: Arc::clone(&relay),
        dials: Dials::new(settings.allow_broker.clone()),
        allowed: settings.allow_host.clone().into(),
    };

    // Before anybody is told that the hub is up: from then on they may end it.
    let on = |kind| signal(kind).map_err(|error| format!("the system gives no signals: {error}"));
    let (mut interrupted, mut terminated) =
        (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
    for (name, listener) in [("mqtt", &mqtt), ("ws", &ws), ("http", &http)] {
        if let Some((_, address)) = listener {
            announce(&format!("{name} {address}"));
        }
    }
    if let Some(codes) = codes {
        announce(&format!("join-code {}", codes.join));
        announce(&format!("lead-code {}", codes.lead));
    }
    let at_once = connections_max.saturating_add(OTHERS_MAX);
    let door = |listener| {
        Door::new(listener, tls.as_ref(), at_once)
            .map_err(|error| format!("the system does not say where the hub listens: {error}"))
    };
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let bridges: Vec<_> = bridges
        .into_iter()
        .map(|config| tokio::spawn(bridge::run(config, broker.clone(), stopped.clone())))
        .collect();
    if let Some((listener, _)) = mqtt {
        tokio::spawn(accept(broker, door(listener)?));
    }
    if let Some((listener, _)) = ws {
        tokio::spawn(web::serve(door(listener)?, web::websocket_routes(&hub)));
    }
    if let Some((listener, _)) = http {
        let routes = web::page_routes(&hub, settings.page.as_deref());
        tokio::spawn(web::serve(door(listener)?, routes));
    }
    if let (Some(saver), Some(native)) = (&saver, &native) {
        tokio::spawn(save_now_and_then(
            Arc::clone(native),
            Arc::clone(saver),
            interval,
        ));
    }
    let keep_time = async {
        match &native {
            Some(native) => native.keep_time().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = keep_time => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    tracing::info!("shutting down");
    // Bridges say goodbye before the broker does.
    let _ = stop.send(true);
    let gone = async {
        for bridge in bridges {
            let _ = bridge.await;
        }
    };
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, gone).await;
    relay.shut_down();
    let drained = async {
        if let Some(native) = &native {
            native.shut_down();
            native.drained().await;
        }
        relay.drained().await;
    };
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, drained).await;
    if let (Some(saver), Some(native)) = (&saver, &native) {
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

async fn accept(broker: Broker, mut door: Door) {
    loop {
        let (stream, peer) = door.accept().await;
        tokio::spawn(socket::serve_tcp(broker.clone(), stream, peer));
    }
}
