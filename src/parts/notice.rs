//! What the page says to the user, and the keys.

use super::{icon, key_rows, use_language};
use playground::commands::{DEEDS, GROUPS};
use playground::text::Language;
use playground::{Action, Notice, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ToastProps {
    pub(crate) notice: Option<Notice>,
    pub(crate) language: Language,
    pub(crate) dispatch: Callback<Action>,
}

/// One sentence, with a way to take back what it tells of. The region is always there, so that it is read out.
#[component]
pub(crate) fn Toast(
    ToastProps {
        notice,
        language,
        dispatch,
    }: &ToastProps,
) -> Html {
    let language = *language;
    let inside = notice.as_ref().map(|notice| html! {
        <div key={notice.number} class={classes!("toast", notice.is_fault.then_some("bad"))}>
            <p>{ notice.text.to(language) }</p>
            if notice.can_undo {
                <button class="btn" title={text::UNDO_KEYS.to(language)} onclick={dispatch.reform(|_| Action::Undo)}>{ text::UNDO.to(language) }</button>
            }
            if notice.can_reload {
                <button class="btn" onclick={dispatch.reform(|_| Action::UseNewVersion)}>{ text::RELOAD.to(language) }</button>
            }
            <button class="btn ghost icon" aria-label={text::CLOSE.to(language)} title={text::CLOSE.to(language)} onclick={dispatch.reform(|_| Action::CloseNotice)}>{ icon("close") }</button>
        </div>
    });
    html! { <div class="toasts" role="status" aria-live="polite">{ inside }</div> }
}

#[derive(Properties, PartialEq)]
pub(crate) struct HelpProps {
    pub(crate) dispatch: Callback<Action>,
}

/// All keys, from the table that they are read by.
#[component]
pub(crate) fn Help(HelpProps { dispatch }: &HelpProps) -> Html {
    let language = use_language();
    let groups = GROUPS.iter().map(|(group, name)| {
        let deeds = DEEDS
            .iter()
            .filter(|deed| deed.group == *group && !deed.keys.is_empty());
        let rows = deeds.map(|deed| {
            let caps = deed
                .keys
                .iter()
                .map(|key| html! { <kbd>{ key.label(language) }</kbd> });
            html! { <><dt>{ for caps }</dt><dd>{ deed.name.to(language) }</dd></> }
        });
        html! { <section><h3>{ name.to(language) }</h3><dl>{ for rows }</dl></section> }
    });
    let here = key_rows(language, text::KEYS_HERE);
    html! {
        <div class="veil">
            <section class="help card" role="dialog" aria-modal="true" aria-labelledby="h-help">
                <div class="head">
                    <h2 class="h2" id="h-help">{ text::HELP.to(language) }</h2>
                    <button id={text::HELP_CLOSE_ID} class="btn ghost icon" aria-label={text::CLOSE.to(language)} title={text::CLOSE.to(language)} onclick={dispatch.reform(|_| Action::ToggleHelp)}>{ icon("close") }</button>
                </div>
                <div class="keygroups">
                    { for groups }
                    <section><h3>{ text::KEYS_HERE_TITLE.to(language) }</h3><dl>{ for here }</dl></section>
                </div>
                <p class="muted">{ text::HELP_MORE.to(language) }</p>
            </section>
        </div>
    }
}
