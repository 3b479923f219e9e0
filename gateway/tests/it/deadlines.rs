//! When a call must be over.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{World, error, frame, reason};

const GET: &str = "/tasktracker.trial.v1.ThingService/GetThing";
const BEARER: (&str, &str) = ("authorization", "Bearer token");

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "measures how long the gateway takes")]
async fn the_client_s_deadline_ends_headers_and_bodies_on_every_protocol() {
    let world = World::start().await;
    for id in ["slow", "slow-body"] {
        let started = Instant::now();
        let request = world.message("GetThingRequest", json!({"thingId": id}));
        let native = world
            .grpc(GET, &[BEARER, ("grpc-timeout", "200m")], std::slice::from_ref(&request))
            .await;
        assert_eq!((native.code(), native.reason().as_str()), (4, "DEADLINE_EXCEEDED"), "{id}");
        let rest = world
            .rest("GET", &format!("/v1/things/{id}"))
            .header("grpc-timeout", "200m")
            .send()
            .await
            .unwrap();
        let (status, error) = error(rest).await;
        assert_eq!((status, reason(&error)), (504, "DEADLINE_EXCEEDED"), "{id}");
        let web = world
            .grpc_web(
                GET,
                "application/grpc-web+proto",
                &[BEARER, ("grpc-timeout", "200m")],
                frame(&request),
            )
            .await;
        let in_headers = web.headers().get("grpc-status").is_some_and(|status| status == "4");
        let text = String::from_utf8_lossy(&web.bytes().await.unwrap()).into_owned();
        assert!(in_headers || text.contains("grpc-status:4"), "{id}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    World::until("the service is let go", || world.backend.given_up.load(Ordering::SeqCst) == 6).await;
}

#[tokio::test]
async fn the_service_hears_what_is_left_and_never_more_than_the_cap() {
    let world = World::start().await;
    let left = || {
        let text = world.backend.last().headers["grpc-timeout"].to_str().unwrap().to_owned();
        let (amount, unit) = text.split_at(text.len() - 1);
        amount.parse::<u64>().unwrap() * if unit == "m" { 1000 } else { 1 }
    };
    world.rest("GET", "/v1/things/7").header("grpc-timeout", "5S").send().await.unwrap();
    assert!((1_000_000..=5_000_000).contains(&left()), "{}", left());
    for headers in [&[][..], &[("grpc-timeout", "99H")]] {
        let mut request = world.rest("GET", "/v1/things/7");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap();
        assert!((20_000_000..=30_000_000).contains(&left()), "{}", left());
    }
    world.rest("GET", "/v1/watch").send().await.unwrap().bytes().await.unwrap();
    assert!(!world.backend.last().headers.contains_key("grpc-timeout"), "streams have none");
}

#[tokio::test]
async fn the_cap_holds_without_a_word_of_the_client() {
    let world = World::with(|config| config.request_timeout_ms = 200).await;
    let (status, _) = error(world.rest("GET", "/v1/things/slow").send().await.unwrap()).await;
    assert_eq!(status, 504);
}

#[tokio::test]
async fn a_stream_ends_at_the_deadline_that_the_client_gave() {
    let world = World::start().await;
    let request = world.message("WatchRequest", json!({"scenario": "endless"}));
    let answer = world
        .grpc(
            "/tasktracker.trial.v1.ThingService/Watch",
            &[BEARER, ("grpc-timeout", "200m")],
            &[request],
        )
        .await;
    assert_eq!((answer.code(), answer.messages.len()), (4, 1));
}

#[tokio::test]
async fn a_timeout_that_is_none_is_refused() {
    let world = World::start().await;
    for wrong in ["5", "5s", "-1S", "123456789S", ""] {
        let (status, _) = error(
            world
                .rest("GET", "/v1/things/7")
                .header("grpc-timeout", wrong)
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(status, 400, "{wrong}");
    }
    let answer = world.grpc(GET, &[BEARER, ("grpc-timeout", "soon")], &[bytes::Bytes::new()]).await;
    assert_eq!(answer.code(), 3);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::with(|config| config.request_timeout_ms = 200).await;
    let never = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    let request = world
        .rest("POST", "/v1/things/7:move")
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(never));
    let (status, error) = error(request.send().await.unwrap()).await;
    assert_eq!((status, reason(&error)), (408, "DEADLINE_EXCEEDED"));
}
