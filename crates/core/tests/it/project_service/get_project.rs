//! GetProject.

use tasktracker_proto::core::v1::*;
use tasktracker_testing::{World, problem};

use super::{MISSING, delete, get};

fn request(id: &str) -> GetProjectRequest {
    GetProjectRequest { project_id: id.to_owned() }
}

#[tokio::test]
async fn members_see_it_and_for_others_it_does_not_exist() {
    let world = World::start().await;
    let (ada, tim, eve) = (world.user("ada").await, world.user("tim").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &tim, "viewer").await;
    assert_eq!(get(&tim, &web).await, web);
    assert_eq!(
        tim.projects()
            .get_project(request(&web.id.to_uppercase()))
            .await
            .expect("reads")
            .into_inner()
            .project,
        Some(web.clone())
    );

    let hidden = problem(eve.projects().get_project(request(&web.id)).await);
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(eve.projects().get_project(request(MISSING)).await), hidden);
    assert_eq!(
        problem(ada.projects().get_project(request(MISSING)).await),
        hidden,
        "also for the instance's owner"
    );
    assert_eq!(
        problem(world.stranger().projects().get_project(request(&web.id)).await).to_string(),
        "UNAUTHENTICATED CREDENTIAL_MISSING"
    );
    for id in ["", "WEB", "01890a5d", "{01890a5d-ac96-774b-bcce-b302099a8057}"] {
        assert_eq!(
            problem(ada.projects().get_project(request(id)).await).fields(),
            ["project_id"],
            "{id:?}"
        );
    }
}

#[tokio::test]
async fn the_instance_s_owner_does_not_see_private_projects() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let secret = grace.project("SECRET").await;
    assert_eq!(
        problem(ada.projects().get_project(request(&secret.id)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}

#[tokio::test]
async fn a_deleted_one_is_there_for_those_who_may_restore_it() {
    let world = World::start().await;
    let (ada, grace) = (world.user("ada").await, world.user("grace").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    let deleted = delete(&ada, &web).await;
    assert!(deleted.delete_time.is_some());
    assert_eq!(get(&ada, &web).await, deleted);
    assert_eq!(
        problem(grace.projects().get_project(request(&web.id)).await).to_string(),
        "NOT_FOUND NOT_FOUND"
    );
}
