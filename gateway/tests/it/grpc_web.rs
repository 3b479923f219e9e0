//! gRPC-web, as browsers send it: by hand-made frames.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::json;
use std::sync::atomic::Ordering;

use crate::world::{World, frame, unframe};

const THINGS: &str = "/tasktracker.trial.v1.ThingService";
const BEARER: (&str, &str) = ("authorization", "Bearer token");

/// The trailers that travel as the last frame of a body.
fn trailers(body: &[u8]) -> String {
    let frames = unframe(body);
    let (flag, last) = frames.last().expect("a body has a last frame");
    assert_eq!(*flag, 0x80);
    String::from_utf8(last.to_vec()).unwrap()
}

#[tokio::test]
async fn every_spelling_of_the_content_type_is_understood() {
    let world = World::start().await;
    let request = frame(&world.message("GetThingRequest", json!({"thingId": "t1"})));
    for content_type in [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web+proto;charset=utf-8",
        "Application/gRPC-Web+Proto; charset=UTF-8",
    ] {
        let response = world
            .grpc_web(
                &format!("{THINGS}/GetThing"),
                content_type,
                &[BEARER, ("x-grpc-web", "1")],
                request.clone(),
            )
            .await;
        assert_eq!(response.status(), 200, "{content_type}");
        assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
        assert!(!response.headers().contains_key("x-internal"));
        let body = response.bytes().await.unwrap();
        assert_eq!(world.read("GetThingResponse", unframe(&body)[0].1.clone())["thing"]["id"], "t1");
        let trailers = trailers(&body);
        assert!(
            trailers.contains("grpc-status:0") && !trailers.contains("x-session-cookie"),
            "{trailers}"
        );
    }
}

#[tokio::test]
async fn text_is_base64() {
    let world = World::start().await;
    let request = STANDARD.encode(frame(&world.message("GetThingRequest", json!({"thingId": "t1"}))));
    let response = world
        .grpc_web(
            &format!("{THINGS}/GetThing"),
            "application/grpc-web-text",
            &[BEARER],
            request.into_bytes(),
        )
        .await;
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/grpc-web-text"),
        "{response:?}"
    );
    let text = response.bytes().await.unwrap();
    // Each frame is encoded by itself, so padding stands inside.
    let body: Vec<u8> = text.chunks(4).flat_map(|group| STANDARD.decode(group).unwrap()).collect();
    assert_eq!(world.read("GetThingResponse", unframe(&body)[0].1.clone())["thing"]["id"], "t1");
}

#[tokio::test]
async fn errors_reach_the_browser() {
    let world = World::start().await;
    let request = |id: &str| frame(&world.message("GetThingRequest", json!({"thingId": id})));
    let response = world
        .grpc_web(
            &format!("{THINGS}/GetThing"),
            "application/grpc-web+proto",
            &[BEARER],
            request("missing"),
        )
        .await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["grpc-status"].to_str().unwrap()),
        (200, "5")
    );
    assert!(response.headers().contains_key("grpc-status-details-bin"));
    let response = world
        .grpc_web(
            &format!("{THINGS}/GetThing"),
            "application/grpc-web+proto",
            &[BEARER],
            request("no-end"),
        )
        .await;
    let trailers = trailers(&response.bytes().await.unwrap());
    assert!(trailers.contains("grpc-status:14"), "{trailers}");
    // In the middle of a message there is no place for trailers.
    let response = world
        .grpc_web(
            &format!("{THINGS}/GetThing"),
            "application/grpc-web+proto",
            &[BEARER],
            request("cut"),
        )
        .await;
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn internal_and_unknown_rpcs_answer_alike() {
    let world = World::start().await;
    for path in [
        "/tasktracker.trial.v1.ThingService/Purge",
        "/tasktracker.trial.v1.CellarService/Poke",
        "/nothing.Service/Nothing",
    ] {
        let response = world.grpc_web(path, "application/grpc-web+proto", &[BEARER], frame(&[])).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["grpc-status"].to_str().unwrap()),
            (200, "12"),
            "{path}"
        );
    }
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn only_post_is_a_call() {
    let world = World::start().await;
    let request = world
        .rest("GET", &format!("{THINGS}/GetThing"))
        .header("content-type", "application/grpc-web+proto");
    assert_eq!(request.send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_stream_flows_and_ends_with_its_reader() {
    let world = World::start().await;
    let request = frame(&world.message("WatchRequest", json!({"scenario": "endless"})));
    let response = world
        .grpc_web(&format!("{THINGS}/Watch"), "application/grpc-web+proto", &[BEARER], request)
        .await;
    let mut body = response.bytes_stream();
    let first = body.next().await.unwrap().unwrap();
    assert_eq!(world.read("WatchResponse", unframe(&first)[0].1.clone())["resumeToken"], "t1");
    drop(body);
    World::until("the service is let go", || world.backend.given_up.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn messages_are_bounded_in_both_framings() {
    let world = World::start().await;
    let big = frame(&vec![0x7f; (1 << 20) + 1]);
    for (content_type, body) in [
        ("application/grpc-web+proto", big.clone()),
        ("application/grpc-web-text", STANDARD.encode(&big).into_bytes()),
    ] {
        let response = world.grpc_web(&format!("{THINGS}/GetThing"), content_type, &[BEARER], body).await;
        assert_eq!(response.headers()["grpc-status"], "8", "{content_type}");
    }
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn health_answers_browsers_too() {
    let world = World::start().await;
    let response = world
        .grpc_web("/grpc.health.v1.Health/Check", "application/grpc-web+proto", &[], frame(&[]))
        .await;
    assert_eq!(&unframe(&response.bytes().await.unwrap())[0].1[..], [8, 1]);
}
