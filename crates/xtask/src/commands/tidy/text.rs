//! Words that no tracked file may have: marks of unfinished work and paths of the machine it was written on.

use std::path::Path;

/// Files that others wrote or that programs write.
const NOT_OURS: &[&str] = &["Cargo.lock", "package-lock.json", "LICENSE-APACHE"];

/// In two halves, so that this file does not find itself.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];
const MACHINE_PATHS: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/.cargo/", "registry"),
    concat!("/.rust", "up/"),
];

/// What to look for.
pub(super) struct Forbidden {
    paths: Vec<String>,
}

impl Forbidden {
    /// Includes this checkout's own folder and the home folder of whoever runs this.
    pub(super) fn on_this_machine(root: &Path) -> Self {
        let home = std::env::var("HOME")
            .ok()
            .filter(|home| home.len() > 1)
            .map(|home| format!("{home}/"));
        let paths = MACHINE_PATHS.iter().map(|&path| path.to_owned());
        Self {
            paths: paths
                .chain([root.display().to_string()])
                .chain(home)
                .collect(),
        }
    }

    pub(super) fn find(&self, path: &str, content: &str) -> Vec<String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if NOT_OURS.contains(&name) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for (index, line) in content.lines().enumerate() {
            let number = index + 1;
            let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            for word in words.filter(|word| UNFINISHED.contains(word)) {
                problems.push(format!(
                    "{path}:{number}: `{word}`: finish it, or file it where work is tracked"
                ));
            }
            if let Some(found) = self.paths.iter().find(|path| line.contains(path.as_str())) {
                problems.push(format!("{path}:{number}: `{found}`: a path of one machine"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str, content: &str) -> Vec<String> {
        Forbidden::on_this_machine(Path::new("/srv/checkout")).find(path, content)
    }

    #[test]
    fn marks_of_unfinished_work_are_found() {
        let mark = concat!("TO", "DO");
        assert_eq!(
            find("a.rs", &format!("fn f() {{}}\n// {mark}: more\n")),
            [format!(
                "a.rs:2: `{mark}`: finish it, or file it where work is tracked"
            )]
        );
        assert_eq!(
            find("a.rs", &format!("let {mark}S = 1;")),
            Vec::<String>::new(),
            "another word"
        );
    }

    #[test]
    fn machine_paths_are_found() {
        assert_eq!(
            find("b.md", "see /srv/checkout/notes"),
            ["b.md:1: `/srv/checkout`: a path of one machine"]
        );
        assert_eq!(find("b.md", concat!("/ro", "ot/x")).len(), 1);
        assert_eq!(
            find("b.md", "publish to home/room1/light"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn files_of_others_are_left_alone() {
        assert_eq!(
            find("www/package-lock.json", concat!("TO", "DO")),
            Vec::<String>::new()
        );
    }
}
