//! Whether a lesson is true: what it asks, what it calls right and wrong, and what its task wants, held against runs.

use crate::id::Cursor;
use crate::predict;
use crate::recording::Recording;
use crate::scenario::{
    Action, Ask, Beat, BeatKind, Control, Expectation, Lesson, NodeAction, Scenario, Task,
};
use crate::world::WorldError;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use device::script::Interpreter;

/// Everything that is wrong with a scenario's lesson, as sentences; nothing if it is no lesson.
///
/// Its texts and questions must have their moments in the run; right answers must hold and wrong ones must not, each with the
/// misconception behind it; a task must be undone without its solution and done with it, by the controls that it enables.
///
/// # Errors
/// The scenario names what it does not have.
pub fn prove(scenario: &Rc<Scenario>) -> Result<Vec<String>, WorldError> {
    prove_with(scenario, &Interpreter::default())
}

/// As [`prove`], with somebody to run the scripts of its devices.
///
/// # Errors
/// As [`prove`].
pub fn prove_with(
    scenario: &Rc<Scenario>,
    interpreter: &Interpreter,
) -> Result<Vec<String>, WorldError> {
    let Some(lesson) = scenario.lesson.as_deref() else {
        return Ok(Vec::new());
    };
    let mut recording =
        Recording::with_interpreter(Rc::clone(scenario), scenario.seed, interpreter)?;
    recording.run_to_end();
    let mut faults = Vec::new();
    for beat in &lesson.beats {
        prove_beat(&recording, beat, &mut faults);
    }
    if let Some(task) = &lesson.task {
        prove_task(&recording, lesson, task, &mut faults)?;
    }
    Ok(faults)
}

fn prove_beat(recording: &Recording, beat: &Beat, faults: &mut Vec<String>) {
    let Some(place) = recording.place(&beat.when) else {
        faults.push(format!("`{}` never comes", beat.when));
        return;
    };
    let ask = match &beat.kind {
        BeatKind::Say(_) => return,
        BeatKind::Predict(kind) => {
            if predict::question(recording, place.cursor, *kind).is_none() {
                faults.push(format!(
                    "`{}`: there is no `{}` to ask",
                    beat.when,
                    kind.word()
                ));
            }
            return;
        }
        BeatKind::Ask(ask) => ask,
    };
    let mut fault = |text: String| faults.push(format!("question \"{}\": {text}", ask.question));
    let at = match &ask.reveal {
        None => recording.log().end(),
        Some(reveal) => match recording.place(reveal) {
            Some(it) if (it.cursor, it.at) > (place.cursor, place.at) => it.cursor,
            Some(_) => return fault(format!("`{reveal}` is not after `{}`", beat.when)),
            None => return fault(format!("`{reveal}` never comes")),
        },
    };
    prove_ask(recording, ask, place.cursor, at, &mut fault);
}

fn prove_ask(
    recording: &Recording,
    ask: &Ask,
    since: Cursor,
    at: Cursor,
    fault: &mut dyn FnMut(String),
) {
    if ask.answers.iter().all(|answer| answer.is_right) {
        fault("has no wrong answer".to_string());
    }
    if ask.answers.iter().filter(|answer| answer.is_right).count() != 1 {
        fault("has not one right answer".to_string());
    }
    for answer in &ask.answers {
        let verdict = recording.verdict(&answer.claim, since, at);
        if verdict.met != answer.is_right {
            let (is, not) = if answer.is_right {
                ("right", "does not hold")
            } else {
                ("wrong", "holds")
            };
            fault(format!(
                "the answer \"{}\" is to be {is}, but `{}` {not}: {}",
                answer.text, answer.claim, verdict.found
            ));
        }
        if answer.because.is_empty() {
            fault(format!("the answer \"{}\" has no `because`", answer.text));
        }
    }
}

fn prove_task(
    recording: &Recording,
    lesson: &Lesson,
    task: &Task,
    faults: &mut Vec<String>,
) -> Result<(), WorldError> {
    let mut fault = |text: String| faults.push(format!("task of lesson {}: {text}", lesson.number));
    if task.goals.iter().all(|goal| goal.is_kept) {
        fault("has no goal".to_string());
    }
    for planned in &task.solution {
        let control = control_of(&planned.action);
        if !task.controls.contains(&control) {
            fault(format!("`{planned}` needs `enable {}`", control.word()));
        }
    }
    let mut solved = recording.scenario().clone();
    solved.events.extend(task.solution.iter().cloned());
    let (seed, interpreter) = (recording.seed(), recording.interpreter());
    let mut solved = Recording::with_interpreter(Rc::new(solved), seed, interpreter)?;
    solved.run_to_end();
    for goal in &task.goals {
        let before = found(recording, &goal.claim);
        let after = found(&solved, &goal.claim);
        match (goal.is_kept, before.0) {
            (false, true) => fault(format!("`{}` holds without any act", goal.claim)),
            (true, false) => fault(format!(
                "`{}` is to be kept and does not hold: {}",
                goal.claim, before.1
            )),
            _ => {}
        }
        if !after.0 {
            fault(format!(
                "`{}` does not hold with the solution: {}",
                goal.claim, after.1
            ));
        }
        if goal.hint.is_empty() {
            fault(format!("`{}` has no `hint`", goal.claim));
        }
    }
    Ok(())
}

fn found(recording: &Recording, claim: &Expectation) -> (bool, String) {
    let verdict = recording.verdict(claim, Cursor::START, recording.log().end());
    (verdict.met, verdict.found.to_string())
}

/// The control with which a learner does something.
#[must_use]
pub const fn control_of(action: &Action) -> Control {
    match action {
        Action::Cut { .. } | Action::Restore { .. } => Control::Cut,
        Action::Silence { .. } => Control::Silence,
        Action::Lose { .. } | Action::Double { .. } => Control::Lose,
        Action::Stall { .. }
        | Action::Hold { .. }
        | Action::Gate { .. }
        | Action::Pass { .. }
        | Action::Release { .. } => Control::Silence,
        Action::Node { act, .. } => match act {
            // Nobody in a lesson does what the outside does: it comes and goes.
            NodeAction::Connect | NodeAction::Disconnect | NodeAction::Outside(_) => {
                Control::Connect
            }
            NodeAction::Publish { .. } => Control::Publish,
            NodeAction::Subscribe(_) | NodeAction::Unsubscribe { .. } => Control::Subscribe,
            NodeAction::SendRaw(_) => Control::Raw,
            NodeAction::Input(_) | NodeAction::Type { .. } | NodeAction::Interrupt => {
                Control::Touch
            }
            NodeAction::PowerOff { .. } | NodeAction::PowerOn => Control::Power,
            NodeAction::Crash { .. } => Control::Crash,
        },
    }
}
