//! The broker at the other end of the serial line, where [`board::serial`]'s frames carry MQTT beside the log.

use crate::board::Board;
use crate::host::Host;
use crate::node::Node;
use ::board::Broker;
use ::board::serial::Frame;
use alloc::vec::Vec;
use core::cell::Cell;
use core::future::pending;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;

/// So many bytes of MQTT go into one frame.
const PIECE_BYTES: usize = 512;

/// Frames that came, from the one who reads the line to the one who carries bytes.
pub type Inbox = Channel<NoopRawMutex, Frame, 8>;

/// What is to go over the line, from the one who carries bytes to the one who writes the line: frames, whole.
pub type Outbox = Channel<NoopRawMutex, Vec<u8>, 2>;

/// The two ends of a serial line.
pub struct Line {
    /// Frames that came.
    pub inbox: Inbox,
    /// Frames that go, and packets of Improv.
    pub outbox: Outbox,
    /// Whether somebody was told what became of the network that the settings name.
    pub(crate) has_announced: Cell<bool>,
}

impl Line {
    /// A line on which nothing is under way.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inbox: Channel::new(),
            outbox: Channel::new(),
            has_announced: Cell::new(false),
        }
    }

    /// Takes a frame that came: whoever carries bytes gets it, and who asks what the board is gets an answer.
    pub async fn hear<B: Board>(&self, node: &Node<B>, frame: Frame) {
        if frame != Frame::Ask {
            return self.inbox.send(frame).await;
        }
        let text = node.device_text();
        for piece in Frame::pieces(&text) {
            self.send(&piece).await;
        }
    }

    async fn send(&self, frame: &Frame) {
        self.outbox.send(frame.to_bytes()).await;
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

/// Carries the bytes of the device over the serial line whenever it wants to: a task of its own.
///
/// A line that nobody reads holds it up, and so do answers that nobody takes: what comes waits in the inbox.
pub async fn attend<B: Board>(node: &Node<B>, line: &Line) {
    loop {
        let is_here = matches!(node.broker(), Broker::Serial);
        let mut page_is_there = false;
        loop {
            match select(dialled(node, is_here), line.inbox.receive()).await {
                Either::First(()) => break,
                Either::Second(Frame::Open) if is_here => {
                    page_is_there = true;
                    // To the device, a page that comes is its network that comes back.
                    node.network(true);
                }
                Either::Second(Frame::Close) => page_is_there = false,
                Either::Second(_) => {}
            }
        }
        if !page_is_there {
            line.send(&Frame::Open).await;
            while line.inbox.receive().await != Frame::Open {}
        }
        node.log(format_args!("serial: a page is the broker now"));
        node.with(|host, now| host.opened(now));
        // The page may have offered itself at the moment at which it was asked: it then says so twice, and means it once.
        let mut has_answered = false;
        loop {
            let bytes = node.take(Host::take_out);
            for piece in bytes.chunks(PIECE_BYTES) {
                line.send(&Frame::Data(piece.to_vec())).await;
            }
            if node.look(Host::is_closing) {
                break;
            }
            match select(line.inbox.receive(), node.changed()).await {
                Either::First(Frame::Data(bytes)) => {
                    has_answered = true;
                    node.with(|host, now| host.input(now, &bytes));
                }
                Either::First(Frame::Open) if !has_answered => {}
                Either::First(Frame::Open | Frame::Close) => break,
                Either::First(Frame::Ask | Frame::Device { .. }) | Either::Second(()) => {}
            }
        }
        line.send(&Frame::Close).await;
        node.with(|host, now| host.closed(now));
    }
}

/// Waits until the device dials a broker on this line.
async fn dialled<B: Board>(node: &Node<B>, is_here: bool) {
    if !is_here {
        pending::<()>().await;
    }
    node.dialled().await;
}
