//! State machines: the state they are in lit, the row they followed last marked; and the same as a table.

use super::super::{n, rem};
use super::{act, rule};
use crate::effects;
use playground::Action;
use playground::study::StudyAction;
use playground::study::machines::{MachineView, MachinesView, Transition};
use playground::text::{self, Language};
use yew::prelude::*;

pub(super) fn machines(
    language: Language,
    view: &MachinesView,
    dispatch: &Callback<Action>,
) -> Html {
    let choice = |is_connection: bool, name: &'static str| {
        let is_shown = is_connection == view.is_connection;
        html! { <button aria-pressed={is_shown.to_string()} onclick={act(dispatch, StudyAction::ShowConnection(is_connection))}>{ name }</button> }
    };
    let exchanges = view.exchanges.iter().enumerate().map(|(place, name)| {
        html! { <option value={place.to_string()} selected={place == view.exchange}>{ name }</option> }
    });
    let onchange = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            if let Some(place) = effects::chosen(&event) {
                dispatch.emit(Action::Study(StudyAction::ChooseExchange(place)));
            }
        })
    };
    html! {
        <div class="machines">
            <div class="choices">
                <div class="seg" role="group" aria-label={text::MACHINE_CHOICE.to(language)}>
                    { choice(true, text::MACHINE_CONNECTION.to(language)) }{ choice(false, text::MACHINE_EXCHANGE.to(language)) }
                </div>
                if !view.is_connection && !view.exchanges.is_empty() {
                    <select class="btn" aria-label={text::MACHINE_EXCHANGES.to(language)} {onchange}>{ for exchanges }</select>
                }
            </div>
            if let Some(note) = &view.note { <p class="muted">{ note }</p> }
            { for view.machines.iter().map(|it| machine(language, it)) }
        </div>
    }
}

/// How what was followed last is marked.
const fn mark(taken: Option<bool>) -> Option<&'static str> {
    match taken {
        Some(true) => Some("now"),
        Some(false) => Some("last"),
        None => None,
    }
}

fn machine(language: Language, view: &MachineView) -> Html {
    let drawing = &view.drawing;
    let (width, height) = (drawing.width, drawing.height);
    let boxes = drawing.boxes.iter().map(|it| {
        let (x, y, width, height) = it.place;
        html! {
            <g class={classes!("state", it.is_here.then_some("here"))}>
                <rect x={n(x)} y={n(y)} width={n(width)} height={n(height)} rx="6" />
                <text x={n(x + 10.0)} y={n(y + 18.0)}>{ it.name }</text>
            </g>
        }
    });
    let lines = drawing.lines.iter().map(|it| {
        let (x, y) = it.to;
        html! {
            <g class={classes!("edge", mark(it.taken))}>
                <path d={format!("M{} {} H{} V{} H{}", n(it.from.0), n(it.from.1), n(it.out), n(y), n(x + 6.0))} />
                <path class="tip" d={format!("M{} {} l8 -4.5 v9 z", n(x), n(y))} />
            </g>
        }
    });
    let labels = drawing.labels.iter().map(|it| {
        html! { <text class={classes!("on", mark(it.taken))} x={n(it.at.0)} y={n(it.at.1)} text-anchor="end">{ &it.text }</text> }
    });
    let heading = format!("h-machine-{}", view.key);
    html! {
        <section class="machine" aria-labelledby={heading.clone()}>
            <h3 id={heading}>{ &view.title }</h3>
            <p class="told">{ &view.told }</p>
            <svg viewBox={format!("0 0 {} {}", n(width), n(height))} width={rem(width)} height={rem(height)} aria-hidden="true">
                { for lines }{ for boxes }{ for labels }
            </svg>
            { table(language, view) }
        </section>
    }
}

fn table(language: Language, view: &MachineView) -> Html {
    let name = |place: usize| view.states.get(place).copied().unwrap_or_default();
    let row = |(place, row): (usize, &Transition)| {
        let last = view.last.filter(|it| it.row == place);
        let is_first = place == 0
            || view
                .rows
                .get(place - 1)
                .is_some_and(|it| it.from != row.from);
        let badge = last.map(|it| match it.is_now {
            true => text::MACHINE_NOW.to(language),
            false => text::MACHINE_LAST.to(language),
        });
        let is_here = is_first && view.here == Some(row.from);
        html! {
            <tr class={classes!((view.here == Some(row.from)).then_some("is-selected"), (!row.is_drawn).then_some("quiet"))}>
                <th scope="row">{ name(row.from) }if is_here { { " " }<span class="badge hl">{ text::MACHINE_HERE.to(language) }</span> }</th>
                <td>{ row.input }if let Some(badge) = badge { { " " }<span class="badge hl">{ badge }</span> }</td>
                <td>{ row.action }if row.is_violation { { " " }<span class="badge">{ text::MACHINE_VIOLATION.to(language) }</span> }</td><td>{ name(row.to) }</td><td>{ rule(row.rule.as_ref()) }</td>
            </tr>
        }
    };
    html! {
        <details>
            <summary>{ text::MACHINE_TABLE.to(language) }</summary>
            <div class="scrolls" role="group" aria-label={view.title.clone()} tabindex="0"><table>
                <caption class="vh">{ &view.title }</caption>
                <thead><tr>
                    <th scope="col">{ text::MACHINE_IN.to(language) }</th><th scope="col">{ text::MACHINE_ON.to(language) }</th>
                    <th scope="col">{ text::MACHINE_DOES.to(language) }</th><th scope="col">{ text::MACHINE_NEXT.to(language) }</th>
                    <th scope="col">{ text::MACHINE_RULE.to(language) }</th>
                </tr></thead>
                <tbody>{ for view.rows.iter().enumerate().map(row) }</tbody>
            </table></div>
        </details>
    }
}
