//! The host of a bridge: its connections. The local end goes straight into the hub's own broker, wherever that is.

use crate::Advice;
use crate::pages::Device;
use crate::place::{Broker, READ_BYTES};
use crate::socket;
use bytes::{Buf, BytesMut};
use foreign::bridge::{Bridge, BridgeConfig, BridgeEvent, Side, parse};
use mqtt_proto::Instant;
use relay::Transport;
use std::future::{Future, poll_fn};
use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, duplex};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, sleep_until};

/// An end that does not take the last bytes is left after this time.
const LINGER: Duration = Duration::from_secs(5);
/// With so many bytes waiting to be written to an end, the other is not read: a flood at QoS 0, of which nothing is
/// acknowledged.
const OUT_MAX_BYTES: usize = 4 << 20;
/// What the pipe into the hub's own broker holds.
const PIPE_BYTES: usize = 256 * 1024;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Dial = Pin<Box<dyn Future<Output = Result<Box<dyn Stream>>> + Send>>;

/// What there is of an end.
enum Link {
    Closed,
    Opening(Dial),
    Open(Open),
}

struct Open {
    stream: Box<dyn Stream>,
    out: BytesMut,
    /// To be closed once everything is written, or when this is over.
    closing: Option<Pin<Box<Sleep>>>,
}

enum Happening {
    Opened(Side, Result<Box<dyn Stream>>),
    Read(Side, usize),
    Gone(Side, Option<Error>),
}

/// Reads the file of `--bridge`.
pub(crate) fn read(path: &Path) -> std::result::Result<Vec<BridgeConfig>, Advice> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("cannot read {shown}: {error}; give --bridge the name of a text file")
    })?;
    parse(&text).map_err(|(line, fault)| format!("{shown}, line {line}: {fault}"))
}

/// Runs a bridge until `stop` says so.
pub(crate) async fn run(config: BridgeConfig, broker: Broker, mut stop: watch::Receiver<bool>) {
    let started = std::time::Instant::now();
    let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
    let mut bridge = Bridge::new(&config, now());
    let mut links = [Link::Closed, Link::Closed];
    let mut buffer = vec![0; READ_BYTES].into_boxed_slice();
    let mut events = Vec::new();
    loop {
        bridge.handle_timeout(now(), &mut events);
        while !events.is_empty() {
            for event in std::mem::take(&mut events) {
                carry_out(event, &config, &broker, &mut links);
            }
        }
        let due = bridge.poll_timeout();
        let timer = async {
            match due {
                Some(at) => {
                    sleep_until((started + Duration::from_micros(at.as_micros())).into()).await
                }
                None => std::future::pending().await,
            }
        };
        let happening = tokio::select! {
            happening = poll_fn(|cx| poll(cx, &mut links, &mut buffer)) => Some(happening),
            () = timer => None,
            _ = stop.changed() => break,
        };
        match happening {
            None => {}
            Some(Happening::Read(side, len)) => {
                let bytes = buffer.get(..len).unwrap_or_default();
                bridge.handle_input(now(), side, bytes, &mut events);
            }
            Some(Happening::Opened(side, Ok(stream))) => {
                *link(&mut links, side) = Link::Open(Open {
                    stream,
                    out: BytesMut::new(),
                    closing: None,
                });
                bridge.handle_open(now(), side, &mut events);
            }
            Some(Happening::Opened(side, Err(error)) | Happening::Gone(side, Some(error))) => {
                tracing::warn!("bridge {}: the {side} end: {error}", config.name);
                *link(&mut links, side) = Link::Closed;
                bridge.handle_close(now(), side, &mut events);
            }
            Some(Happening::Gone(side, None)) => {
                tracing::info!("bridge {}: the {side} end is closed", config.name);
                *link(&mut links, side) = Link::Closed;
                bridge.handle_close(now(), side, &mut events);
            }
        }
    }
    bridge.handle_shutdown(now(), &mut events);
    for event in std::mem::take(&mut events) {
        carry_out(event, &config, &broker, &mut links);
    }
    let _ = tokio::time::timeout(LINGER, async {
        while links.iter().any(|link| matches!(link, Link::Open(_))) {
            match poll_fn(|cx| poll(cx, &mut links, &mut buffer)).await {
                Happening::Opened(side, _) | Happening::Gone(side, _) => {
                    *link(&mut links, side) = Link::Closed
                }
                Happening::Read(..) => {}
            }
        }
    })
    .await;
    for side in Side::BOTH {
        let counts = bridge.counts(side);
        tracing::info!(
            "bridge {}: {} messages from the {side} end, {} to it, {} lost on the way to it",
            config.name,
            counts.taken,
            counts.given,
            counts.lost
        );
    }
}

fn link(links: &mut [Link; 2], side: Side) -> &mut Link {
    let [local, remote] = links;
    match side {
        Side::Local => local,
        Side::Remote => remote,
    }
}

fn carry_out(event: BridgeEvent, config: &BridgeConfig, broker: &Broker, links: &mut [Link; 2]) {
    let name = &config.name;
    match event {
        BridgeEvent::Open(side) => {
            let dial: Dial = match side {
                Side::Local => {
                    let broker = broker.clone();
                    Box::pin(async move { into_broker(&broker) })
                }
                Side::Remote => {
                    let address = config.address.clone();
                    Box::pin(async move {
                        let stream = TcpStream::connect(address).await?;
                        stream.set_nodelay(true)?;
                        Ok(Box::new(stream) as Box<dyn Stream>)
                    })
                }
            };
            *link(links, side) = Link::Opening(dial);
        }
        BridgeEvent::Send(side, bytes) => {
            if let Link::Open(open) = link(links, side) {
                open.out.extend_from_slice(&bytes);
            }
        }
        BridgeEvent::Close(side, why) => {
            tracing::info!("bridge {name}: closing the {side} end: {why}");
            match link(links, side) {
                Link::Open(open) => open.closing = Some(Box::pin(sleep(LINGER))),
                // It never came to be open: the machine is told in its turn.
                other => {
                    *other = Link::Opening(Box::pin(async { Err(ErrorKind::TimedOut.into()) }));
                }
            }
        }
        BridgeEvent::Connected(side, session_present) => {
            let how = if session_present {
                "goes on from its session"
            } else {
                "has a new session"
            };
            tracing::info!("bridge {name}: the {side} end is connected and {how}");
        }
        BridgeEvent::NotSubscribed(side, filter, reason) => {
            tracing::warn!(
                "bridge {name}: the {side} broker refuses the subscription {:?}: {reason}",
                filter.as_str()
            );
        }
        BridgeEvent::Lost(side, loss) => {
            tracing::warn!("bridge {name}: a message for the {side} end is lost: {loss}");
        }
    }
}

/// A connection to the hub's own broker.
fn into_broker(broker: &Broker) -> Result<Box<dyn Stream>> {
    let device = Device {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        transport: Transport::Tcp,
        tls: false,
    };
    let place = broker.open(device).map_err(Error::other)?;
    let (here, there) = duplex(PIPE_BYTES);
    let (reader, writer) = tokio::io::split(there);
    tokio::spawn(socket::serve(place, reader, writer));
    Ok(Box::new(here))
}

fn waiting(link: &Link) -> usize {
    match link {
        Link::Open(open) => open.out.len(),
        _ => 0,
    }
}

fn poll(cx: &mut Context<'_>, links: &mut [Link; 2], buffer: &mut [u8]) -> Poll<Happening> {
    for side in Side::BOTH {
        let may_read = waiting(link(links, side.other())) < OUT_MAX_BYTES;
        match link(links, side) {
            Link::Closed => {}
            Link::Opening(dial) => {
                if let Poll::Ready(result) = dial.as_mut().poll(cx) {
                    return Poll::Ready(Happening::Opened(side, result));
                }
            }
            Link::Open(open) => {
                if let Poll::Ready(end) = open.poll_write(cx) {
                    return Poll::Ready(Happening::Gone(side, end.err()));
                }
                if open.closing.is_none() && may_read {
                    let mut read = ReadBuf::new(buffer);
                    match Pin::new(&mut open.stream).poll_read(cx, &mut read) {
                        Poll::Ready(Ok(())) if read.filled().is_empty() => {
                            return Poll::Ready(Happening::Gone(side, None));
                        }
                        Poll::Ready(Ok(())) => {
                            return Poll::Ready(Happening::Read(side, read.filled().len()));
                        }
                        Poll::Ready(Err(error)) => {
                            return Poll::Ready(Happening::Gone(side, Some(error)));
                        }
                        Poll::Pending => {}
                    }
                }
            }
        }
    }
    Poll::Pending
}

impl Open {
    /// Ready when the connection has ended.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while !self.out.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.out) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(len)) => self.out.advance(len),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        let Some(linger) = &mut self.closing else {
            return Poll::Pending;
        };
        if self.out.is_empty() {
            return Pin::new(&mut self.stream).poll_shutdown(cx);
        }
        linger
            .as_mut()
            .poll(cx)
            .map(|()| Err(ErrorKind::TimedOut.into()))
    }
}
