//! A class: the way in, what others need to get in, and what is at hand while it goes on.

use super::guests::dot;
use super::{Entry, Part, icon, use_language};
use playground::Action;
use playground::class::view::{
    ClassStripView, ClassView, Code, GuestsMark, InvitationView, PartView, QuestionView,
};
use playground::class::{ClassAction, ClassField};
use playground::route::Place;
use playground::text::{self, Phrase};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ClassProps {
    pub(crate) view: ClassView,
    pub(crate) dispatch: Callback<Action>,
}

/// The screen.
#[component]
pub(crate) fn Class(ClassProps { view, dispatch }: &ClassProps) -> Html {
    let part = Part::new(use_language(), dispatch, Action::Class);
    html! {
        <main class="lobby" id="class" tabindex="-1"><div class="wrap classroom">
            { part.state(view) }
            { view.invitation.as_ref().map(|it| part.invitation(it)) }
            if view.part == PartView::None {
                <div class="ways">{ part.form(view, false) }{ part.form(view, true) }</div>
            }
        </div></main>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct ClassStripProps {
    pub(crate) view: ClassStripView,
    pub(crate) dispatch: Callback<Action>,
}

/// What is at hand at the main screen.
#[component]
pub(crate) fn ClassStrip(ClassStripProps { view, dispatch }: &ClassStripProps) -> Html {
    let part = Part::new(use_language(), dispatch, Action::Class);
    html! {
        <section class="live-strip class-strip" aria-label={part.t(text::CLASS_STRIP)}>
            <a class="live-mark" href={Place::Class.fragment()}>{ dot(view.mark) }<b>{ part.t(text::CLASS_STRIP) }</b></a>
            <span class="how" role="status">{ &view.state }</span>
            { view.detail.as_ref().map(|it| html! { <span class="muted">{ it }</span> }) }
            if view.is_waiting {
                <button class="btn" onclick={part.on(ClassAction::Retry)}>{ part.t(text::CLASS_RETRY) }</button>
            }
            { part.walks(view.part) }
            { view.question.as_ref().map(|it| part.question(it)) }
        </section>
    }
}

impl Part<'_, ClassAction> {
    fn button(&self, words: Phrase, action: ClassAction) -> Html {
        html! { <button class="btn" type="button" onclick={self.on(action)}>{ self.t(words) }</button> }
    }

    /// Alone, or with the class again.
    fn walks(&self, part: PartView) -> Html {
        match part {
            PartView::Follows => self.button(text::CLASS_ALONE, ClassAction::Alone),
            PartView::Alone => self.button(text::CLASS_FOLLOW, ClassAction::Follow),
            PartView::None | PartView::Leads => Html::default(),
        }
    }

    fn state(&self, view: &ClassView) -> Html {
        let (mark, state) = &view.state;
        let leave = match view.part {
            PartView::None => None,
            PartView::Leads => Some(text::CLASS_CLOSE),
            PartView::Follows | PartView::Alone => Some(text::CLASS_LEAVE),
        };
        let is_bad = *mark == GuestsMark::Bad;
        html! {
            <section class="card stack" aria-labelledby="h-class">
                <div class="rowx apart" role={if is_bad { "alert" } else { "status" }}>
                    <h2 class="h2 rowx" id="h-class">{ dot(*mark) }{ state }</h2>
                    { view.count.as_ref().map(|it| html! { <strong class="count">{ it }</strong> }) }
                </div>
                { view.advice.as_ref().map(|it| html! { <p>{ it }</p> }) }
                { view.shows.as_ref().map(|it| html! { <p>{ it }</p> }) }
                { view.wait.as_ref().map(|it| html! { <p class="muted">{ it }</p> }) }
                { view.question.as_ref().map(|it| self.question(it)) }
                if leave.is_some() || view.can_take_over {
                    <div class="rowx">
                        if view.wait.is_some() { { self.button(text::CLASS_RETRY, ClassAction::Retry) } }
                        if view.can_take_over { { self.button(text::CLASS_TAKE_OVER, ClassAction::Lead(true)) } }
                        <a class="btn primary" href={view.way_to_run.clone()}>{ self.t(text::CLASS_TO_RUN) }{ icon("next") }</a>
                        { self.walks(view.part) }
                        { leave.map(|words| self.button(words, ClassAction::Leave)) }
                    </div>
                }
                <small class="hint">{ self.t(text::CLASS_PRIVACY) }</small>
            </section>
        }
    }

    fn invitation(&self, view: &InvitationView) -> Html {
        html! {
            <section class="card invitation" aria-label={self.t(text::CLASS_OPEN_THIS)}>
                <div class="stack">
                    <p class="muted">{ self.t(text::CLASS_OPEN_THIS) }</p>
                    <p class="wall mono">{ &view.address }</p>
                    if let Some(code) = &view.code {
                        <p class="muted">{ self.t(text::CLASS_THE_CODE) }</p>
                        <p class="wall code-word mono">{ code }</p>
                    } else {
                        <p class="muted">{ self.t(text::CLASS_NO_CODE) }</p>
                    }
                    <p class="muted both">{ self.t(text::CLASS_LINK) }{ ": " }<span class="mono">{ &view.link }</span></p>
                    { view.is_only_here.as_ref().map(|it| html! { <p class="alert info">{ it }</p> }) }
                    <small class="hint">{ self.t(text::CLASS_LEAD_PRIVACY) }</small>
                </div>
                { view.drawing.as_ref().map(|it| self.drawing(it)) }
            </section>
        }
    }

    /// Black on white in every theme: that is what cameras look for.
    fn drawing(&self, code: &Code) -> Html {
        let size = code.size;
        html! {
            <svg class="qr" role="img" aria-label={self.t(text::CLASS_DRAWING)} viewBox={format!("0 0 {size} {size}")} shape-rendering="crispEdges">
                <rect width={size.to_string()} height={size.to_string()} fill="#fff" /><path d={code.path.clone()} fill="#000" />
            </svg>
        }
    }

    fn form(&self, view: &ClassView, leads: bool) -> Html {
        let action = match leads {
            true => ClassAction::Lead(false),
            false => ClassAction::Join,
        };
        let submit = self.submits(action);
        let (title, about, code, hint, go) = match leads {
            true => (
                text::CLASS_LEAD_TITLE,
                text::CLASS_LEAD_ABOUT,
                text::CLASS_LEAD_CODE,
                text::CLASS_LEAD_CODE_HINT,
                text::CLASS_LEAD,
            ),
            false => (
                text::CLASS_JOIN_TITLE,
                text::CLASS_JOIN_ABOUT,
                text::CLASS_CODE,
                text::CLASS_CODE_HINT,
                text::CLASS_JOIN,
            ),
        };
        let id = if leads { "lead" } else { "join" };
        let heading = format!("h-class-{id}");
        html! {
            <form class="card stack" aria-labelledby={heading.clone()} onsubmit={submit} autocomplete="off">
                <h2 class="h2" id={heading}>{ self.t(title) }</h2>
                <p class="hint">{ self.t(about) }</p>
                { self.field(&format!("{id}-code"), ClassField::Code, code, &view.code, hint) }
                { self.field(&format!("{id}-hub"), ClassField::Hub, text::CLASS_HUB, &view.hub, text::CLASS_HUB_HINT) }
                <div class="rowx"><button class={classes!("btn", "big", (!leads).then_some("primary"))} type="submit">{ self.t(go) }</button></div>
            </form>
        }
    }

    fn field(&self, id: &str, field: ClassField, label: Phrase, value: &str, hint: Phrase) -> Html {
        let entry = Entry {
            hint: Some(hint),
            ..Entry::new(format!("class-{id}"), label, value)
        };
        self.entry(entry, move |text| ClassAction::Fill(field, text))
    }

    /// The question, for those who do not see it in the lesson.
    fn question(&self, view: &QuestionView) -> Html {
        let answers = ('A'..='Z').zip(&view.answers).enumerate();
        let answers = answers.map(|(place, (letter, (words, is_mine)))| {
            let onchange = self.on(ClassAction::Vote(place));
            html! {
                <label class={classes!("opt", is_mine.then_some("mine"))}>
                    <input class="vh" type="radio" name="class-vote" checked={*is_mine} {onchange} />
                    <span class="key" aria-hidden="true">{ letter }</span><span>{ words }</span>
                </label>
            }
        });
        html! {
            <div class={classes!("class-question", view.is_in_lesson.then_some("in-lesson"))} role="radiogroup" aria-label={self.t(text::CLASS_QUESTION)}>
                <p class="q"><span class="muted">{ self.t(text::CLASS_QUESTION) }{ ": " }</span>{ &view.text }</p>
                <div class="opts">{ for answers }</div>
            </div>
        }
    }
}
