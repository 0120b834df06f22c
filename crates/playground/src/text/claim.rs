//! Claims about a run, in words for learners.

use device::Metres;
use sim::scenario::{Count, DeviceClaim, Expectation, MessagePattern, ScorePart};

/// What must hold, as a clause: `robot-1 stands at 2 m`.
#[must_use]
pub fn claim(claim: &Expectation) -> String {
    match claim {
        Expectation::Device { node, claim } => device(node, claim),
        Expectation::Received {
            node,
            messages,
            count,
        } => format!("{node} gets {} {}", messages_text(messages), times(*count)),
        Expectation::Heard {
            node,
            filter,
            payloads,
        } => {
            let payloads: Vec<_> = payloads.iter().map(|payload| quoted(payload)).collect();
            format!(
                "{node} gets exactly {} on {}, in this order",
                payloads.join(", "),
                filter.as_str()
            )
        }
        Expectation::Retains {
            broker,
            topic,
            payload: Some(payload),
        } => format!(
            "{broker} keeps {} as the retained message of {}",
            quoted(payload),
            topic.as_str()
        ),
        Expectation::Retains {
            broker,
            topic,
            payload: None,
        } => format!("{broker} keeps no retained message of {}", topic.as_str()),
        Expectation::Keeps {
            broker,
            node,
            count,
        } => format!("{broker} keeps {} for {node}", messages_count(*count)),
        Expectation::Believes {
            broker,
            node,
            is_connected,
        } => {
            let state = if *is_connected { "connected" } else { "gone" };
            format!("{broker} believes that {node} is {state}")
        }
        Expectation::Remembers { node, count } => match count {
            Count::Exactly(0) => format!("{node} remembers no packet id"),
            count => format!("{node} remembers {} packet ids", amount(*count)),
        },
        Expectation::Sent { pattern, count } => {
            format!("{pattern} is sent {}", times(*count))
        }
        Expectation::Next { pattern } => format!("{pattern} is sent next"),
        Expectation::Promise { check, is_kept } => {
            let state = if *is_kept { "is kept" } else { "is broken" };
            format!("the promise \u{201c}{check}\u{201d} {state}")
        }
        Expectation::All(claims) => {
            let claims: Vec<_> = claims.iter().map(self::claim).collect();
            claims.join(", and ")
        }
    }
}

fn device(node: &str, claim: &DeviceClaim) -> String {
    match claim {
        DeviceClaim::Position(millimetres) => {
            let minus = if *millimetres < 0 { "-" } else { "" };
            let length = Metres(millimetres.unsigned_abs());
            format!("{node} stands at {minus}{length}")
        }
        DeviceClaim::Reads(reading) => format!("{node} says {}", quoted(reading)),
        DeviceClaim::Shows(topic, payload) => {
            format!("{node} shows {} for {}", quoted(payload), topic.as_str())
        }
        DeviceClaim::Score(part, count) => {
            let messages = messages_count(*count);
            match part {
                ScorePart::Made => format!("{node} makes {messages}"),
                ScorePart::Delivered => format!("{messages} of {node} arrive"),
                ScorePart::Late => format!("{messages} of {node} come too late"),
                ScorePart::Doubled => format!("copies of {messages} of {node} come again"),
                ScorePart::Lost => format!("{messages} of {node} never arrive"),
            }
        }
        DeviceClaim::Used { at_most, charge } => {
            let bound = if *at_most { "at most" } else { "at least" };
            format!("{node} takes {bound} {charge}")
        }
    }
}

fn messages_text(messages: &MessagePattern) -> String {
    let mut text = match &messages.payload {
        Some(payload) => format!("{} on {}", quoted(payload), messages.filter.as_str()),
        None => format!("messages on {}", messages.filter.as_str()),
    };
    if let Some(qos) = messages.qos {
        text.push_str(&format!(" at QoS {}", qos.bits()));
    }
    if let Some(retain) = messages.retain {
        text.push_str(&format!(" with RETAIN {}", u8::from(retain)));
    }
    text
}

fn quoted(payload: &[u8]) -> String {
    match core::str::from_utf8(payload) {
        Ok("") => "an empty payload".to_owned(),
        Ok(text) => format!("\u{201c}{text}\u{201d}"),
        Err(_) => format!("{} bytes", payload.len()),
    }
}

fn amount(count: Count) -> String {
    match count {
        Count::Exactly(count) => count.to_string(),
        Count::AtLeast(count) => format!("at least {count}"),
        Count::AtMost(count) => format!("at most {count}"),
    }
}

fn messages_count(count: Count) -> String {
    match count {
        Count::Exactly(0) | Count::AtMost(0) => "no message".to_owned(),
        Count::Exactly(1) => "1 message".to_owned(),
        count => format!("{} messages", amount(count)),
    }
}

fn times(count: Count) -> String {
    match count {
        Count::Exactly(0) | Count::AtMost(0) => "never".to_owned(),
        Count::Exactly(1) => "once".to_owned(),
        Count::Exactly(2) => "twice".to_owned(),
        count => format!("{} times", amount(count)),
    }
}
