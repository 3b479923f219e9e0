//! Check, BatchCheck, GetEffectivePermissions, ListAccessible and ListSubjects: what is answered, and to whom.

use tasktracker_proto::auth::v1::permission_service_client::PermissionServiceClient;
use tasktracker_proto::auth::v1::*;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{Person, World, invalid, refused};

fn check(person: &Person, project_id: &str, permission: Permission) -> CheckRequest {
    CheckRequest { user_id: person.id.clone(), project_id: project_id.to_owned(), permission: permission.into(), consistency: None }
}

#[tokio::test]
async fn checks_are_answered_in_the_order_asked() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "commenter")]).await;
    let nobody = Person { id: world.new_id(), ..tim.clone() };
    let asked = [
        (check(&tim, &project, Permission::CommentCreate), Decision::Allowed),
        (check(&tim, &project, Permission::TaskUpdate), Decision::Denied),
        (check(&tim, &project, Permission::CommentCreate), Decision::Allowed),
        (check(&owner, &project, Permission::TaskUpdate), Decision::Allowed),
        (check(&tim, &world.new_id(), Permission::ProjectView), Decision::Denied),
        (check(&nobody, &project, Permission::ProjectView), Decision::Denied),
        (check(&tim, "", Permission::ProjectCreate), Decision::Allowed),
        (check(&tim, "", Permission::UserManage), Decision::Denied),
        (check(&owner, "", Permission::TaskUpdate), Decision::Denied),
        (check(&owner, "00000000-0000-0000-0000-000000000000", Permission::ProjectView), Decision::Denied),
    ];
    let checks = asked.iter().map(|(check, _)| check.clone()).collect();
    let answer = world.permissions().batch_check(BatchCheckRequest { checks, consistency: None }).await.unwrap().into_inner();
    let wanted: Vec<Decision> = asked.iter().map(|(_, decision)| *decision).collect();
    assert_eq!(answer.decisions().collect::<Vec<_>>(), wanted);
    for (request, decision) in asked {
        let one = world.permissions().check(request).await.unwrap().into_inner();
        assert_eq!((one.decision(), one.revision), (decision, answer.revision));
    }
}

#[tokio::test]
async fn who_is_deactivated_may_do_nothing() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project_with(&owner, &[(&tim, "owner")], ScopeVisibility::Internal).await;
    world.deactivate(&tim).await;
    assert!(world.effective(&tim, &project).await.is_empty());
    assert!(world.effective(&tim, "").await.is_empty());
    assert!(accessible(&world, &tim, Permission::ProjectView).await.is_empty());
    assert_eq!(subjects(&world, &project, Permission::ProjectView).await, [owner.id]);
}

async fn accessible(world: &World, person: &Person, permission: Permission) -> Vec<String> {
    let request = ListAccessibleRequest { user_id: person.id.clone(), permission: permission.into(), consistency: None };
    let answer = world.permissions().list_accessible(request).await.unwrap().into_inner();
    assert!(!answer.truncated && answer.project_ids.is_sorted());
    answer.project_ids
}

async fn subjects(world: &World, project_id: &str, permission: Permission) -> Vec<String> {
    let request = ListSubjectsRequest { project_id: project_id.to_owned(), permission: permission.into() };
    let answer = world.permissions().list_subjects(request).await.unwrap().into_inner();
    assert!(!answer.truncated && answer.user_ids.is_sorted());
    answer.user_ids
}

#[tokio::test]
async fn lists_say_where_and_who() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, guest) = (world.member("Tim").await, world.with_system_role("Gus", "guest").await);
    let private = world.project(&owner, &[(&guest, "contributor")]).await;
    let internal = world.project_with(&owner, &[(&tim, "maintainer")], ScopeVisibility::Internal).await;
    let view = Permission::ProjectView;
    assert_eq!(accessible(&world, &owner, view).await, [private.clone(), internal.clone()]);
    assert_eq!(accessible(&world, &tim, view).await, [internal.clone()]);
    assert_eq!(accessible(&world, &guest, view).await, [private.clone()]);
    assert_eq!(accessible(&world, &tim, Permission::TaskDelete).await, [internal.clone()]);
    assert!(accessible(&world, &guest, Permission::TaskDelete).await.is_empty());
    assert!(accessible(&world, &owner, Permission::ProjectCreate).await.is_empty(), "a right in the instance is none in a project");

    assert_eq!(subjects(&world, &internal, view).await, [owner.id.clone(), tim.id.clone()]);
    assert_eq!(subjects(&world, &private, view).await, [owner.id.clone(), guest.id.clone()]);
    assert_eq!(subjects(&world, &internal, Permission::ProjectDelete).await, [owner.id.clone()]);
    assert!(subjects(&world, &world.new_id(), view).await.is_empty());
    assert!(subjects(&world, "00000000-0000-0000-0000-000000000000", view).await.is_empty());
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let good = || check(&owner, "", Permission::ProjectCreate);
    let batch = |checks| BatchCheckRequest { checks, consistency: None };
    invalid(world.permissions().batch_check(batch(vec![])).await, "checks");
    invalid(world.permissions().batch_check(batch(vec![good(); 101])).await, "checks");
    world.permissions().batch_check(batch(vec![good(); 100])).await.unwrap();
    let odd = CheckRequest { permission: 9999, ..good() };
    invalid(world.permissions().batch_check(batch(vec![good(), odd.clone()])).await, "checks[1].permission");
    invalid(world.permissions().check(odd).await, "permission");
    invalid(world.permissions().check(CheckRequest { permission: 0, ..good() }).await, "permission");
    invalid(world.permissions().check(CheckRequest { user_id: "x".to_owned(), ..good() }).await, "user_id");
    invalid(world.permissions().check(CheckRequest { project_id: "x".to_owned(), ..good() }).await, "project_id");
}

#[tokio::test]
async fn people_cannot_ask_about_each_other() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut direct = PermissionServiceClient::new(world.auth.clone());
    let request = || check(&owner, "", Permission::ProjectCreate);
    refused(direct.check(request()).await, Code::Unauthenticated, ErrorReason::CredentialMissing);
    refused(direct.check(owner.asks(request())).await, Code::PermissionDenied, ErrorReason::PermissionMissing);
    let watch = owner.asks(WatchChangesRequest { after_revision: 0 });
    refused(direct.watch_changes(watch).await, Code::PermissionDenied, ErrorReason::PermissionMissing);
}
