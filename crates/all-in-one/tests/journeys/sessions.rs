//! Sessions of programs: refreshed, reused, signed out (C1, C5, C9, C17, A19).

use std::time::Duration;

use tasktracker_proto::auth::v1::*;
use tasktracker_proto::core::v1::WatchRequest;
use tasktracker_testing::{Problem, User, World, problem};
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status};

async fn refresh(user: &User, token: &str) -> Result<Response<RefreshSessionResponse>, Status> {
    user.sessions()
        .refresh_session(RefreshSessionRequest {
            refresh_token: token.to_owned(),
        })
        .await
}

/// The refusal of a refresh; its answer does not print, because it holds credentials.
#[track_caller]
fn refused(outcome: Result<Response<RefreshSessionResponse>, Status>) -> Problem {
    problem(outcome.map(|_| Response::new("a new pair")))
}

async fn current(user: &User) -> Result<Response<GetCurrentSessionResponse>, Status> {
    user.sessions().get_current_session(GetCurrentSessionRequest {}).await
}

/// The same person with another access token.
fn with_token(user: &User, token: &str) -> User {
    user.with("authorization", &format!("Bearer {token}"))
}

const INVALID: &str = "UNAUTHENTICATED CREDENTIAL_INVALID";

#[tokio::test]
async fn a_refresh_token_works_once_and_its_pair_goes_on() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let stranger = world.stranger();
    let mut token = ada.refresh_token.clone();
    let mut seen = std::collections::HashSet::from([token.clone()]);
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(3_600));
        assert_eq!(
            problem(current(&ada).await).to_string(),
            INVALID,
            "an access token lives five minutes"
        );
        let pair = refresh(&stranger, &token).await.expect("refreshes").into_inner();
        assert_eq!(pair.user.expect("a user").id, ada.id);
        assert!(seen.insert(pair.refresh_token.clone()));
        current(&with_token(&stranger, &pair.access_token)).await.expect("signed in");
        ada.set_token(pair.access_token);
        token = pair.refresh_token;
    }
}

#[tokio::test]
async fn a_token_that_comes_again_ends_the_session_and_its_access_token_at_once() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let other = ada.sign_in().await;
    let stranger = world.stranger();
    let pair = refresh(&stranger, &ada.refresh_token).await.expect("refreshes").into_inner();
    let victim = with_token(&stranger, &pair.access_token);
    current(&victim).await.expect("signed in");
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(
        refused(refresh(&stranger, &ada.refresh_token).await).to_string(),
        "UNAUTHENTICATED TOKEN_REUSED"
    );
    assert_eq!(
        refused(refresh(&stranger, &pair.refresh_token).await).code,
        Code::Unauthenticated,
        "the successor is dead"
    );
    ends_soon(&victim).await;
    assert_eq!(problem(current(&ada).await).to_string(), INVALID, "and the access token of before");
    // Another device of the same person is not concerned.
    current(&with_token(&stranger, &other.access_token)).await.expect("still signed in");
    refresh(&stranger, &other.refresh_token).await.expect("still refreshes");
}

/// C9: two seconds at most; here there is no network between.
async fn ends_soon(user: &User) {
    let ended = timeout(Duration::from_secs(2), async {
        loop {
            match current(user).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(status) => return Problem::of(&status),
            }
        }
    });
    assert_eq!(ended.await.expect("within two seconds").to_string(), INVALID);
}

/// C5: however many come at once, at most one branch lives.
#[tokio::test]
async fn many_refreshes_at_once_leave_one_live_token_at_most() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let stranger = world.stranger();
    let all = futures_util::future::join_all((0..30).map(|_| refresh(&stranger, &ada.refresh_token))).await;
    let tokens: Vec<_> = all
        .into_iter()
        .filter_map(Result::ok)
        .map(|answer| answer.into_inner().refresh_token)
        .collect();
    assert!(!tokens.is_empty(), "somebody wins");
    world.clock.advance(Duration::from_secs(11));
    let mut alive = 0;
    for token in &tokens {
        alive += usize::from(refresh(&stranger, token).await.is_ok());
    }
    assert!(alive <= 1, "{alive} tokens of one family work");
}

#[tokio::test]
async fn signing_out_ends_the_access_token_the_refresh_token_and_the_streams() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let request = WatchRequest {
        project_ids: vec![web.id.clone()],
        resume_token: String::new(),
        ..WatchRequest::default()
    };
    let mut stream = ada.watch().watch(request).await.expect("opens").into_inner();
    stream.message().await.expect("no end").expect("a checkpoint");
    ada.sessions().sign_out(SignOutRequest {}).await.expect("signs out");
    ends_soon(&ada).await;
    let end = timeout(Duration::from_secs(2), async {
        loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "it ended without a status"),
                Err(status) => return Problem::of(&status),
            }
        }
    });
    assert_eq!(end.await.expect("within two seconds").code, Code::Unauthenticated);
    assert_eq!(refused(refresh(&ada, &ada.refresh_token).await).code, Code::Unauthenticated);
    // Not only where it was said: at every service, and after a restart.
    assert_eq!(
        problem(
            ada.projects()
                .list_projects(tasktracker_proto::core::v1::ListProjectsRequest::default())
                .await
        )
        .to_string(),
        INVALID
    );
    let ended = ada.token();
    let world = Box::pin(world.restart()).await;
    assert_eq!(
        problem(current(&with_token(&world.stranger(), &ended)).await).to_string(),
        INVALID,
        "also after a restart"
    );
}

/// A19: each credential opens its own door only.
#[tokio::test]
async fn no_credential_stands_for_another() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let stranger = world.stranger();
    assert_eq!(
        problem(current(&with_token(&stranger, &ada.refresh_token)).await).to_string(),
        INVALID
    );
    // Longer than any refresh token, so it is no question of whose it is.
    assert_eq!(refused(refresh(&stranger, &ada.token()).await).fields(), ["refresh_token"]);
    let short: String = ada.token().chars().take(200).collect();
    assert_eq!(refused(refresh(&stranger, &short).await).to_string(), INVALID);
    // The set-up token made the first owner: it makes nobody else anything.
    let request = RegisterRequest {
        email: "eve@example.com".to_owned(),
        display_name: "eve".to_owned(),
        password: tasktracker_testing::PASSWORD.to_owned(),
        setup_token: world.system.auth.setup_token().expect("it was printed at the start"),
    };
    let refused = problem(stranger.accounts().register(request).await);
    assert_eq!(refused.to_string(), "PERMISSION_DENIED REGISTRATION_CLOSED");
    let mut twice = Request::new(GetCurrentSessionRequest {});
    for _ in 0..2 {
        let value = format!("Bearer {}", ada.token()).parse().expect("a header");
        twice.metadata_mut().append("authorization", value);
    }
    assert_eq!(problem(stranger.sessions().get_current_session(twice).await).to_string(), INVALID);
}
