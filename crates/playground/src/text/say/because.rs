//! Chains of causes, in a few words for each link.

use super::outage::lost_at;
use super::publish::is_kept_unsent;
use super::*;
use crate::story::{Keeps, Will};

/// A link of the chain of causes in a few words, for the sake of step `of`.
#[must_use]
pub fn because(language: Language, story: &Story, step: usize, of: usize) -> String {
    let is_last = step == of;
    match story.step(step).map(|it| it.kind) {
        Some(StepKind::Packet(flight)) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| {
                because_packet(language, story, flight, is_last)
            }),
        Some(StepKind::Vanished(flight)) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                let title = it.face.title();
                tr!(
                    language,
                    en: format!("{title} vanished on the way."),
                    de: format!("{title} verschwand unterwegs."),
                )
            })
        }
        Some(StepKind::Cut(_)) => {
            let mark = story.step(step).map(|it| it.mark);
            let everything = story.position(of.max(step));
            let lost: Vec<&Flight> = mark
                .map(|mark| lost_at(story, mark, everything).collect())
                .unwrap_or_default();
            match lost.as_slice() {
                [] => tr!(
                    language,
                    en: "The link was cut.".to_owned(),
                    de: "Die Leitung wurde gekappt.".to_owned(),
                ),
                [one] => {
                    let title = one.face.title();
                    let bytes = count(language, one.bytes.len(), BYTES);
                    tr!(
                        language,
                        en: format!("The cut took {title} with it: {bytes} on the wire, gone for good."),
                        de: format!("Mit der Leitung ging {title} verloren: {bytes} unterwegs, endgültig fort."),
                    )
                }
                many => {
                    let packets = count(language, many.len(), PACKETS);
                    tr!(
                        language,
                        en: format!("The cut took {packets} with it."),
                        de: format!("Mit der Leitung gingen {packets} verloren."),
                    )
                }
            }
        }
        Some(StepKind::Restored(_)) => tr!(
            language,
            en: "The link works again.".to_owned(),
            de: "Die Leitung geht wieder.".to_owned(),
        ),
        Some(StepKind::Silent(_)) => tr!(
            language,
            en: "The link fell silent; nobody was told.".to_owned(),
            de: "Die Leitung wurde stumm; niemand erfuhr es.".to_owned(),
        ),
        Some(StepKind::Held(_)) => tr!(
            language,
            en: "What was on the link was held.".to_owned(),
            de: "Was auf der Leitung war, wurde angehalten.".to_owned(),
        ),
        Some(StepKind::Released(_)) => tr!(
            language,
            en: "What was held on the link was released.".to_owned(),
            de: "Was auf der Leitung angehalten war, wurde freigegeben.".to_owned(),
        ),
        Some(StepKind::Stalled(_)) => tr!(
            language,
            en: "An end of the link hardly reads any more.".to_owned(),
            de: "Ein Ende der Leitung liest kaum noch.".to_owned(),
        ),
        Some(StepKind::Down { lane, crashed }) => {
            let who = Actor(language, story, lane).at_start();
            format!("{who} {}.", goes_down(language, crashed))
        }
        Some(StepKind::Up(lane)) => {
            let who = Actor(language, story, lane).at_start();
            format!("{who} {}.", STARTS_AGAIN.to(language))
        }
        Some(StepKind::Refused(lane)) => {
            let name = story.name(lane);
            tr!(
                language,
                en: format!("{name} dialled in vain."),
                de: format!("{name} wählte vergeblich."),
            )
        }
        Some(StepKind::Effect(index)) => story.effects.get(index).map_or_else(String::new, |it| {
            let who = Actor(language, story, it.lane).at_start();
            let what = effect(language, &it.what);
            tr!(
                language,
                en: format!("{who} {what}."),
                de: format!("{who}: {what}."),
            )
        }),
        None => String::new(),
    }
}

fn because_packet(language: Language, story: &Story, flight: &Flight, is_last: bool) -> String {
    let from = Actor(language, story, flight.from);
    let who = from.at_start();
    let id = flight
        .face
        .id
        .map_or_else(String::new, |id| format!(" {id}"));
    let name = flight.face.name;
    let (en, de) = match (&flight.facts, flight.face.kind) {
        (Facts::Publish { .. }, _) if flight.face.dup && flight.repeats => (
            "So the copy goes out again. No timer did this; the reconnect did.".to_owned(),
            "Also geht die Kopie noch einmal hinaus. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup && is_kept_unsent(story, flight) => (
            "So the kept copy goes out. No timer did this; the reconnect did.".to_owned(),
            "Also geht die aufbewahrte Kopie hinaus. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup && keeps(story, flight.from) != Keeps::Copies => (
            format!("{who} sends the message with DUP 1."),
            format!("{who} sendet die Nachricht mit DUP 1."),
        ),
        (Facts::Publish { .. }, _) if flight.face.dup => (
            "So the copy goes out again. A timer did this; the connection never went.".to_owned(),
            "Also geht die Kopie noch einmal hinaus. Das war ein Zeitgeber; die Verbindung war immer da.".to_owned(),
        ),
        (
            Facts::Publish {
                source:
                    Source::Will(Will {
                        is_unannounced: true,
                        ..
                    }),
                ..
            },
            _,
        ) => (
            format!("{who} publishes the will of a connection that ended without a goodbye."),
            format!("{who} veröffentlicht den letzten Willen einer Verbindung, die ohne Abschied endete."),
        ),
        (
            Facts::Publish {
                source: Source::Will(_),
                ..
            },
            _,
        ) => (
            format!("{who} publishes the will of a connection that ended."),
            format!("{who} veröffentlicht den letzten Willen einer Verbindung, die endete."),
        ),
        (
            Facts::Publish {
                source: Source::Retained,
                ..
            },
            _,
        ) => (
            format!("{who} sends what it had retained."),
            format!("{who} sendet die zurückbehaltene Nachricht."),
        ),
        (
            Facts::Publish {
                source: Source::Queue,
                ..
            },
            _,
        ) => (
            format!("{who} sends what waited in the session."),
            format!("{who} sendet, was in der Sitzung wartete."),
        ),
        (Facts::Publish { qos: 0, .. }, _) if story.is_broker(flight.from) => (
            format!("{who} sends the message and keeps no copy for it."),
            format!("{who} sendet die Nachricht und bewahrt dafür keine Kopie auf."),
        ),
        (Facts::Publish { qos: 0, .. }, _) => (
            format!("{who} sends the message and keeps nothing."),
            format!("{who} sendet die Nachricht und bewahrt nichts auf."),
        ),
        (Facts::Publish { .. }, _) => match keeps(story, flight.from) {
            Keeps::Nothing => (
                format!("{who} sends the message and keeps no copy."),
                format!("{who} sendet die Nachricht und bewahrt keine Kopie auf."),
            ),
            Keeps::Copies => (
                format!("{who} sends the message and keeps a copy."),
                format!("{who} sendet die Nachricht und bewahrt eine Kopie auf."),
            ),
            Keeps::Unseen => (
                format!("{who} sends the message."),
                format!("{who} sendet die Nachricht."),
            ),
        },
        (Facts::Connect { is_clean, flag, .. }, _) => {
            let clean = u8::from(*is_clean);
            (
                format!("{who} connects with {flag} {clean}."),
                format!("{who} verbindet sich mit {flag} {clean}."),
            )
        }
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => {
            let to = story.name(flight.to);
            (
                format!("{who} still has the session of {to}."),
                format!("{who} hat die Sitzung von {to} noch."),
            )
        }
        (
            Facts::ConnAck {
                is_accepted: false, ..
            },
            _,
        ) => (
            format!("{who} refuses the connection."),
            format!("{who} lehnt die Verbindung ab."),
        ),
        (Facts::ConnAck { .. }, _) => (
            format!("{who} accepts the connection."),
            format!("{who} nimmt die Verbindung an."),
        ),
        (Facts::Subscribe { .. }, _) => {
            (format!("{who} subscribes."), format!("{who} abonniert."))
        }
        (Facts::SubAck { granted }, _) if granted.iter().all(Option::is_none) => (
            format!("{who} refuses the subscription."),
            format!("{who} lehnt das Abonnement ab."),
        ),
        (Facts::SubAck { .. }, _) => (
            format!("{who} confirms the subscription."),
            format!("{who} bestätigt das Abonnement."),
        ),
        (_, Some(PacketType::Unsubscribe)) => (
            format!("{who} asks to end a subscription."),
            format!("{who} will ein Abonnement beenden."),
        ),
        (_, Some(PacketType::PubRel)) if flight.repeats => (
            "So the exchange goes on where it stopped. No timer did this; the reconnect did.".to_owned(),
            "Also geht der Austausch weiter, wo er stehen blieb. Das war kein Zeitgeber, sondern die neue Verbindung.".to_owned(),
        ),
        (_, Some(PacketType::PingReq)) => (
            format!("{who} shows that it is there."),
            format!("{who} gibt ein Lebenszeichen."),
        ),
        (_, Some(PacketType::PingResp)) => (
            format!("{who} is there, too."),
            format!("{who} ist auch da."),
        ),
        (_, Some(PacketType::Disconnect)) if story.is_broker(flight.from) => (
            format!("{who} ends the connection."),
            format!("{who} beendet die Verbindung."),
        ),
        (_, Some(PacketType::Disconnect)) => (
            format!("{who} takes leave."),
            format!("{who} verabschiedet sich."),
        ),
        (_, None) => (
            format!("{who} sends raw bytes."),
            format!("{who} sendet rohe Bytes."),
        ),
        (_, Some(PacketType::Auth)) => (
            format!("{who} sends {name}."),
            format!("{who} sendet {name}."),
        ),
        _ if is_last => (
            format!("So {} answers with {name}{id}.", from.subject()),
            format!("Also antwortet {} mit {name}{id}.", from.subject()),
        ),
        _ => (
            format!("{who} answers with {name}{id}."),
            format!("{who} antwortet mit {name}{id}."),
        ),
    };
    tr!(language, en: en, de: de)
}
