//! CreateUpload.

use std::time::Duration;

use futures_util::future::join_all;
use tasktracker_proto::core::v1::{ArchiveProjectRequest, DeleteProjectRequest, DeleteTaskRequest};
use tasktracker_proto::files::v1::CreateUploadRequest;
use tasktracker_testing::{World, problem};
use tonic::Code;

use crate::scene::*;

#[tokio::test]
async fn an_announced_upload_waits_for_bytes() {
    let Scene { world, linus, task, .. } = scene().await;
    let request = announcement(&task, "a.txt", b"12345");
    let made = linus.uploads().create_upload(request).await.expect("announces").into_inner();
    let upload = linus.get_upload(&made.upload_id).await.expect("reads");
    assert_eq!((upload.received_bytes, upload.size_bytes, upload.state), (0, 5, 1));
    assert_eq!(upload.expire_time, made.expire_time);
    let expires = made.expire_time.expect("a time").seconds;
    let begun = tasktracker_testing::BEGINNING
        .parse::<jiff::Timestamp>()
        .expect("a moment")
        .as_second();
    assert_eq!(expires - begun, 24 * 60 * 60);
    assert_eq!(
        is_coming(&world, &made.upload_id).await,
        incoming(&world, "").is_some(),
        "a file is named beforehand"
    );
    assert_eq!(linus.list(&task.id).await.expect("lists"), [], "nothing is seen of it yet");
}

#[tokio::test]
async fn only_who_may_upload_there_may_announce() {
    let Scene {
        world: _world,
        ada,
        tim,
        eve,
        web,
        task,
        ..
    } = scene().await;
    let try_as = async |person: &Person, task_id: &str| {
        let request = CreateUploadRequest {
            task_id: task_id.to_owned(),
            ..announcement(&task, "a", b"1")
        };
        problem(person.uploads().create_upload(request).await).to_string()
    };
    assert_eq!(
        try_as(&tim, &task.id).await,
        "PERMISSION_DENIED PERMISSION_MISSING permission=file.upload"
    );
    assert_eq!(try_as(&eve, &task.id).await, "NOT_FOUND NOT_FOUND");
    assert_eq!(try_as(&eve, MISSING).await, "NOT_FOUND NOT_FOUND");
    assert_eq!(try_as(&ada, MISSING).await, "NOT_FOUND NOT_FOUND");
    assert_eq!(
        try_as(&ada, "WEB-1").await,
        "INVALID_ARGUMENT INVALID_FIELDS [task_id: must be a UUID]"
    );

    let other = ada.task(&web, "u").await;
    let deletion = DeleteTaskRequest {
        task_id: other.id.clone(),
        ..DeleteTaskRequest::default()
    };
    ada.tasks().delete_task(deletion).await.expect("deletes");
    assert_eq!(try_as(&ada, &other.id).await, "FAILED_PRECONDITION TASK_DELETED");
    let archiving = ArchiveProjectRequest {
        project_id: web.id.clone(),
        ..ArchiveProjectRequest::default()
    };
    ada.projects().archive_project(archiving).await.expect("archives");
    assert_eq!(try_as(&ada, &task.id).await, "FAILED_PRECONDITION PROJECT_ARCHIVED");
    let deletion = DeleteProjectRequest {
        project_id: web.id.clone(),
        ..DeleteProjectRequest::default()
    };
    ada.projects().delete_project(deletion).await.expect("deletes");
    assert_eq!(try_as(&ada, &task.id).await, "NOT_FOUND NOT_FOUND");
}

#[tokio::test]
async fn limits_have_names() {
    let Scene {
        linus,
        task,
        world,
        ada,
        web,
        ..
    } = scene_with(|files| {
        files.max_file_bytes = 100;
        files.files_per_task = 2;
        files.project_quota_bytes = 150;
    })
    .await;
    let announce = async |bytes: usize| {
        let outcome = linus.uploads().create_upload(announcement(&task, "a", &vec![0; bytes])).await;
        outcome
            .map(|made| made.into_inner().upload_id)
            .map_err(|status| tasktracker_testing::Problem::of(&status).to_string())
    };
    let limit = |name: &str, value: i64| Err(format!("RESOURCE_EXHAUSTED LIMIT_REACHED limit={name} value={value}"));
    assert_eq!(announce(101).await, limit("max_file_bytes", 100));
    announce(100).await.expect("fits");
    assert_eq!(announce(51).await, limit("project_quota_bytes", 150));
    announce(50).await.expect("fits");
    assert_eq!(announce(0).await, limit("files_per_task", 2));
    // The room is the project's, the count is the task's.
    let other = ada.task(&web, "u").await;
    linus.announce(&other, "empty", b"").await;
    let refused = linus.uploads().create_upload(announcement(&other, "a", b"1")).await;
    assert_eq!(problem(refused).reason, "LIMIT_REACHED");
    drop(world);
}

#[tokio::test]
async fn nobody_gets_past_the_quota_together() {
    let Scene { linus, task, world, .. } = scene_with(|files| files.project_quota_bytes = 1000).await;
    // Each takes 60 %: one may.
    let tries = (0..8).map(|_| async { linus.uploads().create_upload(announcement(&task, "a", &[0; 600])).await });
    let outcomes = join_all(tries).await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(made, 1);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refused.code(), Code::ResourceExhausted | Code::Aborted), "{refused:?}");
    }
    // What is not completed gives its room back.
    world.advance(Duration::from_secs(25 * 60 * 60)).await;
    tasktracker_files::jobs::sweep::sweep(&world.system.files).await.expect("sweeps");
    linus.announce(&task, "a", &[0; 1000]).await;
}

#[tokio::test]
async fn a_repeated_request_makes_one_upload() {
    let Scene {
        world, linus, ada, task, ..
    } = scene_with(|files| files.project_quota_bytes = 10).await;
    let request = CreateUploadRequest {
        request_id: "once".to_owned(),
        ..announcement(&task, "a", b"123456")
    };
    let first = linus
        .uploads()
        .create_upload(request.clone())
        .await
        .expect("announces")
        .into_inner();
    let again = linus.uploads().create_upload(request.clone()).await.expect("answers").into_inner();
    assert_eq!(first, again);
    let other = CreateUploadRequest {
        file_name: "b".to_owned(),
        ..request.clone()
    };
    assert_eq!(problem(linus.uploads().create_upload(other).await).reason, "IDEMPOTENCY_KEY_REUSED");
    // Somebody else's key is another one, for which there is no room.
    assert_eq!(problem(ada.uploads().create_upload(request).await).reason, "LIMIT_REACHED");
    drop(world);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_field() {
    let Scene { world, linus, task, .. } = scene().await;
    let wrong = CreateUploadRequest {
        size_bytes: -1,
        sha256: "abc".to_owned(),
        request_id: "é".to_owned(),
        ..announcement(&task, &"x".repeat(9000), b"")
    };
    assert_eq!(
        problem(linus.uploads().create_upload(wrong).await).fields(),
        ["file_name", "size_bytes", "sha256", "request_id"]
    );
    drop(world);
}

#[tokio::test]
async fn names_are_made_safe_and_lead_nowhere() {
    let Scene { world, linus, task, .. } = scene().await;
    for (given, name) in [
        ("../../x", "x"),
        ("..\\x", "x"),
        ("%2e%2e/", "file"),
        ("a\0b", "ab"),
        ("CON", "_CON"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
        ("\"; filename=evil.html", "_; filename=evil.html"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("", "file"),
    ] {
        let file = linus.put(&task, given, b"1").await;
        assert_eq!(file.file_name, name, "{given:?}");
        assert!(is_kept(&world, &file.id).await);
        let response = linus
            .http("GET", &format!("/v1/files/{}/content", file.id))
            .send()
            .await
            .expect("answers");
        assert_eq!(response.status(), 200);
        assert!(!response.headers().contains_key("set-cookie"));
        let header = response.headers()["content-disposition"].to_str().expect("ASCII").to_owned();
        assert!(
            header.starts_with("inline; filename=\"") && header.matches('"').count() == 2,
            "{header}"
        );
    }
    let long = linus.put(&task, &format!("{}.txt", "n".repeat(4096)), b"1").await;
    assert!(long.file_name.len() == 255 && long.file_name.ends_with(".txt"));
    World::stop(&world).await;
}
