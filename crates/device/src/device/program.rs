//! A device that runs a program instead of a standard client.

use super::{Device, DeviceEvent};
use crate::remark::Remark;
use crate::umqtt::machine::Around;
use crate::umqtt::{Exception, Library, Machine, Place};
use alloc::vec::Vec;
use mqtt_proto::{Instant, Sink};

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
        let program = self.program.as_ref()?;
        Some(ProgramView {
            library: program.library(),
            is_running: program.is_running(),
            blocked_in: program.blocked_in(),
            issue: program.issue(),
            things_to_do: program.things_to_do(),
        })
    }

    /// Calls its program, and does what comes of it. What a callback publishes is called when the program is free.
    pub(super) fn run(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Machine, &mut Around<'_>),
    ) {
        let reading = self.reading();
        let network = self.network;
        let Some(program) = &mut self.program else {
            return;
        };
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
