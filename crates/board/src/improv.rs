//! Improv Wi-Fi over a serial line (improv-wifi.com/serial): any program that speaks it can bring a board into a network.
//!
//! A packet is `IMPROV`, a version, a type, a length, so many bytes, their check sum and an end of line. It stands between the lines
//! of the log, and the bytes in it can be any, those that end lines and begin frames among them: it is read by its length.
//!
//! What is absent: searching for networks (a board without one has its radio off; the list is empty, and programs ask for the name
//! then) and names of hosts.

use alloc::string::String;
use alloc::vec::Vec;

/// What packets begin with: the last byte is the version of the protocol.
pub(crate) const MARK: &[u8] = b"IMPROV\x01";
/// The mark, type and length.
const HEAD_BYTES: usize = 9;

const STATE: u8 = 1;
const ERROR: u8 = 2;
const REQUEST: u8 = 3;
const RESULT: u8 = 4;

const WIFI: u8 = 1;
const ASK_STATE: u8 = 2;
const ASK_ABOUT: u8 = 3;
const ASK_NETWORKS: u8 = 4;

/// What somebody asks of a board.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// Joins this network.
    Wifi {
        /// Its name.
        ssid: String,
        /// Its password; none for an open network.
        password: Option<String>,
    },
    /// Says how far it is.
    State,
    /// Says what it is.
    About,
    /// Says which networks are near.
    Networks,
}

/// Passwords are not for the log.
impl core::fmt::Debug for Request {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Wifi { ssid, .. } => write!(f, "Wifi({ssid:?})"),
            Self::State => f.write_str("State"),
            Self::About => f.write_str("About"),
            Self::Networks => f.write_str("Networks"),
        }
    }
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The packet is damaged, or does not hold what it says.
    Packet,
    /// Nothing that a board can do.
    Command,
    /// The network could not be joined.
    Unreachable,
    /// The settings could not be kept.
    Other,
}

/// What a board says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It has no network and takes one.
    Ready,
    /// It tries to join the network that it was given.
    Joining,
    /// It is in a network.
    Joined,
    /// Why not.
    Refused(Refusal),
    /// The result of [`Request::Wifi`]: where it is found now.
    Address(&'a str),
    /// The result of [`Request::State`] from a board in a network: the same.
    Here(&'a str),
    /// The result of [`Request::About`].
    About {
        /// What it was flashed with.
        firmware: &'a str,
        /// Of that.
        version: &'a str,
        /// Its chip.
        chip: &'a str,
        /// What it is called.
        name: &'a str,
    },
    /// The result of [`Request::Networks`]: no more than those that were named.
    NoMore,
}

/// How many bytes the packet has that begins so, with its end of line; `None` while that is not known.
pub(crate) fn length(begun: &[u8]) -> Option<usize> {
    let data = usize::from(*begun.get(HEAD_BYTES - 1)?);
    Some(HEAD_BYTES + data + 2)
}

/// Reads a packet without its end of line.
pub(crate) fn read(packet: &[u8]) -> Result<Request, Refusal> {
    let (sum, rest) = packet.split_last().ok_or(Refusal::Packet)?;
    let (&[kind, length], data) = rest
        .strip_prefix(MARK)
        .and_then(<[u8]>::split_first_chunk)
        .ok_or(Refusal::Packet)?;
    if *sum != check_sum(rest) || usize::from(length) != data.len() {
        return Err(Refusal::Packet);
    }
    if kind != REQUEST {
        return Err(Refusal::Command);
    }
    let (&[command, length], data) = data.split_first_chunk().ok_or(Refusal::Packet)?;
    if usize::from(length) != data.len() {
        return Err(Refusal::Packet);
    }
    match (command, data) {
        (WIFI, data) => {
            let (ssid, rest) = text(data)?;
            let (password, rest) = text(rest)?;
            let is_whole = rest.is_empty() && !ssid.is_empty();
            let password = (!password.is_empty()).then_some(password);
            is_whole
                .then_some(Request::Wifi { ssid, password })
                .ok_or(Refusal::Packet)
        }
        (ASK_STATE, []) => Ok(Request::State),
        (ASK_ABOUT, []) => Ok(Request::About),
        (ASK_NETWORKS, []) => Ok(Request::Networks),
        _ => Err(Refusal::Command),
    }
}

/// A text behind its length, and what follows.
fn text(bytes: &[u8]) -> Result<(String, &[u8]), Refusal> {
    let (length, rest) = bytes.split_first().ok_or(Refusal::Packet)?;
    let (text, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(Refusal::Packet)?;
    let text = String::from_utf8(text.to_vec()).map_err(|_| Refusal::Packet)?;
    Ok((text, rest))
}

fn check_sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

impl Answer<'_> {
    /// As it goes over the line. Readers look for it at the begin of a line, and what went before may have had no end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(*b"\n");
        bytes.extend(self.packet());
        bytes
    }

    fn packet(&self) -> Vec<u8> {
        match self {
            Self::Ready => packet(STATE, &[2]),
            Self::Joining => packet(STATE, &[3]),
            Self::Joined => packet(STATE, &[4]),
            Self::Refused(why) => packet(
                ERROR,
                &[match why {
                    Refusal::Packet => 1,
                    Refusal::Command => 2,
                    Refusal::Unreachable => 3,
                    Refusal::Other => 0xff,
                }],
            ),
            Self::Address(url) => result(WIFI, &[url]),
            Self::Here(url) => result(ASK_STATE, &[url]),
            Self::About {
                firmware,
                version,
                chip,
                name,
            } => result(ASK_ABOUT, &[firmware, version, chip, name]),
            Self::NoMore => result(ASK_NETWORKS, &[]),
        }
    }
}

/// A result has up to so many bytes of texts: its length stands in one byte, twice.
const TEXTS_MAX_BYTES: usize = 253;

/// A text that does not fit any more is left out, with those behind it.
fn result(command: u8, texts: &[&str]) -> Vec<u8> {
    let mut data = Vec::new();
    for text in texts {
        if data.len() + 1 + text.len() > TEXTS_MAX_BYTES {
            break;
        }
        data.extend(u8::try_from(text.len()));
        data.extend_from_slice(text.as_bytes());
    }
    let mut whole = Vec::from([command]);
    whole.extend(u8::try_from(data.len()));
    whole.extend(data);
    packet(RESULT, &whole)
}

fn packet(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = MARK.to_vec();
    packet.push(kind);
    packet.extend(u8::try_from(data.len()));
    packet.extend_from_slice(data);
    packet.push(check_sum(&packet));
    packet.push(b'\n');
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serial::{Frame, Heard, Reader};
    use std::format;
    use std::vec;

    fn asked(command: u8, data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len()).unwrap();
        packet(REQUEST, &[&[command, length], data].concat())
    }

    fn hear(bytes: &[u8]) -> Vec<Heard> {
        let mut reader = Reader::default();
        bytes.iter().filter_map(|byte| reader.push(*byte)).collect()
    }

    #[test]
    fn an_example_is_read_as_it_is_written_down() {
        // The page of the protocol: ask for the state, with its check sum.
        let example = b"IMPROV\x01\x03\x02\x02\x00\xe5\n";
        assert_eq!(asked(ASK_STATE, &[]), example);
        assert_eq!(hear(example), [Heard::Improv(Ok(Request::State))]);
    }

    #[test]
    fn packets_stand_between_lines_whatever_is_in_them() {
        // Lengths that are ends of lines, and a byte that begins frames.
        let ssid = "ten bytes!";
        let password = std::string::String::from("caf\u{e9} \u{e0}");
        let mut data = vec![10];
        data.extend(ssid.bytes());
        data.push(u8::try_from(password.len()).unwrap());
        data.extend(password.bytes());
        let mut bytes = b"help\r\n".to_vec();
        bytes.extend(asked(WIFI, &data));
        bytes.extend(b"status\n");
        bytes.extend(Frame::Open.to_bytes());
        bytes.extend(asked(ASK_ABOUT, &[]));
        bytes.extend(asked(ASK_NETWORKS, &[]));
        let wifi = Request::Wifi {
            ssid: ssid.into(),
            password: Some(password),
        };
        assert!(!format!("{wifi:?}").contains("caf"));
        assert_eq!(
            hear(&bytes),
            [
                Heard::Line(b"help".to_vec()),
                Heard::Improv(Ok(wifi)),
                Heard::Line(b"status".to_vec()),
                Heard::Frame(Frame::Open),
                Heard::Improv(Ok(Request::About)),
                Heard::Improv(Ok(Request::Networks)),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_refused_and_the_next_is_read() {
        let mut damaged = asked(ASK_STATE, &[]);
        damaged[9] ^= 1;
        for (bytes, why) in [
            (damaged, Refusal::Packet),
            (asked(WIFI, &[]), Refusal::Packet),
            (asked(WIFI, &[0, 0]), Refusal::Packet),
            (asked(WIFI, &[9, b'a', 0]), Refusal::Packet),
            (asked(WIFI, &[1, 0xff, 0]), Refusal::Packet),
            (asked(WIFI, &[1, b'a', 0, 7]), Refusal::Packet),
            (packet(REQUEST, &[]), Refusal::Packet),
            (packet(REQUEST, &[ASK_STATE, 1]), Refusal::Packet),
            (asked(99, &[]), Refusal::Command),
            (Answer::Ready.packet(), Refusal::Command),
        ] {
            let mut all = bytes.clone();
            all.extend(asked(ASK_STATE, &[]));
            let expected = [Heard::Improv(Err(why)), Heard::Improv(Ok(Request::State))];
            assert_eq!(hear(&all), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn answers_fit_into_their_packets() {
        let long = "x".repeat(300);
        let about = Answer::About {
            firmware: "a",
            version: "b",
            chip: &long,
            name: "c",
        };
        assert_eq!(about.packet()[7..15], [4, 6, 3, 4, 1, b'a', 1, b'b']);
        let longest = "x".repeat(TEXTS_MAX_BYTES - 1);
        let packet = Answer::Address(&longest).packet();
        assert_eq!(length(&packet), Some(packet.len()));
        assert_eq!(packet[8], 255);
    }
}
