//! SignIn: one answer for every wrong credential, and a session of the asked kind for a right one.

use tasktracker_auth::Config;
use tasktracker_proto::auth::v1::{GetCurrentSessionRequest, SessionKind, SignInRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;
use tonic::Request;

use crate::world::{World, bearing, config, invalid, metadata, refused, sign_in_request};

#[tokio::test]
async fn a_program_gets_a_pair_of_tokens() {
    let world = World::empty().await;
    world.owner().await;
    let mut request = Request::new(SignInRequest {
        email: "OWNER@example.com".to_owned(),
        ..sign_in_request("")
    });
    request.metadata_mut().insert("user-agent", "curl/8.9".parse().unwrap());
    let answer = world.sessions().sign_in(request).await.unwrap();
    assert_eq!(metadata(&answer, "x-session-cookie"), None);
    let answer = answer.into_inner();
    let session = answer.session.unwrap();
    assert_eq!((session.kind(), session.user_agent.as_str()), (SessionKind::Native, "curl/8.9"));
    assert_eq!(
        session.expire_time.unwrap().seconds - session.create_time.unwrap().seconds,
        30 * 86_400
    );
    let user = answer.user.unwrap();
    assert_eq!(
        (user.email.as_deref(), user.system_role_id.as_deref()),
        (Some("owner@example.com"), Some("owner"))
    );
    assert!(answer.refresh_token.starts_with("ttr_"));
    assert_eq!(
        answer.access_token_expire_time.unwrap().seconds - session.create_time.unwrap().seconds,
        300
    );

    let current = world
        .sessions()
        .get_current_session(bearing(&answer.access_token, GetCurrentSessionRequest {}))
        .await
        .unwrap();
    assert_eq!(current.into_inner().session.unwrap().id, session.id);
}

#[tokio::test]
async fn a_browser_gets_a_cookie_and_no_secret_in_the_body() {
    let world = World::empty().await;
    world.owner().await;
    let request = SignInRequest {
        session_kind: SessionKind::Browser.into(),
        ..sign_in_request("owner@example.com")
    };
    let answer = world.sessions().sign_in(request).await.unwrap();
    let cookie = metadata(&answer, "x-session-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("tts_"));
    let expires: i64 = metadata(&answer, "x-session-expire").unwrap().parse().unwrap();
    let answer = answer.into_inner();
    assert_eq!(expires, answer.session.as_ref().unwrap().expire_time.unwrap().seconds);
    assert_eq!(answer.session.as_ref().unwrap().kind(), SessionKind::Browser);
    assert_eq!(
        (
            answer.access_token.as_str(),
            answer.refresh_token.as_str(),
            answer.access_token_expire_time
        ),
        ("", "", None)
    );
    assert_eq!(world.count("refresh_tokens").await, 1, "only the owner's first session has one");
}

#[tokio::test]
async fn every_wrong_credential_gets_the_same_answer() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    world.deactivate(&tim).await;
    let wrong = |email: &str| SignInRequest {
        password: "not the password".to_owned(),
        ..sign_in_request(email)
    };
    let mut texts = Vec::new();
    for request in [
        wrong(&owner.email),
        wrong(&tim.email),
        sign_in_request("nobody@example.com"),
        sign_in_request("no address at all"),
        SignInRequest {
            password: format!("{} ", crate::world::PASSWORD),
            ..sign_in_request(&owner.email)
        },
        SignInRequest {
            password: crate::world::PASSWORD.to_uppercase(),
            ..sign_in_request(&owner.email)
        },
    ] {
        let status = refused(
            world.sessions().sign_in(request).await,
            Code::Unauthenticated,
            ErrorReason::InvalidCredentials,
        );
        texts.push(status.message().to_owned());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(world.count("sessions").await, 2);
}

#[tokio::test]
async fn only_who_knows_the_password_hears_that_an_account_is_deactivated() {
    let world = World::empty().await;
    world.owner().await;
    let tim = world.member("Tim").await;
    world.deactivate(&tim).await;
    refused(
        world.sessions().sign_in(sign_in_request(&tim.email)).await,
        Code::PermissionDenied,
        ErrorReason::AccountDisabled,
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    let good = || sign_in_request("owner@example.com");
    invalid(
        world
            .sessions()
            .sign_in(SignInRequest {
                email: String::new(),
                ..good()
            })
            .await,
        "email",
    );
    invalid(
        world
            .sessions()
            .sign_in(SignInRequest {
                password: String::new(),
                ..good()
            })
            .await,
        "password",
    );
    invalid(
        world
            .sessions()
            .sign_in(SignInRequest {
                password: "x".repeat(257),
                ..good()
            })
            .await,
        "password",
    );
    invalid(
        world.sessions().sign_in(SignInRequest { session_kind: 0, ..good() }).await,
        "session_kind",
    );
    invalid(
        world.sessions().sign_in(SignInRequest { session_kind: 7, ..good() }).await,
        "session_kind",
    );
}

#[tokio::test]
async fn a_hash_of_another_cost_is_renewed_by_signing_in() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let hash = async |world: &World| -> String {
        let query = sea_orm::sea_query::Query::select().column("hash").from("passwords").take();
        world.rows(&query).await[0].try_get("", "hash").unwrap()
    };
    assert!(hash(&world).await.contains("m=32,t=1"));
    let world = world
        .restarted_with(Config {
            password_memory_kib: 64,
            ..config()
        })
        .await;
    world.sign_in(&owner.email).await;
    assert!(hash(&world).await.contains("m=64,t=1"));
    world.sign_in(&owner.email).await;
}

/// Known and unknown addresses alike: both wait for the pool, so neither the time nor a flood tells them apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_refused_instead_of_queued_without_end() {
    let slow = Config {
        password_memory_kib: 2 * 1024,
        password_passes: 2,
        password_hashes_at_once: 1,
        ..config()
    };
    let world = World::with(slow).await;
    let owner = world.owner().await;
    for email in [owner.email.as_str(), "nobody@example.com"] {
        let request = SignInRequest {
            password: "not the password".to_owned(),
            ..sign_in_request(email)
        };
        let flood = (0..200).map(|_| {
            let (mut sessions, request) = (world.sessions(), request.clone());
            async move { sessions.sign_in(request).await }
        });
        let outcomes = futures_util::future::join_all(flood).await;
        let (overloaded, answered): (Vec<_>, Vec<_>) = outcomes
            .into_iter()
            .partition(|outcome| outcome.as_ref().is_err_and(|status| status.code() == Code::ResourceExhausted));
        assert!(
            !overloaded.is_empty() && !answered.is_empty(),
            "{email}: {} refused, {} answered",
            overloaded.len(),
            answered.len()
        );
        for outcome in overloaded {
            refused(outcome, Code::ResourceExhausted, ErrorReason::Overloaded);
        }
        for outcome in answered {
            refused(outcome, Code::Unauthenticated, ErrorReason::InvalidCredentials);
        }
    }
    world.sign_in(&owner.email).await;
}
