//! A run that is being made: how far it is, and a way to stop it.

use super::use_language;
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
        <div class="running">
            <span class="num">{ &view.text }</span>
            <progress value={view.percent.to_string()} max="100" aria-label={text::RUN_PROGRESS.to(language)}></progress>
            <button class="btn" onclick={dispatch.reform(|_| Action::StopRun)}>{ text::STOP_RUNNING.to(language) }</button>
        </div>
    }
}
