//! What happens now, why, and by which rule.

use super::lesson::{Ask, Say};
use super::main_role;
use super::why::{Why, WhyButton};
use playground::action::Tab;
use playground::explain::ExplainView;
use playground::level::Level;
use playground::text::Language;
use playground::why::WhyView;
use playground::{Action, LessonPane, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct DockProps {
    pub(crate) view: Shared<ExplainView>,
    /// Whether the sentence is not to be read out.
    pub(crate) is_silent: bool,
    pub(crate) level: Level,
    pub(crate) main: Tab,
    pub(crate) lesson: Option<Shared<LessonPane>>,
    pub(crate) why: Shared<WhyView>,
    pub(crate) language: Language,
    pub(crate) dispatch: Callback<Action>,
}

/// The explanation.
#[component]
pub(crate) fn Dock(
    DockProps {
        view,
        is_silent,
        level,
        main,
        lesson,
        why,
        language,
        dispatch,
    }: &DockProps,
) -> Html {
    let say = view.say.iter().map(|run| {
        if run.is_marked {
            html! { <mark>{ &run.text }</mark> }
        } else {
            html! { { &run.text } }
        }
    });
    html! {
        <section class="pane dk" id="dock" tabindex="-1" role={main_role(*main, Tab::Explain).unwrap_or("complementary")} aria-labelledby="h-ex">
            <header><h2 id="h-ex">{ "Explain" }</h2><span class="badge">{ &view.place }</span><WhyButton view={why.clone()} language={*language} dispatch={dispatch.clone()} /></header>
            <div class="body">
                if let Some(view) = lesson { <Say view={view.clone()} dispatch={dispatch.clone()} /> }
                <p class="say" aria-live={if *is_silent { "off" } else { "polite" }}>{ for say }</p>
                { view.hint.map(|hint| html! { <p class="muted">{ hint }</p> }) }
                <Why view={why.clone()} language={*language} dispatch={dispatch.clone()} />
                if level.shows_details() { { rules(view, dispatch) } }
                { keys() }
            </div>
            if let Some(view) = lesson { <Ask view={view.clone()} dispatch={dispatch.clone()} /> }
        </section>
    }
}

fn rules(view: &ExplainView, dispatch: &Callback<Action>) -> Html {
    if view.rules.is_empty() {
        return Html::default();
    }
    let version = view.rules.first().map_or("", |rule| rule.version);
    let chips = view.rules.iter().enumerate().map(|(index, rule)| {
        let is_open = view.open == Some(index);
        html! {
            <button class="rule" aria-expanded={is_open.to_string()} aria-controls="rule-text" onclick={dispatch.reform(move |_| Action::ToggleRule(index))}>
                { rule.label() }
            </button>
        }
    });
    let text = view.open.and_then(|open| view.rules.get(open)).map(|rule| html! {
        <p class="ruletext">
            { rule.gist }{ " " }
            <a href={rule.url.clone()} target="_blank" rel="noreferrer">{ format!("Section {}", rule.section) }</a>
        </p>
    });
    html! {
        <section class="dk-rules" aria-labelledby="h-ru">
            <h3 id="h-ru">{ "Rules at work " }<span class="badge">{ version }</span></h3>
            <div class="rules">{ for chips }</div>
            <div id="rule-text">{ text }</div>
        </section>
    }
}

/// The keys that work anywhere on the page.
fn keys() -> Html {
    let row = |caps: &[&'static str], what: &'static str| {
        let caps = caps.iter().map(|cap| html! { <kbd>{ *cap }</kbd> });
        html! { <><dt>{ for caps }</dt><dd>{ what }</dd></> }
    };
    html! {
        <section class="dk-keys" aria-labelledby="h-keys">
            <h3 id="h-keys">{ "Keys" }</h3>
            <dl>
                { row(&["←", "→"], "one step") }
                { row(&["Space"], "play, pause") }
                { row(&["Home", "End"], "to the ends") }
                { row(&["[", "]"], "speed") }
            </dl>
        </section>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct CaptionProps {
    pub(crate) view: Shared<ExplainView>,
}

/// The sentence in one line, for the projector and for telephones.
#[component]
pub(crate) fn Caption(CaptionProps { view }: &CaptionProps) -> Html {
    html! { <section class="caption" aria-label="What happens now"><p>{ &view.caption }</p></section> }
}
