//! The answers to "why?" and "why not?", in words.

use super::{Language, Phrase, clock, done};
use crate::payload::shown;
use crate::story::Story;
use mqtt_broker::{NoCopy, Note as BrokerNote, SessionEnd, Wait};
use mqtt_proto::{DropReason, Note as ProtocolNote};
use sim::record::{Closing, Loss};
use sim::why::{Reason, WhyNot};
use sim::{FlightId, Log, NodeId, Note, RecordId, RecordKind};

/// The heading of the chain; it takes the keyboard when something is asked.
pub const WHY_ID: &str = "h-why";
/// The heading of the chain for the step in view.
pub const BECAUSE: Phrase = Phrase {
    en: "Because",
    de: "Warum",
};
/// A button.
pub const WHY: Phrase = Phrase {
    en: "Why?",
    de: "Warum?",
};
/// What the button does.
pub const WHY_TITLE: Phrase = Phrase {
    en: "Show the full chain of causes (Y)",
    de: "Die ganze Kette der Ursachen zeigen (Y)",
};
/// A button: back to where a link was followed.
pub const WHY_BACK: Phrase = Phrase {
    en: "Back",
    de: "Zurück",
};
/// What it does.
pub const WHY_BACK_TITLE: Phrase = Phrase {
    en: "Back to where you followed a link (Alt+Left)",
    de: "Zurück dorthin, wo der Verweis stand (Alt+Links)",
};
/// The heading of other questions.
pub const WHY_MORE: Phrase = Phrase {
    en: "Ask something else",
    de: "Etwas anderes fragen",
};
/// A button: asks about the step in view again.
pub const WHY_THIS_STEP: Phrase = Phrase {
    en: "About this step again",
    de: "Wieder zu diesem Schritt",
};
/// The heading of those who have not got the message.
pub const WHY_NOT: Phrase = Phrase {
    en: "Why not?",
    de: "Warum nicht?",
};
/// What is missing in a chain.
pub const WHY_MISSING: Phrase = Phrase {
    en: "lost",
    de: "verloren",
};

/// A step as a link.
#[must_use]
pub fn step_link(language: Language, step: usize) -> String {
    match language {
        Language::English => format!("Step {step}"),
        Language::German => format!("Schritt {step}"),
    }
}

/// Links that the short chain leaves out.
#[must_use]
pub fn more_causes(language: Language, left_out: usize) -> String {
    match (language, left_out) {
        (Language::English, 1) => "1 more step behind it".to_owned(),
        (Language::English, more) => format!("{more} more steps behind it"),
        (Language::German, 1) => "1 weiterer Schritt dahinter".to_owned(),
        (Language::German, more) => format!("{more} weitere Schritte dahinter"),
    }
}

/// Links that even the full chain leaves out.
#[must_use]
pub fn older_causes(language: Language, left_out: usize) -> String {
    match language {
        Language::English if left_out == 1 => "1 older cause left out".to_owned(),
        Language::English => format!("{left_out} older causes left out"),
        Language::German if left_out == 1 => "1 ältere Ursache ausgelassen".to_owned(),
        Language::German => format!("{left_out} ältere Ursachen ausgelassen"),
    }
}

const QUOTED_MAX_CHARS: usize = 24;

fn quoted(language: Language, payload: &[u8]) -> String {
    let (open, close, bytes) = match language {
        Language::English => ('“', '”', "bytes"),
        Language::German => ('„', '“', "Bytes"),
    };
    match core::str::from_utf8(payload) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => {
            let short = shown(text, QUOTED_MAX_CHARS);
            format!("{open}{short}{close}")
        }
        _ => format!("{} {bytes}", payload.len()),
    }
}

/// Asks about a message that an application got more than once.
#[must_use]
pub fn why_again(language: Language, who: &str, payload: &[u8], times: usize) -> String {
    let message = quoted(language, payload);
    match language {
        Language::English => format!("{who} got {message} {times} times. Why?"),
        Language::German => format!("{who} hat {message} {times}-mal bekommen. Warum?"),
    }
}

/// What no record of a run says: nobody told the device to come back.
#[must_use]
pub fn stays_away(language: Language, who: &str) -> String {
    match language {
        Language::English => format!(
            "And {who} has no strategy for coming back: it connects when it is told to, and not again by itself."
        ),
        Language::German => format!(
            "Und {who} hat keine Strategie zum Wiederverbinden: Es verbindet sich, wenn man es ihm sagt, und von selbst nicht wieder."
        ),
    }
}

/// Asks about what a device did last.
#[must_use]
pub fn why_output(language: Language, who: &str, effect: &str) -> String {
    match language {
        Language::English => format!("{who}: {effect}. Why?"),
        Language::German => format!("{who}: {effect}. Warum?"),
    }
}

/// Asks about a client without a connection.
#[must_use]
pub fn why_offline(language: Language, who: &str) -> String {
    match language {
        Language::English => format!("{who} has no connection. Why?"),
        Language::German => format!("{who} hat keine Verbindung. Warum?"),
    }
}

/// Clients that never asked for a message.
#[must_use]
pub fn not_subscribed(language: Language, names: &[&str]) -> String {
    let names = names.join(", ");
    match language {
        Language::English => format!("Not subscribed to this topic: {names}."),
        Language::German => format!("Dieses Topic hat nicht abonniert: {names}."),
    }
}

/// A link of the full chain, as `(step, of)`: the step at which it is seen, and the one that is explained. None for what
/// only repeats its neighbour.
#[must_use]
pub(crate) fn cause(
    language: Language,
    log: &Log,
    story: &Story,
    id: RecordId,
    (step, of): (usize, usize),
) -> Option<String> {
    use Language::{English, German};
    let record = log.record(id)?;
    let who = record.node.map_or("", |node| log.name(node));
    let title = |flight: FlightId| {
        let found = story
            .flights
            .iter()
            .find(|it| u32::try_from(it.sent.record) == Ok(flight.0.0));
        found.map_or_else(String::new, |it| it.face.title())
    };
    let client = |client: Option<NodeId>| client.map_or("?", |client| log.name(client));
    Some(match &record.kind {
        kind if kind.is_step() => super::because(language, story, step, of),
        RecordKind::Stimulus(action) => {
            let what = crate::payload::name(&done(language, action));
            match language {
                English => format!("Somebody did this: {what}."),
                German => format!("Das hat jemand getan: {what}."),
            }
        }
        RecordKind::Arrived { flight } => match language {
            English => format!("{} arrives at {who}.", title(*flight)),
            German => format!("{} kommt bei {who} an.", title(*flight)),
        },
        RecordKind::Lost { flight, why } => {
            let title = title(*flight);
            match (language, why) {
                (English, Loss::LinkCut) => {
                    format!("{title} is lost: the link was cut under it.")
                }
                (English, Loss::ConnectionGone) => {
                    format!("{title} is lost: its connection was gone.")
                }
                (English, Loss::NodeDown) => format!("{title} is lost: nobody was there."),
                (English, Loss::Vanished) => format!("{title} vanishes on the way."),
                (German, Loss::LinkCut) => {
                    format!("{title} ist verloren: Die Leitung wurde darunter gekappt.")
                }
                (German, Loss::ConnectionGone) => {
                    format!("{title} ist verloren: Seine Verbindung war weg.")
                }
                (German, Loss::NodeDown) => format!("{title} ist verloren: Niemand war da."),
                (German, Loss::Vanished) => format!("{title} verschwindet unterwegs."),
            }
        }
        RecordKind::Delivered(message) => {
            let message = quoted(language, &message.payload);
            match language {
                English => format!("{who} hands {message} to its program: delivered."),
                German => format!("{who} gibt {message} an sein Programm: zugestellt."),
            }
        }
        RecordKind::ConnectionOpened { client, server, .. } => {
            let (client, server) = (log.name(*client), log.name(*server));
            match language {
                English => format!("{client} has a connection to {server}."),
                German => format!("{client} hat eine Verbindung zu {server}."),
            }
        }
        RecordKind::ConnectionClosed { client, why, .. } => {
            let (other, client) = (who, log.name(*client));
            match (language, why) {
                (English, Closing::LinkCut) => {
                    format!("{other} sees the connection of {client} end: the link is cut.")
                }
                (English, Closing::ByNode) => format!("{other} closes the connection of {client}."),
                (English, Closing::ByPeer) => {
                    format!("{other} sees that the other end closed the connection of {client}.")
                }
                (English, Closing::NodeDown) => {
                    format!("The connection of {client} ends: {other} has stopped.")
                }
                (German, Closing::LinkCut) => {
                    format!(
                        "{other} sieht die Verbindung von {client} enden: Die Leitung ist gekappt."
                    )
                }
                (German, Closing::ByNode) => {
                    format!("{other} schließt die Verbindung von {client}.")
                }
                (German, Closing::ByPeer) => {
                    format!(
                        "{other} sieht, dass die Gegenseite die Verbindung von {client} geschlossen hat."
                    )
                }
                (German, Closing::NodeDown) => {
                    format!("Die Verbindung von {client} endet: {other} steht still.")
                }
            }
        }
        RecordKind::SessionStarted { client: it } => match language {
            English => format!("The broker makes a session for {}.", client(*it)),
            German => format!("Der Broker legt eine Sitzung für {} an.", client(*it)),
        },
        RecordKind::SessionResumed { client: it } => match language {
            English => format!("The broker finds the session of {}.", client(*it)),
            German => format!("Der Broker findet die Sitzung von {}.", client(*it)),
        },
        RecordKind::SessionEnded { client: it } => match language {
            English => format!("The broker throws the session of {} away.", client(*it)),
            German => format!("Der Broker verwirft die Sitzung von {}.", client(*it)),
        },
        RecordKind::Note(note) => say_note(language, note, who)?,
        _ => return None,
    })
}

/// What a machine says; none where it only announces the packet that follows.
fn say_note(language: Language, note: &Note, who: &str) -> Option<String> {
    use Language::{English, German};
    if let Some(ProtocolNote::Duty(_)) = note.protocol() {
        return None;
    }
    if language == English {
        return Some(format!("{who}: {note}."));
    }
    let said = match (note.protocol(), note.broker()) {
        (Some(ProtocolNote::SessionStarted), _) => "neue Sitzung".to_owned(),
        (
            Some(ProtocolNote::SessionResumed {
                publishes,
                releases,
            }),
            _,
        ) => format!(
            "Sitzung fortgesetzt, {publishes} PUBLISH und {releases} PUBREL sind erneut zu senden"
        ),
        (Some(ProtocolNote::SessionDiscarded { exchanges, .. }), _) => {
            format!("Sitzung verworfen, mit {exchanges} offenen Nachrichten")
        }
        (Some(ProtocolNote::MessageQueued { .. }), _) => "Nachricht wartet".to_owned(),
        (Some(ProtocolNote::MessageKept { id, .. }), _) => {
            format!("Nachricht {id} aufbewahrt, bis sie bestätigt ist")
        }
        (Some(ProtocolNote::MessageReleased { id }), _) => {
            format!("Nachricht {id} freigegeben, ihre ID noch belegt")
        }
        (Some(ProtocolNote::IdFreed { id, .. }), _) => format!("ID {id} frei"),
        (Some(ProtocolNote::IdRemembered { id }), _) => format!("ID {id} gemerkt bis PUBREL"),
        (Some(ProtocolNote::IdForgotten { id }), _) => format!("ID {id} vergessen"),
        (Some(ProtocolNote::DuplicateSuppressed { id }), _) => {
            format!("Wiederholung von {id} erkannt und nicht zugestellt")
        }
        (Some(ProtocolNote::PingSent), _) => "Keep Alive ist fällig".to_owned(),
        (_, Some(BrokerNote::Subscribed { filter, qos, .. })) => {
            format!("Abonnement {filter} eingetragen, QoS {}", qos.bits())
        }
        (_, Some(BrokerNote::SubscriptionRefused { filter, reason })) => {
            format!("Abonnement {filter} abgelehnt: {reason}")
        }
        (_, Some(BrokerNote::Unsubscribed { filter })) => {
            format!("Abonnement {filter} beendet")
        }
        (_, Some(BrokerNote::RetainedKept { topic, .. })) => {
            format!("{topic}: Nachricht zurückbehalten (retained)")
        }
        (_, Some(BrokerNote::RetainedCleared { topic })) => {
            format!("{topic}: zurückbehaltene Nachricht gelöscht")
        }
        (_, Some(BrokerNote::RetainedExpired { topic })) => {
            format!("{topic}: zurückbehaltene Nachricht abgelaufen")
        }
        (_, Some(BrokerNote::Routed { topic, copies, .. })) => {
            format!("{topic}: geht an {copies} Abonnenten")
        }
        (_, Some(BrokerNote::WillPublished { topic, .. })) => {
            format!("letzter Wille (Will) auf {topic} veröffentlicht")
        }
        (_, Some(BrokerNote::SessionEnded { client_id, why })) => {
            format!(
                "Sitzung von {client_id} beendet, {}",
                session_end(German, *why)
            )
        }
        (_, Some(BrokerNote::NoCopy { client_id, why, .. })) => {
            format!("keine Kopie für {client_id}: {}", no_copy(German, *why))
        }
        (
            _,
            Some(BrokerNote::CopyWaits {
                client_id, what, ..
            }),
        ) => match what {
            Wait::Client => format!("Kopie für {client_id} wartet: nicht verbunden"),
            Wait::SlowConnection => {
                format!("Kopie für {client_id} zurückgehalten: Die Verbindung ist langsam")
            }
        },
        // Seldom a cause: in the simulator's own words.
        _ => note.to_string(),
    };
    Some(format!("{who}: {said}."))
}

fn session_end(language: Language, why: SessionEnd) -> &'static str {
    let phrase = match why {
        SessionEnd::ConnectionClosed => Phrase {
            en: "which was to live as long as its connection",
            de: "die nur so lange galt wie ihre Verbindung",
        },
        SessionEnd::Expired => Phrase {
            en: "because its expiry interval had passed",
            de: "weil ihre Frist (Expiry Interval) abgelaufen war",
        },
        SessionEnd::CleanStart => Phrase {
            en: "because the client began anew",
            de: "weil der Client neu begonnen hat",
        },
    };
    phrase.to(language)
}

fn no_copy(language: Language, why: NoCopy) -> String {
    let phrase = match why {
        NoCopy::Offline => Phrase {
            en: "its copy would have QoS 0, and it was offline: nothing is kept for it",
            de: "seine Kopie hätte QoS 0, und er war offline: Dafür wird nichts aufbewahrt",
        },
        NoCopy::Slow => Phrase {
            en: "its copy would have QoS 0, and its connection is too slow",
            de: "seine Kopie hätte QoS 0, und seine Verbindung ist zu langsam",
        },
        NoCopy::QueueFull => Phrase {
            en: "its queue was full",
            de: "seine Warteschlange war voll",
        },
        NoCopy::NoLocal => Phrase {
            en: "it published the message itself and asked for No Local",
            de: "er hat die Nachricht selbst gesendet und No Local verlangt",
        },
        NoCopy::NotAllowed => Phrase {
            en: "the access list does not let it read the topic",
            de: "die Zugriffsliste lässt ihn das Topic nicht lesen",
        },
        NoCopy::GivenUp(why) => return given_up(language, why).to_owned(),
    };
    phrase.to(language).to_owned()
}

fn given_up(language: Language, why: DropReason) -> &'static str {
    let phrase = match why {
        DropReason::TooLarge => Phrase {
            en: "it was too large for the other end",
            de: "sie war zu groß für die Gegenseite",
        },
        DropReason::Unencodable => Phrase {
            en: "this version of MQTT cannot write it",
            de: "diese Version von MQTT kann sie nicht schreiben",
        },
        DropReason::QosNotSupported => Phrase {
            en: "its QoS was above the other end's maximum",
            de: "ihr QoS lag über dem Höchstwert der Gegenseite",
        },
        DropReason::RetainNotSupported => Phrase {
            en: "the other end keeps no retained messages",
            de: "die Gegenseite behält nichts zurück",
        },
        DropReason::Expired => Phrase {
            en: "its expiry interval had passed",
            de: "ihre Frist war abgelaufen",
        },
        DropReason::QueueFull => Phrase {
            en: "the queue was full",
            de: "die Warteschlange war voll",
        },
        DropReason::SessionEnded => Phrase {
            en: "the session that held it was gone",
            de: "die Sitzung, die sie hielt, war weg",
        },
        DropReason::NotConnected => Phrase {
            en: "QoS 0, and there was no connection",
            de: "QoS 0, und es gab keine Verbindung",
        },
    };
    phrase.to(language)
}

/// Why somebody has not got a message.
#[must_use]
pub(crate) fn why_not(
    language: Language,
    log: &Log,
    answer: &WhyNot,
    by: Option<NodeId>,
    subscriber: NodeId,
) -> String {
    use Language::{English, German};
    let who = log.name(subscriber);
    let by = by.map_or("?", |by| log.name(by));
    let at = |record: Option<&RecordId>| {
        let at = record.and_then(|id| log.record(*id));
        format!(
            "{} s",
            clock(language, at.map_or(0, |it| it.at.as_micros()))
        )
    };
    let (first, last) = (at(answer.because.first()), at(answer.because.last()));
    match (answer.reason, language) {
        (Reason::NeverSent, English) => format!("{by} never sent it ({last})."),
        (Reason::NeverSent, German) => format!("{by} hat sie nie gesendet ({last})."),
        (Reason::WaitsAtPublisher, English) => format!("It waits at {by} since {last}."),
        (Reason::WaitsAtPublisher, German) => format!("Sie wartet seit {last} bei {by}."),
        (Reason::LostBeforeBroker, English) => {
            format!("It was lost on the way to the broker at {last}.")
        }
        (Reason::LostBeforeBroker, German) => {
            format!("Sie ging um {last} auf dem Weg zum Broker verloren.")
        }
        (Reason::LostBeforeBrokerAndKept, English) => format!(
            "Not yet: it was lost on the way to the broker at {last}, and is kept by {by} until its session goes on."
        ),
        (Reason::LostBeforeBrokerAndKept, German) => format!(
            "Noch nicht: Sie ging um {last} auf dem Weg zum Broker verloren und wird von {by} aufbewahrt, bis die Sitzung weitergeht."
        ),
        (Reason::GivenUpByPublisher, English) => format!("{by} gave it up at {last}."),
        (Reason::GivenUpByPublisher, German) => format!("{by} hat sie um {last} aufgegeben."),
        (Reason::NotPassedOn, English) => {
            format!("The access list did not let {by} publish it at {last}.")
        }
        (Reason::NotPassedOn, German) => {
            format!("Die Zugriffsliste ließ {by} sie um {last} nicht veröffentlichen.")
        }
        (Reason::BrokersOwnTopic, English) => {
            format!("Topics under $SYS are the broker's own: {by} cannot publish there ({last}).")
        }
        (Reason::BrokersOwnTopic, German) => format!(
            "Topics unter $SYS gehören dem Broker selbst: {by} kann dort nichts veröffentlichen ({last})."
        ),
        (Reason::UnderWay, English) => format!("Not yet: it is under way since {last}."),
        (Reason::UnderWay, German) => format!("Noch nicht: Sie ist seit {last} unterwegs."),
        (Reason::NotRead, English) => {
            format!("Not yet: it came to {who} at {last}, and the program there has not read it.")
        }
        (Reason::NotRead, German) => format!(
            "Noch nicht: Sie ist um {last} bei {who} angekommen, und das Programm dort hat sie nicht gelesen."
        ),
        (Reason::NotAcknowledged, English) => {
            format!("Not yet: it came to {who} at {last}, which has not acknowledged it.")
        }
        (Reason::NotAcknowledged, German) => format!(
            "Noch nicht: Sie ist um {last} bei {who} angekommen, und {who} hat sie nicht bestätigt."
        ),
        (Reason::NoCopy(why), English) => format!("No copy at {last}: {}.", no_copy(language, why)),
        (Reason::NoCopy(why), German) => {
            format!("Keine Kopie um {last}: {}.", no_copy(language, why))
        }
        (Reason::NotSubscribed, English) => {
            format!("{who} had no matching subscription at {last}.")
        }
        (Reason::NotSubscribed, German) => {
            format!("{who} hatte um {last} kein passendes Abonnement.")
        }
        (Reason::SubscribedLater, English) => {
            format!("It was published at {first}, and {who} subscribed only at {last}.")
        }
        (Reason::SubscribedLater, German) => {
            format!("Sie kam um {first}, und {who} hat erst um {last} abonniert.")
        }
        (Reason::SessionEnded(why), English) => format!(
            "The subscription of {who} had ended at {first} with its session, {}.",
            session_end(language, why)
        ),
        (Reason::SessionEnded(why), German) => format!(
            "Das Abonnement von {who} endete um {first} mit seiner Sitzung, {}.",
            session_end(language, why)
        ),
        (Reason::Unsubscribed, English) => format!("{who} had unsubscribed at {first}."),
        (Reason::Unsubscribed, German) => format!("{who} hatte das Abonnement um {first} beendet."),
        (Reason::SubscriptionRefused(code), English) => {
            format!("The subscription of {who} was refused at {first}: {code}.")
        }
        (Reason::SubscriptionRefused(code), German) => {
            format!("Das Abonnement von {who} wurde um {first} abgelehnt: {code}.")
        }
        (Reason::AnotherMember, English) => {
            format!("The broker chose another member of the shared subscription at {last}.")
        }
        (Reason::AnotherMember, German) => format!(
            "Der Broker hat um {last} ein anderes Mitglied des geteilten Abonnements gewählt."
        ),
        (Reason::WaitsAtBroker, English) => {
            format!("Not yet: its copy waits in the session of {who} since {last}.")
        }
        (Reason::WaitsAtBroker, German) => {
            format!("Noch nicht: Die Kopie wartet seit {last} in der Sitzung von {who}.")
        }
        (Reason::LostAfterBroker, English) => {
            format!("Its copy was lost on the way to {who} at {last}; QoS 0 is not sent again.")
        }
        (Reason::LostAfterBroker, German) => format!(
            "Die Kopie ging um {last} auf dem Weg zu {who} verloren; QoS 0 wird nicht wiederholt."
        ),
        (Reason::LostAndKept, English) => format!(
            "Not yet: its copy was lost on the way to {who} at {last}, and is kept until the session goes on."
        ),
        (Reason::LostAndKept, German) => format!(
            "Noch nicht: Die Kopie ging um {last} auf dem Weg zu {who} verloren und wird aufbewahrt, bis die Sitzung weitergeht."
        ),
        (Reason::GivenUpByBroker(why), English) => format!(
            "The broker gave the copy for {who} up at {last}: {}.",
            given_up(language, why)
        ),
        (Reason::GivenUpByBroker(why), German) => format!(
            "Der Broker hat die Kopie für {who} um {last} aufgegeben: {}.",
            given_up(language, why)
        ),
        (Reason::EndedWithSession(why), English) => format!(
            "The session of {who} ended at {last}, {}.",
            session_end(language, why)
        ),
        (Reason::EndedWithSession(why), German) => format!(
            "Die Sitzung von {who} endete um {last}, {}.",
            session_end(language, why)
        ),
        (Reason::Forgotten, English) => {
            format!("The broker had started with an empty memory at {last}.")
        }
        (Reason::Forgotten, German) => {
            format!("Der Broker hatte um {last} mit leerem Gedächtnis begonnen.")
        }
    }
}
