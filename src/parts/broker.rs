//! A broker outside of the page: the form that leads to it, and what the link does.

use super::bridge::Bridge;
use super::guests::{Guests, pause};
use super::probe::Probe;
use super::{Entry, Part, icon, use_language};
use crate::effects;
use playground::Action;
use playground::bridge::view::BridgeView;
use playground::guests::view::GuestsView;
use playground::live::view::{FactMark, GatesView, LinkState, LinkView, StripView, TroubleView};
use playground::live::{LinkField, LinkFlag, LiveAction, Way};
use playground::probe::view::ProbeView;
use playground::route::Place;
use playground::text::{self, Phrase};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct BrokerProps {
    pub(crate) view: LinkView,
    pub(crate) probe: ProbeView,
    pub(crate) guests: GuestsView,
    pub(crate) bridge: BridgeView,
    pub(crate) dispatch: Callback<Action>,
}

/// The screen.
#[component]
pub(crate) fn Broker(
    BrokerProps {
        view,
        probe,
        guests,
        bridge,
        dispatch,
    }: &BrokerProps,
) -> Html {
    let part = Part::new(use_language(), dispatch, Action::Live);
    let status = (view.is_live || view.trouble.is_none()).then(|| part.status(view));
    html! {
        <main class="lobby" id="broker" tabindex="-1"><div class="wrap">
            <div class="linkup">
                { part.form(view) }
                <div class="stack" id={text::LINK_STATE_ID} tabindex="-1" role="group" aria-label={part.t(text::LINK_RESULT)}>
                    { status }
                    { view.trouble.as_ref().map(|it| part.trouble(view, it)) }
                    <Probe view={probe.clone()} dispatch={dispatch.clone()} />
                </div>
            </div>
            <Guests view={guests.clone()} dispatch={dispatch.clone()} />
            <Bridge view={bridge.clone()} dispatch={dispatch.clone()} />
        </div></main>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct StripProps {
    pub(crate) view: Option<StripView>,
    pub(crate) dispatch: Callback<Action>,
}

/// What is at hand at the main screen while a session goes on.
#[component]
pub(crate) fn LiveStrip(StripProps { view, dispatch }: &StripProps) -> Html {
    let part = Part::new(use_language(), dispatch, Action::Live);
    let Some(view) = view else {
        return Html::default();
    };
    html! {
        <section class="live-strip" aria-label={part.t(text::BROKER_TITLE)}>
            <a class="live-mark" href={Place::Broker.fragment()}>{ dot(view.state) }<b>{ part.t(if view.are_devices { text::GUESTS_LIVE } else { text::LINK_LIVE }) }</b><span class="muted">{ part.t(state_name(view.state)) }</span></a>
            if view.follows {
                { view.pause.as_ref().map(|it| pause(part.language, it, dispatch)) }
                { view.gates.as_ref().map(|it| part.gates(it, view.pause.is_some(), true)) }
            } else {
                <button class="btn" onclick={part.on(LiveAction::Show)}>{ part.t(text::LINK_BACK) }</button>
            }
        </section>
    }
}

const fn state_name(state: LinkState) -> Phrase {
    match state {
        LinkState::Idle => text::LINK_IDLE,
        LinkState::Dialling => text::LINK_DIALLING,
        LinkState::Asking => text::LINK_ASKING,
        LinkState::Connected => text::LINK_CONNECTED,
        LinkState::Waiting => text::LINK_WAITING,
        LinkState::Off => text::LINK_OFF,
    }
}

pub(super) fn dot(state: LinkState) -> Html {
    let class = match state {
        LinkState::Idle => "off",
        LinkState::Dialling | LinkState::Asking => "busy",
        LinkState::Connected => "",
        LinkState::Waiting | LinkState::Off => "bad",
    };
    html! { <i class={classes!("dot", class)} aria-hidden="true"></i> }
}

impl Part<'_, LiveAction> {
    fn field(&self, field: LinkField, label: Phrase, value: &str, hint: Option<Phrase>) -> Html {
        let entry = Entry::of_link("link", field, label, value, hint);
        self.entry(entry, move |text| LiveAction::Fill(field, text))
    }

    fn tick(&self, flag: LinkFlag, label: Phrase, hint: Phrase, is_on: bool) -> Html {
        self.check(label, hint, is_on, move |is_on| {
            LiveAction::Tick(flag, is_on)
        })
    }

    fn form(&self, view: &LinkView) -> Html {
        let form = &view.form;
        let submit = self.submits(LiveAction::Connect);
        let version = |is_v5: bool, name: &'static str| {
            let onchange = self.on(LiveAction::Tick(LinkFlag::V5, is_v5));
            html! { <label><input type="radio" name="link-version" checked={form.is_v5 == is_v5} {onchange} />{ name }</label> }
        };
        let choose =
            self.with(|event: Event| LiveAction::Choose(effects::chosen(&event).unwrap_or(0)));
        let worlds = view.worlds.iter().enumerate().map(|(index, name)| {
            html! { <option selected={index == form.world}>{ name }</option> }
        });
        let is_alone = form.world == 0;
        let connect = match view.is_live {
            true => text::LINK_RECONNECT_NOW,
            false => text::LINK_CONNECT,
        };
        html! {
            <form class="card stack" aria-labelledby="h-link" onsubmit={submit} autocomplete="off">
                <h2 class="h2" id="h-link">{ self.t(text::BROKER_FORM) }</h2>
                { self.field(LinkField::Url, text::LINK_ADDRESS, &form.url, Some(text::LINK_ADDRESS_HINT)) }
                if let Some(fault) = &view.address { <p class="alert" role="status">{ fault }</p> }
                if let Some(warning) = &view.warning { <p class="alert info">{ warning }</p> }
                <div class="field">
                    <label for="link-world">{ self.t(text::LINK_WORLD) }</label>
                    <select class="in" id="link-world" onchange={choose} disabled={view.is_live}>{ for worlds }</select>
                    if let Some(ids) = &view.ids { <small>{ ids }</small> }
                </div>
                if is_alone {
                    <fieldset class="field"><legend>{ self.t(text::LINK_VERSION) }</legend><div class="seg">{ version(false, "3.1.1") }{ version(true, "5.0") }</div></fieldset>
                    { self.field(LinkField::ClientId, text::LINK_CLIENT_ID, &view.client_id, Some(text::LINK_CLIENT_ID_HINT)) }
                }
                <div class="halves">
                    { self.field(LinkField::User, text::LINK_USER, &form.user, None) }
                    { self.field(LinkField::Password, text::LINK_PASSWORD, &form.password, None) }
                </div>
                <small class="hint">{ self.t(text::LINK_SECRETS_HINT) }</small>
                { self.field(LinkField::Prefix, text::LINK_PREFIX, &view.prefix, Some(text::LINK_PREFIX_HINT)) }
                { self.tick(LinkFlag::Retain, text::LINK_RETAIN, text::LINK_RETAIN_HINT, view.retain) }
                if is_alone {
                    <details class="stack"><summary>{ self.t(text::LINK_MORE) }</summary>
                        { self.field(LinkField::KeepAlive, text::LINK_KEEP_ALIVE, &form.keep_alive, None) }
                        { self.tick(LinkFlag::Clean, text::LINK_CLEAN, text::LINK_CLEAN_HINT, form.is_clean) }
                        { self.tick(LinkFlag::Reconnect, text::LINK_RECONNECT, text::LINK_RECONNECT_HINT, form.reconnects) }
                        <div class="halves">
                            { self.field(LinkField::WillTopic, text::LINK_WILL_TOPIC, &form.will_topic, None) }
                            { self.field(LinkField::WillPayload, text::LINK_WILL_PAYLOAD, &form.will_payload, None) }
                        </div>
                        { self.tick(LinkFlag::WillRetain, text::LINK_WILL_RETAIN, text::LINK_RETAIN_HINT, form.will_retain) }
                    </details>
                }
                <div class="rowx foot">
                    <button class="btn primary big" type="submit">{ self.t(connect) }</button>
                    if view.is_live {
                        <button class="btn big" type="button" onclick={self.on(LiveAction::Disconnect)}>{ self.t(if view.state == LinkState::Waiting { text::LINK_STOP } else { text::LINK_DISCONNECT }) }</button>
                        <button class="btn big" type="button" onclick={self.on(LiveAction::End)}>{ self.t(text::LINK_END) }</button>
                    }
                </div>
            </form>
        }
    }

    fn status(&self, view: &LinkView) -> Html {
        let stats = view.stats.iter().map(|(name, value)| {
            html! { <div><dt>{ name }</dt><dd>{ value }</dd></div> }
        });
        let facts = view.facts.iter().map(|(mark, text)| {
            let mark = match mark {
                FactMark::Yes => icon("check"),
                FactMark::No => glyph("fault"),
                FactMark::Note => glyph("ctl"),
            };
            html! { <li>{ mark }{ text }</li> }
        });
        html! {
            <section class="card stack" aria-labelledby="h-state">
                <div class="rowx apart"><div role="status"><h2 class="h2 rowx" id="h-state">{ dot(view.state) }{ self.t(state_name(view.state)) }</h2></div><span class="muted">{ &view.detail }</span></div>
                if view.is_live {
                    if view.state == LinkState::Connected {
                        <p><button class="btn" onclick={self.on(LiveAction::Show)}>{ self.t(text::LINK_WATCH) }{ icon("next") }</button></p>
                    }
                    if view.trouble.is_none() { <dl class="stats">{ for stats }</dl> }
                    if let Some(secrecy) = &view.secrecy { <p class="hint">{ secrecy }</p> }
                    if !view.facts.is_empty() {
                        <div><h3 class="h3">{ self.t(text::LINK_FACTS) }</h3><ul class="probe">{ for facts }</ul></div>
                    }
                    if let Some(gates) = view.gates.as_ref().filter(|_| view.state == LinkState::Connected) {
                        <div class="stack"><h3 class="h3">{ self.t(text::LINK_GATES) }</h3>{ self.gates(gates, false, false) }</div>
                    }
                    if let Some(twin) = &view.twin {
                        <p class="alert info">{ twin }</p>
                        <p><button class="btn" onclick={self.on(LiveAction::Beside)}>{ self.t(text::LINK_BESIDE) }{ icon("next") }</button></p>
                    }
                } else {
                    <p>{ self.t(text::LINK_IDLE_TEXT) }</p>
                }
            </section>
        }
    }

    fn gates(&self, gates: &GatesView, are_devices: bool, is_strip: bool) -> Html {
        let gate = |way: Way,
                    name: Phrase,
                    (is_shut, count): (bool, usize),
                    next: &Option<String>| {
            let onchange = self.ticked(move |is_shut| LiveAction::Gate(way, is_shut));
            let pass = is_shut.then(|| {
                html! {
                    <button class="btn" disabled={count == 0} onclick={self.on(LiveAction::Pass(way))}>{ self.t(text::LINK_PASS) }</button>
                }
            });
            let waiting = is_shut.then(|| text::link_held(self.language, count, next.as_deref()));
            html! {
                <span class="gate" role="group" aria-label={self.t(name)}>
                    <label class="check"><input type="checkbox" checked={is_shut} {onchange} /><span>{ self.t(name) }</span></label>
                    { pass }<span class="muted">{ waiting }</span>
                </span>
            }
        };
        let (word, action) = match (gates.is_cut, are_devices) {
            (true, false) => (text::LINK_RESUME, LiveAction::Resume),
            (true, true) => (text::GUESTS_MEND, LiveAction::Resume),
            (false, false) => (text::LINK_CUT_NOW, LiveAction::Cut),
            (false, true) => (text::GUESTS_CUT, LiveAction::Cut),
        };
        let (out, into) = match are_devices {
            true => (text::GUESTS_GATE_OUT, text::GUESTS_GATE_IN),
            false => (text::LINK_GATE_OUT, text::LINK_GATE_IN),
        };
        html! {
            <div class={classes!("gates", is_strip.then_some("rowx"))}>
                { gate(Way::Out, out, gates.out, &gates.next.0) }
                { gate(Way::In, into, gates.into, &gates.next.1) }
                <button class="btn" onclick={self.on(action)}>{ self.t(word) }</button>
            </div>
        }
    }

    fn trouble(&self, view: &LinkView, trouble: &TroubleView) -> Html {
        let port = trouble.port.map(|port| {
            let name = text::link_try_port(self.language, port);
            html! { <button class="btn primary" onclick={self.on(LiveAction::TryPort(port))}>{ name }</button> }
        });
        let stop = (view.state == LinkState::Waiting).then(|| {
            html! { <button class="btn" onclick={self.on(LiveAction::Disconnect)}>{ self.t(text::LINK_STOP) }</button> }
        });
        let report = html! { <button class="btn" onclick={self.on(LiveAction::Report)}>{ self.t(text::LINK_REPORT) }</button> };
        troubles(
            "h-trouble",
            trouble,
            html! { <>{ port }{ stop }{ report }</> },
        )
    }
}

/// What went wrong on the way to a broker, what to try, and the buttons for it.
pub(super) fn troubles(id: &'static str, trouble: &TroubleView, buttons: Html) -> Html {
    let steps = trouble.steps.iter().map(|(step, lines)| {
        let lines = lines
            .as_ref()
            .map(|it| html! { <pre class="log">{ it }</pre> });
        html! { <li>{ step }{ lines }</li> }
    });
    html! {
        <section class="card stack" aria-labelledby={id}>
            <div class="alert" role="alert"><strong {id}>{ &trouble.title }</strong>{ &trouble.known }</div>
            <ol class="steps-n">{ for steps }</ol>
            <div class="rowx">{ buttons }<span class="muted">{ &trouble.tries }</span></div>
        </section>
    }
}

pub(super) fn glyph(name: &str) -> Html {
    html! { <svg class={format!("g g-{name}")} aria-hidden="true"><use href={format!("#g-{name}")} /></svg> }
}
