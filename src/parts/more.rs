//! What is behind "More" where the bar at the top has no room for it: the places, the level, the tools.

use super::{icon, place_icon, use_language};
use playground::commands::Group;
use playground::level::LEVELS;
use playground::text::{LANGUAGES, Phrase};
use playground::{Action, FrameView, PaletteAction, Shared, StopsAction, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct MoreProps {
    pub(crate) view: Shared<FrameView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The sheet.
#[component]
pub(crate) fn More(MoreProps { view, dispatch }: &MoreProps) -> Html {
    let language = use_language();
    let close = dispatch.reform(|_: MouseEvent| Action::ToggleMore);
    // What was chosen takes the place of the sheet.
    let choose = |action: Action| {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::ToggleMore);
            dispatch.emit(action.clone());
        })
    };
    let tool = |name: &str, label: Phrase, is_idle: bool, action: Action| {
        html! {
            <button class="btn" aria-disabled={is_idle.then_some("true")} onclick={choose(action)}>{ icon(name) }{ label.to(language) }</button>
        }
    };
    let places = view.rail.iter().map(|(place, fragment)| html! {
        <a class="btn" href={fragment.clone()} aria-current={(*place == view.place).then_some("page")} onclick={close.clone()}>{ icon(place_icon(*place)) }{ text::place_name(language, *place) }</a>
    });
    let levels = LEVELS.into_iter().map(|level| {
        let onchange = dispatch.reform(move |_: Event| Action::SetLevel(level));
        html! { <label><input type="radio" name="more-level" checked={level == view.level} {onchange} />{ text::level_name(language, level) }</label> }
    });
    let languages = LANGUAGES.into_iter().filter(|it| *it != language).map(|other| html! {
        <button class="btn" lang={other.tag()} onclick={choose(Action::SetLanguage(other))}>{ other.name() }</button>
    });
    html! {
        <div class="veil sheet">
            <section class="card" role="dialog" aria-modal="true" aria-labelledby="h-more">
                <div class="rowx ends"><h2 class="h2" id="h-more">{ text::MORE_TOOLS.to(language) }</h2>
                    <button class="btn ghost icon" id={text::MORE_CLOSE_ID} aria-label={text::CLOSE.to(language)} onclick={close.clone()}>{ icon("close") }</button></div>
                <nav class="grid" aria-label={text::PLACES.to(language)}>{ for places }</nav>
                if view.screen.has_run() {
                    <div class="seg levels" role="radiogroup" aria-label={text::LEVEL.to(language)} aria-describedby="more-level-shows">{ for levels }</div>
                    <p class="muted" id="more-level-shows">{ text::level_shows(language, view.level) }</p>
                }
                <div class="grid">
                    if view.screen.has_run() {
                        { tool("undo", text::UNDO, view.undo.is_none(), Action::Undo) }
                        { tool("redo", text::REDO, view.redo.is_none(), Action::Redo) }
                        { tool("share", text::SHARE, false, Action::Share) }
                        { tool("stops", text::STOPS, false, Action::Stops(StopsAction::Toggle)) }
                        { tool("files", text::FILES, false, Action::Palette(PaletteAction::Open(Some(Group::Files)))) }
                    }
                    { tool("search", text::PALETTE, false, Action::Palette(PaletteAction::Open(None))) }
                    { tool("theme", text::LIGHT_OR_DARK, false, Action::ToggleTheme) }
                    { tool("help", text::HELP, false, Action::ToggleHelp) }
                    { for languages }
                </div>
            </section>
        </div>
    }
}
