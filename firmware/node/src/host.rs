//! A device and what it wants: no sockets and no clock.

use crate::board::Board;
use bytes::{Bytes, BytesMut};
use device::{Device, DeviceConfig, DeviceEvent, Input};
use mqtt_proto::codec::encode;
use mqtt_proto::{Instant, Sink, Version};

/// A device, and what it wants of whoever carries its bytes.
pub(crate) struct Host<B> {
    device: Device,
    outside: Outside<B>,
}

/// All that is not the device. It carries out what the device says while the device says it: nothing is gathered, because
/// a chip has no memory for all that a reconnect can bring at once.
struct Outside<B> {
    board: B,
    version: Version,
    /// Encoded, to be sent on the open connection.
    out: BytesMut,
    /// It wants a connection.
    dialling: bool,
    /// One is open.
    open: bool,
    /// It wants the connection closed when all of `out` is sent.
    closing: bool,
    delivered: u32,
}

impl<B: Board> Host<B> {
    pub(crate) fn new(config: DeviceConfig, board: B) -> Self {
        let version = config.client.version;
        Self {
            device: Device::new(config),
            outside: Outside {
                board,
                version,
                out: BytesMut::new(),
                dialling: false,
                open: false,
                closing: false,
                delivered: 0,
            },
        }
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) const fn board(&self) -> &B {
        &self.outside.board
    }

    pub(crate) const fn board_mut(&mut self) -> &mut B {
        &mut self.outside.board
    }

    /// Messages that its application got.
    pub(crate) const fn delivered(&self) -> u32 {
        self.outside.delivered
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.device.poll_timeout()
    }

    /// Whether it waits for a connection that nobody has given to it yet.
    pub(crate) const fn is_dialling(&self) -> bool {
        self.outside.dialling && !self.outside.open
    }

    /// Whether the connection is to be closed, now that there is nothing to send.
    pub(crate) fn is_closing(&self) -> bool {
        self.outside.closing && self.outside.out.is_empty()
    }

    /// What is to be sent; empty if there is nothing.
    /// So many bytes wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.outside.out.len()
    }

    pub(crate) fn take_out(&mut self) -> BytesMut {
        core::mem::take(&mut self.outside.out)
    }

    pub(crate) fn start(&mut self, now: Instant) {
        self.device.connect(now, &mut self.outside);
    }

    pub(crate) fn opened(&mut self, now: Instant) {
        self.outside.turn(true);
        self.device.handle_open(now, &mut self.outside);
    }

    pub(crate) fn input(&mut self, now: Instant, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.device.handle_input(now, bytes, &mut self.outside);
    }

    /// The connection is gone, or could not be opened.
    pub(crate) fn closed(&mut self, now: Instant) {
        self.outside.turn(false);
        self.device.handle_close(now, &mut self.outside);
    }

    pub(crate) fn network(&mut self, now: Instant, up: bool) {
        self.device.handle_network(now, up, &mut self.outside);
    }

    pub(crate) fn timeout(&mut self, now: Instant) {
        self.device.handle_timeout(now, &mut self.outside);
    }

    pub(crate) fn work(&mut self, now: Instant, input: Input) {
        self.device.input(now, input, &mut self.outside);
    }
}

impl<B> Outside<B> {
    /// A connection begins or ends: nothing of the one before is left.
    fn turn(&mut self, open: bool) {
        self.dialling = false;
        self.open = open;
        self.closing = false;
        self.out.clear();
    }
}

impl<B: Board> Sink<DeviceEvent> for Outside<B> {
    fn emit(&mut self, event: DeviceEvent) {
        match event {
            DeviceEvent::Dial => self.dialling = true,
            DeviceEvent::Send(packet) => {
                if let Err(error) = encode(&packet, self.version, &mut self.out) {
                    self.board.log(format_args!("mqtt: not sent: {error}"));
                }
            }
            DeviceEvent::Write(bytes) => self.out.extend_from_slice(&bytes),
            DeviceEvent::Close(why) => {
                self.board.log(format_args!("mqtt: closing: {why:?}"));
                self.closing = true;
            }
            DeviceEvent::HangUp => self.closing = true,
            DeviceEvent::RadioOff | DeviceEvent::PowerLost => {
                self.out.clear();
                self.closing = true;
            }
            DeviceEvent::Delivered(_) => self.delivered = self.delivered.wrapping_add(1),
            DeviceEvent::Effect(effect) => self.board.show(&effect),
            DeviceEvent::Dropped { why, .. } => {
                self.board
                    .log(format_args!("mqtt: a message is given up: {why:?}"));
            }
            DeviceEvent::Misuse(what) => self.board.log(format_args!("mqtt: {what}")),
            DeviceEvent::Acknowledged { .. } | DeviceEvent::Note(_) | DeviceEvent::Remark(_) => {}
        }
    }
}
