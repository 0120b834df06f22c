//! Changes to the files of a board: its script, and those beside it.

use super::pattern::words;
use super::sheet::Sheet;

/// The file that every script stands in.
pub(crate) const MAIN: &str = "main.py";

/// What becomes of a board's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardEdit {
    /// These files have these texts, by name.
    Texts(Vec<(String, String)>),
    /// A new file, with nothing in it.
    Add(String),
    /// A file gets another name: the old one, and the new one.
    Rename(String, String),
    /// A file goes.
    Remove(String),
}

pub(super) fn apply(sheet: &mut Sheet, node: &str, edit: &BoardEdit) {
    match edit {
        BoardEdit::Texts(texts) => {
            for (name, text) in texts {
                write(sheet, node, name, text);
            }
        }
        BoardEdit::Add(name) => {
            let last = own(sheet, node).into_iter().max();
            if let Some(last) = last {
                sheet.insert(last + 1, [head(name)]);
            }
        }
        BoardEdit::Rename(old, new) => {
            let line = head_of(sheet, node, old).filter(|_| old != MAIN);
            if let Some(line) = line.and_then(|line| sheet.lines.get_mut(line)) {
                *line = head(new);
            }
        }
        BoardEdit::Remove(name) => {
            if name != MAIN
                && let Some(line) = head_of(sheet, node, name)
            {
                take(sheet, node, line);
                sheet.lines.remove(line);
            }
        }
    }
    *sheet = Sheet::read(&sheet.text());
}

fn head(name: &str) -> String {
    format!("  file \"{name}\"")
}

/// Puts a text in the place of the one that a file has.
fn write(sheet: &mut Sheet, node: &str, name: &str, text: &str) {
    let mut lines: Vec<String> = text.lines().map(|line| format!("  | {line}")).collect();
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    if let Some(line) = head_of(sheet, node, name) {
        take(sheet, node, line);
        sheet.insert(line + 1, lines);
        return;
    }
    // A node that had no script has one from now on.
    let nodes: Vec<(String, usize)> = sheet
        .nodes()
        .map(|(name, _, line)| (name.to_owned(), line))
        .collect();
    if name == MAIN
        && let Some((_, line)) = nodes.iter().find(|(it, _)| it == node)
    {
        lines.insert(0, "  script".to_owned());
        sheet.insert(line + 1, lines);
    }
}

/// All lines of a board's files.
fn own(sheet: &Sheet, node: &str) -> Vec<usize> {
    let line = sheet.nodes().find(|(it, ..)| *it == node).map(|it| it.2);
    line.map_or_else(Vec::new, |line| {
        let is_own = |line: &usize| sheet.is_of_script(*line) || sheet.first(*line) == "script";
        sheet.below(line).filter(is_own).collect()
    })
}

/// The line that a file begins with.
fn head_of(sheet: &Sheet, node: &str, name: &str) -> Option<usize> {
    own(sheet, node).into_iter().find(|line| {
        let words = words(sheet.line(*line));
        match words.first() {
            Some(&"script") => name == MAIN,
            Some(&"file") => words.get(1).is_some_and(|it| it.trim_matches('"') == name),
            _ => false,
        }
    })
}

/// Takes away what stands in the file that a line begins.
fn take(sheet: &mut Sheet, node: &str, head: usize) {
    let behind = own(sheet, node).into_iter().filter(|line| *line > head);
    let is_text = |line: &usize| sheet.line(*line).trim_start().starts_with('|');
    let text: Vec<usize> = behind.take_while(is_text).collect();
    for line in text.into_iter().rev() {
        sheet.lines.remove(line);
    }
}
