use crate::{Later, Rare, functions, path};

const OWN: [&str; 2] = ["app", "model"];

fn own() -> Vec<String> {
    OWN.map(str::to_owned).to_vec()
}

#[test]
fn a_path_says_where_a_function_belongs() {
    for (name, expected) in [
        ("app::parts::bar::draw", "app::parts::bar::draw"),
        (
            "app[c5930c85a12de822]::parts::draw::{closure#0}",
            "app::parts::draw::{closure#0}",
        ),
        ("app::main::h0123456789abcdef", "app::main"),
        (
            "app::list::<model::Row>::{closure#1}",
            "app::list::{closure#1}",
        ),
        (
            "<model::Row>::new::{closure#0}",
            "model::Row::new::{closure#0}",
        ),
        ("<&mut model::Row>::new", "model::Row::new"),
        (
            "<model::Row as core::clone::Clone>::clone",
            "model::Row::clone",
        ),
        (
            "<model::Row<u8> as core::clone::Clone>::clone",
            "model::Row::clone",
        ),
        (
            "<<model::Row>::new::{closure#0} as core::ops::FnOnce<()>>::call_once",
            "model::Row::new::{closure#0}::call_once",
        ),
        (
            "core::ptr::drop_in_place::<model::Row>",
            "model::Row::drop_in_place",
        ),
        (
            "<alloc::vec::Vec<model::Row>>::push",
            "model::Row::Vec.push",
        ),
        (
            "<yew::Comp<app::parts::Bar> as yew::Stateful>::view",
            "app::parts::Bar::Comp.view",
        ),
        (
            "<core::iter::Map<core::slice::Iter<model::Row>, <app::Bar>::rows::{closure#0}> as core::iter::Iterator>::next",
            "app::Bar::rows::{closure#0}::Map.next",
        ),
        (
            "core::slice::sort::<u8, fn(u8) -> bool>",
            "core::core.slice.sort.<u8, fn(u8) -> bool>",
        ),
    ] {
        assert_eq!(path(name, &own()).join("::"), expected, "{name}");
    }
}

#[test]
fn a_table_names_what_has_not_run_and_nothing_twice() {
    let functions = [
        ("app::start", true),
        ("app::later::one", false),
        ("app::later::two", false),
        ("app::both::one", false),
        ("app::both::two", true),
        ("<alloc::vec::Vec<app::later::Row>>::push", false),
    ];
    let later = Later::learn(functions, &own());
    assert_eq!(later.to_string(), "app::both::one\napp::later\n");
    let read = Later::read(&format!("# for people\n\n{later}"), &own());
    assert_eq!(read, later);
    for (name, has_run) in functions {
        assert_eq!(later.has(name), !has_run, "{name}");
    }
    assert!(
        later.has("app::later::new::three"),
        "what is new stands with its module"
    );
    assert!(
        !later.has("app::both::three"),
        "what is new among what has run is there from the start"
    );
    assert!(!later.has("other::one"));
}

#[test]
fn a_table_of_pieces_names_what_has_not_run_in_functions_that_have() {
    let exports = [
        ("3/app::start", true),
        ("3/#000000a1", true),
        ("3/#000000a2", false),
        ("3/#000000a3", false),
        ("3/#000000a4", false),
        ("4/<model::Row>::never", false),
        ("4/#000000b1", false),
        // One of two functions of one name has run further.
        ("5/<model::Row>::new", true),
        ("5/#000000c1", false),
        ("6/<model::Row>::new", true),
        ("6/#000000c1", true),
    ];
    let rare = Rare::learn(exports.into_iter(), &own());
    assert_eq!(
        rare.to_string(),
        "app::start\n 000000a2 000000a3 000000a4\n"
    );
    assert_eq!(Rare::read(&format!("# for people\n{rare}")), rare);
    assert_eq!(rare.len(), 3);
    assert!(rare.has(0xa4) && !rare.has(0xa1) && !rare.has(0xb1));
    let names: Vec<(&str, bool)> = functions(exports.into_iter()).collect();
    assert_eq!(names.len(), 4);
    assert!(names.contains(&("<model::Row>::never", false)));
}
