//! Bytes that are no JSON.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::world::{World, error, reason};

#[tokio::test]
async fn an_upload_is_a_stream_of_small_messages() {
    let world = World::start().await;
    // More than any message or body limit.
    let chunks = futures_util::stream::iter((0..40u8).map(|number| Ok::<_, std::io::Error>(Bytes::from(vec![number; 100_000]))));
    let request = world
        .rest("PUT", "/v1/uploads/u%201/content?offset=5")
        .header("content-type", "image/png")
        .body(reqwest::Body::wrap_stream(chunks));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["receivedBytes"], "4000000");
    assert!(answer["chunks"].as_i64().unwrap() >= 62, "{answer}");
    let seen = world.backend.last().messages;
    assert_eq!(
        (&seen[0]["uploadId"], &seen[0]["offset"], &seen[0]["content"]["contentType"]),
        (&json!("u 1"), &json!("5"), &json!("image/png"))
    );
    assert!(seen[1].get("uploadId").is_none() && seen[1]["content"].get("contentType").is_none());
    assert!(
        seen.iter()
            .all(|message| message["content"]["data"].as_str().unwrap().len() <= 65536 * 4 / 3 + 4)
    );
}

#[tokio::test]
async fn an_empty_upload_still_says_what_it_is() {
    let world = World::start().await;
    let answer: Value = world
        .rest("PUT", "/v1/uploads/u1/content")
        .header("content-type", "text/plain")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer, json!({"receivedBytes": "0", "chunks": 1}));
    assert_eq!(
        world.backend.last_message(),
        json!({"uploadId": "u1", "content": {"contentType": "text/plain"}})
    );
}

#[tokio::test]
async fn an_upload_flows_while_it_is_sent_and_breaks_as_a_break() {
    let world = World::start().await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    let body = reqwest::Body::wrap_stream(tokio_stream(receiver));
    let request = world
        .rest("PUT", "/v1/uploads/u1/content")
        .header("content-type", "application/octet-stream")
        .body(body);
    let sending = request.send();
    let feeding = async {
        sender.send(Ok(Bytes::from(vec![1; 50_000]))).await.unwrap();
        World::until("the first bytes arrive", || world.backend.received.load(Ordering::SeqCst) >= 50_000).await;
        sender.send(Err(std::io::Error::other("cable pulled"))).await.unwrap();
    };
    let (sent, ()) = tokio::join!(sending, feeding);
    assert!(sent.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.backend.calls(), 0, "a broken upload must not look whole");
}

fn tokio_stream(
    mut receiver: tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>,
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    async_stream::stream! {
        while let Some(item) = receiver.recv().await {
            yield item;
        }
    }
}

#[tokio::test]
async fn an_upload_that_stands_still_is_cut() {
    let world = World::with(|config| config.stream_idle_ms = 200).await;
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    sender.send(Ok(Bytes::from_static(b"start"))).await.unwrap();
    let request = world
        .rest("PUT", "/v1/uploads/u1/content")
        .header("content-type", "text/plain")
        .body(reqwest::Body::wrap_stream(tokio_stream(receiver)));
    let (status, error) = error(request.send().await.unwrap()).await;
    assert_eq!((status, reason(&error)), (504, "DEADLINE_EXCEEDED"));
    drop(sender);
}

#[tokio::test]
async fn a_download_is_the_bytes_with_the_service_s_headers() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/files/big/content").send().await.unwrap();
    let headers = response.headers().clone();
    for (name, value) in [
        ("content-type", "application/x-big"),
        ("content-length", "2097152"),
        ("content-disposition", "attachment; filename=\"big.bin\""),
        ("cache-control", "private, max-age=60"),
        ("etag", "\"f1\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let bytes = response.bytes().await.unwrap();
    assert_eq!((bytes.len(), bytes[0], bytes[65536], bytes[2097151]), (2_097_152, 0, 1, 31));
}

#[tokio::test]
async fn ranges_and_versions_are_the_service_s_affair() {
    let world = World::start().await;
    let part = world
        .rest("GET", "/v1/files/part/content")
        .header("range", "bytes=2-5")
        .header("if-range", "\"f1\"")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.status().as_u16(), part.headers()["content-range"].to_str().unwrap()),
        (206, "bytes 2-5/10")
    );
    assert_eq!(part.headers()["repr-digest"], "sha-256=:AAAA:");
    assert_eq!(world.backend.last().headers["if-range"], "\"f1\"");
    assert_eq!(part.text().await.unwrap(), "2345");
    let unchanged = world
        .rest("GET", "/v1/files/unchanged/content")
        .header("if-none-match", "\"f1\"")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (unchanged.status().as_u16(), unchanged.headers()["etag"].to_str().unwrap()),
        (304, "\"f1\"")
    );
    assert!(!unchanged.headers().contains_key("content-type"));
    let (status, _) = error(world.rest("GET", "/v1/files/missing/content").send().await.unwrap()).await;
    assert_eq!(status, 404);
    let head = world.rest("HEAD", "/v1/files/big/content").send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()),
        (200, "2097152")
    );
}

#[tokio::test]
async fn a_range_outside_says_how_large_the_content_is() {
    let world = World::start().await;
    let request = world.rest("GET", "/v1/files/short/content").header("range", "bytes=10-");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-range"], "bytes */10");
    let (status, error) = error(response).await;
    assert_eq!((status, reason(&error)), (416, "RANGE_UNSATISFIABLE"));
    assert_eq!(error["status"], "OUT_OF_RANGE");
}

#[tokio::test]
async fn half_a_file_is_not_taken_for_a_whole_one() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/files/breaks/content").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn an_uploaded_page_runs_nothing() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/files/page/content").send().await.unwrap();
    assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_page_that_a_service_made_may_have_a_style_and_a_form() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/files/form/content").send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("default-src 'none'") && !policy.contains("sandbox"));
    assert!(response.headers().get("x-page-policy").is_none(), "that is between us");
}

#[tokio::test]
async fn a_download_that_nobody_reads_ends() {
    let world = World::start().await;
    let mut body = world.rest("GET", "/v1/files/big/content").send().await.unwrap().bytes_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    // The connection is free again for the next one.
    assert_eq!(world.rest("GET", "/v1/things/7").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn any_body_at_once_from_anybody() {
    let world = World::start().await;
    let request = world
        .bare("POST", "/v1/feedback?token=abc")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "text/plain")
    );
    assert_eq!(response.text().await.unwrap(), "List-Unsubscribe=One-Click");
    let seen = world.backend.last_message();
    assert_eq!(
        (&seen["token"], &seen["content"]["contentType"]),
        (&json!("abc"), &json!("application/x-www-form-urlencoded"))
    );
    let (status, _) = error(world.bare("POST", "/v1/feedback").body(vec![0; 2 << 20]).send().await.unwrap()).await;
    assert_eq!(status, 413);
}
