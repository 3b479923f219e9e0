//! WriteUpload.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tasktracker_proto::files::v1::WriteUploadRequest;
use tasktracker_testing::problem;
use tonic::{Code, Status};

use crate::scene::*;

#[tokio::test]
async fn a_content_goes_up_in_parts_and_comes_down_whole() {
    let Scene {
        world, linus, tim, task, ..
    } = scene().await;
    let content = noise(700_001, 1);
    let upload_id = linus.announce(&task, "a.bin", &content).await;
    for (from, to) in [(0, 1), (1, 300_000), (300_000, 300_000), (300_000, 700_001)] {
        let answer = linus
            .write(&upload_id, i64::try_from(from).unwrap(), &content[from..to])
            .await
            .expect("writes");
        let upload = answer.into_inner().upload.expect("an upload");
        assert_eq!(usize::try_from(upload.received_bytes).unwrap(), to);
        assert_eq!(linus.get_upload(&upload_id).await.expect("reads"), upload);
    }
    let file = linus
        .complete(&upload_id, &sha256(&content))
        .await
        .expect("completes")
        .into_inner()
        .file
        .expect("a file");
    assert_eq!(
        (file.id.as_str(), file.size_bytes, file.sha256.as_str()),
        (&*upload_id, 700_001, &*sha256(&content))
    );
    let down = tim.download(&file.id).await.expect("downloads");
    assert!(down.bytes == content && down.largest <= 256 * 1024);
    until("nothing is left on its way", || async { !is_coming(&world, &upload_id).await }).await;
}

#[tokio::test]
async fn bytes_go_to_the_next_offset_only() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"0123456789").await;
    let mismatch = |offset: i64| format!("FAILED_PRECONDITION OFFSET_MISMATCH offset={offset}");
    assert_eq!(problem(linus.write(&upload_id, 1, b"1").await).to_string(), mismatch(0));
    linus.write(&upload_id, 0, b"0123").await.expect("writes");
    for offset in [0, 3, 5, 10, i64::MAX] {
        assert_eq!(problem(linus.write(&upload_id, offset, b"x").await).to_string(), mismatch(4));
    }
    assert_eq!(problem(linus.write(&upload_id, -1, b"x").await).fields(), ["offset"]);
    linus.write(&upload_id, 4, b"456789").await.expect("writes");
    linus.complete(&upload_id, &sha256(b"0123456789")).await.expect("completes");
    assert_eq!(
        problem(linus.write(&upload_id, 10, b"").await).to_string(),
        "FAILED_PRECONDITION UPLOAD_OVER"
    );
    drop(world);
}

#[tokio::test]
async fn more_than_announced_is_refused_and_nothing_of_it_kept() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(20_000_000, 3);
    let announced = &content[..10_000_000];
    let upload_id = linus.announce(&task, "a", announced).await;
    linus.write(&upload_id, 0, &content[..100]).await.expect("writes");
    // Twice as much, after parts of it were safe already.
    let refused = problem(linus.write(&upload_id, 100, &content[100..]).await);
    assert_eq!(
        (refused.code, refused.fields()),
        (Code::InvalidArgument, vec!["content"]),
        "{refused}"
    );
    assert_eq!(linus.get_upload(&upload_id).await.expect("reads").received_bytes, 100);
    if let Some(path) = incoming(&world, &upload_id) {
        assert_eq!(std::fs::metadata(path).expect("there").len(), 100);
    }
    // One byte too many, in one message.
    let small = linus.announce(&task, "b", b"12").await;
    assert_eq!(problem(linus.write(&small, 0, b"123").await).fields(), ["content"]);
    assert_eq!(linus.get_upload(&small).await.expect("reads").received_bytes, 0);
    // Both can go on.
    linus.write(&upload_id, 100, &announced[100..]).await.expect("writes");
    linus.complete(&upload_id, &sha256(announced)).await.expect("completes");
    linus.write(&small, 0, b"12").await.expect("writes");
    linus.complete(&small, &sha256(b"12")).await.expect("completes");
}

#[tokio::test]
async fn one_call_writes_at_a_time() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(300_001, 9);
    let upload_id = linus.announce(&task, "a", &content).await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let held = stream::iter(messages(&upload_id, 0, &content[..300_000])).chain(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|message: WriteUploadRequest| (message, receiver))
    }));
    let mut uploads = linus.uploads();
    let slow = async { uploads.write_upload(held).await };
    let others = async {
        // At an offset that is refused as long as nobody else writes.
        until("the first call writes", || async {
            problem(linus.write(&upload_id, 1, b"2").await).to_string() == "ABORTED CONTENTION"
        })
        .await;
        sender.send(messages("", 0, &content[300_000..]).remove(0)).await.expect("open");
        drop(sender);
    };
    let (written, ()) = tokio::join!(slow, others);
    assert_eq!(
        written.expect("writes").into_inner().upload.expect("an upload").received_bytes,
        300_001
    );
    linus.complete(&upload_id, &sha256(&content)).await.expect("completes");
    drop(world);
}

#[tokio::test]
async fn a_broken_call_leaves_what_it_brought() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(400_000, 4);
    let upload_id = linus.announce(&task, "a", &content).await;
    let path = format!("/v1/uploads/{upload_id}/content");
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let body = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|item| (item, receiver))
    });
    let request = linus.http("PUT", &path).body(reqwest::Body::wrap_stream(body));
    let feeding = async {
        sender.send(Ok(content[..300_000].to_vec())).await.expect("open");
        tokio::time::sleep(Duration::from_millis(200)).await;
        sender.send(Err(std::io::Error::other("cable pulled"))).await.expect("open");
    };
    let (sent, ()) = tokio::join!(request.send(), feeding);
    assert!(sent.is_err());
    until("what came is safe", || async {
        linus.get_upload(&upload_id).await.expect("reads").received_bytes > 0
    })
    .await;
    let received = usize::try_from(linus.get_upload(&upload_id).await.expect("reads").received_bytes).unwrap();
    assert!(received <= 300_000);
    let request = linus
        .http("PUT", &format!("{path}?offset={received}"))
        .body(content[received..].to_vec());
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    linus.complete(&upload_id, &sha256(&content)).await.expect("completes");
    drop(world);
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart_at_what_was_safe() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(600_000, 5);
    let upload_id = linus.announce(&task, "a", &content).await;
    linus.write(&upload_id, 0, &content[..250_000]).await.expect("writes");
    world.stop().await;
    // What was written but never told of, as after a crash.
    if let Some(path) = incoming(&world, &upload_id) {
        let mut kept = std::fs::read(&path).expect("there");
        assert_eq!(kept.len(), 250_000);
        kept.extend_from_slice(&[0xaa; 10_000]);
        std::fs::write(&path, kept).expect("writes");
    }
    let world = Box::pin(world.restart()).await;
    let linus = linus.again(&world).await;
    assert_eq!(linus.get_upload(&upload_id).await.expect("reads").received_bytes, 250_000);
    linus.write(&upload_id, 250_000, &content[250_000..]).await.expect("writes");
    let file = linus
        .complete(&upload_id, &sha256(&content))
        .await
        .expect("completes")
        .into_inner()
        .file
        .expect("a file");
    assert!(linus.download(&file.id).await.expect("downloads").bytes == content);
}

#[tokio::test]
async fn a_call_that_brings_next_to_nothing_is_cut_off() {
    let Scene { world, linus, task, .. } = scene_with(|files| {
        files.upload_idle_ms = 300;
        files.upload_idle_bytes = 1000;
    })
    .await;
    let content = noise(100_000, 6);
    let upload_id = linus.announce(&task, "a", &content).await;
    let dripping = |content: Vec<u8>, from: usize, pause: u64| {
        stream::unfold((content, from, upload_id.clone()), move |(content, at, id)| async move {
            if at > from {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            let message = WriteUploadRequest {
                upload_id: id,
                offset: if at == from { i64::try_from(from).unwrap() } else { 0 },
                content: Some(data(&content[at..=at])),
            };
            Some((message, (content, at + 1, String::new())))
        })
    };
    // A byte every 50 ms, then nothing at all.
    for (from, pause) in [(0, 50), (usize::MAX, 100_000)] {
        let from = if from == 0 {
            0
        } else {
            usize::try_from(linus.get_upload(&upload_id).await.expect("reads").received_bytes).unwrap()
        };
        let refused = problem(linus.uploads().write_upload(dripping(content.clone(), from, pause)).await);
        assert_eq!(refused.to_string(), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
    }
    // What it brought is kept.
    let received = linus.get_upload(&upload_id).await.expect("reads").received_bytes;
    assert!((2..20).contains(&received), "{received}");
    linus
        .write(&upload_id, received, &content[usize::try_from(received).unwrap()..])
        .await
        .expect("writes");
    linus.complete(&upload_id, &sha256(&content)).await.expect("completes");
    drop(world);
}

#[tokio::test]
async fn only_the_first_message_says_where() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"12").await;
    let nowhere = stream::iter(messages("", 0, b"1"));
    assert_eq!(problem(linus.uploads().write_upload(nowhere).await).fields(), ["upload_id"]);
    let nothing = stream::iter(Vec::<WriteUploadRequest>::new());
    assert_eq!(
        problem(linus.uploads().write_upload(nothing).await).to_string(),
        "INVALID_ARGUMENT MALFORMED_REQUEST"
    );
    let twice = [messages(&upload_id, 0, b"1"), messages(&upload_id, 1, b"2")].concat();
    assert_eq!(
        problem(linus.uploads().write_upload(stream::iter(twice)).await).fields(),
        ["upload_id"]
    );
    assert_eq!(
        linus.get_upload(&upload_id).await.expect("reads").received_bytes,
        1,
        "what came before is kept"
    );
    let large = stream::iter([WriteUploadRequest {
        upload_id: upload_id.clone(),
        offset: 1,
        content: Some(data(&vec![0; 1_200_000])),
    }]);
    let refused: Status = linus.uploads().write_upload(large).await.expect_err("too large");
    assert_eq!(tasktracker_testing::Problem::of(&refused).reason, "PAYLOAD_TOO_LARGE");
    drop(world);
}

#[tokio::test]
async fn an_upload_past_its_time_is_over() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"12").await;
    linus.write(&upload_id, 0, b"1").await.expect("writes");
    world.advance(Duration::from_secs(24 * 60 * 60)).await;
    let over = "FAILED_PRECONDITION UPLOAD_OVER";
    assert_eq!(problem(linus.write(&upload_id, 1, b"2").await).to_string(), over);
    assert_eq!(problem(linus.complete(&upload_id, "").await).to_string(), over);
}

#[tokio::test]
async fn rest_takes_raw_bytes_of_unknown_length() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(3_000_000, 7);
    let body = serde_json::json!({"taskId": task.id, "fileName": "a.bin", "sizeBytes": "3000000", "sha256": sha256(&content)});
    let (status, made) = linus.rest("POST", "/v1/uploads", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let upload_id = made["uploadId"].as_str().expect("an id").to_owned();
    let pieces: Vec<_> = content
        .chunks(70_000)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
        .collect();
    let request = linus
        .http("PUT", &format!("/v1/uploads/{upload_id}/content"))
        .header("content-type", "application/x-whatever")
        .body(reqwest::Body::wrap_stream(stream::iter(pieces)));
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), 200);
    let upload: serde_json::Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
    assert_eq!(
        (&upload["receivedBytes"], &upload["state"]),
        (&"3000000".into(), &"UPLOAD_STATE_PENDING".into()),
        "{upload}"
    );
    let (status, file) = linus
        .rest("POST", &format!("/v1/uploads/{upload_id}:complete"), Some(serde_json::json!({})))
        .await;
    assert_eq!((status, &file["sizeBytes"]), (200, &"3000000".into()), "{file}");
    let answer = linus
        .http("GET", &format!("/v1/files/{upload_id}/content"))
        .send()
        .await
        .expect("answers");
    assert!(answer.bytes().await.expect("a body") == content);
    drop(world);
}
