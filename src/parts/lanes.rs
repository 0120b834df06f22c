//! The heads of the lanes, and the list from which lanes are chosen.

use super::{figure_icon, icon, n, rem, use_language};
use crate::effects;
use playground::ladder::{LaneHead, Still};
use playground::text::{self, Language};
use playground::{Action, LanesView, LayoutAction, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct HeadsProps {
    pub(crate) still: Shared<Still>,
    /// What can be chosen, where something can.
    #[prop_or_default]
    pub(crate) lanes: Option<LanesView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The heads of the lanes and the line of the fold: they do not scroll.
#[component]
pub(crate) fn Heads(
    HeadsProps {
        still,
        lanes,
        dispatch,
    }: &HeadsProps,
) -> Html {
    let language = use_language();
    // Where the pointer went down: a head that was drawn away from there has been moved.
    let from = use_mut_ref(|| 0.0);
    let count = still.heads.len();
    let heads = still.heads.iter().zip(1..).map(|(head, place)| {
        let lane = head.lane;
        if lanes.is_none() {
            return html! { <g transform={at(head)}><title>{ &head.full }</title>{ drawn(head) }</g> };
        }
        let act = |action: LayoutAction| dispatch.reform(move |_: ()| Action::Layout(action));
        let (hide, left, right, list) = (
            act(LayoutAction::ShowLane(lane, false)),
            act(LayoutAction::MoveLane(lane, -1)),
            act(LayoutAction::MoveLane(lane, 1)),
            act(LayoutAction::ToggleLanes),
        );
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            let what = match (event.key().as_str(), event.alt_key()) {
                ("Enter", false) => &hide,
                ("ArrowLeft", true) => &left,
                ("ArrowRight", true) => &right,
                _ => return,
            };
            event.prevent_default();
            what.emit(());
        });
        let onpointerdown = {
            let from = from.clone();
            Callback::from(move |event: PointerEvent| *from.borrow_mut() = f64::from(event.client_x()))
        };
        let onpointerup = {
            let (from, dispatch, pitch) = (from.clone(), dispatch.clone(), still.pitch);
            Callback::from(move |event: PointerEvent| {
                let by = (f64::from(event.client_x()) - *from.borrow()) / effects::scale() / pitch;
                match by.round() as isize {
                    0 => list.emit(()),
                    by => dispatch.emit(Action::Layout(LayoutAction::MoveLane(lane, by))),
                }
            })
        };
        let mut sentence = text::lane_sentence(language, &head.full, place, count);
        // What is heard begins with what is seen.
        if head.name != head.full {
            sentence = format!("{}: {sentence}", head.name);
        }
        html! {
            <g key={lane} id={text::lane_id(lane)} class="lane" transform={at(head)} role="button" tabindex="0" aria-label={sentence.clone()}
                {onkeydown} {onpointerdown} {onpointerup}>
                <title>{ format!("{sentence}. {}", text::LANE_KEYS.to(language)) }</title>{ drawn(head) }
            </g>
        }
    });
    let columns = (!still.narrow).then(|| {
        html! {
            <>
            <text class="col" x={n(still.gutter.0)} y="22.6" text-anchor="end">{ "#" }</text>
            <text class="col" x={n(still.gutter.1)} y="22.6" text-anchor="end">{ text::COLUMN_CLOCK.to(language) }</text>
            </>
        }
    });
    let fold = still.fold.as_ref().map(|fold| html! {
        <button class="fold" aria-expanded={fold.is_open.to_string()} onclick={dispatch.reform(|_| Action::ToggleFold)}>
            { icon("chev") }<span>{ &fold.text }</span>
        </button>
    });
    html! {
        <>
        <div class={classes!("lanes", still.narrow.then_some("narrow"), still.is_chip_left.then_some("chip-left"))} role={lanes.as_ref().map(|_| "group")} aria-label={lanes.as_ref().map(|_| text::LANES.to(language))} aria-hidden={lanes.is_none().then_some("true")}>
            <svg class="part" viewBox={format!("0 0 {} 36", n(still.width))} width={rem(still.width)} height="2.25rem">{ columns }{ for heads }</svg>
            { lanes.as_ref().map(|view| choice(language, view, dispatch)) }
        </div>
        { fold }
        </>
    }
}

fn at(head: &LaneHead) -> String {
    format!("translate({} 18)", n(head.x))
}

fn drawn(head: &LaneHead) -> Html {
    let left = -head.width / 2.0;
    let figure = head.figure.map(|figure| html! {
        <svg class="ic" x={n(left + 10.0)} y="-8.5" width="17" height="17" viewBox="0 0 24 24"><use href={format!("#i-{}", figure_icon(figure))} /></svg>
    });
    let text = left + if head.figure.is_some() { 33.0 } else { 6.0 };
    html! {
        <>
        <rect x={n(left)} y="-14" width={n(head.width)} height="28" rx="14" />
        { figure }
        <text x={n(text)} y="4.6">{ &head.name }</text>
        </>
    }
}

/// The count of what is hidden, and the list behind it.
fn choice(language: Language, view: &LanesView, dispatch: &Callback<Action>) -> Html {
    if view.hidden == 0 && !view.is_open {
        return html! { <span id={text::LANES_ID} tabindex="-1"></span> };
    }
    let act = |action: LayoutAction| dispatch.reform(move |_: MouseEvent| Action::Layout(action));
    let label = text::lanes_hidden(language, view.hidden);
    let rows = view.lanes.iter().map(|&(lane, ref name, is_shown)| {
        let onchange = dispatch.reform(move |_: Event| {
            Action::Layout(LayoutAction::ShowLane(lane, !is_shown))
        });
        let shift = |by: isize, icon_name: &str, what: &str| html! {
            <button class="btn ghost icon" aria-label={format!("{name}: {what}")} title={what.to_owned()} onclick={act(LayoutAction::MoveLane(lane, by))}>{ icon(icon_name) }</button>
        };
        html! {
            <li key={lane}>
                <label class="check"><input type="checkbox" id={text::lane_choice_id(lane)} checked={is_shown} {onchange} /><bdi title={name.clone()}>{ name }</bdi></label>
                { shift(-1, "prev", text::LANE_LEFT.to(language)) }{ shift(1, "next", text::LANE_RIGHT.to(language)) }
            </li>
        }
    });
    // A box that is ticked keeps its keys to itself, this one too.
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                dispatch.emit(Action::Layout(LayoutAction::ToggleLanes));
            }
        })
    };
    html! {
        <>
        <button class="btn chip" id={text::LANES_ID} title={label.clone()} aria-label={label} aria-expanded={view.is_open.to_string()} onclick={act(LayoutAction::ToggleLanes)}>{ format!("+{}", view.hidden) }</button>
        if view.is_open { <ul class="lanelist card" aria-label={text::LANES.to(language)} {onkeydown}>{ for rows }</ul> }
        </>
    }
}
