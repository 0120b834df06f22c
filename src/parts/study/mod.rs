//! A closer look in the broker's pane: machines, topics, messages, and the choice between them and what the broker keeps.

mod machines;
mod messages;
mod topics;

use playground::Action;
use playground::study::{RuleLink, STUDY_TABS, StudyAction, StudyTab, StudyView};
use playground::text::{self, Language};
use yew::prelude::*;

/// The choice.
pub(super) fn tabs(
    language: Language,
    view: &StudyView,
    has_scripts: bool,
    dispatch: &Callback<Action>,
) -> Html {
    // The last of them is there only where something is to be seen.
    let count = STUDY_TABS.len() - usize::from(!has_scripts);
    let shown = view.tab();
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() {
                return;
            }
            let here = STUDY_TABS.iter().position(|it| *it == shown).unwrap_or(0);
            let last = count - 1;
            let goal = match event.key().as_str() {
                "ArrowRight" => (here + 1) % count,
                "ArrowLeft" => here.checked_sub(1).unwrap_or(last),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            // The run stays where it is.
            event.prevent_default();
            event.stop_propagation();
            if let Some(tab) = STUDY_TABS.get(goal) {
                dispatch.emit(Action::Study(StudyAction::Show(*tab)));
            }
        })
    };
    let tabs = STUDY_TABS.into_iter().take(count).map(|tab| {
        let is_shown = tab == shown;
        html! {
            <button id={tab.id()} role="tab" aria-selected={is_shown.to_string()} aria-controls="study-panel" tabindex={if is_shown { "0" } else { "-1" }}
                onclick={act(dispatch, StudyAction::Show(tab))}>{ tab.name().to(language) }</button>
        }
    });
    html! {
        <div class="asides seg" role="tablist" aria-label={text::STUDY_VIEWS.to(language)} {onkeydown}>{ for tabs }</div>
    }
}

/// What is seen closer; what the broker keeps is drawn by the pane itself.
pub(super) fn body(language: Language, view: &StudyView, dispatch: &Callback<Action>) -> Html {
    match view {
        StudyView::Kept | StudyView::Script => Html::default(),
        StudyView::Machines(view) => machines::machines(language, view, dispatch),
        StudyView::Topics(view) => topics::topics(language, view, dispatch),
        StudyView::Messages(view) => messages::messages(language, view, dispatch),
    }
}

/// Whether the choice of a client says what is shown.
pub(super) const fn is_about_a_client(tab: StudyTab) -> bool {
    matches!(tab, StudyTab::Kept | StudyTab::Machines)
}

fn act(dispatch: &Callback<Action>, action: StudyAction) -> Callback<MouseEvent> {
    dispatch.reform(move |_| Action::Study(action.clone()))
}

/// A rule as a link to the standard.
fn rule(rule: Option<&RuleLink>) -> Html {
    rule.map_or_else(Html::default, |rule| {
        html! { <a class="mono" href={rule.url} title={rule.gist.clone()} target="_blank" rel="noreferrer">{ rule.id }</a> }
    })
}
