//! ListProjectMembers: who is in a project, for who may know.

use tasktracker_proto::auth::v1::ListProjectMembersRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, invalid, refused};

#[tokio::test]
async fn members_come_in_the_order_they_were_added_page_by_page() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, ada, zoe) = (world.member("Tim").await, world.member("Ada").await, world.member("Zoe").await);
    let project = world
        .project(&owner, &[(&tim, "viewer"), (&zoe, "contributor"), (&ada, "maintainer")])
        .await;
    let wanted = [
        (&owner.id, "owner"),
        (&tim.id, "viewer"),
        (&zoe.id, "contributor"),
        (&ada.id, "maintainer"),
    ];
    let members = world.members(&ada, &project).await.unwrap();
    let seen: Vec<_> = members.iter().map(|member| (&member.user_id, member.role_id.as_str())).collect();
    assert_eq!(seen, wanted);
    assert!(
        members
            .iter()
            .all(|member| member.project_id == project && member.create_time.is_some() && !member.etag.is_empty())
    );

    let request = |page_token: &str| ListProjectMembersRequest {
        project_id: project.clone(),
        page_size: 3,
        page_token: page_token.to_owned(),
    };
    let first = world
        .access()
        .list_project_members(owner.asks(request("")))
        .await
        .unwrap()
        .into_inner();
    let second = world
        .access()
        .list_project_members(owner.asks(request(&first.next_page_token)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (first.members.len(), second.members.len(), second.next_page_token.as_str()),
        (3, 1, "")
    );
    assert_eq!(second.members[0].user_id, ada.id);

    let foreign = world.access().list_project_members(ada.asks(request(&first.next_page_token))).await;
    refused(foreign, Code::InvalidArgument, ErrorReason::InvalidPageToken);
    let other = world.project(&owner, &[]).await;
    let elsewhere = ListProjectMembersRequest {
        project_id: other,
        ..request(&first.next_page_token)
    };
    refused(
        world.access().list_project_members(owner.asks(elsewhere)).await,
        Code::InvalidArgument,
        ErrorReason::InvalidPageToken,
    );
}

#[tokio::test]
async fn a_project_that_is_hidden_looks_like_none() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (stranger, viewer) = (world.member("Stranger").await, world.member("Viewer").await);
    let admin = world.with_system_role("Admin", "admin").await;
    let project = world.project(&owner, &[(&viewer, "viewer")]).await;
    let missing = refused(
        world.members(&stranger, &world.new_id()).await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    for person in [&stranger, &admin] {
        let hidden = refused(world.members(person, &project).await, Code::NotFound, ErrorReason::NotFound);
        assert_eq!(hidden.message(), missing.message());
    }
    let denied = refused(
        world.members(&viewer, &project).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
    assert!(denied.message().contains("member.view"));
    refused(
        world.members(&owner, "00000000-0000-0000-0000-000000000000").await,
        Code::NotFound,
        ErrorReason::NotFound,
    );
    invalid(world.members(&owner, "x").await, "project_id");
    let anonymous = world
        .access()
        .list_project_members(ListProjectMembersRequest {
            project_id: project,
            ..Default::default()
        })
        .await;
    refused(anonymous, Code::Unauthenticated, ErrorReason::CredentialMissing);
}
