//! What a traceback means: what was raised, where the script and the library were, and what that says about them.

/// Why a script has ended, as far as its traceback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `umqtt.simple` has sent a PUBLISH at QoS 2, and knows no more of it.
    SentQos2,
    /// `umqtt.simple2` and `umqtt.robust2` refuse QoS 2 before anything is sent.
    RefusesQos2,
    /// A PUBLISH at QoS 2 has come, and the library cannot answer it.
    GotQos2,
    /// There is no callback.
    NoCallback,
    /// What came in the place of a CONNACK, or of another answer, is none.
    NotTheAnswer,
    /// The broker has refused: the return code of CONNACK, or 128 for a subscription.
    Refused(u16),
    /// No server has the name.
    NoName,
    /// Nobody listens there.
    NobodyListens,
    /// The Wi-Fi is not joined.
    NoNetwork,
    /// The other end has closed the connection, or does not know it any more.
    Gone,
    /// Nobody has answered in time.
    TimedOut,
    /// The board has no memory left.
    Memory,
    /// Calls lie too deep in each other.
    Recursion,
    /// It is no Python.
    Syntax,
    /// The board has no such module.
    NoModule,
    /// Ctrl-C.
    Interrupted,
    /// Something else of the script's own.
    Other,
}

/// What the lines of a console end with, if that is a traceback.
pub(crate) fn trouble<'a>(
    console: impl DoubleEndedIterator<Item = &'a str> + Clone,
) -> Option<Trouble> {
    let last = console.clone().next_back()?;
    let (name, what) = last
        .split_once(':')
        .map_or((last, ""), |(name, what)| (name, what.trim()));
    let frames: Vec<&str> = console
        .rev()
        .skip(1)
        .take_while(|line| line.starts_with("  File "))
        .collect();
    if frames.is_empty() && name != "MemoryError" {
        return None;
    }
    let innermost = frames.first().copied().unwrap_or_default();
    let is_in = |library: &str, function: &str| {
        innermost.contains(&format!("umqtt/{library}.py\""))
            && innermost.ends_with(&format!(" in {function}"))
    };
    let is_library = innermost.contains("/umqtt/");
    let number = || {
        what.split(|it: char| !it.is_ascii_digit() && it != '-')
            .find_map(|it| it.parse::<i32>().ok())
    };
    Some(match name {
        "AssertionError" if is_in("simple", "publish") => Trouble::SentQos2,
        "AssertionError" if is_in("simple2", "publish") => Trouble::RefusesQos2,
        "AssertionError" if is_in("simple", "wait_msg") => Trouble::GotQos2,
        "NotImplementedError" if is_library => Trouble::GotQos2,
        "AssertionError" if what.contains("callback") => Trouble::NoCallback,
        "AssertionError" if is_library => Trouble::NotTheAnswer,
        "MQTTException" => {
            Trouble::Refused(number().and_then(|it| u16::try_from(it).ok()).unwrap_or(0))
        }
        "OSError" => match number() {
            Some(-202 | -2) => Trouble::NoName,
            Some(111) => Trouble::NobodyListens,
            Some(113 | 118) => Trouble::NoNetwork,
            Some(-1 | 9 | 104 | 128) => Trouble::Gone,
            Some(116 | 110) => Trouble::TimedOut,
            _ => Trouble::Other,
        },
        "MemoryError" => Trouble::Memory,
        "RuntimeError" if what.contains("recursion") => Trouble::Recursion,
        "SyntaxError" | "IndentationError" => Trouble::Syntax,
        "ImportError" => Trouble::NoModule,
        "KeyboardInterrupt" => Trouble::Interrupted,
        _ => Trouble::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_says_what_went_wrong() {
        let head = "Traceback (most recent call last):";
        let main = "  File \"main.py\", line 12, in <module>";
        let simple =
            |function: &str| format!("  File \"/lib/umqtt/simple.py\", line 9, in {function}");
        for (inner, last, expected) in [
            (simple("publish"), "AssertionError:", Trouble::SentQos2),
            (simple("wait_msg"), "AssertionError:", Trouble::GotQos2),
            (
                simple("subscribe"),
                "AssertionError: Subscribe callback is not set",
                Trouble::NoCallback,
            ),
            (simple("connect"), "AssertionError:", Trouble::NotTheAnswer),
            (simple("connect"), "MQTTException: 5", Trouble::Refused(5)),
            (simple("connect"), "OSError: -202", Trouble::NoName),
            (
                simple("connect"),
                "OSError: [Errno 111] ECONNREFUSED",
                Trouble::NobodyListens,
            ),
            (
                main.to_owned(),
                "RuntimeError: maximum recursion depth exceeded",
                Trouble::Recursion,
            ),
            (
                main.to_owned(),
                "SyntaxError: invalid syntax",
                Trouble::Syntax,
            ),
            (
                main.to_owned(),
                "ImportError: no module named 'bluetooth'",
                Trouble::NoModule,
            ),
            (main.to_owned(), "KeyboardInterrupt: ", Trouble::Interrupted),
            (main.to_owned(), "ValueError: bad message", Trouble::Other),
            (main.to_owned(), "AssertionError:", Trouble::Other),
        ] {
            let lines = ["printed before", head, main, &inner, last];
            assert_eq!(trouble(lines.into_iter()), Some(expected), "{last}");
        }
        assert_eq!(
            trouble(["MemoryError: memory allocation failed"].into_iter()),
            Some(Trouble::Memory)
        );
        assert_eq!(trouble(["all is well: yes"].into_iter()), None);
        assert_eq!(trouble([].into_iter()), None);
    }
}
