//! Every normative statement of MQTT 3.1.1 and 5.0 as data.
//!
//! A [`StatementId`] can only be made by [`cite`], which is evaluated at compile time: an id that is not in the
//! tables does not compile.
//!
//! ```
//! use mqtt_spec::{StatementId, Version, cite};
//!
//! const PUBREL_FLAGS: StatementId = cite(Version::V5, "MQTT-3.6.1-1");
//! assert_eq!(PUBREL_FLAGS.statement().section, "3.6.1");
//! ```
//!
//! ```compile_fail,E0080
//! use mqtt_spec::{StatementId, Version, cite};
//!
//! const UNKNOWN: StatementId = cite(Version::V5, "MQTT-3.6.1-99");
//! ```
//!
//! The versions number their statements independently, and one id can name different duties: 4.3.3-2 is the
//! receiver's duty in 3.1.1 and the sender's in 5.0. [`Rule`] pairs the two ids of one duty.
//!
//! What this crate does not do: it checks nothing at run time, it knows no packets, and it does not carry the
//! sentences of the standard. Summaries are one-line gists in our own words beside a link to the section.
//! A program that never calls [`StatementId::statement`] does not link the texts.
#![no_std]

mod statement;

pub use statement::{AppliesTo, Level, Reaction, Statement, ViolationResponse};

use core::fmt;
use statement::{ids, statements};

/// A version of the protocol. The discriminant is the protocol level that CONNECT carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Version {
    /// MQTT 3.1.1, protocol level 4.
    V311 = 4,
    /// MQTT 5.0, protocol level 5.
    V5 = 5,
}

impl Version {
    /// Both versions, older first.
    pub const ALL: [Version; 2] = [Version::V311, Version::V5];

    /// The protocol level (5.0: protocol version) byte of CONNECT.
    pub const fn level(self) -> u8 {
        self as u8
    }

    /// The version with this protocol level, if it is one of the two known here.
    pub const fn from_level(level: u8) -> Option<Version> {
        match level {
            4 => Some(Version::V311),
            5 => Some(Version::V5),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V311 => "3.1.1",
            Version::V5 => "5.0",
        })
    }
}

/// Names one statement of one version; known to exist.
///
/// Order follows the tables: numbered statements in document order, then those without a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId {
    version: Version,
    row: u16,
}

/// The id of a statement, checked at compile time when used in a `const`.
///
/// `id` is written as in the tables: `MQTT-4.3.3-2`, or `SECT-3.8.3.1-qos` for a rule without a number.
///
/// # Panics
/// If the version has no such statement: in a `const` this is a compile error.
#[expect(
    clippy::panic,
    reason = "the compile error that an unknown id has to be"
)]
pub const fn cite(version: Version, id: &'static str) -> StatementId {
    match find(version, id) {
        Some(found) => found,
        None => panic!("no such statement in this version"),
    }
}

/// The id of a statement that is only known as text at run time, such as one in a scenario file.
pub const fn find(version: Version, id: &str) -> Option<StatementId> {
    let mut rest = ids(version);
    let mut row = 0;
    while let [first, others @ ..] = rest {
        if equal(first.as_bytes(), id.as_bytes()) {
            return Some(StatementId { version, row });
        }
        rest = others;
        row += 1;
    }
    None
}

/// Compares from the end, where ids differ.
const fn equal(mut a: &[u8], mut b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    while let ([a_rest @ .., x], [b_rest @ .., y]) = (a, b) {
        if *x != *y {
            return false;
        }
        a = a_rest;
        b = b_rest;
    }
    true
}

impl StatementId {
    /// Every statement of a version, in table order.
    pub fn all(version: Version) -> impl ExactSizeIterator<Item = StatementId> + Clone {
        // The tables are compiled in and have a few hundred rows.
        let rows = ids(version).len() as u16;
        (0..rows).map(move |row| StatementId { version, row })
    }

    /// The version whose statement this is.
    pub const fn version(self) -> Version {
        self.version
    }

    /// The id as the standard writes it, such as `MQTT-4.3.3-2`, or `SECT-<section>-<slug>` where it gives none.
    pub fn id_str(self) -> &'static str {
        // Only `find` and `all` make ids, and both stay inside the table.
        ids(self.version)
            .get(usize::from(self.row))
            .copied()
            .unwrap_or_default()
    }

    /// What the statement says. Calling this links the texts of both versions into the program.
    pub fn statement(self) -> &'static Statement {
        let table = statements(self.version);
        match table.get(usize::from(self.row)) {
            Some(statement) => statement,
            // See `id_str`.
            None => unreachable!("a StatementId names a row"),
        }
    }
}

impl fmt::Debug for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.id_str())
    }
}

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id_str())
    }
}

/// One duty, with the statement that states it in each version.
///
/// ```
/// use mqtt_spec::{Rule, Version};
///
/// /// The QoS 2 sender answers PUBREC with PUBREL.
/// const RELEASE: Rule = Rule::both("MQTT-4.3.3-1", "MQTT-4.3.3-4");
/// assert_eq!(RELEASE.id_in(Version::V5).unwrap().id_str(), "MQTT-4.3.3-4");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// The statement of 3.1.1, or `None` where 3.1.1 knows no such duty.
    pub v311: Option<StatementId>,
    /// The statement of 5.0, or `None` where 5.0 knows no such duty.
    pub v5: Option<StatementId>,
}

impl Rule {
    /// A duty in both versions. Panics (in a `const`: does not compile) on an unknown id.
    pub const fn both(v311: &'static str, v5: &'static str) -> Rule {
        Rule {
            v311: Some(cite(Version::V311, v311)),
            v5: Some(cite(Version::V5, v5)),
        }
    }

    /// A duty in 3.1.1 only. Panics (in a `const`: does not compile) on an unknown id.
    pub const fn only_v311(id: &'static str) -> Rule {
        Rule {
            v311: Some(cite(Version::V311, id)),
            v5: None,
        }
    }

    /// A duty in 5.0 only. Panics (in a `const`: does not compile) on an unknown id.
    pub const fn only_v5(id: &'static str) -> Rule {
        Rule {
            v311: None,
            v5: Some(cite(Version::V5, id)),
        }
    }

    /// The statement of that version.
    pub const fn id_in(self, version: Version) -> Option<StatementId> {
        match version {
            Version::V311 => self.v311,
            Version::V5 => self.v5,
        }
    }
}

/// [`Rule::both`], evaluated when compiling wherever it stands.
///
/// In a function body the constructor itself would search the tables at run time and link their ids.
#[macro_export]
macro_rules! both {
    ($v311:literal, $v5:literal) => {
        const { $crate::Rule::both($v311, $v5) }
    };
}

/// [`Rule::only_v311`], evaluated when compiling wherever it stands.
#[macro_export]
macro_rules! only_v311 {
    ($id:literal) => {
        const { $crate::Rule::only_v311($id) }
    };
}

/// [`Rule::only_v5`], evaluated when compiling wherever it stands.
#[macro_export]
macro_rules! only_v5 {
    ($id:literal) => {
        const { $crate::Rule::only_v5($id) }
    };
}

impl From<StatementId> for Rule {
    fn from(id: StatementId) -> Rule {
        match id.version() {
            Version::V311 => Rule {
                v311: Some(id),
                v5: None,
            },
            Version::V5 => Rule {
                v311: None,
                v5: Some(id),
            },
        }
    }
}
