//! MQTT in a WebSocket, as a capture has it: the bytes between the frames' heads (RFC 6455).

/// A longer head of HTTP is none.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// One direction of a WebSocket, from its first byte on.
#[derive(Debug, Default)]
pub(super) struct WebSocket {
    rest: Vec<u8>,
    /// Whether the head of HTTP lies behind.
    is_open: bool,
}

/// The bytes are no WebSocket, or one that packs its messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoWebSocket;

impl WebSocket {
    /// Takes bytes; gives on what is in the messages.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<u8>, NoWebSocket> {
        self.rest.extend_from_slice(bytes);
        if !self.is_open {
            let end = self.rest.windows(4).position(|it| it == b"\r\n\r\n");
            let Some(end) = end else {
                return if self.rest.len() > HEAD_MAX_BYTES {
                    Err(NoWebSocket)
                } else {
                    Ok(Vec::new())
                };
            };
            self.rest.drain(..end + 4);
            self.is_open = true;
        }
        let mut inside = Vec::new();
        while let Some((head, frame)) = frame(&self.rest)? {
            let (Some(bytes), Some(key)) = (self.rest.get(head..frame.end), frame.key) else {
                break;
            };
            if frame.has_data {
                let key = key.iter().cycle();
                inside.extend(bytes.iter().zip(key).map(|(byte, key)| byte ^ key));
            }
            self.rest.drain(..frame.end);
        }
        Ok(inside)
    }
}

struct Frame {
    /// Where it ends.
    end: usize,
    /// What its bytes are mixed with; zeros if they are not. None if it has not come yet.
    key: Option<[u8; 4]>,
    /// Whether it has a message, or a part of one.
    has_data: bool,
}

/// The head of the frame at the start of bytes: its length, and what it says.
fn frame(bytes: &[u8]) -> Result<Option<(usize, Frame)>, NoWebSocket> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    // Reserved bits: the messages are packed.
    if first & 0x70 != 0 {
        return Err(NoWebSocket);
    }
    let more = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let length = match more {
        0 => u64::from(second & 0x7f),
        _ => match rest.get(..more) {
            Some(length) => length
                .iter()
                .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)),
            None => return Ok(None),
        },
    };
    let is_mixed = second & 0x80 != 0;
    let head = 2 + more + if is_mixed { 4 } else { 0 };
    let key = match (is_mixed, rest.get(more..more + 4)) {
        (false, _) => Some([0; 4]),
        (true, key) => key.and_then(|it| it.try_into().ok()),
    };
    let length = usize::try_from(length).map_err(|_| NoWebSocket)?;
    let end = head.checked_add(length).ok_or(NoWebSocket)?;
    let has_data = match first & 0x0f {
        0..=2 => true,
        8..=10 => false,
        _ => return Err(NoWebSocket),
    };
    Ok(Some((head, Frame { end, key, has_data })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_of_their_frames() {
        let head = b"GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
        let masked = |first: u8, text: &[u8]| {
            let key = [1_u8, 2, 3, 4];
            let mixed = text.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b);
            let mut frame = vec![first];
            match u8::try_from(text.len()) {
                Ok(length) if length < 126 => frame.push(0x80 | length),
                _ => {
                    frame.push(0x80 | 126);
                    frame.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
                }
            }
            frame.extend(key);
            frame.extend(mixed);
            frame
        };
        let long = vec![b'x'; 300];
        let all = [
            head.to_vec(),
            masked(0x82, b"one"),
            masked(0x89, b"ping"),
            masked(0x02, b"tw"),
            masked(0x80, b"o"),
            masked(0x82, &long),
            // A server does not mix.
            [&[0x82, 5], &b"three"[..]].concat(),
        ]
        .concat();
        let expected = [&b"onetwo"[..], &long, b"three"].concat();
        for piece in [1, 7, all.len()] {
            let mut socket = WebSocket::default();
            let pieces = all.chunks(piece).map(|it| socket.take(it));
            let inside: Result<Vec<_>, _> = pieces.collect();
            assert_eq!(inside.map(|it| it.concat()), Ok(expected.clone()));
            assert!(socket.rest.is_empty());
        }
        let mut packed = WebSocket::default();
        assert_eq!(packed.take(b"\r\n\r\n\xc2\x01x"), Err(NoWebSocket));
        assert_eq!(WebSocket::default().take(&[b'x'; 20_000]), Err(NoWebSocket));
    }
}
