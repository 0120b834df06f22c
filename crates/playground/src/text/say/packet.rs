//! What every packet says.

use super::connect::{say_connect, was_quiet};
use super::publish::{at_most, say_publish};
use super::*;
use crate::story::Wish;

pub(super) fn say_packet(
    language: Language,
    story: &Story,
    flight: &Flight,
    position: Position,
) -> String {
    let (from, to) = (
        Actor(language, story, flight.from),
        Actor(language, story, flight.to),
    );
    let who = from.at_start();
    let id = flight.face.id.map_or_else(String::new, |id| id.to_string());
    let is_lost = matches!(flight.fate, Fate::Lost(mark) if position.has(mark));
    let name = flight.face.name;
    let mut sentence = match (&flight.facts, flight.face.kind) {
        (Facts::Connect { .. }, _) => say_connect(language, story, flight),
        (
            Facts::ConnAck {
                is_accepted: false, ..
            },
            _,
        ) => marked!(
            language,
            en: [format!("{who} "), "refuses", format!(" the connection of {}.", to.owner())],
            de: [
                format!("{who} "),
                "lehnt",
                format!(" die Verbindung von {} ab.", to.owner())
            ],
        ),
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => marked!(
            language,
            en: [
                format!("{who} accepts and says that "),
                "the session is still there",
                format!(": the subscriptions of {} go on, if it had any.", to.owner())
            ],
            de: [
                format!("{who} nimmt an und sagt, "),
                "dass die Sitzung noch da ist",
                format!(": Die Abonnements von {} gelten noch, falls es welche gab.", to.owner())
            ],
        ),
        (Facts::ConnAck { .. }, _) => marked!(
            language,
            en: [
                format!("{who} accepts. "),
                format!("The session of {} is new", to.owner()),
                ": nothing is left of an earlier one."
            ],
            de: [
                format!("{who} nimmt an. "),
                format!("Die Sitzung von {} ist neu", to.owner()),
                ": Von einer früheren ist nichts übrig."
            ],
        ),
        (Facts::Subscribe { filters }, _) => {
            let is_plain = |it: &Wish| it.share.is_none() && !it.no_local;
            let wishes = filters.iter();
            if filters.iter().all(is_plain) {
                let wishes =
                    wishes.map(|it| format!("{}, {}", it.filter, at_most(language, it.qos)));
                let wishes = wishes.collect::<Vec<_>>().join("; ");
                marked!(
                    language,
                    en: [format!("{who} asks for every message on "), wishes, "."],
                    de: [format!("{who} verlangt jede Nachricht auf "), wishes, "."],
                )
            } else {
                let wishes: Vec<String> = wishes.map(|it| wish(language, it)).collect();
                let wishes = and(language, &wishes);
                marked!(
                    language,
                    en: [format!("{who} asks for "), wishes, "."],
                    de: [format!("{who} verlangt "), wishes, "."],
                )
            }
        }
        (Facts::SubAck { granted }, _) => {
            let codes = granted.iter().map(|it| {
                it.map_or_else(
                    || tr!(language, en: "a refusal".to_owned(), de: "nichts".to_owned()),
                    |qos| format!("QoS {qos}"),
                )
            });
            let codes = codes.collect::<Vec<_>>().join(", ");
            marked!(
                language,
                en: [format!("{who} answers subscription {id}: it grants "), codes, "."],
                de: [
                    format!("{who} beantwortet das Abonnement {id} und gewährt "),
                    codes,
                    "."
                ],
            )
        }
        (Facts::Publish { .. }, _) => say_publish(language, story, flight, &id),
        (
            Facts::Reason {
                text,
                is_failure: true,
            },
            Some(
                PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp,
            ),
        ) => marked!(
            language,
            en: [format!("{who} answers {name} {id}: "), text, "."],
            de: [format!("{who} antwortet mit {name} {id}: "), text, "."],
        ),
        // Where nothing was kept there is nothing to forget.
        (_, Some(PacketType::PubAck)) if keeps(story, flight.to) == Keeps::Nothing => marked!(
            language,
            en: [
                format!("{who} acknowledges packet {id}. When this arrives, "),
                format!("{} knows that it has got there", to.subject()),
                "."
            ],
            de: [
                format!("{who} bestätigt Paket {id}. Wenn das ankommt, "),
                format!("weiß {}, dass es angekommen ist", to.subject()),
                "."
            ],
        ),
        (_, Some(PacketType::PubAck)) => marked!(
            language,
            en: [
                format!("{who} acknowledges packet {id}. "),
                format!("When this arrives, {} may forget the message", to.subject()),
                "."
            ],
            de: [
                format!("{who} bestätigt Paket {id}. "),
                format!("Wenn das ankommt, darf {} die Nachricht vergessen", to.subject()),
                "."
            ],
        ),
        (_, Some(PacketType::PubRec)) => marked!(
            language,
            en: [
                format!("{who} has taken packet {id} and "),
                "remembers the id",
                ": it would recognise a copy and not deliver it again."
            ],
            de: [
                format!("{who} hat Paket {id} angenommen und "),
                "merkt sich die ID",
                ": Eine Kopie würde erkannt und nicht noch einmal zugestellt."
            ],
        ),
        (_, Some(PacketType::PubRel)) if flight.repeats => marked!(
            language,
            en: [
                format!("{who} takes up the exchange where it stopped: "),
                format!("PUBREL for id {id} is sent again"),
                ", the message itself is not sent again."
            ],
            de: [
                format!("{who} setzt den Austausch fort, wo er stehen blieb: "),
                format!("PUBREL für ID {id} wird noch einmal gesendet"),
                ", die Nachricht selbst wird nicht noch einmal gesendet."
            ],
        ),
        (_, Some(PacketType::PubRel)) => marked!(
            language,
            en: [
                format!("{who} has dropped the message, and PUBREL says that "),
                format!("{} may forget id {id}", to.subject()),
                ": it is free once PUBCOMP is back."
            ],
            de: [
                format!("{who} hat die Nachricht verworfen, und PUBREL sagt: "),
                format!("{} darf ID {id} vergessen", to.subject()),
                ". Frei ist sie, wenn PUBCOMP zurück ist."
            ],
        ),
        (_, Some(PacketType::PubComp)) => marked!(
            language,
            en: [
                format!("{who} has forgotten id {id}. When this arrives, "),
                "the exchange is complete",
                format!(" and {} may use the id anew.", to.subject())
            ],
            de: [
                format!("{who} hat ID {id} vergessen. Wenn das ankommt, "),
                "ist der Austausch vollständig",
                format!(", und {} darf die ID neu verwenden.", to.subject())
            ],
        ),
        (_, Some(PacketType::PingReq)) if !was_quiet(story, flight) => marked!(
            language,
            en: [format!("{who} "), "shows that it is there", "."],
            de: [format!("{who} "), "gibt ein Lebenszeichen", "."],
        ),
        (_, Some(PacketType::PingReq)) => marked!(
            language,
            en: [
                format!("{who} has had nothing to say for a while and "),
                "shows that it is there",
                "."
            ],
            de: [
                format!("{who} hatte eine Weile nichts zu sagen und "),
                "gibt ein Lebenszeichen",
                "."
            ],
        ),
        (_, Some(PacketType::PingResp)) => marked!(
            language,
            en: [format!("{who} "), "is there too", "."],
            de: [format!("{who} "), "ist auch da", "."],
        ),
        (_, Some(PacketType::Disconnect)) if story.is_broker(flight.from) => marked!(
            language,
            en: [format!("{who} "), "ends the connection", "."],
            de: [format!("{who} "), "beendet die Verbindung", "."],
        ),
        (Facts::Goodbye { deletes_will }, _) if position.has(*deletes_will) => marked!(
            language,
            en: [
                format!("{who} "),
                "takes leave",
                ": the broker deletes its will unpublished."
            ],
            de: [
                format!("{who} "),
                "verabschiedet sich",
                ": Der Broker löscht den letzten Willen, ohne ihn zu veröffentlichen."
            ],
        ),
        (_, Some(PacketType::Disconnect)) => marked!(
            language,
            en: [
                format!("{who} "),
                "takes leave",
                ": the connection ends in good order."
            ],
            de: [
                format!("{who} "),
                "verabschiedet sich",
                ": Die Verbindung endet ordentlich."
            ],
        ),
        _ => tr!(
            language,
            en: format!("{who} sends {name} to {}.", to.object()),
            de: format!("{who} sendet {name} an {}.", to.object()),
        ),
    };
    if let Facts::Reason { text, is_failure } = &flight.facts
        && (!is_failure || flight.face.kind == Some(PacketType::Disconnect))
    {
        sentence.push_str(&tr!(
            language,
            en: format!(" The reason: {text}."),
            de: format!(" Der Grund: {text}."),
        ));
    }
    if is_lost && flight.exchange.is_some_and(|it| it < story.exchanges.len()) {
        sentence.push_str(tr!(
            language,
            en: " It was lost on the way.",
            de: " Das Paket ging unterwegs verloren.",
        ));
    }
    sentence
}

/// What a subscription asks for: of a shared one each member gets a part.
fn wish(language: Language, wish: &Wish) -> String {
    let Wish { filter, .. } = wish;
    let at_most = at_most(language, wish.qos);
    let mut text = match &wish.share {
        Some(group) => tr!(
            language,
            en: format!("its share of the messages on {filter}, as one of the group {group}, {at_most}"),
            de: format!("einen Anteil der Nachrichten auf {filter}, als Mitglied der Gruppe {group}, {at_most}"),
        ),
        None => tr!(
            language,
            en: format!("every message on {filter}, {at_most}"),
            de: format!("jede Nachricht auf {filter}, {at_most}"),
        ),
    };
    if wish.no_local {
        text.push_str(tr!(
            language,
            en: ", but not its own (No Local)",
            de: ", außer den eigenen (No Local)",
        ));
    }
    text
}
