//! Clients that take their time (H4): each way to hold a connection without asking anything is cut after ten seconds. The clock is paused
//! and jumps to the next timer whenever nothing moves, so ten seconds cost none.

use std::time::Duration;

use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::listen::Server;
use crate::things::please;

/// Sends these bytes, then waits; answers how long the server put up with it.
async fn patience(server: &Server, bytes: &[u8]) -> Duration {
    let mut stream = server.connect().await;
    stream.write_all(bytes).await.unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(3600), stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "still open after an hour: {:?}", String::from_utf8_lossy(bytes));
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_asks_nothing_is_cut() {
    let server = Server::start().await;
    let beginnings: [&[u8]; 7] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        b"GET",
        b"GET / HTTP/1.1\r\nhost: a\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\nx: ",
        b"\r\n\r\n",
    ];
    for bytes in beginnings {
        let patience = patience(&server, bytes).await;
        assert!(
            patience <= Duration::from_secs(11),
            "{patience:?} for {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    server.assert_alive().await;
}

/// It spoke, but nobody is there: what a crashed client leaves behind.
#[tokio::test(start_paused = true)]
async fn an_http2_connection_that_answers_no_ping_is_cut() {
    let server = Server::start().await;
    let patience = patience(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert!(patience <= Duration::from_secs(45), "{patience:?}");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_comes_byte_by_byte_is_cut() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let began = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nx: ".iter().chain([b'x'].iter().cycle()) {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(began.elapsed() < Duration::from_secs(20), "still open after {:?}", began.elapsed());
    }
    server.assert_alive().await;
}

/// The header is whole, the body never comes: the call's own deadline ends it.
#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_cut() {
    let server = Server::start().await;
    let request = b"POST /tasktracker.auth.v1.KeyService/GetKeySet HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n\0";
    assert!(patience(&server, request).await <= Duration::from_secs(21));
}

#[tokio::test(start_paused = true)]
async fn a_connection_kept_open_after_an_answer_is_cut_when_it_is_idle() {
    let server = Server::start().await;
    let request = b"POST /tasktracker.auth.v1.KeyService/GetKeySet HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n\0\0\0\0\0";
    assert!(patience(&server, request).await <= Duration::from_secs(21));
}

/// An HTTP/2 client may be idle between calls: that is not the same as saying nothing.
#[tokio::test(start_paused = true)]
async fn a_client_that_connected_early_is_kept() {
    let server = Server::start().await;
    let mut keys = KeyServiceClient::new(server.channel().await);
    tokio::time::sleep(Duration::from_secs(60)).await;
    keys.get_key_set(please("")).await.expect("the same connection serves");
}

#[tokio::test(start_paused = true)]
async fn others_are_served_meanwhile() {
    let server = Server::start().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HT").await.unwrap();
        slow.push(stream);
    }
    server.assert_alive().await;
}
