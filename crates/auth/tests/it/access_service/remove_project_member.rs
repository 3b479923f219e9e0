//! RemoveProjectMember: access ends at once, people may leave, and the last owner stays.

use tasktracker_proto::auth::v1::{AssignmentPolicy, Permission, RemoveProjectMemberRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, invalid, metadata, refused};

#[tokio::test]
async fn access_ends_at_once() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "contributor")]).await;
    let member = world.member_of(&owner, &project, &tim).await;
    let request = || RemoveProjectMemberRequest {
        project_id: project.clone(),
        member_id: member.id.clone(),
        ..Default::default()
    };
    let answer = world.access().remove_project_member(owner.asks(request())).await.unwrap();
    let revision: i64 = metadata(&answer, "x-authz-revision").unwrap().parse().unwrap();
    assert!(world.effective(&tim, &project).await.is_empty());
    refused(world.members(&tim, &project).await, Code::NotFound, ErrorReason::NotFound);
    let (tim_id, project_id) = (tim.id.parse().unwrap(), project.parse().unwrap());
    world
        .eventually("caches hear of it", async || {
            world.changes.least_revision(tim_id, Some(project_id)) >= revision
        })
        .await;

    refused(
        world.access().remove_project_member(owner.asks(request())).await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    let again = world.add(&owner, &project, &tim, "viewer").await.unwrap();
    assert_ne!(again.id, member.id);
    assert!(
        !world.effective(&tim, &project).await.contains(&Permission::TaskUpdate),
        "nothing of before is left"
    );
}

#[tokio::test]
async fn people_may_leave_but_not_throw_out_who_ranks_higher() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (maintainer, viewer, other) = (world.member("M").await, world.member("V").await, world.member("O").await);
    let project = world
        .project(&owner, &[(&maintainer, "maintainer"), (&viewer, "viewer"), (&other, "viewer")])
        .await;
    let (of_owner, of_viewer, of_other) = (
        world.member_of(&owner, &project, &owner).await,
        world.member_of(&owner, &project, &viewer).await,
        world.member_of(&owner, &project, &other).await,
    );
    refused(
        world.remove(&maintainer, &of_owner).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
    refused(
        world.remove(&viewer, &of_other).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
    // Who may not manage members learns nothing about which there are.
    let made_up = tasktracker_proto::auth::v1::ProjectMember {
        id: world.new_id(),
        ..of_other.clone()
    };
    refused(
        world.remove(&viewer, &made_up).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
    refused(world.remove(&maintainer, &made_up).await, Code::NotFound, ErrorReason::NotFound);
    world.remove(&viewer, &of_viewer).await.unwrap();
    world.remove(&maintainer, &of_other).await.unwrap();
    let stranger = world.member("Stranger").await;
    refused(world.remove(&stranger, &of_owner).await, Code::NotFound, ErrorReason::NotFound);
    assert_eq!(world.members(&owner, &project).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_last_active_owner_cannot_leave() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "owner")]).await;
    let mine = world.member_of(&owner, &project, &owner).await;
    world.deactivate(&tim).await;
    refused(world.remove(&owner, &mine).await, Code::FailedPrecondition, ErrorReason::LastOwner);
    let his = world.member_of(&owner, &project, &tim).await;
    world.remove(&owner, &his).await.unwrap();
    refused(world.remove(&owner, &mine).await, Code::FailedPrecondition, ErrorReason::LastOwner);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_last_owners_who_leave_at_once_one_stays() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut owners = vec![owner.clone()];
    for index in 0..4 {
        owners.push(world.member(&format!("O{index}")).await);
    }
    let others: Vec<_> = owners[1..].iter().map(|person| (person, "owner")).collect();
    let project = world.project(&owner, &others).await;
    let members = world.members(&owner, &project).await.unwrap();
    let leave = owners.iter().map(|person| {
        let member = members.iter().find(|member| member.user_id == person.id).unwrap();
        world.remove(person, member)
    });
    let outcomes = futures_util::future::join_all(leave).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        refused(outcome, Code::FailedPrecondition, ErrorReason::LastOwner);
    }
}

#[tokio::test]
async fn somebody_who_takes_over_is_another_member() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, stranger) = (world.member("Tim").await, world.member("Stranger").await);
    let project = world.project(&owner, &[(&tim, "contributor")]).await;
    let member = world.member_of(&owner, &project, &tim).await;
    let request = |assignments: AssignmentPolicy, to: &str| RemoveProjectMemberRequest {
        project_id: project.clone(),
        member_id: member.id.clone(),
        assignments: assignments.into(),
        reassign_to_user_id: to.to_owned(),
        etag: String::new(),
    };
    for (policy, to) in [
        (AssignmentPolicy::Reassign, ""),
        (AssignmentPolicy::Reassign, "x"),
        (AssignmentPolicy::Reassign, &stranger.id),
        (AssignmentPolicy::Reassign, &tim.id),
        (AssignmentPolicy::Keep, &owner.id),
        (AssignmentPolicy::Unspecified, &owner.id),
    ] {
        invalid(
            world.access().remove_project_member(owner.asks(request(policy, to))).await,
            "reassign_to_user_id",
        );
    }
    let odd = RemoveProjectMemberRequest {
        assignments: 9,
        ..request(AssignmentPolicy::Keep, "")
    };
    invalid(world.access().remove_project_member(owner.asks(odd)).await, "assignments");
    let stale = RemoveProjectMemberRequest {
        etag: "999".to_owned(),
        ..request(AssignmentPolicy::Keep, "")
    };
    refused(
        world.access().remove_project_member(owner.asks(stale)).await,
        Code::Aborted,
        ErrorReason::EtagMismatch,
    );
    world
        .access()
        .remove_project_member(owner.asks(request(AssignmentPolicy::Reassign, &owner.id)))
        .await
        .unwrap();
}
