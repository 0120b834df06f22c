//! What the broker keeps for each client.

use super::{Script, main_role, study, use_language};
use crate::effects;
use playground::action::Tab;
use playground::script::ScriptView;
use playground::state::StateView;
use playground::study::{StudyTab, StudyView};
use playground::text::Language;
use playground::{Action, Shared, text};
use std::rc::Rc;
use yew::prelude::*;

/// What the names of all clients may have of letters, to be side by side.
const LETTERS_MAX: usize = 20;

#[derive(Properties, PartialEq)]
pub(crate) struct StateProps {
    pub(crate) view: Shared<StateView>,
    pub(crate) study: Shared<StudyView>,
    pub(crate) script: Shared<ScriptView>,
    pub(crate) main: Tab,
    pub(crate) dispatch: Callback<Action>,
}

/// The broker's state.
#[component]
pub(crate) fn State(
    StateProps {
        view,
        study: closer,
        script,
        main,
        dispatch,
    }: &StateProps,
) -> Html {
    let language = use_language();
    let tabs = view.clients.iter().enumerate().map(|(index, name)| {
        let onclick = dispatch.reform(move |_| Action::ShowClient(index));
        html! { <button aria-pressed={(index == view.client).to_string()} {onclick}>{ name }</button> }
    });
    // Few have a button each; many, or those with long names, a list.
    let letters: usize = view.clients.iter().map(|name| name.chars().count()).sum();
    let tabs = if view.clients.len() <= 3 && letters <= LETTERS_MAX {
        html! { <div class="seg" role="group" aria-label={text::SESSION_OF.to(language)}>{ for tabs }</div> }
    } else {
        html! { <Clients names={view.clients.clone()} chosen={view.client} dispatch={dispatch.clone()} /> }
    };
    let heading = match closer.tab() {
        // A board is nothing that a broker keeps.
        StudyTab::Script => text::script_board(language, script.board_name()),
        _ => text::BROKER_STATE.to(language).to_owned(),
    };
    html! {
        <section class="pane" id="state" tabindex="-1" role={main_role(*main, Tab::State)} aria-labelledby="h-st">
            <header>
                <h2 id="h-st">{ heading }</h2><span class="sp"></span>
                if study::is_about_a_client(closer.tab()) {
                    { tabs }
                }
                { study::tabs(language, closer, !script.boards.is_empty(), dispatch) }
            </header>
            <div class="body" id="study-panel" role="tabpanel" tabindex="0" aria-labelledby={closer.tab().id()}>
                { study::body(language, closer, dispatch) }
                if closer.tab() == StudyTab::Script { <Script view={script.clone()} has_heading={false} dispatch={dispatch.clone()} /> }
                if closer.tab() == StudyTab::Kept { { kept(language, view) } }
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct ClientsProps {
    names: Rc<[String]>,
    chosen: usize,
    dispatch: Callback<Action>,
}

/// The clients as a list to choose from.
#[component]
fn Clients(
    ClientsProps {
        names,
        chosen,
        dispatch,
    }: &ClientsProps,
) -> Html {
    let language = use_language();
    let onchange = dispatch
        .reform(|event: Event| Action::ShowClient(effects::chosen(&event).unwrap_or_default()));
    let parts = (0..names.len()).step_by(PART).map(|first| {
        let chosen = chosen.checked_sub(first).filter(|it| *it < PART);
        html! { <SomeClients key={first} names={names.clone()} {first} {chosen} /> }
    });
    html! { <label class="pick"><select class="btn" aria-label={text::SESSION_OF.to(language)} {onchange}>{ for parts }</select></label> }
}

/// So many clients are one part: of hundreds, most are as they were a step before, and are not even looked at.
const PART: usize = 16;

#[derive(Properties, PartialEq)]
struct SomeProps {
    names: Rc<[String]>,
    first: usize,
    /// Which of these is chosen.
    chosen: Option<usize>,
}

/// Some of the clients.
#[component]
fn SomeClients(
    SomeProps {
        names,
        first,
        chosen,
    }: &SomeProps,
) -> Html {
    let names = names.iter().skip(*first).take(PART).enumerate();
    let options = names
        .map(|(index, name)| html! { <option selected={*chosen == Some(index)}>{ name }</option> });
    html! { <>{ for options }</> }
}

/// What the broker keeps for a client.
fn kept(language: Language, view: &StateView) -> Html {
    let client = view.clients.get(view.client).cloned().unwrap_or_default();
    let rows = view.rows.iter().map(|row| html! {
        <tr class={row.is_selected.then_some("is-selected")}>
            <th scope="row" class="num">{ row.id }</th>
            <td>{ row.waits_for }<br /><span class="muted">{ &row.message }</span></td>
            <td class="num right">{ if row.sent > 0 { format!("{}×", row.sent) } else { "–".to_owned() } }</td>
        </tr>
    });
    let facts = view.facts.iter().map(|(name, value, is_code)| html! {
        <><dt>{ name.to(language) }</dt><dd>if *is_code { <code>{ value }</code> } else { { value } }</dd></>
    });
    html! {
        <>
        if let Some((count, promise)) = &view.tally {
            <p class="inv"><svg class="g g-ctl" aria-hidden="true"><use href="#g-ctl" /></svg><span><strong>{ count }</strong>{ " " }{ promise }</span></p>
        }
        if let Some(note) = view.note { <p class="muted">{ note.to(language) }</p> } else {
        <table>
            <caption class="vh">{ text::unacknowledged_with(language, &client) }</caption>
            <thead><tr><th scope="col">{ text::COLUMN_ID.to(language) }</th><th scope="col">{ text::COLUMN_WAITS.to(language) }</th><th scope="col" class="right">{ text::COLUMN_SENT.to(language) }</th></tr></thead>
            <tbody>
                { for rows }
                if view.rows.is_empty() { <tr class="none"><td colspan="3" class="muted">{ text::NOTHING_UNACKNOWLEDGED.to(language) }</td></tr> }
            </tbody>
        </table>
        }
        <dl class="kv">{ for facts }</dl>
        </>
    }
}
