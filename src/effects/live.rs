//! WebSockets to real brokers and to a hub: moves bytes, and tells of open and closed.

use super::clock::Clock;
use gloo::events::EventListener;
use gloo::utils::window;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use playground::Action;
use playground::guests::{GuestsAction, HUB_SUBPROTOCOLS, HubCommand};
use playground::live::{LiveAction, LiveCommand};
use std::collections::HashMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};
use yew::Callback;

/// The subprotocol that brokers speak.
const SUBPROTOCOL: &str = "mqtt";

/// The WebSockets of a session, by the numbers of their connections.
#[derive(Default)]
pub(crate) struct Sockets {
    open: HashMap<u32, Socket>,
    hub: HubSocket,
    clock: Clock,
}

/// The WebSocket to a hub. It speaks of real devices or of a class: each has its own.
#[derive(Default)]
pub(super) struct HubSocket(Option<Socket>);

/// What comes of a [`HubCommand`].
pub(super) enum HubNews {
    /// Where the page comes from.
    Origin(String),
    /// It is open: the subprotocol that the hub has chosen.
    Opened(String),
    Frame(Vec<u8>),
    /// The code, the reason in the hub's words.
    Closed(u16, String),
    /// The browser does not even try.
    Forbidden,
}

/// Without its listeners a WebSocket tells nobody anything.
struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

/// The time on the wall in microseconds, since anything.
pub(crate) fn now() -> u64 {
    let millis = window().performance().map_or(0.0, |it| it.now());
    (millis * 1000.0) as u64
}

fn emit(dispatch: &Callback<Action>, action: LiveAction) {
    dispatch.emit(Action::Live(action));
}

impl Sockets {
    /// Does what a session asks for.
    pub(crate) fn carry_out(&mut self, command: LiveCommand, dispatch: &Callback<Action>) {
        match command {
            LiveCommand::Draw => {
                /// As many different numbers as a page needs names.
                const MANY: f64 = 4_294_967_296.0;
                emit(
                    dispatch,
                    LiveAction::Drawn((js_sys::Math::random() * MANY) as u64),
                );
            }
            LiveCommand::Open(number, url) => self.open(number, &url, SUBPROTOCOL, dispatch),
            LiveCommand::OpenAs(number, url, subprotocol) => {
                self.open(number, &url, subprotocol, dispatch);
            }
            LiveCommand::Hub(command) => self.hub(command, dispatch),
            LiveCommand::Send(number, bytes) => {
                if let Some(it) = self.open.get(&number) {
                    // One that closes just now says so by itself.
                    let _ = it.socket.send_with_u8_array(&bytes);
                }
            }
            LiveCommand::Close(number) => {
                if let Some(it) = self.open.remove(&number) {
                    let _ = it.socket.close();
                }
            }
            LiveCommand::Wake(millis) => {
                let dispatch = dispatch.clone();
                self.clock.set(millis, move || {
                    emit(&dispatch, LiveAction::Clock(now()));
                });
            }
        }
    }

    fn open(&mut self, number: u32, url: &str, subprotocol: &str, dispatch: &Callback<Action>) {
        let tell = {
            let dispatch = dispatch.clone();
            move |news: News| emit(&dispatch, of_broker(number, news))
        };
        match open(url, &[subprotocol], tell) {
            Some(socket) => drop(self.open.insert(number, socket)),
            None => emit(dispatch, LiveAction::Forbidden(number)),
        }
    }

    fn hub(&mut self, command: HubCommand, dispatch: &Callback<Action>) {
        let dispatch = dispatch.clone();
        self.hub.carry_out(command, move |news| {
            let action = match news {
                HubNews::Origin(origin) => GuestsAction::Origin(origin),
                HubNews::Opened(subprotocol) => GuestsAction::Opened(subprotocol),
                HubNews::Frame(frame) => GuestsAction::Frame(frame.into()),
                HubNews::Closed(code, reason) => GuestsAction::Closed(code, reason),
                HubNews::Forbidden => GuestsAction::Forbidden,
            };
            emit(&dispatch, LiveAction::Guests(action));
        });
    }
}

impl HubSocket {
    /// Does what is wanted of the WebSocket, and tells what comes of it.
    pub(super) fn carry_out(
        &mut self,
        command: HubCommand,
        tell: impl Fn(HubNews) + Clone + 'static,
    ) {
        match command {
            HubCommand::AskOrigin => {
                tell(HubNews::Origin(
                    window().location().origin().unwrap_or_default(),
                ));
            }
            HubCommand::Open(url) => {
                self.close();
                let heard = tell.clone();
                self.0 = open(&url, &HUB_SUBPROTOCOLS, move |news| heard(of_hub(news)));
                if self.0.is_none() {
                    tell(HubNews::Forbidden);
                }
            }
            HubCommand::Send(frame) => {
                if let Some(it) = &self.0 {
                    let _ = it.socket.send_with_u8_array(&frame);
                }
            }
            HubCommand::Close => self.close(),
        }
    }

    fn close(&mut self) {
        if let Some(old) = self.0.take() {
            let _ = old.socket.close();
        }
    }
}

/// What a WebSocket tells.
enum News {
    /// It is open: the subprotocol that the other end has chosen.
    Opened(String),
    Received(Vec<u8>),
    /// Text came.
    Text(String),
    /// The code, the reason in the other end's words.
    Closed(u16, String),
}

fn of_broker(number: u32, news: News) -> LiveAction {
    match news {
        News::Opened(subprotocol) => LiveAction::Opened(number, subprotocol),
        News::Received(bytes) => LiveAction::Received(number, bytes.into()),
        News::Text(text) => LiveAction::Text(number, text),
        News::Closed(code, reason) => LiveAction::Closed(number, code, reason),
    }
}

fn of_hub(news: News) -> HubNews {
    match news {
        News::Opened(subprotocol) => HubNews::Opened(subprotocol),
        News::Received(frame) => HubNews::Frame(frame),
        // No hub says that, and so it is read.
        News::Text(text) => HubNews::Frame(text.into_bytes()),
        News::Closed(code, reason) => HubNews::Closed(code, reason),
    }
}

/// Dials, with any of the subprotocols.
fn open(url: &str, subprotocols: &[&str], tell: impl Fn(News) + Clone + 'static) -> Option<Socket> {
    let offered: Array = subprotocols
        .iter()
        .map(|it| JsValue::from_str(it))
        .collect();
    let socket = WebSocket::new_with_str_sequence(url, &offered).ok()?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let on_open = {
        let (tell, opened) = (tell.clone(), socket.clone());
        EventListener::new(&socket, "open", move |_| {
            tell(News::Opened(opened.protocol()));
        })
    };
    let on_message = {
        let tell = tell.clone();
        EventListener::new(&socket, "message", move |event| {
            let Some(event) = event.dyn_ref::<MessageEvent>() else {
                return;
            };
            let data = event.data();
            tell(match data.dyn_ref::<ArrayBuffer>() {
                Some(buffer) => News::Received(Uint8Array::new(buffer).to_vec()),
                None => News::Text(data.as_string().unwrap_or_default()),
            });
        })
    };
    let on_close = EventListener::new(&socket, "close", move |event| {
        let event = event.dyn_ref::<CloseEvent>();
        let code = event.map_or(1006, CloseEvent::code);
        let reason = event.map_or_else(String::new, CloseEvent::reason);
        tell(News::Closed(code, reason));
    });
    Some(Socket {
        socket,
        _listeners: [on_open, on_message, on_close],
    })
}
