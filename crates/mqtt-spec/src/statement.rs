//! What a statement says, and the tables that `build.rs` makes of `data/*.csv`.

use crate::Version;

/// One normative statement: a MUST or MUST NOT.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// `MQTT-…` as the standard's conformance appendix writes it, or `SECT-<section>-<slug>` for a rule that it
    /// does not number.
    pub id: &'static str,
    /// The number of the section that states it, such as `3.3.2.3.4`.
    pub section: &'static str,
    /// Whose duty it is.
    pub applies_to: AppliesTo,
    /// Whether it commands or forbids.
    pub level: Level,
    /// The gist in one line, in our own words.
    pub summary: &'static str,
    /// Whether a peer can see at the wire that it is kept or broken.
    pub observable: bool,
    /// What the one who notices a violation does. For a statement that is itself a reaction: that reaction.
    pub violation_response: ViolationResponse,
    url: &'static str,
}

impl Statement {
    /// Where to read it: the packet's section of the OASIS document, or the document itself where the section has
    /// no anchor that is known to be right. [`Statement::section`] has the full number.
    pub const fn url(&self) -> &'static str {
        self.url
    }

    /// Whether the standard numbers it.
    pub fn is_numbered(&self) -> bool {
        self.id.starts_with("MQTT-")
    }
}

/// Whose duty a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppliesTo {
    /// The form of packets: whoever sends writes it so, whoever receives checks it.
    Encoding,
    /// Clients.
    Client,
    /// Servers.
    Server,
    /// Clients and servers.
    Both,
}

/// Whether a statement commands or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// MUST
    Must,
    /// MUST NOT
    MustNot,
}

/// What the receiver of a violation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViolationResponse {
    /// The reaction.
    pub reaction: Reaction,
    /// Whether it follows from the version's general rule (3.1.1 section 4.8; 5.0 sections 1.2 and 4.13) and is not
    /// said at the statement. The exact code is then the receiver's choice.
    pub implied: bool,
}

/// The kinds of reaction to a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// The standard names none.
    None,
    /// Close the connection. A 5.0 receiver may say why first.
    Close,
    /// 5.0: this reason code, in CONNACK if CONNECT is at fault and else in DISCONNECT, then close.
    Reason(u8),
    /// 3.1.1: CONNACK with this return code, then close.
    ConnAck(u8),
    /// An acknowledgement with this code; the connection stays.
    Ack(u8),
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

pub(crate) const fn ids(version: Version) -> &'static [&'static str] {
    match version {
        Version::V311 => IDS_V311,
        Version::V5 => IDS_V5,
    }
}

pub(crate) fn statements(version: Version) -> &'static [Statement] {
    match version {
        Version::V311 => STATEMENTS_V311,
        Version::V5 => STATEMENTS_V5,
    }
}
