//! UpdateScope: who sees a project without being a member.

use tasktracker_proto::auth::v1::{Permission, ScopeVisibility, UpdateScopeRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, invalid, refused};

fn request(project_id: &str, visibility: ScopeVisibility) -> UpdateScopeRequest {
    UpdateScopeRequest {
        project_id: project_id.to_owned(),
        visibility: visibility.into(),
    }
}

#[tokio::test]
async fn an_internal_project_is_seen_by_all_but_guests() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (member, guest) = (world.member("Tim").await, world.with_system_role("Gus", "guest").await);
    let project = world.project(&owner, &[]).await;
    assert!(world.effective(&member, &project).await.is_empty());

    let revision = world
        .scopes()
        .update_scope(request(&project, ScopeVisibility::Internal))
        .await
        .unwrap()
        .into_inner()
        .revision;
    let seen = world.effective(&member, &project).await;
    assert!(seen.contains(&Permission::TaskView) && !seen.contains(&Permission::TaskUpdate));
    assert!(world.effective(&guest, &project).await.is_empty());

    let same = world
        .scopes()
        .update_scope(request(&project, ScopeVisibility::Internal))
        .await
        .unwrap()
        .into_inner()
        .revision;
    assert_eq!(same, revision, "nothing changed");
    world
        .scopes()
        .update_scope(request(&project, ScopeVisibility::Private))
        .await
        .unwrap();
    assert!(world.effective(&member, &project).await.is_empty());
}

#[tokio::test]
async fn what_is_no_project_is_refused() {
    let world = World::empty().await;
    world.owner().await;
    let unknown = world
        .scopes()
        .update_scope(request(&world.new_id(), ScopeVisibility::Internal))
        .await;
    refused(unknown, Code::NotFound, ErrorReason::NotFound);
    let nil = "00000000-0000-0000-0000-000000000000";
    invalid(
        world.scopes().update_scope(request(nil, ScopeVisibility::Internal)).await,
        "project_id",
    );
    invalid(
        world
            .scopes()
            .update_scope(request(&world.new_id(), ScopeVisibility::Unspecified))
            .await,
        "visibility",
    );
}
