//! SUBSCRIBE and UNSUBSCRIBE.

use super::publish::{Occasion, aged, identity, with_identifiers};
use super::{Broker, Events};
use crate::note::Note;
use crate::store::ConnectionKey;
use crate::topics::{FilterKey, SessionKey, Subscriber};
use alloc::format;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use mqtt_proto::packet::{
    Properties, Property, RetainHandling, Subscribe, SubscriptionOptions, Unsubscribe,
};
use mqtt_proto::{Instant, Message, Qos, ReasonCode, TopicFilter, Version};
use mqtt_spec::only_v311;

/// A subscription that was just made, for the retained messages that are due to it.
struct Made {
    filter: TopicFilter,
    options: SubscriptionOptions,
    is_new: bool,
}

impl Broker {
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        subscribe: &Subscribe,
        sink: Events<'_>,
    ) {
        let Some((key, version)) = self.subscriber_at(at) else {
            return;
        };
        let identifier = subscribe.properties.find(|property| match property {
            Property::SubscriptionIdentifier(number) => NonZeroU32::new(number),
            _ => None,
        });
        let mut made = Vec::new();
        let mut reasons = Vec::new();
        let mut refused = None;
        for (filter, options) in subscribe.filters.iter() {
            let result = self.subscribe_one(key, version, &filter, options, identifier);
            let text = filter.text().clone();
            let (reason, note) = match result {
                Ok(replaced) => {
                    let qos = options.qos;
                    made.push(Made {
                        filter,
                        options,
                        is_new: !replaced,
                    });
                    let note = Note::Subscribed {
                        filter: text,
                        qos,
                        replaced,
                    };
                    (granted(qos), note)
                }
                Err(reason) => {
                    refused = refused.or(Some((text.clone(), reason)));
                    let note = Note::SubscriptionRefused {
                        filter: text,
                        reason,
                    };
                    (reason, note)
                }
            };
            reasons.push(reason);
            self.note(Some(at), note, sink);
        }
        let properties = match refused {
            Some((filter, reason)) => self.explanation(&format!("{filter}: {}", why(reason))),
            None => Properties::EMPTY,
        };
        let mut answered = Ok(());
        self.with_connection(at, sink, |server, _, out| {
            let reasons = reasons.into_iter().collect();
            answered = server.sub_ack(now, subscribe.id, reasons, properties, out);
        });
        self.answered(now, at, answered, sink);
        if answered.is_err() {
            return;
        }
        for subscription in made {
            self.send_retained(now, at, key, &subscription, identifier, sink);
        }
    }

    pub(super) fn unsubscribe(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        unsubscribe: &Unsubscribe,
        sink: Events<'_>,
    ) {
        let Some((key, version)) = self.subscriber_at(at) else {
            return;
        };
        let mut reasons = Vec::new();
        for filter in unsubscribe.filters.iter() {
            let reason = if self.unsubscribe_one(key, version, &filter) {
                let filter = filter.text().clone();
                self.note(Some(at), Note::Unsubscribed { filter }, sink);
                ReasonCode::Success
            } else {
                ReasonCode::NoSubscriptionExisted
            };
            reasons.push(reason);
        }
        let mut answered = Ok(());
        self.with_connection(at, sink, |server, _, out| {
            let reasons = reasons.into_iter().collect();
            answered = server.unsub_ack(now, unsubscribe.id, reasons, Properties::EMPTY, out);
        });
        self.answered(now, at, answered, sink);
    }

    fn subscriber_at(&self, at: ConnectionKey) -> Option<(SessionKey, Version)> {
        let connection = self.connections.get(at)?;
        Some((connection.session?, connection.server.version()))
    }

    /// Makes or replaces a subscription; whether it replaced one.
    fn subscribe_one(
        &mut self,
        key: SessionKey,
        version: Version,
        filter: &TopicFilter,
        options: SubscriptionOptions,
        identifier: Option<NonZeroU32>,
    ) -> Result<bool, ReasonCode> {
        let (share, levels) = split(filter, version)?;
        // A 5.0 client that asks for what CONNACK has declined has been cut off. A 3.1.1 client was
        // not told, and has this answer (3.1.1 MQTT-3.8.3-2).
        if levels.contains(['+', '#']) && !self.config.server.offer.wildcards {
            return Err(ReasonCode::WildcardSubscriptionsNotSupported);
        }
        if levels.split('/').count() > self.config.filter_levels_max {
            return Err(ReasonCode::ImplementationSpecificError);
        }
        let has_room = self.subscription_bytes() < self.config.subscription_bytes_max;
        let Some(client) = self.clients.get_mut(key) else {
            return Err(ReasonCode::UnspecifiedError);
        };
        if let Some(access) = &self.config.access
            && !access.may_subscribe(identity(client), levels)
        {
            return Err(ReasonCode::NotAuthorized);
        }
        let subscriber = Subscriber {
            session: key,
            options,
            identifier,
        };
        let is_known = self
            .subscriptions
            .find(levels, share)
            .is_some_and(|found| client.filters.binary_search(&found).is_ok());
        let may_more = has_room && client.filters.len() < self.config.subscriptions_max;
        if !is_known && !may_more {
            return Err(ReasonCode::QuotaExceeded);
        }
        let (filter, before) = self
            .subscriptions
            .insert(levels, share, subscriber)
            .ok_or(ReasonCode::QuotaExceeded)?;
        if let Err(place) = client.filters.binary_search(&filter) {
            client.filters.insert(place, filter);
        }
        Ok(before.is_some())
    }

    /// What all subscriptions take, the lists of those who share a filter at their worst.
    pub(crate) fn subscription_bytes(&self) -> usize {
        let each = size_of::<Subscriber>() + size_of::<FilterKey>();
        self.subscriptions.memory_bytes() + self.subscriptions.len() * each
    }

    fn unsubscribe_one(&mut self, key: SessionKey, version: Version, filter: &TopicFilter) -> bool {
        let Ok((share, levels)) = split(filter, version) else {
            return false;
        };
        let Some(found) = self.subscriptions.find(levels, share) else {
            return false;
        };
        if let Some(client) = self.clients.get_mut(key)
            && let Ok(place) = client.filters.binary_search(&found)
        {
            client.filters.remove(place);
        }
        self.subscriptions.remove(found, key).is_some()
    }

    /// Sends the retained messages that a new subscription asks for (MQTT-3.3.1-6; 5.0
    /// MQTT-3.3.1-9 to -11). Never for a shared one.
    fn send_retained(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        key: SessionKey,
        made: &Made,
        identifier: Option<NonZeroU32>,
        sink: Events<'_>,
    ) {
        let wanted = match made.options.retain_handling {
            RetainHandling::Send => true,
            RetainHandling::SendIfNew => made.is_new,
            RetainHandling::DoNotSend => false,
        };
        let version = self
            .connections
            .get(at)
            .map_or(Version::V5, |connection| connection.server.version());
        let levels = match split(&made.filter, version) {
            Ok((None, levels)) if wanted => levels,
            _ => return,
        };
        let client_id = self.clients.get(key).map(|client| client.id.clone());
        let (mut messages, mut gone) = (Vec::new(), Vec::new());
        self.retained.matches(levels, |retained| {
            if retained.expires_at().is_some_and(|at| at <= now) {
                gone.push(retained.topic.clone());
                return;
            }
            if made.options.no_local && retained.publisher == client_id {
                return;
            }
            let properties = aged(&retained.properties, now.since(retained.since));
            let message = Message {
                topic: retained.topic.clone(),
                payload: retained.payload.clone(),
                qos: retained.qos.min(made.options.qos),
                retain: true,
                properties: with_identifiers(&properties, identifier.into_iter()),
            };
            messages.push((message, retained.number, retained.qos));
        });
        for topic in gone {
            self.forget_retained(&topic);
            self.note(Some(at), Note::RetainedExpired { topic }, sink);
        }
        if messages.is_empty() {
            return;
        }
        let note = Note::RetainedSent {
            filter: made.filter.text().clone(),
            count: u32::try_from(messages.len()).unwrap_or(u32::MAX),
            if_new: made.options.retain_handling == RetainHandling::SendIfNew,
        };
        let rules = [note.rule(), Some(only_v311!("MQTT-3.3.1-8")), None];
        self.note(Some(at), note, sink);
        for (message, number, published_qos) in messages {
            let occasion = Occasion {
                published_qos,
                rules,
            };
            self.send(now, key, message, number, occasion, sink);
        }
    }
}

/// The share name and the filter behind it; 3.1.1 knows no shares, there the text is the filter.
fn split(filter: &TopicFilter, version: Version) -> Result<(Option<&str>, &str), ReasonCode> {
    match version {
        Version::V311 => Ok((None, filter.as_str())),
        Version::V5 => match filter.share() {
            Ok(Some((name, levels))) => Ok((Some(name), levels)),
            Ok(None) => Ok((None, filter.as_str())),
            Err(_) => Err(ReasonCode::TopicFilterInvalid),
        },
    }
}

/// A few words for whoever debugs the client.
const fn why(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::NotAuthorized => "the access list allows none of these topics",
        ReasonCode::QuotaExceeded => "there are as many subscriptions as there may be",
        ReasonCode::ImplementationSpecificError => "more levels than this broker takes",
        other => other.name(),
    }
}

const fn granted(qos: Qos) -> ReasonCode {
    match qos {
        Qos::AtMostOnce => ReasonCode::Success,
        Qos::AtLeastOnce => ReasonCode::GrantedQos1,
        Qos::ExactlyOnce => ReasonCode::GrantedQos2,
    }
}
