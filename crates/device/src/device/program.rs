//! A device that runs a program instead of a standard client.

use super::{Device, DeviceEvent};
use crate::blueprint::Setting;
use crate::effect::Effect;
use crate::input::Input;
use crate::remark::Remark;
use crate::script::{Line, Script, ScriptFile};
use crate::umqtt::machine::Around;
use crate::umqtt::{Exception, Library, Machine, Place};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use mqtt_proto::{Instant, Message, Qos, Sink, TopicFilter};

/// The one thread of a device.
#[derive(Clone, Debug)]
pub(super) enum Thread {
    /// Calls of an imitated library.
    Calls(Box<Machine>),
    /// A script.
    Script(Box<Script>),
}

impl Thread {
    pub(super) fn start(&mut self, clean: bool, around: &mut Around<'_>) {
        match self {
            Self::Calls(machine) => machine.start(clean, around),
            Self::Script(script) => script.start(around),
        }
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Calls(machine) => machine.reset(),
            Self::Script(script) => script.reset(),
        }
    }

    /// Nobody calls into a running script from outside: it is said, and nothing happens.
    fn ask(
        &mut self,
        call: &'static str,
        around: &mut Around<'_>,
        ask: impl FnOnce(&mut Machine, &mut Around<'_>),
    ) {
        match self {
            Self::Calls(machine) => ask(machine, around),
            Self::Script(_) => around
                .out
                .push(DeviceEvent::Remark(Remark::NotCalled { call })),
        }
    }

    pub(super) fn disconnect(&mut self, around: &mut Around<'_>) {
        self.ask("disconnect", around, Machine::disconnect);
    }

    pub(super) fn publish(&mut self, message: Message, around: &mut Around<'_>) {
        self.ask("publish", around, |machine, around| {
            machine.publish(message, around);
        });
    }

    pub(super) fn subscribe(&mut self, filter: TopicFilter, qos: Qos, around: &mut Around<'_>) {
        self.ask("subscribe", around, |machine, around| {
            machine.subscribe(filter, qos, around);
        });
    }

    pub(super) fn unsubscribe(&mut self, filter: TopicFilter, around: &mut Around<'_>) {
        self.ask("unsubscribe", around, |machine, around| {
            machine.unsubscribe(filter, around);
        });
    }

    /// An imitated library is told by its device's rules, a script sees its pins and sensors itself.
    pub(super) fn input(&mut self, input: Input, around: &mut Around<'_>) {
        if let Self::Script(script) = self {
            script.input(input, around);
        }
    }

    /// Somebody types at the console of a board: a text, or Ctrl-C. Only scripts have one.
    pub(super) fn type_in(&mut self, text: Option<Rc<str>>, around: &mut Around<'_>) {
        match (self, text) {
            (Self::Script(script), Some(text)) => script.type_in(text, around),
            (Self::Script(script), None) => script.interrupt(around),
            (Self::Calls(_), _) => {}
        }
    }

    pub(super) fn handle_network(&mut self, around: &mut Around<'_>) {
        if let Self::Script(script) = self {
            script.handle_timeout(around);
        }
    }

    pub(super) fn handle_open(&mut self, around: &mut Around<'_>) {
        match self {
            Self::Calls(machine) => machine.handle_open(around),
            Self::Script(script) => script.handle_open(around),
        }
    }

    pub(super) fn handle_input(&mut self, bytes: &[u8], around: &mut Around<'_>) {
        match self {
            Self::Calls(machine) => machine.handle_input(bytes, around),
            Self::Script(script) => script.handle_input(bytes, around),
        }
    }

    pub(super) fn handle_close(&mut self, around: &mut Around<'_>) {
        match self {
            Self::Calls(machine) => machine.handle_close(around),
            Self::Script(script) => script.handle_close(around),
        }
    }

    pub(super) fn handle_timeout(&mut self, around: &mut Around<'_>) {
        match self {
            Self::Calls(machine) => machine.handle_timeout(around),
            Self::Script(script) => script.handle_timeout(around),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Calls(machine) => machine.poll_timeout(),
            Self::Script(script) => script.poll_timeout(),
        }
    }

    pub(super) fn things_to_do(&self) -> usize {
        match self {
            Self::Calls(machine) => machine.things_to_do(),
            Self::Script(_) => 0,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        match self {
            Self::Calls(machine) => machine.is_running(),
            Self::Script(script) => script.is_running(),
        }
    }

    pub(super) fn is_dialling(&self) -> bool {
        match self {
            Self::Calls(machine) => machine.is_dialling(),
            Self::Script(script) => script.is_dialling(),
        }
    }

    pub(super) fn is_asleep(&self) -> bool {
        matches!(self, Self::Script(script) if script.is_asleep())
    }
}

/// What can be seen of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptView<'a> {
    /// The text of `main.py`.
    pub source: &'a str,
    /// The files that it comes with beside it.
    pub modules: &'a [ScriptFile],
    /// The line that it is in.
    pub line: Line,
    /// Whether it runs: otherwise it has not been started, or has ended.
    pub is_running: bool,
    /// Whether it has ended, and the board runs what is typed: at once, or when what was typed before is done.
    pub is_at_prompt: bool,
}

/// What can be seen of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProgramView {
    /// The library that it calls.
    pub library: Library,
    /// Whether it runs: otherwise it has not been started, or something ended it.
    pub is_running: bool,
    /// The call that keeps it from doing anything else.
    pub blocked_in: Option<&'static str>,
    /// `conn_issue` of `umqtt.robust2`.
    pub issue: Option<(Exception, Place)>,
    /// `things_to_do()` of `umqtt.robust2`: what waits to be sent or confirmed.
    pub things_to_do: usize,
}

impl Device {
    /// Its program, if it runs one instead of a standard client.
    #[must_use]
    pub fn program(&self) -> Option<ProgramView> {
        let Some(Thread::Calls(program)) = &self.program else {
            return None;
        };
        Some(ProgramView {
            library: program.library(),
            is_running: program.is_running(),
            blocked_in: program.blocked_in(),
            issue: program.issue(),
            things_to_do: program.things_to_do(),
        })
    }

    /// Its script, if it runs one instead of a standard client.
    #[must_use]
    pub fn script(&self) -> Option<ScriptView<'_>> {
        let Some(Thread::Script(script)) = &self.program else {
            return None;
        };
        Some(ScriptView {
            source: script.source(),
            modules: script.modules(),
            line: script.line(),
            is_running: script.is_running(),
            is_at_prompt: script.is_at_prompt(),
        })
    }

    /// Calls its program, and does what comes of it. What a callback publishes is called when the program is free.
    pub(super) fn run(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Thread, &mut Around<'_>),
    ) {
        let reading = self.reading();
        let network = self.network;
        let Some(program) = &mut self.program else {
            return;
        };
        let runs_script = matches!(program, Thread::Script(_));
        let mut out = Vec::new();
        call(
            program,
            &mut Around {
                now,
                reading: &reading,
                network,
                out: &mut out,
            },
        );
        for event in out {
            match event {
                DeviceEvent::Dial => self.open(now, sink),
                DeviceEvent::Send(packet) => self.send(now, packet, sink),
                DeviceEvent::Write(bytes) => {
                    self.battery.transmit(now, bytes.len());
                    sink.emit(DeviceEvent::Write(bytes));
                }
                DeviceEvent::Effect(Effect::Lamp { on }) => {
                    if let Some(effect) =
                        self.body.lamp(if on { Setting::On } else { Setting::Off })
                    {
                        sink.emit(DeviceEvent::Effect(effect));
                    }
                }
                // What comes of it is the script's own affair.
                DeviceEvent::Delivered(publish) if runs_script => {
                    sink.emit(DeviceEvent::Delivered(publish));
                }
                DeviceEvent::Delivered(publish) => self.receive(now, publish, sink),
                DeviceEvent::Remark(remark) => {
                    if let Remark::Made { .. } = remark {
                        self.tally.made = self.tally.made.saturating_add(1);
                    }
                    sink.emit(DeviceEvent::Remark(remark));
                }
                other => sink.emit(other),
            }
        }
    }
}
