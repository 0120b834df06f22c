//! The words and values of scenario files. Each parser begins by skipping the spaces in front of it.

use crate::scenario::{Count, LinkMode, LinkSpec, NodeKind, NodeSpec, Ratio, RemoteRole, limits};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::cell::RefCell;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Qos, Text, TopicFilter, TopicName, Version};
use winnow::Parser;
use winnow::ascii::{digit1, space0, space1};
use winnow::combinator::{alt, opt, preceded};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{one_of, take_while};

/// The furthest place at which something failed, and what it would have been.
#[derive(Clone, Debug, Default)]
pub(super) struct Furthest {
    pub(super) at: usize,
    pub(super) expected: Vec<&'static str>,
    /// Whether it is known what was meant: nothing else need be offered there.
    is_known: bool,
}

/// What the parsers of one line share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'s> {
    pub(super) furthest: &'s RefCell<Furthest>,
    /// The nodes declared so far.
    pub(super) nodes: &'s [NodeSpec],
    /// The links declared so far.
    pub(super) links: &'s [LinkSpec],
}

pub(super) type Input<'i> = Stateful<LocatingSlice<&'i str>, Context<'i>>;
pub(super) type Parsed<O> = Result<O, EmptyError>;

/// Notes what would have been right if `parser` fails here.
pub(super) fn expecting<'i, O>(
    what: &'static str,
    mut parser: impl Parser<Input<'i>, O, EmptyError>,
) -> impl Parser<Input<'i>, O, EmptyError> {
    move |input: &mut Input<'i>| {
        space0.parse_next(input)?;
        let at = input.current_token_start();
        let furthest = input.state.furthest;
        parser.parse_next(input).inspect_err(|_| {
            let mut furthest = furthest.borrow_mut();
            if at > furthest.at {
                furthest.expected.clear();
                furthest.at = at;
                furthest.is_known = false;
            }
            if at == furthest.at
                && !furthest.is_known
                && !what.is_empty()
                && !furthest.expected.contains(&what)
            {
                furthest.expected.push(what);
            }
        })
    }
}

/// What stands here means something, but nothing that is allowed; `what` says what would be.
pub(super) fn refused<O>(what: &'static str, input: &mut Input<'_>) -> Parsed<O> {
    space0.parse_next(input)?;
    input.state.furthest.replace(Furthest {
        at: input.current_token_start(),
        expected: Vec::from([what]),
        is_known: true,
    });
    Err(EmptyError)
}

pub(super) const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

pub(super) fn word<'i>(input: &mut Input<'i>) -> Parsed<&'i str> {
    take_while(1.., is_word).parse_next(input)
}

pub(super) fn keyword<'i>(
    text: &'static str,
    shown: &'static str,
) -> impl Parser<Input<'i>, (), EmptyError> {
    expecting(shown, word.verify(move |word: &str| word == text).void())
}

pub(super) fn colon(input: &mut Input<'_>) -> Parsed<()> {
    expecting("`:`", ':'.void()).parse_next(input)
}

pub(super) fn name(input: &mut Input<'_>) -> Parsed<String> {
    word.verify(|word: &str| {
        word.len() <= limits::NAME_MAX_BYTES
            && word.starts_with(|first: char| first.is_ascii_alphabetic())
    })
    .map(ToOwned::to_owned)
    .parse_next(input)
}

const KINDS: &str = "`broker`, `phone`, `robot`, `thermometer`, `button`, `lamp`, `window-sensor`, `dashboard` or `sleeper`";

pub(super) fn kind(input: &mut Input<'_>) -> Parsed<String> {
    expecting(
        KINDS,
        word.verify(|word: &str| word == "broker" || device::Blueprint::named(word).is_some()),
    )
    .map(ToOwned::to_owned)
    .parse_next(input)
}

/// Also keeps out the words that begin an action, so that a line can be read in one way only.
pub(super) fn new_name(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "a name that no other node has: a letter, then letters, digits, `-`, `_` and `.`",
        name.verify(move |name: &str| {
            !matches!(
                name,
                "cut"
                    | "silence"
                    | "hold"
                    | "gate"
                    | "pass"
                    | "release"
                    | "double"
                    | "lose"
                    | "restore"
                    | "say"
                    | "ask"
                    | "at"
                    | "next"
                    | "promise"
            ) && nodes.iter().all(|node| node.name != name)
        }),
    )
    .parse_next(input)
}

pub(super) fn known_node(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "the name of a node declared above",
        name.verify(move |name: &str| nodes.iter().any(|node| node.name == name)),
    )
    .parse_next(input)
}

pub(super) fn known_device(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "the name of a device declared above",
        name.verify(move |name: &str| {
            nodes
                .iter()
                .any(|node| node.name == name && matches!(node.kind, NodeKind::Device(_)))
        }),
    )
    .parse_next(input)
}

pub(super) fn known_broker(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "the name of a broker declared above",
        name.verify(move |name: &str| {
            nodes
                .iter()
                .any(|node| node.name == name && matches!(node.kind, NodeKind::Broker))
        }),
    )
    .parse_next(input)
}

pub(super) fn ends(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let dials = end("the name of a device declared above", |kind| {
        matches!(
            kind,
            NodeKind::Device(_) | NodeKind::Remote(RemoteRole::Device)
        )
    });
    let answers = end("the name of a broker declared above", |kind| {
        matches!(
            kind,
            NodeKind::Broker | NodeKind::Remote(RemoteRole::Broker)
        )
    });
    (dials, keyword("to", "`to`"), answers)
        .map(|(a, (), b)| (a, b))
        .parse_next(input)
}

/// An end of a link, whether its program is outside or not.
fn end<'i>(
    description: &'static str,
    is_meant: fn(&NodeKind) -> bool,
) -> impl Parser<Input<'i>, String, EmptyError> {
    move |input: &mut Input<'i>| {
        let nodes = input.state.nodes;
        let known = |name: &str| {
            nodes
                .iter()
                .any(|node| node.name == name && is_meant(&node.kind))
        };
        expecting(description, name.verify(known)).parse_next(input)
    }
}

/// A device has one radio: one link. What is outside can have one to each broker, as a bridge has.
pub(super) fn new_link(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let (links, nodes) = (input.state.links, input.state.nodes);
    expecting(
        "a device that has no link yet, and a broker",
        ends.verify(move |(a, b): &(String, String)| {
            let mut nodes = nodes.iter().filter(|node| node.name == *a);
            let is_outside = nodes.any(|node| matches!(node.kind, NodeKind::Remote(_)));
            let is_other = |to: &String| is_outside && to != b;
            links.iter().all(|link| link.a != *a || is_other(&link.b))
        }),
    )
    .parse_next(input)
}

pub(super) fn known_link(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let links = input.state.links;
    expecting(
        "the two ends of a link declared above",
        ends.verify(move |(a, b): &(String, String)| {
            links.iter().any(|link| link.a == *a && link.b == *b)
        }),
    )
    .parse_next(input)
}

pub(super) fn datagram_link(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let links = input.state.links;
    expecting(
        "the two ends of a datagram link: on a stream nothing is lost while the connection lives",
        known_link.verify(move |(a, b): &(String, String)| {
            links.iter().any(|link| {
                link.a == *a && link.b == *b && matches!(link.mode, LinkMode::Datagram(_))
            })
        }),
    )
    .parse_next(input)
}

pub(super) fn ratio(input: &mut Input<'_>) -> Parsed<Ratio> {
    expecting(
        "a ratio up to 1, such as `1/10`",
        (digits, '/', digits).verify_map(|(numerator, _, denominator)| {
            let ratio = Ratio {
                numerator: u32::try_from(numerator).ok()?,
                denominator: u32::try_from(denominator).ok()?,
            };
            (ratio.denominator > 0 && ratio.numerator <= ratio.denominator).then_some(ratio)
        }),
    )
    .parse_next(input)
}

pub(super) fn string(input: &mut Input<'_>) -> Parsed<String> {
    expecting(
        "a text in double quotes",
        quoted.verify_map(|bytes| String::from_utf8(bytes).ok()),
    )
    .parse_next(input)
}

pub(super) fn text(input: &mut Input<'_>) -> Parsed<Text> {
    expecting(
        "a text in double quotes, at most 65535 bytes and without \\x00",
        quoted.verify_map(|bytes| Text::new(bytes.into()).ok()),
    )
    .parse_next(input)
}

pub(super) fn topic_name(input: &mut Input<'_>) -> Parsed<TopicName> {
    expecting(
        "a topic name in double quotes, without `+` and `#`",
        quoted.verify_map(|bytes| TopicName::new(Text::new(bytes.into()).ok()?).ok()),
    )
    .parse_next(input)
}

pub(super) fn topic_filter(input: &mut Input<'_>) -> Parsed<TopicFilter> {
    expecting(
        "a topic filter in double quotes, with `+` and `#` on levels of their own",
        quoted.verify_map(|bytes| TopicFilter::new(Text::new(bytes.into()).ok()?).ok()),
    )
    .parse_next(input)
}

pub(super) fn payload(input: &mut Input<'_>) -> Parsed<Bytes> {
    expecting("a payload in double quotes", quoted)
        .map(Bytes::from)
        .parse_next(input)
}

/// Bytes between double quotes. `\"`, `\\`, `\n`, `\t` and `\xHH` are escapes.
pub(super) fn quoted(input: &mut Input<'_>) -> Parsed<Vec<u8>> {
    let mut bytes = Vec::new();
    '"'.parse_next(input)?;
    loop {
        let plain: &str = take_while(0.., |c: char| c != '"' && c != '\\').parse_next(input)?;
        bytes.extend_from_slice(plain.as_bytes());
        if input.is_empty() {
            // No escape is missing here.
            expecting("`\"`", '"').parse_next(input)?;
        }
        if opt('"').parse_next(input)?.is_some() {
            return Ok(bytes);
        }
        bytes.push(escape(input)?);
    }
}

pub(super) fn escape(input: &mut Input<'_>) -> Parsed<u8> {
    let hex = take_while(2..=2, |c: char| c.is_ascii_hexdigit());
    expecting(
        "`\\\"`, `\\\\`, `\\n`, `\\t` or `\\xHH`",
        preceded(
            '\\',
            alt((
                '"'.value(b'"'),
                '\\'.value(b'\\'),
                'n'.value(b'\n'),
                't'.value(b'\t'),
                preceded('x', hex).verify_map(|hex: &str| u8::from_str_radix(hex, 16).ok()),
            )),
        ),
    )
    .parse_next(input)
}

pub(super) fn digits(input: &mut Input<'_>) -> Parsed<u64> {
    digit1
        .verify_map(|digits: &str| digits.parse().ok())
        .parse_next(input)
}

pub(super) fn integer(input: &mut Input<'_>) -> Parsed<u64> {
    expecting("a number up to 18446744073709551615", digits).parse_next(input)
}

pub(super) fn small<'i, N: TryFrom<u64>>(
    shown: &'static str,
) -> impl Parser<Input<'i>, N, EmptyError> {
    expecting(shown, digits.verify_map(|number| N::try_from(number).ok()))
}

/// As [`small`], and not 0.
pub(super) fn positive<'i, N: TryFrom<u64>>(
    shown: &'static str,
) -> impl Parser<Input<'i>, N, EmptyError> {
    expecting(
        shown,
        digits
            .verify(|number: &u64| *number > 0)
            .verify_map(|number| N::try_from(number).ok()),
    )
}

pub(super) fn ordinal(input: &mut Input<'_>) -> Parsed<u32> {
    expecting(
        "`2nd`, `3rd`, `4th`, …",
        (
            digits.verify_map(|number| u32::try_from(number).ok().filter(|nth| *nth > 0)),
            alt(("st", "nd", "rd", "th")),
        ),
    )
    .map(|(nth, _)| nth)
    .parse_next(input)
}

/// `2`, `at least 2`, `at most 2`.
pub(super) fn count(input: &mut Input<'_>) -> Parsed<Count> {
    let bound = (
        keyword("at", "`at least`"),
        alt((
            keyword("least", "`least`").value(Count::AtLeast as fn(u32) -> Count),
            keyword("most", "`most`").value(Count::AtMost as fn(u32) -> Count),
        )),
    );
    (opt(bound), small("a number"))
        .map(|(bound, number)| match bound {
            Some(((), bound)) => bound(number),
            None => Count::Exactly(number),
        })
        .parse_next(input)
}

/// A number with up to `places` decimals as a whole number of its smallest unit.
pub(super) fn decimal<'i>(places: u32) -> impl Parser<Input<'i>, u64, EmptyError> {
    (digits, opt(preceded('.', digit1))).verify_map(
        move |(whole, decimals): (u64, Option<&str>)| {
            let decimals = decimals.unwrap_or_default();
            let missing = places.checked_sub(u32::try_from(decimals.len()).ok()?)?;
            let part = match decimals {
                "" => 0,
                decimals => decimals.parse::<u64>().ok()?,
            };
            whole
                .checked_mul(10_u64.checked_pow(places)?)?
                .checked_add(part.checked_mul(10_u64.checked_pow(missing)?)?)
        },
    )
}

pub(super) fn duration(input: &mut Input<'_>) -> Parsed<Duration> {
    let unit = |micros: u64, places: u32, name: &'static str| {
        (decimal(places), space0, name).verify_map(move |(amount, _, _)| {
            let micros = micros
                .checked_mul(amount)?
                .checked_div(10_u64.pow(places))?;
            (micros <= limits::TIME_MAX_MICROS).then_some(Duration::from_micros(micros))
        })
    };
    expecting(
        "a time such as `40 ms`, `2.06 s`, `5 min` or `12 h`, at most 1000 h",
        winnow::combinator::terminated(
            alt((
                unit(1, 0, "us"),
                unit(1_000, 3, "ms"),
                unit(60_000_000, 0, "min"),
                unit(3_600_000_000, 0, "h"),
                unit(1_000_000, 6, "s"),
            )),
            winnow::combinator::not(one_of(is_word)),
        ),
    )
    .parse_next(input)
}

pub(super) fn positive_duration(input: &mut Input<'_>) -> Parsed<Duration> {
    expecting(
        "a time longer than nothing",
        duration.verify(|span: &Duration| *span > Duration::ZERO),
    )
    .parse_next(input)
}

pub(super) fn keep_alive(input: &mut Input<'_>) -> Parsed<u16> {
    expecting(
        "a whole number of seconds up to 65535, such as `60 s`",
        duration.verify_map(|span: Duration| {
            span.as_micros()
                .is_multiple_of(1_000_000)
                .then(|| u16::try_from(span.as_secs()).ok())
                .flatten()
        }),
    )
    .parse_next(input)
}

pub(super) fn bandwidth(input: &mut Input<'_>) -> Parsed<u32> {
    expecting(
        "a number of bytes each second, such as `1000 B/s`",
        (digits, space1, "B/s")
            .verify_map(|(rate, _, _)| u32::try_from(rate).ok().filter(|rate| *rate > 0)),
    )
    .parse_next(input)
}

pub(super) fn bytes_count(input: &mut Input<'_>) -> Parsed<u32> {
    expecting(
        "a number of bytes, such as `3 B`",
        (digits, space1, "B").verify_map(|(count, _, _)| u32::try_from(count).ok()),
    )
    .parse_next(input)
}

pub(super) fn length(input: &mut Input<'_>) -> Parsed<i64> {
    expecting(
        "a length in metres with up to three decimals, such as `1 m` or `-0.25 m`",
        (opt('-'), decimal(3), space0, "m").verify_map(|(minus, millimetres, _, _)| {
            let millimetres = i64::try_from(millimetres).ok()?;
            Some(if minus.is_some() {
                -millimetres
            } else {
                millimetres
            })
        }),
    )
    .parse_next(input)
}

pub(super) fn qos(input: &mut Input<'_>) -> Parsed<Qos> {
    expecting(
        "`0`, `1` or `2`",
        word.verify_map(|word: &str| Qos::from_bits(word.parse().ok()?)),
    )
    .parse_next(input)
}

pub(super) fn version(input: &mut Input<'_>) -> Parsed<Version> {
    expecting(
        "`3.1.1` or `5.0`",
        word.verify_map(|word: &str| match word {
            "3.1.1" => Some(Version::V311),
            "5.0" => Some(Version::V5),
            _ => None,
        }),
    )
    .parse_next(input)
}

pub(super) fn packet_type(input: &mut Input<'_>) -> Parsed<PacketType> {
    expecting(
        "a packet type such as `PUBLISH` or `PUBACK`",
        word.verify_map(|word: &str| {
            (1..=15)
                .filter_map(PacketType::from_bits)
                .find(|packet_type| packet_type.name() == word)
        }),
    )
    .parse_next(input)
}
