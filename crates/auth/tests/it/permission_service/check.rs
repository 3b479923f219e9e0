//! Check: one decision, for services only.

use tasktracker_proto::auth::v1::permission_service_client::PermissionServiceClient;
use tasktracker_proto::auth::v1::{CheckRequest, Decision, Permission, WatchChangesRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{Person, World, invalid, refused};

pub fn check(person: &Person, project_id: &str, permission: Permission) -> CheckRequest {
    CheckRequest {
        user_id: person.id.clone(),
        project_id: project_id.to_owned(),
        permission: permission.into(),
        consistency: None,
    }
}

#[tokio::test]
async fn a_right_is_there_or_not() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "commenter")]).await;
    let decide = async |request: CheckRequest| world.permissions().check(request).await.unwrap().into_inner().decision();
    assert_eq!(decide(check(&tim, &project, Permission::CommentCreate)).await, Decision::Allowed);
    assert_eq!(decide(check(&tim, &project, Permission::TaskUpdate)).await, Decision::Denied);
    assert_eq!(decide(check(&tim, "", Permission::ProjectCreate)).await, Decision::Allowed);
    world.deactivate(&tim).await;
    assert_eq!(decide(check(&tim, &project, Permission::CommentCreate)).await, Decision::Denied);
    assert_eq!(decide(check(&tim, "", Permission::ProjectCreate)).await, Decision::Denied);
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let good = || check(&owner, "", Permission::ProjectCreate);
    let ask = async |request: CheckRequest| world.permissions().check(request).await;
    invalid(
        ask(CheckRequest {
            permission: 9999,
            ..good()
        })
        .await,
        "permission",
    );
    invalid(ask(CheckRequest { permission: 0, ..good() }).await, "permission");
    invalid(
        ask(CheckRequest {
            user_id: "x".to_owned(),
            ..good()
        })
        .await,
        "user_id",
    );
    invalid(
        ask(CheckRequest {
            project_id: "x".to_owned(),
            ..good()
        })
        .await,
        "project_id",
    );
}

#[tokio::test]
async fn people_cannot_ask_about_each_other() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut direct = PermissionServiceClient::new(world.auth.clone());
    let request = || check(&owner, "", Permission::ProjectCreate);
    refused(direct.check(request()).await, Code::Unauthenticated, ErrorReason::CredentialMissing);
    refused(
        direct.check(owner.asks(request())).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
    let watch = owner.asks(WatchChangesRequest { after_revision: 0 });
    refused(
        direct.watch_changes(watch).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
}
