//! The broker at the other end of the serial line, where [`board::serial`]'s frames carry MQTT beside the log.

use crate::board::Board;
use crate::host::Host;
use crate::node::Node;
use ::board::Broker;
use ::board::serial::Frame;
use core::future::pending;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;

/// So many bytes of MQTT go into one frame.
const PIECE_BYTES: usize = 512;

/// Frames that came, from the one who reads the line to the one who carries bytes.
pub type Inbox = Channel<NoopRawMutex, Frame, 8>;

/// Carries the bytes of the device over the serial line whenever it wants to: a task of its own. It
/// takes every frame that comes, so that whoever reads the line never waits long.
pub async fn attend<B: Board>(node: &Node<B>, inbox: &Inbox) {
    loop {
        let is_here = matches!(node.broker(), Broker::Serial);
        let mut page_is_there = false;
        loop {
            match select(dialled(node, is_here), inbox.receive()).await {
                Either::First(()) => break,
                Either::Second(Frame::Open) if is_here => {
                    page_is_there = true;
                    // To the device, a page that comes is its network that comes back.
                    node.network(true);
                }
                Either::Second(Frame::Close) => page_is_there = false,
                Either::Second(Frame::Open | Frame::Data(_)) => {}
            }
        }
        if !page_is_there {
            node.board(|board| board.serial(Frame::Open.to_bytes()));
            while inbox.receive().await != Frame::Open {}
        }
        node.log(format_args!("serial: a page is the broker now"));
        node.with(|host, now| host.opened(now));
        loop {
            let bytes = node.take(Host::take_out);
            for piece in bytes.chunks(PIECE_BYTES) {
                let frame = Frame::Data(piece.to_vec());
                node.board(|board| board.serial(frame.to_bytes()));
            }
            if node.look(Host::is_closing) {
                break;
            }
            match select(inbox.receive(), node.changed()).await {
                Either::First(Frame::Data(bytes)) => node.with(|host, now| host.input(now, &bytes)),
                Either::First(Frame::Open | Frame::Close) => break,
                Either::Second(()) => {}
            }
        }
        node.board(|board| board.serial(Frame::Close.to_bytes()));
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
