//! GetContacts: addresses of active people, for services only.

use tasktracker_proto::auth::v1::GetContactsRequest;
use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::Code;

use crate::world::{World, invalid, refused};

#[tokio::test]
async fn services_get_the_addresses_of_active_people() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let (tim, ada) = (world.member("Tim").await, world.member("Ada").await);
    world.deactivate(&ada).await;
    let user_ids = vec![owner.id.clone(), tim.id.clone(), ada.id, world.new_id(), tim.id.clone()];
    let mut contacts = world
        .contacts()
        .get_contacts(GetContactsRequest { user_ids })
        .await
        .unwrap()
        .into_inner()
        .contacts;
    contacts.sort_by(|a, b| a.email.cmp(&b.email));
    let seen: Vec<_> = contacts
        .iter()
        .map(|contact| (contact.email.as_str(), contact.display_name.as_str(), contact.locale.as_str()))
        .collect();
    assert_eq!(seen, [("owner@example.com", "Owner", "en"), ("tim@example.com", "Tim", "en")]);
    assert_eq!(contacts[1].user_id, tim.id);
}

#[tokio::test]
async fn nobody_else_gets_an_address() {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut contacts = ContactServiceClient::new(world.auth.clone());
    let request = || GetContactsRequest {
        user_ids: vec![owner.id.clone()],
    };
    refused(
        contacts.get_contacts(request()).await,
        Code::Unauthenticated,
        ErrorReason::CredentialMissing,
    );
    refused(
        contacts.get_contacts(owner.asks(request())).await,
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let world = World::empty().await;
    invalid(
        world.contacts().get_contacts(GetContactsRequest { user_ids: vec![] }).await,
        "user_ids",
    );
    invalid(
        world
            .contacts()
            .get_contacts(GetContactsRequest {
                user_ids: vec![world.new_id(); 201],
            })
            .await,
        "user_ids",
    );
    invalid(
        world
            .contacts()
            .get_contacts(GetContactsRequest {
                user_ids: vec!["x".to_owned()],
            })
            .await,
        "user_ids[0]",
    );
}
