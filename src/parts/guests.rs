//! Real devices in this page's broker: the form, who is there, and what is at hand at the main screen.

use super::{Entry, Part, icon, use_language};
use playground::Action;
use playground::guests::view::{GuestRow, GuestsMark, GuestsView, PauseView};
use playground::guests::{GuestsAction, GuestsField};
use playground::live::LiveAction;
use playground::text::{self, Language, Phrase};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct GuestsProps {
    pub(crate) view: GuestsView,
    pub(crate) dispatch: Callback<Action>,
}

/// The part of the screen about them.
#[component]
pub(crate) fn Guests(GuestsProps { view, dispatch }: &GuestsProps) -> Html {
    let part = Part::new(use_language(), dispatch, guests_action);
    html! {
        <section class="linkup guests" aria-label={part.t(text::GUESTS_TITLE)}>
            { part.form(view) }
            { part.status(view) }
        </section>
    }
}

/// Pause, one packet at a time, and go on.
pub(super) fn pause(language: Language, view: &PauseView, dispatch: &Callback<Action>) -> Html {
    let part = Part::new(language, dispatch, guests_action);
    let word = match view.is_paused {
        true => text::GUESTS_GO_ON,
        false => text::GUESTS_PAUSE,
    };
    let waiting = view
        .is_paused
        .then(|| text::link_held(language, view.waiting, view.next.as_deref()));
    html! {
        <span class="gate" role="group" aria-label={part.t(text::GUESTS_PAUSE)}>
            <button class="btn" onclick={part.on(GuestsAction::Pause(!view.is_paused))}>{ part.t(word) }</button>
            if view.is_paused {
                <button class="btn" disabled={view.waiting == 0} onclick={part.on(GuestsAction::Step)}>{ part.t(text::GUESTS_STEP) }</button>
            }
            <span class="muted">{ waiting }</span>
            if view.is_paused {
                <details class="gate-more"><summary>{ part.t(text::GUESTS_PAUSED_MORE) }</summary><p>{ part.t(text::GUESTS_PAUSED) }</p></details>
            }
        </span>
    }
}

fn guests_action(action: GuestsAction) -> Action {
    Action::Live(LiveAction::Guests(action))
}

/// How a hub is connected, as a mark.
pub(super) fn dot(mark: GuestsMark) -> Html {
    let class = match mark {
        GuestsMark::Off => "off",
        GuestsMark::Busy => "busy",
        GuestsMark::Good => "",
        GuestsMark::Bad => "bad",
    };
    html! { <i class={classes!("dot", class)} aria-hidden="true"></i> }
}

impl Part<'_, GuestsAction> {
    fn field(
        &self,
        field: GuestsField,
        label: Phrase,
        value: &str,
        hint: Phrase,
        is_disabled: bool,
    ) -> Html {
        let id = format!("guests-{}", field as usize);
        let entry = Entry {
            hint: Some(hint),
            is_disabled,
            ..Entry::new(id, label, value)
        };
        self.entry(entry, move |text| GuestsAction::Fill(field, text))
    }

    fn form(&self, view: &GuestsView) -> Html {
        let submit = self.submits(GuestsAction::Join(false));
        html! {
            <form class="card stack" aria-labelledby="h-guests" onsubmit={submit} autocomplete="off">
                <h2 class="h2" id="h-guests">{ self.t(text::GUESTS_TITLE) }</h2>
                <p class="hint">{ self.t(text::GUESTS_ABOUT) }</p>
                { self.field(GuestsField::Hub, text::GUESTS_HUB, &view.hub, text::GUESTS_HUB_HINT, view.is_open) }
                { self.field(GuestsField::Code, text::GUESTS_CODE, &view.code, text::GUESTS_CODE_HINT, view.is_open) }
                <small class="hint">{ self.t(text::GUESTS_SECRETS) }</small>
                <div class="rowx">
                    if view.is_open {
                        <button class="btn big" type="button" onclick={self.on(GuestsAction::Leave)}>{ self.t(text::GUESTS_LEAVE) }</button>
                    } else {
                        <button class="btn primary big" type="submit">{ self.t(text::GUESTS_JOIN) }</button>
                        <button class="btn big" type="button" onclick={self.on(GuestsAction::Watch)}>{ self.t(text::GUESTS_WATCH) }</button>
                        if view.can_take_over {
                            <button class="btn big" type="button" onclick={self.on(GuestsAction::Join(true))}>{ self.t(text::GUESTS_TAKE_OVER) }</button>
                        }
                    }
                    if view.has_run {
                        <button class="btn big" type="button" onclick={self.dispatch.reform(|_| Action::Live(LiveAction::End))}>{ self.t(text::LINK_END) }</button>
                    }
                </div>
            </form>
        }
    }

    fn status(&self, view: &GuestsView) -> Html {
        let (mark, state) = &view.state;
        let rows = view
            .devices
            .iter()
            .map(|row| self.row(row, view.is_watching));
        html! {
            <section class="card stack" aria-labelledby="h-guests-state">
                <div class="rowx apart" role="status"><h2 class="h2 rowx" id="h-guests-state">{ dot(*mark) }{ state }</h2><span class="muted">{ view.others.clone() }</span></div>
                if let Some(advice) = &view.advice { <p class="alert info">{ advice }</p> }
                if view.is_paused { <p class="alert info">{ self.t(text::GUESTS_PAUSED) }</p> }
                if let Some(lines) = &view.lines {
                    <div><h3 class="h3">{ self.t(text::GUESTS_TYPE) }</h3><pre class="log scroll-x" tabindex="0">{ lines }</pre></div>
                }
                if view.has_run {
                    <div class="stack"><h3 class="h3" id="h-guests-list">{ self.t(text::GUESTS_DEVICES) }</h3>
                        if view.devices.is_empty() { <p class="muted">{ self.t(text::GUESTS_NONE) }</p> }
                        <ul class="guestlist" aria-labelledby="h-guests-list">{ for rows }</ul>
                    </div>
                    <p><button class="btn" onclick={self.dispatch.reform(|_| Action::Live(LiveAction::Show))}>{ self.t(text::LINK_WATCH) }{ icon("next") }</button></p>
                }
            </section>
        }
    }

    fn row(&self, row: &GuestRow, is_watching: bool) -> Html {
        let cut = row.place.filter(|_| !is_watching).map(|place| {
            let word = match row.is_cut {
                true => text::GUEST_MEND,
                false => text::GUEST_CUT,
            };
            let label = format!("{} {}", self.t(word), row.name);
            html! { <button class="btn" aria-label={label} onclick={self.on(GuestsAction::Cut(place, !row.is_cut))}>{ self.t(word) }</button> }
        });
        html! {
            <li>
                <i class={classes!("dot", (!row.is_here).then_some("off"))} aria-hidden="true"></i>
                <span class="who"><b class="mono">{ &row.name }</b><span class="muted">{ &row.how }</span></span>
                <span class="muted">{ &row.bytes }</span>
                { cut }
            </li>
        }
    }
}
