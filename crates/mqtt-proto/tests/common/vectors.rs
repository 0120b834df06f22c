//! The packet vectors, for whoever runs them.

use bytes::Bytes;
use mqtt_proto::codec::Framing;
use mqtt_proto::{Sender, Version};
use std::path::Path;

/// One line of `tests/vectors/*.txt`.
pub struct Vector {
    /// File and line, then the name.
    pub name: String,
    pub framing: Framing,
    pub bytes: Bytes,
    pub expected: Expected,
}

/// What the last column says.
pub enum Expected {
    /// A packet in its shortest form.
    Packet(String),
    /// A packet for which there is a shorter form.
    Longer(String),
    /// So many bytes are missing; `None` while the length itself is.
    Incomplete(Option<usize>),
    /// `! statement [reason] @byte`
    Fault(String),
}

pub fn vectors() -> Vec<Vector> {
    vectors_in(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors"
    )))
}

pub fn vectors_in(folder: &Path) -> Vec<Vector> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let mut vectors = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let file = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                vectors.push(parse(line, &format!("{file}:{}", number + 1)));
            }
        }
    }
    vectors
}

fn parse(line: &str, place: &str) -> Vector {
    let cells: Vec<_> = line.splitn(4, " | ").collect();
    let [name, version, hex, expected] = cells.as_slice() else {
        panic!("{place}: four columns, not {line:?}")
    };
    let (version, sender) = match *version {
        "3.1.1 client" => (Some(Version::V311), Sender::Client),
        "3.1.1 server" => (Some(Version::V311), Sender::Server),
        "5.0 client" => (Some(Version::V5), Sender::Client),
        "5.0 server" => (Some(Version::V5), Sender::Server),
        "- client" => (None, Sender::Client),
        other => panic!("{place}: version {other:?}"),
    };
    let count = |text: &str| match text {
        "?" => None,
        number => Some(number.parse().unwrap()),
    };
    Vector {
        name: format!("{place}: {name}"),
        framing: Framing {
            version,
            ..Framing::new(sender)
        },
        bytes: unhex(hex).unwrap_or_else(|| panic!("{place}: hex {hex:?}")),
        expected: if let Some(text) = expected.strip_prefix("~ ") {
            Expected::Longer(text.to_owned())
        } else if let Some(text) = expected.strip_prefix("… ") {
            Expected::Incomplete(count(text))
        } else if expected.starts_with("! ") {
            Expected::Fault((*expected).to_owned())
        } else {
            Expected::Packet((*expected).to_owned())
        },
    }
}

/// The bytes of hexadecimal digits, with or without spaces.
pub fn unhex(hex: &str) -> Option<Bytes> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    let (pairs, []) = digits.as_deref()?.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
