//! A client's connection and its broker, wherever that is.

use crate::native::{self, Native};
use crate::pages::{Device, DevicePlace, Relay};
use bytes::{Bytes, BytesMut};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncRead;
use tokio::sync::Notify;

/// What one read takes at most.
pub(crate) const READ_BYTES: usize = 64 * 1024;

/// What a read has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The client has closed its side.
    End,
    /// All there was.
    All,
    /// As much as one read takes; there may be more.
    Full,
}

/// What a connection's task is to do with its socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Write these, then ask again.
    Bytes(BytesMut),
    /// Nothing to write at the moment.
    Idle,
    /// Everything is written and the connection is to be closed.
    Close,
}

/// How a connection's task is told of something.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// There is something to write.
    pub(crate) wake: Notify,
    /// The broker wants the connection closed.
    pub(crate) closing: Notify,
}

/// Where clients' connections go.
#[derive(Clone, Debug)]
pub(crate) enum Broker {
    /// Into this process.
    Native(Arc<Native>),
    /// Into a page.
    Page(Arc<Relay>),
}

impl Broker {
    /// Takes a new connection in, or says why not.
    pub(crate) fn open(&self, device: Device) -> Result<Place, &'static str> {
        match self {
            Self::Native(native) => native.open(device).map(Place::Native),
            Self::Page(relay) => relay.open(device).map(Place::Page),
        }
    }
}

/// A place in the broker, held by the task that serves the connection.
#[derive(Debug)]
pub(crate) enum Place {
    Native(native::Place),
    Page(DevicePlace),
}

impl Place {
    /// Gives bytes from the client to the broker; returns when it may take more.
    pub(crate) async fn input(&self, bytes: Bytes) {
        match self {
            Self::Native(place) => {
                place.input(&bytes);
                poll_fn(|cx| place.poll_taken(cx)).await;
            }
            Self::Page(place) => {
                place.input(bytes);
                poll_fn(|cx| place.poll_taken(cx)).await;
            }
        }
    }

    /// Reads once, as soon as there is something, and gives the bytes to the broker.
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        reader: Pin<&mut impl AsyncRead>,
    ) -> Poll<std::io::Result<Read>> {
        match self {
            Self::Native(place) => place.poll_read(cx, reader),
            Self::Page(place) => place.poll_read(cx, reader),
        }
    }

    /// Writes in the log how the connection has ended.
    pub(crate) fn log_end(&self, result: &std::io::Result<()>) {
        match self {
            Self::Native(place) => place.log_end(result),
            Self::Page(place) => place.log_end(result),
        }
    }

    fn signals(&self) -> &Signals {
        match self {
            Self::Native(place) => place.signals(),
            Self::Page(place) => place.signals(),
        }
    }

    /// Waits until there may be something to write.
    pub(crate) async fn woken(&self) {
        self.signals().wake.notified().await;
    }

    /// Waits until the broker wants the connection closed. Returns once only.
    pub(crate) async fn closing(&self) {
        self.signals().closing.notified().await;
    }

    /// What to write now. `done` is what the last call gave, now written.
    pub(crate) fn to_write(&self, done: Option<BytesMut>) -> Written {
        match self {
            Self::Native(place) => place.to_write(done),
            Self::Page(place) => place.to_write(done.is_some()),
        }
    }

    /// Whether the broker wants the connection closed.
    pub(crate) fn is_closing(&self) -> bool {
        match self {
            Self::Native(place) => place.is_closing(),
            Self::Page(place) => place.is_closing(),
        }
    }
}
