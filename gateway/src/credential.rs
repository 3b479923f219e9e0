//! A browser's session secret becomes a 5-minute token, kept until shortly before it expires or until the session is forgotten. One
//! exchange at a time per secret, however many requests wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::HeaderValue;
use jiff::Timestamp;
use moka::future::Cache;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::clock::SharedClock;

/// Asks Auth for a token; the process that runs the gateway says how.
pub trait ExchangeCredential: Send + Sync {
    /// The token that a session secret buys. UNAUTHENTICATED for a secret that is none.
    fn exchange(&self, session_secret: String) -> BoxFuture<'static, Result<Exchanged, RpcError>>;
}

/// A token that a session secret bought.
#[derive(Clone)]
pub struct Exchanged {
    /// The signed token.
    pub token: String,
    /// When it stops working.
    pub expire_time: Timestamp,
    /// The session it stands for.
    pub session_id: String,
}

/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(30);
/// Sessions that are kept at most.
const CAPACITY: u64 = 50_000;

#[derive(Clone)]
struct Kept {
    authorization: HeaderValue,
    expire_time: Timestamp,
    session_id: String,
    generation: u64,
}

/// The tokens of the sessions that are in use.
#[derive(Clone)]
pub struct Credentials {
    exchange: Arc<dyn ExchangeCredential>,
    clock: SharedClock,
    kept: Cache<String, Kept>,
    generation: Arc<AtomicU64>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// No token yet.
    #[must_use]
    pub fn new(exchange: Arc<dyn ExchangeCredential>, clock: SharedClock) -> Self {
        let kept = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_live(Duration::from_secs(3600))
            .build();
        Self {
            exchange,
            clock,
            kept,
            generation: Arc::default(),
        }
    }

    /// The value of `authorization` for a session secret.
    ///
    /// # Errors
    /// UNAUTHENTICATED for a secret that is none; UNAVAILABLE while Auth does not answer.
    pub async fn authorization(&self, secret: &str) -> Result<HeaderValue, RpcError> {
        if secret.is_empty() {
            return Err(RpcError::unauthenticated(
                ErrorReason::CredentialInvalid,
                "the session cookie is damaged",
            ));
        }
        if let Some(kept) = self.kept.get(secret).await {
            if self.is_fresh(&kept) {
                return Ok(kept.authorization);
            }
            self.kept.invalidate(secret).await;
        }
        let kept = self
            .kept
            .try_get_with(secret.to_owned(), self.fetch(secret.to_owned()))
            .await
            .map_err(again)?;
        // A session that was forgotten while Auth answered may be that very one.
        if kept.generation != self.generation.load(Ordering::SeqCst) {
            self.kept.invalidate(secret).await;
        }
        Ok(kept.authorization)
    }

    async fn fetch(&self, secret: String) -> Result<Kept, RpcError> {
        let generation = self.generation.load(Ordering::SeqCst);
        let Exchanged {
            token,
            expire_time,
            session_id,
        } = self.exchange.exchange(secret).await?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).map_err(RpcError::internal)?;
        authorization.set_sensitive(true);
        Ok(Kept {
            authorization,
            expire_time,
            session_id,
            generation,
        })
    }

    fn is_fresh(&self, kept: &Kept) -> bool {
        self.clock.now().saturating_add(MARGIN).is_ok_and(|soon| soon < kept.expire_time)
    }

    /// Forgets the token of a secret, because the browser signed out.
    pub async fn forget_secret(&self, secret: &str) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.kept.invalidate(secret).await;
    }

    /// Forgets the token of a session, because it was revoked.
    pub async fn forget_session(&self, session_id: &str) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        let secrets: Vec<_> = self
            .kept
            .iter()
            .filter(|(_, kept)| kept.session_id == session_id)
            .map(|(secret, _)| secret)
            .collect();
        for secret in secrets {
            self.kept.invalidate(secret.as_str()).await;
        }
    }

    /// Forgets all tokens, because news of revoked sessions may have been missed.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.kept.invalidate_all();
    }
}

/// The error for one of those who waited for the same exchange.
fn again(error: Arc<RpcError>) -> RpcError {
    Arc::try_unwrap(error).unwrap_or_else(|shared| RpcError::new(shared.code(), shared.reason(), shared.message()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tasktracker_server::clock::{Clock, ManualClock};

    use super::*;

    struct Auth {
        clock: Arc<ManualClock>,
        asked: AtomicUsize,
    }

    impl ExchangeCredential for Auth {
        fn exchange(&self, secret: String) -> BoxFuture<'static, Result<Exchanged, RpcError>> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            let expire_time = self.clock.now() + Duration::from_secs(300);
            Box::pin(async move {
                tokio::task::yield_now().await;
                match secret.as_str() {
                    "bad" => Err(RpcError::unauthenticated(ErrorReason::CredentialInvalid, "no such session")),
                    _ => Ok(Exchanged {
                        token: format!("{secret}-{number}"),
                        expire_time,
                        session_id: format!("session-{secret}"),
                    }),
                }
            })
        }
    }

    fn credentials() -> (Credentials, Arc<Auth>) {
        let clock = Arc::new(ManualClock::new("2026-01-02T03:04:05Z".parse().unwrap()));
        let auth = Arc::new(Auth {
            clock: clock.clone(),
            asked: AtomicUsize::new(0),
        });
        (Credentials::new(auth.clone(), clock), auth)
    }

    #[tokio::test]
    async fn a_token_is_bought_once_and_again_shortly_before_it_expires() {
        let (credentials, auth) = credentials();
        assert_eq!(credentials.authorization("a").await.unwrap(), "Bearer a-0");
        auth.clock.advance(Duration::from_secs(269));
        assert_eq!(credentials.authorization("a").await.unwrap(), "Bearer a-0");
        auth.clock.advance(Duration::from_secs(2));
        assert_eq!(credentials.authorization("a").await.unwrap(), "Bearer a-1");
    }

    #[tokio::test]
    async fn many_waiting_requests_make_one_exchange() {
        let (credentials, auth) = credentials();
        let waiting = (0..20).map(|_| credentials.authorization("a"));
        for outcome in futures_util::future::join_all(waiting).await {
            assert_eq!(outcome.unwrap(), "Bearer a-0");
        }
        assert_eq!(auth.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn forgotten_sessions_are_asked_for_again_and_failures_are_not_kept() {
        let (credentials, auth) = credentials();
        credentials.authorization("a").await.unwrap();
        credentials.authorization("b").await.unwrap();
        credentials.forget_session("session-a").await;
        assert_eq!(credentials.authorization("b").await.unwrap(), "Bearer b-1");
        assert_eq!(credentials.authorization("a").await.unwrap(), "Bearer a-2");
        for _ in 0..2 {
            assert_eq!(
                credentials.authorization("bad").await.unwrap_err().reason(),
                ErrorReason::CredentialInvalid
            );
        }
        assert_eq!(auth.asked.load(Ordering::SeqCst), 5);
        assert_eq!(
            credentials.authorization("").await.unwrap_err().reason(),
            ErrorReason::CredentialInvalid
        );
    }

    #[tokio::test]
    async fn a_session_forgotten_while_auth_answers_is_not_kept() {
        let (credentials, auth) = credentials();
        let (first, ()) = tokio::join!(credentials.authorization("a"), credentials.forget_session("session-a"));
        assert_eq!(first.unwrap(), "Bearer a-0");
        credentials.authorization("a").await.unwrap();
        assert_eq!(auth.asked.load(Ordering::SeqCst), 2);
    }
}
