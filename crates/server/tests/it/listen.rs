//! The accept loop on real sockets: both protocols on one port, rubbish of every kind, and the listener alive after it.

use std::net::SocketAddr;

use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_server::{Lifecycle, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tower::ServiceExt;

use crate::things::{Things, please};

/// The misbehaving service on a port.
pub struct Server {
    pub address: SocketAddr,
    pub lifecycle: Lifecycle,
    pub things: Things,
}

impl Server {
    pub async fn start() -> Self {
        let lifecycle = Lifecycle::new();
        let things = Things {
            lifecycle: lifecycle.clone(),
            ..Things::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = things.service();
        let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let listen::Peer(peer) = *request.extensions().get().expect("the peer's address");
            assert!(peer.ip().is_loopback());
            inner.clone().oneshot(request.map(Body::new))
        });
        listen::serve("test port", listener, service, &lifecycle);
        Self {
            address,
            lifecycle,
            things,
        }
    }

    pub async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Whether a new client is answered.
    pub async fn assert_alive(&self) {
        KeyServiceClient::new(self.channel().await)
            .get_key_set(please(""))
            .await
            .expect("a new client is answered");
        assert!(!self.lifecycle.stopping().is_cancelled(), "the process was about to stop");
    }

    /// Sends bytes and answers all that comes back until the connection ends.
    pub async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The other side may hang up in the middle.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

const REQUEST: &str = "POST /tasktracker.auth.v1.KeyService/GetKeySet HTTP/1.1\r\nhost: a\r\n";

#[tokio::test]
async fn both_protocols_are_answered_on_one_port() {
    let server = Server::start().await;
    let answer = server
        .send(format!("{REQUEST}content-length: 5\r\nconnection: close\r\n\r\n\0\0\0\0\0").as_bytes())
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    server.assert_alive().await;
}

/// H15, RUSTSEC-2024-0376: nothing that arrives ends the accept loop.
#[tokio::test]
async fn random_bytes_do_not_kill_the_listener() {
    let server = Server::start().await;
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..300 {
        let mut bytes: Vec<u8> = (0..random() % 2_000).map(|_| u8::try_from(random() % 256).unwrap()).collect();
        let beginning: &[u8] = match round % 4 {
            0 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            1 => b"POST / HTTP/1.1\r\n",
            2 => &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01],
            _ => b"",
        };
        bytes.splice(..0, beginning.iter().copied());
        server.send(&bytes).await;
    }
    server.assert_alive().await;
}

#[tokio::test]
async fn connections_that_break_off_do_not_kill_the_listener() {
    let server = Server::start().await;
    for _ in 0..200 {
        let stream = server.connect().await;
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    server.assert_alive().await;
}

/// H9: a request that two servers could read differently is refused.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let server = Server::start().await;
    for rest in [
        "content-length: 5\r\ncontent-length: 6\r\n\r\n\0\0\0\0\0\0",
        "content-length: +5\r\n\r\n\0\0\0\0\0",
        "content-length: 5, 6\r\n\r\n\0\0\0\0\0",
        "transfer-encoding: gzip\r\n\r\n",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "x: a\r\n folded\r\ncontent-length: 0\r\n\r\n",
        "x : a\r\ncontent-length: 0\r\n\r\n",
        "x: a\0b\r\ncontent-length: 0\r\n\r\n",
        "x: a\rb\r\ncontent-length: 0\r\n\r\n",
    ] {
        let answer = server.send(format!("{REQUEST}{rest}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{rest:?}: {answer}");
    }
    // Both at once: the length counts for nothing, and nothing can follow on the connection.
    let both =
        format!("{REQUEST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n");
    let answer = server.send(both.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    server.assert_alive().await;
}

/// H8, A18.
#[tokio::test]
async fn headers_without_bound_are_refused() {
    let server = Server::start().await;
    let long = "x".repeat(100 * 1024);
    let answer = server.send(format!("{REQUEST}x: {long}\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = "x: y\r\n".repeat(500);
    let answer = server.send(format!("{REQUEST}{many}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");

    let mut request = Request::new(Default::default());
    request.metadata_mut().insert("x-long", "x".repeat(17 * 1024).parse().unwrap());
    let status = KeyServiceClient::new(server.channel().await)
        .get_key_set(request)
        .await
        .unwrap_err();
    assert_ne!(status.code(), Code::Ok);
    server.assert_alive().await;
}

#[tokio::test]
async fn a_panic_costs_one_call_on_either_protocol() {
    let server = Server::start().await;
    let channel = server.channel().await;
    let mut stream = WatchServiceClient::new(channel.clone())
        .watch(please("go on"))
        .await
        .unwrap()
        .into_inner();
    stream.message().await.unwrap().unwrap();
    let status = KeyServiceClient::new(channel).get_key_set(please("panic")).await.unwrap_err();
    assert_eq!(crate::raw::ours(&status).0, Code::Internal);
    crate::raw::opaque(&status);
    assert!(stream.message().await.unwrap().is_some(), "a stream on the same connection goes on");
    let answer = server
        .send(format!("{REQUEST}x-do: panic\r\ncontent-length: 5\r\n\r\n\0\0\0\0\0").as_bytes())
        .await;
    assert!(answer.contains("grpc-status: 13"), "{answer}");
    server.assert_alive().await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_work_it_asked_for() {
    let server = Server::start().await;
    let mut keys = KeyServiceClient::new(server.channel().await);
    let asked = tokio::time::timeout(std::time::Duration::from_millis(200), keys.get_key_set(please("hang"))).await;
    assert!(asked.is_err());
    for _ in 0..200 {
        if server.things.dropped() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the work goes on for nobody");
}
