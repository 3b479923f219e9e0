//! Streams: they end at the caller's deadline with trailers that say so, live as long as they are wanted, and tell nothing of causes.

use std::time::Duration;

use futures_util::StreamExt;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Upstream, standard};
use tokio::time::Instant;
use tonic::Code;
use tonic::service::RoutesBuilder;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::raw::{opaque, ours};
use crate::things::{Things, clock, please};

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_the_callers_deadline() {
    let things = Things::default();
    let mut request = please("go on");
    request.set_timeout(Duration::from_secs(3));
    let began = Instant::now();
    let mut stream = things.watch().watch(request).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().resume_token, "1");
    assert_eq!(stream.message().await.unwrap().unwrap().resume_token, "2");
    let status = stream.message().await.unwrap_err();
    let (code, reason, _) = ours(&status);
    assert_eq!((code, reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert_eq!(began.elapsed().as_secs(), 3);
    assert!(stream.message().await.unwrap().is_none());
    drop(stream);
    assert_eq!(things.dropped(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_a_deadline_lives_as_long_as_it_is_wanted() {
    let things = Things::default();
    let mut stream = things.watch().watch(please("tick")).await.unwrap().into_inner();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3600) {
        assert_eq!(stream.message().await.unwrap().unwrap().resume_token, "tick");
    }
    assert_eq!(things.dropped(), 0);
    drop(stream);
    assert_eq!(things.dropped(), 1, "and not longer");
}

#[tokio::test]
async fn a_failing_stream_says_what_all_failures_say() {
    let things = Things::default();
    for (what, expected) in [
        ("fail", (Code::Internal, "INTERNAL")),
        ("fail foreign", (Code::Internal, "INTERNAL")),
        ("too long", (Code::ResourceExhausted, "PAYLOAD_TOO_LARGE")),
    ] {
        let mut stream = things.watch().watch(please(what)).await.unwrap().into_inner();
        let status = loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "{what} ended well"),
                Err(status) => break status,
            }
        };
        let (code, reason, _) = ours(&status);
        assert_eq!((code, reason.as_str()), expected, "{what}: {status:?}");
        opaque(&status);
    }
}

/// Health and reflection are streams though no proto of ours describes them: a balancer watches for days, a tool keeps its window open.
#[tokio::test(start_paused = true)]
async fn watching_health_and_reflecting_have_no_deadline() {
    let mut routes = RoutesBuilder::default();
    let reporter = standard::add(&mut routes, &["tasktracker.auth.v1.KeyService"]).await.unwrap();
    let upstream = Upstream::local(Stack::around(routes.routes(), Ids::seeded(1, clock())));

    let request = HealthCheckRequest {
        service: "tasktracker.auth.v1.KeyService".to_owned(),
    };
    let mut health = HealthClient::new(upstream.clone()).watch(request).await.unwrap().into_inner();
    assert_eq!(health.message().await.unwrap().unwrap().status, 1);

    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let questions = futures_util::stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    let mut reflection = ServerReflectionClient::new(upstream)
        .server_reflection_info(questions.boxed())
        .await
        .unwrap()
        .into_inner();

    tokio::time::sleep(Duration::from_secs(3600)).await;
    reporter
        .set_service_status("tasktracker.auth.v1.KeyService", tonic_health::ServingStatus::NotServing)
        .await;
    assert_eq!(health.message().await.unwrap().unwrap().status, 2, "heard an hour later");
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    sender.send(list).await.unwrap();
    assert!(reflection.message().await.unwrap().is_some(), "answered an hour later");
}
