//! The start page.

use super::{icon, place_icon, use_language};
use playground::lobby::{Chapter, Entry, LobbyView, PartLink};
use playground::route::Place;
use playground::text::{Language, Phrase};
use playground::{Action, FilesAction, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct LobbyProps {
    pub(crate) view: LobbyView,
    pub(crate) dispatch: Callback<Action>,
}

/// What there is to learn.
#[component]
pub(crate) fn Lobby(LobbyProps { view, dispatch }: &LobbyProps) -> Html {
    let language = use_language();
    let resume = view.resume.as_ref().map(|resume| html! {
        <section class="card cont" aria-labelledby="h-c">
            { thumb() }
            <div><h2 class="h2" id="h-c">{ &resume.title }</h2><p class="muted">{ &resume.place }</p></div>
            <a class="btn primary big" href={resume.fragment.clone()}>{ if resume.is_new { text::BEGIN } else { text::CONTINUE }.to(language) }{ icon("next") }</a>
        </section>
    });
    html! {
        <main class="lobby" id="lobby" tabindex="-1">
            <div class="wrap">
                <p class="h1">{ text::WELCOME.to(language) }</p>
                <p class="lead">{ text::WELCOME_MORE.to(language) }</p>
                { resume }
                <div class="home">
                    <div>{ for view.chapters.iter().map(chapter) }</div>
                    <div class="stack">
                        <section class="card go">
                            { icon("broken") }
                            <div><h2 class="h3">{ text::BREAK.to(language) }</h2><p>{ text::BREAK_MORE.to(language) }</p></div>
                            if let Some(way) = &view.breaking { <div class="acts"><a class="btn" href={way.clone()}>{ text::BREAK_GO.to(language) }</a></div> }
                        </section>
                        { card(language, Place::Sandbox, [text::LOBBY_SANDBOX, text::LOBBY_SANDBOX_MORE, text::LOBBY_SANDBOX_GO]) }
                        { card(language, Place::Broker, [text::LOBBY_BROKER, text::LOBBY_BROKER_MORE, text::LOBBY_BROKER_GO]) }
                        { card(language, Place::Board, [text::LOBBY_BOARD, text::LOBBY_BOARD_MORE, text::BOARD_TITLE]) }
                        <section class="card go">
                            { icon("files") }
                            <div><h2 class="h3">{ text::LOBBY_FILE.to(language) }</h2><p>{ text::LOBBY_FILE_MORE.to(language) }</p></div>
                            <div class="acts"><button class="btn" onclick={dispatch.reform(|_| Action::Files(FilesAction::Ask))}>{ text::LOBBY_FILE_GO.to(language) }</button></div>
                        </section>
                        <section class="card go opt-proj">
                            { icon("proj") }
                            <div><h2 class="h3">{ text::TEACH.to(language) }</h2><p>{ text::TEACH_MORE.to(language) }</p></div>
                            <div class="acts"><button class="btn" onclick={dispatch.reform(|_| Action::ToggleProjector)}>{ text::PROJECTOR.to(language) }</button><a class="btn" href={Place::Class.fragment()}>{ text::place_name(language, Place::Class) }</a></div>
                        </section>
                    </div>
                </div>
            </div>
        </main>
    }
}

/// A way to another place: its name, what it is for, the words of the link.
fn card(language: Language, place: Place, [name, more, go]: [Phrase; 3]) -> Html {
    html! {
        <section class="card go">
            { icon(place_icon(place)) }
            <div><h2 class="h3">{ name.to(language) }</h2><p>{ more.to(language) }</p></div>
            <div class="acts"><a class="btn" href={place.fragment()}>{ go.to(language) }</a></div>
        </section>
    }
}

fn chapter(chapter: &Chapter) -> Html {
    html! {
        <section class="chap">
            <h2>{ &chapter.name }</h2>
            <ol>{ for chapter.entries.iter().map(entry) }</ol>
        </section>
    }
}

fn entry(entry: &Entry) -> Html {
    html! {
        <li>
            <a class={classes!("les", entry.is_current.then_some("cur"))} href={entry.fragment.clone()} aria-current={entry.is_current.then_some("true")}>
                <span class="n">{ &entry.number }</span>
                <span><b>{ &entry.title }</b><span class="q">{ &entry.about }</span></span>
                <span class="m">{ &entry.minutes }</span>
                <span class="st">if entry.is_done { { icon("check") } }<span>{ &entry.seen }</span></span>
            </a>
            if !entry.parts.is_empty() {
                <ul class="parts">{ for entry.parts.iter().map(part) }</ul>
            }
        </li>
    }
}

fn part(part: &PartLink) -> Html {
    html! {
        <li><a href={part.fragment.clone()} aria-current={part.is_current.then_some("true")}>
            if part.is_done { { icon("check") } }{ &part.name }
        </a></li>
    }
}

/// A small ladder, as a picture.
fn thumb() -> Html {
    html! {
        <svg class="thumb" viewBox="0 0 192 84" aria-hidden="true">
            <path class="t-life" d="M24 4v76M96 4v76M168 4v76" />
            <path class="t-pub" d="M26 12l62 7M98 24l62 7" />
            <path class="t-head" d="M96 20l-10-5v9zM168 32l-10-5v9zM162 74l-10-5v9z" />
            <path class="t-ack" d="M166 38l-42 5" />
            <path class="t-fault" d="M112 38l9 9m0-9l-9 9" />
            <path class="t-pub t-again" d="M98 66l54 6" />
        </svg>
    }
}
