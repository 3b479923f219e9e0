//! CreateScope: a project with its first owner, made once however often it is asked for.

use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tasktracker_proto::auth::v1::{CreateScopeRequest, Permission, ScopeVisibility};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{Person, World, invalid, refused};

fn request(project_id: &str, owner: &Person) -> CreateScopeRequest {
    CreateScopeRequest {
        project_id: project_id.to_owned(),
        owner_user_id: owner.id.clone(),
        visibility: ScopeVisibility::Private.into(),
    }
}

#[tokio::test]
async fn the_first_owner_has_every_right_at_once() {
    let world = World::empty().await;
    world.owner().await;
    let tim = world.member("Tim").await;
    let project_id = world.new_id();
    let answer = world.scopes().create_scope(request(&project_id, &tim)).await.unwrap();
    assert_eq!(
        crate::world::metadata(&answer, "x-authz-revision"),
        Some(answer.get_ref().revision.to_string().as_str())
    );
    let permissions = world.effective(&tim, &project_id).await;
    assert!(permissions.contains(&Permission::ProjectDelete) && permissions.contains(&Permission::MemberManage));
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_again_it_answers_the_same_project() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project_id = world.new_id();
    let tries = (0..8).map(|_| {
        let (mut scopes, request) = (world.scopes(), request(&project_id, &owner));
        async move { scopes.create_scope(request).await }
    });
    for outcome in futures_util::future::join_all(tries).await {
        outcome.unwrap();
    }
    assert_eq!(world.members(&owner, &project_id).await.unwrap().len(), 1);

    // Also when the first owner is no longer there.
    world.add(&owner, &project_id, &tim, "owner").await.unwrap();
    let first = world.member_of(&owner, &project_id, &owner).await;
    world.remove(&owner, &first).await.unwrap();
    world.scopes().create_scope(request(&project_id, &owner)).await.unwrap();
    assert!(world.effective(&owner, &project_id).await.is_empty());

    let outcome = world.scopes().create_scope(request(&project_id, &tim)).await;
    refused(outcome, Code::InvalidArgument, ErrorReason::IdempotencyKeyReused);
}

#[tokio::test]
async fn an_owner_is_an_active_user() {
    let world = World::empty().await;
    world.owner().await;
    let tim = world.member("Tim").await;
    let nobody = Person {
        id: world.new_id(),
        ..tim.clone()
    };
    invalid(
        world.scopes().create_scope(request(&world.new_id(), &nobody)).await,
        "owner_user_id",
    );
    world.deactivate(&tim).await;
    invalid(world.scopes().create_scope(request(&world.new_id(), &tim)).await, "owner_user_id");
    assert_eq!(world.count("scopes").await, 1, "the instance's own");
}

#[tokio::test]
async fn what_breaks_a_rule_is_named_and_the_instance_is_no_project() {
    let world = World::empty().await;
    let owner = world.owner().await;
    invalid(world.scopes().create_scope(request("x", &owner)).await, "project_id");
    invalid(
        world
            .scopes()
            .create_scope(request("00000000-0000-0000-0000-000000000000", &owner))
            .await,
        "project_id",
    );
    let unset = CreateScopeRequest {
        visibility: 0,
        ..request(&world.new_id(), &owner)
    };
    invalid(world.scopes().create_scope(unset).await, "visibility");

    let mut direct = ScopeServiceClient::new(world.auth.clone());
    let outcome = direct.create_scope(owner.asks(request(&world.new_id(), &owner))).await;
    refused(outcome, Code::PermissionDenied, ErrorReason::PermissionMissing);
}
