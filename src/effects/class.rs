//! The link to a class: the WebSocket that real devices use, too, by itself, and the seconds of a wait.

use super::live::{HubNews, HubSocket};
use gloo::timers::callback::Timeout;
use playground::Action;
use playground::class::{ClassAction, ClassCommand};
use yew::Callback;

/// What a class needs of the browser.
#[derive(Default)]
pub(crate) struct Link {
    socket: HubSocket,
    timer: Option<Timeout>,
}

/// Any number: pages that do the same at the same time are to do it a little differently.
fn chance() -> u32 {
    const MANY: f64 = 4_294_967_296.0;
    (js_sys::Math::random() * MANY) as u32
}

impl Link {
    /// Does what a class asks for.
    pub(crate) fn carry_out(&mut self, command: ClassCommand, dispatch: &Callback<Action>) {
        let dispatch = dispatch.clone();
        match command {
            ClassCommand::Hub(command) => self.socket.carry_out(command, move |news| {
                dispatch.emit(Action::Class(match news {
                    HubNews::Origin(origin) => ClassAction::Origin(origin),
                    HubNews::Opened(subprotocol) => ClassAction::Opened(subprotocol, chance()),
                    HubNews::Frame(frame) => ClassAction::Frame(frame.into()),
                    HubNews::Closed(code, reason) => ClassAction::Closed(code, reason, chance()),
                    HubNews::Forbidden => ClassAction::Forbidden,
                }));
            }),
            ClassCommand::Wake(number, millis) => {
                self.timer = Some(Timeout::new(millis, move || {
                    dispatch.emit(Action::Class(ClassAction::Second(number)));
                }));
            }
        }
    }
}
