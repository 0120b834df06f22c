//! Carries the bytes of one connection.

use crate::board::Board;
use crate::host::Host;
use crate::node::Node;
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embedded_io_async::{Read, Write};

/// So much is read at once.
const READ_BYTES: usize = 512;
/// While so much waits to be written nothing more is read.
const OUT_BYTES_MAX: usize = 2048;

/// Holds reading up while answers wait to be written: whoever sends and does not read must not fill the memory with them.
pub(crate) struct Valve(Signal<NoopRawMutex, ()>);

impl Valve {
    pub(crate) const fn new() -> Self {
        Self(Signal::new())
    }

    /// Waits until there is room for answers.
    pub(crate) async fn room<B: Board>(&self, node: &Node<B>) {
        while node.look(Host::waiting) > OUT_BYTES_MAX {
            self.0.wait().await;
        }
    }

    /// Something was written.
    pub(crate) fn written(&self) {
        self.0.signal(());
    }
}

/// Carries bytes between the device and a connection that has just been opened, until one of them has enough.
///
/// Reading is never broken off in the middle: some readers cannot go on after that.
pub(crate) async fn carry<B: Board>(node: &Node<B>, mut from: impl Read, mut to: impl Write) {
    node.with(|host, now| host.opened(now));
    let valve = Valve::new();
    let reading = async {
        let mut buffer = [0; READ_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let bytes = buffer.get(..length).unwrap_or_default();
            node.with(|host, now| host.input(now, bytes));
            valve.room(node).await;
        }
    };
    let writing = async {
        while !node.look(Host::is_closing) {
            let bytes = node.take(Host::take_out);
            if bytes.is_empty() {
                node.changed().await;
            } else if to.write_all(&bytes).await.is_err() || to.flush().await.is_err() {
                break;
            } else {
                valve.written();
            }
        }
    };
    select(reading, writing).await;
    node.with(|host, now| host.closed(now));
}
