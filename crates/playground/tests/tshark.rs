//! What Wireshark says of the captures that the page exports. It needs `tshark` (Debian's package of this name).

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use playground::action::{Start, Theme};
use playground::export::Export;
use playground::filter::{FIELDS, Kind};
use playground::measure::AverageWidths;
use playground::{Action, Command, FilesAction, FilterAction, Playground};
use std::collections::BTreeSet;
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

/// A segment as Wireshark reads it.
#[derive(Debug)]
struct Segment {
    stream: u32,
    micros: u64,
    from_client: bool,
    flags: u32,
    sequence: u32,
    acknowledged: u32,
    length: u32,
}

impl Segment {
    const FIN: u32 = 1;
    const SYN: u32 = 2;
    const RST: u32 = 4;
    const ACK: u32 = 16;

    const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

fn segments(file: &[u8], name: &str) -> Vec<Segment> {
    let mut arguments = vec!["-o", "tcp.relative_sequence_numbers:FALSE", "-T", "fields"];
    for field in [
        "tcp.stream",
        "frame.time_epoch",
        "tcp.srcport",
        "tcp.flags",
        "tcp.seq",
        "tcp.ack",
        "tcp.len",
    ] {
        arguments.extend(["-e", field]);
    }
    let lines = tshark(file, name, &arguments);
    let segment = |line: &String| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (seconds, rest) = fields[1].split_once('.').expect("a fraction of a second");
        Segment {
            stream: fields[0].parse().unwrap(),
            micros: seconds.parse::<u64>().unwrap() * 1_000_000 + rest[..6].parse::<u64>().unwrap(),
            from_client: fields[2] != "1883",
            flags: u32::from_str_radix(fields[3].trim_start_matches("0x"), 16).unwrap(),
            sequence: fields[4].parse().unwrap(),
            acknowledged: fields[5].parse().unwrap_or(0),
            length: fields[6].parse().unwrap(),
        }
    };
    lines.iter().map(segment).collect()
}

#[test]
fn a_connection_opens_and_ends_as_its_ends_do() {
    // How many FIN there are, how many of them are acknowledged, and how many RST.
    for (scenario, expected) in [
        // The lamp has no power: it says nothing, and nothing hears the broker give up on it.
        ("will-power-lost", (1, 0, 0)),
        // Its program died: its computer closes the connection as any other.
        ("will-crash", (2, 2, 0)),
        // Both ends of a cut link fall silent.
        ("outage", (0, 0, 0)),
        // Two clients with one identifier: seven times the broker closes the connection of one, which then closes its own.
        ("same-id", (14, 14, 0)),
        // A broker's program dies under two connections.
        ("broker-crash", (4, 4, 0)),
    ] {
        let (_, file) = exported(scenario);
        let found = segments(&file, &format!("{scenario}-ends"));
        let finished: Vec<(usize, &Segment)> = found
            .iter()
            .enumerate()
            .filter(|(_, it)| it.has(Segment::FIN))
            .collect();
        let acknowledged = finished.iter().filter(|(at, fin)| {
            found.iter().skip(at + 1).any(|it| {
                it.stream == fin.stream
                    && it.from_client != fin.from_client
                    && it.has(Segment::ACK)
                    && it.acknowledged == fin.sequence + fin.length + 1
            })
        });
        let resets = found.iter().filter(|it| it.has(Segment::RST));
        let counts = (finished.len(), acknowledged.count(), resets.count());
        assert_eq!(counts, expected, "{scenario}: {found:#?}");
        // SYN, SYN and ACK, ACK: each when its sender sent it, a trip after the one before.
        assert!(found.windows(2).all(|it| it[0].micros <= it[1].micros));
        for stream in 0..=found.iter().map(|it| it.stream).max().unwrap() {
            let of: Vec<&Segment> = found.iter().filter(|it| it.stream == stream).collect();
            assert!(of[0].has(Segment::SYN) && !of[0].has(Segment::ACK));
            assert!(of[1].has(Segment::SYN) && of[1].has(Segment::ACK));
            assert!(!of[2].has(Segment::SYN) && of[2].from_client);
            let trip = of[1].micros - of[0].micros;
            assert!(trip > 0, "{scenario}: {of:#?}");
            assert_eq!(of[2].micros - of[1].micros, trip, "{scenario}");
        }
        // Wireshark finds nothing lost, reordered or acknowledged too early.
        let faults = tshark(
            &file,
            &format!("{scenario}-analysis"),
            &[
                "-Y",
                "tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment",
            ],
        );
        assert!(faults.is_empty(), "{scenario}: {faults:?}");
    }
}

/// How many steps a filter finds.
fn found(page: &mut Playground, filter: &str) -> usize {
    page.update(Action::Filter(FilterAction::Type(filter.to_owned())));
    let view = page.filter();
    assert_eq!(view.fault, None, "{filter}");
    let count = view.count.expect("it counts");
    let number = count.split(|it: char| !it.is_ascii_digit()).next();
    number.and_then(|it| it.parse().ok()).expect("a number")
}

/// A value of a field as tshark writes it, as a filter's value.
fn literal(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Text => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        Kind::Data => {
            let bytes: Vec<&str> = (0..value.len() / 2)
                .map(|at| &value[2 * at..2 * at + 2])
                .collect();
            bytes.join(":")
        }
        _ => value.to_owned(),
    }
}

#[test]
fn a_filter_finds_what_wireshark_finds() {
    const END: char = '\u{1f}';
    let fields: Vec<_> = FIELDS
        .iter()
        .filter(|it| it.name.starts_with("mqtt."))
        .collect();
    let aggregator = format!("aggregator={END}");
    for scenario in ["qos1-puback-lost", "retained", "topics", "will-power-lost"] {
        let (mut page, file) = exported(scenario);
        let mut arguments = vec!["-Y", "mqtt", "-T", "fields", "-E", &aggregator];
        for field in &fields {
            arguments.extend(["-e", field.name]);
        }
        let lines = tshark(&file, scenario, &arguments);
        assert!(lines.len() > 4, "{scenario}");
        for (column, field) in fields.iter().enumerate() {
            let cells = lines
                .iter()
                .map(|line| line.split('\t').nth(column).unwrap());
            // An empty text is there and shows nothing: it is not counted.
            let frames: Vec<BTreeSet<&str>> = cells
                .map(|cell| cell.split(END).filter(|it| !it.is_empty()).collect())
                .collect();
            let values: BTreeSet<&str> = frames.iter().flatten().copied().collect();
            for value in &values {
                let with = frames.iter().filter(|it| it.contains(value)).count();
                let filter = format!("{} == {}", field.name, literal(field.kind, value));
                assert_eq!(found(&mut page, &filter), with, "{scenario}: {filter}");
            }
            if !matches!(field.kind, Kind::Text | Kind::Data) {
                let with = frames.iter().filter(|it| !it.is_empty()).count();
                assert_eq!(
                    found(&mut page, field.name),
                    with,
                    "{scenario}: {}",
                    field.name
                );
            }
        }
    }
}
