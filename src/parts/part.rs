//! What the pieces of a screen have at hand while they are drawn.

use crate::effects;
use playground::Action;
use playground::live::LinkField;
use playground::text::{Language, Phrase};
use yew::prelude::*;

/// A part of the page that says what the user does as `A`.
pub(super) struct Part<'a, A> {
    pub(super) language: Language,
    pub(super) dispatch: &'a Callback<Action>,
    /// What that is to the page.
    action: fn(A) -> Action,
}

/// A field that is typed into.
pub(super) struct Entry<'a> {
    pub(super) id: String,
    pub(super) label: Phrase,
    pub(super) value: &'a str,
    pub(super) hint: Option<Phrase>,
    pub(super) is_secret: bool,
    pub(super) is_disabled: bool,
}

/// The type of a field that is typed into, and what the browser may fill in: a password manager has no business here, what it
/// would keep is somebody else's broker.
pub(super) const fn typing(is_secret: bool) -> (&'static str, &'static str) {
    match is_secret {
        true => ("password", "new-password"),
        false => ("text", "off"),
    }
}

impl<'a> Entry<'a> {
    pub(super) const fn new(id: String, label: Phrase, value: &'a str) -> Self {
        Self {
            id,
            label,
            value,
            hint: None,
            is_secret: false,
            is_disabled: false,
        }
    }

    /// A field of a form that leads to a real broker; `form` sets it apart from the same field of another one.
    pub(super) fn of_link(
        form: &str,
        field: LinkField,
        label: Phrase,
        value: &'a str,
        hint: Option<Phrase>,
    ) -> Self {
        Self {
            hint,
            is_secret: field == LinkField::Password,
            ..Self::new(format!("{form}-{}", field as usize), label, value)
        }
    }
}

impl<'a, A: Clone + 'static> Part<'a, A> {
    pub(super) const fn new(
        language: Language,
        dispatch: &'a Callback<Action>,
        action: fn(A) -> Action,
    ) -> Self {
        Self {
            language,
            dispatch,
            action,
        }
    }

    pub(super) const fn t(&self, phrase: Phrase) -> &'static str {
        phrase.to(self.language)
    }

    /// Does this at an event.
    pub(super) fn on<E>(&self, action: A) -> Callback<E> {
        let make = self.action;
        self.dispatch.reform(move |_| make(action.clone()))
    }

    /// Does what comes of an event.
    pub(super) fn with<E: 'static>(&self, action: impl Fn(E) -> A + 'static) -> Callback<E> {
        let make = self.action;
        self.dispatch.reform(move |event| make(action(event)))
    }

    /// Does this when a form is sent, which must not load the page anew.
    pub(super) fn submits(&self, action: A) -> Callback<SubmitEvent> {
        self.with(move |event: SubmitEvent| {
            event.prevent_default();
            action.clone()
        })
    }

    /// Does what comes of what is typed.
    pub(super) fn typed(&self, action: impl Fn(String) -> A + 'static) -> Callback<InputEvent> {
        self.with(move |event: InputEvent| action(effects::typed(&event)))
    }

    /// Does what comes of a tick in a box.
    pub(super) fn ticked(&self, action: impl Fn(bool) -> A + 'static) -> Callback<Event> {
        self.with(move |event: Event| action(effects::is_checked(&event)))
    }

    /// A field with its label, and perhaps a hint below it.
    pub(super) fn entry(&self, entry: Entry<'_>, fill: impl Fn(String) -> A + 'static) -> Html {
        let Entry {
            id,
            label,
            value,
            hint,
            is_secret,
            is_disabled,
        } = entry;
        let hint_id = format!("{id}-hint");
        let (kind, completion) = typing(is_secret);
        let oninput = self.typed(fill);
        html! {
            <div class="field">
                <label for={id.clone()}>{ self.t(label) }</label>
                <input class="in mono" {id} type={kind} value={value.to_owned()} {oninput} disabled={is_disabled} autocomplete={completion} autocapitalize="off" spellcheck="false"
                    aria-describedby={hint.map(|_| hint_id.clone())} />
                if let Some(hint) = hint { <small id={hint_id}>{ self.t(hint) }</small> }
            </div>
        }
    }

    /// A box with its label and a hint.
    pub(super) fn check(
        &self,
        label: Phrase,
        hint: Phrase,
        is_on: bool,
        tick: impl Fn(bool) -> A + 'static,
    ) -> Html {
        let onchange = self.ticked(tick);
        html! {
            <label class="check"><input type="checkbox" checked={is_on} {onchange} /><span>{ self.t(label) }{ " " }<span class="hint">{ self.t(hint) }</span></span></label>
        }
    }
}
