//! What Wireshark says of the captures that the page exports. It needs `tshark` (Debian's package of this name).

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use playground::action::{Start, Theme};
use playground::export::Export;
use playground::measure::AverageWidths;
use playground::{Action, Command, FilesAction, Playground};
use std::process::Command as Process;

/// A scenario's page at its end, and the capture of its run.
fn exported(scenario: &str) -> (Playground, Vec<u8>) {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::ReduceMotion(true));
    page.update(Action::Begin(Start {
        fragment: format!("#/play/{scenario}"),
        ..Start::default()
    }));
    page.update(Action::GoToEnd);
    let commands = page.update(Action::Files(FilesAction::Export(Export::Pcapng)));
    let file = commands.into_iter().find_map(|command| match command {
        Command::Download { name, bytes } => name.ends_with(".pcapng").then_some(bytes),
        _ => None,
    });
    (page, file.expect("there is a file"))
}

/// The values of fields, frame by frame.
fn tshark(file: &[u8], name: &str, arguments: &[&str]) -> Vec<String> {
    let path = std::env::temp_dir().join(format!(
        "mqtt-playground-{}-{name}.pcapng",
        std::process::id()
    ));
    std::fs::write(&path, file).expect("it is written");
    let output = Process::new("tshark")
        .arg("-r")
        .arg(&path)
        .args(arguments)
        .output()
        .expect("tshark is installed: `apt-get install tshark`");
    std::fs::remove_file(&path).expect("it is removed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("it is text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn wireshark_reads_the_packets_of_our_log() {
    for scenario in [
        "qos0",
        "qos1",
        "qos1-puback-lost",
        "qos2",
        "retained",
        "will-power-lost",
        "v5-reasons",
    ] {
        let (page, file) = exported(scenario);
        let fields = [
            "-Y",
            "mqtt",
            "-T",
            "fields",
            "-e",
            "mqtt.msgtype",
            "-e",
            "mqtt.msgid",
        ];
        let found = tshark(&file, scenario, &fields);
        let packets: Vec<String> = page
            .story()
            .flights
            .iter()
            .filter(|it| it.face.name != "bytes")
            .map(|it| {
                let id = it.face.id.map_or_else(String::new, |id| id.to_string());
                format!("{}\t{id}", it.bytes.first().unwrap() >> 4)
            })
            .collect();
        assert!(packets.len() > 4, "{scenario}");
        assert_eq!(found, packets, "{scenario}");
        // Checksums are right, and nothing is malformed.
        let faults = tshark(
            &file,
            scenario,
            &[
                "-o",
                "tcp.check_checksum:TRUE",
                "-o",
                "ip.check_checksum:TRUE",
                "-Y",
                "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed",
            ],
        );
        assert!(faults.is_empty(), "{scenario}: {faults:?}");
        // Every packet says which step it is.
        let comments = tshark(
            &file,
            scenario,
            &["-Y", "mqtt", "-T", "fields", "-e", "frame.comment"],
        );
        assert!(
            comments.iter().all(|it| it.starts_with("Step ")),
            "{scenario}: {comments:?}"
        );
    }
}
