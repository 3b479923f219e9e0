//! UndeleteProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{archive, delete, get};

fn request(id: &str) -> UndeleteProjectRequest {
    UndeleteProjectRequest {
        project_id: id.to_owned(),
        ..UndeleteProjectRequest::default()
    }
}

#[tokio::test]
async fn it_comes_back_as_it_was() {
    let world = World::start().await;
    let (ada, tim) = (world.user("ada").await, world.user("tim").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    let task = ada.task(&web, "t").await;
    let archived = archive(&ada, &web).await;
    delete(&ada, &web).await;

    let once = UndeleteProjectRequest {
        request_id: "once".to_owned(),
        ..request(&web.id)
    };
    let back = ada
        .projects()
        .undelete_project(once.clone())
        .await
        .expect("restores")
        .into_inner()
        .project
        .expect("a project");
    assert_eq!(
        (back.delete_time, back.archive_time),
        (None, archived.archive_time),
        "still archived"
    );
    assert_eq!(get(&tim, &web).await, back);
    let read = tim
        .tasks()
        .get_task(GetTaskRequest {
            task_id: "WEB-1".to_owned(),
        })
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(read.id, task.id);
    assert_eq!(
        ada.projects().undelete_project(once).await.expect("answers").into_inner().project,
        Some(back)
    );
    assert_eq!(
        problem(ada.projects().undelete_project(request(&web.id)).await).to_string(),
        "ALREADY_EXISTS NOT_DELETED"
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    let refused = problem(grace.projects().undelete_project(request(&web.id)).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.delete"
    );
    delete(&ada, &web).await;
    assert_eq!(
        problem(grace.projects().undelete_project(request(&web.id)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().projects().undelete_project(request(&web.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    let stale = UndeleteProjectRequest {
        etag: web.etag,
        ..request(&web.id)
    };
    assert_eq!(problem(ada.projects().undelete_project(stale).await).reason, "ETAG_MISMATCH");
}
