//! What the board offers on its own network: its state and settings over HTTP, and the WebSocket over which a page
//! becomes its broker.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /status` | what the node tells of itself, as JSON |
//! | `GET /settings` | its settings as JSON, without passwords |
//! | `PUT /settings` | changes them and starts again; `X-Code` has to be the code on the board's console |
//! | `GET /device` | a WebSocket with the subprotocol `mqtt-playground.device`: one text says what the board is, a scenario file without passwords |
//! | `GET /mqtt` | a WebSocket with the subprotocol `mqtt`: the board is the client, the page the broker |
//!
//! Any page may read: what can be read is no secret. No setting changes without the code, and ten wrong ones are the last until the board
//! starts again. But any page may be the broker of a board that is set to that: it is sent no login, and says what the lamp does.

use crate::board::Board;
use crate::host::Host;
use crate::link::Valve;
use crate::node::{Node, NotKept};
use ::board::{BLOB_MAX_BYTES, Broker, Fault, Settings};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::future::pending;
use embassy_futures::select::select;
use embassy_net::Stack;
use picoserve::extract::{FromRequest, FromRequestParts};
use picoserve::futures::Either;
use picoserve::io::{Read, Write};
use picoserve::request::{ReadAllBodyError, RequestBody, RequestParts};
use picoserve::response::ws::{Message, SocketRx, SocketTx, WebSocketCallback, WebSocketUpgrade};
use picoserve::response::{IntoResponse, StatusCode};
use picoserve::routing::get;
use picoserve::{Router, Timeouts};

/// The board listens here.
pub const PORT: u16 = 80;
/// A message of a WebSocket is no longer than this: a page sends longer packets in pieces.
pub const MESSAGE_MAX_BYTES: usize = 2048;

/// Any page may ask.
const ANYBODY: (&str, &str) = ("Access-Control-Allow-Origin", "*");
/// What a page may ask for.
const ALLOWED: [(&str, &str); 3] = [
    ANYBODY,
    ("Access-Control-Allow-Methods", "GET, PUT"),
    ("Access-Control-Allow-Headers", "x-code"),
];

/// The subprotocol of MQTT over WebSocket (3.1.1 and 5.0, section 6).
const PROTOCOL: &str = "mqtt";
/// The subprotocol of a WebSocket that says what the board is: pages may open WebSockets to boards, and not ask over HTTP.
const DEVICE_PROTOCOL: &str = "mqtt-playground.device";

/// The code of a request that wants to change something.
struct Code(String);

impl<'r, State> FromRequestParts<'r, State> for Code {
    type Rejection = core::convert::Infallible;

    async fn from_request_parts(
        _: &'r State,
        request: &RequestParts<'r>,
    ) -> Result<Self, Self::Rejection> {
        let code = request.headers().get("x-code");
        let code = code.and_then(|code| code.as_str().ok()).unwrap_or_default();
        Ok(Self(code.to_string()))
    }
}

/// What a request brings; not more than settings can be.
struct Body(Result<Vec<u8>, Refusal>);

/// Why settings are not changed.
enum Refusal {
    TooLong(usize),
    NoMemory,
    CutOff,
    Fault(Fault),
    NotKept(NotKept),
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoMemory => StatusCode::SERVICE_UNAVAILABLE,
            Self::CutOff | Self::Fault(_) | Self::NotKept(NotKept::Settings(_)) => {
                StatusCode::BAD_REQUEST
            }
            Self::NotKept(NotKept::Board(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => write!(
                f,
                "the request brings {bytes} bytes, and settings take at most {BLOB_MAX_BYTES}"
            ),
            Self::NoMemory => write!(f, "the board has no memory for that now: try again"),
            Self::CutOff => write!(f, "the request was cut off: try again"),
            Self::Fault(fault) => fault.fmt(f),
            Self::NotKept(why) => why.fmt(f),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NotKept> for Refusal {
    fn from(why: NotKept) -> Self {
        Self::NotKept(why)
    }
}

impl<'r, State> FromRequest<'r, State> for Body {
    type Rejection = core::convert::Infallible;

    async fn from_request<R: Read>(
        state: &'r State,
        parts: RequestParts<'r>,
        body: RequestBody<'r, R>,
    ) -> Result<Self, Self::Rejection> {
        let length = body.content_length();
        if length > BLOB_MAX_BYTES {
            return Ok(Self(Err(Refusal::TooLong(length))));
        }
        let read = <Vec<u8> as FromRequest<'r, State>>::from_request(state, parts, body).await;
        Ok(Self(read.map_err(|error| match error {
            ReadAllBodyError::BufferIsTooSmall { .. } => Refusal::NoMemory,
            _ => Refusal::CutOff,
        })))
    }
}

/// The buffers of one web connection.
pub struct Buffers {
    receive: [u8; 1536],
    send: [u8; 1536],
    http: [u8; 2048],
}

impl Buffers {
    /// Empty ones.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            receive: [0; 1536],
            send: [0; 1536],
            http: [0; 2048],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves one connection after the other: a task of its own, of which there may be several.
pub async fn serve<B: Board>(node: &'static Node<B>, stack: Stack<'_>, buffers: &mut Buffers) {
    let app = Router::new()
        .route("/status", get(async move || json(&node.status())))
        .route(
            "/settings",
            get(async move || json(&node.settings().without_secrets()))
                .put(async move |Code(code): Code, Body(body): Body| change(node, &code, body))
                .options(async || (StatusCode::NO_CONTENT, ALLOWED, "")),
        )
        .route(
            "/device",
            get(async move |upgrade: WebSocketUpgrade| {
                let about = About { node };
                upgrade.on_upgrade(about).with_protocol(DEVICE_PROTOCOL)
            }),
        )
        .route(
            "/mqtt",
            get(async move |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(Page { node }).with_protocol(PROTOCOL)
            }),
        );
    let config = picoserve::Config::new(Timeouts::default()).close_connection_after_response();
    picoserve::Server::new(&app, &config, &mut buffers.http)
        .listen_and_serve("web", stack, PORT, &mut buffers.receive, &mut buffers.send)
        .await;
}

fn json<T: serde::Serialize>(value: &T) -> impl IntoResponse + use<T> {
    let text = serde_json::to_string(value).unwrap_or_default();
    ([ANYBODY, ("Content-Type", "application/json")], text)
}

fn change<B: Board>(
    node: &Node<B>,
    code: &str,
    body: Result<Vec<u8>, Refusal>,
) -> impl IntoResponse + use<B> {
    let (status, text) = if !node.is_code(code) {
        node.log(format_args!(
            "web: somebody wanted to change the settings without the code"
        ));
        let text = "the code is on the board's console: send it as X-Code; after ten wrong ones the board has to start again\n".to_string();
        (StatusCode::FORBIDDEN, text)
    } else {
        let changed = body.and_then(|json| Ok(node.change(Settings::from_json(&json)?)?));
        match changed {
            Err(refusal) => (refusal.status(), alloc::format!("{refusal}\n")),
            Ok(()) => {
                node.log(format_args!("web: new settings, starting again"));
                (StatusCode::OK, "kept: the board starts again\n".to_string())
            }
        }
    };
    (status, [ANYBODY], text)
}

/// Somebody who wants to know what the board is.
struct About<B: 'static> {
    node: &'static Node<B>,
}

impl<B: Board> WebSocketCallback for About<B> {
    async fn run<R: Read, W: Write<Error = R::Error>>(
        self,
        _: SocketRx<R>,
        mut to: SocketTx<W>,
    ) -> Result<(), W::Error> {
        to.send_text(&self.node.device_text()).await?;
        to.close(None).await
    }
}

/// A page that wants to be the broker.
struct Page<B: 'static> {
    node: &'static Node<B>,
}

/// Close codes of RFC 6455, section 7.4.1.
const POLICY_VIOLATION: u16 = 1008;
const TRY_AGAIN_LATER: u16 = 1013;

impl<B: Board> WebSocketCallback for Page<B> {
    async fn run<R: Read, W: Write<Error = R::Error>>(
        self,
        mut from: SocketRx<R>,
        mut to: SocketTx<W>,
    ) -> Result<(), W::Error> {
        let node = self.node;
        if !matches!(node.broker(), Broker::Page) {
            return to
                .close((POLICY_VIOLATION, "this board is set to another broker"))
                .await;
        }
        let Some(_claim) = node.claim() else {
            return to
                .close((TRY_AGAIN_LATER, "another page is this board's broker"))
                .await;
        };
        // To the device, a page that comes is its network that comes back.
        node.network(true);
        let mut first = [0; MESSAGE_MAX_BYTES];
        // A page speaks only when it is spoken to: what comes before means that it is gone.
        match from.next_message(&mut first, node.dialled()).await? {
            Either::Second(()) => {}
            Either::First(_) => return to.close(None).await,
        }
        node.log(format_args!("web: a page is the broker now"));
        node.with(|host, now| host.opened(now));
        let valve = Valve::new();
        let reading = async {
            let mut buffer = [0; MESSAGE_MAX_BYTES];
            loop {
                match from.next_message(&mut buffer, pending::<()>()).await {
                    Ok(Either::First(Ok(Message::Binary(bytes)))) => {
                        node.with(|host, now| host.input(now, bytes));
                        valve.room(node).await;
                    }
                    Ok(Either::First(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                    // MQTT over WebSocket has no text (3.1.1 and 5.0 MQTT-6.0.0-1).
                    _ => return,
                }
            }
        };
        let writing = async {
            while !node.look(Host::is_closing) {
                let bytes = node.take(Host::take_out);
                if bytes.is_empty() {
                    node.changed().await;
                } else {
                    to.send_binary(&bytes).await?;
                    to.flush().await?;
                    valve.written();
                }
            }
            Ok::<_, W::Error>(())
        };
        select(reading, writing).await;
        node.with(|host, now| host.closed(now));
        to.close(None).await
    }
}
