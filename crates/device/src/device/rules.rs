//! What a device makes of messages, inputs and changes: its blueprint first, then its rules.

use super::{Device, DeviceEvent};
use crate::blueprint::Response;
use crate::remark::Remark;
use crate::rule::{Act, Filling, Trigger};
use alloc::string::ToString;
use mqtt_proto::packet::Publish;
use mqtt_proto::{Instant, Sink};

impl Device {
    /// Follows every rule with that trigger.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        trigger: &Trigger,
        heard: Option<&Publish>,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        for index in 0..self.rules.len() {
            if self
                .rules
                .get(index)
                .is_some_and(|armed| armed.rule.trigger == *trigger)
            {
                self.follow_rule(now, index, heard, sink);
            }
        }
    }

    pub(super) fn follow_rule(
        &mut self,
        now: Instant,
        index: usize,
        heard: Option<&Publish>,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        let before = self.reading();
        let Some(armed) = self.rules.get_mut(index) else {
            return;
        };
        armed.times = armed.times.saturating_add(1);
        match &armed.rule.act {
            Act::Publish(template) => {
                let number = armed.times.to_string();
                let filling = Filling {
                    reading: before.as_bytes(),
                    number: number.as_bytes(),
                    heard,
                };
                if let Some(message) = template.fill(&filling) {
                    sink.emit(DeviceEvent::Remark(Remark::Made {
                        topic: message.topic.clone(),
                        payload: message.payload.clone(),
                    }));
                    self.offer(now, message, sink);
                }
            }
            Act::Lamp(setting) => {
                let is_change = armed.rule.trigger == Trigger::Change;
                if let Some(effect) = self.body.lamp(*setting) {
                    sink.emit(DeviceEvent::Effect(effect));
                    // What follows a change does not begin another round.
                    if !is_change {
                        self.look_for_change(now, &before, sink);
                    }
                }
            }
        }
    }

    pub(super) fn look_for_change(
        &mut self,
        now: Instant,
        before: &str,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        if self.reading() != *before {
            self.follow(now, &Trigger::Change, None, sink);
        }
    }

    /// Does what blueprint and rules say about a message.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        publish: Publish,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        let before = self.reading();
        if self.blueprint.has_display {
            self.body.show(now, &publish);
        }
        let response: Option<(&Response, i64)> = self.blueprint.response(&publish.payload);
        let effect = response.and_then(|(response, length)| self.body.respond(response, length));
        let heard = (!self.rules.is_empty()).then(|| publish.clone());
        sink.emit(DeviceEvent::Delivered(publish));
        if let Some(effect) = effect {
            sink.emit(DeviceEvent::Effect(effect));
            self.look_for_change(now, &before, sink);
        }
        let Some(publish) = heard else { return };
        for index in 0..self.rules.len() {
            if self
                .rules
                .get(index)
                .is_some_and(|armed| armed.rule.trigger.hears(&publish))
            {
                self.follow_rule(now, index, Some(&publish), sink);
            }
        }
    }
}
