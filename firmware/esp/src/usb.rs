//! The chip's own USB port: the log, and frames with MQTT between its lines.

use alloc::format;
use alloc::string::String;
use core::cell::Cell;
use core::fmt;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::Instant;
use embedded_io_async::Write;
use esp_hal::Async;
use esp_hal::usb::usb_serial_jtag::UsbSerialJtagTx;
use node::serial::Line;

/// So many lines wait for somebody who reads them. A port without a reader takes nothing, and nothing must wait for it.
const LINES_MAX: usize = 32;

/// Lines on their way to the port.
pub(crate) struct Log {
    lines: Channel<NoopRawMutex, String, LINES_MAX>,
    dropped: Cell<u32>,
}

impl Log {
    pub(crate) const fn new() -> Self {
        Self {
            lines: Channel::new(),
            dropped: Cell::new(0),
        }
    }

    /// Says a line. When too many wait the oldest one goes: whoever opens the port later wants to know how things are.
    pub(crate) fn line(&self, line: fmt::Arguments<'_>) {
        let at = Instant::now().as_millis();
        if self.lines.is_full() && self.lines.try_receive().is_ok() {
            self.dropped.set(self.dropped.get().saturating_add(1));
        }
        let _ = self.lines.try_send(format!("[{at}] {line}\r\n"));
    }
}

/// Writes lines and frames, each whole.
pub(crate) async fn speak(
    mut to: UsbSerialJtagTx<'static, Async>,
    log: &'static Log,
    line: &'static Line,
) -> ! {
    loop {
        let next = select(line.outbox.receive(), log.lines.receive()).await;
        let dropped = log.dropped.take();
        if dropped > 0 {
            let text = format!("[...] {dropped} lines were dropped: nobody read them\r\n");
            let _ = to.write_all(text.as_bytes()).await;
        }
        // The port has no errors: it waits for a reader.
        let _ = match next {
            Either::First(frame) => to.write_all(&frame).await,
            Either::Second(text) => to.write_all(text.as_bytes()).await,
        };
        let _ = to.flush().await;
    }
}
