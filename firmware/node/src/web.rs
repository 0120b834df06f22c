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
//! Pages of the board's own network may ask and may be its broker, pages from elsewhere may not ([`near`]): who opens a foreign page
//! must not give it the lamp. Those of the network may read, because what can be read is no secret. No setting changes without the code, and
//! ten wrong ones are the last until the board starts again. Whichever page comes first is the broker of a board that is set to that: it is sent
//! no login.

use crate::board::Board;
use crate::host::Host;
use crate::link::Valve;
use crate::node::{Node, NotKept};
use crate::websocket::{End, Inbound, Piece};
use ::board::{BLOB_MAX_BYTES, Broker, Fault, Settings, near};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::future::pending;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use picoserve::extract::{FromRequest, FromRequestParts};
use picoserve::io::{Read, Write};
use picoserve::request::{Headers, ReadAllBodyError, RequestBody, RequestParts};
use picoserve::response::ws::{SocketRx, SocketTx, WebSocketCallback, WebSocketUpgrade};
use picoserve::response::{IntoResponse, ResponseWriter, StatusCode};
use picoserve::routing::{Layer, Next, get};
use picoserve::{ResponseSent, Router, Timeouts};

/// The board listens here.
pub const PORT: u16 = 80;

/// Any page that gets so far may read the answer.
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

/// Refuses whoever comes from elsewhere, and says so on the console.
struct Near<B: 'static> {
    node: &'static Node<B>,
}

impl<B: Board, State, Parameters> Layer<State, Parameters> for Near<B> {
    type NextState = State;
    type NextPathParameters = Parameters;

    async fn call_layer<
        'a,
        R: Read + 'a,
        N: Next<'a, R, State, Parameters>,
        W: ResponseWriter<Error = R::Error>,
    >(
        &self,
        next: N,
        state: &State,
        parameters: Parameters,
        request: RequestParts<'_>,
        writer: W,
    ) -> Result<ResponseSent, W::Error> {
        let Some(why) = foreign(request.headers()) else {
            return next.run(state, parameters, writer).await;
        };
        self.node.log(format_args!("web: refused: {why}"));
        let answer = (StatusCode::FORBIDDEN, format!("{why}\n"));
        answer.write_to(next.into_connection().await?, writer).await
    }
}

/// Why a request is from elsewhere; none if it is not.
fn foreign(headers: Headers<'_>) -> Option<String> {
    let value = |name| {
        let value = headers.get(name)?;
        Some(value.as_str().unwrap_or_default())
    };
    let host = value("host").unwrap_or_default();
    if !near::is_own(host) {
        return Some(format!(
            "this board does not answer to the name {host:?}: call it by its address"
        ));
    }
    let origin = value("origin")?;
    (!near::is_near(origin)).then(|| {
        format!(
            "pages of {origin:?} may not talk to this board: open the page from its network, by an address"
        )
    })
}

/// The subprotocols that a WebSocket is offered with, in one header or several.
struct Offered(String);

impl Offered {
    fn has(&self, protocol: &str) -> bool {
        self.0.split(',').any(|it| it.trim() == protocol)
    }
}

impl<'r, State> FromRequestParts<'r, State> for Offered {
    type Rejection = core::convert::Infallible;

    async fn from_request_parts(
        _: &'r State,
        request: &RequestParts<'r>,
    ) -> Result<Self, Self::Rejection> {
        let mut offered = String::new();
        for (name, value) in request.headers() {
            if name == "sec-websocket-protocol" {
                offered.push_str(value.as_str().unwrap_or_default());
                offered.push(',');
            }
        }
        Ok(Self(offered))
    }
}

/// Upgrades a request to a WebSocket of this subprotocol, if it was offered (MQTT-6.0.0-3).
fn upgrade<C: WebSocketCallback>(
    offered: &Offered,
    upgrade: WebSocketUpgrade,
    protocol: &'static str,
    callback: C,
) -> impl IntoResponse + use<C> {
    if offered.has(protocol) {
        Ok(upgrade.on_upgrade(callback).with_protocol(protocol))
    } else {
        let why = format!("this WebSocket has the subprotocol {protocol:?}: offer it\n");
        Err((StatusCode::BAD_REQUEST, why))
    }
}

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
            get(async move |offered: Offered, request: WebSocketUpgrade| {
                upgrade(&offered, request, DEVICE_PROTOCOL, About { node })
            }),
        )
        .route(
            "/mqtt",
            get(async move |offered: Offered, request: WebSocketUpgrade| {
                upgrade(&offered, request, PROTOCOL, Page { node })
            }),
        )
        .layer(Near { node });
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

/// What the one who reads has the one who writes say: a WebSocket has one writer.
enum Word {
    Pong(Vec<u8>),
    Close(End),
}

impl<B: Board> WebSocketCallback for Page<B> {
    async fn run<R: Read, W: Write<Error = R::Error>>(
        self,
        from: SocketRx<R>,
        mut to: SocketTx<W>,
    ) -> Result<(), W::Error> {
        let node = self.node;
        let refused = |end: End| {
            node.log(format_args!("web: a page is not the broker: {end}"));
            end.reason()
        };
        if !matches!(node.broker(), Broker::Page) {
            return to.close(refused(End::ANOTHER_BROKER)).await;
        }
        let Some(claim) = node.claim() else {
            return to.close(refused(End::ANOTHER_PAGE)).await;
        };
        // To the device, a page that comes is its network that comes back.
        node.network(true);
        let mut from = Inbound::new(from);
        loop {
            match from.next(node.dialled()).await? {
                Either::Second(()) => break,
                Either::First(Piece::Ping(bytes)) => to.send_pong(bytes).await?,
                Either::First(Piece::Nothing) => {}
                Either::First(Piece::Data(_)) => {
                    return to.close(refused(End::TOO_EARLY)).await;
                }
                Either::First(Piece::End(end)) => return to.close(refused(end)).await,
                Either::First(Piece::Gone) => return Ok(()),
            }
        }
        node.log(format_args!("web: a page is the broker now"));
        node.with(|host, now| host.opened(now));
        let valve = Valve::new();
        let words = Signal::<NoopRawMutex, Word>::new();
        let reading = async {
            loop {
                match from.next(pending::<()>()).await {
                    Ok(Either::First(Piece::Data(bytes))) => {
                        node.with(|host, now| host.input(now, bytes));
                        valve.room(node).await;
                    }
                    // The newest one is answered (RFC 6455, section 5.5.3).
                    Ok(Either::First(Piece::Ping(bytes))) => {
                        words.signal(Word::Pong(bytes.to_vec()));
                    }
                    Ok(Either::First(Piece::Nothing)) => {}
                    Ok(Either::First(Piece::End(end))) => {
                        words.signal(Word::Close(end));
                        // What is being written is written to its end.
                        return pending().await;
                    }
                    Ok(Either::First(Piece::Gone) | Either::Second(())) | Err(_) => return,
                }
            }
        };
        let writing = async {
            let mut word = None;
            loop {
                match word.take().or_else(|| words.try_take()) {
                    Some(Word::Close(end)) => return Ok::<_, W::Error>(end),
                    Some(Word::Pong(bytes)) => to.send_pong(&bytes).await?,
                    None => {}
                }
                if node.look(Host::is_closing) {
                    return Ok(End::DONE);
                }
                let bytes = node.take(Host::take_out);
                if bytes.is_empty() {
                    if let Either::First(said) = select(words.wait(), node.changed()).await {
                        word = Some(said);
                    }
                } else {
                    to.send_binary(&bytes).await?;
                    to.flush().await?;
                    valve.written();
                }
            }
        };
        let end = select(reading, writing).await;
        node.with(|host, now| host.closed(now));
        // Who is told that this connection ends may open the next one at once.
        drop(claim);
        match end {
            Either::First(()) => Ok(()),
            Either::Second(Err(error)) => Err(error),
            Either::Second(Ok(end)) => {
                node.log(format_args!("web: the page is no more the broker: {end}"));
                to.close(end.reason()).await
            }
        }
    }
}
