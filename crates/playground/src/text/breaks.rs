//! Where a line may not end: on a wall, a name and its number in two lines read as two things.

/// Besides names of packets, what a number belongs to.
const BEFORE_NUMBERS: [&str; 6] = ["packet", "Paket", "step", "Step", "Schritt", "QoS"];

/// The text, with no line end between a packet's name and its identifier, nor in the name of a device: `PUBACK 1`, `robot-1`.
#[must_use]
pub fn unbroken(text: &str) -> String {
    let mut kept = String::with_capacity(text.len() + 16);
    let mut word = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_before_digit = letters.peek().is_some_and(|(_, it)| it.is_ascii_digit());
        let before = text.get(word..at).unwrap_or_default();
        match letter {
            ' ' if is_before_digit && takes_number(before) => kept.push('\u{a0}'),
            '-' if is_before_digit && before.ends_with(char::is_alphanumeric) => {
                kept.push_str("-\u{2060}");
            }
            it => kept.push(it),
        }
        if letter == ' ' {
            word = at + 1;
        }
    }
    kept
}

fn takes_number(word: &str) -> bool {
    let word = word.trim_start_matches(|it: char| !it.is_alphanumeric());
    let is_packet = word.len() > 2 && word.bytes().all(|it| it.is_ascii_uppercase());
    is_packet || BEFORE_NUMBERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::unbroken;

    #[test]
    fn names_and_numbers_stay_together() {
        for (text, kept) in [
            ("until PUBACK 1 arrives", "until PUBACK\u{a0}1 arrives"),
            (
                "Step 12: (PUBREC 7) to robot-1.",
                "Step\u{a0}12: (PUBREC\u{a0}7) to robot-\u{2060}1.",
            ),
            (
                "als Paket 1 an den Broker",
                "als Paket\u{a0}1 an den Broker",
            ),
            ("QoS 1, and 2 m more", "QoS\u{a0}1, and 2 m more"),
            ("a - 1, -1, well-known, It 3", "a - 1, -1, well-known, It 3"),
            ("Ä 1 ", "Ä 1 "),
        ] {
            assert_eq!(unbroken(text), kept);
        }
    }
}
