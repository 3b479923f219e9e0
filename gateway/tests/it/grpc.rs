//! Native gRPC passes through as it is.

use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::json;
use std::sync::atomic::Ordering;

use crate::world::{World, frame};

const THINGS: &str = "/tasktracker.trial.v1.ThingService";
const BEARER: (&str, &str) = ("authorization", "Bearer token");

#[tokio::test]
async fn a_call_arrives_and_its_answer_comes_back() {
    let world = World::start().await;
    let request = world.message("GetThingRequest", json!({"thingId": "t1"}));
    let answer = world
        .grpc(
            &format!("{THINGS}/GetThing"),
            &[BEARER, ("content-type", "application/grpc+proto")],
            &[request],
        )
        .await;
    assert_eq!((answer.http, answer.code()), (200, 0));
    assert_eq!(
        world.read("GetThingResponse", answer.messages[0].clone())["thing"]["displayName"],
        "Größe ✓"
    );
    assert_eq!(answer.headers["x-consistency-token"], "c1");
    assert_eq!(answer.trailers["x-consistency-token"], "late");
    let seen = world.backend.last();
    assert_eq!(seen.headers["authorization"], "Bearer token");
    assert_eq!(seen.headers["te"], "trailers");
    assert_eq!(seen.headers["content-type"], "application/grpc+proto");
    assert_eq!(seen.headers["x-request-id"], answer.headers["x-request-id"]);
}

#[tokio::test]
async fn streams_flow_both_ways() {
    let world = World::start().await;
    let messages = ["a", "b", "c"].map(|text| world.message("ChatRequest", json!({"text": text})));
    let answer = world.grpc(&format!("{THINGS}/Chat"), &[BEARER], &messages).await;
    assert_eq!((answer.code(), answer.messages.len()), (0, 3));
    let answer = world
        .grpc(
            &format!("{THINGS}/Watch"),
            &[BEARER],
            &[world.message("WatchRequest", json!({"scenario": "fails-late"}))],
        )
        .await;
    assert_eq!(
        (answer.code(), answer.messages.len(), answer.reason().as_str()),
        (14, 1, "SHUTTING_DOWN")
    );
}

#[tokio::test]
async fn errors_are_as_the_service_said_them() {
    let world = World::start().await;
    let get = |id: &str| world.message("GetThingRequest", json!({"thingId": id}));
    let missing = world.grpc(&format!("{THINGS}/GetThing"), &[BEARER], &[get("missing")]).await;
    assert_eq!(
        (
            missing.code(),
            missing.reason().as_str(),
            missing.headers["grpc-message"].to_str().unwrap()
        ),
        (5, "NOT_FOUND", "thing%20not%20found")
    );
    let leaky = world.grpc(&format!("{THINGS}/GetThing"), &[BEARER], &[get("leaky")]).await;
    assert!(!leaky.headers.contains_key("x-session-cookie") && !leaky.headers.contains_key("x-internal"));
}

#[tokio::test]
async fn an_answer_always_has_an_end() {
    let world = World::start().await;
    for id in ["cut", "no-end", "html"] {
        let answer = world
            .grpc(
                &format!("{THINGS}/GetThing"),
                &[BEARER],
                &[world.message("GetThingRequest", json!({"thingId": id}))],
            )
            .await;
        assert_eq!((answer.code(), answer.reason().as_str()), (14, "DEPENDENCY_UNAVAILABLE"), "{id}");
        assert_eq!(answer.request_id(), answer.headers["x-request-id"].to_str().unwrap(), "{id}");
    }
}

#[tokio::test]
async fn unknown_and_internal_rpcs_answer_alike() {
    let world = World::start().await;
    let mut answers = Vec::new();
    for path in [
        "/tasktracker.trial.v1.ThingService/Nothing",
        "/tasktracker.trial.v1.ThingService/Purge",
        "/tasktracker.trial.v1.CellarService/Poke",
        "/tasktracker.trial.v1.AbsentService/GetAbsent",
        "/nothing.Service/Nothing",
        "/v1/things",
        "/",
    ] {
        for headers in [&[BEARER][..], &[]] {
            let answer = world.grpc(path, headers, &[Bytes::new()]).await;
            assert_eq!((answer.http, answer.code(), answer.messages.len()), (200, 12, 0), "{path}");
            assert!(answer.trailers.is_empty(), "trailers-only");
            answers.push((answer.headers["grpc-message"].clone(), answer.reason()));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn callers_without_a_credential_are_told_so() {
    let world = World::start().await;
    let answer = world.grpc(&format!("{THINGS}/GetThing"), &[], &[Bytes::new()]).await;
    assert_eq!((answer.code(), answer.reason().as_str()), (16, "CREDENTIAL_MISSING"));
    assert_eq!(answer.request_id(), answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn messages_are_measured_without_reading_them() {
    let world = World::start().await;
    let big = Bytes::from(vec![0x7f; (1 << 20) + 1]);
    let answer = world
        .grpc(&format!("{THINGS}/GetThing"), &[BEARER], std::slice::from_ref(&big))
        .await;
    assert_eq!((answer.code(), answer.reason().as_str()), (8, "PAYLOAD_TOO_LARGE"));
    assert_eq!(world.backend.calls(), 0);
    // A prefix that promises 4 GB is enough.
    let response = world
        .grpc_open(
            &format!("{THINGS}/GetThing"),
            &[BEARER],
            Bytes::from_static(&[0, 255, 255, 255, 255, 1]),
        )
        .await;
    let trailers = response.headers()["grpc-status"].clone();
    assert_eq!(trailers, "8");
    // Streams may be long, as long as each message is small.
    let small: Vec<_> = (0..30).map(|_| Bytes::from(vec![0; 100_000])).collect();
    let framed = small
        .iter()
        .map(|message| world.message("ChatRequest", json!({"text": "x".repeat(message.len())})))
        .collect::<Vec<_>>();
    let answer = world.grpc(&format!("{THINGS}/Chat"), &[BEARER], &framed).await;
    assert_eq!((answer.code(), answer.messages.len()), (0, 30));
    let answer = world
        .grpc(
            &format!("{THINGS}/Chat"),
            &[BEARER],
            &[framed[0].clone(), Bytes::from(vec![0; (2 << 20) + 1])],
        )
        .await;
    assert_eq!((answer.code(), answer.reason().as_str()), (8, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_service_s_work() {
    let world = World::start().await;
    let request = frame(&world.message("WatchRequest", json!({"scenario": "endless"})));
    let response = world.grpc_open(&format!("{THINGS}/Watch"), &[BEARER], request.into()).await;
    let mut body = response.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    drop(body);
    World::until("the service is let go", || world.backend.given_up.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn grpc_over_http_1_is_refused_in_words() {
    let world = World::start().await;
    let response = world
        .rest("POST", &format!("{THINGS}/GetThing"))
        .header("content-type", "application/grpc")
        .body(frame(&[]))
        .send()
        .await
        .unwrap();
    let (status, error) = crate::world::error(response).await;
    assert_eq!(status, 505);
    assert!(error["message"].as_str().unwrap().contains("HTTP/2"), "{error}");
    let response = world
        .rest("GET", &format!("{THINGS}/GetThing"))
        .header("content-type", "application/grpc")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["allow"].to_str().unwrap()),
        (405, "POST")
    );
}

#[tokio::test]
async fn health_and_reflection_know_the_public_services_only() {
    let world = World::start().await;
    let check = tonic_health::pb::HealthCheckRequest {
        service: "tasktracker.trial.v1.ThingService".to_owned(),
    };
    let answer = world
        .grpc("/grpc.health.v1.Health/Check", &[], &[prost::Message::encode_to_vec(&check).into()])
        .await;
    assert_eq!((answer.code(), &*answer.messages[0]), (0, [8, 1].as_slice()));
    world.gateway.set_serving(false).await;
    let answer = world.grpc("/grpc.health.v1.Health/Check", &[], &[Bytes::new()]).await;
    assert_eq!((answer.code(), &*answer.messages[0]), (0, [8, 2].as_slice()));
    let internal = tonic_health::pb::HealthCheckRequest {
        service: "tasktracker.trial.v1.CellarService".to_owned(),
    };
    let answer = world
        .grpc(
            "/grpc.health.v1.Health/Check",
            &[],
            &[prost::Message::encode_to_vec(&internal).into()],
        )
        .await;
    assert_eq!(answer.code(), 5);

    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse, server_reflection_response::MessageResponse};
    let ask = |message_request| {
        prost::Message::encode_to_vec(&ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message_request),
        })
        .into()
    };
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let answer = world
            .grpc(
                &path,
                &[],
                &[
                    ask(MessageRequest::ListServices(String::new())),
                    ask(MessageRequest::FileByFilename("things.proto".to_owned())),
                ],
            )
            .await;
        assert_eq!(answer.code(), 0);
        let list: ServerReflectionResponse = prost::Message::decode(answer.messages[0].clone()).unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = list.message_response else {
            panic!("{list:?}")
        };
        let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
        assert!(
            names.contains(&"tasktracker.trial.v1.ThingService") && names.contains(&"grpc.health.v1.Health"),
            "{names:?}"
        );
        assert!(!names.contains(&"tasktracker.trial.v1.CellarService"), "{names:?}");
        let text = String::from_utf8_lossy(&answer.messages[1]).into_owned();
        assert!(
            text.contains("GetThing") && text.contains("/v1/things/{thing_id}"),
            "options are kept"
        );
        assert!(
            !text.contains("CellarService") && !text.contains("/v1/things:purge"),
            "internal services and RPCs are not"
        );
    }
}

#[tokio::test]
async fn reflection_can_be_off() {
    let world = World::with(|config| config.reflection = false).await;
    let answer = world
        .grpc("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &[], &[Bytes::new()])
        .await;
    assert_eq!(answer.code(), 12);
}
