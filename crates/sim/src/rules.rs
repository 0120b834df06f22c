//! The statement of a rule in a version.

use crate::record::Rules;
use mqtt_proto::Version;
use mqtt_spec::Rule;

/// The statement of a machine's own rule in a version.
pub(crate) fn of_rule(rule: Option<Rule>, version: Version) -> Rules {
    rule.and_then(|rule| rule.id_in(version))
        .into_iter()
        .collect()
}
