//! The table of what in the functions of the first module has not run.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use crate::paths::path;

/// Places in functions behind which is what the first step does without.
///
/// As a text: the path of a function on a line, and below it, indented, the keys of its places; lines with `#` are for
/// people. A key is made of the function's name and of the kinds of operators and the names of called functions behind the place,
/// so that it stays what it is while that code stays what it is. A key that fits nothing does nothing. Places behind places are
/// named, too: they still fit when something around them has changed.
#[derive(Default, Debug, PartialEq)]
pub struct Rare {
    keys: HashSet<u32>,
    by_path: BTreeMap<String, BTreeSet<u32>>,
}

/// What was seen of a place.
#[derive(Clone, Copy)]
struct Seen<'a> {
    function: &'a str,
    has_run: bool,
}

impl Rare {
    /// Reads the table.
    pub fn read(text: &str) -> Self {
        let mut rare = Self::default();
        let mut path = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some(keys) = line.strip_prefix(' ') else {
                path = line;
                continue;
            };
            for key in keys.split_whitespace() {
                if let Ok(key) = u32::from_str_radix(key, 16) {
                    rare.add(path, key);
                }
            }
        }
        rare
    }

    /// The table of what has not run, from what [`crate::watch()`] exports: names without [`crate::WATCH`], and values. `own` are
    /// the crates whose types count for paths.
    pub fn learn<'a>(exports: impl Iterator<Item = (&'a str, bool)>, own: &[String]) -> Self {
        let mut functions: HashMap<&str, (&str, bool)> = HashMap::new();
        let mut places: BTreeMap<u32, Seen<'_>> = BTreeMap::new();
        for (export, has_run) in exports {
            let Some((function, name)) = export.split_once('/') else {
                continue;
            };
            let Some(key) = name.strip_prefix('#') else {
                functions.insert(function, (name, has_run));
                continue;
            };
            let Ok(key) = u32::from_str_radix(key, 16) else {
                continue;
            };
            let seen = Seen { function, has_run };
            // Places that share a key have run if one of them has.
            let entry = places.entry(key).or_insert(seen);
            entry.has_run |= has_run;
        }
        let mut rare = Self::default();
        for (key, place) in &places {
            if let Some((name, true)) = functions.get(place.function)
                && !place.has_run
            {
                rare.add(&path(name, own).join("::"), *key);
            }
        }
        rare
    }

    /// Whether what is behind the place with this key is rare.
    pub(crate) fn has(&self, key: u32) -> bool {
        self.keys.contains(&key)
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn add(&mut self, path: &str, key: u32) {
        self.keys.insert(key);
        let keys = self.by_path.entry(path.to_owned()).or_default();
        keys.insert(key);
    }
}

impl fmt::Display for Rare {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// How many keys stand on a line.
        const ROW: usize = 14;
        for (path, keys) in &self.by_path {
            writeln!(formatter, "{path}")?;
            let keys: Vec<String> = keys.iter().map(|key| format!("{key:08x}")).collect();
            for row in keys.chunks(ROW) {
                writeln!(formatter, " {}", row.join(" "))?;
            }
        }
        Ok(())
    }
}
