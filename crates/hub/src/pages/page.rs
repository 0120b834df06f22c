//! A page's WebSocket.

use super::{Due, Relay, Seat};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use relay::{FromHub, FromPage, Hello, Refusal, read_frame, write_frame};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

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
    let end = match hello(&mut stream).await {
        Err(Some(why)) => Some(why),
        // It left before it said anything.
        Err(None) => None,
        Ok((hello, more)) => match relay.admit(&hello, address) {
            Err(why) => Some(why),
            Ok(seat) => tokio::select! {
                end = read(&seat, more, &mut stream) => end,
                end = write(&seat, &mut sink) => end,
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

async fn write(seat: &Seat, sink: &mut SplitSink<WebSocket, Message>) -> Option<Refusal> {
    loop {
        let message = match seat.due() {
            Due::Frame(frame) => Message::Binary(frame.into()),
            Due::Away(why) => return Some(why),
            Due::Nothing => tokio::select! {
                () = seat.wake.notified() => continue,
                () = sleep(PING_EVERY) => Message::Ping(bytes::Bytes::new()),
            },
        };
        if sink.send(message).await.is_err() {
            return None;
        }
    }
}
