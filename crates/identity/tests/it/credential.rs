//! The token that a service presents: bought once, renewed in time, and never by a crowd.

use crate::auth::Mood;
use crate::world::*;

#[tokio::test]
async fn a_token_is_bought_once_and_renewed_a_minute_before_its_end() {
    let world = World::new();
    assert_eq!(world.credential.header().await.unwrap(), "Bearer service-1");
    world.wait(239_000);
    assert_eq!(world.credential.header().await.unwrap(), "Bearer service-1");
    world.wait(2_000);
    assert_eq!(world.credential.header().await.unwrap(), "Bearer service-2");
    assert!(world.credential.header().await.unwrap().is_sensitive(), "it does not print");
    assert!(!format!("{:?}", world.credential).contains("service-"));
}

#[tokio::test]
async fn many_who_need_a_token_buy_one() {
    let world = World::new();
    futures_util::future::join_all((0..50).map(|_| world.credential.header()))
        .await
        .into_iter()
        .for_each(|header| {
            assert_eq!(header.unwrap(), "Bearer service-1");
        });
    assert_eq!(world.auth.state().tokens, 1);
}

#[tokio::test]
async fn a_token_still_valid_is_used_while_auth_cannot_renew_it() {
    let world = World::new();
    world.credential.header().await.unwrap();
    world.wait(270_000);
    world.auth.state().credential_mood = Mood::Says(tonic::Code::Unavailable);
    assert_eq!(world.credential.header().await.unwrap(), "Bearer service-1");
    world.wait(30_000);
    unavailable(world.credential.header().await);
    world.auth.state().credential_mood = Mood::Well;
    assert!(
        world
            .credential
            .header()
            .await
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("Bearer service-")
    );
}

#[tokio::test]
async fn a_token_without_an_end_is_not_kept() {
    let world = World::new();
    world.auth.state().token_life = std::time::Duration::ZERO;
    world.credential.header().await.unwrap();
    assert_eq!(world.credential.header().await.unwrap(), "Bearer service-2");
}
