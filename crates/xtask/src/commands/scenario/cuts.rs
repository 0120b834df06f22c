//! `cargo xtask scenario cuts`: the cut-point map of a scenario.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mqtt_proto::Duration;
use sim::cuts::{Cell, CutQuestion, Grain, Map, RowKind};
use sim::scenario::SessionSpec;

use crate::script;

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
        let interpreter = script::interpreter(&scenario)?;
        let mut map =
            Map::new(&scenario, question, Grain::EVERYTHING)?.with_interpreter(&interpreter);
        map.finish();
        match self.cell {
            Some(number) => self.show(&map, number),
            None => {
                println!(
                    "cells      QoS session  delivered, by packet, when 0, 1, 2, … of its bytes arrive before the cut"
                );
                print_rows(&map);
                Ok(())
            }
        }
    }

    /// Prints what happens in one cell.
    fn show(&self, map: &Map, number: u32) -> Result<()> {
        let wanted = usize::try_from(number)?;
        let mut before = 0;
        for (row_number, row) in map.rows().iter().enumerate() {
            let place = wanted - before - 1;
            let Some(cell) = row.cells.get(place) else {
                before += row.cells.len();
                continue;
            };
            println!(
                "cell {number}: {}, {} of {} bytes of {} {} {} arrive before the cut; delivered: {}",
                told(row.kind),
                cell.arrived_bytes,
                cell.place.len_bytes,
                cell.place.packet.name(),
                if cell.place.from_device { "from" } else { "to" },
                self.device,
                deliveries(cell),
            );
            let Some(scenario) = map.scenario(row_number, Some(place)) else {
                bail!("cell {number} cannot be run")
            };
            let seed = scenario.seed;
            print!("{}", ladder(&record(scenario, seed)?));
            return Ok(());
        }
        bail!("there is no cell {number}: the map has {before}")
    }
}

/// A line for each row. The cells are numbered through.
fn print_rows(map: &Map) {
    let mut before = 0;
    for row in map.rows() {
        let packets = row.cells.chunk_by(|a, b| a.packet == b.packet);
        let places: Vec<String> = packets
            .map(|cells| {
                let digits: String = cells.iter().map(deliveries).collect();
                let name = cells.first().map_or("", |cell| cell.place.packet.name());
                format!("{name} {digits}")
            })
            .collect();
        let numbers = format!("{}-{}", before + 1, before + row.cells.len());
        before += row.cells.len();
        let kind = match row.kind {
            RowKind::Written => "as written ".to_owned(),
            RowKind::Variant(qos, session) => format!("{}   {:<7}", qos.bits(), word(session)),
        };
        println!("{numbers:<9}  {kind}  {}", places.join(", "));
    }
}

fn deliveries(cell: &Cell) -> String {
    cell.deliveries
        .map_or_else(|| "?".to_owned(), |it| it.to_string())
}

fn told(kind: RowKind) -> String {
    match kind {
        RowKind::Written => "as written".to_owned(),
        RowKind::Variant(qos, session) => {
            format!("QoS {}, {} session", qos.bits(), word(session))
        }
    }
}

const fn word(session: SessionSpec) -> &'static str {
    match session {
        SessionSpec::Clean => "clean",
        SessionSpec::Kept => "kept",
    }
}
