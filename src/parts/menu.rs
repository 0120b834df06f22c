//! The menu of something on the map, and the forms that some of its entries open.

use super::{icon, use_language};
use crate::effects;
use playground::menu::{Draft, Field, FormKind, MenuView};
use playground::text::Language;
use playground::{Action, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct MenuProps {
    pub(crate) view: MenuView,
    pub(crate) dispatch: Callback<Action>,
}

/// The menu.
#[component]
pub(crate) fn Menu(MenuProps { view, dispatch }: &MenuProps) -> Html {
    let language = use_language();
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                dispatch.emit(Action::CloseMenu);
            }
        })
    };
    html! {
        <section class={classes!("menu", view.is_above.then_some("below"))} aria-labelledby="h-menu" {onkeydown}>
            <div class="head">
                <strong id="h-menu">{ &view.title }</strong><span class="muted">{ &view.state }</span>
                <button class="btn ghost icon" aria-label={text::CLOSE.to(language)} title={text::CLOSE.to(language)} onclick={dispatch.reform(|_| Action::CloseMenu)}>{ icon("close") }</button>
            </div>
            {
                match &view.form {
                    Some((kind, draft)) => form(language, *kind, draft, dispatch),
                    None => entries(language, view, dispatch),
                }
            }
        </section>
    }
}

fn entries(language: Language, view: &MenuView, dispatch: &Callback<Action>) -> Html {
    let last = view.items.len().saturating_sub(1);
    let entries = view.items.iter().enumerate().map(|(index, item)| {
        let onkeydown = {
            let dispatch = dispatch.clone();
            Callback::from(move |event: KeyboardEvent| {
                let to = match event.key().as_str() {
                    "ArrowDown" if index == last => 0,
                    "ArrowDown" => index + 1,
                    "ArrowUp" => index.checked_sub(1).unwrap_or(last),
                    "Home" => 0,
                    "End" => last,
                    _ => return,
                };
                event.prevent_default();
                dispatch.emit(Action::FocusEntry(to));
            })
        };
        html! {
            <button id={text::menu_item_id(index)} role="menuitem" tabindex={if index == 0 { "0" } else { "-1" }} {onkeydown}
                onclick={dispatch.reform(move |_| Action::ChooseEntry(index))}>
                <b>{ item.label.to(language) }</b><span class="muted">{ item.note.to(language) }</span>
            </button>
        }
    });
    html! { <div class="entries" role="menu" aria-labelledby="h-menu">{ for entries }</div> }
}

fn form(language: Language, kind: FormKind, draft: &Draft, dispatch: &Callback<Action>) -> Html {
    let onsubmit = dispatch.reform(|event: SubmitEvent| {
        event.prevent_default();
        Action::Submit
    });
    let fill = |field: Field| {
        dispatch.reform(move |event: InputEvent| Action::Fill(field, effects::typed(&event)))
    };
    let qos = |level: u8| {
        let onchange = dispatch.reform(move |_: Event| Action::FillQos(level));
        html! { <label><input type="radio" name="qos" checked={draft.qos == level} {onchange} />{ level }</label> }
    };
    let (label, send) = match kind {
        FormKind::Publish => (text::FORM_TOPIC, text::FORM_PUBLISH),
        FormKind::Subscribe => (text::FORM_FILTER, text::FORM_SUBSCRIBE),
        FormKind::Unsubscribe => (text::FORM_FILTER, text::FORM_UNSUBSCRIBE),
    };
    let is_wrong = draft.fault.is_some();
    html! {
        <form {onsubmit} novalidate=true autocomplete="off">
            <label class="field"><span>{ label.to(language) }</span>
                <input id={text::FORM_TOPIC_ID} class="mono" type="text" spellcheck="false" value={draft.topic.clone()} oninput={fill(Field::Topic)}
                    aria-invalid={is_wrong.then_some("true")} aria-describedby={is_wrong.then_some("form-fault")} />
            </label>
            if let Some(fault) = &draft.fault { <p class="fault" id="form-fault" role="alert">{ fault.to(language) }</p> }
            if kind.has_payload() {
                <label class="field"><span>{ text::FORM_PAYLOAD.to(language) }</span>
                    <input class="mono" type="text" spellcheck="false" value={draft.payload.clone()} oninput={fill(Field::Payload)} />
                </label>
            }
            <div class="formrow">
                if kind.has_qos() {
                    <fieldset><legend>{ text::FORM_QOS.to(language) }</legend><div class="seg">{ qos(0) }{ qos(1) }{ qos(2) }</div></fieldset>
                }
                if kind.has_payload() {
                    <label class="check"><input type="checkbox" checked={draft.retain}
                        onchange={dispatch.reform(|event: Event| Action::FillRetain(effects::is_checked(&event)))} />{ text::FORM_RETAIN.to(language) }</label>
                }
                <button class="btn primary" type="submit">{ send.to(language) }</button>
            </div>
        </form>
    }
}
