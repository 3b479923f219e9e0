//! UpdateProject, as far as it changes who sees the project.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, problem};

use super::{change, get, update};

async fn show(user: &User, project: &Project, visibility: Visibility) -> String {
    let sent = Project {
        id: project.id.clone(),
        visibility: visibility.into(),
        ..Project::default()
    };
    let response = user
        .projects()
        .update_project(change(sent, &["visibility"]))
        .await
        .expect("updates");
    response
        .metadata()
        .get("x-authz-revision")
        .expect("a revision")
        .to_str()
        .expect("text")
        .to_owned()
}

#[tokio::test]
async fn an_internal_project_is_seen_by_all_until_it_is_private_again() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let request = GetProjectRequest {
        project_id: web.id.clone(),
    };
    let hidden = problem(eve.projects().get_project(request.clone()).await);

    let revision = show(&ada, &web, Visibility::Internal).await;
    let seen = get(&eve.with("x-authz-min-revision", &revision), &web).await;
    assert_eq!(seen.visibility(), Visibility::Internal);
    let rename = change(
        Project {
            id: web.id.clone(),
            name: "x".to_owned(),
            ..Project::default()
        },
        &["name"],
    );
    let refused = problem(eve.projects().update_project(rename).await);
    assert_eq!(
        refused.to_string(),
        "PERMISSION_DENIED PERMISSION_MISSING permission=project.update",
        "they only look on"
    );

    let revision = show(&ada, &web, Visibility::Private).await;
    assert_eq!(
        problem(eve.with("x-authz-min-revision", &revision).projects().get_project(request).await),
        hidden
    );
}

#[tokio::test]
async fn a_change_that_is_there_already_is_told_to_auth_once_more() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    show(&ada, &web, Visibility::Internal).await;
    let before = get(&ada, &web).await;
    let revision = show(&ada, &web, Visibility::Internal).await;
    assert_eq!(get(&ada, &web).await, before);
    get(&eve.with("x-authz-min-revision", &revision), &web).await;
}

#[tokio::test]
async fn a_refused_change_leaves_it_as_it_is() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let sent = change(
        Project {
            id: web.id.clone(),
            visibility: Visibility::Internal.into(),
            ..Project::default()
        },
        &["visibility"],
    );
    update(
        &ada,
        change(
            Project {
                id: web.id.clone(),
                name: "Now".to_owned(),
                ..Project::default()
            },
            &["name"],
        ),
    )
    .await;
    assert_eq!(
        problem(ada.with("if-match", &web.etag).projects().update_project(sent).await).reason,
        "ETAG_MISMATCH"
    );
    let request = GetProjectRequest {
        project_id: web.id.clone(),
    };
    assert_eq!(problem(eve.projects().get_project(request).await).reason, "NOT_FOUND");
}
