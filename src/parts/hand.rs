//! A pointer that builds on the map: it moves devices, and pulls links from their ports. Keys do the same.

use super::n;
use crate::effects;
use playground::map::{Node, Still, broker_box};
use playground::menu::Target;
use playground::sandbox::SandboxAction;
use playground::story::Figure;
use playground::{Action, Shared};
use yew::prelude::*;

/// Less than this is no drag, in the drawing's units.
const DRAG_MIN: f64 = 4.0;
/// An arrow key moves a device so far.
const KEY_STEP: f64 = 16.0;
/// The port of a device without a link stands so far below its centre.
const PORT: f64 = 37.0;

/// What a key does to the size of the drawing.
pub(super) fn zoom(key: &str) -> Option<isize> {
    match key {
        "+" | "=" => Some(1),
        "-" => Some(-1),
        "f" | "F" => Some(0),
        _ => None,
    }
}

/// What the pointer holds.
#[derive(Clone, Copy, PartialEq)]
struct Held {
    lane: usize,
    from: (f64, f64),
    at: (f64, f64),
    /// A link, and not the device.
    is_link: bool,
    has_moved: bool,
}

/// What the pointer holds, and what it does.
pub(super) struct Hand {
    drawing: NodeRef,
    held: UseStateHandle<Option<Held>>,
    pub(super) moves: Callback<PointerEvent>,
    pub(super) lets_go: Callback<PointerEvent>,
}

#[hook]
pub(super) fn use_hand(
    drawing: &NodeRef,
    still: &Shared<Still>,
    dispatch: &Callback<Action>,
) -> Hand {
    let held = use_state(|| None::<Held>);
    let moves = {
        let (drawing, held) = (drawing.clone(), held.clone());
        Callback::from(move |event: PointerEvent| {
            let Some((old, at)) = (*held).zip(effects::place_in(&drawing, &event)) else {
                return;
            };
            let far = (at.0 - old.from.0).abs().max((at.1 - old.from.1).abs());
            let has_moved = old.has_moved || far >= DRAG_MIN;
            if has_moved && !old.has_moved {
                effects::capture(&drawing, &event);
            }
            held.set(Some(Held {
                at,
                has_moved,
                ..old
            }));
        })
    };
    let lets_go = {
        let (held, still, dispatch) = (held.clone(), still.clone(), dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(it) = (*held).filter(|it| it.has_moved) else {
                held.set(None);
                return;
            };
            held.set(None);
            if event.type_() == "pointercancel" {
                return;
            }
            let action = if it.is_link {
                let broker = still.nodes.iter().position(|node| is_on(node, it.at));
                broker.map(|broker| SandboxAction::Connect(it.lane, broker))
            } else {
                let node = still.nodes.get(it.lane);
                node.map(|node| {
                    let by = (it.at.0 - it.from.0, it.at.1 - it.from.1);
                    SandboxAction::Drag(it.lane, node.x + by.0, node.y + by.1)
                })
            };
            if let Some(action) = action {
                dispatch.emit(Action::Sandbox(action));
            }
        })
    };
    Hand {
        drawing: drawing.clone(),
        held,
        moves,
        lets_go,
    }
}

/// Whether a place is on a broker.
fn is_on(node: &Node, (x, y): (f64, f64)) -> bool {
    let rect = broker_box(node);
    node.figure == Figure::Broker
        && (rect.x..rect.x + rect.width).contains(&x)
        && (rect.y..rect.y + rect.height).contains(&y)
}

impl Hand {
    fn takes(&self, lane: usize, is_link: bool) -> Callback<PointerEvent> {
        let (drawing, held) = (self.drawing.clone(), self.held.clone());
        Callback::from(move |event: PointerEvent| {
            event.stop_propagation();
            if let Some(at) = effects::place_in(&drawing, &event) {
                held.set(Some(Held {
                    lane,
                    from: at,
                    at,
                    is_link,
                    has_moved: false,
                }));
            }
        })
    }

    /// A node that can be held, where it is held.
    pub(super) fn around(&self, node: &Node, dispatch: &Callback<Action>, inside: Html) -> Html {
        let Target::Node(lane) = node.target else {
            return inside;
        };
        let moved = self
            .held
            .filter(|it| it.lane == lane && it.has_moved && !it.is_link);
        let transform = moved.map(|it| {
            let by = (it.at.0 - it.from.0, it.at.1 - it.from.1);
            format!("translate({} {})", n(by.0), n(by.1))
        });
        let (x, y) = (node.x, node.y);
        let onkeydown = {
            let dispatch = dispatch.clone();
            Callback::from(move |event: KeyboardEvent| {
                let by = match event.key().as_str() {
                    _ if !event.shift_key() => return,
                    "ArrowLeft" => (-KEY_STEP, 0.0),
                    "ArrowRight" => (KEY_STEP, 0.0),
                    "ArrowUp" => (0.0, -KEY_STEP),
                    "ArrowDown" => (0.0, KEY_STEP),
                    _ => return,
                };
                event.prevent_default();
                event.stop_propagation();
                let drag = SandboxAction::Drag(lane, x + by.0, y + by.1);
                dispatch.emit(Action::Sandbox(drag));
            })
        };
        html! {
            <g key={format!("g-{lane}")} class="movable" {transform} {onkeydown} onpointerdown={self.takes(lane, false)}>
                { inside }
                if !node.is_linked {
                    <circle class="port loose" cx={n(x)} cy={n(y + PORT)} r="7" onpointerdown={self.takes(lane, true)} />
                }
            </g>
        }
    }

    /// The link that is being pulled.
    pub(super) fn line(&self) -> Html {
        let pulled = self.held.filter(|it| it.is_link && it.has_moved);
        pulled.map_or_else(Html::default, |it| {
            html! { <line class="cable pulled" x1={n(it.from.0)} y1={n(it.from.1)} x2={n(it.at.0)} y2={n(it.at.1)} /> }
        })
    }
}
