//! The lessons as the home screen lists them.

use sim::Scenario;

/// A lesson with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonCard {
    /// Its number in the curriculum.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// The chapter that it stands in: cards of one chapter follow each other.
    pub chapter: String,
    /// What one can answer afterwards.
    pub question: String,
    /// How long it takes in minutes, all parts together; 0 is not said.
    pub minutes: u16,
    /// Its parts, at least one.
    pub parts: Vec<PartCard>,
}

/// A part of a lesson: one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartCard {
    /// The place of its scenario in the list that was given to [`shelf`].
    pub scenario: usize,
    /// Its letter; none if the lesson has no parts.
    pub letter: Option<char>,
    /// Its title.
    pub title: String,
}

/// The lessons among these scenarios, by number and letter. Scenarios that are no lesson are left out.
///
/// Title, chapter and question are those of the first part that says them.
#[must_use]
pub fn shelf<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Vec<LessonCard> {
    let mut parts: Vec<_> = scenarios
        .into_iter()
        .enumerate()
        .filter_map(|(place, scenario)| Some((scenario.lesson.as_deref()?, place, scenario)))
        .collect();
    parts.sort_by_key(|(lesson, place, _)| (lesson.number, lesson.part, *place));
    parts
        .chunk_by(|(one, ..), (next, ..)| one.number == next.number)
        .filter_map(|those| {
            let (first, ..) = those.first()?;
            let said = |of: fn(&sim::scenario::Lesson) -> &String| {
                those
                    .iter()
                    .map(|(lesson, ..)| of(lesson))
                    .find(|text| !text.is_empty())
                    .cloned()
                    .unwrap_or_default()
            };
            Some(LessonCard {
                number: first.number,
                title: said(|lesson| &lesson.title),
                chapter: said(|lesson| &lesson.chapter),
                question: said(|lesson| &lesson.question),
                minutes: those
                    .iter()
                    .map(|(lesson, ..)| u16::from(lesson.minutes))
                    .sum(),
                parts: those
                    .iter()
                    .map(|(lesson, place, scenario)| PartCard {
                        scenario: *place,
                        letter: lesson.part,
                        title: scenario.title.clone(),
                    })
                    .collect(),
            })
        })
        .collect()
}
