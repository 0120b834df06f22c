//! What the broker says about itself, under `$SYS/broker/`.

use super::publish::Published;
use super::{Broker, Events, Timer};
use alloc::format;
use alloc::string::{String, ToString};
use bytes::Bytes;
use mqtt_proto::packet::Properties;
use mqtt_proto::{Instant, Qos, TopicName};

impl Broker {
    /// The broker is up: `$SYS/broker/uptime` counts from here. Without this call, from the first connection on.
    pub fn handle_start(&mut self, now: Instant) {
        if self.started.is_none() {
            self.started = Some(now);
            // At once: whoever looks at `$SYS` finds it.
            self.arm_sys(now);
        }
    }

    fn arm_sys(&mut self, at: Instant) {
        if self.config.sys_interval.is_some() {
            self.timers.insert((at, Timer::Sys));
        }
    }

    /// Publishes what has changed, as retained messages with the names that Mosquitto uses.
    pub(super) fn publish_sys(&mut self, now: Instant, sink: Events<'_>) {
        let Some(interval) = self.config.sys_interval else {
            return;
        };
        let connected = self
            .clients
            .iter()
            .filter(|client| client.connection.is_some())
            .count();
        let up = self
            .started
            .map_or(0, |started| now.since(started).as_secs());
        let counted = self.statistics;
        let values = [
            (
                "version",
                String::from(concat!("mqtt-broker ", env!("CARGO_PKG_VERSION"))),
            ),
            ("uptime", format!("{up} seconds")),
            ("clients/connected", connected.to_string()),
            (
                "clients/disconnected",
                (self.clients.len() - connected).to_string(),
            ),
            ("clients/total", self.clients.len().to_string()),
            ("subscriptions/count", self.subscriptions.len().to_string()),
            ("retained messages/count", self.retained.len().to_string()),
            (
                "publish/messages/received",
                counted.messages_received.to_string(),
            ),
            ("publish/messages/sent", counted.messages_sent.to_string()),
            (
                "publish/messages/dropped",
                counted.dropped.total().to_string(),
            ),
            ("bytes/received", counted.bytes_received.to_string()),
        ];
        for (name, value) in values {
            let Ok(topic) = TopicName::try_from(format!("$SYS/broker/{name}").as_str()) else {
                continue;
            };
            let payload = Bytes::from(value);
            let is_same = self
                .retained
                .get(&topic)
                .is_some_and(|retained| retained.payload == payload);
            if is_same {
                continue;
            }
            let message = Published {
                from: None,
                topic,
                payload,
                qos: Qos::AtMostOnce,
                retain: true,
                properties: Properties::EMPTY,
                will: None,
            };
            self.take_message(now, None, message, sink);
        }
        self.arm_sys(now + interval);
    }
}
