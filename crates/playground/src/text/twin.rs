//! How a run with a real broker and the same one with the simulated broker compare, and what the standard says of it.

use super::Language;
use super::language::phrases;
use mqtt_proto::codec::property_name;
use mqtt_proto::packet::property_id::{
    CONTENT_TYPE, CORRELATION_DATA, MESSAGE_EXPIRY_INTERVAL, PAYLOAD_FORMAT_INDICATOR,
    RESPONSE_TOPIC,
};
use mqtt_proto::{Packet, Version};
use mqtt_spec::Rule;
use sim::twin::{Comparison, Differs};
use sim::{Flight, FlightId, Log};

phrases! {
    /// Not the broker.
    TWIN_DEVICE: "It is the device that differs: it has got something else from the broker before, or at another time.", "Es ist das Gerät, das sich unterscheidet: Es hat zuvor vom Broker etwas anderes bekommen, oder zu anderer Zeit.";
    /// Only the simulated broker has sent it.
    TWIN_NOT_SENT: "The real broker has not sent it: it did not take what went before, forbids it (access rules), or cannot do it (what it supports is in its CONNACK, and “Ask the broker” tells).", "Der echte Broker hat es nicht gesendet: Er hat nicht angenommen, was davor war, verbietet es (Zugriffsregeln) oder kann es nicht (was er kann, steht in seinem CONNACK und sagt „Broker befragen“).";
    /// Only the real broker has sent it.
    TWIN_ONLY_REAL: "The simulated broker sends nothing here: the real one knows something from before this run (a kept session, retained messages), or other clients use it, too.", "Der simulierte Broker sendet hier nichts: Der echte weiß etwas von vor diesem Lauf (eine Sitzung, Retained-Nachrichten), oder auch andere Clients benutzen ihn.";
    /// Another payload.
    TWIN_MESSAGE: "It is another message on this topic: somebody else has published there, or the broker sends in another order than messages were published. Between publishers the order is free; of one publisher’s messages on a topic, at one QoS, it is not.", "Es ist eine andere Nachricht auf diesem Topic: Jemand anderes hat dort veröffentlicht, oder der Broker sendet in anderer Reihenfolge, als veröffentlicht wurde. Zwischen mehreren Absendern ist die Reihenfolge frei; bei den Nachrichten eines Absenders auf einem Topic mit einer QoS nicht.";
    /// Another QoS.
    TWIN_QOS: "The QoS differs: a broker sends at the lower of what was published and what was granted.", "Die QoS unterscheidet sich: Ein Broker sendet mit der kleineren aus dem Veröffentlichen und dem Gewährten.";
    /// Another DUP.
    TWIN_DUP: "DUP differs: it says that this sender may have sent the packet before in this session, and nothing else.", "DUP unterscheidet sich: Es sagt, dass dieser Absender das Paket in dieser Sitzung vielleicht schon gesendet hat, und sonst nichts.";
    /// Another RETAIN.
    TWIN_RETAIN: "RETAIN differs: it says whether the message was kept from before the subscription.", "RETAIN unterscheidet sich: Es sagt, ob die Nachricht von vor dem Abonnement aufbewahrt ist.";
    /// In 5.0 the subscriber can have a say.
    TWIN_RETAIN_V5: "RETAIN differs: it says whether the message was kept from before the subscription, or, where the subscription asks for Retain As Published, how it was published.", "RETAIN unterscheidet sich: Es sagt, ob die Nachricht von vor dem Abonnement aufbewahrt ist, oder, wo das Abonnement Retain As Published will, wie sie veröffentlicht wurde.";
    /// An expiry is missing.
    TWIN_EXPIRY: "Only one of the two has a Message Expiry Interval: a broker passes it on, less the time that the message has waited.", "Nur eines der beiden hat ein Message Expiry Interval: Ein Broker gibt es weiter, vermindert um die Zeit, die die Nachricht gewartet hat.";
    /// Another Session Present.
    TWIN_SESSION: "Session Present differs: only one of the two has a session of this client id from before. What a broker has kept it has to say.", "Session Present unterscheidet sich: Nur einer der beiden hat von vorher eine Sitzung dieser Client-Id. Was ein Broker aufbewahrt hat, muss er sagen.";
    /// Another reason code in CONNACK.
    TWIN_CONNACK: "Whom a broker lets in is its own rule: user names, client ids, versions.", "Wen ein Broker einlässt, ist seine eigene Regel: Benutzernamen, Client-Ids, Versionen.";
    /// Less was granted.
    TWIN_GRANTED: "The granted QoS differs: a broker may grant less than was asked for, or refuse.", "Die gewährte QoS unterscheidet sich: Ein Broker darf weniger gewähren als gewünscht, oder ablehnen.";
    /// More was granted.
    TWIN_GRANTED_MORE: "The granted QoS differs, and the real broker grants more than was asked for: what is granted is a maximum, which the client sets.", "Die gewährte QoS unterscheidet sich, und der echte Broker gewährt mehr als gewünscht: Das Gewährte ist ein Höchstwert, den der Client setzt.";
    /// Another reason code elsewhere.
    TWIN_REASON: "The reason codes differ: one of the two refuses what the other takes, for its access rules or its limits.", "Die Reason-Codes unterscheiden sich: Einer der beiden lehnt wegen seiner Zugriffsregeln oder Grenzen ab, was der andere nimmt.";
}

/// How a run with a real broker compares with its simulated twin, by their logs: how many packets are the same, the first that is
/// not, as the real broker's run has it and as the simulated one has it, and what that comes from.
#[must_use]
pub fn link_twin(language: Language, real: &Log, simulated: &Log, compared: Comparison) -> String {
    let same = compared.same;
    let Some(first) = compared.first else {
        return match language {
            Language::English => {
                format!("Real and simulated: {same} packets, the same so far apart from times.")
            }
            Language::German => {
                format!("Echt und simuliert: {same} Pakete, bis auf die Zeiten bisher gleich.")
            }
        };
    };
    let missing = match language {
        Language::English => "nothing",
        Language::German => "nichts",
    };
    let line = |log, record| {
        let told = crate::run::told(log, record);
        told.map_or_else(|| missing.to_owned(), |(_, what)| what)
    };
    let flights = [(real, first.real), (simulated, first.simulated)]
        .map(|(log, record)| log.flight(FlightId(record?)));
    let is_broker = real
        .link(first.link)
        .is_some_and(|link| link.b == first.from);
    let why = match is_broker {
        true => broker_differs(language, first.what, flights),
        false => TWIN_DEVICE.to(language).to_owned(),
    };
    let (real, simulated) = (line(real, first.real), line(simulated, first.simulated));
    match language {
        Language::English => format!(
            "Real and simulated: {same} packets are the same. The first difference: really {real}; simulated {simulated}. {why}"
        ),
        Language::German => format!(
            "Echt und simuliert: {same} Pakete sind gleich. Der erste Unterschied: in Wirklichkeit {real}; simuliert {simulated}. {why}"
        ),
    }
}

/// What a difference of a broker comes from, as far as the two packets tell, and whether the standard leaves it open.
fn broker_differs(
    language: Language,
    what: Option<Differs>,
    [real, simulated]: [Option<&Flight>; 2],
) -> String {
    let version = real.or(simulated).map_or(Version::V311, |it| it.version);
    let is_v5 = version == Version::V5;
    let (phrase, rule) = match (what, real) {
        (None, None) => (TWIN_NOT_SENT, None),
        (None, Some(_)) => (TWIN_ONLY_REAL, None),
        (Some(Differs::Message), _) => (TWIN_MESSAGE, Some(ORDER)),
        (Some(Differs::Qos), _) => (TWIN_QOS, Some(QOS)),
        (Some(Differs::Dup), _) => (TWIN_DUP, Some(DUP)),
        (Some(Differs::Retain), _) if is_v5 => (TWIN_RETAIN_V5, Some(RETAIN)),
        (Some(Differs::Retain), _) => (TWIN_RETAIN, Some(RETAIN)),
        (Some(Differs::Property(MESSAGE_EXPIRY_INTERVAL)), _) => (TWIN_EXPIRY, Some(EXPIRY)),
        (Some(Differs::Property(id)), _) => return property_differs(language, id, version),
        (Some(Differs::Session), _) => (TWIN_SESSION, Some(SESSION)),
        (Some(Differs::Reason), _) => {
            return reason_differs(language, [real, simulated]);
        }
    };
    let end = rule.map_or_else(String::new, |rule| no_choice(language, rule, version));
    format!("{}{end}", phrase.to(language))
}

/// The standard leaves it open in a section.
fn choice(language: Language, section: &str) -> String {
    match language {
        Language::English => format!(" A broker may choose here (section {section})."),
        Language::German => format!(" Hier darf ein Broker wählen (Abschnitt {section})."),
    }
}

/// The standard has a rule.
fn no_choice(language: Language, rule: Rule, version: Version) -> String {
    let Some(id) = rule.id_in(version).map(|it| it.id_str()) else {
        return String::new();
    };
    match language {
        Language::English => format!(" The standard leaves a broker no choice here ({id})."),
        Language::German => format!(" Die Norm lässt einem Broker hier keine Wahl ({id})."),
    }
}

const ORDER: Rule = Rule::both("MQTT-4.6.0-6", "MQTT-4.6.0-5");
const QOS: Rule = Rule::both("MQTT-3.8.4-6", "MQTT-3.8.4-8");
const DUP: Rule = Rule::both("MQTT-3.3.1-3", "MQTT-3.3.1-3");
const RETAIN: Rule = Rule::both("MQTT-3.3.1-9", "MQTT-3.3.1-12");
const EXPIRY: Rule = Rule::only_v5("MQTT-3.3.2-6");
const SESSION: Rule = Rule::both("MQTT-3.2.2-3", "MQTT-3.2.2-3");
const GRANTED: Rule = Rule::both("MQTT-3.8.4-5", "MQTT-3.8.4-7");

fn property_differs(language: Language, id: u8, version: Version) -> String {
    let name = property_name(id);
    let what = match language {
        Language::English => {
            format!("{name} differs: a broker passes it on as it was published.")
        }
        Language::German => {
            format!(
                "{name} unterscheidet sich: Ein Broker gibt es weiter, wie es veröffentlicht wurde."
            )
        }
    };
    let rule = Rule::only_v5(match id {
        PAYLOAD_FORMAT_INDICATOR => "MQTT-3.3.2-4",
        RESPONSE_TOPIC => "MQTT-3.3.2-15",
        CORRELATION_DATA => "MQTT-3.3.2-16",
        CONTENT_TYPE => "MQTT-3.3.2-20",
        _ => "MQTT-3.3.2-17",
    });
    what + &no_choice(language, rule, version)
}

fn reason_differs(language: Language, flights: [Option<&Flight>; 2]) -> String {
    let version = flights[0].map_or(Version::V311, |it| it.version);
    match flights.map(|it| it?.packet()) {
        [Some(Packet::ConnAck(_)), _] => {
            format!("{}{}", TWIN_CONNACK.to(language), choice(language, "5.4.1"))
        }
        [Some(Packet::SubAck(real)), Some(Packet::SubAck(simulated))] => {
            let mut pairs = real.reasons.iter().zip(simulated.reasons.iter());
            let is_more = pairs.any(|(real, simulated)| !real.is_failure() && real > simulated);
            match is_more {
                true => format!(
                    "{}{}",
                    TWIN_GRANTED_MORE.to(language),
                    no_choice(language, GRANTED, version)
                ),
                false => format!("{}{}", TWIN_GRANTED.to(language), choice(language, "3.9.3")),
            }
        }
        _ => TWIN_REASON.to(language).to_owned(),
    }
}
