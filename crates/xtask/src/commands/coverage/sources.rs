//! The files that are read, and where they cite statements.

use std::path::Path;

use anyhow::{Context, Result};
use mqtt_spec::{StatementId, Version, find};

/// A file under crates/.
pub(super) struct Source {
    /// From the root of the checkout, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Every file under crates/ with one of these endings, in a fixed order.
pub(super) fn read_all(root: &Path, endings: &[&str]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_folder(root, &root.join("crates"), endings, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read_folder(
    root: &Path,
    folder: &Path,
    endings: &[&str],
    sources: &mut Vec<Source>,
) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                read_folder(root, &path, endings, sources)?;
            }
        } else if path
            .extension()
            .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
        {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            sources.push(Source {
                path: parts.join("/"),
                text,
            });
        }
    }
    Ok(())
}

/// Where the code outside of tests cites which statement. Whether an id exists is the compiler's to say.
pub(super) fn citations(
    root: &Path,
    problems: &mut Vec<String>,
) -> Result<Vec<(StatementId, String)>> {
    let mut found = Vec::new();
    for source in read_all(root, &["rs"])? {
        let path = &source.path;
        if path.contains("/src/") && !path.starts_with("crates/xtask/") {
            let code: String = source
                .text
                .lines()
                .map(|line| {
                    if line.trim_start().starts_with("//") {
                        ""
                    } else {
                        line
                    }
                })
                .flat_map(|line| [line, "\n"])
                .collect();
            for (version, id, line) in cited_in(&code) {
                match find(version, id) {
                    Some(statement) => found.push((statement, format!("{path}:{line}"))),
                    None => problems.push(format!("{path}:{line}: {version} has no {id}")),
                }
            }
        }
    }
    Ok(found)
}

/// The arguments of `both("…", "…")`, `only_v311("…")`, `only_v5("…")` and of the macros of these names (with or
/// without `only_`), and of `cite(Version::…, "…")`.
fn cited_in(text: &str) -> Vec<(Version, &str, usize)> {
    const CALLS: [(&str, &[Version]); 5] = [
        ("both", &Version::ALL),
        ("v311", &[Version::V311]),
        ("v5", &[Version::V5]),
        ("cite(Version::V311,", &[Version::V311]),
        ("cite(Version::V5,", &[Version::V5]),
    ];
    let mut found = Vec::new();
    for (at, _) in text.match_indices('"') {
        for (call, versions) in CALLS {
            let before = text[..at].trim_end().trim_end_matches('(');
            if before.trim_end_matches('!').ends_with(call) {
                let mut rest = &text[at..];
                for version in versions {
                    let Some((literal, behind)) = leading_literal(rest) else {
                        break;
                    };
                    if literal.starts_with("MQTT-") || literal.starts_with("SECT-") {
                        let line = 1 + text[..at].matches('\n').count();
                        found.push((*version, literal, line));
                    }
                    rest = behind.trim_start().trim_start_matches(',');
                }
            }
        }
    }
    found
}

/// A string literal at the start, and what follows.
fn leading_literal(text: &str) -> Option<(&str, &str)> {
    text.trim_start().strip_prefix('"')?.split_once('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_macros_cite() {
        let text = r#"
            Rule::both("MQTT-3.1.0-1", "MQTT-3.1.0-2"); v5!("MQTT-1.5.5-1")
            Rule::only_v311(
                "MQTT-3.1.2-22",
            );
            cite(Version::V5, "SECT-3.8.3.1-qos"); say("MQTT-3.1.0-1");
        "#;
        assert_eq!(
            cited_in(text),
            [
                (Version::V311, "MQTT-3.1.0-1", 2),
                (Version::V5, "MQTT-3.1.0-2", 2),
                (Version::V5, "MQTT-1.5.5-1", 2),
                (Version::V311, "MQTT-3.1.2-22", 4),
                (Version::V5, "SECT-3.8.3.1-qos", 6),
            ]
        );
    }
}
