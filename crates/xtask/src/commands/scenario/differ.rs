//! `cargo xtask scenario differ`: two futures of one past.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::{parse, read, read_text, record};

/// Where two runs part, and what differs at their ends.
#[derive(Args)]
pub(super) struct Differ {
    /// The scenario
    file: PathBuf,
    /// What it is compared with: another scenario with the same nodes and links
    #[arg(required_unless_present = "with", conflicts_with = "with")]
    other: Option<PathBuf>,
    /// Compares with the same scenario and this line more, such as `at 1.05 s: cut robot-1 to broker for 2 s`
    #[arg(long, value_name = "LINE")]
    with: Vec<String>,
    /// Takes this seed for both instead of the scenarios' own
    #[arg(long)]
    seed: Option<u64>,
}

impl Differ {
    pub(super) fn run(&self) -> Result<()> {
        print!("{}", self.answer()?);
        Ok(())
    }

    fn answer(&self) -> Result<String> {
        let first = read(&self.file)?;
        let second = match &self.other {
            Some(other) => read(other)?,
            None => {
                let mut text = read_text(&self.file)?;
                for line in &self.with {
                    write!(text, "\n{line}")?;
                }
                parse(&self.file, &text)?
            }
        };
        let (one, other) = (
            record(first.clone(), self.seed.unwrap_or(first.seed))?,
            record(second.clone(), self.seed.unwrap_or(second.seed))?,
        );
        if one.log().nodes() != other.log().nodes() || one.log().links() != other.log().links() {
            bail!("the scenarios have other nodes or links: their runs have no past in common");
        }
        let difference = one.difference(&other);
        let mut text = String::new();
        if difference.parts_with == [None; 2] {
            writeln!(text, "the runs are the same")?;
            return Ok(text);
        }
        writeln!(text, "the first {} records are the same", difference.fork.0)?;
        for (name, run, parts_with, steps) in [
            (
                "first",
                &one,
                difference.parts_with[0],
                &difference.steps[0],
            ),
            (
                "second",
                &other,
                difference.parts_with[1],
                &difference.steps[1],
            ),
        ] {
            writeln!(text)?;
            match parts_with {
                None => writeln!(text, "the {name} run has nothing more")?,
                Some(record) => {
                    writeln!(text, "the {name} run goes on with")?;
                    writeln!(text, "  {}", run.log().line(record))?;
                    writeln!(text, "and these steps")?;
                }
            }
            for step in steps {
                writeln!(text, "  {}", run.log().line(*step))?;
            }
        }
        writeln!(text)?;
        match difference.ends.is_empty() {
            true => writeln!(text, "at the end nothing differs")?,
            false => writeln!(text, "at the end, first | second")?,
        }
        for differs in &difference.ends {
            writeln!(text, "  {differs}")?;
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::shipped;
    use super::*;

    fn differ(file: &str, other: Option<&str>, with: &[&str]) -> Result<String> {
        Differ {
            file: shipped(file),
            other: other.map(shipped),
            with: with.iter().map(|line| (*line).to_owned()).collect(),
            seed: None,
        }
        .answer()
    }

    #[test]
    fn a_cut_of_the_acknowledgement_leaves_the_message_open() {
        let cut = "when PUBACK from robot-1 is on the wire: cut robot-1 to broker";
        let text = differ("qos1.mqtt", None, &[cut]).unwrap();
        assert!(
            text.contains("1.130  done: cut robot-1 to broker\n"),
            "{text}"
        );
        let (_, ends) = text.split_once("at the end, first | second\n").unwrap();
        for expected in [
            "session of robot-1: connected, 1 subscription, 0 messages waiting | away,",
            "from broker to robot-1: nothing | sent 1 time, not acknowledged",
        ] {
            assert!(ends.contains(expected), "{text}");
        }
    }

    #[test]
    fn what_is_the_same_and_what_cannot_be_compared() {
        let same = differ("qos1.mqtt", Some("qos1.mqtt"), &[]).unwrap();
        assert_eq!(same, "the runs are the same\n");
        let foreign = differ("qos1.mqtt", Some("will-late.mqtt"), &[]).unwrap_err();
        assert!(
            foreign.to_string().contains("other nodes or links"),
            "{foreign}"
        );
        let wrong = differ("qos1.mqtt", None, &["at 1 s: cat"]).unwrap_err();
        assert!(wrong.to_string().contains("expected"), "{wrong}");
    }
}
