//! The fields that a filter can ask for.

use crate::story::{Fate, Step, StepKind, Story};
use crate::text::Phrase;
use mqtt_proto::codec::remaining_length;
use mqtt_proto::packet::{PacketType, Property};
use mqtt_proto::{Packet, Qos, ReasonCode, Version};

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number; flags are 0 and 1.
    Number(u64),
    /// A text.
    Text(String),
    /// Bytes.
    Data(Vec<u8>),
}

/// What kind of values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number up to this one.
    Number(u64),
    /// The number of a packet type, or its name.
    PacketType,
    /// The number of a reason code, or its name.
    Reason,
    /// 0 or 1, `false` or `true`.
    Flag,
    /// A text.
    Text,
    /// Bytes, written as text or as `1a:2b`.
    Data,
}

/// A step, as the fields look at it.
pub struct Subject<'a> {
    /// The run.
    pub story: &'a Story,
    /// The step's number, from 1.
    pub number: usize,
    /// The step.
    pub step: &'a Step,
    /// The packet that it sends, and the version that its connection speaks.
    pub packet: Option<(&'a Packet, Version)>,
    /// Messages that reached an application from this step until the next: for each, how often it has by then.
    pub deliveries: &'a [u64],
    /// Whether a machine found in this time that the other end breaks a rule.
    pub is_broken: bool,
}

macro_rules! fields {
    ($($field:ident, $name:literal, $kind:expr, $en:literal, $de:literal;)*) => {
        /// A field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "FIELDS says what each of them is")]
        pub enum Field { $($field,)* }

        /// All fields, in the order in which they are offered.
        pub const FIELDS: &[FieldInfo] = &[$(FieldInfo {
            field: Field::$field,
            name: $name,
            kind: $kind,
            about: Phrase { en: $en, de: $de },
        },)*];
    };
}

/// What is known about a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The field.
    pub field: Field,
    /// Its name, as it is typed.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What it is.
    pub about: Phrase,
}

const BYTE: Kind = Kind::Number(0xff);
const WORD: Kind = Kind::Number(0xffff);
const LONG: Kind = Kind::Number(u64::MAX);

fields! {
    MsgType, "mqtt.msgtype", Kind::PacketType, "packet type, 1 to 15", "Pakettyp, 1 bis 15";
    Topic, "mqtt.topic", Kind::Text, "topic name or filter", "Topic-Name oder -Filter";
    Qos, "mqtt.qos", BYTE, "QoS of a PUBLISH", "QoS eines PUBLISH";
    MsgId, "mqtt.msgid", WORD, "packet identifier", "Packet Identifier";
    Dup, "mqtt.dupflag", Kind::Flag, "DUP of a PUBLISH", "DUP eines PUBLISH";
    Retain, "mqtt.retain", Kind::Flag, "RETAIN of a PUBLISH", "RETAIN eines PUBLISH";
    Message, "mqtt.msg", Kind::Data, "payload of a PUBLISH", "Payload eines PUBLISH";
    MessageText, "mqtt.msg_text", Kind::Text, "payload, if it is text", "Payload, wenn sie Text ist";
    ClientId, "mqtt.clientid", Kind::Text, "client identifier in CONNECT", "Client Identifier im CONNECT";
    ReturnCode, "mqtt.conack.val", BYTE, "return code of CONNACK (3.1.1)", "Return Code des CONNACK (3.1.1)";
    SessionPresent, "mqtt.conack.flags.sp", Kind::Flag, "Session Present of CONNACK", "Session Present des CONNACK";
    CleanSession, "mqtt.conflag.cleansess", Kind::Flag, "Clean Session or Clean Start", "Clean Session oder Clean Start";
    WillFlag, "mqtt.conflag.willflag", Kind::Flag, "CONNECT has a will", "CONNECT hat einen Will";
    WillQos, "mqtt.conflag.qos", BYTE, "QoS of the will", "QoS des Will";
    WillRetain, "mqtt.conflag.retain", Kind::Flag, "RETAIN of the will", "RETAIN des Will";
    UserNameFlag, "mqtt.conflag.uname", Kind::Flag, "CONNECT has a user name", "CONNECT hat einen Benutzernamen";
    PasswordFlag, "mqtt.conflag.passwd", Kind::Flag, "CONNECT has a password", "CONNECT hat ein Passwort";
    UserName, "mqtt.username", Kind::Text, "user name in CONNECT", "Benutzername im CONNECT";
    WillTopic, "mqtt.willtopic", Kind::Text, "topic of the will", "Topic des Will";
    WillMessage, "mqtt.willmsg", Kind::Data, "payload of the will", "Payload des Will";
    KeepAlive, "mqtt.kalive", WORD, "keep alive in seconds", "Keep Alive in Sekunden";
    ProtocolLevel, "mqtt.ver", BYTE, "protocol level: 4 or 5", "Protokollversion: 4 oder 5";
    SubQos, "mqtt.sub.qos", BYTE, "QoS asked for (3.1.1)", "verlangte QoS (3.1.1)";
    SubAckQos, "mqtt.suback.qos", BYTE, "QoS granted (3.1.1)", "gewährte QoS (3.1.1)";
    SubOptionsQos, "mqtt.subscription_options_qos", BYTE, "QoS asked for (5.0)", "verlangte QoS (5.0)";
    NoLocal, "mqtt.subscription_options_nl", Kind::Flag, "No Local (5.0)", "No Local (5.0)";
    RetainAsPublished, "mqtt.subscription_options_rap", Kind::Flag, "Retain As Published (5.0)", "Retain As Published (5.0)";
    RetainHandling, "mqtt.subscription_options_retain", BYTE, "Retain Handling (5.0)", "Retain Handling (5.0)";
    ConnAckReason, "mqtt.connack.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    PubAckReason, "mqtt.puback.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    PubRecReason, "mqtt.pubrec.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    PubRelReason, "mqtt.pubrel.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    PubCompReason, "mqtt.pubcomp.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    SubAckReason, "mqtt.suback.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    UnsubAckReason, "mqtt.unsuback.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    DisconnectReason, "mqtt.disconnect.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    AuthReason, "mqtt.auth.reason_code", Kind::Reason, "reason code (5.0)", "Reason Code (5.0)";
    PropertyId, "mqtt.property_id", BYTE, "identifier of a property (5.0)", "Nummer einer Property (5.0)";
    TopicAlias, "mqtt.property.topic_alias", WORD, "topic alias (5.0)", "Topic Alias (5.0)";
    Length, "mqtt.len", LONG, "remaining length in bytes", "Remaining Length in Bytes";
    Flags, "mqtt.hdrflags", BYTE, "first byte of the packet", "erstes Byte des Pakets";
    From, "sim.from", Kind::Text, "the node that sends", "der Knoten, der sendet";
    To, "sim.to", Kind::Text, "the node that it is sent to", "der Knoten, an den gesendet wird";
    Client, "sim.client", Kind::Text, "the client of the connection", "der Client der Verbindung";
    Event, "sim.event", Kind::Text, "packet, lost, cut, restored, silent, stalled, held, released, crash, power, start, refused or effect", "packet, lost, cut, restored, silent, stalled, held, released, crash, power, start, refused oder effect";
    Lost, "sim.lost", Kind::Flag, "the packet never arrives", "das Paket kommt nie an";
    Delivered, "sim.delivered", LONG, "a message reaches an application: for the how manieth time", "eine Nachricht erreicht eine Anwendung: zum wievielten Mal";
    Rule, "sim.rule", Kind::Text, "a statement that was applied: MQTT-4.3.2-1", "eine Regel, die angewandt wurde: MQTT-4.3.2-1";
    Broken, "sim.broken", Kind::Flag, "a rule is found broken", "ein Regelbruch wird bemerkt";
    StepNumber, "sim.step", LONG, "number of the step", "Nummer des Schritts";
    Time, "sim.ms", LONG, "milliseconds since the start", "Millisekunden seit dem Start";
}

impl Field {
    /// What is known about it.
    #[must_use]
    pub fn info(self) -> Option<&'static FieldInfo> {
        FIELDS.iter().find(|it| it.field == self)
    }

    /// The field with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static FieldInfo> {
        FIELDS.iter().find(|it| it.name == name)
    }

    /// Its values in a step: none where the packet has no such field, more than one where it repeats.
    #[must_use]
    pub fn values(self, subject: &Subject<'_>) -> Vec<Value> {
        self.values_of_step(subject)
            .or_else(|| {
                let (packet, version) = subject.packet?;
                let flight = subject.story.flight_of(subject.number)?.1;
                self.values_of_bytes(&flight.bytes, packet, version)
                    .or_else(|| self.values_of_packet(packet, version))
            })
            .unwrap_or_default()
    }

    fn values_of_step(self, subject: &Subject<'_>) -> Option<Vec<Value>> {
        let Subject { story, step, .. } = subject;
        let flight = story.flight_of(subject.number).map(|(_, flight)| flight);
        let name = |lane: Option<usize>| lane.map(|lane| text(story.name(lane)));
        let end = match step.kind {
            StepKind::Down { lane, .. } | StepKind::Up(lane) | StepKind::Refused(lane) => {
                Some(lane)
            }
            StepKind::Effect(effect) => story.effects.get(effect).map(|effect| effect.lane),
            _ => None,
        };
        let wire = match step.kind {
            StepKind::Cut(wire)
            | StepKind::Restored(wire)
            | StepKind::Silent(wire)
            | StepKind::Stalled(wire)
            | StepKind::Held(wire)
            | StepKind::Released(wire) => story.wires.get(wire),
            _ => None,
        };
        let client = flight
            .map(|it| {
                if story.is_broker(it.from) {
                    it.to
                } else {
                    it.from
                }
            })
            .or_else(|| wire.map(|wire| wire.client))
            .or(end);
        let one = |value: Option<Value>| Some(value.into_iter().collect());
        match self {
            Self::From => one(name(flight.map(|it| it.from).or(end))),
            Self::To => one(name(flight.map(|it| it.to))),
            Self::Client => one(name(client)),
            Self::Event => one(Some(text(event(step.kind)))),
            Self::Lost => one(flight.map(|it| flag(matches!(it.fate, Fate::Lost(_))))),
            Self::Delivered => Some(
                subject
                    .deliveries
                    .iter()
                    .copied()
                    .map(Value::Number)
                    .collect(),
            ),
            Self::Rule => Some(step.rules.iter().map(|rule| text(rule.id)).collect()),
            Self::Broken => one(subject.is_broken.then_some(Value::Number(1))),
            Self::StepNumber => one(u64::try_from(subject.number).ok().map(Value::Number)),
            Self::Time => one(Some(Value::Number(step.mark.at / 1000))),
            _ => None,
        }
    }

    /// Fields that are the bytes themselves.
    fn values_of_bytes(
        self,
        bytes: &[u8],
        packet: &Packet,
        version: Version,
    ) -> Option<Vec<Value>> {
        let number = |byte: Option<&u8>| byte.map(|byte| vec![Value::Number(u64::from(*byte))]);
        match (self, packet) {
            (Self::Flags, _) => number(bytes.first()),
            (Self::Length, _) => {
                let length = remaining_length(bytes)?;
                Some(vec![Value::Number(u64::from(length))])
            }
            // What is left out means success, but it is not there.
            (
                Self::PubAckReason | Self::PubRecReason | Self::PubRelReason | Self::PubCompReason,
                Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_),
            ) if remaining_length(bytes)? <= PACKET_ID_BYTES => Some(Vec::new()),
            (Self::DisconnectReason, Packet::Disconnect(_))
            | (Self::AuthReason, Packet::Auth(_))
                if remaining_length(bytes)? == 0 =>
            {
                Some(Vec::new())
            }
            // The decoder maps 3.1.1's return codes to reason codes; the packet ends with what was on the wire.
            (Self::ReturnCode, Packet::ConnAck(_)) if version == Version::V311 => {
                number(bytes.last())
            }
            _ => None,
        }
    }

    fn values_of_packet(self, packet: &Packet, version: Version) -> Option<Vec<Value>> {
        let is_v5 = version == Version::V5;
        let one = |value: Value| Some(vec![value]);
        match (self, packet) {
            (Self::MsgType, _) => one(Value::Number(packet.packet_type() as u64)),
            (Self::MsgId, _) => one(Value::Number(u64::from(packet.id()?.get()))),
            (Self::Topic, Packet::Publish(it)) => one(text(it.topic.as_ref()?.as_str())),
            (Self::Topic, Packet::Subscribe(it)) => Some(
                it.filters
                    .iter()
                    .map(|(filter, _)| text(filter.as_str()))
                    .collect(),
            ),
            (Self::Topic, Packet::Unsubscribe(it)) => Some(
                it.filters
                    .iter()
                    .map(|filter| text(filter.as_str()))
                    .collect(),
            ),
            (Self::Qos, Packet::Publish(it)) => one(qos(it.delivery.qos())),
            (Self::Dup, Packet::Publish(it)) => one(flag(it.delivery.dup())),
            (Self::Retain, Packet::Publish(it)) => one(flag(it.retain)),
            (Self::Message, Packet::Publish(it)) => one(Value::Data(it.payload.to_vec())),
            (Self::MessageText, Packet::Publish(it)) => {
                one(text(std::str::from_utf8(&it.payload).ok()?))
            }
            (Self::SessionPresent, Packet::ConnAck(it)) => one(flag(it.session_present)),
            (_, Packet::Connect(connect)) => {
                let will = connect.will.as_ref();
                match self {
                    Self::ClientId => one(text(connect.client_id.as_str())),
                    Self::CleanSession => one(flag(connect.clean_start)),
                    Self::WillFlag => one(flag(will.is_some())),
                    Self::WillQos => one(will.map_or(Value::Number(0), |will| qos(will.qos))),
                    Self::WillRetain => one(flag(will.is_some_and(|will| will.retain))),
                    Self::UserNameFlag => one(flag(connect.user_name.is_some())),
                    Self::PasswordFlag => one(flag(connect.password.is_some())),
                    Self::UserName => one(text(connect.user_name.as_ref()?.as_str())),
                    Self::WillTopic => one(text(will?.topic.as_str())),
                    Self::WillMessage => one(Value::Data(will?.payload.to_vec())),
                    Self::KeepAlive => one(Value::Number(u64::from(connect.keep_alive_secs))),
                    Self::ProtocolLevel => one(Value::Number(if is_v5 { 5 } else { 4 })),
                    _ => self.properties(packet),
                }
            }
            (Self::SubQos, Packet::Subscribe(it)) if !is_v5 => {
                Some(it.filters.iter().map(|(_, it)| qos(it.qos)).collect())
            }
            (Self::SubOptionsQos, Packet::Subscribe(it)) if is_v5 => {
                Some(it.filters.iter().map(|(_, it)| qos(it.qos)).collect())
            }
            (Self::NoLocal, Packet::Subscribe(it)) if is_v5 => {
                Some(it.filters.iter().map(|(_, it)| flag(it.no_local)).collect())
            }
            (Self::RetainAsPublished, Packet::Subscribe(it)) if is_v5 => Some(
                it.filters
                    .iter()
                    .map(|(_, it)| flag(it.retain_as_published))
                    .collect(),
            ),
            (Self::RetainHandling, Packet::Subscribe(it)) if is_v5 => Some(
                it.filters
                    .iter()
                    .map(|(_, it)| Value::Number(u64::from(it.retain_handling as u8)))
                    .collect(),
            ),
            (Self::SubAckQos, Packet::SubAck(it)) if !is_v5 => {
                Some(it.reasons.iter().map(reason).collect())
            }
            (_, Packet::SubAck(it)) if is_v5 && self == Self::SubAckReason => {
                Some(it.reasons.iter().map(reason).collect())
            }
            (_, Packet::UnsubAck(it)) if is_v5 && self == Self::UnsubAckReason => {
                Some(it.reasons.iter().map(reason).collect())
            }
            (Self::ConnAckReason, Packet::ConnAck(it)) if is_v5 => one(reason(it.reason)),
            (Self::PubAckReason, Packet::PubAck(it))
            | (Self::PubRecReason, Packet::PubRec(it))
            | (Self::PubRelReason, Packet::PubRel(it))
            | (Self::PubCompReason, Packet::PubComp(it))
                if is_v5 =>
            {
                one(reason(it.reason))
            }
            (Self::DisconnectReason, Packet::Disconnect(it)) if is_v5 => one(reason(it.reason)),
            (Self::AuthReason, Packet::Auth(it)) => one(reason(it.reason)),
            _ => self.properties(packet),
        }
    }

    fn properties(self, packet: &Packet) -> Option<Vec<Value>> {
        let properties = match packet {
            Packet::Connect(it) => &it.properties,
            Packet::ConnAck(it) => &it.properties,
            Packet::Publish(it) => &it.properties,
            Packet::PubAck(it) | Packet::PubRec(it) | Packet::PubRel(it) | Packet::PubComp(it) => {
                &it.properties
            }
            Packet::Subscribe(it) => &it.properties,
            Packet::SubAck(it) | Packet::UnsubAck(it) => &it.properties,
            Packet::Unsubscribe(it) => &it.properties,
            Packet::Disconnect(it) => &it.properties,
            Packet::Auth(it) => &it.properties,
            Packet::PingReq | Packet::PingResp => return None,
        };
        match self {
            Self::PropertyId => {
                let will = match packet {
                    Packet::Connect(it) => it.will.as_ref().map(|will| &will.properties),
                    _ => None,
                };
                let will = will.into_iter().flat_map(|it| it.iter());
                let all = properties.iter().chain(will);
                let ids = all.map(|it| Value::Number(u64::from(it.id())));
                Some(ids.collect())
            }
            Self::TopicAlias => properties.find(|property| match property {
                Property::TopicAlias(alias) => Some(vec![Value::Number(u64::from(alias))]),
                _ => None,
            }),
            _ => None,
        }
    }
}

/// How many bytes a packet identifier has.
const PACKET_ID_BYTES: u32 = 2;

/// What a step is, in one word.
const fn event(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Packet(_) => "packet",
        StepKind::Vanished(_) => "lost",
        StepKind::Cut(_) => "cut",
        StepKind::Restored(_) => "restored",
        StepKind::Silent(_) => "silent",
        StepKind::Stalled(_) => "stalled",
        StepKind::Held(_) => "held",
        StepKind::Released(_) => "released",
        StepKind::Down { crashed: true, .. } => "crash",
        StepKind::Down { crashed: false, .. } => "power",
        StepKind::Up(_) => "start",
        StepKind::Refused(_) => "refused",
        StepKind::Effect(_) => "effect",
    }
}

/// What [`Field::Event`] can be.
pub(super) const EVENTS: [&str; 13] = [
    "packet", "lost", "cut", "restored", "silent", "stalled", "held", "released", "crash", "power",
    "start", "refused", "effect",
];

/// The packet type with this name, in any case.
pub(super) fn packet_type(name: &str) -> Option<PacketType> {
    (1..=15)
        .filter_map(PacketType::from_bits)
        .find(|it| it.name().eq_ignore_ascii_case(name))
}

/// The reason code with this name, in any case.
pub(super) fn reason_named(name: &str) -> Option<ReasonCode> {
    let mut all = ReasonCode::ALL.iter().copied();
    all.find(|it| it.name().eq_ignore_ascii_case(name))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn flag(flag: bool) -> Value {
    Value::Number(u64::from(flag))
}

fn qos(qos: Qos) -> Value {
    Value::Number(u64::from(qos.bits()))
}

fn reason(reason: ReasonCode) -> Value {
    Value::Number(u64::from(reason.as_u8()))
}
