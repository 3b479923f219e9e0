//! UpdateProjectMember: within one's own rights, never without an owner, and on data that are not stale.

use prost_types::FieldMask;
use tasktracker_proto::auth::v1::{Permission, ProjectMember, UpdateProjectMemberRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::{Request, Status};
use tonic_types::StatusExt;

use crate::world::{Person, World, invalid, metadata, refused};

async fn update(world: &World, request: Request<UpdateProjectMemberRequest>) -> Result<ProjectMember, Status> {
    Ok(world.access().update_project_member(request).await?.into_inner().member.unwrap())
}

fn request(member: &ProjectMember, role: &str) -> UpdateProjectMemberRequest {
    let changed = ProjectMember {
        id: member.id.clone(),
        role_id: role.to_owned(),
        ..ProjectMember::default()
    };
    UpdateProjectMemberRequest {
        project_id: member.project_id.clone(),
        member: Some(changed),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_new_role_holds_at_once_and_the_same_role_changes_nothing() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "contributor")]).await;
    let member = world.member_of(&owner, &project, &tim).await;
    world.wait(5);
    let answer = world
        .access()
        .update_project_member(owner.asks(request(&member, "viewer")))
        .await
        .unwrap();
    let revision = metadata(&answer, "x-authz-revision").unwrap().to_owned();
    let changed = answer.into_inner().member.unwrap();
    assert_eq!((changed.role_id.as_str(), &changed.id), ("viewer", &member.id));
    assert!(changed.etag != member.etag && changed.update_time != member.update_time && changed.create_time == member.create_time);
    assert!(!world.effective(&tim, &project).await.contains(&Permission::TaskUpdate));

    let same = world
        .access()
        .update_project_member(owner.asks(request(&changed, "viewer")))
        .await
        .unwrap();
    assert_eq!(metadata(&same, "x-authz-revision"), Some(revision.as_str()));
    assert_eq!(same.into_inner().member.unwrap(), changed);
}

#[tokio::test]
async fn nobody_changes_who_ranks_higher_or_rises_above_themselves() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (maintainer, contributor, viewer) = (world.member("M").await, world.member("C").await, world.member("V").await);
    let project = world
        .project(
            &owner,
            &[(&maintainer, "maintainer"), (&contributor, "contributor"), (&viewer, "viewer")],
        )
        .await;
    let of = async |person: &Person| world.member_of(&owner, &project, person).await;
    let denied = |outcome: Result<ProjectMember, Status>| {
        refused(outcome, Code::PermissionDenied, ErrorReason::PermissionMissing);
    };
    denied(world.set_role(&maintainer, &of(&owner).await, "viewer").await);
    denied(world.set_role(&maintainer, &of(&maintainer).await, "owner").await);
    denied(world.set_role(&maintainer, &of(&viewer).await, "owner").await);
    denied(world.set_role(&contributor, &of(&contributor).await, "maintainer").await);
    denied(world.set_role(&contributor, &of(&viewer).await, "commenter").await);
    denied(world.set_role(&viewer, &of(&viewer).await, "viewer").await);
    world.set_role(&maintainer, &of(&viewer).await, "maintainer").await.unwrap();
    world.set_role(&maintainer, &of(&maintainer).await, "viewer").await.unwrap();
    denied(world.set_role(&maintainer, &of(&viewer).await, "viewer").await);
}

#[tokio::test]
async fn the_last_active_owner_stays() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "owner")]).await;
    let (mine, his) = (
        world.member_of(&owner, &project, &owner).await,
        world.member_of(&owner, &project, &tim).await,
    );
    world.deactivate(&tim).await;
    refused(
        world.set_role(&owner, &mine, "maintainer").await,
        Code::FailedPrecondition,
        ErrorReason::LastOwner,
    );
    world.set_role(&owner, &his, "viewer").await.unwrap();
    refused(
        world.set_role(&owner, &mine, "viewer").await,
        Code::FailedPrecondition,
        ErrorReason::LastOwner,
    );
    world.set_role(&owner, &mine, "owner").await.unwrap();
}

/// Many times, because the two must meet in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_last_owners_who_step_down_at_once_one_stays() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    for _ in 0..10 {
        let project = world.project(&owner, &[(&tim, "owner")]).await;
        let (mine, his) = (
            world.member_of(&owner, &project, &owner).await,
            world.member_of(&owner, &project, &tim).await,
        );
        let (one, other) = tokio::join!(world.set_role(&owner, &mine, "viewer"), world.remove(&tim, &his));
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
        for outcome in [one.map(drop), other].into_iter().filter(Result::is_err) {
            refused(outcome, Code::FailedPrecondition, ErrorReason::LastOwner);
        }
    }
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "viewer")]).await;
    let seen = world.member_of(&owner, &project, &tim).await;
    let current = world.set_role(&owner, &seen, "commenter").await.unwrap();
    let mut body = request(&seen, "contributor");
    body.member.as_mut().unwrap().etag = seen.etag.clone();
    let mut strict = owner.asks(request(&seen, "contributor"));
    strict.metadata_mut().insert("if-match", seen.etag.parse().unwrap());
    for stale in [owner.asks(body.clone()), strict] {
        let status = refused(update(&world, stale).await, Code::Aborted, ErrorReason::EtagMismatch);
        assert_eq!(status.get_details_error_info().unwrap().metadata.get("etag"), Some(&current.etag));
    }
    body.member.as_mut().unwrap().etag = current.etag;
    assert_eq!(update(&world, owner.asks(body)).await.unwrap().role_id, "contributor");
}

#[tokio::test]
async fn a_repeated_request_changes_nothing_again() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let project = world.project(&owner, &[(&tim, "viewer")]).await;
    let member = world.member_of(&owner, &project, &tim).await;
    let mut once = UpdateProjectMemberRequest {
        request_id: "u-1".to_owned(),
        ..request(&member, "commenter")
    };
    once.member.as_mut().unwrap().etag = member.etag.clone();
    let first = update(&world, owner.asks(once.clone())).await.unwrap();
    assert_eq!(update(&world, owner.asks(once.clone())).await.unwrap(), first);
    let other = UpdateProjectMemberRequest {
        request_id: "u-1".to_owned(),
        ..request(&member, "viewer")
    };
    refused(
        update(&world, owner.asks(other)).await,
        Code::InvalidArgument,
        ErrorReason::IdempotencyKeyReused,
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let (project, other) = (world.project(&owner, &[(&tim, "viewer")]).await, world.project(&owner, &[]).await);
    let member = world.member_of(&owner, &project, &tim).await;
    for paths in [vec!["user_id"], vec!["role_id", "create_time"], vec!["*"], vec!["nonsense"]] {
        let update_mask = Some(FieldMask {
            paths: paths.into_iter().map(str::to_owned).collect(),
        });
        invalid(
            update(
                &world,
                owner.asks(UpdateProjectMemberRequest {
                    update_mask,
                    ..request(&member, "commenter")
                }),
            )
            .await,
            "update_mask",
        );
    }
    invalid(update(&world, owner.asks(request(&member, ""))).await, "member.role_id");
    let mut moved = request(&member, "commenter");
    moved.member.as_mut().unwrap().user_id = owner.id.clone();
    invalid(update(&world, owner.asks(moved)).await, "member.user_id");
    invalid(
        update(
            &world,
            owner.asks(UpdateProjectMemberRequest {
                member: None,
                ..request(&member, "")
            }),
        )
        .await,
        "member",
    );
    let nameless = ProjectMember {
        id: String::new(),
        ..member.clone()
    };
    invalid(update(&world, owner.asks(request(&nameless, "commenter"))).await, "member.id");

    // A member of another project is none of this one.
    let elsewhere = UpdateProjectMemberRequest {
        project_id: other,
        ..request(&member, "commenter")
    };
    refused(update(&world, owner.asks(elsewhere)).await, Code::NotFound, ErrorReason::NotFound);
    let stranger = world.member("Stranger").await;
    refused(
        update(&world, stranger.asks(request(&member, "commenter"))).await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    refused(
        update(&world, Request::new(request(&member, "commenter"))).await,
        Code::Unauthenticated,
        ErrorReason::CredentialMissing,
    );
    assert_eq!(world.member_of(&owner, &project, &tim).await, member);
}
