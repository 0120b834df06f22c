//! The command palette.

use super::use_language;
use crate::effects;
use playground::{Action, PALETTE_ENTRY_ID, PALETTE_ID, PaletteAction, PaletteView, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct PaletteProps {
    pub(crate) view: PaletteView,
    pub(crate) dispatch: Callback<Action>,
}

/// A field and what fits what is typed into it.
#[component]
pub(crate) fn Palette(PaletteProps { view, dispatch }: &PaletteProps) -> Html {
    let language = use_language();
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect_with(view.chosen, move |_| effects::reveal_selected(&list));
    }
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                "ArrowDown" => PaletteAction::Move(1),
                "ArrowUp" => PaletteAction::Move(-1),
                "Enter" => PaletteAction::Run(None),
                "Escape" => PaletteAction::Close,
                // There is nothing else to go to.
                "Tab" => PaletteAction::Move(if event.shift_key() { -1 } else { 1 }),
                "k" if event.ctrl_key() => PaletteAction::Close,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            dispatch.emit(Action::Palette(action));
        })
    };
    let entries = view.entries.iter().enumerate().map(|(index, entry)| {
        let is_chosen = index == view.chosen;
        let keys = entry.keys.iter().take(2).map(|key| html! { <kbd>{ key }</kbd> });
        html! {
            <li id={format!("{PALETTE_ENTRY_ID}{index}")} role="option" aria-selected={is_chosen.to_string()} class={is_chosen.then_some("is-selected")}
                onmousedown={Callback::from(|event: MouseEvent| event.prevent_default())}
                onclick={dispatch.reform(move |_| Action::Palette(PaletteAction::Run(Some(index))))}>
                <span>{ &entry.name }</span><span class="muted">{ &entry.group }</span><span class="caps">{ for keys }</span>
            </li>
        }
    });
    let close = dispatch.reform(|_: MouseEvent| Action::Palette(PaletteAction::Close));
    html! {
        <div class="veil top-veil" onclick={close}>
            <section class="palette card" role="dialog" aria-modal="true" aria-label={view.title.clone()} onclick={Callback::from(|event: MouseEvent| event.stop_propagation())}>
                <input id={PALETTE_ID} type="text" role="combobox" spellcheck="false" autocomplete="off" aria-label={view.title.clone()}
                    placeholder={text::PALETTE_HINT.to(language)} aria-autocomplete="list" aria-expanded="true" aria-controls="palette-entries"
                    aria-activedescendant={(!view.entries.is_empty()).then(|| format!("{PALETTE_ENTRY_ID}{}", view.chosen))}
                    value={view.text.clone()} {onkeydown}
                    oninput={dispatch.reform(|event: InputEvent| Action::Palette(PaletteAction::Type(effects::typed(&event))))} />
                <ul id="palette-entries" ref={list} role="listbox" aria-label={view.title.clone()}>{ for entries }</ul>
                if view.entries.is_empty() { <p class="muted" role="status">{ text::PALETTE_NONE.to(language) }</p> }
            </section>
        </div>
    }
}
