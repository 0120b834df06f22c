//! Which crate may name which. The picture is in ARCHITECTURE.md; this is the same picture as data.

use cargo_metadata::DependencyKind;

use crate::workspace::Workspace;

/// The app: it may name `playground` and nothing else of ours, though more can be reached from there.
const APP: &str = "mqtt-playground";
const APP_MAY_NAME: &str = "playground";

/// Drives the others, so it may name any but the ends.
const XTASK: &str = "xtask";

/// `(crate, what it builds on)`. A crate may also name what these build on in turn.
const ARROWS: &[(&str, &[&str])] = &[
    ("mqtt-spec", &[]),
    ("mqtt-proto", &["mqtt-spec"]),
    ("mqtt-broker", &["mqtt-proto"]),
    ("device", &["mqtt-proto"]),
    ("sim", &["mqtt-broker", "device"]),
    ("board", &["sim"]),
    ("capture", &[]),
    ("splitter", &[]),
    ("relay", &[]),
    ("foreign", &["mqtt-broker"]),
    ("playground", &["board", "capture", "relay", "foreign"]),
    (HUB, &["mqtt-broker", "relay", "foreign"]),
];

const HUB: &str = "hub";

/// Programs, not libraries: nothing depends on them.
const ENDS: &[&str] = &[APP, HUB, XTASK];

/// Crates that bring the browser's types: only the app may have them.
pub(super) const WEB_CRATES: &[&str] = &[
    "yew",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "gloo",
];

/// One package and the names of what it depends on.
pub(super) struct Member {
    name: String,
    dependencies: Vec<String>,
}

pub(super) fn members(workspace: &Workspace) -> Vec<Member> {
    let of = |package: &cargo_metadata::Package| {
        let ours = |name: &str| workspace.member(name).is_ok();
        // What tests need from outside (a wasm test runner) is no arrow; what they need of ours is.
        let counts = |dependency: &&cargo_metadata::Dependency| {
            dependency.kind != DependencyKind::Development || ours(&dependency.name)
        };
        let dependencies = package
            .dependencies
            .iter()
            .filter(counts)
            .map(|dependency| dependency.name.clone());
        Member {
            name: package.name.to_string(),
            dependencies: dependencies.collect(),
        }
    };
    workspace.members().into_iter().map(of).collect()
}

/// Every dependency that goes against the arrows.
pub(super) fn check(members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for Member { name, dependencies } in members {
        if ![APP, XTASK].contains(&name.as_str()) && !ARROWS.iter().any(|(known, _)| known == name)
        {
            problems.push(format!(
                "{name}: is not in the picture of the crates (crates/xtask, tidy/arrows.rs)"
            ));
        }
        for dependency in dependencies {
            let ours = members.iter().any(|member| member.name == *dependency);
            if ours && !may_name(name, dependency) {
                problems.push(format!("{name}: must not depend on {dependency}"));
            }
            let web = WEB_CRATES.contains(&dependency.as_str()) || dependency.starts_with("gloo-");
            if web && name != APP {
                problems.push(format!(
                    "{name}: must not depend on {dependency}: only the app has web types"
                ));
            }
        }
    }
    problems
}

fn may_name(name: &str, dependency: &str) -> bool {
    match name {
        _ if ENDS.contains(&dependency) => false,
        APP => dependency == APP_MAY_NAME,
        XTASK => true,
        _ => reaches(name, dependency),
    }
}

fn reaches(from: &str, to: &str) -> bool {
    let direct = ARROWS
        .iter()
        .find(|(name, _)| *name == from)
        .map_or(&[][..], |(_, arrows)| arrows);
    direct.iter().any(|next| *next == to || reaches(next, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a picture with one dependency too many: `name -> dependency`.
    fn planted(name: &str, dependency: &str) -> Vec<String> {
        let mut members: Vec<Member> = ARROWS
            .iter()
            .map(|(name, arrows)| Member {
                name: (*name).to_owned(),
                dependencies: arrows.iter().map(|&arrow| arrow.to_owned()).collect(),
            })
            .collect();
        members.push(Member {
            name: APP.to_owned(),
            dependencies: vec!["playground".to_owned(), "yew".to_owned()],
        });
        members.push(Member {
            name: XTASK.to_owned(),
            dependencies: vec!["sim".to_owned()],
        });
        assert_eq!(
            check(&members),
            Vec::<String>::new(),
            "the picture itself is right"
        );
        match members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.dependencies.push(dependency.to_owned()),
            None => members.push(Member {
                name: name.to_owned(),
                dependencies: vec![dependency.to_owned()],
            }),
        }
        check(&members)
    }

    #[test]
    fn dependencies_along_the_arrows_are_fine() {
        for (name, dependency) in [
            ("sim", "mqtt-proto"),
            ("hub", "mqtt-spec"),
            ("playground", "device"),
            ("sim", "bytes"),
        ] {
            assert_eq!(
                planted(name, dependency),
                Vec::<String>::new(),
                "{name} -> {dependency}"
            );
        }
    }

    #[test]
    fn a_dependency_against_the_arrows_is_found() {
        for (name, dependency) in [
            ("mqtt-spec", "mqtt-proto"),
            ("mqtt-broker", "sim"),
            ("mqtt-proto", "device"),
            ("device", "mqtt-broker"),
            ("hub", "sim"),
            (APP, "sim"),
            (APP, "mqtt-proto"),
            (XTASK, "hub"),
            ("playground", APP),
            ("sim", XTASK),
        ] {
            assert_eq!(
                planted(name, dependency),
                [format!("{name}: must not depend on {dependency}")]
            );
        }
    }

    #[test]
    fn web_types_and_unknown_crates_are_found() {
        assert_eq!(
            planted("playground", "web-sys"),
            ["playground: must not depend on web-sys: only the app has web types"]
        );
        assert_eq!(
            planted("newcomer", "bytes"),
            ["newcomer: is not in the picture of the crates (crates/xtask, tidy/arrows.rs)"]
        );
    }
}
