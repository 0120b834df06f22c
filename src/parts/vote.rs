//! The votes of a class: hands are counted beside the answers before they are locked, as bars from then on; pages are asked, and
//! are bars at once.

use crate::effects;
use playground::class::ClassAction;
use playground::class::view::ClassAsk;
use playground::text::{self, Language};
use playground::vote::{HANDS_MAX, VoteAction, VoteView};
use playground::{Action, LessonPane};
use yew::prelude::*;

/// A button that begins or ends to count.
fn toggle(is_voting: bool, language: Language, dispatch: &Callback<Action>) -> Html {
    html! {
        <button class="btn" aria-pressed={is_voting.to_string()} onclick={dispatch.reform(|_| Action::Vote(VoteAction::Toggle))}>
            { text::VOTE.to(language) }
        </button>
    }
}

/// Counts the hands for an answer.
pub(crate) fn counter(
    votes: &VoteView,
    option: usize,
    letter: char,
    language: Language,
    dispatch: &Callback<Action>,
) -> Html {
    let hands = votes.hands(option);
    let button = |label: &'static str, sign: &'static str, by: i16| {
        let onclick = dispatch.reform(move |_| Action::Vote(VoteAction::Raise(option, by)));
        html! { <button class="btn icon" aria-label={format!("{label}: {letter}")} title={label} {onclick}>{ sign }</button> }
    };
    let onchange = dispatch.reform(move |event: Event| {
        let hands = effects::entered(&event).parse().unwrap_or(0);
        Action::Vote(VoteAction::Set(option, hands))
    });
    html! {
        <span class="hands">
            { button(text::VOTE_LESS.to(language), "−", -1) }
            <input type="number" min="0" max={HANDS_MAX.to_string()} aria-label={text::hands_for(language, letter)} value={hands.to_string()} {onchange} />
            { button(text::VOTE_MORE.to(language), "+", 1) }
        </span>
    }
}

/// The hands for an answer as a bar. Its colour says nothing: what is right is shown elsewhere, and later.
pub(crate) fn bar(votes: &VoteView, option: usize, language: Language) -> Html {
    let (count, percent) = votes.share(option);
    let words = match votes.pages.is_empty() {
        true => text::hands(language, count, votes.total),
        false => text::votes(language, count, votes.total),
    };
    html! {
        <span class="votes">
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="6" /><rect class="part" width={percent.to_string()} height="6" /></svg>
            <small>{ words }</small>
        </span>
    }
}

/// What begins a vote: of hands, and of the class's pages for who leads. Whose own answer is a vote begins none.
pub(super) fn starts(
    LessonPane {
        class,
        is_voting,
        has_hands,
        ..
    }: &LessonPane,
    language: Language,
    dispatch: &Callback<Action>,
) -> Html {
    let view = class.as_ref();
    if view.is_some_and(|it| it.is_own_vote) {
        return Html::default();
    }
    let can_ask = view.is_some_and(|it| it.can_ask);
    html! {
        <>
        if *has_hands { { toggle(*is_voting, language, dispatch) } }
        if can_ask {
            <button class="btn" onclick={dispatch.reform(|_| Action::Class(ClassAction::Ask))}>{ text::CLASS_ASK.to(language) }</button>
        }
        </>
    }
}

/// What the question has to do with the class.
pub(super) fn asked(view: Option<&ClassAsk>) -> Html {
    let words = view.and_then(|it| it.text.as_ref());
    words.map_or_else(Html::default, |words| {
        html! { <p class="asked" role="status">{ words }</p> }
    })
}
