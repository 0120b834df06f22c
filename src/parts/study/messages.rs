//! Every message so far, as a table.

use super::act;
use playground::Action;
use playground::study::StudyAction;
use playground::study::messages::{MessageRow, MessagesView};
use playground::text::{self, Language};
use yew::prelude::*;

pub(super) fn messages(
    language: Language,
    view: &MessagesView,
    dispatch: &Callback<Action>,
) -> Html {
    let filters = view.counts.iter().map(|(kind, count)| {
        let kind = *kind;
        let name = kind.map_or(text::MESSAGE_ALL, text::message_outcome);
        html! {
            <button aria-pressed={(kind == view.filter).to_string()} onclick={act(dispatch, StudyAction::FilterMessages(kind))}>
                { name.to(language) }{ " " }<span class="num muted">{ count }</span>
            </button>
        }
    });
    html! {
        <div class="messages">
            <div class="seg" role="group" aria-label={text::MESSAGE_FILTER.to(language)}>{ for filters }</div>
            if let Some(left_out) = &view.left_out { <p class="muted">{ left_out }</p> }
            if view.rows.is_empty() {
                <p class="muted">{ text::MESSAGE_NONE.to(language) }</p>
            } else {
                <table>
                    <caption class="vh">{ text::MESSAGE_TABLE.to(language) }</caption>
                    <thead><tr>
                        <th scope="col">{ text::MESSAGE_STEP.to(language) }</th><th scope="col">{ text::MESSAGE_WHAT.to(language) }</th>
                        <th scope="col">{ text::MESSAGE_BY.to(language) }</th><th scope="col">{ text::MESSAGE_GOT.to(language) }</th>
                        <th scope="col">{ text::MESSAGE_NOW.to(language) }</th>
                    </tr></thead>
                    <tbody>{ for view.rows.iter().map(|it| row(language, it, dispatch)) }</tbody>
                </table>
            }
        </div>
    }
}

fn row(language: Language, view: &MessageRow, dispatch: &Callback<Action>) -> Html {
    let step = view.step.map(|step| {
        html! { <button class="link num" aria-label={text::step_link(language, step)} onclick={act(dispatch, StudyAction::Follow(step))}>{ step }</button> }
    });
    let badge = if view.outcome.is_notable() {
        "badge bad"
    } else {
        "badge"
    };
    let got = if view.delivered.is_empty() {
        text::MESSAGE_NOBODY.to(language).to_owned()
    } else {
        view.delivered.join(", ")
    };
    html! {
        <tr key={view.number} class={view.is_selected.then_some("is-selected")}>
            <th scope="row">{ step }</th>
            <td class="what"><code>{ &view.topic }</code>{ " " }<q>{ &view.payload }</q>{ " " }<span class="muted">{ &view.how }</span></td>
            <td class="by">{ &view.by }</td><td class="got">{ got }</td>
            <td class="told"><span class={badge}>{ text::message_outcome(view.outcome).to(language) }</span>{ for view.told.iter().map(|it| html! { <>{ " " }{ it }</> }) }</td>
        </tr>
    }
}
