//! The broker at the other end of the serial line, where [`board::serial`]'s frames carry MQTT beside the log.

use crate::board::Board;
use crate::host::Host;
use crate::node::Node;
use ::board::Broker;
use ::board::serial::Frame;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;

/// So many bytes of MQTT go into one frame.
const PIECE_BYTES: usize = 512;

/// Frames that came, from the one who reads the line to the one who carries bytes.
pub type Inbox = Channel<NoopRawMutex, Frame, 8>;

/// Carries the bytes of the device over the serial line whenever it wants to: a task of its own. Ends at once if the
/// broker is not there.
pub async fn attend<B: Board>(node: &Node<B>, inbox: &Inbox) {
    if !matches!(node.broker(), Broker::Serial) {
        return;
    }
    loop {
        node.dialled().await;
        node.board(|board| board.serial(Frame::Open.to_bytes()));
        // A page that was there before answers at once; one that comes later opens by itself.
        while inbox.receive().await != Frame::Open {}
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
