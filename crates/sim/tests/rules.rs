//! The statements that records name are those of the version that is spoken there.

#![allow(clippy::expect_used)]

use mqtt_proto::Version;
use sim::{Recording, Scenario};
use std::rc::Rc;

/// A goodbye, a lost connection, a silent client with a will, a message for nobody.
const TROUBLE: &str = r#"
scenario "All kinds of ends"
version VERSION
until 20 s

node broker broker

node phone-1 phone
  session kept
  keep-alive 2 s
  will "w" "gone" qos 1 retain

node viewer-1 phone
  reconnect when-link-is-up
  session kept
  subscribe "w" qos 1

node guest-1 phone

link phone-1 to broker

link viewer-1 to broker

link guest-1 to broker

at 0 s: phone-1 connect
at 0 s: viewer-1 connect
at 0 s: guest-1 connect
at 1 s: phone-1 publish "nobody" "x"
at 1.5 s: phone-1 publish "w" "x" qos 1
at 1.6 s: cut viewer-1 to broker for 1 s
at 2 s: guest-1 disconnect
at 3 s: phone-1 power-off
"#;

#[test]
fn a_record_names_statements_of_the_version_that_is_spoken() {
    for (word, version) in [("3.1.1", Version::V311), ("5.0", Version::V5)] {
        let text = TROUBLE.trim_start().replace("VERSION", word);
        let scenario = Scenario::parse(&text).expect("it is right");
        let recording = Recording::run(Rc::new(scenario), 1).expect("its names are known");
        let log = recording.log();
        let mut named = 0;
        for record in log.records(log.end()) {
            for statement in record.rules.iter() {
                assert_eq!(statement.version(), version, "{record:?}");
                named += 1;
            }
        }
        assert!(named > 40, "{named}");
    }
}

/// A session that has expired, and a will whose delay is over, with nobody connected who could say the version.
#[test]
fn what_happens_without_a_connection_is_of_the_version_of_its_session() {
    const ALONE: &str = r#"
scenario "Alone"
version 5.0
until 20 s

node broker broker

node phone-1 phone
  session kept for 6 s
  will "w" "gone" delay 2 s

node viewer-1 phone
  version 3.1.1
  subscribe "w"

link phone-1 to broker

link viewer-1 to broker

at 0 s: viewer-1 connect
at 0 s: phone-1 connect
at 3 s: cut phone-1 to broker
"#;
    let scenario = Scenario::parse(ALONE.trim_start()).expect("it is right");
    let recording = Recording::run(Rc::new(scenario), 1).expect("its names are known");
    let log = recording.log();
    let of = |wanted: &str| {
        let mut records = log.records(log.end()).iter();
        let found = records
            .find(|it| it.at.as_micros() > 4_000_000 && format!("{:?}", it.kind).contains(wanted));
        let rules: Vec<_> = found.expect(wanted).rules.iter().collect();
        rules
            .iter()
            .map(|it| (it.version(), it.id_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("WillPublished"), [(Version::V5, "MQTT-3.1.2-8")]);
    assert_eq!(
        of("Broker { client: Some(NodeId(1)), note: SessionEnded"),
        [(Version::V5, "MQTT-4.1.0-2")]
    );
}
