//! GetCurrentSession: who is signed in and what they may do in the instance.

use tasktracker_proto::auth::v1::GetCurrentSessionRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, bearing, refused};

#[tokio::test]
async fn people_see_themselves_and_their_rights() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let answer = world
        .sessions()
        .get_current_session(owner.asks(GetCurrentSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    let user = answer.user.unwrap();
    assert_eq!(
        (user.email.as_deref(), user.system_role_id.as_deref()),
        (Some("owner@example.com"), Some("owner"))
    );
    assert!(answer.system_permissions.contains(&"owner.grant".to_owned()));
    assert!(answer.system_permissions.is_sorted());

    let member = world.member("Tim").await;
    let answer = world
        .sessions()
        .get_current_session(member.asks(GetCurrentSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.system_permissions, ["project.create", "user.view"]);
    assert_eq!(answer.session.unwrap().id, member.session_id);

    let guest = world.with_system_role("Gus", "guest").await;
    let answer = world
        .sessions()
        .get_current_session(guest.asks(GetCurrentSessionRequest {}))
        .await
        .unwrap()
        .into_inner();
    assert!(answer.system_permissions.is_empty());
}

#[tokio::test]
async fn a_credential_that_is_none_is_refused() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let ask = async |token: &str| {
        world
            .sessions()
            .get_current_session(bearing(token, GetCurrentSessionRequest {}))
            .await
    };
    let missing = world.sessions().get_current_session(GetCurrentSessionRequest {}).await;
    refused(missing, Code::Unauthenticated, ErrorReason::CredentialMissing);
    for wrong in [
        "",
        "x",
        &owner.refresh_token,
        &owner.access_token[1..],
        &format!("{}.x", owner.access_token),
    ] {
        refused(ask(wrong).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    }
    world.wait(331);
    refused(
        ask(&owner.access_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
}

#[tokio::test]
async fn an_error_looks_the_same_for_a_person_who_is_deactivated() {
    let world = World::empty().await;
    world.owner().await;
    let tim = world.member("Tim").await;
    world.deactivate(&tim).await;
    let outcome = world.sessions().get_current_session(tim.asks(GetCurrentSessionRequest {})).await;
    refused(outcome, Code::Unauthenticated, ErrorReason::CredentialInvalid);
}
