//! Access lists in Mosquitto's syntax (`acl_file`).

use super::{Identity, LineFault, shortened};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Which topics each client may publish to and receive from. What no line allows is forbidden.
///
/// ```text
/// topic read news/#           before any user line: for anonymous clients
/// user alice
/// topic readwrite home/#      without a word, readwrite
/// topic deny home/safe/#      beats every line of the same user that allows
/// pattern write dev/%c/state  for everybody; %c is the client id, %u the user name
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessList {
    anonymous: Vec<Line>,
    users: BTreeMap<String, Vec<Line>>,
    patterns: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    access: Access,
    filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Deny,
    Read,
    Write,
    ReadWrite,
}

impl Access {
    const fn grants(self, asked: Asked) -> bool {
        matches!(
            (self, asked),
            (Self::ReadWrite, _) | (Self::Read, Asked::Read) | (Self::Write, Asked::Write)
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Read,
    Write,
}

/// What is wrong with a line of an access list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessListFault {
    /// It begins with none of `topic`, `user` and `pattern`.
    UnknownWord(String),
    /// Nothing stands behind `user`, `topic` or `pattern`.
    Incomplete,
    /// `+` or `#` stands where it may not.
    Filter(String),
}

impl fmt::Display for AccessListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWord(word) => write!(
                f,
                "`{word}` is not known; a line begins with `topic`, `user` or `pattern`"
            ),
            Self::Incomplete => f.write_str("a name or a topic filter is missing"),
            Self::Filter(filter) => write!(
                f,
                "`{filter}` is no topic filter: `+` and `#` fill whole levels, `#` stands last"
            ),
        }
    }
}

impl AccessList {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, LineFault<AccessListFault>> {
        let mut list = Self::default();
        let mut user = None::<String>;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fail = |fault| LineFault {
                line: index + 1,
                fault,
            };
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let rest = rest.trim();
            if !matches!(word, "user" | "topic" | "pattern") {
                return Err(fail(AccessListFault::UnknownWord(shortened(word))));
            }
            if rest.is_empty() {
                return Err(fail(AccessListFault::Incomplete));
            }
            if word == "user" {
                user = Some(rest.to_string());
                list.users.entry(rest.to_string()).or_default();
                continue;
            }
            let line = Line::parse(rest).map_err(fail)?;
            match (word, &user) {
                ("pattern", _) => list.patterns.push(line),
                (_, None) => list.anonymous.push(line),
                (_, Some(user)) => list.users.entry(user.clone()).or_default().push(line),
            }
        }
        Ok(list)
    }

    /// Whether the client may publish to this topic name.
    #[must_use]
    pub fn may_publish(&self, who: Identity<'_>, topic: &str) -> bool {
        self.allows(who, Asked::Write, |filter| covers(filter, topic))
    }

    /// Whether the client may be sent messages of this topic name.
    #[must_use]
    pub fn may_receive(&self, who: Identity<'_>, topic: &str) -> bool {
        self.allows(who, Asked::Read, |filter| covers(filter, topic))
    }

    /// Whether there can be a topic of this filter that the client may receive. Each message is
    /// asked about again: the filter may be wider than what is allowed.
    #[must_use]
    pub fn may_subscribe(&self, who: Identity<'_>, filter: &str) -> bool {
        let own = self.lines_of(who);
        let denied = own
            .iter()
            .any(|line| line.access == Access::Deny && includes(&line.filter, filter));
        !denied && self.allows_any(who, Asked::Read, |line| overlap(line, filter))
    }

    fn lines_of(&self, who: Identity<'_>) -> &[Line] {
        match who.user_name {
            None => &self.anonymous,
            Some(user) => self.users.get(user).map_or(&[], Vec::as_slice),
        }
    }

    fn allows(&self, who: Identity<'_>, asked: Asked, applies: impl Fn(&str) -> bool) -> bool {
        let denied = |lines: &[Line]| {
            lines
                .iter()
                .any(|line| line.access == Access::Deny && applies(&line.filter))
        };
        if denied(self.lines_of(who)) {
            return false;
        }
        let patterns = self.patterns_for(who);
        !denied(&patterns) && self.allows_any(who, asked, applies)
    }

    fn allows_any(&self, who: Identity<'_>, asked: Asked, applies: impl Fn(&str) -> bool) -> bool {
        let grants = |line: &Line| line.access.grants(asked) && applies(&line.filter);
        self.lines_of(who).iter().any(grants) || self.patterns_for(who).iter().any(grants)
    }

    /// The patterns with the client's names put in. A name with `+`, `#` or `/` in it would widen
    /// the pattern, so it gets none.
    fn patterns_for(&self, who: Identity<'_>) -> Vec<Line> {
        let safe = |name: &str| !name.contains(['+', '#', '/']);
        self.patterns
            .iter()
            .filter_map(|line| {
                let mut filter = line.filter.clone();
                if filter.contains("%c") {
                    if !safe(who.client_id) {
                        return None;
                    }
                    filter = filter.replace("%c", who.client_id);
                }
                if filter.contains("%u") {
                    let user = who.user_name.filter(|user| safe(user))?;
                    filter = filter.replace("%u", user);
                }
                Some(Line {
                    access: line.access,
                    filter,
                })
            })
            .collect()
    }
}

impl Line {
    fn parse(rest: &str) -> Result<Self, AccessListFault> {
        let (access, filter) = match rest.split_once(char::is_whitespace) {
            Some(("read", filter)) => (Access::Read, filter),
            Some(("write", filter)) => (Access::Write, filter),
            Some(("readwrite", filter)) => (Access::ReadWrite, filter),
            Some(("deny", filter)) => (Access::Deny, filter),
            // A filter may hold spaces.
            _ => (Access::ReadWrite, rest),
        };
        let filter = filter.trim();
        match mqtt_proto::TopicFilter::try_from(filter) {
            Ok(_) => Ok(Self {
                access,
                filter: filter.to_string(),
            }),
            Err(_) => Err(AccessListFault::Filter(shortened(filter))),
        }
    }
}

/// Whether a filter of the list applies to a topic name.
fn covers(filter: &str, topic: &str) -> bool {
    // A topic name is a filter without wildcards.
    includes(filter, topic)
}

/// A filter that begins with a wildcard says nothing about `$` topics, in lists as in MQTT.
fn dollar_differs(a: &str, b: &str) -> bool {
    (a.starts_with('$') && b.starts_with(['+', '#']))
        || (b.starts_with('$') && a.starts_with(['+', '#']))
}

/// Whether `wide` matches everything that `narrow` matches.
fn includes(wide: &str, narrow: &str) -> bool {
    if dollar_differs(wide, narrow) {
        return false;
    }
    let mut levels = narrow.split('/');
    for wanted in wide.split('/') {
        match (wanted, levels.next()) {
            ("#", _) => return true,
            (_, None | Some("#")) => return false,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Whether some topic name matches both.
fn overlap(a: &str, b: &str) -> bool {
    if dollar_differs(a, b) {
        return false;
    }
    let (mut left, mut right) = (a.split('/'), b.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) | (Some("#"), _) | (_, Some("#")) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some(x), Some(y)) if x == "+" || y == "+" || x == y => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
        # for everybody who does not say a name
        topic read news/#
        topic $SYS/broker/uptime

        user alice
        topic home/#
        topic deny home/safe/#
        topic write public box
        user bob
        pattern write dev/%c/state
        pattern read dev/%u/#
        pattern deny dev/forbidden/#
    ";

    /// user | client id | publish, receive or subscribe | topic | yes or no
    const QUESTIONS: &str = "
        -     | c | receive   | news/a             | yes
        -     | c | publish   | news/a             | no
        -     | c | receive   | $SYS/broker/uptime | yes
        -     | c | receive   | home/a             | no
        -     | c | subscribe | #                  | yes
        -     | c | subscribe | +/a                | yes
        -     | c | subscribe | home/#             | no
        -     | c | subscribe | $SYS/#             | yes
        alice | c | publish   | home/door          | yes
        alice | c | receive   | home               | yes
        alice | c | publish   | home/safe/1        | no
        alice | c | receive   | home/safe          | no
        alice | c | subscribe | home/safe/+        | no
        alice | c | subscribe | home/+/1           | yes
        alice | c | publish   | public box         | yes
        alice | c | receive   | public box         | no
        alice | c | receive   | news/a             | no
        bob   | c | publish   | dev/c/state        | yes
        bob   | c | publish   | dev/d/state        | no
        bob   | + | publish   | dev/x/state        | no
        bob   | a/b | publish | dev/a/b/state      | no
        bob   | c | receive   | dev/bob/x          | yes
        bob   | c | receive   | dev/alice/x        | no
        forbidden | c | receive | dev/forbidden/x  | no
        carol | c | publish   | dev/c/state        | yes
        carol | c | receive   | home/x             | no";

    #[test]
    fn the_list_answers_as_mosquitto_does() {
        let list = AccessList::parse(FILE).unwrap();
        for row in QUESTIONS.lines().filter(|row| !row.trim().is_empty()) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let who = Identity {
                client_id: cells[1],
                user_name: Some(cells[0]).filter(|user| *user != "-"),
            };
            let answer = match cells[2] {
                "publish" => list.may_publish(who, cells[3]),
                "receive" => list.may_receive(who, cells[3]),
                "subscribe" => list.may_subscribe(who, cells[3]),
                other => panic!("{other}"),
            };
            assert_eq!(if answer { "yes" } else { "no" }, cells[4], "{row}");
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, expected) in [
            (
                "topic a\ntopics b",
                "line 2: `topics` is not known; a line begins with `topic`, `user` or `pattern`",
            ),
            ("user", "line 1: a name or a topic filter is missing"),
            (
                "topic read a#",
                "line 1: `a#` is no topic filter: `+` and `#` fill whole levels, `#` stands last",
            ),
        ] {
            assert_eq!(AccessList::parse(text).unwrap_err().to_string(), expected);
        }
    }
}
