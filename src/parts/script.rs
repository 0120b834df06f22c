//! A board that runs a script: its program with the line of the moment, and its console.

use super::use_language;
use crate::effects;
use playground::script::{
    BoardFile, CodeLine, ConsoleKind, FILE_NAME_ID, LIBRARY, ScriptAction, ScriptView,
};
use playground::text::{Language, Phrase};
use playground::{Action, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ScriptProps {
    pub(crate) view: Shared<ScriptView>,
    /// Whether nobody else says which board it is.
    pub(crate) has_heading: bool,
    pub(crate) dispatch: Callback<Action>,
}

/// Program and console of a board.
#[component]
pub(crate) fn Script(
    ScriptProps {
        view,
        has_heading,
        dispatch,
    }: &ScriptProps,
) -> Html {
    let language = use_language();
    let (code, console) = (use_node_ref(), use_node_ref());
    {
        let (code, console) = (code.clone(), console.clone());
        let place = (view.by, view.now, view.file, view.console.len());
        use_effect_with(place, move |(by, ..)| {
            effects::reveal(&code, line_of_step(*by));
            effects::follow_end(&console);
        });
    }
    {
        // Shown for the first time, on the projector, with a wider dock: what was in sight may not be any more.
        let code = code.clone();
        use_effect_with(view.by, move |by| {
            let line = line_of_step(*by);
            let shown = code.clone();
            let watch = effects::watch_size(
                &code,
                Callback::from(move |_| effects::reveal(&shown, line)),
            );
            move || drop(watch)
        });
    }
    let act = |action: ScriptAction| dispatch.reform(move |_| Action::Script(action.clone()));
    let boards = view.boards.iter().enumerate().map(|(index, name)| {
        html! { <button aria-pressed={(index == view.board).to_string()} onclick={act(ScriptAction::ShowBoard(index))}>{ name }</button> }
    });
    let library = |(file, name): (usize, &'static str)| {
        let file = BoardFile::Library(file);
        html! { <button aria-pressed={(file == view.file).to_string()} onclick={act(ScriptAction::ShowFile(file))}>{ name }</button> }
    };
    let button = |label: Phrase, hint: Phrase, action: ScriptAction, is_off: bool| {
        html! { <button class="btn" title={hint.to(language)} disabled={is_off} onclick={act(action)}>{ label.to(language) }</button> }
    };
    let trouble = view.trouble.and_then(text::script_trouble);
    let can_edit = view.can_edit && view.own_name().is_some();
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
                if *has_heading { <h3 class="sc-board">{ text::script_board(language, view.board_name()) }</h3> }
                if view.boards.len() > 1 { <div class="seg" role="group" aria-label={text::SCRIPT_BOARD.to(language)}>{ for boards }</div> }
                <p class={classes!("sc-status", view.is_fault.then_some("is-fault"))} role="status">
                    { status(view, language) }
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
                <div class="sc-files">
                    { own_files(view, dispatch, language) }
                    if view.can_edit { { button(text::SCRIPT_FILE_ADD, text::SCRIPT_FILE_ADD_HINT, ScriptAction::AddFile, false) } }
                    <div class="seg sc-libraries" role="group" aria-label={text::SCRIPT_LIBRARIES.to(language)}>{ for LIBRARY.iter().map(|it| it.module).enumerate().map(library) }</div>
                </div>
                if let BoardFile::Library(file) = view.file { <p class="muted">{ LIBRARY.get(file).map(|file| file.edition.to(language)) }</p> }
                { name_of_file(view, dispatch, language) }
                if let Some(note) = view.file_note { <p role="status">{ note.to(language) }</p> }
                <div class={classes!("code", can_edit.then_some("is-open"))} id={PANEL_ID} ref={code} role="region" tabindex={(!can_edit).then_some("0")} aria-label={text::SCRIPT_SOURCE.to(language)}>
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

/// The line that did what is selected, or else the one where the program is.
fn line_of_step(by: usize) -> &'static str {
    match by {
        0 => ".is-now",
        _ => ".is-selected",
    }
}

/// What the files of the board's own belong to.
const PANEL_ID: &str = "script-file";

fn tab_id(file: usize) -> String {
    format!("script-tab-{file}")
}

/// What the board does; before that, what it does not do yet.
fn status(view: &ScriptView, language: Language) -> String {
    match (view.is_waiting, view.is_from_before) {
        (true, true) => text::SCRIPT_WAITING_BACK.to(language).to_owned(),
        (true, false) => text::SCRIPT_WAITING.to(language).to_owned(),
        (false, _) => view.status.clone(),
    }
}

/// The choice among the files of the board's own.
fn own_files(view: &ScriptView, dispatch: &Callback<Action>, language: Language) -> Html {
    let shown = match view.file {
        BoardFile::Own(file) => Some(file),
        BoardFile::Library(_) => None,
    };
    let count = view.own.len();
    let show = |file: usize| Action::Script(ScriptAction::ShowFile(BoardFile::Own(file)));
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() || count == 0 {
                return;
            }
            let here = shown.unwrap_or(0);
            let goal = match event.key().as_str() {
                "ArrowRight" => (here + 1) % count,
                "ArrowLeft" => here.checked_sub(1).unwrap_or(count - 1),
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            // The run stays where it is.
            event.prevent_default();
            event.stop_propagation();
            dispatch.emit(show(goal));
            effects::focus(&tab_id(goal));
        })
    };
    let tabs = view.own.iter().enumerate().map(|(file, it)| {
        let is_shown = shown == Some(file);
        let is_stop = is_shown || (shown.is_none() && file == 0);
        html! {
            <button id={tab_id(file)} role="tab" aria-selected={is_shown.to_string()} aria-controls={PANEL_ID} tabindex={if is_stop { "0" } else { "-1" }}
                onclick={dispatch.reform(move |_| show(file))}>
                { &it.name }
                if it.is_waiting { <span aria-hidden="true">{ " •" }</span><span class="vh">{ ", " }{ text::SCRIPT_FILE_WAITS.to(language) }</span> }
            </button>
        }
    });
    html! { <div class="seg sc-own" role="tablist" aria-label={text::SCRIPT_OWN.to(language)} {onkeydown}>{ for tabs }</div> }
}

/// What can be done with a file beside `main.py`.
fn name_of_file(view: &ScriptView, dispatch: &Callback<Action>, language: Language) -> Html {
    let Some(name) = view
        .own_name()
        .filter(|_| view.file != BoardFile::default())
    else {
        return Html::default();
    };
    let note = (name == "boot.py").then(|| text::SCRIPT_BOOT_NOTE.to(language));
    let onchange = dispatch
        .reform(|event: Event| Action::Script(ScriptAction::RenameFile(effects::entered(&event))));
    let hint = text::SCRIPT_FILE_REMOVE_HINT.to(language);
    let onclick = dispatch.reform(|_| Action::Script(ScriptAction::RemoveFile));
    html! {
        <>
        if view.can_edit {
            <div class="sc-name">
                <label><span>{ text::SCRIPT_FILE_NAME.to(language) }</span><input id={FILE_NAME_ID} spellcheck="false" autocomplete="off" autocapitalize="off" value={name.to_owned()} {onchange} /></label>
                <button class="btn" title={hint} {onclick}>{ text::SCRIPT_FILE_REMOVE.to(language) }</button>
            </div>
        }
        if let Some(note) = note { <p class="muted">{ note }</p> }
        </>
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
    // Whoever is about to type is not taken to another file by a run that goes on.
    let hold = ScriptAction::Hold(view.board, view.file);
    let onfocusin = dispatch.reform(move |_: FocusEvent| Action::Script(hold.clone()));
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
        <textarea spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" aria-label={label} value={view.source.clone()} {onfocusin} {oninput} {onchange} {onkeydown} />
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
