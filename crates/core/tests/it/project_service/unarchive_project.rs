//! UnarchiveProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{archive, get};

fn request(id: &str) -> UnarchiveProjectRequest {
    UnarchiveProjectRequest {
        project_id: id.to_owned(),
        ..UnarchiveProjectRequest::default()
    }
}

#[tokio::test]
async fn it_can_be_written_again() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let archived = archive(&ada, &web).await;
    let once = UnarchiveProjectRequest {
        etag: archived.etag,
        request_id: "once".to_owned(),
        ..request(&web.id)
    };
    let back = ada
        .projects()
        .unarchive_project(once.clone())
        .await
        .expect("unarchives")
        .into_inner()
        .project
        .expect("a project");
    assert_eq!(back.archive_time, None);
    assert_eq!(get(&ada, &web).await, back);
    ada.task(&web, "t").await;
    assert_eq!(
        ada.projects().unarchive_project(once).await.expect("answers").into_inner().project,
        Some(back)
    );
    assert_eq!(
        problem(ada.projects().unarchive_project(request(&web.id)).await).to_string(),
        "FAILED_PRECONDITION ARCHIVE_STATE"
    );
}

#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let (ada, grace, eve) = (world.user("ada").await, world.user("grace").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    archive(&ada, &web).await;
    let refused = problem(grace.projects().unarchive_project(request(&web.id)).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.archive"
    );
    assert_eq!(
        problem(eve.projects().unarchive_project(request(&web.id)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
    assert_eq!(
        problem(world.stranger().projects().unarchive_project(request(&web.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    let stale = UnarchiveProjectRequest {
        etag: web.etag.clone(),
        ..request(&web.id)
    };
    assert_eq!(problem(ada.projects().unarchive_project(stale).await).reason, "ETAG_MISMATCH");
}
