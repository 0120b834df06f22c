//! Nodes: a broker or a device, with the packets that it is still working on.

use crate::id::RecordId;
use crate::link::PacketHead;
use crate::outs::{BrokerOuts, DeviceOuts, Out, id, key, spoken};
use crate::record::{Down, Rules};
use crate::remote::Remote;
use crate::scenario::{Bounds, DeviceSpec, NodeAction, NodeKind, NodeSpec, SessionSpec, Storage};
use crate::world::WorldError;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use device::rng::Rng;
use device::script::{BoardSpec, Interpreter};
use device::{Blueprint, Device, DeviceConfig};
use mqtt_broker::policy::AccessList;
use mqtt_broker::{Broker, BrokerConfig};
use mqtt_proto::packet::Will;
use mqtt_proto::session::IN_FLIGHT_UNSAID;
use mqtt_proto::{ClientConfig, Duration, Expiry, Instant, Limits, Retry, Version};

/// A node with what surrounds its machine.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) state: NodeState,
    pub(crate) work: Duration,
    pub(crate) storage: Storage,
    pub(crate) retry: Retry,
    pub(crate) limits: Limits,
    pub(crate) bounds: Bounds,
    /// How it stopped, if it does not run.
    pub(crate) down: Option<Down>,
    /// How often it stopped: what was planned for an older time does not happen.
    pub(crate) stops: u32,
    /// It will crash when the next bytes arrive.
    pub(crate) trap: Option<Trap>,
    /// When it can send the next packet.
    pub(crate) free_at: Instant,
    /// What it is still working on, in order.
    pub(crate) outbox: VecDeque<Outgoing>,
    /// A client's connection, from dialling on.
    pub(crate) connection: Option<u32>,
    pub(crate) timer_at: Option<Instant>,
    pub(crate) timer_generation: u32,
    /// What set the timer.
    pub(crate) timer_cause: Option<RecordId>,
}

/// What runs a device's script.
pub(crate) struct Board {
    pub(crate) spec: BoardSpec,
    pub(crate) interpreter: Interpreter,
}

/// A crash that waits for bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) after_saving: bool,
    pub(crate) span: Option<Duration>,
}

/// What a node is, with all its state.
#[derive(Clone, Debug)]
pub enum NodeState {
    /// A broker.
    Broker(Box<Broker>),
    /// A device.
    Device(Box<Device>),
    /// What is known of a node whose program is outside.
    Remote(Box<Remote>),
}

/// Something that leaves a node.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) connection: u32,
    pub(crate) cause: Option<RecordId>,
    pub(crate) what: Leaving,
}

/// What leaves.
#[derive(Clone, Debug)]
pub(crate) enum Leaving {
    Packet {
        bytes: Bytes,
        head: Option<PacketHead>,
        rules: Rules,
    },
    Close,
}

impl Node {
    pub(crate) fn new(spec: &NodeSpec, rng: Rng, board: Option<Board>) -> Result<Self, WorldError> {
        let state = match &spec.kind {
            NodeKind::Broker => {
                let config = broker_config(spec)?;
                NodeState::Broker(Box::new(Broker::new(config)))
            }
            NodeKind::Device(device) => {
                let mut config = config(device, retry(spec), spec.limits, rng)?;
                config.script = board.map(|board| (board.spec, board.interpreter));
                NodeState::Device(Box::new(Device::new(config)))
            }
            NodeKind::Remote(role) => NodeState::Remote(Box::new(Remote::new(*role))),
        };
        Ok(Self {
            state,
            work: spec.work,
            storage: spec.storage,
            retry: retry(spec),
            limits: spec.limits,
            bounds: spec.bounds,
            down: None,
            stops: 0,
            trap: None,
            free_at: Instant::ZERO,
            outbox: VecDeque::new(),
            connection: None,
            timer_at: None,
            timer_generation: 0,
            timer_cause: None,
        })
    }
}

/// What a node's state hash covers, at a time.
///
/// A broker keeps its tables in the order of memory, which differs between machines: what can be seen of it stands for
/// it. A device is all there is to it.
pub(crate) struct NodeDigest<'a>(pub(crate) &'a Node, pub(crate) Instant);

impl fmt::Debug for NodeDigest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(node, now) = self;
        let Node {
            state,
            work,
            storage,
            retry,
            limits,
            bounds,
            down,
            stops,
            trap,
            free_at,
            outbox,
            connection,
            timer_at,
            timer_generation,
            timer_cause,
        } = node;
        match state {
            NodeState::Broker(broker) => write_broker(f, broker, *now)?,
            NodeState::Device(device) => device.fmt(f)?,
            NodeState::Remote(remote) => remote.fmt(f)?,
        }
        write!(
            f,
            "{storage:?}{retry:?}{limits:?}{bounds:?}{down:?}{stops:?}{trap:?}"
        )?;
        write!(f, "{work:?}{free_at:?}{outbox:?}{connection:?}")?;
        write!(f, "{timer_at:?}{timer_generation:?}{timer_cause:?}")
    }
}

fn write_broker(f: &mut fmt::Formatter<'_>, broker: &Broker, now: Instant) -> fmt::Result {
    for it in broker.connections() {
        write!(f, "{:?}{:?}{:?}", it.id(), it.state(), it.version())?;
        write!(
            f,
            "{:?}{:?}{:?}",
            it.peer_limits(),
            it.deadline(),
            it.will()
        )?;
    }
    for it in broker.sessions() {
        write!(
            f,
            "{:?}{:?}{:?}",
            it.client_id(),
            it.connection(),
            it.expiry()
        )?;
        write!(
            f,
            "{:?}{:?}{:?}",
            it.ends_at(),
            it.delayed_will(),
            it.queued()
        )?;
        write!(f, "{:?}", it.subscriptions())?;
        for row in it.in_flight() {
            write!(f, "{row:?}")?;
        }
    }
    for it in broker.retained(now) {
        write!(f, "{it:?}")?;
    }
    write!(f, "{:?}", broker.poll_timeout())
}

fn retry(spec: &NodeSpec) -> Retry {
    spec.retry.map_or(Retry::OnResumeOnly, Retry::AfterTimeout)
}

fn broker_config(spec: &NodeSpec) -> Result<BrokerConfig, WorldError> {
    let bounds = spec.bounds;
    let mut config = BrokerConfig::default();
    config.server.retry = retry(spec);
    config.server.limits = spec.limits;
    if !spec.access.is_empty() {
        let list = AccessList::parse(&spec.access.join("\n"));
        config.access = Some(list.map_err(WorldError::AccessList)?);
    }
    config.backlog_max_bytes = bounds
        .backlog_bytes
        .map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    if let Some(most) = bounds.queue {
        config.session.queue_max = most;
    }
    Ok(config)
}

impl NodeSpec {
    /// The settings of the device that this is; `None` for a broker and for what is outside. For a host that is no simulation. `rng` is for the
    /// jitter of its reconnecting.
    ///
    /// # Errors
    /// [`WorldError::UnknownBlueprint`].
    pub fn device_config(&self, rng: Rng) -> Result<Option<DeviceConfig>, WorldError> {
        match &self.kind {
            NodeKind::Broker | NodeKind::Remote(_) => Ok(None),
            NodeKind::Device(spec) => config(spec, retry(self), self.limits, rng).map(Some),
        }
    }
}

fn config(
    spec: &DeviceSpec,
    retry: Retry,
    limits: Limits,
    rng: Rng,
) -> Result<DeviceConfig, WorldError> {
    let blueprint = Blueprint::named(&spec.blueprint)
        .ok_or_else(|| WorldError::UnknownBlueprint(spec.blueprint.clone()))?;
    let mut client = ClientConfig::new(spec.version, spec.client_id.clone());
    client.keep_alive_secs = spec.keep_alive_secs;
    client.user_name = spec.user_name.clone();
    client.password = spec.password.clone();
    client.retry = retry;
    client.limits = limits;
    // A 5.0 broker says how many it takes.
    if spec.version == Version::V311 {
        client.session.in_flight_max = IN_FLIGHT_UNSAID;
    }
    client.aliases_wanted = spec.aliases;
    client.properties = spec.properties.clone();
    if spec.session == SessionSpec::Kept {
        client.clean_start = false;
        client.session_expiry = spec
            .session_expiry_secs
            .map_or(Expiry::NEVER, Expiry::from_secs);
    }
    client.will = spec.will.as_ref().map(|will| Will {
        topic: will.topic.clone(),
        payload: will.payload.clone(),
        qos: will.qos,
        retain: will.retain,
        properties: will.properties.clone(),
    });
    Ok(DeviceConfig {
        reconnect: spec.reconnect,
        strategy: spec.strategy,
        subscriptions: spec.subscriptions.clone(),
        rules: spec.rules.clone(),
        sleep: spec.sleep,
        battery: spec.battery,
        rng,
        program: spec.program.clone(),
        ..DeviceConfig::new(blueprint, client)
    })
}

impl NodeState {
    /// The broker, if it is one.
    #[must_use]
    pub fn broker(&self) -> Option<&Broker> {
        match self {
            Self::Broker(broker) => Some(broker),
            Self::Device(_) | Self::Remote(_) => None,
        }
    }

    /// The device, if it is one.
    #[must_use]
    pub fn device(&self) -> Option<&Device> {
        match self {
            Self::Device(device) => Some(device),
            Self::Broker(_) | Self::Remote(_) => None,
        }
    }

    /// What is known of it, if its program is outside.
    #[must_use]
    pub fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Remote(remote) => Some(remote),
            Self::Broker(_) | Self::Device(_) => None,
        }
    }

    pub(crate) fn act(&mut self, now: Instant, act: &NodeAction, out: &mut Vec<Out>) {
        let Self::Device(device) = self else { return };
        let mut sink = DeviceOuts::new(device.version(), out);
        let events = &mut sink;
        match act {
            NodeAction::Connect => device.connect(now, events),
            NodeAction::Disconnect => device.disconnect(now, events),
            NodeAction::Publish { .. } => {
                if let Some(message) = act.message() {
                    device.publish(now, message, events);
                }
            }
            NodeAction::Input(input) => device.input(now, *input, events),
            NodeAction::Type { text } => device.type_in(now, Some(text.as_str().into()), events),
            NodeAction::Interrupt => device.type_in(now, None, events),
            NodeAction::Subscribe(wanted) => {
                device.subscribe(now, wanted.clone(), events);
            }
            NodeAction::Unsubscribe { filter } => {
                device.unsubscribe(now, filter.clone(), events);
            }
            NodeAction::SendRaw(bytes) => out.push(Out::Leave {
                connection: None,
                what: Leaving::Packet {
                    bytes: bytes.clone(),
                    head: None,
                    rules: Rules::NONE,
                },
            }),
            // The machine does not see them coming: the world stops and starts it.
            NodeAction::PowerOff { .. } | NodeAction::PowerOn | NodeAction::Crash { .. } => {}
            // No machine in here does it.
            NodeAction::Outside(_) => {}
        }
    }

    /// Its power goes now.
    pub(crate) fn handle_power_off(&mut self, now: Instant) {
        if let Self::Device(device) = self {
            device.handle_power_off(now);
        }
    }

    /// Whether it could answer what arrives: deep sleep is as good as no power.
    pub(crate) fn is_awake(&self) -> bool {
        !self.device().is_some_and(Device::is_asleep)
    }

    pub(crate) fn handle_network(&mut self, now: Instant, up: bool, out: &mut Vec<Out>) {
        if let Self::Device(device) = self {
            device.handle_network(now, up, &mut DeviceOuts::new(device.version(), out));
        }
    }

    /// Starts again after a stop, with what its storage has kept.
    pub(crate) fn restart(&mut self, now: Instant, storage: Storage, out: &mut Vec<Out>) {
        match self {
            Self::Broker(broker) if storage == Storage::Forgets => {
                **broker = Broker::new(broker.config().clone());
            }
            Self::Broker(broker) => {
                let open: Vec<u32> = broker.connections().map(|it| key(it.id())).collect();
                for connection in open {
                    self.handle_close(now, Some(connection), out);
                }
            }
            Self::Device(device) => {
                let mut sink = DeviceOuts::new(device.version(), out);
                device.restart(now, storage == Storage::Keeps, &mut sink);
            }
            Self::Remote(_) => {}
        }
    }

    pub(crate) fn handle_open(&mut self, now: Instant, connection: u32, out: &mut Vec<Out>) {
        self.call(
            None,
            out,
            |broker, events| broker.handle_open(now, id(connection), events),
            |device, events| device.handle_open(now, events),
        );
    }

    pub(crate) fn handle_input(
        &mut self,
        now: Instant,
        connection: u32,
        bytes: Bytes,
        out: &mut Vec<Out>,
    ) {
        match self {
            Self::Broker(broker) => call_broker(broker, Some(connection), out, |broker, events| {
                broker.handle_shared_input(now, id(connection), bytes, events);
            }),
            Self::Device(device) => {
                device.handle_input(now, bytes, &mut DeviceOuts::new(device.version(), out));
            }
            // The log has it, and the host takes it from there.
            Self::Remote(_) => {}
        }
    }

    /// `None` is a connection that a device could not open.
    pub(crate) fn handle_close(
        &mut self,
        now: Instant,
        connection: Option<u32>,
        out: &mut Vec<Out>,
    ) {
        if let (Self::Remote(remote), Some(connection)) = (&mut *self, connection) {
            remote.close(connection);
        }
        self.call(
            connection,
            out,
            |broker, events| {
                if let Some(connection) = connection {
                    broker.handle_close(now, id(connection), events);
                }
            },
            |device, events| device.handle_close(now, events),
        );
    }

    /// A connection has taken everything that a broker has sent on it.
    pub(crate) fn handle_drained(&mut self, now: Instant, connection: u32, out: &mut Vec<Out>) {
        self.call(
            Some(connection),
            out,
            |broker, events| broker.handle_drained(now, id(connection), events),
            |_, _| {},
        );
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, out: &mut Vec<Out>) {
        self.call(
            None,
            out,
            |broker, events| broker.handle_timeout(now, events),
            |device, events| device.handle_timeout(now, events),
        );
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Broker(broker) => broker.poll_timeout(),
            Self::Device(device) => device.poll_timeout(),
            Self::Remote(_) => None,
        }
    }

    /// Calls whichever machine this is.
    fn call(
        &mut self,
        about: Option<u32>,
        out: &mut Vec<Out>,
        to_broker: impl FnOnce(&mut Broker, &mut BrokerOuts<'_>),
        to_device: impl FnOnce(&mut Device, &mut DeviceOuts<'_>),
    ) {
        match self {
            Self::Broker(broker) => call_broker(broker, about, out, to_broker),
            Self::Device(device) => to_device(device, &mut DeviceOuts::new(device.version(), out)),
            Self::Remote(_) => {}
        }
    }
}

/// Calls a broker: about a connection, perhaps.
fn call_broker(
    broker: &mut Broker,
    about: Option<u32>,
    out: &mut Vec<Out>,
    call: impl FnOnce(&mut Broker, &mut BrokerOuts<'_>),
) {
    let before = about.and_then(|it| Some((it, spoken(broker, it)?)));
    let mut sink = BrokerOuts::new(before, out);
    call(broker, &mut sink);
    sink.finish(broker);
}
