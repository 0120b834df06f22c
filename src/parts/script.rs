//! A board that runs a script: its program with the line of the moment, and its console.

use super::use_language;
use crate::effects;
use playground::script::{CodeLine, ConsoleKind, LIBRARY, ScriptAction, ScriptView};
use playground::text::{Language, Phrase};
use playground::{Action, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ScriptProps {
    pub(crate) view: Shared<ScriptView>,
    pub(crate) dispatch: Callback<Action>,
}

/// Program and console of a board.
#[component]
pub(crate) fn Script(ScriptProps { view, dispatch }: &ScriptProps) -> Html {
    let language = use_language();
    let (code, console) = (use_node_ref(), use_node_ref());
    {
        let (code, console) = (code.clone(), console.clone());
        let place = (view.by, view.now, view.file, view.console.len());
        use_effect_with(place, move |(by, ..)| {
            effects::reveal(&code, if *by > 0 { ".is-selected" } else { ".is-now" });
            effects::follow_end(&console);
        });
    }
    let act = |action: ScriptAction| dispatch.reform(move |_| Action::Script(action.clone()));
    let boards = view.boards.iter().enumerate().map(|(index, name)| {
        html! { <button aria-pressed={(index == view.board).to_string()} onclick={act(ScriptAction::ShowBoard(index))}>{ name }</button> }
    });
    let file = |file: Option<usize>, name: &'static str| {
        html! { <button aria-pressed={(file == view.file).to_string()} onclick={act(ScriptAction::ShowFile(file))}>{ name }</button> }
    };
    let button = |label: Phrase, hint: Phrase, action: ScriptAction, is_off: bool| {
        html! { <button class="btn" title={hint.to(language)} disabled={is_off} onclick={act(action)}>{ label.to(language) }</button> }
    };
    let library = LIBRARY.iter().enumerate();
    let trouble = view.trouble.and_then(text::script_trouble);
    let can_edit = view.can_edit && view.file.is_none();
    let lines = view.lines.iter().zip(1..).map(|(code, number)| {
        let marks = classes!(
            "ln",
            (number == view.now).then_some("is-now"),
            (number == view.by).then_some("is-selected")
        );
        html! { <div class={marks} key={number}><span class="no">{ number }</span><code>{ pieces(code) }</code>
        if number == view.now { <span class="vh">{ text::SCRIPT_NOW.to(language) }</span> }</div> }
    });
    html! {
        <div class="script">
            <div class="sc-head">
                if view.boards.len() > 1 { <div class="seg" role="group" aria-label={text::SCRIPT_BOARD.to(language)}>{ for boards }</div> }
                <p class={classes!("sc-status", view.is_fault.then_some("is-fault"))} role="status">
                    { if view.is_waiting { text::SCRIPT_WAITING.to(language).to_owned() } else { view.status.clone() } }
                    if let Some(words) = &view.by_words { { " " }<span class="sc-by">{ words }</span> }
                </p>
                if view.can_edit {
                    { button(text::SCRIPT_RUN, text::SCRIPT_RUN_HINT, ScriptAction::Run, !view.is_waiting) }
                    { button(text::SCRIPT_STOP, text::SCRIPT_STOP_HINT, ScriptAction::Stop, false) }
                    { button(text::SCRIPT_RESET, text::SCRIPT_RESET_HINT, ScriptAction::Reset, false) }
                }
                if let Some(trouble) = trouble { <p class="sc-trouble">{ trouble.to(language) }</p> }
            </div>
            <div class="sc-program">
                <div class="seg sc-files" role="group" aria-label={text::SCRIPT_FILES.to(language)}>{ file(None, "main.py") }{ for library.map(|(index, it)| file(Some(index), it.module)) }</div>
                if let Some(file) = view.file.and_then(|file| LIBRARY.get(file)) { <p class="muted">{ file.edition.to(language) }</p> }
                if let Some(note) = view.file_note { <p role="status">{ note.to(language) }</p> }
                <div class={classes!("code", can_edit.then_some("is-open"))} ref={code} role="region" tabindex={(!can_edit).then_some("0")} aria-label={text::SCRIPT_SOURCE.to(language)}>
                    <div class="lines" aria-hidden={can_edit.then_some("true")}>{ for lines }</div>
                    if can_edit { { editor(view, dispatch, text::SCRIPT_SOURCE.to(language)) } }
                </div>
            </div>
            <div class="sc-console">
                <div class="sc-head">
                    <h3>{ text::SCRIPT_CONSOLE.to(language) }</h3>
                    if view.can_interrupt { { button(text::SCRIPT_INTERRUPT, text::SCRIPT_INTERRUPT_HINT, ScriptAction::Interrupt, false) } }
                </div>
                <div class="console" ref={console} role="log" aria-live="off" tabindex="0" aria-label={text::SCRIPT_CONSOLE.to(language)}>
                    if view.console_left_out > 0 { <p class="muted">{ text::script_left_out(language, view.console_left_out) }</p> }
                    if view.console.is_empty() { <p class="muted">{ text::SCRIPT_SILENT.to(language) }</p> }
                    { for view.console.iter().map(|line| html! {
                        <div key={line.number} class={if line.kind == ConsoleKind::Said { "said" } else { "out" }}><span class="num">{ &line.at }</span><bdi>{ &line.text }</bdi></div>
                    }) }
                </div>
                if view.is_at_prompt { { prompt(view, dispatch, language) } }
            </div>
        </div>
    }
}

fn pieces(line: &CodeLine) -> Html {
    let piece = |(ink, text): &(playground::script::Ink, String)| match ink.class() {
        Some(class) => html! { <span {class}>{ text }</span> },
        None => html! { { text } },
    };
    html! { <>{ for line.pieces.iter().map(piece) }</> }
}

/// The text that can be changed: it lies over the coloured one and shows nothing but the caret.
fn editor(view: &ScriptView, dispatch: &Callback<Action>, label: &'static str) -> Html {
    let oninput = dispatch
        .reform(|event: InputEvent| Action::Script(ScriptAction::Type(effects::entered(&event))));
    // Whoever goes elsewhere loses nothing.
    let onchange = dispatch.reform(|_: Event| Action::Script(ScriptAction::Run));
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && event.ctrl_key() {
                event.prevent_default();
                dispatch.emit(Action::Script(ScriptAction::Run));
            }
        })
    };
    html! {
        <textarea spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" aria-label={label} value={view.source.clone()} {oninput} {onchange} {onkeydown} />
    }
}

/// Where Python is typed.
fn prompt(view: &ScriptView, dispatch: &Callback<Action>, language: Language) -> Html {
    let oninput = dispatch
        .reform(|event: InputEvent| Action::Script(ScriptAction::Prompt(effects::entered(&event))));
    let is_one_line = !view.typed.contains('\n');
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                "Enter" if !event.shift_key() => ScriptAction::Enter,
                "ArrowUp" if is_one_line => ScriptAction::Recall(-1),
                "ArrowDown" if is_one_line => ScriptAction::Recall(1),
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::Script(action));
        })
    };
    let rows = view.typed.split('\n').count().to_string();
    let hint = text::SCRIPT_PROMPT_HINT.to(language);
    html! {
        <div class="sc-prompt">
            <span aria-hidden="true">{ ">>>" }</span>
            <textarea {rows} spellcheck="false" autocomplete="off" autocapitalize="off" aria-label={text::SCRIPT_PROMPT.to(language)} aria-description={hint} title={hint} value={view.typed.clone()} {oninput} {onkeydown} />
            <button class="btn" onclick={dispatch.reform(|_| Action::Script(ScriptAction::Enter))}>{ text::SCRIPT_ENTER.to(language) }</button>
        </div>
    }
}
