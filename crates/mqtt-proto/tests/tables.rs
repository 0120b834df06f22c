//! The tables as text: what rustdoc shows is what the code runs on.

use expect_test::expect_file;
use mqtt_proto::Version;
use mqtt_proto::connection::{CLIENT, SERVER};
use mqtt_proto::session::{RECEIVER, SENDER};
use mqtt_proto::table::{Row, Versions};
use std::fmt::Display;

fn print<S: Display + Copy, I: Display, A: Display>(rows: &[Row<S, I, A>]) -> String {
    let mut text = format!(
        "{:<15} | {:<17} | {:<33} | {:<15} | {:<13} | {:<13} | versions\n",
        "state", "input", "action", "next", "3.1.1", "5.0"
    );
    for row in rows {
        let id = |version| {
            row.rule
                .and_then(|rule| rule.id_in(version))
                .map_or("", |id| id.id_str())
        };
        let versions = match row.versions {
            Versions::Both => String::new(),
            Versions::OnlyV5 => "5.0 only".to_owned(),
            Versions::ThenInV311(next) => format!("3.1.1: then {next}"),
            Versions::ForbiddenInV5 => "5.0 forbids it".to_owned(),
        };
        text += format!(
            "{:<15} | {:<17} | {:<33} | {:<15} | {:<13} | {:<13} | {versions}",
            row.state,
            row.input,
            row.action,
            row.next,
            id(Version::V311),
            id(Version::V5)
        )
        .trim_end_matches([' ', '|']);
        text += "\n";
    }
    text
}

#[test]
fn the_printed_tables_are_those_that_run() {
    expect_file!["../src/session/sender.txt"].assert_eq(&print(&SENDER));
    expect_file!["../src/session/receiver.txt"].assert_eq(&print(&RECEIVER));
    expect_file!["../src/connection/client.txt"].assert_eq(&print(&CLIENT));
    expect_file!["../src/connection/server.txt"].assert_eq(&print(&SERVER));
}
