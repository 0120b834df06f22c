//! A run that is being made: how far it is, and a way to stop it.

use super::use_language;
use playground::script::ScriptAction;
use playground::{Action, RunningView, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct RunningProps {
    pub(crate) view: RunningView,
    pub(crate) dispatch: Callback<Action>,
}

/// Above the transport bar, as long as it takes.
#[component]
pub(crate) fn Running(RunningProps { view, dispatch }: &RunningProps) -> Html {
    let language = use_language();
    html! {
        <div class="running" role={view.is_waiting.then_some("status")}>
            <span class="num">{ &view.text }</span>
            if view.is_stuck {
                <button class="btn" onclick={dispatch.reform(|_| Action::Script(ScriptAction::Retry))}>{ text::SCRIPT_RETRY.to(language) }</button>
            } else {
                <progress value={(!view.is_waiting).then(|| view.percent.to_string())} max="100" aria-label={text::RUN_PROGRESS.to(language)}></progress>
                if !view.is_waiting { <button class="btn" onclick={dispatch.reform(|_| Action::StopRun)}>{ text::STOP_RUNNING.to(language) }</button> }
            }
        </div>
    }
}
