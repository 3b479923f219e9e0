//! Register: the first owner by the set-up token, then by policy.

use tasktracker_auth::Config;
use tasktracker_auth::config::{DefaultRole, Registration};
use tasktracker_proto::auth::v1::{RegisterRequest, UserState};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, config, invalid, refused, registration};

#[tokio::test]
async fn the_set_up_token_makes_exactly_one_owner() {
    let world = World::empty().await;
    let token = world.app.setup_token().unwrap();
    let typed = RegisterRequest {
        setup_token: format!(" {} ", token.to_uppercase()),
        ..registration("Ada@Example.com", " Ada ")
    };
    let user = world.accounts().register(typed).await.unwrap().into_inner().user.unwrap();
    assert_eq!(
        (user.email.as_deref(), user.display_name.as_str()),
        (Some("Ada@Example.com"), "Ada")
    );
    assert_eq!((user.system_role_id.as_deref(), user.state()), (Some("owner"), UserState::Active));

    let again = RegisterRequest {
        setup_token: token,
        ..registration("eve@example.com", "Eve")
    };
    refused(
        world.accounts().register(again).await,
        Code::PermissionDenied,
        ErrorReason::RegistrationClosed,
    );
    assert_eq!(world.count("users").await, 1);
}

#[tokio::test]
async fn without_the_set_up_token_nobody_comes_first() {
    let world = World::empty().await;
    let wrong = ["", "x", "tt-setup-00000-00000-00000-00000-00000"];
    for setup_token in wrong {
        let request = RegisterRequest {
            setup_token: setup_token.to_owned(),
            ..registration("eve@example.com", "Eve")
        };
        refused(
            world.accounts().register(request).await,
            Code::PermissionDenied,
            ErrorReason::RegistrationClosed,
        );
    }
    assert_eq!(world.count("users").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_come_with_the_token_at_once_one_is_made() {
    let world = World::empty().await;
    let token = world.app.setup_token().unwrap();
    let tries = (0..8).map(|index| {
        let request = RegisterRequest {
            setup_token: token.clone(),
            ..registration(&format!("ada{index}@example.com"), "Ada")
        };
        let mut accounts = world.accounts();
        async move { accounts.register(request).await }
    });
    let outcomes = futures_util::future::join_all(tries).await;
    let (made, others): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for other in others {
        refused(other, Code::PermissionDenied, ErrorReason::RegistrationClosed);
    }
    assert_eq!(world.count("users").await, 1);
}

#[tokio::test]
async fn an_open_instance_takes_members_and_a_closed_one_nobody() {
    let world = World::empty().await;
    world.owner().await;
    let user = world
        .accounts()
        .register(registration("tim@example.com", "Tim"))
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    assert_eq!(user.system_role_id.as_deref(), Some("member"));

    let world = World::with(Config {
        default_role: DefaultRole::Guest,
        ..config()
    })
    .await;
    world.owner().await;
    let user = world
        .accounts()
        .register(registration("tim@example.com", "Tim"))
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    assert_eq!(user.system_role_id.as_deref(), Some("guest"));

    let world = World::with(Config {
        registration: Registration::Closed,
        ..config()
    })
    .await;
    world.owner().await;
    let outcome = world.accounts().register(registration("tim@example.com", "Tim")).await;
    refused(outcome, Code::PermissionDenied, ErrorReason::RegistrationClosed);
}

#[tokio::test]
async fn one_address_has_one_account_however_it_is_spelled() {
    let world = World::empty().await;
    world.owner().await;
    world
        .accounts()
        .register(registration("jos\u{e9}@bücher.example", "José"))
        .await
        .unwrap();
    for same in [
        "jose\u{301}@bücher.example",
        "JOS\u{c9}@BÜCHER.example",
        "jos\u{e9}@xn--bcher-kva.example",
    ] {
        let outcome = world.accounts().register(registration(same, "Eve")).await;
        refused(outcome, Code::AlreadyExists, ErrorReason::EmailTaken);
    }
    assert_eq!(world.count("users").await, 2);
    assert_eq!(world.count("passwords").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_one_account_also_when_it_comes_twice_at_once() {
    let world = World::empty().await;
    world.owner().await;
    let tries = ["tim@example.com", "TIM@example.com", "tim@EXAMPLE.com"].map(|email| {
        let (mut accounts, request) = (world.accounts(), registration(email, "Tim"));
        async move { accounts.register(request).await }
    });
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        refused(outcome, Code::AlreadyExists, ErrorReason::EmailTaken);
    }
    assert_eq!(world.count("bindings").await, 2);
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    world.owner().await;
    let good = || registration("tim@example.com", "Tim");
    let with = |password: &str| RegisterRequest {
        password: password.to_owned(),
        ..good()
    };
    for email in [
        "",
        "tim",
        "tim@",
        "a b@x.com",
        "tim@x.com\r\nbcc:eve@x.com",
        &format!("{}@x.com", "a".repeat(300)),
    ] {
        invalid(world.accounts().register(registration(email, "Tim")).await, "email");
    }
    for name in ["", "   ", "Ti\nm", &"x".repeat(101)] {
        invalid(
            world.accounts().register(registration("tim@example.com", name)).await,
            "display_name",
        );
    }
    let weak = [
        "",
        "fourteen chars",
        "tim@example.com",
        "timtimtimtimtim",
        "passwordpassword",
        &"🦀".repeat(257),
    ];
    for password in weak {
        invalid(world.accounts().register(with(password)).await, "password");
    }
    assert_eq!(world.count("users").await, 1);
}

#[tokio::test]
async fn nothing_that_is_stored_is_a_secret() {
    let world = World::empty().await;
    let token = world.app.setup_token().unwrap();
    let person = world.owner().await;
    let secrets = [token.as_str(), crate::world::PASSWORD, &person.refresh_token, &person.access_token];
    for table in ["users", "passwords", "sessions", "refresh_tokens", "instance", "signing_keys"] {
        let query = sea_orm::sea_query::Query::select()
            .expr(sea_orm::sea_query::Expr::cust("*"))
            .from(table)
            .take();
        let dump = format!("{:?}", world.rows(&query).await);
        assert!(secrets.iter().all(|secret| !dump.contains(secret)), "{table}: {dump}");
    }
}
