//! Conversations with a broker as text, byte by byte.
//!
//! ```text
//! # rule ids and why
//! broker max-queued=2          settings; must come first. `core.` ones the hub does not have
//! let HI = 'hi'                from here on $HI stands for these bytes
//! a > 10 {"MQTT" 04 02 003C "a"}    connection a sends this (and is opened by its first line)
//! a < 20 {00 00}               the broker sends a exactly this next
//! a <                          the broker has sent a nothing more
//! a closed                     the broker has closed a
//! a cut                        a is gone without a word
//! wait 1500ms                  time passes
//! restart                      the broker ends without a word; another goes on from what it saved
//! ```
//!
//! Bytes are hexadecimal. `"text"` is a string with its two length bytes, `'text'` is bare text,
//! `{ … }` puts the length of what is inside in front as a variable byte integer, and `a..b`
//! behind a byte (`00*65535`) repeats it.
//!
//! Alternatives that the broker may choose from stand on one line with `|` between them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fmt::Write as _;

/// One line of a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) step: Step,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Setting {
        name: String,
        value: String,
    },
    Send {
        connection: String,
        bytes: Vec<u8>,
    },
    /// Any of these; empty: nothing.
    Expect {
        connection: String,
        any_of: Vec<Vec<u8>>,
    },
    Closed {
        connection: String,
    },
    Cut {
        connection: String,
    },
    Restart,
    Wait {
        millis: u64,
    },
}

/// Reads a script; panics with the line that is wrong.
pub(crate) fn parse(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut names: Vec<(String, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut code = without_comment(line).trim().to_owned();
        for (name, bytes) in &names {
            code = code.replace(name.as_str(), bytes);
        }
        let code = code.as_str();
        if code.is_empty() {
            continue;
        }
        if let Some(definition) = code.strip_prefix("let ") {
            let (name, bytes) = definition.split_once('=').expect("`let` needs `=`");
            names.push((format!("${}", name.trim()), bytes.trim().to_owned()));
            continue;
        }
        let step = step(code).unwrap_or_else(|why| panic!("line {}: {why}: {line}", index + 1));
        match step {
            Steps::One(step) => lines.push(Line {
                number: index + 1,
                step,
            }),
            Steps::Settings(settings) => {
                for (name, value) in settings {
                    lines.push(Line {
                        number: index + 1,
                        step: Step::Setting { name, value },
                    });
                }
            }
        }
    }
    lines
}

enum Steps {
    One(Step),
    Settings(Vec<(String, String)>),
}

/// `#` begins a comment, but not inside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return &line[..at],
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
    }
    line
}

fn step(code: &str) -> Result<Steps, String> {
    let (first, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let rest = rest.trim();
    if first == "broker" {
        return rest
            .split_whitespace()
            .map(|setting| {
                let (name, value) = setting.split_once('=').ok_or("a setting needs `=`")?;
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect::<Result<_, String>>()
            .map(Steps::Settings);
    }
    if code == "restart" {
        return Ok(Steps::One(Step::Restart));
    }
    if first == "wait" {
        let millis = rest
            .strip_suffix("ms")
            .ok_or("`wait` needs milliseconds (ms)")?;
        let millis = millis.parse().map_err(|_| "not a number".to_owned())?;
        return Ok(Steps::One(Step::Wait { millis }));
    }
    let connection = first.to_owned();
    let step = match rest {
        "closed" => Step::Closed { connection },
        "cut" => Step::Cut { connection },
        _ => match rest.split_at_checked(1) {
            Some((">", data)) => Step::Send {
                connection,
                bytes: bytes(data)?,
            },
            Some(("<", data)) => Step::Expect {
                connection,
                any_of: alternatives(data)?,
            },
            _ => return Err("expected `>`, `<`, `closed` or `cut`".to_owned()),
        },
    };
    Ok(Steps::One(step))
}

fn alternatives(data: &str) -> Result<Vec<Vec<u8>>, String> {
    if data.trim().is_empty() {
        return Ok(Vec::new());
    }
    data.split(" | ").map(bytes).collect()
}

/// The bytes that are written there.
pub(crate) fn bytes(data: &str) -> Result<Vec<u8>, String> {
    let mut open: Vec<Vec<u8>> = vec![Vec::new()];
    let mut rest = data.trim_start();
    while let Some(character) = rest.chars().next() {
        let at = open.len() - 1;
        match character {
            '{' => {
                open.push(Vec::new());
                rest = &rest[1..];
            }
            '}' => {
                let inner = open.pop().ok_or("`}` without `{`")?;
                let outer = open.last_mut().ok_or("`}` without `{`")?;
                put_varint(outer, inner.len());
                outer.extend(inner);
                rest = &rest[1..];
            }
            '"' | '\'' => {
                let (text, behind) = rest[1..].split_once(character).ok_or("a quote is open")?;
                if character == '"' {
                    open[at].extend((text.len() as u16).to_be_bytes());
                }
                open[at].extend(text.as_bytes());
                rest = behind;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "{}\"'".contains(c))
                    .unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                let (hex, times) = word.split_once('*').unwrap_or((word, "1"));
                let times: usize = times.parse().map_err(|_| format!("`{word}`?"))?;
                if !hex.len().is_multiple_of(2) || hex.is_empty() {
                    return Err(format!("`{word}` is not whole bytes"));
                }
                let run = (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16))
                    .collect::<Result<Vec<u8>, _>>()
                    .map_err(|_| format!("`{word}` is not hexadecimal"))?;
                for _ in 0..times {
                    open[at].extend(&run);
                }
                rest = behind;
            }
        }
        rest = rest.trim_start();
    }
    match (open.pop(), open.is_empty()) {
        (Some(bytes), true) => Ok(bytes),
        _ => Err("`{` is open".to_owned()),
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Bytes for a message.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02X} ");
    }
    if bytes.is_empty() {
        text.push_str("nothing");
    }
    text
}

/// The path of a file that settings name.
pub(crate) fn data(name: &str) -> String {
    format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../mqtt-broker/tests/data/{}"),
        name
    )
}

/// All conversations: name and text.
pub(crate) fn all() -> Vec<(String, String)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../mqtt-broker/tests/conversations"
    );
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no conversations in {folder}");
    found
}
