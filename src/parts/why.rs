//! "Why?" and "why not?": the chain of causes, other questions, and who has not got the message.

use super::{glyph, unbroken};
use playground::action::WhyAction;
use playground::text::{self, Language};
use playground::why::WhyView;
use playground::{Action, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct WhyProps {
    pub(crate) view: Shared<WhyView>,
    pub(crate) language: Language,
    pub(crate) dispatch: Callback<Action>,
}

fn ask(dispatch: &Callback<Action>, action: WhyAction) -> Callback<MouseEvent> {
    dispatch.reform(move |_| Action::Why(action))
}

/// The button that shows the full chain, for the head of the explanation.
#[component]
pub(crate) fn WhyButton(
    WhyProps {
        view,
        language,
        dispatch,
    }: &WhyProps,
) -> Html {
    if view.chain.is_empty() && view.questions.is_empty() {
        return Html::default();
    }
    html! {
        <>
        <span class="sp"></span>
        if view.can_return {
            <button class="btn ghost" title={text::WHY_BACK_TITLE.to(*language)} onclick={ask(dispatch, WhyAction::Return)}>
                { text::WHY_BACK.to(*language) }
            </button>
        }
        <button class="btn ghost" title={text::WHY_TITLE.to(*language)} aria-expanded={view.is_full.to_string()} aria-controls="why"
            aria-keyshortcuts="Y" onclick={ask(dispatch, WhyAction::ToggleFull)}>
            { text::WHY.to(*language) }<kbd aria-hidden="true">{ "Y" }</kbd>
        </button>
        </>
    }
}

/// The answers.
#[component]
pub(crate) fn Why(
    WhyProps {
        view,
        language,
        dispatch,
    }: &WhyProps,
) -> Html {
    let language = *language;
    let step_link = |step: usize, is_current: bool| {
        html! {
            <button class="link" aria-current={is_current.then_some("step")} onclick={ask(dispatch, WhyAction::Follow(step))}>
                { unbroken(&text::step_link(language, step)) }
            </button>
        }
    };
    let is_told = view.chain.len() > 1 || view.question.is_some();
    let causes = view.chain.iter().map(|cause| {
        let missing = cause.is_missing.then(|| text::WHY_MISSING.to(language));
        html! {
            <li>
                { glyph(cause.glyph) }{ step_link(cause.step, cause.is_current) }{ " " }
                if let Some(missing) = missing { <span class="badge bad">{ missing }</span>{ " " } }
                { unbroken(&cause.text) }
            </li>
        }
    });
    let more = (view.left_out > 0).then(|| {
        if view.is_full {
            html! { <p class="muted">{ text::older_causes(language, view.left_out) }</p> }
        } else {
            html! {
                <button class="link more" onclick={ask(dispatch, WhyAction::ToggleFull)}>{ text::more_causes(language, view.left_out) }</button>
            }
        }
    });
    let (over, under) = if view.is_full {
        (more, None)
    } else {
        (None, more)
    };
    let questions = view.questions.iter().enumerate().map(|(index, question)| {
        let is_asked = view.question.as_ref() == Some(question);
        html! {
            <li><button class="link" aria-pressed={is_asked.to_string()} onclick={ask(dispatch, WhyAction::Ask(index))}>{ question }</button></li>
        }
    });
    let not = view.not_delivered.iter().map(|row| {
        let steps = row
            .steps
            .iter()
            .map(|step| html! { <>{ " " }{ step_link(*step, false) }</> });
        html! { <><dt>{ &row.name }</dt><dd>{ &row.text }{ for steps }</dd></> }
    });
    html! {
        <div id="why">
            if is_told {
                <section class="dk-why" aria-labelledby={text::WHY_ID}>
                    <h3 id={text::WHY_ID} tabindex="-1">{ view.question.clone().unwrap_or_else(|| text::BECAUSE.to(language).to_owned()) }</h3>
                    { over }
                    <ol class="chain">{ for causes }</ol>
                    { under }
                    if let Some(note) = &view.note { <p>{ note }</p> }
                    if view.question.is_some() {
                        <p><button class="link" onclick={ask(dispatch, WhyAction::AskStep)}>{ text::WHY_THIS_STEP.to(language) }</button></p>
                    }
                </section>
            }
            if !view.not_delivered.is_empty() || view.not_subscribed.is_some() {
                <section aria-labelledby="h-whynot">
                    <h3 id="h-whynot">{ text::WHY_NOT.to(language) }</h3>
                    <dl class="whynot">{ for not }</dl>
                    if let Some(strangers) = &view.not_subscribed { <p class="muted">{ strangers }</p> }
                </section>
            }
            if !view.questions.is_empty() {
                <section aria-labelledby="h-asks">
                    <h3 id="h-asks">{ text::WHY_MORE.to(language) }</h3>
                    <ul class="asks">{ for questions }</ul>
                </section>
            }
        </div>
    }
}
