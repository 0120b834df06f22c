//! Which versions are built in (features `v311` and `v5`).

use mqtt_spec::Version;

#[cfg(not(any(feature = "v311", feature = "v5")))]
compile_error!("mqtt-proto needs at least one of the features `v311` and `v5`");

/// Whether packets of this version can be read and written.
#[must_use]
pub const fn is_built_in(version: Version) -> bool {
    match version {
        Version::V311 => cfg!(feature = "v311"),
        Version::V5 => cfg!(feature = "v5"),
    }
}

/// Whether the version is 5.0; a constant, which lets the other version's code go, where only one
/// is built in.
#[inline(always)]
pub(crate) const fn is_v5(version: Version) -> bool {
    if cfg!(not(feature = "v311")) {
        true
    } else if cfg!(not(feature = "v5")) {
        false
    } else {
        matches!(version, Version::V5)
    }
}
