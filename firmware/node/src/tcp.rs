//! The broker at an address: the board dials.

use crate::board::Board;
use crate::link::carry;
use crate::node::Node;
use ::board::Broker;
use core::net::Ipv4Addr;
use embassy_net::dns::DnsQueryType;
use embassy_net::tcp::TcpSocket;
use embassy_net::{IpAddress, Stack};
use embassy_time::Duration;

/// After so long without a sign of the other end a connection is given up, and so is an attempt to open one.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A silent connection is asked so often whether its other end is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The buffers of one connection.
pub struct Buffers {
    receive: [u8; 2048],
    send: [u8; 2048],
}

impl Buffers {
    /// Empty ones.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            receive: [0; 2048],
            send: [0; 2048],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Dials whenever the device wants to: a task of its own. Ends at once if the broker is not at an address.
pub async fn dial<B: Board>(node: &Node<B>, stack: Stack<'_>, buffers: &mut Buffers) {
    let Broker::Tcp { host, port, .. } = node.broker() else {
        return;
    };
    loop {
        node.dialled().await;
        let Some(address) = find(stack, host).await else {
            node.log(format_args!(
                "tcp: no address is known for {host}: is the name right, and the network's DNS?"
            ));
            node.with(|host, now| host.closed(now));
            continue;
        };
        let mut socket = TcpSocket::new(stack, &mut buffers.receive, &mut buffers.send);
        socket.set_timeout(Some(TIMEOUT));
        // Without it only what is on its way can time out, and a connection with nothing to say would stand for ever.
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_nagle_enabled(false);
        match socket.connect((address, *port)).await {
            Ok(()) => {
                node.log(format_args!("tcp: connected to {host}:{port}"));
                let (from, to) = socket.split();
                carry(node, from, to).await;
                socket.close();
                let _ = socket.flush().await;
            }
            Err(error) => {
                node.log(format_args!(
                    "tcp: {host}:{port} does not answer ({error:?}): is a broker running there?"
                ));
                node.with(|host, now| host.closed(now));
            }
        }
    }
}

async fn find(stack: Stack<'_>, host: &str) -> Option<IpAddress> {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(address.into());
    }
    let found = stack.dns_query(host, DnsQueryType::A).await.ok()?;
    found.first().copied()
}
