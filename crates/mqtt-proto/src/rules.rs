//! Citing rules: always at compile time.
//!
//! `Rule::both(…)` in a function body would search the tables at run time and link their ids; these
//! macros force a constant.

macro_rules! both {
    ($v311:literal, $v5:literal) => {
        const { mqtt_spec::Rule::both($v311, $v5) }
    };
}

macro_rules! only_v311 {
    ($id:literal) => {
        const { mqtt_spec::Rule::only_v311($id) }
    };
}

macro_rules! only_v5 {
    ($id:literal) => {
        const { mqtt_spec::Rule::only_v5($id) }
    };
}

pub(crate) use {both, only_v5, only_v311};
