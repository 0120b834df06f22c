//! The map: figures and links as a drawing, packets as a canvas over it.

use super::menu::Menu;
use super::{main_role, n};
use crate::effects::{canvas, watch_size};
use playground::action::{Tab, Theme};
use playground::map::{Cable, Moving, Node, PARCEL_BUTTONS_MAX, Parcel, Ruler, Still, broker_box};
use playground::menu::{MenuView, Target};
use playground::story::Figure;
use playground::{Action, Shared};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct MapProps {
    pub(crate) still: Shared<Still>,
    pub(crate) moving: Shared<Moving>,
    pub(crate) menu: Option<MenuView>,
    pub(crate) theme: Theme,
    pub(crate) main: Tab,
    pub(crate) dispatch: Callback<Action>,
}

/// The map's pane.
#[component]
pub(crate) fn Map(
    MapProps {
        still,
        moving,
        menu,
        theme,
        main,
        dispatch,
    }: &MapProps,
) -> Html {
    html! {
        <section class="pane" id="map" tabindex="-1" role={main_role(*main, Tab::Map)} aria-labelledby="h-map">
            <header><h2 id="h-map">{ "Map" }</h2></header>
            <div class="body">
                <Figures still={still.clone()} moving={moving.clone()} dispatch={dispatch.clone()} />
                <Packets view={still.view} moving={moving.clone()} theme={*theme} />
                if let Some(menu) = menu { <Menu view={menu.clone()} dispatch={dispatch.clone()} /> }
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct FiguresProps {
    still: Shared<Still>,
    moving: Shared<Moving>,
    dispatch: Callback<Action>,
}

/// What can be acted on is a button: arrows walk, Enter opens the menu.
#[component]
fn Figures(
    FiguresProps {
        still,
        moving,
        dispatch,
    }: &FiguresProps,
) -> Html {
    let (x, y, width, height) = still.view;
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowDown" | "ArrowRight" => 1,
                "ArrowUp" | "ArrowLeft" => -1,
                "Home" => isize::MIN,
                "End" => isize::MAX,
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::WalkMap(by));
        })
    };
    let parcels = moving.parcels.iter().take(PARCEL_BUTTONS_MAX);
    html! {
        <svg class="map" viewBox={format!("{} {} {} {}", n(x), n(y), n(width), n(height))} role="group" aria-label={still.sentence.clone()} {onkeydown}>
            { for still.cables.iter().map(|it| button(it.target, &it.sentence, it.is_focus, cable(it), dispatch)) }
            { for still.cables.iter().map(|it| label(it.target, cable_label(it), dispatch)) }
            { still.ruler.as_ref().map(ruler) }
            { for still.nodes.iter().map(|it| button(it.target, &it.sentence, it.is_focus, node(it), dispatch)) }
            { for still.nodes.iter().map(|it| label(it.target, node_label(it), dispatch)) }
            { for parcels.map(|it| button(it.target, &it.sentence, it.is_focus, parcel(it), dispatch)) }
        </svg>
    }
}

fn button(
    target: Target,
    sentence: &str,
    is_focus: bool,
    inside: Html,
    dispatch: &Callback<Action>,
) -> Html {
    let onclick = dispatch.reform(move |_: MouseEvent| Action::OpenMenu(target));
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                dispatch.emit(Action::OpenMenu(target));
            }
        })
    };
    html! {
        <g key={target.id()} id={target.id()} role="button" aria-haspopup="menu" aria-label={sentence.to_owned()} tabindex={if is_focus { "0" } else { "-1" }}
            {onclick} {onkeydown}>{ inside }</g>
    }
}

/// The button's name says all of this; a pointer finds it here, too.
fn label(target: Target, inside: Html, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(move |_: MouseEvent| Action::OpenMenu(target));
    html! { <g class="words" aria-hidden="true" {onclick}>{ inside }</g> }
}

/// The canvas draws the packet; this is where it can be pressed.
fn parcel(parcel: &Parcel) -> Html {
    html! { <rect class="press" x={n(parcel.x - 56.0)} y={n(parcel.y - 13.0)} width="112" height="26" rx="4" /> }
}

fn cable(cable: &Cable) -> Html {
    let ((x1, y1), (x2, y2)) = (cable.from, cable.to);
    let (mx, my) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    html! {
        <>
        <line class="press" x1={n(x1)} y1={n(y1)} x2={n(x2)} y2={n(y2)} />
        <line class={classes!("cable", cable.is_cut.then_some("is-cut"))} x1={n(x1)} y1={n(y1)} x2={n(x2)} y2={n(y2)} />
        <circle class="port" cx={n(x1)} cy={n(y1)} r="4" /><circle class="port" cx={n(x2)} cy={n(y2)} r="4" />
        if cable.is_cut {
            <g class="cross" transform={format!("translate({} {})", n(mx), n(my))}><circle r="9" /><path d="M-4 -4 L4 4 M4 -4 L-4 4" /></g>
        }
        </>
    }
}

fn cable_label(cable: &Cable) -> Html {
    let lines = cable.lines.iter().enumerate().map(|(index, line)| {
        html! { <text class="bgt" x={n(cable.label.0)} y={n(cable.label.1 + 18.0 * index as f64)}>{ line }</text> }
    });
    html! { <>{ for lines }</> }
}

fn ruler(ruler: &Ruler) -> Html {
    let (left, right) = ruler.ends;
    let ticks: String = ruler
        .ticks
        .iter()
        .map(|(x, _, _)| format!("M{} {}v7", n(*x), n(ruler.y)))
        .collect();
    let labels = ruler.ticks.iter().map(|(x, text, here)| {
        html! { <text class={here.then_some("here")} x={n(*x)} y={n(ruler.y + 23.0)} text-anchor="middle">{ text }</text> }
    });
    html! {
        <>
        <line class="floor" x1={n(left)} y1={n(ruler.y)} x2={n(right)} y2={n(ruler.y)} />
        <path class="floor" d={ticks} />
        if let Some((from, to)) = ruler.trail {
            <line class="trail" x1={n(from)} y1={n(ruler.y - 6.0)} x2={n(to)} y2={n(ruler.y - 6.0)} />
        }
        { for labels }
        </>
    }
}

fn node(node: &Node) -> Html {
    let (x, y) = (node.x, node.y);
    let figure = match node.figure {
        Figure::Broker => broker(),
        Figure::Phone => html! {
            <g transform={format!("translate({} {})", n(x), n(y))}>
                <rect class="dev" x="-18" y="-31" width="36" height="62" rx="6" />
                <path class="lin" d="M-6 25h12M-12 -22h24v38h-24z" />
                <path class="ink" d="M0 -16l8 10h-5v9h-6v-9h-5z" />
            </g>
        },
        Figure::Robot => html! {
            <g transform={format!("translate({} {})", n(x), n(y))}>
                <path class="lin" d="M0 -19v-5" />
                <rect class="dev" x="-17" y="-19" width="34" height="20" rx="5" />
                <circle class="ink" cx="-7" cy="-9" r="2.6" /><circle class="ink" cx="7" cy="-9" r="2.6" />
                <rect class="dev" x="-26" y="1" width="52" height="15" rx="4" />
                <circle class="dev" cx="-14" cy="18" r="7" /><circle class="dev" cx="14" cy="18" r="7" />
            </g>
        },
        Figure::Client => html! {
            <g transform={format!("translate({} {})", n(x), n(y))}>
                <rect class="dev" x="-20" y="-20" width="40" height="40" rx="4" />
                <path class="lin" d="M-9 -27v7M9 -27v7M-9 20v7M9 20v7M-27 -9h7M-27 9h7M20 -9h7M20 9h7" />
            </g>
        },
    };
    html! { <g class={(!node.is_online).then_some("is-off")}>{ figure }</g> }
}

fn node_label(node: &Node) -> Html {
    let (lx, ly) = node.label;
    if node.figure == Figure::Robot {
        // Under the ruler, in one line: the robot moves, its label need not.
        html! { <text class="bgt" x={n(lx)} y={n(ly)}><tspan class="nm">{ &node.name }</tspan><tspan dx="8">{ &node.state }</tspan></text> }
    } else {
        html! { <><text class="nm bgt" x={n(lx)} y={n(ly)}>{ &node.name }</text><text class="bgt" x={n(lx)} y={n(ly + 19.0)}>{ &node.state }</text></> }
    }
}

fn broker() -> Html {
    let rect = broker_box();
    html! {
        <g>
            <rect class="card" x={n(rect.x)} y={n(rect.y)} width={n(rect.width)} height={n(rect.height)} rx="9" />
            <path class="lin" transform={format!("translate(0 {})", n(rect.y - 148.0))}
                d="M34 164h26v12H34zM34 182h26v12H34zM39.5 170h.01M39.5 188h.01M46 170h8M46 188h8" />
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct PacketsProps {
    view: (f64, f64, f64, f64),
    moving: Shared<Moving>,
    theme: Theme,
}

/// The packets on their way.
#[component]
fn Packets(
    PacketsProps {
        view,
        moving,
        theme,
    }: &PacketsProps,
) -> Html {
    let canvas_ref = use_node_ref();
    let size = use_state(|| (0.0, 0.0, 0.0));
    {
        let canvas_ref = canvas_ref.clone();
        let size = size.clone();
        use_effect_with((), move |()| {
            let watch = watch_size(&canvas_ref, Callback::from(move |it| size.set(it)));
            move || drop(watch)
        });
    }
    {
        let canvas_ref = canvas_ref.clone();
        let (view, drawn) = (*view, moving.clone());
        use_effect_with((moving.clone(), *theme, *size, view), move |_| {
            canvas::draw(&canvas_ref, &drawn, view);
        });
    }
    html! { <canvas ref={canvas_ref} aria-hidden="true"></canvas> }
}
