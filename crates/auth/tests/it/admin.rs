//! What an operator does with the stores in hand.

use tasktracker_auth::admin::{create_owner, reset_password};
use tasktracker_proto::auth::v1::{GetCurrentSessionRequest, RegisterRequest, SignInRequest};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, refused, registration, sign_in_request};

#[tokio::test]
async fn an_operator_makes_an_owner_and_the_set_up_is_over() {
    let world = World::empty().await;
    let setup_token = world.app.setup_token().unwrap();
    let password = create_owner(&world.app, "Ada@example.com", "Ada").await.unwrap();
    let request = SignInRequest {
        password,
        ..sign_in_request("ada@example.com")
    };
    let user = world.sessions().sign_in(request).await.unwrap().into_inner().user.unwrap();
    assert_eq!(user.system_role_id.as_deref(), Some("owner"));

    let late = RegisterRequest {
        setup_token,
        ..registration("eve@example.com", "Eve")
    };
    refused(
        world.accounts().register(late).await,
        Code::PermissionDenied,
        ErrorReason::RegistrationClosed,
    );
    let again = create_owner(&world.app, "ADA@example.com", "Ada").await.unwrap_err();
    assert!(again.to_string().contains("has an account already"), "{again}");
    assert!(create_owner(&world.app, "no address", "Ada").await.is_err());
    create_owner(&world.app, "grace@example.com", "Grace").await.unwrap();
    assert_eq!(world.count("users").await, 2);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let tim = world.member("Tim").await;
    let password = reset_password(&world.app, "TIM@example.com").await.unwrap();
    let old = world.sessions().sign_in(sign_in_request(&tim.email)).await;
    refused(old, Code::Unauthenticated, ErrorReason::InvalidCredentials);
    let current = world.sessions().get_current_session(tim.asks(GetCurrentSessionRequest {})).await;
    refused(current, Code::Unauthenticated, ErrorReason::CredentialInvalid);
    let request = SignInRequest {
        password,
        ..sign_in_request(&tim.email)
    };
    world.sessions().sign_in(request).await.unwrap();
    world
        .sessions()
        .get_current_session(owner.asks(GetCurrentSessionRequest {}))
        .await
        .unwrap();
    assert!(reset_password(&world.app, "nobody@example.com").await.is_err());
}
