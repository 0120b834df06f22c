//! What is filled in on the way to a real broker.

use crate::live::{LinkField, LinkFlag, LinkForm};

impl LinkForm {
    pub(in crate::model) fn fill(&mut self, field: LinkField, text: String) {
        match field {
            LinkField::Url => self.url = text,
            LinkField::ClientId => self.client_id = text,
            LinkField::User => self.user = text,
            LinkField::Password => self.password = text,
            LinkField::Prefix => self.prefix = Some(text),
            LinkField::KeepAlive => self.keep_alive = text,
            LinkField::WillTopic => self.will_topic = text,
            LinkField::WillPayload => self.will_payload = text,
        }
    }

    pub(in crate::model) fn tick(&mut self, flag: LinkFlag, is_on: bool) {
        match flag {
            LinkFlag::V5 => self.is_v5 = is_on,
            LinkFlag::Clean => self.is_clean = is_on,
            LinkFlag::Retain => self.retain = Some(is_on),
            LinkFlag::Reconnect => self.reconnects = is_on,
            LinkFlag::WillRetain => self.will_retain = is_on,
        }
    }
}
