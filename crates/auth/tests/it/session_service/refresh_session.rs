//! RefreshSession: each token buys one pair; one that comes again ends its session, but for a lost answer.

use tasktracker_proto::auth::v1::{
    GetCurrentSessionRequest, RefreshSessionRequest, RefreshSessionResponse, SessionKind, SignInRequest, SignOutRequest,
};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Status;

use crate::world::{Person, World, bearing, invalid, metadata, refused, sign_in_request};

const DAY: u64 = 24 * 60 * 60;

async fn refresh(world: &World, token: &str) -> Result<RefreshSessionResponse, Status> {
    let request = RefreshSessionRequest {
        refresh_token: token.to_owned(),
    };
    Ok(world.sessions().refresh_session(request).await?.into_inner())
}

async fn works(world: &World, access_token: &str) -> bool {
    world
        .sessions()
        .get_current_session(bearing(access_token, GetCurrentSessionRequest {}))
        .await
        .is_ok()
}

async fn start() -> (World, Person) {
    let world = World::empty().await;
    let person = world.owner().await;
    (world, person)
}

#[tokio::test]
async fn a_token_buys_the_next_pair() {
    let (world, person) = start().await;
    world.wait(299);
    let next = refresh(&world, &person.refresh_token).await.unwrap();
    assert_eq!(next.session.as_ref().unwrap().id, person.session_id);
    assert_eq!(next.user.unwrap().id, person.id);
    assert_ne!(next.refresh_token, person.refresh_token);
    world.wait(40);
    assert!(!works(&world, &person.access_token).await, "the old access token has expired");
    assert!(works(&world, &next.access_token).await);
}

#[tokio::test]
async fn a_spent_token_that_comes_again_ends_the_session() {
    let (world, person) = start().await;
    let other = world.sign_in(&person.email).await;
    let next = refresh(&world, &person.refresh_token).await.unwrap();
    world.wait(11);
    refused(
        refresh(&world, &person.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::TokenReused,
    );

    refused(
        refresh(&world, &next.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
    refused(
        refresh(&world, &person.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
    assert!(!works(&world, &next.access_token).await);
    let ended = person.session_id.parse().unwrap();
    world
        .eventually("every process hears of it", async || world.changes.has_ended(ended))
        .await;
    assert!(works(&world, &other.access_token).await, "other sessions live on");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_within_ten_seconds() {
    let (world, person) = start().await;
    let lost = refresh(&world, &person.refresh_token).await.unwrap();
    world.wait(10);
    let found = refresh(&world, &person.refresh_token).await.unwrap();
    assert_ne!(found.refresh_token, lost.refresh_token);
    let next = refresh(&world, &found.refresh_token).await.unwrap();
    assert!(works(&world, &next.access_token).await);
    refused(
        refresh(&world, &lost.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::TokenReused,
    );
    assert!(!works(&world, &next.access_token).await);
}

#[tokio::test]
async fn a_token_whose_successor_was_used_gets_no_grace() {
    let (world, person) = start().await;
    let second = refresh(&world, &person.refresh_token).await.unwrap();
    refresh(&world, &second.refresh_token).await.unwrap();
    refused(
        refresh(&world, &person.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::TokenReused,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_leave_one_token_that_lives() {
    let (world, person) = start().await;
    let tries = (0..50).map(|_| refresh(&world, &person.refresh_token));
    let answers = futures_util::future::join_all(tries).await;
    assert!(answers.iter().any(Result::is_ok));
    let active = sea_orm::sea_query::Query::select()
        .column("id")
        .from("refresh_tokens")
        .and_where(sea_orm::sea_query::ExprTrait::eq(sea_orm::sea_query::Expr::col("state"), "active"))
        .take();
    assert_eq!(world.rows(&active).await.len(), 1);
}

#[tokio::test]
async fn sessions_end_by_idleness_and_by_age() {
    let (world, person) = start().await;
    let mut token = person.refresh_token.clone();
    world.wait(14 * DAY);
    refused(refresh(&world, &token).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);

    token = world.sign_in(&person.email).await.refresh_token;
    for _ in 0..3 {
        world.wait(9 * DAY);
        token = refresh(&world, &token).await.unwrap().refresh_token;
    }
    world.wait(3 * DAY);
    refused(refresh(&world, &token).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    refused(
        refresh(&world, &person.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
}

#[tokio::test]
async fn what_is_no_refresh_token_of_a_living_session_is_refused() {
    let (world, person) = start().await;
    let never_given = tasktracker_auth::domain::secret::make(tasktracker_auth::domain::secret::SecretKind::RefreshToken, [9; 32]).0;
    let browser = SignInRequest {
        session_kind: SessionKind::Browser.into(),
        ..sign_in_request(&person.email)
    };
    let answer = world.sessions().sign_in(browser).await.unwrap();
    let cookie = metadata(&answer, "x-session-cookie").unwrap();
    let never_given = tasktracker_auth::domain::secret::reveal(&never_given);
    for token in [
        "x",
        "ttr_",
        &person.refresh_token[..52],
        &person.refresh_token.to_uppercase(),
        &never_given,
        cookie,
    ] {
        refused(refresh(&world, token).await, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    }
    refused(
        refresh(&world, &person.access_token[..199]).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
    invalid(refresh(&world, "").await, "refresh_token");
    invalid(refresh(&world, &"x".repeat(201)).await, "refresh_token");

    world.sessions().sign_out(person.asks(SignOutRequest {})).await.unwrap();
    refused(
        refresh(&world, &person.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
}

#[tokio::test]
async fn a_deactivated_person_gets_nothing_more() {
    let (world, _) = start().await;
    let tim = world.member("Tim").await;
    world.deactivate(&tim).await;
    refused(
        refresh(&world, &tim.refresh_token).await,
        Code::Unauthenticated,
        ErrorReason::CredentialInvalid,
    );
    assert!(!works(&world, &tim.access_token).await);
}
