//! What a device does by the clock: rules that come round, and deep sleep.

use super::{Device, DeviceEvent, Rhythm};
use crate::effect::Effect;
use crate::rule::Trigger;
use mqtt_proto::{ClientState, Instant, Sink};

impl Device {
    pub(super) fn start_clocks(&mut self, now: Instant) {
        for armed in &mut self.rules {
            if let Trigger::Every(period) = armed.rule.trigger {
                armed.due = Some(now + period);
            }
        }
        if let Some(rhythm) = &mut self.rhythm {
            rhythm.start = Some(now);
            rhythm.turns_at = Some(rhythm.sleep.falls_asleep(now, now));
        }
    }

    pub(super) fn stop_clocks(&mut self) {
        for armed in &mut self.rules {
            armed.due = None;
        }
        if let Some(rhythm) = &mut self.rhythm {
            rhythm.start = None;
            rhythm.asleep = false;
            rhythm.turns_at = None;
        }
    }

    /// Falls asleep or wakes if it is time.
    pub(super) fn turn(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        let Some(rhythm) = self.rhythm else { return };
        if rhythm.turns_at.is_none_or(|at| at > now) {
            return;
        }
        if rhythm.asleep {
            self.wake(now, sink);
        } else {
            self.fall_asleep(now, rhythm, sink);
        }
    }

    pub(super) fn fall_asleep(
        &mut self,
        now: Instant,
        rhythm: Rhythm,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        let start = rhythm.start.unwrap_or(now);
        self.rhythm = Some(Rhythm {
            asleep: true,
            turns_at: Some(rhythm.sleep.wakes(start, now)),
            ..rhythm
        });
        self.redial_at = None;
        self.joined = false;
        match self.client.state() {
            ClientState::Connected if rhythm.sleep.says_goodbye => self.leave(now, sink),
            ClientState::Closed if !self.dialling => {}
            _ => sink.emit(DeviceEvent::RadioOff),
        }
        sink.emit(DeviceEvent::Effect(Effect::FellAsleep));
    }

    pub(super) fn wake(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        let Some(rhythm) = &mut self.rhythm else {
            return;
        };
        let start = rhythm.start.unwrap_or(now);
        rhythm.asleep = false;
        rhythm.turns_at = Some(rhythm.sleep.falls_asleep(start, now));
        sink.emit(DeviceEvent::Effect(Effect::WokeUp));
        if self.wants_connection {
            self.dial(now, sink);
        }
    }

    pub(super) fn follow_clocks(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        for index in 0..self.rules.len() {
            let Some(armed) = self.rules.get_mut(index) else {
                return;
            };
            let Trigger::Every(period) = armed.rule.trigger else {
                continue;
            };
            let Some(due) = armed.due.filter(|due| *due <= now) else {
                continue;
            };
            // What was missed, in deep sleep, is not made up for.
            let missed = now.since(due).as_micros() / period.as_micros().max(1);
            armed.due = Some(due + period.scaled(missed.saturating_add(1), 1));
            self.follow_rule(now, index, None, sink);
        }
    }
}
