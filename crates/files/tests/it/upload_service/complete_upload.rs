//! CompleteUpload.

use futures_util::future::join_all;
use tasktracker_proto::auth::v1::{RemoveProjectMemberRequest, UpdateProjectMemberRequest};
use tasktracker_proto::core::v1::{ArchiveProjectRequest, DeleteTaskRequest, UnarchiveProjectRequest};
use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn a_completed_upload_is_a_file_of_its_task() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let upload_id = linus.announce(&task, "notes.txt", b"some words").await;
    linus.write(&upload_id, 0, b"some words").await.expect("writes");
    assert_eq!(ada.list(&task.id).await.expect("lists"), []);
    let file = linus
        .complete(&upload_id, "")
        .await
        .expect("completes")
        .into_inner()
        .file
        .expect("a file");
    assert_eq!(file.id, upload_id);
    assert_eq!((&file.task_id, &file.project_id, &file.uploader_id), (&task.id, &web.id, &linus.id));
    assert_eq!((file.file_name.as_str(), file.size_bytes), ("notes.txt", 10));
    assert_eq!(
        (file.content_type.as_str(), &file.sha256),
        ("text/plain; charset=utf-8", &sha256(b"some words"))
    );
    assert_eq!(ada.list(&task.id).await.expect("lists"), std::slice::from_ref(&file));
    let again = linus
        .complete(&upload_id, "")
        .await
        .expect("answers")
        .into_inner()
        .file
        .expect("a file");
    assert_eq!(again, file, "twice is once");
    drop(world);
}

#[tokio::test]
async fn completing_together_makes_one_file() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"12").await;
    linus.write(&upload_id, 0, b"12").await.expect("writes");
    let files = join_all((0..6).map(|_| async { linus.complete(&upload_id, "").await.expect("completes").into_inner().file })).await;
    assert!(files.iter().all(|file| file == &files[0]));
    assert_eq!(linus.list(&task.id).await.expect("lists").len(), 1);
    drop(world);
}

#[tokio::test]
async fn bytes_must_be_all_there() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"12345").await;
    linus.write(&upload_id, 0, b"123").await.expect("writes");
    let missing = "FAILED_PRECONDITION UPLOAD_INCOMPLETE offset=3";
    assert_eq!(problem(linus.complete(&upload_id, "").await).to_string(), missing);
    linus.write(&upload_id, 3, b"45").await.expect("goes on");
    linus.complete(&upload_id, "").await.expect("completes");
    drop(world);
}

#[tokio::test]
async fn bytes_must_be_what_was_announced() {
    let Scene { world, linus, task, .. } = scene_with(|files| files.project_quota_bytes = 4).await;
    let mut announced = announcement(&task, "a", b"1234");
    announced.sha256 = sha256(b"1234").to_uppercase();
    let upload_id = linus
        .uploads()
        .create_upload(announced.clone())
        .await
        .expect("announces")
        .into_inner()
        .upload_id;
    linus.write(&upload_id, 0, b"1235").await.expect("writes");
    let other = problem(linus.complete(&upload_id, &sha256(b"1235")).await);
    assert_eq!(other.fields(), ["sha256"], "an announced checksum stands");
    let refused = problem(linus.complete(&upload_id, "").await);
    assert_eq!(refused.to_string(), "INVALID_ARGUMENT CHECKSUM_MISMATCH");
    assert!(!is_coming(&world, &upload_id).await && !is_kept(&world, &upload_id).await);
    assert_eq!(
        problem(linus.complete(&upload_id, "").await).to_string(),
        "FAILED_PRECONDITION UPLOAD_OVER"
    );
    assert_eq!(linus.list(&task.id).await.expect("lists"), []);
    // Its room is free again.
    let upload_id = linus
        .uploads()
        .create_upload(announced)
        .await
        .expect("announces")
        .into_inner()
        .upload_id;
    linus.write(&upload_id, 0, b"1234").await.expect("writes");
    linus.complete(&upload_id, "").await.expect("completes");
}

#[tokio::test]
async fn a_file_may_be_empty() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "nothing", b"").await;
    let file = linus
        .complete(&upload_id, &sha256(b""))
        .await
        .expect("completes")
        .into_inner()
        .file
        .expect("a file");
    assert_eq!((file.size_bytes, file.content_type.as_str()), (0, "application/octet-stream"));
    let down = linus.download(&file.id).await.expect("downloads");
    assert_eq!((down.bytes.len(), down.content_type.as_str()), (0, "application/octet-stream"));
    let response = linus
        .http("GET", &format!("/v1/files/{}/content", file.id))
        .send()
        .await
        .expect("answers");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-length"]),
        (200, &"0".parse().expect("a header"))
    );
    let range = linus.with("range", "bytes=0-").download(&file.id).await;
    assert_eq!(code(range), tonic::Code::OutOfRange);
    drop(world);
}

#[tokio::test]
async fn what_changed_meanwhile_counts() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let upload_id = linus.announce(&task, "a", b"1").await;
    linus.write(&upload_id, 0, b"1").await.expect("writes");

    let archiving = ArchiveProjectRequest {
        project_id: web.id.clone(),
        ..ArchiveProjectRequest::default()
    };
    ada.projects().archive_project(archiving).await.expect("archives");
    assert_eq!(
        problem(linus.complete(&upload_id, "").await).to_string(),
        "FAILED_PRECONDITION PROJECT_ARCHIVED"
    );
    let back = UnarchiveProjectRequest {
        project_id: web.id.clone(),
        ..UnarchiveProjectRequest::default()
    };
    ada.projects().unarchive_project(back).await.expect("unarchives");

    let members = tasktracker_proto::auth::v1::ListProjectMembersRequest {
        project_id: web.id.clone(),
        ..Default::default()
    };
    let members = ada
        .access()
        .list_project_members(members)
        .await
        .expect("lists")
        .into_inner()
        .members;
    let mut member = members.into_iter().find(|member| member.user_id == linus.id).expect("linus");
    member.role_id = "viewer".to_owned();
    let request = UpdateProjectMemberRequest {
        project_id: web.id.clone(),
        member: Some(member.clone()),
        ..Default::default()
    };
    ada.access().update_project_member(request).await.expect("changes the role");
    until("the role is gone", || async {
        linus
            .complete(&upload_id, "")
            .await
            .is_err_and(|status| status.code() == tonic::Code::PermissionDenied)
    })
    .await;
    let request = RemoveProjectMemberRequest {
        project_id: web.id.clone(),
        member_id: member.id.clone(),
        ..Default::default()
    };
    ada.access().remove_project_member(request).await.expect("removes");
    until("the project is gone", || async {
        linus
            .complete(&upload_id, "")
            .await
            .is_err_and(|status| status.code() == tonic::Code::NotFound)
    })
    .await;

    let upload_id = ada.announce(&task, "a", b"1").await;
    ada.write(&upload_id, 0, b"1").await.expect("writes");
    let deletion = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    ada.tasks().delete_task(deletion).await.expect("deletes");
    assert_eq!(
        problem(ada.complete(&upload_id, "").await).to_string(),
        "FAILED_PRECONDITION TASK_DELETED"
    );
    drop(world);
}

#[tokio::test]
async fn contents_are_what_they_are_seen_to_be() {
    let Scene { world, linus, task, .. } = scene().await;
    for (name, content, content_type, shown) in [
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png", true),
        ("a.png", b"<html><script>alert(1)</script>", "application/octet-stream", false),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "application/octet-stream",
            false,
        ),
        ("a.png", b"MZ\x90\0\x03", "application/octet-stream", false),
        ("a.png", b"PK\x03\x04\x14\0", "application/zip", false),
        ("a.html", b"GIF89a/*<script>alert(1)</script>*/=1;", "image/gif", true),
        ("a.pdf", b"%PDF-1.7\n", "application/pdf", false),
        ("a.html", b"plain words", "text/plain; charset=utf-8", true),
    ] {
        let file = linus.put(&task, name, content).await;
        assert_eq!(file.content_type, content_type, "{name} {content:?}");
        let response = linus
            .http("GET", &format!("/v1/files/{}/content", file.id))
            .send()
            .await
            .expect("answers");
        let header = |name: &str| response.headers()[name].to_str().expect("ASCII");
        assert_eq!(header("content-type"), content_type);
        assert_eq!(header("content-disposition").starts_with("inline"), shown, "{name} {content:?}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox") && header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
    drop(world);
}
