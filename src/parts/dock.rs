//! What happens now, why, and by which rule.

use super::lesson::{self, Ask};
use super::why::{Why, WhyButton};
use super::{live, main_role, unbroken, use_language};
use playground::action::Tab;
use playground::explain::ExplainView;
use playground::level::Level;
use playground::text::Language;
use playground::why::WhyView;
use playground::{Action, LessonPane, Shared, text};
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
    let language = *language;
    let say = view.say.iter().map(|run| {
        if run.is_marked {
            html! { <mark>{ unbroken(&run.text) }</mark> }
        } else {
            html! { { unbroken(&run.text) } }
        }
    });
    html! {
        <section class="pane dk" id="dock" tabindex="-1" role={main_role(*main, Tab::Explain).unwrap_or("complementary")} aria-labelledby="h-ex">
            <header><h2 id="h-ex">{ text::tab_name(language, Tab::Explain) }</h2><span class="badge">{ &view.place }</span><WhyButton view={why.clone()} {language} dispatch={dispatch.clone()} /></header>
            <div class="body">
                if let Some(view) = lesson { { lesson::say(language, view, *is_silent, dispatch) } }
                <p class="say" aria-live={live(*is_silent)}>{ for say }</p>
                { view.hint.map(|hint| html! { <p class="muted">{ hint }</p> }) }
                <Why view={why.clone()} {language} dispatch={dispatch.clone()} />
                if level.shows_details() { { rules(language, view, dispatch) } }
                { keys(language) }
            </div>
            if let Some(view) = lesson { <Ask view={view.clone()} dispatch={dispatch.clone()} /> }
        </section>
    }
}

fn rules(language: Language, view: &ExplainView, dispatch: &Callback<Action>) -> Html {
    if view.rules.is_empty() {
        return Html::default();
    }
    let version = view.rules.first().map_or("", |rule| rule.version);
    let chips = view.rules.iter().enumerate().map(|(index, rule)| {
        let is_open = view.open == Some(index);
        html! {
            <button class="rule" aria-expanded={is_open.to_string()} aria-controls="rule-text" onclick={dispatch.reform(move |_| Action::ToggleRule(index))}>
                { rule.label(language) }
                if rule.step != view.step { { " " }<small>{ text::step_link(language, rule.step) }</small> }
            </button>
        }
    });
    let text = view.open.and_then(|open| view.rules.get(open)).map(|rule| html! {
        <p class="ruletext">
            { rule.gist.as_ref() }{ " " }
            <a href={rule.url.clone()} target="_blank" rel="noreferrer">{ text::section(language, rule.section) }</a>
        </p>
    });
    html! {
        <section class="dk-rules" aria-labelledby="h-ru">
            <h3 id="h-ru">{ text::RULES.to(language) }{ " " }<span class="badge">{ version }</span></h3>
            <div class="rules">{ for chips }</div>
            <div id="rule-text">{ text }</div>
        </section>
    }
}

/// The keys that work anywhere on the page.
fn keys(language: Language) -> Html {
    html! {
        <section class="dk-keys" aria-labelledby="h-keys">
            <h3 id="h-keys">{ text::KEYS_HEADING.to(language) }</h3>
            <dl>{ for super::key_rows(language, text::KEYS_SHORT) }</dl>
        </section>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct CaptionProps {
    pub(crate) view: Shared<ExplainView>,
    /// Whether a question waits, which a telephone shows behind a tab.
    #[prop_or_default]
    pub(crate) asks: bool,
    pub(crate) dispatch: Callback<Action>,
}

/// The sentence in one line, for the projector and for telephones.
#[component]
pub(crate) fn Caption(
    CaptionProps {
        view,
        asks,
        dispatch,
    }: &CaptionProps,
) -> Html {
    let language = use_language();
    let open = dispatch.reform(|_| Action::ShowQuestion);
    html! {
        <section class="caption" aria-label={text::CAPTION.to(language)}>
            <p>{ unbroken(&view.caption) }</p>
            if *asks { <button class="btn" onclick={open}>{ text::QUESTION_WAITS.to(language) }</button> }
        </section>
    }
}
