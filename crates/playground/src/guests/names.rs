//! Who somebody is that comes over a hub, and what to call him in a run.

use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{Packet, Sender, Text};
use sim::Scenario;
use sim::remote::PACKET_MAX_BYTES;
use sim::scenario::limits::NAME_MAX_BYTES;

/// Who somebody says he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The client id of his CONNECT.
    Named(Text),
    /// His CONNECT has none, or what came is no CONNECT.
    Nameless,
}

/// Who it is that begins with these bytes; `None` as long as they are the beginning of a packet.
pub(crate) fn who(bytes: &[u8]) -> Option<Who> {
    let mut decoder = Decoder::new(Framing {
        version: None,
        sender: Sender::Client,
        max_packet_size: PACKET_MAX_BYTES,
    });
    decoder.push(bytes);
    match decoder.decode() {
        Ok(None) => None,
        Ok(Some(Packet::Connect(connect))) if !connect.client_id.is_empty() => {
            Some(Who::Named(connect.client_id))
        }
        Ok(Some(_)) | Err(_) => Some(Who::Nameless),
    }
}

/// A name for a node that is as near to a client id as a scenario allows, and that nobody has.
pub(crate) fn name(client_id: &str, is_taken: impl Fn(&str) -> bool) -> String {
    /// Room for a number behind it.
    const WORD_MAX_BYTES: usize = NAME_MAX_BYTES - 8;
    /// What stands before one that is none in a scenario: it begins with no letter, or is a word of its language.
    const BEFORE: &str = "device-";
    let plain: String = client_id
        .chars()
        .map(|it| match it {
            it if it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.') => it,
            _ => '-',
        })
        .take(WORD_MAX_BYTES - BEFORE.len())
        .collect();
    let world = format!("scenario \"x\"\nuntil 1 s\nremote device {plain}\n");
    let plain = match Scenario::parse(&world).is_ok() {
        true => plain,
        false => format!("{BEFORE}{plain}"),
    };
    if !is_taken(&plain) {
        return plain;
    }
    let mut numbered = (2_u32..).map(|number| format!("{plain}-{number}"));
    numbered.find(|it| !is_taken(it)).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_says_who_it_is() {
        const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03lab";
        for len in 0..CONNECT.len() {
            assert_eq!(who(&CONNECT[..len]), None, "{len} bytes");
        }
        let named = Who::Named(Text::try_from("lab").unwrap());
        assert_eq!(who(CONNECT), Some(named.clone()));
        assert_eq!(who(&[CONNECT, b"\xc0\x00"].concat()), Some(named));
        let nameless = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00";
        for other in [nameless, b"GET / HTTP/1.1" as &[u8], b"\xc0\x00"] {
            assert_eq!(who(other), Some(Who::Nameless));
        }
    }

    /// Whatever a client calls itself, a scenario with the name can be written and read.
    #[test]
    fn every_name_is_one_of_a_scenario() {
        let long = "x".repeat(300);
        let mut taken = vec!["broker".to_owned()];
        let ids = [
            "ESP32-a1", "at", "say", "cut", "broker", "node", "über", "", "7", "a b\nc", "-",
            &long, &long, "at", "a b?c",
        ];
        for id in ids {
            let name = name(id, |it| taken.iter().any(|old| old == it));
            taken.push(name);
        }
        let mut text = "scenario \"x\"\nuntil 1 s\nnode broker broker\n".to_owned();
        for name in taken.iter().skip(1) {
            text.push_str(&format!("remote device {name}\nlink {name} to broker\n"));
        }
        let scenario = Scenario::parse(&text);
        assert_eq!(scenario.map(|it| it.links.len()), Ok(ids.len()), "{text}");
        assert_eq!(taken[1], "ESP32-a1");
    }
}
