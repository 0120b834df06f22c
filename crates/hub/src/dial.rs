//! Brokers that speak TCP only, for a page that speaks WebSocket only.
//!
//! A page asks with the path `/broker/HOST:PORT`, and the hub carries the bytes, unread. It dials only what
//! `--allow-broker` names: otherwise any page that it serves could reach whatever this machine can reach.

use crate::count::Places;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use relay::Refusal;
use relay::dial_closes::{CODE_WANTED, NOT_ALLOWED, NOT_REACHED, TRY_LATER};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a broker may take to answer the dial.
const DIAL_WITHIN: Duration = Duration::from_secs(10);
/// How long a page has to close after the broker has.
const GOODBYE: Duration = Duration::from_secs(1);
/// The most connections at a time.
const DIALS_MAX: usize = 256;
/// What one read takes at most.
const READ_BYTES: usize = 64 * 1024;
const NORMAL: u16 = 1000;

/// The brokers that may be dialled.
#[derive(Clone, Debug)]
pub(crate) struct Dials {
    allowed: Arc<[String]>,
    open: Places,
}

impl Dials {
    pub(crate) fn new(allowed: Vec<String>) -> Self {
        Self {
            allowed: allowed.into(),
            open: Places::new(DIALS_MAX),
        }
    }

    fn allows(&self, broker: &str) -> bool {
        self.allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(broker))
    }

    /// Serves a page that wants to reach `broker`, if it `may`, to its end. Why it cannot is said in the reason of the WebSocket's
    /// close: of an answer in HTTP a browser tells a page nothing.
    pub(crate) async fn serve(
        self,
        mut socket: WebSocket,
        broker: String,
        from: SocketAddr,
        may: Result<(), Refusal>,
    ) {
        let (code, reason) = match may {
            Ok(()) => self.run(&mut socket, &broker, from).await,
            Err(why) => {
                tracing::info!("{from}: a page wants {broker:?}: {why}");
                refused(why)
            }
        };
        let reason: String = reason.chars().take(100).collect();
        let close = CloseFrame {
            code,
            reason: reason.into(),
        };
        let _ = timeout(GOODBYE, async {
            if socket.send(Message::Close(Some(close))).await.is_ok() {
                while let Some(Ok(_)) = socket.recv().await {}
            }
        })
        .await;
    }

    async fn run(&self, socket: &mut WebSocket, broker: &str, from: SocketAddr) -> (u16, String) {
        if !self.allows(broker) {
            tracing::warn!(
                "{from}: a page wants {broker:?}; start the hub with --allow-broker to let it"
            );
            return (
                NOT_ALLOWED,
                format!("start mqtt-hub with --allow-broker {broker}"),
            );
        }
        let Some(_place) = self.open.take() else {
            return (TRY_LATER, "the hub has dialled as often as it may".into());
        };
        let stream = match timeout(DIAL_WITHIN, TcpStream::connect(broker)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::info!("{from}: {broker} cannot be reached: {error}");
                return (NOT_REACHED, format!("{broker}: {error}"));
            }
            Err(_) => return (NOT_REACHED, format!("{broker} does not answer")),
        };
        tracing::info!("{from}: a page is connected to {broker}");
        let end = carry(socket, stream).await;
        tracing::info!("{from}: {broker} closed: {end}");
        (NORMAL, end)
    }
}

/// Why who has not said the code gets nowhere.
fn refused(why: Refusal) -> (u16, String) {
    let code = match why {
        Refusal::CodeMissing | Refusal::CodeWrong => CODE_WANTED,
        _ => TRY_LATER,
    };
    (code, why.to_string())
}

/// Carries bytes until one end is gone. Nothing more is read while the other end does not take what was.
async fn carry(socket: &mut WebSocket, mut stream: TcpStream) -> String {
    let _ = stream.set_nodelay(true);
    let (mut sink, mut messages) = socket.split();
    let (mut reader, mut writer) = stream.split();
    let to_broker = async {
        while let Some(message) = messages.next().await {
            match message {
                Ok(Message::Binary(bytes)) => {
                    if let Err(error) = writer.write_all(&bytes).await {
                        return error.to_string();
                    }
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Text(_)) => {
                    return "a WebSocket text frame, and MQTT is binary (MQTT-6.0.0-1)".into();
                }
                Ok(Message::Close(_)) | Err(_) => break,
            }
        }
        "the page has closed it".to_owned()
    };
    let to_page = async {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut buffer).await {
                Ok(0) => return "the broker has closed it".to_owned(),
                Ok(len) => {
                    let bytes =
                        bytes::Bytes::copy_from_slice(buffer.get(..len).unwrap_or_default());
                    if sink.send(Message::Binary(bytes)).await.is_err() {
                        return "the page is gone".into();
                    }
                }
                Err(error) => return error.to_string(),
            }
        }
    };
    tokio::select! {
        end = to_broker => end,
        end = to_page => end,
    }
}
