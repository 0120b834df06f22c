//! `cargo xtask scenario cuts`: the cut-point map of a scenario.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Result, bail};
use clap::Args;
use mqtt_proto::{Duration, Qos};
use sim::Scenario;
use sim::cuts::{CutCell, CutQuestion, cut_map, variant};
use sim::scenario::SessionSpec;

use super::{ladder, read, record, topic_filter};

/// Cuts a link at every place of a run.
#[derive(Args)]
pub(super) struct Cuts {
    /// The scenario
    file: PathBuf,
    /// Whose link is cut, and whose deliveries count
    #[arg(long, default_value = "robot-1")]
    device: String,
    /// Messages on topics that match count
    #[arg(long, default_value = "#")]
    filter: String,
    /// Milliseconds until the link is restored
    #[arg(long, default_value_t = 2_000)]
    restored_after_ms: u64,
    /// Prints the ladder of this one run, as the map numbers it: the first digit of the map is 1
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    cell: Option<u32>,
}

impl Cuts {
    pub(super) fn run(&self) -> Result<()> {
        let scenario = read(&self.file)?;
        if scenario.links.iter().all(|link| link.a != self.device) {
            let linked: Vec<&str> = scenario.links.iter().map(|link| &*link.a).collect();
            bail!(
                "there is no device `{}` with a link in {}; `--device` takes one of these: {}",
                self.device,
                self.file.display(),
                linked.join(", ")
            );
        }
        let filter = topic_filter(&self.filter)?;
        let question = CutQuestion {
            device: self.device.clone(),
            filter,
            span: Duration::from_millis(self.restored_after_ms),
        };
        if let Some(number) = self.cell {
            return self.show(&scenario, &question, number);
        }
        println!(
            "cells      QoS session  delivered, by packet, when 0, 1, 2, … of its bytes arrive before the cut"
        );
        let mut before = 0;
        for (qos, session) in Self::rows() {
            let cells = self.row(&scenario, &question, qos, session)?;
            let mut places: Vec<String> = Vec::new();
            for packet in cells.chunk_by(|a, b| {
                (a.packet, a.nth, a.from_device) == (b.packet, b.nth, b.from_device)
            }) {
                let digits: String = packet
                    .iter()
                    .map(|cell| cell.deliveries.to_string())
                    .collect();
                let name = packet.first().map_or("", |cell| cell.packet.name());
                places.push(format!("{name} {digits}"));
            }
            let numbers = format!("{}-{}", before + 1, before + cells.len());
            before += cells.len();
            println!(
                "{numbers:<9}  {}   {:<7}  {}",
                qos.bits(),
                word(session),
                places.join(", ")
            );
        }
        Ok(())
    }

    /// The rows of the map: its cells are numbered through in this order.
    fn rows() -> impl Iterator<Item = (Qos, SessionSpec)> {
        [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce]
            .into_iter()
            .flat_map(|qos| [(qos, SessionSpec::Clean), (qos, SessionSpec::Kept)])
    }

    fn row(
        &self,
        scenario: &Scenario,
        question: &CutQuestion,
        qos: Qos,
        session: SessionSpec,
    ) -> Result<Vec<CutCell>> {
        let variant = variant(scenario, &self.device, qos, session);
        Ok(cut_map(&variant, question)?)
    }

    /// Prints what happens in one cell.
    fn show(&self, scenario: &Scenario, question: &CutQuestion, number: u32) -> Result<()> {
        let wanted = usize::try_from(number)?;
        let mut before = 0;
        for (qos, session) in Self::rows() {
            let cells = self.row(scenario, question, qos, session)?;
            let Some(cell) = cells.get(wanted - before - 1) else {
                before += cells.len();
                continue;
            };
            println!(
                "cell {number}: QoS {}, {} session, {} of {} bytes of {} {} {} arrive before the cut; delivered: {}",
                qos.bits(),
                word(session),
                cell.arrived_bytes,
                cell.len_bytes,
                cell.packet.name(),
                if cell.from_device { "from" } else { "to" },
                self.device,
                cell.deliveries,
            );
            let seed = cell.scenario.seed;
            let run = record(Rc::new(cell.scenario.clone()), seed)?;
            print!("{}", ladder(&run));
            return Ok(());
        }
        bail!("there is no cell {number}: the map has {before}")
    }
}

const fn word(session: SessionSpec) -> &'static str {
    match session {
        SessionSpec::Clean => "clean",
        SessionSpec::Kept => "kept",
    }
}
