//! Nonsense in, a refusal out (F3, F16): nothing that anybody sends becomes a defect of ours, and nothing of the inside shows (H17).

use serde_json::Value;
use tasktracker_proto::options::v1::Auth;
use tasktracker_testing::World;

use crate::raw::{call, call_as, not_our_fault, rpcs};
use crate::strangers::fill;

/// Bytes that are no message, or no sensible one.
fn messages() -> Vec<Vec<u8>> {
    let mut messages = vec![
        Vec::new(),
        vec![0xff],
        vec![0xff; 100],
        vec![0x0a, 0x05, b'a'],
        vec![0x0b; 300],
        vec![0x0a, 0x02, 0xc3, 0x28],
        vec![0x12, 0x00, 0x12, 0x00],
        vec![0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [vec![0xfa, 0xff, 0x03, 0xe8, 0x07], vec![b'x'; 1_000]].concat(),
        // A message in a message in a message ..., deeper than any parser should follow.
        (0..200).fold(Vec::new(), |inner: Vec<u8>, _| {
            if inner.len() < 120 {
                [vec![0x12, u8::try_from(inner.len()).unwrap_or(0)], inner].concat()
            } else {
                inner
            }
        }),
    ];
    let mut seed = 42_u64;
    for length in [3, 10, 40, 200] {
        for _ in 0..3 {
            let mut message = Vec::new();
            for _ in 0..length {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                message.push(u8::try_from((seed >> 40) & 0xff).unwrap_or(0));
            }
            messages.push(message);
        }
    }
    messages
}

#[tokio::test]
async fn no_bytes_make_any_rpc_fail_by_our_fault() {
    let world = World::start().await;
    let token = world.user("ada").await.token();
    let channel = world.channel();
    // Signing out would end the test's own session.
    let public = rpcs(|method| matches!(method.policy.auth(), Auth::Public | Auth::User) && method.name != "SignOut");
    for (path, _) in public {
        for message in messages() {
            let what = format!("{path} {message:?}");
            not_our_fault(&what, &call_as(&channel, path, &token, message).await);
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn no_header_makes_an_rpc_fail_by_our_fault() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let token = format!("Bearer {}", ada.token());
    let message = [&[0x0a, 36], web.id.as_bytes()].concat();
    for (name, value) in [
        ("x-authz-min-revision", "abc"),
        ("x-authz-min-revision", "99999999999999999999"),
        ("x-authz-min-revision", "-1"),
        ("x-authz-min-revision", "4611686018427387904"),
        ("if-match", "*"),
        ("if-match", "\"\", W/\"x\""),
        ("x-consistency-token", "%00"),
        ("idempotency-key", "\t"),
        ("grpc-timeout", "1x"),
        ("grpc-accept-encoding", "snappy"),
        ("x-request-id", "a b"),
    ] {
        for path in [
            "/tasktracker.core.v1.ProjectService/GetProject",
            "/tasktracker.auth.v1.AccessService/GetMyPermissions",
        ] {
            let outcome = call(&world.channel(), path, &[("authorization", &token), (name, value)], message.clone()).await;
            not_our_fault(&format!("{path} {name}: {value}"), &outcome);
        }
    }
}

#[tokio::test]
async fn no_json_makes_a_route_fail_by_our_fault() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let client = reqwest::Client::new();
    let deep = "[".repeat(1_000);
    let deep_object = "{\"task\":".repeat(1_000);
    let long = format!("{{\"title\":\"{}\"}}", "x".repeat(20_000));
    let many = format!("{{\"assigneeIds\":[{}]}}", "\"a\",".repeat(50_000) + "\"a\"");
    let bodies = [
        "",
        "{",
        "}",
        "null",
        "[]",
        "1",
        "\"x\"",
        "nul",
        "{\"a\":}",
        "{\"title\":\"a\",\"title\":\"b\"}",
        "{\"__proto__\":{}}",
        "{\"title\":NaN}",
        "{\"estimatePoints\":1e400}",
        "{\"title\":1}",
        "{\"title\":[\"x\"]}",
        "{\"title\":{\"title\":{}}}",
        "{\"due\":{\"date\":\"2026-13-45\"}}",
        "{\"due\":{\"date\":\"2026-05-01\",\"at\":{}}}",
        "{\"createTime\":\"not a time\"}",
        "{\"createTime\":\"9999-99-99T00:00:00Z\"}",
        "{\"priority\":\"PRIORITY_NOPE\"}",
        "{\"priority\":99}",
        "{\"nothingOfThisName\":1}",
        "{\"title\":\"\\ud800\"}",
        "{\"title\":\"\\u0000\"}",
        "\u{feff}{}",
        deep.as_str(),
        deep_object.as_str(),
        long.as_str(),
        many.as_str(),
    ];
    let mut routes = 0;
    for line in world.system.gateway.routes_txt().lines() {
        let mut words = line.split_whitespace();
        let (Some(method @ ("POST" | "PATCH")), Some(path)) = (words.next(), words.next()) else {
            continue;
        };
        if path.ends_with(":signOut") {
            continue;
        }
        routes += 1;
        for body in bodies {
            for kind in ["application/json", "application/json; charset=utf-16", "application/xml"] {
                let request = client.request(method.parse().expect("a method"), format!("http://{}{}", world.address, fill(path)));
                let request = request.header("content-type", kind).bearer_auth(ada.token());
                let answer = request.body(body.to_owned()).send().await.expect("an answer");
                let status = answer.status().as_u16();
                let text = answer.text().await.expect("a body");
                let shown = &body[..body.len().min(60)];
                assert!(status < 500, "{method} {path} {kind} {shown}: {status} {text}");
                if status >= 400 {
                    let error: Value = serde_json::from_str(&text).expect("JSON");
                    assert!(
                        error["error"]["details"][0]["reason"].is_string(),
                        "{method} {path} {shown}: {text}"
                    );
                    reveals_nothing(&text);
                }
            }
        }
    }
    assert!(routes >= 10, "{routes}");
    world.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_as_json_too() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let client = reqwest::Client::new();
    for body in [
        vec![0xff, 0xfe, 0x00],
        vec![b'{', b'"', 0xc3, 0x28, b'"', b':', b'1', b'}'],
        vec![0; 100],
        vec![0x1f, 0x8b, 0x08],
    ] {
        let request = client
            .post(format!("http://{}/v1/projects", world.address))
            .bearer_auth(ada.token());
        let answer = request
            .header("content-type", "application/json")
            .body(body.clone())
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 400, "{body:?}");
    }
    // H3: nothing is unpacked.
    let request = client
        .post(format!("http://{}/v1/projects", world.address))
        .bearer_auth(ada.token())
        .header("content-encoding", "gzip");
    let answer = request
        .header("content-type", "application/json")
        .body("{}")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 415);
    // H2: nothing without bound is read.
    let request = client
        .post(format!("http://{}/v1/projects", world.address))
        .bearer_auth(ada.token());
    let answer = request
        .header("content-type", "application/json")
        .body(" ".repeat(2 << 20))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 413);
}

/// H17.
#[track_caller]
fn reveals_nothing(text: &str) {
    for word in [
        "SELECT ",
        "sqlite",
        "sqlx",
        "sea_orm",
        "/src/",
        ".rs:",
        "panicked",
        "stack backtrace",
        "tasktracker_",
        "prost",
        "serde",
    ] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}
