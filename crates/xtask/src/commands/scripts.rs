//! The scripts that browsers fetch before anything else, without the comments of those who write and generate them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// How their names begin in a built page: what starts it, and what wasm-bindgen writes.
const NAMES: [&str; 2] = ["start-", "mqtt-playground-"];

/// Takes the lines that are comments out of these scripts.
///
/// # Errors
/// When one cannot be read or written, or has a text over several lines, in which anything may look like a comment.
pub(super) fn shorten(page: &Path) -> Result<()> {
    for entry in fs::read_dir(page).with_context(|| format!("cannot read {}", page.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|it| it.to_str());
        let is_first = name.is_some_and(|it| NAMES.iter().any(|begin| it.starts_with(begin)));
        if !is_first || path.extension().is_none_or(|it| it != "js") {
            continue;
        }
        let read = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(&path).with_context(read)?;
        let write = || format!("cannot write {}", path.display());
        fs::write(&path, without_comments(&text)?).with_context(write)?;
    }
    Ok(())
}

fn without_comments(text: &str) -> Result<String> {
    let mut kept = String::with_capacity(text.len());
    let mut is_comment = false;
    for line in text.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        let ends_inside = is_comment && line.contains("*/") && !line.ends_with("*/");
        ensure!(!ends_inside, "code stands behind a comment: {line}");
        if !is_comment && !line.starts_with("//") && !line.is_empty() {
            let ticks = line.matches('`').count();
            ensure!(
                ticks % 2 == 0,
                "a text goes on behind the end of this line: {line}"
            );
            kept.push_str(line);
            kept.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn lines_that_are_comments_go() {
        let text =
            "// one\n/** two */\nlet a = 'x//y'; // three\n  /*\n   * four\n   */\n\n  b(`c`);\n";
        let kept = without_comments(text).unwrap();
        assert_eq!(kept, "let a = 'x//y'; // three\nb(`c`);\n");
        without_comments("let a = `one\n// two`;").unwrap_err();
        without_comments("/* one */ b();").unwrap_err();
    }
}
