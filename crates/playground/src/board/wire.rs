//! A board in the network: the WebSockets that the page opens to it, and what comes of them.
//!
//! One asks it what it is, and after that one carries MQTT: the board is the client on it. Both have numbers that no session
//! with a real broker has. Nothing here opens a socket.

use crate::live::LiveCommand;
use board::serial::Frame;
use bytes::Bytes;

/// Numbers of sockets begin here; below are those of real brokers.
const FIRST: u32 = 1 << 31;
/// The subprotocol of the question.
const DEVICE_PROTOCOL: &str = "mqtt-playground.device";
/// A board that is away is dialled again after so long: microseconds.
const AGAIN_MICROS: u64 = 2_000_000;
/// A longer address is none.
const ADDRESS_MAX_BYTES: usize = 200;

/// Whether a WebSocket of this number leads to a board.
pub(crate) const fn is_boards(number: u32) -> bool {
    number >= FIRST
}

/// The WebSockets to a board.
pub(crate) struct Wire {
    /// `ws://` and the board's address.
    base: String,
    /// The number of the newest socket.
    newest: u32,
    socket: Option<Socket>,
    /// When it is dialled again.
    again: Option<u64>,
    /// Whether the browser refuses to dial it at all.
    pub(crate) is_forbidden: bool,
    /// How often it was dialled in vain since it answered last.
    pub(crate) tries: u32,
}

/// What a socket is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Socket {
    Question,
    Mqtt,
}

/// What a socket says.
pub(crate) enum Heard {
    Opened,
    Bytes(Bytes),
    Closed,
    Forbidden,
}

/// What that means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// What the board is, if it says so.
    About(Option<String>),
    /// A frame, as if it had come over a cable.
    Frame(Frame),
}

impl Wire {
    /// To a board at an address such as `192.168.1.7`; none if that is no address.
    pub(crate) fn to(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let bare = ["ws://", "http://"];
        let bare = bare.iter().find_map(|it| typed.strip_prefix(it));
        let host = bare.unwrap_or(typed).split('/').next()?;
        let is_host = |it: char| it.is_ascii_alphanumeric() || ".-_:[]".contains(it);
        let is_good = !host.is_empty()
            && !host.ends_with(':')
            && host.len() <= ADDRESS_MAX_BYTES
            && host.chars().all(is_host);
        is_good.then(|| Self {
            base: format!("ws://{host}"),
            newest: FIRST,
            socket: None,
            again: None,
            is_forbidden: false,
            tries: 0,
        })
    }

    pub(crate) fn host(&self) -> &str {
        self.base.trim_start_matches("ws://")
    }

    /// Dials: asks what the board is, or becomes its broker if that is known.
    pub(crate) fn dial(&mut self, is_told: bool) -> LiveCommand {
        self.again = None;
        self.is_forbidden = false;
        self.newest = self.newest.wrapping_add(1).max(FIRST);
        let (socket, path, protocol) = match is_told {
            true => (Socket::Mqtt, "mqtt", "mqtt"),
            false => (Socket::Question, "device", DEVICE_PROTOCOL),
        };
        self.socket = Some(socket);
        LiveCommand::OpenAs(self.newest, format!("{}/{path}", self.base), protocol)
    }

    /// A socket says something; nothing if it is an old one.
    pub(crate) fn hear(&mut self, now: u64, number: u32, heard: Heard) -> Option<Said> {
        let socket = self.socket.filter(|_| number == self.newest)?;
        match (heard, socket) {
            (Heard::Opened, Socket::Question) => {
                self.tries = 0;
                None
            }
            (Heard::Opened, Socket::Mqtt) => {
                self.tries = 0;
                Some(Said::Frame(Frame::Open))
            }
            (Heard::Bytes(bytes), Socket::Question) => {
                Some(Said::About(String::from_utf8(bytes.into()).ok()))
            }
            (Heard::Bytes(bytes), Socket::Mqtt) => Some(Said::Frame(Frame::Data(bytes.into()))),
            (Heard::Closed, socket) => {
                self.lost(now);
                (socket == Socket::Mqtt).then_some(Said::Frame(Frame::Close))
            }
            (Heard::Forbidden, _) => {
                self.socket = None;
                self.is_forbidden = true;
                None
            }
        }
    }

    /// Whether it is to be dialled again now.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.again.is_some_and(|again| again <= now)
    }

    /// The question is answered: MQTT is next.
    pub(crate) fn go_on(&mut self) -> [Option<LiveCommand>; 2] {
        [self.hang_up(), Some(self.dial(true))]
    }

    /// Sends a frame. What is about the line and not in it is no message of a WebSocket.
    pub(crate) fn send(&mut self, now: u64, frame: Frame) -> Option<LiveCommand> {
        self.socket.filter(|it| *it == Socket::Mqtt)?;
        match frame {
            Frame::Data(bytes) => Some(LiveCommand::Send(self.newest, bytes.into())),
            Frame::Close => {
                self.lost(now);
                Some(LiveCommand::Close(self.newest))
            }
            Frame::Open | Frame::Ask | Frame::Device { .. } => None,
        }
    }

    /// Lets go of it.
    pub(crate) fn hang_up(&mut self) -> Option<LiveCommand> {
        self.again = None;
        self.socket.take().map(|_| LiveCommand::Close(self.newest))
    }

    fn lost(&mut self, now: u64) {
        self.socket = None;
        self.tries = self.tries.saturating_add(1);
        self.again = Some(now.saturating_add(AGAIN_MICROS));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_an_address_or_not() {
        for (typed, host) in [
            (" 192.168.1.7 ", Some("192.168.1.7")),
            ("http://lamp.local:8081/status", Some("lamp.local:8081")),
            ("ws://[fe80::1]/mqtt", Some("[fe80::1]")),
            ("", None),
            ("two words", None),
            ("https://x", None),
        ] {
            let wire = Wire::to(typed);
            assert_eq!(wire.as_ref().map(Wire::host), host, "{typed:?}");
        }
    }

    #[test]
    fn a_board_is_asked_then_carried_and_dialled_again() {
        let mut wire = Wire::to("lamp").unwrap();
        let LiveCommand::OpenAs(question, url, DEVICE_PROTOCOL) = wire.dial(false) else {
            panic!("it is asked first");
        };
        assert_eq!(url, "ws://lamp/device");
        assert!(is_boards(question) && wire.hear(0, question, Heard::Opened).is_none());
        let said = wire.hear(0, question, Heard::Bytes("text".into()));
        assert_eq!(said, Some(Said::About(Some("text".to_owned()))));
        let [hung_up, dialled] = wire.go_on();
        assert_eq!(hung_up, Some(LiveCommand::Close(question)));
        let Some(LiveCommand::OpenAs(mqtt, url, "mqtt")) = dialled else {
            panic!("it carries MQTT then");
        };
        assert_eq!(url, "ws://lamp/mqtt");
        assert!(
            wire.hear(6, question, Heard::Closed).is_none(),
            "an old one"
        );
        let said = wire.hear(6, mqtt, Heard::Opened);
        assert_eq!(said, Some(Said::Frame(Frame::Open)));
        assert_eq!(wire.send(7, Frame::Open), None);
        assert!(
            matches!(wire.send(7, Frame::Data(vec![1])), Some(LiveCommand::Send(n, _)) if n == mqtt)
        );
        let said = wire.hear(8, mqtt, Heard::Closed);
        assert_eq!(said, Some(Said::Frame(Frame::Close)));
        assert!(!wire.is_due(8) && wire.is_due(8 + AGAIN_MICROS));
    }
}
