//! The filter of ladder and list: a field that completes what is typed.

use super::{icon, use_language};
use crate::effects;
use playground::{Action, FILTER_ID, FILTER_OFFER_ID, FilterAction, FilterView, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct FilterProps {
    pub(crate) view: FilterView,
    pub(crate) dispatch: Callback<Action>,
}

/// The field, what it offers, and what is wrong with what is typed.
#[component]
pub(crate) fn Filter(FilterProps { view, dispatch }: &FilterProps) -> Html {
    let language = use_language();
    let does =
        |action: FilterAction| dispatch.reform(move |_: MouseEvent| Action::Filter(action.clone()));
    let is_open = !view.offers.is_empty();
    let onkeydown = {
        let dispatch = dispatch.clone();
        let has_choice = view.chosen.is_some();
        Callback::from(move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                "ArrowDown" => FilterAction::Move(1),
                "ArrowUp" => FilterAction::Move(-1),
                "Enter" => FilterAction::Take(None),
                "Tab" if has_choice && !event.shift_key() => FilterAction::Take(None),
                "Escape" => FilterAction::Escape,
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::Filter(action));
        })
    };
    let offers = view.offers.iter().enumerate().map(|(index, offer)| {
        let is_chosen = view.chosen == Some(index);
        // The keyboard stays in the field.
        let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
        html! {
            <li id={format!("{FILTER_OFFER_ID}{index}")} role="option" aria-selected={is_chosen.to_string()} {onmousedown}
                onclick={does(FilterAction::Take(Some(index)))}>
                <code>{ &offer.label }</code><span class="muted">{ &offer.about }</span>
            </li>
        }
    });
    let is_wrong = view.fault.is_some();
    html! {
        <div class={classes!("filter", is_wrong.then_some("bad"))}>
            <input id={FILTER_ID} class="mono" type="text" role="combobox" spellcheck="false" autocomplete="off" autocapitalize="off"
                aria-label={text::FILTER.to(language)} title={format!("{} (/)", text::FILTER.to(language))} placeholder={text::FILTER_HINT.to(language)}
                aria-autocomplete="list" aria-expanded={is_open.to_string()} aria-controls="filter-offers"
                aria-activedescendant={view.chosen.map(|it| format!("{FILTER_OFFER_ID}{it}"))}
                aria-invalid={is_wrong.then_some("true")} aria-describedby={is_wrong.then_some("filter-fault")}
                value={view.text.clone()} {onkeydown}
                oninput={dispatch.reform(|event: InputEvent| Action::Filter(FilterAction::Type(effects::typed(&event))))}
                onblur={dispatch.reform(|_| Action::Filter(FilterAction::Leave))} />
            if let Some(count) = &view.count {
                <span class="muted num" role="status">{ count }<span class="vh">{ text::FILTER_STEPS.to(language) }</span></span>
                <button class="btn ghost icon" aria-pressed={view.hides.to_string()} aria-label={text::FILTER_HIDE.to(language)} title={text::FILTER_HIDE.to(language)}
                    onclick={does(FilterAction::ToggleHide)}>{ icon("hide") }</button>
            }
            if !view.text.is_empty() {
                <button class="btn ghost icon" aria-label={text::FILTER_CLEAR.to(language)} title={text::FILTER_CLEAR.to(language)}
                    onclick={does(FilterAction::Clear)}>{ icon("close") }</button>
            }
            <ul id="filter-offers" role="listbox" aria-label={text::FILTER_OFFERS.to(language)} hidden={!is_open}>{ for offers }</ul>
            if let Some(fault) = &view.fault { <p class="fault" id="filter-fault" role="alert">{ fault }</p> }
        </div>
    }
}
