//! What a traceback means: what was raised, where the script and the library were, and what that says about them.

/// Why a script has ended, as far as its traceback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `umqtt.simple` has sent a PUBLISH at QoS 2, and knows no more of it.
    SentQos2,
    /// `umqtt.simple2` and `umqtt.robust2` refuse QoS 2 before anything is sent.
    RefusesQos2,
    /// They refuse to subscribe at QoS 2, too.
    RefusesToSubscribeQos2,
    /// A PUBLISH at QoS 2 has come, and the library cannot answer it.
    GotQos2,
    /// There is no callback.
    NoCallback,
    /// A will has no topic, or a QoS that does not exist.
    BadWill,
    /// The keep alive is longer than the protocol can say.
    LongKeepAlive,
    /// A text or a message is longer than the library can send.
    TooLarge,
    /// What came in the place of a CONNACK, or of another answer, is none.
    NotTheAnswer,
    /// The other end has closed the connection where an answer was due.
    ClosedUnanswered,
    /// The broker has refused: the return code of CONNACK, or 128 for a subscription.
    Refused(u8),
    /// The library has no connection yet, or none any more.
    NotConnected,
    /// Nothing was heard for longer than the keep alive.
    Silent,
    /// The script itself has closed the socket.
    ClosedByItself,
    /// No server has the name.
    NoName,
    /// The same, and the board has joined no network in which it could ask: the traceback does not tell these two apart.
    Unjoined,
    /// Nobody listens there.
    NobodyListens,
    /// Nobody answers there.
    NobodyAnswers,
    /// Nobody listens there, or the other end has closed the connection: in a program's own lines the number says no more.
    NotMadeOrGone,
    /// Nobody answers there, or the Wi-Fi is gone.
    NobodyAnswersOrLost,
    /// The radio is off when it is told to join.
    RadioOff,
    /// The Wi-Fi is not joined.
    NoNetwork,
    /// The Wi-Fi is gone, and the connection with it.
    LostNetwork,
    /// The other end has closed the connection, or does not know it any more.
    Gone,
    /// Nobody has answered in time.
    TimedOut,
    /// The board speaks no TLS.
    NoTls,
    /// There is no such file.
    NoFile,
    /// The flash is full.
    FlashFull,
    /// The board has no memory left.
    Memory,
    /// Calls lie too deep in each other.
    Recursion,
    /// It is no Python.
    Syntax,
    /// The board has no such module.
    NoModule,
    /// A board of this kind has it, this one does not.
    NotHere,
    /// The module has nothing of this name.
    NotInModule,
    /// Ctrl-C.
    Interrupted,
    /// Something else of the script's own.
    Other,
}

/// Where an exception was raised.
#[derive(Clone, Copy, Default)]
struct Frame<'a> {
    /// Of `umqtt`, without its ending; empty elsewhere.
    library: &'a str,
    function: &'a str,
    line: usize,
}

impl<'a> Frame<'a> {
    /// A line of a traceback: `  File "PATH", line NUMBER, in FUNCTION`.
    fn read(text: &'a str) -> Option<Self> {
        let (path, rest) = text.strip_prefix("  File \"")?.split_once("\", line ")?;
        let (line, function) = rest.split_once(", in ").unwrap_or((rest, ""));
        let library = path.split_once("/umqtt/").map_or("", |(_, name)| name);
        Some(Self {
            library: library.strip_suffix(".py").unwrap_or(library),
            function,
            line: line.parse().unwrap_or(0),
        })
    }

    fn is_second(self) -> bool {
        matches!(self.library, "simple2" | "robust2")
    }
}

/// The line of `umqtt.simple` that connects its socket.
const SIMPLE_CONNECTS: usize = 58;

/// The assertions of the libraries: which library, function and line, and what it means that they do not hold.
const ASSERTIONS: [(&str, &str, usize, Trouble); 17] = [
    ("simple", "set_last_will", 48, Trouble::BadWill),
    ("simple", "set_last_will", 49, Trouble::BadWill),
    ("simple", "connect", 71, Trouble::LongKeepAlive),
    ("simple", "connect", 97, Trouble::NotTheAnswer),
    ("simple", "publish", 115, Trouble::TooLarge),
    ("simple", "publish", 136, Trouble::NotTheAnswer),
    ("simple", "publish", 142, Trouble::SentQos2),
    ("simple", "subscribe", 145, Trouble::NoCallback),
    ("simple", "subscribe", 158, Trouble::NotTheAnswer),
    ("simple", "wait_msg", 176, Trouble::NotTheAnswer),
    ("simple", "wait_msg", 197, Trouble::GotQos2),
    ("simple2", "_send_str", 37, Trouble::TooLarge),
    ("simple2", "_varlen_encode", 45, Trouble::TooLarge),
    ("simple2", "set_last_will", 60, Trouble::BadWill),
    ("simple2", "connect", 74, Trouble::LongKeepAlive),
    ("simple2", "publish", 98, Trouble::RefusesQos2),
    ("simple2", "subscribe", 104, Trouble::RefusesToSubscribeQos2),
];

/// What the lines of a console end with, if that is a traceback.
pub(crate) fn trouble<'a>(
    console: impl DoubleEndedIterator<Item = &'a str> + Clone,
) -> Option<Trouble> {
    let last = console.clone().next_back()?;
    let (name, what) = last
        .split_once(':')
        .map_or((last, ""), |(name, what)| (name, what.trim()));
    let frame = console.rev().nth(1).and_then(Frame::read);
    if frame.is_none() && name != "MemoryError" {
        return None;
    }
    let frame = frame.unwrap_or_default();
    let is_library = !frame.library.is_empty();
    let number = what
        .split(|it: char| !it.is_ascii_digit() && it != '-')
        .find_map(|it| it.parse::<i32>().ok());
    Some(match name {
        "AssertionError" if what.contains("callback") => Trouble::NoCallback,
        "AssertionError" => ASSERTIONS
            .iter()
            .find(|(library, function, line, _)| {
                (*library, *function, *line) == (frame.library, frame.function, frame.line)
            })
            .map_or(Trouble::Other, |(.., trouble)| *trouble),
        "NotImplementedError" | "ImportError" if what.starts_with("a real ESP32 has") => {
            Trouble::NotHere
        }
        "NotImplementedError" if what.contains("TLS") => Trouble::NoTls,
        "NotImplementedError" if is_library => Trouble::GotQos2,
        "MQTTException" if frame.is_second() => match second(number) {
            Trouble::Gone if frame.function == "connect" => Trouble::NotMadeOrGone,
            trouble => trouble,
        },
        "MQTTException" => match number.and_then(|it| u8::try_from(it).ok()) {
            Some(code @ (1..=5 | 128)) => Trouble::Refused(code),
            _ => Trouble::NotTheAnswer,
        },
        // It looks at bytes that a closed connection did not bring.
        "IndexError" if frame.library == "simple" => Trouble::ClosedUnanswered,
        "AttributeError" if is_library && what.contains("'NoneType'") => Trouble::NotConnected,
        "OSError" if what.starts_with("Wifi Not Started") => Trouble::RadioOff,
        "OSError" => os(number, frame),
        "MemoryError" => Trouble::Memory,
        "RuntimeError" if what.contains("recursion") => Trouble::Recursion,
        "SyntaxError" | "IndentationError" => Trouble::Syntax,
        "ImportError" if what.starts_with("can't import name") => Trouble::NotInModule,
        "ImportError" => Trouble::NoModule,
        "KeyboardInterrupt" => Trouble::Interrupted,
        _ => Trouble::Other,
    })
}

/// The numbers of `umqtt.simple2` (its errno.py), which are no return codes.
const fn second(number: Option<i32>) -> Trouble {
    match number {
        Some(1..=3) => Trouble::Gone,
        Some(7) => Trouble::Silent,
        Some(8 | 28) => Trouble::NotConnected,
        Some(4) => Trouble::TooLarge,
        Some(21) => Trouble::Refused(1),
        Some(22) => Trouble::Refused(2),
        Some(23) => Trouble::Refused(3),
        Some(24) => Trouble::Refused(4),
        Some(25) => Trouble::Refused(5),
        Some(30) => Trouble::TimedOut,
        Some(44) => Trouble::Refused(128),
        _ => Trouble::NotTheAnswer,
    }
}

fn os(number: Option<i32>, frame: Frame<'_>) -> Trouble {
    let connects = frame.library == "simple" && frame.line == SIMPLE_CONNECTS;
    // A program's own lines, and a library that it brings along, connect anywhere.
    let is_own = frame.library.is_empty();
    match number {
        Some(-202 | -2) => Trouble::NoName,
        Some(2) => Trouble::NoFile,
        Some(28) => Trouble::FlashFull,
        Some(9) => Trouble::ClosedByItself,
        Some(104 | 111) if connects => Trouble::NobodyListens,
        Some(113) if connects => Trouble::NobodyAnswers,
        Some(104 | 111) if is_own => Trouble::NotMadeOrGone,
        Some(113) if is_own => Trouble::NobodyAnswersOrLost,
        Some(113) => Trouble::LostNetwork,
        Some(118) => Trouble::NoNetwork,
        Some(128) => Trouble::NotConnected,
        Some(-1 | 104) => Trouble::Gone,
        Some(116 | 110) => Trouble::TimedOut,
        _ => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::script_trouble;
    use std::fs;
    use std::path::Path;

    fn library(name: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/script/umqtt");
        fs::read_to_string(folder.join(name).with_extension("py")).expect("it is there")
    }

    #[test]
    fn every_assertion_of_the_libraries_has_its_meaning() {
        for name in ["simple", "simple2", "robust", "robust2"] {
            let text = library(name);
            for (number, line) in (1..).zip(text.lines()) {
                let asserts = line.trim_start().starts_with("assert ")
                    || line.contains(":assert ")
                    || line.contains(";assert ");
                let known = ASSERTIONS.iter().any(|it| (it.0, it.2) == (name, number));
                assert_eq!(asserts, known, "umqtt.{name}, line {number}: {line}");
            }
        }
        let simple = library("simple");
        let connects = simple.lines().nth(SIMPLE_CONNECTS - 1);
        assert_eq!(connects.map(str::trim), Some("self.sock.connect(addr)"));
    }

    #[test]
    fn a_traceback_says_what_went_wrong() {
        let head = "Traceback (most recent call last):";
        let main = "  File \"main.py\", line 12, in <module>";
        let at = |library: &str, function: &str, line: usize| {
            format!("  File \"/lib/umqtt/{library}.py\", line {line}, in {function}")
        };
        let simple = |function: &str, line| at("simple", function, line);
        let second = |function: &str| at("simple2", function, 88);
        let inside = main.to_owned();
        for (inner, last, expected) in [
            (
                simple("publish", 142),
                "AssertionError: ",
                Trouble::SentQos2,
            ),
            (
                simple("publish", 115),
                "AssertionError: ",
                Trouble::TooLarge,
            ),
            (
                simple("wait_msg", 197),
                "AssertionError: ",
                Trouble::GotQos2,
            ),
            (
                simple("wait_msg", 176),
                "AssertionError: ",
                Trouble::NotTheAnswer,
            ),
            (
                simple("set_last_will", 49),
                "AssertionError: ",
                Trouble::BadWill,
            ),
            (
                simple("connect", 71),
                "AssertionError: ",
                Trouble::LongKeepAlive,
            ),
            (
                simple("connect", 97),
                "AssertionError: ",
                Trouble::NotTheAnswer,
            ),
            (
                at("simple2", "publish", 98),
                "AssertionError: ",
                Trouble::RefusesQos2,
            ),
            (
                at("simple2", "subscribe", 104),
                "AssertionError: ",
                Trouble::RefusesToSubscribeQos2,
            ),
            (
                second("check_msg"),
                "NotImplementedError: ",
                Trouble::GotQos2,
            ),
            (
                simple("subscribe", 145),
                "AssertionError: Subscribe callback is not set",
                Trouble::NoCallback,
            ),
            (
                simple("connect", 99),
                "MQTTException: 5",
                Trouble::Refused(5),
            ),
            (
                simple("subscribe", 160),
                "MQTTException: 128",
                Trouble::Refused(128),
            ),
            (second("connect"), "MQTTException: 25", Trouble::Refused(5)),
            (
                second("check_msg"),
                "MQTTException: 5",
                Trouble::NotTheAnswer,
            ),
            (second("check_msg"), "MQTTException: 1", Trouble::Gone),
            (
                second("check_msg"),
                "MQTTException: 28",
                Trouble::NotConnected,
            ),
            (
                second("check_msg"),
                "MQTTException: 44",
                Trouble::Refused(128),
            ),
            (
                second("_sock_timeout"),
                "MQTTException: 30",
                Trouble::TimedOut,
            ),
            (
                second("connect"),
                "MQTTException: (20, 7)",
                Trouble::NotTheAnswer,
            ),
            (
                at("robust2", "ping", 9),
                "MQTTException: 7",
                Trouble::Silent,
            ),
            (
                simple("connect", 97),
                "IndexError: bytes index out of range",
                Trouble::ClosedUnanswered,
            ),
            (
                inside.clone(),
                "IndexError: list index out of range",
                Trouble::Other,
            ),
            (
                simple("publish", 125),
                "AttributeError: 'NoneType' object has no attribute 'write'",
                Trouble::NotConnected,
            ),
            (simple("connect", 57), "OSError: -202", Trouble::NoName),
            (
                simple("connect", 58),
                "OSError: [Errno 104] ECONNRESET",
                Trouble::NobodyListens,
            ),
            (
                simple("connect", 58),
                "OSError: [Errno 113] ECONNABORTED",
                Trouble::NobodyAnswers,
            ),
            (
                simple("connect", 96),
                "OSError: [Errno 104] ECONNRESET",
                Trouble::Gone,
            ),
            (
                simple("wait_msg", 168),
                "OSError: [Errno 113] ECONNABORTED",
                Trouble::LostNetwork,
            ),
            (simple("wait_msg", 173), "OSError: -1", Trouble::Gone),
            (
                simple("publish", 125),
                "OSError: [Errno 9] EBADF",
                Trouble::ClosedByItself,
            ),
            (
                simple("connect", 58),
                "OSError: [Errno 118] EHOSTUNREACH",
                Trouble::NoNetwork,
            ),
            (
                simple("connect", 58),
                "NotImplementedError: port 8883 is for TLS",
                Trouble::NoTls,
            ),
            (
                inside.clone(),
                "OSError: [Errno 104] ECONNRESET",
                Trouble::NotMadeOrGone,
            ),
            (
                "  File \"umqttsimple.py\", line 61, in connect".to_owned(),
                "OSError: [Errno 113] ECONNABORTED",
                Trouble::NobodyAnswersOrLost,
            ),
            (
                second("connect"),
                "MQTTException: 3",
                Trouble::NotMadeOrGone,
            ),
            (
                "  File \"/lib/network.py\", line 17, in connect".to_owned(),
                "OSError: Wifi Not Started",
                Trouble::RadioOff,
            ),
            (
                inside.clone(),
                "ImportError: a real ESP32 has the module ntptime, this one does not",
                Trouble::NotHere,
            ),
            (
                inside.clone(),
                "NotImplementedError: a real ESP32 has machine.I2C, this one does not",
                Trouble::NotHere,
            ),
            (inside.clone(), "OSError: [Errno 2] ENOENT", Trouble::NoFile),
            (inside.clone(), "OSError: 28", Trouble::FlashFull),
            (
                inside.clone(),
                "RuntimeError: maximum recursion depth exceeded",
                Trouble::Recursion,
            ),
            (
                inside.clone(),
                "SyntaxError: invalid syntax",
                Trouble::Syntax,
            ),
            (
                inside.clone(),
                "ImportError: no module named 'bluetooth'",
                Trouble::NoModule,
            ),
            (
                inside.clone(),
                "ImportError: can't import name MQTTclient",
                Trouble::NotInModule,
            ),
            (inside.clone(), "KeyboardInterrupt: ", Trouble::Interrupted),
            (inside.clone(), "ValueError: bad message", Trouble::Other),
            (inside, "AssertionError: ", Trouble::Other),
        ] {
            let lines = ["printed before", head, main, &inner, last];
            assert_eq!(trouble(lines.into_iter()), Some(expected), "{inner} {last}");
            // What is explained is explained in both languages.
            match script_trouble(expected) {
                Some(phrase) => assert!(phrase.en != phrase.de && phrase.de.len() > 40, "{last}"),
                None => assert_eq!(expected, Trouble::Other),
            }
        }
        assert_eq!(
            trouble(["MemoryError: memory allocation failed"].into_iter()),
            Some(Trouble::Memory)
        );
        assert_eq!(trouble(["all is well: yes"].into_iter()), None);
        assert_eq!(trouble([].into_iter()), None);
    }
}
