//! Rules: what a device does by itself, without code.

use crate::blueprint::Setting;
use crate::input::InputKind;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::{Properties, Property, Publish};
use mqtt_proto::{Duration, Message, Qos, Text, TopicFilter, TopicName};

/// A device may have this many rules.
pub const RULES_MAX: usize = 64;

/// A payload that a rule makes is cut off here: two devices that put ever more around what they hear stay bounded.
pub const PAYLOAD_MAX_BYTES: usize = 16 * 1024;

/// When something happens, the device does something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What has to happen.
    pub trigger: Trigger,
    /// What it does.
    pub act: Act,
}

/// What makes a device do something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A message has come. The device must have subscribed to it.
    Message {
        /// On a topic that matches.
        filter: TopicFilter,
        /// Only if it says this and nothing else.
        payload: Option<Bytes>,
        /// Not if it came as a retained message: that is what was, not what happens.
        ignores_retained: bool,
    },
    /// Somebody has done this to it.
    Input(InputKind),
    /// What it tells of itself has changed.
    Change,
    /// A server has accepted its connection.
    Connected,
    /// Time has passed, again and again, from when it was told to connect or started again.
    Every(Duration),
}

/// What a device does by a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Publishes a message.
    Publish(Template),
    /// Sets its lamp.
    Lamp(Setting),
}

/// A message with gaps. In the payload `{reading}` stands for what the device tells of itself, `{n}` for how often the
/// rule has been followed, from 1, `{payload}` and `{topic}` for the message that has come. All other braces stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    /// Where it goes.
    pub to: Destination,
    /// What it says.
    pub payload: Bytes,
    /// How sure it must be.
    pub qos: Qos,
    /// Whether the server is to keep it.
    pub retain: bool,
    /// 5.0.
    pub properties: Properties,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// To this topic.
    Topic(TopicName),
    /// To the Response Topic of the message that has come, with its Correlation Data (5.0). Without one: nowhere.
    Reply,
}

/// What fills the gaps of a [`Template`].
pub(crate) struct Filling<'a> {
    pub(crate) reading: &'a [u8],
    pub(crate) number: &'a [u8],
    pub(crate) heard: Option<&'a Publish>,
}

impl Trigger {
    /// Whether a message is one that it waits for.
    pub(crate) fn hears(&self, publish: &Publish) -> bool {
        let Self::Message {
            filter,
            payload,
            ignores_retained,
        } = self
        else {
            return false;
        };
        publish
            .topic
            .as_ref()
            .is_some_and(|topic| filter.matches(topic))
            && payload.as_ref().is_none_or(|it| *it == publish.payload)
            && !(*ignores_retained && publish.retain)
    }
}

impl Template {
    /// The message with its gaps filled; `None` if it is a reply to a message that asks for none.
    pub(crate) fn fill(&self, filling: &Filling<'_>) -> Option<Message> {
        let mut properties = self.properties.clone();
        let topic = match &self.to {
            Destination::Topic(topic) => topic.clone(),
            Destination::Reply => {
                let asked = &filling.heard?.properties;
                let correlation = asked.find(|property| match property {
                    Property::CorrelationData(_) => Some(property),
                    _ => None,
                });
                if let Some(correlation) = correlation {
                    properties = properties.with(&correlation);
                }
                let text: Text = asked.find(|property| match property {
                    Property::ResponseTopic(text) => Some(text),
                    _ => None,
                })?;
                TopicName::new(text).ok()?
            }
        };
        Some(Message {
            topic,
            payload: fill(&self.payload, filling),
            qos: self.qos,
            retain: self.retain,
            properties,
        })
    }
}

fn fill(template: &Bytes, filling: &Filling<'_>) -> Bytes {
    if !template.contains(&b'{') {
        return template.clone();
    }
    let heard = filling.heard;
    let topic = heard.and_then(|heard| heard.topic.as_ref());
    let gaps: [(&[u8], &[u8]); 4] = [
        (b"{reading}", filling.reading),
        (b"{n}", filling.number),
        (b"{payload}", heard.map_or(&[], |heard| &heard.payload)),
        (
            b"{topic}",
            topic.map_or(&[], |topic| topic.as_str().as_bytes()),
        ),
    ];
    let mut filled = Vec::new();
    let mut rest: &[u8] = template;
    while let Some((first, behind)) = rest.split_first() {
        let gap = gaps.iter().find(|(gap, _)| rest.starts_with(gap));
        match gap {
            Some((gap, value)) => {
                filled.extend_from_slice(value);
                rest = rest.get(gap.len()..).unwrap_or_default();
            }
            None => {
                filled.push(*first);
                rest = behind;
            }
        }
        if filled.len() > PAYLOAD_MAX_BYTES {
            filled.truncate(PAYLOAD_MAX_BYTES);
            break;
        }
    }
    filled.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;
    use alloc::vec;
    use mqtt_proto::Delivery;

    fn heard(payload: &'static [u8]) -> Publish {
        Publish {
            delivery: Delivery::AtMostOnce,
            retain: false,
            topic: TopicName::try_from("a/b").ok(),
            payload: Bytes::from_static(payload),
            properties: Properties::EMPTY,
        }
    }

    #[test]
    fn gaps_are_filled_and_other_braces_stay() {
        let heard = heard(b"x");
        let filling = Filling {
            reading: b"21.5",
            number: b"3",
            heard: Some(&heard),
        };
        for (template, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{reading} C, number {n}", "21.5 C, number 3"),
            ("{\"t\": {reading}}", "{\"t\": 21.5}"),
            ("{topic}={payload}{payload}", "a/b=xx"),
            ("{Reading} {n {}", "{Reading} {n {}"),
        ] {
            let template = Bytes::from_static(template.as_bytes());
            assert_eq!(fill(&template, &filling), expected, "{template:?}");
        }
    }

    #[test]
    fn an_echo_of_an_echo_stays_bounded() {
        let long = Publish {
            payload: vec![b'x'; PAYLOAD_MAX_BYTES].into(),
            ..heard(b"")
        };
        let filling = Filling {
            reading: b"",
            number: b"",
            heard: Some(&long),
        };
        let template = Bytes::from_static(b"{payload}{payload}");
        assert_eq!(fill(&template, &filling).len(), PAYLOAD_MAX_BYTES);
    }

    #[test]
    fn a_reply_goes_where_the_message_asks_for_it() {
        let template = Template {
            to: Destination::Reply,
            payload: Bytes::from_static(b"{payload}!"),
            qos: Qos::AtMostOnce,
            retain: false,
            properties: Properties::EMPTY,
        };
        let mut heard = heard(b"ping");
        let answer = |heard: &Publish| {
            template.fill(&Filling {
                reading: b"",
                number: b"",
                heard: Some(heard),
            })
        };
        assert_eq!(answer(&heard), None);
        let correlation = Property::CorrelationData(Bytes::from_static(b"7"));
        heard.properties = Properties::EMPTY
            .with(&Property::ResponseTopic(
                Text::try_from("back/to/me").expect("a text"),
            ))
            .with(&correlation);
        let answer = answer(&heard).expect("a reply");
        assert_eq!(answer.topic.as_str(), "back/to/me");
        assert_eq!(answer.payload, "ping!");
        assert_eq!(answer.properties, Properties::EMPTY.with(&correlation));
    }
}
