//! A device's body: what can be seen of it.

use crate::blueprint::{Response, Sense, Setting};
use crate::effect::{Degrees, Effect, Metres};
use crate::input::Input;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::Publish;
use mqtt_proto::{Instant, TopicName};

/// A display has room for the last message of so many topics. Another one takes the place of that which is oldest.
pub const SHOWN_MAX_TOPICS: usize = 64;

/// What can be seen of a device, whichever parts its kind has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Body {
    /// How far it is from where it started, in millimetres.
    pub millimetres: i64,
    /// Whether its lamp is on.
    pub lamp: bool,
    /// The temperature around it, in thousandths of a degree Celsius.
    pub millidegrees: i32,
    /// Whether its window is broken.
    pub broken: bool,
    /// How often its button was pressed.
    pub presses: u32,
    /// What its display shows, in the order in which topics came up.
    pub shown: Vec<Shown>,
}

/// The last message of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Of which topic.
    pub topic: TopicName,
    /// What it says.
    pub payload: Bytes,
    /// Whether it came as a retained message.
    pub retain: bool,
    /// When it came.
    pub at: Instant,
    /// How many messages of this topic have come.
    pub times: u32,
}

impl Default for Body {
    /// In a room at 20 °C, with everything off and whole.
    fn default() -> Self {
        Self {
            millimetres: 0,
            lamp: false,
            millidegrees: 20_000,
            broken: false,
            presses: 0,
            shown: Vec::new(),
        }
    }
}

impl Body {
    /// What it tells of itself.
    #[must_use]
    pub fn reading(&self, sense: Sense) -> String {
        match sense {
            Sense::Nothing => String::new(),
            Sense::Temperature => Degrees(self.millidegrees).to_string(),
            Sense::Presses => self.presses.to_string(),
            Sense::Lamp => (if self.lamp { "on" } else { "off" }).into(),
            Sense::Window => (if self.broken { "broken" } else { "closed" }).into(),
            Sense::Position => {
                let minus = if self.millimetres < 0 { "-" } else { "" };
                format!("{minus}{}", Metres(self.millimetres.unsigned_abs()))
            }
        }
    }

    /// What its display shows of a topic.
    #[must_use]
    pub fn shown(&self, topic: &TopicName) -> Option<&Shown> {
        self.shown.iter().find(|shown| shown.topic == *topic)
    }

    /// Somebody does something to it. What one sees then, if it makes a difference.
    pub(crate) fn work(&mut self, input: Input) -> Option<Effect> {
        match input {
            Input::Press => {
                self.presses = self.presses.saturating_add(1);
                Some(Effect::Pressed)
            }
            Input::Heat { millidegrees } => {
                let before = core::mem::replace(&mut self.millidegrees, millidegrees);
                (before != millidegrees).then_some(Effect::Heated { millidegrees })
            }
            Input::Break => self.window(true),
            Input::Mend => self.window(false),
            Input::Switch { on } => self.lamp(if on { Setting::On } else { Setting::Off }),
        }
    }

    fn window(&mut self, broken: bool) -> Option<Effect> {
        let before = core::mem::replace(&mut self.broken, broken);
        (before != broken).then_some(Effect::Window { broken })
    }

    pub(crate) fn lamp(&mut self, setting: Setting) -> Option<Effect> {
        let on = setting.applied(self.lamp);
        let before = core::mem::replace(&mut self.lamp, on);
        (before != on).then_some(Effect::Lamp { on })
    }

    /// Does what a blueprint says.
    pub(crate) fn respond(&mut self, response: &Response, length: i64) -> Option<Effect> {
        match response {
            Response::Drive { backwards } => {
                let millimetres = if *backwards { -length } else { length };
                self.millimetres = self.millimetres.saturating_add(millimetres);
                Some(Effect::Drove { millimetres })
            }
            Response::Lamp(setting) => self.lamp(*setting),
        }
    }

    /// Shows a message.
    pub(crate) fn show(&mut self, now: Instant, publish: &Publish) {
        let Some(topic) = &publish.topic else { return };
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.topic == *topic) {
            shown.payload = publish.payload.clone();
            shown.retain = publish.retain;
            shown.at = now;
            shown.times = shown.times.saturating_add(1);
            return;
        }
        if self.shown.len() >= SHOWN_MAX_TOPICS {
            let oldest = (0..).zip(&self.shown).min_by_key(|(_, shown)| shown.at);
            if let Some((oldest, _)) = oldest {
                self.shown.remove(oldest);
            }
        }
        self.shown.push(Shown {
            topic: topic.clone(),
            payload: publish.payload.clone(),
            retain: publish.retain,
            at: now,
            times: 1,
        });
    }
}
