//! Where a line may not end: on a wall, a name and its number in two lines read as two things.

/// Besides names of packets, what a number belongs to.
const BEFORE_NUMBERS: [&str; 6] = ["packet", "Paket", "step", "Step", "Schritt", "QoS"];

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Its lines may end at any space.
    Loose(&'a str),
    /// It stands in one line: a packet's name with its identifier, the name of a device.
    Whole(&'a str),
}

/// A text in pieces, which are all of it, in order: `until`, `PUBACK 1`, `arrives at`, `robot-1`.
#[must_use]
pub fn unbroken(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut loose, mut word) = (0, 0);
    while word < text.len() {
        let end = word_end(text, word);
        let next = (end + 1).min(text.len());
        let begins_with_digit = text.as_bytes().get(next).is_some_and(u8::is_ascii_digit);
        let part = text.get(word..end).unwrap_or_default();
        let whole = if begins_with_digit && takes_number(part) {
            Some(word_end(text, next))
        } else {
            is_numbered(part).then_some(end)
        };
        if let Some(end) = whole {
            if loose < word {
                pieces.push(Piece::Loose(text.get(loose..word).unwrap_or_default()));
            }
            pieces.push(Piece::Whole(text.get(word..end).unwrap_or_default()));
            loose = end;
        }
        word = whole.unwrap_or(end) + 1;
    }
    if loose < text.len() {
        pieces.push(Piece::Loose(text.get(loose..).unwrap_or_default()));
    }
    pieces
}

fn word_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.find(' ').map_or(text.len(), |length| from + length)
}

fn takes_number(word: &str) -> bool {
    let word = word.trim_start_matches(|it: char| !it.is_alphanumeric());
    let is_packet = word.len() > 2 && word.bytes().all(|it| it.is_ascii_uppercase());
    is_packet || BEFORE_NUMBERS.contains(&word)
}

/// Whether a browser would end a line before the number of a name: `robot-1`.
fn is_numbered(word: &str) -> bool {
    let mut parts = word.split('-');
    let mut before = parts.next().unwrap_or_default();
    parts.any(|part| {
        let is_number = part.starts_with(|it: char| it.is_ascii_digit());
        let is_name = before.ends_with(char::is_alphanumeric);
        before = part;
        is_number && is_name
    })
}

#[cfg(test)]
mod tests {
    use super::{Piece, unbroken};
    use proptest::prelude::*;

    /// The text with what is whole in brackets.
    fn shown(text: &str) -> String {
        let pieces = unbroken(text).into_iter().map(|piece| match piece {
            Piece::Loose(text) => text.to_owned(),
            Piece::Whole(text) => format!("[{text}]"),
        });
        pieces.collect()
    }

    #[test]
    fn names_and_numbers_stay_together() {
        for (text, kept) in [
            ("until PUBACK 1 arrives", "until [PUBACK 1] arrives"),
            (
                "Step 12: (PUBREC 7) to robot-1.",
                "[Step 12:] [(PUBREC 7)] to [robot-1.]",
            ),
            ("als Paket 1 an den Broker", "als [Paket 1] an den Broker"),
            ("QoS 1, and 2 m more", "[QoS 1,] and 2 m more"),
            ("a - 1, -1, well-known, It 3", "a - 1, -1, well-known, It 3"),
            ("Ä 1 ", "Ä 1 "),
            ("step", "step"),
            ("", ""),
        ] {
            assert_eq!(shown(text), kept);
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[a-zP QoS 0-9ä-]{0,40}") {
            let pieces = unbroken(&text).into_iter().map(|piece| match piece {
                Piece::Loose(text) | Piece::Whole(text) => text,
            });
            prop_assert_eq!(pieces.collect::<String>(), text);
        }
    }
}
