//! What the screen shows of a probe.

use foreign::probe::Verdict;

/// The report, as far as it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeView {
    /// Whether the broker is being asked.
    pub is_running: bool,
    /// How far it is, in words; empty before there is anything.
    pub progress: String,
    /// What is left out at this broker, and why.
    pub left_out: Option<String>,
    /// The rows.
    pub rows: Vec<ProbeRow>,
}

/// A row of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRow {
    /// Whether the broker has it.
    pub verdict: Verdict,
    /// The verdict in a word.
    pub word: &'static str,
    /// Of what.
    pub name: String,
    /// What was found out.
    pub finding: String,
    /// The packets that prove it: who sent each and what it was, and its bytes.
    pub packets: Vec<(String, String)>,
}

pub use foreign::probe::Verdict as ProbeVerdict;
