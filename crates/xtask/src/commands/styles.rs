//! The styles of the page as one file: packed together they are a third smaller than one by one, and one request brings them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::parts::hash;

/// How Trunk writes a style sheet into index.html.
const LINK: (&str, &str) = ("<link rel=\"stylesheet\" href=\"./", "\"/>");

/// Puts the style sheets of the page into one, in their order, and names it in their place.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn join(page: &Path) -> Result<()> {
    let index = page.join("index.html");
    let text =
        fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let names = names(&text);
    let [first, ..] = names.as_slice() else {
        return Ok(());
    };
    let mut styles = String::new();
    for name in &names {
        let path = page.join(name);
        styles += &fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        styles.push('\n');
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let styles = without_comments(&styles);
    let joined = format!("styles-{}.css", hash(styles.as_bytes()));
    fs::write(page.join(&joined), styles).with_context(|| format!("cannot write {joined}"))?;
    let mut text = text.replacen(&link(first), &link(&joined), 1);
    for name in &names {
        text = text.replacen(&link(name), "", 1);
    }
    fs::write(&index, text).with_context(|| format!("cannot write {}", index.display()))
}

/// What browsers do without: comments, and the ends and beginnings of lines. Packed, a sixth of the page's styles were comments.
fn without_comments(styles: &str) -> String {
    let mut kept = String::with_capacity(styles.len());
    let mut rest = styles;
    // In a string, neither is what it looks like.
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, here) = rest.split_at(at);
        kept.push_str(before);
        let length = if here.starts_with("/*") {
            rest = here.split_once("*/").map_or("", |(_, rest)| rest);
            continue;
        } else if here.starts_with('/') {
            1
        } else {
            string(here)
        };
        let (string, after) = here.split_at(length);
        kept.push_str(string);
        rest = after;
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// How long the string is with which this begins, quotes included.
fn string(here: &str) -> usize {
    let quote = here.chars().next().unwrap_or('"');
    let mut letters = here.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            it if it == quote => return at + 1,
            _ => {}
        }
    }
    here.len()
}

fn link(name: &str) -> String {
    format!("{}{name}{}", LINK.0, LINK.1)
}

/// The files of the style sheets, in their order.
fn names(index: &str) -> Vec<String> {
    let links = index.split(LINK.0).skip(1);
    let names = links.filter_map(|link| link.split_once(LINK.1));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_stay() {
        for (styles, kept) in [
            (
                "/* one\n two */a{b:c} /* three */\n  d{e:f}\n\n",
                "a{b:c}\nd{e:f}",
            ),
            (
                "a{content:\"/*\"}/* ' */b{content:'*/'}",
                "a{content:\"/*\"}b{content:'*/'}",
            ),
            (r#"a{content:"\"/*"}"#, r#"a{content:"\"/*"}"#),
            ("a{grid-row:1/-1}", "a{grid-row:1/-1}"),
            ("a{} /* never ends", "a{}"),
            ("a{content:'", "a{content:'"),
        ] {
            assert_eq!(without_comments(styles), kept);
        }
    }

    #[test]
    fn style_sheets_become_one_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path();
        let index = format!("<head>{}\n{}</head>", link("b-1.css"), link("a-2.css"));
        for (name, text) in [
            ("index.html", index.as_str()),
            ("b-1.css", "b{}"),
            ("a-2.css", "a{}"),
        ] {
            fs::write(page.join(name), text).unwrap();
        }
        join(page).unwrap();
        let index = fs::read_to_string(page.join("index.html")).unwrap();
        let names = names(&index);
        assert_eq!(names.len(), 1, "{index}");
        assert_eq!(
            fs::read_to_string(page.join(&names[0])).unwrap(),
            "b{}\na{}"
        );
        assert!(!page.join("b-1.css").exists());
        // A second time changes nothing but the name.
        join(page).unwrap();
    }
}
