//! A broker without a broker: it answers CONNECT and SUBSCRIBE, then passes on the bytes of `pub-N` to all `sub-N-…`, and
//! those of each `sub-N-0` back. Acknowledgements travel from end to end, so all three QoS work.

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use mqtt_proto::Sender;
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::Packet;
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

struct Link {
    stream: TcpStream,
    decoder: Decoder,
    /// Whether what comes is passed on.
    is_open: bool,
    /// From here on, to whom.
    to: Vec<usize>,
    out: Vec<u8>,
    name: String,
}

pub(crate) fn run(port: u16) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let accept = Token(usize::MAX - 1);
    poll.registry()
        .register(&mut listener, accept, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut links: Vec<Option<Link>> = Vec::new();
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    let mut scratch = vec![0; 256 * 1024];
    loop {
        if let Err(error) = poll.poll(&mut events, None)
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            if event.token() == accept {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    let token = Token(links.len());
                    let both = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut stream, token, both)?;
                    links.push(Some(Link {
                        stream,
                        decoder: Decoder::new(Framing::new(Sender::Client)),
                        is_open: false,
                        to: Vec::new(),
                        out: Vec::new(),
                        name: String::new(),
                    }));
                }
                continue;
            }
            let at = event.token().0;
            if event.is_writable() {
                flush(&mut links[at]);
            }
            if event.is_readable() {
                read(at, &mut links, &mut groups, &mut scratch);
            }
        }
    }
}

fn read(
    at: usize,
    links: &mut [Option<Link>],
    groups: &mut HashMap<String, Vec<usize>>,
    scratch: &mut [u8],
) {
    loop {
        let Some(link) = &mut links[at] else { return };
        let read = match link.stream.read(scratch) {
            Ok(0) => {
                links[at] = None;
                return;
            }
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => {
                links[at] = None;
                return;
            }
        };
        if link.is_open {
            let to = std::mem::take(&mut link.to);
            for other in &to {
                let other = &mut links[*other];
                if let Some(open) = other {
                    open.out.extend_from_slice(&scratch[..read]);
                }
                flush(other);
            }
            if let Some(link) = &mut links[at] {
                link.to = to;
            }
        } else {
            greet(at, links, groups, &scratch[..read]);
        }
        if read < scratch.len() {
            return;
        }
    }
}

fn greet(
    at: usize,
    links: &mut [Option<Link>],
    groups: &mut HashMap<String, Vec<usize>>,
    bytes: &[u8],
) {
    let Some(link) = &mut links[at] else { return };
    link.decoder.push(bytes);
    while let Ok(Some(packet)) = link.decoder.decode() {
        match packet {
            Packet::Connect(connect) => {
                link.name = connect.client_id.as_str().to_owned();
                link.out.extend_from_slice(b"\x20\x02\x00\x00");
            }
            Packet::Subscribe(_) => {
                link.out.extend_from_slice(b"\x90\x03\x00\x01\x00");
                link.is_open = true;
            }
            _ => {}
        }
    }
    flush(&mut links[at]);
    let Some(link) = &mut links[at] else { return };
    let mut parts = link.name.split('-');
    let (kind, group) = (parts.next(), parts.next().unwrap_or_default().to_owned());
    match kind {
        Some("sub") if link.is_open => groups.entry(group).or_default().push(at),
        Some("pub") => {
            link.is_open = true;
            link.to = groups.remove(&group).unwrap_or_default();
            let first = link.to.first().copied();
            if let Some(first) = first.and_then(|first| links[first].as_mut()) {
                first.to = vec![at];
            }
        }
        _ => {}
    }
}

fn flush(link: &mut Option<Link>) {
    let Some(open) = link else { return };
    while !open.out.is_empty() {
        match open.stream.write(&open.out) {
            Ok(written) => {
                open.out.drain(..written);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => {
                *link = None;
                return;
            }
        }
    }
}
