//! What a device is made from, and what it says.

use super::Wanted;
use crate::blueprint::Blueprint;
use crate::effect::Effect;
use crate::energy::Charge;
use crate::remark::Remark;
use crate::rng::Rng;
use crate::rule::Rule;
use crate::script::{BoardSpec, Interpreter};
use crate::sleep::Sleep;
use crate::strategy::Strategy;
use crate::umqtt::Program;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::Publish;
use mqtt_proto::{
    ClientConfig, CloseReason, DropReason, Duration, Misuse, Note, Packet, PacketId, ReasonCode,
    Tag,
};

/// What a device does when its connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// Nothing, until it is told to connect.
    Never,
    /// Dials as soon as its network is there again; after [`REDIAL_PAUSE`] if it was there all the time.
    WhenLinkIsUp,
    /// Dials after this long, again and again.
    Every(Duration),
    /// Dials after a pause that doubles with each failure, so that a long outage costs little.
    BackOff {
        /// The first pause.
        first: Duration,
        /// No pause is longer.
        cap: Duration,
        /// Each pause is shorter by a random part of so many hundredths of it, up to 100: devices that lost their
        /// connection together do not come back together.
        jitter_percent: u8,
    },
}

/// How long a device that reconnects at once waits when not the network but the other end hung up. Without the pause,
/// two devices under one client id would throw each other out as fast as they can.
pub const REDIAL_PAUSE: Duration = Duration::from_secs(1);

/// A device's settings.
#[derive(Clone, Debug)]
pub struct DeviceConfig {
    /// What it has, and what it makes of messages.
    pub blueprint: &'static Blueprint,
    /// How it presents itself.
    pub client: ClientConfig,
    /// What it does when its connection is gone.
    pub reconnect: Reconnect,
    /// What it does with messages while it has none.
    pub strategy: Strategy,
    /// What it subscribes to when it is connected, as far as its session has not got it yet.
    pub subscriptions: Vec<Wanted>,
    /// What else it does by itself.
    pub rules: Vec<Rule>,
    /// How it sleeps.
    pub sleep: Option<Sleep>,
    /// What its battery holds; `None` is the mains.
    pub battery: Option<Charge>,
    /// What it draws its jitter from.
    pub rng: Rng,
    /// What it runs instead of a standard client; it speaks 3.1.1 then, and connects as the program says.
    pub program: Option<Program>,
    /// A script that it runs instead of either, and who interprets it. It speaks what the script writes.
    pub script: Option<(BoardSpec, Interpreter)>,
}

impl DeviceConfig {
    /// A device that follows its blueprint and nothing else, on the mains, and that never reconnects.
    #[must_use]
    pub const fn new(blueprint: &'static Blueprint, client: ClientConfig) -> Self {
        Self {
            blueprint,
            client,
            reconnect: Reconnect::Never,
            strategy: Strategy {
                queue: None,
                deadline: None,
            },
            subscriptions: Vec::new(),
            rules: Vec::new(),
            sleep: blueprint.sleep,
            battery: None,
            rng: Rng::new(0),
            program: None,
            script: None,
        }
    }
}

/// What a device wants done or says, in the order in which it must be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceEvent {
    /// Open a connection, then call [`handle_open`](crate::Device::handle_open), or
    /// [`handle_close`](crate::Device::handle_close) if there is none to be had.
    Dial,
    /// Encode it and put it on the wire.
    Send(Packet),
    /// Put these bytes on the wire as they are: a packet that a script has written, or what is none.
    Write(Bytes),
    /// Close the connection once everything before is out, then call [`handle_close`](crate::Device::handle_close).
    Close(CloseReason),
    /// Close the connection once everything before is out, without a reason that MQTT has, then call
    /// [`handle_close`](crate::Device::handle_close).
    HangUp,
    /// The radio is off: the connection, or the attempt to open one, ends here and nobody is told. Call
    /// [`handle_close`](crate::Device::handle_close).
    RadioOff,
    /// It has no power any more. Nothing comes from it until [`restart`](crate::Device::restart).
    PowerLost,
    /// Its application got a message. What it does about it follows.
    Delivered(Publish),
    /// It did something that one can see.
    Effect(Effect),
    /// The server is done with a message.
    Acknowledged {
        /// As given with the message.
        tag: Tag,
        /// Free again.
        id: PacketId,
        /// A failure means that the server has refused it.
        reason: ReasonCode,
    },
    /// A message is given up unacknowledged.
    Dropped {
        /// As given with the message.
        tag: Tag,
        /// Why.
        why: DropReason,
    },
    /// Something a log wants to say.
    Note(Note),
    /// What its program did that no packet shows.
    Remark(Remark),
    /// It was told to do what it cannot do; nothing has happened.
    Misuse(Misuse),
}

/// What became of the messages that a device wanted to publish, counted at the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    /// It wanted to publish so many.
    pub made: u32,
    /// The server has taken so many; QoS 0 is never answered.
    pub acknowledged: u32,
    /// It gave up so many.
    pub given_up: u32,
}
