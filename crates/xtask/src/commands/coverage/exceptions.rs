//! The statements that no test can show, each with the reason.

use std::path::Path;

use anyhow::{Context, Result};
use mqtt_spec::{StatementId, Version, find};

const PATH: &str = "crates/mqtt-spec/data/exceptions.txt";

/// Lines of `version id | reason`.
pub(super) fn all(root: &Path, problems: &mut Vec<String>) -> Result<Vec<(StatementId, String)>> {
    let text =
        std::fs::read_to_string(root.join(PATH)).with_context(|| format!("cannot read {PATH}"))?;
    Ok(read(&text, problems))
}

fn read(text: &str, problems: &mut Vec<String>) -> Vec<(StatementId, String)> {
    let mut exceptions: Vec<(StatementId, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{PATH}:{}", index + 1);
        let Some((row, reason)) = line.split_once(" | ") else {
            problems.push(format!("{place}: not `version id | reason`"));
            continue;
        };
        let statement = row.split_once(' ').and_then(|(version, id)| {
            let version = Version::ALL
                .into_iter()
                .find(|known| known.to_string() == version)?;
            find(version, id)
        });
        match statement {
            None => problems.push(format!("{place}: there is no {row}")),
            Some(statement) if exceptions.iter().any(|(known, _)| *known == statement) => {
                problems.push(format!("{place}: {row} is there twice"));
            }
            Some(statement) => exceptions.push((statement, reason.trim().to_owned())),
        }
    }
    exceptions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_row_that_exists_once() {
        let text = "# why\n\n3.1.1 MQTT-3.1.2-1 | may\n5.0 MQTT-0.0.0-0 | no\n3.1.1 MQTT-3.1.2-1 | again\nx\n";
        let mut problems = Vec::new();
        let found = read(text, &mut problems);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, "may");
        assert_eq!(
            problems,
            [
                "crates/mqtt-spec/data/exceptions.txt:4: there is no 5.0 MQTT-0.0.0-0",
                "crates/mqtt-spec/data/exceptions.txt:5: 3.1.1 MQTT-3.1.2-1 is there twice",
                "crates/mqtt-spec/data/exceptions.txt:6: not `version id | reason`",
            ]
        );
    }
}
