//! Starting: what the first start makes, and what later ones find.

use tasktracker_auth::start;
use tasktracker_identity::InstanceSecret;
use tasktracker_proto::auth::v1::RegisterRequest;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, Lifecycle};

use crate::world::{World, config, refused, registration};

#[tokio::test]
async fn each_start_gives_a_new_set_up_token_until_there_is_an_owner() {
    let world = World::empty().await;
    let first = world.app.setup_token().unwrap();
    let world = world.restarted().await;
    let second = world.app.setup_token().unwrap();
    assert_ne!(first, second);
    let stale = RegisterRequest {
        setup_token: first,
        ..registration("eve@example.com", "Eve")
    };
    refused(
        world.accounts().register(stale).await,
        Code::PermissionDenied,
        ErrorReason::RegistrationClosed,
    );
    world.owner().await;
    let world = world.restarted().await;
    assert_eq!(world.app.setup_token(), None);
}

#[tokio::test]
async fn another_instance_secret_does_not_open_the_keys() {
    let world = World::empty().await;
    let other = InstanceSecret::given("ffffffffffffffffffffffffffffffff").unwrap();
    let deps = world.deps(other, Lifecycle::new());
    let error = start(config(), deps).await.unwrap_err().to_string();
    assert!(error.contains("instance.secret"), "{error}");
}

#[tokio::test]
async fn two_processes_that_start_at_once_are_one_instance() {
    let world = World::empty().await;
    let deps = || world.deps(world.secret.clone(), world.lifecycle.clone());
    let (one, other) = tokio::join!(start(config(), deps()), start(config(), deps()));
    one.unwrap();
    other.unwrap();
    assert_eq!((world.count("instance").await, world.count("access_state").await), (1, 1));
}
