//! Turns and doings as text, for an interpreter behind a border: JavaScript in a page, or another process.
//!
//! A word, numbers, and what is text or bytes in hexadecimal; one line for each. No line is longer than what it carries.

use super::turn::{BoardSpec, Deed, Doings, Ended, Event, Line, Stored, Turn};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt::{self, Write};
use core::str::{FromStr, SplitWhitespace};
use mqtt_proto::{Duration, Instant};

/// What a host says that was built without an interpreter.
pub const NOT_BUILT: &str = "this page was built without MicroPython";

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An empty value is a value too.
        f.write_str("x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the interpreter is told about a board that begins.
#[must_use]
pub fn write_spec(spec: &BoardSpec) -> String {
    let BoardSpec {
        source,
        modules,
        number,
        order: _,
        seed,
        server,
        cause,
        files,
    } = spec;
    let mut text = format!(
        "board {number} {seed} {} {} {}",
        *cause as u8,
        Hex(server.as_bytes()),
        Hex(source.as_bytes()),
    );
    for (path, stored) in files.iter() {
        let path = Hex(path.as_bytes());
        // Writing into a string cannot fail.
        let _ = match stored {
            Stored::File(bytes) => write!(text, "\nfile {path} {}", Hex(bytes)),
            Stored::Folder => write!(text, "\nfolder {path}"),
            Stored::Gone => write!(text, "\ngone {path}"),
        };
    }
    // A file that the program has written anew since has other lines.
    for (module, number) in modules.iter().zip(1_u8..) {
        let path = module.path();
        let is_as_it_came =
            matches!(files.get(&path), Some(Stored::File(it)) if it == module.text.as_bytes());
        if is_as_it_came {
            // Writing into a string cannot fail.
            let _ = write!(text, "\nmarks {} {number}", Hex(path.as_bytes()));
        }
    }
    text
}

/// What it is told about a turn.
#[must_use]
pub fn write_turn(turn: &Turn) -> String {
    let mut text = format!("turn {}", turn.now.as_micros());
    for event in &turn.events {
        // Writing into a string cannot fail.
        let _ = match event {
            Event::Start => write!(text, "\nstart"),
            Event::Network { up } => write!(text, "\nnetwork {}", u8::from(*up)),
            Event::Opened { socket } => write!(text, "\nopened {socket}"),
            Event::Refused { socket, errno } => write!(text, "\nrefused {socket} {errno}"),
            Event::Received { socket, bytes } => write!(text, "\nreceived {socket} {}", Hex(bytes)),
            Event::Closed {
                socket,
                read,
                write,
                loses,
            } => write!(
                text,
                "\nclosed {socket} {read} {write} {}",
                u8::from(*loses)
            ),
            Event::Pin { pin, high } => write!(text, "\npin {pin} {}", u8::from(*high)),
            Event::Heat { millidegrees } => write!(text, "\nheat {millidegrees}"),
            Event::Typed { text: typed } => write!(text, "\ntyped {}", Hex(typed.as_bytes())),
            Event::Interrupt => write!(text, "\ninterrupt"),
        };
    }
    text
}

/// What it answers. An answer that is none ends the board, and says so.
#[must_use]
pub fn read_doings(text: &str) -> Doings {
    let mut doings = Doings::default();
    for line in text.lines() {
        if read_line(line, &mut doings).is_none() {
            doings.ended = Some(Ended::Failed(format!("the interpreter said `{line:.40}`")));
            break;
        }
    }
    doings
}

fn read_line(line: &str, doings: &mut Doings) -> Option<()> {
    let mut words = line.split_whitespace();
    let words = &mut words;
    match words.next()? {
        "dial" => doings.deeds.push(Deed::Dial {
            socket: number(words)?,
            port: number(words)?,
            host: text(words)?,
        }),
        "send" => doings.deeds.push(Deed::Send {
            socket: number(words)?,
            bytes: bytes(words)?.into(),
        }),
        "read" => doings.deeds.push(Deed::Read {
            socket: number(words)?,
            count: number(words)?,
        }),
        "lost" => doings.deeds.push(Deed::Lost {
            bytes: Bytes::from(bytes(words)?),
        }),
        "close" => doings.deeds.push(Deed::Close {
            socket: number(words)?,
        }),
        "vanish" => doings.deeds.push(Deed::Vanish {
            socket: number(words)?,
        }),
        "file" => doings.deeds.push(Deed::Store {
            path: text(words)?,
            stored: Some(Stored::File(bytes(words)?.into())),
        }),
        kind @ ("folder" | "gone" | "none") => doings.deeds.push(Deed::Store {
            path: text(words)?,
            stored: match kind {
                "folder" => Some(Stored::Folder),
                "gone" => Some(Stored::Gone),
                _ => None,
            },
        }),
        "print" => doings.deeds.push(Deed::Print { line: text(words)? }),
        "piece" => doings.deeds.push(Deed::PrintPiece { text: text(words)? }),
        "unjoined" => doings.deeds.push(Deed::Unjoined),
        "pin" => doings.deeds.push(Deed::Pin {
            pin: number(words)?,
            high: number::<u8>(words)? != 0,
        }),
        "at" => doings.deeds.push(Deed::At {
            line: read_place(words)?,
        }),
        "until" => doings.until = Some(Instant::from_micros(number(words)?)),
        "busy" => doings.is_busy = true,
        "line" => doings.line = read_place(words)?,
        "ended" => {
            doings.ended = Some(match words.next()? {
                "done" => Ended::Done,
                "raised" => Ended::Raised,
                "memory" => Ended::OutOfMemory,
                "typed" => Ended::Typed,
                "reset" => Ended::Reset,
                "soft-reset" => Ended::SoftReset,
                "watchdog" => Ended::Watchdog,
                "asleep" => Ended::Asleep {
                    span: number::<i64>(words)?
                        .try_into()
                        .ok()
                        .map(Duration::from_millis),
                },
                "endless" => Ended::Endless,
                "failed" => Ended::Failed(text(words)?),
                _ => return None,
            });
        }
        _ => return None,
    }
    words.next().is_none().then_some(())
}

/// A line, and the file that it is one of if that is not `main.py`.
fn read_place(words: &mut SplitWhitespace<'_>) -> Option<Line> {
    Some(Line {
        number: number(words)?,
        file: words.next().map_or(Some(0), |it| it.parse().ok())?,
    })
}

fn number<T: FromStr>(words: &mut SplitWhitespace<'_>) -> Option<T> {
    words.next()?.parse().ok()
}

fn bytes(words: &mut SplitWhitespace<'_>) -> Option<Vec<u8>> {
    let digits = words.next()?.strip_prefix('x')?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn text(words: &mut SplitWhitespace<'_>) -> Option<String> {
    String::from_utf8(bytes(words)?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::turn::{Cause, ScriptFile};
    use super::*;
    use alloc::rc::Rc;
    use alloc::vec;

    #[test]
    fn a_turn_is_written_line_by_line() {
        let turn = Turn {
            now: Instant::from_micros(1_500),
            events: vec![
                Event::Start,
                Event::Received {
                    socket: 3,
                    bytes: Bytes::from_static(b"\x20\x02\0\0"),
                },
                Event::Closed {
                    socket: 3,
                    read: 0,
                    write: 104,
                    loses: true,
                },
                Event::Heat {
                    millidegrees: -2_000,
                },
                Event::Typed {
                    text: "1\n2".into(),
                },
                Event::Interrupt,
            ],
        };
        let expected = "turn 1500\nstart\nreceived 3 x20020000\nclosed 3 0 104 1\nheat -2000\ntyped x310a32\ninterrupt";
        assert_eq!(write_turn(&turn), expected);
    }

    #[test]
    fn files_are_marked_as_long_as_they_are_as_they_came() {
        let file = |name: &str, text: &str| ScriptFile {
            name: name.into(),
            text: text.into(),
        };
        let stored = |text: &'static str| Stored::File(Bytes::from_static(text.as_bytes()));
        let spec = BoardSpec {
            source: "".into(),
            modules: [file("a", "1"), file("b", "2")].into(),
            number: 2,
            order: 0,
            seed: 3,
            server: "b".into(),
            cause: Cause::Power,
            files: Rc::new([("/a".into(), stored("new")), ("/b".into(), stored("2"))].into()),
        };
        let expected = "board 2 3 1 x62 x\nfile x2f61 x6e6577\nfile x2f62 x32\nmarks x2f62 2";
        assert_eq!(write_spec(&spec), expected);
    }

    #[test]
    fn doings_are_read_and_garbage_ends_the_board() {
        let text = "at 7\ndial 3 1883 x62\nsend 3 xc000\nprint x\npiece x2e\nunjoined\npin 2 1\nfile x2f61 x00\nfolder x2f62\nnone x2f63\nread 3 2\nline 7 2\nuntil 2000\nbusy";
        let doings = read_doings(text);
        assert_eq!(doings.deeds.len(), 11);
        let stored = Some(Stored::File(Bytes::from_static(b"\0")));
        let path = "/a".into();
        assert_eq!(doings.deeds.get(7), Some(&Deed::Store { path, stored }));
        assert_eq!(
            (doings.line, doings.ended),
            (Line { file: 2, number: 7 }, None)
        );
        assert!(doings.is_busy);
        assert_eq!(doings.until, Some(Instant::from_micros(2_000)));
        let asleep = read_doings("ended asleep -1").ended;
        assert_eq!(asleep, Some(Ended::Asleep { span: None }));
        for bad in [
            "send",
            "send 3",
            "send 3 c0",
            "send 3 xc",
            "print xff",
            "ended",
            "ended well",
            "until -1",
            "line 1 2 3",
            "line 1 x",
            "line 1 256",
            "💥",
        ] {
            let ended = read_doings(bad).ended;
            assert!(matches!(ended, Some(Ended::Failed(_))), "{bad}: {ended:?}");
        }
    }
}
