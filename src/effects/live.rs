//! WebSockets to real brokers: moves bytes, and tells of open and closed.

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::window;
use js_sys::{ArrayBuffer, Uint8Array};
use playground::Action;
use playground::live::{LiveAction, LiveCommand};
use std::collections::HashMap;
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};
use yew::Callback;

/// The subprotocol that brokers speak.
const SUBPROTOCOL: &str = "mqtt";

/// The WebSockets of a session, by the numbers of their connections.
#[derive(Default)]
pub(crate) struct Sockets {
    open: HashMap<u32, Socket>,
    timer: Option<Timeout>,
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
            LiveCommand::Open(number, url) => match open(number, &url, dispatch) {
                Some(socket) => drop(self.open.insert(number, socket)),
                None => emit(dispatch, LiveAction::Forbidden(number)),
            },
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
                self.timer = Some(Timeout::new(millis, move || {
                    emit(&dispatch, LiveAction::Clock(now()));
                }));
            }
        }
    }
}

fn open(number: u32, url: &str, dispatch: &Callback<Action>) -> Option<Socket> {
    let socket = WebSocket::new_with_str(url, SUBPROTOCOL).ok()?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let on_open = {
        let (dispatch, opened) = (dispatch.clone(), socket.clone());
        EventListener::new(&socket, "open", move |_| {
            emit(&dispatch, LiveAction::Opened(number, opened.protocol()));
        })
    };
    let on_message = {
        let dispatch = dispatch.clone();
        EventListener::new(&socket, "message", move |event| {
            let Some(event) = event.dyn_ref::<MessageEvent>() else {
                return;
            };
            let data = event.data();
            let bytes = match data.dyn_ref::<ArrayBuffer>() {
                Some(buffer) => Uint8Array::new(buffer).to_vec(),
                // No MQTT, but what came is what is shown.
                None => data.as_string().unwrap_or_default().into_bytes(),
            };
            emit(&dispatch, LiveAction::Received(number, bytes.into()));
        })
    };
    let on_close = {
        let dispatch = dispatch.clone();
        EventListener::new(&socket, "close", move |event| {
            let event = event.dyn_ref::<CloseEvent>();
            let code = event.map_or(1006, CloseEvent::code);
            let reason = event.map_or_else(String::new, CloseEvent::reason);
            emit(&dispatch, LiveAction::Closed(number, code, reason));
        })
    };
    Some(Socket {
        socket,
        _listeners: [on_open, on_message, on_close],
    })
}
