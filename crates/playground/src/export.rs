//! The run as text: as the list has it, and as a sequence diagram for Mermaid.

use crate::payload::shown;
use crate::story::{Fate, Position, StepKind, Story};
use crate::text::{self as words, Language};
use std::fmt::Write;

/// A longer title is cut.
const TITLE_MAX_CHARS: usize = 200;

/// A form in which a ladder leaves the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// Lines.
    Text,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// A drawing.
    Svg,
    /// A picture.
    Png,
    /// A capture for Wireshark.
    Pcapng,
}

impl Export {
    /// The ending of its files.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Mermaid => "mmd",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pcapng => "pcapng",
        }
    }
}

/// The steps up to `position`, one a line, under the title.
#[must_use]
pub(crate) fn text(language: Language, title: &str, story: &Story, position: Position) -> String {
    let mut text = format!("{}\n\n", shown(title, TITLE_MAX_CHARS));
    for number in 1..=position.step.min(story.steps.len()) {
        let line = words::list_line(language, story, number);
        let _ = writeln!(text, "{number:>4}  {line}");
    }
    text
}

/// The steps up to `position` as a Mermaid sequence diagram.
#[must_use]
pub(crate) fn mermaid(
    language: Language,
    title: &str,
    story: &Story,
    position: Position,
) -> String {
    let mut text = format!("---\ntitle: {}\n---\nsequenceDiagram\n", quoted(title));
    for (lane, number) in story.lanes.iter().zip(0..) {
        let _ = writeln!(
            text,
            "    participant n{number} as {}",
            escaped(&lane.shown)
        );
    }
    let ends = |wire: usize| story.wires.get(wire).map(|it| (it.client, it.broker));
    for step in story.steps.iter().take(position.step) {
        let line = match step.kind {
            StepKind::Packet(flight) => story.flights.get(flight).map(|flight| {
                let is_lost = matches!(flight.fate, Fate::Lost(end) if position.has(end));
                let arrow = if is_lost { "-x" } else { "->>" };
                let detail = words::detail(language, &flight.face.detail);
                let gap = if detail.is_empty() { "" } else { " · " };
                let what = format!("{}{gap}{detail}", flight.face.title());
                format!("n{}{arrow}n{}: {}", flight.from, flight.to, escaped(&what))
            }),
            StepKind::Cut(wire) => ends(wire).map(|(a, b)| {
                format!(
                    "Note over n{a},n{b}: {}",
                    words::LINK_CUT_SHORT.to(language)
                )
            }),
            StepKind::Restored(wire) => ends(wire)
                .map(|(a, b)| format!("Note over n{a},n{b}: {}", words::LINK_UP.to(language))),
            StepKind::Silent(wire) => ends(wire)
                .map(|(a, b)| format!("Note over n{a},n{b}: {}", words::LINK_SILENT.to(language))),
            StepKind::Stalled(wire) => ends(wire)
                .map(|(a, b)| format!("Note over n{a},n{b}: {}", words::LINK_STALLED.to(language))),
            StepKind::Held(wire) => ends(wire)
                .map(|(a, b)| format!("Note over n{a},n{b}: {}", words::LINK_HELD.to(language))),
            StepKind::Released(wire) => ends(wire).map(|(a, b)| {
                format!("Note over n{a},n{b}: {}", words::LINK_RELEASED.to(language))
            }),
            StepKind::Down { lane, crashed } => {
                let what = if crashed {
                    words::CRASHES
                } else {
                    words::LOSES_POWER
                };
                Some(format!("Note over n{lane}: {}", what.to(language)))
            }
            StepKind::Up(lane) => Some(format!(
                "Note over n{lane}: {}",
                words::STARTS_AGAIN.to(language)
            )),
            StepKind::Refused(lane) => Some(format!(
                "Note over n{lane}: {}",
                words::REFUSED.to(language)
            )),
            StepKind::Effect(effect) => story.effects.get(effect).map(|it| {
                format!(
                    "Note over n{}: {}",
                    it.lane,
                    escaped(&shown(&words::effect(language, &it.what), TITLE_MAX_CHARS))
                )
            }),
            // The arrow of what vanished ends in a cross already.
            StepKind::Vanished(_) => None,
        };
        if let Some(line) = line {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// Mermaid ends a statement at `;` and begins an entity with `#`; markup is not to be read as such.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    // It is as it is shown already.
    for letter in text.chars() {
        match letter {
            ';' | '#' | '<' | '>' | '&' | '"' => {
                let _ = write!(escaped, "#{};", u32::from(letter));
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        shown(text, TITLE_MAX_CHARS)
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
    )
}

/// A name for a file: small letters, digits and hyphens.
#[must_use]
pub(crate) fn file_name(title: &str) -> String {
    let mut name = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name: String = name.trim_end_matches('-').chars().take(60).collect();
    if name.is_empty() {
        "mqtt-playground".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_run_is_a_sequence_diagram_up_to_now() {
        let story = fixture::robot_twice();
        let until = |step: usize| {
            mermaid(
                Language::English,
                "The \"robot\"; again",
                &story,
                story.position(step),
            )
        };
        let three = until(3);
        assert!(three.starts_with("---\ntitle: \"The \\\"robot\\\"; again\"\n---\nsequenceDiagram\n    participant n0 as phone-1\n"));
        assert_eq!(three.lines().filter(|line| line.contains("->>")).count(), 3);
        let all = until(story.last_step());
        assert!(
            all.contains("-x") && all.contains("link cut") && all.contains("drives 1 m"),
            "{all}"
        );
        assert!(!three.contains("link cut"));
        let lines = |language| text(language, "T", &story, story.position(story.last_step()));
        let [english, german] = [Language::English, Language::German].map(lines);
        assert_eq!(
            text(Language::English, "T", &story, story.position(2))
                .lines()
                .count(),
            4
        );
        assert!(
            english.contains("link cut") && !german.contains("link cut"),
            "{german}"
        );
        assert!(
            german.contains("PUBLISH 7") && german.contains("0,"),
            "{german}"
        );
    }

    #[test]
    fn names_cannot_break_out_of_the_diagram() {
        assert_eq!(
            escaped("a;b#c<script>\"d\""),
            "a#59;b#35;c#60;script#62;#34;d#34;"
        );
        for (title, name) in [
            (
                "QoS 1: the robot and the lost acknowledgement",
                "qos-1-the-robot-and-the-lost-acknowledgement",
            ),
            ("../../etc", "etc"),
            ("ü", "mqtt-playground"),
        ] {
            assert_eq!(file_name(title), name);
        }
    }
}
