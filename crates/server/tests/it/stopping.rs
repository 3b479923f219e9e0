//! Stopping with connections open: streams that end when asked end at once, the others within the grace, and nobody new is taken.

use std::time::Duration;

use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_server::lifecycle::GRACE;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::Code;

use crate::listen::Server;
use crate::things::please;

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_when_asked_says_so_and_costs_no_time() {
    let server = Server::start().await;
    let mut stream = WatchServiceClient::new(server.channel().await)
        .watch(please("end when stopping"))
        .await
        .unwrap()
        .into_inner();
    stream.message().await.unwrap().unwrap();
    stream.message().await.unwrap().unwrap();
    server.lifecycle.stop();
    let began = Instant::now();
    let status = stream.message().await.unwrap_err();
    assert_eq!(crate::raw::ours(&status).1, "SHUTTING_DOWN");
    server.lifecycle.finished().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_end_is_cut_within_the_grace() {
    let server = Server::start().await;
    let mut stream = WatchServiceClient::new(server.channel().await)
        .watch(please("go on"))
        .await
        .unwrap()
        .into_inner();
    stream.message().await.unwrap().unwrap();
    stream.message().await.unwrap().unwrap();
    server.lifecycle.stop();
    let began = Instant::now();
    server.lifecycle.finished().await.unwrap();
    assert!(began.elapsed() <= GRACE + Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(stream.message().await.is_err(), "the client notices");
}

#[tokio::test(start_paused = true)]
async fn open_calls_are_answered_and_new_connections_are_not_taken() {
    let server = Server::start().await;
    let mut keys = KeyServiceClient::new(server.channel().await);
    let call = keys.get_key_set(please("sleep 8 s"));
    tokio::pin!(call);
    assert!(tokio::time::timeout(Duration::from_secs(1), call.as_mut()).await.is_err());
    server.lifecycle.stop();
    call.await.expect("what was begun is answered");
    server.lifecycle.finished().await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "the port is free");
}

#[tokio::test(start_paused = true)]
async fn idle_connections_do_not_hold_the_process() {
    let server = Server::start().await;
    let idle = server.channel().await;
    let silent = server.connect().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.lifecycle.stop();
    let began = Instant::now();
    server.lifecycle.finished().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let status = KeyServiceClient::new(idle).get_key_set(please("")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    drop(silent);
}
