//! The bridge between this page's broker and a real one: the form, and what its two ends do.

use super::broker::{dot, troubles};
use super::{Entry, Part, icon, use_language};
use crate::effects;
use playground::Action;
use playground::bridge::view::{BridgeView, EndView};
use playground::bridge::{BridgeAction, BridgeDirection, RowField, RowForm};
use playground::live::{LinkField, LinkFlag, LiveAction};
use playground::text::{self, Phrase};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct BridgeProps {
    pub(crate) view: BridgeView,
    pub(crate) dispatch: Callback<Action>,
}

/// The part of the screen about it.
#[component]
pub(crate) fn Bridge(BridgeProps { view, dispatch }: &BridgeProps) -> Html {
    let part = Part::new(use_language(), dispatch, bridge_action);
    if !view.is_open {
        return html! {
            <section class="card stack bridge" aria-label={part.t(text::BRIDGE_TITLE)}>
                <h2 class="h2">{ part.t(text::BRIDGE_TITLE) }</h2>
                <p class="hint">{ part.t(text::BRIDGE_ABOUT) }</p>
                <div class="rowx"><button class="btn big" onclick={part.on(BridgeAction::Open)}>{ part.t(text::BRIDGE_OPEN) }</button></div>
            </section>
        };
    }
    let is_shown = view.is_on || view.trouble.is_some() || view.fault.is_some();
    html! {
        <section class="linkup bridge" aria-label={part.t(text::BRIDGE_TITLE)}>
            { part.form(view) }
            <div class="stack">
                { part.topics(view) }
                { is_shown.then(|| part.status(view)) }
            </div>
        </section>
    }
}

fn bridge_action(action: BridgeAction) -> Action {
    Action::Live(LiveAction::Bridge(action))
}

/// The directions in the order of the list.
const DIRECTIONS: [(BridgeDirection, Phrase); 3] = [
    (BridgeDirection::Out, text::BRIDGE_OUT),
    (BridgeDirection::In, text::BRIDGE_IN),
    (BridgeDirection::Both, text::BRIDGE_BOTH),
];

impl Part<'_, BridgeAction> {
    fn field(&self, field: LinkField, label: Phrase, value: &str, hint: Option<Phrase>) -> Html {
        let entry = Entry::of_link("bridge", field, label, value, hint);
        self.entry(entry, move |text| BridgeAction::Fill(field, text))
    }

    fn tick(&self, flag: LinkFlag, label: Phrase, hint: Phrase, is_on: bool) -> Html {
        self.check(label, hint, is_on, move |is_on| {
            BridgeAction::Tick(flag, is_on)
        })
    }

    fn form(&self, view: &BridgeView) -> Html {
        let link = &view.form.link;
        let submit = self.submits(BridgeAction::Start);
        let version = |is_v5: bool, name: &'static str| {
            let onchange = self.on(BridgeAction::Tick(LinkFlag::V5, is_v5));
            html! { <label><input type="radio" name="bridge-version" checked={link.is_v5 == is_v5} {onchange} />{ name }</label> }
        };
        let choose =
            self.with(|event: Event| BridgeAction::Choose(effects::chosen(&event).unwrap_or(0)));
        let worlds = view.worlds.iter().enumerate().map(|(index, name)| {
            html! { <option selected={index == view.world}>{ name }</option> }
        });
        let start = match view.is_on {
            true => text::BRIDGE_RESTART,
            false => text::BRIDGE_START,
        };
        html! {
            <form class="card stack" aria-labelledby="h-bridge" onsubmit={submit} autocomplete="off">
                <h2 class="h2" id="h-bridge">{ self.t(text::BRIDGE_TITLE) }</h2>
                <p class="hint">{ self.t(text::BRIDGE_ABOUT) }</p>
                if !view.worlds.is_empty() {
                    <div class="field">
                        <label for="bridge-world">{ self.t(text::BRIDGE_WORLD) }</label>
                        <select class="in" id="bridge-world" onchange={choose} disabled={view.is_on}>{ for worlds }</select>
                    </div>
                }
                <small class="hint">{ &view.here }</small>
                { self.field(LinkField::Url, text::LINK_ADDRESS, &link.url, Some(text::LINK_ADDRESS_HINT)) }
                if let Some(fault) = &view.address { <p class="alert" role="status">{ fault }</p> }
                if let Some(warning) = &view.warning { <p class="alert info">{ warning }</p> }
                <fieldset class="field"><legend>{ self.t(text::LINK_VERSION) }</legend><div class="seg">{ version(false, "3.1.1") }{ version(true, "5.0") }</div></fieldset>
                <small class="hint">{ self.t(text::BRIDGE_LOOPS) }</small>
                <div class="halves">
                    { self.field(LinkField::User, text::LINK_USER, &link.user, None) }
                    { self.field(LinkField::Password, text::LINK_PASSWORD, &link.password, None) }
                </div>
                <small class="hint">{ self.t(text::LINK_SECRETS_HINT) }</small>
                <details class="stack"><summary>{ self.t(text::BRIDGE_MORE) }</summary>
                    { self.field(LinkField::ClientId, text::LINK_CLIENT_ID, &view.client_id, Some(text::LINK_CLIENT_ID_HINT)) }
                    { self.field(LinkField::Prefix, text::LINK_PREFIX, &view.prefix, Some(text::LINK_PREFIX_HINT)) }
                    { self.tick(LinkFlag::Retain, text::LINK_RETAIN, text::LINK_RETAIN_HINT, view.retain) }
                    { self.field(LinkField::KeepAlive, text::LINK_KEEP_ALIVE, &link.keep_alive, None) }
                    { self.tick(LinkFlag::Clean, text::BRIDGE_CLEAN, text::BRIDGE_CLEAN_HINT, link.is_clean) }
                </details>
                <div class="rowx">
                    <button class="btn primary big" type="submit">{ self.t(start) }</button>
                    if view.is_on {
                        <button class="btn big" type="button" onclick={self.on(BridgeAction::Stop)}>{ self.t(text::BRIDGE_STOP) }</button>
                    }
                </div>
            </form>
        }
    }

    fn topics(&self, view: &BridgeView) -> Html {
        let rows = view.form.rows.iter().zip(&view.faults).enumerate();
        let rows = rows.map(|(place, (row, fault))| self.row(place, row, fault.as_deref()));
        let conf = self.typed(BridgeAction::Conf);
        html! {
            <section class="card stack" aria-labelledby="h-bridge-topics">
                <h2 class="h2" id="h-bridge-topics">{ self.t(text::BRIDGE_TOPICS) }</h2>
                <p class="hint">{ self.t(text::BRIDGE_TOPICS_HINT) }</p>
                { for rows }
                <div class="rowx"><button class="btn" type="button" disabled={!view.has_room} onclick={self.on(BridgeAction::Add)}>{ self.t(text::BRIDGE_ADD) }</button></div>
                <details class="stack"><summary>{ self.t(text::BRIDGE_CONF) }</summary>
                    <p class="hint">{ self.t(text::BRIDGE_LINES) }</p>
                    <pre class="log">{ view.form.lines() }</pre>
                    <div class="field">
                        <label for="bridge-conf">{ self.t(text::BRIDGE_CONF_FIELD) }</label>
                        <textarea class="in mono" id="bridge-conf" oninput={conf} value={view.form.conf.clone()} spellcheck="false" autocapitalize="off" />
                    </div>
                    <div class="rowx"><button class="btn" type="button" onclick={self.on(BridgeAction::Import)}>{ self.t(text::BRIDGE_IMPORT) }</button></div>
                </details>
            </section>
        }
    }

    fn row(&self, place: usize, row: &RowForm, fault: Option<&str>) -> Html {
        let text = |name: &str, label: Phrase, value: &str, make: fn(String) -> RowField| {
            let id = format!("bridge-{name}-{place}");
            let entry = Entry::new(id, label, value);
            self.entry(entry, move |text| BridgeAction::Row(place, make(text)))
        };
        let pattern = text(
            "pattern",
            text::BRIDGE_PATTERN,
            &row.pattern,
            RowField::Pattern,
        );
        let local = text("local", text::BRIDGE_LOCAL, &row.local, RowField::Local);
        let remote = text("remote", text::BRIDGE_REMOTE, &row.remote, RowField::Remote);
        let turn = self.with(move |event: Event| {
            let chosen = effects::chosen(&event).and_then(|it| DIRECTIONS.get(it));
            let direction = chosen.map_or(BridgeDirection::Both, |(it, _)| *it);
            BridgeAction::Row(place, RowField::Direction(direction))
        });
        let directions = DIRECTIONS.iter().map(|(direction, name)| {
            html! { <option selected={*direction == row.direction}>{ self.t(*name) }</option> }
        });
        let raise = self.with(move |event: Event| {
            let qos = effects::chosen(&event).and_then(|it| u8::try_from(it).ok());
            BridgeAction::Row(place, RowField::Qos(qos.unwrap_or(0)))
        });
        let levels =
            (0..=2_u8).map(|qos| html! { <option selected={qos == row.qos}>{ qos }</option> });
        let number = place + 1;
        let remove = format!("{} {number}", self.t(text::BRIDGE_REMOVE));
        html! {
            <>
            <fieldset class="pattern" aria-label={format!("{} {number}", self.t(text::BRIDGE_PATTERN))}>
                <div class="wide">{ pattern }</div>
                <div class="field"><label for={format!("bridge-direction-{place}")}>{ self.t(text::BRIDGE_DIRECTION) }</label><select class="in" id={format!("bridge-direction-{place}")} onchange={turn}>{ for directions }</select></div>
                <div class="field"><label for={format!("bridge-qos-{place}")}>{ self.t(text::BRIDGE_QOS) }</label><select class="in" id={format!("bridge-qos-{place}")} onchange={raise}>{ for levels }</select></div>
                { local }
                { remote }
                <button class="btn" type="button" aria-label={remove.clone()} title={remove} onclick={self.on(BridgeAction::Remove(place))}>{ "×" }</button>
            </fieldset>
            if let Some(fault) = fault { <p class="alert" role="status">{ fault }</p> }
            </>
        }
    }

    fn status(&self, view: &BridgeView) -> Html {
        let end = |end: &EndView| {
            let stats = end.stats.iter().map(|(name, value)| {
                html! { <div><dt>{ name }</dt><dd>{ value }</dd></div> }
            });
            html! {
                <div class="stack" role="group" aria-label={end.name.clone()}>
                    <div class="rowx apart"><h3 class="h3 rowx">{ dot(end.mark) }{ &end.name }</h3><span><span role="status">{ &end.state }</span>{ end.next.as_ref().map(|it| format!(", {it}")) }</span></div>
                    <dl class="stats">{ for stats }</dl>
                    <p><button class="btn" onclick={self.on(BridgeAction::Cut(end.side, !end.is_cut))}>{ self.t(if end.is_cut { text::LINK_RESUME } else { text::LINK_CUT_NOW }) }</button></p>
                </div>
            }
        };
        let trouble = view.trouble.as_ref().map(|it| {
            let port = it.port.map(|port| {
                let name = text::link_try_port(self.language, port);
                html! { <button class="btn primary" onclick={self.on(BridgeAction::TryPort(port))}>{ name }</button> }
            });
            let stop = view.is_on.then(|| {
                html! { <button class="btn" onclick={self.on(BridgeAction::Stop)}>{ self.t(text::BRIDGE_STOP) }</button> }
            });
            troubles("h-bridge-trouble", it, html! { <>{ port }{ stop }</> })
        });
        let show = self
            .dispatch
            .reform(|_: MouseEvent| Action::Live(LiveAction::Show));
        html! {
            <>
            if let Some(fault) = &view.fault { <p class="alert" role="alert">{ fault }</p> }
            if view.is_on {
                <section class="card stack ends" aria-label={self.t(text::BRIDGE_ENDS)}>
                    { for view.ends.iter().map(end) }
                    if !view.problems.is_empty() {
                        <div><h3 class="h3">{ self.t(text::BRIDGE_PROBLEMS) }</h3><ul>{ for view.problems.iter().map(|it| html! { <li>{ it }</li> }) }</ul></div>
                    }
                    <p><button class="btn" onclick={show}>{ self.t(text::LINK_WATCH) }{ icon("next") }</button></p>
                </section>
            }
            { trouble }
            </>
        }
    }
}
