//! Who calls: a bearer token goes to the services as it is (they verify it), a session cookie is exchanged for one, and a cookie or a
//! browser's sign-in counts only from the own origin.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, header};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::catalog::Rpc;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::origin::{Sender, proves_own_origin, sender};
use crate::session_cookie::{self, Order};

/// What a request claims, read before anything waits.
#[derive(Debug)]
pub struct Claim {
    bearer: Option<HeaderValue>,
    secret: Option<String>,
    own_origin: bool,
}

impl Claim {
    /// Reads the credentials of a request.
    ///
    /// # Errors
    /// No credential where one is needed; a cookie or a sign-in from a foreign page.
    pub fn read<B: http_body::Body>(edge: &Edge, rpc: &Rpc, request: &Request<B>) -> Result<Self, Failure> {
        let own_origin = proves_own_origin(request, &edge.own_origin);
        let mut bearers = request.headers().get_all(header::AUTHORIZATION).iter();
        if let Some(bearer) = bearers.next() {
            if bearers.next().is_some() {
                return Err(unauthenticated(ErrorReason::CredentialInvalid, "more than one credential was sent"));
            }
            // Programs attach their token to everything; a stale one must not keep them from signing in or refreshing it.
            let bearer = (!rpc.is_open()).then(|| bearer.clone());
            return Ok(Self {
                bearer,
                secret: None,
                own_origin,
            });
        }
        let secret = session_cookie::read(request.headers()).map(str::to_owned);
        if rpc.is_open() {
            let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
            // A foreign page must not sign its visitor in to an account of its choice.
            if changes && sender(request, &edge.own_origin) == Sender::Foreign && edge.cors.allows(request.headers()).is_none() {
                return Err(cross_site());
            }
            return Ok(Self {
                bearer: None,
                secret: None,
                own_origin,
            });
        }
        match secret {
            None => Err(unauthenticated(ErrorReason::CredentialMissing, "this needs a signed-in user")),
            Some(_) if !own_origin => Err(cross_site()),
            secret => Ok(Self {
                bearer: None,
                secret,
                own_origin,
            }),
        }
    }

    /// Makes sure of the claim and puts the credential for services into the metadata.
    ///
    /// # Errors
    /// The session has ended, or Auth does not answer.
    pub async fn settle(self, edge: &Edge, metadata: &mut HeaderMap) -> Result<Caller, Failure> {
        let Self {
            bearer,
            secret,
            own_origin,
        } = self;
        let authorization = match (&bearer, &secret) {
            (None, Some(secret)) => match edge.credentials.authorization(secret).await {
                Ok(authorization) => Some(authorization),
                Err(error) if error.code() == Code::Unauthenticated => {
                    let clear = Order::Clear.header(edge.clock.now());
                    return Err(challenge(error.into()).header(header::SET_COOKIE, clear));
                }
                Err(error) => return Err(error.into()),
            },
            _ => bearer,
        };
        if let Some(authorization) = authorization {
            metadata.insert(header::AUTHORIZATION, authorization);
        }
        Ok(Caller { secret, own_origin })
    }
}

/// Who calls.
#[derive(Debug)]
pub struct Caller {
    secret: Option<String>,
    own_origin: bool,
}

impl Caller {
    /// Does what Auth orders about the cookie in a service's answer, and says the header that does it.
    ///
    /// # Errors
    /// A browser's sign-in that does not prove to come from the own origin.
    pub async fn obey(&self, edge: &Arc<Edge>, answer: &HeaderMap) -> Result<Option<HeaderValue>, Failure> {
        let Some(order) = Order::find(answer) else { return Ok(None) };
        match order {
            Order::Set(..) if !self.own_origin => return Err(cross_site()),
            Order::Set(..) => {}
            Order::Clear => {
                if let Some(secret) = &self.secret {
                    edge.credentials.forget_secret(secret).await;
                }
            }
        }
        Ok(Some(order.header(edge.clock.now())))
    }
}

fn cross_site() -> Failure {
    let message = "a call with a session cookie must come from this instance's own pages";
    RpcError::new(Code::PermissionDenied, ErrorReason::CrossSiteRequest, message).into()
}

fn unauthenticated(reason: ErrorReason, message: &str) -> Failure {
    challenge(RpcError::unauthenticated(reason, message).into())
}

fn challenge(failure: Failure) -> Failure {
    failure.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
