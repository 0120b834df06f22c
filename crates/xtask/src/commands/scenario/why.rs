//! `cargo xtask scenario why`: the chain behind a record, and why a message did not come.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use sim::ledger::MessageId;
use sim::why::{Part, why, why_not};
use sim::{Ledger, NodeId, RecordId, Recording};

use super::{read, record, topic_filter};

/// What is behind a record, or behind a message that did not come. One of `--record`, `--step` and `--missing` is asked.
#[derive(Args)]
pub(super) struct Why {
    /// The scenario
    file: PathBuf,
    /// Takes this seed instead of the scenario's own
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    question: Question,
    /// The device that did not get it
    #[arg(long, requires = "missing", value_name = "NODE")]
    at: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Question {
    /// What is behind this record, numbered as `run --json` has it
    #[arg(long, value_name = "N")]
    record: Option<u32>,
    /// What is behind this step, numbered as the lines of the ladder are: the first is 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    step: Option<u32>,
    /// Why messages on topics that match did not come
    #[arg(long, value_name = "TOPIC", requires = "at")]
    missing: Option<String>,
}

impl Why {
    pub(super) fn run(&self) -> Result<()> {
        let scenario = read(&self.file)?;
        let seed = self.seed.unwrap_or(scenario.seed);
        let run = record(scenario, seed)?;
        print!("{}", self.answer(&run)?);
        Ok(())
    }

    fn answer(&self, run: &Recording) -> Result<String> {
        let log = run.log();
        if let (Some(topic), Some(node)) = (&self.question.missing, &self.at) {
            return missing(run, topic, node);
        }
        let asked = match (self.question.record, self.question.step) {
            (Some(number), _) => RecordId(number),
            (None, step) => {
                let index = usize::try_from(step.unwrap_or(1))? - 1;
                let steps = log.steps();
                let found = steps.get(index).copied();
                found.with_context(|| format!("the ladder has {} steps", steps.len()))?
            }
        };
        if log.record(asked).is_none() {
            bail!(
                "there is no record {}: the run has {}, from 0",
                asked.0,
                log.end().0
            );
        }
        let mut text = String::new();
        write_chain(run, &Ledger::at(log, log.end()), asked, "", &mut text)?;
        Ok(text)
    }
}

/// Why a device has not got each of the messages on a topic that it has not got.
fn missing(run: &Recording, topic: &str, node: &str) -> Result<String> {
    let log = run.log();
    let names = log.nodes().iter().map(|info| info.name.as_str());
    let Some((node, _)) = (0..).zip(names.clone()).find(|(_, name)| *name == node) else {
        let names: Vec<&str> = names.collect();
        bail!(
            "there is no node `{node}`; `--at` takes one of these: {}",
            names.join(", ")
        );
    };
    let node = NodeId(node);
    let filter = topic_filter(topic)?;
    let ledger = Ledger::at(log, log.end());
    let mut text = String::new();
    let mut count = 0;
    for (number, message) in (0..).zip(ledger.messages()) {
        let is_meant = message.topic.as_ref().is_some_and(|it| filter.matches(it));
        if !is_meant || message.by == node {
            continue;
        }
        count += 1;
        writeln!(text, "{}", log.line(message.record))?;
        match why_not(log, &ledger, MessageId(number), node) {
            None => {
                let times = ledger.delivered(MessageId(number), node);
                writeln!(text, "  delivered to {} {times} times", log.name(node))?;
            }
            Some(answer) => {
                writeln!(text, "  {}", answer.text)?;
                for fact in answer.because {
                    writeln!(text, "  because")?;
                    write_chain(run, &ledger, fact, "  ", &mut text)?;
                }
            }
        }
    }
    if count == 0 {
        bail!(
            "nobody but {} itself has published on {topic}",
            log.name(node)
        );
    }
    Ok(text)
}

/// Oldest first: the number of each record, what it has to do with the last, what it is, and the rules that it names.
fn write_chain(
    run: &Recording,
    ledger: &Ledger,
    asked: RecordId,
    indent: &str,
    out: &mut String,
) -> Result<()> {
    let log = run.log();
    for link in why(log, ledger, asked) {
        let mark = match link.part {
            Part::Itself => "=>",
            Part::Cause => "",
            Part::Before => "before",
            Part::Missing => "missing",
        };
        write!(
            out,
            "{indent}{:>5} {mark:<8}{}",
            link.record.0,
            log.line(link.record)
        )?;
        let rules = log.record(link.record).map(|record| record.rules);
        for rule in rules.iter().flat_map(|rules| rules.iter()) {
            write!(out, "  [{}]", rule.id_str())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::shipped;
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        why: Why,
    }

    fn answer(words: &str) -> Result<String> {
        let words: Vec<&str> = ["why"].into_iter().chain(words.split(' ')).collect();
        let why = Line::try_parse_from(words)?.why;
        let scenario = read(&shipped(why.file.to_str().unwrap()))?;
        let seed = scenario.seed;
        why.answer(&record(scenario, seed)?)
    }

    #[test]
    fn the_second_metre_goes_back_to_the_order_and_to_the_cut() {
        let answer = answer("qos1-puback-lost.mqtt --step 17").unwrap();
        let lines: Vec<&str> = answer.lines().collect();
        assert!(
            lines[0].ends_with("1.000  done: phone-1 publish \"robot/move\" \"forward 1 m\" qos 1"),
            "{answer}"
        );
        let has = |mark: &str, text: &str| {
            lines
                .iter()
                .any(|line| line.contains(mark) && line.contains(text))
        };
        assert!(
            has("missing", "robot-1 -> broker  PUBACK 1 lost"),
            "{answer}"
        );
        assert!(
            has("before", "broker -> robot-1  PUBLISH 1 QoS 1 robot/move"),
            "{answer}"
        );
        assert!(
            has("", "done: cut robot-1 to broker for 2.06 s"),
            "{answer}"
        );
        assert!(
            lines
                .last()
                .unwrap()
                .contains("=>      3.435  robot-1  drives 1 m"),
            "{answer}"
        );
    }

    #[test]
    fn what_did_not_come_has_its_reason_and_the_facts() {
        let answer = answer("qos0-publish-lost.mqtt --missing robot/move --at robot-1").unwrap();
        assert!(
            answer.contains("not delivered: lost on the way to robot-1 at"),
            "{answer}"
        );
        assert!(answer.contains("done: cut robot-1 to broker"), "{answer}");
    }

    #[test]
    fn questions_without_an_answer_say_why() {
        for (words, expected) in [
            ("qos0.mqtt --record 1000", "there is no record 1000"),
            ("qos0.mqtt --step 1000", "the ladder has"),
            (
                "qos0.mqtt --missing a/b --at robot-1",
                "nobody but robot-1 itself",
            ),
            (
                "qos0.mqtt --missing # --at nobody",
                "there is no node `nobody`",
            ),
            (
                "qos0.mqtt --missing a#b --at robot-1",
                "`a#b` is no topic filter",
            ),
        ] {
            let found = answer(words).unwrap_err().to_string();
            assert!(found.contains(expected), "{words}: {found}");
        }
        for words in ["qos0.mqtt", "qos0.mqtt --missing #", "qos0.mqtt --step 0"] {
            assert!(answer(words).is_err(), "{words}");
        }
    }
}
