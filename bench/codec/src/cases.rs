//! The packets, written byte by byte, so that no codec under test has made them.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    V311,
    V5,
}

impl Version {
    pub const BOTH: [Self; 2] = [Self::V311, Self::V5];

    pub fn name(self) -> &'static str {
        match self {
            Self::V311 => "3.1.1",
            Self::V5 => "5.0",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// QoS 0, 40 bytes in all.
    Publish40,
    /// QoS 1, 303 bytes in all.
    Publish303,
    /// QoS 1 with a payload of 64 KiB.
    Publish64K,
    /// With a will, a user name and a password.
    Connect,
    /// Ten filters, some with wildcards.
    Subscribe10,
    /// QoS 1 with six properties; 5.0 only.
    PublishProperties,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish40 => "PUBLISH 40 B",
            Self::Publish303 => "PUBLISH 303 B",
            Self::Publish64K => "PUBLISH 64 KiB",
            Self::Connect => "CONNECT",
            Self::Subscribe10 => "SUBSCRIBE 10",
            Self::PublishProperties => "PUBLISH 6 prop.",
        }
    }
}

pub struct Case {
    pub version: Version,
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

impl Case {
    /// How many packets stand in one receive buffer: about what one read from a socket brings, and
    /// enough that reading the clock costs each packet little.
    pub fn per_buffer(&self) -> usize {
        (16_384 / self.bytes.len()).max(16)
    }

    /// A receive buffer's bytes.
    pub fn filled(&self) -> Vec<u8> {
        self.bytes.repeat(self.per_buffer())
    }
}

pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for version in Version::BOTH {
        for kind in [
            Kind::Publish40,
            Kind::Publish303,
            Kind::Publish64K,
            Kind::Connect,
            Kind::Subscribe10,
            Kind::PublishProperties,
        ] {
            if let Some(bytes) = packet(version, kind) {
                cases.push(Case {
                    version,
                    kind,
                    bytes,
                });
            }
        }
    }
    let len = |kind| {
        cases
            .iter()
            .find(|case| case.kind == kind)
            .map(|case| case.bytes.len())
    };
    assert_eq!(len(Kind::Publish40), Some(40));
    assert_eq!(len(Kind::Publish303), Some(303));
    cases
}

fn packet(version: Version, kind: Kind) -> Option<Vec<u8>> {
    let v5 = version == Version::V5;
    let mut body = Vec::new();
    // 5.0 has a property length where 3.1.1 has nothing; the payload gives way, so that the sizes
    // are the same.
    let lead = usize::from(v5);
    let no_properties = |body: &mut Vec<u8>| {
        if v5 {
            body.push(0);
        }
    };
    let first = match kind {
        Kind::Publish40 => {
            field(&mut body, b"home/room1/light");
            no_properties(&mut body);
            payload(&mut body, 20 - lead);
            0x30
        }
        Kind::Publish303 => {
            field(&mut body, b"factory/hall-3/line-12/temperature");
            body.extend([0x12, 0x34]);
            no_properties(&mut body);
            payload(&mut body, 262 - lead);
            0x32
        }
        Kind::Publish64K => {
            field(&mut body, b"camera/door/still");
            body.extend([0x12, 0x34]);
            no_properties(&mut body);
            payload(&mut body, 65_536);
            0x32
        }
        Kind::Connect => {
            field(&mut body, b"MQTT");
            body.push(if v5 { 5 } else { 4 });
            // User name, password, will retain, will QoS 1, will, clean start.
            body.push(0b1110_1110);
            body.extend(60_u16.to_be_bytes());
            no_properties(&mut body);
            field(&mut body, b"thermometer-0815");
            no_properties(&mut body);
            field(&mut body, b"state/thermometer-0815");
            field(&mut body, b"gone");
            field(&mut body, b"living-room");
            field(&mut body, b"correct horse battery");
            0x10
        }
        Kind::Subscribe10 => {
            body.extend([0x00, 0x0A]);
            no_properties(&mut body);
            for (filter, qos) in [
                ("home/room1/light", 0),
                ("home/room1/temp", 1),
                ("home/+/humidity", 1),
                ("home/room2/#", 2),
                ("state/+", 1),
                ("config/thermometer-0815", 1),
                ("command/thermometer-0815/+", 2),
                ("firmware/esp32/announce", 0),
                ("weather/outside/temperature", 0),
                ("alarm/#", 2),
            ] {
                field(&mut body, filter.as_bytes());
                body.push(qos);
            }
            0x82
        }
        Kind::PublishProperties => {
            if !v5 {
                return None;
            }
            field(&mut body, b"home/room1/light");
            body.extend([0x12, 0x34]);
            let mut properties = vec![0x01, 1, 0x02];
            properties.extend(3600_u32.to_be_bytes());
            properties.push(0x08);
            field(&mut properties, b"reply/phone-17");
            properties.push(0x09);
            field(&mut properties, &[7; 16]);
            properties.push(0x26);
            field(&mut properties, b"trace");
            field(&mut properties, b"4bf92f3577b34da6");
            properties.push(0x03);
            field(&mut properties, b"application/json");
            body.push(
                u8::try_from(properties.len())
                    .ok()
                    .filter(|len| *len < 128)?,
            );
            body.extend(properties);
            payload(&mut body, 40);
            0x32
        }
    };
    let mut packet = vec![first];
    let mut len = body.len();
    loop {
        let byte = (len % 128) as u8;
        len /= 128;
        packet.push(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            break;
        }
    }
    packet.extend(body);
    Some(packet)
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u16).to_be_bytes());
    out.extend(bytes);
}

/// UTF-8, as the payload format indicator promises.
fn payload(out: &mut Vec<u8>, len: usize) {
    out.extend((0..len).map(|at| b'0' + (at % 10) as u8));
}
