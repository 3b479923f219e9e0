//! The request id: the caller's where it is one, ours otherwise; on every answer, in every refusal, and known to the code inside.

use tonic::{Code, Request};

use crate::raw::{KEYS, call, frame, ours};
use crate::things::{Things, please};

#[tokio::test]
async fn the_callers_id_is_kept() {
    let things = Things::default();
    let longest = "x".repeat(128);
    for id in ["a", "0190b2c4-7f3e-7000-8000-000000000000", "!~", longest.as_str()] {
        let mut request: Request<_> = please("");
        request.metadata_mut().insert("x-request-id", id.parse().unwrap());
        let answer = things.keys().get_key_set(request).await.unwrap();
        assert_eq!(answer.metadata().get("x-request-id").unwrap(), id);
        let key = &answer.get_ref().keys[0];
        assert_eq!(
            (key.kid.as_str(), key.x.as_str()),
            (id, id),
            "the code inside and the metadata it passes on"
        );
    }
}

#[tokio::test]
async fn what_is_no_id_is_replaced() {
    let service = Things::default().service();
    let too_long = "x".repeat(129);
    let wrong: [&[u8]; 6] = [b"", b"a b", b"a\tb", "\u{e9}".as_bytes(), b"\xff\xfe", too_long.as_bytes()];
    let mut seen = std::collections::HashSet::new();
    for id in wrong {
        let answer = call(&service, KEYS, &[("x-request-id", id), ("x-do", b"refuse")], frame(0, b"")).await;
        let (code, _, made) = ours(&answer.status.unwrap());
        assert_eq!(code, Code::NotFound);
        assert_eq!(answer.headers["x-request-id"], made.as_str());
        let made: uuid::Uuid = made.parse().expect("an id of ours");
        assert_eq!(made.get_version_num(), 7);
        assert!(seen.insert(made), "each call has its own");
    }
}

#[tokio::test]
async fn without_one_each_call_gets_its_own_inside_and_outside() {
    let things = Things::default();
    let mut keys = things.keys();
    let mut last = String::new();
    for _ in 0..3 {
        let answer = keys.get_key_set(please("")).await.unwrap();
        let id = answer.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
        let key = &answer.get_ref().keys[0];
        assert_eq!((&key.kid, &key.x), (&id, &id));
        assert!(id > last);
        last = id;
    }
}

#[tokio::test]
async fn a_stream_knows_its_request_until_its_end() {
    let things = Things::default();
    let mut request: Request<_> = please("fail");
    request.metadata_mut().insert("x-request-id", "stream-7".parse().unwrap());
    let answer = things.watch().watch(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "stream-7");
    let mut stream = answer.into_inner();
    let status = loop {
        if let Err(status) = stream.message().await {
            break status;
        }
    };
    assert_eq!(ours(&status).2, "stream-7");
}
