//! Every scenario of the folder: what it expects holds, its ladder is the one beside it, and every place in its run can
//! be reached in any way.

#![allow(clippy::expect_used, clippy::panic)]

use sim::{Cursor, RecordId, Recording, Scenario};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// All scenarios with their runs.
fn runs() -> Vec<(PathBuf, Recording)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mqtt"))
        .collect();
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    assert!(!files.is_empty());
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("it can be read");
            let scenario = Scenario::parse(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let seed = scenario.seed;
            let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
            (file, recording)
        })
        .collect()
}

#[test]
fn what_is_expected_holds_and_the_ladder_is_the_one_beside_it() {
    for (file, recording) in runs() {
        for verdict in recording.verdicts() {
            assert!(
                verdict.met,
                "{}: expected {}, {}",
                file.display(),
                verdict.expectation,
                verdict.found
            );
        }
        let ladder = fs::read_to_string(file.with_extension("ladder")).expect("it can be read");
        let log = recording.log();
        assert_eq!(log.ladder_text(log.end()), ladder, "{}", file.display());
    }
}

/// Places to look at: all of a short run; of a long one those of its beginning and its end, and some between.
fn places(end: Cursor) -> impl Iterator<Item = Cursor> {
    const CLOSE: u32 = 64;
    let apart = (end.0 / 128).max(1);
    (0..=end.0)
        .filter(move |it| *it < CLOSE || *it + CLOSE > end.0 || it.is_multiple_of(apart))
        .map(Cursor)
}

#[test]
fn every_lesson_is_true() {
    for (file, recording) in runs() {
        let scenario = Rc::new(recording.scenario().clone());
        let untrue = sim::prove(&scenario).expect("its names are known");
        assert!(untrue.is_empty(), "{}: {untrue:?}", file.display());
    }
}

#[test]
fn a_scenario_reads_back_as_itself() {
    for (file, recording) in runs() {
        let written = recording.scenario().to_string();
        let again = Scenario::parse(&written).expect("the normal form is readable");
        assert_eq!(&again, recording.scenario(), "{}", file.display());
        assert_eq!(again.to_string(), written, "{}", file.display());
    }
}

#[test]
fn the_same_truth_gives_the_same_log_and_the_same_states() {
    for (first, second) in runs().iter().zip(&runs()) {
        assert_eq!(first.1.log(), second.1.log(), "{}", first.0.display());
        assert_eq!(first.1.state_hashes(), second.1.state_hashes());
        assert_eq!(first.1.log_hashes(), second.1.log_hashes());
    }
}

#[test]
fn seeking_to_a_cursor_equals_stepping_there() {
    for (file, recording) in runs() {
        let states = recording.state_hashes();
        let end = recording.log().end();
        for cursor in places(end) {
            let world = recording.world_at(cursor);
            let events = usize::try_from(world.events()).expect("few");
            assert_eq!(
                Some(&world.state_hash()),
                states.get(events),
                "{} at {cursor:?}",
                file.display()
            );
        }
        // Different places are different states: the hash is of the state, not of nothing.
        let mut distinct = states.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), states.len());
    }
}

#[test]
fn a_fork_that_goes_on_untouched_ends_like_the_original() {
    for (file, recording) in runs() {
        let end = recording.log().end();
        for cursor in places(end) {
            let mut fork = recording.fork(cursor);
            assert!(fork.log().end() >= cursor);
            // A fork of the fork, at half of its past.
            let mut second = fork.fork(Cursor(cursor.0 / 2));
            fork.run_to_end();
            second.run_to_end();
            for other in [&fork, &second] {
                assert_eq!(
                    other.log(),
                    recording.log(),
                    "{} at {cursor:?}",
                    file.display()
                );
                assert_eq!(other.head().state_hash(), recording.head().state_hash());
            }
        }
    }
}

#[test]
fn a_cause_is_older_than_its_effect_and_every_chain_ends_at_a_stimulus() {
    for (file, recording) in runs() {
        let log = recording.log();
        for record in log.records(log.end()) {
            let chain: Vec<RecordId> = log.causes(record.id).map(|cause| cause.id).collect();
            assert!(chain.is_sorted_by(|newer, older| older < newer));
            let root = log.causes(record.id).last().expect("itself at least");
            assert!(
                matches!(root.kind, sim::RecordKind::Stimulus(_)),
                "{}: {record:?} goes back to {root:?}",
                file.display()
            );
        }
    }
}
