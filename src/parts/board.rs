//! From a board on a cable to a device on the map.

use super::{Part, icon, typing, use_language};
use crate::effects;
use playground::board::{
    BoardAction, BoardView, ConsoleView, FlashView, FormField, JoinView, KINDS, LEDS, Pane,
    PartState, SettingsView, StepRow, StepState, StripView, Way, stamp,
};
use playground::route::Place;
use playground::sandbox::{SandboxAction, board_template};
use playground::text::{self, Phrase};
use playground::{Action, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct BoardProps {
    pub(crate) view: Shared<BoardView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The screen.
#[component]
pub(crate) fn Board(BoardProps { view, dispatch }: &BoardProps) -> Html {
    let language = use_language();
    let part = Part::new(language, dispatch, Action::Board);
    html! {
        <main class="lobby" id="board" tabindex="-1"><div class="wrap">
            <h2 class="h1">{ part.t(text::BOARD_TITLE) }</h2>
            <p class="lead">{ part.t(text::BOARD_LEAD) }</p>
            <p><button class="btn ghost" onclick={dispatch.reform(|_| Action::Sandbox(SandboxAction::New(board_template())))}>{ part.t(text::SCRIPT_INSTEAD) }{ icon("next") }</button></p>
            <div class="wiz">
                <nav class="card" aria-label={part.t(text::BOARD_STEPS)}>
                    <ol class="wsteps">{ for view.steps.iter().enumerate().map(|(place, row)| step(place, row)) }</ol>
                </nav>
                <section class="card stack" aria-labelledby="h-board">
                    { part.pane(&view.pane, view.fault.is_some()) }
                    { view.joined.as_ref().map(|it| part.joined(it)) }
                    <div role="alert">{ view.fault.as_ref().map(|(what, advice)| html! {
                        <div class="alert"><strong>{ what.clone() }</strong>{ advice.clone() }</div>
                    }) }</div>
                    if matches!(view.pane, Pane::Browser | Pane::Board(_)) && view.joined.is_none() { { part.network(view) } }
                </section>
                { part.console(&view.console) }
            </div>
        </div></main>
    }
}

fn step(place: usize, row: &StepRow) -> Html {
    let (class, current) = match row.state {
        StepState::Done => ("done", None),
        StepState::Now => ("now", Some("step")),
        StepState::Failed => ("now bad", Some("step")),
        StepState::ToDo => ("todo", None),
    };
    html! {
        <li {class} aria-current={current}>
            <span class="n">
                if row.state == StepState::Done { { icon("check") } } else { { place + 1 } }
            </span>
            <b>{ row.name }</b><small>{ row.detail.clone() }</small>
        </li>
    }
}

impl Part<'_, BoardAction> {
    fn head(&self, title: Phrase, lead: Phrase) -> Html {
        html! { <div><h2 class="h2" id="h-board">{ self.t(title) }</h2><p class="muted">{ self.t(lead) }</p></div> }
    }

    fn pane(&self, pane: &Pane, is_faulty: bool) -> Html {
        match pane {
            // What the browser lacks is said below.
            Pane::Browser if is_faulty => {
                html! { <h2 class="h2" id="h-board">{ self.t(text::BOARD_CONNECT_TITLE) }</h2> }
            }
            Pane::Browser => self.head(text::BOARD_CONNECT_TITLE, text::BOARD_LOOKING),
            Pane::Board(is_busy) => self.connect(*is_busy),
            Pane::Flash(view) => self.flash(view),
            Pane::Settings(view) => self.settings(view),
            Pane::Join {
                is_running,
                is_mute,
            } => html! {
                <>
                { self.head(text::BOARD_JOIN_TITLE, match (*is_running, *is_mute) {
                    (false, _) => text::BOARD_STARTING,
                    (true, false) => text::BOARD_JOIN_LEAD,
                    (true, true) => text::BOARD_JOIN_MUTE,
                }) }
                <div class="rowx end">
                    <button class="btn big" disabled={!*is_running} onclick={self.on(BoardAction::Leave)}>{ self.t(text::BOARD_ANOTHER) }</button>
                </div>
                </>
            },
        }
    }

    /// What a board has to do with this page's broker.
    fn joined(&self, view: &JoinView) -> Html {
        html! {
            <div class="stack joined" role="group" aria-label={self.t(text::BOARD_JOINED)}>
                <h3 class="h3"><i class={classes!("dot", if view.is_open { "" } else { "busy" })} aria-hidden="true"></i>{ " " }{ self.t(text::BOARD_JOINED) }</h3>
                <p role="status">{ view.words.clone() }</p>
                <div class="rowx end">
                    if view.is_network || view.has_run {
                        <button class="btn big" onclick={self.on(BoardAction::End)}>{ self.t(text::BOARD_END) }</button>
                    }
                    if view.has_run {
                        <button class="btn primary big" onclick={self.on(BoardAction::Show)}>{ self.t(text::BOARD_SHOW) }</button>
                    }
                </div>
            </div>
        }
    }

    /// A board that is no more on a cable.
    fn network(&self, view: &BoardView) -> Html {
        let submit = self.submits(BoardAction::Dial);
        let oninput = self.typed(BoardAction::Address);
        let is_wrong = view.is_address_wrong;
        html! {
            <form class="stack joined" onsubmit={submit} autocomplete="off" aria-labelledby="h-network">
                <h3 class="h3" id="h-network">{ self.t(text::BOARD_NETWORK) }</h3>
                <p class="muted">{ self.t(text::BOARD_NETWORK_LEAD) }</p>
                <label class="field"><span>{ self.t(text::BOARD_ADDRESS) }</span>
                    <input class="in" type="text" value={view.address.clone()} {oninput} autocomplete="off" autocapitalize="none" spellcheck="false"
                        inputmode="url" placeholder="192.168.1.7" aria-invalid={is_wrong.then_some("true")} />
                    if is_wrong { <small class="bad" role="alert">{ self.t(text::BOARD_ADDRESS_WRONG) }</small> }
                </label>
                <div class="rowx end"><button type="submit" class="btn big">{ self.t(text::BOARD_DIAL) }</button></div>
            </form>
        }
    }

    fn connect(&self, is_busy: bool) -> Html {
        html! {
            <>
            { self.head(text::BOARD_CONNECT_TITLE, text::BOARD_CONNECT_LEAD) }
            <details>
                <summary>{ self.t(text::BOARD_HELP) }</summary>
                <ol class="steps-n">
                    <li>{ self.t(text::BOARD_HELP_CABLE) }</li>
                    <li>{ self.t(text::BOARD_HELP_BOOT) }</li>
                    <li>{ self.t(text::BOARD_HELP_DRIVER) }</li>
                </ol>
            </details>
            <div class="rowx end">
                <button class="btn primary big" disabled={is_busy} onclick={self.on(BoardAction::Connect)}>
                    { self.t(if is_busy { text::BOARD_CONNECTING } else { text::BOARD_CONNECT }) }
                </button>
            </div>
            </>
        }
    }

    fn flash(&self, view: &FlashView) -> Html {
        let title = if view.is_writing {
            text::BOARD_WRITING_TITLE
        } else {
            text::BOARD_WRITE_TITLE
        };
        let erase = self.ticked(BoardAction::Erase);
        html! {
            <>
            { self.head(title, if view.erase { text::BOARD_ERASE_LEAD } else { text::BOARD_WRITE_LEAD }) }
            if view.is_mute {
                <div class="alert info"><strong>{ self.t(text::BOARD_MUTE) }</strong>{ self.t(text::BOARD_MUTE_HINT) }</div>
            }
            if view.is_writing {
                <div class="rowx ends"><span class="big-number">{ format!("{} %", view.percent) }</span><span class="muted num">{ view.amount.clone() }</span></div>
                <progress class="meter" max="100" value={view.percent.to_string()} aria-label={self.t(text::BOARD_METER)}></progress>
            }
            <div>
                <h3 class="h3">{ self.t(text::BOARD_FLASH) }</h3>
                { drawn_flash(view) }
                <dl class="mapkey">{ for view.rows.iter().map(|row| html! {
                    <><dt><code>{ row.address.clone() }</code></dt><dd>{ row.name }</dd><dd class="muted">{ row.words.clone() }</dd></>
                }) }</dl>
            </div>
            <label class="check">
                <input type="checkbox" checked={view.erase} disabled={view.is_writing} onchange={erase} />
                <span>{ self.t(text::BOARD_ERASE) }{ " " }<span class="hint">{ self.t(text::BOARD_ERASE_HINT) }</span></span>
            </label>
            <div class="rowx end">
                if view.is_writing {
                    <button class="btn big" disabled={view.is_stopping} onclick={self.on(BoardAction::Stop)}>
                        { self.t(if view.is_stopping { text::BOARD_STOPPING } else { text::BOARD_STOP }) }
                    </button>
                } else {
                    <button class="btn big" onclick={self.on(BoardAction::Skip)}>{ self.t(text::BOARD_SKIP) }</button>
                }
                <button class="btn primary big" disabled={!view.can_write} onclick={self.on(BoardAction::Flash)}>{ self.t(text::BOARD_WRITE) }</button>
            </div>
            </>
        }
    }

    fn settings(&self, view: &SettingsView) -> Html {
        let form = &view.form;
        let submit = self.submits(BoardAction::WriteSettings);
        let ways = view.ways.iter().map(|way| {
            let name = text::board_way(self.language, *way).to_owned();
            (name, form.way == *way, BoardAction::ChooseWay(*way))
        });
        let ways: Vec<_> = ways.collect();
        let of_world = form.device.as_ref().map(|(name, _)| name);
        let kinds = (0..KINDS.len()).map(|kind| {
            let name = text::board_kind(self.language, kind).to_owned();
            let is_chosen = of_world.is_none() && form.kind == kind;
            (name, is_chosen, BoardAction::ChooseKind(kind))
        });
        let devices = view.devices.iter().enumerate().map(|(place, name)| {
            let is_chosen = of_world == Some(name);
            let shown = text::board_device(self.language, name);
            (shown, is_chosen, BoardAction::ChooseDevice(place))
        });
        let kinds: Vec<_> = kinds.chain(devices).collect();
        let leds = LEDS.map(|led| {
            let name = text::board_led(self.language, led).to_owned();
            (name, form.led == led, BoardAction::ChooseLed(led))
        });
        html! {
            <form class="stack" onsubmit={submit} autocomplete="off">
            { self.head(text::BOARD_SETTINGS_TITLE, text::BOARD_SETTINGS_LEAD) }
            { self.choice(text::BOARD_KIND, &kinds) }
            if of_world.is_none() {
                { self.field(view, FormField::Name, text::BOARD_NAME, Some(text::BOARD_NAME_HINT), &form.name) }
            }
            { self.choice(text::BOARD_LED, &leds) }
            { self.choice(text::BOARD_WAY, &ways) }
            if form.needs_network() {
                <div class="pairs">
                { self.field(view, FormField::Ssid, text::BOARD_SSID, None, &form.ssid) }
                { self.field(view, FormField::WifiPassword, text::BOARD_WIFI_PASSWORD, Some(text::BOARD_WIFI_PASSWORD_HINT), &form.wifi_password) }
                </div>
            }
            if form.way == Way::Address {
                <div class="pairs">
                { self.field(view, FormField::Host, text::BOARD_HOST, None, &form.host) }
                { self.field(view, FormField::Port, text::BOARD_PORT, None, &form.port) }
                { self.field(view, FormField::User, text::BOARD_USER, None, &form.user) }
                { self.field(view, FormField::Password, text::BOARD_PASSWORD, None, &form.password) }
                </div>
            }
            <div class="rowx end">
                <button type="button" class="btn big" disabled={view.is_writing || !view.can_keep} onclick={self.on(BoardAction::KeepSettings)}>{ self.t(text::BOARD_KEEP_SETTINGS) }</button>
                <button type="submit" class="btn primary big" disabled={view.is_writing}>{ self.t(text::BOARD_WRITE_SETTINGS) }</button>
            </div>
            </form>
        }
    }

    fn choice(&self, label: Phrase, options: &[(String, bool, BoardAction)]) -> Html {
        let actions: Vec<BoardAction> = options.iter().map(|it| it.2.clone()).collect();
        let dispatch = self.dispatch.clone();
        let onchange = Callback::from(move |event: Event| {
            let action = effects::chosen(&event).and_then(|place| actions.get(place).cloned());
            if let Some(action) = action {
                dispatch.emit(Action::Board(action));
            }
        });
        html! {
            <label class="field"><span>{ self.t(label) }</span>
                <select class="in" {onchange}>{ for options.iter().map(|(name, is_chosen, _)| html! {
                    <option selected={*is_chosen}>{ name.clone() }</option>
                }) }</select>
            </label>
        }
    }

    fn field(
        &self,
        view: &SettingsView,
        field: FormField,
        label: Phrase,
        hint: Option<Phrase>,
        value: &str,
    ) -> Html {
        let is_secret = matches!(field, FormField::WifiPassword | FormField::Password);
        let (kind, completion) = typing(is_secret);
        let oninput = self.typed(move |text| BoardAction::Fill(field, text));
        let fault = view.fault.filter(|(fault, _)| fault.field() == field);
        html! {
            <label class="field"><span>{ self.t(label) }</span>
                <input class="in" type={kind} value={value.to_owned()} {oninput} autocomplete={completion}
                    autocapitalize="none" spellcheck="false" aria-invalid={fault.map(|_| "true")} />
                if let Some((_, words)) = fault { <small class="bad" role="alert">{ words }</small> }
                else if let Some(hint) = hint { <small>{ self.t(hint) }</small> }
            </label>
        }
    }

    fn console(&self, view: &ConsoleView) -> Html {
        let oninput = self.typed(BoardAction::Type);
        let submit = self.submits(BoardAction::Send);
        let stamps = self.ticked(BoardAction::Stamps);
        let hint = (!view.is_open).then(|| self.t(text::BOARD_TYPE_LATER));
        html! {
            <section class="card stack serial" aria-labelledby="h-console">
                <div class="rowx ends"><h2 class="h2" id="h-console">{ self.t(text::BOARD_CONSOLE) }</h2>
                    <span class="badge"><i class={classes!("dot", if view.is_open { "" } else { "busy" })}></i>{ view.state }</span></div>
                <Log lines={view.lines.iter().map(|line| (view.has_stamps.then(|| stamp(line.at_ms)), line.text.clone(), line.is_fault)).collect::<Vec<_>>()}
                    label={self.t(text::BOARD_CONSOLE)} />
                <form onsubmit={submit}>
                    <input class="in mono" aria-label={self.t(text::BOARD_TYPE)} placeholder={hint} value={view.typed.clone()} disabled={!view.is_open} {oninput} autocomplete="off" autocapitalize="none" spellcheck="false" />
                    <button class="btn" disabled={!view.is_open}>{ self.t(text::BOARD_SEND) }</button>
                </form>
                <div class="rowx ends">
                    <span class="rowx">
                        <button class="btn ghost" onclick={self.on(BoardAction::Save)}>{ self.t(text::BOARD_SAVE_LOG) }</button>
                        <button class="btn ghost" onclick={self.on(BoardAction::Clear)}>{ self.t(text::BOARD_CLEAR) }</button>
                    </span>
                    <label class="check"><input type="checkbox" checked={view.has_stamps} onchange={stamps} /><span>{ self.t(text::BOARD_STAMPS) }</span></label>
                </div>
            </section>
        }
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct BoardStripProps {
    pub(crate) view: StripView,
    pub(crate) dispatch: Callback<Action>,
}

/// What is at hand at the main screen while a run with a board goes on.
#[component]
pub(crate) fn BoardStrip(BoardStripProps { view, dispatch }: &BoardStripProps) -> Html {
    let language = use_language();
    let part = Part::new(language, dispatch, Action::Board);
    let state = if view.is_open {
        text::BOARD_CONNECTED
    } else {
        text::BOARD_AWAY
    };
    html! {
        <section class="live-strip board-strip" aria-label={part.t(text::BOARD_STRIP)}>
            <a class="live-mark" href={Place::Board.fragment()}><i class={classes!("dot", (!view.is_open).then_some("bad"))} aria-hidden="true"></i><b>{ view.name.clone() }</b><span class="muted">{ part.t(state) }</span></a>
            if let Some(reading) = &view.reading { <span>{ reading.clone() }</span> }
            if let Some(twin) = &view.twin {
                <span class={classes!("twin", view.differs.then_some("differ"))}>
                    <span role="status">{ view.differs.then(|| twin.clone()) }</span>
                    { (!view.differs).then(|| twin.clone()) }
                </span>
            }
            if view.differs { <button class="btn" onclick={part.on(BoardAction::ShowDifference)}>{ part.t(text::BOARD_DIFFERENCE) }</button> }
            if !view.follows { <button class="btn" onclick={part.on(BoardAction::Show)}>{ part.t(text::BOARD_BACK) }</button> }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct LogProps {
    lines: Vec<(Option<String>, String, bool)>,
    label: &'static str,
}

/// The lines. It follows its end, unless somebody has scrolled away from it.
#[component]
fn Log(LogProps { lines, label }: &LogProps) -> Html {
    let place = use_node_ref();
    {
        let place = place.clone();
        use_effect_with(lines.len(), move |_| effects::follow_end(&place));
    }
    html! {
        <pre class="log" role="log" aria-live="off" aria-label={*label} tabindex="0" ref={place}>{ for lines.iter().map(|(at, text, is_fault)| html! {
            <>
            if let Some(at) = at { <span class="ts">{ at.clone() }</span>{ " " } }
            if *is_fault { <span class="hi">{ text.clone() }</span> } else { { text.clone() } }
            { "\n" }
            </>
        }) }</pre>
    }
}

/// The drawing's own units.
const FLASH_WIDTH: f64 = 1000.0;
/// A part that would be too narrow to be seen is so wide.
const PART_MIN_WIDTH: f64 = 40.0;

/// The flash as a bar of parts. Its rows say the same in words.
fn drawn_flash(view: &FlashView) -> Html {
    const GAP: f64 = 8.0;
    let weights: Vec<f64> = view.rows.iter().map(|row| f64::from(row.bytes)).collect();
    let all: f64 = weights.iter().sum();
    let count = weights.len() as f64;
    let room = FLASH_WIDTH - GAP * (count - 1.0).max(0.0) - PART_MIN_WIDTH * count;
    let mut left = 0.0;
    let parts = view.rows.iter().zip(weights).map(|(row, weight)| {
        let width = PART_MIN_WIDTH + room * weight / all.max(1.0);
        let x = left;
        left += width + GAP;
        let (class, done) = match row.state {
            PartState::Kept => ("keep", 0.0),
            PartState::Empty => ("", 0.0),
            PartState::Written(percent) => ("", f64::from(percent) / 100.0 * width),
        };
        html! {
            <>
            <rect {class} x={x.to_string()} y="1" width={width.to_string()} height="26" rx="3" />
            if done > 0.0 { <rect class="done" x={x.to_string()} y="1" width={done.to_string()} height="26" rx="3" /> }
            </>
        }
    });
    html! {
        <svg class="flashmap" viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">{ for parts }</svg>
    }
}
