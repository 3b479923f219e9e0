//! GetKeySet: public keys, and nothing but public keys.

use tasktracker_proto::auth::v1::GetKeySetRequest;

use crate::world::World;

#[tokio::test]
async fn anybody_gets_the_public_key() {
    let world = World::empty().await;
    let keys = world.keys().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner().keys;
    assert_eq!(keys.len(), 1);
    let key = &keys[0];
    let words = (key.kty.as_str(), key.crv.as_str(), key.alg.as_str(), key.r#use.as_str());
    assert_eq!(words, ("OKP", "Ed25519", "EdDSA", "sig"));
    assert_eq!((key.x.len(), key.kid.len()), (43, 43), "32 bytes each");
}

#[tokio::test]
async fn the_key_outlives_the_process() {
    let world = World::empty().await;
    let person = world.owner().await;
    let before = world.keys().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner();
    let world = world.restarted().await;
    assert_eq!(world.keys().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner(), before);
    let current = person.asks(tasktracker_proto::auth::v1::GetCurrentSessionRequest {});
    world.sessions().get_current_session(current).await.unwrap();
}
