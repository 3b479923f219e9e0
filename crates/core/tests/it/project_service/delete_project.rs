//! DeleteProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{MISSING, archive, delete, get};

fn request(id: &str) -> DeleteProjectRequest {
    DeleteProjectRequest {
        project_id: id.to_owned(),
        ..DeleteProjectRequest::default()
    }
}

#[tokio::test]
async fn a_deleted_project_and_all_in_it_is_not_found() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "t").await;
    let comment = ada.comment(&task, "words").await;
    let deleted = delete(&ada, &web).await;
    assert!(deleted.delete_time.is_some() && deleted.etag != web.etag);

    let gone = "NOT_FOUND NOT_FOUND";
    assert_eq!(problem(ada.projects().delete_project(request(&web.id)).await).to_string(), gone);
    let list = ListStatusesRequest {
        project_id: web.id.clone(),
        ..ListStatusesRequest::default()
    };
    assert_eq!(problem(ada.statuses().list_statuses(list).await).to_string(), gone);
    let new = CreateTaskRequest {
        project_id: web.id.clone(),
        task: Some(Task {
            title: "t".to_owned(),
            ..Task::default()
        }),
        ..CreateTaskRequest::default()
    };
    assert_eq!(problem(ada.tasks().create_task(new).await).to_string(), gone);
    for task_id in [&task.id, &task.key] {
        let read = GetTaskRequest { task_id: task_id.clone() };
        assert_eq!(problem(ada.tasks().get_task(read).await).to_string(), gone);
        let list = ListCommentsRequest {
            task_id: task_id.clone(),
            ..ListCommentsRequest::default()
        };
        assert_eq!(problem(ada.comments().list_comments(list).await).to_string(), gone);
    }
    let read = GetCommentRequest { comment_id: comment.id };
    assert_eq!(problem(ada.comments().get_comment(read).await).to_string(), gone);
}

#[tokio::test]
async fn an_archived_one_can_be_deleted() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let archived = archive(&ada, &web).await;
    assert_eq!(delete(&ada, &web).await.archive_time, archived.archive_time);
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, grace, eve) = (world.user("ada").await, world.user("grace").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    let refused = problem(grace.projects().delete_project(request(&web.id)).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.delete"
    );
    let hidden = problem(eve.projects().delete_project(request(&web.id)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(eve.projects().delete_project(request(MISSING)).await), hidden);
    assert_eq!(
        problem(world.stranger().projects().delete_project(request(&web.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    assert_eq!(problem(ada.projects().delete_project(request("")).await).fields(), ["project_id"]);
    let stale = DeleteProjectRequest {
        etag: "\"zz\"".to_owned(),
        ..request(&web.id)
    };
    assert_eq!(problem(ada.projects().delete_project(stale).await).reason, "ETAG_MISMATCH");
    assert_eq!(
        problem(ada.with("if-match", "\"zz\"").projects().delete_project(request(&web.id)).await).reason,
        "ETAG_MISMATCH"
    );
    assert_eq!(get(&ada, &web).await, web);
}
