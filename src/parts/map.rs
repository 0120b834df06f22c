//! The map: figures and links as a drawing, packets as a canvas over it.

use super::hand::{use_hand, zoom};
use super::menu::Menu;
use super::{main_role, n, use_language};
use crate::effects::{canvas, watch_size};
use playground::action::{Tab, Theme};
use playground::look::Look;
use playground::map::{
    Align, Cable, LINE, Moving, Node, PARCEL_BUTTONS_MAX, Parcel, Ruler, Still, View, broker_box,
};
use playground::menu::{MenuView, Target};
use playground::sandbox::SandboxAction;
use playground::story::Figure;
use playground::{Action, Shared, text};
use std::cell::RefCell;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct MapProps {
    pub(crate) still: Shared<Still>,
    pub(crate) moving: Shared<Moving>,
    pub(crate) menu: Option<MenuView>,
    pub(crate) theme: Theme,
    pub(crate) main: Tab,
    /// Whether devices can be moved and linked.
    pub(crate) can_build: bool,
    /// Whether to say that devices and links can be pressed: nobody has done it yet.
    #[prop_or_default]
    pub(crate) is_untouched: bool,
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
        can_build,
        is_untouched,
        dispatch,
    }: &MapProps,
) -> Html {
    let language = use_language();
    let size = use_state(|| (0.0, 0.0, 1.0));
    let view = still.framed(*size);
    let resized = use_callback((), {
        let size = size.setter();
        move |it, ()| size.set(it)
    });
    html! {
        <section class="pane" id="map" tabindex="-1" role={main_role(*main, Tab::Map)} aria-labelledby="h-map">
            <header>
                <h2 id="h-map">{ text::tab_name(language, Tab::Map) }</h2>
                if *is_untouched { <span class="sp"></span><span class="hint">{ text::MAP_HINT.to(language) }</span> }
            </header>
            <div class="body">
                <Figures still={still.clone()} moving={moving.clone()} {view} can_build={*can_build} dispatch={dispatch.clone()} />
                <Packets {view} size={*size} {resized} is_large={still.is_large} moving={moving.clone()} theme={*theme} />
                if let Some(menu) = menu { <Menu view={menu.clone()} dispatch={dispatch.clone()} /> }
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct FiguresProps {
    still: Shared<Still>,
    moving: Shared<Moving>,
    view: View,
    can_build: bool,
    dispatch: Callback<Action>,
}

/// What can be acted on is a button: arrows walk, Enter opens the menu.
#[component]
fn Figures(
    FiguresProps {
        still,
        moving,
        view,
        can_build,
        dispatch,
    }: &FiguresProps,
) -> Html {
    let drawing = use_node_ref();
    let hand = use_hand(&drawing, still, dispatch);
    let (x, y, width, height) = *view;
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowDown" | "ArrowRight" => 1,
                "ArrowUp" | "ArrowLeft" => -1,
                key => {
                    if let Some(by) = zoom(key).filter(|_| !event.ctrl_key() && !event.alt_key()) {
                        event.prevent_default();
                        dispatch.emit(Action::Sandbox(SandboxAction::Zoom(by)));
                    }
                    return;
                }
            };
            event.prevent_default();
            dispatch.emit(Action::WalkMap(by));
        })
    };
    let view_box = format!("{} {} {} {}", n(x), n(y), n(width), n(height));
    let parcels = moving.parcels.iter().take(PARCEL_BUTTONS_MAX);
    html! {
        <div class="map-box" role="group" aria-label={still.sentence.clone()} {onkeydown}>
        <svg ref={drawing} class={classes!("map", still.is_large.then_some("large"), can_build.then_some("can-build"))} onpointermove={hand.moves.clone()} onpointerup={hand.lets_go.clone()} onpointercancel={hand.lets_go.clone()} viewBox={view_box.clone()} role="presentation">
            if *can_build {
                { ground(still, dispatch) }
                { for still.nodes.iter().map(|it| hand.around(it, dispatch, html! { <Device node={it.clone()} dispatch={dispatch.clone()} /> })) }
                { hand.line() }
            } else {
                <Standing still={still.clone()} dispatch={dispatch.clone()} />
            }
        </svg>
        // Drawings of their own: what the broker says changes with most steps, packets move, and neither makes the browser paint
        // the other figures again.
        if !*can_build {
            <svg class={classes!("map", "over", still.is_large.then_some("large"))} viewBox={view_box.clone()} role="presentation">
                <Brokers still={still.clone()} dispatch={dispatch.clone()} />
            </svg>
        }
        <svg class="map over" viewBox={view_box} role="presentation">
            { for parcels.map(|it| button(it.target, &it.sentence, it.is_focus, parcel(it), dispatch)) }
        </svg>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct StandingProps {
    still: Shared<Still>,
    dispatch: Callback<Action>,
}

/// What does not move: it is drawn anew only when something has happened, not with every frame.
#[component]
fn Standing(StandingProps { still, dispatch }: &StandingProps) -> Html {
    html! {
        <>
        { ground(still, dispatch) }
        { devices(still, false, dispatch) }
        </>
    }
}

/// The brokers.
#[component]
fn Brokers(StandingProps { still, dispatch }: &StandingProps) -> Html {
    devices(still, true, dispatch)
}

/// So many figures or links are one part: of hundreds, most are as they were a step before, and are not even looked at.
const PART: usize = 16;

fn devices(still: &Still, brokers: bool, dispatch: &Callback<Action>) -> Html {
    let nodes = still.nodes.iter();
    let nodes = nodes.filter(|it| (it.figure == Figure::Broker) == brokers);
    let nodes: Vec<_> = nodes.cloned().collect();
    let parts = nodes.chunks(PART).enumerate().map(|(number, nodes)| {
        html! { <Devices key={number} nodes={nodes.to_vec()} dispatch={dispatch.clone()} /> }
    });
    html! { <g>{ for parts }</g> }
}

/// What figures stand on: links and the ruler.
fn ground(still: &Still, dispatch: &Callback<Action>) -> Html {
    // All labels stand over all links.
    let wires = |are_labels: bool| {
        let parts = still.cables.chunks(PART).enumerate().map(move |(number, cables)| {
            html! { <Wires key={number} cables={cables.to_vec()} {are_labels} dispatch={dispatch.clone()} /> }
        });
        html! { <g>{ for parts }</g> }
    };
    html! {
        <>
        { wires(false) }
        { wires(true) }
        { still.ruler.as_ref().map(ruler) }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct WiresProps {
    cables: Vec<Shared<Cable>>,
    are_labels: bool,
    dispatch: Callback<Action>,
}

/// Links, which can be acted on, or what is written at them.
#[component]
fn Wires(
    WiresProps {
        cables,
        are_labels,
        dispatch,
    }: &WiresProps,
) -> Html {
    let wires = cables.iter().map(|it| {
        if *are_labels {
            label(it.target, cable_label(it), dispatch)
        } else {
            button(it.target, &it.sentence, it.is_focus, cable(it), dispatch)
        }
    });
    html! { <>{ for wires }</> }
}

#[derive(Properties, PartialEq)]
struct DevicesProps {
    nodes: Vec<Shared<Node>>,
    dispatch: Callback<Action>,
}

/// Some nodes.
#[component]
fn Devices(DevicesProps { nodes, dispatch }: &DevicesProps) -> Html {
    let devices = nodes.iter().map(
        |it| html! { <Device key={it.target.id()} node={it.clone()} dispatch={dispatch.clone()} /> },
    );
    html! { <>{ for devices }</> }
}

#[derive(Properties, PartialEq)]
struct DeviceProps {
    node: Shared<Node>,
    dispatch: Callback<Action>,
}

/// A node with its name and its facts.
#[component]
fn Device(DeviceProps { node: it, dispatch }: &DeviceProps) -> Html {
    html! {
        <>
        { button(it.target, &it.sentence, it.is_focus, node(it), dispatch) }
        { label(it.target, node_label(it), dispatch) }
        </>
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

/// Where a packet can be pressed need not go along with it by the pixel.
const PRESS_STRIDE: f64 = 6.0;

/// The canvas draws the packet; this is where it can be pressed.
fn parcel(parcel: &Parcel) -> Html {
    let near = |at: f64| (at / PRESS_STRIDE).round() * PRESS_STRIDE;
    let gate = parcel.gate.map(|((x1, y1), (x2, y2))| html! { <line class="gate" x1={n(x1)} y1={n(y1)} x2={n(x2)} y2={n(y2)} /> });
    html! { <><rect class="press" x={n(near(parcel.x) - 56.0)} y={n(near(parcel.y) - 13.0)} width="112" height="26" rx="4" />{ gate }</> }
}

fn cable(cable: &Cable) -> Html {
    let ((x1, y1), (x2, y2)) = (cable.from, cable.to);
    let (mx, my) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    html! {
        <>
        <line class="press" x1={n(x1)} y1={n(y1)} x2={n(x2)} y2={n(y2)} />
        <line class={classes!("cable", cable.is_cut.then_some("is-cut"))} x1={n(x1)} y1={n(y1)} x2={n(x2)} y2={n(y2)} />
        <circle class="port" cx={n(x1)} cy={n(y1)} r="4" /><circle class="port" cx={n(x2)} cy={n(y2)} r="4" />
        if !cable.is_cut {
            <path class="snip" transform={format!("translate({} {})", n(mx), n(my))} d="M12 0A12 12 0 1 0 -12 0A12 12 0 1 0 12 0zM-2.5 -2.5L6 6M-2.5 2.5L6 -6M-2.7 -4.5A2.3 2.3 0 1 0 -7.3 -4.5A2.3 2.3 0 1 0 -2.7 -4.5zM-2.7 4.5A2.3 2.3 0 1 0 -7.3 4.5A2.3 2.3 0 1 0 -2.7 4.5z" />
        }
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
    if node.figure == Figure::Broker {
        return broker(node);
    }
    html! {
        <g class={(!node.is_online).then_some("is-off")} transform={format!("translate({} {})", n(node.x), n(node.y))}>
            { device(node.figure, &node.look) }
            if node.look.is_asleep { <path class="moon" d="M29 -29a7 7 0 1 0 4 11a9 9 0 0 1 -4 -11z" /> }
            { node.look.battery.map(battery) }
        </g>
    }
}

/// A line drawing of a device, about its centre, with what can be seen of it.
fn device(figure: Figure, look: &Look) -> Html {
    match figure {
        Figure::Phone => html! {
            <>
            <rect class="dev" x="-18" y="-31" width="36" height="62" rx="6" />
            <path class="lin" d="M-6 25h12M-12 -22h24v38h-24z" />
            <path class="ink" d="M0 -16l8 10h-5v9h-6v-9h-5z" />
            </>
        },
        Figure::Robot => html! {
            <>
            <path class="lin" d="M0 -19v-5" />
            <rect class="dev" x="-17" y="-19" width="34" height="20" rx="5" />
            <circle class="ink" cx="-7" cy="-9" r="2.6" /><circle class="ink" cx="7" cy="-9" r="2.6" />
            <rect class="dev" x="-26" y="1" width="52" height="15" rx="4" />
            <circle class="dev" cx="-14" cy="18" r="7" /><circle class="dev" cx="14" cy="18" r="7" />
            </>
        },
        Figure::Thermometer => {
            // Two degrees a pixel's length: from -10 to 40 °C.
            let degrees = f64::from(look.millidegrees.clamp(-10_000, 40_000)) / 1000.0;
            html! {
                <>
                <path class="dev" d="M-6 5v-26a6 6 0 0 1 12 0v26a12 12 0 1 1 -12 0z" />
                <path class="lin" d="M12 -20h6M12 -12h6M12 -4h6" />
                <path class="mercury" d={format!("M0 15V{}", n(4.0 - (degrees + 10.0) / 2.0))} /><circle class="ink" cy="15" r="7" />
                </>
            }
        }
        Figure::Button => html! {
            <>
            <path class="dev" d="M-14 2a14 13 0 0 1 28 0z" />
            <rect class="dev" x="-25" y="2" width="50" height="19" rx="5" />
            <path class="lin" d="M-17 12h34" />
            </>
        },
        Figure::Lamp => html! {
            <>
            <path class="dev" d="M-8 13c0 -9 -9 -12 -9 -23a17 17 0 0 1 34 0c0 11 -9 14 -9 23z" />
            <path class="lin" d="M-7 18h14M-4 23h8" />
            if look.is_lit { <path class="lin" d="M-5 -4l5 -7l5 7M-24 -10h-7M24 -10h7M-21 -22l-5 -4M21 -22l5 -4M-21 2l-5 4M21 2l5 4" /> }
            </>
        },
        Figure::Window => html! {
            <>
            <rect class="dev" x="-21" y="-26" width="42" height="51" rx="2" />
            <path class="lin" d="M0 -26v51M-21 0h42" />
            if look.is_broken { <path class="lin" d="M0 -17l6 3l5 -7l2 8l8 2l-7 5l2 6M6 -14l1 8l7 2M-9 0l-2 7l-6 3M-11 7l5 5" /> }
            </>
        },
        Figure::Dashboard => html! {
            <>
            <rect class="dev" x="-28" y="-25" width="56" height="38" rx="4" />
            <path class="lin" d="M0 13v9M-12 22h24M-17 5v-9M-6 5v-19M6 5v-13M17 5v-6" />
            </>
        },
        Figure::Sleeper => html! {
            <>
            <path class="lin" d="M13 -13v-13" />
            <rect class="dev" x="-20" y="-13" width="40" height="35" rx="4" />
            <circle class="lin" cy="4.5" r="10.5" /><path class="lin" d="M0 -1v5.5h4" />
            </>
        },
        Figure::Broker | Figure::Client => html! {
            <>
            <rect class="dev" x="-20" y="-20" width="40" height="40" rx="4" />
            <path class="lin" d="M-9 -27v7M9 -27v7M-9 20v7M9 20v7M-27 -9h7M-27 9h7M20 -9h7M20 9h7" />
            </>
        },
    }
}

/// A battery beside its device, filled as far as it is full. The number stands in the label.
fn battery(percent: u8) -> Html {
    let full = 18.0 * f64::from(percent.min(100)) / 100.0;
    html! {
        <>
        <path class="dev" d="M-42 2h3v-3h4v3h3v22h-10z" />
        <rect class="ink" x="-40" y={n(22.0 - full)} width="6" height={n(full)} />
        </>
    }
}

fn node_label(node: &Node) -> Html {
    let (lx, ly) = node.label;
    if node.align == Align::OneLine {
        return html! { <text class="bgt" x={n(lx)} y={n(ly)}><tspan class="nm">{ &node.shown }</tspan><tspan dx="8">{ for node.lines.iter() }</tspan></text> };
    }
    let anchor = (node.align == Align::Middle).then_some("middle");
    let lines = node.lines.iter().zip(1..).map(|(line, row)| {
        html! { <text class="bgt" x={n(lx)} y={n(ly + LINE * f64::from(row))} text-anchor={anchor}>{ line }</text> }
    });
    html! { <><text class="nm bgt" x={n(lx)} y={n(ly)} text-anchor={anchor}>{ &node.shown }</text>{ for lines }</> }
}

fn broker(node: &Node) -> Html {
    let rect = broker_box(node);
    html! {
        <g>
            <rect class="card" x={n(rect.x)} y={n(rect.y)} width={n(rect.width)} height={n(rect.height)} rx="9" />
            <path class="lin" transform={format!("translate({} {})", n(rect.x - 16.0), n(rect.y - 148.0))}
                d="M34 164h26v12H34zM34 182h26v12H34zM39.5 170h.01M39.5 188h.01M46 170h8M46 188h8" />
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct PacketsProps {
    view: View,
    /// Width and height in pixels, and pixels of a unit.
    size: (f64, f64, f64),
    resized: Callback<(f64, f64, f64)>,
    is_large: bool,
    moving: Shared<Moving>,
    theme: Theme,
}

/// The packets on their way.
#[component]
fn Packets(
    PacketsProps {
        view,
        size,
        resized,
        is_large,
        moving,
        theme,
    }: &PacketsProps,
) -> Html {
    let canvas_ref = use_node_ref();
    {
        let canvas_ref = canvas_ref.clone();
        let resized = resized.clone();
        use_effect_with((), move |()| {
            let watch = watch_size(&canvas_ref, resized);
            move || drop(watch)
        });
    }
    // The projector's colours come with its size.
    let pills = use_memo((*theme, *size, *is_large), |(.., is_large)| {
        Shared::new(RefCell::new(canvas::Pills::from_tokens(*is_large)))
    });
    {
        let canvas_ref = canvas_ref.clone();
        let (view, drawn, (width, height, _)) = (*view, moving.clone(), *size);
        use_effect_with(
            (moving.clone(), pills, *size, view),
            move |(_, pills, ..)| {
                let mut pills = pills.borrow_mut();
                canvas::draw(&canvas_ref, &drawn, view, (width, height), &mut pills);
            },
        );
    }
    html! { <canvas ref={canvas_ref} aria-hidden="true"></canvas> }
}
