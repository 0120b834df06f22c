//! The cable: a serial port of the browser. What is done with it is in www/flash/cable.js, which is fetched when somebody
//! comes to the screen of a board; this only passes on what is asked and what came of it.

use gloo::utils::window;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use playground::Action;
use playground::board::{BoardAction, CableCommand, CableEvent, Chip, Contents, Fault, Piece};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

/// The file, as start.js finds it.
const MODULE: &str = "flash/cable.js";

/// What the module says: a word and a value.
type Tell = Closure<dyn FnMut(String, JsValue)>;

/// The cable, once the page has needed it.
#[derive(Default)]
pub(super) struct Cable {
    open: Rc<RefCell<Option<(JsValue, Tell)>>>,
}

impl Cable {
    /// Does what the model asks for.
    pub(super) fn carry_out(&self, command: CableCommand, dispatch: &Callback<Action>) {
        if matches!(command, CableCommand::Look) {
            return look(Rc::clone(&self.open), dispatch.clone());
        }
        let open = self.open.borrow();
        let Some((cable, _)) = open.as_ref() else {
            return;
        };
        let (method, arguments) = match command {
            CableCommand::Look => return,
            CableCommand::Connect => ("connect", Array::new()),
            CableCommand::Write { parts, erase } => {
                let parts: Array = parts.iter().map(piece).collect();
                ("write", Array::of2(&parts, &erase.into()))
            }
            CableCommand::Stop => ("stop", Array::new()),
            CableCommand::Run => ("run", Array::new()),
            CableCommand::Send(bytes) => ("send", Array::of1(&Uint8Array::from(&bytes[..]))),
            CableCommand::Close => ("close", Array::new()),
        };
        // It tells what comes of it by itself; a failure is one of the things that it tells.
        let _ = call(cable, method, &arguments);
    }
}

/// Fetches the module, and asks it what the browser can do.
fn look(open: Rc<RefCell<Option<(JsValue, Tell)>>>, dispatch: Callback<Action>) {
    spawn_local(async move {
        let happened = {
            let dispatch = dispatch.clone();
            move |event| {
                let now = window().performance().map_or(0.0, |it| it.now());
                dispatch.emit(Action::Board(BoardAction::Cable(now as u64, event)));
            }
        };
        let Some(module) = part(MODULE).await else {
            happened(CableEvent::Browser {
                has_serial: false,
                is_secure: window().is_secure_context(),
            });
            return happened(CableEvent::Failed(Fault::NotFetched(MODULE.to_owned())));
        };
        let tell = Tell::new(move |kind: String, value: JsValue| {
            if let Some(event) = event(&kind, &value) {
                happened(event);
            }
        });
        let arguments = Array::of1(tell.as_ref());
        if let Some(cable) = call(&module, "cable", &arguments) {
            *open.borrow_mut() = Some((cable.clone(), tell));
            let _ = call(&cable, "look", &Array::new());
        }
    });
}

/// A part of the page that start.js fetches.
pub(super) async fn part(name: &str) -> Option<JsValue> {
    let parts = get(&window(), "mqttPlayground");
    let promise = call(&parts, "part", &Array::of1(&name.into()))?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?)
        .await
        .ok()
}

pub(super) fn call(object: &JsValue, method: &str, arguments: &Array) -> Option<JsValue> {
    let method = get(object, method).dyn_into::<Function>().ok()?;
    method.apply(object, arguments).ok()
}

pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

fn number(object: &JsValue, name: &str) -> u32 {
    get(object, name).as_f64().map_or(0, |it| it as u32)
}

fn piece(piece: &Piece) -> Object {
    let object = Object::new();
    let set = |name: &str, value: &JsValue| {
        let _ = Reflect::set(&object, &name.into(), value);
    };
    set("offset", &piece.offset.into());
    match &piece.contents {
        Contents::File { path, sha256 } => {
            set("path", &path.into());
            set("sha256", &sha256.into());
        }
        Contents::Bytes(bytes) => set("bytes", &Uint8Array::from(&bytes[..])),
    }
    object
}

/// What the module says, in the model's words.
fn event(kind: &str, value: &JsValue) -> Option<CableEvent> {
    Some(match kind {
        "browser" => CableEvent::Browser {
            has_serial: get(value, "hasSerial").is_truthy(),
            is_secure: get(value, "isSecure").is_truthy(),
        },
        "firmware" => CableEvent::Firmware(value.as_string()),
        "opened" => {
            let id = |name| u16::try_from(number(value, name)).unwrap_or_default();
            let (vendor, product) = (id("vendor"), id("product"));
            CableEvent::Opened((vendor != 0).then_some((vendor, product)))
        }
        "said" => CableEvent::Said(value.as_string()?),
        "chip" => CableEvent::Chip(Chip {
            family: text(value, "family"),
            description: text(value, "description"),
            mac: text(value, "mac"),
            flash: text(value, "flash"),
        }),
        "erasing" => CableEvent::Erasing,
        "wrote" => CableEvent::Wrote {
            part: number(value, "part") as usize,
            done: number(value, "done"),
            total: number(value, "total"),
        },
        "written" => CableEvent::Written,
        "running" => CableEvent::Running,
        "heard" => CableEvent::Heard(Uint8Array::new(value).to_vec()),
        "failed" => {
            let what = text(value, "what");
            CableEvent::Failed(match text(value, "why").as_str() {
                "no-port" => Fault::NoPort,
                "no-permission" => Fault::NoPermission,
                "busy" => Fault::Busy,
                "silent" => Fault::Silent,
                "loose" => Fault::Loose,
                "not-fetched" => Fault::NotFetched(what),
                "damaged" => Fault::Damaged(what),
                "mismatch" => Fault::Mismatch,
                "stopped" => Fault::Stopped,
                _ => Fault::Other(what),
            })
        }
        _ => return None,
    })
}
