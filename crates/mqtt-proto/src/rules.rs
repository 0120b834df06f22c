//! Citing rules: always at compile time.

pub(crate) use mqtt_spec::{both, only_v5, only_v311};
