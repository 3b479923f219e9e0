//! ArchiveProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{MISSING, archive, delete, get};

fn request(id: &str) -> ArchiveProjectRequest {
    ArchiveProjectRequest {
        project_id: id.to_owned(),
        ..ArchiveProjectRequest::default()
    }
}

#[tokio::test]
async fn an_archived_project_can_only_be_read() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "commenter").await;
    let task = ada.task(&web, "t").await;
    let comment = tim.comment(&task, "words").await;

    let archived = archive(&ada, &web).await;
    assert!(archived.archive_time.is_some() && archived.etag != web.etag);
    assert_eq!(get(&tim, &web).await, archived);
    tim.tasks()
        .get_task(GetTaskRequest { task_id: task.id.clone() })
        .await
        .expect("reads");

    let read_only = "FAILED_PRECONDITION PROJECT_ARCHIVED";
    let write = CreateCommentRequest {
        task_id: task.id.clone(),
        comment: Some(Comment {
            body: "x".to_owned(),
            ..Comment::default()
        }),
        ..CreateCommentRequest::default()
    };
    assert_eq!(problem(tim.comments().create_comment(write).await).to_string(), read_only);
    let edit = UpdateCommentRequest {
        comment: Some(Comment {
            id: comment.id.clone(),
            body: "x".to_owned(),
            ..Comment::default()
        }),
        ..UpdateCommentRequest::default()
    };
    assert_eq!(problem(tim.comments().update_comment(edit).await).to_string(), read_only);
    let remove = DeleteCommentRequest {
        comment_id: comment.id,
        ..DeleteCommentRequest::default()
    };
    assert_eq!(problem(tim.comments().delete_comment(remove).await).to_string(), read_only);
    let remove = DeleteTaskRequest {
        task_id: task.id,
        ..DeleteTaskRequest::default()
    };
    assert_eq!(problem(ada.tasks().delete_task(remove).await).to_string(), read_only);

    assert_eq!(
        problem(ada.projects().archive_project(request(&web.id)).await).to_string(),
        "FAILED_PRECONDITION ARCHIVE_STATE"
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, grace, eve) = (world.user("ada").await, world.user("grace").await, world.user("eve").await);
    let (web, ops) = (ada.project("WEB").await, ada.project("OPS").await);
    ada.member(&web, &grace, "maintainer").await;
    let refused = problem(grace.projects().archive_project(request(&web.id)).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.archive"
    );
    let hidden = problem(eve.projects().archive_project(request(&web.id)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(eve.projects().archive_project(request(MISSING)).await), hidden);
    assert_eq!(
        problem(world.stranger().projects().archive_project(request(&web.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(
        problem(ada.projects().archive_project(request("WEB")).await).fields(),
        ["project_id"]
    );
    let stale = ArchiveProjectRequest {
        etag: "\"zz\"".to_owned(),
        ..request(&web.id)
    };
    assert_eq!(
        problem(ada.projects().archive_project(stale).await).to_string(),
        format!("ABORTED ETAG_MISMATCH etag={}", web.etag)
    );
    delete(&ada, &ops).await;
    assert_eq!(
        problem(ada.projects().archive_project(request(&ops.id)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(get(&ada, &web).await, web);
}

#[tokio::test]
async fn a_repeated_request_archives_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let once = ArchiveProjectRequest {
        etag: web.etag.clone(),
        request_id: "once".to_owned(),
        ..request(&web.id)
    };
    let first = ada.projects().archive_project(once.clone()).await.expect("archives").into_inner();
    assert_eq!(ada.projects().archive_project(once).await.expect("answers").into_inner(), first);
}

#[tokio::test]
async fn who_has_just_lost_the_right_has_lost_it() {
    use tasktracker_proto::auth::v1::{ProjectMember, UpdateProjectMemberRequest};
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let web = ada.project("WEB").await;
    let member = ada.member(&web, &grace, "owner").await;
    get(&grace, &web).await;
    let less = ProjectMember {
        id: member.id,
        role_id: "viewer".to_owned(),
        ..ProjectMember::default()
    };
    let update = UpdateProjectMemberRequest {
        project_id: web.id.clone(),
        member: Some(less),
        ..UpdateProjectMemberRequest::default()
    };
    ada.access().update_project_member(update).await.expect("updates");
    assert_eq!(
        problem(grace.projects().archive_project(request(&web.id)).await).reason,
        "PERMISSION_MISSING"
    );
}
