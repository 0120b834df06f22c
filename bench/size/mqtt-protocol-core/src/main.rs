//! A client of mqtt-protocol-core (both versions): connects, subscribes and publishes at every QoS, and
//! takes messages.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{Event, TimerKind, role};
use mqtt_protocol_core::mqtt::packet::{
    GenericPacketTrait, Packet, Qos, SubEntry, SubOpts, v3_1_1, v5_0,
};
use mqtt_protocol_core::mqtt::{Connection, Version};
use size_rt::{forever, input, micros, output, receive, send};

size_rt::ram!(size_of::<Connection<role::Client>>());

#[unsafe(no_mangle)]
fn program() -> ! {
    let _ = run();
    loop {}
}

fn qos(bits: u8) -> Qos {
    match bits {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        _ => Qos::ExactlyOnce,
    }
}

fn run() -> Option<()> {
    let v5 = input() == 5;
    let version = if v5 { Version::V5_0 } else { Version::V3_1_1 };
    let mut connection = forever(Connection::<role::Client>::new(version));
    connection.set_auto_pub_response(true);
    let mut pending = forever(Vec::new());
    let connect: Packet = if v5 {
        let connect = v5_0::Connect::builder().client_id("device").ok()?;
        connect.keep_alive(60).build().ok()?.into()
    } else {
        let connect = v3_1_1::Connect::builder().client_id("device").ok()?;
        connect.keep_alive(60).build().ok()?.into()
    };
    pending.extend(connection.send(connect));
    let mut buffer = [0; 256];
    let mut timers: [Option<u64>; 3] = [None; 3];
    let index = |kind: TimerKind| match kind {
        TimerKind::PingreqSend => 0,
        TimerKind::PingreqRecv => 1,
        _ => 2,
    };
    loop {
        for event in core::mem::take(&mut *pending) {
            match event {
                Event::RequestSendPacket { packet, .. } => send(&packet.to_continuous_buffer()),
                Event::NotifyPacketReceived(Packet::V5_0Connack(_) | Packet::V3_1_1Connack(_)) => {
                    let id = connection.acquire_packet_id().ok()?;
                    let mut entries = vec![];
                    for bits in 0..3 {
                        let options = SubOpts::new().set_qos(qos(bits));
                        entries.push(SubEntry::new("device/+/in", options).ok()?);
                    }
                    let subscribe: Packet = if v5 {
                        let subscribe = v5_0::Subscribe::builder().packet_id(id).entries(entries);
                        subscribe.build().ok()?.into()
                    } else {
                        let subscribe = v3_1_1::Subscribe::builder().packet_id(id).entries(entries);
                        subscribe.build().ok()?.into()
                    };
                    pending.extend(connection.send(subscribe));
                }
                Event::NotifyPacketReceived(Packet::V5_0Publish(publish)) => {
                    output(publish.payload().as_slice());
                }
                Event::NotifyPacketReceived(Packet::V3_1_1Publish(publish)) => {
                    output(publish.payload().as_slice());
                }
                Event::RequestTimerReset { kind, duration_ms } => {
                    timers[index(kind)] = Some(micros() + duration_ms * 1000);
                }
                Event::RequestTimerCancel(kind) => timers[index(kind)] = None,
                Event::RequestClose => return None,
                _ => {}
            }
        }
        let len = receive(&mut buffer);
        pending.extend(connection.recv(&mut Cursor::new(&buffer[..len])));
        let wanted = input();
        if wanted != 0 {
            let qos = qos(wanted & 3);
            let id = match qos {
                Qos::AtMostOnce => None,
                _ => Some(connection.acquire_packet_id().ok()?),
            };
            let payload = vec![wanted];
            let publish: Packet = if v5 {
                let publish = v5_0::Publish::builder().topic_name("device/1/out").ok()?;
                publish
                    .qos(qos)
                    .packet_id(id)
                    .payload(payload)
                    .build()
                    .ok()?
                    .into()
            } else {
                let publish = v3_1_1::Publish::builder().topic_name("device/1/out").ok()?;
                publish
                    .qos(qos)
                    .packet_id(id)
                    .payload(payload)
                    .build()
                    .ok()?
                    .into()
            };
            pending.extend(connection.send(publish));
        }
        for kind in [
            TimerKind::PingreqSend,
            TimerKind::PingreqRecv,
            TimerKind::PingrespRecv,
        ] {
            if timers[index(kind)].take_if(|at| *at <= micros()).is_some() {
                pending.extend(connection.notify_timer_fired(kind));
            }
        }
    }
}
