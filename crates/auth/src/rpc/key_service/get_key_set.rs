//! Answers the public keys, the signing one first.

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{GetKeySetRequest, GetKeySetResponse, JsonWebKey};
use tasktracker_server::RpcError;

use crate::app::App;
use crate::db::signing_keys;
use crate::failure::stored;

pub async fn get_key_set(app: &App, _call: &Call, _request: GetKeySetRequest) -> Result<GetKeySetResponse, RpcError> {
    let signing = app.signer.public();
    let stored_keys = signing_keys::list(app.db.reader()).await.map_err(stored)?;
    let others = stored_keys.into_iter().filter(|key| key.kid != signing.kid);
    let others = others.map(|key| JsonWebKey {
        x: key.public_key,
        kid: key.kid,
        ..signing.clone()
    });
    Ok(GetKeySetResponse {
        keys: std::iter::once(signing.clone()).chain(others).collect(),
    })
}
