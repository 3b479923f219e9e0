//! How answers and errors come out on REST.

use crate::world::{World, error, reason};
use serde_json::{Value, json};

#[tokio::test]
async fn answers_are_the_bare_resource_with_stable_shapes() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/things/t1").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["etag"], "\"v1\"");
    let thing: Value = response.json().await.unwrap();
    // Defaults of fields without presence are there; absent messages, optionals and oneofs are not.
    let expected = json!({
        "id": "t1", "displayName": "Größe ✓", "color": "COLOR_BLUE", "size": 0, "weight": "9007199254740993", "labels": [],
        "createTime": "2026-01-02T03:04:05Z", "etag": "v1", "boxes": [], "byName": {}, "ratio": 0.0, "blob": "",
    });
    assert_eq!(thing, expected);
    let list: Value = world.rest("GET", "/v1/things").send().await.unwrap().json().await.unwrap();
    assert_eq!(list, json!({"things": [], "nextPageToken": ""}));
}

#[tokio::test]
async fn a_create_answers_201_with_its_place_and_a_delete_204() {
    let world = World::start().await;
    let response = world
        .rest("POST", "/v1/folders/f/things")
        .json(&json!({"displayName": "x"}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["location"].to_str().unwrap()),
        (201, "/v1/things/new-1")
    );
    let response = world.rest("DELETE", "/v1/things/t1?etag=e").send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert!(!response.headers().contains_key("content-type"));
    assert!(response.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn only_agreed_metadata_becomes_headers() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/things/chatty").send().await.unwrap();
    let headers = response.headers();
    assert_eq!(
        (
            headers["x-consistency-token"].to_str().unwrap(),
            headers["x-authz-revision"].to_str().unwrap()
        ),
        ("c1", "7")
    );
    for hidden in ["x-internal", "x-session-cookie", "server", "grpc-status", "trailer"] {
        assert!(!headers.contains_key(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn errors_keep_their_details() {
    let world = World::start().await;
    let (status, missing) = error(world.rest("GET", "/v1/things/missing").send().await.unwrap()).await;
    assert_eq!(
        (status, reason(&missing), &missing["message"]),
        (404, "NOT_FOUND", &json!("thing not found"))
    );

    let response = world.rest("GET", "/v1/things/busy").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "3");
    let (status, busy) = error(response).await;
    assert_eq!(status, 429);
    let retry = busy["details"]
        .as_array()
        .unwrap()
        .iter()
        .find(|detail| detail["@type"] == "type.googleapis.com/google.rpc.RetryInfo")
        .unwrap();
    assert_eq!(retry["retryDelay"], "2.500s");
}

#[tokio::test]
async fn nothing_of_the_inside_is_in_an_error() {
    let world = World::start().await;
    let (status, hidden) = error(world.rest("GET", "/v1/things/hidden-cause").send().await.unwrap()).await;
    assert_eq!(status, 500);
    let (_, debug) = error(world.rest("GET", "/v1/things/debug").send().await.unwrap()).await;
    for text in [hidden.to_string(), debug.to_string()] {
        for inside in ["SELECT", "10.0.0.7", "DebugInfo", "main.rs", "secret", "unknown.Kind"] {
            assert!(!text.contains(inside), "{inside} in {text}");
        }
    }
    let response = world.rest("GET", "/v1/things/leaky").send().await.unwrap();
    assert!(!response.headers().contains_key("x-session-cookie") && !response.headers().contains_key("x-internal"));
    let text = response.text().await.unwrap();
    assert!(!text.contains("stolen"));
}

#[tokio::test]
async fn services_that_break_are_unavailable_and_say_no_more() {
    let world = World::start().await;
    for id in ["html", "cut", "no-end"] {
        let (status, error) = error(world.rest("GET", &format!("/v1/things/{id}")).send().await.unwrap()).await;
        assert_eq!(
            (status, reason(&error), &error["message"]),
            (503, "DEPENDENCY_UNAVAILABLE", &json!("trial does not answer, try again later")),
            "{id}"
        );
    }
    let response = world.rest("GET", "/v1/things/odd-code").send().await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["status"], "UNKNOWN");
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_leaks_no_address() {
    let world = World::start().await;
    let gone = crate::start::unreachable_world().await;
    let response = gone.rest("GET", "/v1/things/7").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, error) = error(response).await;
    assert_eq!((status, reason(&error)), (503, "DEPENDENCY_UNAVAILABLE"));
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    let answer = gone
        .grpc(
            "/tasktracker.trial.v1.ThingService/GetThing",
            &[("authorization", "Bearer x")],
            &[world.message("GetThingRequest", json!({}))],
        )
        .await;
    assert_eq!(answer.code(), 14);
    assert!(!format!("{:?}", answer.headers).contains("127.0.0.1"), "{answer:?}");
}

#[tokio::test]
async fn a_stale_if_match_is_412_and_a_stale_etag_409() {
    let world = World::start().await;
    let patch = |etag: &str| {
        world
            .rest("PATCH", "/v1/things/t1")
            .header("if-match", etag)
            .json(&json!({"displayName": "x"}))
    };
    assert_eq!(patch("\"v1\"").send().await.unwrap().status(), 200);
    assert_eq!(world.backend.last().headers["if-match"], "\"v1\"");
    let (status, stale) = error(patch("\"v0\"").send().await.unwrap()).await;
    assert_eq!(
        (status, &stale["status"], reason(&stale)),
        (412, &json!("ABORTED"), "ETAG_MISMATCH")
    );
    let (status, stale) = error(world.rest("POST", "/v1/things/stale:move").send().await.unwrap()).await;
    assert_eq!((status, reason(&stale)), (409, "ETAG_MISMATCH"));
}

#[tokio::test]
async fn get_answers_no_304() {
    let world = World::start().await;
    let response = world
        .rest("GET", "/v1/things/t1")
        .header("if-none-match", "\"v1\"")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn callers_without_a_credential_are_told_so_before_anything_is_read() {
    let world = World::start().await;
    let response = world.bare("POST", "/v1/things/7:move").body("no json").send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let (status, error) = error(response).await;
    assert_eq!((status, reason(&error)), (401, "CREDENTIAL_MISSING"));
    let twice = world
        .rest("GET", "/v1/things/7")
        .header("authorization", "Bearer other")
        .send()
        .await
        .unwrap();
    assert_eq!(twice.status(), 401);
    assert_eq!(world.backend.calls(), 0);
}

#[tokio::test]
async fn rest_speaks_http_2_too() {
    let world = World::start().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = |path: &str| format!("http://{}{path}", world.address);
    let response = client.get(url("/v1/things/t1")).bearer_auth("token").send().await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    let (status, missing) = error(client.get(url("/v1/things/missing")).bearer_auth("token").send().await.unwrap()).await;
    assert_eq!((status, reason(&missing)), (404, "NOT_FOUND"));
    let upload = client
        .put(url("/v1/uploads/u/content"))
        .bearer_auth("token")
        .body(vec![7; 300_000])
        .send()
        .await
        .unwrap();
    assert_eq!(upload.json::<Value>().await.unwrap()["receivedBytes"], "300000");
    let head = client.head(url("/v1/things/t1")).bearer_auth("token").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert!(
        client
            .get(url("/v1/files/breaks/content"))
            .bearer_auth("token")
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_err()
    );
}
