//! DeleteFile.

use tasktracker_proto::core::v1::ArchiveProjectRequest;
use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn a_deleted_file_is_gone_and_its_room_free() {
    let Scene {
        world, linus, tim, task, ..
    } = scene_with(|files| files.project_quota_bytes = 10).await;
    let file = linus.put(&task, "a", b"0123456789").await;
    let refused = linus.uploads().create_upload(announcement(&task, "b", b"1")).await;
    assert_eq!(problem(refused).reason, "LIMIT_REACHED");
    linus.delete(&file.id).await.expect("deletes");
    for outcome in [
        code(linus.get(&file.id).await),
        code(tim.download(&file.id).await),
        code(linus.delete(&file.id).await),
    ] {
        assert_eq!(outcome, tonic::Code::NotFound);
    }
    assert_eq!(code(linus.complete(&file.id, "").await), tonic::Code::NotFound);
    assert_eq!(tim.list(&task.id).await.expect("lists"), []);
    linus.put(&task, "b", b"9876543210").await;
    until("its content is removed", || async { !is_kept(&world, &file.id).await }).await;
}

#[tokio::test]
async fn own_files_and_those_of_others_need_different_permissions() {
    let Scene {
        world,
        ada,
        linus,
        tim,
        eve,
        task,
        ..
    } = scene().await;
    let (own, other) = (linus.put(&task, "a", b"1").await, ada.put(&task, "b", b"2").await);
    assert_eq!(
        problem(linus.delete(&other.id).await).to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=file.delete_any"
    );
    assert_eq!(problem(tim.delete(&other.id).await).code, tonic::Code::PermissionDenied);
    assert_eq!(problem(eve.delete(&other.id).await).to_string(), "NOT_FOUND NOT_FOUND");
    linus.delete(&own.id).await.expect("one's own");
    let third = linus.put(&task, "c", b"3").await;
    ada.delete(&third.id).await.expect("anybody's");
    assert_eq!(ada.list(&task.id).await.expect("lists"), [other]);
    drop(world);
}

#[tokio::test]
async fn an_archived_project_keeps_its_files() {
    let Scene { world, ada, web, task, .. } = scene().await;
    let file = ada.put(&task, "a", b"1").await;
    let request = ArchiveProjectRequest {
        project_id: web.id.clone(),
        ..ArchiveProjectRequest::default()
    };
    ada.projects().archive_project(request).await.expect("archives");
    assert_eq!(
        problem(ada.delete(&file.id).await).to_string(),
        "FAILED_PRECONDITION PROJECT_ARCHIVED"
    );
    assert_eq!(ada.download(&file.id).await.expect("downloads").bytes, b"1");
    drop(world);
}

#[tokio::test]
async fn if_match_is_obeyed() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    let refused = linus.with("if-match", "\"other\"").delete(&file.id).await;
    assert_eq!(problem(refused).to_string(), format!("ABORTED ETAG_MISMATCH etag={}", file.etag));
    linus.with("if-match", &file.etag).delete(&file.id).await.expect("deletes");
    drop(world);
}

#[tokio::test]
async fn rest_answers_204() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    assert_eq!(linus.rest("DELETE", &format!("/v1/files/{}", file.id), None).await.0, 204);
    assert_eq!(linus.rest("GET", &format!("/v1/files/{}", file.id), None).await.0, 404);
    drop(world);
}
