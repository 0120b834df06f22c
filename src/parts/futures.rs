//! The place for futures: the cut-point map, and two futures side by side.

use super::ladder::Drawing;
use super::lanes::Heads;
use super::{icon, live};
use crate::effects::{self, scroll_top, watch_size};
use playground::action::FuturesAction;
use playground::futures::{
    CellView, CutMapView, GroupView, Outcome, PairView, RowView, SIDES, Side, SideView,
};
use playground::text::{self, Language, Phrase};
use playground::{Action, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct FuturesProps {
    pub(crate) map: Option<Shared<CutMapView>>,
    /// Why there is no map, if there is none.
    pub(crate) without_map: Phrase,
    /// Whether there can be another future at all.
    pub(crate) has_futures: bool,
    pub(crate) pair: Shared<PairView>,
    /// Whether what happens is not to be read out.
    pub(crate) is_silent: bool,
    pub(crate) language: Language,
    pub(crate) dispatch: Callback<Action>,
}

fn act(dispatch: &Callback<Action>, action: FuturesAction) -> Callback<MouseEvent> {
    dispatch.reform(move |_| Action::Futures(action))
}

/// What would come of a cut anywhere, and two futures side by side.
#[component]
pub(crate) fn Futures(
    FuturesProps {
        map,
        without_map,
        has_futures,
        pair,
        is_silent,
        language,
        dispatch,
    }: &FuturesProps,
) -> Html {
    let map = match map {
        Some(map) => html! {
            <CutMap map={map.clone()} language={*language} dispatch={dispatch.clone()} />
        },
        None => html! { <section class="card"><p>{ without_map.to(*language) }</p></section> },
    };
    html! {
        <main class="lobby futures" id="futures" tabindex="-1">
            <div class="wrap">
                { map }
                if *has_futures {
                    <Two pair={pair.clone()} is_silent={*is_silent} language={*language} dispatch={dispatch.clone()} />
                }
            </div>
        </main>
    }
}

#[derive(Properties, PartialEq)]
struct MapProps {
    map: Shared<CutMapView>,
    language: Language,
    dispatch: Callback<Action>,
}

#[component]
fn CutMap(
    MapProps {
        map,
        language,
        dispatch,
    }: &MapProps,
) -> Html {
    let language = *language;
    let devices =
        map.devices.iter().enumerate().map(
            |(index, name)| html! { <option selected={index == map.device}>{ name }</option> },
        );
    let choose = dispatch.reform(|event: Event| {
        Action::Futures(FuturesAction::ChooseDevice(
            effects::chosen(&event).unwrap_or_default(),
        ))
    });
    let every = dispatch.reform(|event: Event| {
        Action::Futures(FuturesAction::EveryByte(effects::is_checked(&event)))
    });
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let (rows, cells) = match event.key().as_str() {
                "ArrowRight" => (0, 1),
                "ArrowLeft" => (0, -1),
                "ArrowDown" => (1, 0),
                "ArrowUp" => (-1, 0),
                "Home" => (0, isize::MIN / 2),
                "End" => (0, isize::MAX / 2),
                _ => return,
            };
            if !event.alt_key() && !event.ctrl_key() {
                event.prevent_default();
                dispatch.emit(Action::Futures(FuturesAction::MoveBar(rows, cells)));
            }
        })
    };
    let is_aligned = map.columns.is_some();
    let rows = map
        .rows
        .iter()
        .enumerate()
        .map(|(number, row)| map_row(number, row, is_aligned, language, dispatch));
    html! {
        <section class="card cutmap" aria-labelledby="h-cuts">
            <div class="cuthead">
                <h2 class="h2" id="h-cuts">{ &map.title }</h2>
                <div class="cuttools">
                    if map.devices.len() > 1 {
                        <label class="pick"><span class="muted">{ text::CUT_DEVICE.to(language) }</span>
                            <select class="btn" onchange={choose}>{ for devices }</select></label>
                    }
                    <label class="check"><input type="checkbox" checked={map.every_byte} onchange={every} />{ text::CUT_EVERY_BYTE.to(language) }</label>
                </div>
            </div>
            <p class="muted">
                <span role="status">{ map.progress.is_none().then(|| map.note.clone()) }</span>
                if let Some((done, all)) = map.progress {
                    { &map.note }{ " " }<progress value={done.to_string()} max={all.to_string()} aria-label={map.note.clone()}></progress>
                }
            </p>
            <div class="cutscroll" tabindex="-1">
                <table class={is_aligned.then_some("aligned")} {onkeydown}>
                    <caption class="vh">{ &map.title }</caption>
                    if let Some(columns) = map.columns {
                        <colgroup>{ for (0..=columns).map(|_| html! { <col /> }) }</colgroup>
                    } else {
                        <thead><tr><th scope="col">{ text::CUT_POSITION.to(language) }</th><th scope="col">{ text::CUT_WHERE.to(language) }</th></tr></thead>
                    }
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        </section>
    }
}

fn map_row(
    number: usize,
    row: &RowView,
    is_aligned: bool,
    language: Language,
    dispatch: &Callback<Action>,
) -> Html {
    let groups = row.groups.iter().map(|group| {
        let bars = map_group(number, group, dispatch);
        if is_aligned {
            html! { <td class="cuts" colspan={group.columns.to_string()}>{ bars }</td> }
        } else {
            bars
        }
    });
    let note = row
        .note
        .as_ref()
        .map(|note| html! { <p class="muted">{ note }</p> });
    let name = html! {
        <th scope="row">
            { &row.name }
            if row.is_written { { " " }<span class="badge">{ text::CUT_WRITTEN.to(language) }</span> }
            if is_aligned { { note.clone() } }
        </th>
    };
    if !is_aligned {
        return html! { <tr>{ name }<td><div class="cuts">{ for groups }</div>{ note }</td></tr> };
    }
    // A cell without words heads nothing.
    let head = |name: &str, columns: usize| {
        let colspan = columns.to_string();
        if name.is_empty() {
            html! { <td {colspan} /> }
        } else {
            html! { <th scope="col" {colspan}>{ name }</th> }
        }
    };
    let first = if number == 0 {
        text::CUT_POSITION.to(language)
    } else {
        ""
    };
    let heads = row.heads.iter().map(|(name, columns)| head(name, *columns));
    let rest = |(rest, columns): &(String, usize)| html! { <td class="rest" colspan={columns.to_string()}>{ rest }</td> };
    html! {
        <>
        if !row.heads.is_empty() {
            <tr class="heads">{ head(first, 1) }{ for heads }</tr>
        }
        <tr>{ name }{ for groups }{ for row.rest.iter().map(rest) }</tr>
        </>
    }
}

fn map_group(number: usize, group: &GroupView, dispatch: &Callback<Action>) -> Html {
    let bars = group.cells.iter().map(|cell| bar(number, cell, dispatch));
    html! {
        <div class={classes!("cutgroup", (group.cells.len() <= 3).then_some("few"))}>
            <span class="cutname" title={group.name.clone()}>{ &group.name }</span>
            <div class="bars">{ for bars }</div>
            <span class={classes!("cutresult", group.is_notable.then_some("notable"))}>{ &group.result }</span>
        </div>
    }
}

/// A bar is as high as there are deliveries: none is hollow, a second one stands on the first.
fn bar(row: usize, cell: &CellView, dispatch: &Callback<Action>) -> Html {
    let outcome = match cell.outcome {
        Outcome::Unknown => "unknown",
        Outcome::Less => "less",
        Outcome::Same => "same",
        Outcome::More => "more",
    };
    let stones = (0..cell.deliveries.clamp(1, 3)).map(|_| html! { <i></i> });
    let class = classes!(
        "cutbar",
        outcome,
        (cell.deliveries == 0).then_some("none"),
        cell.is_here.then_some("here"),
    );
    html! {
        <button {class} id={text::cut_cell_id(row, cell.cell)} tabindex={if cell.is_focus { "0" } else { "-1" }}
            aria-label={cell.sentence.clone()} title={cell.sentence.clone()} aria-pressed={cell.is_here.to_string()}
            onclick={act(dispatch, FuturesAction::OpenBar(row, cell.cell))}>{ for stones }</button>
    }
}

#[derive(Properties, PartialEq)]
struct TwoProps {
    pair: Shared<PairView>,
    is_silent: bool,
    language: Language,
    dispatch: Callback<Action>,
}

#[component]
fn Two(
    TwoProps {
        pair,
        is_silent,
        language,
        dispatch,
    }: &TwoProps,
) -> Html {
    let language = *language;
    let (body, first) = (use_node_ref(), use_node_ref());
    let is_there = pair.sides.is_some();
    {
        let first = first.clone();
        let dispatch = dispatch.clone();
        use_effect_with(is_there, move |_| {
            let report = dispatch.reform(|(width, _, scale): (f64, f64, f64)| {
                Action::Futures(FuturesAction::Resized(width, scale))
            });
            // Both are as wide: the size of one counts.
            let watch = watch_size(&first, report);
            move || drop(watch)
        });
    }
    let title = if pair.are_twins {
        text::LINK_BESIDE_TITLE
    } else {
        text::FUTURES_BOTH
    };
    let title = title.to(language);
    let Some(sides) = &pair.sides else {
        return html! {
            <section class="card" aria-labelledby={text::PAIR_ID}>
                <h2 class="h2" id={text::PAIR_ID} tabindex="-1">{ title }</h2>
                <p class="muted num">{ pair.making.as_deref().unwrap_or_else(|| text::FUTURES_NONE.to(language)) }</p>
            </section>
        };
    };
    let switch = |label: &'static str, shown: Option<Side>| {
        html! {
            <button aria-pressed={(pair.shown == shown).to_string()} onclick={act(dispatch, FuturesAction::ShowSide(shown))}>{ label }</button>
        }
    };
    let onscroll = {
        let body = body.clone();
        dispatch.reform(move |_| Action::Futures(FuturesAction::Scrolled(scroll_top(&body))))
    };
    let shown = match pair.shown {
        None => "both",
        Some(Side::A) => "a",
        Some(Side::B) => "b",
    };
    let heads = SIDES
        .into_iter()
        .zip(sides)
        .map(|(side, view)| head(side, view, pair, language, dispatch));
    let caption = SIDES.into_iter().zip(sides).filter_map(|(side, view)| {
        let caption = view.caption.as_ref()?;
        Some(html! { <><span class="letter">{ side.letter() }</span>{ " " }{ caption }</> })
    });
    let drawings = SIDES
        .into_iter()
        .zip(sides)
        .map(|(side, view)| drawing(side, view, language, &first, dispatch));
    html! {
        <>
        <section class="card two" data-shown={shown} aria-labelledby={text::PAIR_ID}>
            <div class="cuthead">
                <h2 class="h2" id={text::PAIR_ID} tabindex="-1">{ title }</h2>
                <p class="muted">{ &pair.same_until }</p>
                <div class="seg switch" role="group" aria-label={text::FUTURE_SWITCH.to(language)}>
                    { switch("A", Some(Side::A)) }{ switch("B", Some(Side::B)) }{ switch(text::FUTURE_BOTH.to(language), None) }
                </div>
            </div>
            <div class="twohead">{ for heads }</div>
            <div class="twobody" ref={body} {onscroll}>{ for drawings }</div>
            <p class="futurecap" aria-live={live(*is_silent)}>{ for caption }</p>
        </section>
        { differs(pair, language) }
        </>
    }
}

fn head(
    side: Side,
    view: &SideView,
    pair: &PairView,
    language: Language,
    dispatch: &Callback<Action>,
) -> Html {
    let id = format!("h-future-{}", side.letter());
    let onchange = dispatch.reform(move |event: Event| {
        let choice = effects::chosen(&event).unwrap_or_default();
        Action::Futures(FuturesAction::Choose(side, choice))
    });
    let options = pair.choices.iter().enumerate().map(|(index, (_, name))| {
        html! { <option selected={view.choice == Some(index)}>{ name }</option> }
    });
    html! {
        <div class={format!("futurehead side-{}", side.letter())}>
            <h3 id={id}><span class="letter">{ side.letter() }</span><span class="vh">{ " " }{ &view.title }</span></h3>
            <strong class="pj" aria-hidden="true">{ &view.title }</strong>
            <label class="pick"><select class="btn" aria-label={format!("{} {}", text::FUTURE_CHOOSE.to(language), side.letter())} {onchange}>{ for options }</select></label>
            <span class={classes!("badge", view.is_notable.then_some("bad"), view.is_same.then_some("ok"))}>{ &view.badge }</span>
            if view.can_play {
                <button class="btn ghost icon" title={text::FUTURE_OPEN.to(language)} aria-label={format!("{} {}: {}", text::FUTURE_CHOOSE.to(language), side.letter(), text::FUTURE_OPEN.to(language))}
                    onclick={act(dispatch, FuturesAction::Play(side))}>{ icon("ladder") }</button>
            }
        </div>
    }
}

fn drawing(
    side: Side,
    view: &SideView,
    language: Language,
    first: &NodeRef,
    dispatch: &Callback<Action>,
) -> Html {
    let here = dispatch.clone();
    // A pill of a future selects its step there, not in the run that is open.
    let own = Callback::from(move |action: Action| {
        let action = match action {
            Action::Select(step) | Action::GoTo(step) => FuturesAction::Select(side, step),
            Action::ToggleFold => FuturesAction::ToggleFold,
            _ => return,
        };
        here.emit(Action::Futures(action));
    });
    let past = view.fork.map(|fork| (fork, text::SAME_PAST.to(language)));
    let label = format!("{} {}", text::FUTURE_LADDER.to(language), side.letter());
    let steps = view.steps.iter().map(|line| html! { <li>{ line }</li> });
    html! {
        <section class={format!("future side-{}", side.letter())} aria-labelledby={format!("h-future-{}", side.letter())} tabindex="0" ref={if side == Side::A { first.clone() } else { NodeRef::default() }}>
            <Heads still={view.still.clone()} dispatch={own.clone()} />
            <Drawing still={view.still.clone()} moving={view.moving.clone()} {past} {label} dispatch={own} />
            <ol class="vh">{ for steps }</ol>
        </section>
    }
}

fn differs(pair: &PairView, language: Language) -> Html {
    let rows = pair.differs.iter().map(|row| {
        let [first, second] = &row.is;
        html! { <tr class="is-selected"><th scope="row">{ &row.fact }</th><td>{ first }</td><td>{ second }</td></tr> }
    });
    html! {
        <section class="card" aria-labelledby="h-differs">
            <h2 class="h2" id="h-differs">{ text::DIFFERS.to(language) }</h2>
            if pair.differs.is_empty() {
                <p>{ text::DIFFERS_NOTHING.to(language) }</p>
            } else {
                <table>
                    <thead><tr><th scope="col">{ text::DIFFERS_FACT.to(language) }</th><th scope="col">{ "A" }</th><th scope="col">{ "B" }</th></tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            }
        </section>
    }
}
