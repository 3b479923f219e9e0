//! What crosses the gateway besides messages.

use serde_json::json;

use crate::world::World;

const FORGED: &[(&str, &str)] = &[
    ("x-authz-user", "root"),
    ("x-authz-min-revision", "5"),
    ("x-session-cookie", "mine"),
    ("x-client-address", "6.6.6.6"),
    ("x-forwarded-for", "6.6.6.6"),
    ("x-tt-identity-bin", "AAAA"),
    ("x-client-user-agent", "forged"),
    ("x-original-method", "DELETE"),
    ("forwarded", "for=6.6.6.6"),
    ("grpc-trace-bin", "AAAA"),
    ("x-request-id", "my-own-id"),
    ("cookie", "a=b"),
    ("user-agent", "tests/1"),
    ("accept-language", "de"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
];

#[tokio::test]
async fn services_see_only_headers_that_were_agreed() {
    let world = World::start().await;
    let check = |protocol: &str| {
        let seen = world.backend.last().headers;
        for hidden in [
            "x-authz-user",
            "x-session-cookie",
            "x-forwarded-for",
            "x-tt-identity-bin",
            "x-original-method",
            "forwarded",
            "cookie",
            "grpc-trace-bin",
        ] {
            assert!(!seen.contains_key(hidden), "{protocol}: {hidden}");
        }
        for (name, value) in [
            ("x-authz-min-revision", "5"),
            ("x-client-address", "127.0.0.1"),
            ("x-client-user-agent", "tests/1"),
            ("accept-language", "de"),
            ("x-client-request-id", "my-own-id"),
        ] {
            assert_eq!(seen[name], value, "{protocol}: {name}");
        }
        assert_ne!(seen["x-request-id"], "my-own-id");
        assert!(seen.contains_key("traceparent"));
    };
    let mut rest = world.rest("GET", "/v1/things/7");
    for (name, value) in FORGED {
        rest = rest.header(*name, *value);
    }
    let response = rest.send().await.unwrap();
    assert_eq!(response.headers()["x-client-request-id"], "my-own-id");
    assert_eq!(response.headers()["x-request-id"], world.backend.last().headers["x-request-id"]);
    check("rest");
    let headers: Vec<_> = FORGED.iter().copied().chain([("authorization", "Bearer token")]).collect();
    world
        .grpc(
            "/tasktracker.trial.v1.ThingService/GetThing",
            &headers,
            &[world.message("GetThingRequest", json!({}))],
        )
        .await;
    check("grpc");
    world
        .grpc_web(
            "/tasktracker.trial.v1.ThingService/GetThing",
            "application/grpc-web+proto",
            &headers,
            crate::world::frame(&[]),
        )
        .await;
    check("grpc-web");
}

#[tokio::test]
async fn request_ids_are_ours_and_rise() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for id in ["", "has space", "ok"] {
        let response = world.rest("GET", "/v1/things/7").header("x-request-id", id).send().await.unwrap();
        assert_eq!(response.headers().contains_key("x-client-request-id"), id == "ok");
        ids.push(response.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    assert!(ids.is_sorted() && ids[0].len() == 36 && ids[0].as_bytes()[14] == b'7', "{ids:?}");
}

#[tokio::test]
async fn every_answer_is_defended() {
    let world = World::start().await;
    for (method, path) in [
        ("GET", "/v1/things/7"),
        ("GET", "/v1/things/missing"),
        ("GET", "/v1/things/debug"),
        ("GET", "/nothing"),
        ("PUT", "/v1/things/7"),
        ("GET", "/v1/watch"),
        ("GET", "/v1/files/big/content"),
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/docs/style.css"),
        ("GET", "/openapi.json"),
        ("GET", "/healthz"),
        ("OPTIONS", "/v1/things/7"),
        ("POST", "/tasktracker.trial.v1.ThingService/GetThing"),
    ] {
        let response = world.rest(method, path).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(
            headers["strict-transport-security"], "max-age=31536000; includeSubDomains",
            "{path}"
        );
        for name in [
            "referrer-policy",
            "cache-control",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "x-request-id",
        ] {
            assert!(headers.contains_key(name), "{path}: {name}");
        }
        if path.starts_with("/v1/things") {
            assert_eq!(headers["cache-control"], "no-store", "{path}");
        }
    }
    let plain = World::with(|config| config.public_url = "http://localhost:8080".to_owned()).await;
    assert!(
        !plain
            .rest("GET", "/healthz")
            .send()
            .await
            .unwrap()
            .headers()
            .contains_key("strict-transport-security")
    );
}

#[tokio::test]
async fn proxies_are_believed_only_when_they_are_listed() {
    let world = World::with(|config| config.trusted_proxies = vec!["127.0.0.0/8".to_owned()]).await;
    world
        .rest("GET", "/v1/things/7")
        .header("x-forwarded-for", "6.6.6.6, 198.51.100.7")
        .send()
        .await
        .unwrap();
    assert_eq!(world.backend.last().headers["x-client-address"], "198.51.100.7");
}
