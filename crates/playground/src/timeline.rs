//! The timeline: every step as a mark, where the page stands, and how fast it plays. Steps after now are hollow.

use crate::memo::{Shared, share_all};
use crate::story::{Flight, Position, Role, StepKind, Story};
use crate::text::{self, Language, Phrase};

/// More steps than this are shown in part, around the present.
const MARKS_MAX: usize = 48;
/// That part goes along with the present in strides: most steps move nothing but the present.
const MARKS_STRIDE: usize = 12;

/// What a step is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A packet.
    Packet(Role),
    /// A cut or a refusal.
    Fault,
    /// A link on which packets are held: nothing failed.
    Gate,
    /// A link that works again.
    Link,
    /// A device that does something.
    Act,
    /// The end.
    End,
}

/// A step on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its number, from 1.
    pub step: usize,
    /// What it is; none before it was played.
    pub glyph: Option<Glyph>,
    /// Whether the page stands here.
    pub is_now: bool,
    /// Whether it is selected.
    pub is_selected: bool,
    /// In words; nothing of the future.
    pub sentence: String,
}

/// A stretch of steps with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The first step.
    pub first: usize,
    /// How many steps.
    pub count: usize,
    /// The name.
    pub name: Phrase,
}

/// Where the page stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineView {
    /// The steps.
    pub marks: Vec<Shared<Mark>>,
    /// What stands above them.
    pub phases: Vec<Phase>,
    /// `Step 14 of 22`.
    pub place: String,
    /// Whether it is playing.
    pub is_playing: bool,
    /// Whether it stands before the first step.
    pub is_start: bool,
    /// Whether it stands at the end.
    pub is_end: bool,
    /// The speed: its place in [`SPEEDS`].
    pub speed: usize,
}

/// How fast the run plays: numerator, denominator of real time.
pub const SPEEDS: [(u64, u64); 8] = [
    (1, 200),
    (1, 100),
    (1, 50),
    (1, 20),
    (1, 10),
    (1, 5),
    (1, 2),
    (1, 1),
];
/// One twentieth: a hop of 45 ms takes 900 ms.
pub const SPEED_AT_START: usize = 3;

/// The glyph of a step.
#[must_use]
pub fn glyph(story: &Story, step: usize) -> Glyph {
    match story.step(step).map(|step| step.kind) {
        Some(StepKind::Packet(flight)) => story
            .flights
            .get(flight)
            .map_or(Glyph::End, |flight| Glyph::Packet(flight.face.role)),
        Some(
            StepKind::Vanished(_)
            | StepKind::Cut(_)
            | StepKind::Refused(_)
            | StepKind::Silent(_)
            | StepKind::Stalled(_)
            | StepKind::Down { .. },
        ) => Glyph::Fault,
        Some(StepKind::Held(_)) => Glyph::Gate,
        Some(StepKind::Restored(_) | StepKind::Released(_) | StepKind::Up(_)) => Glyph::Link,
        Some(StepKind::Effect(_)) => Glyph::Act,
        None => Glyph::End,
    }
}

/// The timeline at `position`. Marks that are as they were in `old` are taken over from there.
#[must_use]
pub fn view(
    language: Language,
    story: &Story,
    position: Position,
    selected: usize,
    is_playing: bool,
    speed: usize,
    old: Option<&TimelineView>,
) -> TimelineView {
    let last = story.last_step();
    let first = if last <= MARKS_MAX {
        1
    } else {
        let before = position.step.saturating_sub(MARKS_MAX / 2);
        let stride = before / MARKS_STRIDE * MARKS_STRIDE;
        stride.clamp(1, last + 1 - MARKS_MAX)
    };
    let marks = (first..=last.min(first + MARKS_MAX - 1)).map(|step| {
        let is_past = step <= position.step;
        let glyph = is_past.then(|| glyph(story, step));
        let sentence = text::mark(language, story, step, is_past, step == position.step);
        Mark {
            step,
            glyph,
            is_now: step == position.step,
            is_selected: step == selected && is_past,
            sentence,
        }
    });
    let before = old.map_or(&[][..], |old| &old.marks);
    let same = before.iter().position(|mark| mark.step == first);
    let marks = share_all(marks, same.and_then(|it| before.get(it..)).unwrap_or(&[]));
    let mut phases: Vec<Phase> = phases(story, position.step)
        .into_iter()
        .filter(|phase| phase.first >= first)
        .collect();
    // A name over one step is too narrow to be read: the future gives it room.
    let mut next = position.step + 1;
    if let Some(current) = phases
        .last_mut()
        .filter(|phase| phase.count < 2 && next < last)
    {
        current.count += 1;
        next += 1;
    }
    if position.step > 0 && next < last {
        phases.push(Phase {
            first: next,
            count: last + 1 - next,
            name: text::NOT_PLAYED,
        });
    }
    TimelineView {
        marks,
        phases,
        place: text::place(language, position.step, story.steps.len()),
        is_playing,
        is_start: position.step == 0,
        is_end: position.step >= last,
        speed,
    }
}

/// How the story goes on, in stages that are never gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Connect,
    Publish,
    Deliver,
    Lost,
    Cut,
    Again,
}

/// Names for the stretches up to step `until`.
fn phases(story: &Story, until: usize) -> Vec<Phase> {
    let end = until.min(story.steps.len()) + 1;
    let mut phases: Vec<(Stage, Phase)> = Vec::new();
    for (first, stage) in story.stages().take_while(|(first, _)| *first < end) {
        if let Some((last, phase)) = phases.last_mut() {
            phase.count = first - phase.first;
            // Publishing is over in one step when the broker delivers at once.
            if *last == Stage::Publish && stage == Stage::Deliver && phase.count < 2 {
                *last = stage;
                phase.name = text::PHASE_PUBLISH_DELIVER;
                continue;
            }
        }
        let name = name(stage);
        phases.push((
            stage,
            Phase {
                first,
                count: 1,
                name,
            },
        ));
    }
    if let Some((_, phase)) = phases.last_mut() {
        phase.count = end - phase.first;
    }
    phases.into_iter().map(|(_, phase)| phase).collect()
}

/// The stage that a step reaches, if it is one that reaches a stage.
pub(crate) fn reached(story: &Story, kind: StepKind) -> Option<Stage> {
    match kind {
        StepKind::Packet(flight) => {
            let flight = story.flights.get(flight)?;
            Some(stage_of(story, flight))
        }
        StepKind::Vanished(_) => Some(Stage::Lost),
        StepKind::Cut(_) => Some(Stage::Cut),
        _ => None,
    }
}

fn stage_of(story: &Story, flight: &Flight) -> Stage {
    match flight.face.role {
        Role::Publish if flight.face.dup => Stage::Again,
        Role::Publish if story.is_broker(flight.from) => Stage::Deliver,
        Role::Publish => Stage::Publish,
        // A session taken up again: what follows is the second attempt.
        Role::Acknowledge if flight.repeats => Stage::Again,
        _ => Stage::Connect,
    }
}

const fn name(stage: Stage) -> Phrase {
    match stage {
        Stage::Connect => text::PHASE_CONNECT,
        Stage::Publish => text::PHASE_PUBLISH,
        Stage::Deliver => text::PHASE_DELIVER,
        Stage::Lost => text::PHASE_LOST,
        Stage::Cut => text::PHASE_CUT,
        Stage::Again => text::PHASE_AGAIN,
    }
}
