//! Where a verifier gets Auth's public keys: asked of Auth, which needs no credential for it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tasktracker_proto::auth::v1::{GetKeySetRequest, JsonWebKey};
use tasktracker_server::{RpcError, Upstream};

/// Gives the public keys of this instance.
pub trait KeySource: Send + Sync {
    /// The present keys.
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<JsonWebKey>, RpcError>>;
}

/// Keys from Auth's KeyService.
#[derive(Debug, Clone)]
pub struct FromAuth(pub Upstream);

impl KeySource for FromAuth {
    fn fetch(&self) -> BoxFuture<'_, Result<Vec<JsonWebKey>, RpcError>> {
        let mut client = KeyServiceClient::new(self.0.clone());
        Box::pin(async move {
            let mut request = tonic::Request::new(GetKeySetRequest {});
            request.set_timeout(Duration::from_secs(2));
            let answer = client
                .get_key_set(request)
                .await
                .map_err(|status| RpcError::from_upstream("auth", status))?;
            Ok(answer.into_inner().keys)
        })
    }
}
