//! The packet: fields, bytes and bits, with one selection in all three.

use super::{edit, glyph, main_role, rem, role_name, use_language};
use crate::effects;
use playground::action::Tab;
use playground::packet::{Bits, ByteCell, FieldRow, LINE_BYTES, Line, PacketView};
use playground::text::Language;
use playground::timeline::Glyph;
use playground::{Action, PacketList, PacketRow, Shared, text};
use std::cell::Cell;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct PacketProps {
    pub(crate) view: Shared<PacketView>,
    pub(crate) list: Shared<PacketList>,
    pub(crate) main: Tab,
    pub(crate) dispatch: Callback<Action>,
}

/// The packet's pane.
#[component]
pub(crate) fn PacketPane(
    PacketProps {
        view,
        list,
        main,
        dispatch,
    }: &PacketProps,
) -> Html {
    let language = use_language();
    let heading = match view.role {
        Some(role) => html! {
            <h2 id="h-pk" class="pktname">{ glyph(Glyph::Packet(role)) }{ &view.title }</h2>
        },
        None => html! { <h2 id="h-pk">{ text::PACKET.to(language) }</h2> },
    };
    let badges = view.badges.iter().map(|(text, notable)| {
        html! {
            <span class={classes!("badge", notable.then_some("hl"))}>{ text }</span>
        }
    });
    let before = view
        .of_before
        .as_ref()
        .map(|text| html! { <span class="badge">{ text }</span> });
    let body = match view.role {
        Some(role) => html! {
            <>
            { tree(language, view, dispatch) }
            <div class={format!("wirebytes r-{}", role_name(role))}>
                { bytes(language, view, dispatch) }
                if view.edit.is_none() { { key(view) } }
                { view.bits.as_ref().map(|it| if view.edit.is_some() { edit::switches(it, dispatch) } else { bits(it, dispatch) }) }
                // Under what it speaks of: however much the decoder has to say, bytes and bits stay where they are.
                { view.edit.as_ref().map(|it| edit::bar(language, it)) }
                { view.no_edit.map(|why| html! { <p class="muted">{ why }</p> }) }
                { view.payload.as_ref().filter(|_| view.edit.is_none()).map(|it| edit::payload(language, it, dispatch)) }
            </div>
            </>
        },
        None => html! { <p class="muted empty">{ text::NO_PACKET.to(language) }</p> },
    };
    html! {
        <section class="pane" id="packet" tabindex="-1" role={main_role(*main, Tab::Packet)} aria-labelledby="h-pk">
            <header>{ heading }{ for badges }{ before }{ edit::start(language, view, dispatch) }{ view.edit.as_ref().map(|it| edit::buttons(language, it, dispatch)) }</header>
            <div class="body"><List list={list.clone()} dispatch={dispatch.clone()} />{ body }</div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    list: Shared<PacketList>,
    dispatch: Callback<Action>,
}

/// One row for each step, where there is room for it.
#[component]
fn List(ListProps { list, dispatch }: &ListProps) -> Html {
    let language = use_language();
    let table = use_node_ref();
    {
        // The style sheet says where there is room for it.
        let (table, dispatch) = (table.clone(), dispatch.clone());
        use_effect_with((), move |()| {
            let had_room = Cell::new(false);
            let report = Callback::from(move |(width, ..): (f64, f64, f64)| {
                let has_room = width > 0.0;
                if had_room.replace(has_room) != has_room {
                    dispatch.emit(Action::HasRoomForPackets(has_room));
                }
            });
            let watch = effects::watch_size(&table, report);
            move || drop(watch)
        });
    }
    {
        let table = table.clone();
        use_effect_with(list.clone(), move |_| {
            effects::reveal_selected(&table);
        });
    }
    let rows = list
        .rows
        .iter()
        .map(|row| html! { <Row key={row.step} row={row.clone()} dispatch={dispatch.clone()} /> });
    html! {
        <div class="plist" ref={table}>
            <table>
                <caption class="vh">{ text::PACKET_LIST.to(language) }</caption>
                <thead><tr>
                    <th scope="col">{ "#" }</th><th scope="col">{ text::COLUMN_TIME.to(language) }</th><th scope="col">{ text::COLUMN_ENDS.to(language) }</th>
                    <th scope="col">{ text::COLUMN_PACKET.to(language) }</th><th scope="col" class="right">{ text::COLUMN_BYTES.to(language) }</th>
                </tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    row: Shared<PacketRow>,
    dispatch: Callback<Action>,
}

/// A row of the list: most stay as they are when a step is taken.
#[component]
fn Row(RowProps { row, dispatch }: &RowProps) -> Html {
    let step = row.step;
    html! {
        <tr class={row.is_selected.then_some("is-selected")} onclick={dispatch.reform(move |_| Action::Select(step))}>
            <td class="num">{ step }</td><td class="mono">{ &row.time }</td><td>{ &row.ends }</td>
            <td><span class="cell">{ glyph(row.glyph) }{ &row.title }</span></td><td class="num right">{ row.bytes }</td>
        </tr>
    }
}

fn arrows(event: &KeyboardEvent) -> Option<isize> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    match event.key().as_str() {
        "ArrowRight" => Some(1),
        "ArrowLeft" => Some(-1),
        "ArrowDown" => Some(LINE_BYTES as isize),
        "ArrowUp" => Some(-(LINE_BYTES as isize)),
        _ => None,
    }
}

/// The fields. A list of rows with a depth each: the tree is as flat as the packet.
fn tree(language: Language, view: &PacketView, dispatch: &Callback<Action>) -> Html {
    let onkeydown = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::MoveField(by));
        })
    };
    let focus = view
        .fields
        .iter()
        .position(|row| row.is_selected)
        .unwrap_or(0);
    html! {
        <ul class="tree" role="tree" aria-label={text::FIELDS.to(language)} {onkeydown}>
            { for view.fields.iter().map(|row| field(row, row.part == focus, dispatch)) }
        </ul>
    }
}

fn field(row: &FieldRow, is_focus: bool, dispatch: &Callback<Action>) -> Html {
    let part = row.part;
    // A topic breaks between its levels, before it breaks anywhere.
    let value = row.value.split_inclusive('/');
    let value = value.map(|level| html! { <>{ level }<wbr /></> });
    let class = classes!(
        format!("d{}", row.depth.min(3)),
        (row.depth == 0).then_some("grp"),
        row.is_selected.then_some("is-selected"),
        row.is_lit.then_some("is-lit"),
        row.is_faulty.then_some("is-faulty"),
    );
    html! {
        <li {class} id={format!("field-{part}")} role="treeitem" aria-level={(row.depth + 1).to_string()}
            aria-selected={row.is_selected.to_string()} aria-expanded={row.is_group.then_some("true")} tabindex={if is_focus { "0" } else { "-1" }}
            onclick={dispatch.reform(move |_| Action::SelectField(part))}>
            <div class="row">
                <span class="k" title={row.name.clone()}>{ &row.name }</span><span class="v" title={row.value.clone()}>{ for value }</span><span class="b">{ &row.extent }</span>
            </div>
        </li>
    }
}

fn bytes(language: Language, view: &Shared<PacketView>, dispatch: &Callback<Action>) -> Html {
    let onkeydown = {
        let (dispatch, view) = (dispatch.clone(), view.clone());
        Callback::from(move |event: KeyboardEvent| {
            if let Some(typed) = edit::digit(&view, &event) {
                event.prevent_default();
                dispatch.emit(Action::Edit(typed));
                return;
            }
            if let Some(by) = arrows(&event) {
                event.prevent_default();
                dispatch.emit(Action::MoveByte(by));
            }
        })
    };
    let lines = view
        .bytes
        .chunks(LINE_BYTES)
        .enumerate()
        .map(|(line, cells)| {
            let ascii: String = cells.iter().map(|cell| cell.ascii).collect();
            let blanks = (cells.len()..LINE_BYTES).map(|_| html! { <span></span> });
            html! {
                <>
                <span class="off" aria-hidden="true">{ format!("{:02X}", line * LINE_BYTES) }</span>
                { for cells.iter().map(|cell| byte(cell, dispatch)) }
                { for blanks }
                <span class="asc" aria-hidden="true">{ ascii }</span>
                </>
            }
        });
    html! {
        <>
        <div class="bytes" role="group" aria-label={text::BYTES_LABEL.to(language)} {onkeydown}>{ for lines }</div>
        if let Some(left_out) = &view.left_out { <p class="muted">{ left_out }</p> }
        </>
    }
}

fn byte(cell: &ByteCell, dispatch: &Callback<Action>) -> Html {
    let index = cell.index;
    let class = classes!(
        format!("f-{}", line_name(cell.line)),
        cell.starts.then_some("s"),
        cell.ends.then_some("e"),
        cell.is_lit.then_some("on"),
    );
    html! {
        <button {class} id={format!("byte-{index}")} tabindex={if cell.is_focus { "0" } else { "-1" }} aria-label={cell.sentence.clone()}
            aria-pressed={cell.is_lit.to_string()} onclick={dispatch.reform(move |_| Action::SelectByte(index))}>{ &cell.hex }</button>
    }
}

fn key(view: &PacketView) -> Html {
    let entries = view.key.iter().map(|(line, name)| html! { <span><i class={format!("f-{}", line_name(*line))}></i>{ name }</span> });
    html! { <div class="bytekey" aria-hidden="true">{ for entries }</div> }
}

/// The bits of a byte. Drawn, because what stands under them is as wide as they are.
fn bits(bits: &Bits, dispatch: &Callback<Action>) -> Html {
    let left = 74.0;
    let cell = 31.0;
    let cells = bits.cells.iter().enumerate().map(|(place, &(is_set, is_lit))| {
        let x = left + cell * place as f64;
        html! {
            <>
            <rect class={classes!("bit", is_lit.then_some("on"))} x={super::n(x)} y="1.5" width={super::n(cell)} height="26" />
            <text class={classes!("digit", is_lit.then_some("on"))} x={super::n(x + cell / 2.0)} y="19.5" text-anchor="middle">{ u8::from(is_set) }</text>
            </>
        }
    });
    let mut place = 0.0;
    // Many narrow names stand in two rows.
    let is_crowded = bits.captions.len() > 5;
    let mut lower = false;
    let captions: Vec<Html> = bits
        .captions
        .iter()
        .map(|(width, part, name, is_lit)| {
            let span = cell * f64::from(*width);
            let x = left + place + span / 2.0;
            place += span;
            let y = if lower { "58" } else { "44" };
            lower = is_crowded && !lower;
            let onclick = part.map(|part| dispatch.reform(move |_: MouseEvent| Action::SelectField(part)));
            html! { <text class={classes!("cap", is_lit.then_some("on"))} x={super::n(x)} {y} text-anchor="middle" {onclick}>{ name }</text> }
        })
        .collect();
    let lit = bits
        .cells
        .iter()
        .enumerate()
        .filter(|(_, (_, is_lit))| *is_lit)
        .map(|(place, _)| place);
    let frame = lit.clone().min().zip(lit.max()).map(|(first, last)| html! {
        <rect class="frame" x={super::n(left + cell * first as f64 + 1.0)} y="2.5" width={super::n(cell * (last - first + 1) as f64 - 2.0)} height="24" />
    });
    let width = left + cell * 8.0 + 2.0;
    let height = if is_crowded { 64.0 } else { 50.0 };
    html! {
        <svg class="bits" viewBox={format!("0 0 {} {}", super::n(width), super::n(height))} height={rem(height)} preserveAspectRatio="xMinYMid meet" role="img" aria-label={bits.sentence.clone()}>
            <text class="lab" x="0" y="19">{ &bits.label }</text>
            <text class="lab mono" x="0" y="44">{ &bits.hex }</text>
            { for cells }{ frame }{ for captions }
        </svg>
    }
}

/// An underline's name in the style sheet.
pub(crate) const fn line_name(line: Line) -> &'static str {
    match line {
        Line::Solid => "solid",
        Line::Grey => "grey",
        Line::Double => "double",
        Line::Dotted => "dotted",
    }
}
