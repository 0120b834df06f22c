//! Writes the words of devices.

use super::{Quoted, Time};
use crate::scenario::{
    DeviceClaim, DeviceSpec, Reconnect, ScorePart, SessionSpec, SubscriptionSpec, WillSpec,
};
use core::fmt::{self, Display, Formatter};
use device::umqtt::{Call, Guard, Program};
use device::{Act, Degrees, Destination, Input, Metres, Rule, Setting, Sleep, Template, Trigger};
use mqtt_proto::packet::{Properties, Property, RetainHandling};
use mqtt_proto::session::WhenFull;
use mqtt_proto::{Duration, Qos, Text, Version};

/// What is as it would be without a line gets no line.
pub(super) fn write_settings(
    f: &mut Formatter<'_>,
    name: &str,
    device: &DeviceSpec,
    version: Version,
) -> fmt::Result {
    let id = Text::try_from(name).unwrap_or_default();
    let plain = DeviceSpec::new(device.blueprint.clone(), id, version);
    if device.client_id != plain.client_id {
        let id = Quoted(device.client_id.as_bytes());
        writeln!(f, "  client-id {id}")?;
    }
    if device.version != plain.version {
        writeln!(f, "  version {}", device.version)?;
    }
    match (device.session, device.session_expiry_secs) {
        (SessionSpec::Clean, _) => {}
        (SessionSpec::Kept, None) => writeln!(f, "  session kept")?,
        (SessionSpec::Kept, Some(secs)) => writeln!(f, "  session kept for {}", Secs(secs))?,
    }
    if device.aliases != plain.aliases {
        writeln!(f, "  topic-aliases {}", device.aliases)?;
    }
    for property in device.properties.iter() {
        writeln!(f, "  {}", Words(&property))?;
    }
    if device.keep_alive_secs != plain.keep_alive_secs {
        writeln!(f, "  keep-alive {} s", device.keep_alive_secs)?;
    }
    if let Some(name) = &device.user_name {
        writeln!(f, "  user-name {}", Quoted(name.as_bytes()))?;
    }
    if let Some(password) = &device.password {
        writeln!(f, "  password {}", Quoted(password))?;
    }
    if let Some(will) = &device.will {
        writeln!(f, "  will {will}")?;
    }
    match device.reconnect {
        Reconnect::Never => {}
        Reconnect::WhenLinkIsUp => writeln!(f, "  reconnect when-link-is-up")?,
        Reconnect::Every(span) => writeln!(f, "  reconnect every {}", Time(span))?,
        Reconnect::BackOff {
            first,
            cap,
            jitter_percent,
        } => {
            write!(f, "  reconnect back-off {} to {}", Time(first), Time(cap))?;
            if jitter_percent > 0 {
                write!(f, " jitter {jitter_percent} %")?;
            }
            writeln!(f)?;
        }
    }
    if let Some(queue) = device.strategy.queue {
        let policy = match queue.when_full {
            WhenFull::DropOldest => "drop-oldest",
            WhenFull::DropNewest => "drop-newest",
        };
        writeln!(f, "  queue {} {policy}", queue.max)?;
    }
    if let Some(deadline) = device.strategy.deadline {
        writeln!(f, "  deadline {}", Time(deadline))?;
    }
    if device.sleep != plain.sleep {
        write_sleep(f, device.sleep)?;
    }
    if let Some(battery) = device.battery {
        writeln!(f, "  battery {battery}")?;
    }
    for subscription in &device.subscriptions {
        f.write_str("  subscribe ")?;
        write_subscription(f, subscription)?;
        writeln!(f)?;
    }
    for rule in &device.rules {
        f.write_str("  ")?;
        write_rule(f, rule)?;
        writeln!(f)?;
    }
    if let Some(script) = &device.script {
        writeln!(f, "  script")?;
        write_script(f, script)?;
    }
    for file in &device.script_files {
        writeln!(f, "  file {}", Quoted(file.name.as_bytes()))?;
        write_script(f, &file.text)?;
    }
    match &device.program {
        Some(program) => write_program(f, program),
        None => Ok(()),
    }
}

fn write_script(f: &mut Formatter<'_>, script: &str) -> fmt::Result {
    for line in script.lines() {
        match line {
            "" => writeln!(f, "  |")?,
            line => writeln!(f, "  | {line}")?,
        }
    }
    Ok(())
}

fn write_program(f: &mut Formatter<'_>, program: &Program) -> fmt::Result {
    writeln!(f, "  client {}", program.library.name())?;
    let lines = program.statements.iter().map(Some).chain([None]);
    for (index, statement) in lines.enumerate() {
        if program.loop_from == Some(index) {
            writeln!(f, "  loop")?;
        }
        let Some(statement) = statement else { break };
        f.write_str("  call ")?;
        if statement.catches {
            f.write_str("try ")?;
        }
        match statement.guard {
            Guard::Always => {}
            Guard::Every(period) => write!(f, "every {} ", Time(period))?,
            Guard::NewSession => f.write_str("if-new-session ")?,
            Guard::Issue => f.write_str("if-issue ")?,
        }
        write_call(f, &statement.call)?;
        writeln!(f)?;
    }
    Ok(())
}

fn write_call(f: &mut Formatter<'_>, call: &Call) -> fmt::Result {
    f.write_str(call.name())?;
    match call {
        Call::Connect { clean: false } => f.write_str(" kept"),
        Call::Publish(template) => {
            f.write_str(" ")?;
            write_template(f, template)
        }
        Call::Subscribe(filter, qos) => {
            write!(f, " {}", Quoted(filter.as_str().as_bytes()))?;
            write_qos(f, *qos)
        }
        Call::Unsubscribe(filter) => write!(f, " {}", Quoted(filter.as_str().as_bytes())),
        Call::Sleep(span) => write!(f, " {}", Time(*span)),
        _ => Ok(()),
    }
}

fn write_sleep(f: &mut Formatter<'_>, sleep: Option<Sleep>) -> fmt::Result {
    let Some(sleep) = sleep else {
        return writeln!(f, "  sleep never");
    };
    let (asleep, period) = (Time(sleep.asleep), Time(sleep.period));
    write!(f, "  sleep {asleep} every {period}")?;
    if !sleep.says_goodbye {
        f.write_str(" without-disconnect")?;
    }
    writeln!(f)
}

fn write_rule(f: &mut Formatter<'_>, rule: &Rule) -> fmt::Result {
    match &rule.trigger {
        Trigger::Message {
            filter,
            payload,
            ignores_retained,
        } => {
            write!(f, "on message {}", Quoted(filter.as_str().as_bytes()))?;
            if let Some(payload) = payload {
                write!(f, " saying {}", Quoted(payload))?;
            }
            if *ignores_retained {
                f.write_str(" not-retained")?;
            }
        }
        Trigger::Input(kind) => write!(f, "on {}", kind.word())?,
        Trigger::Change => f.write_str("on change")?,
        Trigger::Connected => f.write_str("on connect")?,
        Trigger::Every(period) => write!(f, "every {}", Time(*period))?,
    }
    match &rule.act {
        Act::Publish(template) => {
            f.write_str(": publish ")?;
            write_template(f, template)
        }
        Act::Lamp(setting) => f.write_str(match setting {
            Setting::On => ": lamp on",
            Setting::Off => ": lamp off",
            Setting::Toggle => ": lamp toggle",
        }),
    }
}

fn write_template(f: &mut Formatter<'_>, template: &Template) -> fmt::Result {
    match &template.to {
        Destination::Topic(topic) => write!(f, "{} ", Quoted(topic.as_str().as_bytes()))?,
        Destination::Reply => f.write_str("reply ")?,
    }
    write_content(
        f,
        &template.payload,
        template.qos,
        template.retain,
        &template.properties,
    )
}

/// A message without its topic.
pub(super) fn write_content(
    f: &mut Formatter<'_>,
    payload: &[u8],
    qos: Qos,
    retain: bool,
    properties: &Properties,
) -> fmt::Result {
    write!(f, "{}", Quoted(payload))?;
    write_qos(f, qos)?;
    if retain {
        f.write_str(" retain")?;
    }
    for property in properties.iter() {
        write!(f, " {}", Words(&property))?;
    }
    Ok(())
}

/// A property in the words of scenarios; the grammar has no others.
struct Words<'a>(&'a Property);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let quoted = |text: &Text| alloc::format!("{}", Quoted(text.as_bytes()));
        match self.0 {
            Property::MessageExpiryInterval(secs) => write!(f, "expires {}", Secs(*secs)),
            Property::WillDelayInterval(secs) => write!(f, "delay {}", Secs(*secs)),
            Property::PayloadFormatIndicator(_) => f.write_str("text"),
            Property::ContentType(kind) => write!(f, "content-type {}", quoted(kind)),
            Property::ResponseTopic(topic) => write!(f, "reply-to {}", quoted(topic)),
            Property::CorrelationData(data) => write!(f, "correlation {}", Quoted(data)),
            Property::UserProperty(name, value) => {
                write!(f, "user {} {}", quoted(name), quoted(value))
            }
            _ => Ok(()),
        }
    }
}

/// Whole seconds in their largest unit.
struct Secs(u32);

impl Display for Secs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Time(Duration::from_secs(u64::from(self.0))).fmt(f)
    }
}

/// QoS 0 is what no `qos` means.
fn write_qos(f: &mut Formatter<'_>, qos: Qos) -> fmt::Result {
    match qos.bits() {
        0 => Ok(()),
        level => write!(f, " qos {level}"),
    }
}

pub(super) fn write_subscription(
    f: &mut Formatter<'_>,
    subscription: &SubscriptionSpec,
) -> fmt::Result {
    let options = subscription.options;
    write!(f, "{}", Quoted(subscription.filter.as_str().as_bytes()))?;
    write_qos(f, options.qos)?;
    if options.no_local {
        f.write_str(" no-local")?;
    }
    if options.retain_as_published {
        f.write_str(" retain-as-published")?;
    }
    f.write_str(match options.retain_handling {
        RetainHandling::Send => "",
        RetainHandling::SendIfNew => " retained if-new",
        RetainHandling::DoNotSend => " retained never",
    })?;
    match subscription.id {
        Some(id) => write!(f, " id {id}"),
        None => Ok(()),
    }
}

pub(super) fn write_input(f: &mut Formatter<'_>, input: Input) -> fmt::Result {
    f.write_str(input.kind().word())?;
    match input {
        Input::Press | Input::Break | Input::Mend => Ok(()),
        Input::Heat { millidegrees } => write!(f, " {} C", Degrees(millidegrees)),
        Input::Switch { on: true } => f.write_str(" on"),
        Input::Switch { on: false } => f.write_str(" off"),
    }
}

impl Display for WillSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", Quoted(self.topic.as_str().as_bytes()))?;
        write_content(f, &self.payload, self.qos, self.retain, &self.properties)
    }
}

impl Display for ScorePart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Made => "made",
            Self::Delivered => "delivered",
            Self::Late => "late",
            Self::Doubled => "doubled",
            Self::Lost => "lost",
        })
    }
}

pub(super) fn write_claim(f: &mut Formatter<'_>, claim: &DeviceClaim) -> fmt::Result {
    match claim {
        DeviceClaim::Position(millimetres) => {
            let minus = if *millimetres < 0 { "-" } else { "" };
            let length = Metres(millimetres.unsigned_abs());
            write!(f, "position {minus}{length}")
        }
        DeviceClaim::Reads(reading) => write!(f, "reads {}", Quoted(reading)),
        DeviceClaim::Shows(topic, payload) => {
            let topic = Quoted(topic.as_str().as_bytes());
            write!(f, "shows {topic} {}", Quoted(payload))
        }
        DeviceClaim::Score(part, count) => write!(f, "{part} {count} times"),
        DeviceClaim::Used { at_most, charge } => {
            let bound = if *at_most { "at most" } else { "at least" };
            write!(f, "used {bound} {charge}")
        }
    }
}
