//! A device: a client with a body, what its blueprint and its rules make of messages, how it gets back after a lost
//! connection, and what all that takes from its battery.

mod clocks;
mod config;
mod few;
mod program;
mod rules;
mod subscriptions;
#[cfg(test)]
mod tests;

pub use config::{DeviceConfig, DeviceEvent, REDIAL_PAUSE, Reconnect, Tally};
pub use program::{ProgramView, ScriptView};
pub use subscriptions::Wanted;

use crate::blueprint::Blueprint;
use crate::body::Body;
use crate::effect::Effect;
use crate::energy::{Battery, Draw};
use crate::input::Input;
use crate::rng::Rng;
use crate::rule::{Rule, Trigger};
use crate::script::Script;
use crate::sleep::Sleep;
use crate::strategy::{Outbox, Strategy};
use crate::umqtt::Machine;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use few::Few;
use mqtt_proto::codec::encoded_len;
use mqtt_proto::packet::{Properties, UnsubscribeFilters};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, ClientState, CloseReason, DropReason, Duration, Instant,
    Message, Misuse, Packet, ReasonCode, Sink, Tag, TopicFilter, Version, Violation,
};
use program::Thread;
use subscriptions::{Progress, Subscriptions};

/// A rule with its clock.
#[derive(Clone, Debug)]
struct Armed {
    rule: Rule,
    /// How often it was followed.
    times: u32,
    /// When it is due, if it goes by the clock and the clock runs.
    due: Option<Instant>,
}

/// Where a device is in its rhythm of sleeping.
#[derive(Clone, Copy, Debug)]
struct Rhythm {
    sleep: Sleep,
    /// When the first period began; `None` until it is told to connect.
    start: Option<Instant>,
    asleep: bool,
    /// When it falls asleep or wakes.
    turns_at: Option<Instant>,
}

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    blueprint: &'static Blueprint,
    client: Client,
    reconnect: Reconnect,
    subscriptions: Subscriptions,
    rules: Vec<Armed>,
    outbox: Outbox,
    rhythm: Option<Rhythm>,
    battery: Battery,
    rng: Rng,
    /// It runs this instead of its client.
    program: Option<Thread>,
    body: Body,
    tally: Tally,
    /// It was told to connect and not to disconnect.
    wants_connection: bool,
    /// It wants to go on with its session.
    goes_on: bool,
    /// But not before a server has confirmed one.
    starts_clean_once: bool,
    /// [`DeviceEvent::Dial`] is out.
    dialling: bool,
    network: bool,
    /// It has joined its network and not lost it since.
    joined: bool,
    redial_at: Option<Instant>,
    /// How often in a row it found no server.
    failures: u32,
    /// Its battery is empty.
    dead: bool,
    next_tag: u32,
}

/// A client that has no session state, and whether it starts clean for that reason alone.
///
/// A 5.0 client without state must not go on with a session that the server still has (5.0 MQTT-3.2.2-4), so it starts
/// clean until it is connected. 3.1.1 knows no such rule, and there a clean start would also end the session with the
/// connection.
fn without_state(mut config: ClientConfig, goes_on: bool) -> (Client, bool) {
    let starts_clean_once = goes_on && config.version == Version::V5;
    config.clean_start = !goes_on || starts_clean_once;
    (Client::new(config), starts_clean_once)
}

/// Effects of a call on the client, worked through when the call has returned: what the device makes of a message may
/// call the client again.
type ClientEvents = Few<ClientEvent>;

impl Device {
    /// A device that has not been told to connect. Its network is there.
    #[must_use]
    pub fn new(config: DeviceConfig) -> Self {
        let goes_on = !config.client.clean_start;
        let script = config
            .script
            .map(|(spec, by)| Thread::Script(Box::new(Script::new(spec, by))));
        let calls = config
            .program
            .map(|program| Machine::new(program, &config.client));
        let program = script.or_else(|| calls.map(|it| Thread::Calls(Box::new(it))));
        let (client, starts_clean_once) = without_state(config.client, goes_on);
        let rules = config.rules.into_iter().map(|rule| Armed {
            rule,
            times: 0,
            due: None,
        });
        Self {
            blueprint: config.blueprint,
            client,
            goes_on,
            reconnect: config.reconnect,
            subscriptions: Subscriptions::new(config.subscriptions),
            rules: rules.collect(),
            outbox: Outbox::new(config.strategy),
            rhythm: config.sleep.map(|sleep| Rhythm {
                sleep,
                start: None,
                asleep: false,
                turns_at: None,
            }),
            battery: Battery::new(config.battery),
            rng: config.rng,
            program,
            body: Body::default(),
            tally: Tally::default(),
            wants_connection: false,
            starts_clean_once,
            dialling: false,
            network: true,
            joined: false,
            redial_at: None,
            failures: 0,
            dead: false,
            next_tag: 0,
        }
    }

    /// What it has, and what it makes of messages.
    #[must_use]
    pub const fn blueprint(&self) -> &'static Blueprint {
        self.blueprint
    }

    /// Its client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The version that it speaks.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.client.config().version
    }

    /// What can be seen of it.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// What it tells of itself at the moment; empty if its kind tells nothing.
    #[must_use]
    pub fn reading(&self) -> String {
        self.body.reading(self.blueprint.sense)
    }

    /// How far it is from where it started, in millimetres.
    #[must_use]
    pub const fn position(&self) -> i64 {
        self.body.millimetres
    }

    /// Its battery, as of its newest event.
    #[must_use]
    pub const fn battery(&self) -> &Battery {
        &self.battery
    }

    /// What became of its messages, as far as it knows.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// What it does with messages while it has no connection.
    #[must_use]
    pub const fn strategy(&self) -> Strategy {
        self.outbox.strategy()
    }

    /// How many messages wait: in its own queue, in its session's, or in those of `umqtt.robust2`.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let program = self.program.as_ref().map_or(0, |it| it.things_to_do());
        program + self.outbox.len() + self.client.session().queued()
    }

    /// Whether it waits for a connection to open.
    #[must_use]
    pub fn is_dialling(&self) -> bool {
        let program = self.program.as_ref();
        self.dialling || program.is_some_and(|program| program.is_dialling())
    }

    /// Whether it sleeps: no radio, no program.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.rhythm.is_some_and(|rhythm| rhythm.asleep)
            || self.program.as_ref().is_some_and(Thread::is_asleep)
    }

    /// Whether the rhythm of its blueprint has it asleep; a script has its own clock.
    fn is_resting(&self) -> bool {
        self.rhythm.is_some_and(|rhythm| rhythm.asleep)
    }

    /// Tells it to connect, and from then on to reconnect as it is set to. Its clocks run from the first time on.
    pub fn connect(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            if !device.wants_connection {
                device.wants_connection = true;
                device.start_clocks(now);
            }
            if device.program.is_some() {
                let clean = !device.goes_on;
                device.run(now, sink, |program, around| program.start(clean, around));
            } else if !device.is_asleep() {
                device.dial(now, sink);
            }
        });
    }

    /// Tells it to say goodbye, and not to come back.
    pub fn disconnect(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            device.wants_connection = false;
            device.redial_at = None;
            device.stop_clocks();
            if device.program.is_some() {
                device.run(now, sink, Thread::disconnect);
            } else {
                device.leave(now, sink);
            }
        });
    }

    fn leave(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.ask(now, sink, |client, events| {
            client.disconnect(now, ReasonCode::Success, Properties::EMPTY, events)
        });
    }

    /// Publishes a message. The tag comes back with its acknowledgement.
    pub fn publish(
        &mut self,
        now: Instant,
        message: Message,
        sink: &mut dyn Sink<DeviceEvent>,
    ) -> Tag {
        let tag = Tag(self.next_tag);
        self.live(now, sink, |device, sink| device.offer(now, message, sink));
        tag
    }

    /// Somebody does something to it. What its kind has no part for has no effect; deep sleep ends.
    pub fn input(&mut self, now: Instant, input: Input, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            if !device.blueprint.inputs.contains(&input.kind()) {
                return;
            }
            let before = device.reading();
            let Some(effect) = device.body.work(input) else {
                return;
            };
            sink.emit(DeviceEvent::Effect(effect));
            if device.is_asleep() {
                device.wake(now, sink);
            }
            device.run(now, sink, |program, around| program.input(input, around));
            device.follow(now, &Trigger::Input(input.kind()), None, sink);
            device.look_for_change(now, &before, sink);
        });
    }

    /// Somebody types at the console of a board that runs a script: a text for its prompt, or Ctrl-C if there is none.
    pub fn type_in(
        &mut self,
        now: Instant,
        text: Option<Rc<str>>,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        self.live(now, sink, |device, sink| {
            device.run(now, sink, |program, around| program.type_in(text, around));
        });
    }

    /// Subscribes: now if it is connected, and after every CONNACK until its session has the subscription.
    pub fn subscribe(&mut self, now: Instant, wanted: Wanted, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            if device.program.is_some() {
                return device.run(now, sink, |program, around| {
                    program.subscribe(wanted.filter, wanted.options.qos, around);
                });
            }
            device.subscriptions.add(wanted);
            if device.client.state() == ClientState::Connected {
                device.subscribe_wanted(now, true, sink);
            }
        });
    }

    /// Asks for what is wanted: all of it, or only what was added last.
    fn subscribe_wanted(&mut self, now: Instant, newest: bool, sink: &mut dyn Sink<DeviceEvent>) {
        while let Some(request) = self.subscriptions.request(newest) {
            let (filters, properties) = (request.filters.clone(), request.properties.clone());
            let mut asked = None;
            self.ask(now, sink, |client, events| {
                asked = Some(client.subscribe(now, filters, properties, events)?);
                Ok(())
            });
            let Some(id) = asked else { return };
            self.subscriptions.asked(&request, id);
        }
    }

    /// Unsubscribes.
    pub fn unsubscribe(
        &mut self,
        now: Instant,
        filter: TopicFilter,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        self.live(now, sink, |device, sink| {
            if device.program.is_some() {
                return device.run(now, sink, |program, around| {
                    program.unsubscribe(filter, around);
                });
            }
            device.subscriptions.remove(&filter);
            let filters: UnsubscribeFilters = core::iter::once(filter).collect();
            device.ask(now, sink, |client, events| {
                client
                    .unsubscribe(now, filters, Properties::EMPTY, events)
                    .map(drop)
            });
        });
    }

    /// The connection is open.
    pub fn handle_open(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            if device.program.is_some() {
                return device.run(now, sink, Thread::handle_open);
            }
            device.dialling = false;
            device.ask(now, sink, |client, events| client.handle_open(now, events));
        });
    }

    /// Bytes have come.
    pub fn handle_input(&mut self, now: Instant, bytes: Bytes, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            device.battery.listen(now);
            if device.program.is_some() {
                return device.run(now, sink, |program, around| {
                    program.handle_input(&bytes, around);
                });
            }
            device.tell(now, sink, |client, events| {
                client.handle_shared_input(now, bytes, events);
            });
        });
    }

    /// The connection is closed, or could not be opened.
    pub fn handle_close(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            if device.program.is_some() {
                return device.run(now, sink, Thread::handle_close);
            }
            device.dialling = false;
            device.tell(now, sink, |client, events| client.handle_close(now, events));
            if device.wants_connection && !device.is_asleep() {
                device.redial_at = device.next_dial(now);
            }
        });
    }

    /// When it dials again after a connection is gone, or could not be opened.
    fn next_dial(&mut self, now: Instant) -> Option<Instant> {
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        match self.reconnect {
            Reconnect::Never => None,
            Reconnect::WhenLinkIsUp => self.network.then_some(now + REDIAL_PAUSE),
            Reconnect::Every(pause) => Some(now + pause),
            Reconnect::BackOff {
                first,
                cap,
                jitter_percent,
            } => {
                let doubled = first.scaled(1 << failures.min(40), 1).min(cap);
                let most = doubled.scaled(u64::from(jitter_percent.min(100)), 100);
                let less = match most.as_micros() {
                    0 => 0,
                    most => self.rng.below(most.saturating_add(1)),
                };
                Some(now + (doubled - Duration::from_micros(less)))
            }
        }
    }

    /// The network is there, or gone: what a radio tells its device. Connections close separately.
    pub fn handle_network(&mut self, now: Instant, up: bool, sink: &mut dyn Sink<DeviceEvent>) {
        self.network = up;
        self.live(now, sink, |device, sink| {
            device.joined &= up;
            device.run(now, sink, Thread::handle_network);
            if up
                && device.program.is_none()
                && device.wants_connection
                && device.reconnect == Reconnect::WhenLinkIsUp
                && !device.is_asleep()
            {
                device.dial(now, sink);
            }
        });
    }

    /// Its power goes now: what it has used up to here is counted. Nothing happens until [`Device::restart`].
    pub fn handle_power_off(&mut self, now: Instant) {
        self.battery.settle(now);
    }

    /// It starts again after a crash or a loss of power. What it has in memory is gone unless it `keeps` its session in
    /// storage. Where it stands, it stands still; its lamp is off; and it connects again if it had been told to. A
    /// battery that was empty has been replaced.
    pub fn restart(&mut self, now: Instant, keeps: bool, sink: &mut dyn Sink<DeviceEvent>) {
        self.battery.restart(now);
        self.dead = false;
        self.dialling = false;
        self.joined = false;
        self.failures = 0;
        self.redial_at = None;
        self.body.lamp = false;
        self.live(now, sink, |device, sink| {
            if keeps {
                device.tell(now, sink, |client, events| client.handle_close(now, events));
            } else {
                let (client, starts_clean_once) =
                    without_state(device.client.config().clone(), device.goes_on);
                device.client = client;
                device.starts_clean_once = starts_clean_once;
                device.subscriptions.forget(|_| true);
                device.outbox.clear();
                device.body.presses = 0;
                device.body.shown.clear();
                for armed in &mut device.rules {
                    armed.times = 0;
                }
            }
            device.stop_clocks();
            if let Some(program) = &mut device.program {
                program.reset();
            }
            if device.wants_connection {
                device.start_clocks(now);
                match device.program {
                    Some(_) => {
                        let clean = !device.goes_on;
                        device.run(now, sink, |program, around| program.start(clean, around));
                    }
                    None => device.dial(now, sink),
                }
            }
        });
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.live(now, sink, |device, sink| {
            device.turn(now, sink);
            if device.is_resting() {
                return;
            }
            while let Some((tag, why)) = device.outbox.expire(now) {
                device.give_up(tag, why, sink);
            }
            if device.redial_at.is_some_and(|at| at <= now) {
                device.dial(now, sink);
            }
            device.run(now, sink, Thread::handle_timeout);
            device.tell(now, sink, |client, events| {
                client.handle_timeout(now, events);
            });
            device.follow_clocks(now, sink);
        });
    }

    /// When its line does something by itself: it dials again, says that it lives, or waits no longer for an answer. What its
    /// program, its rules and its battery do has other times.
    #[must_use]
    pub fn line_timeout(&self) -> Option<Instant> {
        if self.dead || self.is_resting() {
            return None;
        }
        let line = [self.redial_at, self.client.poll_timeout()];
        line.into_iter().flatten().min()
    }

    /// When to call [`Device::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.dead {
            return None;
        }
        let sooner = |a: Option<Instant>, b: Option<Instant>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let turns_at = self.rhythm.and_then(|rhythm| rhythm.turns_at);
        let always = sooner(turns_at, self.battery.empty_at());
        if self.is_resting() {
            return always;
        }
        let program = self.program.as_ref().and_then(|it| it.poll_timeout());
        let rules = self.rules.iter().filter_map(|armed| armed.due).min();
        [
            self.redial_at,
            self.client.poll_timeout(),
            program,
            self.outbox.expires_at(),
            rules,
        ]
        .into_iter()
        .fold(always, sooner)
    }

    /// Something happens to it, if it has power: its battery is read before, and told what is going on after.
    fn live(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        happen: impl FnOnce(&mut Self, &mut dyn Sink<DeviceEvent>),
    ) {
        if self.dead {
            return;
        }
        self.battery.settle(now);
        if !self.battery.is_empty() {
            happen(self, sink);
            self.battery.set_draw(self.draw());
        }
        if self.battery.is_empty() {
            self.dead = true;
            sink.emit(DeviceEvent::Effect(Effect::BatteryEmpty));
            sink.emit(DeviceEvent::PowerLost);
        }
    }

    /// What goes on in it, as its battery feels it.
    fn draw(&self) -> Draw {
        let program = self.program.as_ref();
        let waits = self.dialling || self.client.state() == ClientState::AwaitConnAck;
        let waits = waits || program.is_some_and(|program| program.is_dialling());
        match self.client.state() {
            _ if self.is_asleep() => Draw::DeepSleep,
            _ if waits => Draw::Listening,
            // `time.sleep()` stops neither processor nor radio.
            _ if program.is_some_and(|program| program.is_running()) => Draw::ModemSleep,
            ClientState::Connected => Draw::ModemSleep,
            _ => Draw::LightSleep,
        }
    }

    fn dial(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.redial_at = None;
        if !self.dialling && self.client.state() == ClientState::Closed {
            self.dialling = true;
            self.open(now, sink);
        }
    }

    /// The radio looks for the network, if it has to, and for the server.
    fn open(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        if !self.joined {
            self.battery.join();
            self.joined = self.network;
        }
        self.battery.listen(now);
        sink.emit(DeviceEvent::Dial);
    }

    fn send(&mut self, now: Instant, packet: Packet, sink: &mut dyn Sink<DeviceEvent>) {
        // What a client sends it has checked to have a form.
        let len = encoded_len(&packet, self.version()).unwrap_or_default();
        self.battery.transmit(now, len);
        sink.emit(DeviceEvent::Send(packet));
    }

    // Messages on their way out.

    /// Sends a message now, or does with it what its strategy says.
    fn offer(&mut self, now: Instant, message: Message, sink: &mut dyn Sink<DeviceEvent>) {
        let tag = Tag(self.next_tag);
        self.next_tag = self.next_tag.wrapping_add(1);
        self.tally.made = self.tally.made.saturating_add(1);
        if self.program.is_some() {
            return self.run(now, sink, |program, around| {
                program.publish(message, around)
            });
        }
        if self.outbox.is_used() && self.client.state() != ClientState::Connected {
            if let Some((tag, why)) = self.outbox.push(now, message, tag) {
                self.give_up(tag, why, sink);
            }
        } else {
            self.hand_over(now, message, tag, sink);
        }
    }

    fn hand_over(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        let taken = self.ask(now, sink, |client, events| {
            client.publish(now, message, tag, events)
        });
        if !taken {
            self.tally.given_up = self.tally.given_up.saturating_add(1);
        }
    }

    fn give_up(&mut self, tag: Tag, why: DropReason, sink: &mut dyn Sink<DeviceEvent>) {
        self.tally.given_up = self.tally.given_up.saturating_add(1);
        sink.emit(DeviceEvent::Dropped { tag, why });
    }

    // The client.

    /// Calls the client for something that it may refuse. Whether it did not.
    fn ask(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Client, &mut ClientEvents) -> Result<(), Misuse>,
    ) -> bool {
        let mut events = ClientEvents::default();
        let result = call(&mut self.client, &mut events);
        self.work_through(now, events, sink);
        let taken = result.is_ok();
        if let Err(misuse) = result {
            sink.emit(DeviceEvent::Misuse(misuse));
        }
        taken
    }

    /// Calls the client.
    fn tell(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Client, &mut ClientEvents),
    ) {
        let mut events = ClientEvents::default();
        call(&mut self.client, &mut events);
        self.work_through(now, events, sink);
    }

    fn work_through(
        &mut self,
        now: Instant,
        mut events: ClientEvents,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        for event in events.drain() {
            match event {
                ClientEvent::Send(packet) => self.send(now, packet, sink),
                ClientEvent::Connected {
                    session_present, ..
                } => self.connected(now, session_present, sink),
                ClientEvent::Subscribed(ack) => self.subscriptions.answered(&ack),
                ClientEvent::Message(publish) => self.receive(now, publish, sink),
                ClientEvent::Acknowledged { tag, id, reason } => {
                    let count = match reason.is_failure() {
                        true => &mut self.tally.given_up,
                        false => &mut self.tally.acknowledged,
                    };
                    *count = count.saturating_add(1);
                    sink.emit(DeviceEvent::Acknowledged { tag, id, reason });
                }
                ClientEvent::Dropped { tag, why } => self.give_up(tag, why, sink),
                ClientEvent::Close(why) => {
                    if why == CloseReason::Violation(Violation::UnexpectedSessionPresent) {
                        // The server has kept longer what is gone here. It would say so again.
                        self.client.config_mut().clean_start = true;
                        self.starts_clean_once = true;
                    }
                    sink.emit(DeviceEvent::Close(why));
                }
                ClientEvent::Note(note) => sink.emit(DeviceEvent::Note(note)),
                // The packets themselves say all that there is to say.
                ClientEvent::Refused { .. }
                | ClientEvent::Unsubscribed(_)
                | ClientEvent::Auth(_)
                | ClientEvent::Disconnected(_) => {}
            }
        }
    }

    fn connected(&mut self, now: Instant, session_present: bool, sink: &mut dyn Sink<DeviceEvent>) {
        self.failures = 0;
        if core::mem::take(&mut self.starts_clean_once) {
            self.client.config_mut().clean_start = false;
        }
        // Requests have died with the connection before; without a session, all has.
        self.subscriptions
            .forget(|progress| !session_present || progress != Progress::Granted);
        self.subscribe_wanted(now, false, sink);
        self.follow(now, &Trigger::Connected, None, sink);
        while let Some((message, tag)) = self.outbox.pop() {
            self.hand_over(now, message, tag, sink);
        }
    }
}
