//! ExchangeCredential: a cookie buys access tokens while its session lives, for services only.

use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_proto::auth::v1::{
    ExchangeCredentialRequest, ExchangeCredentialResponse, GetCurrentSessionRequest, SessionKind, SignInRequest,
};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, bearing, invalid, metadata, refused, sign_in_request};

const DAY: u64 = 24 * 60 * 60;

async fn cookie(world: &World, person: &Person) -> String {
    let request = SignInRequest {
        session_kind: SessionKind::Browser.into(),
        ..sign_in_request(&person.email)
    };
    let answer = world.sessions().sign_in(request).await.unwrap();
    metadata(&answer, "x-session-cookie").unwrap().to_owned()
}

async fn exchange(world: &World, cookie: &str) -> Result<ExchangeCredentialResponse, Status> {
    let request = ExchangeCredentialRequest {
        session_secret: cookie.to_owned(),
    };
    Ok(world.credentials().exchange_credential(request).await?.into_inner())
}

#[tokio::test]
async fn a_cookie_buys_access_tokens_of_its_session() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let cookie = cookie(&world, &owner).await;
    let answer = exchange(&world, &cookie).await.unwrap();
    assert!(answer.expire_time.is_some());
    let current = world
        .sessions()
        .get_current_session(bearing(&answer.access_token, GetCurrentSessionRequest {}))
        .await
        .unwrap();
    let session = current.into_inner().session.unwrap();
    assert_eq!(
        (session.id.as_str(), session.kind()),
        (answer.session_id.as_str(), SessionKind::Browser)
    );
}

#[tokio::test]
async fn use_keeps_a_session_alive_until_its_last_day() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (used, left) = (cookie(&world, &owner).await, cookie(&world, &owner).await);
    for _ in 0..2 {
        world.wait(13 * DAY);
        exchange(&world, &used).await.unwrap();
    }
    refused(exchange(&world, &left).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    world.wait(4 * DAY);
    refused(exchange(&world, &used).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
}

#[tokio::test]
async fn what_is_no_living_cookie_is_refused() {
    let world = World::empty().await;
    world.owner().await;
    let tim = world.member("Tim").await;
    let good = cookie(&world, &tim).await;
    for wrong in ["x", "tts_", &good[..52], &good.to_lowercase(), &tim.refresh_token] {
        refused(exchange(&world, wrong).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    }
    invalid(exchange(&world, "").await, "session_secret");
    invalid(exchange(&world, &"x".repeat(201)).await, "session_secret");
    world.deactivate(&tim).await;
    refused(exchange(&world, &good).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
}

#[tokio::test]
async fn people_cannot_exchange_cookies_themselves() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let session_secret = cookie(&world, &owner).await;
    let mut direct = CredentialServiceClient::new(world.auth.clone());
    let request = || ExchangeCredentialRequest {
        session_secret: session_secret.clone(),
    };
    refused(
        direct.exchange_credential(request()).await,
        Code::Unauthenticated,
        ErrorReason::CredentialMissing,
    );
    refused(
        direct.exchange_credential(owner.asks(request())).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
}
