//! The transport bar: buttons, timeline, speed.

use super::{Running, Stops, glyph, icon, use_language};
use crate::effects;
use playground::text::Phrase;
use playground::timeline::{Mark, Phase, SPEEDS, TimelineView};
use playground::{Action, Marker, RunningView, Shared, StopsAction, StopsView, text};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct BarProps {
    pub(crate) view: Shared<TimelineView>,
    pub(crate) clock: String,
    pub(crate) stops: StopsView,
    pub(crate) running: Option<RunningView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The transport bar.
#[component]
pub(crate) fn Bar(
    BarProps {
        view,
        clock,
        stops,
        running,
        dispatch,
    }: &BarProps,
) -> Html {
    let language = use_language();
    html! {
        <section class="bar" aria-label={text::TIMELINE.to(language)}>
            <Keys view={view.clone()} dispatch={dispatch.clone()} />
            <Track view={view.clone()} markers={stops.markers.clone()} dispatch={dispatch.clone()} />
            <div class="clock">
                <button class="btn ghost icon" aria-label={text::STOPS.to(language)} title={format!("{} (S)", text::STOPS.to(language))} aria-expanded={stops.is_open.to_string()}
                    onclick={dispatch.reform(|_| Action::Stops(StopsAction::Toggle))}>{ icon("stops") }</button>
                <div><strong>{ &view.place }</strong><br /><span class="muted num">{ clock }</span></div>
                <Speed speed={view.speed} dispatch={dispatch.clone()} />
            </div>
            if let Some(view) = running { <Running view={view.clone()} dispatch={dispatch.clone()} /> }
            if stops.is_open { <Stops view={stops.clone()} dispatch={dispatch.clone()} /> }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct PartProps {
    view: Shared<TimelineView>,
    dispatch: Callback<Action>,
}

/// The buttons.
#[component]
fn Keys(PartProps { view, dispatch }: &PartProps) -> Html {
    let language = use_language();
    let button = |label: Phrase, keys: &str, name: &'static str, action: Action, is_idle: bool| {
        let (label, keys) = (label.to(language), text::cap(language, keys));
        let onclick = dispatch.reform(move |_| action.clone());
        html! {
            <button class="btn ghost icon" aria-label={label} title={format!("{label} ({keys})")} aria-disabled={is_idle.then_some("true")} {onclick}>{ icon(name) }</button>
        }
    };
    let (label, play) = match (view.is_playing, view.is_end) {
        (true, _) => (text::PAUSE, "pause"),
        (false, true) => (text::PLAY, "again"),
        (false, false) => (text::PLAY, "play"),
    };
    let label = label.to(language);
    html! {
        <div class="keys">
            { button(text::RESTART_RUN, "Home", "first", Action::Restart, view.is_start) }
            { button(text::STEP_BACK, "Left", "prev", Action::StepBack, view.is_start) }
            <button class="btn primary icon play" aria-label={label} title={format!("{label} ({})", text::cap(language, "Space"))} onclick={dispatch.reform(|_| Action::TogglePlay)}>{ icon(play) }</button>
            { button(text::STEP_FORWARD, "Right", "next", Action::StepForward, view.is_end) }
            { button(text::GO_TO_END, "End", "last", Action::GoToEnd, view.is_end) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TrackProps {
    view: Shared<TimelineView>,
    markers: Vec<Marker>,
    dispatch: Callback<Action>,
}

/// The timeline. Its columns are as many as its steps; the names of the stretches hang on their first step.
#[component]
fn Track(
    TrackProps {
        view,
        markers,
        dispatch,
    }: &TrackProps,
) -> Html {
    let language = use_language();
    let marks = view.marks.iter().map(|mark| {
        let marker = markers.iter().find(|it| it.step == mark.step);
        let phase = view.phases.iter().find(|phase| phase.first == mark.step);
        html! {
            <Tick key={mark.step} mark={mark.clone()} marker={marker.map(|it| it.name.clone())} phase={phase.cloned()} dispatch={dispatch.clone()} />
        }
    });
    html! { <div class="track"><ol aria-label={text::STEPS.to(language)}>{ for marks }</ol></div> }
}

#[derive(Properties, PartialEq)]
struct TickProps {
    mark: Shared<Mark>,
    /// What the user has named this step.
    marker: Option<String>,
    /// The stretch that begins here.
    phase: Option<Phase>,
    dispatch: Callback<Action>,
}

/// A step on the timeline: most stay as they are when one is taken.
#[component]
fn Tick(
    TickProps {
        mark,
        marker,
        phase,
        dispatch,
    }: &TickProps,
) -> Html {
    let language = use_language();
    let step = mark.step;
    let sentence = match marker {
        Some(name) => format!("{} · {name}", mark.sentence),
        None => mark.sentence.clone(),
    };
    let inside = match mark.glyph {
        Some(shape) if mark.is_selected && shape == playground::timeline::Glyph::End => {
            glyph(shape)
        }
        _ if mark.is_selected => html! { { step } },
        Some(shape) => glyph(shape),
        None => Html::default(),
    };
    let name = phase.as_ref().map(|phase| {
        html! { <span class={format!("phase w{}", phase.count.min(12))} aria-hidden="true">{ phase.name.to(language) }</span> }
    });
    html! {
        <li class={classes!(mark.glyph.is_none().then_some("fut"), mark.is_now.then_some("now"), marker.as_ref().map(|_| "marked"), phase.as_ref().map(|_| "phased"))}>
        { name }
        <button class={mark.is_selected.then_some("is-selected")} aria-current={mark.is_now.then_some("step")} aria-label={sentence.clone()} title={sentence}
            onclick={dispatch.reform(move |_| Action::GoTo(step))}><span>{ inside }</span></button>
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct SpeedProps {
    speed: usize,
    dispatch: Callback<Action>,
}

/// The speed, on a logarithmic scale.
#[component]
fn Speed(SpeedProps { speed, dispatch }: &SpeedProps) -> Html {
    let language = use_language();
    let chosen = SPEEDS.get(*speed).copied().unwrap_or((1, 1));
    let oninput = dispatch
        .reform(|event: InputEvent| Action::SetSpeed(effects::slid_to(&event).unwrap_or_default()));
    html! {
        <label class="speed">
            <span class="muted">{ text::SPEED.to(language) }</span>
            <input type="range" min="0" max={(SPEEDS.len() - 1).to_string()} value={speed.to_string()} aria-valuetext={text::speed_words(language, chosen)} {oninput} />
            <span class="num">{ text::speed(chosen) }</span>
        </label>
    }
}
