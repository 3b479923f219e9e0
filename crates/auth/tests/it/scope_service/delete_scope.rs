//! DeleteScope: the project and every role in it are gone, once and for all.

use tasktracker_proto::auth::v1::{DeleteScopeRequest, Permission};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, invalid, refused};

#[tokio::test]
async fn nothing_of_a_project_is_left() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let (gone, kept) = (world.project(&owner, &[(&tim, "viewer")]).await, world.project(&owner, &[]).await);
    let request = || DeleteScopeRequest { project_id: gone.clone() };
    let revision = world.scopes().delete_scope(request()).await.unwrap().into_inner().revision;
    assert!(world.effective(&owner, &gone).await.is_empty() && world.effective(&tim, &gone).await.is_empty());
    refused(world.members(&owner, &gone).await, Code::NotFound, ErrorReason::NotFound);
    assert!(world.effective(&owner, &kept).await.contains(&Permission::ProjectView));

    assert_eq!(
        world.scopes().delete_scope(request()).await.unwrap().into_inner().revision,
        revision,
        "again changes nothing"
    );
}

#[tokio::test]
async fn the_instance_cannot_be_deleted() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let nil = DeleteScopeRequest {
        project_id: "00000000-0000-0000-0000-000000000000".to_owned(),
    };
    invalid(world.scopes().delete_scope(nil).await, "project_id");
    world.sign_in(&owner.email).await;
    assert_eq!(world.count("bindings").await, 1);
}
