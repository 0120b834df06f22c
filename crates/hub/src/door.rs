//! Listening, with TLS or without.

use crate::Advice;
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
use tokio::sync::mpsc;
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

/// Who has connected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Whether the connection is encrypted.
    pub(crate) tls: bool,
}

/// A listener that gives connections that are ready to be read.
#[derive(Debug)]
pub(crate) enum Door {
    Plain(TcpListener),
    Tls {
        ready: mpsc::Receiver<(Box<TlsStream<TcpStream>>, SocketAddr)>,
        address: SocketAddr,
    },
}

/// A connection with TLS or without.
#[derive(Debug)]
pub(crate) enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Door {
    /// A door at a listener; `tls` makes it an encrypted one.
    pub(crate) fn new(listener: TcpListener, tls: Option<&TlsAcceptor>) -> io::Result<Self> {
        let Some(tls) = tls else {
            return Ok(Self::Plain(listener));
        };
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(READY_MAX);
        tokio::spawn(shake_hands(listener, tls.clone(), done));
        Ok(Self::Tls { ready, address })
    }
}

/// Each handshake is a task of its own: a client that takes its time keeps nobody waiting.
async fn shake_hands(
    listener: TcpListener,
    tls: TlsAcceptor,
    done: mpsc::Sender<(Box<TlsStream<TcpStream>>, SocketAddr)>,
) {
    loop {
        let (stream, address) = accept(&listener).await;
        let (tls, done) = (tls.clone(), done.clone());
        tokio::spawn(async move {
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
        match self {
            Self::Plain(listener) => {
                let (stream, address) = accept(listener).await;
                (
                    Io::Plain(stream),
                    Peer {
                        address,
                        tls: false,
                    },
                )
            }
            Self::Tls { ready, .. } => match ready.recv().await {
                Some((stream, address)) => (Io::Tls(stream), Peer { address, tls: true }),
                // The task that accepts never ends.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        match self {
            Self::Plain(listener) => Ok(Peer {
                address: listener.local_addr()?,
                tls: false,
            }),
            Self::Tls { address, .. } => Ok(Peer {
                address: *address,
                tls: true,
            }),
        }
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
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
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
