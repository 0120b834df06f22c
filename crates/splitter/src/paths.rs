//! The table of what is late, and the paths that it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Paths of modules, types and functions that the first step does without.
///
/// As a text: one path a line, sorted; lines with `#` are for people.
#[derive(Default, Debug, PartialEq)]
pub struct Later {
    paths: BTreeSet<Vec<String>>,
    own: Vec<String>,
}

impl Later {
    /// Reads the table. `own` are the crates by whose types other crates' generic code is told apart.
    pub fn read(text: &str, own: &[String]) -> Self {
        let lines = text.lines().map(str::trim);
        let paths = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let paths = paths.map(|line| line.split("::").map(str::to_owned).collect());
        Self {
            paths: paths.collect(),
            own: own.to_vec(),
        }
    }

    /// The shortest table that calls late all of `names` but those that have run.
    ///
    /// A path stands for everything below it if nothing below it has run.
    pub fn learn<'a>(names: impl IntoIterator<Item = (&'a str, bool)>, own: &[String]) -> Self {
        let mut root = Node::default();
        for (name, has_run) in names {
            let mut node = &mut root;
            for step in path(name, own) {
                node.has_run |= has_run;
                node = node.below.entry(step).or_default();
            }
            node.has_run |= has_run;
        }
        let mut later = Self {
            paths: BTreeSet::new(),
            own: own.to_vec(),
        };
        root.collect(&mut Vec::new(), &mut later);
        later
    }

    /// Whether the function with this name, as the demangler writes it, is late.
    pub fn has(&self, name: &str) -> bool {
        let path = path(name, &self.own);
        (1..=path.len()).any(|steps| {
            path.get(..steps)
                .is_some_and(|above| self.paths.contains(above))
        })
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

impl std::fmt::Display for Later {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for path in &self.paths {
            writeln!(formatter, "{}", path.join("::"))?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Node {
    has_run: bool,
    below: BTreeMap<String, Node>,
}

impl Node {
    fn collect(&self, above: &mut Vec<String>, later: &mut Later) {
        if !self.has_run {
            later.paths.insert(above.clone());
            return;
        }
        for (step, node) in &self.below {
            above.push(step.clone());
            node.collect(above, later);
            above.pop();
        }
    }
}

/// The path of a function, from its name as the demangler writes it: crate, modules, type, function.
///
/// Methods stand below their type. What someone else's generic code is made for stands below the type or closure of `own`
/// crates that it is made for, with the generic function's name as the last step: a module that nothing calls is late
/// together with its lists, its sorting and its components. Without any of those, the last step is the whole name.
pub fn path(name: &str, own: &[String]) -> Vec<String> {
    let name = plain(name);
    let mentions = mentions(&name, own);
    let begin = name.len()
        - name
            .trim_start_matches(['<', '&', '*', '[', '(', ' '])
            .len();
    let begin = ["mut ", "const ", "dyn "]
        .iter()
        .fold(begin, |begin, word| {
            begin
                + if name.get(begin..).is_some_and(|rest| rest.starts_with(word)) {
                    word.len()
                } else {
                    0
                }
        });
    let mut path = match mentions.first() {
        Some((place, first)) if place.start <= begin => {
            let mut path = first.clone();
            // Behind the brackets around the type stands the method.
            let behind = skip(&name, 0);
            if name.starts_with('<') && place.end < behind {
                steps(name.get(behind..).unwrap_or_default(), &mut path);
            }
            return path;
        }
        _ => {
            let closure = mentions
                .iter()
                .rev()
                .find(|(_, path)| path.iter().any(|step| step.starts_with('{')));
            closure
                .or(mentions.last())
                .map(|(_, path)| path.clone())
                .unwrap_or_default()
        }
    };
    if path.is_empty() {
        let crate_name = name
            .get(begin..)
            .and_then(|rest| rest.split("::").next())
            .unwrap_or_default();
        path.push(crate_name.to_owned());
        path.push(name.replace("::", "."));
    } else {
        path.push(short(&name));
    }
    path
}

/// A name without the hashes of crates and functions, and without the number that wasm-bindgen puts behind equal ones.
pub(crate) fn plain(name: &str) -> String {
    let is_hash = |text: &str| {
        (12..=16).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_hexdigit())
    };
    let name = match name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        Some((before, number))
            if number.len() < 12 && number.bytes().all(|it| it.is_ascii_digit()) =>
        {
            before
        }
        _ => name,
    };
    let name = match name.rsplit_once("::h") {
        Some((before, hash)) if is_hash(hash) => before,
        _ => name,
    };
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        match after.split_once(']') {
            Some((hash, after)) if is_hash(hash) => rest = after,
            _ => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The paths of own crates in a name, and where they stand.
fn mentions(name: &str, own: &[String]) -> Vec<(Range<usize>, Vec<String>)> {
    let mut mentions = Vec::new();
    let mut previous = ' ';
    let mut from = 0;
    for (at, character) in name.char_indices() {
        let is_start = !is_ident(previous) && previous != ':';
        previous = character;
        if !is_start || at < from {
            continue;
        }
        let rest = name.get(at..).unwrap_or_default();
        let Some((crate_name, _)) = rest.split_once("::") else {
            continue;
        };
        if !own.iter().any(|it| it == crate_name) {
            continue;
        }
        let mut path = Vec::new();
        let mut end = at + steps(rest, &mut path);
        // `<playground::X>::make::{closure#0}` goes on behind its bracket.
        while name.get(end..).is_some_and(|rest| rest.starts_with(">::")) && at > 0 {
            end += 1 + steps(name.get(end + 1..).unwrap_or_default(), &mut path);
        }
        from = end;
        mentions.push((at..end, path));
    }
    mentions
}

/// Adds the steps of a path, without the types that it is made for; how long it is.
fn steps(text: &str, path: &mut Vec<String>) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let (lead, rest) = match rest.strip_prefix("::") {
            Some(rest) => (2, rest),
            None if at == 0 => (0, rest),
            None => return at,
        };
        let length = match rest.chars().next() {
            Some('<') => {
                at += lead + skip(rest, 0);
                continue;
            }
            Some('{') => skip(rest, 0),
            _ => rest.find(|it| !is_ident(it)).unwrap_or(rest.len()),
        };
        let Some(step) = rest.get(..length).filter(|step| !step.is_empty()) else {
            return at;
        };
        path.push(step.to_owned());
        at += lead + length;
        // `Vec<T>` inside of types is written without colons.
        if text.get(at..).is_some_and(|rest| rest.starts_with('<')) {
            at += skip(text.get(at..).unwrap_or_default(), 0);
        }
    }
}

/// Behind the bracket that closes the one at this place.
fn skip(text: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (offset, character) in text.get(at..).unwrap_or_default().char_indices() {
        match character {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if previous == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = character;
        if depth == 0 {
            return at + offset + character.len_utf8();
        }
    }
    text.len()
}

/// A generic function in short: its type and its name.
fn short(name: &str) -> String {
    let mut of = Vec::new();
    let mut function = Vec::new();
    if name.starts_with('<') {
        steps(name.trim_start_matches(['<', '&', '*', '[', '(']), &mut of);
        steps(name.get(skip(name, 0)..).unwrap_or_default(), &mut function);
    } else {
        steps(name, &mut function);
    }
    let last = |path: Vec<String>| path.into_iter().next_back().unwrap_or_default();
    match (last(of), last(function)) {
        (of, function) if of.is_empty() => function,
        (of, function) => format!("{of}.{function}"),
    }
}

fn is_ident(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
