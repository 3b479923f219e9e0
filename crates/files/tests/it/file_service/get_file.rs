//! GetFile.

use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn who_sees_the_task_sees_its_files() {
    let Scene {
        world,
        linus,
        tim,
        eve,
        task,
        ..
    } = scene().await;
    let file = linus.put(&task, "a.txt", b"words").await;
    let seen = tim.get(&file.id).await.expect("reads").into_inner().file.expect("a file");
    assert_eq!(seen, file);
    let hidden = problem(eve.get(&file.id).await);
    assert_eq!(hidden, problem(tim.get(MISSING).await), "hidden is missing");
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(tim.get("x").await).fields(), ["file_id"]);
    drop(world);
}

#[tokio::test]
async fn an_upload_is_no_file_until_it_is_completed() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"1").await;
    linus.write(&upload_id, 0, b"1").await.expect("writes");
    assert_eq!(code(linus.get(&upload_id).await), tonic::Code::NotFound);
    assert_eq!(code(linus.download(&upload_id).await), tonic::Code::NotFound);
    assert_eq!(code(linus.delete(&upload_id).await), tonic::Code::NotFound);
    let refused = linus.complete(&upload_id, &sha256(b"2")).await;
    assert_eq!(problem(refused).reason, "CHECKSUM_MISMATCH");
    assert_eq!(code(linus.download(&upload_id).await), tonic::Code::NotFound);
    drop(world);
}

#[cfg(feature = "s3")]
#[tokio::test]
async fn a_download_may_go_by_the_store_itself_where_the_operator_wants_that() {
    use tasktracker_files::config::Downloads;

    let Some(bucket) = crate::bucket::Bucket::of_environment() else {
        return;
    };
    let Scene {
        world, linus, eve, task, ..
    } = scene_with(|files| {
        files.s3 = bucket.settings;
        files.s3.downloads = Downloads::Redirect;
    })
    .await;
    let file = linus.put(&task, "a.html", b"<p>words").await;
    assert_eq!(
        (file.download_url.as_str(), file.download_url_expire_time),
        ("", None),
        "only GetFile makes one"
    );
    assert_eq!(linus.list(&task.id).await.expect("lists")[0].download_url, "");
    let seen = linus.get(&file.id).await.expect("reads").into_inner().file.expect("a file");
    let expires = seen.download_url_expire_time.expect("a time").seconds;
    assert_eq!(expires - world.system.files.now().as_second(), 60);
    let answer = reqwest::get(&seen.download_url).await.expect("answers");
    assert_eq!(
        answer.headers()["content-type"],
        "application/octet-stream",
        "nothing that runs in a browser"
    );
    assert!(
        answer.headers()["content-disposition"]
            .to_str()
            .expect("ASCII")
            .starts_with("attachment")
    );
    assert_eq!(answer.bytes().await.expect("a body"), "<p>words");
    let (status, shown) = linus.rest("GET", &format!("/v1/files/{}", file.id), None).await;
    assert_eq!(status, 200);
    assert!(
        shown["downloadUrl"].as_str().expect("an address").contains("X-Amz-Signature"),
        "{shown}"
    );
    assert_eq!(code(eve.get(&file.id).await), tonic::Code::NotFound);
}
