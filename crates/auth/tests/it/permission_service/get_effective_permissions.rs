//! GetEffectivePermissions: what roles give, and how fresh the answer is: a revision that was answered holds from then on, and one that
//! never was is not waited for for long.

use std::time::Duration;

use tasktracker_proto::auth::v1::consistency::Requirement;
use tasktracker_proto::auth::v1::{
    Consistency, GetEffectivePermissionsRequest, GetEffectivePermissionsResponse, Permission, ScopeVisibility,
};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, metadata, refused};

async fn effective(
    world: &World,
    person: &Person,
    project_id: &str,
    requirement: Requirement,
) -> Result<GetEffectivePermissionsResponse, Status> {
    let consistency = Some(Consistency {
        requirement: Some(requirement),
    });
    let request = GetEffectivePermissionsRequest {
        user_id: person.id.clone(),
        project_id: project_id.to_owned(),
        consistency,
    };
    Ok(world.permissions().get_effective_permissions(request).await?.into_inner())
}

#[tokio::test]
async fn what_was_granted_or_taken_holds_at_its_revision() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    for _ in 0..5 {
        let added = world
            .access()
            .add_project_member(owner.asks(crate::world::add_request(&project, &tim, "viewer")))
            .await
            .unwrap();
        let revision: i64 = metadata(&added, "x-authz-revision").unwrap().parse().unwrap();
        let answer = effective(&world, &tim, &project, Requirement::AtLeastRevision(revision))
            .await
            .unwrap();
        assert!(!answer.permissions.is_empty() && answer.revision >= revision);
        world.remove(&owner, &added.into_inner().member.unwrap()).await.unwrap();
        assert!(
            effective(&world, &tim, &project, Requirement::FullyConsistent(true))
                .await
                .unwrap()
                .permissions
                .is_empty()
        );
    }
}

#[tokio::test]
async fn a_revision_of_the_future_is_waited_for_and_then_refused() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[]).await;
    let present = effective(&world, &tim, &project, Requirement::FullyConsistent(true))
        .await
        .unwrap()
        .revision;

    let (later, added) = tokio::join!(
        effective(&world, &tim, &project, Requirement::AtLeastRevision(present + 1)),
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            world.add(&owner, &project, &tim, "viewer").await
        }
    );
    added.unwrap();
    assert!(!later.unwrap().permissions.is_empty());

    for revision in [present + 100, i64::MAX] {
        let outcome = tokio::time::timeout(
            Duration::from_secs(2),
            effective(&world, &tim, &project, Requirement::AtLeastRevision(revision)),
        );
        refused(outcome.await.unwrap(), Code::FailedPrecondition, ErrorReason::RevisionUnknown);
    }
}

#[tokio::test]
async fn nobody_has_rights_where_nothing_is() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project_with(&owner, &[(&tim, "owner")], ScopeVisibility::Internal).await;
    let nobody = Person {
        id: world.new_id(),
        ..tim.clone()
    };
    assert!(world.effective(&nobody, &project).await.is_empty() && world.effective(&nobody, "").await.is_empty());
    assert!(world.effective(&owner, &world.new_id()).await.is_empty());
    assert!(world.effective(&owner, "00000000-0000-0000-0000-000000000000").await.is_empty());
    assert_eq!(world.effective(&tim, "").await, [Permission::ProjectCreate, Permission::UserView]);
    world.deactivate(&tim).await;
    assert!(world.effective(&tim, &project).await.is_empty() && world.effective(&tim, "").await.is_empty());
}
