//! The list of stops and markers.

use super::{icon, use_language};
use crate::effects;
use playground::{Action, STOP_ID, StopsAction, StopsView, text};
use yew::prelude::*;

/// Conditions that are worth a stop in most runs.
const USUAL: [&str; 6] = [
    "sim.delivered >= 2",
    "sim.broken",
    "mqtt.dupflag == 1",
    "sim.lost == 1",
    "sim.event == \"cut\"",
    "mqtt.disconnect.reason_code >= 0x80",
];

#[derive(Properties, PartialEq)]
pub(crate) struct StopsProps {
    pub(crate) view: StopsView,
    pub(crate) dispatch: Callback<Action>,
}

/// The list, above the timeline.
#[component]
pub(crate) fn Stops(StopsProps { view, dispatch }: &StopsProps) -> Html {
    let language = use_language();
    let does =
        |action: StopsAction| dispatch.reform(move |_: MouseEvent| Action::Stops(action.clone()));
    let onsubmit = dispatch.reform(|event: SubmitEvent| {
        event.prevent_default();
        Action::Stops(StopsAction::Add)
    });
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                dispatch.emit(Action::Stops(StopsAction::Toggle));
            }
        })
    };
    let stops = view.stops.iter().enumerate().map(|(index, stop)| {
        let switch = dispatch.reform(move |_: Event| Action::Stops(StopsAction::Switch(index)));
        let remove = format!("{} {}", text::STOP_REMOVE.to(language), stop.text);
        html! {
            <li>
                <label><input type="checkbox" checked={stop.is_on} onchange={switch} /><code>{ &stop.text }</code></label>
                <span class="muted num">{ &stop.hits }</span>
                <button class="btn ghost icon" aria-label={remove.clone()} title={remove} onclick={does(StopsAction::Remove(index))}>{ icon("close") }</button>
            </li>
        }
    });
    let markers = view.markers.iter().enumerate().map(|(index, marker)| {
        let step = marker.step;
        let rename = dispatch.reform(move |event: InputEvent| {
            Action::Stops(StopsAction::Name(index, effects::typed(&event)))
        });
        let remove = format!("{} {}", text::STOP_REMOVE.to(language), marker.name);
        html! {
            <li>
                <button class="link num" onclick={dispatch.reform(move |_| Action::GoTo(step))}>{ step }</button>
                <input type="text" aria-label={format!("{} {step}", text::MARKER_NAME.to(language))} value={marker.name.clone()} oninput={rename} />
                <button class="btn ghost icon" aria-label={remove.clone()} title={remove} onclick={does(StopsAction::Unmark(index))}>{ icon("close") }</button>
            </li>
        }
    });
    let is_wrong = view.fault.is_some();
    html! {
        <section class="stops card" aria-labelledby="h-stops" {onkeydown}>
            <div class="head">
                <h2 class="h2" id="h-stops">{ text::STOPS.to(language) }</h2>
                <button class="btn ghost icon" aria-label={text::CLOSE.to(language)} title={text::CLOSE.to(language)} onclick={does(StopsAction::Toggle)}>{ icon("close") }</button>
            </div>
            <form {onsubmit} novalidate=true autocomplete="off">
                <label><span>{ text::STOP_WHEN.to(language) }</span>
                    <input id={STOP_ID} class="mono" type="text" list="stops-usual" spellcheck="false" value={view.draft.clone()}
                        aria-invalid={is_wrong.then_some("true")} aria-describedby={is_wrong.then_some("stop-fault")}
                        oninput={dispatch.reform(|event: InputEvent| Action::Stops(StopsAction::Type(effects::typed(&event))))} />
                </label>
                <datalist id="stops-usual">{ for USUAL.iter().map(|it| html! { <option value={*it}></option> }) }</datalist>
                <button class="btn" type="submit">{ text::STOP_ADD.to(language) }</button>
            </form>
            if let Some(fault) = &view.fault { <p class="fault" id="stop-fault" role="alert">{ fault }</p> }
            if view.stops.is_empty() { <p class="muted">{ text::STOPS_NONE.to(language) }</p> } else { <ul>{ for stops }</ul> }
            <h3>{ text::MARKERS.to(language) }</h3>
            if view.markers.is_empty() { <p class="muted">{ text::MARKERS_NONE.to(language) }</p> } else { <ul>{ for markers }</ul> }
        </section>
    }
}
