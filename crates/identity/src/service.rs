//! The token that a service presents to another: bought from Auth with a secret derived from the instance's, renewed before it ends,
//! and put on every call.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use jiff::Timestamp;
use tasktracker_proto::auth::v1::IssueServiceTokenRequest;
use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::request::{self, REQUEST_ID_HEADER};
use tasktracker_server::upstream::UpstreamError;
use tasktracker_server::{RpcError, Upstream};
use tokio::sync::Mutex;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::secret::InstanceSecret;

/// How long before its end a token is renewed.
const MARGIN: i64 = 60;
/// How long a call waits for a token, also behind others who wait for the same one.
const PATIENCE: Duration = Duration::from_secs(2);

/// A service's own credential.
#[derive(Clone)]
pub struct Credential {
    auth: Upstream,
    name: &'static str,
    secret: String,
    clock: SharedClock,
    token: Arc<Mutex<Option<(HeaderValue, Timestamp)>>>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({})", self.name)
    }
}

impl Credential {
    /// The credential of a service, with the place where Auth is.
    #[must_use]
    pub fn new(auth: Upstream, name: &'static str, secret: &InstanceSecret, clock: SharedClock) -> Self {
        Self {
            auth,
            name,
            secret: secret.of_service(name),
            clock,
            token: Arc::default(),
        }
    }

    /// The header that proves who this service is.
    ///
    /// # Errors
    /// Auth does not answer, or refuses the secret.
    pub async fn header(&self) -> Result<HeaderValue, RpcError> {
        tokio::time::timeout(PATIENCE, self.fresh())
            .await
            .unwrap_or_else(|elapsed| Err(RpcError::unavailable("auth", elapsed)))
    }

    async fn fresh(&self) -> Result<HeaderValue, RpcError> {
        let mut token = self.token.lock().await;
        let now = self.clock.now();
        if let Some((header, expires)) = &*token
            && expires.as_second() - MARGIN > now.as_second()
        {
            return Ok(header.clone());
        }
        let mut request = tonic::Request::new(IssueServiceTokenRequest {
            service: self.name.to_owned(),
            secret: self.secret.clone(),
        });
        request.set_timeout(PATIENCE);
        let mut client = CredentialServiceClient::new(self.auth.clone());
        let answer = match (client.issue_service_token(request).await, &*token) {
            (Ok(answer), _) => answer.into_inner(),
            // The old one still stands for this service: others can be called while Auth is away.
            (Err(_), Some((header, expires))) if *expires > now => return Ok(header.clone()),
            (Err(status), _) => return Err(RpcError::from_upstream("auth", status)),
        };
        let mut header = HeaderValue::try_from(format!("Bearer {}", answer.access_token)).map_err(RpcError::internal)?;
        header.set_sensitive(true);
        let expires = answer
            .expire_time
            .as_ref()
            .and_then(tasktracker_server::time::from_proto)
            .unwrap_or(now);
        *token = Some((header.clone(), expires));
        Ok(header)
    }

    /// Another service, called as this one.
    #[must_use]
    pub fn calling(&self, upstream: Upstream) -> AsService {
        AsService {
            upstream,
            credential: self.clone(),
        }
    }
}

/// An upstream that every call reaches with the service's own token and the id of the request being answered.
#[derive(Debug, Clone)]
pub struct AsService {
    upstream: Upstream,
    credential: Credential,
}

impl Service<Request<Body>> for AsService {
    type Response = Response<Body>;
    type Error = UpstreamError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.upstream.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let credential = self.credential.clone();
        let fresh = self.upstream.clone();
        let mut upstream = std::mem::replace(&mut self.upstream, fresh);
        Box::pin(async move {
            let token = credential
                .header()
                .await
                .map_err(|error| UpstreamError::from(Status::from(error)))?;
            request.headers_mut().insert(header::AUTHORIZATION, token);
            if let Some(id) = request::current_id().and_then(|id| HeaderValue::from_str(&id).ok()) {
                request.headers_mut().insert(REQUEST_ID_HEADER, id);
            }
            upstream.call(request).await
        })
    }
}
