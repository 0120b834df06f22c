//! The edges between panes that can be moved.

use super::use_language;
use crate::effects;
use playground::route::Screen;
use playground::{Action, Edge, EdgeView, FrameView, LayoutAction, Shared, text};
use yew::prelude::*;

/// A key moves an edge so far, in drawing units.
const STEP: i32 = 16;

#[derive(Properties, PartialEq)]
pub(crate) struct SplitsProps {
    pub(crate) frame: Shared<FrameView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The splitters of a screen.
#[component]
pub(crate) fn Splits(SplitsProps { frame, dispatch }: &SplitsProps) -> Html {
    let language = use_language();
    let has_foot = frame.screen == Screen::Play && frame.level.shows_details();
    let those = frame
        .edges
        .iter()
        .filter(|it| it.edge != Edge::Foot || has_foot);
    html! {
        <section class="splits" aria-label={text::EDGES_NAME.to(language)}>
            { for those.map(|view| html! { <Split view={*view} dispatch={dispatch.clone()} /> }) }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct SplitProps {
    view: EdgeView,
    dispatch: Callback<Action>,
}

/// A splitter.
#[component]
fn Split(SplitProps { view, dispatch }: &SplitProps) -> Html {
    let language = use_language();
    let EdgeView { edge, size, range } = *view;
    let is_upright = edge != Edge::Foot;
    let this = use_node_ref();
    let from = use_mut_ref(|| None::<f64>);
    let along = move |event: &PointerEvent| {
        f64::from(if is_upright {
            event.client_x()
        } else {
            event.client_y()
        })
    };
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match (event.key().as_str(), is_upright) {
                ("ArrowLeft", true) | ("ArrowUp", false) => -STEP,
                ("ArrowRight", true) | ("ArrowDown", false) => STEP,
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::Layout(LayoutAction::MoveEdge(edge, by)));
        })
    };
    let onpointerdown = {
        let (this, from) = (this.clone(), from.clone());
        Callback::from(move |event: PointerEvent| {
            effects::capture(&this, &event);
            *from.borrow_mut() = Some(along(&event));
        })
    };
    let onpointermove = {
        let (from, dispatch) = (from.clone(), dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let mut from = from.borrow_mut();
            let Some(start) = *from else { return };
            let by = ((along(&event) - start) / effects::scale()).round() as i32;
            if by != 0 {
                *from = Some(along(&event));
                dispatch.emit(Action::Layout(LayoutAction::MoveEdge(edge, by)));
            }
        })
    };
    let onpointerup = Callback::from(move |_: PointerEvent| *from.borrow_mut() = None);
    html! {
        <div class={format!("split {}", edge.name())} role="separator" tabindex="0" ref={this} aria-orientation={if is_upright { "vertical" } else { "horizontal" }}
            aria-label={text::edge_name(language, edge)} aria-valuenow={size.to_string()} aria-valuemin={range.0.to_string()} aria-valuemax={range.1.to_string()}
            {onkeydown} {onpointerdown} {onpointermove} onpointercancel={onpointerup.clone()} {onpointerup}
            ondblclick={dispatch.reform(move |_| Action::Layout(LayoutAction::ResetEdge(edge)))}></div>
    }
}
