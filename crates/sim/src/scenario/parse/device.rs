//! The words of devices: their settings, what they do by rules, what one can do to them, and what can be expected.

use super::words::{
    Input, Parsed, colon, count, decimal, duration, expecting, keep_alive, keyword, length,
    payload, positive_duration, qos, quoted, refused, small, text, topic_filter, topic_name,
    version, word,
};
use crate::scenario::{
    DeviceClaim, DeviceSpec, NodeAction, NodeKind, Reconnect, ScorePart, SessionSpec,
    SubscriptionSpec, WillSpec, limits,
};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use device::script::{ScriptFile, not_a_file_name};
use device::umqtt::{Call, Guard, Library, Program, STATEMENTS_MAX, Statement};
use device::{
    Act, Blueprint, Charge, Destination, InputKind, Queue, Rule, Setting as Switch, Sleep,
    Template, Trigger,
};
use mqtt_proto::packet::{
    Properties, Property, RetainHandling, SUBSCRIPTION_IDENTIFIER_MAX, SubscriptionOptions,
};
use mqtt_proto::session::WhenFull;
use mqtt_proto::{Duration, Qos, Text, TopicFilter, Version};
use winnow::Parser;
use winnow::ascii::space0;
use winnow::combinator::{alt, empty, opt, preceded};
use winnow::error::EmptyError;
use winnow::token::take_while;

/// One line of a device's settings.
pub(super) enum DeviceSetting {
    ClientId(Text),
    Version(Version),
    Session(SessionSpec, Option<u32>),
    Aliases(u16),
    User(Text, Text),
    KeepAlive(u16),
    UserName(Text),
    Password(Bytes),
    Will(WillSpec),
    Reconnect(Reconnect),
    Queue(Queue),
    Deadline(Duration),
    Sleep(Option<Sleep>),
    Battery(Charge),
    Subscribe(SubscriptionSpec),
    Rule(Rule),
    Client(Library),
    Script,
    ScriptFile(Text),
    ScriptLine(String),
    Call(Statement),
    Loop,
}

pub(super) fn set(device: &mut DeviceSpec, setting: DeviceSetting) -> Result<(), &'static str> {
    match setting {
        DeviceSetting::ClientId(id) => device.client_id = id,
        DeviceSetting::Version(version) => {
            let is_umqtt = device.program.is_some() || device.script.is_some();
            if is_umqtt && version != Version::V311 {
                return Err("`version 3.1.1`: no library of umqtt speaks 5.0");
            }
            device.version = version;
        }
        DeviceSetting::Session(session, expiry_secs) => {
            device.session = session;
            device.session_expiry_secs = expiry_secs;
        }
        DeviceSetting::Aliases(most) => device.aliases = most,
        DeviceSetting::User(name, value) => {
            device.properties = device.properties.with(&Property::UserProperty(name, value));
        }
        DeviceSetting::KeepAlive(secs) => device.keep_alive_secs = secs,
        DeviceSetting::UserName(name) => device.user_name = Some(name),
        DeviceSetting::Password(password) => {
            // 5.0 has a password without a user name (MQTT-3.1.2-19), 3.1.1 has not (MQTT-3.1.2-22).
            if device.user_name.is_none() && device.version == Version::V311 {
                return Err("`user-name` above this");
            }
            device.password = Some(password);
        }
        DeviceSetting::Will(will) => device.will = Some(will),
        DeviceSetting::Reconnect(reconnect) => device.reconnect = reconnect,
        DeviceSetting::Queue(queue) => device.strategy.queue = Some(queue),
        DeviceSetting::Deadline(deadline) => device.strategy.deadline = Some(deadline),
        DeviceSetting::Sleep(sleep) => device.sleep = sleep,
        DeviceSetting::Battery(battery) => device.battery = Some(battery),
        DeviceSetting::Subscribe(subscription) => {
            if device.subscriptions.len() >= limits::SUBSCRIPTIONS_MAX {
                return Err("at most 64 subscriptions for each node");
            }
            device.subscriptions.push(subscription);
        }
        DeviceSetting::Rule(rule) => {
            if device.rules.len() >= device::RULES_MAX {
                return Err("at most 64 `on` and `every` lines for each node");
            }
            device.rules.push(rule);
        }
        DeviceSetting::Client(library) => {
            device.version = Version::V311;
            device.program = Some(Program {
                library,
                statements: Vec::new(),
                loop_from: None,
            });
        }
        DeviceSetting::Script => {
            if device.program.is_some() {
                return Err("`script` or `client`, not both");
            }
            device.version = Version::V311;
            device.script = Some(String::new());
            device.script_files.clear();
        }
        DeviceSetting::ScriptFile(name) => {
            if device.script.is_none() {
                return Err("`script` above this");
            }
            if let Some(expected) = not_a_file_name(name.as_str()) {
                return Err(expected);
            }
            let mut files = device.script_files.iter();
            if files.any(|file| file.name == name.as_str()) {
                return Err("another name: this board has such a file already");
            }
            if device.script_files.len() >= limits::SCRIPT_FILES_MAX {
                return Err("at most 16 files beside each script");
            }
            device.script_files.push(ScriptFile {
                name: name.as_str().into(),
                text: String::new(),
            });
        }
        DeviceSetting::ScriptLine(line) => {
            let script = device.script.as_mut().ok_or("`script` above this")?;
            let files = device.script_files.iter().map(|file| file.text.len());
            if script.len() + files.sum::<usize>() + line.len() >= limits::SCRIPT_MAX_BYTES {
                return Err("at most 64 KiB for each script with its files");
            }
            let last = device.script_files.last_mut();
            let file = last.map_or(script, |file| &mut file.text);
            file.push_str(&line);
            file.push('\n');
        }
        DeviceSetting::Call(statement) => {
            let program = device.program.as_mut().ok_or("`client` above this")?;
            if program.statements.len() >= STATEMENTS_MAX {
                return Err("at most 64 `call` lines for each node");
            }
            program.statements.push(statement);
        }
        DeviceSetting::Loop => {
            let program = device.program.as_mut().ok_or("`client` above this")?;
            if program.loop_from.is_some() {
                return Err("one `loop` line only");
            }
            program.loop_from = Some(program.statements.len());
        }
    }
    Ok(())
}

/// Whether the device that the line belongs to speaks 5.0. `None` is the one declared last.
pub(super) fn speaks_v5(input: &Input<'_>, name: Option<&str>) -> bool {
    let mut nodes = input.state.nodes.iter().rev();
    let node = nodes.find(|node| name.is_none_or(|name| node.name == name));
    match node.map(|node| &node.kind) {
        Some(NodeKind::Device(device)) => device.version == Version::V5,
        _ => false,
    }
}

/// The blueprint of a device. `None` is the one declared last.
fn blueprint(input: &Input<'_>, name: Option<&str>) -> Option<&'static Blueprint> {
    let mut nodes = input.state.nodes.iter().rev();
    match &nodes
        .find(|node| name.is_none_or(|name| node.name == name))?
        .kind
    {
        NodeKind::Device(device) => Blueprint::named(&device.blueprint),
        NodeKind::Broker | NodeKind::Remote(_) => None,
    }
}

/// What only 5.0 has. Under 3.1.1 it is no choice: only who writes it is told of it.
pub(super) fn only_v5<'i, O>(
    v5: bool,
    mut parser: impl Parser<Input<'i>, O, EmptyError>,
) -> impl Parser<Input<'i>, O, EmptyError> {
    move |input: &mut Input<'i>| {
        let start = input.input;
        if v5 {
            return parser.parse_next(input);
        }
        let furthest = input.state.furthest;
        let before = furthest.borrow().clone();
        let parsed = parser.parse_next(input);
        furthest.replace(before);
        if parsed.is_ok() {
            input.input = start;
            let what = "`version 5.0` in a line above, as 3.1.1 has no such word";
            return refused(what, input);
        }
        parsed
    }
}

/// A line of a script, as it stands behind the bar and one space.
fn script_line(input: &mut Input<'_>) -> Parsed<String> {
    expecting("`|`", '|'.void()).parse_next(input)?;
    opt(' ').parse_next(input)?;
    take_while(0.., |_: char| true)
        .map(String::from)
        .parse_next(input)
}

pub(super) fn setting(input: &mut Input<'_>) -> Parsed<DeviceSetting> {
    let v5 = speaks_v5(input, None);
    alt((
        alt((
            keyword("script", "`script`").map(|()| DeviceSetting::Script),
            preceded(keyword("file", "`file`"), text).map(DeviceSetting::ScriptFile),
            script_line.map(DeviceSetting::ScriptLine),
            preceded(keyword("user-name", "`user-name`"), text).map(DeviceSetting::UserName),
            preceded(keyword("password", "`password`"), password).map(DeviceSetting::Password),
        )),
        alt((
            preceded(keyword("client-id", "`client-id`"), text).map(DeviceSetting::ClientId),
            preceded(keyword("version", "`version`"), version).map(DeviceSetting::Version),
            preceded(keyword("session", "`session`"), |input: &mut Input<'_>| {
                session(input, v5)
            }),
            only_v5(
                v5,
                preceded(
                    keyword("topic-aliases", "`topic-aliases`"),
                    small("a number up to 65535"),
                ),
            )
            .map(DeviceSetting::Aliases),
            only_v5(v5, preceded(keyword("user", "`user`"), (text, text)))
                .map(|(name, value)| DeviceSetting::User(name, value)),
            preceded(keyword("keep-alive", "`keep-alive`"), keep_alive)
                .map(DeviceSetting::KeepAlive),
            preceded(keyword("will", "`will`"), |input: &mut Input<'_>| {
                message(input, v5, true)
            })
            .map(DeviceSetting::Will),
            preceded(keyword("reconnect", "`reconnect`"), reconnect).map(DeviceSetting::Reconnect),
        )),
        alt((
            preceded(keyword("queue", "`queue`"), queue).map(DeviceSetting::Queue),
            preceded(keyword("deadline", "`deadline`"), positive_duration)
                .map(DeviceSetting::Deadline),
            preceded(keyword("sleep", "`sleep`"), sleep).map(DeviceSetting::Sleep),
            preceded(keyword("battery", "`battery`"), charge).map(DeviceSetting::Battery),
            preceded(
                keyword("subscribe", "`subscribe`"),
                |input: &mut Input<'_>| subscription(input, v5),
            )
            .map(DeviceSetting::Subscribe),
            rule.map(DeviceSetting::Rule),
            preceded(keyword("client", "`client`"), library).map(DeviceSetting::Client),
            preceded(keyword("call", "`call`"), statement).map(DeviceSetting::Call),
            keyword("loop", "`loop`").map(|()| DeviceSetting::Loop),
        )),
    ))
    .parse_next(input)
}

fn password(input: &mut Input<'_>) -> Parsed<Bytes> {
    expecting(
        "a password in double quotes, at most 65535 bytes",
        quoted.verify_map(|bytes| (bytes.len() <= usize::from(u16::MAX)).then(|| bytes.into())),
    )
    .parse_next(input)
}

fn session(input: &mut Input<'_>, v5: bool) -> Parsed<DeviceSetting> {
    let kept_for = only_v5(v5, preceded(keyword("for", "`for`"), seconds));
    alt((
        keyword("clean", "`clean`").map(|()| DeviceSetting::Session(SessionSpec::Clean, None)),
        preceded(keyword("kept", "`kept`"), opt(kept_for))
            .map(|secs| DeviceSetting::Session(SessionSpec::Kept, secs)),
    ))
    .parse_next(input)
}

fn reconnect(input: &mut Input<'_>) -> Parsed<Reconnect> {
    let percent = (small("a number up to 100"), space0, '%')
        .map(|(percent, _, _): (u8, &str, char)| percent)
        .verify(|percent: &u8| *percent <= 100);
    let jitter = preceded(
        keyword("jitter", "`jitter`"),
        expecting("hundredths such as `50 %`, at most 100", percent),
    );
    alt((
        keyword("never", "`never`").value(Reconnect::Never),
        keyword("when-link-is-up", "`when-link-is-up`").value(Reconnect::WhenLinkIsUp),
        preceded(keyword("every", "`every`"), positive_duration).map(Reconnect::Every),
        preceded(
            keyword("back-off", "`back-off`"),
            (
                positive_duration,
                keyword("to", "`to`"),
                positive_duration,
                opt(jitter),
            ),
        )
        .map(|(first, (), cap, jitter)| Reconnect::BackOff {
            first,
            cap,
            jitter_percent: jitter.unwrap_or(0),
        }),
    ))
    .parse_next(input)
}

fn queue(input: &mut Input<'_>) -> Parsed<Queue> {
    (
        small("a number up to 65535"),
        alt((
            keyword("drop-oldest", "`drop-oldest`").value(WhenFull::DropOldest),
            keyword("drop-newest", "`drop-newest`").value(WhenFull::DropNewest),
        )),
    )
        .map(|(max, when_full)| Queue { max, when_full })
        .parse_next(input)
}

fn sleep(input: &mut Input<'_>) -> Parsed<Option<Sleep>> {
    if let Some(()) = opt(keyword("never", "`never`")).parse_next(input)? {
        return Ok(None);
    }
    let asleep = positive_duration(input)?;
    keyword("every", "`every`").parse_next(input)?;
    let period = expecting(
        "a time that is longer than the sleep",
        duration.verify(|period: &Duration| *period > asleep),
    )
    .parse_next(input)?;
    let without = opt(keyword("without-disconnect", "`without-disconnect`")).parse_next(input)?;
    Ok(Some(Sleep {
        asleep,
        period,
        says_goodbye: without.is_none(),
    }))
}

/// The most that can be written: 1,000 Ah.
const CHARGE_MAX_MICRO_AMP_HOURS: u64 = 1_000_000_000;

fn charge(input: &mut Input<'_>) -> Parsed<Charge> {
    expecting(
        "a charge such as `1000 mAh` or `0.25 mAh`, at most 1000000 mAh",
        (decimal(3), space0, "mAh").verify_map(|(amount, _, _)| {
            (amount <= CHARGE_MAX_MICRO_AMP_HOURS).then(|| Charge::from_micro_amp_hours(amount))
        }),
    )
    .parse_next(input)
}

/// A time that goes on the wire as whole seconds.
fn seconds(input: &mut Input<'_>) -> Parsed<u32> {
    expecting(
        "a whole number of seconds, such as `60 s`",
        duration.verify_map(|span: Duration| {
            let whole = span.as_micros().is_multiple_of(1_000_000);
            whole.then(|| u32::try_from(span.as_secs()).ok()).flatten()
        }),
    )
    .parse_next(input)
}

// Messages and subscriptions.

/// A message with where it goes; the same words describe a will, which can also wait.
pub(super) fn message(input: &mut Input<'_>, v5: bool, is_will: bool) -> Parsed<WillSpec> {
    let topic = topic_name(input)?;
    let (payload, qos, retain, properties) = content(input, v5, is_will)?;
    Ok(WillSpec {
        topic,
        payload,
        qos,
        retain,
        properties,
    })
}

fn content(
    input: &mut Input<'_>,
    v5: bool,
    is_will: bool,
) -> Parsed<(Bytes, Qos, bool, Properties)> {
    (
        payload,
        opt(preceded(keyword("qos", "`qos`"), qos)),
        opt(keyword("retain", "`retain`")),
        |input: &mut Input<'_>| properties(input, v5, is_will),
    )
        .map(|(payload, qos, retain, properties)| {
            (
                payload,
                qos.unwrap_or_default(),
                retain.is_some(),
                properties,
            )
        })
        .parse_next(input)
}

fn properties(input: &mut Input<'_>, v5: bool, is_will: bool) -> Parsed<Properties> {
    let mut found = Properties::EMPTY;
    while let Some(property) = opt(only_v5(v5, property)).parse_next(input)? {
        let may_repeat = matches!(property, Property::UserProperty(..));
        let fits = is_will || !matches!(property, Property::WillDelayInterval(_));
        expecting(
            "each property once, and `delay` for a will only",
            empty.verify(|(): &()| fits && (may_repeat || !found.has(property.id()))),
        )
        .parse_next(input)?;
        found = found.with(&property);
    }
    Ok(found)
}

fn property(input: &mut Input<'_>) -> Parsed<Property> {
    alt((
        preceded(keyword("expires", "`expires`"), seconds).map(Property::MessageExpiryInterval),
        preceded(keyword("delay", "`delay`"), seconds).map(Property::WillDelayInterval),
        keyword("text", "`text`").value(Property::PayloadFormatIndicator(true)),
        preceded(keyword("content-type", "`content-type`"), text).map(Property::ContentType),
        preceded(keyword("reply-to", "`reply-to`"), topic_name)
            .map(|topic| Property::ResponseTopic(topic.text().clone())),
        preceded(keyword("correlation", "`correlation`"), payload).map(Property::CorrelationData),
        preceded(keyword("user", "`user`"), (text, text))
            .map(|(name, value)| Property::UserProperty(name, value)),
    ))
    .parse_next(input)
}

fn subscription(input: &mut Input<'_>, v5: bool) -> Parsed<SubscriptionSpec> {
    let handling = preceded(
        keyword("retained", "`retained`"),
        alt((
            keyword("if-new", "`if-new`").value(RetainHandling::SendIfNew),
            keyword("never", "`never`").value(RetainHandling::DoNotSend),
        )),
    );
    let id = preceded(
        keyword("id", "`id`"),
        expecting(
            "a number from 1 to 268435455",
            small("").verify(|id: &u32| (1..=SUBSCRIPTION_IDENTIFIER_MAX).contains(id)),
        ),
    );
    let as_published = keyword("retain-as-published", "`retain-as-published`");
    let start = input.input;
    let filter = topic_filter(input)?;
    // To 3.1.1 a share is a filter like any other.
    let share = if v5 { filter.share() } else { Ok(None) };
    if share.is_err() {
        input.input = start;
        let what =
            "a share's name without wildcards and a filter behind `$share/` (5.0 MQTT-4.8.2-2)";
        return refused(what, input);
    }
    let qos = opt(preceded(keyword("qos", "`qos`"), qos)).parse_next(input)?;
    let start = input.input;
    let no_local = opt(only_v5(v5, keyword("no-local", "`no-local`"))).parse_next(input)?;
    if no_local.is_some() && !matches!(share, Ok(None)) {
        input.input = start;
        let what = "no `no-local` for a shared subscription (5.0 MQTT-3.8.3-4)";
        return refused(what, input);
    }
    let (as_published, handling, id) = (
        opt(only_v5(v5, as_published)),
        opt(only_v5(v5, handling)),
        opt(only_v5(v5, id)),
    )
        .parse_next(input)?;
    Ok(SubscriptionSpec {
        filter,
        options: SubscriptionOptions {
            qos: qos.unwrap_or_default(),
            no_local: no_local.is_some(),
            retain_as_published: as_published.is_some(),
            retain_handling: handling.unwrap_or_default(),
        },
        id,
    })
}

// Rules.

fn rule(input: &mut Input<'_>) -> Parsed<Rule> {
    let trigger = alt((
        preceded(keyword("on", "`on`"), trigger),
        preceded(keyword("every", "`every`"), positive_duration).map(Trigger::Every),
    ))
    .parse_next(input)?;
    colon(input)?;
    let act = act(input)?;
    Ok(Rule { trigger, act })
}

fn trigger(input: &mut Input<'_>) -> Parsed<Trigger> {
    let blueprint = blueprint(input, None);
    alt((
        preceded(
            keyword("message", "`message`"),
            (
                topic_filter,
                opt(preceded(keyword("saying", "`saying`"), payload)),
                opt(keyword("not-retained", "`not-retained`")),
            ),
        )
        .map(
            |(filter, payload, not_retained): (TopicFilter, Option<Bytes>, _)| Trigger::Message {
                filter,
                payload,
                ignores_retained: not_retained.is_some(),
            },
        ),
        keyword("connect", "`connect`").value(Trigger::Connected),
        keyword("change", "`change`").value(Trigger::Change),
        move |input: &mut Input<'_>| input_kind(input, blueprint).map(Trigger::Input),
    ))
    .parse_next(input)
}

/// One of the inputs that a kind of device has.
fn input_kind(input: &mut Input<'_>, blueprint: Option<&'static Blueprint>) -> Parsed<InputKind> {
    let has = blueprint.map_or(&[][..], |blueprint| blueprint.inputs);
    for kind in has {
        let shown = match kind {
            InputKind::Press => "`press`",
            InputKind::Heat => "`heat`",
            InputKind::Break => "`break`",
            InputKind::Mend => "`mend`",
            InputKind::Switch => "`switch`",
        };
        if let Some(()) = opt(keyword(kind.word(), shown)).parse_next(input)? {
            return Ok(*kind);
        }
    }
    Err(EmptyError)
}

fn act(input: &mut Input<'_>) -> Parsed<Act> {
    let v5 = speaks_v5(input, None);
    let to = alt((
        topic_name.map(Destination::Topic),
        only_v5(v5, keyword("reply", "`reply`")).value(Destination::Reply),
    ));
    let publish = (to, |input: &mut Input<'_>| content(input, v5, false));
    alt((
        preceded(keyword("publish", "`publish`"), publish).map(
            |(to, (payload, qos, retain, properties))| {
                Act::Publish(Template {
                    to,
                    payload,
                    qos,
                    retain,
                    properties,
                })
            },
        ),
        preceded(keyword("lamp", "`lamp`"), switch).map(Act::Lamp),
    ))
    .parse_next(input)
}

fn switch(input: &mut Input<'_>) -> Parsed<Switch> {
    alt((
        keyword("on", "`on`").value(Switch::On),
        keyword("off", "`off`").value(Switch::Off),
        keyword("toggle", "`toggle`").value(Switch::Toggle),
    ))
    .parse_next(input)
}

// Programs.

fn library(input: &mut Input<'_>) -> Parsed<Library> {
    expecting(
        "`umqtt.simple`, `umqtt.robust`, `umqtt.simple2` or `umqtt.robust2`",
        word.verify_map(|word: &str| {
            Library::ALL
                .into_iter()
                .find(|library| library.name() == word)
        }),
    )
    .parse_next(input)
}

fn statement(input: &mut Input<'_>) -> Parsed<Statement> {
    let library = match input.state.nodes.last().map(|node| &node.kind) {
        Some(NodeKind::Device(device)) => device.program.as_ref().map(|it| it.library),
        _ => None,
    };
    let has_issue = library.is_none_or(|library| library == Library::Robust2);
    let catches = opt(keyword("try", "`try`")).parse_next(input)?.is_some();
    let if_issue = keyword("if-issue", "`if-issue`").verify(move |(): &()| has_issue);
    let guard = opt(alt((
        preceded(keyword("every", "`every`"), positive_duration).map(Guard::Every),
        keyword("if-new-session", "`if-new-session`").value(Guard::NewSession),
        if_issue.value(Guard::Issue),
    )))
    .parse_next(input)?;
    let call = expecting(
        "a call that this library has",
        call.verify(move |call: &Call| library.is_none_or(|library| call.is_of(library))),
    )
    .parse_next(input)?;
    Ok(Statement {
        catches,
        guard: guard.unwrap_or(Guard::Always),
        call,
    })
}

fn call(input: &mut Input<'_>) -> Parsed<Call> {
    let clean = opt(alt((
        keyword("clean", "`clean`").value(true),
        keyword("kept", "`kept`").value(false),
    )));
    let level = || opt(preceded(keyword("qos", "`qos`"), qos)).map(Option::unwrap_or_default);
    let publish = (topic_name, |input: &mut Input<'_>| {
        content(input, false, false)
    });
    alt((
        preceded(keyword("connect", "`connect`"), clean).map(|clean| Call::Connect {
            clean: clean.unwrap_or(true),
        }),
        preceded(keyword("publish", "`publish`"), publish).map(
            |(topic, (payload, qos, retain, properties))| {
                Call::Publish(Template {
                    to: Destination::Topic(topic),
                    payload,
                    qos,
                    retain,
                    properties,
                })
            },
        ),
        preceded(keyword("subscribe", "`subscribe`"), (topic_filter, level()))
            .map(|(filter, qos)| Call::Subscribe(filter, qos)),
        preceded(keyword("unsubscribe", "`unsubscribe`"), topic_filter).map(Call::Unsubscribe),
        preceded(keyword("sleep", "`sleep`"), positive_duration).map(Call::Sleep),
        alt((
            keyword("disconnect", "`disconnect`").map(|()| Call::Disconnect),
            keyword("ping", "`ping`").map(|()| Call::Ping),
            keyword("check_msg", "`check_msg`").map(|()| Call::CheckMsg),
            keyword("wait_msg", "`wait_msg`").map(|()| Call::WaitMsg),
            keyword("reconnect", "`reconnect`").map(|()| Call::Reconnect),
            keyword("resubscribe", "`resubscribe`").map(|()| Call::Resubscribe),
            keyword("send_queue", "`send_queue`").map(|()| Call::SendQueue),
        )),
    ))
    .parse_next(input)
}

// Actions and expectations.

pub(super) fn action(input: &mut Input<'_>, name: &str) -> Parsed<NodeAction> {
    let v5 = speaks_v5(input, Some(name));
    let blueprint = blueprint(input, Some(name));
    alt((
        keyword("connect", "`connect`").value(NodeAction::Connect),
        keyword("disconnect", "`disconnect`").value(NodeAction::Disconnect),
        preceded(keyword("publish", "`publish`"), |input: &mut Input<'_>| {
            message(input, v5, false)
        })
        .map(|message| NodeAction::Publish {
            topic: message.topic,
            payload: message.payload,
            qos: message.qos,
            retain: message.retain,
            properties: message.properties,
        }),
        preceded(
            keyword("subscribe", "`subscribe`"),
            |input: &mut Input<'_>| subscription(input, v5),
        )
        .map(NodeAction::Subscribe),
        preceded(keyword("unsubscribe", "`unsubscribe`"), topic_filter)
            .map(|filter| NodeAction::Unsubscribe { filter }),
        preceded(keyword("send-raw", "`send-raw`"), payload).map(NodeAction::SendRaw),
        move |input: &mut Input<'_>| {
            let kind = input_kind(input, blueprint)?;
            worked(input, kind).map(NodeAction::Input)
        },
    ))
    .parse_next(input)
}

/// What is done with an input.
fn worked(input: &mut Input<'_>, kind: InputKind) -> Parsed<device::Input> {
    Ok(match kind {
        InputKind::Press => device::Input::Press,
        InputKind::Break => device::Input::Break,
        InputKind::Mend => device::Input::Mend,
        InputKind::Heat => device::Input::Heat {
            millidegrees: temperature(input)?,
        },
        InputKind::Switch => device::Input::Switch {
            on: alt((
                keyword("on", "`on`").value(true),
                keyword("off", "`off`").value(false),
            ))
            .parse_next(input)?,
        },
    })
}

fn temperature(input: &mut Input<'_>) -> Parsed<i32> {
    expecting(
        "a temperature such as `21.5 C` or `-3 C`, at most 2000 C",
        (opt('-'), decimal(3), space0, 'C').verify_map(|(minus, millidegrees, _, _)| {
            let millidegrees = i32::try_from(millidegrees).ok()?;
            (millidegrees <= 2_000_000).then_some(match minus {
                Some(_) => -millidegrees,
                None => millidegrees,
            })
        }),
    )
    .parse_next(input)
}

/// What must hold of a device itself.
pub(super) fn claim(input: &mut Input<'_>) -> Parsed<DeviceClaim> {
    let part = alt((
        keyword("made", "`made`").value(ScorePart::Made),
        keyword("delivered", "`delivered`").value(ScorePart::Delivered),
        keyword("late", "`late`").value(ScorePart::Late),
        keyword("doubled", "`doubled`").value(ScorePart::Doubled),
        keyword("lost", "`lost`").value(ScorePart::Lost),
    ));
    let bound = preceded(
        keyword("at", "`at most` or `at least`"),
        alt((
            keyword("most", "`most`").value(true),
            keyword("least", "`least`").value(false),
        )),
    );
    alt((
        preceded(keyword("position", "`position`"), length).map(DeviceClaim::Position),
        preceded(keyword("reads", "`reads`"), payload).map(DeviceClaim::Reads),
        preceded(keyword("shows", "`shows`"), (topic_name, payload))
            .map(|(topic, payload)| DeviceClaim::Shows(topic, payload)),
        (part, count, keyword("times", "`times`"))
            .map(|(part, count, ())| DeviceClaim::Score(part, count)),
        preceded(keyword("used", "`used`"), (bound, charge))
            .map(|(at_most, charge)| DeviceClaim::Used { at_most, charge }),
    ))
    .parse_next(input)
}
