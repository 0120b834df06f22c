//! What CONNECT says, and what a client asked for with it.

use super::*;
use mqtt_proto::{Expiry, Version};

/// What a client asked for when it connected last, before a packet was sent.
pub(super) fn last_connect<'a>(
    story: &'a Story,
    lane: usize,
    flight: &Flight,
) -> Option<&'a Facts> {
    let before = story.flights.partition_point(|it| it.sent < flight.sent);
    let before = story.flights.get(..before).unwrap_or_default();
    let mut connects = before.iter().rev().filter(|it| it.from == lane);
    connects
        .find(|it| matches!(it.facts, Facts::Connect { .. }))
        .map(|it| &it.facts)
}

/// Whether a client has sent nothing for about as long as its keep alive allows.
pub(super) fn was_quiet(story: &Story, flight: &Flight) -> bool {
    let Some(Facts::Connect { keep_alive, .. }) = last_connect(story, flight.from, flight) else {
        return false;
    };
    let before = story.flights.partition_point(|it| it.sent < flight.sent);
    let before = story.flights.get(..before).unwrap_or_default();
    let last = before.iter().rfind(|it| it.from == flight.from);
    let quiet = last.map_or(flight.sent.at, |it| flight.sent.at - it.sent.at);
    quiet >= u64::from(*keep_alive) * 500_000
}

pub(super) fn say_connect(language: Language, story: &Story, flight: &Flight) -> String {
    let Facts::Connect {
        is_clean,
        flag,
        expiry,
        version,
        ..
    } = &flight.facts
    else {
        return String::new();
    };
    let flag = format!("{flag} {}", u8::from(*is_clean));
    // What begins anew and what is kept is one flag of 3.1.1, and two things in 5.0.
    let lasts = match (version, *expiry) {
        (Version::V311, _) => flag.clone(),
        (Version::V5, Expiry::AT_CLOSE) => "Session Expiry Interval 0".to_owned(),
        (Version::V5, Expiry::NEVER) => tr!(
            language,
            en: "Session Expiry Interval without end".to_owned(),
            de: "Session Expiry Interval ohne Ende".to_owned(),
        ),
        (Version::V5, expiry) => format!("Session Expiry Interval {} s", expiry.as_secs()),
    };
    let who = Actor(language, story, flight.from).at_start();
    let mut earlier = story.flights.iter().take_while(|it| it.sent < flight.sent);
    let was_here = earlier.any(|it| it.from == flight.from && it.face.kind == flight.face.kind);
    match (was_here, *is_clean, expiry.is_at_close()) {
        (true, false, _) => marked!(
            language,
            en: [
                format!("{who} is back and asks to go on with "),
                "its earlier session",
                format!(" ({flag}).")
            ],
            de: [
                format!("{who} ist zurück und will mit "),
                "der früheren Sitzung",
                format!(" weitermachen ({flag}).")
            ],
        ),
        (true, true, _) => marked!(
            language,
            en: [
                format!("{who} is back and asks for "),
                "a fresh start",
                format!(" ({flag}).")
            ],
            de: [
                format!("{who} ist zurück und verlangt "),
                "einen neuen Anfang",
                format!(" ({flag}).")
            ],
        ),
        (false, _, false) => marked!(
            language,
            en: [
                format!("{who} asks for a connection, and that "),
                "its session be kept",
                format!(" while it is away ({lasts}).")
            ],
            de: [
                format!("{who} verlangt eine Verbindung, und dass "),
                "die Sitzung aufbewahrt",
                format!(" wird, auch wenn die Verbindung endet ({lasts}).")
            ],
        ),
        (false, _, true) => marked!(
            language,
            en: [
                format!("{who} asks for a connection with "),
                "a session that ends with it",
                format!(" ({lasts}).")
            ],
            de: [
                format!("{who} verlangt eine Verbindung mit "),
                "einer Sitzung, die mit ihr endet",
                format!(" ({lasts}).")
            ],
        ),
    }
}
