//! Where the tests say that they show a statement.

use std::path::Path;

use anyhow::Result;
use mqtt_spec::{StatementId, Version, find};

use super::sources::{Source, read_all};

/// One place that shows a statement.
#[derive(Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) statement: StatementId,
    /// `file:line`.
    pub(super) place: String,
    pub(super) how: How,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The program under test, and the test compares what it says.
    Reported,
    /// Whoever wrote the test.
    Stated,
}

/// Every claim of the tests in crates/.
pub(super) fn all(root: &Path, problems: &mut Vec<String>) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for source in read_all(root, &["txt", "rs"])? {
        let path = source.path.as_str();
        if path.contains("/tests/vectors/") {
            vectors(&source, &mut claims, problems);
        } else if path.contains("/tests/scripts/") {
            scripts(&source, &mut claims, problems);
        } else if path.contains("/tests/conversations/") {
            conversations(&source, &mut claims, problems);
        } else if path.ends_with(".rs") {
            functions(&source, &mut claims, problems);
        }
    }
    Ok(claims)
}

/// The ids in a text, with the version that stands before one; `MQTT-3.3.2-5, -6` names two.
fn ids(text: &str) -> Vec<(Option<Version>, String)> {
    let mut ids = Vec::new();
    let mut rest = text;
    while let Some(at) = ["MQTT-", "SECT-"]
        .iter()
        .filter_map(|prefix| rest.find(prefix))
        .min()
    {
        let before = rest[..at].trim_end();
        let version = Version::ALL
            .into_iter()
            .find(|version| before.ends_with(&version.to_string()));
        rest = &rest[at..];
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')))
            .unwrap_or(rest.len());
        let id = rest[..len].trim_end_matches(['.', '-']).to_owned();
        rest = &rest[len..];
        let stem = id.rsplit_once('-').map(|(stem, _)| stem.to_owned());
        ids.push((version, id));
        while let (Some(more), Some(stem)) = (rest.strip_prefix(", -"), &stem) {
            let len = more
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(more.len());
            if len == 0 {
                break;
            }
            ids.push((version, format!("{stem}-{}", &more[..len])));
            rest = &more[len..];
        }
    }
    ids
}

struct Place<'a> {
    source: &'a Source,
    line: usize,
}

impl Place<'_> {
    fn claim(
        &self,
        version: Option<Version>,
        text: &str,
        how: How,
        claims: &mut Vec<Claim>,
        problems: &mut Vec<String>,
    ) {
        let place = format!("{}:{}", self.source.path, self.line);
        for (named, id) in ids(text) {
            let Some(version) = named.or(version) else {
                problems.push(format!("{place}: {id} of which version?"));
                continue;
            };
            // Until CONNECT names a version, a server speaks by 3.1.1's rules.
            let of_either = || find(Version::V311, &id).filter(|_| how == How::Reported);
            match find(version, &id).or_else(of_either) {
                Some(statement) => claims.push(Claim {
                    statement,
                    place: place.clone(),
                    how,
                }),
                None => problems.push(format!("{place}: {version} has no {id}")),
            }
        }
    }
}

/// The version at the start of a text.
fn leading_version(text: &str) -> Option<Version> {
    let text = text.trim_start_matches(['#', ' ']);
    Version::ALL
        .into_iter()
        .find(|version| text.starts_with(&version.to_string()))
}

/// `name [ids] | version and sender | bytes | meaning or ! id …`
fn vectors(source: &Source, claims: &mut Vec<Claim>, problems: &mut Vec<String>) {
    for (place, line) in lines(source) {
        if line.starts_with('#') {
            continue;
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [name, framing, _, expected] = cells[..] else {
            continue;
        };
        // Before CONNECT says the version, a fault with a reason code is one of 5.0.
        let fault_version = if expected.contains(" 0x") {
            Version::V5
        } else {
            Version::V311
        };
        let version = leading_version(framing);
        if let Some(fault) = expected.strip_prefix('!') {
            let version = version.or(Some(fault_version));
            place.claim(version, fault, How::Reported, claims, problems);
        }
        if let Some((_, named)) = name.split_once('[') {
            let version = version.or(leading_version(name));
            place.claim(version, named, How::Stated, claims, problems);
        }
    }
}

/// Commands, and what happened: indented, with the statements that the machines name. A title may name the version, else
/// the first machine behind it does.
fn scripts(source: &Source, claims: &mut Vec<Claim>, problems: &mut Vec<String>) {
    let mut version = None;
    let mut title: Option<(Place<'_>, &str)> = None;
    for (place, line) in lines(source) {
        if let Some(text) = line.strip_prefix('#') {
            if let Some((place, text)) = title.replace((place, text)) {
                place.claim(version, text, How::Stated, claims, problems);
            }
            version = leading_version(text);
        } else if let Some(happened) = line.strip_prefix("  ") {
            place.claim(version, happened, How::Reported, claims, problems);
        } else if let Some(named) = ["client ", "server "]
            .into_iter()
            .find_map(|command| line.strip_prefix(command))
        {
            version = leading_version(named).or(version);
        }
        if version.is_some()
            && let Some((place, text)) = title.take()
        {
            place.claim(version, text, How::Stated, claims, problems);
        }
    }
}

/// Bytes both ways, with comments. The version is that of the last comment that begins with one, else the file's.
fn conversations(source: &Source, claims: &mut Vec<Claim>, problems: &mut Vec<String>) {
    let of_file = if source.path.ends_with("-311.txt") {
        Some(Version::V311)
    } else if source.path.ends_with("-5.txt") {
        Some(Version::V5)
    } else {
        None
    };
    let mut version = of_file;
    for (place, line) in lines(source) {
        if let Some(comment) = line.trim_start().strip_prefix('#') {
            version = leading_version(comment).or(version);
            place.claim(version, comment, How::Stated, claims, problems);
        }
    }
}

/// `// shows: MQTT-4.3.3-2 (3.1.1)`, above a test function.
fn functions(source: &Source, claims: &mut Vec<Claim>, problems: &mut Vec<String>) {
    let all: Vec<_> = lines(source).collect();
    for (index, (place, line)) in all.iter().enumerate() {
        let Some(shown) = line.trim_start().strip_prefix("// shows: ") else {
            continue;
        };
        let attributes: Vec<_> = all
            .iter()
            .skip(index + 1)
            .map(|(_, line)| line.trim_start())
            .take_while(|line| line.starts_with("//") || line.starts_with("#["))
            .collect();
        if !attributes.contains(&"#[test]") && !attributes.contains(&"#[wasm_bindgen_test]") {
            problems.push(format!(
                "{}:{}: nothing is shown but by a test, and none follows",
                source.path, place.line
            ));
            continue;
        }
        for part in shown.split(')') {
            let Some((ids, version)) = part.split_once('(') else {
                continue;
            };
            let versions: Vec<_> = Version::ALL
                .into_iter()
                .filter(|known| version.contains(&known.to_string()))
                .collect();
            if versions.is_empty() {
                place.claim(None, ids, How::Stated, claims, problems);
            }
            for version in versions {
                place.claim(Some(version), ids, How::Stated, claims, problems);
            }
        }
    }
}

fn lines(source: &Source) -> impl Iterator<Item = (Place<'_>, &str)> {
    source.text.lines().enumerate().map(move |(index, line)| {
        let line_number = index + 1;
        (
            Place {
                source,
                line: line_number,
            },
            line,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let (mut claims, mut problems) = (Vec::new(), Vec::new());
        match path {
            "vectors" => vectors(&source, &mut claims, &mut problems),
            "scripts" => scripts(&source, &mut claims, &mut problems),
            "functions" => functions(&source, &mut claims, &mut problems),
            _ => conversations(&source, &mut claims, &mut problems),
        }
        let claims = claims
            .iter()
            .map(|claim| format!("{:?} {:?} {}", claim.statement, claim.how, claim.place))
            .collect();
        (claims, problems)
    }

    #[test]
    fn ids_can_be_written_short() {
        let found: Vec<_> = ids("so (MQTT-3.3.2-5, -6), and 3.1.1 SECT-2.2.3-exact.")
            .into_iter()
            .map(|(version, id)| (version.is_some(), id))
            .collect();
        let expected = [
            (false, "MQTT-3.3.2-5"),
            (false, "MQTT-3.3.2-6"),
            (true, "SECT-2.2.3-exact"),
        ];
        assert_eq!(found, expected.map(|(named, id)| (named, id.to_owned())));
    }

    #[test]
    fn a_fault_of_an_unknown_version_is_of_the_one_whose_form_it_has() {
        let text = "a | - client | 00 | ! MQTT-3.1.0-1 @0\n\
                    5.0 b [MQTT-3.1.2-4] | 5.0 client | 00 | ! MQTT-1.5.5-1 0x81 @1\n";
        assert_eq!(
            claimed("vectors", text).0,
            [
                "3.1.1 MQTT-3.1.0-1 Reported vectors:1",
                "5.0 MQTT-1.5.5-1 Reported vectors:2",
                "5.0 MQTT-3.1.2-4 Stated vectors:2",
            ]
        );
    }

    #[test]
    fn a_script_reports_in_the_version_of_its_machine() {
        let text = "# first [MQTT-4.3.1-1]\nclient 3.1.1 keep\n  C note: free [MQTT-2.3.1-4]\n";
        assert_eq!(
            claimed("scripts", text).0,
            [
                "3.1.1 MQTT-4.3.1-1 Stated scripts:1",
                "3.1.1 MQTT-2.3.1-4 Reported scripts:3"
            ]
        );
    }

    #[test]
    fn a_conversation_changes_its_version_with_a_comment() {
        let text = "# 3.1.1: one (MQTT-3.8.4-5)\n# 5.0: two (MQTT-3.8.4-6)\n";
        assert_eq!(
            claimed("x-5.txt", text).0,
            [
                "3.1.1 MQTT-3.8.4-5 Stated x-5.txt:1",
                "5.0 MQTT-3.8.4-6 Stated x-5.txt:2",
            ]
        );
        let (claims, problems) = claimed("x.txt", "# (MQTT-3.8.4-5)\n# 5.0: (MQTT-0.0.0-0)\n");
        assert_eq!(claims, [""; 0]);
        assert_eq!(
            problems,
            [
                "x.txt:1: MQTT-3.8.4-5 of which version?",
                "x.txt:2: 5.0 has no MQTT-0.0.0-0",
            ]
        );
    }

    #[test]
    fn only_a_test_shows() {
        // Put together, so that this very file does not claim it.
        let comment = format!("{} MQTT-6.0.0-1 (3.1.1, 5.0)", "// shows:");
        let shown = format!("{comment}\n#[test]\nfn it_is_so() {{}}\n");
        assert_eq!(
            claimed("functions", &shown).0,
            [
                "3.1.1 MQTT-6.0.0-1 Stated functions:1",
                "5.0 MQTT-6.0.0-1 Stated functions:1",
            ]
        );
        let not_shown = format!("{comment}\nfn helper() {{}}\n");
        let (claims, problems) = claimed("functions", &not_shown);
        assert_eq!(claims, [""; 0]);
        assert_eq!(
            problems,
            ["functions:1: nothing is shown but by a test, and none follows"]
        );
    }
}
