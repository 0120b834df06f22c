//! Listening, with TLS or without.

use crate::Advice;
use crate::count::{Place, Places};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// How long to wait after an accept that failed, for example because files ran out.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// How long a client may take for TLS's handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// The most handshakes that are done and wait to be served.
const READY_MAX: usize = 64;
/// The most handshakes at a time; who comes then waits to be accepted.
const HANDSHAKES_MAX: usize = 256;

/// Who has connected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Whether the connection is encrypted.
    pub(crate) tls: bool,
}

/// A listener that gives connections that are ready to be read.
#[derive(Debug)]
pub(crate) struct Door {
    kind: Kind,
    address: SocketAddr,
    /// Of those that are connected.
    places: Places,
}

#[derive(Debug)]
enum Kind {
    Plain(TcpListener),
    Tls(mpsc::Receiver<(Box<TlsStream<TcpStream>>, SocketAddr)>),
}

/// A connection with TLS or without.
#[derive(Debug)]
pub(crate) struct Io {
    stream: Stream,
    place: Place,
}

/// What carries its bytes.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Io {
    /// What carries the bytes, and what counts the connection for as long as it is kept.
    pub(crate) fn into_parts(self) -> (Stream, Place) {
        (self.stream, self.place)
    }
}

impl Door {
    /// A door at a listener, for so many connections at a time; `tls` makes it an encrypted one.
    pub(crate) fn new(
        listener: TcpListener,
        tls: Option<&TlsAcceptor>,
        connections_max: usize,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let kind = match tls {
            None => Kind::Plain(listener),
            Some(tls) => {
                let (done, ready) = mpsc::channel(READY_MAX);
                tokio::spawn(shake_hands(listener, tls.clone(), done));
                Kind::Tls(ready)
            }
        };
        Ok(Self {
            kind,
            address,
            places: Places::new(connections_max),
        })
    }
}

/// Each handshake is a task of its own: a client that takes its time keeps nobody waiting.
async fn shake_hands(
    listener: TcpListener,
    tls: TlsAcceptor,
    done: mpsc::Sender<(Box<TlsStream<TcpStream>>, SocketAddr)>,
) {
    let turns = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let turn = Arc::clone(&turns).acquire_owned().await;
        let (stream, address) = accept(&listener).await;
        let (tls, done) = (tls.clone(), done.clone());
        tokio::spawn(async move {
            let _turn = turn;
            match timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    // Nobody listens at the end of the hub.
                    let _ = done.send((Box::new(stream), address)).await;
                }
                Ok(Err(error)) => tracing::info!("{address}: no TLS: {error}"),
                Err(_) => tracing::info!("{address}: no TLS: the client took too long"),
            }
        });
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // What is written was gathered before: small packets are not to wait for more.
                let _ = stream.set_nodelay(true);
                return (stream, address);
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

impl Listener for Door {
    type Io = Io;
    type Addr = Peer;

    async fn accept(&mut self) -> (Io, Peer) {
        loop {
            let (stream, address, tls) = match &mut self.kind {
                Kind::Plain(listener) => {
                    let (stream, address) = accept(listener).await;
                    (Stream::Plain(stream), address, false)
                }
                Kind::Tls(ready) => match ready.recv().await {
                    Some((stream, address)) => (Stream::Tls(stream), address, true),
                    // The task that accepts never ends.
                    None => std::future::pending().await,
                },
            };
            match self.places.take() {
                Some(place) => return (Io { stream, place }, Peer { address, tls }),
                None => tracing::warn!("{address}: refused: there are too many connections"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer {
            address: self.address,
            tls: matches!(self.kind, Kind::Tls(_)),
        })
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        *stream.remote_addr()
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// What is needed to speak TLS: a chain of certificates and its key, as PEM files.
pub(crate) fn tls(certificates: &Path, key: &Path) -> Result<TlsAcceptor, Advice> {
    let fault = |flag: &str, path: &Path, what: String| {
        format!(
            "cannot use {}: {what}; give {flag} a PEM file",
            path.display()
        )
    };
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault("--tls-cert", certificates, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(
            "--tls-cert",
            certificates,
            "there is no certificate in it".into(),
        ));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| fault("--tls-key", key, error.to_string()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| fault("--tls-key", key, error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn who_comes_when_it_is_full_is_sent_away_and_later_let_in() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut door = Door::new(listener, None, 1).unwrap();
        let address = door.local_addr().unwrap().address;
        let dial = || TcpStream::connect(address);
        let _first = dial().await.unwrap();
        let (first, _) = door.accept().await;
        let mut second = dial().await.unwrap();
        tokio::select! {
            _ = door.accept() => unreachable!("it is full"),
            end = second.read_u8() => assert!(end.is_err()),
        }
        drop(first);
        let third = dial().await.unwrap();
        let (_io, peer) = door.accept().await;
        assert_eq!(peer.address, third.local_addr().unwrap());
    }
}
