//! ListAccessible: the projects in which somebody has a right.

use tasktracker_proto::auth::v1::{ListAccessibleRequest, Permission, ScopeVisibility};

use crate::world::{Person, World, invalid};

async fn accessible(world: &World, person: &Person, permission: Permission) -> Vec<String> {
    let request = ListAccessibleRequest {
        user_id: person.id.clone(),
        permission: permission.into(),
        consistency: None,
    };
    let answer = world.permissions().list_accessible(request).await.unwrap().into_inner();
    assert!(!answer.truncated && answer.project_ids.is_sorted());
    answer.project_ids
}

#[tokio::test]
async fn people_find_their_projects() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, guest) = (world.member("Tim").await, world.with_system_role("Gus", "guest").await);
    let private = world.project(&owner, &[(&guest, "contributor")]).await;
    let internal = world.project_with(&owner, &[(&tim, "maintainer")], ScopeVisibility::Internal).await;
    let view = Permission::ProjectView;
    assert_eq!(accessible(&world, &owner, view).await, [private.as_str(), internal.as_str()]);
    assert_eq!(accessible(&world, &tim, view).await, [internal.as_str()]);
    assert_eq!(accessible(&world, &guest, view).await, [private.as_str()]);
    assert_eq!(accessible(&world, &tim, Permission::TaskDelete).await, [internal.as_str()]);
    assert!(accessible(&world, &guest, Permission::TaskDelete).await.is_empty());
    assert!(
        accessible(&world, &owner, Permission::ProjectCreate).await.is_empty(),
        "a right in the instance is none in a project"
    );

    world.deactivate(&tim).await;
    assert!(accessible(&world, &tim, view).await.is_empty());
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let request = |user_id: &str, permission: i32| ListAccessibleRequest {
        user_id: user_id.to_owned(),
        permission,
        consistency: None,
    };
    invalid(world.permissions().list_accessible(request("x", 1)).await, "user_id");
    invalid(world.permissions().list_accessible(request(&world.new_id(), 0)).await, "permission");
    let nobody = world
        .permissions()
        .list_accessible(request(&world.new_id(), 1))
        .await
        .unwrap()
        .into_inner();
    assert!(nobody.project_ids.is_empty() && !nobody.truncated && nobody.revision > 0);
}
