//! What watchers do not get to see: passwords.

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::{Decoder, Framing, remaining_length};
use mqtt_proto::packet::{Properties, Property};
use mqtt_proto::{Packet, Sender, Version};

/// The longest CONNECT or AUTH that is read; of a longer one nothing is shown but its length.
const HELD_MAX_BYTES: usize = 64 * 1024;
/// Stands for each byte that is not shown, so that all lengths stay true.
const BLANK: u8 = b'*';
const CONNECT: u8 = 1;
const AUTH: u8 = 15;

/// Of the bytes that one device sends, those that watchers are shown: without the password of CONNECT, and without the
/// authentication data of CONNECT and AUTH.
#[derive(Debug)]
pub(super) enum Veil {
    /// The beginning of a packet, not shown yet.
    Held(BytesMut),
    /// So many bytes of a packet are still to come.
    Passing { left: usize, is_shown: bool },
}

impl Default for Veil {
    fn default() -> Self {
        Self::Held(BytesMut::new())
    }
}

impl Veil {
    /// What is shown when this has come.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Bytes {
        let mut shown = BytesMut::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            match self {
                Self::Passing { left, is_shown } => {
                    let (now, later) = rest.split_at((*left).min(rest.len()));
                    match is_shown {
                        true => shown.extend_from_slice(now),
                        false => shown.resize(shown.len() + now.len(), BLANK),
                    }
                    *left -= now.len();
                    rest = later;
                    if *left == 0 {
                        *self = Self::default();
                    }
                }
                Self::Held(held) => {
                    let (now, later) = rest.split_at(missing(held).min(rest.len()));
                    held.extend_from_slice(now);
                    rest = later;
                    if let Some(next) = look(held, &mut shown) {
                        *self = next;
                    }
                }
            }
        }
        shown.freeze()
    }
}

/// How long the fixed header is, and the packet; `None` as long as that is not known.
fn lengths(held: &[u8]) -> Option<(usize, usize)> {
    let end = held
        .iter()
        .skip(1)
        .take(4)
        .position(|byte| byte & 0x80 == 0)?;
    let header = end + 2;
    Some((header, header + remaining_length(held)? as usize))
}

/// How many bytes are to come before there is more to see.
fn missing(held: &[u8]) -> usize {
    lengths(held).map_or(1, |(_, total)| total - held.len())
}

/// Shows what can be shown of the beginning of a packet; what follows, unless more of it must be held.
fn look(held: &mut BytesMut, shown: &mut BytesMut) -> Option<Veil> {
    let kind = held.first().map_or(0, |first| first >> 4);
    let is_shown = !matches!(kind, CONNECT | AUTH);
    let Some((header, total)) = lengths(held) else {
        if held.len() < 5 {
            return None;
        }
        // The length is none: where the packet ends is not known, and the broker will close.
        let after = if is_shown { 5 } else { 1 };
        let end = held.len();
        blank(held, after..end);
        shown.extend_from_slice(held);
        let left = usize::MAX;
        return Some(Veil::Passing { left, is_shown });
    };
    let left = total - held.len();
    if left > 0 {
        if !is_shown && total <= HELD_MAX_BYTES {
            return None;
        }
        shown.extend_from_slice(held);
        return Some(Veil::Passing { left, is_shown });
    }
    if !is_shown {
        let mut decoder = Decoder::new(Framing {
            // CONNECT says its own.
            version: (kind == AUTH).then_some(Version::V5),
            ..Framing::new(Sender::Client)
        });
        decoder.push(held);
        match decoder.decode() {
            Ok(Some(Packet::Connect(connect))) => {
                // The password is the last field (section 3.1.3, 5.0 too).
                let password = connect.password.as_ref().map_or(0, Bytes::len);
                blank(held, total.saturating_sub(password)..total);
                blank_data(held, &connect.properties);
            }
            Ok(Some(Packet::Auth(auth))) => blank_data(held, &auth.properties),
            // Where in it something secret could stand is not known.
            _ => blank(held, header..total),
        }
    }
    shown.extend_from_slice(held);
    Some(Veil::default())
}

fn blank(bytes: &mut [u8], range: std::ops::Range<usize>) {
    if let Some(bytes) = bytes.get_mut(range) {
        bytes.fill(BLANK);
    }
}

/// Wherever the authentication data stand: that they stand elsewhere too is improbable, and harms nobody.
fn blank_data(packet: &mut [u8], properties: &Properties) {
    let data = properties.find(|property| match property {
        Property::AuthenticationData(data) => Some(data.to_vec()),
        _ => None,
    });
    let Some(data) = data.filter(|data| !data.is_empty()) else {
        return;
    };
    let mut at = 0;
    while at + data.len() <= packet.len() {
        match packet.get(at..at + data.len()) == Some(&data) {
            true => {
                blank(packet, at..at + data.len());
                at += data.len();
            }
            false => at += 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// 3.1.1, client id `t`, user name `ann`, password `secret`.
    const V311: &[u8] = b"\x10\x1a\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01t\x00\x03ann\x00\x06secret";
    /// 5.0, method `m` with data `token`, client id `t`, password `secret`.
    const V5: &[u8] = b"\x10\x22\x00\x04MQTT\x05\x42\x00\x3c\x0c\x15\x00\x01m\x16\x00\x05token\x00\x01t\x00\x06secret";
    /// The same method goes on.
    const STEP: &[u8] = b"\xf0\x0e\x18\x0c\x15\x00\x01m\x16\x00\x05proof";
    const PING: &[u8] = &[0xc0, 0];
    /// Topic `a`.
    const PUBLISH: &[u8] = b"\x30\x09\x00\x01asecret";

    /// What is shown of these bytes, in pieces of so many.
    fn shown(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut veil = Veil::default();
        let shown: Vec<_> = bytes.chunks(piece).map(|piece| veil.take(piece)).collect();
        shown.concat()
    }

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        for (packet, secrets) in [
            (V311, &["secret"][..]),
            (V5, &["secret", "token"]),
            (STEP, &["proof"]),
        ] {
            let bytes = [PING, packet, PUBLISH].concat();
            let mut expected = bytes.clone();
            for secret in secrets {
                let at = bytes
                    .windows(secret.len())
                    .position(|window| window == secret.as_bytes());
                expected[at.unwrap()..][..secret.len()].fill(BLANK);
            }
            for piece in [1, 2, 7, bytes.len()] {
                assert_eq!(shown(&bytes, piece), expected, "in pieces of {piece}");
            }
            let mut decoder = Decoder::new(Framing {
                version: (packet == STEP).then_some(Version::V5),
                ..Framing::new(Sender::Client)
            });
            decoder.push(&expected[PING.len()..]);
            assert!(matches!(decoder.decode(), Ok(Some(_))), "it can be read");
        }
    }

    #[test]
    fn of_what_cannot_be_read_only_the_length_is_shown() {
        // A protocol of another name, a CONNECT that is too long, a length that is none.
        let mut other = V311.to_vec();
        other[4] = b'X';
        let mut long = b"\x10\xff\xff\x7f\x00\x04MQTT\x04\xc2\x00\x3c".to_vec();
        long.resize(4 + 0x1f_ffff, b's');
        let none = b"\x10\xff\xff\xff\xff\xffsecret".to_vec();
        for (bytes, header, end) in [(other, 2, PING), (long, 4, PING), (none, 1, &[][..])] {
            for piece in [1, 1000] {
                let shown = shown(&[&bytes, end].concat(), piece);
                assert_eq!(shown.len(), bytes.len() + end.len());
                assert_eq!(shown[..header], bytes[..header]);
                assert!(shown[header..bytes.len()].iter().all(|byte| *byte == BLANK));
                assert_eq!(&shown[bytes.len()..], end);
            }
        }
        // What is no such packet is shown as it is: nobody logs in with that.
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"\x30\xff\xff\xff\xff\xffabc",
        ] {
            assert_eq!(shown(bytes, 3), bytes);
        }
        // And half of one is not shown.
        assert_eq!(shown(&V311[..20], 20), b"");
    }
}
