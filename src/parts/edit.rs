//! Changing the bytes of a packet, and its payload in several forms.

use playground::Action;
use playground::action::EditAction;
use playground::packet::{Bits, EditView, PacketView};
use playground::payload::{FORMS, PayloadView};
use playground::text::{self, Language};
use yew::prelude::*;

pub(super) fn act(dispatch: &Callback<Action>, action: EditAction) -> Callback<MouseEvent> {
    dispatch.reform(move |_| Action::Edit(action))
}

/// The hexadecimal digit of a key, while bytes are being changed.
pub(super) fn digit(view: &PacketView, event: &KeyboardEvent) -> Option<EditAction> {
    view.edit.as_ref()?;
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let mut letters = event.key().chars().collect::<Vec<char>>().into_iter();
    let digit = letters.next()?.to_digit(16)?;
    letters.next().is_none().then_some(())?;
    u8::try_from(digit).ok().map(EditAction::Digit)
}

/// The button that starts a change.
pub(super) fn start(language: Language, view: &PacketView, dispatch: &Callback<Action>) -> Html {
    if !view.can_edit || view.edit.is_some() {
        return Html::default();
    }
    html! {
        <><span class="sp"></span>
        <button class="btn" id={text::EDIT_ID} onclick={act(dispatch, EditAction::Start)}>{ text::EDIT.to(language) }</button></>
    }
}

/// What can be done with what was changed: at the top of the pane, where it is in view however long the packet is.
pub(super) fn buttons(language: Language, edit: &EditView, dispatch: &Callback<Action>) -> Html {
    let off = |is_off: bool| is_off.then_some("true");
    html! {
        <div class="editbuttons" role="group" aria-label={text::EDIT.to(language)}>
            <button class="btn primary" aria-disabled={off(!edit.is_online)} onclick={act(dispatch, EditAction::Send)}>{ text::edit_send(language, &edit.from) }</button>
            <button class="btn" aria-disabled={off(!edit.can_take_back)} onclick={act(dispatch, EditAction::TakeBack)}>{ text::EDIT_BACK.to(language) }</button>
            <button class="btn" onclick={act(dispatch, EditAction::Stop)}>{ text::EDIT_STOP.to(language) }</button>
        </div>
    }
}

/// What was changed, and what the decoder says of it.
pub(super) fn bar(language: Language, edit: &EditView) -> Html {
    let fault = edit.fault.as_ref();
    html! {
        <div class="editbar">
            <p role="status" class={classes!("verdict", fault.is_some().then_some("bad"))}>
                { text::edit_changed(language, edit.changed) }{ " " }
                { fault.map_or_else(|| text::EDIT_WHOLE.to(language).to_owned(), Clone::clone) }
            </p>
            if !edit.is_online { <p class="muted">{ text::EDIT_OFFLINE.to(language) }</p> }
            <p class="muted">{ text::EDIT_HOW.to(language) }</p>
        </div>
    }
}

/// The bits of the byte in hand as switches, over what they are.
pub(super) fn switches(bits: &Bits, dispatch: &Callback<Action>) -> Html {
    let names = bits.captions.iter().map(|(width, part, name, is_lit)| {
        let onclick = part.map(|part| dispatch.reform(move |_: MouseEvent| Action::SelectField(part)));
        html! { <td class={is_lit.then_some("on")} colspan={width.to_string()} {onclick}>{ name }</td> }
    });
    let cells = bits.cells.iter().enumerate().map(|(place, (is_set, _))| {
        let bit = 7 - place;
        let flip = EditAction::Flip(u8::try_from(bit).unwrap_or(0));
        html! {
            <td><button aria-pressed={is_set.to_string()} aria-label={text::bit_button(bit, *is_set)} onclick={act(dispatch, flip)}>{ u8::from(*is_set) }</button></td>
        }
    });
    html! {
        <div class="switches" role="group" aria-label={bits.label.clone()}>
            <span>{ &bits.label }<br /><code>{ &bits.hex }</code></span>
            <table role="presentation"><tr>{ for cells }</tr><tr>{ for names }</tr></table>
        </div>
    }
}

/// A payload, and the forms to choose from.
pub(super) fn payload(language: Language, view: &PayloadView, dispatch: &Callback<Action>) -> Html {
    let forms = FORMS.map(|form| {
        html! {
            <button aria-pressed={(form == view.form).to_string()} onclick={act(dispatch, EditAction::WritePayload(form))}>{ text::payload_form(form) }</button>
        }
    });
    html! {
        <section class="payload" aria-labelledby="h-payload">
            <header>
                <h3 id="h-payload">{ text::PAYLOAD_AS.to(language) }</h3>
                <div class="seg" role="group" aria-labelledby="h-payload">{ for forms }</div>
            </header>
            <pre tabindex="0" aria-labelledby="h-payload">{ &view.shown }</pre>
            if let Some(note) = &view.note { <p class="muted">{ note }</p> }
        </section>
    }
}
