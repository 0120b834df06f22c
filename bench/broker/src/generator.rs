//! The traffic: publishers and subscribers on sockets that never block, in one thread.
//!
//! Bytes are made and read by mqtt-proto's codec. Messages go out in batches as large as the window allows, and one read
//! takes whatever has come, so that the generator costs less than any broker; the null relay shows by how much.

use anyhow::{Context, Result, bail, ensure};
use bytes::{Bytes, BytesMut};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use mqtt_proto::codec::{Decoder, Framing, encode};
use mqtt_proto::packet::{
    Ack, Connect, Packet, Properties, Publish, Subscribe, SubscribeFilters, SubscriptionOptions,
};
use mqtt_proto::{Delivery, PacketId, Qos, Sender, Text, TopicFilter, TopicName, Version};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a broker may take for what it owes.
const PATIENCE: Duration = Duration::from_secs(5);
/// With nothing coming for so long, what is missing at QoS 0 was dropped.
const SILENCE: Duration = Duration::from_millis(500);
/// Messages at QoS 1 and 2 that a publisher has open.
const OPEN_MAX: u64 = 100;
/// Bytes that may wait for a socket.
const OUT_MAX: usize = 64 * 1024;

/// One client.
pub(crate) struct Link {
    stream: TcpStream,
    decoder: Decoder,
    out: BytesMut,
    group: usize,
    /// A publisher's: messages not acknowledged.
    open: u64,
    next_id: PacketId,
    is_ready: bool,
}

/// A publisher with those who receive from it.
pub(crate) struct Group {
    publisher: usize,
    subscribers: u64,
    message: Publish,
    /// At QoS 0, many copies of the message, encoded.
    copies: Bytes,
    copy_len: usize,
    sent: u64,
    delivered: u64,
    heard: Instant,
}

/// All clients of a case.
pub(crate) struct Generator {
    poll: Poll,
    events: Events,
    links: Vec<Link>,
    groups: Vec<Group>,
    scratch: Vec<u8>,
    window: u64,
    pub(crate) lost: u64,
    /// When each message of [`Generator::paced`] was sent, by its number.
    sent_at: Vec<Instant>,
    latencies: Vec<Duration>,
}

impl Generator {
    /// Clients without a connection yet. At most `window` messages of a group are under way.
    pub(crate) fn new(window: u64) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            links: Vec::new(),
            groups: Vec::new(),
            scratch: vec![0; 256 * 1024],
            window,
            lost: 0,
            sent_at: Vec::new(),
            latencies: Vec::new(),
        })
    }

    /// Connects a client and waits for CONNACK, and for SUBACK if it subscribes.
    pub(crate) fn connect(
        &mut self,
        address: SocketAddr,
        name: &str,
        filter: Option<(&str, Qos)>,
    ) -> Result<usize> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut out = BytesMut::new();
        let connect = Connect {
            version: Version::V311,
            clean_start: true,
            keep_alive_secs: 600,
            client_id: Text::try_from(name)?,
            will: None,
            user_name: None,
            password: None,
            properties: Properties::EMPTY,
        };
        encode(&Packet::Connect(Box::new(connect)), Version::V311, &mut out)?;
        stream.write_all(&out)?;
        let mut decoder = Decoder::new(Framing {
            version: Some(Version::V311),
            ..Framing::new(Sender::Server)
        });
        match await_packet(&mut stream, &mut decoder)? {
            Packet::ConnAck(ack) if !ack.reason.is_failure() => {}
            other => bail!("CONNECT was answered by {other}"),
        }
        if let Some((filter, qos)) = filter {
            let options = SubscriptionOptions {
                qos,
                ..SubscriptionOptions::default()
            };
            let subscribe = Subscribe {
                id: PacketId::FIRST,
                filters: SubscribeFilters::one(TopicFilter::try_from(filter)?, options),
                properties: Properties::EMPTY,
            };
            out.clear();
            encode(&Packet::Subscribe(subscribe), Version::V311, &mut out)?;
            stream.write_all(&out)?;
            match await_packet(&mut stream, &mut decoder)? {
                Packet::SubAck(_) => {}
                other => bail!("SUBSCRIBE was answered by {other}"),
            }
        }
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let token = Token(self.links.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, token, interest)?;
        self.links.push(Link {
            stream,
            decoder,
            out: BytesMut::new(),
            group: usize::MAX,
            open: 0,
            next_id: PacketId::FIRST,
            is_ready: true,
        });
        Ok(token.0)
    }

    /// Closes all clients, with DISCONNECT.
    pub(crate) fn disconnect_all(&mut self) {
        for link in &mut self.links {
            let _ = link.stream.write(b"\xe0\x00");
        }
        self.links.clear();
        self.groups.clear();
    }

    /// A publisher and `subscribers` others, at `qos`, with payloads of `payload` bytes.
    pub(crate) fn add_group(
        &mut self,
        address: SocketAddr,
        subscribers: usize,
        qos: Qos,
        payload: usize,
    ) -> Result<()> {
        let number = self.groups.len();
        let topic = format!("bench/{number}/value");
        for index in 0..subscribers {
            let name = format!("sub-{number}-{index}");
            let link = self.connect(address, &name, Some((&topic, qos)))?;
            self.links[link].group = number;
        }
        let publisher = self.connect(address, &format!("pub-{number}"), None)?;
        self.links[publisher].group = number;
        let id = PacketId::FIRST;
        let message = Publish {
            delivery: match qos {
                Qos::AtMostOnce => Delivery::AtMostOnce,
                Qos::AtLeastOnce => Delivery::AtLeastOnce { id, dup: false },
                Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup: false },
            },
            retain: false,
            topic: Some(TopicName::try_from(topic.as_str())?),
            payload: vec![b'x'; payload].into(),
            properties: Properties::EMPTY,
        };
        let mut one = BytesMut::new();
        encode(&Packet::Publish(message.clone()), Version::V311, &mut one)?;
        let copy_len = one.len();
        self.groups.push(Group {
            publisher,
            subscribers: subscribers as u64,
            message,
            copies: one.repeat(OUT_MAX / copy_len).into(),
            copy_len,
            sent: 0,
            delivered: 0,
            heard: Instant::now(),
        });
        Ok(())
    }

    /// Publishes as fast as the windows allow until `end`; how many messages have been delivered.
    pub(crate) fn flood(&mut self, end: Instant) -> Result<u64> {
        let before: u64 = self.groups.iter().map(|group| group.delivered).sum();
        let lost = self.lost;
        let mut beat = Instant::now();
        loop {
            for group in 0..self.groups.len() {
                self.pump(group)?;
            }
            self.turn(Some(Duration::from_millis(50)))?;
            let now = Instant::now();
            if now >= end {
                break;
            }
            if now - beat > SILENCE {
                beat = now;
                self.give_up_lost(now);
            }
        }
        let after: u64 = self.groups.iter().map(|group| group.delivered).sum();
        Ok(after - before - (self.lost - lost))
    }

    /// Counts as lost what does not come any more.
    fn give_up_lost(&mut self, now: Instant) {
        for group in &mut self.groups {
            let due = group.sent * group.subscribers;
            let may_be_lost = group.message.delivery == Delivery::AtMostOnce;
            if may_be_lost && due > group.delivered && now - group.heard > SILENCE {
                self.lost += due - group.delivered;
                group.delivered = due;
                group.heard = now;
            }
        }
    }

    /// Publishes one message at QoS 0 each `interval` and takes the time until it has come.
    pub(crate) fn paced(&mut self, interval: Duration, count: usize) -> Result<Vec<Duration>> {
        let start = Instant::now();
        for number in 0..count {
            let due = start + interval * number as u32;
            // Without sleeping: to be woken late would count against the broker.
            while Instant::now() < due {
                self.turn(Some(Duration::ZERO))?;
            }
            let group = &mut self.groups[0];
            let payload = (number as u64).to_be_bytes();
            group.message.payload = Bytes::copy_from_slice(&payload);
            let packet = Packet::Publish(group.message.clone());
            let link = &mut self.links[group.publisher];
            encode(&packet, Version::V311, &mut link.out)?;
            self.sent_at.push(Instant::now());
            flush(link)?;
        }
        let end = Instant::now() + PATIENCE;
        while self.latencies.len() < count {
            self.turn(Some(Duration::ZERO))?;
            ensure!(Instant::now() < end, "messages are missing");
        }
        Ok(std::mem::take(&mut self.latencies))
    }

    /// Writes as much for a group as its windows allow.
    fn pump(&mut self, number: usize) -> Result<()> {
        let group = &mut self.groups[number];
        let link = &mut self.links[group.publisher];
        if !link.is_ready || link.out.len() >= OUT_MAX / 2 {
            return Ok(());
        }
        let under_way = group.sent - group.delivered / group.subscribers;
        let mut room = self.window.saturating_sub(under_way);
        // Few and large writes: answered one by one, messages would soon travel one by one.
        match group.message.delivery.qos() {
            Qos::AtMostOnce => {
                if room < self.window / 4 {
                    return Ok(());
                }
                room = room.min((group.copies.len() / group.copy_len) as u64);
                let len = room as usize * group.copy_len;
                link.out.extend_from_slice(&group.copies[..len]);
            }
            qos => {
                let open_max = OPEN_MAX.min(self.window);
                room = room.min(open_max.saturating_sub(link.open));
                if room < open_max / 2 {
                    return Ok(());
                }
                for _ in 0..room {
                    let id = link.next_id;
                    link.next_id = id.next();
                    group.message.delivery = match qos {
                        Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup: false },
                        _ => Delivery::AtLeastOnce { id, dup: false },
                    };
                    let packet = Packet::Publish(group.message.clone());
                    encode(&packet, Version::V311, &mut link.out)?;
                }
                link.open += room;
            }
        }
        group.sent += room;
        flush(link)
    }

    /// Waits for sockets and takes what has come.
    fn turn(&mut self, wait: Option<Duration>) -> Result<()> {
        match self.poll.poll(&mut self.events, wait) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &self.events {
            let link = &mut self.links[event.token().0];
            if event.is_writable() {
                link.is_ready = true;
                flush(link)?;
            }
            if event.is_readable() {
                loop {
                    match link.stream.read(&mut self.scratch) {
                        Ok(0) => bail!("the broker has closed a connection"),
                        Ok(read) => {
                            link.decoder.push(&self.scratch[..read]);
                            while let Some(packet) = link.decoder.decode()? {
                                if let Some(group) = self.groups.get_mut(link.group) {
                                    take(
                                        packet,
                                        group,
                                        &mut link.open,
                                        &mut link.out,
                                        &self.sent_at,
                                        &mut self.latencies,
                                    )?;
                                }
                            }
                            if read < self.scratch.len() {
                                break;
                            }
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        Err(error) => return Err(error.into()),
                    }
                }
                flush(link)?;
                // A broker that gathers small writes (Nagle) would wait for us to say that the last one has come.
                socket2::SockRef::from(&link.stream).set_tcp_quickack(true)?;
            }
        }
        Ok(())
    }
}

/// What one packet from the broker means, and the answer to it.
fn take(
    packet: Packet,
    group: &mut Group,
    open: &mut u64,
    out: &mut BytesMut,
    sent_at: &[Instant],
    latencies: &mut Vec<Duration>,
) -> Result<()> {
    let answer = match packet {
        Packet::Publish(publish) => {
            group.delivered += 1;
            if sent_at.is_empty() {
                if group.delivered.is_multiple_of(64) {
                    group.heard = Instant::now();
                }
            } else if let Ok(number) = publish.payload.as_ref().try_into() {
                let number = u64::from_be_bytes(number) as usize;
                latencies.push(sent_at.get(number).context("a number")?.elapsed());
            }
            match publish.delivery {
                Delivery::AtMostOnce => return Ok(()),
                Delivery::AtLeastOnce { id, .. } => Packet::PubAck(Ack::success(id)),
                Delivery::ExactlyOnce { id, .. } => Packet::PubRec(Ack::success(id)),
            }
        }
        Packet::PubAck(_) | Packet::PubComp(_) => {
            *open = open.saturating_sub(1);
            return Ok(());
        }
        Packet::PubRec(ack) => Packet::PubRel(Ack::success(ack.id)),
        Packet::PubRel(ack) => Packet::PubComp(Ack::success(ack.id)),
        _ => return Ok(()),
    };
    Ok(encode(&answer, Version::V311, out)?)
}

fn flush(link: &mut Link) -> Result<()> {
    while !link.out.is_empty() && link.is_ready {
        match link.stream.write(&link.out) {
            Ok(written) => {
                let _ = link.out.split_to(written);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => link.is_ready = false,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn await_packet(stream: &mut std::net::TcpStream, decoder: &mut Decoder) -> Result<Packet> {
    let mut scratch = [0; 512];
    loop {
        if let Some(packet) = decoder.decode()? {
            return Ok(packet);
        }
        let read = stream.read(&mut scratch).context("no answer")?;
        ensure!(read > 0, "the broker has closed the connection");
        decoder.push(&scratch[..read]);
    }
}
