//! `cargo xtask coverage`: which of the standard's statements the tests show, and where the code cites them.
//!
//! A statement counts as shown where a test says so that fails if it is not so:
//!
//! - a vector whose fault names it: the decoder's fault has to carry that very statement;
//! - a line of a script in which the machine itself names it in a note or a fault;
//! - a vector, a script or a conversation with a comment that names it, beside the bytes that show it;
//! - a test function under a comment `// shows: MQTT-4.3.3-2 (3.1.1)`.
//!
//! The first two are claims of the program under test; the others are the author's, and are as good as what they stand
//! beside. All others are exceptions, with a reason, in `crates/mqtt-spec/data/exceptions.txt`.

mod claims;
mod exceptions;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use clap::Args;
use mqtt_spec::{StatementId, Version};

use crate::workspace::Workspace;
use claims::{Claim, How};

/// Says which statements of the standard the tests show.
#[derive(Args)]
pub(crate) struct Coverage {
    /// Fails if a statement is neither shown nor an exception
    #[arg(long)]
    check: bool,
    /// Lists every statement with where it is shown and cited
    #[arg(long)]
    list: bool,
}

/// What is known about one statement.
#[derive(Default)]
struct Row {
    shown: Vec<Claim>,
    cited: Vec<String>,
    excepted: Option<String>,
}

impl Coverage {
    /// `--check`.
    pub(crate) const CHECK: Self = Self {
        check: true,
        list: false,
    };

    pub(crate) fn run(&self) -> Result<()> {
        let workspace = Workspace::load()?;
        let mut problems = Vec::new();
        let mut rows: BTreeMap<StatementId, Row> = Version::ALL
            .into_iter()
            .flat_map(StatementId::all)
            .map(|id| (id, Row::default()))
            .collect();
        for claim in claims::all(&workspace.root, &mut problems)? {
            if let Some(row) = rows.get_mut(&claim.statement) {
                row.shown.push(claim);
            }
        }
        for (statement, place) in sources::citations(&workspace.root, &mut problems)? {
            if let Some(row) = rows.get_mut(&statement) {
                row.cited.push(place);
            }
        }
        for (statement, reason) in exceptions::all(&workspace.root, &mut problems)? {
            if let Some(row) = rows.get_mut(&statement) {
                if let Some(claim) = row.shown.first() {
                    problems.push(format!(
                        "{statement:?} is an exception, and {} shows it",
                        claim.place
                    ));
                }
                row.excepted = Some(reason);
            }
        }
        if self.list {
            list(&rows);
        }
        self.sum_up(&rows, &problems)
    }

    fn sum_up(&self, rows: &BTreeMap<StatementId, Row>, problems: &[String]) -> Result<()> {
        let missing: Vec<_> = rows
            .iter()
            .filter(|(_, row)| row.shown.is_empty() && row.excepted.is_none())
            .collect();
        for (id, row) in &missing {
            let statement = id.statement();
            println!(
                "missing: {id:?} ({}{}): {}{}",
                statement.section,
                if statement.observable {
                    ""
                } else {
                    ", not observable"
                },
                statement.summary,
                match row.cited.first() {
                    Some(place) => format!(" Cited in {place}."),
                    None => String::new(),
                }
            );
        }
        for problem in problems {
            println!("problem: {problem}");
        }
        let shown = rows.values().filter(|row| !row.shown.is_empty()).count();
        let by_machine = rows
            .values()
            .filter(|row| row.shown.iter().any(|claim| claim.how == How::Reported))
            .count();
        let cited = rows.values().filter(|row| !row.cited.is_empty()).count();
        println!(
            "{} statements; the code cites {cited}; the program under test reports {by_machine} of those shown",
            rows.len()
        );
        println!(
            "{shown} shown, {} excepted, {} missing",
            rows.len() - shown - missing.len(),
            missing.len()
        );
        if self.check && !(missing.is_empty() && problems.is_empty()) {
            bail!("not every statement is shown or an exception");
        }
        Ok(())
    }
}

/// As many places as a line shows.
const PLACES_MAX: usize = 3;

fn list(rows: &BTreeMap<StatementId, Row>) {
    for (id, row) in rows {
        let shown: BTreeSet<_> = row.shown.iter().map(|claim| claim.place.as_str()).collect();
        let cited: BTreeSet<_> = row.cited.iter().map(String::as_str).collect();
        let places = |places: &BTreeSet<&str>| {
            let some: Vec<_> = places.iter().take(PLACES_MAX).copied().collect();
            match places.len().checked_sub(PLACES_MAX) {
                Some(more @ 1..) => format!("{} and {more} more", some.join(", ")),
                _ => some.join(", "),
            }
        };
        println!("{id:?}");
        if !shown.is_empty() {
            println!("    shown by {}", places(&shown));
        }
        if let Some(reason) = &row.excepted {
            println!("    exception: {reason}");
        }
        if !cited.is_empty() {
            println!("    cited in {}", places(&cited));
        }
    }
}
