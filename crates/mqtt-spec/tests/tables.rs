//! The tables are complete, and `cite` finds every row of them.

use mqtt_spec::{AppliesTo, Level, Reaction, Rule, StatementId, Version, cite, find};

/// How many statements the conformance appendices number.
const NUMBERED_V311: usize = 141;
const NUMBERED_V5: usize = 251;

#[test]
fn every_numbered_statement_is_there() {
    for (version, numbered) in [(Version::V311, NUMBERED_V311), (Version::V5, NUMBERED_V5)] {
        let count = StatementId::all(version)
            .filter(|id| id.statement().is_numbered())
            .count();
        assert_eq!(count, numbered, "{version}");
    }
}

#[test]
fn every_row_is_found_by_its_id() {
    for version in Version::ALL {
        for id in StatementId::all(version) {
            assert_eq!(find(version, id.id_str()), Some(id));
            assert_eq!(id.statement().id, id.id_str());
            assert_eq!(id.version(), version);
        }
    }
    assert_eq!(
        find(Version::V311, "MQTT-1.5.5-1"),
        None,
        "a statement of 5.0"
    );
    assert_eq!(find(Version::V5, ""), None);
    assert_eq!(
        find(Version::V5, "QTT-1.5.5-1"),
        None,
        "a suffix is not the id"
    );
}

#[test]
fn texts_are_one_line_gists_with_a_link() {
    for id in Version::ALL.into_iter().flat_map(StatementId::all) {
        let statement = id.statement();
        assert!(statement.summary.ends_with(['.', ')']), "{id:?}");
        assert!(!statement.summary.contains('\n'), "{id:?}");
        let document = format!("/mqtt-v{}-os.html", id.version());
        assert!(statement.url().contains(&document), "{id:?}");
    }
}

#[test]
fn links_go_to_the_packet_where_its_anchor_is_known() {
    let check = |version, id, anchor: Option<&str>| {
        let url = cite(version, id).statement().url();
        assert_eq!(
            url.split_once('#').map(|(_, anchor)| anchor),
            anchor,
            "{id}"
        );
    };
    check(Version::V311, "MQTT-3.14.4-3", Some("_Toc398718090"));
    check(Version::V5, "MQTT-3.1.2-4", Some("_Toc3901033"));
    check(Version::V5, "MQTT-3.15.1-1", Some("_Toc3901217"));
    check(Version::V5, "SECT-3.8.3.1-qos", Some("_Toc3901161"));
    check(Version::V5, "MQTT-4.3.3-1", None);
}

#[test]
fn a_row_keeps_its_columns() {
    let statement = cite(Version::V311, "MQTT-3.1.3-8").statement();
    assert_eq!(statement.section, "3.1.3.1");
    assert_eq!(statement.applies_to, AppliesTo::Server);
    assert_eq!(statement.level, Level::Must);
    assert!(statement.observable);
    assert_eq!(
        statement.violation_response.reaction,
        Reaction::ConnAck(0x02)
    );
    assert!(!statement.violation_response.implied);

    let statement = cite(Version::V5, "MQTT-1.5.5-1").statement();
    assert_eq!(
        statement.violation_response.reaction,
        Reaction::Reason(0x81)
    );
    assert!(statement.violation_response.implied);

    let statement = cite(Version::V5, "MQTT-2.2.1-5").statement();
    assert_eq!(statement.violation_response.reaction, Reaction::Ack(0x92));
}

#[test]
fn a_rule_pairs_the_ids_of_one_duty() {
    const RELEASE: Rule = Rule::both("MQTT-4.3.3-1", "MQTT-4.3.3-4");
    const SHORTEST: Rule = Rule::only_v5("MQTT-1.5.5-1");
    const PASSWORD: Rule = Rule::only_v311("MQTT-3.1.2-22");
    assert_eq!(
        RELEASE.id_in(Version::V311),
        find(Version::V311, "MQTT-4.3.3-1")
    );
    assert_eq!(
        RELEASE.id_in(Version::V5),
        find(Version::V5, "MQTT-4.3.3-4")
    );
    assert_eq!(SHORTEST.id_in(Version::V311), None);
    assert_eq!(PASSWORD.id_in(Version::V5), None);
    for id in [RELEASE.v311, RELEASE.v5].into_iter().flatten() {
        assert_eq!(Rule::from(id).id_in(id.version()), Some(id));
    }
}

#[test]
fn an_id_is_four_bytes() {
    assert_eq!(size_of::<StatementId>(), 4);
    assert_eq!(size_of::<Option<StatementId>>(), 4);
}
