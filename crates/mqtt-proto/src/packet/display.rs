//! Packets as one line of text, for logs, test vectors and labels.

use super::properties::PropertyValue;
use super::{
    Ack, ConnAck, Connect, Packet, Properties, Property, Publish, SubAck, Subscribe, Will,
};
use crate::codec::property_name;
use crate::reason::ReasonCode;
use core::fmt::{Display, Formatter, Result};
use mqtt_spec::Version;

/// Most bytes of a payload or other binary data that are shown.
const SHOWN_BYTES: usize = 32;

impl Display for Packet {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.packet_type().name())?;
        match self {
            Self::Connect(connect) => connect.fmt(f),
            Self::ConnAck(connack) => connack.fmt(f),
            Self::Publish(publish) => publish.fmt(f),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                ack.fmt(f)
            }
            Self::Subscribe(subscribe) => subscribe.fmt(f),
            Self::Unsubscribe(unsubscribe) => {
                write!(f, " id {}", unsubscribe.id)?;
                for filter in unsubscribe.filters.iter() {
                    write!(f, " {:?}", filter.as_str())?;
                }
                unsubscribe.properties.fmt(f)
            }
            Self::SubAck(ack) | Self::UnsubAck(ack) => ack.fmt(f),
            Self::PingReq | Self::PingResp => Ok(()),
            Self::Disconnect(disconnect) => tail(disconnect.reason, &disconnect.properties, f),
            Self::Auth(auth) => tail(auth.reason, &auth.properties, f),
        }
    }
}

impl Connect {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, " {} {:?}", self.version, self.client_id.as_str())?;
        if self.clean_start {
            f.write_str(match self.version {
                Version::V311 => ", clean session",
                Version::V5 => ", clean start",
            })?;
        }
        if self.keep_alive_secs != 0 {
            write!(f, ", keep alive {} s", self.keep_alive_secs)?;
        }
        if let Some(will) = &self.will {
            will.fmt(f)?;
        }
        if let Some(user_name) = &self.user_name {
            write!(f, ", user {:?}", user_name.as_str())?;
        }
        if let Some(password) = &self.password {
            // Not for logs.
            write!(f, ", password of {} bytes", password.len())?;
        }
        self.properties.fmt(f)
    }
}

impl Will {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            ", will {:?} QoS {}",
            self.topic.as_str(),
            self.qos.bits()
        )?;
        if self.retain {
            f.write_str(" RETAIN")?;
        }
        write!(f, " {}", Data(&self.payload))?;
        self.properties.fmt(f)
    }
}

impl ConnAck {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, " {}", self.reason)?;
        if self.session_present {
            f.write_str(", session present")?;
        }
        self.properties.fmt(f)
    }
}

impl Publish {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.topic {
            Some(topic) => write!(f, " {:?}", topic.as_str())?,
            None => f.write_str(" by alias")?,
        }
        write!(f, " QoS {}", self.delivery.qos().bits())?;
        if let Some(id) = self.delivery.id() {
            write!(f, " id {id}")?;
        }
        if self.delivery.dup() {
            f.write_str(" DUP")?;
        }
        if self.retain {
            f.write_str(" RETAIN")?;
        }
        write!(f, " {}", Data(&self.payload))?;
        self.properties.fmt(f)
    }
}

impl Ack {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, " id {}", self.id)?;
        tail(self.reason, &self.properties, f)
    }
}

impl Subscribe {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, " id {}", self.id)?;
        for (filter, options) in self.filters.iter() {
            write!(f, " {:?} QoS {}", filter.as_str(), options.qos.bits())?;
            if options.no_local {
                f.write_str(" NL")?;
            }
            if options.retain_as_published {
                f.write_str(" RAP")?;
            }
            match options.retain_handling as u8 {
                0 => {}
                handling => write!(f, " RH{handling}")?,
            }
        }
        self.properties.fmt(f)
    }
}

impl SubAck {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, " id {}", self.id)?;
        for reason in self.reasons.iter() {
            write!(f, " 0x{:02X}", reason.as_u8())?;
        }
        self.properties.fmt(f)
    }
}

/// A reason, unless it is success, and properties.
fn tail(reason: ReasonCode, properties: &Properties, f: &mut Formatter<'_>) -> Result {
    if reason != ReasonCode::Success {
        write!(f, " {reason}")?;
    }
    properties.fmt(f)
}

impl Properties {
    /// ` [Name=value, …]`, or nothing where there are none.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, property) in self.iter().enumerate() {
            let before = if index == 0 { " [" } else { ", " };
            write!(f, "{before}{property}")?;
        }
        f.write_str(if self.is_empty() { "" } else { "]" })
    }
}

impl Display for Property {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}=", property_name(self.id()))?;
        match self.value() {
            PropertyValue::Bool(value) => u8::from(value).fmt(f),
            PropertyValue::U16(value) => value.fmt(f),
            PropertyValue::U32(value) | PropertyValue::Varint(value) => value.fmt(f),
            PropertyValue::Text(text) => write!(f, "{:?}", text.as_str()),
            PropertyValue::Binary(data) => Data(data).fmt(f),
            PropertyValue::Pair(name, value) => {
                write!(f, "{:?}:{:?}", name.as_str(), value.as_str())
            }
        }
    }
}

/// Binary data: in quotes if it is text, else in hexadecimal.
struct Data<'a>(&'a [u8]);

impl Display for Data<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let shown = self.0.get(..SHOWN_BYTES).unwrap_or(self.0);
        match core::str::from_utf8(shown) {
            Ok(text) if !text.contains(char::is_control) => write!(f, "{text:?}")?,
            _ => {
                f.write_str("0x")?;
                for byte in shown {
                    write!(f, "{byte:02x}")?;
                }
            }
        }
        if self.0.len() > shown.len() {
            write!(f, "… of {} bytes", self.0.len())?;
        }
        Ok(())
    }
}
