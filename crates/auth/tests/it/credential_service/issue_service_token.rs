//! IssueServiceToken: only who can derive a service's secret becomes that service.

use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_proto::auth::v1::{GetContactsRequest, GetCurrentSessionRequest, IssueServiceTokenRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, bearing, invalid, refused};

fn request(service: &str, secret: &str) -> IssueServiceTokenRequest {
    IssueServiceTokenRequest {
        service: service.to_owned(),
        secret: secret.to_owned(),
    }
}

#[tokio::test]
async fn the_derived_secret_buys_a_service_token() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut credentials = CredentialServiceClient::new(world.auth.clone());
    let answer = credentials
        .issue_service_token(request("core", &world.secret.of_service("core")))
        .await
        .unwrap()
        .into_inner();
    assert!(answer.expire_time.is_some());
    let mut contacts = ContactServiceClient::new(world.auth.clone());
    contacts
        .get_contacts(bearing(&answer.access_token, GetContactsRequest { user_ids: vec![owner.id] }))
        .await
        .unwrap();

    let as_person = world
        .sessions()
        .get_current_session(bearing(&answer.access_token, GetCurrentSessionRequest {}))
        .await;
    refused(as_person, Code::PermissionDenied, ErrorReason::PermissionMissing);
}

#[tokio::test]
async fn another_secret_buys_nothing() {
    let world = World::empty().await;
    let mut credentials = CredentialServiceClient::new(world.auth.clone());
    for secret in ["0".repeat(64), world.secret.of_service("gateway")] {
        let outcome = credentials.issue_service_token(request("core", &secret)).await;
        refused(outcome, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    }
    invalid(credentials.issue_service_token(request("core", "short")).await, "secret");
    invalid(credentials.issue_service_token(request("Core", &"0".repeat(64))).await, "service");
    invalid(credentials.issue_service_token(request("", &"0".repeat(64))).await, "service");
}
