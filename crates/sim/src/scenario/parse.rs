//! Reads scenario files.
//!
//! A file is read line by line, so that an error always names one line. Inside a line the parser remembers the
//! furthest place where it failed and everything that it would have taken there: that is what an error says.

use super::{
    Action, DeviceSpec, Expectation, LinkMode, LinkSpec, NodeAction, NodeKind, NodeSpec,
    PacketPattern, Phase, Planned, Reconnect, Scenario, SessionSpec, SubscriptionSpec, When,
    WillSpec, limits,
};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::cell::RefCell;
use core::fmt;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Instant, Qos, Text, TopicFilter, TopicName, Version};
use winnow::Parser;
use winnow::ascii::{digit1, space0, space1};
use winnow::combinator::{alt, opt, preceded};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{one_of, take_while};

/// Why a text is no scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What could have stood there, or what is wrong with what stands there.
    pub expected: Vec<&'static str>,
    /// What does stand there; empty at the end of a line.
    pub found: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: expected ", self.line, self.column)?;
        for (index, expected) in self.expected.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == self.expected.len() => " or ",
                _ => ", ",
            };
            write!(f, "{separator}{expected}")?;
        }
        if self.found.is_empty() {
            f.write_str(", found the end of the line")
        } else {
            write!(f, ", found `{}`", self.found)
        }
    }
}

impl core::error::Error for ScenarioError {}

/// The furthest place at which something failed, and what it would have been.
#[derive(Clone, Debug, Default)]
struct Furthest {
    at: usize,
    expected: Vec<&'static str>,
}

/// What the parsers of one line share.
#[derive(Clone, Copy, Debug)]
struct Context<'s> {
    furthest: &'s RefCell<Furthest>,
    /// The nodes declared so far.
    nodes: &'s [NodeSpec],
    /// The links declared so far.
    links: &'s [LinkSpec],
}

type Input<'i> = Stateful<LocatingSlice<&'i str>, Context<'i>>;
type Parsed<O> = Result<O, EmptyError>;

/// One line that says something.
enum Line {
    Title(String),
    About(String),
    Version(Version),
    Seed(u64),
    Until(Duration),
    Node(String, String),
    Link(String, String),
    Setting(Setting),
    Planned(Planned),
    Expect(Expectation),
}

enum Setting {
    ClientId(Text),
    Version(Version),
    Session(SessionSpec),
    KeepAlive(u16),
    Work(Duration),
    Will(WillSpec),
    Reconnect(Reconnect),
    Subscribe(SubscriptionSpec),
    Mode(LinkMode),
    Latency(Duration),
    Jitter(Duration),
    Bandwidth(u32),
}

/// What the settings that follow belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Broker,
    Device,
    Link,
}

pub(super) fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    if text.len() > limits::FILE_MAX_BYTES {
        return Err(error(1, 1, "a file of at most 256 KiB", ""));
    }
    let mut scenario: Option<Scenario> = None;
    let mut open = Open::Nothing;
    let mut last_line = 0;
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        last_line = number;
        let furthest = RefCell::new(Furthest::default());
        let (nodes, links) = scenario
            .as_ref()
            .map_or((&[][..], &[][..]), |so_far| (&so_far.nodes, &so_far.links));
        let context = Context {
            furthest: &furthest,
            nodes,
            links,
        };
        let mut input = Stateful {
            input: LocatingSlice::new(raw),
            state: context,
        };
        let parsed = whole_line(&mut input, open, scenario.is_none());
        let Ok(parsed) = parsed else {
            return Err(located(number, raw, furthest.into_inner()));
        };
        let Some(parsed) = parsed else { continue };
        match (parsed, &mut scenario) {
            (Line::Title(title), empty @ None) => *empty = Some(Scenario::empty(title)),
            (parsed, Some(scenario)) => {
                add(scenario, parsed, &mut open)
                    .map_err(|expected| error(number, 1, expected, raw.trim()))?;
            }
            (_, None) => return Err(error(number, 1, "`scenario`", raw.trim())),
        }
    }
    scenario.ok_or_else(|| error(last_line.max(1), 1, "`scenario`", ""))
}

fn error(line: usize, column: usize, expected: &'static str, found: &str) -> ScenarioError {
    ScenarioError {
        line,
        column,
        expected: [expected].into(),
        found: found.chars().take(limits::FOUND_MAX_CHARS).collect(),
    }
}

fn located(line: usize, raw: &str, furthest: Furthest) -> ScenarioError {
    let before = raw.get(..furthest.at).unwrap_or(raw);
    let rest = raw.get(furthest.at..).unwrap_or_default();
    let word = rest
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .take(limits::FOUND_MAX_CHARS)
        .collect();
    ScenarioError {
        line,
        column: before.chars().count() + 1,
        expected: furthest.expected,
        found: word,
    }
}

/// Puts a line in its place.
fn add(scenario: &mut Scenario, line: Line, open: &mut Open) -> Result<(), &'static str> {
    let version = scenario.version;
    match line {
        Line::Title(_) => return Err("one `scenario` line only"),
        Line::About(text) => scenario.about = text,
        Line::Version(version) => {
            if !scenario.nodes.is_empty() {
                return Err("`version` before the first node");
            }
            scenario.version = version;
        }
        Line::Seed(seed) => scenario.seed = seed,
        Line::Until(span) => scenario.until = Instant::ZERO + span,
        Line::Node(name, kind) => {
            if scenario.nodes.len() >= limits::NODES_MAX {
                return Err("at most 256 nodes");
            }
            let kind = if kind == "broker" {
                *open = Open::Broker;
                NodeKind::Broker
            } else {
                *open = Open::Device;
                let client_id = Text::try_from(name.as_str())
                    .map_err(|_| "a name that can be a client identifier")?;
                NodeKind::Device(Box::new(DeviceSpec::new(kind, client_id, version)))
            };
            scenario.nodes.push(NodeSpec {
                name,
                kind,
                work: Duration::ZERO,
            });
        }
        Line::Link(a, b) => {
            *open = Open::Link;
            scenario.links.push(LinkSpec::new(a, b));
        }
        Line::Setting(setting) => set(scenario, setting)?,
        Line::Planned(planned) => {
            if scenario.events.len() >= limits::EVENTS_MAX {
                return Err("at most 10000 `at` and `when` lines");
            }
            scenario.events.push(planned);
        }
        Line::Expect(expectation) => {
            if scenario.expectations.len() >= limits::EVENTS_MAX {
                return Err("at most 10000 `expect` lines");
            }
            scenario.expectations.push(expectation);
        }
    }
    Ok(())
}

/// The grammar lets a setting stand only behind what it belongs to: the newest node or link has the place for it.
fn set(scenario: &mut Scenario, setting: Setting) -> Result<(), &'static str> {
    let misplaced = "a node or a link before its settings";
    match setting {
        Setting::Work(work) => scenario.nodes.last_mut().ok_or(misplaced)?.work = work,
        Setting::Mode(mode) => scenario.links.last_mut().ok_or(misplaced)?.mode = mode,
        Setting::Latency(latency) => scenario.links.last_mut().ok_or(misplaced)?.latency = latency,
        Setting::Jitter(jitter) => scenario.links.last_mut().ok_or(misplaced)?.jitter = jitter,
        Setting::Bandwidth(rate) => {
            scenario.links.last_mut().ok_or(misplaced)?.bytes_per_second = Some(rate);
        }
        of_device => {
            let Some(NodeSpec {
                kind: NodeKind::Device(device),
                ..
            }) = scenario.nodes.last_mut()
            else {
                return Err(misplaced);
            };
            set_device(device, of_device)?;
        }
    }
    Ok(())
}

fn set_device(device: &mut DeviceSpec, setting: Setting) -> Result<(), &'static str> {
    match setting {
        Setting::ClientId(id) => device.client_id = id,
        Setting::Version(version) => device.version = version,
        Setting::Session(session) => device.session = session,
        Setting::KeepAlive(secs) => device.keep_alive_secs = secs,
        Setting::Will(will) => device.will = Some(will),
        Setting::Reconnect(reconnect) => device.reconnect = reconnect,
        Setting::Subscribe(subscription) => {
            if device.subscriptions.len() >= limits::SUBSCRIPTIONS_MAX {
                return Err("at most 64 subscriptions for each node");
            }
            device.subscriptions.push(subscription);
        }
        Setting::Work(_)
        | Setting::Mode(_)
        | Setting::Latency(_)
        | Setting::Jitter(_)
        | Setting::Bandwidth(_) => {}
    }
    Ok(())
}

/// A line; `None` if it says nothing.
fn whole_line(input: &mut Input<'_>, open: Open, first: bool) -> Parsed<Option<Line>> {
    space0.parse_next(input)?;
    let line = if input.is_empty() || input.starts_with('#') {
        None
    } else if first {
        Some(title(input)?)
    } else {
        Some(statement(input, open)?)
    };
    end_of_line(input)?;
    Ok(line)
}

fn end_of_line(input: &mut Input<'_>) -> Parsed<()> {
    space0.parse_next(input)?;
    if input.starts_with('#') {
        take_while(0.., |_: char| true).void().parse_next(input)?;
    }
    expecting("the end of the line", winnow::combinator::eof.void()).parse_next(input)
}

fn title(input: &mut Input<'_>) -> Parsed<Line> {
    preceded(keyword("scenario", "`scenario`"), string)
        .map(Line::Title)
        .parse_next(input)
}

fn statement(input: &mut Input<'_>, open: Open) -> Parsed<Line> {
    let setting = move |input: &mut Input<'_>| match open {
        Open::Nothing => Err(EmptyError),
        Open::Broker => node_setting(input),
        Open::Device => alt((node_setting, device_setting)).parse_next(input),
        Open::Link => link_setting(input),
    };
    alt((
        setting.map(Line::Setting),
        header,
        declaration,
        preceded(keyword("at", "`at`"), (duration, colon, action)).map(|(at, (), action)| {
            Line::Planned(Planned {
                when: When::At(Instant::ZERO + at),
                action,
            })
        }),
        preceded(keyword("when", "`when`"), (packet_moment, colon, action))
            .map(|(when, (), action)| Line::Planned(Planned { when, action })),
        preceded(keyword("expect", "`expect`"), expectation).map(Line::Expect),
    ))
    .parse_next(input)
}

fn header(input: &mut Input<'_>) -> Parsed<Line> {
    alt((
        preceded(keyword("scenario", ""), string).map(Line::Title),
        preceded(keyword("about", "`about`"), string).map(Line::About),
        preceded(keyword("version", "`version`"), version).map(Line::Version),
        preceded(keyword("seed", "`seed`"), integer).map(Line::Seed),
        preceded(keyword("until", "`until`"), duration).map(Line::Until),
    ))
    .parse_next(input)
}

fn declaration(input: &mut Input<'_>) -> Parsed<Line> {
    alt((
        preceded(keyword("node", "`node`"), (new_name, kind))
            .map(|(name, kind)| Line::Node(name, kind)),
        preceded(keyword("link", "`link`"), new_link).map(|(a, b)| Line::Link(a, b)),
    ))
    .parse_next(input)
}

fn node_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    preceded(keyword("work", "`work`"), duration)
        .map(Setting::Work)
        .parse_next(input)
}

fn device_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(keyword("client-id", "`client-id`"), text).map(Setting::ClientId),
        preceded(keyword("version", "`version`"), version).map(Setting::Version),
        preceded(keyword("session", "`session`"), session).map(Setting::Session),
        preceded(keyword("keep-alive", "`keep-alive`"), keep_alive).map(Setting::KeepAlive),
        preceded(keyword("will", "`will`"), will).map(Setting::Will),
        preceded(keyword("reconnect", "`reconnect`"), reconnect).map(Setting::Reconnect),
        preceded(keyword("subscribe", "`subscribe`"), subscription).map(Setting::Subscribe),
    ))
    .parse_next(input)
}

fn link_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(keyword("mode", "`mode`"), keyword("stream", "`stream`"))
            .map(|()| Setting::Mode(LinkMode::Stream)),
        preceded(keyword("latency", "`latency`"), duration).map(Setting::Latency),
        preceded(keyword("jitter", "`jitter`"), duration).map(Setting::Jitter),
        preceded(keyword("bandwidth", "`bandwidth`"), bandwidth).map(Setting::Bandwidth),
    ))
    .parse_next(input)
}

fn action(input: &mut Input<'_>) -> Parsed<Action> {
    alt((
        preceded(
            keyword("cut", "`cut`"),
            (known_link, opt(preceded(keyword("for", "`for`"), duration))),
        )
        .map(|((a, b), span)| Action::Cut { a, b, span }),
        preceded(keyword("restore", "`restore`"), known_link)
            .map(|(a, b)| Action::Restore { a, b }),
        (known_device, node_action).map(|(node, act)| Action::Node { node, act }),
    ))
    .parse_next(input)
}

fn node_action(input: &mut Input<'_>) -> Parsed<NodeAction> {
    alt((
        keyword("connect", "`connect`").value(NodeAction::Connect),
        keyword("disconnect", "`disconnect`").value(NodeAction::Disconnect),
        preceded(keyword("publish", "`publish`"), message).map(|message| NodeAction::Publish {
            topic: message.topic,
            payload: message.payload,
            qos: message.qos,
            retain: message.retain,
        }),
        preceded(keyword("subscribe", "`subscribe`"), subscription).map(NodeAction::Subscribe),
        preceded(keyword("unsubscribe", "`unsubscribe`"), topic_filter)
            .map(|filter| NodeAction::Unsubscribe { filter }),
    ))
    .parse_next(input)
}

fn packet_moment(input: &mut Input<'_>) -> Parsed<When> {
    let nth = opt(ordinal).parse_next(input)?.unwrap_or(1);
    let pattern = PacketPattern {
        packet_type: packet_type(input)?,
        id: opt(preceded(
            keyword("id", "`id`"),
            small("a number up to 65535"),
        ))
        .parse_next(input)?,
        dup: opt(keyword("dup", "`dup`")).parse_next(input)?.is_some(),
        from: opt(preceded(keyword("from", "`from`"), known_node)).parse_next(input)?,
        to: opt(preceded(keyword("to", "`to`"), known_node)).parse_next(input)?,
    };
    let phase = alt((
        (keyword("is", "`is sent`"), keyword("sent", "`sent`")).value(Phase::Sent),
        (
            keyword("is", "`is on the wire`"),
            keyword("on", "`on the wire`"),
            keyword("the", "`the`"),
            keyword("wire", "`wire`"),
        )
            .value(Phase::OnTheWire),
        (
            keyword("has", "`has arrived`"),
            keyword("arrived", "`arrived`"),
        )
            .value(Phase::Arrived),
    ))
    .parse_next(input)?;
    let delay = opt(preceded(keyword("plus", "`plus`"), duration))
        .parse_next(input)?
        .unwrap_or_default();
    Ok(When::Packet {
        pattern,
        nth,
        phase,
        delay,
    })
}

fn expectation(input: &mut Input<'_>) -> Parsed<Expectation> {
    let node = known_device(input)?;
    alt((
        preceded(keyword("position", "`position`"), length).map(|millimetres| {
            Expectation::Position {
                node: node.clone(),
                millimetres,
            }
        }),
        preceded(keyword("received", "`received`"), (topic_filter, times)).map(
            |(filter, times)| Expectation::Received {
                node: node.clone(),
                filter,
                times,
            },
        ),
    ))
    .parse_next(input)
}

/// A message with where it goes; the same words describe a will.
fn will(input: &mut Input<'_>) -> Parsed<WillSpec> {
    message(input)
}

fn message(input: &mut Input<'_>) -> Parsed<WillSpec> {
    (
        topic_name,
        payload,
        opt(preceded(keyword("qos", "`qos`"), qos)),
        opt(keyword("retain", "`retain`")),
    )
        .map(|(topic, payload, qos, retain)| WillSpec {
            topic,
            payload,
            qos: qos.unwrap_or_default(),
            retain: retain.is_some(),
        })
        .parse_next(input)
}

fn subscription(input: &mut Input<'_>) -> Parsed<SubscriptionSpec> {
    (topic_filter, opt(preceded(keyword("qos", "`qos`"), qos)))
        .map(|(filter, qos)| SubscriptionSpec {
            filter,
            qos: qos.unwrap_or_default(),
        })
        .parse_next(input)
}

fn session(input: &mut Input<'_>) -> Parsed<SessionSpec> {
    alt((
        keyword("clean", "`clean`").value(SessionSpec::Clean),
        keyword("kept", "`kept`").value(SessionSpec::Kept),
    ))
    .parse_next(input)
}

fn reconnect(input: &mut Input<'_>) -> Parsed<Reconnect> {
    alt((
        keyword("never", "`never`").value(Reconnect::Never),
        keyword("when-link-is-up", "`when-link-is-up`").value(Reconnect::WhenLinkIsUp),
        preceded(keyword("every", "`every`"), positive_duration).map(Reconnect::Every),
    ))
    .parse_next(input)
}

// Words and values. Each begins by skipping the spaces in front of it.

/// Notes what would have been right if `parser` fails here.
fn expecting<'i, O>(
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
            }
            if at == furthest.at && !what.is_empty() && !furthest.expected.contains(&what) {
                furthest.expected.push(what);
            }
        })
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn word<'i>(input: &mut Input<'i>) -> Parsed<&'i str> {
    take_while(1.., is_word).parse_next(input)
}

fn keyword<'i>(text: &'static str, shown: &'static str) -> impl Parser<Input<'i>, (), EmptyError> {
    expecting(shown, word.verify(move |word: &str| word == text).void())
}

fn colon(input: &mut Input<'_>) -> Parsed<()> {
    expecting("`:`", ':'.void()).parse_next(input)
}

fn name(input: &mut Input<'_>) -> Parsed<String> {
    word.verify(|word: &str| {
        word.len() <= limits::NAME_MAX_BYTES
            && word.starts_with(|first: char| first.is_ascii_alphabetic())
    })
    .map(ToOwned::to_owned)
    .parse_next(input)
}

const KINDS: &str = "`broker`, `phone` or `robot`";

fn kind(input: &mut Input<'_>) -> Parsed<String> {
    expecting(
        KINDS,
        word.verify(|word: &str| word == "broker" || device::Blueprint::named(word).is_some()),
    )
    .map(ToOwned::to_owned)
    .parse_next(input)
}

/// Also keeps out the words that begin an action, so that a line can be read in one way only.
fn new_name(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "a name that no other node has: a letter, then letters, digits, `-`, `_` and `.`",
        name.verify(move |name: &str| {
            !matches!(name, "cut" | "restore") && nodes.iter().all(|node| node.name != name)
        }),
    )
    .parse_next(input)
}

fn known_node(input: &mut Input<'_>) -> Parsed<String> {
    let nodes = input.state.nodes;
    expecting(
        "the name of a node declared above",
        name.verify(move |name: &str| nodes.iter().any(|node| node.name == name)),
    )
    .parse_next(input)
}

fn known_device(input: &mut Input<'_>) -> Parsed<String> {
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

fn known_broker(input: &mut Input<'_>) -> Parsed<String> {
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

fn ends(input: &mut Input<'_>) -> Parsed<(String, String)> {
    (known_device, keyword("to", "`to`"), known_broker)
        .map(|(a, (), b)| (a, b))
        .parse_next(input)
}

/// A device has one radio: one link.
fn new_link(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let links = input.state.links;
    expecting(
        "a device that has no link yet, and a broker",
        ends.verify(move |(a, _): &(String, String)| links.iter().all(|link| link.a != *a)),
    )
    .parse_next(input)
}

fn known_link(input: &mut Input<'_>) -> Parsed<(String, String)> {
    let links = input.state.links;
    expecting(
        "the two ends of a link declared above",
        ends.verify(move |(a, b): &(String, String)| {
            links.iter().any(|link| link.a == *a && link.b == *b)
        }),
    )
    .parse_next(input)
}

fn string(input: &mut Input<'_>) -> Parsed<String> {
    expecting(
        "a text in double quotes",
        quoted.verify_map(|bytes| String::from_utf8(bytes).ok()),
    )
    .parse_next(input)
}

fn text(input: &mut Input<'_>) -> Parsed<Text> {
    expecting(
        "a text in double quotes, at most 65535 bytes and without \\x00",
        quoted.verify_map(|bytes| Text::new(bytes.into()).ok()),
    )
    .parse_next(input)
}

fn topic_name(input: &mut Input<'_>) -> Parsed<TopicName> {
    expecting(
        "a topic name in double quotes, without `+` and `#`",
        quoted.verify_map(|bytes| TopicName::new(Text::new(bytes.into()).ok()?).ok()),
    )
    .parse_next(input)
}

fn topic_filter(input: &mut Input<'_>) -> Parsed<TopicFilter> {
    expecting(
        "a topic filter in double quotes, with `+` and `#` on levels of their own",
        quoted.verify_map(|bytes| TopicFilter::new(Text::new(bytes.into()).ok()?).ok()),
    )
    .parse_next(input)
}

fn payload(input: &mut Input<'_>) -> Parsed<Bytes> {
    expecting("a payload in double quotes", quoted)
        .map(Bytes::from)
        .parse_next(input)
}

/// Bytes between double quotes. `\"`, `\\`, `\n`, `\t` and `\xHH` are escapes.
fn quoted(input: &mut Input<'_>) -> Parsed<Vec<u8>> {
    let mut bytes = Vec::new();
    '"'.parse_next(input)?;
    loop {
        let plain: &str = take_while(0.., |c: char| c != '"' && c != '\\').parse_next(input)?;
        bytes.extend_from_slice(plain.as_bytes());
        if opt('"').parse_next(input)?.is_some() {
            return Ok(bytes);
        }
        bytes.push(escape(input)?);
    }
}

fn escape(input: &mut Input<'_>) -> Parsed<u8> {
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

fn digits(input: &mut Input<'_>) -> Parsed<u64> {
    digit1
        .verify_map(|digits: &str| digits.parse().ok())
        .parse_next(input)
}

fn integer(input: &mut Input<'_>) -> Parsed<u64> {
    expecting("a number up to 18446744073709551615", digits).parse_next(input)
}

fn small<'i, N: TryFrom<u64>>(shown: &'static str) -> impl Parser<Input<'i>, N, EmptyError> {
    expecting(shown, digits.verify_map(|number| N::try_from(number).ok()))
}

fn ordinal(input: &mut Input<'_>) -> Parsed<u32> {
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

fn times(input: &mut Input<'_>) -> Parsed<u32> {
    (small("a number"), keyword("times", "`times`"))
        .map(|(times, ())| times)
        .parse_next(input)
}

/// A number with up to `places` decimals as a whole number of its smallest unit.
fn decimal<'i>(places: u32) -> impl Parser<Input<'i>, u64, EmptyError> {
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

fn duration(input: &mut Input<'_>) -> Parsed<Duration> {
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

fn positive_duration(input: &mut Input<'_>) -> Parsed<Duration> {
    expecting(
        "a time longer than nothing",
        duration.verify(|span: &Duration| *span > Duration::ZERO),
    )
    .parse_next(input)
}

fn keep_alive(input: &mut Input<'_>) -> Parsed<u16> {
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

fn bandwidth(input: &mut Input<'_>) -> Parsed<u32> {
    expecting(
        "a number of bytes each second, such as `1000 B/s`",
        (digits, space1, "B/s")
            .verify_map(|(rate, _, _)| u32::try_from(rate).ok().filter(|rate| *rate > 0)),
    )
    .parse_next(input)
}

fn length(input: &mut Input<'_>) -> Parsed<i64> {
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

fn qos(input: &mut Input<'_>) -> Parsed<Qos> {
    expecting(
        "`0`, `1` or `2`",
        word.verify_map(|word: &str| Qos::from_bits(word.parse().ok()?)),
    )
    .parse_next(input)
}

fn version(input: &mut Input<'_>) -> Parsed<Version> {
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

fn packet_type(input: &mut Input<'_>) -> Parsed<PacketType> {
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
