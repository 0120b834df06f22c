//! What happens to links, in sentences.

use super::*;
use crate::story::Mark;

/// A connection that is there lives on: what was sent waited for the link. Else there has to be a new one.
pub(super) fn say_restored(
    language: Language,
    story: &Story,
    wire: usize,
    then: Position,
) -> String {
    let Some(wire) = story.wires.get(wire) else {
        return String::new();
    };
    let name = story.name(wire.client);
    if !story.is_online(wire.client, then) {
        return marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "Nothing is sent again yet",
                ": first there has to be a connection."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Noch wird nichts erneut gesendet",
                ": Zuerst muss es eine Verbindung geben."
            ],
        );
    }
    let ends = [wire.client, wire.broker];
    let mut waiting = story.flying(then);
    if waiting.any(|(_, it)| ends.contains(&it.from) && ends.contains(&it.to)) {
        marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "What waited on it arrives now",
                ": the connection has lived on, and MQTT has nothing to repair."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Was darauf wartete, kommt jetzt an",
                ": Die Verbindung hat weitergelebt, und MQTT hat nichts zu reparieren."
            ],
        )
    } else {
        marked!(
            language,
            en: [
                format!("The link of {name} works again. "),
                "The connection has lived on",
                ", and MQTT has nothing to repair."
            ],
            de: [
                format!("Die Leitung von {name} geht wieder. "),
                "Die Verbindung hat weitergelebt",
                ", und MQTT hat nichts zu reparieren."
            ],
        )
    }
}

pub(super) fn say_cut(
    language: Language,
    story: &Story,
    wire: usize,
    cut: Mark,
    position: Position,
) -> String {
    let ends = story.wires.get(wire).map_or_else(String::new, |it| {
        let ends = [it.client, it.broker].map(|lane| story.name(lane).to_owned());
        and(language, &ends)
    });
    let lost: Vec<String> = lost_at(story, cut, position)
        .map(|flight| flight.face.title())
        .collect();
    let client = story.wires.get(wire).map(|it| it.client);
    let before = Position {
        shown: cut.record,
        ..position
    };
    match lost.as_slice() {
        [] if client.is_some_and(|it| !story.is_online(it, before)) => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                "There was no connection on it",
                "."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                "Es gab darauf keine Verbindung",
                "."
            ],
        ),
        [] => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                "No packet was on it",
                ", but the connection is gone."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                "Kein Paket war darauf",
                ", aber die Verbindung ist fort."
            ],
        ),
        [one] => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                format!("{one} was on it and is gone for good"),
                ": neither end can know what the other one got."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                format!("{one} war darauf und ist endgültig fort"),
                ": Kein Ende kann wissen, was das andere bekommen hat."
            ],
        ),
        many => marked!(
            language,
            en: [
                format!("The link between {ends} is cut. "),
                format!("{} were on it and are gone for good", many.join(", ")),
                ": neither end can know what the other one got."
            ],
            de: [
                format!("Die Leitung zwischen {ends} ist gekappt. "),
                format!("{} waren darauf und sind endgültig fort", many.join(", ")),
                ": Kein Ende kann wissen, was das andere bekommen hat."
            ],
        ),
    }
}

pub(super) fn lost_at(
    story: &Story,
    cut: Mark,
    position: Position,
) -> impl Iterator<Item = &Flight> {
    story
        .flights
        .iter()
        .filter(move |flight| match flight.fate {
            Fate::Lost(mark) => mark.at == cut.at && mark.record > cut.record && position.has(mark),
            Fate::Arrived(_) | Fate::Open => false,
        })
}
