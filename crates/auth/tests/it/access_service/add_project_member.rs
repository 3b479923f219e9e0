//! AddProjectMember: never above one's own rights, never twice, and known everywhere at once.

use tasktracker_proto::auth::v1::{AddProjectMemberRequest, Permission, ProjectMember};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{Person, World, add_request, invalid, metadata, refused};

const ROLES: [&str; 5] = ["viewer", "commenter", "contributor", "maintainer", "owner"];

#[tokio::test]
async fn a_member_has_their_role_from_the_answered_revision_on() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let answer = world
        .access()
        .add_project_member(owner.asks(add_request(&project, &tim, "contributor")))
        .await
        .unwrap();
    let revision: i64 = metadata(&answer, "x-authz-revision").unwrap().parse().unwrap();
    let member = answer.into_inner().member.unwrap();
    assert_eq!(
        (&member.project_id, &member.user_id, member.role_id.as_str()),
        (&project, &tim.id, "contributor")
    );
    assert!(world.effective(&tim, &project).await.contains(&Permission::TaskUpdate));
    let (tim_id, project_id) = (tim.id.parse().unwrap(), project.parse().unwrap());
    world
        .eventually("caches hear of it", async || {
            world.changes.least_revision(tim_id, Some(project_id)) >= revision
        })
        .await;
}

/// Who may give which role: nobody below maintainer any, and nobody one above their own.
#[tokio::test]
async fn nobody_gives_a_role_above_their_own() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let project = world.project(&owner, &[]).await;
    for (rank, role) in ROLES.iter().enumerate() {
        let actor = world.member(&format!("Actor{rank}")).await;
        world.add(&owner, &project, &actor, role).await.unwrap();
        for (given_rank, given) in ROLES.iter().enumerate() {
            let newcomer = world.member(&format!("New{rank}{given_rank}")).await;
            let outcome = world.add(&actor, &project, &newcomer, given).await;
            if rank >= 3 && given_rank <= rank {
                outcome.unwrap();
            } else {
                refused(outcome, Code::PermissionDenied, ErrorReason::PermissionMissing);
                assert!(world.effective(&newcomer, &project).await.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn a_project_that_is_hidden_looks_like_none() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, stranger) = (world.member("Tim").await, world.member("Stranger").await);
    let admin = world.with_system_role("Admin", "admin").await;
    let project = world.project(&owner, &[]).await;
    let missing = refused(
        world.add(&stranger, &world.new_id(), &tim, "viewer").await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    for person in [&stranger, &admin] {
        // Also with a request that is wrong in itself.
        for role in ["viewer", "emperor"] {
            let hidden = refused(
                world.add(person, &project, person, role).await,
                Code::NotFound,
                ErrorReason::NotFound,
            );
            assert_eq!(hidden.message(), missing.message());
        }
    }
    let anonymous = world.access().add_project_member(add_request(&project, &tim, "viewer")).await;
    refused(anonymous, Code::Unauthenticated, ErrorReason::CredentialMissing);
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let nobody = Person {
        id: world.new_id(),
        ..tim.clone()
    };
    let no_id = Person {
        id: "x".to_owned(),
        ..tim.clone()
    };
    invalid(world.add(&owner, &project, &nobody, "viewer").await, "member.user_id");
    invalid(world.add(&owner, &project, &no_id, "viewer").await, "member.user_id");
    for role in ["", "emperor", "Viewer", "admin"] {
        invalid(world.add(&owner, &project, &tim, role).await, "member.role_id");
    }
    let empty = AddProjectMemberRequest {
        member: None,
        ..add_request(&project, &tim, "viewer")
    };
    invalid(world.access().add_project_member(owner.asks(empty)).await, "member");
    let request_id = "with a space".to_owned();
    let odd = AddProjectMemberRequest {
        request_id,
        ..add_request(&project, &tim, "viewer")
    };
    invalid(world.access().add_project_member(owner.asks(odd)).await, "request_id");
    world.deactivate(&tim).await;
    invalid(world.add(&owner, &project, &tim, "viewer").await, "member.user_id");
    assert_eq!(world.members(&owner, &project).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_member_twice() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let tries = (0..6).map(|_| world.add(&owner, &project, &tim, "viewer"));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        refused(outcome, Code::AlreadyExists, ErrorReason::AlreadyMember);
    }
    let outcome = world.add(&owner, &project, &tim, "maintainer").await;
    refused(outcome, Code::AlreadyExists, ErrorReason::AlreadyMember);
    assert_eq!(world.members(&owner, &project).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_answers_the_first_member() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, ada) = (world.member("Tim").await, world.member("Ada").await);
    let project = world.project(&owner, &[(&ada, "maintainer")]).await;
    let request = |person: &Person, role: &str| {
        let request_id = "retry-1".to_owned();
        AddProjectMemberRequest {
            request_id,
            ..add_request(&project, person, role)
        }
    };
    let ask = async |by: &Person, request: AddProjectMemberRequest| -> Result<ProjectMember, tonic::Status> {
        Ok(world
            .access()
            .add_project_member(by.asks(request))
            .await?
            .into_inner()
            .member
            .unwrap())
    };
    let outcomes = futures_util::future::join_all((0..6).map(|_| ask(&owner, request(&tim, "viewer")))).await;
    let first = outcomes[0].as_ref().unwrap().clone();
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), first);
    }

    refused(
        ask(&owner, request(&tim, "commenter")).await,
        Code::InvalidArgument,
        ErrorReason::IdempotencyKeyReused,
    );
    refused(
        ask(&ada, request(&tim, "viewer")).await,
        Code::AlreadyExists,
        ErrorReason::AlreadyMember,
    );
    world.remove(&owner, &first).await.unwrap();
    refused(ask(&owner, request(&tim, "viewer")).await, Code::NotFound, ErrorReason::NotFound);
    world.wait(24 * 60 * 60 + 1);
    let owner = world.sign_in(&owner.email).await;
    let ada = world.sign_in(&ada.email).await;
    assert!(
        ask(
            &ada,
            AddProjectMemberRequest {
                request_id: "other".to_owned(),
                ..request(&tim, "viewer")
            }
        )
        .await
        .is_ok()
    );
    assert_eq!(world.members(&owner, &project).await.unwrap().len(), 3);
}
