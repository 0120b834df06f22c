//! One client: mqtt-proto's state machine on a socket that never blocks, and its bad days.

use crate::book::Book;
use anyhow::Result;
use bytes::{Bytes, BytesMut};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{Properties, SubscribeFilters, SubscriptionOptions};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, ClientState, Instant, Message, Qos, Tag, Text, TopicFilter,
    TopicName, Version,
};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

/// Messages that a client has open before it waits.
const OPEN_MAX: usize = 20;

pub(crate) struct Member {
    client: Client,
    stream: Option<TcpStream>,
    out: BytesMut,
    token: Token,
    /// Reads nothing before this time, in us.
    pub(crate) slow_until: u64,
    /// Stays away until this time, in us.
    pub(crate) away_until: u64,
    pub(crate) is_subscribed: bool,
}

impl Member {
    pub(crate) fn new(number: usize) -> Result<Self> {
        let version = match number % 2 {
            0 => Version::V5,
            _ => Version::V311,
        };
        let name = Text::try_from(format!("soak-{number}").as_str())?;
        let mut config = ClientConfig::new(version, name).persistent();
        config.keep_alive_secs = 30;
        Ok(Self {
            client: Client::new(config),
            stream: None,
            out: BytesMut::new(),
            token: Token(number),
            slow_until: 0,
            away_until: 0,
            is_subscribed: false,
        })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether all that it has published is acknowledged.
    pub(crate) fn is_idle(&self) -> bool {
        self.client.session().is_idle()
    }

    pub(crate) fn connect(
        &mut self,
        now: Instant,
        address: SocketAddr,
        registry: &Registry,
        book: &mut Book,
    ) -> Result<()> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, self.token, both)?;
        self.stream = Some(stream);
        self.out.clear();
        self.drive(now, book, |client, now, events| {
            let _ = client.handle_open(now, events);
        })
    }

    /// Cuts the connection, without a word.
    pub(crate) fn cut(&mut self, now: Instant, book: &mut Book) -> Result<()> {
        self.stream = None;
        self.out.clear();
        self.drive(now, book, |client, now, events| {
            client.handle_close(now, events);
        })
    }

    pub(crate) fn publish(
        &mut self,
        now: Instant,
        to: usize,
        qos: Qos,
        book: &mut Book,
    ) -> Result<()> {
        if self.client.state() != ClientState::Connected
            || self.client.in_flight().count() >= OPEN_MAX
        {
            return Ok(());
        }
        let number = book.publish(qos);
        let topic = TopicName::try_from(format!("soak/{to}/in").as_str())?;
        let payload = Bytes::copy_from_slice(&number.to_be_bytes());
        let message = Message::new(topic, payload, qos);
        self.drive(now, book, |client, now, events| {
            // Taken or not: only what is acknowledged counts.
            let _ = client.publish(now, message, Tag(number), events);
        })
    }

    pub(crate) fn timeout(&mut self, now: Instant, book: &mut Book) -> Result<()> {
        if self.client.poll_timeout().is_some_and(|at| at <= now) {
            self.drive(now, book, |client, now, events| {
                client.handle_timeout(now, events);
            })?;
        }
        Ok(())
    }

    /// Reads what has come, unless this is one of its slow times.
    pub(crate) fn read(&mut self, now: Instant, scratch: &mut [u8], book: &mut Book) -> Result<()> {
        if self.slow_until > now.as_micros() {
            return Ok(());
        }
        while let Some(stream) = &mut self.stream {
            match stream.read(scratch) {
                Ok(0) => return self.cut(now, book),
                Ok(read) => {
                    let bytes = &scratch[..read];
                    self.drive(now, book, |client, now, events| {
                        client.handle_input(now, bytes, events);
                    })?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return self.cut(now, book),
            }
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self, now: Instant, book: &mut Book) -> Result<()> {
        while let Some(stream) = &mut self.stream
            && !self.out.is_empty()
        {
            match stream.write(&self.out) {
                Ok(written) => {
                    let _ = self.out.split_to(written);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return self.cut(now, book),
            }
        }
        Ok(())
    }

    /// Calls the state machine and carries out what it wants.
    fn drive(
        &mut self,
        now: Instant,
        book: &mut Book,
        call: impl FnOnce(&mut Client, Instant, &mut Vec<ClientEvent>),
    ) -> Result<()> {
        let mut events = Vec::new();
        call(&mut self.client, now, &mut events);
        let mut must_close = false;
        for event in events {
            match event {
                ClientEvent::Send(packet) => {
                    encode(&packet, self.client.config().version, &mut self.out)?;
                }
                ClientEvent::Connected { .. } => {
                    let filter = format!("soak/{}/#", self.token.0);
                    let options = SubscriptionOptions {
                        qos: Qos::ExactlyOnce,
                        ..SubscriptionOptions::default()
                    };
                    if !self.is_subscribed {
                        let filters =
                            SubscribeFilters::one(TopicFilter::try_from(filter.as_str())?, options);
                        let mut more = Vec::new();
                        let none = Properties::EMPTY;
                        let _ = self.client.subscribe(now, filters, none, &mut more);
                        for event in more {
                            if let ClientEvent::Send(packet) = event {
                                encode(&packet, self.client.config().version, &mut self.out)?;
                            }
                        }
                    }
                }
                ClientEvent::Subscribed(_) => self.is_subscribed = true,
                ClientEvent::Message(publish) => {
                    if let Ok(number) = publish.payload.as_ref().try_into() {
                        book.arrive(u32::from_be_bytes(number));
                    }
                }
                ClientEvent::Acknowledged { tag, reason, .. } if !reason.is_failure() => {
                    book.acknowledge(tag.0);
                }
                ClientEvent::Close(_) => must_close = true,
                _ => {}
            }
        }
        self.flush(now, book)?;
        if must_close && self.stream.is_some() {
            self.cut(now, book)?;
        }
        Ok(())
    }
}
