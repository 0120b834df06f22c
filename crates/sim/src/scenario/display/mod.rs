//! Writes scenarios in their one normal form.

mod device;

use super::{
    Action, Ask, BeatKind, Count, CrashMoment, Expectation, Lesson, LinkMode, LinkSpec,
    MessagePattern, Moment, NodeAction, NodeKind, NodeSpec, Outside, PacketPattern, Phase, Planned,
    Ratio, RemoteRole, Scenario, Storage, Task, When,
};
use alloc::string::{String, ToString};
use core::fmt::{self, Display, Formatter, Write};
use mqtt_proto::{Duration, Instant, Version};

impl Display for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "scenario {}", Quoted(self.title.as_bytes()))?;
        if !self.about.is_empty() {
            writeln!(f, "about {}", Quoted(self.about.as_bytes()))?;
        }
        writeln!(f, "version {}", self.version)?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "until {}", Time(self.until.since(Instant::ZERO)))?;
        for node in &self.nodes {
            writeln!(f)?;
            write_node(f, node, self.version)?;
        }
        for link in &self.links {
            writeln!(f)?;
            write_link(f, link)?;
        }
        if !self.events.is_empty() {
            writeln!(f)?;
        }
        for planned in &self.events {
            writeln!(f, "{planned}")?;
        }
        if !self.expectations.is_empty() {
            writeln!(f)?;
        }
        for expectation in &self.expectations {
            writeln!(f, "expect {expectation}")?;
        }
        if let Some(lesson) = &self.lesson {
            writeln!(f)?;
            write_lesson(f, lesson)?;
        }
        Ok(())
    }
}

fn write_node(f: &mut Formatter<'_>, node: &NodeSpec, version: Version) -> fmt::Result {
    let blueprint = match &node.kind {
        NodeKind::Broker => "broker",
        NodeKind::Device(device) => device.blueprint.as_str(),
        NodeKind::Remote(role) => {
            let role = match role {
                RemoteRole::Broker => "broker",
                RemoteRole::Device => "device",
            };
            writeln!(f, "remote {role} {}", node.name)?;
            return match node.place {
                Some((x, y)) => writeln!(f, "  place {x} {y}"),
                None => Ok(()),
            };
        }
    };
    writeln!(f, "node {} {blueprint}", node.name)?;
    if node.work > Duration::ZERO {
        writeln!(f, "  work {}", Time(node.work))?;
    }
    if let Some((x, y)) = node.place {
        writeln!(f, "  place {x} {y}")?;
    }
    if let Some(retry) = node.retry {
        writeln!(f, "  retry {}", Time(retry))?;
    }
    match (node.storage, &node.kind) {
        (Storage::Keeps, NodeKind::Device(_)) => writeln!(f, "  storage keeps")?,
        (Storage::Forgets, NodeKind::Broker) => writeln!(f, "  storage forgets")?,
        _ => {}
    }
    let plain = NodeSpec::new(String::new(), node.kind.clone()).limits;
    if node.limits.receive_maximum != plain.receive_maximum {
        writeln!(f, "  receive-maximum {}", node.limits.receive_maximum)?;
    }
    if node.limits.topic_alias_maximum != plain.topic_alias_maximum {
        writeln!(
            f,
            "  topic-alias-maximum {}",
            node.limits.topic_alias_maximum
        )?;
    }
    if node.limits.max_packet_size != plain.max_packet_size {
        writeln!(f, "  max-packet {} B", node.limits.max_packet_size)?;
    }
    if let Some(bytes) = node.bounds.backlog_bytes {
        writeln!(f, "  backlog {bytes} B")?;
    }
    if let Some(most) = node.bounds.queue {
        writeln!(f, "  session-queue {most}")?;
    }
    for line in &node.access {
        writeln!(f, "  access {}", Quoted(line.as_bytes()))?;
    }
    let NodeKind::Device(device) = &node.kind else {
        return Ok(());
    };
    device::write_settings(f, &node.name, device, version)
}

fn write_link(f: &mut Formatter<'_>, link: &LinkSpec) -> fmt::Result {
    let plain = LinkSpec::new(link.a.clone(), link.b.clone());
    writeln!(f, "link {} to {}", link.a, link.b)?;
    match link.mode {
        LinkMode::Stream => {}
        LinkMode::Datagram(datagram) => {
            writeln!(f, "  mode datagram")?;
            for (word, ratio) in [
                ("loss", datagram.loss),
                ("duplicate", datagram.duplicate),
                ("reorder", datagram.reorder),
            ] {
                if ratio != Ratio::default() {
                    writeln!(f, "  {word} {}/{}", ratio.numerator, ratio.denominator)?;
                }
            }
        }
    }
    if link.latency != plain.latency {
        writeln!(f, "  latency {}", Time(link.latency))?;
    }
    if link.jitter != plain.jitter {
        writeln!(f, "  jitter {}", Time(link.jitter))?;
    }
    if let Some(rate) = link.bytes_per_second {
        writeln!(f, "  bandwidth {rate} B/s")?;
    }
    if link.window_bytes != plain.window_bytes {
        writeln!(f, "  window {} B", link.window_bytes)?;
    }
    Ok(())
}

impl Display for Planned {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.when, self.action)
    }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "at {}", Time(at.since(Instant::ZERO))),
            Self::Packet {
                pattern,
                nth,
                phase,
                delay,
            } => {
                f.write_str("when ")?;
                if *nth != 1 {
                    write!(f, "{} ", Ordinal(*nth))?;
                }
                write!(f, "{pattern} {phase}")?;
                if *delay > Duration::ZERO {
                    write!(f, " plus {}", Time(*delay))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for PacketPattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.packet_type.name())?;
        if let Some(id) = self.id {
            write!(f, " id {id}")?;
        }
        if self.dup {
            f.write_str(" dup")?;
        }
        if let Some(qos) = self.qos {
            write!(f, " qos {}", qos.bits())?;
        }
        if let Some(retain) = self.retain {
            write!(f, " retain {}", u8::from(retain))?;
        }
        if let Some(reason) = self.reason {
            write!(f, " reason 0x{:02x}", reason.as_u8())?;
        }
        if let Some(from) = &self.from {
            write!(f, " from {from}")?;
        }
        if let Some(to) = &self.to {
            write!(f, " to {to}")?;
        }
        Ok(())
    }
}

impl Display for Phase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sent => "is sent",
            Self::OnTheWire => "is on the wire",
            Self::Arrived => "has arrived",
        })
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { node, act } => write!(f, "{node} {act}"),
            Self::Cut {
                a,
                b,
                after_bytes,
                span,
            } => {
                write!(f, "cut {a} to {b}")?;
                if *after_bytes > 0 {
                    write!(f, " after {after_bytes} B")?;
                }
                write_span(f, *span)
            }
            Self::Silence { a, b, toward, span } => {
                write!(f, "silence {a} to {b}")?;
                write_toward(f, toward.as_deref())?;
                write_span(f, *span)
            }
            Self::Stall {
                a,
                b,
                toward,
                bytes_per_second,
                span,
            } => {
                write!(f, "stall {a} to {b}")?;
                write_toward(f, toward.as_deref())?;
                if let Some(rate) = bytes_per_second {
                    write!(f, " at {rate} B/s")?;
                }
                write_span(f, *span)
            }
            Self::Hold { a, b, toward, span } => {
                write!(f, "hold {a} to {b}")?;
                write_toward(f, toward.as_deref())?;
                write_span(f, *span)
            }
            Self::Gate { a, b, toward } => {
                write!(f, "gate {a} to {b}")?;
                write_toward(f, toward.as_deref())
            }
            Self::Pass { a, b, toward } => {
                write!(f, "pass {a} to {b}")?;
                write_toward(f, toward.as_deref())
            }
            Self::Release { a, b, toward } => {
                write!(f, "release {a} to {b}")?;
                write_toward(f, toward.as_deref())
            }
            Self::Double { a, b } => write!(f, "double {a} to {b}"),
            Self::Lose { a, b } => write!(f, "lose {a} to {b}"),
            Self::Restore { a, b } => write!(f, "restore {a} to {b}"),
        }
    }
}

fn write_toward(f: &mut Formatter<'_>, toward: Option<&str>) -> fmt::Result {
    match toward {
        Some(toward) => write!(f, " toward {toward}"),
        None => Ok(()),
    }
}

fn write_span(f: &mut Formatter<'_>, span: Option<Duration>) -> fmt::Result {
    match span {
        Some(span) => write!(f, " for {}", Time(span)),
        None => Ok(()),
    }
}

impl Display for NodeAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Disconnect => f.write_str("disconnect"),
            Self::Publish {
                topic,
                payload,
                qos,
                retain,
                properties,
            } => {
                write!(f, "publish {} ", Quoted(topic.as_str().as_bytes()))?;
                device::write_content(f, payload, *qos, *retain, properties)
            }
            Self::Subscribe(subscription) => {
                f.write_str("subscribe ")?;
                device::write_subscription(f, subscription)
            }
            Self::Input(input) => device::write_input(f, *input),
            Self::Type { text } => write!(f, "type {}", Quoted(text.as_bytes())),
            Self::Interrupt => f.write_str("interrupt"),
            Self::SendRaw(bytes) => write!(f, "send-raw {}", Quoted(bytes)),
            Self::PowerOff { span } => {
                f.write_str("power-off")?;
                write_span(f, *span)
            }
            Self::PowerOn => f.write_str("power-on"),
            Self::Crash { moment, span } => {
                f.write_str(match moment {
                    CrashMoment::Now => "crash",
                    CrashMoment::BeforeSaving => "crash before-saving",
                    CrashMoment::AfterSaving => "crash after-saving",
                })?;
                write_span(f, *span)
            }
            Self::Unsubscribe { filter } => {
                write!(f, "unsubscribe {}", Quoted(filter.as_str().as_bytes()))
            }
            Self::Outside(outside) => match outside {
                Outside::Opened { connection } => write!(f, "opened {connection}"),
                Outside::Dials { connection, to } => write!(f, "dials {connection} {to}"),
                Outside::Received { connection, bytes } => {
                    write!(f, "received {connection} {}", Quoted(bytes))
                }
                Outside::Closed { connection, why } => {
                    write!(f, "closed {connection} {}", Quoted(why.as_bytes()))
                }
                Outside::Late => f.write_str("late"),
            },
        }
    }
}

impl Display for Expectation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { node, claim } => {
                write!(f, "{node} ")?;
                device::write_claim(f, claim)
            }
            Self::Received {
                node,
                messages,
                count,
            } => write!(f, "{node} received {messages} {count} times"),
            Self::Heard {
                node,
                filter,
                payloads,
            } => {
                write!(f, "{node} heard {}", Quoted(filter.as_str().as_bytes()))?;
                for payload in payloads {
                    write!(f, " {}", Quoted(payload))?;
                }
                Ok(())
            }
            Self::Retains {
                broker,
                topic,
                payload,
            } => {
                let topic = Quoted(topic.as_str().as_bytes());
                match payload {
                    Some(payload) => write!(f, "{broker} retains {topic} {}", Quoted(payload)),
                    None => write!(f, "{broker} retains {topic} nothing"),
                }
            }
            Self::Keeps {
                broker,
                node,
                count,
            } => write!(f, "{broker} keeps {count} for {node}"),
            Self::Believes {
                broker,
                node,
                is_connected,
            } => {
                let state = if *is_connected { "connected" } else { "gone" };
                write!(f, "{broker} believes {node} {state}")
            }
            Self::Remembers { node, count } => write!(f, "{node} remembers {count} ids"),
            Self::Sent { pattern, count } => write!(f, "{count} {pattern}"),
            Self::Next { pattern } => write!(f, "next {pattern}"),
            Self::Promise { check, is_kept } => {
                let state = if *is_kept { "kept" } else { "broken" };
                write!(f, "promise {} {state}", check.word())
            }
            Self::All(claims) => {
                for (index, claim) in claims.iter().enumerate() {
                    let and = if index == 0 { "" } else { " and " };
                    write!(f, "{and}{claim}")?;
                }
                Ok(())
            }
        }
    }
}

impl Display for MessagePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Quoted(self.filter.as_str().as_bytes()))?;
        if let Some(payload) = &self.payload {
            write!(f, " {}", Quoted(payload))?;
        }
        if let Some(qos) = self.qos {
            write!(f, " qos {}", qos.bits())?;
        }
        if let Some(retain) = self.retain {
            write!(f, " retain {}", u8::from(retain))?;
        }
        Ok(())
    }
}

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::AtLeast(count) => write!(f, "at least {count}"),
            Self::AtMost(count) => write!(f, "at most {count}"),
        }
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::When(when) => write!(f, "{when}"),
            Self::End => f.write_str("at end"),
        }
    }
}

fn write_lesson(f: &mut Formatter<'_>, lesson: &Lesson) -> fmt::Result {
    let text = |text: &str| Quoted(text.as_bytes()).to_string();
    write!(f, "lesson {}", lesson.number)?;
    if let Some(part) = lesson.part {
        write!(f, " part {part}")?;
    }
    writeln!(f, " {}", text(&lesson.title))?;
    for (word, said) in [("chapter", &lesson.chapter), ("question", &lesson.question)] {
        if !said.is_empty() {
            writeln!(f, "  {word} {}", text(said))?;
        }
    }
    if lesson.minutes > 0 {
        writeln!(f, "  takes {} min", lesson.minutes)?;
    }
    for beat in &lesson.beats {
        match &beat.kind {
            BeatKind::Say(said) => writeln!(f, "\n{}: say {}", beat.when, text(said))?,
            BeatKind::Ask(ask) => {
                writeln!(f, "\n{}: ask {}", beat.when, text(&ask.question))?;
                write_ask(f, ask)?;
            }
            BeatKind::Predict(kind) => {
                writeln!(f, "\n{}: ask generated {}", beat.when, kind.word())?;
            }
        }
    }
    match &lesson.task {
        Some(task) => write_task(f, task),
        None => Ok(()),
    }
}

fn write_ask(f: &mut Formatter<'_>, ask: &Ask) -> fmt::Result {
    if let Some(reveal) = &ask.reveal {
        writeln!(f, "  reveal {reveal}")?;
    }
    for answer in &ask.answers {
        let word = if answer.is_right { "right" } else { "wrong" };
        let text = Quoted(answer.text.as_bytes());
        writeln!(f, "  {word} {text}: {}", answer.claim)?;
        if let Some(belief) = answer.belief {
            writeln!(f, "    belief {}", belief.word())?;
        }
        if !answer.because.is_empty() {
            writeln!(f, "    because {}", Quoted(answer.because.as_bytes()))?;
        }
    }
    Ok(())
}

fn write_task(f: &mut Formatter<'_>, task: &Task) -> fmt::Result {
    writeln!(f, "\ntask {}", Quoted(task.text.as_bytes()))?;
    if !task.controls.is_empty() {
        f.write_str("  enable")?;
        for control in &task.controls {
            write!(f, " {}", control.word())?;
        }
        writeln!(f)?;
    }
    for goal in &task.goals {
        let word = if goal.is_kept { "keep" } else { "goal" };
        writeln!(f, "  {word} {}", goal.claim)?;
        if !goal.hint.is_empty() {
            writeln!(f, "    hint {}", Quoted(goal.hint.as_bytes()))?;
        }
    }
    for planned in &task.solution {
        writeln!(f, "  solution {planned}")?;
    }
    Ok(())
}

/// Bytes in double quotes, with escapes for what could not stand there.
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    // Only ASCII has control characters of one byte; the others stand for themselves.
                    control if control.is_ascii_control() => {
                        write!(f, "\\x{:02x}", u32::from(control))?;
                    }
                    plain => f.write_char(plain)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_char('"')
    }
}

/// A time in its largest unit that is exact: `40 ms`, `2.06 s`, `90 s`.
pub(crate) struct Time(pub(crate) Duration);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            0 => f.write_str("0 s"),
            1..1_000 => write!(f, "{micros} us"),
            1_000..1_000_000 => write_decimal(f, micros, 1_000, "ms"),
            _ if micros.is_multiple_of(3_600_000_000) => {
                write!(f, "{} h", micros / 3_600_000_000)
            }
            _ if micros.is_multiple_of(60_000_000) => write!(f, "{} min", micros / 60_000_000),
            _ => write_decimal(f, micros, 1_000_000, "s"),
        }
    }
}

/// `amount / scale` without trailing zeros; `scale` is a power of ten.
fn write_decimal(f: &mut Formatter<'_>, amount: u64, scale: u64, unit: &str) -> fmt::Result {
    let (whole, mut part) = (amount / scale, amount % scale);
    write!(f, "{whole}")?;
    if part > 0 {
        f.write_char('.')?;
        let mut place = scale / 10;
        while part > 0 {
            write!(f, "{}", part / place)?;
            part %= place;
            place /= 10;
        }
    }
    write!(f, " {unit}")
}

struct Ordinal(u32);

impl Display for Ordinal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ending = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{}{ending}", self.0)
    }
}
