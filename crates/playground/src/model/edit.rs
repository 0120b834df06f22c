//! Changing the bytes of a packet and sending them: what no client would send. And how a payload is written.

use super::Playground;
use crate::action::{Command, EditAction};
use crate::anatomy::Fault;
use crate::packet::{EditView, Focus, PacketView};
use crate::payload::{Form, PayloadView};
use crate::story::Flight;
use crate::text;
use bytes::Bytes;
use mqtt_proto::codec::FieldName;
use mqtt_proto::packet::PacketType;
use sim::scenario::{Action as Act, NodeAction};
use std::rc::Rc;

/// So many changes can be taken back.
const CHANGES_MAX: usize = 200;

/// Bytes that are being changed, and how payloads are written.
#[derive(Default)]
pub(super) struct Editing {
    draft: Option<Draft>,
    form: Form,
    /// Counts changes: views depend on it.
    changes: usize,
}

struct Draft {
    /// The packet that they were: the number of the run, and the step.
    of: (usize, usize),
    bytes: Vec<u8>,
    /// What was changed, oldest first: the byte, and what it was.
    undo: Vec<(usize, u8)>,
    /// The byte whose first digit was typed, and whose second comes next.
    half: Option<usize>,
}

/// Changes so far, the level, and whether the sender has a connection.
pub(super) type Changes = (usize, crate::level::Level, bool);

impl Playground {
    pub(super) fn edit_action(&mut self, action: EditAction, commands: &mut Vec<Command>) {
        self.editing.changes += 1;
        match action {
            EditAction::Start => self.start_edit(commands),
            EditAction::Stop => {
                self.editing.draft = None;
                commands.push(Command::Focus(text::EDIT_ID.to_owned()));
            }
            EditAction::Digit(digit) => self.type_digit(digit, commands),
            EditAction::Flip(bit) => {
                let byte = self.focus().byte.unwrap_or(0);
                let bit = 1_u8.checked_shl(bit.into()).unwrap_or(0);
                self.change(byte, |old| old ^ bit);
                self.select_byte(byte);
            }
            EditAction::TakeBack => {
                if let Some(byte) = self.take_back() {
                    self.select_byte(byte);
                    commands.push(Command::FocusByte(byte));
                }
            }
            EditAction::Send => self.send_edit(commands),
            EditAction::WritePayload(form) => self.editing.form = form,
        }
    }

    fn start_edit(&mut self, commands: &mut Vec<Command>) {
        self.rest();
        let step = self.packet_step();
        let Some((_, flight)) = self.story.flight_of(step) else {
            return;
        };
        if !self.can_edit(flight) {
            return;
        }
        self.editing.draft = Some(Draft {
            of: (self.run_number, step),
            bytes: flight.bytes.to_vec(),
            undo: Vec::new(),
            half: None,
        });
        let byte = self.focus().byte.unwrap_or(0);
        self.select_byte(byte);
        commands.push(Command::FocusByte(byte));
    }

    /// Only a device can be made to send what it would not, and only in the lab.
    fn can_edit(&self, flight: &Flight) -> bool {
        self.level == crate::level::Level::Lab && self.refuses_edit(flight).is_none()
    }

    /// Why the bytes of a packet cannot be changed.
    fn refuses_edit(&self, flight: &Flight) -> Option<text::Phrase> {
        if self.shows_capture() {
            Some(text::CAPTURE_IS_PAST)
        } else {
            let is_of_broker = self.story.is_broker(flight.from);
            is_of_broker.then_some(text::EDIT_NOT_THE_BROKERS)
        }
    }

    fn type_digit(&mut self, digit: u8, commands: &mut Vec<Command>) {
        let byte = self.focus().byte.unwrap_or(0);
        let digit = digit & 0x0f;
        let Some(draft) = &mut self.editing.draft else {
            return;
        };
        let is_second = draft.half.take() == Some(byte);
        if !is_second {
            draft.half = Some(byte);
        }
        let last = draft.bytes.len().saturating_sub(1);
        self.change(byte, |old| {
            if is_second {
                old & 0xf0 | digit
            } else {
                digit << 4 | old & 0x0f
            }
        });
        let next = if is_second {
            (byte + 1).min(last)
        } else {
            byte
        };
        self.select_byte(next);
        commands.push(Command::FocusByte(next));
    }

    fn change(&mut self, byte: usize, to: impl FnOnce(u8) -> u8) {
        if let Some(draft) = &mut self.editing.draft
            && let Some(place) = draft.bytes.get_mut(byte)
        {
            let old = std::mem::replace(place, to(*place));
            draft.undo.push((byte, old));
            let too_many = draft.undo.len().saturating_sub(CHANGES_MAX);
            draft.undo.drain(..too_many);
        }
    }

    /// Takes the last change back; gives the byte.
    fn take_back(&mut self) -> Option<usize> {
        let draft = self.editing.draft.as_mut()?;
        draft.half = None;
        let (byte, old) = draft.undo.pop()?;
        *draft.bytes.get_mut(byte)? = old;
        Some(byte)
    }

    /// Whether there is a change that undo takes back.
    pub(super) fn has_changed_bytes(&self) -> bool {
        self.draft().is_some_and(|draft| !draft.undo.is_empty())
    }

    /// Whether bytes are being changed.
    pub(super) fn is_editing(&self) -> bool {
        self.draft().is_some()
    }

    fn draft(&self) -> Option<&Draft> {
        let here = (self.run_number, self.packet_step());
        self.editing.draft.as_ref().filter(|it| it.of == here)
    }

    /// The bytes of the packet in view as they are now, if they are being changed.
    pub(super) fn edited_bytes(&self) -> Option<Bytes> {
        self.draft()
            .map(|draft| Bytes::copy_from_slice(&draft.bytes))
    }

    /// How payloads are written.
    pub(super) const fn payload_form(&self) -> Form {
        self.editing.form
    }

    /// What views of the packet depend on besides the run.
    pub(super) fn changes(&self) -> Changes {
        let is_online = self.sender_is_online();
        (self.editing.changes, self.level, is_online)
    }

    fn sender_is_online(&self) -> bool {
        let flight = self.story.flight_of(self.packet_step());
        flight.is_some_and(|(_, it)| self.story.is_online(it.from, self.position))
    }

    /// Puts the changed bytes on the device's connection, at the moment that is shown.
    fn send_edit(&mut self, commands: &mut Vec<Command>) {
        let Some(bytes) = self.edited_bytes() else {
            return;
        };
        if !self.sender_is_online() {
            return;
        }
        let from = self.story.flight_of(self.packet_step());
        let node = from.and_then(|(_, it)| self.story.lanes.get(it.from));
        let node = node.map(|lane| lane.name.clone());
        self.editing.draft = None;
        if let Some(node) = node {
            let act = NodeAction::SendRaw(bytes);
            self.act(Act::Node { node, act }, commands);
        }
    }

    /// Why bytes are no packet, with the rule.
    pub(super) fn fault_told(&self, fault: Fault) -> String {
        let rule = fault
            .rule
            .map(|(id, gist)| (id, self.voice().data(gist).to_owned()));
        text::edit_fault(self.language, fault.place, &fault.what, rule)
    }

    /// The packet in view with the bytes that it has now, what was changed, and its payload.
    pub(super) fn packet_view(&self, flight: &Flight, focus: Focus) -> PacketView {
        let parts = self.parts();
        let edited = self.edited_bytes();
        let mut now = flight.clone();
        if let Some(bytes) = &edited {
            now.bytes = Rc::from(bytes.as_ref());
        }
        let mut view = crate::packet::view(self.language, &now, &parts, focus);
        let payload = parts
            .iter()
            .rfind(|part| part.depth == 0 && part.field == FieldName::Payload);
        let is_publish = now.face.kind == Some(PacketType::Publish);
        view.payload = payload
            .filter(|_| is_publish)
            .and_then(|part| now.bytes.get(part.bytes.clone()))
            .map(|payload| PayloadView::new(self.language, payload, self.editing.form));
        view.can_edit = self.can_edit(flight);
        let is_lab = self.level == crate::level::Level::Lab;
        let refused = self.refuses_edit(flight).filter(|_| is_lab);
        view.no_edit = refused.map(|it| it.to(self.language));
        view.edit = edited.and_then(|bytes| {
            let run = self.run.as_ref()?;
            let (number, _) = self.story.flight_of(flight.step)?;
            let differs = |(new, old): &(&u8, &u8)| new != old;
            Some(EditView {
                from: self.story.name(flight.from).to_owned(),
                changed: bytes
                    .iter()
                    .zip(flight.bytes.iter())
                    .filter(differs)
                    .count(),
                can_take_back: self.has_changed_bytes(),
                is_online: self.sender_is_online(),
                fault: run
                    .fault(number, &bytes)
                    .map(|fault| self.fault_told(fault)),
            })
        });
        view
    }
}
