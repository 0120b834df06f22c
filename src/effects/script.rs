//! MicroPython: www/script/page.mjs makes boards, which is fetched with the first world that has one with a script; this
//! passes turns and doings between the two.

use super::serial::{call, get, part};
use js_sys::{Array, Promise};
use playground::Action;
use playground::script::vm::{BoardSpec, Doings, Ended, Interpreter, Turn, Vm, wire};
use playground::script::{LIBRARY, ScriptAction, ScriptCommand};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

/// The file, as start.js finds it.
const MODULE: &str = "script/page.mjs";

/// Does what the model asks for.
pub(super) fn carry_out(command: ScriptCommand, dispatch: &Callback<Action>) {
    let dispatch = dispatch.clone();
    spawn_local(async move {
        let done = match command {
            ScriptCommand::Load {
                interpreter,
                machines,
            } => ScriptAction::Loaded(load(&interpreter, machines).await),
            ScriptCommand::Read(file) => {
                let path = LIBRARY.get(file).map_or("", |it| it.path);
                let text = ask("read", &path.into()).await;
                ScriptAction::Read(file, text.ok().and_then(|it| it.as_string()))
            }
        };
        dispatch.emit(Action::Script(done));
    });
}

/// Fetches boards and gives them to the interpreter.
async fn load(interpreter: &Interpreter, machines: usize) -> Result<(), String> {
    let boards = ask("boards", &JsValue::from_f64(machines as f64)).await?;
    let boards: Array = boards.dyn_into().map_err(|_| MODULE.to_owned())?;
    let machines = boards
        .iter()
        .map(|board| Box::new(Board(board)) as Box<dyn Vm>);
    interpreter.add(machines.collect());
    Ok(())
}

/// Asks the module for something that it has to wait for.
async fn ask(method: &str, argument: &JsValue) -> Result<JsValue, String> {
    let module = part(MODULE).await.ok_or(MODULE)?;
    let promise = call(&module, method, &Array::of1(argument)).ok_or(MODULE)?;
    let promise: Promise = promise.dyn_into().map_err(|_| MODULE.to_owned())?;
    JsFuture::from(promise).await.map_err(|error| said(&error))
}

/// An error of JavaScript in its own words.
fn said(error: &JsValue) -> String {
    let message = get(error, "message").as_string();
    message.unwrap_or_else(|| MODULE.to_owned())
}

/// A board of the module.
struct Board(JsValue);

impl Vm for Board {
    fn reset(&mut self, spec: &BoardSpec) {
        // A board that does not begin says so with its first turn.
        let _ = call(
            &self.0,
            "reset",
            &Array::of1(&wire::write_spec(spec).into()),
        );
    }

    fn turn(&mut self, turn: &Turn) -> Doings {
        let answer = call(&self.0, "turn", &Array::of1(&wire::write_turn(turn).into()));
        match answer.and_then(|it| it.as_string()) {
            Some(text) => wire::read_doings(&text),
            None => Doings {
                ended: Some(Ended::Failed("MicroPython has crashed".to_owned())),
                ..Doings::default()
            },
        }
    }
}
