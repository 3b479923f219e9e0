//! GetUser: who sees whom, and how much of them.

use tasktracker_proto::auth::v1::{GetUserRequest, User, UserState};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, invalid, refused};

async fn get(world: &World, by: &Person, user_id: &str) -> Result<User, Status> {
    let request = by.asks(GetUserRequest {
        user_id: user_id.to_owned(),
    });
    Ok(world.users().get_user(request).await?.into_inner().user.unwrap())
}

#[tokio::test]
async fn addresses_and_roles_are_for_oneself_and_administrators() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, ada) = (world.member("Tim").await, world.with_system_role("Ada", "admin").await);
    let seen = get(&world, &tim, &owner.id).await.unwrap();
    assert_eq!((seen.display_name.as_str(), seen.email, seen.system_role_id), ("Owner", None, None));
    let seen = get(&world, &tim, &tim.id).await.unwrap();
    assert_eq!(
        (seen.email.as_deref(), seen.system_role_id.as_deref()),
        (Some("tim@example.com"), Some("member"))
    );
    let seen = get(&world, &ada, &tim.id).await.unwrap();
    assert_eq!(
        (seen.email.as_deref(), seen.system_role_id.as_deref()),
        (Some("tim@example.com"), Some("member"))
    );
    assert!(!seen.etag.is_empty() && seen.create_time.is_some());

    world.deactivate(&tim).await;
    assert_eq!(get(&world, &owner, &tim.id).await.unwrap().state(), UserState::Deactivated);
}

#[tokio::test]
async fn guests_find_only_people_they_share_a_project_with() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, guest) = (world.member("Tim").await, world.with_system_role("Gus", "guest").await);
    let hidden = refused(get(&world, &guest, &tim.id).await, Code::NotFound, ErrorReason::NotFound);
    let missing = refused(get(&world, &guest, &world.new_id()).await, Code::NotFound, ErrorReason::NotFound);
    assert_eq!(hidden.message(), missing.message());
    assert!(get(&world, &guest, &guest.id).await.is_ok());

    world.project(&owner, &[(&tim, "viewer"), (&guest, "viewer")]).await;
    assert_eq!(get(&world, &guest, &tim.id).await.unwrap().display_name, "Tim");
    assert_eq!(get(&world, &guest, &tim.id).await.unwrap().email, None);
}

#[tokio::test]
async fn what_is_no_user_is_refused() {
    let world = World::empty().await;
    let owner = world.owner().await;
    refused(get(&world, &owner, &world.new_id()).await, Code::NotFound, ErrorReason::NotFound);
    for id in ["", "x", "{0190a0b0-0000-7000-8000-000000000000}"] {
        invalid(get(&world, &owner, id).await, "user_id");
    }
    let anonymous = world.users().get_user(GetUserRequest { user_id: owner.id.clone() }).await;
    refused(anonymous, Code::Unauthenticated, ErrorReason::CredentialMissing);
    assert_eq!(get(&world, &owner, &owner.id.to_uppercase()).await.unwrap().id, owner.id);
}
