//! A page without a browser: its end of the relay, and one that is the broker.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use bytes::{Bytes, BytesMut};
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::Instant;
use mqtt_proto::codec::encode;
use relay::{
    Desk, DeskEvent, FromHub, FromPage, Hello, Line, PATH, Refusal, Role, SUBPROTOCOL, Text,
};
use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

/// How long a test waits for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a read ended because nothing came in time. A signal can end it early.
pub(crate) fn is_silence(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

pub(crate) fn hello(role: Role) -> Hello {
    Hello {
        role,
        take_over: false,
        code: None,
    }
}

pub(crate) fn with_code(role: Role, code: &str) -> Hello {
    Hello {
        code: Some(Text::cut(code)),
        ..hello(role)
    }
}

/// A page's WebSocket.
pub(crate) struct Page {
    socket: WebSocket<TcpStream>,
    inbox: VecDeque<FromHub>,
}

impl Page {
    /// Connects and says hello.
    pub(crate) fn open(hub: SocketAddr, hello: Hello) -> Self {
        let mut page = Self::silent(hub);
        page.say(&[FromPage::Hello(hello)]);
        page
    }

    /// Connects and says nothing.
    pub(crate) fn silent(hub: SocketAddr) -> Self {
        let mut request = format!("ws://{hub}{PATH}").into_client_request().unwrap();
        let protocol = SUBPROTOCOL.parse().unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let stream = TcpStream::connect(hub).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, response) = tungstenite::client(request, stream).unwrap();
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], SUBPROTOCOL);
        Self {
            socket,
            inbox: VecDeque::new(),
        }
    }

    /// One that must be taken in.
    pub(crate) fn welcome(hub: SocketAddr, hello: Hello) -> Self {
        let mut page = Self::open(hub, hello);
        match page.hear() {
            Some(FromHub::Welcome(_)) => page,
            other => panic!("{other:?}"),
        }
    }

    /// Why it is not taken in.
    pub(crate) fn refusal(hub: SocketAddr, hello: Hello) -> Refusal {
        match Self::open(hub, hello).hear() {
            Some(FromHub::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn say(&mut self, messages: &[FromPage]) {
        for frame in relay::write_frame(messages) {
            self.say_bytes(frame);
        }
    }

    pub(crate) fn say_bytes(&mut self, frame: Vec<u8>) {
        self.socket.send(Message::binary(frame)).unwrap();
    }

    /// The next message; `None` at the end.
    pub(crate) fn hear(&mut self) -> Option<FromHub> {
        while self.inbox.is_empty() {
            match self.socket.read() {
                Ok(Message::Binary(frame)) => self.inbox.extend(relay::read_frame(frame).unwrap()),
                Ok(Message::Close(_))
                | Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {
                    return None;
                }
                Ok(_) => {}
                Err(Error::Io(error)) if is_silence(&error) => panic!("nothing comes"),
                Err(Error::Io(_)) => return None,
                Err(error) => panic!("{error}"),
            }
        }
        self.inbox.pop_front()
    }

    /// The next message that `pick` wants.
    pub(crate) fn hear_until<T>(&mut self, pick: impl Fn(FromHub) -> Option<T>) -> T {
        loop {
            let message = self.hear().expect("the page is left");
            if let Some(picked) = pick(message) {
                return picked;
            }
        }
    }
}

/// What the test tells the broker in a page.
#[derive(Debug, Default)]
struct Orders {
    pause: AtomicBool,
    leave: AtomicBool,
}

/// The broker in a page, in a thread.
pub(crate) struct BrokerPage {
    orders: Arc<Orders>,
    thread: Option<JoinHandle<()>>,
}

impl BrokerPage {
    pub(crate) fn open(hub: SocketAddr, hello: Hello) -> Self {
        let config = BrokerConfig {
            backlog_max_bytes: Some(1 << 20),
            ..BrokerConfig::default()
        };
        Self::open_as(hub, hello, config)
    }

    /// With a broker like this.
    pub(crate) fn open_as(hub: SocketAddr, hello: Hello, config: BrokerConfig) -> Self {
        let page = Page::welcome(hub, hello);
        let orders = Arc::new(Orders::default());
        let thread = spawn({
            let orders = Arc::clone(&orders);
            move || serve(page, &orders, config)
        });
        Self {
            orders,
            thread: Some(thread),
        }
    }

    /// As when somebody pauses the world in the page: bytes come in, and are not dealt with.
    pub(crate) fn pause(&self, on: bool) {
        self.orders.pause.store(on, Ordering::Relaxed);
    }

    /// As when the tab is closed.
    pub(crate) fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.orders.leave.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for BrokerPage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

fn serve(mut page: Page, orders: &Orders, config: BrokerConfig) {
    let started = std::time::Instant::now();
    let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
    let stream = page.socket.get_mut();
    stream
        .set_read_timeout(Some(Duration::from_millis(5)))
        .unwrap();
    let mut broker = Broker::new(config);
    let mut desk = Desk::default();
    let mut events: VecDeque<DeskEvent> = VecDeque::new();
    let mut effects = Vec::new();
    while !orders.leave.load(Ordering::Relaxed) {
        match page.socket.read() {
            Ok(Message::Binary(frame)) => {
                for message in relay::read_frame::<FromHub>(frame).unwrap() {
                    if matches!(message, FromHub::Refused(_)) {
                        return;
                    }
                    events.extend(desk.handle(message));
                }
            }
            Ok(Message::Close(_)) => return,
            Ok(_) => {}
            Err(Error::Io(error)) if is_silence(&error) => {}
            Err(_) => return,
        }
        if !orders.pause.load(Ordering::Relaxed) {
            for event in events.drain(..) {
                take(event, now(), &mut broker, &mut desk, &mut effects);
                carry_out(&mut effects, now(), &mut broker, &mut desk);
            }
            broker.handle_timeout(now(), &mut effects);
            carry_out(&mut effects, now(), &mut broker, &mut desk);
        }
        for frame in relay::write_frame(&desk.take_messages()) {
            if page.socket.send(Message::binary(frame)).is_err() {
                return;
            }
        }
    }
}

fn id(line: Line) -> ConnectionId {
    ConnectionId(line.0)
}

fn take(
    event: DeskEvent,
    now: Instant,
    broker: &mut Broker,
    desk: &mut Desk,
    effects: &mut Vec<BrokerEvent>,
) {
    match event {
        DeskEvent::Opened(opened) => broker.handle_open(now, id(opened.line), effects),
        DeskEvent::Received(line, bytes) => {
            broker.handle_input(now, id(line), &bytes, effects);
            desk.done(line, bytes.len());
        }
        DeskEvent::Drained(line) => broker.handle_drained(now, id(line), effects),
        DeskEvent::Closed(line, _) => broker.handle_close(now, id(line), effects),
    }
}

/// Sends what the broker sends, connection by connection.
fn carry_out(effects: &mut Vec<BrokerEvent>, now: Instant, broker: &mut Broker, desk: &mut Desk) {
    while !effects.is_empty() {
        let mut gathered: Vec<(ConnectionId, BytesMut)> = Vec::new();
        let mut closed = Vec::new();
        for effect in std::mem::take(effects) {
            match effect {
                BrokerEvent::Send {
                    connection,
                    version,
                    packet,
                } => {
                    let at = gathered.iter().position(|(other, _)| *other == connection);
                    let at = at.unwrap_or_else(|| {
                        gathered.push((connection, BytesMut::new()));
                        gathered.len() - 1
                    });
                    encode(&packet, version, &mut gathered[at].1).unwrap();
                }
                BrokerEvent::Close { connection, why } => {
                    closed.push((connection, why.to_string()))
                }
                _ => {}
            }
        }
        for (connection, bytes) in gathered {
            let line = Line(connection.0);
            let bytes: Bytes = bytes.freeze();
            if !desk.send(line, bytes) {
                broker.handle_close(now, connection, effects);
            } else if desk.waiting_bytes(line) == 0 {
                broker.handle_drained(now, connection, effects);
            }
        }
        for (connection, why) in closed {
            desk.close(Line(connection.0), &why);
            broker.handle_close(now, connection, effects);
        }
    }
}
