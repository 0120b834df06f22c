//! Every error with its statements and code, as a table; and that the codes are those that the
//! statements name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use expect_test::expect_file;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Misuse, ReasonCode, Refused, Sender, Version, Violation};
use mqtt_spec::{Reaction, Rule};
use std::fmt::Write;

fn violations() -> Vec<Violation> {
    use Sender::{Client, Server};
    use Violation as V;
    let all = vec![
        V::NoConnect,
        V::SecondConnect,
        V::NoConnAck,
        V::BeforeConnAck(PacketType::SubAck),
        V::BeforeConnAck(PacketType::Disconnect),
        V::SecondConnAck,
        V::UnexpectedSessionPresent,
        V::AssignedClientIdMissing,
        V::KeepAliveTimeout,
        V::NoPingResp,
        V::ReceiveMaximumExceeded { by: Client },
        V::ReceiveMaximumExceeded { by: Server },
        V::TopicAliasTooLarge {
            by: Client,
            alias: 9,
        },
        V::TopicAliasTooLarge {
            by: Server,
            alias: 9,
        },
        V::TopicAliasUnknown { alias: 9 },
        V::QosNotSupported,
        V::RetainNotSupported,
        V::WildcardsNotSupported,
        V::SubscriptionIdsNotSupported,
        V::SharedNotSupported,
        V::WrongAcknowledgement(PacketType::PubRec),
        V::ReasonCount(PacketType::SubAck),
        V::ReasonCount(PacketType::UnsubAck),
        V::UnwantedProblemInformation(PacketType::PubAck),
        V::ExpiryFromZero,
        V::AuthWithoutMethod { by: Client },
        V::AuthWithoutMethod { by: Server },
        V::AuthMethodChanged { by: Client },
        V::AuthMethodChanged { by: Server },
        V::ReauthMethodChanged,
        V::NoAuth,
        V::AuthOutOfPlace { by: Client },
        V::AuthOutOfPlace { by: Server },
        V::DuringAuthentication(PacketType::Publish),
    ];
    // A new kind does not compile until it is in the list above.
    for violation in &all {
        match violation {
            V::NoConnect
            | V::SecondConnect
            | V::NoConnAck
            | V::BeforeConnAck(_)
            | V::SecondConnAck
            | V::UnexpectedSessionPresent
            | V::AssignedClientIdMissing
            | V::KeepAliveTimeout
            | V::NoPingResp
            | V::ReceiveMaximumExceeded { .. }
            | V::TopicAliasTooLarge { .. }
            | V::TopicAliasUnknown { .. }
            | V::QosNotSupported
            | V::RetainNotSupported
            | V::WildcardsNotSupported
            | V::SubscriptionIdsNotSupported
            | V::SharedNotSupported
            | V::WrongAcknowledgement(_)
            | V::ReasonCount(_)
            | V::UnwantedProblemInformation(_)
            | V::ExpiryFromZero
            | V::AuthWithoutMethod { .. }
            | V::AuthMethodChanged { .. }
            | V::ReauthMethodChanged
            | V::NoAuth
            | V::AuthOutOfPlace { .. }
            | V::DuringAuthentication(_) => {}
        }
    }
    all
}

const REFUSALS: [Refused; 19] = [
    Refused::Unspecified,
    Refused::ImplementationSpecific,
    Refused::UnsupportedProtocolVersion,
    Refused::ClientIdentifier,
    Refused::BadUserNameOrPassword,
    Refused::NotAuthorized,
    Refused::ServerUnavailable,
    Refused::ServerBusy,
    Refused::Banned,
    Refused::BadAuthenticationMethod,
    Refused::WillTopic,
    Refused::PacketTooLarge,
    Refused::QuotaExceeded,
    Refused::WillPayloadFormat,
    Refused::WillRetain,
    Refused::WillQos,
    Refused::UseAnotherServer,
    Refused::ServerMoved,
    Refused::ConnectionRate,
];

const MISUSES: [Misuse; 21] = [
    Misuse::NotConnected,
    Misuse::AlreadyOpen,
    Misuse::QueueFull,
    Misuse::NoFreePacketId,
    Misuse::PacketTooLarge,
    Misuse::QosNotSupported,
    Misuse::RetainNotSupported,
    Misuse::WildcardsNotSupported,
    Misuse::SharedNotSupported,
    Misuse::SubscriptionIdsNotSupported,
    Misuse::NoFilters(PacketType::Subscribe),
    Misuse::NoFilters(PacketType::Unsubscribe),
    Misuse::InvalidShare,
    Misuse::EmptyClientId,
    Misuse::PasswordWithoutUserName,
    Misuse::ExpiryFromZero,
    Misuse::NoAuthentication,
    Misuse::AuthOutOfTurn,
    Misuse::WrongReason,
    Misuse::TopicAlias,
    Misuse::PayloadNotText,
];

fn row(text: &str, rule: Option<Rule>, reason: Option<ReasonCode>) -> String {
    let id = |version| {
        let statement = rule.and_then(|rule| rule.id_in(version));
        statement.map_or("", |id| id.id_str())
    };
    let reason = reason.map_or(String::new(), |reason| format!("0x{:02X}", reason.as_u8()));
    let (v311, v5) = (id(Version::V311), id(Version::V5));
    format!("{text:<56} | {v311:<23} | {v5:<25} | {reason}")
        .trim_end_matches([' ', '|'])
        .to_owned()
}

#[test]
fn every_error_has_its_statements_and_code() {
    let mut table = row("what", None, None).replace("what", "what / 3.1.1 / 5.0 / code");
    for violation in violations() {
        let row = row(
            &violation.to_string(),
            Some(violation.rule()),
            Some(violation.reason()),
        );
        write!(table, "\nviolation: {row}").unwrap();
    }
    for refused in REFUSALS {
        let row = row(
            &refused.to_string(),
            Some(refused.rule()),
            Some(refused.reason()),
        );
        write!(table, "\npolicy:    {row}").unwrap();
    }
    for misuse in MISUSES {
        let row = row(&misuse.to_string(), misuse.rule(), None);
        write!(table, "\nmisuse:    {row}").unwrap();
    }
    table.push('\n');
    expect_file!["errors.txt"].assert_eq(&table);
}

/// Where a statement of 5.0 names the code for its violation, that code is used.
#[test]
fn codes_are_those_that_the_statements_name() {
    let violations = violations();
    let broken = violations.iter().map(|v| (v.rule(), v.reason()));
    let refused = REFUSALS.iter().map(|r| (r.rule(), r.reason()));
    for (rule, reason) in broken.chain(refused) {
        let Some(id) = rule.id_in(Version::V5) else {
            continue;
        };
        let response = id.statement().violation_response;
        let named = match response.reaction {
            Reaction::Reason(code) | Reaction::Ack(code) if !response.implied => Some(code),
            _ => None,
        };
        assert!(
            named.is_none_or(|code| code == reason.as_u8()),
            "{id}: {reason}"
        );
    }
}
