//! One connection, over TCP or WebSocket: bytes in, bytes out.

use crate::native::{Native, Place, Read, Written};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::future::{pending, poll_fn};
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

/// A client that does not take the last bytes is left after this time.
const LINGER: Duration = Duration::from_secs(5);
/// How long a client has to close its side after the broker has closed its own.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves one client over TCP, to its end.
pub(crate) async fn serve_tcp(native: Arc<Native>, mut stream: TcpStream, address: SocketAddr) {
    // The broker has gathered what there is: small packets are not to wait for more.
    let _ = stream.set_nodelay(true);
    let Some(place) = native.open(address) else {
        tracing::warn!("{address}: refused, there are too many connections");
        return;
    };
    let (mut reader, mut writer) = stream.split();
    let result = tokio::select! {
        // What is answered to what was just read goes out in the same turn.
        biased;
        result = read_tcp(&place, &mut reader) => result,
        result = write_tcp(&place, &writer) => result,
        () = overdue(&place) => Err(ErrorKind::TimedOut.into()),
    };
    place.log_end(&result);
    let is_ours = place.is_closing();
    drop(place);
    if is_ours && result.is_ok() && writer.shutdown().await.is_ok() {
        // With unread bytes left, closing would take back what was just written.
        let mut scrap = [0; 512];
        let _ = timeout(GOODBYE, async {
            while reader.readable().await.is_ok() {
                match reader.try_read(&mut scrap) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => break,
                }
            }
        })
        .await;
    }
}

async fn read_tcp(place: &Place, stream: &mut ReadHalf<'_>) -> Result<()> {
    loop {
        match poll_fn(|cx| place.poll_read(cx, Pin::new(stream))).await? {
            Read::End => return Ok(()),
            // The receivers' turn to write, before more is read for them.
            Read::Full => tokio::task::yield_now().await,
            Read::All => {}
        }
        if place.is_closing() {
            // Only what is still to be written matters now.
            pending::<()>().await;
        }
    }
}

async fn write_tcp(place: &Place, stream: &WriteHalf<'_>) -> Result<()> {
    let mut done = None;
    loop {
        match place.to_write(done.take()) {
            Written::Idle => place.woken().await,
            Written::Close => return Ok(()),
            Written::Bytes(bytes) => {
                let mut rest = bytes.as_ref();
                while !rest.is_empty() {
                    match stream.try_write(rest) {
                        Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            stream.writable().await?;
                        }
                        Err(error) => return Err(error),
                    }
                }
                done = Some(bytes);
            }
        }
    }
}

/// Serves one client over WebSocket, to its end.
pub(crate) async fn serve_websocket(native: Arc<Native>, socket: WebSocket, address: SocketAddr) {
    let Some(place) = native.open(address) else {
        tracing::warn!("{address}: refused, there are too many connections");
        return;
    };
    let (mut sink, mut stream) = socket.split();
    let result = tokio::select! {
        result = read_websocket(&place, &mut stream) => result,
        result = write_websocket(&place, &mut sink) => result,
        () = overdue(&place) => Err(ErrorKind::TimedOut.into()),
    };
    place.log_end(&result);
    drop(place);
    // Data that is not binary closes the connection (MQTT-6.0.0-1); 1003 says that it was the kind of data.
    let code = match &result {
        Err(error) if error.kind() == ErrorKind::InvalidData => close_code::UNSUPPORTED,
        _ => close_code::NORMAL,
    };
    let close = Message::Close(Some(CloseFrame {
        code,
        reason: "".into(),
    }));
    let _ = timeout(GOODBYE, async {
        if sink.send(close).await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    })
    .await;
}

async fn read_websocket(place: &Place, stream: &mut SplitStream<WebSocket>) -> Result<()> {
    while let Some(message) = stream.next().await {
        match message.map_err(Error::other)? {
            // A frame can hold a part of a packet or several (MQTT-6.0.0-2).
            Message::Binary(bytes) => place.input(&bytes),
            Message::Text(_) => {
                return Err(Error::new(
                    ErrorKind::InvalidData,
                    "a WebSocket text frame, and MQTT is binary (MQTT-6.0.0-1)",
                ));
            }
            Message::Close(_) => return Ok(()),
            Message::Ping(_) | Message::Pong(_) => {}
        }
        if place.is_closing() {
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn write_websocket(place: &Place, sink: &mut SplitSink<WebSocket, Message>) -> Result<()> {
    let mut drained = false;
    loop {
        match place.to_write(drained.then(bytes::BytesMut::new)) {
            Written::Idle => place.woken().await,
            Written::Close => return Ok(()),
            Written::Bytes(bytes) => {
                sink.send(Message::Binary(bytes.freeze()))
                    .await
                    .map_err(Error::other)?;
            }
        }
        drained = true;
    }
}

/// Returns some time after the broker has closed the connection, should the client not take the rest.
async fn overdue(place: &Place) {
    place.closing().await;
    sleep(LINGER).await;
}
