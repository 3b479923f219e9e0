//! Server streams on REST.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::world::{World, error, reason};

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text:?}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn one_json_a_line_with_exactly_one_newline() {
    let world = World::start().await;
    let response = world.rest("GET", "/v1/watch").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let lines = lines(&response.text().await.unwrap());
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], json!({"result": {"resumeToken": "t1", "checkpoint": {}}}));
    assert_eq!(lines[1]["result"]["thingUpserted"]["displayName"], "line\nbreak");
}

#[tokio::test]
async fn a_failure_on_the_way_is_the_last_line() {
    let world = World::start().await;
    for (scenario, expected) in [("fails-late", "SHUTTING_DOWN"), ("cut", "DEPENDENCY_UNAVAILABLE")] {
        let response = world.rest("GET", &format!("/v1/watch?scenario={scenario}")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let lines = lines(&response.text().await.unwrap());
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(
            (&lines[1]["error"]["status"], reason(&lines[1]["error"])),
            (&json!("UNAVAILABLE"), expected)
        );
    }
}

#[tokio::test]
async fn a_failure_before_the_first_message_keeps_its_status() {
    let world = World::start().await;
    let response = world
        .rest("GET", "/v1/watch?scenario=fails-early")
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    let (status, error) = error(response).await;
    assert_eq!((status, reason(&error)), (400, "RESUME_TOKEN_EXPIRED"));
}

#[tokio::test]
async fn events_have_an_id_a_name_and_one_line_of_data() {
    let world = World::start().await;
    let response = world
        .rest("GET", "/v1/watch")
        .header("accept", "text/html, text/event-stream;q=0.9")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    assert_eq!(
        events[0],
        "id: t1\nevent: checkpoint\ndata: {\"resumeToken\":\"t1\",\"checkpoint\":{}}"
    );
    assert!(events[1].starts_with("id: t2\nevent: thing_upserted\ndata: {") && events[1].contains("line\\nbreak"));
}

#[tokio::test]
async fn a_failure_on_the_way_is_an_event_of_its_own() {
    let world = World::start().await;
    let response = world
        .rest("GET", "/v1/watch?scenario=fails-late")
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    let text = response.text().await.unwrap();
    let last = text.trim_end().rsplit("\n\n").next().unwrap();
    let data = last.strip_prefix("event: stream-error\ndata: ").unwrap();
    let error: Value = serde_json::from_str(data).unwrap();
    assert_eq!(error["error"]["code"], 503);
}

#[tokio::test]
async fn the_last_event_id_beats_the_token_of_the_url() {
    let world = World::start().await;
    world
        .rest("GET", "/v1/watch?resume_token=old")
        .header("accept", "text/event-stream")
        .header("last-event-id", "new")
        .send()
        .await
        .unwrap();
    assert_eq!(world.backend.last_message()["resumeToken"], "new");
    world.rest("GET", "/v1/watch?resume_token=old").send().await.unwrap();
    assert_eq!(world.backend.last_message()["resumeToken"], "old");
}

#[tokio::test]
async fn a_silent_stream_shows_signs_of_life_and_is_cut_when_its_service_is_dead() {
    let world = World::with(|config| {
        config.heartbeat_ms = 50;
        config.stream_idle_ms = 400;
    })
    .await;
    let response = world
        .rest("GET", "/v1/watch?scenario=endless")
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    let text = response.text().await.unwrap();
    assert!(text.matches(": still here\n\n").count() >= 3, "{text}");
    assert!(text.contains("event: stream-error") && text.contains("DEADLINE_EXCEEDED"), "{text}");
    World::until("the service is let go", || {
        world.backend.given_up.load(std::sync::atomic::Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_service_s_work() {
    let world = World::start().await;
    for accept in ["text/event-stream", "*/*"] {
        let before = world.backend.given_up.load(std::sync::atomic::Ordering::SeqCst);
        let response = world
            .rest("GET", "/v1/watch?scenario=endless")
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        let mut body = response.bytes_stream();
        assert!(
            body.next()
                .await
                .unwrap()
                .unwrap()
                .starts_with(if accept == "*/*" { b"{\"result\"" } else { b"id: t1\n" })
        );
        drop(body);
        World::until("the service is let go", || {
            world.backend.given_up.load(std::sync::atomic::Ordering::SeqCst) == before + 1
        })
        .await;
    }
}

#[tokio::test]
async fn a_unary_call_is_given_up_with_its_client() {
    let world = World::start().await;
    let call = world
        .rest("GET", "/v1/things/slow")
        .timeout(std::time::Duration::from_millis(300))
        .send();
    assert!(call.await.is_err());
    World::until("the service is let go", || {
        world.backend.given_up.load(std::sync::atomic::Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn streams_of_the_client_are_on_grpc_only() {
    let world = World::start().await;
    assert!(!world.gateway.routes_txt().contains("Chat"));
}
