//! Page tokens: where the last page ended, encrypted and bound to the call they were made for. They are neither readable nor of
//! use to anyone else, so their content may change with every release.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::sync::Arc;

/// The first byte of a token; another one is another format.
const FORMAT: u8 = 1;
/// No token of ours is longer.
const LONGEST: usize = 4096;

/// The token is damaged, or was made for another call, filter, order or caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page token is not valid for this request")]
pub struct BadToken;

/// What a token is bound to.
#[derive(Debug, Clone)]
pub struct Context(Vec<u8>);

impl Context {
    /// The full name of the RPC, and who calls it.
    #[must_use]
    pub fn new(rpc: &str, caller: &str) -> Self {
        Self(Vec::new()).with("rpc", rpc).with("caller", caller)
    }

    /// A part of the request that must be the same on every page: filter, order, parent; not the page's size.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for part in [name, value] {
            self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
            self.0.extend_from_slice(part.as_bytes());
        }
        self
    }
}

/// Seals and opens page tokens. All processes with the same secret and purpose understand each other's tokens.
#[derive(Clone)]
pub struct Sealer(Arc<RandomizedNonceKey>);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    /// The key is derived from the instance's secret for this purpose, such as the service's name.
    #[must_use]
    pub fn new(secret: &[u8], purpose: &str) -> Self {
        let mut key = [0; 32];
        let salt = Salt::new(HKDF_SHA256, b"tasktracker page token");
        salt.extract(secret)
            .expand(&[purpose.as_bytes()], KeyLength)
            .and_then(|derived| derived.fill(&mut key))
            .expect("32 bytes are within what HKDF gives");
        Self(Arc::new(
            RandomizedNonceKey::new(&AES_256_GCM_SIV, &key).expect("the key has the cipher's length"),
        ))
    }

    /// The token that continues after the row with these keys.
    #[must_use]
    pub fn seal(&self, context: &Context, keys: &[Value]) -> String {
        let mut sealed = Value::from(keys).to_string().into_bytes();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(&context.0), &mut sealed)
            .expect("a page's keys are short");
        let mut token = vec![FORMAT];
        token.extend_from_slice(nonce.as_ref());
        token.extend_from_slice(&sealed);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The keys of the row to continue after; none for an empty token, which asks for the first page.
    ///
    /// # Errors
    /// The token is not one that [`Sealer::seal`] made for this context.
    pub fn open(&self, context: &Context, token: &str) -> Result<Option<Vec<Value>>, BadToken> {
        if token.is_empty() {
            return Ok(None);
        }
        if token.len() > LONGEST {
            return Err(BadToken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken)?;
        let (&[FORMAT], rest) = bytes.split_at_checked(1).ok_or(BadToken)? else {
            return Err(BadToken);
        };
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(BadToken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BadToken)?;
        let mut sealed = sealed.to_vec();
        let keys = self
            .0
            .open_in_place(nonce, Aad::from(&context.0), &mut sealed)
            .map_err(|_| BadToken)?;
        serde_json::from_slice(keys).map(Some).map_err(|_| BadToken)
    }
}
