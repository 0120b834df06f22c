//! Title, scenario, projector and theme; the tabs of narrow screens.

use super::icon;
use crate::effects;
use playground::action::{TABS, Tab, Theme};
use playground::{Action, FrameView, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct TopProps {
    pub(crate) view: Shared<FrameView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The bar at the top.
#[component]
pub(crate) fn Top(TopProps { view, dispatch }: &TopProps) -> Html {
    let choose =
        dispatch.reform(|event: Event| Action::Open(effects::chosen(&event).unwrap_or_default()));
    let mut titles = view.scenarios.iter().enumerate();
    let chapters: Vec<Html> = view
        .chapters
        .iter()
        .map(|(chapter, count)| {
            let options = titles.by_ref().take(*count).map(|(index, title)| {
                html! { <option selected={index == view.scenario}>{ title }</option> }
            });
            html! { <optgroup label={chapter.clone()}>{ for options }</optgroup> }
        })
        .collect();
    let title = view
        .scenarios
        .get(view.scenario)
        .cloned()
        .unwrap_or_default();
    let is_dark = view.theme == Theme::Dark;
    html! {
        <header class="top">
            <span class="brand">{ brand() }</span>
            <div class="crumbs">
                <span class="muted">{ "MQTT Playground /" }</span>
                <h1>{ title }</h1>
            </div>
            <div class="tools">
                <label class="pick">
                    <span class="muted opt-wide">{ "Scenario" }</span>
                    <select class="btn" aria-label="Scenario" onchange={choose}>{ chapters }</select>
                </label>
                <span class="badge opt-mid">{ view.version }</span>
                <button class="btn ghost icon opt-proj" title="Projector mode" aria-label="Projector mode" aria-pressed={view.projector.to_string()}
                    onclick={dispatch.reform(|_| Action::ToggleProjector)}>{ icon("proj") }</button>
                <button class="btn ghost icon" title="Light or dark" aria-label="Dark theme" aria-pressed={is_dark.to_string()}
                    onclick={dispatch.reform(|_| Action::ToggleTheme)}>{ icon("theme") }</button>
            </div>
        </header>
    }
}

fn brand() -> Html {
    html! {
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <g fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
                <path d="M6 4v24M26 4v24" />
                <path d="M10 9.500l7 2.200M22.500 20l-11.500 3.600M15 19.300l-4.300 4.400 5.900 1.600" />
            </g>
            <path d="M23.500 13.700l-8.200 1.800 2.500-8z" fill="currentColor" />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct TabsProps {
    pub(crate) tab: Tab,
    pub(crate) dispatch: Callback<Action>,
}

/// One view at a time, where only one has room.
#[component]
pub(crate) fn Tabs(TabsProps { tab, dispatch }: &TabsProps) -> Html {
    let choice = |this: Tab| {
        let (label, class) = match this {
            Tab::Ladder => ("Ladder", None),
            Tab::Map => ("Map", None),
            Tab::Packet => ("Packet", None),
            Tab::State => ("State", None),
            Tab::Explain => ("Explain", Some("t-explain")),
        };
        html! {
            <label {class}>
                <input type="radio" name="tab" checked={this == *tab} onchange={dispatch.reform(move |_| Action::ShowTab(this))} />
                { label }
            </label>
        }
    };
    html! {
        <nav class="tabs" aria-label="Views"><div class="seg" role="radiogroup" aria-label="View">{ for TABS.into_iter().map(choice) }</div></nav>
    }
}
