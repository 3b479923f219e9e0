//! GetMyPermissions: the caller's own rights in a project.

use tasktracker_proto::auth::v1::{GetMyPermissionsRequest, GetMyPermissionsResponse, ScopeVisibility};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, invalid, refused};

async fn mine(world: &World, by: &Person, project_id: &str) -> Result<GetMyPermissionsResponse, Status> {
    let request = by.asks(GetMyPermissionsRequest {
        project_id: project_id.to_owned(),
    });
    Ok(world.access().get_my_permissions(request).await?.into_inner())
}

#[tokio::test]
async fn people_see_the_names_of_their_permissions() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (commenter, member) = (world.member("Tim").await, world.member("Ada").await);
    let project = world
        .project_with(&owner, &[(&commenter, "commenter")], ScopeVisibility::Internal)
        .await;
    let answer = mine(&world, &commenter, &project).await.unwrap();
    let wanted =
        "analytics.view comment.create comment.delete_own comment.update_own comment.view file.read member.view project.view task.view";
    assert_eq!(answer.permissions.join(" "), wanted);
    assert!(answer.revision.parse::<i64>().unwrap() > 1);
    let answer = mine(&world, &member, &project).await.unwrap();
    assert_eq!(
        answer.permissions.join(" "),
        "analytics.view comment.view file.read project.view task.view"
    );
}

#[tokio::test]
async fn a_project_that_is_hidden_looks_like_none() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (stranger, admin) = (world.member("Tim").await, world.with_system_role("Ada", "admin").await);
    let project = world.project(&owner, &[]).await;
    let missing = refused(
        mine(&world, &stranger, &world.new_id()).await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    for person in [&stranger, &admin] {
        let hidden = refused(mine(&world, person, &project).await, Code::NotFound, ErrorReason::NotFound);
        assert_eq!(hidden.message(), missing.message());
    }
    invalid(mine(&world, &owner, "").await, "project_id");
}
