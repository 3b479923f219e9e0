//! The accept loop of every port: HTTP/1.1 and HTTP/2 on one socket, with each limit that the libraries leave open set here
//! (docs/adr/0004-transport-limits.md names the default of each and why it is changed).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

use crate::lifecycle::Lifecycle;

/// Connections that a port takes at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// Streams that one HTTP/2 connection may have open.
const STREAMS: u32 = 256;
/// Header bytes of a request.
const HEADER_BYTES: u32 = 16 * 1024;
/// How long a client may take to send the header of a request.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// What an HTTP/2 connection begins with.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// After this time a connection is asked to reconnect, so that balancers can move it.
const CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);

/// The peer's address, in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves connections until the process stops; open requests then get the lifecycle's grace.
pub fn serve<S, B>(name: &'static str, listener: TcpListener, service: S, lifecycle: &Lifecycle)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let owner = lifecycle.clone();
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let builder = Arc::new(builder());
    lifecycle.spawn(name, async move {
        loop {
            let permit = tokio::select! {
                () = owner.stopping().cancelled() => return,
                permit = connections.clone().acquire_owned() => permit,
            };
            let accepted = tokio::select! {
                () = owner.stopping().cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, or a client that left at once: the listener must live on.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            let connection = serve_connection(builder.clone(), stream, peer, service.clone(), owner.clone());
            owner.spawn("connection", async move {
                connection.await;
                drop(permit);
            });
        }
    });
}

async fn serve_connection<S, B>(builder: Arc<Builder<TokioExecutor>>, stream: TcpStream, peer: SocketAddr, service: S, owner: Lifecycle)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // Without it small answers wait 40 ms for an acknowledgement.
    let _ = stream.set_nodelay(true);
    // The library would wait without end for the bytes that tell the protocols apart; the bounds of each begin only after them.
    tokio::select! {
        () = owner.stopping().cancelled() => return,
        begun = tokio::time::timeout(HEADER_TIME, begins(&stream)) => if !matches!(begun, Ok(Ok(true))) {
            tracing::debug!(%peer, "connection ended before it began");
            return;
        },
    }
    let service = tower::util::MapRequest::new(service, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let mut told = false;
    loop {
        tokio::select! {
            outcome = connection.as_mut() => {
                if let Err(error) = outcome {
                    tracing::debug!(error, %peer, "connection ended");
                }
                return;
            }
            () = owner.stopping().cancelled(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(CONNECTION_AGE), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Waits until a connection has said which protocol it speaks; `false` where it ended instead.
async fn begins(stream: &TcpStream) -> std::io::Result<bool> {
    let mut bytes = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut bytes).await?;
        if count == 0 || count == bytes.len() || bytes[..count] != PREFACE[..count] {
            return Ok(count > 0);
        }
        // Part of the preface: what is there stays there, so only time tells whether more comes.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(256)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(2 * 1024 * 1024)
        .max_send_buf_size(256 * 1024);
    builder
}
