//! Reads scenario files.
//!
//! A file is read line by line, so that an error always names one line. Inside a line the parser remembers the
//! furthest place where it failed and everything that it would have taken there: that is what an error says.

mod device;
mod lesson;
mod words;

use self::device::DeviceSetting;
use super::{
    Action, CrashMoment, Datagram, DeviceSpec, Expectation, LinkMode, LinkSpec, Moment, NodeAction,
    NodeKind, NodeSpec, Outside, Phase, Planned, Ratio, RemoteRole, Scenario, Storage, When,
    limits,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use lesson::{OpenPart, Part};
use mqtt_broker::policy::AccessList;
use mqtt_proto::{Duration, Instant, Text, Version};
use winnow::Parser;
use winnow::ascii::space0;
use winnow::combinator::{alt, opt, preceded};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Stateful};
use winnow::token::take_while;
use words::{
    Context, Furthest, Input, Parsed, bandwidth, bytes_count, colon, datagram_link, duration,
    expecting, integer, keyword, kind, known_link, known_node, new_link, new_name, ordinal,
    positive, positive_duration, ratio, small, string, version,
};

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

/// One line that says something.
enum Line {
    Title(String),
    About(String),
    Version(Version),
    Seed(u64),
    Until(Duration),
    Node(String, String),
    Remote(RemoteRole, String),
    Link(String, String),
    Setting(Setting),
    Planned(Planned),
    Expect(Expectation),
    Lesson(Part),
}

enum Setting {
    Work(Duration),
    Storage(Storage),
    Place(u16, u16),
    Retry(Duration),
    ReceiveMaximum(u16),
    AliasMaximum(u16),
    MaxPacket(u32),
    Backlog(u32),
    SessionQueue(u32),
    Access(String),
    Device(DeviceSetting),
    Mode(LinkMode),
    Latency(Duration),
    Jitter(Duration),
    Bandwidth(u32),
    Window(u32),
    Loss(Ratio),
    Duplicate(Ratio),
    Reorder(Ratio),
}

/// What the settings that follow belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Broker,
    Device,
    Remote,
    Link,
    Lesson(OpenPart),
}

pub(super) fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    if text.len() > limits::FILE_MAX_BYTES {
        return Err(error(1, 1, "a file of at most 256 KiB", ""));
    }
    let mut scenario: Option<Scenario> = None;
    let mut open = Open::Nothing;
    let mut last_line = 0;
    // By node: where it is declared.
    let mut declared: Vec<(usize, &str)> = Vec::new();
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
        if is_the_files_version(raw, open) {
            let expected =
                "`version` above the first node for all, or indented below a device for it alone";
            return Err(error(number, 1, expected, raw.trim()));
        }
        match (parsed, &mut scenario) {
            (Line::Title(title), empty @ None) => *empty = Some(Scenario::empty(title)),
            (parsed, Some(scenario)) => {
                if matches!(parsed, Line::Node(..) | Line::Remote(..)) {
                    declared.push((number, raw));
                }
                add(scenario, parsed, &mut open)
                    .map_err(|expected| error(number, 1, expected, raw.trim()))?;
            }
            (_, None) => return Err(error(number, 1, "`scenario`", raw.trim())),
        }
    }
    let scenario = scenario.ok_or_else(|| error(last_line.max(1), 1, "`scenario`", ""))?;
    for (node, (number, raw)) in scenario.nodes.iter().zip(declared) {
        if let NodeKind::Device(device) = &node.kind
            && device.keeps_a_nameless_session()
        {
            let expected =
                "a clean session, as the client identifier is empty (3.1.1 MQTT-3.1.3-7)";
            return Err(error(number, 1, expected, raw.trim()));
        }
    }
    Ok(scenario)
}

pub(super) fn without_passwords(text: &str) -> String {
    let is_shown = |line: &&str| {
        let furthest = RefCell::new(Furthest::default());
        let mut input = Stateful {
            input: LocatingSlice::new(line.trim_end()),
            state: Context {
                furthest: &furthest,
                nodes: &[],
                links: &[],
            },
        };
        let read = whole_line(&mut input, Open::Device, false);
        !matches!(
            read,
            Ok(Some(Line::Setting(Setting::Device(
                DeviceSetting::Password(_)
            ))))
        )
    };
    text.split_inclusive('\n').filter(is_shown).collect()
}

/// `version` is the only word that means one thing of the file and another of a device. Below a device, only where it is
/// indented is it sure that the device is meant.
fn is_the_files_version(raw: &str, open: Open) -> bool {
    open == Open::Device && raw.starts_with("version")
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
        Line::Node(..) | Line::Remote(..) if scenario.nodes.len() >= limits::NODES_MAX => {
            return Err("at most 256 nodes");
        }
        Line::Remote(role, name) => {
            *open = Open::Remote;
            scenario
                .nodes
                .push(NodeSpec::new(name, NodeKind::Remote(role)));
        }
        Line::Node(name, kind) => {
            let kind = if kind == "broker" {
                *open = Open::Broker;
                NodeKind::Broker
            } else {
                *open = Open::Device;
                let client_id = Text::try_from(name.as_str())
                    .map_err(|_| "a name that can be a client identifier")?;
                NodeKind::Device(Box::new(DeviceSpec::new(kind, client_id, version)))
            };
            scenario.nodes.push(NodeSpec::new(name, kind));
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
        Line::Lesson(part) => *open = Open::Lesson(lesson::add(&mut scenario.lesson, part)?),
    }
    Ok(())
}

/// The grammar lets a setting stand only behind what it belongs to: the newest node or link has the place for it.
fn set(scenario: &mut Scenario, setting: Setting) -> Result<(), &'static str> {
    let misplaced = "a node or a link before its settings";
    let (node, link) = (scenario.nodes.last_mut(), scenario.links.last_mut());
    match setting {
        Setting::Place(x, y) => node.ok_or(misplaced)?.place = Some((x, y)),
        Setting::Retry(retry) => node.ok_or(misplaced)?.retry = Some(retry),
        Setting::Storage(storage) => node.ok_or(misplaced)?.storage = storage,
        Setting::Work(work) => node.ok_or(misplaced)?.work = work,
        Setting::ReceiveMaximum(most) => node.ok_or(misplaced)?.limits.receive_maximum = most,
        Setting::AliasMaximum(most) => node.ok_or(misplaced)?.limits.topic_alias_maximum = most,
        Setting::MaxPacket(bytes) => node.ok_or(misplaced)?.limits.max_packet_size = bytes,
        Setting::Backlog(bytes) => node.ok_or(misplaced)?.bounds.backlog_bytes = Some(bytes),
        Setting::SessionQueue(most) => node.ok_or(misplaced)?.bounds.queue = Some(most),
        Setting::Access(line) => {
            let lines = &mut node.ok_or(misplaced)?.access;
            if lines.len() >= limits::ACCESS_LINES_MAX {
                return Err("at most 256 `access` lines for each broker");
            }
            lines.push(line);
        }
        Setting::Loss(loss) => datagram(link)?.loss = loss,
        Setting::Duplicate(duplicate) => datagram(link)?.duplicate = duplicate,
        Setting::Reorder(reorder) => datagram(link)?.reorder = reorder,
        Setting::Mode(mode) => link.ok_or(misplaced)?.mode = mode,
        Setting::Latency(latency) => link.ok_or(misplaced)?.latency = latency,
        Setting::Jitter(jitter) => link.ok_or(misplaced)?.jitter = jitter,
        Setting::Bandwidth(rate) => link.ok_or(misplaced)?.bytes_per_second = Some(rate),
        Setting::Window(bytes) => link.ok_or(misplaced)?.window_bytes = bytes,
        Setting::Device(setting) => match node.map(|node| &mut node.kind) {
            Some(NodeKind::Device(spec)) => device::set(spec, setting)?,
            _ => return Err(misplaced),
        },
    }
    Ok(())
}

/// What the newest link does that no stream does.
fn datagram(link: Option<&mut LinkSpec>) -> Result<&mut Datagram, &'static str> {
    match link.map(|link| &mut link.mode) {
        Some(LinkMode::Datagram(datagram)) => Ok(datagram),
        _ => Err("`mode datagram` above this: on a stream nothing is lost, doubled or overtaken"),
    }
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
        Open::Broker => alt((node_setting, limit, broker_setting))
            .map(Line::Setting)
            .parse_next(input),
        Open::Device => {
            let v5 = device::speaks_v5(input, None);
            let limit = device::only_v5(v5, limit);
            let own = device::setting.map(Setting::Device);
            alt((node_setting, limit, own))
                .map(Line::Setting)
                .parse_next(input)
        }
        Open::Remote => place.map(Line::Setting).parse_next(input),
        Open::Link => link_setting.map(Line::Setting).parse_next(input),
        Open::Lesson(OpenPart::Lesson) => lesson::of_lesson.map(Line::Lesson).parse_next(input),
        Open::Lesson(OpenPart::Ask) => lesson::of_ask.map(Line::Lesson).parse_next(input),
        Open::Lesson(OpenPart::Task) => lesson::of_task.map(Line::Lesson).parse_next(input),
    };
    alt((
        setting,
        header,
        declaration,
        planned,
        preceded(keyword("expect", "`expect`"), lesson::claim).map(Line::Expect),
        lesson::opening.map(Line::Lesson),
    ))
    .parse_next(input)
}

/// What is done, said or asked at a moment. At the end there is nothing left to do.
fn planned(input: &mut Input<'_>) -> Parsed<Line> {
    let moment = lesson::moment(input)?;
    colon(input)?;
    let beat = |input: &mut Input<'_>| lesson::beat(&moment, input).map(Line::Lesson);
    let Moment::When(when) = &moment else {
        return { beat }.parse_next(input);
    };
    let act = action.map(|action| {
        let when = when.clone();
        Line::Planned(Planned { when, action })
    });
    alt((beat, act)).parse_next(input)
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
        preceded(keyword("remote", "`remote`"), (remote_role, new_name))
            .map(|(role, name)| Line::Remote(role, name)),
        preceded(keyword("link", "`link`"), new_link).map(|(a, b)| Line::Link(a, b)),
    ))
    .parse_next(input)
}

fn node_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(keyword("work", "`work`"), duration).map(Setting::Work),
        place,
        preceded(keyword("storage", "`storage`"), storage).map(Setting::Storage),
        preceded(keyword("retry", "`retry`"), positive_duration).map(Setting::Retry),
    ))
    .parse_next(input)
}

/// What an end announces in its first packet. 3.1.1 has no place for it.
fn limit(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(
            keyword("receive-maximum", "`receive-maximum`"),
            positive("a number from 1 to 65535"),
        )
        .map(Setting::ReceiveMaximum),
        preceded(
            keyword("topic-alias-maximum", "`topic-alias-maximum`"),
            small("a number up to 65535"),
        )
        .map(Setting::AliasMaximum),
        preceded(
            keyword("max-packet", "`max-packet`"),
            (
                positive("a number of bytes up to 4294967295, such as `100 B`"),
                keyword("B", "`B`"),
            ),
        )
        .map(|(bytes, ())| Setting::MaxPacket(bytes)),
    ))
    .parse_next(input)
}

fn place(input: &mut Input<'_>) -> Parsed<Setting> {
    preceded(keyword("place", "`place`"), (coordinate, coordinate))
        .map(|(x, y)| Setting::Place(x, y))
        .parse_next(input)
}

fn remote_role(input: &mut Input<'_>) -> Parsed<RemoteRole> {
    alt((
        keyword("broker", "`broker`").value(RemoteRole::Broker),
        keyword("device", "`device`").value(RemoteRole::Device),
    ))
    .parse_next(input)
}

fn coordinate(input: &mut Input<'_>) -> Parsed<u16> {
    expecting(
        "a number up to 4000",
        words::digits.verify_map(|number| {
            u16::try_from(number)
                .ok()
                .filter(|number| *number <= limits::PLACE_MAX)
        }),
    )
    .parse_next(input)
}

/// What only a broker has.
fn broker_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(keyword("backlog", "`backlog`"), bytes_count).map(Setting::Backlog),
        preceded(
            keyword("session-queue", "`session-queue`"),
            small("a number up to 4294967295"),
        )
        .map(Setting::SessionQueue),
        preceded(keyword("access", "`access`"), access).map(Setting::Access),
    ))
    .parse_next(input)
}

/// A line of an access list.
fn access(input: &mut Input<'_>) -> Parsed<String> {
    let is_line = |line: &str| !line.contains('\n') && AccessList::parse(line).is_ok();
    expecting(
        "a line as in Mosquitto's acl_file, such as `\"topic read news/#\"`, `\"user alice\"` or `\"pattern write dev/%c\"`",
        words::quoted.verify_map(|bytes| String::from_utf8(bytes).ok().filter(|it| is_line(it))),
    )
    .parse_next(input)
}

fn link_setting(input: &mut Input<'_>) -> Parsed<Setting> {
    alt((
        preceded(keyword("mode", "`mode`"), mode).map(Setting::Mode),
        preceded(keyword("loss", "`loss`"), ratio).map(Setting::Loss),
        preceded(keyword("duplicate", "`duplicate`"), ratio).map(Setting::Duplicate),
        preceded(keyword("reorder", "`reorder`"), ratio).map(Setting::Reorder),
        preceded(keyword("latency", "`latency`"), duration).map(Setting::Latency),
        preceded(keyword("jitter", "`jitter`"), duration).map(Setting::Jitter),
        preceded(keyword("bandwidth", "`bandwidth`"), bandwidth).map(Setting::Bandwidth),
        preceded(keyword("window", "`window`"), bytes_count).map(Setting::Window),
    ))
    .parse_next(input)
}

fn action(input: &mut Input<'_>) -> Parsed<Action> {
    alt((
        preceded(
            keyword("cut", "`cut`"),
            (
                known_link,
                opt(preceded(keyword("after", "`after`"), bytes_count)),
                span,
            ),
        )
        .map(|((a, b), after_bytes, span)| Action::Cut {
            a,
            b,
            after_bytes: after_bytes.unwrap_or(0),
            span,
        }),
        preceded(keyword("silence", "`silence`"), directed)
            .map(|((a, b), toward, span)| Action::Silence { a, b, toward, span }),
        preceded(keyword("stall", "`stall`"), stalled),
        holding,
        preceded(keyword("double", "`double`"), datagram_link)
            .map(|(a, b)| Action::Double { a, b }),
        preceded(keyword("lose", "`lose`"), datagram_link).map(|(a, b)| Action::Lose { a, b }),
        preceded(keyword("restore", "`restore`"), known_link)
            .map(|(a, b)| Action::Restore { a, b }),
        act_of_node,
    ))
    .parse_next(input)
}

/// Packets wait on a link, and go on.
fn holding(input: &mut Input<'_>) -> Parsed<Action> {
    alt((
        preceded(keyword("hold", "`hold`"), directed).map(|((a, b), toward, span)| Action::Hold {
            a,
            b,
            toward,
            span,
        }),
        preceded(keyword("gate", "`gate`"), direction).map(|((a, b), toward)| Action::Gate {
            a,
            b,
            toward,
        }),
        preceded(keyword("pass", "`pass`"), direction).map(|((a, b), toward)| Action::Pass {
            a,
            b,
            toward,
        }),
        preceded(keyword("release", "`release`"), direction)
            .map(|((a, b), toward)| Action::Release { a, b, toward }),
    ))
    .parse_next(input)
}

fn act_of_node(input: &mut Input<'_>) -> Parsed<Action> {
    let node = known_node(input)?;
    let nodes = input.state.nodes;
    let spec = nodes.iter().find(|spec| spec.name == node);
    let act = match spec.map(|spec| &spec.kind) {
        Some(NodeKind::Device(device)) if device.script.is_some() => alt((
            |input: &mut Input<'_>| device::action(input, &node),
            typed,
            power_action,
        ))
        .parse_next(input)?,
        Some(NodeKind::Device(_)) => alt((
            |input: &mut Input<'_>| device::action(input, &node),
            power_action,
        ))
        .parse_next(input)?,
        Some(NodeKind::Remote(_)) => outside.map(NodeAction::Outside).parse_next(input)?,
        Some(NodeKind::Broker) | None => power_action(input)?,
    };
    Ok(Action::Node { node, act })
}

/// What is typed at the console of a board that runs a script.
fn typed(input: &mut Input<'_>) -> Parsed<NodeAction> {
    alt((
        preceded(keyword("type", "`type`"), string).map(|text| NodeAction::Type { text }),
        keyword("interrupt", "`interrupt`").value(NodeAction::Interrupt),
    ))
    .parse_next(input)
}

/// What a node does whose program is outside.
fn outside(input: &mut Input<'_>) -> Parsed<Outside> {
    const NUMBER: &str = "the number of a connection";
    alt((
        preceded(keyword("opened", "`opened`"), small(NUMBER))
            .map(|connection| Outside::Opened { connection }),
        preceded(keyword("dials", "`dials`"), (small(NUMBER), known_node))
            .map(|(connection, to)| Outside::Dials { connection, to }),
        preceded(
            keyword("received", "`received`"),
            (small(NUMBER), words::payload),
        )
        .map(|(connection, bytes)| Outside::Received { connection, bytes }),
        preceded(keyword("closed", "`closed`"), (small(NUMBER), string))
            .map(|(connection, why)| Outside::Closed { connection, why }),
        keyword("late", "`late`").value(Outside::Late),
    ))
    .parse_next(input)
}

fn stalled(input: &mut Input<'_>) -> Parsed<Action> {
    let ((a, b), toward) = direction(input)?;
    let bytes_per_second = opt(preceded(keyword("at", "`at`"), bandwidth)).parse_next(input)?;
    Ok(Action::Stall {
        a,
        b,
        toward,
        bytes_per_second,
        span: span(input)?,
    })
}

/// A link, perhaps one of its directions, and for how long.
type Directed = ((String, String), Option<String>, Option<Duration>);

fn directed(input: &mut Input<'_>) -> Parsed<Directed> {
    let (link, toward) = direction(input)?;
    Ok((link, toward, span(input)?))
}

/// A link, and perhaps one of its directions.
fn direction(input: &mut Input<'_>) -> Parsed<((String, String), Option<String>)> {
    (
        known_link,
        opt(preceded(keyword("toward", "`toward`"), known_node)),
    )
        // Only its own two ends are toward anything.
        .verify(|((a, b), toward)| {
            toward
                .as_ref()
                .is_none_or(|toward| toward == a || toward == b)
        })
        .parse_next(input)
}

fn span(input: &mut Input<'_>) -> Parsed<Option<Duration>> {
    opt(preceded(keyword("for", "`for`"), duration)).parse_next(input)
}

/// What can happen to a node whatever it is.
fn power_action(input: &mut Input<'_>) -> Parsed<NodeAction> {
    let moment = alt((
        keyword("before-saving", "`before-saving`").value(CrashMoment::BeforeSaving),
        keyword("after-saving", "`after-saving`").value(CrashMoment::AfterSaving),
    ));
    alt((
        preceded(keyword("power-off", "`power-off`"), span)
            .map(|span| NodeAction::PowerOff { span }),
        keyword("power-on", "`power-on`").value(NodeAction::PowerOn),
        preceded(keyword("crash", "`crash`"), (opt(moment), span)).map(|(moment, span)| {
            NodeAction::Crash {
                moment: moment.unwrap_or(CrashMoment::Now),
                span,
            }
        }),
    ))
    .parse_next(input)
}

fn packet_moment(input: &mut Input<'_>) -> Parsed<When> {
    let nth = opt(ordinal).parse_next(input)?.unwrap_or(1);
    let pattern = lesson::pattern(input)?;
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

fn mode(input: &mut Input<'_>) -> Parsed<LinkMode> {
    alt((
        keyword("stream", "`stream`").value(LinkMode::Stream),
        keyword("datagram", "`datagram`").value(LinkMode::Datagram(Datagram::default())),
    ))
    .parse_next(input)
}

fn storage(input: &mut Input<'_>) -> Parsed<Storage> {
    alt((
        keyword("keeps", "`keeps`").value(Storage::Keeps),
        keyword("forgets", "`forgets`").value(Storage::Forgets),
    ))
    .parse_next(input)
}
