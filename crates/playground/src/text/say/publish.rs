//! What PUBLISH says.

use super::connect::last_connect;
use super::*;
use crate::story::{Keeps, Will};
use mqtt_proto::Version;

pub(super) fn at_most(language: Language, qos: u8) -> String {
    tr!(
        language,
        en: format!("delivered at QoS {qos} at most"),
        de: format!("zugestellt mit höchstens QoS {qos}"),
    )
}

pub(super) fn say_publish(language: Language, story: &Story, flight: &Flight, id: &str) -> String {
    let Facts::Publish {
        qos, topic, source, ..
    } = &flight.facts
    else {
        return String::new();
    };
    let who = Actor(language, story, flight.from).at_start();
    let to = Actor(language, story, flight.to);
    let answer = if *qos == 2 { "PUBREC" } else { "PUBACK" };
    if flight.face.dup && is_kept_unsent(story, flight) {
        return marked!(
            language,
            en: [
                format!("{who} sends "),
                "what it had kept, with DUP 1",
                format!(
                    ": it cannot know whether packet {id} went out before, and no {answer} has come."
                )
            ],
            de: [
                format!("{who} sendet, "),
                "was aufbewahrt war, mit DUP 1",
                format!(
                    ": Ob Paket {id} schon hinausging, ist nicht zu wissen, und ein {answer} ist nicht gekommen."
                )
            ],
        );
    }
    if flight.face.dup {
        return marked!(
            language,
            en: [
                format!("{who} sends "),
                "the same message again",
                format!(
                    ": it never got the {answer} for packet {id}, so it cannot know that the message arrived."
                )
            ],
            de: [
                format!("{who} sendet "),
                "dieselbe Nachricht noch einmal",
                format!(
                    ": Das {answer} für Paket {id} ist nie gekommen, also ist nicht zu wissen, ob die Nachricht angekommen ist."
                )
            ],
        );
    }
    if *qos == 0 {
        return say_at_most_once(language, story, flight, topic, *source);
    }
    let what = match source {
        _ if !story.is_broker(flight.from) => tr!(
            language,
            en: format!("{who} sends the message on {topic} to {} as packet {id} and ", to.object()),
            de: format!("{who} sendet die Nachricht auf {topic} als Paket {id} an {} und ", to.object()),
        ),
        Source::Client => tr!(
            language,
            en: format!("{who} passes the message on to {} as its own packet {id} and ", to.object()),
            de: format!("{who} gibt die Nachricht als eigenes Paket {id} an {} weiter und ", to.object()),
        ),
        Source::Retained => tr!(
            language,
            en: format!(
                "{who} had retained a message on {topic}. It goes to {} as packet {id}, and the broker ",
                to.object()
            ),
            de: format!(
                "{who} hatte eine Nachricht auf {topic} zurückbehalten. Sie geht als Paket {id} an {}, und der Broker ",
                to.object()
            ),
        ),
        Source::Queue => {
            let (of, until) = (to.owner(), made_room(language, story, flight));
            tr!(
                language,
                en: format!(
                    "{who} had a message on {topic} waiting in the session of {of}{until}. It goes out as packet {id}, and the broker "
                ),
                de: format!(
                    "{who} hatte eine Nachricht auf {topic}, die in der Sitzung von {of} wartete{until}. Sie geht als Paket {id} hinaus, und der Broker "
                ),
            )
        }
        Source::Will(whose) => {
            let (why, to) = (end_of_will(language, story, *whose), to.object());
            tr!(
                language,
                en: format!(
                    "{who} publishes a will: {why}. It goes to {to} on {topic} as packet {id}, and the broker "
                ),
                de: format!(
                    "{who} veröffentlicht einen letzten Willen: {why}. Er geht auf {topic} als Paket {id} an {to}, und der Broker "
                ),
            )
        }
    };
    match keeps(story, flight.from) {
        Keeps::Copies => marked!(
            language,
            en: [what, "keeps a copy", format!(" until {answer} {id} arrives.")],
            de: [what, "bewahrt eine Kopie auf", format!(", bis {answer} {id} ankommt.")],
        ),
        Keeps::Nothing => marked!(
            language,
            en: [
                what,
                "keeps no copy",
                ": its library could not send this packet again."
            ],
            de: [
                what,
                "bewahrt keine Kopie auf",
                ": Diese Bibliothek könnte das Paket nicht noch einmal senden."
            ],
        ),
        Keeps::Unseen => marked!(
            language,
            en: [
                what,
                format!("waits for {answer} {id}"),
                "; what its script keeps cannot be seen from here."
            ],
            de: [
                what,
                format!("wartet auf {answer} {id}"),
                "; was sein Skript aufbewahrt, ist hier nicht zu sehen."
            ],
        ),
    }
}

/// Whether a machine sends what it kept and of which no packet has gone out: it was to be sent when the sender went down or
/// its connection ended.
pub(super) fn is_kept_unsent(story: &Story, flight: &Flight) -> bool {
    let exchange = flight.exchange.and_then(|it| story.exchanges.get(it));
    let first = exchange.and_then(|it| it.flights.first());
    let first = first.and_then(|it| story.flights.get(*it));
    let is_first = first.is_some_and(|it| it.step == flight.step);
    is_first && keeps(story, flight.from) == Keeps::Copies
}

/// At QoS 0 a copy goes out once, whatever else the broker keeps.
fn say_at_most_once(
    language: Language,
    story: &Story,
    flight: &Flight,
    topic: &str,
    source: Source,
) -> String {
    let who = Actor(language, story, flight.from).at_start();
    let to = Actor(language, story, flight.to).object();
    match source {
        _ if !story.is_broker(flight.from) => marked!(
            language,
            en: [
                format!("{who} sends the message on {topic} to {to} "),
                "once and keeps nothing",
                ": QoS 0 has no acknowledgement."
            ],
            de: [
                format!("{who} sendet die Nachricht auf {topic} an {to}, "),
                "einmal, und bewahrt nichts auf",
                ": QoS 0 hat keine Bestätigung."
            ],
        ),
        Source::Client | Source::Queue => marked!(
            language,
            en: [
                format!("{who} sends the message on {topic} to {to} "),
                "once and keeps no copy for it",
                ": QoS 0 has no acknowledgement."
            ],
            de: [
                format!("{who} sendet die Nachricht auf {topic} an {to}, "),
                "einmal, und bewahrt dafür keine Kopie auf",
                ": QoS 0 hat keine Bestätigung."
            ],
        ),
        Source::Retained => marked!(
            language,
            en: [
                format!("{who} had retained a message on {topic} and sends it to {to}, "),
                "once, at QoS 0",
                "; it stays retained."
            ],
            de: [
                format!("{who} hatte eine Nachricht auf {topic} zurückbehalten und sendet sie "),
                format!("einmal an {to}, mit QoS 0"),
                "; sie bleibt zurückbehalten."
            ],
        ),
        Source::Will(whose) => {
            let why = end_of_will(language, story, whose);
            marked!(
                language,
                en: [
                    format!("{who} publishes a will: {why}. It goes to {to} on {topic}, "),
                    "once",
                    ": QoS 0 has no acknowledgement."
                ],
                de: [
                    format!("{who} veröffentlicht einen letzten Willen: {why}. Er geht auf {topic} an {to}, "),
                    "einmal",
                    ": QoS 0 hat keine Bestätigung."
                ],
            )
        }
    }
}

/// What made a will due. Its client may long be back: it is the connection that is over.
fn end_of_will(language: Language, story: &Story, Will { of, is_unannounced }: Will) -> String {
    let name = story.name(of);
    match is_unannounced {
        true => tr!(
            language,
            en: format!("the connection of {name} that brought it ended without a goodbye"),
            de: format!("Die Verbindung von {name}, die ihn mitbrachte, endete ohne Abschied"),
        ),
        false => tr!(
            language,
            en: format!("the connection of {name} that brought it has ended"),
            de: format!("Die Verbindung von {name}, die ihn mitbrachte, ist beendet"),
        ),
    }
}

/// What made room for a message that waited: the acknowledgement of an earlier one, if it was that.
fn made_room(language: Language, story: &Story, flight: &Flight) -> String {
    let cause = story.step(flight.step).and_then(|step| step.cause);
    let ack = cause.and_then(|step| story.flight_of(step));
    let ack = ack.map(|(_, ack)| ack).filter(|ack| {
        let ends = [PacketType::PubAck, PacketType::PubRec, PacketType::PubComp];
        ack.from == flight.to && ack.face.kind.is_some_and(|kind| ends.contains(&kind))
    });
    let Some(ack) = ack else {
        return String::new();
    };
    let limit = match last_connect(story, flight.to, flight) {
        Some(Facts::Connect {
            version: Version::V5,
            ..
        }) => " (Receive Maximum)",
        _ => "",
    };
    let name = ack.face.name;
    tr!(
        language,
        en: format!(" until {name} made room{limit}"),
        de: format!(", bis {name} Platz machte{limit}"),
    )
}
