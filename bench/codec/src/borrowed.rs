//! The limit of a decoder: the fields as slices of the input, checked as far as ours checks them, with
//! no shared ownership, no incremental input and no error but `None`.

use crate::cases::Version;

#[allow(dead_code, reason = "the fields are what parsing is timed for")]
pub enum Parsed<'a> {
    Publish {
        flags: u8,
        topic: &'a str,
        id: Option<u16>,
        properties: &'a [u8],
        payload: &'a [u8],
    },
    Connect {
        flags: u8,
        keep_alive: u16,
        properties: &'a [u8],
        client_id: &'a str,
        will: Option<(&'a [u8], &'a str, &'a [u8])>,
        user_name: Option<&'a str>,
        password: Option<&'a [u8]>,
    },
    Subscribe {
        id: u16,
        properties: &'a [u8],
        filters: &'a [u8],
    },
}

/// The first packet and what stands behind it.
pub fn parse(input: &[u8], version: Version) -> Option<(Parsed<'_>, &[u8])> {
    let (&first, rest) = input.split_first()?;
    let (len, rest) = varint(rest)?;
    let (mut body, rest) = rest.split_at_checked(len as usize)?;
    let body = &mut body;
    let parsed = match first >> 4 {
        3 => {
            let qos = (first >> 1) & 3;
            if qos == 3 || (qos == 0 && first & 8 != 0) {
                return None;
            }
            let topic = text(body)?;
            let id = match qos {
                0 => None,
                _ => Some(u16(body).filter(|id| *id != 0)?),
            };
            let properties = properties(body, version, PUBLISH)?;
            let aliased = topic.is_empty() && version == Version::V5 && has(properties, 0x23);
            if (topic.is_empty() && !aliased) || topic.bytes().any(|b| b == b'+' || b == b'#') {
                return None;
            }
            Parsed::Publish {
                flags: first & 15,
                topic,
                id,
                properties,
                payload: body,
            }
        }
        1 if first == 0x10 => {
            let level = match version {
                Version::V311 => 4,
                Version::V5 => 5,
            };
            if field(body)? != b"MQTT" || u8(body)? != level {
                return None;
            }
            let flags = u8(body)?;
            let will = flags & 4 != 0;
            let will_qos = (flags >> 3) & 3;
            if flags & 1 != 0
                || will_qos == 3
                || (!will && flags & 0b0011_1000 != 0)
                || (version == Version::V311 && flags & 0xC0 == 0x40)
            {
                return None;
            }
            let keep_alive = u16(body)?;
            let connect = properties(body, version, CONNECT)?;
            let client_id = text(body)?;
            if client_id.is_empty() && version == Version::V311 && flags & 2 == 0 {
                return None;
            }
            let will = if will {
                let properties = properties(body, version, WILL)?;
                let topic = text(body)?;
                if topic.is_empty() || topic.bytes().any(|b| b == b'+' || b == b'#') {
                    return None;
                }
                Some((properties, topic, field(body)?))
            } else {
                None
            };
            let user_name = if flags & 0x80 != 0 {
                Some(text(body)?)
            } else {
                None
            };
            let password = if flags & 0x40 != 0 {
                Some(field(body)?)
            } else {
                None
            };
            if !body.is_empty() {
                return None;
            }
            Parsed::Connect {
                flags,
                keep_alive,
                properties: connect,
                client_id,
                will,
                user_name,
                password,
            }
        }
        8 if first == 0x82 => {
            let id = u16(body).filter(|id| *id != 0)?;
            let properties = properties(body, version, SUBSCRIBE)?;
            let filters = *body;
            if filters.is_empty() {
                return None;
            }
            while !body.is_empty() {
                let filter = text(body)?.as_bytes();
                let options = u8(body)?;
                let reserved = match version {
                    Version::V311 => 0b1111_1100,
                    Version::V5 => 0b1100_0000,
                };
                if !filter_is_valid(filter)
                    || options & 3 == 3
                    || options & reserved != 0
                    || options & 0x30 == 0x30
                {
                    return None;
                }
                if version == Version::V5 && filter.starts_with(b"$share/") && options & 4 != 0 {
                    return None;
                }
            }
            Parsed::Subscribe {
                id,
                properties,
                filters,
            }
        }
        _ => return None,
    };
    Some((parsed, rest))
}

fn filter_is_valid(filter: &[u8]) -> bool {
    if filter.is_empty() {
        return false;
    }
    let mut before = b'/';
    for (at, &byte) in filter.iter().enumerate() {
        let wrong = match byte {
            b'#' => before != b'/' || at + 1 != filter.len(),
            b'+' => before != b'/',
            b'/' => false,
            _ => before == b'+',
        };
        if wrong {
            return false;
        }
        before = byte;
    }
    true
}

fn u8(body: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = body.split_first()?;
    *body = rest;
    Some(byte)
}

fn u16(body: &mut &[u8]) -> Option<u16> {
    let (bytes, rest) = body.split_first_chunk()?;
    *body = rest;
    Some(u16::from_be_bytes(*bytes))
}

fn field<'a>(body: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u16(body)?;
    let (field, rest) = body.split_at_checked(usize::from(len))?;
    *body = rest;
    Some(field)
}

fn text<'a>(body: &mut &'a [u8]) -> Option<&'a str> {
    let bytes = field(body)?;
    let text = std::str::from_utf8(bytes).ok()?;
    (!bytes.contains(&0)).then_some(text)
}

fn varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0;
    for at in 0..4 {
        let byte = *bytes.get(at)?;
        value |= u32::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return (at == 0 || byte != 0).then(|| (value, &bytes[at + 1..]));
        }
    }
    None
}

const fn ids<const N: usize>(ids: [u8; N]) -> u64 {
    let mut set = 0;
    let mut at = 0;
    while at < N {
        set |= 1 << ids[at];
        at += 1;
    }
    set
}

const PUBLISH: u64 = ids([0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26]);
const CONNECT: u64 = ids([0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]);
const WILL: u64 = ids([0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]);
const SUBSCRIBE: u64 = ids([0x0B, 0x26]);

fn properties<'a>(body: &mut &'a [u8], version: Version, allowed: u64) -> Option<&'a [u8]> {
    if version == Version::V311 {
        return Some(&[]);
    }
    let (len, rest) = varint(body)?;
    let (all, rest) = rest.split_at_checked(len as usize)?;
    *body = rest;
    let mut seen = 0_u64;
    let mut left = all;
    let left = &mut left;
    while let Some(id) = u8(left) {
        let bit = 1_u64.checked_shl(u32::from(id))?;
        if allowed & bit == 0 {
            return None;
        }
        // A server's PUBLISH may hold several subscription identifiers.
        let repeats = id == 0x26 || (id == 0x0B && allowed == PUBLISH);
        if seen & bit != 0 && !repeats {
            return None;
        }
        seen |= bit;
        match id {
            0x01 | 0x17 | 0x19 => {
                u8(left).filter(|flag| *flag < 2)?;
            }
            0x02 | 0x11 | 0x18 => {
                *left = left.get(4..)?;
            }
            0x27 => {
                let (size, rest) = left.split_first_chunk()?;
                if u32::from_be_bytes(*size) == 0 {
                    return None;
                }
                *left = rest;
            }
            0x03 | 0x15 => {
                text(left)?;
            }
            0x08 => {
                let topic = text(left)?;
                if topic.is_empty() || topic.bytes().any(|b| b == b'+' || b == b'#') {
                    return None;
                }
            }
            0x09 | 0x16 => {
                field(left)?;
            }
            0x0B => {
                let (value, rest) = varint(left)?;
                if value == 0 {
                    return None;
                }
                *left = rest;
            }
            0x21 | 0x23 => {
                u16(left).filter(|value| *value != 0)?;
            }
            0x22 => {
                u16(left)?;
            }
            _ => {
                text(left)?;
                text(left)?;
            }
        }
    }
    if seen & (1 << 0x16) != 0 && seen & (1 << 0x15) == 0 {
        return None;
    }
    Some(all)
}

/// Whether a checked block holds this two-byte property. Only asked when the topic is empty.
fn has(mut properties: &[u8], wanted: u8) -> bool {
    let left = &mut properties;
    while let Some(id) = u8(left) {
        if id == wanted {
            return true;
        }
        let skipped = match id {
            0x01 => u8(left).map(drop),
            0x02 => u16(left).and(u16(left)).map(drop),
            0x0B => varint(left).map(|(_, rest)| *left = rest),
            0x26 => field(left).and(field(left)).map(drop),
            _ => field(left).map(drop),
        };
        if skipped.is_none() {
            return false;
        }
    }
    false
}
