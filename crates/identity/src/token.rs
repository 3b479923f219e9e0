//! Access tokens: EdDSA JWTs of five minutes that carry identity and session, never roles and never an e-mail address. The one place
//! that touches the JWT library, whose defaults accept too much.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use tasktracker_proto::auth::v1::JsonWebKey;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::clock::SharedClock;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::caller::{Caller, CallerKind};
use crate::keys::KeySource;

/// How long an access token lives.
pub const LIFETIME: Duration = Duration::from_secs(300);
/// How far clocks of this installation may differ.
const LEEWAY: i64 = 30;
/// Longest token that is looked at.
const MAX_LENGTH: usize = 4096;
/// Type of our tokens (RFC 9068).
const TYPE: &str = "at+jwt";
/// Who makes our tokens, and for whom.
const ISSUER: &str = "tasktracker";
/// How long fetched keys are fresh, and how seldom an unknown key id may cause a fetch.
const KEYS_FRESH: i64 = 300;
const FETCH_PAUSE: i64 = 60;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
}

/// Signs access tokens: Auth only.
pub struct Signer {
    key: EncodingKey,
    key_id: String,
    public: JsonWebKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.key_id)
    }
}

impl Signer {
    /// A new private key, as PKCS#8.
    ///
    /// # Errors
    /// The crypto library fails.
    pub fn generate() -> anyhow::Result<Vec<u8>> {
        Ok(Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref().to_vec())
    }

    /// Signs with this private key.
    ///
    /// # Errors
    /// It is no Ed25519 key in PKCS#8.
    pub fn new(pkcs8: &[u8]) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|error| anyhow::anyhow!("not an Ed25519 key: {error}"))?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638: the thumbprint is the hash of the required members in this order.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        let key_id = URL_SAFE_NO_PAD.encode(digest.as_ref());
        let text = |text: &str| text.to_owned();
        let public = JsonWebKey {
            kty: text("OKP"),
            crv: text("Ed25519"),
            x,
            kid: key_id.clone(),
            alg: text("EdDSA"),
            r#use: text("sig"),
        };
        Ok(Self {
            key: EncodingKey::from_ed_der(pkcs8),
            key_id,
            public,
        })
    }

    /// The public half, as the key set shows it.
    #[must_use]
    pub fn public(&self) -> &JsonWebKey {
        &self.public
    }

    /// A token for a person's session.
    ///
    /// # Errors
    /// The crypto library fails.
    pub fn sign_user(
        &self,
        user_id: Uuid,
        session_id: Uuid,
        signed_in: Timestamp,
        token_id: Uuid,
        now: Timestamp,
    ) -> anyhow::Result<String> {
        self.sign(format!("user:{user_id}"), Some(session_id), signed_in, token_id, now)
    }

    /// A token for a service of this installation.
    ///
    /// # Errors
    /// The crypto library fails.
    pub fn sign_service(&self, name: &str, token_id: Uuid, now: Timestamp) -> anyhow::Result<String> {
        self.sign(format!("svc:{name}"), None, now, token_id, now)
    }

    fn sign(&self, sub: String, sid: Option<Uuid>, signed_in: Timestamp, jti: Uuid, now: Timestamp) -> anyhow::Result<String> {
        let iat = now.as_second();
        let lifetime = i64::try_from(LIFETIME.as_secs())?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub,
            sid,
            jti,
            iat,
            nbf: iat,
            exp: iat + lifetime,
            auth_time: signed_in.as_second(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).context("a token could not be signed")
    }
}

/// Verifies access tokens with Auth's public keys.
pub struct Verifier {
    source: Arc<dyn KeySource>,
    clock: SharedClock,
    keys: RwLock<Keys>,
    fetching: Mutex<()>,
    /// Tokens verified before: the signature costs more than everything else. Time and sessions are looked at on every use.
    verified: Cache<String, Claims>,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, Arc<DecodingKey>>,
    fetched: Option<Timestamp>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// Verifies with the keys of this source, fetched when needed.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, clock: SharedClock) -> Self {
        let verified = Cache::builder().max_capacity(10_000).time_to_live(LIFETIME).build();
        Self {
            source,
            clock,
            keys: RwLock::default(),
            fetching: Mutex::new(()),
            verified,
        }
    }

    /// Who a token stands for.
    ///
    /// # Errors
    /// UNAUTHENTICATED for any token that is not whole, ours and of now; UNAVAILABLE where Auth's keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Caller, RpcError> {
        if token.len() > MAX_LENGTH {
            return Err(invalid());
        }
        let claims = match self.verified.get(token).await {
            Some(claims) => claims,
            None => {
                let claims = self.check(token).await?;
                self.verified.insert(token.to_owned(), claims.clone()).await;
                claims
            }
        };
        let now = self.clock.now().as_second();
        if now > claims.exp.saturating_add(LEEWAY) || claims.nbf > now + LEEWAY || claims.iat > now + LEEWAY {
            return Err(invalid());
        }
        caller_of(&claims).ok_or_else(invalid)
    }

    async fn check(&self, token: &str) -> Result<Claims, RpcError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        let Header {
            typ,
            alg,
            jku,
            jwk,
            kid,
            x5u,
            x5c,
            crit,
            enc,
            zip,
            extras,
            ..
        } = header;
        let plain = jku.is_none() && jwk.is_none() && x5u.is_none() && x5c.is_none() && crit.is_none() && enc.is_none() && zip.is_none();
        if typ.as_deref() != Some(TYPE) || alg != Algorithm::EdDSA || !plain || !extras.inner().is_empty() {
            return Err(invalid());
        }
        let key = self.key(&kid.ok_or_else(invalid)?).await?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        rules.set_audience(&[ISSUER]);
        rules.set_issuer(&[ISSUER]);
        // The library knows only the machine's clock; times are checked on every use against ours.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let token = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|_| invalid())?;
        Ok(token.claims)
    }

    async fn key(&self, key_id: &str) -> Result<Arc<DecodingKey>, RpcError> {
        let now = self.clock.now();
        let (known, age) = self.look(key_id, now);
        let must_fetch = match (&known, age) {
            (_, None) => true,
            (Some(_), Some(age)) => age > KEYS_FRESH,
            (None, Some(age)) => age > FETCH_PAUSE,
        };
        if !must_fetch {
            return known.ok_or_else(invalid);
        }
        let _one_at_a_time = self.fetching.lock().await;
        let (again, age_now) = self.look(key_id, now);
        if age_now != age {
            return again.ok_or_else(invalid);
        }
        match self.source.fetch().await {
            Ok(keys) => {
                let by_id = keys
                    .iter()
                    .filter_map(|key| Some((key.kid.clone(), Arc::new(DecodingKey::from_ed_components(&key.x).ok()?))))
                    .collect();
                *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Keys { by_id, fetched: Some(now) };
                self.look(key_id, now).0.ok_or_else(invalid)
            }
            // Tokens verify with the keys known so far while Auth is away.
            Err(error) => known.ok_or(error),
        }
    }

    fn look(&self, key_id: &str, now: Timestamp) -> (Option<Arc<DecodingKey>>, Option<i64>) {
        let keys = self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        (
            keys.by_id.get(key_id).cloned(),
            keys.fetched.map(|fetched| now.as_second() - fetched.as_second()),
        )
    }
}

fn caller_of(claims: &Claims) -> Option<Caller> {
    let kind = match (claims.sub.split_once(':')?, claims.sid) {
        (("user", id), Some(session_id)) => CallerKind::User {
            user_id: Uuid::try_parse(id).ok()?,
            session_id,
        },
        (("svc", name), None) if !name.is_empty() => CallerKind::Service { name: name.to_owned() },
        _ => return None,
    };
    Some(Caller { kind })
}

fn invalid() -> RpcError {
    RpcError::unauthenticated(ErrorReason::CredentialInvalid, "the access token is damaged, expired or revoked")
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
