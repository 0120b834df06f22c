//! One connection, over TCP or WebSocket: bytes in, bytes out.

use crate::door::{Io, Peer, Stream};
use crate::pages::Device;
use crate::place::{Broker, Place, Read, Written};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use relay::Transport;
use std::future::{pending, poll_fn};
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// A client that does not take the last bytes is left after this time.
const LINGER: Duration = Duration::from_secs(5);
/// How long a client has to close its side after the broker has closed its own.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves one client over TCP, with TLS or without, to its end.
pub(crate) async fn serve_tcp(broker: Broker, io: Io, peer: Peer) {
    let device = Device {
        address: peer.address,
        transport: Transport::Tcp,
        tls: peer.tls,
    };
    let place = match broker.open(device) {
        Ok(place) => place,
        Err(why) => return tracing::warn!("{}: refused: {why}", peer.address),
    };
    let (stream, _counted) = io.into_parts();
    match stream {
        Stream::Plain(mut stream) => {
            let (reader, writer) = stream.split();
            serve(place, reader, writer).await;
        }
        Stream::Tls(stream) => {
            let (reader, writer) = tokio::io::split(stream);
            serve(place, reader, writer).await;
        }
    }
}

/// Serves one client over whatever carries its bytes, to its end.
pub(crate) async fn serve(
    place: Place,
    mut reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
) {
    let result = tokio::select! {
        // What is answered to what was just read goes out in the same turn.
        biased;
        result = read_tcp(&place, &mut reader) => result,
        result = write_tcp(&place, &mut writer) => result,
        () = overdue(&place) => Err(ErrorKind::TimedOut.into()),
    };
    place.log_end(&result);
    let is_ours = place.is_closing();
    drop(place);
    if is_ours && result.is_ok() && writer.shutdown().await.is_ok() {
        // With unread bytes left, closing would take back what was just written.
        let mut scrap = [0; 512];
        let _ = timeout(GOODBYE, async {
            while reader.read(&mut scrap).await.is_ok_and(|len| len > 0) {}
        })
        .await;
    }
}

async fn read_tcp(place: &Place, stream: &mut (impl AsyncRead + Unpin)) -> Result<()> {
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

async fn write_tcp(place: &Place, stream: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
    let mut done = None;
    loop {
        match place.to_write(done.take()) {
            Written::Idle => place.woken().await,
            Written::Close => return Ok(()),
            Written::Bytes(bytes) => {
                stream.write_all(&bytes).await?;
                // TLS gathers records.
                stream.flush().await?;
                done = Some(bytes);
            }
        }
    }
}

/// Serves one client over WebSocket, to its end.
pub(crate) async fn serve_websocket(broker: Broker, mut socket: WebSocket, peer: Peer) {
    let device = Device {
        address: peer.address,
        transport: Transport::WebSocket,
        tls: peer.tls,
    };
    let place = match broker.open(device) {
        Ok(place) => place,
        Err(why) => {
            tracing::warn!("{}: refused: {why}", peer.address);
            let reason = why.into();
            let close = CloseFrame {
                code: close_code::AGAIN,
                reason,
            };
            let _ = timeout(GOODBYE, socket.send(Message::Close(Some(close)))).await;
            return;
        }
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
            Message::Binary(bytes) => place.input(bytes).await,
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
    let mut is_done = false;
    loop {
        match place.to_write(is_done.then(bytes::BytesMut::new)) {
            Written::Idle => {
                is_done = false;
                place.woken().await;
            }
            Written::Close => return Ok(()),
            Written::Bytes(bytes) => {
                sink.send(Message::Binary(bytes.freeze()))
                    .await
                    .map_err(Error::other)?;
                is_done = true;
            }
        }
    }
}

/// Returns some time after the broker has closed the connection, should the client not take the rest.
async fn overdue(place: &Place) {
    place.closing().await;
    sleep(LINGER).await;
}
