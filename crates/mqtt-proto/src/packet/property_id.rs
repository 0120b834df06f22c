//! The identifiers of properties (5.0 table 2-4), for [`Properties::get`](super::Properties::get) and
//! its siblings.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        $($(#[$doc])* pub const $name: u8 = $id;)*

        #[cfg(test)]
        const ALL: &[(&str, u8)] = &[$((stringify!($name), $id),)*];
    };
}

ids! {
    /// In PUBLISH and wills.
    PAYLOAD_FORMAT_INDICATOR = 0x01;
    /// In PUBLISH and wills.
    MESSAGE_EXPIRY_INTERVAL = 0x02;
    /// In PUBLISH and wills.
    CONTENT_TYPE = 0x03;
    /// In PUBLISH and wills.
    RESPONSE_TOPIC = 0x08;
    /// In PUBLISH and wills.
    CORRELATION_DATA = 0x09;
    /// In PUBLISH and SUBSCRIBE.
    SUBSCRIPTION_IDENTIFIER = 0x0B;
    /// In CONNECT, CONNACK and DISCONNECT.
    SESSION_EXPIRY_INTERVAL = 0x11;
    /// In CONNACK.
    ASSIGNED_CLIENT_IDENTIFIER = 0x12;
    /// In CONNACK.
    SERVER_KEEP_ALIVE = 0x13;
    /// In CONNECT, CONNACK and AUTH.
    AUTHENTICATION_METHOD = 0x15;
    /// In CONNECT, CONNACK and AUTH.
    AUTHENTICATION_DATA = 0x16;
    /// In CONNECT.
    REQUEST_PROBLEM_INFORMATION = 0x17;
    /// In wills.
    WILL_DELAY_INTERVAL = 0x18;
    /// In CONNECT.
    REQUEST_RESPONSE_INFORMATION = 0x19;
    /// In CONNACK.
    RESPONSE_INFORMATION = 0x1A;
    /// In CONNACK and DISCONNECT.
    SERVER_REFERENCE = 0x1C;
    /// In every answer, DISCONNECT and AUTH.
    REASON_STRING = 0x1F;
    /// In CONNECT and CONNACK.
    RECEIVE_MAXIMUM = 0x21;
    /// In CONNECT and CONNACK.
    TOPIC_ALIAS_MAXIMUM = 0x22;
    /// In PUBLISH.
    TOPIC_ALIAS = 0x23;
    /// In CONNACK.
    MAXIMUM_QOS = 0x24;
    /// In CONNACK.
    RETAIN_AVAILABLE = 0x25;
    /// In all packets that have properties, and in wills.
    USER_PROPERTY = 0x26;
    /// In CONNECT and CONNACK.
    MAXIMUM_PACKET_SIZE = 0x27;
    /// In CONNACK.
    WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28;
    /// In CONNACK.
    SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29;
    /// In CONNACK.
    SHARED_SUBSCRIPTION_AVAILABLE = 0x2A;
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::codec::property_name;
    use crate::codec::property_rules::row;

    #[test]
    fn each_property_has_its_identifier_under_its_name() {
        for (name, id) in ALL {
            let written = property_name(*id).to_uppercase().replace(' ', "_");
            assert_eq!(written, *name);
        }
        let known = (0..=u8::MAX).filter(|id| row(*id).is_some());
        assert!(known.eq(ALL.iter().map(|(_, id)| *id)));
    }
}
