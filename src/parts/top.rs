//! Title, scenario, projector and theme; the tabs of narrow screens.

use super::{icon, use_language};
use crate::effects;
use playground::action::{TABS, Tab, Theme};
use playground::commands::Group;
use playground::level::{LEVELS, Level};
use playground::route::{Place, Screen};
use playground::text::{LANGUAGES, Language, Phrase};
use playground::{Action, FrameView, PaletteAction, Shared, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct TopProps {
    pub(crate) view: Shared<FrameView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The bar at the top.
#[component]
pub(crate) fn Top(TopProps { view, dispatch }: &TopProps) -> Html {
    let language = use_language();
    let choose =
        dispatch.reform(|event: Event| Action::Open(effects::chosen(&event).unwrap_or_default()));
    let home = Place::Lessons.fragment();
    let mut titles = view.scenarios.iter().enumerate();
    let chapters: Vec<Html> = view
        .chapters
        .iter()
        .map(|(chapter, count)| {
            let options = titles.by_ref().take(*count).map(|(index, title)| {
                html! { <option selected={index == view.scenario}>{ title }</option> }
            });
            html! { <optgroup label={chapter.clone()}>{ for options }</optgroup> }
        })
        .collect();
    let title = view
        .scenarios
        .get(view.scenario)
        .cloned()
        .unwrap_or_default();
    let is_dark = view.theme == Theme::Dark;
    let is_play = view.screen.has_run();
    // Whoever chose with the pointer goes on with the run: the arrow keys are for its steps. Whoever chose with a key stays in
    // the group, where they lead from level to level.
    let is_pointed = use_mut_ref(|| false);
    let level = |this: Level| {
        let onpointerdown = {
            let is_pointed = is_pointed.clone();
            Callback::from(move |_: PointerEvent| *is_pointed.borrow_mut() = true)
        };
        let onkeydown = {
            let is_pointed = is_pointed.clone();
            Callback::from(move |_: KeyboardEvent| *is_pointed.borrow_mut() = false)
        };
        let onchange = {
            let (dispatch, is_pointed) = (dispatch.clone(), is_pointed.clone());
            Callback::from(move |_: Event| {
                dispatch.emit(Action::SetLevel(this));
                if is_pointed.replace(false) {
                    dispatch.emit(Action::SkipToMain);
                }
            })
        };
        let what = text::level_shows(language, this);
        html! { <label title={what} {onpointerdown} {onkeydown}><input type="radio" name="level" checked={this == view.level} {onchange} aria-description={what} />{ text::level_name(language, this) }</label> }
    };
    let change = |name: &'static str,
                  label: Phrase,
                  keys: Phrase,
                  what: Option<&String>,
                  action: Action| {
        let (label, keys) = (label.to(language), keys.to(language));
        let title = what.map_or_else(
            || label.to_owned(),
            |what| format!("{label}: {what} ({keys})"),
        );
        html! {
            <button class="btn ghost icon opt-mid" aria-label={title.clone()} {title} aria-disabled={what.is_none().then_some("true")}
                onclick={dispatch.reform(move |_| action.clone())}>{ icon(name) }</button>
        }
    };
    let page = match view.screen {
        Screen::Broker => text::BROKER_TITLE.to(language),
        Screen::Board => text::place_name(language, view.place),
        Screen::Class => text::CLASS_TITLE.to(language),
        _ => "MQTT Playground",
    };
    html! {
        <header class="top">
            <a class="brand" href={home} aria-label={text::TO_THE_START.to(language)}>{ brand() }</a>
            <div class="crumbs">
                if is_play || view.screen == Screen::Futures {
                    <span class="muted">{ view.crumb.clone() }</span>
                    <h1 title={title.clone()}>{ title }</h1>
                } else {
                    <h1 title={page}>{ page }</h1>
                }
            </div>
            <div class="tools">
                if is_play {
                    <label class="pick">
                        <select class="btn" aria-label={text::SCENARIO.to(language)} onchange={choose}>{ chapters }</select>
                    </label>
                    if !view.version.is_empty() { <span class="badge opt-wide">{ view.version }</span> }
                    <div class="seg levels opt-mid" role="radiogroup" aria-label={text::LEVEL.to(language)}>{ for LEVELS.into_iter().map(level) }</div>
                    { change("undo", text::UNDO, text::UNDO_KEYS, view.undo.as_ref(), Action::Undo) }
                    { change("redo", text::REDO, text::REDO_KEYS, view.redo.as_ref(), Action::Redo) }
                }
                if is_play {
                    <button class="btn ghost icon opt-mid" title={text::SHARE_TITLE.to(language)} aria-label={text::SHARE.to(language)}
                        onclick={dispatch.reform(|_| Action::Share)}>{ icon("share") }</button>
                    <button class="btn ghost icon opt-mid" title={text::FILES.to(language)} aria-label={text::FILES.to(language)} aria-haspopup="dialog"
                        onclick={dispatch.reform(|_| Action::Palette(PaletteAction::Open(Some(Group::Files))))}>{ icon("files") }</button>
                }
                <button class="btn ghost icon opt-proj" title={text::PROJECTOR.to(language)} aria-label={text::PROJECTOR.to(language)} aria-pressed={view.projector.to_string()}
                    onclick={dispatch.reform(|_| Action::ToggleProjector)}>{ icon("proj") }</button>
                { languages(language, dispatch) }
                <button class="btn ghost icon" title={text::LIGHT_OR_DARK.to(language)} aria-label={text::DARK.to(language)} aria-pressed={is_dark.to_string()}
                    onclick={dispatch.reform(|_| Action::ToggleTheme)}>{ icon("theme") }</button>
                <button class="btn ghost icon opt-more" id={text::MORE_ID} title={text::MORE_TOOLS.to(language)} aria-label={text::MORE_TOOLS.to(language)} aria-haspopup="dialog" aria-expanded={view.is_more.to_string()}
                    onclick={dispatch.reform(|_| Action::ToggleMore)}>{ icon("more") }</button>
                <button class="btn ghost icon opt-mid" title={text::HELP_TITLE.to(language)} aria-label={text::HELP.to(language)} aria-haspopup="dialog"
                    onclick={dispatch.reform(|_| Action::ToggleHelp)}>{ icon("help") }</button>
            </div>
        </header>
    }
}

/// The choice of a language: one button as long as there are two. It is named by what it leads to, in the language of those
/// who look for it.
fn languages(language: Language, dispatch: &Callback<Action>) -> Html {
    let others = LANGUAGES.into_iter().filter(|it| *it != language);
    let button = |other: Language| {
        let onclick = dispatch.reform(move |_| Action::SetLanguage(other));
        html! {
            <button class="btn ghost lang" lang={other.tag()} title={other.name()} aria-label={format!("{}: {}", other.tag().to_uppercase(), other.name())} {onclick}>
                <span class="opt-wide">{ other.name() }</span><span class="short">{ other.tag().to_uppercase() }</span>
            </button>
        }
    };
    html! { <>{ for others.map(button) }</> }
}

fn brand() -> Html {
    html! {
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <g fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
                <path d="M6 4v24M26 4v24" />
                <path d="M10 9.500l7 2.200M22.500 20l-11.500 3.600M15 19.300l-4.300 4.400 5.900 1.600" />
            </g>
            <path d="M23.500 13.700l-8.200 1.800 2.500-8z" fill="currentColor" />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct TabsProps {
    pub(crate) tab: Tab,
    pub(crate) level: Level,
    /// Whether the explanation's place is taken by the forms of the sandbox, and there is no room for details.
    pub(crate) is_building: bool,
    pub(crate) dispatch: Callback<Action>,
}

/// One view at a time, where only one has room.
#[component]
pub(crate) fn Tabs(
    TabsProps {
        tab,
        level,
        is_building,
        dispatch,
    }: &TabsProps,
) -> Html {
    let language = use_language();
    let choice = |this: Tab| {
        let label = match this {
            Tab::Explain if *is_building => text::SANDBOX_TAB.to(language),
            this => text::tab_name(language, this),
        };
        let class = (this == Tab::Explain).then_some("t-explain");
        html! {
            <label {class}>
                <input type="radio" name="tab" checked={this == *tab} onchange={dispatch.reform(move |_| Action::ShowTab(this))} />
                { label }
            </label>
        }
    };
    html! {
        <nav class="tabs" aria-label={text::VIEWS.to(language)}><div class="seg" role="radiogroup" aria-label={text::VIEW.to(language)}>{ for TABS.into_iter().filter(|tab| if *is_building { Level::Start } else { *level }.shows(*tab)).map(choice) }</div></nav>
    }
}
