//! The frame of the page and its start page.

use crate::level::Level;
use crate::route::Place;

/// The heading of the start page.
pub const WELCOME: &str = "See every packet. Break every promise.";
/// What this is.
pub const WELCOME_MORE: &str = "A broker, devices and a network inside this page. Nothing to install, no account, and no network once it has loaded.";
/// The button that takes the last work up again.
pub const CONTINUE: &str = "Continue";
/// A scenario that nobody has opened yet.
pub const NEW: &str = "new";
/// A scenario that was seen to its end.
pub const SEEN: &str = "done";
/// Over the scenarios that are no lesson.
pub const MORE_SCENARIOS: &str = "More scenarios";
/// A card.
pub const TEACH: &str = "Teach with it";
/// What it offers.
pub const TEACH_MORE: &str = "Projector mode shows ladder, map and one sentence, half as large again. B makes the screen dark.";
/// A card.
pub const BREAK: &str = "Break something";
/// What it offers.
pub const BREAK_MORE: &str = "On the map, open the menu of a device, a link or a packet: cut, hold, pull the battery, publish. Every act can be undone.";

/// A button.
pub const PROJECTOR: &str = "Projector mode";
/// What the rail is.
pub const PLACES: &str = "Places";
/// What the brand leads to.
pub const TO_THE_START: &str = "MQTT Playground, start page";
/// What the levels are about.
pub const LEVEL: &str = "How much to show";
/// A link to what the place is for.
pub const SKIP_TO_MAIN: &str = "Skip to the content";
/// A button.
pub const CLOSE: &str = "Close";
/// A button.
pub const UNDO: &str = "Undo";
/// Its keys.
pub const UNDO_KEYS: &str = "Ctrl+Z";
/// A button.
pub const REDO: &str = "Redo";
/// Its keys.
pub const REDO_KEYS: &str = "Ctrl+Shift+Z";
/// The chooser of futures.
pub const FUTURE: &str = "Future";
/// A button, and the heading of what it opens.
pub const HELP: &str = "Keys and help";
/// Its tooltip.
pub const HELP_TITLE: &str = "Keys and help (?)";
/// The element that closes the help.
pub const HELP_CLOSE_ID: &str = "help-close";
/// What the help says besides the keys.
pub const HELP_MORE: &str = "A step of the run is a packet or a fault. What you do on the map happens at the moment that is shown; the run as it was is kept as another future. After a reload you are where you were, with all that you did and answered; other futures are gone.";
/// All keys: what to press, and what it does.
pub const KEYS: &[(&[&str], &str)] = &[
    (&["→", "←"], "one step on, one step back"),
    (&["Space"], "play, pause"),
    (&["Home", "End"], "to the start, to the end"),
    (
        &["Ctrl+.", "Ctrl+,"],
        "next, last packet of the same message",
    ),
    (&["]", "["], "faster, slower"),
    (&["Ctrl+Z", "Ctrl+Shift+Z"], "undo, redo what you did"),
    (&["Tab"], "to the next part of the page"),
    (&["↓", "↑"], "on the map: from node to link to node"),
    (&["Enter"], "on the map: open the menu"),
    (&["Y"], "why: the full chain of causes, or the short one"),
    (&["Alt+←"], "back to where you followed a link of it"),
    (&["B"], "in projector mode: dark screen"),
    (&["Esc"], "put away what is open"),
    (&["?"], "this help"),
];

/// The name of a place.
#[must_use]
pub const fn place_name(place: Place) -> &'static str {
    match place {
        Place::Lessons => "Lessons",
        Place::Play => "Play",
    }
}

/// The name of a level.
#[must_use]
pub const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Start => "Start",
        Level::Study => "Study",
        Level::Lab => "Lab",
    }
}

/// How far a scenario was seen.
#[must_use]
pub fn seen_to(step: usize, of: usize) -> String {
    format!("step {step} of {of}")
}

/// What is said about the work that can be taken up again.
#[must_use]
pub fn paused_at(step: usize, of: usize, acts: usize) -> String {
    let place = match step {
        0 => "Not begun yet".to_owned(),
        _ if step > of => "Seen to its end".to_owned(),
        _ => format!("Paused at step {step} of {of}"),
    };
    if acts == 0 {
        format!("{place}.")
    } else {
        format!("{place}, with {} of yours.", super::count(acts, "act"))
    }
}

/// The address leads nowhere.
#[must_use]
pub fn no_place(fragment: &str) -> String {
    format!("This page has no place called “{fragment}”. You are at the lessons.")
}

/// The address names a scenario that is not there.
#[must_use]
pub fn no_scenario(file: &str) -> String {
    let file: String = file.chars().take(40).collect();
    format!("This page has no scenario called “{file}”. Choose one of these.")
}
