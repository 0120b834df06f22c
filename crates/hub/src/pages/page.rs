//! A page's WebSocket.

use super::{Due, Relay, Seat};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::SplitStream;
use futures_util::{Sink, SinkExt, StreamExt};
use relay::{FromHub, FromPage, Hello, Refusal, read_frame, write_frame};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// A page says hello in this time.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// A page is asked so often whether it is still there; browsers answer by themselves.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A page from which nothing has come for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How long a page has to take the last frame.
const GOODBYE: Duration = Duration::from_secs(2);

/// Serves a page, to its end.
pub(crate) async fn serve(relay: Arc<Relay>, socket: WebSocket, address: SocketAddr) {
    let (mut sink, mut stream) = socket.split();
    let said = match relay.hellos.take() {
        Some(_place) => hello(&mut stream).await,
        None => Err(Some(Refusal::TooManyPages)),
    };
    let end = match said {
        Err(Some(why)) => Some(why),
        // It left before it said anything.
        Err(None) => None,
        Ok((hello, more)) => match relay.admit(&hello, address) {
            Err(why) => Some(why),
            Ok(seat) => tokio::select! {
                end = read(&seat, more, &mut stream) => end,
                end = write(&seat, &mut sink, PING_EVERY) => end,
            },
        },
    };
    if let Some(why) = end {
        tracing::info!("{address}: a page is sent away: {why}");
        let messages = [FromHub::Refused(why)];
        let frames = write_frame(&messages)
            .into_iter()
            .map(|frame| Message::Binary(frame.into()));
        let close = Message::Close(Some(CloseFrame {
            code: close_code::POLICY,
            reason: why.to_string().into(),
        }));
        let _ = timeout(GOODBYE, async {
            for message in frames.chain([close]) {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
            while let Some(Ok(_)) = stream.next().await {}
        })
        .await;
    }
}

/// The first message, and those that came in one frame with it.
async fn hello(
    stream: &mut SplitStream<WebSocket>,
) -> Result<(Hello, Vec<FromPage>), Option<Refusal>> {
    let messages = timeout(HELLO_WITHIN, next(stream))
        .await
        .map_err(|_| Refusal::Protocol)?;
    let mut messages = messages?.into_iter();
    match messages.next() {
        Some(FromPage::Hello(hello)) => Ok((hello, messages.collect())),
        _ => Err(Some(Refusal::Protocol)),
    }
}

/// The messages of the next frame that has some; `None`: the page is gone.
async fn next(stream: &mut SplitStream<WebSocket>) -> Result<Vec<FromPage>, Option<Refusal>> {
    loop {
        match timeout(SILENCE_MAX, stream.next()).await {
            Ok(Some(Ok(Message::Binary(frame)))) => {
                return read_frame(frame).map_err(|fault| {
                    tracing::warn!("a page sent {fault}");
                    Some(Refusal::Protocol)
                });
            }
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Text(_)))) => return Err(Some(Refusal::Protocol)),
            Ok(None | Some(Ok(Message::Close(_)) | Err(_))) | Err(_) => return Err(None),
        }
    }
}

async fn read(
    seat: &Seat,
    first: Vec<FromPage>,
    stream: &mut SplitStream<WebSocket>,
) -> Option<Refusal> {
    let mut messages = first;
    loop {
        for message in messages {
            if let Err(why) = seat.handle(message) {
                return Some(why);
            }
        }
        messages = match next(stream).await {
            Ok(messages) => messages,
            Err(end) => return end,
        };
        // The devices' turn to write, before more is read for them.
        tokio::task::yield_now().await;
    }
}

async fn write(
    seat: &Seat,
    sink: &mut (impl Sink<Message> + Unpin),
    ping_every: Duration,
) -> Option<Refusal> {
    // A page that only listens says nothing by itself: what it is sent must not put off the question whether it is there.
    let mut pings = interval_at(Instant::now() + ping_every, ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            biased;
            _ = pings.tick() => Message::Ping(bytes::Bytes::new()),
            due = next_due(seat) => match due {
                Ok(frame) => Message::Binary(frame.into()),
                Err(why) => return Some(why),
            },
        };
        if sink.send(message).await.is_err() {
            return None;
        }
    }
}

/// The next frame, or why the page is sent away.
async fn next_due(seat: &Seat) -> Result<Vec<u8>, Refusal> {
    loop {
        match seat.due() {
            Due::Frame(frame) => return Ok(frame),
            Due::Away(why) => return Err(why),
            Due::Nothing => seat.wake.notified().await,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::pages::{Device, Gate, WATCHER_MAX_BYTES};
    use relay::{CHUNK_MAX_BYTES, Record, Role, Transport};
    use std::net::Ipv4Addr;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
    use tokio::time::sleep;

    /// Without codes, with a native broker.
    fn relay() -> Arc<Relay> {
        let gate = Gate::new(None);
        Arc::new(Relay::new(false, false, 1, gate, (0, false), String::new()))
    }

    fn hello(role: Role) -> Hello {
        Hello {
            role,
            take_over: false,
            code: None,
        }
    }

    fn device(address: SocketAddr) -> Device {
        Device {
            address,
            transport: Transport::Tcp,
            tls: false,
        }
    }

    /// A socket that is never full.
    struct Out(UnboundedSender<Message>);

    impl Sink<Message> for Out {
        type Error = ();

        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), ()> {
            self.0.send(message).map_err(|_| ())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// What a watcher is told, as far as it has been given it.
    fn told(seat: &Seat) -> Vec<Record> {
        let mut told = Vec::new();
        while let Due::Frame(frame) = seat.due() {
            let messages = read_frame::<FromHub>(frame.into()).unwrap();
            told.extend(messages.into_iter().filter_map(|message| match message {
                FromHub::Record { record, .. } => Some(record),
                _ => None,
            }));
        }
        told
    }

    #[test]
    fn what_a_watcher_has_missed_it_is_told_without_another_record() {
        let (relay, address) = (relay(), SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        let watcher = hello(Role::Watcher);
        let seat = relay.admit(&watcher, address).unwrap();
        told(&seat);
        let line = relay.native_opened(device(address));
        let flood = WATCHER_MAX_BYTES / CHUNK_MAX_BYTES + 10;
        for _ in 0..flood {
            relay.native_sent(line, &[0; CHUNK_MAX_BYTES]);
        }
        // Nothing more happens.
        let told = told(&seat);
        let missed: Vec<&Record> = told
            .iter()
            .filter(|it| matches!(it, Record::Missed { .. }))
            .collect();
        let [Record::Missed { records }] = missed[..] else {
            panic!("{missed:?}");
        };
        assert_eq!(told.len() + *records as usize, 1 + flood + 1);
    }

    /// A page that only listens says nothing unless it is asked: it is asked however much it is sent.
    #[tokio::test]
    async fn a_page_that_is_always_sent_something_is_asked_too() {
        let (relay, address) = (relay(), SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        let seat = relay.admit(&hello(Role::Watcher), address).unwrap();
        let line = relay.native_opened(device(address));
        let (out, mut sent) = unbounded_channel();
        let trickle = async {
            loop {
                relay.native_received(line, b"x");
                tokio::task::yield_now().await;
            }
        };
        let asked = async {
            while let Some(message) = sent.recv().await {
                if matches!(message, Message::Ping(_)) {
                    return;
                }
            }
        };
        let mut out = Out(out);
        tokio::select! {
            () = asked => {}
            _ = write(&seat, &mut out, Duration::from_millis(500)) => panic!("the socket is open"),
            () = trickle => {}
            () = sleep(Duration::from_secs(10)) => panic!("it was never asked"),
        }
    }
}
