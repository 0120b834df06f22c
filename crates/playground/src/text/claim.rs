//! Claims about a run, in words for learners.

use super::language::quoted;
use super::{BYTES, Language, count as counted, decimal};
use device::Metres;
use sim::scenario::{Count, DeviceClaim, Expectation, MessagePattern, PacketPattern, ScorePart};
use sim::{Check, Found, Verdict};

/// In place of a lesson's last text, where a run has another end than the lesson's.
#[must_use]
pub fn went_astray(language: Language, verdict: &Verdict) -> String {
    let claim = claim(language, &verdict.expectation);
    let found = found_so(language, &verdict.found);
    match language {
        Language::English => {
            format!("This run has another end than the lesson's. There, {claim}. Here: {found}.")
        }
        Language::German => format!(
            "Dieser Lauf endet anders als der der Lektion. Dort gilt: {claim}. Hier: {found}."
        ),
    }
}

/// What must hold, as a clause: `robot-1 stands at 2 m`.
#[must_use]
pub fn claim(language: Language, claim: &Expectation) -> String {
    match claim {
        Expectation::Device { node, claim } => device(language, node, claim),
        Expectation::Received {
            node,
            messages,
            count,
        } => {
            let (messages, times) = (messages_text(language, messages), times(language, *count));
            match language {
                Language::English => format!("{node} gets {messages} {times}"),
                Language::German => format!("{node} bekommt {messages} {times}"),
            }
        }
        Expectation::Heard {
            node,
            filter,
            payloads,
        } => {
            let payloads: Vec<_> = payloads.iter().map(|it| payload(language, it)).collect();
            let (payloads, filter) = (payloads.join(", "), filter.as_str());
            match language {
                Language::English => {
                    format!("{node} gets exactly {payloads} on {filter}, in this order")
                }
                Language::German => {
                    format!("{node} bekommt auf {filter} genau {payloads}, in dieser Reihenfolge")
                }
            }
        }
        Expectation::Retains {
            broker,
            topic,
            payload: Some(bytes),
        } => {
            let (payload, topic) = (payload(language, bytes), topic.as_str());
            match language {
                Language::English => {
                    format!("{broker} keeps {payload} as the retained message of {topic}")
                }
                Language::German => format!(
                    "{broker} behält {payload} als zurückbehaltene Nachricht (retained) von {topic}"
                ),
            }
        }
        Expectation::Retains {
            broker,
            topic,
            payload: None,
        } => match language {
            Language::English => {
                format!("{broker} keeps no retained message of {}", topic.as_str())
            }
            Language::German => format!(
                "{broker} hat keine zurückbehaltene Nachricht (retained) von {}",
                topic.as_str()
            ),
        },
        Expectation::Keeps {
            broker,
            node,
            count,
        } => {
            let messages = messages_count(language, *count);
            match language {
                Language::English => format!("{broker} keeps {messages} for {node}"),
                Language::German => format!("{broker} bewahrt {messages} für {node} auf"),
            }
        }
        Expectation::Believes {
            broker,
            node,
            is_connected,
        } => match (language, is_connected) {
            (Language::English, true) => format!("{broker} believes that {node} is connected"),
            (Language::English, false) => format!("{broker} believes that {node} is gone"),
            (Language::German, true) => format!("{broker} hält {node} für verbunden"),
            (Language::German, false) => format!("{broker} hält {node} für getrennt"),
        },
        Expectation::Remembers { node, count } => match (language, count) {
            (Language::English, Count::Exactly(0)) => format!("{node} remembers no packet id"),
            (Language::German, Count::Exactly(0)) => format!("{node} merkt sich keine Paket-ID"),
            (Language::English, count) => {
                format!("{node} remembers {} packet ids", amount(language, *count))
            }
            (Language::German, count) => {
                format!("{node} merkt sich {} Paket-IDs", amount(language, *count))
            }
        },
        Expectation::Sent { pattern, count } => {
            let (pattern, times) = (self::pattern(language, pattern), times(language, *count));
            match language {
                Language::English => format!("{pattern} is sent {times}"),
                Language::German => format!("{pattern} wird {times} gesendet"),
            }
        }
        Expectation::Next { pattern } => {
            let pattern = self::pattern(language, pattern);
            match language {
                Language::English => format!("{pattern} is sent next"),
                Language::German => format!("{pattern} wird als Nächstes gesendet"),
            }
        }
        Expectation::Promise { check, is_kept } => {
            let promise = quoted(language, promise_name(language, *check));
            match (language, is_kept) {
                (Language::English, true) => format!("the promise {promise} is kept"),
                (Language::English, false) => format!("the promise {promise} is broken"),
                (Language::German, true) => format!("das Versprechen {promise} wird gehalten"),
                (Language::German, false) => format!("das Versprechen {promise} wird gebrochen"),
            }
        }
        Expectation::All(claims) => {
            let claims: Vec<_> = claims.iter().map(|it| self::claim(language, it)).collect();
            claims.join(match language {
                Language::English => ", and ",
                Language::German => ", und ",
            })
        }
    }
}

/// What is so, as a few words: `position 1 m`.
#[must_use]
pub fn found_so(language: Language, found: &Found) -> String {
    if language == Language::English {
        return found.to_string();
    }
    let payload = |bytes: &[u8]| payload(language, bytes);
    match found {
        Found::NoSuchNode => "diesen Knoten gibt es nicht".to_owned(),
        Found::Position(millimetres) => {
            format!("Position {}", super::metres(language, *millimetres))
        }
        Found::Reads(reading) => format!("meldet {}", payload(reading.as_bytes())),
        Found::Shows(Some(shown)) => format!("zeigt {}", payload(shown)),
        Found::Shows(None) => "zeigt nichts".to_owned(),
        Found::Score(part, messages) => {
            let what = match part {
                ScorePart::Made => "erzeugt",
                ScorePart::Delivered => "angekommen",
                ScorePart::Late => "zu spät",
                ScorePart::Doubled => "doppelt",
                ScorePart::Lost => "nie angekommen",
            };
            format!("{what}: {messages}")
        }
        Found::Used(charge) => format!("verbraucht: {}", decimal(language, &charge.to_string())),
        Found::Received(messages) => format!("{messages}-mal bekommen"),
        Found::Heard(payloads) if payloads.is_empty() => "nichts gehört".to_owned(),
        Found::Heard(payloads) => {
            let payloads: Vec<_> = payloads.iter().map(|it| payload(it)).collect();
            format!("gehört: {}", payloads.join(", "))
        }
        Found::Retains(Some(kept)) => format!("zurückbehalten: {}", payload(kept)),
        Found::Retains(None) => "nichts zurückbehalten".to_owned(),
        Found::Keeps(messages) => format!("aufbewahrt: {messages}"),
        Found::Believes(true) => "hält ihn für verbunden".to_owned(),
        Found::Believes(false) => "hält ihn für getrennt".to_owned(),
        Found::Remembers(ids) => format!("gemerkte IDs: {ids}"),
        Found::Sent(packets) => format!("{packets}-mal gesendet"),
        Found::NothingNext => "es kommt nichts".to_owned(),
        Found::Next(line) => line.clone(),
        Found::Promise(Some(_)) => "gebrochen".to_owned(),
        Found::Promise(None) => "gehalten".to_owned(),
        Found::All(all) => {
            let all: Vec<_> = all.iter().map(|it| found_so(language, it)).collect();
            all.join("; ")
        }
    }
}

/// What a check promises.
pub(super) fn promise_name(language: Language, check: Check) -> &'static str {
    match (check, language) {
        (Check::IdsUnique, Language::English) => "packet identifiers are unique",
        (Check::IdsUnique, Language::German) => "Paket-IDs sind eindeutig",
        (Check::NoResendWhileConnected, Language::English) => {
            "nothing is sent again while the connection lives"
        }
        (Check::NoResendWhileConnected, Language::German) => {
            "nichts wird noch einmal gesendet, solange die Verbindung lebt"
        }
        (Check::NeverTwice, Language::English) => "never twice",
        (Check::NeverTwice, Language::German) => "nie zweimal",
        (Check::AtLeastOnce, Language::English) => "at least once",
        (Check::AtLeastOnce, Language::German) => "mindestens einmal",
        (Check::Order, Language::English) => "order is kept",
        (Check::Order, Language::German) => "die Reihenfolge bleibt",
        (Check::Settled, Language::English) => "everything settles",
        (Check::Settled, Language::German) => "alles kommt zur Ruhe",
        (Check::RetainedIsLast, Language::English) => "the retained message is the last one",
        (Check::RetainedIsLast, Language::German) => "die zurückbehaltene Nachricht ist die letzte",
        (Check::WillOnce, Language::English) => "a will fires at most once",
        (Check::WillOnce, Language::German) => "ein letzter Wille geht höchstens einmal hinaus",
        (Check::NoViolation, Language::English) => "nobody breaks a rule",
        (Check::NoViolation, Language::German) => "niemand bricht eine Regel",
        (Check::SessionKept, Language::English) => "a kept session is found again",
        (Check::SessionKept, Language::German) => "eine aufbewahrte Sitzung wird wiedergefunden",
    }
}

/// Which packets are meant: `PUBLISH dup from broker to robot-1`.
fn pattern(language: Language, pattern: &PacketPattern) -> String {
    if language == Language::English {
        return pattern.to_string();
    }
    let mut text = pattern.packet_type.name().to_owned();
    if let Some(id) = pattern.id {
        text.push_str(&format!(" mit ID {id}"));
    }
    if pattern.dup {
        text.push_str(" mit DUP");
    }
    if let Some(qos) = pattern.qos {
        text.push_str(&format!(" mit QoS {}", qos.bits()));
    }
    if let Some(retain) = pattern.retain {
        text.push_str(&format!(" mit RETAIN {}", u8::from(retain)));
    }
    if let Some(reason) = pattern.reason {
        text.push_str(&format!(" mit Reason Code 0x{:02x}", reason.as_u8()));
    }
    if let Some(from) = &pattern.from {
        text.push_str(&format!(" von {from}"));
    }
    if let Some(to) = &pattern.to {
        text.push_str(&format!(" an {to}"));
    }
    text
}

fn device(language: Language, node: &str, claim: &DeviceClaim) -> String {
    match claim {
        DeviceClaim::Position(millimetres) => {
            let minus = if *millimetres < 0 { "-" } else { "" };
            let length = Metres(millimetres.unsigned_abs()).to_string();
            let length = decimal(language, &length);
            match language {
                Language::English => format!("{node} stands at {minus}{length}"),
                Language::German => format!("{node} steht bei {minus}{length}"),
            }
        }
        DeviceClaim::Reads(reading) => {
            let reading = payload(language, reading);
            match language {
                Language::English => format!("{node} says {reading}"),
                Language::German => format!("{node} meldet {reading}"),
            }
        }
        DeviceClaim::Shows(topic, shown) => {
            let (shown, topic) = (payload(language, shown), topic.as_str());
            match language {
                Language::English => format!("{node} shows {shown} for {topic}"),
                Language::German => format!("{node} zeigt {shown} für {topic}"),
            }
        }
        DeviceClaim::Score(part, count) => score(language, node, *part, *count),
        DeviceClaim::Used { at_most, charge } => {
            let charge = decimal(language, &charge.to_string());
            match (language, at_most) {
                (Language::English, true) => format!("{node} takes at most {charge}"),
                (Language::English, false) => format!("{node} takes at least {charge}"),
                (Language::German, true) => format!("{node} verbraucht höchstens {charge}"),
                (Language::German, false) => format!("{node} verbraucht mindestens {charge}"),
            }
        }
    }
}

fn score(language: Language, node: &str, part: ScorePart, count: Count) -> String {
    let messages = messages_count(language, count);
    match language {
        Language::English => match part {
            ScorePart::Made => format!("{node} makes {messages}"),
            ScorePart::Delivered => format!("{messages} of {node} arrive"),
            ScorePart::Late => format!("{messages} of {node} come too late"),
            ScorePart::Doubled => format!("copies of {messages} of {node} come again"),
            ScorePart::Lost => format!("{messages} of {node} never arrive"),
        },
        // Singular and plural in one: the number stands alone.
        Language::German => match part {
            ScorePart::Made => format!("{node} erzeugt {messages}"),
            ScorePart::Delivered => format!("angekommen von {node}: {messages}"),
            ScorePart::Late => format!("zu spät angekommen von {node}: {messages}"),
            ScorePart::Doubled => format!("doppelt angekommen von {node}: {messages}"),
            ScorePart::Lost => format!("nie angekommen von {node}: {messages}"),
        },
    }
}

fn messages_text(language: Language, messages: &MessagePattern) -> String {
    let filter = messages.filter.as_str();
    let mut text = match (language, &messages.payload) {
        (Language::English, Some(bytes)) => format!("{} on {filter}", payload(language, bytes)),
        (Language::English, None) => format!("messages on {filter}"),
        (Language::German, Some(bytes)) => format!("{} auf {filter}", payload(language, bytes)),
        (Language::German, None) => format!("Nachrichten auf {filter}"),
    };
    if let Some(qos) = messages.qos {
        text.push_str(match language {
            Language::English => " at QoS ",
            Language::German => " mit QoS ",
        });
        text.push_str(&qos.bits().to_string());
    }
    if let Some(retain) = messages.retain {
        text.push_str(match language {
            Language::English => " with RETAIN ",
            Language::German => " mit RETAIN ",
        });
        text.push_str(&u8::from(retain).to_string());
    }
    text
}

/// A payload, quoted if it is text.
pub(super) fn payload(language: Language, payload: &[u8]) -> String {
    match (core::str::from_utf8(payload), language) {
        (Ok(""), Language::English) => "an empty payload".to_owned(),
        (Ok(""), Language::German) => "leere Nutzdaten".to_owned(),
        (Ok(text), _) => quoted(language, text),
        (Err(_), _) => counted(language, payload.len(), BYTES),
    }
}

fn amount(language: Language, count: Count) -> String {
    match (count, language) {
        (Count::Exactly(count), _) => count.to_string(),
        (Count::AtLeast(count), Language::English) => format!("at least {count}"),
        (Count::AtLeast(count), Language::German) => format!("mindestens {count}"),
        (Count::AtMost(count), Language::English) => format!("at most {count}"),
        (Count::AtMost(count), Language::German) => format!("höchstens {count}"),
    }
}

fn messages_count(language: Language, count: Count) -> String {
    match (count, language) {
        (Count::Exactly(0) | Count::AtMost(0), Language::English) => "no message".to_owned(),
        (Count::Exactly(0) | Count::AtMost(0), Language::German) => "keine Nachricht".to_owned(),
        (Count::Exactly(1), Language::English) => "1 message".to_owned(),
        (Count::Exactly(1), Language::German) => "1 Nachricht".to_owned(),
        (Count::AtLeast(1) | Count::AtMost(1), Language::German) => {
            format!("{} Nachricht", amount(language, count))
        }
        (count, Language::English) => format!("{} messages", amount(language, count)),
        (count, Language::German) => format!("{} Nachrichten", amount(language, count)),
    }
}

fn times(language: Language, count: Count) -> String {
    match (count, language) {
        (Count::Exactly(0) | Count::AtMost(0), Language::English) => "never".to_owned(),
        (Count::Exactly(0) | Count::AtMost(0), Language::German) => "nie".to_owned(),
        (Count::Exactly(1), Language::English) => "once".to_owned(),
        (Count::Exactly(1), Language::German) => "einmal".to_owned(),
        (Count::Exactly(2), Language::English) => "twice".to_owned(),
        (Count::Exactly(2), Language::German) => "zweimal".to_owned(),
        (count, Language::English) => format!("{} times", amount(language, count)),
        (count, Language::German) => format!("{}-mal", amount(language, count)),
    }
}
