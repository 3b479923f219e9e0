//! The first thing inside every service: decides by the RPC's policy whether this caller may call it at all. What the caller may do to
//! which object is the RPC's own question.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use tasktracker_proto::options::v1::Auth;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::error::Code;
use tasktracker_server::methods::METHODS;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::caller::{Caller, CallerKind};
use crate::changes::Changes;
use crate::token::Verifier;

/// Adds the caller to every request, or refuses it.
#[derive(Debug, Clone)]
pub struct IdentityLayer {
    verifier: Arc<Verifier>,
    changes: Changes,
}

impl IdentityLayer {
    /// Verifies tokens, and refuses those of ended sessions.
    #[must_use]
    pub fn new(verifier: Arc<Verifier>, changes: Changes) -> Self {
        Self { verifier, changes }
    }

    async fn authenticate(&self, path: &str, headers: &HeaderMap) -> Result<Caller, RpcError> {
        // Health, reflection and paths that do not exist: nothing of ours to protect.
        let Some(method) = METHODS.get(path) else {
            return Ok(Caller::ANONYMOUS);
        };
        match method.policy.auth() {
            Auth::Public | Auth::InternalSecret => Ok(Caller::ANONYMOUS),
            Auth::User => {
                let caller = self.bearer(headers).await?;
                match &caller.kind {
                    CallerKind::User { session_id, .. } if self.changes.has_ended(*session_id) => {
                        Err(RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the session has ended"))
                    }
                    CallerKind::User { .. } => Ok(caller),
                    _ => Err(RpcError::new(
                        Code::PermissionDenied,
                        ErrorReason::PermissionMissing,
                        "this is for people only",
                    )),
                }
            }
            Auth::Internal => {
                let caller = self.bearer(headers).await?;
                match &caller.kind {
                    CallerKind::Service { .. } => Ok(caller),
                    _ => Err(RpcError::new(
                        Code::PermissionDenied,
                        ErrorReason::PermissionMissing,
                        "this is for services only",
                    )),
                }
            }
            Auth::Unspecified => Err(RpcError::internal(anyhow::anyhow!("{path} has no policy"))),
        }
    }

    async fn bearer(&self, headers: &HeaderMap) -> Result<Caller, RpcError> {
        let mut sent = headers.get_all(http::header::AUTHORIZATION).iter();
        let missing = || RpcError::unauthenticated(ErrorReason::CredentialMissing, "sign in first: no credential was sent");
        let header = sent.next().ok_or_else(missing)?;
        let invalid = || {
            RpcError::unauthenticated(
                ErrorReason::CredentialInvalid,
                "the header authorization must be `Bearer` and an access token",
            )
        };
        if sent.next().is_some() {
            return Err(invalid());
        }
        let (scheme, token) = header.to_str().ok().and_then(|header| header.split_once(' ')).ok_or_else(invalid)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(invalid());
        }
        self.verifier.verify(token).await
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Identified {
            inner,
            identity: self.clone(),
        }
    }
}

/// A service whose requests carry their caller.
#[derive(Debug, Clone)]
pub struct Identified<S> {
    inner: S,
    identity: IdentityLayer,
}

impl<S> Service<Request<Body>> for Identified<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let identity = self.identity.clone();
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            match identity.authenticate(request.uri().path(), request.headers()).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(error) => Ok(Status::from(error).into_http()),
            }
        })
    }
}
