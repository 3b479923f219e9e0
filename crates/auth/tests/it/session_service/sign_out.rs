//! SignOut: the session's credentials stop working, everywhere and at once.

use tasktracker_proto::auth::v1::{
    ExchangeCredentialRequest, GetCurrentSessionRequest, ListUsersRequest, SessionKind, SignInRequest, SignOutRequest,
};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, bearing, metadata, refused, sign_in_request};

#[tokio::test]
async fn every_process_forgets_the_session() {
    let world = World::empty().await;
    let person = world.owner().await;
    let other = world.sign_in(&person.email).await;
    let answer = world.sessions().sign_out(person.asks(SignOutRequest {})).await.unwrap();
    assert_eq!(metadata(&answer, "x-session-cookie"), None);
    let current = world.sessions().get_current_session(person.asks(GetCurrentSessionRequest {})).await;
    refused(current, Code::Unauthenticated, ErrorReason::CredentialInvalid);

    world
        .eventually("the identity layer refuses the token", async || {
            world.users().list_users(person.asks(ListUsersRequest::default())).await.is_err()
        })
        .await;
    world.users().list_users(other.asks(ListUsersRequest::default())).await.unwrap();
}

#[tokio::test]
async fn signing_out_twice_is_signing_out() {
    let world = World::empty().await;
    let person = world.owner().await;
    // Both at once: the second may still pass the identity layer.
    let (mut one, mut other) = (world.sessions(), world.sessions());
    let (first, second) = tokio::join!(
        one.sign_out(person.asks(SignOutRequest {})),
        other.sign_out(person.asks(SignOutRequest {}))
    );
    assert!(first.is_ok() || second.is_ok());
    for outcome in [first, second].into_iter().filter(Result::is_err) {
        refused(outcome, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    }
    assert_eq!(world.count("access_changes").await, 2, "the registration and one end");
}

#[tokio::test]
async fn a_browser_s_cookie_is_taken_away() {
    let world = World::empty().await;
    let person = world.owner().await;
    let request = SignInRequest {
        session_kind: SessionKind::Browser.into(),
        ..sign_in_request(&person.email)
    };
    let answer = world.sessions().sign_in(request).await.unwrap();
    let session_secret = metadata(&answer, "x-session-cookie").unwrap().to_owned();
    let exchange = || ExchangeCredentialRequest {
        session_secret: session_secret.clone(),
    };
    let token = world
        .credentials()
        .exchange_credential(exchange())
        .await
        .unwrap()
        .into_inner()
        .access_token;

    let answer = world.sessions().sign_out(bearing(&token, SignOutRequest {})).await.unwrap();
    assert_eq!(metadata(&answer, "x-session-cookie"), Some(""));
    refused(
        world.credentials().exchange_credential(exchange()).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
}

#[tokio::test]
async fn a_process_that_starts_later_has_not_forgotten() {
    let world = World::empty().await;
    let person = world.owner().await;
    world.sessions().sign_out(person.asks(SignOutRequest {})).await.unwrap();
    let world = world.restarted().await;
    let outcome = world.users().list_users(person.asks(ListUsersRequest::default())).await;
    refused(outcome, Code::Unauthenticated, ErrorReason::CredentialInvalid);
}

#[tokio::test]
async fn who_is_not_signed_in_cannot_sign_out() {
    let world = World::empty().await;
    refused(
        world.sessions().sign_out(SignOutRequest {}).await,
        Code::Unauthenticated,
        ErrorReason::CredentialMissing,
    );
}
