//! The probe of a real broker: what the user does about it, and what the screen shows.

use super::Playground;
use crate::action::Command;
use crate::live::address::without_query;
use crate::live::{LiveAction, LiveCommand, Trouble, Wire};
use crate::probe::view::{ProbeRow, ProbeView};
use crate::probe::{Failure, Heard, ProbeAction, Probing, is_probes};
use crate::text;
use foreign::probe::Row;
use mqtt_proto::Instant;
use std::fmt::Write;

impl Playground {
    /// Whether a broker is being asked, so that the page needs the time on the wall.
    pub(super) fn is_probing(&self) -> bool {
        self.link.probing.as_ref().is_some_and(|it| it.is_running)
    }

    /// How many rows a probe has, and whether there will be more.
    pub(super) fn probe_found(&self) -> (usize, bool) {
        let rows = self.link.probing.as_ref().map_or(0, |it| it.rows.len());
        (rows, self.is_probing())
    }

    pub(super) fn probe_action(&mut self, action: ProbeAction, commands: &mut Vec<Command>) {
        match action {
            ProbeAction::Begin => self.probe_begin(commands),
            ProbeAction::End => {
                self.probe_through(commands, |it, now, wanted| it.stop(now, wanted))
            }
            ProbeAction::Save => {
                let report = self.link.probing.as_ref().map(|it| self.probe_report(it));
                commands.extend(report.map(|text| Command::Download {
                    name: "mqtt-broker-report.txt".to_owned(),
                    bytes: text.into_bytes(),
                }));
            }
        }
    }

    fn probe_begin(&mut self, commands: &mut Vec<Command>) {
        let form = &self.link.form;
        if let Err(fault) = form.address() {
            self.link.fault = Some(Trouble::Address(fault));
            return;
        }
        // It speaks both versions.
        if form.has_password_alone() {
            self.link.fault = Some(Trouble::PasswordAlone);
            return;
        }
        let wire = Wire {
            prefix: String::new(),
            retain: true,
            ..form.wire(String::new())
        };
        let url = form.url.trim().to_owned();
        let prefix = format!("probe-{}", form.tag);
        let first = self.link.probing.as_ref().map_or(0, Probing::next);
        let probing = Probing::new(url, wire, prefix, form.retain(), first);
        self.probe_through(commands, |it, _, wanted| it.end(wanted));
        self.link.fault = None;
        self.link.probing = Some(probing);
        // The first look at the clock begins.
        commands.push(Command::Live(LiveCommand::Wake(0)));
    }

    pub(super) fn probe_clock(&mut self, wall: u64, commands: &mut Vec<Command>) {
        self.link.wall = wall;
        self.probe_through(commands, |it, now, wanted| it.clock(now, wanted));
    }

    /// What came over a WebSocket of the probe.
    pub(super) fn probe_heard(&mut self, action: LiveAction, commands: &mut Vec<Command>) {
        let (number, heard) = match action {
            LiveAction::Opened(number, _) => (number, Heard::Opened),
            LiveAction::Received(number, bytes) => (number, Heard::Bytes(bytes)),
            LiveAction::Closed(number, code, reason) => (number, Heard::Closed(code, reason)),
            LiveAction::Forbidden(_) => {
                self.probe_through(commands, |it, _, wanted| it.end(wanted));
                self.link.fault = Some(Trouble::Forbidden);
                return;
            }
            _ => return,
        };
        debug_assert!(is_probes(number));
        self.probe_through(commands, |it, now, wanted| {
            it.hear(now, number, heard, wanted);
        });
    }

    fn probe_through(
        &mut self,
        commands: &mut Vec<Command>,
        happen: impl FnOnce(&mut Probing, Instant, &mut Vec<LiveCommand>),
    ) {
        let now = Instant::from_micros(self.link.wall);
        let Some(probing) = &mut self.link.probing else {
            return;
        };
        let mut wanted = Vec::new();
        happen(probing, now, &mut wanted);
        commands.extend(wanted.into_iter().map(Command::Live));
        match probing.failure.take() {
            Some(Failure::NotOpened) => self.link.fault = Some(Trouble::NotOpened),
            Some(Failure::Silence) => self.link.fault = Some(Trouble::Silence),
            Some(Failure::Closed(code, reason)) => {
                self.link.fault = Some(Trouble::Closed(code, reason));
            }
            None => {}
        }
    }

    /// What the screen shows of the probe.
    #[must_use]
    pub fn probe(&self) -> ProbeView {
        let language = self.language;
        let probing = self.link.probing.as_ref();
        let left_out = !self.link.form.retain();
        ProbeView {
            is_running: self.is_probing(),
            progress: probing.map_or_else(String::new, |it| {
                let left = match it.is_running && !it.is_stopped {
                    true => Vec::new(),
                    false => it.left(),
                };
                let end = match it.is_stopped || !left.is_empty() {
                    true => text::probe_stopped(language, it.is_running, &left),
                    false => String::new(),
                };
                let progress = text::probe_progress(language, it.rows.len(), it.all());
                match end.is_empty() {
                    true => progress,
                    false => format!("{progress}; {end}"),
                }
            }),
            left_out: left_out.then(|| text::PROBE_NOT_RETAINED.to(language).to_owned()),
            rows: probing.map_or_else(Vec::new, |it| {
                it.rows.iter().map(|row| self.probe_row(row)).collect()
            }),
        }
    }

    fn probe_row(&self, row: &Row) -> ProbeRow {
        let language = self.language;
        let packets = row.packets.iter().map(|proof| {
            let who = match proof.is_ours {
                true => text::PROBE_OURS,
                false => text::PROBE_THEIRS,
            };
            let words = proof.words().join(", ");
            let connection = text::probe_connection(language, proof.connection + 1);
            let line = format!("{connection}, {}: {words}", who.to(language));
            (crate::payload::shown(&line, LINE_MAX_CHARS), proof.hex())
        });
        ProbeRow {
            verdict: row.verdict,
            word: text::probe_verdict(language, row.verdict),
            name: self.voice().data(row.name).to_owned(),
            finding: crate::payload::shown(
                &text::probe_finding(language, &row.finding),
                LINE_MAX_CHARS,
            ),
            packets: packets.collect(),
        }
    }

    /// The report as a text: without what the user typed as a name or password.
    fn probe_report(&self, probing: &Probing) -> String {
        let mut report = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(report, "{}", without_query(&probing.url));
        for row in &probing.rows {
            let row = self.probe_row(row);
            let _ = writeln!(report, "{:8} {}: {}", row.word, row.name, row.finding);
            for (line, bytes) in &row.packets {
                let _ = writeln!(report, "         {line}  [{bytes}]");
            }
        }
        report
    }
}

/// So much of what a broker says stands in a line.
const LINE_MAX_CHARS: usize = 300;
