//! ListSubjects: the active people who have a right in a project.

use tasktracker_proto::auth::v1::{ListSubjectsRequest, Permission, ScopeVisibility};

use crate::world::{World, invalid};

async fn subjects(world: &World, project_id: &str, permission: Permission) -> Vec<String> {
    let request = ListSubjectsRequest {
        project_id: project_id.to_owned(),
        permission: permission.into(),
    };
    let answer = world.permissions().list_subjects(request).await.unwrap().into_inner();
    assert!(!answer.truncated && answer.user_ids.is_sorted());
    answer.user_ids
}

#[tokio::test]
async fn projects_find_their_people() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, guest) = (world.member("Tim").await, world.with_system_role("Gus", "guest").await);
    let ada = world.member("Ada").await;
    let private = world.project(&owner, &[(&guest, "contributor")]).await;
    let internal = world.project_with(&owner, &[(&tim, "maintainer")], ScopeVisibility::Internal).await;
    let view = Permission::ProjectView;
    assert_eq!(
        subjects(&world, &internal, view).await,
        [owner.id.as_str(), tim.id.as_str(), ada.id.as_str()]
    );
    assert_eq!(
        subjects(&world, &internal, Permission::TaskUpdate).await,
        [owner.id.as_str(), tim.id.as_str()]
    );
    assert_eq!(subjects(&world, &private, view).await, [owner.id.as_str(), guest.id.as_str()]);
    assert_eq!(subjects(&world, &internal, Permission::ProjectDelete).await, [owner.id.as_str()]);
    assert!(subjects(&world, &world.new_id(), view).await.is_empty());
    assert!(subjects(&world, "00000000-0000-0000-0000-000000000000", view).await.is_empty());

    world.deactivate(&tim).await;
    assert_eq!(subjects(&world, &internal, view).await, [owner.id.as_str(), ada.id.as_str()]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let request = |project_id: &str, permission: i32| ListSubjectsRequest {
        project_id: project_id.to_owned(),
        permission,
    };
    invalid(world.permissions().list_subjects(request("x", 1)).await, "project_id");
    invalid(world.permissions().list_subjects(request(&world.new_id(), 0)).await, "permission");
}
