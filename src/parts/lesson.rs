//! A lesson: what it says, what it asks before it shows the answer, and what is to be built or broken.

use super::{icon, live, unbroken, use_language, vote};
use playground::lesson::{AskState, AskView, GoalView, OptionView, TaskView};
use playground::text::Language;
use playground::{Action, LessonPane, Onward, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct LessonProps {
    pub(crate) view: Shared<LessonPane>,
    pub(crate) dispatch: Callback<Action>,
}

/// What the lesson says now, and the way back from a run of one's own.
pub(super) fn say(
    language: Language,
    view: &LessonPane,
    is_silent: bool,
    dispatch: &Callback<Action>,
) -> Html {
    if view.lesson.say.is_none() && view.own_run.is_none() {
        return Html::default();
    }
    let back = view.own_run.map(|run| {
        html! {
            <button class="btn" onclick={dispatch.reform(move |_| Action::ShowFuture(run))}>{ text::OWN_RUN.to(language) }</button>
        }
    });
    html! {
        <div class="tell">
            <h3>{ &view.place }</h3>
            if let Some(say) = &view.lesson.say { <p aria-live={live(is_silent)}>{ unbroken(say) }</p> }
            { back }
        </div>
    }
}

/// The question or the task: it stays in view while the explanation scrolls.
#[component]
pub(crate) fn Ask(LessonProps { view, dispatch }: &LessonProps) -> Html {
    let language = use_language();
    let lesson = &view.lesson;
    html! {
        {
            match (&lesson.ask, &lesson.task) {
                (Some(ask), None) => question(language, ask, view, dispatch),
                (Some(ask), Some(_)) if view.is_ask_first => question(language, ask, view, dispatch),
                (_, Some(task)) => self::task(language, task, view),
                (None, None) => end(view),
            }
        }
    }
}

/// The end of a part that asks nothing and has no task.
fn end(view: &LessonPane) -> Html {
    if view.onward.is_none() {
        return Html::default();
    }
    html! { <section class="ask"><div class="askfoot">{ onward(view, true) }</div></section> }
}

/// Where the end of the part leads.
fn onward(view: &LessonPane, is_primary: bool) -> Html {
    let link = |it: &Onward| {
        html! {
            <a class={classes!("btn", is_primary.then_some("primary"))} href={it.fragment.clone()}><span>{ &it.label }</span>{ icon("next") }</a>
        }
    };
    view.onward.as_ref().map_or_else(Html::default, link)
}

fn question(
    language: Language,
    ask: &AskView,
    view: &LessonPane,
    dispatch: &Callback<Action>,
) -> Html {
    let is_open = ask.state.is_open();
    let options = ask.options.iter().enumerate().map(|(index, option)| {
        let votes = view.votes.as_ref();
        if is_open {
            let letter = option.letter;
            let counted = votes.filter(|_| view.is_voting);
            let counter =
                counted.map(|votes| vote::counter(votes, index, letter, language, dispatch));
            let pages = votes.filter(|votes| !votes.pages.is_empty());
            let pages = pages.map(|votes| vote::bar(votes, index, language));
            html! { <div class="optrow">{ choice(option, index, dispatch) }{ counter }{ pages }</div> }
        } else {
            let bar = votes.filter(|votes| votes.total > 0);
            let bar = bar.map(|votes| vote::bar(votes, index, language));
            answer(language, option, bar)
        }
    });
    let list = if is_open {
        html! { <div class="opts" role="radiogroup" aria-labelledby="h-q">{ for options }</div> }
    } else {
        html! { <ul class="opts">{ for options }</ul> }
    };
    let reveal_step = ask.reveal_step;
    let foot = match ask.state {
        AskState::Open | AskState::Chosen => {
            let is_idle = ask.state == AskState::Open;
            html! {
                <><span>{ text::PREDICT.to(language) }</span>
                { vote::starts(view, language, dispatch) }
                <button class="btn primary" aria-disabled={is_idle.then_some("true")} onclick={dispatch.reform(|_| Action::Commit)}>{ text::LOCK_IN.to(language) }{ icon("lock") }</button></>
            }
        }
        AskState::Locked | AskState::Passed => html! {
            <><span>{ if ask.state == AskState::Locked { text::LOCKED_IN } else { text::NOT_PREDICTED }.to(language) }</span>
            <button class="btn primary" onclick={dispatch.reform(move |_| Action::GoTo(reveal_step))}>{ text::reveal_at(language, reveal_step) }{ icon("next") }</button></>
        },
        AskState::Revealed if view.onward.is_some() => onward(view, true),
        AskState::Revealed => html! {
            <button class="btn primary" onclick={dispatch.reform(|_| Action::StepForward)}>{ text::GO_ON.to(language) }{ icon("next") }</button>
        },
    };
    html! {
        <section class="ask" aria-labelledby="h-q">
            <p class="q" id={text::QUESTION_ID} tabindex="-1">{ unbroken(&ask.question) }</p>
            { vote::asked(view.class.as_ref()) }
            { list }
            <p class="result" role="status">{ text::outcome(language, ask) }</p>
            <div class="askfoot">{ foot }</div>
        </section>
    }
}

fn choice(option: &OptionView, index: usize, dispatch: &Callback<Action>) -> Html {
    html! {
        <label class={classes!("opt", option.is_chosen.then_some("mine"))}>
            <input class="vh" type="radio" name="ask" checked={option.is_chosen} onchange={dispatch.reform(move |_: Event| Action::Answer(index))} />
            <span class="key" aria-hidden="true">{ option.letter }</span><span>{ unbroken(&option.text) }</span>
        </label>
    }
}

fn answer(language: Language, option: &OptionView, bar: Option<Html>) -> Html {
    let (class, mark) = match (option.is_right, option.is_chosen) {
        (None, true) => ("mine", Some("lock")),
        (Some(true), _) => ("is-right", Some("check")),
        (Some(false), true) => ("is-wrong", Some("close")),
        _ => ("", None),
    };
    html! {
        <li class={classes!("opt", class)}>
            <span class="key" aria-hidden="true">{ option.letter }</span>
            <span>
                { unbroken(&option.text) }<span class="vh">{ text::answer_state(language, option) }</span>
                { bar }
                if let Some(because) = &option.because { <small>{ unbroken(because) }</small> }
                if let Some(belief) = &option.belief { <small>{ text::belief(language, belief) }</small> }
            </span>
            { mark.map(|mark| html! { <span class="mark">{ icon(mark) }</span> }) }
        </li>
    }
}

fn task(language: Language, task: &TaskView, view: &LessonPane) -> Html {
    let goal = |goal: &GoalView| {
        html! {
            <li class={classes!("opt", if goal.is_met { "is-right" } else { "open" })}>
                <span class="mark">{ icon(if goal.is_met { "check" } else { "close" }) }</span>
                <span>
                    <span class="vh">{ text::goal_state(language, goal.is_met) }</span>{ &goal.text }
                    <small>{ text::found(language, &goal.found) }</small>
                    if let Some(hint) = &goal.hint { <details><summary>{ text::HINT.to(language) }</summary><small>{ hint }</small></details> }
                </span>
            </li>
        }
    };
    html! {
        <section class="ask" aria-labelledby="h-q">
            <h2 class="over">{ text::TASK.to(language) }</h2>
            <p class="q" id="h-q">{ &task.text }</p>
            <div role="status"><ul class="opts">{ for task.goals.iter().map(goal) }</ul></div>
            <div class="askfoot">
                <span>{ text::task_state(language, task.is_done) }</span>
                { onward(view, task.is_done) }
            </div>
        </section>
    }
}
