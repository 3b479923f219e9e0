//! DownloadFile.

use tasktracker_files::blob::Area;

use futures_util::StreamExt;
use tonic::Code;

use crate::scene::*;

#[tokio::test]
async fn a_download_says_what_it_is() {
    let Scene {
        world, linus, tim, task, ..
    } = scene().await;
    let content = noise(600_000, 1);
    let file = linus.put(&task, "Бюджет 2026.bin", &content).await;
    let down = tim.download(&file.id).await.expect("downloads");
    assert!(down.bytes == content);
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
        ("etag", &*file.etag),
        (
            "content-disposition",
            "attachment; filename=\"______ 2026.bin\"; filename*=UTF-8''%D0%91%D1%8E%D0%B4%D0%B6%D0%B5%D1%82%202026.bin",
        ),
    ] {
        assert_eq!(down.header(name), value, "{name}");
    }
    let response = tim
        .http("GET", &format!("/v1/files/{}/content", file.id))
        .send()
        .await
        .expect("answers");
    assert_eq!((response.status().as_u16(), response.content_length()), (200, Some(600_000)));
    let digest = response.headers()["repr-digest"].to_str().expect("ASCII").to_owned();
    assert!(digest.starts_with("sha-256=:") && digest.len() == 54, "{digest}");
    assert!(response.bytes().await.expect("a body") == content);
    drop(world);
}

#[tokio::test]
async fn ranges_are_parts() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(500_000, 2);
    let file = linus.put(&task, "a", &content).await;
    let path = format!("/v1/files/{}/content", file.id);
    let get = async |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(linus.http("GET", &path), |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.expect("answers");
        let range = response
            .headers()
            .get("content-range")
            .map_or("", |value| value.to_str().expect("ASCII"))
            .to_owned();
        (response.status().as_u16(), range, response.bytes().await.expect("a body"))
    };
    for (range, part) in [
        ("bytes=0-", 0..500_000),
        ("bytes=0-0", 0..1),
        ("bytes=-1", 499_999..500_000),
        ("bytes=100000-400000", 100_000..400_001),
        ("bytes=499999-9999999", 499_999..500_000),
    ] {
        let (status, header, bytes) = get(&[("range", range)]).await;
        assert_eq!(
            (status, header),
            (206, format!("bytes {}-{}/500000", part.start, part.end - 1)),
            "{range}"
        );
        assert!(bytes == content[part], "{range}");
    }
    let many = format!("bytes=0-0{}", ",2-3".repeat(1000));
    for ignored in ["bytes=5-1", "bytes=0-0,2-3", "lines=1-2", "bytes=x", &many] {
        let (status, header, bytes) = get(&[("range", ignored)]).await;
        assert_eq!((status, header.as_str(), bytes.len()), (200, "", 500_000), "{ignored}");
    }
    for outside in ["bytes=500000-", "bytes=9223372036854775809-", "bytes=-0"] {
        let (status, header, body) = get(&[("range", outside)]).await;
        assert_eq!((status, header.as_str()), (416, "bytes */500000"), "{outside}");
        assert!(String::from_utf8_lossy(&body).contains("RANGE_UNSATISFIABLE"));
    }
    let stale = get(&[("range", "bytes=0-0"), ("if-range", "\"old\"")]).await;
    assert_eq!((stale.0, stale.2.len()), (200, 500_000));
    assert_eq!(get(&[("range", "bytes=0-0"), ("if-range", &file.etag)]).await.0, 206);
    let known = get(&[("if-none-match", &file.etag)]).await;
    assert_eq!((known.0, known.2.len()), (304, 0));
    assert_eq!(get(&[("if-none-match", "\"other\"")]).await.0, 200);
    drop(world);
}

#[tokio::test]
async fn ranges_are_for_grpc_too() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a.txt", b"0123456789").await;
    let down = linus.with("range", "bytes=2-5").download(&file.id).await.expect("downloads");
    assert_eq!(
        (down.bytes.as_slice(), down.header("content-range")),
        (b"2345".as_slice(), "bytes 2-5/10")
    );
    let refused = linus.with("range", "bytes=10-").files();
    let request = tasktracker_proto::files::v1::DownloadFileRequest { file_id: file.id.clone() };
    let refused = { refused }.download_file(request).await;
    let refused = tasktracker_testing::Problem::of(&refused.map(|_| ()).expect_err("outside"));
    assert_eq!(refused.to_string(), "OUT_OF_RANGE RANGE_UNSATISFIABLE size=10");
    let same = linus.with("if-none-match", &file.etag).download(&file.id).await.expect("answers");
    assert_eq!((same.bytes.len(), same.header("etag")), (0, &*file.etag));
    drop(world);
}

#[tokio::test]
async fn strangers_download_nothing() {
    let Scene {
        world, linus, eve, task, ..
    } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    assert_eq!(code(eve.download(&file.id).await), Code::NotFound);
    let anonymous = reqwest::get(format!("http://{}/v1/files/{}/content", world.address, file.id))
        .await
        .expect("answers");
    assert_eq!(anonymous.status(), 401);
}

#[tokio::test]
async fn a_content_that_vanished_is_not_found() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"words").await;
    lose(&world, &file.id).await;
    assert_eq!(code(linus.download(&file.id).await), Code::NotFound);
    assert_eq!(code(linus.with("range", "bytes=0-1").download(&file.id).await), Code::NotFound);
    let response = linus
        .http("GET", &format!("/v1/files/{}/content", file.id))
        .send()
        .await
        .expect("answers");
    assert_eq!(response.status(), 404);
    // It stays listed: people see what to ask a backup for, and may delete it.
    assert_eq!(linus.list(&task.id).await.expect("lists"), std::slice::from_ref(&file));
    linus.delete(&file.id).await.expect("deletes");
}

#[tokio::test]
async fn a_content_that_rotted_is_never_taken_for_whole() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(600_000, 3);
    let (large, small) = (linus.put(&task, "a", &content).await, linus.put(&task, "b", b"words").await);
    // In its first byte: everything but the last piece has left before it is known.
    let mut rotten = content.clone();
    rotten[0] ^= 1;
    lay(&world, Area::Objects, &large.id, &rotten).await;
    lay(&world, Area::Objects, &small.id, b"Words").await;
    assert_eq!(code(linus.download(&large.id).await), Code::Internal);
    assert_eq!(code(linus.download(&small.id).await), Code::Internal);
    let path = |file: &str| format!("/v1/files/{file}/content");
    let response = linus.http("GET", &path(&large.id)).send().await.expect("answers");
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err(), "the connection breaks before the end");
    let response = linus.http("GET", &path(&small.id)).send().await.expect("answers");
    assert_eq!(response.status(), 500, "of a small one nothing is sent");
    // Shorter or longer is known at once.
    lay(&world, Area::Objects, &small.id, b"word").await;
    assert_eq!(code(linus.download(&small.id).await), Code::Internal);
}

#[tokio::test]
async fn a_reader_who_leaves_ends_the_work() {
    let Scene { world, linus, task, .. } = scene().await;
    let content = noise(5_000_000, 4);
    let file = linus.put(&task, "a", &content).await;
    let response = linus
        .http("GET", &format!("/v1/files/{}/content", file.id))
        .send()
        .await
        .expect("answers");
    let mut body = response.bytes_stream();
    body.next().await.expect("a piece").expect("bytes");
    drop(body);
    // Nothing holds the world back when it stops.
    world.stop().await;
    assert!(linus.download(&file.id).await.is_err());
}
